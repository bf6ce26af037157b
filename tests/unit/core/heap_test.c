/* SPDX-License-Identifier: MIT */
/* The frame allocator and the small objects' one. */
#include <hv/softirq.h>
#include "test.h"

static int up(void **state)
{
    boot_once();
    return 0;
}

static void everything_can_be_had_and_given_back(void **state)
{
    uint64_t before = heap_free_pages(NODE_ANY), n = 0;
    void **list = NULL, *p;

    while ((p = alloc_xenheap_pages(0, 0)) != NULL) {
        *(void **)p = list;
        list = p;
        n++;
    }
    assert_int_equal(n, before);
    assert_int_equal(heap_free_pages(NODE_ANY), 0);
    while (list) {
        p = list;
        list = *list;
        free_xenheap_pages(p, 0);
    }
    assert_int_equal(heap_free_pages(NODE_ANY), before);
    /* Blocks have grown together again. */
    p = alloc_xenheap_pages(12, 0);
    assert_non_null(p);
    free_xenheap_pages(p, 12);
}

static void blocks_are_aligned_and_do_not_overlap(void **state)
{
    struct {
        unsigned char *p;
        unsigned int order;
    } held[256] = {{0}};
    uint64_t before = heap_free_pages(NODE_ANY);

    srand(5);
    for (unsigned int step = 0; step < 20000; step++) {
        unsigned int i = (unsigned int)rand() % 256, order = (unsigned int)rand() % 6;

        if (held[i].p) {
            for (unsigned long k = 0; k < 1UL << held[i].order; k++)
                assert_int_equal(held[i].p[k * PAGE_SIZE], i);
            free_xenheap_pages(held[i].p, held[i].order);
            held[i].p = NULL;
        } else if ((held[i].p = alloc_xenheap_pages(order, 0)) != NULL) {
            held[i].order = order;
            assert_int_equal(virt_to_mfn(held[i].p).v & ((1UL << order) - 1), 0);
            for (unsigned long k = 0; k < 1UL << order; k++)
                held[i].p[k * PAGE_SIZE] = (unsigned char)i;
        }
    }
    for (unsigned int i = 0; i < 256; i++)
        free_xenheap_pages(held[i].p, held[i].order);
    assert_int_equal(heap_free_pages(NODE_ANY), before);
}

static bool is_zero(const void *p, size_t size)
{
    const char *c = p;

    return c[0] == 0 && memcmp(c, c + 1, size - 1) == 0;
}

/* Free memory that is to be scrubbed, when all else has been. */
static char *the_only_dirty(unsigned int order)
{
    char *p;

    while (heap_scrub_some())
        ;
    p = alloc_xenheap_pages(order, 0);
    assert_non_null(p);
    memset(p, 0x5a, PAGE_SIZE << order);
    free_xenheap_pages(p, order);
    return p;
}

static void what_is_freed_is_scrubbed_in_idle_time(void **state)
{
    uint64_t before = heap_free_pages(NODE_ANY);
    unsigned int order = 9, step = 0;
    struct page_info *pg;
    char *p;

    p = the_only_dirty(order);
    while (heap_scrub_some()) {
        assert_int_equal(heap_free_pages(NODE_ANY), before);
        step++;
    }
    assert_true(step > 0 && step <= 1U << order);
    assert_true(is_zero(p, PAGE_SIZE << order));
    /* Not scrubbed in idle time: then on allocation, unless the caller says no. */
    p = alloc_xenheap_pages(0, 0);
    memset(p, 0x5a, PAGE_SIZE);
    free_xenheap_pages(p, 0);
    for (struct page_info *list = NULL;;) {
        pg = alloc_domheap_pages(NULL, 0, 0);
        if (pg) {
            assert_true(is_zero(page_to_virt(pg), PAGE_SIZE));
            pg->next = list ? (uint32_t)page_to_mfn(list).v : ~0U;
            list = pg;
            continue;
        }
        while (list) {
            struct page_info *next = list->next == ~0U ? NULL : &frame_table[list->next];

            free_domheap_pages(list, 0);
            list = next;
        }
        break;
    }
    assert_int_equal(heap_free_pages(NODE_ANY), before);
}

