#!/usr/bin/perl

# restream_chunk_size: it is announced before connect, and all that follows is
# cut by it, commands as well as media.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;

# configured, in bytes

my %sizes = (default => 65536, '128' => 128, '129' => 129, '4096' => 4096,
             '1m' => 1_048_576, '16777215' => 16_777_215);

# a key that several of the smallest chunks are needed for

use constant KEY => 'chunk-size-key-' . 'x' x 1000;

my $t = Test::Restream->new();

$t->expand(KEY => KEY, APPLICATIONS => join "\n", map {
    my $size = $_ eq 'default' ? '' : "restream_chunk_size $_;";

    "application size$_ {
        live on;
        restream on;
        $size
        restream_destination a rtmp://127.0.0.1:%%PORT_1%%/$_ key=%%KEY%%;
    }"
} sort keys %sizes);

$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%
    max_message 16m;
    restream_publisher_grace 200ms;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        %%APPLICATIONS%%
    }
}
CONF

my $in = $t->ingest(port => 1);

###############################################################################

for my $name (sort keys %sizes) {
    my $size = $sizes{$name};

    my $pub = $t->publish("size$name/show", count => 0, speed => 8,
                          media => { video_bps => 4e6, gop => 10 });
    my $conn = wait_until {
        my ($connect) = grep { $_->{args}[0]{app} eq $name }
            $in->events(ev => 'command', name => 'connect');
        $connect && $connect->{conn};
    } 10, "$name: it connects" or next;

    $in->wait(sub { $_[0]->events(ev => 'start', conn => $conn) }, 10,
              "$name: it publishes") or next;
    $pub->more(60);
    $pub->wait_done(10);
    $pub->unpublish();
    $in->wait(sub { $_[0]->closed($conn) }, 10, "$name: it ends") or next;

    my ($first) = $in->events(ev => 'control', conn => $conn);

    is("$first->{type} @{$first->{values}}", "1 $size",
       "$name: $size is announced");
    cmp_ok($first->{at}, '<=', $in->command($conn, 'connect')->{at},
           "$name: before anything else");
    is($in->command($conn, 'publish')->{args}[1], KEY,
       "$name: a long command arrives");

    my @wrong = grep {
        my $chunks = int(($_->{size} + $size - 1) / $size);
        $_->{chunks} != $chunks;
    } $in->frames(conn => $conn);

    is_deeply(\@wrong, [], "$name: every frame is cut by it");
    is(missing_frames($pub, $in, conn => $conn, from => 0, to => 59), 0,
       "$name: no frame is missing");
    is_deeply([check_order($pub, $in, $conn, gaps => 0)], [],
              "$name: none is changed");
}

$t->done_testing();
