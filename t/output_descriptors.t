#!/usr/bin/perl

# A worker with 64, 128 or 256 descriptors, and more destinations than that:
# those that have one keep it and lose nothing, publishers do not notice, the
# others wait with that reason and are live soon after there is room.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;

use constant {
    FEW    => 20,               # destinations of the first stream
    MANY   => 240,              # of the second, by address and by name
    ROOM   => 1024,
    SOON   => 5,                # seconds
    OTHERS => 24,               # descriptors that are no destinations'
};

my $t = Test::Restream->new(log_level => 'notice')->has('prlimit', 'setpriv');

$t->expand(
    CA  => $t->tls()->ca_file(),
    FEW => join("\n", map { "restream_destination d$_ "
        . "rtmp://127.0.0.1:%%PORT_1%%/app/key-few;" } 1 .. FEW),
    MANY => join("\n", map { "restream_destination d$_ "
        . ($_ % 8 == 0 ? 'rtmps://127.0.0.1:%%PORT_3%%'
           : $_ % 2 ? 'rtmp://localhost:%%PORT_2%%'
           : 'rtmp://127.0.0.1:%%PORT_2%%') . '/app/key-many;' } 1 .. MANY));

$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

events {
    worker_connections 1024;
}

rtmp {
    %%GLOBALS_RTMP%%

    server {
        listen 127.0.0.1:%%PORT_0%%;

        restream on;
        restream_publisher_grace 300ms;
        restream_reconnect min=200ms max=2s;
        restream_ssl_trusted_certificate %%CA%%;

        application few {
            live on;
            %%FEW%%
        }

        application many {
            live on;
            %%MANY%%
        }
    }
}

http {
    %%GLOBALS_HTTP%%

    keepalive_requests 100000;

    server {
        listen 127.0.0.1:%%PORT_80%%;

        location = /restream/status {
            restream_status;
        }
    }
}
CONF

my $few = $t->ingest(port => 1);
my %script = (forget => 1);
my @many = ($t->ingest(port => 2, script => { %script }),
            $t->ingest(port => 3, script => { %script }, tls => 'good'));
my %media = (fps => 5, gop => 5, video_bps => 50_000, audio => undef);

###############################################################################

# none can be made later

my ($worker) = $t->worker_pids();
my $http = $t->http_connect();
my $first = $t->publish('few/show', media => { %media });

wait_ok { states('few', 'live') == FEW } 10, 'a first stream has room';
$t->limit($worker, '--nofile=64:');

my $second = $t->publish('many/show', media => { %media });
my $before = 0;

for my $limit (64, 128, 256) {
    $t->limit($worker, "--nofile=$limit:");

    my $live;

    wait_ok {
        $live = states('many', 'live');
        $live >= $limit - FEW - OTHERS;
    } SOON, "$limit: what has a descriptor is live";

    note("$limit: $live are live");
    cmp_ok($live, '>', $before, "$limit: more than before");
    cmp_ok($live, '<', MANY, "$limit: not all of them can be");

    # the name server's, too, is a descriptor

    wait_ok {
        my @waiting = grep { $_->{state} eq 'waiting' } destinations('many');

        @waiting && !grep {
            $_->{reason}{code} !~ /\A(?:connections-exhausted|dns)\z/
        } @waiting;
    } 10, "$limit: the others wait";

    my ($error) = map { $_->{reason} } grep {
        $_->{state} eq 'waiting'
            && $_->{reason}{code} eq 'connections-exhausted'
    } destinations('many');

    like($error->{text}, qr/Too many open files/,
         "$limit: which is told in the system's words");
    is(states('few', 'live'), FEW, "$limit: the first stream has all of its");
    is(scalar(grep { !$_->connected() } $first, $second), 0,
       "$limit: the encoders are there");

    $before = $live;
}

# the least there can be: no descriptor is given up for it

my @held = map { $_->conns() } @many;

$t->limit($worker, '--nofile=8:');
$many[0]->control(do => 'reset', conn => 'all');

wait_ok {
    grep { $_->{state} eq 'waiting' && $_->{name} =~ /[02468]\z/
           && $_->{reason}{code} eq 'connections-exhausted' }
        destinations('many')
} 10, '8: those that are lost wait';

is(states('few', 'live'), FEW, '8: the others stay');
$t->limit($worker, '--nofile=' . ROOM . ':');

wait_ok { states('many', 'live') == MANY } SOON, 'with room for all, all are';
note(join ', ', map { $many[$_]->conns() - $held[$_] } 0, 1);

###############################################################################

$_->pause() for $first, $second;

my $last = ($first->frames())[-1]{n};

wait_ok { FEW == grep { $_->{n} == $last } $few->frames() } 10,
    'the last frame of the first stream arrives everywhere';
is($few->conns(), FEW, 'on the connections of the beginning');
is_deeply([map { check_order($first, $few, $_, gaps => 0) } 1 .. FEW], [],
          'and every other has, in order');
is(scalar(grep { missing_frames($first, $few, conn => $_, to => $last) }
          1 .. FEW), 0, 'none is missing');
is_deeply([$t->worker_pids()], [$worker], 'the worker has lived through it');

$t->done_testing();

###############################################################################

sub destinations {
    my ($app) = @_;

    my $stream = $t->stream($app, 'show', conn => $http) or return;

    return @{$stream->{destinations}};
}


sub states {
    my ($app, $state) = @_;

    return scalar grep { $_->{state} eq $state } destinations($app);
}
