#!/usr/bin/perl

# The fake ingest misbehaves as it was told to, seen by a plain client.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::Ingest::Faults;
use Test::Restream::RTMP qw/:all/;
use Test::Restream::RTMP::Client;

my $t = Test::Restream->new(module => 0);
my $in = $t->ingest(port => 1);
my @stages = qw/accept c0c1 s1 c2 connect create publish start/;
my $frame = { type => MSG_VIDEO, csid => 6, msid => 1, ts => 0,
              payload => 'x' x 5000 };

###############################################################################

# ends and silence at each stage; noise may be read as a chunk with anything
# in it

my %ends = (close => 'closed', reset => 'reset', http => 'closed',
            mute => 'timeout', freeze => 'timeout', garbage => '.');

for my $fault (sort keys %ends) {
    for my $stage (@stages) {
        my $conn = conn({ $fault => $stage });
        my $silent = $ends{$fault} eq 'timeout' || $fault eq 'garbage';
        my ($client, $how) = publish($silent ? 0.15 : 5,
                                     $silent ? 0.05 : 5);
        my $end = $silent && $stage eq 'start' ? 'Start' : $ends{$fault};

        chomp $how;
        like($how, qr/$end/, "$fault at $stage: $how");

        my ($action) = $in->wait(sub {
            $in->events(ev => 'action', conn => $conn)
        }, 5, "$fault at $stage: is noted")
            ? $in->events(ev => 'action', conn => $conn) : ();

        is("$action->{do} $action->{stage}", "$fault $stage",
           "$fault at $stage: told by the ingest");
    }
}

my $conn = conn({ delay => { connect => 0.3 } });
my $before = mono();
my ($client, $how) = publish();
is($how, 'NetStream.Publish.Start', 'a delayed answer comes');
cmp_ok(mono() - $before, '>', 0.29, 'but later');

$in->listen(0);
like((publish())[1], qr/refused/, 'a closed port refuses');
$in->listen(1);
is((publish())[1], 'NetStream.Publish.Start', 'until it is opened again');

###############################################################################

# refusals

for (['InvalidApp', 'NetConnection.Connect.InvalidApp'],
     ['ConnectRejected', 'NetConnection.Connect.Rejected'],
     ['BadName', 'NetStream.Publish.BadName'],
     ['Denied', 'NetStream.Publish.Denied'],
     ['Rejected', 'NetStream.Publish.Rejected'],
     [{ code => 'NetStream.Odd', close => 1 }, 'NetStream.Odd'])
{
    my ($reject, $code) = @$_;

    conn({ reject => $reject });
    is((publish())[1], $code, "refused with $code");
}

conn({ redirect => 'rtmp://elsewhere/app' });
$client = client();
$client->handshake();
my @answer = $client->connect_app('live');
is("$answer[0] $answer[3]{ex}{code} $answer[3]{ex}{redirect}",
   '_error 302 rtmp://elsewhere/app', 'redirected');

for my $how (qw/answer error silent/) {
    conn({ courtesy => $how });
    is((publish())[1], 'NetStream.Publish.Start', "releaseStream: $how");
}

conn({ stream_id => 7 });
is((publish())[0]{msid}, 7, 'createStream gives another id');

conn({ chunk_size => 1, write_size => 1 });
is((publish())[1], 'NetStream.Publish.Start', 'chunks of one byte');
conn({ chunk_size => 65536 });
is((publish())[1], 'NetStream.Publish.Start', 'chunks of 65536 bytes');

###############################################################################

# while media flows

for my $do (qw/close reset unpublish goodbye reconnect ping window ack/) {
    $conn = conn({});
    ($client) = publish();
    $client->send($frame);
    $in->wait(sub { $in->frames(conn => $conn) }, 5, 'media arrives');
    $in->control(do => $do, value => 77, url => 'rtmp://new/');

    my $got = $do eq 'close' || $do eq 'reset' ? $client->read_to_end()
        : $do =~ /ping|window|ack/ ? until_control($client)
        : $do eq 'goodbye' ? (parse_command($client->receive()))[0]
        : $client->status()->{code};

    is($got, { close => 'closed', reset => 'reset', ping => '4 6 77',
               window => '5 77', ack => '3 77', goodbye => 'close',
               unpublish => 'NetStream.Unpublish.Success',
               reconnect => 'NetConnection.Connect.ReconnectRequest' }->{$do},
       "$do by order");

    $client->send($frame) if $do eq 'ping';
    $in->wait(sub { $in->events(ev => 'control', type => 4, conn => $conn) },
              5, 'the ping is answered') if $do eq 'ping';
}

