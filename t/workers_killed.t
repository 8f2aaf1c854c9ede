#!/usr/bin/perl

# A worker that is killed leaves no stream in the status, and its streams can
# be published again at once, while those of other workers go on.

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
    }
}
CONF

$t->allow(log => qr/worker process \d+ exited on signal 9/);

my $in = $t->ingest(port => 1);
my ($safe, @workers) = $t->worker_pids();
my $other = on_worker($t, $safe, sub { $t->publish('live/other') });

relayed('other', 1);

###############################################################################

my $killed = 0;

for my $victim (@workers) {
    my @names = map { "show$_-" . ++$killed } 1 .. 3;
    my @pub = on_worker($t, $victim,
                        sub { map { $t->publish("live/$_") } @names });

    relayed($_, 1) for @names;

    # in grace as well

    $pub[2]->close();
    wait_until { !$t->stream('live', $names[2])->{live} } 10,
        'an encoder has gone';

    kill 'KILL', $victim;

    wait_ok { !grep { $_->{name} ne 'other' } @{$t->status()->{streams}} } 5,
        'a worker that was killed has no stream in the status';

    my %seen = each_worker($t, sub {
        join ' ', map { $_->{name} } @{$t->status(conn => $_[0])->{streams}};
    });

    is_deeply([grep { $_ ne 'other' } values %seen], [], 'in no worker');

    wait_ok { !grep { $_->connected() } @pub } 5, 'its encoders are cut off';

    for my $n (0 .. 2) {
        is(on_worker($t, $safe, sub { $pub[$n]->republish() }),
           'NetStream.Publish.Start', 'they can publish again');
        relayed($names[$n], 2);
        is($t->stream('live', $names[$n])->{worker}, $safe,
           'on another worker');
    }

    $_->unpublish() for @pub;
    wait_until { @{$t->status()->{streams}} == 1 } 10, 'streams end';
    wait_ok { $t->worker_pids() == 4 } 10, 'there is a worker in its place';
}

my $last = ($other->frames())[-1]{n};

$in->wait(sub { missing_frames($other, $_[0], conn => 1, to => $last)
                == 0 }, 10, 'frames of another worker arrive');
is_deeply([check_order($other, $in, 1, gaps => 0)], [],
          'the stream of another worker has lost nothing');

$t->done_testing();

###############################################################################

# The stream has frames on the n-th connection of its key, and is live.

sub relayed {
    my ($name, $n) = @_;

    $in->wait(sub {
        my @conns = map { $_->{conn} } grep { $_->{args}[1] eq $name }
            $in->events(ev => 'command', name => 'publish');

        @conns == $n && $in->frames(conn => $conns[-1]) > 10;
    }, 10, "$name is relayed");

    return wait_until {
        my $destination = $t->destination('live', $name, 'a');

        $destination && $destination->{state} eq 'live';
    } 10, "$name is live";
}
