/* SPDX-License-Identifier: MIT */
/* Giving out the guest's pages, and mapping them here. */
#include <sys/mman.h>
#include "dom/private.h"

#define PAGES_PER_MIB 256

/* The first page behind those that segments can take. */
static uint64_t room(const struct xc_dom_image *dom)
{
    uint64_t low = dom->lowmem_end >> XG_PAGE_SHIFT;

    return xc_dom_translated(dom) && low && low < dom->total_pages ? low : dom->total_pages;
}

int xg_check_room(struct xc_dom_image *dom, uint64_t pages, const char *name)
{
    uint64_t need = 0;

    if (dom->pfn_alloc_end <= room(dom) && pages <= room(dom) - dom->pfn_alloc_end)
        return 0;
    need = (dom->pfn_alloc_end + pages + PAGES_PER_MIB - 1) / PAGES_PER_MIB;
    xg__fail(dom->xch, ENOMEM, "xc_dom_build_image",
             "the guest's memory of %llu MiB is too small for its %s",
             (unsigned long long)(dom->total_pages / PAGES_PER_MIB), name);
    xenerr_field(XENERR_LIMIT, "guest memory: at least %llu MiB are needed, it has %llu MiB",
                 (unsigned long long)need, (unsigned long long)(dom->total_pages / PAGES_PER_MIB));
    return -1;
}

/* The caller's hook wants to know of each page that is given out. */
static int gave_out(struct xc_dom_image *dom)
{
    return dom->allocate ? dom->allocate(dom) : 0;
}

void xg_alloc_start(struct xc_dom_image *dom, xen_vaddr_t vaddr)
{
    dom->pfn_alloc_end = dom->rambase_pfn;
    dom->virt_alloc_end = vaddr;
}

int xg_alloc_unmapped(struct xc_dom_image *dom, uint64_t pages, const char *name, xen_pfn_t *pfn)
{
    if (xg_check_room(dom, pages, name))
        return -1;
    *pfn = dom->pfn_alloc_end;
    dom->pfn_alloc_end += pages;
    return gave_out(dom);
}

/* Leave out pages so that what comes next starts at @start. */
static int pad_to(struct xc_dom_image *dom, xen_vaddr_t start, const char *name)
{
    uint64_t pages = 0;

    if (start & (XG_PAGE_SIZE - 1))
        return fail(dom->xch, EINVAL, "%s: address %#llx is not page-aligned", name,
                    (unsigned long long)start);
    if (start < dom->virt_alloc_end)
        return fail(dom->xch, EINVAL, "%s: address %#llx is taken already", name,
                    (unsigned long long)start);
    pages = (start - dom->virt_alloc_end) >> XG_PAGE_SHIFT;
    if (xg_check_room(dom, pages, name))
        return -1;
    dom->pfn_alloc_end += pages;
    dom->virt_alloc_end = start;
    return 0;
}

PUBLIC int xc_dom_alloc_segment(struct xc_dom_image *dom, struct xc_dom_seg *seg, const char *name,
                                xen_vaddr_t start, xen_vaddr_t size)
{
    uint64_t pages = xg_pages(size);
    xen_vaddr_t end = 0;

    if (start && pad_to(dom, start, name))
        return -1;
    if (xg_check_room(dom, pages, name))
        return -1;
    if (__builtin_add_overflow(dom->virt_alloc_end, pages << XG_PAGE_SHIFT, &end))
        return fail(dom->xch, EINVAL, "%s: no virtual addresses left", name);
    seg->vstart = dom->virt_alloc_end;
    seg->vend = end;
    seg->pfn = dom->pfn_alloc_end;
    seg->pages = pages;
    dom->pfn_alloc_end += pages;
    dom->virt_alloc_end = end;
    xc_dom_printf(dom->xch, "%-14s %#llx to %#llx, page %#llx, %llu pages", name,
                  (unsigned long long)seg->vstart, (unsigned long long)seg->vend,
                  (unsigned long long)seg->pfn, (unsigned long long)pages);
    return gave_out(dom);
}

PUBLIC xen_pfn_t xc_dom_alloc_page(struct xc_dom_image *dom, const char *name)
{
    struct xc_dom_seg seg;

    return xc_dom_alloc_segment(dom, &seg, name, 0, XG_PAGE_SIZE) ? XG_NO_PFN : seg.pfn;
}

