/* SPDX-License-Identifier: MIT */
/* The one access-control point: may caller do this to target? (core/access.c) */
#ifndef HV_ACCESS_H
#define HV_ACCESS_H

#include <hv/types.h>
#include <xen/xen.h>

enum access_op {
    ACCESS_DOMCTL,      /* arg: command */
    ACCESS_SYSCTL,      /* arg: command; target NULL */
    ACCESS_PLATFORM,    /* arg: command; target NULL */
    ACCESS_PHYSDEV,     /* arg: command; target: whose pirq */
    ACCESS_MEMORY,      /* arg: subcommand; reservations, physmap of target */
    ACCESS_MMU_FOREIGN, /* map or update target's frames */
    ACCESS_GRANT_SETUP, /* target's grant table set up or queried */
    ACCESS_EVTCHN,      /* arg: subcommand; alloc_unbound, status, reset for target */
    ACCESS_CONSOLE,     /* console_io: write (arg 0) or read (1) */
    ACCESS_SCHED_REMOTE_SHUTDOWN,
    ACCESS_VIRQ_GLOBAL, /* bind a global VIRQ */
    ACCESS_HVM_OP,      /* arg: HVMOP_* */
    ACCESS_VERSION,     /* arg: XENVER_*: commandline and changeset are for the privileged */
};

/* A domain may act on itself (where the operation allows that at all), dom0 on everyone, a stub
 * domain on its target for memory, mmu, grant and event operations. 0 or -EPERM. */
int may(const struct domain *caller, enum access_op op, const struct domain *target,
        unsigned long arg);
/* domain_get() of what current may do this to.  0; -ESRCH, -EPERM: *d is NULL. */
int find_target(domid_t domid, enum access_op op, unsigned long arg, struct domain **d);

#endif
