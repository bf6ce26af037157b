/* SPDX-License-Identifier: MIT */
/* xz and lzma, by liblzma. */
#include <lzma.h>
#include "internal.h"
#ifdef IMAGE_HAVE_LIBDEFLATE
#include "xz_check.h"
#endif

/* The largest preset (xz -9) needs 65 MiB; a header that asks for far more is no kernel's. */
#define MEMORY_LIMIT (UINT64_C(192) << 20)

static void *xz_alloc(void *opaque, size_t count, size_t size)
{
    return image_lib_alloc(opaque, count, size);
}

static void xz_free(void *opaque, void *ptr)
{
    image_lib_free(opaque, ptr);
}

static int refused(const struct image_output *out, lzma_ret status)
{
    if (status == LZMA_MEM_ERROR)
        return image_fail(out->env, XEN_ENOMEM, "out of memory in ", out->format, NULL);
    if (status == LZMA_MEMLIMIT_ERROR)
        return image_fail(out->env, XEN_E2BIG, out->format,
                          " payload needs a dictionary larger than allowed", NULL);
    if (status == LZMA_OPTIONS_ERROR)
        return image_fail(out->env, XEN_EOPNOTSUPP, out->format,
                          " payload uses a filter that is not supported", NULL);
    return image_corrupt(out);
}

static int decode_all(lzma_stream *xz, struct image_output *out)
{
    lzma_ret status = LZMA_OK;
    int rc = 0;

    while (!rc && status != LZMA_STREAM_END) {
        xz->next_out = out->data + out->len;
        xz->avail_out = out->capacity - out->len;
        status = lzma_code(xz, LZMA_RUN);
        out->len = out->capacity - xz->avail_out;
        if (status == LZMA_STREAM_END)
            break;
        if (status != LZMA_OK && status != LZMA_BUF_ERROR)
            rc = refused(out, status);
        else if (xz->avail_out == 0)
            rc = image_output_grow(out);
        else if (xz->avail_in == 0)
            rc = image_truncated(out);
    }
    return rc;
}

#ifdef IMAGE_HAVE_LIBDEFLATE
/* After a decoder that ignored the checks.  Concatenated streams are not what kernels come in. */
static int verify(const lzma_stream *xz, const struct image_output *out, const uint8_t *in)
{
    lzma_ret status =
        image_xz_verify(xz->allocator, in, (size_t)(xz->next_in - in), out->data, out->len);

    return status == LZMA_OK ? 0 : refused(out, status);
}
#endif

static int
decode(struct image_output *out, const uint8_t *in, size_t len, lzma_ret (*init)(lzma_stream *xz),
       int (*after)(const lzma_stream *xz, const struct image_output *out, const uint8_t *in))
{
    lzma_allocator allocator = {xz_alloc, xz_free, (void *)out->env};
    lzma_stream xz = LZMA_STREAM_INIT;
    lzma_ret status = LZMA_OK;
    int rc = 0;

    xz.allocator = &allocator;
    xz.next_in = in;
    xz.avail_in = len;
    status = init(&xz);
    rc = status == LZMA_OK ? decode_all(&xz, out) : refused(out, status);
    if (!rc && after)
        rc = after(&xz, out, in);
    lzma_end(&xz);
    return rc;
}

static lzma_ret init_xz(lzma_stream *xz)
{
    return lzma_stream_decoder(xz, MEMORY_LIMIT, 0);
}

static lzma_ret init_lzma(lzma_stream *xz)
{
    return lzma_alone_decoder(xz, MEMORY_LIMIT);
}

#ifdef IMAGE_HAVE_LIBDEFLATE
static lzma_ret init_unchecked(lzma_stream *xz)
{
    return lzma_stream_decoder(xz, MEMORY_LIMIT, LZMA_IGNORE_CHECK);
}
#endif

int image_unxz(struct image_output *out, const uint8_t *in, size_t len)
{
#ifdef IMAGE_HAVE_LIBDEFLATE
    if (image_xz_has_crc32(in, len))
        return decode(out, in, len, init_unchecked, verify);
#endif
    return decode(out, in, len, init_xz, NULL);
}

int image_unlzma(struct image_output *out, const uint8_t *in, size_t len)
{
    return decode(out, in, len, init_lzma, NULL);
}
