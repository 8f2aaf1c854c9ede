#!/usr/bin/perl

# A process that changes the store is killed at any moment: every change that it
# has acknowledged is there, whole, and none is there twice.
#
# RESTREAM_TEST_FULL=1 kills a thousand times, until there are a thousand
# acknowledged changes at least; else it is one in twenty of that.

use warnings;
use strict;

use Test::More;

use Cwd 'abs_path';
use File::Temp 'tempdir';
use FindBin;
use Time::HiRes 'usleep';

use lib "$FindBin::Bin/lib";
use Test::Restream::Build 'capture';

use constant STREAMS => 7;

chdir "$FindBin::Bin/.." or die "Can't chdir: $!\n";

# so many kills, and as many acknowledged changes, at least
my $wanted = $ENV{RESTREAM_TEST_FULL} ? 1000 : 50;

srand($ENV{RESTREAM_TEST_SEED} || 1);

my $writer = compile();

my $dir = tempdir('store_crash.XXXXXX', DIR => 'build', CLEANUP => 1);
my $path = abs_path($dir) . '/restream.db';

my $acked = 0;          # the last change that was acknowledged
my $killed = 0;
my @wrong;

while ($killed < $wanted || $acked < $wanted) {
    my $said = write_and_kill();

    last if !defined $said;

    push @wrong, check();
    last if @wrong;
}

cmp_ok($killed, '>=', $wanted, "killed $killed times");
cmp_ok($acked, '>=', $wanted, "$acked changes were acknowledged");
is(join("\n", @wrong), '', 'every one of them is there, whole and once');

my $content = slurp($path) . slurp("$path-wal");

like($content, qr/^SQLite format 3/, 'the file is one of SQLite');
unlike($content, qr/secret-key/, 'no key is in it');

done_testing();

###############################################################################

sub compile {
    my $src = 'ngx_rtmp_restream_module';
    my @sources = ('t/lib/store_writer.c',
                   glob("$src/{lib,model}/*.c"
                        . " $src/jobs/restream_{seal,store}*.c"));

    my $build = Test::Restream::Build->new(
        dir => 'build/store',
        headers => [glob("$src/{lib,model,jobs}/*.h")],
        cc => [split(' ', ($ENV{CC} || 'cc') . ' -std=c99 -D_GNU_SOURCE -g -O1'
                     . " -Wall -Wextra -Werror -I $src")],
    );

    my ($rc, $out) = $build->compile('store_writer', [@sources], @sources,
                                     qw(-ljansson -lsqlite3 -lcrypto));
    $build->done();

    return 'build/store/store_writer' if $rc;

    ok(0, 'the writer compiles');
    diag($out);
    done_testing();
    exit;
}

# Lets it make some changes, and kills it a little after the last of them,
# which is mostly in the middle of the next one.  Nothing: it ended by itself.
sub write_and_kill {
    my $more = int(rand(6));

    my $pid = open(my $fh, '-|', $writer, 'write', "sqlite:$path", $acked + 1)
        or die "Can't run $writer: $!\n";

    while ($more-- > 0) {
        my $line = <$fh> // last;
        $acked = acknowledged($line);
    }

    usleep(rand(3000));
    kill('KILL', $pid);

    while (my $line = <$fh>) {
        $acked = acknowledged($line);
    }

    close($fh);

    if (($? & 127) != 9) {
        push @wrong, "it ended with wait status $?";
        return;
    }

    return ++$killed;
}

sub acknowledged {
    my ($line) = @_;

    chomp($line);

    die "unexpected \"$line\" after $acked\n" if $line != $acked + 1;

    return $line;
}

# What is there must be what the last acknowledged change has left, or the one
# behind it, which was made and could not be acknowledged any more.
sub check {
    my ($status, $out) = capture(60, $writer, 'show', "sqlite:$path");

    return "show: wait status $status: $out" if $status;

    my %got = map { /^(\w+): ?(.*)/ ? ($1 => $2) : () } split(/\n/, $out);
    my $made = $got{made};

    return "after $acked: $out"
        if $got{integrity} ne 'ok' || $got{orphans} != 0
           || ($made != $acked && $made != $acked + 1);

    my @bad = grep { $got{"s$_"} ne expected($_, $made) } 0 .. STREAMS - 1;

    return map { "after $made, s$_: " . $got{"s$_"} } @bad;
}

# The destinations of a stream after n changes, as the writer makes them.
sub expected {
    my ($stream, $n) = @_;

    my $last = $n - (($n - 1 - $stream) % STREAMS);

    return '' if $last < 1;

    # what is kept comes before what is new
    my @lists = ([qw/a b c/], [qw/b c d/], [qw/c a/], []);

    return join(' ', map { "$_=$last" }
                     @{$lists[int(($last - 1) / STREAMS) % 4]});
}

sub slurp {
    open(my $fh, '<', $_[0]) or return '';
    local $/;
    return <$fh> // '';
}
