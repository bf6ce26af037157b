/* SPDX-License-Identifier: MIT */
/* State images: the bytes. */

#include "image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void image_free(struct image *image)
{
    free(image->data);
    memset(image, 0, sizeof(*image));
}

static bool make_room(struct image *image, size_t len)
{
    size_t cap = image->cap ? image->cap : 64 * 1024;
    char *data = NULL;

    while (cap - image->len < len)
        cap *= 2;
    if (image->failed || cap == image->cap)
        return !image->failed;
    data = realloc(image->data, cap);
    image->failed = !data;
    if (data) {
        image->data = data;
        image->cap = cap;
    }
    return data;
}

void image_add(struct image *image, const void *data, size_t len)
{
    if (!make_room(image, len) || !len)
        return;
    memcpy(image->data + image->len, data, len);
    image->len += len;
}

void image_add_u16(struct image *image, uint16_t value)
{
    image_add(image, &value, sizeof(value));
}

void image_add_u32(struct image *image, uint32_t value)
{
    image_add(image, &value, sizeof(value));
}

void image_add_u64(struct image *image, uint64_t value)
{
    image_add(image, &value, sizeof(value));
}

size_t image_begin_record(struct image *image, uint32_t type)
{
    size_t start = image->len;

    image_add_u32(image, type);
    image_add_u32(image, 0);
    return start;
}

void image_end_record(struct image *image, size_t start)
{
    static const char zeros[8];
    uint32_t len = 0;

    if (image->failed)
        return;
    len = image->len - start - 8;
    memcpy(image->data + start + 4, &len, sizeof(len));
    image_add(image, zeros, -len & 7);
}

void image_add_perms(struct image *image, const struct perm *entries, uint32_t nr)
{
    for (uint32_t i = 0; i < nr; i++) {
        char head[2] = {"nrwb"[entries[i].bits & 3], 0};

        image_add(image, head, sizeof(head));
        image_add_u16(image, entries[i].domid);
    }
}

const void *image_take(struct image_reader *reader, size_t len)
{
    const void *data = reader->data;

    if (reader->failed || reader->left < len) {
        reader->failed = true;
        return NULL;
    }
    reader->data += len;
    reader->left -= len;
    return data;
}

uint16_t image_take_u16(struct image_reader *reader)
{
    const void *data = image_take(reader, sizeof(uint16_t));
    uint16_t value = 0;

    if (data)
        memcpy(&value, data, sizeof(value));
    return value;
}

uint32_t image_take_u32(struct image_reader *reader)
{
    const void *data = image_take(reader, sizeof(uint32_t));
    uint32_t value = 0;

    if (data)
        memcpy(&value, data, sizeof(value));
    return value;
}

uint64_t image_take_u64(struct image_reader *reader)
{
    const void *data = image_take(reader, sizeof(uint64_t));
    uint64_t value = 0;

    if (data)
        memcpy(&value, data, sizeof(value));
    return value;
}

static bool letter_bits(char letter, uint16_t *bits)
{
    static const char letters[] = "nrwb"; /* by PERM_* bits */
    const char *at = letter ? strchr(letters, letter) : NULL;

    *bits = at ? at - letters : 0;
    return at;
}

struct perm *image_take_perms(struct image_reader *reader, uint32_t nr)
{
    const char *data = image_take(reader, (size_t)nr * 4);
    struct perm *entries = data && nr ? malloc(nr * sizeof(*entries)) : NULL;
    bool sane = entries;

    for (uint32_t i = 0; sane && i < nr; i++, data += 4) {
        memcpy(&entries[i].domid, data + 2, sizeof(entries[i].domid));
        sane = letter_bits(data[0], &entries[i].bits) && entries[i].domid < DOMAIN_IDS;
    }
    if (!sane) {
        free(entries);
        reader->failed = true;
        return NULL;
    }
    return entries;
}
