#!/usr/bin/perl

# Streams that are not video with audio: audio alone, video alone, silence in
# empty messages, many frames in one aggregate message.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::Media::Tag qw/audio_tag FRAME/;
use Test::Restream::RTMP qw/data_message/;
use Test::Restream::RTMP::AMF qw/ecma/;

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
            restream_reconnect min=100ms max=300ms;
            restream_destination a rtmp://127.0.0.1:%%PORT_1%%/$name
                                 key=media-key-1;
            restream_destination b rtmp://127.0.0.1:%%PORT_2%%/$name
                                 key=media-key-2;
        }
    }
}

http {
    %%GLOBALS_HTTP%%

    server {
        listen 127.0.0.1:%%PORT_80%%;
        location = /restream/status { restream_status; }
    }
}
CONF

my $in = $t->ingest(port => 1);
my $late = $t->ingest(port => 2);

$late->listen(0);

###############################################################################

# kinds of streams: in order, to the one that is there and to the one that
# comes late

my %streams = (
    'audio'       => [{ video => undef }, 'audio header'],
    'opus'        => [{ video => undef, audio => 'Opus' }, 'audio header'],
    'mp3'         => [{ video => undef, audio => '.mp3' }],
    'video'       => [{ audio => undef, gop => 15 }, 'video header'],
    'no-metadata' => [{ metadata => 0, gop => 15 },
                      'video header', 'audio header'],
    'nothing'     => [{ metadata => 0, video => undef, audio => '.mp3' }],
    'aggregate'   => [{ gop => 15 }, 'video header', 'audio header'],
    'aggregates'  => [{ gop => 15, start => 0xffff00 },
                      'video header', 'audio header'],
);
my %aggregate = (aggregate => 5, aggregates => 7);

my %pub = map {
    $_ => $t->publish("live/$_", aggregate => $aggregate{$_} || 1, count => 0,
                      media => { video_bps => 3e5, %{$streams{$_}[0]} })
} sort keys %streams;

$in->wait(sub { $_[0]->events(ev => 'start') == keys %streams }, 15,
          'all are published');
$_->more(1_000_000) for values %pub;

for my $name (sort keys %streams) {
    conn($in, $name, 1, 80);
}

$late->listen(1);

for my $name (sort keys %streams) {
    my ($media, @headers) = @{$streams{$name}};
    my $pub = $pub{$name};

    @headers = ('@setDataFrame', @headers) if !defined $media->{metadata};

    for my $its ($in, $late) {
        my $what = $its == $in ? $name : "$name, late";
        my $conn = conn($its, $name, 1, 80) or next;
        my @first = $its->first_messages($conn, @headers + 1);
        my $frame = pop @first;

        is_deeply(\@first, \@headers, "$what: headers first");
        is($frame, defined $media->{video} || !exists $media->{video}
            ? 'key' : 'audio', "$what: then a frame to start with");
        is_deeply([check_order($pub, $its, $conn, gaps => 0)], [],
                  "$what: nothing is missing or changed");
        is(scalar(my @one = timestamp_offsets($pub, $its, $conn)), 1,
           "$what: the distances are as sent");
    }

    # audio alone is known by a second without video

    my ($from) = $in->frames(conn => conn($in, $name, 1, 1));
    my $most = exists $media->{video} ? slowly(60) : 0;

    cmp_ok($from->{n}, '<=', $most, "$name: from the beginning");
}

is($t->destination('live', 'audio', 'a')->{state}, 'live',
   'audio alone is live');

# and back again after a reset

my $conn = conn($in, 'audio', 1, 1);

$in->control(do => 'reset', conn => $conn);

my $again = conn($in, 'audio', 2, 60);

is(missing_frames($pub{audio}, [map { $in->frames(conn => $_) }
                                $conn, $again]), 0,
   'audio alone loses nothing when it reconnects');
is_deeply([$in->first_messages($again, 2)], ['@setDataFrame', 'audio header'],
          'and begins with its headers');

###############################################################################

# where metadata knows of no video nothing is waited for

my $pub = $t->publish('live/radio', count => 0, media => {
    video => undef, metadata => 0 });
my $metadata = data_message('onMetaData', ecma(audiocodecid => 10));

$pub->send(type => 18, hex => unpack('H*', $metadata->{payload}), ts => 0);
$conn = conn($in, 'radio', 1, 0);
$in->wait(sub { $_[0]->events(ev => 'start', conn => $conn) }, 15,
          'radio: is published');
$pub->more(60);
conn($in, 'radio', 1, 10);
is(($in->frames(conn => $conn))[0]{n}, 0, 'radio: from the first frame');

# silence: messages of no bytes

$pub->wait_done(10);
$pub->send(type => 8, hex => '', csid => 4) for 1 .. 3;
$pub->send(type => 8, hex => unpack('H*', audio_tag(
    codec => 'aac', kind => FRAME, body => 'sound again')), csid => 4);

my $last = ($pub->frames())[-1]{md5};

$in->wait(sub { ($_[0]->frames(conn => $conn))[-1]{md5} eq $last }, 10,
          'silence: sound follows');
is_deeply([map { $_->{size} } ($in->frames(conn => $conn))[-4 .. -2]],
          [0, 0, 0], 'silence passes through');
is(missing_frames($pub, $in, conn => $conn), 0,
   'silence: and all around it');

$t->done_testing();

###############################################################################

# The n-th connection of a stream, when so many frames have arrived.

sub conn {
    my ($its, $name, $n, $frames) = @_;

    return $its->wait(sub {
        my @conns = map { $_->{conn} } grep { $_->{args}[0]{app} eq $name }
            $its->events(ev => 'command', name => 'connect');
        my $conn = $conns[$n - 1];

        $conn && $its->frames(conn => $conn) >= $frames && $conn;
    }, 15, "$name: connection $n");
}
