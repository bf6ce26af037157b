/* SPDX-License-Identifier: MIT */
/* The table of hypercalls (core/hypercall.c).
 *
 * A handler gets the guest's six argument registers, copies what they point to once, checks it,
 * then acts.  To be preempted it stores into the arguments what shall be called instead (counts and
 * handles moved on) and returns -EPREEMPTED: the arch writes them back to the guest's registers and
 * has the guest repeat the hypercall instruction; inside a multicall the entry is updated and the
 * multicall itself is repeated. */
#ifndef HV_HYPERCALL_H
#define HV_HYPERCALL_H

#include <hv/errno.h>
#include <hv/types.h>
#include <xen/xen.h>

struct hypercall_args {
    unsigned long a[6];
};

typedef long (*hypercall_fn)(struct hypercall_args *a);

/* Who may call at all; what an operation may be done to is may()'s business (access.h). */
enum hypercall_caller { CALLER_ANY, CALLER_PV, CALLER_PRIVILEGED };

struct hypercall {
    const char *name;
    hypercall_fn fn; /* NULL: -ENOSYS */
    uint8_t nr_args;
    uint8_t caller; /* enum hypercall_caller */
};

#define NR_HYPERCALLS 64
extern const struct hypercall hypercall_table[NR_HYPERCALLS];

/* Look up, check the caller, call.  The return value may be -EPREEMPTED: see above. */
long hypercall_dispatch(unsigned long nr, struct hypercall_args *a);

/* Handlers outside the core, by their file. */
long do_set_trap_table(struct hypercall_args *a); /* arch/x86/pv/callback.c */
long do_set_callbacks(struct hypercall_args *a);
long do_callback_op(struct hypercall_args *a);
long do_nmi_op(struct hypercall_args *a);
long do_fpu_taskswitch(struct hypercall_args *a); /* arch/x86/pv/misc_hypercalls.c */
long do_set_debugreg(struct hypercall_args *a);
long do_get_debugreg(struct hypercall_args *a);
long do_set_segment_base(struct hypercall_args *a);
long do_stack_switch(struct hypercall_args *a);
long do_iret(struct hypercall_args *a);        /* arch/x86/pv/iret.c */
long do_physdev_op(struct hypercall_args *a);  /* arch/x86/pv/physdev.c */
long do_platform_op(struct hypercall_args *a); /* arch/x86/platform.c */
long do_mca(struct hypercall_args *a);
long do_mmu_update(struct hypercall_args *a); /* arch/x86/pv/mm */
long do_mmuext_op(struct hypercall_args *a);
long do_update_va_mapping(struct hypercall_args *a);
long do_update_va_mapping_otherdomain(struct hypercall_args *a);
long do_set_gdt(struct hypercall_args *a); /* arch/x86/pv/descriptor.c */
long do_update_descriptor(struct hypercall_args *a);
/* core */
long do_memory_op(struct hypercall_args *a);
long do_multicall(struct hypercall_args *a);
long do_xen_version(struct hypercall_args *a);
long do_console_io(struct hypercall_args *a);
long do_vm_assist(struct hypercall_args *a);
long do_domctl(struct hypercall_args *a);
long do_sysctl(struct hypercall_args *a);
long do_hvm_op(struct hypercall_args *a);

#endif
