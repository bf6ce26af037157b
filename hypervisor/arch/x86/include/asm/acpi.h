/* SPDX-License-Identifier: MIT */
/* The few facts of the ACPI tables that a hypervisor needs (acpi.c); the rest is dom0's. */
#ifndef ASM_ACPI_H
#define ASM_ACPI_H

#include <hv/types.h>

struct acpi_gas { /* generic address structure */
    uint8_t space, width, offset, access;
    uint64_t address;
} __attribute__((packed));
#define ACPI_SPACE_MEMORY 0
#define ACPI_SPACE_IO     1

#define MAX_IOAPICS       16
#define MAX_ISA_OVERRIDES 16
struct acpi_info {
    maddr_t lapic;
    unsigned int nr_cpus; /* enabled ones, in the order of the MADT */
    struct {
        uint32_t apicid, acpiid;
        uint8_t node;
    } cpu[NR_CPUS];
    unsigned int nr_ioapics;
    struct {
        uint8_t id;
        uint32_t gsi_base;
        maddr_t addr;
    } ioapic[MAX_IOAPICS];
    unsigned int nr_overrides;
    struct {
        uint8_t isa;
        uint16_t flags; /* MPS INTI: polarity bits 0-1, trigger bits 2-3 */
        uint32_t gsi;
    } override[MAX_ISA_OVERRIDES];
    /* FADT */
    uint16_t pm1a_cnt, pm1b_cnt, sci_int;
    uint32_t pm_timer_port; /* 0: none */
    bool has_reset;
    struct acpi_gas reset_reg;
    uint8_t reset_value;
    maddr_t hpet;
    unsigned int nr_nodes;
};
extern struct acpi_info acpi;

void acpi_early_init(maddr_t rsdp_hint); /* reads the tables; 0: look for the RSDP */
/* SRAT's memory ranges into the allocator's nodes: before the heap gets memory. */
void acpi_numa_init(void);
/* XENPF_enter_acpi_sleep: S5 (does not return when it works).  -EINVAL, -ENODEV, -EOPNOTSUPP. */
int acpi_enter_sleep(unsigned int state, uint32_t pm1a_val, uint32_t pm1b_val);
void acpi_reset(void); /* returns when there is no reset register */

#endif
