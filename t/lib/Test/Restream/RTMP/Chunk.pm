package Test::Restream::RTMP::Chunk;

# The RTMP chunk stream: a strict reader, and a writer that can write wrong
# bytes.
#
#     $reader->feed($bytes);
#     while (my $msg = $reader->next()) { ... }
#
#     $bytes = $writer->encode({ type => 9, ts => 40, csid => 6, msid => 1,
#                                payload => $payload });
#
# A message is a hash: type, ts (ms, 32 bits), csid, msid, payload; from the
# reader also fmt (of its first chunk), extended and chunks (their number).
# src: Adobe RTMP 1.0, 5.3.1

use warnings;
use strict;

my @header_size = (11, 7, 3, 0);


package Test::Restream::RTMP::Chunk::Reader;

use constant { SET_CHUNK_SIZE => 1, ABORT => 2, EXTENDED => 0xffffff };


# on_violation  called with a sentence for each breach of the specification;
#               reading goes on as the most tolerant server would
# media_msid    when set: media on another message stream is a violation

sub new {
    my ($class, %o) = @_;

    return bless {
        buf          => '',
        chunk_size   => $o{chunk_size} || 128,
        on_violation => $o{on_violation},
        media_msid   => $o{media_msid},
        streams      => {},
    }, $class;
}


sub feed {
    $_[0]{buf} .= $_[1];
    return;
}


# To let sysread() append without a copy.

sub buffer {
    return \$_[0]{buf};
}


# The next complete message, or undef: feed more.

sub next {
    my ($self) = @_;

    my $buf = \$self->{buf};
    my $last = length $$buf;
    my $pos = 0;
    my $msg;

    while ($pos < $last) {
        my $st = $self->_header($buf, $pos, $last);
        last if !$st;

        my $size = $st->{fresh} ? $st->{new}{size}
            : $st->{size} - length $st->{data};
        $size = $self->{chunk_size} if $size > $self->{chunk_size};

        last if $st->{data_at} + $size > $last;

        # the chunk is whole: only now it may change the state

        $self->_violation($_) for splice @{$st->{pending}};
        $self->_commit($st) if $st->{fresh};

        $st->{data} .= substr $$buf, $st->{data_at}, $size;
        $st->{chunks}++;
        $pos = $st->{data_at} + $size;

        if (length $st->{data} == $st->{size}) {
            $msg = $self->_complete($st);
            last;
        }
    }

    substr $$buf, 0, $pos, '' if $pos;

    return $msg;
}


# Parses the chunk header at pos into {new} of its chunk stream, which is
# returned; nothing if it is incomplete.  {fresh}: a message begins.

sub _header {
    my ($self, $buf, $pos, $last) = @_;

    my $byte = ord substr $$buf, $pos, 1;
    my $fmt = $byte >> 6;
    my $csid = $byte & 63;
    my $p = $pos + 1;
    my $form = 1;

    if ($csid < 2) {
        $form = $csid + 2;
        return if $p + $form - 1 > $last;

        $csid = 64 + ($form == 2 ? ord substr $$buf, $p, 1
                      : unpack 'v', substr $$buf, $p, 2);
        $p += $form - 1;
    }

    return if $p + $header_size[$fmt] > $last;

    my $st = $self->{streams}{$csid} ||= {
        csid => $csid, data => '', chunks => 0, pending => [],
        ts => 0, field => 0, wire => 0, size => 0, type => 0, msid => 0,
    };

    $st->{pending} = [];
    push @{$st->{pending}}, "basic header of 3 bytes for csid $csid"
        if $form == 3 && $csid < 320;

    my $new = { fmt => $fmt, size => $st->{size}, wire => $st->{wire} };

    $p = _message_header($new, $buf, $p) if $fmt != 3;

    if ($new->{wire} == EXTENDED) {
        return if $p + 4 > $last;

        my $value = unpack 'N', substr $$buf, $p, 4;

        if ($fmt != 3) {
            $new->{field} = $value;
            $p += 4;

        } elsif ($value == $st->{field}) {
            $p += 4;

        } else {
            push @{$st->{pending}}, "extended timestamp $st->{field} is not"
                . " repeated in a type 3 chunk on csid $csid";
        }
    }

    $st->{new} = $new;
    $st->{fresh} = $fmt != 3 || !$st->{chunks};
    $st->{data_at} = $p;

    return $st;
}


