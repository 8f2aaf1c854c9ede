/*
 * Headers of a request: see ngx_http_restream_header.h.
 */

#include "ngx_http_restream_header.h"


ngx_uint_t
ngx_http_restream_header(ngx_http_request_t *r, char *name, ngx_str_t *value)
{
    size_t            len;
    ngx_uint_t        i, n, prefix;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    len = ngx_strlen(name);
    prefix = (name[len - 1] == '*');
    len -= prefix;

    part = &r->headers_in.headers.part;
    h = part->elts;
    n = 0;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return n;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if ((prefix ? h[i].key.len < len : h[i].key.len != len)
            || ngx_strncasecmp(h[i].key.data, (u_char *) name, len) != 0)
        {
            continue;
        }

        if (n++ == 0) {
            *value = h[i].value;
        }
    }
}
