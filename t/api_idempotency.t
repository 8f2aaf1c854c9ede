#!/usr/bin/perl

# Idempotency-Key: a POST that comes twice is done once, whichever worker gets
# it and also after a restart; the key belongs to one request of one caller.

use warnings;
use strict;

use Test::More;

use Digest::SHA qw/sha256_hex/;

use lib 't/lib';
use Test::Restream;
use Test::Restream::API;

my $t = Test::Restream->new();

$t->expand(ALICE => sha256_hex('token-of-alice'),
           BOB => sha256_hex('token-of-bob'));
$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%
worker_processes 4;

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    restream_store sqlite:state/restream.db;

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
            restream_api_token sha256:%%ALICE%% read,write,start,stop
                               name=alice;
            restream_api_token sha256:%%BOB%% read,write name=bob;
            restream_api;
        }
    }
}
CONF

my $api = Test::Restream::API->new($t, token => 'token-of-alice');
my $bob = $api->with(token => 'token-of-bob');
my $all = '/streams/live/show/destinations';

sub key { return ('Idempotency-Key' => $_[0]) }


# streams

my $answer = $api->post('/streams', { app => 'live' }, key('order 1'));
my $name = $answer->{json}{name};

is($answer->{status}, 201, 'a stream without a name is made');

for (1 .. 8) {
    my $again = $api->post('/streams', { app => 'live' }, key('order 1'));

    is($again->{status}, 201, 'the same call again');
    is($again->{json}{name}, $name, 'answers with what was made');
    is($again->{headers}{location}, $answer->{headers}{location},
       'and where it is');
}

is(@{$api->get('/streams')->{json}{items}}, 1, 'there is one stream');

isnt($api->post('/streams', { app => 'live' }, key('order 2'))->{json}{name},
     $name, 'another key makes another one');
isnt($bob->post('/streams', { app => 'live' }, key('order 1'))->{json}{name},
     $name, "somebody else's key is another one");
is_problem($api->post('/streams', { app => 'live', name => 'x' },
                      key('order 1')), 422, 'idempotency-key',
           'another body with the key of before');
is_problem($api->post("/streams/live/$name/stop", undef, key('order 1')), 422,
           'idempotency-key', 'another path');
is(@{$api->get('/streams')->{json}{items}}, 3, 'nothing was made by that');

# what was refused is not remembered

is_problem($api->post($all, { name => 'a', url => 'rtmp://h.example/a',
                              key => 'key-of-a-123' }, key('order 3')),
           404, 'no-stream', 'a destination of a stream that is not there');
$api->post('/streams', { app => 'live', name => 'show' });

my @same = ($all, { name => 'a', url => 'rtmp://h.example/a',
                    key => 'key-of-a-123' }, key('order 3'));

$answer = $api->post(@same);
is($answer->{status}, 201, 'can be made when it is');
is($api->post(@same)->{json}{id}, $answer->{json}{id}, 'and is made once');
is_problem($api->post(@same[0, 1], key('order 4')), 409, 'name-taken',
           'without the key it would be a second one');

# what has been changed since

$api->patch("$all/name:a", { title => 'since' });
is($api->post(@same)->{json}{title}, 'since', 'it is shown as it is now');

# across a restart

$t->stop()->run();
is($api->post(@same)->{json}{id}, $answer->{json}{id},
   'it is remembered across a restart');

$api->delete("$all/name:a");
is_problem($api->post(@same), 404, 'no-destination',
           'what has been removed since is not made again');

# a switch

my @stop = ("/streams/live/$name/stop", undef, key('order 5'));
is($api->post(@stop)->{status}, 200, 'a switch');
is($api->post(@stop)->{status}, 200, 'again');

# other methods

is($api->patch('/streams/live/show', {}, key('order 1'))->{status}, 200,
   'a PATCH has no such key');

# at the same time

my @http = map { $t->http_connect() } 1 .. 8;
my $body = '{"app":"live"}';

syswrite $_->{sock}, "POST /restream/streams HTTP/1.1\r\nHost: localhost\r\n"
    . "Authorization: Bearer token-of-alice\r\nIdempotency-Key: at once\r\n"
    . "Content-Length: " . length($body) . "\r\n\r\n$body" for @http;

my %names;

for my $http (@http) {
    $http->{until} = mono() + slowly(5);
    my $head = $http->_take(qr/\A(.*?\r\n)\r\n/s) || '';
    my ($location) = $head =~ /^Location: (\S+)/m;
    $names{$location || 'none'}++ if $head =~ m{\AHTTP/1.1 201};
}

is_deeply([values %names], [8], 'eight at once are one')
    or diag(join ' ', %names);

$t->done_testing();
