/* SPDX-License-Identifier: MIT */
/* Where a guest's handlers are, and other registers of its own that it sets by hypercalls. */
#include <asm/emulate.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/string.h>
#include <xen/callback.h>
#include <xen/nmi.h>

static void set_trap(struct vcpu *v, const struct trap_info *t)
{
    struct trap_info *slot = &v->arch.traps[t->vector];

    *slot = *t;
    slot->cs |= 3;
}

/* set_trap_table(table): up to an entry without address; no table: forget all */
long do_set_trap_table(struct hypercall_args *a)
{
    struct vcpu *v = current;
    vaddr_t table = a->a[0];
    struct trap_info t;

    if (!table) {
        memset(v->arch.traps, 0, 256 * sizeof(*v->arch.traps));
        return 0;
    }
    for (unsigned int i = 0; i < 257; i++, table += sizeof(t)) {
        if (copy_from_guest_va(&t, table, sizeof(t)))
            return -EFAULT;
        if (!t.address)
            return 0;
        if (!is_guest_address(t.address))
            return -EINVAL;
        set_trap(v, &t);
    }
    return -EINVAL;
}

static long register_callback(struct vcpu *v, const struct callback_register *r)
{
    unsigned long eip = r->address;
    bool mask = r->flags & CALLBACKF_mask_events;

    if (!is_guest_address(eip))
        return -EINVAL;
    switch (r->type) {
    case CALLBACKTYPE_event:
        v->arch.event_callback_eip = eip;
        return 0;
    case CALLBACKTYPE_failsafe:
        v->arch.failsafe_callback_eip = eip;
        v->arch.failsafe_disables_events = mask;
        return 0;
    case CALLBACKTYPE_syscall:
        v->arch.syscall_callback_eip = eip;
        v->arch.syscall_disables_events = mask;
        return 0;
    case CALLBACKTYPE_syscall32:
        v->arch.syscall32_callback_eip = eip;
        v->arch.syscall32_disables_events = mask;
        return 0;
    case CALLBACKTYPE_sysenter:
        v->arch.sysenter_callback_eip = eip;
        v->arch.sysenter_disables_events = mask;
        return 0;
    case CALLBACKTYPE_nmi:
        v->arch.nmi_callback = eip;
        return 0;
    default:
        return -ENOSYS;
    }
}

static long unregister_callback(struct vcpu *v, uint16_t type)
{
    switch (type) {
    case CALLBACKTYPE_event:
    case CALLBACKTYPE_failsafe:
    case CALLBACKTYPE_syscall:
    case CALLBACKTYPE_syscall32:
    case CALLBACKTYPE_sysenter:
        return -EINVAL; /* replaced, never taken away */
    case CALLBACKTYPE_nmi:
        v->arch.nmi_callback = 0;
        return 0;
    default:
        return -ENOSYS;
    }
}

/* callback_op(command, argument) */
long do_callback_op(struct hypercall_args *a)
{
    struct callback_unregister u;
    struct callback_register r;

    switch (a->a[0]) {
    case CALLBACKOP_register:
        return copy_arg(&r, a->a[1]) ? -EFAULT : register_callback(current, &r);
    case CALLBACKOP_unregister:
        return copy_arg(&u, a->a[1]) ? -EFAULT : unregister_callback(current, u.type);
    default:
        return -ENOSYS;
    }
}

/* set_callbacks(event, failsafe, syscall) */
long do_set_callbacks(struct hypercall_args *a)
{
    struct vcpu *v = current;

    for (unsigned int i = 0; i < 3; i++)
        if (!is_guest_address(a->a[i]))
            return -EINVAL;
    v->arch.event_callback_eip = a->a[0];
    v->arch.failsafe_callback_eip = a->a[1];
    v->arch.syscall_callback_eip = a->a[2];
    return 0;
}

/* nmi_op(command, argument) */
long do_nmi_op(struct hypercall_args *a)
{
    struct vcpu *v = current;
    struct xennmi_callback cb;

    switch (a->a[0]) {
    case XENNMI_register_callback:
        if (copy_arg(&cb, a->a[1]))
            return -EFAULT;
        if (!is_guest_address(cb.handler_address) || v->id != 0)
            return -EINVAL;
        v->arch.nmi_callback = cb.handler_address;
        return 0;
    case XENNMI_unregister_callback:
        v->arch.nmi_callback = 0;
        return 0;
    default:
        return -ENOSYS;
    }
}

