/* SPDX-License-Identifier: MIT */
/* Grant tables: the guest grants, dom0 uses. */
#include "test.h"
#include <asm/mm.h>

static struct grant_entry_v1 *table;
static mfn_t l1; /* a page table of dom0's, for mappings by the address of an entry */

static long op(struct vcpu *v, unsigned int cmd, void *arg, size_t size)
{
    return call_struct(v, __HYPERVISOR_grant_table_op, cmd, arg, size, 1);
}
#define OP(v, cmd, arg) op(v, GNTTABOP_##cmd, arg, sizeof(*(arg)))

static int up(void **state)
{
    struct gnttab_setup_table setup = {.dom = DOMID_SELF, .nr_frames = 1};
    struct mmuext_op pin = {.cmd = MMUEXT_PIN_L1_TABLE};
    xen_pfn_t *list;

    world_up(state);
    list = (void *)(w.page1 + 1024);
    setup.frame_list.p = list;
    assert_int_equal(OP(w.v1, setup_table, &setup), 0);
    assert_int_equal(setup.status, GNTST_okay);
    table = mfn_to_virt(_mfn(*list));
    l1 = hosted_frame_mfn(w.dom0, 30);
    pin.arg1.mfn = l1.v;
    memcpy(w.page0, &pin, sizeof(pin));
    assert_int_equal(
        hosted_call(w.v0, __HYPERVISOR_mmuext_op, (unsigned long)w.page0, 1, 0, DOMID_SELF), 0);
    return 0;
}
#define GTEST(name) cmocka_unit_test_setup_teardown(name, up, world_down)

static void grant(grant_ref_t ref, unsigned int frame, bool readonly)
{
    table[ref].domid = 0;
    table[ref].frame = (uint32_t)hosted_frame_mfn(w.guest, frame).v;
    __atomic_store_n(&table[ref].flags, GTF_permit_access | (readonly ? GTF_readonly : 0),
                     __ATOMIC_RELEASE);
}

static uint64_t pte_address(unsigned int i)
{
    return (l1.v << PAGE_SHIFT) + i * 8;
}

static uint64_t pte(unsigned int i)
{
    return ((uint64_t *)mfn_to_virt(l1))[i];
}

static struct gnttab_map_grant_ref map_op(grant_ref_t ref, unsigned int entry, uint32_t flags)
{
    return (struct gnttab_map_grant_ref){.host_addr = pte_address(entry),
                                         .flags = flags | GNTMAP_host_map | GNTMAP_contains_pte,
                                         .ref = ref,
                                         .dom = 1};
}

static void a_mapping_marks_the_entry_and_unmapping_clears_it(void **state)
{
    struct gnttab_map_grant_ref map;
    struct gnttab_unmap_grant_ref unmap;
    struct page_info *pg = mfn_to_page(hosted_frame_mfn(w.guest, 4));
    uint64_t count = pg->count_info;

    grant(9, 4, false);
    map = map_op(9, 3, 0);
    assert_int_equal(OP(w.v0, map_grant_ref, &map), 0);
    assert_int_equal(map.status, GNTST_okay);
    assert_int_equal(table[9].flags, GTF_permit_access | GTF_reading | GTF_writing);
    assert_int_equal(map.dev_bus_addr, (uint64_t)table[9].frame << PAGE_SHIFT);
    assert_int_equal((pte(3) & PTE_ADDR_MASK) >> PAGE_SHIFT, table[9].frame);
    assert_true(pte(3) & PTE_RW);
    unmap = (struct gnttab_unmap_grant_ref){.host_addr = pte_address(3), .handle = map.handle};
    assert_int_equal(OP(w.v0, unmap_grant_ref, &unmap), 0);
    assert_int_equal(unmap.status, GNTST_okay);
    assert_int_equal(table[9].flags, GTF_permit_access);
    assert_int_equal(pte(3), 0);
    assert_int_equal(pg->count_info, count);
    assert_int_equal(OP(w.v0, unmap_grant_ref, &unmap), 0);
    assert_int_equal(unmap.status, GNTST_bad_handle);
}

