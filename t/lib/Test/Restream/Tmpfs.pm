package Test::Restream::Tmpfs;

# A small disk: a file system in memory, in a mount namespace that only the test
# and what it starts see.

use warnings;
use strict;

use Test::Restream::Util qw/syscall_number/;

use constant {
    CLONE_NEWNS => 0x00020000,
    BLOCK       => 4096,
};

my $unshared;


# Why there can be none; nothing if there can.

sub unavailable {
    return 'needs root' if $> != 0;
    return 'syscall.ph does not know unshare'
        if !defined syscall_number('unshare');
    return;
}


# dir: is made, and covered; size: bytes

sub new {
    my ($class, %o) = @_;

    if (!$unshared) {
        syscall(syscall_number('unshare'), CLONE_NEWNS) == 0
            or die "unshare() failed: $!\n";
        _run('mount', '--make-rprivate', '/');
        $unshared = 1;
    }

    mkdir $o{dir};
    _run('mount', '-t', 'tmpfs', '-o', "mode=0777,size=$o{size}", 'small',
         $o{dir});

    return bless { dir => $o{dir} }, $class;
}


sub _run {
    my (@command) = @_;

    system(@command) == 0 or die "\"@command\" failed\n";
    return;
}


# Until nothing is left but so many bytes.

sub fill {
    my ($self, $left) = @_;

    open my $fh, '>>', "$self->{dir}/filler" or die "open() failed: $!\n";
    1 while syswrite $fh, "\0" x BLOCK;
    truncate $fh, (-s $fh) - $left if $left;
    close $fh;

    return;
}


sub drain {
    my ($self) = @_;

    unlink "$self->{dir}/filler";
    return;
}


# Before the directory can be removed.

sub unmount {
    my ($self) = @_;

    _run('umount', '-l', $self->{dir}) if defined $self->{dir};
    $self->{dir} = undef;
    return;
}


1;

__END__

=head1 NAME

Test::Restream::Tmpfs - a small disk

=head1 SYNOPSIS

    my $disk = Test::Restream::Tmpfs->new(dir => $t->dir() . '/state',
                                          size => 1_048_576);
    $disk->fill();
    $disk->drain();
    $disk->unmount();

=cut
