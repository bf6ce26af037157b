/* SPDX-License-Identifier: MIT */
/* The physical memory of a guest in an HVM container: its layout, its pages, its map. */
#include <inttypes.h>
#include <xen/memory.h>
#include "x86/hvm.h"

/* Extents asked for at once; bounds the array that goes along with the hypercall. */
#define BATCH 4096u

/* Sizes of pages that the hypervisor can map at once: 1 GiB, 2 MiB, 4 KiB. */
static const unsigned int orders[] = {18, 9, 0};
#define LEVEL_2M 1
#define LEVEL_4K 2

/* ---- layout ---- */

static uint64_t low_pages(const struct xc_dom_image *dom)
{
    return dom->lowmem_end >> XG_PAGE_SHIFT;
}

static uint64_t high_pages(const struct xc_dom_image *dom)
{
    return dom->highmem_end > XG_4GIB ? (dom->highmem_end - XG_4GIB) >> XG_PAGE_SHIFT : 0;
}

int xg_hvm_lay_out_ram(struct xc_dom_image *dom)
{
    uint64_t size = dom->total_pages << XG_PAGE_SHIFT;

    if (!dom->mmio_start)
        dom->mmio_start = XG_ACPI_BASE;
    if (!dom->mmio_size)
        dom->mmio_size = XG_4GIB - dom->mmio_start;
    if (!dom->lowmem_end) {
        dom->lowmem_end = size < dom->mmio_start ? size : dom->mmio_start;
        dom->highmem_end = size > dom->lowmem_end ? XG_4GIB + size - dom->lowmem_end : 0;
    }
    if (dom->lowmem_end > dom->mmio_start || dom->mmio_start > XG_ACPI_BASE)
        return fail(dom->xch, EINVAL, "RAM up to %#" PRIx64 " leaves no hole below 4 GiB",
                    dom->lowmem_end > dom->mmio_start ? dom->lowmem_end : dom->mmio_start);
    if (low_pages(dom) + high_pages(dom) != dom->total_pages)
        return fail(dom->xch, EINVAL, "the ranges of RAM do not add up to the guest's memory");
    return 0;
}

uint64_t xg_hvm_acpi_size(const struct xc_dom_image *dom)
{
    uint64_t end = 0;

    for (unsigned int i = 0; i < MAX_ACPI_MODULES; i++) {
        const struct xc_hvm_firmware_module *m = &dom->acpi_modules[i];
        uint64_t module_end = m->guest_addr_out + m->length;

        if (m->length && module_end > XG_ACPI_BASE && module_end - XG_ACPI_BASE > end)
            end = module_end - XG_ACPI_BASE;
    }
    return (end + XG_PAGE_SIZE - 1) & XG_PAGE_MASK;
}

static void add_range(struct e820entry *map, unsigned int *nr, uint64_t start, uint64_t end,
                      uint32_t type)
{
    if (end > start)
        map[(*nr)++] = (struct e820entry){.addr = start, .size = end - start, .type = type};
}

unsigned int xg_hvm_memory_map(const struct xc_dom_image *dom, struct e820entry *map)
{
    uint64_t special = (uint64_t)XG_SPECIAL_FRAME(0) << XG_PAGE_SHIFT;
    uint64_t special_end = (uint64_t)X86_HVM_END_SPECIAL_REGION << XG_PAGE_SHIFT;
    unsigned int nr = 0;

    add_range(map, &nr, 0, dom->lowmem_end, E820_RAM);
    add_range(map, &nr, XG_ACPI_BASE, XG_ACPI_BASE + xg_hvm_acpi_size(dom), E820_ACPI);
    add_range(map, &nr, special, special_end, E820_RESERVED);
    add_range(map, &nr, XG_4GIB, dom->highmem_end, E820_RAM);
    return nr;
}

/* ---- pages ---- */

static int no_demand(struct xc_dom_image *dom)
{
    wrap(dom->xch, "cannot give domain %u less memory than its maximum", dom->guest_domid);
    xenerr_field(XENERR_HINT, "give it its maximum at once");
    return -1;
}

