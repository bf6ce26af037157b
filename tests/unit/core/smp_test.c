/* SPDX-License-Identifier: MIT */
/* CPUs that really run at the same time: each a thread that calls what it may, for a while, on
 * objects that the others use, too.  Two more run vCPUs.  What must hold: nobody waits for ever,
 * the core's assertions and the sanitizers find nothing, and afterwards every page is back. */
#define TEST_CPUS_HERE 6
#include "test.h"
#include <pthread.h>
#include <unistd.h>
#include <xen/domctl.h>

#define CALLERS        4 /* CPUs 0 to 3; 4 and 5 run vCPUs */
#define SECONDS_TO_RUN 4
#define PORTS          48

static struct caller {
    struct vcpu *v;
    char *page; /* a frame for arguments, held */
    uint64_t random;
    uint32_t handles[16];
    mfn_t own[16]; /* frames populated by it */
    unsigned long calls, good;
} callers[CALLERS];
static struct domain *guests[2];
static volatile bool stop;
static uint64_t free_before;

static uint32_t rnd(struct caller *c, uint32_t n)
{
    c->random = c->random * 6364136223846793005UL + 1442695040888963407UL;
    return (uint32_t)(c->random >> 33) % n;
}

static long call(struct caller *c, unsigned long nr, unsigned long cmd, unsigned long count)
{
    struct hypercall_args a = {{cmd, (unsigned long)c->page, count}};
    long rc;

    if (nr == __HYPERVISOR_domctl)
        a.a[0] = (unsigned long)c->page;
    do {
        rc = hosted_call_once(c->v, nr, &a);
        hosted_poll(false);
    } while (rc == -EPREEMPTED);
    c->calls++;
    c->good += rc >= 0;
    return rc;
}
#define ARG(c, type, ...) (*(type *)(c)->page = (type){__VA_ARGS__})

static void use_events(struct caller *c)
{
    switch (rnd(c, 9)) {
    case 0:
        ARG(c, struct evtchn_alloc_unbound, .dom = DOMID_SELF, .remote_dom = (domid_t)rnd(c, 3));
        call(c, __HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, 0);
        break;
    case 1:
    case 2:
        ARG(c, struct evtchn_bind_interdomain, .remote_dom = (domid_t)rnd(c, 3),
            .remote_port = rnd(c, PORTS));
        call(c, __HYPERVISOR_event_channel_op, EVTCHNOP_bind_interdomain, 0);
        break;
    case 3:
        ARG(c, struct evtchn_close, .port = 2 + rnd(c, PORTS));
        call(c, __HYPERVISOR_event_channel_op, EVTCHNOP_close, 0);
        break;
    case 4:
        ARG(c, struct evtchn_bind_vcpu, .port = rnd(c, PORTS), .vcpu = rnd(c, 2));
        call(c, __HYPERVISOR_event_channel_op, EVTCHNOP_bind_vcpu, 0);
        break;
    case 5:
        ARG(c, struct evtchn_unmask, .port = rnd(c, PORTS));
        call(c, __HYPERVISOR_event_channel_op, EVTCHNOP_unmask, 0);
        break;
    case 6:
        ARG(c, struct evtchn_set_priority, .port = rnd(c, PORTS), .priority = rnd(c, 16));
        call(c, __HYPERVISOR_event_channel_op, EVTCHNOP_set_priority, 0);
        break;
    default:
        ARG(c, struct evtchn_send, .port = rnd(c, PORTS));
        call(c, __HYPERVISOR_event_channel_op, EVTCHNOP_send, 0);
        break;
    }
}

static void offer_grants(struct caller *c)
{
    struct domain *d = c->v->domain;
    struct grant_entry_v1 *e;

    if (!d->grant.nr_frames)
        return;
    e = &d->grant.shared[0][rnd(c, 16)];
    e->frame = (uint32_t)virt_to_mfn(c->page).v;
    __atomic_store_n(&e->domid, (domid_t)rnd(c, 3), __ATOMIC_RELAXED);
    __atomic_store_n(&e->flags, (uint16_t)(rnd(c, 4) ? GTF_permit_access : rnd(c, 32)),
                     __ATOMIC_RELEASE);
}

