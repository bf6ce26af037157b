/* SPDX-License-Identifier: MIT */
/* The scheduler's settings, under credit2's names; there is one pool of CPUs. */
#include <hv/bitmap.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <xen/domctl.h>
#include <xen/sysctl.h>

/* All vCPUs of a domain have its weight; a weight of 0 leaves it as it is. */
static long put_info(struct domain *d, const struct xen_domctl_sched_credit2 *c)
{
    uint32_t most = 100 * d->max_vcpus;

    if (c->cap != UINT16_MAX && c->cap > most)
        return -EINVAL;
    sched_set_weight(d, c->weight ?: d->sched.weight, c->cap != UINT16_MAX ? c->cap : d->sched.cap);
    return 0;
}

static struct xen_domctl_sched_credit2 get_info(const struct domain *d)
{
    return (struct xen_domctl_sched_credit2){.weight = d->sched.weight, .cap = d->sched.cap};
}

static long vcpu_info(struct domain *d, struct xen_domctl_scheduler_op *op, unsigned int i)
{
    xen_domctl_schedparam_vcpu_t p;

    if (copy_from_guest_offset(&p, op->u.v.vcpus, i, 1))
        return -EFAULT;
    if (!domain_vcpu(d, p.vcpuid))
        return -EINVAL;
    if (op->cmd == XEN_DOMCTL_SCHEDOP_putvcpuinfo)
        return -EOPNOTSUPP; /* weights are a domain's */
    p.u.credit2 = get_info(d);
    return copy_to_guest_offset(op->u.v.vcpus, i, &p, 1);
}

static long vcpus_info(struct domain *d, struct xen_domctl_scheduler_op *op)
{
    long rc = 0;

    if (guest_handle_null(op->u.v.vcpus) || op->u.v.nr_vcpus > d->max_vcpus)
        return -EINVAL;
    for (unsigned int i = 0; i < op->u.v.nr_vcpus && !rc; i++)
        rc = vcpu_info(d, op, i);
    return rc;
}

long sched_adjust(struct domain *d, struct xen_domctl_scheduler_op *op)
{
    if (op->sched_id != XEN_SCHEDULER_CREDIT2)
        return -EINVAL;
    switch (op->cmd) {
    case XEN_DOMCTL_SCHEDOP_putinfo:
        return put_info(d, &op->u.credit2);
    case XEN_DOMCTL_SCHEDOP_getinfo:
        op->u.credit2 = get_info(d);
        return 0;
    case XEN_DOMCTL_SCHEDOP_putvcpuinfo:
    case XEN_DOMCTL_SCHEDOP_getvcpuinfo:
        return vcpus_info(d, op);
    default:
        return -EINVAL;
    }
}

long sched_adjust_global(struct xen_sysctl_scheduler_op *op)
{
    uint32_t us = op->u.sched_credit2.ratelimit_us;

    if (op->cpupool_id != 0)
        return -ESRCH;
    if (op->sched_id != XEN_SCHEDULER_CREDIT2)
        return -EINVAL;
    switch (op->cmd) {
    case XEN_SYSCTL_SCHEDOP_putinfo:
        if (us && (us > XEN_SYSCTL_SCHED_RATELIMIT_MAX || us < XEN_SYSCTL_SCHED_RATELIMIT_MIN))
            return -EINVAL;
        write_atomic(&sched_ratelimit_us, us);
        return 0;
    case XEN_SYSCTL_SCHEDOP_getinfo:
        op->u.sched_credit2.ratelimit_us = sched_ratelimit_us;
        return 0;
    default:
        return -EINVAL;
    }
}

/* --- pools ------------------------------------------------------------------------------------ */
static uint32_t count_domains(void)
{
    struct domain *d;
    uint32_t n = 0;

    spin_lock(&domlist_lock);
    list_for_each_entry (d, &domain_list, link)
        n++;
    spin_unlock(&domlist_lock);
    return n;
}

/* Of the pool, or of the first one whose id is not lower: tools count up. */
static long pool_info(struct xen_sysctl_cpupool_op *op)
{
    if (op->cpupool_id != 0 && op->cpupool_id != XEN_SYSCTL_CPUPOOL_PAR_ANY)
        return -ENOENT;
    op->cpupool_id = 0;
    op->sched_id = XEN_SCHEDULER_CREDIT2;
    op->n_dom = count_domains();
    return cpumask_to_guest(&op->cpumap, &cpu_online_map);
}

long cpupool_do_sysctl(struct xen_sysctl_cpupool_op *op)
{
    const cpumask_t none = {{0}};
    struct domain *d;

    switch (op->op) {
    case XEN_SYSCTL_CPUPOOL_OP_INFO:
        return pool_info(op);
    case XEN_SYSCTL_CPUPOOL_OP_FREEINFO:
        return cpumask_to_guest(&op->cpumap, &none);
    case XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN:
        if (op->cpupool_id != 0)
            return -ENOENT;
        d = domain_get((domid_t)op->domid);
        if (!d)
            return -ESRCH;
        domain_put(d); /* it is there already */
        return 0;
    case XEN_SYSCTL_CPUPOOL_OP_DESTROY:
    case XEN_SYSCTL_CPUPOOL_OP_RMCPU:
        return op->cpupool_id == 0 ? -EBUSY : -ENOENT;
    case XEN_SYSCTL_CPUPOOL_OP_CREATE:
    case XEN_SYSCTL_CPUPOOL_OP_ADDCPU:
        return -EOPNOTSUPP;
    default:
        return -ENOSYS;
    }
}
