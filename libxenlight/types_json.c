/* SPDX-License-Identifier: MIT */
/* JSON from and to what a table describes: yajl writes, json-c reads. */
#include <stdlib.h>
#include <json-c/json.h>
#include "types.h"
#include "internal.h"

static void *at(const void *base, size_t offset)
{
    return (char *)base + offset;
}

/* ---- writing ---- */

static yajl_gen_status gen_string(yajl_gen hand, const char *s)
{
    return yajl_gen_string(hand, (const unsigned char *)s, strlen(s));
}

yajl_gen_status libxl__uint64_gen_json(yajl_gen hand, uint64_t val)
{
    char text[24];
    int n = snprintf(text, sizeof(text), "%" PRIu64, val);

    return yajl_gen_number(hand, text, n);
}

static yajl_gen_status gen_fields(yajl_gen hand, const struct type_field *fields, size_t nr,
                                  const void *p);

static yajl_gen_status gen_map(yajl_gen hand, const struct type_field *fields, size_t nr,
                               const void *p)
{
    yajl_gen_status s = yajl_gen_map_open(hand);

    if (s == yajl_gen_status_ok)
        s = gen_fields(hand, fields, nr, p);
    if (s == yajl_gen_status_ok)
        s = yajl_gen_map_close(hand);
    return s;
}

yajl_gen_status libxl__type_gen_json(yajl_gen hand, const struct type *t, const void *p)
{
    const char *name;

    switch (t->kind) {
    case TYPE_INT:
        return yajl_gen_integer(hand, (int64_t)libxl__type_number(t, p));
    case TYPE_UINT:
        return libxl__uint64_gen_json(hand, libxl__type_number(t, p));
    case TYPE_BOOL:
        return yajl_gen_bool(hand, *(const bool *)p);
    case TYPE_STRING:
        name = *(char *const *)p;
        return name ? gen_string(hand, name) : yajl_gen_null(hand);
    case TYPE_ENUM:
        name = libxl__enum_name(t, *(const int *)p);
        return name ? gen_string(hand, name) : yajl_gen_null(hand);
    case TYPE_STRUCT:
        return gen_map(hand, t->fields, t->nr, p);
    case TYPE_BUILTIN:
        return t->ops->gen(hand, p);
    default:
        return yajl_gen_null(hand);
    }
}

static yajl_gen_status gen_array(yajl_gen hand, const struct type_field *f, const void *p)
{
    int n = *(const int *)at(p, f->count);
    const char *elements = *(char **)at(p, f->offset);
    yajl_gen_status s;

    if (n <= 0 || !elements)
        return yajl_gen_status_ok;
    s = gen_string(hand, f->name);
    if (s == yajl_gen_status_ok)
        s = yajl_gen_array_open(hand);
    for (int i = 0; i < n && s == yajl_gen_status_ok; i++)
        s = libxl__type_gen_json(hand, f->type, elements + i * f->type->size);
    return s == yajl_gen_status_ok ? yajl_gen_array_close(hand) : s;
}

static yajl_gen_status gen_union(yajl_gen hand, const struct type_field *f, const void *p)
{
    const struct type_arm *arm = libxl__type_arm(f, p);
    yajl_gen_status s;

    if (!arm)
        return yajl_gen_status_ok;
    s = gen_string(hand, arm->name);
    return s == yajl_gen_status_ok ? gen_map(hand, arm->fields, arm->nr, p) : s;
}

/* The field that chooses a union's arm is told by the name of the arm. */
static bool is_key(const struct type_field *fields, size_t nr, size_t offset)
{
    for (const struct type_field *f = fields; f < fields + nr; f++)
        if (f->kind == FIELD_UNION && f->key == offset)
            return true;
    return false;
}

