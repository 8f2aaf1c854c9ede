/*
 * A file of tokens, read again when it has changed.  Blocks; runs on a pool
 * thread, and while nginx reads its configuration.
 *
 * It is opened every time, not only looked at: whether it may be read at all
 * shows when nginx starts and not when the first token is to be taken away.
 */

#ifndef _RESTREAM_TOKEN_FILE_H_INCLUDED_
#define _RESTREAM_TOKEN_FILE_H_INCLUDED_


#include "../model/restream_token.h"


#define RESTREAM_TOKEN_FILE_PATH  1024      /* bytes, terminated */


/* what was there the last time; zero-filled: never looked */

typedef struct {
    uint64_t                    device;
    uint64_t                    inode;
    uint64_t                    size;       /* bytes */
    uint64_t                    mtime;      /* ns */
    uint64_t                    ctime;      /* ns */
    int                         error;      /* errno of what failed */
    unsigned                    settled:1;  /* its last change was some time
                                               before it was read: another one
                                               has another time */
} restream_token_stamp_t;


typedef struct {
    char                        path[RESTREAM_TOKEN_FILE_PATH];     /* in */
    restream_token_stamp_t      stamp;      /* in, out */

    int                         rc;         /* out: OK, it has been read;
                                               DECLINED, nothing is new;
                                               ERROR, told once of a change */
    unsigned                    changed:1;  /* out: it is not as it was */
    restream_tokens_t           tokens;     /* out, with OK: the caller's */
    restream_token_err_t        err;        /* out, with ERROR */
} restream_token_file_t;


/* Fills the out part. */
void restream_token_file(restream_token_file_t *tf);


#endif /* _RESTREAM_TOKEN_FILE_H_INCLUDED_ */
