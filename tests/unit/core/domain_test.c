/* SPDX-License-Identifier: MIT */
/* Domains: life cycle, pausing, shutdown, through domctl as the tools call it. */
#include "test.h"
#include <hv/guest_access.h>
#include <hv/softirq.h>
#include <xen/domctl.h>
#include <xen/sysctl.h>

static long domctl(struct vcpu *v, struct xen_domctl *op, uint32_t cmd, domid_t domid)
{
    char *page = v->domain->is_privileged ? w.page0 : w.page1;
    long rc;

    op->cmd = cmd;
    op->domain = domid;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    memcpy(page, op, sizeof(*op));
    rc = hosted_call(v, __HYPERVISOR_domctl, (unsigned long)page, 0, 0, 0);
    memcpy(op, page, sizeof(*op));
    return rc;
}

static struct xen_domctl create_op(void)
{
    return (struct xen_domctl){.u.createdomain = {.max_vcpus = 2,
                                                  .max_evtchn_port = 1023,
                                                  .max_grant_frames = 4,
                                                  .max_maptrack_frames = 4}};
}

static void a_domain_comes_and_goes_without_a_trace(void **state)
{
    uint64_t free_pages = heap_free_pages(NODE_ANY);
    struct xen_domctl op = create_op();
    domid_t id;

    assert_int_equal(domctl(w.v0, &op, XEN_DOMCTL_createdomain, 0), 0);
    id = op.domain;
    assert_int_not_equal(id, 0);
    op.u.max_mem.max_memkb = 4096;
    assert_int_equal(domctl(w.v0, &op, XEN_DOMCTL_max_mem, id), 0);
    op.u.max_vcpus.max = 2;
    assert_int_equal(domctl(w.v0, &op, XEN_DOMCTL_max_vcpus, id), 0);
    assert_int_equal(domctl(w.v0, &op, XEN_DOMCTL_getdomaininfo, id), 0);
    assert_int_equal(op.u.getdomaininfo.domain, id);
    assert_int_equal(op.u.getdomaininfo.max_pages, 1024);
    assert_int_equal(op.u.getdomaininfo.max_vcpu_id, 1);
    assert_int_equal(op.u.getdomaininfo.nr_online_vcpus, 0);
    assert_true(op.u.getdomaininfo.flags & XEN_DOMINF_paused);
    assert_int_equal(domctl(w.v0, &op, XEN_DOMCTL_destroydomain, id), 0);
    hosted_settle();
    assert_int_equal(domctl(w.v0, &op, XEN_DOMCTL_destroydomain, id), -ESRCH);
    assert_int_equal(heap_free_pages(NODE_ANY), free_pages);
}

static void ids_are_not_given_twice(void **state)
{
    struct xen_domctl op = create_op();
    struct domain *d;

    assert_int_equal(domctl(w.v0, &op, XEN_DOMCTL_createdomain, 1), -EEXIST);
    assert_int_equal(domctl(w.v0, &op, XEN_DOMCTL_createdomain, 77), 0);
    assert_int_equal(op.domain, 77);
    op = create_op();
    assert_int_equal(domctl(w.v0, &op, XEN_DOMCTL_createdomain, 77), -EEXIST);
    d = domain_get(77);
    hosted_destroy(d);
    assert_ptr_equal(domain_get(77), d); /* as long as we hold it */
    domain_put(d);
    domain_put(d);
    hosted_settle();
    assert_null(domain_get(77));
}

static void bad_configurations_are_refused_and_leave_nothing(void **state)
{
    uint64_t free_pages = heap_free_pages(NODE_ANY);
    struct xen_domctl op;

    for (unsigned int i = 0; i < 6; i++) {
        long rc;

        op = create_op();
        if (i == 0)
            op.u.createdomain.max_vcpus = 0;
        if (i == 1)
            op.u.createdomain.max_vcpus = MAX_VCPUS + 1;
        if (i == 2)
            op.u.createdomain.max_grant_frames = 1 << 20;
        if (i == 3)
            op.u.createdomain.grant_opts = 0x100;
        if (i == 4)
            op.u.createdomain.cpupool_id = 3;
        if (i == 5)
            op.u.createdomain.vmtrace_size = 4096;
        rc = domctl(w.v0, &op, XEN_DOMCTL_createdomain, 9);
        assert_true(rc < 0);
        assert_null(domain_get(9));
    }
    assert_int_equal(heap_free_pages(NODE_ANY), free_pages);
}

static void another_interface_version_is_refused(void **state)
{
    struct xen_domctl op = {.cmd = XEN_DOMCTL_getdomaininfo, .interface_version = 0x14};

    memcpy(w.page0, &op, sizeof(op));
    assert_int_equal(hosted_call(w.v0, __HYPERVISOR_domctl, (unsigned long)w.page0, 0, 0, 0),
                     -EACCES);
}

