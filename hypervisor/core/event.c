/* SPDX-License-Identifier: MIT */
/* Event channels: ports, their bindings, sending. */
#include <hv/access.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include "event.h"

/* --- ports ------------------------------------------------------------------------------------ */
struct evtchn *evtchn_of(const struct domain *d, port_t port)
{
    if (port >= load_acquire(&d->evtchn.valid_ports))
        return NULL;
    return &d->evtchn.bucket[port / EVTCHN_BUCKET][port % EVTCHN_BUCKET];
}

/* A port in use, or NULL. */
static struct evtchn *bound_port(const struct domain *d, port_t port)
{
    struct evtchn *chn = evtchn_of(d, port);

    if (!chn || chn->state == EVTCHNSTAT_closed || chn->state == ECS_RESERVED)
        return NULL;
    return chn;
}

static uint32_t port_limit(const struct domain *d)
{
    return min(d->evtchn.max_port, (uint32_t)d->evtchn.ops->max_ports - 1);
}

static int add_bucket(struct domain *d)
{
    struct evtchn *b = hv_new_array(struct evtchn, EVTCHN_BUCKET);
    port_t first = d->evtchn.valid_ports;

    if (!b)
        return -ENOMEM;
    for (unsigned int i = 0; i < EVTCHN_BUCKET; i++) {
        b[i].port = first + i;
        spin_lock_init(&b[i].lock);
    }
    d->evtchn.bucket[first / EVTCHN_BUCKET] = b;
    store_release(&d->evtchn.valid_ports, first + EVTCHN_BUCKET);
    return 0;
}

/* The lowest free port; event_lock is held.  It is not taken until its state is set. */
static int free_port(struct domain *d, struct evtchn **out)
{
    port_t port;
    int rc;

    if (d->is_dying)
        return -EINVAL;
    for (port = d->evtchn.next_free; port <= port_limit(d); port++) {
        if (port >= d->evtchn.valid_ports && (rc = add_bucket(d)) != 0)
            return rc;
        if (evtchn_of(d, port)->state == EVTCHNSTAT_closed) {
            d->evtchn.next_free = port;
            *out = evtchn_of(d, port);
            return 0;
        }
    }
    return -ENOSPC;
}

/* The channel's lock is held; u has been set. */
static void open_port(struct domain *d, struct evtchn *chn, uint8_t state, unsigned int vcpu)
{
    chn->priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
    chn->notify_vcpu_id = (uint16_t)vcpu;
    chn->state = state;
    d->evtchn.active++;
}

static void free_channel(struct domain *d, struct evtchn *chn)
{
    d->evtchn.ops->clear_pending(d, chn);
    chn->state = EVTCHNSTAT_closed;
    chn->notify_vcpu_id = 0;
    d->evtchn.active--;
    d->evtchn.next_free = min(d->evtchn.next_free, chn->port);
}

/* --- delivery --------------------------------------------------------------------------------- */
void vcpu_mark_events_pending(struct vcpu *v)
{
    struct vcpu_info *info = load_acquire(&v->vcpu_info);

    if (atomic_xchg(&info->evtchn_upcall_pending, 1))
        return;
    /* A vCPU that has upcalls masked sleeps on unless it polls: Xen's guests unmask to block. */
    vcpu_unblock(v);
    arch_vcpu_kick(v);
}

void evtchn_vcpu_info_moved(struct vcpu *v)
{
    /* What was set in the old place may have been missed: have the guest look at everything. */
    __atomic_store_n(&v->vcpu_info->evtchn_pending_sel, ~0UL, __ATOMIC_SEQ_CST);
    vcpu_mark_events_pending(v);
}

void evtchn_check_pollers(struct domain *d, port_t port)
{
    unsigned int id;

    smp_mb(); /* the port's bit is set before the mask is read; pollers do it the other way round */
    for (id = find_next_bit(d->poll_mask, MAX_VCPUS, 0); id < d->max_vcpus;
         id = find_next_bit(d->poll_mask, MAX_VCPUS, id + 1)) {
        struct vcpu *v = d->vcpu[id];
        uint32_t wanted = v ? read_atomic(&v->poll_evtchn) : 0;

        if (v && (!wanted || wanted == port))
            vcpu_unblock(v);
    }
}

