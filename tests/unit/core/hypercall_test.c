/* SPDX-License-Identifier: MIT */
/* The table of hypercalls: who may call what; multicall; xen_version and the small ones. */
#include "test.h"
#include <hv/access.h>
#include <hv/version.h>
#include <xen/domctl.h>
#include <xen/hvm/hvm_op.h>
#include <xen/sysctl.h>
#include <xen/version.h>

/* For each entry: what an unprivileged domain may not have it do, asked of domain 0, and what it
 * gets. */
struct forbidden {
    unsigned int nr;
    unsigned long cmd;     /* first argument, unless the command is in the struct */
    unsigned int domid_at; /* where in the struct a domain id (dom0's) goes; ~0: nowhere */
    long wanted;
};
#define NO_DOMID ~0U

static const struct forbidden forbidden[] = {
    {__HYPERVISOR_platform_op, 0, NO_DOMID, -EPERM},
    {__HYPERVISOR_sysctl, 0, NO_DOMID, -EPERM},
    {__HYPERVISOR_domctl, 0, NO_DOMID, -EPERM},
    {__HYPERVISOR_arch_0, 0, NO_DOMID, -EPERM}, /* machine checks */
    {__HYPERVISOR_memory_op, XENMEM_populate_physmap,
     offsetof(struct xen_memory_reservation, domid), -EPERM},
    {__HYPERVISOR_memory_op, XENMEM_increase_reservation,
     offsetof(struct xen_memory_reservation, domid), -EPERM},
    {__HYPERVISOR_memory_op, XENMEM_decrease_reservation,
     offsetof(struct xen_memory_reservation, domid), -EPERM},
    {__HYPERVISOR_memory_op, XENMEM_current_reservation, 0, -EPERM},
    {__HYPERVISOR_memory_op, XENMEM_maximum_reservation, 0, -EPERM},
    {__HYPERVISOR_memory_op, XENMEM_maximum_gpfn, 0, -EPERM},
    {__HYPERVISOR_memory_op, XENMEM_claim_pages, NO_DOMID, -EPERM},
    {__HYPERVISOR_memory_op, XENMEM_set_memory_map, 0, -EPERM},
    {__HYPERVISOR_memory_op, XENMEM_machine_memory_map, NO_DOMID, -EPERM},
    {__HYPERVISOR_memory_op, XENMEM_acquire_resource, 0, -EPERM},
    {__HYPERVISOR_memory_op, XENMEM_set_pod_target, offsetof(struct xen_pod_target, domid), -EPERM},
    {__HYPERVISOR_memory_op, XENMEM_get_pod_target, offsetof(struct xen_pod_target, domid), -EPERM},
    {__HYPERVISOR_memory_op, XENMEM_get_vnumainfo, 0, -EPERM},
    {__HYPERVISOR_memory_op, XENMEM_access_op, NO_DOMID, -EPERM},
    {__HYPERVISOR_memory_op, XENMEM_sharing_op, NO_DOMID, -EPERM},
    {__HYPERVISOR_memory_op, XENMEM_paging_op, NO_DOMID, -EPERM},
    {__HYPERVISOR_memory_op, XENMEM_remove_from_physmap, 0, -EPERM},
    {__HYPERVISOR_memory_op, XENMEM_add_to_physmap, 0, -EPERM},
    {__HYPERVISOR_memory_op, XENMEM_add_to_physmap_batch, 0, -EPERM},
    {__HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, 0, -EPERM},
    {__HYPERVISOR_event_channel_op, EVTCHNOP_status, 0, -EPERM},
    {__HYPERVISOR_event_channel_op, EVTCHNOP_reset, 0, -EPERM},
    {__HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, 0, -EPERM},
    {__HYPERVISOR_sched_op, SCHEDOP_pin_override, NO_DOMID, -EPERM},
    {__HYPERVISOR_console_io, CONSOLEIO_read, NO_DOMID, -EPERM},
    {__HYPERVISOR_xen_version, XENVER_build_id, NO_DOMID, -EPERM},
    {__HYPERVISOR_hvm_op, HVMOP_get_param, 0, -EPERM},
    {__HYPERVISOR_hvm_op, HVMOP_set_param, 0, -EPERM},
    {__HYPERVISOR_hvm_op, HVMOP_get_mem_type, 0, -EPERM},
};

