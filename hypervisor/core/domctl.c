/* SPDX-License-Identifier: MIT */
/* domctl: what the tools do to a domain. */
#include <hv/access.h>
#include <hv/arch/domain.h>
#include <hv/bitmap.h>
#include <hv/domain.h>
#include <hv/domctl.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/string.h>
#include <hv/vnuma.h>
#include <xen/domctl.h>
#include "memory.h"

spinlock_t domctl_lock = SPINLOCK_INIT;

bool domctl_lock_or_yield(void)
{
    /* Whoever holds it may wait for our vCPU to leave its CPU: never wait here without looking up.
     * */
    while (!spin_trylock(&domctl_lock)) {
        if (hypercall_preempt_check())
            return false;
        arch_cpu_relax();
    }
    return true;
}

/* --- creation --------------------------------------------------------------------------------- */
static bool domid_in_use(domid_t domid)
{
    struct domain *d;
    bool used = false;

    spin_lock(&domlist_lock);
    list_for_each_entry (d, &domain_list, link)
        if (d->domid == domid)
            used = true;
    spin_unlock(&domlist_lock);
    return used;
}

/* Ids are handed out in turn, so that one is not used again soon. */
static int choose_domid(domid_t wanted, domid_t *domid)
{
    static domid_t last;

    if (wanted > 0 && wanted < MAX_DOMID) {
        *domid = wanted;
        return domid_in_use(wanted) ? -EEXIST : 0;
    }
    for (unsigned int tries = 0; tries < MAX_DOMID; tries++) {
        last = last + 1 < MAX_DOMID ? (domid_t)(last + 1) : 1;
        if (!domid_in_use(last)) {
            *domid = last;
            return 0;
        }
    }
    return -ENOMEM;
}

static long op_createdomain(struct xen_domctl *op)
{
    struct domain *d;
    domid_t domid;
    int rc = choose_domid(op->domain, &domid);

    if (rc)
        return rc;
    d = domain_create(domid, &op->u.createdomain, false, &rc);
    if (!d)
        return rc;
    d->controller_pause_count = 1; /* the pause it was made with */
    op->domain = domid;
    domain_publish(d);
    return 0;
}

static long op_max_vcpus(struct domain *d, const struct xen_domctl_max_vcpus *u)
{
    int rc = 0;

    if (d == current->domain || u->max != d->max_vcpus)
        return -EINVAL;
    spin_lock(&d->lock);
    for (unsigned int i = 0; i < d->max_vcpus && !rc; i++)
        if (!d->vcpu[i])
            vcpu_create(d, i, &rc);
    spin_unlock(&d->lock);
    return rc;
}

/* --- questions -------------------------------------------------------------------------------- */
static uint32_t state_flags(struct domain *d)
{
    uint32_t flags = 0;

    if (d->is_dying == DOMDYING_dead)
        flags |= XEN_DOMINF_dying;
    if (d->is_shut_down)
        flags |= XEN_DOMINF_shutdown;
    if (read_atomic(&d->controller_pause_count))
        flags |= XEN_DOMINF_paused;
    if (d->options & XEN_DOMCTL_CDF_xs_domain)
        flags |= XEN_DOMINF_xs_domain;
    if (d->is_hvm)
        flags |= XEN_DOMINF_hvm_guest;
    return flags | (d->shutdown_code & XEN_DOMINF_shutdownmask) << XEN_DOMINF_shutdownshift;
}

static void domain_info(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
    uint32_t busy = XEN_DOMINF_blocked; /* until a vCPU says otherwise */
    struct vcpu *v;

    memset(info, 0, sizeof(*info));
    info->domain = d->domid;
    info->max_vcpu_id = XEN_INVALID_MAX_VCPU_ID;
    for_each_vcpu (d, v) {
        info->cpu_time += vcpu_running_time(v);
        info->max_vcpu_id = v->id;
        if (read_atomic(&v->pause_flags) & VPF_down)
            continue;
        info->nr_online_vcpus++;
        if (!(read_atomic(&v->pause_flags) & (VPF_blocked | VPF_polling)))
            busy &= ~(uint32_t)XEN_DOMINF_blocked;
        if (v->is_running)
            busy |= XEN_DOMINF_running;
    }
    info->flags = state_flags(d) | busy;
    info->tot_pages = domain_pages(d);
    info->max_pages = d->max_pages;
    info->outstanding_pages = d->outstanding_pages;
    info->shared_info_frame = virt_to_mfn(d->shared_info).v;
    if (d->is_hvm)
        info->shared_info_frame = m2p_get(virt_to_mfn(d->shared_info));
    info->ssidref = d->ssidref;
    info->cpupool = d->sched.cpupool;
    memcpy(info->handle, d->handle, sizeof(info->handle));
    arch_domain_info(d, info);
}