static void use_grants(struct caller *c)
{
    struct gnttab_map_grant_ref *map = (void *)c->page;
    unsigned int slot = rnd(c, 16);

    switch (rnd(c, 4)) {
    case 0:
        if (c->handles[slot] != ~0U)
            break;
        ARG(c, struct gnttab_map_grant_ref,
            .flags = GNTMAP_device_map | (rnd(c, 2) ? GNTMAP_readonly : 0), .ref = rnd(c, 16),
            .dom = (domid_t)rnd(c, 3));
        if (call(c, __HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref, 1) == 0 &&
            map->status == GNTST_okay)
            c->handles[slot] = map->handle;
        break;
    case 1: {
        struct gnttab_unmap_grant_ref *unmap = (void *)c->page;

        /* Now and then one that another has, perhaps. */
        ARG(c, struct gnttab_unmap_grant_ref, .handle = rnd(c, 4) ? c->handles[slot] : rnd(c, 64),
            .dev_bus_addr = virt_to_maddr(callers[rnd(c, CALLERS)].page));
        call(c, __HYPERVISOR_grant_table_op, GNTTABOP_unmap_grant_ref, 1);
        if (unmap->status == GNTST_okay && unmap->handle == c->handles[slot])
            c->handles[slot] = ~0U;
        if (unmap->status == GNTST_bad_handle)
            c->handles[slot] = ~0U;
        break;
    }
    case 2:
        ARG(c, struct gnttab_copy, .flags = GNTCOPY_source_gref, .len = 64,
            .source = {.u.ref = rnd(c, 16), .domid = (domid_t)rnd(c, 3), .offset = 256},
            .dest = {.u.gmfn = virt_to_mfn(c->page).v, .domid = DOMID_SELF, .offset = 1024});
        call(c, __HYPERVISOR_grant_table_op, GNTTABOP_copy, 1);
        break;
    default:
        offer_grants(c);
        break;
    }
}

static void use_memory(struct caller *c)
{
    struct xen_memory_reservation *r = (void *)c->page;
    xen_pfn_t *frame = (void *)(c->page + 512);
    unsigned int slot = rnd(c, 16);

    *r = (struct xen_memory_reservation){.nr_extents = 1, .domid = DOMID_SELF};
    r->extent_start.p = frame;
    *frame = c->own[slot].v;
    if (mfn_eq(c->own[slot], INVALID_MFN)) {
        if (call(c, __HYPERVISOR_memory_op, XENMEM_populate_physmap, 0) == 1)
            c->own[slot] = _mfn(*frame);
    } else if (call(c, __HYPERVISOR_memory_op, XENMEM_decrease_reservation, 0) == 1) {
        c->own[slot] = INVALID_MFN;
    }
}

static long domctl(struct caller *c, uint32_t cmd, domid_t domid, struct xen_domctl *op)
{
    op->cmd = cmd;
    op->domain = domid;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    memcpy(c->page, op, sizeof(*op));
    return call(c, __HYPERVISOR_domctl, 0, 0);
}

static void make_and_destroy_a_domain(struct caller *c)
{
    struct xen_domctl op = {.u.createdomain = {.max_vcpus = 2,
                                               .max_evtchn_port = 100,
                                               .max_grant_frames = 2,
                                               .max_maptrack_frames = 2}};
    struct xen_memory_reservation *r = (void *)c->page;
    domid_t id;

    if (domctl(c, XEN_DOMCTL_createdomain, 0, &op))
        return;
    id = ((struct xen_domctl *)c->page)->domain;
    op.u.max_mem.max_memkb = 1024;
    domctl(c, XEN_DOMCTL_max_mem, id, &op);
    op.u.max_vcpus.max = 2;
    domctl(c, XEN_DOMCTL_max_vcpus, id, &op);
    *r = (struct xen_memory_reservation){.nr_extents = 32, .domid = id};
    r->extent_start.p = (void *)(c->page + 512);
    call(c, __HYPERVISOR_memory_op, XENMEM_populate_physmap, 0);
    ARG(c, struct evtchn_alloc_unbound, .dom = id, .remote_dom = 0);
    call(c, __HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, 0);
    ARG(c, struct evtchn_bind_interdomain, .remote_dom = id, .remote_port = 1);
    call(c, __HYPERVISOR_event_channel_op, EVTCHNOP_bind_interdomain, 0);
    assert_int_equal(domctl(c, XEN_DOMCTL_destroydomain, id, &op), 0);
}

