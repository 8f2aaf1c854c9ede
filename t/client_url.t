#!/usr/bin/perl

# What a destination's url becomes: where is connected to, app and tcUrl of the
# connect with the true scheme, the stream name of the publish.  Nothing is
# decoded, nothing but the key's place is guessed.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;

my $t = Test::Restream->new(netns => 1)->has('ipv6');

# the default ports, where the ingests are not

my ($plain, $tls, $six) = map { $t->port($_) } 1 .. 3;

Test::Restream::Netns->command('nft', <<"NFT");
table inet ports {
    chain out {
        type nat hook output priority -100;
        ip daddr 127.0.0.1 tcp dport 1935 redirect to :$plain
        ip daddr 127.0.0.1 tcp dport 443 redirect to :$tls
        ip6 daddr ::1 tcp dport 1935 redirect to :$six
    }
}
NFT

# name => url, parameters; app, tcUrl, stream name; url as it is shown

my $at = "127.0.0.1:$plain";
my %forms = (
    'default-port' => ['rtmp://127.0.0.1/app', 'key=url-key-0',
        'app', 'rtmp://127.0.0.1/app', 'url-key-0', 'rtmp://127.0.0.1/app'],
    'given-port' => ['rtmp://127.0.0.1:1935/app', 'key=url-key-0',
        'app', 'rtmp://127.0.0.1/app', 'url-key-0',
        'rtmp://127.0.0.1:1935/app'],
    'other-port' => ["rtmp://$at/app", 'key=url-key-0',
        'app', "rtmp://$at/app", 'url-key-0', "rtmp://$at/app"],
    'tls-default' => ['rtmps://127.0.0.1/app/url-key-0', '',
        'app', 'rtmps://127.0.0.1/app', 'url-key-0', 'rtmps://127.0.0.1/app'],
    'tls-given' => ['rtmps://127.0.0.1:443/app/url-key-0', '',
        'app', 'rtmps://127.0.0.1/app', 'url-key-0',
        'rtmps://127.0.0.1:443/app'],
    'tls-other' => ["rtmps://127.0.0.1:$tls/app/url-key-0", '',
        'app', "rtmps://127.0.0.1:$tls/app", 'url-key-0',
        "rtmps://127.0.0.1:$tls/app"],
    'ipv6-default' => ['rtmp://[::1]/app/url-key-0', '',
        'app', 'rtmp://[::1]/app', 'url-key-0', 'rtmp://[::1]/app'],
    'ipv6-other' => ["rtmp://[0:0::1]:$six/app/url-key-0", '',
        'app', "rtmp://[0:0::1]:$six/app", 'url-key-0',
        "rtmp://[0:0::1]:$six/app"],
    'name' => ["RTMP://LocalHost:$plain/App/url-key-0", '',
        'App', "rtmp://LocalHost:$plain/App", 'url-key-0',
        "rtmp://LocalHost:$plain/App"],
    'deep' => ["rtmp://$at/a/b/c/url-key-0", '',
        'a/b/c', "rtmp://$at/a/b/c", 'url-key-0', "rtmp://$at/a/b/c"],
    'slashes' => ["rtmp://$at//app//", 'key=url-key-0',
        'app', "rtmp://$at/app", 'url-key-0', "rtmp://$at/app"],
    'backup' => ["rtmp://$at/live2?backup=1/url-key-0", '',
        'live2?backup=1', "rtmp://$at/live2?backup=1", 'url-key-0',
        "rtmp://$at/live2"],
    'app-query' => ["rtmp://$at/app?vhost=a/b", 'key=url-key-0/1?c=d/e',
        'app?vhost=a/b', "rtmp://$at/app?vhost=a/b", 'url-key-0/1?c=d/e',
        "rtmp://$at/app"],
    'key-query' => ["rtmp://$at/a/b/url-key-0?auth=c/d&e=f", '',
        'a/b', "rtmp://$at/a/b", 'url-key-0?auth=c/d&e=f', "rtmp://$at/a/b"],
    'only-query' => ["rtmp://$at/live-bvc/?streamname=url-key-0&x=1", '',
        'live-bvc', "rtmp://$at/live-bvc", '?streamname=url-key-0&x=1',
        "rtmp://$at/live-bvc"],
    'percent' => ["rtmp://$at/a%20b%2F/url-key-0%2f%25", '',
        'a%20b%2F', "rtmp://$at/a%20b%2F", 'url-key-0%2f%25',
        "rtmp://$at/a%20b%2F"],
    'odd' => ["rtmp://$at/a:b\@c/url-key-0:\@\$#+", '',
        'a:b@c', "rtmp://$at/a:b\@c", 'url-key-0:@$#+', "rtmp://$at/a:b\@c"],
);

$t->expand(CA => $t->tls()->ca_file(), DESTINATIONS => join "\n", map {
    "restream_destination $_ \"$forms{$_}[0]\" $forms{$_}[1];"
} sort keys %forms);

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

# the same at each of them

my @ingests = ($t->ingest(port => 1), $t->ingest(port => 2, tls => 'good'),
               $t->ingest(port => 3, addr => '::1'));
my $pub = $t->publish('live/show');

###############################################################################

my %expected;

for my $name (keys %forms) {
    my (undef, undef, $app, $tc_url, $key) = @{$forms{$name}};
    $expected{$name} = "$app $tc_url $key";
}

wait_ok { (my @all = map { published($_) } @ingests) == keys %forms } 15,
    'all destinations are reached';
is_deeply([sort map { published($_) } @ingests], [sort values %expected],
          'each with its app, tcUrl and stream name');

is(scalar(my @tls = published($ingests[1])), 3, 'three by TLS');
is(scalar(my @six = published($ingests[2])), 2, 'two by IPv6');

wait_ok {
    my $stream = $t->stream('live', 'show') || {};
    (grep { $_->{state} eq 'live' } @{$stream->{destinations}}) == keys %forms
} 15, 'all are live';

my %shown = map { $_->{name} => $_->{url} }
    @{$t->stream('live', 'show')->{destinations}};

is_deeply(\%shown, { map { $_ => $forms{$_}[5] } keys %forms },
          'the url is shown without key and query');

$t->done_testing();

###############################################################################

# "app tcUrl name" of each publish.

sub published {
    my ($in) = @_;

    return map {
        my $connect = $in->command($_->{conn}, 'connect')->{args}[0];
        "$connect->{app} $connect->{tcUrl} $_->{args}[1]";
    } $in->events(ev => 'command', name => 'publish');
}
