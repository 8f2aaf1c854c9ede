package Test::Restream::RTMP::AMF;

# AMF0, both ways, with the means to write wrong bytes.

use warnings;
use strict;

use Exporter qw/import/;
use JSON::PP ();

our @EXPORT_OK = qw/amf_encode amf_decode num str obj ecma strict_array date
    undefined raw/;
our %EXPORT_TAGS = (all => \@EXPORT_OK);

use constant {
    NUMBER      => 0x00,
    BOOLEAN     => 0x01,
    STRING      => 0x02,
    OBJECT      => 0x03,
    NULL        => 0x05,
    UNDEFINED   => 0x06,
    REFERENCE   => 0x07,
    ECMA_ARRAY  => 0x08,
    OBJECT_END  => 0x09,
    STRICT      => 0x0a,
    DATE        => 0x0b,
    LONG_STRING => 0x0c,
    UNSUPPORTED => 0x0d,
    XML         => 0x0f,
    TYPED       => 0x10,
    MAX_DEPTH   => 64,
};

my $number = qr/\A-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?\z/;


# Constructors, for what a plain Perl value does not tell.

sub num          { return bless ['num', @_], __PACKAGE__ }
sub str          { return bless ['str', @_], __PACKAGE__ }
sub obj          { return bless ['obj', @_], __PACKAGE__ }
sub ecma         { return bless ['ecma', @_], __PACKAGE__ }
sub strict_array { return bless ['strict', @_], __PACKAGE__ }
sub date         { return bless ['date', @_], __PACKAGE__ }
sub undefined    { return bless ['undefined'], __PACKAGE__ }
sub raw          { return bless ['raw', @_], __PACKAGE__ }


my %encoders = (
    num       => sub { pack 'Cd>', NUMBER, $_[0] },
    str       => sub { _string($_[0]) },
    obj       => sub { chr(OBJECT) . _pairs(@_) },
    ecma      => sub { pack('CN', ECMA_ARRAY, @_ / 2) . _pairs(@_) },
    strict    => sub {
        pack('CN', STRICT, scalar @_) . join '', map { _value($_) } @_
    },
    date      => sub { pack 'Cd>n', DATE, $_[0], 0 },
    undefined => sub { chr UNDEFINED },
    raw       => sub { $_[0] },
);


sub amf_encode {
    return join '', map { _value($_) } @_;
}


sub _value {
    my ($value) = @_;

    return chr NULL if !defined $value;

    my $ref = ref $value;

    if ($ref eq '') {
        return pack 'Cd>', NUMBER, $value if $value =~ $number;
        return _string($value);
    }

    if ($ref eq __PACKAGE__) {
        my ($kind, @args) = @$value;
        return $encoders{$kind}->(@args);
    }

    return pack 'CC', BOOLEAN, $$value ? 1 : 0
        if $ref eq 'SCALAR' || JSON::PP::is_bool($value);

    return $encoders{strict}->(@$value) if $ref eq 'ARRAY';

    return $encoders{obj}->(map { $_ => $value->{$_} } sort keys %$value)
        if $ref eq 'HASH';

    die "amf: cannot encode a $ref";
}


sub _string {
    my ($text) = @_;

    return length $text > 65535 ? pack('CN/a*', LONG_STRING, $text)
        : pack 'Cn/a*', STRING, $text;
}


sub _pairs {
    my (@pairs) = @_;

    my $out = '';

    while (my ($key, $value) = splice @pairs, 0, 2) {
        $out .= pack('n/a*', $key) . _value($value);
    }

    return $out . pack 'nC', 0, OBJECT_END;
}


# All values in the bytes, or dies with what is wrong at which offset.  With
# ordered => 1 objects are lists [key, value, ...] in the order of the wire.

sub amf_decode {
    my ($bytes, %o) = @_;

    my $in = { bytes => $bytes, pos => 0, ordered => $o{ordered} };
    my @values;

    while ($in->{pos} < length $bytes) {
        push @values, _read($in, 0);
    }

    return @values;
}


sub _take {
    my ($in, $size) = @_;

    my $pos = $in->{pos};

    die "amf: truncated at offset $pos\n"
        if $pos + $size > length $in->{bytes};

    $in->{pos} = $pos + $size;

    return substr $in->{bytes}, $pos, $size;
}


my %readers = (
    NUMBER()      => sub { unpack 'd>', _take($_[0], 8) },
    BOOLEAN()     => sub {
        ord _take($_[0], 1) ? JSON::PP::true() : JSON::PP::false()
    },
    STRING()      => sub { _take($_[0], unpack 'n', _take($_[0], 2)) },
    LONG_STRING() => sub { _take($_[0], unpack 'N', _take($_[0], 4)) },
    XML()         => sub { _take($_[0], unpack 'N', _take($_[0], 4)) },
    NULL()        => sub { undef },
    UNDEFINED()   => sub { undef },
    UNSUPPORTED() => sub { undef },
    REFERENCE()   => sub { unpack 'n', _take($_[0], 2) },
    DATE()        => sub { unpack 'd>', _take($_[0], 10) },
    OBJECT()      => sub { _read_pairs(@_) },
    ECMA_ARRAY()  => sub { _take($_[0], 4); _read_pairs(@_) },
    TYPED()       => sub {
        _take($_[0], unpack 'n', _take($_[0], 2));
        _read_pairs(@_);
    },
    STRICT()      => sub {
        my ($in, $depth) = @_;
        my $count = unpack 'N', _take($in, 4);
        my @values;
        push @values, _read($in, $depth) while @values < $count;
        return \@values;
    },
);


sub _read {
    my ($in, $depth) = @_;

    die "amf: deeper than " . MAX_DEPTH . "\n" if $depth > MAX_DEPTH;

    my $at = $in->{pos};
    my $marker = ord _take($in, 1);
    my $reader = $readers{$marker}
        or die sprintf "amf: unknown marker 0x%02x at offset %d\n", $marker,
            $at;

    return scalar $reader->($in, $depth + 1);
}


sub _read_pairs {
    my ($in, $depth) = @_;

    my @pairs;

    while (1) {
        my $key = _take($in, unpack 'n', _take($in, 2));

        if ($key eq ''
            && ord(substr $in->{bytes}, $in->{pos}, 1) == OBJECT_END)
        {
            $in->{pos}++;
            return $in->{ordered} ? \@pairs : { @pairs };
        }

        push @pairs, $key, _read($in, $depth);
    }
}


1;

__END__

=head1 NAME

Test::Restream::RTMP::AMF - AMF0 for peers that may lie

=head1 SYNOPSIS

    my $bytes = amf_encode('connect', 1, obj(app => 'live', fpad => \0));
    my ($name, $txn, $object) = amf_decode($bytes);

Plain values: undef is null, \1 and \0 are booleans, what looks like a number
is a number, other text a string, an array a strict array, a hash an object
with sorted keys.  num, str, obj, ecma, strict_array, date, undefined say it
exactly; raw puts any bytes in.

=cut
