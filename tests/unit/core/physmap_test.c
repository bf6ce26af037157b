/* SPDX-License-Identifier: MIT */
/* Memory of an HVM container: reservations, what is mapped into it, what others map of it. */
#include "test.h"
#include <asm/p2m.h>
#include <hv/arch/mm.h>
#include <pthread.h>
#include <xen/domctl.h>
#include <xen/hvm/hvm_op.h>

#define RAM 1024 /* frames from 0 on */

static long memory_op(struct vcpu *v, unsigned long cmd, void *arg, size_t size)
{
    return call_struct(v, __HYPERVISOR_memory_op, cmd, arg, size, 0);
}
#define OP(v, cmd, arg) memory_op(v, XENMEM_##cmd, arg, sizeof(*(arg)))
#define GOP(v, cmd, arg)                                                                           \
    call_struct(v, __HYPERVISOR_grant_table_op, GNTTABOP_##cmd, arg, sizeof(*(arg)), 1)

static xen_pfn_t *list_of(struct vcpu *v)
{
    return (void *)((v->domain->is_privileged ? w.page0 : w.page1) + 1024);
}

/* Populate or give up extents at gfn, as v, of the guest. */
static long reserve(struct vcpu *v, unsigned long cmd, uint64_t gfn, unsigned long nr,
                    unsigned int order)
{
    struct xen_memory_reservation r = {.nr_extents = nr, .extent_order = order, .domid = 1};

    r.extent_start.p = list_of(v);
    for (unsigned long i = 0; i < nr; i++)
        list_of(v)[i] = gfn + (i << order);
    return memory_op(v, cmd, &r, sizeof(r));
}

static mfn_t at(uint64_t gfn, enum p2m_type *t)
{
    return p2m_lookup(w.guest, _gfn(gfn), t, NULL);
}

static enum p2m_type type_at(uint64_t gfn)
{
    enum p2m_type t;

    at(gfn, &t);
    return t;
}

static mfn_t ram_at(uint64_t gfn)
{
    enum p2m_type t;
    mfn_t mfn = at(gfn, &t);

    assert_int_equal(t, p2m_ram_rw);
    return mfn;
}

static int up(void **state)
{
    boot_once();
    hosted_settle();
    w.free_before = heap_free_pages(NODE_ANY);
    w.dom0 = hosted_domain(0, true, 1, 64);
    w.guest = hosted_container(1, 1, 0, 8192);
    w.v0 = w.dom0->vcpu[0];
    w.v1 = w.guest->vcpu[0];
    w.page0 = hosted_frame(w.dom0, 0);
    assert_int_equal(reserve(w.v0, XENMEM_populate_physmap, 0, RAM / 512, 9), RAM / 512);
    w.page1 = mfn_to_virt(ram_at(0));
    return 0;
}
#define P_TEST(name) cmocka_unit_test_setup_teardown(name, up, world_down)

/* --- reservations ---------------------------------------------------------------------------------- */
static void memory_comes_at_its_guest_frame_numbers(void **state)
{
    unsigned int order;
    enum p2m_type t;
    domid_t domid = 1;

    assert_int_equal(w.guest->tot_pages, RAM);
    for (uint64_t gfn = 0; gfn < RAM; gfn++)
        assert_int_equal(m2p_get(ram_at(gfn)), gfn);
    p2m_lookup(w.guest, _gfn(600), &t, &order);
    assert_int_equal(order, P2M_ORDER_2M);
    assert_int_equal(list_of(w.v0)[0], 0); /* machine frames are not told */

    assert_int_equal(reserve(w.v1, XENMEM_populate_physmap, 0x1001, 3, 0), 3);
    assert_int_equal(OP(w.v0, maximum_gpfn, &domid), 0x1003);
    assert_int_equal(reserve(w.v1, XENMEM_populate_physmap, 0x1003, 2, 0), 0); /* taken */
    assert_int_equal(w.guest->tot_pages, RAM + 3);
    assert_int_equal(reserve(w.v1, XENMEM_populate_physmap, 1UL << 40, 1, 0), 0);
    assert_int_equal(w.guest->tot_pages, RAM + 3);
}

static void a_balloon_takes_and_gives_with_few_flushes(void **state)
{
    uint64_t free = heap_free_pages(NODE_ANY), flushes = hosted_nested_flushes;

    assert_int_equal(reserve(w.v1, XENMEM_decrease_reservation, 256, 128, 0), 128);
    assert_int_equal(w.guest->tot_pages, RAM - 128);
    assert_int_equal(heap_free_pages(NODE_ANY), free + 128);
    assert_true(hosted_nested_flushes - flushes <= 4);
    assert_int_equal(type_at(256), p2m_invalid);
    assert_int_equal(type_at(255), p2m_ram_rw);
    assert_int_equal(reserve(w.v1, XENMEM_decrease_reservation, 383, 2, 0), 0); /* gone already */
    assert_int_equal(reserve(w.v1, XENMEM_populate_physmap, 256, 128, 0), 128);
    assert_int_equal(w.guest->tot_pages, RAM);
    for (unsigned int k = 0; k < 512; k++) /* nobody else's data */
        assert_int_equal(((uint64_t *)mfn_to_virt(ram_at(300)))[k], 0);
    assert_int_equal(reserve(w.v0, XENMEM_decrease_reservation, 512, 1, 9), 1);
    assert_int_equal(w.guest->tot_pages, RAM - 512);
}

/* The list names a frame twice: it goes once. */
static void what_is_given_up_twice_goes_once(void **state)
{
    struct xen_memory_reservation r = {.nr_extents = 2, .domid = DOMID_SELF};

    r.extent_start.p = list_of(w.v1);
    list_of(w.v1)[0] = list_of(w.v1)[1] = 700;
    assert_int_equal(OP(w.v1, decrease_reservation, &r), 1);
    assert_int_equal(w.guest->tot_pages, RAM - 1);
}

static void nothing_is_left_to_populate_on_demand(void **state)
{
    struct xen_pod_target t = {.domid = 1, .target_pages = 77};

    assert_int_equal(OP(w.v0, set_pod_target, &t), 0);
    t.target_pages = 5000;
    assert_int_equal(OP(w.v0, set_pod_target, &t), 0);
    assert_int_equal(OP(w.v0, get_pod_target, &t), 0);
    assert_int_equal(t.tot_pages, RAM);
    assert_int_equal(t.pod_entries, 0);
}

/* --- populate on demand ----------------------------------------------------------------------------- */
#define TARGET  1536 /* what it is to have */
#define PROMISE 2048 /* what it sees */

static struct xen_pod_target pod(uint64_t target)
{
    struct xen_pod_target t = {.domid = 1, .target_pages = target};

    if (target)
        assert_int_equal(OP(w.v0, set_pod_target, &t), 0);
    else
        assert_int_equal(OP(w.v0, get_pod_target, &t), 0);
    return t;
}

static long promise(uint64_t gfn, unsigned long nr, unsigned int order, struct vcpu *by)
{
    struct xen_memory_reservation r = {.nr_extents = nr,
                                       .extent_order = order,
                                       .mem_flags = XENMEMF_populate_on_demand,
                                       .domid = 1};

    r.extent_start.p = list_of(by);
    for (unsigned long i = 0; i < nr; i++)
        list_of(by)[i] = gfn + (i << order);
    return memory_op(by, XENMEM_populate_physmap, &r, sizeof(r));
}

/* As the builder does it: the stock first. */
static int up_on_demand(void **state)
{
    boot_once();
    hosted_settle();
    w.free_before = heap_free_pages(NODE_ANY);
    w.dom0 = hosted_domain(0, true, 1, 64);
    w.guest = hosted_container(1, 1, 0, PROMISE);
    w.v0 = w.dom0->vcpu[0];
    w.v1 = w.guest->vcpu[0];
    w.page0 = hosted_frame(w.dom0, 0);
    assert_int_equal(pod(TARGET).tot_pages, TARGET);
    assert_int_equal(promise(0, PROMISE / 512, 9, w.v0), PROMISE / 512);
    return 0;
}
#define D_TEST(name) cmocka_unit_test_setup_teardown(name, up_on_demand, world_down)

static void memory_comes_when_it_is_used(void **state)
{
    struct xen_pod_target t = pod(0);
    unsigned int order;
    enum p2m_type type;

    assert_int_equal(t.tot_pages, TARGET);
    assert_int_equal(t.pod_cache_pages, TARGET);
    assert_int_equal(t.pod_entries, PROMISE);
    assert_int_equal(type_at(700), p2m_pod);
    assert_int_equal(p2m_fault(w.v1, 700UL << PAGE_SHIFT, 0), P2M_FIXED);
    p2m_lookup(w.guest, _gfn(513), &type, &order);
    assert_int_equal(type, p2m_ram_rw);
    assert_int_equal(order, P2M_ORDER_2M);
    assert_int_equal(m2p_get(ram_at(1023)), 1023);
    assert_int_equal(type_at(1024), p2m_pod);
    t = pod(0);
    assert_int_equal(t.tot_pages, TARGET);
    assert_int_equal(t.pod_cache_pages, TARGET - 512);
    assert_int_equal(t.pod_entries, PROMISE - 512);
    assert_int_equal(w.guest->tot_pages, 512);
    for (unsigned int k = 0; k < 512; k++)
        assert_int_equal(((uint64_t *)mfn_to_virt(ram_at(700)))[k], 0);
    /* The builder, and hypercalls, use it, too. */
    struct page_info *pg = get_page_from_gfn(w.guest, _gfn(3));
    assert_non_null(pg);
    put_page(pg);
    assert_int_equal(type_at(3), p2m_ram_rw);
}

/* The guest touches what its balloon takes, then gives it up; in the end all promises are kept. */
static void the_balloon_pays_for_the_promises(void **state)
{
    struct xen_pod_target t;

    p2m_fault(w.v1, 0, 2);
    w.page1 = mfn_to_virt(ram_at(0));
    for (uint64_t gfn = 1024; gfn < 1024 + PROMISE - TARGET; gfn += 64) {
        for (uint64_t i = 0; i < 64; i += 2) /* every other one it scrubs */
            p2m_fault(w.v1, (gfn + i) << PAGE_SHIFT, 2);
        assert_int_equal(reserve(w.v1, XENMEM_decrease_reservation, gfn, 64, 0), 64);
    }
    t = pod(0);
    assert_int_equal(t.tot_pages, TARGET);
    assert_int_equal(t.pod_cache_pages, t.pod_entries);
    assert_int_equal(reserve(w.v1, XENMEM_decrease_reservation, 1024, 1, 0), 0); /* gone */
    for (uint64_t gfn = 0; gfn < 1024; gfn++)
        assert_true(p2m_fault(w.v1, gfn << PAGE_SHIFT, 2) != P2M_BAD);
    for (uint64_t gfn = 1536; gfn < PROMISE; gfn++)
        assert_true(p2m_fault(w.v1, gfn << PAGE_SHIFT, 2) != P2M_BAD);
    t = pod(0);
    assert_int_equal(t.tot_pages, TARGET);
    assert_int_equal(t.pod_cache_pages + t.pod_entries, 0);
    assert_false(w.guest->is_shut_down);
    assert_int_equal(reserve(w.v1, XENMEM_populate_physmap, 1024, 64, 0), 64);
}

static void who_uses_too_much_too_early_dies(void **state)
{
    for (uint64_t gfn = 0; gfn < TARGET; gfn++)
        p2m_fault(w.v1, gfn << PAGE_SHIFT, 2);
    assert_int_equal(pod(0).pod_cache_pages, 0);
    assert_int_equal(p2m_fault(w.v1, (PROMISE - 1UL) << PAGE_SHIFT, 2), P2M_RETRY);
    assert_true(w.guest->is_shutting_down || w.guest->is_shut_down);
    assert_null(get_page_from_gfn(w.guest, _gfn(PROMISE - 1)));
}

static void the_stock_follows_the_target(void **state)
{
    assert_int_equal(pod(TARGET + 100).pod_cache_pages, TARGET + 100); /* not built yet */
    p2m_fault(w.v1, 0, 2);
    assert_int_equal(pod(PROMISE + 700).pod_cache_pages, PROMISE - 512);
    assert_int_equal(pod(100).pod_cache_pages, PROMISE - 512); /* the balloon's business */
    assert_int_equal(promise(0x8000, 1, 0, w.v0), 1);
    assert_int_equal(promise(0x8000, 1, 0, w.v0), 0);
    w.page1 = mfn_to_virt(ram_at(0));
    assert_int_equal(promise(0x8001, 1, 0, w.v1), 0); /* no guest promises itself anything */
    assert_int_equal(pod(0).pod_entries, PROMISE - 512 + 1);
}

static unsigned int rounds_begun;

static void *touch_the_last(void *arg)
{
    unsigned long cpu = (unsigned long)arg;

    hosted_be_cpu((unsigned int)cpu);
    __atomic_add_fetch(&rounds_begun, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&rounds_begun, __ATOMIC_SEQ_CST) < 2)
        ;
    while (type_at(cpu * 7) == p2m_pod && !w.guest->is_shutting_down)
        p2m_fault(w.v1, (cpu * 7) << PAGE_SHIFT, 2);
    return NULL;
}

