#!/usr/bin/perl

# Enhanced RTMP and all that is older passes through: every audio and video
# message arrives byte for byte, in order, at its time, whatever is in it.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::Media::Tag qw/video_tag audio_tag colour_info HEADER FRAME
    FRAME_X FINISH COLOUR CHANNELS/;

use constant { AUDIO => 8, VIDEO => 9, MPEG2TS => 5 };

my $t = Test::Restream->new();

$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%
    max_message 16m;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;
            restream on;
            restream_publisher_grace 200ms;
            restream_destination a rtmp://127.0.0.1:%%PORT_1%%/$name
                                 key=enhanced-key;
        }
    }
}
CONF

my $in = $t->ingest(port => 1);

###############################################################################

# streams as encoders send them

my %streams = (
    'avc-aac'       => { video => 'avc', audio => 'aac', cts => 66 },
    'hevc12-aac'    => { video => 'hevc12', audio => 'aac', disposable => 3 },
    'avc1-mp4a'     => { video => 'avc1', audio => 'mp4a', cts => 40 },
    'hvc1-Opus-hdr' => { video => 'hvc1', audio => 'Opus', hdr => 1,
                         cts => 0x7fffff },
    'hvc1-x'        => { video => 'hvc1', audio => 'ec-3', x => 1 },
    'av01-fLaC'     => { video => 'av01', audio => 'fLaC', disposable => 4 },
    'vp09-ac-3'     => { video => 'vp09', audio => 'ac-3' },
    'modex'         => { video => 'hvc1', audio => 'mp4a', modex => 999_999 },
    'one-track'     => { video => 'hvc1', audio => 'mp4a', tracks => 3 },
    'many-tracks'   => { video => 'av01', audio => 'Opus', tracks => 3,
                         mode => 'many' },
    'all-at-once'   => { video => 'hvc1', audio => 'Opus', tracks => 2,
                         mode => 'many', modex => 1, hdr => 1 },
);

my %pub = map {
    $_ => $t->publish("live/$_", count => 0,
                      media => { gop => 20, video_bps => 4e5, %{$streams{$_}} })
} sort keys %streams;

$in->wait(sub { $_[0]->events(ev => 'start') == keys %streams }, 15,
          'all are published');
$_->more(100) for values %pub;

for my $name (sort keys %streams) {
    my $pub = $pub{$name};
    my $conn = conn($name) or next;

    $pub->wait_done(15);
    $in->wait(sub {
        $_[0]->frames(conn => $conn) >= $pub->frames();
    }, 15, "$name: all arrives");

    is_deeply([media($in, $conn)], [media($pub, 1)],
              "$name: byte for byte, in order, at its time");
    $pub->unpublish();
}

###############################################################################

# messages of every kind, one by one

my $body = 0;
my @messages;

for my $codec (qw/avc hevc12 avc1 hvc1 av01 vp09/) {
    video(codec => $codec, kind => HEADER, body => undef);
    video(codec => $codec, kind => FRAME, key => 1);
    video(codec => $codec, kind => FRAME, cts => 0xfffffe);
    video(codec => $codec, kind => FRAME, disposable => 1);
    video(codec => $codec, kind => FRAME, frame_type => 4);
    video(codec => $codec, kind => FINISH, body => '');
}

for my $codec (qw/aac mp4a Opus fLaC ac-3 ec-3 .mp3/) {
    audio(codec => $codec, kind => HEADER, body => undef);
    audio(codec => $codec, kind => FRAME);
    audio(codec => $codec, kind => FINISH, body => '') if $codec ne 'aac';
}

# enhanced only

for my $codec (qw/hvc1 av01/) {
    my @tracks = map { [$_, body(), [$codec, 'vp09']->[$_ % 2]] } 0 .. 3, 255;

    video(codec => $codec, kind => FRAME_X, key => 1);
    video(codec => $codec, kind => MPEG2TS);
    video(codec => $codec, kind => COLOUR, frame_type => $_,
          body => colour_info(1000)) for 0, 1, 5;
    video(codec => $codec, kind => FRAME, modex => 1, modex_long => 1);
    video(codec => $codec, kind => $_, key => 1, mode => 'one', track => 1)
        for HEADER, FRAME, FRAME_X, FINISH;
    video(codec => $codec, kind => FRAME, key => 1, mode => $_, tracks =>
          \@tracks) for qw/many codecs/;
    video(codec => $codec, kind => HEADER, mode => 'codecs', modex => 7,
          tracks => \@tracks);
}

