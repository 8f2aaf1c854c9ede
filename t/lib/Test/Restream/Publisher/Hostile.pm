package Test::Restream::Publisher::Hostile;

# An encoder that means harm: valid sessions with some of their messages made
# wrong, a whole session at a time, as fast as it goes.
#
# A wrong message is an input.  Behind each stands a ping, and the server's
# answers tell which of them it has read.  A session is decided by its seed and
# number alone.

use warnings;
use strict;

use IO::Socket::IP;
use Socket qw/SHUT_WR/;

use Test::Restream::Media;
use Test::Restream::Media::Tag qw/:all/;
use Test::Restream::Mutate qw/below pick spoil spoil_message/;
use Test::Restream::RTMP qw/:all/;
use Test::Restream::RTMP::AMF qw/obj ecma/;
use Test::Restream::RTMP::Chunk;
use Test::Restream::Util qw/mono slowly/;

use constant {
    FRAMES   => 40,             # of each kind of media
    MEDIA    => 80,             # inputs of a session that they do not end
    COMMANDS => 8,              # of one whose publishes come and go
    WIRE     => 6,              # of one whose chunks are wrong
    DEADLINE => 20,             # seconds of a session
};

# Stock nginx-rtmp, where it is built with debugging, writes a byte behind its
# buffer when the first chunk of an AVC or AAC header has more bytes than this.

use constant HEADER_MAX => 127;

my @kinds = (
    [video => 'avc', audio => 'aac'],
    [video => 'avc', audio => 'aac', metadata => 'plain', cts => 40,
     disposable => 3],
    [video => 'hevc12', audio => undef],
    [video => undef, audio => 'aac'],
    [video => 'avc1', audio => 'mp4a'],
    [video => 'hvc1', audio => 'Opus', hdr => 1],
    [video => 'hvc1', audio => 'fLaC', tracks => 3, mode => 'one'],
    [video => 'av01', audio => 'ac-3', tracks => 2, mode => 'many'],
    [video => 'vp09', audio => 'ec-3', modex => 999_999, x => 1],
    [video => 'hvc1', audio => '.mp3', modex => 1, tracks => 2, hdr => 1],
);


# port; apps and names to publish; seed

sub new {
    my ($class, %o) = @_;

    my $self = bless { %o }, $class;

    $self->{media} = [map { _media(@$_) } @kinds];
    $self->{hello} = client_hello("hostile $o{seed}")
        . noise("c2 $o{seed}", HANDSHAKE_SIZE);

    return $self;
}


# The beginning of a stream, in small frames.

sub _media {
    my (%o) = @_;

    my $media = Test::Restream::Media->new(
        %o, gop => 8, video_bps => 20_000, audio_bps => 10_000);

    return [$media->headers(0), map { $media->next() } 1 .. FRAMES];
}


# Sends the session of a number: { inputs that were read, sent, how it ended }

sub attack {
    my ($self, $number) = @_;

    my ($bytes, $inputs) = $self->session($number);

    return { sent => $inputs, %{_exchange($self->{port}, $bytes)} };
}


# (bytes, number of inputs)

sub session {
    my ($self, $number) = @_;

    srand $self->{seed} * 1_000_003 + $number;

    $self->{writer} = Test::Restream::RTMP::Chunk::Writer->new(
        compress => below(2));
    $self->{out} = $self->{hello};
    $self->{inputs} = 0;
    $self->{ts} = 0;

    # what lasts longest comes most often

    my $kind = below(20);
    my $build = $kind < 14 ? '_media_session' : $kind < 17
        ? '_command_session' : '_wire_session';

    $self->$build();

    return (delete $self->{out}, $self->{inputs});
}


sub _say {
    my ($self, @messages) = @_;

    $self->{out} .= $self->{writer}->encode($_) for @messages;
    return;
}


# Bytes of one that counts, and the ping behind it.

sub _input {
    my ($self, $bytes) = @_;

    $self->{out} .= $bytes;
    $self->_say(user(USER_PING, ++$self->{inputs}));
    return;
}


sub _connect {
    my ($self, $size) = @_;

    $self->_say(chunk_size($size),
                command('connect', 1, obj(app => pick(@{$self->{apps}}),
                                          tcUrl => 'rtmp://127.0.0.1/live')));
    return;
}


sub _publish {
    my ($self) = @_;

    my $name = pick(@{$self->{names}});

    $name .= '?' . pick('token=1', 'a&b=c', '?', '%00', "\xff")
        if below(4) == 0;

    $self->_say(command('releaseStream', 2, undef, $name),
                command('FCPublish', 3, undef, $name),
                command('createStream', 4, undef),
                command({ msid => 1, csid => 4 }, 'publish', 5, undef, $name,
                        'live'));
    return;
}


