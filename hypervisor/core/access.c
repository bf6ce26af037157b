/* SPDX-License-Identifier: MIT */
#include <hv/access.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <xen/domctl.h>
#include <xen/hvm/hvm_op.h>
#include <xen/memory.h>
#include <xen/version.h>

/* What a domain may do to itself without being privileged. */
static bool for_oneself(enum access_op op, unsigned long arg)
{
    switch (op) {
    case ACCESS_MEMORY: /* what the tools say about it is not its own to change */
        return arg != XENMEM_set_memory_map && arg != XENMEM_claim_pages;
    case ACCESS_MMU_FOREIGN:
    case ACCESS_GRANT_SETUP:
    case ACCESS_EVTCHN:
        return true;
    case ACCESS_PHYSDEV: /* which PIRQs it has is checked where they are */
        return true;
    case ACCESS_CONSOLE:
        return arg == 0; /* write */
    case ACCESS_HVM_OP:  /* which of its parameters, their side knows */
        return arg == HVMOP_set_param || arg == HVMOP_get_param ||
               arg == HVMOP_set_evtchn_upcall_vector;
    case ACCESS_VERSION:
        return arg != XENVER_commandline && arg != XENVER_changeset && arg != XENVER_build_id;
    default:
        return false;
    }
}

/* What a stub domain may do to the domain it serves. */
static bool for_ones_target(enum access_op op, unsigned long arg)
{
    switch (op) {
    case ACCESS_DOMCTL: /* emulating its devices */
        return arg == XEN_DOMCTL_ioport_mapping || arg == XEN_DOMCTL_memory_mapping ||
               arg == XEN_DOMCTL_bind_pt_irq || arg == XEN_DOMCTL_unbind_pt_irq;
    case ACCESS_PHYSDEV:
    case ACCESS_MEMORY:
    case ACCESS_MMU_FOREIGN:
    case ACCESS_GRANT_SETUP:
    case ACCESS_EVTCHN:
    case ACCESS_HVM_OP:
        return true;
    default:
        return false;
    }
}

int may(const struct domain *caller, enum access_op op, const struct domain *target,
        unsigned long arg)
{
    if (caller->is_privileged)
        return 0;
    if (target == caller && for_oneself(op, arg))
        return 0;
    if (target && caller->target == target && for_ones_target(op, arg))
        return 0;
    return -EPERM;
}

int find_target(domid_t domid, enum access_op op, unsigned long arg, struct domain **d)
{
    int rc;

    *d = domain_get(domid);
    if (!*d)
        return -ESRCH;
    rc = may(current->domain, op, *d, arg);
    if (rc) {
        domain_put(*d);
        *d = NULL;
    }
    return rc;
}
