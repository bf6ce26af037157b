/* SPDX-License-Identifier: MIT */
/* Sets of CPUs, NUMA nodes and the like. */
#include <stdlib.h>
#include <json-c/json.h>
#include "types.h"
#include "internal.h"

/* More bits than any host has CPUs: what a caller or a file asks for beyond is a mistake. */
#define BITMAP_MAX_BITS (1 << 20)

void libxl_bitmap_init(libxl_bitmap *map)
{
    memset(map, 0, sizeof(*map));
}

void libxl_bitmap_dispose(libxl_bitmap *map)
{
    if (!map)
        return;
    free(map->map);
    libxl_bitmap_init(map);
}

int libxl_bitmap_alloc(libxl_ctx *ctx, libxl_bitmap *bitmap, int n_bits)
{
    size_t size = ((size_t)n_bits + 7) / 8;

    if (n_bits < 0 || n_bits > BITMAP_MAX_BITS)
        return libxl__fail(ctx, ERROR_INVAL, EINVAL, __func__, "a bitmap of %d bits", n_bits);
    bitmap->map = calloc(1, size ? size : 1);
    if (!bitmap->map)
        return libxl__fail(ctx, ERROR_NOMEM, ENOMEM, __func__, "a bitmap of %d bits", n_bits);
    bitmap->size = (uint32_t)size;
    return 0;
}

static int bitmap_copy_alloc(void *dst, const void *src)
{
    const libxl_bitmap *from = src;
    libxl_bitmap *to = dst;

    libxl_bitmap_init(to);
    if (!from->size)
        return 0;
    to->map = malloc(from->size);
    if (!to->map)
        return -1;
    to->size = from->size;
    memcpy(to->map, from->map, from->size);
    return 0;
}

void libxl_bitmap_copy_alloc(libxl_ctx *ctx, libxl_bitmap *dptr, const libxl_bitmap *sptr)
{
    if (bitmap_copy_alloc(dptr, sptr))
        libxl__fail(ctx, ERROR_NOMEM, ENOMEM, __func__, "cannot copy a bitmap");
}

void libxl_bitmap_copy(libxl_ctx *ctx, libxl_bitmap *dptr, const libxl_bitmap *sptr)
{
    uint32_t n = dptr->size < sptr->size ? dptr->size : sptr->size;

    memset(dptr->map + n, 0, dptr->size - n);
    memcpy(dptr->map, sptr->map, n);
}

int libxl_bitmap_is_full(const libxl_bitmap *bitmap)
{
    for (uint32_t i = 0; i < bitmap->size; i++)
        if (bitmap->map[i] != 0xff)
            return 0;
    return 1;
}

int libxl_bitmap_is_empty(const libxl_bitmap *bitmap)
{
    for (uint32_t i = 0; i < bitmap->size; i++)
        if (bitmap->map[i])
            return 0;
    return 1;
}

static bool bit_is_in(const libxl_bitmap *bitmap, int bit)
{
    return bit >= 0 && (uint32_t)bit / 8 < bitmap->size;
}

int libxl_bitmap_test(const libxl_bitmap *bitmap, int bit)
{
    return bit_is_in(bitmap, bit) && (bitmap->map[bit / 8] & (1 << (bit & 7)));
}

void libxl_bitmap_set(libxl_bitmap *bitmap, int bit)
{
    if (bit_is_in(bitmap, bit))
        bitmap->map[bit / 8] |= 1 << (bit & 7);
}

void libxl_bitmap_reset(libxl_bitmap *bitmap, int bit)
{
    if (bit_is_in(bitmap, bit))
        bitmap->map[bit / 8] &= ~(1 << (bit & 7));
}

int libxl_bitmap_count_set(const libxl_bitmap *bitmap)
{
    int n = 0;

    for (uint32_t i = 0; i < bitmap->size; i++)
        n += __builtin_popcount(bitmap->map[i]);
    return n;
}

