/*
 * The tokens of the API: see restream_token.h.
 */

#include "restream_token.h"
#include "../lib/restream_utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define RESTREAM_TOKEN_WORDS  (RESTREAM_ACCESS_MAX + 3)

#define restream_token_begins(word, literal)                                  \
    ((word).len >= sizeof(literal) - 1                                        \
     && memcmp((word).data, literal, sizeof(literal) - 1) == 0)


static int restream_token_parse(restream_token_t *token,
    const restream_str_t *words, uint32_t n, char *err);
static int restream_token_hash(restream_token_t *token, restream_str_t word,
    char *err);
static int restream_token_digit(uint8_t ch);
static int restream_token_capabilities(restream_token_t *token,
    restream_str_t word, char *err);
static int restream_token_option(restream_token_t *token, restream_str_t word,
    char *err);
static int restream_token_name(restream_token_t *token, restream_str_t name,
    char *err);
static int restream_token_is_new(const restream_tokens_t *tokens,
    const restream_token_t *token, char *err);
static int restream_tokens_line(restream_tokens_t *tokens, uint8_t *p,
    uint8_t *last, restream_token_err_t *err);


int
restream_tokens_add(restream_tokens_t *tokens, const restream_str_t *words,
    uint32_t n, restream_token_err_t *err)
{
    uint32_t           allocated;
    restream_token_t   token, *list;

    err->line = 0;
    memset(&token, 0, sizeof(restream_token_t));

    if (restream_token_parse(&token, words, n, err->text) != RESTREAM_OK
        || restream_token_is_new(tokens, &token, err->text) != RESTREAM_OK)
    {
        goto failed;
    }

    if (tokens->n == tokens->allocated) {
        allocated = tokens->allocated ? tokens->allocated * 2 : 4;

        list = realloc(tokens->list, allocated * sizeof(restream_token_t));
        if (list == NULL) {
            (void) snprintf(err->text, RESTREAM_TOKEN_ERR, "no memory");
            goto failed;
        }

        tokens->list = list;
        tokens->allocated = allocated;
    }

    tokens->list[tokens->n++] = token;

    return RESTREAM_OK;

failed:

    restream_access_free(&token.access);

    return RESTREAM_ERROR;
}


int
restream_tokens_read(restream_tokens_t *tokens, restream_str_t text,
    restream_token_err_t *err)
{
    uint8_t   *p, *end, *last;
    uint32_t   line;

    if (text.len == 0) {
        return RESTREAM_OK;
    }

    p = text.data;
    last = p + text.len;

    for (line = 1; p < last; line++) {

        end = memchr(p, '\n', (size_t) (last - p));
        if (end == NULL) {
            end = last;
        }

        if (restream_tokens_line(tokens, p, end, err) != RESTREAM_OK) {
            err->line = line;
            return RESTREAM_ERROR;
        }

        p = (end == last) ? last : end + 1;
    }

    return RESTREAM_OK;
}


const restream_token_t *
restream_tokens_find(const restream_tokens_t *tokens,
    const uint8_t hash[RESTREAM_TOKEN_HASH])
{
    unsigned                 diff;
    uint32_t                 i, j;
    const restream_token_t  *found, *token;

    found = NULL;

    for (i = 0; i < tokens->n; i++) {
        token = &tokens->list[i];
        diff = 0;

        for (j = 0; j < RESTREAM_TOKEN_HASH; j++) {
            diff |= (unsigned) (token->hash[j] ^ hash[j]);
        }

        if (diff == 0) {
            found = token;
        }
    }

    return found;
}


void
restream_tokens_free(restream_tokens_t *tokens)
{
    uint32_t  i;

    for (i = 0; i < tokens->n; i++) {
        restream_access_free(&tokens->list[i].access);
    }

    free(tokens->list);
    memset(tokens, 0, sizeof(restream_tokens_t));
}


/* ret   OK; ERROR: token->access may hold patterns */

static int
restream_token_parse(restream_token_t *token, const restream_str_t *words,
    uint32_t n, char *err)
{
    uint32_t  i;

    if (n == 0 || restream_token_hash(token, words[0], err) != RESTREAM_OK) {
        (void) snprintf(err, RESTREAM_TOKEN_ERR,
                        "no hash of a token, expected \"sha256:\" and 64 hex "
                        "digits, as \"printf %%s token | sha256sum\" says "
                        "them");
        return RESTREAM_ERROR;
    }

    if (n == 1) {
        (void) snprintf(err, RESTREAM_TOKEN_ERR,
                        "no capabilities, expected such as \"read,write\"");
        return RESTREAM_ERROR;
    }

    if (restream_token_capabilities(token, words[1], err) != RESTREAM_OK) {
        return RESTREAM_ERROR;
    }

    for (i = 2; i < n; i++) {
        if (restream_token_option(token, words[i], err) != RESTREAM_OK) {
            return RESTREAM_ERROR;
        }
    }

    if (token->name[0] == '\0') {
        (void) snprintf(token->name, sizeof(token->name),
                        "sha256:%02x%02x%02x%02x", token->hash[0],
                        token->hash[1], token->hash[2], token->hash[3]);
    }

    return RESTREAM_OK;
}


