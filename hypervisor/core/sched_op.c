/* SPDX-License-Identifier: MIT */
/* sched_op and set_timer_op. */
#include <hv/access.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>

#define MAX_POLL_PORTS 128

static void unmask_upcalls(void)
{
    write_atomic(&current->vcpu_info->evtchn_upcall_mask, 0);
    smp_mb();
}

static long op_block(void)
{
    unmask_upcalls();
    vcpu_block();
    return 0;
}

static long any_pending(struct domain *d, const struct sched_poll *poll, bool *found)
{
    evtchn_port_t port;

    *found = false;
    for (unsigned int i = 0; i < poll->nr_ports; i++) {
        if (copy_from_guest_offset(&port, poll->ports, i, 1))
            return -EFAULT;
        if (!port || port >= d->evtchn.valid_ports)
            return -EINVAL;
        if (evtchn_port_is_pending(d, port)) {
            *found = true;
            return 0;
        }
    }
    return 0;
}

static void stop_polling(struct vcpu *v)
{
    clear_bit(v->id, v->domain->poll_mask);
    __atomic_and_fetch(&v->pause_flags, ~VPF_polling, __ATOMIC_SEQ_CST);
}

/* The port is looked at after the flag is up: an event in between has woken us or is seen.  So for
 * whatever else vcpu_block() would not wait over: it could be what the port's sender waits for. */
static long op_poll(vaddr_t arg)
{
    struct vcpu *v = current;
    struct sched_poll poll;
    evtchn_port_t only = 0;
    bool found;
    long rc;

    if (copy_arg(&poll, arg))
        return -EFAULT;
    if (poll.nr_ports > MAX_POLL_PORTS)
        return -EINVAL;
    if (poll.nr_ports == 1 && copy_from_guest(&only, poll.ports, 1))
        return -EFAULT;
    write_atomic(&v->poll_evtchn, only);
    __atomic_or_fetch(&v->pause_flags, VPF_polling, __ATOMIC_SEQ_CST);
    set_bit(v->id, v->domain->poll_mask);
    rc = any_pending(v->domain, &poll, &found);
    if (rc || found || arch_vcpu_wants_to_run(v)) {
        stop_polling(v);
        return rc;
    }
    if (poll.timeout)
        timer_set(&v->poll_timer, poll.timeout > INT64_MAX ? STIME_MAX : (s_time_t)poll.timeout);
    softirq_raise(SOFTIRQ_SCHEDULE);
    return 0;
}

static long op_shutdown(vaddr_t arg, bool code_only)
{
    struct domain *d = current->domain;
    struct sched_shutdown shutdown;

    if (copy_arg(&shutdown, arg))
        return -EFAULT;
    if (shutdown.reason > SHUTDOWN_MAX)
        return -EINVAL;
    if (code_only) {
        spin_lock(&d->lock);
        if (!d->is_shutting_down)
            d->shutdown_code = shutdown.reason;
        spin_unlock(&d->lock);
    } else {
        domain_shutdown(d, (uint8_t)shutdown.reason);
    }
    return 0;
}

static long op_remote_shutdown(vaddr_t arg)
{
    struct sched_remote_shutdown shutdown;
    struct domain *d;
    long rc;

    if (copy_arg(&shutdown, arg))
        return -EFAULT;
    if (shutdown.reason > SHUTDOWN_MAX)
        return -EINVAL;
    rc = find_target(shutdown.domain_id, ACCESS_SCHED_REMOTE_SHUTDOWN, 0, &d);
    if (rc)
        return rc;
    domain_shutdown(d, (uint8_t)shutdown.reason);
    domain_put(d);
    return 0;
}

static long op_watchdog(vaddr_t arg)
{
    struct sched_watchdog watchdog;

    if (copy_arg(&watchdog, arg))
        return -EFAULT;
    return domain_watchdog(current->domain, watchdog.id, watchdog.timeout);
}

static long op_pin_override(vaddr_t arg)
{
    struct sched_pin_override pin;

    if (!current->domain->is_privileged)
        return -EPERM;
    if (copy_arg(&pin, arg))
        return -EFAULT;
    return vcpu_pin_override(current, pin.pcpu);
}

long do_sched_op(struct hypercall_args *a)
{
    vaddr_t arg = a->a[1];

    switch ((int)a->a[0]) {
    case SCHEDOP_yield:
        vcpu_yield();
        return 0;
    case SCHEDOP_block:
        return op_block();
    case SCHEDOP_shutdown:
        return op_shutdown(arg, false);
    case SCHEDOP_shutdown_code:
        return op_shutdown(arg, true);
    case SCHEDOP_poll:
        return op_poll(arg);
    case SCHEDOP_remote_shutdown:
        return op_remote_shutdown(arg);
    case SCHEDOP_watchdog:
        return op_watchdog(arg);
    case SCHEDOP_pin_override:
        return op_pin_override(arg);
    default:
        return -ENOSYS;
    }
}

/* The oldest interface: the reason is the argument itself. */
long do_sched_op_compat(struct hypercall_args *a)
{
    switch ((int)a->a[0]) {
    case SCHEDOP_yield:
        vcpu_yield();
        return 0;
    case SCHEDOP_block:
        return op_block();
    case SCHEDOP_shutdown:
        if (a->a[1] > SHUTDOWN_MAX)
            return -EINVAL;
        domain_shutdown(current->domain, (uint8_t)a->a[1]);
        return 0;
    default:
        return -ENOSYS;
    }
}

long do_set_timer_op(struct hypercall_args *a)
{
    struct vcpu *v = current;
    s_time_t timeout = (s_time_t)a->a[0], t = now();

    if (timeout == 0) {
        timer_stop(&v->singleshot_timer);
        return 0;
    }
    /* Kernels whose clock arithmetic wraps ask for nonsense, or mean "never"; neither an event at
     * once nor none at all is good for both. */
    if (timeout < 0 || (timeout > t && (timeout - t) >> 50))
        timeout = t + MILLISECS(100);
    timer_set(&v->singleshot_timer, timeout);
    return 0;
}
