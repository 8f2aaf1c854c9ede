#!/usr/bin/perl

# Names are resolved at each attempt: by /etc/hosts and by name servers, to
# IPv4 and IPv6 addresses, all of which are tried in turn; a changed address is
# used at the next attempt, a failure is told and tried again.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::DNS;
use Test::Restream::Netns;

my $t = Test::Restream->new(netns => 1)->has('ipv6');
my $dns = Test::Restream::DNS->new(dir => $t->dir());

$dns->hosts('127.0.0.2 hosts4.test', '::1 hosts6.test');
$dns->set(
    'dns4.test'     => ['127.0.0.3'],
    'dns6.test'     => ['::1'],
    'both.test'     => ['127.0.0.9', '::1'],
    'moves.test'    => ['127.0.0.4'],
    'late.test'     => 'NXDOMAIN',
    'broken.test'   => 'SERVFAIL',
    'half.test'     => { A => ['127.0.0.3'], AAAA => 'SERVFAIL' },
    'mute.test'     => { A => ['127.0.0.3'], AAAA => 'silent' },
    'turns.test'    => [map { "127.0.1.$_" } 1 .. 4],
    'none.test'     => [map { "127.0.2.$_" } 1 .. 4],
    'hole.test'     => ['::1', '127.0.0.3'],
);

$t->write_file_expand('nginx.conf', <<'CONF')->run(enter => $dns->enter());
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    restream_publisher_grace 0;
    restream_reconnect min=100ms max=200ms;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;
            restream on;
            restream_destination hosts4
                                 rtmp://hosts4.test:%%PORT_1%%/a/key-hosts4;
            restream_destination hosts6
                                 rtmp://hosts6.test:%%PORT_1%%/a/key-hosts6;
            restream_destination dns4 rtmp://dns4.test:%%PORT_1%%/a/key-dns4;
            restream_destination dns6 rtmp://DNS6.test:%%PORT_1%%/a/key-dns6;
            restream_destination literal4
                                 rtmp://127.0.0.2:%%PORT_1%%/a/key-literal4;
            restream_destination literal6
                                 rtmp://[::1]:%%PORT_1%%/a/key-literal6;
            restream_destination both rtmp://both.test:%%PORT_1%%/a/key-both;
            restream_destination moves rtmp://moves.test:%%PORT_1%%/a/key-moves;
            restream_destination late rtmp://late.test:%%PORT_1%%/a/key-late;
            restream_destination broken
                                 rtmp://broken.test:%%PORT_1%%/a/key-broken;
            restream_destination half rtmp://half.test:%%PORT_1%%/a/key-half;
            restream_destination mute rtmp://mute.test:%%PORT_1%%/a/key-mute;
            restream_destination hole rtmp://hole.test:%%PORT_3%%/a/key-hole;
        }

        # one attempt, and hardly ever another

        application turns {
            live on;
            restream on;
            restream_reconnect min=1h max=1h;
            restream_destination turns rtmp://turns.test:%%PORT_2%%/a/key-turns;
            restream_destination none rtmp://none.test:%%PORT_2%%/a/key-none;
        }
    }
}

http {
    %%GLOBALS_HTTP%%

    server {
        listen 127.0.0.1:%%PORT_80%%;

        location = /restream/status {
            restream_status;
        }
    }
}
CONF

my %in = map { $_ => $t->ingest(port => 1, addr => $_, name => "in$_") }
    '127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5', '::1';

###############################################################################

# who connects where

my $hole = $t->ingest(port => 3, addr => '127.0.0.3');

Test::Restream::Netns->nft('table inet hole { chain in {
    type filter hook input priority 0;
    ip6 daddr ::1 tcp dport ' . $t->port(3) . ' drop; }; }');

my $start = mono();
my $pub = $t->publish('live/show');

my %where = (
    hosts4 => '127.0.0.2', hosts6 => '::1', dns4 => '127.0.0.3',
    dns6 => '::1', literal4 => '127.0.0.2', literal6 => '::1',
    both => '::1', moves => '127.0.0.4', half => '127.0.0.3',
    mute => '127.0.0.3',
);

for my $name (sort keys %where) {
    wait_ok { live($name) } 10, "$name is live";
    is_deeply([arrived($name)], [$where{$name}],
              "and has connected to $where{$name}");
}

for my $name (qw/hosts4 dns6 both/) {
    is(destination($name)->{stats}{attempts}, 1, "$name needed one attempt");
}

###############################################################################

# failures, with the words of the resolver

my %words = (late => qr/Name or service not known|No address/,
             broken => qr/Temporary failure/);

