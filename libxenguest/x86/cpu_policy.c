/* SPDX-License-Identifier: MIT */
/* CPU policies: lists of CPUID leaves and MSRs, as the hypervisor takes and gives them. */
#include <xencall.h>
#include "x86/cpu_policy.h"

#define NOTHING_REFUSED (~UINT32_C(0))

PUBLIC xc_cpu_policy_t *xc_cpu_policy_init(void)
{
    xc_cpu_policy_t *policy = calloc(1, sizeof(*policy));

    if (!policy)
        fail(NULL, ENOMEM, "no memory for a CPU policy");
    return policy;
}

PUBLIC void xc_cpu_policy_destroy(xc_cpu_policy_t *policy)
{
    if (!policy)
        return;
    free(policy->leaves);
    free(policy->msrs);
    free(policy);
}

/* The arrays of a policy in memory that the hypervisor may touch. */
struct exchange {
    xencall_handle *xcall;
    xen_cpuid_leaf_t *leaves;
    xen_msr_entry_t *msrs;
    uint32_t nr_leaves, nr_msrs;
};

static void exchange_end(struct exchange *x)
{
    int saved = errno;

    if (x->leaves)
        xencall_free_buffer(x->xcall, x->leaves);
    if (x->msrs)
        xencall_free_buffer(x->xcall, x->msrs);
    errno = saved;
}

static int exchange_begin(xc_interface *xch, struct exchange *x, uint32_t nr_leaves,
                          uint32_t nr_msrs)
{
    *x = (struct exchange){
        .xcall = xc_interface_xcall_handle(xch), .nr_leaves = nr_leaves, .nr_msrs = nr_msrs};
    if (!x->xcall)
        return fail(xch, EBADF, "the handle was opened as a dummy");
    if (nr_leaves)
        x->leaves = xencall_alloc_buffer(x->xcall, nr_leaves * sizeof(*x->leaves));
    if (nr_msrs)
        x->msrs = xencall_alloc_buffer(x->xcall, nr_msrs * sizeof(*x->msrs));
    if ((x->leaves || !nr_leaves) && (x->msrs || !nr_msrs))
        return 0;
    exchange_end(x);
    return fail(xch, ENOMEM, "no memory for a CPU policy");
}

/* Replace the policy's lists by what was exchanged. */
static int take(xc_interface *xch, xc_cpu_policy_t *policy, const struct exchange *x)
{
    /* One more than needed: an empty list is no failure. */
    xen_cpuid_leaf_t *leaves = calloc(x->nr_leaves + 1u, sizeof(*leaves));
    xen_msr_entry_t *msrs = calloc(x->nr_msrs + 1u, sizeof(*msrs));

    if (!leaves || !msrs) {
        free(leaves);
        free(msrs);
        return fail(xch, ENOMEM, "no memory for a CPU policy");
    }
    if (x->nr_leaves)
        memcpy(leaves, x->leaves, x->nr_leaves * sizeof(*leaves));
    if (x->nr_msrs)
        memcpy(msrs, x->msrs, x->nr_msrs * sizeof(*msrs));
    free(policy->leaves);
    free(policy->msrs);
    policy->leaves = leaves;
    policy->nr_leaves = x->nr_leaves;
    policy->msrs = msrs;
    policy->nr_msrs = x->nr_msrs;
    return 0;
}

PUBLIC int xc_cpu_policy_get_size(xc_interface *xch, uint32_t *nr_leaves, uint32_t *nr_msrs)
{
    struct xen_sysctl op;

    memset(&op, 0, sizeof(op));
    op.cmd = XEN_SYSCTL_get_cpu_policy;
    op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    if (xc_sysctl(xch, &op))
        return wrap(xch, "cannot get the size of CPU policies");
    *nr_leaves = op.u.cpu_policy.nr_leaves;
    *nr_msrs = op.u.cpu_policy.nr_msrs;
    return 0;
}

/* Make room for any policy of this host. */
static int exchange_for_any(xc_interface *xch, struct exchange *x)
{
    uint32_t nr_leaves = 0;
    uint32_t nr_msrs = 0;

    if (xc_cpu_policy_get_size(xch, &nr_leaves, &nr_msrs))
        return -1;
    return exchange_begin(xch, x, nr_leaves, nr_msrs);
}

