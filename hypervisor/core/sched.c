/* SPDX-License-Identifier: MIT */
/* The scheduler: proportional shares by virtual time.
 *
 * Each CPU has a queue of vCPUs that wait to run there, sorted by virtual time: the time they have
 * run, divided by their weight.  The one furthest behind runs next, so that busy vCPUs of a queue
 * get CPU time in proportion to their weights.  A vCPU that was away (blocked, or on another CPU's
 * queue) joins with a virtual time near the queue's own: idling earns no more than WAKE_BONUS.
 *
 * CPUs share work by three means: a vCPU that wakes goes to an idle CPU that it may use, or to the
 * least loaded; a CPU that has nothing to do takes a waiting vCPU from another; and now and then
 * a CPU takes one from a queue that is so much longer that this makes things more even.
 *
 * Locks: queues (one a CPU); two at once: lower CPU first.  A vCPU belongs to the queue of
 * v->processor, which changes only under that queue's lock.  While v->is_running its registers are
 * in some CPU: it must not move. */
#include <hv/arch/domain.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/printk.h>
#include <hv/sched.h>
#include <hv/softirq.h>

#define DEFAULT_WEIGHT 256
#define TIMESLICE      MILLISECS(10)
#define WAKE_BONUS     MILLISECS(3)
#define MAX_LAG        MILLISECS(10)
#define PREEMPT_MARGIN MICROSECS(200)
#define BALANCE_PERIOD MILLISECS(50)
#define CAP_PERIOD     MILLISECS(20)

unsigned int sched_ratelimit_us = 1000;

struct run_queue {
    spinlock_t lock;
    unsigned int cpu;
    bool ready;
    struct vcpu *curr;
    struct list_head waiting; /* sorted by vtime */
    unsigned int nr_waiting;
    uint64_t load;     /* sum of weights, waiting and running */
    int64_t min_vtime; /* never goes back */
    s_time_t next_balance;
    struct timer timer; /* end of slice */
};
static DEFINE_PER_CPU(struct run_queue, run_queue);
static cpumask_t idlers; /* CPUs that run their idle vCPU */

static struct run_queue *queue_of(unsigned int cpu)
{
    return &per_cpu(run_queue, cpu);
}

static unsigned int weight_of(const struct vcpu *v)
{
    return v->domain->sched.weight ?: DEFAULT_WEIGHT;
}

static int64_t scaled(const struct vcpu *v, s_time_t t)
{
    return t * DEFAULT_WEIGHT / weight_of(v);
}

static bool is_idle(const struct vcpu *v)
{
    return v->domain->is_idle;
}

/* Queues are locked with interrupts off: interrupt handlers wake vCPUs. */
static struct run_queue *lock_queue_of(const struct vcpu *v, unsigned long *flags)
{
    for (;;) {
        unsigned int cpu = read_atomic(&v->processor);
        struct run_queue *q = queue_of(cpu);

        spin_lock_irqsave(&q->lock, *flags);
        if (likely(cpu == v->processor))
            return q;
        spin_unlock_irqrestore(&q->lock, *flags);
    }
}

static void unlock_queue(struct run_queue *q, unsigned long flags)
{
    spin_unlock_irqrestore(&q->lock, flags);
}

bool vcpu_runnable(const struct vcpu *v)
{
    return !(read_atomic(&v->pause_flags) | read_atomic(&v->pause_count) |
             read_atomic(&v->domain->pause_count));
}

static bool may_run_on(const struct vcpu *v, unsigned int cpu)
{
    return cpumask_test(cpu, &v->sched.hard);
}

static bool is_waiting(const struct vcpu *v)
{
    return !list_empty(&v->sched.runq);
}

