/* SPDX-License-Identifier: MIT */
/* The FIFO ABI: a word a port in pages of the guest's, and for each vCPU and priority a queue of
 * pending ports, linked through those words.  The guest takes from the head, we add at the tail.
 *
 * The guest can write all of it at any time.  What we rely on (the tails, how many pages there
 * are) we keep ourselves; a link that the guest forges leads only the guest astray. */
#include <hv/errno.h>
#include <hv/mm.h>
#include "event.h"

#define WORDS_PER_PAGE (PAGE_SIZE / sizeof(event_word_t))
#define MAX_PAGES      (EVTCHN_FIFO_NR_CHANNELS / WORDS_PER_PAGE)
#define PENDING        (1U << EVTCHN_FIFO_PENDING)
#define MASKED         (1U << EVTCHN_FIFO_MASKED)
#define LINKED         (1U << EVTCHN_FIFO_LINKED)
#define BUSY           (1U << EVTCHN_FIFO_BUSY)

struct fifo_queue {
    spinlock_t lock;
    port_t tail; /* 0: none known */
};

struct evtchn_fifo_vcpu {
    struct evtchn_fifo_control_block *control; /* the guest's, or ours until it gives us one */
    struct evtchn_fifo_control_block ours;
    struct page_info *control_page;
    struct fifo_queue queue[EVTCHN_FIFO_MAX_QUEUES];
};

struct evtchn_fifo_domain {
    unsigned int nr_pages;
    struct page_info *page[MAX_PAGES];
};

static event_word_t *word_of(const struct domain *d, port_t port)
{
    const struct evtchn_fifo_domain *f = d->evtchn.fifo;

    if (port / WORDS_PER_PAGE >= load_acquire(&f->nr_pages))
        return NULL;
    return (event_word_t *)page_to_virt(f->page[port / WORDS_PER_PAGE]) + port % WORDS_PER_PAGE;
}

static event_word_t set_bits(event_word_t *w, event_word_t bits)
{
    return __atomic_fetch_or(w, bits, __ATOMIC_SEQ_CST);
}

static event_word_t clear_bits(event_word_t *w, event_word_t bits)
{
    return __atomic_fetch_and(w, ~bits, __ATOMIC_SEQ_CST);
}

/* Make tail point to port, if tail is still in the queue.  The guest may take it off meanwhile; a
 * guest that keeps changing the word to hold us up loses the queue's older events. */
static bool link_to_tail(event_word_t *tail, port_t port)
{
    event_word_t w = read_atomic(tail), seen, fresh;
    bool linked = false, settled = false;

    for (unsigned int tries = 0; tries < 8 && !settled; tries++) {
        if (tries == 4)
            w = set_bits(tail, BUSY) | BUSY; /* asks the guest to leave it alone */
        if (!(w & LINKED))
            break;
        fresh = (w & ~(event_word_t)EVTCHN_FIFO_LINK_MASK & ~BUSY) | port;
        seen = cmpxchg(tail, w, fresh);
        linked = settled = seen == w;
        w = seen;
    }
    if (!settled)
        clear_bits(tail, BUSY);
    return linked;
}

/* The queue it was on last may still have it as its tail. */
static struct fifo_queue *last_queue(const struct domain *d, const struct evtchn *chn,
                                     struct fifo_queue *otherwise)
{
    struct vcpu *v = domain_vcpu(d, chn->fifo_lastq_vcpu);

    return v && v->evtchn_fifo ? &v->evtchn_fifo->queue[chn->fifo_lastq_prio] : otherwise;
}

