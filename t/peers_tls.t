#!/usr/bin/perl

# The fake ingest over TLS, and the proxy between: certificates, versions,
# handshakes that stop, seen by openssl s_client and by a plain client.

use warnings;
use strict;

use Test::More;

use IO::Socket::SSL;

use lib 't/lib';
use Test::Restream;
use Test::Restream::RTMP qw/MSG_VIDEO/;
use Test::Restream::RTMP::Client;

my $t = Test::Restream->new(module => 0)->has('openssl');
my $ca = $t->tls()->ca_file();
my $in = $t->ingest(port => 1, tls => 'good');
my $frame = { type => MSG_VIDEO, csid => 6, msid => 1, ts => 0,
              payload => 'x' x 5000 };

###############################################################################

# as openssl sees it

like(s_client(1), qr/Verification: OK|Verify return code: 0/,
     'a good certificate');
$in->wait(sub { $_[0]->events(ev => 'tls') }, 5, 'the handshake is noted');
is(($in->events(ev => 'tls', conn => 1))[0]{sni}, 'localhost',
   'with the name that was asked for');

my %errors = (expired => qr/code: 10 /, future => qr/code: 9 /,
              self => qr/code: 18 /, wrong => qr/code: 62 /);

for my $kind (sort keys %errors) {
    $in->script({ tls => $kind });
    like(s_client(1), $errors{$kind}, "a certificate that is $kind");
}

for my $version (qw/1_2 1_3/) {
    $in->script({ tls => 'good', tls_version => "TLSv$version" });
    (my $name = "TLSv$version") =~ tr/_/./;
    like(s_client(1), qr/$name/, "only $name");
}

like(s_client(1, '-tls1_2'), qr/alert|no protocols|error/,
     'another version is refused');
$in->wait(sub { $_[0]->events(ev => 'tls-error') }, 5,
          'and the refusal is noted');

###############################################################################

# media

my $pub = $t->publish('live/show', port => 1, speed => 0, count => 1000,
                      tls => { SSL_verify_mode => SSL_VERIFY_NONE });

$pub->wait_done(10);
wait_ok { $in->frames() >= 1000 } 10, 'a thousand frames over TLS';
is(missing_frames($pub, $in, from => 0), 0, 'none is missing');
my $conn = $in->conns();
is_deeply([check_order($pub, $in, $conn, gaps => 0)], [], 'all in order');
$pub->unpublish();
wait_ok { $in->closed($conn) } 5, 'the end is seen';

$in->script({ write_size => 1, chunk_size => 0, tls => 'good' });
is(client()->publish('live', 'key'), 'NetStream.Publish.Start',
   'records of one byte');
$in->script({ write_size => 0 });

###############################################################################

# ends

for (['close with close_notify', 1, { do => 'close' }],
     ['close without', 0, { do => 'close', notify => 0 }])
{
    my ($name, $notify, $request) = @$_;
    my $client = client();

    $client->publish('live', 'key');
    $in->control(%$request);
    like($client->read_to_end(), qr/closed|reset/, "$name: ended");
    is(Net::SSLeay::get_shutdown($client->{sock}->_get_ssl_object()) & 2 ? 1
       : 0, $notify, "$name: as told");
    $client->reset();
}

my $client = client();
$client->publish('live', 'key');
$in->control(do => 'reset');
is($client->read_to_end(), 'reset', 'reset');

$in->script({ tls_version => 'TLSv1_2' }, $in->conns() + 1);
$client = client();
$client->publish('live', 'key');
$in->control(do => 'renegotiate');
$client->send($frame);
$in->control(do => 'ping');
is($client->receive()->{type}, 4, 'renegotiated');
wait_ok { $in->frames(conn => $in->conns()) } 5, 'and media flows on';

$in->script({ mute => 'accept' }, $in->conns() + 1);
ok(!eval { client(1, 0.2); 1 }, 'no answer to the hello');
like($@, qr/refused/, 'no connection');

###############################################################################

# the proxy

my $proxy = $t->proxy(port => 2, to => 1);

is(client(2)->publish('live', 'key'), 'NetStream.Publish.Start',
   'the proxy forwards');

for my $records (0 .. 2) {
    $proxy->control(do => 'script', script => { records => $records });
    ok(!eval { client(2, 0.2); 1 }, "stalled after $records records");
}

$proxy->control(do => 'script', script => { split => { down => 1 } });
is(client(2)->publish('live', 'key'), 'NetStream.Publish.Start',
   'a byte at a time');

$proxy->control(do => 'script', script => { delay => 0.04 });
my $before = mono();
client(2)->publish('live', 'key');
cmp_ok(mono() - $before, '>', 0.4, 'delay');

$proxy->control(do => 'script', script => { limit => { up => 4000 } });
ok(!eval { client(2, 0.3)->publish('live', 'key'); 1 }, 'a limit upwards');
like($@, qr/timeout/, 'ends in silence');

$proxy->control(do => 'script', script => {});
$client = client(2, 0.3);
$client->publish('live', 'key');
$proxy->control(do => 'freeze');
$in->control(do => 'ping');
ok(!eval { $client->receive(); 1 }, 'frozen');
$proxy->control(do => 'thaw');
is($client->receive()->{type}, 4, 'thawed');
$proxy->control(do => 'reset');
is($client->read_to_end(), 'reset', 'cut');

$t->done_testing();

###############################################################################

sub client {
    my ($port, $timeout) = @_;

    return Test::Restream::RTMP::Client->new(
        port => $t->port($port || 1), timeout => $timeout || 2,
        tls => { SSL_ca_file => $ca, SSL_verifycn_name => 'localhost' });
}


# What openssl says about the server.

sub s_client {
    my ($port, @more) = @_;

    my $process = $t->spawn('s_client' . ++our $count, 'openssl', 's_client',
        '-connect', '127.0.0.1:' . $t->port($port), '-servername',
        'localhost', '-verify_hostname', 'localhost', '-CAfile', $ca, @more);

    $process->wait(5) or die "s_client does not end\n";

    return $process->output();
}