static void read_only_grants_are_not_written(void **state)
{
    struct gnttab_map_grant_ref map;
    struct gnttab_unmap_grant_ref unmap;

    grant(10, 4, true);
    map = map_op(10, 0, 0);
    OP(w.v0, map_grant_ref, &map);
    assert_int_equal(map.status, GNTST_general_error);
    assert_int_equal(table[10].flags, GTF_permit_access | GTF_readonly);
    map = map_op(10, 0, GNTMAP_readonly);
    OP(w.v0, map_grant_ref, &map);
    assert_int_equal(map.status, GNTST_okay);
    assert_false(pte(0) & PTE_RW);
    assert_int_equal(table[10].flags, GTF_permit_access | GTF_readonly | GTF_reading);
    unmap = (struct gnttab_unmap_grant_ref){.host_addr = pte_address(0), .handle = map.handle};
    OP(w.v0, unmap_grant_ref, &unmap);
    assert_int_equal(unmap.status, GNTST_okay);
}

static void what_is_not_granted_is_refused(void **state)
{
    struct gnttab_map_grant_ref map = map_op(11, 0, 0);

    OP(w.v0, map_grant_ref, &map); /* empty entry */
    assert_int_equal(map.status, GNTST_general_error);
    map = map_op(100000, 0, 0);
    OP(w.v0, map_grant_ref, &map);
    assert_int_equal(map.status, GNTST_bad_gntref);
    map = map_op(11, 0, 0);
    map.dom = 44;
    OP(w.v0, map_grant_ref, &map);
    assert_int_equal(map.status, GNTST_bad_domain);
    grant(11, 4, false);
    table[11].domid = 3; /* for another */
    map = map_op(11, 0, 0);
    OP(w.v0, map_grant_ref, &map);
    assert_int_equal(map.status, GNTST_general_error);
    grant(11, 4, false);
    table[11].frame = (uint32_t)hosted_frame_mfn(w.dom0, 4).v; /* not the granter's */
    map = map_op(11, 0, 0);
    OP(w.v0, map_grant_ref, &map);
    assert_int_equal(map.status, GNTST_general_error);
    assert_int_equal(table[11].flags, GTF_permit_access);
    table[11].frame = ~0U;
    map = map_op(11, 0, 0);
    OP(w.v0, map_grant_ref, &map);
    assert_int_equal(map.status, GNTST_general_error);
    grant(11, 4, false);
    map = map_op(11, 0, 0);
    map.host_addr = (uint64_t)hosted_frame_mfn(w.dom0, 5).v << PAGE_SHIFT; /* no page table */
    OP(w.v0, map_grant_ref, &map);
    assert_int_equal(map.status, GNTST_bad_virt_addr);
    assert_int_equal(table[11].flags, GTF_permit_access);
    assert_int_equal(w.dom0->grant.maptrack_inuse, 0);
}

static void many_mappings_of_one_grant_are_counted(void **state)
{
    struct gnttab_map_grant_ref map[40];

    grant(12, 6, false);
    for (unsigned int i = 0; i < 40; i++) {
        map[i] = map_op(12, i, i % 2 ? GNTMAP_readonly : 0);
        OP(w.v0, map_grant_ref, &map[i]);
        assert_int_equal(map[i].status, GNTST_okay);
    }
    for (unsigned int i = 0; i < 40; i++) {
        struct gnttab_unmap_grant_ref unmap = {.host_addr = pte_address(i),
                                               .handle = map[i].handle};

        OP(w.v0, unmap_grant_ref, &unmap);
        assert_int_equal(unmap.status, GNTST_okay);
        if (i < 39)
            assert_true(table[12].flags & GTF_reading);
    }
    assert_int_equal(table[12].flags, GTF_permit_access);
}

static void a_mapper_that_dies_lets_go(void **state)
{
    struct gnttab_map_grant_ref map;

    grant(13, 6, false);
    map = map_op(13, 7, 0);
    OP(w.v0, map_grant_ref, &map);
    assert_int_equal(map.status, GNTST_okay);
    hosted_destroy(w.dom0);
    w.dom0 = NULL;
    assert_int_equal(table[13].flags, GTF_permit_access);
}

