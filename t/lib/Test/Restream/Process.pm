package Test::Restream::Process;

# Another program, run in the background, its output in a file.

use warnings;
use strict;

use POSIX qw/:sys_wait_h/;

use Test::Restream::Util qw/poll slurp set_pdeathsig/;


# name, command [...], output (file); enter: called in the child first

sub new {
    my ($class, %o) = @_;

    my $pid = fork();
    die "fork() failed: $!\n" if !defined $pid;

    if ($pid == 0) {
        open STDIN, '<', '/dev/null' or POSIX::_exit(126);
        open STDOUT, '>>', $o{output} or POSIX::_exit(126);
        open STDERR, '>&', \*STDOUT or POSIX::_exit(126);
        $SIG{$_} = 'DEFAULT' for qw/INT TERM PIPE/;
        set_pdeathsig(POSIX::SIGTERM());
        $o{enter}->() if $o{enter};

        {
            no warnings 'exec';
            exec { $o{command}[0] } @{$o{command}};
        }

        print STDERR "exec() \"$o{command}[0]\" failed: $!\n";
        POSIX::_exit(127);
    }

    return bless { pid => $pid, owner => $$, name => $o{name},
                   output => $o{output} }, $class;
}


sub pid {
    return $_[0]{pid};
}


sub output {
    return slurp($_[0]{output});
}


sub alive {
    my ($self) = @_;

    return 0 if defined $self->{status};
    return 1 if waitpid($self->{pid}, WNOHANG) == 0;

    $self->{status} = $?;
    return 0;
}


# As $?, when the process has ended.

sub status {
    my ($self) = @_;

    $self->alive();
    return $self->{status};
}


# True if it ends within so many seconds.

sub wait {
    my ($self, $seconds) = @_;

    return poll(sub { !$self->alive() }, $seconds);
}


sub signal {
    my ($self, $name) = @_;

    return defined $self->{status} ? 0 : kill $name, $self->{pid};
}


# Sends the signals one after the other until it has ended; returns the one
# that did it.

sub stop {
    my ($self, @signals) = @_;

    @signals = qw/INT TERM KILL/ if !@signals;

    for my $signal (@signals) {
        return '' if !$self->alive();

        $self->signal('CONT');
        $self->signal($signal);
        return $signal if $self->wait($signal eq 'KILL' ? 1 : 3);
    }

    return;
}


sub DESTROY {
    my ($self) = @_;

    local ($., $@, $!, $^E, $?);
    $self->stop() if $self->{owner} == $$ && !defined $self->{status};
}


1;

__END__

=head1 NAME

Test::Restream::Process - another program in the background

=head1 SYNOPSIS

    my $ffmpeg = $t->spawn('ffmpeg', 'ffmpeg', '-i', $file, ...);

    $ffmpeg->wait(10);
    is($ffmpeg->status(), 0, 'ffmpeg is content');
    $ffmpeg->output();

=cut
