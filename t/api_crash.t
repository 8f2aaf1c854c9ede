#!/usr/bin/perl

# Workers are killed at random while a live stream is changed through them: what
# was answered is there, nothing is there by half, and what is sent to is in the
# end what the store says.
#
# 60 acknowledged changes, or 1,000 with --full; every fourth one or so has its
# worker killed under it, the publisher's among them.

use warnings;
use strict;

use Test::More;

use JSON::PP ();
use POSIX ();

use lib 't/lib';
use Test::Restream;
use Test::Restream::API;
use Test::Restream::Util qw/nap/;
use Test::Restream::Workers;

use constant {
    NAMES   => 5,
    SETTLED => 5,
};

my $t = Test::Restream->new(log_level => 'info');
my $wanted = $t->full() ? 1_000 : 60;

$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%
worker_processes 4;
thread_pool default threads=2;

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    restream_store sqlite:state/restream.db;
    restream_allow 127.0.0.0/8;
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

        location = /restream/status {
            restream_status;
        }
    }
}
CONF

$t->allow(log => qr/worker process \d+ exited on signal 9/);
$t->allow(log => qr/shared memory zone "restream" was locked by/);

my $api = Test::Restream::API->new($t);
my $show = '/streams/live/show';
my $all = "$show/destinations";
my @in = map { $t->ingest(port => $_) } 1, 2;

srand $t->seed();

$api->post('/streams', { app => 'live', name => 'show' });

my $pub = $t->publish('live/show', media => { video_bps => 50_000 });

wait_until { ($t->stream('live', 'show') || {})->{live} } 10, 'it is live';

###############################################################################

my %model;                  # name => [url, key, enabled], as it was answered
my ($acked, $unknown, $made, $owners, $keys) = (0) x 5;
my %killed;
my @took = (0.005);         # seconds that changes take
my @wrong;

# What was not answered and not made may still be, whole: SQLite finds it in its
# log if all that had the store open are killed before the next change.

my $ghost;

while ($acked < $wanted && !@wrong) {
    my $victim = rand(4) < 1 ? victim() : undef;

    step($victim);
    @wrong = recover($victim) if $victim;
}

note "$acked acknowledged, $unknown not, of which $made were made, "
    . keys(%killed) . " workers killed, $owners with the publisher";

is_deeply(\@wrong, [], 'nothing is lost, and nothing is there by half')
    or diag('seed ' . $t->seed());
cmp_ok($acked, '>=', $wanted, "$acked changes were acknowledged");
cmp_ok(scalar keys %killed, '>=', $wanted / 10, 'and workers killed');
is_deeply(shown(), \%model, 'the API shows them');

SKIP: {
    my $store = file();

    skip 'no program sqlite3', 1 if !$store;
    is_deeply($store, \%model, 'the file has them');
}

wait_ok { settled() } SETTLED, 'it is sent where the store says';

$t->done_testing();

###############################################################################

# Any worker, the publisher's as often as any other one.

sub victim {
    my @pids = $t->worker_pids();

    return $pids[rand @pids];
}


# One change, whose worker is killed at some moment of it.

sub step {
    my ($victim) = @_;

    my ($method, $path, $body, $after) = change();
    my $conn = $victim && reach($victim);
    my $killer = $victim && killer($victim, rand(1.5 * $took[@took / 2]));
    my $at = mono();
    my $answer = ($conn ? $api->with(conn => $conn) : $api)
        ->call($method, $path, $body);

    waitpid $killer, 0 if $killer;

    if ($answer->{status} =~ /\A2/) {
        $acked++;
        undef $ghost if !same(\%model, $after);
        %model = %$after;
        @took = sort { $a <=> $b } @took, mono() - $at;
        splice @took, rand @took, 1 if @took > 20;
        return;
    }

    if ($answer->{status} || !$victim) {
        push @wrong, "$method $path: status $answer->{status}";
        return;
    }

    # at once, and once only: it was made, or it was not

    my $now = shown();

    $unknown++;

    if (same($now, $after)) {
        $made++;
        %model = %$after;
        undef $ghost;
        return;
    }

    push @wrong, "$method $path is there by half" if !appeared($now);
    $ghost = $after;

    return;
}


# What is shown is the model, or what had been left behind.

sub appeared {
    my ($now) = @_;

    if ($ghost && same($now, $ghost)) {
        note 'a change has appeared later';
        %model = %$ghost;
        undef $ghost;
    }

    return same($now, \%model);
}


# ... and what the model is behind it

