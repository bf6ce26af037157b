/* SPDX-License-Identifier: MIT */
/* The first domain: memory, the kernel in it, page tables, start_info, first vCPU, as <xen/xen.h> has
 * the start of day ("Start-of-day memory layout").  What it may touch: dom0_rights.c. */
#include <asm/console.h>
#include <asm/dom0_build.h>
#include <asm/pv_domain.h>
#include <asm/pv_mm.h>
#include <asm/setup.h>
#include <asm/processor.h>
#include <hv/arch/domain.h>
#include <hv/cmdline.h>
#include <hv/string.h>
#include <xen/domctl.h>
#include <stdlib.h>
#include <xen/features.h>
#include "image.h"

#define REGION_ALIGN   (4UL << 20)
#define REGION_PADDING (512UL << 10)
#define PFN_UP(x)      (((x) + PAGE_SIZE - 1) >> PAGE_SHIFT)
/* Left to the hypervisor and to first guests when the command line says nothing. */
#define HEAP_KEPT_MAX (128UL << (20 - PAGE_SHIFT))

static uint64_t dom0_size, dom0_min_size, dom0_max_size; /* bytes; 0: not given */
static unsigned int dom0_max_vcpus;
UINT_OPTION("dom0_max_vcpus", dom0_max_vcpus);

/* dom0_mem=SIZE,min:SIZE,max:SIZE, in any order. */
static int parse_dom0_mem(const char *s)
{
    while (*s) {
        uint64_t *to = &dom0_size;
        const char *end;

        if (!strncmp(s, "min:", 4) || !strncmp(s, "max:", 4)) {
            to = s[1] == 'i' ? &dom0_min_size : &dom0_max_size;
            s += 4;
        }
        *to = parse_size(s, &end);
        if (end == s || (*end && *end != ','))
            return -EINVAL;
        s = *end ? end + 1 : end;
    }
    return 0;
}
CUSTOM_OPTION("dom0_mem", parse_dom0_mem);

static uint64_t choose_nr_pages(void)
{
    uint64_t avail = heap_free_pages(NODE_ANY), keep = min(avail / 16, HEAP_KEPT_MAX), nr;

    avail -= keep;
    nr = dom0_size ? dom0_size >> PAGE_SHIFT : avail;
    nr = max(nr, dom0_min_size >> PAGE_SHIFT);
    if (dom0_max_size)
        nr = min(nr, dom0_max_size >> PAGE_SHIFT);
    return min(nr, avail);
}

static struct domain *create_dom0(uint64_t nr_pages)
{
    unsigned int wanted = dom0_max_vcpus ? dom0_max_vcpus : cpumask_weight(&cpu_online_map);
    unsigned int vcpus = min(wanted, (unsigned int)MAX_VCPUS);
    struct xen_domctl_createdomain config = {
        .max_vcpus = vcpus,
        .max_evtchn_port = ~0U,
        .max_grant_frames = -1,
        .max_maptrack_frames = -1,
        .grant_opts = XEN_DOMCTL_GRANT_version(1),
    };
    struct domain *d;
    int rc;

    d = domain_create(0, &config, true, &rc);
    if (!d)
        panic("Cannot create dom0: error %d", rc);
    d->max_pages = dom0_max_size ? max(dom0_max_size >> PAGE_SHIFT, nr_pages) : UINT32_MAX;
    for (unsigned int i = 0; i < config.max_vcpus; i++)
        if (!vcpu_create(d, i, &rc))
            panic("Cannot create vCPU %u of dom0: error %d", i, rc);
    return d;
}

/* --- memory ------------------------------------------------------------------------------------- */

