/* SPDX-License-Identifier: MIT */
/* Initialise, free, copy and compare what a table describes. */
#include <stdlib.h>
#include <strings.h>
#include "types.h"
#include "internal.h"

static void *at(const void *base, size_t offset)
{
    return (char *)base + offset;
}

uint64_t libxl__type_number(const struct type *t, const void *p)
{
    bool is_signed = t->kind == TYPE_INT || t->kind == TYPE_ENUM;

    switch (t->size) {
    case 1:
        return *(const uint8_t *)p;
    case 2:
        return *(const uint16_t *)p;
    case 4:
        return is_signed ? (uint64_t)(int64_t) * (const int32_t *)p : *(const uint32_t *)p;
    default:
        return *(const uint64_t *)p;
    }
}

void libxl__type_set_number(const struct type *t, void *p, uint64_t value)
{
    switch (t->size) {
    case 1:
        *(uint8_t *)p = value;
        break;
    case 2:
        *(uint16_t *)p = value;
        break;
    case 4:
        *(uint32_t *)p = value;
        break;
    default:
        *(uint64_t *)p = value;
        break;
    }
}

const struct type_arm *libxl__type_arm(const struct type_field *f, const void *p)
{
    int value = *(const int *)at(p, f->key);

    for (size_t i = 0; i < f->nr; i++)
        if (f->arms[i].value == value)
            return &f->arms[i];
    return NULL;
}

/* A count below zero, which only a caller's mistake makes, is taken as none. */
static int array_count(const struct type_field *f, const void *p)
{
    int n = *(const int *)at(p, f->count);

    return *(void **)at(p, f->offset) && n > 0 ? n : 0;
}

/* ---- init ---- */

/* The memory is all zero already. */
void libxl__fields_init(const struct type_field *fields, size_t nr, void *p)
{
    for (const struct type_field *f = fields; f < fields + nr; f++) {
        if (f->kind == FIELD_INNER)
            libxl__fields_init(f->fields, f->nr, p);
        else if (f->kind == FIELD_PLAIN && f->type->kind == TYPE_STRUCT)
            libxl__fields_init(f->type->fields, f->type->nr, at(p, f->offset));
        else if (f->kind == FIELD_PLAIN && f->init)
            libxl__type_set_number(f->type, at(p, f->offset), f->init);
    }
}

void libxl__type_init(const struct type *t, void *p)
{
    memset(p, 0, t->size);
    if (t->kind == TYPE_STRUCT)
        libxl__fields_init(t->fields, t->nr, p);
}

static void init_union(const struct type_field *f, void *p)
{
    const struct type_arm *arm = libxl__type_arm(f, p);

    memset(at(p, f->offset), 0, f->size);
    if (arm)
        libxl__fields_init(arm->fields, arm->nr, p);
}

void libxl__type_init_key(const struct type *t, void *p, const char *key, int value)
{
    for (const struct type_field *f = t->fields; f < t->fields + t->nr; f++)
        if (!strcmp(f->name, key))
            *(int *)at(p, f->offset) = value;
    for (const struct type_field *f = t->fields; f < t->fields + t->nr; f++)
        if (f->kind == FIELD_UNION)
            init_union(f, p);
}

/* ---- dispose ---- */

static void dispose_fields(const struct type_field *fields, size_t nr, void *p);

static void dispose_value(const struct type *t, void *p)
{
    if (t->kind == TYPE_STRING)
        free(*(char **)p);
    else if (t->kind == TYPE_STRUCT)
        dispose_fields(t->fields, t->nr, p);
    else if (t->ops && t->ops->dispose)
        t->ops->dispose(p);
}

static void dispose_array(const struct type_field *f, void *p)
{
    char *elements = *(char **)at(p, f->offset);

    for (int i = 0; i < array_count(f, p); i++)
        dispose_value(f->type, elements + i * f->type->size);
    free(elements);
}

static void dispose_fields(const struct type_field *fields, size_t nr, void *p)
{
    for (const struct type_field *f = fields; f < fields + nr; f++) {
        const struct type_arm *arm;

        if (f->kind == FIELD_INNER)
            dispose_fields(f->fields, f->nr, p);
        else if (f->kind == FIELD_ARRAY)
            dispose_array(f, p);
        else if (f->kind == FIELD_PLAIN)
            dispose_value(f->type, at(p, f->offset));
        else if ((arm = libxl__type_arm(f, p)))
            dispose_fields(arm->fields, arm->nr, p);
    }
}

void libxl__type_dispose(const struct type *t, void *p)
{
    if (!p)
        return;
    dispose_value(t, p);
    libxl__type_init(t, p);
}

/* ---- copy ---- */

static int copy_fields(const struct type_field *fields, size_t nr, void *dst, const void *src);

/* The destination is initialised. */
static int copy_value(const struct type *t, void *dst, const void *src)
{
    const char *s;

    switch (t->kind) {
    case TYPE_PRIVATE:
        return 0;
    case TYPE_STRING:
        s = *(char *const *)src;
        return s && !(*(char **)dst = strdup(s)) ? -1 : 0;
    case TYPE_STRUCT:
        return copy_fields(t->fields, t->nr, dst, src);
    default:
        if (t->ops && t->ops->copy)
            return t->ops->copy(dst, src);
        memcpy(dst, src, t->size);
        return 0;
    }
}

