/* SPDX-License-Identifier: MIT */
/* What the files of image/ share among themselves. */
#ifndef IMAGE_INTERNAL_H
#define IMAGE_INTERNAL_H

#include "image.h"

/* Report the concatenation of the string arguments (the last one NULL) and return -err. */
int image_fail(const struct image_env *env, int err, ...) __attribute__((sentinel));

/*
 * A growing output buffer for the streaming decompressors.  The first size comes from the length
 * that Linux appends to its payloads, so that the usual case allocates once and never copies.
 */
struct image_output {
    const struct image_env *env;
    const char *format;
    uint8_t *data;
    size_t len;      /* bytes that hold data */
    size_t capacity; /* bytes allocated */
};

/* Set up @out for a stream of @in_len bytes whose expanded size may be @hint (0: unknown). */
int image_output_init(struct image_output *out, const struct image_env *env, const char *format,
                      size_t in_len, size_t hint);
/* Make room for at least one more byte; fails at max_output. */
int image_output_grow(struct image_output *out);
/* Hand the buffer over, cut to its exact length. */
int image_output_finish(struct image_output *out, void **data, size_t *len);
void image_output_dispose(struct image_output *out);
int image_corrupt(const struct image_output *out);
int image_truncated(const struct image_output *out);

/* Each expands the stream at @in into @out (initialised by the caller). */
int image_gunzip(struct image_output *out, const uint8_t *in, size_t len);
int image_unxz(struct image_output *out, const uint8_t *in, size_t len);
int image_unlzma(struct image_output *out, const uint8_t *in, size_t len);
int image_unzstd(struct image_output *out, const uint8_t *in, size_t len);
int image_unlz4(struct image_output *out, const uint8_t *in, size_t len);
int image_bunzip2(struct image_output *out, const uint8_t *in, size_t len);

/*
 * Allocation for libraries that free without a size: the size stands in front of the block.
 */
void *image_lib_alloc(const struct image_env *env, size_t count, size_t size);
void image_lib_free(const struct image_env *env, void *ptr);

/* Is @in a bzImage?  Then its payload (compressed or not) is found. 1 yes, 0 no, -errno broken. */
int image_bzimage_payload(const struct image_env *env, const uint8_t *in, size_t len,
                          const uint8_t **payload, size_t *payload_len);

bool image_is_elf(const uint8_t *in, size_t len);
int image_parse_elf(const struct image_env *env, struct image_kernel *kernel);
/* Decode the Xen notes among the notes in @area. */
int image_parse_notes(const struct image_env *env, struct image_kernel *kernel, const uint8_t *area,
                      size_t len);

static inline uint16_t image_get16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t image_get32(const uint8_t *p)
{
    return image_get16(p) | (uint32_t)image_get16(p + 2) << 16;
}

static inline uint64_t image_get64(const uint8_t *p)
{
    return image_get32(p) | (uint64_t)image_get32(p + 4) << 32;
}

/* Does [off, off + size) lie within len bytes? */
static inline bool image_within(uint64_t off, uint64_t size, uint64_t len)
{
    return off <= len && size <= len - off;
}

#endif
