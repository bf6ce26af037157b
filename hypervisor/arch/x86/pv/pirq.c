/* SPDX-License-Identifier: MIT */
/* A domain's numbers (PIRQs) of the machine's interrupts, and their event channels.
 *
 * The table is guarded by the domain's event_lock, under which ports are bound to PIRQs. */
#include <asm/irq.h>
#include <asm/msi.h>
#include <asm/pv_domain.h>
#include <hv/errno.h>
#include <hv/event.h>

#define NOT_MAPPED (-1)

struct pirq_table {
    int16_t irq[MAX_PIRQS];
    bool bound[MAX_PIRQS];
};

/* The table, made with the first mapping. */
static struct pirq_table *table_locked(struct domain *d)
{
    struct pirq_table *t = d->arch.pirqs;

    if (t)
        return t;
    t = hv_new(struct pirq_table);
    for (unsigned int i = 0; t && i < MAX_PIRQS; i++)
        t->irq[i] = NOT_MAPPED;
    d->arch.pirqs = t;
    return t;
}

static int irq_locked(struct domain *d, uint32_t pirq)
{
    const struct pirq_table *t = d->arch.pirqs;

    return t && pirq < MAX_PIRQS && t->irq[pirq] != NOT_MAPPED ? t->irq[pirq] : -EINVAL;
}

static int find_irq(const struct pirq_table *t, unsigned int irq)
{
    for (int i = 0; i < MAX_PIRQS; i++)
        if (t->irq[i] == (int)irq)
            return i;
    return -ENOENT;
}

static int map_locked(struct domain *d, int pirq, unsigned int irq, unsigned int least)
{
    struct pirq_table *t;
    int old;

    /* Of who is dying all are unmapped, once. */
    if (irq >= NR_IRQS || pirq >= MAX_PIRQS || d->is_dying)
        return -EINVAL;
    t = table_locked(d);
    if (!t)
        return -ENOMEM;
    old = find_irq(t, irq);
    if (old >= 0)
        return pirq < 0 || pirq == old ? old : -EEXIST;
    if (pirq < 0) {
        for (pirq = (int)least; pirq < MAX_PIRQS && t->irq[pirq] != NOT_MAPPED; pirq++)
            ;
        if (pirq == MAX_PIRQS)
            return -ENOSPC;
    }
    if (t->irq[pirq] != NOT_MAPPED)
        return -EEXIST;
    t->irq[pirq] = (int16_t)irq;
    return pirq;
}

int pirq_map(struct domain *d, int pirq, unsigned int irq, unsigned int least)
{
    int rc;

    spin_lock(&d->event_lock);
    rc = map_locked(d, pirq, irq, least);
    spin_unlock(&d->event_lock);
    return rc;
}

int pirq_to_irq(struct domain *d, uint32_t pirq)
{
    int irq;

    spin_lock(&d->event_lock);
    irq = irq_locked(d, pirq);
    spin_unlock(&d->event_lock);
    return irq;
}

/* --- binding -------------------------------------------------------------------------------------- */

static void show_needs_eoi(struct domain *d, uint32_t pirq, bool needed)
{
    if (!d->arch.pirq_eoi_map)
        return;
    if (needed)
        set_bit(pirq, d->arch.pirq_eoi_map);
    else
        clear_bit(pirq, d->arch.pirq_eoi_map);
}

int arch_pirq_bind(struct vcpu *v, uint32_t pirq, bool share)
{
    struct domain *d = v->domain;
    int irq = irq_locked(d, pirq), rc;

    if (irq < 0)
        return irq;
    show_needs_eoi(d, pirq, irq_guest_needs_eoi((unsigned int)irq));
    rc = irq_bind_guest((unsigned int)irq, d, pirq, share);
    if (rc)
        return rc;
    d->arch.pirqs->bound[pirq] = true;
    irq_set_affinity((unsigned int)irq, read_atomic(&v->processor));
    return 0;
}

void arch_pirq_unbind(struct domain *d, uint32_t pirq)
{
    int irq = irq_locked(d, pirq);

    if (irq < 0 || !d->arch.pirqs->bound[pirq])
        return;
    irq_unbind_guest((unsigned int)irq, d);
    d->arch.pirqs->bound[pirq] = false;
    show_needs_eoi(d, pirq, false);
}

static int unmap_locked(struct domain *d, uint32_t pirq)
{
    int irq = irq_locked(d, pirq);

    if (irq < 0)
        return irq;
    arch_pirq_unbind(d, pirq);
    d->arch.pirqs->irq[pirq] = NOT_MAPPED;
    if ((unsigned int)irq >= nr_gsis)
        msi_unmap((unsigned int)irq);
    return 0;
}

int pirq_unmap(struct domain *d, uint32_t pirq)
{
    int rc;

    spin_lock(&d->event_lock);
    rc = unmap_locked(d, pirq);
    spin_unlock(&d->event_lock);
    return rc;
}

int pirq_eoi(struct domain *d, uint32_t pirq)
{
    int irq = pirq_to_irq(d, pirq);

    if (irq < 0)
        return irq;
    irq_guest_eoi((unsigned int)irq, d);
    return 0;
}

int pirq_set_eoi_map(struct domain *d, mfn_t mfn)
{
    struct page_info *pg = get_writable_page_from_gfn(d, _gfn(mfn.v));
    int rc;

    if (!pg)
        return -EINVAL;
    spin_lock(&d->event_lock);
    rc = d->arch.has_pirq_eoi_map ? -EBUSY : 0;
    if (!rc) {
        d->arch.has_pirq_eoi_map = true;
        d->arch.pirq_eoi_map_mfn = mfn;
        d->arch.pirq_eoi_map = page_to_virt(pg);
    }
    spin_unlock(&d->event_lock);
    if (rc)
        put_page_and_type(pg);
    return rc;
}

void pv_physdev_domain_relinquish(struct domain *d)
{
    bool had_map;

    spin_lock(&d->event_lock);
    for (uint32_t pirq = 0; d->arch.pirqs && pirq < MAX_PIRQS; pirq++)
        unmap_locked(d, pirq);
    had_map = d->arch.has_pirq_eoi_map;
    d->arch.has_pirq_eoi_map = false;
    d->arch.pirq_eoi_map = NULL;
    spin_unlock(&d->event_lock);
    if (had_map)
        put_page_and_type(mfn_to_page(d->arch.pirq_eoi_map_mfn));
}
