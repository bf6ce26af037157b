/* SPDX-License-Identifier: MIT */
/* lz4's legacy frame, which Linux uses, by liblz4: chunks that expand to 8 MiB each. */
#include <limits.h>
#include <lz4.h>
#include "internal.h"

#define MAGIC_LEN  4
#define CHUNK_SIZE (8u << 20)

/* Make room for one whole chunk, or for what is left of the limit. */
static int make_room(struct image_output *out, size_t need)
{
    int rc = 0;

    while (!rc && out->capacity - out->len < need && out->capacity < out->env->max_output) {
        size_t len = out->len;

        out->len = out->capacity;
        rc = image_output_grow(out);
        out->len = len;
    }
    return rc;
}

/*
 * One chunk.  Its expanded size is not written anywhere, so the buffer at hand is tried before a
 * larger one: with the length that Linux appends it fits at once.
 */
static int expand_chunk(struct image_output *out, const uint8_t *in, size_t len)
{
    size_t room = out->capacity - out->len;
    int done = 0;
    int rc = 0;

    done = LZ4_decompress_safe((const char *)in, (char *)out->data + out->len, (int)len,
                               room < CHUNK_SIZE ? (int)room : (int)CHUNK_SIZE);
    if (done < 0 && room < CHUNK_SIZE) {
        rc = make_room(out, CHUNK_SIZE);
        if (rc)
            return rc;
        room = out->capacity - out->len;
        done = LZ4_decompress_safe((const char *)in, (char *)out->data + out->len, (int)len,
                                   room < CHUNK_SIZE ? (int)room : (int)CHUNK_SIZE);
    }
    if (done < 0 && room < CHUNK_SIZE)
        return image_fail(out->env, XEN_E2BIG,
                          "lz4 payload corrupt, or larger than the largest size allowed", NULL);
    if (done < 0)
        return image_corrupt(out);
    out->len += (size_t)done;
    return 0;
}

int image_unlz4(struct image_output *out, const uint8_t *in, size_t len)
{
    size_t pos = MAGIC_LEN;
    int rc = 0;

    /* Fewer than five bytes cannot be a chunk: they are the appended length, or nothing. */
    while (!rc && len - pos > 4) {
        uint32_t size = image_get32(in + pos);

        pos += 4;
        if (size == 0 || size > (uint32_t)LZ4_compressBound(CHUNK_SIZE))
            return image_corrupt(out);
        if (size > len - pos)
            return image_truncated(out);
        rc = expand_chunk(out, in + pos, size);
        pos += size;
    }
    return rc;
}
