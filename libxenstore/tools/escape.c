/* SPDX-License-Identifier: MIT */
/* Values as text: what does not print is escaped. */

#include <ctype.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include "tools.h"

static int escape_byte(char *to, unsigned char c)
{
    switch (c) {
    case '\\':
        return sprintf(to, "\\\\");
    case '\n':
        return sprintf(to, "\\n");
    case '\r':
        return sprintf(to, "\\r");
    case '\t':
        return sprintf(to, "\\t");
    default:
        if (c < ' ')
            return sprintf(to, "\\%03o", c);
        return c < 0x7f ? sprintf(to, "%c", c) : sprintf(to, "\\x%02x", c);
    }
}

char *escape(const char *data, size_t len)
{
    char *text = malloc(len * 4 + 1), *to = text;

    if (!text)
        err(1, NULL);
    for (size_t i = 0; i < len; i++)
        to += escape_byte(to, data[i]);
    *to = '\0';
    return text;
}

/* Reads up to max digits of a base; returns how many there were. */
static int digits(const char *text, int max, int base, char *value)
{
    char number[4] = "";
    int n = 0;

    while (n < max && isxdigit((unsigned char)text[n]) &&
           (base == 16 || (text[n] >= '0' && text[n] <= '7'))) {
        number[n] = text[n];
        n++;
    }
    if (n)
        *value = (char)strtoul(number, NULL, base);
    return n;
}

size_t unescape(char *text)
{
    char *to = text;

    for (const char *from = text; *from; from++) {
        int n = 0;

        if (*from != '\\') {
            *to++ = *from;
            continue;
        }
        switch (*++from) {
        case 'n':
            *to++ = '\n';
            break;
        case 'r':
            *to++ = '\r';
            break;
        case 't':
            *to++ = '\t';
            break;
        case '\0':
            /* A backslash at the end stands for a nul. */
            *to++ = '\0';
            return to - text;
        default:
            n = *from == 'x' ? digits(from + 1, 2, 16, to) : digits(from, 3, 8, to);
            if (n == 0)
                *to = *from;
            to++;
            from += *from == 'x' ? n : n ? n - 1 : 0;
        }
    }
    return to - text;
}
