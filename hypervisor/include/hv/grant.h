/* SPDX-License-Identifier: MIT */
/* Grant tables, version 1 (core/grant.c). */
#ifndef HV_GRANT_H
#define HV_GRANT_H

#include <hv/spinlock.h>
#include <xen/xen.h>
#include <xen/grant_table.h>

struct grant_mapping; /* maptrack entry: a foreign grant that this domain has mapped */
struct active_grant;  /* a grant of this domain in use: pins, frame */

struct grant_table {
    spinlock_t lock;
    unsigned int nr_frames, max_frames; /* shared frames */
    unsigned int max_maptrack_frames;
    struct grant_entry_v1 **shared;  /* frame i's address */
    struct active_grant **active;    /* one array a shared frame */
    struct grant_mapping **maptrack; /* pages of entries */
    unsigned int maptrack_limit, maptrack_free, maptrack_inuse;
};

int grant_table_init(struct domain *d, uint32_t max_frames, uint32_t max_maptrack_frames);
int grant_table_release_mappings(struct domain *d); /* undo what d has mapped; 0 or -EPREEMPTED */
void grant_table_destroy(struct domain *d);
long do_grant_table_op(struct hypercall_args *a);
/* XENMAPSPACE_grant_table: frame idx of d's table, growing it if need be; INVALID_MFN: none. */
mfn_t grant_table_frame(struct domain *d, unsigned long idx);
/* XENMEM_acquire_resource */
int grant_table_resource(struct domain *d, unsigned int id, unsigned long frame, unsigned int nr,
                         uint64_t *mfns);

/* Arch: put a foreign frame into current's address space for a GNTTABOP_map_grant_ref with
 * GNTMAP_host_map (arch/x86/pv/mm/grant.c).  addr is a virtual address, or with
 * GNTMAP_contains_pte the machine address of the l1 entry.  The caller holds a reference (and
 * write type) on the frame for the mapping.  Return GNTST_*. */
int arch_grant_map(uint64_t addr, mfn_t frame, unsigned int flags);
/* Undo (or, new_addr != 0, unmap_and_replace: move new_addr's entry here).  Checks that frame is
 * what is mapped there.  TLBs may know the old entry until arch_grant_flush(). */
int arch_grant_unmap(uint64_t addr, mfn_t frame, uint64_t new_addr, unsigned int flags);
void arch_grant_flush(void);

#endif
