package Test::Restream::API;

# A client of the API.  Every answer is held against conf/openapi.json: one that
# does not stand there so fails the test.  Keys that are sent become secrets of
# the test, and nothing that is answered may hold one.

use warnings;
use strict;

use Exporter qw/import/;
use JSON::PP ();
use Test::More import => [qw/fail diag is/];

use Test::Restream::HTTP;
use Test::Restream::Schema;
use Test::Restream::Util qw/slurp/;

our @EXPORT = qw/is_problem escape/;

my $json = JSON::PP->new()->utf8()->canonical()->allow_nonref();

# what nginx answers by itself

my $own = qr{\A(?:400|408|413|414|494)\z};


# t: the test; port (80), host, prefix ('/restream'), token; conn: a
# Test::Restream::HTTP, to reach one worker again and again

sub new {
    my ($class, $t, %o) = @_;

    my $document = $json->decode(slurp($t->tree() . '/conf/openapi.json'));

    return bless {
        t => $t, port => 80, prefix => '/restream', document => $document,
        schema => Test::Restream::Schema->new($document), %o,
    }, $class;
}


# Another entrance, or another caller.

sub with {
    my ($self, %o) = @_;

    return bless { %$self, %o }, ref $self;
}


sub document { return $_[0]{document} }
sub schema   { return $_[0]{schema} }


# Path elements, so that each is one

sub escape {
    return join '', map { '/' . s/([^A-Za-z0-9._~:-])/sprintf '%%%02X',
        ord $1/ger } @_;
}


# { status, headers, body, json }, status 0 without an answer.  value: of the
# body, a reference to a scalar is the body; headers: undef takes one away.

