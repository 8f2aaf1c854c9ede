#!/usr/bin/perl

# What a decoder needs is sent again, in its newest form, to a destination that
# reconnects and to one that joins late: metadata, colour and channels, sequence
# headers of every track, then a key frame of every track.

use warnings;
use strict;

use Digest::MD5 qw/md5_hex/;
use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::Media::Tag qw/video_tag audio_tag colour_info HEADER FRAME
    FINISH COLOUR CHANNELS/;

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
            restream_reconnect min=100ms max=300ms;
            restream_destination a rtmp://127.0.0.1:%%PORT_1%%/$name
                                 key=headers-key-1;
            restream_destination b rtmp://127.0.0.1:%%PORT_2%%/$name
                                 key=headers-key-2;
        }
    }
}
CONF

my $in = $t->ingest(port => 1);
my $late = $t->ingest(port => 2);

$late->listen(0);

###############################################################################

# streams whose headers change on the way

my %streams = (
    'avc-aac'     => { video => 'avc', audio => 'aac' },
    'hevc12'      => { video => 'hevc12', audio => 'aac' },
    'hvc1-hdr'    => { video => 'hvc1', audio => 'Opus', hdr => 1 },
    'av01-fLaC'   => { video => 'av01', audio => 'fLaC', modex => 5 },
    'vp09-ac-3'   => { video => 'vp09', audio => 'ac-3' },
    'one-track'   => { video => 'hvc1', audio => 'mp4a', tracks => 3 },
    'many-tracks' => { video => 'av01', audio => 'Opus', tracks => 3,
                       mode => 'many', hdr => 1 },
);

my %pub = map {
    $_ => $t->publish("live/$_", count => 0, media => {
        gop => 15, video_bps => 3e5, %{$streams{$_}} })
} sort keys %streams;

$in->wait(sub { $_[0]->events(ev => 'start') == keys %streams }, 15,
          'all are published');
$_->more(1_000_000) for values %pub;

for my $name (sort keys %streams) {
    conn($in, $name, 1, 40);
    $pub{$name}->change_headers();
}

