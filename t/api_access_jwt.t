#!/usr/bin/perl

# JWTs of restream_api_jwt: taken if the configured key signed them, for us and
# for now; what they claim is what they may; what an attacker can make of the
# public key, of other keys and of headers is refused.

use warnings;
use strict;

use Test::More;

use Digest::SHA qw/hmac_sha256 sha256_hex/;
use JSON::PP ();
use MIME::Base64 qw/decode_base64url encode_base64url/;

use lib 't/lib';
use Test::Restream;
use Test::Restream::JWT;

my $t = Test::Restream->new()->has('openssl');
my $jwt = Test::Restream::JWT->new($t->dir());
my @algs = qw/HS256 RS256 ES256 EdDSA/;
my %key = map { $_ => $jwt->key($_) } @algs;
my %other = map { $_ => $jwt->key($_) } @algs;

$t->expand(LOCATIONS => join "\n", map { <<"LOCATION" } @algs);
        location /$_/restream/ {
            restream_api_jwt $_ $key{$_}{public};
            restream_api;
        }
LOCATION

$t->expand(map { $_ => $key{$_}{public} } @algs);
$t->expand(OLD => $other{ES256}{public}, TOKEN => sha256_hex('a-token'));

# who fails is another one every time: addresses are what the test says

$t->write_file_expand('nginx.conf', <<'CONF')->run();
%%GLOBALS%%

events {
}

rtmp {
    %%GLOBALS_RTMP%%

    restream_store sqlite:state/restream.db;

    restream_publisher_grace 0;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        application live {
            live on;
            restream on;
        }
    }
}

http {
    %%GLOBALS_HTTP%%

    server {
        listen 127.0.0.1:%%PORT_80%%;

        set_real_ip_from 127.0.0.1;
        real_ip_header X-Test-Address;

        %%LOCATIONS%%

        location /strict/restream/ {
            restream_api_jwt HS256 %%HS256%%
                audience=restream issuer=https://login.example;
            restream_api;
        }

        location /several/restream/ {
            restream_api_token sha256:%%TOKEN%% read name=t;
            restream_api_jwt ES256 %%OLD%%;
            restream_api_jwt ES256 %%ES256%%;
            restream_api_jwt HS256 %%HS256%%;
            restream_api;
        }
    }
}
CONF

my @pubs = map { $t->publish("live/$_") } qw/alice1 bob/;
my $address = 0;

wait_until {
    @{get('HS256', {}, { scope => 'read' })->{json}{items} || []} == 2
} 10, 'the streams are there';

###############################################################################

# good ones

for my $alg (@algs) {
    is(get($alg, {}, { capabilities => ['read'] })->{status}, 200,
       "$alg: a good token");
    problem(get($alg, { key => $other{$alg} }, { scope => 'read' }), 401,
            'invalid-token', "$alg: of another key");

    my $changed = $jwt->token($key{$alg}, { scope => 'read' });
    my ($header, $payload, $signature) = split /\./, $changed;
    my $claims = decode_base64url($payload) =~ s/read/write/r;

    problem(get($alg, { token => join '.', $header, encode_base64url($claims),
                        $signature }), 401, 'invalid-token',
            "$alg: changed claims");
    problem(get($alg, { token => "$header.$payload." }), 401, 'invalid-token',
            "$alg: without a signature");
    problem(get($alg, { token => "$header.$payload" }), 401, 'invalid-token',
            "$alg: without its part");

    for my $as (@algs) {
        next if $as eq $alg;

        problem(get($as, { key => $key{$alg} }, { scope => 'read' }), 401,
                'invalid-token', "$alg: where $as is expected");
    }
}

# the public key is a secret for HMAC, if the header chooses

for my $alg (qw/RS256 ES256 EdDSA/) {
    open my $fh, '<', $key{$alg}{public} or die "open(): $!\n";
    my $pem = do { local $/; <$fh> };

    for my $header ('HS256', $alg) {
        for my $secret ($pem, $pem =~ s/\n\z//r) {
            my $input = join '.', map { encode_base64url($_) }
                qq({"alg":"$header","typ":"JWT"}),
                sprintf '{"exp":%d,"scope":"read"}', time + 600;

            problem(get($alg, { token => "$input."
                . encode_base64url(hmac_sha256($input, $secret)) }), 401,
                    'invalid-token', "an HMAC of the key of $alg as $header");
        }
    }
}

for my $none (qw/none None NONE nOnE/) {
    for my $alg (@algs) {
        my $input = join '.', map { encode_base64url($_) }
            qq({"alg":"$none"}), sprintf '{"exp":%d,"scope":"read"}',
            time + 600;

        problem(get($alg, { token => $input . $_ }), 401, 'invalid-token',
                "$alg: $none") for '.', '.AAAA';
    }
}

