#!/usr/bin/perl

# Settings of rtmp{} hold in its servers and applications until one of those
# says something else; what is not said anywhere has its default.

use warnings;
use strict;

use Test::More;

use Time::HiRes qw/time/;

use lib 't/lib';
use Test::Restream;
use Test::Restream::Status;

use constant MEDIA => { fps => 5, gop => 5, video_bps => 4_000_000 };

my @levels = qw/rtmp server application/;

# seconds and bytes by level

my %connect = (rtmp => slowly(0.5), server => slowly(1.2),
               application => slowly(2.5));
my %send    = (rtmp => slowly(1), server => slowly(2.5),
               application => slowly(4));
my %grace   = (rtmp => 0.3, server => 1.5, application => 3);
my %max     = (rtmp => 0.1, server => 10, application => 3600);
my %chunk   = (rtmp => 1024, server => 2048, application => 4096);
my %bind    = (rtmp => '127.0.0.11', server => '127.0.0.12',
               application => '127.0.0.13');

# a batch holds everything back, a flush only audio until the next video

my %delay   = (rtmp => 'flush 0', server => 'flush 1s',
               application => 'batch 400ms');

my $t = Test::Restream->new();
my $defaults = Test::Restream->new(patience => 0);

for my $i (0 .. $#levels) {
    my $level = $levels[$i];

    $t->expand(uc($level) => <<"CONF", uc($level) . '_TO' => <<"TO");
        restream_connect_timeout @{[ms($connect{$level})]};
        restream_send_timeout @{[ms($send{$level})]};
        restream_publisher_grace @{[ms($grace{$level})]};
        restream_reconnect min=@{[ms($max{$level})]} max=@{[ms($max{$level})]};
        restream_chunk_size $chunk{$level};
        restream_bind $bind{$level};
        restream_$delay{$level};
CONF
        restream_destination good rtmp://127.0.0.1:%%PORT_${i}1%%/app/key-good;
        restream_destination mute rtmp://127.0.0.1:%%PORT_${i}2%%/app/key-mute;
        restream_destination stiff
                             rtmp://127.0.0.1:%%PORT_${i}3%%/app/key-stiff;
        restream_destination r1 rtmp://127.0.0.1:%%PORT_${i}4%%/app/key-refused;
        restream_destination r2 rtmp://127.0.0.1:%%PORT_${i}4%%/app/key-refused;
        restream_destination r3 rtmp://127.0.0.1:%%PORT_${i}4%%/app/key-refused;
        restream_destination r4 rtmp://127.0.0.1:%%PORT_${i}4%%/app/key-refused;
TO
}

