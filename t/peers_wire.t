#!/usr/bin/perl

# The bytes of the test peers: AMF0, the chunk stream, media messages.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream::Media;
use Test::Restream::Media::Tag qw/:all/;
use Test::Restream::RTMP qw/:all/;
use Test::Restream::RTMP::AMF qw/:all/;
use Test::Restream::RTMP::Chunk;

###############################################################################

# AMF0

is(unpack('H*', amf_encode('connect', 1, undef, \1)),
   '020007636f6e6e656374' . '003ff0000000000000' . '05' . '0101',
   'string, number, null, boolean as bytes');
is(unpack('H*', amf_encode(obj(a => 'b'), ecma(c => 1))),
   '0300016102000162000009' . '08000000010001' . '63003ff0000000000000'
   . '000009', 'object and ECMA array as bytes');

my @values = ('onMetaData', 7, undef, 'x' x 70000, ['av01', 'hvc1'],
              { width => 1280, stereo => 'yes', deep => { n => -0.5 } });

is_deeply([amf_decode(amf_encode(@values))], \@values,
          'every kind of value survives');
is_deeply([amf_decode(amf_encode(obj(z => 1, a => 2)), ordered => 1)],
          [['z', 1, 'a', 2]], 'the order of properties is seen');
is_deeply([amf_decode(amf_encode(strict_array(date(5), undefined())))],
          [[5, undef]], 'date and undefined are read');
ok(!eval { amf_decode("\x02\0\x09abc"); 1 }, 'a short string is told');
like($@, qr/truncated at offset 3/, 'and where');
ok(!eval { amf_decode("\x03\0\1a" x 100); 1 }, 'so is an endless object');

###############################################################################

# chunk stream: every form, any split

my @messages = map { {
    type => $_ % 3 ? MSG_VIDEO : MSG_AUDIO, csid => $_ % 3 ? 6 : 4, msid => 1,
    ts => 0xfffff0 + $_ * 7, payload => noise($_, $_ * 97 % 700),
} } 0 .. 60;

for my $compress (0, 1) {
    for my $split (1, 2, 127, 128, 129, 1_000_000) {
        is_deeply(got(wire(\@messages, compress => $compress), $split),
                  [map { facts($_) } @messages],
                  "compress $compress, split $split: all arrive unchanged");
    }
}

for my $csid (2, 3, 63, 64, 319, 320, 65599) {
    my $bytes = wire([{ type => MSG_COMMAND, csid => $csid, msid => 0,
                        ts => 1, payload => 'x' x 300 }]);
    my $got = got($bytes, 1, 'any');

    is("$got->[0][0] $got->[0][3]", MSG_COMMAND . " $csid",
       "chunk stream $csid is read");
}

my $writer = Test::Restream::RTMP::Chunk::Writer->new();
my @audio = $writer->chunks({ type => 8, csid => 4, msid => 1, ts => 5,
                              payload => noise('a', 300) });
my @video = $writer->chunks({ type => 9, csid => 6, msid => 1, ts => 5,
                              payload => noise('v', 500) });
my $mixed = '';

while (@audio || @video) {
    $mixed .= shift @video;
    $mixed .= shift @audio if @audio;
}

is_deeply([map { $_->[0] } @{got($mixed, 50)}], [8, 9],
          'interleaved messages are put together');

is_deeply(got(wire([chunk_size(4096), @messages]), 100)->[-1],
          facts($messages[-1]), 'both sides follow SetChunkSize');

my ($c, $end) = ($messages[60], 0xffffffff);
is_deeply([map { $_->[2] } @{got(wire([{ %$c, ts => $end - 5 },
                                       { %$c, ts => 20 }]), 10)}],
          [$end - 5, 20], 'timestamps go on past 2^32');

###############################################################################

# violations, one sentence each, and the reader goes on

my $big = { %$c, ts => 0x1000000, payload => noise('b', 400) };

violates([$big, { %$c, ts => 0x1000010, msid => 1 }], qr/\A\z/, 'none');
violates([{ %$big, repeat => 0 }, { %$c, ts => 0x1000001 }],
         qr/\A(extended timestamp 16777216 is not repeated[^\n]*\n){3}\z/,
         'an extended timestamp that is not repeated');
violates([{ %$c, ts => 9, extended => 1 }], qr/9 on csid \d is needless/,
         'a needless extended timestamp');
violates([{ %$c, ts => 100 }, { %$c, ts => 60, fmt => 1 }],
         qr/negative delta on csid 4\ntimestamp goes back from 100 to 60/,
         'a negative delta');
violates([{ %$c, ts => 100 }, { %$c, ts => 60 }],
         qr/\Atimestamp goes back from 100 to 60/, 'time that goes back');
violates([{ %$c, ts => 100, fmt => 1 }], qr/type 1 chunk on csid 4 without/,
         'a type 1 chunk without a header before it');
