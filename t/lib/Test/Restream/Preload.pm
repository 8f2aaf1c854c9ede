package Test::Restream::Preload;

# A library, written in the test, that nginx is started with: what it defines
# is called in place of libc's.

use warnings;
use strict;

use Exporter qw/import/;

our @EXPORT = qw/preload/;


# Compiles the source, with -D of each definition.  A sub for run(enter), which
# nothing else may be started behind.

sub preload {
    my ($t, $name, $source, %define) = @_;

    my $file = $t->write_file("$name.c", $source);
    my $library = $t->dir() . "/$name.so";

    system('cc', '-shared', '-fPIC', '-O1',
           map({ "-D$_=$define{$_}" } sort keys %define),
           '-o', $library, $file) == 0
        or die "$name.c is not compiled\n";

    return sub {
        $ENV{LD_PRELOAD} = $library;

        # a sanitizer wants to be the first library

        $ENV{ASAN_OPTIONS} = join ':', 'verify_asan_link_order=0',
            $ENV{ASAN_OPTIONS} || ();
    };
}


1;

__END__

=head1 NAME

Test::Restream::Preload - functions of libc that a test replaces in nginx

=head1 SYNOPSIS

    my $t = Test::Restream->new()->has('cc');
    my $enter = preload($t, 'warp', $source, SPEED => 100);

    $t->write_file_expand(...)->run(enter => $enter);

=cut
