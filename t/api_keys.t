#!/usr/bin/perl

# Stream keys that the API gets: in no answer but those that are asked to reveal
# them, in no log at any level, in no argument of a process, in no temporary
# file; encrypted in the store where there is a restream_store_key.

use warnings;
use strict;

use Test::More;

use Digest::SHA qw/sha256_hex/;

use lib 't/lib';
use Test::Restream;
use Test::Restream::API;
use Test::Restream::Util qw/slurp/;

my $t = Test::Restream->new();

$t->expand(OWNER => sha256_hex('token-of-owner'),
           WRITER => sha256_hex('token-of-writer'));
$t->write_file('store.key', 'a1' x 32 . "\n");
$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    restream_store sqlite:state/restream.db;
    restream_store_key file:%%TESTDIR%%/store.key;
    restream_allow 127.0.0.0/8;

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

    log_format all '$request "$http_referer" $status $request_body';
    access_log %%TESTDIR%%/all.log all;

    server {
        listen 127.0.0.1:%%PORT_80%%;

        location /restream/ {
            restream_api;
            restream_api_token sha256:%%OWNER%% read,write,start,stop,keys
                               name=owner;
            restream_api_token sha256:%%WRITER%% read,write,start,stop
                               name=writer;
        }

        location = /restream/status {
            restream_status;
        }
    }
}
CONF

my $api = Test::Restream::API->new($t, token => 'token-of-writer');
my $owner = $api->with(token => 'token-of-owner');
my $all = '/streams/live/show/destinations';
my $in = $t->ingest(port => 1);
my $port = $t->port(1);

my %key = (
    plain => 'plain-secret-key-0001', odd => 'odd$secret"key\\0002/%41&=?',
    query => 'query-secret-key-0003?sig=query-secret-0004',
    url => 'url-secret-key-0005', rejected => 'rejected-secret-key-0006',
    changed => 'changed-secret-key-0007',
);
my $password = 'password-secret-0008';

$t->secret(values %key, $password, 'query-secret-0004');

# made in every way, sent, refused, changed

is($api->post('/streams', { app => 'live', name => 'show', destinations => [
    map { { name => $_, key => $key{$_}, url => $in->url('app') } }
        qw/plain odd query/] })->{status}, 201, 'a stream with keys');
is($api->post($all, { name => 'url', url => "rtmp://user:$password\@"
                      . "127.0.0.1:$port/app/$key{url}" })->{status}, 201,
   'a key and a password in a url');

my $nowhere = $t->port(9);

is($api->post($all, { name => 'rejected', key => $key{rejected},
                      url => "rtmp://127.0.0.1:$nowhere/app" })->{status}, 201,
   'a destination where nobody is');

my $pub = $t->publish('live/show');

wait_ok {
    my %state = map { $_->{name} => $_->{state} }
        @{$api->stream('live', 'show')->{destinations}};
    4 == grep { $state{$_} eq 'live' } qw/plain odd query url/;
} 10, 'they are live';

is($api->patch("$all/name:plain", { key => $key{changed} })->{status}, 200,
   'a key is changed');

# in what is refused

for my $body (
    { name => 'x', key => $key{plain} x 100, url => 'rtmp://h.example/app' },
    { name => 'x', key => "$key{plain}\n", url => 'rtmp://h.example/app' },
    { name => 'x', key => [$key{plain}], url => 'rtmp://h.example/app' },
    { name => 'x', url => "http://h.example/app/$key{plain}" },
    { name => 'x', url => "rtmp://u:$password\@h.example:x/app/$key{plain}" },
    { name => 'plain', key => $key{plain}, url => 'rtmp://h.example/app' },
    { app => $key{plain} })
{
    my $answer = $api->post($all, $body);
    like($answer->{status}, qr/\A4(?:09|22)\z/, 'a body that is refused');
}

is_problem($api->post($all, \"{\"key\":\"$key{plain}\"$key{plain}}"), 400,
           'syntax', 'a body that cannot be read');
is_problem($api->post($all, \"{\"key\":\"$key{plain}"), 400, 'syntax',
           'half a body');
is_problem($api->patch("$all/name:plain", { key => $key{plain} },
                       'If-Match' => '"77"'), 412, 'version', 'too late');
is($api->post($all, \("{\"key\":\"$key{plain}\"" . ' ' x 70_000 . '}'))
    ->{status}, 413, 'too large');
is($api->post($all, { name => 'again', key => $key{plain},
                      url => 'rtmp://h.example/app' },
              Authorization => 'Bearer wrong')->{status}, 401,
   'without a right');

# in two pieces, so that nginx has to keep the first

my $http = $t->http_connect();
my $text = "{\"name\":\"pieces\",\"key\":\"$key{plain}\",\"url\":"
    . '"rtmp://h.example/app","description":"' . 'x' x 4000 . '"}';

$http->{until} = mono() + slowly(5);
syswrite $http->{sock}, "POST /restream$all HTTP/1.1\r\nHost: localhost\r\n"
    . "Authorization: Bearer token-of-writer\r\nContent-Length: "
    . length($text) . "\r\n\r\n" . substr $text, 0, 60;
select undef, undef, undef, 0.05;
syswrite $http->{sock}, substr $text, 60;
like($http->_take(qr/\A(.*?\r\n)\r\n/s), qr/\AHTTP\S+ 201 /,
     'a body in two pieces');

# shown

my $shown = $api->get("$all/name:url")->{json};

is($shown->{url}, "rtmp://127.0.0.1:$port/app", 'a url without its key');
is($shown->{keyHint}, "\x{2026}0005", 'and a hint');
is_problem($api->get("$all/name:url?reveal=key"), 403, 'capability',
           'who has not the capability does not see it');
is_problem($api->get('/streams?reveal=key'), 403, 'capability', 'nor any');

for my $path ("$all/name:odd", $all, '/streams/live/show', '/streams') {
    my $text = $owner->get("$path?reveal=key")->{body};
    like($text, qr/odd\$secret/, "$path: who has it does");
}

is($owner->get("$all/name:$_?reveal=key")->{json}{key}, $key{$_}, "key $_")
    for qw/odd query url rejected/;
is($owner->get("$all/name:plain?reveal=key")->{json}{key}, $key{changed},
   'key changed');

unlike($t->http_get('/restream/status')->{body}, qr/secret/, 'the status');

# who changed what is logged

my $change = qr/token writer changed destination of stream "live\/show"/;

ok($t->log_matches(qr/\[notice\].*$change d_[0-9a-f]{16}: key/),
   'a change of a key is logged, without the key');

# at rest

$pub->unpublish();
$t->stop();

my @files = (glob($t->dir() . '/state/*'), glob($t->dir() . '/*temp*/*'),
             glob($t->dir() . '/*.log'), glob($t->dir() . '/*.out'));
my @found;

for my $file (@files) {
    next if $file =~ /ingest|publisher/;
    my $text = slurp($file);

    push @found, map { "$_ in $file" } grep { index($text, $key{$_}) >= 0 }
        sort keys %key;
    push @found, "password in $file" if index($text, $password) >= 0;
}

is_deeply(\@found, [], 'no key and no password is in a file');

$t->run();
is($owner->get("$all/name:odd?reveal=key")->{json}{key}, $key{odd},
   'but they are there');

my $mode = sprintf '%o %o', map { (stat $_)[2] & 07777 } $t->dir() . '/state',
    $t->dir() . '/state/restream.db';

is($mode, '700 600', 'nobody else may read the store');

$t->done_testing();