/* One finds the stock empty: what the other has taken is for both. */
static void two_that_want_the_last_block_both_have_it(void **state)
{
    pthread_t threads[2];

    assert_int_equal(reserve(w.v0, XENMEM_decrease_reservation, 0, PROMISE / 512, 9), 4);
    for (unsigned int n = 0; n < 300; n++) {
        rounds_begun = 0;
        assert_int_equal(pod(512).pod_cache_pages, 512);
        assert_int_equal(promise(0, 1, 9, w.v0), 1);
        hosted_threaded = true;
        for (unsigned long i = 0; i < 2; i++)
            pthread_create(&threads[i], NULL, touch_the_last, (void *)i);
        for (unsigned long i = 0; i < 2; i++)
            pthread_join(threads[i], NULL);
        hosted_threaded = false;
        hosted_be_cpu(0);
        assert_false(w.guest->is_shutting_down || w.guest->is_shut_down);
        assert_int_equal(reserve(w.v0, XENMEM_decrease_reservation, 0, 1, 9), 1);
    }
}

/* A frame comes back to the stock after this has been given up: by who holds the domain still. */
static void what_comes_back_late_is_given_up_too(void **state)
{
    struct domain *d = domain_get(1);
    struct p2m *p = &d->arch.p2m;
    struct page_info *pg = alloc_domheap_pages(d, 0, MEMF_no_owner);

    assert_non_null(pg);
    hosted_destroy(w.guest);
    w.guest = NULL;
    assert_int_equal(p->pod_cached, 0);
    page_list_add_tail(&p->pod_small, pg);
    p->pod_cached++;
    domain_put(d); /* world_down() counts */
}

