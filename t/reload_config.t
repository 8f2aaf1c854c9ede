#!/usr/bin/perl

# What else a reload may bring: a configuration that is wrong changes nothing;
# settings hold from the next publish; the size of the zone stays; without its
# application a stream has no destinations, and has them again with it.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::Util qw/slurp/;
use Test::Restream::Workers;

use constant CHUNK_SIZE => 1;           # message types

my $t = Test::Restream->new();

my $main = <<'CONF';
        application live {
            live on;

            restream on;
            restream_chunk_size 4k;
            restream_reconnect min=100ms max=100ms;
            restream_destination a rtmp://127.0.0.1:%%PORT_1%%/app/$name;
            restream_destination f rtmp://127.0.0.1:%%PORT_3%%/app
                                   key=file:%%TESTDIR%%/key;
        }
CONF

my $other = <<'CONF';
        application other {
            live on;

            restream on;
            restream_destination b rtmp://127.0.0.1:%%PORT_2%%/app/$name;
        }
CONF

$t->write_file('key', "key-in-the-file\n");
configure($main . $other);
$t->run();

my ($in, $other_in) = map { $t->ingest(port => $_) } 1 .. 3;

# runs through everything

my $stays = $t->publish('live/stays');

relayed('live/stays');

###############################################################################

subtest 'a wrong configuration' => \&wrong;
subtest 'settings' => \&settings;
subtest 'the size of the zone' => \&zone_size;
subtest 'an application that goes and comes back' => \&application;
subtest 'nothing is relayed any more' => \&nothing;

$t->done_testing();

###############################################################################

