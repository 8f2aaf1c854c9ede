package Test::Restream::Media;

# An endless stream of audio and video messages in timestamp order, pseudo-
# random but reproducible.
#
# Every frame describes itself: its payload holds a mark, its number and a
# hash of the rest, see frame_number().  Numbers count audio and video frames
# together, from 0; headers have none.

use warnings;
use strict;

use Exporter qw/import/;
use Digest::MD5 qw/md5/;

use Test::Restream::Media::Tag qw/video_tag audio_tag colour_info
    codec HEADER FRAME FRAME_X COLOUR/;
use Test::Restream::RTMP qw/MSG_AUDIO MSG_VIDEO data_message noise/;
use Test::Restream::RTMP::AMF qw/ecma/;

our @EXPORT_OK = qw/frame_number/;

use constant {
    MARK       => 'RSfr',
    NOISE_SIZE => 262144,
    AAC_FRAME  => 1024,         # samples
    KEY_WEIGHT => 6,            # a key frame is so much larger
};

my %defaults = (
    seed        => 1,
    video       => 'avc',       # a codec of Media::Tag, or undef: none
    audio       => 'aac',
    fps         => 30,
    gop         => 30,          # frames from key frame to key frame
    video_bps   => 800_000,
    audio_bps   => 64_000,
    sample_rate => 48_000,
    start       => 0,           # ms, of the first frame
    jumps       => [],          # [[frame number, ms], ...]: all later
                                # timestamps move by so much
    cts         => 0,           # ms, composition time of every frame
    disposable  => 0,           # every n-th video frame
    metadata    => 1,           # 0: none; 'plain': without @setDataFrame
    version     => 0,           # changed headers differ in this
    tracks      => 1,           # video and audio tracks, enhanced codecs only
    mode        => 'one',       # multitrack: 'one' or 'many'
    modex       => undef,       # ns: a ModEx before every enhanced packet
    hdr         => 0,           # colour metadata before the video header
    x           => 0,           # CodedFramesX instead of CodedFrames
    msid        => 1,
    csid        => { audio => 4, video => 6, data => 5 },
);


sub new {
    my ($class, %o) = @_;

    my $self = bless {
        %defaults, n => 0, video_n => 0, audio_n => 0, offset => 0, queue => [],
    }, $class;

    $self->set(%o);
    $self->{noise} = noise("media $self->{seed}", NOISE_SIZE);

    return $self;
}


# Changes options; they hold from the next frame on.

sub set {
    my ($self, %o) = @_;

    for my $name (keys %o) {
        die "no media option \"$name\"\n" if !exists $defaults{$name};
        $self->{$name} = $o{$name};
    }

    my $gop = $self->{gop};
    my $mean = $self->{video_bps} / 8 / ($self->{fps} || 1);

    $self->{p_size} = $mean * $gop / ($gop - 1 + KEY_WEIGHT);
    $self->{audio_size} = $self->{audio_bps} / 8
        * AAC_FRAME / $self->{sample_rate};

    return $self;
}


# A new beginning: the next frame is a key frame at ms (nothing given: where
# the old timestamps would go on).

sub restart {
    my ($self, $start) = @_;

    $start = $self->next_ts() if !defined $start;
    @$self{qw/video_n audio_n offset start/} = (0, 0, 0, $start);
    $self->{queue} = [];

    return $self;
}


# Timestamp of what next() will return.

sub next_ts {
    my ($self) = @_;

    my ($video, $audio) = $self->_due();

    return ($video <= $audio ? $video : $audio) + $self->{offset};
}


# The same without jumps and starts: milliseconds of the stream so far.

sub clock {
    my ($self) = @_;

    my ($video, $audio) = $self->_due();

    return ($video <= $audio ? $video : $audio) - $self->{start};
}


sub _due {
    my ($self) = @_;

    return (
        $self->{video}
            ? $self->{start} + int($self->{video_n} * 1000 / $self->{fps})
            : 9e15,
        $self->{audio}
            ? $self->{start} + int($self->{audio_n} * AAC_FRAME * 1000
                                   / $self->{sample_rate})
            : 9e15,
    );
}


# Metadata and sequence headers, as messages of the given timestamp.

sub headers {
    my ($self, $ts) = @_;

    my @out = $self->{metadata} ? $self->metadata($ts) : ();

    if ($self->{video}) {
        push @out, $self->_message(video => $ts, $self->_video(
            kind => COLOUR, frame_type => 0,
            body => colour_info(1000 + $self->{version}))) if $self->{hdr};

        push @out, $self->_header(video => $ts);
    }

    push @out, $self->_header(audio => $ts) if $self->{audio};

    return @out;
}


sub metadata {
    my ($self, $ts) = @_;

    my $object = ecma(
        width => 1280, height => 720, framerate => $self->{fps},
        videocodecid => _codec_id($self->{video}),
        videodatarate => $self->{video_bps} / 1000,
        audiocodecid => _codec_id($self->{audio}),
        audiodatarate => $self->{audio_bps} / 1000,
        audiosamplerate => $self->{sample_rate}, audiosamplesize => 16,
        stereo => \1, encoder => "restream test $self->{version}",
    );

    return data_message(
        { ts => $ts, msid => $self->{msid}, csid => $self->{csid}{data} },
        $self->{metadata} eq 'plain' ? () : '@setDataFrame',
        'onMetaData', $object);
}