/* --- the hypervisor's frames ------------------------------------------------------------------------ */
static long add(struct vcpu *v, unsigned int space, uint64_t idx, uint64_t gfn)
{
    struct xen_add_to_physmap a = {.domid = 1, .space = space, .idx = idx, .gpfn = gfn, .size = 4};

    return OP(v, add_to_physmap, &a);
}

static long remove_gfn(struct vcpu *v, uint64_t gfn)
{
    struct xen_remove_from_physmap r = {.domid = 1, .gpfn = gfn};

    return OP(v, remove_from_physmap, &r);
}

static void shared_info_is_where_it_was_put_last(void **state)
{
    mfn_t shared = virt_to_mfn(w.guest->shared_info);

    assert_int_equal(add(w.v1, XENMAPSPACE_shared_info, 0, 0xfe700), 0);
    assert_int_equal(ram_at(0xfe700).v, shared.v);
    assert_int_equal(add(w.v1, XENMAPSPACE_shared_info, 0, 0xfe700), 0);
    assert_int_equal(add(w.v1, XENMAPSPACE_shared_info, 0, 0xfe701), 0);
    assert_int_equal(type_at(0xfe700), p2m_invalid);
    assert_int_equal(ram_at(0xfe701).v, shared.v);
    assert_int_equal(add(w.v1, XENMAPSPACE_shared_info, 1, 0xfe702), -EINVAL);

    assert_int_equal(add(w.v1, XENMAPSPACE_shared_info, 0, 5), 0); /* memory there makes room */
    assert_int_equal(w.guest->tot_pages, RAM - 1);
    assert_int_equal(ram_at(5).v, shared.v);
    assert_int_equal(reserve(w.v1, XENMEM_decrease_reservation, 5, 1, 0), 1); /* it stays ours */
    assert_int_equal(w.guest->tot_pages, RAM - 1);
    assert_int_equal(add(w.v1, XENMAPSPACE_shared_info, 0, 6), 0);
}

static void grant_frames_come_as_asked_for(void **state)
{
    assert_int_equal(add(w.v1, XENMAPSPACE_grant_table, 1, 0x2001), 0);
    assert_int_equal(add(w.v1, XENMAPSPACE_grant_table, 0, 0x2000), 0);
    assert_int_equal(ram_at(0x2000).v, grant_table_frame(w.guest, 0).v);
    assert_int_equal(ram_at(0x2001).v, grant_table_frame(w.guest, 1).v);
    assert_int_equal(add(w.v1, XENMAPSPACE_grant_table, 100, 0x2002), -EINVAL);
    assert_int_equal(add(w.v1, XENMAPSPACE_grant_table, XENMAPIDX_grant_table_status, 0x2002),
                     -EINVAL);
    assert_int_equal(remove_gfn(w.v1, 0x2001), 0);
    assert_int_equal(remove_gfn(w.v1, 0x2001), -ENOENT);
}

