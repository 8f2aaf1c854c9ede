#!/usr/bin/perl

# Streams of the API: they are made, shown, changed and removed; a list of
# destinations takes the place of the one before; a stream is there when it is
# configured or live; what a client has not seen it does not overwrite.

use warnings;
use strict;
use utf8;

use Test::More;

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
    restream_publisher_grace 0;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;
            restream on;
        }

        application fixed {
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
my %key = map { $_ => "secret-key-of-$_" } qw/a b c d/;

###############################################################################

# made

my $answer = $api->post('/streams', {
    app => 'live', name => 'show',
    destinations => [map { entry($_) } qw/a b/] });
my $stream = $answer->{json};

is($answer->{status}, 201, 'a stream is made');
is($answer->{headers}{location}, '/restream/streams/live/show',
   'and it is told where it is');
is($answer->{headers}{etag}, '"1"', 'in its first version');
is_deeply([@$stream{qw/app name version maximum/}],
          ['live', 'show', 1, 20], 'as it was asked for');
ok($stream->{configured}, 'it is configured');
ok(!$stream->{live} && !$stream->{broadcasting}, 'and not live');
is($stream->{ingest}, undef, 'nothing arrives');
is($stream->{createdAt}, $stream->{updatedAt}, 'it has just been made');
is(names($stream), 'a b', 'with its destinations');
is_deeply([map { $_->{keyHint} } @{$stream->{destinations}}],
          ["\x{2026}of-a", "\x{2026}of-b"], 'whose keys are not shown');
is_deeply($api->stream('live', 'show'), $stream, 'and is there');

$answer = $api->post('/streams', { app => 'live' });
my $made = $answer->{json}{name};

is($answer->{status}, 201, 'a stream without a name is made');
like($made, qr/\A[a-z0-9]{26}\z/, 'with one that nobody guesses');
is($answer->{headers}{location}, "/restream/streams/live/$made",
   'which is told');
isnt($api->post('/streams', { app => 'live' })->{json}{name}, $made,
     'the next one has another one');

is_problem($api->post('/streams', { app => 'live', name => 'show' }),
           409, 'stream-exists', 'there is only one of a name');
is($api->post('/streams', { app => 'other', name => 'show' })->{status}, 201,
   'in an application, also one that nothing is known of');

for my $name ('a/b', 'ä ö', '50%', '?q', "name:x", '+', '..;', 'x' x 255) {
    my $path = '/streams' . escape('live', utf8($name));

    $answer = $api->post('/streams', { app => 'live', name => $name });
    is($answer->{status}, 201, 'the name ' . substr utf8($name), 0, 20);
    is($answer->{headers}{location}, "/restream$path" =~ s/:/%3A/r,
       'stands in the path');
    is($api->get($path)->{json}{name}, $name, 'where it is found');
    is($api->delete($path)->{status}, 204, 'and can be removed');
    is_problem($api->get($path), 404, 'no-stream', 'so that it is gone');
}

###############################################################################

# changed

my @ids = ids($stream);

$answer = $api->patch('/streams/live/show', {});
is($answer->{status}, 200, 'a change of nothing');
is($answer->{json}{version}, 1, 'is none');

delete $stream->{maximum};
$answer = $api->patch('/streams/live/show', $stream);
is($answer->{status}, 200, 'what is shown can be sent back');
is($answer->{json}{version}, 1, 'and changes nothing');

$answer = $api->patch('/streams/live/show', { maximum => 3 });
is($answer->{json}{maximum}, 3, 'it has a maximum of its own');
is($answer->{json}{version}, 2, 'which is a change');
is($answer->{headers}{etag}, '"2"', 'as its ETag says');
is($api->patch('/streams/live/show', { maximum => undef })->{json}{maximum},
   20, 'and none any more');

$answer = $api->patch('/streams/live/show', { destinations => [
    { name => 'b', url => url('b'), title => 'B' }, entry('c')] });
$stream = $answer->{json};

is($answer->{status}, 200, 'a list replaces the one before');
is(names($stream), 'b c', 'what it does not name is gone');
is((ids($stream))[0], $ids[1], 'what it names stays');
is($stream->{destinations}[0]{title}, 'B', 'with what it says of it');
is(key('b'), $key{b}, 'and the key that it does not give');

$answer = $api->patch('/streams/live/show', { destinations => [
    { name => 'c', url => url('c') }, { name => 'b', url => url('b') }] });
is($answer->{json}{destinations}[0]{title}, undef,
   'a title that is not in the list is removed');
is(names($answer->{json}), 'b c', 'the order is that of making');

$answer = $api->patch('/streams/live/show', { destinations => [
    entry('a'), { name => 'new', url => url('d') }] });
is_problem($answer, 422, 'invalid', 'a new one needs a key');
is_deeply([map { $_->{pointer} } @{$answer->{json}{errors}}],
          ['/destinations/1/key'], 'which is said of the one');
is(names($api->stream('live', 'show')), 'b c', 'and nothing has changed');

is_problem($api->patch('/streams/live/show', { name => 'other' }), 422,
           'invalid', 'a stream keeps its name');

$answer = $api->patch('/streams/live/show', { destinations => [] });
is_deeply($answer->{json}{destinations}, [], 'an empty list removes all');
ok($answer->{json}{configured}, 'but not the stream');

###############################################################################

# versions

$stream = $api->stream('live', 'show');

my @stale = ('If-Match' => '"' . ($stream->{version} - 1) . '"');
my @current = ('If-Match' => "\"$stream->{version}\"");

is_problem($api->patch('/streams/live/show', { maximum => 9 }, @stale), 412,
           'version', 'who has not seen the last version changes nothing');
is_problem($api->delete('/streams/live/show', undef, @stale), 412, 'version',
           'and removes nothing');
is_problem($api->patch('/streams/live/show', { maximum => 9 },
                       'If-Match' => $_), 412, 'version', "If-Match $_")
    for '3', '""', 'W/"3"', '"x"', '"-1"', '"3", "4"';
is($api->stream('live', 'show')->{maximum}, 20, 'nothing was changed');
is($api->patch('/streams/live/show', { maximum => 9 }, @current)->{status},
   200, 'who has seen it does');
is($api->patch('/streams/live/show', { maximum => 8 },
               'If-Match' => '*')->{status}, 200, 'who does not care, too');
is($api->get('/streams/live/show', undef,
             'If-None-Match' => '*')->{status}, 200,
   'If-None-Match means nothing');

# what was removed and made anew is not what has been seen

my $again = '/streams/live/again';
my $new = { app => 'live', name => 'again', destinations => [
    { name => 'a', url => 'rtmp://h.example/app', key => 'key-of-again' }] };

is($api->post('/streams', $new)->{status}, 201, 'a stream');

for my $path ($again, "$again/destinations/name:a") {
    my $seen = $api->get($path)->{headers}{etag};

    is($api->delete($path, undef, 'If-Match' => $seen)->{status}, 204,
       'it is removed');
    $path eq $again ? $api->post('/streams', $new)
        : $api->post("$again/destinations", $new->{destinations}[0]);

    is_problem($api->delete($path, undef, 'If-Match' => $seen), 412, 'version',
               'made anew it is another one');
    is($api->delete($path, undef, 'If-Match' =>
                    $api->get($path)->{headers}{etag})->{status}, 204,
       'with an ETag of its own');
    $api->post('/streams', $new) if $path eq $again;
}

###############################################################################

# not configured, but live

is_problem($api->get('/streams/live/encoder'), 404, 'no-stream',
           'a stream that is neither configured nor live');

my $pub = $t->publish('live/encoder');

wait_ok { $api->get('/streams/live/encoder')->{status} == 200 }
    5, 'is there when it is live';

$stream = $api->stream('live', 'encoder');
ok($stream->{live}, 'it is live');
ok(!$stream->{configured}, 'and not configured');
is_deeply([@$stream{qw/version createdAt updatedAt/}], [0, undef, undef],
          'it has no version and was never made');
like($stream->{ingest}{clientAddress}, qr/\A127\.0\.0\.1/, 'its encoder');

$answer = $api->patch('/streams/live/encoder', { maximum => 5 },
                      'If-Match' => '"0"');
is($answer->{status}, 200, 'it can be changed');
ok($answer->{json}{configured}, 'and is configured then');
is_problem($api->post('/streams', { app => 'live', name => 'encoder' }), 409,
           'stream-exists', 'so that it is there');

is($api->delete('/streams/live/encoder')->{status}, 204, 'it is removed');
is($api->stream('live', 'encoder')->{version}, 0, 'as far as it can be');

$pub->stop();
wait_ok { $api->get('/streams/live/encoder')->{status} == 404 }
    5, 'and is gone with its encoder';

###############################################################################

# of an application that has destinations

$answer = $api->post('/streams', { app => 'fixed', name => 'show',
                                   destinations => [entry('a')] });
is(names($answer->{json}), 'conf a', 'those of nginx.conf are shown, too');

my ($conf) = @{$answer->{json}{destinations}};

is_deeply([@$conf{qw/origin version keyHint url/}],
          ['config', 0, undef, 'rtmp://127.0.0.1:' . $t->port(1) . '/app'],
          'as what they are');
is_problem($api->post('/streams', { app => 'fixed', name => 'second',
                                    destinations => [entry('conf', 'a')] }),
           409, 'name-taken', 'their names are taken');
is(names($api->patch('/streams/fixed/show', { destinations => [] })->{json}),
   'conf', 'they stay when all are removed');

$stream = $api->stream('fixed', 'show');
$stream->{destinations}[0]{enabled} = JSON::PP::false();
ok(!$api->patch('/streams/fixed/show', $stream)
    ->{json}{destinations}[0]{enabled}, 'a list can switch them');

###############################################################################

# removed

is($api->delete('/streams/live/show')->{status}, 204, 'a stream is removed');
is_problem($api->get('/streams/live/show'), 404, 'no-stream', 'it is gone');
is_problem($api->delete('/streams/live/show'), 404, 'no-stream',
           'and cannot be removed again');

$t->done_testing();

###############################################################################

sub utf8 {
    my ($text) = @_;

    utf8::encode($text);
    return $text;
}


sub url {
    my ($name) = @_;

    return "rtmps://$name.example/app";
}


sub entry {
    my ($name, $key) = (@_, $_[0]);

    return { name => $name, url => url($name), key => $key{$key} };
}


sub names {
    my ($stream) = @_;

    return join ' ', map { $_->{name} } @{$stream->{destinations}};
}


sub ids {
    my ($stream) = @_;

    return map { $_->{id} } @{$stream->{destinations}};
}


sub key {
    my ($name) = @_;

    return $api->get("/streams/live/show/destinations/name:$name?reveal=key")
        ->{json}{key};
}
