/* SPDX-License-Identifier: MIT */
/* Using grants: pinning, mapping, copying.
 *
 * At most one grant table's lock is held at a time: a grant is pinned under its owner's, a handle is
 * taken and given back under the mapper's. */
#include "grant_private.h"

#include <hv/access.h>
#include <hv/string.h>

/* Claim the shared entry for reading or writing: the flags change only while access is still
 * permitted to us. */
static int claim_entry(struct grant_entry_v1 *entry, domid_t user, bool write, mfn_t *frame)
{
    union {
        struct {
            uint16_t flags;
            domid_t domid;
        };
        uint32_t word;
    } seen, old, new;

    old.word = read_atomic((uint32_t *)entry);
    for (;;) {
        if ((old.flags & GTF_type_mask) != GTF_permit_access)
            return GNTST_general_error;
        if (old.domid != user)
            return GNTST_permission_denied;
        if (write && (old.flags & GTF_readonly))
            return GNTST_general_error;
        new = old;
        new.flags |= GTF_reading | (write ? GTF_writing : 0);
        seen.word = cmpxchg((uint32_t *)entry, old.word, new.word);
        if (seen.word == old.word)
            break;
        old = seen;
    }
    *frame = _mfn(read_atomic(&entry->frame));
    return GNTST_okay;
}

static void release_flags(struct grant_entry_v1 *entry, const struct active_grant *ag)
{
    uint16_t drop = (ag->pins_rw ? 0 : GTF_writing) | (ag->pins_rw || ag->pins_ro ? 0 : GTF_reading);

    if (drop)
        __atomic_and_fetch(&entry->flags, (uint16_t)~drop, __ATOMIC_SEQ_CST);
}

static int get_frame(struct domain *granter, mfn_t frame, bool write)
{
    struct page_info *pg;

    if (!mfn_valid(frame) || !get_page(pg = mfn_to_page(frame), granter))
        return GNTST_bad_page;
    if (!write || get_page_type(pg, PGT_writable) == 0)
        return GNTST_okay;
    put_page(pg);
    return GNTST_general_error;
}

static void put_frame(mfn_t frame, bool write)
{
    if (write)
        put_page_type(mfn_to_page(frame));
    put_page(mfn_to_page(frame));
}

/* Use ref of granter for user. */
static int pin(struct domain *granter, grant_ref_t ref, const struct domain *user, bool write,
               mfn_t *frame)
{
    struct grant_table *gt = &granter->grant;
    struct grant_entry_v1 *entry;
    struct active_grant *ag;
    mfn_t named;
    int rc;

    spin_lock(&gt->lock);
    if (!grant_ref_valid(gt, ref)) {
        spin_unlock(&gt->lock);
        return GNTST_bad_gntref;
    }
    entry = grant_shared(gt, ref);
    ag = grant_active(gt, ref);
    rc = claim_entry(entry, user->domid, write, &named);
    if (rc == GNTST_okay) {
        /* While pinned, the first frame counts, whatever the owner has written there since. */
        *frame = ag->pins_ro || ag->pins_rw ? ag->frame : named;
        rc = get_frame(granter, *frame, write);
        if (rc == GNTST_okay) {
            ag->frame = *frame;
            ag->pins_rw += write;
            ag->pins_ro += !write;
        } else {
            release_flags(entry, ag);
        }
    }
    spin_unlock(&gt->lock);
    return rc;
}

static void unpin(struct domain *granter, grant_ref_t ref, bool write)
{
    struct grant_table *gt = &granter->grant;
    struct active_grant *ag;
    mfn_t frame;

    spin_lock(&gt->lock);
    ag = grant_active(gt, ref);
    frame = ag->frame;
    ag->pins_rw -= write;
    ag->pins_ro -= !write;
    release_flags(grant_shared(gt, ref), ag);
    spin_unlock(&gt->lock);
    put_frame(frame, write);
}

static mfn_t pinned_frame(struct domain *granter, grant_ref_t ref)
{
    mfn_t frame;

    spin_lock(&granter->grant.lock);
    frame = grant_active(&granter->grant, ref)->frame;
    spin_unlock(&granter->grant.lock);
    return frame;
}

/* --- handles: entries of the mapper's maptrack ---------------------------------------------------- */

