/* SPDX-License-Identifier: MIT */
/* CPUID as PV guests see it: the host's leaves without what a guest in ring 3 cannot have, plus
 * the hypervisor's own. */
#include <asm/cpufeature.h>
#include <asm/cpuid_policy.h>
#include <asm/emulate.h>
#include <asm/fpu.h>
#include <asm/processor.h>
#include <asm/pv_domain.h>
#include <asm/time.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/version.h>
#include <xen/arch-x86/cpuid.h>
#include <xen/domctl.h>

#define BASIC_MAX        0xdu
#define EXTENDED_MAX     0x80000008u
#define TOOLS_MAX_LEAVES 160 /* every leaf and subleaf that a policy of 4.17 can have, and some */
#define OSXSAVE          BIT(27)

static const struct cpuid_mask hidden[] = {
    /* ecx: DTES64 MONITOR DS-CPL VMX SMX EIST TM2 CNXT-ID SDBG xTPR PDCM PCID DCA x2APIC
     * TSC-deadline OSXSAVE (that is the guest's own); edx: VME PSE MCE APIC MTRR PGE MCA PSE36 PSN
     * DS ACPI HTT TM PBE */
    {1, 0, 0, 0, 0x0926cdfcu, 0xb066728au},
    /* ebx: FSGSBASE TSC_ADJUST SGX HLE SMEP INVPCID RTM PQM MPX PQE AVX512* SMAP PT; ecx: all but
     * GFNI, VAES, VPCLMULQDQ; edx: all */
    {7, 0, 0, 0xde33dc97u, 0xfffff8ffu, 0xffffffffu},
    /* ecx: SVM ExtApic IBS SKINIT WDT LWP NodeId TopoExt perf counters MONITORX; edx: PSE PGE MTRR
     * PSE36 FFXSR Page1GB RDTSCP */
    {0x80000001, 0, 0, 0, 0x3dc8b40cu, 0x0e02728au},
};
static const struct cpuid_mask hidden_from_all[] = {
    {0x80000007, 0, ~0u, ~0u, ~0u, ~(uint32_t)BIT(8)},
    {0x80000008, 0, 0, ~0u, ~0u, ~0u},
    {5, 0, ~0u, ~0u, ~0u, ~0u},
    {6, 0, ~0u, ~0u, ~0u, ~0u},
    {0xa, 0, ~0u, ~0u, ~0u, ~0u},
    /* XSAVES and XFD are not virtualized */
    {0xd, 1, ~0x7u, ~0u, ~0u, ~0u},
};

static struct cpuid_policy host, pv_max;

static void add_leaf(struct cpuid_policy *p, uint32_t leaf, uint32_t subleaf, uint32_t tag)
{
    struct cpuid_regs r = cpuid_count(leaf, subleaf);

    if (p->nr < MAX_POLICY_LEAVES)
        p->leaf[p->nr++] = (xen_cpuid_leaf_t){leaf, tag, r.a, r.b, r.c, r.d};
}

/* Subleaves that are all zeroes are listed too: the tools write a policy back into as much room as it
 * took when they read it, and their own form has them. */
static void add_basic(struct cpuid_policy *p, uint32_t leaf)
{
    switch (leaf) {
    case 4:
        for (uint32_t i = 0; i < 6; i++)
            add_leaf(p, leaf, i, i);
        break;
    case 7:
        for (uint32_t i = 0; i < 3; i++)
            add_leaf(p, leaf, i, i);
        break;
    case 0xb:
        for (uint32_t i = 0; i < 2; i++)
            add_leaf(p, leaf, i, i);
        break;
    case 0xd:
        for (uint32_t i = 0; i < 63; i++)
            if (i < 2 || (boot_cpu.xcr0_mask >> i & 1))
                add_leaf(p, leaf, i, i);
        break;
    default:
        add_leaf(p, leaf, 0, XEN_CPUID_NO_SUBLEAF);
        break;
    }
}

