#!/usr/bin/perl

# Tokens of restream_api_token: who shows none or a wrong one is not let in,
# what a token may not do is named, what it may not see does not exist; where a
# location has tokens of its own, those of the server do not count there.

use warnings;
use strict;

use Test::More;

use Digest::SHA qw/sha256_hex/;
use JSON::PP ();

use lib 't/lib';
use Test::Restream;
use Test::Restream::Util qw/slurp/;

my $t = Test::Restream->new();

# name => what stands behind the hash

my %tokens = (
    everything => 'read,write,start,stop,keys,events,webhooks,limits',
    reader => 'read',
    writer => 'read,write',
    starter => 'start-broadcast-call',
    stopper => 'stop-broadcast-call',
    alice => 'read,write,start,stop streams=live/alice*',
    two => 'read streams=live/alice1 streams=live/bob',
    regex => '"read" "streams=~^live/(alice1|bob)$"',
    endless => 'read ' . join(' ', map { "'streams=~^live/(a|aa|x{$_})+\$'" }
                                   1 .. 30),
    nobody => 'read streams=vod/x',
);

$t->expand(TOKENS => join "\n", map {
    'restream_api_token sha256:' . sha256_hex("token-of-$_")
        . " $tokens{$_} name=$_;"
} sort keys %tokens);
$t->expand(OTHER => sha256_hex('token-of-other'));

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

        %%TOKENS%%
        restream_api_cors https://panel.example http://localhost:3000;

        location /restream/ {
            restream_api;
        }

        location /other/restream/ {
            restream_api_token sha256:%%OTHER%% read;
            restream_api;
        }
    }
}
CONF

my @streams = qw/aaaa alice1 alice2 bob/;
my @pubs = map { $t->publish("live/$_") } @streams;

wait_until { @{listed('everything') || []} == @streams }
    10, 'the streams are there';

###############################################################################

# who is not let in

my $answer = request('GET', '/restream/streams');

problem($answer, 401, 'unauthorized', 'without a token');
is($answer->{headers}{'www-authenticate'}, 'Bearer realm="restream"',
   'which is asked for');

for my $headers (
    [Authorization => 'Basic dG9rZW4tb2YtcmVhZGVyOg=='],
    [Authorization => 'token-of-reader'],
    [Authorization => 'Token token-of-reader'],
    [Authorization => 'Bearer'],
    ['X-Api-Key' => 'token-of-reader'],
    [Cookie => 'access_token=token-of-reader'])
{
    $answer = request('GET', '/restream/streams', @$headers);
    problem($answer, 401, 'unauthorized', "$headers->[0]: $headers->[1]");
}

for my $wrong ('wrong', 'token-of-reade', 'token-of-readerr', 'Token-of-reader',
               'sha256:' . sha256_hex('token-of-reader'),
               sha256_hex('token-of-reader'), 'token-of-reader token-of-reader',
               'x' x 4000, '', 'token-of-other', '..', 'a.b.c')
{
    $answer = request('GET', '/restream/streams',
                      Authorization => "Bearer $wrong");
    problem($answer, 401, $wrong eq '' ? 'unauthorized' : 'invalid-token',
            'token ' . substr $wrong, 0, 40);
    is($answer->{headers}{'www-authenticate'},
       'Bearer realm="restream", error="invalid_token"', 'is said to be wrong')
        if $wrong ne '';
}

my $unknown = 'API refused a token: the token is unknown, client: 127';
cmp_ok($t->log_matches(qr/\[warn\] .*$unknown/), '>=', 10,
       'wrong tokens are logged');
is($t->log_matches(qr/restream API.*token-of-readerr/), 0,
   'and do not stand there');

problem(request('GET', '/restream/streams?access_token=token-of-reader',
                Authorization => 'Bearer token-of-reader'),
        400, 'token-in-url', 'a token in the URL');

# who is

is(request('GET', '/restream/streams', Authorization => $_)->{status}, 200, $_)
    for 'Bearer token-of-reader', 'bearer token-of-reader',
        'BEARER   token-of-reader';

