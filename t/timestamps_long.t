#!/usr/bin/perl

# Time on a connection goes past 24 and past 32 bits: steps of every size keep
# their length, extended timestamps stand where the protocol wants them and are
# repeated in chunks of type 3.

use warnings;
use strict;

use Digest::MD5 qw/md5_hex/;
use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::Media::Tag qw/video_tag audio_tag FRAME/;
use Test::Restream::RTMP qw/data_message/;

use constant { AUDIO => 8, VIDEO => 9, DATA => 18 };

my $t = Test::Restream->new();

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
            restream_publisher_grace 200ms;
            restream_flush 0;

            restream_chunk_size 128;
            restream_destination a rtmp://127.0.0.1:%%PORT_1%%/app
                                 key=long-key-1;
            restream_destination b rtmp://127.0.0.1:%%PORT_2%%/app
                                 key=long-key-2;
        }
    }
}
CONF

my $in = $t->ingest(port => 1);
my $again = $t->ingest(port => 2);
my $number = 0;
my @sent;

###############################################################################

# one frame at a time: milliseconds since the one before, of either kind; the
# sum is behind 2^32 in the end

my $pub = $t->publish('live/show', count => 0,
                      media => { metadata => 0, start => 5000 });
my $now = 5000;

step(VIDEO, 0, key => 1);
$in->wait(sub { $_[0]->frames() }, 10, 'a begins');
$again->wait(sub { $_[0]->frames() }, 10, 'b begins');
step(AUDIO, 0);

for my $step (1, 40, 0xfffffd, 0xfffffe, 0xffffff, 0x1000000, 40,
              0x60000000, 33, 0x60000000, 20, 0x60000000)
{
    step(VIDEO, $step, key => $step > 100);
    step(AUDIO, 7);
    step(VIDEO, 13);
}

# the first data message of the connection, long after its beginning

step(DATA, 0);
step(VIDEO, 5);

$in->wait(sub { (my @all = $_[0]->messages(1)) == @sent + 2 }, 10,
          'all has arrived');

my @got = grep { !$_->{header} } $in->messages(1);

is(scalar @got, scalar @sent, 'as many messages as were sent');
cmp_ok($now - 5000, '>', 2 ** 32, 'the last is more than 2^32 ms old');

my %last;

for my $i (0 .. $#sent) {
    my ($type, $at, $md5) = @{$sent[$i]};
    my $got = $got[$i];
    my $ts = $at - 5000;
    my $name = "$i: type $type at $ts ms";

    is("$got->{type} $got->{md5}", "$type $md5", "$name, is the one sent");
    is($got->{ts}, $ts & 0xffffffff, "$name, at its time");

    # deltas as long as 24 bits hold them, full timestamps else

    my $full = !defined $last{$type} || $ts - $last{$type} >= 0xffffff;

    if ($type != DATA) {
        $full = 0 if $i < 2;        # the header before was full
        is($got->{fmt}, $full ? 0 : 1, "$name, chunk type");
        is($got->{extended}, $full && ($ts & 0xffffffff) >= 0xffffff ? 1 : 0,
           "$name, extended timestamp");
        cmp_ok($got->{chunks}, '>', 2, "$name, in several chunks");
    }

    $last{$type} = $ts;
}

###############################################################################

# another connection begins at 0 again: with the newest key frame

$again->control(do => 'reset');
$again->wait(sub { $_[0]->frames(conn => 2) }, 10, 'b: connects again');
step(VIDEO, 40, key => 1);
step(VIDEO, 40);
$again->wait(sub { ($_[0]->frames(conn => 2))[-1]{md5} eq $sent[-1][2] }, 10,
             'b: goes on');

my @frames = $again->frames(conn => 2);
my %at = map { $_->[2] => $_->[1] } @sent;

is($frames[0]{key}, 1, 'b: begins with a key frame');
is_deeply([map { $_->{ts} } @frames],
          [map { ($at{$_->{md5}} - $at{$frames[0]{md5}}) & 0xffffffff }
           @frames], 'b: which is its time 0');

$t->done_testing();

###############################################################################

# Sends a frame so many milliseconds after the one before.

sub step {
    my ($type, $ms, %o) = @_;

    my $body = sprintf('%08d', ++$number) . 'x' x 400;
    my $payload = $type == DATA
            ? data_message('onTextData', $body)->{payload}
        : $type == AUDIO ? audio_tag(codec => 'aac', kind => FRAME,
                                     body => $body)
        : video_tag(codec => 'avc', kind => FRAME, key => $o{key},
                    body => $body);

    $now += $ms;
    $pub->send(type => $type, hex => unpack('H*', $payload),
               ts => $now & 0xffffffff,
               csid => { AUDIO, 4, VIDEO, 6, DATA, 5 }->{$type});
    push @sent, [$type, $now, md5_hex($payload)];
    return;
}
