/* SPDX-License-Identifier: MIT */
/* Walking another domain's page tables. */
#include "private.h"
#include <xen/hvm/save.h>

#define PTE_PRESENT 0x1ull
#define PTE_LARGE   0x80ull
#define PTE_FRAME   0x000ffffffffff000ull
#define CR0_PG      0x80000000ull
#define CR4_PSE     0x10ull
#define CR4_PAE     0x20ull
#define EFER_LMA    0x400ull
#define MAX_LEVELS  4

/* How a vCPU's page tables are built. */
struct tables {
    uint64_t root;    /* address of the top table */
    int levels;       /* 0: no paging */
    int entry_size;   /* 8, or 4 for tables of two levels */
    bool large_pages; /* whether tables of two levels may have them */
};

static int hvm_tables(xc_interface *xch, uint32_t dom, int vcpu, struct tables *t)
{
    struct hvm_hw_cpu cpu;

    memset(&cpu, 0, sizeof(cpu));
    if (xc_domain_hvm_getcontext_partial(xch, dom, HVM_SAVE_CODE(CPU), vcpu, &cpu, sizeof(cpu)))
        return -1;
    t->root = cpu.cr3 & PTE_FRAME;
    t->entry_size = 8;
    if (!(cpu.cr0 & CR0_PG)) {
        t->levels = 0;
    } else if (cpu.msr_efer & EFER_LMA) {
        t->levels = 4;
    } else if (cpu.cr4 & CR4_PAE) {
        t->levels = 3;
        t->root = cpu.cr3 & 0xffffffe0ull; /* aligned to 32 bytes only */
    } else {
        t->levels = 2;
        t->entry_size = 4;
        t->root = cpu.cr3 & 0xfffff000ull;
        t->large_pages = cpu.cr4 & CR4_PSE;
    }
    return 0;
}

static int pv_tables(xc_interface *xch, uint32_t dom, int vcpu, struct tables *t)
{
    vcpu_guest_context_any_t ctxt;
    unsigned int width = 0;

    if (xc_domain_get_guest_width(xch, dom, &width) || xc_vcpu_getcontext(xch, dom, vcpu, &ctxt))
        return -1;
    t->entry_size = 8;
    if (width == 8) {
        t->levels = 4;
        t->root = (uint64_t)xen_cr3_to_pfn_x86_64(ctxt.x64.ctrlreg[3]) << XC_PAGE_SHIFT;
    } else {
        t->levels = 3;
        t->root = (uint64_t)xen_cr3_to_pfn_x86_32(ctxt.x32.ctrlreg[3]) << XC_PAGE_SHIFT;
    }
    return 0;
}

/* Reads one entry of a table.  Returns 0, or -1 with errno. */
static int read_entry(xc_interface *xch, uint32_t dom, uint64_t address, int size, uint64_t *entry)
{
    xen_pfn_t frame = address >> XC_PAGE_SHIFT;
    char *page = xenforeignmemory_map(xch->fmem, dom, PROT_READ, 1, &frame, NULL);

    if (!page)
        return -1;
    *entry = 0;
    memcpy(entry, page + (address & ~XC_PAGE_MASK), size);
    xenforeignmemory_unmap(xch->fmem, page, 1);
    return 0;
}

static int not_mapped(xc_interface *xch, uint32_t dom, unsigned long long virt)
{
    return xc__fail(xch, EADDRNOTAVAIL, "xc_translate_foreign_address", NULL,
                    "domain %u has nothing at %#llx", dom, virt);
}

static int walk(xc_interface *xch, uint32_t dom, const struct tables *t, unsigned long long virt,
                uint64_t *frame)
{
    int bits = t->entry_size == 8 ? 9 : 10, level;
    uint64_t table = t->root, entry = 0;

    for (level = t->levels; level > 0; level--) {
        int shift = XC_PAGE_SHIFT + bits * (level - 1);
        uint64_t index = (virt >> shift) & ((1ull << bits) - 1);
        bool may_be_large =
            level == 2 ? t->entry_size == 8 || t->large_pages : level == 3 && t->levels == 4;

        if (read_entry(xch, dom, table + index * t->entry_size, t->entry_size, &entry))
            return -1;
        if (!(entry & PTE_PRESENT))
            return not_mapped(xch, dom, virt);
        table = entry & PTE_FRAME;
        if (level > 1 && may_be_large && (entry & PTE_LARGE)) {
            uint64_t offset = virt & ((1ull << shift) - 1);

            *frame = ((table & ~((1ull << shift) - 1)) | offset) >> XC_PAGE_SHIFT;
            return 0;
        }
    }
    *frame = table >> XC_PAGE_SHIFT;
    return 0;
}

PUBLIC unsigned long xc_translate_foreign_address(xc_interface *xch, uint32_t dom, int vcpu,
                                                  unsigned long long virt)
{
    struct tables t = {0};
    uint64_t frame = 0;
    xc_dominfo_t info;
    int rc;

    if (xc_domain_getinfo(xch, dom, 1, &info) != 1)
        return 0;
    if (info.domid != dom) {
        fail(xch, ESRCH, "no domain %u", dom);
        return 0;
    }
    rc = info.hvm ? hvm_tables(xch, dom, vcpu, &t) : pv_tables(xch, dom, vcpu, &t);
    if (rc)
        return 0;
    if (!t.levels)
        return virt >> XC_PAGE_SHIFT;
    return walk(xch, dom, &t, virt, &frame) ? 0 : frame;
}
