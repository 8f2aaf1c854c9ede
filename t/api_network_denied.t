#!/usr/bin/perl

# No packet of a destination of the API goes where none may: to no denied
# address, however it is written, named, mapped or led to; not when a name turns
# to one between two attempts, nor when it has one among others.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::API;
use Test::Restream::DNS;
use Test::Restream::Netns;

use constant {
    PUBLIC => '45.45.45.45',            # of somebody out there
    OWN    => '45.45.46.46',            # ours, seen from out there
    OTHER  => '10.9.9.8',
    INGEST => '10.9.9.9',               # private, and allowed in the end
};

my $t = Test::Restream->new(netns => 1, log_level => 'notice')->has('ipv6');
my $dns = Test::Restream::DNS->new(dir => $t->dir());
my $far = $t->netns('far');

# whatever is not ours leaves, and would be answered

$far->command(qw/ip addr add/, "$_/32", qw/dev lo/)
    for PUBLIC, OTHER, INGEST;
Test::Restream::Netns->command(qw/ip addr add/, OWN . '/32', qw/dev lo/);
Test::Restream::Netns->command(qw/ip route add default via/, $far->addr());
Test::Restream::Netns->command(qw/ip -6 route add default via/,
                               $far->addr6());

# addresses of IPv4, and in how many ways they can be written; names, too

my @ipv4 = qw/0.0.0.0 127.0.0.1 127.255.255.254 10.1.2.3 172.16.0.1
    172.31.255.254 192.168.1.1 100.64.0.1 169.254.169.254 198.18.0.1
    198.19.255.254 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255/;
my @ipv6 = qw/:: ::1 0:0:0:0:0:0:0:1 ::127.0.0.1 fe80::1 febf::1 fc00::1 fd00::1
    ff02::1 ff0e::1 64:ff9b:1::1 fec0::1 2001:db8::1/;
my %hosts = ('own' => OWN, 'own-mapped' => '[::ffff:' . OWN . ']',
             map { $_ => $_ } qw/localhost LOCALHOST localhost. home.test
                 home.test. meta.test metadata.google.internal/);

for my $ip (@ipv4) {
    my @byte = split /\./, $ip;
    my $number = unpack 'N', pack 'C4', @byte;
    my $hex = sprintf '%02x%02x:%02x%02x', @byte;

    $hosts{$ip} = $ip;
    $hosts{"$ip decimal"} = $number;
    $hosts{"$ip hex"} = sprintf '0x%08x', $number;
    $hosts{"$ip octal"} = sprintf '0%o', $number;
    $hosts{"$ip hex bytes"} = join '.', map { sprintf '0x%x', $_ } @byte;
    $hosts{"$ip octal bytes"} = join '.', map { sprintf '0%03o', $_ } @byte;
    $hosts{"$ip short"} = sprintf '%d.%d', $byte[0], $number & 0xffffff;
    $hosts{"$ip mapped"} = "[::ffff:$ip]";
    $hosts{"$ip mapped hex"} = "[0:0:0:0:0:FFFF:$hex]";
    $hosts{"$ip NAT64"} = "[64:ff9b::$hex]";
    $hosts{"$ip 6to4"} = "[2002:$hex\::1]";
    $hosts{"$ip named"} = "n$number.test";
    $hosts{"$ip named mapped"} = "m$number.test";

    $dns->set("n$number.test" => { A => [$ip], AAAA => 'NXDOMAIN' },
              "m$number.test" => { A => 'NXDOMAIN', AAAA => ["::ffff:$ip"] });
}

for my $ip (@ipv6) {
    my $name = 'six' . $ip =~ s/\W/-/gr . '.test';

    $hosts{$ip} = "[$ip]";
    $hosts{"$ip named"} = $name;
    $dns->set($name => { A => 'NXDOMAIN', AAAA => [$ip] });
}

$dns->set('home.test' => ['127.0.0.1', '::1'],
          'meta.test' => ['169.254.169.254'],
          'metadata.google.internal' => ['169.254.169.254'],
          'flips.test' => [PUBLIC], 'ingest.test' => [INGEST],
          'mixed.test' => { A => ['10.1.2.3', PUBLIC, '127.0.0.1'],
                            AAAA => ['::1', 'fd00::1'] },
          'broken.test' => 'SERVFAIL', 'none.test' => 'NXDOMAIN');
