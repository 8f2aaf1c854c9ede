#!/usr/bin/perl

# Every codec of FLV and Enhanced RTMP becomes AAC-LC that decodes without an
# error: a tone keeps its pitch and its loudness, timestamps rise by the grid
# of AAC, video keeps every byte.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream::Filter qw/run_filter ffmpeg_flv ffmpeg_packets decode_aac
    tone ffmpeg/;
use Test::Restream::FLV qw/read_flv write_flv audio video script/;
use Test::Restream::Media::Tag qw/audio_tag HEADER FRAME/;
use Test::Restream::Mutate qw/spoil/;
use Test::Restream::Util qw/full seed/;

use constant {
    DB      => -17,             # of the tone
    FROM    => 0.5,             # of it is looked at, s
    TO      => 1.5,
    TOGETHER => 10,             # ms that an onset may be off
};

# legacy FLV, as ffmpeg muxes it; what comes out: rate, channels

my @legacy = (
    ['MP3', [qw/libmp3lame 44100 2/], 44100, 2],
    ['MP3 at 22050 Hz', [qw/libmp3lame 22050 1/], 48000, 1],
    ['AAC-LC', [qw/aac 48000 2/], 48000, 2],
    ['AAC of 32 kHz', [qw/aac 32000 1/], 48000, 1],
    ['AAC of six channels', [qw/aac 48000 6/], 48000, 2, mixed => 1],
    ['Speex', [qw/libspeex 16000 1/], 48000, 1],
    ['Nellymoser 8 kHz', [qw/nellymoser 8000 1/], 48000, 1, as_ffmpeg => 1],
    ['Nellymoser 16 kHz', [qw/nellymoser 16000 1/], 48000, 1, as_ffmpeg => 1],
    ['Nellymoser', [qw/nellymoser 44100 1/], 44100, 1],
    ['G.711 A-law', [qw/pcm_alaw 8000 1/], 48000, 1],
    ['G.711 mu-law', [qw/pcm_mulaw 8000 1/], 48000, 1],
    ['ADPCM', [qw/adpcm_swf 44100 2/], 44100, 2],
    ['ADPCM of 11025 Hz', [qw/adpcm_swf 11025 1/], 48000, 1],
    ['PCM, little-endian', [qw/pcm_s16le 44100 2/], 44100, 2],
    ['PCM, big-endian', [qw/pcm_s16be 44100 2/], 44100, 2],
    ['PCM of 8 bits', [qw/pcm_u8 22050 1/], 48000, 1],
);

# Enhanced RTMP

my @enhanced = (
    ['Opus', 'Opus', [qw/libopus 48000 2/], 48000, 2],
    ['FLAC', 'fLaC', [qw/flac 44100 2/], 44100, 2],
    ['AC-3', 'ac-3', [qw/ac3 48000 2/], 48000, 2],
    ['AC-3 of six channels', 'ac-3', [qw/ac3 48000 6/], 48000, 2, mixed => 1],
    ['E-AC-3', 'ec-3', [qw/eac3 44100 2/], 44100, 2],
    ['MP3', '.mp3', [qw/libmp3lame 44100 1/], 44100, 1],
    ['AAC', 'mp4a', [qw/aac 44100 2/], 44100, 2],
);

###############################################################################

for my $case (@legacy) {
    my ($name, $encode, @out) = @$case;
    my %flv = encoding($encode);

    check($name, ffmpeg_flv(%flv), @out);
}

for my $case (@enhanced) {
    my ($name, $codec, $encode, @out) = @$case;

    check("Enhanced RTMP: $name", enhanced_flv($codec, encoding($encode)),
          @out);
}

check('MP3 of 8 kHz', tags_flv("\xee", encoding([qw/libmp3lame 8000 1/])),
      48000, 1);
check('PCM in the order of the machine',
      tags_flv("\x0e", encoding([qw/pcm_s16le 44100 1/])), 44100, 1);
check('HE-AAC', he_aac_flv(), 48000, 2);

check('MP3, two frames in a message',
      pairs_flv(encoding([qw/libmp3lame 44100 2/])), 44100, 2);
check('Nellymoser, two frames in a message',
      pairs_flv(encoding([qw/nellymoser 44100 1/])), 44100, 1);

check('one channel made two', ffmpeg_flv(encoding([qw/libmp3lame 48000 1/])),
      44100, 2, args => [qw/--rate 44100 --channels 2/]);
check('two channels made one', ffmpeg_flv(encoding([qw/aac 44100 2/])),
      48000, 1, args => [qw/--rate 48000 --channels 1 --bitrate 64k/]);
check('a low bitrate', ffmpeg_flv(encoding([qw/aac 44100 2/])),
      44100, 2, args => [qw/--bitrate 48000/]);

together('MP3', codec => 'libmp3lame', rate => 44100, channels => 2);
together('AAC', codec => 'aac', rate => 48000, channels => 2);
together('Speex', codec => 'libspeex', rate => 16000, channels => 1);
together('ADPCM', codec => 'adpcm_swf', rate => 22050, channels => 1);
together('G.711', codec => 'pcm_alaw', rate => 8000, channels => 1);

