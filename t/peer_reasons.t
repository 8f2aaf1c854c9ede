#!/usr/bin/perl

# Every failure says why: its state, reason and class, in words, with the
# server's own code and description, when it happened, the number of the
# attempt and when the next one is due.

use warnings;
use strict;

use Test::More;

use Digest::MD5 qw/md5_hex/;
use Time::HiRes qw/time/;

use lib 't/lib';
use Test::Restream;
use Test::Restream::DNS;
use Test::Restream::Netns;
use Test::Restream::Status;
use Test::Restream::Util qw/slurp/;

# not stretched in full: what needs attention is tried again after half a
# minute, and what had been live for 5 s at once

use constant {
    FIRST_PORT => 100,
    CONNECT    => slow() > 1 ? 12 : 3,  # s, restream_connect_timeout
    SEND       => slow() > 1 ? 2 : 1,   # restream_send_timeout
    ADDRESS    => 5,                    # that each address has at most
};

my %attention = map { $_ => 1 }
    qw/tls-certificate not-rtmp app-rejected key-rejected/;

my $at = '127.0.0.1:\d+';
my $connect = 'NetConnection.Connect';
my $publish = 'NetStream.Publish';

# name of the destination, what its server does (nothing: there is none), the
# reason, what stands in brackets behind its words (a pattern; '': nothing);
# said: the server's words; url, host, scheme, tls: where it is; live: it has
# been so before

