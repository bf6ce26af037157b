/* SPDX-License-Identifier: MIT */
/* Scheduling parameters of domains, vCPUs and CPU pools. */
#include "private.h"

PUBLIC int xc_sched_id(xc_interface *xch, int *sched_id)
{
    struct xen_sysctl op = sysctl_for(XEN_SYSCTL_sched_id);

    if (do_sysctl(xch, &op))
        return -1;
    *sched_id = op.u.sched_id.sched_id;
    return 0;
}

/* Sets or gets a domain's parameters; params is the scheduler's member of the union. */
static int domain_params(xc_interface *xch, const char *operation, uint32_t domid,
                         uint32_t sched_id, uint32_t cmd, void *params, size_t size)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_scheduler_op, domid);

    op.u.scheduler_op.sched_id = sched_id;
    op.u.scheduler_op.cmd = cmd;
    if (cmd == XEN_DOMCTL_SCHEDOP_putinfo)
        memcpy(&op.u.scheduler_op.u, params, size);
    if (xc__domctl(xch, operation, &op))
        return -1;
    if (cmd == XEN_DOMCTL_SCHEDOP_getinfo)
        memcpy(params, &op.u.scheduler_op.u, size);
    return 0;
}

PUBLIC int xc_sched_credit_domain_set(xc_interface *xch, uint32_t domid,
                                      struct xen_domctl_sched_credit *sdom)
{
    return domain_params(xch, __func__, domid, XEN_SCHEDULER_CREDIT, XEN_DOMCTL_SCHEDOP_putinfo,
                         sdom, sizeof(*sdom));
}

PUBLIC int xc_sched_credit_domain_get(xc_interface *xch, uint32_t domid,
                                      struct xen_domctl_sched_credit *sdom)
{
    return domain_params(xch, __func__, domid, XEN_SCHEDULER_CREDIT, XEN_DOMCTL_SCHEDOP_getinfo,
                         sdom, sizeof(*sdom));
}

PUBLIC int xc_sched_credit2_domain_set(xc_interface *xch, uint32_t domid,
                                       struct xen_domctl_sched_credit2 *sdom)
{
    return domain_params(xch, __func__, domid, XEN_SCHEDULER_CREDIT2, XEN_DOMCTL_SCHEDOP_putinfo,
                         sdom, sizeof(*sdom));
}

PUBLIC int xc_sched_credit2_domain_get(xc_interface *xch, uint32_t domid,
                                       struct xen_domctl_sched_credit2 *sdom)
{
    return domain_params(xch, __func__, domid, XEN_SCHEDULER_CREDIT2, XEN_DOMCTL_SCHEDOP_getinfo,
                         sdom, sizeof(*sdom));
}

PUBLIC int xc_sched_rtds_domain_set(xc_interface *xch, uint32_t domid,
                                    struct xen_domctl_sched_rtds *sdom)
{
    return domain_params(xch, __func__, domid, XEN_SCHEDULER_RTDS, XEN_DOMCTL_SCHEDOP_putinfo, sdom,
                         sizeof(*sdom));
}

PUBLIC int xc_sched_rtds_domain_get(xc_interface *xch, uint32_t domid,
                                    struct xen_domctl_sched_rtds *sdom)
{
    return domain_params(xch, __func__, domid, XEN_SCHEDULER_RTDS, XEN_DOMCTL_SCHEDOP_getinfo, sdom,
                         sizeof(*sdom));
}

/* The hypervisor may do some vCPUs a call and says how many. */
static int rtds_vcpus(xc_interface *xch, const char *operation, uint32_t domid, uint32_t cmd,
                      struct xen_domctl_schedparam_vcpu *vcpus, uint32_t num, enum bounce_dir dir)
{
    struct bounce b;
    uint32_t done = 0;
    int rc = 0;

    if (xc__bounce(xch, operation, &b, vcpus, num, sizeof(*vcpus), dir))
        return -1;
    while (!rc && done < num) {
        struct xen_domctl op = domctl_for(XEN_DOMCTL_scheduler_op, domid);

        op.u.scheduler_op.sched_id = XEN_SCHEDULER_RTDS;
        op.u.scheduler_op.cmd = cmd;
        op.u.scheduler_op.u.v.nr_vcpus = num - done;
        set_xen_guest_handle_raw(op.u.scheduler_op.u.v.vcpus,
                                 (struct xen_domctl_schedparam_vcpu *)b.buf + done);
        rc = xc__domctl(xch, operation, &op);
        if (!rc && !op.u.scheduler_op.u.v.nr_vcpus)
            rc = xc__fail(xch, EIO, operation, NULL, "stuck at vCPU %u of %u", done, num);
        done += op.u.scheduler_op.u.v.nr_vcpus;
    }
    xc__unbounce(xch, &b);
    return rc;
}