for my $name (sort keys %streams) {
    my $conn = conn($in, $name, 1, 120) or next;
    my @got = map { "$_->{type} $_->{md5}" } media($in, $conn);
    my @sent = map { "$_->{type} $_->{md5}" } media($pub{$name}, 1);

    is_deeply(\@got, [@sent[0 .. $#got]],
              "$name: new headers come where the encoder sent them");
}

$in->control(do => 'reset', conn => 'all');
$late->listen(1);

for my $name (sort keys %streams) {
    my @headers = map { $_->{md5} } $pub{$name}->headers();
    my @newest = splice @headers, @headers / 2;

    for my $peer ([$in, 2], [$late, 1]) {
        my ($its, $n) = @$peer;
        my $what = "$name, " . ($its == $late ? 'late' : 'again');
        my $conn = conn($its, $name, $n, 60) or next;
        my @first = first($its, $conn);
        my @known = map { $_->{md5} } grep { $_->{header} } @first;

        is($first[0]{name}, '@setDataFrame', "$what: metadata first");
        like($first[0]{args}[1]{encoder}, qr/ 1\z/, "$what: the newest");
        is_deeply([sort @known], [sort @newest],
                  "$what: the headers that hold, each once");
        is_deeply([grep { $_->{ts} } @first], [], "$what: at the time 0");

        # the frames of all tracks begin with the key frame

        my $tracks = $name eq 'one-track' ? 3 : 1;
        my @frames = $its->frames(conn => $conn, type => VIDEO);

        is_deeply([map { "$_->{key} $_->{n}" } @frames[0 .. $tracks - 1]],
                  [("1 $frames[0]{n}") x $tracks],
                  "$what: then a key frame of every track");

        my @got = $its->frames(conn => $conn);
        my @sent = $pub{$name}->frames();
        my ($at) = grep { $sent[$_]{md5} eq $frames[0]{md5} } 0 .. $#sent;

        is_deeply([map { $_->{md5} } @got],
                  [map { $_->{md5} } @sent[$at .. $at + $#got]],
                  "$what: and all that follows");
    }
}

$_->stop() for values %pub;

###############################################################################

# what is kept, one by one

$late->listen(0);

my $pub = $t->publish('live/by-hand', count => 0,
                      media => { video => undef, audio => undef });
my @hvc1 = (codec => 'hvc1', kind => HEADER);
my $mpeg2ts = video_tag(codec => 'av01', kind => MPEG2TS, body => 'mpeg2ts');
my $colour = video_tag(codec => 'hvc1', kind => COLOUR, frame_type => 5,
                       body => colour_info(2000));
my $track = video_tag(@hvc1, mode => 'one', track => 2, modex => 9);
my $channels = audio_tag(codec => 'Opus', kind => CHANNELS,
                         body => pack 'CC', 1, 2);
my $opus = audio_tag(codec => 'Opus', kind => HEADER);
my $codecs = audio_tag(codec => 'Opus', kind => HEADER, mode => 'codecs',
                       tracks => [[4, undef, 'Opus'], [5, undef, 'mp4a']]);

# each replaces what it is a newer form of; ended tracks leave nothing

push_message(VIDEO, $_) for video_tag(@hvc1, body => 'old'),
    video_tag(@hvc1, mode => 'one', track => 1), $track,
    video_tag(codec => 'hvc1', kind => COLOUR, frame_type => 0,
              body => colour_info(1000)), $colour, $mpeg2ts;
push_message(AUDIO, $_) for audio_tag(codec => 'mp4a', kind => HEADER), $opus,
    $channels, $codecs;
push_message(VIDEO, video_tag(codec => 'hvc1', kind => FINISH, body => '',
                              mode => 'one', track => 1));
push_message(VIDEO, frame(0));

my $conn = conn($in, 'by-hand', 1, 1);

is_deeply([map { $_->{md5} } grep { $_->{header} } first($in, $conn)],
          [map { md5_hex($_) } $colour, $mpeg2ts, $track, $channels, $opus,
           $codecs], 'by hand: the newest of every kind and track');

# a leading track that ends: the others are a place to start too

push_message(VIDEO, video_tag(codec => 'hvc1', kind => FINISH, body => ''));
push_message(VIDEO, frame(2)) for 1 .. 3;

my $sent = ($pub->frames())[-1]{md5};

$in->wait(sub { ($_[0]->frames())[-1]{md5} eq $sent }, 10,
          'by hand: all arrives');
$late->listen(1);

my $other = conn($late, 'by-hand', 1, 1);

is_deeply([map { $_->{md5} } grep { $_->{header} } first($late, $other)],
          [map { md5_hex($_) } $track, $channels, $opus, $codecs],
          'by hand: nothing of a track that has ended');
is(($late->frames(conn => $other))[0]{md5}, $sent,
   'by hand: it begins with a track that goes on');

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


# Audio and video, headers included.

sub media {
    my ($peer, $conn) = @_;

    return grep { $_->{ev} eq 'media' } $peer->messages($conn);
}


# The messages before the first frame.

sub first {
    my ($its, $conn) = @_;

    my @first;

    for my $message ($its->messages($conn)) {
        last if $message->{ev} eq 'media' && !$message->{header};
        push @first, $message;
    }

    return @first;
}


sub frame {
    my ($track) = @_;

    return video_tag(codec => 'hvc1', kind => FRAME, key => 1,
                     body => 'frame ' . $pub->stat()->{sent} . rand,
                     $track ? (mode => 'one', track => $track) : ());
}


sub push_message {
    my ($type, $payload) = @_;

    $pub->send(type => $type, hex => unpack('H*', $payload), ts => 0,
               csid => $type == AUDIO ? 4 : 6);
    return;
}
