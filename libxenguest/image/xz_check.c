/* SPDX-License-Identifier: MIT */
/*
 * The checksums of an xz stream, by libdeflate.  liblzma 5.4 has no use for the CPU's carry-less
 * multiplication, and its CRC-32 is a fifteenth of the time of expanding a kernel.  So a stream whose
 * checks are CRC-32, as Linux's are, is decoded with liblzma ignoring them, and this looks after it.
 */
#include <libdeflate.h>
#include <lzma.h>
#include "internal.h"
#include "xz_check.h"

#define CHECK_SIZE 4

bool image_xz_has_crc32(const uint8_t *in, size_t len)
{
    lzma_stream_flags flags;

    return len >= LZMA_STREAM_HEADER_SIZE && lzma_stream_header_decode(&flags, in) == LZMA_OK &&
           flags.check == LZMA_CHECK_CRC32;
}

/* The index in front of the footer; NULL with *status if there is none. */
static lzma_index *read_index(const lzma_allocator *allocator, const uint8_t *in, size_t len,
                              lzma_ret *status)
{
    uint64_t limit = UINT64_MAX;
    lzma_stream_flags footer;
    lzma_index *index = NULL;
    size_t pos = 0;

    *status = LZMA_DATA_ERROR;
    if (len < 2 * LZMA_STREAM_HEADER_SIZE ||
        lzma_stream_footer_decode(&footer, in + len - LZMA_STREAM_HEADER_SIZE) != LZMA_OK ||
        footer.backward_size > len - 2 * LZMA_STREAM_HEADER_SIZE)
        return NULL;
    pos = len - LZMA_STREAM_HEADER_SIZE - (size_t)footer.backward_size;
    *status = lzma_index_buffer_decode(&index, &limit, allocator, in, &pos,
                                       len - LZMA_STREAM_HEADER_SIZE);
    return *status == LZMA_OK ? index : NULL;
}

/* Does the block end with the CRC-32 of what it expanded to? */
static bool is_right(const lzma_index_iter *iter, const uint8_t *in, size_t len,
                     const uint8_t *data, size_t data_len)
{
    uint64_t at = iter->block.compressed_file_offset + iter->block.total_size - CHECK_SIZE;

    return iter->block.total_size >= CHECK_SIZE && image_within(at, CHECK_SIZE, len) &&
           image_within(iter->block.uncompressed_file_offset, iter->block.uncompressed_size,
                        data_len) &&
           image_get32(in + at) == libdeflate_crc32(0, data + iter->block.uncompressed_file_offset,
                                                    (size_t)iter->block.uncompressed_size);
}

lzma_ret image_xz_verify(const lzma_allocator *allocator, const uint8_t *in, size_t len,
                         const uint8_t *data, size_t data_len)
{
    lzma_ret status = LZMA_OK;
    lzma_index *index = read_index(allocator, in, len, &status);
    lzma_index_iter iter;

    if (!index)
        return status;
    if (lzma_index_uncompressed_size(index) != data_len)
        status = LZMA_DATA_ERROR;
    lzma_index_iter_init(&iter, index);
    while (status == LZMA_OK && !lzma_index_iter_next(&iter, LZMA_INDEX_ITER_NONEMPTY_BLOCK))
        if (!is_right(&iter, in, len, data, data_len))
            status = LZMA_DATA_ERROR;
    lzma_index_end(index, allocator);
    return status;
}
