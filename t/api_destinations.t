#!/usr/bin/perl

# Destinations of the API: made, shown, changed and removed, by id and by name;
# keys are written and not read; what nginx.conf makes is only switched.

use warnings;
use strict;
use utf8;

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
            restream_destination conf rtmp://127.0.0.1:%%PORT_1%%/app/conf-key;
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

$api->post('/streams', { app => 'live', name => 'show' });

###############################################################################

# made

my $answer = $api->post($all, { name => 'tube', key => 'secret-of-tube',
                                url => 'rtmps://a.example:443/live2' });
my $dst = $answer->{json};

is($answer->{status}, 201, 'a destination is made');
is($answer->{headers}{location}, "/restream$all/$dst->{id}", 'which is there');
is($answer->{headers}{etag}, '"1"', 'in its first version');
is_deeply([@$dst{qw/name url origin version title description audio/}],
          ['tube', 'rtmps://a.example:443/live2', 'api', 1,
           undef, undef, undef], 'as it was asked for');
ok($dst->{enabled}, 'it is enabled');
is_deeply([$dst->{state}, $dst->{reason}{code}], ['off', 'not-live'],
          'and off, since the stream is not live');
is($dst->{keyHint}, "\x{2026}tube", 'the key is only hinted at');
is_deeply($api->get("$all/$dst->{id}")->{json}, $dst, 'it is found by its id');
is_deeply($api->get("$all/name:tube")->{json}, $dst, 'and by its name');
is_deeply($api->get($all)->{json}{items}[1], $dst, 'and among all');
is($api->stream('live', 'show')->{version}, 2,
   'the stream has another version, too');

is_problem($api->post($all, { name => 'tube',
                              url => 'rtmp://b.example/a/key-of-another' }),
           409, 'name-taken', 'there is one of a name');
is_problem($api->post($all, { name => 'conf',
                              url => 'rtmp://b.example/a/key-of-another' }),
           409, 'name-taken', 'also of those in nginx.conf');
is_problem($api->post($all, { name => 'new', url => 'rtmp://b.example/a' }),
           422, 'invalid', 'one without a key');
is_problem($api->post('/streams/live/none/destinations',
                      { name => 'new', url => 'rtmp://b.example/a/some-key' }),
           404, 'no-stream', 'one of a stream that is not there');

# urls

for my $case (
    ['rtmp://h.example/app/last-is-key', 'rtmp://h.example/app', 'last-is-key'],
    ['rtmp://h.example:1936/a/b/last-is-key?x=y', 'rtmp://h.example:1936/a/b',
     'last-is-key?x=y'],
    ['rtmp://user:word-of-user@h.example/app/last-is-key',
     'rtmp://h.example/app', 'last-is-key'],
    ['rtmps://[2001:db8::1]/app', 'rtmps://[2001:db8::1]/app', 'given-key'],
    ['rtmp://h.example/app?backup=1', 'rtmp://h.example/app', 'given-key'],
    ['rtmp://h.example/$app', 'rtmp://h.example/$app', 'given-$name-key'])
{
    my ($url, $shown, $key) = @$case;
    my $given = $key =~ /\Agiven/;

    $t->secret($key);
    $answer = $api->post($all, { name => 'u', url => $url,
                                 $given ? (key => $key) : () });
    is($answer->{status}, 201, $url);
    is($answer->{json}{url}, $shown, 'is shown without what is secret');
    is($api->get("$all/name:u?reveal=key")->{json}{key}, $key, 'the key');

    my %back = %{$answer->{json}};

    $answer = $api->patch("$all/name:u", \%back);
    is($answer->{json}{version}, $back{version},
       'sent back as shown it is no change');
    is($api->get("$all/name:u?reveal=key")->{json}{key}, $key,
       'and the key stays');
    is($api->delete("$all/name:u")->{status}, 204, 'it is removed');
}

# names

for my $name ('ü/ö', 'name:x', 'd_0123456789abcdef', ' ', '..', '%', 'a?b#c',
              "\x{1f980}" x 100)
{
    (my $bytes = $name) =~ s/(.)/my $c = $1; utf8::encode($c); $c/ge;
    my $path = '/streams' . escape('live', 'show', 'destinations',
                                   "name:$bytes");

    $answer = $api->post($all, { name => $name, key => 'some-key-1234',
                                 url => 'rtmp://h.example/app' });
    is($answer->{status}, 201, 'the name ' . substr $bytes, 0, 20);
    is($api->get($path)->{json}{id}, $answer->{json}{id}, 'is found');
    is($api->delete($path)->{status}, 204, 'and removed');
}

