package Test::Restream::Publisher::Loop;

# The process of a publisher: sends a stream at its pace, obeys requests,
# notes what it sent.

use warnings;
use strict;

use Test::Restream::Journal;
use Test::Restream::Media;
use Test::Restream::RTMP qw/:all/;
use Test::Restream::RTMP::Client;
use Test::Restream::Util qw/mono nap/;

use constant {
    QUEUE_MAX => 16_777_216,    # bytes; more is not generated
    BURST     => 65_536,        # bytes queued at a time without a pace
};


# The options of Test::Restream::Publisher->new()

sub new {
    my ($class, %o) = @_;

    return bless {
        speed => 1, wait => 1, chunk_size => 4096, aggregate => 1, %o,
        conn => 0, i => 0, sent => 0, late => 0, queued_max => 0,
        journal => Test::Restream::Journal->create($o{journal}),
        media => Test::Restream::Media->new(%{$o{media} || {}}),
    }, $class;
}


sub run {
    my ($self, $channel) = @_;

    my %outcome = $self->_publish();
    $self->{journal}->flush();
    $channel->ready(%outcome);

    while ($channel->open()) {
        my ($r, $w) = ('', '');
        my $wait = $self->_wait_for($channel, \$r, \$w);

        select $r, $w, undef, $wait;

        $self->_requests($channel) if vec $r, $channel->fd(), 1;
        $self->_pump() if $self->{client};
        $self->_send_due() if $self->{client};
        $self->{journal}->flush();
    }
    return;
}


sub _wait_for {
    my ($self, $channel, $r, $w) = @_;

    my $client = $self->{client};

    vec($$r, $channel->fd(), 1) = 1;
    return 10 if !$client;

    my $fd = fileno $client->{sock};
    my $queued = length $client->{out};

    vec($$r, $fd, 1) = 1;
    vec($$w, $fd, 1) = 1 if $queued;

    return 10 if $self->_finished() || $queued > QUEUE_MAX;
    return $queued ? 10 : 0 if !$self->{speed};

    my $left = $self->_due_at() - mono();

    return $left > 0 ? $left : 0;
}


# Connects and publishes; (code => ..., error => ...)

sub _publish {
    my ($self) = @_;

    my $code = eval {
        my $client = $self->{client} = Test::Restream::RTMP::Client->new(
            host => $self->{host}, port => $self->{port},
            tls => $self->{tls}, timeout => $self->{timeout},
            on_violation => sub { $self->_log('violation', text => $_[0]) });

        $self->{conn}++;
        $self->{i} = 0;
        $self->_log('open');
        $client->publish($self->{app}, $self->{name}, wait => $self->{wait},
                         chunk_size => $self->{chunk_size},
                         connect => $self->{connect});
    };
    my $error = $@;

    chomp $error;
    $self->_log('publish', code => $code, error => $error || undef);

    if ($error || defined $code && $code ne 'NetStream.Publish.Start') {
        $self->_drop();

    } else {
        $self->{media}->{msid} = $self->{client}{msid};
        $self->_start();
    }

    return (code => $code, error => $error || undef);
}


sub _start {
    my ($self) = @_;

    $self->{start_at} = mono();
    $self->{start_clock} = $self->{media}->clock();

    $self->_send_messages($self->{media}->headers($self->{media}->next_ts()))
        if !defined $self->{headers} || $self->{headers};
    return;
}


sub _log {
    my ($self, $ev, %fields) = @_;

    $self->{journal}->event($ev, conn => $self->{conn}, %fields);
    return;
}


sub _due_at {
    my ($self) = @_;

    my $age = $self->{media}->clock() - $self->{start_clock};

    return $self->{start_at} + $age / 1000 / $self->{speed};
}


sub _finished {
    my ($self) = @_;

    return $self->{paused}
        || defined $self->{count} && $self->{sent} >= $self->{count};
}


sub _send_due {
    my ($self) = @_;

    my $client = $self->{client};

    while (!$self->_finished()) {
        my $queued = length $client->{out};
        my $late = $self->{speed} ? mono() - $self->_due_at() : 0;

        last if $late < 0 || $queued > ($self->{speed} ? QUEUE_MAX : BURST);

        $self->{late} = $late if $late > $self->{late};
        $self->{queued_max} = $queued if $queued > $self->{queued_max};

        my @messages;
        push @messages, $self->{media}->next()
            while @messages < $self->{aggregate};
        $self->{sent} += @messages;

        $self->_send_messages(@messages);
        $self->_log('done', sent => $self->{sent}) if $self->_finished();
    }

    # what a server has seen must be in the journal

    $self->{journal}->flush();

    eval { $client->flush() if $client->{out} ne ''; 1 } or $self->_lost($@);
    return;
}


sub _send_messages {
    my ($self, @messages) = @_;

    my $now = mono();

    for my $msg (@messages) {
        if ($msg->{type} == MSG_AUDIO || $msg->{type} == MSG_VIDEO) {
            $self->{journal}->media($self->{conn}, $self->{i}++, $msg, $now);

        } else {
            $self->_log('data', i => $self->{i}++, type => $msg->{type},
                        ts => $msg->{ts}, size => length $msg->{payload});
        }
    }

    @messages = _aggregate(@messages) if $self->{aggregate} > 1;
    $self->{client}->queue($_) for @messages;
    $self->{last_ts} = $messages[-1]{ts} if @messages;
    return;
}


