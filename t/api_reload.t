#!/usr/bin/perl

# Changes across the lives of processes: old workers that still have a publisher
# go on obeying after nginx -s reload; after a worker was killed, and after a
# restart, all that was answered is there.

use warnings;
use strict;

use Test::More;

use JSON::PP ();

use lib 't/lib';
use Test::Restream;
use Test::Restream::API;
use Test::Restream::Workers;

my $t = Test::Restream->new(log_level => 'info');

$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%
worker_processes 4;

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    restream_store sqlite:state/restream.db;
    restream_allow 127.0.0.0/8;
    restream_publisher_grace 0;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;
            restream on;
        }
    }
}

http {
    %%GLOBALS_HTTP%%

    server {
        listen 127.0.0.1:%%PORT_80%%;

        location /restream/ {
            restream_api;
        }

        location = /restream/status {
            restream_status;
        }
    }
}
CONF

my $api = Test::Restream::API->new($t);
my $all = '/streams/live/show/destinations';
my ($in, $other) = map { $t->ingest(port => $_) } 1, 2;

sub entry {
    my ($name, $to) = @_;

    return { name => $name, url => $to->url('app'),
             key => "key-of-entry-$name" };
}


sub live {
    my ($name) = @_;

    my $dst = $api->destination('live', 'show', $name) || {};

    return ($dst->{state} || '') eq 'live';
}


is($api->post('/streams', { app => 'live', name => 'show',
                            destinations => [entry('a', $in)] })->{status}, 201,
   'a stream');

my $pub = $t->publish('live/show');
wait_ok { live('a') } 10, 'is live';

###############################################################################

# reload: the publisher stays with an old worker, which obeys

my $old = $t->stream('live', 'show')->{worker};

reload_and_part($t);
is($t->stream('live', 'show')->{worker}, $old, 'an old worker has it');
ok(!(grep { $_ == $old } $t->worker_pids()), 'that is none of the new ones');

is($api->post($all, entry('b', $other))->{status}, 201,
   'a destination is made');
ok($other->wait(sub { $_[0]->frames() > 5 }, 5, 'media'), 'and gets media');
is($api->post("$all/name:b/stop")->{status}, 200, 'it is stopped');
ok($other->wait(sub { $_[0]->closed(1) }, 5, 'the end'), 'and ends');
is($api->post("$all/name:b/start")->{status}, 200, 'and started');
ok($other->wait(sub { $_[0]->conns() == 2 }, 5, 'a connection'), 'and back');
wait_ok { live('b') } 5, 'it is live';
is($api->patch('/streams/live/show', { destinations => [
    { name => 'a', url => $in->url('app') }] })->{status}, 200, 'a list');
ok($other->wait(sub { $_[0]->closed(2) }, 5, 'the end'),
   'that removes it again');
is($in->conns(), 1, 'the other one was not touched');

# changes while a reload is under way are not lost

my @made;

for my $round (1 .. 3) {
    $t->signal('HUP');

    for my $n (1 .. 8) {
        my $name = "r$round-$n";
        my $answer = $api->post($all, { %{entry($name, $other)},
                                        enabled => JSON::PP::false() });

        # an old worker that has closed its door may end the connection

        push @made, $name if $answer->{status} == 201;
        $api->delete("$all/name:r$round-1") if $n == 8;
    }
}

@made = grep { !/-1\z/ } @made;
cmp_ok(@made, '>=', 15, 'changes are taken during reloads');

my %there = map { $_->{name} => 1 } @{$api->get($all)->{json}{items}};
is_deeply([grep { !$there{$_} } @made], [], 'and none of them is lost');
is($in->conns(), 1, 'what is live was not touched');

$pub->unpublish();
$in->wait(sub { $_[0]->closed(1) }, 10, 'the end');
is(missing_frames($pub, $in, from => ($in->frames())[0]{n}), 0,
   'no frame is missing');
$api->patch('/streams/live/show', { destinations => [entry('a', $in)] });

###############################################################################

# a worker is killed: another one gets the encoder, and knows all

$t->allow(log => qr/exited on signal 9/);
$pub->republish();
wait_ok { live('a') } 10, 'it is live again';

my $owner = $t->stream('live', 'show')->{worker};

is($api->post($all, entry('c', $other))->{status}, 201, 'another destination');
wait_ok { live('c') } 10, 'is live, too';

my $conns = $other->conns();

kill 'KILL', $owner;
wait_ok { !grep { $_ == $owner } $t->worker_pids() } 5,
    'the worker that has it is killed';
$pub->republish();
wait_ok {
    my $stream = $t->stream('live', 'show');
    $stream && $stream->{live} && $stream->{worker} != $owner
        && live('a') && live('c');
} 15, 'the next one has it, with both destinations';
is($other->conns(), $conns + 1, 'once each');

# each of them in turn, right behind a change

for my $victim ($t->worker_pids()) {
    my $name = "k$victim";
    my $answer = $api->post($all, { %{entry($name, $other)},
                                    enabled => JSON::PP::false() });

    kill 'KILL', $victim;
    is($answer->{status}, 201, 'a change');
    wait_until { !grep { $_ == $victim } $t->worker_pids() } 5, 'it is gone';
    wait_ok { $t->worker_pids() == 4 } 5, 'there is a new worker';
    is(($api->destination('live', 'show', $name) || {})->{name}, $name,
       'the change is there');
}

my $before = join ' ', map { "$_->{id} $_->{name} $_->{version}" }
    @{$api->get($all)->{json}{items}};

###############################################################################

# a full restart, with no time to tidy up

$pub->stop();
my @workers = $t->worker_pids();

$t->allow(exit => qr/ended/);
$t->signal('KILL');
kill 'KILL', @workers;
wait_until { !grep { kill 0, $_ } @workers } 5, 'all are gone';
$t->stop()->run();

is(join(' ', map { "$_->{id} $_->{name} $_->{version}" }
        @{$api->get($all)->{json}{items}}), $before,
   'after a restart all is as it was');
$pub = $t->publish('live/show');
wait_ok { live('a') && live('c') } 10, 'and is live with the encoder';

$t->done_testing();
