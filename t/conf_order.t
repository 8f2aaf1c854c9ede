#!/usr/bin/perl

# http{} may stand before rtmp{} or after it, or rtmp{} be missing; a module
# that is loaded and not used does nothing at all.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::Util qw/slurp/;

my %part = (
    http => <<'CONF',
http {
    %%GLOBALS_HTTP%%

    server {
        listen 127.0.0.1:%%PORT_80%%;

        location = /restream/status {
            restream_status;
        }

        location /nested/ {
            location /nested/deep {
                restream_status;
            }
        }

        location /proxied {
            proxy_pass http://127.0.0.1:%%PORT_80%%/restream/status;
        }
    }
}
CONF
    rtmp => <<'CONF',
rtmp {
    %%GLOBALS_RTMP%%

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;
            restream on;
            restream_publisher_grace 0;
            restream_destination in rtmp://127.0.0.1:%%PORT_1%%/app/key-of-in;
        }
    }
}
CONF
    off => <<'CONF',
rtmp {
    %%GLOBALS_RTMP%%

    # settings of an application that is off change nothing

    restream_thread_pool undeclared;
    restream_buffer 32m;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;
            restream off;
            restream_destination in rtmp://127.0.0.1:%%PORT_1%%/app/key-of-in;
        }
    }
}
CONF
    threads => "thread_pool later threads=2;\n",
    named => <<'CONF',
rtmp {
    %%GLOBALS_RTMP%%

    restream_thread_pool later;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;
            restream on;
            restream_publisher_grace 0;
            restream_destination in rtmp://localhost:%%PORT_1%%/app/key-of-in;
        }
    }
}
CONF
);

###############################################################################

# in use, in any order

for my $order ([qw/http rtmp/], [qw/rtmp http/], [qw/named http threads/],
               [qw/threads http named/])
{
    my $t = start(@$order);
    my $in = $t->ingest(port => 1);
    my $pub = $t->publish('live/show');
    my $name = join ', ', @$order;

    wait_ok { ($t->destination('live', 'show', 'in') || {})->{state} eq 'live' }
        10, "$name: the stream is relayed";
    wait_ok { $in->frames() > 10 } 10, "$name: its frames arrive";
    is(missing_frames($pub, $in), 0, "$name: all of them");

    for my $path (qw{/nested/deep /nested/deep/er /proxied}) {
        like($t->http_get($path)->{body}, qr/\A\{"streams":\[\{"app":"live"/,
             "$name: the status is at $path, too");
    }

    is(zones($t), 1, "$name: the zone is there, of 4 MB");
    is(threads($t), "@$order" =~ /named/ ? 3 : 33,
       "$name: and the threads of the pool");
    $t->finish();
}

###############################################################################

# nothing to relay

for my $order (['http'], [qw/http off/], [qw/off http/]) {
    my $t = start(@$order);
    my $name = join ', ', @$order;

    is($t->http_get('/restream/status')->{body}, '{"streams":[]}',
       "$name: the status is empty");
    is($t->http_get('/nested/deep')->{status}, 200, "$name: wherever it is");

    if (@$order > 1) {
        my $pub = $t->publish('live/show');

        wait_ok { $pub->frames() > 30 } 5, "$name: an encoder may publish";
        ok($pub->connected(), "$name: and stays");
        is($t->http_get('/restream/status')->{body}, '{"streams":[]}',
           "$name: but is not relayed");
        $pub->stop();
    }

    is(zones($t), 0, "$name: there is no zone");
    is(threads($t), 1, "$name: no thread");
    is((grep { !m{/restream/status|/nested|restream-\w+/} }
        $t->log_matches(qr/restream/)), 0, "$name: and no word in the log")
        or diag(join "\n", $t->log_matches(qr/restream/));
    $t->finish();
}

# the same as without the module, but for its name in the configuration

my %maps;

for my $module (0, 1) {
    my $t = Test::Restream->new(module => $module, log_level => 'info');

    $t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;
        }
    }
}
CONF

    my $pub = $t->publish('live/show');

    wait_ok { $pub->frames() > 10 } 5, "module $module: an encoder publishes";
    $maps{$module} = mappings($t);
    ok($t->reload(), "module $module: a reload");
    $pub->stop();
    is((grep { !m{restream-\w+/} } $t->log_matches(qr/restream/)), 0,
       "module $module: no word in the log");
    $t->finish();
}

is($maps{1}, $maps{0}, 'unused, it shares no memory');

###############################################################################

# where restream_status may stand, and how

my $t = Test::Restream->new();

for (['server', 'restream_status;', 'is not allowed here'],
     ['location', 'restream_status on;', 'invalid number of arguments'],
     ['location', 'restream_status; restream_status;', 'is duplicate'])
{
    my ($context, $words, $said) = @$_;
    my $http = "http { %%GLOBALS_HTTP%% server {\n" . ($context eq 'server'
        ? $words : "location / {\n$words\n}") . ' } }';

    $t->write_file_expand('nginx.conf', "%%GLOBALS%%\nevents { }\n$http\n");

    my ($code, $text) = $t->nginx_test();
    isnt($code, 0, "$words in a $context: is wrong");
    like($text, qr/"restream_status"/, "$words in a $context: is named");
    like($text, qr/\Q$said/, "$words in a $context: $said");
}

$t->done_testing();

###############################################################################

sub start {
    my (@order) = @_;

    my $t = Test::Restream->new();

    $t->write_file_expand('nginx.conf', join "\n", '%%GLOBALS%%', 'events { }',
                          @part{@order});
    $t->run();

    return $t;
}


# Shared memory of nginx's zones in the worker, in mappings.

sub mappings {
    my ($t) = @_;

    my ($worker) = $t->worker_pids();

    return scalar(() = slurp("/proc/$worker/maps")
                  =~ m{rw-s .* /dev/zero \(deleted\)}g);
}


# The same as of the module's zone: 4 MB.

sub zones {
    my ($t) = @_;

    my ($worker) = $t->worker_pids();

    no warnings 'portable';

    return scalar grep { /^(\w+)-(\w+) rw-s/ && hex($2) - hex($1) == 4 << 20 }
        split /\n/, slurp("/proc/$worker/maps");
}


sub threads {
    my ($t) = @_;

    my ($worker) = $t->worker_pids();
    my @threads = glob "/proc/$worker/task/*";

    return scalar @threads;
}
