/* SPDX-License-Identifier: MIT */
/* The table of hypercalls, and multicall. */
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>

#define HYPERCALL(nr, name, args, who) [__HYPERVISOR_##nr] = {#nr, name, args, who}

const struct hypercall hypercall_table[NR_HYPERCALLS] = {
    HYPERCALL(set_trap_table, do_set_trap_table, 1, CALLER_PV),
    HYPERCALL(mmu_update, do_mmu_update, 4, CALLER_PV),
    HYPERCALL(set_gdt, do_set_gdt, 2, CALLER_PV),
    HYPERCALL(stack_switch, do_stack_switch, 2, CALLER_PV),
    HYPERCALL(set_callbacks, do_set_callbacks, 3, CALLER_PV),
    HYPERCALL(fpu_taskswitch, do_fpu_taskswitch, 1, CALLER_PV),
    HYPERCALL(sched_op_compat, do_sched_op_compat, 2, CALLER_ANY),
    HYPERCALL(platform_op, do_platform_op, 1, CALLER_PRIVILEGED),
    HYPERCALL(set_debugreg, do_set_debugreg, 2, CALLER_PV),
    HYPERCALL(get_debugreg, do_get_debugreg, 1, CALLER_PV),
    HYPERCALL(update_descriptor, do_update_descriptor, 2, CALLER_PV),
    HYPERCALL(memory_op, do_memory_op, 2, CALLER_ANY),
    HYPERCALL(multicall, do_multicall, 2, CALLER_ANY),
    HYPERCALL(update_va_mapping, do_update_va_mapping, 3, CALLER_PV),
    HYPERCALL(set_timer_op, do_set_timer_op, 1, CALLER_ANY),
    HYPERCALL(event_channel_op_compat, do_event_channel_op_compat, 1, CALLER_ANY),
    HYPERCALL(xen_version, do_xen_version, 2, CALLER_ANY),
    HYPERCALL(console_io, do_console_io, 3, CALLER_ANY),
    HYPERCALL(grant_table_op, do_grant_table_op, 3, CALLER_ANY),
    HYPERCALL(vm_assist, do_vm_assist, 2, CALLER_ANY),
    HYPERCALL(update_va_mapping_otherdomain, do_update_va_mapping_otherdomain, 4, CALLER_PV),
    HYPERCALL(iret, do_iret, 0, CALLER_PV),
    HYPERCALL(vcpu_op, do_vcpu_op, 3, CALLER_ANY),
    HYPERCALL(set_segment_base, do_set_segment_base, 2, CALLER_PV),
    HYPERCALL(mmuext_op, do_mmuext_op, 4, CALLER_PV),
    HYPERCALL(nmi_op, do_nmi_op, 2, CALLER_PV),
    HYPERCALL(sched_op, do_sched_op, 2, CALLER_ANY),
    HYPERCALL(callback_op, do_callback_op, 2, CALLER_PV),
    HYPERCALL(event_channel_op, do_event_channel_op, 2, CALLER_ANY),
    HYPERCALL(physdev_op, do_physdev_op, 2, CALLER_PV),
    HYPERCALL(hvm_op, do_hvm_op, 2, CALLER_ANY),
    HYPERCALL(sysctl, do_sysctl, 1, CALLER_PRIVILEGED),
    HYPERCALL(domctl, do_domctl, 1, CALLER_ANY),
    [__HYPERVISOR_arch_0] = {"mca", do_mca, 1, CALLER_PRIVILEGED},
};

static long check_caller(const struct hypercall *h)
{
    switch (h->caller) {
    case CALLER_PV:
        return current->domain->is_hvm ? -ENOSYS : 0;
    case CALLER_PRIVILEGED:
        return current->domain->is_privileged ? 0 : -EPERM;
    default:
        return 0;
    }
}

long hypercall_dispatch(unsigned long nr, struct hypercall_args *a)
{
    const struct hypercall *h;
    long rc;

    if (nr >= NR_HYPERCALLS || !hypercall_table[nr].fn)
        return -ENOSYS;
    h = &hypercall_table[nr];
    rc = check_caller(h);
    return rc ?: h->fn(a);
}

/* --- multicall -------------------------------------------------------------------------------- */
/* Those that change the vCPU's registers, or would nest without end, are not for lists. */
static bool fits_in_list(unsigned long nr)
{
    return nr != __HYPERVISOR_multicall && nr != __HYPERVISOR_iret;
}

/* Runs one entry.  -EPREEMPTED: it is to be run again, its arguments in the guest say how. */
static long run_entry(vaddr_t at)
{
    struct multicall_entry e;
    struct hypercall_args a;
    long rc = -ENOSYS;

    if (copy_arg(&e, at))
        return -EFAULT;
    for (unsigned int i = 0; i < ARRAY_SIZE(a.a); i++)
        a.a[i] = e.args[i];
    if (fits_in_list(e.op))
        rc = hypercall_dispatch(e.op, &a);
    if (rc == -EPREEMPTED) {
        for (unsigned int i = 0; i < ARRAY_SIZE(a.a); i++)
            e.args[i] = a.a[i];
        if (copy_to_guest_va(at + offsetof(struct multicall_entry, args), e.args, sizeof(e.args)))
            return -EFAULT;
        return -EPREEMPTED;
    }
    e.result = (xen_ulong_t)rc;
    return copy_to_guest_va(at + offsetof(struct multicall_entry, result), &e.result,
                            sizeof(e.result));
}

long do_multicall(struct hypercall_args *a)
{
    vaddr_t at = a->a[0];
    unsigned int nr = (unsigned int)a->a[1];
    long rc = 0;

    while (nr && !rc) {
        rc = run_entry(at);
        if (rc)
            break;
        at += sizeof(struct multicall_entry);
        nr--;
        if (nr && hypercall_preempt_check())
            rc = -EPREEMPTED;
    }
    a->a[0] = at;
    a->a[1] = nr;
    return rc;
}
