/* SPDX-License-Identifier: MIT */
/* The architecture's part of domctl. */
#include <asm/cpuid_policy.h>
#include <asm/domctl.h>
#include <asm/hvm.h>
#include <asm/pv_domain.h>
#include <asm/pv_mm.h>
#include <hv/arch/domain.h>
#include <hv/guest_access.h>
#include <hv/rangeset.h>
#include <hv/softirq.h>
#include <xen/domctl.h>

#define NR_IO_PORTS 0x10000u

/* --- memory --------------------------------------------------------------------------------------- */

static xen_pfn_t type_of_frame(struct domain *d, xen_pfn_t gfn)
{
    struct page_info *pg = get_page_from_gfn(d, _gfn(gfn));
    xen_pfn_t type;
    uint64_t info;

    if (!pg)
        return XEN_DOMCTL_PFINFO_XTAB;
    info = read_atomic(&pg->type_info);
    type = (xen_pfn_t)pv_table_level(info) << XEN_DOMCTL_PFINFO_LTAB_SHIFT;
    if (type && (info & PGT_pinned))
        type |= XEN_DOMCTL_PFINFO_LPINTAB;
    put_page(pg);
    return type;
}

static long getpageframeinfo3(struct domain *d, struct xen_domctl_getpageframeinfo3 *u)
{
    if (u->num > 1024)
        return -E2BIG;
    for (uint64_t i = 0; i < u->num; i++) {
        xen_pfn_t x;

        if (copy_from_guest_offset(&x, u->array, i, 1))
            return -EFAULT;
        x = type_of_frame(d, x);
        if (copy_to_guest_offset(u->array, i, &x, 1))
            return -EFAULT;
    }
    return 0;
}

static long hypercall_init(struct domain *d, const struct xen_domctl_hypercall_init *u)
{
    struct page_info *pg = get_writable_page_from_gfn(d, _gfn(u->gmfn));

    if (!pg)
        return -EACCES;
    if (d->is_hvm)
        hvm_fill_hypercall_page(page_to_virt(pg));
    else
        pv_fill_hypercall_page(page_to_virt(pg));
    put_page_and_type(pg);
    return 0;
}

static long ioport_permission(struct domain *d, const struct xen_domctl_ioport_permission *u)
{
    uint32_t last = u->first_port + u->nr_ports - 1;

    if (!u->nr_ports || u->first_port >= NR_IO_PORTS || u->nr_ports > NR_IO_PORTS - u->first_port)
        return -EINVAL;
    if (!rangeset_contains(current->domain->arch.ioport_caps, u->first_port, last))
        return -EPERM;
    return u->allow_access ? rangeset_add(d->arch.ioport_caps, u->first_port, last)
                           : rangeset_remove(d->arch.ioport_caps, u->first_port, last);
}

/* --- what a domain believes of its processor -------------------------------------------------------- */

/* The counter is the processor's own: it cannot be made to look otherwise. */
static long settscinfo(struct domain *d, const struct xen_domctl_tsc_info *u)
{
    struct xen_domctl_tsc_info *copy;

    if (u->tsc_mode > 3)
        return -EINVAL;
    if (u->tsc_mode == 1 || u->tsc_mode == 3) /* always emulate; with TSC_AUX */
        return -EOPNOTSUPP;
    copy = hv_new(struct xen_domctl_tsc_info);
    if (!copy)
        return -ENOMEM;
    *copy = *u;
    hv_free(atomic_xchg(&d->arch.tsc, copy));
    return 0;
}

static void gettscinfo(struct domain *d, struct xen_domctl_tsc_info *u)
{
    const struct xen_domctl_tsc_info *set = d->arch.tsc;

    *u = (struct xen_domctl_tsc_info){.gtsc_khz = cpu_khz, .elapsed_nsec = (uint64_t)now()};
    if (set) {
        u->tsc_mode = set->tsc_mode;
        u->incarnation = set->incarnation;
    }
}

