/* SPDX-License-Identifier: MIT */
/* The part of the fake Xen that only translated domains see: parameters, memory map, context. */
#ifndef FAKE_HVM_H
#define FAKE_HVM_H

#include <xen/arch-x86/hvm/save.h>
#include <xen/hvm/save.h>
#include "fake_xen.h"

#define FAKE_PARAMS 64
#define FAKE_VCPUS  3

struct fake_hvm {
    uint64_t params[FAKE_PARAMS];
    struct e820entry map[16];
    unsigned int map_entries;
    uint64_t pod_target;
    unsigned int pages_at_pod;                              /* populated when the target was set */
    bool bad_context;                                       /* one without a header */
    int fail_param, fail_map, fail_get, fail_set, fail_pod; /* errno or 0 */
    /* What was set. */
    bool header_set, cpu_set;
    struct hvm_hw_cpu cpu;
    struct hvm_hw_mtrr mtrr[FAKE_VCPUS];
};

extern struct fake_hvm fake_hvm;

#endif
