/* SPDX-License-Identifier: MIT */
/*
 * What a PVH guest finds in memory at its start: ebx holds the address of struct hvm_start_info.
 * The same for all who boot by this protocol, so every address is 64 bits wide and physical.
 */

#ifndef __XEN_PUBLIC_ARCH_X86_HVM_START_INFO_H__
#define __XEN_PUBLIC_ARCH_X86_HVM_START_INFO_H__

#include <stdint.h>

#define XEN_HVM_START_MAGIC_VALUE    0x336ec578
#define XEN_HVM_MEMMAP_TYPE_RAM      1
#define XEN_HVM_MEMMAP_TYPE_RESERVED 2
#define XEN_HVM_MEMMAP_TYPE_ACPI     3
#define XEN_HVM_MEMMAP_TYPE_NVS      4
#define XEN_HVM_MEMMAP_TYPE_UNUSABLE 5
#define XEN_HVM_MEMMAP_TYPE_DISABLED 6
#define XEN_HVM_MEMMAP_TYPE_PMEM     7

/* Starts at the address in ebx. */
struct hvm_start_info {
    /* XEN_HVM_START_MAGIC_VALUE. */
    uint32_t magic;
    /* 1 has the memory map. */
    uint32_t version;
    /* SIF_*. */
    uint32_t flags;
    uint32_t nr_modules;
    /* Array of hvm_modlist_entry. */
    uint64_t modlist_paddr;
    /* 0-terminated; 0 for none. */
    uint64_t cmdline_paddr;
    /* ACPI's root pointer. */
    uint64_t rsdp_paddr;
    /* Array of hvm_memmap_table_entry. */
    uint64_t memmap_paddr;
    uint32_t memmap_entries;
    uint32_t reserved;
};

/* A module: initrd first. */
struct hvm_modlist_entry {
    uint64_t paddr;
    uint64_t size;
    uint64_t cmdline_paddr;
    uint64_t reserved;
};

/* Types are E820's. */
struct hvm_memmap_table_entry {
    uint64_t addr;
    uint64_t size;
    uint32_t type;
    uint32_t reserved;
};

#endif /* __XEN_PUBLIC_ARCH_X86_HVM_START_INFO_H__ */
