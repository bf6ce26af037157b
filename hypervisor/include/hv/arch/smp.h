/* SPDX-License-Identifier: MIT */
/* Arch contract: other CPUs. */
#ifndef HV_ARCH_SMP_H
#define HV_ARCH_SMP_H

#include <hv/cpumask.h>

/* Run fn(arg) on each CPU of mask (this one included if set), with interrupts off; wait: until all
 * have returned.  Not with interrupts disabled here. */
void arch_call_function(const cpumask_t *mask, void (*fn)(void *), void *arg, bool wait);

#endif
