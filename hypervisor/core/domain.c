/* SPDX-License-Identifier: MIT */
/* Domains: creation, look-up, destruction, pausing. */
#include <hv/arch/domain.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/printk.h>
#include <hv/string.h>
#include <hv/vnuma.h>
#include <xen/domctl.h>

struct domain *dom0, *dom_io, *dom_xen, *idle_domain;
struct vcpu *idle_vcpu[NR_CPUS];

/* The list, and a hash table for look-ups, which take no lock: a domain leaves both when its last
 * reference is gone, and its memory is given back only after a grace period. */
#define HASH_SIZE 256
LIST_HEAD(domain_list);
spinlock_t domlist_lock = SPINLOCK_INIT;
static struct domain *domain_hash[HASH_SIZE];

/* --- references ------------------------------------------------------------------------------- */
static bool take_ref(struct domain *d)
{
    uint32_t x = read_atomic(&d->refcnt), seen;

    for (; x; x = seen) {
        seen = cmpxchg(&d->refcnt, x, x + 1);
        if (seen == x)
            return true;
    }
    return false;
}

struct domain *domain_get(domid_t domid)
{
    struct domain *d;

    if (domid == DOMID_SELF) {
        domain_ref(current->domain);
        return current->domain;
    }
    for (d = load_acquire(&domain_hash[domid % HASH_SIZE]); d; d = load_acquire(&d->hash_next))
        if (d->domid == domid)
            return take_ref(d) ? d : NULL;
    return NULL;
}

void domain_ref(struct domain *d)
{
    atomic_inc(&d->refcnt);
}

/* Everything that domain_create() and vcpu_create() made; fine on a half-made domain. */
static void free_domain(struct domain *d)
{
    for (unsigned int i = 0; d->vcpu && i < d->max_vcpus; i++)
        if (d->vcpu[i])
            vcpu_destroy(d->vcpu[i]);
    sched_destroy_domain(d);
    evtchn_destroy_final(d);
    grant_table_destroy(d);
    if (d->shared_info)
        free_xenheap_pages(d->shared_info, 0);
    rangeset_free(d->iomem_caps);
    rangeset_free(d->irq_caps);
    hv_free(d->vnuma);
    hv_free(d->vcpu);
    if (d->target)
        domain_put(d->target);
    free_xenheap_pages(d, order_of_size(sizeof(*d)));
}

static void destroy_after_grace(struct rcu_head *head)
{
    struct domain *d = container_of(head, struct domain, rcu);

    arch_domain_destroy(d);
    free_domain(d);
}

static void unlink_domain(struct domain *d)
{
    struct domain **p;

    spin_lock(&domlist_lock);
    list_del(&d->link);
    for (p = &domain_hash[d->domid % HASH_SIZE]; *p && *p != d; p = &(*p)->hash_next)
        ;
    if (*p)
        store_release(p, d->hash_next);
    spin_unlock(&domlist_lock);
}

/* From a softirq, with no lock held: the last reference may have been dropped anywhere. */
static void unlink_then_destroy(struct rcu_head *head)
{
    struct domain *d = container_of(head, struct domain, rcu);

    unlink_domain(d);
    call_rcu(&d->rcu, destroy_after_grace);
}

void domain_put(struct domain *d)
{
    uint32_t left = atomic_sub_return(&d->refcnt, 1);

    ASSERT(left != ~0U);
    if (left == 0)
        call_rcu(&d->rcu, unlink_then_destroy);
}

/* --- creation --------------------------------------------------------------------------------- */
static struct domain *alloc_domain(domid_t domid)
{
    struct domain *d = alloc_xenheap_pages(order_of_size(sizeof(*d)), MEMF_zero);

    if (!d)
        return NULL;
    d->domid = domid;
    d->refcnt = 1;
    d->shutdown_code = ~0U;
    d->node_affinity = (1UL << num_nodes()) - 1;
    spin_lock_init(&d->lock);
    spin_lock_init(&d->page_lock);
    spin_lock_init(&d->event_lock);
    spin_lock_init(&d->watchdog_lock);
    list_init(&d->link);
    d->page_list = d->xenpage_list = (struct page_list)PAGE_LIST_INIT;
    return d;
}

