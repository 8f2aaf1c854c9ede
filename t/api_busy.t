#!/usr/bin/perl

# A stream that starts while the store is slow and many calls wait for it is
# not behind them: its destinations are asked for next.

use warnings;
use strict;

use Test::More;

use Fcntl qw/F_SETLK F_WRLCK F_UNLCK SEEK_SET/;

use lib 't/lib';
use Test::Restream;
use Test::Restream::API;

use constant {
    CALLS => 20,
    BUSY  => 1.5,               # seconds that a change waits for the lock
    LOCK  => 120,               # src: sqlite.org/walformat.html, the byte of
                                # the -shm file that a writer has locked
};

my $t = Test::Restream->new(log_level => 'info');

$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    restream_store sqlite:state/restream.db;
    restream_allow 127.0.0.0/8;

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

my $api = Test::Restream::API->new($t);
my $in = $t->ingest(port => 1);
my $destination = '/streams/live/show/destinations/name:one';

$api->post('/streams', { app => 'live', name => 'show',
    destinations => [{ name => 'one', url => $in->url('app'),
                       key => 'key-of-one' }] });

###############################################################################

my $shm = lock_store(F_WRLCK);
my @socks = map { change($_) } 1 .. CALLS;
my $at = mono();

my $pub = $t->publish('live/show');

ok($in->wait(sub { $_[0]->frames() > 5 }, 10, 'media'),
   'a stream starts with what is stored');
cmp_ok(mono() - $at, '<', slowly(CALLS * BUSY / 4),
       'and has not waited for all calls before it');

my $answered = grep { readable($_) } @socks;

cmp_ok($answered, '<', CALLS / 2, "of which $answered have been answered");

lock_store(F_UNLCK, $shm);

my @status = map { (read_answer($_) || '') =~ m{\AHTTP/1.1 (\d+)} } @socks;

is(@status, CALLS, 'all of them are, in the end');
is_deeply([grep { !/\A(?:200|503)\z/ } @status], [], 'with yes or no');
cmp_ok(scalar grep({ $_ == 200 } @status), '>', 0, 'and yes when it can');

$t->done_testing();

###############################################################################

# Nobody else writes: the lock of a writer of SQLite.

sub lock_store {
    my ($type, $fh) = @_;

    if (!$fh) {
        open $fh, '+<', $t->dir() . '/state/restream.db-shm'
            or die "no -shm file: $!\n";
    }

    # struct flock of 64 bits

    my $lock = pack 's s x4 q q l x4', $type, SEEK_SET, LOCK, 1, 0;

    wait_until { fcntl $fh, F_SETLK, $lock } 5, 'the lock is ours';

    return $fh;
}


# A change is sent, and its answer not waited for.

sub change {
    my ($n) = @_;

    my $body = qq({"title":"$n"});
    my $http = $t->http_connect();

    syswrite $http->{sock}, join "\r\n", "PATCH /restream$destination HTTP/1.1",
        'Host: localhost', 'Content-Type: application/json',
        'Connection: close', 'Content-Length: ' . length $body, '', $body;

    return $http->{sock};
}


sub readable {
    my ($sock) = @_;

    vec(my $r = '', fileno $sock, 1) = 1;
    return select $r, undef, undef, 0;
}


sub read_answer {
    my ($sock) = @_;

    my $answer = '';

    $sock->blocking(0);
    wait_until {
        my $n = sysread $sock, $answer, 65536, length $answer;
        defined $n && $n == 0;
    } CALLS * BUSY + 5, 'an answer';

    return $answer;
}
