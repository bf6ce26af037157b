/* SPDX-License-Identifier: MIT */
/* A PV guest's page tables, made of its hosted frames. */
#ifndef CORE_PV_TABLES_H
#define CORE_PV_TABLES_H

#include "test.h"
#include <asm/pv_mm.h>

#define P  PTE_PRESENT
#define RW PTE_RW
#define U  PTE_USER

enum { DATA = 1, L4, L3, L2, L1, SCRATCH }; /* frames */

static inline pte_t *table(unsigned int frame)
{
    return hosted_frame(w.guest, frame);
}

static inline pte_t entry(unsigned int frame, uint64_t flags)
{
    return pte_from_mfn(hosted_frame_mfn(w.guest, frame), flags);
}

/* A pinned L4, and an L1 that only the L2 holds, whose entry for va is last. */
static inline void build_tables(vaddr_t va, pte_t last)
{
    struct mmuext_op pin = {.cmd = MMUEXT_PIN_L4_TABLE,
                            .arg1.mfn = hosted_frame_mfn(w.guest, L4).v};

    for (unsigned int frame = L4; frame <= L1; frame++)
        memset(table(frame), 0, PAGE_SIZE);
    table(L4)[pt_index(va, 4)] = entry(L3, P | RW | U);
    table(L3)[pt_index(va, 3)] = entry(L2, P | RW | U);
    table(L2)[pt_index(va, 2)] = entry(L1, P | RW | U);
    table(L1)[pt_index(va, 1)] = last;
    memcpy(w.page1, &pin, sizeof(pin));
    assert_int_equal(
        hosted_call(w.v1, __HYPERVISOR_mmuext_op, (unsigned long)w.page1, 1, 0, DOMID_SELF), 0);
}

#endif
