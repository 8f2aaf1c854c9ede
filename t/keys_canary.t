#!/usr/bin/perl

# What is secret in a run, however it is written down: stream keys, passwords,
# tokens, JWTs and the key of the store are in no file of the server, the store
# with its log and its index among them, neither while it runs nor behind it, in
# no answer, and in nothing that others may read of its processes.

use warnings;
use strict;

use Test::More;

use Digest::SHA qw/sha256_hex/;
use JSON::PP ();
use MIME::Base64 qw/encode_base64 encode_base64url/;

use lib 't/lib';
use Test::Restream;
use Test::Restream::API;
use Test::Restream::JWT;
use Test::Restream::Util qw/slurp/;

my $t = Test::Restream->new()->has('openssl');
my $jwt = Test::Restream::JWT->new($t->dir());
my $hs = $jwt->key('HS256');

srand $t->seed();

# lower case and digits, so that no case and no escape hides them

my %secret = map { $_ => canary() } qw/key url password changed refused
    token wrong jwt late/;
my $store = join '', map { sprintf '%02x', rand 256 } 1 .. 32;

$t->write_file('tokens', 'sha256:' . sha256_hex($secret{token})
               . " read,write,start,stop,limits name=writer\n");
$t->write_file('store.key', "$store\n");
$t->expand(SECRET => $hs->{public});
$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%
worker_processes 2;

events {
    debug_connection 127.0.0.1;
}

rtmp {
    %%GLOBALS_RTMP%%

    restream_store sqlite:state/restream.db;
    restream_store_key file:%%TESTDIR%%/store.key;
    restream_allow 127.0.0.0/8;
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

    log_format all '$remote_user "$request" $status "$request_body"'
        ' "$http_idempotency_key" "$sent_http_location" "$sent_http_etag"';
    access_log %%TESTDIR%%/all.log all;

    server {
        listen 127.0.0.1:%%PORT_80%%;

        location /restream/ {
            restream_api;
            restream_api_token file:%%TESTDIR%%/tokens;
            restream_api_jwt HS256 %%SECRET%%;
        }

        location = /restream/status {
            restream_status;
        }
    }
}
CONF

my $token = $jwt->token($hs, { sub => 'caller', jti => $secret{jwt},
                               scope => 'read write start stop limits' });
my ($payload, $signature) = (split /\./, $token)[1, 2];

# and how they may have been written

my @words = ((map { ($_, unpack('H*', $_), uc unpack('H*', $_),
                     middle(encode_base64($_, '')), scalar reverse $_) }
              values %secret),
             $store, pack('H*', $store), $token, $payload, $signature,
             slurp($hs->{public}) =~ /(\S+)/);
my $pattern = join '|', map { quotemeta } @words;

###############################################################################

my $writer = Test::Restream::API->new($t, token => $secret{token});
my $caller = $writer->with(token => $token);
my $show = '/streams/live/show';
my $all = "$show/destinations";
my $in = $t->ingest(port => 1);
my $rejecting = $t->ingest(port => 2, script => {
    reject => { code => 'Denied', text => "no stream $secret{refused}" } });
my ($to, $no) = map { '127.0.0.1:' . $t->port($_) } 1, 2;
my @answers;

sub told {
    my ($status, $answer, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    push @answers, "$name: $1" if join("\n", %{$answer->{headers}},
                                       $answer->{body}) =~ /($pattern)/;
    return is($answer->{status}, $status, $name);
}


told(201, $writer->post('/streams', { app => 'live', name => 'show',
    destinations => [
        { name => 'a', url => "rtmp://$to/app", key => $secret{key} },
        { name => 'b', url => "rtmp://user:$secret{password}\@$to/app"
                              . "/$secret{url}" }] }), 'made by a token');
told(201, $caller->post($all, { name => 'c', url => "rtmp://$no/app",
     key => $secret{refused} }, 'Idempotency-Key' => 'once'), 'by a JWT');

my $pub = $t->publish('live/show');

wait_ok {
    my %dst = map { $_->{name} => $_ } @{$caller->stream('live', 'show')
                                         ->{destinations}};
    $dst{a}{state} eq 'live' && $dst{b}{state} eq 'live'
        && $dst{c}{lastError};
} 10, 'two are live, one is refused';

told(200, $caller->patch("$all/name:a", { key => $secret{changed} }),
     'a key is changed');
told(422, $caller->patch("$all/name:a", { key => "$secret{late}\n",
     url => "http://$secret{late}" }), 'one is refused');
told(400, $caller->patch("$all/name:a", \"{\"key\":\"$secret{late}\",}"),
     'and one that cannot be read');
told(409, $writer->post($all, { name => 'a', url => "rtmp://$to/app",
     key => $secret{late} }), 'and a name that is taken');
told(401, $writer->with(token => $secret{wrong})->get($show), 'a wrong token');
told(401, $writer->with(token => substr($token, 0, -2) . 'AA')->get($show),
     'a wrong JWT');
told(400, $writer->call('GET', "$show?key=x%zz"), 'a wrong query');
told(200, $_->get($show), 'what there is'), told(200, $_->get($all), 'and all')
    for $writer, $caller;
told(200, $caller->get('/streams?q=show'), 'a list');
told(200, $t->http_get('/restream/status'), 'the status');
told(200, $caller->post("$all/name:b/$_"), $_) for qw/stop start/;

is_deeply(\@answers, [], 'no answer has a secret');

###############################################################################

my ($log, $index) = map { "state/restream.db-$_" } qw/wal shm/;

cmp_ok(-s $t->dir() . "/$_", '>', 0, "$_ is there") for $log, $index;
is_deeply([found()], [], 'no file has one while it runs');

my @shown;

for my $pid ($t->master_pid(), $t->worker_pids()) {
    for my $file (map({ "/proc/$pid/$_" } qw/cmdline environ comm status maps/),
                  glob "/proc/$pid/task/*/comm")
    {
        push @shown, $file if (slurp($file) // '') =~ /$pattern/;
    }

    push @shown, grep { (readlink($_) // '') =~ /$pattern/ }
        glob "/proc/$pid/fd/*";
}

is_deeply(\@shown, [], 'nothing that shows of its processes has one');

$pub->unpublish();
$t->reload();
told(200, $caller->get($show), 'a reload');
$t->stop();
is_deeply([found()], [], 'nor has a file behind it');
isnt($t->log_matches(qr/\[debug\].*http process request/), 0,
     'the log was one for debugging');

# which would have been found

$t->write_file('proof', "... $secret{password} ...");
is_deeply([found()], ['proof'], 'one that has it is found');
unlink $t->dir() . '/proof';

$t->done_testing();

###############################################################################

sub canary {
    return join '', 'canary', map { ('a' .. 'z', 0 .. 9)[rand 36] } 1 .. 20;
}


# Of base64 what does not depend on what stands before and behind.

sub middle {
    return substr $_[0], 4, -4;
}


# Files of the server that have a secret: not those of the peers, nor where the
# operator wrote it down.  What nginx has of a request is its own to log: its
# headers, for debugging.

sub found {
    my $dir = $t->dir();

    return sort map { substr $_, 1 + length $dir } grep {
        -f && !m{/(?:nginx\.conf|store\.key|jwt-\w+)\z}
            && !m{/(?:ingest|publisher)[^/]*\z}
            && (slurp($_) // '') =~ s/^.*? http header: "Authorization: .*//mgr
               =~ /$pattern/
    } glob("$dir/*"), glob("$dir/*/*"), glob("$dir/*/*/*");
}