PUBLIC void *xc_dom_boot_domU_map(struct xc_dom_image *dom, xen_pfn_t pfn, xen_pfn_t count)
{
    xen_pfn_t *frames = NULL;
    void *ptr = NULL;

    if (!xc_dom_translated(dom) && (pfn >= dom->total_pages || count > dom->total_pages - pfn)) {
        fail(dom->xch, EINVAL, "pages %#llx to %#llx are beyond the guest's memory",
             (unsigned long long)pfn, (unsigned long long)(pfn + count));
        return NULL;
    }
    frames = calloc(count, sizeof(*frames));
    if (!frames) {
        fail(dom->xch, ENOMEM, "no memory to map %llu pages", (unsigned long long)count);
        return NULL;
    }
    for (xen_pfn_t i = 0; i < count; i++)
        frames[i] = xc_dom_p2m(dom, pfn + i);
    ptr = xenforeignmemory_map(xc_interface_fmem_handle(dom->xch), dom->guest_domid,
                               PROT_READ | PROT_WRITE, count, frames, NULL);
    if (!ptr)
        wrap(dom->xch, "cannot map %llu pages of domain %u from page %#llx on",
             (unsigned long long)count, dom->guest_domid, (unsigned long long)pfn);
    free(frames);
    return ptr;
}

static struct xc_dom_phys *find_mapping(struct xc_dom_image *dom, xen_pfn_t pfn)
{
    struct xc_dom_phys *phys = dom->phys_pages;

    while (phys && (pfn < phys->first || pfn - phys->first >= phys->count))
        phys = phys->next;
    return phys;
}

static struct xc_dom_phys *add_mapping(struct xc_dom_image *dom, xen_pfn_t first, xen_pfn_t count)
{
    struct xc_dom_phys *phys = calloc(1, sizeof(*phys));

    if (!phys) {
        fail(dom->xch, ENOMEM, "no memory to remember a mapping");
        return NULL;
    }
    phys->first = first;
    phys->count = count;
    phys->ptr = xc_dom_boot_domU_map(dom, first, count);
    if (!phys->ptr) {
        free(phys);
        return NULL;
    }
    dom->alloc_domU_map += count << XG_PAGE_SHIFT;
    phys->next = dom->phys_pages;
    dom->phys_pages = phys;
    return phys;
}

PUBLIC void *xc_dom_pfn_to_ptr_retcount(struct xc_dom_image *dom, xen_pfn_t first, xen_pfn_t count,
                                        xen_pfn_t *count_out)
{
    struct xc_dom_phys *phys = find_mapping(dom, first);
    xen_pfn_t left = 0;

    *count_out = 0;
    if (!phys && !count) {
        fail(dom->xch, EINVAL, "page %#llx is not mapped", (unsigned long long)first);
        return NULL;
    }
    if (!phys)
        phys = add_mapping(dom, first, count);
    if (!phys)
        return NULL;
    left = phys->count - (first - phys->first);
    if (count > left) {
        fail(dom->xch, EINVAL, "pages from %#llx on are mapped in part only",
             (unsigned long long)first);
        return NULL;
    }
    *count_out = count ? count : left;
    return (char *)phys->ptr + ((first - phys->first) << XG_PAGE_SHIFT);
}

PUBLIC void *xc_dom_pfn_to_ptr(struct xc_dom_image *dom, xen_pfn_t first, xen_pfn_t count)
{
    xen_pfn_t got = 0;

    return xc_dom_pfn_to_ptr_retcount(dom, first, count, &got);
}

/* Take the mapping at *link out of the list. */
static void unmap(struct xc_dom_image *dom, struct xc_dom_phys **link)
{
    struct xc_dom_phys *phys = *link;

    *link = phys->next;
    munmap(phys->ptr, phys->count << XG_PAGE_SHIFT);
    dom->alloc_domU_map -= phys->count << XG_PAGE_SHIFT;
    free(phys);
}

PUBLIC void xc_dom_unmap_one(struct xc_dom_image *dom, xen_pfn_t pfn)
{
    struct xc_dom_phys *phys = find_mapping(dom, pfn);
    struct xc_dom_phys **link = &dom->phys_pages;

    if (!phys)
        return;
    while (*link != phys)
        link = &(*link)->next;
    unmap(dom, link);
}

PUBLIC void xc_dom_unmap_all(struct xc_dom_image *dom)
{
    while (dom->phys_pages)
        unmap(dom, &dom->phys_pages);
}

PUBLIC void *xc_dom_vaddr_to_ptr(struct xc_dom_image *dom, xen_vaddr_t vaddr,
                                 size_t *safe_region_out)
{
    uint64_t offset = vaddr - xc_dom_virt_base(dom);
    xen_pfn_t pages = 0;
    char *ptr = NULL;

    *safe_region_out = 0;
    if (vaddr < xc_dom_virt_base(dom) || !find_mapping(dom, offset >> XG_PAGE_SHIFT))
        return NULL;
    ptr = xc_dom_pfn_to_ptr_retcount(dom, offset >> XG_PAGE_SHIFT, 0, &pages);
    if (!ptr)
        return NULL;
    offset &= XG_PAGE_SIZE - 1;
    *safe_region_out = (pages << XG_PAGE_SHIFT) - offset;
    return ptr + offset;
}
