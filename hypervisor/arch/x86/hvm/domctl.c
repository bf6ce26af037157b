/* SPDX-License-Identifier: MIT */
/* What tools do to containers alone. */
#include <asm/hvm.h>
#include <asm/p2m.h>
#include <hv/errno.h>
#include <xen/domctl.h>

long hvm_do_domctl(struct xen_domctl *op, struct domain *d, bool *copyback)
{
    if (d == current->domain)
        return -EINVAL;
    switch (op->cmd) {
    case XEN_DOMCTL_gethvmcontext:
        *copyback = true;
        return hvm_get_context(d, &op->u.hvmcontext);
    case XEN_DOMCTL_gethvmcontext_partial:
        *copyback = true;
        return hvm_get_context_partial(d, &op->u.hvmcontext_partial);
    case XEN_DOMCTL_sethvmcontext:
        *copyback = true;
        return hvm_set_context(d, &op->u.hvmcontext);
    default:
        return hvm_mm_domctl(op, d, copyback);
    }
}