violates([{ %$c, ts => 100 }, { %$c, ts => 200, fmt => 3 }],
         qr/its delta is ambiguous/, 'a type 3 chunk after an absolute time');
violates([{ %$c, msid => 2 }], qr/media on msid 2 instead of 1/,
         'media on a wrong message stream');
violates([{ %$c, form => 3, csid => 65 }], qr/basic header of 3 bytes/,
         'a basic header longer than needed');
violates([{ %{chunk_size(0)}, keep => 1 }], qr/chunk size 0/, 'chunk size 0');
violates([{ %{window(1)}, payload => "\0" }], qr/message 5 of 1 bytes/,
         'a control message of a wrong size');
violates([{ %{window(1)}, csid => 3 }], qr/message 5 on csid 3/,
         'a control message on a wrong chunk stream');
violates([{ %$c, type => 77 }], qr/unknown message type 77/,
         'a type that does not exist');

my @halves = Test::Restream::RTMP::Chunk::Writer->new()->chunks(
    { %$c, payload => 'x' x 300 });
is(complaints($halves[0] . wire([{ %$c, payload => 'y' }])),
   "message on csid 4 is interrupted by a header\n",
   'a header inside a message is told');

###############################################################################

# media

for my $o ({ video => 'avc', audio => 'aac' },
           { video => 'hevc12', audio => 'mp4a' },
           { video => 'hvc1', audio => 'Opus', hdr => 1 },
           { video => 'av01', audio => 'fLaC', modex => 500 },
           { video => 'vp09', audio => 'ac-3', tracks => 3 },
           { video => 'hvc1', audio => 'Opus', tracks => 2, mode => 'many' })
{
    my $name = join ' ', map { "$_ $o->{$_}" } sort keys %$o;
    my $media = Test::Restream::Media->new(%$o, gop => 5);
    my @headers = grep { $_->{type} != MSG_DATA } $media->headers(0);
    my @frames = map { $media->next() } 1 .. 200;

    is_deeply([grep { (classify($_->{type}, \$_->{payload}))[1] != 1 }
               @headers], [], "$name: headers are told");
    is_deeply([grep { "@{[classify($_->{type}, \$_->{payload})]}"
                      ne "$_->{key} 0" } @frames], [],
              "$name: key frames are told");
}

my $one = Test::Restream::Media->new(video_bps => 3e6);
my $two = Test::Restream::Media->new(video_bps => 3e6);
my @one = map { $one->next() } 1 .. 800;

is_deeply(\@one, [map { $two->next() } 1 .. 800],
          'a stream is the same again');
is_deeply([map { Test::Restream::Media::frame_number(\$_->{payload}) } @one],
          [0 .. 799], 'each frame tells its number');

my $size = 0;
$size += length $_->{payload} for @one;
my $rate = $size * 8 / $one[-1]{ts};
ok($rate > 2900 && $rate < 3250, "3 Mbit/s are 3 Mbit/s: $rate");

substr $one[0]{payload}, -1, 1, '!';
is(Test::Restream::Media::frame_number(\$one[0]{payload}), -1,
   'and whether it was changed');

is(unpack('H*', substr video_tag(
    codec => 'hvc1', kind => FRAME, key => 1, cts => 40, body => 'x',
    modex => 1, mode => 'codecs', tracks => [[0, 'a'], [1, 'bc', 'av01']]), 0),
   '97' . '02000001' . '06' . '21' . '68766331' . '00' . '000004' . '00002861'
   . '61763031' . '01' . '000002' . '6263', 'ManyTracksManyCodecs as bytes');

done_testing();

###############################################################################

sub wire {
    my ($list, %o) = @_;

    my $writer = Test::Restream::RTMP::Chunk::Writer->new(%o);

    return join '', map { $writer->encode($_) } @$list;
}


sub facts {
    return [@{$_[0]}{qw/type payload ts csid msid/}];
}


# What a reader makes of the bytes, fed in pieces; control messages left out.

sub got {
    my ($bytes, $split, $any) = @_;

    my $reader = Test::Restream::RTMP::Chunk::Reader->new();
    my @got;

    while ($bytes ne '') {
        $reader->feed(substr $bytes, 0, $split, '');

        while (my $msg = $reader->next()) {
            push @got, facts($msg) if $any || $msg->{type} > 7;
        }
    }

    return \@got;
}


sub complaints {
    my ($bytes) = @_;

    my $text = '';
    my $reader = Test::Restream::RTMP::Chunk::Reader->new(
        media_msid => 1, on_violation => sub { $text .= "$_[0]\n" });

    $reader->feed($_) for split //, $bytes;
    1 while $reader->next();

    return $text;
}


sub violates {
    my ($list, $pattern, $name) = @_;

    like(complaints(wire($list)), $pattern, "$name: told");
    return;
}
