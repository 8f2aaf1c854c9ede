#!/usr/bin/perl

# Requests made wrong at random: bodies, paths, queries and headers, 1,000 of
# them and 100,000 with --full.  None is answered with a 5xx but 503 and 507,
# and what is right is answered as ever.

use warnings;
use strict;

use Test::More;

use JSON::PP ();

use lib 't/lib';
use Test::Restream;
use Test::Restream::API;
use Test::Restream::HTTP;
use Test::Restream::Mutate qw/below pick spoil spoil_json/;

use constant KEY => 'key-of-the-requests';

my $t = Test::Restream->new();
my $requests = $t->full() ? 100_000 : 1_000;

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
            restream_destination fixed rtmp://127.0.0.1:%%PORT_9%%/app/k;
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

my $url = '"url":"rtmps://h.example:443/app?a=b"';
my $show = '/restream/streams/live/show';

# of each call one that is right; whether it is of each is looked at below

my @calls = (
    ['POST', '/restream/streams', '{"app":"live","name":"show"}'],
    ['POST', '/restream/streams',
     '{"app":"live","name":"n","maximum":9,"destinations":[{"name":"a",' . $url
     . ',"key":"' . KEY . '","enabled":false},{"name":"b",' . $url
     . ',"key":"' . KEY . '","title":"\u00e4\ud83d\ude00"}]}'],
    ['PATCH', $show, '{"maximum":7,"destinations":[{"name":"d",' . $url . ','
     . '"key":"' . KEY . '","description":null,"audio":"auto"}]}'],
    ['DELETE', '/restream/streams/live/n', ''],
    ['POST', "$show/destinations",
     '{"name":"x%s",' . $url . ',"key":"' . KEY . '"}'],
    ['PATCH', "$show/destinations/name:d", '{"title":"t","enabled":true}'],
    ['PATCH', "$show/destinations/name:d",
     '{"name":"d",' . $url . ',"key":"' . KEY . '","audio":"auto",'
     . '"description":"x","id":"d_0123456789abcdef","state":"live"}'],
    ['POST', "$show/destinations/name:fixed/stop", '{}'],
    ['POST', "$show/destinations/name:fixed/start", ''],
    ['POST', "$show/stop", ''],
    ['POST', "$show/start", '{}'],
    ['DELETE', "$show/destinations/name:x1", ''],
    ['GET', "$show?reveal=key", ''],
    ['GET', '/restream/streams?app=live&live=false&q=s&limit=3', ''],
    ['GET', '/restream/streams?limit=1&cursor=bGl2ZQBzaG93', ''],
    ['GET', "$show/destinations", ''],
    ['GET', "$show/destinations/d_0123456789abcdef", ''],
    ['GET', '/restream/platforms', ''],
    ['GET', '/restream/openapi.json', ''],
    ['GET', '/restream/health', ''],
    ['OPTIONS', '/restream/health', ''],
);
my @headers = (['If-Match', '"3"'], ['Idempotency-Key', 'k-1'],
               ['Authorization', 'Bearer abc.def.ghi'],
               ['Content-Type', 'application/json; charset=utf-8']);

my $api = Test::Restream::API->new($t);
is($api->post('/streams', { app => 'live', name => 'show' })->{status}, 201,
   'a stream');

my @workers = $t->worker_pids();

# none of the document's is left out

my %known = map { my ($method, $path) = @$_;
    my $template = $api->template($path =~ s{\A/restream}{}r);

    (lc $method . " $template" => 1) } @calls;
my $paths = $api->document()->{paths};

is_deeply([grep { !$known{$_} } map { my $path = $_;
              map { "$_ $path" } grep { $paths->{$path}{$_} }
                  qw/get post patch delete/ } sort keys %$paths],
          [], 'there is one of every call');

srand $t->seed();

my (%status, @bad, $conn);

for my $n (1 .. $requests) {
    my ($method, $path, $body) = @{pick(@calls)};

    $body =~ s/%s/$n/;
    $body = !below(4) ? $body : $body =~ /\A\{./s && below(2)
        ? spoil_json(JSON::PP::decode_json($body)) : spoil($body);
    $path = spoilt_path($path) if below(2);

    my %headers = ('Content-Type' => 'application/json',
                   $method =~ /^P/ ? ('Content-Length' => length $body) : ());

    if (!below(4)) {
        my ($name, $value) = @{pick(@headers)};
        $headers{$name} = spoil($value) =~ s/[\r\n]//gr;
    }

    $conn ||= Test::Restream::HTTP->new(port => $t->port(80));

    my $answer = $conn && $conn->request($method, $path, body => $body,
                                         headers => \%headers);

    # nginx closes what it cannot read; a worker that has gone shows below

    if (!$answer || ($answer->{headers}{connection} || '') eq 'close') {
        undef $conn;
    }

    my $status = $answer ? $answer->{status} : 0;

    $status{$status}++;
    push @bad, "$status: $method $path $body"
        if $status >= 500 && $status != 503 && $status != 507;
}

note "$_: $status{$_}" for sort keys %status;

is_deeply(\@bad, [], "no server error in $requests requests")
    or diag('seed ' . $t->seed());
cmp_ok($status{$_} || 0, '>', 0, "some are answered with $_")
    for 200, 400, 404, 422;
is_deeply([$t->worker_pids()], \@workers, 'the workers are the same');

is($api->post('/streams', { app => 'live', name => 'after' })->{status}, 201,
   'and a request that is right is answered');
is($api->get('/streams/live/after')->{status}, 200, 'as ever');

$t->done_testing();

###############################################################################

# nothing that would end the request line
sub spoilt_path {
    my ($path) = @_;

    my $wrong = below(2) ? spoil($path)
        : $path =~ s{/([^/?]*)(?=[/?]|\z)}
                    {'/' . (below(3) ? $1 : escaped())}ger;

    return '/restream/' . $wrong =~ s{\A/?(?:restream/)?}{}r
        =~ s/([\x00-\x20\x7f-\xff#])/sprintf '%%%02X', ord $1/ger;
}


sub escaped {
    return pick('%2F', '%00', '%', '%zz', '..', '.', '%2e%2e', '', 'a' x 300,
                '%C3%A4', '%FF', 'name:%20', 'd_', 'd_' . 'f' x 16);
}