static int alloc_parts(struct domain *d, const struct xen_domctl_createdomain *config)
{
    int rc;

    d->vcpu = hv_new_array(struct vcpu *, config->max_vcpus);
    if (!d->vcpu)
        return -ENOMEM;
    d->max_vcpus = config->max_vcpus;
    d->iomem_caps = rangeset_new();
    d->irq_caps = rangeset_new();
    d->shared_info = alloc_xenheap_pages(0, MEMF_zero);
    if (!d->iomem_caps || !d->irq_caps || !d->shared_info)
        return -ENOMEM;
    rc = sched_init_domain(d, config->cpupool_id);
    if (!rc)
        rc = evtchn_domain_init(d, config->max_evtchn_port);
    if (!rc)
        rc = grant_table_init(d, (uint32_t)config->max_grant_frames,
                              (uint32_t)config->max_maptrack_frames);
    return rc;
}

/* A negative count asks for the default. */
static int check_config(struct xen_domctl_createdomain *config)
{
    if (config->max_vcpus < 1 || config->max_vcpus > MAX_VCPUS)
        return -EINVAL;
    if (config->grant_opts & ~XEN_DOMCTL_GRANT_version_mask)
        return -EINVAL;
    if (config->vmtrace_size)
        return -EOPNOTSUPP;
    if (config->max_grant_frames < 0)
        config->max_grant_frames = 64;
    if (config->max_maptrack_frames < 0)
        config->max_maptrack_frames = 1024;
    return arch_sanitise_domain_config(config);
}

struct domain *domain_create(domid_t domid, const struct xen_domctl_createdomain *given,
                             bool privileged, int *err)
{
    struct xen_domctl_createdomain config = *given;
    struct domain *d = NULL;
    int rc = check_config(&config);

    if (rc)
        goto out;
    rc = -ENOMEM;
    d = alloc_domain(domid);
    if (!d)
        goto out;
    d->is_privileged = privileged;
    d->is_hvm = config.flags & XEN_DOMCTL_CDF_hvm;
    d->options = config.flags;
    d->ssidref = config.ssidref;
    memcpy(d->handle, config.handle, sizeof(d->handle));
    d->pause_count = 1;
    rc = alloc_parts(d, &config);
    if (!rc)
        rc = arch_domain_create(d, &config);
    if (rc) {
        free_domain(d);
        d = NULL;
        goto out;
    }
    share_xen_page_with_guest(virt_to_page(d->shared_info), d, true);
out:
    *err = rc;
    return d;
}

void domain_publish(struct domain *d)
{
    struct domain **bucket = &domain_hash[d->domid % HASH_SIZE], *x;
    struct list_head *at = &domain_list;

    spin_lock(&domlist_lock);
    list_for_each_entry (x, &domain_list, link) {
        if (x->domid > d->domid)
            break;
        at = &x->link;
    }
    list_add(&d->link, at);
    d->hash_next = *bucket;
    store_release(bucket, d);
    if (d->is_privileged)
        dom0 = d;
    spin_unlock(&domlist_lock);
}

struct domain *system_domain_create(domid_t domid)
{
    struct domain *d = alloc_domain(domid);

    if (!d)
        panic("No memory for domain %u", domid);
    d->is_idle = domid == DOMID_IDLE;
    d->is_system = !d->is_idle;
    d->max_pages = ~0UL;
    d->creation_finished = true;
    return d;
}

void domains_init(void)
{
    idle_domain = system_domain_create(DOMID_IDLE);
    dom_io = system_domain_create(DOMID_IO);
    dom_xen = system_domain_create(DOMID_XEN);
    idle_domain->vcpu = hv_new_array(struct vcpu *, NR_CPUS);
    if (!idle_domain->vcpu)
        panic("No memory for idle vCPUs");
    idle_domain->max_vcpus = NR_CPUS;
    sched_init_cpu(0);
}

/* --- destruction ------------------------------------------------------------------------------ */
static void release_xen_pages(struct domain *d)
{
    for (;;) {
        struct page_info *pg;

        spin_lock(&d->page_lock);
        for (pg = page_list_first(&d->xenpage_list); pg; pg = page_list_next(&d->xenpage_list, pg))
            if (pg->count_info & PGC_allocated)
                break;
        spin_unlock(&d->page_lock);
        if (!pg)
            return;
        put_page_alloc_ref(pg);
    }
}

