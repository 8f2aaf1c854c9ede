#!/usr/bin/perl

# An outage that outlasts the ring: the destination goes on at the newest key
# frame, or waits for one, and what it has missed is counted as dropped.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;

# what was on its way, or just arrived, when the connection broke counts as
# missed, too: frames of 1.5 s at 77 a second

use constant MARGIN => 115;

my $t = Test::Restream->new(log_level => 'info');

$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    restream on;
    restream_publisher_grace 1s;
    restream_reconnect min=100ms max=300ms;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;

            # about 2.5 s
            restream_buffer 512k;

            restream_destination bad rtmp://127.0.0.1:%%PORT_1%%/app/key-bad;
            restream_destination well rtmp://127.0.0.1:%%PORT_2%%/app/key-well;
        }

        # key frames further apart than the ring reaches
        application rare {
            live on;
            restream_buffer 192k;

            restream_destination bad rtmp://127.0.0.1:%%PORT_3%%/app/key-rare;
            restream_destination well rtmp://127.0.0.1:%%PORT_4%%/app/key-fine;
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

my %in = (live => $t->ingest(port => 1), rare => $t->ingest(port => 3));
my %well = (live => $t->ingest(port => 2), rare => $t->ingest(port => 4));
my %pub = (
    live => $t->publish('live/show', media => {
        video_bps => 1_600_000, gop => 15 }),
    rare => $t->publish('rare/show', media => {
        video_bps => 1_600_000, gop => 120 }),
);

my @apps = sort keys %in;

###############################################################################

wait_ok { !grep { $_->frames() < 120 } values %in } 10, 'media arrives';
is(destination($_)->{state}, 'live', "$_: it is live") for @apps;

$_->listen(0) for values %in;
$_->control(do => 'reset') for values %in;

my $lost_at = mono();

wait_ok { mono() - $lost_at > 4 } 5, 'the servers are away';

# a refused attempt is over at once

for my $app (@apps) {
    wait_ok { destination($app)->{state} eq 'waiting' } 5, "$app: it waits";
}

$_->listen(1) for values %in;

for my $app (@apps) {
    my ($in, $pub) = ($in{$app}, $pub{$app});

    wait_ok { $in->frames(conn => 2) > 40 } 15, "$app: media comes again";

    my ($start) = $in->events(ev => 'start', conn => 2);
    my ($first) = $in->frames(conn => 2);
    my ($newest) = reverse grep { $_->{key} && $_->{at} < $start->{at} - 0.1 }
        $pub->frames();

    is($first->{key}, 1, "$app: it begins with a key frame");
    cmp_ok($first->{n}, '>=', $newest->{n}, "$app: the newest one");
    is_deeply([$in->first_messages(2, 4)],
              ['@setDataFrame', 'video header', 'audio header', 'key'],
              "$app: with its headers in front");
}

my ($start) = $in{rare}->events(ev => 'start', conn => 2);
my ($first) = $in{rare}->frames(conn => 2);

cmp_ok($first->{at} - $start->{at}, '>', 0.1,
       'rare: the next one had to be waited for');

###############################################################################

$_->pause() for values %pub;

for my $app (@apps) {
    my ($in, $pub) = ($in{$app}, $pub{$app});
    my $last = ($pub->frames())[-1]{n};

    wait_ok { (reverse $in->frames())[0]{n} == $last } 5,
        "$app: the last frame arrives";

    is_deeply([check_order($pub, $in, 2, gaps => 0)], [],
              "$app: nothing is missing any more");

    my %dropped = %{destination($app)->{stats}{framesDropped}};

    for my $type (8, 9) {
        my $kind = $type == 9 ? 'video' : 'audio';
        my $missing = missing_frames($pub, $in, type => $type, to => $last);

        note("$app: $missing $kind frames missing, $dropped{$kind} counted");
        cmp_ok($missing, '>', 20, "$app: $kind is missing");
        cmp_ok($dropped{$kind}, '>=', $missing,
               "$app: as many of $kind are counted");
        cmp_ok($dropped{$kind} - $missing, '<', MARGIN,
               "$app: and hardly more");
    }

    is(missing_frames($pub, $well{$app}, to => $last), 0,
       "$app: the other destination has every frame");
    is($well{$app}->conns(), 1, "$app: on its one connection");
}

$t->done_testing();

###############################################################################

sub destination {
    my ($app) = @_;

    return $t->destination($app, 'show', 'bad');
}
