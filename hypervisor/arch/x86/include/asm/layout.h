/* SPDX-License-Identifier: MIT */
/* Where things are in the hypervisor's part of the address space: the 16 top-level slots 256 to 271
 * that the ABI reserves (<xen/arch-x86/xen-x86_64.h>: HYPERVISOR_VIRT_START to _END).  Included
 * by assembly, too.
 *
 *   slot     from                  what
 *   256      0xffff800000000000    machine-to-physical table, readable by guests (user bit)
 *   257      0xffff808000000000    the same table, writable, ours
 *   258      0xffff810000000000    frame table
 *   259      0xffff818000000000    device mappings (map_device())
 *   260      0xffff820000000000    this domain's own mappings: each vCPU's GDT and LDT
 *   261      0xffff828000000000    the hypervisor's image (at + its load address)
 *   262-271  0xffff830000000000    direct map of all memory, up to 5 TiB
 *
 * Slots 256-259 and 261-271 are the same in every top-level table; 260 differs by domain. */
#ifndef ASM_LAYOUT_H
#define ASM_LAYOUT_H

#ifdef __ASSEMBLER__
#define UL(x) x
#else
#define UL(x) x##UL
#endif

#define HV_SLOT_FIRST     256
#define HV_SLOT_LAST      271
#define M2P_RO_START      UL(0xffff800000000000)
#define M2P_RW_START      UL(0xffff808000000000)
#define FRAME_TABLE_START UL(0xffff810000000000)
#define DEVICE_MAP_START  UL(0xffff818000000000)
#define DEVICE_MAP_END    UL(0xffff820000000000)
#define PERDOMAIN_START   UL(0xffff820000000000)
#define PERDOMAIN_SLOT    260
#define HV_IMAGE_START    UL(0xffff828000000000)
#define DIRECTMAP_START   UL(0xffff830000000000)
#define DIRECTMAP_END     UL(0xffff880000000000)

/* A vCPU's window in slot 260: 16 pages of GDT (guest's 14, then the CPU's reserved page), 16 of
 * LDT. */
#define PERVCPU_SIZE      UL(0x20000)
#define GDT_VIRT(vcpu_id) (PERDOMAIN_START + (vcpu_id)*PERVCPU_SIZE)
#define LDT_VIRT(vcpu_id) (GDT_VIRT(vcpu_id) + UL(0x10000))
#define GUEST_GDT_PAGES   14 /* FIRST_RESERVED_GDT_PAGE */

/* Selectors in the reserved page; the flat ring 3 ones are the ABI's (FLAT_RING3_*). */
#define HV_CS64        0xe008
#define HV_DS          0xe010
#define SEL_RING3_CS32 0xe023 /* FLAT_RING3_CS32 */
#define SEL_RING3_DS   0xe02b /* FLAT_RING3_DS32, _SS64 */
#define SEL_RING3_CS64 0xe033 /* FLAT_RING3_CS64 */
#define SEL_TSS        0xe040 /* 16 bytes */
#define SEL_LDT        0xe050 /* 16 bytes */
#define SEL_PERCPU     0xe060 /* limit = CPU number */

#define STACK_ORDER 3
#define STACK_SIZE  (UL(4096) << STACK_ORDER)

#endif
