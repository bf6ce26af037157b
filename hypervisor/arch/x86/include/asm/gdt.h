/* SPDX-License-Identifier: MIT */
/* Descriptor tables of a CPU.  The reserved page holds the hypervisor's own descriptors (layout.h:
 * HV_CS64 ...); it stands at page 14 of whatever GDT is loaded. */
#ifndef ASM_GDT_H
#define ASM_GDT_H

#include <asm/layout.h>
#include <hv/domain.h>

DECLARE_PER_CPU(uint64_t *, gdt_page);
extern uint8_t zero_page[PAGE_SIZE];

/* base: where entry 0 would be; the limit reaches to the end of the reserved page. */
static inline void load_gdt(vaddr_t base)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) gdtr = {(GUEST_GDT_PAGES + 1) * PAGE_SIZE - 1, base};

    __asm__ volatile("lgdt %0" ::"m"(gdtr));
}
/* When no guest's is needed: the reserved descriptors stay reachable whatever the top-level table is. */
static inline void load_idle_gdt(void)
{
    load_gdt((vaddr_t)this_cpu(gdt_page) - GUEST_GDT_PAGES * PAGE_SIZE);
}

/* v's LDT, or none: v is NULL or has none. */
static inline void load_ldt(const struct vcpu *v)
{
    uint64_t *slot = &this_cpu(gdt_page)[(SEL_LDT - GUEST_GDT_PAGES * PAGE_SIZE) / 8];
    unsigned int entries = v ? v->arch.mm.ldt_entries : 0;
    uint16_t sel = 0;

    if (entries) {
        uint64_t base = LDT_VIRT(v->id), limit = entries * 8 - 1;

        slot[0] = (limit & 0xffff) | (base & 0xffffff) << 16 | 0x82UL << 40 |
                  (limit >> 16 & 0xf) << 48 | (base >> 24 & 0xff) << 56;
        slot[1] = base >> 32;
        sel = SEL_LDT;
    }
    __asm__ volatile("lldt %0" ::"r"(sel));
}

#endif
