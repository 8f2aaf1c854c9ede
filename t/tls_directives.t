#!/usr/bin/perl

# Each restream_ssl_ directive has its effect, and is inherited.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::DNS;
use Test::Restream::Ingest;

my $t = Test::Restream->new(netns => 1);
my $dns = Test::Restream::DNS->new(dir => $t->dir());
my $ca = $t->tls()->ca_file();

$dns->hosts('127.0.0.1 localhost ingest.test elsewhere.test other.test');

# what "good" and "wrong" are certificates for: see Test::Restream::TLS

my $old = { tls_version => 'TLSv1', tls_ciphers => 'DEFAULT@SECLEVEL=0' };
my $only12 = { tls_version => 'TLSv1_2' };
my $only13 = { tls_version => 'TLSv1_3' };
my ($gcm, $cbc) = qw/ECDHE-ECDSA-AES128-GCM-SHA256 ECDHE-ECDSA-AES256-SHA/;
my ($chacha, $aes) = qw/TLS_CHACHA20_POLY1305_SHA256 TLS_AES_128_GCM_SHA256/;

# in rtmp{}: the CA of the test.  Name of the application => [its directives,
# host in the url, certificate, script, what comes of it]: a reason with a
# pattern for its words, or what the server sees of the handshake

my %cases = (

    # verify

    verified       => ['', '127.0.0.1', 'good', {}, {}],
    verify_self    => ['', '127.0.0.1', 'self', {}, 'tls-certificate',
                       'self[- ]signed'],
    verify_on_self => ['restream_ssl_verify on;', '127.0.0.1', 'self', {},
                       'tls-certificate', 'self[- ]signed'],
    verify_off     => ['restream_ssl_verify off;', '127.0.0.1', 'self', {}, {}],
    off_expired    => ['restream_ssl_verify off;', '127.0.0.1', 'expired', {},
                       {}],
    off_wrong      => ['restream_ssl_verify off;', '127.0.0.1', 'wrong', {},
                       {}],
    expired        => ['', '127.0.0.1', 'expired', {}, 'tls-certificate',
                       'certificate has expired'],
    future         => ['', '127.0.0.1', 'future', {}, 'tls-certificate',
                       'not yet valid'],
    wrong_address  => ['', '127.0.0.1', 'wrong', {}, 'tls-certificate',
                       'IP address mismatch'],
    wrong_host     => ['', 'localhost', 'wrong', {}, 'tls-certificate',
                       'hostname mismatch'],

    # trusted_certificate: without it that of the system, which knows nothing
    # of this one

    stranger       => ["restream_ssl_trusted_certificate $ca.system;",
                       '127.0.0.1', 'good', {}, 'tls-certificate',
                       'unable to get local issuer'],

    # protocols

    default_new    => ['', '127.0.0.1', 'good', {}, { version => 'TLSv1_3' }],
    default_12     => ['', '127.0.0.1', 'good', $only12,
                       { version => 'TLSv1_2' }],
    default_old    => ['', '127.0.0.1', 'good', $old, 'tls',
                       'unsupported protocol|protocol version'],
    only_12        => ['restream_ssl_protocols TLSv1.2;', '127.0.0.1', 'good',
                       {}, { version => 'TLSv1_2' }],
    only_13        => ['restream_ssl_protocols TLSv1.3;', '127.0.0.1', 'good',
                       $only12, 'tls', 'handshake failure|protocol version'],
    only_12_to_13  => ['restream_ssl_protocols TLSv1.2;', '127.0.0.1', 'good',
                       $only13, 'tls', 'unsupported protocol|protocol version'],
    old            => ['restream_ssl_protocols TLSv1;'
                       . ' restream_ssl_ciphers DEFAULT@SECLEVEL=0;',
                       '127.0.0.1', 'good', $old, { version => 'TLSv1' }],

    # ciphers, of TLS 1.2

    ciphers_gcm    => ["restream_ssl_ciphers $gcm;", '127.0.0.1', 'good',
                       $only12, { cipher => $gcm }],
    ciphers_cbc    => ["restream_ssl_ciphers $cbc;", '127.0.0.1', 'good',
                       $only12, { cipher => $cbc }],
    ciphers_none   => ["restream_ssl_ciphers $gcm;", '127.0.0.1', 'good',
                       { %$only12, tls_ciphers => $cbc }, 'tls',
                       'handshake failure'],

    # conf_command

    command_cipher => ["restream_ssl_conf_command Ciphersuites $chacha;",
                       '127.0.0.1', 'good', $only13, { cipher => $chacha }],
    command_two    => ["restream_ssl_conf_command Ciphersuites $aes;\n"
                       . 'restream_ssl_conf_command MaxProtocol TLSv1.3;',
                       '127.0.0.1', 'good', {}, { cipher => $aes }],
    command_max    => ['restream_ssl_conf_command MaxProtocol TLSv1.2;',
                       '127.0.0.1', 'good', {}, { version => 'TLSv1_2' }],

    # where there is no kTLS, it does no harm

    command_ktls   => ['restream_ssl_conf_command Options KTLS;', '127.0.0.1',
                       'good', {}, {}],

    # server_name: what is asked for, and what is checked

    name_on        => ['', 'ingest.test', 'good', {}, { sni => 'ingest.test' }],
    name_address   => ['', '127.0.0.1', 'good', {}, { sni => undef }],
    name_off       => ['restream_ssl_server_name off;', 'ingest.test', 'good',
                       {}, { sni => undef }],
    name_off_wrong => ['restream_ssl_server_name off;', 'other.test', 'good',
                       {}, 'tls-certificate', 'hostname mismatch'],
    name_other     => ['restream_ssl_server_name ingest.test;', 'other.test',
                       'good', {}, { sni => 'ingest.test' }],
    name_for_addr  => ['restream_ssl_server_name elsewhere.test;', '127.0.0.1',
                       'wrong', {}, { sni => 'elsewhere.test' }],
    name_wrong     => ['restream_ssl_server_name elsewhere.test;', 'localhost',
                       'good', {}, 'tls-certificate', 'hostname mismatch'],
    name_is_addr   => ['restream_ssl_server_name 127.0.0.1;', 'other.test',
                       'good', {}, { sni => undef }],

    # of the server{} below, but for one

    inherited      => ['', 'other.test', 'good', {},
                       { sni => 'ingest.test', version => 'TLSv1_2',
                         cipher => $gcm }],
    inherited_self => ['', 'other.test', 'self', {},
                       { sni => 'ingest.test', version => 'TLSv1_2' }],
    own            => ["restream_ssl_server_name on;\n"
                       . "restream_ssl_protocols TLSv1.3;\n"
                       . "restream_ssl_verify on;\n"
                       . "restream_ssl_conf_command Ciphersuites $chacha;",
                       'ingest.test', 'good', {},
                       { sni => 'ingest.test', version => 'TLSv1_3',
                         cipher => $chacha }],
    own_ciphers    => ["restream_ssl_ciphers $cbc;", 'other.test', 'good', {},
                       { cipher => $cbc, version => 'TLSv1_2' }],
);

