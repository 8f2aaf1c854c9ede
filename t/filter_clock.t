#!/usr/bin/perl

# What the filter gives stays where the source's timestamps say: through gaps,
# jitter, corrupt frames, a rate that is 0.5 % off, and for an hour.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream::Filter qw/run_filter ffmpeg_flv decode_aac tone message
    messages config_message/;
use Test::Restream::FLV qw/read_flv write_flv audio/;
use Test::Restream::Mutate qw/spoil/;
use Test::Restream::Util qw/full seed/;

use constant {
    RATE   => 44100,            # of the PCM here, one channel
    BLOCK  => 1024,             # samples in a message
    CLOSE  => 5,                # ms that an onset may be off
    NEAR   => 10,               # where the rate is followed
    START  => 10_000,           # dts of the first message
};

###############################################################################

subtest 'an onset stays in its place' => \&onset;
subtest 'a gap is filled' => \&gap;
subtest 'a long gap is none of ours' => \&long_gap;
subtest 'audio that stops' => \&stops;
subtest 'audio that comes too late' => \&late;
subtest 'a message of a minute' => \&too_long;
subtest 'bursts of timestamps' => \&bursts;
subtest 'a message that cannot be decoded' => \&corrupt;
subtest 'a rate that is 0.5 % off' => sub { off(0.005, full() ? 600 : 60) };
subtest 'and the other way' => sub { off(-0.005, 60) };
subtest((full() ? 'an hour' : 'ten minutes'), \&hour);
subtest 'fuzzed frames of every codec' => \&fuzzed;

done_testing();

###############################################################################

# PCM: silence, and the tone between these seconds, [from, to].  stamp: the
# dts of a message by its number and its time in ms; lost: is it left out?
sub pcm {
    my ($seconds, $tones, %o) = @_;

    my @messages;
    my $n = 0;

    for (my $i = 0; $i < $seconds * RATE; $i += BLOCK) {
        my $ms = $i * 1000 / RATE;
        my $dts = $o{stamp} ? $o{stamp}->($n, $ms) : $ms;

        $n++;
        next if $o{lost} && $o{lost}->($ms);

        push @messages, message('AUDIO', START + int $dts,
                                "\x3e" . block($i, $tones));
    }

    return @messages;
}


sub block {
    my ($i, $tones) = @_;

    my @samples = map {
        my $k = $_;
        my $t = $k / RATE;
        (grep { $t >= $_->[0] && $t < $_->[1] } @$tones)
            ? int 6554 * sin 2 * 3.14159265358979 * 1000 * $t : 0;
    } $i .. $i + BLOCK - 1;

    return pack 's<*', @samples;
}


# { frames, rate, errors, stats (the last), all }
sub run {
    my (@messages) = @_;

    my $ran = run_filter(join('', config_message(), @messages), '--pipe');

    is($ran->{status}, 0, 'exit status') or diag($ran->{err});

    my @all = @{messages($ran->{out})};
    my %of;
    push @{$of{$_->{type}}}, $_ for @all;

    return {
        all => \@all, frames => $of{FRAME} || [],
        rate => $of{OUTPUT} ? $of{OUTPUT}[0]{rate} : undef,
        output => $of{OUTPUT} ? $of{OUTPUT}[0] : undef,
        stats => $of{STATS} ? $of{STATS}[-1] : undef,
        errors => $of{ERROR} || [],
    };
}


# Frames of an answer from some dts on as FLV, decoded; with the dts of its
# first sample.
sub decoded {
    my ($got, $from) = @_;

    my @frames = grep { $_->{dts} >= ($from || 0) } @{$got->{frames}};
    my $base = $frames[0]{dts};

    my $flv = write_flv(
        { type => 8, ts => 0, data => "\xaf\0$got->{output}{asc}" },
        map { { type => 8, ts => $_->{dts} - $base,
                data => "\xaf\1$_->{payload}" } } @frames);

    my $audio = decode_aac($flv);

    return ($audio->{samples}[0], $base);
}


