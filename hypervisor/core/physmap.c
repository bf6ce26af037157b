/* SPDX-License-Identifier: MIT */
/* memory_op: the physical map of a guest whose frame numbers are its own. */
#include <hv/access.h>
#include <hv/arch/mm.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/softirq.h>
#include <xen/memory.h>
#include "memory.h"

/* The domain, if it is one of these guests and the caller may change its map. */
static int find_domain(domid_t domid, unsigned int cmd, struct domain **d)
{
    int rc = find_target(domid, ACCESS_MEMORY, cmd, d);

    if (!rc && !(*d)->is_hvm) {
        domain_put(*d);
        rc = -EACCES;
    }
    return rc;
}

/* Of a list of nr, from *start on; do_one: 0, or what ends the list. */
static int run_list(int (*do_one)(void *x, unsigned long i), void *x, unsigned long nr,
                    unsigned long *start)
{
    int rc = 0;

    while (*start < nr && !rc) {
        rc = do_one(x, *start);
        ++*start;
        if (!rc && *start < nr && hypercall_preempt_check())
            rc = -EPREEMPTED;
    }
    return rc;
}

/* --- XENMEM_add_to_physmap ------------------------------------------------------------------------ */
struct add {
    struct domain *d;
    struct xen_add_to_physmap a;
};

static int add_frame_of_range(void *x, unsigned long i)
{
    struct add *add = x;

    return arch_add_to_physmap(add->d, XENMAPSPACE_gmfn, 0, add->a.idx + i, _gfn(add->a.gpfn + i));
}

long memory_add_to_physmap(vaddr_t arg, unsigned long *start)
{
    struct add x = {0};
    long rc;

    if (copy_arg(&x.a, arg))
        return -EFAULT;
    if (x.a.space == XENMAPSPACE_gmfn_foreign) /* whose, only the batch can say */
        return -ENOSYS;
    rc = find_domain(x.a.domid, XENMEM_add_to_physmap, &x.d);
    if (rc)
        return rc;
    if (x.a.space == XENMAPSPACE_gmfn_range)
        rc = run_list(add_frame_of_range, &x, x.a.size, start);
    else
        rc = arch_add_to_physmap(x.d, x.a.space, 0, x.a.idx, _gfn(x.a.gpfn));
    domain_put(x.d);
    return rc;
}

/* --- XENMEM_add_to_physmap_batch ------------------------------------------------------------------ */
struct batch {
    struct domain *d;
    struct xen_add_to_physmap_batch b;
};

/* Each frame has a result of its own. */
static int add_frame_of_batch(void *x, unsigned long i)
{
    struct batch *batch = x;
    const struct xen_add_to_physmap_batch *b = &batch->b;
    xen_ulong_t idx;
    xen_pfn_t gpfn;
    int rc;

    if (copy_from_guest_offset(&idx, b->idxs, i, 1) ||
        copy_from_guest_offset(&gpfn, b->gpfns, i, 1))
        return -EFAULT;
    rc = arch_add_to_physmap(batch->d, b->space, b->u.foreign_domid, idx, _gfn(gpfn));
    return copy_to_guest_offset(b->errs, i, &rc, 1);
}

long memory_add_to_physmap_batch(vaddr_t arg, unsigned long *start)
{
    struct batch x = {0};
    long rc;

    if (copy_arg(&x.b, arg))
        return -EFAULT;
    if (x.b.space == XENMAPSPACE_gmfn_range ||
        (x.b.space != XENMAPSPACE_gmfn_foreign && x.b.u.res0))
        return -EINVAL;
    rc = find_domain(x.b.domid, XENMEM_add_to_physmap_batch, &x.d);
    if (rc)
        return rc;
    rc = run_list(add_frame_of_batch, &x, x.b.size, start);
    domain_put(x.d);
    return rc;
}

/* --- XENMEM_remove_from_physmap ------------------------------------------------------------------- */
long memory_remove_from_physmap(vaddr_t arg)
{
    struct xen_remove_from_physmap r;
    struct domain *d;
    long rc;

    if (copy_arg(&r, arg))
        return -EFAULT;
    rc = find_domain(r.domid, XENMEM_remove_from_physmap, &d);
    if (rc)
        return rc;
    rc = arch_remove_from_physmap(d, _gfn(r.gpfn));
    domain_put(d);
    return rc;
}
