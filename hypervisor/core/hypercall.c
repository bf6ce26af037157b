/* SPDX-License-Identifier: MIT */
/* The one table of hypercalls: who handles each, and who may call it. */
#include <hv/domain.h>
#include <hv/hypercall.h>

#define ENTRY(nr, handler, args, who) [nr] = {#nr + sizeof("__HYPERVISOR_") - 1, handler, args, who}
#define NO_HANDLER(nr)                [nr] = {#nr + sizeof("__HYPERVISOR_") - 1, NULL, 0, CALLER_ANY}

const struct hypercall hypercall_table[NR_HYPERCALLS] = {
    ENTRY(__HYPERVISOR_set_trap_table, do_set_trap_table, 1, CALLER_PV),
    ENTRY(__HYPERVISOR_mmu_update, do_mmu_update, 4, CALLER_PV),
    ENTRY(__HYPERVISOR_set_gdt, do_set_gdt, 2, CALLER_PV),
    ENTRY(__HYPERVISOR_stack_switch, do_stack_switch, 2, CALLER_PV),
    ENTRY(__HYPERVISOR_set_callbacks, do_set_callbacks, 3, CALLER_PV),
    ENTRY(__HYPERVISOR_fpu_taskswitch, do_fpu_taskswitch, 1, CALLER_PV),
    ENTRY(__HYPERVISOR_sched_op_compat, do_sched_op_compat, 2, CALLER_ANY),
    ENTRY(__HYPERVISOR_platform_op, do_platform_op, 1, CALLER_PRIVILEGED),
    ENTRY(__HYPERVISOR_set_debugreg, do_set_debugreg, 2, CALLER_PV),
    ENTRY(__HYPERVISOR_get_debugreg, do_get_debugreg, 1, CALLER_PV),
    ENTRY(__HYPERVISOR_update_descriptor, do_update_descriptor, 2, CALLER_PV),
    ENTRY(__HYPERVISOR_memory_op, do_memory_op, 2, CALLER_ANY),
    ENTRY(__HYPERVISOR_multicall, do_multicall, 2, CALLER_ANY),
    ENTRY(__HYPERVISOR_update_va_mapping, do_update_va_mapping, 3, CALLER_PV),
    ENTRY(__HYPERVISOR_set_timer_op, do_set_timer_op, 1, CALLER_ANY),
    ENTRY(__HYPERVISOR_event_channel_op_compat, do_event_channel_op_compat, 1, CALLER_ANY),
    ENTRY(__HYPERVISOR_xen_version, do_xen_version, 2, CALLER_ANY),
    ENTRY(__HYPERVISOR_console_io, do_console_io, 3, CALLER_ANY),
    NO_HANDLER(__HYPERVISOR_physdev_op_compat),
    ENTRY(__HYPERVISOR_grant_table_op, do_grant_table_op, 3, CALLER_ANY),
    ENTRY(__HYPERVISOR_vm_assist, do_vm_assist, 2, CALLER_ANY),
    ENTRY(__HYPERVISOR_update_va_mapping_otherdomain, do_update_va_mapping_otherdomain, 4, CALLER_PV),
    ENTRY(__HYPERVISOR_iret, do_iret, 0, CALLER_PV),
    ENTRY(__HYPERVISOR_vcpu_op, do_vcpu_op, 3, CALLER_ANY),
    ENTRY(__HYPERVISOR_set_segment_base, do_set_segment_base, 2, CALLER_PV),
    ENTRY(__HYPERVISOR_mmuext_op, do_mmuext_op, 4, CALLER_PV),
    NO_HANDLER(__HYPERVISOR_xsm_op),
    NO_HANDLER(__HYPERVISOR_nmi_op),
    ENTRY(__HYPERVISOR_sched_op, do_sched_op, 2, CALLER_ANY),
    ENTRY(__HYPERVISOR_callback_op, do_callback_op, 2, CALLER_PV),
    NO_HANDLER(__HYPERVISOR_xenoprof_op),
    ENTRY(__HYPERVISOR_event_channel_op, do_event_channel_op, 2, CALLER_ANY),
    ENTRY(__HYPERVISOR_physdev_op, do_physdev_op, 2, CALLER_PV),
    NO_HANDLER(__HYPERVISOR_hvm_op),
    ENTRY(__HYPERVISOR_sysctl, do_sysctl, 1, CALLER_PRIVILEGED),
    ENTRY(__HYPERVISOR_domctl, do_domctl, 1, CALLER_ANY), /* may() decides: a stub domain's too */
    NO_HANDLER(__HYPERVISOR_kexec_op),
    NO_HANDLER(__HYPERVISOR_argo_op),
    NO_HANDLER(__HYPERVISOR_xenpmu_op),
    NO_HANDLER(__HYPERVISOR_dm_op),
    NO_HANDLER(__HYPERVISOR_hypfs_op),
    [__HYPERVISOR_arch_0] = {"mca", do_mca, 1, CALLER_PRIVILEGED},
};

long hypercall_dispatch(unsigned long nr, struct hypercall_args *a)
{
    const struct hypercall *h;
    const struct domain *d = current->domain;

    if (nr >= NR_HYPERCALLS || !hypercall_table[nr].fn)
        return -ENOSYS;
    h = &hypercall_table[nr];
    if (h->caller == CALLER_PRIVILEGED && !d->is_privileged)
        return -EPERM;
    if (h->caller == CALLER_PV && d->is_hvm)
        return -ENOSYS;
    return h->fn(a);
}
