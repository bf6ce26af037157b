/* SPDX-License-Identifier: MIT */
/* Frames, the allocator, references.
 *
 * All memory is mapped in the direct map, so any frame can be reached with mfn_to_virt().
 *
 * A frame that belongs to a domain has count_info = PGC_allocated | references: PGC_allocated
 * stands for the one reference that the domain itself holds until it gives the frame up
 * (put_page_alloc_ref), each other user (a mapping, a grant, a hypercall at work on it) holds one
 * of its own.  With the last reference the frame is scrubbed and returns to the allocator.
 *
 * type_info says what a frame is used as (PV: page table of level 1 to 4, descriptor table,
 * writable) and how often; a frame has one type at a time, and changes it only at count 0. */
#ifndef HV_MM_H
#define HV_MM_H

#include <hv/spinlock.h>

struct page_info {
    uint32_t next, prev; /* frame numbers: links of a page_list or of the allocator; ~0: none */
    uint64_t count_info;
    uint64_t type_info;
    uint32_t owner; /* frame number of the owner's struct domain; 0: the hypervisor's, or free */
    union {
        uint32_t
            order; /* free: order of the block that starts here, and a mark (core/page_alloc.c) */
        uint32_t link; /* in use: the arch's (PV page tables under validation) */
    } u;
};

#define PGC_allocated  (1UL << 63)
#define PGC_xenheap    (1UL << 62) /* ours, shared with a guest: never freed by put_page */
#define PGC_state_free (1UL << 61)
#define PGC_clean      (1UL << 59) /* free, and known to hold zeroes */
#define PGC_count_mask ((1UL << 56) - 1)

/* type_info; the counts and bits are arch/x86/pv/mm's business, PGT_* is common knowledge. */
#define PGT_type_mask  (7UL << 61)
#define PGT_none       (0UL << 61)
#define PGT_l1_table   (1UL << 61)
#define PGT_l2_table   (2UL << 61)
#define PGT_l3_table   (3UL << 61)
#define PGT_l4_table   (4UL << 61)
#define PGT_seg_desc   (5UL << 61) /* part of a GDT or LDT */
#define PGT_writable   (7UL << 61) /* has writable mappings */
#define PGT_pinned     (1UL << 60) /* pinned as this type by its owner */
#define PGT_validated  (1UL << 59)
#define PGT_count_mask ((1UL << 32) - 1)

extern struct page_info *frame_table; /* one a frame, indexed by frame number */
extern uint64_t max_mfn;              /* frames are below this */

struct page_list {
    uint32_t head, tail;
    uint64_t count;
};
#define PAGE_LIST_END (~0U)
#define PAGE_LIST_INIT                                                                             \
    {                                                                                              \
        PAGE_LIST_END, PAGE_LIST_END, 0                                                            \
    }

bool mfn_valid(mfn_t mfn); /* is it RAM that the hypervisor manages? */
static inline struct page_info *mfn_to_page(mfn_t mfn)
{
    return &frame_table[mfn.v];
}
static inline mfn_t page_to_mfn(const struct page_info *pg)
{
    return _mfn((uint64_t)(pg - frame_table));
}
#include <hv/arch/mm.h> /* mfn_to_virt(), virt_to_mfn() */
static inline void *page_to_virt(const struct page_info *pg)
{
    return mfn_to_virt(page_to_mfn(pg));
}
static inline struct page_info *virt_to_page(const void *p)
{
    return mfn_to_page(virt_to_mfn(p));
}
static inline struct domain *page_get_owner(const struct page_info *pg)
{
    uint32_t owner = read_atomic(&pg->owner);
    return owner ? (struct domain *)mfn_to_virt(_mfn(owner)) : NULL;
}
static inline void page_set_owner(struct page_info *pg, struct domain *d)
{
    write_atomic(&pg->owner, d ? (uint32_t)virt_to_mfn(d).v : 0);
}

void page_list_add_tail(struct page_list *l, struct page_info *pg);
void page_list_del(struct page_list *l, struct page_info *pg);
struct page_info *page_list_first(const struct page_list *l);
struct page_info *page_list_next(const struct page_list *l, const struct page_info *pg);

/* --- the allocator (core/page_alloc.c): buddy lists by NUMA node and order --------------------- */
#define MAX_ORDER     18
#define MAX_NUMNODES  8
#define NODE_ANY      (~0U)
#define MEMF_node(n)  ((unsigned int)(n) + 1)   /* low 8 bits: node + 1; 0: any */
#define MEMF_exact    (1U << 8)                 /* that node or none */
#define MEMF_bits(n)  ((unsigned int)(n) << 16) /* machine address below 2^n; 0: any */
#define MEMF_no_owner (1U << 9)                 /* not accounted to the domain */
#define MEMF_no_scrub (1U << 10)
#define MEMF_zero     (1U << 11) /* alloc_xenheap_pages(): zeroed */