static void frames_move_within_the_map(void **state)
{
    mfn_t mfn = ram_at(9), next = ram_at(10);

    assert_int_equal(add(w.v1, XENMAPSPACE_gmfn, 9, 0x3000), 0);
    assert_int_equal(ram_at(0x3000).v, mfn.v);
    assert_int_equal(m2p_get(mfn), 0x3000);
    assert_int_equal(type_at(9), p2m_invalid);
    assert_int_equal(add(w.v1, XENMAPSPACE_gmfn, 9, 0x3001), -EINVAL);
    assert_int_equal(add(w.v0, XENMAPSPACE_gmfn_range, 10, 0x4000), 0);
    assert_int_equal(ram_at(0x4000).v, next.v);
    assert_int_equal(type_at(13), p2m_invalid);
    assert_int_equal(ram_at(14).v, next.v + 4);
    assert_int_equal(remove_gfn(w.v1, 0x3000), 0); /* unmapped, not given up */
    assert_int_equal(w.guest->tot_pages, RAM);
    assert_int_equal(add(w.v1, XENMAPSPACE_gmfn_foreign, 9, 0x3001), -ENOSYS);
    assert_int_equal(add(w.v1, 77, 9, 0x3001), -EINVAL);
}

/* --- two vCPUs at once ------------------------------------------------------------------------------- */
#define PLACES 3
#define MOVERS 2

static void give_up(uint64_t gfn)
{
    struct page_info *pg = get_page_from_gfn(w.guest, _gfn(gfn));

    if (pg && !arch_physmap_remove(w.guest, _gfn(gfn), page_to_mfn(pg))) {
        p2m_flush(w.guest);
        put_page_alloc_ref(pg);
    }
    if (pg)
        put_page(pg);
}

static void take_one(uint64_t gfn)
{
    struct page_info *pg = alloc_domheap_pages(w.guest, 0, 0);

    if (pg && arch_physmap_add(w.guest, _gfn(gfn), page_to_mfn(pg), 0))
        put_page_alloc_ref(pg);
}

static void *move_about(void *arg)
{
    unsigned int seed = 7 + (unsigned int)(unsigned long)arg;

    hosted_be_cpu((unsigned int)(unsigned long)arg);
    for (unsigned int n = 0; n < 150000; n++) {
        uint64_t from = (uint64_t)rand_r(&seed) % PLACES, to = (uint64_t)rand_r(&seed) % PLACES;

        switch (rand_r(&seed) % 4) {
        case 0:
            give_up(from);
            break;
        case 1:
            take_one(to);
            break;
        default:
            arch_add_to_physmap(w.guest, XENMAPSPACE_gmfn, 0, from, _gfn(to));
            break;
        }
    }
    return NULL;
}

/* What is mapped is the guest's, and mapped once: nothing that was given up can be reached. */
static void a_frame_is_mapped_once_whatever_happens_at_once(void **state)
{
    pthread_t threads[MOVERS];
    uint64_t mapped = 0, was = w.guest->tot_pages;

    for (uint64_t gfn = PLACES; gfn < RAM; gfn++)
        give_up(gfn);
    assert_int_equal(w.guest->tot_pages, was - RAM + PLACES);
    hosted_threaded = true;
    for (unsigned long i = 0; i < MOVERS; i++)
        pthread_create(&threads[i], NULL, move_about, (void *)i);
    for (unsigned long i = 0; i < MOVERS; i++)
        pthread_join(threads[i], NULL);
    hosted_threaded = false;
    hosted_be_cpu(0);
    for (uint64_t gfn = 0; gfn < PLACES; gfn++) {
        enum p2m_type t;
        mfn_t mfn = at(gfn, &t);

        if (t == p2m_invalid)
            continue;
        mapped++;
        assert_int_equal(t, p2m_ram_rw);
        assert_int_equal(m2p_get(mfn), gfn);
        assert_ptr_equal(page_get_owner(mfn_to_page(mfn)), w.guest);
        assert_int_equal(mfn_to_page(mfn)->count_info, PGC_allocated | 1);
        for (uint64_t other = gfn + 1; other < PLACES; other++)
            assert_int_not_equal(at(other, &t).v, mfn.v);
    }
    assert_true(mapped <= w.guest->tot_pages);
    w.page1 = NULL;
}

/* --- other domains' frames --------------------------------------------------------------------------- */
static int add_foreign(struct vcpu *v, domid_t from, uint64_t idx, uint64_t gfn, long wanted)
{
    struct xen_add_to_physmap_batch b = {
        .domid = 1, .space = XENMAPSPACE_gmfn_foreign, .size = 1, .u.foreign_domid = from};
    uint64_t *args = (void *)list_of(v);

    args[0] = idx;
    args[1] = gfn;
    args[2] = 99;
    b.idxs.p = &args[0];
    b.gpfns.p = &args[1];
    b.errs.p = (int *)&args[2];
    assert_int_equal(OP(v, add_to_physmap_batch, &b), wanted);
    return *(int *)&args[2];
}