static long call_zeroed(struct vcpu *v, unsigned int nr, unsigned long cmd)
{
    char *page = v->domain->is_privileged ? w.page0 : w.page1;
    bool in_struct = nr == __HYPERVISOR_platform_op || nr == __HYPERVISOR_sysctl ||
                     nr == __HYPERVISOR_domctl || nr == __HYPERVISOR_arch_0;
    unsigned long arg = (unsigned long)page;

    if (nr == __HYPERVISOR_console_io)
        return hosted_call(v, nr, cmd, 1, arg, 0);
    return in_struct ? hosted_call(v, nr, arg, 0, 0, 0) : hosted_call(v, nr, cmd, arg, 1, 0);
}

static void what_is_not_ones_own_is_eperm(void **state)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(forbidden); i++) {
        const struct forbidden *f = &forbidden[i];
        long rc;

        memset(w.page1, 0, PAGE_SIZE); /* domain id 0, where there is one */
        if (f->domid_at != NO_DOMID)
            *(domid_t *)(w.page1 + f->domid_at) = 0;
        if (f->nr == __HYPERVISOR_memory_op && f->domid_at != NO_DOMID && f->domid_at > 8) {
            ((struct xen_memory_reservation *)w.page1)->nr_extents = 1;
            ((struct xen_memory_reservation *)w.page1)->extent_start.p = (void *)w.page1;
        }
        rc = call_zeroed(w.v1, f->nr, f->cmd);
        if (rc != f->wanted)
            fail_msg("%s command %lu: %ld, wanted %ld", hypercall_table[f->nr].name, f->cmd, rc,
                     f->wanted);
    }
}

static void every_privileged_entry_refuses_at_the_door(void **state)
{
    for (unsigned int nr = 0; nr < NR_HYPERCALLS; nr++) {
        struct hypercall_args a = {{0}};

        if (!hypercall_table[nr].fn || hypercall_table[nr].caller != CALLER_PRIVILEGED)
            continue;
        assert_int_equal(hosted_call_once(w.v1, nr, &a), -EPERM);
    }
}

static void what_is_not_there_is_enosys(void **state)
{
    struct hypercall_args a = {{0}};

    for (unsigned int nr = 0; nr < NR_HYPERCALLS; nr++)
        if (!hypercall_table[nr].fn)
            assert_int_equal(hosted_call_once(w.v0, nr, &a), -ENOSYS);
    assert_int_equal(hosted_call_once(w.v0, NR_HYPERCALLS, &a), -ENOSYS);
    assert_int_equal(hosted_call_once(w.v0, ~0UL, &a), -ENOSYS);
    assert_int_equal(hosted_call_once(w.v0, 1UL << 32, &a), -ENOSYS);
}

static void pointers_to_elsewhere_are_efault(void **state)
{
    static const unsigned long bad[] = {0, 8, 0xffff800000000000, 0xffff830000000000, ~0UL - 4};
    static const struct {
        unsigned int nr;
        unsigned long cmd;
    } calls[] = {{__HYPERVISOR_memory_op, XENMEM_populate_physmap},
                 {__HYPERVISOR_memory_op, XENMEM_exchange},
                 {__HYPERVISOR_event_channel_op, EVTCHNOP_send},
                 {__HYPERVISOR_grant_table_op, GNTTABOP_copy},
                 {__HYPERVISOR_grant_table_op, GNTTABOP_setup_table},
                 {__HYPERVISOR_sched_op, SCHEDOP_poll},
                 {__HYPERVISOR_sched_op, SCHEDOP_shutdown},
                 {__HYPERVISOR_xen_version, XENVER_extraversion},
                 {__HYPERVISOR_xen_version, XENVER_get_features}};

    for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++)
        for (unsigned int j = 0; j < ARRAY_SIZE(bad); j++)
            assert_int_equal(hosted_call(w.v1, calls[i].nr, calls[i].cmd, bad[j], 1, 0), -EFAULT);
    /* Another domain's page is as bad. */
    assert_int_equal(hosted_call(w.v1, __HYPERVISOR_xen_version, XENVER_extraversion,
                                 (unsigned long)w.page0, 0, 0),
                     -EFAULT);
}

