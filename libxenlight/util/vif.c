/* SPDX-License-Identifier: MIT */
/* Rates of network interfaces, xl-network-configuration(5). */
#include "spec.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
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

int xlu_vif_parse_rate(XLU_Config *cfg, const char *rate, libxl_device_nic *nic)
{
    struct spec spec = {cfg, rate};
    struct piece rest = {rate, strlen(rate)}, head;
    uint64_t bytes = 0, us = DEFAULT_INTERVAL_US, credit = 0;
    bool has_interval = piece_split(&rest, '@', &head);
    int rc = parse_bytes(&spec, head, &bytes);

    if (!rc && has_interval)
        rc = parse_interval(&spec, rest, &us);
    if (!rc && (__builtin_mul_overflow(bytes, us, &credit) || credit < US_PER_S)) {
        spec_bad(&spec, head, "rate times interval is out of range");
        rc = ERANGE;
    }
    if (rc)
        return rc;
    nic->rate_bytes_per_interval = credit / US_PER_S;
    nic->rate_interval_usecs = (uint32_t)us;
    return 0;
}
