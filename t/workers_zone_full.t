#!/usr/bin/perl

# A zone that is too small: it is told once for each stream, what fits is
# relayed, streams that run go on, and there is room when others have ended.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;

use constant MANY => 60;                # destinations, more than the zone has
                                        # room for

my $t = Test::Restream->new();
my $many = join '', map {
    "restream_destination many$_ rtmp://127.0.0.1:%%PORT_2%%/app/\$name-$_;\n"
} 1 .. MANY;

$t->expand(MANY => $many, MORE => '');
configure();
$t->run();

my ($in, $many_in) = map { $t->ingest(port => $_) } 1, 2;

###############################################################################

my $first = $t->publish('few/first');

wait_until { state('few', 'first', 'a') eq 'live' } 10, 'a stream is relayed';

# one that takes all there is

my $big = $t->publish('many/big');

wait_ok { full('many/big') == 1 } 10, 'a stream that does not fit is told of';

my $fitted = @{$t->stream('many', 'big')->{destinations}};

cmp_ok($fitted, '>', 0, 'some of its destinations fit');
cmp_ok($fitted, '<', MANY, 'and some do not');
wait_ok {
    $fitted == grep { $_->{state} eq 'live' }
        @{$t->stream('many', 'big')->{destinations}};
} 20, 'those that fit are relayed to';
is($many_in->conns(), $fitted, 'and no other');

# one that is not even known for want of room: as long as its name

my $long = 'x' x 200;
my $unknown = $t->publish("few/$long", media => { video_bps => 100_000 });

wait_ok { full("few/$long") } 10, 'a stream without room is told of as well';
ok(!$t->stream('few', $long), 'and not in the status');
is($t->http_get('/restream/status')->{status}, 200, 'which answers');

my $frames = $in->frames(conn => 1);

$in->wait(sub { $_[0]->frames(conn => 1) > $frames + 80 }, 10, 'a second');
lossless();
ok($_->connected(), 'encoders are left alone') for $big, $unknown;
is(full('many/big') . full("few/$long"), '11', 'it was told once of each');
is($t->log_matches(qr/ngx_slab_alloc\(\) failed/), 0, 'in those words only');

# streams that had their place before

$t->expand(MORE => $many);
configure();
$t->reload();

wait_ok { $t->log_matches(qr/\[crit\].*no room in "restream_zone".*"few"/) }
    10, 'a reload that needs more is told of';

lossless();
is(state('few', 'first', 'a'), 'live', 'a destination that was there is');

###############################################################################

# room again

$t->expand(MORE => '');
configure();
$t->reload();
$big->unpublish();

wait_ok { state('few', $long, 'a') eq 'live' } 20,
    'what had no room gets it when the large one ends';
is_deeply([check_order($unknown, $in, 2, gaps => 0)], [],
          'and is relayed from then on');

my $next = $t->publish('few/next');

wait_ok { state('few', 'next', 'a') eq 'live' } 10,
    'the next stream has its place';
is(full('few/next'), 0, 'and nothing to tell');
lossless();

# and no less of it than in the beginning

for my $stream ($unknown, $next) {
    $stream->unpublish();
}

wait_until { @{$t->status()->{streams}} == 1 } 10, 'streams end';

for my $n (2 .. 4) {
    $big->republish();
    wait_until { full('many/big') == $n } 10, 'it does not fit again';
    is(@{$t->stream('many', 'big')->{destinations}}, $fitted,
       'as many fit as before');
    $big->unpublish();
    wait_until { @{$t->status()->{streams}} == 1 } 10, 'it ends';
}

# what has a place, but not for all, gets more when there is more

my @others = map { $t->publish("few/other$_", media => {
    video_bps => 100_000 }) } 1 .. 6;

wait_until { @{$t->status()->{streams}} == 7 } 10, 'other streams are there';

$big->republish();
wait_until { full('many/big') == 5 } 10, 'it does not fit again';

my $less = @{$t->stream('many', 'big')->{destinations}};

cmp_ok($less, '<', $fitted, 'less fits beside others');
$_->unpublish() for @others;
wait_ok {
    $fitted == grep { $_->{state} eq 'live' }
        @{$t->stream('many', 'big')->{destinations}};
} 20, 'and the same when they have ended';
is(full('many/big'), 5, 'it is not told again');
lossless();

$t->done_testing();

###############################################################################

sub configure {
    $t->write_file_expand('nginx.conf', <<'CONF');
%%GLOBALS%%
worker_processes 1;
thread_pool default threads=4;

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    restream_zone 64k;
    restream_publisher_grace 200ms;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application few {
            live on;

            restream on;
            restream_destination a rtmp://127.0.0.1:%%PORT_1%%/app/$name;
            %%MORE%%
        }

        application many {
            live on;

            restream on;
            %%MANY%%
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
    return;
}


sub state {
    my $destination = $t->destination(@_);

    return $destination ? $destination->{state} : '';
}


# How often it was told that a stream has no room.

sub full {
    my ($stream) = @_;

    return scalar $t->log_matches(
        qr/\[crit\].*no room in "restream_zone".*"\Q$stream\E"/);
}


sub lossless {
    my $last = ($first->frames())[-1]{n};

    $in->wait(sub { missing_frames($first, $_[0], conn => 1, to => $last)
                    == 0 }, 10, 'frames arrive');
    is_deeply([check_order($first, $in, 1, gaps => 0)], [],
              'a stream that has its place loses nothing');
    return;
}
