#!/usr/bin/perl

# An encoder's clock jumps: it wraps at 24 bits, goes back, starts at 0 again
# in the same connection or in another.  The destinations see one time line
# that never goes back, on the connection that they have.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::Media;
use Test::Restream::Media::Tag qw/video_tag audio_tag FRAME/;

my $t = Test::Restream->new();

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
            restream_publisher_grace 500ms;
            restream_destination a rtmp://127.0.0.1:%%PORT_1%%/$name
                                 key=jump-key;
        }

        application held {
            live on;
            restream on;
            restream_publisher_grace 500ms;
            restream_flush 0;
            restream_destination a rtmp://127.0.0.1:%%PORT_2%%/app
                                 key=held-key;
        }

        application back {
            live on;
            restream on;
            restream_publisher_grace 10s;
            restream_destination a rtmp://127.0.0.1:%%PORT_3%%/app
                                 key=back-key;
        }
    }
}
CONF

my $in = $t->ingest(port => 1);
my $number = 0;

###############################################################################

# jumps back, in the frame with the given age in ms: start, ms of the jump

my %jumps = (
    '24-bits'  => [0xffffff - 899, -0x1000000, 900],
    'to-zero'  => [3_600_000, -3_601_000, 1000],
    'second'   => [100_000, -1500, 700],
    'hour'     => [0x1234567, -3_600_000, 800],
    'to-start' => [0, -1200, 1200],
);

my (%pub, %jump);

for my $name (sort keys %jumps) {
    my ($start, $ms, $age) = @{$jumps{$name}};

    # the number of the frame

    my $media = Test::Restream::Media->new(start => $start);
    my $n = 0;

    $n++ while $media->next()->{ts} < $start + $age;
    $jump{$name} = $n;

    $pub{$name} = $t->publish("live/$name", count => 0, media => {
        start => $start, jumps => [[$n, $ms]], video_bps => 4e5 });
}

$in->wait(sub { $_[0]->events(ev => 'start') == keys %jumps }, 15,
          'all are published');
$_->more(1_000_000) for values %pub;

for my $name (sort keys %jumps) {
    my $pub = $pub{$name};
    my $conn = $in->wait(sub {
        my ($connect) = grep { $_->{args}[0]{app} eq $name }
            $in->events(ev => 'command', name => 'connect');
        my $conn = $connect && $connect->{conn};
        $conn && $in->frames(conn => $conn) > $jump{$name} + 60 && $conn;
    }, 15, "$name: goes on behind the jump") or next;

    # the frames of either clock keep their distances

    my @got = $in->frames(conn => $conn);
    my @sent = $pub->frames();
    my ($old, $new) = ([@sent[0 .. $jump{$name} - 1]],
                       [@sent[$jump{$name} .. $#sent]]);
    my $fewer = @{[timestamp_offsets($old, \@got, $conn)]};
    my $more = @{[timestamp_offsets($new, \@got, $conn)]};

    is("$fewer $more", '1 1', "$name: all distances but one are as sent");
    is(missing_frames(\@sent, \@got, from => 0), 0, "$name: none is missing");
    is_deeply([check_order(\@sent, \@got, $conn, gaps => 0)], [],
              "$name: time never goes back");

    my ($last, $next) = @got[$jump{$name} - 1, $jump{$name}];
    my $passed = $next->{ts} - $last->{ts};

    ok($passed >= 0 && $passed < slowly(500),
       "$name: it goes on by the time that has passed: $passed ms");
}

is($in->conns(), scalar keys %jumps, 'no connection was made anew');

###############################################################################

# steps back within a second are reordering: held until time has come there;
# one wrong timestamp does no lasting harm

my $held = $t->ingest(port => 2);
my $pub = $t->publish('held/show', count => 0, media => { metadata => 0 });

my @steps = (
    [9, 0, 0], [8, 0, 0], [9, 40, 40], [9, 80, 80], [9, 60, 80], [8, 70, 70],
    [8, 50, 70], [9, 120, 120], [9, 119, 120], [8, 100, 100], [9, 160, 160],
);

for my $i (0 .. $#steps) {
    push_frame(@{$steps[$i]}[0, 1]);

    # each is a key frame, and a connection begins with the newest

    $held->wait(sub { $_[0]->frames() }, 10, 'held: begins') if $i == 0;
}

$held->wait(sub { $_[0]->frames() == @steps }, 10, 'held: all arrive');
is_deeply([map { "$_->{type} $_->{ts}" } $held->frames()],
          [map { "$_->[0] $_->[2]" } @steps],
          'held: small steps back are flat, in their own track');

# an hour ahead for one frame

push_frame(9, 3_600_200);
push_frame(9, $_) for map { 200 + 40 * $_ } 1 .. 20;
$held->wait(sub { $_[0]->frames() == @steps + 21 }, 10, 'held: all arrive');

my @after = ($held->frames())[-20 .. -1];

is_deeply([map { $after[$_]{ts} - $after[$_ - 1]{ts} } 1 .. $#after],
          [(40) x 19], 'held: behind a wrong timestamp time goes on');

###############################################################################

# an encoder that comes back within the grace, from 0 and from anywhere

my $back = $t->ingest(port => 3);

$pub = $t->publish('back/show', media => { start => 5_000_000, gop => 15 });

for my $start (0, 90_000_000, 0xfffffff0, 0) {
    my $before = $back->frames();

    $back->wait(sub { $_[0]->frames() > $before + 60 }, 10,
                'back: frames arrive');
    $pub->republish(how => 'reset', start => $start);
}

my $last = ($pub->frames())[-1]{md5};

$back->wait(sub { grep { $_->{md5} eq $last } $_[0]->frames() }, 10,
            'back: up to the last');
is($back->conns(), 1, 'back: the connection is the same all the time');
is_deeply([check_order($pub, $back, 1)], [], 'back: time never goes back');

my @frames = $back->frames();
my @steps_seen = map { $frames[$_]{ts} - $frames[$_ - 1]{ts} } 1 .. $#frames;

is(scalar(my @long = grep { $_ > slowly(2000) } @steps_seen), 0,
   'back: nor does it jump ahead');

$t->done_testing();

###############################################################################

sub push_frame {
    my ($type, $ts) = @_;

    my $body = sprintf '%08d', ++$number;
    my $payload = $type == 8
        ? audio_tag(codec => 'aac', kind => FRAME, body => "$body audio")
        : video_tag(codec => 'avc', kind => FRAME, key => 1, body => $body);

    $pub->send(type => $type, hex => unpack('H*', $payload), ts => $ts,
               csid => $type == 8 ? 4 : 6);
    return;
}
