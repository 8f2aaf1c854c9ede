package Test::Restream::Publisher;

# An encoder in a child process: publishes a reproducible stream to an RTMP
# server, in real time or as fast as it goes, and notes what it sent.  This is
# the test's handle to it.

use warnings;
use strict;

use Test::Restream::Child;
use Test::Restream::Journal;
use Test::Restream::Publisher::Loop;


# name and dir of the process; see the POD for the rest.  Returns when the
# publish is answered, or sent with wait => 0; dies if it is refused, unless
# may_fail is set.

sub new {
    my ($class, %o) = @_;

    my ($app, $stream) = split m{/}, delete $o{stream}, 2;
    my $path = "$o{dir}/$o{name}.journal";
    my $label = delete $o{name};

    my $child = Test::Restream::Child->new(
        name => $label, output => "$o{dir}/$label.out",
        enter => $o{netns} && sub { $o{netns}->enter() },
        run => sub {
            Test::Restream::Publisher::Loop->new(
                %o, app => $app, name => $stream, journal => $path)->run(@_);
        });

    my $self = bless {
        name => $label, child => $child, outcome => $child->{ready},
        journal => Test::Restream::Journal->open($path),
    }, $class;

    my $why = $self->error() || $self->code();

    die "$label was not accepted: $why\n"
        if !$o{may_fail} && defined $why && $why ne 'NetStream.Publish.Start';

    return $self;
}


# The server's answer to the publish, or how it failed.

sub code  { return $_[0]{outcome}{code} }
sub error { return $_[0]{outcome}{error} }


# What it sent: see Test::Restream::Journal

sub frames   { return shift()->{journal}->frames(@_) }
sub headers  { return shift()->{journal}->headers(@_) }
sub events   { return shift()->{journal}->events(@_) }
sub messages { return $_[0]{journal}->messages($_[1]) }


sub control {
    my ($self, %request) = @_;

    return $self->{child}->call(%request);
}


# End the connection: with FCUnpublish and deleteStream; with FIN; with RST.

sub unpublish { return $_[0]->control(do => 'stop') }
sub close     { return $_[0]->control(do => 'close') }
sub reset     { return $_[0]->control(do => 'reset') }


# Frames stop, the connection stays; go on; so many frames more, then stop.

sub pause  { return $_[0]->control(do => 'pause') }
sub resume { return $_[0]->control(do => 'resume') }
sub more   { return $_[0]->control(do => 'more', count => $_[1]) }


# media => { options of Test::Restream::Media }, speed, aggregate

sub set {
    my ($self, %o) = @_;

    return $self->control(do => 'set', %o);
}


# Sequence headers change here, and a key frame follows them.

sub change_headers {
    my ($self, %media) = @_;

    return $self->control(do => 'headers', media => \%media);
}


# Any message: type, hex; ts, csid, override if wanted.

sub send {
    my ($self, %o) = @_;

    return $self->control(do => 'send', %o);
}


# Drops the connection and publishes again.  how => 'close', 'stop', 'reset';
# after => seconds; continue => 1: timestamps go on, else start => ms (0);
# media, and stream => 'app/name' if another.  Returns the server's code.

sub republish {
    my ($self, %o) = @_;

    @o{qw/app name/} = split m{/}, delete $o{stream}, 2 if $o{stream};

    my $answer = $self->control(do => 'republish', %o);
    $self->{outcome} = $answer;

    return $answer->{code};
}


# { conn, sent, connected, late (seconds, most ever), queued, queued_max (bytes
# that the server had not taken), ts }

sub stat {
    return $_[0]->control(do => 'stat');
}


sub connected {
    return $_[0]->stat()->{connected};
}


# Until all `count` frames have been given to the kernel.

sub wait_done {
    my ($self, $seconds) = @_;

    return Test::Restream::wait_until(sub {
        my $stat = $self->stat();
        $self->events(ev => 'done') && !$stat->{queued};
    }, $seconds, "$self->{name} has sent its frames");
}


sub violations {
    my ($self) = @_;

    return map { "$self->{name}: connection $_->{conn}: $_->{text}" }
        $self->events(ev => 'violation');
}


sub signal {
    return $_[0]{child}->signal($_[1]);
}


sub stop {
    return $_[0]{child}->stop();
}


1;

__END__

=head1 NAME

Test::Restream::Publisher - an encoder that does as it is told

=head1 SYNOPSIS

    my $pub = $t->publish('live/show?token=1', media => { gop => 60 });
    $pub->frames(type => 9, key => 1);
    $pub->republish(after => 2);
    $pub->unpublish();

=head1 OPTIONS

    port, host   of the server; $t->publish() knows the port
    media        options of Test::Restream::Media: codecs, rates, timestamps
    speed        1: in real time; 2: twice as fast; 0: as fast as it goes
    count        so many frames, then silence
    wait         0: media is sent without waiting for Publish.Start
    headers      0: metadata and sequence headers are not sent
    chunk_size   4096
    aggregate    so many frames in each message of type 22
    connect      [key => value, ...] more in the object of connect
    tls          { IO::Socket::SSL options }: rtmps
    timeout      seconds of each step of the dialogue
    may_fail     1: a refusal is no error of the test
    netns        a Test::Restream::Netns to be in

=cut
