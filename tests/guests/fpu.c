/* SPDX-License-Identifier: MIT */
/* Vector registers that nobody else may change, however often this vCPU loses its CPU. */
#include "guest.h"

#include <xen/sched.h>

static uint64_t patterns[MAX_VCPUS][32] __attribute__((aligned(16)));
static uint64_t found[MAX_VCPUS][32] __attribute__((aligned(16)));
static volatile int bad;
static uint64_t end_time;

static void load(const uint64_t *p)
{
    asm volatile("movdqa 0(%0), %%xmm0; movdqa 16(%0), %%xmm1; movdqa 32(%0), %%xmm2;"
                 "movdqa 48(%0), %%xmm3; movdqa 64(%0), %%xmm4; movdqa 80(%0), %%xmm5;"
                 "movdqa 96(%0), %%xmm6; movdqa 112(%0), %%xmm7; movdqa 128(%0), %%xmm8;"
                 "movdqa 144(%0), %%xmm9; movdqa 160(%0), %%xmm10; movdqa 176(%0), %%xmm11;"
                 "movdqa 192(%0), %%xmm12; movdqa 208(%0), %%xmm13; movdqa 224(%0), %%xmm14;"
                 "movdqa 240(%0), %%xmm15; fninit; fildq 0(%0); fildq 8(%0)"
                 :
                 : "r"(p)
                 : "memory");
}

static void store(uint64_t *p)
{
    asm volatile("movdqa %%xmm0, 0(%0); movdqa %%xmm1, 16(%0); movdqa %%xmm2, 32(%0);"
                 "movdqa %%xmm3, 48(%0); movdqa %%xmm4, 64(%0); movdqa %%xmm5, 80(%0);"
                 "movdqa %%xmm6, 96(%0); movdqa %%xmm7, 112(%0); movdqa %%xmm8, 128(%0);"
                 "movdqa %%xmm9, 144(%0); movdqa %%xmm10, 160(%0); movdqa %%xmm11, 176(%0);"
                 "movdqa %%xmm12, 192(%0); movdqa %%xmm13, 208(%0); movdqa %%xmm14, 224(%0);"
                 "movdqa %%xmm15, 240(%0)"
                 :
                 : "r"(p)
                 : "memory");
}

static bool x87_holds(const uint64_t *p)
{
    uint64_t top = 0, next = 0;

    asm volatile("fistpq %0; fistpq %1" : "=m"(top), "=m"(next) : : "memory");
    return top == p[1] && next == p[0];
}

static void fight(unsigned int vcpu)
{
    uint64_t seed = number_option("seed", 1) * 100 + vcpu, *p = patterns[vcpu], *q = found[vcpu];
    uint32_t mxcsr = 0x1f80 | (uint32_t)(seed & 3) << 13, back = 0;
    unsigned long rounds = 0;

    asm volatile("ldmxcsr %0" : : "m"(mxcsr));
    while (now() < end_time && !bad) {
        for (unsigned int i = 0; i < 32; i++)
            p[i] = random64(&seed) >> 1;
        load(p);
        if (rounds % 4 == 0) {
            yield();
        } else {
            for (volatile unsigned int i = 0; i < 20000; i++)
                ;
        }
        store(q);
        asm volatile("stmxcsr %0" : "=m"(back));
        if (memcmp(p, q, 256) || !x87_holds(p) || back != mxcsr)
            bad = 1;
        rounds++;
    }
    print("FPU-ROUNDS %u %lu\n", vcpu, rounds);
}

/* With TS set by fpu_taskswitch, the next use is the guest's own to handle. */
static void task_switched(void)
{
    long fault = 0;

    load(patterns[0]);
    CALL(fpu_taskswitch, 1);
    fault = FAULT(asm volatile("movdqa %%xmm0, %%xmm1" : :));
    expect(fault == 8, "fpu-task-switched", "vector + 1:", fault);
    fault = FAULT(asm volatile("movdqa %%xmm0, %%xmm0" : :)); /* the fault has cleared it */
    expect(fault == 0, "fpu-cleared-by-fault", "vector + 1:", fault);
}

void run_fpu(void)
{
    uint64_t seconds = number_option("seconds", 10);

    task_switched();
    end_time = now() + seconds * 1000000000UL;
    start_vcpus((unsigned int)number_option("vcpus", 1), fight);
    fight(0);
    expect(!bad, "fpu-registers-kept", "differ:", bad);
    print("FPU-END\n");
}
