package Test::Restream::Journal;

# What a peer saw or did, one JSON line for each event, written by the peer's
# process and read by the test while it grows.
#
# Every event has ev (its kind) and at (seconds, Test::Restream::Util::mono).
# ev "media" is an audio or video message:
#
#     conn, i     connection; index of the message on it, from 0
#     type, ts, csid, msid, size
#     fmt, extended, chunks
#                 of its first chunk; number of chunks; 0 where it was sent
#     md5         of the payload
#     key, header 1 or 0
#     n           frame number if the payload tells one, else null

use warnings;
use strict;

use Digest::MD5 qw/md5_hex/;
use JSON::PP ();

use Test::Restream::Media::Tag qw/classify/;
use Test::Restream::Util qw/mono/;

my $json = JSON::PP->new()->canonical()->latin1()->allow_blessed()
    ->convert_blessed();


# Writing, in the peer's process.

sub create {
    my ($class, $path) = @_;

    open my $fh, '>:raw', $path or die "open() \"$path\" failed: $!\n";

    return bless { fh => $fh, buf => '' }, $class;
}


sub event {
    my ($self, $ev, %fields) = @_;

    $self->{buf} .= $json->encode({ ev => $ev, at => mono(), %fields })
        . "\n";
    return;
}


sub media {
    my ($self, $conn, $i, $msg, $at) = @_;

    my $payload = \$msg->{payload};
    my ($key, $header) = classify($msg->{type}, $payload);
    my $mark = index substr($$payload, 0, 64), 'RSfr';
    my $n = $mark < 0 ? 'null' : unpack 'N', substr $$payload, $mark + 4, 4;

    $self->{buf} .= sprintf '{"ev":"media","at":%.6f,"conn":%d,"i":%d,'
        . '"type":%d,"ts":%d,"csid":%d,"msid":%d,"fmt":%d,"extended":%d,'
        . '"chunks":%d,"size":%d,"md5":"%s","key":%d,"header":%d,"n":%s}'
        . "\n",
        $at, $conn, $i, @$msg{qw/type ts csid msid/}, $msg->{fmt} || 0,
        $msg->{extended} || 0, $msg->{chunks} || 0, length $$payload,
        md5_hex($$payload), $key, $header, $n;
    return;
}


sub flush {
    my ($self) = @_;

    while ($self->{buf} ne '') {
        my $n = syswrite $self->{fh}, $self->{buf};
        die "journal: $!\n" if !defined $n;
        substr $self->{buf}, 0, $n, '';
    }
    return;
}


# Reading, in the test.

sub open {
    my ($class, $path) = @_;

    return bless { path => $path, pos => 0, buf => '', events => [],
                   frames => [], headers => [] }, $class;
}


# Takes in what was appended since.

sub update {
    my ($self) = @_;

    CORE::open my $fh, '<:raw', $self->{path} or return $self;
    sysseek $fh, $self->{pos}, 0;

    while (my $n = sysread $fh, $self->{buf}, 262144, length $self->{buf}) {
        $self->{pos} += $n;
    }

    close $fh;

    while ($self->{buf} =~ /\G([^\n]*)\n/gc) {
        $self->_take($1);
    }

    substr $self->{buf}, 0, pos $self->{buf}, '' if pos $self->{buf};

    return $self;
}


sub _take {
    my ($self, $line) = @_;

    if ($line !~ /\A\{"ev":"media",(.*)\}\z/) {
        push @{$self->{events}}, $json->decode($line);
        return;
    }

    my %e = (ev => 'media');

    for (split /,/, $1) {
        my ($key, $value) = /\A"(\w+)":"?([^"]*)"?\z/;
        $e{$key} = $value eq 'null' ? undef : $value;
    }

    push @{$self->{$e{header} ? 'headers' : 'frames'}}, \%e;
    return;
}


# Audio and video that is no header; sequence headers; everything else.
# Filters: field => value, all must hold.

sub frames  { return _select(shift()->update()->{frames}, @_) }
sub headers { return _select(shift()->update()->{headers}, @_) }
sub events  { return _select(shift()->update()->{events}, @_) }


# Headers, metadata and frames of one connection in the order of the wire.

sub messages {
    my ($self, $conn) = @_;

    $self->update();

    return sort { $a->{i} <=> $b->{i} }
        grep { defined $_->{i} && $_->{conn} == $conn }
        @{$self->{frames}}, @{$self->{headers}}, @{$self->{events}};
}


sub _select {
    my ($list, %filter) = @_;

    my @keys = keys %filter;
    return @$list if !@keys;

    return grep {
        my $e = $_;
        !grep { !defined $e->{$_} || $e->{$_} ne $filter{$_} } @keys;
    } @$list;
}


1;

__END__

=head1 NAME

Test::Restream::Journal - what a peer saw, event by event

=head1 SYNOPSIS

    my $journal = Test::Restream::Journal->create($path);   # in the peer
    $journal->event('open', conn => 1);
    $journal->media(1, 0, $msg, mono());
    $journal->flush();

    my $journal = Test::Restream::Journal->open($path);     # in the test
    my @video = $journal->frames(conn => 1, type => 9);
    my @refused = $journal->events(ev => 'command', name => 'publish');

Publishers and ingests have these methods themselves.  Compare the frames
with L<Test::Restream::Compare>.

=cut
