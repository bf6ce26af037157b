/* SPDX-License-Identifier: MIT */
/* Registers that nobody else may change, however often a vCPU loses its CPU: x87, SSE and AVX with their
 * control words, and debug registers.  With CR0.TS set, their next use is the guest's own to handle. */
#include "shared.h"

#define NR_VCPUS   2
#define FCW_MASKED 0x3f
#define FSW_ES     0x8080 /* with B, that follows it */
#define MXCSR_ALL  0xffbf
#define YMM_AT     576 /* in XSAVE's area */
#define CR0_TS     8UL

struct area {
    uint16_t fcw, fsw;
    uint8_t ftw, reserved0;
    uint16_t fop;
    uint64_t fip, fdp;
    uint32_t mxcsr, mxcsr_mask;
    struct {
        uint8_t value[10], reserved[6];
    } st[8];
    uint64_t xmm[16][2], reserved1[12];
    uint64_t xstate_bv, reserved2[7], ymm[16][2];
} __attribute__((aligned(64)));
_Static_assert(offsetof(struct area, ymm) == YMM_AT, "as CPUID leaf 0xd says");

static struct area wanted[NR_VCPUS], found[NR_VCPUS];
static volatile uint64_t lazy[NR_VCPUS], rounds[NR_VCPUS], ended;
static volatile uint64_t bad; /* the first difference: what, in which round, on which vCPU */
static bool avx;
static uint64_t first_seed;

enum what { CONTROL = 1, MEDIA, STACK_REGISTERS, WIDE, DEBUG, NOT_TRAPPED };

static uint64_t random64(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* One time of four with an exception pending, unmasked. */
static void invent(struct area *a, uint64_t *seed, uint64_t round)
{
    for (uint64_t *p = (uint64_t *)a; p < a->reserved1; p++)
        *p = random64(seed);
    for (uint64_t *p = a->ymm[0]; p < a->ymm[16]; p++)
        *p = random64(seed);
    a->fcw = (a->fcw & 0xf00) | 0x40 | FCW_MASKED;
    a->fsw &= 0x7f7f;
    if (round % 4 == 1) {
        a->fcw &= (uint16_t)~FCW_MASKED;
        a->fsw |= FSW_ES | 1;
    }
    a->fop = 0;
    a->fip = a->fdp = 0;
    a->mxcsr &= MXCSR_ALL;
    a->xstate_bv = 7;
}

static void load(const struct area *a)
{
    if (avx)
        __asm__ volatile("xrstor64 %0" ::"m"(*a), "a"(7), "d"(0) : "memory");
    else
        __asm__ volatile("fxrstor64 %0" ::"m"(*a) : "memory");
    __asm__ volatile("mov %0, %%db0; mov %1, %%db3" ::"r"(a->xmm[0][0] >> 20),
                     "r"(a->xmm[3][0] >> 20));
}

static void store(struct area *a)
{
    if (avx)
        __asm__ volatile("xsave64 %0" : "+m"(*a) : "a"(7), "d"(0) : "memory");
    else
        __asm__ volatile("fxsave64 %0" : "+m"(*a)::"memory");
}

static bool same_stack(const struct area *a, const struct area *b)
{
    for (unsigned int i = 0; i < 8; i++)
        if (memcmp(a->st[i].value, b->st[i].value, sizeof(a->st[i].value)))
            return false;
    return true;
}

static enum what difference(const struct area *a, const struct area *b)
{
    uint64_t db0, db3;

    __asm__ volatile("mov %%db0, %0; mov %%db3, %1" : "=r"(db0), "=r"(db3));
    if (a->fcw != b->fcw || a->fsw != b->fsw || a->ftw != b->ftw || a->mxcsr != b->mxcsr)
        return CONTROL;
    if (memcmp(a->xmm, b->xmm, sizeof(a->xmm)))
        return MEDIA;
    if (!same_stack(a, b))
        return STACK_REGISTERS;
    if (avx && memcmp(a->ymm, b->ymm, sizeof(a->ymm)))
        return WIDE;
    return db0 != a->xmm[0][0] >> 20 || db3 != a->xmm[3][0] >> 20 ? DEBUG : 0;
}

/* --- lazily ---------------------------------------------------------------------------------------------- */
static uint64_t read_cr0(void)
{
    uint64_t cr0;

    __asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
    return cr0;
}

static unsigned int own_id(void)
{
    return (unsigned int)rdmsr(0x802) / 2;
}

static bool not_available(struct regs *r)
{
    if (r->vector != 7)
        return false;
    __asm__ volatile("clts");
    lazy[own_id()]++;
    return true;
}

/* --- the fight ------------------------------------------------------------------------------------------ */
static void lose_cpu(uint64_t round)
{
    if (round % 8 == 0)
        sleep_until(system_time(own_id(), NULL) + 1000000);
    else if (round % 2)
        yield();
    else
        for (volatile unsigned int i = 0; i < 20000; i++)
            ;
}

static void fight(unsigned int vcpu)
{
    uint64_t seed = first_seed * NR_VCPUS + vcpu + 1, before, round;
    struct area *a = &wanted[vcpu], *b = &found[vcpu];
    enum what what;
    bool lazily;

    for (round = 0; !told_to_end() && !bad; round++) {
        lazily = round % 3 == 0;
        invent(a, &seed, round);
        before = lazy[vcpu];
        load(a);
        if (lazily)
            __asm__ volatile("mov %0, %%cr0" ::"r"(read_cr0() | CR0_TS));
        lose_cpu(round);
        store(b);
        what = lazy[vcpu] - before == lazily ? difference(a, b) : NOT_TRAPPED;
        if (what)
            bad = (uint64_t)what << 56 | (uint64_t)vcpu << 48 | round;
    }
    rounds[vcpu] = round;
}

static void use_avx(void)
{
    uint64_t cr4;

    if ((cpuid(1, 0).c >> 26 & 5) != 5) /* XSAVE, AVX */
        return;
    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    __asm__ volatile("mov %0, %%cr4; xsetbv" ::"r"(cr4 | 1UL << 18), "a"(7), "d"(0), "c"(0));
    avx = cpuid(0xd, 2).b == YMM_AT;
}

static void second(void)
{
    use_avx();
    fight(1);
    __atomic_store_n(&ended, 1, __ATOMIC_SEQ_CST);
}

void run_fpu(void)
{
    if (map_shared_info()) {
        expect(false, "fpu-shared-info", 0);
        return;
    }
    start_apic();
    on_fault = not_available;
    first_seed = number("seed", 1);
    use_avx();
    start_second(second);
    fight(0);
    for (unsigned int i = 0; i < 10000 && !ended; i++)
        yield();
    expect(ended && !bad, "fpu-registers-kept", bad);
    expect(rounds[0] >= 16 && rounds[1] >= 16, "fpu-lost-cpu", rounds[0] << 32 | rounds[1]);
    expect(lazy[0] >= 5 && lazy[1] >= 5, "fpu-used-lazily", lazy[0] << 32 | lazy[1]);
    say("# ", "fpu-rounds", true, rounds[0] + rounds[1]);
    say("TESTS-END ", "failures", true, (uint64_t)failures);
}