# headers that say where to look for a key

for my $header (
    { kid => '../../../../dev/null' }, { kid => "x' OR 1 --" },
    { jku => 'http://127.0.0.1:' . $t->port(80) . '/keys' },
    { x5u => 'file:///etc/passwd' },
    { jwk => { kty => 'oct', k => 'AAAA' } })
{
    my $all = { alg => 'HS256', %$header };

    is(get('HS256', { header => $all }, { scope => 'read' })->{status}, 200,
       (keys %$header)[0] . ': is of no matter');
    problem(get('HS256', { header => $all, key => $other{HS256} },
                { scope => 'read' }), 401, 'invalid-token',
            (keys %$header)[0] . ': changes no key');
}

problem(get('HS256', { header => $_ }, { scope => 'read' }), 401,
        'invalid-token', 'header ' . (ref $_ ? join ',', %$_ : $_))
    for { alg => 'HS256', crit => ['exp'] }, { alg => 'HS512' },
        '{"alg":"HS256","alg":"none"}', '["HS256"]', 'HS256', '';

###############################################################################

# when and for whom

is(get('HS256', {}, { scope => 'read', %$_ })->{status}, 200,
   'within a minute: ' . join ' ', %$_)
    for { exp => time - 50 }, { nbf => time + 50 };

my $expired = get('HS256', {}, { scope => 'read', exp => time - 70 });

problem($expired, 401, 'expired-token', 'one that has expired');
is($expired->{headers}{'www-authenticate'},
   'Bearer realm="restream", error="invalid_token"', 'is to be renewed');

problem(get('HS256', {}, { scope => 'read', %$_ }), 401, 'invalid-token',
        'claims ' . JSON::PP::encode_json($_))
    for { nbf => time + 70 }, { exp => undef }, { exp => 'tomorrow' },
        { aud => 'another' }, { sub => ['x'] }, { sub => "a\nb" },
        { streams => undef }, { streams => ['live'] }, { streams => ['~('] },
        { capabilities => 'read', streams => 7 }, { capabilities => 1 };

my %us = (scope => 'read', aud => 'restream', iss => 'https://login.example');

is(get('strict', { key => $key{HS256} }, { %us, %$_ })->{status}, 200,
   'for us: ' . JSON::PP::encode_json($_))
    for {}, { aud => ['x', 'restream'] };
problem(get('strict', { key => $key{HS256} }, { %us, %$_ }), 401,
        'invalid-token', 'not for us: ' . JSON::PP::encode_json($_))
    for { aud => 'restream2' }, { aud => [] }, { aud => undef },
        { iss => 'https://login.example.page.example' }, { iss => undef };

# claims that two readers would read in two ways, or not at all

for my $claims ('{"exp":1,"exp":EXP,"scope":"read"}', '{"exp":EXP,"exp":1}',
    '{"exp":EXP,"scope":"read","scope":"read write"}',
    '{"exp":EXP,"aud":"x","aud":"restream","scope":"read"}',
    qq({"exp":EXP,"scope":"read","sub":"\xff\xfe"}),
    qq({"exp":EXP,"scope":"read","sub":"\xc0\xaf"}),
    qq({"exp":EXP,"scope":"read","sub":"\xed\xa0\x80"}),
    '{"exp":EXP,"scope":"read","sub":"\ud800"}',
    '{"exp":EXP,"scope":"read","sub":"a\u0000b"}',
    '{"exp":EXP,"scope":"read","x":' . '[' x 2500 . ']' x 2500 . '}',
    '{"exp":EXP,"scope":"read","x":' . '[' x 2500,
    '{"exp":EXP,"scope":"read"}{}', '[{"exp":EXP,"scope":"read"}]', '', '{',
    '"read"', 'null')
{
    problem(get('HS256', { token => raw('{"alg":"HS256"}', $claims) }), 401,
            'invalid-token', 'claims ' . substr $claims, 0, 60);
}

# what nobody has signed is read as well, as far as it has to be

problem(get('HS256', { token => raw('{"alg":"HS256","x":' . $_ . '}',
                                    '{"exp":EXP}') =~ s/.{4}\z/AAAA/r }), 401,
        'invalid-token', 'a header ' . substr $_, 0, 8)
    for '[' x 2000 . ']' x 2000, '[' x 2500, '{"a":' x 700 . '1' . '}' x 700,
        '"' . 'y' x 5000 . '"', '1e999', "\"\xff\"";

