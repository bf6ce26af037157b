/* SPDX-License-Identifier: MIT */
/* Grant tables: what grant.c (tables and their sizes) and grant_use.c (using grants) share. */
#ifndef CORE_GRANT_PRIVATE_H
#define CORE_GRANT_PRIVATE_H

#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/grant.h>

#define ENTRIES_PER_FRAME  (PAGE_SIZE / sizeof(struct grant_entry_v1))
#define MAPTRACK_PER_FRAME 128
#define MAPTRACK_END       (~0U)

/* A grant in use.  While pinned, the frame has a reference for each pin, and a writable one for each
 * of pins_rw. */
struct active_grant {
    uint32_t pins_ro, pins_rw;
    mfn_t frame;
};

/* A foreign grant that a domain has mapped. */
struct grant_mapping {
    struct domain *granter; /* with a reference; NULL: free */
    grant_ref_t ref;
    union {
        uint32_t flags; /* in use: GNTMAP_* */
        uint32_t next;  /* free */
    };
    bool busy; /* being mapped or unmapped */
};

int grant_grow(struct domain *d, unsigned int nr_frames); /* with the lock; 0, -ENOMEM, -EINVAL */
static inline bool grant_ref_valid(const struct grant_table *gt, grant_ref_t ref)
{
    return ref < gt->nr_frames * ENTRIES_PER_FRAME;
}
static inline struct grant_entry_v1 *grant_shared(struct grant_table *gt, grant_ref_t ref)
{
    return &gt->shared[ref / ENTRIES_PER_FRAME][ref % ENTRIES_PER_FRAME];
}
static inline struct active_grant *grant_active(struct grant_table *gt, grant_ref_t ref)
{
    return &gt->active[ref / ENTRIES_PER_FRAME][ref % ENTRIES_PER_FRAME];
}

/* Single operations, on a copy of the guest's struct; they set its status. */
void grant_map(struct gnttab_map_grant_ref *op);
void grant_unmap(struct gnttab_unmap_grant_ref *op);
void grant_unmap_and_replace(struct gnttab_unmap_and_replace *op);
void grant_copy(struct gnttab_copy *op);

#endif
