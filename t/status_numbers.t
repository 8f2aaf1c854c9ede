#!/usr/bin/perl

# The numbers of restream_status are those of the server at the other end:
# bytes, frames, dropped frames, attempts, reconnects, bitrate, lag.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;

use constant {
    VIDEO => 2_000_000,         # bit/s
    AUDIO => 64_000,
    SOON  => 2,                 # seconds until a status shows it
};

my $t = Test::Restream->new();

$t->expand(CA => $t->tls()->ca_file());
$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    restream on;
    restream_publisher_grace 0;
    restream_reconnect min=100ms max=200ms;
    restream_ssl_trusted_certificate %%CA%%;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;

            restream_destination plain
                                 rtmp://127.0.0.1:%%PORT_1%%/app/key-plain;
            restream_destination tls rtmps://127.0.0.1:%%PORT_3%%/app/key-tls;
            restream_destination never
                                 rtmp://127.0.0.1:%%PORT_4%%/app/key-never;
        }

        application small {
            live on;
            restream_buffer 256k;

            restream_destination slow rtmp://127.0.0.1:%%PORT_5%%/app/key-slow;
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

my $plain = $t->ingest(port => 1);
my $tls = $t->ingest(port => 2, tls => 'good');
my $proxy = $t->proxy(port => 3, to => 2);
my $slow = $t->ingest(port => 5, rcvbuf => 32768);

###############################################################################

# while it flows

my $pub = $t->publish('live/show', media => { video_bps => VIDEO,
                                              audio_bps => AUDIO });

for my $name (qw/plain tls/) {
    my $rate = wait_ok {
        my $rate = stats($name)->{bitrateKbps};
        $rate && abs($rate - (VIDEO + AUDIO) / 1000)
                 < 0.25 * (VIDEO + AUDIO) / 1000;
    } 10, "$name: the bitrate is that of the stream";

    cmp_ok(stats($name)->{lagMs}, '<', slowly(300), "$name: without lag");
}

wait_ok { stats('never')->{attempts} >= 5 } 10, 'every attempt is counted';
my $never = $t->destination('live', 'show', 'never')->{stats};
is_deeply([@$never{qw/reconnects bytesSent framesSent/}], [0, 0, 0],
          'one that never was connected has sent nothing');

###############################################################################

# when all has arrived

$pub->pause();

my %in = (plain => $plain, tls => $tls);

for my $name (qw/plain tls/) {
    wait_ok { ($in{$name}->frames())[-1]{n} == ($pub->frames())[-1]{n} } 5,
        "$name: the last frame has arrived";
    is(missing_frames($pub, $in{$name}), 0, "$name: all have, since the first");
    wait_ok { stats($name)->{framesSent} == $in{$name}->frames() } SOON,
        "$name: and their number is shown";
    wait_ok { stats($name)->{bitrateKbps} == 0 } 2 + SOON,
        "$name: the bitrate is 0 when nothing flows";
    is($t->destination('live', 'show', $name)->{state}, 'live',
       "$name: nothing to send is no failure");
    is(stats($name)->{lagMs}, 0, "$name: nor lag");
    is_deeply([@{stats($name)}{qw/attempts reconnects/}], [1, 0],
              "$name: one attempt and no reconnect");
    is_deeply(stats($name)->{framesDropped}, { video => 0, audio => 0 },
              "$name: nothing was dropped");
}

my %bytes = map { $_ => stats($_)->{bytesSent} } qw/plain tls/;

$plain->control(do => 'close');
$proxy->control(do => 'reset');

wait_ok { $plain->closed(1) && $tls->closed(1)
          && $proxy->events(ev => 'close') } 5,
    'both connections end';

is($bytes{plain}, $plain->closed(1)->{bytes},
   'plain: bytes sent are the bytes received');

my $wire = ($proxy->events(ev => 'close'))[0]{passed}[0] - $bytes{tls};

cmp_ok($bytes{tls}, '>', $tls->closed(1)->{bytes},
       'tls: they are counted as they are encrypted');
cmp_ok($wire, '>=', 0, 'tls: not more than were on the wire');
cmp_ok($wire, '<', 2000, 'nor less, but for the handshake');

###############################################################################

# a second connection goes on counting

for my $name (qw/plain tls/) {
    wait_ok {
        my $s = stats($name);
        $s->{attempts} == 2 && $s->{reconnects} == 1;
    } 10, "$name: two attempts, one reconnect";
}

my $frames = $pub->frames();
$pub->resume();
wait_ok { $pub->frames() > $frames + 60 } 10, 'the stream goes on';
$pub->pause();

for my $name (qw/plain tls/) {
    wait_ok { missing_frames($pub, $in{$name},
                             to => $pub->frames() - 1) == 0 } 5,
        "$name: everything has arrived once or twice";
    wait_ok { stats($name)->{framesSent} == $in{$name}->frames() } SOON,
        "$name: frames of all connections are counted";
    cmp_ok(stats($name)->{bytesSent}, '>', $bytes{$name},
           "$name: and bytes");
}

$bytes{plain} = stats('plain')->{bytesSent};
$plain->control(do => 'close');
wait_ok { $plain->closed(2) } 5, 'the second connection ends';
is($bytes{plain}, $plain->closed(1)->{bytes} + $plain->closed(2)->{bytes},
   'plain: bytes of both');

$pub->stop();

###############################################################################

# one that does not read: lag, then frames that are dropped

my $fast = $t->publish('small/show', media => { video_bps => 4_000_000 });

wait_ok { stats('slow', 'small')->{framesSent} > 60 } 10, 'it is live';
is($slow->conns(), 1, 'on one connection');

$slow->control(do => 'freeze', seconds => 4);

wait_ok { (stats('slow', 'small')->{lagMs} || 0) > 1500 } 5,
    'a server that does not read lags behind';
wait_ok { (stats('slow', 'small')->{lagMs} || 0) < 300
          && stats('slow', 'small')->{framesDropped}{video} } 15,
    'it catches up when it reads again, and frames are missing';

$fast->pause();

for my $type (8, 9) {
    my $kind = $type == 8 ? 'audio' : 'video';

    wait_ok {
        my $missing = missing_frames($fast, $slow, type => $type,
                                     to => $fast->frames() - 1);
        $missing && $missing == stats('slow', 'small')->{framesDropped}{$kind};
    } 10, "as many $kind frames as the server lacks are called dropped";
}

wait_ok { stats('slow', 'small')->{framesSent} == $slow->frames() } SOON,
    'and as many sent as it has';

$t->done_testing();

###############################################################################

sub stats {
    my ($name, $app) = @_;

    my $dst = $t->destination($app || 'live', 'show', $name);

    return $dst ? $dst->{stats} : {};
}

