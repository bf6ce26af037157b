/* SPDX-License-Identifier: MIT */
/* Domains and vCPUs (core/domain.c). */
#ifndef HV_DOMAIN_H
#define HV_DOMAIN_H

#include <hv/cpumask.h>
#include <hv/list.h>
#include <hv/mm.h>
#include <hv/printk.h>
#include <hv/softirq.h>
#include <hv/time.h>
#include <xen/xen.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <hv/event.h>
#include <hv/grant.h>
#include <hv/rangeset.h>
#include <hv/sched.h>
#include <asm/domain.h> /* struct arch_domain, struct arch_vcpu */

/* Why a vCPU does not run (v->pause_flags). */
#define VPF_blocked BIT(0) /* sched_op block or poll without a pending event */
#define VPF_down    BIT(1) /* not brought up, or taken down */
#define VPF_polling BIT(2)

struct vcpu {
    unsigned int id;
    struct domain *domain;
    unsigned int processor; /* where it runs or ran last */
    bool is_initialised;    /* has had a context set */
    bool is_running;        /* its state is on a CPU now; cleared by context_saved() */
    bool paused_for_shutdown;

    unsigned long pause_flags; /* VPF_*, atomic */
    uint32_t pause_count;      /* atomic: vcpu_pause() and domctl */
    uint32_t controller_pause_count;

    struct vcpu_info *vcpu_info; /* in shared info, or where VCPUOP_register_vcpu_info put it */
    struct page_info *vcpu_info_page; /* NULL: shared info */
    struct vcpu_runstate_info runstate;
    vaddr_t runstate_guest;          /* VCPUOP_register_runstate_memory_area, 0: none */
    struct vcpu_time_info time_copy; /* what the arch published last (arch/x86/time) */

    struct timer periodic_timer, singleshot_timer, poll_timer;
    s_time_t periodic_period, periodic_last_event;
    uint32_t poll_evtchn; /* the one port polled, 0: several */

    uint32_t virq_to_evtchn[NR_VIRQS];
    spinlock_t virq_lock;
    struct evtchn_fifo_vcpu *evtchn_fifo;

    struct sched_vcpu sched; /* affinity, credit, run queue link: core/sched*.c */
    struct arch_vcpu arch;
};

enum domain_dying { DOMDYING_alive, DOMDYING_dying, DOMDYING_dead };

struct domain { /* one page-aligned allocation: page_info.owner is its frame */
    domid_t domid;
    bool is_privileged;      /* dom0 */
    bool is_idle, is_system; /* idle domain; DOMID_IO, DOMID_XEN: owners of special frames */
    bool is_hvm;             /* HVM container (later) */
    bool creation_finished;
    enum domain_dying is_dying;
    bool is_shutting_down, is_shut_down;
    uint32_t shutdown_code;
    uint32_t refcnt;      /* atomic; the list of domains holds one until destruction */
    uint32_t pause_count; /* atomic: all reasons */
    uint32_t controller_pause_count;
    xen_domain_handle_t handle;
    uint32_t options; /* XEN_DOMCTL_CDF_* */
    uint32_t ssidref;
    unsigned long vm_assist;
    int32_t time_offset_seconds;
    struct list_head link; /* domain_list, in order of domain id; RCU-like: see domain_get() */
    struct rcu_head rcu;
    spinlock_t lock;

    unsigned int max_vcpus;
    struct vcpu **vcpu; /* max_vcpus entries, NULL where not created */

    spinlock_t page_lock;
    struct page_list page_list;    /* frames owned */
    struct page_list xenpage_list; /* the hypervisor's frames shared with it */
    uint64_t tot_pages, max_pages, outstanding_pages, xenheap_pages;
    uint64_t node_affinity;

    struct shared_info *shared_info;

    spinlock_t event_lock;
    struct evtchn_domain evtchn;
    struct grant_table grant;

    struct rangeset *iomem_caps; /* machine frames */
    struct rangeset *irq_caps;   /* IRQs (GSIs) */
    struct domain *target;       /* stub domain's, set by domctl settarget; holds a reference */
    uint32_t suspend_evtchn;
    struct timer watchdog_timer[2];
    uint32_t watchdog_inuse_map;
    spinlock_t watchdog_lock;

