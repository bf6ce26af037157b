/* SPDX-License-Identifier: MIT */
/* Arch contract: domains and vCPUs. */
#ifndef HV_ARCH_DOMAIN_H
#define HV_ARCH_DOMAIN_H

#include <hv/types.h>

struct xen_domctl;
struct xen_sysctl;
struct xen_domctl_createdomain;
struct xen_domctl_getdomaininfo;
struct vcpu_guest_context;

int arch_sanitise_domain_config(struct xen_domctl_createdomain *config);
int arch_domain_create(struct domain *d, const struct xen_domctl_createdomain *config);
/* Undo; the domain has no frame any more. */
void arch_domain_destroy(struct domain *d);
/* Give up all frames and page tables; 0 or -EPREEMPTED, called again until 0. */
int arch_domain_relinquish(struct domain *d);
int arch_vcpu_create(struct vcpu *v);
void arch_vcpu_destroy(struct vcpu *v);
int arch_vcpu_reset(struct vcpu *v);
/* vcpu_guest_context as domctl and VCPUOP_initialise give it; all checked, then set.  -EPREEMPTED
 * possible: call again. */
int arch_set_info_guest(struct vcpu *v, struct vcpu_guest_context *ctxt);
void arch_get_info_guest(struct vcpu *v, struct vcpu_guest_context *ctxt);
void arch_domain_info(struct domain *d, struct xen_domctl_getdomaininfo *info);

/* Switch this CPU from prev to next (may be equal): save prev, call context_saved(prev), load
 * next and go to it.  x86: does not return. */
void arch_context_switch(struct vcpu *prev, struct vcpu *next);
/* What an idle vCPU does forever: run softirqs, halt when none is pending. */
void arch_idle_loop(void);
/* Publish time info and runstate to v's guest pages, on the way into it. */
void arch_update_vcpu_time(struct vcpu *v);
void arch_update_runstate_area(struct vcpu *v);
void arch_update_wallclock(struct domain *d);

/* domctl and sysctl commands that the core does not know; -ENOSYS: neither do we. The core has
 * checked the version, the right to do it and found d; *copyback says op is to be copied back. */
long arch_do_domctl(struct xen_domctl *op, struct domain *d, bool *copyback);
long arch_do_sysctl(struct xen_sysctl *op, bool *copyback);
long arch_do_vcpu_op(int cmd, struct vcpu *v, vaddr_t arg);

/* hvm_op of an HVM container.  by_itself: it is the domain that asks.  0, -EINVAL: no such parameter
 * or value, -EPERM: not for the domain itself, -EEXIST: set for good ... */
int arch_set_hvm_param(struct domain *d, uint32_t index, uint64_t value, bool by_itself);
int arch_get_hvm_param(struct domain *d, uint32_t index, uint64_t *value, bool by_itself);
int arch_set_upcall_vector(struct vcpu *v, uint8_t vector);
/* HVMMEM_* of <xen/hvm/hvm_op.h> */
uint16_t arch_hvm_mem_type(struct domain *d, gfn_t gfn);
/* What any CPU knows of d's physical map is stale: no vCPU goes on with it once this returns.
 * Interrupts are on. */
void arch_hvm_flush_tlbs(struct domain *d);

/* Registers and stack of a guest's vCPU, to the console. */
void arch_show_vcpu(struct vcpu *v);
void arch_machine_restart(unsigned int delay_ms) __attribute__((__noreturn__));
void arch_machine_halt(void) __attribute__((__noreturn__));
/* What physinfo's and version's answers need. */
struct xen_sysctl_physinfo;
void arch_physinfo(struct xen_sysctl_physinfo *pi);
extern uint32_t cpu_khz;
/* Topology of an online CPU. */
void arch_cpu_topology(unsigned int cpu, uint32_t *core, uint32_t *socket, uint32_t *node);
/* What XENVER_capabilities says, such as "xen-3.0-x86_64 ". */
extern char arch_capabilities[];

#endif
