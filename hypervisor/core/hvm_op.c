/* SPDX-License-Identifier: MIT */
/* hvm_op: what containers have beyond other domains. */
#include <hv/access.h>
#include <hv/arch/domain.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <xen/hvm/hvm_op.h>

static int find_container(domid_t domid, unsigned int cmd, struct domain **d)
{
    int rc = find_target(domid, ACCESS_HVM_OP, cmd, d);

    if (!rc && !(*d)->is_hvm) {
        domain_put(*d);
        rc = -EINVAL;
    }
    return rc;
}

static long param(unsigned int cmd, vaddr_t arg)
{
    struct xen_hvm_param p;
    struct domain *d;
    bool by_itself;
    long rc;

    if (copy_arg(&p, arg))
        return -EFAULT;
    rc = find_container(p.domid, cmd, &d);
    if (rc)
        return rc;
    by_itself = d == current->domain && !d->is_privileged;
    if (cmd == HVMOP_set_param)
        rc = arch_set_hvm_param(d, p.index, p.value, by_itself);
    else
        rc = arch_get_hvm_param(d, p.index, &p.value, by_itself);
    if (!rc && cmd == HVMOP_get_param)
        rc = copy_back(arg, &p);
    domain_put(d);
    return rc;
}

static long set_upcall_vector(vaddr_t arg)
{
    struct xen_hvm_evtchn_upcall_vector u;
    struct domain *d = current->domain;
    struct vcpu *v;

    if (copy_arg(&u, arg))
        return -EFAULT;
    if (!d->is_hvm)
        return -EINVAL;
    v = domain_vcpu(d, u.vcpu);
    return v ? arch_set_upcall_vector(v, u.vector) : -ENOENT;
}

static long get_mem_type(vaddr_t arg)
{
    struct xen_hvm_get_mem_type m;
    struct domain *d;
    long rc;

    if (copy_arg(&m, arg))
        return -EFAULT;
    rc = find_container(m.domid, HVMOP_get_mem_type, &d);
    if (rc)
        return rc;
    m.mem_type = arch_hvm_mem_type(d, _gfn(m.pfn));
    domain_put(d);
    return copy_back(arg, &m);
}

static long get_time(vaddr_t arg)
{
    struct xen_hvm_get_time t = {.now = (uint64_t)now()};

    return copy_back(arg, &t);
}

long do_hvm_op(struct hypercall_args *a)
{
    unsigned long cmd = a->a[0];
    vaddr_t arg = a->a[1];

    switch (cmd) {
    case HVMOP_set_param:
    case HVMOP_get_param:
        return param((unsigned int)cmd, arg);
    case HVMOP_flush_tlbs:
        if (arg || !current->domain->is_hvm)
            return -EINVAL;
        arch_hvm_flush_tlbs(current->domain);
        return 0;
    case HVMOP_get_time:
        return get_time(arg);
    case HVMOP_get_mem_type:
        return get_mem_type(arg);
    case HVMOP_set_evtchn_upcall_vector:
        return set_upcall_vector(arg);
    case HVMOP_pagetable_dying: /* hints and monitors of what we do not do */
    case HVMOP_altp2m:
        return -EOPNOTSUPP;
    default:
        return -ENOSYS;
    }
}
