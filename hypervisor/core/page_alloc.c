/* SPDX-License-Identifier: MIT */
/* The frame allocator: buddy lists by NUMA node, zone and order.
 *
 * The first frame of a free block has PGC_state_free and the block's order; the others have
 * count_info 0, or PGC_clean.  Clean is a property of each free frame by itself: it may be given
 * to a domain without being scrubbed.  What a domain or the hypervisor frees is dirty.
 *
 * Idle CPUs scrub.  They look for blocks marked BLOCK_DIRTY, which stand at the end of their lists;
 * those without the mark, all of whose frames are clean, are allocated first.  The two kinds do not
 * merge, or a scrubber would not know where in a large block it was. */
#include <hv/arch/mm.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/mm.h>
#include <hv/printk.h>
#include <hv/string.h>

/* Zones keep memory that old devices can reach from being used up: below 16 MiB, below 4 GiB,
 * rest. */
#define NR_ZONES 3
static const uint64_t zone_end[NR_ZONES] = {1UL << (24 - PAGE_SHIFT), 1UL << (32 - PAGE_SHIFT),
                                            ~0UL};

#define MAX_RAM_RANGES 128
struct frames {
    uint64_t first, end;
    unsigned int node;
};
static struct frames ram[MAX_RAM_RANGES]; /* sorted */
static unsigned int nr_ram;
static struct frames node_ranges[4 * MAX_NUMNODES];
static unsigned int nr_node_ranges, nr_nodes = 1;

static spinlock_t heap_lock = SPINLOCK_INIT;
static struct page_list free_list[MAX_NUMNODES][NR_ZONES][MAX_ORDER + 1];
static uint64_t free_count[MAX_NUMNODES], free_total, pages_total, claims_total;
static uint64_t dirty_total; /* free frames that are not clean; atomic */
static uint64_t scrubbing;   /* free frames that are on no list, since a CPU scrubs them */

#define BLOCK_DIRTY  (1U << 31) /* in u.order of a free block */
#define SCRUB_FRAMES 64UL       /* that a CPU takes off the lists at a time */
#define SCRUB_BLOCKS 16
#define SCRUB_STEP   512 /* bytes */
static bool lists_ready;

/* --- lists of frames -------------------------------------------------------------------------- */
void page_list_add_tail(struct page_list *l, struct page_info *pg)
{
    uint32_t n = (uint32_t)page_to_mfn(pg).v;

    pg->next = PAGE_LIST_END;
    pg->prev = l->tail;
    if (l->tail == PAGE_LIST_END)
        l->head = n;
    else
        frame_table[l->tail].next = n;
    l->tail = n;
    l->count++;
}

static void page_list_add_head(struct page_list *l, struct page_info *pg)
{
    uint32_t n = (uint32_t)page_to_mfn(pg).v;

    pg->prev = PAGE_LIST_END;
    pg->next = l->head;
    if (l->head == PAGE_LIST_END)
        l->tail = n;
    else
        frame_table[l->head].prev = n;
    l->head = n;
    l->count++;
}

void page_list_del(struct page_list *l, struct page_info *pg)
{
    if (pg->prev == PAGE_LIST_END)
        l->head = pg->next;
    else
        frame_table[pg->prev].next = pg->next;
    if (pg->next == PAGE_LIST_END)
        l->tail = pg->prev;
    else
        frame_table[pg->next].prev = pg->prev;
    pg->next = pg->prev = PAGE_LIST_END;
    l->count--;
}

struct page_info *page_list_first(const struct page_list *l)
{
    return l->head == PAGE_LIST_END ? NULL : &frame_table[l->head];
}

struct page_info *page_list_next(const struct page_list *l, const struct page_info *pg)
{
    return pg->next == PAGE_LIST_END ? NULL : &frame_table[pg->next];
}

/* --- what there is ---------------------------------------------------------------------------- */
void heap_note_ram(maddr_t start, maddr_t end)
{
    uint64_t first = DIV_ROUND_UP(start, PAGE_SIZE), last = end >> PAGE_SHIFT;
    unsigned int i, j;

    if (first >= last)
        return;
    for (i = 0; i < nr_ram && ram[i].end < first; i++)
        ;
    /* Swallow all that overlap or touch. */
    for (j = i; j < nr_ram && ram[j].first <= last; j++) {
        first = min(first, ram[j].first);
        last = max(last, ram[j].end);
    }
    if (i == j && nr_ram == MAX_RAM_RANGES) {
        printk(XENLOG_ERR "Too many RAM ranges: %#lx-%#lx not used\n", start, end);
        return;
    }
    memmove(&ram[i + 1], &ram[j], (nr_ram - j) * sizeof(ram[0]));
    nr_ram = nr_ram - (j - i) + 1;
    ram[i] = (struct frames){first, last, 0};
}