for my $name (sort keys %words) {
    my $dst = wait_until {
        my $dst = destination($name);
        $dst->{state} eq 'waiting' && $dst->{stats}{attempts} > 2 && $dst;
    } 10, "$name waits";

    is($dst->{reason}{code}, 'dns', "$name: the reason is dns");
    is($dst->{reason}{class}, 'retryable', "$name: to be tried again");
    like($dst->{reason}{text}, $words{$name}, "$name: in words");
    ok(defined $dst->{stats}{nextAttemptAt}, "$name: and when");
}

my $asked = $dns->queries('broken.test');
my $attempts = destination('broken')->{stats}{attempts};

wait_ok { destination('broken')->{stats}{attempts} >= $attempts + 3 } 10,
    'the attempts go on';
cmp_ok($dns->queries('broken.test') - $asked, '>=', 3,
       'and each asks the name server');

$dns->set('late.test' => ['127.0.0.2']);
wait_ok { live('late') } 10, 'a name that appears is used at once';
is_deeply([arrived('late')], ['127.0.0.2'], 'with its address');

###############################################################################

# an address changes: not before the connection is lost, and then at once

$dns->set('moves.test' => ['127.0.0.5']);

my $frames = destination('moves')->{stats}{framesSent};
wait_ok { destination('moves')->{stats}{framesSent} > $frames + 30 } 10,
    'the connection to the old address stays';

$in{'127.0.0.4'}->control(do => 'reset', conn => 'all');
wait_ok { grep { $_ eq '127.0.0.5' } arrived('moves') } 10,
    'the next attempt is at the new address';
wait_ok { live('moves') } 10, 'which is live';
is($in{'127.0.0.4'}->conns(), 1, 'and none is at the old one');

$dns->hosts('127.0.0.5 hosts4.test', '::1 hosts6.test');
$in{'127.0.0.2'}->control(do => 'reset', conn => 'all');
wait_ok { grep { $_ eq '127.0.0.5' } arrived('hosts4') } 10,
    'a changed /etc/hosts is used as well';

###############################################################################

# an address that does not answer at all gets 5 s, then comes the next

wait_ok { live('hole') } 15, 'behind a black hole is another address';
my ($opened) = $hole->events(ev => 'open');
my $after = $opened->{at} - $start;
cmp_ok($after, '>', 4.9, 'the first address had its five seconds');
cmp_ok($after, '<', slowly(6), 'and not much more');
is(destination('hole')->{stats}{attempts}, 1, 'all in one attempt');

###############################################################################

# all addresses in one attempt, each once

Test::Restream::Netns->nft('table inet count { chain out {
    type filter hook output priority 0;
    ' . join('', map { "ip daddr $_ tcp flags & (syn|ack) == syn counter;\n" }
             map { my $net = $_; map { "127.0.$net.$_" } 1 .. 4 } 1, 2)
    . '}; }');

my $last = $t->ingest(port => 2, addr => '127.0.1.3');
my $turns = $t->publish('turns/show');

wait_ok { ($t->destination('turns', 'show', 'turns') || {})->{state} eq 'live' }
    10, 'one address of four listens';
wait_ok { $t->destination('turns', 'show', 'none')->{state} eq 'waiting' } 10,
    'one name has no such address';

my $none = $t->destination('turns', 'show', 'none');
is($none->{reason}{code}, 'refused', 'which was refused');
my $tried = $none->{stats}{attempts};
is($t->destination('turns', 'show', 'turns')->{stats}{attempts}, 1,
   'and the other one as well');

my %syn = Test::Restream::Netns->command(qw/nft list table inet count/)
    =~ /ip daddr (\S+) .* packets (\d+)/g;

is_deeply([map { $syn{"127.0.2.$_"} } 1 .. 4], [($tried) x 4],
          'each address was tried once in each attempt');
is($syn{'127.0.1.3'}, 1, 'the one that listens too');
is((grep { $syn{"127.0.1.$_"} > 1 } 1 .. 4), 0, 'and none twice');

$t->done_testing();

###############################################################################

sub destination {
    my ($name) = @_;

    return $t->destination('live', 'show', $name)
        || { state => 'missing', stats => { attempts => 0 } };
}


sub live {
    my ($name) = @_;

    return destination($name)->{state} eq 'live';
}


# The addresses where a destination has published, known by its key.

sub arrived {
    my ($name) = @_;

    return grep {
        grep { $_->{args}[1] eq "key-$name" }
            $in{$_}->events(ev => 'command', name => 'publish')
    } sort keys %in;
}
