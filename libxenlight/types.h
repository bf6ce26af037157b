/* SPDX-License-Identifier: MIT */
/*
 * Types described by tables.  The generator writes one table for each type of the IDL; types.c and
 * types_json.c initialise, free, copy, compare, print and parse by walking them.
 */
#ifndef LIGHT_TYPES_H
#define LIGHT_TYPES_H

#include <stddef.h>
#include "public.h"

struct json_object;

enum type_kind {
    TYPE_INT, /* signed, of .size bytes */
    TYPE_UINT,
    TYPE_BOOL,
    TYPE_STRING,
    TYPE_ENUM,
    TYPE_STRUCT,
    TYPE_BUILTIN, /* .ops knows */
    TYPE_PRIVATE, /* the owner's business: zero after init, never copied or printed */
};

/* What a builtin type can do.  A NULL function means that its bytes are all there is. */
struct type_ops {
    void (*dispose)(void *p);
    int (*copy)(void *dst, const void *src); /* 0, or -1 and *dst empty */
    bool (*is_default)(const void *p);
    bool (*equal)(const void *a, const void *b);
    yajl_gen_status (*gen)(yajl_gen hand, const void *p);
    int (*parse)(void *p, struct json_object *o); /* *p is empty; 0, or -1 */
};

struct type {
    const char *name;
    enum type_kind kind;
    size_t size;
    const libxl_enum_string_table *values; /* TYPE_ENUM */
    const struct type_ops *ops;            /* TYPE_BUILTIN */
    size_t nr;                             /* TYPE_STRUCT */
    const struct type_field *fields;
};

enum field_kind {
    FIELD_PLAIN,
    FIELD_ARRAY, /* a pointer to elements, their number is at .count */
    FIELD_INNER, /* an unnamed struct; its fields' offsets are from the outer one */
    FIELD_UNION, /* the arm is chosen by the enum at .key */
};

struct type_arm {
    const char *name; /* KEY.VALUE, as it stands in JSON */
    int value;
    size_t nr;
    const struct type_field *fields;
};

struct type_field {
    const char *name;
    enum field_kind kind;
    size_t offset;
    const struct type *type; /* of the field, or of an element */
    uint64_t init;           /* the default of a number or enum */
    size_t count;
    size_t key;
    size_t size; /* of a union */
    size_t nr;
    const struct type_field *fields; /* FIELD_INNER */
    const struct type_arm *arms;     /* FIELD_UNION */
};

#include <_libxl_types_private.h>

void libxl__type_init(const struct type *t, void *p);
/* The same for some fields of zeroed memory at p. */
void libxl__fields_init(const struct type_field *fields, size_t nr, void *p);
void libxl__type_init_key(const struct type *t, void *p, const char *key, int value);
void libxl__type_dispose(const struct type *t, void *p);
/* 0, or -1 with errno and *dst as libxl__type_init() leaves it. */
int libxl__type_copy(libxl_ctx *ctx, const struct type *t, void *dst, const void *src);
bool libxl__type_equal(const struct type *t, const void *a, const void *b);
bool libxl__type_is_default(const struct type *t, const void *p, uint64_t init);
/* The arm that is valid in *p, NULL when the key has no arm. */
const struct type_arm *libxl__type_arm(const struct type_field *f, const void *p);
uint64_t libxl__type_number(const struct type *t, const void *p);
void libxl__type_set_number(const struct type *t, void *p, uint64_t value);

yajl_gen_status libxl__type_gen_json(yajl_gen hand, const struct type *t, const void *p);
char *libxl__type_to_json(libxl_ctx *ctx, const struct type *t, const void *p);
int libxl__type_from_json(libxl_ctx *ctx, const struct type *t, void *p, const char *s);

const char *libxl__enum_name(const struct type *t, int value);
int libxl__enum_find(const struct type *t, const char *s, int *value);

#endif
