/* SPDX-License-Identifier: MIT */
/*
 * A Xen of one domain for the builder's tests: machine memory is a memfd, frames are given out
 * backwards so that none has its page's number, and every call can be seen and made to fail.
 */
#ifndef FAKE_XEN_H
#define FAKE_XEN_H

#include <stdbool.h>
#include <stdint.h>
#include <xenctrl.h>

#define FAKE_DOMID       7
#define FAKE_SHARED_INFO 3
#define FAKE_GRANTS      4

struct fake_xen {
    uint64_t nr_frames; /* of the host */
    uint64_t free_frames;
    uint64_t max_pages; /* of the domain */
    uint64_t tot_pages;
    bool no_super; /* no superpage is to be had */
    bool no_physinfo;
    int fail_mmuext, fail_domctl, fail_setcontext, fail_map; /* errno or 0 */
    int alloc_fail_at; /* the n-th malloc() or calloc() of the library fails */

    int memfd;
    uint8_t *memory; /* all of the host's */
    uint64_t *m2p;
    unsigned int claims;
    uint64_t claimed;
    unsigned int singles, supers; /* populated extents */
    unsigned int giants;          /* of 1 GiB, HVM only */
    uint64_t pinned;              /* frame */
    uint64_t hypercall_page;
    bool mapped_at_pin; /* some mapping was left when the tables were pinned */
    unsigned int mappings;
    bool context_set;
    vcpu_guest_context_any_t context;
    struct xen_domctl_cpu_policy policy; /* last set */
    xen_cpuid_leaf_t leaves[64];
    xen_msr_entry_t msrs[16];
    uint32_t hvm_bits; /* in each register of the default policy for HVM */
    bool hvm;          /* the domain is translated: frames are the guest's own */
    const char *caps;
    bool no_demand;        /* nothing is populated on demand */
    unsigned int memflags; /* of the last populate */
};

extern struct fake_xen fake;

void fake_setup(uint64_t nr_frames);
void fake_teardown(void);
/* Count the library's allocations from here on. */
void fake_count_allocations(int fail_at);

/* Has the translated domain this frame? */
bool fake_hvm_has(uint64_t gfn);

static inline void *frame(uint64_t mfn)
{
    return fake.memory + (mfn << 12);
}

#define FAKE_XCH ((xc_interface *)&fake)

#endif