static int
restream_token_hash(restream_token_t *token, restream_str_t word, char *err)
{
    int        hi, lo;
    uint8_t   *p;
    uint32_t   i;

    err[0] = '\0';

    if (!restream_token_begins(word, "sha256:")
        || word.len != sizeof("sha256:") - 1 + 2 * RESTREAM_TOKEN_HASH)
    {
        return RESTREAM_ERROR;
    }

    p = word.data + sizeof("sha256:") - 1;

    for (i = 0; i < RESTREAM_TOKEN_HASH; i++) {
        hi = restream_token_digit(p[2 * i]);
        lo = restream_token_digit(p[2 * i + 1]);

        if (hi < 0 || lo < 0) {
            return RESTREAM_ERROR;
        }

        token->hash[i] = (uint8_t) (hi << 4 | lo);
    }

    return RESTREAM_OK;
}


static int
restream_token_digit(uint8_t ch)
{
    if (ch >= '0' && ch <= '9') {
        return ch - '0';
    }

    ch |= 0x20;

    return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}


static int
restream_token_capabilities(restream_token_t *token, restream_str_t word,
    char *err)
{
    char             shown[32];
    restream_str_t   unknown;

    restream_access_list(word, ',', &token->access.capabilities, &unknown);

    if (unknown.data == NULL) {
        return RESTREAM_OK;
    }

    (void) restream_utf8_show(unknown, shown, sizeof(shown));
    (void) snprintf(err, RESTREAM_TOKEN_ERR,
                    "unknown capability \"%s\", expected of read, write, "
                    "start, stop, keys, events, webhooks and limits", shown);

    return RESTREAM_ERROR;
}


static int
restream_token_option(restream_token_t *token, restream_str_t word, char *err)
{
    const char  *why;

    if (restream_token_begins(word, "streams=")) {
        word.data += sizeof("streams=") - 1;
        word.len -= sizeof("streams=") - 1;

        if (restream_access_add(&token->access, word, &why) == RESTREAM_OK) {
            return RESTREAM_OK;
        }

        (void) snprintf(err, RESTREAM_TOKEN_ERR,
                        "%s, expected such as \"streams=live/alice\", "
                        "\"streams=live/a*\" or \"streams=~^live/a\"", why);
        return RESTREAM_ERROR;
    }

    if (restream_token_begins(word, "name=")) {
        word.data += sizeof("name=") - 1;
        word.len -= sizeof("name=") - 1;

        return restream_token_name(token, word, err);
    }

    /* not shown: it may be a token */

    (void) snprintf(err, RESTREAM_TOKEN_ERR,
                    "a word behind the capabilities that is not known, "
                    "expected \"streams=...\" or \"name=...\"");

    return RESTREAM_ERROR;
}


/* a name stands in the log, between other words */

static int
restream_token_name(restream_token_t *token, restream_str_t name, char *err)
{
    size_t  i;

    if (token->name[0]) {
        (void) snprintf(err, RESTREAM_TOKEN_ERR,
                        "two names, expected one \"name=...\"");
        return RESTREAM_ERROR;
    }

    for (i = 0; i < name.len; i++) {
        if (name.data[i] <= ' ' || name.data[i] >= 0x7f
            || name.data[i] == '"')
        {
            break;
        }
    }

    if (name.len == 0 || name.len > RESTREAM_TOKEN_NAME || i < name.len) {
        (void) snprintf(err, RESTREAM_TOKEN_ERR,
                        "a name that cannot be, expected \"name=\" and 1 to "
                        "%d printable characters of ASCII",
                        RESTREAM_TOKEN_NAME);
        return RESTREAM_ERROR;
    }

    memcpy(token->name, name.data, name.len);
    token->name[name.len] = '\0';

    return RESTREAM_OK;
}


/* one token has one meaning, and who did something can be told by the name */

static int
restream_token_is_new(const restream_tokens_t *tokens,
    const restream_token_t *token, char *err)
{
    uint32_t                 i;
    const restream_token_t  *other;

    if (tokens->n == RESTREAM_TOKENS_MAX) {
        (void) snprintf(err, RESTREAM_TOKEN_ERR,
                        "too many tokens, expected at most %d",
                        RESTREAM_TOKENS_MAX);
        return RESTREAM_ERROR;
    }

    for (i = 0; i < tokens->n; i++) {
        other = &tokens->list[i];

        if (memcmp(other->hash, token->hash, RESTREAM_TOKEN_HASH) == 0) {
            (void) snprintf(err, RESTREAM_TOKEN_ERR,
                            "the hash of token \"%s\" again, expected every "
                            "token once", other->name);
            return RESTREAM_ERROR;
        }

        if (strcmp(other->name, token->name) == 0) {
            (void) snprintf(err, RESTREAM_TOKEN_ERR,
                            "a second token with the name \"%s\", expected "
                            "different names", token->name);
            return RESTREAM_ERROR;
        }
    }

    return RESTREAM_OK;
}


static int
restream_tokens_line(restream_tokens_t *tokens, uint8_t *p, uint8_t *last,
    restream_token_err_t *err)
{
    uint32_t         n;
    restream_str_t   words[RESTREAM_TOKEN_WORDS];

    n = 0;

    for ( ;; ) {

        while (p < last && (*p == ' ' || *p == '\t' || *p == '\r')) {
            p++;
        }

        if (p == last || (n == 0 && *p == '#')) {
            break;
        }

        if (n == RESTREAM_TOKEN_WORDS) {
            (void) snprintf(err->text, RESTREAM_TOKEN_ERR,
                            "over %d words", RESTREAM_TOKEN_WORDS);
            return RESTREAM_ERROR;
        }

        words[n].data = p;

        while (p < last && *p != ' ' && *p != '\t' && *p != '\r') {
            p++;
        }

        words[n].len = (size_t) (p - words[n].data);
        n++;
    }

    return n ? restream_tokens_add(tokens, words, n, err) : RESTREAM_OK;
}
