/* SPDX-License-Identifier: MIT */
/* The builtin types of the IDL: numbers, strings, and those that have functions of their own. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>
#include <json-c/json.h>
#include <uuid/uuid.h>
#include "types.h"
#include "internal.h"

const struct type libxl__type_int = {.name = "int", .kind = TYPE_INT, .size = sizeof(int)};
const struct type libxl__type_uint8 = {.name = "uint8", .kind = TYPE_UINT, .size = 1};
const struct type libxl__type_uint16 = {.name = "uint16", .kind = TYPE_UINT, .size = 2};
const struct type libxl__type_uint32 = {.name = "uint32", .kind = TYPE_UINT, .size = 4};
const struct type libxl__type_uint64 = {.name = "uint64", .kind = TYPE_UINT, .size = 8};
const struct type libxl__type_bool = {.name = "bool", .kind = TYPE_BOOL, .size = sizeof(bool)};
const struct type libxl__type_string = {
    .name = "string", .kind = TYPE_STRING, .size = sizeof(char *)};
/* Stays the manager's. */
const struct type libxl__type_const_string = {
    .name = "const_string", .kind = TYPE_PRIVATE, .size = sizeof(const char *)};
const struct type libxl__type_domid = {.name = "domid", .kind = TYPE_UINT, .size = 4};
const struct type libxl__type_devid = {.name = "devid", .kind = TYPE_INT, .size = 4};
/* JSON has it signed, as in every version of Xen there was. */
const struct type libxl__type_ev_user = {.name = "ev_user", .kind = TYPE_INT, .size = 8};
const struct type libxl__type_ev_link = {
    .name = "ev_link", .kind = TYPE_PRIVATE, .size = sizeof(libxl_ev_link)};

static yajl_gen_status gen_text(yajl_gen hand, const char *s)
{
    return yajl_gen_string(hand, (const unsigned char *)s, strlen(s));
}

static bool all_zero(const void *p, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (((const uint8_t *)p)[i])
            return false;
    return true;
}

/* ---- defbool: 0 not set, 1 true, -1 false ---- */

void libxl_defbool_set(libxl_defbool *db, bool b)
{
    db->val = b ? 1 : -1;
}

void libxl_defbool_unset(libxl_defbool *db)
{
    db->val = 0;
}

bool libxl_defbool_is_default(libxl_defbool db)
{
    return !db.val;
}

void libxl_defbool_setdefault(libxl_defbool *db, bool b)
{
    if (!db->val)
        libxl_defbool_set(db, b);
}

bool libxl_defbool_val(libxl_defbool db)
{
    return db.val > 0;
}

const char *libxl_defbool_to_string(libxl_defbool b)
{
    return b.val > 0 ? "True" : b.val < 0 ? "False" : "<default>";
}

yajl_gen_status libxl_defbool_gen_json(yajl_gen hand, libxl_defbool *p)
{
    return gen_text(hand, libxl_defbool_to_string(*p));
}

static bool defbool_is_default(const void *p)
{
    return libxl_defbool_is_default(*(const libxl_defbool *)p);
}

static yajl_gen_status defbool_gen(yajl_gen hand, const void *p)
{
    return libxl_defbool_gen_json(hand, (libxl_defbool *)p);
}

static int defbool_parse(void *p, json_object *o)
{
    const char *s = json_object_get_string(o);

    if (json_object_get_type(o) == json_type_boolean)
        libxl_defbool_set(p, json_object_get_boolean(o));
    else if (json_object_get_type(o) != json_type_string)
        return -1;
    else if (!strcmp(s, "True"))
        libxl_defbool_set(p, true);
    else if (!strcmp(s, "False"))
        libxl_defbool_set(p, false);
    else if (strcmp(s, "<default>"))
        return -1;
    return 0;
}

static const struct type_ops defbool_ops = {
    .is_default = defbool_is_default, .gen = defbool_gen, .parse = defbool_parse};
const struct type libxl__type_defbool = {
    .name = "defbool", .kind = TYPE_BUILTIN, .size = sizeof(libxl_defbool), .ops = &defbool_ops};