# The dts at which the tone begins behind a dts, by the first 2 ms that are
# half as loud as it is.
sub begins {
    my ($samples, $base, $rate, $from) = @_;

    my $window = int $rate / 500;

    for (my $i = int(($from - $base) * $rate / 1000); $i < @$samples;
         $i += int $window / 4)
    {
        next if $i < 0;

        my $sum = 0;
        $sum += abs($samples->[$_] // 0) for $i .. $i + $window - 1;

        return $base + $i * 1000 / $rate if $sum / $window > 2000;
    }

    return -1;
}


sub is_close {
    my ($got, $expected, $name, $limit) = @_;

    ok(abs($got - $expected) <= ($limit || CLOSE), $name)
        or diag("$got ms, expected $expected ms");
}


sub rises {
    my ($got, $steps) = @_;

    my @dts = map { $_->{dts} } @{$got->{frames}};
    my @steps = grep { $dts[$_] - $dts[$_ - 1] > 24 } 1 .. $#dts;
    my @back = grep { $dts[$_] - $dts[$_ - 1] < 21 } 1 .. $#dts;

    is(scalar @back, 0, 'no frame comes early');
    is(scalar @steps, $steps, "$steps places without frames");
}


sub onset {
    my $got = run(pcm(3, [[1, 2]]));
    my ($samples, $base) = decoded($got);

    is($got->{frames}[0]{dts} <= START, 1, 'the first frame comes first');
    is_close(begins($samples, $base, $got->{rate}, START), START + 1000,
             'the tone begins where it did');
    rises($got, 0);
}


sub gap {
    my $got = run(pcm(4, [[0.5, 1], [2, 3]],
                      lost => sub { $_[0] > 1200 && $_[0] < 1600 }));
    my ($samples, $base) = decoded($got);

    is_close(begins($samples, $base, $got->{rate}, START + 1100),
             START + 2000, 'what is behind it stays where it was');
    rises($got, 0);

    my $silence = $got->{stats}{silence_ms};
    ok($silence > 350 && $silence < 450, 'as much silence as was missing')
        or diag("$silence ms");
}


sub long_gap {
    my $got = run(pcm(24, [[22, 23]],
                      lost => sub { $_[0] > 1000 && $_[0] < 21_500 }));
    my ($samples, $base) = decoded($got, START + 21_000);

    rises($got, 1);
    is($got->{stats}{silence_ms}, 0, 'nothing is filled');
    is_close(begins($samples, $base, $got->{rate}, $base), START + 22_000,
             'what is behind it stands where it should');
}


sub stops {
    my @clock = map { message('CLOCK', START + 2000 + 40 * $_) } 1 .. 50;
    my $got = run(pcm(2, [[0, 3]]), @clock);

    rises($got, 0);
    ok($got->{frames}[-1]{dts} > START + 3900, 'silence to the end')
        or diag($got->{frames}[-1]{dts});

    my ($samples, $base) = decoded($got);
    my ($hz, $db) = tone($samples, $got->{rate}, 2.2, 3.8);
    ok($db < -80, 'it is silent') or diag("$db dB");
}


sub late {
    my @audio = pcm(4, [[2, 3]]);
    my $n = int 1.5 * RATE / BLOCK;
    my @clock = map { message('CLOCK', START + 1500 + 40 * $_) } 1 .. 5;
    my $got = run(@audio[0 .. $n], @clock, @audio[$n + 1 .. $#audio]);
    my ($samples, $base) = decoded($got);

    rises($got, 0);
    is_close(begins($samples, $base, $got->{rate}, START + 1800),
             START + 2000, 'what comes behind it is in time');
}


# No message runs away with the time line.
sub too_long {
    my @audio = pcm(3, [[2, 3]]);
    my $got = run($audio[0],
                  message('AUDIO', START + 23, "\x7e" . "\xff" x 240_000),
                  @audio[1 .. $#audio]);
    my ($samples, $base) = decoded($got);

    rises($got, 0);
    ok($got->{frames}[-1]{dts} < START + 3100, 'it ends where audio ends')
        or diag($got->{frames}[-1]{dts});
    is_close(begins($samples, $base, $got->{rate}, START + 1900),
             START + 2023, 'what is behind it is in its place', 25);
}


# An encoder that stamps five messages at once.
sub bursts {
    my $got = run(pcm(10, [[8, 9]], stamp => sub {
        my ($n, $ms) = @_;
        return int($n / 5) * 5 * BLOCK * 1000 / RATE;
    }));
    my ($samples, $base) = decoded($got);
    my $at = begins($samples, $base, $got->{rate}, START + 7000);

    rises($got, 0);
    is($got->{stats}{silence_ms}, 0, 'no gap is seen in them');
    ok(abs($at - START - 8000) < 60, 'and the audio is where their mean is')
        or diag("$at ms");
}


sub corrupt {
    my @tags = audio(@{read_flv(ffmpeg_flv(codec => 'aac', rate => 48000,
                                           channels => 2, seconds => 4))});
    my @messages = map {
        my $data = $tags[$_]{data};

        # never with the sequence header
        substr($data, 2) = "\xff" x 40 if $_ && $_ % 25 == 0;
        message('AUDIO', START + $tags[$_]{ts}, $data);
    } 0 .. $#tags;

    my $got = run(@messages);
    my $seconds = @{$got->{frames}} * 1024 / 48000;

    rises($got, 0);
    ok(abs($seconds - 4) < 0.1, 'nothing is shorter for it')
        or diag("$seconds s");

    my @drift = grep { abs > 3 } map { $_->{drift_ms} }
        grep { $_->{type} eq 'STATS' } @{$got->{all}};
    is("@drift", '', 'and nothing gets out of its place');

    is(scalar @{$got->{errors}}, 4, 'each second it is said once');
    like($got->{errors}[0]{text}, qr/^aac: corrupt frame$/, 'in words');
    is($got->{stats}{errors} >= 6, 1, 'and counted');
}


# The samples of a source take longer than they say.
sub off {
    my ($off, $seconds) = @_;

    my $end = int $seconds * (1 + $off) * 1000;
    my $got = run(pcm($seconds, [[$seconds - 2, $seconds - 1]], stamp => sub {
        return $_[1] * (1 + $off);
    }));
    my ($samples, $base) = decoded($got, START + $end - 5000);
    my $from = START + ($seconds - 2) * 1000 * (1 + $off);

    rises($got, 0);
    is($got->{stats}{silence_ms}, 0, 'without a gap');
    is_close(begins($samples, $base, $got->{rate}, $base), $from,
             'at the end the tone begins where it should', NEAR);

    my $ppm = $got->{stats}{rate_ppm};
    ok(abs($ppm + $off * 1_000_000) < 300, 'what it is off is known')
        or diag("$ppm ppm");

    my @drift = map { abs $_->{drift_ms} } grep { $_->{type} eq 'STATS' }
        @{$got->{all}};
    my @wide = grep { $_ >= 20 } @drift;
    is("@wide", '', 'never 20 ms away');

    my $at = ($from - $base) / 1000;
    my ($hz, $db) = tone($samples, $got->{rate}, $at + 0.1, $at + 0.9);
    ok(abs($hz - 1000 / (1 + $off)) < 2, 'the pitch follows') or diag("$hz");
}


# G.711 and nothing but a tone at the end of it: an hour in half a minute.
sub hour {
    my $seconds = full() ? 3600 : 600;
    my $ms = 20;
    my $silence = "\x7e" . "\xff" x (8 * $ms);
    my $tone = "\x7e" . join '', map {
        $_ % 8 < 4 ? "\x90" : "\x10"
    } 0 .. 8 * $ms - 1;

    # what an encoder's clock of 60 ppm more makes of it

    my @messages = map {
        my $t = $_ * $ms;
        message('AUDIO', START + int $t * 1.00006,
                $t >= ($seconds - 2) * 1000 ? $tone : $silence);
    } 0 .. $seconds * 1000 / $ms - 1;

    my $got = run(@messages);
    my $from = START + ($seconds - 2) * 1000 * 1.00006;
    my ($samples, $base) = decoded($got, $from - 3000);

    rises($got, 0);
    is_close(begins($samples, $base, $got->{rate}, $base), $from,
             'no drift at its end', NEAR);
    ok(abs $got->{stats}{drift_ms} < 20, 'nor does it tell of any');

    my $last = int(($got->{frames}[-1]{dts} * $got->{rate}) / 1_024_000 + 0.5);
    my $first = int(($got->{frames}[0]{dts} * $got->{rate}) / 1_024_000 + 0.5);
    is(scalar @{$got->{frames}}, $last - $first + 1, 'a frame for each place');
}


sub fuzzed {
    my $wanted = full() ? 100_000 : 3000;
    my @sources = map { [audio(@{read_flv(ffmpeg_flv(
        codec => $_->[0], rate => $_->[1], channels => $_->[2],
        seconds => 2))})] }
        ['libmp3lame', 44100, 2], ['aac', 44100, 2], ['libspeex', 16000, 1],
        ['nellymoser', 44100, 1], ['adpcm_swf', 22050, 2],
        ['pcm_s16le', 11025, 1], ['pcm_mulaw', 8000, 1];

    srand seed();

    my ($dts, $made, @messages) = (START, 0);

    while ($made < $wanted) {
        my $source = $sources[rand @sources];
        my $from = int rand @$source;

        # the header of those that have one

        push @messages, message('AUDIO', $dts, $source->[0]{data});

        for my $tag (@$source[$from .. $#$source]) {
            my $data = $tag->{data};

            $data = spoil($data) if rand() < 0.7;
            push @messages, message('AUDIO', $dts += int rand 40, $data);
            $made++;
        }

        push @messages, message('RESET', $dts) if rand() < 0.1;
    }

    my $ran = run_filter(join('', config_message(), @messages), '--pipe');

    is($ran->{status}, 0, "$made frames, exit status") or diag($ran->{err});
    is($ran->{signal}, 0, 'no signal');
    is($ran->{err}, '', 'no library has filled the log');

    my @dts = map { $_->{dts} } grep { $_->{type} eq 'FRAME' }
        @{messages($ran->{out})};
    my @back = grep { $dts[$_] <= $dts[$_ - 1] } 1 .. $#dts;

    is(scalar @back, 0, 'timestamps rise');
    ok($dts[-1] > $dts - 2000, 'to the end') or diag("$dts[-1] of $dts");
}
