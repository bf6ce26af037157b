/* SPDX-License-Identifier: MIT */
/* Reservations, exchange, the allocator under them. */
#include "test.h"
#include <hv/arch/mm.h>

static long memory_op(struct vcpu *v, unsigned long cmd, void *arg, size_t size)
{
    return call_struct(v, __HYPERVISOR_memory_op, cmd, arg, size, 0);
}
#define OP(v, cmd, arg) memory_op(v, XENMEM_##cmd, arg, sizeof(*(arg)))

static xen_pfn_t *list_of(struct vcpu *v)
{
    return (void *)((v->domain->is_privileged ? w.page0 : w.page1) + 1024);
}

static struct xen_memory_reservation reservation(struct vcpu *v, unsigned long nr,
                                                 unsigned int order)
{
    struct xen_memory_reservation r = {
        .nr_extents = nr, .extent_order = order, .domid = DOMID_SELF};

    r.extent_start.p = list_of(v);
    return r;
}

static void populated_frames_are_the_domains_and_zero(void **state)
{
    struct xen_memory_reservation r = reservation(w.v1, 4, 2);
    xen_pfn_t *list = list_of(w.v1);
    uint64_t before = w.guest->tot_pages;

    for (unsigned int i = 0; i < 4; i++)
        list[i] = 0x1000 + 4 * i;
    assert_int_equal(OP(w.v1, populate_physmap, &r), 4);
    assert_int_equal(w.guest->tot_pages, before + 16);
    for (unsigned int i = 0; i < 4; i++)
        for (unsigned int j = 0; j < 4; j++) {
            struct page_info *pg = mfn_to_page(_mfn(list[i] + j));

            assert_ptr_equal(page_get_owner(pg), w.guest);
            assert_int_equal(m2p_get(_mfn(list[i] + j)), 0x1000 + 4 * i + j);
            for (unsigned int k = 0; k < 512; k++)
                assert_int_equal(((uint64_t *)page_to_virt(pg))[k], 0);
        }
    r.extent_order = 0;
    for (unsigned int i = 0; i < 4; i++)
        list[i] += i;
    memset(page_to_virt(mfn_to_page(_mfn(list[0]))), 0xaa, PAGE_SIZE);
    assert_int_equal(OP(w.v1, decrease_reservation, &r), 4);
    assert_int_equal(w.guest->tot_pages, before + 12);
}

static void the_limit_is_kept(void **state)
{
    struct xen_memory_reservation r = reservation(w.v1, 8, 0);

    w.guest->max_pages = w.guest->tot_pages + 5;
    assert_int_equal(OP(w.v1, populate_physmap, &r), 5);
    assert_int_equal(OP(w.v1, increase_reservation, &r), 0);
    assert_int_equal(w.guest->tot_pages, w.guest->max_pages);
}

static void what_is_not_owned_is_not_given_back(void **state)
{
    struct xen_memory_reservation r = reservation(w.v1, 3, 0);
    uint64_t before = w.guest->tot_pages;

    list_of(w.v1)[0] = hosted_frame_mfn(w.guest, 20).v;
    list_of(w.v1)[1] = hosted_frame_mfn(w.dom0, 5).v;
    list_of(w.v1)[2] = ~0UL;
    assert_int_equal(OP(w.v1, decrease_reservation, &r), 1);
    assert_int_equal(w.guest->tot_pages, before - 1);
    list_of(w.v1)[0] = ~0UL - 3;
    assert_int_equal(OP(w.v1, decrease_reservation, &r), 0);
}

static void a_frame_in_use_leaves_with_its_last_user(void **state)
{
    struct xen_memory_reservation r = reservation(w.v1, 1, 0);
    struct page_info *pg = mfn_to_page(hosted_frame_mfn(w.guest, 20));
    uint64_t before = w.guest->tot_pages;

    assert_true(get_page(pg, w.guest));
    list_of(w.v1)[0] = page_to_mfn(pg).v;
    assert_int_equal(OP(w.v1, decrease_reservation, &r), 1);
    assert_int_equal(w.guest->tot_pages, before);
    list_of(w.v1)[0] = page_to_mfn(pg).v;
    assert_int_equal(OP(w.v1, decrease_reservation, &r), 0); /* once only */
    put_page(pg);
    assert_int_equal(w.guest->tot_pages, before - 1);
}