static void a_granter_that_dies_is_kept_until_unmapped(void **state)
{
    struct gnttab_map_grant_ref map;
    struct gnttab_unmap_grant_ref unmap;
    struct domain *d;

    grant(14, 6, false);
    map = map_op(14, 7, 0);
    OP(w.v0, map_grant_ref, &map);
    assert_int_equal(map.status, GNTST_okay);
    memset(hosted_frame(w.guest, 6), 0x5a, PAGE_SIZE);
    hosted_destroy(w.guest);
    w.guest = NULL;
    d = domain_get(1);
    assert_non_null(d);
    domain_put(d);
    assert_int_equal(*(char *)mfn_to_virt(_mfn(map.dev_bus_addr >> PAGE_SHIFT)), 0x5a);
    unmap = (struct gnttab_unmap_grant_ref){.host_addr = pte_address(7), .handle = map.handle};
    OP(w.v0, unmap_grant_ref, &unmap);
    assert_int_equal(unmap.status, GNTST_okay);
    hosted_settle();
    assert_null(domain_get(1));
}

static void copies_go_between_grants_and_own_frames(void **state)
{
    struct gnttab_copy copy = {.flags = GNTCOPY_source_gref, .len = 100};

    memset(hosted_frame(w.guest, 6), 'g', PAGE_SIZE);
    grant(15, 6, true);
    copy.source.u.ref = 15;
    copy.source.domid = 1;
    copy.source.offset = 4000 - 100;
    copy.dest.u.gmfn = hosted_frame_mfn(w.dom0, 8).v;
    copy.dest.domid = DOMID_SELF;
    copy.dest.offset = 7;
    OP(w.v0, copy, &copy);
    assert_int_equal(copy.status, GNTST_okay);
    assert_int_equal(((char *)hosted_frame(w.dom0, 8))[6], 0);
    assert_int_equal(((char *)hosted_frame(w.dom0, 8))[7], 'g');
    assert_int_equal(((char *)hosted_frame(w.dom0, 8))[107], 0);
    assert_int_equal(table[15].flags, GTF_permit_access | GTF_readonly);
    /* The other way it is read-only. */
    copy = (struct gnttab_copy){
        .flags = GNTCOPY_dest_gref, .len = 1, .source = copy.dest, .dest = copy.source};
    OP(w.v0, copy, &copy);
    assert_int_equal(copy.status, GNTST_general_error);
    grant(15, 6, false);
    OP(w.v0, copy, &copy);
    assert_int_equal(copy.status, GNTST_okay);
}

static void copies_stay_in_their_frames(void **state)
{
    struct gnttab_copy copy = {.len = 100};

    copy.source.domid = copy.dest.domid = DOMID_SELF;
    copy.source.u.gmfn = hosted_frame_mfn(w.dom0, 8).v;
    copy.dest.u.gmfn = hosted_frame_mfn(w.dom0, 9).v;
    OP(w.v0, copy, &copy);
    assert_int_equal(copy.status, GNTST_okay);
    copy.dest.offset = PAGE_SIZE - 99;
    OP(w.v0, copy, &copy);
    assert_int_equal(copy.status, GNTST_bad_copy_arg);
    copy.dest.offset = 0;
    copy.source.offset = 60000;
    OP(w.v0, copy, &copy);
    assert_int_equal(copy.status, GNTST_bad_copy_arg);
    copy.source.offset = 0;
    copy.dest.u.gmfn = l1.v; /* a page table is not written so */
    OP(w.v0, copy, &copy);
    assert_int_equal(copy.status, GNTST_bad_page);
    copy.dest.u.gmfn = hosted_frame_mfn(w.guest, 9).v;
    OP(w.v0, copy, &copy);
    assert_int_equal(copy.status, GNTST_bad_page);
    copy.dest.domid = 1;
    OP(w.v0, copy, &copy);
    assert_int_equal(copy.status, GNTST_permission_denied);
}

