package Test::Restream::HTTP;

# One HTTP/1.1 connection, kept alive: all its requests reach the same worker.

use warnings;
use strict;

use IO::Socket::IP;

use Test::Restream::Util qw/mono slowly/;


# port, host; nothing if the connection is refused

sub new {
    my ($class, %o) = @_;

    my $sock = IO::Socket::IP->new(
        PeerHost => $o{host} || '127.0.0.1', PeerPort => $o{port},
        Timeout => slowly(5)) or return;

    return bless { sock => $sock, buf => '' }, $class;
}


# { status, headers { lower case }, body }, or nothing if the connection ends
# or the deadline passes before the answer is complete.

sub request {
    my ($self, $method, $path, %o) = @_;

    my $body = defined $o{body} ? $o{body} : '';
    my %headers = (
        Host => 'localhost',
        $body ne '' && !exists(($o{headers} || {})->{'Transfer-Encoding'})
            ? ('Content-Length' => length $body) : (),
        %{$o{headers} || {}});
    my $text = "$method $path HTTP/1.1\r\n"
        . join('', map { "$_: $headers{$_}\r\n" } sort keys %headers)
        . "\r\n$body";

    $self->{until} = mono() + slowly($o{timeout} || 5);

    local $SIG{PIPE} = 'IGNORE';
    syswrite $self->{sock}, $text or return;

    my $head = $self->_take(qr/\A(.*?\r\n)\r\n/s) or return;
    my ($status) = $head =~ m{\AHTTP/1\.\d (\d+)} or return;
    my %got = map { /\A([^:]+):\s*(.*)/ ? (lc $1 => $2) : () }
        split /\r\n/, $head;

    my $size = $got{'content-length'};
    my $content = $status == 204 || $status == 304 || $method eq 'HEAD' ? ''
        : ($got{'transfer-encoding'} || '') eq 'chunked' ? $self->_chunks()
        : defined $size ? $self->_bytes($size) : $self->_rest();

    return if !defined $content;
    return { status => $status, headers => \%got, body => $content };
}


sub get {
    my ($self, $path, %o) = @_;

    return $self->request('GET', $path, %o);
}


sub _more {
    my ($self) = @_;

    my $left = $self->{until} - mono();
    return if $left <= 0;

    vec(my $r = '', fileno $self->{sock}, 1) = 1;
    return if select($r, undef, undef, $left) < 1;

    return sysread $self->{sock}, $self->{buf}, 65536, length $self->{buf};
}


sub _take {
    my ($self, $pattern) = @_;

    while (1) {
        return $1 if $self->{buf} =~ s/$pattern//;
        return if !$self->_more();
    }
}


sub _bytes {
    my ($self, $size) = @_;

    while (length $self->{buf} < $size) {
        $self->_more() or return;
    }

    return substr $self->{buf}, 0, $size, '';
}


sub _chunks {
    my ($self) = @_;

    my $body = '';

    while (defined(my $size = $self->_take(qr/\A([0-9a-fA-F]+)[^\n]*\n/))) {
        my $chunk = $self->_bytes(hex($size) + 2);

        return if !defined $chunk;
        return $body if hex $size == 0;

        $body .= substr $chunk, 0, -2;
    }

    return;
}


sub _rest {
    my ($self) = @_;

    1 while $self->_more();

    return $self->{buf};
}


1;

__END__

=head1 NAME

Test::Restream::HTTP - requests over one connection

=head1 SYNOPSIS

    my $http = Test::Restream::HTTP->new(port => $t->port(80));
    my $answer = $http->get('/restream/status');    # { status, headers, body }

=cut
