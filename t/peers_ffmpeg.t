#!/usr/bin/perl

# The test's peers against real ones: ffmpeg publishes to the fake ingest,
# plainly, with authentication, over TLS; nginx-rtmp relays from our publisher
# to our ingest; ffmpeg records what our publisher sends.

use warnings;
use strict;

use Test::More;

use Digest::MD5 qw/md5_hex/;

use lib 't/lib';
use Test::Restream;
use Test::Restream::Media::Tag qw/classify/;
use Test::Restream::Util qw/slurp/;

my $t = Test::Restream->new(module => 0)->has('ffmpeg');

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
            push rtmp://127.0.0.1:%%PORT_1%%/far/copy;
        }
    }
}
CONF

my $in = $t->ingest(port => 1);
my $auth = $t->ingest(port => 2);
my $tls = $t->ingest(port => 3, tls => 'good');
my $dir = $t->dir();

###############################################################################

# a real stream, in a file and on the wire

ffmpeg('encode', qw/-f lavfi -i testsrc=size=320x180:rate=30
    -f lavfi -i sine=sample_rate=48000 -t 4 -c:v libx264 -preset ultrafast
    -pix_fmt yuv420p -g 30 -bf 2 -c:a aac -f flv/, "$dir/real.flv");

my @tags = flv_frames("$dir/real.flv");

cmp_ok(@tags, '>', 300, 'ffmpeg makes H.264 and AAC');

ffmpeg('plain', '-i', "$dir/real.flv", qw/-c copy -f flv/,
       $in->url('app', 'key'));
wait_ok { $in->closed(1) } 5, 'ffmpeg publishes to the ingest';
is_deeply([map { "$_->{type} $_->{ts} $_->{md5} $_->{key}" } $in->frames()],
          \@tags, 'each frame arrives as it is in the file');
is($in->command(1, 'connect')->{args}[0]{tcUrl}, $in->url('app'),
   'ffmpeg says where it connects to');
is_deeply([$in->violations()], [], 'ffmpeg keeps to the protocol');

ffmpeg('again', '-i', "$dir/real.flv", qw/-c copy -f flv/,
       $tls->url('app', 'key'));
wait_ok { $tls->frames() == @tags } 5, 'ffmpeg publishes over TLS';

###############################################################################

# authentication

for my $mode (qw/adobe llnw/) {
    $auth->script({ auth => { mode => $mode, user => 'me',
                              password => 'secret' } });

    my $before = $auth->conns();
    my $port = $auth->port();

    ffmpeg($mode, '-i', "$dir/real.flv", qw/-c copy -f flv/,
           "rtmp://me:secret\@127.0.0.1:$port/app/key");
    is($auth->conns() - $before, 3, "$mode: three connections");
    wait_ok { $auth->frames(conn => $before + 3) == @tags } 5,
        "$mode: the third publishes";

    my $wrong = ffmpeg($mode, '-i', "$dir/real.flv", qw/-c copy -f flv/,
                       "rtmp://me:wrong\@127.0.0.1:$port/app/key");
    isnt($wrong->status(), 0, "$mode: a wrong password is refused");
}

###############################################################################

# our publisher through nginx-rtmp to our ingest; stock nginx-rtmp's push sends
# before Publish.Start, and begins somewhere in the stream

$t->allow(violation => qr/media before Publish.Start/);

for my $aggregate (1, 5) {
    my $conn = $in->conns() + 1;
    my $pub = $t->publish("live/$aggregate", count => 200, media => {
        gop => 15 }, aggregate => $aggregate);

    wait_ok { $in->frames(conn => $conn, n => 199) } 10,
        "nginx-rtmp relays, $aggregate frames a message";

    my ($key) = $in->frames(conn => $conn, key => 1);

    cmp_ok($key->{n}, '<', 100, 'there is a key frame');
    is(missing_frames($pub, $in, conn => $conn, from => $key->{n}), 0,
       'no frame is missing from there on');
    is_deeply([check_order($pub, $in, $conn)], [], 'all in order');
    $pub->unpublish();
    wait_ok { $in->closed($conn) } 5, 'the end arrives';
}

###############################################################################

# ffmpeg records our publisher; audio, since it wants to decode video, which is
# noise, before it records it

my $recorder = $t->spawn('recorder', 'ffmpeg', qw/-nostdin -hide_banner
    -listen 1 -f live_flv -i/, 'rtmp://127.0.0.1:' . $t->port(4) . '/live/rec',
    qw/-c copy -f flv/, "$dir/rec.flv");

my $pub = wait_until {
    eval { $t->publish('live/rec', port => 4, count => 300, speed => 0,
                       media => { video => undef }) }
} 5, 'ffmpeg listens';

$pub->wait_done(10);
$pub->unpublish();
ok($recorder->wait(10), 'ffmpeg records');

my %recorded = map { (split ' ')[2] => 1 } flv_frames("$dir/rec.flv");

is(scalar(grep { !$recorded{$_->{md5}} } $pub->frames()), 0,
   'and has each frame');

$t->done_testing();

###############################################################################

# Runs ffmpeg to its end.

sub ffmpeg {
    my ($name, @args) = @_;

    my $process = $t->spawn("ffmpeg-$name", 'ffmpeg', qw/-nostdin -hide_banner
        -y/, @args);

    $process->wait(20) or die "ffmpeg does not end\n";

    return $process;
}


# "type timestamp md5 key" of the frames in a file.

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

        push @frames, join ' ', $type, $ts_high << 24 | $ts << 16 | $ts_low,
            md5_hex($payload), $key if !$header;
        $p += 11 + $size + 4;
    }

    return @frames;
}
