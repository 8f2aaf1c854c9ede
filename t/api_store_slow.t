#!/usr/bin/perl

# A store that hangs: locked by another program, on a disk that does not come
# back, with locks that fail.  Whoever asks is told so within two seconds, also
# when many ask at the same time; what runs goes on at its own pace.  A limit
# that is reached meanwhile ends what it is for, and the log has what could not
# be stored of it.

use warnings;
use strict;

use Test::More;

use JSON::PP ();

use lib 't/lib';
use Test::Restream;
use Test::Restream::API;
use Test::Restream::HTTP;

use constant PATIENCE => 2;

my $t = Test::Restream->new(log_level => 'notice')->has('sqlite3');

$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

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

        application trial {
            live on;
            restream on;
            restream_duration_limit 1s;
            restream_destination brief
                                 rtmp://127.0.0.1:%%PORT_3%%/app/trial-key;
        }
    }
}

http {
    %%GLOBALS_HTTP%%

    server {
        listen 127.0.0.1:%%PORT_80%%;
        keepalive_requests 100000;

        location /restream/ {
            restream_api;
        }

        location = /restream/status {
            restream_status;
        }

        location /here {
            return 204;
        }
    }
}
CONF

my $api = Test::Restream::API->new($t);
my $path = '/streams/live/show';
my $all = "$path/destinations";
my ($conf, $in) = map { $t->ingest(port => $_) } 1, 2;
my ($worker) = $t->worker_pids();
my $file = $t->dir() . '/state/restream.db';
my ($made, $straces) = (0, 0);

is($api->post('/streams', { app => 'live', name => 'show', destinations => [
    { name => 'stored', url => $in->url('app'), key => 'key-of-stored' }] })
    ->{status}, 201, 'a stream');

my $pub = $t->publish('live/show', media => { video_bps => 200_000 });

$_->wait(sub { $_[0]->frames() > 5 }, 10, 'media') for $conf, $in;

###############################################################################

# another program keeps the lock: it may be read

my $lock = locked();

is($api->get($path)->{status}, 200, 'locked: it can be read');
hangs('locked', ('POST') x 8);

# a limit that is reached now

$t->ingest(port => 3);

my $trial = $t->publish('trial/show', media => { video_bps => 200_000 });