static void foreign_frames_are_held_while_mapped(void **state)
{
    struct page_info *pg = mfn_to_page(hosted_frame_mfn(w.dom0, 9));
    uint64_t count = pg->count_info, mfn = page_to_mfn(pg).v;

    assert_int_equal(add_foreign(w.v0, 0, mfn, 0x5000, 0), 0);
    assert_int_equal(pg->count_info, count + 1);
    assert_int_equal(type_at(0x5000), p2m_foreign);
    assert_int_equal(pg->type_info & PGT_count_mask, 1);
    assert_null(get_page_from_gfn(w.guest, _gfn(0x5000))); /* not its own */
    assert_int_equal(reserve(w.v1, XENMEM_decrease_reservation, 0x5000, 1, 0), 0);
    assert_int_equal(remove_gfn(w.v1, 0x5000), 0);
    assert_int_equal(pg->count_info, count);
    assert_int_equal(pg->type_info & PGT_count_mask, 0);

    assert_int_equal(add_foreign(w.v1, 0, mfn, 0x5000, 0), -EPERM); /* not by itself */
    assert_int_equal(add_foreign(w.v0, 77, mfn, 0x5000, 0), -ESRCH);
    assert_int_equal(add_foreign(w.v0, 1, 7, 0x5000, 0), -EINVAL);
    assert_int_equal(add_foreign(w.v0, 0, 1UL << 40, 0x5000, 0), -EINVAL);
    assert_int_equal(add_foreign(w.v0, 0, mfn, 0x5000, 0), 0);
    assert_int_equal(add_foreign(w.v0, 0, mfn, 8, 0), 0); /* in memory's place */
    assert_int_equal(w.guest->tot_pages, RAM - 1);
    assert_int_equal(pg->count_info, count + 2);
    hosted_destroy(w.guest);
    w.guest = NULL;
    assert_int_equal(pg->count_info, count);
}

/* A frame that must not be written is not mapped writable. */
static void a_page_table_is_not_mapped(void **state)
{
    struct mmuext_op pin = {.cmd = MMUEXT_PIN_L1_TABLE};
    mfn_t l1 = hosted_frame_mfn(w.dom0, 30);

    pin.arg1.mfn = l1.v;
    memcpy(w.page0, &pin, sizeof(pin));
    assert_int_equal(
        hosted_call(w.v0, __HYPERVISOR_mmuext_op, (unsigned long)w.page0, 1, 0, DOMID_SELF), 0);
    assert_int_equal(add_foreign(w.v0, 0, l1.v, 0x5000, 0), -EINVAL);
    assert_int_equal(type_at(0x5000), p2m_invalid);
}

/* --- what others map of it ----------------------------------------------------------------------------- */
static long map_foreign(uint64_t gfn, unsigned int kind, uint64_t *pte)
{
    mfn_t l1 = hosted_frame_mfn(w.dom0, 31);
    struct mmu_update u = {.ptr = (l1.v << PAGE_SHIFT) | kind,
                           .val = gfn << PAGE_SHIFT | PTE_PRESENT | PTE_RW | PTE_USER};
    struct mmuext_op pin = {.cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = l1.v};
    long rc;

    memcpy(w.page0, &pin, sizeof(pin)); /* fails if it is pinned */
    hosted_call(w.v0, __HYPERVISOR_mmuext_op, (unsigned long)w.page0, 1, 0, DOMID_SELF);
    memcpy(w.page0, &u, sizeof(u));
    rc = hosted_call(w.v0, __HYPERVISOR_mmu_update, (unsigned long)w.page0, 1, 0, 1);
    *pte = *(uint64_t *)mfn_to_virt(l1);
    return rc;
}

static void dom0_maps_by_guest_frame_number(void **state)
{
    struct page_info *pg = mfn_to_page(ram_at(70));
    uint64_t pte, count = pg->count_info, free;

    assert_int_equal(map_foreign(70, MMU_NORMAL_PT_UPDATE, &pte), 0);
    assert_int_equal((pte & PTE_ADDR_MASK) >> PAGE_SHIFT, page_to_mfn(pg).v);
    assert_int_equal(pg->count_info, count + 1);
    assert_int_equal(map_foreign(0x7000, MMU_NORMAL_PT_UPDATE, &pte), -EINVAL);
    /* What acquire_resource told is the machine's number. */
    assert_int_equal(map_foreign(grant_table_frame(w.guest, 0).v, MMU_PT_UPDATE_NO_TRANSLATE, &pte),
                     0);
    assert_int_equal((pte & PTE_ADDR_MASK) >> PAGE_SHIFT, grant_table_frame(w.guest, 0).v);
    assert_int_equal(pg->count_info, count);
    assert_int_equal(map_foreign(71, MMU_NORMAL_PT_UPDATE, &pte), 0);
    /* Given up by the guest it stays till dom0 lets it go. */
    free = heap_free_pages(NODE_ANY);
    assert_int_equal(reserve(w.v1, XENMEM_decrease_reservation, 71, 1, 0), 1);
    assert_int_equal(heap_free_pages(NODE_ANY), free);
    assert_int_equal(map_foreign(70, MMU_NORMAL_PT_UPDATE, &pte), 0);
    assert_int_equal(heap_free_pages(NODE_ANY), free + 1);
}

static void dom0_clears_and_copies_by_guest_frame_number(void **state)
{
    struct mmuext_op op[3] = {{.cmd = MMUEXT_COPY_PAGE, .arg1.mfn = 91, .arg2.src_mfn = 90},
                              {.cmd = MMUEXT_CLEAR_PAGE, .arg1.mfn = 90},
                              {.cmd = MMUEXT_CLEAR_PAGE, .arg1.mfn = 0x7000}};
    uint32_t done = 0;

    strcpy(mfn_to_virt(ram_at(90)), "text");
    memcpy(w.page0, op, sizeof(op));
    assert_int_equal(hosted_call(w.v0, __HYPERVISOR_mmuext_op, (unsigned long)w.page0, 3,
                                 (unsigned long)w.page0 + 512, 1),
                     -EINVAL);
    memcpy(&done, w.page0 + 512, sizeof(done));
    assert_int_equal(done, 2);
    assert_string_equal(mfn_to_virt(ram_at(91)), "text");
    assert_string_equal(mfn_to_virt(ram_at(90)), "");
    op[0] = (struct mmuext_op){.cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = 92}; /* PV's alone */
    memcpy(w.page0, op, sizeof(op[0]));
    assert_int_equal(hosted_call(w.v0, __HYPERVISOR_mmuext_op, (unsigned long)w.page0, 1, 0, 1),
                     -EINVAL);
    op[0].arg1.mfn = ram_at(92).v;
    memcpy(w.page0, op, sizeof(op[0]));
    assert_int_equal(hosted_call(w.v0, __HYPERVISOR_mmuext_op, (unsigned long)w.page0, 1, 0, 1),
                     -EINVAL);
}

