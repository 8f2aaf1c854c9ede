#!/usr/bin/perl

# Names are resolved on threads, which nginx has for some event methods only:
# with another one nginx -t says so, instead of a worker that cannot start.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;

my $t = Test::Restream->new(static => 1)->has('static');

###############################################################################

for my $method (qw/poll select/) {
    my ($code, $text) = check("use $method;", 'on');

    isnt($code, 0, "relaying with $method is wrong");
    like($text, qr/\[emerg\] "restream on" in \S+nginx\.conf:15 does not work /,
         'and where it is told');
    like($text, qr/ with "use $method" in events, expected "use epoll"$/m,
         'with what is expected');

    ($code, $text) = check("use $method;", 'off');
    is($code, 0, "not relaying with $method is right") or diag($text);
}

for my $use ('use epoll;', '') {
    my ($code, $text) = check($use, 'on');
    is($code, 0, "relaying with \"$use\" is right") or diag($text);
}

$t->done_testing();

###############################################################################

sub check {
    my ($use, $enable) = @_;

    $t->expand(USE => $use, ENABLE => $enable);
    $t->write_file_expand('nginx.conf', <<'CONF');
events {
    %%USE%%
}

pid %%TESTDIR%%/nginx.pid;

rtmp {
    access_log off;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;
            restream %%ENABLE%%;
        }
    }
}
CONF

    return $t->nginx_test();
}
