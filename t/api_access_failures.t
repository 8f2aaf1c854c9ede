#!/usr/bin/perl

# Whoever shows twenty wrong tokens within a minute has to wait, also with the
# right one, at every worker; others do not: addresses of IPv4 one by one, of
# IPv6 by /64.  Who shows none, or one that has expired, guesses nothing.

use warnings;
use strict;

use Test::More;

use Digest::SHA qw/sha256_hex/;
use JSON::PP ();

use lib 't/lib';
use Test::Restream;
use Test::Restream::JWT;

my $t = Test::Restream->new()->has('openssl');
my $jwt = Test::Restream::JWT->new($t->dir());
my $key = $jwt->key('HS256');

$t->expand(TOKEN => sha256_hex('right'), SECRET => $key->{public});
$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%
worker_processes 4;

events {
    accept_mutex on;
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

    add_header X-Worker $pid always;

    server {
        listen 127.0.0.1:%%PORT_80%% reuseport;

        set_real_ip_from 127.0.0.1;
        real_ip_header X-Test-Address;

        location /restream/ {
            restream_api_token sha256:%%TOKEN%% read;
            restream_api_jwt HS256 %%SECRET%%;
            restream_api;
        }

        location /open/ {
            return 204;
        }
    }
}
CONF

###############################################################################

# nothing that is guessed

my $expired = $jwt->token($key, { exp => 1 });

for (1 .. 30) {
    ask('192.0.2.1', $_ % 2 ? undef : $expired);
}

is(ask('192.0.2.1', 'right')->{status}, 200,
   'who shows no token, or one that has expired, does not wait');

# twenty, over all workers

my %workers;

for my $n (1 .. 20) {
    my $answer = ask('192.0.2.1', "wrong-$n");

    $workers{$answer->{headers}{'x-worker'} || 0}++;
    is($answer->{status}, 401, "wrong token $n") or last;
}

cmp_ok(keys %workers, '>', 1, 'several workers refused them');

for my $n (21 .. 40) {
    my $token = $n % 2 ? 'right' : "wrong-$n";
    my $answer = ask('192.0.2.1', $token);

    if ($answer->{status} != 429
        || ($answer->{headers}{'retry-after'} || 0) !~ /\A[1-7]?\d\z/
        || $answer->{json}{code} ne 'too-many-failures')
    {
        fail("token $n, $token, has to wait");
        diag(explain($answer));
        last;
    }

    pass("token $n, $token, has to wait");
}

is(ask('192.0.2.1', undef)->{status}, 401, 'who shows none is asked for one');
is(ask('192.0.2.2', 'right')->{status}, 200, 'another address is let in');
is($t->http_get('/open/', headers => { 'X-Test-Address' => '192.0.2.1' })
   ->{status}, 204, 'and what is not the API does not wait');

my $slow_down = 'refused 20 tokens of this address';
is($t->log_matches(qr/\[warn\].*$slow_down.*192\.0\.2\.1/), 1,
   'it is told once');

# IPv6, as networks

fail_often('2001:db8:0:1::1');
is(ask('2001:db8:0:1:ffff::2', 'right')->{status}, 429,
   'a /64 of IPv6 is one address');
is(ask('2001:db8:0:2::1', 'right')->{status}, 200, 'another /64 is another');
fail_often('2001:db8:0:2::1', 15);
is(ask('2001:db8:0:2::1', 'right')->{status}, 200, 'fifteen are not twenty');

# over a reload and the death of a worker

$t->reload();
is(ask('192.0.2.1', 'right')->{status}, 429, 'a reload forgets nothing');

my %old = map { $_ => 1 } $t->worker_pids();
my ($worker) = sort keys %old;

$t->allow(log => qr/exited on signal 9/);
kill 'KILL', $worker;

wait_ok {
    my $answer = ask('192.0.2.1', 'right');
    my $by = $answer->{headers}{'x-worker'};

    $answer->{status} == 429 && $by && !$old{$by};
} 10, 'nor does a worker that dies: the one in its place knows';

$t->done_testing();

###############################################################################

sub fail_often {
    my ($address, $n) = @_;

    ask($address, 'wrong') for 1 .. $n || 20;
    return;
}


sub ask {
    my ($address, $token) = @_;

    my $answer;

    # a worker that has been killed takes its connections along

    for (1 .. 3) {
        my $http = $t->http_connect() or next;

        $answer = $http->get('/restream/streams', headers => {
            'X-Test-Address' => $address,
            defined $token ? (Authorization => "Bearer $token") : (),
        }) and last;
    }

    $answer ||= { status => 0 };
    $answer->{json} = eval { JSON::PP::decode_json($answer->{body}) };

    return $answer;
}
