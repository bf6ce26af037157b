/* SPDX-License-Identifier: MIT */
/* Typed references of frames: what keeps a guest's page tables unwritable while they are in use. */
#include <asm/pv_mm.h>
#include <hv/printk.h>

static bool needs_lock(unsigned long type)
{
    return type != PGT_writable && type != PGT_none;
}

static bool is_table(unsigned long type)
{
    return type >= PGT_l1_table && type <= PGT_l4_table;
}

/* Without a use the type is but a memory of what the frame was. */
unsigned int pv_table_level(unsigned long type_info)
{
    unsigned long type = type_info & PGT_type_mask;

    return (type_info & PGT_count_mask) && is_table(type) ? (unsigned int)(type >> 61) : 0;
}

/* May a CPU still use the frame as what it was?  Write to it, that is, or walk it: processors cache
 * entries of upper levels, too, and go on from there (SDM 3A 4.10.3, APM 2 5.5), to what would
 * then be entries of the guest's own making, or of another level. */
static bool must_be_forgotten(unsigned long was, unsigned long type)
{
    return was != type && (was == PGT_writable || is_table(was));
}

static int validate(struct page_info *pg, unsigned long type)
{
    if (is_table(type))
        return pv_validate_table(page_get_owner(pg), pg, (unsigned int)(type >> 61));
    return pv_validate_descriptors(pg);
}

/* Count one use as type, changing the type if it had none; *fresh: contents are to be validated.
 * While it is flushed the frame is not PGT_validated, so that nobody else uses it yet. */
static int take_type(struct page_info *pg, unsigned long type, bool *fresh)
{
    uint64_t x = read_atomic(&pg->type_info), nx, seen;
    struct domain *owner;
    bool flush;

    for (;; x = seen) {
        *fresh = flush = false;
        if (unlikely((x & PGT_count_mask) == PGT_count_mask))
            return -EINVAL;
        if ((x & PGT_count_mask) == 0) {
            flush = must_be_forgotten(x & PGT_type_mask, type);
            *fresh = needs_lock(type);
            nx = type | 1 | (*fresh || flush ? 0 : PGT_validated);
        } else if (unlikely((x & PGT_type_mask) != type)) {
            return -EINVAL;
        } else if (unlikely(!(x & PGT_validated))) {
            if (needs_lock(type))
                return -EINVAL;
            arch_cpu_relax(); /* until another CPU has flushed; both have interrupts enabled */
            seen = read_atomic(&pg->type_info);
            continue;
        } else {
            nx = x + 1;
        }
        seen = cmpxchg(&pg->type_info, x, nx);
        if (likely(seen == x))
            break;
    }
    if (!flush)
        return 0;
    owner = page_get_owner(pg);
    if (owner)
        pv_tlb_filter_flush(pg, &owner->arch.mm.dirty_cpus);
    if (!*fresh)
        __atomic_or_fetch(&pg->type_info, PGT_validated, __ATOMIC_SEQ_CST);
    return 0;
}

int pv_get_page_type_locked(struct page_info *pg, unsigned long type)
{
    bool fresh;
    int rc = take_type(pg, type, &fresh);

    if (rc || !fresh)
        return rc;
    rc = validate(pg, type);
    if (rc) {
        /* If it was such a table before, a CPU may know it as that. */
        store_release(&pg->type_info, is_table(type) ? type : PGT_none);
        return rc;
    }
    __atomic_or_fetch(&pg->type_info, PGT_validated, __ATOMIC_SEQ_CST);
    return 0;
}

/* Each end is stamped, not only the last: which one that is nobody knows beforehand, and what is
 * stamped after the count has come to 0 is too late for who takes the frame then. */
static void put_type(struct page_info *pg, bool stamp)
{
    uint64_t x, nx, seen;
    unsigned int level;

    if (stamp)
        pv_tlb_stamp(pg);
    for (x = read_atomic(&pg->type_info);; x = seen) {
        ASSERT(x & PGT_count_mask);
        nx = x - 1;
        if ((nx & PGT_count_mask) == 0) {
            level = pv_table_level(x);
            if (level) {
                /* The last use: nobody else can come to it, since we hold the owner's lock and
                 * the type is not writable.  Undo it while it still counts as that type. */
                pv_invalidate_table(page_get_owner(pg), pg, level);
                nx = x & PGT_type_mask; /* take_type() is to know */
            } else if ((x & PGT_type_mask) == PGT_seg_desc) {
                nx = PGT_none; /* who changes a GDT or LDT flushes at once (descriptor.c) */
            }
        }
        seen = cmpxchg(&pg->type_info, x, nx);
        if (likely(seen == x))
            return;
    }
}

void pv_put_page_type_locked(struct page_info *pg)
{
    put_type(pg, true);
}

void pv_put_writable(struct page_info *pg, bool stamp)
{
    put_type(pg, stamp);
}

int get_page_type(struct page_info *pg, unsigned long type)
{
    struct domain *owner = page_get_owner(pg);
    int rc;

    if (!needs_lock(type)) {
        bool fresh;
        return take_type(pg, type, &fresh);
    }
    if (!owner || owner->is_system || owner->is_hvm)
        return -EINVAL;
    pv_lock(owner);
    rc = pv_get_page_type_locked(pg, type);
    pv_unlock(owner);
    return rc;
}

void put_page_type(struct page_info *pg)
{
    struct domain *owner = page_get_owner(pg);

    if (!needs_lock(read_atomic(&pg->type_info) & PGT_type_mask)) {
        pv_put_page_type_locked(pg);
        return;
    }
    pv_lock(owner);
    pv_put_page_type_locked(pg);
    pv_unlock(owner);
}

bool pv_mm_unpin(struct domain *d, struct page_info *pg)
{
    bool pinned;

    pv_lock(d);
    pinned = __atomic_fetch_and(&pg->type_info, ~PGT_pinned, __ATOMIC_SEQ_CST) & PGT_pinned;
    if (pinned)
        pv_put_page_type_locked(pg);
    pv_unlock(d);
    if (pinned)
        put_page(pg);
    return pinned;
}

int pv_mm_pin(struct domain *d, mfn_t mfn, unsigned int level)
{
    struct page_info *pg;
    int rc;

    /* Nobody runs on a container's frames. */
    if (d->is_hvm || !mfn_valid(mfn) || !get_page(pg = mfn_to_page(mfn), d))
        return -EINVAL;
    pv_lock(d);
    /* Of who is dying pins are looked for once. */
    rc = d->arch.mm.relinquishing ? -EINVAL
                                  : pv_get_page_type_locked(pg, (unsigned long)level << 61);
    if (!rc && (read_atomic(&pg->type_info) & PGT_pinned)) {
        pv_put_page_type_locked(pg);
        rc = -EINVAL;
    }
    if (!rc)
        __atomic_or_fetch(&pg->type_info, PGT_pinned, __ATOMIC_SEQ_CST);
    pv_unlock(d);
    if (rc)
        put_page(pg);
    return rc;
}