# padding, other alphabets, more parts; the same signature

my $good = raw('{"alg":"HS256"}', '{"exp":EXP,"scope":"read","x":"~~??>>"}');

is(get('HS256', { token => $good })->{status}, 200, 'a token by hand');
problem(get('HS256', { token => $_ }), 401, 'invalid-token',
        'as it is not written')
    for "$good=", "$good==", $good =~ tr{_-}{/+}r . '+', "$good.",
        ".$good", "$good.AAAA", $good =~ s/\./../r, uc $good, "$good\x01";

# never in a URL

for my $name (qw/access_token token jwt bearer authorization/) {
    my $answer = $t->http_get("/HS256/restream/streams?$name=$good",
                              headers => { 'X-Test-Address' => '10.9.9.9' });

    like($answer->{status}, qr/\A40[01]\z/, "$name in the query is no token");
}

###############################################################################

# what they grant

my $answer = get('ES256', {}, { capabilities => ['write', 'admin'] });

problem($answer, 403, 'capability', 'a token that may not read');
is($answer->{json}{capability}, 'read', 'which is named');
problem(get('ES256', {}, {}), 403, 'capability', 'one without capabilities');
is(get('ES256', {}, { scope => 'openid read' })->{status}, 200, 'scope');
is(get('ES256', {}, { scope => 'read', capabilities => [] })->{status}, 403,
   'capabilities come before scope');

for my $case (
    [{}, 'alice1 bob'], [{ streams => ['live/alice*'] }, 'alice1'],
    [{ streams => 'live/bob' }, 'bob'], [{ streams => [] }, ''],
    [{ streams => ['~^live/(alice1|bob)$'] }, 'alice1 bob'],
    [{ streams => ['~ice'] }, 'alice1'], [{ streams => ['*'] }, 'alice1 bob'],
    [{ streams => ['~^vod/', 'live/bob'] }, 'bob'])
{
    my ($claims, $sees) = @$case;
    my $items = get('EdDSA', {}, { scope => 'read', %$claims })->{json}{items};

    is(join(' ', sort map { $_->{name} } @{$items || [{ name => 'none' }]}),
       $sees, JSON::PP::encode_json($claims) . ": sees $sees");
}

###############################################################################

# several keys and tokens in one place

is(get('several', { token => 'a-token' })->{status}, 200, 'a token');
is(get('several', { key => $_ }, { scope => 'read' })->{status}, 200,
   "a JWT of $_->{alg}") for $other{ES256}, $key{ES256}, $key{HS256};
problem(get('several', { key => $_ }, { scope => 'read' }), 401,
        'invalid-token', "and none of another key: $_->{alg}")
    for $key{EdDSA}, $key{RS256}, $other{HS256};
problem(get('several', { key => $_ }, { exp => 1 }), 401, 'expired-token',
        'which of them expired is known') for $other{ES256}, $key{ES256};

# as big as may be

is(get('HS256', {}, { scope => 'read', x => 'y' x 4000 })->{status}, 200,
   'a token of 5 kB');
is(get('HS256', { token => 'x' x 20_000 })->{status}, 400,
   'one that nginx takes for no header');

is($t->log_matches(qr/stale global SSL error|\[crit\]/), 0,
   'nothing is left for other connections to stumble over');

$_->stop() for @pubs;
$t->done_testing();

###############################################################################

# of the key HS256, byte by byte; EXP is in ten minutes

sub raw {
    my ($header, $claims) = @_;

    my $exp = time + 600;
    my $input = join '.', map { encode_base64url(s/EXP/$exp/gr) }
        $header, $claims;

    return "$input." . encode_base64url($jwt->sign($key{HS256}, $input));
}


# location, { token } or { key, header }, claims

sub get {
    my ($location, $how, $claims) = @_;

    my $token = $how->{token} // $jwt->token(
        $how->{key} || $key{$location}, $claims,
        exists $how->{header} ? (header => $how->{header}) : ());

    $address++;

    my $http = $t->http_connect() or return {};
    my $answer = $http->get("/$location/restream/streams", headers => {
        Authorization => "Bearer $token",
        'X-Test-Address' => sprintf '10.0.%d.%d', $address >> 8, $address & 255,
    }) or return { status => 0 };

    $answer->{json} = eval { JSON::PP::decode_json($answer->{body}) };

    return $answer;
}


sub problem {
    my ($answer, $status, $code, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    is($answer->{status}, $status, "$name: is answered with $status")
        or diag(explain($answer));
    is($answer->{json}{code}, $code, "$name: $code");
    return;
}
