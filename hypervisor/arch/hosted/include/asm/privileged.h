/* SPDX-License-Identifier: MIT */
/* There is no processor to tell. */
#ifndef ASM_PRIVILEGED_H
#define ASM_PRIVILEGED_H

#include <hv/types.h>

static inline void write_cr3(uint64_t v)
{
}
static inline uint64_t read_cr3(void)
{
    return 0;
}
static inline void write_back_caches(void)
{
}

#endif
