#!/usr/bin/perl

# Pages of a list for a token that sees some streams: no cursor names another
# one, and whether there are others behind the last one is not told.

use warnings;
use strict;

use Test::More;

use Digest::SHA qw/sha256_hex/;
use MIME::Base64 qw/decode_base64url/;

use lib 't/lib';
use Test::Restream;
use Test::Restream::API;

my $t = Test::Restream->new();

$t->expand(ALL => sha256_hex('token-of-all'),
           BOB => sha256_hex('token-of-bob'),
           TWO => sha256_hex('token-of-two'));
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
            restream_api_token sha256:%%ALL%% read,write name=all;
            restream_api_token sha256:%%BOB%% read streams=live/bob* name=bob;
            restream_api_token sha256:%%TWO%% read streams=live/alice2*
                               streams=live/carol2* streams=zoo/bob* name=two;
            restream_api;
        }
    }
}
CONF

my $all = Test::Restream::API->new($t, token => 'token-of-all');
my $bob = $all->with(token => 'token-of-bob');

# before, between and behind his; in other applications, too; stored and live

my @his = map { "bob$_" } 1 .. 5;
my @others = ((map { "alice$_" } 1 .. 30), 'bo', 'boa', 'bob', 'bobby',
              (map { "carol$_" } 1 .. 30));

for my $stream ((map { ['live', $_] } @his, @others),
                map { ['abc', $_], ['zoo', $_] } qw/bob1 other/)
{
    $all->post('/streams', { app => $stream->[0], name => $stream->[1] });
}

my @pubs = map { $t->publish("live/$_") } qw/aaa-live bob-live zzz-live/;
wait_ok { @{$all->get('/streams?live=true')->{json}{items}} == 3 } 10,
    'some are live';

# by prefix

my @sees = sort @his, qw/bob bobby bob-live/;

for my $limit (1, 2, 3, 8, 9, 100) {
    my ($names, $cursors, $more) = walk($bob, "limit=$limit");

    is_deeply($names, \@sees, "limit=$limit: all that he sees");
    is_deeply([grep { !/\Alive.bob/s } @$cursors], [],
              'cursors name what he sees');
    is($more, 0, 'and the last page says so');
}

for my $filter ('q=bob', 'app=live', 'live=false', 'q=1', 'q=alice',
                'live=true', 'app=zoo')
{
    my ($names, $cursors, $more) = walk($bob, "$filter&limit=1");

    is_deeply([grep { !/\Abob/ } @$names], [], "$filter: none of others");
    is_deeply([grep { !/\Alive.bob/s } @$cursors], [], 'in no cursor either');
    is($more, 0, 'and the last page says so');
}

# with others in between

my $two = $all->with(token => 'token-of-two');
my @parts = ((map { "alice$_" } 2, 20 .. 29), (map { "carol$_" } 2, 20 .. 29),
             'bob1');

for my $limit (1, 3, 11, 12, 22, 100) {
    my ($names, $cursors, $more) = walk($two, "limit=$limit");

    is_deeply($names, \@parts, "limit=$limit: what is here and there");
    is_deeply([grep { !/\A(?:live.(?:alice|carol)2|zoo.bob)/s } @$cursors],
              [], 'cursors name what he sees');
    is($more, 0, 'and the last page says so');
}

# what he sees is the same, whether the others are there or not

my %before = map { $_ => $bob->get("/streams?limit=$_")->{json}{nextCursor} }
    1 .. 9;

$all->delete("/streams/live/$_") for @others[0 .. 30], @others[34 .. 63];
$all->delete("/streams/$_/other") for qw/abc zoo/;

my %after = map { $_ => $bob->get("/streams?limit=$_")->{json}{nextCursor} }
    1 .. 9;

is_deeply(\%after, \%before, 'others that go change no page of his');

$_->stop() for @pubs;
$t->done_testing();

###############################################################################

# The names on all pages, what their cursors hold, and whether one was empty
# that a cursor had led to.

sub walk {
    my ($api, $query) = @_;

    my (@names, @cursors, $cursor);
    my $empty = 0;

    for (1 .. 200) {
        my $page = $api->get("/streams?$query"
            . (defined $cursor ? "&cursor=$cursor" : ''))->{json};

        push @names, map { $_->{name} } @{$page->{items}};
        $empty++ if defined $cursor && !@{$page->{items}};

        $cursor = $page->{nextCursor};
        last if !defined $cursor;
        push @cursors, decode_base64url($cursor);
    }

    return (\@names, \@cursors, $empty);
}