static long get_cpu_policy(struct domain *d, struct xen_domctl_cpu_policy *u)
{
    long rc = cpuid_policy_to_guest(d->arch.cpuid, &u->nr_leaves, (vaddr_t)u->leaves.p);

    return rc ? rc : msr_policy_to_guest(&u->nr_msrs, (vaddr_t)u->msrs.p);
}

static long set_cpu_policy(struct domain *d, struct xen_domctl_cpu_policy *u)
{
    /* A kernel that runs has made its decisions. */
    return d->creation_finished ? -EEXIST : pv_set_cpu_policy(d, u);
}

/* --- dispatch ----------------------------------------------------------------------------------------- */

static long on_vcpu(struct xen_domctl *op, struct domain *d)
{
    uint32_t id =
        op->cmd == XEN_DOMCTL_get_ext_vcpucontext || op->cmd == XEN_DOMCTL_set_ext_vcpucontext
            ? op->u.ext_vcpucontext.vcpu
        : op->cmd == XEN_DOMCTL_getvcpuextstate || op->cmd == XEN_DOMCTL_setvcpuextstate
            ? op->u.vcpuextstate.vcpu
        : op->cmd == XEN_DOMCTL_sendtrigger ? op->u.sendtrigger.vcpu
                                            : op->u.vcpu_msrs.vcpu;
    struct vcpu *v = domain_vcpu(d, id);
    long rc;

    if (!v)
        return -ESRCH;
    if (v == current)
        return -EINVAL;
    vcpu_pause(v);
    rc = vcpu_do_domctl(op, v);
    vcpu_unpause(v);
    return rc;
}

long arch_do_domctl(struct xen_domctl *op, struct domain *d, bool *copyback)
{
    switch (op->cmd) {
    case XEN_DOMCTL_getpageframeinfo3:
        return getpageframeinfo3(d, &op->u.getpageframeinfo3);
    case XEN_DOMCTL_hypercall_init:
        return hypercall_init(d, &op->u.hypercall_init);
    case XEN_DOMCTL_ioport_permission:
        return ioport_permission(d, &op->u.ioport_permission);
    case XEN_DOMCTL_set_address_size:
        if (d->is_hvm)
            return -EOPNOTSUPP;
        return op->u.address_size.size == 64 ? 0 : -EINVAL; /* no 32-bit PV guests */
    case XEN_DOMCTL_get_address_size:
        if (d->is_hvm)
            return -EOPNOTSUPP;
        op->u.address_size.size = 64;
        *copyback = true;
        return 0;
    case XEN_DOMCTL_settscinfo:
        return settscinfo(d, &op->u.tsc_info);
    case XEN_DOMCTL_gettscinfo:
        gettscinfo(d, &op->u.tsc_info);
        *copyback = true;
        return 0;
    case XEN_DOMCTL_get_cpu_policy:
        *copyback = true;
        return get_cpu_policy(d, &op->u.cpu_policy);
    case XEN_DOMCTL_set_cpu_policy:
        *copyback = true;
        return set_cpu_policy(d, &op->u.cpu_policy);
    case XEN_DOMCTL_get_ext_vcpucontext:
    case XEN_DOMCTL_getvcpuextstate:
    case XEN_DOMCTL_get_vcpu_msrs:
    case XEN_DOMCTL_set_vcpu_msrs:
        *copyback = true;
        return on_vcpu(op, d);
    case XEN_DOMCTL_set_ext_vcpucontext:
    case XEN_DOMCTL_setvcpuextstate:
    case XEN_DOMCTL_sendtrigger:
        return on_vcpu(op, d);
    case XEN_DOMCTL_gethvmcontext:
    case XEN_DOMCTL_gethvmcontext_partial:
    case XEN_DOMCTL_sethvmcontext:
    case XEN_DOMCTL_shadow_op:
    case XEN_DOMCTL_get_paging_mempool_size:
    case XEN_DOMCTL_set_paging_mempool_size:
    case XEN_DOMCTL_memory_mapping:
        return d->is_hvm ? hvm_do_domctl(op, d, copyback) : -EOPNOTSUPP;
    default:
        return -ENOSYS;
    }
}
