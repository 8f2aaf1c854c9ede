#!/usr/bin/perl

# A decoder that is taken over finds nothing to do: a build of the filter that
# tries is stopped.  It ends with its input, and with its parent.

use warnings;
use strict;

use Test::More;

use Cwd qw/abs_path/;
use File::Basename qw/dirname/;
use POSIX ();
use Socket;

use lib 't/lib';
use Test::Restream::Build;
use Test::Restream::FLV qw/write_flv/;
use Test::Restream::Filter qw/run_program config_message/;
use Test::Restream::Util qw/poll slurp/;

use constant {
    SIGSYS  => 31,
    SIGKILL => 9,
};

# what is tried, and what becomes of it

my %stopped = map { $_ => 1 } qw/open create socket unix execve fork kill
    ptrace code dup/;

my $tree = abs_path(dirname(__FILE__) . '/..');
my $release = "$tree/build/restream_filter";

chdir $tree or die "Can't chdir: $!\n";

my $taken_over = build('escape');
my $bare = build('escape_bare', '-DRESTREAM_FILTER_BARE');

my $flv = write_flv(map {
    { type => 8, ts => 20 * $_, data => "\x7e" . "\xff" x 160 }
} 0 .. 49);

###############################################################################

subtest "tries $_" => \&tries, $_ for sort(keys %stopped), 'memory';
subtest 'what tries nothing goes on' => \&harmless;
subtest 'the one that runs' => \&release;
subtest 'with less memory than it would take' => \&limited;
subtest 'the end of its input' => \&input_ends;
subtest 'the end of its parent' => \&parent_dies;

done_testing();

###############################################################################

sub build {
    my ($name, @flags) = @_;

    my $src = 'ngx_rtmp_restream_module';
    my @headers = glob("$src/{filter,lib}/*.h");
    my @sources = (glob("$src/filter/*.c"), 't/lib/filter_escape.c');

    my $build = Test::Restream::Build->new(
        dir => "build/$name", headers => \@headers,
        cc => [qw/cc -std=c99 -D_GNU_SOURCE -g -O1 -Wall -Wextra -Werror/,
               @flags]);

    $build->library('restream.a', glob("$src/lib/*.c"));

    my ($rc, $out) = $build->compile($name, [@sources,
                                             "build/$name/restream.a"],
        @sources, "build/$name/restream.a", '-Wl,--wrap=avcodec_send_packet',
        qw/-lavcodec -lswresample -lavutil -lseccomp -lm/);
    die "the build fails: $out\n" if !$rc;

    $build->done();

    return "build/$name/$name";
}


sub escape {
    my ($program, $what) = @_;

    local $ENV{RESTREAM_TEST_ESCAPE} = $what;

    return run_program($flv, $program, '--codec', 'aac');
}


sub tries {
    my ($what) = @_;

    my $ran = escape($taken_over, $what);

    unlike($ran->{err}, qr/escaped/, 'in vain');
    is($ran->{signal}, $stopped{$what} ? SIGSYS : 0,
       $stopped{$what} ? 'and is stopped' : 'and goes on');

    $ran = escape($bare, $what);
    like($ran->{err}, qr/escaped/, 'without a sandbox it would succeed');
}


sub harmless {
    my $ran = escape($taken_over, 'nothing');

    is($ran->{wait}, 0, 'exit status') or diag($ran->{err});
    is($ran->{err}, '', 'with nothing to say');
    cmp_ok(length $ran->{out}, '>', 1000, 'and with output');
}


# { pid, to, from } of a filter for a worker, that has read its CONFIG.  Its
# descriptor 7 is one that nobody meant it to have.
sub start {
    my ($program) = @_;

    socketpair(my $ours, my $its, AF_UNIX, SOCK_STREAM, PF_UNSPEC)
        or die "Can't make sockets: $!\n";

    my $pid = fork() // die "Can't fork: $!\n";

    if ($pid == 0) {
        close $ours;
        POSIX::dup2(fileno $its, $_) for 0, 1, 7;
        exec { $program } $program, '--pipe' or POSIX::_exit(127);
    }

    close $its;
    syswrite $ours, config_message();

    poll(sub { status($pid)->{Seccomp} }, 10);

    return { pid => $pid, socket => $ours };
}


sub status {
    my ($pid) = @_;

    return { (slurp("/proc/$pid/status") // '') =~ /^(\w+):\s*(.*)$/mg };
}


sub release {
    my $filter = start($release);
    my $status = status($filter->{pid});

    is($status->{Seccomp}, 2, 'has a seccomp filter');
    is($status->{NoNewPrivs}, 1, 'can get no privileges');
    is($status->{Threads}, 1, 'has one thread');

    my @descriptors = map { m{/(\d+)$} } glob "/proc/$filter->{pid}/fd/*";
    is_deeply([sort @descriptors], [0, 1, 2], 'has three descriptors');

    my $limits = slurp("/proc/$filter->{pid}/limits");
    like($limits, qr/^Max address space +536870912 +536870912/m,
         'has 512 MB of address space');
    like($limits, qr/^Max open files +0 +0/m, 'can open nothing');
    like($limits, qr/^Max processes +0 +0/m, 'nor start anything');
    like($limits, qr/^Max core file size +0 +0/m, 'leaves no core');

    is(slurp("/proc/$filter->{pid}/cmdline"), "$release\0--pipe\0",
       'its arguments tell nothing');

    close $filter->{socket};
    waitpid $filter->{pid}, 0;
}


# A limit of its surroundings that is lower than its own.
sub limited {
    my $ran = run_program($flv, 'sh', '-c', 'ulimit -v 400000; exec "$@"', 'sh',
                          $release, '--codec', 'aac');

    is($ran->{wait}, 0, 'exit status') or diag($ran->{err});
    cmp_ok(length $ran->{out}, '>', 1000, 'it works within that');
}


sub input_ends {
    my $filter = start($release);

    shutdown $filter->{socket}, 1;

    ok(poll(sub { waitpid($filter->{pid}, POSIX::WNOHANG()) > 0 }, 10),
       'ends');
    is($?, 0, 'exit status');

    $filter = start($release);

    # between two messages it is no error of the worker that it dies

    close $filter->{socket};

    ok(poll(sub { waitpid($filter->{pid}, POSIX::WNOHANG()) > 0 }, 10),
       'ends when nobody is there any more');
    is($?, 0, 'exit status');
}


# The test holds the other end of the socket: no end of file tells it.
sub parent_dies {
    socketpair(my $ours, my $its, AF_UNIX, SOCK_STREAM, PF_UNSPEC)
        or die "Can't make sockets: $!\n";
    pipe(my $read, my $write) or die "Can't pipe: $!\n";

    my $parent = fork() // die "Can't fork: $!\n";

    if ($parent == 0) {
        my $filter = start($release);
        open my $kept, '>&', $filter->{socket};
        syswrite $write, "$filter->{pid}\n";
        close $write;
        syswrite $its, 'x';
        sleep 60;
        POSIX::_exit(0);
    }

    close $write;
    chomp(my $pid = readline $read);

    ok(-d "/proc/$pid", 'it runs');
    kill SIGKILL, $parent;
    waitpid $parent, 0;
    ok(poll(sub { !-d "/proc/$pid" }, 10), 'it is gone with its parent');
}
