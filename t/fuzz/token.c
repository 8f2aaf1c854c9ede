/*
 * Files of tokens: what is read is within bounds, and means the same written
 * down again; a pattern sees what it says and nothing else.
 */

#include "model/restream_token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define check(cond)  if (!(cond)) { abort(); }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_tokens(const restream_tokens_t *tokens);
static void check_access(const restream_access_t *access);
static void check_pattern(const restream_access_t *access,
    const restream_pattern_t *pattern);
static void check_again(const restream_token_t *token);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                    rc;
    restream_str_t         text;
    restream_tokens_t      tokens;
    restream_token_err_t   err;

    text.len = size;
    text.data = malloc(size + !size);
    memcpy(text.data, data, size);

    memset(&tokens, 0, sizeof(tokens));
    memset(&err, 0, sizeof(err));

    rc = restream_tokens_read(&tokens, text, &err);

    /* nothing of it is kept by reference */

    memset(text.data, 0xa5, size);
    free(text.data);

    check(rc == RESTREAM_OK || (rc == RESTREAM_ERROR && err.line > 0
                                && err.text[0]
                                && strlen(err.text) < RESTREAM_TOKEN_ERR));
    check_tokens(&tokens);

    restream_tokens_free(&tokens);

    return 0;
}


static void
check_tokens(const restream_tokens_t *tokens)
{
    uint32_t                 i;
    uint8_t                  hash[RESTREAM_TOKEN_HASH];
    const restream_token_t  *token;

    for (i = 0; i < tokens->n; i++) {
        token = &tokens->list[i];

        check(restream_tokens_find(tokens, token->hash) == token);
        check(token->name[0] && strlen(token->name) <= RESTREAM_TOKEN_NAME);
        check((token->access.capabilities & ~(unsigned) RESTREAM_CAN_ALL) == 0);

        memcpy(hash, token->hash, sizeof(hash));
        hash[i % sizeof(hash)] ^= 1;
        check(restream_tokens_find(tokens, hash) != token);

        check_access(&token->access);
        check_again(token);
    }
}


static void
check_access(const restream_access_t *access)
{
    uint32_t        i;
    restream_str_t  slash = restream_string("a/b");
    restream_str_t  name = restream_string("c");

    check(access->npatterns <= RESTREAM_ACCESS_MAX);
    check(access->limited == (access->npatterns > 0));
    check(restream_access_sees(access, slash, name) == !access->limited);

    for (i = 0; i < access->npatterns; i++) {
        check_pattern(access, &access->patterns[i]);
    }
}


/* the stream that a pattern names is seen */

static void
check_pattern(const restream_access_t *access,
    const restream_pattern_t *pattern)
{
    char            *sep;
    restream_str_t   app, name;

    check(pattern->len <= RESTREAM_ACCESS_PATTERN
          && strlen(pattern->text) == pattern->len);

    if (pattern->kind == RESTREAM_PATTERN_REGEX) {
        return;
    }

    sep = strchr(pattern->text, '/');

    if (sep == NULL) {
        check(pattern->kind == RESTREAM_PATTERN_PREFIX);
        return;
    }

    app.data = (uint8_t *) pattern->text;
    app.len = (size_t) (sep - pattern->text);
    name.data = (uint8_t *) sep + 1;
    name.len = pattern->len - app.len - 1;

    if (app.len && app.len <= 255 && name.len && name.len <= 255) {
        check(restream_access_sees(access, app, name));
    }
}


static void
check_again(const restream_token_t *token)
{
    char                  *p;
    uint32_t               i;
    unsigned               bit;
    restream_str_t         text;
    restream_tokens_t      tokens;
    restream_token_err_t   err;

    const restream_pattern_t  *pattern;

    text.data = malloc(1024 + token->access.npatterns
                              * (RESTREAM_ACCESS_PATTERN + 16));
    p = (char *) text.data;
    p += sprintf(p, "sha256:");

    for (i = 0; i < RESTREAM_TOKEN_HASH; i++) {
        p += sprintf(p, "%02X", token->hash[i]);
    }

    for (bit = 1, i = 0; bit <= RESTREAM_CAN_ALL; bit <<= 1) {
        if (token->access.capabilities & bit) {
            p += sprintf(p, "%c%s", i++ ? ',' : '\t',
                         restream_access_name(bit));
        }
    }

    check(i > 0);

    for (i = 0; i < token->access.npatterns; i++) {
        pattern = &token->access.patterns[i];
        p += sprintf(p, " streams=%s%s%s",
                     pattern->kind == RESTREAM_PATTERN_REGEX ? "~" : "",
                     pattern->text,
                     pattern->kind == RESTREAM_PATTERN_PREFIX ? "*" : "");
    }

    p += sprintf(p, " name=%s\r\n", token->name);
    text.len = (size_t) (p - (char *) text.data);

    memset(&tokens, 0, sizeof(tokens));
    check(restream_tokens_read(&tokens, text, &err) == RESTREAM_OK);
    check(tokens.n == 1);
    check(memcmp(tokens.list[0].hash, token->hash, RESTREAM_TOKEN_HASH) == 0);
    check(strcmp(tokens.list[0].name, token->name) == 0);
    check(tokens.list[0].access.capabilities == token->access.capabilities);
    check(tokens.list[0].access.npatterns == token->access.npatterns);

    restream_tokens_free(&tokens);
    free(text.data);
}