PUBLIC int xc_sched_rtds_vcpu_set(xc_interface *xch, uint32_t domid,
                                  struct xen_domctl_schedparam_vcpu *vcpus, uint32_t num_vcpus)
{
    return rtds_vcpus(xch, __func__, domid, XEN_DOMCTL_SCHEDOP_putvcpuinfo, vcpus, num_vcpus,
                      BOUNCE_IN);
}

PUBLIC int xc_sched_rtds_vcpu_get(xc_interface *xch, uint32_t domid,
                                  struct xen_domctl_schedparam_vcpu *vcpus, uint32_t num_vcpus)
{
    return rtds_vcpus(xch, __func__, domid, XEN_DOMCTL_SCHEDOP_getvcpuinfo, vcpus, num_vcpus,
                      BOUNCE_BOTH);
}

static struct xen_sysctl pool_op(uint32_t cpupool_id, uint32_t sched_id, uint32_t cmd)
{
    struct xen_sysctl op = sysctl_for(XEN_SYSCTL_scheduler_op);

    op.u.scheduler_op.cpupool_id = cpupool_id;
    op.u.scheduler_op.sched_id = sched_id;
    op.u.scheduler_op.cmd = cmd;
    return op;
}

/* A setting is answered with what is in force. */
static int pool_params(xc_interface *xch, const char *operation, uint32_t cpupool_id,
                       uint32_t sched_id, uint32_t cmd, void *params, size_t size)
{
    struct xen_sysctl op = pool_op(cpupool_id, sched_id, cmd);

    if (cmd == XEN_SYSCTL_SCHEDOP_putinfo)
        memcpy(&op.u.scheduler_op.u, params, size);
    if (xc__sysctl(xch, operation, &op))
        return -1;
    memcpy(params, &op.u.scheduler_op.u, size);
    return 0;
}

PUBLIC int xc_sched_credit_params_set(xc_interface *xch, uint32_t cpupool_id,
                                      struct xen_sysctl_credit_schedule *schedule)
{
    return pool_params(xch, __func__, cpupool_id, XEN_SCHEDULER_CREDIT, XEN_SYSCTL_SCHEDOP_putinfo,
                       schedule, sizeof(*schedule));
}

PUBLIC int xc_sched_credit_params_get(xc_interface *xch, uint32_t cpupool_id,
                                      struct xen_sysctl_credit_schedule *schedule)
{
    return pool_params(xch, __func__, cpupool_id, XEN_SCHEDULER_CREDIT, XEN_SYSCTL_SCHEDOP_getinfo,
                       schedule, sizeof(*schedule));
}

PUBLIC int xc_sched_credit2_params_set(xc_interface *xch, uint32_t cpupool_id,
                                       struct xen_sysctl_credit2_schedule *schedule)
{
    return pool_params(xch, __func__, cpupool_id, XEN_SCHEDULER_CREDIT2, XEN_SYSCTL_SCHEDOP_putinfo,
                       schedule, sizeof(*schedule));
}

PUBLIC int xc_sched_credit2_params_get(xc_interface *xch, uint32_t cpupool_id,
                                       struct xen_sysctl_credit2_schedule *schedule)
{
    return pool_params(xch, __func__, cpupool_id, XEN_SCHEDULER_CREDIT2, XEN_SYSCTL_SCHEDOP_getinfo,
                       schedule, sizeof(*schedule));
}

static int arinc653(xc_interface *xch, const char *operation, uint32_t cpupool_id, uint32_t cmd,
                    struct xen_sysctl_arinc653_schedule *schedule, enum bounce_dir dir)
{
    struct xen_sysctl op = pool_op(cpupool_id, XEN_SCHEDULER_ARINC653, cmd);
    struct bounce b;
    int rc;

    if (xc__bounce(xch, operation, &b, schedule, 1, sizeof(*schedule), dir))
        return -1;
    set_xen_guest_handle_raw(op.u.scheduler_op.u.sched_arinc653.schedule, b.buf);
    rc = xc__sysctl(xch, operation, &op);
    xc__unbounce(xch, &b);
    return rc;
}

PUBLIC int xc_sched_arinc653_schedule_set(xc_interface *xch, uint32_t cpupool_id,
                                          struct xen_sysctl_arinc653_schedule *schedule)
{
    return arinc653(xch, __func__, cpupool_id, XEN_SYSCTL_SCHEDOP_putinfo, schedule, BOUNCE_IN);
}

PUBLIC int xc_sched_arinc653_schedule_get(xc_interface *xch, uint32_t cpupool_id,
                                          struct xen_sysctl_arinc653_schedule *schedule)
{
    return arinc653(xch, __func__, cpupool_id, XEN_SYSCTL_SCHEDOP_getinfo, schedule, BOUNCE_OUT);
}
