/* SPDX-License-Identifier: MIT */
/* A container's memory by its own addresses: each paging mode, each size of page, each right. */
#include "test.h"
#include <asm/hvm.h>
#include <asm/msr.h>
#include <asm/p2m.h>
#include <asm/processor.h>

#define P  1UL
#define RW 2UL
#define US 4UL
#define PS 0x80UL

/* Frames of the guest, by what they are for. */
enum { TOP = 1, L3, L2, L1, DATA, MORE, NR_FRAMES = 64 };

static uint64_t regs[NR_HVM_REGS];

static uint64_t get(const struct vcpu *v, enum hvm_reg reg)
{
    return regs[reg];
}
static const struct hvm_vendor vendor = {.get = get};
const struct hvm_vendor *hvm = &vendor;

static void *frame(uint64_t gfn)
{
    enum p2m_type t;
    mfn_t mfn = p2m_lookup(w.guest, _gfn(gfn), &t, NULL);

    assert_int_equal(t, p2m_ram_rw);
    return mfn_to_virt(mfn);
}

static int up(void **state)
{
    boot_once();
    hosted_settle();
    w.free_before = heap_free_pages(NODE_ANY);
    w.dom0 = hosted_domain(0, true, 1, 64);
    w.guest = hosted_container(1, 1, NR_FRAMES, 8192);
    w.v0 = w.dom0->vcpu[0];
    w.v1 = w.guest->vcpu[0];
    memset(regs, 0, sizeof(regs));
    for (uint64_t gfn = 0; gfn < NR_FRAMES; gfn++)
        memset(frame(gfn), 0, PAGE_SIZE);
    for (unsigned int i = 0; i < PAGE_SIZE; i++)
        ((uint8_t *)frame(DATA))[i] = (uint8_t)(i * 7);
    return 0;
}

#define T(name) cmocka_unit_test_setup_teardown(name, up, world_down)

static void set64(unsigned int table, unsigned int index, uint64_t e)
{
    ((uint64_t *)frame(table))[index] = e;
}
static void set32(unsigned int table, unsigned int index, uint32_t e)
{
    ((uint32_t *)frame(table))[index] = e;
}
static uint64_t to(unsigned int gfn, uint64_t flags)
{
    return (uint64_t)gfn << PAGE_SHIFT | flags;
}

/* The address, or what #PF says, as a negative number. */
static int64_t walk(vaddr_t va, uint32_t access)
{
    uint32_t error = 0;
    maddr_t gpa = 0;

    return hvm_translate(w.v1, va, access, &gpa, &error) ? -1 - (int64_t)error : (int64_t)gpa;
}
#define FAULT(error) (-1 - (int64_t)(error))

static void mode_none(void **state)
{
    assert_int_equal(walk(0x12345, 0), 0x12345);
    assert_int_equal(walk(0xffffffff00000123, 0), 0x123); /* 32 bits */
}

static void mode_32bit(void **state)
{
    regs[HVM_CR0] = X86_CR0_PG | X86_CR0_PE;
    regs[HVM_CR3] = to(TOP, 0x18);
    regs[HVM_CR4] = X86_CR4_PSE;
    set32(TOP, 0x340, (uint32_t)to(L1, P | RW));
    set32(L1, 0x12, (uint32_t)to(DATA, P | RW));
    set32(TOP, 0x341, 0x400000 | P | RW | PS);
    set32(TOP, 0x342, 0x800000 | 3u << 13 | P | RW | PS); /* bits 33 and 32 of the address */
    assert_int_equal(walk(0xd0012345, 0), to(DATA, 0x345));
    assert_int_equal(walk(0xd0400000 + 0x54321, HVM_ACCESS_WRITE), 0x454321);
    assert_int_equal(walk(0xd0800000, 0), 0x300800000);
    assert_int_equal(walk(0xd0013000, 0), FAULT(0));
    assert_int_equal(walk(0x1000, HVM_ACCESS_WRITE), FAULT(PFEC_write));
    assert_true(((uint32_t *)frame(L1))[0x12] & PTE_ACCESSED);
}

