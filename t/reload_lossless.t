#!/usr/bin/perl

# Reload after reload costs no live stream a frame or a connection, old workers
# stay as long as they have publishers, and nothing is left of them.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::Workers;

my $t = Test::Restream->new();

$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%
worker_processes 4;
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
            restream_publisher_grace 200ms;
            restream_destination a rtmp://127.0.0.1:%%PORT_1%%/app/$name;
            restream_destination b rtmp://127.0.0.1:%%PORT_2%%/app/$name;
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

my ($reloads, $streams) = $t->full() ? (100, 20) : (20, 8);
my @in = map { $t->ingest(port => $_) } 1, 2;
my (%pub, %worker);

# half of the streams before the reloads, half of them after some; on each
# worker of the first ones, and on each of those that come

start() for 1 .. $streams / 2;
is(unique(values %worker), 4, 'every worker has a stream');

###############################################################################

my ($kept, $seen) = (0, 0);
my $descriptors = descriptors($t->master_pid());

for my $n (1 .. $reloads) {
    my $began = mono();

    reload_and_part($t);
    start() if keys %pub < $streams && $n % 2;

    my $owners = join ' ', sort { $a <=> $b } grep { !current($_) }
        unique(values %worker);

    wait_until { $owners eq join ' ', sort { $a <=> $b } $t->old_workers() }
        10, 'old workers without a publisher exit' and $kept++;

    my $status = $t->status();

    $seen++ if facts(map { ($_->{name} => $_->{worker}) }
                     @{$status->{streams}}) eq facts(%worker);

    wait_until { mono() - $began >= 1 } 2, 'a second has passed'
        if $t->full();
}

is($kept, $reloads, 'exactly the old workers with publishers stay');
is($seen, $reloads, 'and every stream is in the status, as theirs');

for my $in (@in) {
    is($in->conns(), $streams, 'one connection for each stream, ever');

    for my $name (sort keys %pub) {
        my $pub = $pub{$name};
        my ($conn) = map { $_->{conn} } grep { $_->{args}[1] eq $name }
            $in->events(ev => 'command', name => 'publish');
        my $last = ($pub->frames())[-1]{n};

        $in->wait(sub { missing_frames($pub, $in, conn => $conn,
                                       to => $last) == 0 },
                  10, "$name: every frame arrives");
        is_deeply([check_order($pub, $in, $conn, gaps => 0)], [],
                  "$name: every frame, in order");
        is(my @offsets = timestamp_offsets($pub, $in, $conn), 1,
           "$name: in time");
    }

    is((grep { $in->closed($_) } 1 .. $streams), 0, 'none has ended');
}

$_->unpublish() for values %pub;

wait_ok { !$t->old_workers() } 10, 'old workers exit with their publishers';
wait_ok { descriptors($t->master_pid()) == $descriptors } 5,
    'the master has no descriptor more than in the beginning';
is_deeply($t->status()->{streams}, [], 'and no stream is left');

is((grep { my $end = $_;
           $end->{how} ne 'fin' || !$end->{fcunpublish}
               || !$end->{delete_stream} }
    map { $_->events(ev => 'close') } @in), 0, 'every destination was told');

$t->done_testing();

###############################################################################

sub start {
    my $name = 'show' . (1 + keys %pub);
    my $on = ($t->worker_pids())[keys(%pub) % 4];

    $pub{$name} = on_worker($t, $on, sub {
        $t->publish("live/$name", media => { video_bps => 300_000 });
    });

    wait_until { ($t->destination('live', $name, 'b') || { state => '' })
                     ->{state} eq 'live' } 10, "$name is relayed";

    $worker{$name} = $t->stream('live', $name)->{worker};
    return;
}


sub current {
    my ($pid) = @_;

    return grep { $_ == $pid } $t->worker_pids();
}


sub unique {
    my %seen;

    return grep { !$seen{$_}++ } @_;
}


sub facts {
    my %facts = @_;

    return join ' ', map { "$_ $facts{$_}" } sort keys %facts;
}


sub descriptors {
    my ($pid) = @_;

    opendir my $dir, "/proc/$pid/fd" or die "opendir() failed: $!\n";

    return scalar grep { !/\A\./ } readdir $dir;
}
