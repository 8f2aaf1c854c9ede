#!/usr/bin/perl

# What the API refuses, and how it says so: as problems, all errors of a body at
# once, each with a pointer; what cannot be read is 400, what says nonsense 422;
# nothing of what was refused is done.

use warnings;
use strict;

use Test::More;

use JSON::PP ();

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

    server {
        listen 127.0.0.1:%%PORT_80%%;

        location /restream/ {
            restream_api;
        }

        location /small {
            restream_api;
            restream_api_max_body 200;
        }

        location /rtmps/ {
            restream_api;
        }
    }
}
CONF

my $api = Test::Restream::API->new($t);
my $show = '/streams/live/show';
my $url = 'rtmps://h.example/app';

$api->post('/streams', { app => 'live', name => 'show', destinations => [
    { name => 'one', url => $url, key => 'key-of-one-1' }] });

my $before = $api->stream('live', 'show');

###############################################################################

# what cannot be read

my $deep = '{"app":' . '[' x 17 . ']' x 17 . '}';
my $level = '{"destinations":' . '[' x 15 . ']' x 15 . '}';

my %syntax = (
    'nothing'               => '',
    'spaces'                => " \r\n\t ",
    'no JSON'               => 'name=show',
    'half an object'        => '{"app":"live"',
    'two of them'           => '{"app":"live"}{}',
    'a comma too many'      => '{"app":"live",}',
    'single quotes'         => "{'app':'live'}",
    'a comment'             => '{"app":"live"/**/}',
    'the same member twice' => '{"maximum":1,"maximum":2}',
    'the same, escaped'     => '{"maximum":1,"m\u0061ximum":2}',
    'too deep'              => $deep,
    'no UTF-8'              => "{\"app\":\"\xff\"}",
    'UTF-8, too long'       => "{\"app\":\"\xc0\xaf\"}",
    'half a surrogate'      => '{"app":"\ud800"}',
    'NUL'                   => "{\"app\":\"a\0b\"}",
    'NUL, escaped'          => '{"app":"a\u0000b"}',
    'a control character'   => "{\"app\":\"a\nb\"}",
    'an integer too large'  => '{"maximum":9223372036854775808}',
    'an integer too small'  => '{"maximum":-9223372036854775809}',
    'a number too large'    => '{"maximum":1e999}',
    'NaN'                   => '{"maximum":NaN}',
    'a byte order mark'     => "\xef\xbb\xbf{}",
);

for my $name (sort keys %syntax) {
    is_problem($api->patch($show, \$syntax{$name}), 400, 'syntax', $name);
}

is_problem($api->patch($show, \$level), 422, 'invalid',
           'sixteen levels are read');

###############################################################################

# what says nonsense: [body, pointers]

my $ok = { name => 'n', url => $url, key => 'key-of-new-1' };

