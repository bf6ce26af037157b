/* SPDX-License-Identifier: MIT */
/* The CPU policy that a new domain gets: the host's default for its kind, as configured. */
#include "x86/cpu_policy.h"

/* Positions in leaves that the arguments of xc_cpuid_apply_policy() are about. */
#define LEAF1_ECX_VMX       (1u << 5)
#define LEAF1_EDX_HTT       (1u << 28)
#define LEAF1_EDX_PAE       (1u << 6)
#define EXT1_ECX_SVM        (1u << 2)
#define EXT1_ECX_CMP_LEGACY (1u << 1)
#define EXT7_EDX_ITSC       (1u << 8)
#define MSR_BITS            64
#define REGISTER_BITS       32

struct wanted {
    const uint32_t *featureset;
    unsigned int nr_features;
    bool pae, itsc, nested_virt;
    const struct xc_xend_cpuid *xend;
    const struct xc_msr *msr;
};

static bool is_hvm(const xc_domaininfo_t *info)
{
    return info->flags & XEN_DOMINF_hvm_guest;
}

static void set_bit(uint32_t *reg, uint32_t bit, bool on)
{
    *reg = on ? *reg | bit : *reg & ~bit;
}

/* Double a field of @width bits at @shift, unless it would overflow. */
static uint32_t double_field(uint32_t reg, unsigned int shift, unsigned int width)
{
    uint32_t mask = (1u << width) - 1;
    uint32_t value = reg >> shift & mask;

    return value > mask / 2 ? reg : (reg & ~(mask << shift)) | value * 2 << shift;
}

/*
 * A container's vCPU n has APIC id 2n, as if each were the first thread of a core of two.  Guests
 * derive from these counts how many bits of the id name the thread and the core, so the counts are
 * twice what the host says.  AMD (leaf 0x80000008, if there) counts threads less one.
 */
static void apply_topology(struct xc_cpu_policy *policy)
{
    xen_cpuid_leaf_t *leaf1 = xg_find_leaf(policy, 1, 0);
    xen_cpuid_leaf_t *ext1 = xg_find_leaf(policy, 0x80000001, 0);
    xen_cpuid_leaf_t *ext8 = xg_find_leaf(policy, 0x80000008, 0);
    uint32_t threads = ext8 ? ext8->c & 0xff : 0;
    uint32_t id_bits = ext8 ? ext8->c >> 12 & 0xf : 0;

    if (leaf1) {
        leaf1->b = double_field(leaf1->b, 16, 8);
        leaf1->d |= LEAF1_EDX_HTT;
    }
    if (ext1)
        ext1->c &= ~EXT1_ECX_CMP_LEGACY; /* set, the second thread would be a core */
    if (threads && threads < 0x80)
        ext8->c = (ext8->c & ~0xffu) | threads * 2 | 1;
    if (id_bits && id_bits < 0xf)
        ext8->c += 1u << 12;
}

/* The features that have arguments of their own; without a host that has them they stay off. */
static void apply_switches(struct xc_cpu_policy *policy, const struct xc_cpu_policy *host, bool hvm,
                           const struct wanted *want)
{
    xen_cpuid_leaf_t *leaf1 = xg_find_leaf(policy, 1, 0);
    xen_cpuid_leaf_t *ext1 = xg_find_leaf(policy, 0x80000001, 0);
    xen_cpuid_leaf_t *ext7 = xg_find_leaf(policy, 0x80000007, 0);
    const xen_cpuid_leaf_t *host1 = xg_find_leaf(host, 1, 0);
    const xen_cpuid_leaf_t *host_ext1 = xg_find_leaf(host, 0x80000001, 0);
    const xen_cpuid_leaf_t *host_ext7 = xg_find_leaf(host, 0x80000007, 0);

    if (ext7)
        set_bit(&ext7->d, EXT7_EDX_ITSC, want->itsc && host_ext7 && host_ext7->d & EXT7_EDX_ITSC);
    if (!hvm)
        return;
    apply_topology(policy);
    if (leaf1) {
        set_bit(&leaf1->d, LEAF1_EDX_PAE, want->pae);
        set_bit(&leaf1->c, LEAF1_ECX_VMX, want->nested_virt && host1 && host1->c & LEAF1_ECX_VMX);
    }
    if (ext1)
        set_bit(&ext1->c, EXT1_ECX_SVM,
                want->nested_virt && host_ext1 && host_ext1->c & EXT1_ECX_SVM);
}

/* Words that the caller did not give are features that the guest must not have. */
static int apply_featureset(xc_interface *xch, struct xc_cpu_policy *policy,
                            const struct wanted *want)
{
    for (unsigned int i = XG_FEATURE_WORDS; i < want->nr_features; i++)
        if (want->featureset[i])
            return fail(xch, EOPNOTSUPP, "feature word %u is not known", i);
    for (unsigned int i = 0; i < XG_FEATURE_WORDS; i++)
        if (xg_set_feature_word(xch, policy, i, i < want->nr_features ? want->featureset[i] : 0))
            return -1;
    return 0;
}

