/*
 * Makes the n-th next allocation of a unit test fail.
 *
 * The program's own malloc() comes before the sanitizer's, which stays
 * reachable by its second name.
 */

#ifndef _NOMEM_H_INCLUDED_
#define _NOMEM_H_INCLUDED_


#include <stddef.h>


void *__interceptor_malloc(size_t size);
void *__interceptor_calloc(size_t n, size_t size);


static unsigned  nomem_at;              /* 1: the next one, 0: none */


static int
nomem(void)
{
    return nomem_at && --nomem_at == 0;
}


void *
malloc(size_t size)
{
    return nomem() ? NULL : __interceptor_malloc(size);
}


void *
calloc(size_t n, size_t size)
{
    return nomem() ? NULL : __interceptor_calloc(n, size);
}


#endif /* _NOMEM_H_INCLUDED_ */
