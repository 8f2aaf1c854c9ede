package Test::Restream::Ingest::Server;

# The select loop of a fake ingest: sockets, TLS, timing.  Runs in the child
# process; each connection has a Test::Restream::Ingest::Session.

use warnings;
use strict;

use Errno ();
use IO::Socket::IP;
use IO::Socket::SSL;
use POSIX ();
use Socket qw/IPPROTO_TCP TCP_NODELAY SOL_SOCKET SO_LINGER SO_RCVBUF SHUT_WR
    SOMAXCONN/;

use Test::Restream::Ingest::Session;
use Test::Restream::Journal;
use Test::Restream::TLS;
use Test::Restream::Util qw/mono/;

use constant {
    READ_SIZE   => 262144,
    RATE_TICK   => 0.02,        # seconds between reads of a slow connection
    TCP_INFO    => 11,
    TCP_CLOSE   => 7,
    CLOSE_WAIT  => 8,
    PEEK        => 0.1,         # seconds between looks at a frozen one
    LINGER      => 2,           # seconds after our FIN
};


# addr, port, journal (path), script, conns { number => script }, tls (kind or
# undef), authority (Test::Restream::TLS)

sub new {
    my ($class, %o) = @_;

    my $self = bless {
        %o, sessions => {}, lingering => [], count => 0, contexts => {},
    }, $class;

    $self->{journal} = Test::Restream::Journal->create($o{journal});
    $self->_listen();

    return $self;
}


sub _listen {
    my ($self) = @_;

    return if $self->{listener};

    # not made non-blocking at once: it would not tell that the port is taken

    $self->{listener} = IO::Socket::IP->new(
        LocalHost => $self->{addr}, LocalPort => $self->{port},
        Listen => SOMAXCONN, ReuseAddr => 1)
        or die "listen on $self->{addr}:$self->{port}: $@\n";

    $self->{listener}->blocking(0);
    setsockopt $self->{listener}, SOL_SOCKET, SO_RCVBUF, $self->{rcvbuf}
        if $self->{rcvbuf};
    return;
}


sub run {
    my ($self, $channel) = @_;

    $channel->ready();

    while ($channel->open()) {
        my ($r, $w, $wait) = $self->_interest($channel);

        select $r, $w, undef, $wait;

        $self->_control($channel) if vec $r, $channel->fd(), 1;
        $self->_accept($r) if $self->{listener};

        for my $session (my @sessions = values %{$self->{sessions}}) {
            my $fd = fileno $session->{sock};

            $self->_serve($session, vec($r, $fd, 1) || $session->{pending},
                          vec $w, $fd, 1);
        }

        $self->_linger($r) if @{$self->{lingering}};
        $self->{journal}->flush();
    }
    return;
}


# What to wait for, and how long.

sub _interest {
    my ($self, $channel) = @_;

    my ($r, $w) = ('', '');
    my $now = mono();
    my $until = $now + 10;

    vec($r, $channel->fd(), 1) = 1;
    vec($r, fileno $self->{listener}, 1) = 1 if $self->{listener};

    for my $session (values %{$self->{sessions}}) {
        my $fd = fileno $session->{sock};
        my $due = $session->tick($now);

        $until = $due if defined $due && $due < $until;

        if ($session->frozen()) {
            $until = $now + PEEK if $until > $now + PEEK;

        } elsif (($session->{read_at} || 0) > $now) {
            $until = $session->{read_at} if $session->{read_at} < $until;

        } else {
            vec($r, $fd, 1) = 1;
            $until = $now if $session->{pending};
        }

        vec($w, $fd, 1) = 1 if $session->{out} ne '' || $session->{want_write};
        $until = $now if $session->{ending}
            && ($session->{out} eq '' || $session->{ending} eq 'reset');
    }

    for my $closing (@{$self->{lingering}}) {
        vec($r, fileno $closing->{sock}, 1) = 1;
        $until = $closing->{until} if $closing->{until} < $until;
    }

    return ($r, $w, $until > $now ? $until - $now : 0);
}


my %requests = (
    listen => sub {
        my ($self, $o) = @_;
        $o->{value} ? $self->_listen() : close delete $self->{listener};
    },
    script => sub {
        my ($self, $o) = @_;
        my $conn = $o->{conn};
        my $script = defined $conn ? $self->{conns}{$conn} ||= {}
            : $self->{script};
        %$script = (%$script, %{$o->{script}});
    },
);


