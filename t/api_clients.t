#!/usr/bin/perl

# Clients of all kinds: those that hang up in the middle, send byte by byte, ask
# for many things at once, or speak HTTP/2; what they leave behind harms nobody.

use warnings;
use strict;

use Test::More;

use JSON::PP ();
use Socket ();

use lib 't/lib';
use Test::Restream;
use Test::Restream::API;

my $t = Test::Restream->new()->has('curl');

$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%
worker_processes 2;

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    restream_store sqlite:state/restream.db;
    restream_max_destinations 1000;

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
        listen 127.0.0.1:%%PORT_81%% http2;

        location /restream/ {
            restream_api;
        }
    }
}
CONF

my $api = Test::Restream::API->new($t);
my $head = "Host: localhost\r\nContent-Type: application/json\r\n";

$api->post('/streams', { app => 'live', name => 'show' });

sub destination_text {
    my ($name, $size) = @_;

    return JSON::PP->new()->canonical()->encode({
        name => $name, url => 'rtmps://h.example/app',
        key => 'key-of-the-client', description => 'x' x ($size || 0) });
}


sub request_text {
    my ($name, $size) = @_;

    my $text = destination_text($name, $size);

    return "POST /restream/streams/live/show/destinations HTTP/1.1\r\n$head"
        . 'Content-Length: ' . length($text) . "\r\n\r\n$text";
}


$t->secret('key-of-the-client');

###############################################################################

# who hangs up: anywhere in the request, or before the answer

my $text = request_text('cut', 3000);

for my $cut (1, 20, 100, 200, 1100, 2000, length($text) - 1) {
    for my $linger (0, 1) {
        my $sock = $t->http_connect()->{sock};

        syswrite $sock, substr $text, 0, $cut;
        setsockopt $sock, Socket::SOL_SOCKET(), Socket::SO_LINGER(),
            pack 'ii', 1, 0 if $linger;
        close $sock;
    }
}

is(@{$api->stream('live', 'show')->{destinations}}, 0,
   'half a request does nothing');

for my $n (1 .. 50) {
    my $sock = $t->http_connect()->{sock};

    syswrite $sock, request_text("gone$n");
    setsockopt $sock, Socket::SOL_SOCKET(), Socket::SO_LINGER(),
        pack 'ii', 1, 0 if $n % 2;
    close $sock;
}

for my $path ('/streams', '/streams/live/show', '/openapi.json') {
    for (1 .. 20) {
        my $sock = $t->http_connect()->{sock};

        syswrite $sock, "GET /restream$path HTTP/1.1\r\n$head\r\n";
        close $sock;
    }
}

my @names = map { $_->{name} } @{$api->stream('live', 'show')->{destinations}};

ok(!(grep { !/\Agone\d+\z/ } @names), 'whole ones may have been done');
is($api->post('/streams/live/show/destinations',
              JSON::PP::decode_json(destination_text('after')))->{status}, 201,
   'the next client is served');

###############################################################################

# slowly

my $http = $t->http_connect();

$http->{until} = mono() + slowly(10);
syswrite $http->{sock}, $_ for split //, request_text('bytes');
like($http->_take(qr/\A(.*?\r\n)\r\n/s), qr/\AHTTP\S+ 201 /,
     'a request byte by byte');

# many at once, on one connection: each is answered, in order

$http = $t->http_connect();
$http->{until} = mono() + slowly(10);
syswrite $http->{sock}, join '', map {
    (request_text("at-once-$_", 700),
     "GET /restream/streams/live/show/destinations/name:at-once-$_ HTTP/1.1"
     . "\r\n$head\r\n")
} 1 .. 10;

my @statuses;

for (1 .. 20) {
    my $answer = $http->_take(qr/\A(.*?\r\n)\r\n/s) or last;

    push @statuses, $answer =~ m{\AHTTP\S+ (\d+)};
    $http->_bytes($answer =~ /^Content-Length: (\d+)/m);
}

is(join(' ', @statuses), join(' ', (201, 200) x 10),
   'twenty at once are answered in order');

# a refusal does not eat the next request

$http = $t->http_connect();
$http->{until} = mono() + slowly(10);
syswrite $http->{sock}, "POST /restream/nothing HTTP/1.1\r\n${head}"
    . "Content-Length: 12\r\n\r\nGET / HTTP/1GET /restream/health HTTP/1.1\r\n"
    . "$head\r\n";

@statuses = ();

for (1 .. 2) {
    my $answer = $http->_take(qr/\A(.*?\r\n)\r\n/s) or last;

    push @statuses, $answer =~ m{\AHTTP\S+ (\d+)};
    $http->_bytes($answer =~ /^Content-Length: (\d+)/m);
}

is("@statuses", '404 200', 'a body that nobody reads is no request');

###############################################################################

# HTTP/2

sub h2 {
    my ($method, $path, $text, @more) = @_;

    $t->write_file('h2.body', $text) if defined $text;

    my @command = ('curl', '-s', '-S', '--http2-prior-knowledge', '-m', 10,
                   '-o', $t->dir() . '/h2.out', '-D', $t->dir() . '/h2.head',
                   '-w', '%{http_version} %{http_code}', '-X', $method,
                   '-H', 'Content-Type: application/json',
                   defined $text
                       ? ('--data-binary', '@' . $t->dir() . '/h2.body') : (),
                   $method eq 'HEAD' ? '--head' : (), @more,
                   'http://127.0.0.1:' . $t->port(81) . "/restream$path");

    open my $out, '-|', @command or die "open() failed: $!\n";
    my $line = join '', readline $out;
    close $out;

    return $line;
}


my $all = '/streams/live/show/destinations';

is(h2('GET', '/health'), '2 200', 'HTTP/2: GET');
is(h2('HEAD', '/streams'), '2 200', 'HEAD');
is(h2('OPTIONS', '/streams'), '2 204', 'OPTIONS');
is(h2('GET', '/streams/live/none'), '2 404', 'what is not there');
is(h2('POST', $all, destination_text('h2')), '2 201', 'POST');
is(h2('POST', $all, destination_text('h2-large', 4900)), '2 201',
   'with a larger body');
is(h2('PATCH', '/streams/live/show', '{' . ' ' x 60_000 . '}'), '2 200',
   'with one in many frames');
is(h2('POST', $all, destination_text('h2-no-length', 3000), '-H',
      'Transfer-Encoding: chunked'), '2 201', 'of an unknown length');
is(h2('PATCH', "$all/name:h2", '{"title":1}'), '2 422', 'a bad one');
is(h2('POST', "$all/name:h2/stop"), '2 200', 'without one');
is(h2('DELETE', "$all/name:h2"), '2 204', 'DELETE');

is($api->get('/health')->{status}, 200, 'the server is well');

$t->done_testing();
