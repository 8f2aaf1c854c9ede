#!/usr/bin/perl

# nginx.conf gets a destination that has the name of a stored one: both are
# there and are sent to; the name means the stored one, the ids tell them apart,
# and another name for the stored one ends it.

use warnings;
use strict;

use Test::More;

use JSON::PP ();

use lib 't/lib';
use Test::Restream;
use Test::Restream::API;
use Test::Restream::Workers;

my $t = Test::Restream->new();
my $line = 'restream_destination tube '
    . 'rtmp://127.0.0.1:%%PORT_1%%/app/conf-key;';

$t->expand(LINES => '');
configure();
$t->run();

my $api = Test::Restream::API->new($t);
my $show = '/streams/live/show';
my $name = "$show/destinations/name:tube";
my ($conf, $in) = map { $t->ingest(port => $_) } 1, 2;

$api->post('/streams', { app => 'live', name => 'show',
    destinations => [{ name => 'tube', url => $in->url('app'),
                       key => 'key-of-stored' }] });

my $pub = $t->publish('live/show');

$in->wait(sub { $_[0]->frames() > 5 }, 10, 'it gets media');

###############################################################################

$t->expand(LINES => $line);
configure();
reload_and_part($t);

ok($conf->wait(sub { $_[0]->frames() > 5 }, 10, 'it gets media'),
   'nginx.conf gets one of the same name, which is sent to');

my @both = @{$api->get("$show/destinations")->{json}{items}};

is_deeply([map { "$_->{name} $_->{origin}" } @both],
          ['tube config', 'tube api'], 'both are shown');

my ($config, $stored) = map { "$show/destinations/$_->{id}" } @both;

is($api->get($name)->{json}{id}, $both[1]{id}, 'the name means the stored one');
is($api->get($config)->{json}{origin}, 'config', 'the id means the other one');
is_problem($api->post("$show/destinations", {
    name => 'tube', url => $in->url('app'), key => 'key-of-another' }), 409,
    'name-taken', 'there is no third one');

# switched, each by itself

my $answer = $api->post("$config/stop");

is($answer->{status}, 200, 'that of nginx.conf is stopped by its id');
is($answer->{json}{origin}, 'config', 'and shown');
ok($conf->wait(sub { $_[0]->closed(1) }, 5, 'the end'), 'it ends');
ok($api->get($name)->{json}{enabled}, 'the stored one stays on');
is($in->closed(1), undef, 'and connected');
is_problem($api->patch($config, { title => 'x' }), 409, 'read-only',
           'the id means it in all calls');
is_problem($api->delete($config), 409, 'read-only', 'also this one');

$api->post("$name/stop");
ok($in->wait(sub { $_[0]->closed(1) }, 5, 'the end'),
   'the stored one is stopped by its name');
is($api->post("$config/start")->{status}, 200, 'the other one started');
ok($conf->wait(sub { $_[0]->conns() == 2 }, 5, 'a connection'), 'and back');
ok(!$api->get($name)->{json}{enabled}, 'the stored one stays off');

# a list means the stored one, too, and cannot have the name twice

is($api->patch($show, { destinations => [
    { name => 'tube', url => $in->url('app'), title => 'x',
      enabled => JSON::PP::true() }] })->{status}, 200, 'a list');
is($api->get($stored)->{json}{title}, 'x', 'means the stored one');
is_problem($api->patch($show, { destinations => [
    map { { name => 'tube', url => $in->url('app') } } 1, 2] }), 422, 'invalid',
    'a name stands in it once');

# told apart again

is($api->patch($name, { name => 'tube 2' })->{json}{id}, $both[1]{id},
   'the stored one is renamed by its name');
is($api->get($name)->{json}{id}, $both[0]{id},
   'which means that of nginx.conf now');
is_problem($api->patch($stored, { name => 'tube' }), 409, 'name-taken',
           'and is not free any more');

$t->done_testing();

###############################################################################

sub configure {
    return $t->write_file_expand('nginx.conf', <<'CONF');
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    restream_store sqlite:state/restream.db;
    restream_allow 127.0.0.0/8;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;
            restream on;
            %%LINES%%
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
}
