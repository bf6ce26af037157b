/* SPDX-License-Identifier: MIT */
/* The scheduler: proportional share over all CPUs, answers as credit2 (core/sched.c). */
#ifndef HV_SCHED_H
#define HV_SCHED_H

#include <hv/cpumask.h>
#include <hv/list.h>
#include <hv/time.h>

struct sched_vcpu {
    struct list_head runq;    /* on its CPU's (or the shared) queue when it waits to run */
    cpumask_t hard, soft;     /* affinity as set */
    cpumask_t hard_effective; /* hard & online */
    int64_t credit;
    s_time_t run_start;
    bool migrating, yielding, parked; /* parked: over its domain's cap */
    void *priv;
};
struct sched_domain {
    uint16_t weight; /* 256 */
    uint16_t cap;    /* percent of a CPU, 0: none */
    uint32_t cpupool;
    int64_t budget;
    struct timer cap_timer;
    void *priv;
};

void sched_init(void);
void sched_init_cpu(unsigned int cpu);      /* before the CPU goes online; makes its idle vCPU known */
int sched_init_vcpu(struct vcpu *v);
void sched_destroy_vcpu(struct vcpu *v);
int sched_init_domain(struct domain *d, uint32_t cpupool);
void sched_destroy_domain(struct domain *d);

void vcpu_wake(struct vcpu *v);         /* became runnable: queue it, kick a CPU */
void vcpu_sleep_nosync(struct vcpu *v); /* no longer runnable: off the queue, or kicked off its CPU */
void vcpu_sleep_sync(struct vcpu *v);   /* and wait until its state is saved */
bool vcpu_runnable(const struct vcpu *v);
/* current blocks until an event is pending (checks for one after marking itself). */
void vcpu_block(void);
void vcpu_unblock(struct vcpu *v); /* event arrived */
void vcpu_yield(void);
int vcpu_set_affinity(struct vcpu *v, const cpumask_t *hard, const cpumask_t *soft);
/* The CPU switched away from prev: called by the arch at the end of a context switch, when
 * prev's state is wholly in memory. */
void context_saved(struct vcpu *prev);
void vcpu_runstate_get(struct vcpu *v, struct vcpu_runstate_info *out);
uint64_t cpu_idle_time(unsigned int cpu); /* ns */

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
