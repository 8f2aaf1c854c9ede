package Test::Restream::Workers;

# Which worker gets a connection, and what each of them says: of workers that
# share a listening socket only one runs at that moment.

use warnings;
use strict;

use Exporter qw/import/;
use List::Util qw/all min/;

use Test::Restream;
use Test::Restream::Util qw/poll slurp/;

our @EXPORT = qw/on_worker each_worker reload_and_part/;


use constant TRIES => 50;


# Calls the code while the worker is the only one that can accept.

sub on_worker {
    my ($t, $pid, $code) = @_;

    my @others = grep { $_ != $pid } $t->worker_pids(), $t->old_workers();
    my @result;

    my $done = eval {
        _alone($t, @others);
        @result = $code->();
        1;
    };
    my $error = $@;
    kill 'CONT', @others;

    die $error if !$done;
    return wantarray ? @result : $result[0];
}


# Until the others are stopped, and none of them in the middle of what this one
# needs: those that are about to stop would still be woken for a connection, and
# one may have stopped with the zone locked.  The status tells, at first within
# a second that is not stretched: a worker that is stopped for long has nothing
# to say to its servers meanwhile.

sub _alone {
    my ($t, @others) = @_;

    for my $try (1 .. TRIES) {
        kill 'STOP', @others;
        poll(sub { all { _stopped($_) } @others }, 10)
            or die "workers do not stop\n";

        return if $t->http_get('/restream/status',
                               timeout => min(1, $try / slow()));

        kill 'CONT', @others;
    }

    die "a worker does not answer alone\n";
}


sub _stopped {
    my ($pid) = @_;

    my ($state) = (slurp("/proc/$pid/stat") || '') =~ /\) (\S)/;

    return !defined $state || $state eq 'T';
}


# Calls the code with an HTTP connection to each worker; (pid => result, ...)

sub each_worker {
    my ($t, $code) = @_;

    return map {
        my $pid = $_;

        ($pid => on_worker($t, $pid, sub {
            $code->($t->http_connect() || die "worker $pid is deaf\n", $pid);
        }));
    } $t->worker_pids();
}


# Reloads and returns when no old worker accepts any more.

sub reload_and_part {
    my ($t) = @_;

    my @old = $t->worker_pids();

    $t->reload() or die "no new workers\n";

    return wait_until {
        my $log = join "\n", $t->log_matches(qr/gracefully shutting down/);
        all { $log =~ / $_#/ } @old;
    } 10, 'old workers stop accepting';
}


1;

__END__

=head1 NAME

Test::Restream::Workers - one worker of many

=head1 SYNOPSIS

    my ($worker) = $t->worker_pids();
    my $pub = on_worker($t, $worker, sub { $t->publish('live/show') });

    my %status = each_worker($t, sub { $t->status(conn => $_[0]) });

    reload_and_part($t);

The configuration has /restream/status at PORT_80.