sub change {
    my %after = %model;
    my $name = 'd' . int rand NAMES;
    my $path = "$all/name:$name";
    my $key = 'key-of-change-' . ++$keys;
    my $in = $in[rand @in];

    if (!$model{$name}) {
        $after{$name} = [$in->url('app'), $key, 1];
        return ('POST', $all, { name => $name, url => $in->url('app'),
                                key => $key }, \%after);
    }

    my ($url, $old, $enabled) = @{$model{$name}};
    my $kind = int rand 6;

    if ($kind == 0) {
        delete $after{$name};
        return ('DELETE', $path, undef, \%after);
    }

    if ($kind == 1) {
        $after{$name} = [$url, $key, $enabled];
        return ('PATCH', $path, { key => $key }, \%after);
    }

    if ($kind == 2) {
        $after{$name} = [$in->url('app'), $old, $enabled];
        return ('PATCH', $path, { url => $in->url('app') }, \%after);
    }

    if ($kind == 3) {
        $after{$name} = [$url, $old, 1 - $enabled];
        return ('PATCH', $path, { enabled => $enabled ? JSON::PP::false()
            : JSON::PP::true() }, \%after);
    }

    if ($kind == 4) {
        $after{$name} = [$url, $old, 0];
        return ('POST', "$path/stop", undef, \%after);
    }

    # a whole list, of which one changes in all that it has

    $after{$name} = [$in->url('app'), $key, 1];

    return ('PATCH', $show, { destinations => [map {
        { name => $_, url => $after{$_}[0], key => $after{$_}[1],
          enabled => $after{$_}[2] ? JSON::PP::true() : JSON::PP::false() }
    } sort keys %after] }, \%after);
}


# A connection that the worker has accepted.

sub reach {
    my ($worker) = @_;

    return on_worker($t, $worker, sub {
        my $http = $t->http_connect();

        $t->http_get('/restream/status', conn => $http)
            or die "worker $worker is deaf\n";

        return $http;
    });
}


sub killer {
    my ($victim, $after) = @_;

    my $pid = fork();

    die "fork() failed: $!\n" if !defined $pid;
    return $pid if $pid;

    nap($after);
    kill 'KILL', $victim;
    POSIX::_exit(0);
}


# Behind a kill: all that was answered is where it should be, soon.

sub recover {
    my ($victim) = @_;

    my $stream;

    $killed{$victim}++;

    wait_until {
        my @now = $t->worker_pids();

        @now == 4 && !grep { $_ == $victim } @now;
    } 10, 'there are four workers again';


    my $now = shown();

    return 'what was answered is not shown: ' . JSON::PP->new()->canonical()
        ->encode([$now, \%model, $ghost]) if !appeared($now);
    return if wait_until { settled() } SETTLED, 'what is sent is as stored';
    return "behind the kill of $victim: " . JSON::PP->new()->canonical()
        ->encode([wanted(), open_to()]);
}


sub same {
    my ($one, $two) = @_;

    my $json = JSON::PP->new()->canonical();

    return $json->encode($one) eq $json->encode($two);
}


# What the API says is stored, as the model has it; of whichever worker answers,
# but for one that is just being killed.

sub shown {
    my $answer;

    wait_until {
        $answer = $api->get("$show?reveal=key");
        $answer->{status} == 200;
    } 10, 'it is shown';

    return { map {
        ($_->{name} => [$_->{url}, $_->{key}, $_->{enabled} ? 1 : 0])
    } @{$answer->{json}{destinations}} };
}


# The same of the file.

sub file {
    grep { -x "$_/sqlite3" } split /:/, $ENV{PATH} or return;

    my %file;
    my $path = $t->dir() . '/state/restream.db';

    open my $fh, '-|', 'sqlite3', '-readonly', $path,
        'SELECT name, url, key, enabled FROM destinations'
        or die "sqlite3: $!\n";

    while (my $line = <$fh>) {
        chomp $line;

        my ($name, @values) = split /\|/, $line;
        $file{$name} = [@values];
    }

    close $fh or die "sqlite3: wait status $?\n";

    return \%file;
}


# Where media goes: one connection for each destination that is on, with its
# key, to its server.

sub settled {

    # the encoder may have been with the one that was killed

    if (!$pub->connected()) {
        $owners++;
        $pub->republish();
    }

    return same(wanted(), open_to());
}


sub wanted {
    return [sort map { "$_->[0] $_->[1]" } grep { $_->[2] } values %model];
}


sub open_to {
    my @open;

    for my $in (@in) {
        my %closed = map { $_->{conn} => 1 } $in->events(ev => 'close');

        push @open, map { $in->url('app') . " $_->{args}[1]" }
            grep { !$closed{$_->{conn}} }
            $in->events(ev => 'command', name => 'publish');
    }

    return [sort @open];
}
