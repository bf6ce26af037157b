/* SPDX-License-Identifier: MIT */
/* A PV guest's memory: machine frames for each of its pages. */
#include <inttypes.h>
#include <stdio.h>
#include <xen/memory.h>
#include "dom/private.h"

#define SUPER_ORDER 9
#define SUPER_PAGES (UINT64_C(1) << SUPER_ORDER)
/* Extents asked for at once; bounds the arrays that go along with the hypercall. */
#define BATCH (UINT64_C(1) << 16)

static unsigned long long mib(uint64_t pages)
{
    return pages >> (20 - XG_PAGE_SHIFT);
}

/*
 * Why was there no memory?  Either the domain's limit is too low or the host has too little;
 * both figures belong into the message.
 */
int xg_out_of_memory(struct xc_dom_image *dom, const char *operation, uint64_t pages)
{
    xc_domaininfo_t info;
    xc_physinfo_t host;

    memset(&info, 0, sizeof(info));
    memset(&host, 0, sizeof(host));
    if (xc_domain_getinfolist(dom->xch, dom->guest_domid, 1, &info) == 1 &&
        info.domain == dom->guest_domid && dom->total_pages > info.max_pages) {
        xg__fail(dom->xch, ENOMEM, operation,
                 "domain %u may have %llu MiB at most, %llu MiB are wanted", dom->guest_domid,
                 mib(info.max_pages), mib(dom->total_pages));
        xenerr_field(XENERR_LIMIT, "domain memory limit: wanted %llu MiB, limit %llu MiB",
                     mib(dom->total_pages), mib(info.max_pages));
        return -1;
    }
    if (xc_physinfo(dom->xch, &host))
        return xg__fail(dom->xch, ENOMEM, operation, "no memory for %llu MiB of domain %u",
                        mib(pages), dom->guest_domid);
    xg__fail(dom->xch, ENOMEM, operation,
             "not enough memory for domain %u: wanted %llu MiB, the host has %llu MiB free",
             dom->guest_domid, mib(dom->total_pages),
             mib(host.free_pages + host.scrub_pages + info.tot_pages));
    xenerr_field(XENERR_LIMIT, "memory: wanted %llu MiB, free %llu MiB", mib(dom->total_pages),
                 mib(host.free_pages + host.scrub_pages + info.tot_pages));
    xenerr_field(XENERR_HINT, "use less memory, balloon dom0 down or stop a guest");
    return -1;
}

/* Populate @count superpages from @pfn on; returns how many there were, or -1. */
static int64_t populate_super(struct xc_dom_image *dom, xen_pfn_t pfn, uint64_t count,
                              unsigned int memflags)
{
    xen_pfn_t *extents = calloc(count, sizeof(*extents));
    int64_t done = 0;

    if (!extents)
        return fail(dom->xch, ENOMEM, "no memory to populate the guest");
    for (uint64_t i = 0; i < count; i++)
        extents[i] = pfn + i * SUPER_PAGES;
    done = xc_domain_populate_physmap(dom->xch, dom->guest_domid, count, SUPER_ORDER, memflags,
                                      extents);
    if (done < 0)
        done = 0; /* single pages may still do */
    for (int64_t i = 0; i < done; i++)
        for (uint64_t j = 0; j < SUPER_PAGES; j++)
            dom->pv_p2m[pfn + (uint64_t)i * SUPER_PAGES + j] = extents[i] + j;
    free(extents);
    return done;
}

static int populate_single(struct xc_dom_image *dom, xen_pfn_t pfn, uint64_t count,
                           unsigned int memflags)
{
    while (count) {
        uint64_t batch = count < BATCH ? count : BATCH;

        for (uint64_t i = 0; i < batch; i++)
            dom->pv_p2m[pfn + i] = pfn + i;
        if (xc_domain_populate_physmap_exact(dom->xch, dom->guest_domid, batch, 0, memflags,
                                             &dom->pv_p2m[pfn]))
            return xg_out_of_memory(dom, "xc_dom_boot_mem_init", count);
        pfn += batch;
        count -= batch;
    }
    return 0;
}