static void read_host(struct cpuid_policy *p)
{
    for (uint32_t leaf = 0; leaf <= min(boot_cpu.max_leaf, BASIC_MAX); leaf++)
        add_basic(p, leaf);
    for (uint32_t leaf = XEN_CPUID_FIRST_LEAF; leaf <= XEN_CPUID_FIRST_LEAF + 0x100; leaf += 0x100)
        p->leaf[p->nr++] = (xen_cpuid_leaf_t){.leaf = leaf, .subleaf = XEN_CPUID_NO_SUBLEAF};
    for (uint32_t leaf = 0x80000000; leaf <= min(boot_cpu.max_ext_leaf, EXTENDED_MAX); leaf++)
        add_leaf(p, leaf, 0, XEN_CPUID_NO_SUBLEAF);
    p->leaf[0].a = min(p->leaf[0].a, BASIC_MAX);
}

xen_cpuid_leaf_t *cpuid_find_leaf(struct cpuid_policy *p, uint32_t leaf, uint32_t subleaf)
{
    for (unsigned int i = 0; i < p->nr; i++)
        if (p->leaf[i].leaf == leaf &&
            (p->leaf[i].subleaf == subleaf || p->leaf[i].subleaf == XEN_CPUID_NO_SUBLEAF))
            return &p->leaf[i];
    return NULL;
}

/* Leaf 0xd: only the states that are context-switched. */
static void limit_xstate(struct cpuid_policy *p)
{
    xen_cpuid_leaf_t *l = cpuid_find_leaf(p, 0xd, 0);

    if (!l)
        return;
    l->a &= (uint32_t)boot_cpu.xcr0_mask;
    l->d &= (uint32_t)(boot_cpu.xcr0_mask >> 32);
    l->b = l->c = boot_cpu.xsave_size;
    if (!boot_cpu.xcr0_mask) {
        l = cpuid_find_leaf(p, 0xd, 1);
        l->a = l->b = 0;
    }
}

static void hide(struct cpuid_policy *p, const struct cpuid_mask *masks, unsigned int nr)
{
    for (unsigned int i = 0; i < nr; i++) {
        xen_cpuid_leaf_t *l = cpuid_find_leaf(p, masks[i].leaf, masks[i].subleaf);

        if (!l)
            continue;
        l->a &= ~masks[i].a;
        l->b &= ~masks[i].b;
        l->c &= ~masks[i].c;
        l->d &= ~masks[i].d;
    }
}

void cpuid_hide(struct cpuid_policy *p, const struct cpuid_mask *masks, unsigned int nr)
{
    xen_cpuid_leaf_t *l;

    hide(p, hidden_from_all, ARRAY_SIZE(hidden_from_all));
    hide(p, masks, nr);
    l = cpuid_find_leaf(p, 1, 0);
    l->c |= (uint32_t)BIT(31); /* a hypervisor is there */
    if (!boot_cpu.xcr0_mask)
        l->c &= ~(uint32_t)(BIT(26) | BIT(28) | BIT(12) | BIT(29)); /* XSAVE AVX FMA F16C */
    l->b &= 0x0000ff00u;                                            /* the rest is by vCPU */
    l = cpuid_find_leaf(p, 7, 0);
    if (l && !(boot_cpu.xcr0_mask & 4))
        l->b &= ~(uint32_t)BIT(5); /* AVX2 */
    limit_xstate(p);
    l = cpuid_find_leaf(p, 0x80000000, 0);
    l->a = min(l->a, EXTENDED_MAX);
}

const struct cpuid_policy *host_policy(void)
{
    if (!host.nr)
        read_host(&host);
    return &host;
}

const struct cpuid_policy *pv_max_policy(void)
{
    if (!pv_max.nr) {
        pv_max = *host_policy();
        cpuid_hide(&pv_max, hidden, ARRAY_SIZE(hidden));
    }
    return &pv_max;
}

int pv_cpuid_domain_create(struct domain *d)
{
    d->arch.cpuid = hv_new(struct cpuid_policy);
    if (!d->arch.cpuid)
        return -ENOMEM;
    *d->arch.cpuid = d->is_hvm ? *hvm_max_policy() : *pv_max_policy();
    if (d->is_privileged) {
        /* It finds interrupt controllers and MTRRs by these. */
        xen_cpuid_leaf_t *l = cpuid_find_leaf(d->arch.cpuid, 1, 0);

        l->d |= (uint32_t)BIT(9) & boot_cpu.word[CPUID_1d];
    }
    return 0;
}

