#!/usr/bin/perl

# Streams that nginx-rtmp pulls from elsewhere are relayed, whether they are
# pulled always or for a player.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::RTMP qw/command/;
use Test::Restream::RTMP::Client;

my $t = Test::Restream->new();

$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    restream_publisher_grace 100ms;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application origin {
            live on;
            idle_streams off;
        }

        application always {
            live on;
            pull rtmp://127.0.0.1:%%PORT_0%%/origin/show name=local static;
            pull_reconnect 100ms;

            restream on;
            restream_destination a rtmp://127.0.0.1:%%PORT_1%%/app/$app-$name;
        }

        application asked {
            live on;
            pull rtmp://127.0.0.1:%%PORT_0%%/origin;

            restream on;
            restream_destination b rtmp://127.0.0.1:%%PORT_2%%/app/$app-$name;
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

my $always = $t->ingest(port => 1);
my $asked = $t->ingest(port => 2);
my $pub = $t->publish('origin/show');

###############################################################################

$always->wait(sub { $_[0]->frames() > 100 }, 20, 'what is pulled is relayed');

# tried before the origin has the stream, the pull may take more than once

my $conn = ($always->frames())[0]{conn};

is($always->command($conn, 'publish')->{args}[1], 'always-local',
   'by its names here');

# nginx-rtmp sends a header when the first frame of its kind is due

my @first = $always->first_messages($conn, 20);

is($first[0], '@setDataFrame', 'metadata comes first');
is_deeply([(grep { /video|key/ } @first)[0, 1]], ['video header', 'key'],
          'then video from its header and a key frame');
is_deeply([(grep { /audio/ } @first)[0, 1]], ['audio header', 'audio'],
          'and audio from its header');
is_deeply([check_order($pub, $always, $conn, gaps => 0)], [], 'without a gap');
is($t->stream('always', 'local')->{live}, JSON::PP::true(),
   'it is in the status');

my $ingest = $t->stream('always', 'local')->{ingest};

is($ingest->{video}{codec}, 'h264', 'and what comes in is told');
is($ingest->{clientAddress}, undef, 'but there is no client');

is($asked->conns(), 0, 'nothing is pulled that nobody asked for');

my $player = play('asked', 'show');

$asked->wait(sub { $_[0]->frames() > 100 }, 20,
             'what is pulled for a player is relayed');
is($asked->command(1, 'publish')->{args}[1], 'asked-show', 'by its names');
is_deeply([check_order($pub, $asked, 1, gaps => 0)], [], 'without a gap');

$player->close();
$asked->wait(sub { $_[0]->closed(1) }, 20, 'until the player has left');
is($asked->closed(1)->{delete_stream}, 1, 'then it is ended');

$pub->unpublish();
wait_ok { !@{$t->status()->{streams}} } 10, 'no stream is left';

# nginx-rtmp tries a static pull for ever, and a worker that does ends by TERM

$t->done_testing();

###############################################################################

sub play {
    my ($app, $name) = @_;

    my $c = Test::Restream::RTMP::Client->new(port => $t->port(0));

    $c->handshake();
    $c->connect_app($app);
    $c->create_stream($name);
    $c->send(command({ msid => $c->{msid}, csid => 4 }, 'play', 5, undef,
                     $name, -2000));

    return $c;
}
