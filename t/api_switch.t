#!/usr/bin/perl

# The switch: start and stop of one destination and of all of them, durable,
# idempotent, refused for a stream that is not live unless
# restream_offline_start is on; the encoder is not touched.

use warnings;
use strict;

use Test::More;

use JSON::PP ();

use lib 't/lib';
use Test::Restream;
use Test::Restream::API;

my $t = Test::Restream->new();

$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

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

        application grace {
            live on;
            restream on;
            restream_publisher_grace 30s;
        }

        application offline {
            live on;
            restream on;
            restream_offline_start on;
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
    }
}
CONF

my $api = Test::Restream::API->new($t);
my ($conf, $in) = map { $t->ingest(port => $_) } 1, 2;
my $show = '/streams/live/show';
my $one = "$show/destinations/name:one";

sub make {
    my ($app, $name) = @_;

    return $api->post('/streams', { app => $app, name => $name,
        destinations => [{ name => 'one', url => $in->url('app'),
                           key => "key-of-$app-$name" }] });
}


sub state_of {
    my ($name) = @_;

    my $dst = $api->destination('live', 'show', $name);

    return join ' ', $dst->{enabled} ? 'on' : 'off', $dst->{state};
}


make('live', 'show');
make('offline', 'show');

###############################################################################

# not live

is_problem($api->post("$one/start"), 409, 'not-live',
           'a stream that is not live is not started');
is_problem($api->post("$show/start"), 409, 'not-live', 'nor all of it');
is_problem($api->post("$show/destinations/name:none/start"), 404,
           'no-destination', 'what is not there cannot be');
is_problem($api->post('/streams/live/none/start'), 404, 'no-stream',
           'nor can a stream');

my $answer = $api->post("$one/stop");

is($answer->{status}, 200, 'it can be stopped');
ok(!$answer->{json}{enabled}, 'it is off');
is($answer->{json}{reason}{code}, 'disabled', 'because it was switched');
is($answer->{json}{version}, 2, 'which is a change');
is($api->post("$one/stop")->{json}{version}, 2, 'once');
ok($api->patch($one, { enabled => JSON::PP::true() })->{json}{enabled},
   'a PATCH may switch it on at any time');

my $other = '/streams/offline/show';

ok(!$api->post("$other/stop")->{json}{destinations}[0]{enabled},
   'all of a stream can be stopped');
$answer = $api->post("$other/start");
is($answer->{status}, 200, 'and started with restream_offline_start');
ok($answer->{json}{destinations}[0]{enabled}, 'it is on');
is($answer->{json}{destinations}[0]{state}, 'off', 'and waits');

###############################################################################

# live

my $pub = $t->publish('live/show');

wait_ok { state_of('one') eq 'on live' && state_of('conf') eq 'on live' }
    10, 'both are live';
ok($api->stream('live', 'show')->{broadcasting}, 'it is broadcast');

$answer = $api->post("$one/stop");
is($answer->{status}, 200, 'one is stopped');
ok(!$answer->{json}{enabled}, 'as the answer says');
$in->wait(sub { $_[0]->closed(1) }, 5, 'its connection ends');
ok($in->closed(1)->{delete_stream}, 'in an orderly way');
wait_ok { state_of('one') eq 'off off' } 5, 'it is off';
is(state_of('conf'), 'on live', 'the other one goes on');

$answer = $api->post("$one/start", {});
ok($answer->{json}{enabled}, 'one is started');
wait_ok { state_of('one') eq 'on live' } 5, 'it is live again';
is($api->post("$one/start")->{status}, 200, 'twice is as once');
is($in->conns(), 2, 'there was no other connection');

# of nginx.conf, by name and by id

my $id = $api->destination('live', 'show', 'conf')->{id};

$answer = $api->post("$show/destinations/name:conf/stop");
is($answer->{status}, 200, 'one of nginx.conf is stopped');
is($answer->{json}{name}, 'conf', 'and is shown');
wait_ok { state_of('conf') eq 'off off' } 5, 'it is off';
$answer = $api->post("$show/destinations/$id/start");
is($answer->{status}, 200, 'and started by its id');
wait_ok { state_of('conf') eq 'on live' } 5, 'it is live again';

# all

$answer = $api->post("$show/stop");
is($answer->{status}, 200, 'all are stopped');
is_deeply([map { $_->{enabled} ? 1 : 0 } @{$answer->{json}{destinations}}],
          [0, 0], 'as the answer says');
wait_ok { state_of('one') eq 'off off' && state_of('conf') eq 'off off' }
    5, 'all are off';

my $stream = $api->stream('live', 'show');

ok($stream->{live} && !$stream->{broadcasting},
   'the encoder is there and nobody else');
is($api->post("$show/stop")->{json}{version}, $stream->{version},
   'twice is as once');
is($api->post("$show/start")->{status}, 200, 'all are started');
wait_ok { state_of('one') eq 'on live' && state_of('conf') eq 'on live' }
    5, 'all are live';

# the encoder has gone and is waited for: the stream is there, and not live

my $again = '/streams/grace/show';

make('grace', 'show');
$pub = $t->publish('grace/show');
wait_ok { $api->stream('grace', 'show')->{broadcasting} } 10,
    'another stream is broadcast';
$pub->close();
wait_ok { !$api->stream('grace', 'show')->{live} } 10, 'its encoder goes';
is($api->destination('grace', 'show', 'one')->{state}, 'live',
   'its destination stays');
is_problem($api->post("$again/destinations/name:one/start"), 409, 'not-live',
           'it is not started');
is($api->post("$again/destinations/name:one/stop")->{status}, 200,
   'but stopped');
is_problem($api->post("$again/start"), 409, 'not-live', 'nor is all of it');
$pub->republish();
wait_ok { $api->stream('grace', 'show')->{live} } 10, 'the encoder is back';
is($api->post("$again/start")->{status}, 200, 'and it is started');
$pub->unpublish();

# durable

$api->post("$show/stop");
$t->stop()->run();
is_deeply([map { $_->{enabled} ? 1 : 0 }
           @{$api->stream('live', 'show')->{destinations}}], [0, 0],
          'switches outlive a restart');

my ($before, $before_conf) = map { $_->conns() } $in, $conf;

$pub = $t->publish('live/show');
wait_ok { $api->stream('live', 'show')->{live} } 5, 'the encoder is back';
wait_ok { state_of('one') eq 'off off' && state_of('conf') eq 'off off' }
    5, 'a new publish does not start what is off';
is($in->conns() + $conf->conns(), $before + $before_conf,
   'not for a moment');

# refused

is_problem($api->post("$one/start", { enabled => JSON::PP::true() }), 422,
           'invalid', 'a switch takes no members');
is_problem($api->post("$one/start", undef, 'If-Match' => '"1"'), 412,
           'version', 'nor an old version');
is_problem($api->post("$one/start?x=1"), 422, 'invalid', 'nor a parameter');
is(state_of('one'), 'off off', 'nothing was switched');

$t->done_testing();