sub _codec_id {
    my ($name) = @_;

    return 0 if !$name;

    my $codec = codec($name);

    return $codec->{legacy} || unpack 'N', $codec->{fourcc};
}


sub _header {
    my ($self, $kind, $ts) = @_;

    my $codec = codec($self->{$kind});
    return if $codec->{headerless};

    # a header of another version is another header, whatever the codec

    my $body = $codec->{config}
        . ($self->{version} ? pack 'n', $self->{version} : '');
    my $build = "_$kind";

    return map { $self->_message($kind => $ts, $_) }
        $self->$build(kind => HEADER, body => $body);
}


# The next frame: a message with n, key, and of several tracks: track.

sub next {
    my ($self) = @_;

    if (!@{$self->{queue}}) {
        for my $jump (@{$self->{jumps}}) {
            $self->{offset} += $jump->[1] if $jump->[0] == $self->{n};
        }

        my ($video, $audio) = $self->_due();
        push @{$self->{queue}}, $video <= $audio ? $self->_next_video($video)
            : $self->_next_audio($audio);
    }

    return shift @{$self->{queue}};
}


sub _next_video {
    my ($self, $due) = @_;

    my $k = $self->{video_n}++;
    my $key = $k % $self->{gop} == 0 ? 1 : 0;
    my $disposable = $self->{disposable} && !$key
        && $k % $self->{disposable} == 0;

    my $n = $self->{n}++;
    my $size = $self->_size($n, $self->{p_size} * ($key ? KEY_WEIGHT : 1));
    my $codec = codec($self->{video});
    my $body = $self->_body($n, $size);

    # length and type of a NAL unit, so that parsers find their way

    $body = pack('NC', 1 + length $body, $key ? 0x65 : $disposable ? 1 : 0x41)
        . $body if ($codec->{legacy} || 0) == 7;

    return map {
        { %{$self->_message(video => $due, $_)}, n => $n, key => $key }
    } $self->_video(kind => $self->{x} ? FRAME_X : FRAME, key => $key,
                    disposable => $disposable, cts => $self->{cts},
                    body => $body);
}


sub _next_audio {
    my ($self, $due) = @_;

    $self->{audio_n}++;

    my $n = $self->{n}++;
    my $body = $self->_body($n, $self->_size($n, $self->{audio_size}));

    return map {
        { %{$self->_message(audio => $due, $_)}, n => $n, key => 0 }
    } $self->_audio(kind => FRAME, body => $body);
}


sub _video {
    my ($self, %o) = @_;

    return _tracks($self, \&video_tag, codec => $self->{video}, %o);
}


sub _audio {
    my ($self, %o) = @_;

    return _tracks($self, \&audio_tag, codec => $self->{audio}, %o);
}


# One tag; of several tracks: one with all of them, or one for each, the
# first without a track number as encoders send it.

sub _tracks {
    my ($self, $build, %o) = @_;

    $o{modex} = $self->{modex} if defined $self->{modex};

    return $build->(%o)
        if $self->{tracks} < 2 || codec($o{codec})->{legacy};

    my @ids = 0 .. $self->{tracks} - 1;

    return $build->(%o, mode => 'many',
                    tracks => [map { [$_, "$o{body}$_"] } @ids])
        if $self->{mode} eq 'many';

    return ($build->(%o),
            map { $build->(%o, mode => 'one', track => $_) } @ids[1 .. $#ids]);
}


sub _message {
    my ($self, $kind, $ts, $payload) = @_;

    return {
        type    => $kind eq 'video' ? MSG_VIDEO : MSG_AUDIO,
        ts      => ($ts + $self->{offset}) & 0xffffffff,
        csid    => $self->{csid}{$kind},
        msid    => $self->{msid},
        payload => $payload,
    };
}


# Within a quarter of the mean, decided by the frame's number.

sub _size {
    my ($self, $n, $mean) = @_;

    my $random = unpack 'N', md5("size $self->{seed} $n");

    return int($mean * (0.75 + 0.5 * $random / 2 ** 32));
}


sub _body {
    my ($self, $n, $size) = @_;

    $size = 1 if ($size -= 16) < 1;

    my $at = ($n * 7919) % (NOISE_SIZE / 2);
    my $filler = substr $self->{noise}, $at, $size;

    $filler .= substr $self->{noise}, 0, $size - length $filler
        while length $filler < $size;

    return MARK . pack('N', $n) . substr(md5($filler), 0, 8) . $filler;
}


# The number of the frame that a payload holds; nothing if there is none, -1
# if its hash is wrong.  Trailing track numbers are not part of the hash, so
# this holds for frames of one track.

sub frame_number {
    my ($payload) = @_;

    my $at = index substr($$payload, 0, 64), MARK;
    return if $at < 0;

    my ($n, $hash) = unpack 'Na8', substr $$payload, $at + 4, 12;

    return substr(md5(substr $$payload, $at + 16), 0, 8) eq $hash ? $n : -1;
}


1;

__END__

=head1 NAME

Test::Restream::Media - reproducible streams that describe themselves

=head1 SYNOPSIS

    my $media = Test::Restream::Media->new(video_bps => 6_000_000, gop => 60);
    my @headers = $media->headers(0);
    my $frame = $media->next();             # { type, ts, payload, n, key }
    my $n = frame_number(\$frame->{payload});

    $media->set(version => 1);              # other sequence headers
    $media->restart(0);                     # key frame next, timestamps at 0

Options are the table at the top of the file.

=cut
