#!/usr/bin/perl

# What needs somebody's attention is tried again after 30 s, doubling to 300 s,
# and a connection that is closed before the broadcast began from the third
# time in a row; the log has a line when a destination fails, when it fails
# otherwise and when it is live, and none for the attempts in between.
#
# nginx lives a hundred times as fast here, where that is not too fast to see
# what it does: see warp.c below.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::Preload;
use Test::Restream::Status;

use constant SPEED => int(100 / slow()) || 1;

my $t = Test::Restream->new()->has('cc');
my $warp = preload($t, 'warp', warp(), SPEED => SPEED);

$t->expand(CA => $t->tls()->ca_file());
$t->write_file_expand('nginx.conf', <<'CONF')->run(enter => $warp);
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    # hours pass

    restream_publisher_grace 0;
    restream_connect_timeout 1h;
    restream_send_timeout 1h;
    restream_ssl_trusted_certificate %%CA%%;

    server {
        listen 127.0.0.1:%%PORT_0%%;
        ping 0;

        application live {
            live on;
            restream on;

            restream_destination key rtmp://127.0.0.1:%%PORT_1%%/app/key-key;
            restream_destination app rtmp://127.0.0.1:%%PORT_2%%/app/key-app;
            restream_destination http rtmp://127.0.0.1:%%PORT_3%%/app/key-http;
            restream_destination tls rtmps://127.0.0.1:%%PORT_4%%/app/key-tls;
            restream_destination shut rtmp://127.0.0.1:%%PORT_5%%/app/key-shut;
            restream_destination none rtmp://127.0.0.1:%%PORT_6%%/app/key-none;
            restream_destination good rtmp://127.0.0.1:%%PORT_7%%/app/key-good;
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

my %in = (
    key  => $t->ingest(port => 1, script => { reject => 'Denied' }),
    app  => $t->ingest(port => 2, script => { reject => 'InvalidApp' }),
    http => $t->ingest(port => 3, script => { http => 'c0c1' }),
    tls  => $t->ingest(port => 4, tls => 'self'),
    shut => $t->ingest(port => 5, script => { close => 'publish' }),
    good => $t->ingest(port => 7),
);
my %code = (key => 'key-rejected', app => 'app-rejected', http => 'not-rtmp',
            tls => 'tls-certificate', shut => 'closed-before-start');
my $pub = $t->publish('live/show', media => { fps => 5, audio => undef });

###############################################################################

# what the status tells of each attempt that it is seen to wait for

my (%delays, %classes);

wait_ok {
    for my $dst (@{$t->stream('live', 'show')->{destinations}}) {
        my $n = $dst->{stats}{attempts};
        next if $dst->{state} ne 'waiting';

        $delays{$dst->{name}}{$n} = retry_ms($dst);
        $classes{$dst->{name}}{$n} = $dst->{reason}{class};
    }

    !grep { !$delays{$_}{6} } qw/key app http tls/;
} 40, 'six attempts that need attention';

my @sequence = (30_000, 60_000, 120_000, 240_000, 300_000, 300_000);

for my $name (qw/key app http tls/) {
    is_deeply([map { $delays{$name}{$_} } 1 .. 6], \@sequence,
              "$name: half a minute, doubling to five minutes");
    is($in{$name}->conns(), 6, "$name: not tried more often");
    is((grep { $_ ne 'needs-attention' } values %{$classes{$name}}), 0,
       "$name: needs attention");
}

# the first two may be gone before anybody looks: they are retried soon

wait_ok { $in{shut}->conns() >= 6 } 20, 'one is closed before it began';

is($delays{shut}{$_} || 0, $sequence[$_ - 3], "shut: attempt $_")
    for 3 .. 5;
is($classes{shut}{$_}, 'needs-attention', "shut: attempt $_ needs attention")
    for 3 .. 5;

for my $n (grep { $delays{shut}{$_} } 1, 2) {
    cmp_ok($delays{shut}{$n}, '<', 2000, "shut: attempt $n is repeated soon");
    is($classes{shut}{$n}, 'retryable', "shut: attempt $n is retryable");
}

my @opened = map { $_->{at} } $in{shut}->events(ev => 'open');

cmp_ok($opened[1] - $opened[0], '<', slowly(5), 'shut: the second soon');
cmp_ok($opened[2] - $opened[1], '<', slowly(5), 'shut: and the third');

# the other class meanwhile

cmp_ok(attempts('none'), '>', 12, 'what may be retried is tried more often');

for my $n (sort { $a <=> $b } keys %{$delays{none}}) {
    my $limit = $n > 6 ? 60_000 : 1000 * 2 ** ($n - 1);
    cmp_ok($delays{none}{$n}, '<', $limit, "none: after attempt $n");
}

###############################################################################

# lines of the log

my %failed = (key => 'refused the stream key', app => 'refused the application',
              http => 'does not speak RTMP', tls => 'certificate was not',
              shut => 'key is probably wrong', none => 'Connection refused');

for my $name (sort keys %failed) {
    my @lines = told($name);

    is(@lines, 1, "$name: one line for all attempts") or diag(@lines);
    like($lines[0], qr/\[error\].*destination failed: .*$failed{$name}/,
         "$name: which says why");
}

is(join(' ', map { /\[(\w+)\]/ } told('good')), 'notice', 'good: one line');
like((told('good'))[0], qr/destination is live/, 'good: that it is live');

# another reason; live; the first reason again: a line each

my $attempts = attempts('none');
my $none = $t->ingest(port => 6, script => { close => 'connect' });

wait_ok { attempts('none') >= $attempts + 3 } 20, 'none: a server is there';
is(told('none'), 2, 'none: another line for another reason');
like((told('none'))[1], qr/broke off|lost/, 'none: which says what');

$none->script({ close => '' });
wait_ok { told('none') == 3 } 20, 'none: a third';
like((told('none'))[2], qr/\[notice\].*destination is live/,
     'none: that it is live');

$none->script({ reject => 'Denied' });
$none->control(do => 'close');
wait_ok { (($t->destination('live', 'show', 'none') || {})->{lastError}
           || {})->{code} eq 'key-rejected' } 20, 'none: it fails again';
is(told('none'), 5, 'none: the loss and the refusal');
like((told('none'))[3], qr/\[error\].*connection to the server was lost/,
     'none: in this order');

$pub->stop();
wait_ok { !@{$t->status()->{streams}} } 10, 'the stream ends';

is((grep { !/ending|is off/ } told('good')), 1,
   'nothing more is told of what was live all the time');

$t->done_testing();

###############################################################################

sub attempts {
    my ($name) = @_;

    return $t->destination('live', 'show', $name)->{stats}{attempts};
}


# The lines about a destination, but for the debug log.

sub told {
    my ($name) = @_;

    return grep { !/\[debug\]/ } $t->log_matches(qr/destination: "$name"/);
}


# A library that makes clocks run fast and waits be short.

sub warp {
    return <<'C';
#define _GNU_SOURCE

#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static struct timespec  start[2];       /* realtime, monotonic */

static void __attribute__((constructor))
warp_init(void)
{
    syscall(SYS_clock_gettime, CLOCK_REALTIME, &start[0]);
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &start[1]);
}

int
clock_gettime(clockid_t id, struct timespec *ts)
{
    int        i, rc;
    long long  ns;

    rc = (int) syscall(SYS_clock_gettime, id, ts);
    i = (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE) ? 0 : 1;

    if (i && id != CLOCK_MONOTONIC && id != CLOCK_MONOTONIC_COARSE) {
        return rc;
    }

    ns = (ts->tv_sec - start[i].tv_sec) * 1000000000LL
         + ts->tv_nsec - start[i].tv_nsec;
    ns = (ns > 0 ? ns * SPEED : 0) + start[i].tv_nsec;

    ts->tv_sec = start[i].tv_sec + ns / 1000000000;
    ts->tv_nsec = ns % 1000000000;

    return rc;
}

int
gettimeofday(struct timeval *tv, void *tz)
{
    struct timespec  ts;

    (void) tz;

    clock_gettime(CLOCK_REALTIME, &ts);
    tv->tv_sec = ts.tv_sec;
    tv->tv_usec = ts.tv_nsec / 1000;

    return 0;
}

int
epoll_wait(int fd, struct epoll_event *events, int n, int timeout)
{
    if (timeout > 0) {
        timeout = (timeout + SPEED - 1) / SPEED;
    }

    return epoll_pwait(fd, events, n, timeout, NULL);
}
C
}
