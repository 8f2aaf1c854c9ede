#!/usr/bin/perl

# The harness by itself: nginx starts, reloads and ends; configurations are
# tested; what must not be in a log, an argument or an answer is found.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::Check;

my $t = Test::Restream->new(module => 0);

$t->write_file('key', "a key in a file\n");
$t->expand(KEY => 'a-key-in-the-url');
$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%
worker_processes 2;

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

http {
    %%GLOBALS_HTTP%%

    server {
        listen 127.0.0.1:%%PORT_80%%;

        location / {
            return 200 "worker $pid connection $connection\n";
        }

        location = /status {
            default_type application/json;
            return 200 '{"streams": [{"app": "live", "name": "show",
                "destinations": [{"name": "a", "state": "live"}]}]}';
        }
    }
}
CONF

###############################################################################

# nginx

my @workers = $t->worker_pids();

is(@workers, 2, 'all workers are there at once');
wait_ok { $t->log_matches(qr/start worker process \d/) == 2 } 5,
    'the log is read';
is($t->http_get('/')->{status}, 200, 'it answers');

my $http = $t->http_connect();
is($t->http_get('/', conn => $http)->{body},
   $t->http_get('/', conn => $http)->{body}, 'a connection stays at a worker');

is($t->destination('live', 'show', 'a', path => '/status')->{state}, 'live',
   'a destination is found in the status');
is($t->destination('live', 'none', 'a', path => '/status'), undef,
   'and one that is not there is not');

my $pub = $t->publish('live/show');

ok($t->reload(), 'it reloads');
is((grep { my $pid = $_; grep { $_ == $pid } @workers } $t->worker_pids()), 0,
   'with new workers');
wait_ok { $t->old_workers() == 1 } 5,
    'the old one that has the publisher stays';
$pub->unpublish();
wait_ok { !$t->old_workers() } 5, 'and leaves with it';

is(($t->nginx_test())[0], 0, 'nginx -t is content');

my $good = $t->read_log('nginx.conf');

$t->write_file('nginx.conf', $good . "nonsense on;\n");

my ($code, $text) = $t->nginx_test();

isnt($code, 0, 'or not');
like($text, qr/unknown directive "nonsense" in .*nginx\.conf:\d+/,
     'and says why');

isnt($t->port(1), $t->port(2), 'each port is another one');
is($t->port(1), $t->port(1), 'and stays the same');

is((wait_until { 'yes' } 1, 'waiting'), 'yes',
   'waiting gives what it waited for');

my $daemon = $t->run_daemon(sub { sleep 60 });
ok($daemon->alive(), 'a daemon runs');
$daemon->stop();
ok(!$daemon->alive(), 'until it is stopped');

###############################################################################

# the assertions that come for free

my $dir = $t->dir();
my @cases = (
    ['2026/01/01 [alert] 1#1: worker process 5 exited', 0, 'an alert'],
    ['2026/01/01 [emerg] 1#1: bind() failed', 0, 'an emergency'],
    ['2026/01/01 [notice] worker process 5 exited on signal 11', 0, 'a crash'],
    ['==5==ERROR: AddressSanitizer: heap-use-after-free', 1, 'a sanitizer'],
    ['x.c:5:3: runtime error: shift exponent 32', 1, 'undefined behaviour'],
    ['==5== ERROR SUMMARY: 3 errors from 3 contexts', 1, 'valgrind'],
    ['push rtmp://example.com/app/a-key-in-the-url', 3, 'a key'],
    ['as a query: a%20key%20in%20a%20file', 3, 'an encoded key'],
    ['key "key-in-conf-1"', 3, 'a key from the configuration'],
    ['key "quoted key 2"', 3, 'a quoted key'],
    ['password "a-password"', 3, 'a password'],
    ['key "a key in a file"', 3, 'a key from a file'],
    ['==5== ERROR SUMMARY: 0 errors from 0 contexts [error] 5', undef,
     'nothing'],
);

for (@cases) {
    my ($line, $which, $name) = @$_;
    my $check = Test::Restream::Check->new();

    # in the middle of much else, so that blocks are put together

    my $noise = "2026/01/01 [debug] nothing of interest happens here\n" x 90000;
    my $log = $t->write_file('log', "$noise$line\n$noise");

    $check->secret('a-key-in-the-url', 'a key in a file');
    $check->learn("    restream_destination a rtmp://h/app key=key-in-conf-1;\n"
        . "\trestream_destination b 'rtmp://u:a-password\@h/a' "
        . "'key=quoted key 2' enabled=off;\n"
        . "restream_destination c rtmp://h/app/\$name;\n");

    my @report = $check->report(logs => [$log], tests => [], exits => [],
                                violations => []);
    my @found = grep { @{$report[$_]} > 1 } 0 .. $#report;

    is("@found", defined $which ? $which : '', "$name is found");
}

my $check = Test::Restream::Check->new();

$check->learn("restream_destination d rtmp://h/app key=file:$dir/key;");
$check->learn('restream_destination e rtmp://h/app/short;');
is(join(', ', sort keys %{$check->{secrets}}),
   'a key in a file, a%20key%20in%20a%20file',
   'a key in a file is read, a short one is left alone');
$check->allow(log => qr/bind\(\)/);
my $log = $t->write_file('log', "[emerg] bind() failed\n");
is(($check->report(logs => [$log], tests => [], exits => [],
                   violations => []))[0][1], undef,
   'what is allowed is not told');

$check->secret('nginx.conf');
$check->watch_processes($t->master_pid());
is(@{$check->{leaks}}, 1, 'a word in the arguments of a process is found');

$t->done_testing();
