#!/usr/bin/perl

# A destination that takes less than the stream has falls behind alone: past
# the ring it goes on at the newest key frame, audio and video together, with
# the headers that belong to it, and every frame is either sent or counted as
# dropped.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;

my $t = Test::Restream->new(log_level => 'info');

$t->expand(CA => $t->tls()->ca_file());
$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;
            restream on;
            restream_publisher_grace 1s;
            restream_ssl_trusted_certificate %%CA%%;

            # slow is not silent
            restream_send_timeout 3s;

            # about 1.3 s
            restream_buffer 512k;

            restream_destination 40 rtmp://127.0.0.1:%%PORT_1%%/app/key-one;
            restream_destination 80 rtmp://127.0.0.1:%%PORT_2%%/app/key-two;
            restream_destination 120 rtmp://127.0.0.1:%%PORT_3%%/app/key-three;
            restream_destination 160 rtmp://127.0.0.1:%%PORT_4%%/app/key-four;
            restream_destination 240 rtmp://127.0.0.1:%%PORT_5%%/app/key-five;
            restream_destination 320 rtmp://127.0.0.1:%%PORT_6%%/app/key-six;
            restream_destination 120-tls
                rtmps://127.0.0.1:%%PORT_7%%/app/key-seven;
            restream_destination all rtmp://127.0.0.1:%%PORT_8%%/app/key-eight;
            restream_destination all-tls
                rtmps://127.0.0.1:%%PORT_9%%/app/key-nine;
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

# kB/s that each takes; the stream has about 410

my @names = qw/40 80 120 160 240 320 120-tls all all-tls/;
my %in;

for my $i (0 .. $#names) {
    my ($rate) = $names[$i] =~ /(\d+)/;

    $in{$names[$i]} = $t->ingest(
        port => $i + 1, $rate ? (rcvbuf => 32768) : (),
        $names[$i] =~ /tls/ ? (tls => 'good') : (),
        script => $rate ? { read_rate => $rate * 1000 } : {});
}

###############################################################################

# a frame that many have begun counts as lent from 64 KB on; none is as large

my $pub = $t->publish('live/show', media => {
    video_bps => 3_200_000, gop => 9 });
my $lag = 0;

# longer than kernel and ring can hide it from the fastest of the slow ones;
# and new headers, which some of them jump over

for my $frames (400, 650, 900) {
    $pub->change_headers() if $frames > 400;

    wait_ok {
        my $d = $t->destination('live', 'show', '40') || {};

        $lag = $d->{stats}{lagMs} if ($d->{stats}{lagMs} || 0) > $lag;
        $pub->frames() >= $frames;
    } 15, "the encoder has sent $frames frames";
}

$pub->pause();

my @published = $pub->frames();
my $last = $published[-1]{n};
my $headers = headers_of($pub);

# what is left may arrive sooner, but not where TLS held a part of it back

$in{$_}->control(do => 'rate', value => 0) for grep { /\A\d+\z/ } @names;

cmp_ok($lag, '>', 500, 'the status tells how far behind the slowest is');
cmp_ok($lag, '<', 6000, 'which is not further than the ring reaches');

for my $name (@names) {
    my $in = $in{$name};

    wait_ok { (reverse $in->frames())[0]{n} == $last } 30,
        "$name: the last frame arrives";

    my @received = $in->frames();
    my $d;

    wait_ok {
        $d = $t->destination('live', 'show', $name);
        $d->{stats}{framesSent} == @received;
    } 5, "$name: what is sent is counted";

    my %dropped = %{$d->{stats}{framesDropped}};

    is($d->{state}, 'live', "$name: it is live");
    is($in->conns(), 1, "$name: on its first connection");
    is_deeply([check_order($pub, $in, 1)], [],
              "$name: no frame without its references, none changed");

    for my $type (8, 9) {
        is($dropped{$type == 9 ? 'video' : 'audio'},
           scalar missing_frames($pub, $in, type => $type, to => $last),
           "$name: what is dropped is counted, type $type");
    }

    # a TLS handshake may take longer than the first group of pictures

    is($d->{stats}{framesSent} + $dropped{audio} + $dropped{video},
       @published - $received[0]{n}, "$name: sent and dropped are all");

    my $got = headers_of($in);

    is_deeply([grep { $got->{$_} ne $headers->{$_} } sort keys %$got], [],
              "$name: each frame comes behind its headers");

    next if $name =~ /all/;

    my @jumps = jumps(@received);

    note("$name: " . @jumps . ' jumps');
    cmp_ok(scalar @jumps, '>', 0, "$name: it has jumped");
    is(scalar(grep { $_->[1]{type} != 9 || !$_->[1]{key} } @jumps), 0,
       "$name: always to a key frame");
}

for my $name (qw/all all-tls/) {
    is(missing_frames($pub, $in{$name}, to => $last), 0,
       "$name: has every frame");
}

is(scalar(grep { /\[warn\].*destination: "40"/ }
          $t->log_matches(qr/frames dropped/)) > 0, 1,
   'that frames are dropped is told in the log');
is(scalar(grep { /destination: "all/ } $t->log_matches(qr/frames dropped/)),
   0, 'but not of those that take everything');

$t->done_testing();

###############################################################################

# payload hash => the headers in force before it, in words

sub headers_of {
    my ($peer) = @_;

    my (%now, %headers);

    for my $m ($peer->messages(1)) {
        if ($m->{ev} ne 'media') {
            next;

        } elsif ($m->{header}) {
            $now{$m->{type}} = $m->{md5};

        } else {
            $headers{$m->{md5}} = join ' ', map { "$_ $now{$_}" }
                sort keys %now;
        }
    }

    return \%headers;
}


# [frame before, frame behind] each gap

sub jumps {
    my (@frames) = @_;

    return map { [@frames[$_ - 1, $_]] }
        grep { $frames[$_]{n} != $frames[$_ - 1]{n} + 1 } 1 .. $#frames;
}