sub _message_header {
    my ($new, $buf, $p) = @_;

    if ($new->{fmt} == 2) {
        my ($high, $low) = unpack 'nC', substr $$buf, $p, 3;
        $new->{field} = $high << 8 | $low;

    } else {
        my ($first, $size, $type) = unpack 'NnC', substr $$buf, $p, 7;
        $new->{field} = $first >> 8;
        $new->{size} = ($first & 0xff) << 16 | $size;
        $new->{type} = $type;
        $new->{msid} = unpack 'V', substr $$buf, $p + 7, 4
            if $new->{fmt} == 0;
    }

    $new->{wire} = $new->{field};

    return $p + $header_size[$new->{fmt}];
}


# A message begins: its header becomes the state of the chunk stream.

sub _commit {
    my ($self, $st) = @_;

    my ($csid, $new) = @$st{qw/csid new/};
    my $fmt = $new->{fmt};

    $self->_violation("type $fmt chunk on csid $csid without a header")
        if $fmt && !defined $st->{fmt};

    if ($fmt == 3) {
        $self->_violation("type 3 chunk begins a message after a type 0 one"
                          . " on csid $csid: its delta is ambiguous")
            if $st->{absolute} && $st->{field};

        $st->{fmt} = 3;
        $st->{ts} = ($st->{ts} + $st->{field}) & 0xffffffff
            if !$st->{absolute};
        return;
    }

    if ($st->{chunks}) {
        $self->_violation("message on csid $csid is interrupted by a header");
        @$st{qw/data chunks/} = ('', 0);
    }

    my $field = $new->{field};

    $self->_violation("extended timestamp $field on csid $csid is needless")
        if $new->{wire} == EXTENDED && $field < EXTENDED;

    $self->_violation("negative delta on csid $csid")
        if $fmt && $field > 0x7fffffff;

    $st->{$_} = $new->{$_} for keys %$new;
    $st->{absolute} = $fmt == 0;
    $st->{ts} = $fmt ? ($st->{ts} + $field) & 0xffffffff : $field;

    return;
}


sub _complete {
    my ($self, $st) = @_;

    my %msg = (
        type     => $st->{type},
        ts       => $st->{ts},
        csid     => $st->{csid},
        msid     => $st->{msid},
        fmt      => $st->{fmt},
        extended => $st->{wire} == EXTENDED ? 1 : 0,
        chunks   => $st->{chunks},
        payload  => $st->{data},
    );

    @$st{qw/data chunks/} = ('', 0);

    $self->_check(\%msg, $st) if $self->{on_violation};

    if ($msg{type} == SET_CHUNK_SIZE && length $msg{payload} == 4) {
        my $size = unpack 'N', $msg{payload};

        if ($size < 1 || $size > 0x7fffffff) {
            $self->_violation("chunk size $size");

        } else {
            $self->{chunk_size} = $size;
        }

    } elsif ($msg{type} == ABORT && length $msg{payload} == 4) {
        my $aborted = $self->{streams}{unpack 'N', $msg{payload}};
        @$aborted{qw/data chunks/} = ('', 0) if $aborted;
    }

    return \%msg;
}


# of a user control message at least: event and one value

my %control_size = (1 => 4, 2 => 4, 3 => 4, 4 => 6, 5 => 4, 6 => 5);

my %known = map { $_ => 1 } 1 .. 6, 8, 9, 15 .. 20, 22;


sub _check {
    my ($self, $msg, $st) = @_;

    my ($type, $csid, $msid) = @$msg{qw/type csid msid/};

    $self->_violation("unknown message type $type") if !$known{$type};

    if ($type < 7) {
        $self->_violation("control message $type on csid $csid, msid $msid")
            if $csid != 2 || $msid;

        my $size = $control_size{$type};

        $self->_violation("control message $type of "
                          . length($msg->{payload}) . " bytes")
            if defined $size
               && (length $msg->{payload} < $size
                   || $type != 4 && length $msg->{payload} > $size);
        return;
    }

    $self->_violation("message type $type on csid 2") if $csid == 2;

    return if $type != 8 && $type != 9 && $type != 18;

    my $want = $self->{media_msid};

    $self->_violation("media on msid $msid instead of $want")
        if defined $want && $msid != $want;

    my $before = $st->{last_ts};
    $st->{last_ts} = $msg->{ts};

    $self->_violation("timestamp goes back from $before to $msg->{ts}"
                      . " on csid $csid")
        if defined $before
           && (($msg->{ts} - $before) & 0xffffffff) > 0x7fffffff;
    return;
}


sub _violation {
    my ($self, $text) = @_;

    $self->{on_violation}->($text) if $self->{on_violation};
    return;
}