static struct grant_mapping *mapping(struct grant_table *gt, grant_handle_t handle)
{
    return handle < gt->maptrack_limit
               ? &gt->maptrack[handle / MAPTRACK_PER_FRAME][handle % MAPTRACK_PER_FRAME]
               : NULL;
}

static bool add_maptrack(struct grant_table *gt)
{
    unsigned int frame = gt->maptrack_limit / MAPTRACK_PER_FRAME;
    struct grant_mapping *entries;

    if (frame >= gt->max_maptrack_frames)
        return false;
    entries = hv_new_array(struct grant_mapping, MAPTRACK_PER_FRAME);
    if (!entries)
        return false;
    for (unsigned int i = 0; i < MAPTRACK_PER_FRAME; i++)
        entries[i].next = i + 1 < MAPTRACK_PER_FRAME ? gt->maptrack_limit + i + 1 : MAPTRACK_END;
    gt->maptrack[frame] = entries;
    gt->maptrack_free = gt->maptrack_limit;
    gt->maptrack_limit += MAPTRACK_PER_FRAME;
    return true;
}

/* Takes over the reference on granter if it succeeds; the entry is busy. */
static bool alloc_handle(struct domain *d, struct domain *granter, grant_ref_t ref, uint32_t flags,
                         grant_handle_t *handle)
{
    struct grant_table *gt = &d->grant;
    struct grant_mapping *m;
    bool ok;

    spin_lock(&gt->lock);
    ok = gt->maptrack_free != MAPTRACK_END || add_maptrack(gt);
    if (ok) {
        *handle = gt->maptrack_free;
        m = mapping(gt, *handle);
        gt->maptrack_free = m->next;
        *m = (struct grant_mapping){.granter = granter, .ref = ref, .flags = flags, .busy = true};
        gt->maptrack_inuse++;
    }
    spin_unlock(&gt->lock);
    return ok;
}

static void free_handle(struct domain *d, grant_handle_t handle)
{
    struct grant_table *gt = &d->grant;
    struct domain *granter;
    struct grant_mapping *m;

    spin_lock(&gt->lock);
    m = mapping(gt, handle);
    granter = m->granter;
    *m = (struct grant_mapping){.next = gt->maptrack_free};
    gt->maptrack_free = handle;
    gt->maptrack_inuse--;
    spin_unlock(&gt->lock);
    domain_put(granter);
}

/* Have a mapping for ourselves; *copy is what it is. */
static bool claim_handle(struct domain *d, grant_handle_t handle, struct grant_mapping *copy)
{
    struct grant_mapping *m;
    bool ok;

    spin_lock(&d->grant.lock);
    m = mapping(&d->grant, handle);
    ok = m && m->granter && !m->busy;
    if (ok) {
        m->busy = true;
        *copy = *m;
    }
    spin_unlock(&d->grant.lock);
    return ok;
}

static void release_handle(struct domain *d, grant_handle_t handle)
{
    spin_lock(&d->grant.lock);
    mapping(&d->grant, handle)->busy = false;
    spin_unlock(&d->grant.lock);
}

/* --- operations ------------------------------------------------------------------------------------- */

void grant_map(struct gnttab_map_grant_ref *op)
{
    struct domain *d = current->domain, *granter = NULL;
    bool write = !(op->flags & GNTMAP_readonly);
    mfn_t frame = INVALID_MFN;

    if (!(op->flags & (GNTMAP_host_map | GNTMAP_device_map))) {
        op->status = GNTST_bad_gntref;
        return;
    }
    granter = domain_get(op->dom);
    if (!granter || granter->is_system) {
        op->status = GNTST_bad_domain;
        goto put;
    }
    op->status = (int16_t)pin(granter, op->ref, d, write, &frame);
    if (op->status != GNTST_okay)
        goto put;
    if (!alloc_handle(d, granter, op->ref, op->flags, &op->handle)) {
        op->status = GNTST_no_device_space;
        unpin(granter, op->ref, write);
        goto put;
    }
    if (op->flags & GNTMAP_host_map)
        op->status = (int16_t)arch_grant_map(op->host_addr, frame, op->flags);
    if (op->status != GNTST_okay) {
        unpin(granter, op->ref, write);
        free_handle(d, op->handle);
        return;
    }
    op->dev_bus_addr = frame.v << PAGE_SHIFT;
    release_handle(d, op->handle);
    return;
put:
    if (granter)
        domain_put(granter);
}

