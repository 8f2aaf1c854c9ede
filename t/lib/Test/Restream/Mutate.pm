package Test::Restream::Mutate;

# Bytes and messages made wrong at random: rand() decides, so that whoever calls
# srand() gets the same again.

use warnings;
use strict;

use Exporter qw/import/;
use JSON::PP ();

our @EXPORT_OK = qw/below pick spoil spoil_json spoil_message/;

use constant {
    CHANGES => 4,               # of a piece, at most
    REACH   => 16,              # bytes of a change
    CSID_2  => 64,              # the first in a basic header of 2 bytes
    CSID_3  => 320,
};


# limits of lengths, numbers, times; four bytes of which the last ones are used

my @numbers = map { pack 'N', $_ }
    0, 1, 2, 3, 4, 9, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffff,
    0x800000, 0xfffffe, 0xffffff, 0x1000000, 0x7fffffff, 0x80000000,
    0xfffffffe, 0xffffffff;

# of messages, those there are and those there are not

my @types = (0 .. 10, 14 .. 20, 22, 23, 127, 128, 255);
my @csids = (2 .. 8, 31, 32, 63, 64, 65, 319, 320, 321, 65599);
my @times = (0, 1, 2, 0x7fff, 0xfffffe, 0xffffff, 0x1000000, 0x7fffffff,
             0x80000000, 0xfffffff0, 0xffffffff);


sub below { return int rand $_[0] }
sub pick  { return $_[int rand @_] }


# Some changes of a few bytes each.

my @changes = (

    sub {
        my ($bytes) = @_;

        substr $$bytes, below(length $$bytes), 1, chr below(256);
    },

    sub {
        my ($bytes) = @_;

        my $at = below(length $$bytes);

        substr $$bytes, $at, 1, chr(ord(substr $$bytes, $at, 1)
                                    ^ 1 << below(8));
    },

    sub {
        my ($bytes) = @_;

        my $number = _number();
        my $at = below(length $$bytes);

        substr $$bytes, $at, length $number, $number;
    },

    sub {
        my ($bytes) = @_;

        substr $$bytes, below(1 + length $$bytes), 0,
            pick(_number(), join '', map { chr below(256) }
                            0 .. below(REACH));
    },

    sub {
        my ($bytes) = @_;

        substr $$bytes, below(length $$bytes), 1 + below(REACH), '';
    },

    # the end is missing; a piece is there twice

    sub {
        my ($bytes) = @_;

        substr $$bytes, below(length $$bytes), length $$bytes, '';
    },

    sub {
        my ($bytes) = @_;

        substr $$bytes, below(length $$bytes), 0,
            substr $$bytes, below(length $$bytes), 1 + below(REACH);
    },
);


sub spoil {
    my ($bytes) = @_;

    for (0 .. below(CHANGES)) {
        return join '', map { chr below(256) } 0 .. below(REACH)
            if $bytes eq '';

        pick(@changes)->(\$bytes);
    }

    return $bytes;
}


sub _number {
    return substr pick(@numbers), below(4);
}


# A JSON value that is well-formed and wrong: some of it is of another type, too
# large, too deep, missing, there twice, or named otherwise.

my $json = JSON::PP->new()->utf8()->canonical()->allow_nonref();

# texts of values, right ones of other members among them

my @values = ('null', 'true', 'false', '0', '-0', '1', '-1', '1.5', '1e3',
    '1E400', '2147483648', '4294967296', '9223372036854775807',
    '9223372036854775808', '-9223372036854775809', '""', '"a"', '" "',
    '"\\u0000"', '"\\ud800"',
    '"\\u202e"', '"\\n"', '"name:x"', '"d_0123456789abcdef"', '"../.."',
    '"auto"', '"rtmp://h.example/app"', '"rtmps://u:p@[::1]:1/a/k?x=%00"',
    '"rtmp://"', '"1970-01-01T00:00:00Z"', '[]', '{}', '[null]', '[[]]',
    '{"":{}}', '{"name":"a"}', '[{"name":"a"},{"name":"a"}]',
    '"' . 'x' x 101 . '"', '"' . 'x' x 2049 . '"', '"' . "\xc3\xa4" x 300 . '"',
    '[' x 15 . ']' x 15, '[' x 17 . ']' x 17, '{"a":' x 17 . '1' . '}' x 17,
    '[' . join(',', (0) x 2000) . ']',
    '{' . join(',', map { qq("m$_":1) } 1 .. 200) . '}');
