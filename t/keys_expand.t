#!/usr/bin/perl

# $name, $app and $args in the key and behind the host of the url stand for
# those of the publish.  Every other $ is left alone, and so is any in what
# they stand for.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;

# key and what becomes of it when live/show?a=1&b=2 is published

my @keys = (
    ['$name', 'show'],
    ['$app', 'live'],
    ['$args', 'a=1&b=2'],
    ['$name?$args', 'show?a=1&b=2'],
    ['x-$app-$name-y', 'x-live-show-y'],
    ['$name$name$app', 'showshowlive'],
    ['$name.$app', 'show.live'],
    ['$$name', '$show'],
    ['$names', '$names'],
    ['$name_', '$name_'],
    ['$name2', '$name2'],
    ['$Name', '$Name'],
    ['$NAME', '$NAME'],
    ['$arg', '$arg'],
    ['$nam', '$nam'],
    ['${name}', '${name}'],
    ['$(name)', '$(name)'],
    ['$', '$'],
    ['$$', '$$'],
    ['a$', 'a$'],
    ['$-name', '$-name'],
    ['%24name', '%24name'],
    ['$host$uri$1', '$host$uri$1'],
);

# behind the host: app, tcUrl's path, name

my @urls = (
    ['$app/k', 'live', 'k'],
    ['x/$name/k', 'x/show', 'k'],
    ['$app-$names?v=$name/$name', 'live-$names?v=show', 'show'],
    ['app/$name?$args', 'app', 'show?a=1&b=2'],
    ['app/$app$apps', 'app', 'live$apps'],
);

my $t = Test::Restream->new();
my $n = 0;

$t->expand(DESTINATIONS => join "\n",
    (map { 'restream_destination key' . $n++ . ' rtmp://127.0.0.1:%%PORT_1%%/'
           . "app$n \"key=$_->[0]\";" } @keys),
    (map { 'restream_destination url' . $n++ . ' "rtmp://127.0.0.1:'
           . "%%PORT_2%%/$_->[0]\";" } @urls));

my $conf = <<'CONF';
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

            %%DESTINATIONS%%
        }

        application other {
            live on;
            restream on;
            restream_publisher_grace 200ms;

            restream_destination a rtmp://127.0.0.1:%%PORT_3%%/$app
                                 "key=$name?$args";
            restream_destination b rtmp://me:$name@127.0.0.1:%%PORT_4%%/app
                                 key=k;
        }
    }
}
CONF

$t->write_file_expand('nginx.conf', $conf)->run();

my ($keys, $urls, $other) = map { $t->ingest(port => $_) } 1 .. 3;
my $auth = $t->ingest(port => 4, script => { auth => {
    mode => 'adobe', user => 'me', password => '$name' } });

$t->publish('live/show?a=1&b=2');

###############################################################################

# the key

wait_ok { (my @all = published($keys)) == @keys } 10, 'the keys are published';

my %published = map { @$_[0, 2] } published($keys);

for my $i (0 .. $#keys) {
    my ($key, $expected) = @{$keys[$i]};

    is($published{'app' . ($i + 1)}, $expected, "key $key: $expected");
}

# the url

wait_ok { (my @all = published($urls)) == @urls } 10, 'and all of the url';

is_deeply([sort map { "$_->[0] $_->[2]" } published($urls)],
          [sort map { "$_->[1] $_->[2]" } @urls],
          'behind the host it is expanded: app and name');
is_deeply([sort map { $_->[1] } published($urls)],
          [sort map { $urls->url($_->[1]) } @urls], 'and in tcUrl');

###############################################################################

# each stream its own; nothing is expanded twice

my @streams = (['one?x', 'one?x'], ['two', 'two?'],
               ['$app$name?$args', '$app$name?$args'],
               ['a%20b?c=%2F$name', 'a%20b?c=%2F$name']);

for my $stream (@streams) {
    my ($published, $expected) = @$stream;

    $t->publish("other/$published");
    wait_ok { grep { $_->[2] eq $expected } published($other) } 10,
        "$published: $expected";
}

is_deeply([map { $_->[0] } published($other)], [('other') x @streams],
          'the app is that of the publish');

wait_ok { $auth->events(ev => 'start') } 10, 'a password is left alone';

###############################################################################

# in the host there is none

my $wrong = $conf =~ s{rtmp://127.0.0.1:%%PORT_3%%}{rtmp://\$name.test}r;

$t->write_file_expand('nginx.conf', $wrong);
my ($code, $output) = $t->nginx_test();
is($code, 1, 'a variable in the host is refused');
like($output, qr/invalid character in host/, 'with a reason');

$t->done_testing();

###############################################################################

# [app, tcUrl, name] of each publish

sub published {
    my ($in) = @_;

    return map {
        my $connect = $in->command($_->{conn}, 'connect')->{args}[0];
        [@$connect{qw/app tcUrl/}, $_->{args}[1]];
    } $in->events(ev => 'command', name => 'publish');
}