static void scrubbing_gives_way(void **state)
{
    uint64_t before = heap_free_pages(NODE_ANY);
    const unsigned int order = 6;
    char *p = the_only_dirty(order);

    /* While somebody wants this CPU nothing is done, and nothing is lost. */
    softirq_raise(SOFTIRQ_SCHEDULE);
    for (unsigned int step = 0; step < 10; step++) {
        assert_true(heap_scrub_some());
        assert_int_equal(heap_free_pages(NODE_ANY), before);
    }
    assert_int_equal(p[0], 0x5a);
    this_cpu(softirq_bits) = 0;
    while (heap_scrub_some())
        assert_int_equal(heap_free_pages(NODE_ANY), before);
    assert_true(is_zero(p, PAGE_SIZE << order));
}

static void clean_and_dirty_memory_still_make_large_blocks(void **state)
{
    uint64_t before = heap_free_pages(NODE_ANY);
    void *large = alloc_xenheap_pages(12, 0);

    assert_non_null(large);
    free_xenheap_pages(large, 12);
    while (heap_scrub_some())
        ;
    /* a dirty frame in each block of 1 MiB; some of it is scrubbed again */
    for (unsigned int i = 0; i < before; i += 256) {
        void *p = alloc_xenheap_pages(8, 0);

        if (!p)
            break;
        free_xenheap_pages(p, 8);
        heap_scrub_some();
    }
    assert_int_equal(heap_free_pages(NODE_ANY), before);
    large = alloc_xenheap_pages(12, 0);
    assert_non_null(large);
    free_xenheap_pages(large, 12);
}

static void address_bits_are_kept(void **state)
{
    void *held[64];
    unsigned int n;

    for (n = 0; n < 64; n++) {
        held[n] = alloc_xenheap_pages(2, MEMF_bits(22));
        if (!held[n])
            break;
        assert_true(virt_to_mfn(held[n]).v + 4 <= 1UL << 10);
    }
    while (n--)
        free_xenheap_pages(held[n], 2);
    assert_null(alloc_xenheap_pages(0, MEMF_bits(12)));
    assert_null(alloc_xenheap_pages(MAX_ORDER + 1, 0));
    assert_null(alloc_xenheap_pages(0, MEMF_node(7) | MEMF_exact));
}

static void figures_by_address_add_up(void **state)
{
    assert_int_equal(heap_free_in_range(0, 24, NODE_ANY) + heap_free_in_range(24, 64, NODE_ANY),
                     heap_free_pages(NODE_ANY));
    assert_int_equal(heap_free_in_range(0, 0, 0), heap_free_pages(0));
    assert_int_equal(heap_free_pages(5), 0);
}

static void ranges_of_ram_are_known(void **state)
{
    assert_true(mfn_valid(_mfn(1)));
    assert_true(mfn_valid(_mfn(max_mfn - 1)));
    assert_false(mfn_valid(_mfn(max_mfn)));
    assert_false(mfn_valid(INVALID_MFN));
}

static void small_objects_are_zero_aligned_and_leave_nothing(void **state)
{
    static unsigned char *held[2000];
    static size_t sizes[2000];
    uint64_t before = heap_free_pages(NODE_ANY);

    srand(9);
    for (unsigned int step = 0; step < 50000; step++) {
        unsigned int i = (unsigned int)rand() % 2000;

        if (held[i]) {
            for (size_t k = 0; k < sizes[i]; k += 7)
                assert_int_equal(held[i][k], (unsigned char)i);
            hv_free(held[i]);
            held[i] = NULL;
            continue;
        }
        sizes[i] = (size_t)rand() % (rand() % 10 ? 600 : 9000);
        held[i] = hv_alloc(sizes[i]);
        assert_non_null(held[i]);
        assert_int_equal((unsigned long)held[i] % 16, 0);
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(held[i][k], 0);
        memset(held[i], (int)i, sizes[i]);
    }
    for (unsigned int i = 0; i < 2000; i++)
        hv_free(held[i]);
    hv_free(NULL);
    assert_int_equal(heap_free_pages(NODE_ANY), before);
    assert_null(hv_alloc(1UL << 40));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_can_be_had_and_given_back),
        cmocka_unit_test(blocks_are_aligned_and_do_not_overlap),
        cmocka_unit_test(what_is_freed_is_scrubbed_in_idle_time),
        cmocka_unit_test(scrubbing_gives_way),
        cmocka_unit_test(clean_and_dirty_memory_still_make_large_blocks),
        cmocka_unit_test(address_bits_are_kept),
        cmocka_unit_test(figures_by_address_add_up),
        cmocka_unit_test(ranges_of_ram_are_known),
        cmocka_unit_test(small_objects_are_zero_aligned_and_leave_nothing),
    };

    return cmocka_run_group_tests(tests, up, NULL);
}
