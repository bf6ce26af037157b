/* SPDX-License-Identifier: MIT */
/* domctl: what the tools do to domains. */
#include "domctl.h"

#include <hv/access.h>
#include <hv/arch/domain.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/rangeset.h>
#include <hv/string.h>

spinlock_t domctl_lock = SPINLOCK_INIT;

/* --- bitmaps ---------------------------------------------------------------------------------------- */

int copy_bitmap_to_guest(const struct xenctl_bitmap *map, const unsigned long *bits, unsigned int nr)
{
    unsigned int bytes = DIV_ROUND_UP(map->nr_bits, 8), have = DIV_ROUND_UP(nr, 8);

    if (copy_to_guest_va((vaddr_t)map->bitmap.p, bits, min(bytes, have)))
        return -EFAULT;
    if (bytes > have && clear_guest_va((vaddr_t)map->bitmap.p + have, bytes - have))
        return -EFAULT;
    return 0;
}

int copy_bitmap_from_guest(unsigned long *bits, unsigned int nr, const struct xenctl_bitmap *map)
{
    unsigned int given = min(map->nr_bits, nr);

    memset(bits, 0, DIV_ROUND_UP(nr, 64) * sizeof(*bits));
    if (copy_from_guest_va(bits, (vaddr_t)map->bitmap.p, DIV_ROUND_UP(given, 8)))
        return -EFAULT;
    if (given % 64)
        bits[given / 64] &= BIT(given % 64) - 1;
    return 0;
}

/* --- creation, destruction, information ---------------------------------------------------------------- */

/* The id asked for, or the next free one after that given out last. */
static int choose_domid(domid_t wanted, domid_t *domid)
{
    static domid_t last;
    struct domain *d;

    if (wanted > 0 && wanted < MAX_DOMID) {
        d = domain_get(wanted);
        if (d)
            domain_put(d);
        *domid = wanted;
        return d ? -EEXIST : 0;
    }
    for (unsigned int tries = 0; tries < MAX_DOMID; tries++) {
        last = last + 1 < MAX_DOMID ? last + 1 : 1;
        d = domain_get(last);
        if (!d) {
            *domid = last;
            return 0;
        }
        domain_put(d);
    }
    return -ENOMEM;
}

static long create_domain(struct xen_domctl *op)
{
    struct domain *d;
    domid_t domid;
    int rc = choose_domid(op->domain, &domid);

    if (rc)
        return rc;
    d = domain_create(domid, &op->u.createdomain, false, &rc);
    if (!d)
        return rc;
    d->controller_pause_count = 1;
    domain_publish(d);
    op->domain = domid;
    op->u.createdomain.arch = (struct xen_arch_domainconfig){
        .emulation_flags = op->u.createdomain.arch.emulation_flags,
        .misc_flags = op->u.createdomain.arch.misc_flags};
    return 0;
}

static uint64_t vcpu_time(struct vcpu *v)
{
    struct vcpu_runstate_info info;

    vcpu_runstate_get(v, &info);
    return info.time[RUNSTATE_running];
}

static uint32_t state_flags(struct domain *d, const bool running, const bool blocked)
{
    uint32_t flags = 0;

    if (d->is_dying == DOMDYING_dead)
        flags |= XEN_DOMINF_dying;
    if (d->is_hvm)
        flags |= XEN_DOMINF_hvm_guest;
    if (d->is_shut_down)
        flags |= XEN_DOMINF_shutdown | d->shutdown_code << XEN_DOMINF_shutdownshift;
    if (d->controller_pause_count)
        flags |= XEN_DOMINF_paused;
    if (running)
        flags |= XEN_DOMINF_running;
    else if (blocked)
        flags |= XEN_DOMINF_blocked;
    return flags;
}

void domain_info(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
    bool running = false, blocked = true;
    struct vcpu *v;

    memset(info, 0, sizeof(*info));
    info->domain = d->domid;
    for_each_vcpu (d, v) {
        unsigned long pause = read_atomic(&v->pause_flags);

        info->max_vcpu_id = v->id;
        info->cpu_time += vcpu_time(v);
        if (pause & VPF_down)
            continue;
        info->nr_online_vcpus++;
        if (!(pause & VPF_blocked))
            blocked = false;
        if (v->is_running)
            running = true;
    }
    info->flags = state_flags(d, running, blocked);
    info->tot_pages = d->tot_pages;
    info->max_pages = d->max_pages;
    info->outstanding_pages = d->outstanding_pages;
    info->shared_info_frame = virt_to_mfn(d->shared_info).v;
    info->ssidref = d->ssidref;
    memcpy(info->handle, d->handle, sizeof(info->handle));
    info->cpupool = d->sched.cpupool;
    arch_domain_info(d, info);
}

