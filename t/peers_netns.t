#!/usr/bin/perl

# Networks of a test: a peer behind a link that can be cut.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::RTMP::Client;

my $t = Test::Restream->new(module => 0, netns => 1);
my $far = $t->netns('far');
my $in = $t->ingest(port => 1, netns => $far);

###############################################################################

is($in->url('app'), 'rtmp://' . $far->addr() . ':' . $in->port() . '/app',
   'the peer has an address of its own');

my $pub = $t->publish('live/show', host => $far->addr(), port => 1);

wait_ok { $in->frames() > 10 } 5, 'frames reach the namespace';
like(($in->events(ev => 'open'))[0]{peer}, qr/\A\Q@{[$far->gateway()]}\E:/,
     'from the address at our end');

$far->blackhole();
my $before = $in->frames();
wait_ok { $pub->frames() > $before + 30 } 5, 'the publisher goes on';
cmp_ok(scalar(my @now = $in->frames()), '<=', $before + 3,
       'but nothing arrives');

my $start = mono();
ok(!eval { connect_to($far->addr(), 0.3) }, 'no connection is made');
cmp_ok(mono() - $start, '>', 0.25, 'and none is refused');

$far->heal();
wait_ok { $in->frames() > $before + 30 } 10, 'healed, all arrives';
is(missing_frames($pub, $in), 0, 'and nothing is missing');

$far->nft('table inet t { chain c { type filter hook input priority 0; '
          . 'tcp dport ' . $in->port() . ' reject with tcp reset; }; }');
$start = mono();
ok(!eval { connect_to($far->addr(), 2) }, 'a rule of nft refuses');
cmp_ok(mono() - $start, '<', 1, 'at once');

Test::Restream::Netns->command(qw/ip route add unreachable 192.0.2.1/);
ok(!eval { connect_to('192.0.2.1', 2) }, 'a route can be broken');
like($@, qr/No route|unreachable/, 'and says so');

my $daemon = $t->run_daemon(sub { sleep 60 }, enter => sub { $far->enter() });
isnt(readlink '/proc/' . $daemon->pid() . '/ns/net', readlink
     '/proc/self/ns/net', 'a daemon can be in the namespace');

$t->done_testing();

###############################################################################

sub connect_to {
    my ($addr, $timeout) = @_;

    return Test::Restream::RTMP::Client->new(
        host => $addr, port => $t->port(1), timeout => $timeout);
}
