/* SPDX-License-Identifier: MIT */
/* The steps of building that all kinds of guests share. */
#include <unistd.h>
#include "dom/private.h"

/* Call a hook of the builder if it has one. */
#define hook(dom, name) ((dom)->arch_hooks->name ? (dom)->arch_hooks->name(dom) : 0)

PUBLIC int xc_dom_boot_xen_init(struct xc_dom_image *dom, xc_interface *xch, uint32_t domid)
{
    dom->xch = xch;
    dom->guest_domid = domid;
    dom->xen_version = xc_version(xch, XENVER_version, NULL);
    if (dom->xen_version < 0)
        return wrap(xch, "cannot get the hypervisor's version");
    if (xc_version(xch, XENVER_capabilities, &dom->xen_caps) < 0)
        return wrap(xch, "cannot get the hypervisor's capabilities");
    dom->xen_caps[sizeof(dom->xen_caps) - 1] = '\0';
    return 0;
}

PUBLIC int xc_dom_rambase_init(struct xc_dom_image *dom, uint64_t rambase)
{
    if (rambase)
        return fail(dom->xch, EINVAL, "RAM starts at address 0 on x86");
    dom->rambase_pfn = 0;
    return 0;
}

PUBLIC int xc_dom_mem_init(struct xc_dom_image *dom, unsigned int mem_mb)
{
    if (!mem_mb)
        return fail(dom->xch, EINVAL, "a guest without memory");
    dom->total_pages = (xen_pfn_t)mem_mb << (20 - XG_PAGE_SHIFT);
    return 0;
}

PUBLIC int xc_dom_boot_mem_init(struct xc_dom_image *dom)
{
    if (!dom->arch_hooks)
        return fail(dom->xch, EINVAL, "the kernel was not parsed yet");
    if (!dom->total_pages)
        return fail(dom->xch, EINVAL, "the amount of memory is not set");
    if (hook(dom, meminit))
        return -1;
    xg_log_lap(dom, "populate");
    return 0;
}

/* The caller may have set a place for the module; it is then mapped. */
bool xg_module_unmapped(struct xc_dom_image *dom)
{
    return dom->num_modules && !dom->modules[0].seg.vstart && !xc_dom_translated(dom) &&
           xg_dom(dom)->kernel.notes.mod_start_pfn;
}

/*
 * Linux expands its ram disk itself, so that only the compressed file need be copied.  Others
 * take it as it is, and get it expanded.
 */
static int prepare_modules(struct xc_dom_image *dom)
{
    if (dom->num_modules > 1 && !xc_dom_translated(dom))
        return fail(dom->xch, EOPNOTSUPP, "a PV guest takes one module, not %u", dom->num_modules);
    if (!strcmp(xg_dom(dom)->kernel.notes.guest_os, "linux"))
        return 0;
    for (unsigned int i = 0; i < dom->num_modules; i++) {
        struct xc_dom_module *module = &dom->modules[i];

        if (!module->seg.vstart && xc_dom_try_gunzip(dom, &module->blob, &module->size))
            return -1;
    }
    return 0;
}

static int alloc_modules(struct xc_dom_image *dom)
{
    for (unsigned int i = 0; i < dom->num_modules && !xg_module_unmapped(dom); i++) {
        struct xc_dom_module *module = &dom->modules[i];

        if (xc_dom_alloc_segment(dom, &module->seg, "module", module->seg.vstart, module->size))
            return -1;
    }
    return 0;
}

static int alloc_unmapped_module(struct xc_dom_image *dom)
{
    struct xc_dom_seg *seg = &dom->modules[0].seg;

    if (!xg_module_unmapped(dom))
        return 0;
    seg->pages = xg_pages(dom->modules[0].size);
    return xg_alloc_unmapped(dom, seg->pages, "module", &seg->pfn);
}

static int alloc_kernel(struct xc_dom_image *dom)
{
    const struct image_kernel *kernel = &xg_dom(dom)->kernel;
    uint64_t start = kernel->phys_start & XG_PAGE_MASK;

    return xc_dom_alloc_segment(dom, &dom->kernel_seg, "kernel", xc_dom_virt_base(dom) + start,
                                kernel->phys_end - start);
}

/* Decide where everything goes, in the order that xen/xen.h ("start of day") tells. */
static int lay_out(struct xc_dom_image *dom)
{
    xg_alloc_start(dom, xc_dom_virt_base(dom));
    if (alloc_kernel(dom) || alloc_modules(dom))
        return -1;
    if (hook(dom, alloc_magic_pages) || hook(dom, alloc_pgtables))
        return -1;
    /* A P2M list at an address of its own comes first behind what is mapped: Linux takes its
     * first page for the end of that. */
    return hook(dom, alloc_p2m_list) || alloc_unmapped_module(dom) ? -1 : 0;
}