static yajl_gen_status gen_fields(yajl_gen hand, const struct type_field *fields, size_t nr,
                                  const void *p)
{
    yajl_gen_status s = yajl_gen_status_ok;

    for (const struct type_field *f = fields; f < fields + nr && s == yajl_gen_status_ok; f++) {
        if (f->kind == FIELD_ARRAY) {
            s = gen_array(hand, f, p);
        } else if (f->kind == FIELD_UNION) {
            s = gen_union(hand, f, p);
        } else if (f->kind == FIELD_INNER) {
            s = gen_string(hand, f->name);
            if (s == yajl_gen_status_ok)
                s = gen_map(hand, f->fields, f->nr, p);
        } else if (!is_key(fields, nr, f->offset) &&
                   !libxl__type_is_default(f->type, at(p, f->offset), f->init)) {
            s = gen_string(hand, f->name);
            if (s == yajl_gen_status_ok)
                s = libxl__type_gen_json(hand, f->type, at(p, f->offset));
        }
    }
    return s;
}

char *libxl__type_to_json(libxl_ctx *ctx, const struct type *t, const void *p)
{
    yajl_gen gen = libxl_yajl_gen_alloc(NULL);
    const unsigned char *text;
    size_t size;
    char *result = NULL;

    if (gen && libxl__type_gen_json(gen, t, p) == yajl_gen_status_ok &&
        yajl_gen_get_buf(gen, &text, &size) == yajl_gen_status_ok)
        result = strndup((const char *)text, size);
    if (!result)
        libxl__fail(ctx, ERROR_FAIL, ENOMEM, "libxl_to_json", "cannot write a libxl_%s as JSON",
                    t->name);
    if (gen)
        yajl_gen_free(gen);
    return result;
}

/* ---- reading ---- */

struct parse {
    libxl_ctx *ctx;
    const struct type *type; /* the outermost one, for messages */
};

static int mismatch(struct parse *ps, const char *name, const char *wanted, json_object *o)
{
    libxl__fail(ps->ctx, ERROR_FAIL, EINVAL, "libxl_from_json",
                "JSON of a libxl_%s: %s: wanted %s, found %s", ps->type->name, name, wanted,
                json_type_to_name(json_object_get_type(o)));
    return -1;
}

static int out_of_range(struct parse *ps, const char *name, json_object *o)
{
    libxl__fail(ps->ctx, ERROR_FAIL, ERANGE, "libxl_from_json",
                "JSON of a libxl_%s: %s: %s does not fit", ps->type->name, name,
                json_object_get_string(o));
    return -1;
}

static int parse_number(struct parse *ps, const char *name, const struct type *t, void *p,
                        json_object *o)
{
    int64_t value;
    uint64_t uvalue;

    if (json_object_get_type(o) != json_type_int)
        return mismatch(ps, name, "a whole number", o);
    value = json_object_get_int64(o);
    uvalue = json_object_get_uint64(o);
    if (t->kind == TYPE_INT) {
        if (t->size == 4 && (value < INT32_MIN || value > INT32_MAX))
            return out_of_range(ps, name, o);
        uvalue = (uint64_t)value;
    } else if (value < 0 || (t->size < 8 && uvalue >> (t->size * 8))) {
        return out_of_range(ps, name, o);
    }
    libxl__type_set_number(t, p, uvalue);
    return 0;
}

static int parse_enum(struct parse *ps, const char *name, const struct type *t, void *p,
                      json_object *o)
{
    if (json_object_get_type(o) == json_type_null)
        return 0; /* so a value without a name is written */
    if (json_object_get_type(o) != json_type_string)
        return mismatch(ps, name, "a string", o);
    if (!libxl__enum_find(t, json_object_get_string(o), p))
        return 0;
    libxl__fail(ps->ctx, ERROR_FAIL, EINVAL, "libxl_from_json",
                "JSON of a libxl_%s: %s: \"%s\" is no libxl_%s", ps->type->name, name,
                json_object_get_string(o), t->name);
    return -1;
}

static int parse_string(struct parse *ps, const char *name, char **p, json_object *o)
{
    if (json_object_get_type(o) == json_type_null)
        return 0;
    if (json_object_get_type(o) != json_type_string)
        return mismatch(ps, name, "a string", o);
    *p = strdup(json_object_get_string(o));
    return *p ? 0 : out_of_range(ps, name, o);
}

static int parse_fields(struct parse *ps, const char *name, const struct type_field *fields,
                        size_t nr, void *p, json_object *o);

