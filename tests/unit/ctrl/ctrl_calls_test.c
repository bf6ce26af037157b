/* SPDX-License-Identifier: MIT */
/* What reaches the hypervisor, and what comes back from it. */
#include "fake_xen.h"

static xc_interface *xch;

static int open_handle(void **state)
{
    xch = fake_xen_open();
    return !xch;
}

static int close_handle(void **state)
{
    fake_xen_close(xch);
    return 0;
}

static void answer_create(struct xen_domctl *op)
{
    op->domain = 5;
    op->u.createdomain.arch.emulation_flags = 3;
}

static void create_passes_the_configuration_and_returns_the_id(void **state)
{
    struct xen_domctl_createdomain config = {.max_vcpus = 4, .max_grant_frames = 32};
    uint32_t domid = 0;

    hv.on_domctl = answer_create;
    assert_int_equal(xc_domain_create(xch, &domid, &config), 0);
    assert_int_equal(domid, 5);
    assert_int_equal(config.arch.emulation_flags, 3);
    assert_int_equal(hv.domctl.cmd, XEN_DOMCTL_createdomain);
    assert_int_equal(hv.domctl.u.createdomain.max_vcpus, 4);
    domid = 0;
    hv.answer = -ENOMEM;
    assert_int_equal(xc_domain_create(xch, &domid, &config), -1);
    assert_int_equal(domid, 0);
}

static void answer_info(struct xen_domctl *op)
{
    op->u.getdomaininfo.domain = op->domain < 3 ? 3 : op->domain;
    op->domain = op->u.getdomaininfo.domain;
    op->u.getdomaininfo.flags =
        XEN_DOMINF_shutdown | XEN_DOMINF_paused | SHUTDOWN_crash << XEN_DOMINF_shutdownshift;
    op->u.getdomaininfo.max_pages = 256;
    op->u.getdomaininfo.tot_pages = 200;
    if (op->domain >= 5)
        hv.answer = -ESRCH;
}

static void getinfo_goes_on_behind_the_last_domain(void **state)
{
    xc_dominfo_t info[10];

    hv.on_domctl = answer_info;
    assert_int_equal(xc_domain_getinfo(xch, 0, 10, info), 2);
    assert_int_equal(info[0].domid, 3);
    assert_int_equal(info[1].domid, 4);
    assert_int_equal(info[0].crashed, 1);
    assert_int_equal(info[0].shutdown, 0);
    assert_int_equal(info[0].paused, 1);
    assert_int_equal(info[0].shutdown_reason, SHUTDOWN_crash);
    assert_int_equal(info[0].max_memkb, 1024);
    assert_int_equal(info[0].nr_pages, 200);
    assert_int_equal(xc_domain_getinfo(xch, 5, 10, info), -1);
    assert_int_equal(errno, ESRCH);
}

static void answer_list(struct xen_sysctl *op)
{
    xc_domaininfo_t *out = op->u.getdomaininfolist.buffer.p;

    if (op->cmd != XEN_SYSCTL_getdomaininfolist)
        return;
    if (out) {
        memset(out, 0, 2 * sizeof(*out));
        out[1].domain = 9;
    }
    op->u.getdomaininfolist.num_domains = 2;
}

static void getinfolist_is_one_hypercall(void **state)
{
    xc_domaininfo_t info[4];

    hv.on_sysctl = answer_list;
    assert_int_equal(xc_domain_getinfolist(xch, 3, 4, info), 2);
    assert_int_equal(info[1].domain, 9);
    assert_int_equal(hv.calls, 1);
    assert_int_equal(hv.sysctl.u.getdomaininfolist.first_domain, 3);
    assert_int_equal(hv.sysctl.u.getdomaininfolist.max_domains, 4);
    assert_int_equal(xc_domain_getinfolist(xch, 0, 0x7fffffff, NULL), 2);
}

static struct xen_memory_reservation reservation;
static xen_pfn_t frames_seen[4];

