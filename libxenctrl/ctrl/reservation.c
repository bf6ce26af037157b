/* SPDX-License-Identifier: MIT */
/* Giving memory to domains and taking it back. */
#include "private.h"

/* Returns how many extents were done, or -1 with errno when the request itself was refused. */
static int reservation(xc_interface *xch, const char *operation, unsigned int cmd, uint32_t domid,
                       unsigned long nr_extents, unsigned int order, unsigned int mem_flags,
                       xen_pfn_t *extents)
{
    struct xen_memory_reservation arg = {
        .nr_extents = nr_extents, .extent_order = order, .mem_flags = mem_flags, .domid = domid};
    struct bounce b;
    long rc;

    if (xc__bounce(xch, operation, &b, extents, nr_extents, sizeof(*extents), BOUNCE_BOTH))
        return -1;
    set_xen_guest_handle_raw(arg.extent_start, b.buf);
    rc = xc__command(xch, operation, __HYPERVISOR_memory_op, cmd, &arg, sizeof(arg));
    xc__unbounce(xch, &b);
    return rc;
}

/* All or an error; what was done before it stays done, the caller's domain being unusable. */
static int all_extents(xc_interface *xch, const char *operation, unsigned int cmd, int done,
                       uint32_t domid, unsigned long nr_extents, unsigned int order)
{
    int errnum = cmd == XENMEM_decrease_reservation ? EINVAL : ENOMEM;
    char name[64];

    if (done < 0)
        return -1;
    if ((unsigned long)done == nr_extents)
        return 0;
    xc__fail(xch, errnum, operation, xc__hypercall_name(__HYPERVISOR_memory_op, cmd, name),
             "only %d of %lu extents of order %u done for domain %u", done, nr_extents, order,
             domid);
    if (errnum == ENOMEM)
        xenerr_field(XENERR_LIMIT, "memory: wanted %lu KiB, got %lu KiB", nr_extents << (order + 2),
                     (unsigned long)done << (order + 2));
    return -1;
}

PUBLIC int xc_domain_increase_reservation(xc_interface *xch, uint32_t domid,
                                          unsigned long nr_extents, unsigned int extent_order,
                                          unsigned int mem_flags, xen_pfn_t *extent_start)
{
    return reservation(xch, __func__, XENMEM_increase_reservation, domid, nr_extents, extent_order,
                       mem_flags, extent_start);
}

PUBLIC int xc_domain_increase_reservation_exact(xc_interface *xch, uint32_t domid,
                                                unsigned long nr_extents, unsigned int extent_order,
                                                unsigned int mem_flags, xen_pfn_t *extent_start)
{
    int done = reservation(xch, __func__, XENMEM_increase_reservation, domid, nr_extents,
                           extent_order, mem_flags, extent_start);

    return all_extents(xch, __func__, XENMEM_increase_reservation, done, domid, nr_extents,
                       extent_order);
}

PUBLIC int xc_domain_decrease_reservation(xc_interface *xch, uint32_t domid,
                                          unsigned long nr_extents, unsigned int extent_order,
                                          xen_pfn_t *extent_start)
{
    if (!extent_start)
        return fail(xch, EINVAL, "no frames");
    return reservation(xch, __func__, XENMEM_decrease_reservation, domid, nr_extents, extent_order,
                       0, extent_start);
}

PUBLIC int xc_domain_decrease_reservation_exact(xc_interface *xch, uint32_t domid,
                                                unsigned long nr_extents, unsigned int extent_order,
                                                xen_pfn_t *extent_start)
{
    int done = -1;

    if (!extent_start)
        return fail(xch, EINVAL, "no frames");
    done = reservation(xch, __func__, XENMEM_decrease_reservation, domid, nr_extents, extent_order,
                       0, extent_start);
    return all_extents(xch, __func__, XENMEM_decrease_reservation, done, domid, nr_extents,
                       extent_order);
}

PUBLIC int xc_domain_populate_physmap(xc_interface *xch, uint32_t domid, unsigned long nr_extents,
                                      unsigned int extent_order, unsigned int mem_flags,
                                      xen_pfn_t *extent_start)
{
    return reservation(xch, __func__, XENMEM_populate_physmap, domid, nr_extents, extent_order,
                       mem_flags, extent_start);
}

