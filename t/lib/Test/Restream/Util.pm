package Test::Restream::Util;

# What every other package here needs: clock, deadlines, polling, files.

use warnings;
use strict;

use Exporter qw/import/;
use Time::HiRes qw/clock_gettime CLOCK_MONOTONIC/;

our @EXPORT_OK = qw/mono nap slow slowly poll seed full slurp syscall_number
    set_pdeathsig/;

my $factor;


# Seconds of a clock that never jumps; the same in all processes of a host.

sub mono {
    return clock_gettime(CLOCK_MONOTONIC);
}


sub nap {
    my ($seconds) = @_;

    select undef, undef, undef, $seconds;
    return;
}


# By how much all deadlines are stretched.

sub slow {
    if (!defined $factor) {
        $factor = $ENV{RESTREAM_TEST_SLOW} || 1;
        $factor *= 8 if $ENV{RESTREAM_TEST_VALGRIND};
    }

    return $factor;
}


sub slowly {
    my ($seconds) = @_;

    return $seconds * slow();
}


# Calls the code until it returns something true, which is returned; nothing
# after the (stretched) deadline.

sub poll {
    my ($code, $seconds) = @_;

    my $end = mono() + slowly($seconds);
    my $step = 0.002;

    while (1) {
        my $value = $code->();

        return $value if $value;
        return if mono() >= $end;

        nap($step);
        $step = $step * 1.5 if $step < 0.02;
    }
}


sub seed {
    return $ENV{RESTREAM_TEST_SEED} || 1;
}


sub full {
    return $ENV{RESTREAM_TEST_FULL} ? 1 : 0;
}


# The bytes of a file, or undef.

sub slurp {
    my ($path) = @_;

    open my $fh, '<:raw', $path or return;
    local $/;
    my $text = readline $fh;
    close $fh;

    return defined $text ? $text : '';
}


# Number of a system call, undef where Perl was not told it (syscall.ph).

sub syscall_number {
    my ($name) = @_;

    return eval {
        local $SIG{__WARN__} = sub { };
        package main;
        require 'syscall.ph';
        no strict 'refs';
        &{"main::SYS_$name"}();
    };
}


# The calling process gets the signal when its parent dies, so that nothing
# outlives a test that was killed.

sub set_pdeathsig {
    my ($signal) = @_;

    my $number = syscall_number('prctl');
    syscall($number, 1, $signal, 0, 0, 0) if defined $number;
    return;
}


1;

__END__

=head1 NAME

Test::Restream::Util - clock, deadlines, polling

=head1 SYNOPSIS

    my $value = poll(sub { -s $file }, 5);      # up to 5 s, stretched
    my $now = mono();

RESTREAM_TEST_SLOW multiplies every deadline; RESTREAM_TEST_VALGRIND
does so eightfold.

=cut
