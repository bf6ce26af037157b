/* SPDX-License-Identifier: MIT */
/* A PVH guest that measures what its hypervisor does; each figure is a median, in ns. */
#ifndef BENCH_H
#define BENCH_H

#include "../shared.h"

#define ROUNDS 41 /* of which the median is told */

struct figure {
    const char *name;
    unsigned int nr;
    uint64_t ticks[ROUNDS];
};
void note(struct figure *f, uint64_t ticks);
void tell(struct figure *f);

void bench_exits(void);
void bench_memory(void);
void bench_events(void);
void bench_timers(void);
void bench_second(void);

#endif
