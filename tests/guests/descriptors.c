/* SPDX-License-Identifier: MIT */
/* Descriptor tables and selectors: nothing with the hypervisor's privilege may come of them. */
#include "guest.h"

#define GDT (spare[8])

/* type, DPL and the rest of bytes 5 and 6 of a flat descriptor */
static uint64_t descriptor(unsigned int access, unsigned int flags)
{
    return 0xffffUL | (uint64_t)access << 40 | 0xfUL << 48 | (uint64_t)flags << 52;
}

struct sample {
    const char *name;
    uint64_t value;
};

static const struct sample bad_samples[] = {
    {"call gate, DPL 3", 0x0000ec0000080000UL | 0x1234},
    {"interrupt gate", 0x0000ee0000080000UL | 0x1234},
    {"trap gate", 0x0000ef0000080000UL | 0x1234},
    {"task gate", 0x0000e50000080000UL},
    {"TSS", 0x0000e90000000067UL},
    {"busy TSS", 0x0000eb0000000067UL},
    {"LDT", 0x0000e20000000fffUL},
};

/* DPL 0 segments: refused, or taken with the privilege taken away. */
static void privileged_segments(uint64_t machine)
{
    static const unsigned int types[] = {0x9a, 0x98, 0x9e, 0x92, 0x9b, 0x93, 0xba, 0xda};
    volatile uint64_t *entry = (volatile uint64_t *)(GDT + 8 * 8);
    bool ok = true;

    for (size_t i = 0; i < ARRAY(types); i++) {
        uint64_t value = descriptor(types[i], 0xa);
        long rc = CALL(update_descriptor, machine + 8 * 8, value);

        if (rc == 0 && (*entry >> 45 & 3) == 0) {
            fail("descriptor-dpl0", "type %x stands in the table as %lx", types[i], *entry);
            ok = false;
        }
        CALL(update_descriptor, machine + 8 * 8, 0);
    }
    if (ok)
        pass("descriptor-dpl0");
}

static void gates(uint64_t machine)
{
    bool ok = true;

    for (size_t i = 0; i < ARRAY(bad_samples); i++) {
        volatile uint64_t *entry = (volatile uint64_t *)(GDT + 9 * 8);
        long rc = CALL(update_descriptor, machine + 9 * 8, bad_samples[i].value);

        if (rc == 0) {
            fail("descriptor-gate", "%s was taken: %lx", bad_samples[i].name, *entry);
            ok = false;
        }
    }
    if (ok)
        pass("descriptor-gate");
}

static void table_of_descriptors(void)
{
    unsigned long frames[16] = {mfn_of(GDT)};
    unsigned long foreign = 0x1000;
    long rc = 0;

    while (is_mine(foreign))
        foreign++;
    rc = CALL(set_gdt, frames, 8); /* still mapped writable */
    expect(rc != 0, "gdt-writable", "status", rc);
    memset(GDT, 0, PAGE);
    ((uint64_t *)GDT)[3] = descriptor(0xfa, 0xa);
    make_read_only(GDT);
    rc = CALL(set_gdt, frames, 512);
    expect(rc == 0, "gdt-good", "status", rc);
    rc = make_writable(GDT);
    expect(rc != 0, "gdt-stays-read-only", "status", rc);
    privileged_segments(mfn_of(GDT) * PAGE);
    gates(mfn_of(GDT) * PAGE);
    rc = CALL(set_gdt, frames, 513);
    expect(rc != 0, "gdt-frames-missing", "status", rc);
    rc = CALL(set_gdt, frames, 8192);
    expect(rc != 0, "gdt-over-the-hypervisors", "status", rc);
    rc = CALL(set_gdt, frames, ~0UL);
    expect(rc != 0, "gdt-endless", "status", rc);
    frames[0] = foreign;
    rc = CALL(set_gdt, frames, 8);
    expect(rc != 0, "gdt-foreign", "status", rc);
    frames[0] = mfn_of(table_of(GDT, 1));
    rc = CALL(set_gdt, frames, 8);
    expect(rc != 0, "gdt-is-a-table", "status", rc);
    rc = CALL(set_gdt, 0xffff830000000000UL, 512);
    expect(rc != 0, "gdt-wild-list", "status", rc);
    rc = CALL(update_descriptor, foreign * PAGE, 0);
    expect(rc != 0, "descriptor-foreign", "status", rc);
    rc = CALL(update_descriptor, mfn_of(table_of(GDT, 1)) * PAGE, descriptor(0xfa, 0xa));
    expect(rc != 0, "descriptor-in-table", "status", rc);
    rc = CALL(update_descriptor, mfn_of(GDT) * PAGE + 3, 0);
    expect(rc != 0, "descriptor-unaligned", "status", rc);
}