/* Frames for all pages, in blocks as large as there are. */
static int populate(struct dom0_layout *l)
{
    unsigned int order = MAX_ORDER;

    for (uint64_t pfn = 0; pfn < l->nr_pages;) {
        struct page_info *pg;

        while (1UL << order > l->nr_pages - pfn)
            order--;
        /* What the firmware left there is no secret to dom0. */
        pg = alloc_domheap_pages(l->d, order, MEMF_no_scrub);
        if (!pg && !order)
            return -ENOMEM;
        if (!pg) {
            order--;
            continue;
        }
        for (uint64_t i = 0; i < 1UL << order; i++, pfn++) {
            mfn_t mfn = page_to_mfn(pg + i);

            l->p2m[pfn] = mfn.v;
            m2p_set(mfn, pfn);
        }
    }
    return 0;
}

static int alloc_p2m(struct dom0_layout *l)
{
    l->p2m_order = order_of_size(l->nr_pages * sizeof(*l->p2m));
    l->p2m = alloc_xenheap_pages(l->p2m_order, 0);
    return l->p2m ? 0 : -ENOMEM;
}

static void copy_in(const struct dom0_layout *l, uint64_t pfn, const void *src, size_t len)
{
    for (size_t at = 0; at < len; at += PAGE_SIZE)
        memcpy(dom0_page(l, pfn + at / PAGE_SIZE), (const char *)src + at,
               min(len - at, (size_t)PAGE_SIZE));
}

/* --- the kernel ----------------------------------------------------------------------------------- */

static void *image_alloc(void *opaque, size_t size)
{
    return malloc(size); /* which, unlike hv_alloc(), does not clear tens of megabytes */
}

static void image_free(void *opaque, void *ptr, size_t size)
{
    free(ptr);
}

static void image_report(void *opaque, const char *msg)
{
    printk(XENLOG_ERR "dom0's kernel: %s\n", msg);
}

static const struct image_env image_env = {
    .alloc = image_alloc, .free = image_free, .report = image_report, .max_output = 1UL << 30};

/* The decompressors are user space's: no interrupt may come in between (lib/libc.c). */
static int open_kernel(const struct boot_module *kernel, struct image_kernel *k)
{
    unsigned long flags = arch_irq_save();
    int rc = image_open_kernel(&image_env, maddr_to_virt(kernel->start), kernel->size, k);

    arch_irq_restore(flags);
    if (rc)
        return rc;
    /* "Writable" page tables: writes to them are emulated, which is what a kernel that wants them means. */
    rc = image_check_pv(&image_env, k,
                        1U << XENFEAT_writable_page_tables |
                            1U << XENFEAT_writable_descriptor_tables | 1U << XENFEAT_dom0 |
                            1U << XENFEAT_pae_pgdir_above_4gb |
                            1U << XENFEAT_mmu_pt_update_preserve_ad | 1U << XENFEAT_highmem_assist |
                            1U << XENFEAT_gnttab_map_avail_bits);
    if (rc)
        return rc;
    printk(XENLOG_INFO "Dom0's kernel: %s %s (%s), %lx to %lx\n", k->notes.guest_os,
           k->notes.guest_version, k->format, k->phys_start, k->phys_end);
    return 0;
}

struct put_state {
    const struct dom0_layout *l;
    uint64_t phys_start;
};

static int put_bytes(void *opaque, uint64_t offset, const void *src, size_t len)
{
    const struct put_state *s = opaque;
    uint64_t phys = s->phys_start + offset;

    while (len) {
        size_t part = min(len, PAGE_SIZE - (phys & ~PAGE_MASK));
        char *to = (char *)dom0_page(s->l, phys >> PAGE_SHIFT) + (phys & ~PAGE_MASK);

        if (src) {
            memcpy(to, src, part);
            src = (const char *)src + part;
        } else {
            memset(to, 0, part);
        }
        phys += part;
        len -= part;
    }
    return 0;
}

