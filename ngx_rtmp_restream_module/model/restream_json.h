/*
 * JSON that may hold stream keys: what jansson frees is wiped before.
 *
 * Bodies and answers pass through buffers that jansson grows and gives back,
 * and nothing but its allocator sees all of them.
 */

#ifndef _RESTREAM_JSON_H_INCLUDED_
#define _RESTREAM_JSON_H_INCLUDED_


/*
 * For all of the process, once, before other threads use jansson.  What was
 * allocated before is freed as ever.  Nothing is done where somebody else has
 * given jansson an allocator, or where the system does not tell sizes.
 *
 * ret   OK; DECLINED: nothing was done
 */
int restream_json_wipe(void);


#endif /* _RESTREAM_JSON_H_INCLUDED_ */