/* The first domain with that id or a higher one; the tools go through all domains so. */
static long get_domain_info(struct xen_domctl *op)
{
    struct domain *d, *found = NULL;

    spin_lock(&domlist_lock);
    list_for_each_entry (d, &domain_list, link) {
        if (d->domid >= op->domain) {
            found = domain_get(d->domid);
            if (found)
                break;
        }
    }
    spin_unlock(&domlist_lock);
    if (!found)
        return -ESRCH;
    domain_info(found, &op->u.getdomaininfo);
    op->domain = found->domid;
    domain_put(found);
    return 0;
}

static long create_vcpus(struct domain *d, unsigned int max)
{
    int rc = 0;

    if (max < 1 || max > d->max_vcpus)
        return -EINVAL;
    for (unsigned int id = 0; id < max && !rc; id++) {
        if (!d->vcpu[id])
            vcpu_create(d, id, &rc);
        if (!rc && hypercall_preempt_check() && id + 1 < max)
            return -EPREEMPTED;
    }
    return rc;
}

/* --- vCPUs ------------------------------------------------------------------------------------------- */

static long set_vcpu_context(struct domain *d, const struct xen_domctl_vcpucontext *arg)
{
    struct vcpu *v = domain_vcpu(d, arg->vcpu);
    struct vcpu_guest_context *ctxt = NULL;
    long rc;

    if (!v || d == current->domain)
        return -EINVAL;
    if (guest_handle_null(arg->ctxt)) {
        vcpu_pause(v);
        rc = arch_vcpu_reset(v);
        vcpu_unpause(v);
        return rc;
    }
    ctxt = hv_new(struct vcpu_guest_context);
    if (!ctxt)
        return -ENOMEM;
    rc = copy_from_guest(ctxt, arg->ctxt, 1);
    if (!rc) {
        domain_pause(d);
        rc = arch_set_info_guest(v, ctxt);
        if (!rc) {
            v->is_initialised = true;
            if (ctxt->flags & VGCF_online)
                __atomic_and_fetch(&v->pause_flags, ~VPF_down, __ATOMIC_SEQ_CST);
            else
                __atomic_or_fetch(&v->pause_flags, VPF_down, __ATOMIC_SEQ_CST);
        }
        domain_unpause(d);
    }
    hv_free(ctxt);
    return rc;
}

static long get_vcpu_context(struct domain *d, const struct xen_domctl_vcpucontext *arg)
{
    struct vcpu *v = domain_vcpu(d, arg->vcpu);
    struct vcpu_guest_context *ctxt;
    long rc;

    if (!v || v == current)
        return -EINVAL;
    if (!v->is_initialised)
        return -ENODATA;
    ctxt = hv_new(struct vcpu_guest_context);
    if (!ctxt)
        return -ENOMEM;
    vcpu_pause(v);
    arch_sync_vcpu_state(v);
    arch_get_info_guest(v, ctxt);
    vcpu_unpause(v);
    if (!(v->pause_flags & VPF_down))
        ctxt->flags |= VGCF_online;
    rc = copy_to_guest(arg->ctxt, ctxt, 1);
    hv_free(ctxt);
    return rc;
}

static long get_vcpu_info(struct domain *d, struct xen_domctl_getvcpuinfo *info)
{
    struct vcpu *v = domain_vcpu(d, info->vcpu);
    unsigned long pause;

    if (info->vcpu >= d->max_vcpus)
        return -EINVAL;
    if (!v)
        return -ESRCH;
    pause = read_atomic(&v->pause_flags);
    info->online = !(pause & VPF_down);
    info->blocked = !!(pause & VPF_blocked);
    info->running = v->is_running;
    info->cpu_time = vcpu_time(v);
    info->cpu = v->processor;
    return 0;
}

