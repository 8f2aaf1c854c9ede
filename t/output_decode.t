#!/usr/bin/perl

# A real stream to a server that takes half of it: what arrives is decoded
# without an error.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;

use constant {
    FPS  => 30,
    GOP  => 15,                 # frames from key frame to key frame
    RATE => 250_000,            # B/s that the server takes, of 500_000
};

my $t = Test::Restream->new(log_level => 'notice')->has('ffmpeg');
my $seconds = $t->full() ? 600 : slow() > 1 ? 15 : 9;

# the servers are nginx-rtmp's own recorder

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
            restream_publisher_grace 300ms;
            restream_buffer 512k;

            restream_destination slow rtmp://127.0.0.1:%%PORT_1%%/sink/slow-one;
            restream_destination all rtmp://127.0.0.1:%%PORT_0%%/sink/all-of-it;
        }

        application sink {
            live on;
            record all;
            record_path %%TESTDIR%%;
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

chmod 0777, $dir;

# nginx-rtmp logs what is published to it

$t->allow(secret => qr/\A(?:slow-one|all-of-it)\z/);

my $proxy = $t->proxy(port => 1, to => 0, script => { rate => { up => RATE } });

###############################################################################

is(ffmpeg('encode', qw/-f lavfi -i/,
    'testsrc2=size=640x360:rate=' . FPS . ',noise=alls=30:allf=t',
    qw/-f lavfi -i sine=sample_rate=48000 -t/, $seconds,
    qw/-c:v libx264 -preset ultrafast -pix_fmt yuv420p -b:v 4M -maxrate 4M
    -bufsize 1M -bf 2 -g/, GOP, qw/-c:a aac -f flv/, "$dir/real.flv"), '',
    'ffmpeg makes H.264 and AAC');

my @sent = pictures('real');
my $frames = @sent;

is($frames, $seconds * FPS, 'of so many pictures');

my $encoder = $t->spawn('encoder', 'ffmpeg', qw/-nostdin -v error -re -i/,
    "$dir/real.flv", qw/-c copy -f flv/,
    'rtmp://127.0.0.1:' . $t->port(0) . '/live/show');
my ($dropped, $lag) = (0, 0);

wait_ok {
    my $d = $t->destination('live', 'show', 'slow');

    $dropped = $d->{stats}{framesDropped}{video} if $d;
    $lag = $d->{stats}{lagMs} if $d && ($d->{stats}{lagMs} || 0) > $lag;
    !$encoder->alive();
} $seconds + 10, 'it is published in real time';

# a slow server is given two seconds for what it has begun

wait_ok { !$proxy->control(do => 'set', script => {})->{pairs} } 10,
    'and all is over';

cmp_ok($dropped, '>', 0.2 * $frames, 'the slow server was spared much');
note("it was $lag ms behind at most");
cmp_ok($lag, '<', slowly(5000), 'and was never far behind');

my %recorded;

for my $name ('all-of-it', 'slow-one') {
    my $file = "$dir/$name.flv";

    cmp_ok(-s $file, '>', 100_000, "$name: it has recorded");
    is(ffmpeg("decode-$name", qw/-xerror -err_detect explode -i/, $file,
              qw/-f null -/), '', "$name: which is decoded without an error");

    $recorded{$name} = [pictures($name)];

    my $count = @{$recorded{$name}};

    note("$name: $count of $frames pictures");
    cmp_ok($count, '>=', ($name eq 'slow-one' ? 0.3 : 0.6) * $frames,
           "$name: a good part of it");
}

cmp_ok(scalar @{$recorded{'slow-one'}}, '<', 0.9 * $frames,
       'the slow one has less than all');

my @all = @{$recorded{'all-of-it'}};

is_deeply(\@all, [@sent[-@all .. -1]],
          'the other has all since its first key frame');
is((@sent - @all) % GOP, 0, 'which it began with');

$t->done_testing();

###############################################################################

# What ffmpeg has to say, which is nothing when all is well.

sub ffmpeg {
    my ($name, @args) = @_;

    my $process = $t->spawn("ffmpeg-$name", 'ffmpeg', qw/-nostdin -y -v error/,
                            @args);

    return 'it does not end' if !$process->wait(20 + $seconds);
    return $process->output() . ($process->status() ? 'and failed' : '');
}


# The hash of each picture in a file.

sub pictures {
    my ($name) = @_;

    my $process = $t->spawn("ffprobe-$name", 'ffprobe', qw/-v error
        -select_streams v -show_packets -show_data_hash md5
        -show_entries packet=data_hash -of csv=p=0/, "$dir/$name.flv");

    return if !$process->wait(20);
    return $process->output() =~ /^MD5:(\w+)/mg;
}