static void take_reservation(const struct privcmd_hypercall *call)
{
    reservation = *(struct xen_memory_reservation *)(uintptr_t)call->arg[1];
    memcpy(frames_seen, reservation.extent_start.p, sizeof(frames_seen));
    reservation.extent_start.p[0] = 0xabc;
}

static void populate_passes_frames_and_brings_them_back(void **state)
{
    xen_pfn_t frames[4] = {10, 11, 12, 13};
    char *text;

    hv.on_other = take_reservation;
    hv.answer = 4;
    assert_int_equal(xc_domain_populate_physmap_exact(xch, 3, 4, 9, XENMEMF_node(1), frames), 0);
    assert_int_equal(hv.op, __HYPERVISOR_memory_op);
    assert_int_equal(hv.arg[0], XENMEM_populate_physmap);
    assert_true(reservation.domid == 3 && reservation.nr_extents == 4 &&
                reservation.extent_order == 9 && reservation.mem_flags == XENMEMF_node(1));
    assert_int_equal(frames_seen[3], 13);
    assert_int_equal(frames[0], 0xabc);
    hv.answer = 2;
    assert_int_equal(xc_domain_populate_physmap(xch, 3, 4, 0, 0, frames), 2);
    assert_int_equal(xc_domain_populate_physmap_exact(xch, 3, 4, 0, 0, frames), -1);
    assert_int_equal(errno, ENOMEM);
    text = xenerr_text();
    assert_non_null(strstr(text, "only 2 of 4 extents of order 0 done for domain 3"));
    assert_non_null(strstr(text, "limit: memory: wanted 16 KiB, got 8 KiB"));
    free(text);
    assert_int_equal(xc_domain_decrease_reservation_exact(xch, 3, 4, 0, frames), -1);
    assert_int_equal(errno, EINVAL);
    hv.answer = -EPERM;
    assert_int_equal(xc_domain_populate_physmap_exact(xch, 3, 4, 0, 0, frames), -1);
    assert_int_equal(errno, EPERM);
}

static void absurd_counts_never_reach_the_hypervisor(void **state)
{
    xen_pfn_t frame = 0;

    hv.calls = 0;
    assert_int_equal(xc_domain_populate_physmap(xch, 3, ~0ul, 0, 0, &frame), -1);
    assert_int_equal(xc_domain_populate_physmap(xch, 3, ~0ul / 8, 0, 0, &frame), -1);
    assert_int_equal(xc_domain_decrease_reservation(xch, 3, 1, 0, NULL), -1);
    assert_int_equal(xc_domain_add_to_physmap_batch(xch, 3, 0, 0, 65536, NULL, NULL, NULL), -1);
    assert_null(xc_map_foreign_range(xch, 3, -1, 1, 0));
    assert_null(xc_map_foreign_pages(xch, 3, 1, &frame, 0));
    assert_int_equal(xc_clear_domain_pages(xch, 3, 0, -1), -1);
    assert_int_equal(xc_getcpuinfo(xch, -1, NULL, NULL), -1);
    assert_int_equal(xc_gnttab_op(xch, 0, &frame, -1, 1), -1);
    assert_int_equal(hv.calls, 0);
}

static uint8_t hard_seen[2];

static void answer_affinity(struct xen_domctl *op)
{
    memcpy(hard_seen, op->u.vcpuaffinity.cpumap_hard.bitmap.p, 2);
    op->u.vcpuaffinity.cpumap_hard.bitmap.p[0] = 0x0f;
}

