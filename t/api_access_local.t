#!/usr/bin/perl

# The API where no token is configured: there for who sits at this machine, and
# for nobody else: not for other addresses, hosts, proxies, or pages of another
# host in a browser here; and a form cannot change anything.

use warnings;
use strict;

use Test::More;

use IO::Socket::UNIX;
use JSON::PP ();

use lib 't/lib';
use Test::Restream;

my $t = Test::Restream->new();

# the address of a client is what the test says it is

$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    restream_store sqlite:state/restream.db;

    restream_publisher_grace 0;

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
        listen unix:%%TESTDIR%%/api.sock;

        set_real_ip_from 127.0.0.1;
        real_ip_header X-Test-Address;

        location /restream/ {
            restream_api;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_82%% proxy_protocol;
        listen 127.0.0.1:%%PORT_84%%;

        set_real_ip_from 0.0.0.0/0;
        set_real_ip_from ::/0;
        real_ip_header proxy_protocol;

        location /restream/ {
            restream_api;
        }

        location /x-real-ip/ {
            real_ip_header X-Real-IP;
            restream_api;
        }

        location /recursive/ {
            real_ip_header X-Test-Address;
            real_ip_recursive on;
            restream_api;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_81%%;

        location /restream/ {
            proxy_pass http://127.0.0.1:%%PORT_80%%;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        }
    }
}
CONF

my $port = $t->port(80);
my $pub = $t->publish('live/alice1');
my $start = '/restream/streams/live/alice1/start';

wait_until { request('GET', '/restream/streams/live/alice1')->{status} == 200 }
    10, 'the stream is there';

###############################################################################

# who is here

my @here = (
    [], [Host => "localhost:$port"], [Host => 'LOCALHOST'],
    [Host => '127.0.0.1'], [Host => "127.9.9.9:$port"], [Host => '[::1]'],
    [Host => "[::1]:$port"], ['X-Test-Address' => 'no address'],
    ['X-Test-Address' => 'unix:'],
    [Host => "localhost:$port", Origin => "http://localhost:$port"],
    [Host => 'localhost', Origin => 'http://localhost'],
    [Authorization => 'Bearer whatever'],
);

for my $headers (@here) {
    my $answer = request('GET', '/restream/streams', @$headers);

    is($answer->{status}, 200, named(@$headers) . ' is here');
}

# who is not

my @elsewhere = (
    ['another one', 'X-Test-Address' => '192.0.2.1'],
    ['another one', 'X-Test-Address' => '2001:db8::1'],
    ['another one', 'X-Test-Address' => '10.0.0.1'],
    ['another one', 'X-Test-Address' => '0.0.0.0'],
    ['a proxy', 'X-Test-Address' => '127.0.0.2'],
    ['a proxy', 'X-Test-Address' => '::1'],
    ['a proxy', 'X-Test-Address' => '127.0.0.1'],
    ['a proxy', 'X-Test-Address' => '127.0.0.1:1'],
    ['a proxy', 'CF-Connecting-IP' => '127.0.0.1'],
    ['a proxy', 'True-Client-IP' => '127.0.0.1'],
    ['a proxy', 'X-Client-IP' => '127.0.0.1'],
    ['a proxy', 'X-Forwarded-For' => '127.0.0.1'],
    ['a proxy', 'X-Forwarded-For' => ''],
    ['a proxy', 'x-forwarded-proto' => 'https'],
    ['a proxy', 'X-Real-IP' => '127.0.0.1'],
    ['a proxy', Forwarded => 'for=127.0.0.1'],
    ['a proxy', Via => '1.1 proxy'],
    ['for another one', Host => 'rebound.example'],
    ['for another one', Host => "rebound.example:$port"],
    ['for another one', Host => 'localhost.rebound.example'],
    ['for another one', Host => '127.0.0.1.rebound.example'],
    ['for another one', Host => '0.0.0.0'],
    ['for another one', Host => '192.168.0.1'],
    ['for another one', Host => '127.1'],
    ['"Origin" of one', Origin => 'http://page.example'],
    ['"Origin" of one', Origin => 'null'],
    ['"Origin" of one', Origin => 'http://localhost:1'],
    ['"Origin" of one', Origin => 'http://127.0.0.1'],
    ['"Origin" of one', Origin => 'http://localhost.page.example'],
);

for my $case (@elsewhere) {
    my ($why, @headers) = @$case;

    for my $call (['GET', '/restream/streams'],
                  ['GET', '/restream/streams/live/alice1'],
                  ['POST', $start, 'Content-Type' => 'application/json'])
    {
        my ($method, $path, @more) = @$call;
        my $answer = request($method, $path, @headers, @more);

        problem($answer, 403, 'not-local', "$method of " . named(@headers));
        like($answer->{json}{detail}, qr/\Q$why\E/, "why: $why");
        like($answer->{json}{detail},
             qr/set "restream_api_token" or "restream_api_jwt"/,
             'and what to set');
    }
}

is(request('GET', $_, 'X-Test-Address' => '192.0.2.1', Host => 'api.example',
           'X-Forwarded-For' => '192.0.2.1')->{status}, 200,
   "$_ is for everybody") for '/restream/health', '/restream/openapi.json';

like(raw("GET http://rebound.example/restream/streams HTTP/1.1\r\n"
         . "Host: localhost\r\nConnection: close\r\n\r\n"), qr/\AHTTP\S+ 403 /,
     'the host of a request line with a whole URL');
like(raw("GET http://localhost/restream/streams HTTP/1.1\r\n"
         . "Host: rebound.example\r\nConnection: close\r\n\r\n"),
     qr/\AHTTP\S+ 403 /, 'and that of the header beside it');
like(raw("GET /restream/streams HTTP/1.0\r\n\r\n"), qr/\AHTTP\S+ 403 /,
     'no host at all');
like(raw("GET /restream/streams HTTP/1.1\r\nHost: localhost\r\n"
         . "Origin: http://localhost\r\nOrigin: http://page.example\r\n"
         . "Connection: close\r\n\r\n"), qr/\AHTTP\S+ 403 /, 'two origins');

is(Test::Restream::HTTP->new(port => $t->port(81))
   ->get('/restream/streams')->{status}, 403, 'through a proxy beside us');

# whatever realip is told to take for the address

like(raw("PROXY TCP4 127.0.0.1 127.0.0.1 1024 80\r\n"
         . "GET /restream/streams HTTP/1.1\r\nHost: localhost\r\n"
         . "Connection: close\r\n\r\n", 82), qr/\AHTTP\S+ 403 /,
     'the PROXY protocol');
like(raw("PROXY UNKNOWN\r\nGET /restream/streams HTTP/1.1\r\n"
         . "Host: localhost\r\nConnection: close\r\n\r\n", 82),
     qr/\AHTTP\S+ 403 /, 'with or without an address');

for my $case (['/x-real-ip', 'X-Real-IP'], ['/recursive', 'X-Test-Address'],
              ['/recursive', 'X-Test-Address', ', 127.0.0.1'])
{
    my ($prefix, $header, $more) = @$case;
    my $http = sub {
        Test::Restream::HTTP->new(port => $t->port(84))
            ->request('GET', "$prefix/streams", headers => { @_ });
    };

    is($http->()->{status}, 200, "$prefix: who is here");
    is($http->($header => $_ . ($more || ''))->{status}, 403,
       "and who says it is $_" . ($more || ''))
        for qw/127.0.0.1 192.0.2.1 ::1/;
}

my $unix = IO::Socket::UNIX->new(Peer => $t->dir() . '/api.sock');
print $unix "GET /restream/streams HTTP/1.1\r\nHost: localhost\r\n"
    . "Connection: close\r\n\r\n";
like(join('', <$unix>), qr/\AHTTP\S+ 200 /, 'a unix socket is here');

###############################################################################

# what a form or a script of another page could send without asking

for my $type (undef, 'text/plain', 'application/x-www-form-urlencoded',
              'multipart/form-data; boundary=x', 'application/jsonx',
              'text/plain; application/json', 'application/json-patch+json')
{
    my @type = defined $type ? ('Content-Type' => $type) : ();

    for my $method (qw/POST PATCH DELETE PUT/) {
        my $path = $method eq 'POST' ? $start : '/restream/streams/live/alice1';
        my $answer = request($method, $path, @type, body => '{}');

        problem($answer, 415, 'media-type', "$method of " . named(@type));
    }

    problem(request($_, $_ eq 'POST' ? $start
                    : '/restream/streams/live/alice1', @type), 415,
            'media-type', "$_ without a body of " . named(@type))
        for qw/POST DELETE/;
}

is(request('POST', $start, 'Content-Type' => $_)->{status}, 200, $_)
    for 'application/json', 'application/json; charset=utf-8',
        'Application/JSON ;x=y';

# the body of what was refused is not the next request

my $conn = $t->http_connect();
my $refused = $conn->request('POST', $start, body => "GET /stolen HTTP/1.1\r\n",
                             headers => { 'Content-Type' => 'text/plain' });

is($refused->{status}, 415, 'a body is refused');

my $next = $conn->get('/restream/streams')
    || $t->http_connect()->get('/restream/streams');

is($next->{status}, 200, 'and the request behind it is answered');
unlike($t->read_log('access.log'), qr/stolen/, 'it was not read as a request');

###############################################################################

# tokens do not stand in urls

problem(request('GET', "/restream/streams?$_"), 400, 'token-in-url', $_)
    for 'access_token=abc', 'q=x&access_token=abc', 'ACCESS_TOKEN=abc';

is($t->log_matches(qr/a token is never taken/), 0,
   'which is no news for a log');

# no CORS

my $preflight = request('OPTIONS', '/restream/streams',
                        'Access-Control-Request-Method' => 'GET');

ok(!grep({ /\Aaccess-control/ } keys %{$preflight->{headers}}),
   'no page of another host may read an answer');

$pub->stop();
$t->done_testing();

###############################################################################

sub request {
    my ($method, $path, %headers) = @_;

    my $body = delete $headers{body};
    my $http = $t->http_connect() or return {};
    my $answer = $http->request($method, $path, headers => \%headers,
                                defined $body ? (body => $body) : ())
        or return { status => 0 };

    $answer->{json} = eval { JSON::PP::decode_json($answer->{body}) };

    return $answer;
}


sub problem {
    my ($answer, $status, $code, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    is($answer->{status}, $status, "$name: is answered with $status")
        or diag(explain($answer));
    is($answer->{json}{code}, $code, "$name: $code");
    return;
}


sub named {
    my (@headers) = @_;

    return 'a request without headers' if !@headers;
    return join ', ', map { "$headers[2 * $_]: $headers[2 * $_ + 1]" }
        0 .. @headers / 2 - 1;
}


sub raw {
    my ($text, $at) = @_;

    my $sock = IO::Socket::IP->new(PeerHost => '127.0.0.1',
                                   PeerPort => $t->port($at || 80))
        or return '';

    print $sock $text;
    local $/;
    return scalar <$sock>;
}