$conn = conn({ at => [{ frames => 3, do => 'ping' },
                      { after => 0.2, do => 'close' }], ping => 0.1 });
($client) = publish();
$client->send($frame) for 1 .. 3;
is(until_control($client), '4 6 1', 'an action at the third frame');
is($client->read_to_end(), 'closed', 'an action after 0.2 s');
is((grep { $_->{do} eq 'ping' } $in->events(ev => 'action',
                                            conn => $conn)) >= 2, 1,
   'pings by the clock');

conn({ read_rate => 20_000 });
($client) = publish();
$client->{timeout} = slowly(0.3);
ok(!eval { $client->send({ %$frame, payload => 'x' x 8_000_000 }); 1 },
   'a slow reader takes no 8 MB in 0.3 s');

$conn = conn({ freeze => 'media' });
($client) = publish();
$client->{timeout} = slowly(0.3);
eval { $client->send({ %$frame, payload => 'x' x 8_000_000 })
           for 1 .. 2 };
like($@, qr/timeout/, 'a frozen reader takes less');
$client->reset();
$in->wait(sub { $in->closed($conn) }, 2, 'the end of a frozen connection');
is($in->closed($conn)->{how}, 'rst', 'and its end is noticed anyway');

###############################################################################

# wrong bytes, which a client with our strict reader sees or survives

my %harmless = map { $_ => 1 } qw/abort future_ack ping_flood amf3_command
    large_command many_streams rude_text/;

for my $fault (Test::Restream::Ingest::Faults::names()) {
    my @complaints;

    conn({ fault => { start => $fault } });
    $client = client(5, on_violation => sub { push @complaints, @_ });
    $client->publish('live', 'key');
    $client->{out} = '';
    $client->{timeout} = slowly(0.2);

    my $end = eval {
        while (1) {
            my $msg = $client->receive();
            parse_command($msg) if $msg->{type} == MSG_COMMAND;
            $client->{out} = '';
        }
    };
    # some are no breach of the chunk stream, or never end

    my $wrong = @complaints || $@ !~ /timeout/
        || $fault =~ /oversize|halves|huge|empty|number|endless/;

    is($wrong ? 'wrong' : 'right', $harmless{$fault} ? 'right' : 'wrong',
       "$fault is sent");
    $client->reset();
}

# the client's own way with what it reads is no matter here

$t->allow(violation => qr/media on msid|timestamp/);

$t->done_testing();

###############################################################################

# Sets the script of the next connection; returns its number.

sub conn {
    my ($script) = @_;

    my $conn = $in->conns() + 1;

    $in->script($script, $conn);

    return $conn;
}


sub client {
    my ($timeout, %o) = @_;

    return Test::Restream::RTMP::Client->new(
        port => $t->port(1), timeout => $timeout || 5, %o);
}


# A client, and what became of its publish; of an accepted one: within so many
# seconds more.

sub publish {
    my ($timeout, $more) = @_;

    my $client = eval { client($timeout) } or return (undef, $@);
    my $code = eval { $client->publish('live', 'key') };

    return ($client, $@ || $code) if !defined $code
        || $code ne 'NetStream.Publish.Start';

    my $patience = $client->{timeout};

    $client->{timeout} = slowly($more || 0);
    my $how = eval { $client->receive() if $more; 1 } ? '' : $@;
    $client->{timeout} = $patience;

    return ($client, $how =~ /timeout/ || !$how ? $code : $how);
}


sub until_control {
    my ($client) = @_;

    while (my $msg = $client->receive()) {
        my $type = $msg->{type};

        next if $type == 4 && unpack('n', $msg->{payload}) != 6;
        return "$type " . join ' ', unpack $type == 4 ? 'nN' : 'N',
            $msg->{payload} if $type < 7;
    }
}