/* Where the kernel goes to, and the file that it may come from. */
struct load {
    struct xc_dom_image *dom;
    char *base;
};

static int read_all(struct xc_dom_image *dom, char *to, size_t len, off_t from)
{
    while (len) {
        ssize_t n = pread(xg_dom(dom)->kernel_fd, to, len, from);

        if (n < 0 && errno == EINTR)
            continue;
        /* File systems that transfer straight to a caller's pages cannot do so with a guest's. */
        if (n < 0 && errno == EFAULT) {
            memcpy(to, xg_dom(dom)->kernel_map + from, len);
            return 0;
        }
        if (n <= 0)
            return fail(dom->xch, n ? errno : EIO, "cannot read the kernel's file: %s",
                        n ? strerror(errno) : "it has become shorter");
        to += n;
        from += n;
        len -= (size_t)n;
    }
    return 0;
}

/*
 * What the file has as it goes to the guest is read to its place: in a PV domain it costs more to
 * map each of the file's pages, and to unmap it, than to copy it.
 */
static int put_kernel(void *opaque, uint64_t offset, const void *src, size_t len)
{
    const struct load *load = opaque;
    struct xc_dom_image *dom = load->dom;
    const char *map = xg_dom(dom)->kernel_map, *from = src;

    /* Callers may have given another kernel meanwhile. */
    if (map && map == dom->kernel_blob && from >= map && from < map + dom->kernel_size)
        return read_all(dom, load->base + offset, len, from - map);
    if (src)
        memcpy(load->base + offset, src, len);
    else
        memset(load->base + offset, 0, len);
    return 0;
}

static int load_kernel(struct xc_dom_image *dom)
{
    const struct image_kernel *kernel = &xg_dom(dom)->kernel;
    uint64_t offset = kernel->phys_start & (XG_PAGE_SIZE - 1);
    uint64_t size = dom->kernel_seg.pages << XG_PAGE_SHIFT;
    char *base = xc_dom_seg_to_ptr(dom, &dom->kernel_seg);

    if (!base)
        return -1;
    if (kernel->phys_end - kernel->phys_start > size - offset)
        return fail(dom->xch, EINVAL, "kernel does not fit where it should be loaded");
    memset(base, 0, offset);
    if (image_load_each(kernel, put_kernel, &(struct load){.dom = dom, .base = base + offset}))
        return -1;
    offset += kernel->phys_end - kernel->phys_start;
    memset(base + offset, 0, size - offset);
    return 0;
}

static int load_module(struct xc_dom_image *dom, struct xc_dom_module *module)
{
    char *base = xc_dom_seg_to_ptr(dom, &module->seg);

    if (!base)
        return -1;
    memcpy(base, module->blob, module->size);
    memset(base + module->size, 0, (module->seg.pages << XG_PAGE_SHIFT) - module->size);
    return 0;
}

int xg_load_modules(struct xc_dom_image *dom)
{
    struct xc_dom_module *first = &dom->modules[0];

    if (!dom->num_modules)
        return 0;
    for (unsigned int i = 0; i < dom->num_modules; i++)
        if (load_module(dom, &dom->modules[i]))
            return -1;
    dom->initrd_start = xg_module_unmapped(dom) ? first->seg.pfn : first->seg.vstart;
    dom->initrd_len = first->size;
    return 0;
}

PUBLIC int xc_dom_build_image(struct xc_dom_image *dom)
{
    if (!xg_dom(dom)->parsed || !xg_dom(dom)->populated)
        return fail(dom->xch, EINVAL, "the kernel was not parsed, or no memory was given yet");
    if (prepare_modules(dom) || lay_out(dom))
        return -1;
    /* One mapping for everything: each costs hypercalls, and the pages are adjacent. */
    if (!xc_dom_pfn_to_ptr(dom, dom->kernel_seg.pfn, dom->pfn_alloc_end - dom->kernel_seg.pfn))
        return -1;
    xg_log_lap(dom, "map");
    if (load_kernel(dom) || xg_load_modules(dom))
        return -1;
    xg_log_lap(dom, "load");
    return 0;
}

PUBLIC int xc_dom_boot_image(struct xc_dom_image *dom)
{
    if (!dom->arch_hooks || !dom->pfn_alloc_end)
        return fail(dom->xch, EINVAL, "the image was not built yet");
    if (xc_dom_compat_check(dom))
        return -1;
    if (hook(dom, setup_pgtables) || hook(dom, bootearly) || hook(dom, start_info))
        return -1;
    /* No writable mapping may be left when page tables become page tables. */
    xc_dom_log_memory_footprint(dom);
    xg_log_lap(dom, "page tables");
    xc_dom_unmap_all(dom);
    xg_log_lap(dom, "unmap");
    if (hook(dom, bootlate) || hook(dom, vcpu))
        return -1;
    xg_log_lap(dom, "start vCPU");
    return 0;
}
