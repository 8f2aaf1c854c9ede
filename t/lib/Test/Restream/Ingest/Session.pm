package Test::Restream::Ingest::Session;

# One connection to a fake ingest: the dialogue, without I/O.
#
# The server appends what it reads to buffer() and calls work(); it sends what
# stands in {out}.  What it has to do besides stands in {ending} ('close' or
# 'reset'), {frozen_until}, {rate}.  What is to be answered, and how wrongly, is
# told by the script: see Test::Restream::Ingest.

use warnings;
use strict;

use Digest::MD5 qw/md5_hex/;

use Test::Restream::Ingest::Actions;
use Test::Restream::Ingest::Auth;
use Test::Restream::RTMP qw/:all/;
use Test::Restream::RTMP::AMF qw/obj undefined/;
use Test::Restream::RTMP::Chunk;
use Test::Restream::Util qw/mono/;

my %refusals = (
    InvalidApp      => ['connect', 'NetConnection.Connect.InvalidApp'],
    ConnectRejected => ['connect', 'NetConnection.Connect.Rejected'],
    AppShutdown     => ['connect', 'NetConnection.Connect.AppShutdown'],
    BadName         => ['publish', 'NetStream.Publish.BadName'],
    Denied          => ['publish', 'NetStream.Publish.Denied'],
    Rejected        => ['publish', 'NetStream.Publish.Rejected'],
    Failed          => ['publish', 'NetStream.Failed'],
);


sub new {
    my ($class, $conn, $script, $journal) = @_;

    my $self = bless {
        conn    => $conn,
        script  => $script,
        journal => $journal,
        phase   => 'c0c1',
        out     => '',
        held    => [],
        i       => 0,
        media   => 0,
        rate    => $script->{read_rate},
        writer  => Test::Restream::RTMP::Chunk::Writer->new(),
        actions => [map { { %$_ } } @{$script->{at} || []}],
        start_msid => defined $script->{stream_id} ? $script->{stream_id} : 1,
    }, $class;

    $self->{reader} = Test::Restream::RTMP::Chunk::Reader->new(
        on_violation => sub { $self->log('violation', text => $_[0]) });

    return $self;
}


sub log {
    my ($self, $ev, %fields) = @_;

    $self->{journal}->event($ev, conn => $self->{conn}, %fields);
    return;
}


sub buffer {
    return $_[0]{reader}->buffer();
}


# Bytes to the client: unless it is muted; later if answers are delayed.

sub say {
    my ($self, $bytes) = @_;

    return if $self->{muted};

    if (@{$self->{held}}) {
        push @{$self->{held}}, [0, $bytes];

    } else {
        $self->{out} .= $bytes;
    }
    return;
}


sub send {
    my ($self, $msg) = @_;

    return $self->say($self->{writer}->encode($msg));
}


# The dialogue has come to a stage.  False if the script wants something else
# to happen there than the right answer.

sub stage {
    my ($self, $stage) = @_;

    my $script = $self->{script};

    $self->{stage} = $stage;

    my $delay = $script->{delay} && $script->{delay}{$stage};
    push @{$self->{held}}, [mono() + $delay, ''] if $delay;

    for my $fault (qw/mute freeze close reset garbage http/) {
        next if ($script->{$fault} || '') ne $stage;

        $self->act(do => $fault);
        return 0;
    }

    for my $what (qw/send fault/) {
        my $at = $script->{$what} && $script->{$what}{$stage};
        next if !defined $at;

        $self->act(do => $what, hex => $at, name => $at);
        return 0;
    }

    return 1;
}


# Takes what has been read.

sub work {
    my ($self) = @_;

    my $buf = $self->buffer();

    if ($self->{phase} eq 'c0c1') {
        return if length $$buf < 1 + HANDSHAKE_SIZE;
        $self->_hello(substr $$buf, 0, 1 + HANDSHAKE_SIZE, '');
    }

    if ($self->{phase} eq 'c2') {
        return if length $$buf < HANDSHAKE_SIZE;

        my $c2 = substr $$buf, 0, HANDSHAKE_SIZE, '';
        $self->{phase} = 'messages';
        $self->log('handshake', version => $self->{version},
                   simple => $self->{simple},
                   echo => $c2 eq $self->{s1} ? 1 : 0);
        $self->stage('c2');
    }

    while (!$self->{ending} && !$self->frozen()) {
        my $msg = $self->{reader}->next() or last;
        $self->_message($msg);
    }
    return;
}


