/* SPDX-License-Identifier: MIT */
/* The shared page and what goes by it: the clock and events; waiting; another vCPU. */
#ifndef SHARED_H
#define SHARED_H

#include "pvh.h"

#include <xen/event_channel.h>

/* Of the local APIC, in x2APIC mode. */
#define APIC_EOI   0x80b
#define APIC_SPIV  0x80f
#define APIC_ICR   0x830
#define APIC_TIMER 0x832
#define SECOND     (2UL << 32) /* where ICR has the other's local APIC */

extern struct shared_info *shared;
long map_shared_info(void);

/* The clock, as guests compute it; the counter is called TSC. */
uint64_t ns(uint64_t ticks);
uint64_t ticks_of(uint64_t ns);
/* Now, by what that vCPU, which has to be the one that asks, is told; the TSC of that moment. */
uint64_t system_time(unsigned int vcpu, uint64_t *tsc);
uint64_t wall_clock(void); /* seconds since 1970 */

void clear_events(void);
void unmask(evtchn_port_t port);

#define PATIENCE (60 * 1000000000UL) /* nanoseconds, for what others do */
/* Let what waits come in, for two instructions. */
static inline void sti_nop_cli(void)
{
    __asm__ volatile("sti; nop; nop; cli" ::: "memory");
}
/* Until that many interrupts have come, and their handlers have ended them; false: not within a minute. */
bool halt_until_seen(unsigned int nr);
static inline void yield(void)
{
    CALL(sched_op, 0 /* SCHEDOP_yield */, 0, 0);
}
/* Off the CPU until then, by the clock. */
void sleep_until(uint64_t time);

/* Has the first vCPU had an NMI (`xl trigger NAME nmi 0`), or does nobody care any more? */
bool told_to_end(void);

void start_apic(void); /* in x2APIC mode */
/* Start the other vCPU through real mode, anew if it ran already: its local APIC is on, interrupts are
 * off, and it halts for good when fn() returns. */
void start_second(void (*fn)(void));

#endif
