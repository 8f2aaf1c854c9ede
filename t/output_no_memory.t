#!/usr/bin/perl

# A worker without memory: a frame that cannot be kept is counted, and what
# refers to it is not sent; destinations that a reload adds are fed as soon as
# there is memory again.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;

use constant {
    MORE => 2500,
    MARGIN => 3 << 20,          # bytes
};

plan(skip_all => 'a sanitizer, or valgrind, needs its address space')
    if $ENV{ASAN_OPTIONS} || $ENV{RESTREAM_TEST_VALGRIND};

my $t = Test::Restream->new(log_level => 'info')->has('prlimit', 'setpriv');

my $conf = <<'CONF';
%%GLOBALS%%
%%USER%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%
    max_message 16m;
    restream_zone 16m;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;
            restream on;
            restream_publisher_grace 200ms;
            restream_buffer 512m;

            restream_destination a rtmp://127.0.0.1:%%PORT_1%%/app/key-of-a;
            %%DESTINATIONS%%
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

# the limits of another user's process are not ours to set

$t->expand(DESTINATIONS => '', USER => $> ? '' : 'user root;');
$t->write_file_expand('nginx.conf', $conf)->run();

my ($worker) = $t->worker_pids();

my $in = $t->ingest(port => 1);

###############################################################################

my $pub = $t->publish('live/show', media => {
    fps => 20, gop => 10, video_bps => 16_000_000 });

$in->wait(sub { $_[0]->frames(type => 9) > 20 }, 10, 'media arrives');

$t->limit($worker, '--as=' . (size() + MARGIN) . ':');
wait_ok { $t->log_matches(qr/\[crit\].*no memory for a frame/) } 15,
    'the worker has no memory for a frame';
$t->limit($worker, '--as=unlimited:');

my $from = $in->frames();

$in->wait(sub { $_[0]->frames() > $from + 60 }, 10, 'it goes on');
$pub->pause();

my $last = ($pub->frames())[-1]{n};

wait_ok { (reverse $in->frames())[0]{n} == $last } 10, 'to the last frame';

my $d;

wait_ok {
    $d = $t->destination('live', 'show', 'a');
    $d->{stats}{framesSent} == $in->frames();
} 5, 'what is sent is counted';

my @missing = missing_frames($pub, $in, to => $last);

is($in->conns(), 1, 'on the same connection');
is_deeply([check_order($pub, $in, 1)], [],
          'no frame without its references, none changed');
cmp_ok(scalar(grep { $_->{type} == 9 } @missing), '>', 0, 'some are missing');

for my $type (8, 9) {
    is($d->{stats}{framesDropped}{$type == 9 ? 'video' : 'audio'},
       scalar(grep { $_->{type} == $type } @missing),
       "they are counted, type $type");
}

is(scalar($t->log_matches(qr/\[crit\].*no memory for a frame/)), 1,
   'the log says it once in a while, not for each frame');

###############################################################################

$t->expand(DESTINATIONS => join "\n", map {
    "restream_destination more$_ rtmp://127.0.0.1:%%PORT_1%%/app"
        . " key=key-of-more-$_ enabled=off;" } 1 .. MORE);
$t->write_file_expand('nginx.conf', $conf);

# enough to read what is wanted, not to do it

$t->limit($worker, '--as=' . (size() + MARGIN) . ':');
$t->reload() or die "no new workers\n";
$t->allow(log => qr/malloc\(\d+\) failed|posix_memalign/);

wait_ok { $t->log_matches(qr/$worker#.*(?:malloc|memalign)\(.*failed/) } 15,
    'the worker has no memory for what a reload adds';
wait_ok { off() > 0 } 10, 'some destinations are there';

my $off = off();

$t->limit($worker, '--as=unlimited:');
cmp_ok($off, '<', MORE, 'some are not');
wait_ok { off() == MORE } 10, 'they are as soon as it has some';

$t->done_testing();

###############################################################################

sub off {
    my $stream = $t->stream('live', 'show') || { destinations => [] };

    return scalar grep { $_->{reason} && $_->{reason}{code} eq 'disabled' }
        @{$stream->{destinations}};
}


sub size {
    open my $fh, '<', "/proc/$worker/status" or die "no worker\n";
    local $/;
    my ($size) = readline($fh) =~ /^VmSize:\s+(\d+) kB/m;

    return $size * 1024;
}
