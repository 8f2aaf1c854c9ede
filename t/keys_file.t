#!/usr/bin/perl

# Started by root, as systems do it: the workers are another user's, keys are in
# files that only root may read, and a reload takes up a key that has changed:
# its destination is connected anew and no other.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::Util qw/slurp/;
use Test::Restream::Workers;

use constant USER => 'www-data';

my $uid = getpwnam USER;

plan(skip_all => 'root alone may start workers of another user') if $> != 0;
plan(skip_all => 'no user ' . USER) if !defined $uid;

my $t = Test::Restream->new();
my @keys = map { "key-of-the-file-$_" } 1, 2;

$t->secret(@keys);
key_file($keys[0]);
$t->write_file('other', "other-\$name-\$args\r\nsecond line\n");
$t->expand(USER => USER);
$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%
user %%USER%%;
worker_processes 2;
thread_pool default threads=4;

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    restream_publisher_grace 200ms;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;

            restream on;
            restream_destination file rtmp://127.0.0.1:%%PORT_1%%/app
                                 key=file:key;
            restream_destination other rtmp://127.0.0.1:%%PORT_2%%/app
                                 key=file:other;
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

my ($in, $other) = map { $t->ingest(port => $_) } 1, 2;

###############################################################################

my ($worker) = $t->worker_pids();

wait_ok { slurp("/proc/$worker/status") =~ /^Uid:\s+$uid\s/m } 10,
    'workers are not root';

my $pub = $t->publish('live/show');

relayed($in, 1);
relayed($other, 1);
is(key_of(1), $keys[0], 'the key is that of the file');

is($other->command(1, 'publish')->{args}[1], 'other-$name-$args',
   'its first line, and nothing in it is expanded');

# the same file is the same destination

reload_and_part($t);
frames_arrive();
is($in->conns() . $other->conns(), '11',
   'a reload alone connects nothing anew');

key_file($keys[1]);
is($t->destination('live', 'show', 'file')->{state}, 'live',
   'nor does a file that has changed');

reload_and_part($t);
relayed($in, 2);

my $end = $in->closed(1);

is(key_of(2), $keys[1], 'a reload takes up the key that has changed');
is("$end->{how} $end->{fcunpublish} $end->{delete_stream}", 'fin 1 1',
   'with a goodbye for the one before');
is_deeply([check_order($pub, $in, 2, gaps => 0)], [], 'and no gap');

frames_arrive();
is($other->conns(), 1, 'the other destination stays connected');
is_deeply([check_order($pub, $other, 1, gaps => 0)], [], 'without a gap');

# and a publish after it

$pub->unpublish();
wait_ok { !@{$t->status()->{streams}} } 10, 'the stream ends';
$pub->republish();
relayed($in, 3);
is(key_of(3), $keys[1], 'the next publish has the new key, too');

$t->done_testing();

###############################################################################

sub key_file {
    my ($key) = @_;

    my $path = $t->write_file('key.new', "$key\n");

    chmod 0600, $path or die "chmod() failed: $!\n";
    rename $path, $t->dir() . '/key' or die "rename() failed: $!\n";
    return;
}


sub relayed {
    my ($in, $conn) = @_;

    return $in->wait(sub { $_[0]->frames(conn => $conn) > 30 }, 10,
                     "$in->{name} has media on connection $conn");
}


sub frames_arrive {
    my $last = ($pub->frames())[-1]{n};

    return $other->wait(sub { missing_frames($pub, $_[0], to => $last) == 0 },
                        10, 'frames arrive');
}


sub key_of {
    my ($conn) = @_;

    return $in->command($conn, 'publish')->{args}[1];
}