/* --- run states ------------------------------------------------------------------------------- */
static void set_runstate(struct vcpu *v, int state, s_time_t t)
{
    s_time_t spent = t - (s_time_t)v->runstate.state_entry_time;

    if (v->runstate.state == state)
        return;
    if (spent > 0) {
        v->runstate.time[v->runstate.state] += (uint64_t)spent;
        v->runstate.state_entry_time = (uint64_t)t;
    }
    v->runstate.state = state;
}

/* What v is while it does not run and does not wait to. */
static int off_state(const struct vcpu *v)
{
    bool blocked = (read_atomic(&v->pause_flags) & (VPF_blocked | VPF_polling)) != 0;
    bool down = (read_atomic(&v->pause_flags) & VPF_down) || read_atomic(&v->pause_count) ||
                read_atomic(&v->domain->pause_count);

    return blocked && !down ? RUNSTATE_blocked : RUNSTATE_offline;
}

void vcpu_runstate_get(struct vcpu *v, struct vcpu_runstate_info *out)
{
    unsigned long flags;
    struct run_queue *q = lock_queue_of(v, &flags);
    s_time_t spent = now() - (s_time_t)v->runstate.state_entry_time;

    *out = v->runstate;
    if (spent > 0)
        out->time[out->state] += (uint64_t)spent;
    unlock_queue(q, flags);
}

uint64_t vcpu_running_time(struct vcpu *v)
{
    struct vcpu_runstate_info run;

    /* what does not run has a time that stands still */
    if (!read_atomic(&v->is_running))
        return read_atomic(&v->runstate.time[RUNSTATE_running]);
    vcpu_runstate_get(v, &run);
    return run.time[RUNSTATE_running];
}

uint64_t cpu_idle_time(unsigned int cpu)
{
    struct vcpu_runstate_info info = {0};

    if (cpu < NR_CPUS && idle_vcpu[cpu])
        vcpu_runstate_get(idle_vcpu[cpu], &info);
    return info.time[RUNSTATE_running];
}

/* --- queues; the queue's lock is held --------------------------------------------------------- */
static struct vcpu *first_waiting(const struct run_queue *q)
{
    return list_empty(&q->waiting) ? NULL : list_first_entry(&q->waiting, struct vcpu, sched.runq);
}

static void advance_min_vtime(struct run_queue *q)
{
    struct vcpu *first = first_waiting(q);
    int64_t least = INT64_MAX;

    if (q->curr && !is_idle(q->curr))
        least = q->curr->sched.vtime;
    if (first)
        least = min(least, first->sched.vtime);
    if (least != INT64_MAX)
        q->min_vtime = max(q->min_vtime, least);
}

static void insert_waiting(struct run_queue *q, struct vcpu *v)
{
    struct list_head *at = q->waiting.prev;

    while (at != &q->waiting &&
           list_entry(at, struct vcpu, sched.runq)->sched.vtime > v->sched.vtime)
        at = at->prev;
    list_add(&v->sched.runq, at);
    q->nr_waiting++;
}

static void remove_waiting(struct run_queue *q, struct vcpu *v)
{
    list_del(&v->sched.runq);
    q->nr_waiting--;
}

/* v starts to count for q, with a virtual time that fits there. */
static void join_queue(struct run_queue *q, struct vcpu *v, s_time_t t)
{
    s_time_t away = min(t - v->sched.off_since, SECONDS(1));
    int64_t lag = v->sched.vtime - scaled(v, away);

    lag = max(lag, -scaled(v, WAKE_BONUS));
    v->sched.vtime = q->min_vtime + min(lag, scaled(v, MAX_LAG));
    v->sched.queued_weight = weight_of(v);
    q->load += v->sched.queued_weight;
    insert_waiting(q, v);
}

/* v, neither waiting nor running from here on, remembers where it was relative to the others. */
static void leave_queue(struct run_queue *q, struct vcpu *v, s_time_t t)
{
    v->sched.vtime -= q->min_vtime;
    v->sched.off_since = t;
    q->load -= v->sched.queued_weight;
}