/* ---- UUID ---- */

int libxl_uuid_is_nil(const libxl_uuid *uuid)
{
    return uuid_is_null(uuid->uuid);
}

void libxl_uuid_generate(libxl_uuid *uuid)
{
    uuid_generate(uuid->uuid);
}

int libxl_uuid_from_string(libxl_uuid *uuid, const char *in)
{
    uuid_t parsed;

    if (uuid_parse(in, parsed))
        return -1;
    memcpy(uuid->uuid, parsed, sizeof(parsed));
    return 0;
}

void libxl_uuid_copy(libxl_ctx *ctx, libxl_uuid *dst, const libxl_uuid *src)
{
    *dst = *src;
}

void libxl_uuid_clear(libxl_uuid *uuid)
{
    memset(uuid, 0, sizeof(*uuid));
}

int libxl_uuid_compare(const libxl_uuid *uuid1, const libxl_uuid *uuid2)
{
    return memcmp(uuid1->uuid, uuid2->uuid, sizeof(uuid1->uuid));
}

const uint8_t *libxl_uuid_bytearray_const(const libxl_uuid *uuid)
{
    return uuid->uuid;
}

uint8_t *libxl_uuid_bytearray(libxl_uuid *uuid)
{
    return uuid->uuid;
}

yajl_gen_status libxl_uuid_gen_json(yajl_gen hand, libxl_uuid *p)
{
    char text[LIBXL_UUID_FMTLEN + 1];

    snprintf(text, sizeof(text), LIBXL_UUID_FMT, LIBXL_UUID_BYTES(*p));
    return gen_text(hand, text);
}

static bool uuid_is_default(const void *p)
{
    return libxl_uuid_is_nil(p);
}

static yajl_gen_status uuid_gen(yajl_gen hand, const void *p)
{
    return libxl_uuid_gen_json(hand, (libxl_uuid *)p);
}

static int uuid_parse_json(void *p, json_object *o)
{
    return json_object_get_type(o) == json_type_string
               ? libxl_uuid_from_string(p, json_object_get_string(o))
               : -1;
}

static const struct type_ops uuid_ops = {
    .is_default = uuid_is_default, .gen = uuid_gen, .parse = uuid_parse_json};
const struct type libxl__type_uuid = {
    .name = "uuid", .kind = TYPE_BUILTIN, .size = sizeof(libxl_uuid), .ops = &uuid_ops};

/* ---- MAC address ---- */

void libxl_mac_copy(libxl_ctx *ctx, libxl_mac *dst, const libxl_mac *src)
{
    memcpy(dst, src, sizeof(*dst));
}

int libxl__mac_parse(const char *s, libxl_mac *mac)
{
    libxl_mac m;
    int end = 0;

    if (sscanf(s, LIBXL_MAC_FMT "%n", &m[0], &m[1], &m[2], &m[3], &m[4], &m[5], &end) != 6 ||
        s[end])
        return -1;
    memcpy(*mac, m, sizeof(m));
    return 0;
}

yajl_gen_status libxl_mac_gen_json(yajl_gen hand, libxl_mac *p)
{
    char text[LIBXL_MAC_FMTLEN + 1];

    snprintf(text, sizeof(text), LIBXL_MAC_FMT, LIBXL_MAC_BYTES((*p)));
    return gen_text(hand, text);
}

static bool mac_is_default(const void *p)
{
    return all_zero(p, sizeof(libxl_mac));
}

static yajl_gen_status mac_gen(yajl_gen hand, const void *p)
{
    return libxl_mac_gen_json(hand, (libxl_mac *)p);
}

static int mac_parse_json(void *p, json_object *o)
{
    return json_object_get_type(o) == json_type_string
               ? libxl__mac_parse(json_object_get_string(o), p)
               : -1;
}

static const struct type_ops mac_ops = {
    .is_default = mac_is_default, .gen = mac_gen, .parse = mac_parse_json};
const struct type libxl__type_mac = {
    .name = "mac", .kind = TYPE_BUILTIN, .size = sizeof(libxl_mac), .ops = &mac_ops};

