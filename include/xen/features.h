/* SPDX-License-Identifier: MIT */
/*
 * Feature bits of XENVER_get_features, one 32-bit submap at a time. A kernel may require some of
 * them in its XEN_ELFNOTE_FEATURES note.
 */

#ifndef __XEN_PUBLIC_FEATURES_H__
#define __XEN_PUBLIC_FEATURES_H__

/* Page tables may be written directly; the hypervisor sorts it out. */
#define XENFEAT_writable_page_tables 0

/* The same for descriptor tables. */
#define XENFEAT_writable_descriptor_tables 1

/* The guest's frame numbers are not machine frames. */
#define XENFEAT_auto_translated_physmap 2

/* The kernel runs in ring 0. */
#define XENFEAT_supervisor_mode_kernel 3

/* 32-bit: the top table may lie anywhere. */
#define XENFEAT_pae_pgdir_above_4gb 4

/* MMU_PT_UPDATE_PRESERVE_AD works. */
#define XENFEAT_mmu_pt_update_preserve_ad 5
#define XENFEAT_highmem_assist            6

/* GNTMAP_guest_avail_mask works. */
#define XENFEAT_gnttab_map_avail_bits 7

/* HVM: events can come as a vector of each CPU. */
#define XENFEAT_hvm_callback_vector 8

/* HVM: the PV clock is safe to use. */
#define XENFEAT_hvm_safe_pvclock 9

/* HVM: emulated interrupts can be bound to event channels. */
#define XENFEAT_hvm_pirqs 10

/* The caller is the first domain. */
#define XENFEAT_dom0 11

/* XENMEMF_vnode works. */
#define XENFEAT_memory_op_vnode_supported 13
#define XENFEAT_ARM_SMCCC_supported       14

/* PVH: Linux must take the ACPI tables from start info. */
#define XENFEAT_linux_rsdp_unrestricted 15
#define XENFEAT_not_direct_mapped       16
#define XENFEAT_direct_mapped           17
#define XENFEAT_NR_SUBMAPS              1

#endif /* __XEN_PUBLIC_FEATURES_H__ */
