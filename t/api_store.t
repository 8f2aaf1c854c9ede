#!/usr/bin/perl

# A store that cannot: restream_store off, a file that may not be written, a
# disk that is full, a zone without room.  Changes are refused with the reason,
# what runs goes on, and when the store can again it does.

use warnings;
use strict;

use Test::More;

use JSON::PP ();

use lib 't/lib';
use Test::Restream;
use Test::Restream::API;
use Test::Restream::Tmpfs;

my $t = Test::Restream->new();

sub configure {
    my (%o) = @_;

    $t->expand(STORE => $o{store} || 'sqlite:state/restream.db',
               ZONE => $o{zone} ? "restream_zone $o{zone};" : '');
    $t->write_file_expand('nginx.conf', <<'CONF');
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    restream_store %%STORE%%;
    %%ZONE%%
    restream_allow 127.0.0.0/8;
    restream_max_destinations 1000;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;
            restream on;
            restream_destination conf rtmp://127.0.0.1:%%PORT_1%%/app/conf-key;
        }
    }
}

http {
    %%GLOBALS_HTTP%%

    server {
        listen 127.0.0.1:%%PORT_80%%;

        location /restream/ {
            restream_api;
            restream_api_max_body 1m;
        }
    }
}
CONF
    return;
}


my $api = Test::Restream::API->new($t);
my $all = '/streams/live/show/destinations';
my $in = $t->ingest(port => 1);
my $pub;

sub entry {
    my ($name, %o) = @_;

    return { name => $name, url => 'rtmp://127.0.0.1:' . $t->port(2) . '/app',
             key => "key-of-entry-$name", enabled => JSON::PP::false(), %o };
}


# The client is told what is wrong, the log alone where.

sub is_told {
    my ($answer, $what) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $dir = $t->dir();

    like($answer->{json}{detail}, $what, 'the reason is told');
    unlike($answer->{body}, qr/\Q$dir\E|restream\.db|\(/,
           'but not where the store is, nor what the system said');
    cmp_ok($t->log_matches(
               qr/\[error\].*API: .*$what.*\(.*\): "\Q$dir\E.*restream\.db"/),
           '>=', 1, 'the log has both');
    return;
}


# Until it has got so many frames more.

sub goes_on {
    my ($name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $frames = $in->frames();

    ok($in->wait(sub { $_[0]->frames() > $frames + 10 }, 10, 'frames'), $name);
    return;
}


###############################################################################

# off

configure(store => 'off');
$t->run();
$pub = $t->publish('live/show');
$in->wait(sub { $_[0]->frames() > 5 }, 10, 'media');

wait_ok { $api->stream('live', 'show')->{destinations}[0]{state} eq 'live' }
    5, 'without a store what is live is shown';
is(@{$api->get('/streams')->{json}{items}}, 1, 'and listed');
is_problem($api->get('/streams/live/none'), 404, 'no-stream',
           'what is not is not there');

for my $call (['POST', '/streams', { app => 'live' }],
              ['POST', $all, entry('a')],
              ['PATCH', '/streams/live/show', { maximum => 3 }],
              ['POST', "$all/name:conf/stop"], ['POST', "$all/name:conf/start"],
              ['DELETE', '/streams/live/show'])
{
    my $answer = $api->call(@$call);

    is_problem($answer, 503, 'store-unavailable', "$call->[0] $call->[1]");
    like($answer->{json}{detail}, qr/"restream_store" is off/,
         'the reason is told');
}

is_problem($api->post($all, {}), 422, 'invalid', 'a bad body is a bad body');
goes_on('the stream goes on');
$pub->unpublish();
$t->stop();

###############################################################################

# may not be written: root may always, so the store is of the workers' user

configure();
$t->run();
is($api->post('/streams', { app => 'live', name => 'show',
    destinations => [entry('kept')] })->{status}, 201, 'a stream is stored');
$t->stop();

my $state = $t->dir() . '/state';
my $why = Test::Restream::Tmpfs::unavailable();

SKIP: {
    skip $why, 1 if $why;

    unlink glob "$state/*-shm $state/*-wal";
    chown 0, 0, $state, glob "$state/*";
    chmod 0755, $state;
    chmod 0444, glob "$state/*";
    $t->run();
    $pub = $t->publish('live/show');
    goes_on('a stream starts with what nginx.conf gives it');

    my $answer = $api->post($all, entry('new'));
    is_problem($answer, 503, 'store-unavailable', 'a file that is read-only');
    is_told($answer, qr/can only be read/);
    goes_on('the stream goes on');

    my ($worker) = $t->worker_pids();
    my $uid = (stat "/proc/$worker")[4];

    chown $uid, -1, $state, glob "$state/*";
    chmod 0700, $state;
    chmod 0600, glob "$state/*";
    wait_ok { $api->post($all, entry('new'))->{status} =~ /\A(?:201|409)\z/ }
        10, 'when it may be written it is';
    is(join(' ', map { $_->{name} }
            @{$api->stream('live', 'show')->{destinations}}),
       'conf kept new', 'with what was there before');
    $pub->unpublish();
    $t->stop();
}

###############################################################################

# the disk is full

SKIP: {
    skip $why, 1 if $why;

    my $disk = Test::Restream::Tmpfs->new(dir => $state, size => 524_288);

    $t->run();
    is($api->post('/streams', { app => 'live', name => 'show',
        destinations => [entry('kept')] })->{status}, 201,
       'a stream is stored on a small disk');
    $pub = $t->publish('live/show');
    goes_on('it is live');
    $disk->fill();

    my ($made, $answer) = (0);

    for my $n (1 .. 200) {
        $answer = $api->post($all, entry("n$n", description => 'x' x 4000));
        last if $answer->{status} != 201;
        $made++;
    }

    is_problem($answer, 507, 'store-full', "full after $made changes");
    is_told($answer, qr/no space/);
    goes_on('the stream goes on');
    is(@{$api->stream('live', 'show')->{destinations}}, $made + 2,
       'what was refused is not there');

    $disk->drain();
    is($api->post($all, entry('room'))->{status}, 201,
       'when there is room again it is used');
    $t->stop()->run();
    is(@{$api->stream('live', 'show')->{destinations}}, $made + 3,
       'and what was answered is all there');
    $pub->unpublish();
    $t->stop();
    $disk->unmount();
}

###############################################################################

# the zone is full

configure(zone => '64k', store => 'sqlite:other/restream.db');
$t->run();

is($api->post('/streams', { app => 'live', name => 'show' })->{status}, 201,
   'a stream');
$pub = $t->publish('live/show');
goes_on('it is live');

my @many = map { entry("long-name-of-number-$_", key => 'k' x 200 . $_) }
    1 .. 300;
my $answer = $api->patch('/streams/live/show', { destinations => \@many });

is_problem($answer, 507, 'zone-full', 'more than the zone has room for');
like($answer->{json}{detail}, qr/stored.*"restream_zone 128k"/,
     'it says what is so and what to do');
is(@{$api->stream('live', 'show')->{destinations}}, 301, 'it is stored');
is_problem($api->post($all, entry('one')), 507, 'zone-full', 'one more');
is($t->log_matches(qr/\[crit\].*no room in "restream_zone".*128k/), 1,
   'the log says it once');
goes_on('the stream goes on');
is($api->patch('/streams/live/show', { destinations => [entry('one')] })
    ->{status}, 200, 'fewer have room');
goes_on('and the stream goes on');

$t->done_testing();