my @names = sort keys %cases;
my (%in, %applications);

for my $i (0 .. $#names) {
    my $name = $names[$i];
    my ($directives, $host, $certificate, $script) = @{$cases{$name}};
    my $port = $t->port($i + 1);

    $applications{$name =~ /^(?:inherited|own)/ ? 'INNER' : 'OUTER'} .=
        "application $name { live on;\n$directives\n"
        . "restream_destination in rtmps://$host:$port/app/key-of-$name; }\n";
    $in{$name} = $t->ingest(name => "in-$name", port => $i + 1,
                            tls => $certificate, script => $script);
}

# any certificate but ours

$t->write_file('ca.pem.system', $t->read_log(
    (($t->tls()->files('self'))[0] =~ m{([^/]+)\z})[0]));

$t->expand(%applications, CA => $ca, GCM => $gcm, AES => $aes);
$t->write_file_expand('nginx.conf', <<'CONF')->run(enter => $dns->enter());
%%GLOBALS%%

events {
    worker_connections 1024;
}

rtmp {
    %%GLOBALS_RTMP%%

    restream on;
    restream_publisher_grace 0;
    restream_reconnect min=1h max=1h;
    restream_ssl_trusted_certificate %%CA%%;

    server {
        listen 127.0.0.1:%%PORT_100%%;
        %%OUTER%%
    }

    server {
        listen 127.0.0.1:%%PORT_101%%;
        restream_ssl_verify off;
        restream_ssl_server_name ingest.test;
        restream_ssl_protocols TLSv1.2;
        restream_ssl_ciphers %%GCM%%;
        restream_ssl_conf_command Ciphersuites %%AES%%;
        %%INNER%%
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

my @pubs = map { $t->publish("$_/show", media => { fps => 5, audio => undef,
    video_bps => 50_000 }, port => /^(?:inherited|own)/ ? 101 : 100) } @names;

###############################################################################

my %got;

wait_ok {
    %got = map { $_->{app} => $_->{destinations}[0] }
        @{$t->status()->{streams}};
    !grep { !$got{$_} || $got{$_}{state} !~ /live|waiting/ } @names;
} 20, 'all are live or have failed';

for my $name (@names) {
    my ($expected, $text) = @{$cases{$name}}[4, 5];
    my ($dst, $in) = ($got{$name}, $in{$name});

    if (!ref $expected) {
        is($dst->{lastError}{code} || $dst->{state}, $expected,
           "$name: fails for $expected");
        like($dst->{lastError}{text} || '', qr/\((?:.*)(?:$text)/,
             "$name: and says what");
        is($dst->{tls}, undef, "$name: no version and no cipher");
        is($in->events(ev => 'command'), 0, "$name: nothing was said to it");
        next;
    }

    is($dst->{state}, 'live', "$name: is live")
        or diag($dst->{lastError}{text}) or next;

    my ($seen) = $in->events(ev => 'tls');

    is($seen->{$_}, $expected->{$_}, "$name: $_") for sort keys %$expected;
    is($dst->{tls}{cipher}, $seen->{cipher}, "$name: and the status tells it");
}

# the system's certificates, where none are said: OpenSSL takes them from the
# file that this variable names

for my $file ($ca, '/dev/null') {
    my $system = Test::Restream->new();
    my $known = $file eq $ca;

    $system->write_file_expand('nginx.conf', <<'CONF')->run(enter => sub {
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
            restream_publisher_grace 0;
            restream_destination in rtmps://127.0.0.1:%%PORT_1%%/app/key-in;
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
        $ENV{SSL_CERT_FILE} = $file;
        $ENV{SSL_CERT_DIR} = '/nonexistent';
    });

    # a server with a certificate of the CA above

    my $in = Test::Restream::Ingest->new(
        name => 'in-system', dir => $t->dir(), port => $system->port(1),
        tls => 'good', authority => $t->tls());
    my $pub = $system->publish('live/show');

    my $dst = wait_ok {
        my $dst = $system->destination('live', 'show', 'in') || {};
        ($dst->{state} || '') =~ /live|waiting/ && $dst;
    } 10, 'system: the destination comes to something';

    is($dst->{state}, $known ? 'live' : 'waiting', $known
        ? "system: a certificate of the system's authorities is accepted"
        : 'system: and no other');
    is($dst->{lastError} && $dst->{lastError}{code},
       $known ? undef : 'tls-certificate', 'system: for that reason');
    $pub->stop();
    $system->finish();
}

$t->done_testing();