subtest 'an FLV with wrong bytes' => \&wrong_bytes;
subtest 'video and metadata' => \&video_kept;
subtest 'a codec that nobody knows' => \&unknown;
subtest 'the codec changes amid the stream' => \&changed;

done_testing();

###############################################################################

sub encoding {
    my ($encode) = @_;

    return (codec => $encode->[0], rate => $encode->[1],
            channels => $encode->[2]);
}


sub check {
    my ($name, $flv, $rate, $channels, %o) = @_;

    subtest $name => sub {
        my $ran = run_filter($flv, '--codec', 'aac', @{$o{args} || []});

        is($ran->{status}, 0, 'exit status') or diag($ran->{err});
        is($ran->{err}, '', 'nothing to complain of');

        my $audio = eval { decode_aac($ran->{out}) };
        ok($audio, 'decodes without an error') or diag($@), return;

        is($audio->{codec}, 'aac LC', 'AAC-LC');
        is($audio->{rate}, $rate, 'rate');
        is($audio->{channels}, $channels, 'channels');
        check_grid($ran->{out}, $rate);

        my $db = $o{as_ffmpeg} ? ffmpeg_db($flv) : DB;

        for my $samples (@{$audio->{samples}}) {
            my ($hz, $rms) = tone($samples, $rate, FROM, TO);

            ok(abs($hz - 1000) < 10, 'a tone of 1 kHz stays one')
                or diag("$hz Hz");
            ok(abs($rms - $db) < 1, 'as loud as it was')
                or diag("$rms dB, expected $db dB") if !$o{mixed};
            ok($rms > $db - 12 && $rms < $db + 4, 'mixed and not clipped')
                or diag("$rms dB") if $o{mixed};
        }
    };
}


# Timestamps on the grid, each once, none left out.
sub check_grid {
    my ($flv, $rate) = @_;

    my @frames = grep { substr($_->{data}, 1, 1) eq "\1" }
        audio(@{read_flv($flv)});

    my $n = int(($frames[0]{ts} * $rate + 1_023_999) / 1_024_000);
    my @off = grep {
        $frames[$_]{ts} != int(($n + $_) * 1_024_000 / $rate)
    } 0 .. $#frames;

    is("@off", '', scalar @frames . ' frames, on the grid of AAC')
        or diag("at frame $off[0]: $frames[$off[0]]{ts} ms");
}


# A tone that begins with the second key frame begins with it still: video
# keeps its timestamps, so what counts is where a player hears it.
sub together {
    my ($name, %encoding) = @_;

    my $flv = ffmpeg_flv(%encoding, from => 1);
    my $ran = run_filter($flv, '--codec', 'aac');
    my @at = map { onset($_) } $flv, $ran->{out};

    ok($at[0] > 900 && abs($at[1] - $at[0]) <= TOGETHER,
       "$name: a tone begins where it did")
        or diag("at $at[1] ms, was at $at[0] ms");
}


# ms from the first timestamp to where ffmpeg hears something.
sub onset {
    my ($flv) = @_;

    my @speex = $flv =~ /^.{24}\xb/s ? ('-c:a', 'libspeex') : ();
    my $pcm = ffmpeg($flv, 0, '-f', 'flv', @speex, '-i', '-', '-ar', 48000,
                     '-ac', 1, '-f', 's16le', '-');
    my @samples = unpack 's<*', $pcm;
    my ($first) = audio(@{read_flv($flv)});

    for (my $i = 0; $i + 96 < @samples; $i += 24) {
        my $sum = 0;
        $sum += abs for @samples[$i .. $i + 95];
        return $first->{ts} + $i / 48 if $sum / 96 > 2000;
    }

    return -1;
}


# Of a file whose bytes are not what they were, only its end may be missing.
sub wrong_bytes {
    my $flv = ffmpeg_flv(encoding([qw/aac 44100 2/]), video => 1,
                         seconds => 1);
    my $n = full() ? 1000 : 30;
    my @odd;

    srand seed();

    for (1 .. $n) {
        my $ran = run_filter(spoil($flv), '--codec', 'aac');

        push @odd, $ran->{wait}
            if $ran->{wait} && $ran->{wait} != 1 << 8
               || $ran->{status} && $ran->{err} !~ /^restream_filter: /m;
    }

    is("@odd", '', "$n of them: the end of the input, or an error");
}


# Codecs that do not keep the loudness: what ffmpeg hears in it.
sub ffmpeg_db {
    my ($flv) = @_;

    my $pcm = ffmpeg($flv, 0, '-f', 'flv', '-i', '-', '-ar', 48000, '-ac', 1,
                     '-f', 's16le', '-');
    my ($hz, $db) = tone([unpack 's<*', $pcm], 48000, FROM, TO);

    return $db;
}