/* Of the smallest block that holds size bytes; above MAX_ORDER: there is none. */
static inline unsigned int order_of_size(size_t size)
{
    unsigned int order = 0;

    while (order <= MAX_ORDER && (PAGE_SIZE << order) < size)
        order++;
    return order;
}
/* There is RAM here, whoever uses it: mfn_valid() is true for all that was noted. */
void heap_note_ram(maddr_t start, maddr_t end);
void heap_init_range(maddr_t start, maddr_t end); /* give RAM to the allocator (boot), noted too */
void heap_set_node_range(unsigned int node, maddr_t start, maddr_t end); /* from SRAT, before */
/* 2^order frames for the hypervisor, contents undefined unless MEMF_zero; NULL without memory. */
void *alloc_xenheap_pages(unsigned int order, unsigned int memflags);
void free_xenheap_pages(void *p, unsigned int order);
/* 2^order frames for d (NULL: nobody, count 0): counted against max_pages, on its page_list, count_info
 * = PGC_allocated | 1, type none, scrubbed.  NULL without memory or over the limit. */
struct page_info *alloc_domheap_pages(struct domain *d, unsigned int order, unsigned int memflags);
/* Account frames that alloc_domheap_pages(NULL or MEMF_no_owner) gave.  0, -E2BIG, -EINVAL. */
int assign_pages(struct domain *d, struct page_info *pg, unsigned int order, unsigned int memflags);
void free_domheap_pages(struct page_info *pg, unsigned int order);
/* For a CPU that has nothing else to do: scrub a few free frames; false: none is dirty. */
bool heap_scrub_some(void);
uint64_t heap_free_pages(unsigned int node); /* NODE_ANY: all */
uint64_t heap_total_pages(void);
uint64_t heap_free_in_range(unsigned int min_width, unsigned int max_width, unsigned int node);
/* Claims: promise nr frames to d; 0, -ENOMEM, -EINVAL. 0 frames cancels. */
int domain_set_outstanding_pages(struct domain *d, uint64_t nr);
uint64_t heap_outstanding_claims(void);
unsigned int num_nodes(void);
bool node_range(unsigned int node, maddr_t *start, maddr_t *end, uint64_t *size);

/* Small objects of the hypervisor: zeroed, 16-byte aligned; whole pages above 2 KiB. */
void *hv_alloc(size_t size);
void *hv_alloc_dirty(size_t size); /* not zeroed */
void hv_free(void *p);
#define hv_new(type)       ((type *)hv_alloc(sizeof(type)))
#define hv_new_array(t, n) ((t *)hv_alloc(sizeof(t) * (n)))

/* --- references (core/page_ref.c) ---------------------------------------------------------------- */
bool get_page(struct page_info *pg, const struct domain *owner); /* false: not owned by it */
struct domain *page_get_owner_and_reference(struct page_info *pg);
void put_page(struct page_info *pg);
/* Drop the owner's own reference (once: clears PGC_allocated). */
void put_page_alloc_ref(struct page_info *pg);
/* Typed references: arch/x86/pv/mm (hosted: the same code). type is a PGT_ type. */
int get_page_type(struct page_info *pg, unsigned long type); /* 0, -EINVAL (other type in use, or
                               contents invalid as that type), -EPREEMPTED */
void put_page_type(struct page_info *pg);
static inline bool get_page_and_type(struct page_info *pg, const struct domain *d,
                                     unsigned long type)
{
    if (!get_page(pg, d))
        return false;
    if (get_page_type(pg, type) == 0)
        return true;
    put_page(pg);
    return false;
}
static inline void put_page_and_type(struct page_info *pg)
{
    put_page_type(pg);
    put_page(pg);
}
/* Make a frame of the hypervisor's own mappable by d (shared info, grant frames ...), until
 * put_page_alloc_ref(). */
void share_xen_page_with_guest(struct page_info *pg, struct domain *d, bool writable);
/* Take a frame away from d: nobody else may hold a reference.  0 or -EINVAL/-EBUSY. */
int steal_page(struct domain *d, struct page_info *pg);

/* A reference to the frame behind a guest frame number of d (PV: the machine frame itself);
 * NULL when there is none that belongs to d. */
struct page_info *get_page_from_gfn(struct domain *d, gfn_t gfn);
/* The same, if it may be written to: until put_page_and_type(). */
struct page_info *get_writable_page_from_gfn(struct domain *d, gfn_t gfn);

/* memory_op of <xen/memory.h>: core/memory.c, the rest arch_memory_op(). */
#endif
