package Test::Restream::Ingest::Actions;

# What a fake ingest can be told to do to a connection, by a script or at any
# time.

use warnings;
use strict;

use Net::SSLeay ();

use Test::Restream::Ingest::Faults;
use Test::Restream::RTMP qw/:all/;
use Test::Restream::Util qw/mono/;

use constant FOREVER => 86400;

my %actions = (

    # end the connection: with FIN, after what stands to be sent; over TLS
    # without close_notify if notify => 0; with RST, at once
    close => sub { @{$_[0]}{qw/ending notify/} = ('close', $_[1]{notify}) },
    reset => sub { $_[0]{ending} = 'reset' },

    # say nothing any more
    mute => sub { $_[0]{muted} = 1 },

    # read nothing any more, or for so many seconds; or at most value B/s
    freeze => sub {
        my ($session, $o) = @_;

        $session->{frozen_until} = mono() + ($o->{seconds} || FOREVER);
    },
    thaw => sub { $_[0]{frozen_until} = 0 },
    rate => sub { $_[0]{rate} = $_[1]{value} },

    # protocol control with a value
    ping       => sub { $_[0]->send(user(USER_PING, $_[1]{value} || 1)) },
    window     => sub { $_[0]->send(window($_[1]{value})) },
    ack        => sub { $_[0]->send(ack($_[1]{value})) },
    chunk_size => sub { $_[0]->send(chunk_size($_[1]{value})) },

    # onStatus with level, code, text; three that servers send
    status => sub {
        my ($session, $o) = @_;

        $session->status($o->{level} || 'status', $o->{code}, $o->{text});
    },
    unpublish => sub {
        $_[0]->status('status', 'NetStream.Unpublish.Success', 'Stopped.');
    },
    reconnect => sub {
        my ($session, $o) = @_;

        $session->status('status', 'NetConnection.Connect.ReconnectRequest',
            'Please move.', defined $o->{url} ? (tcUrl => $o->{url}) : ());
    },

    # the command "close"
    goodbye => sub { $_[0]->send(command('close', 0, undef)) },

    # no RTMP: bytes of noise; an HTTP answer, then close
    garbage => sub {
        my ($session, $o) = @_;

        $session->say(noise("garbage $session->{conn}", $o->{bytes} || 4096));
        $session->{muted} = 1;
    },
    http => sub {
        my ($session) = @_;

        $session->say("HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n"
                      . "Content-Length: 0\r\nConnection: close\r\n\r\n");
        $session->{ending} = 'close';
    },

    # TLS 1.2: asks for a new handshake
    renegotiate => sub {
        my $ssl = $_[0]{sock}->_get_ssl_object();

        Net::SSLeay::renegotiate($ssl);
        Net::SSLeay::do_handshake($ssl);
    },

    # any bytes; or a name of Test::Restream::Ingest::Faults
    send  => sub { $_[0]->say(pack 'H*', $_[1]{hex}) },
    fault => sub {
        my ($session, $o) = @_;

        $session->say(Test::Restream::Ingest::Faults::bytes(
            $o->{name}, $session->{writer}));
    },
);


sub perform {
    my ($session, %o) = @_;

    my $action = $actions{$o{do}} or die "no action \"$o{do}\"\n";

    $action->($session, \%o);
    return;
}


1;

__END__

=head1 NAME

Test::Restream::Ingest::Actions - what a fake ingest can be told to do

=head1 SYNOPSIS

    $ingest->control(do => 'freeze', seconds => 3, conn => 'last');

The names are the keys of the table at the top.

=cut