###############################################################################

# changed

my $id = $dst->{id};

$answer = $api->patch("$all/$id", { title => 'Tüte', description => "a\nb" });
is($answer->{status}, 200, 'a destination is changed');
is_deeply([@{$answer->{json}}{qw/title description version/}],
          ['Tüte', "a\nb", 2], 'in what was said');
is($answer->{headers}{etag}, '"2"', 'it is the second version');
is($api->patch("$all/$id", { description => undef })->{json}{description},
   undef, 'null takes a description away');
is($api->get("$all/$id")->{json}{title}, 'Tüte', 'what is not said stays');
is($api->patch("$all/$id", { audio => 'silence' })->{json}{audio}, 'silence',
   'the audio');

my $version = $api->get("$all/$id")->{json}{version};

is($api->patch("$all/$id", { audio => 'silence', title => 'Tüte' })
    ->{json}{version}, $version, 'what is so already is no change');
is_problem($api->patch("$all/$id", { title => 'x' },
                       'If-Match' => '"1"'), 412, 'version',
           'who has seen an old version changes nothing');
is_problem($api->delete("$all/$id", undef, 'If-Match' => '"1"'), 412,
           'version', 'nor removes it');
is($api->patch("$all/$id", { title => 'x' },
               'If-Match' => "\"$version\"")->{status}, 200,
   'who has seen the last one does');

$answer = $api->patch("$all/$id", { key => 'other-secret-abcd' });
is($answer->{json}{keyHint}, "\x{2026}abcd", 'another key');
is($api->get("$all/$id?reveal=key")->{json}{key}, 'other-secret-abcd',
   'is what it says');
is_problem($api->patch("$all/$id", { key => undef }), 422, 'invalid',
           'a key cannot be taken away where the url has none');

$answer = $api->patch("$all/$id", { name => 'tube 2' });
is($answer->{json}{id}, $id, 'with another name it is the same one');
is_problem($api->get("$all/name:tube"), 404, 'no-destination',
           'which is not there by the old name');
is($api->get("$all/name:tube%202")->{json}{id}, $id, 'but by the new one');
is_problem($api->patch("$all/$id", { name => 'conf' }), 409, 'name-taken',
           'a name that is taken');

$answer = $api->patch("$all/name:tube%202", { name => 'tube' });
is($answer->{json}{name}, 'tube', 'found by a name that changes');

###############################################################################

# of nginx.conf

my $conf = $api->get("$all/name:conf")->{json};
my $off = JSON::PP::false();

is_deeply([@$conf{qw/origin version keyHint createdAt/}],
          ['config', 0, undef, undef], 'one of nginx.conf');
is($api->get("$all/name:conf?reveal=key")->{json}{key}, undef,
   'whose key is not ours to show');

for my $path ("$all/name:conf", "$all/$conf->{id}") {
    is_deeply($api->get($path)->{json}, $conf, "$path: is shown");
    is_problem($api->delete($path), 409, 'read-only', 'cannot be removed');
    is_problem($api->patch($path, { title => 'x' }), 409, 'read-only',
               'nor changed');
    is_problem($api->patch($path, { key => 'another-key-1' }), 409,
               'read-only', 'nor get another key');
    $answer = $api->patch($path, { enabled => $off });
    is($answer->{status}, 200, 'but switched');
    ok(!$answer->{json}{enabled}, 'off');
    ok($api->patch($path, { enabled => JSON::PP::true() })->{json}{enabled},
       'and on');
}

is_problem($api->patch("$all/name:conf", { enabled => $off },
                       'If-Match' => '"4"'), 412, 'version',
           'its version is 0');
is($api->patch("$all/name:conf", { enabled => $off },
               'If-Match' => '"0"')->{status}, 200, 'which matches');

###############################################################################

# removed

is($api->delete("$all/$id")->{status}, 204, 'a destination is removed');
is_problem($api->delete("$all/$id"), 404, 'no-destination', 'it is gone');
is_problem($api->get("$all/name:tube"), 404, 'no-destination',
           'by its name, too');
is(@{$api->get($all)->{json}{items}}, 1, 'and not among the others');
isnt($api->post($all, { name => 'tube', key => 'secret-of-tube',
                        url => 'rtmps://a.example/live2' })->{json}{id}, $id,
     'who has its name next is another one');

$t->done_testing();
