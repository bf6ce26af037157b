/* SPDX-License-Identifier: MIT */
/* Time and timers.  Implemented by core/timer.c over the arch's clock. */
#ifndef HV_TIME_H
#define HV_TIME_H

#include <hv/list.h>

/* Arch: nanoseconds since boot; monotonic on each CPU and, to well below a microsecond, across. */
s_time_t now(void);
/* Arch: have this CPU's timer interrupt raise SOFTIRQ_TIMER at the time, at once if it has
 * passed; STIME_MAX switches it off. */
void arch_timer_program(s_time_t deadline);
/* Arch: seconds and nanoseconds since 1970-01-01 UTC at boot (now() == 0). */
extern uint64_t wallclock_base_sec;
extern uint32_t wallclock_base_nsec;

/* A one-shot timer, run from SOFTIRQ_TIMER on its CPU, interrupts enabled. */
struct timer {
    s_time_t expires;
    struct list_head link; /* sorted list of its CPU (or a heap: the implementation's choice) */
    void (*fn)(void *);
    void *data;
    unsigned int cpu;
    bool active;
};
void timer_init(struct timer *t, void (*fn)(void *), void *data, unsigned int cpu);
void timer_set(struct timer *t, s_time_t expires); /* also moves an active one */
void timer_stop(struct timer *t);                  /* may still be running on another CPU */
void timer_kill(struct timer *t);                  /* stop and wait until it does not run */
void timer_migrate(struct timer *t, unsigned int cpu);
void timer_softirq(void);

#endif