static void stop_vcpus(struct domain *d)
{
    struct vcpu *v;

    for_each_vcpu (d, v) {
        timer_kill(&v->periodic_timer);
        timer_kill(&v->singleshot_timer);
        timer_kill(&v->poll_timer);
        v->runstate_guest = 0;
        unmap_vcpu_info(v);
    }
    domain_stop_watchdogs(d);
}

/* The stages of dying, each repeatable; d->kill_stage says where to go on. */
static int kill_step(struct domain *d)
{
    switch (d->kill_stage) {
    case 0:
        return evtchn_destroy(d);
    case 1:
        stop_vcpus(d);
        return 0;
    case 2:
        return grant_table_release_mappings(d);
    case 3:
        return arch_domain_relinquish(d);
    case 4:
        release_xen_pages(d);
        return 0;
    default:
        return -ENOENT;
    }
}

int domain_kill(struct domain *d)
{
    int rc;

    if (d->is_dying == DOMDYING_dead)
        return 0;
    if (d->is_dying == DOMDYING_alive) {
        domain_pause(d);
        /* From here on the grant table does not grow, no port is opened, and no frame is assigned. */
        spin_lock(&d->grant.lock);
        spin_lock(&d->event_lock);
        spin_lock(&d->page_lock);
        write_atomic(&d->is_dying, DOMDYING_dying);
        spin_unlock(&d->page_lock);
        spin_unlock(&d->event_lock);
        spin_unlock(&d->grant.lock);
        domain_set_outstanding_pages(d, 0);
    }
    while ((rc = kill_step(d)) == 0)
        d->kill_stage++;
    if (rc != -ENOENT)
        return rc;
    write_atomic(&d->is_dying, DOMDYING_dead);
    domain_changed();
    domain_put(d); /* the list's */
    return 0;
}

/* --- pausing ---------------------------------------------------------------------------------- */
void vcpu_pause_nosync(struct vcpu *v)
{
    atomic_inc(&v->pause_count);
    vcpu_sleep_nosync(v);
}

void vcpu_pause(struct vcpu *v)
{
    ASSERT(v != current);
    atomic_inc(&v->pause_count);
    vcpu_sleep_sync(v);
}

void vcpu_unpause(struct vcpu *v)
{
    if (atomic_sub_return(&v->pause_count, 1) == 0)
        vcpu_wake(v);
}

void domain_pause_nosync(struct domain *d)
{
    struct vcpu *v;

    atomic_inc(&d->pause_count);
    for_each_vcpu (d, v)
        vcpu_sleep_nosync(v);
}

void domain_pause(struct domain *d)
{
    struct vcpu *v;

    ASSERT(d != current->domain);
    domain_pause_nosync(d);
    for_each_vcpu (d, v)
        vcpu_sleep_sync(v);
}

void domain_unpause(struct domain *d)
{
    struct vcpu *v;

    if (!d->creation_finished && read_atomic(&d->pause_count) == 1) {
        d->creation_finished = true;
        arch_update_wallclock(d);
    }
    if (atomic_sub_return(&d->pause_count, 1) == 0)
        for_each_vcpu (d, v)
            vcpu_wake(v);
}

static int count_controller_pause(struct domain *d, int by)
{
    uint32_t x = read_atomic(&d->controller_pause_count), seen;

    for (;; x = seen) {
        if (by > 0 && x >= 255)
            return -EOVERFLOW;
        if (by < 0 && x == 0)
            return -EINVAL;
        seen = cmpxchg(&d->controller_pause_count, x, x + (uint32_t)by);
        if (seen == x)
            return 0;
    }
}

int domain_pause_by_controller(struct domain *d)
{
    int rc = count_controller_pause(d, 1);

    if (!rc)
        domain_pause(d);
    return rc;
}

int domain_unpause_by_controller(struct domain *d)
{
    int rc = count_controller_pause(d, -1);

    if (!rc)
        domain_unpause(d);
    return rc;
}
