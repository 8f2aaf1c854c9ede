#!/usr/bin/perl

# Stream names are an encoder's idea: whatever bytes are in them, the status is
# JSON, and no line of the log is another one than it seems.

use warnings;
use strict;

use Test::More;

use Encode ();
use JSON::PP ();

use lib 't/lib';
use Test::Restream;

# nginx-rtmp itself logs names, as they are, at info and in its access log

my $t = Test::Restream->new(log_level => 'notice');

$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

events {
}

rtmp {
    access_log off;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;
            restream on;
            restream_publisher_grace 0;
            restream_reconnect min=1h max=1h;

            restream_destination in rtmp://127.0.0.1:%%PORT_1%%/app/$name;
            restream_destination none rtmp://127.0.0.1:%%PORT_2%%/$name/key;
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

my $in = $t->ingest(port => 1);

# bytes of a name, and what is shown if it is not the same

my @names = (
    ['plain'], ['"quoted"'], ['back\\slash\\'], ["apo'strophe"], ['a b'],
    ['<script>alert(1)</script>'], ['&amp;</title>'], ['%s%n%V%d'], ['$app'],
    ['{"streams":[]}'], ['a/b/c'], ['..'], ["tab\tbell\a"],
    ["line\n2026/01/01 00:00:00 [error] 1#1: forged"], ["return\rforged"],
    ["escape\e[31m"], ["delete\x7f"], ["\x01\x02\x1f"],
    [Encode::encode_utf8("\x{e4}\x{2603}\x{1f600}")],
    [Encode::encode_utf8("\x{2028}\x{202e}\x{85}")],
    ["\xff\xfeinvalid\xc3", '??invalid?'], ["over\xc0\xaflong", 'over??long'],
    ["\xed\xa0\x80surrogate", '???surrogate'], ['x' x 255],
);

for my $case (@names) {
    my ($name, $shown) = @$case;

    $shown = Encode::decode_utf8($name) if !defined $shown;

    my $label = JSON::PP->new()->ascii()->allow_nonref()->encode($shown);
    my $pub = $t->publish("live/$name");

    my $stream = wait_ok {
        my $stream = $t->stream('live', $shown);

        $stream && $stream->{destinations}[0]{state} eq 'live'
            && $stream->{destinations}[1]{state} eq 'waiting' && $stream;
    } 10, "$label is in the status";

    is(@{$t->status()->{streams}}, 1, "$label: and nothing else");

    my ($published) = $in->events(ev => 'command', name => 'publish',
                                  conn => $in->conns());
    is(Encode::encode('latin1', $published->{args}[1]), $name,
       "$label: arrives byte by byte");

    $pub->stop();
    wait_ok { !@{$t->status()->{streams}} } 5, "$label: leaves";
}

# what nginx itself says has no name in it

my @lines = split /\n/, $t->read_log();

is((grep { !m{\A\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[[a-z]+\] \d+#\d+: } } @lines),
   0, 'every line of the log begins as a line of the log');
is((grep { /\A\S+ \S+ \[error\] 1#1/ } @lines), 0, 'none is forged');
is((grep { /[\x00-\x1f\x7f]/ } @lines), 0,
   'and none holds a control character');
cmp_ok(scalar(grep { /destination: "in".*server/ } @lines), '>=', scalar @names,
       'and all were told');

$t->done_testing();