sub wrong {
    my @workers = $t->worker_pids();
    my $key = $t->dir() . '/key';

    $t->allow(log => qr/\[emerg\].*"nonsense"/);
    $t->allow(log => qr/\[emerg\].*"restream_(?:buffer|destination)"/);
    $t->allow(log => qr/\[emerg\].*key/);

    configure("nonsense;\n$main$other");
    refuses('an unknown directive');

    configure("restream_buffer many;\n$main$other");
    refuses('a wrong value');

    configure($main =~ s{rtmp://127}{http://127}r . $other);
    refuses('a wrong url');

    configure($main . $other);
    rename $key, "$key.away" or die "rename() failed: $!\n";
    refuses('a key file that is missing');
    rename "$key.away", $key or die "rename() failed: $!\n";

    is_deeply([$t->worker_pids()], \@workers, 'the workers are the same');
    is($t->destination('live', 'stays', 'a')->{state}, 'live',
       'the stream is live');
    lossless();

    ok(reload_and_part($t), 'what is right again is taken up');
    lossless();
}


sub refuses {
    my ($what) = @_;

    my @before = $t->log_matches(qr/\[emerg\]/);

    $t->signal('HUP');

    return wait_ok { $t->log_matches(qr/\[emerg\]/) > @before } 10,
        "$what is refused";
}


sub settings {
    my ($conn) = conns($in, 'stays');

    is(chunk_size($conn), 4096, 'a publish has its settings');

    configure($main =~ s/chunk_size 4k/chunk_size 8k/r . $other);
    reload_and_part($t);

    my $next = $t->publish('live/next');

    relayed('live/next');
    is(chunk_size((conns($in, 'next'))[0]), 8192,
       'one after the reload has the new ones');

    lossless();
    $in->control(do => 'reset', conn => $conn);
    $in->wait(sub { conns($_[0], 'stays') == 2 }, 10, 'it is reconnected');
    relayed('live/stays');
    is(chunk_size((conns($in, 'stays'))[1]), 4096,
       'one before it keeps the old ones');

    $next->stop();
    configure($main . $other);
    reload_and_part($t);
}


# SetChunkSize of a connection

sub chunk_size {
    my ($conn) = @_;

    return (map { $_->{values}[0] } $in->events(ev => 'control', conn => $conn,
                                                type => CHUNK_SIZE))[0];
}


sub zone_size {
    my $mapped = mapped(4096);

    is($mapped, 1, 'a zone has the size of its default');

    configure($main . $other, 'restream_zone 1m;');

    for (1 .. 2) {
        my @before = $t->log_matches(qr/"restream_zone"/);

        reload_and_part($t);

        my @lines = $t->log_matches(qr/"restream_zone"/);

        is(@lines, @before + 1, 'another size is told');
        like($lines[-1], qr/\[warn\].*4194304.*1048576.*restart/,
             'as what will be');
        is(mapped(4096) . ' ' . mapped(1024), '1 0', 'and is not yet');
    }

    ok($t->stream('live', 'stays'), 'the status has the stream');
    lossless();

    configure($main . $other);
    reload_and_part($t);
    is($t->log_matches(qr/"restream_zone"/), 2, 'the same size is not told');
}


# Shared mappings of so many KB in the newest worker.

sub mapped {
    my ($size) = @_;

    my ($worker) = $t->worker_pids();
    my $maps = slurp("/proc/$worker/maps");
    my $count = 0;

    while ($maps =~ /^([0-9a-f]+)-([0-9a-f]+) rw-s/mg) {
        no warnings qw/portable/;

        $count++ if (hex($2) - hex $1) / 1024 == $size;
    }

    return $count;
}


sub application {
    my $pub = $t->publish('other/show');

    relayed('other/show');

    configure($main);
    reload_and_part($t);
    ends($pub, 1, 'without its application');

    configure($main . $other);
    reload_and_part($t);
    comes_back($pub, 2);

    configure($main . $other =~ s/restream on/restream off/r);
    reload_and_part($t);
    ends($pub, 2, 'where nothing is relayed');

    configure($main . $other);
    reload_and_part($t);
    comes_back($pub, 3);

    $pub->unpublish();
    lossless();
}


sub ends {
    my ($pub, $conn, $where) = @_;

    $other_in->wait(sub { $_[0]->closed($conn) }, 10, 'a destination stops');

    my $end = $other_in->closed($conn);

    is("$end->{how} $end->{fcunpublish} $end->{delete_stream}", 'fin 1 1',
       "$where a stream's destinations are told goodbye");
    is_deeply($t->stream('other', 'show')->{destinations}, [],
              'and it has none');
    ok($pub->connected(), 'its encoder is left alone');
    return;
}


sub comes_back {
    my ($pub, $conn) = @_;

    $other_in->wait(sub { $_[0]->frames(conn => $conn) > 30 }, 10,
                    'with its application they are back');
    is_deeply([check_order($pub, $other_in, $conn, gaps => 0)], [],
              'and have every frame again');
    is($other_in->conns(), $conn, 'on one connection');
    return;
}


sub nothing {
    configure('application live { live on; }');
    reload_and_part($t);

    my $conn = (conns($in, 'stays'))[-1];

    $in->wait(sub { $_[0]->closed($conn) }, 10, 'a destination stops');
    is($in->closed($conn)->{delete_stream}, 1,
       "a stream's destinations are told goodbye");
    ok($stays->connected(), 'its encoder is left alone');

    my $answer = $t->http_get('/restream/status');

    is($answer->{status}, 200, 'and the status answers');

    $stays->unpublish();
    wait_ok { !$t->old_workers() } 20, 'the old worker exits with it';
}

###############################################################################

sub configure {
    my ($applications, $directives) = @_;

    $directives = '' if !defined $directives;

    $t->expand(APPLICATIONS => $applications, DIRECTIVES => $directives);
    $t->write_file_expand('nginx.conf', <<'CONF');
%%GLOBALS%%
worker_processes 2;
thread_pool default threads=4;

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    restream_publisher_grace 200ms;
    %%DIRECTIVES%%

    server {
        listen 127.0.0.1:%%PORT_0%%;

%%APPLICATIONS%%
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
    return;
}


# Numbers of the connections of a key

sub conns {
    my ($in, $key) = @_;

    return map { $_->{conn} } grep { $_->{args}[1] eq $key }
        $in->events(ev => 'command', name => 'publish');
}


sub relayed {
    my ($stream) = @_;

    return wait_until {
        my $found = $t->stream(split m{/}, $stream) or return;

        !grep { $_->{state} ne 'live' } @{$found->{destinations}};
    } 10, "$stream is relayed";
}


# Since the beginning not one frame is missing at the destination.

sub lossless {
    my $last = ($stays->frames())[-1]{n};

    $in->wait(sub { missing_frames($stays, $_[0], to => $last)
                    == 0 }, 10, 'frames arrive');

    is(missing_frames($stays, $in, to => $last), 0,
       'no frame is lost');
    return;
}