my @members = qw/app name destinations maximum url key title description audio
    enabled id state stats keyHint origin reason lastError version createdAt
    updatedAt live broadcasting ingest configured __proto__ Name/;


sub spoil_json {
    my ($value) = @_;

    my @wrong = map { { at => below(_nodes($value)), how => below(8) } }
        0 .. below(3);
    my $n = 0;

    return _written($value, \$n, @wrong);
}


sub _nodes {
    my ($value) = @_;

    my $n = 1;

    $n += _nodes($_) for ref $value eq 'HASH' ? values %$value
        : ref $value eq 'ARRAY' ? @$value : ();

    return $n;
}


sub _written {
    my ($value, $n, @wrong) = @_;

    my ($wrong) = grep { $_->{at} == $$n } @wrong;

    $$n++;

    if (ref $value eq 'ARRAY') {
        my @items = map { _written($_, $n, @wrong) } @$value;

        push @items, pick(@items, @values) if $wrong && $wrong->{how} < 4;

        return '[' . join(',', @items) . ']' if !$wrong || $wrong->{how} < 4;
    }

    if (ref $value eq 'HASH') {
        my @items = map { "\"$_\":" . _written($value->{$_}, $n, @wrong) }
            sort keys %$value;

        splice @items, below(1 + @items), 0, pick(
            @items, map { '"' . pick(@members) . '":' . pick(@values) } 1 .. 5)
            if $wrong && $wrong->{how} < 3;
        splice @items, below(scalar @items), 1
            if @items && $wrong && $wrong->{how} == 3;

        return '{' . join(',', @items) . '}' if !$wrong || $wrong->{how} < 5;
    }

    return $wrong ? pick(@values) : $json->encode($value);
}


# A message for Test::Restream::RTMP::Chunk::Writer with a header that is not
# its own, or not written as it should be.

my @overrides = (
    sub { (type => pick(@types)) },
    sub { (type => below(256)) },
    sub { (csid => pick(@csids)) },
    sub { (msid => pick(0, 1, 2, 0xffffff, 0xffffffff, below(2 ** 32))) },
    sub { (ts => pick(@times, below(2 ** 32))) },
    sub { (field => pick(@times, below(2 ** 24))) },
    sub { (fmt => below(4)) },
    sub { (extended => 1) },
    sub { (extended => 1, repeat => 0) },
    sub {
        my ($msg) = @_;

        my $size = length $msg->{payload};

        (length => pick($size + 1, $size > 0 ? $size - 1 : 1, 2 * $size,
                        int $size / 2, 0, 0xffff, 0xffffff));
    },
    sub {
        my ($msg) = @_;

        (form => $msg->{csid} >= CSID_2 && $msg->{csid} < CSID_3 ? 3 : undef);
    },
);


sub spoil_message {
    my ($msg) = @_;

    my %spoilt = (%$msg, keep => 1);

    %spoilt = (%spoilt, pick(@overrides)->(\%spoilt)) for 0 .. below(2);

    return \%spoilt;
}


1;

__END__

=head1 NAME

Test::Restream::Mutate - bytes and messages made wrong at random

=head1 SYNOPSIS

    srand $seed;
    my $bytes = spoil($payload);
    my $text = spoil_json({ name => 'a', destinations => [] });
    my $msg = spoil_message({ type => 9, ts => 0, csid => 6, msid => 1,
                              payload => $bytes });
    my $wire = $writer->encode($msg);

=cut
