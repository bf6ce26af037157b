/* SPDX-License-Identifier: MIT */
/* FPU, SSE and AVX state of vCPUs (pv/fpu.c): saved and loaded at each switch, so that none of it is
 * ever another vCPU's. */
#ifndef ASM_FPU_H
#define ASM_FPU_H

#include <hv/domain.h>

int fpu_vcpu_create(struct vcpu *v); /* 0, -ENOMEM */
void fpu_vcpu_destroy(struct vcpu *v);
void fpu_reset(struct vcpu *v); /* as after power on */
void fpu_save(struct vcpu *v);  /* from this CPU; interrupts are off */
void fpu_load(struct vcpu *v);
/* The legacy part, as vcpu_guest_context has it: 512 bytes. */
void fpu_set_legacy(struct vcpu *v, const void *fxsave);
void fpu_get_legacy(const struct vcpu *v, void *fxsave);
/* May XCR0 have this value, out of the allowed bits? (SDM volume 1, 13.3) */
bool xcr0_valid(uint64_t val, uint64_t allowed);
/* May v->arch.xcr0 and v->arch.fpu (boot_cpu.xsave_size bytes) be these?  accum: all states ever used.
 * vcpu_state.c */
bool fpu_xstate_valid(const void *area, uint64_t xcr0, uint64_t accum);

#endif
