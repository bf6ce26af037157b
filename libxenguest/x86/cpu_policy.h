/* SPDX-License-Identifier: MIT */
/* CPU policies as this library keeps them. */
#ifndef XENGUEST_CPU_POLICY_H
#define XENGUEST_CPU_POLICY_H

#include "dom/private.h"

struct xc_cpu_policy {
    xen_cpuid_leaf_t *leaves;
    uint32_t nr_leaves;
    xen_msr_entry_t *msrs;
    uint32_t nr_msrs;
};

/* The entry for a leaf, or NULL.  A leaf without subleaves matches any. */
xen_cpuid_leaf_t *xg_find_leaf(const struct xc_cpu_policy *policy, uint32_t leaf, uint32_t subleaf);
xen_msr_entry_t *xg_find_msr(const struct xc_cpu_policy *policy, uint32_t idx);

/* Words of a feature set that there are. */
#define XG_FEATURE_WORDS 19
/* Put feature word @word into the policy; a leaf that is missing is added.  0, or -1 and ENOMEM. */
int xg_set_feature_word(xc_interface *xch, struct xc_cpu_policy *policy, unsigned int word,
                        uint32_t value);

#endif
