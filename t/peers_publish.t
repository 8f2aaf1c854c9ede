#!/usr/bin/perl

# The test peers by themselves: a publisher speaks to a fake ingest, and what
# arrives is compared with what was sent.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;

my $t = Test::Restream->new(module => 0);

###############################################################################

# in real time

my $in = $t->ingest(port => 1, script => { stream_id => 7 });
my $pub = $t->publish('live/show?token=1', port => 1,
                      media => { video_bps => 2e6, gop => 15 });

wait_ok { $pub->frames() >= 100 } 5, '100 frames are sent';
$pub->unpublish();
wait_ok { $in->closed(1) } 5, 'the end arrives';

is($pub->code(), 'NetStream.Publish.Start', 'the publish is accepted');
is_deeply([$in->commands(1)],
          [qw/connect releaseStream FCPublish createStream publish FCUnpublish
              deleteStream/], 'the ingest sees the dialogue');
is($in->command(1, 'publish')->{args}[1], 'show?token=1', 'with its key');
is($in->command(1, 'publish')->{msid}, 7, 'on the message stream it gave');
is_deeply([$in->first_messages(1, 5)],
          ['@setDataFrame', 'video header', 'audio header', 'key', 'audio'],
          'metadata and headers come first');
is(missing_frames($pub, $in, from => 0, to => 99), 0, 'no frame is missing');
is_deeply([check_order($pub, $in, 1, gaps => 0)], [], 'all are in order');
is_deeply([timestamp_offsets($pub, $in, 1)], [0], 'timestamps are the same');

my @seconds = map { $_->{at} } ($in->frames())[0, 99];
my $took = $seconds[1] - $seconds[0];

ok($took > 1.1, "100 frames take their 1.3 s: $took");
cmp_ok(percentile(50, latencies($pub, $in)), '<', slowly(0.02),
       'frames arrive at once');

my $end = $in->closed(1);

is("$end->{how} $end->{fcunpublish} $end->{delete_stream}", 'fin 1 1',
   'the connection ended politely');

###############################################################################

# as fast as it goes, all codecs and wrappings

my $n = 1;

for my $media ({ video => 'hvc1', audio => 'Opus', hdr => 1 },
               { video => 'av01', audio => 'fLaC', modex => 500, x => 1 },
               { video => 'vp09', audio => 'ac-3', tracks => 2 },
               { video => 'hvc1', audio => 'mp4a', tracks => 2,
                 mode => 'many' },
               { video => undef }, { audio => undef, jumps => [[20, 90000]] },
               { start => 0xffff00 }, { start => 0xffffff00 })
{
    my $name = join ' ', map { "$_ " . ($media->{$_} || 0) }
        sort keys %$media;
    my $p = $t->publish("live/$n", port => 1, speed => 0, count => 200,
                        media => $media);
    my $conn = ++$n;

    $p->wait_done(10);
    $in->wait(sub { $in->frames(conn => $conn) >= $p->frames() }, 10,
              "$name: all arrives");
    is_deeply([map { $_->{md5} } $in->frames(conn => $conn)],
              [map { $_->{md5} } $p->frames()], "$name: unchanged");
    is_deeply([map { $_->{ts} } $in->frames(conn => $conn)],
              [map { $_->{ts} } $p->frames()], "$name: same timestamps");
    $p->stop();
}

###############################################################################

# what a publisher can be told

$pub = $t->publish('live/control', port => 1);
wait_ok { $pub->frames() > 20 } 5, 'frames are sent';

$pub->pause();
my $sent = $pub->frames();
$pub->more(10);
is($pub->stat()->{sent}, $sent, 'a paused publisher sends nothing');
$pub->resume();
wait_ok { $pub->frames() == $sent + 10 } 5, 'then ten frames, no more';

$pub->change_headers();
wait_ok { $in->headers(conn => $n + 1) == 4 } 5, 'new headers arrive';
my @headers = map { $_->{md5} } $in->headers(conn => $n + 1);
ok($headers[0] ne $headers[2] && $headers[1] ne $headers[3],
   'and they differ');

$pub->more(30);
$pub->send(type => 18, hex => '02000a6f6e5465787444617461' . '05');
wait_ok { $in->events(ev => 'data', name => 'onTextData') } 5,
    'any message can be sent';

is($pub->republish(how => 'reset', continue => 1, count => undef),
   'NetStream.Publish.Start', 'it republishes');
wait_ok { $in->frames(conn => $n + 2) > 20 } 5, 'and frames go on';
is($in->closed($n + 1)->{how}, 'rst', 'the reset is told from a FIN');
cmp_ok(($in->frames(conn => $n + 2))[0]{ts}, '>',
       ($in->frames(conn => $n + 1))[-1]{ts}, 'time goes on, if wanted');
is(missing_frames($pub, $in), 0, 'the union of both has every frame');

###############################################################################

# an encoder that does not wait

$in->script({ delay => { publish => 0.3 } }, $in->conns() + 1);
$t->allow(violation => qr/media before Publish.Start/);
$pub = $t->publish('live/hasty', port => 1, wait => 0);
is($pub->code(), undef, 'nothing is answered yet');
wait_ok { $in->events(ev => 'violation') } 5, 'but media flows';
wait_ok {
    grep { ($_->{args}[1] || {})->{code} } $pub->events(ev => 'command',
                                                       name => 'onStatus')
} 5, 'the answer is noted when it comes';

###############################################################################

# the comparison finds what is wrong

my @sent = ($in->frames(conn => 1))[0 .. 99];
my @got = map { { %$_ } } @sent;

is(missing_frames(\@sent, [@got[0 .. 9, 20 .. 99]]), 10, 'missing: counted');
is(missing_frames(\@sent, [@got[10 .. 99]]), 0, 'missing: from the first');
is(missing_frames(\@sent, [@got[10 .. 99]], from => 0), 10, 'or from 0');
is(missing_frames(\@sent, [@got[0 .. 89]], to => 99), 10, 'and to the last');
is(missing_frames(\@sent, []), 100, 'missing: all');

my ($video) = grep { $got[$_]{type} == 9 && !$got[$_]{key} } 5 .. 20;
my ($key) = grep { $got[$_]{key} } $video .. 99;

is_deeply([check_order(\@sent, [@got[0 .. $video - 1, $key .. 99]], 1)], [],
          'a gap may end in a key frame');
like((check_order(\@sent, [@got[0 .. $video - 1, $video + 1 .. 99]], 1))[0],
     qr/video without its references/, 'but not in another');
like((check_order(\@sent, [@got[0 .. 50, 50]], 1))[0], qr/after the 50-th/,
     'repeats are found');

$got[7]{md5} = 'x';
like((check_order(\@sent, \@got, 1))[0], qr/frame \d+ .* never sent so/,
     'changes are found');

$t->done_testing();
