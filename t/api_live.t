#!/usr/bin/perl

# Changes are carried out while the stream is on air: within 250 ms whichever of
# four workers gets the request, and nothing but the destination that is meant
# notices: the connections of the others stay, no frame of theirs is lost.

use warnings;
use strict;

use Test::More;

use JSON::PP ();

use lib 't/lib';
use Test::Restream;
use Test::Restream::API;
use Test::Restream::Workers;

use constant SEEN => 0.25;

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
        }

        location = /restream/status {
            restream_status;
        }
    }
}
CONF

my $api = Test::Restream::API->new($t);
my $all = '/streams/live/show/destinations';
my %in = (conf => $t->ingest(port => 1), steady => $t->ingest(port => 2),
          other => $t->ingest(port => 3));

$api->post('/streams', { app => 'live', name => 'show',
    destinations => [{ name => 'steady', url => $in{steady}->url('app'),
                       key => 'key-of-steady' }] });

my $pub = $t->publish('live/show', media => { gop => 30 });

for my $name (qw/conf steady/) {
    $in{$name}->wait(sub { $_[0]->frames() > 20 }, 10, "$name gets media");
}

# one connection to each worker

my %http = each_worker($t, sub { return $_[0] });
my @apis = map { $api->with(conn => $http{$_}) } sort keys %http;

is(@apis, 4, 'each of four workers is called');

my @took;

for my $api (@apis) {
    my $other = $in{other};
    my $before = $other->conns();

    # made

    my $at = mono();
    my $answer = $api->post($all, { name => 'other', key => 'key-of-other',
                                    url => $other->url('app') });

    is($answer->{status}, 201, 'a destination is made on air');
    $at = mono();
    ok($other->wait(sub { $_[0]->conns() > $before }, 5, 'a connection'),
       'and connected');
    push @took, mono() - $at;
    $other->wait(sub { $_[0]->frames(conn => $before + 1) > 5 }, 10,
                 'media');

    # another title, another name

    $api->patch("$all/name:other", { title => 'x', description => 'y' });
    $answer = $api->patch("$all/name:other", { name => 'renamed' });
    is($answer->{status}, 200, 'it is renamed');

    my $frames = $other->frames(conn => $before + 1);

    $other->wait(sub { $_[0]->frames(conn => $before + 1) > $frames + 20 }, 10,
                 'goes on');
    is($other->conns(), $before + 1, 'which does not reconnect it');

    # another key

    $answer = $api->patch("$all/name:renamed", { key => 'key-of-another' });
    is($answer->{status}, 200, 'it gets another key');
    $at = mono();
    ok($other->wait(sub { $_[0]->conns() > $before + 1 }, 5, 'a connection'),
       'which does');
    push @took, mono() - $at;
    $other->wait(sub { $_[0]->command($before + 2, 'publish') }, 5, 'publish');
    is($other->command($before + 2, 'publish')->{args}[1], 'key-of-another',
       'with the new key');
    $other->wait(sub { $_[0]->frames(conn => $before + 2) > 5 }, 10, 'media');

    # switched, removed

    my $conn = $before + 2;

    for my $call (['POST', '/stop'], ['POST', '/start'], ['DELETE', '']) {
        my ($method, $what) = @$call;

        $answer = $api->call($method, "$all/name:renamed$what");
        like($answer->{status}, qr/\A20[04]\z/, $method . ($what || ''));
        $at = mono();

        if ($what eq '/start') {
            $other->wait(sub { $_[0]->conns() > $conn }, 5, 'a connection');
            push @took, mono() - $at;
            $conn++;
            $other->wait(sub { $_[0]->frames(conn => $conn) > 5 }, 10,
                         'media');

        } else {
            $other->wait(sub {
                $_[0]->events(ev => 'command', conn => $conn,
                              name => 'deleteStream');
            }, 5, 'the end');
            push @took, mono() - $at;
        }
    }
}

@took = sort { $a <=> $b } @took;
note(join ' ', map { sprintf '%.0f', $_ * 1000 } @took);
cmp_ok($took[$#took / 2], '<', SEEN, 'a change is seen within 250 ms');
cmp_ok($took[-1], '<', slowly(4 * SEEN), 'also when the machine is busy');

# a whole list, from one worker to the next

for my $api (@apis) {
    my $stream = $api->stream('live', 'show');
    my @list = map { { name => $_->{name}, url => $_->{url} } }
        grep { $_->{origin} eq 'api' } @{$stream->{destinations}};

    is($api->patch('/streams/live/show', { destinations => [
        @list, { name => "new$stream->{version}", enabled => JSON::PP::false(),
                 url => $in{other}->url('app'), key => 'key-of-new' }] })
        ->{status}, 200, 'a list that keeps what is there');
}

# the others

$pub->unpublish();

for my $name (qw/conf steady/) {
    my $in = $in{$name};

    $in->wait(sub { $_[0]->closed(1) }, 10, "$name ends");
    is($in->conns(), 1, "$name: had one connection");
    is(missing_frames($pub, $in, from => ($in->frames())[0]{n}), 0,
       "$name: no frame is missing");
    is_deeply([check_order($pub, $in, 1, gaps => 0)], [],
              "$name: in order, byte by byte");
}

$t->done_testing();
