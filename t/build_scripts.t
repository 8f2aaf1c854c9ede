#!/usr/bin/perl

# Every script tells how to use it and refuses what it does not know, and
# scripts/lint finds nothing.

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
    my ($name) = $script =~ m{([^/]+)$};

    subtest $name => sub {
        my ($status, $out) = capture(TIMEOUT, $script, '--help');
        is($status >> 8, 0, 'help is given');
        like($out, qr{\AUsage: scripts/$name\b.*--help}s, 'with the options');

        ($status, $out) = capture(TIMEOUT, $script, '--no-such-option');
        is($status >> 8, 64, 'an unknown option is wrong use');
        like($out, qr/"--no-such-option".*'scripts\/$name --help'/,
             'and is named');
    };
}

my ($status, $out) = capture(TIMEOUT, "$root/scripts/lint");
is($status >> 8, 0, 'lint finds nothing') or diag($out);

done_testing();
