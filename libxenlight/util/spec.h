/* SPDX-License-Identifier: MIT */
/* Private: specification strings, "item,key=value,flag", cut into pieces that know their place. */
#ifndef XLU_SPEC_H
#define XLU_SPEC_H

#include "config.h"

#include <stdbool.h>

/* A part of a specification; not terminated. */
struct piece {
    const char *at;
    size_t length;
};

/* What is being parsed, for messages. */
struct spec {
    XLU_Config *cfg;
    const char *text;
};

bool piece_is(struct piece piece, const char *word);
bool piece_is_nocase(struct piece piece, const char *word);
/* Without the blanks at both ends. */
struct piece piece_trim(struct piece piece);
/* Cut piece at the first c: head gets what is before, *piece what follows; false: no c, the whole
 * of it is the head and *piece is empty. */
bool piece_split(struct piece *piece, char c, struct piece *head);
/* Free *string and replace it by the piece: 0 or ENOMEM. */
int piece_store(struct piece piece, char **string);
/* A number in all of the piece, at most max: 0 or EINVAL, not reported. */
int piece_number(struct piece piece, int base, unsigned long max, unsigned long *number);
/* Report what is wrong where the piece is, and return EINVAL. */
int spec_bad(const struct spec *spec, struct piece where, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