is(request('GET', '/restream/streams',
           Authorization => 'Bearer token-of-reader',
           'X-Forwarded-For' => '192.0.2.1', Host => 'api.example',
           Origin => 'https://page.example')->{status}, 200,
   'a token is enough: through a proxy, for any host, from any page');

# tokens of a location

is(request('GET', '/other/restream/streams', as('other'))->{status}, 200,
   'a location has its own token');
problem(request('GET', '/other/restream/streams', as('everything')), 401,
        'invalid-token', 'and not that of the server');

###############################################################################

# what one may do: [method, path, capability]

my @calls = (
    ['GET', '/restream/streams', 'read'],
    ['GET', '/restream/streams/live/alice1', 'read'],
    ['POST', '/restream/streams/live/alice1/start', 'start'],
    ['POST', '/restream/streams/live/alice1/stop', 'stop'],
    ['PATCH', '/restream/streams/live/alice1', 'write'],
    ['DELETE', '/restream/streams/live/nothing', 'write'],
);

my %may = (
    everything => [qw/read write start stop/],
    reader => ['read'],
    writer => [qw/read write/],
    starter => ['start'],
    stopper => ['stop'],
);

for my $name (sort keys %may) {
    for my $call (@calls) {
        my ($method, $path, $capability) = @$call;

        $answer = request($method, $path, as($name),
                          $method eq 'PATCH' ? (body => '{}') : ());

        if (grep { $_ eq $capability } @{$may{$name}}) {
            unlike($answer->{status}, qr/\A(?:401|403|415|5..|0)\z/,
                   "$name: $method $path: is allowed");
            next;
        }

        problem($answer, 403, 'capability', "$name: $method $path");
        is($answer->{json}{capability}, $capability, 'which is named');
        like($answer->{json}{detail}, qr/"$capability"/, 'in words, too');
    }
}

###############################################################################

# what one may see

my %sees = (
    everything => [@streams],
    alice => [qw/alice1 alice2/],
    two => [qw/alice1 bob/],
    regex => [qw/alice1 bob/],
    nobody => [],
    endless => ['aaaa'],
);

for my $name (sort keys %sees) {
    is_deeply(listed($name), $sees{$name},
              "$name: sees " . (join(', ', @{$sees{$name}}) || 'nothing'));

    for my $stream (@streams) {
        my $seen = grep { $_ eq $stream } @{$sees{$name}};

        $answer = request('GET', "/restream/streams/live/$stream", as($name));
        is($answer->{status}, $seen ? 200 : 404, "$name: $stream: "
           . ($seen ? 'is there' : 'does not exist'));
    }
}

for my $call (['GET', ''], ['POST', '/start'], ['POST', '/stop'],
              ['PATCH', ''], ['DELETE', ''])
{
    my ($method, $more) = @$call;
    my @answers = map {
        my $answer = request($method, "/restream/streams/live/$_$more",
                             as('alice'), $method eq 'PATCH' ? (body => '{}')
                                                             : ());
        "$answer->{status} $answer->{body}";
    } qw/bob bobby/;

    is($answers[0], $answers[1], "$method$more: a stream out of sight is "
       . 'answered as one that is not there');
    like($answers[0], qr/\A404 /, 'which is: not found');
}

my $before = mono();

is(request('GET', '/restream/streams/live/' . 'a' x 100 . '!',
           as('endless'))->{status}, 404, 'regexes that backtrack without end');
cmp_ok(mono() - $before, '<', slowly(1), 'do not keep the worker');

###############################################################################

# pages of other hosts

my %panel = (Origin => 'https://panel.example');

$answer = request('OPTIONS', '/restream/streams', %panel,
                  'Access-Control-Request-Method' => 'PATCH',
                  'Access-Control-Request-Headers' => 'authorization');

