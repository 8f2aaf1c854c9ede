#!/usr/bin/perl

# Keys and passwords in memory: when a stream has ended, the memory that the
# workers share has none of its.  What nginx itself has read stays in its
# processes, and so in their core dumps: that is told in the README.

use warnings;
use strict;
no warnings qw/portable/;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::Util qw/slurp/;

use constant {
    PIECE => 1 << 20,
    LARGE => 1 << 28,           # a sanitizer's own
};

my $t = Test::Restream->new();
my @words = map { "canary-of-$_-QXZJKVQX" } qw/url parameter file password tls
    refused/;
my ($url, $parameter, $file, $password, $tls, $refused) = @words;

$t->secret(@words);
$t->write_file('key', "$file\n");
$t->expand(CA => $t->tls()->ca_file());
$t->write_file_expand('nginx.conf', <<"CONF")->run();
%%GLOBALS%%
worker_processes 2;

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;
            restream on;
            restream_publisher_grace 0;
            restream_ssl_trusted_certificate %%CA%%;

            restream_destination url rtmp://127.0.0.1:%%PORT_1%%/app/$url;
            restream_destination parameter rtmp://127.0.0.1:%%PORT_1%%/app
                                 key=$parameter;
            restream_destination file rtmp://127.0.0.1:%%PORT_1%%/app
                                 key=file:%%TESTDIR%%/key;
            restream_destination password
                rtmp://user:$password\@127.0.0.1:%%PORT_1%%/app/key-plain;
            restream_destination tls rtmps://127.0.0.1:%%PORT_2%%/app/$tls;
            restream_destination refused rtmp://127.0.0.1:%%PORT_3%%/app
                                 key=$refused;
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

my @in = ($t->ingest(port => 1), $t->ingest(port => 2, tls => 'good'),
          $t->ingest(port => 3, script => { reject => 'Denied' }));
my $pub = $t->publish('live/show');

###############################################################################

wait_ok {
    my $stream = $t->stream('live', 'show') || { destinations => [] };
    my %state = map { $_->{name} => $_->{state} } @{$stream->{destinations}};

    5 == grep({ $_ eq 'live' } values %state)
        && $state{refused} eq 'waiting';
} 10, 'all are live but one';

my @pids = ($t->master_pid(), $t->worker_pids());

SKIP: {
    skip 'memory of a process may not be read', 2
        if !defined memory($pids[0], 'rw-s');

    # they can be found where they are, and are wanted there

    is(join(' ', found(memory($pids[0], 'rw-s'))), join(' ', @words),
       'while it is live they are in what the workers share');

    my %private = map { $_ => scalar found(memory($_, 'rw-p')) } @pids;

    note('private memory: ' . join ', ', map { "$_ has $private{$_}" } @pids);

    $pub->unpublish();
    wait_ok { !@{$t->status()->{streams}} } 10, 'the stream ends';

    is_deeply([found(memory($pids[0], 'rw-s'))], [],
              'when it has ended they are not');
}

$t->done_testing();

###############################################################################

# The memory of a process in mappings of a kind; nothing if it may not be read.

sub memory {
    my ($pid, $kind) = @_;

    open my $fh, '<:raw', "/proc/$pid/mem" or return;

    my $memory = '';

    for (split /\n/, slurp("/proc/$pid/maps")) {
        my ($from, $to) = /^([0-9a-f]+)-([0-9a-f]+) \Q$kind\E /
            or next;

        my $left = hex($to) - hex $from;

        next if $left > LARGE;
        sysseek $fh, hex $from, 0 or next;

        while ($left > 0) {
            my $n = sysread $fh, $memory, $left < PIECE ? $left : PIECE,
                length $memory;

            last if !$n;
            $left -= $n;
        }
    }

    return $memory;
}


sub found {
    my ($memory) = @_;

    return grep { index($memory, $_) >= 0 } @words;
}
