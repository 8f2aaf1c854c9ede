#!/usr/bin/perl

# What the status tells of an encoder changes with it: rates fall while nothing
# comes, another header is another resolution, all is null when the encoder has
# gone, and told anew when it is back.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::Media::Tag qw/video_tag HEADER/;
use Test::Restream::Status;

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
            restream_publisher_grace 10s;
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

my $pub = $t->publish('live/show');

wait_ok { $pub->frames() > 220 && abs(told()->{video}{fps} - 30) < 1 } 10,
    'a frame rate is measured';

###############################################################################

# a stall

my %last = (fps => told()->{video}{fps}, count => 0);

$pub->pause();

wait_ok {
    my $fps = told()->{video}{fps};

    $last{count}++ if $fps < $last{fps};
    $last{fps} = $fps;
    $fps == 0;
} 15, 'a stall shows as a frame rate that falls to nothing';
cmp_ok($last{count}, '>=', 3, 'step by step');

is_deeply([map { told()->{$_}{bitrateKbps} } qw/video audio/], [0, 0],
          'and nothing comes');

$pub->resume();
wait_ok { told()->{video}{fps} > 5 } 10, 'it goes on';

# headers change

my $small = unpack 'H*', video_tag(codec => 'avc', kind => HEADER,
    body => pack 'H*', '014d401effe10018674d401eeca05017fcb80880000003008000'
    . '001e078b16cb01000568ebe3cb20');

$pub->send(type => 9, hex => $small, ts => 0, csid => 6);

wait_ok {
    my $video = told()->{video};
    join(' ', map { $_ || '' } @$video{qw/profile width height/})
        eq 'Main 640 360';
} 10, 'another header, another resolution';

###############################################################################

# the encoder goes and comes back

my $first = told()->{since};

$pub->close();
wait_ok { !stream()->{live} } 10, 'the encoder has gone';
is(told(), undef, 'nothing is told of it');

my $stream = stream()->{since};

$pub->republish(media => { video => undef });
wait_ok { my $got = told(); $got && $got->{audio} } 10,
    'it is back, and what it sends is told';
is(told()->{video}, undef, 'and nothing of what it sent before');

$pub->republish(media => { video => 'avc', fps => 20 });
wait_ok { my $got = told(); $got && $got->{video} } 10, 'again';

is(told()->{video}{width}, 1280, 'with the headers of now');
cmp_ok(at_ms(told()->{since}), '>', at_ms($first),
       'since it came back');
wait_ok { abs((told()->{video}{fps} || 0) - 20) < 0.5 } 15,
    'measured anew';
is(stream()->{since}, $stream, 'the stream is as old as before');

$t->done_testing();

###############################################################################

sub stream { return $t->stream('live', 'show') }
sub told   { return stream()->{ingest} }
