#!/usr/bin/perl

# Limits: restream_max_destinations and a stream's own maximum, told with both
# numbers; restream_duration_limit, by which a destination is switched off for
# good that long after it went live, and nothing else is touched.

use warnings;
use strict;

use Test::More;

use Digest::SHA qw/sha256_hex/;

use lib 't/lib';
use Test::Restream;
use Test::Restream::API;
use Test::Restream::Status;

my $t = Test::Restream->new();

$t->expand(WRITER => sha256_hex('token-of-writer'),
           OWNER => sha256_hex('token-of-owner'));
$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%
worker_processes 2;

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    restream_store sqlite:state/restream.db;
    restream_allow 127.0.0.0/8;
    restream_max_destinations 3;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;
            restream on;
        }

        application fixed {
            live on;
            restream on;
            restream_max_destinations 2;
            restream_destination conf rtmp://127.0.0.1:%%PORT_3%%/app/conf-key;
        }

        application trial {
            live on;
            restream on;
            restream_duration_limit 2s;
            restream_destination conf rtmp://127.0.0.1:%%PORT_2%%/app/conf-key2;
        }
    }
}

http {
    %%GLOBALS_HTTP%%

    server {
        listen 127.0.0.1:%%PORT_80%%;

        location /restream/ {
            restream_api_token sha256:%%WRITER%% read,write,start,stop
                               name=writer;
            restream_api_token sha256:%%OWNER%% read,write,limits name=owner;
            restream_api;
        }
    }
}
CONF

my $api = Test::Restream::API->new($t, token => 'token-of-writer');
my $owner = $api->with(token => 'token-of-owner');
my $show = '/streams/live/show';

sub entry {
    my ($n) = @_;

    return { name => "d$n", url => "rtmps://h$n.example/app",
             key => "key-of-entry-$n" };
}


sub refused {
    my ($answer, $count, $maximum, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    is_problem($answer, 409, 'limit-reached', $name);
    is_deeply([@{$answer->{json}}{qw/count maximum/}], [$count, $maximum],
              'with both numbers');
}


# the number

is($api->post('/streams', { app => 'live', name => 'show', destinations => [
    map { entry($_) } 1 .. 3] })->{status}, 201, 'as many as there may be');
is($api->stream('live', 'show')->{maximum}, 3, 'which is told');
refused($api->post("$show/destinations", entry(4)), 4, 3, 'one more');
refused($api->patch($show, { destinations => [map { entry($_) } 1 .. 5] }),
        5, 3, 'a list of more');
refused($api->post('/streams', { app => 'live', name => 'more',
    destinations => [map { entry($_) } 1 .. 4] }), 4, 3, 'a stream with more');
is($api->get('/streams/live/more')->{status}, 404, 'which is not made');
is(@{$api->stream('live', 'show')->{destinations}}, 3, 'nothing was made');

is($api->patch($show, { destinations => [entry(4), entry(5)] })->{status}, 200,
   'a list of fewer');
is($api->post("$show/destinations", entry(6))->{status}, 201,
   'makes room for one');

is($api->post('/streams', { app => 'other', name => 'show', destinations => [
    map { entry($_) } 1 .. 3] })->{status}, 201,
   'an application that nothing is known of has that of rtmp{}');

# those of nginx.conf count

is($api->post('/streams', { app => 'fixed', name => 'show',
                            destinations => [entry(1)] })->{status}, 201,
   'one beside one of nginx.conf');
refused($api->post('/streams/fixed/show/destinations', entry(2)), 3, 2,
        'two are too many');

# a maximum of its own

for my $case (['PATCH', $show, { maximum => 9 }],
              ['POST', '/streams', { app => 'live', maximum => 9 }])
{
    my $answer = $api->call(@$case);

    is_problem($answer, 403, 'capability', "$case->[0] $case->[1]");
    is($answer->{json}{capability}, 'limits', 'needs the capability limits');
}

my $shown = $api->get($show)->{json};

for my $same ($shown->{maximum}, undef) {
    my $answer = $api->patch($show, { maximum => $same });

    is($answer->{status}, 200, 'what is in force may be sent back');
    is($answer->{json}{version}, $shown->{version}, 'and is no change');
}

is($owner->patch($show, { maximum => 4 })->{json}{maximum}, 4,
   'a stream gets a maximum of its own');
is($api->post("$show/destinations", entry(7))->{status}, 201,
   'by which there may be more');
refused($api->post("$show/destinations", entry(8)), 5, 4, 'as many as it is');

is($owner->patch($show, { maximum => 1 })->{status}, 200,
   'a maximum below what is there');
is(@{$api->stream('live', 'show')->{destinations}}, 4, 'removes none');
is($api->patch("$show/destinations/name:d7", { title => 'x' })->{status}, 200,
   'and hinders no change');
refused($api->post("$show/destinations", entry(8)), 5, 1, 'but one more');
is($owner->patch($show, { maximum => undef })->{json}{maximum}, 3,
   'without it that of the application counts');

###############################################################################

# the duration

my $in = $t->ingest(port => 1);
my $conf = $t->ingest(port => 2);

$api->post('/streams', { app => 'trial', name => 'show', destinations => [
    { name => 'api', url => $in->url('app'), key => 'key-of-trial' },
    { %{entry(1)}, enabled => JSON::PP::false() }] });

my $pub = $t->publish('trial/show');

sub dst { return $api->destination('trial', 'show', $_[0]) }


wait_ok { dst('api')->{state} eq 'live' && dst('conf')->{state} eq 'live' }
    10, 'two destinations are live';

my %live = map { $_ => at_ms(dst($_)->{since}) } qw/api conf/;
my $started = mono();

for my $name (qw/api conf/) {
    wait_ok { !dst($name)->{enabled} } 10, "$name: is switched off";
    wait_ok { dst($name)->{state} eq 'off' } 5, "$name: is off";

    my $dst = dst($name);

    is($dst->{reason}{code}, 'limit', "$name: by the limit");

    my $after = at_ms($dst->{reason}{at}) - $live{$name};
    ok($after >= 1900 && $after < slowly(4000), "$name: when it was over")
        or diag("$after ms");
}

ok($api->stream('trial', 'show')->{live}, 'the encoder is not touched');
is($in->closed(1)->{delete_stream} || 0, 1, 'the end was an orderly one');
is($api->post('/streams/trial/show/destinations/name:api/start')->{status},
   200, 'it can be started again');
wait_ok { dst('api')->{state} eq 'live' } 10, 'and is live';

$t->stop()->run();
ok(!dst('conf')->{enabled}, 'the switch is off for good');

$t->done_testing();
