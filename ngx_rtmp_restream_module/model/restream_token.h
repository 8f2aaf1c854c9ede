/*
 * The tokens of the API: the hash of each, and what who has it may do.
 *
 *     sha256:<64 hex digits> read,write [streams=live/alice*] [name=alice]
 *
 * is what a directive says, and a line of a file.  streams= may come more than
 * once.  The token itself is nowhere.
 */

#ifndef _RESTREAM_TOKEN_H_INCLUDED_
#define _RESTREAM_TOKEN_H_INCLUDED_


#include "restream_access.h"


#define RESTREAM_TOKEN_HASH    32           /* bytes, SHA-256 */
#define RESTREAM_TOKEN_NAME    64           /* bytes */
#define RESTREAM_TOKEN_ERR     192
#define RESTREAM_TOKENS_MAX    10000        /* of one file */
#define RESTREAM_TOKENS_SIZE   (4 * 1024 * 1024)    /* bytes of a file */


typedef struct {
    uint8_t             hash[RESTREAM_TOKEN_HASH];
    char                name[RESTREAM_TOKEN_NAME + 1];
                                            /* "sha256:" and 8 hex digits when
                                               none was given */
    restream_access_t   access;
} restream_token_t;


typedef struct {
    restream_token_t   *list;
    uint32_t            n;
    uint32_t            allocated;
} restream_tokens_t;                        /* zero-filled: none */


typedef struct {
    uint32_t            line;               /* of a file; 0: of none */
    char                text[RESTREAM_TOKEN_ERR];
                                            /* what is wrong and what was
                                               expected; shows no value that
                                               may be a token */
} restream_token_err_t;


/*
 * Adds the token that the words say.
 *
 * ret   OK; ERROR: nothing is added, err->text is set
 */
int restream_tokens_add(restream_tokens_t *tokens, const restream_str_t *words,
    uint32_t n, restream_token_err_t *err);

/*
 * Adds every token of a file: one in a line, words parted by blanks; empty
 * lines and those that begin with '#' are nothing.
 *
 * ret   OK; ERROR: *err is set, what stood before that line is added
 */
int restream_tokens_read(restream_tokens_t *tokens, restream_str_t text,
    restream_token_err_t *err);

/*
 * Takes the same time wherever the hash stands, and when it does not.
 *
 * ret   NULL: unknown
 */
const restream_token_t *restream_tokens_find(const restream_tokens_t *tokens,
    const uint8_t hash[RESTREAM_TOKEN_HASH]);

/* Frees all of them; *tokens is as new. */
void restream_tokens_free(restream_tokens_t *tokens);


#endif /* _RESTREAM_TOKEN_H_INCLUDED_ */
