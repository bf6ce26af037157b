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

/* A mapping of another's grant. */
struct grant_mapping {
    grant_ref_t ref; /* free: index of the next free one */
    domid_t domid;   /* the granter, kept alive by the frame that we hold */
    uint16_t flags;  /* GNTMAP_host_map, _device_map, _readonly ...; 0: free */
    uint32_t frame;
    uint32_t busy; /* being undone by somebody */
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

/* grant_map.c: mappings on their way out.  Their entries are gone, but TLBs may still know them, so the
 * frames are still held: one flush for all of them, since it interrupts other CPUs. */
#define GRANT_BATCH 64 /* as many as Linux's drivers undo at once, mostly */
struct grant_unmaps {
    unsigned int n;
    bool flush;
    struct grant_unmapping {
        struct grant_mapping m;
        unsigned int handle, kinds;
    } at[GRANT_BATCH];
};
/* new_addr, if not 0: its entry takes the place.  GNTST_*. */
int grant_begin_unmap(struct grant_unmaps *b, const struct gnttab_unmap_grant_ref *op,
                      uint64_t new_addr);
void grant_finish_unmaps(struct grant_unmaps *b);

#endif
