#!/usr/bin/perl

# No connection of the worker is left, or no descriptor: destinations wait with
# that reason, publishers do not notice, and all is well as soon as there is
# room.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;

use constant MANY => 30;        # destinations of each application

my $t = Test::Restream->new(log_level => 'notice')->has('prlimit', 'setpriv');

$t->expand(
    MANY1 => join("\n", map { "restream_destination d$_ "
        . "rtmp://127.0.0.1:%%PORT_1%%/app/key-one;" } 1 .. MANY),
    MANY2 => join("\n", map { "restream_destination d$_ "
        . "rtmp://127.0.0.1:%%PORT_2%%/app/key-two;" } 1 .. MANY));

$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

events {
    worker_connections 48;
}

rtmp {
    %%GLOBALS_RTMP%%

    server {
        listen 127.0.0.1:%%PORT_0%%;

        restream on;
        restream_publisher_grace 300ms;
        restream_reconnect min=200ms max=1s;

        application first {
            live on;
            %%MANY1%%
        }

        application second {
            live on;
            %%MANY2%%
        }

        application plain {
            live on;
            restream off;
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

my %in = (first => $t->ingest(port => 1), second => $t->ingest(port => 2));
my %media = (video_bps => 200_000);

###############################################################################

# connections

my $first = $t->publish('first/show', media => { %media });

wait_ok { states('first', 'live') == MANY } 10, 'a first stream has room';

my $second = $t->publish('second/show', media => { %media });

wait_ok {
    my $live = states('second', 'live');

    $live && $live + states('second', 'waiting', 'connections-exhausted')
        == MANY;
} 10, 'a second one has too little: some of its destinations wait';

my $live = states('second', 'live');

note("$live of the second stream's are live");
cmp_ok($live, '<', MANY, 'not all of them can be live');
is(states('first', 'live'), MANY, 'the first stream keeps what it has');

my ($waiting) = grep { $_->{state} eq 'waiting' } destinations('second');

like($waiting->{reason}{text}, qr/worker_connections/,
     'the reason tells what to do');
is($waiting->{reason}{class}, 'retryable', 'and it is tried again');

my $plain = $t->publish('plain/show', media => { %media });

is($plain->code(), 'NetStream.Publish.Start', 'there is room for an encoder');
wait_ok { $plain->frames() > 80 } 10, 'it sends';
is(scalar(grep { !$_->connected() } $first, $second, $plain), 0,
   'all encoders are there');

whole('first', $first, MANY);
whole('second', $second, $live);

$first->unpublish();
wait_ok { states('second', 'live') == MANY } 5,
    'when the first stream has ended there is room for all';
whole('second', $second, $live);

###############################################################################

# descriptors; a connection to the status that stays, since none can be made

my ($worker) = $t->worker_pids();
my $http = $t->http_connect();
my $before = $in{second}->conns();

ok($t->status(conn => $http), 'the status answers');
$t->limit($worker, '--nofile=8:');

$in{second}->control(do => 'reset', conn => 'last');

wait_ok {
    grep { $_->{reason} && $_->{reason}{code} eq 'connections-exhausted' }
        destinations('second', conn => $http);
} 10, 'without a descriptor it waits';

my ($error) = map { $_->{lastError} }
    grep { $_->{state} eq 'waiting' } destinations('second', conn => $http);

like($error->{text}, qr/Too many open files/, "in the system's words")
    if ok($error, 'and tells it');

is(states('second', 'live', undef, conn => $http), MANY - 1,
   'the others are live');
is($second->connected(), 1, 'the encoder is there');

$t->limit($worker, '--nofile=512:');

wait_ok { states('second', 'live', undef, conn => $http) == MANY } 5,
    'there are descriptors again: it is live';
is($in{second}->conns(), $before + 1, 'no other one was connected anew');
whole('second', $second, $live);

is_deeply([$t->worker_pids()], [$worker], 'the worker has lived through it');

$t->done_testing();

###############################################################################

sub destinations {
    my ($app, %o) = @_;

    my $stream = $t->stream($app, 'show', %o) or return;

    return @{$stream->{destinations}};
}


# How many are in a state, for a reason if one is given.

sub states {
    my ($app, $state, $reason, %o) = @_;

    return scalar grep {
        $_->{state} eq $state
            && (!defined $reason
                || $_->{reason} && $_->{reason}{code} eq $reason)
    } destinations($app, %o);
}


# The first connections of an ingest have lost nothing.

sub whole {
    my ($app, $pub, $conns) = @_;

    is(scalar(grep { check_order($pub, $in{$app}, $_, gaps => 0) }
              1 .. $conns), 0, "$app: no frame is missing where it is live");
    return;
}
