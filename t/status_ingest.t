#!/usr/bin/perl

# What an encoder sends, as the status tells it: since when and from where,
# codecs and resolution out of its headers, measured frame rate, bit rates and
# key frame interval; the same from each of four workers.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::Status;
use Test::Restream::Workers;

my $t = Test::Restream->new()->has('ffmpeg');

$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%
worker_processes 4;

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    server {
        listen 127.0.0.2:%%PORT_0%%;

        application live {
            live on;
            restream on;
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

my $dir = $t->dir();

encode('cropped', qw(-i testsrc2=size=242x134:rate=24000/1001
    -f lavfi -i sine=sample_rate=44100 -t 15 -c:v libx264 -profile:v main
    -g 48 -sc_threshold 0 -b:v 300k -ac 1 -c:a aac -b:a 64k));
encode('interlaced', qw/-i testsrc2=size=1920x1080:rate=25
    -t 2 -c:v libx264 -preset ultrafast -pix_fmt yuv422p10le
    -flags +ilme+ildct -x264-params interlaced=1 -g 25/);
encode('sorenson', qw/-i testsrc2=size=352x288:rate=15
    -f lavfi -i sine=sample_rate=22050 -t 15 -c:v flv -g 30 -b:v 200k
    -ac 1 -c:a libmp3lame -b:a 32k/);

###############################################################################

# streams: what is published, what is told of it, and its frame rate and bit
# rates about

my %streams = (
    'avc-aac' => {
        media => { fps => 30, gop => 60, video_bps => 8e5, audio_bps => 64e3 },
        video => ['h264', 'High', 1280, 720, 2000],
        audio => ['aac', 'LC', 48000, 2],
        rates => [30, 800, 64],
    },
    'hvc1-opus' => {
        media => { video => 'hvc1', audio => 'Opus', fps => 59.94, gop => 30,
                   video_bps => 1.5e6, modex => 5 },
        video => ['hevc', 'Main', 1280, 720, 501],
        audio => ['opus', undef, 48000, 2],
        rates => [59.94, 1500, 64],
    },

    # without a sequence header in it; the first track is that without a
    # number, and the bits are those of all three

    'av01-tracks' => {
        media => { video => 'av01', audio => 'mp4a', fps => 25, gop => 25,
                   tracks => 3, video_bps => 3e5 },
        video => ['av1', 'Main', 1280, 720, 1000],
        audio => ['aac', 'LC', 48000, 2],
        rates => [25, 900, 192],
    },
    'many-tracks' => {
        media => { video => 'hvc1', audio => 'fLaC', fps => 25, gop => 50,
                   tracks => 3, mode => 'many', video_bps => 1e5 },
        video => ['hevc', 'Main', 1280, 720, 2000],
        audio => ['flac', undef, 48000, 2],
        rates => [25, 300, 192],
    },
    'audio' => {
        media => { video => undef, metadata => 0, audio_bps => 128e3 },
        audio => ['aac', 'LC', 48000, 2],
        rates => [undef, undef, 128],
    },
    'video' => {
        media => { audio => undef, metadata => 0, video => 'vp09', fps => 10,
                   gop => 10 },
        video => ['vp9', 'Profile 0', undef, undef, 1000],
        rates => [10, 800, undef],
    },
    'cropped' => {
        file => 1,
        video => ['h264', 'Main', 242, 134, 2002],
        audio => ['aac', 'LC', 44100, 1],
        rates => [23.98, undef, 64],
    },
    'sorenson' => {
        file => 1,
        video => ['flv1', undef, 352, 288, 2000],
        audio => ['mp3', undef, 22050, 1],
        rates => [15, undef, 32],
    },
);

my $before = time;
my @workers = $t->worker_pids();
my (%pub, $n);

for my $name (sort keys %streams) {
    my $worker = $workers[$n++ % 4];

    $pub{$name} = on_worker($t, $worker, sub {
        $streams{$name}{file} ? stream_file($name) : publish($name)
    });
}

# known at once: since when, from where, what

for my $name (grep { !$streams{$_}{file} } sort keys %streams) {
    my $got = wait_until { told($name) } 10, "$name is told";

    is($got->{clientAddress}, '127.0.0.1', "$name: the client's address");

    my $since = at_ms($got->{since});

    ok($since >= ($before - 1) * 1000 && $since <= (time + 1) * 1000,
       "$name: since when");
}

for my $name (sort keys %streams) {
    check($name, $streams{$name});
}

my $body = $t->http_get('/restream/status')->{body};

like($body, qr/"fps":59\.9\d?,/, 'a frame rate has decimals');
unlike($body, qr/"fps":\d+\.\d{3}/, 'two at most');

# each worker tells the same

my %told = each_worker($t, sub { facts($t->status(conn => $_[0])) });
my ($wanted) = values %told;

is(keys %$wanted, keys %streams, 'all streams are told');
is_deeply($told{$_}, $wanted, "worker $_ tells the same") for sort keys %told;

# interlaced 4:2:2 of 10 bits

$pub{$_}->stop() for grep { !$streams{$_}{file} } keys %pub;
stream_file('interlaced');
wait_ok {
    my $video = (told('interlaced') || {})->{video} || {};
    join(' ', map { $_ || '' } @$video{qw/codec profile width height/})
        eq 'h264 High 4:2:2 1920 1080';
} 10, 'interlaced 4:2:2 of 10 bits';

$t->done_testing();

###############################################################################

sub encode {
    my ($name, @args) = @_;

    my $process = $t->spawn("ffmpeg-encode-$name", 'ffmpeg', qw/-nostdin
        -hide_banner -y -f lavfi/, @args, '-f', 'flv', "$dir/$name.flv");

    return $process->wait(60) && $process->status() == 0
        || die "ffmpeg makes no $name\n";
}


sub stream_file {
    my ($name) = @_;

    return $t->spawn("ffmpeg-$name", 'ffmpeg', qw/-nostdin -hide_banner -re -i/,
        "$dir/$name.flv", qw/-c copy -f flv/,
        'rtmp://127.0.0.2:' . $t->port(0) . "/live/$name");
}


sub publish {
    my ($name) = @_;

    return $t->publish("live/$name", host => '127.0.0.2',
                       media => $streams{$name}{media});
}


sub stream { return $t->stream('live', $_[0]) || {} }
sub told   { return stream($_[0])->{ingest} }


sub check {
    my ($name, $want) = @_;

    my $got;
    my ($fps, $video_kbps, $audio_kbps) = @{$want->{rates}};

    wait_ok {
        $got = told($name) || {};
        about($got->{video}{fps}, $fps, 0.3)
            && about($got->{video}{bitrateKbps}, $video_kbps,
                     ($video_kbps || 0) / 5)
            && about($got->{audio}{bitrateKbps}, $audio_kbps,
                     ($audio_kbps || 0) / 5)
            && about($got->{video}{keyFrameIntervalMs}, $want->{video}[4], 40);
    } 15, "$name: measured" or diag(explain($got));

    is_deeply([@{told($name)->{video} || {}}{qw/codec profile width height/}],
              [@{$want->{video} || []}[0 .. 3]], "$name: the picture");
    is_deeply([@{told($name)->{audio} || {}}{qw/codec profile sampleRate
                                                channels/}],
              [@{$want->{audio} || []}[0 .. 3]], "$name: the sound");

    for my $kind (qw/video audio/) {
        is(told($name)->{$kind}, undef, "$name: no $kind") if !$want->{$kind};
    }
}


# nothing is wanted, or it is near

sub about {
    my ($got, $want, $by) = @_;

    return !defined $want || defined $got && abs($got - $want) <= $by;
}


# what does not change from one second to the next

sub facts {
    my ($status) = @_;

    return { map {
        my ($video, $audio) = @{$_->{ingest}}{qw/video audio/};

        ($_->{name} => [
            @{$_->{ingest}}{qw/since clientAddress/},
            $video ? @$video{qw/codec profile width height/} : undef,
            $audio ? @$audio{qw/codec profile sampleRate channels/} : undef,
        ]);
    } @{$status->{streams}} };
}
