#!/usr/bin/perl

# Slow destinations that are each in the middle of another large frame do not
# take the stream's memory beyond restream_buffer: what they hold counts, and
# where it becomes too much the slowest is dialled anew.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;

use constant {
    SLOW   => 20,
    BUFFER => 6 * 1024,         # KiB
    FRAME  => 1024,
    REST   => 8 * 1024,         # the frame that comes in, nginx-rtmp's copy of
                                # it, fragmentation
};

my $t = Test::Restream->new(log_level => 'info');

$t->expand(
    BUFFER => BUFFER,
    DESTINATIONS => join("\n", map { "restream_destination slow$_ "
        . "rtmp://127.0.0.1:%%PORT_1%%/app/key-slow-$_;" } 1 .. SLOW));

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
            restream_publisher_grace 300ms;
            restream_buffer %%BUFFER%%k;

            %%DESTINATIONS%%
            restream_destination well rtmp://127.0.0.1:%%PORT_2%%/app/key-well;
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

# 60 to 250 KB/s each, of a stream of 2.3 MB/s

my $slow = $t->ingest(port => 1, rcvbuf => 32768, conns => {
    map { $_ => { read_rate => 50_000 + $_ * 10_000 } } 1 .. SLOW });
my $well = $t->ingest(port => 2);

###############################################################################

my $before = rss();
my $peak = 0;

my $pub = $t->publish('live/show', media => {
    fps => 4, gop => 2, video_bps => FRAME * 1024 * 8 * 4 * 7 / 12 });

wait_ok {
    my $now = rss();

    $peak = $now if $now > $peak;
    $well->frames(type => 9) >= 40;
} 30, 'the stream flows';

my ($key) = $well->frames(type => 9, key => 1);

cmp_ok($key->{size}, '>', FRAME * 768, 'in large frames');
is(missing_frames($pub, $well, to => ($well->frames())[-1]{n}), 0,
   'the destination that takes them has every one');

my @destinations = @{$t->stream('live', 'show')->{destinations}};
my @given_up = grep { $_->{lastError} } @destinations;

cmp_ok(scalar @given_up, '>', 0, 'of the others some were given up');
is(scalar(grep { $_->{lastError}{code} ne 'stalled'
                 || $_->{lastError}{class} ne 'retryable'
                 || $_->{lastError}{text} !~ /longer than restream_buffer/ }
          @given_up), 0, 'for a reason that is told');
is_deeply([grep { $_->{name} eq 'well' } @given_up], [],
          'but not the one that takes all');
is_deeply([map { check_order($pub, $slow, $_) } 1 .. SLOW], [],
          'no frame without its references to any of them');

my $growth = $peak - $before;

note("worker grew by $growth KiB");

SKIP: {
    skip 'memory of a sanitizer or of valgrind', 1 if instrumented();

    cmp_ok($growth, '<=', BUFFER + REST,
           'the worker grows no more than it may');
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