static void its_grants_name_its_own_numbers(void **state)
{
    struct grant_entry_v1 *table = mfn_to_virt(grant_table_frame(w.guest, 0));
    struct gnttab_copy copy = {.source.u.ref = 9,
                               .source.domid = 1,
                               .dest.u.gmfn = hosted_frame_mfn(w.dom0, 40).v,
                               .dest.domid = DOMID_SELF,
                               .len = 64,
                               .flags = GNTCOPY_source_gref};

    table[9] = (struct grant_entry_v1){.flags = GTF_permit_access, .domid = 0, .frame = 80};
    strcpy(mfn_to_virt(ram_at(80)), "from the container");
    assert_int_equal(GOP(w.v0, copy, &copy), 0);
    assert_int_equal(copy.status, GNTST_okay);
    assert_string_equal(hosted_frame(w.dom0, 40), "from the container");
    table[9].frame = 0x7000; /* nothing is there */
    assert_int_equal(GOP(w.v0, copy, &copy), 0);
    assert_int_equal(copy.status, GNTST_general_error);
    assert_int_equal(table[9].flags, GTF_permit_access);
}

/* --- grants into it -------------------------------------------------------------------------------------- */
static struct grant_entry_v1 *dom0_grants(unsigned int ref, unsigned int frame, uint16_t more)
{
    struct grant_entry_v1 *table = mfn_to_virt(grant_table_frame(w.dom0, 0));

    table[ref] = (struct grant_entry_v1){.flags = GTF_permit_access | more,
                                         .domid = 1,
                                         .frame = (uint32_t)hosted_frame_mfn(w.dom0, frame).v};
    return &table[ref];
}

static struct gnttab_map_grant_ref map_grant(uint32_t ref, uint64_t gpa, uint32_t flags)
{
    struct gnttab_map_grant_ref map = {
        .host_addr = gpa, .flags = GNTMAP_host_map | flags, .ref = ref, .dom = 0};

    assert_int_equal(GOP(w.v1, map_grant_ref, &map), 0);
    return map;
}

static void grants_are_mapped_into_holes(void **state)
{
    struct grant_entry_v1 *entry = dom0_grants(9, 41, 0);
    struct page_info *pg = mfn_to_page(hosted_frame_mfn(w.dom0, 41));
    struct gnttab_unmap_grant_ref unmap;
    struct gnttab_map_grant_ref map;
    uint64_t count = pg->count_info;

    map = map_grant(9, 0x6000UL << PAGE_SHIFT, 0);
    assert_int_equal(map.status, GNTST_okay);
    assert_int_equal(type_at(0x6000), p2m_grant_rw);
    assert_int_equal(at(0x6000, &(enum p2m_type){0}).v, page_to_mfn(pg).v);
    assert_int_equal(map_grant(9, 0x6000UL << PAGE_SHIFT, 0).status, GNTST_bad_virt_addr);
    assert_int_equal(map_grant(9, 7UL << PAGE_SHIFT, 0).status, GNTST_bad_virt_addr); /* RAM */
    assert_int_equal(map_grant(9, (0x6001UL << PAGE_SHIFT) + 8, 0).status, GNTST_bad_virt_addr);
    /* The map's other operations leave it alone. */
    assert_int_equal(remove_gfn(w.v1, 0x6000), -EINVAL);
    assert_int_equal(reserve(w.v1, XENMEM_decrease_reservation, 0x6000, 1, 0), 0);
    assert_int_equal(reserve(w.v1, XENMEM_populate_physmap, 0x6000, 1, 0), 0);
    assert_int_equal(add(w.v1, XENMAPSPACE_shared_info, 0, 0x6000), -EBUSY);

    unmap =
        (struct gnttab_unmap_grant_ref){.host_addr = 0x6001UL << PAGE_SHIFT, .handle = map.handle};
    assert_int_equal(GOP(w.v1, unmap_grant_ref, &unmap), 0);
    assert_int_equal(unmap.status, GNTST_general_error); /* it is not there */
    unmap.host_addr = 0x6000UL << PAGE_SHIFT;
    assert_int_equal(GOP(w.v1, unmap_grant_ref, &unmap), 0);
    assert_int_equal(unmap.status, GNTST_okay);
    assert_int_equal(type_at(0x6000), p2m_invalid);
    assert_int_equal(pg->count_info, count);
    assert_int_equal(entry->flags, GTF_permit_access);
}

static void a_readonly_grant_is_mapped_so(void **state)
{
    dom0_grants(9, 41, GTF_readonly);
    assert_int_equal(map_grant(9, 0x6000UL << PAGE_SHIFT, 0).status, GNTST_general_error);
    assert_int_equal(map_grant(9, 0x6000UL << PAGE_SHIFT, GNTMAP_readonly).status, GNTST_okay);
    assert_int_equal(type_at(0x6000), p2m_grant_ro);
}

