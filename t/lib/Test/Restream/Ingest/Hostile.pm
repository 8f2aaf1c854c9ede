package Test::Restream::Ingest::Hostile;

# A server that means harm, in a child process: each connection gets a valid
# dialogue of which something was made wrong, as the seed and its number decide.

use warnings;
use strict;

use IO::Socket::IP;
use Socket qw/IPPROTO_TCP TCP_NODELAY SOL_SOCKET SO_LINGER SOMAXCONN/;

use Test::Restream::Child;
use Test::Restream::Ingest::Faults;
use Test::Restream::Mutate qw/below pick spoil spoil_message/;
use Test::Restream::RTMP qw/:all/;
use Test::Restream::RTMP::AMF qw/obj undefined/;
use Test::Restream::RTMP::Chunk;
use Test::Restream::Util qw/mono/;

use constant {
    READ_SIZE => 65536,
    HELLO     => 1 + HANDSHAKE_SIZE,
    HOLD      => 1.5,           # seconds that a connection is kept at most
};

# Faults that cost the server itself too much to be frequent.

my @faults = grep { !/flood|many|oversize|large|huge/ }
    Test::Restream::Ingest::Faults::names();


# port, name, dir; seed

sub new {
    my ($class, %o) = @_;

    my $child = Test::Restream::Child->new(
        name => $o{name}, output => "$o{dir}/$o{name}.out",
        run => sub { _run({ %o }, @_) });

    return bless { child => $child }, $class;
}


# Number of connections that have come and gone.

sub conns {
    return $_[0]{child}->call(do => 'conns')->{conns};
}


sub stop {
    return $_[0]{child}->stop();
}


# Below: the child.

sub _run {
    my ($self, $channel) = @_;

    my $listener = IO::Socket::IP->new(
        LocalHost => '127.0.0.1', LocalPort => $self->{port},
        Listen => SOMAXCONN, ReuseAddr => 1)
        or die "listen on $self->{port}: $@\n";

    $listener->blocking(0);
    @$self{qw/listener sessions count gone/} = ($listener, {}, 0, 0);
    $self->{hello} = join '', server_hello($self->{seed},
                                           noise('s2', HANDSHAKE_SIZE));
    $channel->ready();

    while ($channel->open()) {
        my ($r, $w) = ('', '');

        vec($r, $_, 1) = 1 for $channel->fd(), fileno $listener;

        while (my ($fd, $session) = each %{$self->{sessions}}) {
            vec($r, $fd, 1) = 1;
            vec($w, $fd, 1) = 1 if $session->{out} ne '';
        }

        select $r, $w, undef, %{$self->{sessions}} ? 0.05 : 10;

        $channel->answer($_, { conns => $self->{gone} })
            for $channel->requests();
        _accept($self) if vec $r, fileno $listener, 1;

        for my $fd (keys %{$self->{sessions}}) {
            my $session = $self->{sessions}{$fd};

            _read($session) if vec $r, $fd, 1;
            _write($session) if vec $w, $fd, 1;
            _end($self, $fd) if $session->{over} || mono() > $session->{until};
        }
    }
    return;
}


sub _accept {
    my ($self) = @_;

    while (my $sock = $self->{listener}->accept()) {
        $sock->blocking(0);
        setsockopt $sock, IPPROTO_TCP, TCP_NODELAY, 1;

        srand $self->{seed} * 1_000_003 + ++$self->{count};

        $self->{sessions}{fileno $sock} = {
            sock => $sock, out => '', seen => 0, over => 0,
            steps => [_dialogue($self->{hello})],
            ending => pick(qw/fin rst hold/), until => mono() + HOLD,
        };
    }
    return;
}


# With whatever the client says the dialogue goes on by a step.

sub _read {
    my ($session) = @_;

    my $n = sysread $session->{sock}, my $buf, READ_SIZE;

    if (!$n) {
        $session->{over} = 1 if defined $n || !$!{EAGAIN};
        return;
    }

    $session->{seen} += $n;
    return if $session->{seen} < HELLO;

    if (@{$session->{steps}}) {
        $session->{out} .= shift @{$session->{steps}};
        _write($session);
    }
    return;
}


sub _write {
    my ($session) = @_;

    my $n = syswrite $session->{sock}, $session->{out};

    if (defined $n) {
        substr $session->{out}, 0, $n, '';

    } elsif (!$!{EAGAIN}) {
        $session->{over} = 1;
    }

    $session->{over} = 1 if $session->{out} eq '' && !@{$session->{steps}}
        && $session->{ending} ne 'hold';
    return;
}


