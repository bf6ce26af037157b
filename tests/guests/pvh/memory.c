/* SPDX-License-Identifier: MIT */
/* Physical addresses where nothing is, and the local APIC's page, by all sorts of instructions. */
#include "pvh.h"

#include <xen/memory.h>

#define HOLE  0x7000000000UL
#define LAPIC 0xfee00000UL

static char page[4096] __attribute__((aligned(4096)));

static void holes(void)
{
    volatile uint64_t *p = (void *)HOLE;
    uint64_t v = 0, flags = 0;

    expect(*p == ~0UL, "hole-read-8", *p);
    expect(*(volatile uint8_t *)(HOLE + 3) == 0xff, "hole-read-1", 0);
    *p = 5;
    expect(*p == ~0UL, "hole-write", *p);
    __asm__ volatile("movzbl 1(%1), %k0" : "=r"(v) : "r"(p));
    expect(v == 0xff, "hole-movzx", v);
    __asm__ volatile("movslq (%1), %0" : "=r"(v) : "r"(p));
    expect(v == ~0UL, "hole-movsx", v);
    v = 0x1234;
    __asm__ volatile("movb (%1), %h0" : "+Q"(v) : "r"(p));
    expect(v == 0xff34, "hole-high-byte", v);
    v = 7;
    __asm__ volatile("xchg %0, (%1)" : "+r"(v) : "r"(p) : "memory");
    expect(v == ~0UL, "hole-xchg", v);
    __asm__ volatile("cmpl $-1, (%1); pushf; pop %0" : "=r"(flags) : "r"(p) : "cc");
    expect(flags & 0x40, "hole-cmp", flags);
    __asm__ volatile("addl $1, (%1); pushf; pop %0" : "=r"(flags) : "r"(p) : "cc", "memory");
    expect((flags & 0x51) == 0x51, "hole-add", flags);
    __asm__ volatile("testb $0x80, (%1); pushf; pop %0" : "=r"(flags) : "r"(p) : "cc");
    expect((flags & 0x80) && !(flags & 0x40), "hole-test", flags);
    memset((void *)HOLE, 0, 3);
    __asm__ volatile("movl $3, %%ecx; mov %0, %%rsi; rep lodsb" ::"r"(p) : "rcx", "rsi", "rax");
    for (uint64_t a = 1UL << 32; a < 1UL << 39; a = a * 5 / 3)
        FAULT((void)*(volatile uint32_t *)(a & ~3UL));
    expect(true, "holes-wild", 0);
}

static void released(void)
{
    xen_pfn_t pfn = (uint64_t)page >> 12;
    struct xen_memory_reservation r = {.nr_extents = 1, .domid = DOMID_SELF};
    long rc;

    set_xen_guest_handle(r.extent_start, &pfn);
    page[0] = 1;
    rc = CALL(memory_op, XENMEM_decrease_reservation, &r, 0);
    expect(rc == 1, "decrease", (uint64_t)rc);
    expect(*(volatile uint8_t *)page == 0xff, "decreased-is-a-hole", 0);
    rc = CALL(memory_op, XENMEM_populate_physmap, &r, 0);
    expect(rc == 1, "populate", (uint64_t)rc);
    expect(*(volatile uint8_t *)page == 0, "populated-is-clean", *(volatile uint8_t *)page);
    *(volatile uint8_t *)page = 9;
    expect(*(volatile uint8_t *)page == 9, "populated-is-memory", 0);
}

static void apic_page(void)
{
    volatile uint32_t *apic = (void *)LAPIC;
    uint32_t v;

    expect(apic[0x20 / 4] == 0, "xapic-id", apic[0x20 / 4]);
    expect((apic[0x30 / 4] & 0xff) >= 0x10, "xapic-version", apic[0x30 / 4]);
    apic[0xf0 / 4] = 0x1ff;
    expect(apic[0xf0 / 4] == 0x1ff, "xapic-spiv", apic[0xf0 / 4]);
    __asm__ volatile("orl $0x20, %0" : "+m"(apic[0x80 / 4]));
    expect(apic[0x80 / 4] == 0x20, "xapic-tpr", apic[0x80 / 4]);
    v = 0x30;
    __asm__ volatile("xchg %0, %1" : "+r"(v), "+m"(apic[0x80 / 4]));
    expect(v == 0x20 && apic[0x80 / 4] == 0x30, "xapic-xchg", v);
    apic[0x80 / 4] = 0;
    for (unsigned int i = 0; i < 1024; i++)
        (void)apic[i];
    for (unsigned int i = 1; i < 1024; i += 4)
        apic[i] = ~0u;
    expect(true, "xapic-wild", 0);
    expect(FAULT(rdmsr(0x802)) == GP, "x2apic-not-yet", 0);
    wrmsr(0x1b, rdmsr(0x1b) | 0xc00);
    expect(rdmsr(0x802) == 0, "x2apic-id", rdmsr(0x802));
    expect(FAULT(wrmsr(0x1b, rdmsr(0x1b) & ~0x400UL)) == GP, "x2apic-not-back", 0);
}

void test_memory(void)
{
    holes();
    released();
    apic_page();
}
