#!/usr/bin/perl

# Data messages of the publisher: metadata gets @setDataFrame where that is
# missing and stays as it is otherwise, byte for byte; what is no metadata
# (onTextData, onCuePoint) passes untouched; AMF3 becomes AMF0.

use warnings;
use strict;

use Digest::MD5 qw/md5_hex/;
use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::Media::Tag qw/video_tag FRAME/;
use Test::Restream::RTMP::AMF qw/:all/;

use constant { DATA => 18, AMF3_DATA => 15, VIDEO => 9 };

my $t = Test::Restream->new();

$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%
    max_message 16m;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;
            restream on;
            restream_publisher_grace 200ms;
            restream_reconnect min=100ms max=300ms;
            restream_destination a rtmp://127.0.0.1:%%PORT_1%%/app
                                 key=metadata-key-1;
            restream_destination b rtmp://127.0.0.1:%%PORT_2%%/app
                                 key=metadata-key-2;
        }
    }
}
CONF

my $set = amf_encode('@setDataFrame');

# what encoders say of themselves: as OBS and ffmpeg do, with objects in it,
# with what nobody expects, longer than a chunk

my @metadata = map { amf_encode('onMetaData') . $_ } (
    amf_encode(ecma(duration => 0, width => 1920, videocodecid => 7,
                    encoder => 'obs-output module', stereo => \1)),
    amf_encode(obj(width => 1, height => 2)),
    amf_encode(ecma(videocodecid => num(1752589105),
                    videoTrackIdInfoMap => obj(1 => obj(width => 640)),
                    list => [1, 'two', undef, [3]], when => date(1e12),
                    '' => undefined(), "\xc3\xa9" => str('7'))),
    "\x08\x00\x00\x00\xff" . substr(amf_encode(obj(a => 1)), 1),
    amf_encode(ecma(large => 'x' x 70_000)),
    amf_encode(ecma(a => 1), 'more', 2),
    amf_encode(undef),
    '',
);

# what is none

my @other = (
    amf_encode('onTextData', obj(text => 'hello', language => 'en')),
    amf_encode('onCuePoint', ecma(name => 'ad', time => 1.5, type => 'event')),
    amf_encode('|RtmpSampleAccess', \0, \0),
    amf_encode('@clearDataFrame', 'onMetaData'),
    amf_encode('@setDataFrame', 'onCuePoint', obj(name => 'x')),
    amf_encode('onMetaDat'),
    amf_encode('onMetaData2', obj(a => 1)),
    amf_encode('onFI', obj(sd => '01-01-2026', st => '10:00:00.0')),
);

# sent: type, payload; expected

my @cases = (
    (map { ([DATA, $set . $_, $set . $_], [DATA, $_, $set . $_],
            [AMF3_DATA, "\0$set$_", $set . $_],
            [AMF3_DATA, "\0$_", $set . $_]) } @metadata),
    (map { ([DATA, $_, $_], [AMF3_DATA, "\0$_", $_]) } @other),
);

###############################################################################

my $in = $t->ingest(port => 1);
my $late = $t->ingest(port => 2);

$late->listen(0);

my $pub = $t->publish('live/show', count => 0, media => {
    metadata => 0, audio => undef });

push_message(VIDEO, video_tag(codec => 'avc', kind => FRAME, key => 1,
                              body => 'the first'), 0);
$in->wait(sub { $_[0]->frames() }, 10, 'it begins');

my $ts = 0;

push_message(@$_[0, 1], $ts) for @cases;
push_message(VIDEO, video_tag(codec => 'avc', kind => FRAME, key => 1,
                              body => 'the last'), 40);
$in->wait(sub { $_[0]->frames() == 2 }, 10, 'all arrives');

my @got = $in->events(ev => 'data');

is(scalar @got, scalar @cases, 'as many messages as were sent');

for my $i (0 .. $#cases) {
    my ($type, $payload, $expected) = @{$cases[$i]};
    my ($text) = $payload =~ /(on\w+|\@clear\w+|\|\w+)/;

    is("$got[$i]{type} $got[$i]{size} $got[$i]{md5}",
       DATA . ' ' . length($expected) . ' ' . md5_hex($expected),
       sprintf 'type %d, %d bytes, %s', $type, length $payload, $text);
}

###############################################################################

# the newest metadata is for those who come late; the rest was for its time

$late->listen(1);
$late->wait(sub { $_[0]->frames() }, 10, 'it joins');

my @known = $late->events(ev => 'data');

is(scalar @known, 1, 'only metadata is sent again');
is($known[0]{md5}, md5_hex($set . $metadata[-1]), 'the newest');

# that of a running stream changes at once, for all

my $new = amf_encode('onMetaData', ecma(width => 3840));

push_message(DATA, $new, 60);

for my $its ($in, $late) {
    $its->wait(sub {
        ($_[0]->events(ev => 'data'))[-1]{md5} eq md5_hex($set . $new);
    }, 10, 'new metadata arrives');
}

$in->control(do => 'reset');
$in->wait(sub {
    my @known = $_[0]->events(ev => 'data', conn => 2);
    @known && $known[-1]{md5} eq md5_hex($set . $new);
}, 10, 'and is there after a reconnect too');

$t->done_testing();

###############################################################################

sub push_message {
    my ($type, $payload, $ts) = @_;

    $pub->send(type => $type, hex => unpack('H*', $payload), ts => $ts,
               csid => $type == VIDEO ? 6 : 5);
    return;
}
