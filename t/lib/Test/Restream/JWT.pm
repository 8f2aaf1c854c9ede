package Test::Restream::JWT;

# JSON Web Tokens, right and wrong ones, and keys for them; by openssl(1).

use warnings;
use strict;

use Digest::SHA qw/hmac_sha256/;
use JSON::PP ();
use MIME::Base64 qw/encode_base64url/;

my %generate = (
    RS256 => [qw/-algorithm RSA -pkeyopt rsa_keygen_bits:2048/],
    ES256 => [qw/-algorithm EC -pkeyopt ec_paramgen_curve:P-256/],
    EdDSA => [qw/-algorithm ED25519/],
);


# Keys go to files of this directory.

sub new {
    my ($class, $dir) = @_;

    return bless { dir => $dir, n => 0 }, $class;
}


# A new key { alg, private, public }: paths of files in PEM; of HS256 both are
# the file of the secret.

sub key {
    my ($self, $alg) = @_;

    my $path = sprintf '%s/jwt-%d', $self->{dir}, ++$self->{n};

    if ($alg eq 'HS256') {
        _run('openssl', 'rand', '-hex', '-out', $path, 32);
        return { alg => $alg, private => $path, public => $path };
    }

    _run('openssl', 'genpkey', @{$generate{$alg}}, '-out', "$path.key");
    _run('openssl', 'pkey', '-in', "$path.key", '-pubout', '-out', "$path.pem");

    return { alg => $alg, private => "$path.key", public => "$path.pem" };
}


# claims: expires within ten minutes if they do not say; header: all of it, if
# it is not { alg, typ }

sub token {
    my ($self, $key, $claims, %o) = @_;

    my $json = JSON::PP->new()->canonical();
    my $header = exists $o{header} ? $o{header}
        : { alg => $key->{alg}, typ => 'JWT' };
    my $payload = { exp => time + 600, %$claims };
    my $input = join '.',
        map { encode_base64url(ref $_ ? $json->encode($_) : $_) }
            $header, $payload;

    return "$input." . encode_base64url($self->sign($key, $input));
}


sub sign {
    my ($self, $key, $input) = @_;

    if ($key->{alg} eq 'HS256') {
        (my $secret = _slurp($key->{private})) =~ s/\n\z//;
        return hmac_sha256($input, $secret);
    }

    my $path = "$self->{dir}/jwt-input";

    open my $fh, '>', $path or die "open() \"$path\" failed: $!\n";
    print $fh $input;
    close $fh or die "close() \"$path\" failed: $!\n";

    _run('openssl', 'pkeyutl', '-sign', '-rawin', '-inkey', $key->{private},
         '-in', $path, '-out', "$path.sig",
         $key->{alg} eq 'EdDSA' ? () : ('-digest', 'sha256'));

    my $signature = _slurp("$path.sig");

    return $key->{alg} eq 'ES256' ? _raw($signature) : $signature;
}


# r and s of 32 bytes each, out of DER

sub _raw {
    my ($der) = @_;

    my ($r, $s) = unpack 'x3 C/a x C/a', $der;

    return join '', map { substr "\0" x 32 . $_, -32 } $r, $s;
}


sub _run {
    my (@command) = @_;

    open my $out, '-|', "@command 2>&1" or die "$command[0]: $!\n";
    my $said = do { local $/; <$out> };
    close $out or die "@command: $said\n";

    return;
}


sub _slurp {
    my ($path) = @_;

    open my $fh, '<:raw', $path or die "open() \"$path\" failed: $!\n";
    local $/;
    return scalar <$fh>;
}


1;

__END__

=head1 NAME

Test::Restream::JWT - JSON Web Tokens, right and wrong ones

=head1 SYNOPSIS

    my $jwt = Test::Restream::JWT->new($t->dir());
    my $key = $jwt->key('ES256');           # { alg, private, public }
    my $token = $jwt->token($key, { sub => 'alice', scope => 'read' });

=cut