/* --- the instruction ------------------------------------------------------------------------------------- */

static void hypervisor_leaf(const struct vcpu *v, uint32_t leaf, uint32_t subleaf,
                            struct cpuid_regs *r)
{
    switch (leaf - XEN_CPUID_FIRST_LEAF) {
    case 0:
        r->a = XEN_CPUID_LEAF(XEN_CPUID_MAX_NUM_LEAVES);
        r->b = XEN_CPUID_SIGNATURE_EBX;
        r->c = XEN_CPUID_SIGNATURE_ECX;
        r->d = XEN_CPUID_SIGNATURE_EDX;
        break;
    case 1:
        r->a = (uint32_t)(HV_VERSION_MAJOR << 16 | HV_VERSION_MINOR);
        break;
    case 2:
        r->a = 1;          /* hypercall pages */
        r->b = 0x40000000; /* the MSR that has one filled */
        r->c = XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD;
        break;
    case 3:
        if (subleaf == 0)
            r->c = (uint32_t)(tsc_hz / 1000);
        else if (subleaf == 1)
            *r = (struct cpuid_regs){0, 0, tsc_scale.mul, (uint32_t)(int32_t)tsc_scale.shift};
        else if (subleaf == 2)
            r->a = (uint32_t)(tsc_hz / 1000);
        break;
    case 5:
        if (subleaf == 0)
            r->b = boot_cpu.phys_bits;
        break;
    default:
        break;
    }
}

/* What depends on the vCPU and on what it has set. */
static void live_leaf(const struct vcpu *v, uint32_t leaf, uint32_t subleaf, struct cpuid_regs *r)
{
    switch (leaf) {
    case 1:
        r->b |= v->id * 2u << 24;
        /* It is on, whatever the guest thinks it has to do about it; kernels look before they set
         * CR4. */
        if (r->c & BIT(26))
            r->c |= (uint32_t)OSXSAVE;
        break;
    case 0xb:
        r->d = v->id * 2u;
        break;
    case 0xd:
        if (subleaf == 0 &&
            cpu_has_xsave) { /* the size for what XCR0 holds: by asking the processor */
            xsetbv(0, v->arch.xcr0);
            r->b = cpuid_count(0xd, 0).b;
        }
        break;
    default:
        break;
    }
}

void pv_cpuid(const struct vcpu *v, uint32_t leaf, uint32_t subleaf, struct cpuid_regs *r)
{
    const xen_cpuid_leaf_t *l;

    *r = (struct cpuid_regs){0, 0, 0, 0};
    if (leaf >= XEN_CPUID_FIRST_LEAF && leaf < XEN_CPUID_FIRST_LEAF + 0x100) {
        hypervisor_leaf(v, leaf, subleaf, r);
        return;
    }
    l = cpuid_find_leaf(v->domain->arch.cpuid, leaf, subleaf);
    if (!l)
        return;
    *r = (struct cpuid_regs){l->a, l->b, l->c, l->d};
    live_leaf(v, leaf, subleaf, r);
}

int pv_set_xcr0(struct vcpu *v, uint64_t val)
{
    if (!(v->arch.ctrlreg[4] & X86_CR4_OSXSAVE) || !xcr0_valid(val, boot_cpu.xcr0_mask))
        return -EINVAL;
    v->arch.xcr0 = val;
    xsetbv(0, val);
    return 0;
}

/* --- the tools' form ---------------------------------------------------------------------------------------- */

long cpuid_policy_to_guest(const struct cpuid_policy *p, uint32_t *nr_leaves, vaddr_t leaves)
{
    uint32_t room = *nr_leaves;

    /* Tools take the number for the room that any policy needs, also those they write themselves. */
    *nr_leaves = leaves ? p->nr : TOOLS_MAX_LEAVES;
    if (!leaves)
        return 0;
    if (room < p->nr)
        return -ENOBUFS;
    return copy_to_guest_va(leaves, p->leaf, p->nr * sizeof(p->leaf[0]));
}