# Two packets that begin at the same ms are two tags.
sub enhanced_flv {
    my ($codec, %encoding) = @_;

    my ($packets, $extradata) = ffmpeg_packets(%encoding);

    # FLAC's mark and the header of its block: the container leaves them out

    $extradata = "fLaC\x80\0\0\x22$extradata"
        if $codec eq 'fLaC' && $extradata !~ /^fLaC/;

    my @tags = map { {
        type => 8, ts => $_->{ts},
        data => audio_tag(codec => $codec, kind => FRAME, body => $_->{data}),
    } } @$packets;

    unshift @tags, { type => 8, ts => 0, data => audio_tag(
        codec => $codec, kind => HEADER, body => $extradata) }
        if $codec =~ /^(?:Opus|fLaC|mp4a)$/;

    return write_flv(@tags);
}


# Legacy tags with a first byte that FFmpeg's muxer does not write.
sub tags_flv {
    my ($first, %encoding) = @_;

    my ($packets) = ffmpeg_packets(%encoding);

    return write_flv(map {
        { type => 8, ts => $_->{ts}, data => $first . $_->{data} }
    } @$packets);
}


# Two messages made one.
sub pairs_flv {
    my (%encoding) = @_;

    my @tags = audio(@{read_flv(ffmpeg_flv(%encoding))});
    my @pairs;

    while (my ($one, $two) = splice @tags, 0, 2) {
        $one->{data} .= substr $two->{data}, 1 if $two;
        push @pairs, $one;
    }

    return write_flv(@pairs);
}


# AAC-LC of 24 kHz that is announced as the core of HE-AAC of 48 kHz, which is
# how a decoder meets it where the upper half is silent: no encoder of HE-AAC
# is free enough for Debian.
sub he_aac_flv {
    my ($packets) = ffmpeg_packets(encoding([qw/aac 24000 2/]));

    # object type 5 of 24 kHz, stereo; extended to 48 kHz; object type 2

    my $config = pack 'B*', '00101' . '0110' . '0010' . '0011' . '00010'
        . '000';

    return write_flv(
        { type => 8, ts => 0, data => "\xaf\0$config" },
        map { { type => 8, ts => $_->{ts}, data => "\xaf\1$_->{data}" } }
            @$packets);
}


sub video_kept {
    my $flv = ffmpeg_flv(encoding([qw/libmp3lame 44100 2/]), video => 1);
    my $ran = run_filter($flv, '--codec', 'aac');

    is($ran->{status}, 0, 'exit status');

    my ($sent, $got) = map { read_flv($_) } $flv, $ran->{out};

    is_deeply([video(@$got)], [video(@$sent)], 'every tag of video, unchanged');
    ok(video(@$got) >= 50, 'there are 2 s of it');

    my ($meta) = map { $_->{data} } script(@$got);
    my $number = sub { unpack 'd>', ($meta =~ /$_[0]\0(.{8})/s)[0] // '' };

    is($number->('audiocodecid'), 10, 'metadata tells of AAC');
    is($number->('audiosamplerate'), 44100, 'and of its rate');
    is($number->('videocodecid'), 7, 'and of the video as before');

    my @back = grep { $got->[$_]{ts} < $got->[$_ - 1]{ts} } 1 .. $#$got;
    is("@back", '', 'all tags are in order');
}


# Silence, as long as the video; and why is said.
sub unknown {
    my $flv = ffmpeg_flv(encoding([qw/aac 44100 2/]), video => 1);
    my @tags = @{read_flv($flv)};

    # "device specific": nothing that could be decoded

    substr($_->{data}, 0, 1) = "\xff" for audio(@tags);

    my $ran = run_filter(write_flv(@tags), '--codec', 'aac');

    is($ran->{status}, 0, 'exit status');
    like($ran->{err}, qr/^restream_filter: .*unknown codec, at \d+ ms$/m,
         'why there is silence is said');

    my $audio = eval { decode_aac($ran->{out}) } or diag($@);
    my ($hz, $db) = tone($audio->{samples}[0], 48000, 0, TO);

    is($audio->{rate}, 48000, '48 kHz');
    is($audio->{channels}, 2, 'stereo');
    ok($db < -90, 'silence') or diag("$db dB");
    cmp_ok(scalar @{$audio->{samples}[0]} / 48000, '>', 1.8, 'to the end');
    check_grid($ran->{out}, 48000);
}


sub changed {
    my @first = audio(@{read_flv(ffmpeg_flv(
        encoding([qw/libmp3lame 44100 2/]), seconds => 2))});
    my @second = audio(@{read_flv(ffmpeg_flv(
        encoding([qw/pcm_alaw 8000 1/]), seconds => 2))});

    $_->{ts} += 2000 for @second;

    my $ran = run_filter(write_flv(@first, @second), '--codec', 'aac');

    is($ran->{status}, 0, 'exit status');
    is($ran->{err}, '', 'nothing to complain of');

    my $audio = eval { decode_aac($ran->{out}) } or diag($@);

    is($audio->{rate}, 44100, 'the rate of the first one stays');
    is($audio->{channels}, 2, 'and its channels');

    for my $from (0.5, 2.5) {
        my ($hz, $db) = tone($audio->{samples}[1], 44100, $from, $from + 1);
        ok(abs($hz - 1000) < 10, "the tone, at $from s") or diag("$hz Hz");
        ok(abs($db - DB) < 1, 'as loud as it was') or diag("$db dB");
    }

    check_grid($ran->{out}, 44100);
}
