/* SPDX-License-Identifier: MIT */
/* The scheduler: proportional share over all CPUs, answers as credit2 (core/sched.c). */
#ifndef HV_SCHED_H
#define HV_SCHED_H

#include <hv/cpumask.h>
#include <hv/list.h>
#include <hv/time.h>

struct sched_vcpu {
    struct list_head runq; /* on its CPU's queue when it waits to run */
    cpumask_t hard, soft;  /* affinity as set */
    cpumask_t hard_saved;  /* SCHEDOP_pin_override: what it was before */
    bool pinned_by_guest;
    int64_t vtime;      /* ns run, scaled by weight; off a queue: relative to the queue's */
    s_time_t run_start; /* of this stretch; charged up to here */
    s_time_t slice_start;
    s_time_t off_since;               /* when it left the queue (blocked, paused) */
    unsigned int queued_weight;       /* what it adds to its queue's load */
    bool migrating, yielding, parked; /* parked: over its domain's cap */
};
struct sched_domain {
    uint16_t weight; /* 256 */
    uint16_t cap;    /* percent of a CPU, 0: none */
    uint32_t cpupool;
    int64_t budget; /* ns left of this period, when there is a cap; atomic */
    bool cap_timer_on;
    struct timer cap_timer;
};

void sched_softirq(void);              /* chooses who runs on this CPU */
void sched_init_cpu(unsigned int cpu); /* before the CPU goes online; makes its idle vCPU known */
void sched_init_vcpu(struct vcpu *v);
void sched_destroy_vcpu(struct vcpu *v);
int sched_init_domain(struct domain *d, uint32_t cpupool);
void sched_destroy_domain(struct domain *d);

void vcpu_wake(struct vcpu *v); /* became runnable: queue it, kick a CPU */
void vcpu_sleep_nosync(
    struct vcpu *v);                  /* no longer runnable: off the queue, or kicked off its CPU */
void vcpu_sleep_sync(struct vcpu *v); /* and wait until its state is saved */
bool vcpu_runnable(const struct vcpu *v);
/* current blocks until an event is pending (checks for one after marking itself). */
void vcpu_block(void);
void vcpu_unblock(struct vcpu *v); /* event arrived */
void vcpu_yield(void);
int vcpu_set_affinity(struct vcpu *v, const cpumask_t *hard, const cpumask_t *soft);
/* The CPU switched away from prev: called by the arch at the end of a context switch, when
 * prev's state is wholly in memory. */
void context_saved(struct vcpu *prev);
/* SCHEDOP_pin_override: cpu < 0 ends it. */
long vcpu_pin_override(struct vcpu *v, int cpu);
void sched_set_weight(struct domain *d, uint16_t weight, uint16_t cap);
void sched_dump(void); /* debug key r */
extern unsigned int sched_ratelimit_us;
void vcpu_runstate_get(struct vcpu *v, struct vcpu_runstate_info *out);
uint64_t vcpu_running_time(struct vcpu *v); /* ns, so far */
uint64_t cpu_idle_time(unsigned int cpu);   /* ns */

/* hypercalls */
struct hypercall_args;
long do_sched_op(struct hypercall_args *a);
long do_sched_op_compat(struct hypercall_args *a);
long do_set_timer_op(struct hypercall_args *a);
long do_vcpu_op(struct hypercall_args *a);
struct xen_domctl_scheduler_op;
long sched_adjust(struct domain *d, struct xen_domctl_scheduler_op *op);
struct xen_sysctl_scheduler_op;
long sched_adjust_global(struct xen_sysctl_scheduler_op *op);
struct xen_sysctl_cpupool_op;
long cpupool_do_sysctl(struct xen_sysctl_cpupool_op *op);

#endif
