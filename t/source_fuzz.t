#!/usr/bin/perl

# Encoders that mean harm: sessions with wrong headers of messages and chunks,
# wrong chunk sizes, aborts, timestamps, commands, FLV tags and Enhanced RTMP.
# The worker lives, another stream of it loses nothing, what is relayed of
# theirs is still RTMP, and nothing is left of them.

use warnings;
use strict;

use JSON::PP ();
use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::Publisher::Hostile;
use Test::Restream::Util qw/slurp/;

use constant {
    ENCODERS => 3,
    NAMES    => 8,
};

my $t = Test::Restream->new(log_level => 'warn');
my $inputs = $t->full() ? 1_000_000 : 10_000;

$t->expand(CA => $t->tls()->ca_file());
$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

events {
    worker_connections 1024;
}

rtmp {
    access_log off;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        restream on;
        restream_publisher_grace 300ms;
        restream_reconnect min=100ms max=500ms;
        restream_ssl_trusted_certificate %%CA%%;

        application calm {
            live on;
            restream_destination a rtmp://127.0.0.1:%%PORT_1%%/app/key-one;
            restream_destination tls rtmps://127.0.0.1:%%PORT_2%%/app/key-two;
        }

        application hostile {
            live on;
            restream_buffer 1m;

            restream_destination a rtmp://127.0.0.1:%%PORT_3%%/$app
                                 key=$name?$args;
            restream_destination tls rtmps://127.0.0.1:%%PORT_4%%/app/$name;
        }

        # headers come while on_publish is asked

        application asked {
            live on;
            on_publish http://127.0.0.1:%%PORT_80%%/accept;
            restream_chunk_size 128;

            restream_destination a rtmp://127.0.0.1:%%PORT_3%%/app/$name;
        }

        application off {
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

        location = /accept {
            return 204;
        }
    }
}
CONF

my @calm = ($t->ingest(port => 1), $t->ingest(port => 2, tls => 'good'));
my @sinks = ($t->ingest(port => 3, script => { forget => 1 }),
             $t->ingest(port => 4, script => { forget => 1 }, tls => 'good'));
my $pub = $t->publish('calm/show', media => { video_bps => 300_000 });
my ($worker) = $t->worker_pids();

wait_ok { live('calm', 'show') == 2 } 10, 'a stream is live';

my $fds = $t->descriptors();

###############################################################################

my @daemons = map { my $n = $_;
    $t->run_daemon(sub { attack($n) }, name => "attack$n")
} 1 .. ENCODERS;

wait_ok { !grep { $_->alive() } @daemons } $t->full() ? 7200 : 120,
    'all attacks are over';

my %sum = (sessions => 0, inputs => 0, sent => 0);
my %ends;

for my $result (map { JSON::PP::decode_json(slurp($_) || '{}') }
                glob $t->dir() . '/attack*.json')
{
    $sum{$_} += $result->{$_} for keys %sum;
    $ends{$_} += $result->{ends}{$_} for keys %{$result->{ends}};
    diag("session $result->{last} was the last one")
        if $result->{ends}{refused};
}

note("$sum{inputs} inputs read of $sum{sent}, in $sum{sessions} sessions");
cmp_ok($sum{inputs}, '>=', $inputs, "$inputs inputs were read");
is(join(' ', keys %ends), 'closed', 'every session ended');
is_deeply([$t->worker_pids()], [$worker], 'the worker has lived through it');

###############################################################################

# the other stream has not noticed

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

for my $in (@sinks) {
    my $conns = $in->conns();
    my $published = () = $in->events(ev => 'start');

    note("$published of $conns connections published");
    cmp_ok($published, '>=', NAMES, 'what could be relayed was');
}

wait_ok { @{$t->status()->{streams}} == 1 } 10, 'their streams have ended';
is($t->descriptors(), $fds, 'no descriptor is left of them');

# nginx-rtmp's own words; and what an encoder's jumps ahead add up to reads as a
# step back from 2^31 ms on

$t->allow(log => qr/too big RTMP chunk size/);
$t->allow(violation => qr/\Aingest[34]: .*timestamp goes back/);
$t->done_testing();

###############################################################################

# One of the encoders: session after session, until its share has been read.

sub attack {
    my ($n) = @_;

    my $hostile = Test::Restream::Publisher::Hostile->new(
        port => $t->port(0), seed => $t->seed(),
        apps => [('hostile') x 6, 'asked', 'asked', 'off', 'nowhere'],
        names => [map { "show$_" } 1 .. NAMES]);
    my %result = (sessions => 0, inputs => 0, sent => 0, ends => {});
    my $number = $n;

    while ($result{inputs} < $inputs / ENCODERS) {
        my $outcome = $hostile->attack($number);

        $result{sessions}++;
        $result{$_} += $outcome->{$_} for qw/inputs sent/;
        $result{ends}{$outcome->{end}}++;
        $result{last} = $number;
        $number += ENCODERS;

        last if $outcome->{end} ne 'closed';
    }

    $t->write_file("attack$n.json", JSON::PP::encode_json(\%result));
    return;
}


sub live {
    my ($app, $name) = @_;

    my $stream = $t->stream($app, $name) or return 0;

    return scalar grep { $_->{state} eq 'live' } @{$stream->{destinations}};
}
