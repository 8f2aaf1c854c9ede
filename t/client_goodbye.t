#!/usr/bin/perl

# FCUnpublish and deleteStream are said when a publish ends on purpose, because
# platforms end the broadcast on them: the destination is removed, switched off
# or moved.  Never when a connection is lost or given up and dialled again.

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
    max_message 16m;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;
            restream on;
            restream_publisher_grace 200ms;
            restream_send_timeout 1s;
            restream_reconnect min=100ms max=500ms;

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

my %before = (
    kept    => [1, 'app', 'goodbye-key-1'],
    removed => [2, 'app', 'goodbye-key-2'],
    off     => [3, 'app', 'goodbye-key-3'],
    moved   => [4, 'app', 'goodbye-key-4'],
    renamed => [5, 'app', 'goodbye-key-5'],
    slow    => [6, 'app', 'goodbye-key-6'],
    lost    => [7, 'app', 'goodbye-key-7'],
    stalled => [8, 'app', 'goodbye-key-8'],
);

configure(%before);
$t->run();

my %in = map {
    $_ => $t->ingest(port => $before{$_}[0],
                     rcvbuf => $_ eq 'slow' ? 16384 : undef)
} keys %before;
my $pub = $t->publish('live/show', media => { gop => 15, video_bps => 8e6 });

for my $name (sort keys %in) {
    $in{$name}->wait(sub { $_[0]->frames(conn => 1) > 30 }, 10,
                     "$name: media arrives");
}

###############################################################################

# not on purpose

$in{lost}->control(do => 'reset');
$in{stalled}->control(do => 'freeze', seconds => 3600);

for my $name (qw/lost stalled/) {
    my $in = $in{$name};

    $in->wait(sub { $_[0]->frames(conn => 2) > 30 }, 15,
              "$name: another connection") or next;
    is(missing_frames($pub, $in, conn => 2), 0,
       "$name: which loses nothing");
}

# on purpose: a connection that has much to take before it can hear

$in{slow}->control(do => 'rate', value => 600_000);
wait_ok {
    ($t->destination('live', 'show', 'slow') || {})->{stats}{lagMs} > 300
} 15, 'slow: it falls behind';

configure(
    %before,
    removed => undef,
    slow    => undef,
    off     => [3, 'app', 'goodbye-key-3', 'enabled=off'],
    moved   => [4, 'other', 'goodbye-key-4'],
    renamed => [5, 'app', 'goodbye-key-5-new'],
);
$t->reload() or die "no new workers\n";

for my $name (qw/removed off moved renamed slow/) {
    my $in = $in{$name};
    my $end = $in->wait(sub { $_[0]->closed(1) }, 15,
                        "$name: the connection ends") or next;

    is(join(' ', ($in->commands(1))[-2, -1]), 'FCUnpublish deleteStream',
       "$name: FCUnpublish and deleteStream are the last that is said");
    is($in->command(1, 'FCUnpublish')->{args}[1], $before{$name}[2],
       "$name: of the key that was published");
    is($end->{how}, 'fin', "$name: the connection is closed");
    is_deeply([check_order($pub, $in, 1, gaps => 0)], [],
              "$name: all before is whole and in order");
}

for my $name (qw/moved renamed/) {
    my $in = $in{$name};

    $in->wait(sub { $_[0]->frames(conn => 2) > 30 }, 10,
              "$name: it goes on") or next;

    my @events = map { "$_->{conn} " . ($_->{name} || $_->{ev}) }
        $in->events();
    my ($last) = grep { $events[$_] eq '1 deleteStream' } 0 .. $#events;
    my ($next) = grep { $events[$_] eq '2 connect' } 0 .. $#events;

    cmp_ok($last, '<', $next, "$name: when the old publish has ended");
    is_deeply([$in->first_messages(2, 4)],
              ['@setDataFrame', 'video header', 'audio header', 'key'],
              "$name: from the beginning");
}

is($in{moved}->command(2, 'connect')->{args}[0]{app}, 'other',
   'moved: to the other app');
is($in{renamed}->command(2, 'publish')->{args}[1], 'goodbye-key-5-new',
   'renamed: under the other key');
is($in{$_}->conns(), 1, "$_: not again") for qw/removed off slow/;
is($in{kept}->conns(), 1, 'kept: nothing has happened');
is_deeply([check_order($pub, $in{kept}, 1, gaps => 0)], [],
          'kept: every frame has arrived');

for my $name (qw/lost stalled/) {
    is(scalar(my @said = grep { /FCUnpublish|deleteStream/ }
              $in{$name}->commands(1)), 0,
       "$name: nothing was said that ends a broadcast");
}

$t->done_testing();

###############################################################################

sub configure {
    my (%destinations) = @_;

    $t->expand(DESTINATIONS => join "\n", map {
        my ($port, $app, $key, @more) = @{$destinations{$_}};

        "restream_destination $_ rtmp://127.0.0.1:%%PORT_$port%%/$app"
            . " key=$key @more;"
    } grep { $destinations{$_} } sort keys %destinations);

    $t->write_file_expand('nginx.conf', $conf);
    return;
}