static int16_t unmap(grant_handle_t handle, uint64_t host_addr, uint64_t new_addr)
{
    struct domain *d = current->domain;
    struct grant_mapping m;
    int rc = GNTST_okay;

    if (!claim_handle(d, handle, &m))
        return GNTST_bad_handle;
    if ((m.flags & GNTMAP_host_map) && host_addr)
        rc = arch_grant_unmap(host_addr, pinned_frame(m.granter, m.ref), new_addr, m.flags);
    if (rc != GNTST_okay) {
        release_handle(d, handle);
        return (int16_t)rc;
    }
    unpin(m.granter, m.ref, !(m.flags & GNTMAP_readonly));
    free_handle(d, handle);
    return GNTST_okay;
}

void grant_unmap(struct gnttab_unmap_grant_ref *op)
{
    op->status = unmap(op->handle, op->host_addr, 0);
}

void grant_unmap_and_replace(struct gnttab_unmap_and_replace *op)
{
    op->status = op->new_addr ? unmap(op->handle, op->host_addr, op->new_addr) : GNTST_bad_virt_addr;
}

/* One side of a copy: a frame with the references it takes. */
struct copy_side {
    struct domain *owner;
    grant_ref_t ref;
    mfn_t frame;
    bool is_ref, write;
};

static int copy_side_get(struct copy_side *s, const struct gnttab_copy_ptr *ptr)
{
    struct domain *d = current->domain;
    struct page_info *pg;

    s->owner = domain_get(ptr->domid);
    if (!s->owner || s->owner->is_system)
        return GNTST_bad_domain;
    if (s->is_ref) {
        s->ref = ptr->u.ref;
        return pin(s->owner, s->ref, d, s->write, &s->frame);
    }
    if (s->owner != d && may(d, ACCESS_MMU_FOREIGN, s->owner, 0))
        return GNTST_permission_denied;
    pg = get_page_from_gfn(s->owner, _gfn(ptr->u.gmfn));
    if (!pg)
        return GNTST_bad_page;
    if (s->write && get_page_type(pg, PGT_writable)) {
        put_page(pg);
        return GNTST_general_error;
    }
    s->frame = page_to_mfn(pg);
    return GNTST_okay;
}

static void copy_side_put(struct copy_side *s)
{
    if (s->frame.v != INVALID_MFN.v) {
        if (s->is_ref)
            unpin(s->owner, s->ref, s->write);
        else
            put_frame(s->frame, s->write);
    }
    if (s->owner)
        domain_put(s->owner);
}

void grant_copy(struct gnttab_copy *op)
{
    struct copy_side src = {.frame = INVALID_MFN, .is_ref = op->flags & GNTCOPY_source_gref};
    struct copy_side dst = {.frame = INVALID_MFN, .is_ref = op->flags & GNTCOPY_dest_gref, .write = true};
    int rc;

    if (op->source.offset + op->len > (int)PAGE_SIZE || op->dest.offset + op->len > (int)PAGE_SIZE) {
        op->status = GNTST_bad_copy_arg;
        return;
    }
    rc = copy_side_get(&src, &op->source);
    if (rc != GNTST_okay)
        src.frame = INVALID_MFN;
    if (rc == GNTST_okay) {
        rc = copy_side_get(&dst, &op->dest);
        if (rc != GNTST_okay)
            dst.frame = INVALID_MFN;
    }
    if (rc == GNTST_okay)
        memcpy((char *)mfn_to_virt(dst.frame) + op->dest.offset,
               (char *)mfn_to_virt(src.frame) + op->source.offset, op->len);
    copy_side_put(&dst);
    copy_side_put(&src);
    op->status = (int16_t)rc;
}

int grant_table_release_mappings(struct domain *d)
{
    struct grant_table *gt = &d->grant;

    for (grant_handle_t handle = 0; gt->maptrack_inuse && handle < gt->maptrack_limit; handle++) {
        struct grant_mapping m;

        /* d runs nowhere, so nothing of it is busy. */
        if (!claim_handle(d, handle, &m))
            continue;
        unpin(m.granter, m.ref, !(m.flags & GNTMAP_readonly));
        free_handle(d, handle);
        if (handle % 64 == 63 && hypercall_preempt_check())
            return -EPREEMPTED;
    }
    return 0;
}
