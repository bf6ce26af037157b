/* SPDX-License-Identifier: MIT */
/* gzip, by zlib. */
#include <limits.h>
#include <zlib.h>
#include "internal.h"

#define GZIP_WRAPPER 16 /* inflateInit2: gzip header and trailer, no zlib ones */

static voidpf z_alloc(voidpf opaque, uInt items, uInt size)
{
    return image_lib_alloc(opaque, items, size);
}

static void z_free(voidpf opaque, voidpf ptr)
{
    image_lib_free(opaque, ptr);
}

/* Give zlib as much of the remaining input and output as its 32-bit counters hold. */
static void refill(z_stream *z, struct image_output *out, const uint8_t *in, size_t len)
{
    size_t left = len - (size_t)(z->next_in - in);
    size_t room = out->capacity - out->len;

    z->avail_in = left < UINT_MAX ? (uInt)left : UINT_MAX;
    z->avail_out = room < UINT_MAX ? (uInt)room : UINT_MAX;
    z->next_out = out->data + out->len;
}

static int inflate_all(z_stream *z, struct image_output *out, const uint8_t *in, size_t len)
{
    int status = Z_OK;
    int rc = 0;

    while (status != Z_STREAM_END) {
        /* A full buffer may be all there is: ask for more only when zlib does. */
        refill(z, out, in, len);
        status = inflate(z, Z_NO_FLUSH);
        out->len = (size_t)(z->next_out - out->data);
        if (status == Z_MEM_ERROR)
            return image_fail(out->env, XEN_ENOMEM, "out of memory in gzip", NULL);
        if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
            return image_corrupt(out);
        if (status == Z_STREAM_END)
            break;
        if (out->len == out->capacity)
            rc = image_output_grow(out);
        else if (z->next_in == in + len)
            rc = image_truncated(out);
        if (rc)
            return rc;
    }
    return 0;
}

int image_gunzip(struct image_output *out, const uint8_t *in, size_t len)
{
    z_stream z = {.zalloc = z_alloc, .zfree = z_free, .opaque = (void *)out->env};
    int rc = 0;

    z.next_in = (Bytef *)in;
    if (inflateInit2(&z, MAX_WBITS + GZIP_WRAPPER) != Z_OK)
        return image_fail(out->env, XEN_ENOMEM, "out of memory in gzip", NULL);
    rc = inflate_all(&z, out, in, len);
    inflateEnd(&z);
    return rc;
}
