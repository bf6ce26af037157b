/* SPDX-License-Identifier: MIT */
/* Allocations that fail on demand. */
#ifndef TEST_MEMORY_H
#define TEST_MEMORY_H

#include <stdbool.h>

/* The allocation after so many others fails, once; negative: none does. */
void fail_allocation_after(int others);
/* Has one failed since? */
bool allocation_failed(void);

#endif
