/* SPDX-License-Identifier: MIT */
/* Configurations: reading them in, and getting values out. */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FILE (1 << 20)

XLU_Config *xlu_cfg_init(FILE *report, const char *report_filename)
{
    XLU_Config *cfg = calloc(1, sizeof(*cfg));

    if (!cfg)
        return NULL;
    cfg->report = report;
    cfg->last = &cfg->first;
    cfg->source = strdup(report_filename);
    if (!cfg->source) {
        free(cfg);
        return NULL;
    }
    return cfg;
}

void xlu_cfg_destroy(XLU_Config *cfg)
{
    struct setting *s, *next;

    if (!cfg)
        return;
    for (s = cfg->first; s; s = next) {
        next = s->next;
        xlu__value_free(s->value);
        free(s->name);
        free(s);
    }
    free(cfg->source);
    free(cfg);
}

int xlu_cfg_readdata(XLU_Config *cfg, const char *data, int length)
{
    if (length < 0)
        return EINVAL;
    if (length > MAX_FILE)
        return EFBIG;
    return xlu__parse(cfg, data, (size_t)length);
}

int xlu_cfg_readfile(XLU_Config *cfg, const char *real_filename)
{
    FILE *file = fopen(real_filename, "re");
    char *data = NULL;
    size_t length = 0;
    int rc = 0;

    if (!file)
        rc = errno;
    else if (!(data = malloc(MAX_FILE + 1)))
        rc = ENOMEM;
    if (!rc) {
        length = fread(data, 1, MAX_FILE + 1, file);
        if (ferror(file))
            rc = errno ? errno : EIO;
        else if (length > MAX_FILE)
            rc = EFBIG;
    }
    if (rc)
        fprintf(cfg->report, "%s: cannot read: %s\n", real_filename, strerror(rc));
    else
        rc = xlu__parse(cfg, data, length);
    free(data);
    if (file)
        fclose(file);
    return rc;
}

void xlu__spec_error(XLU_Config *cfg, const char *spec, size_t offset, const char *fmt, ...)
{
    va_list ap;

    fprintf(cfg->report, "%s: ", cfg->source);
    va_start(ap, fmt);
    vfprintf(cfg->report, fmt, ap);
    va_end(ap);
    fprintf(cfg->report, "\n    %s\n    %*s^\n", spec, (int)offset, "");
}

static const struct setting *find(const XLU_Config *cfg, const char *name)
{
    for (const struct setting *s = cfg->first; s; s = s->next)
        if (!strcmp(s->name, name))
            return s;
    return NULL;
}

/* The setting n if it has the type. */
static int find_typed(const XLU_Config *cfg, const char *n, enum XLU_ConfigValueType type,
                      int dont_warn, const struct setting **s)
{
    *s = find(cfg, n);
    if (!*s)
        return ESRCH;
    if ((*s)->value->type == type)
        return 0;
    if (!dont_warn)
        fprintf(cfg->report, "%s:%d:%d: '%s' is to be a %s\n", cfg->source, (*s)->value->line,
                (*s)->value->column, n, type == XLU_LIST ? "list" : "string or number");
    return EINVAL;
}

int xlu_cfg_get_string(const XLU_Config *cfg, const char *n, const char **value_r, int dont_warn)
{
    const struct setting *s;
    int rc = find_typed(cfg, n, XLU_STRING, dont_warn, &s);

    if (!rc)
        *value_r = s->value->u.string;
    return rc;
}

int xlu_cfg_replace_string(const XLU_Config *cfg, const char *n, char **value_r, int dont_warn)
{
    const char *value;
    int rc = xlu_cfg_get_string(cfg, n, &value, dont_warn);
    char *copy;

    if (rc)
        return rc;
    copy = strdup(value);
    if (!copy)
        return ENOMEM;
    free(*value_r);
    *value_r = copy;
    return 0;
}

