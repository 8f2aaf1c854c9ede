package Test::Restream;

# The harness: a directory, free ports, an nginx of its own and peers for each
# test; five assertions that every test makes in the end.

use warnings;
use strict;

use Cwd qw/abs_path/;
use Exporter qw/import/;
use File::Basename qw/dirname/;
use File::Path qw/remove_tree/;
use File::Temp qw/tempdir/;
use JSON::PP ();
use Test::More import => [qw/ok pass fail diag note/];

use Test::Restream::Check;
use Test::Restream::Child;
use Test::Restream::Compare;
use Test::Restream::HTTP;
use Test::Restream::Ingest;
use Test::Restream::Netns;
use Test::Restream::Nginx;
use Test::Restream::Port;
use Test::Restream::Process;
use Test::Restream::Proxy;
use Test::Restream::Publisher;
use Test::Restream::TLS;
use Test::Restream::Util qw/mono slow slowly poll/;

our @EXPORT = qw/wait_until wait_ok mono slow slowly missing_frames
    check_order timestamp_offsets latencies percentile/;

Test::Restream::Compare->import(qw/missing_frames check_order
    timestamp_offsets latencies percentile/);

use constant {
    RTMP_PORT  => 0,            # the convention for %%PORT_n%%
    HTTP_PORT  => 80,
    CHECKS     => 5,
    LOG_LINES  => 30,
};

my $tree = abs_path(dirname(__FILE__) . '/../../..');

# the test that is running: the one, as a rule

my @running;


# module 0: stock nginx-rtmp alone; static 1: the nginx with both built in;
# netns 1: in a network of its own; log_level ('debug'); patience 0: timeouts of
# destinations are the defaults also where all is slow

sub new {
    my ($class, %o) = @_;

    my $self = bless {
        log_level => 'debug', module => 1, patience => 1, %o, owner => $$,
        names => {}, children => [], peers => [], expand => {}, exits => [],
        check => Test::Restream::Check->new(),
        ports => Test::Restream::Port->new(),
    }, $class;

    if ($o{netns}) {
        my $why = Test::Restream::Netns::unavailable();
        Test::More::plan(skip_all => "no network namespaces: $why") if $why;
        Test::Restream::Netns::isolate();
    }

    $self->{dir} = abs_path(tempdir('restream-XXXXXX', TMPDIR => 1));
    chmod 0755, $self->{dir};

    $self->{nginx} = Test::Restream::Nginx->new(
        dir => $self->{dir}, tree => $tree, check => $self->{check},
        map { $_ => $self->{$_} } qw/module static log_level patience/);

    note('seed ' . $self->seed() . ", $self->{dir}");
    push @running, $self;

    return $self;
}


# Skips the test where something is missing: a program, or 'static', 'ipv6',
# 'netns'.

sub has {
    my ($self, @features) = @_;

    for my $feature (@features) {
        my $why = $feature eq 'static'
                ? !$ENV{RESTREAM_TEST_STATIC_NGINX} && 'no static nginx'
            : $feature eq 'ipv6' ? !-e '/proc/net/if_inet6' && 'no IPv6'
            : $feature eq 'netns' ? Test::Restream::Netns::unavailable()
            : !grep({ -x "$_/$feature" } split(/:/, $ENV{PATH}),
                    qw{/sbin /usr/sbin}) && "no program $feature";

        if ($why) {
            $self->_clean();
            Test::More::plan(skip_all => $why);
        }
    }

    return $self;
}


# As in Test::More, without the assertions that come for free.

sub plan {
    my ($self, $tests) = @_;

    Test::More::plan(tests => $tests + CHECKS);
    return $self;
}


sub done_testing {
    my ($self) = @_;

    $self->finish();
    return Test::More::done_testing();
}


sub dir    { return $_[0]{dir} }
sub tree   { return $tree }
sub full   { return Test::Restream::Util::full() }
sub seed   { return Test::Restream::Util::seed() }
sub port   { return $_[0]{ports}->get($_[1]) }
sub check  { return $_[0]{check} }


# Secrets and exceptions: see Test::Restream::Check

sub secret { my ($self, @words) = @_; return $self->{check}->secret(@words) }
sub allow  { my ($self, @what) = @_; return $self->{check}->allow(@what) }


