#!/usr/bin/perl

# The document of the API: every path, method, status and example in it is what
# the server does; every answer is as its schema says; what the server has and
# the document lacks is found.

use warnings;
use strict;

use Test::More;

use Digest::SHA qw/sha256_hex/;
use JSON::PP ();

use lib 't/lib';
use Test::Restream;
use Test::Restream::API;
use Test::Restream::Schema;
use Test::Restream::Tmpfs;
use Test::Restream::Util qw/slurp/;

my $t = Test::Restream->new();

$t->expand(TOKEN => sha256_hex('token-of-reader'));
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

        location /token/ {
            restream_api;
            restream_api_token sha256:%%TOKEN%% read;
        }
    }
}
CONF

my $in = $t->ingest(port => 1);
my $api = Test::Restream::API->new($t);
my $token = $api->with(prefix => '/token');
my $document = $api->document();
my $schema = $api->schema();
my $paths = $document->{paths};

my @methods = qw/get post patch delete options/;
my @operations = map {
    my $template = $_;

    map { {
        template => $template, method => uc,
        operation => $paths->{$template}{$_},
        id => $paths->{$template}{$_}{operationId},
    } } grep { $paths->{$template}{$_} } @methods
} sort keys %$paths;

###############################################################################

# the document by itself

is_deeply($api->get('/openapi.json')->{json}, $document,
          'the server has this document');
is($api->get('/openapi.json')->{body},
   slurp($t->tree() . '/conf/openapi.json'), 'as it is written');
like($document->{openapi}, qr/\A3\.1\./, 'of OpenAPI 3.1');

my %ids = map { $_->{id} => 1 } @operations;
is(keys %ids, @operations, 'every operation has a name of its own');

my (@wrong, %examples);
examples($document, '');
is_deeply(\@wrong, [], 'every example is as its schema says');
cmp_ok(keys %examples, '>=', 40, 'there are many of them');

# a schema that takes anything would prove nothing

for my $name (qw/Stream Destination Problem StreamNew DestinationPatch/) {
    my $ref = { '$ref' => "#/components/schemas/$name" };

    isnt(scalar(() = $schema->problems($ref, { nonsense => 1 })), 0,
         "$name: what it does not know is wrong");
}

# against the sources

my $sources = $t->tree() . '/ngx_rtmp_restream_module';
my $routes = slurp("$sources/model/restream_route.h");
my %calls;

while ($routes =~ /X\(\w+, (\w+),[\s\\]+"([^"]+)",[\s\\]+(\w+)\)/g) {
    my ($call, $capability) = ("$1 /$2", $3);

    $calls{$call} = $capability eq '0' ? ''
        : lc $capability =~ s/RESTREAM_CAN_//r;
}

is_deeply({ map { ("$_->{method} $_->{template}" =>
                   ($_->{operation}{security}[0] || {})->{bearer}[0] || '') }
            grep { $_->{method} ne 'OPTIONS' } @operations },
          \%calls, 'it has every route of the server, with its capability');
is_deeply([sort grep { !$paths->{$_}{options} } keys %$paths], [],
          'and OPTIONS of each');

