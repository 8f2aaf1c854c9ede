#!/usr/bin/perl

# rtmps: what is relayed over TLS 1.2 and 1.3 arrives complete, also through a
# narrow pipe and over several connections; names and addresses are checked
# against the certificate; port 443 is the default; the status tells version
# and cipher.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::DNS;
use Test::Restream::Ingest;

use constant VIDEO => 8_000_000;    # bit/s: frames of several records

my $t = Test::Restream->new(netns => 1)->has('ipv6');
my $dns = Test::Restream::DNS->new(dir => $t->dir());

$dns->hosts('127.0.0.1 localhost ingest.test');
$t->expand(CA => $t->tls()->ca_file());
$t->write_file_expand('nginx.conf', <<'CONF')->run(enter => $dns->enter());
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    restream on;
    restream_publisher_grace 0;
    restream_reconnect min=100ms max=200ms;
    restream_ssl_trusted_certificate %%CA%%;

    server {
        listen 127.0.0.1:%%PORT_0%%;
        max_message 16m;

        application live {
            live on;

            restream_destination tls12
                                 rtmps://127.0.0.1:%%PORT_1%%/app/key-tls12;
            restream_destination tls13
                                 rtmps://localhost:%%PORT_2%%/app/key-tls13;
            restream_destination narrow
                                 rtmps://127.0.0.1:%%PORT_3%%/app/key-narrow;
            restream_destination bytes
                                 rtmps://ingest.test:%%PORT_4%%/app/key-bytes;
            restream_destination ip6 rtmps://[::1]:%%PORT_5%%/app/key-ip6;
            restream_destination plain
                                 rtmp://127.0.0.1:%%PORT_6%%/app/key-plain;
        }

        application default {
            live on;
            restream_destination port rtmps://127.0.0.1/app/key-port;
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

my %in = (
    tls12  => $t->ingest(port => 1, tls => 'good',
                         script => { tls_version => 'TLSv1_2' }),
    tls13  => $t->ingest(port => 2, tls => 'good',
                         script => { tls_version => 'TLSv1_3' }),

    # little room, and no reading now and then: records are cut

    narrow => $t->ingest(port => 3, tls => 'good', rcvbuf => 8192, script => {
        at => [map { { frames => 100 * $_, do => 'freeze', seconds => 0.4 } }
               1 .. 3] }),

    # a server that speaks in records of a byte; of a few where it takes too
    # long to read so many

    bytes  => $t->ingest(port => 4, tls => 'good',
                         script => { write_size => int slow() }),
    ip6    => $t->ingest(port => 5, tls => 'good', addr => '::1'),
    plain  => $t->ingest(port => 6),
);
my @tls = grep { $_ ne 'plain' } sort keys %in;
my $pub = $t->publish('live/show', media => { video_bps => VIDEO });

###############################################################################

# version and cipher, as both sides see them

for my $name (@tls) {
    wait_ok { state($name) eq 'live' } 10, "$name: is live";

    my $tls = $t->destination('live', 'show', $name)->{tls};
    my ($seen) = $in{$name}->events(ev => 'tls');
    (my $version = $seen->{version}) =~ tr/_/./;

    is_deeply($tls, { version => $version, cipher => $seen->{cipher} },
              "$name: version and cipher are those of the server");
}

is($t->destination('live', 'show', 'tls12')->{tls}{version}, 'TLSv1.2',
   'tls12: as the server wants');
is($t->destination('live', 'show', 'tls13')->{tls}{version}, 'TLSv1.3',
   'tls13: as the server wants');
is($t->destination('live', 'show', 'plain')->{tls}, undef,
   'plain: there is nothing to tell');
is($in{tls13}->command(1, 'connect')->{args}[0]{tcUrl},
   'rtmps://localhost:' . $t->port(2) . '/app', 'tcUrl has the true scheme');

# names are told to the server, addresses are not

my %sni = (tls12 => undef, ip6 => undef, tls13 => 'localhost',
           bytes => 'ingest.test');

is(($in{$_}->events(ev => 'tls'))[0]{sni}, $sni{$_},
   "$_: the name that it was asked for") for sort keys %sni;

###############################################################################

# everything arrives, as it was

wait_ok { $pub->frames() > 400 } 15, 'four hundred frames';

my $last = ($pub->frames())[-1]{n};

for my $name (sort keys %in) {
    wait_ok { grep { $_->{n} == $last } reverse $in{$name}->frames() } 10,
        "$name: up to date";
    is(missing_frames($pub, $in{$name}, to => $last), 0,
       "$name: no frame is missing");
    is_deeply([check_order($pub, $in{$name}, 1, gaps => 0)], [],
              "$name: all in order and as they were");
    is($in{$name}->conns(), 1, "$name: on one connection");
}

# the same over several connections: ended with an alert, without, and cut

my %ends = (tls12 => { do => 'close', notify => 0 }, tls13 => { do => 'close' },
            ip6 => { do => 'reset' });

$in{$_}->control(%{$ends{$_}}) for keys %ends;

for my $name (sort keys %ends) {
    my $d;

    wait_ok {
        $d = $t->destination('live', 'show', $name) || { state => 'missing' };
        $d->{state} eq 'live' && $d->{stats}{reconnects} == 1;
    } 10, "$name: is live again";
    is($in{$name}->conns(), 2, "$name: on another connection");
    is($d->{lastError}{code}, 'closed', "$name: the server had closed");
}

$last = ($pub->frames())[-1]{n};

for my $name (sort keys %ends) {
    wait_ok { grep { $_->{n} == $last } reverse $in{$name}->frames() } 10,
        "$name: up to date again";
    is(missing_frames($pub, $in{$name}, to => $last), 0,
       "$name: no frame is missing between");
    is_deeply([check_order($pub, $in{$name}, 2, gaps => 0)], [],
              "$name: all in order again");
}

# a deliberate end

$pub->unpublish();

for my $name (@tls) {
    my $conn = $in{$name}->conns();
    my $closed = wait_ok { $in{$name}->closed($conn) } 5, "$name: ends";

    is("$closed->{how} $closed->{fcunpublish} $closed->{delete_stream}",
       'fin 1 1', "$name: with a goodbye");
}

###############################################################################

# port 443

my $default = Test::Restream::Ingest->new(
    name => 'in443', dir => $t->dir(), port => 443, tls => 'good',
    authority => $t->tls());
my $other = $t->publish('default/show');

wait_ok { $default->frames() > 10 } 10, 'without a port it is 443';
is($default->command(1, 'connect')->{args}[0]{tcUrl}, 'rtmps://127.0.0.1/app',
   'which stands in no url');
is($t->destination('default', 'show', 'port')->{url}, 'rtmps://127.0.0.1/app',
   'nor in the status');
is_deeply([$default->violations()], [], 'and all is well there');

$other->stop();
$t->done_testing();

###############################################################################

sub state {
    my ($name) = @_;

    return ($t->destination('live', 'show', $name) || { state => 'missing' })
        ->{state};
}
