/* SPDX-License-Identifier: MIT */
/* What the files of the HVM container share: where things are in the guest's physical memory. */
#ifndef XENGUEST_HVM_H
#define XENGUEST_HVM_H

#include <xen/hvm/e820.h>
#include "dom/private.h"

#define XG_4GIB (UINT64_C(1) << 32)
/* Where the ACPI tables of a PVH guest go. */
#define XG_ACPI_BASE UINT64_C(0xfc000000)
/* The special pages end where the hole for the local APIC's neighbours begins. */
#define XG_SPECIAL_FRAME(n) (X86_HVM_END_SPECIAL_REGION - X86_HVM_NR_SPECIAL_PAGES + (n))

/* The special pages in their order, which other tools know. */
enum xg_special {
    XG_SPECIAL_PAGING,
    XG_SPECIAL_MONITOR,
    XG_SPECIAL_SHARING,
    XG_SPECIAL_BUFIOREQ,
    XG_SPECIAL_XENSTORE,
    XG_SPECIAL_IOREQ,
    XG_SPECIAL_IDENT_PT,
    XG_SPECIAL_CONSOLE,
};

/* Most entries of a memory map that is made here: low, ACPI, special pages, high. */
#define XG_MEMORY_MAP_MAX 4

/* Choose, where the caller has not, what is RAM and what is a hole.  Fails for odd choices. */
int xg_hvm_lay_out_ram(struct xc_dom_image *dom);
/* Bytes of ACPI modules from XG_ACPI_BASE on, whole pages. */
uint64_t xg_hvm_acpi_size(const struct xc_dom_image *dom);
/* Describe RAM, tables and special pages; returns the number of entries. */
unsigned int xg_hvm_memory_map(const struct xc_dom_image *dom, struct e820entry *map);

/* Give the domain pages from @first to @end (frames), in pages as large as can be had. */
int xg_hvm_populate(struct xc_dom_image *dom, xen_pfn_t first, xen_pfn_t end,
                    unsigned int memflags);
int xg_hvm_meminit(struct xc_dom_image *dom);

/* Give out, fill and announce the special pages and the ACPI tables. */
int xg_hvm_special_pages(struct xc_dom_image *dom);
int xg_hvm_load_acpi(struct xc_dom_image *dom);
/* The start information: its place, then its content. */
int xg_pvh_alloc_start_info(struct xc_dom_image *dom);
int xg_pvh_start_info(struct xc_dom_image *dom);
/* Registers of the first vCPU, memory types of all. */
int xg_pvh_vcpus(struct xc_dom_image *dom);

#endif