/* Are a's feature bits among b's?  Of leaves that hold no feature bits anything goes. */
static bool is_subset(const xen_cpuid_leaf_t *a, const xen_cpuid_leaf_t *max)
{
    switch (a->leaf) {
    case 1:
    case 0x80000001:
        /* APIC and HTT are shown or not as the topology needs it. */
        return !(a->c & ~(max->c | OSXSAVE)) && !(a->d & ~(max->d | BIT(9) | BIT(28)));
    case 7:
        return !(a->b & ~max->b) && !(a->c & ~max->c) && !(a->d & ~max->d);
    default:
        return true;
    }
}

static long take_leaf(struct cpuid_policy *p, struct cpuid_policy *max,
                      const xen_cpuid_leaf_t *given)
{
    const xen_cpuid_leaf_t *limit;
    xen_cpuid_leaf_t *slot;

    if (given->leaf >= XEN_CPUID_FIRST_LEAF && given->leaf < XEN_CPUID_FIRST_LEAF + 0x200)
        return 0; /* ours are not theirs to change */
    limit = cpuid_find_leaf(max, given->leaf, given->subleaf);
    slot = cpuid_find_leaf(p, given->leaf, given->subleaf);
    if (!limit || !slot) /* nothing of the host's to show there: only zeroes */
        return given->a | given->b | given->c | given->d ? -EINVAL : 0;
    if (!is_subset(given, limit))
        return -EINVAL;
    slot->a = given->a;
    slot->b = given->b;
    slot->c = given->c;
    slot->d = given->d;
    if (given->leaf == 1) {
        slot->b &= 0x0000ff00u;
        slot->c &= ~(uint32_t)OSXSAVE;
    }
    return 0;
}

long pv_set_cpu_policy(struct domain *d, struct xen_domctl_cpu_policy *arg)
{
    struct cpuid_policy *max = (void *)(d->is_hvm ? hvm_max_policy() : pv_max_policy());
    struct cpuid_policy *new_policy;
    xen_cpuid_leaf_t leaf;
    long rc = 0;

    arg->err_leaf = arg->err_subleaf = arg->err_msr = ~0u;
    if (arg->nr_leaves > 4 * MAX_POLICY_LEAVES || arg->nr_msrs > 64)
        return -E2BIG;
    new_policy = hv_new(struct cpuid_policy);
    if (!new_policy)
        return -ENOMEM;
    *new_policy = *d->arch.cpuid;
    for (uint32_t i = 0; i < arg->nr_leaves && !rc; i++) {
        if (copy_from_guest_offset(&leaf, arg->leaves, i, 1)) {
            rc = -EFAULT;
            break;
        }
        rc = take_leaf(new_policy, max, &leaf);
        if (rc) {
            arg->err_leaf = leaf.leaf;
            arg->err_subleaf = leaf.subleaf;
        }
    }
    if (!rc)
        *d->arch.cpuid = *new_policy; /* d does not run yet, or is paused */
    hv_free(new_policy);
    return rc;
}

unsigned int cpuid_featureset(const struct cpuid_policy *p, uint32_t *words, unsigned int nr)
{
    static const struct {
        uint32_t leaf, subleaf;
        uint8_t reg;
    } order[] = {{1, 0, 3}, {1, 0, 2}, {0x80000001, 0, 3}, {0x80000001, 0, 2}, {0xd, 1, 0},
                 {7, 0, 1}, {7, 0, 2}, {0x80000007, 0, 3}, {0x80000008, 0, 1}, {7, 0, 3}};
    unsigned int i;

    for (i = 0; i < nr && i < ARRAY_SIZE(order); i++) {
        const xen_cpuid_leaf_t *l =
            cpuid_find_leaf((struct cpuid_policy *)p, order[i].leaf, order[i].subleaf);
        const uint32_t regs[4] = {l ? l->a : 0, l ? l->b : 0, l ? l->c : 0, l ? l->d : 0};

        words[i] = regs[order[i].reg];
    }
    return ARRAY_SIZE(order);
}
