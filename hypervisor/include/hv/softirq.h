/* SPDX-License-Identifier: MIT */
/* Work put off to a safe point: the way back to a guest, and the idle loop (core/softirq.c). */
#ifndef HV_SOFTIRQ_H
#define HV_SOFTIRQ_H

#include <hv/types.h>

enum softirq {
    SOFTIRQ_TIMER,
    SOFTIRQ_RCU,
    SOFTIRQ_CONSOLE,
    SOFTIRQ_NMI,
    SOFTIRQ_SCHEDULE,
    NR_SOFTIRQS
};
/* SOFTIRQ_NMI: the arch's, for what an NMI's handler cannot do itself (it may only raise one here).
 * SOFTIRQ_SCHEDULE is handled last, since switching vCPU does not return. */

void softirq_raise(enum softirq nr);                       /* on this CPU */
void softirq_raise_cpu(unsigned int cpu, enum softirq nr); /* IPI if the CPU is another */
static inline bool softirq_pending(unsigned int cpu);
static inline bool softirq_pending_here(void); /* on this CPU */
void softirq_run(void);                        /* with interrupts enabled, no lock held */

/* Is there a reason to give up the CPU?  Long hypercalls ask this now and then and return
 * -EPREEMPTED (see hypercall.h) when it says yes. */
static inline bool hypercall_preempt_check(void);

/* Arch: make CPU notice its pending softirqs. */
void arch_send_event_check(unsigned int cpu);
void arch_nmi_softirq(void);

#include <hv/arch/cpu.h>
#include <hv/atomic.h>
DECLARE_PER_CPU(unsigned long, softirq_bits);
static inline bool softirq_pending(unsigned int cpu)
{
    return read_atomic(&per_cpu(softirq_bits, cpu)) != 0;
}
static inline bool softirq_pending_here(void)
{
    return read_atomic(&this_cpu(softirq_bits)) != 0;
}
static inline bool hypercall_preempt_check(void)
{
    return softirq_pending_here();
}

/* Grace periods: run fn(arg) when every CPU has passed through softirq_run() or idled, that is,
 * when no hypercall or interrupt handler that ran at the time of the call still runs. */
struct rcu_head {
    struct rcu_head *next;
    void (*fn)(struct rcu_head *);
};
void call_rcu(struct rcu_head *head, void (*fn)(struct rcu_head *));

#endif