# Files of the test.  %%PORT_n%%, %%TESTDIR%%, %%GLOBALS%%, %%GLOBALS_HTTP%%,
# %%GLOBALS_RTMP%% and what expand() defines are replaced.

sub write_file {
    my ($self, $name, $text) = @_;

    my $path = "$self->{dir}/$name";

    open my $fh, '>:raw', $path or die "open() \"$path\" failed: $!\n";
    print $fh $text;
    close $fh or die "close() \"$path\" failed: $!\n";

    return $path;
}


sub expand {
    my ($self, %words) = @_;

    $self->{expand}{$_} = $words{$_} for keys %words;
    return $self;
}


sub write_file_expand {
    my ($self, $name, $text) = @_;

    my $all = join "\n", $text, values %{$self->{expand}};
    my %words = (
        TESTDIR => $self->{dir}, $self->{nginx}->globals($all),
        %{$self->{expand}},
    );

    1 while $text =~ s/%%(\w+)%%/
        exists $words{$1} ? $words{$1}
            : $1 =~ m{\APORT_(\d+)\z} ? $self->port($1)
            : die "nothing stands for \%\%$1\%\%\n"/ge;

    $self->{check}->learn($text);

    $self->write_file($name, $text);
    return $self;
}


# nginx: see Test::Restream::Nginx

sub run          { my ($self, @o) = @_; $self->{nginx}->run(@o); return $self }
sub reload       { my ($self, @o) = @_; return $self->{nginx}->reload(@o) }
sub nginx_test   { my ($self, @o) = @_; return $self->{nginx}->test(@o) }
sub master_pid   { return $_[0]{nginx}->master_pid() }
sub worker_pids  { return $_[0]{nginx}->worker_pids() }
sub old_workers  { return $_[0]{nginx}->old_workers() }
sub read_log     { return $_[0]{nginx}->read_log($_[1]) }
sub log_matches  { return $_[0]{nginx}->log_matches($_[1]) }
sub signal       { return $_[0]{nginx}->signal($_[1]) }


# How many descriptors a worker has open, the first one if none is named, with
# no connection to the status; without the memory files of streams, which take
# turns.  A request shows that it has begun to work.

sub descriptors {
    my ($self, $pid) = @_;

    my ($stable, $count) = (0, -1);

    ($pid) = $self->worker_pids() if !defined $pid;
    $self->status();

    wait_until(sub {
        my @now = grep { (readlink || '') !~ m{^/memfd:} }
            glob "/proc/$pid/fd/*";

        $stable = @now == $count ? $stable + 1 : 0;
        $count = @now;
        $stable > 10;
    }, 5, 'the number of descriptors is stable');

    return $count;
}


sub stop {
    my ($self) = @_;

    my $running = $self->{nginx}->alive();

    push @{$self->{exits}}, $self->{nginx}->stop();
    note("nginx ended by $self->{nginx}{ended_by}") if $running;

    return $self;
}


# HTTP.  `port` is a number of %%PORT_n%%; conn: a Test::Restream::HTTP, to
# reach one worker again and again.

sub http_connect {
    my ($self, %o) = @_;

    return Test::Restream::HTTP->new(
        port => $self->port(defined $o{port} ? $o{port} : HTTP_PORT));
}


sub http_get {
    my ($self, $path, %o) = @_;

    my $http = $o{conn} || $self->http_connect(%o) or return;
    my $answer = $http->get($path, %o) or return;

    $self->{check}->watch("the answer to $path",
                          join "\n", %{$answer->{headers}}, $answer->{body});

    return $answer;
}


# The decoded status, or nothing; one of its streams, one of its destinations.

sub status {
    my ($self, %o) = @_;

    my $answer = $self->http_get($o{path} || '/restream/status', %o)
        or return;

    return if $answer->{status} != 200;
    return $self->{last_status} = JSON::PP::decode_json($answer->{body});
}


sub stream {
    my ($self, $app, $name, %o) = @_;

    my $status = $self->status(%o) or return;

    return (grep { $_->{app} eq $app && $_->{name} eq $name }
            @{$status->{streams}})[0];
}


sub destination {
    my ($self, $app, $name, $destination, %o) = @_;

    my $stream = $self->stream($app, $name, %o) or return;

    return (grep { $_->{name} eq $destination }
            @{$stream->{destinations}})[0];
}


