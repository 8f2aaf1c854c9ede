#!/usr/bin/perl

# Destinations that a reload adds, removes, changes, enables and disables are
# so for running streams too, whichever worker, old or new, has the publisher;
# those that stay the same notice nothing.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::Workers;

my $t = Test::Restream->new();

my $first = <<'CONF';
            restream_destination kept rtmp://127.0.0.1:%%PORT_1%%/app/$name;
            restream_destination gone rtmp://127.0.0.1:%%PORT_2%%/app/$name;
            restream_destination key rtmp://127.0.0.1:%%PORT_3%%/app
                                 key=$name-1;
            restream_destination url rtmp://127.0.0.1:%%PORT_4%%/app/$name;
            restream_destination off rtmp://127.0.0.1:%%PORT_6%%/app/$name;
            restream_destination on rtmp://127.0.0.1:%%PORT_7%%/app/$name
                                 enabled=off;
CONF

my $second = <<'CONF';
            restream_destination added rtmp://127.0.0.1:%%PORT_8%%/app/$name;
            restream_destination on rtmp://127.0.0.1:%%PORT_7%%/app/$name
                                 enabled=on;
            restream_destination off rtmp://127.0.0.1:%%PORT_6%%/app/$name
                                 enabled=off;
            restream_destination url rtmp://127.0.0.1:%%PORT_5%%/app/$name;
            restream_destination key rtmp://127.0.0.1:%%PORT_3%%/app
                                 key=$name-2;
            restream_destination kept rtmp://127.0.0.1:%%PORT_1%%/app/$name;
CONF

configure($first);
$t->run();

my %in;
@in{qw/kept gone key url url2 off on added/} =
    map { $t->ingest(port => $_) } 1 .. 8;

# a stream on every worker

my $n = 0;
my %pub = map {
    my $name = 'show' . ++$n;

    ($name => on_worker($t, $_, sub { $t->publish("live/$name") }));
} $t->worker_pids();

relayed($_, $in{kept}, $in{gone}, $in{url}, $in{off}) for sort keys %pub;
relayed("$_-1", $in{key}) for sort keys %pub;

is(states($_), 'kept live, gone live, key live, url live, off live, on off',
   "$_ is relayed") for sort keys %pub;
is($in{on}->conns(), 0, 'what is not enabled is not dialled');

###############################################################################

configure($second);
reload_and_part($t);

is($t->old_workers(), 4, 'all workers that have publishers stay');
after_second($_) for sort keys %pub;

# the same to an old worker again, and to one that was new

my ($worker) = $t->worker_pids();

$pub{show5} = on_worker($t, $worker, sub { $t->publish('live/show5') });
after_second('show5');

configure($first);
reload_and_part($t);

wait_ok { $t->old_workers() == 5 } 10, 'and one more';
after_first($_) for sort keys %pub;

###############################################################################

# what was not changed has every frame on its one connection

for my $name (sort keys %pub) {
    my ($conn, @more) = conns($in{kept}, $name);
    my $last = ($pub{$name}->frames())[-1]{n};

    is(@more, 0, "$name: what stays the same is not dialled again");
    $in{kept}->wait(sub { missing_frames($pub{$name}, $_[0], to => $last)
                          == 0 }, 10, "$name: frames arrive");
    is_deeply([check_order($pub{$name}, $in{kept}, $conn, gaps => 0)], [],
              "$name: in order");
}

$_->unpublish() for values %pub;
wait_ok { !$t->old_workers() } 10, 'old workers exit with their publishers';

$t->done_testing();

###############################################################################

sub configure {
    my ($destinations) = @_;

    $t->expand(DESTINATIONS => $destinations);
    $t->write_file_expand('nginx.conf', <<'CONF');
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
%%DESTINATIONS%%
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
    return;
}


sub after_second {
    my ($name) = @_;

    relayed($name, $in{added}, $in{on}, $in{url2});
    relayed("$name-2", $in{key});

    if ($name ne 'show5') {
        ended($name, $in{gone}, $in{url}, $in{off});
        ended("$name-1", $in{key});
        one_after_another($in{key}, "$name-1", "$name-2");
    }

    is(states($name), 'kept live, key live, url live, off off, on live, '
                      . 'added live', "$name has what the second wants");
    is($t->destination('live', $name, 'off')->{reason}{code}, 'disabled',
       "$name: what is off says why");
    begun($name, $in{added}, $in{on}, $in{url2});
    return;
}


sub after_first {
    my ($name) = @_;
    my $nth = $name eq 'show5' ? 1 : 2;

    relayed($name, $in{gone}, $in{url}, $in{off});
    relayed("$name-1", $in{key});
    ended($name, $in{added}, $in{on}, $in{url2});
    ended("$name-2", $in{key});

    is(states($name), 'kept live, gone live, key live, url live, off live, '
                      . 'on off', "$name has what the first wants");
    is(my @again = conns($in{gone}, $name), $nth,
       "$name: what comes back is dialled once");
    begun($name, $in{gone}, $in{off});
    return;
}

###############################################################################

# Numbers of the connections of a key

sub conns {
    my ($in, $key) = @_;

    return map { $_->{conn} } grep { $_->{args}[1] eq $key }
        $in->events(ev => 'command', name => 'publish');
}


# Until the newest connection of a key is open and has frames.

sub relayed {
    my ($key, @in) = @_;

    for my $in (@in) {
        $in->wait(sub {
            my $conn = (conns($in, $key))[-1];

            $conn && !$in->closed($conn) && $in->frames(conn => $conn) > 10;
        }, 15, "$key is relayed to $in->{name}");
    }
    return;
}


# The first connection of a key has ended as it should.

sub ended {
    my ($key, @in) = @_;

    for my $in (@in) {
        my $conn = (conns($in, $key))[0];
        my $end = $in->wait(sub { $in->closed($conn) }, 10, "$key ends");

        is("$end->{how} $end->{fcunpublish} $end->{delete_stream}", 'fin 1 1',
           "$key: $in->{name} is told goodbye");
    }
    return;
}


sub one_after_another {
    my ($in, $before, $after) = @_;

    my $end = $in->closed((conns($in, $before))[0]);
    my ($open) = $in->events(ev => 'open', conn => (conns($in, $after))[0]);

    # a server reads the end of one a moment after it accepts the other

    cmp_ok($open->{at}, '>', $end->{at} - slowly(0.02),
           "$after is dialled when $before has ended");
    return;
}


sub begun {
    my ($name, @in) = @_;

    for my $in (@in) {
        my $conn = (conns($in, $name))[-1];

        is_deeply([$in->first_messages($conn, 4)],
                  ['@setDataFrame', 'video header', 'audio header', 'key'],
                  "$name: $in->{name} has a beginning");
        is_deeply([check_order($pub{$name}, $in, $conn, gaps => 0)], [],
                  'and what follows');
    }
    return;
}


# "name state, ..." in the order of the first configuration, when all are live
# or off.

sub states {
    my ($name) = @_;

    my %order = (kept => 1, gone => 2, key => 3, url => 4, off => 5, on => 6,
                 added => 7);

    my $destinations = wait_until {
        my $stream = $t->stream('live', $name) or return;
        my @all = @{$stream->{destinations}};

        return !grep({ $_->{state} !~ /\A(?:live|off)\z/ } @all) && \@all;
    } 10, "$name has settled";

    return join ', ', map { "$_->{name} $_->{state}" }
        sort { $order{$a->{name}} <=> $order{$b->{name}} } @$destinations;
}