/* The channel's lock is held. */
static void set_pending(struct domain *d, struct evtchn *chn)
{
    struct vcpu *v = domain_vcpu(d, chn->notify_vcpu_id);
    const struct evtchn_ops *ops = load_acquire(&d->evtchn.ops), *now;

    if (!v)
        return;
    ops->set_pending(v, chn);
    /* The domain may have gone over to another ABI, and have looked at the port before. */
    smp_mb();
    now = load_acquire(&d->evtchn.ops);
    if (unlikely(now != ops))
        now->set_pending(v, chn);
}

bool evtchn_port_is_pending(struct domain *d, port_t port)
{
    struct evtchn *chn = evtchn_of(d, port);
    unsigned long flags;
    bool yes = false;

    if (!chn)
        return false;
    spin_lock_irqsave(&chn->lock, flags);
    if (chn->state != EVTCHNSTAT_closed && chn->state != ECS_RESERVED)
        yes = d->evtchn.ops->is_pending(d, chn);
    spin_unlock_irqrestore(&chn->lock, flags);
    return yes;
}

/* --- sending ---------------------------------------------------------------------------------- */
int evtchn_send(struct domain *from, port_t port)
{
    struct evtchn *chn = evtchn_of(from, port);
    unsigned long flags;
    int rc = 0;

    if (!chn)
        return -EINVAL;
    spin_lock_irqsave(&chn->lock, flags);
    switch (chn->state) {
    case EVTCHNSTAT_interdomain:
        set_pending(chn->u.interdomain.remote_dom,
                    evtchn_of(chn->u.interdomain.remote_dom, chn->u.interdomain.remote_port));
        break;
    case EVTCHNSTAT_ipi:
        set_pending(from, chn);
        break;
    case EVTCHNSTAT_unbound: /* nobody there yet to hear it */
        break;
    default:
        rc = -EINVAL;
        break;
    }
    spin_unlock_irqrestore(&chn->lock, flags);
    return rc;
}

static bool is_global_virq(uint32_t virq)
{
    switch (virq) {
    case VIRQ_TIMER:
    case VIRQ_DEBUG:
    case VIRQ_XENOPROF:
    case VIRQ_XENPMU:
        return false;
    default:
        return true;
    }
}

static void send_virq(struct vcpu *v, uint32_t virq)
{
    struct evtchn *chn;
    unsigned long flags;
    port_t port;

    /* Closing the channel takes this lock first, so that the port is what it was. */
    spin_lock_irqsave(&v->virq_lock, flags);
    port = v->virq_to_evtchn[virq];
    chn = port ? evtchn_of(v->domain, port) : NULL;
    if (chn) {
        spin_lock(&chn->lock);
        set_pending(v->domain, chn);
        spin_unlock(&chn->lock);
    }
    spin_unlock_irqrestore(&v->virq_lock, flags);
}

void send_guest_vcpu_virq(struct vcpu *v, uint32_t virq)
{
    if (virq < NR_VIRQS)
        send_virq(v, virq);
}

void send_guest_global_virq(struct domain *d, uint32_t virq)
{
    struct vcpu *v = d ? domain_vcpu(d, 0) : NULL;

    if (v && virq < NR_VIRQS)
        send_virq(v, virq);
}

static struct domain *virq_handler[NR_VIRQS]; /* NULL: dom0 */
static spinlock_t virq_handler_lock = SPINLOCK_INIT;

void send_global_virq(uint32_t virq)
{
    unsigned long flags;

    spin_lock_irqsave(&virq_handler_lock, flags);
    send_guest_global_virq(virq_handler[virq] ?: dom0, virq);
    spin_unlock_irqrestore(&virq_handler_lock, flags);
}

/* d NULL: dom0 again. The handler is referenced until it is replaced or dies. */
static void replace_handler(struct domain *d, uint32_t virq)
{
    unsigned long flags;
    struct domain *old;

    if (d)
        domain_ref(d);
    spin_lock_irqsave(&virq_handler_lock, flags);
    old = virq_handler[virq];
    virq_handler[virq] = d;
    spin_unlock_irqrestore(&virq_handler_lock, flags);
    if (old)
        domain_put(old);
}

int set_global_virq_handler(struct domain *d, uint32_t virq)
{
    if (virq >= NR_VIRQS || !is_global_virq(virq))
        return -EINVAL;
    if (d->is_dying)
        return -EINVAL;
    replace_handler(d == dom0 ? NULL : d, virq);
    return 0;
}

