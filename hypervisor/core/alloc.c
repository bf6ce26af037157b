/* SPDX-License-Identifier: MIT */
/* Small objects of the hypervisor's own.
 *
 * A slab is one frame cut into objects of a size; its page_info keeps the books: type_info counts
 * the objects in use, owner is 0 and count_info too, so that no guest can get a reference.  The
 * free objects of a slab form a list through their first bytes, which starts at its first free
 * object, remembered as an offset.  A slab that becomes empty goes back at once: what was allocated
 * and freed leaves no trace in the figures of free memory. */
#include <hv/mm.h>
#include <hv/printk.h>
#include <hv/string.h>

#define MIN_SHIFT  5 /* 32 bytes */
#define NR_CLASSES 7 /* 32 to 2048 */
#define LINK_SLAB  0x10000u
#define LINK_LARGE 0x20000u
#define LINK_VALUE 0xffffu
#define NO_OBJECT  0xffffu
#define USED(pg)   ((pg)->type_info & 0xffff)
#define FIRST(pg)  ((uint16_t)((pg)->type_info >> 16))

static spinlock_t alloc_lock = SPINLOCK_INIT;
static struct page_list partial[NR_CLASSES]; /* slabs with a free object */
static bool partial_ready;

static void set_books(struct page_info *pg, unsigned int used, uint16_t first)
{
    pg->type_info = used | (uint64_t)first << 16;
}

static struct page_info *new_slab(unsigned int class)
{
    const unsigned int size = 1u << (class + MIN_SHIFT);
    char *p = alloc_xenheap_pages(0, 0);
    struct page_info *pg;

    if (!p)
        return NULL;
    for (unsigned int at = 0; at < PAGE_SIZE; at += size)
        *(uint16_t *)(p + at) = at + size < PAGE_SIZE ? (uint16_t)(at + size) : NO_OBJECT;
    pg = virt_to_page(p);
    pg->u.link = LINK_SLAB | class;
    set_books(pg, 0, 0);
    return pg;
}

static void *take_object(struct page_info *pg, unsigned int class)
{
    char *base = page_to_virt(pg);
    uint16_t at = FIRST(pg), next = *(uint16_t *)(base + at);

    set_books(pg, (unsigned int)USED(pg) + 1, next);
    if (next == NO_OBJECT)
        page_list_del(&partial[class], pg);
    return base + at;
}

static void *alloc_small(unsigned int class)
{
    struct page_info *pg;
    void *p = NULL;

    spin_lock(&alloc_lock);
    if (!partial_ready) {
        for (unsigned int i = 0; i < NR_CLASSES; i++)
            partial[i] = (struct page_list)PAGE_LIST_INIT;
        partial_ready = true;
    }
    pg = page_list_first(&partial[class]);
    if (!pg && (pg = new_slab(class)))
        page_list_add_tail(&partial[class], pg);
    if (pg)
        p = take_object(pg, class);
    spin_unlock(&alloc_lock);
    return p;
}

static void *alloc_large(size_t size)
{
    unsigned int order = order_of_size(size);
    void *p = alloc_xenheap_pages(order, 0);

    if (p)
        virt_to_page(p)->u.link = LINK_LARGE | order;
    return p;
}

void *hv_alloc_dirty(size_t size)
{
    unsigned int class = 0;

    while (class < NR_CLASSES && (1UL << (class + MIN_SHIFT)) < size)
        class ++;
    return class < NR_CLASSES ? alloc_small(class) : alloc_large(size);
}

void *hv_alloc(size_t size)
{
    void *p = hv_alloc_dirty(size);

    if (p)
        memset(p, 0, size);
    return p;
}

static void free_small(struct page_info *pg, void *p)
{
    unsigned int class = pg->u.link & LINK_VALUE;
    char *base = page_to_virt(pg);
    bool was_full, empty;

    spin_lock(&alloc_lock);
    ASSERT(USED(pg) > 0);
    was_full = FIRST(pg) == NO_OBJECT;
    *(uint16_t *)p = FIRST(pg);
    set_books(pg, (unsigned int)USED(pg) - 1, (uint16_t)((char *)p - base));
    empty = USED(pg) == 0;
    if (was_full && !empty)
        page_list_add_tail(&partial[class], pg);
    else if (!was_full && empty)
        page_list_del(&partial[class], pg);
    spin_unlock(&alloc_lock);
    if (empty)
        free_xenheap_pages(base, 0);
}

void hv_free(void *p)
{
    struct page_info *pg;

    if (!p)
        return;
    pg = virt_to_page(p);
    if (pg->u.link & LINK_SLAB) {
        free_small(pg, p);
    } else {
        ASSERT(pg->u.link & LINK_LARGE);
        free_xenheap_pages(p, pg->u.link & LINK_VALUE);
    }
}