# Peers.  Their `port` is a number of %%PORT_n%%; their end comes with the
# test's.

sub _peer {
    my ($self, $kind, $class, %o) = @_;

    my $name = delete $o{name};

    $name = $kind . ++$self->{names}{$kind} if !defined $name;

    my $peer = $class->new(%o, name => $name, dir => $self->{dir});

    push @{$self->{peers}}, $peer;
    return $peer;
}


sub ingest {
    my ($self, %o) = @_;

    $o{addr} = $o{netns}->addr() if $o{netns} && !$o{addr};
    $o{authority} = $self->tls() if $o{tls};
    $o{port} = $self->port($o{port});

    # here, not in two ingests at the same time

    if ($o{tls}) {
        $o{authority}->files($_) for grep { defined } $o{tls},
            map { $_->{tls} } $o{script} || {}, values %{$o{conns} || {}};
    }

    return $self->_peer('ingest', 'Test::Restream::Ingest', %o);
}


sub publish {
    my ($self, $stream, %o) = @_;

    $o{port} = $self->port(defined $o{port} ? $o{port} : RTMP_PORT);
    $o{media} = { seed => $self->seed() . '/' . ++$self->{names}{seed},
                  %{$o{media} || {}} };

    return $self->_peer('publisher', 'Test::Restream::Publisher', %o,
                        stream => $stream);
}


sub proxy {
    my ($self, %o) = @_;

    $o{port} = $self->port($o{port});
    $o{to} = $self->port($o{to}) if !ref $o{to};

    return $self->_peer('proxy', 'Test::Restream::Proxy', %o);
}


sub netns {
    my ($self, $name) = @_;

    my $netns = Test::Restream::Netns->new(
        name => $name, output => "$self->{dir}/netns-$name.out");

    push @{$self->{children}}, $netns;
    return $netns;
}


sub tls {
    my ($self) = @_;

    return $self->{tls} ||= Test::Restream::TLS->new($self->{dir});
}


# Sets a limit of a worker, an option of prlimit(1), as the worker's own user:
# root may lack the right to do it to others.

sub limit {
    my ($self, $pid, $option) = @_;

    my ($uid, $gid) = (stat "/proc/$pid")[4, 5];
    my @as = $> == 0 ? ('setpriv', "--reuid=$uid", "--regid=$gid",
                        '--clear-groups') : ();

    system(@as, 'prlimit', "--pid=$pid", $option) == 0
        or die "prlimit failed\n";
    return;
}


# A sub in a process of its own; another program.

sub run_daemon {
    my ($self, $code, %o) = @_;

    my $name = $o{name} || 'daemon' . ++$self->{names}{daemon};
    my $child = Test::Restream::Child->new(
        %o, name => $name, output => "$self->{dir}/$name.out",
        run => sub { $_[0]->ready(); $code->() });

    push @{$self->{children}}, $child;
    return $child;
}


sub spawn {
    my ($self, $name, @command) = @_;

    my $process = Test::Restream::Process->new(
        name => $name, command => \@command,
        output => "$self->{dir}/$name.out");

    push @{$self->{children}}, $process;
    return $process;
}


# Waiting.  Both return what the block returned last; wait_ok is an assertion,
# wait_until is silent unless the deadline passes.

sub wait_until(&$$) {
    my ($code, $seconds, $name) = @_;

    my $value = poll($code, $seconds);
    return $value if $value;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    fail("$name within $seconds s");
    $_->dump() for @running;

    return;
}