static void forget_handler(struct domain *d)
{
    for (uint32_t virq = 0; virq < NR_VIRQS; virq++)
        if (read_atomic(&virq_handler[virq]) == d)
            replace_handler(NULL, virq);
}

void send_guest_pirq(struct domain *d, uint32_t pirq)
{
    port_t *ports = load_acquire(&d->evtchn.pirq_port), port;
    struct evtchn *chn;
    unsigned long flags;

    if (!ports || pirq >= MAX_PIRQS || !(port = read_atomic(&ports[pirq])))
        return;
    chn = evtchn_of(d, port);
    spin_lock_irqsave(&chn->lock, flags);
    if (chn->state == EVTCHNSTAT_pirq && chn->u.pirq == pirq)
        set_pending(d, chn);
    spin_unlock_irqrestore(&chn->lock, flags);
}

/* --- binding ---------------------------------------------------------------------------------- */
/* A port that is bound to nothing but, if it is unbound, a domain's id. */
static int open_new(struct domain *d, uint8_t state, unsigned int vcpu, domid_t remote,
                    evtchn_port_t *port)
{
    struct evtchn *chn;
    unsigned long flags;
    int rc;

    spin_lock(&d->event_lock);
    rc = free_port(d, &chn);
    if (!rc) {
        spin_lock_irqsave(&chn->lock, flags);
        chn->u.unbound.remote_domid = remote;
        open_port(d, chn, state, vcpu);
        spin_unlock_irqrestore(&chn->lock, flags);
        *port = chn->port;
    }
    spin_unlock(&d->event_lock);
    return rc;
}

static int alloc_unbound(struct domain *d, struct evtchn_alloc_unbound *alloc)
{
    domid_t remote = alloc->remote_dom == DOMID_SELF ? current->domain->domid : alloc->remote_dom;

    return open_new(d, EVTCHNSTAT_unbound, 0, remote, &alloc->port);
}

static int bind_interdomain(struct domain *ld, struct domain *rd,
                            struct evtchn_bind_interdomain *bind)
{
    struct evtchn *lchn, *rchn;
    unsigned long flags;
    int rc;

    spin_lock_two(&ld->event_lock, &rd->event_lock);
    rc = free_port(ld, &lchn);
    if (rc)
        goto out;
    rc = -EINVAL;
    rchn = bound_port(rd, bind->remote_port);
    if (!rchn || rchn->state != EVTCHNSTAT_unbound || rchn->u.unbound.remote_domid != ld->domid)
        goto out;
    rc = 0;
    flags = arch_irq_save();
    spin_lock_two(&lchn->lock, &rchn->lock);
    lchn->u.interdomain.remote_dom = rd;
    lchn->u.interdomain.remote_port = rchn->port;
    open_port(ld, lchn, EVTCHNSTAT_interdomain, 0);
    rchn->u.interdomain.remote_dom = ld;
    rchn->u.interdomain.remote_port = lchn->port;
    rchn->state = EVTCHNSTAT_interdomain;
    /* What the other side sent before we were here is made up for. */
    set_pending(ld, lchn);
    spin_unlock_two(&lchn->lock, &rchn->lock);
    arch_irq_restore(flags);
    bind->local_port = lchn->port;
out:
    spin_unlock_two(&ld->event_lock, &rd->event_lock);
    return rc;
}

static bool may_bind_virq(const struct domain *d, uint32_t virq)
{
    return !is_global_virq(virq) || read_atomic(&virq_handler[virq]) == d ||
           may(d, ACCESS_VIRQ_GLOBAL, d, virq) == 0;
}

static int bind_virq(struct domain *d, struct evtchn_bind_virq *bind)
{
    struct vcpu *v = domain_vcpu(d, bind->vcpu);
    struct evtchn *chn;
    unsigned long flags;
    int rc;

    if (bind->virq >= NR_VIRQS)
        return -EINVAL;
    if (!v)
        return -ENOENT;
    if (is_global_virq(bind->virq) && bind->vcpu != 0)
        return -EINVAL;
    if (!may_bind_virq(d, bind->virq))
        return -EPERM;
    spin_lock(&d->event_lock);
    rc = v->virq_to_evtchn[bind->virq] ? -EEXIST : free_port(d, &chn);
    if (!rc) {
        spin_lock_irqsave(&v->virq_lock, flags);
        spin_lock(&chn->lock);
        chn->u.virq = bind->virq;
        open_port(d, chn, EVTCHNSTAT_virq, v->id);
        v->virq_to_evtchn[bind->virq] = bind->port = chn->port;
        spin_unlock(&chn->lock);
        spin_unlock_irqrestore(&v->virq_lock, flags);
    }
    spin_unlock(&d->event_lock);
    return rc;
}

