#!/usr/bin/perl

# A peer that has fallen silent, by a black hole or a stopped process, is found
# within restream_send_timeout, also at the default of 10 s.  Having nothing to
# send is no silence, nor is a worker that slept itself.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;

use constant {
    SHORT   => 1.5,             # restream_send_timeout
    DEFAULT => 10,
    LATENCY => 0.5,             # of the status, at most
    ROOM    => 1,               # in the socket of a process that has stopped
    MARGIN  => 0.6,             # how much sooner it may be found
};

my $t = Test::Restream->new(netns => 1, log_level => 'info');
my %far = map { $_ => $t->netns($_) } qw/short default/;

$t->expand(CA => $t->tls()->ca_file(), SHORT => SHORT * 1000 . 'ms',
           FAR1 => $far{short}->addr(), FAR2 => $far{default}->addr());
$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    server {
        listen 127.0.0.1:%%PORT_0%%;

        restream on;
        restream_publisher_grace 300ms;
        restream_reconnect min=100ms max=400ms;
        restream_ssl_trusted_certificate %%CA%%;
        restream_ssl_server_name ingest.test;

        application short {
            live on;
            restream_send_timeout %%SHORT%%;

            restream_destination hole rtmp://%%FAR1%%:%%PORT_1%%/app/key-one;
            restream_destination tls-hole
                rtmps://%%FAR1%%:%%PORT_2%%/app/key-two;
            restream_destination stop rtmp://127.0.0.1:%%PORT_3%%/app/key-three;
            restream_destination tls-stop
                rtmps://127.0.0.1:%%PORT_4%%/app/key-four;
            restream_destination well rtmp://127.0.0.1:%%PORT_5%%/app/key-five;
        }

        application default {
            live on;

            restream_destination hole rtmp://%%FAR2%%:%%PORT_6%%/app/key-six;
            restream_destination stop rtmp://127.0.0.1:%%PORT_7%%/app/key-seven;
            restream_destination well rtmp://127.0.0.1:%%PORT_8%%/app/key-eight;
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

my @near = (rcvbuf => 32768);
my %in = (
    'short hole' => ingest(1, netns => $far{short}),
    'short tls-hole' => ingest(2, netns => $far{short}, tls => 'good'),
    'short stop' => ingest(3),
    'short tls-stop' => ingest(4, tls => 'good'),
    'short well' => ingest(5),
    'default hole' => ingest(6, netns => $far{default}),
    'default stop' => ingest(7),
    'default well' => ingest(8),
);

my @names = sort keys %in;
my @broken = grep { !/well/ } @names;
my %pub = map {
    $_ => $t->publish("$_/show", media => { video_bps => 1_600_000 })
} sort keys %far;

###############################################################################

wait_ok { !not_live(@names) } 10, 'all are live';
wait_ok { !grep { $_->frames() < 80 } values %in } 10, 'media arrives';

$_->signal('STOP') for map { $in{$_} } grep { /stop/ } @names;
$_->blackhole() for values %far;

my $start = mono();
my $found = found($start, grep { /short/ } @broken);

for my $name (grep { /short/ } @broken) {
    timely($name, $found->{$name}, SHORT);
}

is(scalar not_live(grep { /default/ } @names), 0,
   'with the default it is too early to tell');

$far{short}->heal();
$in{$_}->signal('CONT') for 'short stop', 'short tls-stop';

wait_ok { !not_live(grep { /short/ } @names) } 10,
    'those that are back are live again';

# nothing to send

$pub{short}->pause();

my @conns = map { $in{$_}->conns() } grep { /short/ } @names;
my $until = mono() + 3 * SHORT;
my %states;

wait_until {
    $states{$_->{state}} = 1 for @{$t->stream('short', 'show')->{destinations}};
    mono() > $until;
} 10, 'the pause is over';

is(join(' ', keys %states), 'live', 'nothing to send is no silence');

$pub{short}->resume();

# the default timeout, which has gone on meanwhile

$found = found($start, grep { /default/ } @broken);

for my $name (grep { /default/ } @broken) {
    timely($name, $found->{$name}, DEFAULT);
}

is_deeply([map { $in{$_}->conns() } grep { /short/ } @names], \@conns,
          'those that had nothing to do were not reconnected');

$far{default}->heal();
$in{'default stop'}->signal('CONT');
wait_ok { !not_live(@names) } 10, 'all are live again';

###############################################################################

# the worker itself gets no time for longer than the timeout, while media
# flows, and while it begins to flow again

my ($worker) = $t->worker_pids();

for my $paused (0, 1) {
    $pub{short}->pause() if $paused;

    my $last = ($pub{short}->frames())[-1]{n};

    wait_ok { (reverse $in{'short well'}->frames())[0]{n} >= $last } 5,
        'all has arrived';
    kill 'STOP', $worker;
    select undef, undef, undef, SHORT;
    $pub{short}->resume() if $paused;
    select undef, undef, undef, SHORT;
    kill 'CONT', $worker;

    my $sent = $pub{short}->frames();

    wait_ok { $in{'short well'}->frames() >= $sent + 80 } 10,
        'a worker that has slept goes on';
    is_deeply([map { $in{$_}->conns() } grep { /short/ } @names], \@conns,
              'and gives up none of its destinations');
}

###############################################################################

$_->pause() for values %pub;

for my $name (@names) {
    my ($app) = split / /, $name;
    my $last = ($pub{$app}->frames())[-1]{n};

    wait_ok { grep { $_->{n} == $last } $in{$name}->frames() } 10,
        "$name: the last frame arrives";
    is(missing_frames($pub{$app}, $in{$name}, to => $last), 0,
       "$name: no frame is lost");
}

is($in{"$_ well"}->conns(), 1, "$_: the others had one connection")
    for sort keys %far;

$t->done_testing();

###############################################################################

sub ingest {
    my ($port, %o) = @_;

    return $t->ingest(port => $port, rcvbuf => 32768, %o);
}


sub destination {
    my ($app, $name) = split / /, $_[0];

    return $t->destination($app, 'show', $name) || { state => 'none' };
}


sub not_live {
    my (@which) = @_;

    return grep { destination($_)->{state} ne 'live' } @which;
}


# Seconds from the start until each of them is no longer live.

sub found {
    my ($from, @which) = @_;

    my %seconds;

    wait_until {
        $seconds{$_} = mono() - $from
            for grep { !defined $seconds{$_} } not_live(@which);
        keys %seconds == @which;
    } 15, 'all are found: ' . join ', ', @which;

    return \%seconds;
}


sub timely {
    my ($name, $seconds, $timeout) = @_;

    my $limit = $timeout + LATENCY + ($name =~ /stop/ ? ROOM : 0);

    note(sprintf '%s: after %.2f s', $name, $seconds);
    cmp_ok($seconds, '<', slowly($limit), "$name: found in time");
    cmp_ok($seconds, '>', $timeout - MARGIN, "$name: not before");

    my $error = destination($name)->{lastError};

    like($error->{code}, qr/\A(?:stalled|timeout)\z/,
         "$name: the reason is told");
    return;
}
