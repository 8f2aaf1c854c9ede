#!/usr/bin/perl

# A hundred destinations whose servers hang up, stall and misbehave at random
# cost four good ones not one frame.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;

use constant {
    SERVERS => 5,               # of bad destinations, the last one with TLS
    EACH    => 20,
    SCRIPTS => 3000,            # connections of a server that misbehave
};

my $t = Test::Restream->new(log_level => 'notice');
my $seconds = $t->full() ? 30 : 6;
my @good = qw/one two tls-one tls-two/;

srand $t->seed();

$t->expand(
    CA => $t->tls()->ca_file(), TIMEOUT => slowly(3000) . 'ms',
    BAD => join("\n", map {
        my $server = $_;
        my $scheme = $server == SERVERS ? 'rtmps' : 'rtmp';

        map { "restream_destination bad$server-$_ "
              . "$scheme://127.0.0.1:%%PORT_$server%%/app/key-bad;"
        } 1 .. EACH;
    } 1 .. SERVERS));

$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

events {
    worker_connections 1024;
}

rtmp {
    %%GLOBALS_RTMP%%

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;
            restream on;
            restream_publisher_grace 300ms;
            restream_connect_timeout %%TIMEOUT%%;
            restream_send_timeout %%TIMEOUT%%;
            restream_reconnect min=100ms max=300ms;
            restream_buffer 2m;
            restream_ssl_trusted_certificate %%CA%%;

            %%BAD%%

            restream_destination one rtmp://127.0.0.1:%%PORT_11%%/app/key-one;
            restream_destination two rtmp://127.0.0.1:%%PORT_12%%/app/key-two;
            restream_destination tls-one
                rtmps://127.0.0.1:%%PORT_13%%/app/key-three;
            restream_destination tls-two
                rtmps://127.0.0.1:%%PORT_14%%/app/key-four;
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

my @bad = map {
    $t->ingest(port => $_, $_ == SERVERS ? (tls => 'good') : (),
               conns => { map { $_ => misbehaviour() } 1 .. SCRIPTS })
} 1 .. SERVERS;
my %good = map {
    $good[$_] => $t->ingest(port => 11 + $_,
                            $good[$_] =~ /tls/ ? (tls => 'good') : ())
} 0 .. $#good;

###############################################################################

my ($worker) = $t->worker_pids();
my $before = $t->descriptors();
my $pub = $t->publish('live/show', media => { video_bps => 800_000 });
my $end = mono() + $seconds;
my %states;

wait_ok {
    my $stream = $t->stream('live', 'show') || { destinations => [] };

    $states{$_->{state}}++ for @{$stream->{destinations}};
    mono() > $end;
} $seconds + 5, "for $seconds s they come and go";

my $attempts = 0;
$attempts += $_->{stats}{attempts}
    for @{$t->stream('live', 'show')->{destinations}};

note("$attempts connections; seen: "
     . join ', ', map { "$_ $states{$_}" } sort keys %states);
cmp_ok($attempts, '>', 30 * $seconds / slow(), 'they did');

$pub->pause();

my @frames = $pub->frames();
my $last = $frames[-1]{n};

for my $name (@good) {
    my $in = $good{$name};

    wait_ok { (reverse $in->frames())[0]{n} == $last } 10,
        "$name: the last frame arrives";
    is($in->conns(), 1, "$name: on the one connection");
    is_deeply([check_order($pub, $in, 1, gaps => 0)], [],
              "$name: and every other, in order");
    is(missing_frames($pub, $in, to => $last), 0,
       "$name: none is missing");

    my $p99 = percentile(99, latencies($pub, $in));

    note(sprintf '%s: 99 %% of all arrive within %.0f ms', $name,
         $p99 * 1000);
    cmp_ok($p99, '<', slowly(1), "$name: soon");
}

# of what the bad ones got nothing was wrong: a plain one, and that with TLS

my @wrong;

for my $in (@bad[0, -1]) {
    my %received;

    push @{$received{$_->{conn}}}, $_ for $in->frames();
    push @wrong, check_order(\@frames, $received{$_}, $_)
        for sort keys %received;
}

is_deeply(\@wrong, [], 'no bad one got a frame out of order');

$pub->unpublish();
wait_ok { !@{$t->status()->{streams}} } 10, 'the stream ends';
is($t->descriptors(), $before, 'no descriptor is left');
is_deeply([$t->worker_pids()], [$worker], 'the worker has lived through it');

$t->done_testing();

###############################################################################

sub misbehaviour {
    my @stages = qw/accept c0c1 s1 c2 connect release create publish start
                    media/;
    my $stage = $stages[rand @stages];
    my $seconds = 0.1 + rand 1.5;
    my $frames = 1 + int rand 100;

    # what would be tried again after half a minute is rare

    my $kind = rand;

    return $kind < 0.25 ? { close => $stage }
        : $kind < 0.45 ? { reset => $stage }
        : $kind < 0.48 ? { mute => $stage }
        : $kind < 0.50 ? { garbage => 'start' }
        : $kind < 0.52 ? { freeze => 'media' }
        : { read_rate => 10_000 + rand 500_000, at => [
            { rand() < 0.5 ? (after => $seconds) : (frames => $frames),
              do => (qw/close reset unpublish goodbye freeze reconnect/)
                  [rand 6] }] };
}