static int get_system(xc_interface *xch, unsigned int index, struct exchange *x)
{
    struct xen_sysctl op;

    memset(&op, 0, sizeof(op));
    op.cmd = XEN_SYSCTL_get_cpu_policy;
    op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    op.u.cpu_policy.index = index;
    op.u.cpu_policy.nr_leaves = x->nr_leaves;
    op.u.cpu_policy.nr_msrs = x->nr_msrs;
    op.u.cpu_policy.leaves.p = x->leaves;
    op.u.cpu_policy.msrs.p = x->msrs;
    if (xc_sysctl(xch, &op))
        return wrap(xch, "cannot get the host's CPU policy %u", index);
    if (op.u.cpu_policy.nr_leaves > x->nr_leaves || op.u.cpu_policy.nr_msrs > x->nr_msrs)
        return fail(xch, ENOBUFS, "the host's CPU policy %u is larger than it said", index);
    x->nr_leaves = op.u.cpu_policy.nr_leaves;
    x->nr_msrs = op.u.cpu_policy.nr_msrs;
    return 0;
}

PUBLIC int xc_cpu_policy_get_system(xc_interface *xch, unsigned int policy_idx,
                                    xc_cpu_policy_t *policy)
{
    struct exchange x;
    int rc = -1;

    if (exchange_for_any(xch, &x))
        return -1;
    if (!get_system(xch, policy_idx, &x))
        rc = take(xch, policy, &x);
    exchange_end(&x);
    return rc;
}

/* Get or set a domain's policy; *op returns what the hypervisor wrote. */
static int domain_policy(xc_interface *xch, uint32_t cmd, uint32_t domid, struct exchange *x,
                         struct xen_domctl *op)
{
    memset(op, 0, sizeof(*op));
    op->cmd = cmd;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = (domid_t)domid;
    op->u.cpu_policy.nr_leaves = x->nr_leaves;
    op->u.cpu_policy.nr_msrs = x->nr_msrs;
    op->u.cpu_policy.leaves.p = x->leaves;
    op->u.cpu_policy.msrs.p = x->msrs;
    op->u.cpu_policy.err_leaf = NOTHING_REFUSED;
    op->u.cpu_policy.err_subleaf = NOTHING_REFUSED;
    op->u.cpu_policy.err_msr = NOTHING_REFUSED;
    return xc_domctl(xch, op);
}

PUBLIC int xc_cpu_policy_get_domain(xc_interface *xch, uint32_t domid, xc_cpu_policy_t *policy)
{
    struct xen_domctl op;
    struct exchange x;
    int rc = -1;

    if (exchange_for_any(xch, &x))
        return -1;
    if (domain_policy(xch, XEN_DOMCTL_get_cpu_policy, domid, &x, &op)) {
        wrap(xch, "cannot get the CPU policy of domain %u", domid);
    } else if (op.u.cpu_policy.nr_leaves > x.nr_leaves || op.u.cpu_policy.nr_msrs > x.nr_msrs) {
        fail(xch, ENOBUFS, "the CPU policy of domain %u is larger than the host's", domid);
    } else {
        x.nr_leaves = op.u.cpu_policy.nr_leaves;
        x.nr_msrs = op.u.cpu_policy.nr_msrs;
        rc = take(xch, policy, &x);
    }
    exchange_end(&x);
    return rc;
}

/* Name what the hypervisor found wrong. */
static int refused(xc_interface *xch, uint32_t domid, const struct xen_domctl *op)
{
    const struct xen_domctl_cpu_policy *p = &op->u.cpu_policy;

    if (p->err_msr != NOTHING_REFUSED)
        return xg__wrap(xch, "xc_set_domain_cpu_policy",
                        "the hypervisor refuses MSR %#x for domain %u", p->err_msr, domid);
    if (p->err_leaf != NOTHING_REFUSED)
        return xg__wrap(xch, "xc_set_domain_cpu_policy",
                        "the hypervisor refuses CPUID leaf %#x, subleaf %#x for domain %u",
                        p->err_leaf, p->err_subleaf, domid);
    return xg__wrap(xch, "xc_set_domain_cpu_policy", "cannot set the CPU policy of domain %u",
                    domid);
}

