#!/usr/bin/perl

# Only accepted publishers are relayed: what on_publish or access refuse, or
# have not accepted yet, reaches no destination.  With the module loaded and
# with the module linked in.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;
use Test::Restream::Authority;
use Test::Restream::Media::Tag qw/:all/;

use constant {
    PENDING_MAX => 65536,       # bytes kept of a pending publisher
    AUDIO       => 8,
    VIDEO       => 9,
    DATA        => 18,
};

my ($t, $authority);

for my $static (0, 1) {
    if ($static && !$ENV{RESTREAM_TEST_STATIC_NGINX}) {
        note('no static nginx');
        next;
    }

    $t = Test::Restream->new(static => $static);
    start();

    my $in = $t->ingest(port => 1);
    my $closed = $t->ingest(port => 3);
    my $name = $static ? 'linked in' : 'loaded';

    subtest "refused, $name" => \&refused, $in;
    subtest "accepted late, $name" => \&late, $in;
    subtest "more than is kept, $name" => \&bounded, $in;
    subtest "access, $name" => \&access, $in, $closed;

    $t->finish();
}

done_testing();

###############################################################################

sub start {
    $t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    restream_publisher_grace 100ms;
    max_message 1m;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;
            on_publish http://127.0.0.1:%%PORT_2%%/;

            restream on;
            restream_destination a rtmp://127.0.0.1:%%PORT_1%%/app/key-of-a;
        }

        application closed {
            live on;
            deny publish all;

            restream on;
            restream_destination b rtmp://127.0.0.1:%%PORT_3%%/app/key-of-b;
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

    $authority = Test::Restream::Authority->new($t, 2);
    return;
}


# Refused at once, and when media has been sent meanwhile: by a publisher that
# waits for no answer.

sub refused {
    my ($in) = @_;

    my $before = $in->conns();

    $authority->decide(soon => 403);
    my $soon = $t->publish('live/soon', may_fail => 1);

    isnt($soon->code(), 'NetStream.Publish.Start', 'a publish is refused');

    my $later = $t->publish('live/later', wait => 0);

    taken($later, 60);
    is($in->conns(), $before, 'no connection while it is pending');
    is_deeply($t->status()->{streams}, [], 'and no stream');

    $authority->decide(later => 403);
    wait_ok { !$later->connected() } 10, 'it is refused later';

    # a publisher that is accepted comes after all that could have been sent

    $authority->decide(good => 200);
    my $good = $t->publish('live/good');

    arrives($in, $before + 1, 60);
    is($in->conns(), $before + 1, 'the accepted one is relayed, alone');
    is_deeply([foreign($in, $before + 1, $good)], [], 'no frame of another');
    is_deeply([map { $_->{name} } @{$t->status()->{streams}}], ['good'],
              'no other stream');

    ends($good);
}


sub late {
    my ($in) = @_;

    my $before = $in->conns();
    my $conn = $before + 1;
    my $pub = $t->publish('live/late', wait => 0);

    taken($pub, 20);
    $pub->change_headers();
    taken($pub, 80);
    $pub->pause();

    my $pending = taken($pub, 80);

    is($in->conns(), $before, 'no connection while it is pending');

    $authority->decide(late => 200);
    wait_ok { $pub->events(ev => 'command', name => 'onStatus') } 10,
        'it is accepted';
    $pub->resume();
    arrives($in, $conn, 90);

    is_deeply([$in->first_messages($conn, 4)],
              ['@setDataFrame', 'video header', 'audio header', 'key'],
              'what it sent meanwhile comes first');
    is_deeply([map { $_->{md5} } $in->headers(conn => $conn)],
              [map { $_->{md5} } ($pub->headers())[-2, -1]],
              'the headers are the newest');
    like(($in->events(ev => 'data', conn => $conn))[0]{hex},
         qr/@{[unpack 'H*', 'restream test 1']}/, 'and the metadata');

    my ($first) = $in->frames(conn => $conn);
    my @sent = $pub->frames();
    my ($key) = grep { $_->{md5} eq $first->{md5} } @sent[$pending .. $#sent];

    ok($key && $key->{key}, 'the first frame is a key frame after acceptance');
    is($first->{ts}, 0, 'at 0');
    is_deeply([check_order($pub, $in, $conn, gaps => 0)], [],
              'the others follow');

    ends($pub);
}


# Headers beyond 64 KiB are not kept, and nothing of it harms.

sub bounded {
    my ($in) = @_;

    my $before = $in->conns();
    my $pub = $t->publish('live/bounded', wait => 0, headers => 0, count => 0);

    for my $track (0 .. 99) {
        $pub->send(type => VIDEO, ts => 0, hex => unpack 'H*',
                   video_tag(codec => 'hvc1', kind => HEADER, key => 1,
                             mode => 'one', track => $track,
                             body => chr($track) x 4000));
    }

    $pub->send(type => AUDIO, ts => 0, hex => unpack 'H*',
               audio_tag(codec => 'aac', kind => HEADER));
    wait_until { !$pub->stat()->{queued} } 10, 'headers are sent';
    answered();

    $authority->decide(bounded => 200);
    wait_ok { $pub->events(ev => 'command', name => 'onStatus') } 10,
        'it is accepted';
    $pub->more(60);
    arrives($in, $before + 1, 30);

    my $size = 0;
    my @video = $in->headers(conn => $before + 1, type => VIDEO);

    $size += $_->{size} for @video;
    cmp_ok($size, '<=', PENDING_MAX, 'no more than 64 KiB is kept');
    cmp_ok($size, '>', PENDING_MAX - 5000, 'and hardly less');
    is_deeply([map { $_->{md5} } @video],
              [map { $_->{md5} } ($pub->headers())[0 .. $#video]],
              'the first of them');

    ends($pub);
}


sub access {
    my ($in, $closed) = @_;

    my $before = $in->conns();
    my $pub = $t->publish('closed/show', wait => 0, may_fail => 1, speed => 0,
                          count => 100);

    wait_ok { !$pub->connected() } 10, 'access refuses a publisher';
    is_deeply($t->status()->{streams}, [], 'which is no stream');

    $authority->decide(other => 200);
    my $good = $t->publish('live/other');

    arrives($in, $before + 1, 30);
    is($closed->conns(), 0, 'nothing of it was relayed');

    ends($good);
}

###############################################################################

# Until the publisher has sent so many frames and nginx has read them: it
# answers another connection that became ready later.  Their number.

sub taken {
    my ($pub, $count) = @_;

    wait_until { $pub->frames() >= $count && !$pub->stat()->{queued} } 10,
        "$count frames are sent";

    my $sent = $pub->frames();
    answered();

    return $sent;
}


sub answered {
    $t->status() for 1 .. 2;
    return;
}


sub arrives {
    my ($in, $conn, $count) = @_;

    return $in->wait(sub { $in->frames(conn => $conn) >= $count }, 10,
                     'the stream is relayed');
}


sub foreign {
    my ($in, $conn, $pub) = @_;

    # what has arrived first: more is sent meanwhile

    my @got = $in->frames(conn => $conn);
    my %sent = map { $_->{md5} => 1 } $pub->frames();

    return grep { !$sent{$_->{md5}} } @got;
}


sub ends {
    my ($pub) = @_;

    $pub->stop();
    wait_until { !@{$t->status()->{streams}} } 10, 'the stream has ended';
    return;
}

