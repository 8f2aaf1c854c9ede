#!/usr/bin/perl

# A server that ends the connection at any stage of the dialogue, again and
# again: it is always tried again, and nothing is left of the attempts.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;

my $t = Test::Restream->new(log_level => 'notice');
my $rounds = $t->full() ? 1000 : 40;

my @stages = ((map { "rtmp-$_" } qw/accept c0c1 s1 c2 connect release fcpublish
               create publish start media/),
              map { "rtmps-$_" } qw/accept tls connect publish media/);
my %port = map { $stages[$_] => $_ + 1 } 0 .. $#stages;

$t->expand(
    CA => $t->tls()->ca_file(),
    DESTINATIONS => join "\n", map {
        my ($scheme) = split /-/;
        "restream_destination $_ "
            . "$scheme://127.0.0.1:%%PORT_$port{$_}%%/app/the-key;"
    } @stages);

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
            restream_publisher_grace 300ms;
            restream_reconnect min=100ms max=100ms;
            restream_ssl_trusted_certificate %%CA%%;

            %%DESTINATIONS%%
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

# The first connection is good, and the one after so many bad ones.  Closed
# before the start three times in a row would mean a wrong key, and half a
# minute: so there is another end in between.

my %in;

for my $name (@stages) {
    my ($scheme, $stage) = split /-/, $name;
    my @ends = ({ close => $stage }, { reset => 'connect' },
                { reset => $stage }, { close => 'connect' });

    $in{$name} = $t->ingest(
        port => $port{$name}, $scheme eq 'rtmps' ? (tls => 'good') : (),
        conns => { map { $_ => $ends[$_ % 4] } 2 .. $rounds + 1 });
}

###############################################################################

my $pub = $t->publish('live/show', media => { video_bps => 200_000 });

wait_ok { live() == @stages } 10, 'all are live';

my $before = $t->descriptors();

$_->control(do => 'reset') for values %in;

wait_ok { !grep { $_->conns() < $rounds + 2 } values %in }
    $t->full() ? 300 : 30, "each is tried $rounds times in vain, and again";
wait_ok { live() == @stages } 10, 'all are live again';

for my $name (@stages) {
    my $in = $in{$name};
    my $d = $t->destination('live', 'show', $name);

    is($in->conns(), $rounds + 2, "$name: and each attempt was one connection");
    is($d->{stats}{attempts}, $rounds + 2, "$name: all of them are counted");
}

is($t->descriptors(), $before, 'no descriptor is left of them');

$pub->pause();

my $last = ($pub->frames())[-1]{n};

for my $name (@stages) {
    wait_ok { grep { $_->{n} == $last } $in{$name}->frames() } 10,
        "$name: the last frame arrives";
    is(missing_frames($pub, $in{$name}, to => $last), 0,
       "$name: and none is missing");
}

$t->done_testing();

###############################################################################

sub live {
    my $stream = $t->stream('live', 'show') or return 0;

    return scalar grep { $_->{state} eq 'live' } @{$stream->{destinations}};
}
