/* SPDX-License-Identifier: MIT */
/* Feature sets: bitmaps of CPU features in the order of xen/arch-x86/cpufeatureset.h. */
#include <xencall.h>
#include "x86/cpu_policy.h"

#define MSR_ARCH_CAPABILITIES 0x10a

enum reg { EAX, EBX, ECX, EDX, MSR_LOW, MSR_HIGH };

static const struct {
    uint32_t leaf; /* or MSR */
    uint32_t subleaf;
    enum reg reg;
} words[XG_FEATURE_WORDS] = {
    {0x00000001, 0, EDX},
    {0x00000001, 0, ECX},
    {0x80000001, 0, EDX},
    {0x80000001, 0, ECX},
    {0x0000000d, 1, EAX},
    {0x00000007, 0, EBX},
    {0x00000007, 0, ECX},
    {0x80000007, 0, EDX},
    {0x80000008, 0, EBX},
    {0x00000007, 0, EDX},
    {0x00000007, 1, EAX},
    {0x80000021, 0, EAX},
    {0x00000007, 1, EBX},
    {0x00000007, 2, EDX},
    {0x00000007, 1, ECX},
    {0x00000007, 1, EDX},
    {MSR_ARCH_CAPABILITIES, 0, MSR_LOW},
    {MSR_ARCH_CAPABILITIES, 0, MSR_HIGH},
    {0x80000021, 0, ECX},
};

static int set_msr_word(xc_interface *xch, struct xc_cpu_policy *policy, uint32_t idx, bool high,
                        uint32_t value)
{
    const xen_msr_entry_t *old = xg_find_msr(policy, idx);
    xen_msr_entry_t entry = old ? *old : (xen_msr_entry_t){.idx = idx};

    if (high)
        entry.val = (uint32_t)entry.val | (uint64_t)value << 32;
    else
        entry.val = (entry.val & ~UINT64_C(0xffffffff)) | value;
    if (!old && !entry.val)
        return 0;
    return xc_cpu_policy_update_msrs(xch, policy, &entry, 1);
}

/* Leaves that have no subleaves are kept with a mark instead of a number. */
static bool has_subleaves(uint32_t leaf)
{
    return leaf == 7 || leaf == 0xd;
}

int xg_set_feature_word(xc_interface *xch, struct xc_cpu_policy *policy, unsigned int word,
                        uint32_t value)
{
    uint32_t leaf = words[word].leaf;
    uint32_t subleaf = has_subleaves(leaf) ? words[word].subleaf : XEN_CPUID_NO_SUBLEAF;
    const xen_cpuid_leaf_t *old = NULL;
    xen_cpuid_leaf_t entry;

    if (words[word].reg >= MSR_LOW)
        return set_msr_word(xch, policy, leaf, words[word].reg == MSR_HIGH, value);
    old = xg_find_leaf(policy, leaf, subleaf);
    if (!old && !value)
        return 0;
    entry = old ? *old : (xen_cpuid_leaf_t){.leaf = leaf, .subleaf = subleaf};
    *(words[word].reg == EAX   ? &entry.a
      : words[word].reg == EBX ? &entry.b
      : words[word].reg == ECX ? &entry.c
                               : &entry.d) = value;
    return xc_cpu_policy_update_cpuid(xch, policy, &entry, 1);
}

PUBLIC uint32_t xc_get_cpu_featureset_size(void)
{
    return XG_FEATURE_WORDS;
}

PUBLIC int xc_get_cpu_levelling_caps(xc_interface *xch, uint32_t *caps)
{
    struct xen_sysctl op;

    memset(&op, 0, sizeof(op));
    op.cmd = XEN_SYSCTL_get_cpu_levelling_caps;
    op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    if (xc_sysctl(xch, &op))
        return wrap(xch, "cannot get the CPUs' levelling capabilities");
    *caps = op.u.cpu_levelling_caps.caps;
    return 0;
}

PUBLIC int xc_get_cpu_featureset(xc_interface *xch, uint32_t index, uint32_t *nr_features,
                                 uint32_t *featureset)
{
    xencall_handle *xcall = xc_interface_xcall_handle(xch);
    uint32_t *buffer = NULL;
    struct xen_sysctl op;
    int rc = 0;

    memset(&op, 0, sizeof(op));
    if (featureset && *nr_features) {
        buffer = xencall_alloc_buffer(xcall, *nr_features * sizeof(*buffer));
        if (!buffer)
            return fail(xch, ENOMEM, "no memory for a feature set");
        memset(buffer, 0, *nr_features * sizeof(*buffer));
    }
    op.cmd = XEN_SYSCTL_get_cpu_featureset;
    op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    op.u.cpu_featureset.index = index;
    op.u.cpu_featureset.nr_features = *nr_features;
    op.u.cpu_featureset.features.p = buffer;
    rc = xc_sysctl(xch, &op);
    if (rc)
        wrap(xch, "cannot get the host's feature set %u", index);
    /* ENOBUFS fills what there is room for, and the caller is told the size either way. */
    if (buffer && (!rc || errno == ENOBUFS))
        memcpy(featureset, buffer, *nr_features * sizeof(*buffer));
    if (!rc)
        *nr_features = op.u.cpu_featureset.nr_features;
    if (buffer) {
        int saved = errno;

        xencall_free_buffer(xcall, buffer);
        errno = saved;
    }
    return rc;
}