my @reasons = (slurp("$sources/model/restream_reason.h")
    =~ /X\(\w+, "([a-z-]+)",/g);
is_deeply([sort @{$document->{components}{schemas}{Reason}{properties}{code}
                  {enum}}], [sort @reasons], 'it has every reason');

my %codes = map { $_ => 1 } map { keys %{$_->{content}
    {'application/problem+json'}{examples} || {}} }
    values %{$document->{components}{responses}};
is_deeply([sort keys %codes],
          [sort @{$document->{components}{schemas}{Problem}{properties}{code}
                  {enum}}], 'it has an example of every problem');

my %sent;

for my $file (glob "$sources/http/*.c") {
    my $text = slurp($file);

    $sent{$_} = 1 for grep { $codes{$_} || !/\A(?:key|ok)\z/ }
        $text =~ /(?:reply_problem|auth_refuse|auth_challenge)
                  \((?:[^;"]|"Retry-After")*?"([a-z-]+)"/gx;
}

is_deeply([grep { !$codes{$_} && $_ ne 'invalid_token' } sort keys %sent], [],
          'every problem of the server is in it');

###############################################################################

# every status

my $pub = $t->publish('live/show');
$api->post('/streams', { app => 'live', name => 'idle',
                         destinations => [entry('youtube')] });
wait_ok { ($api->stream('live', 'show') || {})->{live} } 10,
    'a stream is live';

my %seen;

for my $status (qw/200 201 204 400 401 403 404 409 412 413 415 422/) {
    for my $op (grep { $_->{operation}{responses}{$status} } @operations) {
        provoke($op, $status);
    }
}

for my $template (sort keys %$paths) {
    my $path = path($template);
    my $answer = $api->call('PUT', $path, {});

    is_problem($answer, 405, 'method-not-allowed', "PUT $template");
    is($answer->{headers}{allow}, join(', ', grep { $_ ne 'HEAD'
       || $paths->{$template}{get} } map { $paths->{$template}{lc $_}
       || $_ eq 'HEAD' ? $_ : () } qw/GET HEAD POST PATCH DELETE OPTIONS/),
       'and its methods');
}

# all that was refused for its token counts: now there are enough

$token->with(token => "wrong-$_")->get('/platforms') for 1 .. 21;
provoke($_, 429)
    for grep { $_->{operation}{responses}{429} } @operations;

# every example of a request

for my $op (@operations) {
    my $examples = ($op->{operation}{requestBody} || {})
        ->{content}{'application/json'}{examples} || {};

    for my $name (sort keys %$examples) {
        fresh();
        my $answer = $api->call($op->{method}, path($op->{template}),
                                $examples->{$name}{value});
        like($answer->{status}, qr/\A20[01]\z/, "$op->{id}: example $name")
            or diag(substr $answer->{body}, 0, 300);
    }
}

# every parameter, by its example

for my $op (@operations) {
    for my $parameter (map { $schema->resolve($_) }
                       @{$op->{operation}{parameters} || []})
    {
        my ($name, $example) = @$parameter{qw/name example/};

        $example .= " $op->{id}" if $name eq 'Idempotency-Key';

        fresh();
        my $answer = $api->call(
            $op->{method}, path($op->{template})
                . ($parameter->{in} eq 'query' ? "?$name=$example" : ''),
            body($op),
            $parameter->{in} eq 'header' ? ($name => $example) : ());
        like($answer->{status}, qr/\A20[014]\z/,
             "$op->{id}: parameter $name")
            or diag(substr $answer->{body}, 0, 300);
    }
}

$pub->stop();

###############################################################################

# the store is none; its disk is full

my $state = $t->dir() . '/state';

$t->stop();
unlink glob "$state/restream.db*";
$t->write_file('state/restream.db', 'no database at all' x 1000);
chmod 0666, "$state/restream.db";
$t->run();

provoke($_, 503)
    for grep { $_->{operation}{responses}{503} } @operations;

SKIP: {
    my $why = Test::Restream::Tmpfs::unavailable();
    skip $why, 1 if $why;

    $t->stop();

    my $disk = Test::Restream::Tmpfs->new(dir => $state, size => 65_536);
    $disk->fill();
    $t->run();

    provoke($_, 507)
        for grep { $_->{operation}{responses}{507} } @operations;

    $t->stop();
    $disk->unmount();
    $t->run();
}

# all of it

is_deeply([grep { !$seen{$_} } map {
              my $op = $_;
              map { "$op->{id} $_" } sort keys %{$op->{operation}{responses}}
          } @operations], [], 'every status of every operation was seen');

$t->done_testing();

###############################################################################

# Whatever stands in the document as an example, with a schema beside it.

sub examples {
    my ($node, $where) = @_;

    if (ref $node eq 'ARRAY') {
        examples($node->[$_], "$where/$_") for 0 .. $#$node;
        return;
    }

    return if ref $node ne 'HASH';

    my %values = map { $_ => $node->{examples}{$_}{value} }
        $node->{schema} ? keys %{$node->{examples} || {}} : ();

    $values{example} = $node->{example}
        if $node->{schema} && exists $node->{example};

    for my $name (keys %values) {
        $examples{"$where $name"} = 1;
        push @wrong, map { "$where $name$_" }
            $schema->problems($node->{schema}, $values{$name});
    }

    examples($node->{$_}, "$where/$_") for sort keys %$node;
    return;
}


sub path {
    my ($template, %o) = @_;

    my %values = (app => 'live', name => 'show', id => 'name:youtube', %o);

    return $template =~ s/\{(\w+)\}/$values{$1}/gr;
}


sub entry {
    my ($name) = @_;

    return { name => $name, url => 'rtmps://a.rtmps.youtube.com:443/live2',
             key => 'abcd-efgh-ijkl-mnop-x9f2' };
}


# What every call finds: live/show with one destination that it names.

sub fresh {
    $api->delete($_)
        for '/streams/live/show', '/streams/live/sunday';
    $api->post('/streams', { app => 'live', name => 'show',
                             destinations => [entry('youtube')] });
    return;
}


sub body {
    my ($op) = @_;

    my %bodies = (
        createStream => { app => 'live' }, patchStream => {},
        createDestination => entry('another'), patchDestination => {},
    );

    return $bodies{$op->{id}};
}


# Makes a call that ends so; the client looks at the answer.

sub provoke {
    my ($op, $status) = @_;

    my $template = $op->{template};
    my $path = path($template);
    my $body = body($op);
    my %headers;
    my $client = $api;

    fresh() if $status =~ /\A(?:2|409)/;

    my %ways = (
        400 => sub {
            $path .= $op->{method} eq 'OPTIONS' ? '?access_token=x' : '?x=%zz';
        },
        401 => sub { $client = $token },
        403 => sub { $headers{Host} = 'api.example' },
        404 => sub { $path = path($template, name => '%01') },
        409 => sub { ($path, $body) = conflict($op, $path, $body) },
        412 => sub { $headers{'If-Match'} = 'nonsense' },
        413 => sub { $body = \('{' . ' ' x 70_000 . '}') },
        415 => sub { $headers{'Content-Type'} = undef },
        422 => sub { $path .= '?nonsense=1' },
        429 => sub { $client = $token->with(token => 'token-of-reader') },
    );

    $ways{$status}->() if $ways{$status};

    my $answer = $client->call($op->{method}, $path, $body, %headers);

    is($answer->{status}, $status, "$op->{id}: $status")
        or diag(substr $answer->{body}, 0, 300);
    $seen{"$op->{id} $answer->{status}"} = 1;

    return if $op->{method} ne 'GET' || $status >= 500;

    my $head = $client->call('HEAD', $path, $body, %headers);
    is($head->{status}, $status, 'HEAD, too');
    return;
}


# The path and the body of a call to which there is something in the way.

sub conflict {
    my ($op, $path, $body) = @_;

    my $show = { app => 'live', name => 'show' };
    my %bodies = (
        createStream => $show,
        patchStream => { destinations => [map { entry("d$_") } 1 .. 21] },
        createDestination => entry('youtube'),
        patchDestination => { name => 'conf' },
    );
    my %paths = (
        startStream => { name => 'idle' },
        startDestination => { name => 'idle' },
        deleteDestination => { id => 'name:conf' },
    );

    return (path($op->{template}, %{$paths{$op->{id}} || {}}),
            $bodies{$op->{id}} || $body);
}