static void the_unprivileged_get_eperm(void **state)
{
    for (uint32_t cmd = 0; cmd < 90; cmd++) {
        struct xen_domctl op = {0};

        assert_int_equal(domctl(w.v1, &op, cmd, 0), -EPERM);
        assert_int_equal(domctl(w.v1, &op, cmd, 1), -EPERM);
    }
}

static void getdomaininfo_finds_the_next(void **state)
{
    struct xen_domctl op = {0};

    assert_int_equal(domctl(w.v0, &op, XEN_DOMCTL_getdomaininfo, 0), 0);
    assert_int_equal(op.u.getdomaininfo.domain, 0);
    assert_int_equal(domctl(w.v0, &op, XEN_DOMCTL_getdomaininfo, 1), 0);
    assert_int_equal(op.domain, 1);
    assert_int_equal(op.u.getdomaininfo.tot_pages, 32);
    assert_int_equal(domctl(w.v0, &op, XEN_DOMCTL_getdomaininfo, 2), -ESRCH);
}

static void pauses_are_counted(void **state)
{
    struct xen_domctl op = {0};

    w.guest->controller_pause_count = 1; /* as createdomain leaves it */
    assert_int_equal(domctl(w.v0, &op, XEN_DOMCTL_pausedomain, 1), 0);
    assert_int_equal(w.guest->pause_count, 2);
    assert_int_equal(domctl(w.v0, &op, XEN_DOMCTL_unpausedomain, 1), 0);
    assert_int_equal(domctl(w.v0, &op, XEN_DOMCTL_unpausedomain, 1), 0);
    assert_int_equal(w.guest->pause_count, 0);
    assert_int_equal(domctl(w.v0, &op, XEN_DOMCTL_unpausedomain, 1), -EINVAL);
    assert_int_equal(domctl(w.v0, &op, XEN_DOMCTL_pausedomain, 0), -EINVAL);
}

static void start(struct domain *d)
{
    d->vcpu[0]->is_initialised = true;
    __atomic_and_fetch(&d->vcpu[0]->pause_flags, ~VPF_down, __ATOMIC_SEQ_CST);
    domain_unpause(d);
    hosted_run();
}

static void shutdown_tells_dom0_and_stops_the_domain(void **state)
{
    struct evtchn_bind_virq bind = {.virq = VIRQ_DOM_EXC};
    struct sched_shutdown s = {.reason = SHUTDOWN_poweroff};
    struct xen_domctl op = {0};

    assert_int_equal(CALL(w.v0, event_channel_op, EVTCHNOP_bind_virq, &bind), 0);
    start(w.guest);
    assert_true(w.v1->is_running);
    assert_int_equal(CALL(w.v1, sched_op, SCHEDOP_shutdown, &s), 0);
    hosted_run();
    assert_false(w.v1->is_running);
    assert_true(evtchn_port_is_pending(w.dom0, bind.port));
    assert_int_equal(domctl(w.v0, &op, XEN_DOMCTL_getdomaininfo, 1), 0);
    assert_true(op.u.getdomaininfo.flags & XEN_DOMINF_shutdown);
    assert_int_equal(op.u.getdomaininfo.flags >> XEN_DOMINF_shutdownshift & 255, SHUTDOWN_poweroff);
    /* And back. */
    assert_int_equal(domctl(w.v0, &op, XEN_DOMCTL_resumedomain, 1), 0);
    hosted_run();
    assert_true(w.v1->is_running);
    assert_int_equal(domctl(w.v0, &op, XEN_DOMCTL_getdomaininfo, 1), 0);
    assert_false(op.u.getdomaininfo.flags & XEN_DOMINF_shutdown);
}

static void a_crash_is_a_shutdown_of_that_domain_alone(void **state)
{
    start(w.guest);
    domain_crash(w.guest, "test %d", 7);
    hosted_run();
    assert_true(w.guest->is_shut_down);
    assert_int_equal(w.guest->shutdown_code, SHUTDOWN_crash);
    assert_non_null(strstr(hosted_console(), "d1 crashed: test 7"));
    assert_false(w.dom0->is_shut_down);
}