static int bind_ipi(struct domain *d, struct evtchn_bind_ipi *bind)
{
    if (!domain_vcpu(d, bind->vcpu))
        return -ENOENT;
    return open_new(d, EVTCHNSTAT_ipi, bind->vcpu, 0, &bind->port);
}

static int bind_pirq(struct domain *d, struct evtchn_bind_pirq *bind)
{
    struct vcpu *v = domain_vcpu(d, 0);
    struct evtchn *chn;
    unsigned long flags;
    int rc;

    if (bind->pirq >= MAX_PIRQS || !v || (bind->flags & ~BIND_PIRQ__WILL_SHARE))
        return -EINVAL;
    spin_lock(&d->event_lock);
    rc = 0;
    if (!d->evtchn.pirq_port) {
        port_t *ports = hv_new_array(port_t, MAX_PIRQS);

        rc = ports ? 0 : -ENOMEM;
        store_release(&d->evtchn.pirq_port, ports);
    }
    if (!rc && d->evtchn.pirq_port[bind->pirq])
        rc = -EEXIST;
    if (!rc)
        rc = free_port(d, &chn);
    if (rc)
        goto out;
    spin_lock_irqsave(&chn->lock, flags);
    chn->u.pirq = bind->pirq;
    open_port(d, chn, EVTCHNSTAT_pirq, 0);
    spin_unlock_irqrestore(&chn->lock, flags);
    write_atomic(&d->evtchn.pirq_port[bind->pirq], chn->port);
    /* The interrupt may come from here on. */
    rc = arch_pirq_bind(v, bind->pirq, bind->flags & BIND_PIRQ__WILL_SHARE);
    if (rc) {
        write_atomic(&d->evtchn.pirq_port[bind->pirq], 0);
        spin_lock_irqsave(&chn->lock, flags);
        free_channel(d, chn);
        spin_unlock_irqrestore(&chn->lock, flags);
    } else {
        bind->port = chn->port;
    }
out:
    spin_unlock(&d->event_lock);
    return rc;
}

/* --- closing ---------------------------------------------------------------------------------- */
static void close_virq(struct domain *d, struct evtchn *chn)
{
    unsigned long flags;
    struct vcpu *v;

    for_each_vcpu (d, v) {
        spin_lock_irqsave(&v->virq_lock, flags);
        if (v->virq_to_evtchn[chn->u.virq] == chn->port)
            v->virq_to_evtchn[chn->u.virq] = 0;
        spin_unlock_irqrestore(&v->virq_lock, flags);
    }
}

static void close_pirq(struct domain *d, struct evtchn *chn)
{
    arch_pirq_unbind(d, chn->u.pirq);
    write_atomic(&d->evtchn.pirq_port[chn->u.pirq], 0);
}

/* Both domains' event_locks are held: the other end becomes unbound again. */
static void close_interdomain(struct domain *d, struct evtchn *chn)
{
    struct domain *rd = chn->u.interdomain.remote_dom;
    struct evtchn *rchn = evtchn_of(rd, chn->u.interdomain.remote_port);
    unsigned long flags = arch_irq_save();

    spin_lock_two(&chn->lock, &rchn->lock);
    if (rchn != chn) {
        rchn->state = EVTCHNSTAT_unbound;
        rchn->u.unbound.remote_domid = d->domid;
    }
    free_channel(d, chn);
    spin_unlock_two(&chn->lock, &rchn->lock);
    arch_irq_restore(flags);
}

static void close_other(struct domain *d, struct evtchn *chn)
{
    unsigned long flags;

    if (chn->state == EVTCHNSTAT_virq)
        close_virq(d, chn);
    else if (chn->state == EVTCHNSTAT_pirq)
        close_pirq(d, chn);
    spin_lock_irqsave(&chn->lock, flags);
    free_channel(d, chn);
    spin_unlock_irqrestore(&chn->lock, flags);
}

