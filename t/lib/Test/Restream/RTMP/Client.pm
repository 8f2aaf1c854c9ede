package Test::Restream::RTMP::Client;

# A plain publishing client with deadlines.  Blocking calls for the dialogue;
# for media the caller may use the pieces: queue(), flush(), pump().
#
# Every call that waits dies with "timeout: ..." or with how the connection
# was lost: "closed: ...", "reset: ...".

use warnings;
use strict;

use Errno ();
use IO::Socket::IP;
use IO::Socket::SSL;
use Socket qw/IPPROTO_TCP TCP_NODELAY SOL_SOCKET SO_LINGER/;

use Test::Restream::RTMP qw/:all/;
use Test::Restream::RTMP::AMF qw/obj/;
use Test::Restream::Util qw/mono slowly/;


# host, port; tls => { IO::Socket::SSL options }; timeout of each wait

sub new {
    my ($class, %o) = @_;

    my $timeout = slowly($o{timeout} || 5);
    my $self = bless {
        seed    => $o{seed} || 1,
        timeout => $timeout,
        out     => '',
        txn     => 0,
        inbox   => [],
        reader  => Test::Restream::RTMP::Chunk::Reader->new(
            on_violation => $o{on_violation}),
        writer  => Test::Restream::RTMP::Chunk::Writer->new(),
    }, $class;

    my %to = (PeerHost => $o{host} || '127.0.0.1', PeerPort => $o{port},
              Timeout => $timeout);

    $self->{sock} = $o{tls} ? IO::Socket::SSL->new(%to, %{$o{tls}})
        : IO::Socket::IP->new(%to);

    die 'refused: ' . ($o{tls} ? $SSL_ERROR : $@) . "\n" if !$self->{sock};

    $self->{tls} = 1 if $o{tls};
    $self->{sock}->blocking(0);
    setsockopt $self->{sock}, IPPROTO_TCP, TCP_NODELAY, 1;

    return $self;
}


sub handshake {
    my ($self) = @_;

    $self->write(client_hello($self->{seed}));
    my $hello = $self->read_raw(1 + 2 * HANDSHAKE_SIZE);
    $self->write(substr $hello, 1, HANDSHAKE_SIZE);

    return substr $hello, 1 + HANDSHAKE_SIZE;
}


# The answer to connect: (name, txn, properties, information)

sub connect_app {
    my ($self, $app, @more) = @_;

    $self->{app} = $app;
    $self->send(command('connect', ++$self->{txn},
                        obj(app => $app, type => 'nonprivate',
                            tcUrl => "rtmp://127.0.0.1/$app", @more)));

    return $self->answer($self->{txn});
}


# releaseStream, FCPublish, createStream; returns the stream id

sub create_stream {
    my ($self, $name) = @_;

    $self->{name} = $name;
    $self->send(command('releaseStream', ++$self->{txn}, undef, $name));
    $self->send(command('FCPublish', ++$self->{txn}, undef, $name));
    $self->send(command('createStream', ++$self->{txn}, undef));

    my @answer = $self->answer($self->{txn});
    die "createStream: $answer[0]\n" if $answer[0] ne '_result';

    return $self->{msid} = $answer[3];
}


sub send_publish {
    my ($self, $name) = @_;

    $self->{name} = $name;
    return $self->send(command({ msid => $self->{msid}, csid => 4 },
                               'publish', ++$self->{txn}, undef, $name,
                               'live'));
}


# The whole dialogue.  Returns the code of the last answer, which is
# NetStream.Publish.Start if all went well; with wait => 0 nothing.

sub publish {
    my ($self, $app, $name, %o) = @_;

    $self->handshake();
    $self->send(chunk_size($o{chunk_size})) if $o{chunk_size};

    my @answer = $self->connect_app($app, @{$o{connect} || []});
    return $answer[3]{code} if $answer[0] ne '_result';

    $self->create_stream($name);
    $self->send_publish($name);

    return if defined $o{wait} && !$o{wait};
    return $self->status()->{code};
}


# Arguments of the answer to a transaction; other messages are passed over.

sub answer {
    my ($self, $txn) = @_;

    while (1) {
        my $msg = $self->receive();
        next if $msg->{type} != MSG_COMMAND;

        my @answer = parse_command($msg);
        return @answer if $answer[0] =~ /\A_(?:result|error)\z/
                          && $answer[1] == $txn;
    }
}


# The information object of the next onStatus.

