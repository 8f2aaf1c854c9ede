#!/usr/bin/perl

# A server that talks nonsense, at any byte of the dialogue: it ends in a state
# with a reason and another attempt, and harms neither the worker nor a
# destination beside it.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::Ingest::Faults;
use Test::Restream::Status;
use Test::Restream::Util qw/slurp/;

use constant {
    AT_ONCE   => 60,            # destinations of a stream
    HANDSHAKE => 3073,          # bytes of S0, S1 and S2
    RSS       => 48 << 10,      # KB that the worker may grow
};

# what a server's words can mean before it has said Publish.Start, and after

my %before = map { $_ => 1 } qw/timeout handshake not-rtmp closed-before-start
    app-rejected key-rejected closed/;
my %after = map { $_ => 1 } qw/closed unpublished key-rejected/;

my $t = Test::Restream->new(log_level => 'info');

my @faults = Test::Restream::Ingest::Faults::names();
my @stages = qw/connect create publish start/;

# those that are much work for the server, only where it matters most

my %heavy = map { $_ => 1 } qw/ping_flood many_streams many_halves
    oversize_message large_command/;
my @cases = map { my $fault = $_; map { [$fault, $_] }
                  $heavy{$fault} ? @stages[2, 3] : @stages } @faults;

$t->expand(
    SPOILT => join("\n", map { "restream_destination d$_ "
        . "rtmp://127.0.0.1:%%PORT_2%%/app key=key-of-$_;" } 1 .. AT_ONCE),
    FAULTS => join("\n", map { "restream_destination d$_ "
        . "rtmp://127.0.0.1:%%PORT_3%%/app$_ key=key-of-$_;" } 1 .. @cases),
);

