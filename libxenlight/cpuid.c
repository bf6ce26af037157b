/* SPDX-License-Identifier: MIT */
/* Changes to a domain's CPUID policy, as configurations write them. */
#include <stdlib.h>
#include <json-c/json.h>
#include <xenguest.h>
#include "types.h"
#include "internal.h"

#define ANY XEN_CPUID_INPUT_UNUSED
enum reg { EAX, EBX, ECX, EDX };
static const char *const reg_names[] = {"eax", "ebx", "ecx", "edx"};

struct feature {
    const char *name;
    uint32_t leaf, subleaf;
    enum reg reg;
    int bit, width;
};
#include "cpuid_features.h"

/* What libxl_cpuid_policy_list points to: `cpuid` ends with a leaf that is unused. */
struct libxl__cpu_policy {
    struct xc_xend_cpuid *cpuid;
    int nr;
};

#define BITS 32

/* ---- the list ---- */

void libxl_cpuid_dispose(libxl_cpuid_policy_list *cpuid_list)
{
    struct libxl__cpu_policy *p = *cpuid_list;

    if (!p)
        return;
    for (int i = 0; i < p->nr; i++)
        for (int r = 0; r < 4; r++)
            free(p->cpuid[i].policy[r]);
    free(p->cpuid);
    free(p);
    *cpuid_list = NULL;
}

int libxl_cpuid_policy_list_length(const libxl_cpuid_policy_list *l)
{
    return *l ? (*l)->nr : 0;
}

static void end_list(struct libxl__cpu_policy *p)
{
    p->cpuid[p->nr] = (struct xc_xend_cpuid){.leaf = ANY, .subleaf = ANY};
}

/* The entry for a leaf, made when there is none; NULL without memory. */
static struct xc_xend_cpuid *entry(libxl_cpuid_policy_list *list, uint32_t leaf, uint32_t subleaf)
{
    struct libxl__cpu_policy *p = *list;
    struct xc_xend_cpuid *bigger;

    if (!p) {
        p = calloc(1, sizeof(*p));
        if (!p)
            return NULL;
        *list = p;
    }
    for (int i = 0; i < p->nr; i++)
        if (p->cpuid[i].leaf == leaf && p->cpuid[i].subleaf == subleaf)
            return &p->cpuid[i];
    bigger = realloc(p->cpuid, ((size_t)p->nr + 2) * sizeof(*bigger));
    if (!bigger)
        return NULL;
    p->cpuid = bigger;
    bigger[p->nr] = (struct xc_xend_cpuid){.leaf = leaf, .subleaf = subleaf};
    p->nr++;
    end_list(p);
    return &bigger[p->nr - 1];
}

/* The bits of a register, highest first, made "don't care" when there are none. */
static char *bits_of(struct xc_xend_cpuid *e, enum reg reg)
{
    if (!e->policy[reg]) {
        e->policy[reg] = malloc(BITS + 1);
        if (!e->policy[reg])
            return NULL;
        memset(e->policy[reg], 'x', BITS);
        e->policy[reg][BITS] = '\0';
    }
    return e->policy[reg];
}

static int set_bits(libxl_cpuid_policy_list *list, const struct feature *f, unsigned long value)
{
    struct xc_xend_cpuid *e = entry(list, f->leaf, f->subleaf);
    char *bits = e ? bits_of(e, f->reg) : NULL;

    for (int i = 0; bits && i < f->width; i++)
        bits[BITS - 1 - f->bit - i] = value >> i & 1 ? '1' : '0';
    return bits ? 0 : -1;
}

static int set_flag(libxl_cpuid_policy_list *list, const struct feature *f, char value)
{
    struct xc_xend_cpuid *e = entry(list, f->leaf, f->subleaf);
    char *bits = e ? bits_of(e, f->reg) : NULL;

    if (bits)
        bits[BITS - 1 - f->bit] = value;
    return bits ? 0 : -1;
}

/* ---- FEATURE=VALUE ---- */

enum { NO_VALUE = 1, UNKNOWN_FEATURE = 2, BAD_VALUE = 3 };

/* Family and model stand in two fields each; the second one continues the first. */
static int set_family(libxl_cpuid_policy_list *list, unsigned long value)
{
    const struct feature base = {"", 1, ANY, EAX, 8, 4}, more = {"", 1, ANY, EAX, 20, 8};

    return set_bits(list, &base, value < 0xf ? value : 0xf) ||
           set_bits(list, &more, value < 0xf ? 0 : value - 0xf);
}

static int set_model(libxl_cpuid_policy_list *list, unsigned long value)
{
    const struct feature base = {"", 1, ANY, EAX, 4, 4}, more = {"", 1, ANY, EAX, 16, 4};

    return set_bits(list, &base, value & 0xf) || set_bits(list, &more, value >> 4);
}

static const struct feature *find_feature(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++)
        if (strlen(features[i].name) == length && !strncmp(features[i].name, name, length))
            return &features[i];
    return NULL;
}