static void control(struct caller *c)
{
    struct xen_domctl op = {0};
    domid_t id = (domid_t)(1 + rnd(c, 2));

    switch (rnd(c, 5)) {
    case 0:
        make_and_destroy_a_domain(c);
        break;
    case 1:
        if (domctl(c, XEN_DOMCTL_pausedomain, id, &op) == 0)
            domctl(c, XEN_DOMCTL_unpausedomain, id, &op);
        break;
    case 2:
        op.u.scheduler_op = (struct xen_domctl_scheduler_op){.sched_id = XEN_SCHEDULER_CREDIT2,
                                                             .cmd = XEN_DOMCTL_SCHEDOP_putinfo};
        op.u.scheduler_op.u.credit2.weight = (uint16_t)(1 + rnd(c, 1000));
        op.u.scheduler_op.u.credit2.cap = rnd(c, 2) ? 0 : (uint16_t)(10 + rnd(c, 100));
        domctl(c, XEN_DOMCTL_scheduler_op, id, &op);
        break;
    case 3: {
        struct vcpu *v = guests[id - 1]->vcpu[1];
        cpumask_t mask = {{rnd(c, 3) ? 3UL << 4 : 1UL << (4 + rnd(c, 2))}};

        vcpu_set_affinity(v, &mask, NULL);
        break;
    }
    default:
        domctl(c, XEN_DOMCTL_getdomaininfo, id, &op);
        break;
    }
}

static void *caller_thread(void *arg)
{
    struct caller *c = arg;

    hosted_be_cpu((unsigned int)(c - callers));
    while (!stop) {
        uint32_t what = rnd(c, 16);

        if (what < 8)
            use_events(c);
        else if (what < 12)
            use_grants(c);
        else if (what < 14)
            use_memory(c);
        else if (c->v->domain->is_privileged)
            control(c);
        hosted_poll(false);
    }
    hosted_poll(false);
    return NULL;
}

/* Runs vCPUs: what they do is block, poll and yield. */
static void *cpu_thread(void *arg)
{
    uint64_t random = (uint64_t)arg;

    hosted_be_cpu((unsigned int)(unsigned long)arg);
    while (!stop) {
        struct hypercall_args a = {{0}};
        struct vcpu *v;

        hosted_poll(true);
        v = hosted_current[hosted_cpu];
        random = random * 6364136223846793005UL + 1442695040888963407UL;
        __atomic_add_fetch(&hosted_now, 1000, __ATOMIC_RELAXED);
        if (v->domain->is_idle || random >> 62)
            continue;
        a.a[0] = random >> 61 & 1 ? SCHEDOP_block : SCHEDOP_yield;
        hypercall_dispatch(__HYPERVISOR_sched_op, &a);
        v->vcpu_info->evtchn_upcall_pending = 0;
    }
    return NULL;
}

static void prepare(struct caller *c, struct domain *d, unsigned int vcpu, unsigned int frame)
{
    *c = (struct caller){
        .v = d->vcpu[vcpu], .page = hosted_frame(d, frame), .random = 77 + frame * 13 + vcpu};
    for (unsigned int i = 0; i < 16; i++) {
        c->handles[i] = ~0U;
        c->own[i] = INVALID_MFN;
    }
}

