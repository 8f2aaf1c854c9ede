package Test::Restream::RTMP;

# The words of RTMP: message types, the messages both sides send, handshakes.
# A message is the hash that Test::Restream::RTMP::Chunk reads and writes.

use warnings;
use strict;

use Exporter qw/import/;
use Digest::MD5 qw/md5/;

use Test::Restream::RTMP::AMF qw/amf_encode amf_decode obj/;
use Test::Restream::RTMP::Chunk;

our @CONSTANTS;

BEGIN {
    my %constants = (
        MSG_CHUNK_SIZE => 1,
        MSG_ABORT      => 2,
        MSG_ACK        => 3,
        MSG_USER       => 4,
        MSG_WINDOW     => 5,
        MSG_BANDWIDTH  => 6,
        MSG_AUDIO      => 8,
        MSG_VIDEO      => 9,
        MSG_AMF3_DATA  => 15,
        MSG_AMF3       => 17,
        MSG_DATA       => 18,
        MSG_COMMAND    => 20,
        MSG_AGGREGATE  => 22,
        USER_BEGIN     => 0,
        USER_EOF       => 1,
        USER_PING      => 6,
        USER_PONG      => 7,
        HANDSHAKE_SIZE => 1536,
    );

    require constant;
    constant->import(\%constants);
    @CONSTANTS = sort keys %constants;
}

our @EXPORT_OK = (@CONSTANTS, qw/chunk_size abort ack window bandwidth user
    command data_message status_object parse_command noise client_hello
    server_hello is_simple/);
our %EXPORT_TAGS = (all => \@EXPORT_OK);


# Protocol control: always on chunk stream 2, message stream 0.

sub _control {
    my ($type, $payload) = @_;

    return { type => $type, ts => 0, csid => 2, msid => 0,
             payload => $payload };
}

sub chunk_size { return _control(MSG_CHUNK_SIZE, pack 'N', $_[0]) }
sub abort      { return _control(MSG_ABORT, pack 'N', $_[0]) }
sub ack        { return _control(MSG_ACK, pack 'N', $_[0] & 0xffffffff) }
sub window     { return _control(MSG_WINDOW, pack 'N', $_[0]) }
sub bandwidth  { return _control(MSG_BANDWIDTH, pack 'NC', @_[0, 1]) }
sub user       { return _control(MSG_USER, pack 'nN', @_[0, 1]) }


# command({ msid => 1 }, 'publish', 5, undef, 'key', 'live'); the first hash
# overrides fields of the message and may be left out.

sub command {
    my $o = ref $_[0] eq 'HASH' ? shift : {};

    return { type => MSG_COMMAND, ts => 0, csid => 3, msid => 0,
             payload => amf_encode(@_), %$o };
}


sub data_message {
    my $o = ref $_[0] eq 'HASH' ? shift : {};

    return { type => MSG_DATA, ts => 0, csid => 5, msid => 1,
             payload => amf_encode(@_), %$o };
}


# The information object of onStatus, _result and _error.

sub status_object {
    my ($level, $code, $text, @more) = @_;

    return obj(level => $level, code => $code,
               defined $text ? (description => $text) : (), @more);
}


# (name, transaction, arguments) of a command; AMF3 commands have a byte in
# front.  Dies on wrong AMF.

sub parse_command {
    my ($msg, %o) = @_;

    my $payload = $msg->{payload};
    substr $payload, 0, 1, '' if $msg->{type} == MSG_AMF3;

    return amf_decode($payload, %o);
}


# Reproducible filler.

sub noise {
    my ($seed, $size) = @_;

    my $out = '';
    my $n = 0;

    $out .= md5($seed . ':' . $n++) while length $out < $size;

    return substr $out, 0, $size;
}


# C0 C1, simple form: the four bytes after the time are zero.

sub client_hello {
    my ($seed, %o) = @_;

    return chr($o{version} || 3)
        . pack('NN', $o{time} || 0, $o{zero} || 0)
        . noise("c1 $seed", HANDSHAKE_SIZE - 8);
}


# (S0 S1, S2) for a C1 without its C0: S2 is its echo.

sub server_hello {
    my ($seed, $c1) = @_;

    return (chr(3) . pack('NN', 0, 0) . noise("s1 $seed", HANDSHAKE_SIZE - 8),
            $c1);
}


sub is_simple {
    my ($c1) = @_;

    return substr($c1, 4, 4) eq "\0\0\0\0" ? 1 : 0;
}


1;

__END__

=head1 NAME

Test::Restream::RTMP - the messages of RTMP

=head1 SYNOPSIS

    use Test::Restream::RTMP qw/:all/;

    $bytes = $writer->encode(command('connect', 1, obj(app => 'live')));
    ($name, $txn, @args) = parse_command($msg);

See Test::Restream::RTMP::Chunk for the bytes on the wire and
Test::Restream::RTMP::AMF for values.

=cut
