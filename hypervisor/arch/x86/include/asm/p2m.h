/* SPDX-License-Identifier: MIT */
/* The physical map of an HVM container: guest frame -> machine frame, in the tables that nested
 * paging walks.
 *
 * An entry's type stands in four bits that hardware ignores; the rights that hardware reads follow
 * from it.  Types, and who keeps the frame alive meanwhile:
 *   ram_rw, ram_ro, ram_logdirty   a frame of the guest (its own reference, PGC_allocated), or one
 *                                  of ours shared with it (shared info, grant table frames)
 *   mmio_direct                    no RAM; rights are d->iomem_caps
 *   grant_rw, grant_ro             somebody else's, held by the grant code
 *   foreign                        somebody else's, the entry holds a reference and the writable
 *                                  type
 *
 * The M2P entry of a frame of the guest's own holds its gfn.
 *
 * Changes happen under p2m.lock (see spinlock.h).  Look-ups take no lock: what they say may be out of
 * date at once; p2m_get_page() is for those who go on to use the frame. */
#ifndef ASM_P2M_H
#define ASM_P2M_H

#include <asm/mm.h>
#include <hv/mm.h>

enum p2m_type {
    p2m_invalid, /* nothing there: never populated, ballooned out */
    p2m_ram_rw,
    p2m_ram_ro,
    p2m_ram_logdirty, /* becomes ram_rw with the first write, which is noted */
    p2m_mmio_direct,
    p2m_grant_rw,
    p2m_grant_ro,
    p2m_foreign,
    p2m_pod,        /* memory that comes when it is first used: see pod.c */
    p2m_table = 15, /* an entry that points to the next level's table; never seen outside p2m.c */
};

/* Entries of level n+1 span 2^P2M_ORDER(n) frames: 4 KiB, 2 MiB, 1 GiB. */
#define P2M_ORDER_4K 0
#define P2M_ORDER_2M 9
#define P2M_ORDER_1G 18

static inline bool p2m_is_ram(enum p2m_type t)
{
    return t == p2m_ram_rw || t == p2m_ram_ro || t == p2m_ram_logdirty;
}
/* May the guest (or we for it) write there, without more ado but for logging? */
static inline bool p2m_is_writable(enum p2m_type t)
{
    return t == p2m_ram_rw || t == p2m_ram_logdirty || t == p2m_grant_rw || t == p2m_foreign;
}

struct p2m { /* in struct arch_domain */
    spinlock_t lock;
    mfn_t root;             /* top-level table; 0: none */
    unsigned int max_order; /* of entries: P2M_ORDER_1G if the CPU has them, or P2M_ORDER_2M */
    uint64_t max_gfn;       /* highest that was ever mapped */
    const pte_t *flags;     /* an entry's bits by its type: nested paging's, later EPT's */

    uint64_t pool_pages;    /* all frames of the tables' pool, in use or not */
    struct page_list free;  /* those not used */
    struct page_list freed; /* tables out of use that a TLB may still know, till the next flush */
    uint64_t frees;         /* tables taken out of use so far: look-ups notice by it */
    uint64_t changes;       /* that want a flush, so far; and those of them */
    uint64_t flushed;       /* that have been followed by one */

    spinlock_t pod_lock;                   /* outside lock: an entry is given memory under it */
    struct page_list pod_large, pod_small; /* populate on demand: frames kept for it, */
    uint64_t pod_cached, pod_entries;      /* how many, and how many are promised */

    /* Log-dirty mode: RAM that is ram_rw has been written to since the last look at it. */
    bool logging;
    uint64_t dirty_count, fault_count;
    uint64_t scan_gfn; /* a scan that was preempted goes on here, */
    uint32_t scan_op;  /* if it is the same that is asked for */
};

/* --- life cycle --------------------------------------------------------------------------------- */
int p2m_init(struct domain *d); /* 0, -ENOMEM; nothing is left behind then */
/* Give up all entries and what they hold, and the tables.  No vCPU runs any more.  0, -EPREEMPTED:
 * call again.  The guest's own frames stay on its page_list. */
int p2m_teardown(struct domain *d);
void p2m_destroy(struct domain *d);       /* what is left: also of a domain that never ran */
maddr_t p2m_root(const struct domain *d); /* for nCR3 */

