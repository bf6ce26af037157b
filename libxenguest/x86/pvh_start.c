/* SPDX-License-Identifier: MIT */
/* What a PVH guest finds when it starts: hvm_start_info and what that points to. */
#include <inttypes.h>
#include <xen/arch-x86/hvm/start_info.h>
#include "x86/hvm.h"

/* Below, PCs have holes that guests know of without being told. */
#define ISA_END  UINT64_C(0x100000)
#define MAX_E820 128u

/* Offsets of the parts of the start information, each 8-byte aligned but for the texts. */
struct parts {
    uint64_t modules, map, texts, size;
    unsigned int map_entries;
};

static size_t text_size(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

static struct parts lay_out(const struct xc_dom_image *dom)
{
    struct parts p = {.modules = sizeof(struct hvm_start_info)};

    p.map_entries = dom->e820_entries;
    p.map = p.modules + dom->num_modules * sizeof(struct hvm_modlist_entry);
    p.texts = p.map + p.map_entries * sizeof(struct hvm_memmap_table_entry);
    p.size = p.texts + text_size(dom->cmdline);
    for (unsigned int i = 0; i < dom->num_modules; i++)
        p.size += text_size(dom->modules[i].cmdline);
    return p;
}

/* The map that hypercalls and the start information tell; a caller may have brought one. */
static int make_map(struct xc_dom_image *dom)
{
    if (dom->e820 && dom->e820_entries > MAX_E820)
        return fail(dom->xch, E2BIG, "a memory map of %u entries; %u will do", dom->e820_entries,
                    MAX_E820);
    if (!dom->e820) {
        dom->e820 = xc_dom_malloc(dom, XG_MEMORY_MAP_MAX * sizeof(*dom->e820));
        if (!dom->e820)
            return -1;
        dom->e820_entries = xg_hvm_memory_map(dom, dom->e820);
    }
    if (xc_domain_set_memory_map(dom->xch, dom->guest_domid, dom->e820, dom->e820_entries))
        return wrap(dom->xch, "cannot set the memory map of domain %u", dom->guest_domid);
    return 0;
}

int xg_pvh_alloc_start_info(struct xc_dom_image *dom)
{
    xen_vaddr_t at = dom->virt_alloc_end < ISA_END ? ISA_END : 0;

    if (make_map(dom))
        return -1;
    if (xc_dom_alloc_segment(dom, &dom->start_info_seg, "start info", at, lay_out(dom).size))
        return -1;
    dom->start_info_pfn = dom->start_info_seg.pfn;
    return 0;
}

static uint64_t root_pointer(const struct xc_dom_image *dom)
{
    return dom->acpi_modules[0].length ? dom->acpi_modules[0].guest_addr_out : 0;
}

/* Put a text at *@end; returns its address for the guest, 0 without one. */
static uint64_t put_text(char *page, uint64_t address, uint64_t *end, const char *text)
{
    uint64_t at = *end;

    if (!text)
        return 0;
    memcpy(page + at, text, text_size(text));
    *end += text_size(text);
    return address + at;
}

static void put_map(const struct xc_dom_image *dom, struct hvm_memmap_table_entry *map)
{
    for (unsigned int i = 0; i < dom->e820_entries; i++)
        map[i] = (struct hvm_memmap_table_entry){
            .addr = dom->e820[i].addr, .size = dom->e820[i].size, .type = dom->e820[i].type};
}

static void put_modules(const struct xc_dom_image *dom, char *page, uint64_t address,
                        const struct parts *p, uint64_t *end)
{
    struct hvm_modlist_entry *list = (struct hvm_modlist_entry *)(page + p->modules);

    for (unsigned int i = 0; i < dom->num_modules; i++)
        list[i] = (struct hvm_modlist_entry){
            .paddr = dom->modules[i].seg.pfn << XG_PAGE_SHIFT,
            .size = dom->modules[i].size,
            .cmdline_paddr = put_text(page, address, end, dom->modules[i].cmdline)};
}

int xg_pvh_start_info(struct xc_dom_image *dom)
{
    char *page = xc_dom_seg_to_ptr(dom, &dom->start_info_seg);
    uint64_t address = dom->start_info_pfn << XG_PAGE_SHIFT;
    struct parts p = lay_out(dom);
    uint64_t end = p.texts;
    struct hvm_start_info *info = (struct hvm_start_info *)page;

    if (!page)
        return -1;
    memset(page, 0, dom->start_info_seg.pages << XG_PAGE_SHIFT);
    *info = (struct hvm_start_info){
        .magic = XEN_HVM_START_MAGIC_VALUE,
        .version = 1,
        .flags = (uint32_t)dom->flags,
        .nr_modules = dom->num_modules,
        .modlist_paddr = dom->num_modules ? address + p.modules : 0,
        .cmdline_paddr = put_text(page, address, &end, dom->cmdline),
        .rsdp_paddr = root_pointer(dom),
        .memmap_paddr = address + p.map,
        .memmap_entries = p.map_entries,
    };
    put_modules(dom, page, address, &p, &end);
    put_map(dom, (struct hvm_memmap_table_entry *)(page + p.map));
    return 0;
}

static int alloc_pages(struct xc_dom_image *dom)
{
    if (xg_hvm_special_pages(dom) || xg_hvm_load_acpi(dom))
        return -1;
    return xg_pvh_alloc_start_info(dom);
}

struct xc_dom_arch xg_arch_pvh = {
    .alloc_magic_pages = alloc_pages,
    .start_info = xg_pvh_start_info,
    .vcpu = xg_pvh_vcpus,
    .meminit = xg_hvm_meminit,
    .guest_type = "hvm-3.0-x86_32",
    .native_protocol = "x86_32-abi",
    .page_shift = XG_PAGE_SHIFT,
    .sizeof_pfn = sizeof(uint32_t),
};
