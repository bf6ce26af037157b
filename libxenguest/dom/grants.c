/* SPDX-License-Identifier: MIT */
/* Granting a new guest's console and xenstore pages to those who serve them. */
#include <sys/mman.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include "dom/private.h"

static void grant(grant_entry_v1_t *entry, uint32_t to, xen_pfn_t gfn)
{
    if (gfn == XG_NO_PFN)
        return;
    entry->domid = (domid_t)to;
    entry->frame = (uint32_t)gfn;
    __atomic_store_n(&entry->flags, (uint16_t)GTF_permit_access, __ATOMIC_RELEASE);
}

/* A grant entry of version 1 holds 32 bits of a frame number. */
static int check_frame(xc_interface *xch, uint32_t domid, xen_pfn_t gfn)
{
    if (gfn == XG_NO_PFN || gfn <= UINT32_MAX)
        return 0;
    return fail(xch, EOVERFLOW, "frame %#llx of domain %u is too high for a grant",
                (unsigned long long)gfn, domid);
}

PUBLIC int xc_dom_gnttab_seed(xc_interface *xch, uint32_t guest_domid, bool is_hvm,
                              xen_pfn_t console_gfn, xen_pfn_t xenstore_gfn, uint32_t console_domid,
                              uint32_t xenstore_domid)
{
    xenforeignmemory_handle *fmem = xc_interface_fmem_handle(xch);
    xenforeignmemory_resource_handle *res = NULL;
    void *table = NULL;

    if (check_frame(xch, guest_domid, console_gfn) || check_frame(xch, guest_domid, xenstore_gfn))
        return -1;
    res = xenforeignmemory_map_resource(fmem, (domid_t)guest_domid, XENMEM_resource_grant_table,
                                        XENMEM_resource_grant_table_id_shared, 0, 1, &table,
                                        PROT_READ | PROT_WRITE, 0);
    if (!res)
        return wrap(xch, "cannot map the grant table of domain %u", guest_domid);
    grant((grant_entry_v1_t *)table + GNTTAB_RESERVED_CONSOLE, console_domid, console_gfn);
    grant((grant_entry_v1_t *)table + GNTTAB_RESERVED_XENSTORE, xenstore_domid, xenstore_gfn);
    xenforeignmemory_unmap_resource(fmem, res);
    return 0;
}

PUBLIC int xc_dom_gnttab_init(struct xc_dom_image *dom)
{
    if (dom->console_pfn == XG_NO_PFN || dom->xenstore_pfn == XG_NO_PFN)
        return fail(dom->xch, EINVAL, "the image was not built yet");
    return xc_dom_gnttab_seed(dom->xch, dom->guest_domid, xc_dom_translated(dom),
                              xc_dom_p2m(dom, dom->console_pfn), xc_dom_p2m(dom, dom->xenstore_pfn),
                              dom->console_domid, dom->xenstore_domid);
}
