/* SPDX-License-Identifier: MIT */
/* The rest of a 64-bit PV guest's start: special pages, start_info, the first vCPU. */
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include "dom/private.h"

#define EFLAGS_IF    (1u << 9)
#define EFLAGS_FIXED (1u << 1)
#define DR6_DEFAULT  0xffff0ff0u
#define DR7_DEFAULT  0x00000400u

/* A P2M list within the region comes before start_info. */
static int alloc_list_in_region(struct xc_dom_image *dom)
{
    if (image_has_note(&xg_dom(dom)->kernel.notes, XEN_ELFNOTE_INIT_P2M))
        return 0;
    return xc_dom_alloc_segment(dom, &dom->p2m_seg, "P2M list", 0,
                                dom->total_pages * sizeof(uint64_t));
}

static int alloc_magic_pages(struct xc_dom_image *dom)
{
    if (alloc_list_in_region(dom))
        return -1;
    if (xc_dom_alloc_segment(dom, &dom->start_info_seg, "start info", 0, XG_PAGE_SIZE))
        return -1;
    dom->start_info_pfn = dom->start_info_seg.pfn;
    dom->xenstore_pfn = xc_dom_alloc_page(dom, "xenstore");
    if (dom->xenstore_pfn == XG_NO_PFN)
        return -1;
    dom->console_pfn = xc_dom_alloc_page(dom, "console");
    return dom->console_pfn == XG_NO_PFN ? -1 : 0;
}

static xen_vaddr_t virt_of(struct xc_dom_image *dom, xen_pfn_t pfn)
{
    return xc_dom_virt_base(dom) + (pfn << XG_PAGE_SHIFT);
}

/* The hypervisor fills the page through which kernels of the classic kind make hypercalls. */
static int init_hypercall_page(struct xc_dom_image *dom)
{
    struct xen_domctl op;
    xen_pfn_t pfn = 0;

    if (!image_has_note(&xg_dom(dom)->kernel.notes, XEN_ELFNOTE_HYPERCALL_PAGE))
        return 0;
    pfn = (xc_dom_virt_hypercall(dom) - xc_dom_virt_base(dom)) >> XG_PAGE_SHIFT;
    memset(&op, 0, sizeof(op));
    op.cmd = XEN_DOMCTL_hypercall_init;
    op.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op.domain = (domid_t)dom->guest_domid;
    op.u.hypercall_init.gmfn = xc_dom_p2m(dom, pfn);
    if (xc_domctl(dom->xch, &op))
        return wrap(dom->xch, "cannot set up the hypercall page of domain %u", dom->guest_domid);
    return 0;
}

/* Find the shared page that the hypervisor made for the domain. */
static int find_shared_info(struct xc_dom_image *dom)
{
    xc_domaininfo_t info;

    if (xc_domain_getinfolist(dom->xch, dom->guest_domid, 1, &info) != 1 ||
        info.domain != dom->guest_domid)
        return wrap(dom->xch, "domain %u is gone", dom->guest_domid);
    dom->shared_info_mfn = info.shared_info_frame;
    return 0;
}

static int clear_page(struct xc_dom_image *dom, xen_pfn_t pfn)
{
    void *page = xc_dom_pfn_to_ptr(dom, pfn, 1);

    if (!page)
        return -1;
    memset(page, 0, XG_PAGE_SIZE);
    return 0;
}

static int boot_early(struct xc_dom_image *dom)
{
    if (clear_page(dom, dom->xenstore_pfn) || clear_page(dom, dom->console_pfn))
        return -1;
    if (dom->alloc_bootstack && clear_page(dom, dom->bootstack_pfn))
        return -1;
    return find_shared_info(dom) || init_hypercall_page(dom) ? -1 : 0;
}

static void describe_module(struct xc_dom_image *dom, start_info_t *si)
{
    if (!dom->num_modules)
        return;
    si->mod_start = dom->initrd_start;
    si->mod_len = dom->initrd_len;
    if (xg_module_unmapped(dom))
        si->flags |= SIF_MOD_START_PFN;
}

static void describe_list(struct xc_dom_image *dom, start_info_t *si)
{
    si->mfn_list = dom->p2m_seg.vstart;
    if (xg_dom(dom)->nr_maps > 1) {
        si->first_p2m_pfn = dom->p2m_seg.pfn;
        si->nr_p2m_frames = dom->p2m_seg.pages;
    }
}