sub status {
    my ($self) = @_;

    while (1) {
        my $msg = $self->receive();
        next if $msg->{type} != MSG_COMMAND;

        my @args = parse_command($msg);
        return $args[3] if $args[0] eq 'onStatus';
    }
}


# The next message, whatever it is.

sub receive {
    my ($self) = @_;

    my $msg;
    $self->_wait(sub { $msg = $self->next_message() }, 'message');

    return $msg;
}


# What was received already, or nothing.  Pings are answered.

sub next_message {
    my ($self) = @_;

    my $msg = $self->{reader}->next() or return;

    if ($msg->{type} == MSG_USER && length $msg->{payload} >= 6) {
        my ($event, $value) = unpack 'nN', $msg->{payload};
        $self->queue(user(USER_PONG, $value)) if $event == USER_PING;
    }

    return $msg;
}


sub read_raw {
    my ($self, $size) = @_;

    my $buf = $self->{reader}->buffer();
    $self->_wait(sub { length $$buf >= $size }, "$size bytes");

    return substr $$buf, 0, $size, '';
}


# Returns when the server has closed, with how it did.

sub read_to_end {
    my ($self) = @_;

    eval { $self->_wait(sub { $self->next_message(); 0 }, 'close') };

    return $@ =~ /\A(closed|reset|timeout)/ ? $1 : die $@;
}


sub send {
    my ($self, $msg) = @_;

    $self->queue($msg);
    $self->_wait(sub { $self->{out} eq '' }, 'send');
    return;
}


sub write {
    my ($self, $bytes) = @_;

    $self->{out} .= $bytes;
    $self->_wait(sub { $self->{out} eq '' }, 'write');
    return;
}


sub queue {
    my ($self, $msg) = @_;

    $self->{out} .= $self->{writer}->encode($msg);
    return;
}


sub _wait {
    my ($self, $done, $what) = @_;

    my $end = mono() + $self->{timeout};

    until ($done->()) {
        my $left = $end - mono();
        die "timeout: no $what\n" if $left <= 0;

        $self->pump($left);
    }
    return;
}


# Waits for the socket at most so long, then reads and writes what it can.

sub pump {
    my ($self, $seconds) = @_;

    my $fd = fileno $self->{sock};
    my ($r, $w) = ('', '');

    vec($r, $fd, 1) = 1;
    vec($w, $fd, 1) = 1 if $self->{out} ne '';

    $seconds = 0 if $self->{tls} && $self->{sock}->pending();
    select $r, $w, undef, $seconds;

    # OpenSSL keeps the errors of other connections in one queue

    Net::SSLeay::ERR_clear_error() if $self->{tls};

    $self->flush() if $self->{out} ne '';

    my $buf = $self->{reader}->buffer();
    my $n = sysread $self->{sock}, $$buf, 65536, length $$buf;

    return if $n || !defined $n && _again($self);

    die defined $n ? "closed: end of stream\n" : "reset: $!\n";
}


sub flush {
    my ($self) = @_;

    my $n = syswrite $self->{sock}, $self->{out};

    if (defined $n) {
        substr $self->{out}, 0, $n, '';

    } elsif (!_again($self)) {
        die "reset: $!\n";
    }
    return;
}


sub _again {
    my ($self) = @_;

    return $!{EAGAIN} || $!{EWOULDBLOCK} || $!{EINTR}
        || $self->{tls} && ($SSL_ERROR == SSL_WANT_READ
                            || $SSL_ERROR == SSL_WANT_WRITE);
}


# Ends the publish politely.

sub unpublish {
    my ($self) = @_;

    $self->queue(command('FCUnpublish', ++$self->{txn}, undef,
                         $self->{name}));
    $self->queue(command('deleteStream', ++$self->{txn}, undef,
                         $self->{msid}));
    $self->_wait(sub { $self->{out} eq '' }, 'send');
    return;
}


sub close {
    my ($self) = @_;

    CORE::close delete $self->{sock} if $self->{sock};
    return;
}


sub reset {
    my ($self) = @_;

    my $sock = delete $self->{sock} or return;

    setsockopt $sock, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0;
    $self->{tls} ? $sock->close(SSL_no_shutdown => 1) : CORE::close $sock;
    return;
}


1;

__END__

=head1 NAME

Test::Restream::RTMP::Client - a plain publishing client

=head1 SYNOPSIS

    my $c = Test::Restream::RTMP::Client->new(port => $port);
    is($c->publish('live', 'key'), 'NetStream.Publish.Start');
    $c->send({ type => 9, ts => 0, csid => 6, msid => $c->{msid},
               payload => $payload });
    $c->unpublish();
    $c->close();

=cut
