/* SPDX-License-Identifier: MIT */
/* What xz.c leaves to libdeflate where that is linked (IMAGE_HAVE_LIBDEFLATE). */
#ifndef IMAGE_XZ_CHECK_H
#define IMAGE_XZ_CHECK_H

#include <lzma.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* May liblzma leave this stream's checks to image_xz_verify()? */
bool image_xz_has_crc32(const uint8_t *in, size_t len);

/*
 * Compare the checks in the stream at @in, which liblzma decoded up to @len without them, with what
 * it expanded to.  LZMA_OK, LZMA_DATA_ERROR, or that memory or the like was lacking.
 */
lzma_ret image_xz_verify(const lzma_allocator *allocator, const uint8_t *in, size_t len,
                         const uint8_t *data, size_t data_len);

#endif