/* Bad descriptors that lie in the page before it becomes a table. */
static void bad_table(void)
{
    unsigned long frames[1] = {mfn_of(spare[9])};
    bool ok = true;

    for (size_t i = 0; i < ARRAY(bad_samples); i++) {
        memset(spare[9], 0, PAGE);
        ((uint64_t *)spare[9])[5] = bad_samples[i].value;
        make_read_only(spare[9]);
        long rc = CALL(set_gdt, frames, 512);

        if (rc == 0) {
            fail("gdt-with-gates", "%s", bad_samples[i].name);
            ok = false;
            CALL(set_gdt, frames, 0);
        }
        make_writable(spare[9]);
    }
    if (ok)
        pass("gdt-with-gates");
}

static long load(unsigned int selector, int segment)
{
    uint16_t s = (uint16_t)selector, old = 0;

    switch (segment) {
    case 0:
        return FAULT(asm volatile("mov %%ds, %0; mov %1, %%ds; mov %0, %%ds"
                                  : "=&r"(old)
                                  : "r"(s)));
    case 1:
        return FAULT(asm volatile("mov %%es, %0; mov %1, %%es; mov %0, %%es"
                                  : "=&r"(old)
                                  : "r"(s)));
    case 2:
        return FAULT(asm volatile("mov %%fs, %0; mov %1, %%fs; mov %0, %%fs"
                                  : "=&r"(old)
                                  : "r"(s)));
    default:
        return FAULT(asm volatile("mov %%ss, %0; mov %1, %%ss; mov %0, %%ss"
                                  : "=&r"(old)
                                  : "r"(s)));
    }
}

static void selectors(void)
{
    uint64_t seed = 5;
    unsigned int faults = 0;
    bool ok = true;

    for (unsigned int i = 0; i < 400; i++) {
        unsigned int s = i < 100 ? 0xe000 + i * 8 + (i & 3) : (unsigned int)random64(&seed);

        faults += load(s, (int)i & 3) != 0;
    }
    expect(faults > 200, "selectors-fault", "of 400 faulted", faults);
    for (unsigned int base = 0; base < 8; base++) {
        long rc = CALL(set_segment_base, base, 0xffff830000000000UL);

        if (base < 3)
            CALL(set_segment_base, base, 0);
        else if (rc == 0 && base > 3) {
            fail("segment-base", "kind %u was taken", base);
            ok = false;
        }
    }
    CALL(set_segment_base, SEGBASE_GS_USER_SEL, 0xffff);
    CALL(set_segment_base, SEGBASE_GS_USER_SEL, 0xe008);
    CALL(set_segment_base, SEGBASE_GS_USER_SEL, 0);
    long rc = CALL(set_segment_base, SEGBASE_FS, 1UL << 60); /* not canonical */

    ok &= rc != 0 || (fail("segment-base", "a base that is not canonical"), false);
    if (ok)
        pass("segment-base");
}

static void local_table(void)
{
    long rc = mmuext(MMUEXT_SET_LDT, (unsigned long)spare[8] + 8, 16);

    expect(rc != 0, "ldt-unaligned", "status", rc);
    rc = mmuext(MMUEXT_SET_LDT, (unsigned long)spare[8], 8193);
    expect(rc != 0, "ldt-too-long", "status", rc);
    rc = mmuext(MMUEXT_SET_LDT, 0xffff830000000000UL, 512);
    if (rc == 0) /* it may be taken, as long as no use is made of it */
        expect(load(0x0f, 2) != 0, "ldt-in-hypervisor", "selector", 0x0f);
    rc = mmuext(MMUEXT_SET_LDT, (unsigned long)spare[9], 512);
    if (rc == 0) {
        for (unsigned int s = 0; s < 512; s += 7)
            load(s << 3 | 7, 2);
    }
    mmuext(MMUEXT_SET_LDT, 0, 0);
    pass("ldt-abuse");
}

void test_descriptors(void)
{
    table_of_descriptors();
    bad_table();
    selectors();
    local_table();
}