/* --- charging, and caps --------------------------------------------------------------------------
 * A domain with a cap has a budget for each period; a vCPU that finds it spent is parked: off the
 * queue, though runnable, until the next period.  Periods go on as long as the domain runs or has
 * overspent. */
static int64_t budget_of_period(const struct domain *d)
{
    return CAP_PERIOD * d->sched.cap / 100;
}

static bool budget_spent(const struct vcpu *v)
{
    return v->domain->sched.cap && read_atomic(&v->domain->sched.budget) <= 0;
}

static void start_period(struct domain *d, s_time_t t)
{
    if (d->sched.cap && !atomic_xchg(&d->sched.cap_timer_on, true))
        timer_set(&d->sched.cap_timer, t + CAP_PERIOD);
}

/* The end of a period, which must come, finds it. */
static void park(struct vcpu *v, s_time_t t)
{
    v->sched.parked = true;
    start_period(v->domain, t);
}

/* Who runs on q, for what it has run up to now; the queue's lock is held. */
static void charge(struct run_queue *q, s_time_t t)
{
    struct vcpu *v = q->curr;
    s_time_t ran = t - v->sched.run_start;

    if (is_idle(v) || ran <= 0)
        return;
    v->sched.run_start = t;
    v->sched.vtime += scaled(v, ran);
    if (v->domain->sched.cap)
        atomic_sub_return(&v->domain->sched.budget, ran);
    advance_min_vtime(q);
}

/* At the end of a period.  What v has run since it was charged last belongs to it.  Returns
 * whether v will go on spending. */
static bool settle_vcpu(struct vcpu *v, s_time_t t, bool *unparked)
{
    unsigned long flags;
    struct run_queue *q = lock_queue_of(v, &flags);
    bool spends = q->curr == v || is_waiting(v) || v->sched.parked;

    if (q->curr == v)
        charge(q, t);
    *unparked = v->sched.parked;
    v->sched.parked = false;
    unlock_queue(q, flags);
    return spends;
}

static void cap_timer_fn(void *data)
{
    struct domain *d = data;
    unsigned long parked[(MAX_VCPUS + 63) / 64] = {0};
    s_time_t t = now(), due = d->sched.cap_timer.expires;
    bool spends = false, was_parked;
    struct vcpu *v;

    /* Whoever is parked from here on, after we looked at it, has the timer set anew. */
    write_atomic(&d->sched.cap_timer_on, false);
    smp_mb();
    for_each_vcpu (d, v) {
        spends |= settle_vcpu(v, t, &was_parked);
        if (was_parked)
            set_bit(v->id, parked);
    }
    /* What was left over is lost, what was overspent is not. */
    write_atomic(&d->sched.budget,
                 min(read_atomic(&d->sched.budget), (int64_t)0) + budget_of_period(d));
    /* From when the last one ended: a timer that is late makes periods no longer. */
    if (spends || read_atomic(&d->sched.budget) <= 0)
        start_period(d, due <= t && t - due < CAP_PERIOD ? due : t);
    for_each_vcpu (d, v)
        if (test_bit(v->id, parked))
            vcpu_wake(v);
}

/* --- choosing a CPU --------------------------------------------------------------------------- */
static bool first_common(const cpumask_t *a, const cpumask_t *b, unsigned int *cpu)
{
    cpumask_t m;

    cpumask_and(&m, a, b);
    *cpu = cpumask_first(&m);
    return *cpu < NR_CPUS;
}

/* Where should v run?  An idle CPU, its last one best, soft affinity before the rest; else the
 * least loaded one. */