static int parse_value(struct parse *ps, const char *name, const struct type *t, void *p,
                       json_object *o)
{
    switch (t->kind) {
    case TYPE_INT:
    case TYPE_UINT:
        return parse_number(ps, name, t, p, o);
    case TYPE_BOOL:
        if (json_object_get_type(o) != json_type_boolean)
            return mismatch(ps, name, "true or false", o);
        *(bool *)p = json_object_get_boolean(o);
        return 0;
    case TYPE_STRING:
        return parse_string(ps, name, p, o);
    case TYPE_ENUM:
        return parse_enum(ps, name, t, p, o);
    case TYPE_STRUCT:
        return parse_fields(ps, name, t->fields, t->nr, p, o);
    case TYPE_BUILTIN:
        return t->ops->parse(p, o) ? mismatch(ps, name, t->name, o) : 0;
    default:
        return 0;
    }
}

static int parse_array(struct parse *ps, const struct type_field *f, void *p, json_object *o)
{
    size_t n;
    char *elements;

    if (json_object_get_type(o) != json_type_array)
        return mismatch(ps, f->name, "an array", o);
    n = json_object_array_length(o);
    if (n == 0)
        return 0;
    elements = n <= INT_MAX ? calloc(n, f->type->size) : NULL;
    if (!elements)
        return out_of_range(ps, f->name, o);
    *(void **)at(p, f->offset) = elements;
    *(int *)at(p, f->count) = (int)n;
    for (size_t i = 0; i < n; i++)
        libxl__type_init(f->type, elements + i * f->type->size);
    for (size_t i = 0; i < n; i++)
        if (parse_value(ps, f->name, f->type, elements + i * f->type->size,
                        json_object_array_get_idx(o, i)))
            return -1;
    return 0;
}

static int parse_union(struct parse *ps, const struct type_field *f, void *p, json_object *o)
{
    for (const struct type_arm *arm = f->arms; arm < f->arms + f->nr; arm++) {
        json_object *member;

        if (!json_object_object_get_ex(o, arm->name, &member))
            continue;
        *(int *)at(p, f->key) = arm->value;
        memset(at(p, f->offset), 0, f->size);
        libxl__fields_init(arm->fields, arm->nr, p);
        return parse_fields(ps, arm->name, arm->fields, arm->nr, p, member);
    }
    return 0;
}

/* A member that the type does not have is left alone: a later version may have written it. */
static int parse_fields(struct parse *ps, const char *name, const struct type_field *fields,
                        size_t nr, void *p, json_object *o)
{
    if (json_object_get_type(o) != json_type_object)
        return mismatch(ps, name, "an object", o);
    for (const struct type_field *f = fields; f < fields + nr; f++) {
        json_object *member;
        int rc = 0;

        if (f->kind == FIELD_UNION)
            rc = parse_union(ps, f, p, o);
        else if (!json_object_object_get_ex(o, f->name, &member))
            continue;
        else if (f->kind == FIELD_ARRAY)
            rc = parse_array(ps, f, p, member);
        else if (f->kind == FIELD_INNER)
            rc = parse_fields(ps, f->name, f->fields, f->nr, p, member);
        else
            rc = parse_value(ps, f->name, f->type, at(p, f->offset), member);
        if (rc)
            return rc;
    }
    return 0;
}

int libxl__type_from_json(libxl_ctx *ctx, const struct type *t, void *p, const char *s)
{
    struct parse ps = {.ctx = ctx, .type = t};
    enum json_tokener_error error = json_tokener_success;
    json_object *o = json_tokener_parse_verbose(s, &error);
    int rc = 0;

    if (t->kind == TYPE_STRUCT)
        libxl__type_init(t, p);
    if (!o && error != json_tokener_success)
        return libxl__fail(ctx, ERROR_FAIL, EINVAL, "libxl_from_json", "JSON of a libxl_%s: %s",
                           t->name, json_tokener_error_desc(error));
    if (parse_value(&ps, t->name, t, p, o)) {
        if (t->kind == TYPE_STRUCT)
            libxl__type_dispose(t, p);
        rc = ERROR_FAIL;
    }
    json_object_put(o);
    return rc;
}
