#!/usr/bin/perl

# Publishers of a name that is taken are refused, and change nothing for the
# first: no connection more, no frame less, and their end is not its end.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;

my $t = Test::Restream->new();

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
            restream_publisher_grace 100ms;
            restream_destination a rtmp://127.0.0.1:%%PORT_1%%/app/key-of-a;
            restream_destination b rtmp://127.0.0.1:%%PORT_2%%/app/key-of-b;
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
my $pub = $t->publish('live/show');

wait_until { $t->destination('live', 'show', 'b')->{state} eq 'live' } 10,
    'the stream is relayed';

###############################################################################

# half of them wait for an answer, half send at once

my $count = $t->full() ? 100 : 20;
my (@refused, @hasty);

for my $n (1 .. $count) {
    if ($n % 2) {
        push @refused, $t->publish('live/show', may_fail => 1);
        next;
    }

    my $hasty = $t->publish('live/show', wait => 0, speed => 0, count => 40);

    push @hasty, $hasty;
    wait_until { $hasty->frames() == 40 && !$hasty->stat()->{queued} } 10,
        'frames of a duplicate are sent';
}

is_deeply([grep { ($_->code() || '') ne 'NetStream.Publish.BadName' }
           @refused], [], 'all that wait are told so');
is((grep { _bad_name($_) } @hasty), @hasty, 'and all that do not');

my $destinations = $t->stream('live', 'show')->{destinations};

is(@$destinations, 2, 'the stream has its destinations');
is_deeply([map { "$_->{state} $_->{stats}{attempts}" } @$destinations],
          ['live 1', 'live 1'], 'live at their first attempt');

# those that still hold their connection leave

$_->stop() for @hasty;

my $sent = $pub->frames();

for my $in (@in) {
    $in->wait(sub { $_[0]->frames() > $sent + 100 }, 10, 'frames go on');

    is($in->conns(), 1, 'one connection was made');
    is_deeply([check_order($pub, $in, 1, gaps => 0)], [],
              'every frame has arrived, and no other');
}

is_deeply([map { $_->{name} } @{$t->status()->{streams}}], ['show'],
          'there is one stream');

###############################################################################

# what the first leaves can be taken by the next

$pub->unpublish();
wait_ok { !@{$t->status()->{streams}} } 10, 'the stream ends with the first';

my $next = $t->publish('live/show');

$in[0]->wait(sub { $_[0]->frames(conn => 2) > 30 }, 10, 'the next is relayed');
is_deeply([check_order($next, $in[0], 2, gaps => 0)], [], 'as it is');

$t->done_testing();

###############################################################################

sub _bad_name {
    my ($hasty) = @_;

    return wait_until {
        grep { ($_->{args}[1]{code} || '') eq 'NetStream.Publish.BadName' }
            $hasty->events(ev => 'command', name => 'onStatus')
    } 10, 'a duplicate is told so';
}
