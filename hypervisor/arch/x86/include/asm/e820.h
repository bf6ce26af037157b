/* SPDX-License-Identifier: MIT */
/* The machine's memory map, sorted, without overlaps. */
#ifndef ASM_E820_H
#define ASM_E820_H

#include <hv/types.h>

#define E820_RAM      1
#define E820_RESERVED 2
#define E820_ACPI     3
#define E820_NVS      4
#define E820_UNUSABLE 5

struct e820entry { /* as XENMEM_machine_memory_map gives it out */
    uint64_t addr, size;
    uint32_t type;
} __attribute__((packed));

#define E820_MAX 128
extern struct e820entry boot_e820[E820_MAX];
extern unsigned int nr_e820;

void e820_add(uint64_t addr, uint64_t size, uint32_t type);
/* Sort, resolve overlaps (the more restrictive type wins), merge neighbours. */
void e820_sanitise(void);

#endif
