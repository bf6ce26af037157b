/* SPDX-License-Identifier: MIT */
/* Mapping others' grants.  What a domain has mapped is tracked by handles: an index into its
 * maptrack. */
#include <hv/errno.h>
#include <hv/softirq.h>
#include "grant.h"

#define MAPPINGS_PER_PAGE (PAGE_SIZE / sizeof(struct grant_mapping))
#define NO_HANDLE         (~0U)
#define KINDS             (GNTMAP_host_map | GNTMAP_device_map)

static struct grant_mapping *mapping_of(const struct grant_table *gt, unsigned int handle)
{
    return &gt->maptrack[handle / MAPPINGS_PER_PAGE][handle % MAPPINGS_PER_PAGE];
}

/* gt->lock is held. */
static bool grow_maptrack(struct grant_table *gt)
{
    unsigned int page = gt->maptrack_limit / MAPPINGS_PER_PAGE, first = gt->maptrack_limit;

    if (page >= gt->max_maptrack_frames)
        return false;
    gt->maptrack[page] = hv_alloc(PAGE_SIZE);
    if (!gt->maptrack[page])
        return false;
    gt->maptrack_limit += MAPPINGS_PER_PAGE;
    for (unsigned int i = gt->maptrack_limit; i-- > first;) {
        mapping_of(gt, i)->ref = gt->maptrack_free;
        gt->maptrack_free = i;
    }
    return true;
}

static unsigned int take_handle(struct grant_table *gt)
{
    unsigned int handle = NO_HANDLE;

    spin_lock(&gt->lock);
    if (gt->maptrack_free != NO_HANDLE || grow_maptrack(gt)) {
        handle = gt->maptrack_free;
        gt->maptrack_free = mapping_of(gt, handle)->ref;
        gt->maptrack_inuse++;
        *mapping_of(gt, handle) = (struct grant_mapping){.busy = 1};
    }
    spin_unlock(&gt->lock);
    return handle;
}

/* gt->lock is held. */
static void free_handle(struct grant_table *gt, unsigned int handle)
{
    *mapping_of(gt, handle) = (struct grant_mapping){.ref = gt->maptrack_free};
    gt->maptrack_free = handle;
    gt->maptrack_inuse--;
}

static int map_from(struct domain *rd, struct gnttab_map_grant_ref *op, mfn_t *frame)
{
    struct domain *ld = current->domain;
    int rc = grant_acquire(ld, rd, op->ref, op->flags, frame);

    if (rc == GNTST_okay && (op->flags & GNTMAP_host_map)) {
        rc = arch_grant_map(op->host_addr, *frame, op->flags);
        if (rc != GNTST_okay)
            grant_release(rd, op->ref, *frame, op->flags);
    }
    return rc;
}

void grant_map_one(struct gnttab_map_grant_ref *op)
{
    struct domain *ld = current->domain, *rd;
    struct grant_table *gt = &ld->grant;
    unsigned int handle;
    mfn_t frame;
    int rc;

    if (!(op->flags & KINDS)) {
        op->status = GNTST_bad_gntref;
        return;
    }
    /* domains are named here as in the entries of tables: by number */
    rd = op->dom == DOMID_SELF ? NULL : domain_get(op->dom);
    if (!rd) {
        op->status = GNTST_bad_domain;
        return;
    }
    handle = take_handle(gt);
    rc = handle == NO_HANDLE ? GNTST_no_space : map_from(rd, op, &frame);
    if (handle != NO_HANDLE) {
        spin_lock(&gt->lock);
        if (rc == GNTST_okay)
            *mapping_of(gt, handle) = (struct grant_mapping){.ref = op->ref,
                                                             .domid = rd->domid,
                                                             .flags = (uint16_t)op->flags,
                                                             .frame = (uint32_t)frame.v};
        else
            free_handle(gt, handle);
        spin_unlock(&gt->lock);
    }
    if (rc == GNTST_okay) {
        op->handle = handle;
        op->dev_bus_addr = frame.v << PAGE_SHIFT;
    }
    op->status = (int16_t)rc;
    domain_put(rd);
}

/* Reserve the mapping for us to undo; *m: what it is. */
static int claim_mapping(struct grant_table *gt, unsigned int handle, unsigned int kinds,
                         struct grant_mapping *m)
{
    int rc = GNTST_bad_handle;

