#!/usr/bin/perl

# Tokens of a file: what is written to it is in effect within seconds in every
# worker, also when nobody asks meanwhile; what is wrong in it is told once with
# its line, and the tokens of before stay; a file that workers may not read is
# told when they start.  Processes of nginx that are no workers stay out of it.

use warnings;
use strict;

use Test::More;

use Digest::SHA qw/sha256_hex/;

use lib 't/lib';
use Test::Restream;

use constant WORKERS => 3;

my $t = Test::Restream->new();
my $n = 0;

write_tokens(first => 'read', second => 'read');
$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%
worker_processes 3;

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    restream_store sqlite:state/restream.db;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;
            restream on;
        }
    }
}

http {
    %%GLOBALS_HTTP%%

    restream_api_token file:tokens;
    add_header X-Worker $pid always;
    proxy_cache_path cache keys_zone=cache:1m;

    server {
        listen 127.0.0.1:%%PORT_80%% reuseport;

        set_real_ip_from 127.0.0.1;
        real_ip_header X-Test-Address;

        location /restream/ {
            restream_api;
        }
    }
}
CONF

###############################################################################

is(everywhere('first'), 200, 'a token of the file');
is(everywhere('third'), 401, 'one that is not in it');

# another file in its place, as programs do

write_tokens(first => 'read', third => 'read');
wait_ok { everywhere('third') == 200 } 10, 'a new token is known';
is(everywhere('second'), 401, 'one that was taken out is not');
is(everywhere('first'), 200, 'one that stayed is');

# without a request in between

write_tokens(third => 'read');
wait_ok { $t->log_matches(qr/tokens" has changed, it has 1 tokens/) == WORKERS }
    10, 'every worker looks by itself';
is(everywhere('first'), 401, 'so the first request is refused already');

# a regular expression, and what it sees

write_tokens(third => 'read', fourth => 'read streams=~^live/(a|b){1,2}$');
wait_ok { everywhere('fourth') == 200 } 10, 'a token with a regex';

# as editors do: in place

append("sha256:nonsense read\n");
wait_ok { told(qr/line 4 of "restream_api_token" file "\S+tokens": no hash/) }
    10, 'what is wrong is told with its line';
is(everywhere('third'), 200, 'and what was there stays');

write_tokens(third => 'read', bad => 'read streams=~(');
wait_ok { told(qr/"restream_api_token" file "\S+tokens": pcre/) } 10,
    'so is a broken regex';
is(everywhere('bad'), 401, 'of which no token is taken');

unlink $t->dir() . '/tokens';
wait_ok { told(qr/file "\S+tokens": it cannot be read \(2: No such file/) } 10,
    'a file that is gone is told';
is(everywhere('third'), 200, 'what was there stays');
is($t->log_matches(qr/it cannot be read/), WORKERS, 'it is told once');

write_tokens(last => 'read');
wait_ok { everywhere('last') == 200 } 10, 'a file that is back is read';
is(everywhere('third'), 401, 'and is all there is');

unlike($t->read_log('error.log'), qr/\[(?:notice|warn|error)\].*nonsense/,
       'nothing of the file stands in the log');

SKIP: {
    skip 'not root, workers have the same rights', 2 if $> != 0;

    chmod 0600, $t->dir() . '/tokens';
    wait_ok { told(qr/it cannot be read \(13: Permission denied\)/) } 10,
        'a file that workers may not read is told';
    is(everywhere('last'), 200, 'what was there stays');
}

$t->done_testing();

###############################################################################

sub write_tokens {
    my (@tokens) = @_;

    my $text = "# tokens\n";

    while (my ($name, $rest) = splice @tokens, 0, 2) {
        $text .= 'sha256:' . sha256_hex($name) . " $rest name=$name\n";
    }

    $t->write_file('tokens.new', $text);
    rename $t->dir() . '/tokens.new', $t->dir() . '/tokens';
    return;
}


sub append {
    my ($text) = @_;

    open my $fh, '>>', $t->dir() . '/tokens' or die "open() failed: $!\n";
    print $fh $text;
    close $fh;
    return;
}


# every worker has told it, each once

sub told {
    my ($what) = @_;

    return $t->log_matches(qr/\[error\].*$what.*stay in effect/) == WORKERS;
}


# what all workers answer, to always another address; 0 if they do not agree

sub everywhere {
    my ($token) = @_;

    my %status;
    my $until = mono() + slowly(5);

    while (keys %status < WORKERS && mono() < $until) {
        my $http = $t->http_connect() or next;
        my $answer = $http->get('/restream/streams', headers => {
            Authorization => "Bearer $token",
            'X-Test-Address' => sprintf('10.0.%d.%d', $n >> 8, $n++ & 255),
        }) or next;

        $status{$answer->{headers}{'x-worker'}} = $answer->{status};
    }

    my %seen = map { $_ => 1 } values %status;

    return keys %seen == 1 ? (keys %seen)[0] : 0;
}
