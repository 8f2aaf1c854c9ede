#!/usr/bin/perl

# The list of streams: pages of what is stored and of what is live in one
# order, each once, whatever the size of the page; filters; a cursor that
# outlives what it stands on.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::API;

my $t = Test::Restream->new();

$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%
worker_processes 2;

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

        application vod {
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
    }
}
CONF

my $api = Test::Restream::API->new($t);

is_deeply($api->get('/streams')->{json}, { items => [], nextCursor => undef },
          'no streams');

# stored ones, live ones, and some that are both

my @stored = ((map { sprintf 'live/s%02d', $_ } 0 .. 19), 'live/S05', 'a/z',
              'zoo/a', 'vod/Ab%5F', 'vod/ab');
my @live = ('live/aa', 'live/s07', 'live/s075', 'vod/zz');

for my $stream (@stored) {
    my ($app, $name) = split m{/}, $stream;

    is($api->post('/streams', { app => $app, name => $name })->{status}, 201,
       $stream);
}

my @pubs = map { $t->publish($_) } @live;
my %all = map { $_ => 1 } @stored, @live;
my @all = sort { join("\0", split m{/}, $a) cmp join("\0", split m{/}, $b) }
    keys %all;

wait_ok { listed('live=true') == @live } 10, 'all of them are live';

is_deeply([listed('')], \@all, 'all, in order');

for my $limit (1, 2, 3, 7, @all - 1, 0 + @all, @all + 1, 1000) {
    my ($pages, @got) = pages("limit=$limit");

    is_deeply(\@got, \@all, "pages of $limit: each stream once, in order");
    cmp_ok($pages, '<=', int(@all / $limit) + 1, 'in no more pages');
}

###############################################################################

# filters, alone and with pages

my %filters = (
    'app=live' => sub { m{\Alive/} },
    'app=none' => sub { 0 },
    'live=true' => sub { my $s = $_; grep { $_ eq $s } @live },
    'live=false' => sub { my $s = $_; !grep { $_ eq $s } @live },
    'q=s0' => sub { m{/[^/]*s0}i },
    'q=S1' => sub { m{/[^/]*s1}i },
    'q=ab%25' => sub { m{/[^/]*ab%}i },
    'q=_' => sub { m{/[^/]*_} },
    'app=live&live=true&q=s' => sub {
        my $s = $_;
        m{\Alive/.*s} && grep { $_ eq $s } @live;
    },
    'app=&live=&q=' => sub { 1 },
);

for my $filter (sort keys %filters) {
    my @expected = grep { $filters{$filter}->() } @all;

    is_deeply([listed($filter)], \@expected, $filter);

    for my $limit (1, 4) {
        my ($pages, @got) = pages("$filter&limit=$limit");
        is_deeply(\@got, \@expected, "in pages of $limit");
    }
}

###############################################################################

# what changes between two pages

my $page = $api->get('/streams?limit=10')->{json};
my $last = $page->{items}[-1];
my $cursor = $page->{nextCursor};

like($cursor, qr/\A[A-Za-z0-9_-]+\z/, 'a cursor goes into a url as it is');
is($api->delete("/streams/$last->{app}/$last->{name}")->{status}, 204,
   'the stream that it stands on is removed');

my @rest = grep { after($_, $last) } @all;

is_deeply([listed("cursor=$cursor")], \@rest, 'and the list goes on behind');

$api->post('/streams', { app => 'a', name => 'a' });
$api->post('/streams', { app => 'zoo', name => 'b' });
is_deeply([listed("cursor=$cursor")], [@rest, 'zoo/b'],
          'what is new comes where it belongs');

$_->stop() for @pubs;
wait_ok { listed('live=true') == 0 } 10, 'none is live any more';

my %is_stored = map { $_ => 1 } @stored;
my $left = join ' ', (grep { $is_stored{$_} } @rest), 'zoo/b';

wait_ok { join(' ', listed("cursor=$cursor")) eq $left } 5,
    'what was only live is gone';

$t->done_testing();

###############################################################################

sub after {
    my ($stream, $last) = @_;

    my ($app, $name) = split m{/}, $stream;

    return $app gt $last->{app}
        || $app eq $last->{app} && $name gt $last->{name};
}


sub listed {
    my ($query) = @_;

    my $answer = $api->get("/streams?$query");

    return if $answer->{status} != 200;
    return map { "$_->{app}/$_->{name}" } @{$answer->{json}{items}};
}


# how many, and what is on them

sub pages {
    my ($query) = @_;

    my ($cursor, @got) = ('');
    my $pages = 0;

    while (defined $cursor && $pages < 100) {
        my $page = $api->get("/streams?$query&cursor=$cursor")->{json}
            or return;

        $pages++;
        push @got, map { "$_->{app}/$_->{name}" } @{$page->{items}};
        $cursor = $page->{nextCursor};
    }

    return ($pages, @got);
}
