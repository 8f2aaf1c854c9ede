#!/usr/bin/perl

# An encoder that comes back within the grace to another worker, also over a
# reload: what the old worker holds ends without a goodbye and is dialled anew
# at once, and no destination has two connections.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::Workers;

use constant {
    REDIAL => 0.5,              # s, until the new connection
    OVERLAP => 0.02,            # s that the ingest may need to see an end
};

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
            restream_destination a rtmp://127.0.0.1:%%PORT_1%%/app/$name;
            restream_destination b rtmp://127.0.0.1:%%PORT_2%%/app/$name;
        }

        application short {
            live on;

            restream on;
            restream_publisher_grace 1s;
            restream_destination c rtmp://127.0.0.1:%%PORT_3%%/app/$name;
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

my @in = map { $t->ingest(port => $_) } 1, 2;
my $short = $t->ingest(port => 3);

###############################################################################

subtest 'the same worker' => \&same;
subtest 'another worker' => \&another;
subtest 'a reload while there is an encoder' => \&reload, 'before', sub {
    my ($pub) = @_;

    reload_and_part($t);
    $pub->close();
};
subtest 'a reload in the grace' => \&reload, 'in', sub {
    my ($pub) = @_;

    $pub->close();
    reload_and_part($t);
};
subtest 'the end of the grace in an old worker' => \&old_end;

$t->done_testing();

###############################################################################

sub same {
    my ($worker) = $t->worker_pids();
    my $pub = on_worker($t, $worker, sub { $t->publish('live/same') });

    relayed('same', $pub, 1);
    leaves('same', $pub);

    is(on_worker($t, $worker, sub { $pub->republish() }),
       'NetStream.Publish.Start', 'the encoder comes back');
    wait_until { not_gone('same') } 10, 'the stream goes on';
    relayed('same', $pub, 1);

    for my $in (@in) {
        is(my @all = conns($in, 'same'), 1, 'to the connection that it had');
        is_deeply([check_order($pub, $in, (conns($in, 'same'))[0],
                               gaps => 0)], [], 'in order');
    }

    $pub->unpublish();
}


sub another {
    my @workers = $t->worker_pids();
    my $pub = on_worker($t, $workers[0], sub { $t->publish('live/another') });

    relayed('another', $pub, 1);

    for my $n (1 .. 3) {
        leaves('another', $pub);
        returns_elsewhere('another', $pub, $n, $workers[$n]);
    }

    $pub->unpublish();
}


sub reload {
    my ($name, $reload_and_close) = @_;

    # not one that holds the stream of a test before

    my (undef, $old) = $t->worker_pids();
    my $pub = on_worker($t, $old, sub { $t->publish("live/$name") });

    relayed($name, $pub, 1);
    $reload_and_close->($pub);

    wait_until { !not_gone($name) } 10, 'the encoder has gone';
    ok((grep { $_ == $old } $t->old_workers()), 'the old worker stays');

    my ($new) = $t->worker_pids();

    returns_elsewhere($name, $pub, 1, $new);
    wait_ok { !grep { $_ == $old } $t->old_workers() } 5,
        'the old worker exits then';
    $pub->unpublish();
}


sub old_end {
    my (undef, $old) = $t->worker_pids();
    my $pub = on_worker($t, $old, sub { $t->publish('short/end') });

    $short->wait(sub { $_[0]->frames() > 30 }, 10, 'the stream is relayed');
    reload_and_part($t);
    $pub->close();

    $short->wait(sub { $_[0]->closed(1) }, 10, 'the connection ends');

    my $end = $short->closed(1);

    is("$end->{how} $end->{fcunpublish} $end->{delete_stream}", 'fin 1 1',
       'with a goodbye');
    cmp_ok($end->{at} - ($pub->events(ev => 'close'))[0]{at}, '>', 0.8,
           'after the grace');
    wait_ok { !grep { $_ == $old } $t->old_workers() } 5,
        'the old worker exits then';
    ok(!$t->stream('short', 'end'), 'the stream has left');
}

###############################################################################

# The encoder comes back to another worker; it was on its n-th.

sub returns_elsewhere {
    my ($name, $pub, $n, $worker) = @_;

    is(on_worker($t, $worker, sub { $pub->republish() }),
       'NetStream.Publish.Start', 'the encoder comes back elsewhere');

    my $back = ($pub->events(ev => 'publish'))[-1]{at};

    relayed($name, $pub, $n + 1);
    is($t->stream('live', $name)->{worker}, $worker,
       'its stream is there now');

    for my $in (@in) {
        my @conns = conns($in, $name);
        my ($before, $after) = @conns[$n - 1, $n];
        my $end = $in->closed($before);
        my ($open) = $in->events(ev => 'open', conn => $after);

        is(@conns, $n + 1, 'one connection more');
        is("$end->{how} $end->{fcunpublish} $end->{delete_stream}", 'fin 0 0',
           'the one before has ended without a goodbye');
        cmp_ok($open->{at}, '>', $end->{at} - slowly(OVERLAP),
               'there were never two');
        cmp_ok($open->{at} - $back, '<', slowly(REDIAL),
               'dialled within 500 ms');
        is_deeply([$in->first_messages($after, 4)],
                  ['@setDataFrame', 'video header', 'audio header', 'key'],
                  'and begun with all that a beginning has');
        is_deeply([check_order($pub, $in, $after, gaps => 0)], [],
                  'without a gap');
    }

    return;
}


# Numbers of a stream's connections

sub conns {
    my ($in, $key) = @_;

    return map { $_->{conn} } grep { $_->{args}[1] eq $key }
        $in->events(ev => 'command', name => 'publish');
}


# Frames of the encoder's newest session arrive on the n-th connection, and the
# destinations are live.

sub relayed {
    my ($name, $pub, $n) = @_;

    my $session = $pub->stat()->{conn};

    for my $in (@in) {
        $in->wait(sub {
            my $conn = (conns($in, $name))[$n - 1];
            my %sent = map { $_->{md5} => 1 } $pub->frames(conn => $session);

            $conn && 30 < grep { $sent{$_->{md5}} } $in->frames(conn => $conn);
        }, 10, "$name is relayed");
    }

    return wait_until {
        my $stream = $t->stream('live', $name);

        $stream && 2 == grep { $_->{state} eq 'live' }
            @{$stream->{destinations}};
    } 10, "$name is live";
}


sub leaves {
    my ($name, $pub) = @_;

    $pub->pause();
    wait_until { !$pub->stat()->{queued} } 10, 'all is sent';

    for my $in (@in) {
        $in->wait(sub { missing_frames($pub, $_[0],
                                       to => ($pub->frames())[-1]{n}) == 0 },
                  10, 'and relayed');
    }

    $pub->close();
    wait_until { !not_gone($name) } 10, 'the encoder has gone';
    return;
}


sub not_gone {
    my ($name) = @_;

    my $stream = $t->stream('live', $name) or return 0;

    return $stream->{live} && !grep { $_->{reason} }
        @{$stream->{destinations}};
}