/* Ask for @count extents of 2^@order pages; returns how many there were, or -1. */
static int64_t ask(struct xc_dom_image *dom, xen_pfn_t first, uint64_t count, unsigned int order,
                   unsigned int memflags)
{
    xen_pfn_t *extents = calloc(count, sizeof(*extents));
    int64_t done = 0;

    if (!extents)
        return fail(dom->xch, ENOMEM, "no memory to populate the guest");
    for (uint64_t i = 0; i < count; i++)
        extents[i] = first + (i << order);
    done = xc_domain_populate_physmap(dom->xch, dom->guest_domid, count, order, memflags, extents);
    free(extents);
    if (done < 0 && memflags & XENMEMF_populate_on_demand && errno == EOPNOTSUPP)
        return no_demand(dom);
    if (done < 0)
        xenerr_begin(); /* smaller pages may still do; if not, that is the error to tell */
    return done < 0 ? 0 : done;
}

static int populate(struct xc_dom_image *dom, xen_pfn_t first, xen_pfn_t end, unsigned int level,
                    unsigned int memflags)
{
    unsigned int order = orders[level];
    uint64_t size = UINT64_C(1) << order;
    xen_pfn_t aligned = (first + size - 1) & ~(size - 1);

    if (aligned > end || end - aligned < size)
        return first == end ? 0 : populate(dom, first, end, level + 1, memflags);
    if (first != aligned && populate(dom, first, aligned, level + 1, memflags))
        return -1;
    for (first = aligned; end - first >= size;) {
        uint64_t left = (end - first) >> order;
        uint64_t count = left < BATCH ? left : BATCH;
        int64_t done = ask(dom, first, count, order, memflags);

        if (done < 0)
            return -1;
        first += (uint64_t)done << order;
        if ((uint64_t)done == count)
            continue;
        if (level == LEVEL_4K)
            return xg_out_of_memory(dom, "xc_dom_boot_mem_init");
        if (populate(dom, first, first + size, level + 1, memflags))
            return -1;
        first += size;
    }
    return first == end ? 0 : populate(dom, first, end, level + 1, memflags);
}

int xg_hvm_populate(struct xc_dom_image *dom, xen_pfn_t first, xen_pfn_t end, unsigned int memflags)
{
    /* The hypervisor takes memory that is given on demand in pieces of 2 MiB at most. */
    unsigned int level = memflags & XENMEMF_populate_on_demand ? LEVEL_2M : 0;

    return populate(dom, first, end, level, memflags);
}

/*
 * With a target below the maximum, pages are given when they are touched; the guest has to balloon
 * down to its target before it has touched more.
 */
static int populate_ram(struct xc_dom_image *dom)
{
    bool on_demand = xg_wanted_pages(dom) < dom->total_pages;
    unsigned int memflags = on_demand ? XENMEMF_populate_on_demand : 0;
    xen_pfn_t high = XG_4GIB >> XG_PAGE_SHIFT;

    /* First, so that the pages are there for those that the builder itself touches. */
    if (on_demand && xc_domain_set_pod_target(dom->xch, dom->guest_domid, xg_wanted_pages(dom),
                                              NULL, NULL, NULL))
        return no_demand(dom);
    if (xg_hvm_populate(dom, 0, low_pages(dom), memflags))
        return -1;
    return xg_hvm_populate(dom, high, high + high_pages(dom), memflags);
}

int xg_hvm_meminit(struct xc_dom_image *dom)
{
    int rc = 0;

    if (xg_dom(dom)->populated)
        return fail(dom->xch, EINVAL, "the guest has its memory already");
    if (dom->nr_vmemranges)
        return fail(dom->xch, EOPNOTSUPP, "virtual NUMA is for PV guests only");
    if (xg_hvm_lay_out_ram(dom) || xg_check_host(dom) || xg_claim(dom))
        return -1;
    rc = populate_ram(dom);
    xg_end_claim(dom);
    xg_dom(dom)->populated = !rc;
    return rc;
}
