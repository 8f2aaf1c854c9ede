package Test::Restream::Proxy;

# A TCP forwarder in a child process that spoils the way between two peers:
# delays, stops, cuts; also in the middle of a TLS handshake.

use warnings;
use strict;

use IO::Socket::IP;
use Socket qw/SOL_SOCKET SO_LINGER IPPROTO_TCP TCP_NODELAY SOMAXCONN/;

use Test::Restream::Child;
use Test::Restream::Journal;
use Test::Restream::RTMP qw/noise/;
use Test::Restream::Util qw/mono/;

use constant {
    READ_SIZE   => 65536,
    QUEUE_MAX   => 262144,
    TLS_RECORD  => 5,           # bytes of a record header
};


# name, dir, port, to (port) or to => [host, port]; script, conns: POD

sub new {
    my ($class, %o) = @_;

    my $path = "$o{dir}/$o{name}.journal";

    my $child = Test::Restream::Child->new(
        name => $o{name}, output => "$o{dir}/$o{name}.out",
        run => sub { _run({ %o, journal => $path }, @_) });

    return bless {
        name => $o{name}, child => $child, port => $o{port},
        journal => Test::Restream::Journal->open($path),
    }, $class;
}


sub port    { return $_[0]{port} }
sub control { my ($self, %o) = @_; return $self->{child}->call(%o) }
sub events  { return shift()->{journal}->events(@_) }
sub conns   { return scalar(my @open = $_[0]->events(ev => 'open')) }
sub signal  { return $_[0]{child}->signal($_[1]) }
sub stop    { return $_[0]{child}->stop() }


# Below: the child.

sub _run {
    my ($o, $channel) = @_;

    my $self = {
        %$o, script => $o->{script} || {}, pairs => [], count => 0,
        to => ref $o->{to} ? $o->{to} : ['127.0.0.1', $o->{to}],
        journal => Test::Restream::Journal->create($o->{journal}),
        listener => IO::Socket::IP->new(
            LocalHost => '127.0.0.1', LocalPort => $o->{port},
            Listen => SOMAXCONN, ReuseAddr => 1),
    };

    die "listen on $o->{port}: $@\n" if !$self->{listener};

    $self->{listener}->blocking(0);
    $channel->ready();

    while ($channel->open()) {
        my ($r, $w, $wait) = _interest($self, $channel);

        select $r, $w, undef, $wait;

        _request($self, $_, $channel) for $channel->requests();
        _accept($self) if vec $r, fileno $self->{listener}, 1;

        for my $pair (my @pairs = @{$self->{pairs}}) {
            _forward($self, $pair, $_, $r) for 0, 1;
        }

        @{$self->{pairs}} = grep { !$_->{closed} } @{$self->{pairs}};
        $self->{journal}->flush();
    }
    return;
}


sub _accept {
    my ($self) = @_;

    my $sock = $self->{listener}->accept() or return;
    my $other = IO::Socket::IP->new(PeerHost => $self->{to}[0],
                                    PeerPort => $self->{to}[1]);
    my $conn = ++$self->{count};

    $self->{journal}->event('open', conn => $conn, ok => $other ? 1 : 0);
    return if !$other;

    for ($sock, $other) {
        $_->blocking(0);
        setsockopt $_, IPPROTO_TCP, TCP_NODELAY, 1;
    }

    # side 0: what comes from the client; side 1: from the server

    push @{$self->{pairs}}, {
        conn => $conn, script => { %{$self->{script}},
                                   %{($self->{conns} || {})->{$conn} || {}} },
        sides => [map { { in => $_->[0], out => $_->[1], queue => [],
                          queued => 0, passed => 0, records => 0, left => 0,
                          head => '' } } [$sock, $other], [$other, $sock]],
    };
    return;
}


sub _interest {
    my ($self, $channel) = @_;

    my ($r, $w) = ('', '');
    my $now = mono();
    my $wait = 10;

    vec($r, $channel->fd(), 1) = 1;
    vec($r, fileno $self->{listener}, 1) = 1;

    for my $pair (@{$self->{pairs}}) {
        next if $pair->{frozen};

        for my $side (@{$pair->{sides}}) {
            vec($r, fileno $side->{in}, 1) = 1
                if $side->{queued} < QUEUE_MAX && !$side->{ended};

            my $first = $side->{queue}[0] or next;
            my $due = $first->[0];

            $due = $side->{next_at}
                if $side->{next_at} && $side->{next_at} > $due;

            if ($due > $now) {
                $wait = $due - $now if $due - $now < $wait;

            } elsif (!$side->{stalled}) {
                vec($w, fileno $side->{out}, 1) = 1;
            }
        }
    }

    return ($r, $w, $wait);
}


sub _forward {
    my ($self, $pair, $which, $r) = @_;

    return if $pair->{closed} || $pair->{frozen};

    my $side = $pair->{sides}[$which];
    my $script = $pair->{script};
    my $now = mono();

    if (vec $r, fileno $side->{in}, 1) {
        my $n = sysread $side->{in}, my $bytes, READ_SIZE;

        if ($n) {
            $bytes = _admit($side, $script, $which, $bytes);
            push @{$side->{queue}}, [$now + ($script->{delay} || 0), $bytes]
                if $bytes ne '';
            $side->{queued} += length $bytes;

        } elsif (defined $n || !$!{EAGAIN}) {
            $side->{ended} = defined $n ? 'fin' : 'rst';
        }
    }

    _drain($side, $script, $which, $now);

    return if !$side->{ended} || @{$side->{queue}} && $side->{ended} eq 'fin';

    _end($self, $pair, $side->{ended} eq 'rst');
    return;
}


