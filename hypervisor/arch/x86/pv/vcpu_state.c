/* SPDX-License-Identifier: MIT */
/* The parts of a vCPU's state that struct vcpu_guest_context has no room for, for the tools, and
 * vcpu_op's commands of this architecture. */
#include <asm/fpu.h>
#include <asm/hvm.h>
#include <asm/acpi.h>
#include <asm/apic.h>
#include <asm/cpufeature.h>
#include <asm/domctl.h>
#include <asm/mm.h>
#include <asm/msr.h>
#include <hv/arch/domain.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/string.h>
#include <xen/domctl.h>

/* --- callbacks of 32-bit programs -------------------------------------------------------------------- */

static void get_ext_context(const struct vcpu *v, struct xen_domctl_ext_vcpucontext *u)
{
    uint32_t id = u->vcpu;

    memset(u, 0, sizeof(*u));
    u->vcpu = id;
    u->size = sizeof(*u);
    u->syscall32_callback_eip = v->arch.syscall32_callback_eip;
    u->syscall32_callback_cs = v->arch.syscall32_callback_cs;
    u->syscall32_disables_events = v->arch.syscall32_disables_events;
    u->sysenter_callback_eip = v->arch.sysenter_callback_eip;
    u->sysenter_callback_cs = v->arch.sysenter_callback_cs;
    u->sysenter_disables_events = v->arch.sysenter_disables_events;
}

static long set_ext_context(struct vcpu *v, const struct xen_domctl_ext_vcpucontext *u)
{
    /* Whoever knows only the first fields says so. */
    if (u->size < offsetof(struct xen_domctl_ext_vcpucontext, mcg_cap))
        return -EINVAL;
    if (!is_guest_address(u->syscall32_callback_eip) || !is_guest_address(u->sysenter_callback_eip))
        return -EINVAL;
    v->arch.syscall32_callback_eip = u->syscall32_callback_eip;
    v->arch.syscall32_callback_cs = u->syscall32_callback_cs | 3;
    v->arch.syscall32_disables_events = u->syscall32_disables_events;
    v->arch.sysenter_callback_eip = u->sysenter_callback_eip;
    v->arch.sysenter_callback_cs = u->sysenter_callback_cs | 3;
    v->arch.sysenter_disables_events = u->sysenter_disables_events;
    return 0;
}

/* --- XSAVE area --------------------------------------------------------------------------------------- */

/* As the migration stream has it: XCR0, all that it ever held, the area in the standard format. */
struct xstate_prefix {
    uint64_t xcr0, xcr0_accum;
};
struct xstate_header { /* at byte 512 of the area */
    uint64_t xstate_bv, xcomp_bv, reserved[6];
};
#define XSTATE_HEADER_AT 512
#define MXCSR_AT         24
#define MXCSR_MASK       0x0000ffffu

static long get_xstate(const struct vcpu *v, struct xen_domctl_vcpuextstate *u)
{
    struct xstate_prefix prefix = {v->arch.xcr0, v->arch.xcr0};
    uint64_t size = cpu_has_xsave ? sizeof(prefix) + boot_cpu.xsave_size : 0;
    vaddr_t to = (vaddr_t)u->buffer.p;

    if (!u->size && !u->xfeature_mask) { /* asks how much */
        u->size = size;
        u->xfeature_mask = boot_cpu.xcr0_mask;
        return 0;
    }
    if (u->size != size || u->xfeature_mask != boot_cpu.xcr0_mask)
        return -EINVAL;
    if (copy_to_guest_va(to, &prefix, sizeof(prefix)) ||
        copy_to_guest_va(to + sizeof(prefix), v->arch.fpu, boot_cpu.xsave_size))
        return -EFAULT;
    return 0;
}

/* What XRSTOR would fault on must not get in. */
static bool is_valid_area(const void *area, uint64_t xcr0)
{
    const struct xstate_header *h = (const void *)((const char *)area + XSTATE_HEADER_AT);
    const uint32_t *mxcsr = (const void *)((const char *)area + MXCSR_AT);

    if ((h->xstate_bv & ~xcr0) || h->xcomp_bv)
        return false;
    for (unsigned int i = 0; i < ARRAY_SIZE(h->reserved); i++)
        if (h->reserved[i])
            return false;
    return !(*mxcsr & ~MXCSR_MASK);
}

bool fpu_xstate_valid(const void *area, uint64_t xcr0, uint64_t accum)
{
    return xcr0_valid(xcr0, boot_cpu.xcr0_mask) && !(accum & ~boot_cpu.xcr0_mask) &&
           is_valid_area(area, accum);
}

