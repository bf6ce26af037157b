/* SPDX-License-Identifier: MIT */
/*
 * The page tables that a 64-bit PV guest starts with (xen/xen.h, "start of day memory layout"):
 * one region from VIRT_BASE that holds everything, and, for kernels that ask with INIT_P2M, a
 * second one that holds the P2M list, with tables of its own behind the list.
 */
#include "dom/private.h"

#define PTES            512
#define INDEX_BITS      9
#define REGION_ALIGN    (UINT64_C(4) << 20)
#define REGION_SLACK    (UINT64_C(512) << 10)
#define PTE_PRESENT     0x001
#define PTE_RW          0x002
#define PTE_USER        0x004
#define PTE_ACCESSED    0x020
#define PTE_DIRTY       0x040
#define PTE_TABLE_FLAGS (PTE_PRESENT | PTE_RW | PTE_USER | PTE_ACCESSED | PTE_DIRTY)
#define PTE_PAGE_FLAGS  (PTE_PRESENT | PTE_USER | PTE_ACCESSED)

/* Bits of an address below what one table of a level maps; level 0 is L1. */
static unsigned int table_shift(unsigned int level)
{
    return XG_PAGE_SHIFT + INDEX_BITS * (level + 1);
}

/*
 * Find out which tables map [vstart, vend) up to @levels levels.  They follow each other from
 * @pfn on, highest level first.
 */
static void count_tables(struct xg_mapping *map, unsigned int levels, xen_pfn_t pfn)
{
    map->tables_pfn = pfn;
    map->nr_tables = 0;
    for (unsigned int level = levels; level-- > 0;) {
        struct xg_tables *t = &map->level[level];
        unsigned int shift = table_shift(level);

        /* The top table is one whatever it maps: its shift leaves no address bits but signs. */
        t->first = level == XG_LEVELS - 1 ? 0 : map->vstart >> shift;
        t->count = level == XG_LEVELS - 1 ? 1 : ((map->vend - 1) >> shift) - t->first + 1;
        t->pfn = pfn + map->nr_tables;
        map->nr_tables += t->count;
    }
}

/* Round up to the region's alignment; false if that wraps around. */
static bool region_end(xen_vaddr_t needed, xen_vaddr_t *end)
{
    if (__builtin_add_overflow(needed, REGION_SLACK + REGION_ALIGN - 1, end))
        return false;
    *end &= ~(REGION_ALIGN - 1);
    return true;
}

/* The region holds its own tables: grow it until it holds the tables that its size needs. */
static int size_region(struct xc_dom_image *dom, struct xg_mapping *map)
{
    xen_vaddr_t end = 0;
    bool fits = region_end(dom->virt_alloc_end, &map->vend);

    while (fits) {
        count_tables(map, XG_LEVELS, dom->pfn_alloc_end);
        fits = region_end(
            dom->virt_alloc_end + ((map->nr_tables + dom->alloc_bootstack) << XG_PAGE_SHIFT), &end);
        if (fits && end <= map->vend)
            return 0;
        map->vend = end;
    }
    return fail(dom->xch, EINVAL, "kernel, modules and page tables do not fit above address %#llx",
                (unsigned long long)map->vstart);
}

int xg_pv_alloc_pgtables(struct xc_dom_image *dom)
{
    struct xg_mapping *map = &xg_dom(dom)->maps[0];
    uint64_t beyond = 0;

    memset(map, 0, sizeof(*map));
    map->vstart = xc_dom_virt_base(dom);
    map->pfn = dom->rambase_pfn;
    if (size_region(dom, map))
        return -1;
    if (xc_dom_alloc_segment(dom, &dom->pgtables_seg, "page tables", 0,
                             map->nr_tables << XG_PAGE_SHIFT))
        return -1;
    if (dom->alloc_bootstack) {
        dom->bootstack_pfn = xc_dom_alloc_page(dom, "boot stack");
        if (dom->bootstack_pfn == XG_NO_PFN)
            return -1;
    }
    dom->virt_pgtab_end = map->vend;
    xg_dom(dom)->nr_maps = 1;
    beyond = ((map->vend - map->vstart) >> XG_PAGE_SHIFT) - dom->pfn_alloc_end;
    return xg_check_room(dom, beyond, "kernel, modules and 512 KiB of free space");
}

static uint64_t list_pages(struct xc_dom_image *dom)
{
    return xg_pages(dom->total_pages * sizeof(uint64_t));
}

/* Do two mappings need the same table below the top level? */
static bool share_tables(const struct xg_mapping *a, const struct xg_mapping *b)
{
    unsigned int shift = table_shift(XG_LEVELS - 2);

    return a->vstart >> shift <= (b->vend - 1) >> shift &&
           b->vstart >> shift <= (a->vend - 1) >> shift;
}

