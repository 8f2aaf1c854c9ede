#!/usr/bin/perl

# What a destination costs is how often it is written to: once per turn of the
# event loop, small frames together with large ones, as strace(1) counts it.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;

use constant {
    FRAMES => 308,              # audio and video of 4 s
    COPIES => 3,                # destinations of an application
};

plan(skip_all => 'valgrind has system calls of its own')
    if $ENV{RESTREAM_TEST_VALGRIND};

my $t = Test::Restream->new(log_level => 'info')->has('strace');

$t->expand(
    CA => $t->tls()->ca_file(),
    map({ my $port = $_;
          ("PLAIN$port" => join "\n", map { "restream_destination d$_ "
              . "rtmp://127.0.0.1:%%PORT_$port%%/app/key-plain;" } 1 .. COPIES)
        } 1 .. 4),
    TLS5 => join("\n", map { "restream_destination d$_ "
        . "rtmps://127.0.0.1:%%PORT_5%%/app/key-tls;" } 1 .. COPIES));

$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    server {
        listen 127.0.0.1:%%PORT_0%%;
        max_message 16m;

        restream on;
        restream_publisher_grace 300ms;
        restream_ssl_trusted_certificate %%CA%%;

        application default {
            live on;
            %%PLAIN1%%
        }

        application none {
            live on;
            restream_flush 0;
            %%PLAIN2%%
        }

        application batch {
            live on;
            restream_batch 100ms;
            %%PLAIN3%%
        }

        application audio {
            live on;
            %%PLAIN4%%
        }

        application tls {
            live on;
            %%TLS5%%
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

my %port = (default => 1, none => 2, batch => 3, audio => 4, tls => 5);
my @apps = sort keys %port;
my %in = map {
    $_ => $t->ingest(port => $port{$_}, $_ eq 'tls' ? (tls => 'good') : ())
} @apps;

###############################################################################

my $strace = attach('connect', 'connect,setsockopt') || done('no strace');
my %pub = map {
    $_ => $t->publish("$_/show", count => 90, media => {
        video_bps => 400_000, $_ eq 'audio' ? (video => undef) : () })
} @apps;

for my $app (@apps) {
    wait_ok { arrived($app, 90) } 10, "$app: the stream arrives everywhere";
}

my @calls = calls($strace);
my @connects = grep { $_->{call} eq 'connect' } @calls;
my @nodelays = grep { $_->{call} eq 'setsockopt'
                      && $_->{text} =~ /TCP_NODELAY, \[1\]/
                      && $_->{socket} !~ /->/ } @calls;

is(scalar @connects, COPIES * @apps, 'each destination is connected once');
is_deeply([map { $_->{socket} } @nodelays], [map { $_->{socket} } @connects],
          'and has TCP_NODELAY');

###############################################################################

# in real time

$strace = attach('pace', 'writev,sendto,epoll_wait');

my %before = map { $_ => scalar $pub{$_}->frames() } @apps;

$_->more(FRAMES) for values %pub;

for my $app (@apps) {
    wait_ok { arrived($app, 90 + FRAMES) } 15, "$app: more of it arrives";
}

@calls = calls($strace);

my %writes = map { $_ => [writes($_, @calls)] } @apps;

for my $app (@apps) {
    my @frames = $pub{$app}->frames();
    my $video = grep { $_->{type} == 9 }
        @frames[$before{$app} .. $#frames];

    my $per = @{$writes{$app}} / COPIES;

    note(sprintf '%s: %.1f writes for %d video and %d audio frames', $app,
         $per, $video, FRAMES - $video);

    # a busy machine joins frames, and separates audio from its video

    my ($min, $max) = {
        default => [0.7 * $video, 1.15 * $video],
        tls     => [0.7 * $video, 1.15 * $video],
        none    => [1.2 * $video, FRAMES],
        batch   => [20, 42],
        audio   => [0.7 * FRAMES, FRAMES],
    }->{$app}->@*;

    cmp_ok($per, '>=', $min, "$app: written to in time");
    cmp_ok($per, '<=', $max, "$app: no more often than needed");
    is(scalar repeated($app, @calls), 0,
       "$app: at most once in a turn of the event loop");
    is(scalar(grep { $_->{result} < $_->{size} } @{$writes{$app}}), 0,
       "$app: each write is taken whole");
}

# what that costs in latency, compared with no waiting at all

my %late = map { $_ => median($_) } @apps;

for my $app (qw/default tls batch/) {
    my %wait = $app eq 'batch' ? (8 => 0.1, 9 => 0.1) : (8 => 0.04, 9 => 0);

    for my $type (sort keys %wait) {
        my $seconds = $late{$app}{$type} - $late{none}{$type};

        note(sprintf '%s: type %d, %.0f ms', $app, $type, $seconds * 1000);
        cmp_ok($seconds, '<', slowly($wait{$type} + 0.02),
               "$app: waits no longer than it may, type $type");
    }
}

###############################################################################

# in a burst, and large

$strace = attach('burst', 'writev,sendto,epoll_wait');

$_->set(speed => 0, media => { gop => 77, video_bps => 12_000_000 })
    for values %pub;
$_->more(FRAMES) for values %pub;

for my $app (@apps) {
    wait_ok { arrived($app, 90 + 2 * FRAMES) } 15, "$app: a burst arrives";
}

@calls = calls($strace);

for my $app (@apps) {
    my @refused = grep { $_->{result} < 0 } writes($app, @calls);

    note(sprintf '%s: %d writes, %d of them refused', $app,
         scalar(() = writes($app, @calls)), scalar @refused);
    is(scalar adjacent($app, @calls), 0,
       "$app: no write follows one that was not taken whole");
}

$t->done_testing();

###############################################################################

# Whether the last of so many frames is there, everywhere.

sub arrived {
    my ($app, $count) = @_;

    return COPIES == grep { $_->{n} == $count - 1 } $in{$app}->frames();
}


# type => seconds from sending to arrival

sub median {
    my ($app) = @_;

    my @recent = grep { $_->{n} >= 90 } $in{$app}->frames();

    return { map {
        my $type = $_;
        my @frames = grep { $_->{type} == $type } @recent;

        $type => scalar percentile(50, latencies($pub{$app}, \@frames));
    } 8, 9 };
}


# strace at the worker; nothing if it may not

sub attach {
    my ($name, $trace) = @_;

    my ($worker) = $t->worker_pids();
    my $file = $t->dir() . "/strace-$name";
    my $process = $t->spawn("strace-$name", 'strace', '-yy', '-s128', '-p',
                            $worker, '-o', $file, '-e', "trace=$trace");

    wait_until {
        !$process->alive() || ($process->output() || '') =~ /attached/
    } 10, 'strace is there';

    return if !$process->alive();
    return { process => $process, file => $file };
}


sub done {
    my ($why) = @_;

    SKIP: { skip $why, 1 }
    $t->done_testing();
    exit;
}


# { call, fd, socket, port, size, result, text } of each line; strace ends

sub calls {
    my ($strace) = @_;

    $strace->{process}->stop('INT', 'KILL');

    open my $fh, '<', $strace->{file} or die "strace: $!\n";
    my @calls;

    while (my $line = readline $fh) {
        my ($call, $fd, $socket, $rest)
            = $line =~ /\A(\w+)\((\d+)<([^>]*(?:->[^>]*)?)>(.*)/ or next;
        my ($port) = $line =~ /(?:->[\d.]+:|htons\()(\d+)/;
        my ($result) = $rest =~ /= (-?\d+)(?: E\w+ \([^)]*\))?\Z/;
        my $size = 0;

        if ($call eq 'writev') {
            $size += $1 while $rest =~ /iov_len=(\d+)/g;

        } elsif ($call eq 'sendto') {
            ($size) = $rest =~ /\.\.\., (\d+),/;
        }

        push @calls, { call => $call, fd => $fd, socket => $socket,
                       port => $port || 0, size => $size || 0,
                       result => $result, text => $rest };
    }
    close $fh;

    return @calls;
}


sub writes {
    my ($app, @calls) = @_;

    my $port = $t->port($port{$app});

    return grep { $_->{call} =~ /writev|sendto/ && $_->{port} == $port }
        @calls;
}


# Writes to a socket that has been written to since the last epoll_wait().

sub repeated {
    my ($app, @calls) = @_;

    my ($port, %seen, @repeated) = $t->port($port{$app});

    for (@calls) {
        if ($_->{call} eq 'epoll_wait') {
            %seen = ();

        } elsif ($_->{port} == $port && $seen{$_->{fd}}++) {
            push @repeated, $_;
        }
    }

    return @repeated;
}


# The same, where the write before was not taken whole.

sub adjacent {
    my ($app, @calls) = @_;

    my ($port, %full, @adjacent) = $t->port($port{$app});

    for (@calls) {
        if ($_->{call} eq 'epoll_wait') {
            %full = ();

        } elsif ($_->{port} == $port) {
            push @adjacent, $_ if $full{$_->{fd}};
            $full{$_->{fd}} = 1 if $_->{result} < $_->{size};
        }
    }

    return @adjacent;
}
