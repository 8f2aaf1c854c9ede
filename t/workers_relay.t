#!/usr/bin/perl

# Four workers: a stream is relayed by the one that has its publisher, another
# publisher of the name is refused on every other, and each worker's status
# tells the same.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::Workers;

my $t = Test::Restream->new();

$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%
worker_processes 4;
thread_pool default threads=4;

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;

            restream on;
            restream_publisher_grace 200ms;
            restream_destination a rtmp://127.0.0.1:%%PORT_1%%/app/$name;
            restream_destination b rtmp://127.0.0.1:%%PORT_2%%/app/$name;
        }
    }
}

http {
    %%GLOBALS_HTTP%%

    server {
        listen 127.0.0.1:%%PORT_80%%;

        location = /restream/status {
            restream_status;
        }

        location = /pid {
            return 200 $pid;
        }
    }
}
CONF

my @in = map { $t->ingest(port => $_) } 1, 2;
my @workers = $t->worker_pids();
my $n = 0;

# each worker has a publisher

my %pub = map {
    my $name = 'show' . ++$n;

    my $pub = on_worker($t, $_, sub { $t->publish("live/$name") });

    # its worker is about to be stopped, and would connect too late

    wait_until {
        my $stream = $t->stream('live', $name) || { destinations => [] };
        2 == grep { $_->{state} eq 'live' } @{$stream->{destinations}};
    } 10, "$name is relayed";

    ($name => { worker => $_, pub => $pub });
} @workers;

###############################################################################

for my $name (sort keys %pub) {
    is($t->stream('live', $name)->{worker}, $pub{$name}{worker},
       "$name is relayed by the worker that has the publisher");
}

is($_->conns(), 4, 'once to each destination') for @in;

# all workers say the same

my %pid = each_worker($t, sub { $t->http_get('/pid', conn => $_[0])->{body} });
my %status = each_worker($t, sub { facts($t->status(conn => $_[0])) });
my ($wanted) = values %status;

is_deeply(\%pid, { map { $_ => $_ } @workers }, 'every worker is asked');
is(@$wanted, 8, 'the status has every destination of every stream');
is_deeply($status{$_}, $wanted, "worker $_ says so") for @workers;

# a name that is taken is refused on every other worker

for my $worker (@workers) {
    next if $worker == $pub{show1}{worker};

    my $soon = on_worker($t, $worker,
        sub { $t->publish('live/show1', may_fail => 1) });

    is($soon->code(), 'NetStream.Publish.BadName',
       "worker $worker refuses the name");

    # this one does not wait for the answer

    my $hasty = on_worker($t, $worker,
        sub { $t->publish('live/show1', wait => 0, may_fail => 1) });

    wait_ok { !$hasty->connected() } 10, 'and closes';
}

# nothing of it was relayed, nothing of the others suffered

for my $name (sort keys %pub) {
    my $pub = $pub{$name}{pub};

    for my $in (@in) {
        my $conn = conn($in, $name);
        my $sent = $pub->frames();

        $in->wait(sub { missing_frames($pub, $in, conn => $conn,
                                       to => $sent) == 0 },
                  10, 'frames arrive');
        is_deeply([check_order($pub, $in, $conn, gaps => 0)], [],
                  "$name: every frame, and no other");
    }
}

is($_->conns(), 4, 'no connection was made besides') for @in;

# a name is free when its publisher has left

$pub{show1}{pub}->unpublish();
wait_ok { !$t->stream('live', 'show1') } 10, 'a stream ends';

my $next = on_worker($t, $pub{show2}{worker},
                     sub { $t->publish('live/show1') });

wait_ok {
    ($t->destination('live', 'show1', 'b') || { state => '' })->{state}
        eq 'live';
} 10, 'another worker relays the next of its name';
is($t->stream('live', 'show1')->{worker}, $pub{show2}{worker}, 'as it says');
is($_->conns(), 5, 'once') for @in;

$t->done_testing();

###############################################################################

# What does not change from one moment to the next.

sub facts {
    my ($status) = @_;

    return [map {
        my $stream = $_;

        map { join ' ', @$stream{qw/app name worker live since/},
                  @$_{qw/id name url state since/} }
            @{$stream->{destinations}};
    } sort { $a->{name} cmp $b->{name} } @{$status->{streams}}];
}


sub conn {
    my ($in, $key) = @_;

    return (map { $_->{conn} } grep { $_->{args}[1] eq $key }
            $in->events(ev => 'command', name => 'publish'))[0];
}