$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    restream on;
%%RTMP%%

    server {
        listen 127.0.0.1:%%PORT_100%%;

        application rtmp {
            live on;
%%RTMP_TO%%
        }

        application off {
            live on;
            restream off;
            restream_destination in rtmp://127.0.0.1:%%PORT_01%%/app/key-off;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_101%%;
%%SERVER%%

        application server {
            live on;
%%SERVER_TO%%
        }
    }

    server {
        listen 127.0.0.1:%%PORT_102%%;
        restream off;

        application application {
            live on;
            restream on;
%%APPLICATION%%
%%APPLICATION_TO%%
        }

        application off {
            live on;
            restream_destination in rtmp://127.0.0.1:%%PORT_01%%/app/key-off;
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

$defaults->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    server {
        listen 127.0.0.1:%%PORT_0%%;
        max_message 16m;

        application live {
            live on;
            restream on;

            restream_destination good rtmp://127.0.0.1:%%PORT_1%%/app/key-good;
        }

        application stiff {
            live on;
            restream on;
            restream_publisher_grace 0;
            restream_destination mute rtmp://127.0.0.1:%%PORT_2%%/app/key-mute;
            restream_destination stiff
                                 rtmp://127.0.0.1:%%PORT_3%%/app/key-stiff;
        }

        application big {
            live on;
            restream on;
            restream_publisher_grace 0;
            restream_destination big rtmp://127.0.0.1:%%PORT_4%%/app/key-big;
        }

        application off {
            live on;
            restream_destination in rtmp://127.0.0.1:%%PORT_1%%/app/key-off;
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

my (%good, %mute, %stiff, %pub);

for my $i (0 .. $#levels) {
    my $level = $levels[$i];

    $good{$level} = $t->ingest(port => "${i}1");
    $mute{$level} = $t->ingest(port => "${i}2", script => { mute => 'c0c1' });
    $stiff{$level} = $t->ingest(port => "${i}3", rcvbuf => 16384, conns => {
        1 => { at => [{ after => 1, do => 'freeze' }] } });
    $pub{$level} = $t->publish("$level/show", port => 100 + $i,
                               media => MEDIA);
}

my $good = $defaults->ingest(port => 1);
my $mute = $defaults->ingest(port => 2, script => { mute => 'c0c1' });
my $stiff = $defaults->ingest(port => 3, rcvbuf => 16384, conns => {
    1 => { at => [{ after => 1, do => 'freeze' }] } });
my $big = $defaults->ingest(port => 4, conns => {
    1 => { at => [{ after => 1, do => 'freeze', seconds => 4 }] } });
my $pub = $defaults->publish('live/show', media => MEDIA);
my $heavy = $defaults->publish('stiff/show', media => MEDIA);
my $large = $defaults->publish('big/show', media => {
    video_bps => 16_000_000, audio => undef });
my @off = ($t->publish('off/show', port => 100),
           $t->publish('off/show', port => 102),
           $defaults->publish('off/show'));

###############################################################################

# defaults, as far as they need no time

wait_ok { $good->frames() > 60 } 10, 'default: frames arrive';
is(($good->events(ev => 'control', type => 1))[0]{values}[0], 65536,
   'default: restream_chunk_size 64k');

my $audio = percentile(50, latencies($pub, $good, type => 8));

cmp_ok($audio, '>', 0.01, 'default: restream_flush is not 0');
cmp_ok($audio, '<', slowly(0.06), 'but 40 ms');
cmp_ok(percentile(50, latencies($pub, $good, type => 9)), '<', slowly(0.03),
       'default: restream_batch 0');

$pub->close();
my $closed = mono();

# what is off

wait_ok { @{$t->status()->{streams}} == 3 } 10, 'three applications relay';
is((grep { $_->{app} eq 'off' } @{$t->status()->{streams}},
    @{$defaults->status()->{streams}}), 0,
   'and none where it is off, or not said');

# by level

my $before;

for my $level (@levels) {
    my $in = $good{$level};

    wait_ok { $in->frames() > 60 } 10, "$level: frames arrive";
    is(($in->events(ev => 'control', type => 1))[0]{values}[0], $chunk{$level},
       "$level: restream_chunk_size");
    like(($in->events(ev => 'open'))[0]{peer}, qr/\A\Q$bind{$level}\E:/,
         "$level: restream_bind");
    between(lasted($mute{$level}), $connect{$level}, 0.5,
            "$level: restream_connect_timeout");

    # full jitter below the greatest: not all four are small

    my ($longest) = sort { $b <=> $a } map { retry_ms($_) || 0 }
        grep { $_->{name} =~ /^r/ }
            @{$t->stream($level, 'show')->{destinations}};

    cmp_ok($longest, '<', $max{$level} * 1000, "$level: restream_reconnect");
    cmp_ok($longest, '>', $max{$before} * 1000, "$level: which is its own")
        if $before;
    $before = $level;
}

my %latency = map { my $level = $_; ($level => { map {
    ($_ => percentile(50, latencies($pub{$level}, $good{$level}, type => $_)))
} 8, 9 }) } @levels;

cmp_ok($latency{rtmp}{8}, '<', slowly(0.03), 'rtmp: audio does not wait');
cmp_ok($latency{server}{8}, '>', 0.05, 'server: audio waits for video');
cmp_ok($latency{server}{9}, '<', slowly(0.03), 'server: video does not');

for my $type (8, 9) {
    cmp_ok(percentile(90, latencies($pub{application}, $good{application},
                                    type => $type)), '>', 0.15,
           "application: type $type waits");
}

for my $level (@levels) {
    between(stalled($t, $level, $stiff{$level}), $send{$level}, 1.2,
            "$level: restream_send_timeout");
}

for my $level (@levels) {
    $pub{$level}->close();
    between(held($good{$level}, mono()), $grace{$level}, 1,
            "$level: restream_publisher_grace");
}

###############################################################################

# the other defaults.  8 MB waiting are no loss, the buffer has 16

wait_ok { $big->frames() > 30 * 6 } 20, 'default: all that waited arrives';
is(missing_frames($large, $big), 0, 'default: restream_buffer');
is($big->conns(), 1, 'on one connection');

between(lasted($mute), 10, 0.5, 'default: restream_connect_timeout 10s');
between(stalled($defaults, 'stiff', $stiff), 10, 2,
        'default: restream_send_timeout 10s');
between(held($good, $closed), 10, 1, 'default: restream_publisher_grace 10s');

$defaults->finish();
$t->done_testing();

###############################################################################

sub ms { return 1000 * $_[0] . 'ms' }


sub between {
    my ($got, $least, $more, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    cmp_ok($got, '>', $least * 0.9 - 0.1, $name);
    cmp_ok($got, '<', $least + slowly($more), "$name, not more");
}


# Seconds from the opening of the first connection to its end.

sub lasted {
    my ($in) = @_;

    wait_until { $in->closed(1) } 15, 'the first connection ends';

    return $in->closed(1)->{at} - ($in->events(ev => 'open', conn => 1))[0]{at};
}


# Seconds from the freeze to the failure, of which the server does not hear.

sub stalled {
    my ($t, $app, $in) = @_;

    my $error = wait_until {
        my $dst = $t->destination($app, 'show', 'stiff') || {};
        $dst->{lastError};
    } 15, "$app: the frozen server fails";

    is($error->{code}, 'stalled', "$app: as stalled");

    my ($action) = $in->events(ev => 'action', conn => 1);
    return at_ms($error->{at}) / 1000 - (time - mono() + $action->{at});
}


# Seconds until the last connection ends, with a goodbye.

sub held {
    my ($in, $since) = @_;

    my $conn = $in->conns();
    my $closed = wait_until { $in->closed($conn) } 15, 'the goodbye';

    is($closed->{fcunpublish}, 1, 'with a goodbye');
    return $closed->{at} - $since;
}