/* ---- lists of strings ---- */

void libxl_string_list_dispose(libxl_string_list *sl)
{
    for (char **s = *sl; s && *s; s++)
        free(*s);
    free(*sl);
    *sl = NULL;
}

int libxl_string_list_length(const libxl_string_list *sl)
{
    int n = 0;

    while (sl && *sl && (*sl)[n])
        n++;
    return n;
}

static int copy_strings(char ***dst, char *const *src, size_t n)
{
    char **copy = src ? calloc(n + 1, sizeof(*copy)) : NULL;

    *dst = copy;
    if (!src)
        return 0;
    for (size_t i = 0; copy && i < n; i++) {
        if (src[i] && !(copy[i] = strdup(src[i]))) {
            while (i-- > 0)
                free(copy[i]);
            free(copy);
            *dst = copy = NULL;
        }
    }
    return copy ? 0 : -1;
}

static int string_list_copy(void *dst, const void *src)
{
    const libxl_string_list *from = src;

    return copy_strings(dst, *from, libxl_string_list_length(from));
}

void libxl_string_list_copy(libxl_ctx *ctx, libxl_string_list *dst, const libxl_string_list *src)
{
    if (string_list_copy(dst, src))
        libxl__fail(ctx, ERROR_NOMEM, ENOMEM, __func__, "cannot copy a list of strings");
}

yajl_gen_status libxl_string_list_gen_json(yajl_gen hand, libxl_string_list *p)
{
    yajl_gen_status s = yajl_gen_array_open(hand);

    for (char **e = *p; e && *e && s == yajl_gen_status_ok; e++)
        s = gen_text(hand, *e);
    return s == yajl_gen_status_ok ? yajl_gen_array_close(hand) : s;
}

static void string_list_dispose(void *p)
{
    libxl_string_list_dispose(p);
}

static bool string_list_is_default(const void *p)
{
    return libxl_string_list_length(p) == 0;
}

static bool string_list_equal(const void *a, const void *b)
{
    char **x = *(char ***)a, **y = *(char ***)b;

    for (; x && *x && y && *y; x++, y++)
        if (strcmp(*x, *y))
            return false;
    return (!x || !*x) && (!y || !*y);
}

static yajl_gen_status string_list_gen(yajl_gen hand, const void *p)
{
    return libxl_string_list_gen_json(hand, (libxl_string_list *)p);
}

static int string_list_parse(void *p, json_object *o)
{
    size_t n = json_object_get_type(o) == json_type_array ? json_object_array_length(o) : 0;
    char **list;

    if (json_object_get_type(o) != json_type_array || !(list = calloc(n + 1, sizeof(*list))))
        return -1;
    *(libxl_string_list *)p = list;
    for (size_t i = 0; i < n; i++) {
        json_object *e = json_object_array_get_idx(o, i);

        if (json_object_get_type(e) != json_type_string ||
            !(list[i] = strdup(json_object_get_string(e))))
            return -1;
    }
    return 0;
}

static const struct type_ops string_list_ops = {.dispose = string_list_dispose,
                                                .copy = string_list_copy,
                                                .is_default = string_list_is_default,
                                                .equal = string_list_equal,
                                                .gen = string_list_gen,
                                                .parse = string_list_parse};
const struct type libxl__type_string_list = {.name = "string_list",
                                             .kind = TYPE_BUILTIN,
                                             .size = sizeof(libxl_string_list),
                                             .ops = &string_list_ops};

/* ---- keys and values: a value may be NULL, so the list ends where a key is NULL ---- */

int libxl_key_value_list_length(const libxl_key_value_list *kvl)
{
    int n = 0;

    while (kvl && *kvl && (*kvl)[2 * n])
        n++;
    return n;
}

void libxl_key_value_list_dispose(libxl_key_value_list *kvl)
{
    int n = libxl_key_value_list_length(kvl);

    for (int i = 0; i < 2 * n; i++)
        free((*kvl)[i]);
    free(*kvl);
    *kvl = NULL;
}

