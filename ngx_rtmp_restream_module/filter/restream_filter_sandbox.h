/*
 * Untrusted bytes are decoded in here: whoever takes the decoder over finds a
 * process that can read its input, write its output and use memory, and
 * nothing else.
 */

#ifndef _RESTREAM_FILTER_SANDBOX_H_INCLUDED_
#define _RESTREAM_FILTER_SANDBOX_H_INCLUDED_


#include "../lib/restream.h"


#define RESTREAM_FILTER_MEMORY  (512 * 1024 * 1024)     /* bytes of address
                                                           space; a bare FFmpeg
                                                           maps 160 MB */


/*
 * Descriptors other than 0, 1 and 2 are closed; limits, no_new_privs, seccomp.
 * Any other call of the system ends the process, by SIGSYS.  Call it when all
 * that needs files has been loaded.
 *
 * A build with RESTREAM_FILTER_BARE leaves out seccomp and the limits of
 * address space, descriptors and processes, which sanitizers and valgrind
 * cannot live with, and says so on descriptor 2.
 *
 * in    child     1: ends with the process that started it
 * ret   OK
 *       ERROR     *err says what is missing, errno why
 */
int restream_filter_sandbox(unsigned child, const char **err);


#endif /* _RESTREAM_FILTER_SANDBOX_H_INCLUDED_ */
