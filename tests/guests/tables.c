/* SPDX-License-Identifier: MIT */
/* Forged page tables of each kind: each must be refused, and change nothing. */
#include "guest.h"

#define PSE_OF(value) ((value) | PTE_PSE)
#define WINDOW        (spare[0]) /* the page whose mapping is played with */

static unsigned long pin_command(int level)
{
    static const unsigned int commands[] = {MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L2_TABLE,
                                            MMUEXT_PIN_L3_TABLE, MMUEXT_PIN_L4_TABLE};

    return commands[level - 1];
}

/* The entry of LEVEL that leads to WINDOW must not take VALUE, nor lose what it had. */
static bool refused(int level, uint64_t value, const char *name)
{
    uint64_t before = entry_value(WINDOW, level);
    long rc = set_entry(entry_address(WINDOW, level), value);

    if (rc == 0 || entry_value(WINDOW, level) != before) {
        fail(name, "level %d value %lx: status %ld, entry %lx was %lx", level, value, rc,
             entry_value(WINDOW, level), before);
        set_entry(entry_address(WINDOW, level), before);
        return false;
    }
    return true;
}

/* Own tables, mapped writable, by both ways of writing an entry. */
static void writable_tables(void)
{
    bool ok = true;

    for (int level = 1; level <= 4; level++) {
        uint64_t value = mfn_of(table_of(WINDOW, level)) * PAGE | PTE_NORMAL;

        ok &= refused(1, value, "table-writable");
        if (map(WINDOW, value) == 0) {
            fail("table-writable", "update_va_mapping took a table of level %d", level);
            make_writable(WINDOW);
            ok = false;
        }
        if (map(table_of(WINDOW, level), value) == 0) {
            fail("table-writable", "a table of level %d became writable in its place", level);
            ok = false;
        }
    }
    if (ok)
        pass("table-writable");
}

static void wrong_levels(void)
{
    static const uint64_t flags = PTE_NORMAL;
    uint64_t data = mfn_of(spare[1]) * PAGE | flags;
    bool ok = true;

    for (int level = 2; level <= 4; level++) {
        for (int target = 1; target <= 4; target++) {
            uint64_t table = mfn_of(table_of(WINDOW, target)) * PAGE;

            if (target != level - 1)
                ok &= refused(level, table | flags, "table-wrong-level");
        }
        ok &= refused(level, data, "table-of-writable-data");
    }
    if (ok)
        pass("table-wrong-level");
}

static void reserved_bits(void)
{
    bool ok = true;

    for (int level = 1; level <= 4; level++) {
        uint64_t good = entry_value(WINDOW, level);

        for (unsigned int bit = 46; bit < 52; bit++)
            ok &= refused(level, good | 1UL << bit, "table-address-bits");
        if (level > 1)
            ok &= refused(level, PSE_OF(good), "table-large-page");
    }
    ok &= refused(2, PSE_OF(PTE_NORMAL), "table-large-page-of-frame-0");
    ok &= refused(3, PSE_OF(PTE_NORMAL), "table-huge-page-of-frame-0");
    if (ok)
        pass("table-reserved-bits");
}

static void hypervisor_slots(void)
{
    uint64_t l4 = mfn_of((void *)start_info->pt_base) * PAGE;
    uint64_t l3 = mfn_of(table_of(WINDOW, 3)) * PAGE | PTE_NORMAL;
    volatile uint64_t *table = (uint64_t *)start_info->pt_base;
    bool ok = true;

    for (unsigned int slot = 256; slot < 272; slot++) {
        uint64_t before = table[slot];

        for (int zero = 0; zero < 2; zero++) {
            long rc = set_entry(l4 + slot * 8, zero ? 0 : l3);

            if (table[slot] != before || (!zero && rc == 0)) {
                fail("table-hypervisor-slot", "slot %u status %ld now %lx", slot, rc, table[slot]);
                ok = false;
            }
        }
    }
    if (ok)
        pass("table-hypervisor-slot");
}

/* A table whose own entries give it a second, writable, way in. */
static void linear_table(void)
{
    uint64_t l4 = mfn_of((void *)start_info->pt_base) * PAGE;
    long rc = set_entry(l4 + 8, l4 | PTE_NORMAL);

    if (!expect(rc != 0, "table-linear-writable", "status", rc))
        set_entry(l4 + 8, 0);
}

static void pin_garbage(void)
{
    uint64_t *page = (uint64_t *)spare[2];
    uint64_t seed = 1;
    bool ok = true;

    for (int level = 1; level <= 4; level++) {
        for (int i = 0; i < 512; i++)
            page[i] = random64(&seed) | PTE_P;
        make_read_only(page);
        long rc = mmuext((unsigned int)pin_command(level), mfn_of(page), 0);

        ok &= rc != 0 || (fail("pin-garbage", "level %d was taken", level), false);
        if (rc == 0)
            mmuext(MMUEXT_UNPIN_TABLE, mfn_of(page), 0);
        rc = make_writable(page);
        if (rc) {
            fail("pin-garbage", "level %d: the page stays a table, %ld", level, rc);
            return;
        }
    }
    if (ok)
        pass("pin-garbage");
}

/* One bad entry, last of 512: what was accepted before it must be undone. */
static void pin_last_bad(void)
{
    uint64_t *page = (uint64_t *)spare[2];
    uint64_t good = mfn_of(spare[3]) * PAGE | PTE_NORMAL;
    long rc = 0;

    for (int i = 0; i < 511; i++)
        page[i] = good;
    page[511] = mfn_of(table_of(WINDOW, 1)) * PAGE | PTE_NORMAL;
    make_read_only(page);
    rc = mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(page), 0);
    expect(rc != 0, "pin-last-entry-bad", "status", rc);
    make_writable(page);
    memset(page, 0, PAGE);
    /* were a reference of type "writable" left, spare[3] could not become a table */
    memset(spare[3], 0, PAGE);
    make_read_only(spare[3]);
    rc = mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(spare[3]), 0);
    expect(rc == 0, "pin-undone", "status", rc);
    rc = mmuext(MMUEXT_UNPIN_TABLE, mfn_of(spare[3]), 0);
    expect(rc == 0, "unpin", "status", rc);
    rc = make_writable(spare[3]);
    expect(rc == 0, "unpinned-writable", "status", rc);
}