sub _hello {
    my ($self, $c0c1) = @_;

    my $c1 = substr $c0c1, 1;

    $self->{version} = ord $c0c1;
    $self->{simple} = is_simple($c1);
    $self->{phase} = 'c2';

    my ($s0s1, $s2) = server_hello($self->{conn}, $c1);
    $self->{s1} = substr $s0s1, 1;

    return if !$self->stage('c0c1');
    $self->say($s0s1);

    return if !$self->stage('s1');
    $self->say($s2);
    return;
}


sub _message {
    my ($self, $msg) = @_;

    my $type = $msg->{type};

    if ($type == MSG_AUDIO || $type == MSG_VIDEO) {
        $self->{journal}->media($self->{conn}, $self->{i}++, $msg, mono())
            if !$self->{script}{forget};
        $self->_counted();

    } elsif ($type == MSG_COMMAND || $type == MSG_AMF3) {
        $self->_command($msg);

    } elsif ($type == MSG_DATA || $type == MSG_AMF3_DATA) {
        $self->_data($msg) if !$self->{script}{forget};

    } else {
        my @values = $type == MSG_USER ? unpack('nN', $msg->{payload})
            : unpack 'N', $msg->{payload};

        $self->log('control', type => $type, values => \@values)
            if !$self->{script}{forget};
    }
    return;
}


sub _counted {
    my ($self) = @_;

    if (!$self->{media}++) {
        $self->log('violation', text => 'media before Publish.Start')
            if !$self->{published} || @{$self->{held}};
        $self->stage('media');
    }

    my $n = $self->{media};

    $self->_fire(sub { defined $_[0]{frames} && $n >= $_[0]{frames} })
        if @{$self->{actions}};
    return;
}


