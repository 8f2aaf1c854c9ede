#!/usr/bin/perl

# One of fifty destinations is added, changed, switched and removed again and
# again while the stream is on air, forty times and 1,000 with --full: the other
# 49 keep their connections and every frame, and that one is never there twice.

use warnings;
use strict;

use Test::More;

use JSON::PP ();

use lib 't/lib';
use Test::Restream;
use Test::Restream::API;
use Test::Restream::Mutate qw/below pick/;

use constant OTHERS => 49;

my $t = Test::Restream->new(log_level => 'notice');
my $changes = $t->full() ? 1000 : 40;

$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%
worker_processes 2;

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    restream_store sqlite:state/restream.db;
    restream_allow 127.0.0.0/8;
    restream_max_destinations 50;
    restream_publisher_grace 0;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;
            restream on;
        }
    }
}

http {
    %%GLOBALS_HTTP%%

    server {
        listen 127.0.0.1:%%PORT_80%%;

        location /restream/ {
            restream_api;
        }
    }
}
CONF

my $api = Test::Restream::API->new($t);
my $show = '/streams/live/show';
my ($in, $one) = map { $t->ingest(port => $_) } 1, 2;

# what it is to be, if it is there

my %one;
my $keys = 0;
my @others = map { { name => "other$_", url => $in->url('app'),
                     key => "key-of-other-$_" } } 1 .. OTHERS;

is($api->post('/streams', { app => 'live', name => 'show',
                            destinations => \@others })->{status}, 201,
   OTHERS . ' destinations');

my $pub = $t->publish('live/show', media => {
    fps => 10, gop => 10, audio => undef, video_bps => 40_000 });

$in->wait(sub { started() == OTHERS }, 20, 'they get media');

###############################################################################

srand $t->seed();

my (@wrong, %done);

for my $n (1 .. $changes) {
    my ($name, $expected, @call) = change();
    my $answer = $api->call(@call);

    $done{$name}++;
    push @wrong, "change $n, $name: $answer->{status} $answer->{body}"
        if $answer->{status} != $expected;

    # the next one may come before this one is carried out

    settle($n) if below(2) || $n == $changes;
    last if @wrong;
}

note join ', ', map { "$_: $done{$_}" } sort keys %done;
is_deeply(\@wrong, [], "$changes changes are made, and seen")
    or diag('seed ' . $t->seed());

# what has been sent by now is on its way to all

$pub->pause();

my $last = ($pub->frames())[-1]{n};

$in->wait(sub { ended() == OTHERS }, 10, 'the last frame arrives at each');
$pub->unpublish();
$in->wait(sub { $_[0]->events(ev => 'close') == OTHERS }, 10, 'all end');

is($in->conns(), OTHERS, 'no other destination was connected twice');
is_deeply([map { check_order($pub, $in, $_, gaps => 0) } 1 .. OTHERS], [],
          'and none has lost a frame');
cmp_ok(scalar(my @frames = $in->frames()), '>', 10 * OTHERS, 'of many');

my ($most, $published) = most_at_once($one);

cmp_ok($published, '>=', $changes / 10, "the one was there $published times");
is($most, 1, 'and never twice at the same time');

$t->done_testing();

###############################################################################

# so many have their first frame; the last one

sub started {
    my %first = map { $_->{conn} => 1 } $in->frames();

    return scalar keys %first;
}


sub ended {
    my @got = $in->frames(n => $last);

    return scalar @got;
}


# (name, status, a call to the API), and %one as it will be

sub change {
    my $path = "$show/destinations";

    if (!%one) {
        %one = (name => 'one', url => url(), key => key(), enabled => 1);
        return ('add', 201, 'POST', $path, entry());
    }

    my $which = "$path/name:$one{name}";
    my $name = pick(qw/remove key key url title name stop start list drop/);

    if ($name eq 'remove') {
        %one = ();
        return ($name, 204, 'DELETE', $which);
    }

    if ($name eq 'stop' || $name eq 'start') {
        $one{enabled} = $name eq 'start';
        return ($name, 200, 'POST', "$which/$name");
    }

    if ($name eq 'drop') {
        %one = ();
        return ($name, 200, 'PATCH', $show, { destinations => list() });
    }

    $one{url} = url() if $name eq 'url' || $name eq 'list';
    $one{key} = key() if $name eq 'key' || $name eq 'list';
    $one{name} = 'one' . ++$keys if $name eq 'name';

    return ($name, 200, 'PATCH', $show, { destinations => list(entry()) })
        if $name eq 'list';
    return ($name, 200, 'PATCH', $which, $name eq 'title'
            ? { title => "title $keys", description => 'x' }
            : { $name => $one{$name} });
}


# The others as they are, their keys left out.

sub list {
    return [@_, map { { name => $_->{name}, url => $_->{url} } } @others];
}


sub entry {
    return { %one, enabled => $one{enabled} ? JSON::PP::true()
                                            : JSON::PP::false() };
}


sub url { return $one->url(pick(qw/app other/)) . '?n=' . ++$keys }
sub key { return 'key-of-the-one-' . ++$keys }


# Until it is as it is to be.

sub settle {
    my ($n) = @_;

    wait_until { settled() } 15, "change $n is carried out"
        or push @wrong, "change $n is not carried out";
    return;
}


sub settled {
    my @open = grep { !$one->closed($_) } 1 .. $one->conns();

    return !@open if !%one || !$one{enabled};
    return 0 if @open != 1;

    my $connect = $one->command($open[0], 'connect') or return 0;
    my $publish = $one->command($open[0], 'publish') or return 0;

    return $publish->{args}[1] eq $one{key}
        && $connect->{args}[0]{tcUrl} eq $one{url}
        && scalar $one->frames(conn => $open[0]);
}


# (the most that were published at the same time, how many there were)

sub most_at_once {
    my ($in) = @_;

    my (%open, $published);
    my $most = 0;

    for my $event ($in->events()) {
        my $conn = $event->{conn};

        if ($event->{ev} eq 'command' && $event->{name} eq 'publish') {
            $open{$conn} = 1;
            $published++;
            $most = keys %open if keys %open > $most;

        } elsif ($event->{ev} eq 'close' || $event->{ev} eq 'command'
                 && $event->{name} eq 'deleteStream')
        {
            delete $open{$conn};
        }
    }

    return ($most, $published || 0);
}