package Test::Restream::RTMP::Chunk::Writer;

use constant { SET_CHUNK_SIZE => 1, EXTENDED => 0xffffff };


sub new {
    my ($class, %o) = @_;

    return bless {
        chunk_size => $o{chunk_size} || 128,
        compress   => $o{compress},
        streams    => {},
    }, $class;
}


sub encode {
    my ($self, $msg) = @_;

    return join '', $self->chunks($msg);
}


# The chunks of a message, so that those of several can be interleaved.  The
# message may override what is right:
#
#     fmt        0..3: this form, whatever the state allows
#     form       1..3: bytes of the basic header
#     field      value of the timestamp or delta field
#     extended   1: extended timestamp even if it is not needed
#     repeat     0: not repeated in continuations
#     length     message length told in the header
#     keep       1: a SetChunkSize that this writer does not follow

sub chunks {
    my ($self, $msg) = @_;

    my $csid = $msg->{csid};
    my $st = $self->{streams}{$csid} ||= {};
    my $size = defined $msg->{length} ? $msg->{length}
        : length $msg->{payload};
    my ($fmt, $field) = $self->_choose($msg, $st, $size);

    $field = $msg->{field} if defined $msg->{field};

    my $long = $field >= EXTENDED || $msg->{extended};
    my $wire = $long ? EXTENDED : $field;
    my $tail = $long ? pack 'N', $field : '';

    my $header = $fmt == 3 ? '' : substr pack('N', $wire), 1;
    $header .= substr(pack('N', $size), 1) . chr $msg->{type} if $fmt < 2;
    $header .= pack 'V', $msg->{msid} if $fmt == 0;

    @$st{qw/ts type msid size/} = (@$msg{qw/ts type msid/}, $size);

    my $max = $self->{chunk_size};
    my $payload = \$msg->{payload};
    my @chunks = (_basic($fmt, $csid, $msg->{form}) . $header . $tail
                  . substr $$payload, 0, $max);

    if (length $$payload > $max) {
        my $next = _basic(3, $csid, $msg->{form});
        $next .= $tail if !defined $msg->{repeat} || $msg->{repeat};

        for (my $p = $max; $p < length $$payload; $p += $max) {
            push @chunks, $next . substr $$payload, $p, $max;
        }
    }

    $self->{chunk_size} = unpack 'N', $$payload
        if $msg->{type} == SET_CHUNK_SIZE && !$msg->{keep};

    return @chunks;
}


# Type 0 for the first message, data, and when time goes back; type 1 else.
# A writer with compress => 1 uses the types 2 and 3 too where they are right.

sub _choose {
    my ($self, $msg, $st, $size) = @_;

    my $ts = $msg->{ts} || 0;
    my $fmt = $msg->{fmt};
    my $delta = defined $st->{ts} ? ($ts - $st->{ts}) & 0xffffffff : $ts;

    if (!defined $fmt) {
        $fmt = defined $st->{ts} && $msg->{type} < 15 && $msg->{type} > 7
            && $st->{msid} == $msg->{msid} && $delta < EXTENDED ? 1 : 0;

        if ($fmt && $self->{compress} && $st->{type} == $msg->{type}
            && $st->{size} == $size)
        {
            $fmt = defined $st->{delta} && $st->{delta} == $delta ? 3 : 2;
        }
    }

    $st->{delta} = $fmt ? $delta : undef;

    return ($fmt, $fmt ? $delta : $ts);
}


sub _basic {
    my ($fmt, $csid, $form) = @_;

    $form ||= $csid < 64 ? 1 : $csid < 320 ? 2 : 3;

    return $form == 1 ? chr($fmt << 6 | $csid)
        : $form == 2 ? pack 'CC', $fmt << 6, $csid - 64
        : pack 'Cv', $fmt << 6 | 1, $csid - 64;
}


1;

__END__

=head1 NAME

Test::Restream::RTMP::Chunk - the chunk stream, read strictly, written at will

=head1 SYNOPSIS

    my $reader = Test::Restream::RTMP::Chunk::Reader->new(
        on_violation => sub { diag($_[0]) });
    my $writer = Test::Restream::RTMP::Chunk::Writer->new(chunk_size => 4096);

The reader goes on after a violation as the most tolerant server would, and
reports: negative deltas, extended timestamps that are needless or not
repeated, time that goes back on a chunk stream, media on a wrong message
stream, headers inside a message, types 1 to 3 without a header before them,
needlessly long basic headers, malformed control messages.

=cut