static long set_xstate(struct vcpu *v, const struct xen_domctl_vcpuextstate *u)
{
    size_t header_end = XSTATE_HEADER_AT + sizeof(struct xstate_header), len;
    vaddr_t from = (vaddr_t)u->buffer.p;
    struct xstate_prefix prefix;
    char *area = NULL;
    long rc = -EINVAL;

    if (u->size < sizeof(prefix) + header_end)
        return -EINVAL;
    len = u->size - sizeof(prefix);
    if (!cpu_has_xsave || len > boot_cpu.xsave_size)
        return -EOPNOTSUPP; /* saved on a better processor */
    area = hv_alloc(boot_cpu.xsave_size);
    if (!area)
        return -ENOMEM;
    if (copy_from_guest_va(&prefix, from, sizeof(prefix)) ||
        copy_from_guest_va(area, from + sizeof(prefix), len)) {
        rc = -EFAULT;
    } else if (fpu_xstate_valid(area, prefix.xcr0, prefix.xcr0_accum)) {
        v->arch.xcr0 = prefix.xcr0;
        memcpy(v->arch.fpu, area, boot_cpu.xsave_size);
        rc = 0;
    }
    hv_free(area);
    return rc;
}

/* --- MSRs ----------------------------------------------------------------------------------------------- */

#define MAX_VCPU_MSRS 1 /* TSC_AUX */

static long get_msrs(const struct vcpu *v, struct xen_domctl_vcpu_msrs *u)
{
    struct xen_domctl_vcpu_msr msr = {.index = MSR_TSC_AUX, .value = v->arch.msr_tsc_aux};
    uint32_t nr = msr.value ? 1 : 0, room = u->msr_count;

    if (!u->msrs.p) {
        u->msr_count = MAX_VCPU_MSRS;
        return 0;
    }
    u->msr_count = nr;
    if (room < nr)
        return -ENOBUFS;
    return nr ? copy_to_guest(u->msrs, &msr, 1) : 0;
}

static long set_msrs(struct vcpu *v, struct xen_domctl_vcpu_msrs *u)
{
    for (uint32_t i = 0; i < u->msr_count; i++) {
        struct xen_domctl_vcpu_msr msr;

        if (copy_from_guest_offset(&msr, u->msrs, i, 1))
            return -EFAULT;
        if (msr.reserved || msr.index != MSR_TSC_AUX || msr.value >> 32) {
            u->msr_count = i;
            return -EINVAL;
        }
        v->arch.msr_tsc_aux = msr.value;
    }
    return 0;
}

static long send_nmi(struct vcpu *v)
{
    if (!v->is_initialised)
        return -EINVAL;
    if (v->domain->is_hvm) {
        hvm_send_nmi(v);
        return 0;
    }
    write_atomic(&v->arch.nmi_pending, true);
    smp_mb(); /* vcpu_block() puts up its flag first, and then looks */
    vcpu_unblock(v);
    arch_vcpu_kick(v);
    return 0;
}

long vcpu_do_domctl(struct xen_domctl *op, struct vcpu *v)
{
    if (v->domain->is_hvm &&
        (op->cmd == XEN_DOMCTL_get_ext_vcpucontext || op->cmd == XEN_DOMCTL_set_ext_vcpucontext))
        return -EOPNOTSUPP;
    switch (op->cmd) {
    case XEN_DOMCTL_get_ext_vcpucontext:
        get_ext_context(v, &op->u.ext_vcpucontext);
        return 0;
    case XEN_DOMCTL_set_ext_vcpucontext:
        return set_ext_context(v, &op->u.ext_vcpucontext);
    case XEN_DOMCTL_getvcpuextstate:
        return get_xstate(v, &op->u.vcpuextstate);
    case XEN_DOMCTL_setvcpuextstate:
        return set_xstate(v, &op->u.vcpuextstate);
    case XEN_DOMCTL_get_vcpu_msrs:
        return get_msrs(v, &op->u.vcpu_msrs);
    case XEN_DOMCTL_set_vcpu_msrs:
        return set_msrs(v, &op->u.vcpu_msrs);
    case XEN_DOMCTL_sendtrigger:
        return op->u.sendtrigger.trigger == XEN_DOMCTL_SENDTRIGGER_NMI ? send_nmi(v) : -ENOSYS;
    default:
        return -ENOSYS;
    }
}

/* --- vcpu_op ---------------------------------------------------------------------------------------------- */

static long register_time_area(struct vcpu *v, vaddr_t arg)
{
    struct vcpu_register_time_memory_area area;

    if (copy_arg(&area, arg))
        return -EFAULT;
    if (!is_guest_address(area.addr.p))
        return -EINVAL;
    v->arch.time_info_guest = area.addr.p;
    memset(&v->time_copy, 0, sizeof(v->time_copy)); /* have it written */
    if (v == current)
        arch_update_vcpu_time(v);
    return 0;
}

/* Where a vCPU is that never moves. */
static long get_physid(struct vcpu *v, vaddr_t arg)
{
    struct vcpu_get_physid out;
    unsigned int cpu = read_atomic(&v->processor);

    if (!v->domain->is_privileged || cpumask_weight(&v->sched.hard) != 1)
        return -EINVAL;
    out.phys_id = cpu_to_apicid[cpu] | (uint64_t)acpi.cpu[cpu].acpiid << 32;
    return copy_back(arg, &out);
}

long arch_do_vcpu_op(int cmd, struct vcpu *v, vaddr_t arg)
{
    switch (cmd) {
    case VCPUOP_register_vcpu_time_memory_area:
        return register_time_area(v, arg);
    case VCPUOP_get_physid:
        return get_physid(v, arg);
    case VCPUOP_send_nmi:
        return send_nmi(v);
    default:
        return -ENOSYS;
    }
}
