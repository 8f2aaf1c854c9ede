package Test::Restream::Child;

# A forked helper process with a control socket.
#
# The parent sends requests, JSON lines, and waits for the answer to each; the
# child runs a loop of its own and answers when it comes round.  Ended by its
# pid; dies with the parent.

use warnings;
use strict;

use IO::Handle;
use JSON::PP ();
use POSIX qw/:sys_wait_h/;
use Socket qw/AF_UNIX SOCK_STREAM PF_UNSPEC/;

use Test::Restream::Util qw/mono nap poll slowly set_pdeathsig/;

my $json = JSON::PP->new()->canonical()->allow_nonref();


# name    of the process, for messages
# run     called in the child with its Test::Restream::Child::Channel; must
#         call ready() on it; its return ends the child
# output  file for what the child prints
# enter   called first in the child: to change the network namespace

sub new {
    my ($class, %o) = @_;

    socketpair my $ours, my $theirs, AF_UNIX, SOCK_STREAM, PF_UNSPEC
        or die "socketpair() failed: $!\n";

    my $pid = fork();
    die "fork() failed: $!\n" if !defined $pid;

    if ($pid == 0) {
        close $ours;
        _child($theirs, %o);
    }

    close $theirs;

    my $self = bless {
        pid => $pid, owner => $$, name => $o{name}, output => $o{output},
        sock => $ours, buf => '', id => 0,
    }, $class;

    my $ready = $self->_answer(0, 10);

    if (ref $ready ne 'HASH') {
        $self->stop();
        die "$o{name} did not start: "
            . (Test::Restream::Util::slurp($o{output}) || 'no output') . "\n";
    }

    $self->{ready} = $ready;

    return $self;
}


sub _child {
    my ($sock, %o) = @_;

    $SIG{TERM} = 'DEFAULT';
    $SIG{INT} = 'IGNORE';
    $SIG{PIPE} = 'IGNORE';

    open STDOUT, '>>', $o{output} or POSIX::_exit(2);
    open STDERR, '>&', \*STDOUT or POSIX::_exit(2);
    STDOUT->autoflush(1);
    _release($sock);
    set_pdeathsig(POSIX::SIGKILL());
    srand $$;

    eval {
        $o{enter}->() if $o{enter};
        $o{run}->(Test::Restream::Child::Channel->new($sock));
        1;
    } or print STDERR "$o{name}: $@";

    POSIX::_exit($@ ? 1 : 0);
}


# What is inherited would keep connections of the test open.  Perl counts the
# users of each descriptor, so they are not closed but made /dev/null.

sub _release {
    my ($keep) = @_;

    open my $null, '+<', '/dev/null' or POSIX::_exit(2);
    opendir my $dir, '/proc/self/fd' or POSIX::_exit(2);

    my @fds = grep { /\A\d+\z/ && $_ > 2 && $_ != fileno $keep
                     && $_ != fileno $null } readdir $dir;
    closedir $dir;

    for my $fd (@fds) {
        POSIX::dup2(fileno $null, $fd)
            if (readlink "/proc/self/fd/$fd" || '') =~ /\A(?:socket|pipe):/;
    }
    return;
}


# Sends a request and returns the answer to it; dies if there is none.

sub call {
    my ($self, %request) = @_;

    my $id = ++$self->{id};
    my $line = $json->encode({ id => $id, %request }) . "\n";

    local $SIG{PIPE} = 'IGNORE';
    syswrite $self->{sock}, $line
        or die "$self->{name} is gone: $!\n";

    my $answer = $self->_answer($id, 30);
    die "$self->{name} does not answer to \"$request{do}\"\n"
        if !defined $answer;

    die "$self->{name}: $answer->{failed}\n"
        if ref $answer eq 'HASH' && exists $answer->{failed};

    return $answer;
}


sub _answer {
    my ($self, $id, $seconds) = @_;

    my $end = mono() + slowly($seconds);

    while (1) {
        while ($self->{buf} =~ s/\A([^\n]*)\n//) {
            my $reply = $json->decode($1);
            return $reply->{answer} if $reply->{id} == $id;
        }

        my $left = $end - mono();
        return if $left <= 0;

        vec(my $r = '', fileno $self->{sock}, 1) = 1;
        next if select($r, undef, undef, $left) < 1;

        return if !sysread $self->{sock}, $self->{buf}, 65536,
            length $self->{buf};
    }
}


sub pid {
    return $_[0]{pid};
}


sub signal {
    my ($self, $name) = @_;

    return kill $name, $self->{pid};
}


sub alive {
    my ($self) = @_;

    return 0 if !$self->{pid};
    return 1 if waitpid($self->{pid}, WNOHANG) == 0;

    $self->{pid} = 0;
    return 0;
}


# Asks by closing the control socket, then TERM, then KILL.

sub stop {
    my ($self) = @_;

    close delete $self->{sock} if $self->{sock};
    return if !$self->{pid};

    for my $signal ('', 'TERM', 'KILL') {
        if ($signal) {
            kill 'CONT', $self->{pid};
            kill $signal, $self->{pid};
        }

        return if poll(sub { !$self->alive() }, $signal eq 'TERM' ? 2 : 1);
    }

    return;
}


sub DESTROY {
    my ($self) = @_;

    local ($., $@, $!, $^E, $?);
    $self->stop() if $self->{owner} == $$ && $self->{pid};
}


package Test::Restream::Child::Channel;

# The child's end of the control socket.


sub new {
    my ($class, $sock) = @_;

    $sock->blocking(0);

    return bless { sock => $sock, buf => '', open => 1 }, $class;
}


sub fd {
    return fileno $_[0]{sock};
}


sub ready {
    my ($self, %facts) = @_;

    return $self->answer({ id => 0 }, \%facts);
}


# The requests that have arrived.  When the parent closed, open() is false.

sub requests {
    my ($self) = @_;

    my $n = sysread $self->{sock}, $self->{buf}, 65536, length $self->{buf};
    $self->{open} = 0 if defined $n && $n == 0;

    my @requests;

    while ($self->{buf} =~ s/\A([^\n]*)\n//) {
        push @requests, $json->decode($1);
    }

    return @requests;
}


sub open {
    return $_[0]{open};
}


sub answer {
    my ($self, $request, $answer) = @_;

    my $line = $json->encode({ id => $request->{id}, answer => $answer })
        . "\n";

    while ($line ne '') {
        my $n = syswrite $self->{sock}, $line;

        if (defined $n) {
            substr $line, 0, $n, '';
            next;
        }

        return if !$!{EAGAIN};
        Test::Restream::Util::nap(0.001);
    }

    return;
}


1;

__END__

=head1 NAME

Test::Restream::Child - a forked helper with a control socket

=head1 SYNOPSIS

    my $child = Test::Restream::Child->new(
        name => 'echo', output => "$dir/echo.out",
        run => sub {
            my ($channel) = @_;

            $channel->ready();

            while ($channel->open()) {
                # wait for $channel->fd(), among others
                $channel->answer($_, $_->{text}) for $channel->requests();
            }
        });

    $child->call(do => 'echo', text => 'x');    # 'x'
    $child->signal('STOP');
    $child->stop();

=cut
