/* SPDX-License-Identifier: MIT */
/* Nested page faults, and the log of frames that have been written to. */
#include <asm/p2m.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/string.h>

#define FAULT_WRITE BIT(1)

void p2m_mark_dirty(struct domain *d, gfn_t gfn)
{
    struct p2m *p = &d->arch.p2m;
    unsigned long *map = load_acquire(&p->dirty);

    if (map && gfn.v < p->dirty_bits && !test_and_set_bit((unsigned int)gfn.v, map))
        __atomic_add_fetch(&p->dirty_count, 1, __ATOMIC_RELAXED);
}

static enum p2m_fault note_write(struct domain *d, gfn_t gfn, mfn_t mfn)
{
    p2m_mark_dirty(d, gfn);
    return p2m_replace(d, gfn, mfn, p2m_ram_logdirty, mfn, p2m_ram_rw) ? P2M_RETRY : P2M_FIXED;
}

enum p2m_fault p2m_fault(struct vcpu *v, maddr_t gpa, uint32_t error_code)
{
    gfn_t gfn = _gfn(gpa >> PAGE_SHIFT);
    enum p2m_type t;
    mfn_t mfn = p2m_lookup(v->domain, gfn, &t, NULL);

    if (t == p2m_invalid)
        return P2M_BAD;
    if (!(error_code & FAULT_WRITE))
        return P2M_RETRY;
    if (t == p2m_ram_logdirty)
        return note_write(v->domain, gfn, mfn);
    return p2m_is_writable(t) || t == p2m_mmio_direct ? P2M_RETRY : P2M_BAD;
}
