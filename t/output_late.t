#!/usr/bin/perl

# A destination that joins a running stream, because it is added or enabled by a
# reload or because its server comes up late: metadata, video header, audio
# header, then the newest key frame; it gets at most one group of pictures that
# is older than itself.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;

my $t = Test::Restream->new();

my $conf = <<'CONF';
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
            restream_reconnect min=100ms max=300ms;

            restream_destination early rtmp://127.0.0.1:%%PORT_1%%/app
                                 key=late-key-1;
            restream_destination down rtmp://127.0.0.1:%%PORT_2%%/app
                                 key=late-key-2;
            restream_destination slow rtmp://127.0.0.1:%%PORT_3%%/app
                                 key=late-key-3;
            restream_destination off rtmp://127.0.0.1:%%PORT_4%%/app
                                 key=late-key-4 enabled=%%ENABLED%%;
            %%ADDED%%
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

$t->expand(ENABLED => 'off', ADDED => '');
$t->write_file_expand('nginx.conf', $conf)->run();

my %in = (
    early => $t->ingest(port => 1),
    down  => $t->ingest(port => 2),
    slow  => $t->ingest(port => 3, script => { delay => { publish => 2.2 } }),
    off   => $t->ingest(port => 4),
    added => $t->ingest(port => 5),
);

$in{down}->listen(0);

# key frames 1.5 s apart, several in the ring

my $pub = $t->publish('live/show', media => {
    gop => 45, video_bps => 2e6, start => 777_777 });

$in{early}->wait(sub { $_[0]->frames() > 250 }, 20, 'a stream runs');

is($t->destination('live', 'show', 'off')->{reason}{code}, 'disabled',
   'one destination is switched off');
is($in{$_}->conns(), 0, "$_: has heard nothing") for qw/down off added/;

###############################################################################

$in{down}->listen(1);
$t->expand(ENABLED => 'on', ADDED => 'restream_destination added'
           . ' rtmp://127.0.0.1:%%PORT_5%%/app key=late-key-5;');
$t->write_file_expand('nginx.conf', $conf);
$t->reload() or die "no new workers\n";

for my $name (sort keys %in) {
    my $in = $in{$name};

    $in->wait(sub { $_[0]->frames() > 150 }, 15, "$name: media arrives")
        or next;

    is_deeply([$in->first_messages(1, 4)],
              ['@setDataFrame', 'video header', 'audio header', 'key'],
              "$name: metadata, video header, audio header, key frame");

    my @first = ($in->messages(1))[0 .. 3];

    is_deeply([map { $_->{ts} } @first], [0, 0, 0, 0],
              "$name: at the time 0");
    is_deeply([map { $_->{md5} } @first[1, 2]],
              [map { $_->{md5} } $pub->headers()],
              "$name: the headers are the encoder's");

    # the newest key frame when the server said Publish.Start, or one since

    my $start = ($in->events(ev => 'start'))[0]{at};
    my @keys = $pub->frames(key => 1);
    my ($next) = grep { $keys[$_]{md5} eq $first[3]{md5} } 0 .. $#keys;

    cmp_ok($start, '<', $keys[$next + 1]{at} + slowly(0.1),
           "$name: no key frame was newer");

    my @frames = $in->frames();
    my $older = grep { $_->{type} == 9 && $_->{at} < $start }
        arrived_of($pub, \@frames);

    cmp_ok($older, '<=', 45 + slowly(3),
           "$name: at most one group of pictures is older");

    is_deeply([check_order($pub, $in, 1, gaps => 0)], [],
              "$name: all that follows is there");
    is(scalar(my @one = timestamp_offsets($pub, $in, 1)), 1,
       "$name: at its time");
}

cmp_ok(($in{$_}->frames())[0]{n}, '>', 100, "$_: was late")
    for qw/down slow off added/;
is($in{early}->conns(), 1, 'early: did not notice');

$t->done_testing();

###############################################################################

# What the publisher noted of the frames.

sub arrived_of {
    my ($pub, $frames) = @_;

    my %arrived = map { $_->{md5} => 1 } @$frames;

    return grep { $arrived{$_->{md5}} } $pub->frames();
}