my @cases = (

    # no connection

    ['dns', undef, 'dns', 'Name or service not known',
     url => 'rtmp://nowhere.test/app'],
    ['dns-broken', undef, 'dns', 'Temporary failure in name resolution',
     url => 'rtmp://broken.test/app'],
    ['dns-silent', undef, 'dns', 'the name server did not answer in time',
     url => 'rtmp://silent.test/app'],
    ['refused', undef, 'refused', "$at: Connection refused"],
    ['refused6', undef, 'refused', '\[::1\]:\d+: Connection refused',
     host => '[::1]'],
    ['unreachable', undef, 'unreachable', '192.0.2.1:1935: No route to host',
     url => 'rtmp://192.0.2.1/app'],
    ['prohibited', undef, 'unreachable', '192.0.2.2:1935: Permission denied',
     url => 'rtmp://192.0.2.2/app'],
    ['blackholed', undef, 'unreachable', '192.0.2.3:1935: Invalid argument',
     url => 'rtmp://192.0.2.3/app'],
    ['no-network', undef, 'unreachable',
     '198.51.100.1:1935: Network is unreachable',
     url => 'rtmp://198.51.100.1/app'],
    ['hole', {}, 'timeout',
     CONNECT > ADDRESS ? "$at: Connection timed out" : 'while connecting'],

    # no answer

    ['mute', { mute => 'accept' }, 'timeout', 'in the RTMP handshake'],
    ['mute-c0c1', { mute => 'c0c1' }, 'timeout', 'in the RTMP handshake'],
    ['mute-s1', { mute => 's1' }, 'timeout', 'in the RTMP handshake'],
    ['mute-c2', { mute => 'c2' }, 'timeout', 'connect was not answered'],
    ['mute-connect', { mute => 'connect' }, 'timeout',
     'connect was not answered'],
    ['mute-release', { mute => 'release' }, 'timeout',
     'createStream was not answered'],
    ['mute-create', { mute => 'create' }, 'timeout',
     'createStream was not answered'],
    ['mute-publish', { mute => 'publish' }, 'timeout',
     'publish was not answered'],

    # TLS

    ['tls-mute', { mute => 'accept' }, 'timeout', 'in the TLS handshake',
     tls => 'good'],
    ['tls-close', { close => 'accept' }, 'tls', 'unexpected eof while reading',
     tls => 'good'],
    ['tls-garbage', { garbage => 'accept' }, 'tls', 'wrong version number',
     tls => 'good'],
    ['tls-http', { http => 'accept' }, 'tls', 'wrong version number',
     tls => 'good'],
    ['tls-old', { tls_version => 'TLSv1', tls_ciphers => 'DEFAULT@SECLEVEL=0' },
     'tls', 'unsupported protocol|.*protocol version', tls => 'good'],
    ['certificate-self', {}, 'tls-certificate', 'self[- ]signed certificate',
     tls => 'self'],
    ['certificate-expired', {}, 'tls-certificate', 'certificate has expired',
     tls => 'expired'],
    ['certificate-future', {}, 'tls-certificate',
     'certificate is not yet valid', tls => 'future'],
    ['certificate-wrong', {}, 'tls-certificate', 'IP address mismatch',
     tls => 'wrong'],

    # no RTMP

    ['http', { http => 'c0c1' }, 'not-rtmp', '.*version is not 3'],
    ['http-at-once', { http => 'accept' }, 'not-rtmp', '.*version is not 3'],
    ['garbage', { garbage => 'c0c1' }, 'not-rtmp', '.*version is not 3'],

    # lost before the broadcast began

    (map { ["close-$_", { close => $_ }, 'handshake',
            "$at: closed by the server"] } qw/accept c0c1 s1 c2 connect/),
    (map { ["reset-$_", { reset => $_ }, 'handshake',
            "$at: Connection reset by peer"] } qw/c0c1 connect/),
    ['tls-server', {}, 'handshake', "$at: .*", tls => 'good', scheme => 'rtmp'],
    (map { ["close-$_", { close => $_ }, 'closed-before-start',
            "$at: closed by the server"] } qw/release create publish/),
    ['reset-publish', { reset => 'publish' }, 'closed-before-start',
     "$at: Connection reset by peer"],

    # refused with words

    (map { my ($name, $reject, $code, $said) = @$_;
           [$name, { reject => { code => $reject, text => "as $name" } }, $code,
            '', said => [$said, "as $name"]] }
     ['invalid-app', 'InvalidApp', 'app-rejected', "$connect.InvalidApp"],
     ['no-connect', 'ConnectRejected', 'app-rejected', "$connect.Rejected"],
     ['app-shutdown', 'AppShutdown', 'closed', "$connect.AppShutdown"],
     ['name-in-use', 'BadName', 'name-in-use', "$publish.BadName"],
     ['denied', 'Denied', 'key-rejected', "$publish.Denied"],
     ['rejected', 'Rejected', 'key-rejected', "$publish.Rejected"],
     ['odd', 'Platform.Quota', 'key-rejected', 'Platform.Quota']),
    ['bad-name', { reject => { code => 'BadName', text => 'Invalid key.' } },
     'key-rejected', '', said => ["$publish.BadName", 'Invalid key.']],
    ['odd-connect', { reject => { code => 'Platform.Away', text => 'moved',
                                  stage => 'connect' } },
     'app-rejected', '', said => ['Platform.Away', 'moved']],
    ['no-login', { auth => { mode => 'adobe', user => 'u', password => 'p' } },
     'app-rejected', '', said => ["$connect.Rejected",
     '[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : ']],
    ['circles', 'itself', 'app-rejected', 'the server redirects in circles'],
    ['downgrade', { redirect => 'rtmp://127.0.0.1/app' }, 'app-rejected',
     'the server redirects from rtmps to rtmp', tls => 'good'],

    # lost afterwards

    (map { my ($name, $do, @more) = @$_;
           [$name, { at => [{ after => SEND, %$do }] }, @more, live => 1] }
     ['closed', { do => 'close' }, 'closed', "$at: closed by the server"],
     ['reset', { do => 'reset' }, 'closed',
      "$at: (?:Connection reset by peer|Broken pipe)"],
     ['failed', { do => 'status', level => 'error', code => 'NetStream.Failed',
                  text => 'no disk' },
      'closed', '', said => ['NetStream.Failed', 'no disk']],
     ['taken', { do => 'status', level => 'error', code => "$publish.BadName",
                 text => 'taken over' },
      'name-in-use', '', said => ["$publish.BadName", 'taken over']],
     ['stalled', { do => 'freeze' }, 'stalled', '', rcvbuf => 32768],
     ['unpublished', { do => 'unpublish' }, 'unpublished', '',
      said => ['NetStream.Unpublish.Success', 'Stopped.']],
     ['goodbye', { do => 'goodbye' }, 'unpublished', '',
      said => ['close', undef]],
     ['garbage-live', { do => 'garbage' }, 'closed',
      '[a-z ]+']),
);

my $t = Test::Restream->new(netns => 1)->has('ipv6');
my $dns = Test::Restream::DNS->new(dir => $t->dir(),
                                   options => 'timeout:' . CONNECT / 3
                                              . ' attempts:5');

$dns->set('nowhere.test' => 'NXDOMAIN', 'broken.test' => 'SERVFAIL');

Test::Restream::Netns->command('ip', 'route', 'add', @$_)
    for ['unreachable', '192.0.2.1'], ['prohibit', '192.0.2.2'],
        ['blackhole', '192.0.2.3'];

