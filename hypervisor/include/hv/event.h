/* SPDX-License-Identifier: MIT */
/* Event channels (core/event*.c). */
#ifndef HV_EVENT_H
#define HV_EVENT_H

#include <hv/spinlock.h>
#include <xen/xen.h>
#include <xen/event_channel.h>

typedef uint32_t port_t;

struct evtchn {
    uint8_t state; /* EVTCHNSTAT_* and the internal reserved ones */
    uint8_t priority;
    bool pending; /* FIFO: its word has no page yet */
    uint16_t notify_vcpu_id;
    port_t port;
    union {
        struct {
            domid_t remote_domid;
        } unbound;
        struct {
            struct domain *remote_dom;
            port_t remote_port;
        } interdomain;
        uint32_t pirq;
        uint32_t virq;
    } u;
    uint16_t fifo_lastq_vcpu;
    uint8_t fifo_lastq_prio;
    spinlock_t lock;
};

#define EVTCHN_BUCKET      128
#define MAX_EVTCHN_BUCKETS (131072 / EVTCHN_BUCKET)

struct evtchn_ops; /* 2-level or FIFO: core/event_2l.c, core/event_fifo.c */
struct evtchn_fifo_domain;
struct evtchn_domain {
    struct evtchn **bucket; /* allocated on demand, EVTCHN_BUCKET each */
    uint32_t valid_ports;   /* ports below this have a struct */
    uint32_t max_port;      /* highest that the domain may use (createdomain: max_evtchn_port) */
    uint32_t active;        /* not free */
    uint32_t next_free;     /* ports below this are in use */
    uint32_t close_from;    /* where a reset has got to */
    uint32_t destroy_from;  /* and where destruction has */
    port_t *pirq_port;      /* by PIRQ, MAX_PIRQS; allocated with the first one bound */
    const struct evtchn_ops *ops;
    struct evtchn_fifo_domain *fifo;
};
#define MAX_PIRQS 1024

int evtchn_domain_init(struct domain *d, uint32_t max_port);
int evtchn_destroy(struct domain *d); /* close all; 0 or -EPREEMPTED */
void evtchn_destroy_final(struct domain *d);
int evtchn_reset(struct domain *d);
long do_event_channel_op(struct hypercall_args *a);
long do_event_channel_op_compat(struct hypercall_args *a);

void send_guest_vcpu_virq(struct vcpu *v, uint32_t virq);
void send_guest_global_virq(struct domain *d, uint32_t virq);
void send_global_virq(
    uint32_t virq); /* to the domain that handles it: dom0 unless domctl set_virq_handler */
int set_global_virq_handler(struct domain *d, uint32_t virq);
void send_guest_pirq(struct domain *d, uint32_t pirq); /* from interrupt context */
int evtchn_send(struct domain *from, port_t port);
bool evtchn_port_is_pending(struct domain *d, port_t port);
void vcpu_mark_events_pending(struct vcpu *v);
/* d->shared_info changed place, or vcpu_info did: redeliver everything to v. */
void evtchn_vcpu_info_moved(struct vcpu *v);

/* Arch: have v notice its pending event: IPI if it runs on another CPU, nothing if current. */
void arch_vcpu_kick(struct vcpu *v);
/* Arch: whether v, which is current and about to block, has something to do. */
bool arch_vcpu_wants_to_run(struct vcpu *v);
/* Arch: PIRQs, interrupts bound to a domain (arch/x86/pv/physdev.c). The domain's event_lock is held,
 * interrupts are enabled; the handler calls send_guest_pirq(), which does not take that lock. */
int arch_pirq_bind(struct vcpu *v, uint32_t pirq, bool share);
void arch_pirq_unbind(struct domain *d, uint32_t pirq);

#endif