    spin_lock(&gt->lock);
    if (handle < gt->maptrack_limit && mapping_of(gt, handle)->flags &&
        !mapping_of(gt, handle)->busy) {
        *m = *mapping_of(gt, handle);
        rc = kinds && !(kinds & ~m->flags) ? GNTST_okay : GNTST_general_error;
        if (rc == GNTST_okay)
            mapping_of(gt, handle)->busy = 1;
    }
    spin_unlock(&gt->lock);
    return rc;
}

/* The kinds have been undone (0: none, it was not to be). */
static void settle_mapping(struct grant_table *gt, unsigned int handle, unsigned int kinds)
{
    struct grant_mapping *m;

    spin_lock(&gt->lock);
    m = mapping_of(gt, handle);
    m->busy = 0;
    m->flags &= (uint16_t)~kinds;
    if (!(m->flags & KINDS))
        free_handle(gt, handle);
    spin_unlock(&gt->lock);
}

static void release_kinds(const struct grant_mapping *m, unsigned int kinds)
{
    struct domain *rd = domain_get(m->domid);

    ASSERT(rd);
    grant_release(rd, m->ref, _mfn(m->frame), (m->flags & ~(unsigned int)KINDS) | kinds);
    domain_put(rd);
}

static int remove_entry(struct grant_unmaps *b, const struct gnttab_unmap_grant_ref *op,
                        uint64_t new_addr, const struct grant_unmapping *u)
{
    int rc;

    if (op->dev_bus_addr && op->dev_bus_addr >> PAGE_SHIFT != u->m.frame)
        return GNTST_bad_dev_addr;
    if (!(u->kinds & GNTMAP_host_map))
        return GNTST_okay;
    rc = arch_grant_unmap(op->host_addr, _mfn(u->m.frame), new_addr, u->m.flags);
    b->flush |= rc == GNTST_okay;
    return rc;
}

void grant_finish_unmaps(struct grant_unmaps *b)
{
    struct grant_table *gt = &current->domain->grant;

    if (b->flush)
        arch_grant_flush();
    for (unsigned int i = 0; i < b->n; i++) {
        release_kinds(&b->at[i].m, b->at[i].kinds);
        settle_mapping(gt, b->at[i].handle, b->at[i].kinds);
    }
    b->n = 0;
    b->flush = false;
}

static bool is_in_batch(const struct grant_unmaps *b, unsigned int handle)
{
    for (unsigned int i = 0; i < b->n; i++)
        if (b->at[i].handle == handle)
            return true;
    return false;
}

int grant_begin_unmap(struct grant_unmaps *b, const struct gnttab_unmap_grant_ref *op,
                      uint64_t new_addr)
{
    struct grant_table *gt = &current->domain->grant;
    struct grant_unmapping *u;
    int rc;

    if (b->n == GRANT_BATCH)
        grant_finish_unmaps(b);
    u = &b->at[b->n];
    u->handle = op->handle;
    u->kinds = (op->host_addr ? GNTMAP_host_map : 0) | (op->dev_bus_addr ? GNTMAP_device_map : 0);
    rc = claim_mapping(gt, u->handle, u->kinds, &u->m);
    if (rc == GNTST_bad_handle && is_in_batch(b, u->handle)) {
        /* A mapping may be undone in two steps, host's and device's. */
        struct grant_unmapping again = *u;

        grant_finish_unmaps(b);
        u = &b->at[0];
        *u = again;
        rc = claim_mapping(gt, u->handle, u->kinds, &u->m);
    }
    if (rc != GNTST_okay)
        return rc;
    rc = remove_entry(b, op, new_addr, u);
    if (rc == GNTST_okay)
        b->n++;
    else
        settle_mapping(gt, u->handle, 0);
    return rc;
}

/* The entries of its page tables hold references of their own, until the tables go. */
int grant_table_release_mappings(struct domain *d)
{
    struct grant_table *gt = &d->grant;
    unsigned int done = 0;

    for (unsigned int handle = 0; handle < gt->maptrack_limit && gt->maptrack_inuse; handle++) {
        struct grant_mapping m = *mapping_of(gt, handle);

        if (!m.flags)
            continue;
        release_kinds(&m, m.flags & KINDS);
        settle_mapping(gt, handle, KINDS);
        if (++done % 16 == 0 && hypercall_preempt_check())
            return -EPREEMPTED;
    }
    return 0;
}