struct domain *domain_get_from(domid_t from)
{
    struct domain *d, *found = NULL;

    spin_lock(&domlist_lock);
    list_for_each_entry (d, &domain_list, link)
        if (d->domid >= from && (found = domain_get(d->domid)) != NULL)
            break;
    spin_unlock(&domlist_lock);
    return found;
}

unsigned int domain_info_from(domid_t from, struct xen_domctl_getdomaininfo *info, unsigned int max)
{
    unsigned int n = 0;
    struct domain *d;

    spin_lock(&domlist_lock);
    list_for_each_entry (d, &domain_list, link) {
        if (n == max)
            break;
        if (d->domid >= from)
            domain_info(d, &info[n++]);
    }
    spin_unlock(&domlist_lock);
    return n;
}

/* Of the first domain whose id is not lower than asked for: tools walk the list with it. */
static long op_getdomaininfo(struct xen_domctl *op)
{
    if (!domain_info_from(op->domain, &op->u.getdomaininfo, 1))
        return -ESRCH;
    op->domain = op->u.getdomaininfo.domain;
    return 0;
}

static long op_getvcpuinfo(struct domain *d, struct xen_domctl_getvcpuinfo *u)
{
    struct vcpu *v = domain_vcpu(d, u->vcpu);
    struct vcpu_runstate_info run;

    if (u->vcpu >= d->max_vcpus)
        return -EINVAL;
    if (!v)
        return -ESRCH;
    vcpu_runstate_get(v, &run);
    u->online = !(read_atomic(&v->pause_flags) & VPF_down);
    u->blocked = (read_atomic(&v->pause_flags) & (VPF_blocked | VPF_polling)) != 0;
    u->running = v->is_running;
    u->cpu_time = run.time[RUNSTATE_running];
    u->cpu = v->processor;
    return 0;
}

/* --- contexts --------------------------------------------------------------------------------- */
static void set_online(struct vcpu *v, bool online)
{
    if (online)
        __atomic_and_fetch(&v->pause_flags, ~VPF_down, __ATOMIC_SEQ_CST);
    else
        __atomic_or_fetch(&v->pause_flags, VPF_down, __ATOMIC_SEQ_CST);
}

static long set_context(struct vcpu *v, const struct xen_domctl_vcpucontext *u)
{
    struct vcpu_guest_context *c;
    long rc;

    if (guest_handle_null(u->ctxt))
        return arch_vcpu_reset(v);
    c = hv_new(struct vcpu_guest_context);
    if (!c)
        return -ENOMEM;
    rc = copy_from_guest(c, u->ctxt, 1);
    if (!rc)
        rc = arch_set_info_guest(v, c);
    if (!rc)
        set_online(v, c->flags & VGCF_online);
    hv_free(c);
    return rc;
}

static long op_setvcpucontext(struct domain *d, const struct xen_domctl_vcpucontext *u)
{
    struct vcpu *v = domain_vcpu(d, u->vcpu);
    long rc;

    if (d == current->domain)
        return -EINVAL;
    if (!v)
        return -ESRCH;
    if (d->is_dying)
        return -EINVAL;
    domain_pause(d);
    rc = set_context(v, u);
    domain_unpause(d);
    return rc;
}

static long op_getvcpucontext(struct domain *d, const struct xen_domctl_vcpucontext *u)
{
    struct vcpu *v = domain_vcpu(d, u->vcpu);
    struct vcpu_guest_context *c;
    long rc;

    if (d == current->domain)
        return -EINVAL;
    if (!v)
        return -ESRCH;
    if (!v->is_initialised)
        return -ENODATA;
    c = hv_new(struct vcpu_guest_context);
    if (!c)
        return -ENOMEM;
    vcpu_pause(v);
    arch_get_info_guest(v, c);
    if (!(v->pause_flags & VPF_down))
        c->flags |= VGCF_online;
    vcpu_unpause(v);
    rc = copy_to_guest(u->ctxt, c, 1);
    hv_free(c);
    return rc;
}