/* stack_switch(ss, esp) */
long do_stack_switch(struct hypercall_args *a)
{
    struct vcpu *v = current;

    v->arch.kernel_ss = (a->a[0] & 0xffff) | 3;
    v->arch.kernel_sp = a->a[1];
    return 0;
}

/* %gs of the guest's user mode: loaded, so that its base comes from the descriptor; what the
 * processor then takes for the base is kept for user mode. */
static void load_user_gs(struct vcpu *v, uint16_t sel)
{
    uint64_t kernel = rdmsr(MSR_GS_BASE);
    uint32_t gs = sel;
    unsigned long flags = arch_irq_save();

    __asm__ volatile("1: mov %w0, %%gs\n"
                     "   jmp 3f\n"
                     "2: xor %k0, %k0\n"
                     "   mov %w0, %%gs\n"
                     "3:\n" EX_TABLE(1b, 2b)
                     : "+r"(gs));
    v->arch.gs_base_user = rdmsr(MSR_GS_BASE);
    wrmsr(MSR_GS_BASE, kernel);
    arch_irq_restore(flags);
}

/* set_segment_base(which, base) */
long do_set_segment_base(struct hypercall_args *a)
{
    struct vcpu *v = current;
    uint64_t base = a->a[1];

    if (a->a[0] == SEGBASE_GS_USER_SEL) {
        load_user_gs(v, (uint16_t)base);
        return 0;
    }
    if (!is_canonical(base))
        return -EINVAL;
    switch (a->a[0]) {
    case SEGBASE_FS:
        v->arch.fs_base = base;
        wrmsr(MSR_FS_BASE, base);
        return 0;
    case SEGBASE_GS_USER:
        v->arch.gs_base_user = base;
        return 0;
    case SEGBASE_GS_KERNEL:
        v->arch.gs_base_kernel = base;
        wrmsr(MSR_GS_BASE, base);
        return 0;
    default:
        return -EINVAL;
    }
}

/* --- debug registers ------------------------------------------------------------------------------------ */

void pv_load_debug_registers(const struct vcpu *v)
{
    write_dr0(v->arch.debugreg[0]);
    write_dr1(v->arch.debugreg[1]);
    write_dr2(v->arch.debugreg[2]);
    write_dr3(v->arch.debugreg[3]);
    write_dr7(v->arch.debugreg[7]);
}

/* Breakpoints on the hypervisor's addresses, or on I/O ports, are none of a guest's business. */
static int set_dr7(struct vcpu *v, unsigned long value)
{
    if (value >> 32)
        return -EINVAL;
    value = (value & ~0xf800UL) | 0x400; /* bit 13 GD, reserved bits */
    for (unsigned int i = 0; i < 4; i++)
        if ((value >> (16 + 4 * i) & 3) == 2)
            return -EPERM;
    v->arch.debugreg[7] = value;
    if (v == current)
        pv_load_debug_registers(v);
    return 0;
}

int pv_set_debugreg(struct vcpu *v, unsigned int reg, unsigned long value)
{
    bool live = v == current && (v->arch.debugreg[7] & 0xff);

    switch (reg) {
    case 0 ... 3:
        if (!is_guest_address(value))
            return -EPERM;
        v->arch.debugreg[reg] = value;
        if (live)
            pv_load_debug_registers(v);
        return 0;
    case 4:
    case 6:
        v->arch.debugreg[6] = (value & 0xffff) | 0xffff0ff0;
        return 0;
    case 5:
    case 7:
        return set_dr7(v, value);
    default:
        return -EINVAL;
    }
}

/* set_debugreg(register, value) */
long do_set_debugreg(struct hypercall_args *a)
{
    return a->a[0] > 7 ? -EINVAL : pv_set_debugreg(current, (unsigned int)a->a[0], a->a[1]);
}

/* get_debugreg(register): the value itself */
long do_get_debugreg(struct hypercall_args *a)
{
    const struct vcpu *v = current;

    switch (a->a[0]) {
    case 0 ... 3:
        return (long)v->arch.debugreg[a->a[0]];
    case 4:
    case 6:
        return (long)v->arch.debugreg[6];
    case 5:
    case 7:
        return (long)v->arch.debugreg[7];
    default:
        return -EINVAL;
    }
}
