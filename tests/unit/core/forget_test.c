/* SPDX-License-Identifier: MIT */
/* What a CPU may remember of a PV guest's frame is flushed before the frame becomes something else.
 * The hosted CPUs have no TLB: that a flush was forced shows in the epoch, which moves on. */
#include "pv_tables.h"
#include <asm/processor.h>
#include <hv/softirq.h>
#include <hv/time.h>

#define VA 0x1234567000UL

static struct page_info *page(unsigned int frame)
{
    return mfn_to_page(hosted_frame_mfn(w.guest, frame));
}

static uint32_t epoch(void)
{
    pv_tlb_stamp(page(SCRATCH));
    return page(SCRATCH)->u.link;
}

/* No CPU has anything stale. */
static void cpus_forget(void)
{
    unsigned int was = hosted_cpu;

    pv_tlb_flush_all();
    for (hosted_cpu = 0; hosted_cpu < TEST_CPUS; hosted_cpu++)
        pv_tlb_flushed();
    hosted_cpu = was;
}

/* The guest runs on CPU 0, on tables of its own. */
static void run_on_tables(void)
{
    build_tables(VA, entry(DATA, P | RW | U));
    cpumask_set(0, &w.guest->arch.mm.dirty_cpus);
    cpus_forget();
}

static void update(unsigned int frame, unsigned int index, pte_t val)
{
    struct mmu_update req = {.ptr = (hosted_frame_mfn(w.guest, frame).v << PAGE_SHIFT) +
                                    index * sizeof(pte_t),
                             .val = val};

    memcpy(w.page1, &req, sizeof(req));
    assert_int_equal(
        hosted_call(w.v1, __HYPERVISOR_mmu_update, (unsigned long)w.page1, 1, 0, DOMID_SELF), 0);
}

/* The L2's entry is cleared: L1 is no table any more, but a CPU may have cached the entry. */
static void lose_l1(void)
{
    assert_int_equal(pv_table_level(page(L1)->type_info), 1);
    update(L2, pt_index(VA, 2), 0);
    assert_int_equal(page(L1)->type_info & PGT_count_mask, 0);
    assert_int_equal(pv_table_level(page(L1)->type_info), 0);
}

static int use_once(unsigned int frame, unsigned long type)
{
    int rc = get_page_type(page(frame), type);

    if (!rc)
        put_page_type(page(frame));
    return rc;
}

static void a_former_table_is_forgotten_before_it_is_writable(void **state)
{
    uint32_t was;

    run_on_tables();
    lose_l1();
    was = epoch();
    assert_int_equal(use_once(L1, PGT_writable), 0);
    assert_int_equal(epoch(), was + 1);
    assert_int_equal(use_once(L1, PGT_writable), 0); /* once is enough */
    assert_int_equal(epoch(), was + 1);
}

static void nothing_is_flushed_that_was_since(void **state)
{
    uint32_t was;

    run_on_tables();
    lose_l1();
    cpus_forget();
    was = epoch();
    assert_int_equal(use_once(L1, PGT_writable), 0);
    assert_int_equal(epoch(), was);
}

static void writes_through_the_hypervisor_are_no_way_around(void **state)
{
    uint32_t was;

    run_on_tables();
    lose_l1();
    was = epoch();
    update(L1, 7, 0x123456789UL); /* as memory, which it is now */
    assert_int_equal(table(L1)[7], 0x123456789UL);
    assert_int_equal(epoch(), was + 1);
}

static void a_former_table_is_forgotten_before_it_is_of_another_level(void **state)
{
    uint32_t was;

    run_on_tables();
    lose_l1();
    table(L1)[pt_index(VA, 1)] = 0;
    was = epoch();
    assert_int_equal(use_once(L1, PGT_l1_table), 0); /* the same: what is remembered is right */
    assert_int_equal(epoch(), was);
    assert_int_equal(use_once(L1, PGT_l2_table), 0);
    assert_int_equal(epoch(), was + 1);
    assert_int_equal(use_once(L1, PGT_seg_desc), 0);
    assert_int_equal(epoch(), was + 2);
}

static void a_table_refused_is_a_former_table_still(void **state)
{
    uint32_t was;

    run_on_tables();
    lose_l1();
    table(L1)[0] = entry(L4, P | RW | U);
    was = epoch();
    assert_int_equal(use_once(L1, PGT_l1_table), -EINVAL);
    assert_int_equal(page(L1)->type_info & PGT_count_mask, 0);
    assert_int_equal(epoch(), was);
    assert_int_equal(use_once(L1, PGT_writable), 0);
    assert_int_equal(epoch(), was + 1);
}

static void a_former_table_is_forgotten_before_it_is_freed(void **state)
{
    struct xen_memory_reservation r = {.nr_extents = 1, .domid = DOMID_SELF};
    xen_pfn_t *list = (void *)(w.page1 + 1024);
    uint32_t was;

    run_on_tables();
    lose_l1();
    was = epoch();
    r.extent_start.p = list;
    list[0] = hosted_frame_mfn(w.guest, L1).v;
    assert_int_equal(
        call_struct(w.v1, __HYPERVISOR_memory_op, XENMEM_decrease_reservation, &r, sizeof(r), 0),
        1);
    assert_int_equal(epoch(), was + 1);
}

static void each_end_of_a_use_is_stamped(void **state)
{
    run_on_tables();
    assert_int_equal(get_page_type(page(DATA), PGT_writable), 0); /* beside L1's entry */
    cpus_forget();
    assert_int_not_equal(page(DATA)->u.link, epoch());
    update(L1, pt_index(VA, 1), entry(DATA, P | U)); /* not the last */
    assert_int_equal(page(DATA)->u.link, epoch());
    put_page_type(page(DATA));
}

/* As of a CPU that has read the epoch and is slow to write it. */
static void a_stamp_never_gets_older(void **state)
{
    uint32_t later = epoch() + 3;

    page(DATA)->u.link = later;
    pv_tlb_stamp(page(DATA));
    assert_int_equal(page(DATA)->u.link, later);
    page(DATA)->u.link = 0;
    pv_tlb_stamp(page(DATA));
    assert_int_equal(page(DATA)->u.link, epoch());
}

static void flush_ends(void *data)
{
    __atomic_or_fetch(&page(DATA)->type_info, PGT_validated, __ATOMIC_SEQ_CST);
}

static void who_comes_while_it_is_flushed_waits(void **state)
{
    struct timer other = {0}; /* what CPU 1 is at */

    timer_init(&other, flush_ends, NULL, 1);
    timer_set(&other, hosted_now);
    softirq_raise_cpu(1, SOFTIRQ_TIMER);
    page(DATA)->type_info = PGT_writable | 1;
    assert_int_equal(get_page_type(page(DATA), PGT_writable), 0);
    assert_int_equal(page(DATA)->type_info, PGT_writable | PGT_validated | 2);
    timer_kill(&other);
    put_page_type(page(DATA));
    put_page_type(page(DATA));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_former_table_is_forgotten_before_it_is_writable),
        TEST(nothing_is_flushed_that_was_since),
        TEST(writes_through_the_hypervisor_are_no_way_around),
        TEST(a_former_table_is_forgotten_before_it_is_of_another_level),
        TEST(a_table_refused_is_a_former_table_still),
        TEST(a_former_table_is_forgotten_before_it_is_freed),
        TEST(each_end_of_a_use_is_stamped),
        TEST(a_stamp_never_gets_older),
        TEST(who_comes_while_it_is_flushed_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
