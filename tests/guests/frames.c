/* SPDX-License-Identifier: MIT */
/* Frames of others: dom0's, the hypervisor's, devices', none's. */
#include "guest.h"

#include <xen/memory.h>

#define WINDOW (spare[0])

static unsigned long last_frame(void)
{
    return (unsigned long)CALL(memory_op, XENMEM_maximum_ram_page, 0);
}

/* Returns true if neither a readable nor a writable mapping of the frame is given. */
static bool unmappable(unsigned long mfn)
{
    for (int writable = 0; writable < 2; writable++) {
        uint64_t pte = mfn * PAGE | (writable ? PTE_NORMAL : PTE_READ_ONLY);

        if (map(WINDOW, pte) == 0) {
            make_writable(WINDOW);
            fail("map-foreign", "frame %lx, writable %d", mfn, writable);
            return false;
        }
    }
    return true;
}

static void map_frames(void)
{
    static const unsigned long devices[] = {0,       1,       0xa0,    0xb8,     0xf0,
                                            0xfec00, 0xfee00, 0xfed00, 1UL << 39};
    unsigned long end = last_frame(), step = end / 3000 + 1, tried = 0;
    uint64_t own = start_info->shared_info / PAGE;
    bool ok = true;

    for (unsigned long mfn = 0; mfn < end && ok; mfn += step) {
        if (is_mine(mfn) || mfn == own)
            continue;
        ok = unmappable(mfn);
        tried++;
    }
    for (size_t i = 0; i < ARRAY(devices) && ok; i++)
        ok = unmappable(devices[i]);
    if (ok && expect(tried > 1000, "map-foreign-tried", "frames", (long)tried))
        pass("map-foreign");
}

static void foreign_domains(void)
{
    static const domid_t others[] = {0, DOMID_IO, DOMID_XEN, DOMID_COW, DOMID_INVALID, 0x7000};
    bool ok = true;

    for (size_t i = 0; i < ARRAY(others); i++) {
        for (unsigned long mfn = 0x100; mfn < 0x20000 && ok; mfn += 0x777) {
            long rc =
                CALL(update_va_mapping_otherdomain, WINDOW, mfn * PAGE | PTE_NORMAL, 0, others[i]);

            ok = rc != 0 || is_mine(mfn);
            if (!ok)
                fail("map-otherdomain", "frame %lx of domain %d", mfn, others[i]);
            if (rc == 0)
                make_writable(WINDOW);
        }
    }
    if (ok)
        pass("map-otherdomain");
}

static void machphys(void)
{
    struct mmu_update update = {0};
    unsigned long mfn = 0x1000;
    long rc = 0;

    while (is_mine(mfn))
        mfn++;
    update.ptr = mfn * PAGE | MMU_MACHPHYS_UPDATE;
    update.val = 0x1234;
    rc = CALL(mmu_update, &update, 1, 0, DOMID_SELF);
    expect(rc != 0, "machphys-foreign", "status", rc);
    rc = FAULT(((volatile unsigned long *)MACH2PHYS_VIRT_START)[mfn] = 0);
    expect(rc == 15, "machphys-store", "vector + 1:", rc);
    rc = FAULT((void)*(volatile uint64_t *)0xffff82d080200000UL);
    expect(rc == 15, "hypervisor-text-read", "vector + 1:", rc);
    rc = FAULT((void)*(volatile uint64_t *)0xffff830000000000UL);
    expect(rc == 15, "hypervisor-map-read", "vector + 1:", rc);
}

static void extended_operations(void)
{
    unsigned long mfn = 0x1000;
    bool ok = true;

    while (is_mine(mfn))
        mfn++;
    for (unsigned int cmd = 0; cmd < 24; cmd++) {
        if (cmd >= MMUEXT_TLB_FLUSH_LOCAL && cmd <= MMUEXT_FLUSH_CACHE)
            continue;
        if (cmd == MMUEXT_SET_LDT || cmd == MMUEXT_FLUSH_CACHE_GLOBAL ||
            cmd == MMUEXT_NEW_USER_BASEPTR)
            continue;
        long rc = mmuext(cmd, mfn, mfn);

        if (rc == 0) {
            fail("mmuext-foreign", "operation %u on a foreign frame", cmd);
            ok = false;
        }
    }
    ok &= mmuext(MMUEXT_NEW_USER_BASEPTR, mfn, 0) != 0 ||
          (fail("mmuext-foreign", "user base pointer"), false);
    ok &= mmuext(MMUEXT_COPY_PAGE, mfn_of(WINDOW), mfn) != 0 ||
          (fail("mmuext-foreign", "copy from"), false);
    ok &= mmuext(MMUEXT_CLEAR_PAGE, mfn_of(table_of(WINDOW, 1)), 0) != 0 ||
          (fail("mmuext-foreign", "clear of an own table"), false);
    if (ok)
        pass("mmuext-foreign");
}

static long reservation(unsigned int cmd, xen_pfn_t *frames, unsigned long nr, unsigned int order,
                        domid_t domid)
{
    struct xen_memory_reservation res = {.nr_extents = nr, .extent_order = order, .domid = domid};

    set_xen_guest_handle(res.extent_start, frames);
    return CALL(memory_op, cmd, &res);
}