static void tables_grow_to_their_limit(void **state)
{
    struct gnttab_query_size size = {.dom = DOMID_SELF};
    struct gnttab_setup_table setup = {.dom = DOMID_SELF, .nr_frames = 9};

    OP(w.v1, query_size, &size);
    assert_int_equal(size.status, GNTST_okay);
    assert_int_equal(size.nr_frames, 1);
    assert_int_equal(size.max_nr_frames, 8);
    setup.frame_list.p = (void *)(w.page1 + 1024);
    OP(w.v1, setup_table, &setup);
    assert_int_equal(setup.status, GNTST_general_error);
    setup.nr_frames = 8;
    OP(w.v1, setup_table, &setup);
    assert_int_equal(setup.status, GNTST_okay);
    setup.dom = 0;
    OP(w.v1, setup_table, &setup);
    assert_int_equal(setup.status, GNTST_permission_denied);
    size.dom = 99;
    OP(w.v1, query_size, &size);
    assert_int_equal(size.status, GNTST_bad_domain);
}

static void version_one_is_all_there_is(void **state)
{
    struct gnttab_get_version get = {.dom = DOMID_SELF};
    struct gnttab_set_version set = {.version = 2};

    assert_int_equal(OP(w.v1, get_version, &get), 0);
    assert_int_equal(get.version, 1);
    assert_int_equal(OP(w.v1, set_version, &set), -ENOSYS);
    set.version = 1;
    assert_int_equal(OP(w.v1, set_version, &set), 0);
    set.version = 3;
    assert_int_equal(OP(w.v1, set_version, &set), -EINVAL);
}

static void entries_in_use_are_not_swapped(void **state)
{
    struct gnttab_swap_grant_ref swap = {.ref_a = 9, .ref_b = 10};
    struct gnttab_map_grant_ref map;

    grant(9, 4, false);
    grant(10, 5, true);
    OP(w.v1, swap_grant_ref, &swap);
    assert_int_equal(swap.status, GNTST_okay);
    assert_int_equal(table[9].flags, GTF_permit_access | GTF_readonly);
    map = map_op(10, 3, 0);
    OP(w.v0, map_grant_ref, &map);
    assert_int_equal(map.status, GNTST_okay);
    OP(w.v1, swap_grant_ref, &swap);
    assert_int_equal(swap.status, GNTST_eagain);
    swap.ref_b = ~0U;
    OP(w.v1, swap_grant_ref, &swap);
    assert_int_equal(swap.status, GNTST_bad_gntref);
}

static void handles_run_out_and_come_back(void **state)
{
    struct gnttab_map_grant_ref map = {
        .flags = GNTMAP_device_map | GNTMAP_readonly, .ref = 9, .dom = 1};
    uint32_t handles[1 << 14];
    unsigned int n = 0;

    grant(9, 4, false);
    for (;; n++) {
        OP(w.v0, map_grant_ref, &map);
        if (map.status != GNTST_okay)
            break;
        handles[n] = map.handle;
        assert_true(n < 1 << 14);
    }
    assert_int_equal(map.status, GNTST_no_space);
    assert_true(n >= 8 * 128);
    while (n--) {
        struct gnttab_unmap_grant_ref unmap = {
            .handle = handles[n], .dev_bus_addr = (uint64_t)table[9].frame << PAGE_SHIFT};
        OP(w.v0, unmap_grant_ref, &unmap);
        assert_int_equal(unmap.status, GNTST_okay);
    }
    assert_int_equal(w.dom0->grant.maptrack_inuse, 0);
    assert_int_equal(table[9].flags, GTF_permit_access);
}

static void lists_are_preempted_and_go_on(void **state)
{
    enum { NR = 100 };
    struct gnttab_copy *list = hosted_frame(w.dom0, 12);
    struct hypercall_args a = {{GNTTABOP_copy, (unsigned long)list, NR}};
    unsigned int turns = 0;
    long rc;

    for (unsigned int i = 0; i < NR; i++) {
        list[i] = (struct gnttab_copy){.len = 1, .status = 77};
        list[i].source.domid = list[i].dest.domid = DOMID_SELF;
        list[i].source.u.gmfn = list[i].dest.u.gmfn = hosted_frame_mfn(w.dom0, 8).v;
    }
    softirq_raise(SOFTIRQ_CONSOLE); /* something else to do, always */
    do {
        rc = hosted_call_once(w.v0, __HYPERVISOR_grant_table_op, &a);
        turns++;
    } while (rc == -EPREEMPTED);
    hosted_run();
    assert_int_equal(rc, 0);
    assert_int_equal(turns, NR); /* one each turn, or it would never end */
    for (unsigned int i = 0; i < NR; i++)
        assert_int_equal(list[i].status, GNTST_okay);
}

