#!/usr/bin/perl

# A destination is called live only when media has arrived at the other TCP,
# and no longer than restream_send_timeout after the last that did.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;

use constant {
    TIMEOUT => 1.5,             # restream_send_timeout
    LATENCY => 0.5,             # of the status, at most
};

my $t = Test::Restream->new(netns => 1, log_level => 'info');

$t->expand(TIMEOUT => TIMEOUT * 1000 . 'ms');

my $far = $t->netns('far');

$t->expand(FAR => $far->addr());
$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    server {
        listen 127.0.0.1:%%PORT_0%%;

        restream on;
        restream_publisher_grace 1s;
        restream_send_timeout %%TIMEOUT%%;
        restream_connect_timeout 4s;
        restream_reconnect min=100ms max=300ms;

        application live {
            live on;
            restream_destination far rtmp://%%FAR%%:%%PORT_1%%/app/key-far;
            restream_destination well rtmp://127.0.0.1:%%PORT_2%%/app/key-well;
        }

        application other {
            live on;
            restream_destination late rtmp://127.0.0.1:%%PORT_3%%/app/key-late;
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

my $in = $t->ingest(port => 1, netns => $far);
my $well = $t->ingest(port => 2);
my $late = $t->ingest(port => 3, script => { delay => { publish => 2 } });

###############################################################################

# media, but no Publish.Start yet

my $other = $t->publish('other/show', media => { video_bps => 400_000 });

wait_ok { state_of('late') eq 'publishing' } 5, 'a server takes its time';
is(states('late', after(1.5)), 'publishing',
   'until Publish.Start it is not live');
wait_ok { state_of('late') eq 'live' } 5, 'then it is';
is(($late->frames())[0]{key}, 1, 'and it begins with a key frame');
$other->stop();

# Publish.Start, but no media: headers only, then a frame without a key frame

my $pub = $t->publish('live/show', count => 0);

wait_ok { $in->events(ev => 'start') && state_of('far') eq 'publishing' } 5,
    'another has said it at once';
is(states('far', after(2 * TIMEOUT)), 'publishing',
   'without media it is not live, and does not count as stalled');

$pub->send(type => 9, hex => '2701000000' . '00' x 500);
$in->control(do => 'ping');
$in->wait(sub { $_[0]->events(ev => 'control', type => 4) }, 5,
          'the answer to a ping has arrived');
is(states('far', after(0.5)), 'publishing',
   'what is no media does not make it live');
is(scalar($in->frames()), 0, 'frames without a key frame are not sent');

# the way breaks before any media

$far->blackhole();

my $start = mono();

$pub->set(media => { video_bps => 400_000 });
$pub->more(1_000_000);

is(states('far', sub {
    (lost() || { code => '' })->{code} eq 'stalled'
}), 'publishing', 'media that nobody acknowledges does not make it live');
cmp_ok(mono() - $start, '<', slowly(TIMEOUT + LATENCY), 'it fails in time');
is(state_of('well'), 'live', 'the other one is live meanwhile');

$far->heal();
wait_ok { state_of('far') eq 'live' } 10, 'media arrives: it is live';

###############################################################################

# the way breaks while it is live

my $before = lost()->{at};

for my $round (1 .. 2) {
    $far->blackhole();
    $start = mono();

    wait_until { state_of('far') ne 'live' } 10, 'it is live no more';

    my $seconds = mono() - $start;
    my $error = lost();

    note(sprintf 'after %.2f s', $seconds);
    cmp_ok($seconds, '<', slowly(TIMEOUT + LATENCY),
           'the last acknowledgement is not outlived for long');
    cmp_ok($seconds, '>', TIMEOUT - LATENCY, 'nor is it given up at once');
    is($error->{code}, 'stalled', 'the reason is told');
    is($error->{class}, 'retryable', 'it is tried again');
    isnt($error->{at}, $before, 'this time');

    $before = $error->{at};
    $far->heal();
    wait_ok { state_of('far') eq 'live' } 10, 'it is live again';
}

is($well->conns(), 1, 'the other destination has its one connection');

$pub->pause();

my $last = ($pub->frames())[-1]{n};

wait_ok { (reverse $well->frames())[0]{n} == $last } 5,
    'the last frame arrives';
is_deeply([check_order($pub, $well, 1, gaps => 0)], [],
          'the other destination has every frame');

$t->done_testing();

###############################################################################

sub state_of {
    my ($name) = @_;

    my $app = $name eq 'late' ? 'other' : 'live';
    my $d = $t->destination($app, 'show', $name) or return 'none';

    return $d->{state};
}


sub lost {
    return $t->destination('live', 'show', 'far')->{lastError};
}


# The states seen until the code returns something true, joined.  The state is
# read before it is asked, so that what it waits for comes later.

sub states {
    my ($name, $code) = @_;

    my @seen;

    wait_until {
        my $state = state_of($name);
        my $done = $code->();

        push @seen, $state
            if !$done && (!@seen || $seen[-1] ne $state);
        $done;
    } 20, "the end of $name";

    return join ' ', @seen;
}


sub after {
    my ($seconds) = @_;

    my $end = mono() + $seconds;

    return sub { mono() > $end };
}