sub _end {
    my ($self, $fd) = @_;

    my $session = delete $self->{sessions}{$fd};

    setsockopt $session->{sock}, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0
        if $session->{ending} eq 'rst';
    close $session->{sock};
    $self->{gone}++;
    return;
}


# What the server says, step by step, with something wrong in it.

sub _dialogue {
    my ($hello) = @_;

    my $writer = Test::Restream::RTMP::Chunk::Writer->new(
        compress => below(2));
    my @steps = _steps();

    # of a dialogue that begins badly nothing else is read

    return spoil($hello) if below(20) == 0;

    my $wrong = below(scalar @steps);

    for my $i (0 .. $#steps) {
        my @messages = @{$steps[$i]};

        if ($i == $wrong) {
            my $at = below(scalar @messages);

            $messages[$at] = _wrong($messages[$at]);
        }

        $steps[$i] = join '', map { ref $_ ? $writer->encode($_)
            : Test::Restream::Ingest::Faults::bytes($_, $writer) } @messages;
        $steps[$i] = spoil($steps[$i]) if $i == $wrong && below(5) == 0;
    }

    # more than one at a time, as impatient servers do

    while (@steps > 1 && below(4) == 0) {
        my $at = below(@steps - 1);

        splice @steps, $at, 2, $steps[$at] . $steps[$at + 1];
    }

    return ($hello, @steps);
}


sub _wrong {
    my ($msg) = @_;

    my $how = below(10);

    return pick(@faults) if $how == 0;
    return spoil_message($msg) if $how < 4;
    return { %{spoil_message($msg)}, payload => spoil($msg->{payload}) }
        if $how == 4;
    return { %$msg, payload => spoil($msg->{payload}), keep => 1 };
}


# The messages of each step.

sub _steps {
    my %status = (csid => 5, msid => 1);
    my $start = command({ %status }, 'onStatus', 0, undef, status_object(
        'status', 'NetStream.Publish.Start', 'Publishing.',
        clientid => 'x' x below(300)));

    return (
        [window(2_500_000), bandwidth(2_500_000, 2),
         chunk_size(pick(128, 4096)),
         command('_result', 1,
                 obj(fmsVer => 'FMS/3,5,7,7009', capabilities => 31),
                 status_object('status', 'NetConnection.Connect.Success',
                               'Connection succeeded.', objectEncoding => 0)),
         command('onBWDone', 0, undef)],

        [command('_result', 2, undef, undefined()),
         command('onFCPublish', 0, undef, status_object(
             'status', 'NetStream.Publish.Start', 'x')),
         command('_result', 3, undef, undefined()),
         command('_result', 4, undef, 1)],

        [user(USER_BEGIN, 1), $start],

        map { [_later(\%status)] } 1 .. 1 + below(4),
    );
}


# What may come at any time after it.

sub _later {
    my ($o) = @_;

    return pick(
        sub { user(USER_PING, below(2 ** 32)) },
        sub { ack(below(2 ** 32)) },
        sub { window(pick(0, 1, 100, 2_500_000, 0xffffffff)) },
        sub { chunk_size(pick(1, 128, 65536)) },
        sub { command('_result', 5, undef, undef) },
        sub { command('_error', below(8), undef, status_object(
            'error', 'NetConnection.Call.Failed', 'No.')) },
        sub { command('_checkbw', 9, undef) },
        sub { command({ %$o }, 'onStatus', 0, undef, status_object(
            pick(qw/status error/), 'NetStream.' . pick(qw/Data.Start
            Publish.Start Unpublish.Success Publish.BadName Failed/),
            'x' x below(400))) },
        sub { command({ %$o }, 'onStatus', 0, undef, status_object(
            'status', 'NetConnection.Connect.ReconnectRequest', 'Move.',
            tcUrl => 'rtmp://127.0.0.1:1/' . 'a' x below(300))) },
        sub { command('_error', 1, undef, status_object(
            'error', 'NetConnection.Connect.Rejected', '[ AccessManager.Reject'
            . ' ] : [ authmod=adobe ] : ?reason=needauth&user=u&salt=s'
            . '&challenge=c&opaque=o',
            ex => obj(code => 302, redirect => 'rtmp://127.0.0.1:1/x'))) },
        sub { command('close', 0, undef) },
        sub { data_message('onMetaData', obj(a => 1)) },
    )->();
}


1;

__END__

=head1 NAME

Test::Restream::Ingest::Hostile - a server that means harm

=head1 SYNOPSIS

    my $server = Test::Restream::Ingest::Hostile->new(
        name => 'hostile', dir => $t->dir(), port => $t->port(1), seed => 1);
    wait_until { $server->conns() > 1000 } 60, 'a thousand dialogues';

=cut
