#!/usr/bin/perl

# A server asks to reconnect (NetConnection.Connect.ReconnectRequest), here or
# elsewhere: the output moves at the next key frame and loses no frame.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;

my $t = Test::Restream->new();

$t->expand(CA => $t->tls()->ca_file());
$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;
            restream on;
            restream_publisher_grace 200ms;
            restream_reconnect min=200ms max=1s;
            restream_ssl_trusted_certificate %%CA%%;

            restream_destination here rtmp://127.0.0.1:%%PORT_1%%/app?x=1
                                 key=move-key-1;
            restream_destination there rtmp://127.0.0.1:%%PORT_2%%/app
                                 key=move-key-2;
            restream_destination path rtmp://127.0.0.1:%%PORT_3%%/app
                                 key=move-key-3;
            restream_destination host rtmp://127.0.0.1:%%PORT_4%%/app
                                 key=move-key-4;
            restream_destination nonsense rtmp://127.0.0.1:%%PORT_5%%/app
                                 key=move-key-5;
            restream_destination down rtmps://127.0.0.1:%%PORT_6%%/app
                                 key=move-key-6;
            restream_destination dead rtmp://127.0.0.1:%%PORT_7%%/app
                                 key=move-key-7;
        }
    }
}

http {
    %%GLOBALS_HTTP%%

    server {
        listen 127.0.0.1:%%PORT_80%%;
        location = /restream/status { restream_status; }
    }
}
CONF

my %port = (here => 1, there => 2, path => 3, host => 4, nonsense => 5,
            down => 6, dead => 7);
my %in = map {
    $_ => $t->ingest(port => $port{$_}, tls => $_ eq 'down' ? 'good' : undef)
} keys %port;
my %new = map { $_ => $t->ingest(port => 10 + $port{$_}) } qw/there host down/;

# what each server asks for, and where the app is then

my %moves = (
    here     => [undef, 'app?x=1'],
    there    => [$new{there}->url('new', 'app'), 'new/app'],
    path     => ['/other/app', 'other/app'],
    host     => ['//127.0.0.1:' . $new{host}->port() . '/app', 'app'],
    nonsense => ['http://127.0.0.1/app', 'app'],
    down     => [$new{down}->url('app'), 'app'],
    dead     => ['rtmp://127.0.0.1:' . $t->port(20) . '/app', 'app'],
);

my $pub = $t->publish('live/show', media => { gop => 20 });

for my $name (sort keys %moves) {
    $in{$name}->wait(sub { $_[0]->frames(conn => 1) > 40 }, 10,
                     "$name: media arrives");
    wait_until {
        ($t->destination('live', 'show', $name) || {})->{state} eq 'live'
    } 10, "$name: it is live";

    my $url = $moves{$name}[0];

    $in{$name}->control(do => 'reconnect', defined $url ? (url => $url) : ());
}

###############################################################################

for my $name (sort keys %moves) {
    my ($url, $app) = @{$moves{$name}};
    my $old = $in{$name};
    my $end = $old->wait(sub { $_[0]->closed(1) }, 10,
                         "$name: the connection ends") or next;

    is("$end->{how} $end->{fcunpublish} $end->{delete_stream}", 'fin 0 0',
       "$name: not as if the broadcast were over");

    my $last = ($old->frames(conn => 1))[-1];
    my @sent = $pub->frames();
    my ($at) = grep { $sent[$_]{md5} eq $last->{md5} } 0 .. $#sent;

    is($sent[$at + 1]{key}, 1, "$name: right before a key frame");
    is(missing_frames($pub, $old, conn => 1), 0,
       "$name: all up to there has arrived");

    my $moved = $name ne 'down' && $new{$name};
    my ($to, $conn) = $moved ? ($new{$name}, 1) : ($old, 2);

    $to->wait(sub { $_[0]->frames(conn => $conn) > 60 }, 10,
              "$name: media arrives at the new connection") or next;

    is($to->command($conn, 'connect')->{args}[0]{tcUrl}, $to->url($app),
       "$name: it goes where it was sent");
    is($to->command($conn, 'publish')->{args}[1], "move-key-$port{$name}",
       "$name: with its key");
    is_deeply([$to->first_messages($conn, 4)],
              ['@setDataFrame', 'video header', 'audio header', 'key'],
              "$name: and begins with all that a decoder needs");
    is(($to->messages($conn))[0]{ts}, 0, "$name: at the time 0");

    is(missing_frames($pub, [$old->frames(), $moved ? $to->frames() : ()]), 0,
       "$name: no frame is lost");
    is_deeply([check_order($pub, $to, $conn, gaps => 0)], [],
              "$name: none is out of order");

    next if $name eq 'dead';

    my $d = wait_until {
        my $d = $t->destination('live', 'show', $name);
        $d && $d->{state} eq 'live' && $d;
    } 10, "$name: it is live again" or next;

    is($d->{lastError}, undef, "$name: to be asked is no error");
    is($d->{stats}{attempts}, 2, "$name: one attempt was enough");
}

is($new{down}->conns(), 0, 'down: from rtmps to rtmp is not followed');
is(scalar(my @told = $t->log_matches(
       qr/\[warn\].*reconnect to a url that is not followed/)), 2,
   'what is not followed is told');

# where nothing listens at the new place, the old one is tried again

my $d = $t->destination('live', 'show', 'dead');

is($d->{lastError}{code}, 'refused', 'dead: the new place was tried');
is($in{dead}->conns(), 2, 'dead: before the old one');

$t->done_testing();