static void affinity_maps_have_the_hosts_size(void **state)
{
    xc_cpumap_t map = xc_cpumap_alloc(xch);

    assert_int_equal(xc_get_max_cpus(xch), 12);
    assert_int_equal(xc_get_cpumap_size(xch), 2);
    assert_int_equal(xc_get_nodemap_size(xch), 1);
    assert_int_equal(xc_get_online_cpus(xch), 10);
    xc_cpumap_setcpu(9, map);
    xc_cpumap_setcpu(1, map);
    xc_cpumap_clearcpu(1, map);
    assert_true(xc_cpumap_testcpu(9, map) && !xc_cpumap_testcpu(1, map));
    hv.on_domctl = answer_affinity;
    assert_int_equal(xc_vcpu_setaffinity(xch, 2, 1, map, NULL, XEN_VCPUAFFINITY_HARD), 0);
    assert_int_equal(hv.domctl.u.vcpuaffinity.cpumap_hard.nr_bits, 16);
    assert_int_equal(hv.domctl.u.vcpuaffinity.cpumap_soft.nr_bits, 0);
    assert_null(hv.domctl.u.vcpuaffinity.cpumap_soft.bitmap.p);
    assert_int_equal(hard_seen[1], 2);
    assert_int_equal(map[0], 0x0f); /* what is in force comes back */
    assert_int_equal(xc_vcpu_setaffinity(xch, 2, 1, map, NULL, XEN_VCPUAFFINITY_SOFT), -1);
    assert_int_equal(errno, EINVAL);
    free(map);
}

static void answer_console(struct xen_sysctl *op)
{
    memcpy(op->u.readconsole.buffer.p, "(XEN) hello\n", 12);
    op->u.readconsole.count = 12;
    op->u.readconsole.index = 112;
}

static void the_console_is_read_from_an_index(void **state)
{
    unsigned int nr = 64;
    uint32_t index = 100;
    char text[64];

    hv.on_sysctl = answer_console;
    assert_int_equal(xc_readconsolering(xch, text, &nr, 0, 7, &index), 0);
    assert_memory_equal(text, "(XEN) hello\n", 12);
    assert_true(nr == 12 && index == 112);
    assert_int_equal(hv.sysctl.u.readconsole.index, 100);
    assert_int_equal(hv.sysctl.u.readconsole.incremental, 1);
    hv.answer = -EPERM;
    assert_int_equal(xc_readconsolering(xch, text, &nr, 0, 0, NULL), -1);
    assert_int_equal(nr, 12);
}

static void answer_destroying(struct xen_domctl *op)
{
    if (hv.calls < 3)
        hv.answer = -EAGAIN;
}

static void other_answer(const struct privcmd_hypercall *call)
{
    struct evtchn_alloc_unbound *alloc = (void *)(uintptr_t)call->arg[1];

    if (call->op == __HYPERVISOR_event_channel_op)
        alloc->port = alloc->dom * 10 + alloc->remote_dom;
}

static void a_port_of_another_domain_is_allocated(void **state)
{
    hv.on_other = other_answer;
    assert_int_equal(xc_evtchn_alloc_unbound(xch, 4, 2), 42);
    assert_int_equal(hv.arg[0], EVTCHNOP_alloc_unbound);
}

static unsigned int batches[3];

static void answer_types(struct xen_domctl *op)
{
    uint64_t i;

    batches[hv.calls - 1] = op->u.getpageframeinfo3.num;
    for (i = 0; i < op->u.getpageframeinfo3.num; i++)
        op->u.getpageframeinfo3.array.p[i] |= XEN_DOMCTL_PFINFO_L1TAB;
}

int xc_get_pfn_type_batch(xc_interface *handle, uint32_t dom, unsigned int num, xen_pfn_t *arr);

static void frame_types_are_asked_in_batches(void **state)
{
    static xen_pfn_t frames[2500];
    unsigned int i;

    for (i = 0; i < 2500; i++)
        frames[i] = i;
    hv.on_domctl = answer_types;
    assert_int_equal(xc_get_pfn_type_batch(xch, 1, 2500, frames), 0);
    assert_true(batches[0] == 1024 && batches[1] == 1024 && batches[2] == 452);
    assert_int_equal(frames[2499], 2499 | XEN_DOMCTL_PFINFO_L1TAB);
}

