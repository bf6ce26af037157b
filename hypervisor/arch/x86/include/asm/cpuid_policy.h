/* SPDX-License-Identifier: MIT */
/* What CPUID and a few MSRs show a domain (pv/cpuid.c, pv/msr.c). */
#ifndef ASM_CPUID_POLICY_H
#define ASM_CPUID_POLICY_H

#include <hv/domain.h>

#define MAX_POLICY_LEAVES 64
#define MAX_POLICY_MSRS   2

struct cpuid_policy {
    unsigned int nr;
    xen_cpuid_leaf_t leaf[MAX_POLICY_LEAVES];
};

/* Bits that a kind of guest does not get, by leaf and register, besides those that none gets. */
struct cpuid_mask {
    uint32_t leaf, subleaf;
    uint32_t a, b, c, d;
};
void cpuid_hide(struct cpuid_policy *p, const struct cpuid_mask *masks, unsigned int nr);
xen_cpuid_leaf_t *cpuid_find_leaf(struct cpuid_policy *p, uint32_t leaf, uint32_t subleaf);

/* The same for containers: hvm/cpuid.c */
const struct cpuid_policy *hvm_max_policy(void);
/* The most a PV guest may see, which is also what it sees by default; made at first use. */
const struct cpuid_policy *pv_max_policy(void);
const struct cpuid_policy *host_policy(void);

/* The tools' form.  A null handle asks for the number; too small a buffer: -ENOBUFS. */
long cpuid_policy_to_guest(const struct cpuid_policy *p, uint32_t *nr_leaves, vaddr_t leaves);
long msr_policy_to_guest(uint32_t *nr_msrs, vaddr_t msrs);
/* Replace what is given of d's policy.  -EINVAL: more than a PV guest may have; *err_leaf and
 * *err_subleaf, or *err_msr, say where. */
struct xen_domctl_cpu_policy;
long pv_set_cpu_policy(struct domain *d, struct xen_domctl_cpu_policy *arg);
/* Feature words for sysctl get_cpu_featureset, in the ABI's order; at most nr. */
unsigned int cpuid_featureset(const struct cpuid_policy *p, uint32_t *words, unsigned int nr);

#endif
