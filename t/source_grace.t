#!/usr/bin/perl

# restream_publisher_grace: an encoder that drops and comes back finds its
# destinations connected; one that does not is said goodbye for.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::Media::Tag qw/:all/;

use constant {
    AUDIO   => 8,
    VIDEO   => 9,
    DEFAULT => 10,              # s, restream_publisher_grace
    SHORT   => 1,
};

my $t = Test::Restream->new();

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
            restream_destination a rtmp://127.0.0.1:%%PORT_1%%/app/key-of-a;
        }

        application gone {
            live on;

            restream on;
            restream_destination a rtmp://127.0.0.1:%%PORT_2%%/app/key-of-a;
        }

        application short {
            live on;

            restream on;
            restream_publisher_grace 1s;
            restream_destination a rtmp://127.0.0.1:%%PORT_3%%/app/key-of-a;
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

my ($in, $gone, $short) = map { $t->ingest(port => $_) } 1 .. 3;

# ends now, and the default grace with the test

my $left = $t->publish('gone/show');

relayed('gone/show', $gone);
$left->close();

my $left_at = ($left->events(ev => 'close'))[0]{at};

###############################################################################

for my $how (qw/close reset stop/) {
    subtest "an encoder that ends by $how" => \&returns, "live/$how", $how;
}

subtest 'headers that changed' => \&changed, 'live/changed';
subtest 'frames before a key frame' => \&no_references, 'live/middle';
subtest 'the destination is lost meanwhile' => \&destination_lost,
    'live/lost';
subtest 'the grace is over' => \&over;
subtest 'the default' => \&default_grace;

$t->done_testing();

###############################################################################

sub returns {
    my ($stream, $how) = @_;

    my $pub = $t->publish($stream);
    my $conn = relayed($stream, $in);
    my $since = destination($stream)->{since};

    leaves($pub, $how);

    wait_ok { reason($stream) eq 'publisher-gone' } 10,
        'the reason says that the encoder has gone';
    is(destination($stream)->{state}, 'live', 'and the state is live');
    is(stream($stream)->{live}, JSON::PP::false(),
       'the stream is not');

    my $before = $in->frames(conn => $conn);

    is($pub->republish(), 'NetStream.Publish.Start', 'it comes back');
    $in->wait(sub { $_[0]->frames(conn => $conn) > $before + 60 }, 10,
              'the stream goes on');

    wait_ok { reason($stream) eq '' } 10, 'there is no reason any more';
    is(stream($stream)->{live}, JSON::PP::true(),
       'the stream is live');
    is(destination($stream)->{since}, $since, 'its destination always was');

    is($in->conns(), $conn, 'on the connection that it had');
    is_deeply([check_order($pub, $in, $conn, gaps => 0)], [],
              'every frame, in order of time');
    is($in->headers(conn => $conn), 2, 'no sequence header was repeated');
    is((my @data = $in->events(ev => 'data', conn => $conn)), 1,
       'and no metadata');

    time_goes_on($pub, $conn, $before);
    $pub->stop();
}


# The gap between timestamps is the gap in time.

sub time_goes_on {
    my ($pub, $conn, $before) = @_;

    my ($last, $first) = ($in->frames(conn => $conn))[$before - 1, $before];
    my $ms = $first->{ts} - $last->{ts};
    my $passed = ($first->{at} - $last->{at}) * 1000;

    cmp_ok($ms, '>', 0, 'timestamps go on');
    cmp_ok(abs $ms - $passed, '<', slowly(250), 'as time did');
    return;
}


sub changed {
    my ($stream) = @_;

    my $pub = $t->publish($stream);
    my $conn = relayed($stream, $in);

    leaves($pub, 'close');
    $pub->republish(media => { version => 1 });
    $in->wait(sub { $_[0]->headers(conn => $conn) == 4 }, 10,
              'new headers are sent');
    $in->wait(sub { grep { $_->{key} && $_->{i} > last_header($conn) }
                    $_[0]->frames(conn => $conn) }, 10, 'and frames');

    my @messages = $in->messages($conn);
    my ($header) = grep { $messages[$_]{header} && $messages[$_]{md5}
                          eq ($pub->headers())[2]{md5} } 0 .. $#messages;

    is($messages[$header - 1]{name}, '@setDataFrame', 'metadata first');
    is($messages[$header + 1]{md5}, ($pub->headers())[3]{md5},
       'then both headers');
    is($messages[$header + 2]{key}, 1, 'then a key frame');

    # one of them is another than before, and only that is sent

    leaves($pub, 'close');
    $pub->republish(media => { version => 1 }, count => 0);
    $pub->send(type => AUDIO, ts => 0, hex => unpack 'H*',
               audio_tag(codec => 'aac', kind => HEADER, body => "\x12\x10"));
    $pub->more(60);
    $in->wait(sub { $_[0]->headers(conn => $conn) == 5 }, 10,
              'one more header is sent');
    is(($in->headers(conn => $conn))[4]{type}, AUDIO, 'the one that changed');

    is($in->conns(), $conn, 'all on one connection');
    is_deeply([check_order($pub, $in, $conn, gaps => 0)], [],
              'with every frame');

    $pub->stop();
}


# An encoder may come back in the middle of a group of pictures.

sub no_references {
    my ($stream) = @_;

    my $pub = $t->publish($stream);
    my $conn = relayed($stream, $in);

    leaves($pub, 'close');
    $pub->republish(count => 0);

    for my $n (1 .. 5) {
        $pub->send(type => VIDEO, ts => $n, hex => unpack 'H*',
                   video_tag(codec => 'avc', kind => FRAME, body => "old $n"));
    }

    my %old = map { $_->{md5} => 1 } ($pub->frames())[-5 .. -1];
    my $sent = $pub->frames();

    $pub->more(60);
    $in->wait(sub { $_[0]->frames(conn => $conn) >= $sent + 50 }, 10,
              'the stream goes on');

    is((grep { $old{$_->{md5}} } $in->frames()), 0,
       'video without its key frame is left out');
    is_deeply([check_order($pub, $in, $conn)], [], 'the first is a key frame');

    my @wanted = grep { !$old{$_->{md5}} } $pub->frames();

    is_deeply([check_order(\@wanted, $in, $conn, gaps => 0)], [],
              'and nothing after it is missing');

    $pub->stop();
}


sub destination_lost {
    my ($stream) = @_;

    my $pub = $t->publish($stream);
    my $conn = relayed($stream, $in);

    leaves($pub, 'close');
    wait_until { reason($stream) eq 'publisher-gone' } 10, 'the encoder left';
    $in->control(do => 'reset');
    $in->wait(sub { $_[0]->events(ev => 'start', conn => $conn + 1) }, 10,
              'a destination is reconnected while there is no encoder');

    my $sent = $pub->frames();

    $pub->republish();
    $in->wait(sub { missing_frames($pub, $_[0], to => $sent + 60) == 0 }, 10,
              'and has every frame of both its connections');
    is($in->conns(), $conn + 1, 'there were two');
    is_deeply([check_order($pub, $in, $conn + 1)], [],
              'the second begins at a key frame');

    $pub->stop();
}


sub over {
    my $pub = $t->publish('short/show');

    relayed('short/show', $short);
    $pub->close();

    is(stream('short/show')->{name}, 'show', 'there is grace');
    goodbye($pub, $short, SHORT, ($pub->events(ev => 'close'))[0]{at});
    wait_ok { !stream('short/show') } 10, 'the stream has left';

    $pub->republish();

    my $conn = relayed('short/show', $short);

    is($conn, 2, 'an encoder that comes back later is connected anew');
    is_deeply([$short->first_messages(2, 4)],
              ['@setDataFrame', 'video header', 'audio header', 'key'],
              'with all that a beginning has');

    $pub->unpublish();
}


sub default_grace {
    is(stream('gone/show')->{name}, 'show', 'there is grace')
        if mono() - $left_at < DEFAULT - 1;

    goodbye($left, $gone, DEFAULT, $left_at);
    wait_ok { !stream('gone/show') } 10, 'the stream has left';
}

###############################################################################

# Until media flows to the newest connection, whose number is returned.

sub relayed {
    my ($stream, $in) = @_;

    wait_until {
        my $destination = destination($stream);

        $destination && $destination->{state} eq 'live'
            && $in->frames(conn => $in->conns()) > 30;
    } 10, "$stream is relayed";

    return $in->conns();
}


sub stream {
    my ($stream) = @_;

    return $t->stream(split m{/}, $stream);
}


sub destination {
    my ($stream) = @_;

    return $t->destination(split(m{/}, $stream), 'a');
}


sub reason {
    my ($stream) = @_;

    my $reason = destination($stream)->{reason};

    return $reason ? $reason->{code} : '';
}


# All that it has sent has been taken: what is lost is not nginx-rtmp's.

sub leaves {
    my ($pub, $how) = @_;

    $pub->pause();
    wait_until { !$pub->stat()->{queued} } 10, 'all is sent';
    $in->wait(sub { missing_frames($pub, $_[0],
                                   to => ($pub->frames())[-1]{n}) == 0 },
              10, 'and relayed');
    $how eq 'stop' ? $pub->unpublish() : $pub->$how();
    return;
}


sub last_header {
    my ($conn) = @_;

    return ($in->headers(conn => $conn))[-1]{i};
}


sub goodbye {
    my ($pub, $in, $grace, $at) = @_;

    $in->wait(sub { $_[0]->closed(1) }, $grace + 10, 'the connection ends');

    my $end = $in->closed(1);
    my $after = $end->{at} - $at;

    is("$end->{how} $end->{fcunpublish} $end->{delete_stream}", 'fin 1 1',
       'the destination is told goodbye');
    cmp_ok($after, '>', $grace - 0.2, "$grace s after the encoder left");
    cmp_ok($after, '<', $grace + slowly(2), 'and not much later');
    return;
}
