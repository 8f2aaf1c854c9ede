#!/usr/bin/perl

# scripts/setup leaves a module that loads and an audio filter that runs, and
# does nothing when called again.

use warnings;
use strict;

use Test::More;

use Cwd 'abs_path';
use Fcntl ':flock';
use File::Find;
use File::Temp 'tempdir';
use FindBin;
use POSIX ();
use Time::HiRes;

use lib "$FindBin::Bin/lib";

use Test::Restream::Build 'capture';
use Test::Restream::Util qw(poll slurp);

use constant TIMEOUT => 300;

my $root = abs_path("$FindBin::Bin/..");
my $dir = tempdir('restream-setup-XXXXXX', TMPDIR => 1, CLEANUP => 1);

$ENV{PATH} .= ':/usr/sbin:/sbin';

###############################################################################

my ($status, $out) = setup($root);
is($status, 0, 'done') or diag($out);

my $before = state();
ok($before->{"$root/build/ngx_rtmp_restream_module.so"}, 'the module is there');

($status, $out) = setup($root);
is($status, 0, 'done again') or diag($out);
is($out, '', 'with nothing to say');
is_deeply(state(), $before, 'nothing was built again');

($status, $out) = capture(TIMEOUT, "$root/build/restream_filter", '--check');
is($status, 0, 'the filter has all that it needs') or diag($out);

my ($path) = (capture(TIMEOUT, 'nginx', '-V'))[1] =~ /--modules-path=(\S+)/;

($status, $out) = load("$path/ngx_rtmp_module.so",
                       "$root/build/ngx_rtmp_restream_module.so");
is($status, 0, 'it loads after nginx-rtmp') or diag($out);

($status, $out) = interrupted();
is($status, 0, 'stopped by Ctrl-C') or diag($out);

# no name that configure could take
mkdir("$dir/a,tree") or die "Can't mkdir: $!\n";
system('cp', '-r', "$root/scripts", "$dir/a,tree") == 0 or die "Can't copy\n";

($status, $out) = setup("$dir/a,tree");
is($status, 1, 'what cannot be done has failed');
like($out, qr/use a plainer name/, 'and why is said');

done_testing();

###############################################################################

sub setup {
    my ($tree, @args) = @_;

    my ($status, $out) = capture(TIMEOUT, "$tree/scripts/setup", @args);

    return ($status >> 8, $out);
}

# Waits for another one, here the test, and gets what a terminal sends.
sub interrupted {
    open(my $lock, '>>', "$root/build/setup.lock")
        or die "Can't open build/setup.lock: $!\n";
    flock($lock, LOCK_EX) or die "Can't lock: $!\n";

    my $pid = fork() // die "Can't fork: $!\n";

    if ($pid == 0) {
        setpgrp(0, 0);
        exec("$root/scripts/setup") or POSIX::_exit(127);
    }

    poll(sub { is_child($pid, 'flock') }, 10) or diag('it does not wait');
    kill('INT', -$pid);
    waitpid($pid, 0);

    return ($?, "wait status $?");
}

sub is_child {
    my ($pid, $name) = @_;

    my $children = slurp("/proc/$pid/task/$pid/children") // '';

    return grep { (slurp("/proc/$_/comm") // '') eq "$name\n" }
           split(' ', $children);
}

sub load {
    my $conf = "$dir/load.conf";

    open(my $fh, '>', $conf) or die "Can't write $conf: $!\n";
    print $fh map { "load_module $_;\n" } @_;
    print $fh "pid $dir/nginx.pid;\nevents { }\n";
    close($fh) or die "Can't write $conf: $!\n";

    return capture(TIMEOUT, 'nginx', '-t', '-q', '-c', $conf);
}

# When what setup has made was made: all but its lock.
sub state {
    my %at;

    find(sub { $at{$File::Find::name} = (Time::HiRes::stat($_))[9] if -f },
         grep { -e } "$root/build/src", "$root/build/module",
         "$root/build/static", "$root/build/asan",
         "$root/build/ngx_rtmp_restream_module.so",
         "$root/build/restream_filter");

    return \%at;
}