static int load_kernel(const struct dom0_layout *l, const struct image_kernel *k)
{
    struct put_state s = {l, k->phys_start};
    uint64_t page = k->notes.hypercall_page - k->notes.virt_base;
    int rc = image_load_each(k, put_bytes, &s);

    if (!rc && k->notes.hypercall_page != IMAGE_UNSET) {
        if (page & ~PAGE_MASK || page >> PAGE_SHIFT >= l->nr_pages)
            return -EINVAL;
        pv_fill_hypercall_page(dom0_page(l, page >> PAGE_SHIFT));
    }
    return rc;
}

/* --- layout ------------------------------------------------------------------------------------------ */

/* Tables for the region, which contains them: more tables may mean a longer region. */
static void size_region(struct dom0_layout *l, uint64_t next)
{
    uint64_t nr = 0, tables;

    for (tables = 0;; tables = l->nr_tables) {
        vaddr_t end = l->region.va + (next + tables + 1) * PAGE_SIZE + REGION_PADDING;

        nr = (ROUND_UP(end, REGION_ALIGN) - l->region.va) >> PAGE_SHIFT;
        l->nr_tables = 1 + dom0_count_tables(l->region.va, nr);
        if (l->nr_tables == tables)
            break;
    }
    l->region.nr = nr;
    l->first_table = next;
    l->stack = next + tables;
}

/* Mapped: kernel, small initrd, p2m list (unless elsewhere), start_info, tables, stack.  Then, not
 * mapped by the region: the list with its own tables, the initrd. */
static int lay_out(struct dom0_layout *l, const struct image_kernel *k, size_t initrd_size)
{
    const struct image_xen_notes *n = &k->notes;
    uint64_t next = PFN_UP(k->phys_end), list_nr = PFN_UP(l->nr_pages * sizeof(uint64_t));
    bool list_apart = n->init_p2m != IMAGE_UNSET;

    l->region.va = n->virt_base;
    l->initrd_size = initrd_size;
    if (initrd_size && !n->mod_start_pfn) {
        l->initrd_pfn = next;
        next += PFN_UP(initrd_size);
    }
    if (!list_apart) {
        l->list_pfn = next;
        next += list_nr;
    }
    l->start_info = next++;
    size_region(l, next);
    next = l->region.nr;
    if (list_apart) {
        if (n->init_p2m & ~PAGE_MASK || pt_index(n->init_p2m, 4) == pt_index(n->virt_base, 4))
            return -EINVAL;
        l->list_pfn = next;
        l->list = (struct dom0_range){n->init_p2m, next, list_nr};
        l->first_list_table = next += list_nr;
        l->nr_list_tables = dom0_count_tables(n->init_p2m, list_nr);
        next += l->nr_list_tables;
    }
    if (initrd_size && n->mod_start_pfn) {
        l->initrd_pfn = next;
        next += PFN_UP(initrd_size);
    }
    return next <= l->nr_pages ? 0 : -ENOMEM;
}

static vaddr_t region_va(const struct dom0_layout *l, uint64_t pfn)
{
    return l->region.va + pfn * PAGE_SIZE;
}

static void fill_start_info(const struct dom0_layout *l, const struct image_kernel *k,
                            const char *cmdline)
{
    struct start_info *si = dom0_page(l, l->start_info);

    memset(si, 0, PAGE_SIZE);
    hv_strlcpy(si->magic, "xen-3.0-x86_64", sizeof(si->magic));
    si->nr_pages = l->nr_pages;
    si->shared_info = virt_to_maddr(l->d->shared_info);
    si->flags = SIF_PRIVILEGED | SIF_INITDOMAIN;
    si->pt_base = region_va(l, l->first_table);
    si->nr_pt_frames = l->nr_tables;
    si->mfn_list = l->list.nr ? l->list.va : region_va(l, l->list_pfn);
    if (l->list.nr) {
        si->first_p2m_pfn = l->list_pfn;
        si->nr_p2m_frames = l->list.nr + l->nr_list_tables;
    }
    if (l->initrd_size) {
        si->mod_len = l->initrd_size;
        si->mod_start = k->notes.mod_start_pfn ? l->initrd_pfn : region_va(l, l->initrd_pfn);
        if (k->notes.mod_start_pfn)
            si->flags |= SIF_MOD_START_PFN;
    }
    hv_strlcpy((char *)si->cmd_line, cmdline, sizeof(si->cmd_line));
    si->console.dom0.info_off = sizeof(*si);
    si->console.dom0.info_size = (uint32_t)vga_dom0_info((void *)(si + 1));
}

