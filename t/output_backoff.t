#!/usr/bin/perl

# When a destination is tried again: within half a second after a connection
# that worked; else at random below min, 2 min, 4 min ... max, each destination
# by itself.

use warnings;
use strict;

use Test::More;
use Time::HiRes qw/time/;
use Time::Local qw/timegm/;

use lib 't/lib';
use Test::Restream;

use constant {
    MANY     => 24,         # destinations
    ATTEMPTS => 6,          # of each
    MIN      => 0.2,
    MAX      => 1.6,
    LATENCY  => 0.15,       # seconds that a busy machine may add
};

my $t = Test::Restream->new(log_level => 'notice');

$t->expand(
    BAD  => join("\n", map { "restream_destination bad$_ "
        . "rtmp://127.0.0.1:%%PORT_1%%/bad$_/key-bad;" } 1 .. MANY),
    GOOD => join("\n", map { "restream_destination good$_ "
        . "rtmp://127.0.0.1:%%PORT_2%%/good$_/key-good;" } 1 .. MANY));

$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;
            restream on;
            restream_publisher_grace 1s;
            restream_reconnect min=200ms max=1600ms;

            %%BAD%%
            %%GOOD%%
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

my $bad = $t->ingest(port => 1, script => { reset => 'connect' });
my $good = $t->ingest(port => 2);

###############################################################################

my $pub = $t->publish('live/show', media => { video_bps => 200_000 });

# what the status tells about the next attempt, by destination and attempt

my %told;
my $wall = time() - mono();

wait_ok {
    my @all = @{($t->stream('live', 'show') || { destinations => [] })
                ->{destinations}};
    my $done = @all;

    for my $d (@all) {
        my ($name, $attempt) = ($d->{name}, $d->{stats}{attempts});

        $told{$name}{$attempt + 1} = seconds($d->{stats}{nextAttemptAt})
            if $d->{state} eq 'waiting';
        $done = 0 if $name =~ /\Abad/ && $attempt <= ATTEMPTS;
    }

    $done;
} 20, 'all are tried again and again';

my (@ratios, @late, @wrong);
my $attempts = attempts($bad);

for my $name (map { "bad$_" } 1 .. MANY) {
    my @attempts = @{$attempts->{$name}};

    for my $n (1 .. ATTEMPTS - 1) {
        my ($before, $now) = @attempts[$n - 1, $n];
        my $delay = $now->{open} - $before->{close};
        my $limit = MIN * 2 ** ($n - 1);

        $limit = MAX if $limit > MAX;

        push @ratios, $delay / $limit;
        push @late, sprintf '%s, attempt %d: %.3f s of %.1f', $name, $n + 1,
            $delay, $limit if $delay > $limit + slowly(LATENCY);

        my $at = $told{$name}{$n + 1};

        push @wrong, sprintf '%s, attempt %d: told %.3f, tried %.3f', $name,
            $n + 1, $at - $wall, $now->{open}
            if defined $at
               && abs($at - $wall - $now->{open}) > slowly(LATENCY);
    }
}

is_deeply(\@late, [], 'no attempt is later than min doubled up to max');
is_deeply(\@wrong, [], 'the status tells when the next one is');
cmp_ok(scalar(map { keys %$_ } values %told), '>', 2 * MANY,
       'it has told often enough to compare');

@ratios = sort { $a <=> $b } @ratios;

my $mean = 0;
$mean += $_ / @ratios for @ratios;

note(sprintf '%d delays, %.2f to %.2f of the limit, mean %.2f',
     scalar @ratios, @ratios[0, -1], $mean);
cmp_ok(abs($mean - 0.5), '<', slowly(0.15), 'on average half of that');
cmp_ok($ratios[0], '<', 0.15, 'some come at once');
cmp_ok($ratios[-1], '>', 0.85, 'some at the end');

is((grep { $_->{lastError}{code} ne 'handshake' }
    grep { $_->{name} =~ /\Abad/ }
    @{$t->stream('live', 'show')->{destinations}}), 0,
   'and what they fail for is told');

###############################################################################

wait_ok { live('good') == MANY } 5, 'the good ones are live';
is($good->conns(), MANY, 'each with one connection');

$good->control(do => 'reset', conn => 'all');

wait_ok { $good->conns() == 2 * MANY } 5, 'all come back';

$attempts = attempts($good);

my @delays = sort { $a <=> $b } map {
    my ($before, $now) = @{$attempts->{"good$_"}};
    $now->{open} - $before->{close};
} 1 .. MANY;

note(sprintf 'after %.3f to %.3f s', @delays[0, -1]);
cmp_ok($delays[-1], '<', slowly(0.5 + LATENCY), 'within half a second');
cmp_ok($delays[-1] - $delays[0], '>', 0.25, 'not all together');

wait_ok { live('good') == MANY } 5, 'and are live again';

$t->done_testing();

###############################################################################

# name => [{ open, close }, ...], in order; the application names them

sub attempts {
    my ($in) = @_;

    my %app = map { $_->{conn} => $_->{args}[0]{app} }
        $in->events(ev => 'command', name => 'connect');
    my %close = map { $_->{conn} => $_->{at} } $in->events(ev => 'close');
    my %attempts;

    push @{$attempts{$app{$_->{conn}}}},
        { open => $_->{at}, close => $close{$_->{conn}} }
        for grep { $app{$_->{conn}} } $in->events(ev => 'open');

    return \%attempts;
}


sub live {
    my ($name) = @_;

    return scalar grep { $_->{name} =~ /\A$name/ && $_->{state} eq 'live' }
        @{$t->stream('live', 'show')->{destinations}};
}


# since 1970, of RFC 3339 with ms

sub seconds {
    my ($text) = @_;

    my ($y, $mon, $d, $h, $min, $s, $ms) = $text
        =~ /\A(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)\.(\d{3})Z\z/
        or die "time \"$text\"\n";

    return timegm($s, $min, $h, $d, $mon - 1, $y) + $ms / 1000;
}
