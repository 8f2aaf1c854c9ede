#!/usr/bin/perl

# A name server that never answers holds up nothing but the destinations that
# need it: not the worker's event loop, no destination that is connected, none
# with another name, and none with an address.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::DNS;
use Test::Restream::Util qw/slurp/;

use constant {
    CONNECT_TIMEOUT => 2,
    SILENT          => 10,      # names, of which a dozen are looked up at once
    CROWD           => 40,
};

my $t = Test::Restream->new(netns => 1);
my $dns = Test::Restream::DNS->new(dir => $t->dir(),
                                   options => 'timeout:1 attempts:5');

$dns->hosts('127.0.0.1 hosts.test');
$dns->set('dns.test' => ['127.0.0.1']);

# not known to the name server, so without an answer

$t->expand(
    TIMEOUT => CONNECT_TIMEOUT . 's',
    SILENT => silent('silent', SILENT), CROWD => silent('crowd', CROWD),
);

$t->write_file_expand('nginx.conf', <<'CONF')->run(enter => $dns->enter());
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    restream on;
    restream_publisher_grace 0;
    restream_connect_timeout %%TIMEOUT%%;
    restream_reconnect min=100ms max=200ms;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;
            restream_destination up rtmp://127.0.0.1:%%PORT_1%%/a/key-up;
        }

        application silent {
            live on;
            %%SILENT%%
            restream_destination literal4
                                 rtmp://127.0.0.1:%%PORT_2%%/a/key-literal4;
            restream_destination literal6
                                 rtmp://[::1]:%%PORT_3%%/a/key-literal6;
            restream_destination hosts
                                 rtmp://hosts.test:%%PORT_2%%/a/key-hosts;
            restream_destination dns rtmp://dns.test:%%PORT_2%%/a/key-dns;
        }

        application crowd {
            live on;
            %%CROWD%%
            restream_destination literal4
                                 rtmp://127.0.0.1:%%PORT_2%%/a/key-literal4;
            restream_destination literal6
                                 rtmp://[::1]:%%PORT_3%%/a/key-literal6;
        }
    }
}

http {
    %%GLOBALS_HTTP%%

    server {
        listen 127.0.0.1:%%PORT_80%%;
        keepalive_requests 100000;

        location = /restream/status {
            restream_status;
        }

        location / {
            return 200 "here\n";
        }
    }
}
CONF

my $up = $t->ingest(port => 1);
my $in4 = $t->ingest(port => 2);
my $in6 = $t->ingest(port => 3, addr => '::1');
my @workers = $t->worker_pids();

my $pub = $t->publish('live/show');
wait_ok { state('live', 'up') eq 'live' } 10, 'a destination is connected';

###############################################################################

# fewer silent names than look-ups at a time: nobody else waits

my $silent = $t->publish('silent/show');

for my $name (qw/literal4 literal6 hosts dns/) {
    wait_ok { state('silent', $name) eq 'live' } 1.5, "$name is live at once";
}

is(state('silent', 'silent1'), 'resolving', 'while the others resolve');

my $calls = calls();
my $lag = lag(CONNECT_TIMEOUT);

note(sprintf 'requests took %.1f ms in the middle, 99 %% of them %.1f ms',
     map { 1000 * percentile($_, @$lag) } 50, 99);
cmp_ok(percentile(50, @$lag), '<', 0.005 * slow(),
       'the worker answers requests meanwhile');
cmp_ok($lag->[-1], '<', slowly(0.5), 'and each of them soon');

# whose thread it is that asks and waits

SKIP: {
    skip 'strace may not look at other processes', 2 if !$calls;

    my %asks = $calls->();

    is($asks{main}, 0, "the event loop's thread never asks a name server");
    cmp_ok($asks{others}, '>', 0, 'others do');
}