/* --- the first vCPU ------------------------------------------------------------------------------------ */

static int start_vcpu(const struct dom0_layout *l, const struct image_kernel *k)
{
    struct vcpu_guest_context *c = hv_new(struct vcpu_guest_context);
    struct vcpu *v = l->d->vcpu[0];
    int rc;

    if (!c)
        return -ENOMEM;
    for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
        l->d->shared_info->vcpu_info[i].evtchn_upcall_mask = 1;
    c->flags = VGCF_in_kernel | VGCF_online;
    c->user_regs.rip = k->notes.entry;
    c->user_regs.rsp = region_va(l, l->stack) + PAGE_SIZE;
    c->user_regs.rsi = region_va(l, l->start_info);
    c->user_regs.cs = FLAT_KERNEL_CS;
    c->user_regs.ss = FLAT_KERNEL_SS;
    c->user_regs.rflags = X86_EFLAGS_IF;
    c->kernel_ss = FLAT_KERNEL_SS;
    c->kernel_sp = c->user_regs.rsp;
    c->ctrlreg[3] = xen_pfn_to_cr3(l->p2m[l->first_table]);
    rc = arch_set_info_guest(v, c);
    if (!rc) {
        v->is_initialised = true;
        v->pause_flags &= ~VPF_down;
    }
    hv_free(c);
    return rc;
}

static int build(struct dom0_layout *l, const struct image_kernel *k,
                 const struct boot_module *initrd, const char *cmdline)
{
    int rc = lay_out(l, k, initrd ? initrd->size : 0);

    if (!rc)
        rc = alloc_p2m(l);
    if (!rc)
        rc = populate(l);
    if (!rc)
        rc = load_kernel(l, k);
    if (rc)
        return rc;
    if (initrd)
        copy_in(l, l->initrd_pfn, maddr_to_virt(initrd->start), initrd->size);
    copy_in(l, l->list_pfn, l->p2m, l->nr_pages * sizeof(*l->p2m));
    fill_start_info(l, k, cmdline);
    dom0_fill_tables(l);
    rc = pv_mm_pin(l->d, _mfn(l->p2m[l->first_table]), 4);
    return rc ? rc : start_vcpu(l, k);
}

static void describe(const struct dom0_layout *l, const struct image_kernel *k)
{
    printk(XENLOG_INFO "Dom0: %lu MiB, %u vCPUs; entry %lx, mapped %lx to %lx\n",
           l->nr_pages >> (20 - PAGE_SHIFT), l->d->max_vcpus, k->notes.entry, l->region.va,
           region_va(l, l->region.nr));
    if (l->initrd_size)
        printk(XENLOG_INFO "Dom0: initrd of %lu KiB at page %lx\n", l->initrd_size >> 10,
               l->initrd_pfn);
}

int pv_dom0_build(const struct boot_module *kernel, const struct boot_module *initrd)
{
    struct dom0_layout l = {0};
    struct image_kernel k;
    int rc = open_kernel(kernel, &k);

    if (rc)
        return rc;
    l.nr_pages = choose_nr_pages();
    l.d = create_dom0(l.nr_pages);
    rc = dom0_grant_rights(l.d);
    if (!rc)
        rc = build(&l, &k, initrd, kernel->cmdline);
    if (!rc) {
        describe(&l, &k);
        domain_publish(l.d);
    }
    image_close_kernel(&image_env, &k);
    if (l.p2m)
        free_xenheap_pages(l.p2m, l.p2m_order);
    return rc;
}
