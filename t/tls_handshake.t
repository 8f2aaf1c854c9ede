#!/usr/bin/perl

# TLS servers that misbehave: one that stalls after any record of its
# handshake, sends it byte by byte or in records of a byte, breaks off in the
# middle of a record, wants to negotiate anew.  Each is given up in time with a
# reason, costs next to no CPU, and harms nobody else.

use warnings;
use strict;

use Test::More;

use POSIX ();

use lib 't/lib';
use Test::Restream;
use Test::Restream::Util qw/slurp/;

use constant {
    TIMEOUT => slowly(2),       # s, restream_connect_timeout
    ENOUGH  => slowly(10),      # for those that work
    BYTE    => int slow(),      # a few where one each would take too long
    CPU     => 0.05,            # of one, while many stall
};

my $t = Test::Restream->new(log_level => 'info');

# Destinations by what their server does to them, all of a kind behind one
# proxy: which of them gets which of its scripts does not matter.

my @bytes = (1, 3, 5, 6, 40, 100, 150, 400);
my %scripts = (

    # stalls after so many records, ServerHello and all that follows it, or in
    # the middle of one

    stall => [map({ { records => $_ } } 0 .. 8),
              map { { limit => { down => $_ } } } @bytes],

    # the end, in the middle of a record

    cut   => [map { { spoil => { at => $_, how => 'cut' } } } @bytes],

    # slow, but right

    work  => [{ split => { down => BYTE, up => BYTE } }, { delay => 0.05 }],
);
my %server = map { my $version = $_;
    ($version => $t->ingest(port => $version =~ /2/ ? 1 : 2, tls => 'good',
                            script => { tls_version => $version }))
} 'TLSv1_2', 'TLSv1_3';
my ($port, %proxy, %config) = (10);

