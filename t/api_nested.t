#!/usr/bin/perl

# A limit_except or an "if" within the location of the API: requests that go by
# it have the same API, and bodies with the same bounds, in memory.

use warnings;
use strict;

use Test::More;

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

    client_max_body_size 1m;
    client_body_buffer_size 1k;

    server {
        listen 127.0.0.1:%%PORT_80%%;

        location /plain/ {
            restream_api;
            restream_api_max_body 20k;
        }

        location /except/ {
            restream_api;
            restream_api_max_body 20k;

            limit_except GET {
                allow 127.0.0.0/8;
                deny all;
            }
        }

        location /denied/ {
            restream_api;

            limit_except GET {
                deny all;
            }
        }

        location /if/ {
            restream_api;
            restream_api_max_body 20k;

            if ($request_method = POST) {
                set $nothing 1;
            }
        }
    }
}
CONF

my $plain = Test::Restream::API->new($t, prefix => '/plain');

for my $prefix (qw(/plain /except /if)) {
    my $api = $plain->with(prefix => $prefix);
    my $name = substr $prefix, 1;

    is($api->get('/health')->{status}, 200, "$prefix: the API is there");
    is($api->post('/streams', { app => 'live', name => $name })->{status},
       201, 'a body is taken');
    is($api->post("/streams/live/$name/destinations", \body($name, 19_000))
       ->{status}, 201, 'a long one');
    is($api->post("/streams/live/$name/destinations", \body("$name-2", 21_000))
       ->{status}, 413, 'one that is too long is not');
    is(@{$api->stream('live', $name)->{destinations}}, 1, 'one is stored');
}

is($t->http_connect()->request('POST', '/denied/streams', body => '{}',
       headers => { 'Content-Type' => 'application/json' })->{status}, 403,
   'what nginx denies is denied');
is($plain->with(prefix => '/denied')->get('/streams')->{status}, 200,
   'and the rest is the API');

is_deeply([glob $t->dir() . '/client_body_temp/*'], [],
          'no body has been written to a file');
is($t->log_matches(qr/buffered to a temporary file/), 0, 'nor was any');

$t->done_testing();

###############################################################################

# A destination in so many bytes

sub body {
    my ($name, $size) = @_;

    my $text = "{\"name\":\"$name\",\"key\":\"key-of-$name\",\"url\":"
        . '"rtmp://h.example/app"';

    return $text . ' ' x ($size - 1 - length $text) . '}';
}
