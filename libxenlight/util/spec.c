/* SPDX-License-Identifier: MIT */
/* Specification strings: pieces, and messages that point at them. */
#include "spec.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool piece_is(struct piece piece, const char *word)
{
    return strlen(word) == piece.length && !memcmp(piece.at, word, piece.length);
}

bool piece_is_nocase(struct piece piece, const char *word)
{
    return strlen(word) == piece.length && !strncasecmp(piece.at, word, piece.length);
}

struct piece piece_trim(struct piece piece)
{
    while (piece.length && isspace((unsigned char)*piece.at)) {
        piece.at++;
        piece.length--;
    }
    while (piece.length && isspace((unsigned char)piece.at[piece.length - 1]))
        piece.length--;
    return piece;
}

bool piece_split(struct piece *piece, char c, struct piece *head)
{
    const char *found = memchr(piece->at, c, piece->length);

    *head = *piece;
    if (!found) {
        piece->at += piece->length;
        piece->length = 0;
        return false;
    }
    head->length = (size_t)(found - piece->at);
    piece->at = found + 1;
    piece->length -= head->length + 1;
    return true;
}

int piece_store(struct piece piece, char **string)
{
    char *copy = strndup(piece.at, piece.length);

    if (!copy)
        return ENOMEM;
    free(*string);
    *string = copy;
    return 0;
}

static int digit_value(char c)
{
    if (isdigit((unsigned char)c))
        return c - '0';
    return isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : INT_MAX;
}

int piece_number(struct piece piece, int base, unsigned long max, unsigned long *number)
{
    unsigned long value = 0;

    if (!piece.length)
        return EINVAL;
    for (size_t i = 0; i < piece.length; i++) {
        int digit = digit_value(piece.at[i]);

        if (digit >= base || __builtin_mul_overflow(value, (unsigned long)base, &value) ||
            __builtin_add_overflow(value, (unsigned long)digit, &value) || value > max)
            return EINVAL;
    }
    *number = value;
    return 0;
}

int spec_bad(const struct spec *spec, struct piece where, const char *fmt, ...)
{
    char *text = NULL;
    va_list ap;

    va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) < 0)
        text = NULL;
    va_end(ap);
    xlu__spec_error(spec->cfg, spec->text, (size_t)(where.at - spec->text), "%s",
                    text ? text : "out of memory");
    free(text);
    return EINVAL;
}
