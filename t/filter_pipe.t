#!/usr/bin/perl

# What a worker and its filter say to each other: the order of it, where a
# filter goes on that others have filled in for, another publisher, the end.

use warnings;
use strict;

use Test::More;

use IO::Select;
use POSIX ();
use Socket;

use lib 't/lib';
use Test::Restream::Filter qw/run_filter filter_path ffmpeg_flv
    config_message message messages/;
use Test::Restream::FLV qw/read_flv audio/;
use Test::Restream::Media::Tag qw/audio_tag HEADER FRAME/;
use Test::Restream::Util qw/mono slowly/;

use constant {
    START => 100_000,
    RATE  => 48_000,
};

my @mp3 = audio(@{read_flv(ffmpeg_flv(codec => 'libmp3lame', rate => 44100,
                                      channels => 2, seconds => 2))});
my @aac = audio(@{read_flv(ffmpeg_flv(codec => 'aac', rate => 48000,
                                      channels => 1, seconds => 2))});

###############################################################################

subtest 'the order of messages' => \&order;
subtest 'a filter that is started amid a stream' => \&restarted;
subtest 'others have filled in' => \&filled_in;
subtest 'another publisher' => \&another;
subtest 'a flush' => \&flush;
subtest 'silence before the first audio' => \&silence_first;
subtest 'tracks' => \&tracks;
subtest 'no sequence header' => \&no_header;
subtest 'what comes of it comes at once' => \&latency;
subtest 'a worker that closes the socket' => \&closed;

done_testing();

###############################################################################

sub sent {
    my ($offset, @tags) = @_;

    return map { message('AUDIO', $offset + $_->{ts}, $_->{data}) } @tags;
}


sub run {
    my (@messages) = @_;

    my $ran = run_filter(join('', @messages), '--pipe');

    is($ran->{wait}, 0, 'exit status') or diag($ran->{err});

    return @{messages($ran->{out})};
}


sub of {
    my ($type, @messages) = @_;

    return grep { $_->{type} eq $type } @messages;
}


# One place of the grid from each to each.
sub follow {
    my ($rate, @frames) = @_;

    my @places = map { int(($_->{dts} * $rate + 1_023_999) / 1_024_000) }
        @frames;
    my @off = grep { $places[$_] != $places[$_ - 1] + 1 } 1 .. $#places;

    is("@off", '', scalar @frames . ' frames, one after the other');
}


sub order {
    my @got = run(config_message(dts => START), sent(START, @mp3));

    is($got[0]{type}, 'OUTPUT', 'what comes out comes first');
    is($got[0]{rate}, 44100, 'its rate');
    is($got[0]{channels}, 2, 'its channels');
    is(unpack('H*', $got[0]{asc}), '1210', 'the AudioSpecificConfig of it');

    is($got[1]{type}, 'INPUT', 'then what goes in');
    is("$got[1]{codec} $got[1]{rate} $got[1]{channels}", '.mp3 44100 2',
       'which is MP3');

    is(scalar of('OUTPUT', @got), 1, 'it is said once');
    is(scalar of('INPUT', @got), 1, 'as is that');
    is(scalar of('ERROR', @got), 0, 'nothing is wrong');

    my @frames = of('FRAME', @got);
    my @stats = of('STATS', @got);

    cmp_ok($frames[0]{dts}, '>=', START, 'no frame before the beginning');
    cmp_ok($frames[-1]{dts}, '>', START + 1950, 'nor is one missing');
    follow(44100, @frames);

    cmp_ok(scalar @stats, '>=', 2,
           'figures at the beginning and once a second');
    is($stats[-1]{errors}, 0, 'no errors');
    ok(abs $stats[-1]{drift_ms} <= 3, 'no drift')
        or diag($stats[-1]{drift_ms});
    cmp_ok($stats[-1]{cpu_ms}, '>', 0, 'and the CPU');
}


sub restarted {
    my @rest = grep { $_->{ts} > 1000 } @aac;

    my @got = run(config_message(dts => START + 1500, rate => 44100,
                                 channels => 2, bitrate => 96000),
                  message('AUDIO', START + 1000, $aac[0]{data}),
                  sent(START, @rest));

    is(unpack('H*', $got[0]{asc}), '1210', 'rate and channels as demanded');
    is($got[1]{codec}, 'mp4a', 'the sequence header it was given is used');

    my @frames = of('FRAME', @got);

    cmp_ok($frames[0]{dts}, '>=', START + 1500, 'nothing before its time');
    cmp_ok($frames[0]{dts}, '<', START + 1524, 'nothing left out behind it');
    follow(44100, @frames);
}


