/* SPDX-License-Identifier: MIT */
/* What tools do to containers alone. */
#include <asm/hvm.h>
#include <asm/p2m.h>
#include <hv/errno.h>
#include <xen/domctl.h>

#define PAGES_PER_MIB (1u << (20 - PAGE_SHIFT))

static long get_pool(struct domain *d, struct xen_domctl_paging_mempool *u)
{
    u->size = read_atomic(&d->arch.p2m.pool_pages) << PAGE_SHIFT;
    return 0;
}

static long set_pool(struct domain *d, const struct xen_domctl_paging_mempool *u)
{
    if (u->size & (PAGE_SIZE - 1))
        return -EINVAL;
    return p2m_set_pool(d, u->size >> PAGE_SHIFT);
}

/* Shadow page tables there are none: the pool is that of the nested ones. */
static long shadow_op(struct domain *d, struct xen_domctl_shadow_op *u)
{
    switch (u->op) {
    case XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION:
        u->mb = (uint32_t)((d->arch.p2m.pool_pages + PAGES_PER_MIB - 1) / PAGES_PER_MIB);
        return 0;
    case XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION:
        return p2m_set_pool(d, (uint64_t)u->mb * PAGES_PER_MIB);
    default:
        return -EOPNOTSUPP;
    }
}

long hvm_do_domctl(struct xen_domctl *op, struct domain *d, bool *copyback)
{
    if (d == current->domain)
        return -EINVAL;
    *copyback = true;
    switch (op->cmd) {
    case XEN_DOMCTL_gethvmcontext:
        return hvm_get_context(d, &op->u.hvmcontext);
    case XEN_DOMCTL_gethvmcontext_partial:
        return hvm_get_context_partial(d, &op->u.hvmcontext_partial);
    case XEN_DOMCTL_sethvmcontext:
        return hvm_set_context(d, &op->u.hvmcontext);
    case XEN_DOMCTL_shadow_op:
        return shadow_op(d, &op->u.shadow_op);
    case XEN_DOMCTL_get_paging_mempool_size:
        return get_pool(d, &op->u.paging_mempool);
    case XEN_DOMCTL_set_paging_mempool_size:
        return set_pool(d, &op->u.paging_mempool);
    default:
        return -ENOSYS;
    }
}
