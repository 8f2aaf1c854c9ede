/*
 * Fills a reason: see ngx_rtmp_restream_reason.h.
 */

#include "ngx_rtmp_restream_reason.h"


static uint16_t ngx_rtmp_restream_reason_append(u_char *dst, size_t pos,
    size_t size, const void *src, size_t len);


void
ngx_rtmp_restream_reason_set(ngx_rtmp_restream_reason_t *reason,
    restream_reason_e code, const char *detail, restream_str_t *server_code,
    restream_str_t *server_text)
{
    uint16_t     n;
    const char  *text;

    ngx_memzero(reason, offsetof(ngx_rtmp_restream_reason_t, text));

    reason->code = code;
    reason->class = restream_reason_class(code, 1);
    reason->at = ngx_rtmp_restream_now();

    text = restream_reason_text(code);

    n = ngx_rtmp_restream_reason_append(reason->text, 0, sizeof(reason->text),
                                        text, ngx_strlen(text));

    if (detail && *detail) {
        n = ngx_rtmp_restream_reason_append(reason->text, n,
                                            sizeof(reason->text), " (", 2);
        n = ngx_rtmp_restream_reason_append(reason->text, n,
                                            sizeof(reason->text) - 1, detail,
                                            ngx_strlen(detail));
        n = ngx_rtmp_restream_reason_append(reason->text, n,
                                            sizeof(reason->text), ")", 1);
    }

    reason->text_len = n;

    if (server_code) {
        reason->server_code_len = ngx_rtmp_restream_reason_append(
                                      reason->server_code, 0,
                                      sizeof(reason->server_code),
                                      server_code->data, server_code->len);
    }

    if (server_text) {
        reason->server_text_len = ngx_rtmp_restream_reason_append(
                                      reason->server_text, 0,
                                      sizeof(reason->server_text),
                                      server_text->data, server_text->len);
    }
}


static uint16_t
ngx_rtmp_restream_reason_append(u_char *dst, size_t pos, size_t size,
    const void *src, size_t len)
{
    size_t         i;
    const u_char  *p;

    p = src;

    if (pos >= size) {
        return (uint16_t) pos;
    }

    if (len > size - pos) {
        len = size - pos;

        while (len && (p[len] & 0xc0) == 0x80) {
            len--;
        }
    }

    for (i = 0; i < len; i++) {
        dst[pos + i] = (p[i] < 0x20 || p[i] == 0x7f) ? '?' : p[i];
    }

    return (uint16_t) (pos + len);
}