audio(codec => 'Opus', kind => CHANNELS, body => pack 'CCC*', 2, 2, 1, 2);
audio(codec => 'fLaC', kind => CHANNELS, mode => 'one', track => 1,
      body => pack 'CCN', 1, 6, 0x3f);
audio(codec => 'mp4a', kind => FRAME, mode => 'codecs',
      tracks => [[0, body(), 'Opus'], [1, body(), 'mp4a'], [7, '', 'ac-3']]);

# what nobody has written down yet, or should not have sent

message(VIDEO, $_) for '', "\x80", "\x86", "\x87", "\x96\x10hv", "\x96\x16",
    "\x97\xff\xff\xff", "\x97\x02ab", "\xd1\x00", "\xd7\x00\x00\x01\x01",
    "\x91nope" . body(), map({ chr(0x90 | $_) . 'hvc1' . body() } 8 .. 15),
    map({ chr(0x10 | $_) . body() } 0 .. 15), "\x17", "\x17\x00", "\x17\x01",
    "\x17\x02\0\0\0", "\x17\x03" . body(), "\x52\x00";
message(AUDIO, $_) for '', "\x90", "\x95", "\x97", "\x95\x20mp4a\x00",
    map({ chr(0x90 | $_) . 'Opus' . body() } 3, 6, 8 .. 15),
    map({ chr($_ << 4 | 0x0f) . body() } 0 .. 15), "\xaf", "\xaf\x00";

# after a first key frame, with which the connection begins

my $pub = $t->publish('live/by-hand', count => 0);

push_message(VIDEO, video_tag(codec => 'avc', kind => FRAME, key => 1,
                              body => body()), 0);

my $conn = conn('by-hand', 1);
my $ts = 0;

push_message(@$_, $ts += 10) for @messages;

$in->wait(sub { media($in, $conn) >= @messages + 3 }, 15,
          'by hand: all arrives');

my @sent = media($pub, 1);
my @got = media($in, $conn);

is(scalar @got, scalar @sent, 'by hand: as many as were sent');

for my $i (3 .. $#sent) {
    my ($type, $payload) = @{$messages[$i - 3]};

    is(join(' ', @{$got[$i]}[0 .. 2]), join(' ', @{$sent[$i]}[0 .. 2]),
       sprintf 'by hand: type %d, %d bytes, %s', $type, length $payload,
       unpack 'H24', $payload);
}

$t->done_testing();

###############################################################################

# The connection of a stream, when frames have arrived.

sub conn {
    my ($name) = @_;

    return $in->wait(sub {
        my ($connect) = grep { $_->{args}[0]{app} eq $name }
            $in->events(ev => 'command', name => 'connect');
        my $conn = $connect && $connect->{conn};

        $conn && $in->frames(conn => $conn) && $conn;
    }, 15, "$name: media arrives");
}


# [type, md5, size, timestamp] of all audio and video, headers included; of
# those the time is not compared.

sub media {
    my ($peer, $conn) = @_;

    return map { [@$_{qw/type md5 size/}, $_->{header} ? () : $_->{ts}] }
        grep { $_->{ev} eq 'media' } $peer->messages($conn);
}


sub body {
    return sprintf('%04d', ++$body) . 'x' x 20;
}


sub video {
    return message(VIDEO, video_tag(body => body(), @_));
}


sub audio {
    return message(AUDIO, audio_tag(body => body(), @_));
}


sub message {
    my ($type, $payload) = @_;

    push @messages, [$type, $payload];
    return;
}


sub push_message {
    my ($type, $payload, $ts) = @_;

    $pub->send(type => $type, hex => unpack('H*', $payload), ts => $ts,
               csid => $type == AUDIO ? 4 : 6);
    return;
}