static int map_list(struct xc_dom_image *dom, struct xg_mapping *map, uint64_t pages)
{
    memset(map, 0, sizeof(*map));
    map->vstart = xg_dom(dom)->kernel.notes.init_p2m;
    if (__builtin_add_overflow(map->vstart, pages << XG_PAGE_SHIFT, &map->vend))
        return fail(dom->xch, EINVAL, "the P2M list does not fit at address %#llx (INIT_P2M)",
                    (unsigned long long)map->vstart);
    if (share_tables(&xg_dom(dom)->maps[0], map))
        return fail(dom->xch, EINVAL,
                    "the kernel wants its P2M list at %#llx (INIT_P2M), within "
                    "512 GiB of the kernel itself",
                    (unsigned long long)map->vstart);
    count_tables(map, XG_LEVELS - 1, dom->pfn_alloc_end + pages);
    return 0;
}

/* Called after the page tables' turn; a list in the region was allocated before that. */
int xg_pv_alloc_p2m_list(struct xc_dom_image *dom)
{
    struct xg_mapping *map = &xg_dom(dom)->maps[1];
    uint64_t pages = list_pages(dom);

    if (!image_has_note(&xg_dom(dom)->kernel.notes, XEN_ELFNOTE_INIT_P2M))
        return 0;
    if (map_list(dom, map, pages))
        return -1;
    dom->p2m_seg.pages = pages + map->nr_tables;
    if (xg_alloc_unmapped(dom, dom->p2m_seg.pages, "P2M list", &dom->p2m_seg.pfn))
        return -1;
    map->pfn = dom->p2m_seg.pfn;
    dom->p2m_seg.vstart = map->vstart;
    dom->p2m_seg.vend = map->vend;
    xg_dom(dom)->nr_maps = 2;
    return 0;
}

static bool is_table(const struct xg_dom *dom, xen_pfn_t pfn)
{
    for (unsigned int i = 0; i < dom->nr_maps; i++)
        if (pfn >= dom->maps[i].tables_pfn &&
            pfn - dom->maps[i].tables_pfn < dom->maps[i].nr_tables)
            return true;
    return false;
}

/* The entry of a table of @level for @vaddr: a page, or a table of the next level. */
static uint64_t make_entry(struct xc_dom_image *dom, const struct xg_mapping *map,
                           unsigned int level, xen_vaddr_t vaddr)
{
    uint64_t flags = PTE_TABLE_FLAGS;
    xen_pfn_t pfn = 0;

    if (level == 0) {
        pfn = map->pfn + ((vaddr - map->vstart) >> XG_PAGE_SHIFT);
        flags = PTE_PAGE_FLAGS;
        /* A guest may read its page tables but not write them. */
        if (!is_table(xg_dom(dom), pfn))
            flags |= PTE_RW | PTE_DIRTY;
    } else {
        const struct xg_tables *below = &map->level[level - 1];

        pfn = below->pfn + ((vaddr >> table_shift(level - 1)) - below->first);
    }
    return dom->pv_p2m[pfn] << XG_PAGE_SHIFT | flags;
}

/* Write all entries that @map needs in the tables @t of @level. */
static int fill_level(struct xc_dom_image *dom, const struct xg_mapping *map, unsigned int level,
                      const struct xg_tables *t)
{
    unsigned int shift = level ? table_shift(level - 1) : XG_PAGE_SHIFT;
    uint64_t first = map->vstart >> shift;
    uint64_t last = (map->vend - 1) >> shift;
    uint64_t *tables = xc_dom_pfn_to_ptr(dom, t->pfn, t->count);
    uint64_t skip = level == XG_LEVELS - 1 ? 0 : t->first;

    if (!tables)
        return -1;
    for (uint64_t i = first; i <= last; i++) {
        uint64_t table = level == XG_LEVELS - 1 ? 0 : (i >> INDEX_BITS) - skip;

        tables[table * PTES + (i & (PTES - 1))] = make_entry(dom, map, level, i << shift);
    }
    return 0;
}

static int clear_tables(struct xc_dom_image *dom, const struct xg_mapping *map)
{
    void *tables = xc_dom_pfn_to_ptr(dom, map->tables_pfn, map->nr_tables);

    if (!tables)
        return -1;
    memset(tables, 0, map->nr_tables << XG_PAGE_SHIFT);
    return 0;
}

static int write_list(struct xc_dom_image *dom)
{
    uint64_t size = dom->total_pages * sizeof(uint64_t);
    char *list = xc_dom_pfn_to_ptr(dom, dom->p2m_seg.pfn, list_pages(dom));

    if (!list)
        return -1;
    memcpy(list, dom->pv_p2m, size);
    memset(list + size, 0, (list_pages(dom) << XG_PAGE_SHIFT) - size);
    return 0;
}

int xg_pv_setup_pgtables(struct xc_dom_image *dom)
{
    struct xg_dom *whole = xg_dom(dom);
    const struct xg_tables *top = &whole->maps[0].level[XG_LEVELS - 1];

    for (unsigned int i = 0; i < whole->nr_maps; i++) {
        const struct xg_mapping *map = &whole->maps[i];

        if (clear_tables(dom, map))
            return -1;
        for (unsigned int level = 0; level < XG_LEVELS; level++)
            if (fill_level(dom, map, level, level == XG_LEVELS - 1 ? top : &map->level[level]))
                return -1;
    }
    return write_list(dom);
}