# conn of a request: a number, 'last' (as if left out) or 'all'

sub _control {
    my ($self, $channel) = @_;

    for my $request ($channel->requests()) {
        my $handler = $requests{$request->{do}};

        my $done = eval {
            if ($handler) {
                $handler->($self, $request);

            } else {
                $_->act(%$request) for $self->_addressed($request);
            }
            1;
        };

        $channel->answer($request, $done ? {} : { failed => "$@" });
    }
    return;
}


sub _addressed {
    my ($self, $request) = @_;

    my $conn = defined $request->{conn} ? $request->{conn} : 'last';
    my @all = sort { $a->{conn} <=> $b->{conn} } values %{$self->{sessions}};

    @all = $conn eq 'last' ? splice @all, -1
        : grep { $_->{conn} == $conn } @all if @all && $conn ne 'all';

    die "no such connection: $conn\n" if !@all;
    return @all;
}


sub _accept {
    my ($self, $r) = @_;

    return if !vec $r, fileno $self->{listener}, 1;

    while (my $sock = $self->{listener}->accept()) {
        my $conn = ++$self->{count};
        my $script = { %{$self->{script}}, %{$self->{conns}{$conn} || {}} };

        $sock->blocking(0);
        setsockopt $sock, IPPROTO_TCP, TCP_NODELAY, 1;

        my $session = Test::Restream::Ingest::Session->new(
            $conn, $script, $self->{journal});

        $session->{sock} = $sock;
        $session->log('open', peer => $sock->peerhost() . ':'
                                      . $sock->peerport());
        $self->{sessions}{$conn} = $session;

        next if !$session->stage('accept');

        my $kind = $script->{tls} || $self->{tls} or next;

        $session->{sock} = Test::Restream::TLS::upgrade($sock,
            $self->_context($kind, $script));
        $session->{shaking} = 1;
    }
    return;
}


sub _context {
    my ($self, $kind, $script) = @_;

    my ($version, $ciphers) = map { $script->{"tls_$_"} || '' }
        qw/version ciphers/;

    return $self->{contexts}{"$kind $version $ciphers"} ||=
        $self->{authority}->context($kind, version => $version,
                                    ciphers => $ciphers);
}


sub _serve {
    my ($self, $session, $readable, $writable) = @_;

    # a muted connection that awaits TLS gets no answer to its hello

    return if $session->{shaking} && $session->{muted};

    # OpenSSL keeps the errors of other connections in one queue

    Net::SSLeay::ERR_clear_error() if ref $session->{sock} eq 'IO::Socket::SSL';

    if ($session->{shaking}) {
        $self->_shake($session) or return;
    }

    if ($session->frozen()) {
        $self->_peek($session);

    } elsif ($readable && ($session->{read_at} || 0) <= mono()) {
        $self->_read($session);
    }

    $self->_write($session) if $session->{sock} && $session->{out} ne '';
    $self->_end($session) if $session->{sock} && $session->{ending};
    return;
}


sub _shake {
    my ($self, $session) = @_;

    my $done = Test::Restream::TLS::shake($session->{sock});

    if (!defined $done) {
        $session->log('tls-error', text => "$SSL_ERROR");
        return $self->_closed($session, 'tls');
    }

    $session->{want_write} = !$done && $SSL_ERROR == SSL_WANT_WRITE;

    return if !$done;

    delete $session->{shaking};
    $session->{tls} = 1;
    $session->log('tls', Test::Restream::TLS::facts($session->{sock}));

    return $session->stage('tls');
}


sub _read {
    my ($self, $session) = @_;

    my $sock = $session->{sock};
    my $buf = $session->buffer();
    my $max = $self->_allowance($session);
    my $total = 0;

    while ($total < $max) {
        my $n = sysread $sock, $$buf, $max - $total, length $$buf;

        if (!$n) {
            $self->_consume($session, $total);
            return if $session->{tls} ? Test::Restream::TLS::would_block()
                && !defined $n : $!{EAGAIN} || $!{EINTR};
            return $self->_lost($session, $n);
        }

        $total += $n;

        # a plain socket that gave less than asked for is empty

        last if !$session->{tls} && $total < $max;
    }

    $session->{pending} = $session->{tls} && $sock->pending();
    $self->_consume($session, $total);
    return;
}


