#!/usr/bin/perl

# scripts/run serves on the ports it is told, keeps the keys of destinations
# to itself, and stops cleanly on Ctrl-C.

use warnings;
use strict;

use Test::More;

use Cwd 'abs_path';
use File::Temp 'tempdir';
use FindBin;
use IO::Socket::INET;
use POSIX ();

use lib "$FindBin::Bin/lib";

use Test::Restream::Build 'capture';
use Test::Restream::Util qw(poll slurp);

use constant TIMEOUT => 300;

my $root = abs_path("$FindBin::Bin/..");
my $dir = tempdir('restream-run-XXXXXX', TMPDIR => 1, CLEANUP => 1);

# workers may be of another user
chmod(0755, $dir);

my $key = 'canary"\\;' . int(rand(1e9));
my ($rtmp, $http) = (free_port(), free_port());

$ENV{PATH} .= ':/usr/sbin:/sbin';
$ENV{RESTREAM_RUN_DIR} = "$dir/run";
$ENV{RESTREAM_RTMP_PORT} = $rtmp;
$ENV{RESTREAM_HTTP_PORT} = $http;

###############################################################################

my ($status, $out) = run('--help');
is($status, 0, 'help is given');
like($out, qr/^Usage: scripts\/run.*--destination/s, 'with the options');

for my $args (['--port'], ['live'], ['--destination'],
              ['--destination', 'http://127.0.0.1/app/canary'],
              ['--destination', "rtmp://127.0.0.1/app/canary\nuser root;"])
{
    ($status, $out) = run(@$args);
    is($status, 64, 'wrong use: ' . join(' ', $args->[0],
                                         map { s/\n.*//r } $args->[1] // ''));
    unlike($out, qr/canary/, 'the url is not repeated');
}

{
    local $ENV{RESTREAM_RTMP_PORT} = 'x1935';

    ($status, $out) = run();
    is($status, 64, 'wrong use: a port that is none');
    like($out, qr/RESTREAM_RTMP_PORT is "x1935"/, 'which is named');
}

{
    my $busy = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1');
    local $ENV{RESTREAM_RTMP_PORT} = $busy->sockport();

    ($status, $out) = run();
    is($status, 1, 'a port in use is a failure');
    like($out, qr/port \d+ is in use.*RESTREAM_RTMP_PORT/, 'and says so');
}

my $pid = start('--destination', "rtmp://127.0.0.1:1/app/$key",
                "--destination=rtmps://127.0.0.1:1/app/$key");

ok(poll(sub { get('/restream/status') =~ m{^HTTP/1.1 200} }, 60),
   'status is served') or diag(slurp("$dir/log"));
ok(IO::Socket::INET->new("127.0.0.1:$rtmp"), 'and rtmp');
like(post('/restream/streams', '{"app": "live", "name": "show"}'),
     qr{^HTTP/1.1 201}, 'and the API, which stores what it is told');

is(slurp("/proc/$pid/comm"), "nginx\n", 'the script has become nginx');
is_deeply([cmdlines_with($key)], [], 'no command line has the key');
unlike(slurp("$dir/log"), qr/\Q$key\E/, 'nor does it show');

my $conf = "$dir/run/destinations.conf";
is((stat($conf))[2] & 07777, 0600, 'only its owner may read the urls');
is(() = slurp($conf) =~ /^restream_destination destination\d "rtmps?:/mg, 2,
   'two destinations');

($status, $out) = capture(TIMEOUT, 'nginx', '-t', '-q', '-p', "$dir/run", '-c',
                          "$root/conf/restream.conf.example");
is($status, 0, 'the reference of all directives is accepted') or diag($out);

# as the terminal does
kill('INT', -$pid);

ok(poll(sub { waitpid($pid, POSIX::WNOHANG) == $pid && ($status = $?, 1) }, 20),
   'Ctrl-C stops it');
is($status, 0, 'with 0');
unlike(slurp("$dir/log"), qr/\[(alert|emerg|crit)\]/, 'nothing was amiss');

done_testing();

###############################################################################

sub run {
    my ($status, $out) = capture(TIMEOUT, "$root/scripts/run", @_);

    return ($status >> 8, $out);
}

# In a process group of its own, as a shell would.
sub start {
    my (@args) = @_;

    my $pid = fork() // die "Can't fork: $!\n";
    return $pid if $pid;

    setpgrp(0, 0);
    open(STDOUT, '>', "$dir/log") or die "Can't open $dir/log: $!\n";
    open(STDERR, '>&', \*STDOUT);
    exec("$root/scripts/run", @args) or POSIX::_exit(127);
}

sub get {
    my ($path) = @_;

    return request("GET $path HTTP/1.0\r\n\r\n");
}

sub post {
    my ($path, $body) = @_;

    return request("POST $path HTTP/1.0\r\nHost: localhost\r\n"
                   . "Content-Type: application/json\r\n"
                   . 'Content-Length: ' . length($body) . "\r\n\r\n$body");
}

sub request {
    my ($request) = @_;

    my $socket = IO::Socket::INET->new("127.0.0.1:$http") or return '';
    print $socket $request;
    local $/;
    return readline($socket) // '';
}

sub cmdlines_with {
    my ($text) = @_;

    return grep { index(slurp($_) // '', $text) >= 0 }
           glob('/proc/[0-9]*/cmdline');
}

sub free_port {
    return IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1')
           ->sockport();
}

END {
    my $status = $?;
    kill('KILL', -$pid) if $pid && kill(0, $pid);
    $? = $status;
}