/* Whose lock do we need besides d's?  Referenced.  The binding may be another once we have it. */
static struct domain *remote_of(struct domain *d, port_t port)
{
    struct domain *rd = d;
    struct evtchn *chn;

    spin_lock(&d->event_lock);
    chn = bound_port(d, port);
    if (chn && chn->state == EVTCHNSTAT_interdomain)
        rd = chn->u.interdomain.remote_dom;
    domain_ref(rd);
    spin_unlock(&d->event_lock);
    return rd;
}

static int close_port(struct domain *d, port_t port)
{
    for (;;) {
        struct domain *rd = remote_of(d, port);
        struct evtchn *chn;
        bool done = true;
        int rc = 0;

        spin_lock_two(&d->event_lock, &rd->event_lock);
        chn = bound_port(d, port);
        if (!chn)
            rc = -EINVAL;
        else if (chn->state != EVTCHNSTAT_interdomain)
            close_other(d, chn);
        else if (chn->u.interdomain.remote_dom == rd)
            close_interdomain(d, chn);
        else
            done = false;
        spin_unlock_two(&d->event_lock, &rd->event_lock);
        domain_put(rd);
        if (done)
            return rc;
    }
}

/* --- questions and settings ------------------------------------------------------------------- */
static int status_of(struct domain *d, struct evtchn_status *st)
{
    struct evtchn *chn;
    int rc = 0;

    spin_lock(&d->event_lock);
    chn = evtchn_of(d, st->port);
    if (!chn || chn->state == ECS_RESERVED) {
        rc = st->port <= port_limit(d) && !chn ? 0 : -EINVAL;
        st->status = EVTCHNSTAT_closed;
        goto out;
    }
    st->status = chn->state;
    st->vcpu = chn->notify_vcpu_id;
    switch (chn->state) {
    case EVTCHNSTAT_unbound:
        st->u.unbound.dom = chn->u.unbound.remote_domid;
        break;
    case EVTCHNSTAT_interdomain:
        st->u.interdomain.dom = chn->u.interdomain.remote_dom->domid;
        st->u.interdomain.port = chn->u.interdomain.remote_port;
        break;
    case EVTCHNSTAT_pirq:
        st->u.pirq = chn->u.pirq;
        break;
    case EVTCHNSTAT_virq:
        st->u.virq = chn->u.virq;
        break;
    default:
        break;
    }
out:
    spin_unlock(&d->event_lock);
    return rc;
}

static int bind_vcpu(struct domain *d, const struct evtchn_bind_vcpu *bind)
{
    struct evtchn *chn;
    unsigned long flags;
    int rc = 0;

    if (!domain_vcpu(d, bind->vcpu))
        return -ENOENT;
    spin_lock(&d->event_lock);
    chn = bound_port(d, bind->port);
    if (!chn || chn->state == EVTCHNSTAT_ipi ||
        (chn->state == EVTCHNSTAT_virq && !is_global_virq(chn->u.virq))) {
        rc = -EINVAL;
    } else {
        spin_lock_irqsave(&chn->lock, flags);
        chn->notify_vcpu_id = (uint16_t)bind->vcpu;
        spin_unlock_irqrestore(&chn->lock, flags);
    }
    spin_unlock(&d->event_lock);
    return rc;
}

static int unmask_port(struct domain *d, port_t port)
{
    struct evtchn *chn;
    unsigned long flags;
    int rc = 0;

    spin_lock(&d->event_lock);
    chn = bound_port(d, port);
    if (chn) {
        spin_lock_irqsave(&chn->lock, flags);
        d->evtchn.ops->unmask(d, chn);
        spin_unlock_irqrestore(&chn->lock, flags);
    } else {
        rc = -EINVAL;
    }
    spin_unlock(&d->event_lock);
    return rc;
}

static int set_priority(struct domain *d, const struct evtchn_set_priority *set)
{
    struct evtchn *chn;
    unsigned long flags;
    int rc = -EINVAL;

    spin_lock(&d->event_lock);
    chn = bound_port(d, set->port);
    if (chn) {
        spin_lock_irqsave(&chn->lock, flags);
        rc = d->evtchn.ops->set_priority(d, chn, set->priority);
        spin_unlock_irqrestore(&chn->lock, flags);
    }
    spin_unlock(&d->event_lock);
    return rc;
}

