/*
 * Tokens as a directive and a file say them: what is taken, what is refused
 * and in which words, and that a hash is found or not found.
 */

#include "test.h"

#include "model/restream_token.h"

#include <stdlib.h>
#include <string.h>


#define A                                                                     \
    "sha256:aaaaaaaabbbbbbbbccccccccdddddddd"                                 \
    "eeeeeeeeffffffff0000000011111111"
#define B                                                                     \
    "sha256:AAAAAAAABBBBBBBBCCCCCCCCDDDDDDDD"                                 \
    "EEEEEEEEFFFFFFFF0000000022222222"
#define C                                                                     \
    "sha256:0123456789abcdef0123456789abcdef"                                 \
    "0123456789abcdef0123456789abcdef"

#define SECRET  "not-a-hash-but-the-token-itself"


/* in memory of exactly its size, so that a read past the end is a report */

static int
read_text(restream_tokens_t *tokens, const char *text,
    restream_token_err_t *err)
{
    int              rc;
    restream_str_t   str;

    str.len = strlen(text);
    str.data = malloc(str.len + !str.len);
    memcpy(str.data, text, str.len);

    memset(err, 0, sizeof(restream_token_err_t));
    rc = restream_tokens_read(tokens, str, err);

    free(str.data);

    return rc;
}


static void
test_file(void)
{
    uint8_t                  hash[RESTREAM_TOKEN_HASH];
    restream_str_t           app = restream_string("live");
    restream_str_t           alice = restream_string("alice1");
    restream_str_t           carol = restream_string("carol");
    restream_tokens_t        tokens;
    restream_token_err_t     err;
    const restream_token_t  *token;

    memset(&tokens, 0, sizeof(tokens));

    is_uint(read_text(&tokens,
                      "# who may do what\n"
                      "\n"
                      "   \t \n"
                      A " read\n"
                      "\t" B "  read,write,stop-broadcast-call\t"
                      "streams=live/alice* streams=live/bob name=panel  \r\n"
                      "  # the last one has no line end\n"
                      C " read name=last streams=~^live/(a|b){1,2}$", &err),
            RESTREAM_OK, "a file is read");

    is_uint(tokens.n, 3, "with three tokens");

    token = &tokens.list[0];
    ok(strcmp(token->name, "sha256:aaaaaaaa") == 0, "the first has no name");
    is_uint(token->access.capabilities, RESTREAM_CAN_READ, "it may read");
    ok(!token->access.limited, "everything");
    is_mem(token->hash, 8, "\xaa\xaa\xaa\xaa\xbb\xbb\xbb\xbb", 8, "its hash");

    token = &tokens.list[1];
    ok(strcmp(token->name, "panel") == 0, "the second has");
    is_uint(token->access.capabilities,
            RESTREAM_CAN_READ|RESTREAM_CAN_WRITE|RESTREAM_CAN_STOP,
            "what it may");
    is_uint(token->access.npatterns, 2, "of two patterns");
    ok(restream_access_sees(&token->access, app, alice), "it sees one stream");
    ok(!restream_access_sees(&token->access, app, carol), "and not another");

    token = &tokens.list[2];
    ok(strcmp(token->access.patterns[0].text, "^live/(a|b){1,2}$") == 0,
       "a regex may have commas");

    memcpy(hash, tokens.list[1].hash, sizeof(hash));
    ok(restream_tokens_find(&tokens, hash) == &tokens.list[1],
       "a hash is found");
    hash[31] ^= 1;
    ok(restream_tokens_find(&tokens, hash) == NULL, "another one is not");
    hash[31] ^= 1;
    hash[0] ^= 0x80;
    ok(restream_tokens_find(&tokens, hash) == NULL,
       "wherever it is another one");

    restream_tokens_free(&tokens);
    ok(tokens.list == NULL && restream_tokens_find(&tokens, hash) == NULL,
       "freed, it has none");

    is_uint(read_text(&tokens, "", &err), RESTREAM_OK, "an empty file");
    is_uint(tokens.n, 0, "has none");
}