for my $version (sort keys %server) {
    for my $kind (sort keys %scripts) {
        my @scripts = @{$scripts{$kind}};
        my $name = "$kind-$version";

        $proxy{$name} = $t->proxy(
            port => ++$port, to => $version =~ /2/ ? 1 : 2,
            conns => { map { ($_ + 1 => $scripts[$_]) } 0 .. $#scripts });
        $config{$kind} .= "restream_destination $name-$_ rtmps://127.0.0.1:"
            . $t->port($port) . "/app/key-of-$name-$_;\n" for 0 .. $#scripts;
    }
}

$t->expand(CA => $t->tls()->ca_file(),
           map({ $_->[0] => 1000 * $_->[1] . 'ms' }
               [TIMEOUT => TIMEOUT], [ENOUGH => ENOUGH]),
           STALL => "$config{stall}$config{cut}", WORK => $config{work});
$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

events {
    worker_connections 1024;
}

rtmp {
    %%GLOBALS_RTMP%%

    restream on;
    restream_publisher_grace 0;
    restream_connect_timeout %%ENOUGH%%;
    restream_ssl_trusted_certificate %%CA%%;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;
            restream_destination well rtmps://127.0.0.1:%%PORT_3%%/app/key-well;
        }

        application stall {
            live on;
            restream_connect_timeout %%TIMEOUT%%;
            restream_reconnect min=1h max=1h;
            %%STALL%%
        }

        application work {
            live on;
            restream_reconnect min=100ms max=200ms;
            %%WORK%%
            restream_destination bytes rtmps://127.0.0.1:%%PORT_4%%/app/key-b;
            restream_destination again rtmps://127.0.0.1:%%PORT_5%%/app/key-a;
            restream_destination abrupt rtmps://127.0.0.1:%%PORT_6%%/app/key-c;
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

my $well = $t->ingest(port => 3, tls => 'good');
my $pub = $t->publish('live/show');
my ($worker) = $t->worker_pids();

wait_ok { ($t->destination('live', 'show', 'well') || {})->{state} eq 'live' }
    10, 'a good destination is live';

###############################################################################

# stalls and cuts

my $before = cpu();
my $start = mono();
my $stall = $t->publish('stall/show', media => { fps => 1, audio => undef,
                                                 video_bps => 10_000 });

wait_ok { @{$t->stream('stall', 'show')->{destinations}}
          == 2 * (@{$scripts{stall}} + @{$scripts{cut}}) } 5, 'many servers';

# measured over most of the time that they have

select undef, undef, undef, TIMEOUT - 0.7;

my $used = (cpu() - $before) / (mono() - $start);

cmp_ok($used, '<', (CPU + quiet()) * slow(),
       'they cost no CPU while they stall');

my %got;

wait_ok {
    %got = map { $_->{name} => $_ }
        @{$t->stream('stall', 'show')->{destinations}};
    !grep { !$_->{lastError} } values %got;
} TIMEOUT + 10, 'all of them are given up';

my %texts;

for my $name (sort keys %got) {
    my ($kind, $version) = $name =~ /\A(\w+)-(\w+)/;
    my $error = $got{$name}{lastError};

    push @{$texts{"$kind-$version"}}, $error->{text};
    is($error->{code}, $kind eq 'cut' ? 'tls' : 'timeout', "$name: the reason");
}

for my $version (sort keys %server) {
    is((grep { !/\(unexpected eof while reading\)/ }
        @{$texts{"cut-$version"}}), 0, "$version: a cut is told in words");

    # TLS 1.2 needs seven records, TLS 1.3 eight: with more the server is silent
    # in what comes then

    my $tls = grep { /\(in the TLS handshake\)/ } @{$texts{"stall-$version"}};
    my $then = grep { /\(in the RTMP handshake\)|\(connect was not answered\)/ }
        @{$texts{"stall-$version"}};

    is($tls + $then, @{$scripts{stall}}, "$version: and so is a stall");
    cmp_ok($then, '>', 0, "$version: some had records enough");
    cmp_ok($tls, '>', $then, "$version: most had not");

    my %open = map { $_->{conn} => $_->{at} }
        $proxy{"stall-$version"}->events(ev => 'open');
    my @lasted = sort { $a <=> $b } map { $_->{at} - $open{$_->{conn}} }
        $proxy{"stall-$version"}->events(ev => 'close');

    cmp_ok($lasted[0], '>', TIMEOUT / 2, "$version: not before its time");
    cmp_ok($lasted[-1], '<', TIMEOUT + slowly(3), "$version: nor long after");
}

$stall->stop();

###############################################################################

# what works all the same

my %work = (
    bytes  => $t->ingest(port => 4, tls => 'good',
                         script => { write_size => BYTE, chunk_size => 0,
                                     ping => 0.05 }),
    again  => $t->ingest(port => 5, tls => 'good',
                         script => { tls_version => 'TLSv1_2' }),
    abrupt => $t->ingest(port => 6, tls => 'good'),
);
my $work = $t->publish('work/show', media => { video_bps => 800_000 / slow() });
my @work = map { $_->{name} } @{(wait_until {
    $t->stream('work', 'show') } 5, 'a stream')->{destinations}};

for my $name (@work) {
    wait_ok { $t->destination('work', 'show', $name)->{state} eq 'live' } 10,
        "$name: is live";
}

# on a busy machine not each of them was the first

my %conns = map { $_ => $work{$_}->conns() } qw/again abrupt/;

$before = cpu();
$start = mono();
$work{again}->control(do => 'renegotiate');
$work{abrupt}->control(do => 'close', notify => 0);

# the status follows within a tick

wait_ok {
    $work{abrupt}->conns() > $conns{abrupt}
        && $t->destination('work', 'show', 'abrupt')->{lastError};
} 5, 'abrupt: is connected again';
is($t->destination('work', 'show', 'abrupt')->{lastError}{code}, 'closed',
   'abrupt: no close_notify is an end');

# a client need not negotiate anew: it goes on, or connects again

my $frames = $work{again}->frames();
wait_ok { $work{again}->frames() > $frames + 30 } 10,
    'again: media flows after a renegotiation was asked for';
cmp_ok($work{again}->conns(), '<=', $conns{again} + 1,
       'again: on this connection or the next');

$used = (cpu() - $before) / (mono() - $start);
cmp_ok($used, '<', 0.5 * slow(), 'records of a byte are no busy loop');

my $last = ($work->frames())[-1]{n};

for my $name (sort keys %work) {
    wait_ok { grep { $_->{n} == $last } reverse $work{$name}->frames() } 10,
        "$name: up to date";
    is(missing_frames($work, $work{$name}, to => $last), 0,
       "$name: no frame is missing");
}

# each for itself: they need not have begun at the same key frame

for my $name (grep { /\Awork-/ } @work) {
    my ($version) = $name =~ /-(\w+)-/;
    my $key = "key-of-$name";

    wait_ok {
        grep { ($_->{n} || 0) == $last } of_key($server{$version}, $key)
    } 20, "$name: up to date, byte by byte or late";
    is(missing_frames($work, [of_key($server{$version}, $key)], to => $last),
       0, "$name: no frame is missing");
}

###############################################################################

# nobody else was harmed

$last = ($pub->frames())[-1]{n};
wait_ok { grep { $_->{n} == $last } reverse $well->frames() } 5,
    'the good destination is up to date';
is(missing_frames($pub, $well, to => $last), 0,
   'and missed no frame');
is($well->conns(), 1, 'on one connection');
is_deeply([$t->worker_pids()], [$worker], 'of the same worker');

$t->done_testing();

###############################################################################

# Frames of the connections that published with a key.

sub of_key {
    my ($in, $key) = @_;

    my %conns = map { $_->{conn} => 1 } grep { $_->{args}[1] eq $key }
        $in->events(ev => 'command', name => 'publish');

    return grep { $conns{$_->{conn}} } $in->frames();
}


# Seconds of CPU that the worker has used.

sub cpu {
    my @stat = split ' ', slurp("/proc/$worker/stat") =~ s/.*\) //r;

    return ($stat[11] + $stat[12]) / POSIX::sysconf(&POSIX::_SC_CLK_TCK);
}


# What the good stream costs: a part of a CPU, measured for a second.

sub quiet {
    my ($before, $start) = (cpu(), mono());

    select undef, undef, undef, 1;

    return (cpu() - $before) / (mono() - $start);
}