bool mfn_valid(mfn_t mfn)
{
    for (unsigned int i = 0; i < nr_ram; i++)
        if (mfn.v - ram[i].first < ram[i].end - ram[i].first)
            return true;
    return false;
}

void heap_set_node_range(unsigned int node, maddr_t start, maddr_t end)
{
    if (node >= MAX_NUMNODES || nr_node_ranges == ARRAY_SIZE(node_ranges) || start >= end)
        return;
    node_ranges[nr_node_ranges++] = (struct frames){start >> PAGE_SHIFT, end >> PAGE_SHIFT, node};
    nr_nodes = max(nr_nodes, node + 1);
}

unsigned int num_nodes(void)
{
    return nr_nodes;
}

static unsigned int mfn_to_node(uint64_t mfn)
{
    for (unsigned int i = 0; i < nr_node_ranges; i++)
        if (mfn >= node_ranges[i].first && mfn < node_ranges[i].end)
            return node_ranges[i].node;
    return 0;
}

bool node_range(unsigned int node, maddr_t *start, maddr_t *end, uint64_t *size)
{
    uint64_t first = ~0UL, last = 0, frames = 0;

    for (unsigned int i = 0; i < nr_ram; i++) {
        uint64_t at = ram[i].first;

        while (at < ram[i].end) { /* piece by piece of one node */
            uint64_t stop = ram[i].end;

            for (unsigned int j = 0; j < nr_node_ranges; j++) {
                if (node_ranges[j].first > at)
                    stop = min(stop, node_ranges[j].first);
                else if (node_ranges[j].end > at)
                    stop = min(stop, node_ranges[j].end);
            }
            if (mfn_to_node(at) == node) {
                first = min(first, at);
                last = max(last, stop);
                frames += stop - at;
            }
            at = stop;
        }
    }
    *start = frames ? first << PAGE_SHIFT : 0;
    *end = last << PAGE_SHIFT;
    *size = frames << PAGE_SHIFT;
    return frames != 0;
}

/* --- the buddy system; heap_lock is held ------------------------------------------------------ */
static unsigned int zone_of(uint64_t mfn)
{
    unsigned int z = 0;

    while (mfn >= zone_end[z])
        z++;
    return z;
}

static struct page_list *list_of(uint64_t mfn, unsigned int order)
{
    return &free_list[mfn_to_node(mfn)][zone_of(mfn)][order];
}

/* Blocks do not straddle zones; nodes neither, as long as they are aligned to the largest block or
 * differ here. */
static bool is_free_buddy(uint64_t mfn, uint64_t buddy, unsigned int order)
{
    const struct page_info *pg = &frame_table[buddy];

    return mfn_valid(_mfn(buddy)) && (pg->count_info & PGC_state_free) &&
           (pg->u.order & ~BLOCK_DIRTY) == order && zone_of(mfn) == zone_of(buddy) &&
           mfn_to_node(mfn) == mfn_to_node(buddy);
}

static void mark_free(uint64_t mfn, unsigned int order, uint32_t dirty)
{
    struct page_info *pg = &frame_table[mfn];

    pg->count_info |= PGC_state_free;
    pg->u.order = order | dirty;
    if (dirty)
        page_list_add_tail(list_of(mfn, order), pg);
    else
        page_list_add_head(list_of(mfn, order), pg);
}

/* What it was: its order and mark. */
static uint32_t unmark_free(uint64_t mfn)
{
    struct page_info *pg = &frame_table[mfn];
    uint32_t was = pg->u.order;

    page_list_del(list_of(mfn, was & ~BLOCK_DIRTY), pg);
    pg->count_info &= ~PGC_state_free;
    pg->u.order = 0;
    return was;
}

/* Merge with buddies that are dirty, or not, as this block is; `any`: with the others too. */
static void put_block(uint64_t mfn, unsigned int order, uint32_t dirty, bool any)
{
    while (order < MAX_ORDER) {
        uint64_t buddy = mfn ^ (1UL << order);

        if (!is_free_buddy(mfn, buddy, order) ||
            (!any && (frame_table[buddy].u.order & BLOCK_DIRTY) != dirty))
            break;
        dirty |= unmark_free(buddy) & BLOCK_DIRTY;
        mfn = min(mfn, buddy);
        order++;
    }
    mark_free(mfn, order, dirty);
}