$dns->hosts('127.0.0.1 localhost', '::1 localhost');

$t->write_file_expand('nginx.conf', <<'CONF')->run(enter => $dns->enter());
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    restream_store sqlite:state/restream.db;
    restream_zone 4m;
    restream_max_destinations 300;
    restream_publisher_grace 0;
    restream_allow 10.9.9.9;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;
            restream on;
            restream_reconnect min=1h max=1h;
        }

        application again {
            live on;
            restream on;
            restream_reconnect min=100ms max=200ms;
        }
    }

    # one that takes whatever comes to it

    server {
        listen %%PORT_1%%;
        listen [::]:%%PORT_1%% ipv6only=on;

        application app {
            live on;
        }
    }
}

http {
    %%GLOBALS_HTTP%%

    server {
        listen 127.0.0.1:%%PORT_80%%;

        location /restream/ {
            restream_api;
            restream_api_max_body 1m;
        }
    }
}
CONF

my $api = Test::Restream::API->new($t);
my $denied = $t->port(1);
my $open = $t->port(2);
my $in = $t->ingest(port => 2, netns => $far, addr => PUBLIC);
my $private = $t->ingest(port => 2, netns => $far, addr => INGEST);

# who is called at the port of what is denied; and anybody else at any port

my $allowed = '{ ' . PUBLIC . ', ' . INGEST . ' }';
my $syn = 'tcp flags & (syn|ack) == syn';

Test::Restream::Netns->nft("table inet count {
    counter wrong { }
    counter right { }
    chain out {
        type filter hook output priority 0;
        $syn tcp dport $denied counter name wrong accept
        $syn ip daddr $allowed counter name right accept
        $syn tcp dport $open counter name wrong accept
        $syn ip daddr != 127.0.0.0/8 counter name wrong accept
        $syn ip6 daddr != ::1 counter name wrong accept
    }
}");

###############################################################################

# every way to write what is denied

my @list = map { { name => $_, key => 'key-of-the-denied',
                   url => "rtmp://$hosts{$_}:$denied/app" } } sort keys %hosts;
my %refused;

for my $entry (@list) {
    my $answer = $api->post('/streams', { app => 'try', name => 'one',
                                          destinations => [$entry] });

    $refused{$entry->{name}} = 1 if $answer->{status} == 422;
    $api->delete('/streams/try/one') if $answer->{status} == 201;
}

note('no url at all: ' . join ', ', sort keys %refused);
is_deeply([grep { !/ (?:decimal|hex|octal|short)|\.\z/ } sort keys %refused],
          [], 'what can be dialled is taken');

my @taken = grep { !$refused{$_->{name}} } @list;

is($api->post('/streams', { app => 'live', name => 'show',
    destinations => \@taken })->{status}, 201, @taken . ' destinations');

my $pub = $t->publish('live/show');
my %dst;

wait_ok {
    %dst = map { $_->{name} => $_ }
        @{$api->stream('live', 'show')->{destinations}};
    !grep { $_->{state} ne 'waiting' } values %dst;
} 30, 'each has had its attempt';

my %code = map { $_ => ($dst{$_}{reason} || {})->{code} || '' } keys %dst;

is_deeply([grep { $code{$_} !~ /\A(?:address-denied|dns)\z/ } sort keys %code],
          [], 'and none of them was allowed');

# those that are no matter of the resolver's taste

is_deeply([grep { / named|mapped|NAT64|6to4|\A[\d.:a-f]+\z|\A\w*own/
                      && $code{$_} ne 'address-denied' } sort keys %code],
          [], 'because of their addresses');
is($code{$_}, 'address-denied', "$_: is denied")
    for qw/localhost LOCALHOST home.test metadata.google.internal own/;
is(counted('wrong'), 0, 'no packet has left');

$pub->unpublish();

for my $url ('rtmp://unix:/tmp/socket', 'rtmp://unix:/tmp/socket:/app',
             'unix:/tmp/socket', 'rtmp://@/app', 'rtmp:///app',
             "rtmp://[::1%lo]:$denied/app", "rtmp://[fe80::1%25lo]:$denied/app",
             "rtmp://127.0.0.1\@45.45.45.45:$denied:1/app",
             'file:///etc/passwd',
             "http://127.0.0.1:$denied/app", "gopher://127.0.0.1:$denied/x")
{
    is_problem($api->post('/streams', { app => 'try', name => 'url',
        destinations => [{ name => 'd', url => $url,
                           key => 'key-of-the-denied' }] }), 422, 'invalid',
               "no url of ours: $url");
}