# the one list of reasons: its rows are X(SYMBOL, "code", CLASS, "text" "text")

my $list = slurp($t->tree()
                 . '/ngx_rtmp_restream_module/model/restream_reason.h');
my %words;

while ($list =~ /X\(\w+, "([^"]+)", \w+,((?:[\s\\]*"[^"]*")+)\)/g) {
    my ($code, $strings) = ($1, $2);
    $words{$code} = join '', $strings =~ /"([^"]*)"/g;
}

my $port = FIRST_PORT;
my @destinations;

for my $case (@cases) {
    my ($name, $script, $code, $more, %o) = @$case;
    my $scheme = $o{scheme} || ($o{tls} ? 'rtmps' : 'rtmp');
    my $url = $o{url} || "$scheme://" . ($o{host} || '127.0.0.1') . ':'
        . $t->port(++$port) . '/app';

    $case = { %o, name => $name, code => $code, more => $more };
    push @destinations, "restream_destination $name $url key="
        . md5_hex($name) . ';';

    next if !$script;

    $script = { redirect => $url } if $script eq 'itself';
    $case->{ingest} = $t->ingest(
        name => "in-$name", port => $port, tls => $o{tls}, script => $script,
        rcvbuf => $o{rcvbuf});
}

# a place that takes no packets, and tells nobody

my ($hole) = grep { $_->{name} eq 'hole' } @cases;

Test::Restream::Netns->nft('table inet hole { chain in {
    type filter hook input priority 0;
    tcp dport ' . $hole->{ingest}->port() . ' drop; }; }');

$t->expand(DESTINATIONS => join("\n", @destinations), CONNECT => CONNECT,
           SEND => SEND, CA => $t->tls()->ca_file());
