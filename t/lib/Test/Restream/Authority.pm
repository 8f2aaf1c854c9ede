package Test::Restream::Authority;

# The HTTP server that on_publish asks: each publish is answered when the test
# has decided, and not before.

use warnings;
use strict;

use IO::Select;
use IO::Socket::IP;

use Test::Restream;


# port: a number of %%PORT_n%%

sub new {
    my ($class, $t, $port) = @_;

    my $self = bless { t => $t, port => $t->port($port) }, $class;

    $t->run_daemon(sub { $self->_run() }, name => 'authority');

    wait_until { IO::Socket::IP->new(PeerHost => '127.0.0.1',
                                     PeerPort => $self->{port}) }
        10, 'the authority listens';

    return $self;
}


# The status code for the publishes of a stream, those that wait and those to
# come.

sub decide {
    my ($self, $name, $code) = @_;

    my $path = $self->_path($name);

    $self->{t}->write_file("answer-$name.new", $code);
    rename "$path.new", $path or die "rename() failed: $!\n";
    return;
}


sub _path {
    my ($self, $name) = @_;

    return $self->{t}->dir() . "/answer-$name";
}


sub _run {
    my ($self) = @_;

    my $listener = IO::Socket::IP->new(
        LocalHost => '127.0.0.1', LocalPort => $self->{port}, Listen => 10,
        ReuseAddr => 1) or die "listen on $self->{port}: $@\n";
    my $select = IO::Select->new($listener);
    my (%waiting, %buf);

    while (1) {
        for my $sock ($select->can_read(0.01)) {
            if ($sock == $listener) {
                $select->add(scalar $listener->accept());

            } elsif (!sysread $sock, $buf{$sock}, 4096,
                     length($buf{$sock} || ''))
            {
                $select->remove($sock);

            } elsif ($buf{$sock} =~ /[?&\n]name=(\w+)/) {
                $waiting{$sock} = [$sock, $1];
            }
        }

        for my $id (keys %waiting) {
            my ($sock, $name) = @{$waiting{$id}};

            open my $fh, '<', $self->_path($name) or next;
            syswrite $sock, 'HTTP/1.1 ' . readline($fh) . " so\r\n"
                . "Content-Length: 0\r\nConnection: close\r\n\r\n";

            $select->remove($sock);
            delete @$_{$id} for \%waiting, \%buf;
            close $sock;
        }
    }
    return;
}


1;

__END__

=head1 NAME

Test::Restream::Authority - what on_publish asks

=head1 SYNOPSIS

    my $authority = Test::Restream::Authority->new($t, 2);
                            # on_publish http://127.0.0.1:%%PORT_2%%/;

    my $pub = $t->publish('live/show', wait => 0);
    $authority->decide(show => 403);

=cut
