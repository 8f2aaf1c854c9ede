package Test::Restream::Status;

# What tests read out of a status.

use warnings;
use strict;

use Exporter qw/import/;
use Time::Local qw/timegm/;

our @EXPORT = qw/at_ms retry_ms/;


# Milliseconds since 1970 of an RFC 3339 time as the module writes it; nothing
# of anything else.

sub at_ms {
    my ($text) = @_;

    my @part = (defined $text ? $text : '')
        =~ /\A(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.(\d{3})Z\z/ or return;

    return timegm(@part[5, 4, 3, 2], $part[1] - 1, $part[0]) * 1000 + $part[6];
}


# How long a destination that waits waits, in ms.

sub retry_ms {
    my ($destination) = @_;

    my $next = at_ms($destination->{stats}{nextAttemptAt});

    return defined $next ? $next - at_ms($destination->{reason}{at}) : undef;
}


1;

__END__

=head1 NAME

Test::Restream::Status - what tests read out of a status

=head1 SYNOPSIS

    my $dst = $t->destination('live', 'show', 'a');
    my $at = at_ms($dst->{since});
    is(retry_ms($dst), 30_000, 'half a minute');

=cut