/* --- multicall -------------------------------------------------------------------------------- */
static void a_list_of_calls_is_run(void **state)
{
    struct multicall_entry *e = (void *)w.page1;

    e[0] = (struct multicall_entry){.op = __HYPERVISOR_xen_version, .args = {XENVER_version}};
    e[1] = (struct multicall_entry){.op = __HYPERVISOR_multicall};
    e[2] = (struct multicall_entry){.op = __HYPERVISOR_iret};
    e[3] = (struct multicall_entry){.op = __HYPERVISOR_domctl};
    e[4] = (struct multicall_entry){.op = __HYPERVISOR_vcpu_op, .args = {VCPUOP_is_up, 0}};
    assert_int_equal(hosted_call(w.v1, __HYPERVISOR_multicall, (unsigned long)e, 5, 0, 0), 0);
    assert_int_equal(e[0].result, HV_VERSION_MAJOR << 16 | HV_VERSION_MINOR);
    assert_true((long)e[1].result < 0);
    assert_true((long)e[2].result < 0);
    assert_int_equal((long)e[3].result, -EPERM);
    assert_int_equal(e[4].result, 0);
    assert_int_equal(hosted_call(w.v1, __HYPERVISOR_multicall, 0x100, 1, 0, 0), -EFAULT);
}

/* What containers may not call they may not call by a list either. */
static void a_containers_list_is_checked_too(void **state)
{
    struct multicall_entry *e = (void *)w.page1;

    e[0] = (struct multicall_entry){.op = __HYPERVISOR_physdev_op};
    e[1] = (struct multicall_entry){.op = __HYPERVISOR_mmu_update};
    w.guest->is_hvm = true;
    assert_int_equal(hosted_call(w.v1, __HYPERVISOR_multicall, (unsigned long)e, 2, 0, 0), 0);
    w.guest->is_hvm = false;
    assert_int_equal((long)e[0].result, -ENOSYS);
    assert_int_equal((long)e[1].result, -ENOSYS);
}

static void a_preempted_list_goes_on_where_it_was(void **state)
{
    struct xen_memory_reservation *r = (void *)(w.page1 + 512);
    struct multicall_entry *e = (void *)w.page1;
    struct hypercall_args a = {{(unsigned long)e, 3}};
    uint64_t before = w.guest->tot_pages;
    unsigned int turns = 0;
    long rc;

    *r = (struct xen_memory_reservation){.nr_extents = 40, .domid = DOMID_SELF};
    r->extent_start.p = (void *)(w.page1 + 2048);
    e[0] = (struct multicall_entry){.op = __HYPERVISOR_xen_version, .args = {XENVER_version}};
    e[1] = (struct multicall_entry){.op = __HYPERVISOR_memory_op,
                                    .args = {XENMEM_populate_physmap, (unsigned long)r}};
    e[2] = (struct multicall_entry){.op = __HYPERVISOR_xen_version, .args = {XENVER_pagesize}};
    softirq_raise(SOFTIRQ_CONSOLE);
    do {
        rc = hosted_call_once(w.v1, __HYPERVISOR_multicall, &a);
        turns++;
    } while (rc == -EPREEMPTED);
    hosted_run();
    assert_int_equal(rc, 0);
    assert_true(turns > 3);
    assert_int_equal(e[1].result, 40);
    assert_int_equal(e[2].result, PAGE_SIZE);
    assert_int_equal(w.guest->tot_pages, before + 40);
}

/* --- the small ones --------------------------------------------------------------------------- */
static void we_say_who_we_are(void **state)
{
    struct xen_feature_info *f = (void *)w.page0;
    unsigned long p = (unsigned long)w.page0;

    assert_int_equal(hosted_call(w.v0, __HYPERVISOR_xen_version, XENVER_version, 0, 0, 0),
                     4 << 16 | 17);
    assert_int_equal(hosted_call(w.v0, __HYPERVISOR_xen_version, XENVER_extraversion, p, 0, 0), 0);
    assert_string_equal(w.page0, HV_EXTRAVERSION);
    assert_int_equal(hosted_call(w.v0, __HYPERVISOR_xen_version, XENVER_capabilities, p, 0, 0), 0);
    assert_string_equal(w.page0, "xen-3.0-x86_64 ");
    assert_int_equal(hosted_call(w.v0, __HYPERVISOR_xen_version, XENVER_guest_handle, p, 0, 0), 0);
    assert_memory_equal(w.page0, w.dom0->handle, 16);
    f->submap_idx = 0;
    assert_int_equal(hosted_call(w.v0, __HYPERVISOR_xen_version, XENVER_get_features, p, 0, 0), 0);
    assert_true(f->submap & (1U << XENFEAT_dom0));
    f->submap_idx = 1;
    assert_int_equal(hosted_call(w.v0, __HYPERVISOR_xen_version, XENVER_get_features, p, 0, 0),
                     -EINVAL);
    assert_int_equal(hosted_call(w.v0, __HYPERVISOR_xen_version, 99, p, 0, 0), -ENOSYS);
    assert_int_equal(hosted_call(w.v0, __HYPERVISOR_xen_version, XENVER_build_id, p, 0, 0),
                     -ENODATA);
}

