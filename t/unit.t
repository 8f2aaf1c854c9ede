#!/usr/bin/perl

# Every C unit test of t/unit, compiled with ASan and UBSan, as a subtest.
#
#     prove t/unit.t                all of them
#     prove -v t/unit.t :: chunk    these, with every assertion
#
# CC names another compiler.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::Restream::Build 'capture';

use constant TIMEOUT => 300;

chdir "$FindBin::Bin/.." or die "Can't chdir: $!\n";

my $src = 'ngx_rtmp_restream_module';
my $dir = 'build/unit';
my @sources = glob("$src/{lib,model}/*.c"
                   . " $src/jobs/restream_{jwt,seal,store,token}*.c"
                   . " $src/filter/restream_filter_{clock,order}.c");
my @names = @ARGV ? @ARGV : map { m{(\w+)\.c$} } glob('t/unit/*.c');

my $build = Test::Restream::Build->new(
    dir => $dir,
    headers => [glob("$src/{lib,model,jobs,filter}/*.h t/unit/*.h")],
    cc => [split(' ', ($ENV{CC} || 'cc')
                 . ' -std=c99 -D_GNU_SOURCE -g -O1 -Wall -Wextra -Werror'
                 . ' -fsanitize=address,undefined -fno-sanitize-recover=all'
                 . " -I $src -I t/unit")],
);

my @library = $build->library('restream.a', @sources);
my %compiled = map { $_ => [compile($_)] } @names;

$build->done();

subtest 'what knows no nginx compiles without a warning' => sub {
    for my $result (@library) {
        my ($source, $out) = @$result;
        is($out, '', $source);
    }
};

subtest $_ => \&run, $_ for @names;

done_testing();

###############################################################################

# The objects are linked as an archive, so that a test which includes a source
# file, to reach what is static in it, has it once.
sub compile {
    my ($name) = @_;

    my $source = "t/unit/$name.c";

    # a test may include any of the sources
    return $build->compile($name, [$source, @sources, "$dir/restream.a"],
                           $source, "$dir/restream.a",
                           qw(-ljansson -ljwt -lsqlite3 -lcrypto -lm));
}

# The program's own TAP, line by line.
sub run {
    my ($name) = @_;

    my ($rc, $out) = @{$compiled{$name}};

    ok($rc, "$name.c compiles without a warning") or diag($out), return;

    my ($status, $tap) = capture(TIMEOUT, "$dir/$name");
    my ($count, $plan) = (0, -1);

    for my $line (split /\n/, $tap) {
        if ($line =~ /^(not )?ok \d+ - (.*)/) {
            ok(!$1, $2);
            $count++;

        } elsif ($line =~ /^1\.\.(\d+)$/) {
            $plan = $1;

        } else {
            diag($line =~ s/^#\s*//r);
        }
    }

    is($plan, $count, 'as many assertions as planned');
    is($status, 0, 'exit status');
}