static long set_affinity(struct domain *d, struct xen_domctl_vcpuaffinity *arg)
{
    const uint32_t known = XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT | XEN_VCPUAFFINITY_FORCE;
    bool hard = arg->flags & XEN_VCPUAFFINITY_HARD, soft = arg->flags & XEN_VCPUAFFINITY_SOFT;
    struct vcpu *v = domain_vcpu(d, arg->vcpu);
    cpumask_t new_hard, new_soft;
    long rc;

    if (!v)
        return arg->vcpu >= d->max_vcpus ? -EINVAL : -ESRCH;
    if ((arg->flags & ~known) || (!hard && !soft))
        return -EINVAL;
    if ((hard && copy_bitmap_from_guest(new_hard.bits, NR_CPUS, &arg->cpumap_hard)) ||
        (soft && copy_bitmap_from_guest(new_soft.bits, NR_CPUS, &arg->cpumap_soft)))
        return -EFAULT;
    rc = vcpu_set_affinity(v, hard ? &new_hard : NULL, soft ? &new_soft : NULL);
    /* What takes effect, of what was asked for. */
    cpumask_and(&new_hard, &v->sched.hard, &cpu_online_map);
    cpumask_and(&new_soft, &v->sched.soft, &new_hard);
    if (!rc && hard)
        rc = copy_bitmap_to_guest(&arg->cpumap_hard, new_hard.bits, NR_CPUS);
    if (!rc && soft)
        rc = copy_bitmap_to_guest(&arg->cpumap_soft, new_soft.bits, NR_CPUS);
    return rc;
}

static long get_affinity(struct domain *d, struct xen_domctl_vcpuaffinity *arg)
{
    struct vcpu *v = domain_vcpu(d, arg->vcpu);
    long rc = 0;

    if (!v)
        return arg->vcpu >= d->max_vcpus ? -EINVAL : -ESRCH;
    if (arg->flags & XEN_VCPUAFFINITY_HARD)
        rc = copy_bitmap_to_guest(&arg->cpumap_hard, v->sched.hard.bits, NR_CPUS);
    if (!rc && (arg->flags & XEN_VCPUAFFINITY_SOFT))
        rc = copy_bitmap_to_guest(&arg->cpumap_soft, v->sched.soft.bits, NR_CPUS);
    return rc;
}

/* --- settings ------------------------------------------------------------------------------------------ */

/* The tools give away what the caller itself may use. */
static long permit(struct rangeset *caller, struct rangeset *target, uint64_t first, uint64_t nr,
                   bool allow)
{
    uint64_t last = first + nr - 1;

    if (!nr || last < first)
        return -EINVAL;
    if (!rangeset_contains(caller, first, last))
        return -EPERM;
    return allow ? rangeset_add(target, first, last) : rangeset_remove(target, first, last);
}

static long set_target(struct domain *d, domid_t target)
{
    struct domain *t = domain_get(target);
    long rc = 0;

    if (!t)
        return -ESRCH;
    if (t == d || t->is_privileged || t->is_system)
        rc = -EINVAL;
    else if (d->target)
        rc = -EEXIST;
    if (rc)
        domain_put(t);
    else
        d->target = t; /* keeps the reference */
    return rc;
}

static long set_node_affinity(struct domain *d, const struct xenctl_bitmap *map)
{
    unsigned long nodes;

    if (copy_bitmap_from_guest(&nodes, 64, map))
        return -EFAULT;
    nodes &= BIT(num_nodes()) - 1;
    if (!nodes)
        return -EINVAL;
    d->node_affinity = nodes;
    d->node_affinity_auto = nodes == BIT(num_nodes()) - 1;
    return 0;
}

static long subscribe(struct domain *d, port_t port)
{
    d->suspend_evtchn = port;
    return 0;
}

/* --- dispatch -------------------------------------------------------------------------------------------- */

