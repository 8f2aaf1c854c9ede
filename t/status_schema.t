#!/usr/bin/perl

# The answer of restream_status: every member in its place, null where nothing
# is known, times with milliseconds, urls without anything secret; the methods
# it takes, the headers it sends, the same from every worker.

use warnings;
use strict;

use Test::More;

use JSON::PP ();

use lib 't/lib';
use Test::Restream;
use Test::Restream::Status;

my $t = Test::Restream->new();

$t->expand(CA => $t->tls()->ca_file());
$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%
worker_processes 4;

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    restream on;
    restream_publisher_grace 2s;
    restream_ssl_trusted_certificate %%CA%%;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;
            restream_reconnect min=1h max=1h;

            restream_destination up
                rtmp://user:password-up@127.0.0.1:%%PORT_1%%/app/x?q=query-of-up
                key=key-of-up;
            restream_destination tls
                rtmps://127.0.0.1:%%PORT_2%%/live2?backup=1/key-of-tls?a=b;
            restream_destination refused
                rtmp://127.0.0.1:%%PORT_3%%/a/b/key-of-refused;
            restream_destination rejected
                rtmp://127.0.0.1:%%PORT_4%%/app/key-of-rejected;
            restream_destination mute
                rtmp://127.0.0.1:%%PORT_5%%/app/key-of-mute;
            restream_destination off rtmps://[::1]/app/key-of-off enabled=off;
        }

        application lonely {
            live on;
        }
    }
}

http {
    %%GLOBALS_HTTP%%

    server {
        listen 127.0.0.1:%%PORT_80%%;

        location = /restream/status {
            restream_status;
        }
    }
}
CONF

my $up = $t->ingest(port => 1);
my $tls = $t->ingest(port => 2, tls => 'good');
my $rejecting = $t->ingest(port => 4, script => { reject => {
    code => 'Denied', text => 'not you' } });
my $mute = $t->ingest(port => 5, script => { mute => 'c0c1' });

###############################################################################

# nothing to tell

my $answer = $t->http_get('/restream/status');

is($answer->{status}, 200, 'a status before any stream');
is($answer->{body}, '{"streams":[]}', 'of no stream');
is($answer->{headers}{'content-type'}, 'application/json', 'is JSON');
is($answer->{headers}{'cache-control'}, 'no-store', 'not to be kept');
is($answer->{headers}{'content-length'}, length $answer->{body},
   'of a known size');

###############################################################################

# streams and destinations

my $before = time;
my $pub = $t->publish('live/show?token=1');
my $lonely = $t->publish('lonely/other');

my ($status, %by_name);

wait_ok {
    $status = $t->status();

    my ($stream) = grep { $_->{app} eq 'live' } @{$status->{streams}};

    %by_name = map { $_->{name} => $_ } @{$stream->{destinations}};
    join(' ', map { $by_name{$_}{state} } qw/up tls refused rejected mute off/)
        eq 'live live waiting waiting publishing off'
        && $by_name{up}{stats}{bitrateKbps};
} 10, 'every destination is where it should be';

my %stream = (
    app => \&string, name => \&string, live => \&boolean,
    since => \&now, worker => \&integer, ingest => or_null(\&ingest),
    destinations => \&array,
);

my %destination = (
    id => sub { $_[0] =~ /\Ad_[0-9a-f]{16}\z/ }, name => \&string,
    url => \&string, origin => sub { $_[0] eq 'config' },
    enabled => \&boolean,
    state => sub {
        $_[0] =~ /\A(?:off|resolving|connecting|publishing|live|waiting)\z/
    },
    reason => or_null(\&reason), since => \&now,
    lastError => or_null(\&reason), tls => or_null(\&tls),
    stats => \&stats,
);

is_deeply([keys %$status], ['streams'], 'the answer has streams');
is(@{$status->{streams}}, 2, 'two of them');

for my $stream (@{$status->{streams}}) {
    is_deeply([problems($stream, 'stream', %stream)], [],
              "stream $stream->{app}: as in the schema");
    ok($stream->{live}, "stream $stream->{app}: is live");
    is((grep { $_ == $stream->{worker} } $t->worker_pids()), 1,
       "stream $stream->{app}: at one of the workers");

    for my $dst (@{$stream->{destinations}}) {
        is_deeply([problems($dst, 'destination', %destination)], [],
                  "destination $dst->{name}: as in the schema");
    }
}

