/* SPDX-License-Identifier: MIT */
/* zstd, by libzstd.  The whole frame at once: no window buffer beside the output is needed. */
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>
#include <zstd_errors.h>
#include "internal.h"

static void *zstd_alloc(void *opaque, size_t size)
{
    return image_lib_alloc(opaque, 1, size);
}

static void zstd_free(void *opaque, void *ptr)
{
    image_lib_free(opaque, ptr);
}

/* Decompress, with more room as long as the room was the only thing missing. */
static int expand_frame(ZSTD_DCtx *ctx, struct image_output *out, const uint8_t *in, size_t len)
{
    size_t done = 0;
    int rc = 0;

    for (;;) {
        done = ZSTD_decompressDCtx(ctx, out->data, out->capacity, in, len);
        if (!ZSTD_isError(done)) {
            out->len = done;
            return 0;
        }
        if (ZSTD_getErrorCode(done) == ZSTD_error_memory_allocation)
            return image_fail(out->env, XEN_ENOMEM, "out of memory in zstd", NULL);
        if (ZSTD_getErrorCode(done) != ZSTD_error_dstSize_tooSmall)
            return image_corrupt(out);
        out->len = out->capacity;
        rc = image_output_grow(out);
        if (rc)
            return rc;
    }
}

int image_unzstd(struct image_output *out, const uint8_t *in, size_t len)
{
    ZSTD_customMem memory = {zstd_alloc, zstd_free, (void *)out->env};
    size_t frame = ZSTD_findFrameCompressedSize(in, len);
    ZSTD_DCtx *ctx = NULL;
    int rc = 0;

    if (ZSTD_isError(frame))
        return ZSTD_getErrorCode(frame) == ZSTD_error_srcSize_wrong ? image_truncated(out)
                                                                    : image_corrupt(out);
    ctx = ZSTD_createDCtx_advanced(memory);
    if (!ctx)
        return image_fail(out->env, XEN_ENOMEM, "out of memory in zstd", NULL);
    rc = expand_frame(ctx, out, in, frame);
    ZSTD_freeDCtx(ctx);
    return rc;
}
