#!/usr/bin/perl

# A server that falls silent at any stage of the dialogue, or answers too
# slowly, has restream_connect_timeout for all of it, 10 s by default.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;

use constant {
    SHORT   => slowly(1),       # s, restream_connect_timeout
    DEFAULT => 10,
    LATENCY => slowly(0.5),     # of a busy machine
    EARLY   => slowly(0.1),     # nginx measures from when it last woke
};

my $t = Test::Restream->new(log_level => 'notice');

my @stages = ((map { "rtmp-$_" } qw/accept c0c1 s1 c2 connect release fcpublish
               create publish slow frozen/),
              map { "rtmps-$_" } qw/accept tls connect publish/);
my %port = map { $stages[$_] => $_ + 1 } 0 .. $#stages;

$t->expand(
    CA => $t->tls()->ca_file(), SHORT => 1000 * SHORT . 'ms',
    DESTINATIONS => join "\n", map {
        my ($scheme) = split /-/;
        "restream_destination $_ "
            . "$scheme://127.0.0.1:%%PORT_$port{$_}%%/app/the-key;"
    } @stages);

$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    server {
        listen 127.0.0.1:%%PORT_0%%;

        restream on;
        restream_publisher_grace 300ms;
        restream_reconnect min=100ms max=400ms;
        restream_ssl_trusted_certificate %%CA%%;

        application short {
            live on;
            restream_connect_timeout %%SHORT%%;

            %%DESTINATIONS%%
            restream_destination well rtmp://127.0.0.1:%%PORT_50%%/app/key-well;
        }

        application default {
            live on;
            restream_destination mute rtmp://127.0.0.1:%%PORT_51%%/app/key-mute;
            restream_destination mute-tls
                rtmps://127.0.0.1:%%PORT_52%%/app/key-mute;
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

my %in;

for my $name (@stages) {
    my ($scheme, $stage) = split /-/, $name;

    # each answer is in time, all of them together are not

    my $script = $stage eq 'slow'
        ? { delay => { map { $_ => SHORT * 0.4 } qw/c0c1 connect create
                                                    publish/ } }
        : { ($stage eq 'frozen' ? 'freeze' : 'mute')
            => $stage eq 'frozen' ? 'c2' : $stage };

    $in{$name} = $t->ingest(port => $port{$name}, script => $script,
                            $scheme eq 'rtmps' ? (tls => 'good') : ());
}

my $well = $t->ingest(port => 50);
my %mute = (mute => $t->ingest(port => 51, script => { mute => 'connect' }),
            'mute-tls' => $t->ingest(port => 52, tls => 'good',
                                     script => { mute => 'accept' }));

###############################################################################

my $default = $t->publish('default/show', media => { video_bps => 200_000 });
my $pub = $t->publish('short/show', media => { video_bps => 200_000 });

for my $name (@stages) {
    my $in = $in{$name};

    wait_ok { $in->closed(2) } 10, "$name: is given up, twice";

    my $d = $t->destination('short', 'show', $name);

    for my $conn (1, 2) {
        my $seconds = lasted($in, $conn);

        note(sprintf '%s: %.2f s', $name, $seconds);
        cmp_ok($seconds, '<', SHORT + LATENCY,
               "$name: in time, connection $conn");
        cmp_ok($seconds, '>', SHORT - EARLY,
               "$name: not before, connection $conn");
    }

    is($d->{lastError}{code}, 'timeout', "$name: for a timeout");
    is($d->{lastError}{class}, 'retryable', "$name: and tried again");
    is(scalar($in->frames()), 0, "$name: it gets no media");
}

is($well->conns(), 1, 'a good one is connected once');

$pub->pause();

my $last = ($pub->frames())[-1]{n};

wait_ok { (reverse $well->frames())[0]{n} == $last } 5,
    'its last frame arrives';
is_deeply([check_order($pub, $well, 1, gaps => 0)], [],
          'and every other has');

###############################################################################

for my $name (sort keys %mute) {
    my $in = $mute{$name};

    wait_ok { $in->closed(1) } 15, "default, $name: is given up";

    my $seconds = lasted($in, 1);

    note(sprintf 'default, %s: %.2f s', $name, $seconds);
    cmp_ok($seconds, '<', DEFAULT + LATENCY, "default, $name: in time");
    cmp_ok($seconds, '>', DEFAULT - EARLY, "default, $name: not before");
}

$t->done_testing();

###############################################################################

sub lasted {
    my ($in, $conn) = @_;

    my ($open) = $in->events(ev => 'open', conn => $conn);

    return $in->closed($conn)->{at} - $open->{at};
}