sub call {
    my ($self, $method, $path, $value, %headers) = @_;

    my $changes = $method =~ /\A(?:POST|PATCH|DELETE|PUT)\z/;
    my $body = ref $value eq 'SCALAR' ? $$value
        : defined $value ? $json->encode($value) : undef;

    $self->_learn($value) if ref $value ne 'SCALAR';

    my %all = (
        $changes ? ('Content-Type' => 'application/json') : (),
        length($body // '') || $method !~ /\A(?:POST|PATCH)\z/ ? ()
            : ('Content-Length' => 0),
        defined $self->{token} ? (Authorization => "Bearer $self->{token}")
            : (),
        %headers);

    delete $all{$_} for grep { !defined $all{$_} } keys %all;

    my $http = $self->{conn} || Test::Restream::HTTP->new(
        port => $self->{t}->port($self->{port}), host => $self->{host});
    my $answer = $http && $http->request(
        $method, "$self->{prefix}$path", body => $body, headers => \%all,
        timeout => 10)
        or return { status => 0, headers => {}, body => '' };

    $answer->{json} = eval { $json->decode($answer->{body}) }
        if ($answer->{headers}{'content-type'} || '') =~ /json/;

    $self->{t}->check()->watch("the answer to $method $path",
                               join "\n", %{$answer->{headers}},
                               $answer->{body})
        if $path !~ m{reveal=key|\A/openapi\.json};
    $self->_conform($method, $path, $answer);

    return $answer;
}


sub get    { my ($self, @o) = @_; return $self->call('GET', @o) }
sub post   { my ($self, @o) = @_; return $self->call('POST', @o) }
sub patch  { my ($self, @o) = @_; return $self->call('PATCH', @o) }
sub delete { my ($self, @o) = @_; return $self->call('DELETE', @o) }


# A stream, or one of its destinations, as it is now; nothing if there is none

sub stream {
    my ($self, $app, $name) = @_;

    return $self->get('/streams' . escape($app, $name))->{json};
}


sub destination {
    my ($self, $app, $name, $destination) = @_;

    return $self->get('/streams' . escape($app, $name, 'destinations',
                                          "name:$destination"))->{json};
}


sub _learn {
    my ($self, $value) = @_;

    if (ref $value eq 'ARRAY') {
        $self->_learn($_) for @$value;

    } elsif (ref $value eq 'HASH') {
        $self->{t}->secret($value->{key})
            if defined $value->{key} && !ref $value->{key};
        $self->{t}->secret($1)
            if defined $value->{url} && !ref $value->{url}
               && $value->{url} =~ m{://[^/@]*:([^/@]+)@};

        $self->_learn($_) for values %$value;
    }
    return;
}


# The templates that match a path, the most literal one first: one, or none.

sub template {
    my ($self, $path) = @_;

    $path =~ s/\?.*//s;

    for my $template (sort keys %{$self->{document}{paths}}) {
        my $pattern = join '[^/]+', map { quotemeta }
            split /\{\w+\}/, $template, -1;

        return $template if $path =~ m{\A$pattern\z};
    }

    return;
}


# What of an answer is not as the document says, in sentences

sub problems {
    my ($self, $method, $path, $answer) = @_;

    my ($status, $headers) = @$answer{qw/status headers/};
    my $type = $headers->{'content-type'} || '';

    return if $status =~ $own && $type =~ m{\Atext/html};

    return if $status == 404
        && (($answer->{json} || {})->{code} || '') eq 'not-found';

    my $template = $self->template($path);

    if (!defined $template) {
        return $status =~ /\A(?:400|401|403|404|415|429)\z/ ? ()
            : "status $status of a path that has no document";
    }

    my $item = $self->{document}{paths}{$template};
    my $operation = $item->{lc($method eq 'HEAD' ? 'GET' : $method)};
    my $response = $operation ? $operation->{responses}{$status}
        : $status == 405 ? $item->{'x-other-methods'}
        : $status =~ /\A(?:400|401|403|404|415|429)\z/ ? return : undef;

    return "status $status of $method $template has no document"
        if !$response;

    return $self->_response($self->{schema}->resolve($response), $method,
                            $answer);
}


sub _response {
    my ($self, $response, $method, $answer) = @_;

    my @problems;

    for my $name (sort keys %{$response->{headers} || {}}) {
        my $header = $self->{schema}->resolve($response->{headers}{$name});
        my $value = $answer->{headers}{lc $name};

        push @problems, defined $value
            ? $self->{schema}->problems($header->{schema}, $value,
                                        "header $name")
            : "header $name is missing";
    }

    push @problems, 'it may be cached'
        if ($answer->{headers}{'cache-control'} || '') ne 'no-store';

    return @problems if $method eq 'HEAD';

    my $content = $response->{content};

    if (!$content) {
        push @problems, 'it has a body' if $answer->{body} ne '';
        return @problems;
    }

    my $type = $answer->{headers}{'content-type'} || '';
    my $media = $content->{$type};

    return @problems, "content type \"$type\" has no document" if !$media;
    return @problems, 'the body is no JSON' if !defined $answer->{json};
    return @problems, $self->{schema}->problems($media->{schema},
                                                $answer->{json});
}


sub _conform {
    my ($self, $method, $path, $answer) = @_;

    my @problems = $self->problems($method, $path, $answer) or return;

    fail("the answer to $method $path is as in the document");
    diag("status $answer->{status}", map { "\n$_" } @problems);
    return;
}


# An answer that is a problem: its status, and its code.

sub is_problem {
    my ($answer, $status, $code, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $got = "$answer->{status} " . (($answer->{json} || {})->{code} || '');

    return is($got, "$status $code", $name)
        || diag(substr $answer->{body}, 0, 1000);
}


1;

__END__

=head1 NAME

Test::Restream::API - a client of the API that knows its document

=head1 SYNOPSIS

    my $api = Test::Restream::API->new($t);

    my $answer = $api->post('/streams', { app => 'live', name => 'show' });
    is($answer->{status}, 201, 'a stream is made');
    is_problem($api->delete('/streams/live/x'), 404, 'no-stream', 'not there');
    $api->with(token => 'secret')->get('/streams');
    $api->destination('live', 'show', 'youtube')->{state};

=cut