/* Commands that need nothing but the domain. */
static long simple_domctl(struct xen_domctl *op, struct domain *d)
{
    switch (op->cmd) {
    case XEN_DOMCTL_destroydomain:
        return d == current->domain || d->is_privileged ? -EINVAL : domain_kill(d);
    case XEN_DOMCTL_pausedomain:
        return d == current->domain ? -EINVAL : domain_pause_by_controller(d);
    case XEN_DOMCTL_unpausedomain:
        return domain_unpause_by_controller(d);
    case XEN_DOMCTL_resumedomain:
        if (d == current->domain)
            return -EINVAL;
        domain_resume(d);
        return 0;
    case XEN_DOMCTL_max_mem:
        spin_lock(&d->page_lock);
        d->max_pages = op->u.max_mem.max_memkb >> (PAGE_SHIFT - 10);
        spin_unlock(&d->page_lock);
        return 0;
    case XEN_DOMCTL_max_vcpus:
        return d == current->domain ? -EINVAL : create_vcpus(d, op->u.max_vcpus.max);
    case XEN_DOMCTL_setdomainhandle:
        memcpy(d->handle, op->u.setdomainhandle.handle, sizeof(d->handle));
        return 0;
    case XEN_DOMCTL_settimeoffset:
        d->time_offset_seconds = (int32_t)op->u.settimeoffset.time_offset_seconds;
        arch_update_wallclock(d);
        return 0;
    case XEN_DOMCTL_setvcpucontext:
        return set_vcpu_context(d, &op->u.vcpucontext);
    case XEN_DOMCTL_setnodeaffinity:
        return set_node_affinity(d, &op->u.nodeaffinity.nodemap);
    case XEN_DOMCTL_irq_permission:
        return permit(current->domain->irq_caps, d->irq_caps, op->u.irq_permission.pirq, 1,
                      op->u.irq_permission.allow_access);
    case XEN_DOMCTL_iomem_permission:
        return permit(current->domain->iomem_caps, d->iomem_caps, op->u.iomem_permission.first_mfn,
                      op->u.iomem_permission.nr_mfns, op->u.iomem_permission.allow_access);
    case XEN_DOMCTL_set_target:
        return set_target(d, op->u.set_target.target);
    case XEN_DOMCTL_subscribe:
        return subscribe(d, op->u.subscribe.port);
    case XEN_DOMCTL_set_virq_handler:
        return set_global_virq_handler(d, op->u.set_virq_handler.virq);
    default:
        return -ENOSYS;
    }
}

/* Commands that answer in op. */
static long answering_domctl(struct xen_domctl *op, struct domain *d)
{
    switch (op->cmd) {
    case XEN_DOMCTL_getvcpucontext:
        return get_vcpu_context(d, &op->u.vcpucontext);
    case XEN_DOMCTL_getvcpuinfo:
        return get_vcpu_info(d, &op->u.getvcpuinfo);
    case XEN_DOMCTL_setvcpuaffinity:
        return set_affinity(d, &op->u.vcpuaffinity);
    case XEN_DOMCTL_getvcpuaffinity:
        return get_affinity(d, &op->u.vcpuaffinity);
    case XEN_DOMCTL_scheduler_op:
        return sched_adjust(d, &op->u.scheduler_op);
    case XEN_DOMCTL_getnodeaffinity:
        return copy_bitmap_to_guest(&op->u.nodeaffinity.nodemap, &d->node_affinity, 64);
    default:
        return -ENOSYS;
    }
}

static long domctl_on(struct xen_domctl *op, vaddr_t arg, bool *copyback)
{
    struct domain *d = domain_get(op->domain);
    long rc;

    if (!d)
        return -ESRCH;
    rc = d->is_system ? -EPERM : may(current->domain, ACCESS_DOMCTL, d, op->cmd);
    if (!rc) {
        *copyback = false;
        rc = simple_domctl(op, d);
        if (rc == -ENOSYS) {
            *copyback = true;
            rc = answering_domctl(op, d);
        }
        if (rc == -ENOSYS) {
            *copyback = false;
            rc = arch_do_domctl(op, d, arg, copyback);
        }
    }
    domain_put(d);
    return rc;
}

/* domctl(operation) */
long do_domctl(struct hypercall_args *a)
{
    struct domain *caller = current->domain;
    bool copyback = true;
    struct xen_domctl op;
    long rc;

    if (!caller->is_privileged && !caller->target)
        return -EPERM;
    if (copy_arg(&op, a->a[0]))
        return -EFAULT;
    if (op.interface_version != XEN_DOMCTL_INTERFACE_VERSION)
        return -EACCES;
    if (!spin_trylock(&domctl_lock))
        return -EPREEMPTED;
    if (op.cmd == XEN_DOMCTL_createdomain || op.cmd == XEN_DOMCTL_getdomaininfo) {
        rc = may(caller, ACCESS_DOMCTL, NULL, op.cmd);
        if (!rc)
            rc = op.cmd == XEN_DOMCTL_createdomain ? create_domain(&op) : get_domain_info(&op);
        copyback = rc == 0;
    } else {
        rc = domctl_on(&op, a->a[0], &copyback);
    }
    spin_unlock(&domctl_lock);
    if (copyback && rc != -EPREEMPTED && copy_back(a->a[0], &op))
        rc = -EFAULT;
    return rc;
}