static unsigned int choose_cpu(const struct vcpu *v)
{
    unsigned int cpu, best = NR_CPUS, last = v->processor;
    cpumask_t allowed, preferred, idle;

    cpumask_and(&allowed, &v->sched.hard, &cpu_online_map);
    cpumask_and(&preferred, &allowed, &v->sched.soft);
    if (cpumask_empty(&preferred))
        preferred = allowed;
    cpumask_and(&idle, &allowed, &idlers);
    if (cpumask_test(last, &preferred) && cpumask_test(last, &idle))
        return last;
    if (first_common(&idle, &preferred, &cpu))
        return cpu;
    if (cpumask_test(last, &idle))
        return last;
    if (!cpumask_empty(&idle))
        return cpumask_first(&idle);
    if (cpumask_test(last, &preferred))
        best = last;
    for_each_cpu (cpu, &preferred)
        if (best == NR_CPUS ||
            read_atomic(&queue_of(cpu)->load) < read_atomic(&queue_of(best)->load))
            best = cpu;
    return best < NR_CPUS ? best : last;
}

/* --- preemption ------------------------------------------------------------------------------- */
static void look_again_at(struct run_queue *q, s_time_t t)
{
    if (!q->timer.active || q->timer.expires > t)
        timer_set(&q->timer, t);
}

static void reschedule_cpu(unsigned int cpu)
{
    softirq_raise_cpu(cpu, SOFTIRQ_SCHEDULE);
}

/* v has joined q: does it run at once?  The queue's lock is held. */
static void preempt_for(struct run_queue *q, struct vcpu *v, s_time_t t)
{
    struct vcpu *curr = q->curr;
    s_time_t allowed_until;

    if (is_idle(curr)) {
        /* So that the next vCPU to wake looks elsewhere. */
        cpumask_unset(q->cpu, &idlers);
        reschedule_cpu(q->cpu);
        return;
    }
    allowed_until = curr->sched.slice_start + MICROSECS(sched_ratelimit_us);
    if (v->sched.vtime + scaled(v, PREEMPT_MARGIN) <
        curr->sched.vtime + scaled(curr, t - curr->sched.run_start)) {
        if (t >= allowed_until)
            reschedule_cpu(q->cpu);
        else
            look_again_at(q, allowed_until);
    } else if (q->nr_waiting == 1) {
        /* It had the CPU to itself, without an end of slice. */
        look_again_at(q, max(curr->sched.slice_start + TIMESLICE, t));
    }
}

/* An idle CPU may be able to take v off our queue. */
static void wake_idler_for(const struct vcpu *v)
{
    cpumask_t idle;
    unsigned int cpu;

    cpumask_and(&idle, &idlers, &cpu_online_map);
    if (first_common(&idle, &v->sched.hard, &cpu)) {
        cpumask_unset(cpu, &idlers);
        reschedule_cpu(cpu);
    }
}

/* --- waking and putting to sleep -------------------------------------------------------------- */
/* With v's queue locked: is there anything to be done to have it run? */
static bool wants_queueing(const struct run_queue *q, const struct vcpu *v)
{
    return vcpu_runnable(v) && !is_waiting(v) && q->curr != v && !v->sched.parked &&
           !v->sched.migrating;
}

void vcpu_wake(struct vcpu *v)
{
    unsigned long flags;
    struct run_queue *q = lock_queue_of(v, &flags);
    s_time_t t = now();

    /* Move it first, if another CPU is better and it is wholly in memory. */
    while (wants_queueing(q, v) && !load_acquire(&v->is_running)) {
        unsigned int cpu = choose_cpu(v);

        if (cpu == v->processor)
            break;
        write_atomic(&v->processor, cpu);
        unlock_queue(q, flags);
        q = lock_queue_of(v, &flags);
    }
    if (wants_queueing(q, v)) {
        set_runstate(v, RUNSTATE_runnable, t);
        if (!may_run_on(v, q->cpu) && v->is_running) {
            v->sched.migrating = true; /* context_saved() comes back to it */
        } else {
            join_queue(q, v, t);
            preempt_for(q, v, t);
        }
    } else if (!vcpu_runnable(v) && !is_waiting(v) && q->curr != v) {
        set_runstate(v, off_state(v), t);
    }
    unlock_queue(q, flags);
}

