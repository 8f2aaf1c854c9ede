package Test::Restream::DNS;

# Names of a test: a name server on loopback that answers as it is told to, or
# never, and an /etc/hosts, both seen by nginx alone.

use warnings;
use strict;

use IO::Socket::IP;
use Socket qw/AF_INET AF_INET6 inet_pton/;

use Test::Restream::Child;
use Test::Restream::Util qw/mono syscall_number/;

use constant {
    CLONE_NEWNS => 0x00020000,
    PORT        => 53,
    TYPE_A      => 1,
    TYPE_AAAA   => 28,
};

my %errors = (SERVFAIL => 2, NXDOMAIN => 3, REFUSED => 5);

# by type: what of an answer's addresses, and how many bytes
my %families = (TYPE_A, AF_INET, TYPE_AAAA, AF_INET6);


# dir: of the test, which must be in a network of its own; options: of
# resolv.conf

sub new {
    my ($class, %o) = @_;

    my $self = bless { dir => $o{dir} }, $class;

    $self->_write('resolv.conf', "nameserver 127.0.0.1\noptions "
        . ($o{options} || 'timeout:1 attempts:2') . "\n");
    $self->_write('nsswitch.conf', "hosts: files dns\n");
    $self->hosts('');

    $self->{child} = Test::Restream::Child->new(
        name => 'dns', output => "$o{dir}/dns.out", run => \&_run);

    return $self;
}


sub _write {
    my ($self, $name, $text) = @_;

    my $path = "$self->{dir}/$name";

    open my $fh, '>', $path or die "open() \"$path\" failed: $!\n";
    print $fh $text;
    close $fh or die "close() \"$path\" failed: $!\n";

    return;
}


# For run(enter => $dns->enter()): nginx gets a mount namespace where the
# resolver's files are ours.

sub enter {
    my ($self) = @_;

    my $dir = $self->{dir};

    return sub {
        syscall(syscall_number('unshare'), CLONE_NEWNS) == 0
            or die "unshare() failed: $!\n";

        for (['--make-rprivate', '/'],
             map { ['--bind', "$dir/$_", "/etc/$_"] }
                 qw/resolv.conf nsswitch.conf hosts/)
        {
            system('mount', @$_) == 0 or die "mount @$_ failed\n";
        }
    };
}


# The lines of /etc/hosts, from now on.

sub hosts {
    my ($self, @lines) = @_;

    return $self->_write('hosts', join "\n", @lines, '');
}


# name => answer, ...: [addresses]; NXDOMAIN, SERVFAIL, REFUSED; 'silent'; or
# { A => answer, AAAA => answer, after => seconds }.  No answer to what is not
# known.

sub set {
    my ($self, %names) = @_;

    $self->{child}->call(do => 'set', names => \%names);
    return;
}


# How often a name was asked for.

sub queries {
    my ($self, $name) = @_;

    return $self->{child}->call(do => 'queries', name => $name);
}


sub stop {
    return $_[0]{child}->stop();
}


# Below: the child.

sub _run {
    my ($channel) = @_;

    my $self = { names => {}, queries => {}, later => [] };
    my $sock = IO::Socket::IP->new(Proto => 'udp', LocalHost => '127.0.0.1',
                                   LocalPort => PORT)
        or die "bind() failed: $@\n";

    $channel->ready();

    while ($channel->open()) {
        my $r = '';

        vec($r, $_, 1) = 1 for $channel->fd(), fileno $sock;
        select $r, undef, undef, _answer($self, $sock);

        _request($self, $channel, $_) for $channel->requests();
        _query($self, $sock) if vec $r, fileno $sock, 1;
    }
    return;
}


# Sends what is due; seconds until more is, or nothing.

sub _answer {
    my ($self, $sock) = @_;

    my $now = mono();
    my @later = sort { $a->{at} <=> $b->{at} } @{$self->{later}};

    while (@later && $later[0]{at} <= $now) {
        my $answer = shift @later;
        send $sock, $answer->{bytes}, 0, $answer->{peer};
    }

    $self->{later} = \@later;
    return @later ? $later[0]{at} - $now : undef;
}


sub _request {
    my ($self, $channel, $request) = @_;

    if ($request->{do} eq 'set') {
        $self->{names}{$_} = $request->{names}{$_}
            for keys %{$request->{names}};
    }

    return $channel->answer($request, $request->{do} eq 'queries'
        ? $self->{queries}{$request->{name}} || 0 : {});
}


sub _query {
    my ($self, $sock) = @_;

    my $peer = recv $sock, my $query, 4096, 0;
    return if !defined $peer || length $query < 12;

    my ($id, @labels) = unpack 'n x10', $query;
    my $pos = 12;

    while (my $length = unpack "\@$pos C", $query) {
        push @labels, substr $query, $pos + 1, $length;
        $pos += 1 + $length;
    }

    my $name = lc join '.', @labels;
    my $question = substr $query, 12, $pos + 5 - 12;
    my ($type) = unpack 'n', substr $query, $pos + 1, 2;
    my $answer = $self->{names}{$name};
    my $after = 0;

    $self->{queries}{$name}++;

    if (ref $answer eq 'HASH') {
        $after = $answer->{after} || 0;
        $answer = $answer->{$type == TYPE_AAAA ? 'AAAA' : 'A'};
    }

    return if !defined $answer || $answer eq 'silent';

    my @records = ref $answer && $families{$type}
        ? grep { defined } map { inet_pton($families{$type}, $_) } @$answer
        : ();

    # recursion desired and available; the name by a pointer to the question

    push @{$self->{later}}, {
        at => mono() + $after, peer => $peer,
        bytes => pack('n6', $id, 0x8180 | ($errors{$answer} || 0), 1,
                      scalar @records, 0, 0)
            . $question . join('', map { pack 'nnnNn/a*', 0xc00c, $type, 1, 0,
                                         $_ } @records),
    };
    return;
}


1;

__END__

=head1 NAME

Test::Restream::DNS - a name server and /etc/hosts of a test

=head1 SYNOPSIS

    my $t = Test::Restream->new(netns => 1);
    my $dns = Test::Restream::DNS->new(dir => $t->dir());

    $dns->set('a.test' => ['127.0.0.2', '::1'], 'b.test' => 'NXDOMAIN',
              'c.test' => 'silent');
    $dns->hosts('127.0.0.3 d.test');
    $t->write_file_expand(...)->run(enter => $dns->enter());

=cut
