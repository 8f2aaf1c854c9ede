package Test::Restream::Filter;

# restream_filter by itself: FLV or messages in and out; and what ffmpeg makes
# of what it gives.

use warnings;
use strict;

use Cwd qw/abs_path/;
use Exporter qw/import/;
use File::Basename qw/dirname/;
use File::Temp qw/tempfile/;
use POSIX ();

use Test::Restream::Util qw/set_pdeathsig slowly slurp/;

our @EXPORT_OK = qw/filter_path run_filter run_program ffmpeg ffmpeg_flv
    ffmpeg_packets decode_aac tone message messages config_message %TYPE/;

use constant {
    PI      => 4 * atan2(1, 1),
    SIGTERM => 15,
    TIMEOUT => 900,             # s: against what hangs, not what is slow
    HEADER  => 16,
};

our %TYPE = (
    CONFIG => 1, AUDIO => 2, CLOCK => 3, DISCONTINUITY => 4, RESET => 5,
    FLUSH => 6,
    OUTPUT => 65, INPUT => 66, FRAME => 67, ERROR => 68, STATS => 69,
    FLUSHED => 70,
);

my %name = reverse %TYPE;
my $tree = abs_path(dirname(__FILE__) . '/../../../..');


# The one that is to be tested, with valgrind in front where that is wanted.

sub filter_path {
    return ('valgrind', '-q', '--error-exitcode=99', '--leak-check=full',
            "$tree/build/valgrind/restream_filter")
        if $ENV{RESTREAM_TEST_VALGRIND};

    return $ENV{RESTREAM_TEST_FILTER} || "$tree/build/restream_filter";
}


# { status, out, err, rss } of restream_filter on these bytes; err without what
# a build says that has no sandbox.

sub run_filter {
    my ($in, @args) = @_;

    return run_program($in, filter_path(), @args);
}


