#!/usr/bin/perl

# A server says no, before the publish or at any time after it: _error,
# onStatus, close, onFCUnsubscribe.  The reason is typed and carries the
# server's own words; nothing is sent to it any more, least of all the end of
# a broadcast.

use warnings;
use strict;

use Test::More;
use Time::HiRes qw/time/;

use lib 't/lib';
use Test::Restream;
use Test::Restream::RTMP qw/:all/;
use Test::Restream::RTMP::Chunk;
use Test::Restream::Status;

# name, script of the server, reason, class, the server's code

my @refusals = (
    ['invalid-app', { reject => 'InvalidApp' },
     'app-rejected', 'needs-attention', 'NetConnection.Connect.InvalidApp'],
    ['connect-rejected', { reject => { code => 'ConnectRejected',
                                       close => 1 } },
     'app-rejected', 'needs-attention', 'NetConnection.Connect.Rejected'],
    ['connect-odd', { reject => { code => 'Odd.Code', stage => 'connect' } },
     'app-rejected', 'needs-attention', 'Odd.Code'],
    ['connect-plain', { send => { connect => answer('_error', 1, undef) } },
     'app-rejected', 'needs-attention', undef],
    ['create', { send => { create => answer('_error', 4, undef,
        status_object('error', 'NetConnection.Call.Failed', 'No.')) } },
     'app-rejected', 'needs-attention', 'NetConnection.Call.Failed'],
    ['bad-name', { reject => 'BadName' },
     'name-in-use', 'retryable', 'NetStream.Publish.BadName'],
    ['denied', { reject => { code => 'Denied', close => 1 } },
     'key-rejected', 'needs-attention', 'NetStream.Publish.Denied'],
    ['rejected', { reject => 'Rejected' },
     'key-rejected', 'needs-attention', 'NetStream.Publish.Rejected'],
    ['failed', { reject => 'Failed' },
     'closed', 'retryable', 'NetStream.Failed'],
    ['publish-odd', { reject => 'Odd.Code' },
     'key-rejected', 'needs-attention', 'Odd.Code'],
    ['publish-error', { send => { publish => answer('_error', 5, undef,
        status_object('error', 'NetStream.Publish.Denied', 'No.')) } },
     'key-rejected', 'needs-attention', 'NetStream.Publish.Denied'],
);

# name, action that ends the publish, reason, the server's code

my @ends = (
    ['unpublish', { do => 'unpublish' },
     'unpublished', 'NetStream.Unpublish.Success'],
    ['goodbye', { do => 'goodbye' }, 'unpublished', 'close'],
    ['unsubscribe', { do => 'send', hex => answer('onFCUnsubscribe', 0,
        undef, status_object('status', 'NetStream.Unpublish.Success')) },
     'unpublished', 'NetStream.Unpublish.Success'],
    ['shutdown', { do => 'status', level => 'error',
                   code => 'NetConnection.Connect.AppShutdown' },
     'unpublished', 'NetConnection.Connect.AppShutdown'],
    ['connection-closed', { do => 'status',
                            code => 'NetConnection.Connect.Closed' },
     'unpublished', 'NetConnection.Connect.Closed'],
    ['late-failure', { do => 'status', level => 'error',
                       code => 'NetStream.Failed' },
     'closed', 'NetStream.Failed'],
    ['late-odd', { do => 'status', level => 'error', code => 'Odd.Code' },
     'key-rejected', 'Odd.Code'],
);

my $t = Test::Restream->new();
my $port = 1;

$t->expand(DESTINATIONS => join "\n", map {
    "restream_destination $_->[0] rtmp://127.0.0.1:%%PORT_" . $port++
        . "%%/app key=refused-key-$_->[0];"
} @refusals, @ends);

$t->write_file_expand('nginx.conf', <<'CONF')->run();
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

            # long enough for no second attempt where the first was refused
            restream_reconnect min=1h max=1h;

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

$port = 1;
my %in = map { $_->[0] => $t->ingest(port => $port++, script => $_->[1]) }
    @refusals;
$in{$_->[0]} = $t->ingest(port => $port++) for @ends;

my $wall = time() - mono();
my $pub = $t->publish('live/show', media => { gop => 15 });

###############################################################################

# before the publish

for my $refusal (@refusals) {
    my ($name, $script, $reason, $class, $code) = @$refusal;

    my $d = wait_until {
        my $d = $t->destination('live', 'show', $name);
        $d && $d->{state} eq 'waiting' && $d;
    } 10, "$name: it waits" or next;

    my $text = ref $script->{reject} || $script->{send} ? qr/./
        : defined $code ? qr/\A\Q$code\E by order\z/ : qr/./;

    is("$d->{reason}{code} $d->{reason}{class}", "$reason $class",
       "$name: $reason, $class");
    is($d->{reason}{serverCode}, $code, "$name: the server's code");
    like($d->{reason}{serverText}, $text, "$name: its words")
        if defined $code;
    is_deeply($d->{lastError}, $d->{reason}, "$name: it is the last error");

    my ($open) = $in{$name}->events(ev => 'open', conn => 1);
    my $seconds = at_ms($d->{reason}{at}) / 1000 - $wall - $open->{at};

    cmp_ok($seconds, '<', slowly(1), "$name: told within a second");
    is_deeply([$in{$name}->messages(1)], [], "$name: nothing was published");
}

for my $refusal (@refusals) {
    my ($name) = @$refusal;
    my $end = $in{$name}->wait(sub { $_[0]->closed(1) }, 10,
                               "$name: the connection ends") or next;

    is("$end->{fcunpublish} $end->{delete_stream}", '0 0',
       "$name: without a word");
}

###############################################################################

# after it: the publish goes on with another connection, at once

for my $end (@ends) {
    my ($name, $action, $reason, $code) = @$end;
    my $in = $in{$name};

    $in->wait(sub { $_[0]->frames(conn => 1) > 30 }, 10,
              "$name: frames arrive");
    wait_until {
        ($t->destination('live', 'show', $name) || {})->{state} eq 'live'
    } 10, "$name: it is live";

    # of no importance

    $in->control(do => 'status', code => 'NetStream.Data.Start');
    $in->control(%$action);

    my $closed = $in->wait(sub { $_[0]->closed(1) }, 10,
                           "$name: the connection ends") or next;

    is("$closed->{fcunpublish} $closed->{delete_stream}", '0 0',
       "$name: without a word that would end the broadcast");

    my $d = wait_until {
        my $d = $t->destination('live', 'show', $name);
        $d && $d->{lastError} && $d;
    } 10, "$name: the status has a reason" or next;

    is($d->{lastError}{code}, $reason, "$name: $reason");
    is($d->{lastError}{serverCode}, $code, "$name: as the server said");
}

for my $end (@ends) {
    my ($name, undef, $reason) = @$end;
    my $in = $in{$name};
    my $d = $t->destination('live', 'show', $name);

    next if $d->{lastError}{class} eq 'needs-attention';

    $in->wait(sub { $_[0]->frames(conn => 2) > 30 }, 10,
              "$name: a second connection");
    is(missing_frames($pub, $in), 0, "$name: and no frame is lost");
    is_deeply([check_order($pub, $in, 2, gaps => 0)], [],
              "$name: none is out of order");
}

$t->done_testing();

###############################################################################

# The bytes of a command, whatever chunk size was agreed on.

sub answer {
    my (@command) = @_;

    return unpack 'H*', Test::Restream::RTMP::Chunk::Writer->new(
        chunk_size => 4096)->encode(command(@command));
}
