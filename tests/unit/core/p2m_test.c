/* SPDX-License-Identifier: MIT */
/* A container's physical map against a plain array, as hardware walks it, too. */
#include "test.h"
#include <asm/p2m.h>
#include <pthread.h>

#define SPACE (1UL << 20) /* guest frames that the random tests use: 4 GiB */

struct cell {
    uint32_t mfn;
    uint8_t t;
};
static struct cell *model;

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
    model = calloc(SPACE, sizeof(*model));
    return 0;
}

static int down(void **state)
{
    free(model);
    return world_down(state);
}

#define P2M_TEST(name) cmocka_unit_test_setup_teardown(name, up, down)

/* --- as hardware sees it ------------------------------------------------------------------------ */
struct seen {
    bool present, writable;
    uint64_t mfn;
};

static struct seen hardware_walk(uint64_t gfn)
{
    struct seen s = {.present = true, .writable = true};
    uint64_t *table = maddr_to_virt(p2m_root(w.guest)), e;

    for (unsigned int level = 4; level >= 1; level--) {
        unsigned int shift = 9 * (level - 1);

        e = table[gfn >> shift & 511];
        if (!(e & 1))
            return (struct seen){0};
        assert_true(e & 4); /* user: nested walks are user accesses */
        s.writable &= e >> 1 & 1;
        s.mfn = (e & 0x000ffffffffff000UL) >> 12;
        if (level == 1 || e & 0x80) {
            assert_true(level < 4);
            assert_int_equal(s.mfn & ((1UL << shift) - 1), 0); /* or the CPU faults */
            s.mfn += gfn & ((1UL << shift) - 1);
            return s;
        }
        table = maddr_to_virt(s.mfn << 12);
    }
    return s;
}

static bool hardware_may_write(enum p2m_type t)
{
    return t == p2m_ram_rw || t == p2m_mmio_direct || t == p2m_grant_rw || t == p2m_foreign;
}

static void check(uint64_t gfn)
{
    const struct cell *c = &model[gfn];
    struct seen s = hardware_walk(gfn);
    enum p2m_type t;
    unsigned int order;
    mfn_t mfn = p2m_lookup(w.guest, _gfn(gfn), &t, &order);

    assert_int_equal(t, c->t);
    assert_int_equal(s.present, c->t != p2m_invalid);
    if (c->t == p2m_invalid) {
        assert_int_equal(mfn.v, INVALID_MFN.v);
        return;
    }
    assert_int_equal(mfn.v, c->mfn);
    assert_int_equal(s.mfn, c->mfn);
    assert_int_equal(s.writable, hardware_may_write(t));
}

static uint64_t tables_below(uint64_t *table, unsigned int level)
{
    uint64_t n = 1;

    for (unsigned int i = 0; level > 1 && i < 512; i++)
        if ((table[i] & 1) && !(table[i] & 0x80))
            n += tables_below(maddr_to_virt(table[i] & 0x000ffffffffff000UL), level - 1);
    return n;
}

static uint64_t tables(void)
{
    return tables_below(maddr_to_virt(p2m_root(w.guest)), 4);
}

/* No table is lost, none in use twice. */
static void check_pool(void)
{
    struct p2m *p = &w.guest->arch.p2m;

    assert_int_equal(tables() + p->free.count + p->freed.count, p->pool_pages);
}

static int set_now(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order, enum p2m_type t)
{
    int rc = p2m_set(d, gfn, mfn, order, t);

    p2m_flush(d);
    return rc;
}

static void model_set(uint64_t gfn, uint64_t mfn, unsigned int order, enum p2m_type t)
{
    for (uint64_t i = 0; i < 1UL << order; i++)
        model[gfn + i] = (struct cell){(uint32_t)(mfn + i), (uint8_t)t};
}

static int set(uint64_t gfn, uint64_t mfn, unsigned int order, enum p2m_type t)
{
    int rc = set_now(w.guest, _gfn(gfn), _mfn(mfn), order, t);

    if (!rc)
        model_set(gfn, mfn, order, t);
    return rc;
}

