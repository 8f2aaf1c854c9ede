#!/usr/bin/perl

# Keys and passwords are told to their servers and to nobody else: they are in
# no log at any level, no status, no error text, no argument or environment of
# a process, however a destination fails and whatever its server says; nor is a
# piece of one.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::Netns;
use Test::Restream::Util qw/slurp/;

# Secrets are made of letters that seldom meet: any eight of them in a row, in
# upper or lower case, are a piece of one.

use constant LETTERS => 'QXZJKV';

my $piece = qr/[QXZJKV]{8}/i;

my $t = Test::Restream->new(netns => 1);
my $dir = $t->dir();

srand $t->seed();

# name => [where to (PORT: its server), how its key is written, what its server
# does]; KEY and PASSWORD stand for secrets

my %to = (PORT => 'rtmp://127.0.0.1:PORT/app',
          TLS  => 'rtmps://127.0.0.1:PORT/app');
my @cases = (

    # ways to write a key

    ['in-url', "$to{PORT}/KEY", '', {}],
    ['in-url-query', "$to{PORT}/stream?token=KEY&x=/KEY", '', {}],
    ['as-key', $to{PORT}, 'key=KEY', {}],
    ['as-key-query', "$to{PORT}?app=KEY", '"key=KEY?a=KEY&b=%KEY$KEY"', {}],
    ['in-file', $to{PORT}, "key=file:$dir/KEY", {}],
    ['login', 'rtmp://user:PASSWORD@127.0.0.1:PORT/app', 'key=KEY', {}],
    ['login-encoded', 'rtmp://us%40er:PASSWORD%3AKEY@127.0.0.1:PORT/app',
     'key=KEY', {}],
    ['long', $to{PORT}, 'key=' . 'KEY' x 60, {}],
    ['off', "$to{PORT}/KEY", 'enabled=off', undef],
    ['tls', "$to{TLS}/KEY", '', {}],

    # ways to fail

    ['dns', 'rtmp://nowhere.invalid/app/KEY', '', undef],
    ['refused', "$to{PORT}/KEY", '', undef],
    ['unreachable', 'rtmp://192.0.2.1/app/KEY', '', undef],
    ['mute', "$to{PORT}/KEY", '', { mute => 'publish' }],
    ['closed', "$to{PORT}/KEY", '', { close => 'publish' }],
    ['reset', "$to{PORT}/KEY", '', { reset => 'publish' }],
    ['http', "$to{PORT}/KEY", '', { http => 'c0c1' }],
    ['garbage', "$to{PORT}/KEY", '', { garbage => 'publish' }],
    ['large', "$to{PORT}/KEY", '', { fault => { publish => 'large_command' } }],
    ['certificate', "$to{TLS}/KEY", '', { tls => 'self' }],
    ['tls-garbage', "$to{TLS}/KEY", '', { garbage => 'accept' }],
    ['lost', "$to{PORT}/KEY", '', { at => [{ frames => 20, do => 'close' }] }],
    ['wrong-login', 'rtmp://user:PASSWORD@127.0.0.1:PORT/app', 'key=KEY',
     { auth => { mode => 'adobe', user => 'user', password => 'another' } }],
    ['right-login', 'rtmp://user:PASSWORD@127.0.0.1:PORT/app', 'key=KEY',
     { auth => { mode => 'adobe', user => 'user', password => 'PASSWORD' } }],
    ['right-llnw', 'rtmp://user:PASSWORD@127.0.0.1:PORT/app', 'key=KEY',
     { auth => { mode => 'llnw', user => 'user', password => 'PASSWORD' } }],
    ['redirect', "$to{PORT}/KEY", '',
     { redirect => 'rtmp://127.0.0.1:1/KEY/KEY' }],
    ['redirect-odd', "$to{PORT}/KEY", '', { redirect => 'http://h/KEY' }],
    ['moved', "$to{PORT}/KEY", '', { at => [{ frames => 20, do => 'reconnect',
                                              url => 'http://h/KEY' }] }],

    # servers that repeat what they were told

    (map { ["says-$_->[0]", $to{PORT}, $_->[2] || 'key=KEY',
            { reject => { code => 'Denied', text => $_->[1] } }] }
     ['key', 'KEY'], ['twice', 'no KEY, no KEYKEY'],
     ['quoted', 'stream "KEY" is not known'], ['path', '/app/KEY?x=KEY'],
     ['edge', '-' x 185 . 'KEY'], ['far', '-' x 5000 . 'KEY'],
     ['middle', '-' x 120 . 'KEY' . '-' x 120],
     ['query', 'no KEY here', '"key=KEY?a=b&c=d"'],
     ['control', "a\r\nKEY\0KEY\e"],
     ['encoded', 'no QXZJ%2FKVQX%3fZJKV%26QXZJ%3DKVQX',
      '"key=QXZJ/KVQX?ZJKV&QXZJ=KVQX"']),
    ['says-part', $to{PORT}, 'key=KEY', 'part'],
    ['says-code', "$to{PORT}/KEY", '', { reject => { code => 'Net.KEY.Bad',
                                                     text => 'KEY' } }],
    ['says-connect', "$to{PORT}/KEY", '', { reject => {
        code => 'Net.KEY', text => 'app KEY', stage => 'connect' } }],
    ['says-password', 'rtmp://user:PASSWORD@127.0.0.1:PORT/app', 'key=KEY',
     { reject => { code => 'Denied', text => 'user, PASSWORD, KEY' } }],
    ['says-late', "$to{PORT}/KEY", '', { at => [{ frames => 20, do => 'status',
        level => 'error', code => 'Net.KEY', text => 'bye KEY' }] }],
);