static void lists_are_preempted_and_go_on(void **state)
{
    struct xen_memory_reservation r = reservation(w.v1, 60, 0);
    struct hypercall_args a = {{XENMEM_populate_physmap, (unsigned long)w.page1}};
    uint64_t before = w.guest->tot_pages;
    unsigned int turns = 0;
    long rc;

    memcpy(w.page1, &r, sizeof(r));
    softirq_raise(SOFTIRQ_CONSOLE);
    do {
        rc = hosted_call_once(w.v1, __HYPERVISOR_memory_op, &a);
        turns++;
    } while (rc == -EPREEMPTED);
    hosted_run();
    assert_int_equal(rc, 60);
    assert_true(turns > 2);
    assert_int_equal(w.guest->tot_pages, before + 60);
}

static void others_memory_is_not_ones_business(void **state)
{
    struct xen_memory_reservation r = reservation(w.v1, 1, 0);
    struct xen_memory_domain d = {.domid = 0};

    r.domid = 0;
    assert_int_equal(OP(w.v1, populate_physmap, &r), -EPERM);
    assert_int_equal(OP(w.v1, decrease_reservation, &r), -EPERM);
    assert_int_equal(OP(w.v1, current_reservation, &d), -EPERM);
    assert_int_equal(OP(w.v1, claim_pages, &r), -EPERM);
    d.domid = DOMID_SELF;
    assert_int_equal(OP(w.v1, current_reservation, &d), (long)w.guest->tot_pages);
    d.domid = 1;
    assert_int_equal(OP(w.v0, current_reservation, &d), (long)w.guest->tot_pages);
    assert_int_equal(OP(w.v0, maximum_reservation, &d), (long)w.guest->max_pages);
    r = reservation(w.v0, 2, 0);
    r.domid = 1;
    assert_int_equal(OP(w.v0, populate_physmap, &r), 2); /* the builder does so */
}

static void bad_reservations_do_nothing(void **state)
{
    struct xen_memory_reservation r;
    uint64_t before = w.guest->tot_pages;

    r = reservation(w.v1, 1, 10); /* larger than a guest may */
    assert_int_equal(OP(w.v1, populate_physmap, &r), 0);
    r = reservation(w.v1, 1, 200);
    assert_int_equal(OP(w.v1, decrease_reservation, &r), 0);
    r = reservation(w.v1, ~0UL, 0);
    assert_int_equal(OP(w.v1, populate_physmap, &r), 0);
    r = reservation(w.v1, 1, 0);
    r.extent_start.p = (void *)0x1000;
    assert_int_equal(OP(w.v1, populate_physmap, &r), 0);
    r = reservation(w.v1, 1, 0);
    r.domid = 55;
    assert_int_equal(OP(w.v1, populate_physmap, &r), 0);
    r = reservation(w.v1, 1, 0);
    r.mem_flags = XENMEMF_address_bits(5);
    assert_int_equal(OP(w.v1, populate_physmap, &r), 0);
    assert_int_equal(w.guest->tot_pages, before);
    assert_int_equal(hosted_call(w.v1, __HYPERVISOR_memory_op, XENMEM_populate_physmap, 0x10, 0, 0),
                     -EFAULT);
    assert_int_equal(
        hosted_call(w.v1, __HYPERVISOR_memory_op, XENMEM_current_reservation | 1 << 6, 0x10, 0, 0),
        -EINVAL);
}

/* --- exchange --------------------------------------------------------------------------------- */
static struct xen_memory_exchange exchange(unsigned long in, unsigned int in_order,
                                           unsigned long out, unsigned int out_order)
{
    struct xen_memory_exchange e = {.in = reservation(w.v1, in, in_order),
                                    .out = reservation(w.v1, out, out_order)};

    e.out.extent_start.p = list_of(w.v1) + 128;
    return e;
}

static void single_frames_become_a_contiguous_block(void **state)
{
    struct xen_memory_exchange e = exchange(8, 0, 1, 3);
    xen_pfn_t *in = list_of(w.v1), *out = in + 128;
    uint64_t before = w.guest->tot_pages;

    for (unsigned int i = 0; i < 8; i++)
        in[i] = hosted_frame_mfn(w.guest, 10 + i).v;
    out[0] = 0x2000;
    e.out.mem_flags = XENMEMF_address_bits(25);
    assert_int_equal(OP(w.v1, exchange, &e), 0);
    assert_int_equal(e.nr_exchanged, 8);
    assert_int_equal(w.guest->tot_pages, before);
    assert_int_equal(out[0] & 7, 0);
    assert_true(out[0] + 8 <= 1UL << 13);
    for (unsigned int i = 0; i < 8; i++)
        assert_ptr_equal(page_get_owner(mfn_to_page(_mfn(out[0] + i))), w.guest);
    assert_int_equal(m2p_get(_mfn(out[0] + 3)), 0x2003);
    /* And back into single ones. */
    e = exchange(1, 3, 8, 0);
    in[0] = out[0];
    assert_int_equal(OP(w.v1, exchange, &e), 0);
    assert_int_equal(w.guest->tot_pages, before);
}

