#!/usr/bin/perl

# Memory is bounded whatever the destinations do: restream_buffer once for the
# stream, at most 64 KB for each destination, and 512 KiB of each in the kernel.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;

use constant {
    PLAIN  => 16,               # destinations that read nothing
    TLS    => 24,               # and that read little
    BUFFER => 1024,             # KiB
    OUTPUT => 64,
    QUEUE  => 512 * 1024,
    REST   => 512,              # KiB for the publisher, and for fragmentation
};

my $t = Test::Restream->new(log_level => 'info')->has('ss');

$t->expand(
    CA => $t->tls()->ca_file(), BUFFER => BUFFER,
    DESTINATIONS => join("\n", (map { "restream_destination plain$_ "
        . "rtmp://127.0.0.1:%%PORT_1%%/app/key-plain;" } 1 .. PLAIN),
        (map { "restream_destination tls$_ "
        . "rtmps://127.0.0.1:%%PORT_2%%/app/key-tls;" } 1 .. TLS)));

$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;
            restream on;
            restream_publisher_grace 300ms;
            restream_send_timeout 60s;
            restream_buffer %%BUFFER%%k;
            restream_ssl_trusted_certificate %%CA%%;

            %%DESTINATIONS%%
            restream_destination well rtmp://127.0.0.1:%%PORT_3%%/app/key-well;
        }

        application first {
            live on;
            restream on;
            restream_publisher_grace 300ms;
            restream_ssl_trusted_certificate %%CA%%;

            restream_destination tls rtmps://127.0.0.1:%%PORT_4%%/app/key-tls;
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

my $plain = $t->ingest(port => 1, rcvbuf => 32768,
                       script => { freeze => 'media' });
my $tls = $t->ingest(port => 2, rcvbuf => 32768, tls => 'good',
                     script => { read_rate => 50_000 });
my $well = $t->ingest(port => 3);
my $first = $t->ingest(port => 4, tls => 'good');

###############################################################################

# what OpenSSL and the resolver need once does not count

my $early = $t->publish('first/show', media => { video_bps => 400_000 });

wait_ok { $first->frames() > 20 } 10, 'a first stream flows';
$early->unpublish();
wait_ok { !@{($t->status() || { streams => [1] })->{streams}} } 10,
    'and is over';

my $before = rss();
my $pub = $t->publish('live/show', media => { video_bps => 3_200_000 });
my $peak = 0;
my $queued = 0;

wait_ok {
    my $now = rss();
    my $max = queue();

    $peak = $now if $now > $peak;
    $queued = $max if $max > $queued;
    $well->frames() >= 600;
} 20, 'the stream flows';

my $status = $t->stream('live', 'show');
my @slow = grep { $_->{name} ne 'well' } @{$status->{destinations}};
my ($least) = sort { $a <=> $b } map { $_->{stats}{framesDropped}{video} }
    @slow;

is(scalar @slow, PLAIN + TLS, 'all destinations are there');
is(scalar(grep { $_->{state} ne 'live' } @slow), 0, 'all were live');
cmp_ok($well->frames() * 3_264_000 / 8 / 77 / 1024, '>', 2 * BUFFER,
       'the stream is longer than the ring');
is(missing_frames($pub, $well), 0,
   'the destination that reads has every frame');

note("$queued bytes in a kernel queue at most");
cmp_ok($queued, '>', 0, 'the kernel holds what is not read');
cmp_ok($queued, '<=', QUEUE, 'at most 512 KiB of each');

my $growth = $peak - $before;
my $bound = BUFFER + (PLAIN + TLS + 1) * OUTPUT + REST;

note("worker grew by $growth KiB");

SKIP: {
    skip 'memory of a sanitizer or of valgrind', 1 if instrumented();

    cmp_ok($growth, '<=', $bound, 'the worker grows no more than it may');
}

$t->done_testing();

###############################################################################

sub rss {
    my ($worker) = $t->worker_pids();
    my $status = read_proc($worker, 'status');

    return $status =~ /^VmRSS:\s+(\d+) kB/m ? $1 : 0;
}


sub instrumented {
    my ($worker) = $t->worker_pids();

    return read_proc($worker, 'maps') =~ /libasan|vgpreload/;
}


sub read_proc {
    my ($pid, $file) = @_;

    open my $fh, '<', "/proc/$pid/$file" or return '';
    local $/;
    return readline $fh;
}


# The most that a socket to the slow ingests holds: memory, as ss(8) tells it.

sub queue {
    my $max = 0;
    my $ports = join ' or ', map { 'dport = :' . $t->port($_) } 1, 2;

    for (`ss -tnmHO state established '( $ports )'`) {
        my ($send, $memory) = /^\s*\d+\s+(\d+)\s.*skmem:\(.*?,w(\d+),/
            or next;

        for ($send, $memory) {
            $max = $_ if $_ > $max;
        }
    }

    return $max;
}
