#!/usr/bin/perl

# A connect() that fails at once, or nearly so: of whatever kind the error is,
# it is told in the system's words and tried again, and nobody else is harmed.

use warnings;
use strict;

use Errno;
use Test::More;

use lib 't/lib';
use Test::Restream;

my $t = Test::Restream->new(netns => 1, log_level => 'notice');
my $far = $t->netns('far');

$t->expand(FAR => $far->addr());
$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    server {
        listen 127.0.0.1:%%PORT_0%%;

        restream on;
        restream_publisher_grace 300ms;
        restream_reconnect min=100ms max=200ms;

        application live {
            live on;

            restream_destination unreachable
                rtmp://192.0.2.1:%%PORT_1%%/app/key-one;
            restream_destination prohibit
                rtmp://192.0.2.2:%%PORT_1%%/app/key-two;
            restream_destination blackhole
                rtmp://192.0.2.3:%%PORT_1%%/app/key-three;
            restream_destination no-network
                rtmp://[2001:db8::1]:%%PORT_1%%/app/key-four;
            restream_destination reject
                rtmp://%%FAR%%:%%PORT_2%%/app/key-five;
            restream_destination refused
                rtmp://127.0.0.1:%%PORT_3%%/app/key-six;
            restream_destination inject
                rtmp://127.0.0.1:%%PORT_4%%/app/key-seven;
            restream_destination well
                rtmp://127.0.0.1:%%PORT_5%%/app/key-eight;
        }

        application bound {
            live on;
            restream_bind 192.0.2.77;

            restream_destination a rtmp://127.0.0.1:%%PORT_6%%/app/key-nine;
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

Test::Restream::Netns->command(qw/ip route add/, @$_)
    for [qw/unreachable 192.0.2.1/], [qw/prohibit 192.0.2.2/],
        [qw/blackhole 192.0.2.3/];
$far->nft('table inet t { chain c { type filter hook input priority 0; '
          . 'tcp dport ' . $t->port(2) . ' reject with icmpx admin-prohibited;'
          . ' }; }');

my $straces = 0;
my $inject = $t->ingest(port => 4);
my $well = $t->ingest(port => 5);
my $bound = $t->ingest(port => 6);

###############################################################################

my $pub = $t->publish('live/show', media => { video_bps => 200_000 });
my $other = $t->publish('bound/show', media => { video_bps => 200_000 });
my ($worker) = $t->worker_pids();

my %expected = (
    unreachable  => ['unreachable', qr/No route to host|unreachable/],
    prohibit     => ['unreachable', qr/Permission denied/],
    blackhole    => ['unreachable', qr/Invalid argument/],
    'no-network' => ['unreachable', qr/unreachable|Cannot assign/],
    reject       => ['unreachable', qr/No route to host/],
    refused      => ['refused', qr/Connection refused/],
);

for my $name (sort keys %expected) {
    my ($code, $text) = @{$expected{$name}};

    my $d = wait_ok { tried($name, 4) } 10, "$name: is tried again and again";
    my $error = $d->{lastError};

    is($error->{code}, $code, "$name: the reason is told");
    is($error->{class}, 'retryable', "$name: it is tried again");
    like($error->{text}, $text, "$name: in the system's words");
}

my $d = wait_ok { tried('a', 4, 'bound') } 10, 'bind: is tried again and again';

is($d->{lastError}{code}, 'unreachable', 'bind: the reason is told');
like($d->{lastError}{text}, qr/Cannot assign requested address/,
     "bind: in the system's words");

# the way is there after all

Test::Restream::Netns->command(qw{ip addr add 192.0.2.77/32 dev lo});
wait_ok { state_of('a', 'bound') eq 'live' } 10, 'bind: the address is there';
like(($bound->events(ev => 'open'))[-1]{peer}, qr/\A192\.0\.2\.77:/,
     'bind: and it is the one that the server sees');

Test::Restream::Netns->command(qw/ip route del unreachable 192.0.2.1/);
Test::Restream::Netns->command(qw/ip route add 192.0.2.1 via/, $far->addr());
$far->command(qw{ip addr add 192.0.2.1/32 dev lo});

my $in = $t->ingest(port => 1, addr => '192.0.2.1', netns => $far);

wait_ok { state_of('unreachable') eq 'live' } 10,
    'unreachable: is live when there is a route';

###############################################################################

# what no route can do

SKIP: {
    wait_ok { state_of('inject') eq 'live' } 10, 'inject: it is live';

    my $strace = inject('connect', 'ECONNREFUSED')
        || skip 'strace may not look at other processes', 1;

    $strace->stop('INT', 'KILL');

    my %reason = (
        ECONNREFUSED => 'refused', ETIMEDOUT => 'timeout',
        map({ $_ => 'connections-exhausted' } qw/ENOBUFS ENOMEM/),
        map { $_ => 'unreachable' } qw/ENETUNREACH EHOSTUNREACH ENETDOWN EACCES
            EPERM EINVAL EADDRNOTAVAIL EAFNOSUPPORT EAGAIN/,
    );

    for my $errno (sort keys %reason) {
        $strace = inject('connect', $errno);
        $inject->control(do => 'reset');

        fails("connect() $errno", $errno, $reason{$errno});
        $strace->stop('INT', 'KILL');
        wait_ok { state_of('inject') eq 'live' } 10,
            "connect() $errno: is live when it is over";
    }

    for my $errno (qw/EMFILE ENFILE ENOMEM ENOBUFS/) {
        $strace = inject('socket', $errno);
        $inject->control(do => 'reset');

        fails("socket() $errno", $errno, 'connections-exhausted');
        $strace->stop('INT', 'KILL');
        wait_ok { state_of('inject') eq 'live' } 10,
            "socket() $errno: is live when it is over";
    }

    # options of a socket are wishes

    $strace = inject('setsockopt', 'ENOPROTOOPT');
    $inject->control(do => 'reset');

    my $conns = $inject->conns();

    wait_ok { $inject->frames(conn => $conns + 1) > 20 } 10,
        'setsockopt() ENOPROTOOPT: it does without';
    $strace->stop('INT', 'KILL');
}

###############################################################################

is_deeply([$t->worker_pids()], [$worker], 'the worker has lived through it');
is(state_of('well'), 'live', 'the good destination is live');
is($well->conns(), 1, 'on its one connection');

$pub->pause();

my $last = ($pub->frames())[-1]{n};

wait_ok { (reverse $well->frames())[0]{n} == $last } 5,
    'its last frame arrives';
is_deeply([check_order($pub, $well, 1, gaps => 0)], [],
          'and every other has');

$t->done_testing();

###############################################################################

sub destination {
    my ($name, $app) = @_;

    return $t->destination($app || 'live', 'show', $name)
        || { state => 'none' };
}


sub state_of {
    return destination(@_)->{state};
}


# The destination if it has been tried so often.

sub tried {
    my ($name, $attempts, $app) = @_;

    my $d = destination($name, $app);

    return $d->{state} ne 'none' && $d->{lastError}
        && $d->{stats}{attempts} >= $attempts ? $d : undef;
}


# A call of the worker fails from now on; the process that makes it do so, or
# nothing.

sub inject {
    my ($call, $errno) = @_;

    return if !grep { -x "$_/strace" } split /:/, $ENV{PATH};

    my $process = $t->spawn('strace' . ++$straces, 'strace', '-p', $worker,
        '-e', "trace=$call", '-e', "inject=$call:error=$errno");

    wait_until {
        !$process->alive() || ($process->output() || '') =~ /attached/
    } 10, 'strace is there';

    return $process->alive() ? $process : undef;
}


sub fails {
    my ($name, $errno, $reason) = @_;

    local $! = Errno->can($errno)->();
    my $text = "$!";

    wait_ok {
        my $error = destination('inject')->{lastError};

        $error && $error->{code} eq $reason
            && $error->{text} =~ /\Q$text\E/;
    } 10, "$name: is told as $reason";
    return;
}
