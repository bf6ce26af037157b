/* SPDX-License-Identifier: MIT */
/* The architecture's part of sysctl: what processors can do, and what guests are shown of it. */
#include <asm/cpuid_policy.h>
#include <asm/hvm.h>
#include <hv/arch/domain.h>
#include <hv/guest_access.h>
#include <xen/sysctl.h>

#define MAX_FEATURE_WORDS 32
/* Room that tools are told to provide: for every leaf and subleaf that their own form of a policy has,
 * however few of them this host fills. */
#define TOOLS_LEAVES 128

/* The same numbers name a policy and a set of features. */
_Static_assert((int)XEN_SYSCTL_cpu_policy_host == XEN_SYSCTL_cpu_featureset_host &&
                   (int)XEN_SYSCTL_cpu_policy_pv_max == XEN_SYSCTL_cpu_featureset_pv &&
                   (int)XEN_SYSCTL_cpu_policy_hvm_max == XEN_SYSCTL_cpu_featureset_hvm &&
                   (int)XEN_SYSCTL_cpu_policy_pv_default == XEN_SYSCTL_cpu_featureset_pv_max &&
                   (int)XEN_SYSCTL_cpu_policy_hvm_default == XEN_SYSCTL_cpu_featureset_hvm_max,
               "xen/sysctl.h");

static long find_policy(uint32_t index, const struct cpuid_policy **p)
{
    switch (index) {
    case XEN_SYSCTL_cpu_policy_raw:
    case XEN_SYSCTL_cpu_policy_host:
        *p = host_policy();
        return 0;
    case XEN_SYSCTL_cpu_policy_pv_max:
    case XEN_SYSCTL_cpu_policy_pv_default:
        *p = pv_max_policy();
        return 0;
    case XEN_SYSCTL_cpu_policy_hvm_max:
    case XEN_SYSCTL_cpu_policy_hvm_default:
        if (!hvm)
            return -EOPNOTSUPP;
        *p = hvm_max_policy();
        return 0;
    default:
        return -EINVAL;
    }
}

static long get_cpu_policy(struct xen_sysctl_cpu_policy *u)
{
    const struct cpuid_policy *p;
    long rc = u->_rsvd ? -EINVAL : find_policy(u->index, &p);

    if (rc)
        return rc;
    if (!u->leaves.p)
        u->nr_leaves = TOOLS_LEAVES;
    rc = u->leaves.p ? cpuid_policy_to_guest(p, &u->nr_leaves, (vaddr_t)u->leaves.p) : 0;
    return rc ? rc : msr_policy_to_guest(&u->nr_msrs, (vaddr_t)u->msrs.p);
}

static long get_cpu_featureset(struct xen_sysctl_cpu_featureset *u)
{
    uint32_t words[MAX_FEATURE_WORDS] = {0}, room = u->nr_features;
    const struct cpuid_policy *p;
    long rc = find_policy(u->index, &p);

    if (rc)
        return rc;
    u->nr_features = cpuid_featureset(p, words, MAX_FEATURE_WORDS);
    if (!u->features.p)
        return 0;
    if (copy_to_guest(u->features, words, min(room, u->nr_features)))
        return -EFAULT;
    return room < u->nr_features ? -ENOBUFS : 0;
}

long arch_do_sysctl(struct xen_sysctl *op, bool *copyback)
{
    *copyback = true;
    switch (op->cmd) {
    case XEN_SYSCTL_get_cpu_levelling_caps:
        op->u.cpu_levelling_caps.caps = 0; /* none is done */
        return 0;
    case XEN_SYSCTL_get_cpu_featureset:
        return get_cpu_featureset(&op->u.cpu_featureset);
    case XEN_SYSCTL_get_cpu_policy:
        return get_cpu_policy(&op->u.cpu_policy);
    default:
        *copyback = false;
        return -ENOSYS;
    }
}
