#!/usr/bin/perl

# Stream keys of 1 to 2048 bytes, with all that platforms put into them, reach
# the server byte for byte: from key=, from a file, from the end of the url.
# A longer one is refused by nginx -t.  With --full every length is tried.

use warnings;
use strict;

use Test::More;

use lib 't/lib';
use Test::Restream;

# the beginnings of this are the keys; repeated it is never the same

my $text = join '', map { "k$_?&=\$%/" } 100 .. 999;
my @sizes = (1, 2, 6, 127, 128, 255, 256, 257, 1023, 1024, 2047, 2048);

my $t = Test::Restream->new();
my $n = 0;
my (@keys, @destinations);

for my $size (@sizes) {
    my $key = substr $text, 0, $size;

    destination("key=$key", $key);
    destination(file($key), $key);
    destination("/$key", $key);
}

for my $byte (split //, '?&=$%/+#@:~') {
    destination("key=$byte", $byte);
    destination(file($byte), $byte);
    destination("/$byte", $byte) if $byte ne '/';
}

# what a configuration file cannot hold, or only with an escape

for my $key ("odd \t\"'\\;{} key", "utf-8 \xc3\xa9\xe2\x82\xac", "a\xff\xfe")
{
    destination(file($key), $key);
    destination(file("$key\n"), $key);
    destination(file("$key\r\nanother line\n"), $key);
}

destination('key=two words; {of} \\"it\\"', 'two words; {of} "it"');

my $conf = <<'CONF';
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    server {
        listen 127.0.0.1:%%PORT_0%%;

        restream on;
        restream_publisher_grace 200ms;

        application live {
            live on;
            %%DESTINATIONS%%
        }

        %%LENGTHS%%
    }
}
CONF

$t->expand(LENGTHS => '');

###############################################################################

# too long

my $long = substr $text, 0, 2049;

$t->secret($long);

for my $way ("key=$long", file($long), "/$long") {
    my ($name) = $way =~ /\A(key=(?:file:)?|)/;

    configure(line($way));
    my ($code, $output) = $t->nginx_test();

    $name ||= 'url';
    is($code, 1, "$name: 2049 bytes are refused");
    like($output, qr/\[emerg\].*2048.*nginx\.conf:/, "$name: with a reason");
}

###############################################################################

# an application for some lengths at a time

my @lengths = $t->full() ? map { [$_ .. $_ + 127] } map { 1 + 128 * $_ } 0 .. 15
    : ();

$t->expand(LENGTHS => join "\n", map {
    my $lengths = $_;
    join "\n", "application length$lengths->[0] {", 'live on;', map({
        "restream_destination d$_ \"rtmp://127.0.0.1:%%PORT_2%%/app/"
            . substr($text, 0, $_) . '";'
    } @$lengths), '}';
} @lengths);

configure(@destinations);
$t->secret(grep { length >= 6 } @keys);
$t->run();

my $in = $t->ingest(port => 1);
my $pub = $t->publish('live/show');

wait_ok { ($in->events(ev => 'start')) == @keys } 20,
    scalar(@keys) . ' destinations publish';

my %expected = map { ("app$_" => $keys[$_]) } 0 .. $#keys;
my %published;

for my $event ($in->events(ev => 'command', name => 'publish')) {
    my $connect = $in->command($event->{conn}, 'connect');
    $published{$connect->{args}[0]{app}} = $event->{args}[1];
}

for my $app (sort keys %expected) {
    my $key = $expected{$app};

    ok($published{$app} eq $key, sprintf '%d bytes, %s', length $key,
       shown(substr $key, 0, 20));
}

# releaseStream and FCPublish carry it too

for my $command (qw/releaseStream FCPublish/) {
    my @said = sort map { $_->{args}[1] }
        $in->events(ev => 'command', name => $command);

    ok(join("\0", @said) eq join("\0", sort @keys),
       "$command has the same keys");
}

$pub->stop();

my $every = $t->ingest(port => 2);

for my $lengths (@lengths) {
    my $one = $t->publish("length$lengths->[0]/show", media => { fps => 1 });

    wait_ok { $lengths->[-1] == (() = $every->events(ev => 'start')) } 30,
        "$lengths->[0] to $lengths->[-1] bytes: all publish";

    my %length = map { length $_->{args}[1] => $_->{args}[1] }
        $every->events(ev => 'command', name => 'publish');

    is(scalar(grep { ($length{$_} // '') ne substr $text, 0, $_ } @$lengths),
       0, 'with their keys');
    $one->stop();
}

$t->done_testing();

###############################################################################

sub destination {
    my ($way, $key) = @_;

    push @keys, $key;
    push @destinations, line($way, $#keys);
    return;
}


# Of a key behind the url, or of the parameter.

sub line {
    my ($way, $i) = @_;

    my $url = 'rtmp://127.0.0.1:%%PORT_1%%/app' . ($i || 0);
    my $rest = $way =~ m{\A/} ? "\"$url$way\"" : "$url \"$way\"";

    return "restream_destination d" . ($i || 0) . " $rest;";
}


sub file {
    my ($content) = @_;

    return 'key=file:' . $t->write_file('key' . $n++, $content);
}


sub configure {
    my (@lines) = @_;

    $t->expand(DESTINATIONS => join "\n", @lines);
    $t->write_file_expand('nginx.conf', $conf);
    return;
}


sub shown {
    my ($key) = @_;

    return $key =~ s/([^!-~])/sprintf '\\x%02x', ord $1/ger;
}
