/* SPDX-License-Identifier: MIT */
/* Notes in a guest kernel's ELF image (owner "Xen"): how it wants to be loaded and started. */

#ifndef __XEN_PUBLIC_ELFNOTE_H__
#define __XEN_PUBLIC_ELFNOTE_H__

/* Number 0 carries free text. */
#define XEN_ELFNOTE_INFO 0

/* Start address, virtual. */
#define XEN_ELFNOTE_ENTRY 1

/* Page that the hypervisor fills with hypercall entries, virtual. */
#define XEN_ELFNOTE_HYPERCALL_PAGE 2

/* What must be taken from a virtual address for the guest physical one. */
#define XEN_ELFNOTE_VIRT_BASE 3

/* How far the ELF header's physical addresses are off. */
#define XEN_ELFNOTE_PADDR_OFFSET 4

/* Interface version, as a string. */
#define XEN_ELFNOTE_XEN_VERSION 5

/* Name of the OS, its version, and the loader (always "generic"). */
#define XEN_ELFNOTE_GUEST_OS      6
#define XEN_ELFNOTE_GUEST_VERSION 7
#define XEN_ELFNOTE_LOADER        8

/* 32-bit: "yes" for PAE. */
#define XEN_ELFNOTE_PAE_MODE 9

/* Names of features, joined by | ; one with ! is required. */
#define XEN_ELFNOTE_FEATURES 10

/* Load the symbol table too. */
#define XEN_ELFNOTE_BSD_SYMTAB 11

/* Lowest address that the hypervisor may take (32-bit PV). */
#define XEN_ELFNOTE_HV_START_LOW 12

/* Mask and value of a present page-table entry. */
#define XEN_ELFNOTE_L1_MFN_VALID 13

/* Can go on after a suspend that did not happen. */
#define XEN_ELFNOTE_SUSPEND_CANCEL 14

/* Virtual address for the physical-to-machine list. */
#define XEN_ELFNOTE_INIT_P2M 15

/* Takes an unmapped initial module. */
#define XEN_ELFNOTE_MOD_START_PFN 16

/* Features it can use, as bits. */
#define XEN_ELFNOTE_SUPPORTED_FEATURES 17

/* Physical, 32-bit entry point: the kernel can start as PVH. */
#define XEN_ELFNOTE_PHYS32_ENTRY 18

/* Highest number in a kernel image. */
#define XEN_ELFNOTE_MAX XEN_ELFNOTE_PHYS32_ENTRY

/* Notes in crash dumps. */
#define XEN_ELFNOTE_CRASH_INFO              0x1000001
#define XEN_ELFNOTE_CRASH_REGS              0x1000002
#define XEN_ELFNOTE_DUMPCORE_NONE           0x2000000
#define XEN_ELFNOTE_DUMPCORE_HEADER         0x2000001
#define XEN_ELFNOTE_DUMPCORE_XEN_VERSION    0x2000002
#define XEN_ELFNOTE_DUMPCORE_FORMAT_VERSION 0x2000003

#endif /* __XEN_PUBLIC_ELFNOTE_H__ */