is($answer->{status}, 204, 'a preflight is answered without a token');
is($answer->{headers}{'access-control-allow-origin'}, 'https://panel.example',
   'for this page');
like($answer->{headers}{'access-control-allow-methods'}, qr/\bPATCH\b/,
     'it may change');
like($answer->{headers}{'access-control-allow-headers'}, qr/\bAuthorization\b/,
     'with a token');
ok(!exists $answer->{headers}{'access-control-allow-credentials'},
   'and not with what the browser has');

for my $headers ([as('reader')], [], [Authorization => 'Bearer wrong'],
                 [as('starter')])
{
    $answer = request('GET', '/restream/streams', %panel, @$headers);
    is($answer->{headers}{'access-control-allow-origin'},
       'https://panel.example', "it may read an answer of $answer->{status}");
    like($answer->{headers}{vary}, qr/\bOrigin\b/, 'which is for its origin');
}

# every route, those for everybody among them

my $paths = JSON::PP::decode_json(slurp($t->tree() . '/conf/openapi.json'))
    ->{paths};

for my $template (sort keys %$paths) {
    my $path = '/restream' . $template =~ s/\{(\w+)\}/
        $1 eq 'app' ? 'live' : $1 eq 'name' ? 'alice1' : 'name:x'/erg;

    for my $method (map { uc } grep { $_ eq 'get' } keys %{$paths->{$template}})
    {
        $answer = request($method, $path, %panel, as('reader'));
        is($answer->{headers}{'access-control-allow-origin'},
           'https://panel.example', "$method $template may be read");
        like($answer->{headers}{vary}, qr/\bOrigin\b/, 'by its page');
        $answer = request($method, $path, as('reader'));
        ok(!exists $answer->{headers}{'access-control-allow-origin'},
           'without an origin nothing is said of one');
    }

    $answer = request('OPTIONS', $path, %panel,
                      'Access-Control-Request-Method' => 'GET');
    is($answer->{status}, 204, "a preflight of $template");
    is($answer->{headers}{'access-control-allow-origin'},
       'https://panel.example', 'may be read');
    like(request('OPTIONS', $path, as('reader'))->{headers}{allow} || '',
         qr/\bOPTIONS\b/, 'OPTIONS tells the methods');
}

for my $path ('/restream/health', '/restream/openapi.json') {
    $answer = request('GET', $path, %panel);
    is($answer->{status}, 200, "$path needs no token");
    is($answer->{headers}{'access-control-allow-origin'},
       'https://panel.example', 'of a page either');
}

for my $origin ('https://page.example', 'https://panel.example.page.example',
                'http://panel.example', 'https://panel.example:8443', 'null')
{
    for my $method (qw/OPTIONS GET/) {
        $answer = request($method, '/restream/streams', as('reader'),
                          Origin => $origin,
                          'Access-Control-Request-Method' => 'GET');
        ok(!exists $answer->{headers}{'access-control-allow-origin'},
           "$origin may not: $method");
    }
}

$_->stop() for @pubs;
$t->done_testing();

###############################################################################

sub as {
    my ($name) = @_;

    return (Authorization => "Bearer token-of-$name");
}


sub request {
    my ($method, $path, %o) = @_;

    my $body = delete $o{body};

    $o{'Content-Type'} = 'application/json' if defined $body;

    my $http = $t->http_connect() or return {};
    my $answer = $http->request($method, $path, headers => \%o,
                                defined $body ? (body => $body) : ())
        or return { status => 0 };

    $answer->{json} = eval { JSON::PP::decode_json($answer->{body}) };

    return $answer;
}


sub listed {
    my ($name) = @_;

    my $answer = request('GET', '/restream/streams', as($name));

    return $answer->{json}{items}
        ? [sort map { $_->{name} } @{$answer->{json}{items}}] : undef;
}


sub problem {
    my ($answer, $status, $code, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    is($answer->{status}, $status, "$name: is answered with $status")
        or diag(explain($answer));
    is($answer->{json}{code}, $code, "$name: $code");
    return;
}
