#!/usr/bin/perl

# Every call of the document with every set of capabilities, those of 256 with
# --full: it is made by whoever has what the document says and by nobody else,
# and for whoever may not see the stream it is as if there were none.

use warnings;
use strict;

use Test::More;

use Digest::SHA qw/sha256_hex/;
use JSON::PP ();

use lib 't/lib';
use Test::Restream;
use Test::Restream::API;
use Test::Restream::JWT;

my @capabilities = qw/read write start stop keys events webhooks limits/;

my $t = Test::Restream->new(log_level => 'notice')->has('openssl');
my $jwt = Test::Restream::JWT->new($t->dir());
my $key = $jwt->key('HS256');

$t->expand(SECRET => $key->{public});
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
            restream_offline_start on;
        }
    }
}

http {
    %%GLOBALS_HTTP%%

    server {
        listen 127.0.0.1:%%PORT_80%%;
        keepalive_requests 1000000;

        set_real_ip_from 127.0.0.1;
        real_ip_header X-Test-Address;

        location /restream/ {
            restream_api;
            restream_api_jwt HS256 %%SECRET%%;
        }

        location /local/ {
            restream_api;
        }
    }
}
CONF

my $http = $t->http_connect();
my $api = Test::Restream::API->new($t, conn => $http);
my $local = $api->with(prefix => '/local');
my $paths = $api->document()->{paths};
my $address = 0;

# [method, template, capability that it needs, or ''; undef: not even a token]

