/* SPDX-License-Identifier: MIT */
/* A domain's end by its own doing, and its return: shutdown, crash, watchdog, resume. */
#include <hv/arch/domain.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/printk.h>

/* The machine goes where dom0 goes. */
static noreturn void shutdown_machine(uint8_t reason)
{
    switch (reason) {
    case SHUTDOWN_poweroff:
        printk("Dom0 has powered off: halting\n");
        arch_machine_halt();
    case SHUTDOWN_crash:
        panic("Dom0 has crashed");
    case SHUTDOWN_watchdog:
        printk("Dom0's watchdog has fired: rebooting\n");
        break;
    default:
        printk("Dom0 has shut down (reason %u): rebooting\n", reason);
        break;
    }
    arch_machine_restart(0);
}

void domain_changed(void)
{
    send_global_virq(VIRQ_DOM_EXC);
}

static void notify_shutdown(struct domain *d)
{
    if (d->shutdown_code == SHUTDOWN_suspend && d->suspend_evtchn)
        evtchn_send(d, d->suspend_evtchn);
    else
        domain_changed();
}

void domain_shutdown(struct domain *d, uint8_t reason)
{
    struct vcpu *v;

    spin_lock(&d->lock);
    if (d->is_shutting_down) {
        spin_unlock(&d->lock);
        return;
    }
    d->is_shutting_down = true;
    if (d->shutdown_code == ~0U)
        d->shutdown_code = reason;
    if (d->is_privileged)
        shutdown_machine((uint8_t)d->shutdown_code);
    for_each_vcpu (d, v) {
        v->paused_for_shutdown = true;
        vcpu_pause_nosync(v);
    }
    d->is_shut_down = true;
    spin_unlock(&d->lock);
    notify_shutdown(d);
}

void domain_resume(struct domain *d)
{
    struct vcpu *v;

    /* With it paused none of its vCPUs runs while the flags change. */
    domain_pause(d);
    spin_lock(&d->lock);
    d->is_shutting_down = d->is_shut_down = false;
    d->shutdown_code = ~0U;
    for_each_vcpu (d, v) {
        if (v->paused_for_shutdown)
            vcpu_unpause(v);
        v->paused_for_shutdown = false;
    }
    spin_unlock(&d->lock);
    domain_unpause(d);
}

void domain_crash(struct domain *d, const char *fmt, ...)
{
    char reason[160];
    va_list ap;

    if (read_atomic(&d->is_shutting_down))
        return;
    va_start(ap, fmt);
    hv_vsnprintf(reason, sizeof(reason), fmt, ap);
    va_end(ap);
    if (current->domain == d)
        printk(XENLOG_G_ERR "d%uv%u crashed: %s\n", d->domid, current->id, reason);
    else
        printk(XENLOG_G_ERR "d%u crashed: %s\n", d->domid, reason);
    if (current->domain == d)
        arch_show_vcpu(current);
    domain_shutdown(d, SHUTDOWN_crash);
}

/* --- watchdogs -------------------------------------------------------------------------------- */
static void watchdog_fn(void *data)
{
    struct domain *d = data;

    if (d->is_shutting_down || d->is_dying)
        return;
    printk(XENLOG_G_WARNING "d%u: watchdog has fired\n", d->domid);
    domain_shutdown(d, SHUTDOWN_watchdog);
}

/* SCHEDOP_watchdog: id 0 makes one; timeout 0 ends one. */
long domain_watchdog(struct domain *d, uint32_t id, uint32_t timeout)
{
    long rc = -EINVAL;

    if (id > ARRAY_SIZE(d->watchdog_timer))
        return -EINVAL;
    spin_lock(&d->watchdog_lock);
    if (id == 0) {
        unsigned int n = 0;

        while (n < ARRAY_SIZE(d->watchdog_timer) && (d->watchdog_inuse_map & BIT(n)))
            n++;
        if (timeout == 0) {
            rc = -EINVAL;
        } else if (n == ARRAY_SIZE(d->watchdog_timer)) {
            rc = -ENOSPC;
        } else {
            d->watchdog_inuse_map |= (uint32_t)BIT(n);
            timer_init(&d->watchdog_timer[n], watchdog_fn, d, smp_processor_id());
            timer_set(&d->watchdog_timer[n], now() + SECONDS(timeout));
            rc = (long)n + 1;
        }
    } else if (d->watchdog_inuse_map & BIT(id - 1)) {
        if (timeout) {
            timer_set(&d->watchdog_timer[id - 1], now() + SECONDS(timeout));
        } else {
            timer_stop(&d->watchdog_timer[id - 1]);
            d->watchdog_inuse_map &= ~(uint32_t)BIT(id - 1);
        }
        rc = 0;
    }
    spin_unlock(&d->watchdog_lock);
    return rc;
}

void domain_stop_watchdogs(struct domain *d)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(d->watchdog_timer); i++)
        timer_kill(&d->watchdog_timer[i]);
}