/* Put it on v's queue, unless it is on one.  Interrupts are off: the channel's lock is held. */
static void enqueue(struct vcpu *v, struct evtchn *chn, event_word_t *word)
{
    struct domain *d = v->domain;
    struct evtchn_fifo_vcpu *f = v->evtchn_fifo;
    const unsigned int prio = chn->priority;
    struct fifo_queue *q = &f->queue[prio], *old;
    event_word_t *tail;
    bool linked = false, was_linked, first = false;

    for (;;) { /* a sender and the owner's unmask may both be here */
        old = last_queue(d, chn, q);
        spin_lock_two(&q->lock, &old->lock);
        if (likely(old == last_queue(d, chn, q)))
            break;
        spin_unlock_two(&q->lock, &old->lock);
    }
    was_linked = set_bits(word, LINKED) & LINKED;
    if (!was_linked) {
        if (old != q && old->tail == chn->port)
            old->tail = 0;
        chn->fifo_lastq_vcpu = (uint16_t)v->id;
        chn->fifo_lastq_prio = (uint8_t)prio;
        /* A word that is its own predecessor is the head of an empty queue. */
        tail = q->tail && q->tail != chn->port ? word_of(d, q->tail) : NULL;
        if (tail)
            linked = link_to_tail(tail, chn->port);
        if (!linked) { /* with the lock still: the control block does not move between the two */
            write_atomic(&f->control->head[prio], chn->port);
            first = !(__atomic_fetch_or(&f->control->ready, 1U << prio, __ATOMIC_SEQ_CST) &
                      (1U << prio));
        }
        q->tail = chn->port;
    }
    spin_unlock_two(&q->lock, &old->lock);
    if (first)
        vcpu_mark_events_pending(v);
}

static void set_pending(struct vcpu *v, struct evtchn *chn)
{
    event_word_t *word = word_of(v->domain, chn->port), was;

    if (!v->evtchn_fifo)
        return;
    if (!word) {
        /* No page for it yet: replayed when there is one, perhaps this very moment. */
        write_atomic(&chn->pending, true);
        smp_mb();
        word = word_of(v->domain, chn->port);
        if (!word || !atomic_xchg(&chn->pending, false))
            return;
    }
    was = set_bits(word, PENDING);
    if (!(was & (MASKED | LINKED)))
        enqueue(v, chn, word);
    if (!(was & PENDING))
        evtchn_check_pollers(v->domain, chn->port);
}

static void clear_pending(struct domain *d, struct evtchn *chn)
{
    event_word_t *word = word_of(d, chn->port);

    chn->pending = false;
    /* Left on its queue, if it is there: the guest skips what is not pending. */
    if (word)
        clear_bits(word, PENDING);
}

static void unmask(struct domain *d, struct evtchn *chn)
{
    event_word_t *word = word_of(d, chn->port);
    struct vcpu *v = domain_vcpu(d, chn->notify_vcpu_id);

    if (!word || !v)
        return;
    if (clear_bits(word, MASKED) & PENDING)
        set_pending(v, chn);
}

static bool is_pending(const struct domain *d, const struct evtchn *chn)
{
    event_word_t *word = word_of(d, chn->port);

    return word ? read_atomic(word) & PENDING : chn->pending;
}

static int set_priority(struct domain *d, struct evtchn *chn, uint32_t priority)
{
    if (priority > EVTCHN_FIFO_PRIORITY_MIN)
        return -EINVAL;
    chn->priority = (uint8_t)priority; /* from its next event on */
    return 0;
}

const struct evtchn_ops evtchn_fifo_ops = {
    .set_pending = set_pending,
    .clear_pending = clear_pending,
    .unmask = unmask,
    .is_pending = is_pending,
    .set_priority = set_priority,
    .max_ports = EVTCHN_FIFO_NR_CHANNELS,
};

/* --- set-up ----------------------------------------------------------------------------------- */
static int prepare_vcpu(struct vcpu *v)
{
    struct evtchn_fifo_vcpu *f;

    if (v->evtchn_fifo)
        return 0;
    f = hv_new(struct evtchn_fifo_vcpu);
    if (!f)
        return -ENOMEM;
    f->control = &f->ours;
    store_release(&v->evtchn_fifo, f);
    return 0;
}

static int prepare_domain(struct domain *d)
{
    struct vcpu *v;
    int rc = 0;

    for_each_vcpu (d, v)
        rc = rc ?: prepare_vcpu(v);
    if (!rc && !d->evtchn.fifo) {
        d->evtchn.fifo = hv_new(struct evtchn_fifo_domain);
        rc = d->evtchn.fifo ? 0 : -ENOMEM;
    }
    return rc;
}

/* From now on the FIFO ABI; what was pending is replayed when its page is there. */
static void switch_abi(struct domain *d)
{
    unsigned long flags;

    store_release(&d->evtchn.ops, &evtchn_fifo_ops);
    for (port_t port = 1; port < d->evtchn.valid_ports; port++) {
        struct evtchn *chn = evtchn_of(d, port);

        /* The other end of a channel sends without this lock, by the new rules already: what it
         * sets meanwhile stays. */
        spin_lock_irqsave(&chn->lock, flags);
        if (evtchn_2l_ops.is_pending(d, chn))
            write_atomic(&chn->pending, true);
        spin_unlock_irqrestore(&chn->lock, flags);
    }
}