static bool is_one_of(char c, const char *set)
{
    return c && strchr(set, c);
}

static int parse_feature(libxl_cpuid_policy_list *list, const struct feature *f, const char *value)
{
    unsigned long number;
    char *end;

    if (f->width == 1 && is_one_of(value[0], "01xks") && !value[1])
        return set_flag(list, f, value[0]);
    number = strtoul(value, &end, 0);
    if (end == value || *end || (f->width < BITS && number >> f->width))
        return BAD_VALUE;
    return f->width == 1 ? set_flag(list, f, number ? '1' : '0') : set_bits(list, f, number);
}

int libxl_cpuid_parse_config(libxl_cpuid_policy_list *policy, const char *str)
{
    const char *equals = strchr(str, '=');
    const struct feature *f;
    unsigned long number;
    size_t length;
    char *end;

    if (!equals)
        return NO_VALUE;
    length = (size_t)(equals - str);
    number = strtoul(equals + 1, &end, 0);
    if (length == 6 && !strncmp(str, "family", 6))
        return end == equals + 1 || *end || number > 0x10e ? BAD_VALUE : set_family(policy, number);
    if (length == 5 && !strncmp(str, "model", 5))
        return end == equals + 1 || *end || number > 0xff ? BAD_VALUE : set_model(policy, number);
    f = find_feature(str, length);
    return f ? parse_feature(policy, f, equals + 1) : UNKNOWN_FEATURE;
}

/* ---- LEAF[,SUBLEAF]:REG=BITS,... ---- */

enum {
    BAD_LEAF = 1,
    BAD_SUBLEAF = 2,
    NO_REGISTERS = 3,
    BAD_REGISTER = 4,
    BAD_LENGTH = 5,
    BAD_BIT = 6
};

static int parse_register(struct xc_xend_cpuid *e, const char **str)
{
    const char *s = *str;
    char *bits;
    int reg;

    for (reg = 0; reg < 4; reg++)
        if (!strncmp(s, reg_names[reg], 3) && s[3] == '=')
            break;
    if (reg == 4)
        return BAD_REGISTER;
    s += 4;
    for (int i = 0; i < BITS; i++)
        if (!s[i] || s[i] == ',')
            return BAD_LENGTH;
    for (int i = 0; i < BITS; i++)
        if (!is_one_of(s[i], "01xks"))
            return BAD_BIT;
    if (s[BITS] && s[BITS] != ',')
        return BAD_LENGTH;
    bits = bits_of(e, (enum reg)reg);
    if (!bits)
        return BAD_REGISTER;
    memcpy(bits, s, BITS);
    *str = s + BITS + (s[BITS] == ',');
    return 0;
}

int libxl_cpuid_parse_config_xend(libxl_cpuid_policy_list *policy, const char *str)
{
    struct xc_xend_cpuid *e;
    uint32_t subleaf = ANY;
    char *end;
    uint32_t leaf = (uint32_t)strtoul(str, &end, 0);
    int rc = 0;

    if (end == str)
        return BAD_LEAF;
    if (*end == ',') {
        str = end + 1;
        subleaf = (uint32_t)strtoul(str, &end, 0);
        if (end == str)
            return BAD_SUBLEAF;
    }
    if (*end != ':')
        return NO_REGISTERS;
    e = entry(policy, leaf, subleaf);
    for (str = end + 1; e && *str && !rc;)
        rc = parse_register(e, &str);
    return e ? rc : BAD_LEAF;
}

/* ---- applied to a domain ---- */

int libxl__cpuid_apply(libxl_ctx *ctx, uint32_t domid, const libxl_domain_build_info *info)
{
    bool itsc =
        libxl_defbool_val(info->disable_migrate) || info->tsc_mode == LIBXL_TSC_MODE_ALWAYS_EMULATE;
    const struct xc_xend_cpuid *changes = info->cpuid ? info->cpuid->cpuid : NULL;

    if (xc_cpuid_apply_policy(ctx->xch, domid, false, NULL, 0, true, itsc,
                              libxl_defbool_val(info->nested_hvm), changes, NULL))
        return BECAUSE(ctx, ERROR_FAIL, "cannot set the CPUID policy of domain %" PRIu32, domid);
    return 0;
}

/* ---- as a type of the IDL ---- */

static int cpuid_copy(void *dst, const void *src)
{
    const struct libxl__cpu_policy *from = *(const libxl_cpuid_policy_list *)src;
    libxl_cpuid_policy_list *to = dst;

    *to = NULL;
    for (int i = 0; from && i < from->nr; i++) {
        struct xc_xend_cpuid *e = entry(to, from->cpuid[i].leaf, from->cpuid[i].subleaf);

        for (int r = 0; r < 4; r++) {
            const char *bits = from->cpuid[i].policy[r];

            if (!e || (bits && !(e->policy[r] = strdup(bits)))) {
                libxl_cpuid_dispose(to);
                return -1;
            }
        }
    }
    return 0;
}