/* It dies with all kinds of entries in its map. */
static void death_lets_go_of_everything(void **state)
{
    struct page_info *granted = mfn_to_page(hosted_frame_mfn(w.dom0, 41));
    uint64_t count = granted->count_info;
    struct grant_entry_v1 *entry = dom0_grants(9, 41, 0);

    map_grant(9, 0x6000UL << PAGE_SHIFT, 0);
    map_grant(9, 0x6001UL << PAGE_SHIFT, GNTMAP_readonly);
    add_foreign(w.v0, 0, hosted_frame_mfn(w.dom0, 42).v, 0x6002, 0);
    add(w.v1, XENMAPSPACE_shared_info, 0, 0x6003);
    add(w.v1, XENMAPSPACE_grant_table, 0, 0x6004);
    reserve(w.v0, XENMEM_increase_reservation, 0, 4, 0);
    remove_gfn(w.v1, 30);
    hosted_destroy(w.guest);
    w.guest = NULL;
    assert_int_equal(granted->count_info, count);
    assert_int_equal(entry->flags, GTF_permit_access);
}

/* --- the tools' -------------------------------------------------------------------------------------------- */
static long domctl(uint32_t cmd, struct xen_domctl *op)
{
    char *page = hosted_frame(w.dom0, 1);
    long rc;

    op->cmd = cmd;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = 1;
    memcpy(page, op, sizeof(*op));
    rc = hosted_call(w.v0, __HYPERVISOR_domctl, (unsigned long)page, 0, 0, 0);
    memcpy(op, page, sizeof(*op));
    return rc;
}

static long shadow(uint32_t what, struct xen_domctl *op)
{
    op->u.shadow_op.op = what;
    return domctl(XEN_DOMCTL_shadow_op, op);
}

static void the_pool_is_as_large_as_asked_for(void **state)
{
    struct xen_domctl op = {0};

    assert_int_equal(shadow(XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION, &op), 0);
    assert_int_equal(op.u.shadow_op.mb, 1);
    op.u.shadow_op.mb = 4;
    assert_int_equal(shadow(XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION, &op), 0);
    assert_int_equal(domctl(XEN_DOMCTL_get_paging_mempool_size, &op), 0);
    assert_int_equal(op.u.paging_mempool.size, 4UL << 20);
    op.u.paging_mempool.size = 0x123456;
    assert_int_equal(domctl(XEN_DOMCTL_set_paging_mempool_size, &op), -EINVAL);
    op.u.paging_mempool.size = 0x405000;
    assert_int_equal(domctl(XEN_DOMCTL_set_paging_mempool_size, &op), 0);
    assert_int_equal(shadow(XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION, &op), 0);
    assert_int_equal(op.u.shadow_op.mb, 5);
    op.u.paging_mempool.size = 1UL << 40;
    assert_int_equal(domctl(XEN_DOMCTL_set_paging_mempool_size, &op), -ENOMEM);
    op.u.paging_mempool.size = 1UL << 20;
    assert_int_equal(domctl(XEN_DOMCTL_set_paging_mempool_size, &op), 0);
}

static uint64_t *dirty_map(void)
{
    return hosted_frame(w.dom0, 2);
}

static void read_log(uint32_t what, uint64_t pages)
{
    struct xen_domctl op = {0};

    memset(dirty_map(), 0xaa, PAGE_SIZE);
    op.u.shadow_op.dirty_bitmap.p = (uint8_t *)dirty_map();
    op.u.shadow_op.pages = pages;
    assert_int_equal(shadow(what, &op), 0);
    assert_int_equal(op.u.shadow_op.pages, pages < RAM ? pages : RAM);
}

static void the_guest_writes(uint64_t gfn)
{
    assert_true(p2m_fault(w.v1, gfn << PAGE_SHIFT, 3) != P2M_BAD);
}

static void written_frames_are_logged_once(void **state)
{
    struct xen_domctl op = {0};
    struct gnttab_copy copy = {.source.u.gmfn = hosted_frame_mfn(w.dom0, 40).v,
                               .source.domid = DOMID_SELF,
                               .dest.u.ref = 9,
                               .dest.domid = 1,
                               .len = 64,
                               .flags = GNTCOPY_dest_gref};
    struct grant_entry_v1 *table = mfn_to_virt(grant_table_frame(w.guest, 0));

    assert_int_equal(shadow(XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, &op), 0);
    assert_int_equal(shadow(XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, &op), -EINVAL);
    read_log(XEN_DOMCTL_SHADOW_OP_PEEK, 5000);
    for (unsigned int i = 0; i < RAM / 64; i++)
        assert_int_equal(dirty_map()[i], 0);
    assert_int_equal(dirty_map()[RAM / 64], 0xaaaaaaaaaaaaaaaa); /* not beyond the end */

    the_guest_writes(3);
    the_guest_writes(3);
    the_guest_writes(700);
    table[9] = (struct grant_entry_v1){.flags = GTF_permit_access, .domid = 0, .frame = 80};
    GOP(w.v0, copy, &copy); /* written by others */
    read_log(XEN_DOMCTL_SHADOW_OP_PEEK, RAM);
    assert_int_equal(dirty_map()[0], 8);
    read_log(XEN_DOMCTL_SHADOW_OP_CLEAN, RAM);
    assert_int_equal(dirty_map()[0], 8);
    assert_int_equal(dirty_map()[80 / 64], 1UL << (80 % 64));
    assert_int_equal(dirty_map()[700 / 64], 1UL << (700 % 64));
    read_log(XEN_DOMCTL_SHADOW_OP_CLEAN, RAM);
    assert_int_equal(dirty_map()[0] | dirty_map()[700 / 64], 0);

    the_guest_writes(3);
    the_guest_writes(100);
    read_log(XEN_DOMCTL_SHADOW_OP_CLEAN, 70); /* the rest stays dirty */
    assert_int_equal(dirty_map()[0], 8);
    read_log(XEN_DOMCTL_SHADOW_OP_CLEAN, RAM);
    assert_int_equal(dirty_map()[0], 0);
    assert_int_equal(dirty_map()[1], 1UL << (100 - 64));

    assert_int_equal(shadow(XEN_DOMCTL_SHADOW_OP_OFF, &op), 0);
    for (uint64_t gfn = 0; gfn < RAM; gfn++)
        ram_at(gfn);
}

