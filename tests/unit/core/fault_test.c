/* SPDX-License-Identifier: MIT */
/* A PV guest's kernel writes an entry of a page table by plain instructions: each is done as the
 * processor would, if the entry may be what comes out. */
#include "pv_tables.h"
#include <asm/processor.h>

#define VA   0x1234567000UL /* where the guest sees its level 1 table, read-only */
#define SLOT 9              /* the entry written */
#define A    PTE_ACCESSED
#define D    PTE_DIRTY

static const enum { KEPT, ZF = 1, CF = 2 } flags_of_interest = ZF | CF;

static void run_on_tables(void)
{
    build_tables(VA, entry(L1, P | U));
    w.v1->arch.mm.kernel_l4 = hosted_frame_mfn(w.guest, L4);
    w.v1->arch.kernel_mode = true;
}

/* code, with the guest's registers, writes at offset of the entry; whether it was done. */
static bool run(const char *code, size_t len, struct cpu_user_regs *regs, unsigned int offset)
{
    char *text = w.page1;
    struct vcpu *was = hosted_current[hosted_cpu];
    bool done;

    memset(text, 0x90, 32);
    memcpy(text, code, len);
    regs->rip = (unsigned long)text;
    regs->cs = 3;
    hosted_current[hosted_cpu] = w.v1;
    done = pv_mm_fault(regs, VA + SLOT * 8 + offset, PFEC_present | PFEC_write | PFEC_user);
    hosted_current[hosted_cpu] = was;
    assert_int_equal(regs->rip - (unsigned long)text, done ? len : 0);
    return done;
}

struct sample {
    const char *name, *code;
    size_t len;
    unsigned int offset;
    uint64_t old;            /* the entry's flags; DATA's frame */
    uint64_t rcx, rax;       /* flags as well; 0: that number */
    uint64_t want, want_rcx; /* likewise */
    unsigned int want_flags;
};
#define S(name, code, ...)                                                                         \
    {                                                                                              \
        name, code, sizeof(code) - 1, __VA_ARGS__                                                  \
    }
static const struct sample samples[] = {
    S("mov %rcx, mem", "\x48\x89\x0a", 0, P | U, P | RW | U, 0, P | RW | U, P | RW | U, KEPT),
    S("mov $0, mem", "\x48\xc7\x02\x00\x00\x00\x00", 0, P | U, 0, 0, 0, 0, KEPT),
    S("movb %cl, mem", "\x88\x0a", 0, P | U, P | U | A, 0, P | U | A, P | U | A, KEPT),
    S("xchg %rcx, mem", "\x48\x87\x0a", 0, P | U | A, P | RW | U, 0, P | RW | U, P | U | A, KEPT),
    S("cmpxchg, alike", "\xf0\x48\x0f\xb1\x0a", 0, P | U, P | RW | U, P | U, P | RW | U, P | RW | U,
      ZF),
    S("cmpxchg, not alike", "\xf0\x48\x0f\xb1\x0a", 0, P | U | A, P | RW | U, P | U, P | U | A,
      P | RW | U, CF),
    S("or $2, mem", "\xf0\x48\x83\x0a\x02", 0, P | U, 0, 0, P | RW | U, 0, 0),
    S("andb $0xfd, mem", "\x80\x22\xfd", 0, P | RW | U, 0, 0, P | U, 0, 0),
    S("btr $6, mem", "\xf0\x48\x0f\xba\x32\x06", 0, P | U | D, 0, 0, P | U, 0, CF),
    S("bts $1, mem", "\x48\x0f\xba\x2a\x01", 0, P | U, 0, 0, P | RW | U, 0, 0),
    S("btc $5, mem", "\x0f\xba\x3a\x05", 0, P | U, 0, 0, P | U | A, 0, 0),
    S("xorl $0, high half", "\x83\x32\x00", 4, P | U, 0, 0, P | U, 0, ZF),
};

static uint64_t number(uint64_t flags)
{
    return flags ? entry(DATA, flags) : 0;
}

static void writes_are_done_as_the_processor_would(void **state)
{
    const pte_t *slot;

    run_on_tables();
    slot = &table(L1)[SLOT];
    for (unsigned int i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        const struct sample *s = &samples[i];
        struct cpu_user_regs regs = {.rcx = number(s->rcx), .rax = number(s->rax)};
        struct cpu_user_regs set = {.rcx = number(s->old)};
        unsigned int flags;

        assert_true(run("\x48\x89\x0a", 3, &set, 0));
        if (!run(s->code, s->len, &regs, s->offset))
            fail_msg("%s: not done", s->name);
        if (*slot != number(s->want) || regs.rcx != number(s->want_rcx))
            fail_msg("%s: entry %lx, rcx %lx", s->name, (long)*slot, (long)regs.rcx);
        flags = (regs.rflags & X86_EFLAGS_CF ? CF : 0) | (regs.rflags & BIT(6) ? ZF : 0);
        if ((flags & flags_of_interest) != s->want_flags)
            fail_msg("%s: flags %lx", s->name, (long)regs.rflags);
    }
    w.v1->arch.mm.kernel_l4 = _mfn(0);
}

static void what_may_not_be_is_not_written(void **state)
{
    struct cpu_user_regs regs = {.rcx = 0}, was;

    run_on_tables();
    regs.rcx = entry(L2, P | RW | U); /* a page table, writable */
    was = regs;
    assert_false(run("\x48\x89\x0a", 3, &regs, 0));
    assert_int_equal(table(L1)[SLOT], 0);
    assert_int_equal(regs.rflags, was.rflags);
    regs = (struct cpu_user_regs){.rcx = entry(DATA, P | U)};
    assert_false(run("\x48\x89\x0a", 3, &regs, 4));         /* two entries at once */
    assert_false(run("\x48\x01\xca", 3, &regs, 0));         /* no operand in memory */
    assert_false(run("\x0f\xc7\x0a", 3, &regs, 0));         /* cmpxchg8b: not one that we know */
    assert_false(run("\x48\x0f\xba\x1a\x01", 5, &regs, 0)); /* no such bit operation */
    assert_int_equal(table(L1)[SLOT], 0);
    w.v1->arch.mm.kernel_l4 = _mfn(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(writes_are_done_as_the_processor_would),
        TEST(what_may_not_be_is_not_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
