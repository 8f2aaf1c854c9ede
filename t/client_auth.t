#!/usr/bin/perl

# Servers that want user and password, Adobe's and Limelight's way: three
# connections, the last of which publishes; what they refuse is told.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;

use constant PASSWORD => 'p:ss/w@rd%+$name&?';

# name, app, mode of the server, user and password that it knows, user and
# password as the url has them

my @accepted = (
    ['adobe', 'app', 'adobe', 'me', 'open-sesame', 'me:open-sesame'],
    ['llnw', 'app', 'llnw', 'me', 'open-sesame', 'me:open-sesame'],
    ['adobe-escaped', 'app', 'adobe', 'me@corp', PASSWORD,
     'me%40corp:p%3ass%2Fw%40rd%25+$name%26%3F'],
    ['llnw-escaped', 'a/b', 'llnw', 'me@corp', PASSWORD,
     'me@corp:p:ss%2fw@rd%25+%24name&?'],
    ['adobe-query', 'app?x=1', 'adobe', 'me', 'open-sesame', 'me:open-sesame'],
    ['llnw-tls', 'app', 'llnw', 'me', 'open-sesame', 'me:open-sesame'],
);

# and how they refuse: number of connections, reason, words

my @refused = (
    ['adobe-wrong', 'app', 'adobe', 'me', 'open-sesame', 'me:wrong-sesame',
     3, 'key-rejected', qr/\?reason=authfailed/],
    ['llnw-wrong', 'app', 'llnw', 'me', 'open-sesame', 'me:wrong-sesame',
     3, 'key-rejected', qr/\?reason=authfailed/],
    ['adobe-nobody', 'app', 'adobe', 'me', 'open-sesame', 'you:open-sesame',
     2, 'key-rejected', qr/\?reason=nosuchuser/],
    ['adobe-empty', 'app', 'adobe', 'me', 'open-sesame', 'me',
     3, 'key-rejected', qr/\?reason=authfailed/],
    ['adobe-none', 'app', 'adobe', 'me', 'open-sesame', undef,
     1, 'app-rejected', qr/code=403 need auth; authmod=adobe/],
    ['llnw-none', 'app', 'llnw', 'me', 'open-sesame', undef,
     1, 'app-rejected', qr/code=403 need auth; authmod=llnw/],
);

my $t = Test::Restream->new();

$t->secret(PASSWORD, 'open-sesame', 'wrong-sesame');

my %in;
my @destinations;
my $port = 1;

for my $server (@accepted, @refused) {
    my ($name, $app, $mode, $user, $password, $login) = @$server;
    my $scheme = $name =~ /tls/ ? 'rtmps' : 'rtmp';

    $in{$name} = $t->ingest(
        port => $port, tls => $name =~ /tls/ ? 'good' : undef,
        script => { auth => { mode => $mode, user => $user,
                              password => $password } });
    push @destinations, "restream_destination $name \"$scheme://"
        . (defined $login ? "$login\@" : '')
        . "127.0.0.1:%%PORT_$port%%/$app\" key=auth-key-$name;";
    $port++;
}

$t->expand(DESTINATIONS => join("\n", @destinations),
           CA => $t->tls()->ca_file());
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
            restream_publisher_grace 200ms;
            restream_ssl_trusted_certificate %%CA%%;

            %%DESTINATIONS%%
        }
    }
}

http {
    %%GLOBALS_HTTP%%

    server {
        listen 127.0.0.1:%%PORT_80%%;
        location = /restream/status { restream_status; }
    }
}
CONF

my $pub = $t->publish('live/show', media => { gop => 15 });

###############################################################################

# who knows the password gets in

for my $server (@accepted) {
    my ($name, $app, $mode, $user) = @$server;
    my $in = $in{$name};

    $in->wait(sub { $_[0]->frames(conn => 3) > 60 }, 10,
              "$name: media arrives") or next;

    is(first_commands($in, 3), 'connect connect connect releaseStream'
       . ' FCPublish createStream publish', "$name: at the third connection");

    my $first = $app =~ /\?/ ? '&' : '?';
    my $asks = "${first}authmod=$mode&user=$user";
    my $answers = $mode eq 'adobe'
        ? qr{&challenge=[0-9a-f]{8}&response=[\w+/]{22}==&opaque=b3BhcXVl}
        : qr{&nonce=bm9uY2VuY2U=&cnonce=[0-9a-f]{8}&nc=00000001
             &response=[0-9a-f]{32}}x;
    my @objects = map { $in->command($_, 'connect')->{args}[0] } 1 .. 3;

    is($objects[0]{app}, $app, "$name: the first tells nothing");
    is($objects[1]{app}, "$app$asks", "$name: the second says who");
    like($objects[2]{app}, qr/\A\Q$app$asks\E$answers\z/,
         "$name: the third proves it");

    is_deeply([map { @$_{qw/tcUrl swfUrl/} } @objects],
              [map { ($in->url($_->{app})) x 2 } @objects],
              "$name: tcUrl says the same");
    is($in->command(3, 'publish')->{args}[1], "auth-key-$name",
       "$name: the key is published");
    is_deeply([$in->messages(1), $in->messages(2)], [],
              "$name: no media before");
}

# the same way once more when the connection is lost

for my $name (qw/adobe llnw-tls/) {
    my $in = $in{$name};

    $in->control(do => 'reset', conn => 3);
    $in->wait(sub { $_[0]->frames(conn => 6) > 60 }, 10,
              "$name: media arrives at a sixth connection") or next;

    is(missing_frames($pub, $in), 0, "$name: no frame is lost");
    isnt($in->command(6, 'connect')->{args}[0]{app},
         $in->command(3, 'connect')->{args}[0]{app},
         "$name: no answer is given twice");
}

###############################################################################

# who does not is told so

for my $server (@refused) {
    my ($name, undef, undef, undef, undef, undef, $conns, $reason, $text) =
        @$server;

    my $d = wait_until {
        my $d = $t->destination('live', 'show', $name);
        $d && $d->{state} eq 'waiting' && $d;
    } 10, "$name: it waits" or next;

    is("$d->{reason}{code} $d->{reason}{class} $d->{reason}{serverCode}",
       "$reason needs-attention NetConnection.Connect.Rejected",
       "$name: $reason");
    like($d->{reason}{serverText}, $text, "$name: with the server's words");
    is(first_commands($in{$name}, $conns), join(' ', ('connect') x $conns),
       "$name: after $conns connections, without trying a publish");
    is($in{$name}->conns(), $conns, "$name: there is no other");
    is($d->{stats}{attempts}, 1, "$name: which are one attempt");
}

$t->done_testing();

###############################################################################

sub first_commands {
    my ($in, $conns) = @_;

    return join ' ', map { $in->commands($_) } 1 .. $conns;
}
