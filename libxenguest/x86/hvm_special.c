/* SPDX-License-Identifier: MIT */
/* Pages of an HVM container that are no RAM: rings, and the firmware's tables. */
#include <inttypes.h>
#include <xen/hvm/params.h>
#include "x86/acpi.h"
#include "x86/hvm.h"

#define IDENT_PTES 1024
#define IDENT_PTE  0xe7u /* present, writable, user, accessed, dirty, 4 MiB */

static const struct {
    uint32_t param;
    enum xg_special page;
} frame_params[] = {
    {HVM_PARAM_STORE_PFN, XG_SPECIAL_XENSTORE},
    {HVM_PARAM_CONSOLE_PFN, XG_SPECIAL_CONSOLE},
    {HVM_PARAM_PAGING_RING_PFN, XG_SPECIAL_PAGING},
    {HVM_PARAM_MONITOR_RING_PFN, XG_SPECIAL_MONITOR},
    {HVM_PARAM_SHARING_RING_PFN, XG_SPECIAL_SHARING},
};

static int set_param(struct xc_dom_image *dom, uint32_t param, uint64_t value)
{
    if (xc_hvm_param_set(dom->xch, dom->guest_domid, param, value))
        return wrap(dom->xch, "cannot set HVM parameter %" PRIu32 " of domain %u", param,
                    dom->guest_domid);
    return 0;
}

/*
 * An Intel CPU that cannot run a guest without paging needs tables for it that map each address to
 * itself: one page directory of 4 MiB pages.
 */
static void fill_ident_pt(uint32_t *pt)
{
    for (uint32_t i = 0; i < IDENT_PTES; i++)
        pt[i] = i << 22 | IDENT_PTE;
}

static int announce_pages(struct xc_dom_image *dom)
{
    uint64_t ident = (uint64_t)XG_SPECIAL_FRAME(XG_SPECIAL_IDENT_PT) << XG_PAGE_SHIFT;

    for (size_t i = 0; i < ARRAY_SIZE(frame_params); i++)
        if (set_param(dom, frame_params[i].param, XG_SPECIAL_FRAME(frame_params[i].page)))
            return -1;
    if (set_param(dom, HVM_PARAM_IDENT_PT, ident) ||
        set_param(dom, HVM_PARAM_STORE_EVTCHN, dom->xenstore_evtchn) ||
        set_param(dom, HVM_PARAM_CONSOLE_EVTCHN, dom->console_evtchn))
        return -1;
    return 0;
}

int xg_hvm_special_pages(struct xc_dom_image *dom)
{
    uint8_t *pages = NULL;

    if (xg_hvm_populate(dom, XG_SPECIAL_FRAME(0), X86_HVM_END_SPECIAL_REGION, 0))
        return wrap(dom->xch, "no memory for the special pages of domain %u", dom->guest_domid);
    pages = xc_dom_pfn_to_ptr(dom, XG_SPECIAL_FRAME(0), X86_HVM_NR_SPECIAL_PAGES);
    if (!pages)
        return -1;
    memset(pages, 0, X86_HVM_NR_SPECIAL_PAGES << XG_PAGE_SHIFT);
    fill_ident_pt((uint32_t *)(pages + (XG_SPECIAL_IDENT_PT << XG_PAGE_SHIFT)));
    dom->xenstore_pfn = XG_SPECIAL_FRAME(XG_SPECIAL_XENSTORE);
    dom->console_pfn = XG_SPECIAL_FRAME(XG_SPECIAL_CONSOLE);
    return announce_pages(dom);
}

/* ---- ACPI ---- */

PUBLIC int xc_dom_acpi_tables(struct xc_dom_image *dom, const uint8_t *online)
{
    struct xc_hvm_firmware_module *module = &dom->acpi_modules[0];
    struct xg_acpi_spec spec = {.base = XG_ACPI_BASE, .nr_vcpus = dom->max_vcpus, .online = online};
    size_t len = 0;

    for (unsigned int i = 0; i < MAX_ACPI_MODULES; i++)
        if (dom->acpi_modules[i].length)
            return fail(dom->xch, EEXIST, "the guest has ACPI tables already");
    if (!dom->max_vcpus || dom->max_vcpus > XG_ACPI_MAX_VCPUS)
        return fail(dom->xch, EINVAL, "no ACPI tables for %u vCPUs; 1 to %u will do",
                    dom->max_vcpus, XG_ACPI_MAX_VCPUS);
    module->data = xc_dom_malloc(dom, XG_ACPI_MAX_SIZE);
    if (!module->data)
        return -1;
    len = xg_acpi_build(&spec, module->data);
    if (!len)
        return fail(dom->xch, EOVERFLOW, "the ACPI tables are too long");
    module->length = (uint32_t)len;
    module->guest_addr_out = XG_ACPI_BASE;
    return 0;
}

/* Only there is room for them that the memory map tells of. */
static int check_place(struct xc_dom_image *dom, const struct xc_hvm_firmware_module *module)
{
    uint64_t limit = (uint64_t)XG_SPECIAL_FRAME(0) << XG_PAGE_SHIFT;
    uint64_t at = module->guest_addr_out;

    if (at >= XG_ACPI_BASE && at < limit && module->length <= limit - at && !(at & ~XG_PAGE_MASK))
        return 0;
    return fail(dom->xch, EINVAL,
                "an ACPI module of %" PRIu32 " bytes cannot go to address %#" PRIx64,
                module->length, at);
}

static int load_module(struct xc_dom_image *dom, const struct xc_hvm_firmware_module *module)
{
    xen_pfn_t first = module->guest_addr_out >> XG_PAGE_SHIFT;
    uint64_t pages = xg_pages(module->length);
    uint8_t *to = NULL;

    if (check_place(dom, module))
        return -1;
    if (xg_hvm_populate(dom, first, first + pages, 0))
        return wrap(dom->xch, "no memory for the ACPI tables of domain %u", dom->guest_domid);
    to = xc_dom_pfn_to_ptr(dom, first, pages);
    if (!to)
        return -1;
    memcpy(to, module->data, module->length);
    memset(to + module->length, 0, (pages << XG_PAGE_SHIFT) - module->length);
    return 0;
}

int xg_hvm_load_acpi(struct xc_dom_image *dom)
{
    for (unsigned int i = 0; i < MAX_ACPI_MODULES; i++)
        if (dom->acpi_modules[i].length && load_module(dom, &dom->acpi_modules[i]))
            return -1;
    return 0;
}