/* One character of a configuration string; false if it is none. */
static bool apply_char(char c, uint64_t bit, uint64_t host, uint64_t *value)
{
    switch (c) {
    case '1':
        *value |= bit;
        return true;
    case '0':
        *value &= ~bit;
        return true;
    case 'k':
    case 's':
        *value = (*value & ~bit) | (host & bit);
        return true;
    case 'x':
        return true;
    default:
        return false;
    }
}

/* A string of @bits characters, the highest bit first. */
static int apply_string(xc_interface *xch, const char *text, unsigned int bits, uint64_t host,
                        uint64_t *value)
{
    for (unsigned int i = 0; i < bits; i++)
        if (!apply_char(text[i], UINT64_C(1) << (bits - 1 - i), host, value))
            return fail(xch, EINVAL, "\"%.64s\" is not a CPU policy of %u bits", text, bits);
    return 0;
}

static int apply_xend_leaf(xc_interface *xch, struct xc_cpu_policy *policy,
                           const struct xc_cpu_policy *host, const struct xc_xend_cpuid *xend)
{
    uint32_t subleaf = xend->subleaf == XEN_CPUID_INPUT_UNUSED ? 0 : xend->subleaf;
    xen_cpuid_leaf_t *leaf = xg_find_leaf(policy, xend->leaf, subleaf);
    const xen_cpuid_leaf_t *from = xg_find_leaf(host, xend->leaf, subleaf);
    uint32_t *regs[4];
    uint32_t host_regs[4] = {0};

    if (!leaf)
        return fail(xch, EINVAL, "CPUID leaf %#x, subleaf %#x is not in the guest's policy",
                    xend->leaf, subleaf);
    regs[0] = &leaf->a, regs[1] = &leaf->b, regs[2] = &leaf->c, regs[3] = &leaf->d;
    if (from)
        memcpy(host_regs, &from->a, sizeof(host_regs));
    for (int i = 0; i < 4; i++) {
        uint64_t value = *regs[i];

        if (!xend->policy[i])
            continue;
        if (apply_string(xch, xend->policy[i], REGISTER_BITS, host_regs[i], &value))
            return -1;
        *regs[i] = (uint32_t)value;
    }
    return 0;
}

static int apply_msr(xc_interface *xch, struct xc_cpu_policy *policy,
                     const struct xc_cpu_policy *host, const struct xc_msr *msr)
{
    xen_msr_entry_t *entry = xg_find_msr(policy, msr->index);
    const xen_msr_entry_t *from = xg_find_msr(host, msr->index);

    if (!entry)
        return fail(xch, EINVAL, "MSR %#x is not in the guest's policy", msr->index);
    return apply_string(xch, msr->policy, MSR_BITS, from ? from->val : 0, &entry->val);
}

static int adjust(xc_interface *xch, struct xc_cpu_policy *policy, const struct xc_cpu_policy *host,
                  bool hvm, const struct wanted *want)
{
    int rc = 0;

    if (want->featureset)
        rc = apply_featureset(xch, policy, want);
    else
        apply_switches(policy, host, hvm, want);
    for (const struct xc_xend_cpuid *x = want->xend; !rc && x && x->leaf != XEN_CPUID_INPUT_UNUSED;
         x++)
        rc = apply_xend_leaf(xch, policy, host, x);
    for (const struct xc_msr *m = want->msr; !rc && m && m->index != XC_MSR_INPUT_UNUSED; m++)
        rc = apply_msr(xch, policy, host, m);
    return rc;
}

/* Fetch what is needed, adjust, set. */
static int apply(xc_interface *xch, uint32_t domid, bool hvm, const struct wanted *want)
{
    unsigned int index = hvm ? XEN_SYSCTL_cpu_policy_hvm_default : XEN_SYSCTL_cpu_policy_pv_default;
    xc_cpu_policy_t *policy = xc_cpu_policy_init();
    xc_cpu_policy_t *host = xc_cpu_policy_init();
    int rc = -1;

    if (!policy || !host)
        goto out;
    if (xc_cpu_policy_get_system(xch, index, policy) ||
        xc_cpu_policy_get_system(xch, XEN_SYSCTL_cpu_policy_host, host))
        goto out;
    if (adjust(xch, policy, host, hvm, want))
        goto out;
    rc = xc_cpu_policy_set_domain(xch, domid, policy);
out:
    xc_cpu_policy_destroy(policy);
    xc_cpu_policy_destroy(host);
    return rc;
}

/*
 * On a restore the guest's policy comes with the stream since Xen 4.14; an older stream means the
 * same defaults here, so @restore changes nothing.
 */
PUBLIC int xc_cpuid_apply_policy(xc_interface *xch, uint32_t domid, bool restore,
                                 const uint32_t *featureset, unsigned int nr_features, bool pae,
                                 bool itsc, bool nested_virt, const struct xc_xend_cpuid *xend,
                                 const struct xc_msr *msr)
{
    struct wanted want = {featureset, nr_features, pae, itsc, nested_virt, xend, msr};
    xc_domaininfo_t info;

    if (xc_domain_getinfolist(xch, domid, 1, &info) != 1 || info.domain != domid)
        return fail(xch, ESRCH, "there is no domain %u", domid);
    if (apply(xch, domid, is_hvm(&info), &want))
        return wrap(xch, "cannot set the CPU policy of domain %u", domid);
    return 0;
}