/* Populate a range, in superpages as far as there are any. */
static int populate_range(struct xc_dom_image *dom, xen_pfn_t pfn, uint64_t count,
                          unsigned int memflags)
{
    while (count >= SUPER_PAGES) {
        uint64_t want = count / SUPER_PAGES < BATCH ? count / SUPER_PAGES : BATCH;
        int64_t done = populate_super(dom, pfn, want, memflags);

        if (done < 0)
            return -1;
        pfn += (uint64_t)done * SUPER_PAGES;
        count -= (uint64_t)done * SUPER_PAGES;
        if ((uint64_t)done < want)
            break;
    }
    return populate_single(dom, pfn, count, memflags);
}

/* Memory for one of the guest's NUMA ranges, from the host's node that belongs to it. */
static int populate_vnode(struct xc_dom_image *dom, const xen_vmemrange_t *range)
{
    xen_pfn_t first = range->start >> XG_PAGE_SHIFT;
    xen_pfn_t end = range->end >> XG_PAGE_SHIFT;
    unsigned int memflags = 0;

    if (first > end || end > dom->total_pages || range->nid >= dom->nr_vnodes)
        return fail(dom->xch, EINVAL,
                    "memory range %#" PRIx64 " to %#" PRIx64 " of virtual node "
                    "%u does not fit the guest",
                    range->start, range->end, range->nid);
    if (dom->vnode_to_pnode && dom->vnode_to_pnode[range->nid] != XC_NUMA_NO_NODE)
        memflags = XENMEMF_exact_node(dom->vnode_to_pnode[range->nid]);
    return populate_range(dom, first, end - first, memflags);
}

static int populate(struct xc_dom_image *dom)
{
    xen_pfn_t covered = 0;

    if (!dom->nr_vmemranges)
        return populate_range(dom, 0, dom->total_pages, 0);
    for (unsigned int i = 0; i < dom->nr_vmemranges; i++) {
        if (populate_vnode(dom, &dom->vmemranges[i]))
            return -1;
        covered += (dom->vmemranges[i].end - dom->vmemranges[i].start) >> XG_PAGE_SHIFT;
    }
    if (covered != dom->total_pages)
        return fail(dom->xch, EINVAL,
                    "the virtual NUMA ranges do not add up to the guest's "
                    "memory");
    return 0;
}

static int claim(struct xc_dom_image *dom)
{
    if (!xc_domain_claim_pages(dom->xch, dom->guest_domid, dom->total_pages))
        return 0;
    if (errno == ENOMEM)
        return xg_out_of_memory(dom, "xc_dom_boot_mem_init", dom->total_pages);
    return wrap(dom->xch, "cannot claim memory for domain %u", dom->guest_domid);
}

/*
 * Refuse at once what cannot be had, rather than after the host's last page is taken.  A caller
 * that may not ask for the host's figures finds out later.
 */
static int check_host(struct xc_dom_image *dom)
{
    xc_physinfo_t host;

    memset(&host, 0, sizeof(host));
    if (xc_physinfo(dom->xch, &host)) {
        xenerr_begin();
        return 0;
    }
    if (dom->total_pages <= host.free_pages + host.scrub_pages)
        return 0;
    return xg_out_of_memory(dom, "xc_dom_boot_mem_init", dom->total_pages);
}

int xg_pv_meminit(struct xc_dom_image *dom)
{
    int rc = 0;

    if (dom->pv_p2m)
        return fail(dom->xch, EINVAL, "the guest has its memory already");
    if (check_host(dom))
        return -1;
    dom->pv_p2m = xc_dom_malloc_page_aligned(dom, dom->total_pages * sizeof(*dom->pv_p2m));
    if (!dom->pv_p2m)
        return -1;
    dom->p2m_size = dom->total_pages;
    for (xen_pfn_t i = 0; dom->nr_vmemranges && i < dom->total_pages; i++)
        dom->pv_p2m[i] = XG_NO_PFN;
    if (dom->claim_enabled && claim(dom))
        return -1;
    rc = populate(dom);
    if (dom->claim_enabled) {
        int saved = errno;

        /* What was not used of the claim must not stay behind, whatever happened. */
        xc_domain_claim_pages(dom->xch, dom->guest_domid, 0);
        errno = saved;
    }
    return rc;
}
