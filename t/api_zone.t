#!/usr/bin/perl

# A shared memory without room: what is stored is not lost, switches of those in
# nginx.conf hold, and the same request again, by its Idempotency-Key, puts into
# the memory what had no room when it came first.  What had none comes by itself
# when there is some.

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
    restream_zone 64k;
    restream_allow 127.0.0.0/8;
    restream_max_destinations 1000;
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
            restream_api_max_body 1m;
        }

        location = /restream/status {
            restream_status;
        }
    }
}
CONF

my $api = Test::Restream::API->new($t);
my $show = '/streams/live/show';
my $conf = "$show/destinations/name:conf";
my @ins = ($t->ingest(port => 1), $t->ingest(port => 2));

sub entry {
    my ($name, %o) = @_;

    return { name => $name, enabled => JSON::PP::false(),
             url => 'rtmp://127.0.0.1:' . $t->port(2) . '/app',
             key => "key-of-entry-$name" . 'k' x 200, %o };
}


sub is_state {
    my ($name, $state, $what) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    return wait_ok {
        (($api->destination('live', 'show', $name) || {})->{state} || '')
            eq $state;
    } 10, $what;
}


# how often streams that began without room were told of

sub told {
    return scalar(() = $t->read_log('error.log')
                       =~ /no room in "restream_zone" for all of a stream/g);
}


my @many = map { entry("d$_") } 1 .. 300;

###############################################################################

# switches

$api->post('/streams', { app => 'live', name => 'show' });
my $pub = $t->publish('live/show');

is_state('conf', 'live', 'what nginx.conf makes is live');
is($api->post("$conf/stop")->{status}, 200, 'it is switched off');
is_state('conf', 'off', 'and is');

is_problem($api->patch($show, { destinations => \@many }), 507, 'zone-full',
           'a list that has no room');
is_state('conf', 'off', 'its switch holds');
ok(!$api->destination('live', 'show', 'conf')->{enabled}, 'as it is shown');

my $conns = $ins[0]->conns();

is_problem($api->post("$show/destinations", entry('one')), 507, 'zone-full',
           'one more has no room either');
is($ins[0]->conns(), $conns, 'nobody was dialled for that');

is($api->patch($show, { destinations => [] })->{status}, 200, 'all go');
is($api->post("$conf/start")->{status}, 200, 'with room it is switched on');
is_state('conf', 'live', 'and is live');

###############################################################################

# a publish whose stored list takes all of the room

is_problem($api->patch($show, { destinations => \@many }), 507, 'zone-full',
           'a list that has no room, once more');
$pub->unpublish();
wait_ok { !$api->stream('live', 'show')->{live} } 10, 'the publish ends';

$pub = $t->publish('live/show');
wait_ok {
    grep { $_->{name} eq 'd1' } @{($t->stream('live', 'show')
                                  || {})->{destinations} || []};
} 10, 'of the next one its list is in';
ok(!$t->destination('live', 'show', 'conf'),
   'and there is no room for what nginx.conf makes');

is($api->patch($show, { destinations => [] })->{status}, 200, 'all go');
is_state('conf', 'live', 'which comes when there is');
is(told(), 1, 'of which the log has told once');

###############################################################################

# the same request again

is($api->post('/streams', { app => 'live', name => 'big' })->{status}, 201,
   'another stream');
my $big = $t->publish('live/big');
wait_ok { $api->stream('live', 'big')->{live} } 10, 'is live';

my $n = 0;
my $answer;

do {
    $answer = $api->post('/streams/live/big/destinations', entry('b' . ++$n));
} while $answer->{status} == 201 && $n < 300;

is_problem($answer, 507, 'zone-full', 'and has all of the room');

my @same = ("$show/destinations", entry('late', enabled => JSON::PP::true()),
            'Idempotency-Key' => 'late');

is_problem($api->post(@same), 507, 'zone-full', 'a request is stored');
is_problem($api->post(@same), 507, 'zone-full', 'again, there is no room yet');
is($ins[1]->conns(), 0, 'nothing is dialled');

$big->unpublish();
wait_ok { !$api->stream('live', 'big')->{live} } 10, 'the other one goes';

wait_ok { $api->post(@same)->{status} == 201 } 10,
    'now the same request has room';
is_state('late', 'live', 'and what it made is live');
is(scalar(grep { $_->{name} eq 'late' }
          @{$api->stream('live', 'show')->{destinations}}), 1, 'once');
is_state('conf', 'live', 'what is beside it goes on');

###############################################################################

# by itself

$big = $t->publish('live/big');
wait_ok { $api->stream('live', 'big')->{live} } 10, 'the other one is back';
wait_ok {
    grep { $_->{name} eq 'b1' } @{($t->stream('live', 'big')
                                  || {})->{destinations} || []};
} 10, 'and has the room';

is_problem($api->post("$show/destinations",
                      entry('alone', enabled => JSON::PP::true())),
           507, 'zone-full', 'one has none');
$big->unpublish();
is_state('alone', 'live', 'until the other one goes');

$pub->stop();

$t->done_testing();