static void free_block(uint64_t mfn, unsigned int order)
{
    free_count[mfn_to_node(mfn)] += 1UL << order;
    free_total += 1UL << order;
    put_block(mfn, order, BLOCK_DIRTY, false);
}

/* Take 2^order frames out of the free block at mfn: the lower ones, or the upper ones. */
static uint64_t split_block(uint64_t mfn, unsigned int order, bool lower)
{
    uint32_t was = unmark_free(mfn), dirty = was & BLOCK_DIRTY;
    unsigned int have = was & ~BLOCK_DIRTY;

    while (have > order) {
        have--;
        if (lower) {
            mark_free(mfn + (1UL << have), have, dirty);
        } else {
            mark_free(mfn, have, dirty);
            mfn += 1UL << have;
        }
    }
    return mfn;
}

static uint64_t carve(uint64_t mfn, unsigned int order, bool lower)
{
    mfn = split_block(mfn, order, lower);
    free_count[mfn_to_node(mfn)] -= 1UL << order;
    free_total -= 1UL << order;
    return mfn;
}

#define NO_FRAME (~0UL)

static uint64_t take_from_zone(unsigned int node, unsigned int zone, unsigned int order,
                               uint64_t limit, bool clean)
{
    const bool whole = zone_end[zone] <= limit;

    for (unsigned int o = order; o <= MAX_ORDER; o++) {
        struct page_info *pg = page_list_first(&free_list[node][zone][o]);

        /* clean ones come first */
        for (; pg && !(clean && (pg->u.order & BLOCK_DIRTY));
             pg = page_list_next(&free_list[node][zone][o], pg))
            if (whole || page_to_mfn(pg).v + (1UL << order) <= limit)
                return carve(page_to_mfn(pg).v, order, !whole);
    }
    return NO_FRAME;
}

static uint64_t take_from_node(unsigned int node, unsigned int order, uint64_t limit)
{
    for (unsigned int zone = NR_ZONES; zone-- > 0;) {
        uint64_t mfn;

        if (zone && zone_end[zone - 1] >= limit)
            continue;
        mfn = take_from_zone(node, zone, order, limit, true);
        if (mfn == NO_FRAME)
            mfn = take_from_zone(node, zone, order, limit, false);
        if (mfn != NO_FRAME)
            return mfn;
    }
    return NO_FRAME;
}

static uint64_t take_frames(unsigned int order, unsigned int memflags)
{
    unsigned int wanted = memflags & 0xff, bits = memflags >> 16, node = wanted ? wanted - 1 : 0;
    uint64_t limit = bits && bits < 64 ? (1UL << bits) >> PAGE_SHIFT : ~0UL, mfn;

    if (node >= nr_nodes) {
        if (memflags & MEMF_exact)
            return NO_FRAME;
        node = 0;
    }
    mfn = take_from_node(node, order, limit);
    for (unsigned int i = 0; mfn == NO_FRAME && i < nr_nodes && !(memflags & MEMF_exact); i++)
        if (i != node)
            mfn = take_from_node(i, order, limit);
    return mfn;
}

/* --- scrubbing -------------------------------------------------------------------------------- */
/* The smallest: they are the first to be allocated. */
static struct page_info *find_dirty(unsigned int *order)
{
    for (unsigned int n = 0; n < nr_nodes; n++)
        for (unsigned int z = NR_ZONES; z-- > 0;)
            for (unsigned int o = 0; o <= MAX_ORDER; o++) {
                uint32_t last = free_list[n][z][o].tail;

                if (last != PAGE_LIST_END && (frame_table[last].u.order & BLOCK_DIRTY)) {
                    *order = o;
                    return &frame_table[last];
                }
            }
    return NULL;
}

/* Of the blocks that nr frames from mfn on begin with: blocks lie at multiples of their size. */
static unsigned int largest_order(uint64_t mfn, uint64_t nr)
{
    unsigned int order = 0;

    while (order < MAX_ORDER && 2UL << order <= nr && !(mfn & ((2UL << order) - 1)))
        order++;
    return order;
}

/* What one CPU takes at a time, so that idle ones do not hold up those that allocate and free. */
struct scrub_batch {
    unsigned int blocks;
    uint64_t frames;
    struct {
        uint64_t mfn, nr, clean; /* the first ones have been scrubbed */
    } at[SCRUB_BLOCKS];
};