/* --- affinities ------------------------------------------------------------------------------- */
static long op_setvcpuaffinity(struct domain *d, struct xen_domctl_vcpuaffinity *u)
{
    const uint32_t kinds = XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT;
    struct vcpu *v = domain_vcpu(d, u->vcpu);
    cpumask_t hard, soft, effective;
    bool set_hard = u->flags & XEN_VCPUAFFINITY_HARD, set_soft = u->flags & XEN_VCPUAFFINITY_SOFT;
    long rc = 0;

    if (!v)
        return u->vcpu >= d->max_vcpus ? -EINVAL : -ESRCH;
    if (!(u->flags & kinds) || (u->flags & ~(kinds | XEN_VCPUAFFINITY_FORCE)))
        return -EINVAL;
    if (set_hard)
        rc = cpumask_from_guest(&hard, &u->cpumap_hard);
    if (!rc && set_soft)
        rc = cpumask_from_guest(&soft, &u->cpumap_soft);
    if (rc)
        return rc;
    if (set_hard && v->sched.pinned_by_guest) {
        if (!(u->flags & XEN_VCPUAFFINITY_FORCE))
            return -EBUSY;
        v->sched.pinned_by_guest = false;
    }
    rc = vcpu_set_affinity(v, set_hard ? &hard : NULL, set_soft ? &soft : NULL);
    /* What it comes to is told. */
    cpumask_and(&effective, &v->sched.hard, &cpu_online_map);
    if (!rc && set_hard)
        rc = cpumask_to_guest(&u->cpumap_hard, &effective);
    cpumask_and(&effective, &effective, &v->sched.soft);
    if (!rc && set_soft)
        rc = cpumask_to_guest(&u->cpumap_soft, &effective);
    return rc;
}

static long op_getvcpuaffinity(struct domain *d, struct xen_domctl_vcpuaffinity *u)
{
    struct vcpu *v = domain_vcpu(d, u->vcpu);
    long rc = 0;

    if (!v)
        return u->vcpu >= d->max_vcpus ? -EINVAL : -ESRCH;
    if (!(u->flags & (XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT)))
        return -EINVAL;
    if (u->flags & XEN_VCPUAFFINITY_HARD)
        rc = cpumask_to_guest(&u->cpumap_hard, &v->sched.hard);
    if (!rc && (u->flags & XEN_VCPUAFFINITY_SOFT))
        rc = cpumask_to_guest(&u->cpumap_soft, &v->sched.soft);
    return rc;
}

static long op_setnodeaffinity(struct domain *d, const struct xen_domctl_nodeaffinity *u)
{
    const uint64_t all = (1UL << num_nodes()) - 1;
    uint64_t nodes = 0;
    int rc = bitmap_from_guest(&nodes, 64, &u->nodemap);

    if (rc)
        return rc;
    if (!(nodes & all))
        return -EINVAL;
    d->node_affinity = nodes & all;
    return 0;
}

/* --- what a domain may touch ------------------------------------------------------------------ */
static long change_range(struct rangeset *r, uint64_t first, uint64_t last, bool allow)
{
    return allow ? rangeset_add(r, first, last) : rangeset_remove(r, first, last);
}

static long op_iomem_permission(struct domain *d, const struct xen_domctl_iomem_permission *u)
{
    uint64_t last = u->first_mfn + u->nr_mfns - 1;

    if (!u->nr_mfns || last < u->first_mfn || last >> (52 - PAGE_SHIFT))
        return -EINVAL;
    if (!rangeset_contains(current->domain->iomem_caps, u->first_mfn, last))
        return -EPERM;
    return change_range(d->iomem_caps, u->first_mfn, last, u->allow_access);
}

static long op_irq_permission(struct domain *d, const struct xen_domctl_irq_permission *u)
{
    if (u->pirq >= MAX_PIRQS)
        return -EINVAL;
    if (!rangeset_contains(current->domain->irq_caps, u->pirq, u->pirq))
        return -EPERM;
    return change_range(d->irq_caps, u->pirq, u->pirq, u->allow_access);
}

static long op_set_target(struct domain *d, const struct xen_domctl_set_target *u)
{
    struct domain *t = domain_get(u->target);
    long rc = 0;

    if (!t)
        return -ESRCH;
    spin_lock(&d->lock);
    if (t == d || t->is_privileged || d->target)
        rc = -EINVAL;
    else
        d->target = t;
    spin_unlock(&d->lock);
    if (rc)
        domain_put(t);
    return rc;
}

/* --- small settings --------------------------------------------------------------------------- */
static long op_destroydomain(struct domain *d)
{
    return d == current->domain || d->is_privileged ? -EINVAL : domain_kill(d);
}

static long op_pausedomain(struct domain *d)
{
    return d == current->domain ? -EINVAL : domain_pause_by_controller(d);
}

static long op_resumedomain(struct domain *d)
{
    if (d == current->domain)
        return -EINVAL;
    domain_resume(d);
    return 0;
}

static long op_max_mem(struct domain *d, const struct xen_domctl_max_mem *u)
{
    /* May be below what it has: then it gets no more until it has given back. */
    spin_lock(&d->page_lock);
    d->max_pages = u->max_memkb >> (PAGE_SHIFT - 10);
    spin_unlock(&d->page_lock);
    return 0;
}

