/* SPDX-License-Identifier: MIT */
/* A PV guest's memory: machine frames for each of its pages. */
#include <inttypes.h>
#include <xen/memory.h>
#include "dom/private.h"

#define SUPER_ORDER 9
#define SUPER_PAGES (UINT64_C(1) << SUPER_ORDER)
/* Extents asked for at once; bounds the arrays that go along with the hypercall. */
#define BATCH (UINT64_C(1) << 16)

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
            return xg_out_of_memory(dom, "xc_dom_boot_mem_init");
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

int xg_pv_meminit(struct xc_dom_image *dom)
{
    int rc = 0;

    if (dom->pv_p2m)
        return fail(dom->xch, EINVAL, "the guest has its memory already");
    if (xg_check_host(dom))
        return -1;
    dom->pv_p2m = xc_dom_malloc_page_aligned(dom, dom->total_pages * sizeof(*dom->pv_p2m));
    if (!dom->pv_p2m)
        return -1;
    dom->p2m_size = dom->total_pages;
    for (xen_pfn_t i = 0; dom->nr_vmemranges && i < dom->total_pages; i++)
        dom->pv_p2m[i] = XG_NO_PFN;
    if (xg_claim(dom))
        return -1;
    rc = populate(dom);
    xg_end_claim(dom);
    xg_dom(dom)->populated = !rc;
    return rc;
}