static void the_watchdog_bites(void **state)
{
    struct sched_watchdog dog = {.id = 0, .timeout = 5};
    long id;

    start(w.guest);
    id = CALL(w.v1, sched_op, SCHEDOP_watchdog, &dog);
    assert_int_equal(id, 1);
    dog = (struct sched_watchdog){.id = 0, .timeout = 50};
    assert_int_equal(CALL(w.v1, sched_op, SCHEDOP_watchdog, &dog), 2);
    assert_int_equal(CALL(w.v1, sched_op, SCHEDOP_watchdog, &dog), -ENOSPC);
    dog = (struct sched_watchdog){.id = 2, .timeout = 0};
    assert_int_equal(CALL(w.v1, sched_op, SCHEDOP_watchdog, &dog), 0);
    assert_int_equal(CALL(w.v1, sched_op, SCHEDOP_watchdog, &dog), -EINVAL);
    hosted_advance(SECONDS(4));
    assert_false(w.guest->is_shut_down);
    dog = (struct sched_watchdog){.id = 1, .timeout = 5};
    assert_int_equal(CALL(w.v1, sched_op, SCHEDOP_watchdog, &dog), 0);
    hosted_advance(SECONDS(4));
    assert_false(w.guest->is_shut_down);
    hosted_advance(SECONDS(2));
    assert_true(w.guest->is_shut_down);
    assert_int_equal(w.guest->shutdown_code, SHUTDOWN_watchdog);
}

static void contexts_go_in_and_come_out(void **state)
{
    struct vcpu_guest_context *c = (void *)hosted_frame(w.dom0, 2);
    struct xen_domctl op = {0};

    /* The context is larger than a frame: it needs neighbours. */
    assert_true((char *)hosted_frame(w.dom0, 3) == (char *)c + PAGE_SIZE ||
                (char *)hosted_frame(w.dom0, 3) + PAGE_SIZE == (char *)c);
    if ((char *)hosted_frame(w.dom0, 3) < (char *)c)
        c = (void *)hosted_frame(w.dom0, 3);
    memset(c, 0, sizeof(*c));
    c->user_regs.rip = 0x1234;
    c->flags = VGCF_online;
    op.u.vcpucontext.vcpu = 1;
    op.u.vcpucontext.ctxt.p = c;
    assert_int_equal(domctl(w.v0, &op, XEN_DOMCTL_getvcpucontext, 1), -ENODATA);
    assert_int_equal(domctl(w.v0, &op, XEN_DOMCTL_setvcpucontext, 1), 0);
    assert_false(w.guest->vcpu[1]->pause_flags & VPF_down);
    memset(c, 0xee, sizeof(*c));
    assert_int_equal(domctl(w.v0, &op, XEN_DOMCTL_getvcpucontext, 1), 0);
    assert_int_equal(c->user_regs.rip, 0x1234);
    assert_true(c->flags & VGCF_online);
    c->ctrlreg[3] = 0x7777777000; /* no such table */
    assert_int_equal(domctl(w.v0, &op, XEN_DOMCTL_setvcpucontext, 1), -EINVAL);
    op.u.vcpucontext.vcpu = 5;
    assert_int_equal(domctl(w.v0, &op, XEN_DOMCTL_setvcpucontext, 1), -ESRCH);
    op.u.vcpucontext.vcpu = 1;
    op.u.vcpucontext.ctxt.p = (void *)0x1000;
    assert_int_equal(domctl(w.v0, &op, XEN_DOMCTL_setvcpucontext, 1), -EFAULT);
}

static void what_the_caller_has_not_it_cannot_give(void **state)
{
    struct xen_domctl op = {0};

    op.u.iomem_permission.first_mfn = 0x100;
    op.u.iomem_permission.nr_mfns = 16;
    op.u.iomem_permission.allow_access = 1;
    assert_int_equal(domctl(w.v0, &op, XEN_DOMCTL_iomem_permission, 1), -EPERM);
    rangeset_add(w.dom0->iomem_caps, 0x100, 0x10f);
    assert_int_equal(domctl(w.v0, &op, XEN_DOMCTL_iomem_permission, 1), 0);
    assert_true(rangeset_contains(w.guest->iomem_caps, 0x100, 0x10f));
    op.u.iomem_permission.allow_access = 0;
    op.u.iomem_permission.first_mfn = 0x104;
    op.u.iomem_permission.nr_mfns = 1;
    assert_int_equal(domctl(w.v0, &op, XEN_DOMCTL_iomem_permission, 1), 0);
    assert_false(rangeset_contains(w.guest->iomem_caps, 0x100, 0x10f));
    assert_true(rangeset_contains(w.guest->iomem_caps, 0x105, 0x10f));
    op.u.iomem_permission.nr_mfns = ~0UL;
    assert_int_equal(domctl(w.v0, &op, XEN_DOMCTL_iomem_permission, 1), -EINVAL);
}

