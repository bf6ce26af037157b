/* SPDX-License-Identifier: MIT */
/* CPU pools. */
#include "private.h"

static struct xen_sysctl pool_op(uint32_t cmd, uint32_t poolid)
{
    struct xen_sysctl op = sysctl_for(XEN_SYSCTL_cpupool_op);

    op.u.cpupool_op.op = cmd;
    op.u.cpupool_op.cpupool_id = poolid;
    return op;
}

PUBLIC int xc_cpupool_create(xc_interface *xch, uint32_t *ppoolid, uint32_t sched_id)
{
    struct xen_sysctl op = pool_op(XEN_SYSCTL_CPUPOOL_OP_CREATE, *ppoolid);

    op.u.cpupool_op.sched_id = sched_id;
    if (do_sysctl(xch, &op))
        return -1;
    *ppoolid = op.u.cpupool_op.cpupool_id;
    return 0;
}

PUBLIC int xc_cpupool_destroy(xc_interface *xch, uint32_t poolid)
{
    struct xen_sysctl op = pool_op(XEN_SYSCTL_CPUPOOL_OP_DESTROY, poolid);

    return do_sysctl(xch, &op);
}

/* The structure and its map are one piece of memory. */
PUBLIC xc_cpupoolinfo_t *xc_cpupool_getinfo(xc_interface *xch, uint32_t poolid)
{
    struct xen_sysctl op = pool_op(XEN_SYSCTL_CPUPOOL_OP_INFO, poolid);
    int size = xc_get_cpumap_size(xch), rc;
    xc_cpupoolinfo_t *info = NULL;
    struct bounce b;

    if (size <= 0)
        return NULL;
    info = calloc(1, sizeof(*info) + size);
    if (!info) {
        fail(xch, ENOMEM, "no memory for a pool's information");
        return NULL;
    }
    info->cpumap = (xc_cpumap_t)(info + 1);
    if (bounce_bytes(xch, &b, info->cpumap, size, BOUNCE_OUT))
        goto failed;
    set_xen_guest_handle_raw(op.u.cpupool_op.cpumap.bitmap, b.buf);
    op.u.cpupool_op.cpumap.nr_bits = size * 8;
    rc = do_sysctl(xch, &op);
    unbounce(xch, &b);
    if (rc)
        goto failed;
    info->cpupool_id = op.u.cpupool_op.cpupool_id;
    info->sched_id = op.u.cpupool_op.sched_id;
    info->n_dom = op.u.cpupool_op.n_dom;
    return info;
failed:
    free(info);
    return NULL;
}

PUBLIC void xc_cpupool_infofree(xc_interface *xch, xc_cpupoolinfo_t *info)
{
    free(info);
}

PUBLIC int xc_cpupool_addcpu(xc_interface *xch, uint32_t poolid, int cpu)
{
    struct xen_sysctl op = pool_op(XEN_SYSCTL_CPUPOOL_OP_ADDCPU, poolid);

    op.u.cpupool_op.cpu = cpu < 0 ? XEN_SYSCTL_CPUPOOL_PAR_ANY : (uint32_t)cpu;
    return do_sysctl(xch, &op);
}

/* A CPU that runs something at that moment answers EBUSY, and is free a little later. */
#define MAX_BUSY 5

PUBLIC int xc_cpupool_removecpu(xc_interface *xch, uint32_t poolid, int cpu)
{
    int tries, rc = -1;

    for (tries = 0; rc && tries < MAX_BUSY; tries++) {
        struct xen_sysctl op = pool_op(XEN_SYSCTL_CPUPOOL_OP_RMCPU, poolid);

        op.u.cpupool_op.cpu = cpu < 0 ? XEN_SYSCTL_CPUPOOL_PAR_ANY : (uint32_t)cpu;
        rc = do_sysctl(xch, &op);
        if (rc && errno != EBUSY)
            break;
    }
    return rc;
}

PUBLIC int xc_cpupool_movedomain(xc_interface *xch, uint32_t poolid, uint32_t domid)
{
    struct xen_sysctl op = pool_op(XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN, poolid);

    op.u.cpupool_op.domid = domid;
    return do_sysctl(xch, &op);
}

PUBLIC xc_cpumap_t xc_cpupool_freeinfo(xc_interface *xch)
{
    struct xen_sysctl op = pool_op(XEN_SYSCTL_CPUPOOL_OP_FREEINFO, 0);
    int size = xc_get_cpumap_size(xch), rc = -1;
    xc_cpumap_t map = size > 0 ? xc_cpumap_alloc(xch) : NULL;
    struct bounce b;

    if (!map)
        return NULL;
    if (!bounce_bytes(xch, &b, map, size, BOUNCE_OUT)) {
        set_xen_guest_handle_raw(op.u.cpupool_op.cpumap.bitmap, b.buf);
        op.u.cpupool_op.cpumap.nr_bits = size * 8;
        rc = do_sysctl(xch, &op);
        unbounce(xch, &b);
    }
    if (rc) {
        free(map);
        map = NULL;
    }
    return map;
}