void libxl_cpuid_policy_list_copy(libxl_ctx *ctx, libxl_cpuid_policy_list *dst,
                                  const libxl_cpuid_policy_list *src)
{
    if (cpuid_copy(dst, src))
        NO_MEMORY(ctx);
}

static void gen_key(yajl_gen hand, const char *key)
{
    yajl_gen_string(hand, (const unsigned char *)key, strlen(key));
}

/* A failed generator stays failed, so that its last answer is enough. */
static void gen_entry(yajl_gen hand, const struct xc_xend_cpuid *e)
{
    yajl_gen_map_open(hand);
    gen_key(hand, "leaf");
    yajl_gen_integer(hand, e->leaf);
    if (e->subleaf != ANY) {
        gen_key(hand, "subleaf");
        yajl_gen_integer(hand, e->subleaf);
    }
    for (int r = 0; r < 4; r++)
        if (e->policy[r]) {
            gen_key(hand, reg_names[r]);
            gen_key(hand, e->policy[r]);
        }
    yajl_gen_map_close(hand);
}

/* MSRs have a place in the format; nothing here changes any. */
yajl_gen_status libxl_cpuid_policy_list_gen_json(yajl_gen hand, libxl_cpuid_policy_list *p)
{
    int n = libxl_cpuid_policy_list_length(p);

    yajl_gen_map_open(hand);
    gen_key(hand, "cpuid");
    yajl_gen_array_open(hand);
    for (int i = 0; i < n; i++)
        gen_entry(hand, &(*p)->cpuid[i]);
    yajl_gen_array_close(hand);
    gen_key(hand, "msr");
    yajl_gen_array_open(hand);
    yajl_gen_array_close(hand);
    return yajl_gen_map_close(hand);
}

static int parse_entry(libxl_cpuid_policy_list *list, json_object *o)
{
    json_object *leaf, *subleaf, *bits;
    struct xc_xend_cpuid *e;

    if (!json_object_object_get_ex(o, "leaf", &leaf) || json_object_get_type(leaf) != json_type_int)
        return -1;
    e = entry(list, (uint32_t)json_object_get_int64(leaf),
              json_object_object_get_ex(o, "subleaf", &subleaf)
                  ? (uint32_t)json_object_get_int64(subleaf)
                  : ANY);
    for (int r = 0; e && r < 4; r++) {
        const char *text;

        if (!json_object_object_get_ex(o, reg_names[r], &bits))
            continue;
        text = json_object_get_string(bits);
        if (!text || strlen(text) != BITS || strspn(text, "01xks") != BITS || !bits_of(e, r))
            return -1;
        memcpy(e->policy[r], text, BITS);
    }
    return e ? 0 : -1;
}

static int cpuid_parse(void *p, json_object *o)
{
    json_object *list;
    size_t n;

    if (json_object_get_type(o) != json_type_object ||
        !json_object_object_get_ex(o, "cpuid", &list) ||
        json_object_get_type(list) != json_type_array)
        return -1;
    n = json_object_array_length(list);
    for (size_t i = 0; i < n; i++)
        if (parse_entry(p, json_object_array_get_idx(list, i)))
            return -1;
    return 0;
}

static void cpuid_dispose(void *p)
{
    libxl_cpuid_dispose(p);
}

static bool cpuid_is_default(const void *p)
{
    return libxl_cpuid_policy_list_length(p) == 0;
}

static bool cpuid_equal(const void *a, const void *b)
{
    const libxl_cpuid_policy_list *x = a, *y = b;
    int n = libxl_cpuid_policy_list_length(x);

    if (libxl_cpuid_policy_list_length(y) != n)
        return false;
    for (int i = 0; i < n; i++) {
        const struct xc_xend_cpuid *p = &(*x)->cpuid[i], *q = &(*y)->cpuid[i];

        if (p->leaf != q->leaf || p->subleaf != q->subleaf)
            return false;
        for (int r = 0; r < 4; r++)
            if (p->policy[r] && q->policy[r] ? strcmp(p->policy[r], q->policy[r]) != 0
                                             : p->policy[r] != q->policy[r])
                return false;
    }
    return true;
}

static yajl_gen_status cpuid_gen(yajl_gen hand, const void *p)
{
    return libxl_cpuid_policy_list_gen_json(hand, (libxl_cpuid_policy_list *)p);
}

static const struct type_ops cpuid_ops = {.dispose = cpuid_dispose,
                                          .copy = cpuid_copy,
                                          .is_default = cpuid_is_default,
                                          .equal = cpuid_equal,
                                          .gen = cpuid_gen,
                                          .parse = cpuid_parse};
const struct type libxl__type_cpuid_policy_list = {.name = "cpuid_policy_list",
                                                   .kind = TYPE_BUILTIN,
                                                   .size = sizeof(libxl_cpuid_policy_list),
                                                   .ops = &cpuid_ops};
