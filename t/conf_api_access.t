#!/usr/bin/perl

# restream_api_token, restream_api_jwt, restream_api_cors: where they may stand,
# and that what is wrong with them stops nginx -t with file, line and what was
# expected; never with a token or a secret.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::JWT;

my $t = Test::Restream->new()->has('openssl');
my $jwt = Test::Restream::JWT->new($t->dir());
my %key = map { $_ => $jwt->key($_) } qw/HS256 RS256 ES256 EdDSA/;

my $hash = 'sha256:' . '0123456789abcdef' x 4;
my $other = 'sha256:' . 'FEDCBA9876543210' x 4;
my $secret = 'the-token-itself-and-no-hash';
my $short = 'too-short-a-secret';

$t->secret($secret, $short);
$t->write_file('tokens',
               "# all\n\n$hash read\n$other read,write streams=live/*\n");
$t->write_file('wrong', "$hash read\n$secret read\n");
$t->write_file('regex', "$hash read streams=~(\n");
$t->write_file('empty', '');
$t->write_file('short', "$short\n");
$t->write_file('big', 'x' x 16385);
$t->write_file('huge', "#\n" x (2 * 1024 * 1024 + 1));

###############################################################################

# right ones

my @good = (
    "restream_api_token $hash read;",
    "restream_api_token $hash read,write,start,stop,keys,events,webhooks,"
        . 'limits;',
    "restream_api_token $hash start-broadcast-call,stop-broadcast-call;",
    "restream_api_token $hash read streams=live/alice* streams=live/bob "
        . 'name=a;',
    "restream_api_token $hash read 'streams=~^live/(a|b){1,2}\$';",
    "restream_api_token $hash read; restream_api_token $other read;",
    'restream_api_token file:tokens;',
    'restream_api_token file:%%TESTDIR%%/tokens; '
        . 'restream_api_token file:empty;',
    "restream_api_token file:tokens; restream_api_token $hash read;",
    (map { "restream_api_jwt $_ $key{$_}{public};" } sort keys %key),
    "restream_api_jwt HS256 $key{HS256}{public} audience=a issuer=b;",
    "restream_api_jwt HS256 $key{HS256}{public} issuer=https://b/;",
    join(' ', map { "restream_api_jwt $_ $key{$_}{public};" } sort keys %key),
    'restream_api_cors https://panel.example;',
    'restream_api_cors https://panel.example http://localhost:3000;',
    'restream_api_cors https://a.example; restream_api_cors https://b.example;',
);

for my $words (@good) {
    my ($code, $text) = check('location', $words);
    is($code, 0, $words) or diag($text);
}

for my $name (qw/token jwt cors/) {
    my ($word) = grep { /\Arestream_api_$name / } @good;

    for my $context (qw/http server/) {
        my ($code, $text) = check($context, $word);
        is($code, 0, "restream_api_$name: may stand in $context")
            or diag($text);
    }

    for my $context (qw/main rtmp server_rtmp application/) {
        my ($code, $text, $line) = check($context, $word);

        isnt($code, 0, "restream_api_$name: may not stand in $context");
        like($text, qr/"restream_api_$name"\ directive\ is\ not\ allowed\ here
                       \ in\ \S+:$line$/mx, 'and is told so');
    }
}

###############################################################################

# wrong ones: [words, what is said]

my $digits = '"sha256:" and 64 hex digits';
my $given = 'expected "audience=..." and "issuer=...", each at most once';