# How much may be read now: rate is bytes per second.

sub _allowance {
    my ($self, $session) = @_;

    my $rate = $session->{rate} or return READ_SIZE;
    my $max = int($rate * RATE_TICK);

    $session->{read_at} = mono() + RATE_TICK;

    return $max || 1;
}


sub _consume {
    my ($self, $session, $size) = @_;

    return if !$size;

    $session->{bytes} += $size;
    $session->work();

    my $every = $session->{script}{ack};

    if ($every && $session->{bytes} - ($session->{acked} || 0) >= $every) {
        $session->{acked} = $session->{bytes};
        $session->act(do => 'ack', value => $session->{bytes});
    }
    return;
}


sub _lost {
    my ($self, $session, $n) = @_;

    return $self->_closed($session, 'fin') if defined $n;
    return $self->_closed($session, 'rst') if $!{ECONNRESET} || $!{EPIPE};

    # over TLS an end without close_notify is an error of its own

    return $self->_closed($session, 'fin', error => "$SSL_ERROR");
}


# A frozen connection is not read, but the kernel knows what became of it.

sub _peek {
    my ($self, $session) = @_;

    my $state = unpack 'C', getsockopt $session->{sock}, IPPROTO_TCP, TCP_INFO;

    $self->_closed($session, $state == TCP_CLOSE ? 'rst' : 'fin', frozen => 1)
        if $state == TCP_CLOSE || $state == CLOSE_WAIT;
    return;
}


sub _write {
    my ($self, $session) = @_;

    # what the client has seen must be in the journal

    $self->{journal}->flush();

    my $size = $session->{script}{write_size} || length $session->{out};
    my $n = syswrite $session->{sock}, $session->{out}, $size;

    if (defined $n) {
        substr $session->{out}, 0, $n, '';
        return;
    }

    return if $!{EAGAIN} || $!{EINTR}
        || $session->{tls} && Test::Restream::TLS::would_block();

    $session->{out} = '';
    return;
}


sub _end {
    my ($self, $session) = @_;

    my $how = $session->{ending};

    return if $how eq 'close' && $session->{out} ne '';

    $self->{journal}->flush();

    if ($how eq 'reset') {
        setsockopt $session->{sock}, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0;
    }

    return $self->_closed($session, 'ours');
}


sub _closed {
    my ($self, $session, $how, %facts) = @_;

    my $sock = delete $session->{sock};

    delete $self->{sessions}{$session->{conn}};

    $session->log('close', how => $how, media => $session->{media},
                  bytes => $session->{bytes} || 0,
                  fcunpublish => $session->{fcunpublish} ? 1 : 0,
                  delete_stream => $session->{delete_stream} ? 1 : 0,
                  stage => $session->{stage}, %facts);

    if ($how ne 'ours' || $session->{ending} eq 'reset') {
        _discard($sock);
        return;
    }

    # closing at once would turn our FIN into RST, since there is unread data

    Net::SSLeay::shutdown($sock->_get_ssl_object())
        if $session->{tls} && (!defined $session->{notify}
                               || $session->{notify});
    shutdown $sock, SHUT_WR;

    push @{$self->{lingering}}, { sock => $sock, until => mono() + LINGER };
    return;
}


sub _linger {
    my ($self, $r) = @_;

    my @open;

    for my $closing (@{$self->{lingering}}) {
        my $fd = fileno $closing->{sock};
        my $n = vec($r, $fd, 1) ? POSIX::read($fd, my $buf, READ_SIZE) : 1;

        # POSIX::read() tells 0 bytes as "0 but true"

        if ($n && $n > 0 && mono() < $closing->{until}) {
            push @open, $closing;

        } else {
            _discard($closing->{sock});
        }
    }

    $self->{lingering} = \@open;
    return;
}


sub _discard {
    my ($sock) = @_;

    ref $sock eq 'IO::Socket::SSL' ? $sock->close(SSL_no_shutdown => 1)
        : close $sock;
    return;
}


1;

__END__

=head1 NAME

Test::Restream::Ingest::Server - sockets and timing of a fake ingest

=head1 DESCRIPTION

Started by Test::Restream::Ingest in a child process.

=cut