is_deeply($t->stream('lonely', 'other')->{destinations}, [],
          'a stream without destinations has an empty list');

is_deeply([map { $_->{name} } @{$t->stream('live', 'show')->{destinations}}],
          [qw/up tls refused rejected mute off/],
          'destinations are in the order of the configuration');

my ($one, $two, $three, $four) = map { $t->port($_) } 1 .. 4;
my %urls = (
    up       => "rtmp://127.0.0.1:$one/app/x",
    tls      => "rtmps://127.0.0.1:$two/live2",
    refused  => "rtmp://127.0.0.1:$three/a/b",
    rejected => "rtmp://127.0.0.1:$four/app",
    off      => 'rtmps://[::1]/app',
);

is($by_name{$_}{url}, $urls{$_}, "$_: the url and nothing secret")
    for sort keys %urls;

# null where nothing is known: by state

my %null = (
    up       => [qw/reason lastError tls nextAttemptAt/],
    tls      => [qw/reason lastError nextAttemptAt/],
    refused  => [qw/tls bitrateKbps lagMs/],
    rejected => [qw/tls bitrateKbps lagMs/],
    mute     => [qw/reason lastError tls nextAttemptAt bitrateKbps lagMs/],
    off      => [qw/lastError tls nextAttemptAt bitrateKbps lagMs/],
);

for my $name (sort keys %null) {
    my $dst = $by_name{$name};

    is_deeply([sort grep { !defined $dst->{$_} && !defined $dst->{stats}{$_} }
                   qw/reason lastError tls/, keys %{$dst->{stats}}],
              [sort @{$null{$name}}], "$name: null is what is not known");
}

is_deeply([@{$by_name{rejected}{reason}}{qw/serverCode serverText/}],
          ['NetStream.Publish.Denied', 'not you'],
          "a server's words are told");
is_deeply([@{$by_name{refused}{reason}}{qw/serverCode serverText/}],
          [undef, undef], 'and null where it said none');
is($by_name{off}{enabled}, JSON::PP::false(), 'what is off is not enabled');
like($by_name{tls}{tls}{version}, qr/\ATLSv1\.[23]\z/, 'the version of TLS');
like($by_name{tls}{tls}{cipher}, qr/\A[A-Z0-9_-]+\z/, 'and the cipher');

my @ids = map { $_->{id} } values %by_name;
is(keys %{{ map { $_ => 1 } @ids }}, @ids, 'each has an id of its own');

###############################################################################

# a stream in grace

$pub->close();
wait_ok { !$t->stream('live', 'show')->{live} } 3,
    'a stream without its encoder is not live';
is_deeply([problems($t->stream('live', 'show'), 'stream', %stream)], [],
          'but is still told, as in the schema');
is($t->destination('live', 'show', 'up')->{reason}{code}, 'publisher-gone',
   'with the reason');
is_deeply([problems($t->destination('live', 'show', 'up'), 'destination',
                    %destination)], [], 'as in the schema');
$pub->republish();

# to another worker, maybe

wait_ok { ($t->stream('live', 'show') || {})->{live} } 5,
    'until the encoder returns';

###############################################################################

# methods

my $http = $t->http_connect();
my $got = $http->get('/restream/status');
my $head = $http->request('HEAD', '/restream/status');

is($head->{status}, 200, 'HEAD is answered');
is($head->{body}, '', 'without a body');
is($head->{headers}{'content-type'}, 'application/json',
   'with the headers of GET');
cmp_ok(abs($head->{headers}{'content-length'} - length $got->{body}), '<', 200,
       'and the size of its body');
is($http->get('/restream/status')->{status}, 200,
   'the connection is still of use');

for my $method (qw/POST PUT DELETE PATCH/) {
    is($t->http_connect()->request($method, '/restream/status')->{status}, 405,
       "$method is not allowed");
}

is($t->http_connect()->request('GET', '/restream/status', body => 'x' x 100_000)
   ->{status}, 200, 'a body with GET does no harm');
is($t->http_get('/restream/status?x=1')->{status}, 200,
   'nor do arguments');

my $old = IO::Socket::IP->new(PeerHost => '127.0.0.1',
                              PeerPort => $t->port(80));
