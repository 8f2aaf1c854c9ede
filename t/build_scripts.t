#!/usr/bin/perl

# Every script, and every benchmark of scripts/bench, tells how to use it and
# refuses what it does not know; scripts/lint finds nothing.

use warnings;
use strict;

use Test::More;

use Cwd 'abs_path';
use FindBin;

use lib "$FindBin::Bin/lib";

use Test::Restream::Build 'capture';

use constant TIMEOUT => 60;

my $root = abs_path("$FindBin::Bin/..");

###############################################################################

for my $script (grep { -x } glob("$root/scripts/*")) {
    used_rightly($script =~ m{([^/]+)$});
}

used_rightly('bench', $_) for qw/relay api/;

subtest 'bench, wrong values' => sub {
    wrong_use('bench', $_->[0], @$_[1 .. $#$_])
        for ['"--seconds"', 'api', '--seconds'],
            ['"--rate" value "0"', 'api', '--rate', '0'],
            ['"--live" value "1x"', 'api', '--live', '1x'],
            ['"--destinations" has to be 5', 'api', '--destinations', '4'],
            ['"--systems"', 'api', '--systems', 'push'],
            ['"--seconds"', '--seconds'],
            ['"--destinations" value "b"', 'relay', '--destinations', '8 b'],
            ['system "none"', 'relay', '--systems', 'push none'],
            ['"--rate"', 'relay', '--rate', '200'],
            ['"other"', 'other'];
};

my ($status, $out) = capture(TIMEOUT, "$root/scripts/lint");
is($status >> 8, 0, 'lint finds nothing') or diag($out);

done_testing();

###############################################################################

# A script, or a part of it that its first argument names.
sub used_rightly {
    my ($name, @part) = @_;

    subtest "@_" => sub {
        my ($status, $out) = capture(TIMEOUT, "$root/scripts/$name", @part,
                                     '--help');
        is($status >> 8, 0, 'help is given');
        like($out, qr{\AUsage: scripts/$name\b.*--help}s, 'with the options');
        like($out, qr{\b$_\b}, "for $_") for @part;

        wrong_use($name, '"--no-such-option"', @part, '--no-such-option');
    };
}

# What is wrong is named, and where to read how it is right.
sub wrong_use {
    my ($name, $what, @args) = @_;

    my ($status, $out) = capture(TIMEOUT, "$root/scripts/$name", @args);
    my $part = @args && $args[0] =~ /^(?:relay|api)$/ ? " $args[0]" : '';

    is($status >> 8, 64, "$name @args: wrong use");
    like($out, qr{\Q$what\E.*'scripts/$name$part --help'}, 'and says so');
}
