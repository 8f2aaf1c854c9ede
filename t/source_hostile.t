#!/usr/bin/perl

# What an encoder sends does not take memory beyond restream_buffer: sequence
# headers of a megabyte that change all the time, key frames larger than the
# buffer, key frames of 16 MB, headers and nothing else.  Destinations get it
# all the same.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;

use constant {
    LARGE => 1 << 20,
    DESTINATIONS => 24,
};

my $t = Test::Restream->new(log_level => 'info');

$t->expand(DESTINATIONS => join("\n", map { "restream_destination d$_ "
    . "rtmp://127.0.0.1:%%PORT_1%%/app/key-headers;" } 1 .. DESTINATIONS));

$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%
    max_message 16m;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        restream on;
        restream_publisher_grace 200ms;

        application headers {
            live on;
            restream_buffer 4m;

            %%DESTINATIONS%%
        }

        application small {
            live on;
            restream_buffer 64k;

            restream_destination a rtmp://127.0.0.1:%%PORT_2%%/app/key-small;
        }

        application large {
            live on;

            restream_destination a rtmp://127.0.0.1:%%PORT_3%%/app/key-large;
        }

        application only {
            live on;

            restream_destination a rtmp://127.0.0.1:%%PORT_4%%/app/key-only;
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

my $headers = $t->ingest(port => 1);
my $small = $t->ingest(port => 2);
my $large = $t->ingest(port => 3);
my $only = $t->ingest(port => 4);

my $before = rss();

###############################################################################

my $pub = $t->publish('headers/show');

wait_ok { grep({ $_->{state} eq 'live' } destinations()) == DESTINATIONS } 15,
    'all destinations are live';

# of HEVC, since nginx-rtmp writes past its stack when it logs a long one of AVC

for my $n (1 .. 6) {
    $pub->send(type => 9, hex => '9068766331' . "0$n" x LARGE);
    wait_ok {
        grep({ $_->{size} == LARGE + 5 } $headers->headers())
            == $n * DESTINATIONS
    } 20, "header $n of a megabyte is passed on to all";
}

is(scalar($t->log_matches(qr/\[warn\].*header of 1048581 bytes.*not kept/)),
   1, 'it is told once that such are not kept');

$headers->control(do => 'reset', conn => 1);
$headers->wait(sub { $_[0]->frames(conn => DESTINATIONS + 1) > 10 }, 10,
               'a destination that comes back is served');

my ($first) = grep { $_->{header} && $_->{type} == 9 }
    $headers->messages(DESTINATIONS + 1);

cmp_ok($first->{size}, '<', LARGE, 'with the last header of a normal size');
$pub->unpublish();

###############################################################################

# every frame is larger than the buffer

$pub = $t->publish('small/show', media => {
    fps => 10, gop => 5, video_bps => 10_000_000 });

$small->wait(sub { $_[0]->frames(type => 9, key => 1) >= 8 }, 15,
             'key frames larger than the buffer arrive');
is_deeply([check_order($pub, $small, 1)], [], 'whole, and in order');
is($small->conns(), 1, 'on one connection');
my $small_buffer = qr{\[warn\].*"restream_buffer" is too small.*small/};
is(scalar($t->log_matches($small_buffer)), 1,
   'it is told once that the buffer is too small');

$pub->unpublish();

###############################################################################

$pub = $t->publish('large/show', media => {
    fps => 1, gop => 1, video_bps => 13_000_000 * 8 });

$large->wait(sub { $_[0]->frames(type => 9, key => 1) >= 3 }, 30,
             'key frames of up to 16 MB arrive');
is_deeply([check_order($pub, $large, 1)], [], 'whole, and in order');

$pub->unpublish();

###############################################################################

$pub = $t->publish('only/show', count => 0);

for my $n (1 .. 2000) {
    $pub->send(type => 9, hex => '1700000000' . sprintf('%08x', $n));
}

wait_ok { $t->destination('only', 'show', 'a')->{state} eq 'publishing' } 5,
    'without media a destination is not live';
is(scalar(my @none = $only->headers()), 0, 'headers alone are not sent');
$pub->more(40);
$only->wait(sub { $_[0]->frames() > 10 }, 10, 'with media it is fed');
$pub->unpublish();

my $growth = rss() - $before;

note("worker grew by $growth KiB");

SKIP: {
    skip 'memory of a sanitizer or of valgrind', 1 if instrumented();

    cmp_ok($growth, '<', 64 * 1024, 'the worker has not grown for ever');
}

$t->done_testing();

###############################################################################

sub destinations {
    return @{($t->stream('headers', 'show') || {})->{destinations} || []};
}


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
