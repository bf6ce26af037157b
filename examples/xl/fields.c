/* SPDX-License-Identifier: MIT */
/* Keys of configurations and of specification strings, as tables that say where values go. */
#include "xl.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <strings.h>

void *grow(void *array, int *count, size_t size)
{
    char *grown = xl_must(realloc(array, (size_t)(*count + 1) * size));

    memset(grown + (size_t)*count * size, 0, size);
    ++*count;
    return grown;
}

static bool set_enum(const libxl_enum_string_table *names, void *place, const char *value)
{
    long number = -1;
    bool is_number = xl_number(value, 0, INT_MAX, &number);

    for (; names->s; names++) {
        if (is_number ? names->v != number : strcasecmp(names->s, value))
            continue;
        *(int *)place = names->v;
        return true;
    }
    return false;
}

static bool set_mac(void *place, const char *value)
{
    uint8_t *mac = place;
    int used = 0;

    return sscanf(value, LIBXL_MAC_FMT "%n", &mac[0], &mac[1], &mac[2], &mac[3], &mac[4], &mac[5],
                  &used) == 6 &&
           !value[used];
}

static bool set_number(const struct field *field, void *place, const char *value)
{
    long min = field->kind == FIELD_INT ? INT_MIN : 0, max = LONG_MAX, number;

    if (field->kind == FIELD_INT)
        max = UINT32_MAX;
    else if (field->kind == FIELD_UINT8)
        max = UINT8_MAX;
    else if (field->kind == FIELD_MIB)
        max = LONG_MAX / 1024;
    if (!xl_number(value, min, max, &number))
        return false;
    if (field->kind == FIELD_INT)
        *(uint32_t *)place = (uint32_t)number;
    else if (field->kind == FIELD_UINT8)
        *(uint8_t *)place = (uint8_t)number;
    else
        *(uint64_t *)place = (uint64_t)number * (field->kind == FIELD_MIB ? 1024 : 1);
    return true;
}

static bool set_value(const struct field *field, void *object, const char *value)
{
    void *place = (char *)object + field->offset;
    long number;

    switch (field->kind) {
    case FIELD_STRING:
        free(*(char **)place);
        *(char **)place = xl_must(strdup(value));
        return true;
    case FIELD_BOOL:
        if (!xl_number(value, LONG_MIN, LONG_MAX, &number))
            return false;
        *(bool *)place = number != 0;
        return true;
    case FIELD_DEFBOOL:
        if (!xl_number(value, LONG_MIN, LONG_MAX, &number))
            return false;
        libxl_defbool_set(place, number != 0);
        return true;
    case FIELD_TRUE:
    case FIELD_FALSE:
        libxl_defbool_set(place, field->kind == FIELD_TRUE);
        return true;
    case FIELD_ENUM:
        return set_enum(field->names, place, value);
    case FIELD_UUID:
        return !libxl_uuid_from_string(place, value);
    case FIELD_MAC:
        return set_mac(place, value);
    case FIELD_IGNORED:
    case FIELD_STRINGS:
        return true;
    default:
        return set_number(field, place, value);
    }
}

int fields_from_config(const XLU_Config *cfg, const struct field *fields, void *object)
{
    const char *value;
    int rc;

    for (; fields->key; fields++) {
        if (fields->kind == FIELD_STRINGS) {
            libxl_string_list *list = (void *)((char *)object + fields->offset);

            rc = xlu_cfg_get_list_as_string_list(cfg, fields->key, list, 0);
        } else {
            rc = xlu_cfg_get_string(cfg, fields->key, &value, 0);
            if (!rc && !set_value(fields, object, value)) {
                fprintf(stderr, "ERROR: invalid value \"%s\" for \"%s\"\n", value, fields->key);
                return 1;
            }
        }
        if (rc && rc != ESRCH)
            return 1;
    }
    return 0;
}

/* Cut the blanks off both ends, in place. */
static char *trim(char *text)
{
    char *end;

    while (isspace((unsigned char)*text))
        text++;
    end = text + strlen(text);
    while (end > text && isspace((unsigned char)end[-1]))
        *--end = 0;
    return text;
}

int field_set(const char *what, const char *pair, const struct field *fields, void *object)
{
    char *copy = xl_must(strdup(pair)), *key = copy, *value = strchr(copy, '=');
    int rc = 1;

    if (value) {
        *value++ = 0;
        value = trim(value);
    }
    key = trim(key);
    for (; fields->key; fields++) {
        bool flag = fields->kind == FIELD_TRUE || fields->kind == FIELD_FALSE;

        if (!strcmp(fields->key, key) && flag == !value)
            break;
    }
    if (!fields->key)
        fprintf(stderr, "%s: unrecognized argument `%s'\n", what, pair);
    else if (!set_value(fields, object, value ? value : ""))
        fprintf(stderr, "%s: invalid value \"%s\" for \"%s\"\n", what, value, key);
    else
        rc = 0;
    free(copy);
    return rc;
}

int fields_from_text(const char *what, const char *text, const struct field *fields, void *object)
{
    char *copy = xl_must(strdup(text)), *rest = copy, *item;
    int rc = 0;

    while (!rc && (item = strsep(&rest, ",")))
        if (*trim(item))
            rc = field_set(what, item, fields, object);
    free(copy);
    return rc;
}