static unsigned long mapping_limit;
static unsigned long mapped_upto, unmapped;

static void answer_mapping(struct xen_domctl *op)
{
    struct xen_domctl_memory_mapping *m = &op->u.memory_mapping;

    hv.answer = 0;
    if (!m->add_mapping)
        unmapped += m->nr_mfns;
    else if (m->nr_mfns > 64)
        hv.answer = -E2BIG;
    else if (m->first_mfn + m->nr_mfns > mapping_limit)
        hv.answer = -EBUSY;
    else
        mapped_upto = m->first_mfn + m->nr_mfns;
}

static long mapping_hypervisor(unsigned long request, void *arg)
{
    hv.answer = 0;
    return fake_hypercall(request, arg);
}

static void a_large_mapping_is_done_in_pieces_or_undone(void **state)
{
    fake.ioctl = mapping_hypervisor;
    hv.on_domctl = answer_mapping;
    mapping_limit = ~0ul;
    mapped_upto = unmapped = 0;
    assert_int_equal(xc_domain_memory_mapping(xch, 1, 0x100, 0x1000, 300, DPCI_ADD_MAPPING), 0);
    assert_int_equal(mapped_upto, 0x1000 + 300);
    assert_int_equal(unmapped, 0);
    mapping_limit = 0x1000 + 100;
    assert_int_equal(xc_domain_memory_mapping(xch, 1, 0x100, 0x1000, 300, DPCI_ADD_MAPPING), -1);
    assert_int_equal(errno, EBUSY);
    assert_true(unmapped > 0 && unmapped <= 100);
}

static void a_destroy_that_takes_long_is_repeated(void **state)
{
    fake.ioctl = mapping_hypervisor;
    hv.on_domctl = answer_destroying;
    hv.calls = 0;
    assert_int_equal(xc_domain_destroy(xch, 6), 0);
    assert_int_equal(hv.calls, 3);
    assert_int_equal(hv.domctl.cmd, XEN_DOMCTL_destroydomain);
}

static void version_strings_have_their_sizes(void **state)
{
    xen_extraversion_t extra;

    hv.answer = 4 << 16 | 17;
    assert_int_equal(xc_version(xch, XENVER_version, NULL), 4 << 16 | 17);
    assert_int_equal(hv.arg[1], 0);
    assert_int_equal(xc_version(xch, XENVER_extraversion, extra), 4 << 16 | 17);
    assert_int_not_equal(hv.arg[1], 0);
    assert_int_equal(xc_version(xch, 77, extra), -1);
    assert_int_equal(errno, ENOSYS);
}

static void credit2_weight_and_cap_go_both_ways(void **state)
{
    struct xen_domctl_sched_credit2 params = {.weight = 512, .cap = 50};

    assert_int_equal(xc_sched_credit2_domain_set(xch, 3, &params), 0);
    assert_int_equal(hv.domctl.u.scheduler_op.sched_id, XEN_SCHEDULER_CREDIT2);
    assert_int_equal(hv.domctl.u.scheduler_op.cmd, XEN_DOMCTL_SCHEDOP_putinfo);
    assert_int_equal(hv.domctl.u.scheduler_op.u.credit2.weight, 512);
    assert_int_equal(hv.domctl.u.scheduler_op.u.credit2.cap, 50);
    params.weight = 77;
    assert_int_equal(xc_sched_credit2_domain_get(xch, 3, &params), 0);
    assert_int_equal(params.weight, 0);
}

