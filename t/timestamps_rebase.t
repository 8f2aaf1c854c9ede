#!/usr/bin/perl

# The timestamps of each connection begin at 0, whenever it begins and whatever
# the encoder's are, past 24 and past 32 bits too; their distances stay.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;

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
            restream_publisher_grace 200ms;
            restream_chunk_size 128;
            restream_reconnect min=100ms max=200ms;
            restream_destination a rtmp://127.0.0.1:%%PORT_1%%/$name
                                 key=rebase-key-1;
            restream_destination b rtmp://127.0.0.1:%%PORT_2%%/$name
                                 key=rebase-key-2;
        }
    }
}
CONF

# ms

my %starts = (
    zero      => 0,
    any       => 123_456_789,
    '24-bits' => 0xffffff - 700,
    '31-bits' => 0x7fffffff - 700,
    '32-bits' => 0xffffffff - 700,
);

my $in = $t->ingest(port => 1);
my $late = $t->ingest(port => 2);

$late->listen(0);

my %pub = map {
    $_ => $t->publish("live/$_", count => 0, media => {
        start => $starts{$_}, video_bps => 4e5, gop => 15 })
} sort keys %starts;

$in->wait(sub { $_[0]->events(ev => 'start') == keys %starts }, 15,
          'all are published');
$_->more(1_000_000) for values %pub;

###############################################################################

# from the first frame, over the edge

for my $name (sort keys %starts) {
    my $conn = conn($in, $name) or next;

    begins_at_zero($in, $name, $conn);
    is(($in->frames(conn => $conn))[0]{n}, 0, "$name: with the first frame");

    my ($offset) = timestamp_offsets($pub{$name}, $in, $conn);

    is($offset & 0xffffffff, -$starts{$name} & 0xffffffff,
       "$name: time is moved to 0 by as much as it began with");
}

# a destination that comes up late, and one that comes back

$late->listen(1);
$in->control(do => 'reset', conn => 'all');

for my $name (sort keys %starts) {
    my $again = conn($in, $name, 2) or next;
    my $first = conn($late, $name) or next;

    begins_at_zero($in, $name, $again);
    begins_at_zero($late, $name, $first);

    cmp_ok(($late->frames(conn => $first))[0]{n}, '>', 0,
           "$name: though the stream is older");
    is(missing_frames($pub{$name}, [map { $in->frames(conn => $_) }
                                    conn($in, $name, 1), $again]), 0,
       "$name: no frame is lost in between");
}

$t->done_testing();

###############################################################################

sub begins_at_zero {
    my ($in, $name, $conn) = @_;

    my @messages = ($in->messages($conn))[0 .. 3];

    is_deeply([map { $_->{ts} } @messages], [0, 0, 0, 0],
              "$name: headers and the first frame are at 0");
    is($messages[3]{key}, 1, "$name: which is a key frame");

    my @offsets = timestamp_offsets($pub{$name}, $in, $conn);

    is(@offsets, 1, "$name: all distances are as they were sent")
        or diag("@offsets");
    is_deeply([check_order($pub{$name}, $in, $conn, gaps => 0)], [],
              "$name: all are in order");
    return;
}


# The number of the n-th connection of a stream, when two seconds of it have
# arrived.

sub conn {
    my ($in, $name, $n) = @_;

    return $in->wait(sub {
        my @conns = map { $_->{conn} } grep { $_->{args}[0]{app} eq $name }
            $in->events(ev => 'command', name => 'connect');
        my $conn = $conns[($n || 1) - 1];

        $conn && ($in->frames(conn => $conn) >= 120 || $in->closed($conn))
            && $conn;
    }, 15, "$name: connection " . ($n || 1));
}