# Media that is nearly right, in one publish.

sub _media_session {
    my ($self) = @_;

    my $size = pick(1 + below(HEADER_MAX), 4096, 65536);

    $self->_connect($size);
    $self->_publish();

    my $media = pick(@{$self->{media}});

    for my $i (0 .. MEDIA) {
        my $msg = { %{$media->[$i % @$media]} };

        $msg->{ts} = $self->_time();

        if (below(3) == 0) {
            $self->_say($msg);
            next;
        }

        # what is not understood is not held against a publisher, but for the
        # name of data

        my $head = $msg->{type} == MSG_DATA ? 16 : 0;

        $msg->{payload} = substr($msg->{payload}, 0, $head)
            . spoil(substr $msg->{payload}, $head);
        $msg->{type} = pick(MSG_AUDIO, MSG_VIDEO) if below(20) == 0;
        $msg->{csid} = 4 + below(8) if below(20) == 0;
        $msg->{msid} = below(4) if below(20) == 0;

        if (below(8) == 0) {
            $self->_input(join '', $self->_between($size, $msg, {
                %{pick(@$media)}, csid => 20, ts => $self->{ts} }));

        } else {
            $self->_input(join '', $self->_chunks($size, $msg));
        }
    }
    return;
}


# Mostly goes on, and sometimes jumps.

sub _time {
    my ($self) = @_;

    $self->{ts} = below(30) ? ($self->{ts} + below(50)) & 0xffffffff
        : pick(0, 0xfffff0, 0xffffff, 0x7ffffff0, 0xfffffff0, below(2 ** 32));

    return $self->{ts};
}


sub _chunks {
    my ($self, $size, $msg) = @_;

    my ($type, $payload) = @$msg{qw/type payload/};
    my ($first, $second) = map { ord } substr($payload, 0, 1),
        substr "$payload\1\1", 1, 1;

    $msg->{payload} = substr $payload, 0, HEADER_MAX
        if $size > HEADER_MAX && length $payload > HEADER_MAX && !$second
           && ($type == MSG_VIDEO ? ($first & 15) == 7 : $first >> 4 == 10);

    return $self->{writer}->chunks($msg);
}


# Two messages at a time, chunk by chunk; now and then with an abort.

sub _between {
    my ($self, $size, @messages) = @_;

    my @rows = map { [$self->_chunks($size, $_)] } @messages;
    my @out;

    while (grep { @$_ } @rows) {
        push @out, map { shift @$_ || '' } @rows;
        push @out, $self->{writer}->encode(abort(pick(2, 6, 20, 0xffffffff)))
            if below(10) == 0;
    }

    return @out;
}


# Commands and data that are nearly right; publishes that come and go.

sub _command_session {
    my ($self) = @_;

    $self->_connect(1 + below(HEADER_MAX));

    my $media = pick(@{$self->{media}});

    for my $n (1 .. COMMANDS) {
        $self->_publish();

        for my $msg (@$media[0 .. 2 + below(8)]) {
            $self->_say({ %$msg, ts => $self->_time() });
        }

        my $msg = $self->_command();

        $msg->{payload} = spoil($msg->{payload});
        $self->_input($self->{writer}->encode($msg));

        $self->_say(command('FCUnpublish', 6, undef, 'x')) if below(2);
        $self->_say(command(pick('deleteStream', 'closeStream'), 7, undef, 1));
    }
    return;
}


sub _command {
    my ($self) = @_;

    my $name = pick(@{$self->{names}});
    my @settings = (width => 1280, videocodecid => 7, audiocodecid => 'mp4a',
                    list => obj(a => 1, b => [1, 2], c => undef));

    return pick(
        sub { command('publish', 5, undef, $name . 'x' x below(300), 'live') },
        sub { command('publish', 5, undef, $name, pick('record', 'append')) },
        sub { command('connect', 1, obj(app => 'hostile', @settings)) },
        sub { command('play', 8, undef, $name, -2000) },
        sub { command(pick('pause', 'seek', 'play2', 'getStreamLength',
                           'deleteStream', 'closeStream', 'FCUnpublish'),
                      9, undef, pick(1, 0, \1, $name)) },
        sub { command({ type => MSG_AMF3 }, '', 0) },
        sub { data_message('@setDataFrame', 'onMetaData', ecma(@settings)) },
        sub { data_message('onMetaData', obj(@settings)) },
        sub { data_message('onTextData', obj(text => 'x' x below(300))) },
        sub {
            my $msg = data_message('onMetaData', obj(@settings));

            return { %$msg, type => MSG_AMF3_DATA,
                     payload => "\0$msg->{payload}" };
        },
        sub { $self->_aggregate() },
        sub { pick(window(below(9)), ack(1), bandwidth(1, 2), abort(6),
                   user(below(8), 1), user(3, 1)) },
    )->();
}


