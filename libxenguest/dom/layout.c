/* SPDX-License-Identifier: MIT */
/*
 * Callers reach into struct xc_dom_image, so its layout is ABI: that of Xen 4.17's xenguest.h on
 * x86-64, which programs built for it expect.
 */
#include "dom/private.h"

#define SIZE(type, bytes)         _Static_assert(sizeof(type) == (bytes), #type)
#define OFFSET(type, field, byte) _Static_assert(offsetof(type, field) == (byte), #type "." #field)

SIZE(struct xc_dom_seg, 32);
SIZE(struct xc_hvm_firmware_module, 24);
SIZE(struct xc_dom_mem, 32);
SIZE(struct xc_dom_phys, 32);
SIZE(struct xc_dom_module, 56);
SIZE(struct xc_dom_arch, 120);
OFFSET(struct xc_dom_arch, guest_type, 80);
OFFSET(struct xc_dom_arch, next, 112);
SIZE(struct xc_dom_image, 1952);
OFFSET(struct xc_dom_image, modules, 24);
OFFSET(struct xc_dom_image, cmdline, 176);
OFFSET(struct xc_dom_image, guest_type, 208);
OFFSET(struct xc_dom_image, kernel_seg, 216);
OFFSET(struct xc_dom_image, start_info_pfn, 376);
OFFSET(struct xc_dom_image, console_pfn, 384);
OFFSET(struct xc_dom_image, xenstore_pfn, 392);
OFFSET(struct xc_dom_image, initrd_start, 440);
OFFSET(struct xc_dom_image, f_active, 472);
OFFSET(struct xc_dom_image, pv_p2m, 480);
OFFSET(struct xc_dom_image, total_pages, 504);
OFFSET(struct xc_dom_image, flags, 560);
OFFSET(struct xc_dom_image, console_evtchn, 568);
OFFSET(struct xc_dom_image, xenstore_domid, 580);
OFFSET(struct xc_dom_image, xch, 592);
OFFSET(struct xc_dom_image, claim_enabled, 604);
OFFSET(struct xc_dom_image, xen_caps, 612);
OFFSET(struct xc_dom_image, vmemranges, 1656);
OFFSET(struct xc_dom_image, arch_hooks, 1696);
OFFSET(struct xc_dom_image, container_type, 1712);
OFFSET(struct xc_dom_image, device_model, 1768);
OFFSET(struct xc_dom_image, acpi_modules, 1800);
OFFSET(struct xc_dom_image, e820, 1920);
OFFSET(struct xc_dom_image, max_vcpus, 1944);