static int fifo_op(struct domain *d, unsigned int cmd, void *arg)
{
    int rc;

    spin_lock(&d->event_lock);
    if (d->is_dying)
        rc = -EINVAL;
    else if (cmd == EVTCHNOP_init_control)
        rc = evtchn_fifo_init_control(d, arg);
    else
        rc = evtchn_fifo_expand_array(d, arg);
    spin_unlock(&d->event_lock);
    return rc;
}

/* --- life cycle ------------------------------------------------------------------------------- */
int evtchn_domain_init(struct domain *d, uint32_t max_port)
{
    int rc;

    d->evtchn.ops = &evtchn_2l_ops;
    d->evtchn.max_port = min(max_port, (uint32_t)EVTCHN_FIFO_NR_CHANNELS - 1);
    d->evtchn.next_free = 1;
    d->evtchn.bucket = hv_new_array(struct evtchn *, MAX_EVTCHN_BUCKETS);
    if (!d->evtchn.bucket)
        return -ENOMEM;
    rc = add_bucket(d);
    if (!rc)
        evtchn_of(d, 0)->state = ECS_RESERVED;
    return rc;
}

/* *from: where to go on.  Those opened behind that meanwhile are left. */
static int close_all(struct domain *d, port_t *from)
{
    for (port_t port = max(*from, 1U); port < d->evtchn.valid_ports; port++) {
        close_port(d, port); /* -EINVAL: was not open */
        *from = port + 1;
        if (port % 64 == 63 && hypercall_preempt_check())
            return -EPREEMPTED;
    }
    *from = 0;
    return 0;
}

/* Closing a port takes the locks of those who send to it: with none open, nobody is sending. */
static int back_to_2l(struct domain *d)
{
    int rc = -EBUSY;

    spin_lock(&d->event_lock);
    if (!d->evtchn.active) {
        store_release(&d->evtchn.ops, &evtchn_2l_ops);
        evtchn_fifo_destroy(d);
        rc = 0;
    }
    spin_unlock(&d->event_lock);
    return rc;
}

int evtchn_destroy(struct domain *d)
{
    /* Not where a reset may have stopped, for good as its vCPU does not run any more. */
    int rc = close_all(d, &d->evtchn.destroy_from);

    if (!rc) {
        forget_handler(d);
        rc = back_to_2l(d);
    }
    return rc;
}

void evtchn_destroy_final(struct domain *d)
{
    if (!d->evtchn.bucket)
        return;
    evtchn_fifo_destroy(d);
    for (unsigned int i = 0; i < d->evtchn.valid_ports / EVTCHN_BUCKET; i++)
        hv_free(d->evtchn.bucket[i]);
    hv_free(d->evtchn.bucket);
    hv_free(d->evtchn.pirq_port);
    d->evtchn.bucket = NULL;
    d->evtchn.valid_ports = 0;
}

int evtchn_reset(struct domain *d)
{
    int rc = close_all(d, &d->evtchn.close_from);

    return rc ?: back_to_2l(d);
}

/* --- the hypercall ---------------------------------------------------------------------------- */
union evtchn_arg {
    struct evtchn_alloc_unbound alloc_unbound;
    struct evtchn_bind_interdomain bind_interdomain;
    struct evtchn_bind_virq bind_virq;
    struct evtchn_bind_ipi bind_ipi;
    struct evtchn_bind_pirq bind_pirq;
    struct evtchn_close close;
    struct evtchn_send send;
    struct evtchn_status status;
    struct evtchn_bind_vcpu bind_vcpu;
    struct evtchn_unmask unmask;
    struct evtchn_reset reset;
    struct evtchn_init_control init_control;
    struct evtchn_expand_array expand_array;
    struct evtchn_set_priority set_priority;
};

