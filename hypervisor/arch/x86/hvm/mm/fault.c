/* SPDX-License-Identifier: MIT */
/* Nested page faults. */
#include <asm/p2m.h>
#include <hv/domain.h>
#include <hv/errno.h>

#define FAULT_WRITE BIT(1)

/* 0, -EAGAIN: the entry is another one by now, or why that cannot be. */
static int note_write(struct domain *d, gfn_t gfn, mfn_t mfn)
{
    struct p2m *p = &d->arch.p2m;
    gfn_t block = _gfn(ROUND_DOWN(gfn.v, PTRS_PER_TABLE));
    uint64_t bits[8];
    int rc = p2m_replace(d, gfn, 0, mfn, p2m_ram_logdirty, mfn, p2m_ram_rw);

    if (rc == -ENOMEM) /* a large page cannot be split: then all of it is dirty */
        rc = p2m_retype(d, block, PTRS_PER_TABLE, p2m_ram_logdirty, p2m_ram_rw, bits);
    if (!rc)
        __atomic_add_fetch(&p->dirty_count, 1, __ATOMIC_RELAXED);
    return rc;
}

void p2m_mark_dirty(struct domain *d, gfn_t gfn)
{
    enum p2m_type t;
    mfn_t mfn;
    int rc;

    if (!read_atomic(&d->arch.p2m.logging))
        return;
    do { /* nothing is noted of who is dying */
        mfn = p2m_lookup(d, gfn, &t, NULL);
        rc = t == p2m_ram_logdirty ? note_write(d, gfn, mfn) : 0;
    } while (rc == -EAGAIN);
}

static enum p2m_fault populate(struct domain *d, gfn_t gfn)
{
    int rc = pod_populate(d, gfn);

    if (rc == -ENOMEM)
        domain_crash(d, "no memory is left for frame %lx, to be populated on demand",
                     (unsigned long)gfn.v);
    return rc ? P2M_RETRY : P2M_FIXED;
}

enum p2m_fault p2m_fault(struct vcpu *v, maddr_t gpa, uint32_t error_code)
{
    struct domain *d = v->domain;
    gfn_t gfn = _gfn(gpa >> PAGE_SHIFT);
    enum p2m_type t;
    mfn_t mfn = p2m_lookup(d, gfn, &t, NULL);

    if (t == p2m_invalid)
        return P2M_BAD;
    if (t == p2m_pod)
        return populate(d, gfn);
    if (!(error_code & FAULT_WRITE))
        return P2M_RETRY;
    if (t == p2m_ram_logdirty) {
        __atomic_add_fetch(&d->arch.p2m.fault_count, 1, __ATOMIC_RELAXED);
        return note_write(d, gfn, mfn) ? P2M_RETRY : P2M_FIXED;
    }
    return p2m_is_writable(t) || t == p2m_mmio_direct ? P2M_RETRY : P2M_BAD;
}