sub wait_ok(&$$) {
    my ($code, $seconds, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $value = &wait_until($code, $seconds, $name);
    pass($name) if $value;

    return $value;
}


# What helps to see why: the status, the last lines of the log.

sub dump {
    my ($self) = @_;

    my $status = eval { $self->status() } || $self->{last_status};

    diag('status: ' . JSON::PP->new()->canonical()->pretty()
         ->encode($status)) if $status;

    my @lines = grep { !/\[debug\]/ } split /\n/, $self->read_log() || '';

    @lines = splice @lines, -LOG_LINES if @lines > LOG_LINES;
    diag(join "\n", 'log:', @lines) if @lines;
    diag('nginx does not run') if !$self->{nginx}->alive();
    return;
}


# Ends all that runs, makes the last assertions, removes the directory.

sub finish {
    my ($self) = @_;

    return if $self->{finished} || $self->{owner} != $$;

    $self->{finished} = 1;
    @running = grep { $_ != $self } @running;

    my ($publishers, $others) = ([], []);
    push @{$_->isa('Test::Restream::Publisher') ? $publishers : $others}, $_
        for @{$self->{peers}};

    $_->stop() for @$publishers;
    $self->stop();
    $_->stop() for @$others, @{$self->{children}};

    my @violations = map { $_->violations() }
        grep { $_->isa('Test::Restream::Ingest') } @{$self->{peers}};

    for my $check ($self->{check}->report(
        logs => [$self->{nginx}->logs()], tests => [$self->{nginx}->tests()],
        exits => $self->{exits}, violations => \@violations))
    {
        my ($name, @problems) = @$check;

        ok(!@problems, $name);
        diag($_) for Test::Restream::Check::shown(@problems);
    }

    $self->_clean();
    return;
}


sub _clean {
    my ($self) = @_;

    $self->{finished} = 1;
    @running = grep { $_ != $self } @running;

    if ($ENV{RESTREAM_TEST_LEAVE} || $self->{died}
        || !Test::More->builder()->is_passing())
    {
        diag("left: $self->{dir}");

    } else {
        remove_tree($self->{dir});
    }
    return;
}


# Before Test::More counts.

END {
    my $status = $?;

    for my $test (@running) {
        $test->{died} = $status;
        $test->finish();
    }

    $? = $status;
}


$SIG{INT} = $SIG{TERM} = sub { exit 1 };


1;

__END__

=head1 NAME

Test::Restream - an nginx and its peers for a test

=head1 SYNOPSIS

    use Test::More;
    use lib 't/lib';
    use Test::Restream;

    my $t = Test::Restream->new()->has('ffmpeg')->plan(2);

    $t->write_file_expand('nginx.conf', <<'CONF')->run();
    %%GLOBALS%%
    events { }
    rtmp {
        %%GLOBALS_RTMP%%
        server {
            listen 127.0.0.1:%%PORT_0%%;
            application live {
                live on;
                restream on;
                restream_destination a rtmp://127.0.0.1:%%PORT_1%%/app/secret;
            }
        }
    }
    http {
        %%GLOBALS_HTTP%%
        server {
            listen 127.0.0.1:%%PORT_80%%;
            location = /restream/status { restream_status; }
        }
    }
    CONF

    my $in = $t->ingest(port => 1);
    my $pub = $t->publish('live/show');

    $in->wait(sub { $_[0]->frames() > 100 }, 10, 'media arrives');
    is(missing_frames($pub, $in), 0, 'no frame is missing');
    wait_ok { $t->destination('live', 'show', 'a')->{state} eq 'live' }
        5, 'it is live';

PORT_0 is nginx-rtmp's and PORT_80 the HTTP server's; others are for peers.
Every `port` option here is such a number.

In the end each test asserts besides: no alert or emergency in a log and no
process that died; no report of a sanitizer or of valgrind; nginx ended with
code 0 and left no process; no secret (keys of the destinations are registered
by themselves, others by secret()) in a log, an argument or an answer; no ingest
was spoken to wrongly.  Exceptions: allow(log => qr/.../), and the kinds
sanitizer, exit, secret, violation.

Publishers end first, then nginx, then the other peers.  nginx gets QUIT, by
which it tells, as an alert, which connections were not closed; and TERM if that
takes longer than 3 s.

=head1 ENVIRONMENT

    RESTREAM_TEST_NGINX         nginx to run; /usr/sbin/nginx
    RESTREAM_TEST_RTMP_MODULE   ngx_rtmp_module.so; empty: built in
    RESTREAM_TEST_MODULE        the module; build/ngx_rtmp_restream_module.so
    RESTREAM_TEST_STATIC_NGINX  an nginx with both built in
    RESTREAM_TEST_VALGRIND      1: nginx runs under valgrind
    RESTREAM_TEST_SLOW          factor of all deadlines, and of the timeouts
                                that destinations have where a test sets none
    RESTREAM_TEST_FULL          1: long forms of tests
    RESTREAM_TEST_SEED          of what is pseudo-random; 1
    RESTREAM_TEST_LEAVE         1: the directory of the test is left

=cut