static int start_info_page(struct xc_dom_image *dom)
{
    start_info_t *si = NULL;

    if (dom->cmdline && dom->cmdline_size > MAX_GUEST_CMDLINE)
        return fail(dom->xch, E2BIG,
                    "the kernel's command line has %zu characters; a PV guest "
                    "takes %d",
                    dom->cmdline_size - 1, MAX_GUEST_CMDLINE - 1);
    si = xc_dom_pfn_to_ptr(dom, dom->start_info_pfn, 1);
    if (!si)
        return -1;
    memset(si, 0, XG_PAGE_SIZE);
    snprintf(si->magic, sizeof(si->magic), "%s", dom->guest_type);
    si->nr_pages = dom->total_pages;
    si->shared_info = dom->shared_info_mfn << XG_PAGE_SHIFT;
    si->flags = (uint32_t)dom->flags;
    si->store_mfn = xc_dom_p2m(dom, dom->xenstore_pfn);
    si->store_evtchn = dom->xenstore_evtchn;
    si->console.domU.mfn = xc_dom_p2m(dom, dom->console_pfn);
    si->console.domU.evtchn = dom->console_evtchn;
    si->pt_base = dom->pgtables_seg.vstart;
    si->nr_pt_frames = dom->pgtables_seg.pages;
    describe_list(dom, si);
    describe_module(dom, si);
    if (dom->cmdline)
        memcpy(si->cmd_line, dom->cmdline, dom->cmdline_size);
    return 0;
}

/* Events stay off until the guest is ready for them. */
static int mask_upcalls(struct xc_dom_image *dom, void *shared_info)
{
    shared_info_t *shared = shared_info;

    for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
        shared->vcpu_info[i].evtchn_upcall_mask = 1;
    return 0;
}

static int setup_shared_info(struct xc_dom_image *dom)
{
    xenforeignmemory_handle *fmem = xc_interface_fmem_handle(dom->xch);
    void *page = xenforeignmemory_map(fmem, dom->guest_domid, PROT_READ | PROT_WRITE, 1,
                                      &dom->shared_info_mfn, NULL);
    int rc = 0;

    if (!page)
        return wrap(dom->xch, "cannot map the shared info page of domain %u", dom->guest_domid);
    rc = dom->arch_hooks->shared_info(dom, page);
    xenforeignmemory_unmap(fmem, page, 1);
    return rc;
}

/* The pin makes the hypervisor check all tables, and keeps them checked. */
static int pin_tables(struct xc_dom_image *dom)
{
    struct mmuext_op op = {.cmd = MMUEXT_PIN_L4_TABLE};

    op.arg1.mfn = xc_dom_p2m(dom, dom->pgtables_seg.pfn);
    if (xc_mmuext_op(dom->xch, &op, 1, dom->guest_domid) < 0)
        return wrap(dom->xch, "the hypervisor refuses the page tables of domain %u",
                    dom->guest_domid);
    return 0;
}

static int boot_late(struct xc_dom_image *dom)
{
    return pin_tables(dom) || setup_shared_info(dom) ? -1 : 0;
}

static int start_vcpu(struct xc_dom_image *dom)
{
    vcpu_guest_context_any_t any;
    vcpu_guest_context_t *ctx = &any.c;

    memset(&any, 0, sizeof(any));
    ctx->flags = VGCF_in_kernel | VGCF_online;
    ctx->user_regs.rip = xc_dom_virt_entry(dom);
    ctx->user_regs.rsi = virt_of(dom, dom->start_info_pfn);
    ctx->user_regs.rflags = EFLAGS_IF | EFLAGS_FIXED;
    if (dom->alloc_bootstack)
        ctx->user_regs.rsp = virt_of(dom, dom->bootstack_pfn + 1);
    ctx->user_regs.cs = FLAT_KERNEL_CS64;
    ctx->user_regs.ss = FLAT_KERNEL_SS64;
    ctx->user_regs.ds = FLAT_KERNEL_DS64;
    ctx->user_regs.es = FLAT_KERNEL_DS64;
    ctx->user_regs.fs = FLAT_KERNEL_DS64;
    ctx->user_regs.gs = FLAT_KERNEL_DS64;
    ctx->kernel_ss = ctx->user_regs.ss;
    ctx->kernel_sp = ctx->user_regs.rsp;
    ctx->debugreg[6] = DR6_DEFAULT;
    ctx->debugreg[7] = DR7_DEFAULT;
    ctx->ctrlreg[3] = xc_dom_p2m(dom, dom->pgtables_seg.pfn) << XG_PAGE_SHIFT;
    if (xc_vcpu_setcontext(dom->xch, dom->guest_domid, 0, &any))
        return wrap(dom->xch, "cannot set the registers of domain %u's first vCPU",
                    dom->guest_domid);
    return 0;
}

struct xc_dom_arch xg_arch_pv64 = {
    .alloc_magic_pages = alloc_magic_pages,
    .alloc_pgtables = xg_pv_alloc_pgtables,
    .alloc_p2m_list = xg_pv_alloc_p2m_list,
    .setup_pgtables = xg_pv_setup_pgtables,
    .start_info = start_info_page,
    .shared_info = mask_upcalls,
    .vcpu = start_vcpu,
    .bootearly = boot_early,
    .bootlate = boot_late,
    .meminit = xg_pv_meminit,
    .guest_type = "xen-3.0-x86_64",
    .native_protocol = "x86_64-abi",
    .page_shift = XG_PAGE_SHIFT,
    .sizeof_pfn = sizeof(uint64_t),
    .p2m_base_supported = 1,
};
