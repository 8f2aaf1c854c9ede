package Test::Restream::Ingest::Auth;

# The server's side of the two authentications that publishing servers use:
# Adobe's and Limelight's.  Each step is answered by _error and asks the
# client for another connection.

use warnings;
use strict;

use Digest::MD5 qw/md5_base64 md5_hex/;

use constant {
    SALT      => 'c2FsdHk=',
    CHALLENGE => 'Y2hhbGxlbmdl',
    OPAQUE    => 'b3BhcXVl',
    NONCE     => 'bm9uY2VuY2U=',
    PREFIX    => '[ AccessManager.Reject ] : [ authmod=%s ] : ',
};


# The description of the refusal that the app of a connect deserves; nothing
# if it carries the right answer.  mode adobe or llnw, user, password

sub refusal {
    my ($app, %o) = @_;

    my ($path, $query) = split /\?/, $app, 2;
    my %args = map { split /=/, $_, 2 } split /&/, defined $query ? $query : '';
    my $mode = $o{mode};

    return '[ AccessManager.Reject ] : [ code=403 need auth; authmod='
           . "$mode ] : "
        if ($args{authmod} || '') ne $mode;

    my $prefix = sprintf PREFIX, $mode;

    return "$prefix?reason=nosuchuser&opaque=" . OPAQUE
        if ($args{user} || '') ne $o{user};

    my $response = $args{response};

    if (!defined $response) {
        return "$prefix?reason=needauth&user=$o{user}&"
            . ($mode eq 'adobe'
                ? join '&', 'salt=' . SALT, 'challenge=' . CHALLENGE,
                    'opaque=' . OPAQUE
                : 'nonce=' . NONCE);
    }

    my $right = $mode eq 'adobe' ? _adobe(\%args, %o)
        : _llnw($path, \%args, %o);

    return $response eq $right ? ()
        : "$prefix?reason=authfailed&opaque=" . OPAQUE;
}


sub _adobe {
    my ($args, %o) = @_;

    my $hash = md5_base64("$o{user}" . SALT . $o{password}) . '==';
    my $challenge = defined $args->{challenge} ? $args->{challenge} : '';

    return md5_base64($hash . OPAQUE . $challenge) . '==';
}


sub _llnw {
    my ($path, $args, %o) = @_;

    my ($nonce, $cnonce, $nc) = map { defined $args->{$_} ? $args->{$_} : '' }
        qw/nonce cnonce nc/;
    my $app = $path =~ m{/} ? $path : "$path/_definst_";
    my $first = md5_hex("$o{user}:live:$o{password}");
    my $second = md5_hex("publish:/$app");

    return md5_hex("$first:$nonce:$nc:$cnonce:auth:$second");
}


1;

__END__

=head1 NAME

Test::Restream::Ingest::Auth - Adobe and Limelight authentication

=head1 SYNOPSIS

    my $text = Test::Restream::Ingest::Auth::refusal($app,
        mode => 'adobe', user => 'u', password => 'p');

=cut