static const struct {
    uint8_t size;
    bool out; /* copied back when it went well */
} arg_shape[] = {
    [EVTCHNOP_bind_interdomain] = {sizeof(struct evtchn_bind_interdomain), true},
    [EVTCHNOP_bind_virq] = {sizeof(struct evtchn_bind_virq), true},
    [EVTCHNOP_bind_pirq] = {sizeof(struct evtchn_bind_pirq), true},
    [EVTCHNOP_close] = {sizeof(struct evtchn_close), false},
    [EVTCHNOP_send] = {sizeof(struct evtchn_send), false},
    [EVTCHNOP_status] = {sizeof(struct evtchn_status), true},
    [EVTCHNOP_alloc_unbound] = {sizeof(struct evtchn_alloc_unbound), true},
    [EVTCHNOP_bind_ipi] = {sizeof(struct evtchn_bind_ipi), true},
    [EVTCHNOP_bind_vcpu] = {sizeof(struct evtchn_bind_vcpu), false},
    [EVTCHNOP_unmask] = {sizeof(struct evtchn_unmask), false},
    [EVTCHNOP_reset] = {sizeof(struct evtchn_reset), false},
    [EVTCHNOP_init_control] = {sizeof(struct evtchn_init_control), true},
    [EVTCHNOP_expand_array] = {sizeof(struct evtchn_expand_array), false},
    [EVTCHNOP_set_priority] = {sizeof(struct evtchn_set_priority), false},
};

/* Commands about a domain that is named. */
static long op_on_domain(unsigned int cmd, domid_t domid, union evtchn_arg *u)
{
    struct domain *d;
    long rc = find_target(domid, ACCESS_EVTCHN, cmd, &d);

    if (rc)
        return rc;
    if (cmd == EVTCHNOP_alloc_unbound)
        rc = alloc_unbound(d, &u->alloc_unbound);
    else if (cmd == EVTCHNOP_status)
        rc = status_of(d, &u->status);
    else
        rc = evtchn_reset(d);
    domain_put(d);
    return rc;
}

static long op_bind_interdomain(struct evtchn_bind_interdomain *bind)
{
    struct domain *rd = domain_get(bind->remote_dom);
    long rc;

    if (!rd)
        return -ESRCH;
    rc = bind_interdomain(current->domain, rd, bind);
    domain_put(rd);
    return rc;
}

static long do_op(unsigned int cmd, union evtchn_arg *u)
{
    struct domain *d = current->domain;

    switch (cmd) {
    case EVTCHNOP_alloc_unbound:
        return op_on_domain(cmd, u->alloc_unbound.dom, u);
    case EVTCHNOP_status:
        return op_on_domain(cmd, u->status.dom, u);
    case EVTCHNOP_reset:
        return op_on_domain(cmd, u->reset.dom, u);
    case EVTCHNOP_bind_interdomain:
        return op_bind_interdomain(&u->bind_interdomain);
    case EVTCHNOP_bind_virq:
        return bind_virq(d, &u->bind_virq);
    case EVTCHNOP_bind_ipi:
        return bind_ipi(d, &u->bind_ipi);
    case EVTCHNOP_bind_pirq:
        return bind_pirq(d, &u->bind_pirq);
    case EVTCHNOP_close:
        return close_port(d, u->close.port);
    case EVTCHNOP_send:
        return evtchn_send(d, u->send.port);
    case EVTCHNOP_bind_vcpu:
        return bind_vcpu(d, &u->bind_vcpu);
    case EVTCHNOP_unmask:
        return unmask_port(d, u->unmask.port);
    case EVTCHNOP_set_priority:
        return set_priority(d, &u->set_priority);
    default: /* init_control, expand_array */
        return fifo_op(d, cmd, u);
    }
}

static long run_op(unsigned int cmd, vaddr_t arg)
{
    union evtchn_arg u = {{0}};
    long rc;

    if (cmd >= ARRAY_SIZE(arg_shape) || !arg_shape[cmd].size)
        return -ENOSYS;
    if (copy_from_guest_va(&u, arg, arg_shape[cmd].size))
        return -EFAULT;
    rc = do_op(cmd, &u);
    if (!rc && arg_shape[cmd].out && copy_to_guest_va(arg, &u, arg_shape[cmd].size))
        rc = -EFAULT;
    return rc;
}

long do_event_channel_op(struct hypercall_args *a)
{
    return run_op((unsigned int)a->a[0], a->a[1]);
}

/* The oldest interface has command and argument in one struct. */
long do_event_channel_op_compat(struct hypercall_args *a)
{
    uint32_t cmd;

    if (copy_from_guest_va(&cmd, a->a[0], sizeof(cmd)))
        return -EFAULT;
    if (cmd > EVTCHNOP_unmask)
        return -ENOSYS;
    return run_op(cmd, a->a[0] + offsetof(struct evtchn_op, u));
}