# FLV tags in a row.

sub _aggregate {
    my ($self) = @_;

    my $media = pick(@{$self->{media}});
    my $payload = '';

    for my $msg (@$media[0 .. below(6)]) {
        my $tag = chr($msg->{type})
            . substr(pack('N', length $msg->{payload}), 1)
            . substr(pack('N', $self->{ts}), 1) . "\0\0\0\0" . $msg->{payload};

        $payload .= $tag . pack 'N', length $tag;
    }

    return { type => MSG_AGGREGATE, ts => $self->_time(), csid => 7, msid => 1,
             payload => $payload };
}


# Messages with a wrong header, chunks and chunk sizes that do not fit.

sub _wire_session {
    my ($self) = @_;

    my $size = pick(1, 64, HEADER_MAX);

    $self->_connect($size);
    $self->_publish();

    my $media = pick(@{$self->{media}});

    for my $n (1 .. WIRE) {
        $self->_say({ %{$media->[$n]}, ts => $self->_time() });

        my $msg = spoil_message({ %{pick(@$media)}, ts => $self->_time() });
        my @chunks = $self->_between($size, $msg, {
            %{pick(@$media)}, csid => 20, ts => $self->{ts} });

        my $how = below(6);

        if ($how == 0) {
            my $at = below(scalar @chunks);
            $chunks[$at] = spoil($chunks[$at]);

        } elsif ($how == 1) {
            splice @chunks, below(scalar @chunks), 1;

        } elsif ($how == 2) {
            my $next = pick(0, 1, 2, 64, 0x7fffffff, 0x80000000, 0xffffffff,
                            10_485_761);

            unshift @chunks, $self->{writer}->encode({
                %{chunk_size($next)}, keep => !$next || below(2) });
        }

        $self->_input(join '', @chunks);
    }
    return;
}


# { inputs, end }: all is sent, then the server has to close.

sub _exchange {
    my ($port, $bytes) = @_;

    my $sock = IO::Socket::IP->new(PeerHost => '127.0.0.1', PeerPort => $port)
        or return { inputs => 0, end => 'refused' };

    my $reader = Test::Restream::RTMP::Chunk::Reader->new();
    my $buf = $reader->buffer();
    my $fd = fileno $sock;
    my $until = mono() + slowly(DEADLINE);
    my $end;

    $sock->blocking(0);

    while (!$end) {
        my ($r, $w) = ('', '');

        vec($r, $fd, 1) = 1;
        vec($w, $fd, 1) = 1 if $bytes ne '';

        $end = 'stuck' if !select $r, $w, undef, $until - mono()
            or mono() > $until;

        if (vec $w, $fd, 1) {
            my $n = syswrite $sock, $bytes;

            $bytes = '' if !defined $n && !$!{EAGAIN};
            substr $bytes, 0, $n, '' if $n;
            shutdown $sock, SHUT_WR if $bytes eq '';
        }

        if (vec $r, $fd, 1) {
            my $n = sysread $sock, $$buf, 65536, length $$buf;

            $end = 'closed' if defined $n && $n == 0
                || !defined $n && !$!{EAGAIN};
        }
    }

    return { end => $end, inputs => _answered($reader) };
}


# The highest ping that was answered; the one behind it was read as well.

sub _answered {
    my ($reader) = @_;

    my $buf = $reader->buffer();
    my $highest = 0;

    return 0 if length $$buf < 1 + 2 * HANDSHAKE_SIZE;
    substr $$buf, 0, 1 + 2 * HANDSHAKE_SIZE, '';

    while (my $msg = $reader->next()) {
        next if $msg->{type} != MSG_USER || length $msg->{payload} < 6;

        my ($event, $value) = unpack 'nN', $msg->{payload};

        $highest = $value if $event == USER_PONG && $value > $highest;
    }

    return $highest;
}


1;

__END__

=head1 NAME

Test::Restream::Publisher::Hostile - an encoder that means harm

=head1 SYNOPSIS

    my $hostile = Test::Restream::Publisher::Hostile->new(
        port => $port, apps => ['live'], names => ['a', 'b'], seed => 1);
    my $outcome = $hostile->attack(17);         # { sent, inputs, end }

    my ($bytes) = $hostile->session(17);        # to look at

=cut
