/* SPDX-License-Identifier: MIT */
/* Page tables of PV domains: pinning and other extended operations, queued updates. */
#include "private.h"
#include "xenctrl_internal.h"

PUBLIC int xc_mmuext_op(xc_interface *xch, struct mmuext_op *op, unsigned int nr_ops, uint32_t dom)
{
    struct bounce b;
    int rc;

    if (!xch->xcall)
        return fail(xch, EBADF, "the handle was opened as a dummy");
    if (bounce(xch, &b, op, nr_ops, BOUNCE_BOTH))
        return -1;
    rc = xencall4(xch->xcall, __HYPERVISOR_mmuext_op, (uintptr_t)b.buf, nr_ops, 0, dom);
    unbounce(xch, &b);
    if (rc < 0)
        xc__fail(xch, errno, __func__, "mmuext_op", "%u operations on domain %u failed", nr_ops,
                 dom);
    return rc;
}

#define MMU_QUEUE 1024

struct xc_mmu {
    unsigned int used;
    unsigned int subject;
    mmu_update_t updates[MMU_QUEUE];
};

PUBLIC struct xc_mmu *xc_alloc_mmu_updates(xc_interface *xch, unsigned int subject)
{
    struct xc_mmu *mmu = malloc(sizeof(*mmu));

    if (!mmu) {
        fail(xch, ENOMEM, "no memory for a queue of updates");
        return NULL;
    }
    mmu->used = 0;
    mmu->subject = subject;
    return mmu;
}

PUBLIC int xc_flush_mmu_updates(xc_interface *xch, struct xc_mmu *mmu)
{
    struct bounce b;
    int rc;

    if (!mmu->used)
        return 0;
    if (!xch->xcall)
        return fail(xch, EBADF, "the handle was opened as a dummy");
    if (bounce(xch, &b, mmu->updates, mmu->used, BOUNCE_IN))
        return -1;
    rc =
        xencall4(xch->xcall, __HYPERVISOR_mmu_update, (uintptr_t)b.buf, mmu->used, 0, mmu->subject);
    unbounce(xch, &b);
    if (rc < 0)
        rc = xc__fail(xch, errno, __func__, "mmu_update", "%u updates for domain %u failed",
                      mmu->used, mmu->subject);
    mmu->used = 0;
    return rc < 0 ? -1 : 0;
}

PUBLIC int xc_add_mmu_update(xc_interface *xch, struct xc_mmu *mmu, unsigned long long ptr,
                             unsigned long long val)
{
    mmu->updates[mmu->used].ptr = ptr;
    mmu->updates[mmu->used].val = val;
    if (++mmu->used == MMU_QUEUE)
        return xc_flush_mmu_updates(xch, mmu);
    return 0;
}
