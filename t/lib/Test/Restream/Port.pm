package Test::Restream::Port;

# Free TCP ports on loopback, each locked against tests that run at the same
# time by a UDP socket that is bound to the same number until the test ends.

use warnings;
use strict;

use IO::Socket::INET;

use constant {
    FIRST => 10000,             # below the ephemeral ports
    COUNT => 20000,
};


sub new {
    my ($class) = @_;

    return bless { ports => {}, locks => [] }, $class;
}


# The port that stands for n in this test.

sub get {
    my ($self, $n) = @_;

    return $self->{ports}{$n} ||= $self->_reserve();
}


sub _reserve {
    my ($self) = @_;

    for (1 .. 1000) {
        my $port = FIRST + int rand COUNT;

        my $lock = IO::Socket::INET->new(
            Proto => 'udp', LocalAddr => '127.0.0.1', LocalPort => $port)
            or next;

        IO::Socket::INET->new(
            Proto => 'tcp', LocalAddr => '0.0.0.0', LocalPort => $port,
            Listen => 1) or next;

        push @{$self->{locks}}, $lock;
        return $port;
    }

    die "no free port\n";
}


1;

__END__

=head1 NAME

Test::Restream::Port - free ports, one test each

=head1 SYNOPSIS

    my $ports = Test::Restream::Port->new();
    my $port = $ports->get(80);             # the same at each call

=cut