static void
test_wrong(void)
{
    size_t                 i;
    restream_tokens_t      tokens;
    restream_token_err_t   err;
    static const struct {
        const char  *line;
        const char  *said;
    } cases[] = {
        { SECRET " read", "\"sha256:\" and 64 hex digits" },
        { SECRET, "\"sha256:\" and 64 hex digits" },
        { "read " SECRET, "\"sha256:\" and 64 hex digits" },
        { "sha256:" SECRET " read", "64 hex digits" },
        { A "1 read", "64 hex digits" },
        { "sha256:aa read", "64 hex digits" },
        { "sha256: read", "64 hex digits" },
        { "SHA256:aaaaaaaabbbbbbbbccccccccddddddddeeeeeeeeffffffff00000000"
          "11111111 read", "64 hex digits" },
        { "sha256:gaaaaaaabbbbbbbbccccccccddddddddeeeeeeeeffffffff0000000011111"
          "111 read", "64 hex digits" },
        { A, "no capabilities, expected such as \"read,write\"" },
        { A " everything", "unknown capability \"everything\", expected of "
          "read, write, start, stop, keys, events, webhooks and limits" },
        { A " read,,write", "unknown capability \"\"" },
        { A " read, write", "unknown capability \"\"" },
        { A " Read", "unknown capability \"Read\"" },
        { A " re\x01" "ad", "unknown capability \"re?ad\"" },
        { A " streams=live/a", "unknown capability \"streams=live/a\"" },
        { A " read streams=", "a stream pattern is empty, expected such as" },
        { A " read streams=live", "no \"app/name\"" },
        { A " read streams=live/a*,live/b", "\"*\" not at the end" },
        { A " read " SECRET, "expected \"streams=...\" or \"name=...\"" },
        { A " read stream=live/a", "expected \"streams=...\"" },
        { A " read # a comment", "expected \"streams=...\"" },
        { A " read name=", "\"name=\" and 1 to 64 printable" },
        { A " read name=a\"b", "printable characters of ASCII" },
        { A " read name=\xc3\xa4", "printable characters of ASCII" },
        { A " read name=a name=b", "two names" },
        { A " read name=x234567890123456789012345678901234567890123456789012"
          "3456789012345", "1 to 64" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(&tokens, 0, sizeof(tokens));

        is_uint((uint32_t) read_text(&tokens, cases[i].line, &err),
                (uint32_t) RESTREAM_ERROR, "\"%.20s...%s\" is refused",
                cases[i].line, cases[i].line + strlen(cases[i].line) / 2);
        ok(strstr(err.text, cases[i].said) != NULL, "because: %s", err.text);
        ok(strstr(err.text, SECRET) == NULL, "which shows no token");
        is_uint(tokens.n, 0, "it is not there then");

        restream_tokens_free(&tokens);
    }
}


static void
test_several(void)
{
    restream_tokens_t      tokens;
    restream_token_err_t   err;

    memset(&tokens, 0, sizeof(tokens));

    (void) read_text(&tokens, "\n" A " read\n#\nnonsense\n", &err);
    is_uint(err.line, 4, "the line of what is wrong is said");
    is_uint(tokens.n, 1, "what stood before it was read");

    (void) read_text(&tokens, "\n" A " write name=other\n", &err);
    ok(strstr(err.text, "the hash of token \"sha256:aaaaaaaa\" again") != NULL,
       "a token has one meaning: %s", err.text);
    is_uint(err.line, 2, "also over several files");

    (void) read_text(&tokens, B " read name=x\n" C " read name=x", &err);
    ok(strstr(err.text, "a second token with the name \"x\"") != NULL,
       "a name is one token: %s", err.text);

    restream_tokens_free(&tokens);
}


static void
test_many(void)
{
    char                  *text, *p;
    uint32_t               i;
    restream_str_t         str;
    restream_tokens_t      tokens;
    restream_token_err_t   err;

    memset(&tokens, 0, sizeof(tokens));

    text = malloc((RESTREAM_TOKENS_MAX + 1) * 100);
    p = text;

    for (i = 0; i <= RESTREAM_TOKENS_MAX; i++) {
        p += sprintf(p, "sha256:%08x%056x read\n", i, 0);
    }

    str.data = (uint8_t *) text;
    str.len = (size_t) (p - text);

    is_uint((uint32_t) restream_tokens_read(&tokens, str, &err),
            (uint32_t) RESTREAM_ERROR, "more than 10,000 tokens are refused");
    is_uint(err.line, RESTREAM_TOKENS_MAX + 1, "at the first that is too many");
    is_uint(tokens.n, RESTREAM_TOKENS_MAX, "10,000 are not");

    restream_tokens_free(&tokens);
    free(text);
}


int
main(void)
{
    test_file();
    test_wrong();
    test_several();
    test_many();

    return done_testing();
}