/* More than one batch of them, on one page, which ends in nothing. */
static void lists_of_unmappings_come_to_their_end(void **state)
{
    enum { NR = 150 };
    struct gnttab_unmap_grant_ref *list = hosted_frame(w.dom0, 12);
    struct gnttab_map_grant_ref map;
    uint32_t twice;

    grant(9, 5, false);
    for (unsigned int i = 0; i < NR; i++) {
        map = map_op(9, i, i == 3 ? GNTMAP_device_map : 0);
        OP(w.v0, map_grant_ref, &map);
        assert_int_equal(map.status, GNTST_okay);
        list[i] = (struct gnttab_unmap_grant_ref){
            .host_addr = pte_address(i), .handle = map.handle, .status = 77};
    }
    /* host's and device's part of one mapping, one after the other; then one of them again */
    twice = list[3].handle;
    list[NR] = (struct gnttab_unmap_grant_ref){
        .dev_bus_addr = (uint64_t)table[9].frame << PAGE_SHIFT, .handle = twice, .status = 77};
    memmove(&list[5], &list[4], (NR - 3) * sizeof(*list));
    list[4] = list[NR + 1];
    list[NR + 1] =
        (struct gnttab_unmap_grant_ref){.host_addr = pte_address(3), .handle = twice, .status = 77};
    assert_int_equal(hosted_call(w.v0, __HYPERVISOR_grant_table_op, GNTTABOP_unmap_grant_ref,
                                 (unsigned long)list, NR + 2, 0),
                     0);
    for (unsigned int i = 0; i <= NR; i++)
        assert_int_equal(list[i].status, GNTST_okay);
    assert_int_equal(list[NR + 1].status, GNTST_bad_handle);
    for (unsigned int i = 0; i < NR; i++)
        assert_int_equal(pte(i), 0);
    assert_int_equal(w.dom0->grant.maptrack_inuse, 0);
    assert_int_equal(table[9].flags, GTF_permit_access);
}

static void resources_are_frames_of_the_table(void **state)
{
    struct xen_mem_acquire_resource r = {
        .domid = 1, .type = XENMEM_resource_grant_table, .nr_frames = 2};
    xen_pfn_t *frames = (void *)(w.page0 + 2048);

    r.frame_list.p = frames;
    assert_int_equal(CALL(w.v0, memory_op, XENMEM_acquire_resource, &r), 0);
    assert_ptr_equal(mfn_to_virt(_mfn(frames[0])), table);
    assert_int_equal(w.guest->grant.nr_frames, 2);
    r.frame = 7;
    assert_int_equal(CALL(w.v0, memory_op, XENMEM_acquire_resource, &r), -EINVAL);
    r.frame_list.p = NULL;
    assert_int_equal(CALL(w.v0, memory_op, XENMEM_acquire_resource, &r), -EINVAL);
    r.nr_frames = 0;
    assert_int_equal(CALL(w.v0, memory_op, XENMEM_acquire_resource, &r), 0);
    assert_int_equal(r.nr_frames, 8);
    r.domid = 0;
    assert_int_equal(CALL(w.v1, memory_op, XENMEM_acquire_resource, &r), -EPERM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GTEST(a_mapping_marks_the_entry_and_unmapping_clears_it),
        GTEST(read_only_grants_are_not_written),
        GTEST(what_is_not_granted_is_refused),
        GTEST(many_mappings_of_one_grant_are_counted),
        GTEST(a_mapper_that_dies_lets_go),
        GTEST(a_granter_that_dies_is_kept_until_unmapped),
        GTEST(copies_go_between_grants_and_own_frames),
        GTEST(copies_stay_in_their_frames),
        GTEST(tables_grow_to_their_limit),
        GTEST(version_one_is_all_there_is),
        GTEST(entries_in_use_are_not_swapped),
        GTEST(handles_run_out_and_come_back),
        GTEST(lists_are_preempted_and_go_on),
        GTEST(lists_of_unmappings_come_to_their_end),
        GTEST(resources_are_frames_of_the_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