# What of the bytes may pass: limits by bytes, or by TLS records of the server.

sub _admit {
    my ($side, $script, $which, $bytes) = @_;

    return '' if $side->{stalled};

    $bytes = _spoil($side, $script->{spoil}, $bytes)
        if $which && $script->{spoil};

    my $limit = ($script->{limit} || {})->{$which ? 'down' : 'up'};

    if (defined $limit && $side->{passed} + length $bytes > $limit) {
        $bytes = substr $bytes, 0, $limit - $side->{passed};
        $side->{stalled} = 1;
    }

    $bytes = _records($side, $script->{records}, $bytes)
        if $which && defined $script->{records};
    $side->{passed} += length $bytes;

    return $bytes;
}


sub _spoil {
    my ($side, $o, $bytes) = @_;

    my $at = $o->{at} - $side->{passed};
    return $bytes if $at >= length $bytes;

    if ($o->{how} eq 'flip') {
        substr($bytes, $at, 1) ^= "\xff" if $at >= 0;
        return $bytes;
    }

    my $rest = substr $bytes, $at < 0 ? 0 : $at, length $bytes, '';

    if ($o->{how} eq 'cut') {
        $side->{ended} = 'fin';
        return $bytes;
    }

    return $bytes . noise("spoilt $side->{passed}", length $rest);
}


sub _records {
    my ($side, $max, $bytes) = @_;

    my $pos = 0;

    while ($pos < length $bytes) {
        if (!$side->{left}) {
            if ($side->{records} >= $max) {
                $side->{stalled} = 1;
                last;
            }

            my $need = TLS_RECORD - length $side->{head};

            $side->{head} .= substr $bytes, $pos, $need;
            $pos += $need;
            next if length $side->{head} < TLS_RECORD;

            $side->{left} = unpack 'n', substr $side->{head}, 3;
            $side->{head} = '';
            $side->{records}++;
            next;
        }

        my $size = length($bytes) - $pos;
        $size = $side->{left} if $size > $side->{left};
        $side->{left} -= $size;
        $pos += $size;
    }

    return substr $bytes, 0, $pos;
}


sub _drain {
    my ($side, $script, $which, $now) = @_;

    my $size = ($script->{split} || {})->{$which ? 'down' : 'up'};
    my $rate = ($script->{rate} || {})->{$which ? 'down' : 'up'};

    while (my $first = $side->{queue}[0]) {
        last if $first->[0] > $now || ($side->{next_at} || 0) > $now;

        my $max = $size || ($rate ? int($rate / 50) || 1 : 1 << 20);
        my $n = syswrite $side->{out}, $first->[1], $max;

        if (!defined $n) {
            $side->{ended} ||= 'rst' if !$!{EAGAIN};
            last;
        }

        substr $first->[1], 0, $n, '';
        $side->{queued} -= $n;
        shift @{$side->{queue}} if $first->[1] eq '';
        $side->{next_at} = $now + 0.02 if $rate;
        last if $size;
    }
    return;
}


my %requests = (
    freeze => sub { $_[1]{frozen} = 1 },
    thaw   => sub { $_[1]{frozen} = 0 },
    reset  => sub { _end($_[0], $_[1], 1) },
    close  => sub { _end($_[0], $_[1], 0) },
    set    => sub {
        my ($self, $pair, $script) = @_;
        $pair->{script} = { %{$pair->{script}}, %$script };
    },
);


sub _request {
    my ($self, $request, $channel) = @_;

    if ($request->{do} eq 'script') {
        $self->{script} = $request->{script};

    } else {
        $requests{$request->{do}}->($self, $_, $request->{script})
            for @{$self->{pairs}};
    }

    return $channel->answer($request, { pairs => scalar @{$self->{pairs}} });
}


sub _end {
    my ($self, $pair, $reset) = @_;

    for my $side (@{$pair->{sides}}) {
        setsockopt $side->{in}, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0
            if $reset;
        close $side->{in};
    }

    $pair->{closed} = 1;
    $self->{journal}->event('close', conn => $pair->{conn},
        passed => [map { $_->{passed} } @{$pair->{sides}}]);
    return;
}


1;

__END__

=head1 NAME

Test::Restream::Proxy - a bad way between two peers

=head1 SYNOPSIS

    my $proxy = $t->proxy(port => 5, to => $in->port(),
                          script => { records => 1 });

    $proxy->control(do => 'freeze');

=head1 SCRIPT

up is from client to server, down the other way.  conns => { n => script }
gives the n-th connection its own.

    delay    seconds, each way
    limit    { up => bytes, down => bytes }: the rest never arrives
    records  so many TLS records of the server pass, the rest never arrives
    spoil    { at => n, how => 'noise', 'flip' or 'cut' }: of what the server
             says, all from byte n on is noise; that byte is turned over; it
             is the end
    split    { up => bytes, down => bytes } of each write
    rate     { up => B/s, down => B/s }

Requests, for all connections: freeze, thaw, reset, close, set (script =>
changes); script (for later ones).

=cut
