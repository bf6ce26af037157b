/* SPDX-License-Identifier: MIT */
/* Descriptor tables that nothing uses. */
#ifndef ASM_GDT_H
#define ASM_GDT_H

#include <hv/domain.h>

DECLARE_PER_CPU(uint64_t *, gdt_page);
extern uint8_t zero_page[PAGE_SIZE];

static inline void load_gdt(vaddr_t base)
{
}
static inline void load_idle_gdt(void)
{
}
static inline void load_ldt(const struct vcpu *v)
{
}

#endif