/* --- look-ups ----------------------------------------------------------------------------------- */
/* The frame at gfn: INVALID_MFN and p2m_invalid where there is none.  order (may be NULL): of the
 * entry, or of the hole, that gfn is in. */
mfn_t p2m_lookup(struct domain *d, gfn_t gfn, enum p2m_type *t, unsigned int *order);
/* The page at gfn with a reference, whoever owns it; NULL: no page is there (or MMIO). */
struct page_info *p2m_get_page(struct domain *d, gfn_t gfn, enum p2m_type *t);

/* --- changes; interrupts are enabled, for a TLB flush ---------------------------------------------- */
/* Map 2^order frames; t == p2m_invalid: unmap, mfn does not matter.  Entries are split and joined as
 * need be; references and the M2P are the caller's business.  0, -ENOMEM (the pool is empty) or
 * -EINVAL (too wide): nothing has changed.  CPUs may remember the old entry till p2m_flush(). */
int p2m_set(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order, enum p2m_type t);
void p2m_flush(struct domain *d);
/* As p2m_set() where nothing is mapped so far: else -EBUSY. */
int p2m_add(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order, enum p2m_type t);
/* As p2m_set(), if the entry (no smaller than order) still is what the caller has seen: else
 * -EAGAIN. */
int p2m_replace(struct domain *d, gfn_t gfn, unsigned int order, mfn_t old_mfn, enum p2m_type old_t,
                mfn_t mfn, enum p2m_type t);

/* Of the first nr of the 512 frames from gfn (aligned) on: those of type from get type to, which may
 * be the same, and a bit in bits.  CPUs may remember the old type till p2m_flush().  0, -ENOMEM. */
int p2m_retype(struct domain *d, gfn_t gfn, unsigned int nr, enum p2m_type from, enum p2m_type to,
               uint64_t bits[8]);

/* A nested page fault.  error_code: as EXITINFO1 has it (bit 0 present, 1 write, 4 fetch).
 * FIXED, RETRY: enter the guest again, something changed, or nothing was wrong any more.  BAD: there
 * is no memory at gpa, or none to write; p2m_lookup() says which. */
enum p2m_fault { P2M_FIXED, P2M_RETRY, P2M_BAD };
enum p2m_fault p2m_fault(struct vcpu *v, maddr_t gpa, uint32_t error_code);

/* We write, or have written, to a page on the guest's behalf. */
void p2m_mark_dirty(struct domain *d, gfn_t gfn);
/* domctl.c: paging's commands, -ENOSYS: another one */
struct xen_domctl;
long hvm_mm_domctl(struct xen_domctl *op, struct domain *d, bool *copyback);

/* --- populate on demand (pod.c) --------------------------------------------------------------------- */
/* gfn is p2m_pod: give it memory.  0, -EAGAIN: it is not any more, -ENOMEM: there is none left. */
int pod_populate(struct domain *d, gfn_t gfn);
int pod_release(struct domain *d); /* all that is kept; 0, -EPREEMPTED */

/* --- the tables' pool (domctl) --------------------------------------------------------------------- */
#define P2M_POOL_DEFAULT 256                        /* frames, until the tools say otherwise */
int p2m_set_pool(struct domain *d, uint64_t pages); /* 0, -ENOMEM (fewer: in use), -EPREEMPTED */

/* --- physmap.c: for containers, what <hv/arch/mm.h> and <hv/mm.h> promise --------------------------- */
int hvm_physmap_add(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order);
int hvm_physmap_remove(struct domain *d, gfn_t gfn, mfn_t mfn);
struct page_info *hvm_get_page_from_gfn(struct domain *d, gfn_t gfn);
/* XEN_DOMCTL_memory_mapping: 0, -EBUSY (something else is there), -ENOMEM, -EINVAL */
int hvm_map_mmio(struct domain *d, gfn_t gfn, mfn_t mfn, uint64_t nr);
int hvm_unmap_mmio(struct domain *d, gfn_t gfn, mfn_t mfn, uint64_t nr);
/* grant.c: arch_grant_map() and arch_grant_unmap(); addr is a guest physical address. */
int hvm_grant_map(uint64_t addr, mfn_t frame, unsigned int flags);
int hvm_grant_unmap(uint64_t addr, mfn_t frame, uint64_t new_addr, unsigned int flags);

#endif
