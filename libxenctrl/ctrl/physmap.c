/* SPDX-License-Identifier: MIT */
/* What stands where in a domain's guest-physical address space. */
#include "private.h"

/* memory_op answers with a number; these answer 0 or -1. */
static int done(long rc)
{
    return rc < 0 ? -1 : 0;
}

PUBLIC int xc_domain_add_to_physmap(xc_interface *xch, uint32_t domid, unsigned int space,
                                    unsigned long idx, xen_pfn_t gpfn)
{
    struct xen_add_to_physmap arg = {.domid = domid, .space = space, .idx = idx, .gpfn = gpfn};

    return done(do_memory_op(xch, XENMEM_add_to_physmap, &arg));
}

PUBLIC int xc_domain_add_to_physmap_batch(xc_interface *xch, uint32_t domid, uint32_t foreign_domid,
                                          unsigned int space, unsigned int size, xen_ulong_t *idxs,
                                          xen_pfn_t *gpfns, int *errs)
{
    struct xen_add_to_physmap_batch arg = {
        .domid = domid, .space = space, .size = size, .u = {.foreign_domid = foreign_domid}};
    struct bounce from = {0}, to = {0}, results = {0};
    int rc = -1;

    if (size > UINT16_MAX)
        return fail(xch, EINVAL, "%u pages at once are too many", size);
    if (!bounce(xch, &from, idxs, size, BOUNCE_IN) && !bounce(xch, &to, gpfns, size, BOUNCE_IN) &&
        !bounce(xch, &results, errs, size, BOUNCE_OUT)) {
        set_xen_guest_handle_raw(arg.idxs, from.buf);
        set_xen_guest_handle_raw(arg.gpfns, to.buf);
        set_xen_guest_handle_raw(arg.errs, results.buf);
        rc = done(do_memory_op(xch, XENMEM_add_to_physmap_batch, &arg));
    }
    unbounce(xch, &results);
    unbounce(xch, &to);
    unbounce(xch, &from);
    return rc;
}

PUBLIC int xc_domain_remove_from_physmap(xc_interface *xch, uint32_t domid, xen_pfn_t gpfn)
{
    struct xen_remove_from_physmap arg = {.domid = domid, .gpfn = gpfn};

    return done(do_memory_op(xch, XENMEM_remove_from_physmap, &arg));
}

PUBLIC int xc_domain_maximum_gpfn(xc_interface *xch, uint32_t domid, xen_pfn_t *gpfns)
{
    struct xen_memory_domain arg = {.domid = domid};
    long rc = do_memory_op(xch, XENMEM_maximum_gpfn, &arg);

    if (rc >= 0)
        *gpfns = rc;
    return done(rc);
}

PUBLIC int xc_domain_nr_gpfns(xc_interface *xch, uint32_t domid, xen_pfn_t *gpfns)
{
    int rc = xc_domain_maximum_gpfn(xch, domid, gpfns);

    if (!rc)
        *gpfns += 1;
    return rc;
}

PUBLIC int xc_domain_set_memory_map(xc_interface *xch, uint32_t domid, struct e820entry entries[],
                                    uint32_t nr_entries)
{
    struct xen_foreign_memory_map arg = {.domid = domid, .map = {.nr_entries = nr_entries}};
    struct bounce b;
    int rc;

    if (bounce(xch, &b, entries, nr_entries, BOUNCE_IN))
        return -1;
    set_xen_guest_handle_raw(arg.map.buffer, b.buf);
    rc = done(do_memory_op(xch, XENMEM_set_memory_map, &arg));
    unbounce(xch, &b);
    return rc;
}

PUBLIC int xc_domain_set_memmap_limit(xc_interface *xch, uint32_t domid, unsigned long map_limitkb)
{
    struct e820entry all = {.addr = 0, .size = (uint64_t)map_limitkb << 10, .type = E820_RAM};

    return xc_domain_set_memory_map(xch, domid, &all, 1);
}

