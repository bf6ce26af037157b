/* SPDX-License-Identifier: MIT */
#ifndef HVM_EXIT_H
#define HVM_EXIT_H

#include <asm/hvm.h>
#include <asm/insn.h>
#include <asm/msr.h>

/* mmio.c: is gpa that of something emulated? */
bool hvm_is_device(const struct vcpu *v, maddr_t gpa);
/* Do i, whose memory operand is at gpa; false: it cannot be done.  *again: not its last round. */
bool hvm_mmio(struct vcpu *v, struct cpu_user_regs *regs, maddr_t gpa, const struct insn *i,
              bool *again);
/* What XSETBV may be given. */
bool hvm_xcr0_valid(const struct vcpu *v, uint64_t val);
/* domain.c: port 0xe9 */
void hvm_console_char(struct domain *d, char c);
/* cpuid.c: a register (0 to 3: eax to edx) of a leaf of v's policy */
uint32_t hvm_policy_word(const struct vcpu *v, uint32_t leaf, unsigned int reg);
/* msr.c: values that these registers take */
bool hvm_mtrr_valid(uint32_t msr, uint64_t val);
bool hvm_pat_valid(uint64_t val);
/* save.c: may a vCPU be in that state? */
bool hvm_control_valid(const struct vcpu *v, uint64_t cr0, uint64_t cr4, uint64_t efer);
/* state.c: VCPUOP_initialise; 0, -EINVAL */
struct vcpu_hvm_context;
int hvm_set_vcpu_context(struct vcpu *v, const struct vcpu_hvm_context *c);

#endif
