/* SPDX-License-Identifier: MIT */
/* Typed references of frames: what keeps a guest's page tables unwritable while they are in use. */
#include <asm/pv_mm.h>
#include <hv/printk.h>

static bool needs_lock(unsigned long type)
{
    return type != PGT_writable && type != PGT_none;
}

unsigned int pv_table_level(unsigned long type_info)
{
    unsigned long type = type_info & PGT_type_mask;

    return type >= PGT_l1_table && type <= PGT_l4_table ? (unsigned int)(type >> 61) : 0;
}

static int validate(struct page_info *pg, unsigned long type)
{
    unsigned int level = pv_table_level(type);

    if (level)
        return pv_validate_table(page_get_owner(pg), pg, level);
    return pv_validate_descriptors(pg);
}

/* Count one use as type, changing the type if it had none; *fresh: contents are to be validated. */
static int take_type(struct page_info *pg, unsigned long type, bool *fresh)
{
    uint64_t x = read_atomic(&pg->type_info), nx, seen;

    for (;; x = seen) {
        *fresh = false;
        if (unlikely((x & PGT_count_mask) == PGT_count_mask))
            return -EINVAL;
        if ((x & PGT_count_mask) == 0) {
            nx = type | 1;
            if (needs_lock(type))
                *fresh = true;
            else
                nx |= PGT_validated;
        } else if (unlikely((x & PGT_type_mask) != type || !(x & PGT_validated))) {
            return -EINVAL;
        } else {
            nx = x + 1;
        }
        seen = cmpxchg(&pg->type_info, x, nx);
        if (likely(seen == x))
            break;
    }
    /* It was writable, and a CPU may still remember that. */
    if (*fresh && (x & PGT_type_mask) == PGT_writable) {
        struct domain *owner = page_get_owner(pg);

        if (owner)
            pv_tlb_filter_flush(pg, &owner->arch.mm.dirty_cpus);
    }
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
        store_release(&pg->type_info, PGT_none);
        return rc;
    }
    __atomic_or_fetch(&pg->type_info, PGT_validated, __ATOMIC_SEQ_CST);
    return 0;
}

static void put_type(struct page_info *pg, bool stamp)
{
    uint64_t x = read_atomic(&pg->type_info), nx, seen;
    unsigned int level;

    for (;; x = seen) {
        ASSERT(x & PGT_count_mask);
        nx = x - 1;
        if ((nx & PGT_count_mask) == 0) {
            level = pv_table_level(x);
            if (level) {
                /* The last use: nobody else can come to it, since we hold the owner's lock and
                 * the type is not writable.  Undo it while it still counts as that type. */
                pv_invalidate_table(page_get_owner(pg), pg, level);
                nx = PGT_none;
            } else {
                if (stamp)
                    pv_tlb_stamp(pg);
                if ((x & PGT_type_mask) == PGT_seg_desc)
                    nx = PGT_none;
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
    rc = pv_get_page_type_locked(pg, (unsigned long)level << 61);
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