/* --- the tables ------------------------------------------------------------------------------------ */
static void random_changes_are_what_a_plain_array_says(void **state)
{
    static const unsigned int orders[] = {0, 0, 0, 1, 3, 8, 9, 9, 9, 10, 12, 18, 18, 19};
    static const enum p2m_type types[] = {p2m_ram_rw,  p2m_ram_rw,      p2m_ram_rw,
                                          p2m_invalid, p2m_ram_ro,      p2m_mmio_direct,
                                          p2m_invalid, p2m_ram_logdirty};
    uint64_t done = 0;

    srand(4711);
    assert_int_equal(p2m_set_pool(w.guest, 3000), 0);
    for (unsigned int n = 0; n < 1500; n++) {
        unsigned int order = orders[rand() % ARRAY_SIZE(orders)];
        enum p2m_type t = types[rand() % ARRAY_SIZE(types)];
        uint64_t gfn = (uint64_t)rand() % (SPACE - (1UL << order)), mfn = (uint64_t)rand() % SPACE;

        if (rand() % 4) { /* mostly as they come from a builder */
            gfn &= ~((1UL << order) - 1);
            mfn &= ~((1UL << order) - 1);
        }
        if (set(gfn, mfn, order, t) == 0)
            done++;
        check(gfn);
        check(gfn + (1UL << order) - 1);
        if (gfn)
            check(gfn - 1);
        check(gfn + (1UL << order) < SPACE ? gfn + (1UL << order) : 0);
        if (n % 500 == 499)
            for (uint64_t i = 0; i < SPACE; i++)
                check(i);
        check_pool();
    }
    assert_true(done > 1400);
}

static void large_pages_are_used_split_and_joined(void **state)
{
    unsigned int order;
    enum p2m_type t;

    assert_int_equal(set(0, 1UL << 18, 18, p2m_ram_rw), 0);
    assert_int_equal(tables(), 2);
    p2m_lookup(w.guest, _gfn(77), &t, &order);
    assert_int_equal(order, P2M_ORDER_1G);

    assert_int_equal(set(513, 0, 0, p2m_invalid),
                     0); /* a hole: 2 MiB pages, and one table of 4 KiB */
    assert_int_equal(tables(), 4);
    p2m_lookup(w.guest, _gfn(0), &t, &order);
    assert_int_equal(order, P2M_ORDER_2M);
    p2m_lookup(w.guest, _gfn(512), &t, &order);
    assert_int_equal(order, P2M_ORDER_4K);
    for (uint64_t i = 0; i < 1UL << 18; i++)
        check(i);

    assert_int_equal(set(513, (1UL << 18) + 513, 0, p2m_ram_rw), 0); /* and back */
    assert_int_equal(tables(), 2);
    p2m_lookup(w.guest, _gfn(513), &t, &order);
    assert_int_equal(order, P2M_ORDER_1G);

    for (uint64_t i = 0; i < 512; i++) /* frame by frame, as a balloon does it */
        assert_int_equal(set(1024 + i, 0, 0, p2m_invalid), 0);
    assert_int_equal(tables(), 3);
    for (uint64_t i = 0; i < 512; i++)
        assert_int_equal(set(1024 + i, 512 - i, 0, p2m_ram_rw), 0);
    assert_int_equal(tables(), 4); /* these do not join */
    assert_int_equal(set(0, 0, 18, p2m_invalid), 0);
    assert_int_equal(tables(), 1);
    check_pool();
}

static void a_processor_without_gigabyte_pages_gets_none(void **state)
{
    unsigned int order;
    enum p2m_type t;

    w.guest->arch.p2m.max_order = P2M_ORDER_2M;
    assert_int_equal(set(0, 1UL << 18, 18, p2m_ram_rw), 0);
    assert_int_equal(tables(), 3);
    p2m_lookup(w.guest, _gfn(77), &t, &order);
    assert_int_equal(order, P2M_ORDER_2M);
}

