/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include "fill.h"

bool fill_private = true;

static void *at(void *base, size_t offset)
{
    return (char *)base + offset;
}

static unsigned int pick(unsigned int *seed, unsigned int n)
{
    return (unsigned int)rand_r(seed) % n;
}

static char *any_string(unsigned int *seed)
{
    static const char *const texts[] = {
        "", "x", "/boot/vmlinuz", "a \"b\"\\\n\t\x01/", "caf\xc3\xa9", "12", "null"};

    return pick(seed, 4) ? strdup(texts[pick(seed, sizeof(texts) / sizeof(texts[0]))]) : NULL;
}

static void fill_string_list(char ***list, unsigned int *seed, unsigned int step)
{
    unsigned int n = pick(seed, 4) * step;

    *list = n ? calloc(n + 1, sizeof(char *)) : NULL;
    for (unsigned int i = 0; i < n; i++) {
        char key[16];

        snprintf(key, sizeof(key), "k%u", i);
        (*list)[i] = strdup(key);
    }
}

static void fill_bitmap(libxl_bitmap *map, unsigned int *seed)
{
    if (pick(seed, 3) == 0 || libxl_bitmap_alloc(NULL, map, (int)pick(seed, 70)))
        return;
    for (uint32_t i = 0; i < map->size; i++)
        map->map[i] = (uint8_t)rand_r(seed);
}

static void fill_bytes(void *p, size_t size, unsigned int *seed)
{
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)p)[i] = (uint8_t)rand_r(seed);
}

static void fill_builtin(const struct type *t, void *p, unsigned int *seed)
{
    static const char *const policies[] = {"sse3=0", "family=5",  "model=200",
                                           "avx2=k", "clflush=8", "maxleaf=0xd"};

    if (t == &libxl__type_defbool)
        *(libxl_defbool *)p = (libxl_defbool){(int)pick(seed, 3) - 1};
    else if (t == &libxl__type_bitmap)
        fill_bitmap(p, seed);
    else if (t == &libxl__type_string_list)
        fill_string_list(p, seed, 1);
    else if (t == &libxl__type_key_value_list)
        fill_string_list(p, seed, 2);
    else if (t == &libxl__type_hwcap)
        fill_bytes(p, 4 * sizeof(uint32_t), seed); /* the words that stand in JSON */
    else if (t == &libxl__type_cpuid_policy_list)
        for (unsigned int i = fill_private ? pick(seed, 4) : 0; i > 0; i--)
            libxl_cpuid_parse_config(p, policies[pick(seed, 6)]);
    else if (pick(seed, 3))
        fill_bytes(p, t->size, seed);
}

static void fill_number(const struct type *t, void *p, unsigned int *seed)
{
    static const uint64_t values[] = {
        0, 1, 2, 77, 255, 0x7fffffff, 0x80000000, 0xffffffff, 0x123456789aULL, UINT64_MAX};

    libxl__type_set_number(t, p, values[pick(seed, 10)]);
}

static void fill_enum(const struct type *t, void *p, unsigned int *seed)
{
    unsigned int n = 0;

    while (t->values[n].s)
        n++;
    *(int *)p = t->values[pick(seed, n)].v;
}

static void fill_fields(const struct type_field *fields, size_t nr, void *p, unsigned int *seed);

static void fill_value(const struct type *t, void *p, unsigned int *seed)
{
    switch (t->kind) {
    case TYPE_INT:
    case TYPE_UINT:
        fill_number(t, p, seed);
        break;
    case TYPE_BOOL:
        *(bool *)p = pick(seed, 2);
        break;
    case TYPE_STRING:
        *(char **)p = any_string(seed);
        break;
    case TYPE_ENUM:
        fill_enum(t, p, seed);
        break;
    case TYPE_STRUCT:
        fill_fields(t->fields, t->nr, p, seed);
        break;
    case TYPE_BUILTIN:
        fill_builtin(t, p, seed);
        break;
    default:
        break;
    }
}

static void fill_array(const struct type_field *f, void *p, unsigned int *seed)
{
    int n = (int)pick(seed, 4);
    char *elements = n ? calloc((size_t)n, f->type->size) : NULL;

    *(int *)at(p, f->count) = n;
    *(void **)at(p, f->offset) = elements;
    for (int i = 0; i < n; i++) {
        libxl__type_init(f->type, elements + i * f->type->size);
        fill_value(f->type, elements + i * f->type->size, seed);
    }
}

static void fill_union(const struct type_field *f, void *p, unsigned int *seed)
{
    const struct type_arm *arm = &f->arms[pick(seed, (unsigned int)f->nr)];

    *(int *)at(p, f->key) = arm->value;
    memset(at(p, f->offset), 0, f->size);
    libxl__fields_init(arm->fields, arm->nr, p);
    fill_fields(arm->fields, arm->nr, p, seed);
}

static void fill_fields(const struct type_field *fields, size_t nr, void *p, unsigned int *seed)
{
    for (const struct type_field *f = fields; f < fields + nr; f++) {
        if (f->kind == FIELD_INNER)
            fill_fields(f->fields, f->nr, p, seed);
        else if (f->kind == FIELD_ARRAY)
            fill_array(f, p, seed);
        else if (f->kind == FIELD_PLAIN && pick(seed, 4))
            fill_value(f->type, at(p, f->offset), seed);
    }
    /* Last: the fields that choose the arms have been filled as well. */
    for (const struct type_field *f = fields; f < fields + nr; f++)
        if (f->kind == FIELD_UNION)
            fill_union(f, p, seed);
}

void fill(const struct type *t, void *p, unsigned int *seed)
{
    libxl__type_init(t, p);
    fill_value(t, p, seed);
}