int libxl_bitmap_or(libxl_ctx *ctx, libxl_bitmap *or_map, const libxl_bitmap *map1,
                    const libxl_bitmap *map2)
{
    uint32_t size = map1->size > map2->size ? map1->size : map2->size;
    int rc = libxl_bitmap_alloc(ctx, or_map, (int)size * 8);

    for (uint32_t i = 0; !rc && i < size; i++)
        or_map->map[i] = (i < map1->size ? map1->map[i] : 0) | (i < map2->size ? map2->map[i] : 0);
    return rc;
}

int libxl_bitmap_and(libxl_ctx *ctx, libxl_bitmap *and_map, const libxl_bitmap *map1,
                     const libxl_bitmap *map2)
{
    uint32_t size = map1->size < map2->size ? map1->size : map2->size;
    int rc = libxl_bitmap_alloc(ctx, and_map, (int)size * 8);

    for (uint32_t i = 0; !rc && i < size; i++)
        and_map->map[i] = map1->map[i] & map2->map[i];
    return rc;
}

char *libxl_bitmap_to_hex_string(libxl_ctx *ctx, const libxl_bitmap *bitmap)
{
    size_t room = 2 + (size_t)bitmap->size * 2 + 1;
    char *text = malloc(room);

    if (!text) {
        libxl__fail(ctx, ERROR_NOMEM, ENOMEM, __func__, "a bitmap as text");
        return NULL;
    }
    strcpy(text, "0x");
    for (uint32_t i = 0; i < bitmap->size; i++)
        snprintf(text + 2 + (size_t)i * 2, 3, "%02x", bitmap->map[bitmap->size - 1 - i]);
    return text;
}

/* ---- as a type of the IDL: in JSON, the numbers of the bits that are set ---- */

yajl_gen_status libxl_bitmap_gen_json(yajl_gen hand, libxl_bitmap *p)
{
    yajl_gen_status s = yajl_gen_array_open(hand);
    uint32_t i;

    libxl_for_each_bit (i, *p) {
        if (s == yajl_gen_status_ok && libxl_bitmap_test(p, (int)i))
            s = yajl_gen_integer(hand, i);
    }
    return s == yajl_gen_status_ok ? yajl_gen_array_close(hand) : s;
}

static void bitmap_dispose(void *p)
{
    libxl_bitmap_dispose(p);
}

static bool bitmap_is_default(const void *p)
{
    return libxl_bitmap_is_empty(p);
}

static bool bitmap_equal(const void *a, const void *b)
{
    return libxl_bitmap_equal(a, b, 0);
}

static yajl_gen_status bitmap_gen(yajl_gen hand, const void *p)
{
    return libxl_bitmap_gen_json(hand, (libxl_bitmap *)p);
}

static int bitmap_parse(void *p, json_object *o)
{
    size_t n = json_object_get_type(o) == json_type_array ? json_object_array_length(o) : 0;
    int64_t highest = -1;

    if (json_object_get_type(o) != json_type_array)
        return -1;
    for (size_t i = 0; i < n; i++) {
        json_object *e = json_object_array_get_idx(o, i);
        int64_t bit = json_object_get_int64(e);

        if (json_object_get_type(e) != json_type_int || bit < 0 || bit >= BITMAP_MAX_BITS)
            return -1;
        if (bit > highest)
            highest = bit;
    }
    if (highest < 0)
        return 0;
    if (libxl_bitmap_alloc(NULL, p, (int)highest + 1))
        return -1;
    for (size_t i = 0; i < n; i++)
        libxl_bitmap_set(p, json_object_get_int(json_object_array_get_idx(o, i)));
    return 0;
}

static const struct type_ops bitmap_ops = {.dispose = bitmap_dispose,
                                           .copy = bitmap_copy_alloc,
                                           .is_default = bitmap_is_default,
                                           .equal = bitmap_equal,
                                           .gen = bitmap_gen,
                                           .parse = bitmap_parse};
const struct type libxl__type_bitmap = {
    .name = "bitmap", .kind = TYPE_BUILTIN, .size = sizeof(libxl_bitmap), .ops = &bitmap_ops};