static void without_tables_nothing_changes(void **state)
{
    struct p2m *p = &w.guest->arch.p2m;
    uint64_t before;

    assert_int_equal(set(0, 1UL << 18, 18, p2m_ram_rw), 0);
    assert_int_equal(p2m_set_pool(w.guest, 3), 0);
    assert_int_equal(p->free.count, 1);
    before = hosted_nested_flushes;
    assert_int_equal(set(5, 0, 0, p2m_invalid), -ENOMEM);
    assert_int_equal(set(1UL << 30, 0, 0, p2m_ram_rw), -ENOMEM);
    assert_int_equal(hosted_nested_flushes, before);
    for (uint64_t i = 0; i < 2048; i++)
        check(i);
    assert_int_equal(p2m_set_pool(w.guest, 1), -ENOMEM);
    check_pool();
}

static void what_is_out_of_range_is_refused(void **state)
{
    assert_int_equal(set_now(w.guest, _gfn(1UL << 36), _mfn(1), 0, p2m_ram_rw), -EINVAL);
    assert_int_equal(set_now(w.guest, _gfn((1UL << 36) - 1), _mfn(1), 1, p2m_ram_rw), -EINVAL);
    assert_int_equal(set_now(w.guest, _gfn(~0UL), _mfn(1), 0, p2m_ram_rw), -EINVAL);
    assert_int_equal(set_now(w.guest, _gfn(0), _mfn(1), 60, p2m_ram_rw), -EINVAL);
    assert_int_equal(set_now(w.guest, _gfn((1UL << 36) - 1), _mfn(1), 0, p2m_ram_rw), 0);
    assert_int_equal(tables(), 4);
}

/* No flush for what the guest gains, one for what it loses. */
static void flushes_follow_losses(void **state)
{
    uint64_t before = hosted_nested_flushes;

    set(0, 0, 9, p2m_ram_logdirty);
    set(0, 0, 9, p2m_ram_rw);
    assert_int_equal(hosted_nested_flushes, before);
    set(0, 0, 9, p2m_ram_ro);
    assert_int_equal(hosted_nested_flushes, before + 1);
    set(0, 1UL << 9, 9, p2m_ram_ro);
    assert_int_equal(hosted_nested_flushes, before + 2);
    set(0, 3UL << 9, 9, p2m_ram_ro); /* all bits of the old address are in the new one */
    assert_int_equal(hosted_nested_flushes, before + 3);
    set(0, 0, 9, p2m_invalid);
    assert_int_equal(hosted_nested_flushes, before + 4);
    for (uint64_t i = 0; i < 64; i++)
        set(i, i + 7, 0, p2m_ram_rw);
    before = hosted_nested_flushes;
    for (uint64_t i = 0; i < 64; i++)
        p2m_set(w.guest, _gfn(i), INVALID_MFN, 0, p2m_invalid);
    p2m_flush(w.guest);
    p2m_flush(w.guest);
    assert_int_equal(hosted_nested_flushes, before + 1);
}

static void an_entry_is_replaced_only_as_seen(void **state)
{
    gfn_t g = _gfn(7);

    assert_int_equal(p2m_replace(w.guest, g, 0, _mfn(1), p2m_ram_rw, _mfn(2), p2m_ram_rw), -EAGAIN);
    set(0, 512, 9, p2m_ram_rw);
    assert_int_equal(p2m_replace(w.guest, g, 0, _mfn(518), p2m_ram_rw, _mfn(2), p2m_ram_rw),
                     -EAGAIN);
    assert_int_equal(p2m_replace(w.guest, g, 0, _mfn(519), p2m_ram_ro, _mfn(2), p2m_ram_rw),
                     -EAGAIN);
    assert_int_equal(p2m_add(w.guest, g, _mfn(2), 0, p2m_ram_rw), -EBUSY);
    assert_int_equal(p2m_add(w.guest, _gfn(0), _mfn(0), 18, p2m_ram_rw), -EBUSY);
    assert_int_equal(p2m_replace(w.guest, g, 0, _mfn(519), p2m_ram_rw, _mfn(2), p2m_ram_ro), 0);
    model_set(7, 2, 0, p2m_ram_ro);
    for (uint64_t i = 0; i < 1024; i++)
        check(i);
    assert_int_equal(p2m_replace(w.guest, g, 0, _mfn(2), p2m_ram_ro, INVALID_MFN, p2m_invalid), 0);
    assert_int_equal(p2m_add(w.guest, g, _mfn(3), 0, p2m_ram_rw), 0);
    model_set(7, 3, 0, p2m_ram_rw);
    check(7);
}

