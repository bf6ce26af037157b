/* SPDX-License-Identifier: MIT */
/* bzip2, by libbz2. */
#include <bzlib.h>
#include <limits.h>
#include "internal.h"

static void *bz_alloc(void *opaque, int items, int size)
{
    return items < 0 || size < 0 ? NULL : image_lib_alloc(opaque, (size_t)items, (size_t)size);
}

static void bz_free(void *opaque, void *ptr)
{
    image_lib_free(opaque, ptr);
}

static void refill(bz_stream *bz, struct image_output *out, const uint8_t *in, size_t len)
{
    size_t left = len - (size_t)((const uint8_t *)bz->next_in - in);
    size_t room = out->capacity - out->len;

    bz->avail_in = left < UINT_MAX ? (unsigned int)left : UINT_MAX;
    bz->avail_out = room < UINT_MAX ? (unsigned int)room : UINT_MAX;
    bz->next_out = (char *)out->data + out->len;
}

static int expand_all(bz_stream *bz, struct image_output *out, const uint8_t *in, size_t len)
{
    int status = BZ_OK;
    int rc = 0;

    while (!rc) {
        refill(bz, out, in, len);
        status = BZ2_bzDecompress(bz);
        out->len = (size_t)((uint8_t *)bz->next_out - out->data);
        if (status == BZ_STREAM_END)
            return 0;
        if (status == BZ_MEM_ERROR)
            rc = image_fail(out->env, XEN_ENOMEM, "out of memory in bzip2", NULL);
        else if (status != BZ_OK)
            rc = image_corrupt(out);
        else if (out->len == out->capacity)
            rc = image_output_grow(out);
        else if ((const uint8_t *)bz->next_in == in + len)
            rc = image_truncated(out);
    }
    return rc;
}

int image_bunzip2(struct image_output *out, const uint8_t *in, size_t len)
{
    bz_stream bz = {.bzalloc = bz_alloc, .bzfree = bz_free, .opaque = (void *)out->env};
    int rc = 0;

    bz.next_in = (char *)in;
    if (BZ2_bzDecompressInit(&bz, 0, 0) != BZ_OK)
        return image_fail(out->env, XEN_ENOMEM, "out of memory in bzip2", NULL);
    rc = expand_all(&bz, out, in, len);
    BZ2_bzDecompressEnd(&bz);
    return rc;
}
