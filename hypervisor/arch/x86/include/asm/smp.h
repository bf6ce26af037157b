/* SPDX-License-Identifier: MIT */
/* The other CPUs (smp.c). */
#ifndef ASM_SMP_H
#define ASM_SMP_H

#include <hv/arch/smp.h>

void smp_boot_all(void); /* those that the MADT lists as enabled, up to maxcpus= */
noreturn void smp_start_ap(unsigned int cpu); /* from the trampoline */
void flush_ipi(void);                         /* flush.c */
void smp_handle_call_ipi(void);
void smp_stop_others(void); /* the machine goes down: all others halt for good */
extern unsigned int nr_cpus_present;

#endif
