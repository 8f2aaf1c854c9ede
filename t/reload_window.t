#!/usr/bin/perl

# A publish that an old worker accepts when a newer configuration has been
# loaded already is relayed as that one says: until the old worker has been told
# to stop accepting, and after it for an encoder that was connected before.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::Authority;
use Test::Restream::Util qw/slurp/;
use Test::Restream::Workers;

use constant {
    RELOADS => 4,
    TRIES   => 10,                  # to meet the window
};

my $t = Test::Restream->new();
my $revision = 0;

configure();
$t->run();

my $in = $t->ingest(port => 1);
my $authority = Test::Restream::Authority->new($t, 2);

###############################################################################

subtest 'while the old worker accepts' => \&window;
subtest 'when it has ceased to' => \&pending, 'asked', 'pending';
subtest 'its application has gone' => \&gone;
subtest 'again and again' => \&loop;

$t->done_testing();

###############################################################################

# The master is stopped between loading a configuration and telling old workers,
# which is a tenth of a second long.

sub window {
    my ($pub, $old);

    for (1 .. TRIES) {
        ($old) = $t->worker_pids();
        configure();
        $t->reload() or die "no new workers\n";
        $t->signal('STOP');

        # too late if it has been told

        if (!$t->log_matches(qr/ $old#\d+: gracefully/) && !signalled($old)) {
            $pub = eval { on_worker($t, $old, sub {
                $t->publish("plain/window$revision") }) };
        }

        $t->signal('CONT');
        last if $pub;
    }

    my $name = "window$revision";

    ok($pub, 'an old worker accepts a publish') or return;
    relayed('plain', $name);
    is($t->stream('plain', $name)->{worker}, $old, 'it is its stream');
    served('plain', $name, $revision);

    # and it stays with the newest

    configure();
    reload_and_part($t);
    relayed('plain', $name);
    is($t->stream('plain', $name)->{worker}, $old,
       'an old worker has it still');
    is_deeply([keys_of($name)], ["$name-" . ($revision - 1), "$name-$revision"],
              'the next configuration serves it then');
    $pub->unpublish();
    wait_ok { !$t->old_workers() } 10, 'old workers exit';
}


sub pending {
    my ($app, $name) = @_;
    my ($old) = $t->worker_pids();
    my $pub = on_worker($t, $old, sub {
        $t->publish("$app/$name", wait => 0) });

    configure();
    reload_and_part($t);
    ok((grep { $_ == $old } $t->old_workers()), 'an old worker waits');

    $authority->decide($name => 200);
    relayed($app, $name);
    is($t->stream($app, $name)->{worker}, $old, 'it accepts a publish');
    served($app, $name, $revision);
    is_deeply([check_order($pub, $in, conn($name), gaps => 0)], [],
              'with every frame');

    $pub->unpublish();
    wait_ok { !$t->old_workers() } 10, 'old workers exit';
}


sub gone {
    my ($old) = $t->worker_pids();
    my $conns = $in->conns();
    my $pub = on_worker($t, $old, sub {
        $t->publish('asked/gone', wait => 0) });

    configure(without => 'asked');
    reload_and_part($t);
    $authority->decide(gone => 200);

    wait_ok { $t->stream('asked', 'gone') } 10, 'it accepts a publish';

    my $next = $t->publish('plain/next');

    relayed('plain', 'next');
    is_deeply($t->stream('asked', 'gone')->{destinations}, [],
              'which has no destinations');
    is($in->conns(), $conns + 1, 'nor connections');
    ok($pub->connected(), 'and is left alone');

    configure();
    reload_and_part($t);
    relayed('asked', 'gone');
    served('asked', 'gone', $revision);

    $_->unpublish() for $pub, $next;
    wait_ok { !$t->old_workers() } 10, 'old workers exit';
}


# Encoders that begin around reloads, whichever worker they meet.

sub loop {
    my @wrong;

    for my $n (1 .. RELOADS) {
        configure();

        my @old = $t->worker_pids();

        $t->signal('HUP');

        my @pub = map { $t->publish("plain/loop$n$_", media => {
            video_bps => 100_000 }) } 'a' .. 'f';

        wait_until {
            my $log = join "\n", $t->log_matches(qr/gracefully/);

            @old == grep { $log =~ / $_#/ } @old;
        } 10, 'old workers stop accepting';

        for my $name (map { "loop$n$_" } 'a' .. 'f') {
            relayed('plain', $name);
            push @wrong, $name
                if (keys_of($name))[-1] ne "$name-$revision"
                   || names('plain', $name) ne "always d$revision";
        }

        $_->unpublish() for @pub;
        wait_until { !@{$t->status()->{streams}} } 10, 'streams end';
    }

    is_deeply(\@wrong, [], 'all are relayed as the newest configuration says');
}

###############################################################################

# The key and the name of a destination tell by which configuration it is.

sub configure {
    my (%o) = @_;

    $revision++;

    my $destinations = <<"CONF";
            restream on;
            restream_destination always rtmp://127.0.0.1:%%PORT_1%%/app
                                 key=\$name-$revision;
            restream_destination d$revision rtmp://127.0.0.1:%%PORT_3%%/app
                                 key=\$name-$revision enabled=off;
CONF

    $t->expand(DESTINATIONS => $destinations,
               ASKED => $o{without} ? '' : <<'CONF');
        application asked {
            live on;
            on_publish http://127.0.0.1:%%PORT_2%%/;

%%DESTINATIONS%%
        }
CONF

    $t->write_file_expand('nginx.conf', <<'CONF');
%%GLOBALS%%
worker_processes 2;
thread_pool default threads=4;

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    restream_publisher_grace 100ms;
    netcall_timeout 10m;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application plain {
            live on;

%%DESTINATIONS%%
        }

%%ASKED%%
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


# Exactly what the configuration says, and nothing was dialled before.

sub served {
    my ($app, $name, $wanted) = @_;

    is(names($app, $name), "always d$wanted",
       'its destinations are those of the newest configuration');
    is_deeply([keys_of($name)], ["$name-$wanted"], 'no other was dialled');
    return;
}


sub names {
    my ($app, $name) = @_;

    return join ' ', map { $_->{name} }
        @{$t->stream($app, $name)->{destinations}};
}


# Keys that were published for a stream, in order.

sub keys_of {
    my ($name) = @_;

    return map { $_->{args}[1] } publishes($name);
}


sub conn {
    my ($name) = @_;

    return (map { $_->{conn} } publishes($name))[-1];
}


sub publishes {
    my ($name) = @_;

    return grep { $_->{args}[1] =~ /\A\Q$name\E-/ }
        $in->events(ev => 'command', name => 'publish');
}


# The newest of its keys is fed.

sub relayed {
    my ($app, $name) = @_;

    return wait_until {
        my $dst = $t->destination($app, $name, 'always');
        my $conn = conn($name);

        $dst && $dst->{state} eq 'live' && !$in->closed($conn)
            && (keys_of($name))[-1] eq "$name-$revision"
            && $in->frames(conn => $conn) > 10;
    } 15, "$name is relayed";
}


# It has a signal that it has not taken yet.

sub signalled {
    my ($pid) = @_;

    return (slurp("/proc/$pid/status") || '')
        =~ /^(?:Shd|Sig)Pnd:\s*0*[1-9a-f]/m;
}
