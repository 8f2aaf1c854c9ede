#!/usr/bin/perl

# Disks that fail while a stream is on air: full of the store, of the logs or of
# request bodies, mounted read-only, with errors of the system at any call.
# Changes are refused with the reason, no frame is lost, and when the disk is
# well again so is the API, by the same workers.

use warnings;
use strict;

use Test::More;

use JSON::PP ();

use lib 't/lib';
use Test::Restream;
use Test::Restream::API;
use Test::Restream::Tmpfs;

my $why = Test::Restream::Tmpfs::unavailable();
plan(skip_all => "no small disks: $why") if $why;

my $t = Test::Restream->new(log_level => 'info');
my $state = $t->dir() . '/state';
my $small = $t->dir() . '/small';
my %disk = (
    store => Test::Restream::Tmpfs->new(dir => $state, size => 1_048_576),
    logs => Test::Restream::Tmpfs->new(dir => $small, size => 262_144),
);

$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%
error_log %%TESTDIR%%/small/error.log debug;

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    restream_store sqlite:state/restream.db;
    restream_allow 127.0.0.0/8;
    restream_max_destinations 1000;
    restream_publisher_grace 0;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;
            restream on;
            restream_destination conf rtmp://127.0.0.1:%%PORT_1%%/app/conf-key;
        }
    }
}

http {
    %%GLOBALS_HTTP%%

    server {
        listen 127.0.0.1:%%PORT_80%%;
        access_log %%TESTDIR%%/small/access.log;

        location /restream/ {
            restream_api;
        }

        location /temp/ {
            restream_api;
            client_body_buffer_size 1k;
            client_body_temp_path %%TESTDIR%%/small/temp;
        }
    }
}
CONF

my $api = Test::Restream::API->new($t);
my $all = '/streams/live/show/destinations';
my ($conf, $in) = map { $t->ingest(port => $_) } 1, 2;
my @workers = $t->worker_pids();
my ($made, $tried) = (0, 0);
my %kept = (conf => 1, stored => 1);
my %refused;

is($api->post('/streams', { app => 'live', name => 'show', destinations => [
    { name => 'stored', url => $in->url('app'), key => 'key-of-stored' }] })
    ->{status}, 201, 'a stream');

my $pub = $t->publish('live/show', media => { video_bps => 200_000 });

$_->wait(sub { $_[0]->frames() > 5 }, 10, 'media') for $conf, $in;

###############################################################################

# no room for the store

$disk{store}->fill();

my $answer;

for (1 .. 300) {
    $answer = make(description => 'x' x 4000);
    last if $answer->{status} != 201;
}

is_problem($answer, 507, 'store-full', "it is full after $made changes");
kept('what it has is what was answered');
goes_on('full');
$disk{store}->drain();
well('there is room again');

###############################################################################

# errors of the system

my $straces = 0;

