/* SPDX-License-Identifier: MIT */
#ifndef ASM_DOMCTL_H
#define ASM_DOMCTL_H

#include <hv/types.h>

struct xen_domctl;
/* pv/vcpu_state.c: the domctls that read and write the state of a vCPU, which is paused. */
long vcpu_do_domctl(struct xen_domctl *op, struct vcpu *v);

#endif
