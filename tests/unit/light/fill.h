/* SPDX-License-Identifier: MIT */
/* Fills any type of the IDL with values that are different in every call. */
#ifndef TEST_LIGHT_FILL_H
#define TEST_LIGHT_FILL_H

#include "types.h"

/* Whether values whose insides are private to the library that made them are filled; true. */
extern bool fill_private;

/* *p is memory of t->size bytes without content; libxl__type_dispose() frees what it gets. */
void fill(const struct type *t, void *p, unsigned int *seed);

#endif
