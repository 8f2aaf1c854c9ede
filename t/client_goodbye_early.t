#!/usr/bin/perl

# A deliberate stop is told to the server also while it has not answered publish
# yet, and a destination that comes back, under its own name or another one, is
# dialled when the goodbye before is over: no server sees a key twice.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;

my $t = Test::Restream->new();

my $conf = <<'CONF';
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

            %%DESTINATIONS%%
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

my %at = (publish => 1, create => 2, connect => 3, late => 4, back => 5,
          renamed => 6, swap1 => 7, swap2 => 7);
my @early = qw/publish create connect late/;

configure(map { ($_ => $_) } keys %at);
$t->run();

my %in = map {
    $_ => $t->ingest(port => $at{$_}, script => { mute => $_ })
} qw/publish create connect/;

$in{late} = $t->ingest(port => 4,
                       script => { delay => { publish => slowly(2) } });
$in{back} = $t->ingest(port => 5, rcvbuf => 16384);
$in{renamed} = $t->ingest(port => 6, rcvbuf => 16384);
$in{swap} = $t->ingest(port => 7, rcvbuf => 16384);

my $pub = $t->publish('live/show', media => { gop => 15, video_bps => 8e6 });

###############################################################################

# before Publish.Start

for my $name (@early) {
    my $last = { create => 'createStream', connect => 'connect' }->{$name}
        || 'publish';

    $in{$name}->wait(sub { $_[0]->command(1, $last) }, 10,
                     "$name: the dialogue comes to $last");
}

$in{$_}->wait(sub { $_[0]->frames() > 10 }, 10, "$_: media arrives")
    for qw/back renamed/;
$in{swap}->wait(sub { $_[0]->frames(conn => 2) > 10 }, 10,
                "swap: media arrives");

# servers that do not come to read a goodbye: much stands before it

$in{$_}->control(do => 'freeze', conn => 'all') for qw/back renamed swap/;

wait_ok {
    !grep { ($_->{stats}{lagMs} || 0) < 100 }
        map { $t->destination('live', 'show', $_) }
            qw/back renamed swap1 swap2/;
} 15, 'some fall behind';

my $removed = mono();

configure(renamed2 => 'renamed', swap1 => 'swap2', swap2 => 'swap1');
$t->reload() or die "no new workers\n";

my %said = (publish => 'publish FCUnpublish deleteStream',
            create => 'createStream FCUnpublish', connect => 'connect',
            late => 'publish FCUnpublish deleteStream');

for my $name (@early) {
    my $in = $in{$name};
    my $end = $in->wait(sub { $_[0]->closed(1) }, 10, "$name: it ends");
    my $count = split ' ', $said{$name};

    is(join(' ', ($in->commands(1))[-$count .. -1]), $said{$name},
       "$name: the server is told");
    is($end->{how}, 'fin', "$name: the connection is closed");
    is($end->{media}, 0, "$name: no media was sent") if $name eq 'late';
}

cmp_ok($in{$_}->closed(1)->{at} - $removed, '<', slowly(1.5), "$_: at once")
    for qw/publish create connect/;

###############################################################################

# back again while the goodbye lasts

configure(back => 'back', renamed2 => 'renamed', swap1 => 'swap2',
          swap2 => 'swap1');
$t->reload() or die "no new workers\n";

my $waiting = wait_until {
    my $d = $t->destination('live', 'show', 'back');
    $d && $d->{state} =~ /waiting|live/ && $d;
} 10, 'back: it is there';

SKIP: {
    skip 'the reload took longer than the goodbye', 2
        if mono() - $removed > 1.9;

    is($waiting->{state}, 'waiting', 'back: it waits');
    is($waiting->{stats}{attempts}, 0, 'back: it is not dialled yet');
}

for my $name (qw/back renamed/) {
    my $in = $in{$name};

    $in->wait(sub { $_[0]->frames(conn => 2) > 10 }, 10,
              "$name: it is served again");

    my ($open) = $in->events(ev => 'open', conn => 2);

    cmp_ok($open->{at} - $removed, '>', 1.9,
           "$name: dialled when the goodbye is over");
}

$in{swap}->wait(sub { $_[0]->frames(conn => 4) > 10 }, 10,
                'swap: both are served again');

my @keys = map { $_->{args}[1] }
    $in{swap}->events(ev => 'command', name => 'publish');

is_deeply([sort @keys[0, 1]], [sort @keys[2, 3]],
          'swap: with each other\'s key');

for my $conn (3, 4) {
    my ($open) = $in{swap}->events(ev => 'open', conn => $conn);

    cmp_ok($open->{at} - $removed, '>', 1.9,
           'swap: dialled when the goodbye is over');
}

$t->done_testing();

###############################################################################

# name => whose key and place

sub configure {
    my (%destinations) = @_;

    $t->expand(DESTINATIONS => join "\n", map {
        my $as = $destinations{$_};
        "restream_destination $_ "
            . "rtmp://127.0.0.1:%%PORT_$at{$as}%%/app/early-key-$as;"
    } sort keys %destinations);

    $t->write_file_expand('nginx.conf', $conf);
    return;
}
