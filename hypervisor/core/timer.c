/* SPDX-License-Identifier: MIT */
/* Timers: a sorted list for each CPU.  The earliest is what the CPU's clock event is set to. */
#include <hv/softirq.h>
#include <hv/spinlock.h>
#include <hv/time.h>

struct timer_base {
    spinlock_t lock;
    struct list_head timers;
    struct timer *running; /* its function is at work now */
    s_time_t programmed;
    bool ready;
};
static DEFINE_PER_CPU(struct timer_base, timer_base);

static struct timer_base *base_of(unsigned int cpu)
{
    return &per_cpu(timer_base, cpu);
}

/* The base's lock is held. */
static void prepare_base(struct timer_base *b)
{
    if (!b->ready) {
        list_init(&b->timers);
        b->programmed = STIME_MAX;
        b->ready = true;
    }
}

/* Lock the base that t belongs to; t->cpu changes only under the lock of both bases. */
static struct timer_base *lock_base(struct timer *t, unsigned long *flags)
{
    for (;;) {
        unsigned int cpu = read_atomic(&t->cpu);
        struct timer_base *b = base_of(cpu);

        spin_lock_irqsave(&b->lock, *flags);
        if (likely(cpu == t->cpu)) {
            prepare_base(b);
            return b;
        }
        spin_unlock_irqrestore(&b->lock, *flags);
    }
}

/* Returns whether t is now the first of its CPU. */
static bool enqueue(struct timer_base *b, struct timer *t)
{
    struct list_head *at = b->timers.prev;

    while (at != &b->timers && list_entry(at, struct timer, link)->expires > t->expires)
        at = at->prev;
    list_add(&t->link, at);
    t->active = true;
    return at == &b->timers;
}

/* Have the CPU look at its list again. */
static void reprogram(unsigned int cpu)
{
    softirq_raise_cpu(cpu, SOFTIRQ_TIMER);
}

void timer_init(struct timer *t, void (*fn)(void *), void *data, unsigned int cpu)
{
    *t = (struct timer){.fn = fn, .data = data, .cpu = cpu};
    list_init(&t->link);
}

void timer_set(struct timer *t, s_time_t expires)
{
    unsigned long flags;
    struct timer_base *b = lock_base(t, &flags);
    unsigned int cpu = t->cpu;
    bool first;

    list_del(&t->link);
    t->expires = expires;
    first = enqueue(b, t);
    if (first && cpu == smp_processor_id() && b->programmed > expires) {
        /* The usual case: no detour through the softirq. */
        b->programmed = expires;
        arch_timer_program(expires);
        first = false;
    }
    first = first && b->programmed > expires;
    spin_unlock_irqrestore(&b->lock, flags);
    if (first)
        reprogram(cpu);
}

void timer_stop(struct timer *t)
{
    unsigned long flags;
    struct timer_base *b;

    if (!t->fn)
        return;
    b = lock_base(t, &flags);
    /* The clock event may come too early then; it finds nothing to do. */
    list_del(&t->link);
    t->active = false;
    spin_unlock_irqrestore(&b->lock, flags);
}

void timer_kill(struct timer *t)
{
    unsigned int cpu;

    if (!t->fn)
        return;
    for (;;) {
        timer_stop(t);
        cpu = read_atomic(&t->cpu);
        if (load_acquire(&base_of(cpu)->running) != t)
            break;
        if (cpu == smp_processor_id()) /* we are called by it */
            break;
        arch_cpu_relax();
    }
}

void timer_migrate(struct timer *t, unsigned int cpu)
{
    struct timer_base *from, *to = base_of(cpu);
    unsigned long flags;
    bool first = false;

    for (;;) {
        unsigned int old = read_atomic(&t->cpu);

        if (old == cpu)
            return;
        from = base_of(old);
        flags = arch_irq_save();
        spin_lock_two(&from->lock, &to->lock);
        if (t->cpu == old)
            break;
        spin_unlock_two(&from->lock, &to->lock);
        arch_irq_restore(flags);
    }
    prepare_base(to);
    write_atomic(&t->cpu, cpu);
    if (t->active) {
        list_del(&t->link);
        first = enqueue(to, t) && to->programmed > t->expires;
    }
    spin_unlock_two(&from->lock, &to->lock);
    arch_irq_restore(flags);
    if (first)
        reprogram(cpu);
}

void timer_softirq(void)
{
    struct timer_base *b = &this_cpu(timer_base);
    unsigned long flags;

    spin_lock_irqsave(&b->lock, flags);
    prepare_base(b);
    while (!list_empty(&b->timers)) {
        struct timer *t = list_first_entry(&b->timers, struct timer, link);
        void (*fn)(void *) = t->fn;
        void *data = t->data;

        if (t->expires > now())
            break;
        list_del(&t->link);
        t->active = false;
        b->running = t;
        spin_unlock_irqrestore(&b->lock, flags);
        fn(data);
        spin_lock_irqsave(&b->lock, flags);
        store_release(&b->running, NULL);
    }
    b->programmed = list_empty(&b->timers)
                        ? STIME_MAX
                        : list_first_entry(&b->timers, struct timer, link)->expires;
    arch_timer_program(b->programmed);
    spin_unlock_irqrestore(&b->lock, flags);
}