/* Without tables to split a large page, all of it counts as written. */
static void no_write_is_missed_without_tables(void **state)
{
    struct xen_domctl op = {0};

    assert_int_equal(shadow(XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, &op), 0);
    p2m_set_pool(w.guest, 0);
    assert_int_equal(w.guest->arch.p2m.free.count, 0);
    the_guest_writes(3);
    assert_int_equal(type_at(3), p2m_ram_rw);
    read_log(XEN_DOMCTL_SHADOW_OP_CLEAN, RAM);
    assert_int_equal(dirty_map()[0], ~0UL);
    assert_int_equal(dirty_map()[7], ~0UL);
    assert_int_equal(dirty_map()[8], 0);
}

static void a_lone_frame_far_up_costs_no_time(void **state)
{
    struct xen_domctl op = {0};

    assert_int_equal(reserve(w.v1, XENMEM_populate_physmap, 1UL << 35, 1, 0), 1);
    assert_int_equal(shadow(XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, &op), 0);
    the_guest_writes(1UL << 35);
    the_guest_writes(900);
    op.u.shadow_op.pages = ~0UL;
    assert_int_equal(shadow(XEN_DOMCTL_SHADOW_OP_CLEAN, &op), 0);
    assert_int_equal(op.u.shadow_op.pages, (1UL << 35) + 1);
    assert_int_equal(type_at(1UL << 35), p2m_ram_logdirty);
    op.u.shadow_op.pages = 8 * PAGE_SIZE;
    op.u.shadow_op.dirty_bitmap.p = (uint8_t *)dirty_map();
    the_guest_writes(901);
    memset(dirty_map(), 0xaa, PAGE_SIZE);
    assert_int_equal(shadow(XEN_DOMCTL_SHADOW_OP_CLEAN, &op), 0);
    assert_int_equal(op.u.shadow_op.pages, 8 * PAGE_SIZE);
    for (unsigned int i = 0; i < 512; i++)
        assert_int_equal(dirty_map()[i], i == 901 / 64 ? 1UL << (901 % 64) : 0);
}

static void devices_memory_needs_the_right_to_it(void **state)
{
    struct xen_domctl op = {0};
    uint64_t mfn = max_mfn + 16;

    op.u.memory_mapping = (struct xen_domctl_memory_mapping){
        .first_gfn = 0x7000, .first_mfn = mfn, .nr_mfns = 4, .add_mapping = 1};
    assert_int_equal(domctl(XEN_DOMCTL_memory_mapping, &op), -EPERM);
    rangeset_add(w.dom0->iomem_caps, 0, ~0UL);
    assert_int_equal(domctl(XEN_DOMCTL_memory_mapping, &op), -EPERM);
    rangeset_add(w.guest->iomem_caps, 0, ~0UL);
    assert_int_equal(domctl(XEN_DOMCTL_memory_mapping, &op), 0);
    assert_int_equal(domctl(XEN_DOMCTL_memory_mapping, &op), 0);
    assert_int_equal(type_at(0x7003), p2m_mmio_direct);
    assert_null(p2m_get_page(w.guest, _gfn(0x7003), &(enum p2m_type){0}));
    op.u.memory_mapping.first_gfn = 0x6ffe; /* the last two are something else */
    assert_int_equal(domctl(XEN_DOMCTL_memory_mapping, &op), -EBUSY);
    assert_int_equal(type_at(0x6ffe), p2m_invalid); /* undone */
    op.u.memory_mapping.first_gfn = 0x8000;
    op.u.memory_mapping.first_mfn = 16; /* RAM is no device */
    assert_int_equal(domctl(XEN_DOMCTL_memory_mapping, &op), -EPERM);
    op.u.memory_mapping.nr_mfns = 65;
    assert_int_equal(domctl(XEN_DOMCTL_memory_mapping, &op), -E2BIG);
    op.u.memory_mapping = (struct xen_domctl_memory_mapping){
        .first_gfn = 0x7000, .first_mfn = mfn, .nr_mfns = 4, .add_mapping = 0};
    assert_int_equal(domctl(XEN_DOMCTL_memory_mapping, &op), 0);
    assert_int_equal(domctl(XEN_DOMCTL_memory_mapping, &op), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        P_TEST(memory_comes_at_its_guest_frame_numbers),
        P_TEST(a_balloon_takes_and_gives_with_few_flushes),
        P_TEST(what_is_given_up_twice_goes_once),
        P_TEST(nothing_is_left_to_populate_on_demand),
        D_TEST(memory_comes_when_it_is_used),
        D_TEST(the_balloon_pays_for_the_promises),
        D_TEST(who_uses_too_much_too_early_dies),
        D_TEST(the_stock_follows_the_target),
        D_TEST(two_that_want_the_last_block_both_have_it),
        D_TEST(what_comes_back_late_is_given_up_too),
        P_TEST(shared_info_is_where_it_was_put_last),
        P_TEST(grant_frames_come_as_asked_for),
        P_TEST(frames_move_within_the_map),
        P_TEST(a_frame_is_mapped_once_whatever_happens_at_once),
        P_TEST(foreign_frames_are_held_while_mapped),
        P_TEST(a_page_table_is_not_mapped),
        P_TEST(dom0_maps_by_guest_frame_number),
        P_TEST(dom0_clears_and_copies_by_guest_frame_number),
        P_TEST(its_grants_name_its_own_numbers),
        P_TEST(grants_are_mapped_into_holes),
        P_TEST(a_readonly_grant_is_mapped_so),
        P_TEST(death_lets_go_of_everything),
        P_TEST(the_pool_is_as_large_as_asked_for),
        P_TEST(written_frames_are_logged_once),
        P_TEST(no_write_is_missed_without_tables),
        P_TEST(a_lone_frame_far_up_costs_no_time),
        P_TEST(devices_memory_needs_the_right_to_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
