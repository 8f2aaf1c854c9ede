#!/usr/bin/perl

# A stream of 6 Mbit/s to four destinations at once, two of them by TLS: each
# gets every frame, unchanged, in order, at its time, as it comes.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;

my $t = Test::Restream->new(log_level => 'info');
my $seconds = $t->full() ? 60 : 6;

$t->expand(CA => $t->tls()->ca_file());
$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%
    max_message 16m;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;
            restream on;
            restream_publisher_grace 200ms;
            restream_ssl_trusted_certificate %%CA%%;

            restream_destination a rtmp://127.0.0.1:%%PORT_1%%/app
                                 key=delivery-key-1;
            restream_destination b rtmp://127.0.0.1:%%PORT_2%%/app
                                 key=delivery-key-2;
            restream_destination c rtmps://127.0.0.1:%%PORT_3%%/app
                                 key=delivery-key-3;
            restream_destination d rtmps://localhost:%%PORT_4%%/app
                                 key=delivery-key-4;
        }
    }
}

http {
    %%GLOBALS_HTTP%%

    server {
        listen 127.0.0.1:%%PORT_80%%;
        location = /restream/status { restream_status; }
    }
}
CONF

my @in = map {
    $t->ingest(port => $_, tls => $_ > 2 ? 'good' : undef)
} 1 .. 4;
my $pub = $t->publish('live/show', count => 0, media => {
    video_bps => 6e6, audio_bps => 128_000, gop => 60 });

$_->wait(sub { $_[0]->events(ev => 'start') }, 15, 'all are connected')
    for @in;
$pub->more(1_000_000);

wait_ok { $pub->frames() > 77 * $seconds } $seconds + 20,
    "$seconds seconds are published";

wait_ok {
    my $stream = $t->stream('live', 'show');
    my @rates = map { $_->{stats}{bitrateKbps} || 0 }
        @{$stream->{destinations}};

    (grep { abs($_ - 6128) < 1000 } @rates) == 4;
} 15, 'the status says so of each destination';

$pub->unpublish();

my @sent = $pub->frames();

for my $i (0 .. 3) {
    my ($in, $name) = ($in[$i], (qw/a b c d/)[$i]);

    $in->wait(sub { $_[0]->closed(1) }, 15, "$name: it ends") or next;

    is_deeply([map { "$_->{type} $_->{md5} $_->{key}" } $in->frames()],
              [map { "$_->{type} $_->{md5} $_->{key}" } @sent],
              "$name: every frame, unchanged, in order");
    is_deeply([timestamp_offsets($pub, $in, 1)], [0], "$name: at its time");
    is($in->conns(), 1, "$name: in one connection");

    # each on its own: how long it was on its way

    my @latencies = latencies($pub, $in, type => 9);

    cmp_ok(percentile(50, @latencies), '<', slowly(0.1),
           sprintf '%s: video takes %.1f ms, at most %.1f', $name,
           map { 1000 * percentile($_, @latencies) } 50, 100);
}

$t->done_testing();
