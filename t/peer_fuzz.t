#!/usr/bin/perl

# Servers that mean harm, thousands of times: dialogues of which any byte or
# message may be wrong.  Each ends in a state with a reason; the worker lives,
# another stream of it loses nothing, and nothing is left of them.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::Ingest::Hostile;
use Test::Restream::Util qw/slurp/;

use constant {
    STREAMS => 3,
    EACH    => 60,              # destinations
    RSS     => 32 << 10,        # KB that the worker may grow
};

my $t = Test::Restream->new(log_level => 'notice');
my $dialogues = $t->full() ? 100_000 : 2000;

$t->expand(
    CA => $t->tls()->ca_file(),
    HOSTILE => join("\n", map { "restream_destination d$_ "
        . ($_ % 3 ? '' : 'rtmp://user:passw0rd@127.0.0.1:%%PORT_3%%/app ')
        . ($_ % 3 ? "rtmp://127.0.0.1:%%PORT_3%%/app " : '')
        . "key=key-of-$_;" } 1 .. EACH));

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
        restream_publisher_grace 0;
        restream_ssl_trusted_certificate %%CA%%;

        application calm {
            live on;
            restream_destination a rtmp://127.0.0.1:%%PORT_1%%/app/key-one;
            restream_destination tls rtmps://127.0.0.1:%%PORT_2%%/app/key-two;
        }

        application hostile {
            live on;
            restream_connect_timeout 1s;
            restream_send_timeout 1s;
            restream_reconnect min=100ms max=200ms;
            %%HOSTILE%%
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

my @calm = ($t->ingest(port => 1), $t->ingest(port => 2, tls => 'good'));
my $pub = $t->publish('calm/show', media => { video_bps => 300_000 });
my ($worker) = $t->worker_pids();

wait_ok {
    2 == grep { $_->{state} eq 'live' }
        @{($t->stream('calm', 'show') || {})->{destinations} || []}
} 10, 'a stream is live';

my $fds = $t->descriptors();
my $rss = rss();

###############################################################################

# what needs attention is dialled anew when its encoder comes again

my $server = Test::Restream::Ingest::Hostile->new(
    name => 'hostile', dir => $t->dir(), port => $t->port(3),
    seed => $t->seed());
my %media = (fps => 10, gop => 10, video_bps => 100_000);
my @hostile = map { $t->publish("hostile/show$_", media => { %media }) }
    1 .. STREAMS;
my $turn = 0;
my (%seen, @odd);

wait_ok {
    look($_) for @{$t->status()->{streams}};
    $hostile[$turn++ % STREAMS]->republish();
    select undef, undef, undef, 0.3;
    $server->conns() >= $dialogues;
} $t->full() ? 3600 : 60, "$dialogues dialogues";

note(join ', ', map { "$_ $seen{$_}" } sort keys %seen);
is_deeply(\@odd, [], 'what is not live says why');
cmp_ok(keys %seen, '>', 6, 'for many reasons');

$_->unpublish() for @hostile;
wait_ok { @{$t->status()->{streams}} == 1 } 10, 'their streams end';
$server->stop();

###############################################################################

$pub->pause();

my $last = ($pub->frames())[-1]{n};

for my $in (@calm) {
    wait_ok { (reverse $in->frames())[0]{n} == $last } 10,
        'the last frame of the other stream arrives';
    is($in->conns(), 1, 'on its one connection');
    is_deeply([check_order($pub, $in, 1, gaps => 0)], [],
              'and every other has, in order');

    my $p99 = percentile(99, latencies($pub, $in));

    note(sprintf '99 %% of them within %.0f ms', $p99 * 1000);
    cmp_ok($p99, '<', slowly(1), 'in time');
}

is_deeply([$t->worker_pids()], [$worker], 'the worker has lived through it');
is($t->descriptors(), $fds, 'no descriptor is left');

SKIP: {
    skip 'memory of a sanitizer or of valgrind', 1
        if slurp("/proc/$worker/maps") =~ /libasan|vgpreload/;

    my $growth = rss() - $rss;

    note("worker grew by $growth KB");
    cmp_ok($growth, '<', RSS, 'nor much memory');
}

is((grep { /[\x00-\x08\x0b-\x1f\x7f]/ } split /\n/, $t->read_log()), 0,
   'no control character is in the log');

$t->done_testing();

###############################################################################

# Notes in what state the destinations of a stream are.

sub look {
    my ($stream) = @_;

    for my $d (@{$stream->{destinations}}) {
        my $reason = $d->{reason};

        $seen{$reason ? $reason->{code} : $d->{state}}++;
        push @odd, "$d->{name}: $d->{state}" if $d->{state} eq 'waiting'
            && (!$reason || $reason->{text} eq ''
                || !defined $d->{stats}{nextAttemptAt});
    }
    return;
}


sub rss {
    my ($text) = slurp("/proc/$worker/status") =~ /VmRSS:\s+(\d+)/;

    return $text;
}
