package Test::Restream::Ingest::Faults;

# Bytes that a server must not send, or hardly ever does, by name.

use warnings;
use strict;

use Test::Restream::RTMP qw/:all/;
use Test::Restream::RTMP::AMF qw/amf_encode/;

my %faults = (

    # a message that claims 16 MB, and the beginning of it
    oversize_message => sub {
        my ($writer) = @_;

        return $writer->encode({
            type => MSG_COMMAND, ts => 0, csid => 3, msid => 0,
            length => 0xffffff, payload => "\0" x 1_048_576 });
    },

    # a whole command larger than any reply has to be
    large_command => sub {
        return $_[0]->encode(command('onStatus', 0, undef, status_object(
            'status', 'NetStream.Data.Start', 'x' x 300_000)));
    },

    chunk_size_zero     => sub { $_[0]->encode(_size(0)) },
    chunk_size_negative => sub { $_[0]->encode(_size(0x80000000)) },
    chunk_size_huge     => sub { $_[0]->encode(_size(0x7fffffff)) },

    # a continuation of nothing
    type3_first => sub { chr(3 << 6 | 40) . "\0" x 64 },
    type1_first => sub { chr(1 << 6 | 41) . "\0\0\0\0\0\x04\x14\0\0\0\0" },

    # chunk streams up to the last possible one
    many_streams => sub {
        my ($writer) = @_;

        return join '', map {
            $writer->encode({ %{command('onBWDone', 0, undef)}, csid => $_ })
        } 3, 63, 64, 319, 320, map { 400 + 64 * $_ } 0 .. 1018;
    },

    # each csid begins a message and none ends
    many_halves => sub {
        return join '', map {
            pack('Cv', 1, $_) . "\0\0\0\x00\xff\xff\x14\0\0\0\0" . 'x' x 128
        } 300 .. 1500;
    },

    truncated_amf => sub {
        _raw($_[0], amf_encode('onStatus') . "\x02\xff\xff");
    },
    bad_marker    => sub { _raw($_[0], amf_encode('onStatus', 0) . "\x7f") },
    empty_command => sub { _raw($_[0], '') },
    number_name   => sub { _raw($_[0], amf_encode(17, 4)) },
    endless_amf   => sub {
        _raw($_[0], amf_encode('onStatus', 0, undef) . "\x03"
             . pack('n/a*', 'code') . amf_encode('x'));
    },
    deep_amf      => sub {
        _raw($_[0], amf_encode('onStatus', 0, undef)
             . ("\x03" . pack 'n/a*', 'a') x 2000);
    },
    huge_array    => sub {
        _raw($_[0], amf_encode('onStatus', 0, undef) . "\x0a\xff\xff\xff\xff");
    },

    # control messages of a wrong size
    short_window => sub { $_[0]->encode({ %{window(0)}, payload => "\0" }) },
    short_user   => sub { $_[0]->encode({ %{user(0, 0)}, payload => "\0" }) },
    short_ping   => sub {
        $_[0]->encode({ %{user(0, 0)}, payload => "\0\x06" });
    },
    abort        => sub { $_[0]->encode(abort(3)) },
    future_ack   => sub { $_[0]->encode(ack(0xfffffff0)) },
    ping_flood   => sub {
        my ($writer) = @_;
        return join '', map { $writer->encode(user(USER_PING, $_)) } 1 .. 20000;
    },

    # words that must not reach a log or a JSON text as they are
    rude_text => sub {
        return $_[0]->encode(command({ csid => 5, msid => 1 },
            'onStatus', 0, undef, status_object('error',
                'NetStream.Publish.Rejected',
                "a\r\n\e[31m\0\xff\xfe<img onerror=x>\"\\" . 'y' x 2000)));
    },

    # right, but rarely seen: a command in AMF3 clothes
    amf3_command => sub {
        return $_[0]->encode({ type => MSG_AMF3, ts => 0, csid => 3,
            msid => 0, payload => "\0" . amf_encode('onBWDone', 0, undef) });
    },
);


sub _raw {
    my ($writer, $payload) = @_;

    return $writer->encode({ type => MSG_COMMAND, ts => 0, csid => 3,
                             msid => 0, payload => $payload });
}


# SetChunkSize that our own writer does not follow.

sub _size {
    my ($size) = @_;

    return { type => MSG_CHUNK_SIZE, ts => 0, csid => 2, msid => 0,
             payload => pack('N', $size), keep => 1 };
}


sub names {
    return sort keys %faults;
}


sub bytes {
    my ($name, $writer) = @_;

    my $fault = $faults{$name} or die "no fault \"$name\"\n";

    return $fault->($writer);
}


1;

__END__

=head1 NAME

Test::Restream::Ingest::Faults - what a server must not send

=head1 SYNOPSIS

    $session->say(Test::Restream::Ingest::Faults::bytes('deep_amf', $writer));

The names are the keys of the table at the top.

=cut
