/* SPDX-License-Identifier: MIT */
/* Between the files of the event channel code: two ways to tell a guest that a port is pending.
 *
 * Locks: a channel's lock, irqs off, holds its binding still; sending takes no other.  Changes of
 * bindings take the event_lock of the domain (of both: by address), and then the channels' locks.
 * */
#ifndef CORE_EVENT_H
#define CORE_EVENT_H

#include <hv/domain.h>
#include <hv/event.h>

#define ECS_RESERVED 0xff /* port 0: never used */

struct evtchn_ops {
    /* The caller holds the channel's lock. */
    void (*set_pending)(struct vcpu *v, struct evtchn *chn);
    void (*clear_pending)(struct domain *d, struct evtchn *chn);
    void (*unmask)(struct domain *d, struct evtchn *chn);
    bool (*is_pending)(const struct domain *d, const struct evtchn *chn);
    int (*set_priority)(struct domain *d, struct evtchn *chn, uint32_t priority);
    unsigned int max_ports;
};

extern const struct evtchn_ops evtchn_2l_ops, evtchn_fifo_ops;

struct evtchn *evtchn_of(const struct domain *d, port_t port); /* NULL: no struct for it (yet) */
/* Wake vCPUs that poll for the port. */
void evtchn_check_pollers(struct domain *d, port_t port);

/* event_fifo.c; event_lock is held */
int evtchn_fifo_init_control(struct domain *d, struct evtchn_init_control *init);
int evtchn_fifo_expand_array(struct domain *d, const struct evtchn_expand_array *expand);
void evtchn_fifo_destroy(struct domain *d);

#endif