/* Calls with buffers of every kind, for failing allocations in. */
static int use(int which)
{
    static uint8_t big[20000];
    xen_vmemrange_t range = {0};
    unsigned int one[1] = {1}, cpus = 12, nodes = 2;
    vcpu_guest_context_any_t *ctxt = (void *)big;
    uint32_t number = 1;
    xc_cputopo_t topology[12];
    xc_meminfo_t memory[2];
    uint32_t distance[4];
    xc_cpumap_t map;
    void *p;

    switch (which) {
    case 0:
        return xc_vcpu_setaffinity(xch, 1, 0, big, big + 10, 3);
    case 1:
        return xc_domain_setvnuma(xch, 1, 1, 1, 1, &range, one, one, one);
    case 2:
        return xc_vcpu_setcontext(xch, 1, 0, ctxt);
    case 3:
        return xc_cputopoinfo(xch, &cpus, topology);
    case 4:
        return xc_numainfo(xch, &nodes, memory, distance);
    case 5:
        p = xc_cpupool_getinfo(xch, 0);
        xc_cpupool_infofree(xch, p);
        return p ? 0 : -1;
    case 6:
        map = xc_cpupool_freeinfo(xch);
        free(map);
        return map ? 0 : -1;
    case 7:
        return xc_domain_hvm_getcontext(xch, 1, big, sizeof(big)) < 0 ? -1 : 0;
    case 8:
        return xc_assign_dt_device(xch, 1, (char *)"/soc");
    case 9:
        return xc_livepatch_upload(xch, (char *)"p", big, sizeof(big));
    case 10:
        return xc_flask_context_to_sid(xch, (char *)"system_u", 8, &number);
    case 11:
        return xc_clear_domain_pages(xch, 1, 0, 2);
    case 12:
        return xc_tbuf_set_cpu_mask(xch, big);
    case 13:
        return xc_domain_node_setaffinity(xch, 1, big);
    default:
        return 1;
    }
}

static void failing_memory_fails_the_call_and_leaves_nothing(void **state)
{
    int which, n, rc;

    for (which = 0; use(which) != 1; which++) {
        for (n = 1;; n++) {
            /* No page is in the cache, so that each buffer is a mapping. */
            xc_interface_close(xch);
            xch = fake_xen_open();
            fake.fail_mmap = n;
            fake.mmap_errno = ENOMEM;
            rc = use(which);
            if (fake.fail_mmap) {
                assert_int_equal(rc, 0);
                break;
            }
            assert_int_equal(rc, -1);
            assert_int_equal(errno, ENOMEM);
            assert_true(xenerr_depth() > 0);
            fake.fail_mmap = 0;
        }
        for (n = 1;; n++) {
            fake_fail_allocation(n);
            rc = use(which);
            if (!fake_allocation_failed()) {
                fake_fail_allocation(0);
                break;
            }
            fake_fail_allocation(0);
            assert_int_equal(rc, -1);
            assert_int_equal(errno, ENOMEM);
        }
    }
    assert_int_equal(which, 14);
}

static void failing_hypercalls_leave_nothing(void **state)
{
    int which;

    for (which = 0; use(which) != 1; which++) {
        hv.answer = -EPERM;
        if (which == 11) /* only maps */
            continue;
        assert_int_equal(use(which), -1);
        assert_int_equal(errno, EPERM);
        assert_int_equal(xenerr_errno(), EPERM);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_handle, close_handle)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(create_passes_the_configuration_and_returns_the_id),
        TEST(getinfo_goes_on_behind_the_last_domain),
        TEST(getinfolist_is_one_hypercall),
        TEST(populate_passes_frames_and_brings_them_back),
        TEST(absurd_counts_never_reach_the_hypervisor),
        TEST(affinity_maps_have_the_hosts_size),
        TEST(the_console_is_read_from_an_index),
        TEST(a_port_of_another_domain_is_allocated),
        TEST(frame_types_are_asked_in_batches),
        TEST(a_large_mapping_is_done_in_pieces_or_undone),
        TEST(a_destroy_that_takes_long_is_repeated),
        TEST(version_strings_have_their_sizes),
        TEST(credit2_weight_and_cap_go_both_ways),
        TEST(failing_memory_fails_the_call_and_leaves_nothing),
        TEST(failing_hypercalls_leave_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