PUBLIC int xc_get_machine_memory_map(xc_interface *xch, struct e820entry entries[],
                                     uint32_t max_entries)
{
    struct xen_memory_map arg = {.nr_entries = max_entries};
    struct bounce b;
    long rc;

    if (!entries || max_entries <= 1)
        return fail(xch, EINVAL, "no room for a memory map");
    if (bounce(xch, &b, entries, max_entries, BOUNCE_OUT))
        return -1;
    set_xen_guest_handle_raw(arg.buffer, b.buf);
    rc = do_memory_op(xch, XENMEM_machine_memory_map, &arg);
    unbounce(xch, &b);
    return rc < 0 ? -1 : (int)arg.nr_entries;
}

PUBLIC int xc_reserved_device_memory_map(xc_interface *xch, uint32_t flags, uint16_t seg,
                                         uint8_t bus, uint8_t devfn,
                                         struct xen_reserved_device_memory entries[],
                                         uint32_t *max_entries)
{
    struct xen_reserved_device_memory_map arg = {
        .flags = flags,
        .nr_entries = *max_entries,
        .dev = {.pci = {.seg = seg, .bus = bus, .devfn = devfn}}};
    struct bounce b;
    long rc;

    if (bounce(xch, &b, entries, *max_entries, BOUNCE_OUT))
        return -1;
    set_xen_guest_handle_raw(arg.buffer, b.buf);
    rc = do_memory_op(xch, XENMEM_reserved_device_memory_map, &arg);
    unbounce(xch, &b);
    *max_entries = arg.nr_entries; /* with ENOBUFS: how many there are */
    return done(rc);
}

PUBLIC int xc_maximum_ram_page(xc_interface *xch, unsigned long *max_mfn)
{
    long rc;

    if (!xch->xcall)
        return fail(xch, EBADF, "the handle was opened as a dummy");
    rc = xencall2L(xch->xcall, __HYPERVISOR_memory_op, XENMEM_maximum_ram_page, 0);
    if (rc < 0)
        return fail(xch, errno, "cannot get the highest frame");
    *max_mfn = rc;
    return 0;
}

PUBLIC int xc_machphys_mfn_list(xc_interface *xch, unsigned long max_extents,
                                xen_pfn_t *extent_start)
{
    struct xen_machphys_mfn_list arg = {.max_extents = max_extents};
    struct bounce b;
    long rc;

    if (bounce(xch, &b, extent_start, max_extents, BOUNCE_OUT))
        return -1;
    set_xen_guest_handle_raw(arg.extent_start, b.buf);
    rc = do_memory_op(xch, XENMEM_machphys_mfn_list, &arg);
    unbounce(xch, &b);
    if (rc < 0)
        return -1;
    if (arg.nr_extents != max_extents)
        return fail(xch, EINVAL, "the table has %u extents, not %lu", arg.nr_extents, max_extents);
    return 0;
}

/* x86 keeps caches coherent by itself. */
PUBLIC int xc_domain_cacheflush(xc_interface *xch, uint32_t domid, xen_pfn_t start_pfn,
                                xen_pfn_t nr_pfns)
{
    return 0;
}

PUBLIC int xc_set_broken_page_p2m(xc_interface *xch, uint32_t domid, unsigned long pfn)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_set_broken_page_p2m, domid);

    op.u.set_broken_page_p2m.pfn = pfn;
    return do_domctl(xch, &op);
}

PUBLIC int xc_domain_p2m_audit(xc_interface *xch, uint32_t domid, uint64_t *orphans,
                               uint64_t *m2p_bad, uint64_t *p2m_bad)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_audit_p2m, domid);

    if (do_domctl(xch, &op))
        return -1;
    *orphans = op.u.audit_p2m.orphans;
    *m2p_bad = op.u.audit_p2m.m2p_bad;
    *p2m_bad = op.u.audit_p2m.p2m_bad;
    return 0;
}

PUBLIC void *xc_memalign(xc_interface *xch, size_t alignment, size_t size)
{
    void *p = NULL;
    int errnum = posix_memalign(&p, alignment, size);

    if (errnum) {
        fail(xch, errnum, "no memory for %zu bytes aligned to %zu", size, alignment);
        p = NULL;
    }
    return p;
}