void vcpu_sleep_nosync(struct vcpu *v)
{
    unsigned long flags;
    struct run_queue *q = lock_queue_of(v, &flags);
    s_time_t t = now();

    if (!vcpu_runnable(v)) {
        if (q->curr == v) {
            reschedule_cpu(q->cpu);
        } else {
            if (is_waiting(v)) {
                remove_waiting(q, v);
                leave_queue(q, v, t);
            }
            set_runstate(v, off_state(v), t);
        }
    }
    unlock_queue(q, flags);
}

void vcpu_sleep_sync(struct vcpu *v)
{
    vcpu_sleep_nosync(v);
    while (!vcpu_runnable(v) && load_acquire(&v->is_running))
        arch_cpu_relax();
}

void vcpu_block(void)
{
    struct vcpu *v = current;

    __atomic_or_fetch(&v->pause_flags, VPF_blocked, __ATOMIC_SEQ_CST);
    /* What came before the flag was up has not woken us. */
    if (arch_vcpu_wants_to_run(v))
        __atomic_and_fetch(&v->pause_flags, ~VPF_blocked, __ATOMIC_SEQ_CST);
    else
        softirq_raise(SOFTIRQ_SCHEDULE);
}

void vcpu_unblock(struct vcpu *v)
{
    const unsigned long wait = VPF_blocked | VPF_polling;
    unsigned long was = read_atomic(&v->pause_flags);

    if (!(was & wait))
        return;
    /* Before the flags: whoever takes the bit away, perhaps of a poll that began meanwhile, wakes it. */
    if (was & VPF_polling)
        clear_bit(v->id, v->domain->poll_mask);
    was = __atomic_fetch_and(&v->pause_flags, ~wait, __ATOMIC_SEQ_CST);
    if (was & wait)
        vcpu_wake(v);
}

void vcpu_yield(void)
{
    current->sched.yielding = true;
    softirq_raise(SOFTIRQ_SCHEDULE);
}

/* --- sharing work between CPUs ---------------------------------------------------------------- */
/* Would CPU to gain by taking v from queue from?  Both are locked, or the answer is a guess. */
static bool worth_taking(const struct run_queue *to, const struct run_queue *from,
                         const struct vcpu *v)
{
    return may_run_on(v, to->cpu) && !load_acquire(&v->is_running) &&
           to->load + weight_of(v) <= from->load;
}

/* With both locked: move the best candidate, if there is one. */
static bool take_one(struct run_queue *to, struct run_queue *from, s_time_t t)
{
    struct vcpu *v, *best = NULL;

    list_for_each_entry (v, &from->waiting, sched.runq) {
        if (!worth_taking(to, from, v))
            continue;
        if (!best ||
            (cpumask_test(to->cpu, &v->sched.soft) && !cpumask_test(to->cpu, &best->sched.soft)))
            best = v;
    }
    if (!best)
        return false;
    remove_waiting(from, best);
    leave_queue(from, best, t);
    write_atomic(&best->processor, to->cpu);
    join_queue(to, best, t);
    return true;
}

/* q, our own, is locked.  Others' locks are only tried, whatever the order: nobody waits for us. */
static bool take_from_others(struct run_queue *q, s_time_t t)
{
    unsigned int cpu, tries;
    bool taken = false;
    uint64_t most = 0;

    for (tries = 0; tries < 2 && !taken; tries++) {
        struct run_queue *from = NULL;

        for_each_online_cpu (cpu) {
            struct run_queue *x = queue_of(cpu);
            uint64_t load = read_atomic(&x->load);

            if (x == q || !read_atomic(&x->nr_waiting) || load <= q->load)
                continue;
            if (!from || load > most) {
                from = x;
                most = load;
            }
        }
        if (!from)
            return false;
        if (!spin_trylock(&from->lock))
            continue;
        taken = take_one(q, from, t);
        spin_unlock(&from->lock);
    }
    return taken;
}