SKIP: {
    my $strace = inject('fdatasync', 'error=EIO') || skip 'no strace', 1;

    $strace->stop('INT', 'KILL');

    for my $case (
        ['fdatasync,fsync', 'EIO', 503], ['pwrite64', 'EIO', 503],
        ['pwrite64', 'ENOSPC', 507], ['pwrite64', 'EDQUOT', '50[37]'],
        ['pwrite64,ftruncate,openat', 'EROFS', 503],
        ['openat', 'EMFILE', '(?:201|503)'])
    {
        my ($calls, $error, $status) = @$case;

        $strace = inject($calls, "error=$error");

        my @answers = map { make() } 1 .. 3;

        is_deeply([grep { !/\A$status\z/ } map { $_->{status} } @answers], [],
                  "$error of $calls: is answered with $status");
        is_deeply([grep { $_->{status} != 201
                          && ($_->{json}{detail} // '') eq '' } @answers], [],
                  'and with the reason');
        goes_on("$error of $calls");
        $strace->stop('INT', 'KILL');
        well("no $error any more");
    }
}

###############################################################################

# no room for logs, none for a body; nginx says so itself

$t->allow(log => qr/\[alert\].* while logging request/);
$disk{logs}->fill();

my $text = JSON::PP::encode_json({
    name => 'large', url => $in->url('app'), key => 'key-of-the-large',
    enabled => JSON::PP::false(), description => 'x' x 3000 });

is($api->get($all)->{status}, 200, 'without room for logs it goes on');
well('for changes, too');

is($api->with(prefix => '/temp')->post($all, \$text)->{status}, 201,
   'a body needs no room on any disk');
$kept{large} = 1;
goes_on('no room for logs and bodies');
$disk{logs}->drain();

###############################################################################

# no frame was lost, nobody was restarted

is_deeply([$t->worker_pids()], \@workers, 'the workers are the same');
lossless();

# read-only from the start, and then no more

$t->stop();
remount('ro');
$t->run();
@workers = $t->worker_pids();
$pub = $t->publish('live/show', media => { video_bps => 200_000 });
goes_on('a stream starts with what nginx.conf gives it');
is_problem(make(), 503, 'store-unavailable', 'mounted read-only');
goes_on('read-only');
remount('rw');
well('it may be written again');
wait_ok {
    ($api->destination('live', 'show', 'stored') || { state => '' })->{state}
        eq 'live'
} 10, 'what was stored is found';
is_deeply([$t->worker_pids()], \@workers, 'by the same workers');

$pub->unpublish();
$t->stop();
$_->unmount() for values %disk;

$t->done_testing();

###############################################################################

# One more, of a new name: what an error has refused may be there all the same,
# as a disk that failed to sync may have written.

sub make {
    my (%o) = @_;

    my $name = 'n' . ++$tried;
    my $answer = $api->post($all, {
        name => $name, url => $in->url('app'), key => 'key-of-the-made',
        enabled => JSON::PP::false(), title => 'whole', %o });

    $answer->{status} == 201 ? $kept{$name} = ++$made : $refused{$name}++;
    return $answer;
}


sub kept {
    my ($name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my %there = map { $_->{name} => $_ } @{$api->get($all)->{json}{items}};

    is_deeply([grep { !$there{$_} } sort keys %kept], [], $name);
    is_deeply([grep { !$kept{$_} && !($refused{$_}
                      && $there{$_}{title} eq 'whole') } sort keys %there], [],
              'and nothing else, and nothing by halves');
    return;
}


sub well {
    my ($name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    wait_ok { make()->{status} == 201 } 10, "$name: a change is made";
    kept('and all that was answered is there');
    return;
}


# Until it has got some frames more.

sub goes_on {
    my ($name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $frames = $conf->frames();

    ok($conf->wait(sub { $_[0]->frames() > $frames + 5 }, 10, 'frames'),
       "$name: the stream goes on");
    return;
}


sub lossless {
    $pub->pause();

    my $last = ($pub->frames())[-1]{n};

    for my $in ($conf, $in) {
        $in->wait(sub { $_[0]->frames(n => $last) }, 10, 'the last frame');
        is($in->conns(), 1, 'one connection');
        is_deeply([check_order($pub, $in, 1, gaps => 0)], [],
                  'and no frame is missing');
    }

    $pub->unpublish();
    return;
}


# System calls of the worker fail from now on, or take long; the process that
# makes them do so, or nothing.

sub inject {
    my ($calls, $how) = @_;

    return if !grep { -x "$_/strace" } split /:/, $ENV{PATH};

    # what does not concern the store goes on: -P is the file and its log

    my $process = $t->spawn('strace' . ++$straces, 'strace', '-f',
        '-p', $workers[0], '-e', "trace=$calls", '-e', "inject=$calls:$how",
        map { ('-P', "$state/restream.db$_") } '', '-wal', '-shm', '-journal');

    wait_until {
        !$process->alive() || ($process->output() || '') =~ /attached/
    } 10, 'strace is there';

    return $process->alive() ? $process : undef;
}


sub remount {
    my ($how) = @_;

    system('mount', '-o', "remount,$how", $state) == 0
        or die "mount failed\n";
    return;
}
