#!/usr/bin/perl

# A worker is killed when the store has its change and nobody has been told yet:
# those who relay the stream find out by themselves.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::API;
use Test::Restream::Workers;

use constant TRIES => 5;

my $t = Test::Restream->new(log_level => 'info');

$t->has('strace');

$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%
worker_processes 4;
thread_pool default threads=1;

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    restream_store sqlite:state/restream.db;
    restream_allow 127.0.0.0/8;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;
            restream on;
        }
    }
}

http {
    %%GLOBALS_HTTP%%

    server {
        listen 127.0.0.1:%%PORT_80%%;

        location /restream/ {
            restream_api;
        }

        location = /restream/status {
            restream_status;
        }
    }
}
CONF

$t->allow(log => qr/worker process \d+ exited on signal 9/);

my $api = Test::Restream::API->new($t);
my $in = $t->ingest(port => 1);
my $show = '/streams/live/show';
my $straces = 0;

$api->post('/streams', { app => 'live', name => 'show',
    destinations => [{ name => 'steady', url => $in->url('app'),
                       key => 'key-of-steady' }] });

my ($owner, @others) = $t->worker_pids();
my $pub = on_worker($t, $owner, sub { $t->publish('live/show') });

wait_until { live('steady') } 10, 'the stream is live';

###############################################################################

# a worker with a successor in its place, and one of an older configuration,
# which has none

lost($others[0], 'a');
lost($others[1], 'b');

SKIP: {
    skip 'strace may not look at other processes', 1 if !$straces;

    my $http = reach($others[2]);

    lost($others[2], 'c', $http, sub { $t->reload() });
    wait_ok { $t->old_workers() == 1 && ($t->old_workers())[0] == $owner } 10,
        'an old worker still has the stream';
}

is($in->closed(1), undef, 'the connection of another destination stays');

$t->done_testing();

###############################################################################

# A connection may have woken the worker that is being killed, and no other one:
# the next one does.

sub live {
    my ($name) = @_;

    my $dst = $t->destination('live', 'show', $name, timeout => 0.5);

    return $dst && $dst->{state} eq 'live';
}


# A connection that the worker has accepted.

sub reach {
    my ($worker) = @_;

    return on_worker($t, $worker, sub {
        my $http = $t->http_connect();

        $t->http_get('/restream/status', conn => $http)
            or die "worker $worker is deaf\n";

        return $http;
    });
}


# The threads of a worker sleep before they tell it that their job is done.

sub mute {
    my ($worker) = @_;

    my @threads = grep { $_ != $worker } map { m{(\d+)\z} }
        glob "/proc/$worker/task/*";

    my $process = $t->spawn('strace' . ++$straces, 'strace',
        (map { ('-p', $_) } @threads), '-e', 'trace=write',
        '-e', 'inject=write:delay_enter=30000000');

    wait_until {
        !$process->alive()
            || (() = ($process->output() || '') =~ /attached/g) == @threads
    } 10, 'strace is there';

    return $process if $process->alive();

    $straces = 0;
    return;
}


# Kills the worker when the store has a change of its, after what is done
# meanwhile.

sub lost {
    my ($worker, $name, $http, $meanwhile) = @_;

    $http ||= reach($worker);

    my $other = $api->with(conn => reach($owner));
    my $strace = mute($worker) or return;
    my $body = sprintf '{"name":"%s","url":"%s","key":"key-of-%s"}', $name,
        $in->url('app'), $name;

    $t->secret("key-of-$name");

    # a thread may have been on its way when it was attached to

    my $answer;

    for (1 .. TRIES) {
        $answer = $http->request(
            'POST', "/restream$show/destinations", body => $body, timeout => 1,
            headers => { 'Content-Type' => 'application/json' }) or last;

        $other->delete("$show/destinations/name:$name");
        wait_until { !$t->destination('live', 'show', $name) } 5,
            'it is taken back';
    }

    ok(!$answer, "$name: a change is not answered");
    ok($other->destination('live', 'show', $name), 'but is in the store');
    ok(!$t->destination('live', 'show', $name), 'and nobody knows');

    $meanwhile->() if $meanwhile;

    kill 'KILL', $worker;
    wait_ok { live($name) } 5, 'its worker is killed, and it is live';
    $strace->stop('INT', 'KILL');
    wait_until {
        my @now = $t->worker_pids();

        @now == 4 && !grep { $_ == $worker } @now;
    } 10, 'there are four workers again';

    return;
}
