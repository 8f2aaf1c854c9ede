package Test::Restream::Build;

# Compiles C for the tests, and only what is older than its sources.
#
# Everything is written under a temporary name and renamed, and one run builds
# at a time in a directory: tests that run in parallel share the results.

use warnings;
use strict;

use Exporter 'import';
use Fcntl ':flock';
use File::Path 'make_path';
use Time::HiRes ();

our @EXPORT_OK = qw(capture);

# dir      where the results go, below build/
# cc       the compiler with all of its flags
# headers  a result older than any of these is built anew
sub new {
    my ($class, %arg) = @_;

    my $self = bless { %arg }, $class;

    make_path($self->{dir});

    open($self->{lock}, '>>', "$self->{dir}/.lock")
        or die "Can't open $self->{dir}/.lock: $!\n";
    flock($self->{lock}, LOCK_EX) or die "Can't lock $self->{dir}: $!\n";

    # other flags, other results
    my $cc = join(' ', @{$self->{cc}}) . "\n";

    if (slurp("$self->{dir}/.cc") ne $cc) {
        unlink grep { -f } glob("$self->{dir}/*");
        spew("$self->{dir}/.cc", $cc);
    }

    return $self;
}

# Makes $target out of @$sources by running the compiler with @args and
# "-o $target".  Returns (1, '') or (0, what the compiler said).
sub compile {
    my ($self, $target, $sources, @args) = @_;

    $target = "$self->{dir}/$target";

    return (1, '') if newer($target, @$sources, @{$self->{headers}});

    my ($status, $out) = capture(undef, @{$self->{cc}}, @args,
                                 '-o', "$target.tmp");
    if ($status) {
        unlink $target, "$target.tmp";
        return (0, $out);
    }

    rename("$target.tmp", $target) or die "Can't rename to $target: $!\n";

    return (1, '');
}

# Makes an archive out of sources.  Returns, for each of them in turn, a pair
# of its name and what the compiler complained of, '' if nothing.  What does
# not compile is left out, so that tests which do not need it still run.
sub library {
    my ($self, $target, @sources) = @_;

    my (@results, @objects);

    for my $source (@sources) {
        my $object = $source =~ s{.*/(\w+)\.c$}{$1.o}r;
        my ($rc, $out) = $self->compile($object, [$source], '-c', $source);

        push @results, [$source, $out];
        push @objects, "$self->{dir}/$object" if $rc;
    }

    $self->archive($target, @objects);

    return @results;
}

# Lets another run build.
sub done {
    my ($self) = @_;

    close delete $self->{lock};
}

# Runs a command; returns its wait status and what it wrote to stdout and
# stderr.  After $timeout seconds (undef: never) it gets SIGALRM.
sub capture {
    my ($timeout, @command) = @_;

    my $pid = open(my $fh, '-|') // die "Can't fork: $!\n";

    if ($pid == 0) {
        open(STDERR, '>&', \*STDOUT);
        alarm($timeout) if $timeout;
        exec { $command[0] } @command
            or print "can't run $command[0]: $!\n";
        exit 127;
    }

    my $out = do { local $/; <$fh> } // '';
    close($fh);

    return ($?, $out);
}

###############################################################################

# Puts objects, and nothing else, into an archive.
sub archive {
    my ($self, $target, @objects) = @_;

    $target = "$self->{dir}/$target";

    my $members = join('', map { s{.*/}{}r . "\n" } @objects);

    return if newer($target, @objects)
              && (capture(undef, 'ar', 't', $target))[1] eq $members;

    unlink "$target.tmp";

    my ($status, $out) = capture(undef, 'ar', 'rcs', "$target.tmp", @objects);
    die "Can't make $target: $out\n" if $status;

    rename("$target.tmp", $target) or die "Can't rename to $target: $!\n";
}

sub newer {
    my ($target, @sources) = @_;

    my $mtime = mtime($target) // return 0;

    for my $source (@sources) {
        my $m = mtime($source);
        return 0 if !defined $m || $m >= $mtime;
    }

    return 1;
}

sub mtime {
    return (Time::HiRes::stat($_[0]))[9];
}

sub slurp {
    open(my $fh, '<', $_[0]) or return '';
    local $/;
    return <$fh> // '';
}

sub spew {
    my ($name, $text) = @_;

    open(my $fh, '>', $name) or die "Can't write $name: $!\n";
    print $fh $text;
    close($fh) or die "Can't write $name: $!\n";
}

1;
