package Test::Restream::Ingest;

# A fake RTMP or RTMPS server in a child process: takes many connections,
# writes down all it sees, and misbehaves on order.  This is the test's handle
# to it; see the POD below for scripts.

use warnings;
use strict;

use Test::Restream::Child;
use Test::Restream::Ingest::Server;
use Test::Restream::Journal;


# port, name, dir; addr ('127.0.0.1'); tls: kind of certificate, with
# authority; script, conns; rcvbuf; netns: a Test::Restream::Netns

sub new {
    my ($class, %o) = @_;

    my $path = "$o{dir}/$o{name}.journal";
    my %server = (
        addr    => $o{addr} || '127.0.0.1',
        port    => $o{port},
        journal => $path,
        script  => $o{script} || {},
        conns   => $o{conns} || {},
        map { $_ => $o{$_} } qw/tls authority rcvbuf/,
    );

    my $child = Test::Restream::Child->new(
        name => $o{name}, output => "$o{dir}/$o{name}.out",
        enter => $o{netns} && sub { $o{netns}->enter() },
        run => sub { Test::Restream::Ingest::Server->new(%server)->run(@_) });

    return bless {
        name => $o{name}, addr => $server{addr}, port => $o{port},
        scheme => $o{tls} ? 'rtmps' : 'rtmp', child => $child,
        journal => Test::Restream::Journal->open($path),
    }, $class;
}


# rtmp://127.0.0.1:1234/app/key

sub url {
    my ($self, @path) = @_;

    my $host = $self->{addr} =~ /:/ ? "[$self->{addr}]" : $self->{addr};

    return join '/', "$self->{scheme}://$host:$self->{port}", @path;
}


sub port {
    return $_[0]{port};
}


# What it saw: see Test::Restream::Journal

sub frames   { return shift()->{journal}->frames(@_) }
sub headers  { return shift()->{journal}->headers(@_) }
sub events   { return shift()->{journal}->events(@_) }
sub messages { return $_[0]{journal}->messages($_[1]) }


# Number of connections that were opened, ever.

sub conns {
    my ($self) = @_;

    return scalar(my @opened = $self->events(ev => 'open'));
}


# The names of the commands of a connection, in order; or one of them:
# { name, txn, args, msid, csid, hex }.

sub commands {
    my ($self, $conn) = @_;

    return map { $_->{name} } $self->events(ev => 'command', conn => $conn);
}

sub command {
    my ($self, $conn, $name) = @_;

    return ($self->events(ev => 'command', conn => $conn,
                          name => $name))[0];
}


# The first messages of a connection, in words: "@setDataFrame", "video header",
# "audio header", "key", "video", "audio".

sub first_messages {
    my ($self, $conn, $count) = @_;

    my @words = map {
        my $kind = $_->{type} == 9 ? 'video' : 'audio';
        $_->{ev} ne 'media' ? $_->{name} : $_->{header} ? "$kind header"
            : $_->{key} ? 'key' : $kind;
    } $self->messages($conn);

    return @words[0 .. ($count < @words ? $count : @words) - 1];
}


# How a connection ended, or nothing: { how => 'fin', 'rst', 'tls' or 'ours',
# fcunpublish, delete_stream, bytes, media, stage }

sub closed {
    my ($self, $conn) = @_;

    return ($self->events(ev => 'close', conn => $conn))[0];
}


# Breaches of the protocol, in sentences.

sub violations {
    my ($self) = @_;

    return map { "$self->{name}: connection $_->{conn}: $_->{text}" }
        $self->events(ev => 'violation');
}


# Tells it to do something to a connection now: do => an action of
# Test::Restream::Ingest::Actions with its options; conn: a number, 'last' (as
# if left out) or 'all'.

sub control {
    my ($self, %request) = @_;

    return $self->{child}->call(%request);
}


# Changes the script for connections yet to come; conn: only for that number.

sub script {
    my ($self, $script, $conn) = @_;

    return $self->control(do => 'script', script => $script,
                          defined $conn ? (conn => $conn) : ());
}


# 0: connections are refused from now on; 1: accepted again.

sub listen {
    my ($self, $value) = @_;

    return $self->control(do => 'listen', value => $value);
}


# Until the code, given this ingest, returns something true, which is returned.

sub wait {
    my ($self, $code, $seconds, $name) = @_;

    return Test::Restream::wait_until(sub { $code->($self) }, $seconds,
                                      $name);
}


# STOP, CONT, KILL

sub signal {
    return $_[0]{child}->signal($_[1]);
}


sub stop {
    return $_[0]{child}->stop();
}


1;

__END__

=head1 NAME

Test::Restream::Ingest - a fake RTMP server that misbehaves on order

=head1 SYNOPSIS

    my $in = $t->ingest(port => 1, script => { stream_id => 7 },
                        conns => { 1 => { close => 'connect' } });

    $in->wait(sub { $_[0]->frames() > 100 }, 5, 'media arrives');
    $in->control(do => 'reset');
    is(missing_frames($pub, $in), 0, 'no frame is lost');

=head1 SCRIPTS

A script is a hash; conns gives other values for the connection of a number,
counted from 1.  Stages of the dialogue, in order:

    accept      the connection is accepted, nothing read
    tls         the TLS handshake is done
    c0c1        C0 and C1 have arrived, nothing is answered
    s1          S0 and S1 have been sent, S2 not
    c2          C2 has arrived
    connect release fcpublish create publish
                the command has arrived, nothing is answered
    start       Publish.Start has been sent
    media       the first audio or video message has arrived

Instead of what is due at a stage:

    close, reset, mute, freeze, garbage, http => STAGE
    send  => { STAGE => hex }       these bytes
    fault => { STAGE => name }      of Test::Restream::Ingest::Faults
    delay => { STAGE => seconds }   the answers from there on, later

Answers:

    reject     InvalidApp ConnectRejected AppShutdown BadName Denied Rejected
               Failed; or { code, text, stage, close => 1 }
    auth       { mode => 'adobe' or 'llnw', user, password }
    redirect   url, with code 302
    courtesy   to releaseStream and FCPublish: 'answer', 'error', 'silent'
    stream_id  1
    window     2500000; 0: no WindowAckSize
    chunk_size 4096, of the server; 0: 128 without saying so
    bwdone     1: onBWDone after connect
    tls        kind of certificate of this connection
    tls_version  as IO::Socket::SSL's SSL_version
    tls_ciphers  as its SSL_cipher_list; TLSv1 needs DEFAULT@SECLEVEL=0

All the time:

    read_rate  B/s
    write_size bytes of each write; 1: byte by byte, over TLS also records
    ping       seconds between PingRequests
    ack        bytes between Acknowledgements
    forget     1: media and data are checked, and not written down
    at         [{ frames => n or after => seconds, do => action, ... }]: when
               n audio and video messages have arrived, or so long after
               Publish.Start

=cut
