#!/usr/bin/perl

# Many streams with many destinations each, in four workers: one answer has all
# of them, whichever worker gives it.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;

use constant {
    STREAMS      => 20,
    DESTINATIONS => 10,
};

my $t = Test::Restream->new(log_level => 'info');

# a name of the greatest length each, so that the answer is large

$t->expand(DESTINATIONS => join "\n", map {
    "restream_destination " . name($_)
        . " rtmp://127.0.0.1:%%PORT_1%%/app/$_ key=key-$_-of-\$name;"
} 1 .. DESTINATIONS);

$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%
worker_processes 4;

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

my $in = $t->ingest(port => 1);
my @pubs = map { $t->publish("live/show$_", media => {
    audio => undef, fps => 4, gop => 4, video_bps => 20_000 }) } 1 .. STREAMS;

###############################################################################

my $status;

wait_ok {
    $status = $t->status();
    STREAMS * DESTINATIONS == grep { $_->{state} eq 'live' }
        map { @{$_->{destinations}} } @{$status->{streams}};
} 20, 'all destinations are live';

is(@{$status->{streams}}, STREAMS, 'every stream is there');
is_deeply([sort map { $_->{name} } @{$status->{streams}}],
          [sort map { "show$_" } 1 .. STREAMS], 'by its name');

my @wrong = grep {
    join(' ', map { $_->{name} } @{$_->{destinations}})
        ne join ' ', map { name($_) } 1 .. DESTINATIONS;
} @{$status->{streams}};

is(@wrong, 0, 'with all its destinations, in order');

my %ids = map { $_->{id} => 1 }
    map { @{$_->{destinations}} } @{$status->{streams}};

is(keys %ids, STREAMS * DESTINATIONS, 'each has an id of its own');

my %workers = map { $_->{worker} => 1 } @{$status->{streams}};

cmp_ok(keys %workers, '>', 1, 'more than one worker has streams');

# every worker tells the same, soon

my (%sizes, @took);

for (1 .. 40) {
    my $start = mono();
    my $answer = $t->http_get('/restream/status');

    push @took, mono() - $start;
    my $names = () = $answer->{body} =~ /"destinations":\[\{/g;
    my $ids = () = $answer->{body} =~ /"id":"d_/g;

    $sizes{"$names $ids"} = 1;
}

is_deeply([keys %sizes], [STREAMS . ' ' . STREAMS * DESTINATIONS],
          'each of forty answers has all of them');
cmp_ok(percentile(50, sort { $a <=> $b } @took), '<', slowly(0.1),
       'and comes at once');

# they leave one by one

$_->stop() for @pubs[0 .. 9];
wait_ok { @{$t->status()->{streams}} == STREAMS - 10 } 10, 'half of them leave';
is_deeply([sort map { $_->{name} } @{$t->status()->{streams}}],
          [sort map { "show$_" } 11 .. STREAMS], 'and are not told any more');

is((grep { $_->{fcunpublish} && $_->{delete_stream} }
    $in->events(ev => 'close')), 10 * DESTINATIONS,
   'every server of theirs was told goodbye');

$t->done_testing();

###############################################################################

sub name {
    my ($n) = @_;

    return sprintf '%s-%02d', 'x' x 97, $n;
}
