package Test::Restream::Media::Tag;

# Audio and video messages as bytes: legacy FLV and Enhanced RTMP, built and
# classified.
#
# src: Adobe FLV 10.1, E.4; Enhanced RTMP v2, "Enhanced Audio", "Enhanced
# Video"

use warnings;
use strict;

use Exporter qw/import/;

use Test::Restream::RTMP qw/MSG_AUDIO MSG_VIDEO MSG_DATA/;
use Test::Restream::RTMP::AMF qw/amf_encode obj/;

our @EXPORT_OK = qw/video_tag audio_tag colour_info classify codec
    HEADER FRAME FRAME_X FINISH COLOUR CHANNELS/;
our %EXPORT_TAGS = (all => \@EXPORT_OK);

use constant {
    HEADER     => 0,
    FRAME      => 1,
    FINISH     => 2,
    FRAME_X    => 3,        # video: no composition time in it
    COLOUR     => 4,        # video: HDR metadata
    CHANNELS   => 4,        # audio: MultichannelConfig
    MPEG2TS    => 5,
    MULTITRACK => 6,        # video; audio: 5
    MODEX      => 7,
    EX_AUDIO   => 9,
};

my %track_mode = (one => 0, many => 1, codecs => 2);

# Decoder configurations: 1280x720 H.264 and HEVC, 48 kHz stereo.

my %codecs = (
    avc    => { legacy => 7, cts => 1, config => pack 'H*',
        '0164001fffe100186764001facb200a00b76022000000300200000'
        . '0781e3064901000668ebc3cb22c0fdf8f800' },
    hevc12 => { legacy => 12, cts => 1 },
    avc1   => { fourcc => 'avc1', cts => 1 },
    hvc1   => { fourcc => 'hvc1', cts => 1, config => pack 'H*',
        '0101600000009000000000005df000fcfdf8f800000f03200001'
        . '001840010c01ffff01600000030090000003000003005d959809'
        . '210001002b42010101600000030090000003000003005da00280'
        . '802d165959a4932bc05a020000030002000003003c10220001'
        . '00074401c172b46240' },
    av01   => { fourcc => 'av01', config => pack 'H*', '81050c000a0b' },
    vp09   => { fourcc => 'vp09', config => pack 'H*',
        '01000000001f82020202' . '0000' },
    aac    => { legacy => 10, config => pack 'H*', '1190' },
    mp4a   => { fourcc => 'mp4a', config => pack 'H*', '1190' },
    Opus   => { fourcc => 'Opus',
        config => 'OpusHead' . pack 'H*', '0102380180bb0000000000' },
    fLaC   => { fourcc => 'fLaC', config => 'fLaC' . pack 'H*',
        '80000022' . '10001000000000000000' . '0bb802f000000000'
        . '00' x 16 },
    'ac-3' => { fourcc => 'ac-3', headerless => 1 },
    'ec-3' => { fourcc => 'ec-3', headerless => 1 },
    '.mp3' => { fourcc => '.mp3', headerless => 1 },
);

$codecs{avc1}{config} = $codecs{avc}{config};
$codecs{hevc12}{config} = $codecs{hvc1}{config};


# { legacy or fourcc, config, cts, headerless } of a codec by its name here.

sub codec {
    my ($name) = @_;

    return $codecs{$name} || die "no codec \"$name\"\n";
}


# codec     a name of the table
# kind      HEADER, FRAME, FRAME_X, FINISH, COLOUR
# key       1: a key frame; disposable: 1
# cts       composition time, ms
# body      bytes; HEADER: the codec's configuration if left out
# frame_type  instead of key and disposable
# modex     ns of a TimestampOffsetNano; modex_long: with the 16 bit length
# mode, track, tracks
#           multitrack: mode 'one' with track; 'many' and 'codecs' with tracks
#           [[track, body, codec], ...]

sub video_tag {
    my (%o) = @_;

    my $codec = codec($o{codec});
    my $kind = $o{kind};
    my $type = defined $o{frame_type} ? $o{frame_type}
        : $o{key} || $kind == HEADER || $kind == FINISH ? 1
        : $o{disposable} ? 3 : 2;

    if ($codec->{legacy}) {
        return chr($type << 4 | $codec->{legacy})
            . chr($kind == FRAME_X ? FRAME : $kind)
            . ($kind == FRAME ? _cts($o{cts}) : "\0\0\0") . _body(\%o, $codec);
    }

    return _enhanced(0x80 | $type << 4, MULTITRACK, $kind, \%o);
}


sub audio_tag {
    my (%o) = @_;

    my $codec = codec($o{codec});

    return chr($codec->{legacy} << 4 | 0x0f) . chr($o{kind})
           . _body(\%o, $codec)
        if $codec->{legacy};

    return _enhanced(EX_AUDIO << 4, 5, $o{kind}, \%o);
}