wait_ok {
    my $brief = $t->destination('trial', 'show', 'brief') || {};

    (($brief->{reason} || {})->{code} || '') eq 'limit';
} 20, 'locked: a limit ends its destination';
wait_ok {
    $t->log_matches(qr/limit" could not be stored: .*locked/);
} 20, 'the log has that its switch could not be stored';
$trial->unpublish();

unlock($lock);
well('unlocked');

# the disk does not come back; locks that fail, as on a network's file system

SKIP: {
    my $strace = inject('fdatasync', 'delay_enter=3600s')
        || skip 'no strace', 1;

    hangs('no answer of the disk', qw/POST GET LIST DELETE/, ('POST') x 8);
    hangs('still none', ('GET') x 8);

    # a stream that begins meanwhile has what nginx.conf gives it

    my $other = $t->publish('live/other', media => { video_bps => 200_000 });

    ok($conf->wait(sub { $_[0]->frames(conn => 2) > 5 }, 10, 'frames'),
       'a stream begins with what nginx.conf gives it');
    $other->unpublish();
    $strace->stop('INT', 'KILL');
    well('the disk comes back');

    $strace = inject('fcntl', 'error=EIO');
    hangs('no locks', ('GET', 'POST') x 4);
    $strace->stop('INT', 'KILL');
    well('locks again');
}

###############################################################################

# what ran

$pub->pause();

my $last = ($pub->frames())[-1]{n};

for my $in ($conf, $in) {
    $in->wait(sub { $_[0]->frames(n => $last) }, 10, 'the last frame');
    is_deeply([check_order($pub, $in, 1, gaps => 0)], [],
              'no frame is missing');
}

is($in->conns(), 1, 'on one connection');

my @latencies = latencies($pub, $in, conn => 1);

note(sprintf 'frames took %.1f ms in the middle, 99 %% of them %.1f ms',
     map { 1000 * percentile($_, @latencies) } 50, 99);
cmp_ok(percentile(95, @latencies), '<', slowly(0.2), 'and in time');
is_deeply([$t->worker_pids()], [$worker], 'the worker is the same');

$pub->unpublish();
$t->done_testing();

###############################################################################

# sqlite3(1) in the middle of a transaction; its standard input

sub locked {
    my $ready = $t->dir() . '/locked';

    open my $sqlite, '|-', 'sqlite3', $file or die "sqlite3: $!\n";
    $sqlite->autoflush(1);
    print $sqlite ".timeout 10000\nBEGIN IMMEDIATE;\n"
        . ".shell touch $ready\n";
    wait_until { -e $ready } 10, 'it is locked';

    return $sqlite;
}


sub unlock {
    my ($sqlite) = @_;

    print $sqlite "ROLLBACK;\n";
    close $sqlite;
    return;
}


# Many callers at once; and requests for what is no matter of the store.

sub hangs {
    my ($name, @calls) = @_;

    my %requests = (
        POST => sub { ('POST', $all, entry()) }, GET => sub { ('GET', $path) },
        LIST => sub { ('GET', '/streams') },
        DELETE => sub { ('DELETE', "$all/name:none") },
    );
    my @callers = map { asked($requests{$_}->()) } @calls;
    my $lag = lag(\@callers);
    my ($longest) = sort { $b <=> $a } map { $_->{took} } @callers;

    is_deeply([map { $_->{status} } @callers], [(503) x @calls],
              "$name: all are told so");

    # but for what the machine had to do besides

    cmp_ok($longest - $lag->[-1], '<', slowly(PATIENCE), 'within two seconds');
    cmp_ok(percentile(50, @$lag), '<', 0.005 * slow(),
           'the worker answers what needs no store');
    cmp_ok($lag->[-1], '<', slowly(0.5), 'at once');

    my $frames = $in->frames();

    ok($in->wait(sub { $_[0]->frames() > $frames + 5 }, 10, 'frames'),
       "$name: the stream goes on");
    return;
}


sub entry {
    return { name => 'n' . ++$made, url => $in->url('app'),
             key => 'key-of-the-made', enabled => JSON::PP::false() };
}


# A request under way.

sub asked {
    my ($method, $path, $value) = @_;

    my $body = $value ? JSON::PP::encode_json($value) : '';
    my $http = $t->http_connect();

    syswrite $http->{sock}, "$method /restream$path HTTP/1.1\r\nHost: localhost"
        . "\r\nContent-Type: application/json\r\nConnection: close\r\n"
        . 'Content-Length: ' . length($body) . "\r\n\r\n$body";

    return { sock => $http->{sock}, at => mono(), buf => '', took => 1e9,
             status => 0 };
}


# Until all are answered: how long other requests took meanwhile, sorted.

sub lag {
    my ($callers) = @_;

    my $http = $t->http_connect();
    my $end = mono() + slowly(5 * PATIENCE);
    my @took;

    while (mono() < $end && grep { !$_->{status} } @$callers) {
        my $at = mono();

        $http->get('/here') or die "no answer\n";
        push @took, mono() - $at;

        select undef, undef, undef, 0.005;
        answered($_) for grep { !$_->{status} } @$callers;
    }

    return [sort { $a <=> $b } @took];
}


sub answered {
    my ($caller) = @_;

    vec(my $r = '', fileno $caller->{sock}, 1) = 1;
    return if select($r, undef, undef, 0) < 1;

    sysread $caller->{sock}, $caller->{buf}, 65536, length $caller->{buf};

    if ($caller->{buf} =~ m{\AHTTP/1\.1 (\d+)}) {
        $caller->{status} = $1;
        $caller->{took} = mono() - $caller->{at};
    }
    return;
}


sub well {
    my ($name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    wait_ok { $api->post($all, entry())->{status} == 201 } 20,
        "$name: a change is made";
    is($api->get($path)->{status}, 200, 'and it can be read');
    return;
}


# System calls of the worker for the store fail from now on, or take long; the
# process that makes them do so, or nothing.

sub inject {
    my ($calls, $how) = @_;

    return if !grep { -x "$_/strace" } split /:/, $ENV{PATH};

    my $process = $t->spawn('strace' . ++$straces, 'strace', '-f',
        '-p', $worker, '-e', "trace=$calls", '-e', "inject=$calls:$how",
        map { ('-P', "$file$_") } '', '-wal', '-shm', '-journal');

    wait_until {
        !$process->alive() || ($process->output() || '') =~ /attached/
    } 10, 'strace is there';

    return $process->alive() ? $process : undef;
}
