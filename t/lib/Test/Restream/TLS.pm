package Test::Restream::TLS;

# Certificates of a test: an authority and servers, good and bad, made anew in
# the test's directory, and the server side of TLS without blocking.

use warnings;
use strict;

use Fcntl qw/LOCK_EX/;
use IO::Socket::SSL;
use IO::Socket::SSL::Utils;

use constant DAY => 86400;

my %kinds = (
    good    => { names => ['localhost', 'ingest.test', '127.0.0.1', '::1'] },
    expired => { names => ['localhost', '127.0.0.1'], days => [-30, -1] },
    future  => { names => ['localhost', '127.0.0.1'], days => [1, 30] },
    wrong   => { names => ['elsewhere.test'] },
    self    => { names => ['localhost', '127.0.0.1'], self => 1 },
);


sub new {
    my ($class, $dir) = @_;

    my $self = bless { dir => $dir }, $class;

    ($self->{ca}, $self->{ca_key}) = CERT_create(
        CA => 1, subject => { commonName => 'restream test authority' },
        key => KEY_create_ec('prime256v1'), not_before => time - DAY,
        not_after => time + 30 * DAY);

    PEM_cert2file($self->{ca}, $self->ca_file());

    return $self;
}


sub ca_file {
    return "$_[0]{dir}/ca.pem";
}


# (certificate file, key file) of a kind: good, expired, future, wrong (made
# for another host) or self (signed by itself).

sub files {
    my ($self, $kind) = @_;

    my $what = $kinds{$kind} or die "no certificate \"$kind\"\n";
    my @files = map { "$self->{dir}/$kind.$_" } qw/pem key/;

    # several ingests may want them at the same time

    open my $lock, '>', "$self->{dir}/$kind.lock" or die "open(): $!\n";
    flock $lock, LOCK_EX;

    return @files if -f $files[1];

    my ($from, $to) = @{$what->{days} || [-1, 30]};
    my ($cert, $key) = CERT_create(
        subject => { commonName => $what->{names}[0] },
        subjectAltNames => [
            map { [/\A[\d.]+\z|:/ ? 'IP' : 'DNS', $_] } @{$what->{names}}
        ],
        purpose => 'server', key => KEY_create_ec('prime256v1'),
        not_before => time + $from * DAY, not_after => time + $to * DAY,
        $what->{self} ? () : (issuer => [@$self{qw/ca ca_key/}]));

    PEM_cert2file($cert, $files[0]);
    PEM_key2file($key, $files[1]);
    CERT_free($cert);
    KEY_free($key);

    return @files;
}


# A server's context.  version: as IO::Socket::SSL's SSL_version, "TLSv1_2".

sub context {
    my ($self, $kind, %o) = @_;

    my ($cert, $key) = $self->files($kind);

    return IO::Socket::SSL::SSL_Context->new(
        SSL_server => 1, SSL_cert_file => $cert, SSL_key_file => $key,
        SSL_version => $o{version} || 'SSLv23:!SSLv2:!SSLv3',
        $o{ciphers} ? (SSL_cipher_list => $o{ciphers}) : (),
    ) || die "TLS context: $SSL_ERROR\n";
}


# Makes an accepted socket a TLS one; the handshake is done by shake().

sub upgrade {
    my ($sock, $context) = @_;

    return IO::Socket::SSL->start_SSL($sock, SSL_server => 1,
        SSL_reuse_ctx => $context, SSL_startHandshake => 0)
        || die "start_SSL: $SSL_ERROR\n";
}


# Goes on with the handshake: 1 done, 0 call again when the socket is ready,
# undef failed ($SSL_ERROR tells).

sub shake {
    my ($sock) = @_;

    return 1 if $sock->accept_SSL();

    return $SSL_ERROR == SSL_WANT_READ || $SSL_ERROR == SSL_WANT_WRITE
        ? 0 : undef;
}


sub would_block {
    return $SSL_ERROR == SSL_WANT_READ || $SSL_ERROR == SSL_WANT_WRITE;
}


sub facts {
    my ($sock) = @_;

    return (version => $sock->get_sslversion(), cipher => $sock->get_cipher(),
            sni => scalar $sock->get_servername());
}


1;

__END__

=head1 NAME

Test::Restream::TLS - certificates good and bad, TLS servers

=head1 SYNOPSIS

    my $tls = Test::Restream::TLS->new($dir);
    my ($cert, $key) = $tls->files('expired');
    # restream_ssl_trusted_certificate: $tls->ca_file()

=cut