static int key_value_list_copy(void *dst, const void *src)
{
    const libxl_key_value_list *from = src;

    return copy_strings(dst, *from, 2 * (size_t)libxl_key_value_list_length(from));
}

void libxl_key_value_list_copy(libxl_ctx *ctx, libxl_key_value_list *dst,
                               const libxl_key_value_list *src)
{
    if (key_value_list_copy(dst, src))
        libxl__fail(ctx, ERROR_NOMEM, ENOMEM, __func__, "cannot copy a list of keys and values");
}

yajl_gen_status libxl_key_value_list_gen_json(yajl_gen hand, libxl_key_value_list *p)
{
    yajl_gen_status s = yajl_gen_map_open(hand);

    for (char **e = *p; e && *e && s == yajl_gen_status_ok; e += 2) {
        s = gen_text(hand, e[0]);
        if (s == yajl_gen_status_ok)
            s = e[1] ? gen_text(hand, e[1]) : yajl_gen_null(hand);
    }
    return s == yajl_gen_status_ok ? yajl_gen_map_close(hand) : s;
}

static void key_value_list_dispose(void *p)
{
    libxl_key_value_list_dispose(p);
}

static bool key_value_list_is_default(const void *p)
{
    return libxl_key_value_list_length(p) == 0;
}

static bool key_value_list_equal(const void *a, const void *b)
{
    int n = libxl_key_value_list_length(a);
    char **x = *(char ***)a, **y = *(char ***)b;

    if (libxl_key_value_list_length(b) != n)
        return false;
    for (int i = 0; i < 2 * n; i++)
        if (x[i] && y[i] ? strcmp(x[i], y[i]) != 0 : x[i] != y[i])
            return false;
    return true;
}

static yajl_gen_status key_value_list_gen(yajl_gen hand, const void *p)
{
    return libxl_key_value_list_gen_json(hand, (libxl_key_value_list *)p);
}

static int key_value_list_parse(void *p, json_object *o)
{
    char **list;
    int i = 0;

    if (json_object_get_type(o) != json_type_object ||
        !(list = calloc(2 * (size_t)json_object_object_length(o) + 1, sizeof(*list))))
        return -1;
    *(libxl_key_value_list *)p = list;
    json_object_object_foreach(o, key, value)
    {
        if (!(list[i] = strdup(key)))
            return -1;
        if (value && (json_object_get_type(value) != json_type_string ||
                      !(list[i + 1] = strdup(json_object_get_string(value)))))
            return -1;
        i += 2;
    }
    return 0;
}

static const struct type_ops key_value_list_ops = {.dispose = key_value_list_dispose,
                                                   .copy = key_value_list_copy,
                                                   .is_default = key_value_list_is_default,
                                                   .equal = key_value_list_equal,
                                                   .gen = key_value_list_gen,
                                                   .parse = key_value_list_parse};
const struct type libxl__type_key_value_list = {.name = "key_value_list",
                                                .kind = TYPE_BUILTIN,
                                                .size = sizeof(libxl_key_value_list),
                                                .ops = &key_value_list_ops};

/* ---- fixed arrays of numbers ---- */

static yajl_gen_status gen_numbers(yajl_gen hand, const uint64_t *values, size_t n)
{
    yajl_gen_status s = yajl_gen_array_open(hand);

    for (size_t i = 0; i < n && s == yajl_gen_status_ok; i++)
        s = yajl_gen_integer(hand, (long long)values[i]);
    return s == yajl_gen_status_ok ? yajl_gen_array_close(hand) : s;
}

/* Up to n numbers of at most max; further ones are an error. */
static int parse_numbers(json_object *o, uint64_t *values, size_t n, uint64_t max)
{
    size_t length;

    if (json_object_get_type(o) != json_type_array)
        return -1;
    length = json_object_array_length(o);
    if (length > n)
        return -1;
    for (size_t i = 0; i < length; i++) {
        json_object *e = json_object_array_get_idx(o, i);

        if (json_object_get_type(e) != json_type_int || json_object_get_int64(e) < 0 ||
            json_object_get_uint64(e) > max)
            return -1;
        values[i] = json_object_get_uint64(e);
    }
    return 0;
}

