#!/usr/bin/perl

# The dialogue of an output as servers of many kinds see it: every message with
# its fields, in order; commands byte by byte.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::RTMP qw/:all/;
use Test::Restream::RTMP::AMF qw/amf_encode obj/;
use Test::Restream::RTMP::Chunk;

use constant KEY => 'dialogue-key?token=1&x=%20';

my $t = Test::Restream->new();

$t->expand(KEY => KEY);
$t->write_file_expand('nginx.conf', <<'CONF')->run();
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

            restream_destination plain rtmp://127.0.0.1:%%PORT_1%%/app
                                 key=%%KEY%%;
            restream_destination tiny rtmp://127.0.0.1:%%PORT_2%%/a/b
                                 key=%%KEY%%;
            restream_destination large rtmp://127.0.0.1:%%PORT_3%%/app?x=1
                                 key=%%KEY%%;
            restream_destination bytes rtmp://127.0.0.1:%%PORT_4%%/app
                                 key=%%KEY%%;
            restream_destination window rtmp://127.0.0.1:%%PORT_5%%/app
                                 key=%%KEY%%;
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

# name, app, script of the server

my @servers = (
    ['plain', 'app', { stream_id => 1 }],
    ['tiny', 'a/b', { stream_id => 0xffffffff, chunk_size => 1,
                      courtesy => 'error', bwdone => 1 }],
    ['large', 'app?x=1', { stream_id => 0x01020304, chunk_size => 65536,
                           courtesy => 'silent', window => 0 }],
    ['bytes', 'app', { stream_id => 256, chunk_size => 0, write_size => 1,
                       bwdone => 1, courtesy => 'silent' }],
    ['window', 'app', { stream_id => 7, window => 1000 }],
);

my %in = map {
    $servers[$_ - 1][0] => $t->ingest(port => $_, script => $servers[$_ - 1][2])
} 1 .. @servers;
my $pub = $t->publish('live/show', count => 0, media => {
    video_bps => 8e6, gop => 15 });

$_->wait(sub { $_[0]->events(ev => 'start') }, 15, 'the publish begins')
    for values %in;
$pub->more(1_000_000);

for my $server (@servers) {
    my ($name) = @$server;

    $in{$name}->wait(sub { $_[0]->frames(key => 1) >= 3 }, 15,
                     "$name: media arrives");
}

###############################################################################

# everything up to the media

for my $server (@servers) {
    my ($name, $app, $script) = @$server;
    my $in = $in{$name};
    my $id = $script->{stream_id};
    my $bandwidth = defined $script->{window} ? $script->{window} : 2_500_000;
    my ($hello) = $in->events(ev => 'handshake', conn => 1);

    is("$hello->{version} $hello->{simple} $hello->{echo}", '3 1 1',
       "$name: a simple handshake, S1 is echoed");

    is_deeply([said($in)], [
        '1: 65536',
        'connect 1, csid 3, msid 0',
        $bandwidth ? "5: $bandwidth" : (),
        'releaseStream 2, csid 3, msid 0',
        'FCPublish 3, csid 3, msid 0',
        'createStream 4, csid 3, msid 0',
        $script->{bwdone} ? '_checkbw 6, csid 3, msid 0' : (),
        "publish 5, csid 5, msid $id",
        'Publish.Start',
    ], "$name: all messages in order, on their streams");

    my $url = 'rtmp://127.0.0.1:' . $in->port() . "/$app";
    my $flash = $in->command(1, 'connect')->{args}[0]{flashVer};

    like($flash, qr{\AFMLE/3\.0 \(compatible; [\w/.]+\)\z},
         "$name: it calls itself FMLE");

    my %commands = (
        connect => [1, obj(
            app => $app, type => 'nonprivate', flashVer => $flash,
            swfUrl => $url, tcUrl => $url, fourCcList => ['*'],
            videoFourCcInfoMap => { '*' => 4 },
            audioFourCcInfoMap => { '*' => 4 }, capsEx => 7)],
        releaseStream => [2, undef, KEY],
        FCPublish     => [3, undef, KEY],
        createStream  => [4, undef],
        publish       => [5, undef, KEY, 'live'],
        $script->{bwdone} ? (_checkbw => [6, undef]) : (),
    );

    for my $command (sort keys %commands) {
        is($in->command(1, $command)->{hex},
           unpack('H*', amf_encode($command, @{$commands{$command}})),
           "$name: $command, byte by byte");
    }

    is_deeply([$in->first_messages(1, 4)],
              ['@setDataFrame', 'video header', 'audio header', 'key'],
              "$name: headers, then a key frame");
    is_deeply([grep { $_->{ts} } ($in->messages(1))[0 .. 3]], [],
              "$name: which all have the time 0");

    my %streams = map {
        ("$_->{type} on csid $_->{csid}, msid $_->{msid}" => 1)
    } $in->messages(1);

    is_deeply([sort keys %streams],
              ["18 on csid 5, msid $id", "8 on csid 4, msid $id",
               "9 on csid 6, msid $id"],
              "$name: audio, video and data have their chunk streams");

    my @frames = $in->frames(conn => 1);
    my @several = grep { $_->{chunks} > 1 } @frames;

    cmp_ok(@several, '>=', 3, "$name: large frames are cut");
    is_deeply([grep { $_->{chunks} != chunks($_->{size}) } @frames], [],
              "$name: into chunks of the size announced");
}

###############################################################################

# acknowledgements: after half of the window, also when it changes

