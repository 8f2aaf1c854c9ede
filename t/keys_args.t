#!/usr/bin/perl

# The arguments of the publish: a destination whose key or application they
# leave empty is not dialled, and says so; an encoder that comes back within the
# grace with other ones moves the destinations that are made of them, and no
# other.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;

my $t = Test::Restream->new();

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
            restream_publisher_grace 5s;

            restream_destination name rtmp://127.0.0.1:%%PORT_1%%/app/$name;
            restream_destination args rtmp://127.0.0.1:%%PORT_2%%/app
                                 key=$args;
            restream_destination both rtmp://127.0.0.1:%%PORT_3%%/app
                                 key=$name?$args;
            restream_destination app rtmp://127.0.0.1:%%PORT_4%%/$args
                                 key=app-key;
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

my %in;
@in{qw/name args both app/} = map { $t->ingest(port => $_) } 1 .. 4;

###############################################################################

my $pub = $t->publish('live/show');

served(name => 1, 'show');
served(both => 1, 'show?');
waits('args', 'key-rejected', 'key is empty');
waits('app', 'app-rejected', 'application is empty');

for my $name (qw/args app/) {
    is($t->destination('live', 'show', $name)->{stats}{attempts}, 0,
       "$name: has not been dialled");
    is($in{$name}->conns(), 0, "$name: nor has the server seen it");
}

is(scalar(my @failed = $t->log_matches(qr/destination failed: .* is empty/)),
   2, 'the log has a line for each of them');

# now it has some

is($pub->republish(stream => 'live/show?a=1', continue => 1),
   'NetStream.Publish.Start', 'the encoder is back with arguments');

served(args => 1, 'a=1');
served(both => 2, 'show?a=1');
served(app => 1, 'app-key');
is($in{app}->command(1, 'connect')->{args}[0]{app}, 'a=1', 'app: expanded');
ended(both => 1);

# the same again

$pub->republish(continue => 1);
more_frames();
is_deeply(conns(), { name => 1, args => 1, both => 2, app => 1 },
          'nothing is dialled when they are the same');

# none

$pub->republish(stream => 'live/show', continue => 1);
waits('args', 'key-rejected', 'key is empty');
waits('app', 'app-rejected', 'application is empty');
served(both => 3, 'show?');
ended($_->[0], $_->[1]) for [args => 1], [both => 2], [app => 1];

# others; a reload knows them

$pub->republish(stream => 'live/show?b=2', continue => 1);
served(args => 2, 'b=2');
served(both => 4, 'show?b=2');
served(app => 2, 'app-key');

$t->reload() or die "no new workers\n";
more_frames();
is_deeply(conns(), { name => 1, args => 2, both => 4, app => 2 },
          'a reload changes nothing');
is_deeply([check_order($pub, $in{name}, 1)], [],
          'what is not made of them has every frame on one connection');

$t->done_testing();

###############################################################################

sub served {
    my ($name, $conn, $key) = @_;

    $in{$name}->wait(sub { $_[0]->frames(conn => $conn) > 10 }, 10,
                     "$name: media arrives on connection $conn");
    is($in{$name}->command($conn, 'publish')->{args}[1], $key,
       "$name: as $key");
    is($in{$name}->conns(), $conn, "$name: and on no other connection");
    return;
}


sub waits {
    my ($name, $code, $text) = @_;

    my $d = wait_until {
        my $d = $t->destination('live', 'show', $name);
        $d && $d->{state} eq 'waiting' && $d;
    } 10, "$name: it waits";

    is($d->{reason}{code}, $code, "$name: $code");
    is($d->{reason}{class}, 'needs-attention', "$name: needs attention");
    like($d->{reason}{text}, qr/$text/, "$name: says why");
    return;
}


sub ended {
    my ($name, $conn) = @_;
    my $end = $in{$name}->wait(sub { $_[0]->closed($conn) }, 10, "$name ends");

    is("$end->{how} $end->{fcunpublish} $end->{delete_stream}", 'fin 1 1',
       "$name: with a goodbye");
    return;
}


sub more_frames {
    my $from = $in{name}->frames();

    $in{name}->wait(sub { $_[0]->frames() >= $from + 40 }, 10,
                    'frames go on arriving');
    return;
}


sub conns {
    return { map { $_ => $in{$_}->conns() } keys %in };
}
