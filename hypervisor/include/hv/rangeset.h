/* SPDX-License-Identifier: MIT */
/* Sets of integer ranges: what a domain may touch (core/rangeset.c). */
#ifndef HV_RANGESET_H
#define HV_RANGESET_H

#include <hv/types.h>

struct rangeset *rangeset_new(void);
void rangeset_free(struct rangeset *r);                                 /* NULL is fine */
int rangeset_add(struct rangeset *r, uint64_t first, uint64_t last);    /* inclusive; -ENOMEM */
int rangeset_remove(struct rangeset *r, uint64_t first, uint64_t last); /* -ENOMEM on a split */
bool rangeset_contains(struct rangeset *r, uint64_t first, uint64_t last);

#endif
