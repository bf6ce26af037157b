/* SPDX-License-Identifier: MIT */
/* Private: what a parsed configuration is. */
#ifndef XLU_CONFIG_H
#define XLU_CONFIG_H

#include <libxl.h>
#include <stddef.h>
#include <stdio.h>

/* The functions that the library exports. */
#pragma GCC visibility push(default)
#include <libxlutil.h>
#pragma GCC visibility pop

struct XLU_ConfigList {
    int used, room;
    XLU_ConfigValue **values;
};

struct XLU_ConfigValue {
    enum XLU_ConfigValueType type;
    int line, column; /* where it began */
    union {
        char *string;
        XLU_ConfigList list;
    } u;
};

struct setting {
    struct setting *next;
    char *name;
    XLU_ConfigValue *value;
    int line;
};

struct XLU_Config {
    FILE *report;
    char *source;
    struct setting *first, **last;
};

/* Parse data into cfg: 0, EINVAL (reported), ENOMEM. */
int xlu__parse(XLU_Config *cfg, const char *data, size_t length);
void xlu__value_free(XLU_ConfigValue *value);
/* "SOURCE: message", then the specification and a mark below the character at offset. */
void xlu__spec_error(XLU_Config *cfg, const char *spec, size_t offset, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif
