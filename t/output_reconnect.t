#!/usr/bin/perl

# An outage of five seconds loses no frame, however the connection ended, nor
# do many short ones: what all connections of a destination received is the
# whole stream.  The others do not notice.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;

use constant {
    OUTAGE => 5,
    UNREAD => 0.1,              # seconds of media that a server dies with
    FLAPS  => 5,
};

my $t = Test::Restream->new();

$t->expand(CA => $t->tls()->ca_file());
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
            restream_reconnect min=200ms max=1s;
            restream_ssl_trusted_certificate %%CA%%;

            restream_destination rst rtmp://127.0.0.1:%%PORT_1%%/app/key-one;
            restream_destination fin rtmp://127.0.0.1:%%PORT_2%%/app/key-two;
            restream_destination kill rtmp://127.0.0.1:%%PORT_3%%/app/key-six;
            restream_destination tls-rst
                rtmps://127.0.0.1:%%PORT_4%%/app/key-four;
            restream_destination tls-fin
                rtmps://127.0.0.1:%%PORT_5%%/app/key-five;
            restream_destination well rtmp://127.0.0.1:%%PORT_6%%/app/key-six;
            restream_destination tls-well
                rtmps://127.0.0.1:%%PORT_7%%/app/key-seven;
            restream_destination flap rtmp://127.0.0.1:%%PORT_8%%/app/key-eight;
            restream_destination tls-flap
                rtmps://127.0.0.1:%%PORT_9%%/app/key-nine;
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

# ends of connections that live for less and less

my %flaps = map {
    $_ => { at => [{ after => 1.2 - 0.2 * $_, do => 'reset' }] }
} 1 .. FLAPS;

my @names = qw/rst fin kill tls-rst tls-fin well tls-well flap tls-flap/;
my %port = map { $names[$_] => $_ + 1 } 0 .. $#names;
my %in = map { $_ => [ingest($_)] } @names;
my @broken = grep { !/well|flap/ } @names;

###############################################################################

my $pub = $t->publish('live/show', media => { video_bps => 400_000, gop => 6 });

wait_ok { !grep { (state_of($_) || '') ne 'live' } @broken } 10, 'all are live';
wait_ok { !grep { $in{$_}[0]->frames() < 120 } @names } 10, 'media arrives';

# what the server's kernel has taken, its program has not read

$in{$_}[0]->control(do => 'freeze') for qw/rst tls-rst/;
my $read = $pub->frames();
wait_ok { $pub->frames() > $read + 77 * UNREAD } 5, 'media that is not read';

my $lost_at = mono();

$in{$_}[0]->listen(0) for grep { $_ ne 'kill' } @broken;
$in{$_}[0]->control(do => 'reset') for qw/rst tls-rst/;
$in{$_}[0]->control(do => 'close') for qw/fin tls-fin/;
$in{kill}[0]->signal('KILL');

for my $name (@broken) {
    wait_ok {
        my $d = $t->destination('live', 'show', $name);

        $d->{state} ne 'live' && $d->{lastError}{code} eq 'refused'
            && $d->{stats}{attempts} > 2;
    } OUTAGE, "$name: tried again and again, and refused";
}

my $left = $lost_at + OUTAGE - mono();
select undef, undef, undef, $left if $left > 0;

is(scalar(grep { state_of($_) eq 'live' } @broken), 0,
   'none of them pretends to be live');

my $back_at = mono();

$in{$_}[0]->listen(1) for grep { $_ ne 'kill' } @broken;
push @{$in{kill}}, ingest('kill');

wait_ok { !grep { state_of($_) ne 'live' } @names } 10, 'all are live again';

my $seconds = mono() - $back_at;
cmp_ok($seconds, '<', slowly(2.5), 'soon after the servers are back');

###############################################################################

$pub->pause();

my $last = ($pub->frames())[-1]{n};

for my $name (@names) {
    wait_ok {
        grep { defined $_->{n} && $_->{n} == $last } received($name)
    } 10, "$name: the last frame arrives";

    is(missing_frames($pub, [received($name)], to => $last), 0,
       "$name: no frame is lost");
}

for my $name (qw/flap tls-flap/) {
    is($in{$name}[0]->conns(), FLAPS + 1, "$name: has come and gone");
}

for my $name (@broken) {
    my $in = $in{$name}[-1];
    my $conn = $in->conns();
    my ($first) = $in->frames(conn => $conn);

    is_deeply([$in->first_messages($conn, 4)],
              ['@setDataFrame', 'video header', 'audio header', 'key'],
              "$name: begins anew with all that a decoder needs");
    is($first->{ts}, 0, "$name: the new connection starts at 0");
    is_deeply([check_order($pub, $in, $conn, gaps => 0)], [],
              "$name: and has all from there on, in order");

    my $d = $t->destination('live', 'show', $name);

    is_deeply($d->{stats}{framesDropped}, { video => 0, audio => 0 },
              "$name: nothing counts as dropped");
    is($d->{stats}{reconnects}, 1, "$name: one reconnect is counted");
}

for my $name (qw/well tls-well/) {
    is($in{$name}[0]->conns(), 1, "$name: is never reconnected");
    is_deeply([check_order($pub, $in{$name}[0], 1, gaps => 0)], [],
              "$name: has every frame once and in order");
}

$t->done_testing();

###############################################################################

sub ingest {
    my ($name) = @_;

    return $t->ingest(port => $port{$name},
                      $name =~ /\Atls/ ? (tls => 'good') : (),
                      $name =~ /flap/ ? (conns => \%flaps) : ());
}


sub received {
    my ($name) = @_;

    return map { $_->frames() } @{$in{$name}};
}


sub state_of {
    my ($name) = @_;

    my $d = $t->destination('live', 'show', $name) or return;

    return $d->{state};
}
