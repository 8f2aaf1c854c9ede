#!/usr/bin/perl

# From end to end with real peers: ffmpeg publishes H.264 with B frames and
# AAC; ffmpeg and an nginx-rtmp of its own receive and record it.  What is
# recorded is what was sent, frame by frame, and decodes without an error.

use warnings;
use strict;

use Digest::MD5 qw/md5_hex/;
use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::Media::Tag qw/classify/;
use Test::Restream::Util qw/slurp/;

my $t = Test::Restream->new()->has('ffmpeg');
my $far = Test::Restream->new(module => 0);

$t->expand(FAR => $far->port(0));
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

            restream_destination ffmpeg rtmp://127.0.0.1:%%PORT_1%%/live
                                 key=ffmpeg-key;
            restream_destination nginx rtmp://127.0.0.1:%%FAR%%/far
                                 key=nginx-key;
            restream_destination plain rtmp://127.0.0.1:%%PORT_2%%/app
                                 key=plain-key;
        }
    }
}
CONF

$far->write_file_expand('nginx.conf', <<'CONF');
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%
    max_message 16m;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application far {
            live on;
            record all;
            record_path %%TESTDIR%%/record;
        }
    }
}
CONF

my $dir = $t->dir();
my $record = $far->dir() . '/record';

mkdir $record and chmod 0777, $record or die "$record: $!\n";
$far->run();

###############################################################################

# the stream, and one that listens for it

is(ffmpeg('encode', qw/-f lavfi -i testsrc2=size=640x360:rate=30
    -f lavfi -i sine=sample_rate=48000 -t 5 -c:v libx264 -preset veryfast
    -pix_fmt yuv420p -g 300 -bf 2 -b:v 2M -c:a aac -b:a 96k/,
    '-force_key_frames', '0,3,4', '-f', 'flv', "$dir/real.flv")->status(), 0,
    'ffmpeg makes H.264 and AAC');

my @sent = flv_frames("$dir/real.flv");

cmp_ok(@sent, '>', 350, 'of many frames');

my $in = $t->ingest(port => 2);
my $listener = $t->spawn('ffmpeg-listen', 'ffmpeg', qw/-nostdin -hide_banner
    -listen 1 -f live_flv -i/, 'rtmp://127.0.0.1:' . $t->port(1)
    . '/live/ffmpeg-key', qw/-c copy -f flv/, "$dir/ffmpeg.flv");

wait_until { listens($t->port(1)) } 15, 'ffmpeg listens';

my $publisher = ffmpeg('publish', '-re', '-i', "$dir/real.flv",
    qw/-c copy -f flv/, 'rtmp://127.0.0.1:' . $t->port(0) . '/live/show');

is($publisher->status(), 0, 'ffmpeg publishes');

###############################################################################

wait_ok { $in->closed(1) } 15, 'plain: it ends with the publish';
is_deeply([map { "$_->{type} $_->{ts} $_->{md5} $_->{key}" } $in->frames()],
          [map { "@$_" } @sent],
          'plain: every frame, unchanged, in order, at its time');

ok($listener->wait(15), 'ffmpeg: it ends with the publish');
recorded('ffmpeg', "$dir/ffmpeg.flv");

my ($file) = wait_until {
    my ($file) = glob "$record/*.flv";
    $file && -s $file && $far->log_matches(qr/deleteStream/) && $file;
} 15, 'nginx: it ends with the publish';

recorded('nginx', $file);

$far->finish();
$t->done_testing();

###############################################################################

# Compares a recording with what was sent; a recording may count time from
# another moment.

sub recorded {
    my ($name, $path) = @_;

    my @got = flv_frames($path);
    my ($from) = grep { $sent[$_][2] eq ($got[0][2] || '') } 0 .. $#sent;

    is($from, 0, "$name: recorded from the first frame");
    is_deeply([map { "@$_[0, 2, 3]" } @got], [map { "@$_[0, 2, 3]" } @sent],
              "$name: every frame, unchanged, in order");

    my %offsets = map { ($got[$_][1] - $sent[$_][1] => 1) } 0 .. $#got;

    is(scalar keys %offsets, 1, "$name: at its time")
        or diag(join ' ', sort keys %offsets);

    my $decoded = ffmpeg("decode-$name", qw/-v error -xerror
        -err_detect explode -i/, $path, qw/-f null -/);

    is($decoded->status(), 0, "$name: it decodes");
    is($decoded->output(), '', "$name: without an error");
    return;
}


# Runs ffmpeg to its end.

sub ffmpeg {
    my ($name, @args) = @_;

    my $process = $t->spawn("ffmpeg-$name", 'ffmpeg', qw/-nostdin -hide_banner
        -y/, @args);

    $process->wait(60) or die "ffmpeg does not end\n";

    return $process;
}


# Without connecting, which would end its only connection.

sub listens {
    my ($port) = @_;

    my $pattern = sprintf ':%04X 00000000:0000 0A ', $port;

    return (slurp('/proc/net/tcp') || '') =~ /$pattern/;
}


# [type, timestamp, md5, key] of the frames in a file.

sub flv_frames {
    my ($path) = @_;

    my $bytes = slurp($path);
    my $p = 13;
    my @frames;

    while ($p + 11 < length $bytes) {
        my ($type, $high, $low, $ts, $ts_low, $ts_high) =
            unpack 'CCnCnC', substr $bytes, $p, 8;
        my $size = $high << 16 | $low;
        my $payload = substr $bytes, $p + 11, $size;
        my ($key, $header) = classify($type, \$payload);

        push @frames, [$type, $ts_high << 24 | $ts << 16 | $ts_low,
                       md5_hex($payload), $key] if !$header;
        $p += 11 + $size + 4;
    }

    return @frames;
}