static int copy_array(const struct type_field *f, void *dst, const void *src)
{
    int n = array_count(f, src);
    const char *from = *(char **)at(src, f->offset);
    char *to;

    if (!n)
        return 0;
    to = calloc(n, f->type->size);
    if (!to)
        return -1;
    *(void **)at(dst, f->offset) = to;
    *(int *)at(dst, f->count) = n;
    for (int i = 0; i < n; i++)
        if (copy_value(f->type, to + i * f->type->size, from + i * f->type->size))
            return -1;
    return 0;
}

static int copy_fields(const struct type_field *fields, size_t nr, void *dst, const void *src)
{
    for (const struct type_field *f = fields; f < fields + nr; f++) {
        const struct type_arm *arm;
        int rc = 0;

        if (f->kind == FIELD_INNER)
            rc = copy_fields(f->fields, f->nr, dst, src);
        else if (f->kind == FIELD_ARRAY)
            rc = copy_array(f, dst, src);
        else if (f->kind == FIELD_PLAIN)
            rc = copy_value(f->type, at(dst, f->offset), at(src, f->offset));
        else if ((arm = libxl__type_arm(f, src))) {
            *(int *)at(dst, f->key) = arm->value;
            rc = copy_fields(arm->fields, arm->nr, dst, src);
        }
        if (rc)
            return rc;
    }
    return 0;
}

int libxl__type_copy(libxl_ctx *ctx, const struct type *t, void *dst, const void *src)
{
    libxl__type_init(t, dst);
    if (!copy_value(t, dst, src))
        return 0;
    libxl__type_dispose(t, dst);
    libxl__fail(ctx, ERROR_NOMEM, ENOMEM, "libxl_copy", "cannot copy a libxl_%s", t->name);
    return -1;
}

/* ---- compare ---- */

static bool equal_fields(const struct type_field *fields, size_t nr, const void *a, const void *b);

static bool equal_value(const struct type *t, const void *a, const void *b)
{
    const char *sa, *sb;

    switch (t->kind) {
    case TYPE_PRIVATE:
        return true;
    case TYPE_STRING:
        sa = *(char *const *)a;
        sb = *(char *const *)b;
        return sa && sb ? !strcmp(sa, sb) : sa == sb;
    case TYPE_STRUCT:
        return equal_fields(t->fields, t->nr, a, b);
    default:
        return t->ops && t->ops->equal ? t->ops->equal(a, b) : !memcmp(a, b, t->size);
    }
}

static bool equal_array(const struct type_field *f, const void *a, const void *b)
{
    int n = array_count(f, a);
    const char *ea = *(char **)at(a, f->offset), *eb = *(char **)at(b, f->offset);

    if (array_count(f, b) != n)
        return false;
    for (int i = 0; i < n; i++)
        if (!equal_value(f->type, ea + i * f->type->size, eb + i * f->type->size))
            return false;
    return true;
}

static bool equal_fields(const struct type_field *fields, size_t nr, const void *a, const void *b)
{
    for (const struct type_field *f = fields; f < fields + nr; f++) {
        const struct type_arm *arm;
        bool equal = true;

        if (f->kind == FIELD_INNER)
            equal = equal_fields(f->fields, f->nr, a, b);
        else if (f->kind == FIELD_ARRAY)
            equal = equal_array(f, a, b);
        else if (f->kind == FIELD_PLAIN)
            equal = equal_value(f->type, at(a, f->offset), at(b, f->offset));
        else if ((arm = libxl__type_arm(f, a)) == libxl__type_arm(f, b) && arm)
            equal = equal_fields(arm->fields, arm->nr, a, b);
        if (!equal)
            return false;
    }
    return true;
}

bool libxl__type_equal(const struct type *t, const void *a, const void *b)
{
    return equal_value(t, a, b);
}

bool libxl__type_is_default(const struct type *t, const void *p, uint64_t init)
{
    switch (t->kind) {
    case TYPE_PRIVATE:
        return true;
    case TYPE_STRING:
        return !*(char *const *)p;
    case TYPE_STRUCT:
        return false;
    case TYPE_BUILTIN:
        return t->ops->is_default(p);
    default: {
        uint64_t mask = t->size == 8 ? ~0ULL : (1ULL << (t->size * 8)) - 1;

        return ((libxl__type_number(t, p) ^ init) & mask) == 0;
    }
    }
}

/* ---- enums ---- */

const char *libxl__enum_name(const struct type *t, int value)
{
    for (const libxl_enum_string_table *v = t->values; v->s; v++)
        if (v->v == value)
            return v->s;
    return NULL;
}

int libxl__enum_find(const struct type *t, const char *s, int *value)
{
    for (const libxl_enum_string_table *v = t->values; v->s; v++)
        if (!strcasecmp(v->s, s)) {
            *value = v->v;
            return 0;
        }
    return ERROR_FAIL;
}