/* Give a page back while an entry still maps it: it must not become another's meanwhile. */
static void give_back_mapped(void)
{
    xen_pfn_t frame = mfn_of(spare[5]);
    xen_pfn_t again = ((unsigned long)spare[5] - VIRT_BASE) / PAGE;
    struct mmu_update update = {0};
    long rc = 0, fault = 0;

    rc = reservation(XENMEM_decrease_reservation, &frame, 1, 0, DOMID_SELF);
    fault = FAULT(memset(spare[5], 0x5a, PAGE));
    print("# given back while mapped: %ld, store %ld\n", rc, fault);
    map(spare[5], 0);
    rc = reservation(XENMEM_populate_physmap, &again, 1, 0, DOMID_SELF);
    expect(rc == 1, "populate-again", "status", rc);
    ((unsigned long *)start_info->mfn_list)[((unsigned long)spare[5] - VIRT_BASE) / PAGE] = again;
    update.ptr = again * PAGE | MMU_MACHPHYS_UPDATE;
    update.val = ((unsigned long)spare[5] - VIRT_BASE) / PAGE;
    CALL(mmu_update, &update, 1, 0, DOMID_SELF);
    rc = make_writable(spare[5]);
    expect(rc == 0, "populated-mapped", "status", rc);
    for (unsigned int i = 0; i < PAGE; i++) {
        if (spare[5][i]) {
            fail("populated-clean", "byte %u is %d", i, spare[5][i]);
            return;
        }
    }
    pass("populated-clean");
}

static void reservations(void)
{
    static xen_pfn_t frames[8];
    unsigned long mfn = 0x1000;
    long rc = 0;

    while (is_mine(mfn))
        mfn++;
    frames[0] = mfn;
    rc = reservation(XENMEM_decrease_reservation, frames, 1, 0, DOMID_SELF);
    expect(rc != 1, "give-back-foreign", "status", rc);
    frames[0] = mfn_of((void *)start_info->pt_base);
    reservation(XENMEM_decrease_reservation, frames, 1, 0, DOMID_SELF);
    rc = make_read_only(WINDOW); /* the base table must still be a table */
    expect(rc == 0, "give-back-base-table", "status", rc);
    make_writable(WINDOW);
    frames[0] = 0;
    rc = reservation(XENMEM_populate_physmap, frames, 1, 0, 0);
    expect(rc < 0, "populate-dom0", "status", rc);
    rc = reservation(XENMEM_decrease_reservation, frames, 1, 0, 0);
    expect(rc < 0, "give-back-dom0s", "status", rc);
    rc = reservation(XENMEM_populate_physmap, frames, 1, 60, DOMID_SELF);
    expect(rc <= 0, "populate-order-60", "status", rc);
    rc = reservation(XENMEM_populate_physmap, frames, 1UL << 60, 0, DOMID_SELF);
    expect(rc <= 0, "populate-count-2^60", "status", rc);
    rc = reservation(XENMEM_populate_physmap, (void *)0xffff830000000000UL, 8, 0, DOMID_SELF);
    expect(rc <= 0, "populate-wild-list", "status", rc);
    give_back_mapped();
}

/* More than maxmem must not be had. */
static void greed(void)
{
    static xen_pfn_t frames[256];
    long total = 0, rc = 0;

    do {
        for (unsigned int i = 0; i < ARRAY(frames); i++)
            frames[i] = start_info->nr_pages + (unsigned long)total + i;
        rc = reservation(XENMEM_populate_physmap, frames, ARRAY(frames), 0, DOMID_SELF);
        if (rc > 0) {
            reservation(XENMEM_decrease_reservation, frames, (unsigned long)rc, 0, DOMID_SELF);
            total += rc;
        }
    } while (rc == (long)ARRAY(frames) && total < 100000);
    for (total = 0; total < 100000; total += rc) { /* and now keep them */
        rc = reservation(XENMEM_increase_reservation, frames, ARRAY(frames), 0, DOMID_SELF);
        if (rc <= 0)
            break;
    }
    expect(total < 2048, "maxmem-kept", "pages had beyond the reservation:", total);
}

static void exchange(void)
{
    static xen_pfn_t in[4], out[4];
    struct xen_memory_exchange ex = {0};
    unsigned long mfn = 0x1000;
    long rc = 0;

    while (is_mine(mfn))
        mfn++;
    in[0] = mfn;
    ex.in = (struct xen_memory_reservation){.nr_extents = 1, .domid = DOMID_SELF};
    ex.out = ex.in;
    set_xen_guest_handle(ex.in.extent_start, in);
    set_xen_guest_handle(ex.out.extent_start, out);
    rc = CALL(memory_op, XENMEM_exchange, &ex);
    expect(rc != 0, "exchange-foreign", "status", rc);
    ex.nr_exchanged = 1UL << 62;
    rc = CALL(memory_op, XENMEM_exchange, &ex);
    expect(rc != 0, "exchange-more-done-than-asked", "status", rc);
    ex.nr_exchanged = 0;
    in[0] = mfn_of(spare[6]);
    set_xen_guest_handle(ex.out.extent_start, (xen_pfn_t *)0xffff830000000000UL);
    rc = CALL(memory_op, XENMEM_exchange, &ex);
    expect(rc != 0, "exchange-into-hypervisor", "status", rc);
    ex.in.domid = ex.out.domid = 0;
    rc = CALL(memory_op, XENMEM_exchange, &ex);
    expect(rc != 0, "exchange-dom0s", "status", rc);
}

void test_frames(void)
{
    map_frames();
    foreign_domains();
    machphys();
    extended_operations();
    reservations();
    exchange();
    greed();
}
