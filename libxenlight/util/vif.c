/* SPDX-License-Identifier: MIT */
/* xl-network-configuration(5). */
#include "spec.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define DEFAULT_INTERVAL_US 50000u
#define US_PER_S            1000000u

struct unit {
    const char *name;
    uint64_t factor;
    bool bits;
};

/* A number and what follows it. */
static int take_number(struct piece *piece, uint64_t *number)
{
    struct piece digits = {piece->at, 0};
    unsigned long value;

    while (digits.length < piece->length && isdigit((unsigned char)digits.at[digits.length]))
        digits.length++;
    if (piece_number(digits, 10, ULONG_MAX, &value))
        return EINVAL;
    *number = value;
    piece->at += digits.length;
    piece->length -= digits.length;
    return 0;
}

static const struct unit *find_unit(struct piece name, const struct unit *units)
{
    for (; units->name; units++)
        if (piece_is(name, units->name))
            return units;
    return NULL;
}

/* "10Mb/s": bytes a second. */
static int parse_bytes(const struct spec *spec, struct piece rate, uint64_t *bytes)
{
    static const struct unit units[] = {
        {"GB/s", 1000000000, false}, {"MB/s", 1000000, false},   {"KB/s", 1000, false},
        {"B/s", 1, false},           {"Gb/s", 1000000000, true}, {"Mb/s", 1000000, true},
        {"Kb/s", 1000, true},        {"b/s", 1, true},           {NULL, 0, false},
    };
    struct piece whole = rate;
    const struct unit *unit;

    if (take_number(&rate, bytes))
        return spec_bad(spec, whole, "a rate such as 10MB/s is wanted");
    unit = find_unit(rate, units);
    if (!unit)
        return spec_bad(spec, rate, "a unit is wanted: GB/s MB/s KB/s B/s Gb/s Mb/s Kb/s b/s");
    if (__builtin_mul_overflow(*bytes, unit->factor, bytes)) {
        spec_bad(spec, whole, "the rate is too large");
        return ERANGE;
    }
    if (unit->bits)
        *bytes /= 8;
    if (*bytes)
        return 0;
    spec_bad(spec, whole, "the rate is below one byte a second");
    return ERANGE;
}

/* "20ms": microseconds. */
static int parse_interval(const struct spec *spec, struct piece interval, uint64_t *us)
{
    static const struct unit units[] = {
        {"us", 1, false},      {"ms", 1000, false}, {"s", US_PER_S, false},
        {"", US_PER_S, false}, {NULL, 0, false},
    };
    struct piece whole = interval;
    const struct unit *unit;

    if (take_number(&interval, us))
        return spec_bad(spec, whole, "an interval such as 50ms is wanted");
    unit = find_unit(interval, units);
    if (!unit)
        return spec_bad(spec, interval, "a unit is wanted: us ms s");
    if (!__builtin_mul_overflow(*us, unit->factor, us) && *us && *us <= UINT32_MAX)
        return 0;
    spec_bad(spec, whole, "the interval is out of range");
    return ERANGE;
}

static int parse_rate(const struct spec *spec, struct piece rest, libxl_device_nic *nic)
{
    struct piece head;
    uint64_t bytes = 0, us = DEFAULT_INTERVAL_US, credit = 0;
    bool has_interval = piece_split(&rest, '@', &head);
    int rc = parse_bytes(spec, head, &bytes);

    if (!rc && has_interval)
        rc = parse_interval(spec, rest, &us);
    if (!rc && (__builtin_mul_overflow(bytes, us, &credit) || credit < US_PER_S)) {
        spec_bad(spec, head, "rate times interval is out of range");
        rc = ERANGE;
    }
    if (rc)
        return rc;
    nic->rate_bytes_per_interval = credit / US_PER_S;
    nic->rate_interval_usecs = (uint32_t)us;
    return 0;
}

int xlu_vif_parse_rate(XLU_Config *cfg, const char *rate, libxl_device_nic *nic)
{
    struct spec spec = {cfg, rate};
    struct piece whole = {rate, strlen(rate)};

    return parse_rate(&spec, whole, nic);
}

/* ---- a whole interface ---- */

static int hex_pair(const char *at)
{
    struct piece pair = {at, 2};
    unsigned long value;

    return piece_number(pair, 16, 255, &value) ? -1 : (int)value;
}

