#!/usr/bin/perl

# An nginx that is told to quit waits for its encoders, but not for those that
# have gone: nobody could take them back, so servers are told goodbye at once.
# After a reload alone, they are waited for.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::Workers;

use constant AT_ONCE => 1.5;            # s

my $t = Test::Restream->new();

# restream_publisher_grace is the default, 10s

$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%
worker_processes 2;
thread_pool default threads=4;

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;

            restream on;
            restream_destination a rtmp://127.0.0.1:%%PORT_1%%/app/$name;
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

my $in = $t->ingest(port => 1);
my %pub;

# one that has gone on an old worker; and on each of the new ones one that has
# gone, one that will, one that stays

publish('old', ($t->worker_pids())[0]);
reload_and_part($t);

my @workers = $t->worker_pids();

for my $n (0, 1) {
    publish("gone$n", $workers[$n]);
    publish("leaves$n", $workers[$n]);
    publish("stays$n", $workers[$n]);
}

leave('old');
leave($_) for qw/gone0 gone1/;

is((grep { $in->closed(conn($_)) } qw/old gone0 gone1/), 0,
   'encoders that have gone are waited for');

###############################################################################

my $quit = mono();

$t->allow(exit => qr/nginx had ended/);
$t->signal('QUIT');

goodbye($_, $quit) for qw/old gone0 gone1/;

for my $n (0, 1) {
    ok(!$in->closed(conn($_)), "$_: it is there, and is served")
        for "leaves$n", "stays$n";
}

for my $name (qw/leaves0 leaves1/) {
    $pub{$name}->close();
    goodbye($name, ($pub{$name}->events(ev => 'close'))[0]{at});
}

for my $name (qw/stays0 stays1/) {
    my $last = ($pub{$name}->frames())[-1]{n};
    my $conn = conn($name);

    $in->wait(sub { missing_frames($pub{$name}, $_[0], conn => $conn,
                                   to => $last) == 0 }, 10, 'frames arrive');
    is_deeply([check_order($pub{$name}, $in, $conn, gaps => 0)], [],
              "$name: nothing is lost meanwhile");

    $pub{$name}->unpublish();
    goodbye($name, ($pub{$name}->events(ev => 'close'))[0]{at});
}

wait_ok { !$t->worker_pids() && !$t->old_workers() } 5, 'nginx has ended';

$t->done_testing();

###############################################################################

sub publish {
    my ($name, $worker) = @_;

    $pub{$name} = on_worker($t, $worker, sub {
        $t->publish("live/$name", media => { video_bps => 300_000 }) });

    return wait_until {
        my $dst = $t->destination('live', $name, 'a');

        $dst && $dst->{state} eq 'live'
            && $in->frames(conn => conn($name)) > 30;
    } 10, "$name is relayed";
}


sub leave {
    my ($name) = @_;

    $pub{$name}->close();

    return wait_until { !$t->stream('live', $name)->{live} } 10,
        "$name has gone";
}


sub conn {
    my ($name) = @_;

    return (map { $_->{conn} } grep { $_->{args}[1] eq $name }
            $in->events(ev => 'command', name => 'publish'))[-1];
}


sub goodbye {
    my ($name, $since) = @_;

    my $end = $in->wait(sub { $_[0]->closed(conn($name)) }, 15,
                        "$name: the connection ends");

    is("$end->{how} $end->{fcunpublish} $end->{delete_stream}", 'fin 1 1',
       "$name: the server is told goodbye");
    cmp_ok($end->{at} - $since, '<', slowly(AT_ONCE), "$name: at once");
    return;
}