$old->syswrite("GET /restream/status HTTP/1.0\r\n\r\n");
my $text = join '', readline $old;
like($text, qr/\AHTTP.*200.*\r\n\r\n\{"streams":\[.*\]\}\z/s,
     'nor HTTP/1.0 without a host');

###############################################################################

# whatever worker answers

my (%workers, %seen);

for (1 .. 200) {
    my $status = $t->status();

    $seen{join ' ', map { "$_->{app}/$_->{name} $_->{worker} "
          . @{$_->{destinations}} } sort { $a->{app} cmp $b->{app} }
          @{$status->{streams}}} = 1;
    last if (%workers = map { /#(\d+): \*\d+ http request line/ ? ($1 => 1) : ()
             } $t->log_matches(qr/http request line: "GET/)) >= 2 && $_ > 30;
}

cmp_ok(keys %workers, '>=', 2, 'more than one worker has answered');
is(keys %seen, 1, 'all told the same') or diag(join "\n", keys %seen);

$t->done_testing();

###############################################################################

# What is wrong with an object, in sentences: members that are missing, of
# the wrong kind, or too many.

sub problems {
    my ($object, $name, %schema) = @_;

    return "$name is no object" if ref $object ne 'HASH';

    return (
        (map { "$name.$_ is missing" } grep { !exists $object->{$_} }
         sort keys %schema),
        (map { "$name.$_ is unknown" } grep { !$schema{$_} }
         sort keys %$object),
        (map { "$name.$_ is " . JSON::PP->new()->allow_nonref()->encode(
             $object->{$_}) }
         grep { exists $object->{$_} && !$schema{$_}->($object->{$_}) }
         sort keys %schema),
    );
}


sub or_null {
    my ($check) = @_;

    return sub { !defined $_[0] || $check->($_[0]) };
}


sub array   { return ref $_[0] eq 'ARRAY' }
sub boolean { return JSON::PP::is_bool($_[0]) }


sub string {
    return defined $_[0] && !ref $_[0] && $_[0] ne '' && $_[0] !~ /\A\d+\z/;
}


# a number and no string: JSON::PP writes it back as it came

sub integer {
    return JSON::PP->new()->allow_nonref()->encode($_[0]) =~ /\A\d+\z/;
}


sub decimal {
    return JSON::PP->new()->allow_nonref()->encode($_[0])
        =~ /\A\d+(?:\.\d{1,2})?\z/;
}


# a time since the publish, at most a second or so many in the future

sub now {
    my ($text, $ahead) = (@_, 1);

    my $at = at_ms($text);

    return defined $at && $at >= ($before - 1) * 1000
        && $at <= (time + $ahead) * 1000;
}


sub later {
    return now($_[0], 3601);
}


sub ingest {
    return !problems($_[0], 'ingest',
        since => \&now, clientAddress => sub { $_[0] eq '127.0.0.1' },
        video => or_null(sub {
            !problems($_[0], 'video',
                codec => \&string, profile => or_null(\&string),
                width => \&integer, height => \&integer,
                fps => or_null(\&decimal),
                bitrateKbps => or_null(\&integer),
                keyFrameIntervalMs => or_null(\&integer));
        }),
        audio => or_null(sub {
            !problems($_[0], 'audio',
                codec => \&string, profile => or_null(\&string),
                sampleRate => \&integer, channels => \&integer,
                bitrateKbps => or_null(\&integer));
        }));
}


sub reason {
    return !problems($_[0], 'reason',
        code => sub { $_[0] =~ /\A[a-z-]+\z/ },
        class => or_null(sub {
            $_[0] eq 'retryable' || $_[0] eq 'needs-attention'
        }),
        text => \&string, serverCode => or_null(\&string),
        serverText => or_null(\&string), at => \&now);
}


sub tls {
    return !problems($_[0], 'tls', version => \&string, cipher => \&string);
}


sub stats {
    return !problems($_[0], 'stats',
        attempts => \&integer, nextAttemptAt => or_null(\&later),
        reconnects => \&integer, bytesSent => \&integer,
        framesSent => \&integer,
        framesDropped => sub {
            !problems($_[0], 'framesDropped', video => \&integer,
                      audio => \&integer);
        },
        bitrateKbps => or_null(\&integer), lagMs => or_null(\&integer));
}