sub run_program {
    my ($in, @command) = @_;

    my ($err_fh, $err) = tempfile(UNLINK => 1);

    pipe(my $in_read, my $in_write) or die "Can't pipe: $!\n";
    pipe(my $out_read, my $out_write) or die "Can't pipe: $!\n";

    my $pid = fork() // die "Can't fork: $!\n";

    if ($pid == 0) {
        set_pdeathsig(SIGTERM);
        open STDIN, '<&', $in_read;
        open STDOUT, '>&', $out_write;
        open STDERR, '>&', $err_fh;
        close $_ for $in_write, $out_read;
        alarm slowly(TIMEOUT);
        exec { $command[0] } @command or POSIX::_exit(127);
    }

    close $_ for $in_read, $out_write;

    my $feeder = _feed($in_write, $in, $out_read);
    close $in_write;

    binmode $out_read;
    my $out = do { local $/; readline $out_read };

    waitpid $pid, 0;
    my $status = $?;
    waitpid $feeder, 0;

    my $said = slurp($err) // '';
    $said =~ s/^restream_filter: this build has no seccomp.*\n//m;
    unlink $err;

    return { wait => $status, status => $status >> 8,
             signal => $status & 127, out => $out // '', err => $said };
}


sub _feed {
    my ($fh, $bytes, @others) = @_;

    my $pid = fork() // die "Can't fork: $!\n";

    return $pid if $pid;

    set_pdeathsig(SIGTERM);
    close $_ for @others;
    $SIG{PIPE} = 'IGNORE';
    binmode $fh;
    print $fh $bytes;
    close $fh;
    POSIX::_exit(0);
}


# What ffmpeg writes to its standard output; dies when it fails.  Any warning
# counts as failure with strict => 1.

sub ffmpeg {
    my ($in, $strict, @args) = @_;

    my $ran = run_program($in, 'ffmpeg', '-nostdin', '-v', 'error', @args);

    die "ffmpeg @args: $ran->{err}\n"
        if $ran->{wait} || $strict && $ran->{err} ne '';

    return $ran->{out};
}


# A tone of 1 kHz in each channel, 0.2 high: -17 dB, with video or without.
#
# codec, rate, channels; seconds (2), video, options => [...]; from: seconds
# before it begins

sub ffmpeg_flv {
    my (%o) = @_;

    my @video = $o{video}
        ? ('-f', 'lavfi', '-i', 'testsrc=s=160x120:r=25') : ();
    my @encode = $o{video}
        ? qw/-c:v libx264 -preset ultrafast -g 25 -bf 0/ : ();

    return ffmpeg('', 0, @video, _tone_input(%o), @encode, _encoder(%o),
                  '-f', 'flv', '-flvflags', 'no_duration_filesize', '-');
}


# ([{ ts, data }, ...], extradata) of any codec that ffmpeg encodes

sub ffmpeg_packets {
    my (%o) = @_;

    my ($fh, $file) = tempfile(SUFFIX => '.mka', UNLINK => 1);
    close $fh;

    ffmpeg('', 0, _tone_input(%o), _encoder(%o), '-f', 'matroska', '-y', $file);

    my $ran = run_program('', 'ffprobe', '-v', 'error', '-show_packets',
        '-show_streams', '-show_data', '-select_streams', 'a', $file);
    unlink $file;
    die "ffprobe: $ran->{err}\n" if $ran->{wait};

    my (@packets, $extradata);

    while ($ran->{out} =~ m{\[(PACKET|STREAM)\]\n(.*?)\n\[/\1\]}gs) {
        my ($what, $text) = ($1, $2);
        my $data = _hexdump($text);

        if ($what eq 'STREAM') {
            $extradata = $data;
            next;
        }

        my ($pts) = $text =~ /^pts_time=(-?[\d.]+)$/m;

        push @packets, { ts => int($pts * 1000 + 0.5), data => $data };
    }

    # some begin before 0, by their encoder's delay

    my $first = $packets[0]{ts};
    $_->{ts} -= $first for @packets;

    return (\@packets, $extradata);
}


sub _tone_input {
    my (%o) = @_;

    my $when = $o{from} ? "*gte(t,$o{from})" : '';
    my $tone = join '|', ("0.2*sin(2*PI*1000*t)$when") x $o{channels};

    return ('-f', 'lavfi', '-i', "aevalsrc='$tone':s=$o{rate}"
            . ($o{channels} == 6 ? ':c=5.1' : ''));
}


sub _encoder {
    my (%o) = @_;

    return ('-t', $o{seconds} // 2, '-ar', $o{rate}, '-ac', $o{channels},
            '-c:a', $o{codec}, '-strict', '-2', @{$o{options} // []});
}


sub _hexdump {
    my ($text) = @_;

    my $hex = '';

    while ($text =~ /^[0-9a-f]{8}: ([0-9a-f ]+?)  /mg) {
        $hex .= $1 =~ s/ //gr;
    }

    return pack 'H*', $hex;
}


# { codec, rate, channels, samples => [[...], ...] } of the audio of an FLV;
# dies at the first thing that is not right in it.

sub decode_aac {
    my ($flv) = @_;

    my ($fh, $file) = tempfile(SUFFIX => '.flv', UNLINK => 1);
    binmode $fh;
    print $fh $flv;
    close $fh;

    my $ran = run_program('', 'ffprobe', '-v', 'error', '-select_streams', 'a',
        '-show_entries', 'stream=codec_name,profile,sample_rate,channels',
        '-of', 'default=nw=1', $file);
    my %stream = $ran->{out} =~ /^(\w+)=(.*)$/mg;

    my $pcm = ffmpeg('', 1, '-xerror', '-err_detect', 'explode', '-i', $file,
                     '-map', '0:a', '-f', 's16le', '-');
    unlink $file;

    my $channels = $stream{channels} || 1;
    my @all = unpack 's<*', $pcm;
    my @samples;

    for my $c (0 .. $channels - 1) {
        my $n = int @all / $channels;
        $samples[$c] = [@all[map { $_ * $channels + $c } 0 .. $n - 1]];
    }

    return {
        codec => "$stream{codec_name} $stream{profile}",
        rate => $stream{sample_rate}, channels => $channels,
        samples => \@samples,
    };
}


# (Hz, dB) of a tone of about 1 kHz, between two times in seconds: the phase
# against 1 kHz, from 20 ms to 20 ms.

sub tone {
    my ($samples, $rate, $from, $to) = @_;

    my $block = int $rate / 50;
    my $step = 2 * PI * 1000 / $rate;
    my ($energy, $n, $turned, $blocks, $last) = (0, 0, 0, 0);

    for (my $i = int $from * $rate; $i + $block <= $to * $rate; $i += $block) {
        my ($re, $im) = (0, 0);

        for my $k ($i .. $i + $block - 1) {
            my $x = $samples->[$k] // 0;
            $re += $x * cos $step * $k;
            $im -= $x * sin $step * $k;
            $energy += $x * $x;
            $n++;
        }

        my $phase = atan2 $im, $re;

        if (defined $last) {
            my $turn = $phase - $last;
            $turn += 2 * PI if $turn < -PI();
            $turn -= 2 * PI if $turn > PI;
            $turned += $turn;
            $blocks++;
        }

        $last = $phase;
    }

    my $rms = sqrt($energy / ($n || 1)) / 32768;

    return (1000 + ($blocks ? $turned / $blocks * 50 / (2 * PI) : 0),
            $rms ? 20 * log($rms) / log(10) : -120);
}


# Messages of the pipe, as restream_pipe.h tells them.

sub message {
    my ($type, $dts, $payload) = @_;

    $payload //= '';

    return pack('a2 C C N Q>', 'rp', 1, $TYPE{$type}, length $payload, $dts)
        . $payload;
}


sub config_message {
    my (%o) = @_;

    return message('CONFIG', $o{dts} // 0,
                   pack 'N N C', $o{bitrate} // 128000, $o{rate} // 0,
                                 $o{channels} // 0);
}


# [{ type, dts, payload, and what is in it }, ...]

sub messages {
    my ($bytes) = @_;

    my @messages;
    my $p = 0;

    while ($p < length $bytes) {
        my ($magic, $version, $type, $size, $dts)
            = unpack 'a2 C C N Q>', substr $bytes, $p, HEADER;

        die "no message at byte $p\n" if $magic ne 'rp' || $version != 1;

        my $payload = substr $bytes, $p + HEADER, $size;
        die "a message is cut off\n" if length $payload != $size;

        push @messages, { type => $name{$type}, dts => $dts,
                          payload => $payload, _content($type, $payload) };
        $p += HEADER + $size;
    }

    return \@messages;
}


sub _content {
    my ($type, $payload) = @_;

    my %content;

    if ($type == $TYPE{OUTPUT}) {
        @content{qw/rate channels asc/} = unpack 'N C a*', $payload;

    } elsif ($type == $TYPE{INPUT}) {
        @content{qw/codec rate channels/} = unpack 'a4 N C', $payload;

    } elsif ($type == $TYPE{ERROR}) {
        @content{qw/code text/} = unpack 'C a*', $payload;

    } elsif ($type == $TYPE{STATS}) {
        @content{qw/cpu_ms silence_ms errors drift_ms rate_ppm/}
            = unpack 'Q> Q> N l> l>', $payload;
    }

    return %content;
}


1;

__END__

=head1 NAME

Test::Restream::Filter - the audio filter by itself

=head1 SYNOPSIS

    my $flv = ffmpeg_flv(codec => 'libmp3lame', rate => 44100, channels => 2);
    my $ran = run_filter($flv, '--codec', 'aac');
    my $audio = decode_aac($ran->{out});
    my ($hz, $db) = tone($audio->{samples}[0], $audio->{rate}, 0.5, 3.5);

    my $ran = run_filter(config_message() . message('AUDIO', 0, $payload),
                         '--pipe');
    my @frames = grep { $_->{type} eq 'FRAME' } @{messages($ran->{out})};

RESTREAM_TEST_FILTER is the program; RESTREAM_TEST_VALGRIND runs that of
build/valgrind under valgrind.

=cut