static int set_mac(const struct spec *spec, struct piece value, libxl_device_nic *nic)
{
    for (size_t i = 0; i < 6; i++) {
        struct piece rest = {value.at + 3 * i, 0};
        int byte = value.length >= 3 * i + 2 ? hex_pair(rest.at) : -1;

        if (byte < 0 || (i < 5 && (value.length < 3 * i + 3 || rest.at[2] != ':')))
            return spec_bad(spec, value.length > 3 * i ? rest : value,
                            "a MAC address such as 00:16:3e:01:02:03 is wanted");
        nic->mac[i] = (uint8_t)byte;
    }
    value.at += 17;
    return value.length == 17 ? 0 : spec_bad(spec, value, "the MAC address is too long");
}

static int set_type(const struct spec *spec, struct piece value, libxl_device_nic *nic)
{
    if (piece_is(value, "ioemu"))
        nic->nictype = LIBXL_NIC_TYPE_VIF_IOEMU;
    else if (piece_is(value, "vif"))
        nic->nictype = LIBXL_NIC_TYPE_VIF;
    else
        return spec_bad(spec, value, "unknown type: ioemu and vif are known");
    return 0;
}

static int set_devid(const struct spec *spec, struct piece value, libxl_device_nic *nic)
{
    unsigned long number;

    if (piece_number(value, 10, INT_MAX, &number))
        return spec_bad(spec, value, "a number is wanted");
    nic->devid = (int)number;
    return 0;
}

static int set_mtu(const struct spec *spec, struct piece value, libxl_device_nic *nic)
{
    unsigned long number;

    if (piece_number(value, 10, 65535, &number) || number < 68)
        return spec_bad(spec, value, "an MTU of 68 to 65535 bytes is wanted");
    nic->mtu = (int)number;
    return 0;
}

static int ignore(const struct spec *spec, struct piece value, libxl_device_nic *nic)
{
    return 0;
}

static const struct vif_key {
    const char *name;
    int (*set)(const struct spec *spec, struct piece value, libxl_device_nic *nic);
    size_t string; /* offset, when set is NULL */
} vif_keys[] = {
    {"mac", set_mac, 0},
    {"bridge", NULL, offsetof(libxl_device_nic, bridge)},
    {"gatewaydev", NULL, offsetof(libxl_device_nic, gatewaydev)},
    {"netdev", NULL, offsetof(libxl_device_nic, gatewaydev)},
    {"type", set_type, 0},
    {"model", NULL, offsetof(libxl_device_nic, model)},
    {"vifname", NULL, offsetof(libxl_device_nic, ifname)},
    {"script", NULL, offsetof(libxl_device_nic, script)},
    {"ip", NULL, offsetof(libxl_device_nic, ip)},
    {"backend", NULL, offsetof(libxl_device_nic, backend_domname)},
    {"rate", parse_rate, 0},
    {"devid", set_devid, 0},
    {"mtu", set_mtu, 0},
    {"accel", ignore, 0},
};

static int set_vif_key(const struct spec *spec, struct piece key, struct piece value,
                       libxl_device_nic *nic)
{
    for (size_t i = 0; i < sizeof(vif_keys) / sizeof(vif_keys[0]); i++) {
        if (!piece_is(key, vif_keys[i].name))
            continue;
        if (vif_keys[i].set)
            return vif_keys[i].set(spec, value, nic);
        return piece_store(value, (char **)((char *)nic + vif_keys[i].string));
    }
    return spec_bad(spec, key, "unknown key '%.*s'", (int)key.length, key.at);
}

static int set_vif_flag(const struct spec *spec, struct piece flag, libxl_device_nic *nic)
{
    if (!piece_is(flag, "trusted") && !piece_is(flag, "untrusted"))
        return spec_bad(spec, flag, "'%.*s' is neither KEY=VALUE nor a flag", (int)flag.length,
                        flag.at);
    libxl_defbool_set(&nic->trusted, piece_is(flag, "trusted"));
    return 0;
}

int xlu_vif_parse(XLU_Config *cfg, const char *text, libxl_device_nic *nic)
{
    struct spec spec = {cfg, text};
    struct piece rest = {text, strlen(text)}, item, key;
    bool more = true;
    int rc = 0;

    while (more && !rc) {
        more = piece_split(&rest, ',', &item);
        item = piece_trim(item);
        if (!item.length)
            continue;
        if (!memchr(item.at, '=', item.length)) {
            rc = set_vif_flag(&spec, item, nic);
            continue;
        }
        piece_split(&item, '=', &key);
        rc = set_vif_key(&spec, piece_trim(key), piece_trim(item), nic);
    }
    return rc;
}
