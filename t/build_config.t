#!/usr/bin/perl

# config stops configure with one sentence where the module cannot work, and
# puts its modules where they belong where it can.

use warnings;
use strict;

use Test::More;

use Cwd 'abs_path';
use File::Temp 'tempdir';
use FindBin;

use lib "$FindBin::Bin/lib";

use Test::Restream::Build 'capture';
use Test::Restream::Util 'slurp';

use constant TIMEOUT => 60;

my $root = abs_path("$FindBin::Bin/..");
my $dir = tempdir('restream-config-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my ($rtmp) = glob("$root/build/src/libnginx-mod-rtmp-*/config");

BAIL_OUT('no sources of nginx-rtmp, scripts/setup gets them') if !$rtmp;

$rtmp =~ s{/config$}{};

# a copy that may be written to, and changed
system('cp', '-rs', '/usr/share/nginx/src', "$dir/nginx") == 0
    or BAIL_OUT('no sources of nginx, scripts/setup gets them');

write_cc("$dir/cc");

my $order = 'nginx-rtmp has to be added before this module,'
          . ' put its --add-module first';
my @usual = ('--with-threads', '--with-http_ssl_module');

###############################################################################

subtest 'a dynamic module is named and ordered' => sub {
    local $ENV{NGX_RTMP_DIR} = $rtmp;

    my ($status, $out) = configure(@usual, "--add-dynamic-module=$root");
    is($status, 0, 'configured') or diag($out);

    my $modules = slurp("$dir/objs/ngx_rtmp_restream_module_modules.c");

    is_deeply([list($modules, 'ngx_module_names')],
              [qw(ngx_rtmp_restream_module ngx_rtmp_restream_core_module
                  ngx_http_restream_module)], 'three modules in it');
    is_deeply([list($modules, 'ngx_module_order')],
              [qw(ngx_rtmp_restream_module ngx_rtmp_notify_module)],
              'the hooks are in front of notify');
};

subtest 'headers are found where nginx-rtmp is added, too' => sub {
    my ($status, $out) = configure(@usual, "--add-dynamic-module=$rtmp",
                                   "--add-dynamic-module=$root");
    is($status, 0, 'configured') or diag($out);
    like(slurp("$dir/objs/Makefile"), qr{-I \Q$rtmp\E}, 'its directory');
};

subtest 'a static module is ordered' => sub {
    my ($status, $out) = configure(@usual, "--add-module=$rtmp",
                                   "--add-module=$root");
    is($status, 0, 'configured') or diag($out);

    my @names = list(slurp("$dir/objs/ngx_modules.c"), 'ngx_module_names');
    my %at = map { $names[$_] => $_ } 0 .. $#names;

    is(scalar(grep { /restream/ } @names), 3, 'three modules');
    is($at{ngx_rtmp_restream_module}, $at{ngx_rtmp_notify_module} - 1,
       'the hooks are in front of notify');
    cmp_ok($at{ngx_rtmp_restream_core_module}, '>', $at{ngx_thread_pool_module},
           'initialised after events and thread pools');
    ok($at{ngx_http_restream_module}, 'the http module is there');
};

stops('no threads', 'nginx has no threads, add --with-threads',
      '--with-http_ssl_module', "--add-dynamic-module=$root");

stops('no OpenSSL', 'nginx has no OpenSSL, add --with-http_ssl_module',
      '--with-threads', "--add-dynamic-module=$root");

stops('no http', 'nginx has no http, leave out --without-http',
      '--with-threads', '--without-http', '--with-mail',
      '--with-mail_ssl_module', "--add-dynamic-module=$root");

stops('no headers of nginx-rtmp',
      'no headers of nginx-rtmp, set NGX_RTMP_DIR to its sources',
      @usual, "--add-dynamic-module=$root");

stops('static without nginx-rtmp', $order, @usual, "--add-module=$root");

stops('static before nginx-rtmp', $order,
      @usual, "--add-module=$root", "--add-module=$rtmp");

{
    local $ENV{NGX_RTMP_DIR} = "$dir/none";

    stops('a wrong NGX_RTMP_DIR',
          qq{no ngx_rtmp.h in NGX_RTMP_DIR "$dir/none"},
          @usual, "--add-dynamic-module=$root");
}

{
    local $ENV{NGX_RTMP_DIR} = $rtmp;
    local $ENV{RESTREAM_TEST_WITHOUT} = 'jansson';

    stops('no jansson', 'no jansson library, install libjansson-dev',
          @usual, "--add-dynamic-module=$root");
}

set_version('1016001');

stops('an old nginx', 'nginx 1.18.0 or newer is needed',
      @usual, "--add-dynamic-module=$root");

done_testing();

###############################################################################

sub stops {
    my ($name, $sentence, @args) = @_;

    subtest $name => sub {
        my ($status, $out) = configure(@args);

        is($status >> 8, 1, 'configure stops');
        is_deeply([$out =~ /^.*error: (.*)$/mg],
                  ["ngx_rtmp_restream_module: $sentence."], 'and says why');
    };
}

sub configure {
    my (@args) = @_;

    delete local $ENV{NGX_RTMP_DIR} if !$ENV{NGX_RTMP_DIR};

    return capture(TIMEOUT, 'sh', '-c',
                   'rm -rf "$0/objs"; cd "$0/nginx" && ./configure "$@"',
                   $dir, "--with-cc=$dir/cc", "--builddir=$dir/objs", @args);
}

# What configure finds out about the compiler and the system is of no matter
# here and takes seconds: this one answers at once that all is there.
sub write_cc {
    my ($name) = @_;

    open(my $fh, '>', $name) or die "Can't write $name: $!\n";
    print $fh <<'END';
#!/bin/sh

case "$*" in
-v)
    exec cc -v ;;
*-l"${RESTREAM_TEST_WITHOUT:-nothing}"*)
    exit 1 ;;
esac

while [ $# -gt 1 ]; do
    if [ "$1" = -o ]; then
        printf '#!/bin/sh\necho 8\n' > "$2"
        chmod +x "$2"
    fi
    shift
done
END
    close($fh) or die "Can't write $name: $!\n";
    chmod(0755, $name) or die "Can't chmod $name: $!\n";
}

sub set_version {
    my ($version) = @_;

    my $name = "$dir/nginx/src/core/nginx.h";
    my $text = slurp($name) =~ s/(#define nginx_version\s+)\d+/$1$version/r;

    unlink $name;
    open(my $fh, '>', $name) or die "Can't write $name: $!\n";
    print $fh $text;
    close($fh) or die "Can't write $name: $!\n";
}

# The strings of an array of C.
sub list {
    my ($source, $array) = @_;

    my ($body) = $source =~ /\*$array\[\] = \{(.*?)\}/s or return;

    return $body =~ /"(\w+)"/g;
}