my $in = $in{window};
my @acks = acks($in);

cmp_ok($acks[0], '>', 3000, 'the handshake is acknowledged');

$in->control(do => 'ping', value => $_) for 1 .. 100;
$in->wait(sub { pongs($_[0]) == 100 }, 5, 'pings are answered');

@acks = acks($in);
my @small = grep { $acks[$_] - $acks[$_ - 1] < 500 } 1 .. $#acks;

is_deeply(\@small, [], 'never before half of the window has come');
cmp_ok($acks[-1] - $acks[0], '>', 1000, 'but then');

$in->control(do => 'window', value => 100_000);
my $before = acks($in);
$in->control(do => 'ping', value => $_) for 101 .. 200;
$in->wait(sub { pongs($_[0]) == 200 }, 5, 'pings are answered');
cmp_ok(acks($in), '<=', $before + 1, 'a larger window is followed');

###############################################################################

# what servers ask between two frames

$in = $in{plain};
$in->control(do => 'ping', value => 0xdeadbeef);
wait_ok { grep { $_ == 0xdeadbeef } pongs($in) } 5,
    'a ping is answered with what it carried';

say_to($in, user(31, 1), user(32, 1), user(26, 1), user(0, 1),
       command('onBWDone', 0, undef), command('onFCPublish', 0, undef),
       command('_onbwcheck', 11, undef, 'x'), command('ping', 12, undef));
wait_ok { $in->command(1, 'pong') } 5, 'the command "ping" is answered too';

is($in->command(1, 'pong')->{txn}, 12, 'by its transaction');
is($in->command(1, '_result')->{txn}, 11, 'and so is "_onbwcheck"');
is(scalar(my @once = grep { $_ eq '_checkbw' } $in->commands(1)), 1,
   'onBWDone is answered with _checkbw');

say_to($in, command('onBWDone', 0, undef), command('ping', 13, undef));
wait_ok { grep { $_->{txn} == 13 }
          $in->events(ev => 'command', name => 'pong') } 5,
    'it goes on listening';
is(scalar(@once = grep { $_ eq '_checkbw' } $in->commands(1)), 1,
   'but checks the bandwidth only once');

# the server changes its chunk size on the way

for my $size (1, 60000, 128) {
    my $text = 'pong ' . 'x' x 300;

    $in->control(do => 'chunk_size', value => $size);
    $in->control(do => 'status', code => 'NetStream.Data.Start',
                 text => $text);
    $in->control(do => 'ping', value => 1000 + $size);
    wait_ok { grep { $_ == 1000 + $size } pongs($in) } 5,
        "the server's chunk size $size is followed";
}

###############################################################################

# the end of the publish is the end of the broadcast

$pub->unpublish();

for my $server (@servers) {
    my ($name, undef, $script) = @$server;
    my $its = $in{$name};
    my $end = wait_until { $its->closed(1) } 10, "$name: the connection ends";
    my @last = ($its->events(ev => 'command', conn => 1))[-2, -1];

    is(join(' ', map { "$_->{name} $_->{txn}, csid $_->{csid}, "
                       . "msid $_->{msid}" } @last),
       'FCUnpublish 7, csid 3, msid 0 deleteStream 8, csid 3, msid 0',
       "$name: FCUnpublish and deleteStream come last");
    is($last[0]{hex}, unpack('H*', amf_encode('FCUnpublish', 7, undef, KEY)),
       "$name: FCUnpublish, byte by byte");
    is($last[1]{hex}, unpack('H*', amf_encode('deleteStream', 8, undef,
                                              $script->{stream_id})),
       "$name: deleteStream, byte by byte");
    is($end->{how}, 'fin', "$name: then the connection is closed");

    is(missing_frames($pub, $its, from => 0,
                      to => ($pub->frames())[-1]{n}), 0,
       "$name: every frame of the publish was delivered");
    is_deeply([check_order($pub, $its, 1, gaps => 0)], [],
              "$name: unchanged and in order");
    is_deeply([timestamp_offsets($pub, $its, 1)], [0],
              "$name: at the times that it had");
}

$t->done_testing();

###############################################################################

# What the client said up to Publish.Start.

sub said {
    my ($in) = @_;

    my @said;

    for my $event ($in->events(conn => 1)) {
        my $ev = $event->{ev};

        push @said, $ev eq 'start' ? 'Publish.Start'
            : $ev eq 'control' ? "$event->{type}: @{$event->{values}}"
            : "$event->{name} $event->{txn}, csid $event->{csid},"
                . " msid $event->{msid}"
            if $ev =~ /\A(?:start|control|command)\z/;

        last if $ev eq 'start';
    }

    # acknowledgements come when they are due

    return grep { !/\A3:/ } @said;
}


sub chunks {
    my ($size) = @_;

    return int(($size + 65535) / 65536);
}


sub acks {
    my ($in) = @_;

    return map { $_->{values}[0] } $in->events(ev => 'control', type => 3);
}


# The values of the PingResponses.

sub pongs {
    my ($in) = @_;

    return map { $_->{values}[1] }
        grep { $_->{values}[0] == 7 } $in->events(ev => 'control', type => 4);
}


sub say_to {
    my ($in, @messages) = @_;

    my $writer = Test::Restream::RTMP::Chunk::Writer->new(chunk_size => 4096);

    return $in->control(do => 'send', hex => unpack 'H*',
                        join '', map { $writer->encode($_) } @messages);
}
