/* SPDX-License-Identifier: MIT */
/* Softirqs and grace periods. */
#include <hv/cpumask.h>
#include <hv/printk.h>
#include <hv/domain.h>
#include <hv/softirq.h>
#include <hv/spinlock.h>
#include <hv/time.h>

static void rcu_softirq(void);

static void (*const handlers[NR_SOFTIRQS])(void) = {
    [SOFTIRQ_TIMER] = timer_softirq,     [SOFTIRQ_RCU] = rcu_softirq,
    [SOFTIRQ_CONSOLE] = console_softirq, [SOFTIRQ_NMI] = arch_nmi_softirq,
    [SOFTIRQ_SCHEDULE] = sched_softirq,
};
DEFINE_PER_CPU(unsigned long, softirq_bits);

void softirq_raise(enum softirq nr)
{
    __atomic_or_fetch(&this_cpu(softirq_bits), BIT(nr), __ATOMIC_SEQ_CST);
}

void softirq_raise_cpu(unsigned int cpu, enum softirq nr)
{
    unsigned long was = __atomic_fetch_or(&per_cpu(softirq_bits, cpu), BIT(nr), __ATOMIC_SEQ_CST);

    if (!(was & BIT(nr)) && cpu != smp_processor_id())
        arch_send_event_check(cpu);
}

/* Switching vCPU may not return, so that bit is cleared and handled by itself, last. */
void softirq_run(void)
{
    for (;;) {
        unsigned long *bits = &this_cpu(softirq_bits);
        unsigned long pending = read_atomic(bits);
        unsigned int nr;

        if (!pending)
            return;
        nr = (unsigned int)__builtin_ctzl(pending);
        __atomic_and_fetch(bits, ~BIT(nr), __ATOMIC_SEQ_CST);
        handlers[nr]();
    }
}

/* --- grace periods -------------------------------------------------------------------------------
 * One at a time: every online CPU is asked to pass through its softirqs once; the last one to do so
 * ends the period.  Callbacks that come meanwhile wait for the next. */
static spinlock_t rcu_lock = SPINLOCK_INIT;
static struct rcu_head *rcu_waiting, *rcu_in_period;
static cpumask_t rcu_pending_cpus;

/* rcu_lock is held.  Returns the CPUs to be asked. */
static cpumask_t start_period(void)
{
    cpumask_t ask = {{0}};

    if (!rcu_in_period && rcu_waiting) {
        rcu_in_period = rcu_waiting;
        rcu_waiting = NULL;
        rcu_pending_cpus = ask = cpu_online_map;
    }
    return ask;
}

static void ask_cpus(const cpumask_t *ask)
{
    unsigned int cpu;

    for_each_cpu (cpu, ask)
        softirq_raise_cpu(cpu, SOFTIRQ_RCU);
}

void call_rcu(struct rcu_head *head, void (*fn)(struct rcu_head *))
{
    unsigned long flags;
    cpumask_t ask;

    head->fn = fn;
    spin_lock_irqsave(&rcu_lock, flags);
    head->next = rcu_waiting;
    rcu_waiting = head;
    ask = start_period();
    spin_unlock_irqrestore(&rcu_lock, flags);
    ask_cpus(&ask);
}

static void rcu_softirq(void)
{
    struct rcu_head *done = NULL, *next;
    unsigned long flags;
    cpumask_t ask = {{0}};

    spin_lock_irqsave(&rcu_lock, flags);
    cpumask_unset(smp_processor_id(), &rcu_pending_cpus);
    cpumask_and(&rcu_pending_cpus, &rcu_pending_cpus, &cpu_online_map);
    if (rcu_in_period && cpumask_empty(&rcu_pending_cpus)) {
        done = rcu_in_period;
        rcu_in_period = NULL;
        ask = start_period();
    }
    spin_unlock_irqrestore(&rcu_lock, flags);
    ask_cpus(&ask);
    for (; done; done = next) {
        next = done->next;
        done->fn(done);
    }
}
