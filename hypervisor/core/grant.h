/* SPDX-License-Identifier: MIT */
/* Between the files of the grant code. */
#ifndef CORE_GRANT_H
#define CORE_GRANT_H

#include <hv/domain.h>
#include <hv/grant.h>
#include <hv/mm.h>

/* A grant in use: who uses it and how often.  The frame is what it was when the first use began. */
struct active_grant {
    uint16_t readers, writers; /* mapped into an address space, or being copied */
    uint16_t dev_readers, dev_writers;
    domid_t domid;
    uint16_t unused;
    uint32_t frame;
};

#define GRANTS_PER_FRAME (PAGE_SIZE / sizeof(struct grant_entry_v1))

static inline unsigned int grant_nr_entries(const struct grant_table *gt)
{
    return gt->nr_frames * GRANTS_PER_FRAME;
}
static inline struct active_grant *grant_active(const struct grant_table *gt, grant_ref_t ref)
{
    return &gt->active[ref / GRANTS_PER_FRAME][ref % GRANTS_PER_FRAME];
}
static inline struct grant_entry_v1 *grant_shared(const struct grant_table *gt, grant_ref_t ref)
{
    return &gt->shared[ref / GRANTS_PER_FRAME][ref % GRANTS_PER_FRAME];
}

/* grant.c.  A use of a grant: flags are GNTMAP_host_map, GNTMAP_device_map, GNTMAP_readonly.  With
 * it comes a reference on the frame for each of host and device map, and the writable type.
 * GNTST_*. */
int grant_acquire(struct domain *user, struct domain *granter, grant_ref_t ref, unsigned int flags,
                  mfn_t *frame);
void grant_release(struct domain *granter, grant_ref_t ref, mfn_t frame, unsigned int flags);
int grant_grow(struct domain *d, unsigned int nr_frames); /* gt->lock held; 0, -ENOMEM, -EINVAL */

/* grant_map.c, grant_copy.c: one element of a list; results go into op->status. */
void grant_map_one(struct gnttab_map_grant_ref *op);
void grant_copy_one(struct gnttab_copy *op);

/* grant_map.c.  Undo a mapping, with new_addr's entry in its place; GNTST_*. */
int grant_replace(const struct gnttab_unmap_grant_ref *op, uint64_t new_addr);
/* GNTTABOP_unmap_grant_ref, with all its list. */
long grant_unmap_list(struct hypercall_args *a);

#endif