sub filled_in {
    my @before = grep { $_->{ts} < 1000 } @mp3;
    my @after = grep { $_->{ts} >= 1000 } @mp3;

    my @got = run(config_message(dts => START), sent(START, @before),
                  message('DISCONTINUITY', START + 1300),
                  sent(START, @after));

    my @frames = of('FRAME', @got);
    my ($n) = grep { $frames[$_]{dts} >= START + 980 } 0 .. $#frames;

    cmp_ok($frames[$n]{dts}, '>=', START + 1300, 'none for what was filled');
    cmp_ok($frames[$n]{dts}, '<', START + 1324, 'the next one is the next');
    follow(44100, @frames[0 .. $n - 1]);
    follow(44100, @frames[$n .. $#frames]);
}


sub another {
    my @got = run(config_message(dts => START), sent(START, @aac),
                  message('RESET', START + 2000),
                  sent(START + 2000, @aac[1 .. 9]),
                  sent(START + 2300, @aac[0 .. 20]));

    my @frames = of('FRAME', @got);

    follow(RATE, @frames);
    like(join('', map { $_->{text} } of('ERROR', @got)),
         qr/^aac: no sequence header$/,
         'the sequence header of the one before is none of his');
    is(scalar of('OUTPUT', @got), 1, 'what comes out is the same');
    is(scalar of('INPUT', @got), 1, 'and so is what goes in');
}


sub flush {
    my @first = @mp3[0 .. 19];
    my @got = run(config_message(dts => START), sent(START, @first),
                  message('FLUSH', START + 77), message('CLOCK', START),
                  sent(START + 1, @mp3[20 .. 39]));

    my ($n) = grep { $got[$_]{type} eq 'FLUSHED' } 0 .. $#got;

    ok($n, 'is answered');
    is($got[$n]{dts}, START + 77, 'with its own dts');

    my @before = of('FRAME', @got[0 .. $n]);
    cmp_ok($before[-1]{dts}, '>', START + $first[-1]{ts},
           'by then all that came has left');

    my @frames = of('FRAME', @got);
    cmp_ok(scalar @frames, '>', @before + 15, 'and it goes on');
    follow(44100, @frames);
}


sub silence_first {
    my @got = run(config_message(dts => START),
                  (map { message('CLOCK', START + 40 * $_) } 1 .. 50),
                  sent(START + 2000, @mp3));

    is($got[0]{rate}, 48000, '48 kHz');
    is($got[0]{channels}, 2, 'stereo');

    my @frames = of('FRAME', @got);
    cmp_ok($frames[0]{dts}, '<', START + 22, 'from the beginning');
    cmp_ok($frames[-1]{dts}, '>', START + 3950, 'to the end');
    follow(RATE, @frames);

    my ($n) = grep { $got[$_]{type} eq 'INPUT' } 0 .. $#got;
    cmp_ok($got[$n]{dts}, '>=', START + 2000, 'then there is audio');
}


sub track {
    my ($track, $tag) = @_;

    my ($kind, $body) = unpack 'x C a*', $tag->{data};

    return audio_tag(codec => 'mp4a', kind => $kind ? FRAME : HEADER,
                     mode => 'one', track => $track, body => $body);
}


sub tracks {
    my @both = map {
        message('AUDIO', START + $_->{ts}, track(1, $_)),
        message('AUDIO', START + $_->{ts}, track(0, $_)),
    } @aac;

    my @got = run(config_message(dts => START), @both);
    my @frames = of('FRAME', @got);

    is(scalar of('ERROR', @got), 0, 'nothing is wrong with two of them');
    follow(RATE, @frames);
    ok(abs(@frames * 1024 / RATE - 2) < 0.1, 'one of them is heard')
        or diag(scalar @frames);
    is($got[0]{channels}, 1, 'the first one');
}


sub no_header {
    my @got = run(config_message(dts => START), sent(START, @aac[1 .. 90]));
    my @errors = of('ERROR', @got) or fail('an error'), return;

    is($errors[0]{code}, 2, 'what is missing is told');
    is($errors[0]{text}, 'aac: no sequence header', 'in words');
    cmp_ok(scalar @errors, '<=', 3, 'once a second');
    follow(RATE, of('FRAME', @got));
}


# The socket and the pid of one that runs.
sub start {
    socketpair(my $ours, my $its, AF_UNIX, SOCK_STREAM, PF_UNSPEC)
        or die "Can't make sockets: $!\n";

    my $pid = fork() // die "Can't fork: $!\n";

    if ($pid == 0) {
        close $ours;
        POSIX::dup2(fileno $its, $_) for 0, 1;
        my @command = (filter_path(), '--pipe');
        exec { $command[0] } @command or POSIX::_exit(127);
    }

    close $its;

    return ($ours, $pid);
}


# PCM of a frame in each message: of the last two there is nothing yet.
sub latency {
    my ($ours, $pid) = start();
    my $n = 40;
    my $block = "\x3e" . "\0" x 2048;
    my @at = map { START + int $_ * 1_024_000 / 44100 } 0 .. $n - 1;

    syswrite $ours, join '', config_message(dts => START),
        map { message('AUDIO', $_, $block) } @at;

    # those that it needs no more for

    my $bytes = '';
    my $wanted = $at[$n - 4];
    my $end = mono() + slowly(20);
    my $newest = 0;

    while ($newest < $wanted && mono() < $end) {
        next if !IO::Select->new($ours)->can_read(0.1);
        sysread $ours, $bytes, 65536, length $bytes or last;

        my @got = eval { @{messages($bytes)} };
        my @frames = of('FRAME', @got);
        $newest = $frames[-1]{dts} if @frames;
    }

    cmp_ok($newest, '>=', $wanted, 'all but the frames that are not whole');

    shutdown $ours, 1;
    1 while sysread $ours, $bytes, 65536;

    waitpid $pid, 0;
    is($?, 0, 'exit status');
}


# Frames are on their way that nobody reads.
sub closed {
    my ($ours, $pid) = start();

    syswrite $ours, join '', config_message(dts => START),
        sent(START, @mp3[0 .. 9]);
    IO::Select->new($ours)->can_read(slowly(20));
    syswrite $ours, join '', sent(START, @mp3[10 .. 19]);
    close $ours;

    waitpid $pid, 0;
    is($?, 0, 'exit status');
}