sub _data {
    my ($self, $msg) = @_;

    my @args = eval { parse_command({ %$msg,
        type => $msg->{type} == MSG_AMF3_DATA ? MSG_AMF3 : MSG_DATA }) };

    $self->log('violation', text => "data: $@") if $@;
    $self->log('data', i => $self->{i}++, type => $msg->{type},
               ts => $msg->{ts}, csid => $msg->{csid}, msid => $msg->{msid},
               name => $args[0], args => [@args[1 .. $#args]],
               size => length $msg->{payload},
               md5 => md5_hex($msg->{payload}),
               hex => unpack 'H4096', $msg->{payload});
    return;
}


my %commands = (
    connect       => \&_connect,
    releaseStream => sub { $_[0]->_courtesy($_[1], 'release') },
    FCPublish     => sub { $_[0]->_courtesy($_[1], 'fcpublish') },
    createStream  => \&_create_stream,
    publish       => \&_publish,
    FCUnpublish   => sub { $_[0]{fcunpublish} = 1 },
    deleteStream  => sub { $_[0]{delete_stream} = 1 },
    closeStream   => sub { $_[0]{delete_stream} = 1 },
    _checkbw      => sub { $_[0]->send(command('_result', $_[1], undef)) },
);


sub _command {
    my ($self, $msg) = @_;

    my ($name, $txn, @args) = eval { parse_command($msg) };

    return $self->log('violation', text => "command: $@") if $@;

    $self->log('command', name => $name, txn => $txn, args => \@args,
               csid => $msg->{csid}, msid => $msg->{msid},
               hex => unpack 'H8192', $msg->{payload});

    my $handler = $commands{$name} or return;
    return $handler->($self, $txn, @args);
}


sub _connect {
    my ($self, $txn, $object) = @_;

    my $script = $self->{script};

    return if !$self->stage('connect');
    return if $self->_refused('connect', $txn);

    if ($script->{auth}) {
        my $refusal = Test::Restream::Ingest::Auth::refusal(
            $object->{app}, %{$script->{auth}});

        return $self->_error($txn, 'NetConnection.Connect.Rejected', $refusal)
            if defined $refusal;
    }

    return $self->_error($txn, 'NetConnection.Connect.Rejected',
                         '[ AccessManager.Reject ] : redirected',
                         ex => obj(code => 302,
                                   redirect => $script->{redirect}))
        if defined $script->{redirect};

    my ($window, $size) = map { defined $script->{$_->[0]}
        ? $script->{$_->[0]} : $_->[1] } [window => 2_500_000],
                                         [chunk_size => 4096];

    $self->send(window($window)) if $window;
    $self->send(bandwidth($window, 2)) if $window;
    $self->send(chunk_size($size)) if $size;
    $self->send(command('_result', $txn,
        obj(fmsVer => 'FMS/3,5,7,7009', capabilities => 31, mode => 1),
        status_object('status', 'NetConnection.Connect.Success',
                      'Connection succeeded.', objectEncoding => 0)));
    $self->send(command('onBWDone', 0, undef)) if $script->{bwdone};
    return;
}


sub _courtesy {
    my ($self, $txn, $stage) = @_;

    return if !$self->stage($stage);

    my $how = $self->{script}{courtesy} || 'answer';

    if ($how eq 'answer') {
        $self->send(command('_result', $txn, undef, undefined()));

    } elsif ($how eq 'error') {
        $self->send(command('_error', $txn, undef, status_object('error',
            'NetConnection.Call.Failed', 'Method not found')));
    }
    return;
}


sub _create_stream {
    my ($self, $txn) = @_;

    return if !$self->stage('create');

    $self->{reader}{media_msid} = $self->{start_msid};
    $self->send(command('_result', $txn, undef, $self->{start_msid}));
    return;
}


sub _publish {
    my ($self) = @_;

    return if !$self->stage('publish');
    return if $self->_refused('publish');

    $self->send(user(USER_BEGIN, $self->{start_msid}));
    $self->status('status', 'NetStream.Publish.Start', 'Publishing.');
    $self->{published} = 1;
    $self->{start_at} = mono();
    $self->{ping_at} = mono() + $self->{script}{ping}
        if $self->{script}{ping};
    $self->log('start');
    $self->stage('start');
    return;
}


# The refusal that the script wants at this stage, if it does.

sub _refused {
    my ($self, $stage, $txn) = @_;

    my $reject = $self->{script}{reject} or return;

    $reject = { code => $reject } if !ref $reject;

    my ($at, $code) = @{$refusals{$reject->{code}}
                        || [$reject->{stage} || 'publish', $reject->{code}]};

    return if $at ne $stage;

    my $text = defined $reject->{text} ? $reject->{text} : "$code by order";

    $stage eq 'connect' ? $self->_error($txn, $code, $text)
        : $self->status('error', $code, $text);

    $self->{ending} = 'close' if $reject->{close};

    return 1;
}


sub _error {
    my ($self, $txn, $code, $text, @more) = @_;

    return $self->send(command('_error', $txn, undef,
        status_object('error', $code, $text, @more)));
}


sub status {
    my ($self, $level, $code, $text, @more) = @_;

    return $self->send(command({ csid => 5, msid => $self->{start_msid} },
        'onStatus', 0, undef, status_object($level, $code, $text, @more)));
}


sub act {
    my ($self, %o) = @_;

    $self->log('action', do => $o{do}, stage => $self->{stage});
    Test::Restream::Ingest::Actions::perform($self, %o);
    return;
}


sub _fire {
    my ($self, $due) = @_;

    my @due = grep { $due->($_) } @{$self->{actions}} or return;

    $self->{actions} = [grep { !$due->($_) } @{$self->{actions}}];
    $self->act(%$_) for @due;
    return;
}


sub frozen {
    my ($self) = @_;

    return ($self->{frozen_until} || 0) > mono();
}


# What is due by the clock.  Returns when to come back, or nothing.

sub tick {
    my ($self, $now) = @_;

    my @next;

    if ($self->{ping_at}) {
        if ($now >= $self->{ping_at}) {
            $self->act(do => 'ping', value => int $now);
            $self->{ping_at} = $now + $self->{script}{ping};
        }
        push @next, $self->{ping_at};
    }

    if ($self->{start_at} && @{$self->{actions}}) {
        my $age = $now - $self->{start_at};

        $self->_fire(sub { defined $_[0]{after} && $age >= $_[0]{after} });
        push @next, map { $self->{start_at} + $_->{after} }
            grep { defined $_->{after} } @{$self->{actions}};
    }

    while (@{$self->{held}}) {
        my ($due, $bytes) = @{$self->{held}[0]};

        if ($due > $now) {
            push @next, $due;
            last;
        }

        shift @{$self->{held}};
        $self->{out} .= $bytes;
    }

    push @next, $self->{frozen_until} if $self->frozen();

    return (sort { $a <=> $b } @next)[0];
}


1;

__END__

=head1 NAME

Test::Restream::Ingest::Session - the dialogue of a fake ingest

=head1 DESCRIPTION

Used by Test::Restream::Ingest::Server; scripts and actions are described in
Test::Restream::Ingest.

=cut