/* The longest queue may hold only pinned vCPUs; an idle CPU looks at all. */
static bool take_from_any(struct run_queue *q, s_time_t t)
{
    bool taken = false;
    unsigned int cpu;

    if (take_from_others(q, t))
        return true;
    for_each_online_cpu (cpu) {
        struct run_queue *from = queue_of(cpu);

        if (taken || from == q || !read_atomic(&from->nr_waiting) || !spin_trylock(&from->lock))
            continue;
        taken = take_one(q, from, t);
        spin_unlock(&from->lock);
    }
    return taken;
}

/* --- switching -------------------------------------------------------------------------------- */
/* prev stops being q->curr: where does it go? */
static void put_prev(struct run_queue *q, struct vcpu *prev, s_time_t t)
{
    struct vcpu *first = first_waiting(q);

    if (is_idle(prev))
        return;
    if (!vcpu_runnable(prev)) {
        leave_queue(q, prev, t);
        set_runstate(prev, off_state(prev), t);
    } else if (budget_spent(prev)) {
        park(prev, t);
        leave_queue(q, prev, t);
        set_runstate(prev, RUNSTATE_runnable, t);
    } else if (prev->sched.migrating || !may_run_on(prev, q->cpu)) {
        /* context_saved() finds a CPU for it. */
        prev->sched.migrating = true;
        leave_queue(q, prev, t);
        set_runstate(prev, RUNSTATE_runnable, t);
    } else {
        if (prev->sched.yielding && first)
            prev->sched.vtime = max(prev->sched.vtime, first->sched.vtime + 1);
        set_runstate(prev, RUNSTATE_runnable, t);
        q->load += (uint64_t)weight_of(prev) - prev->sched.queued_weight; /* it may have changed */
        prev->sched.queued_weight = weight_of(prev);
        insert_waiting(q, prev);
    }
    prev->sched.yielding = false;
}

static struct vcpu *pick_next(struct run_queue *q, s_time_t t)
{
    struct vcpu *v;

    for (;;) {
        v = first_waiting(q);
        if (!v && !take_from_any(q, t))
            return idle_vcpu[q->cpu];
        v = first_waiting(q);
        remove_waiting(q, v);
        if (!budget_spent(v))
            return v;
        park(v, t);
        leave_queue(q, v, t);
    }
}

/* When must we look again?  With nobody waiting there is no hurry: who wakes, tells. */
static void set_slice_timer(struct run_queue *q, struct vcpu *next, s_time_t t)
{
    s_time_t end = STIME_MAX;

    if (!is_idle(next)) {
        if (q->nr_waiting)
            end = t + TIMESLICE;
        else if (cpumask_weight(&cpu_online_map) > 1)
            end = t + BALANCE_PERIOD;
        if (next->domain->sched.cap) /* its siblings spend, too */
            end =
                min(end, t + max(read_atomic(&next->domain->sched.budget) / next->domain->max_vcpus,
                                 MICROSECS(200)));
    }
    if (end == STIME_MAX)
        timer_stop(&q->timer);
    else
        timer_set(&q->timer, end);
}

static void balance(struct run_queue *q, s_time_t t)
{
    if (t < q->next_balance)
        return;
    q->next_balance = t + BALANCE_PERIOD;
    if (cpumask_weight(&cpu_online_map) > 1)
        take_from_others(q, t);
}

static void move_timers(struct vcpu *v, unsigned int cpu)
{
    if (is_idle(v) || v->singleshot_timer.cpu == cpu)
        return;
    timer_migrate(&v->singleshot_timer, cpu);
    timer_migrate(&v->periodic_timer, cpu);
    timer_migrate(&v->poll_timer, cpu);
}