my @calls = map {
    my $template = $_;

    map {
        my ($needs) = @{$paths->{$template}{$_}{security} || []};

        [uc, $template, $needs && ($needs->{bearer}[0] // '')];
    } grep { $paths->{$template}{$_} } qw/get post patch delete options/
} sort keys %$paths;

cmp_ok(@calls, '>=', 28, 'the document has calls');

is($local->post('/streams', { app => 'live', name => 'show', destinations => [
    { name => 'd', url => 'rtmp://h.example/app', key => 'key-of-the-matrix' }
    ] })->{status}, 201, 'a stream');

###############################################################################

# one capability, all but one, none, all; or each set

my @sets = $t->full() ? map { my $set = $_;
        [@capabilities[grep { $set >> $_ & 1 } 0 .. $#capabilities]] } 0 .. 255
    : ([], [@capabilities], map { my $one = $_;
        ([$one], [grep { $_ ne $one } @capabilities]) } @capabilities);

my %made;

for my $set (@sets) {
    my %has = map { $_ => 1 } @$set;
    my $api = $api->with(token => $jwt->token($key, { capabilities => $set }));
    my @wrong;

    for my $call (@calls) {
        my ($method, $template, $needs) = @$call;
        my $may = !defined $needs || $needs eq '' || $has{$needs};
        my $answer = ask($api, $method, $template);
        my $code = ($answer->{json} || {})->{code} || '';
        my $got = "$answer->{status} $code "
            . (($answer->{json} || {})->{capability} || '');

        $made{"$method $template"}++ if $may;
        push @wrong, "$method $template: $got"
            if $may ? $answer->{status} =~ /\A(?:0|401|403|5..)\z/
                    : $got ne "403 capability $needs";
    }

    is_deeply(\@wrong, [], 'capabilities: ' . (join(' ', @$set) || 'none'));

    # what a parameter and a member need besides

    my $reveal = $api->get('/streams/live/show?reveal=key')->{status};
    is($reveal, $has{read} && $has{keys} ? 200 : 403, 'to see keys');

    next if $has{limits};

    is($api->patch('/streams/live/show', { maximum => 5 })->{status}, 403,
       'to set a limit');
}

is(keys %made, @calls, 'every call was made by somebody');

###############################################################################

# who has no right at all

my $expired = $jwt->token($key, { exp => 1, capabilities => \@capabilities });
my $foreign = $jwt->token($jwt->key('HS256'),
                          { capabilities => \@capabilities });

for my $how (
    ['no token'], ['an expired one', "Bearer $expired"],
    ['one of another key', "Bearer $foreign"], ['a wrong one', 'Bearer x.y.z'],
    ['an empty one', 'Bearer '], ['no bearer', 'Basic dXNlcjpwYXNzd29yZA=='])
{
    my ($name, $header) = @$how;
    my @wrong;

    for my $call (@calls) {
        my ($method, $template, $needs) = @$call;
        my $answer = ask($api, $method, $template, Authorization => $header);

        push @wrong, "$method $template: $answer->{status}"
            if $answer->{status} != (defined $needs ? 401
                                     : $method eq 'GET' ? 200 : 204)
               || defined $needs && !$answer->{headers}{'www-authenticate'};
    }

    is_deeply(\@wrong, [], "$name: every call asks for one that needs it");
}

# nor by another method, nor another way to write a path

for my $call (@calls) {
    my (undef, $template) = @$call;

    for my $method (qw/HEAD PUT PROPFIND get/) {
        my $answer = ask($api, $method, $template);

        unlike($answer->{status}, qr/\A(?:2..|5..)\z/, "$method $template")
            if $template !~ m{\A/(?:openapi\.json|health)\z};
    }
}

for my $path ('/streams/', '//streams', '/./streams', '/streams/../streams',
              '/%73treams', '/streams%2F', '/health/../streams', '/STREAMS',
              '/streams?x', '/streams;x', '/health/streams', '/streams%00',
              '/openapi.json/../streams/live/show', '/health%2f..%2fstreams')
{
    my $answer = $api->with(conn => undef)->get($path);

    ok($answer->{status} =~ /\A(?:400|401|404)\z/
       && $answer->{body} !~ /"items"|h\.example/, "$path shows nothing");
}

###############################################################################

# streams that one may not see are not there

my $other = $api->with(token => $jwt->token($key, {
    capabilities => \@capabilities, streams => ['live/other*'] }));

for my $call (grep { $_->[1] =~ /\{name\}/ && $_->[0] ne 'OPTIONS' } @calls) {
    my ($method, $template) = @$call;
    my @got = map {
        my $name = $_;
        my $answer = ask($other, $method, $template =~ s/\{name\}/$name/r);

        "$answer->{status} $answer->{body}";
    } qw/show none/;

    is($got[0], $got[1], "$method $template: one out of sight is as none");
    like($got[0], qr/\A404 /, 'which is not found');
}

is_deeply($other->get('/streams')->{json}{items}, [], 'nor is it listed');
is_problem($other->post('/streams', { app => 'live', name => 'mine' }), 403,
           'streams', 'nor made under a name of others');
is($local->get('/streams/live/show')->{json}{version}, 1,
   'nothing of all this has changed it');

$t->done_testing();

###############################################################################

# A call that gets as far as it may and changes nothing: another address each
# time, as wrong tokens are counted.

sub ask {
    my ($api, $method, $template, %headers) = @_;

    my $path = $template =~ s/\{app\}/live/r =~ s/\{name\}/show/r
        =~ s/\{id\}/name:d/r;

    $address++;
    $headers{'X-Test-Address'} = sprintf '10.%d.%d.%d', $address >> 16,
        $address >> 8 & 255, $address & 255;
    $headers{'If-Match'} = '"9999"' if $method =~ /\A(?:POST|PATCH|DELETE)\z/;
    delete $headers{Authorization} if !defined $headers{Authorization};

    my $answer = $api->call($method, $path, $method eq 'PATCH' ? {}
        : $method eq 'POST' ? $path =~ m{/(?:start|stop)\z} ? undef : { x => 1 }
        : undef, %headers);

    # what nginx closes

    $http->{sock} = $t->http_connect()->{sock}, $http->{buf} = ''
        if !$answer->{status}
           || ($answer->{headers}{connection} || '') eq 'close';

    return $answer;
}
