#!/usr/bin/perl

# Every directive: where it may stand, that it stands there once, and that a
# wrong value stops nginx -t with file, line, directive, value and what was
# expected; never with a key.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;

my $t = Test::Restream->new(patience => 0);
my $ca = $t->tls()->ca_file();
my @any = qw/rtmp server application/;

$t->secret('a-secret-key', 'another-secret');
$t->write_file('empty', '');
$t->write_file('newline', "\n");
$t->write_file('long', 'k' x 2049 . "\n");
$t->write_file('good', "a-secret-key\n");

# not by write_file_expand(), which takes what is wrong on purpose for secrets

my %globals = map {
    $t->write_file_expand('nginx.conf', "%%$_%%");
    $_ => $t->read_log('nginx.conf');
} qw/GLOBALS GLOBALS_HTTP GLOBALS_RTMP/;

# name => [contexts, good values, [wrong value, what is expected, what is shown
# of the value if not all], ...]

my %directives = (
    restream => [\@any, ['on', 'off', 'ON'],
        ['maybe', '"on" or "off"'], ['1', '"on" or "off"'],
        ['""', '"on" or "off"']],

    restream_buffer => [\@any, ['64k', '16m', '1024m', '65536'],
        (map { [$_, 'a size from 64k to 1024m'] }
         qw/"" 0 1k 65535 1025m 1g -1 1.5m 0x10000 much 16mb
            9223372036854775807 99999999999999999999/)],

    (map { ("restream_${_}_timeout" => [\@any, ['100ms', '10s', '1h'],
        (map { [$_, 'a time from 100ms to 1h'] }
         qw/"" 0 99ms 61m 1d -1s 1.5s soon 10x 9223372036854775807
            99999999999999999999/)]) } qw/connect send/),

    restream_thread_pool => [['rtmp'], ['default', 'declared'],
        (map { [$_, 'the name of a "thread_pool"'] } qw/undeclared ""/)],

    restream_reconnect => [\@any,
        ['min=1s max=60s', 'max=60s min=1s', 'min=2m', 'max=200ms',
         'min=100ms max=100ms', 'min=1h max=1h'],
        (map { [$_, '"min=time" and "max=time" from 100ms to 1h'] }
         qw/"" 5s min= min=0 min=-1s max=99ms max=2h min=soon Min=1s
            max=99999999999999999999/),
        ['least=1s max=2s', '"min=time"', 'least=1s'],
        ['min=1s often', '"min=time" and "max=time"', 'often'],
        ['min=2s max=1s', 'a "min" that is not above "max"', 'min=2s']],

    restream_publisher_grace => [\@any, ['0', '10s', '1h'],
        (map { [$_, 'a time from 0 to 1h'] }
         qw/"" 2h -1 never 99999999999999999999/)],

    restream_chunk_size => [\@any, ['128', '64k', '16777215'],
        (map { [$_, 'a size from 128 to 16777215'] }
         qw/"" 0 127 16m 16777216 -1 small 99999999999999999999/)],

    (map { ("restream_$_" => [\@any, ['0', '40ms', '10s'],
        (map { [$_, 'a time from 0 to 10s'] }
         qw/"" 11s -1ms later 99999999999999999999/)]) }
     qw/flush batch/),

    restream_sendfile => [\@any, ['on', 'off'],
        (map { [$_, '"on" or "off"'] } qw/"" 1 yes/)],

    restream_bind => [\@any, ['127.0.0.1', '[::1]', '::1', '0.0.0.0'],
        (map { [$_, 'an address of this host'] }
         qw/"" 1.2.3 256.0.0.1 localhost eth0 [::1 [] 127.0.0.1:1935
            unix:\/x/)],

    restream_ssl_verify => [\@any, ['on', 'off'],
        (map { [$_, '"on" or "off"'] } qw/"" 1 optional/)],
    restream_ssl_trusted_certificate => [\@any, [$ca, '""'],
        ['/nonexistent/ca.pem', 'a file with PEM certificates'],
        ['%%TESTDIR%%/empty', 'a file with PEM certificates']],
    restream_ssl_protocols => [\@any, ['TLSv1.2', 'TLSv1.2 TLSv1.3',
                                       'TLSv1 TLSv1.1'],
        (map { [$_, '"TLSv1.2", "TLSv1.3"'] } qw/"" SSLv3 TLSv1.4 on/),
        ['TLSv1.3 all', '"TLSv1.2", "TLSv1.3"', 'all']],
    restream_ssl_ciphers => [\@any, ['HIGH:!aNULL', 'ECDHE-RSA-AES128-SHA256'],
        (map { [$_, 'a list as of openssl-ciphers(1)'] } qw/"" NONSENSE/)],
    restream_ssl_conf_command => [\@any, ['Options -SessionTicket'],
        ['Nonsense x', 'a command and its value as of SSL_CONF_cmd(3)'],
        ['Ciphersuites NONSENSE', 'a command and its value'],
        ['"" ""', 'a command and its value', ' ']],
    restream_ssl_server_name => [\@any, ['on', 'OFF', 'a.example', 'A_1-b.c',
                                         '192.0.2.1', '::1', 'a' x 255],
        (map { [$_, '"on", "off" or a host'] }
         '""', '"a b"', 'rtmp://a/', 'a:443', '[::1]', '*.example', '$host',
         'a' x 256)],

    restream_zone => [['rtmp'], ['64k', '4m', '1024m'],
        (map { [$_, 'a size from 64k to 1024m'] }
         qw/"" 0 63k 1025m -1 big 99999999999999999999/)],
);

my @repeatable = 'restream_ssl_conf_command';

###############################################################################

# the right values: all at once, each in an application of its own

my $applications = '';
my $count = 0;

for my $name (sort keys %directives) {
    my ($contexts, $good) = @{$directives{$name}};

    for my $value (@$good) {
        if ($contexts->[-1] eq 'application') {
            $applications .= "application a" . ++$count . " { live on;\n"
                . ($name eq 'restream' ? '' : 'restream on;')
                . " $name $value; }\n";
            next;
        }

        my ($code, $text) = check('rtmp', "$name $value;");
        is($code, 0, "$name $value") or diag($text);
    }
}

my ($code, $text) = check('server', $applications, bare => 1);
is($code, 0, "all of $count right values") or diag($text);

# in every context that is theirs

for my $context (qw/rtmp server/) {
    my $all = join "\n", map { "$_ $directives{$_}[1][0];" }
        grep { my $name = $_; grep { $_ eq $context } @{$directives{$name}[0]} }
        sort keys %directives;

    ($code, $text) = check($context, $all);
    is($code, 0, "all may stand in $context") or diag($text);
}

for my $context (qw/main http/) {
    ($code, $text) = check($context, 'restream on;');
    isnt($code, 0, "none may stand in $context");
    like($text, qr/"restream" directive is not allowed here/, 'and is told so');
}

###############################################################################

# the wrong ones, contexts, duplicates

for my $name (sort keys %directives) {
    my ($contexts, $good, @bad) = @{$directives{$name}};

    for my $case (@bad) {
        my ($value, $expected, $shown) = @$case;

        $value =~ s/%%TESTDIR%%/$t->dir()/e;
        ($shown = $value) =~ s/\A"(.*)"\z/$1/ if !defined $shown;

        my ($code, $text, $line) = check($contexts->[-1], "$name $value;");

        isnt($code, 0, "$name $value: is wrong");
        like($text, qr/\[emerg\] invalid "$name" value "\Q$shown\E"/,
             "$name $value: directive and value are named");
        like($text, qr/\Q$expected\E/, "$name $value: and what is expected");
        like($text, qr/ in \S*nginx\.conf:$line$/m,
             "$name $value: and where");
    }

    for my $context ('location',
                     @$contexts == 1 ? qw/server application/ : ())
    {
        my ($code, $text, $line) = check($context, "$name $good->[0];");

        isnt($code, 0, "$name: may not stand in $context");
        like($text, qr/"$name" directive is not allowed here in \S+:$line$/m,
             "$name: in $context: and is told so");
    }

    next if grep { $name eq $_ } @repeatable;

    my ($code, $text, $line) = check($contexts->[-1],
                                     "$name $good->[0]; $name $good->[0];");
    isnt($code, 0, "$name: may stand once");
    like($text, qr/"$name" directive is duplicate in \S+:$line$/m,
         "$name: and is told so");
}

is((check('application', 'restream_ssl_conf_command Options -SessionTicket; '
          . 'restream_ssl_conf_command MaxProtocol TLSv1.3;'))[0], 0,
   'several restream_ssl_conf_command are allowed');

###############################################################################

# restream_destination

my $key = 'a-secret-key';
my @good = (
    "a rtmp://h/app/$key", "a rtmps://h/app/$key", "a RTMP://h/app/$key",
    "a rtmp://h:65535/app/$key", "a rtmp://[::1]:1/app/$key",
    "a rtmp://h/a/b/c/$key", "a rtmp://h/app key=$key",
    "a rtmp://h/app?x=y key=$key", "a rtmp://h/app/$key?x=y/z",
    "a rtmp://u:another-secret\@h/app/$key", 'a rtmp://h/app/$name',
    'a rtmp://h/$app key=$name?$args', "a rtmp://h/app key=$key enabled=off",
    "a rtmp://h/app enabled=on key=$key", "a rtmp://h/app key=file:good",
    'a rtmp://h/app key=file:%%TESTDIR%%/good',
    "a rtmp://nowhere.invalid/a/$key",
    'x' x 100 . " rtmp://h/app/$key", "\"a b'c\" rtmp://h/app/$key",
    "a rtmp://h/app/$key; restream_destination b rtmp://h/app/$key",
    'a rtmp://h/app key=' . 'k' x 2048,
);

for my $words (@good) {
    my ($code, $text) = check('application', "restream_destination $words;");
    is($code, 0, 'a destination is right: ' . substr $words, 0, 60)
        or diag($text);
}

# [words, what is said]

my @bad = (
    ["a http://h/app/$key", 'scheme is not rtmp:// or rtmps://'],
    ["a h/app/$key", 'scheme is not'],
    ["a rtmp:/h/app/$key", 'scheme is not'],
    ["a rtmpe://h/app/$key", 'scheme is not'],
    ["a rtmp:///app/$key", 'no host'],
    ["a rtmp://:1935/app/$key", 'no host'],
    ["a rtmp://h:/app/$key", 'invalid port'],
    ["a rtmp://h:0/app/$key", 'invalid port'],
    ["a rtmp://h:65536/app/$key", 'invalid port'],
    ["a rtmp://h:$key/app/x", 'invalid port'],
    ["a rtmp://2001:db8::1/app/$key", 'an IPv6 address stands in brackets'],
    ["a rtmp://[::g]/app/$key", 'invalid IPv6 address'],
    ["a rtmp://[::1/app/$key", 'no "]"'],
    ["a rtmp://h\$name/app/$key", 'invalid character in host'],
    ["a rtmp://h/$key", 'no stream key at the end'],
    ["a rtmp://h/app/", 'no stream key at the end'],
    ["a rtmp://h key=$key", 'no application after the host'],
    ["a rtmp://h/ key=$key", 'no application after the host'],
    ["a rtmp://h/app key=", 'the key is empty'],
    ["a rtmp://h/app key=" . $key x 200, 'the key is longer than 2048 bytes'],
    ["a rtmp://h/app/" . $key x 200, 'stream key is longer than 2048 bytes'],
    ["a \"rtmp://h/app/$key x\"", 'a space or a control character'],
    ["a rtmp://:another-secret\@h/app/$key", 'no user before "@"'],
    ["a key=$key rtmp://h/app", 'unknown parameter 3'],
    ["a rtmp://h/app key=$key $key", 'unknown parameter 4'],
    ["a rtmp://h/app/$key $key", 'unknown parameter 3'],
    ["a rtmp://h/app/$key Key=$key", 'unknown parameter 3'],
    ["a rtmp://h/app key=$key key=$key", 'has two keys'],
    ["a rtmp://h/app/$key enabled=maybe", '"enabled=maybe", expected one'],
    ["a rtmp://h/app/$key enabled=on enabled=off", 'expected one'],
    ["a rtmp://h/app key=file:nonexistent", 'nonexistent" of '
     . '"restream_destination" "a" cannot be opened'],
    ["a rtmp://h/app key=file:%%TESTDIR%%", 'cannot be read'],
    (map { ["a rtmp://h/app key=file:$_", 'one line of 1 to 2048 bytes'] }
     qw/empty newline long/),
    ["\"\" rtmp://h/app/$key", '1 to 100 printable bytes'],
    ['x' x 101 . " rtmp://h/app/$key", '1 to 100 printable bytes'],
    ["\"a\tb\" rtmp://h/app/$key", '1 to 100 printable bytes'],
    ["a rtmp://h/app/$key; restream_destination a rtmp://g/app/$key",
     'duplicate "restream_destination" "a"'],

    # the name was forgotten, or stands behind the url

    ["rtmp://h/app/$key enabled=on", '1 to 100 printable bytes before the url'],
    ["rtmp://h/app/$key a", '1 to 100 printable bytes before the url'],
    ["rtmp://h/app/$key", 'invalid number of arguments'],
    ["a rtmp://h/app key=$key $key $key", 'invalid number of arguments'],
    ['a', 'invalid number of arguments'],
);

for my $case (@bad) {
    my ($words, $said) = @$case;
    my ($code, $text, $line) = check('application',
                                     "restream_destination $words;");
    my $name = substr $words, 0, 60;

    isnt($code, 0, "a destination is wrong: $name");
    like($text, qr/"restream_destination"/, "$name: the directive is named");
    like($text, qr/\Q$said\E/, "$name: and what is wrong");
    like($text, qr/ in \S*nginx\.conf:$line$/m, "$name: and where");
}

for my $context (qw/main rtmp server http location/) {
    my ($code, $text) = check($context,
                              "restream_destination a rtmp://h/a/$key;");
    isnt($code, 0, "a destination may not stand in $context");
    like($text, qr/"restream_destination" directive is not allowed here/,
         "$context: and is told so");
}

# names are an application's

is((check('server', join ' ', map { "application $_ { live on; restream on; "
    . "restream_destination a rtmp://h/app/$key; }" } 'one', 'two'))[0], 0,
   'two applications may use the same name');

###############################################################################

# restream on needs live on, wherever either stands

for (['', 'live on; restream on;', 0], ['live on;', 'restream on;', 0],
     ['restream on;', 'live on;', 0], ['live on; restream on;', '', 0],
     ['', 'restream on;', 1], ['restream on;', '', 1],
     ['live on;', 'restream on; live off;', 1],
     ['restream on;', 'restream off;', 0], ['', 'restream off;', 0])
{
    my ($outer, $inner, $wrong) = @$_;
    my ($code, $text) = check('server',
                              "$outer application needy { $inner }", bare => 1);

    is($code ? 1 : 0, $wrong, "server { $outer application { $inner } }")
        or diag($text);
    like($text, qr/"restream on" in \S+nginx\.conf:\d+ needs "live on" in app/,
         'and says what is needed') if $wrong;
}

# also in a file of its own, whose name is told

$t->write_file('app.conf', "\n\nrestream on;\n");
($code, $text) = check('server', 'application needy { include app.conf; }',
                          bare => 1);
isnt($code, 0, 'without live in an included file');
like($text, qr/"restream on" in \S+app\.conf:3 needs "live on"/,
     'and says which file');

$t->write_file('pool.conf', "\nrestream_thread_pool undeclared;\n");
($code, $text) = check('rtmp', 'include pool.conf;');
like($text, qr/"undeclared".* in \S+pool\.conf:2$/m,
     'an undeclared thread pool is told with its file, too');

# a default follows

is((check('application', 'restream_reconnect min=5m;'))[0], 0,
   'a min above the default max is right');

$t->done_testing();

###############################################################################

# (exit code, output, line) of nginx -t with the words in a context; bare: no
# application but what is in the words.

sub check {
    my ($context, $words, %o) = @_;

    my %in = map { $_ => '' } qw/main rtmp server application http location/;

    $in{$context} = $words;
    $in{application} .= ' restream on;'
        if $words !~ /\brestream [^_]/i && !$o{bare};

    my $app = $o{bare} ? ''
        : "application live { live on;\n$in{application}\n}";
    my $conf = <<"CONF";
%%GLOBALS%%
thread_pool declared threads=2;
$in{main}
events { }
rtmp {
    %%GLOBALS_RTMP%%
$in{rtmp}
    server {
        listen 127.0.0.1:%%PORT_0%%;
$in{server}
        $app
    }
}
http {
    %%GLOBALS_HTTP%%
$in{http}
    server {
        listen 127.0.0.1:%%PORT_80%%;
        location / {
$in{location}
        }
    }
}
CONF

    $conf =~ s/%%(GLOBALS\w*)%%/$globals{$1}/g;
    $conf =~ s/%%PORT_(\d+)%%/$t->port($1)/ge;
    $conf =~ s/%%TESTDIR%%/$t->dir()/ge;
    $t->write_file('nginx.conf', $conf);

    my @lines = split /\n/, $conf;
    (my $at = $words) =~ s/%%TESTDIR%%/$t->dir()/ge;
    my ($line) = grep { index($lines[$_ - 1], (split /\n/, $at)[0]) >= 0 }
        1 .. @lines;

    my ($code, $text) = $t->nginx_test();

    return ($code, $text, $line);
}