static void an_exchange_that_fails_changes_nothing(void **state)
{
    struct xen_memory_exchange e = exchange(8, 0, 1, 3);
    struct page_info *pg = mfn_to_page(hosted_frame_mfn(w.guest, 14));
    xen_pfn_t *in = list_of(w.v1);
    uint64_t before = w.guest->tot_pages;

    for (unsigned int i = 0; i < 8; i++)
        in[i] = hosted_frame_mfn(w.guest, 10 + i).v;
    assert_true(get_page(pg, w.guest)); /* in use */
    assert_int_equal(OP(w.v1, exchange, &e), -EBUSY);
    assert_int_equal(e.nr_exchanged, 0);
    assert_int_equal(w.guest->tot_pages, before);
    for (unsigned int i = 0; i < 8; i++) {
        assert_ptr_equal(page_get_owner(mfn_to_page(_mfn(in[i]))), w.guest);
        assert_true(mfn_to_page(_mfn(in[i]))->count_info & PGC_allocated);
    }
    put_page(pg);
    in[3] = hosted_frame_mfn(w.dom0, 4).v;
    assert_int_equal(OP(w.v1, exchange, &e), -EINVAL);
    in[3] = in[2]; /* twice the same */
    assert_int_equal(OP(w.v1, exchange, &e), -EINVAL);
    assert_int_equal(w.guest->tot_pages, before);
    e = exchange(8, 0, 2, 3);
    assert_int_equal(OP(w.v1, exchange, &e), -EINVAL);
    e = exchange(1UL << 60, 9, 1UL << 60, 9);
    assert_int_equal(OP(w.v1, exchange, &e), -EINVAL);
    e = exchange(8, 0, 1, 3);
    e.nr_exchanged = 9;
    assert_int_equal(OP(w.v1, exchange, &e), -EINVAL);
}

/* --- claims ----------------------------------------------------------------------------------- */
static void claimed_memory_is_kept_for_the_claimer(void **state)
{
    struct xen_memory_reservation r = {.domid = 1, .nr_extents = 100};
    uint64_t all = heap_free_pages(NODE_ANY);
    void *p;

    w.guest->max_pages = ~0UL;
    r.nr_extents = w.guest->tot_pages + all;
    assert_int_equal(OP(w.v0, claim_pages, &r), 0);
    assert_int_equal(OP(w.v0, claim_pages, &r), -EINVAL); /* it has one */
    assert_int_equal(heap_outstanding_claims(), all);
    p = alloc_xenheap_pages(0, 0);
    assert_null(p); /* all is promised */
    assert_non_null(alloc_domheap_pages(w.guest, 0, 0));
    assert_int_equal(heap_outstanding_claims(), all - 1);
    r.nr_extents = 0;
    assert_int_equal(OP(w.v0, claim_pages, &r), 0);
    assert_int_equal(heap_outstanding_claims(), 0);
    r.nr_extents = w.guest->tot_pages + all + 1;
    assert_int_equal(OP(w.v0, claim_pages, &r), -ENOMEM);
    r.nr_extents = 1; /* fewer than it has */
    assert_int_equal(OP(w.v0, claim_pages, &r), -EINVAL);
}

static void a_claim_dies_with_its_domain(void **state)
{
    struct xen_memory_reservation r = {.domid = 1, .nr_extents = 90};

    assert_int_equal(OP(w.v0, claim_pages, &r), 0);
    hosted_destroy(w.guest);
    w.guest = NULL;
    assert_int_equal(heap_outstanding_claims(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(populated_frames_are_the_domains_and_zero),
        TEST(the_limit_is_kept),
        TEST(what_is_not_owned_is_not_given_back),
        TEST(a_frame_in_use_leaves_with_its_last_user),
        TEST(lists_are_preempted_and_go_on),
        TEST(others_memory_is_not_ones_business),
        TEST(bad_reservations_do_nothing),
        TEST(single_frames_become_a_contiguous_block),
        TEST(an_exchange_that_fails_changes_nothing),
        TEST(claimed_memory_is_kept_for_the_claimer),
        TEST(a_claim_dies_with_its_domain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