my (%secret, @destinations, %in);

for my $i (0 .. $#cases) {
    my ($name, $url, $rest, $script) = @{$cases[$i]};
    my ($key, $password) = (secret(24), secret(16));
    my $port = $t->port($i + 1);

    $t->write_file($key, "$key\n") if $rest =~ /file:/;
    $script = { reject => { code => 'Denied', text => 'no stream '
                . substr($key, 4, 12) . ', ' . substr $key, 0, 8 } }
        if $script && !ref $script;

    s/PORT/$port/g, s/KEY/$key/g, s/PASSWORD/$password/g for $url, $rest;
    $secret{$name} = $key;
    push @destinations, "restream_destination $name \"$url\" $rest;";

    next if !$script;

    $in{$name} = $t->ingest(
        name => "in-$name", port => $i + 1,
        tls => $url =~ /rtmps/ ? 'good' : undef,
        script => fill($script, $key, $password));
}

$t->expand(DESTINATIONS => join("\n", @destinations),
           CA => $t->tls()->ca_file(), TIMEOUT => slowly(1000) . 'ms');
$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    server {
        listen 127.0.0.1:%%PORT_100%%;

        application live {
            live on;
            restream on;
            restream_publisher_grace 0;
            restream_connect_timeout %%TIMEOUT%%;
            restream_reconnect min=100ms max=300ms;
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

Test::Restream::Netns->command(qw/ip route add unreachable 192.0.2.1/);

###############################################################################

# the secrets are there to be seen, if they were shown

is($t->read_log('nginx.conf') =~ $piece ? 1 : 0, 1,
   'the configuration has secrets');
is((grep { $_ !~ $piece } values %secret), 0, 'which would be recognized');

my $pub = $t->publish('live/show', port => 100);
my @live = qw/in-url in-url-query as-key as-key-query in-file login
    login-encoded long tls right-login right-llnw moved/;
my @failed = grep { my $name = $_; $name ne 'off'
                    && !grep { $_ eq $name } @live } map { $_->[0] } @cases;
my %dst;
my @seen;

wait_ok {
    my $answer = $t->http_get('/restream/status');

    push @seen, $answer->{body} if $answer->{body} =~ $piece;
    %dst = map { $_->{name} => $_ }
        @{JSON::PP::decode_json($answer->{body})->{streams}[0]{destinations}};

    !grep({ $dst{$_}{state} ne 'live' } @live)
        && !grep { !$dst{$_}{lastError} } @failed;
} 20, 'those are live that can, the others have failed';

is_deeply(\@seen, [], 'no status has shown a piece of a secret');

# they have arrived where they belong

for my $name (@live) {
    my ($published) = reverse $in{$name}->events(ev => 'command',
                                                 name => 'publish');
    like($published->{args}[1], qr/\Q$secret{$name}\E|^stream\?token=/,
         "$name: its server got the key");
}

# and what servers said has been told, but for that

for my $name (grep { /^says/ } @failed) {
    my $error = $dst{$name}{lastError};

    like(join(' ', map { defined $_ ? $_ : '' }
              @$error{qw/serverCode serverText text/}),
         $name eq 'says-far' ? qr/-{100}/ : qr/\*\*\*/,
         "$name: told with a mark where the secret was");
}

my %said = map { $_ => $dst{"says-$_"}{lastError}{serverText} }
    qw/quoted part password/;

is($said{quoted}, 'stream "***" is not known', 'the rest of the words stays');
is($said{part}, 'no stream ***, ***', 'a part of a key is taken for it');
is($said{password}, 'user, ***, ***', 'a password is one, too');

###############################################################################

like(join("\n", $t->log_matches(qr/destination: "moved"/)),
     qr/asks to reconnect to a url that is not followed/,
     'moved: a url with a key is refused without it');

# processes

for my $pid ($t->master_pid(), $t->worker_pids()) {
    for my $what (qw/cmdline environ/) {
        unlike(slurp("/proc/$pid/$what"), $piece,
               "the $what of process $pid has none");
    }
}

# a reload, one with a mistake, and nginx -t

ok($t->reload(), 'a reload');

my $wrong = $t->read_log('nginx.conf');

$wrong =~ s/(restream_destination in-url [^;]*);/$1 $secret{'in-url'}x;/;
$t->write_file('nginx.conf', $wrong);

my ($code, $text) = $t->nginx_test();
isnt($code, 0, 'nginx -t finds a mistake in a destination');
unlike($text, $piece, 'and tells it without the key');
$t->signal('HUP');
wait_ok { $t->log_matches(qr/\[emerg\].*unknown parameter 3/) } 5,
    'so does a reload';

# the expected last word about them; harness and test read the same logs

$t->allow(log => qr/\[emerg\].*unknown parameter 3/);
$pub->stop();
wait_ok { !@{$t->status()->{streams}} } 10, 'the stream ends';
$t->stop();

# and the one of pieces

$t->secret('QXZJ%2FKVQX%3fZJKV%26QXZJ%3DKVQX');

for my $log (glob "$dir/*.log") {
    my ($name) = $log =~ m{([^/]+)\z};
    my $lines = 0;

    open my $fh, '<', $log or die "open() \"$log\" failed: $!\n";

    while (my $line = readline $fh) {
        next if $line !~ $piece;
        diag("$name: $line") if !$lines++;
    }

    is($lines, 0, "no line of $name has a piece of a secret");
}

isnt($t->log_matches(qr/\[debug\].*restream output/), 0,
     'the log was one for debugging');

$t->done_testing();

###############################################################################

sub secret {
    my ($size) = @_;

    return join '', map { substr LETTERS, rand length LETTERS, 1 } 1 .. $size;
}


# A script with its secrets.

sub fill {
    my ($script, $key, $password) = @_;

    return [map { fill($_, $key, $password) } @$script]
        if ref $script eq 'ARRAY';
    return { map { $_ => fill($script->{$_}, $key, $password) } keys %$script }
        if ref $script;

    $script =~ s/KEY/$key/g if defined $script;
    $script =~ s/PASSWORD/$password/g if defined $script;

    return $script;
}