for my $n (1, SILENT) {
    my $dst = wait_until {
        my $dst = $t->destination('silent', 'show', "silent$n");
        $dst->{lastError} && $dst;
    } 10, "silent$n fails";

    is($dst->{lastError}{code}, 'dns', "silent$n: the reason is dns");
    like($dst->{lastError}{text}, qr/name server did not answer in time/,
         "silent$n: in words");
    is($dst->{lastError}{class}, 'retryable', "silent$n: to be tried again");
}

wait_ok { $t->destination('silent', 'show', 'silent1')->{stats}{attempts} > 2 }
    15, 'and is tried again';

###############################################################################

# many more: an address is no name

my $crowd = $t->publish('crowd/show');

for my $name (qw/literal4 literal6/) {
    wait_ok { state('crowd', $name) eq 'live' } 1.5,
        "$name is live at once among many";
}

$in4->control(do => 'reset', conn => 'all');
wait_ok { state('crowd', 'literal4') eq 'live'
          && $t->destination('crowd', 'show', 'literal4')
                 ->{stats}{reconnects} == 1 } 3, 'and again when it was lost';

$lag = lag(1);
cmp_ok(percentile(50, @$lag), '<', 0.005 * slow(),
       'the worker answers requests still');
cmp_ok($lag->[-1], '<', slowly(0.5), 'each of them soon');

###############################################################################

# what was connected did not notice

is(missing_frames($pub, $up), 0,
   'the connected destination missed no frame');
is_deeply([check_order($pub, $up, 1, gaps => 0)], [], 'all in order');
cmp_ok(percentile(95, latencies($pub, $up)), '<', slowly(0.2),
       'and in time');
is($up->conns(), 1, 'on one connection');
is_deeply([$t->worker_pids()], \@workers, 'of the same worker');

# so that nginx can end: a look-up that has begun is waited for

$dns->set(map({ ("silent$_.test" => 'NXDOMAIN') } 1 .. SILENT),
          map { ("crowd$_.test" => 'NXDOMAIN') } 1 .. CROWD);

wait_ok { (($t->destination('crowd', 'show', 'crowd' . CROWD)->{lastError}
            || {})->{text} || '') =~ /not known/ } 20,
    'the name server answers at last';

$t->done_testing();

###############################################################################

sub silent {
    my ($name, $count) = @_;

    return join "\n", map { "restream_destination $name$_ "
        . "rtmp://$name$_.test/a/key-$name$_;" } 1 .. $count;
}


sub state {
    my ($app, $name) = @_;

    my $dst = $t->destination($app, 'show', $name);

    return $dst ? $dst->{state} : 'missing';
}


# Begins to look at the calls of the worker's threads.  A sub that ends it and
# tells how many of them were for look-ups, or nothing.

sub calls {
    return if $ENV{RESTREAM_TEST_VALGRIND}
        || !grep { -x "$_/strace" } split /:/, $ENV{PATH};

    my $output = $t->dir() . '/calls';
    my $strace = $t->spawn('strace', 'strace', '-f', '-p', $workers[0],
        '-e', 'trace=connect,poll,ppoll,sendmmsg,recvfrom', '-o', $output);

    wait_until {
        !$strace->alive() || ($strace->output() || '') =~ /attached/
    } 10, 'strace is there';

    return if !$strace->alive();

    return sub {
        $strace->stop('INT', 'KILL');

        my %asks = (main => 0, others => 0);

        for (split /\n/, slurp($output)) {
            my ($thread, $call) = /\A(\d+)\s+(.*(?:poll\(|htons\(53\)).*)/
                or next;

            $asks{$thread == $workers[0] ? 'main' : 'others'}++;
        }

        return %asks;
    };
}


# Requests one after the other, for so many seconds: how long each took, sorted.

sub lag {
    my ($seconds) = @_;

    my $http = $t->http_connect();
    my $end = mono() + $seconds;
    my @took;

    while (mono() < $end) {
        my $start = mono();

        $http->get('/') or die "no answer\n";
        push @took, mono() - $start;
        select undef, undef, undef, 0.005;
    }

    return [sort { $a <=> $b } @took];
}