# One message of all: FLV tags in a row. src: Adobe RTMP 1.0, 7.1.6

sub _aggregate {
    my (@messages) = @_;

    my $payload = '';

    for my $msg (@messages) {
        my $tag = chr($msg->{type})
            . substr(pack('N', length $msg->{payload}), 1)
            . substr(pack('N', $msg->{ts}), 1) . chr($msg->{ts} >> 24)
            . "\0\0\0" . $msg->{payload};

        $payload .= $tag . pack 'N', length $tag;
    }

    return { %{$messages[0]}, type => MSG_AGGREGATE, payload => $payload };
}


# Reads what the server says.

sub _pump {
    my ($self) = @_;

    my $client = $self->{client};

    eval { $client->pump(0); 1 } or return $self->_lost($@);

    while (my $msg = $client->next_message()) {
        next if $msg->{type} != MSG_COMMAND;

        my ($name, $txn, @args) = parse_command($msg);
        $self->_log('command', name => $name, txn => $txn, args => \@args);
    }
    return;
}


sub _lost {
    my ($self, $error) = @_;

    $self->_log('close', how => $error =~ /\Aclosed/ ? 'fin' : 'rst');
    $self->_drop();
    return;
}


sub _drop {
    my ($self) = @_;

    my $client = delete $self->{client};
    $client->close() if $client;
    return;
}


my %ends = (
    stop  => sub { $_[0]->unpublish(); $_[0]->close() },
    close => sub { $_[0]->close() },
    reset => sub { $_[0]->reset() },
);

my %requests = (
    stop   => sub { $_[0]->_finish('stop') },
    close  => sub { $_[0]->_finish('close') },
    reset  => sub { $_[0]->_finish('reset') },
    pause  => sub { $_[0]{paused} = 1 },
    resume => sub {
        my ($self) = @_;

        $self->{paused} = 0;
        $self->_repace();
    },
    more   => sub {
        my ($self, $o) = @_;

        $self->{count} = $self->{sent} + $o->{count};
        $self->_repace();
    },
    set    => sub {
        my ($self, $o) = @_;

        $self->{media}->set(%{$o->{media} || {}});
        $self->{$_} = $o->{$_} for grep { exists $o->{$_} }
            qw/speed aggregate/;
        $self->_repace();
    },
    headers => sub {
        my ($self, $o) = @_;

        my $media = $self->{media};

        $media->set(version => $media->{version} + 1, %{$o->{media} || {}});
        $media->restart();
        $self->_start();
    },
    send   => sub {
        my ($self, $o) = @_;

        $self->_send_messages({
            type => $o->{type}, payload => pack('H*', $o->{hex}),
            ts => defined $o->{ts} ? $o->{ts} : $self->{last_ts},
            csid => $o->{csid} || 7, msid => $self->{client}{msid},
            %{$o->{override} || {}} });
    },
    raw    => sub { $_[0]{client}{out} .= pack 'H*', $_[1]{hex} },
    republish => \&_republish,
    stat   => sub { },
);


sub _requests {
    my ($self, $channel) = @_;

    for my $request ($channel->requests()) {
        my $answer = eval {
            my $handler = $requests{$request->{do}}
                or die "no request \"$request->{do}\"\n";

            $handler->($self, $request);
            $self->_stat();
        };

        $self->{journal}->flush();
        $channel->answer($request, $answer || { failed => "$@" });
    }
    return;
}


sub _stat {
    my ($self) = @_;

    my $client = $self->{client};

    return { conn => $self->{conn}, sent => $self->{sent},
             connected => $client ? 1 : 0, late => $self->{late},
             queued => $client ? length $client->{out} : 0,
             queued_max => $self->{queued_max}, ts => $self->{last_ts},
             code => $self->{code}, error => $self->{error} };
}


sub _finish {
    my ($self, $how) = @_;

    my $client = delete $self->{client} or return;

    eval { $ends{$how}->($client) };
    $self->_log('close', how => $how);
    return;
}


# how: the way the old connection ends; after: seconds; media: new options;
# continue: timestamps go on, else they begin at `start`

sub _republish {
    my ($self, $o) = @_;

    $self->_finish($o->{how} || 'close');
    nap($o->{after}) if $o->{after};

    my $media = $self->{media};

    $self->{$_} = $o->{$_} for grep { exists $o->{$_} }
        qw/app name wait port host count/;
    $media->set(%{$o->{media}}) if $o->{media};
    $media->restart($o->{continue} ? undef : $o->{start} || 0);
    $self->{paused} = 0;

    my %outcome = $self->_publish();
    @$self{keys %outcome} = values %outcome;
    return;
}


# From now on in real time again, however long the break was.

sub _repace {
    my ($self) = @_;

    $self->{start_at} = mono();
    $self->{start_clock} = $self->{media}->clock();
    return;
}


1;

__END__

=head1 NAME

Test::Restream::Publisher::Loop - the process of a publisher

=head1 DESCRIPTION

Started by Test::Restream::Publisher in a child process.

=cut
