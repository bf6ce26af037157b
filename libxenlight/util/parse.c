/* SPDX-License-Identifier: MIT */
/* The syntax of xl.cfg(5): settings separated by newlines or semicolons; a value is a string in
 * quotes, a number, or a list of values in brackets. */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 32 /* of nested lists */

struct parser {
    XLU_Config *cfg;
    const char *start, *p, *end, *line_start;
    int line, depth;
    int error; /* errno value of the first failure */
};

static void report(struct parser *ps, const char *where, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void report(struct parser *ps, const char *where, const char *fmt, ...)
{
    XLU_Config *cfg = ps->cfg;
    const char *eol = memchr(ps->line_start, '\n', (size_t)(ps->end - ps->line_start));
    int column = (int)(where - ps->line_start), length;
    va_list ap;

    if (ps->error)
        return;
    ps->error = EINVAL;
    fprintf(cfg->report, "%s:%d:%d: ", cfg->source, ps->line, column + 1);
    va_start(ap, fmt);
    vfprintf(cfg->report, fmt, ap);
    va_end(ap);
    length = (int)((eol ? eol : ps->end) - ps->line_start);
    fprintf(cfg->report, "\n    %.*s\n    %*s^\n", length, ps->line_start, column, "");
}

static void no_memory(struct parser *ps)
{
    if (!ps->error)
        ps->error = ENOMEM;
}

static int peek(const struct parser *ps)
{
    return ps->p < ps->end ? (unsigned char)*ps->p : -1;
}

static void advance(struct parser *ps)
{
    if (*ps->p++ == '\n') {
        ps->line++;
        ps->line_start = ps->p;
    }
}

/* Blanks and comments; newlines too if they mean nothing here (inside of lists). */
static void skip(struct parser *ps, int newlines)
{
    for (int c; (c = peek(ps)) >= 0;) {
        if (c == '#') {
            while (peek(ps) >= 0 && peek(ps) != '\n')
                advance(ps);
        } else if (c == ' ' || c == '\t' || c == '\r' || (newlines && c == '\n')) {
            advance(ps);
        } else if (c == '\\' && ps->p + 1 < ps->end && ps->p[1] == '\n') {
            advance(ps);
            advance(ps);
        } else {
            return;
        }
    }
}

static XLU_ConfigValue *new_value(struct parser *ps, enum XLU_ConfigValueType type)
{
    XLU_ConfigValue *value = calloc(1, sizeof(*value));

    if (!value) {
        no_memory(ps);
        return NULL;
    }
    value->type = type;
    value->line = ps->line;
    value->column = (int)(ps->p - ps->line_start) + 1;
    return value;
}

void xlu__value_free(XLU_ConfigValue *value)
{
    if (!value)
        return;
    if (value->type == XLU_STRING) {
        free(value->u.string);
    } else {
        for (int i = 0; i < value->u.list.used; i++)
            xlu__value_free(value->u.list.values[i]);
        free(value->u.list.values);
    }
    free(value);
}

static int hex_digits(struct parser *ps, int most)
{
    int n = 0, value = 0, c;

    while (n < most && (c = peek(ps)) >= 0 && isxdigit(c)) {
        value = value * 16 + (isdigit(c) ? c - '0' : tolower(c) - 'a' + 10);
        advance(ps);
        n++;
    }
    if (!n)
        report(ps, ps->p, "\\x wants hexadecimal digits");
    return value;
}

/* What follows a backslash in a string. */
static int escape(struct parser *ps)
{
    static const char names[] = "abfnrtv", values[] = "\a\b\f\n\r\t\v";
    int c = peek(ps), value = 0;
    const char *found;

    if (c >= '0' && c <= '7') {
        for (int n = 0; n < 3 && (c = peek(ps)) >= '0' && c <= '7'; n++, advance(ps))
            value = value * 8 + c - '0';
        return value & 0xff;
    }
    if (c < 0)
        return c;
    advance(ps);
    if (c == 'x')
        return hex_digits(ps, 2);
    found = c ? strchr(names, c) : NULL;
    if (!found && isalnum(c))
        report(ps, ps->p - 1, "unknown escape '\\%c'", c);
    return found ? values[found - names] : c;
}

static XLU_ConfigValue *parse_string(struct parser *ps)
{
    const char *begin = ps->p;
    XLU_ConfigValue *value = new_value(ps, XLU_STRING);
    int quote = peek(ps), c;
    size_t used = 0;

    /* A string never grows by reading it. */
    if (!value || !(value->u.string = malloc((size_t)(ps->end - begin) + 1))) {
        no_memory(ps);
        goto fail;
    }
    advance(ps);
    while ((c = peek(ps)) != quote) {
        if (c < 0 || c == '\n') {
            report(ps, begin, "the string that begins here has no end");
            goto fail;
        }
        advance(ps);
        if (c == '\\')
            c = escape(ps);
        if (ps->error)
            goto fail;
        if (c == 0) {
            report(ps, ps->p, "a string cannot hold a zero byte");
            goto fail;
        }
        value->u.string[used++] = (char)c;
    }
    advance(ps);
    value->u.string[used] = 0;
    return value;
fail:
    xlu__value_free(value);
    return NULL;
}

static XLU_ConfigValue *parse_number(struct parser *ps)
{
    const char *begin = ps->p;
    XLU_ConfigValue *value;
    bool digit;

    if (peek(ps) == '-')
        advance(ps);
    digit = peek(ps) >= 0 && isdigit(peek(ps));
    while (peek(ps) >= 0 && (isalnum(peek(ps)) || peek(ps) == '_'))
        advance(ps);
    if (!digit) {
        ps->p = begin;
        report(ps, begin, "a value is wanted: a string in quotes, a number, or a list");
        return NULL;
    }
    value = new_value(ps, XLU_STRING);
    if (value && !(value->u.string = strndup(begin, (size_t)(ps->p - begin))))
        no_memory(ps);
    if (ps->error) {
        xlu__value_free(value);
        return NULL;
    }
    return value;
}

static int list_append(XLU_ConfigList *list, XLU_ConfigValue *value)
{
    if (list->used == list->room) {
        int room = list->room ? list->room * 2 : 4;
        XLU_ConfigValue **values = realloc(list->values, (size_t)room * sizeof(*values));

        if (!values)
            return ENOMEM;
        list->values = values;
        list->room = room;
    }
    list->values[list->used++] = value;
    return 0;
}

static XLU_ConfigValue *parse_value(struct parser *ps);

static XLU_ConfigValue *parse_list(struct parser *ps)
{
    XLU_ConfigValue *list = new_value(ps, XLU_LIST), *item;

    if (!list)
        return NULL;
    if (++ps->depth > MAX_DEPTH)
        report(ps, ps->p, "lists are nested more than %d deep", MAX_DEPTH);
    advance(ps);
    for (;;) {
        skip(ps, 1);
        if (ps->error || peek(ps) == ']')
            break;
        item = parse_value(ps);
        if (!item)
            break;
        if (list_append(&list->u.list, item)) {
            xlu__value_free(item);
            no_memory(ps);
            break;
        }
        skip(ps, 1);
        if (peek(ps) == ',')
            advance(ps);
        else if (peek(ps) != ']')
            report(ps, ps->p, "',' or ']' is wanted: the list from line %d goes on", list->line);
    }
    if (!ps->error)
        advance(ps);
    ps->depth--;
    if (ps->error) {
        xlu__value_free(list);
        return NULL;
    }
    return list;
}

static XLU_ConfigValue *parse_value(struct parser *ps)
{
    switch (peek(ps)) {
    case '"':
    case '\'':
        return parse_string(ps);
    case '[':
        return parse_list(ps);
    default:
        return parse_number(ps);
    }
}

static struct setting *find(XLU_Config *cfg, const char *name)
{
    for (struct setting *s = cfg->first; s; s = s->next)
        if (!strcmp(s->name, name))
            return s;
    return NULL;
}

/* old += value; takes value over only on success. */
static int add_to(XLU_ConfigValue *old, XLU_ConfigValue *value)
{
    if (old->type == XLU_STRING) {
        size_t have = strlen(old->u.string), more = strlen(value->u.string);
        char *joined = realloc(old->u.string, have + more + 1);

        if (!joined)
            return ENOMEM;
        memcpy(joined + have, value->u.string, more + 1);
        old->u.string = joined;
    } else {
        XLU_ConfigList *from = &value->u.list;

        for (int i = 0; i < from->used; i++) {
            if (list_append(&old->u.list, from->values[i]))
                return ENOMEM;
            from->values[i] = NULL;
        }
        from->used = 0;
    }
    xlu__value_free(value);
    return 0;
}

/* Takes name and value over only on success. */
static int store(struct parser *ps, char *name, const char *where, enum XLU_Operation op,
                 XLU_ConfigValue *value)
{
    struct setting *s = find(ps->cfg, name);

    if (s && op == XLU_OP_ADDITION) {
        if (s->value->type != value->type) {
            report(ps, where, "'%s' is a %s, a %s cannot be added to it", name,
                   s->value->type == XLU_LIST ? "list" : "string",
                   value->type == XLU_LIST ? "list" : "string");
            return EINVAL;
        }
        if (add_to(s->value, value))
            return ENOMEM;
        free(name);
        return 0;
    }
    if (s) { /* the last one counts */
        xlu__value_free(s->value);
        s->value = value;
        s->line = ps->line;
        free(name);
        return 0;
    }
    s = calloc(1, sizeof(*s));
    if (!s)
        return ENOMEM;
    s->name = name;
    s->value = value;
    s->line = ps->line;
    *ps->cfg->last = s;
    ps->cfg->last = &s->next;
    return 0;
}

static void parse_setting(struct parser *ps)
{
    enum XLU_Operation op = XLU_OP_ASSIGNMENT;
    const char *begin = ps->p;
    XLU_ConfigValue *value = NULL;
    char *name = NULL;

    while (peek(ps) >= 0 && (isalnum(peek(ps)) || peek(ps) == '_'))
        advance(ps);
    if (ps->p == begin || isdigit((unsigned char)*begin)) {
        report(ps, begin, "a key is wanted");
        return;
    }
    name = strndup(begin, (size_t)(ps->p - begin));
    skip(ps, 0);
    if (peek(ps) == '+') {
        op = XLU_OP_ADDITION;
        advance(ps);
    }
    if (!name)
        no_memory(ps);
    else if (peek(ps) != '=')
        report(ps, ps->p, "'=' is wanted after the key '%s'", name);
    if (!ps->error) {
        advance(ps);
        skip(ps, 0);
        value = parse_value(ps);
    }
    if (value && store(ps, name, begin, op, value)) {
        xlu__value_free(value);
        no_memory(ps);
        free(name);
    } else if (!value) {
        free(name);
    }
}

int xlu__parse(XLU_Config *cfg, const char *data, size_t length)
{
    struct parser ps = {
        .cfg = cfg, .start = data, .p = data, .end = data + length, .line_start = data, .line = 1};

    while (!ps.error) {
        skip(&ps, 1);
        if (peek(&ps) == ';') {
            advance(&ps);
            continue;
        }
        if (peek(&ps) < 0)
            break;
        parse_setting(&ps);
        skip(&ps, 0);
        if (!ps.error && peek(&ps) >= 0 && peek(&ps) != '\n' && peek(&ps) != ';')
            report(&ps, ps.p, "a newline or ';' is wanted after the value");
    }
    return ps.error;
}
