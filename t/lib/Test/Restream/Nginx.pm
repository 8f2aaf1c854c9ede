package Test::Restream::Nginx;

# The nginx of a test: its configuration's globals, start, reload, end.

use warnings;
use strict;

use POSIX ();

use Test::Restream::Process;
use Test::Restream::Util qw/poll slow slowly slurp/;

use constant {
    NPROCESSORS_ONLN => 84,     # for sysconf(3)
    TIMEOUT          => 10,     # s, the defaults of those below
};

my @timeouts = qw/restream_connect_timeout restream_send_timeout/;

my $rtmp_default = '/usr/lib/nginx/modules/ngx_rtmp_module.so';

my @valgrind = qw/valgrind --trace-children=yes --vgdb=no --num-callers=20
    --keep-debuginfo=yes
    --error-exitcode=99 --leak-check=full --show-leak-kinds=definite
    --errors-for-leak-kinds=definite/;

# what valgrind finds in stock nginx and nginx-rtmp

my $suppressions = 't/lib/valgrind.supp';


# dir, tree, check, module, static, log_level, patience: see
# Test::Restream->new()

sub new {
    my ($class, %o) = @_;

    my $self = bless { %o, retired => {} }, $class;

    $self->{binary} = $o{static} ? $ENV{RESTREAM_TEST_STATIC_NGINX}
        : $ENV{RESTREAM_TEST_NGINX} || _find();

    return $self;
}


sub _find {
    for (split(/:/, $ENV{PATH}), '/usr/sbin') {
        return "$_/nginx" if -x "$_/nginx";
    }

    die "no nginx\n";
}


sub _load_modules {
    my ($self) = @_;

    return '' if $self->{static};

    my $rtmp = $ENV{RESTREAM_TEST_RTMP_MODULE};
    my $ours = $ENV{RESTREAM_TEST_MODULE}
        // "$self->{tree}/build/ngx_rtmp_restream_module.so";

    $rtmp = $rtmp_default if !defined $rtmp;

    my @modules = grep { $_ ne '' } $rtmp, $self->{module} ? $ours : '';

    for (@modules) {
        die "no module $_\n" if !-f $_;
    }

    return join '', map { "load_module $_;\n" } @modules;
}


# What %%GLOBALS...%% stand for in a configuration.

sub globals {
    my ($self, $conf) = @_;

    my $dir = $self->{dir};
    my $paths = join '', map { "${_}_temp_path $dir/${_}_temp;\n" }
        grep { $self->_built() =~ /--http-$_-temp-path/ }
        qw/proxy fastcgi uwsgi scgi/;

    return (
        GLOBALS => $self->_load_modules()
            . "daemon off;\nmaster_process on;\n"
            . "pid $dir/nginx.pid;\nlock_file $dir/nginx.lock;\n"
            . "error_log $dir/error.log $self->{log_level};\n",
        GLOBALS_HTTP => "access_log $dir/access.log;\n"
            . "client_body_temp_path $dir/client_body_temp;\n$paths",
        GLOBALS_RTMP => "access_log $dir/rtmp_access.log;\n"
            . $self->_patience($conf),
    );
}


# Where all is slow, destinations have longer than the default to answer.  A
# configuration that names one of these timeouts has all of that one to itself,
# the default too.

sub _patience {
    my ($self, $conf) = @_;

    return '' if !$self->{module} || !$self->{patience} || slow() == 1;

    return join '', map { sprintf "%s %dms;\n", $_, slowly(1000 * TIMEOUT) }
        grep { $conf !~ /\b$_\b/ } @timeouts;
}


# The words of nginx -V.

sub _built {
    my ($self) = @_;

    return $self->{built} ||= `'$self->{binary}' -V 2>&1`;
}


# -e came with 1.19.5; without it early errors go to the compiled-in log too

sub _command {
    my ($self, $log, @args) = @_;

    my @version = $self->_built() =~ m{nginx/(\d+)\.(\d+)\.(\d+)}
        or die "what nginx is $self->{binary}?\n";
    my $early = sprintf('%03d%03d%03d', @version) ge '001019005';

    return ($self->{binary}, '-p', "$self->{dir}/", '-c',
            "$self->{dir}/nginx.conf", $early ? ('-e', $log) : (), @args);
}


# Starts and returns when the master and all workers are there.  enter: called
# in nginx's process before it is executed.

sub run {
    my ($self, %o) = @_;

    my $conf = slurp("$self->{dir}/nginx.conf");
    my ($workers) = $conf =~ /^\s*worker_processes\s+(\w+);/m;

    $workers = 1 if !defined $workers;
    $workers = POSIX::sysconf(NPROCESSORS_ONLN) if $workers eq 'auto';
    $self->{workers} = $workers;
    $self->{retired} = {};

    my @command = $self->_command("$self->{dir}/error.log");

    if ($ENV{RESTREAM_TEST_VALGRIND}) {
        my $supp = "$self->{tree}/$suppressions";

        unshift @command, @valgrind, "--log-file=$self->{dir}/valgrind.%p.log",
            -f $supp ? "--suppressions=$supp" : ();
    }

    $self->{process} = Test::Restream::Process->new(
        name => 'nginx', command => \@command, enter => $o{enter},
        output => "$self->{dir}/nginx.out");

    my $pid = $self->{process}->pid();
    my $up = poll(sub {
        !$self->{process}->alive()
            || (slurp("$self->{dir}/nginx.pid") || '') eq "$pid\n"
               && $self->worker_pids() >= $workers;
    }, 10);

    return if $up && $self->{process}->alive();

    die "nginx did not start:\n" . $self->{process}->output()
        . join "\n", grep { /\[(?:emerg|alert|error)\]/ }
            split /\n/, $self->read_log() || '';
}


