package Test::Restream::Netns;

# Network namespaces: a test goes into one of its own, and peers into further
# ones, each at the other end of a veth pair.  There packets can be dropped and
# routes broken without harm.
#
# Nothing has to be cleaned up: a namespace lives as long as a process in it,
# and each process here dies with the test.

use warnings;
use strict;

use POSIX ();

use Test::Restream::Child;
use Test::Restream::Util qw/syscall_number/;

use constant CLONE_NEWNET => 0x40000000;

my $isolated;
my $count = 0;


# Why there can be no namespace; nothing if there can.

sub unavailable {
    return 'needs root' if $> != 0;
    return 'syscall.ph does not know unshare and setns'
        if grep { !defined syscall_number($_) } qw/unshare setns/;

    for my $program (qw/ip nft/) {
        return "needs $program"
            if !grep { -x "$_/$program" } split(/:/, $ENV{PATH}),
                qw{/sbin /usr/sbin};
    }

    return;
}


# The calling process, and all it starts from now on, gets a network of its
# own with nothing but loopback.

sub isolate {
    return if $isolated;

    _unshare();
    $isolated = 1;

    return;
}


sub _unshare {
    syscall(syscall_number('unshare'), CLONE_NEWNET) == 0
        or die "unshare() failed: $!\n";
    _command('ip', 'link', 'set', 'lo', 'up');
    return;
}


sub _command {
    my (@command) = @_;

    local $ENV{PATH} = "$ENV{PATH}:/sbin:/usr/sbin";
    system(@command) == 0 or die "\"@command\" failed\n";
    return;
}


# name, output (file).  The test must be isolated.

sub new {
    my ($class, %o) = @_;

    die "not isolated\n" if !$isolated;

    my $n = ++$count;

    die "no more networks\n" if $n > 250;

    my $self = bless {
        name => $o{name}, n => $n, addr => "10.77.$n.2",
        gateway => "10.77.$n.1", addr6 => "fd77:$n\::2",
        gateway6 => "fd77:$n\::1", device => "veth$n",
    }, $class;

    $self->{child} = Test::Restream::Child->new(
        name => "netns $o{name}", output => $o{output},
        run => sub { _hold($self, @_) });

    my $pid = $self->{child}->pid();
    my @own = ("veth$n", 'eth0');

    _command('ip', 'link', 'add', $own[0], 'type', 'veth', 'peer', 'name',
             $own[1], 'netns', $pid);
    _command('ip', 'addr', 'add', "$self->{gateway}/24", 'dev', $own[0]);
    _command('ip', '-6', 'addr', 'add', "$self->{gateway6}/64", 'dev',
             $own[0], 'nodad') if -e '/proc/sys/net/ipv6';
    _command('ip', 'link', 'set', $own[0], 'up');
    $self->{child}->call(do => 'configure');

    return $self;
}


# The process that keeps the namespace.

sub _hold {
    my ($self, $channel) = @_;

    _unshare();
    $channel->ready();

    while ($channel->open()) {
        vec(my $r = '', $channel->fd(), 1) = 1;
        select $r, undef, undef, undef;

        for my $request ($channel->requests()) {
            my $done = eval { _configure($self); 1 };
            $channel->answer($request, $done ? {} : { failed => $@ });
        }
    }
    return;
}


sub _configure {
    my ($self) = @_;

    _command('ip', 'addr', 'add', "$self->{addr}/24", 'dev', 'eth0');
    _command('ip', '-6', 'addr', 'add', "$self->{addr6}/64", 'dev', 'eth0',
             'nodad') if -e '/proc/sys/net/ipv6';
    _command('ip', 'link', 'set', 'eth0', 'up');
    _command('ip', 'route', 'add', 'default', 'via', $self->{gateway});
    return;
}


# Address in the namespace, and ours on the way to it.

sub addr     { return $_[0]{addr} }
sub addr6    { return $_[0]{addr6} }
sub gateway  { return $_[0]{gateway} }
sub gateway6 { return $_[0]{gateway6} }


# The calling process moves into the namespace.

sub enter {
    my ($self) = @_;

    my $path = '/proc/' . $self->{child}->pid() . '/ns/net';

    open my $fh, '<', $path or die "open() \"$path\" failed: $!\n";
    syscall(syscall_number('setns'), fileno $fh, CLONE_NEWNET) == 0
        or die "setns() failed: $!\n";
    close $fh;

    return;
}


# Runs a command in the namespace; called on the class, in the test's own.
# Returns its output; dies if it fails.

sub command {
    my ($self, @command) = @_;

    local $ENV{PATH} = "$ENV{PATH}:/sbin:/usr/sbin";
    unshift @command, 'nsenter', '-t', $self->{child}->pid(), '-n'
        if ref $self;

    open my $fh, '-|', @command or die "\"@command\" failed: $!\n";
    my $output = join '', readline $fh;
    close $fh or die "\"@command\" failed\n";

    return $output;
}


# Rules as nft(8) takes them, in the namespace or, called on the class, in the
# test's own.

sub nft {
    my ($self, $rules) = @_;

    return $self->command('nft', $rules);
}


# No packet comes or goes any more, and nobody is told; until heal().

sub blackhole {
    my ($self) = @_;

    $self->nft('table inet hole {
        chain in { type filter hook input priority 0; policy drop; }
        chain out { type filter hook output priority 0; policy drop; }
    }');
    return;
}


sub heal {
    my ($self) = @_;

    $self->nft('delete table inet hole');
    return;
}


sub stop {
    return $_[0]{child}->stop();
}


1;

__END__

=head1 NAME

Test::Restream::Netns - networks of a test

=head1 SYNOPSIS

    my $t = Test::Restream->new(netns => 1);
    my $far = $t->netns('far');
    my $in = $t->ingest(port => 1, netns => $far);  # listens on $far->addr()

    $far->blackhole();
    $far->heal();
    $far->nft('add rule ...');
    Test::Restream::Netns->command(qw/ip route add unreachable 192.0.2.1/);

=cut
