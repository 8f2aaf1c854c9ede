package Test::Restream::Compare;

# What was sent against what arrived, frame by frame, by payload hash.
#
# sent and got are publishers, ingests, journals, or lists of frames.  A hash
# must stand for one frame: two publishers of a test need different seeds.  Both
# may go on meanwhile: what arrived is looked at first.

use warnings;
use strict;

use Exporter qw/import/;

our @EXPORT_OK = qw/missing_frames check_order timestamp_offsets latencies
    percentile/;


sub _frames {
    my ($what, %filter) = @_;

    return $what->frames(%filter) if ref $what ne 'ARRAY';

    return grep {
        my $frame = $_;
        !grep { $frame->{$_} ne $filter{$_} } keys %filter;
    } @$what;
}


sub _index {
    my ($sent) = @_;

    my @sent = _frames($sent);
    my %index;

    $index{$sent[$_]{md5}} = $_ for 0 .. $#sent;

    return (\@sent, \%index);
}


# Frames sent and received on none of the connections.  From the frame number
# `from`, or else the first frame that arrived; to the number `to`, or else the
# last that arrived.  conn: only that connection; type: only 8 or 9.
# In scalar context their number.

sub missing_frames {
    my ($sent, $got, %o) = @_;

    my %arrived = map { $_->{md5} => 1 }
        _frames($got, defined $o{conn} ? (conn => $o{conn}) : ());
    my @sent = _frames($sent);
    my @hits = grep { $arrived{$sent[$_]{md5}} } 0 .. $#sent;

    return @sent if !@hits;

    my ($first, $last) = @hits[0, -1];

    if (defined $o{from}) {
        ($first) = grep { $sent[$_]{n} >= $o{from} } 0 .. $#sent;
    }

    if (defined $o{to}) {
        ($last) = grep { $sent[$_]{n} <= $o{to} } reverse 0 .. $#sent;
    }

    my @none;
    return @none if !defined $first || !defined $last;

    return grep {
        !$arrived{$_->{md5}} && (!$o{type} || $_->{type} == $o{type})
    } @sent[$first .. $last];
}


# What is wrong with a connection, in sentences: frames that were never sent
# so (changed on the way), out of order or twice; timestamps that go back;
# video that starts, or goes on after a gap, with anything but a key frame.
# gaps => 0: audio or video that is missing in between is wrong too.

sub check_order {
    my ($sent, $got, $conn, %o) = @_;

    my @got = _frames($got, conn => $conn);
    my ($frames, $index) = _index($sent);
    my @problems;
    my ($before, $before_ts, $video_ok);

    for my $frame (@got) {
        my $name = "frame $frame->{i} of connection $conn";
        my $at = $index->{$frame->{md5}};

        push @problems, "$name: timestamp $frame->{ts} after $before_ts"
            if defined $before_ts
               && (($frame->{ts} - $before_ts) & 0xffffffff) > 0x7fffffff;

        $before_ts = $frame->{ts};

        if (!defined $at) {
            push @problems, "$name was never sent so";
            next;
        }

        if (defined $before && $at <= $before) {
            push @problems, "$name: $at-th frame sent, after the $before-th";
            next;
        }

        my @skipped = defined $before && $at > $before + 1
            ? @$frames[$before + 1 .. $at - 1] : ();

        push @problems, "$name: " . @skipped . ' frames missing before it'
            if @skipped && defined $o{gaps} && !$o{gaps};

        $video_ok = 0 if grep { $_->{type} == 9 } @skipped;

        if ($frame->{type} == 9) {
            $video_ok = 1 if $frame->{key};
            push @problems, "$name: video without its references"
                if !$video_ok;
        }

        $before = $at;
    }

    return @problems;
}


# The differences between received and sent timestamps on a connection, ms,
# each once.  One means that time was moved and nothing else.

sub timestamp_offsets {
    my ($sent, $got, $conn) = @_;

    my @got = _frames($got, conn => $conn);
    my ($frames, $index) = _index($sent);
    my %seen;

    for my $frame (@got) {
        my $at = $index->{$frame->{md5}};
        next if !defined $at;

        my $offset = ($frame->{ts} - $frames->[$at]{ts}) & 0xffffffff;
        $seen{$offset > 0x7fffffff ? $offset - 2 ** 32 : $offset} = 1;
    }

    return sort { $a <=> $b } keys %seen;
}


# Seconds from sending to arrival of each frame that arrived, sorted.

sub latencies {
    my ($sent, $got, %filter) = @_;

    my @got = _frames($got, %filter);
    my ($frames, $index) = _index($sent);

    return sort { $a <=> $b }
        map { $_->{at} - $frames->[$index->{$_->{md5}}]{at} }
        grep { defined $index->{$_->{md5}} } @got;
}


sub percentile {
    my ($percent, @sorted) = @_;

    return if !@sorted;
    return $sorted[int($#sorted * $percent / 100 + 0.5)];
}


1;

__END__

=head1 NAME

Test::Restream::Compare - what was sent against what arrived

=head1 SYNOPSIS

    is(missing_frames($pub, $in), 0, 'no frame is lost');
    is_deeply([check_order($pub, $in, 1)], [], 'in order, with references');
    is_deeply([timestamp_offsets($pub, $in, 1)], [-40], 'rebased');
    cmp_ok(percentile(99, latencies($pub, $in)), '<', 0.05, 'at once');

=cut
