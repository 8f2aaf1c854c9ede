#!/usr/bin/perl

# Every fuzz target of t/fuzz, on its corpus and on mutations of it, with ASan
# and UBSan.  scripts/fuzz searches further.
#
#     prove t/fuzz.t             all of them
#     prove t/fuzz.t :: chunk    these
#
# CC names another compiler, RESTREAM_TEST_FULL=1 runs ten times as many
# mutations, RESTREAM_TEST_SEED others.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Restream::Build 'capture';

use constant TIMEOUT => 600;

chdir "$FindBin::Bin/.." or die "Can't chdir: $!\n";

my $src = 'ngx_rtmp_restream_module';
my $dir = 'build/replay';
my @sources = glob("$src/{lib,model}/*.c $src/jobs/restream_jwt*.c");
my @names = @ARGV ? @ARGV
                  : grep { $_ ne 'replay' }
                    map { m{(\w+)\.c$} } glob('t/fuzz/*.c');

my $seed = $ENV{RESTREAM_TEST_SEED} || 1;
my $mutations = $ENV{RESTREAM_TEST_FULL} ? 1_000_000 : 100_000;

my $build = Test::Restream::Build->new(
    dir => $dir,
    headers => [glob("$src/{lib,model,jobs}/*.h t/fuzz/*.h")],
    cc => [split(' ', ($ENV{CC} || 'cc')
                 . ' -std=c99 -D_GNU_SOURCE -g -O1 -Wall -Wextra -Werror'
                 . ' -fsanitize=address,undefined -fno-sanitize-recover=all'
                 . " -I $src")],
);

my @failed = grep { $_->[1] ne '' } $build->library('restream.a', @sources);
my %compiled = map { $_ => [compile($_)] } @names;

$build->done();

plan(tests => scalar @names);

diag($_->[1]) for @failed;

run($_) for @names;

###############################################################################

sub compile {
    my ($name) = @_;

    my @files = ("t/fuzz/$name.c", 't/fuzz/replay.c', "$dir/restream.a");

    return $build->compile($name, [@files], @files,
                           qw(-ljansson -ljwt -lcrypto));
}

sub run {
    my ($name) = @_;

    my ($rc, $out) = @{$compiled{$name}};

    return ok(0, "$name compiles without a warning") || diag($out) if !$rc;

    my $failure = "$dir/$name.failure";
    unlink $failure;

    my ($status, $said) = capture(TIMEOUT, "$dir/$name", "t/fuzz/corpus/$name",
                                  $mutations, $seed, $failure);

    ok($status == 0, "$name withstands $mutations mutations of seed $seed");

    if ($status) {
        diag($said, "wait status $status");
        diag("the input is in $failure") if -e $failure;
    }
}