/* The heap is locked. */
static void take_dirty(struct scrub_batch *b)
{
    unsigned int order = 0;
    struct page_info *pg;

    b->blocks = 0;
    b->frames = 0;
    while (b->blocks < SCRUB_BLOCKS && b->frames < SCRUB_FRAMES && (pg = find_dirty(&order))) {
        order = min(order, largest_order(0, SCRUB_FRAMES - b->frames));
        b->at[b->blocks].mfn = split_block(page_to_mfn(pg).v, order, true);
        b->at[b->blocks].nr = 1UL << order;
        b->at[b->blocks++].clean = 0;
        b->frames += 1UL << order;
    }
    scrubbing += b->frames;
}

/* In steps, as a frame may take long: emulators forget what they have translated of it. */
static bool clear_unless_wanted(struct page_info *pg)
{
    char *p = page_to_virt(pg);

    for (unsigned int at = 0; at < PAGE_SIZE; at += SCRUB_STEP) {
        if (softirq_pending_here())
            return false;
        memset(p + at, 0, SCRUB_STEP);
    }
    return true;
}

/* Until all are clean or this CPU is wanted; how many of them had to be. */
static uint64_t scrub(struct scrub_batch *b)
{
    uint64_t scrubbed = 0;

    for (unsigned int i = 0; i < b->blocks; i++)
        for (; b->at[i].clean < b->at[i].nr; b->at[i].clean++) {
            struct page_info *pg = &frame_table[b->at[i].mfn + b->at[i].clean];

            if (pg->count_info & PGC_clean)
                continue;
            if (!clear_unless_wanted(pg))
                return scrubbed;
            pg->count_info = PGC_clean;
            scrubbed++;
        }
    return scrubbed;
}

static void put_range(uint64_t mfn, uint64_t nr, uint32_t dirty)
{
    while (nr) {
        unsigned int order = largest_order(mfn, nr);

        put_block(mfn, order, dirty, false);
        mfn += 1UL << order;
        nr -= 1UL << order;
    }
}

bool heap_scrub_some(void)
{
    struct scrub_batch b;
    uint64_t scrubbed;

    if (!read_atomic(&dirty_total))
        return false;
    if (!spin_trylock(&heap_lock))
        return true; /* who does not wait does not hold up others */
    take_dirty(&b);
    spin_unlock(&heap_lock);
    if (!b.blocks)
        return false;
    scrubbed = scrub(&b);
    spin_lock(&heap_lock);
    for (unsigned int i = 0; i < b.blocks; i++) {
        put_range(b.at[i].mfn, b.at[i].clean, 0);
        put_range(b.at[i].mfn + b.at[i].clean, b.at[i].nr - b.at[i].clean, BLOCK_DIRTY);
    }
    scrubbing -= b.frames;
    spin_unlock(&heap_lock);
    __atomic_sub_fetch(&dirty_total, scrubbed, __ATOMIC_RELAXED);
    return true;
}

/* Make the largest blocks there can be, of clean and dirty ones. */
static void merge_all(void)
{
    for (unsigned int n = 0; n < nr_nodes; n++)
        for (unsigned int z = 0; z < NR_ZONES; z++)
            for (unsigned int o = 0; o < MAX_ORDER; o++) {
                struct page_info *pg = page_list_first(&free_list[n][z][o]);

                while (pg) {
                    struct page_info *next = page_list_next(&free_list[n][z][o], pg);
                    uint64_t mfn = page_to_mfn(pg).v, buddy = mfn ^ (1UL << o);

                    if (next == &frame_table[buddy])
                        next = page_list_next(&free_list[n][z][o], next);
                    if (is_free_buddy(mfn, buddy, o))
                        put_block(mfn, o, unmark_free(mfn) & BLOCK_DIRTY, true);
                    pg = next;
                }
            }
}

/* --- allocation ------------------------------------------------------------------------------- */
/* May nr frames be taken, for d (or nobody), without breaking a promise made to another? */
static bool within_claims(const struct domain *d, uint64_t nr)
{
    uint64_t reserved = claims_total - (d ? d->outstanding_pages : 0);

    return free_total >= reserved && free_total - reserved >= nr;
}

static struct page_info *alloc_frames(struct domain *d, unsigned int order, unsigned int memflags)
{
    uint64_t mfn = NO_FRAME, nr = 1UL << order, claimed;

