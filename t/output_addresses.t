#!/usr/bin/perl

# A name with several addresses: one that does not answer is given up within
# 5 s and the next is tried at once; and whatever is wrong with the first ones,
# the others get their turn.

use warnings;
use strict;

use Test::More;
use Time::HiRes qw/time/;
use Time::Local qw/timegm/;

use lib 't/lib';
use Test::Restream;
use Test::Restream::Util qw/syscall_number/;

use constant {
    CLONE_NEWNS => 0x20000,
    GIVE_UP     => 5,           # seconds for an address
    NEXT        => 0.25,        # until the next is tried
};

my $t = Test::Restream->new(netns => 1, log_level => 'notice')
    ->has('mount', 'getent');
my @far = map { $t->netns("far$_") } 1 .. 4;
my @addr = map { $_->addr() } @far;

$t->write_file('hosts', <<"HOSTS");
127.0.0.1 localhost
$addr[0] one.test
$addr[3] one.test
$addr[0] two.test
$addr[1] two.test
$addr[3] two.test
$addr[2] sick.test
$addr[3] sick.test
$addr[0] none.test
HOSTS

$t->write_file_expand('nginx.conf', <<'CONF')->run(enter => \&own_hosts);
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
            restream_publisher_grace 300ms;
            restream_connect_timeout 7s;
            restream_reconnect min=100ms max=200ms;

            restream_destination one rtmp://one.test:%%PORT_1%%/app/key-one;
            restream_destination two rtmp://two.test:%%PORT_1%%/app/key-two;
            restream_destination sick rtmp://sick.test:%%PORT_1%%/app/key-six;
            restream_destination none rtmp://none.test:%%PORT_1%%/app/key-none;
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

# Addresses 0 and 1 do not answer, 2 hangs up, 3 is good.  The name's order is
# what the system makes of it: nothing here depends on it but the time.

$_->blackhole() for @far[0, 1];

my $sick = $t->ingest(port => 1, netns => $far[2], script => {
    close => 'c0c1' });
my $good = $t->ingest(port => 1, netns => $far[3]);

###############################################################################

my $wall = time() - mono();
my $pub = $t->publish('live/show', media => { video_bps => 200_000 });
my (%connecting, %live);

wait_ok {
    for my $name (qw/one two sick none/) {
        my $d = $t->destination('live', 'show', $name) or next;

        $connecting{$name} ||= seconds($d->{since}) - $wall
            if $d->{state} eq 'connecting';
        $live{$name} ||= mono() if $d->{state} eq 'live';
    }

    keys %live == 3;
} 25, 'all that have a good address are live';

my %conn = map { ($_->{args}[1] || '') =~ /\Akey-(\w+)/ ? ($1 => $_->{conn})
                 : () } $good->events(ev => 'command', name => 'publish');

for my $name (qw/one two six/) {
    ok($conn{$name}, "$name: is at the good address");
}

my $seconds = opened($conn{one}) - $connecting{one};

note(sprintf 'one: the next address after %.3f s', $seconds);
cmp_ok($seconds, '<', slowly(GIVE_UP + NEXT),
       'one: the other address is tried within 5 s');
cmp_ok($live{two} - $connecting{two}, '<', slowly(2 * GIVE_UP + 1),
       'two: the last address gets its turn');
cmp_ok($live{sick} - ($connecting{sick} || $live{sick}), '<', slowly(2),
       'sick: an address that answers badly is not the only one tried');

# the address that worked is the first to be tried again

my $conns = $good->conns();

$good->control(do => 'reset', conn => $conn{two});
wait_ok { $good->conns() > $conns } 1.5,
    'two: the address that worked is tried first when it is lost';

###############################################################################

wait_ok {
    my $d = $t->destination('live', 'show', 'none');

    $d->{lastError} && $d->{stats}{attempts} > 1;
} 15, 'none: with no good address it is tried again';

my $error = $t->destination('live', 'show', 'none')->{lastError};

is($error->{code}, 'timeout', 'none: the reason is told');
like($error->{text}, qr/\Q$addr[0]\E/, 'none: and the address');

$t->done_testing();

###############################################################################

# In nginx's process: a /etc/hosts of its own.

sub own_hosts {
    my $hosts = $t->dir() . '/hosts';

    syscall(syscall_number('unshare'), CLONE_NEWNS) == 0
        or die "unshare() failed: $!\n";
    system(qw{mount --make-rprivate /}) == 0
        && system('mount', '--bind', $hosts, '/etc/hosts') == 0
        or die "mount failed\n";
    return;
}


sub opened {
    my ($conn) = @_;

    my ($open) = $good->events(ev => 'open', conn => $conn);

    return $open->{at};
}


# since 1970, of RFC 3339 with ms

sub seconds {
    my ($text) = @_;

    my ($y, $mon, $d, $h, $min, $s, $ms) = $text
        =~ /\A(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)\.(\d{3})Z\z/
        or die "time \"$text\"\n";

    return timegm($s, $min, $h, $d, $mon - 1, $y) + $ms / 1000;
}