static void guests_do_not_see_the_command_line(void **state)
{
    void cmdline_parse(const char *line);

    cmdline_parse("noreboot");
    assert_int_equal(hosted_call(w.v0, __HYPERVISOR_xen_version, XENVER_commandline,
                                 (unsigned long)w.page0, 0, 0),
                     0);
    assert_string_equal(w.page0, "noreboot");
    assert_int_equal(hosted_call(w.v1, __HYPERVISOR_xen_version, XENVER_commandline,
                                 (unsigned long)w.page1, 0, 0),
                     0);
    assert_null(strstr(w.page1, "noreboot"));
}

static void guests_write_lines_to_the_console(void **state)
{
    void cmdline_parse(const char *line);
    unsigned long p = (unsigned long)w.page1;

    cmdline_parse("guest_loglvl=all");
    hosted_console_clear();
    strcpy(w.page1, "first line\nsec");
    assert_int_equal(
        hosted_call(w.v1, __HYPERVISOR_console_io, CONSOLEIO_write, strlen(w.page1), p, 0), 0);
    assert_string_equal(hosted_console(), "(XEN) (d1) first line\n");
    strcpy(w.page1, "ond\033[31m\x7f\x9b\n");
    assert_int_equal(
        hosted_call(w.v1, __HYPERVISOR_console_io, CONSOLEIO_write, strlen(w.page1), p, 0), 0);
    assert_non_null(strstr(hosted_console(), "(XEN) (d1) second[31m\n"));
    memset(w.page1, 'x', PAGE_SIZE);
    assert_int_equal(hosted_call(w.v1, __HYPERVISOR_console_io, CONSOLEIO_write, PAGE_SIZE, p, 0),
                     0);
    assert_int_equal(hosted_call(w.v1, __HYPERVISOR_console_io, CONSOLEIO_write, ~0UL, p, 0),
                     -EFAULT);
    assert_int_equal(hosted_call(w.v1, __HYPERVISOR_console_io, 7, 1, p, 0), -ENOSYS);
    /* Dom0's is raw. */
    hosted_console_clear();
    strcpy(w.page0, "dom0 says\n");
    hosted_call(w.v0, __HYPERVISOR_console_io, CONSOLEIO_write, 10, (unsigned long)w.page0, 0);
    assert_string_equal(hosted_console(), "dom0 says\n");
    console_input('k');
    assert_int_equal(
        hosted_call(w.v0, __HYPERVISOR_console_io, CONSOLEIO_read, 16, (unsigned long)w.page0, 0),
        1);
    assert_int_equal(w.page0[0], 'k');
    cmdline_parse("guest_loglvl=none/warning");
}

static void assists_are_flags(void **state)
{
    assert_int_equal(hosted_call(w.v1, __HYPERVISOR_vm_assist, VMASST_CMD_enable,
                                 VMASST_TYPE_runstate_update_flag, 0, 0),
                     0);
    assert_true(w.guest->vm_assist & BIT(VMASST_TYPE_runstate_update_flag));
    assert_int_equal(hosted_call(w.v1, __HYPERVISOR_vm_assist, VMASST_CMD_disable,
                                 VMASST_TYPE_runstate_update_flag, 0, 0),
                     0);
    assert_false(w.guest->vm_assist & BIT(VMASST_TYPE_runstate_update_flag));
    assert_int_equal(hosted_call(w.v1, __HYPERVISOR_vm_assist, VMASST_CMD_enable, 63, 0, 0),
                     -EINVAL);
    assert_int_equal(hosted_call(w.v1, __HYPERVISOR_vm_assist, VMASST_CMD_enable, 64, 0, 0),
                     -EINVAL);
    assert_int_equal(hosted_call(w.v1, __HYPERVISOR_vm_assist, 9, 2, 0, 0), -ENOSYS);
}

static void a_stub_domain_may_touch_its_target_alone(void **state)
{
    struct domain *other = hosted_domain(7, false, 1, 1);

    assert_int_equal(may(w.guest, ACCESS_MEMORY, other, XENMEM_populate_physmap), -EPERM);
    domain_ref(other);
    w.guest->target = other;
    assert_int_equal(may(w.guest, ACCESS_MEMORY, other, XENMEM_populate_physmap), 0);
    assert_int_equal(may(w.guest, ACCESS_MMU_FOREIGN, other, 0), 0);
    assert_int_equal(may(w.guest, ACCESS_DOMCTL, other, XEN_DOMCTL_bind_pt_irq), 0);
    assert_int_equal(may(w.guest, ACCESS_DOMCTL, other, XEN_DOMCTL_destroydomain), -EPERM);
    assert_int_equal(may(w.guest, ACCESS_MEMORY, w.dom0, 0), -EPERM);
    assert_int_equal(may(w.guest, ACCESS_SYSCTL, NULL, 0), -EPERM);
    assert_int_equal(may(other, ACCESS_MEMORY, w.guest, 0), -EPERM);
    w.guest->target = NULL;
    domain_put(other);
    hosted_destroy(other);
}