int xlu_cfg_get_bounded_long(const XLU_Config *cfg, const char *n, long min, long max,
                             long *value_r, int dont_warn)
{
    const struct setting *s;
    int rc = find_typed(cfg, n, XLU_STRING, dont_warn, &s);
    const char *problem = NULL;
    char *end;
    long value;

    if (rc)
        return rc;
    errno = 0;
    value = strtol(s->value->u.string, &end, 0);
    if (end == s->value->u.string || *end) {
        problem = "is not a number";
        rc = EINVAL;
    } else if (errno || value < min || value > max) {
        problem = "is out of range";
        rc = ERANGE;
    }
    if (!rc)
        *value_r = value;
    else if (!dont_warn)
        fprintf(cfg->report, "%s:%d:%d: '%s': '%s' %s\n", cfg->source, s->value->line,
                s->value->column, n, s->value->u.string, problem);
    return rc;
}

int xlu_cfg_get_long(const XLU_Config *cfg, const char *n, long *value_r, int dont_warn)
{
    return xlu_cfg_get_bounded_long(cfg, n, LONG_MIN, LONG_MAX, value_r, dont_warn);
}

int xlu_cfg_get_defbool(const XLU_Config *cfg, const char *n, libxl_defbool *b, int dont_warn)
{
    long value;
    int rc = xlu_cfg_get_long(cfg, n, &value, dont_warn);

    if (!rc)
        libxl_defbool_set(b, value != 0);
    return rc;
}

int xlu_cfg_get_list(const XLU_Config *cfg, const char *n, XLU_ConfigList **list_r, int *entries_r,
                     int dont_warn)
{
    const struct setting *s;
    int rc = find_typed(cfg, n, XLU_LIST, dont_warn, &s);

    if (rc)
        return rc;
    if (list_r)
        *list_r = &s->value->u.list;
    if (entries_r)
        *entries_r = s->value->u.list.used;
    return 0;
}

int xlu_cfg_get_list_as_string_list(const XLU_Config *cfg, const char *n, libxl_string_list *sl,
                                    int dont_warn)
{
    XLU_ConfigList *list;
    char **strings;
    int count, rc;

    rc = xlu_cfg_get_list(cfg, n, &list, &count, dont_warn);
    if (rc)
        return rc;
    strings = calloc((size_t)count + 1, sizeof(*strings));
    for (int i = 0; strings && i < count; i++) {
        const char *item = xlu_cfg_get_listitem(list, i);

        if (!item) {
            if (!dont_warn)
                fprintf(cfg->report, "%s: '%s' is to be a list of strings\n", cfg->source, n);
            libxl_string_list_dispose(&strings);
            return EINVAL;
        }
        strings[i] = strdup(item);
        if (!strings[i]) {
            libxl_string_list_dispose(&strings);
            strings = NULL;
        }
    }
    if (!strings)
        return ENOMEM;
    *sl = strings;
    return 0;
}

XLU_ConfigValue *xlu_cfg_get_listitem2(const XLU_ConfigList *list, int entry)
{
    return entry >= 0 && entry < list->used ? list->values[entry] : NULL;
}

const char *xlu_cfg_get_listitem(const XLU_ConfigList *list, int entry)
{
    XLU_ConfigValue *value = xlu_cfg_get_listitem2(list, entry);

    return value && value->type == XLU_STRING ? value->u.string : NULL;
}

enum XLU_ConfigValueType xlu_cfg_value_type(const XLU_ConfigValue *value)
{
    return value->type;
}

static int value_is(const XLU_Config *cfg, const XLU_ConfigValue *value,
                    enum XLU_ConfigValueType type, int dont_warn)
{
    if (value->type == type)
        return 0;
    if (!dont_warn)
        fprintf(cfg->report, "%s:%d:%d: a %s is wanted\n", cfg->source, value->line, value->column,
                type == XLU_LIST ? "list" : "string or number");
    return EINVAL;
}

int xlu_cfg_value_get_string(const XLU_Config *cfg, XLU_ConfigValue *value, char **value_r,
                             int dont_warn)
{
    int rc = value_is(cfg, value, XLU_STRING, dont_warn);

    if (!rc)
        *value_r = value->u.string;
    return rc;
}

int xlu_cfg_value_get_list(const XLU_Config *cfg, XLU_ConfigValue *value, XLU_ConfigList **value_r,
                           int dont_warn)
{
    int rc = value_is(cfg, value, XLU_LIST, dont_warn);

    if (!rc)
        *value_r = &value->u.list;
    return rc;
}