    /* vCPUs that wait in SCHEDOP_poll. */
    unsigned long poll_mask[(MAX_VCPUS + 63) / 64];
    struct console_domain console;
    struct domain *hash_next;
    struct vnuma_info *vnuma; /* domctl setvnumainfo */
    uint32_t kill_stage;      /* domain_kill(): what has been done */

    struct sched_domain sched; /* weight, cap, cpupool */
    struct arch_domain arch;
};

extern struct domain *dom0;    /* NULL until built */
extern struct domain *dom_io;  /* owner of I/O memory: DOMID_IO */
extern struct domain *dom_xen; /* owner of the hypervisor's shared frames: DOMID_XEN */
extern struct domain *idle_domain;
extern struct vcpu *idle_vcpu[NR_CPUS];
extern struct list_head domain_list;
extern spinlock_t domlist_lock;

/* Look up and take a reference (released by domain_put()); NULL: no such domain. DOMID_SELF is
 * the caller.  A dying domain is found until its last reference is gone. */
struct domain *domain_get(domid_t domid);
void domain_put(struct domain *d);
void domain_ref(struct domain *d);
/* Create: not yet on the list; domain_publish() puts it there.  Errors: pointer or NULL + *err.
 * It is paused once: domain_unpause() starts it.  shared_info is the core's; arch_domain_create() is
 * called with all else set up. */
struct xen_domctl_createdomain;
struct domain *domain_create(domid_t domid, const struct xen_domctl_createdomain *config,
                             bool privileged, int *err);
void domain_publish(struct domain *d);
struct vcpu *vcpu_create(struct domain *d, unsigned int id, int *err);
void vcpu_destroy(struct vcpu *v);
struct domain *system_domain_create(domid_t domid); /* boot: idle, I/O, the hypervisor; or panics */
struct vcpu *idle_vcpu_create(unsigned int cpu); /* no arch_vcpu_create(): its arch part is zero */
void domain_stop_watchdogs(struct domain *d);
long domain_watchdog(struct domain *d, uint32_t id,
                     uint32_t timeout); /* as SCHEDOP_watchdog has it */
/* Destroy, preemptible: 0, -EPREEMPTED.  Idempotent: domctl destroydomain calls it until 0. */
int domain_kill(struct domain *d);
void domain_shutdown(struct domain *d, uint8_t reason);
void domain_resume(struct domain *d);
/* A guest broke a rule that only it can pay for; prints the reason and its registers, shuts it
 * down with SHUTDOWN_crash.  Safe from any context that works for current. */
void domain_crash(struct domain *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void domain_pause(struct domain *d); /* waits until no vCPU of it runs; d is not current's */
void domain_pause_nosync(struct domain *d);
void domain_unpause(struct domain *d);
int domain_pause_by_controller(
    struct domain *d); /* as domctl counts them; -EOVERFLOW on overflow */
int domain_unpause_by_controller(struct domain *d); /* -EINVAL when not paused */
void vcpu_pause(struct vcpu *v);
void vcpu_pause_nosync(struct vcpu *v);
void vcpu_unpause(struct vcpu *v);
static inline struct vcpu *domain_vcpu(const struct domain *d, unsigned int id)
{
    return id < d->max_vcpus ? read_atomic(&d->vcpu[id]) : NULL;
}
/* Pending and not masked: an upcall is due. */
static inline bool evtchn_upcall_pending(const struct vcpu *v)
{
    const struct vcpu_info *info = read_atomic(&v->vcpu_info);

    return read_atomic(&info->evtchn_upcall_pending) && !read_atomic(&info->evtchn_upcall_mask);
}
#define for_each_vcpu(d, v)                                                                        \
    for (unsigned int _i = 0; _i < (d)->max_vcpus; _i++)                                           \
        if (((v) = (d)->vcpu[_i]) != NULL)
/* Send VIRQ_DOM_EXC to whoever asked for it. */
void domain_changed(void);

extern struct vcpu_info dummy_vcpu_info; /* of vCPUs that have no room in shared info */
int map_vcpu_info(struct vcpu *v, uint64_t mfn, unsigned int offset); /* PV mfn or gfn */
void unmap_vcpu_info(struct vcpu *v);
void domains_init(void); /* idle, dom_io, dom_xen */

#endif
