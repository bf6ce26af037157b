/* SPDX-License-Identifier: MIT */
#include <hv/access.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/vnuma.h>
#include <xen/domctl.h>

#define MAX_VNODES     32
#define MAX_VMEMRANGES 32

struct vnuma_info {
    unsigned int nr_vnodes, nr_vcpus, nr_ranges;
    unsigned int distance[MAX_VNODES * MAX_VNODES];
    unsigned int vcpu_to_vnode[MAX_VCPUS];
    unsigned int vnode_to_pnode[MAX_VNODES];
    struct xen_vmemrange range[MAX_VMEMRANGES];
};

static bool is_consistent(const struct vnuma_info *v)
{
    for (unsigned int i = 0; i < v->nr_vcpus; i++)
        if (v->vcpu_to_vnode[i] >= v->nr_vnodes)
            return false;
    for (unsigned int i = 0; i < v->nr_ranges; i++)
        if (v->range[i].nid >= v->nr_vnodes || v->range[i].start > v->range[i].end)
            return false;
    return true;
}

long vnuma_set(struct domain *d, const struct xen_domctl_vnuma *u)
{
    struct vnuma_info *v, *old;
    long rc = -EFAULT;

    if (u->pad || !u->nr_vnodes || u->nr_vnodes > MAX_VNODES || !u->nr_vmemranges ||
        u->nr_vmemranges > MAX_VMEMRANGES || u->nr_vcpus != d->max_vcpus)
        return -EINVAL;
    v = hv_new(struct vnuma_info);
    if (!v)
        return -ENOMEM;
    v->nr_vnodes = u->nr_vnodes;
    v->nr_vcpus = u->nr_vcpus;
    v->nr_ranges = u->nr_vmemranges;
    if (copy_from_guest(v->distance, u->vdistance, u->nr_vnodes * u->nr_vnodes) ||
        copy_from_guest(v->vcpu_to_vnode, u->vcpu_to_vnode, u->nr_vcpus) ||
        copy_from_guest(v->vnode_to_pnode, u->vnode_to_pnode, u->nr_vnodes) ||
        copy_from_guest(v->range, u->vmemrange, u->nr_vmemranges))
        goto out;
    rc = -EINVAL;
    if (!is_consistent(v))
        goto out;
    rc = 0;
    spin_lock(&d->lock);
    old = d->vnuma;
    d->vnuma = v;
    spin_unlock(&d->lock);
    v = old;
out:
    hv_free(v);
    return rc;
}

/* A copy to work on without the lock: writing to the caller's memory may take a while. */
static struct vnuma_info *copy_of(struct domain *d)
{
    struct vnuma_info *copy = hv_new(struct vnuma_info);

    if (!copy)
        return NULL;
    spin_lock(&d->lock);
    if (d->vnuma)
        *copy = *d->vnuma;
    spin_unlock(&d->lock);
    return copy;
}

static long hand_out(const struct vnuma_info *v, struct xen_vnuma_topology_info *t, vaddr_t arg)
{
    bool room = t->nr_vnodes >= v->nr_vnodes && t->nr_vcpus >= v->nr_vcpus &&
                t->nr_vmemranges >= v->nr_ranges;

    t->nr_vnodes = v->nr_vnodes;
    t->nr_vcpus = v->nr_vcpus;
    t->nr_vmemranges = v->nr_ranges;
    if (room && (copy_to_guest(t->vdistance.h, v->distance, v->nr_vnodes * v->nr_vnodes) ||
                 copy_to_guest(t->vcpu_to_vnode.h, v->vcpu_to_vnode, v->nr_vcpus) ||
                 copy_to_guest(t->vmemrange.h, v->range, v->nr_ranges)))
        return -EFAULT;
    if (copy_back(arg, t))
        return -EFAULT;
    return room ? 0 : -ENOBUFS;
}

long vnuma_get(vaddr_t arg)
{
    struct xen_vnuma_topology_info t;
    struct vnuma_info *copy;
    struct domain *d;
    long rc;

    if (copy_arg(&t, arg))
        return -EFAULT;
    rc = find_target(t.domid, ACCESS_MEMORY, XENMEM_get_vnumainfo, &d);
    if (rc)
        return rc;
    copy = copy_of(d);
    if (!copy)
        rc = -ENOMEM;
    else
        rc = copy->nr_vnodes ? hand_out(copy, &t, arg) : -EOPNOTSUPP;
    hv_free(copy);
    domain_put(d);
    return rc;
}