static void move_control_block(struct evtchn_fifo_vcpu *f, struct page_info *pg, uint32_t offset)
{
    struct evtchn_fifo_control_block *to = (void *)((char *)page_to_virt(pg) + offset);
    unsigned long flags = arch_irq_save();

    for (unsigned int i = 0; i < EVTCHN_FIFO_MAX_QUEUES; i++)
        spin_lock(&f->queue[i].lock);
    for (unsigned int i = 0; i < EVTCHN_FIFO_MAX_QUEUES; i++)
        write_atomic(&to->head[i], f->ours.head[i]);
    f->control_page = pg;
    store_release(&f->control, to);
    smp_mb();
    __atomic_or_fetch(&to->ready, f->ours.ready, __ATOMIC_SEQ_CST);
    for (unsigned int i = 0; i < EVTCHN_FIFO_MAX_QUEUES; i++)
        spin_unlock(&f->queue[i].lock);
    arch_irq_restore(flags);
}

int evtchn_fifo_init_control(struct domain *d, struct evtchn_init_control *init)
{
    struct vcpu *v = domain_vcpu(d, init->vcpu);
    struct page_info *pg;
    int rc;

    if (!v)
        return -ENOENT;
    if (init->offset > PAGE_SIZE - sizeof(struct evtchn_fifo_control_block) || init->offset % 8)
        return -EINVAL;
    if (v->evtchn_fifo && v->evtchn_fifo->control_page)
        return -EINVAL;
    rc = prepare_domain(d);
    if (rc)
        return rc;
    pg = get_writable_page_from_gfn(d, _gfn(init->control_gfn));
    if (!pg)
        return -EINVAL;
    if (d->evtchn.ops != &evtchn_fifo_ops)
        switch_abi(d);
    move_control_block(v->evtchn_fifo, pg, init->offset);
    if (read_atomic(&v->evtchn_fifo->control->ready))
        vcpu_mark_events_pending(v);
    init->link_bits = EVTCHN_FIFO_LINK_BITS;
    return 0;
}

static void replay(struct domain *d, unsigned int page)
{
    port_t port = (port_t)(page * WORDS_PER_PAGE);
    unsigned long flags;

    for (unsigned int i = 0; i < WORDS_PER_PAGE && port < d->evtchn.valid_ports; i++, port++) {
        struct evtchn *chn = evtchn_of(d, port);
        struct vcpu *v;

        spin_lock_irqsave(&chn->lock, flags);
        v = domain_vcpu(d, chn->notify_vcpu_id);
        if (v && atomic_xchg(&chn->pending, false))
            set_pending(v, chn);
        spin_unlock_irqrestore(&chn->lock, flags);
    }
}

int evtchn_fifo_expand_array(struct domain *d, const struct evtchn_expand_array *expand)
{
    struct evtchn_fifo_domain *f = d->evtchn.fifo;
    struct page_info *pg;

    if (d->evtchn.ops != &evtchn_fifo_ops)
        return -EOPNOTSUPP;
    if (f->nr_pages == MAX_PAGES)
        return -ENOSPC;
    pg = get_writable_page_from_gfn(d, _gfn(expand->array_gfn));
    if (!pg)
        return -EINVAL;
    f->page[f->nr_pages] = pg;
    store_release(&f->nr_pages, f->nr_pages + 1);
    replay(d, f->nr_pages - 1);
    return 0;
}

/* All ports are closed: nobody sends any more. */
void evtchn_fifo_destroy(struct domain *d)
{
    struct evtchn_fifo_domain *f = d->evtchn.fifo;
    struct vcpu *v;

    for (unsigned int i = 0; f && i < f->nr_pages; i++)
        put_page_and_type(f->page[i]);
    hv_free(f);
    d->evtchn.fifo = NULL;
    if (!d->vcpu)
        return;
    for_each_vcpu (d, v) {
        if (!v->evtchn_fifo)
            continue;
        if (v->evtchn_fifo->control_page)
            put_page_and_type(v->evtchn_fifo->control_page);
        hv_free(v->evtchn_fifo);
        v->evtchn_fifo = NULL;
    }
}