my @content = (
    ['[]', ''], ['"x"', ''], ['null', ''], ['1', ''],
    [{ apps => 1 }, '/apps'],
    [{ 'a/b~c' => 1 }, '/a~1b~0c'],
    [{ maximum => 0 }, '/maximum'], [{ maximum => 10_001 }, '/maximum'],
    [{ maximum => '5' }, '/maximum'], [{ maximum => 1.5 }, '/maximum'],
    [{ app => 'other' }, '/app'], [{ name => undef }, '/name'],
    [{ destinations => {} }, '/destinations'],
    [{ destinations => [1] }, '/destinations/0'],
    [{ destinations => [{}] }, '/destinations/0/name', '/destinations/0/url'],
    [{ destinations => [$ok, $ok] }, '/destinations/1/name'],
    [{ destinations => [{ %$ok, titel => 1 }] }, '/destinations/0/titel'],
    map({ [{ destinations => [{ %$ok, name => $_ }] },
           '/destinations/0/name'] } '', 'x' x 101, "a\nb", 1, undef),
    map({ [{ destinations => [{ %$ok, key => $_ }] }, '/destinations/0/key'] }
        '', 'x' x 2049, "key-of-new\n", 1, [], JSON::PP::true()),
    map({ [{ destinations => [{ %$ok, url => $_ }] }, '/destinations/0/url'] }
        '', 'h.example', 'http://h.example/app', 'rtmp://', 'rtmp:///app',
        'rtmp://h.example', 'rtmp://h.example:0/app',
        'rtmp://h.example:65536/app', 'rtmp://h.example:x/app',
        'rtmp://[::1/app', "rtmp://h.example/a\tb", 'rtmp://h .example/app',
        'rtmp://h.example/' . 'x' x 2048, 1, undef),
    map({ [{ destinations => [{ %$ok, enabled => $_ }] },
           '/destinations/0/enabled'] } 1, 'true', undef),
    map({ [{ destinations => [{ %$ok, audio => $_ }] },
           '/destinations/0/audio'] } '', 'Auto', 'mute', 1),
    map({ [{ destinations => [{ %$ok, title => $_ }] },
           '/destinations/0/title'] } 'x' x 256, "a\nb", 1),
    map({ [{ destinations => [{ %$ok, description => $_ }] },
           '/destinations/0/description'] } 'x' x 5001, "a\x{1}b", 1),
    [{ maximum => 'x', apps => 1, destinations => [
        { name => '', url => 'x', key => 1 }, { enabled => 2 }] },
     '/apps', '/destinations/0/key', '/destinations/0/name',
     '/destinations/0/url', '/destinations/1/enabled', '/destinations/1/name',
     '/destinations/1/url', '/maximum'],
);

for my $case (@content) {
    my ($value, @pointers) = @$case;
    my $text = ref $value ? JSON::PP->new()->canonical()->encode($value)
        : $value;
    my $answer = $api->patch($show, ref $value ? $value : \$value);
    my $name = 'body ' . substr $text, 0, 60;

    is_problem($answer, 422, 'invalid', $name);
    is_deeply([sort map { $_->{pointer} } @{$answer->{json}{errors}}],
              \@pointers, 'the pointers');
}

my $answer = $api->patch($show, { map { ("x$_" => 1) } 1 .. 300 });
is(@{$answer->{json}{errors}}, 100, 'of many errors a hundred are listed');

$answer = $api->post('/streams', { name => 'x' });
is_problem($answer, 422, 'invalid', 'a stream without an application');
is_deeply([map { $_->{pointer} } @{$answer->{json}{errors}}], ['/app'],
          'which is what is missing');

# the query: [what, status, pointer]

for my $case (
    ['limit=0', 422, '/limit'], ['limit=1001', 422, '/limit'],
    ['limit=x', 422, '/limit'], ['limit=1&limit=2', 422, '/limit'],
    ['live=yes', 422, '/live'], ['cursor=x', 422, '/cursor'],
    ['cursor=!', 422, '/cursor'], ['reveal=keys', 422, '/reveal'],
    ['page=2', 422, '/page'], ['app=' . 'x' x 256, 422, '/app'],
    ['q=%ff', 422, '/q'], ['q=%zz', 400], ['app=%00', 400])
{
    my ($query, $status, $pointer) = @$case;

    $answer = $api->get("/streams?$query");
    is_problem($answer, $status, $status == 400 ? 'syntax' : 'invalid',
               substr $query, 0, 20);
    is($answer->{json}{errors}[0]{pointer}, $pointer, 'the pointer')
        if $pointer;
}

###############################################################################

# paths and methods

is_problem($api->get($_), 404, 'not-found', $_)
    for '/', '/nothing', '/streams/', '/streams/live', '//streams',
        '/streams/live/show/', '/streams/live//show',
        '/streams/live/%0a', '/streams/live/%7f', '/streams/live/%2e%2e',
        '/streams/live/..', '/streams/live/' . 'x' x 256,
        '/streams/' . 'x' x 256 . '/show', '/streams/live/show/nothing',
        '/streams/live/show/destinations/', '/STREAMS', '/health/',
        '/streams/live/show/destinations/x',
        '/streams/live/show/destinations/name:',
        '/streams/live/show/destinations/d_0',
        '/streams/live/show/destinations/d_0123456789ABCDEF';