###############################################################################

# names that turn, that have several addresses, that fail

my $again = '/streams/again/show';

is($api->post('/streams', { app => 'again', name => 'show', destinations => [
    map { { name => $_, url => "rtmp://$_.test:$open/app",
            key => "key-of-$_" } } qw/flips mixed broken none ingest/] })
    ->{status}, 201, 'names of all kinds');
$pub = $t->publish('again/show');
wait_ok { state_of($_) eq 'live' } 15, "$_: live" for qw/flips mixed ingest/;
is($private->conns(), 1, 'the private one that is allowed is called');
is(state_of($_), 'dns', "$_: whoever has no address is not called")
    for qw/broken none/;

for my $turn (['127.0.0.1'], ['10.9.9.8'], ['::ffff:10.9.9.8'],
              ['64:ff9b::a09:908'], [OWN])
{
    my $family = $turn->[0] =~ /:/ ? 'AAAA' : 'A';

    $dns->set('flips.test' => { A => 'NXDOMAIN', AAAA => 'NXDOMAIN',
                                $family => $turn });
    $in->control(do => 'reset', conn => 'all');
    wait_ok { state_of('flips') eq 'address-denied' } 10,
        "it turns to $turn->[0], and is denied";

    # which is tried again after a long time, or when somebody wants it

    $dns->set('flips.test' => [PUBLIC]);
    $api->post("$again/destinations/name:flips/stop");
    wait_until { state_of('flips') eq 'disabled' } 10, 'it is off';
    $api->post("$again/destinations/name:flips/start");
    wait_ok { state_of('flips') eq 'live' } 10, 'it turns back, and is live';
}

is(counted('wrong'), 0, 'no packet has left');
cmp_ok(counted('right'), '>', 0, 'but to those that are allowed');

# none but the public one of several, at any attempt

wait_ok { state_of('mixed') eq 'live' } 10, 'one of its addresses is allowed';
is($api->post("$again/stop")->{status}, 200, 'all stop');

###############################################################################

# servers that lead there

my @leads = ("127.0.0.1:$denied", "localhost:$denied", "[::1]:$denied",
             "home.test:$denied", "[::ffff:10.1.2.3]:$denied",
             "2130706433:$denied", "meta.test:$denied", OWN . ":$denied");
my (%leads, $n);

for my $lead (@leads) {
    for my $how (qw/redirect move/) {
        my $url = "rtmp://$lead/app";

        $leads{"$how $lead"} = $t->ingest(
            port => 10 + ++$n, netns => $far, addr => PUBLIC,
            script => $how eq 'redirect' ? { redirect => $url }
                : { at => [{ frames => 5, do => 'reconnect', url => $url }] });
    }
}

$api->patch($again, { destinations => [
    map { { name => $_, url => $leads{$_}->url('app'),
            key => 'key-of-the-led' } } sort keys %leads] });

wait_ok {
    !grep { state_of($_) ne 'address-denied' } keys %leads;
} 15, 'who is sent elsewhere does not go';
is_deeply([grep { $leads{$_}->conns() != 1 } sort keys %leads], [],
          'though each was called');
is(counted('wrong'), 0, 'where they lead nobody goes');
$pub->unpublish();

###############################################################################

# the counter counts: what is allowed to go there does

$api->post('/streams', { app => 'again', name => 'proof', destinations => [
    { name => 'd', url => "rtmp://ingest.test:$denied/app",
      key => 'key-of-the-proof' }] });
$pub = $t->publish('again/proof');
wait_ok { counted('wrong') > 0 } 10, 'a packet that leaves is counted';

$t->done_testing();

###############################################################################

sub counted {
    my ($name) = @_;

    return Test::Restream::Netns->nft("list counter inet count $name")
        =~ /packets (\d+)/ ? $1 : die "no counter $name\n";
}


# 'live', or why it is not

sub state_of {
    my ($name) = @_;

    my $dst = $api->destination('again', 'show', $name) or return '';

    return $dst->{state} eq 'live' ? 'live'
        : ($dst->{reason} || {})->{code} || $dst->{state};
}