void sched_softirq(void)
{
    struct run_queue *q = &this_cpu(run_queue);
    struct vcpu *prev = current, *next;
    unsigned long flags;
    s_time_t t;

    spin_lock_irqsave(&q->lock, flags);
    t = now();
    charge(q, t);
    put_prev(q, prev, t);
    if (!is_idle(prev))
        balance(q, t);
    next = pick_next(q, t);
    if (next != prev || !q->nr_waiting)
        next->sched.slice_start = t;
    else if (t - next->sched.slice_start >= TIMESLICE)
        next->sched.slice_start = t;
    next->sched.run_start = t;
    if (next->domain->sched.cap)
        start_period(next->domain, t);
    q->curr = next;
    if (is_idle(next))
        cpumask_set(q->cpu, &idlers);
    else
        cpumask_unset(q->cpu, &idlers);
    set_slice_timer(q, next, t);
    if (is_idle(prev) && next != prev)
        set_runstate(prev, RUNSTATE_runnable, t);
    set_runstate(next, RUNSTATE_running, t);
    next->is_running = true;
    advance_min_vtime(q);
    unlock_queue(q, flags);
    if (next == prev)
        return;
    move_timers(next, q->cpu);
    arch_context_switch(prev, next);
}

void context_saved(struct vcpu *prev)
{
    unsigned long flags;
    struct run_queue *q;
    bool again = false;

    store_release(&prev->is_running, false);
    if (is_idle(prev))
        return;
    smp_mb();
    q = lock_queue_of(prev, &flags);
    if (prev->sched.migrating) {
        prev->sched.migrating = false;
        again = true;
    } else if (is_waiting(prev)) {
        /* Idle CPUs have passed it over as long as it was not in memory. */
        wake_idler_for(prev);
    }
    unlock_queue(q, flags);
    if (again)
        vcpu_wake(prev);
}

static void slice_timer_fn(void *unused)
{
    softirq_raise(SOFTIRQ_SCHEDULE);
}

/* --- affinity --------------------------------------------------------------------------------- */
/* v may have to leave where it is. */
static void apply_affinity(struct vcpu *v)
{
    unsigned long flags;
    struct run_queue *q = lock_queue_of(v, &flags);
    bool move = false;

    if (!may_run_on(v, v->processor)) {
        if (q->curr == v) {
            v->sched.migrating = true;
            reschedule_cpu(q->cpu);
        } else if (is_waiting(v)) {
            s_time_t t = now();

            remove_waiting(q, v);
            leave_queue(q, v, t);
            if (v->is_running)
                v->sched.migrating = true; /* context_saved() will move it */
            else
                move = true;
        }
    }
    unlock_queue(q, flags);
    if (move)
        vcpu_wake(v);
}

int vcpu_set_affinity(struct vcpu *v, const cpumask_t *hard, const cpumask_t *soft)
{
    unsigned long flags;
    struct run_queue *q;

    if (hard && !cpumask_intersects(hard, &cpu_online_map))
        return -EINVAL;
    q = lock_queue_of(v, &flags);
    if (hard)
        v->sched.hard = *hard;
    if (soft)
        v->sched.soft = *soft;
    unlock_queue(q, flags);
    if (hard)
        apply_affinity(v);
    return 0;
}

long vcpu_pin_override(struct vcpu *v, int cpu)
{
    cpumask_t mask = {{0}};
    int rc;

    if (cpu < 0) {
        if (!v->sched.pinned_by_guest)
            return -EINVAL;
        v->sched.pinned_by_guest = false;
        return vcpu_set_affinity(v, &v->sched.hard_saved, NULL);
    }
    if (cpu >= NR_CPUS)
        return -EINVAL;
    if (v->sched.pinned_by_guest)
        return -EBUSY;
    cpumask_set((unsigned int)cpu, &mask);
    v->sched.hard_saved = v->sched.hard;
    rc = vcpu_set_affinity(v, &mask, NULL);
    v->sched.pinned_by_guest = rc == 0;
    return rc;
}