    if (order > MAX_ORDER)
        return NULL;
    spin_lock(&heap_lock);
    while (within_claims(d, nr)) {
        mfn = take_frames(order, memflags);
        if (mfn == NO_FRAME && order && read_atomic(&dirty_total)) {
            merge_all();
            mfn = take_frames(order, memflags);
        }
        if (mfn != NO_FRAME || !scrubbing)
            break;
        /* What is missing may be on another CPU, which scrubs it, for an instant. */
        spin_unlock(&heap_lock);
        arch_cpu_relax();
        spin_lock(&heap_lock);
    }
    if (mfn != NO_FRAME && d && d->outstanding_pages && !(memflags & MEMF_no_owner)) {
        claimed = min(nr, d->outstanding_pages);
        d->outstanding_pages -= claimed;
        claims_total -= claimed;
    }
    spin_unlock(&heap_lock);
    return mfn == NO_FRAME ? NULL : &frame_table[mfn];
}

/* The frames are nobody's yet, so that this needs no lock. */
static void prepare_frames(struct page_info *pg, unsigned int order, bool scrub)
{
    uint64_t dirty = 0;

    for (uint64_t i = 0; i < 1UL << order; i++) {
        if (!(pg[i].count_info & PGC_clean)) {
            dirty++;
            if (scrub)
                arch_clear_page(page_to_virt(&pg[i]));
        }
        pg[i].count_info = 0;
        pg[i].type_info = 0;
        pg[i].owner = 0;
        pg[i].u.link = 0;
        pg[i].next = pg[i].prev = PAGE_LIST_END;
    }
    __atomic_sub_fetch(&dirty_total, dirty, __ATOMIC_RELAXED);
}

static void free_frames(struct page_info *pg, unsigned int order)
{
    for (uint64_t i = 0; i < 1UL << order; i++) {
        pg[i].count_info = 0;
        pg[i].type_info = 0;
        pg[i].owner = 0;
    }
    __atomic_add_fetch(&dirty_total, 1UL << order, __ATOMIC_RELAXED);
    spin_lock(&heap_lock);
    free_block(page_to_mfn(pg).v, order);
    spin_unlock(&heap_lock);
}

void *alloc_xenheap_pages(unsigned int order, unsigned int memflags)
{
    struct page_info *pg = alloc_frames(NULL, order, memflags);

    if (!pg)
        return NULL;
    prepare_frames(pg, order, memflags & MEMF_zero);
    return page_to_virt(pg);
}

void free_xenheap_pages(void *p, unsigned int order)
{
    if (p)
        free_frames(virt_to_page(p), order);
}

struct page_info *alloc_domheap_pages(struct domain *d, unsigned int order, unsigned int memflags)
{
    struct page_info *pg = alloc_frames(d, order, memflags);

    if (!pg)
        return NULL;
    prepare_frames(pg, order, !(memflags & MEMF_no_scrub));
    if (d && !(memflags & MEMF_no_owner) && assign_pages(d, pg, order, memflags)) {
        free_frames(pg, order);
        return NULL;
    }
    return pg;
}

void free_domheap_pages(struct page_info *pg, unsigned int order)
{
    struct domain *d = page_get_owner(pg);
    bool last = false;

    if (d) {
        spin_lock(&d->page_lock);
        for (uint64_t i = 0; i < 1UL << order; i++)
            page_list_del(&d->page_list, &pg[i]);
        d->tot_pages -= 1UL << order;
        last = d->tot_pages == 0;
        spin_unlock(&d->page_lock);
        for (uint64_t i = 0; i < 1UL << order; i++)
            arch_flush_before_reuse(&pg[i]);
    }
    free_frames(pg, order);
    if (last)
        domain_put(d);
}

/* To the end of its list, neighbours in order; page_lock is held. */
static void append_frames(struct domain *d, struct page_info *pg, uint64_t nr)
{
    const uint32_t owner = (uint32_t)virt_to_mfn(d).v, first = (uint32_t)page_to_mfn(pg).v;
    struct page_list *l = &d->page_list;

    for (uint32_t i = 0; i < nr; i++) {
        write_atomic(&pg[i].owner, owner);
        pg[i].prev = first + i - 1;
        pg[i].next = first + i + 1;
        store_release(&pg[i].count_info, PGC_allocated | 1);
    }
    pg[0].prev = l->tail;
    pg[nr - 1].next = PAGE_LIST_END;
    if (l->tail == PAGE_LIST_END)
        l->head = first;
    else
        frame_table[l->tail].next = first;
    l->tail = first + (uint32_t)nr - 1;
    l->count += nr;
}