sub _enhanced {
    my ($first, $multitrack, $kind, $o) = @_;

    my $codec = codec($o->{codec});
    my $mode = $o->{mode};
    my $next = defined $mode ? $multitrack : $kind;
    my $out = chr($first | $next);

    if (defined $o->{modex}) {
        my $data = substr pack('N', $o->{modex}), 1;

        $out = chr($first | MODEX)
            . ($o->{modex_long} ? chr(255) . pack 'n', 2 : chr 2)
            . $data . chr $next;
    }

    return $out . $codec->{fourcc} . _payload($o, $codec, $kind)
        if !defined $mode;

    $out .= chr($track_mode{$mode} << 4 | $kind);

    return $out . $codec->{fourcc} . chr($o->{track})
           . _payload($o, $codec, $kind)
        if $mode eq 'one';

    $out .= $codec->{fourcc} if $mode eq 'many';

    for my $track (@{$o->{tracks}}) {
        my ($id, $body, $name) = @$track;
        my $its = codec($name || $o->{codec});
        my $payload = _payload({ %$o, body => $body }, $its, $kind);

        $out .= $its->{fourcc} if $mode eq 'codecs';
        $out .= chr($id) . substr(pack('N', length $payload), 1) . $payload;
    }

    return $out;
}


sub _payload {
    my ($o, $codec, $kind) = @_;

    return ($kind == FRAME && $codec->{cts} ? _cts($o->{cts}) : '')
        . _body($o, $codec, $kind);
}


sub _body {
    my ($o, $codec) = @_;

    return defined $o->{body} ? $o->{body}
        : $o->{kind} == HEADER && defined $codec->{config}
            ? $codec->{config} : '';
}


sub _cts {
    my ($cts) = @_;

    return substr pack('N', $cts || 0), 1;
}


# Body of a COLOUR message: HDR10 with this peak, in cd/m2.

sub colour_info {
    my ($peak) = @_;

    return amf_encode('colorInfo', obj(
        colorConfig => obj(bitDepth => 10, colorPrimaries => 9,
                           transferCharacteristics => 16,
                           matrixCoefficients => 9),
        hdrCll => obj(maxFall => 400, maxCLL => $peak),
    ));
}


# (key, header): can decoding start here, does it configure what follows?
# Data messages: header if they are metadata.

sub classify {
    my ($type, $payload) = @_;

    return (0, $$payload =~ /\A.{3,20}onMetaData/s ? 1 : 0)
        if $type == MSG_DATA;

    return (0, 0) if $$payload eq '';

    my $first = ord $$payload;

    return _classify_audio($first, $payload) if $type == MSG_AUDIO;
    return (0, 0) if $type != MSG_VIDEO;

    if (!($first & 0x80)) {
        my $codec = $first & 15;
        my $config = ($codec == 7 || $codec == 12)
            && substr($$payload, 1, 1) eq "\0";

        return ($first >> 4 == 1 && !$config ? 1 : 0, $config ? 1 : 0);
    }

    my $frame_type = $first >> 4 & 7;
    my $kind = _real_kind($first & 15, MULTITRACK, $payload);

    return (0, 1) if $kind == HEADER || $kind == COLOUR || $kind == MPEG2TS;

    return ($frame_type == 1 && ($kind == FRAME || $kind == FRAME_X)
                ? 1 : 0, 0);
}


sub _classify_audio {
    my ($first, $payload) = @_;

    my $format = $first >> 4;

    return (0, $format == 10 && substr($$payload, 1, 1) eq "\0" ? 1 : 0)
        if $format != EX_AUDIO;

    my $kind = _real_kind($first & 15, 5, $payload);

    return (0, $kind == HEADER || $kind == CHANNELS ? 1 : 0);
}


# The packet type behind ModEx and multitrack.

sub _real_kind {
    my ($kind, $multitrack, $payload) = @_;

    my $p = 1;

    while ($kind == MODEX) {
        return -1 if $p + 3 > length $$payload;

        my $size = 1 + ord substr $$payload, $p++, 1;

        if ($size == 256) {
            $size = 1 + unpack 'n', substr $$payload, $p, 2;
            $p += 2;
        }

        $p += $size;
        return -1 if $p >= length $$payload;

        $kind = ord(substr $$payload, $p++, 1) & 15;
    }

    return $kind != $multitrack ? $kind
        : $p < length $$payload ? ord(substr $$payload, $p, 1) & 15 : -1;
}


1;

__END__

=head1 NAME

Test::Restream::Media::Tag - audio and video messages, byte by byte

=head1 SYNOPSIS

    $payload = video_tag(codec => 'hvc1', kind => FRAME, key => 1,
                         cts => 40, body => $bytes);
    $payload = audio_tag(codec => 'Opus', kind => FRAME, body => $bytes,
                         mode => 'one', track => 1);
    my ($key, $header) = classify(9, \$payload);

=cut
