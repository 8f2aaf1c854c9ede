#!/usr/bin/perl

# Many destinations are sent large frames as pages of a memory file, which the
# kernel does not copy.  Whoever reads late, and long after those pages have
# left the window, gets what was sent; who takes a frame in pieces gets all of
# it; and without such a file everything goes on without it.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::Util qw/slurp/;

use constant {
    MANY  => 10,                # destinations of an application
    FEW   => 7,
    FRAMES => 500,
};

my $t = Test::Restream->new(log_level => 'info')->has(
    qw/strace prlimit setpriv/);
my $strace = !$ENV{RESTREAM_TEST_VALGRIND};

$t->expand(CA => $t->tls()->ca_file());

for my $app (qw/many few off/) {
    my $port = { many => 1, few => 2, off => 3 }->{$app};

    $t->expand(uc $app => join "\n", map {
        "restream_destination d$_ rtmp://127.0.0.1:%%PORT_$port%%/app/key-$_;"
    } 1 .. ($app eq 'few' ? FEW : MANY));
}

$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

# signals, which end sendfile() early
timer_resolution 2ms;

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    server {
        listen 127.0.0.1:%%PORT_0%%;

        restream on;
        restream_publisher_grace 300ms;
        restream_send_timeout 30s;
        restream_ssl_trusted_certificate %%CA%%;

        application many {
            live on;
            %%MANY%%

            restream_destination slow rtmp://127.0.0.1:%%PORT_4%%/app/key-slow;
            restream_destination late rtmp://127.0.0.1:%%PORT_5%%/app/key-late;
            restream_destination tls
                rtmps://127.0.0.1:%%PORT_6%%/app/key-tls;
        }

        application few {
            live on;
            %%FEW%%
        }

        application off {
            live on;
            restream_sendfile off;
            %%OFF%%
        }

        # a window of less than some frames, and a ring that lends them
        application small {
            live on;
            restream_buffer 1m;
            %%MANY%%

            restream_destination slow rtmp://127.0.0.1:%%PORT_4%%/app/key-slow;
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

my %in = (many => $t->ingest(port => 1), few => $t->ingest(port => 2),
          off => $t->ingest(port => 3));
my $slow = $t->ingest(port => 4, rcvbuf => 32768,
                      script => { read_rate => 1_200_000 });
my $late = $t->ingest(port => 5);
my $tls = $t->ingest(port => 6, tls => 'good');

my ($worker) = $t->worker_pids();

###############################################################################

# pages are for many

for my $app (qw/few off many/) {
    my $pub = $t->publish("$app/show", media => { video_bps => 8_000_000 });
    my $conns = $app eq 'few' ? FEW : MANY;

    wait_ok { (() = $in{$app}->frames(n => 60)) == $conns } 15,
        "$app: every destination is fed";

    SKIP: {
        skip 'valgrind has system calls of its own', 1 if !$strace;

        my $calls = sendfiles(sub {
            my $from = (reverse $pub->frames())[0]{n};

            wait_until {
                (() = $in{$app}->frames(n => $from + 60)) == $conns
            } 15, 'two seconds of it';
        });

        if ($app eq 'many') {
            cmp_ok($calls, '>', MANY * 20, "$app: frames leave as pages");

        } else {
            is($calls, 0, "$app: frames are copied");
        }
    }

    cmp_ok(files(), '<=', $app eq 'many' ? 2 : 0, "$app: files are few");

    if ($app eq 'many') {
        various($pub);

    } else {
        $pub->pause();
        complete($app, $pub, $in{$app}, 1 .. $conns);
    }

    $pub->stop();
    wait_ok { !@{$t->status()->{streams}} } 10, "$app: it is over";
}

###############################################################################

# a window that frames leave while they are sent

$slow->script({ read_rate => 600_000 });

my ($from_many, $from_slow) = ($in{many}->conns(), $slow->conns());
my $small = $t->publish('small/show', media => {
    video_bps => 6_000_000, gop => 15 });

wait_ok { $small->frames() >= FRAMES } 30, 'small: the encoder has sent much';
$small->pause();
$slow->control(do => 'rate', value => 0, conn => 'all');

complete('small', $small, $in{many}, $from_many + 1 .. $from_many + MANY);

my $last = (reverse $small->frames())[0]{n};

wait_ok { grep { $_->{n} == $last } $slow->frames(conn => $from_slow + 1) } 20,
    'small: the slow one has the last frame';
is_deeply([check_order($small, $slow, $from_slow + 1)], [],
          'small: the slow one has no frame without its references');
cmp_ok($t->destination('small', 'show', 'slow')
           ->{stats}{framesDropped}{video}, '>', 0, 'small: it was too slow');
$small->stop();
wait_ok { !@{$t->status()->{streams}} } 10, 'small: it is over';

###############################################################################

# a file that cannot be had, or not be used any more

SKIP: {
    skip 'valgrind has system calls of its own', 1 if !$strace;

    for my $fault (qw/memfd_create:error=EMFILE
                      memfd_create:error=ENFILE:when=3+
                      sendfile:error=EINVAL:when=40+
                      sendfile:error=EIO:when=9
                      pwritev:error=ENOSPC
                      pwritev:error=EIO:when=3+2/)
    {
        my $strace = attach("inject=$fault");

        again($fault, 'small');
        $strace->stop('INT', 'KILL');
    }
}

# beyond this limit a write would end the worker

$t->limit($worker, '--fsize=500000:');
again('limited', 'many');

is(files(), 0, 'no file is left');
is_deeply([$t->worker_pids()], [$worker], 'the worker has lived through it');

$t->done_testing();

###############################################################################

# A stream reaches many destinations whole, the worker being as it is.

sub again {
    my ($name, $app) = @_;

    my $from = $in{many}->conns();
    my $pub = $t->publish("$app/again", count => 150, media => {
        video_bps => 4_000_000 });

    wait_ok { $pub->frames() >= 150 } 15,
        "$name: the encoder has sent all";
    complete($name, $pub, $in{many}, $from + 1 .. $from + MANY);
    $pub->stop();
    wait_ok { !@{$t->status()->{streams}} } 10, "$name: it is over";
    return;
}


# Memory files that the worker has.

sub files {
    return scalar grep { (readlink || '') =~ m{^/memfd:} }
        glob "/proc/$worker/fd/*";
}


# Those that read at once, slowly, over TLS, and not at all for a long time.

sub various {
    my ($pub) = @_;

    $late->signal('STOP');

    my $from = (reverse $pub->frames())[0]{n};

    wait_ok { (reverse $pub->frames())[0]{n} >= $from + FRAMES } 30,
        'many: the file has been filled more than once';

    $late->signal('CONT');
    $slow->control(do => 'rate', value => 0);
    $pub->pause();

    complete('many', $pub, $in{many}, 1 .. MANY);
    complete('late', $pub, $late, 1);
    complete('slow', $pub, $slow, 1);
    complete('tls', $pub, $tls, 1);
}


# The last frame is there on each connection, and all before it, unchanged.

sub complete {
    my ($name, $pub, $in, @conns) = @_;

    my $last = (reverse $pub->frames())[0]{n};

    wait_ok {
        @conns == grep {
            my $conn = $_;
            grep { $_->{n} == $last } $in->frames(conn => $conn);
        } @conns;
    } 30, "$name: the last frame arrives";

    is_deeply([map { check_order($pub, $in, $_, gaps => 0) } @conns], [],
              "$name: every frame, in order, as it was sent");
}


# How many times the worker calls sendfile() meanwhile.

sub sendfiles {
    my ($code) = @_;

    my $strace = attach('trace=sendfile');

    $code->();
    $strace->stop('INT', 'KILL');

    my $calls = () = slurp($t->dir() . '/strace') =~ /^sendfile\(/gm;
    return $calls;
}


# strace at the worker

sub attach {
    my ($expression) = @_;

    my $process = $t->spawn('strace', 'strace', '-p', $worker, '-o',
                            $t->dir() . '/strace', '-e', $expression);

    wait_until { ($process->output() || '') =~ /attached/ } 10,
        'strace is there';
    return $process;
}
