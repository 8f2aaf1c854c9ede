package Test::Restream::Check;

# What every test asserts in the end, besides its own: see report().

use warnings;
use strict;

use Test::Restream::Util qw/slurp/;

use constant {
    BLOCK      => 4_194_304,
    MIN_SECRET => 6,            # shorter ones would be found by accident
    MAX_SHOWN  => 5,
};

my %patterns = (
    log => qr/\[(?:alert|emerg)\]|exited on signal/,
    sanitizer => qr/Sanitizer|runtime error:|ERROR SUMMARY: [1-9]/,
);


# allowed: { kind => [regex, ...] }, kinds log, sanitizer, secret, violation,
# exit

sub new {
    my ($class) = @_;

    return bless { secrets => {}, leaks => [], allowed => {} }, $class;
}


sub allow {
    my ($self, $kind, $pattern) = @_;

    push @{$self->{allowed}{$kind}}, $pattern;
    return;
}


sub _allowed {
    my ($self, $kind, $text) = @_;

    return scalar grep { $text =~ $_ } @{$self->{allowed}{$kind} || []};
}


# Words that nobody may see.  Percent-encoded they are the same words.

sub secret {
    my ($self, @words) = @_;

    for my $word (@words) {
        next if length $word < MIN_SECRET;

        (my $encoded = $word) =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X',
            ord $1/ge;
        $self->{secrets}{$_} = 1 for $word, $encoded;
    }
    return;
}


# Registers the keys and passwords of the destinations in a configuration.
# What $ expands to is seen by nginx-rtmp as well and is no secret.

sub learn {
    my ($self, $conf) = @_;

    while ($conf =~ /^\s*restream_destination\s+(\S+)\s+([^;]+);/mg) {
        my ($url, @rest) = map { s/\A(["'])(.*)\1\z/$2/sr }
            $2 =~ /("[^"]*"|'[^']*'|[^\s"']+)/g;
        my ($key) = map { /\Akey=(.*)/s } @rest;

        ($key) = $url =~ m{([^/]+)\z} if !defined $key;
        ($key) = (slurp($1) || '') =~ /\A([^\r\n]+)/
            if defined $key && $key =~ /\Afile:(.*)/s;

        $self->secret($key) if defined $key && $key !~ /\$/;
        $self->secret($1) if $url =~ m{://[^/@]*:([^/@]+)@};
    }
    return;
}


# Looks for secrets in a text; what is found is told by report().

sub watch {
    my ($self, $where, $text) = @_;

    for my $secret (keys %{$self->{secrets}}) {
        push @{$self->{leaks}}, "a secret in $where"
            if index($text, $secret) >= 0
               && !$self->_allowed('secret', $secret);
    }
    return;
}


# Arguments and environment of processes.

sub watch_processes {
    my ($self, @pids) = @_;

    for my $pid (@pids) {
        for my $what (qw/cmdline environ/) {
            my $text = slurp("/proc/$pid/$what");

            $self->watch("the $what of process $pid", $text) if defined $text;
        }
    }
    return;
}


# Lines of the files that match a kind of pattern.  Files are read in blocks:
# a debug log is large.

sub _scan {
    my ($self, $kind, @files) = @_;

    my $pattern = $patterns{$kind};
    my @found;

    $self->_blocks(sub {
        my ($file, $block) = @_;

        while ($$block =~ /$pattern/g) {
            my $from = rindex($$block, "\n", $-[0]) + 1;
            my $to = index $$block, "\n", $+[0];
            my $line = substr $$block, $from,
                ($to < 0 ? length $$block : $to) - $from;

            push @found, "$file: $line" if !$self->_allowed($kind, $line);
            pos($$block) = $to < 0 ? length $$block : $to;
        }
    }, @files);

    return @found;
}


sub _scan_secrets {
    my ($self, @files) = @_;

    $self->_blocks(sub {
        my ($file, $block) = @_;
        $self->watch($file, $$block);
    }, @files);
    return;
}


# Calls the code with whole lines, many at a time.

sub _blocks {
    my ($self, $code, @files) = @_;

    for my $file (@files) {
        open my $fh, '<:raw', $file or next;

        my $block = '';

        while (sysread $fh, $block, BLOCK, length $block) {
            my $end = rindex($block, "\n") + 1;
            next if !$end;

            my $rest = substr $block, $end, length($block) - $end, '';
            $code->($file, \$block);
            $block = $rest;
        }

        $code->($file, \$block) if $block ne '';
        close $fh;
    }
    return;
}


# name, problems for each assertion.  o: logs (files of nginx), tests (files of
# nginx -t), exits (sentences about processes), violations (of peers)

sub report {
    my ($self, %o) = @_;

    $self->_scan_secrets(@{$o{logs}}, @{$o{tests}});

    my %seen;

    return (
        ['nginx logs no alert, no emergency, no death of a process',
         $self->_scan('log', @{$o{logs}})],
        ['no sanitizer and no valgrind has anything to report',
         $self->_scan('sanitizer', @{$o{logs}})],
        ['nginx ends when told to and leaves no process behind',
         grep { !$self->_allowed('exit', $_) } @{$o{exits}}],
        ['no secret is in a log, an argument or an answer',
         grep { !$seen{$_}++ } @{$self->{leaks}}],
        ['every peer was spoken to correctly',
         grep { !$self->_allowed('violation', $_) } @{$o{violations}}],
    );
}


sub shown {
    my (@problems) = @_;

    my $more = @problems - MAX_SHOWN;

    return $more > 0 ? (@problems[0 .. MAX_SHOWN - 1], "and $more more")
        : @problems;
}


1;

__END__

=head1 NAME

Test::Restream::Check - the assertions that every test makes for free

=head1 DESCRIPTION

Used by Test::Restream; exceptions are made there with allow().

=cut