# (exit code, output) of nginx -t; a signal counts as a shell has it

sub test {
    my ($self, $name) = @_;

    my @command = $self->_command("$self->{dir}/nginx-t.log", '-t');
    my $output = "$self->{dir}/nginx-t.out";

    unlink $output;

    my $process = Test::Restream::Process->new(
        name => 'nginx -t', command => \@command, output => $output);

    $process->wait(30) or die "nginx -t does not end\n";

    my $text = $process->output();
    $self->{check}->watch('the output of nginx -t', $text);

    my $status = $process->status();

    return ($status & 127 ? 128 + ($status & 127) : $status >> 8, $text);
}


# HUP, and the deadline of the new workers.  False if they do not come.

sub reload {
    my ($self) = @_;

    my @before = $self->worker_pids();
    my ($workers) = (slurp("$self->{dir}/nginx.conf") || '')
        =~ /^\s*worker_processes\s+(\d+);/m;

    $workers = $self->{workers} if !defined $workers;
    $self->{process}->signal('HUP');

    my $done = poll(sub {
        my %old = map { $_ => 1 } @before;
        (grep { !$old{$_} } $self->worker_pids()) >= $workers;
    }, 10) or return 0;

    $self->{retired}{$_} = 1 for @before;
    $self->{workers} = $workers;

    return $done;
}


sub master_pid {
    return $_[0]{process} ? $_[0]{process}->pid() : undef;
}


# Workers of the newest configuration; those of older ones that still live.

sub worker_pids {
    my ($self) = @_;

    return grep { !$self->{retired}{$_} } $self->_workers();
}

sub old_workers {
    my ($self) = @_;

    return grep { $self->{retired}{$_} } $self->_workers();
}


sub _workers {
    my ($self) = @_;

    return grep {
        my $title = slurp("/proc/$_/cmdline") || '';
        $title ne '' && $title !~ /cache (?:manager|loader)/;
    } $self->_children();
}


sub _children {
    my ($self) = @_;

    my $master = $self->master_pid() or return;
    my $list = slurp("/proc/$master/task/$master/children");

    return split ' ', $list if defined $list;

    return grep { (_stat($_))[1] == $master } map { m{/(\d+)/} }
        glob '/proc/[0-9]*/stat';
}


# (state, parent) of a process.

sub _stat {
    my ($pid) = @_;

    my ($state, $parent) = (slurp("/proc/$pid/stat") || '')
        =~ /\) (\S) (\d+)/ or return ('', 0);

    return ($state, $parent);
}


sub alive {
    my ($self) = @_;

    return $self->{process} && $self->{process}->alive();
}


sub signal {
    my ($self, $name) = @_;

    return $self->{process}->signal($name);
}


# QUIT, TERM, KILL.  Returns what was wrong about the end, in sentences.  A
# worker that ends by QUIT alone tells which sockets it forgot; one that has to
# be told TERM after it tells that of all.

sub stop {
    my ($self) = @_;

    my $process = $self->{process} or return;
    my @children = $self->_children();
    my @wrong;

    if ($process->alive()) {
        $self->{check}->watch_processes($process->pid(), @children);

        poll(sub { !grep { (_stat($_))[0] eq 'Z' } $self->_children() }, 1)
            or push @wrong, 'nginx has a zombie';

    } else {
        push @wrong, 'nginx had ended before it was told to';
    }

    my $signal = $process->stop(qw/QUIT TERM KILL/);
    $self->{ended_by} = $signal;
    $self->{check}->allow(
        log => qr/open socket #\d+ left in connection|: aborting$/)
        if !defined $signal || $signal ne 'QUIT';
    my $status = $process->status();

    delete $self->{process};

    push @wrong, 'nginx had to be killed'
        if !defined $signal || $signal eq 'KILL';
    push @wrong, sprintf 'nginx ended with code %d, signal %d',
        $status >> 8, $status & 127 if $status;

    # only a worker that does not belong to us any more can be left

    for my $pid (@children) {
        next if poll(sub { (_stat($pid))[0] =~ /\AZ?\z/ }, 2);

        push @wrong, "worker $pid outlived the master";
        kill 'KILL', $pid;
    }

    return @wrong;
}


sub read_log {
    my ($self, $name) = @_;

    return slurp("$self->{dir}/" . (defined $name ? $name : 'error.log'));
}


# The lines of error.log that match.

sub log_matches {
    my ($self, $pattern) = @_;

    return grep { /$pattern/ } split /\n/, $self->read_log() || '';
}


# Files that nginx wrote in service; and those of nginx -t.

sub logs {
    my ($self) = @_;

    my %tests = map { $_ => 1 } $self->tests();

    return grep { !$tests{$_} } glob("$self->{dir}/*.log"),
        "$self->{dir}/nginx.out";
}

sub tests {
    my ($self) = @_;

    return grep { -f } map { "$self->{dir}/nginx-t.$_" } qw/log out/;
}


1;

__END__

=head1 NAME

Test::Restream::Nginx - the nginx of a test

=head1 DESCRIPTION

Used by Test::Restream, whose methods lead here.

=cut
