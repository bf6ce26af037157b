/* SPDX-License-Identifier: MIT */
/* The one access-control point. */
#include <hv/access.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <xen/domctl.h>
#include <xen/event_channel.h>
#include <xen/memory.h>
#include <xen/version.h>

static bool is_target(const struct domain *caller, const struct domain *target)
{
    return target && caller->target == target;
}

/* What a stub domain needs of domctl to emulate its target's devices. */
static bool stub_domctl(unsigned long cmd)
{
    switch (cmd) {
    case XEN_DOMCTL_ioport_mapping:
    case XEN_DOMCTL_memory_mapping:
    case XEN_DOMCTL_bind_pt_irq:
    case XEN_DOMCTL_unbind_pt_irq:
        return true;
    default:
        return false;
    }
}

int may(const struct domain *caller, enum access_op op, const struct domain *target, unsigned long arg)
{
    bool self = caller == target, ok = false;

    if (caller->is_privileged)
        return 0;
    switch (op) {
    case ACCESS_DOMCTL:
        ok = is_target(caller, target) && stub_domctl(arg);
        break;
    case ACCESS_MEMORY:
        /* What the tools say about a domain is not the domain's to change. */
        ok = (self && arg != XENMEM_set_memory_map && arg != XENMEM_claim_pages) ||
             is_target(caller, target);
        break;
    case ACCESS_MMU_FOREIGN:
    case ACCESS_GRANT_SETUP:
    case ACCESS_EVTCHN:
        ok = self || is_target(caller, target);
        break;
    case ACCESS_PHYSDEV:
        ok = is_target(caller, target);
        break;
    case ACCESS_CONSOLE:
        ok = arg == 0;
        break;
    case ACCESS_VERSION:
        ok = arg != XENVER_commandline;
        break;
    case ACCESS_SYSCTL:
    case ACCESS_PLATFORM:
    case ACCESS_SCHED_REMOTE_SHUTDOWN:
    case ACCESS_VIRQ_GLOBAL:
        break;
    }
    return ok ? 0 : -EPERM;
}
