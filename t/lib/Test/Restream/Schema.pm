package Test::Restream::Schema;

# Values against the schemas of an OpenAPI 3.1 document: what of JSON Schema
# stands in ours, and an error about any other keyword.

use warnings;
use strict;

use B ();
use JSON::PP ();

my %keywords = (
    type => \&_type, enum => \&_enum, const => \&_const,
    required => \&_required, properties => \&_properties,
    additionalProperties => \&_additional, items => \&_items,
    anyOf => \&_any, pattern => \&_pattern, minLength => \&_length,
    maxLength => \&_length, minimum => \&_range, maximum => \&_range,
    map { $_ => sub { return } } qw/description format default readOnly
        writeOnly/,
);


# document: decoded

sub new {
    my ($class, $document) = @_;

    return bless { document => $document }, $class;
}


# What "#/components/..." stands for; anything else for itself.

sub resolve {
    my ($self, $node) = @_;

    while (ref $node eq 'HASH' && defined $node->{'$ref'}) {
        my ($path) = $node->{'$ref'} =~ m{\A#/(.+)\z}
            or die "reference $node->{'$ref'} leads out of the document\n";

        $node = $self->{document};
        $node = $node->{$_} for split m{/}, $path;

        die "nothing is at #/$path\n" if !defined $node;
    }

    return $node;
}


# What is wrong with a value, in sentences.

sub problems {
    my ($self, $schema, $value, $where) = @_;

    $schema = $self->resolve($schema);
    $where = '' if !defined $where;

    return map {
        my $check = $keywords{$_} or die "schema keyword $_ is unknown here\n";
        $check->($self, $schema, $value, $where, $_);
    } sort keys %$schema;
}


# null, boolean, integer, number, string, array, object

sub type {
    my ($value) = @_;

    return 'null' if !defined $value;
    return 'boolean' if JSON::PP::is_bool($value);
    return { HASH => 'object', ARRAY => 'array' }->{ref $value} || 'unknown'
        if ref $value;

    my $flags = B::svref_2object(\$value)->FLAGS();

    return 'string' if $flags & B::SVp_POK;
    return $value == int $value ? 'integer' : 'number';
}


sub _shown {
    my ($value) = @_;

    return substr JSON::PP->new()->allow_nonref()->canonical()->encode($value),
        0, 80;
}


sub _type {
    my ($self, $schema, $value, $where) = @_;

    my $type = type($value);
    my @types = ref $schema->{type} ? @{$schema->{type}} : $schema->{type};

    return if grep {
        $_ eq $type || $_ eq 'number' && $type eq 'integer'
    } @types;

    return "$where is $type, not " . join ' or ', @types;
}


sub _equal {
    my ($one, $two) = @_;

    return _shown($one) eq _shown($two);
}


sub _enum {
    my ($self, $schema, $value, $where) = @_;

    return if grep { _equal($_, $value) } @{$schema->{enum}};
    return "$where is " . _shown($value) . ', which is not in the list';
}


sub _const {
    my ($self, $schema, $value, $where) = @_;

    return if _equal($schema->{const}, $value);
    return "$where is " . _shown($value) . ', not ' . _shown($schema->{const});
}


sub _required {
    my ($self, $schema, $value, $where) = @_;

    return if ref $value ne 'HASH';
    return map { "$where/$_ is missing" }
        grep { !exists $value->{$_} } @{$schema->{required}};
}


sub _properties {
    my ($self, $schema, $value, $where) = @_;

    return if ref $value ne 'HASH';

    return map {
        $self->problems($schema->{properties}{$_}, $value->{$_}, "$where/$_")
    } grep { exists $value->{$_} } sort keys %{$schema->{properties}};
}


sub _additional {
    my ($self, $schema, $value, $where) = @_;

    return if ref $value ne 'HASH' || $schema->{additionalProperties};
    return map { "$where/$_ is unknown" }
        grep { !exists $schema->{properties}{$_} } sort keys %$value;
}


sub _items {
    my ($self, $schema, $value, $where) = @_;

    return if ref $value ne 'ARRAY';
    return map { $self->problems($schema->{items}, $value->[$_], "$where/$_") }
        0 .. $#$value;
}


# of the one that fits best something can be said

sub _any {
    my ($self, $schema, $value, $where) = @_;

    my @best;

    for my $choice (@{$schema->{anyOf}}) {
        my @wrong = $self->problems($choice, $value, $where) or return;

        @best = @wrong if !@best;
    }

    return @best;
}


sub _pattern {
    my ($self, $schema, $value, $where) = @_;

    return if type($value) ne 'string' || $value =~ /$schema->{pattern}/;
    return "$where is " . _shown($value) . ", not as $schema->{pattern}";
}


sub _length {
    my ($self, $schema, $value, $where, $keyword) = @_;

    return if type($value) ne 'string';

    my $length = length $value;

    return "$where has $length characters" if $keyword eq 'minLength'
        ? $length < $schema->{minLength} : $length > $schema->{maxLength};
    return;
}


sub _range {
    my ($self, $schema, $value, $where, $keyword) = @_;

    return if type($value) !~ /\A(?:integer|number)\z/;
    return "$where is $value" if $keyword eq 'minimum'
        ? $value < $schema->{minimum} : $value > $schema->{maximum};
    return;
}


1;

__END__

=head1 NAME

Test::Restream::Schema - values against the schemas of a document

=head1 SYNOPSIS

    my $schema = Test::Restream::Schema->new($document);
    my @wrong = $schema->problems({ '$ref' => '#/components/schemas/Stream' },
                                  $value);

=cut