PUBLIC int xc_domain_populate_physmap_exact(xc_interface *xch, uint32_t domid,
                                            unsigned long nr_extents, unsigned int extent_order,
                                            unsigned int mem_flags, xen_pfn_t *extent_start)
{
    int done = reservation(xch, __func__, XENMEM_populate_physmap, domid, nr_extents, extent_order,
                           mem_flags, extent_start);

    return all_extents(xch, __func__, XENMEM_populate_physmap, done, domid, nr_extents,
                       extent_order);
}

PUBLIC int xc_domain_claim_pages(xc_interface *xch, uint32_t domid, unsigned long nr_pages)
{
    struct xen_memory_reservation arg = {.nr_extents = nr_pages, .domid = domid};

    set_xen_guest_handle_raw(arg.extent_start, NULL);
    return do_memory_op(xch, XENMEM_claim_pages, &arg) < 0 ? -1 : 0;
}

PUBLIC int xc_domain_memory_exchange_pages(xc_interface *xch, uint32_t domid,
                                           unsigned long nr_in_extents, unsigned int in_order,
                                           xen_pfn_t *in_extents, unsigned long nr_out_extents,
                                           unsigned int out_order, xen_pfn_t *out_extents)
{
    struct xen_memory_exchange arg = {
        .in = {.nr_extents = nr_in_extents, .extent_order = in_order, .domid = domid},
        .out = {.nr_extents = nr_out_extents, .extent_order = out_order, .domid = domid}};
    struct bounce in = {0}, out = {0};
    int rc = -1;

    if (!bounce(xch, &in, in_extents, nr_in_extents, BOUNCE_IN) &&
        !bounce(xch, &out, out_extents, nr_out_extents, BOUNCE_BOTH)) {
        set_xen_guest_handle_raw(arg.in.extent_start, in.buf);
        set_xen_guest_handle_raw(arg.out.extent_start, out.buf);
        rc = do_memory_op(xch, XENMEM_exchange, &arg) < 0 ? -1 : 0;
    }
    unbounce(xch, &out);
    unbounce(xch, &in);
    return rc;
}

PUBLIC unsigned long xc_make_page_below_4G(xc_interface *xch, uint32_t domid, unsigned long mfn)
{
    xen_pfn_t old = mfn, new = 0;

    if (xc_domain_decrease_reservation_exact(xch, domid, 1, 0, &old) ||
        xc_domain_increase_reservation_exact(xch, domid, 1, 0, XENMEMF_address_bits(32), &new)) {
        xenerr_wrap("libxenctrl", __func__, "cannot replace frame %#lx", mfn);
        return 0;
    }
    return new;
}

static int pod_target(xc_interface *xch, const char *operation, unsigned int cmd, uint32_t domid,
                      uint64_t target, uint64_t *tot_pages, uint64_t *cache, uint64_t *entries)
{
    struct xen_pod_target arg = {.domid = domid, .target_pages = target};

    if (xc__command(xch, operation, __HYPERVISOR_memory_op, cmd, &arg, sizeof(arg)) < 0)
        return -1;
    if (tot_pages)
        *tot_pages = arg.tot_pages;
    if (cache)
        *cache = arg.pod_cache_pages;
    if (entries)
        *entries = arg.pod_entries;
    return 0;
}

PUBLIC int xc_domain_set_pod_target(xc_interface *xch, uint32_t domid, uint64_t target_pages,
                                    uint64_t *tot_pages, uint64_t *pod_cache_pages,
                                    uint64_t *pod_entries)
{
    return pod_target(xch, __func__, XENMEM_set_pod_target, domid, target_pages, tot_pages,
                      pod_cache_pages, pod_entries);
}

PUBLIC int xc_domain_get_pod_target(xc_interface *xch, uint32_t domid, uint64_t *tot_pages,
                                    uint64_t *pod_cache_pages, uint64_t *pod_entries)
{
    return pod_target(xch, __func__, XENMEM_get_pod_target, domid, ~0ull, tot_pages,
                      pod_cache_pages, pod_entries);
}