static void pin_abuse(void)
{
    unsigned long mfn = mfn_of(spare[4]);
    bool ok = true;
    long rc = 0;

    memset(spare[4], 0, PAGE);
    rc = mmuext(MMUEXT_PIN_L1_TABLE, mfn, 0); /* still mapped writable */
    ok &= expect(rc != 0, "pin-writable", "status", rc);
    make_read_only(spare[4]);
    rc = mmuext(MMUEXT_UNPIN_TABLE, mfn, 0);
    ok &= expect(rc != 0, "unpin-unpinned", "status", rc);
    rc = mmuext(MMUEXT_PIN_L2_TABLE, mfn, 0);
    expect(rc == 0, "pin-empty-l2", "status", rc);
    rc = mmuext(MMUEXT_PIN_L2_TABLE, mfn, 0);
    expect(rc != 0, "pin-twice", "status", rc);
    rc = mmuext(MMUEXT_PIN_L1_TABLE, mfn, 0);
    expect(rc != 0, "pin-as-two-levels", "status", rc);
    rc = make_writable(spare[4]);
    expect(rc != 0, "pinned-writable", "status", rc);
    rc = mmuext(MMUEXT_NEW_BASEPTR, mfn, 0);
    expect(rc != 0, "baseptr-of-l2", "status", rc);
    rc = mmuext(MMUEXT_NEW_USER_BASEPTR, mfn, 0);
    expect(rc != 0, "user-baseptr-of-l2", "status", rc);
    rc = mmuext(MMUEXT_UNPIN_TABLE, mfn, 0);
    expect(rc == 0, "unpin-l2", "status", rc);
    rc = mmuext(MMUEXT_UNPIN_TABLE, mfn, 0);
    expect(rc != 0, "unpin-twice", "status", rc);
    make_writable(spare[4]);
    rc = mmuext(MMUEXT_NEW_BASEPTR, mfn_of(spare[4]), 0);
    expect(rc != 0, "baseptr-of-data", "status", rc);
    if (ok)
        pass("pin-abuse");
}

/* A plain store to a table that is mapped read-only: emulated if good, a fault if not. */
static void direct_stores(void)
{
    uint64_t *l1 = table_of(WINDOW, 1);
    unsigned int slot = (unsigned long)WINDOW >> 12 & 511;
    volatile uint64_t *entry = &l1[slot];
    uint64_t before = *entry;
    long rc = 0;

    rc = FAULT(*entry = mfn_of(l1) * PAGE | PTE_NORMAL);
    expect(rc == 15 && *entry == before, "store-bad-entry", "vector + 1:", rc);
    rc = FAULT(*(volatile uint8_t *)entry = 0xff);
    expect(*entry == before || rc == 0, "store-byte", "vector + 1:", rc);
    if (*entry != before)
        set_entry(entry_address(WINDOW, 1), before);
    rc = FAULT(*(volatile uint64_t *)((char *)entry + 4) = ~0UL); /* across two entries */
    expect(rc == 15 && *entry == before, "store-unaligned", "vector + 1:", rc);
    rc = FAULT(*(volatile uint64_t *)table_of(WINDOW, 2) = 0);
    expect(rc == 15, "store-l2", "vector + 1:", rc);
    rc = FAULT(*(volatile uint64_t *)start_info->pt_base = 0);
    expect(rc == 15, "store-l4", "vector + 1:", rc);
}

static void wild_updates(void)
{
    static const uint64_t pointers[] = {1,         7,           ~0UL,       1UL << 60,
                                        1UL << 40, 0xfee00000,  0xfee00003, 0x1000 | 3,
                                        2,         0x7fffffff0, 3UL << 50};
    struct mmu_update update = {.val = 0};
    bool ok = true;

    for (size_t i = 0; i < ARRAY(pointers); i++) {
        update.ptr = pointers[i];
        if (CALL(mmu_update, &update, 1, 0, DOMID_SELF) == 0) {
            fail("mmu-update-wild", "pointer %lx was taken", pointers[i]);
            ok = false;
        }
    }
    update.ptr = entry_address(WINDOW, 1);
    update.val = mfn_of(WINDOW) * PAGE | PTE_NORMAL;
    ok &= CALL(mmu_update, &update, 1, 0, 0) != 0 ||
          (fail("mmu-update-wild", "on behalf of dom0"), false);
    ok &= CALL(mmu_update, ~0UL << 12, 1, 0, DOMID_SELF) != 0 ||
          (fail("mmu-update-wild", "a request at a wild address"), false);
    ok &= CALL(mmu_update, 0xffff830000000000UL, 1000000, 0, DOMID_SELF) != 0 ||
          (fail("mmu-update-wild", "a request in the hypervisor's memory"), false);
    update.ptr = mfn_of(WINDOW) * PAGE | 8; /* an entry in a data page: only a plain write */
    update.val = 0x123;
    CALL(mmu_update, &update, 1, 0, DOMID_SELF);
    if (ok)
        pass("mmu-update-wild");
}

void test_tables(void)
{
    writable_tables();
    wrong_levels();
    reserved_bits();
    hypervisor_slots();
    linear_table();
    pin_garbage();
    pin_last_bad();
    pin_abuse();
    direct_stores();
    wild_updates();
}
