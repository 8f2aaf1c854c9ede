#!/usr/bin/perl

# With auto_push every worker has a copy of every stream: it is relayed once,
# by the worker that has the publisher, and nothing of one that is refused.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::Authority;
use Test::Restream::Workers;

# as a dynamic module nginx-rtmp never polls the sockets of auto_push

my $t = Test::Restream->new(static => 1)->has('static');

my $sockets = $t->dir() . '/sockets';

mkdir $sockets or die "mkdir() \"$sockets\" failed: $!\n";
chmod 0777, $sockets;       # workers make them

$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%
worker_processes 4;
thread_pool default threads=4;

rtmp_auto_push on;
rtmp_auto_push_reconnect 100ms;
rtmp_socket_dir %%TESTDIR%%/sockets;

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
            restream_destination a rtmp://127.0.0.1:%%PORT_1%%/app/$name;
        }

        application refused {
            live on;
            on_publish http://127.0.0.1:%%PORT_3%%/;

            restream on;
            restream_destination b rtmp://127.0.0.1:%%PORT_2%%/app/$name;
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

my $in = $t->ingest(port => 1);
my $refused = $t->ingest(port => 2);
my $authority = Test::Restream::Authority->new($t, 3);
my ($worker, @others) = $t->worker_pids();

###############################################################################

# copies are made before on_publish has answered

my $hasty = on_worker($t, $worker, sub {
    $t->publish('refused/other', wait => 0);
});
my $pub = on_worker($t, $worker, sub { $t->publish('live/show') });

wait_ok { copies('show') == @others } 20, 'every other worker has a copy';
wait_ok { copies('other') == @others } 20, 'of one not accepted yet as well';

$authority->decide(other => 403);
wait_ok { !$hasty->connected() } 10, 'that is refused';

$in->wait(sub { $_[0]->frames() > 150 }, 10, 'the stream is relayed');

is($in->conns(), 1, 'once');
is_deeply([check_order($pub, $in, 1, gaps => 0)], [],
          'from the publisher itself');
is($t->stream('live', 'show')->{worker}, $worker,
   'by the worker that has it');
is(@{$t->status()->{streams}}, 1, 'there is one stream');

$pub->unpublish();
wait_ok { !@{$t->status()->{streams}} } 10, 'it ends with the publisher';
is($in->conns(), 1, 'there was one connection');
is($t->log_matches(qr/is published already/), 0, 'no copy was refused');
is($refused->conns(), 0, 'and none for the one that was refused');

$t->done_testing();

###############################################################################

# Workers besides the first to which a copy has been published.

sub copies {
    my ($name) = @_;

    my %workers = map { / (\d+)#/ ? ($1 => 1) : () }
        $t->log_matches(qr/publish: name='$name'.*client: ,/);

    delete $workers{$worker};
    return scalar keys %workers;
}
