/* SPDX-License-Identifier: MIT */
/* Grant tables: references that nobody gave, mappings that outlive, copies out of bounds. */
#include "guest.h"

#include <xen/event_channel.h>
#include <xen/grant_table.h>

static struct grant_entry_v1 *table = (struct grant_entry_v1 *)spare[13];
static char *window = spare[14], *page = spare[15];

static long op(unsigned int cmd, void *arg, unsigned int nr)
{
    return CALL(grant_table_op, cmd, arg, nr);
}

/* Our number, as a port that waits for ourselves tells it. */
static domid_t own_domid(void)
{
    static domid_t own = DOMID_INVALID;
    struct evtchn_alloc_unbound unbound = {.dom = DOMID_SELF, .remote_dom = DOMID_SELF};
    struct evtchn_status status = {.dom = DOMID_SELF};
    struct evtchn_close close = {0};

    if (own == DOMID_INVALID && CALL(event_channel_op, EVTCHNOP_alloc_unbound, &unbound) == 0) {
        status.port = close.port = unbound.port;
        if (CALL(event_channel_op, EVTCHNOP_status, &status) == 0)
            own = status.u.unbound.dom;
        CALL(event_channel_op, EVTCHNOP_close, &close);
    }
    return own;
}

static bool setup(void)
{
    static xen_pfn_t frames[4];
    struct gnttab_setup_table set = {.dom = DOMID_SELF, .nr_frames = 1};
    long rc = 0;

    set_xen_guest_handle(set.frame_list, frames);
    rc = op(GNTTABOP_setup_table, &set, 1);
    if (!expect(rc == 0 && set.status == GNTST_okay, "grant-setup", "status", set.status))
        return false;
    rc = map(table, frames[0] * PAGE | PTE_NORMAL);
    return expect(rc == 0, "grant-table-mapped", "status", rc);
}

/* Map reference REF of DOMID at ADDRESS. */
static int map_grant(domid_t domid, grant_ref_t ref, unsigned int flags, void *address,
                     grant_handle_t *handle)
{
    struct gnttab_map_grant_ref arg = {
        .host_addr = (uint64_t)address, .flags = flags, .ref = ref, .dom = domid};

    if (op(GNTTABOP_map_grant_ref, &arg, 1))
        return GNTST_general_error;
    *handle = arg.handle;
    return arg.status;
}

static int unmap_grant(void *address, grant_handle_t handle)
{
    struct gnttab_unmap_grant_ref arg = {.host_addr = (uint64_t)address, .handle = handle};

    return op(GNTTABOP_unmap_grant_ref, &arg, 1) ? GNTST_general_error : arg.status;
}

static void offer(grant_ref_t ref, unsigned long frame, uint16_t flags)
{
    table[ref] = (struct grant_entry_v1){.domid = own_domid(), .frame = (uint32_t)frame};
    __atomic_store_n(&table[ref].flags, flags, __ATOMIC_RELEASE);
}

static void not_given(void)
{
    grant_handle_t handle = 0;
    uint64_t seed = 11;
    bool ok = true;

    for (unsigned int i = 0; i < 300 && ok; i++) {
        grant_ref_t ref = i < 200 ? i : (grant_ref_t)random64(&seed);

        ok = map_grant(0, ref, GNTMAP_host_map, window, &handle) != GNTST_okay;
        if (!ok)
            fail("grant-of-dom0", "reference %u", ref);
    }
    ok &= map_grant(DOMID_XEN, 0, GNTMAP_host_map, window, &handle) != GNTST_okay;
    ok &= map_grant(DOMID_IO, 0, GNTMAP_host_map, window, &handle) != GNTST_okay;
    ok &= map_grant(0x7000, 0, GNTMAP_host_map, window, &handle) != GNTST_okay;
    for (unsigned int i = 0; i < 64; i++)
        unmap_grant(window, (grant_handle_t)random64(&seed));
    if (ok)
        pass("grant-of-dom0");
}

/* An entry that grants a frame which is not the guest's. */
static void foreign_frames(void)
{
    unsigned long frame = 0x1000;
    grant_handle_t handle = 0;
    int status = 0;

    while (is_mine(frame))
        frame++;
    offer(20, frame, GTF_permit_access);
    status = map_grant(own_domid(), 20, GNTMAP_host_map, window, &handle);
    expect(status != GNTST_okay, "grant-foreign-frame", "status", status);
    offer(20, mfn_of(table_of(window, 1)), GTF_permit_access);
    status = map_grant(own_domid(), 20, GNTMAP_host_map, window, &handle);
    expect(status != GNTST_okay, "grant-own-table-writable", "status", status);
    offer(20, ~0U, GTF_permit_access);
    status = map_grant(own_domid(), 20, GNTMAP_host_map, window, &handle);
    expect(status != GNTST_okay, "grant-frame-ffffffff", "status", status);
    offer(20, mfn_of(page), GTF_permit_access | GTF_readonly);
    status = map_grant(own_domid(), 20, GNTMAP_host_map, window, &handle);
    expect(status != GNTST_okay, "grant-read-only-as-writable", "status", status);
    offer(20, 0, 0);
}

