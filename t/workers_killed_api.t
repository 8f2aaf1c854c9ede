#!/usr/bin/perl

# 20 streams live on four workers, of which one is killed again and again, 20
# times, or 500 with --full: the API answers meanwhile, streams of another
# worker lose nothing, the others are back as soon as their encoders are, and
# nothing that the dead had stays taken.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::API;
use Test::Restream::HTTP;
use Test::Restream::Workers;

use constant {
    STREAMS => 20,
    ANSWER  => 1,               # seconds
    BACK    => 4,               # 3 and a group of pictures
};

my $t = Test::Restream->new(log_level => 'info');
my $kills = $t->full() ? 500 : 20;

# the zone has no room for the streams of ten kills more

$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%
worker_processes 4;
thread_pool default threads=2;

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    restream_zone 192k;
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
$t->allow(log => qr/shared memory zone "restream" was locked by/);

my $api = Test::Restream::API->new($t);
my $in = $t->ingest(port => 1);
my ($safe, @others) = $t->worker_pids();
my %pub;

srand $t->seed();

for my $n (1 .. STREAMS) {
    $api->post('/streams', { app => 'live', name => "s$n",
        destinations => [{ name => 'one', url => $in->url('app'),
                           key => "key-of-s$n" }] });
}

for my $n (1 .. STREAMS) {
    $pub{"s$n"} = on_worker($t, ($safe, @others)[$n % 4], sub {
        $t->publish("live/s$n", media => { video_bps => 50_000, gop => 30 });
    });
}

wait_until { live() == STREAMS } 20, 'all streams are live';

my %kept = map { $_->{name} => 1 } grep { $_->{worker} == $safe }
    @{$t->status()->{streams}};

is(keys %kept, STREAMS / 4, 'a worker has its part of the streams');

###############################################################################

my $slowest = 0;
my $latest = 0;
my ($cut, @left) = (0);

for my $kill (1 .. $kills) {
    my @victims = grep { $_ != $safe } $t->worker_pids();
    my $victim = $victims[rand @victims];
    my @names = map { $_->{name} } grep { $_->{worker} == $victim }
        @{$t->status()->{streams}};

    kill 'KILL', $victim;

    my $took = answered();

    $slowest = $took if $took > $slowest;

    # the encoders notice, and come to the worker in its place

    my $new;

    wait_until {
        my %old = map { $_ => 1 } $safe, @victims;
        ($new) = grep { !$old{$_} } $t->worker_pids();
    } 10, 'there is another worker';
    wait_until { !grep { $pub{$_}->connected() } @names } 10, 'cut off';

    $cut += @names;
    on_worker($t, $new, sub { $pub{$_}->republish() for @names });

    my $at = mono();

    wait_until { live() == STREAMS } 20, 'all streams are live again';
    $took = mono() - $at;
    $latest = $took if $took > $latest;

    push @left, $t->worker_pids() if $t->worker_pids() != 4;
}

note sprintf '%d kills cut %d streams; API %.0f ms, live again %.1f s at most',
    $kills, $cut, 1000 * $slowest, $latest;

cmp_ok($cut, '>', $kills, 'workers with streams were killed');
cmp_ok($slowest, '<', slowly(ANSWER), 'the API has answered in time');
cmp_ok($latest, '<', slowly(BACK), 'streams were back in time');
is_deeply(\@left, [], 'there were four workers each time');
is_deeply([$t->log_matches(qr/no room in|no more work|has room for/)], [],
          'nothing is full');
is(@{$t->status()->{streams}}, STREAMS, 'there are as many streams as ever');

# streams of the worker that was not killed

my %conns;

push @{$conns{$_->{args}[1]}}, $_->{conn}
    for $in->events(ev => 'command', name => 'publish');

for my $name (sort keys %kept) {
    my @conns = @{$conns{"key-of-$name"}};

    is(@conns, 1, "$name: had one connection");
    is_deeply([check_order($pub{$name}, $in, $conns[0], gaps => 0)], [],
              "$name: and has lost nothing");
}

$t->done_testing();

###############################################################################

sub live {
    my $status = $t->status(timeout => 0.5) or return 0;

    return scalar grep {
        $_->{live} && $_->{destinations}[0]
            && $_->{destinations}[0]{state} eq 'live'
    } @{$status->{streams}};
}


# Seconds until a call has been answered.  A connection may have woken the
# worker that is being killed, and no other one: the next one does.

sub answered {
    my $at = mono();

    wait_until {
        my $http = Test::Restream::HTTP->new(port => $t->port(80));
        my $answer = $http && $http->get('/restream/streams/live/s1',
                                         timeout => ANSWER / 4);

        $answer && $answer->{status} == 200;
    } 10, 'the API answers';

    return mono() - $at;
}
