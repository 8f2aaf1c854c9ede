#!/usr/bin/perl

# How the filter is called, and what its exit status tells: 0 the end of the
# input, 1 an error, 64 wrong use, never 2.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream::Filter qw/run_filter config_message message messages/;
use Test::Restream::FLV qw/write_flv/;

my $flv = write_flv(map {
    { type => 8, ts => 20 * $_, data => "\x7e" . "\xff" x 160 }
} 0 .. 9);

my @wrong = (
    [[], qr/nothing to do/],
    [['--no-such-option'], qr/unknown option --no-such-option/],
    [['file.flv'], qr/unknown option file\.flv/],
    [['--codec'], qr/no value for --codec/],
    [['--codec', 'opus'], qr/invalid value of --codec/],
    [[qw/--codec aac --pipe/], qr/too much: --pipe/],
    [[qw/--codec aac --rate 96000/], qr/invalid value of --rate/],
    [[qw/--codec aac --rate 44100x/], qr/invalid value of --rate/],
    [[qw/--codec aac --channels 0/], qr/invalid value of --channels/],
    [[qw/--codec aac --channels 3/], qr/invalid value of --channels/],
    [[qw/--codec aac --channels 12/], qr/invalid value of --channels/],
    [[qw/--codec aac --bitrate 15k/], qr/invalid value of --bitrate/],
    [[qw/--codec aac --bitrate 321k/], qr/invalid value of --bitrate/],
    [[qw/--codec aac --bitrate -1/], qr/invalid value of --bitrate/],
    [[qw/--codec aac --bitrate 99999999999999999999k/],
     qr/invalid value of --bitrate/],
    [[qw/--codec aac --bitrate 128m/], qr/invalid value of --bitrate/],
    [[qw/--rate 44100/], qr/nothing to do/],
);

my @right = (
    [qw/--codec aac/],
    [qw/--codec aac --rate inherit --channels inherit/],
    [qw/--codec aac --rate 44100 --channels 2 --bitrate 64k/],
    [qw/--rate 48000 --channels 1 --bitrate 16000 --codec aac/],
    [qw/--codec aac --bitrate 320k/],
);

my $audio = "\x7e" . "\xff" x 160;
my $config = config_message();

my @broken = (
    ['no FLV', 'no FLV at all', '--codec', 'aac'],
    ['nothing', '', '--codec', 'aac'],
    ['a tag that is cut off', substr($flv, 0, -9), '--codec', 'aac'],
    ['no message', 'x' x 16, '--pipe'],
    ['a message that is cut off',
     $config . substr(message('AUDIO', 0, $audio), 0, -1), '--pipe'],
    ['audio before CONFIG', message('AUDIO', 0, $audio), '--pipe'],
    ['CONFIG again', $config . $config, '--pipe'],
    ['a rate that AAC does not have',
     config_message(rate => 12345) . message('AUDIO', 0, $audio), '--pipe'],
    ['three channels',
     config_message(channels => 3) . message('AUDIO', 0, $audio), '--pipe'],
    ['what only the filter says', $config . message('FLUSHED', 0), '--pipe'],
    ['too large a message',
     $config . message('AUDIO', 0, 'x' x 262_145), '--pipe'],
    ['another version', 'rp' . pack('C C N Q>', 2, 1, 9, 0) . "\0" x 9,
     '--pipe'],
);

###############################################################################

for my $case (@wrong) {
    my ($args, $said) = @$case;
    my $ran = run_filter($flv, @$args);

    is($ran->{status}, 64, "wrong use: @$args");
    like($ran->{err}, qr/^restream_filter: $said, see 'restream_filter --help'/,
         'and what is wrong is said');
}

for my $args (@right) {
    my $ran = run_filter($flv, @$args);

    is($ran->{wait}, 0, "right: @$args") or diag($ran->{err});
    is($ran->{err}, '', 'with nothing to say');
}

for my $case (@broken) {
    my ($name, $in, @args) = @$case;
    my $ran = run_filter($in, @args);

    is($ran->{wait}, 1 << 8, "an error: $name");
    like($ran->{err}, qr/^restream_filter: [^\n]+\n\z/, 'in one line');
}

my $ran = run_filter('', '--help');

is($ran->{wait}, 0, 'help');
like($ran->{out}, qr/\AUsage: restream_filter --codec aac /, 'tells the use');
like($ran->{out}, qr/^  --$_\b/m, "and of --$_")
    for qw/codec rate channels bitrate pipe check help/;

$ran = run_filter('', '--check');

is($ran->{wait}, 0, 'everything is there') or diag($ran->{err});
is($ran->{out}, "restream_filter, protocol 1\n", 'and the version is told');

$ran = run_filter('', '--pipe');
is($ran->{wait}, 0, 'nothing to do and nothing done');

$ran = run_filter($config, '--pipe');
is($ran->{wait}, 0, 'nor is there anything without audio');
is($ran->{out}, '', 'and nothing is said');

# an encoder that cannot be is told where the worker reads

$ran = run_filter(config_message(rate => 12345) . message('AUDIO', 0, $audio),
                  '--pipe');
is(messages($ran->{out})->[0]{code}, 5, 'the worker is told, too');

done_testing();