is_problem($api->get("$show/destinations/$_"), 404, 'no-destination', $_)
    for 'name:none', 'd_0123456789abcdef';

my %allow = (
    '/streams' => 'GET, HEAD, POST, OPTIONS',
    $show => 'GET, HEAD, PATCH, DELETE, OPTIONS',
    "$show/start" => 'POST, OPTIONS',
    "$show/destinations" => 'GET, HEAD, POST, OPTIONS',
);

for my $path (sort keys %allow) {
    for my $method (qw/PUT LINK/) {
        $answer = $api->call($method, $path, {},
                             'Content-Type' => 'application/json');
        is_problem($answer, 405, 'method-not-allowed', "$method $path");
        is($answer->{headers}{allow}, $allow{$path}, 'what it has');
    }

    is($api->call('OPTIONS', $path)->{headers}{allow}, $allow{$path},
       "OPTIONS $path");
}

my ($head, $get) = map { $api->call($_, $show) } qw/HEAD GET/;

is($head->{status}, 200, 'HEAD');
is($head->{headers}{$_}, $get->{headers}{$_}, "as GET: $_")
    for qw/etag content-type content-length cache-control/;
is($head->{body}, '', 'without a body');

###############################################################################

# headers

is_problem($api->patch($show, { maximum => 2 }, 'Content-Type' => $_), 415,
           'media-type', 'content type ' . ($_ || 'none'))
    for undef, 'text/plain', 'application/x-www-form-urlencoded',
        'application/jsonx', 'multipart/form-data; boundary=x';
is($api->patch($show, {}, 'Content-Type' => $_)->{status}, 200,
   "content type $_")
    for 'application/json', 'application/json; charset=utf-8',
        'Application/JSON';
is_problem($api->post("$show/stop", undef, 'Content-Type' => undef), 415,
           'media-type', 'also where there is no body');
is_problem($api->post('/streams', { app => 'live' }, 'Idempotency-Key' => $_),
           400, 'idempotency-key', 'a key of ' . length . ' bytes')
    for 'x' x 256;

###############################################################################

# size: nginx's answer

my $large = '{"title":"' . 'x' x 70_000 . '"}';

$answer = $api->patch($show, \$large);
is($answer->{status}, 413, 'a large body');
is($api->patch($show, \('{' . ' ' x 65_534 . '}'))->{status},
   413 - 213, 'one of 64k is none');
is($api->with(prefix => '/small')->patch($show, \('{' . ' ' x 300 . '}'))
    ->{status}, 413, 'restream_api_max_body');
is($api->with(prefix => '/small')->patch($show, {})->{status}, 200,
   'a location without a slash at its end');
is_problem($api->with(prefix => '/smallish')->get('/streams'), 404,
           'not-found', 'which is not the beginning of another one');

# a body in pieces, and in chunks

for my $chunk (1, 7, 4096) {
    my $text = JSON::PP->new()->encode({ destinations => [
        { name => 'one', url => $url }], name => 'show', app => 'live' });
    my $body = join '', (map { sprintf "%x\r\n%s\r\n", length, $_ }
                         $text =~ /(.{1,$chunk})/gs), "0\r\n\r\n";

    $answer = $api->patch($show, \$body, 'Transfer-Encoding' => 'chunked',
                          'Content-Length' => undef);
    is($answer->{status}, 200, "chunks of $chunk bytes");
}

# nothing was done

my $after = $api->stream('live', 'show');

is_deeply($after, $before, 'what was refused was not done');
is(@{$api->get('/streams')->{json}{items}}, 1, 'nor was anything made');
is($t->log_matches(qr/header already sent/), 0, 'one answer each');

$t->done_testing();
