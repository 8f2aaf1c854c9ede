package Test::Restream::FLV;

# FLV files as lists of tags, written by hand: also what FFmpeg's muxer does
# not write.
#
# src: Adobe FLV 10.1, E.2-E.4

use warnings;
use strict;

use Exporter qw/import/;

our @EXPORT_OK = qw/read_flv write_flv audio video script/;

use constant {
    HEADER => 13,               # with the size of no tag behind it
    TAG    => 11,
    BACK   => 4,
};


# [{ type, ts, data }, ...] of a whole file; dies where it is none.

sub read_flv {
    my ($flv) = @_;

    die "no FLV\n"
        if substr($flv, 0, 4) ne "FLV\x01" || length $flv < HEADER;

    my @tags;
    my $p = HEADER;

    while ($p < length $flv) {
        my ($type, $high, $low, $ts, $ext)
            = unpack 'C C n a3 C', substr $flv, $p, 8;
        my $size = $high << 16 | $low;

        die "a tag is cut off\n" if $p + TAG + $size + BACK > length $flv;

        my $back = unpack 'N', substr $flv, $p + TAG + $size, BACK;
        die "wrong size behind a tag\n" if $back != TAG + $size;

        push @tags, {
            type => $type,
            ts => $ext << 24 | unpack('N', "\0$ts"),
            data => substr $flv, $p + TAG, $size,
        };

        $p += TAG + $size + BACK;
    }

    return \@tags;
}


sub write_flv {
    my (@tags) = @_;

    return pack('a3 C C N N', 'FLV', 1, 5, 9, 0)
        . join '', map { _tag($_) } @tags;
}


sub _tag {
    my ($tag) = @_;

    my $size = length $tag->{data};
    my $ts = $tag->{ts};

    return pack('C C n C n C a3', $tag->{type}, $size >> 16, $size & 0xffff,
                $ts >> 16 & 0xff, $ts & 0xffff, $ts >> 24 & 0xff, '')
        . $tag->{data} . pack('N', TAG + $size);
}


# The tags of a type.

sub audio  { return grep { $_->{type} == 8 } @_ }
sub video  { return grep { $_->{type} == 9 } @_ }
sub script { return grep { $_->{type} == 18 } @_ }


1;

__END__

=head1 NAME

Test::Restream::FLV - FLV files as lists of tags

=head1 SYNOPSIS

    my $tags = read_flv($bytes);
    my $bytes = write_flv({ type => 8, ts => 40, data => "\xaf\x01..." });

=cut