my @bad = (
    ["restream_api_token $secret read;", $digits],
    ["restream_api_token read $secret;", $digits],
    ["restream_api_token sha256:$secret read;", $digits],
    ["restream_api_token ${hash}0 read;", $digits],
    ["restream_api_token $hash;", 'no capabilities, expected such as'],
    ["restream_api_token $hash all;", 'unknown capability "all", expected of '
     . 'read, write, start, stop, keys, events, webhooks and limits'],
    ["restream_api_token $hash read, write;", 'unknown capability ""'],
    ["restream_api_token $hash read $secret;",
     'expected "streams=..." or "name=..."'],
    ["restream_api_token $hash read streams=;", 'pattern is empty'],
    ["restream_api_token $hash read streams=live;", 'no "app/name"'],
    ["restream_api_token $hash read streams=*/alice;", '"*" not at the end'],
    ["restream_api_token $hash read 'streams=~live/(';",
     'expected a regular expression behind "~"'],
    ["restream_api_token $hash read name=;", '1 to 64 printable'],
    ["restream_api_token $hash read; restream_api_token $hash write;",
     'the hash of token "sha256:01234567" again'],
    ["restream_api_token $hash read name=a; "
     . "restream_api_token $other read name=a;",
     'a second token with the name "a"'],
    ['restream_api_token;', 'invalid number of arguments'],
    ['restream_api_token file:;', 'expected "file:" and a path'],
    ['restream_api_token file:tokens read;', 'expected them in the file'],
    ['restream_api_token file:nonexistent;', '"%%TESTDIR%%/nonexistent": it '
     . 'cannot be read (2: No such file or directory)'],
    ['restream_api_token file:%%TESTDIR%%;', '(21: Is a directory)'],
    ['restream_api_token file:huge;', 'a file of at most 4194304 bytes'],
    ['restream_api_token file:wrong;', "line 2 of \"restream_api_token\" file "
     . "\"%%TESTDIR%%/wrong\": no hash of a token, expected $digits"],
    ['restream_api_token file:regex;', 'expected a regular expression behind'],

    ['restream_api_jwt HS256;', 'invalid number of arguments'],
    (map { ["restream_api_jwt $_ $key{HS256}{public};", "invalid "
            . "\"restream_api_jwt\" value \"$_\", expected \"HS256\", "
            . '"RS256", "ES256" or "EdDSA"'] } qw/none hs256 HS512 RS384/),
    ['restream_api_jwt HS256 nonexistent;',
     'key file "%%TESTDIR%%/nonexistent" of "restream_api_jwt" '
     . 'cannot be opened (2: No such file'],
    ['restream_api_jwt HS256 %%TESTDIR%%;', 'cannot be read (21:'],
    ['restream_api_jwt HS256 short;', 'has a secret of 18 bytes, expected a '
     . 'secret of 32 bytes or more'],
    ['restream_api_jwt HS256 empty;', 'has a secret of 0 bytes'],
    ['restream_api_jwt HS256 big;', 'is too big, expected at most 16384 bytes'],
    ["restream_api_jwt HS256 $key{RS256}{public};", 'has a key in PEM'],
    ["restream_api_jwt RS256 $key{RS256}{private};", 'has a private key, '
     . 'expected a public key of RSA in PEM, of 2048 bits or more'],
    ["restream_api_jwt RS256 $key{ES256}{public};",
     'has another key, expected'],
    ["restream_api_jwt ES256 $key{EdDSA}{public};",
     'of the curve P-256 in PEM'],
    ["restream_api_jwt EdDSA $key{ES256}{public};", 'of Ed25519 in PEM'],
    ["restream_api_jwt RS256 short;", 'has another key, expected'],
    (map { ["restream_api_jwt HS256 $key{HS256}{public} $_;", $given] }
     'audience=', 'issuer=', 'aud=x', 'audience=a audience=b'),

    ['restream_api_cors;', 'invalid number of arguments'],
    (map { ["restream_api_cors $_;", "invalid \"restream_api_cors\" value "
            . "\"$_\", expected an origin such as \"https://panel.example\""] }
     '*', 'null', 'panel.example', 'https://panel.example/',
     'https://Panel.example', 'https://panel.example:443',
     'https://*.example/'),
    ['restream_api_cors https://a.example b.example;', 'value "b.example"'],
);

for my $case (@bad) {
    my ($words, $expected) = @$case;

    $expected =~ s/%%TESTDIR%%/$t->dir()/e;

    my ($code, $text, $line) = check('location', $words);

    isnt($code, 0, "$words: is wrong");
    like($text, qr/\[emerg\].*\Q$expected\E/, "$words: what was expected");
    like($text, qr/ in \S*nginx\.conf:$line$/m, "$words: and where");
    unlike($text, qr/\Q$secret\E|\Q$short\E/,
           "$words: nothing secret is shown");
}

$t->done_testing();

###############################################################################

# (exit code, output, line) of nginx -t with the words in a context

sub check {
    my ($context, $words) = @_;

    my %in = map { $_ => '' } qw/main rtmp server_rtmp application http server
        location/;

    $in{$context} = $words;

    my $conf = <<"CONF";
%%GLOBALS%%
$in{main}
events { }
rtmp {
    restream_store off;
$in{rtmp}
    server {
        listen 127.0.0.1:%%PORT_0%%;
$in{server_rtmp}
        application live {
            live on;
            restream on;
$in{application}
        }
    }
}
http {
    %%GLOBALS_HTTP%%
$in{http}
    server {
        listen 127.0.0.1:%%PORT_80%%;
$in{server}
        location /restream/ {
            restream_api;
$in{location}
        }
    }
}
CONF

    $words =~ s/%%TESTDIR%%/$t->dir()/ge;
    $t->write_file_expand('nginx.conf', $conf);

    my @lines = split /\n/, $t->read_log('nginx.conf');
    my ($line) = grep { $lines[$_ - 1] eq $words } 1 .. @lines;
    my ($code, $text) = $t->nginx_test();

    return ($code, $text, $line);
}