static void mode_pae(void **state)
{
    regs[HVM_CR0] = X86_CR0_PG | X86_CR0_PE;
    regs[HVM_CR3] = to(TOP, 0x20); /* 32 bytes, anywhere */
    regs[HVM_CR4] = X86_CR4_PAE;
    set64(TOP, 4 + 3, to(L2, P)); /* no rights up there */
    set64(L2, 0x80, to(L1, P | RW | US));
    set64(L2, 0x81, 0x40000000 | P | RW | PS);
    set64(L1, 0x12, to(DATA, P | RW | US));
    assert_int_equal(walk(0xd0012345, HVM_ACCESS_WRITE | HVM_ACCESS_USER), to(DATA, 0x345));
    assert_int_equal(walk(0xd0200000 + 0x12345, 0), 0x40012345);
    assert_int_equal(walk(0x90000000, 0), FAULT(0));
}

static void long_mode(void)
{
    regs[HVM_CR0] = X86_CR0_PG | X86_CR0_PE | X86_CR0_WP;
    regs[HVM_CR3] = to(TOP, 0);
    regs[HVM_CR4] = X86_CR4_PAE;
    regs[HVM_EFER] = EFER_LME | EFER_LMA | EFER_NX;
    set64(TOP, 0x1ff, to(L3, P | RW | US));
    set64(L3, 1, to(L2, P | RW | US));
    set64(L3, 2, 0x40000000 | P | RW | PS);
    set64(L2, 3, to(L1, P | RW | US));
    set64(L2, 4, 0x600000 | P | RW | PS);
}
#define BASE 0xffffff8040600000UL /* the tables' entries 0x1ff, 1, 3, 0 */

static void mode_64bit(void **state)
{
    long_mode();
    set64(L1, 5, to(DATA, P | RW | US));
    assert_int_equal(walk(BASE + 0x5678, 0), to(DATA, 0x678));
    assert_int_equal(walk(BASE + 0x200000 + 0x1234, 0), 0x601234);
    assert_int_equal(walk(0xffffff8080000000 + 0x1234567, 0), 0x41234567);
    assert_int_equal(walk(0x8000000000000000, 0), FAULT(0));
    assert_int_equal(walk(0, 0), FAULT(0));
    set64(L1, 6, to(9999, P | RW)); /* no memory: that is for who goes there */
    assert_int_equal(walk(BASE + 0x6000, 0), to(9999, 0));
    set64(L2, 5, to(9999, P | RW)); /* but tables must be there */
    assert_int_equal(walk(BASE + 0x400000, 0), FAULT(0));
}

static void rights(void **state)
{
    long_mode();
    set64(L1, 0, to(DATA, P));
    set64(L1, 1, to(DATA, P | RW | PTE_NX));
    set64(L1, 2, to(DATA, P | US));
    assert_int_equal(walk(BASE, HVM_ACCESS_WRITE), FAULT(PFEC_present | PFEC_write));
    regs[HVM_CR0] &= ~X86_CR0_WP;
    assert_int_equal(walk(BASE, HVM_ACCESS_WRITE), to(DATA, 0));
    assert_int_equal(walk(BASE + 0x2000, HVM_ACCESS_WRITE | HVM_ACCESS_USER),
                     FAULT(PFEC_present | PFEC_write | PFEC_user));
    assert_int_equal(walk(BASE, HVM_ACCESS_USER), FAULT(PFEC_present | PFEC_user));
    assert_int_equal(walk(BASE + 0x2000, HVM_ACCESS_USER), to(DATA, 0));
    assert_int_equal(walk(BASE + 0x1000, HVM_ACCESS_FETCH), FAULT(PFEC_present | PFEC_insn));
    assert_int_equal(walk(BASE + 0x2000, HVM_ACCESS_FETCH), to(DATA, 0));
    regs[HVM_CR4] |= X86_CR4_SMEP;
    assert_int_equal(walk(BASE + 0x2000, HVM_ACCESS_FETCH), FAULT(PFEC_present | PFEC_insn));
    regs[HVM_EFER] &= ~EFER_NX;
    assert_int_equal(walk(BASE + 0x1000, HVM_ACCESS_FETCH), to(DATA, 0));
}