/* Half of the words stand in JSON, as in every version of Xen there was. */
#define HWCAP_JSON_WORDS 4
#define HWCAP_WORDS      8

void libxl_hwcap_copy(libxl_ctx *ctx, libxl_hwcap *dst, const libxl_hwcap *src)
{
    memcpy(dst, src, sizeof(*dst));
}

yajl_gen_status libxl_hwcap_gen_json(yajl_gen hand, libxl_hwcap *p)
{
    uint64_t values[HWCAP_JSON_WORDS];

    for (int i = 0; i < HWCAP_JSON_WORDS; i++)
        values[i] = (*p)[i];
    return gen_numbers(hand, values, HWCAP_JSON_WORDS);
}

static bool hwcap_is_default(const void *p)
{
    return false; /* always printed */
}

static yajl_gen_status hwcap_gen(yajl_gen hand, const void *p)
{
    return libxl_hwcap_gen_json(hand, (libxl_hwcap *)p);
}

static int hwcap_parse(void *p, json_object *o)
{
    uint64_t values[HWCAP_WORDS] = {0};

    if (parse_numbers(o, values, HWCAP_WORDS, UINT32_MAX))
        return -1;
    for (int i = 0; i < HWCAP_WORDS; i++)
        ((uint32_t *)p)[i] = (uint32_t)values[i];
    return 0;
}

static const struct type_ops hwcap_ops = {
    .is_default = hwcap_is_default, .gen = hwcap_gen, .parse = hwcap_parse};
const struct type libxl__type_hwcap = {
    .name = "hwcap", .kind = TYPE_BUILTIN, .size = sizeof(libxl_hwcap), .ops = &hwcap_ops};

int libxl_ms_vm_genid_generate(libxl_ctx *ctx, libxl_ms_vm_genid *id)
{
    if (getrandom(id->bytes, sizeof(id->bytes), 0) == (ssize_t)sizeof(id->bytes))
        return 0;
    return libxl__fail(ctx, ERROR_FAIL, errno, __func__, "no random numbers to be had");
}

bool libxl_ms_vm_genid_is_zero(const libxl_ms_vm_genid *id)
{
    return all_zero(id->bytes, sizeof(id->bytes));
}

void libxl_ms_vm_genid_copy(libxl_ctx *ctx, libxl_ms_vm_genid *dst, const libxl_ms_vm_genid *src)
{
    *dst = *src;
}

yajl_gen_status libxl_ms_vm_genid_gen_json(yajl_gen hand, libxl_ms_vm_genid *p)
{
    uint64_t values[LIBXL_MS_VM_GENID_LEN];

    for (int i = 0; i < LIBXL_MS_VM_GENID_LEN; i++)
        values[i] = p->bytes[i];
    return gen_numbers(hand, values, LIBXL_MS_VM_GENID_LEN);
}

static bool genid_is_default(const void *p)
{
    return libxl_ms_vm_genid_is_zero(p);
}

static yajl_gen_status genid_gen(yajl_gen hand, const void *p)
{
    return libxl_ms_vm_genid_gen_json(hand, (libxl_ms_vm_genid *)p);
}

static int genid_parse(void *p, json_object *o)
{
    uint64_t values[LIBXL_MS_VM_GENID_LEN] = {0};

    if (parse_numbers(o, values, LIBXL_MS_VM_GENID_LEN, UINT8_MAX))
        return -1;
    for (int i = 0; i < LIBXL_MS_VM_GENID_LEN; i++)
        ((libxl_ms_vm_genid *)p)->bytes[i] = (uint8_t)values[i];
    return 0;
}

static const struct type_ops genid_ops = {
    .is_default = genid_is_default, .gen = genid_gen, .parse = genid_parse};
const struct type libxl__type_ms_vm_genid = {.name = "ms_vm_genid",
                                             .kind = TYPE_BUILTIN,
                                             .size = sizeof(libxl_ms_vm_genid),
                                             .ops = &genid_ops};
