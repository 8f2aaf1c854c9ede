#!/usr/bin/perl

# An encoder that floods: as fast as it goes, with frames larger than the ring,
# with tiny ones, empty ones, headers and metadata without end.  Its own
# destinations get what they can take, those of another stream all.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;

use constant {
    FRAMES => 4000,
    LARGE  => 3_000_000,        # bytes of a frame, the ring has 1 MiB
};

my $t = Test::Restream->new(log_level => 'notice');

$t->expand(CA => $t->tls()->ca_file());
$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%
    max_message 16m;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        restream on;
        restream_publisher_grace 300ms;
        restream_ssl_trusted_certificate %%CA%%;

        application flood {
            live on;
            restream_buffer 1m;

            restream_destination fast rtmp://127.0.0.1:%%PORT_1%%/app/key-one;
            restream_destination slow rtmp://127.0.0.1:%%PORT_2%%/app/key-two;
            restream_destination tls
                rtmps://127.0.0.1:%%PORT_3%%/app/key-three;
        }

        application calm {
            live on;
            restream_destination a rtmp://127.0.0.1:%%PORT_4%%/app/key-four;
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

my %in = (
    fast => $t->ingest(port => 1),
    slow => $t->ingest(port => 2, rcvbuf => 32768,
                       script => { read_rate => 400_000 }),
    tls => $t->ingest(port => 3, tls => 'good'),
);
my @names = sort keys %in;
my $calm = $t->ingest(port => 4);

###############################################################################

my $other = $t->publish('calm/show', media => { video_bps => 400_000 });
my $pub = $t->publish('flood/show', count => 60);
my ($worker) = $t->worker_pids();

for my $name (@names) {
    wait_ok { $in{$name}->frames(n => 59) } 10, "$name: all begins well";
}

# as fast as it goes

$pub->set(speed => 0, media => { video_bps => 4_000_000 });
flood(FRAMES);

my @frames = $pub->frames();

is(scalar @frames, 60 + FRAMES, 'a flood of frames has been sent');

for my $name (@names) {
    settled($name);

    my $d = $t->destination('flood', 'show', $name);
    my $stats = $d->{stats};
    my $dropped = $stats->{framesDropped};

    is($stats->{framesSent} + $dropped->{audio} + $dropped->{video},
       @frames - ($in{$name}->frames())[0]{n},
       "$name: sent and dropped are all");
    is($stats->{framesSent}, scalar(() = $in{$name}->frames()),
       "$name: what is sent arrives");
    is_deeply([check_order($pub, $in{$name}, 1)], [],
              "$name: no frame without its references");
    note("$name: $stats->{framesSent} sent");
}

cmp_ok($t->destination('flood', 'show', 'slow')
           ->{stats}{framesDropped}{video}, '>', 100,
       'slow: the flood was too much');

# frames that are larger than the ring: the slow one may take its time for the
# first while the others have each before the next comes; more than one that is
# begun and not finished cannot be kept, see output_large.t

for my $n (1 .. 3) {
    $pub->send(type => 9, hex => '1701000000' . sprintf('%02x', $n) x LARGE);

    for my $name (qw/fast tls/) {
        wait_ok { $n == (() = $in{$name}->frames(size => LARGE + 5)) } 15,
            "$name: frame $n that is larger than the ring arrives";
    }
}

# tiny ones

$pub->set(media => { fps => 1000, video_bps => 100_000 });
flood(FRAMES);

# empty ones, and what is no frame

for my $n (1 .. 50) {
    $pub->send(type => 9, hex => '');
    $pub->send(type => 8, hex => '');
    $pub->send(type => 9, hex => '17');
    $pub->send(type => 8, hex => 'af');
    $pub->send(type => 18, hex => '02000d40736574446174614672616d65');
}

# headers, each of them another one; metadata of 60 kB

$pub->change_headers() for 1 .. 100;
$pub->send(type => 18, hex => '02000a6f6e4d65746144617461' . '02ea60'
           . sprintf('%02x', 0x41 + $_) x 60_000) for 1 .. 20;

# and an ordinary stream again

$pub->change_headers(fps => 30, video_bps => 400_000);
$pub->set(speed => 1);
$pub->more(1_000_000);

my ($from) = reverse sort { $a <=> $b }
    map { defined $_->{n} ? $_->{n} : () } $pub->frames();

for my $name (@names) {
    my $in = $in{$name};

    $in->control(do => 'rate', value => 0) if $name eq 'slow';

    wait_ok { grep { ($_->{n} || 0) > $from + 150 } $in->frames() } 20,
        "$name: an ordinary stream arrives after all that";
    is($in->conns(), 1, "$name: on the first connection");

    my @after = grep { ($_->{n} || 0) > $from } $in->frames();

    is(missing_frames($pub, \@after), 0, "$name: with every frame");

    my ($header) = reverse $in->headers(type => 9);
    my ($sent) = reverse $pub->headers(type => 9);

    is($header->{md5}, $sent->{md5}, "$name: behind its own header");
}

###############################################################################

$_->pause() for $pub, $other;

my $last = ($other->frames())[-1]{n};

wait_ok { (reverse $calm->frames())[0]{n} == $last } 10,
    "the other stream's last frame arrives";
is($calm->conns(), 1, 'on its one connection');
is_deeply([check_order($other, $calm, 1, gaps => 0)], [],
          'and every other, in order');

my $p99 = percentile(99, latencies($other, $calm));

note(sprintf '99 %% of it within %.0f ms', $p99 * 1000);
cmp_ok($p99, '<', slowly(1), 'in time');
is_deeply([$t->worker_pids()], [$worker], 'the worker has lived through it');

$t->done_testing();

###############################################################################

# So many frames more, until the kernel has them.

sub flood {
    my ($count) = @_;

    my $sent = $pub->more($count)->{sent} + $count;

    return wait_until {
        my $stat = $pub->stat();

        $stat->{sent} >= $sent && !$stat->{queued};
    } 30, "$count frames are sent";
}


# Until an ingest has got what was sent to it, which is all there is.

sub settled {
    my ($name) = @_;

    my ($count, $since) = (-1, 0);

    return wait_until {
        my $now = () = $in{$name}->frames();

        ($count, $since) = ($now, mono()) if $now != $count;

        my $d = $t->destination('flood', 'show', $name);

        $d->{stats}{framesSent} == $now && mono() - $since > 0.5;
    } 30, "$name: it has what it can get";
}