static void copies(void **state)
{
    uint8_t buf[32];
    uint32_t error = 0;

    long_mode();
    set64(L1, 0, to(DATA, P | RW));
    set64(L1, 1, to(MORE, P | RW));
    memset(frame(MORE), 0xee, PAGE_SIZE);
    assert_int_equal(hvm_copy(w.v1, buf, BASE + PAGE_SIZE - 16, 32, 0, NULL), 0);
    assert_int_equal(buf[15], (uint8_t)((PAGE_SIZE - 1) * 7));
    assert_int_equal(buf[16], 0xee);
    /* up to the hole, and why not further */
    assert_int_equal(hvm_copy(w.v1, buf, BASE + 2 * PAGE_SIZE - 4, 32, HVM_ACCESS_WRITE, &error),
                     28);
    assert_int_equal(error, PFEC_write);
    assert_memory_equal((char *)frame(MORE) + PAGE_SIZE - 4, buf, 4);
    /* read-only memory stays what it is */
    assert_int_equal(p2m_set(w.guest, _gfn(MORE), virt_to_mfn(frame(MORE)), 0, p2m_ram_ro), 0);
    assert_int_equal(hvm_copy(w.v1, buf, BASE + PAGE_SIZE, 8, 0, NULL), 0);
    assert_int_equal(hvm_copy(w.v1, buf, BASE + PAGE_SIZE, 8, HVM_ACCESS_WRITE, NULL), 8);
    error = 0xdead0000;
    assert_int_equal(hvm_copy(w.v1, buf, BASE + PAGE_SIZE, 8, HVM_ACCESS_WRITE, &error), 8);
    assert_int_equal(error, PFEC_present | PFEC_write);
}

/* The tables lead to where no memory is: the error code is made, not what stood there before. */
static void copies_from_nowhere(void **state)
{
    uint8_t buf[8];
    uint32_t error = 0xdead0000;

    long_mode();
    set64(L1, 0, to(0x5000, P | RW | US));
    assert_int_equal(hvm_copy(w.v1, buf, BASE, 8, HVM_ACCESS_USER, &error), 8);
    assert_int_equal(error, PFEC_present | PFEC_user);
    error = 0xdead0000;
    assert_int_equal(hvm_copy(w.v1, buf, BASE, 8, HVM_ACCESS_FETCH, &error), 8);
    assert_int_equal(error, PFEC_present | PFEC_insn);
}

/* Tables of any contents: an answer, and no access beyond the guest's memory. */
static void noise(void **state)
{
    uint64_t x = 88172645463325252ULL;

    for (unsigned int n = 0; n < 200000; n++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        set64(TOP + x % 6, x >> 8 & 511, (x >> 20 & 0xfff) | (x >> 32 & 0x3f) << PAGE_SHIFT);
        regs[HVM_CR0] = X86_CR0_PG | X86_CR0_PE | (x & X86_CR0_WP);
        regs[HVM_CR4] = x >> 5 & 0x30;
        regs[HVM_EFER] = n & 1 ? EFER_LME | EFER_LMA | EFER_NX : 0;
        regs[HVM_CR3] = x >> 40 & 0x3ffff;
        walk((vaddr_t)((int64_t)(x << 16) >> 16), x >> 3 & 0x16);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(mode_none), T(mode_32bit),          T(mode_pae), T(mode_64bit), T(rights),
        T(copies),    T(copies_from_nowhere), T(noise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
