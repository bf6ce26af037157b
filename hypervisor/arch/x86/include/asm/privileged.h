/* SPDX-License-Identifier: MIT */
/* Instructions of ring 0 that memory management uses; the hosted build has others in their place. */
#ifndef ASM_PRIVILEGED_H
#define ASM_PRIVILEGED_H

#include <hv/types.h>

static inline void write_cr3(uint64_t v)
{
    __asm__ volatile("mov %0, %%cr3" ::"r"(v) : "memory");
}
static inline uint64_t read_cr3(void)
{
    uint64_t v;
    __asm__ volatile("mov %%cr3, %0" : "=r"(v));
    return v;
}
static inline void write_back_caches(void)
{
    __asm__ volatile("wbinvd" ::: "memory");
}

#endif