static void a_dying_domain_lives_as_long_as_its_frames_are_used(void **state)
{
    struct page_info *pg = mfn_to_page(hosted_frame_mfn(w.guest, 5));
    struct domain *d;

    assert_true(get_page(pg, w.guest));
    hosted_destroy(w.guest);
    d = domain_get(1);
    assert_ptr_equal(d, w.guest);
    assert_int_equal(d->tot_pages, 1);
    domain_put(d);
    put_page(pg);
    hosted_settle();
    assert_null(domain_get(1));
    w.guest = NULL;
}

/* Death begins with all the locks under which others ask for it before they give the domain something. */
static void nobody_gives_a_dying_domain_anything(void **state)
{
    uint32_t grant = w.guest->grant.lock.next, event = w.guest->event_lock.next;

    softirq_raise(SOFTIRQ_CONSOLE);
    assert_int_equal(domain_kill(w.guest), -EPREEMPTED);
    assert_int_equal(w.guest->is_dying, DOMDYING_dying);
    assert_int_equal(w.guest->grant.lock.next, grant + 1);
    assert_true(w.guest->event_lock.next > event);
    assert_int_equal(w.guest->grant.nr_frames, 0);
    assert_true(mfn_eq(grant_table_frame(w.guest, 0), INVALID_MFN));
    assert_int_equal(w.guest->grant.nr_frames, 0);
    hosted_run();
}

/* The tools pin what they build; somebody else destroys it meanwhile. */
static void a_dying_domains_frames_are_not_pinned(void **state)
{
    struct domain *d = hosted_domain(5, false, 1, 100);
    struct mmuext_op pin = {.cmd = MMUEXT_PIN_L1_TABLE};
    int rc;

    do {
        hosted_run();
        softirq_raise(SOFTIRQ_CONSOLE);
        rc = domain_kill(d);
        assert_int_equal(rc, -EPREEMPTED);
    } while (!d->arch.mm.cursor);
    assert_int_equal(d->arch.mm.pass, 0); /* the first frame has been looked at */
    pin.arg1.mfn = hosted_frame_mfn(d, 0).v;
    memcpy(w.page0, &pin, sizeof(pin));
    rc = (int)hosted_call(w.v0, __HYPERVISOR_mmuext_op, (unsigned long)w.page0, 1, 0, 5);
    hosted_run();
    hosted_destroy(d);
    assert_int_equal(rc, -EINVAL);
    assert_null(domain_get(5));
}

static void lists_of_domains_fit_what_was_asked_for(void **state)
{
    struct xen_domctl_getdomaininfo *list = hosted_frame(w.dom0, 4);
    struct xen_sysctl op = {.cmd = XEN_SYSCTL_getdomaininfolist,
                            .interface_version = XEN_SYSCTL_INTERFACE_VERSION};

    op.u.getdomaininfolist.buffer.p = list;
    op.u.getdomaininfolist.max_domains = 8;
    memcpy(w.page0, &op, sizeof(op));
    assert_int_equal(hosted_call(w.v0, __HYPERVISOR_sysctl, (unsigned long)w.page0, 0, 0, 0), 0);
    memcpy(&op, w.page0, sizeof(op));
    assert_int_equal(op.u.getdomaininfolist.num_domains, 2);
    assert_int_equal(list[0].domain, 0);
    assert_int_equal(list[1].domain, 1);
    op.u.getdomaininfolist.first_domain = 1;
    op.u.getdomaininfolist.max_domains = 1;
    memcpy(w.page0, &op, sizeof(op));
    assert_int_equal(hosted_call(w.v0, __HYPERVISOR_sysctl, (unsigned long)w.page0, 0, 0, 0), 0);
    assert_int_equal(((struct xen_sysctl *)w.page0)->u.getdomaininfolist.num_domains, 1);
    assert_int_equal(list[0].domain, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_domain_comes_and_goes_without_a_trace),
        TEST(ids_are_not_given_twice),
        TEST(bad_configurations_are_refused_and_leave_nothing),
        TEST(another_interface_version_is_refused),
        TEST(the_unprivileged_get_eperm),
        TEST(getdomaininfo_finds_the_next),
        TEST(pauses_are_counted),
        TEST(shutdown_tells_dom0_and_stops_the_domain),
        TEST(a_crash_is_a_shutdown_of_that_domain_alone),
        TEST(the_watchdog_bites),
        TEST(contexts_go_in_and_come_out),
        TEST(what_the_caller_has_not_it_cannot_give),
        TEST(a_dying_domain_lives_as_long_as_its_frames_are_used),
        TEST(nobody_gives_a_dying_domain_anything),
        TEST(a_dying_domains_frames_are_not_pinned),
        TEST(lists_of_domains_fit_what_was_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