/* One of a guest's vCPUs calls, the other runs on CPUs 4 and 5. */
static void start_second_vcpu(struct domain *d)
{
    cpumask_t mask = {{3UL << 4}};

    d->vcpu[1]->is_initialised = true;
    vcpu_set_affinity(d->vcpu[1], &mask, NULL);
    __atomic_and_fetch(&d->vcpu[1]->pause_flags, ~VPF_down, __ATOMIC_SEQ_CST);
    domain_unpause(d);
}

static void fifo_for(struct caller *c)
{
    struct domain *d = c->v->domain;

    for (unsigned int i = 0; i < 2; i++) {
        ARG(c, struct evtchn_init_control, .control_gfn = hosted_frame_mfn(d, 8 + i).v, .vcpu = i);
        assert_int_equal(call(c, __HYPERVISOR_event_channel_op, EVTCHNOP_init_control, 0), 0);
    }
    ARG(c, struct evtchn_expand_array, .array_gfn = hosted_frame_mfn(d, 10).v);
    assert_int_equal(call(c, __HYPERVISOR_event_channel_op, EVTCHNOP_expand_array, 0), 0);
}

static void set_up_tables(struct caller *c)
{
    struct gnttab_setup_table *setup = (void *)c->page;

    *setup = (struct gnttab_setup_table){.dom = DOMID_SELF, .nr_frames = 1};
    setup->frame_list.p = (void *)(c->page + 512);
    assert_int_equal(call(c, __HYPERVISOR_grant_table_op, GNTTABOP_setup_table, 1), 0);
}

static unsigned long all_good(void)
{
    unsigned long good = 0;

    for (unsigned int i = 0; i < CALLERS; i++)
        good += __atomic_load_n(&callers[i].good, __ATOMIC_RELAXED);
    return good;
}

static void everybody_at_once(void **state)
{
    pthread_t threads[TEST_CPUS_HERE];
    hosted_threaded = true;
    for (unsigned long i = 0; i < CALLERS; i++)
        pthread_create(&threads[i], NULL, caller_thread, &callers[i]);
    for (unsigned long i = CALLERS; i < TEST_CPUS_HERE; i++)
        pthread_create(&threads[i], NULL, cpu_thread, (void *)i);
    sleep(getenv("CORE_SMP_SECONDS") ? (unsigned int)atoi(getenv("CORE_SMP_SECONDS"))
                                     : SECONDS_TO_RUN);
    while (all_good() <= 1000)
        sleep(1); /* the machine may have had no time for this */
    stop = true;
    for (unsigned int i = 0; i < TEST_CPUS_HERE; i++)
        pthread_join(threads[i], NULL);
    hosted_threaded = false;
    for (unsigned int i = 0; i < CALLERS; i++) {
        printf("caller %u: %lu calls, %lu went well\n", i, callers[i].calls, callers[i].good);
    }
    assert_true(all_good() > 1000);
    hosted_run();
    hosted_destroy(guests[0]);
    hosted_destroy(guests[1]);
    hosted_destroy(w.dom0);
    hosted_settle();
    assert_int_equal(heap_free_pages(NODE_ANY), free_before);
    assert_int_equal(heap_outstanding_claims(), 0);
}

static int up(void **state)
{
    hosted_boot(MACHINE, TEST_CPUS_HERE);
    free_before = heap_free_pages(NODE_ANY);
    w.dom0 = hosted_domain(0, true, 2, 16);
    for (unsigned int i = 0; i < 2; i++)
        guests[i] = hosted_domain((domid_t)(1 + i), false, 2, 16);
    w.dom0->vcpu[0]->is_initialised = true;
    prepare(&callers[0], w.dom0, 0, 0);
    prepare(&callers[1], w.dom0, 1, 1);
    prepare(&callers[2], guests[0], 0, 0);
    prepare(&callers[3], guests[1], 0, 0);
    for (unsigned int i = 0; i < CALLERS; i++)
        if (i != 1)
            set_up_tables(&callers[i]);
    fifo_for(&callers[2]);
    for (unsigned int i = 0; i < 2; i++)
        start_second_vcpu(guests[i]);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(everybody_at_once)};

    return cmocka_run_group_tests(tests, up, NULL);
}
