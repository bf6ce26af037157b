/* SPDX-License-Identifier: MIT */
/*
 * Checks that a kernel's user can make of the machine below it; run in dom0 and in guests.
 *
 *   check clock THREADS SECONDS   time never goes back, from whichever CPU it is read
 *   check fpu THREADS SECONDS     vector registers keep what was put there
 *
 * Prints "CHECK what ok ..." or "CHECK what BAD ...".
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t last, end_time, rounds, bad;

static uint64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void *read_clock(void *arg)
{
    uint64_t t = 0;

    do {
        pthread_mutex_lock(&lock);
        t = now();
        if (t < last)
            bad = last - t > bad ? last - t : bad;
        last = t;
        rounds++;
        pthread_mutex_unlock(&lock);
    } while (t < end_time);
    return arg;
}

static bool keep_registers(uint64_t seed)
{
    uint64_t in[32] __attribute__((aligned(16))), out[32] __attribute__((aligned(16)));

    for (int i = 0; i < 32; i++)
        in[i] = seed = seed * 6364136223846793005UL + 1442695040888963407UL;
    asm volatile("movdqa 0(%0), %%xmm0; movdqa 16(%0), %%xmm1; movdqa 32(%0), %%xmm2;"
                 "movdqa 48(%0), %%xmm3; movdqa 64(%0), %%xmm4; movdqa 80(%0), %%xmm5;"
                 "movdqa 96(%0), %%xmm6; movdqa 112(%0), %%xmm7; movdqa 128(%0), %%xmm8;"
                 "movdqa 144(%0), %%xmm9; movdqa 160(%0), %%xmm10; movdqa 176(%0), %%xmm11;"
                 "movdqa 192(%0), %%xmm12; movdqa 208(%0), %%xmm13; movdqa 224(%0), %%xmm14;"
                 "movdqa 240(%0), %%xmm15;"
                 "mov $300000, %%ecx; 1: dec %%ecx; jnz 1b;"
                 "movdqa %%xmm0, 0(%1); movdqa %%xmm1, 16(%1); movdqa %%xmm2, 32(%1);"
                 "movdqa %%xmm3, 48(%1); movdqa %%xmm4, 64(%1); movdqa %%xmm5, 80(%1);"
                 "movdqa %%xmm6, 96(%1); movdqa %%xmm7, 112(%1); movdqa %%xmm8, 128(%1);"
                 "movdqa %%xmm9, 144(%1); movdqa %%xmm10, 160(%1); movdqa %%xmm11, 176(%1);"
                 "movdqa %%xmm12, 192(%1); movdqa %%xmm13, 208(%1); movdqa %%xmm14, 224(%1);"
                 "movdqa %%xmm15, 240(%1)"
                 :
                 : "r"(in), "r"(out)
                 : "rcx", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
                   "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
    return !memcmp(in, out, sizeof(in));
}

static void *fight(void *arg)
{
    for (uint64_t i = 0; now() < end_time; i++) {
        bool ok = keep_registers((uintptr_t)arg << 32 | i);

        __atomic_fetch_add(&rounds, 1, __ATOMIC_RELAXED);
        if (!ok)
            __atomic_fetch_add(&bad, 1, __ATOMIC_RELAXED);
    }
    return arg;
}

int main(int argc, char **argv)
{
    pthread_t threads[16];
    int nr = argc == 4 ? atoi(argv[2]) : 0;
    bool clock = argc == 4 && !strcmp(argv[1], "clock");

    if (nr < 1 || nr > 16 || (!clock && strcmp(argv[1], "fpu"))) {
        fprintf(stderr, "usage: check clock|fpu THREADS SECONDS\n");
        return 2;
    }
    end_time = now() + strtoull(argv[3], NULL, 0) * 1000000000;
    for (int i = 0; i < nr; i++)
        pthread_create(&threads[i], NULL, clock ? read_clock : fight, (void *)(uintptr_t)(i + 1));
    for (int i = 0; i < nr; i++)
        pthread_join(threads[i], NULL);
    printf("CHECK %s %s rounds %llu bad %llu\n", argv[1], bad ? "BAD" : "ok",
           (unsigned long long)rounds, (unsigned long long)bad);
    return bad != 0;
}
