#!/usr/bin/perl

# Where destinations of the API may point: not to loopback, link-local, private
# and multicast addresses, however they are written or named, nor by a redirect;
# restream_allow and restream_deny say otherwise; those of nginx.conf may.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::API;
use Test::Restream::DNS;

my $t = Test::Restream->new(netns => 1);
my $dns = Test::Restream::DNS->new(dir => $t->dir());

$dns->set('home.test' => ['127.0.0.1'], 'both.test' => ['127.0.0.1', '::1'],
          'private.test' => ['10.1.2.3'],
          'mapped.test' => { A => 'NXDOMAIN', AAAA => ['::ffff:127.0.0.1'] });

$dns->hosts('127.0.0.1 localhost');

my $far = $t->netns('far');
my %policies = (
    default => '', allow => 'restream_allow 127.0.0.0/8;',
    deny => 'restream_deny 127.0.0.2/32; restream_allow 127.0.0.0/8;',
    far => 'restream_allow ' . $far->addr() . '/32;',
);

sub configure {
    my ($policy) = @_;

    $t->expand(POLICY => $policies{$policy});
    $t->write_file_expand('nginx.conf', <<'CONF');
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    restream_store sqlite:state/restream.db;
    restream_max_destinations 100;
    restream_publisher_grace 0;
    restream_reconnect min=1h max=1h;
    %%POLICY%%

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
    return;
}


my $api = Test::Restream::API->new($t);
my $in = $t->ingest(port => 1);
my $port = $t->port(1);
my $outside = $t->ingest(port => 2, netns => $far);
my $redirecting = $t->ingest(port => 3, netns => $far, script => {
    redirect => "rtmp://127.0.0.1:$port/app" });

configure('default');
$t->run(enter => $dns->enter());

###############################################################################

# nobody is called at home

my @hosts = ('127.0.0.1', 'localhost', 'home.test', 'both.test',
             '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::1]', '2130706433',
             '0177.0.0.1', '0x7f.0.0.1', '0x7f000001', '127.1', '0', '0.0.0.0',
             '[::]', '[::127.0.0.1]', '[64:ff9b::7f00:1]', 'mapped.test',
             '10.1.2.3', '172.16.0.1', '192.168.1.1', '169.254.169.254',
             '224.0.0.1', '100.64.0.1', 'private.test', '[fe80::1]',
             '[fd00::1]', '[ff02::1]', '255.255.255.255');

my @refused;

$api->post('/streams', { app => 'live', name => 'show' });

for my $host (@hosts) {
    my $answer = $api->post('/streams/live/show/destinations', {
        name => $host, url => "rtmp://$host:$port/app", key => 'key-of-home' });

    # what is no url is none

    push @refused, $host if $answer->{status} == 422;
    next if $answer->{status} == 422;

    is($answer->{status}, 201, "host $host") or diag($answer->{body});
}

note("refused at once: @refused");
is((grep { /\A(?:127\.0\.0\.1|home\.test|\[::1\]|2130706433)\z/ } @refused), 0,
   'those that need a look at the address are taken');

my $pub = $t->publish('live/show');

$in->wait(sub { $_[0]->frames() > 5 }, 10, 'one of nginx.conf goes there');

my %state;

wait_ok {
    %state = map { $_->{name} => $_ } grep { $_->{origin} eq 'api' }
        @{$api->stream('live', 'show')->{destinations}};
    !grep { $_->{state} =~ /ing\z/ && $_->{state} ne 'waiting' } values %state;
} 15, 'all have been tried';

for my $host (sort keys %state) {
    my $code = ($state{$host}{reason} || {})->{code} || '';

    # some resolvers know no such number, which is as good

    like($code, qr/\A(?:address-denied|dns)\z/,
         "$host: $state{$host}{state}, $code");
}

is($state{$_}{reason}{code}, 'address-denied', "$_: the address is denied")
    for grep { $state{$_} } qw/127.0.0.1 localhost home.test both.test
        mapped.test private.test 10.1.2.3 169.254.169.254 [::1]
        [::ffff:127.0.0.1] [::ffff:7f00:1]/;
is($state{'127.0.0.1'}{reason}{class}, 'needs-attention',
   'somebody has to do something');

is($in->conns(), 1, 'nobody but the one of nginx.conf was there');
$pub->unpublish();
$t->stop();

###############################################################################

# what is allowed

sub reaches {
    my ($policy, $url) = @_;

    configure($policy);
    $t->run(enter => $dns->enter());

    $api->delete('/streams/live/show');
    my $answer = $api->post('/streams', { app => 'live', name => 'show',
        destinations => [{ name => 'd', url => $url,
                           key => 'key-of-d-123' }] });
    my $pub = $t->publish('live/show');
    my $state = '';

    wait_until {
        my $dst = $api->destination('live', 'show', 'd');

        $state = ($dst->{reason} || {})->{code} || $dst->{state};
        $state eq 'live' || $dst->{state} eq 'waiting';
    } 15, "$policy: $url is tried";

    $pub->unpublish();
    $t->stop();

    return $state;
}


is(reaches('allow', "rtmp://home.test:$port/app"), 'live',
   'restream_allow lets a name go home');
is(reaches('allow', "rtmp://[::ffff:127.0.0.1]:$port/app"), 'live',
   'and a mapped address');
is(reaches('allow', "rtmp://10.1.2.3:$port/app"), 'address-denied',
   'and no other private address');
is(reaches('deny', "rtmp://127.0.0.1:$port/app"), 'live',
   'restream_deny leaves what it does not name');
is(reaches('deny', "rtmp://127.0.0.2:$port/app"), 'address-denied',
   'and denies what it names');
is(reaches('far', 'rtmp://' . $far->addr() . ':' . $t->port(2) . '/app'),
   'live', 'an address that is allowed');

my $conns = $in->conns();

is(reaches('far', 'rtmp://' . $far->addr() . ':' . $t->port(3) . '/app'),
   'address-denied', 'which leads to another one that is not');
is($in->conns(), $conns + 1, 'it is not called');

$t->done_testing();