static long op_settimeoffset(struct domain *d, const struct xen_domctl_settimeoffset *u)
{
    if (u->time_offset_seconds != (int32_t)u->time_offset_seconds)
        return -EINVAL;
    d->time_offset_seconds = (int32_t)u->time_offset_seconds;
    arch_update_wallclock(d);
    return 0;
}

/* --- dispatch --------------------------------------------------------------------------------- */
static long run_on_domain(struct xen_domctl *op, struct domain *d, bool *copyback)
{
    switch (op->cmd) {
    case XEN_DOMCTL_destroydomain:
        return op_destroydomain(d);
    case XEN_DOMCTL_pausedomain:
        return op_pausedomain(d);
    case XEN_DOMCTL_unpausedomain:
        return domain_unpause_by_controller(d);
    case XEN_DOMCTL_resumedomain:
        return op_resumedomain(d);
    case XEN_DOMCTL_max_mem:
        return op_max_mem(d, &op->u.max_mem);
    case XEN_DOMCTL_max_vcpus:
        return op_max_vcpus(d, &op->u.max_vcpus);
    case XEN_DOMCTL_setvcpucontext:
        return op_setvcpucontext(d, &op->u.vcpucontext);
    case XEN_DOMCTL_getvcpucontext:
        return op_getvcpucontext(d, &op->u.vcpucontext);
    case XEN_DOMCTL_getvcpuinfo:
        *copyback = true;
        return op_getvcpuinfo(d, &op->u.getvcpuinfo);
    case XEN_DOMCTL_setvcpuaffinity:
        return op_setvcpuaffinity(d, &op->u.vcpuaffinity);
    case XEN_DOMCTL_getvcpuaffinity:
        return op_getvcpuaffinity(d, &op->u.vcpuaffinity);
    case XEN_DOMCTL_setnodeaffinity:
        return op_setnodeaffinity(d, &op->u.nodeaffinity);
    case XEN_DOMCTL_getnodeaffinity:
        return bitmap_to_guest(&op->u.nodeaffinity.nodemap, &d->node_affinity, 64);
    case XEN_DOMCTL_scheduler_op:
        *copyback = true;
        return sched_adjust(d, &op->u.scheduler_op);
    case XEN_DOMCTL_setdomainhandle:
        memcpy(d->handle, op->u.setdomainhandle.handle, sizeof(d->handle));
        return 0;
    case XEN_DOMCTL_iomem_permission:
        return op_iomem_permission(d, &op->u.iomem_permission);
    case XEN_DOMCTL_irq_permission:
        return op_irq_permission(d, &op->u.irq_permission);
    case XEN_DOMCTL_settimeoffset:
        return op_settimeoffset(d, &op->u.settimeoffset);
    case XEN_DOMCTL_set_target:
        return op_set_target(d, &op->u.set_target);
    case XEN_DOMCTL_subscribe:
        d->suspend_evtchn = op->u.subscribe.port;
        return 0;
    case XEN_DOMCTL_set_virq_handler:
        return set_global_virq_handler(d, op->u.set_virq_handler.virq);
    case XEN_DOMCTL_setvnumainfo:
        return vnuma_set(d, &op->u.vnuma);
    default:
        return arch_do_domctl(op, d, copyback);
    }
}

static long run(struct xen_domctl *op, bool *copyback)
{
    struct domain *d;
    long rc;

    /* About a domain that need not be there yet. */
    *copyback = true;
    if (op->cmd == XEN_DOMCTL_createdomain)
        return may(current->domain, ACCESS_DOMCTL, NULL, op->cmd) ?: op_createdomain(op);
    if (op->cmd == XEN_DOMCTL_getdomaininfo)
        return may(current->domain, ACCESS_DOMCTL, NULL, op->cmd) ?: op_getdomaininfo(op);
    *copyback = false;
    d = op->domain == DOMID_SELF ? NULL : domain_get(op->domain);
    rc = may(current->domain, ACCESS_DOMCTL, d, op->cmd);
    if (!rc)
        rc = d ? run_on_domain(op, d, copyback) : -ESRCH;
    if (d)
        domain_put(d);
    return rc;
}

long do_domctl(struct hypercall_args *a)
{
    vaddr_t arg = a->a[0];
    struct xen_domctl op;
    bool copyback;
    long rc;

    if (!current->domain->is_privileged && !current->domain->target)
        return -EPERM;
    if (copy_arg(&op, arg))
        return -EFAULT;
    if (op.interface_version != XEN_DOMCTL_INTERFACE_VERSION)
        return -EACCES;
    if (!domctl_lock_or_yield())
        return -EPREEMPTED;
    rc = run(&op, &copyback);
    spin_unlock(&domctl_lock);
    if (rc >= 0 && copyback && copy_back(arg, &op))
        rc = -EFAULT;
    return rc;
}
