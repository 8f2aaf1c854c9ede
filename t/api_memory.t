#!/usr/bin/perl

# What has been answered leaves no stream key behind in the memory of workers:
# not of bodies that were taken or refused, not of answers that revealed it, not
# of rows that were read, encrypted in the store as they are.

use warnings;
use strict;

no warnings 'portable';

use Test::More;

use JSON::PP ();

use lib 't/lib';
use Test::Restream;
use Test::Restream::API;

my $t = Test::Restream->new();

plan skip_all => 'the memory of valgrind is its own'
    if $ENV{RESTREAM_TEST_VALGRIND};

$t->write_file('store.key', 'a1' x 32 . "\n");
$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    restream_store sqlite:state/restream.db;
    restream_store_key file:%%TESTDIR%%/store.key;

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
    }
}
CONF

my $api = Test::Restream::API->new($t);
my $all = '/streams/live/show/destinations';
my ($worker) = $t->worker_pids();

plan skip_all => 'the memory of a worker cannot be read'
    if !open my $probe, '<', "/proc/$worker/mem";

my %key = map { $_ => "$_-" . join '', map { chr 97 + rand 26 } 1 .. 40 }
    qw/made url changed list refused syntax revealed/;

sub entry {
    my ($name, $key, %o) = @_;

    return { name => $name, key => $key, enabled => JSON::PP::false(),
             url => 'rtmp://h.example/app', %o };
}


is($api->post('/streams', { app => 'live', name => 'show', destinations => [
    entry('a', $key{made})] })->{status}, 201, 'a stream with a key');
is($api->post($all, { name => 'b', enabled => JSON::PP::false(),
    url => "rtmp://u:pass-$key{url}\@h.example/app/$key{url}" })->{status},
   201, 'a key in a url');
is($api->patch("$all/name:a", { key => $key{changed} })->{status}, 200,
   'a changed key');
is($api->patch('/streams/live/show', { destinations => [
    { name => 'a' }, { name => 'b' }, entry('c', $key{list}),
    { name => 'd', key => $key{revealed} }] })->{status}, 422,
   'a list that lacks something');
is($api->post($all, entry('c', $key{list}))->{status}, 201, 'one more');
is($api->post($all, entry('d', $key{revealed}))->{status}, 201,
   'and one more');
is($api->post($all, entry('x', $key{refused}, url => 'none'))->{status}, 422,
   'a body that is refused');
is($api->post($all, \"{\"key\":\"$key{syntax}\"")->{status}, 400,
   'one that cannot be read');

for my $path ('/streams', '/streams/live/show', $all, "$all/name:d") {
    like($api->get("$path?reveal=key")->{body}, qr/$key{revealed}/,
         "$path shows keys");
    $api->get($path);
}

my %found = found();

is($found{$_}, 0, "no key is in memory: $_") for sort keys %key;

# a live stream needs its keys: what is searched is where they would be

my $pub = $t->publish('live/show');

wait_ok { ({ found() }->{revealed} || 0) > 0 } 10,
    'of a stream that is live keys are in memory';
$pub->stop();

$t->done_testing();

###############################################################################

# How often each key is in what the worker may write to

sub found {
    my %count = map { $_ => 0 } keys %key;

    open my $maps, '<', "/proc/$worker/maps" or return;
    open my $mem, '<:raw', "/proc/$worker/mem" or return;

    while (my $line = <$maps>) {
        my ($from, $to) = $line =~ /\A([0-9a-f]+)-([0-9a-f]+) rw/ or next;
        my ($start, $end) = (hex $from, hex $to);

        # what a sanitizer keeps of all memory

        next if $end - $start > 1 << 30;

        sysseek $mem, $start, 0 or next;
        my $text = '';

        while ($start < $end) {
            my $n = sysread $mem, $text, $end - $start, length $text;
            last if !$n;
            $start += $n;
        }

        for my $name (keys %key) {

            # a part: an end may have been written over

            my $part = substr $key{$name}, length($name) + 4, 30;
            my $n = () = $text =~ /\Q$part\E/g;
            $count{$name} += $n;
        }
    }

    return %count;
}