static void faults_say_what_is_wrong(void **state)
{
    set(0, 0, 9, p2m_ram_rw);
    set(512, 0, 0, p2m_ram_ro);
    set(513, 0, 0, p2m_ram_logdirty);
    assert_int_equal(p2m_fault(w.v1, 0, 2), P2M_RETRY);
    assert_int_equal(p2m_fault(w.v1, 0x5000UL << 12, 0), P2M_BAD);
    assert_int_equal(p2m_fault(w.v1, 1UL << 60, 2), P2M_BAD);
    assert_int_equal(p2m_fault(w.v1, 512 << 12, 1), P2M_RETRY);
    assert_int_equal(p2m_fault(w.v1, 512 << 12, 3), P2M_BAD);
    assert_int_equal(p2m_fault(w.v1, 513 << 12, 3), P2M_FIXED);
    model_set(513, 0, 0, p2m_ram_rw);
    check(513);
}

/* Others may write to its pages yet, while its map does not change any more. */
static void writes_to_the_dying_are_not_waited_for(void **state)
{
    set(0, 0, 0, p2m_ram_logdirty);
    w.guest->arch.p2m.logging = true;
    w.guest->is_dying = DOMDYING_dying;
    p2m_mark_dirty(w.guest, _gfn(0));
    check(0);
    w.guest->is_dying = DOMDYING_alive;
    p2m_mark_dirty(w.guest, _gfn(0));
    model_set(0, 0, 0, p2m_ram_rw);
    check(0);
}

/* --- look-ups without the lock, while tables come and go ------------------------------------------ */
#define OFFSET 0x40000 /* a frame is at this much more than its number, or nowhere */

static bool stop;

static void *look(void *unused)
{
    unsigned int seed = 42;
    unsigned long seen = 0;

    hosted_be_cpu(1);
    while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
        uint64_t gfn = (uint64_t)rand_r(&seed) % 4096;
        enum p2m_type t;
        mfn_t mfn = p2m_lookup(w.guest, _gfn(gfn), &t, NULL);

        if (t != p2m_invalid && mfn.v != gfn + OFFSET)
            return (void *)-1L;
        seen += t != p2m_invalid;
    }
    return (void *)seen;
}

static void unlocked_looks_see_no_other_table(void **state)
{
    static const unsigned int orders[] = {0, 0, 9, 9, 12};
    unsigned int seed = 5;
    pthread_t reader;
    void *seen;

    stop = false;
    hosted_threaded = true;
    assert_int_equal(p2m_set_pool(w.guest, 24), 0); /* tables are used again soon */
    assert_int_equal(pthread_create(&reader, NULL, look, NULL), 0);
    for (unsigned int n = 0; n < 60000; n++) {
        unsigned int order = orders[rand_r(&seed) % ARRAY_SIZE(orders)];
        uint64_t gfn = (uint64_t)rand_r(&seed) % 4096 & ~((1UL << order) - 1);

        set_now(w.guest, _gfn(gfn), _mfn(gfn + OFFSET), order,
                rand_r(&seed) % 3 ? p2m_ram_rw : p2m_invalid);
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELEASE);
    pthread_join(reader, &seen);
    hosted_threaded = false;
    assert_true((long)seen > 0);
    check_pool();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        P2M_TEST(random_changes_are_what_a_plain_array_says),
        P2M_TEST(large_pages_are_used_split_and_joined),
        P2M_TEST(a_processor_without_gigabyte_pages_gets_none),
        P2M_TEST(without_tables_nothing_changes),
        P2M_TEST(what_is_out_of_range_is_refused),
        P2M_TEST(flushes_follow_losses),
        P2M_TEST(an_entry_is_replaced_only_as_seen),
        P2M_TEST(faults_say_what_is_wrong),
        P2M_TEST(writes_to_the_dying_are_not_waited_for),
        P2M_TEST(unlocked_looks_see_no_other_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
