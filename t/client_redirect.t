#!/usr/bin/perl

# Servers that send a client elsewhere, with code 302 in the answer to connect:
# it goes there within the same attempt, with the same key; not in circles, not
# from rtmps to rtmp.

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
            restream_ssl_trusted_certificate %%CA%%;

            restream_destination absolute rtmp://127.0.0.1:%%PORT_1%%/app
                                 key=redirect-key-1?a=b;
            restream_destination relative rtmp://127.0.0.1:%%PORT_2%%/app
                                 key=redirect-key-2;
            restream_destination up rtmp://127.0.0.1:%%PORT_3%%/app
                                 key=redirect-key-3;
            restream_destination down rtmps://127.0.0.1:%%PORT_4%%/app
                                 key=redirect-key-4;
            restream_destination circle rtmp://127.0.0.1:%%PORT_5%%/app
                                 key=redirect-key-5;
            restream_destination far rtmp://127.0.0.1:%%PORT_6%%/one
                                 key=redirect-key-6;
            restream_destination nonsense rtmp://127.0.0.1:%%PORT_7%%/app
                                 key=redirect-key-7;
            restream_destination login
                            rtmp://me:open-sesame@127.0.0.1:%%PORT_8%%/app
                                 key=redirect-key-8;
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

my $plain = $t->ingest(port => 10, script => { stream_id => 9 });
my $tls = $t->ingest(port => 11, tls => 'good');
my $auth = $t->ingest(port => 12, script => { auth => {
    mode => 'adobe', user => 'me', password => 'open-sesame' } });

my $absolute = redirects(1, $plain->url('other', 'app'));
my $relative = $t->ingest(port => 2, conns => {
    1 => { redirect => '/moved/here?x=1' } });
my $up = redirects(3, $tls->url('app'));
my $down = $t->ingest(port => 4, tls => 'good', script => {
    redirect => $plain->url('down') });
my $circle = $t->ingest(port => 5);
my $far = $t->ingest(port => 6, conns => {
    1 => { redirect => '/two' }, 3 => { redirect => '/four' } });
my $nonsense = redirects(7, 'http://127.0.0.1/app');
my $login = redirects(8, $auth->url('app'));

$circle->script({ redirect => $circle->url('app') });
$far->script({ redirect => '//127.0.0.1:' . $far->port() . '/three' }, 2);

my $pub = $t->publish('live/show', media => { gop => 15 });

###############################################################################

# to another server

$plain->wait(sub { $_[0]->frames() > 30 }, 10, 'absolute: media arrives');
is(said($absolute, 1), 'connect app', 'absolute: after one connect');
is_deeply([map { $plain->command(1, 'connect')->{args}[0]{$_} }
           qw/app tcUrl swfUrl/],
          ['other/app', ($plain->url('other', 'app')) x 2],
          'absolute: app and tcUrl are those of the new server');
is($plain->command(1, 'publish')->{args}[1], 'redirect-key-1?a=b',
   'absolute: the key is the same');
is_deeply([$plain->first_messages(1, 4)],
          ['@setDataFrame', 'video header', 'audio header', 'key'],
          'absolute: the media begins there');
wait_ok { $absolute->closed(1) } 10, 'absolute: the first server is left';

# to another place of the same

$relative->wait(sub { $_[0]->frames(conn => 2) > 30 }, 10,
                'relative: media arrives');
is(said($relative, 2), 'connect moved/here?x=1 releaseStream FCPublish'
   . ' createStream publish', 'relative: at the second connect');
is($relative->command(2, 'connect')->{args}[0]{tcUrl},
   $relative->url('moved', 'here?x=1'), 'relative: tcUrl goes with it');

$far->wait(sub { $_[0]->frames(conn => 4) > 30 }, 10,
           'far: media arrives after three redirects');
is_deeply([map { said($far, $_) } 1 .. 3],
          ['connect one', 'connect two', 'connect three'], 'far: one by one');

# into TLS, and into an authentication

$tls->wait(sub { $_[0]->frames() > 30 }, 10, 'up: from rtmp to rtmps');
is($tls->command(1, 'connect')->{args}[0]{tcUrl}, $tls->url('app'),
   'up: tcUrl has the true scheme');

$auth->wait(sub { $_[0]->frames(conn => 3) > 30 }, 10,
            'login: user and password go along');

# all within one attempt

for my $name (qw/absolute relative up far login/) {
    my $d = live($name);

    is("$d->{state} $d->{stats}{attempts}", 'live 1',
       "$name: it is live at the first attempt");
    is($d->{lastError}, undef, "$name: a redirect is no error");
}

###############################################################################

# not to be followed

my %refused = (
    down     => qr/from rtmps to rtmp/,
    circle   => qr/in circles/,
    nonsense => qr/scheme is not rtmp/,
);

for my $name (sort keys %refused) {
    my $d = wait_until {
        my $d = $t->destination('live', 'show', $name);
        $d && $d->{state} eq 'waiting' && $d;
    } 10, "$name: it waits" or next;

    is("$d->{reason}{code} $d->{reason}{class}",
       'app-rejected needs-attention', "$name: the app is rejected");
    like($d->{reason}{text}, $refused{$name}, "$name: with a reason");
}

is($plain->conns(), 1, 'down: the server behind is not connected to');
is($circle->conns(), 4, 'circle: left after three redirects');

###############################################################################

# a redirect holds for a connection; the next attempt asks the first server

$plain->control(do => 'reset');
$absolute->wait(sub { $_[0]->conns() == 2 }, 10,
                'absolute: connects to the first server again');
$plain->wait(sub { $_[0]->frames(conn => 2) > 30 }, 10,
             'absolute: and is redirected again');
is(missing_frames($pub, $plain), 0, 'absolute: no frame is lost');
is_deeply([check_order($pub, $plain, 2, gaps => 0)], [],
          'absolute: all are in order');

$relative->control(do => 'close');
$relative->wait(sub { $_[0]->frames(conn => 3) > 30 }, 10,
                'relative: a server may change its mind');
is($relative->command(3, 'connect')->{args}[0]{app}, 'app',
   'relative: it is asked with the app of the configuration');

$t->done_testing();

###############################################################################

sub redirects {
    my ($port, $url) = @_;

    return $t->ingest(port => $port, script => { redirect => $url });
}


# The commands of a connection, connect with its app.

sub said {
    my ($in, $conn) = @_;

    return join ' ', map {
        $_->{name} eq 'connect' ? "connect $_->{args}[0]{app}" : $_->{name}
    } $in->events(ev => 'command', conn => $conn);
}


sub live {
    my ($name) = @_;

    return wait_until {
        my $d = $t->destination('live', 'show', $name);
        $d && $d->{state} eq 'live' && $d;
    } 10, "$name: it is live";
}