int assign_pages(struct domain *d, struct page_info *pg, unsigned int order, unsigned int memflags)
{
    const uint64_t nr = 1UL << order;
    const bool counted = !(memflags & MEMF_no_owner);
    int rc = 0;

    spin_lock(&d->page_lock);
    if (d->is_dying)
        rc = -EINVAL;
    else if (counted && (nr > d->max_pages || d->tot_pages > d->max_pages - nr))
        rc = -E2BIG;
    if (!rc) {
        if (d->tot_pages == 0)
            domain_ref(d); /* dropped with its last frame */
        d->tot_pages += nr;
        append_frames(d, pg, nr);
    }
    spin_unlock(&d->page_lock);
    return rc;
}

void heap_init_range(maddr_t start, maddr_t end)
{
    uint64_t at = DIV_ROUND_UP(start, PAGE_SIZE), stop = end >> PAGE_SHIFT;

    if (!lists_ready) {
        for (unsigned int n = 0; n < MAX_NUMNODES; n++)
            for (unsigned int z = 0; z < NR_ZONES; z++)
                for (unsigned int o = 0; o <= MAX_ORDER; o++)
                    free_list[n][z][o] = (struct page_list)PAGE_LIST_INIT;
        lists_ready = true;
    }
    heap_note_ram(start, end);
    if (at == 0) /* frame 0 says "none" in page_info.owner, and is precious to firmware */
        at = 1;
    if (at >= stop)
        return;
    /* The frame table is zero here: nobody has used these frames. */
    spin_lock(&heap_lock);
    pages_total += stop - at;
    dirty_total += stop - at;
    while (at < stop) {
        unsigned int order = largest_order(at, stop - at);
        uint64_t last = at + (1UL << order) - 1;

        while (zone_of(at) != zone_of(last) || mfn_to_node(at) != mfn_to_node(last))
            last = at + (1UL << --order) - 1;
        free_block(at, order);
        at = last + 1;
    }
    spin_unlock(&heap_lock);
}

/* --- figures and claims ----------------------------------------------------------------------- */
uint64_t heap_free_pages(unsigned int node)
{
    if (node == NODE_ANY)
        return read_atomic(&free_total);
    return node < nr_nodes ? read_atomic(&free_count[node]) : 0;
}

uint64_t heap_total_pages(void)
{
    return pages_total;
}

static uint64_t count_in_range(unsigned int node, uint64_t low, uint64_t high)
{
    uint64_t sum = 0;

    for (unsigned int z = 0; z < NR_ZONES; z++)
        for (unsigned int o = 0; o <= MAX_ORDER; o++) {
            struct page_list *l = &free_list[node][z][o];

            for (struct page_info *pg = page_list_first(l); pg; pg = page_list_next(l, pg)) {
                uint64_t from = max(page_to_mfn(pg).v, low);
                uint64_t to = min(page_to_mfn(pg).v + (1UL << o), high);
                if (from < to)
                    sum += to - from;
            }
        }
    return sum;
}

uint64_t heap_free_in_range(unsigned int min_width, unsigned int max_width, unsigned int node)
{
    uint64_t low = min_width < PAGE_SHIFT ? 0
                   : min_width >= 64      ? ~0UL
                                          : (1UL << min_width) >> PAGE_SHIFT;
    uint64_t high = !max_width || max_width >= 64 ? ~0UL : (1UL << max_width) >> PAGE_SHIFT;
    uint64_t sum = 0;

    if (low == 0 && high == ~0UL)
        return heap_free_pages(node);
    spin_lock(&heap_lock);
    for (unsigned int n = 0; n < nr_nodes; n++)
        if (node == NODE_ANY || node == n)
            sum += count_in_range(n, low, high);
    spin_unlock(&heap_lock);
    return sum;
}

uint64_t heap_outstanding_claims(void)
{
    return read_atomic(&claims_total);
}

int domain_set_outstanding_pages(struct domain *d, uint64_t nr)
{
    uint64_t more;
    int rc = 0;

    spin_lock(&d->page_lock);
    spin_lock(&heap_lock);
    if (nr == 0) {
        claims_total -= d->outstanding_pages;
        d->outstanding_pages = 0;
    } else if (d->outstanding_pages || d->is_dying || nr < d->tot_pages || nr > d->max_pages) {
        rc = -EINVAL;
    } else {
        more = nr - d->tot_pages;
        if (free_total < claims_total || free_total - claims_total < more) {
            rc = -ENOMEM;
        } else {
            d->outstanding_pages = more;
            claims_total += more;
        }
    }
    spin_unlock(&heap_lock);
    spin_unlock(&d->page_lock);
    return rc;
}