/* --- life cycle ------------------------------------------------------------------------------- */
void sched_init_cpu(unsigned int cpu)
{
    struct run_queue *q = queue_of(cpu);

    if (q->ready)
        return;
    spin_lock_init(&q->lock);
    list_init(&q->waiting);
    q->cpu = cpu;
    timer_init(&q->timer, slice_timer_fn, NULL, cpu);
    q->curr = idle_vcpu_create(cpu);
    cpumask_set(cpu, &q->curr->sched.hard);
    cpumask_set(cpu, &idlers);
    q->ready = true;
}

void sched_init_vcpu(struct vcpu *v)
{
    unsigned int n = cpumask_weight(&cpu_online_map), skip = n ? v->id % n : 0, cpu;

    for (unsigned int i = 0; i < ARRAY_SIZE(v->sched.hard.bits); i++)
        v->sched.hard.bits[i] = v->sched.soft.bits[i] = ~0UL;
    v->processor = 0;
    for_each_online_cpu (cpu)
        if (skip-- == 0)
            v->processor = cpu;
    v->sched.off_since = now();
}

void sched_destroy_vcpu(struct vcpu *v)
{
    unsigned long flags;
    struct run_queue *q = lock_queue_of(v, &flags);

    if (is_waiting(v)) {
        remove_waiting(q, v);
        leave_queue(q, v, now());
    }
    unlock_queue(q, flags);
}

int sched_init_domain(struct domain *d, uint32_t cpupool)
{
    if (cpupool != 0)
        return -ESRCH;
    d->sched.weight = DEFAULT_WEIGHT;
    timer_init(&d->sched.cap_timer, cap_timer_fn, d, smp_processor_id());
    return 0;
}

void sched_destroy_domain(struct domain *d)
{
    timer_kill(&d->sched.cap_timer);
}

/* How far v is ahead of its queue, or behind, was measured by the old weight: so much real time it
 * shall still be. */
static void reweigh(struct vcpu *v, unsigned int old, unsigned int weight)
{
    unsigned long flags;
    struct run_queue *q = lock_queue_of(v, &flags);
    bool waiting = is_waiting(v), counted = waiting || q->curr == v;
    int64_t base = counted ? q->min_vtime : 0;

    if (q->curr == v)
        charge(q, now());
    if (waiting)
        remove_waiting(q, v);
    v->sched.vtime = base + (v->sched.vtime - base) * (int64_t)old / (int64_t)weight;
    if (counted) {
        q->load += (uint64_t)weight - v->sched.queued_weight;
        v->sched.queued_weight = weight;
    }
    if (waiting)
        insert_waiting(q, v);
    unlock_queue(q, flags);
}

void sched_set_weight(struct domain *d, uint16_t weight, uint16_t cap)
{
    unsigned int old = d->sched.weight;
    struct vcpu *v;

    if (weight != old) {
        write_atomic(&d->sched.weight, weight);
        for_each_vcpu (d, v)
            reweigh(v, old, weight);
    }
    if (cap != d->sched.cap) {
        timer_kill(&d->sched.cap_timer);
        write_atomic(&d->sched.cap, cap);
        write_atomic(&d->sched.budget, 0);
        cap_timer_fn(d); /* a period begins, or none; who is parked looks again */
    }
}

void sched_dump(void)
{
    unsigned int cpu;

    for_each_online_cpu (cpu) {
        struct run_queue *q = queue_of(cpu);
        unsigned long flags;
        struct vcpu *v;

        spin_lock_irqsave(&q->lock, flags);
        printk("CPU %u: d%uv%u runs, load %lu, vtime %ld\n", cpu, q->curr->domain->domid,
               q->curr->id, q->load, q->min_vtime);
        list_for_each_entry (v, &q->waiting, sched.runq)
            printk("  d%uv%u waits, vtime %ld, weight %u\n", v->domain->domid, v->id,
                   v->sched.vtime, weight_of(v));
        spin_unlock_irqrestore(&q->lock, flags);
    }
}
