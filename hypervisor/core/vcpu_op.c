/* SPDX-License-Identifier: MIT */
/* vcpu_op: what a domain does with its own vCPUs. */
#include <hv/arch/domain.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>

#define YEAR_NS (365LL * 24 * 3600 * 1000000000)

static long op_initialise(struct vcpu *v, vaddr_t arg)
{
    struct vcpu_guest_context *ctxt;
    long rc = 0;

    ctxt = hv_new(struct vcpu_guest_context);
    if (!ctxt)
        return -ENOMEM;
    if (copy_arg(ctxt, arg)) {
        rc = -EFAULT;
    } else {
        spin_lock(&v->domain->lock);
        rc = v->is_initialised ? -EEXIST : arch_set_info_guest(v, ctxt);
        spin_unlock(&v->domain->lock);
    }
    hv_free(ctxt);
    return rc;
}

static long op_up(struct vcpu *v)
{
    struct domain *d = v->domain;
    bool wake = false;
    long rc = 0;

    spin_lock(&d->lock);
    if (!v->is_initialised)
        rc = -EINVAL;
    else
        wake = __atomic_fetch_and(&v->pause_flags, ~VPF_down, __ATOMIC_SEQ_CST) & VPF_down;
    spin_unlock(&d->lock);
    if (wake)
        vcpu_wake(v);
    return rc;
}

static bool is_up(const struct vcpu *v)
{
    return !(read_atomic(&v->pause_flags) & VPF_down);
}

static long op_down(struct vcpu *v)
{
    struct domain *d = v->domain;
    struct vcpu *other;
    bool last = true;

    spin_lock(&d->lock);
    for_each_vcpu (d, other)
        if (other != v && is_up(other))
            last = false;
    if (!last)
        __atomic_or_fetch(&v->pause_flags, VPF_down, __ATOMIC_SEQ_CST);
    spin_unlock(&d->lock);
    /* The last vCPU cannot be woken by another: that is a shutdown. */
    if (last)
        domain_shutdown(d, SHUTDOWN_poweroff);
    else
        vcpu_sleep_nosync(v);
    return 0;
}

static long op_get_runstate(struct vcpu *v, vaddr_t arg)
{
    struct vcpu_runstate_info info;

    vcpu_runstate_get(v, &info);
    return copy_back(arg, &info);
}

static long op_register_runstate(struct vcpu *v, vaddr_t arg)
{
    struct vcpu_register_runstate_memory_area area;
    struct vcpu_runstate_info info;

    if (copy_arg(&area, arg))
        return -EFAULT;
    vcpu_runstate_get(v, &info);
    if (area.addr.p && copy_to_guest_va(area.addr.p, &info, sizeof(info)))
        return -EFAULT;
    v->runstate_guest = area.addr.p;
    return 0;
}

static long op_set_periodic(struct vcpu *v, vaddr_t arg)
{
    struct vcpu_set_periodic_timer set;

    if (copy_arg(&set, arg))
        return -EFAULT;
    if (set.period_ns < (uint64_t)MILLISECS(1) || set.period_ns > 10ULL * YEAR_NS)
        return -EINVAL;
    v->periodic_last_event = now();
    write_atomic(&v->periodic_period, (s_time_t)set.period_ns);
    timer_set(&v->periodic_timer, v->periodic_last_event + (s_time_t)set.period_ns);
    return 0;
}

static long op_set_singleshot(struct vcpu *v, vaddr_t arg)
{
    struct vcpu_set_singleshot_timer set;

    if (v != current)
        return -EINVAL;
    if (copy_arg(&set, arg))
        return -EFAULT;
    if ((set.flags & VCPU_SSHOTTMR_future) && set.timeout_abs_ns < (uint64_t)now())
        return -ETIME;
    timer_set(&v->singleshot_timer,
              set.timeout_abs_ns > INT64_MAX ? STIME_MAX : (s_time_t)set.timeout_abs_ns);
    return 0;
}

static long op_register_info(struct vcpu *v, vaddr_t arg)
{
    struct vcpu_register_vcpu_info info;
    long rc;

    if (copy_arg(&info, arg))
        return -EFAULT;
    spin_lock(&v->domain->lock);
    rc = map_vcpu_info(v, info.mfn, info.offset);
    spin_unlock(&v->domain->lock);
    return rc;
}

long do_vcpu_op(struct hypercall_args *a)
{
    struct vcpu *v = domain_vcpu(current->domain, (unsigned int)a->a[1]);
    int cmd = (int)a->a[0];
    vaddr_t arg = a->a[2];

    if (!v || a->a[1] > UINT32_MAX)
        return -ENOENT;
    switch (cmd) {
    case VCPUOP_initialise:
        return v->vcpu_info == &dummy_vcpu_info ? -EINVAL : op_initialise(v, arg);
    case VCPUOP_up:
        return op_up(v);
    case VCPUOP_down:
        return op_down(v);
    case VCPUOP_is_up:
        return is_up(v);
    case VCPUOP_get_runstate_info:
        return op_get_runstate(v, arg);
    case VCPUOP_register_runstate_memory_area:
        return op_register_runstate(v, arg);
    case VCPUOP_set_periodic_timer:
        return op_set_periodic(v, arg);
    case VCPUOP_stop_periodic_timer:
        write_atomic(&v->periodic_period, 0);
        timer_stop(&v->periodic_timer);
        return 0;
    case VCPUOP_set_singleshot_timer:
        return op_set_singleshot(v, arg);
    case VCPUOP_stop_singleshot_timer:
        if (v != current)
            return -EINVAL;
        timer_stop(&v->singleshot_timer);
        return 0;
    case VCPUOP_register_vcpu_info:
        return op_register_info(v, arg);
    default: /* send_nmi, get_physid, time areas ... */
        return arch_do_vcpu_op(cmd, v, arg);
    }
}