PUBLIC int xc_set_domain_cpu_policy(xc_interface *xch, uint32_t domid, uint32_t nr_leaves,
                                    xen_cpuid_leaf_t *leaves, uint32_t nr_msrs,
                                    xen_msr_entry_t *msrs, uint32_t *err_leaf_p,
                                    uint32_t *err_subleaf_p, uint32_t *err_msr_p)
{
    struct xen_domctl op;
    struct exchange x;
    int rc = 0;

    if (exchange_begin(xch, &x, nr_leaves, nr_msrs))
        return -1;
    if (nr_leaves)
        memcpy(x.leaves, leaves, nr_leaves * sizeof(*leaves));
    if (nr_msrs)
        memcpy(x.msrs, msrs, nr_msrs * sizeof(*msrs));
    rc = domain_policy(xch, XEN_DOMCTL_set_cpu_policy, domid, &x, &op);
    if (err_leaf_p)
        *err_leaf_p = op.u.cpu_policy.err_leaf;
    if (err_subleaf_p)
        *err_subleaf_p = op.u.cpu_policy.err_subleaf;
    if (err_msr_p)
        *err_msr_p = op.u.cpu_policy.err_msr;
    if (rc)
        refused(xch, domid, &op);
    exchange_end(&x);
    return rc;
}

PUBLIC int xc_cpu_policy_set_domain(xc_interface *xch, uint32_t domid, xc_cpu_policy_t *policy)
{
    return xc_set_domain_cpu_policy(xch, domid, policy->nr_leaves, policy->leaves, policy->nr_msrs,
                                    policy->msrs, NULL, NULL, NULL);
}

PUBLIC int xc_cpu_policy_serialise(xc_interface *xch, const xc_cpu_policy_t *policy,
                                   xen_cpuid_leaf_t *leaves, uint32_t *nr_leaves,
                                   xen_msr_entry_t *msrs, uint32_t *nr_msrs)
{
    bool small = (leaves && *nr_leaves < policy->nr_leaves) || (msrs && *nr_msrs < policy->nr_msrs);

    if (small)
        return fail(xch, ENOBUFS, "a policy of %u leaves and %u MSRs does not fit",
                    policy->nr_leaves, policy->nr_msrs);
    if (leaves && policy->nr_leaves)
        memcpy(leaves, policy->leaves, policy->nr_leaves * sizeof(*leaves));
    if (msrs && policy->nr_msrs)
        memcpy(msrs, policy->msrs, policy->nr_msrs * sizeof(*msrs));
    *nr_leaves = policy->nr_leaves;
    *nr_msrs = policy->nr_msrs;
    return 0;
}

xen_cpuid_leaf_t *xg_find_leaf(const struct xc_cpu_policy *policy, uint32_t leaf, uint32_t subleaf)
{
    for (uint32_t i = 0; i < policy->nr_leaves; i++) {
        xen_cpuid_leaf_t *l = &policy->leaves[i];

        if (l->leaf == leaf && (l->subleaf == subleaf || l->subleaf == XEN_CPUID_NO_SUBLEAF))
            return l;
    }
    return NULL;
}

xen_msr_entry_t *xg_find_msr(const struct xc_cpu_policy *policy, uint32_t idx)
{
    for (uint32_t i = 0; i < policy->nr_msrs; i++)
        if (policy->msrs[i].idx == idx)
            return &policy->msrs[i];
    return NULL;
}

PUBLIC int xc_cpu_policy_update_cpuid(xc_interface *xch, xc_cpu_policy_t *policy,
                                      const xen_cpuid_leaf_t *leaves, uint32_t nr)
{
    size_t room = (size_t)policy->nr_leaves + nr;
    xen_cpuid_leaf_t *bigger = realloc(policy->leaves, (room ? room : 1) * sizeof(*bigger));

    if (!bigger)
        return fail(xch, ENOMEM, "no memory for a CPU policy");
    policy->leaves = bigger;
    for (uint32_t i = 0; i < nr; i++) {
        xen_cpuid_leaf_t *old = xg_find_leaf(policy, leaves[i].leaf, leaves[i].subleaf);

        *(old ? old : &bigger[policy->nr_leaves++]) = leaves[i];
    }
    return 0;
}

PUBLIC int xc_cpu_policy_update_msrs(xc_interface *xch, xc_cpu_policy_t *policy,
                                     const xen_msr_entry_t *msrs, uint32_t nr)
{
    size_t room = (size_t)policy->nr_msrs + nr;
    xen_msr_entry_t *bigger = realloc(policy->msrs, (room ? room : 1) * sizeof(*bigger));

    if (!bigger)
        return fail(xch, ENOMEM, "no memory for a CPU policy");
    policy->msrs = bigger;
    for (uint32_t i = 0; i < nr; i++) {
        xen_msr_entry_t *old = xg_find_msr(policy, msrs[i].idx);

        *(old ? old : &bigger[policy->nr_msrs++]) = msrs[i];
    }
    return 0;
}