$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    restream on;
    restream_publisher_grace 0;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;
            restream_destination well rtmp://127.0.0.1:%%PORT_1%%/app/key-well;
        }

        application measure {
            live on;
            restream_destination in rtmp://127.0.0.1:%%PORT_2%%/app
                                 key=key-of-1;
        }

        application spoilt {
            live on;
            restream_connect_timeout 2s;
            restream_reconnect min=1h max=1h;
            %%SPOILT%%
        }

        # one server for all of them, which takes its time

        application faults {
            live on;
            restream_connect_timeout 6s;
            restream_reconnect min=1h max=1h;
            %%FAULTS%%
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

my $well = $t->ingest(port => 1);
my $pub = $t->publish('live/show');
my @workers = $t->worker_pids();

wait_ok { ($t->destination('live', 'show', 'well') || {})->{state} eq 'live' }
    10, 'a good destination is live';

my $rss = rss();

###############################################################################

# how much a server says up to Publish.Start, and how

my $server = $t->ingest(port => 4);
my $measure = $t->proxy(port => 2, to => 4);
my $first = $t->publish('measure/show', media => small());

wait_ok { ($t->destination('measure', 'show', 'in') || {})->{state} eq 'live' }
    10, 'as it is, it is understood';
$first->stop();
wait_ok { $measure->events(ev => 'close') } 10, 'and ends';

my ($said) = map { $_->{passed}[1] } $measure->events(ev => 'close');

$measure->stop();
cmp_ok($said, '>', HANDSHAKE + 300, 'a server says so many bytes');

# each byte of its messages, with steps; few of the handshake

my $step = $t->full() ? 1 : 7;
my @at = (0, 1, 5, 9, 800, 1536, 1537, 1545, 3000,
          map({ HANDSHAKE + $step * $_ - $t->seed() % $step }
              1 .. ($said - HANDSHAKE) / $step));
my @spoilt = map { my $how = $_; map { { how => $how, at => $_ } } @at }
    qw/noise flip cut/;

note(@spoilt . " ways to spoil $said bytes");

my $proxy = $t->proxy(port => 2, to => 4, conns => {
    map { ($_ + 1 => { spoil => $spoilt[$_] }) } 0 .. $#spoilt });

my $round = 0;
my (%outcome, @odd);

while ($round * AT_ONCE < @spoilt) {
    my $name = 'show' . ++$round;
    my $stream = $t->publish("spoilt/$name", media => small());

    wait_ok { settled("spoilt/$name") == AT_ONCE } 20,
        "round $round: all have come to something";

    for my $dst (@{$t->stream('spoilt', $name)->{destinations}}) {
        my $error = $dst->{lastError};

        $outcome{$error ? $error->{code} : 'live'}++;
        push @odd, "$dst->{name} in round $round: "
            . ($error ? "$error->{code} $error->{text}" : $dst->{state})
            if !sound($dst, \%before);
    }

    $stream->stop();
    wait_ok { !$t->stream('spoilt', $name) } 5, "round $round: and end";
}

is_deeply(\@odd, [], 'each with a reason that fits, and another attempt');
cmp_ok($outcome{$_} || 0, '>', 0, "some ended as $_")
    for qw/live timeout handshake not-rtmp closed-before-start/;
note(join ', ', map { "$_ $outcome{$_}" } sort keys %outcome);

###############################################################################

# what no server should say

my $faulty = $t->ingest(port => 3, conns => {
    map { ($_ + 1 => { fault => { $cases[$_][1] => $cases[$_][0] } }) }
    0 .. $#cases });
my $stream = $t->publish('faults/show', media => small());

wait_ok { settled('faults/show') == @cases } 20, 'all faults have an end';

# which connection had which fault is told by its app; one that was live comes
# again and may get another

my %conns;
push @{$conns{substr $_->{args}[0]{app}, 3}}, $_->{conn}
    for grep { $_->{conn} <= @cases }
        $faulty->events(ev => 'command', name => 'connect');

for my $dst (@{$t->stream('faults', 'show')->{destinations}}) {
    my @had = map { $cases[$_ - 1] } @{$conns{substr $dst->{name}, 1} || []};
    my $error = $dst->{lastError};
    my $name = join ', ', map { "$_->[0] at $_->[1]" } @had;

    ok(sound($dst, (grep { $_->[1] ne 'start' } @had) ? \%before : \%after),
       "$name: " . ($error ? $error->{code} : 'no harm'))
        or diag($error ? $error->{text} : $dst->{state});

    unlike($error->{serverText}, qr/[\x00-\x1f\x7f]/,
           "$name: no control character is shown")
        if $error && $error->{serverText};
}

is(map({ @$_ } values %conns), @cases, 'every fault has been there');

$stream->stop();

###############################################################################

# nothing else was harmed

my $last = ($pub->frames())[-1]{n};

wait_ok { grep { $_->{n} == $last } $well->frames() } 5,
    'the good destination is up to date';
is(missing_frames($pub, $well, to => $last), 0,
   'and missed no frame');
is_deeply([check_order($pub, $well, 1, gaps => 0)], [], 'all in order');
is($well->conns(), 1, 'on one connection');
is_deeply([$t->worker_pids()], \@workers, 'the worker is the same');
cmp_ok(rss() - $rss, '<', RSS * slow(), 'and has not grown much');
is((grep { /[\x00-\x08\x0b-\x1f\x7f]/ } split /\n/, $t->read_log()), 0,
   'no control character is in the log');

# what a spoilt dialogue makes a client do is no fault of its own

$t->allow(violation => qr/\Aingest[23]:/);
$t->done_testing();

###############################################################################

sub small {
    return { fps => 5, gop => 5, video_bps => 100_000, audio => undef };
}


# A destination is live, or waits for a reason of those, and says when.

sub sound {
    my ($dst, $reasons) = @_;

    my $error = $dst->{lastError};

    return $dst->{state} eq 'live' if !$error;

    # it was live, and was connected anew

    return ($reasons->{$error->{code}} || $after{$error->{code}})
        && $error->{text} ne '' && $error->{class}
        && ($dst->{state} eq 'live'
            || $dst->{state} eq 'waiting' && defined retry_ms($dst));
}


# Those that are live or wait.

sub settled {
    my ($path) = @_;

    my $stream = $t->stream(split m{/}, $path) or return 0;

    return scalar grep { $_->{state} =~ /live|waiting/ }
        @{$stream->{destinations}};
}


# KB of the worker.

sub rss {
    my ($text) = slurp("/proc/$workers[0]/status") =~ /VmRSS:\s+(\d+)/;

    return $text;
}
