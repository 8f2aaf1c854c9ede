#!/usr/bin/perl

# A new key of restream_store_key, first behind the old one, then in front of
# it: what is stored is encrypted with it in the background, the log says when
# that is done, and then the old key can go.  Changes go on meanwhile.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::API;
use Test::Restream::Util qw/slurp/;

my $t = Test::Restream->new();

my ($old, $new) = ('a1' x 32, 'b2' x 32);

# keys: the lines of the file, none without them

sub configure {
    my (@keys) = @_;

    $t->write_file('store.key', join '', map { "$_\n" } @keys);
    $t->expand(KEYS => @keys ? "restream_store_key file:" . $t->dir()
               . "/store.key;" : '');
    $t->write_file_expand('nginx.conf', <<'CONF');
%%GLOBALS%%
worker_processes 2;

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    restream_store sqlite:state/restream.db;
    restream_max_destinations 1000;
    %%KEYS%%

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
            restream_api_max_body 1m;
        }
    }
}
CONF
    return;
}


my $api = Test::Restream::API->new($t);
my $show = '/streams/live/show';
my $done = qr/\[notice\].*all destinations of the store are encrypted with the/;
my $seen = 0;

sub finished {
    my ($count, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    $seen++;
    wait_ok { $t->log_matches($done) == $seen } 20, $name;
    is($t->log_matches(qr/$done.*, $count of them anew/), 1,
       "$count of them anew");
    return;
}


sub key {
    my ($n) = @_;

    return ($api->get("$show/destinations/name:d$n?reveal=key")->{json} || {})
        ->{key};
}


# as it is

configure();
$t->run();
is($api->post('/streams', { app => 'live', name => 'show', destinations => [
    map { { name => "d$_", url => 'rtmp://h.example/app',
            key => "rotated-key-of-$_" } } 1 .. 300] })->{status}, 201,
   'destinations without a key to encrypt them');
is($t->log_matches($done), 0, 'no log says that they are encrypted');
$t->stop();

# the first key

configure($old);
$t->run();
finished(300, 'with a key they are encrypted without being asked');
is(key(7), 'rotated-key-of-7', 'and read');
$t->stop();

is(scalar(grep { slurp($_) =~ /rotated-key/ } glob $t->dir() . '/state/*'), 0,
   'no file has a key of theirs');

# a second one in front, by a reload, with changes meanwhile

$t->run();
$seen++;
wait_ok { $t->log_matches(qr/$done.*, 0 of them anew/) == 1 } 20,
    'what is encrypted already is left';

# all workers know it before one uses it

configure($old, $new);
$t->reload();
$seen++;
wait_ok { $t->log_matches($done) == $seen } 20, 'a key behind it is no news';

configure($new, $old);
$t->reload();

my $changed = 0;

for my $n (1 .. 40) {
    $changed++ if $api->patch("$show/destinations/name:d$n",
                              { key => "changed-key-of-$n" })->{status} == 200;
}

is($changed, 40, 'changes go on');
$seen++;
wait_ok { $t->log_matches($done) == $seen } 20, 'a new key is taken up';
my $stream = $api->stream('live', 'show');
is($stream->{version}, 41, 'which is no change of anything');
$t->stop();

# without the old one

configure($new);
$t->run();
is(key(1), 'changed-key-of-1', 'what was changed is read with it alone');
is(key(300), 'rotated-key-of-300', 'and what was not');
$seen++;
wait_ok { $t->log_matches($done) == $seen } 20, 'all is encrypted with it';
$t->stop();

# one that is gone too soon

configure($old);
$t->run();
wait_ok {
    $t->log_matches(qr/\[error\].*300 destinations of the store cannot be dec/)
} 20, 'a key that is missing is told, with how many need it';
is_problem($api->get($show), 503, 'store-unavailable', 'they cannot be read');
$t->stop();

configure($old, $new);
$t->run();
$seen++;
wait_ok { $t->log_matches($done) == $seen } 20, 'with it they can';
is(key(300), 'rotated-key-of-300', 'as they were');

$t->done_testing();