/* Map own page twice, read it there, unmap twice. */
static void own_grant(void)
{
    grant_handle_t handle = 0, other = 0;
    long fault = 0;
    int status = 0;

    memset(page, 0x21, PAGE);
    offer(21, mfn_of(page), GTF_permit_access);
    status = map_grant(own_domid(), 21, GNTMAP_host_map | GNTMAP_readonly, window, &handle);
    if (!expect(status == GNTST_okay, "grant-own", "status", status))
        return;
    expect(window[100] == 0x21, "grant-own-read", "byte", window[100]);
    fault = FAULT(*(volatile char *)window = 0);
    expect(fault == 15, "grant-read-only-store", "vector + 1:", fault);
    status = map_grant(own_domid(), 21, GNTMAP_host_map, (void *)0xffff830000000000UL, &other);
    expect(status != GNTST_okay, "grant-map-in-hypervisor", "status", status);
    expect(unmap_grant(page, handle) != GNTST_okay, "grant-unmap-elsewhere", "handle",
           (long)handle);
    map(window, 0); /* the entry is taken away below the mapping */
    status = unmap_grant(window, handle);
    print("# unmap after the entry was replaced: %d\n", status);
    if (status != GNTST_okay) {
        map(window, mfn_of(page) * PAGE | PTE_READ_ONLY);
        status = unmap_grant(window, handle);
        print("# and with an entry of the same frame: %d\n", status);
    }
    expect(unmap_grant(window, handle) != GNTST_okay, "grant-unmap-twice", "handle", (long)handle);
    make_writable(window);
    offer(21, 0, 0);
}

/* Into an entry of the guest's page table, which is named by machine address. */
static void map_into_entries(void)
{
    unsigned long foreign = 0x1000;
    grant_handle_t handle = 0;
    int status = 0;

    while (is_mine(foreign))
        foreign++;
    offer(22, mfn_of(page), GTF_permit_access);
    status = map_grant(own_domid(), 22, GNTMAP_host_map | GNTMAP_contains_pte,
                       (void *)(foreign * PAGE), &handle);
    expect(status != GNTST_okay, "grant-entry-foreign", "status", status);
    status = map_grant(own_domid(), 22, GNTMAP_host_map | GNTMAP_contains_pte,
                       (void *)(mfn_of(page) * PAGE), &handle);
    expect(status != GNTST_okay, "grant-entry-in-data", "status", status);
    status = map_grant(own_domid(), 22, GNTMAP_host_map | GNTMAP_contains_pte,
                       (void *)entry_address(window, 4), &handle);
    expect(status != GNTST_okay, "grant-entry-in-l4", "status", status);
    status = map_grant(own_domid(), 22, GNTMAP_host_map | GNTMAP_contains_pte,
                       (void *)(entry_address(window, 1) + 3), &handle);
    expect(status != GNTST_okay, "grant-entry-unaligned", "status", status);
    offer(22, 0, 0);
}

static void copies(void)
{
    struct gnttab_copy copy = {0};
    bool ok = true;

    for (unsigned int i = 0; i < 6; i++) {
        copy = (struct gnttab_copy){.len = 64};
        copy.source.domid = copy.dest.domid = DOMID_SELF;
        copy.source.u.gmfn = mfn_of(page);
        copy.dest.u.gmfn = mfn_of(spare[16]);
        if (i == 0)
            copy.source.offset = PAGE - 32;
        if (i == 1)
            copy.dest.offset = 0xffff;
        if (i == 2)
            copy.dest.u.gmfn = 0x1000; /* taken as a frame of this guest */
        if (i == 3)
            copy.dest.domid = 0;
        if (i == 4)
            copy.dest.u.gmfn = mfn_of(table_of(page, 1));
        if (i == 5)
            copy.len = 0xffff;
        if (i == 2 && is_mine(0x1000))
            continue;
        if (op(GNTTABOP_copy, &copy, 1) == 0 && copy.status == GNTST_okay) {
            fail("grant-copy", "case %u was done", i);
            ok = false;
        }
    }
    if (ok)
        pass("grant-copy");
}

static void operations(void)
{
    static const unsigned long wild[] = {0, 1, 0xffff830000000000UL, 1UL << 60, ~0UL};
    struct gnttab_setup_table set = {.dom = 0, .nr_frames = 1};
    struct gnttab_query_size size = {.dom = 0};
    static uint64_t junk[64];
    uint64_t seed = 12;
    bool ok = true;

    set_xen_guest_handle(set.frame_list, (xen_pfn_t *)junk);
    ok &= op(GNTTABOP_setup_table, &set, 1) != 0 || set.status != GNTST_okay ||
          (fail("grant-wild", "dom0's table was given"), false);
    ok &= op(GNTTABOP_query_size, &size, 1) != 0 || size.status != GNTST_okay ||
          (fail("grant-wild", "dom0's table's size was given"), false);
    set = (struct gnttab_setup_table){.dom = DOMID_SELF, .nr_frames = 1000000};
    ok &= op(GNTTABOP_setup_table, &set, 1) != 0 || set.status != GNTST_okay ||
          (fail("grant-wild", "a million frames"), false);
    for (unsigned int cmd = 0; cmd < 14; cmd++) {
        for (size_t i = 0; i < ARRAY(wild); i++)
            ok &= op(cmd, (void *)wild[i], 1) < 0 || cmd == GNTTABOP_cache_flush ||
                  (fail("grant-wild", "operation %u at %lx", cmd, wild[i]), false);
        op(cmd, junk, ~0U);
        for (unsigned int i = 0; i < 50 && cmd != GNTTABOP_set_version; i++) {
            for (size_t j = 0; j < ARRAY(junk); j++)
                junk[j] = random64(&seed);
            op(cmd, junk, 1);
        }
    }
    if (ok)
        pass("grant-wild");
}

void test_grants(void)
{
    if (!setup())
        return;
    not_given();
    foreign_frames();
    own_grant();
    map_into_entries();
    copies();
    operations();
}
