/* SPDX-License-Identifier: MIT */
/* The two-level ABI: bitmaps of pending and masked ports in shared info, and for each vCPU a word
 * that says which words of the bitmap to look at. */
#include <hv/errno.h>
#include "event.h"

#define PORTS (EVTCHN_2L_NR_CHANNELS)

static void tell_vcpu(struct vcpu *v, port_t port)
{
    struct domain *d = v->domain;

    if (!test_bit(port, d->shared_info->evtchn_mask) &&
        !test_and_set_bit(port / 64, &load_acquire(&v->vcpu_info)->evtchn_pending_sel))
        vcpu_mark_events_pending(v);
    evtchn_check_pollers(d, port);
}

static void set_pending(struct vcpu *v, struct evtchn *chn)
{
    if (chn->port < PORTS && !test_and_set_bit(chn->port, v->domain->shared_info->evtchn_pending))
        tell_vcpu(v, chn->port);
}

static void clear_pending(struct domain *d, struct evtchn *chn)
{
    if (chn->port < PORTS)
        clear_bit(chn->port, d->shared_info->evtchn_pending);
}

static void unmask(struct domain *d, struct evtchn *chn)
{
    struct vcpu *v = domain_vcpu(d, chn->notify_vcpu_id);

    if (chn->port >= PORTS || !v)
        return;
    if (test_and_clear_bit(chn->port, d->shared_info->evtchn_mask) &&
        test_bit(chn->port, d->shared_info->evtchn_pending) &&
        !test_and_set_bit(chn->port / 64, &load_acquire(&v->vcpu_info)->evtchn_pending_sel))
        vcpu_mark_events_pending(v);
}

static bool is_pending(const struct domain *d, const struct evtchn *chn)
{
    return chn->port < PORTS && test_bit(chn->port, d->shared_info->evtchn_pending);
}

static int set_priority(struct domain *d, struct evtchn *chn, uint32_t priority)
{
    return -ENOSYS;
}

const struct evtchn_ops evtchn_2l_ops = {
    .set_pending = set_pending,
    .clear_pending = clear_pending,
    .unmask = unmask,
    .is_pending = is_pending,
    .set_priority = set_priority,
    .max_ports = PORTS,
};