$t->write_file_expand('nginx.conf', <<'CONF')->run(enter => $dns->enter());
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    restream on;
    restream_publisher_grace 2s;
    restream_ssl_trusted_certificate %%CA%%;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        # but for those that were live, one attempt

        application live {
            live on;
            restream_connect_timeout %%CONNECT%%s;
            restream_send_timeout %%SEND%%s;
            restream_reconnect min=1h max=1h;

            %%DESTINATIONS%%
            restream_destination disabled rtmp://127.0.0.1/app/key-disabled
                                 enabled=off;
        }

        application bound {
            live on;
            restream_bind 203.0.113.9;
            restream_reconnect min=1h max=1h;
            restream_destination bound rtmp://127.0.0.1/app/key-bound;
        }

        application good {
            live on;
            restream_destination good rtmp://127.0.0.1:%%PORT_1%%/app/key-good;
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
my @workers = $t->worker_pids();
my $good = $t->publish('good/show');
my $pub = $t->publish('live/show');

###############################################################################

# on the way

my %on_the_way = (
    'dns-silent' => 'resolving', hole => 'connecting',
    'tls-mute' => 'connecting', mute => 'publishing',
    'mute-publish' => 'publishing', 'closed' => 'live');

for my $name (sort keys %on_the_way) {
    my $dst = wait_ok {
        my $dst = $t->destination('live', 'show', $name);
        $dst->{state} eq $on_the_way{$name} && $dst;
    } 5, "$name is $on_the_way{$name}";

    is($dst->{reason}, undef, "$name: there is no reason yet");
    is($dst->{stats}{nextAttemptAt}, undef, "$name: no attempt is due");
    is($dst->{stats}{attempts}, 1, "$name: this is the first one");
}

###############################################################################

# where it ends

my %attempts = map { $_->{name} => $_->{live} ? 2 : 1 } @cases;
my %destinations;

# at the same time: one of so many may be tried again within the hour, soon

wait_ok {
    %destinations = map { $_->{name} => $_ }
        @{$t->stream('live', 'show')->{destinations}};
    @cases == grep { $_->{state} eq 'waiting'
                     && $_->{stats}{attempts} >= $attempts{$_->{name}} }
        values %destinations;
} 30, 'all of them wait';

my @log = grep { !/\[debug\]/ } split /\n/, $t->read_log();

for my $case (@cases) {
    my $name = $case->{name};
    my $attempts = $attempts{$name};
    my $dst = $destinations{$name};

    my ($reason, $stats) = @$dst{qw/reason stats/};

    my $class = $attention{$case->{code}} ? 'needs-attention' : 'retryable';
    my $said = $case->{said} || [];
    my ($words, $more) = $reason->{text} =~ /\A(.*?)(?: \((.*)\))?\z/;

    is_deeply([@$reason{qw/code class serverCode serverText/}],
              [$case->{code}, $class, @$said[0, 1]],
              "$name: $case->{code}, $class, the server's words");
    is($words, $words{$case->{code}}, "$name: says why");
    like(defined $more ? $more : '', qr/\A(?:$case->{more})\z/,
         "$name: and more of it");
    is_deeply($dst->{lastError}, $reason, "$name: is the last error");
    is($dst->{state}, 'waiting', "$name: waits");
    cmp_ok($stats->{attempts}, '>=', $attempts, "$name: attempts are counted");

    my ($when, $since, $next) = map { at_ms($_) }
        $reason->{at}, $dst->{since}, $stats->{nextAttemptAt};

    ok(defined $when && abs($when - time * 1000) < slowly(60_000)
       && abs($since - $when) < 100, "$name: tells when");
    $class eq 'needs-attention'
        ? is($next - $since, 30_000 * 2 ** ($stats->{attempts} - 1),
             "$name: tries again in 30 s, and in twice that")
        : ok($next >= $since && $next < $since + 3_600_000,
             "$name: tries again, it says when");

    my @lines = grep { /destination: "\Q$name\E"/ } @log;
    my @errors = grep { /\[error\].*destination failed: / } @lines;

    # a line for each change: live, and lost again; else for the first failure

    my $changes = $case->{live} ? $stats->{attempts} : 1;

    is(scalar @errors, $changes, "$name: its failure is in the log");
    is(scalar(grep { /destination is live/ } @lines),
       $case->{live} ? $changes : 0, "$name: so is that it was live");
    is(scalar @lines, @errors * ($case->{live} ? 2 : 1),
       "$name: and nothing else");
    like($errors[-1], qr/\Q$reason->{text}\E/, "$name: in the same words");
    like($errors[0], qr/, server: "\[::1\]:\d+"/,
         "$name: and which server") if $case->{host};
    like($errors[0], qr/, the server said "\Q$said->[0]\E"/,
         "$name: and the server's") if $said->[0];
    like($errors[0], qr/"\Q$said->[1]\E"/, "$name: all of them") if $said->[1];
    cmp_ok($when / 1000 - (time - mono() + ($case->{ingest}->events(
        ev => 'command'))[-1]{at}), '<', slowly(1), "$name: within a second")
        if $case->{code} =~ /rejected|in-use/ && !$case->{live};
    is($case->{ingest}->frames(), 0, "$name: no media was sent to it")
        if $case->{ingest} && !$case->{live};
}

my $bound_pub = $t->publish('bound/show');
my $bound = wait_ok {
    my $dst = $t->destination('bound', 'show', 'bound');
    $dst->{state} eq 'waiting' && $dst;
} 5, 'no such local address';
is($bound->{reason}{code}, 'unreachable', 'is unreachable from here');
like($bound->{reason}{text}, qr/Cannot assign requested address/, 'in words');

###############################################################################

# off, and live without an encoder

my $off = $t->destination('live', 'show', 'disabled');

is($off->{state}, 'off', 'what is disabled is off');
is($off->{enabled}, JSON::PP::false(), 'and says so');
is($off->{reason}{code}, 'disabled', 'the reason is disabled');
is($off->{reason}{class}, undef, 'which is no failure');
is($off->{lastError}, undef, 'nor an error');
is($off->{stats}{attempts}, 0, 'never tried');
is($off->{stats}{nextAttemptAt}, undef, 'nor will it be');

my $dst = $t->destination('good', 'show', 'good');

is($dst->{state}, 'live', 'its neighbour is live');
is($dst->{reason}, undef, 'for no other reason');
is($dst->{lastError}, undef, 'and has had no error');

$good->close();

my $gone = wait_ok {
    my $dst = $t->destination('good', 'show', 'good');
    $dst->{reason} && $dst;
} 2, 'the encoder goes';

is($gone->{state}, 'live', 'the state stays live');
is($gone->{reason}{code}, 'publisher-gone', 'the reason is publisher-gone');
is($gone->{reason}{class}, undef, 'which is no failure');
is($gone->{lastError}, undef, 'nor an error');

$good->republish();
wait_ok { !defined $t->destination('good', 'show', 'good')->{reason} } 5,
    'the encoder is back: no reason any more';

is(missing_frames($good, $in), 0, 'no frame of it was lost');
is_deeply([$t->worker_pids()], \@workers, 'the worker is the same');

$t->allow(violation => qr/in-downgrade|in-circles/);
$t->done_testing();