static struct xen_sysctl sysctl(uint32_t cmd, const struct xen_sysctl *in, long wanted)
{
    struct xen_sysctl op = in ? *in : (struct xen_sysctl){0};

    op.cmd = cmd;
    op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    memcpy(w.page0, &op, sizeof(op));
    assert_int_equal(hosted_call(w.v0, __HYPERVISOR_sysctl, (unsigned long)w.page0, 0, 0, 0),
                     wanted);
    memcpy(&op, w.page0, sizeof(op));
    return op;
}

static void the_host_is_described(void **state)
{
    struct xen_sysctl op = sysctl(XEN_SYSCTL_physinfo, NULL, 0), in = {0};
    struct xen_sysctl_cputopo *topo = (void *)(w.page0 + 2048);

    assert_int_equal(op.u.physinfo.nr_cpus, TEST_CPUS);
    assert_int_equal(op.u.physinfo.free_pages, heap_free_pages(NODE_ANY));
    assert_true(op.u.physinfo.capabilities & XEN_SYSCTL_PHYSCAP_pv);
    op = sysctl(XEN_SYSCTL_sched_id, NULL, 0);
    assert_int_equal(op.u.sched_id.sched_id, XEN_SCHEDULER_CREDIT2);
    op = sysctl(XEN_SYSCTL_cputopoinfo, NULL, 0);
    assert_int_equal(op.u.cputopoinfo.num_cpus, TEST_CPUS);
    in.u.cputopoinfo.num_cpus = 2;
    in.u.cputopoinfo.cputopo.p = topo;
    sysctl(XEN_SYSCTL_cputopoinfo, &in, 0);
    assert_int_equal(topo[1].core, 1);
    in = (struct xen_sysctl){.u.numainfo.num_nodes = 4};
    in.u.numainfo.distance.p = (void *)(w.page0 + 2048);
    op = sysctl(XEN_SYSCTL_numainfo, &in, 0);
    assert_int_equal(op.u.numainfo.num_nodes, 1);
    assert_int_equal(*(uint32_t *)(w.page0 + 2048), 10);
    in = (struct xen_sysctl){.u.availheap.node = -1};
    op = sysctl(XEN_SYSCTL_availheap, &in, 0);
    assert_int_equal(op.u.availheap.avail_bytes, heap_free_pages(NODE_ANY) << PAGE_SHIFT);
    in.u.availheap.node = 9;
    sysctl(XEN_SYSCTL_availheap, &in, -EINVAL);
    in = (struct xen_sysctl){.u.cpupool_op = {.op = XEN_SYSCTL_CPUPOOL_OP_INFO}};
    in.u.cpupool_op.cpumap.bitmap.p = (void *)(w.page0 + 2048);
    in.u.cpupool_op.cpumap.nr_bits = 12;
    op = sysctl(XEN_SYSCTL_cpupool_op, &in, 0);
    assert_int_equal(op.u.cpupool_op.n_dom, 2);
    assert_int_equal(*(uint16_t *)(w.page0 + 2048), 3);
    in.u.cpupool_op.cpupool_id = 1;
    sysctl(XEN_SYSCTL_cpupool_op, &in, -ENOENT);
    sysctl(XEN_SYSCTL_tbuf_op, NULL, -ENOSYS);
    sysctl(4711, NULL, -ENOSYS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_not_ones_own_is_eperm),
        TEST(every_privileged_entry_refuses_at_the_door),
        TEST(what_is_not_there_is_enosys),
        TEST(pointers_to_elsewhere_are_efault),
        TEST(a_list_of_calls_is_run),
        TEST(a_containers_list_is_checked_too),
        TEST(a_preempted_list_goes_on_where_it_was),
        TEST(we_say_who_we_are),
        TEST(guests_do_not_see_the_command_line),
        TEST(guests_write_lines_to_the_console),
        TEST(assists_are_flags),
        TEST(a_stub_domain_may_touch_its_target_alone),
        TEST(the_host_is_described),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
