/* SPDX-License-Identifier: MIT */
/**
 * @file xenguest.h
 * @brief Building guests: kernel images, start-of-day memory, the first vCPU, CPU policies.
 *
 * The usual course of building a guest in a domain that xc_domain_create() made, with its vCPUs,
 * memory limit and event channels set:
 *
 * @code
 * dom = xc_dom_allocate(xch, "root=/dev/xvda", NULL);
 * dom->console_evtchn = ..., dom->xenstore_evtchn = ...;
 * xc_dom_kernel_file(dom, "/boot/vmlinuz");
 * xc_dom_module_file(dom, "/boot/initrd.img", NULL);
 * xc_dom_boot_xen_init(dom, xch, domid);
 * xc_dom_parse_image(dom);
 * xc_dom_mem_init(dom, 256);
 * xc_dom_boot_mem_init(dom);
 * xc_dom_build_image(dom);
 * xc_dom_boot_image(dom);
 * xc_dom_gnttab_init(dom);
 * store_gfn = xc_dom_p2m(dom, dom->xenstore_pfn);
 * xc_dom_release(dom);
 * @endcode
 *
 * Unless a function says otherwise it returns 0, or -1 with errno set and the reason in the
 * calling thread's error chain (xenerror.h).  A step that failed leaves the domain in need of
 * destruction, and the image in need of xc_dom_release(); nothing else is left behind.
 *
 * All of it is part of libxenguest since SDK 1.0.
 */
#ifndef XENGUEST_H
#define XENGUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xenctrl.h>

#ifdef __cplusplus
extern "C" {
#endif

#define XC_NUMA_NO_NODE (~0U) /**< no NUMA node is wanted in particular */

#define XCFLAGS_LIVE  (1 << 0) /**< save while the guest runs */
#define XCFLAGS_DEBUG (1 << 1) /**< verify what was saved */

#define X86_64_B_SIZE 64 /**< bits of a 64-bit guest's word */
#define X86_32_B_SIZE 32 /**< bits of a 32-bit guest's word */

#define X86_HVM_NR_SPECIAL_PAGES   8        /**< pages at the end of the special region */
#define X86_HVM_END_SPECIAL_REGION 0xff000u /**< the first frame behind the special region */
#define XG_MAX_MODULES             2        /**< most modules of an image */

typedef uint64_t xen_vaddr_t; /**< a guest's virtual address */
typedef uint64_t xen_paddr_t; /**< a guest's physical address */

/** printf format of a frame number. */
#define PRIpfn PRI_xen_pfn

/** A piece of the guest's memory. */
struct xc_dom_seg {
    xen_vaddr_t vstart; /**< first byte */
    xen_vaddr_t vend;   /**< byte after the last */
    xen_pfn_t pfn;      /**< guest page of vstart */
    xen_pfn_t pages;
};

/** Firmware and tables for the HVM loader. */
struct xc_hvm_firmware_module {
    uint8_t *data;
    uint32_t length;
    uint64_t guest_addr_out; /**< where it was put */
};

/** A block that xc_dom_release() frees. */
struct xc_dom_mem {
    struct xc_dom_mem *next;
    void *ptr;
    enum {
        XC_DOM_MEM_TYPE_MALLOC_INTERNAL, /**< in memory[] */
        XC_DOM_MEM_TYPE_MALLOC_EXTERNAL, /**< at ptr, from malloc() */
        XC_DOM_MEM_TYPE_MMAP,            /**< at ptr, from mmap() */
    } type;
    size_t len;
    unsigned char memory[0];
};

/** A mapping of guest pages in this process. */
struct xc_dom_phys {
    struct xc_dom_phys *next;
    void *ptr;
    xen_pfn_t first;
    xen_pfn_t count;
};

/** A boot module, such as an initial ram disk. */
struct xc_dom_module {
    void *blob;
    size_t size;
    void *cmdline;
    /** Where it goes.  With vstart 0 the builder finds a place. */
    struct xc_dom_seg seg;
};

/** An image being built.  Made by xc_dom_allocate() only: it is larger than what shows here. */
struct xc_dom_image {
    /* Files. */
    void *kernel_blob;
    size_t kernel_size;
    unsigned int num_modules;
    struct xc_dom_module modules[XG_MAX_MODULES];
    void *devicetree_blob;
    size_t devicetree_size;

    size_t max_kernel_size; /**< most bytes that a kernel may expand to */
    size_t max_module_size;
    size_t max_devicetree_size;

    /* What the caller wants. */
    char *cmdline;
    size_t cmdline_size;
    uint32_t f_requested[XENFEAT_NR_SUBMAPS]; /**< XENFEAT_* the kernel must support */

    /* What the kernel says. */
    struct elf_dom_parms *parms; /**< unused, NULL */
    const char *guest_type;      /**< such as "xen-3.0-x86_64" */

    /* Layout of the guest's memory. */
    struct xc_dom_seg kernel_seg;
    struct xc_dom_seg p2m_seg;
    struct xc_dom_seg pgtables_seg;
    struct xc_dom_seg devicetree_seg;
    struct xc_dom_seg start_info_seg;
    xen_pfn_t start_info_pfn;
    xen_pfn_t console_pfn;
    xen_pfn_t xenstore_pfn;
    xen_pfn_t shared_info_pfn;
    xen_pfn_t bootstack_pfn;
    xen_pfn_t pfn_alloc_end;    /**< first page that is not given to anything */
    xen_vaddr_t virt_alloc_end; /**< the same as a virtual address */
    xen_vaddr_t bsd_symtab_start;

    uint64_t initrd_start; /**< a virtual address, or a page number with SIF_MOD_START_PFN */
    uint64_t initrd_len;

    unsigned int alloc_bootstack;
    xen_vaddr_t virt_pgtab_end; /**< end of what the boot page tables map */

    uint32_t f_active[XENFEAT_NR_SUBMAPS];

    /* PV: machine frame of each page. */
    xen_pfn_t *pv_p2m;
    xen_pfn_t p2m_size; /**< entries of pv_p2m */

    xen_pfn_t rambase_pfn;
    xen_pfn_t total_pages;
    struct xc_dom_phys *phys_pages; /**< what is mapped here */
#if defined(__arm__) || defined(__aarch64__)
    xen_pfn_t rambank_size[GUEST_RAM_BANKS];
#endif

    struct xc_dom_mem *memblocks; /**< freed by xc_dom_release() */

    /* Bytes in use, for xc_dom_log_memory_footprint(). */
    size_t alloc_malloc;
    size_t alloc_mem_map;
    size_t alloc_file_map;
    size_t alloc_domU_map;

    /* Set by the caller before xc_dom_boot_image(). */
    unsigned long flags; /**< SIF_* */
    unsigned int console_evtchn;
    unsigned int xenstore_evtchn;
    uint32_t console_domid;  /**< domain that serves the console */
    uint32_t xenstore_domid; /**< domain that serves xenstore */
    xen_pfn_t shared_info_mfn;

    xc_interface *xch;
    uint32_t guest_domid;
    int claim_enabled; /**< non-zero: claim the memory before it is populated */

    int xen_version; /**< major << 16 | minor */
    xen_capabilities_info_t xen_caps;

    struct xc_dom_loader *kernel_loader; /**< private */
    void *private_loader;                /**< private */

    /* Virtual NUMA, optional. */
    xen_vmemrange_t *vmemranges;
    unsigned int nr_vmemranges;
    unsigned int *vnode_to_pnode;
    unsigned int nr_vnodes;

    void *arch_private;
    struct xc_dom_arch *arch_hooks;
    int (*allocate)(struct xc_dom_image *dom); /**< called when pfn_alloc_end grew */

    enum {
        XC_DOM_PV_CONTAINER,
        XC_DOM_HVM_CONTAINER,
    } container_type; /**< set by the caller before xc_dom_parse_image() */

    /* HVM. */
    xen_pfn_t target_pages;
    xen_paddr_t mmio_start;
    xen_paddr_t mmio_size;
    xen_paddr_t lowmem_end;
    xen_paddr_t highmem_end;
    xen_pfn_t vga_hole_size;
    bool device_model;
    struct xc_hvm_firmware_module system_firmware_module;
#define MAX_ACPI_MODULES 4 /**< most ACPI modules of an image */
    struct xc_hvm_firmware_module acpi_modules[MAX_ACPI_MODULES];
    struct xc_hvm_firmware_module smbios_module;

#if defined(__i386__) || defined(__x86_64__)
    struct e820entry *e820;
    unsigned int e820_entries;
#endif

    xen_pfn_t vuart_gfn;
    unsigned int max_vcpus;
};

/** What a kind of guest on an architecture implements; NULL where it has nothing to do. */
struct xc_dom_arch {
    int (*alloc_magic_pages)(struct xc_dom_image *dom);
    int (*alloc_pgtables)(struct xc_dom_image *dom);
    int (*alloc_p2m_list)(struct xc_dom_image *dom);
    int (*setup_pgtables)(struct xc_dom_image *dom);
#undef start_info /* a macro in some guests' environments */
    int (*start_info)(struct xc_dom_image *dom);
    int (*shared_info)(struct xc_dom_image *dom, void *shared_info);
    int (*vcpu)(struct xc_dom_image *dom);
    int (*bootearly)(struct xc_dom_image *dom);
    int (*bootlate)(struct xc_dom_image *dom);
    int (*meminit)(struct xc_dom_image *dom);

    const char *guest_type;
    const char *native_protocol;
    int page_shift;
    int sizeof_pfn;
    int p2m_base_supported;
    int arch_private_size;

    struct xc_dom_arch *next;
};

/** log2 of the size of the guest's pages. */
#define XC_DOM_PAGE_SHIFT(dom) ((dom)->arch_hooks->page_shift)
/** Size of the guest's pages in bytes. */
#define XC_DOM_PAGE_SIZE(dom) (1LL << (dom)->arch_hooks->page_shift)

/** Default of the size limits of kernels and modules, expanded. */
#ifndef XC_DOM_DECOMPRESS_MAX
#define XC_DOM_DECOMPRESS_MAX (1024 * 1024 * 1024)
#endif

/** @name Making and freeing an image
 * @{ */

/**
 * @param xch      handle that messages go to
 * @param cmdline  the kernel's command line, copied; may be NULL
 * @param features features that the kernel must support ("writable_page_tables|...") or NULL
 * @return an image for xc_dom_release(), or NULL with errno ENOMEM or EINVAL (unknown feature)
 */
struct xc_dom_image *xc_dom_allocate(xc_interface *xch, const char *cmdline, const char *features);
/** Free an image, its mappings and every block of its pool.  NULL is fine. @param dom image */
void xc_dom_release(struct xc_dom_image *dom);
/** @} */

/** @name The files
 * @{ */

/** Use a file as kernel. @param dom image @param filename path; errno is open()'s or mmap()'s */
int xc_dom_kernel_file(struct xc_dom_image *dom, const char *filename);
/** Use memory as kernel; the caller keeps it until xc_dom_release(). */
int xc_dom_kernel_mem(struct xc_dom_image *dom, const void *mem, size_t memsize);
/** Add a file as module. @param dom image @param filename path @param cmdline copied, or NULL */
int xc_dom_module_file(struct xc_dom_image *dom, const char *filename, const char *cmdline);
/** Add memory as module; the caller keeps it until xc_dom_release(). */
int xc_dom_module_mem(struct xc_dom_image *dom, const void *mem, size_t memsize,
                      const char *cmdline);
/** @return 0 if a kernel may expand to @a sz bytes, else 1. @param dom image @param sz bytes */
int xc_dom_kernel_check_size(struct xc_dom_image *dom, size_t sz);
/** Set the size limit of expanded kernels. @param dom image @param sz bytes */
int xc_dom_kernel_max_size(struct xc_dom_image *dom, size_t sz);
/** Set the size limit of modules. @param dom image @param sz bytes */
int xc_dom_module_max_size(struct xc_dom_image *dom, size_t sz);

/** @return the expanded size that a gzip file claims; 0 if it is none or above the limit */
size_t xc_dom_check_gzip(xc_interface *xch, void *blob, size_t ziplen);
/** Expand gzip data of exactly @a dstlen bytes. */
int xc_dom_do_gunzip(xc_interface *xch, void *src, size_t srclen, void *dst, size_t dstlen);
/** If *blob is gzip data, swap it for the expanded data, which the image owns. */
int xc_dom_try_gunzip(struct xc_dom_image *dom, void **blob, size_t *size);
/** @} */

/** @name The steps of building
 * @{ */

/** Tie the image to a domain. @param dom image @param xch handle @param domid the domain */
int xc_dom_boot_xen_init(struct xc_dom_image *dom, xc_interface *xch, uint32_t domid);
/**
 * Read the kernel image.  errno: ENOEXEC it is none; EBADMSG corrupt; E2BIG above the size limit;
 * EINVAL broken; EOPNOTSUPP not for this kind of guest, or it needs a feature that is not given.
 */
int xc_dom_parse_image(struct xc_dom_image *dom);
/**
 * Look at the kernel as xc_dom_parse_image() found it: the ELF file inside the image, without
 * bzImage and compression around it.
 * @param dom an image that was parsed; errno EINVAL if it was not
 * @param elf gets the first byte of the file; it belongs to the image and stays until that is
 *   released or parsed again
 * @param len gets its length in bytes
 */
int xc_dom_kernel_elf(struct xc_dom_image *dom, const void **elf, size_t *len);
/** Choose the builder by dom->guest_type. @param dom image */
int xc_dom_set_arch_hooks(struct xc_dom_image *dom);
/** Set where RAM starts; 0 on x86. @param dom image @param rambase address */
int xc_dom_rambase_init(struct xc_dom_image *dom, uint64_t rambase);
/** Set the amount of memory. @param dom image @param mem_mb MiB */
int xc_dom_mem_init(struct xc_dom_image *dom, unsigned int mem_mb);
/** Give the domain its memory.  errno ENOMEM: the host, or the domain's limit, has less. */
int xc_dom_boot_mem_init(struct xc_dom_image *dom);
/** Lay out and fill the guest's memory. @param dom image */
int xc_dom_build_image(struct xc_dom_image *dom);
/** Check that the hypervisor runs this type of guest; errno EOPNOTSUPP if not. */
int xc_dom_compat_check(struct xc_dom_image *dom);
/** Finish the domain: page tables, start info, first vCPU.  The caller unpauses it. */
int xc_dom_boot_image(struct xc_dom_image *dom);
/** Grant the console and xenstore pages to the domains that serve them. @param dom image */
int xc_dom_gnttab_init(struct xc_dom_image *dom);
/**
 * The same for a domain without an image, such as one that was restored.
 * @param xch handle @param guest_domid the domain @param is_hvm its frames are not machine frames
 * @param console_gfn,xenstore_gfn the frames; ~0 for none
 * @param console_domid,xenstore_domid who may map them
 */
int xc_dom_gnttab_seed(xc_interface *xch, uint32_t guest_domid, bool is_hvm, xen_pfn_t console_gfn,
                       xen_pfn_t xenstore_gfn, uint32_t console_domid, uint32_t xenstore_domid);
/**
 * Give a PVH guest ACPI tables that name dom->max_vcpus processors; before xc_dom_build_image().
 * A caller with tables of its own fills dom->acpi_modules instead (the root pointer in the first).
 * @param dom image @param online bit n: vCPU n is there from the start; NULL: all are.
 * errno: EEXIST it has tables; EINVAL 0 vCPUs, or more than 128
 */
int xc_dom_acpi_tables(struct xc_dom_image *dom, const uint8_t *online);
/** @return whether the guest's frame numbers are its own (HVM, PVH), not the machine's. */
bool xc_dom_translated(const struct xc_dom_image *dom);

/** All steps at once, for a Linux PV guest. @return 0 or -1; frames in *store_mfn, *console_mfn */
int xc_linux_build(xc_interface *xch, uint32_t domid, unsigned int mem_mb, const char *image_name,
                   const char *ramdisk_name, const char *cmdline, const char *features,
                   unsigned long flags, unsigned int store_evtchn, unsigned long *store_mfn,
                   unsigned int console_evtchn, unsigned long *console_mfn);
/** @} */

/** @name Messages
 * @{ */

/** Kept for compatibility; messages go to the handle's logger. @param xch handle @return 0 */
int xc_dom_loginit(xc_interface *xch);
/** A message of the builder at level "detail". */
void xc_dom_printf(xc_interface *xch, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** Report an error with its place in the source. */
void xc_dom_panic_func(xc_interface *xch, const char *file, int line, xc_error_code err,
                       const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/** Report an error from where this stands. */
#define xc_dom_panic(xch, err, fmt, args...)                                                       \
    xc_dom_panic_func(xch, __FILE__, __LINE__, err, fmt, ##args)
/** Tell how much memory the builder uses. @param dom image */
void xc_dom_log_memory_footprint(struct xc_dom_image *dom);
/** @} */

/** @name Memory that lives as long as the image; NULL with errno on failure
 * @{ */

/** Zeroed memory. @param dom image @param size bytes */
void *xc_dom_malloc(struct xc_dom_image *dom, size_t size);
/** Zeroed pages, for hypercalls. @param dom image @param size bytes */
void *xc_dom_malloc_page_aligned(struct xc_dom_image *dom, size_t size);
/** A file, read-only. @param dom image @param filename path @param size gets its size
 *  @param max_size 0, or the limit; errno E2BIG above it, EINVAL for an empty file */
void *xc_dom_malloc_filemap(struct xc_dom_image *dom, const char *filename, size_t *size,
                            const size_t max_size);
/** Have a malloc() block freed with the image. @param dom image @param ptr block @param size its
 *  size @return 0, or -1 and the block still belongs to the caller */
int xc_dom_register_external(struct xc_dom_image *dom, void *ptr, size_t size);
/** A copy of a string. @param dom image @param str string */
char *xc_dom_strdup(struct xc_dom_image *dom, const char *str);
/** @} */

/** @name The guest's memory
 * @{ */

/** Take the next page. @param dom image @param name for messages @return pfn; ~0 on failure */
xen_pfn_t xc_dom_alloc_page(struct xc_dom_image *dom, const char *name);
/**
 * Take the next pages.
 * @param dom image @param seg filled in @param name for messages
 * @param start page-aligned virtual address not below virt_alloc_end, or 0: what comes next
 * @param size bytes
 */
int xc_dom_alloc_segment(struct xc_dom_image *dom, struct xc_dom_seg *seg, const char *name,
                         xen_vaddr_t start, xen_vaddr_t size);
/** Map pages without remembering it: the caller does munmap(). */
void *xc_dom_boot_domU_map(struct xc_dom_image *dom, xen_pfn_t pfn, xen_pfn_t count);
/**
 * Map pages, or find them mapped; xc_dom_unmap_*() and xc_dom_release() unmap.
 * @param dom image @param first page
 * @param count pages; 0: as many as an existing mapping has from there on
 * @return their memory, or NULL with errno
 */
void *xc_dom_pfn_to_ptr(struct xc_dom_image *dom, xen_pfn_t first, xen_pfn_t count);
/** The same, which tells in *count_out how many pages there are at the result. */
void *xc_dom_pfn_to_ptr_retcount(struct xc_dom_image *dom, xen_pfn_t first, xen_pfn_t count,
                                 xen_pfn_t *count_out);
/** Undo the mapping that holds @a pfn. @param dom image @param pfn page */
void xc_dom_unmap_one(struct xc_dom_image *dom, xen_pfn_t pfn);
/** Undo all mappings. @param dom image */
void xc_dom_unmap_all(struct xc_dom_image *dom);
/** Memory at a virtual address that is mapped. @param dom image @param vaddr address
 *  @param safe_region_out bytes there @return NULL if nothing is mapped there */
void *xc_dom_vaddr_to_ptr(struct xc_dom_image *dom, xen_vaddr_t vaddr, size_t *safe_region_out);
/** @} */

/** @name What the kernel's notes say, after xc_dom_parse_image()
 * @{ */

/** @return virtual address of page 0. @param dom image */
uint64_t xc_dom_virt_base(struct xc_dom_image *dom);
/** @return virtual address of the first instruction. @param dom image */
uint64_t xc_dom_virt_entry(struct xc_dom_image *dom);
/** @return virtual address of the hypercall page; ~0 for none. @param dom image */
uint64_t xc_dom_virt_hypercall(struct xc_dom_image *dom);
/** @return name of the guest's system, owned by the image; NULL if not said. @param dom image */
char *xc_dom_guest_os(struct xc_dom_image *dom);
/** @return whether the kernel supports a feature. @param dom image @param nr XENFEAT_* */
bool xc_dom_feature_get(struct xc_dom_image *dom, unsigned int nr);
/** @} */

/** Map a segment. @param dom image @param seg segment @param pages_out gets its pages, or 0 */
static inline void *xc_dom_seg_to_ptr_pages(struct xc_dom_image *dom, struct xc_dom_seg *seg,
                                            xen_pfn_t *pages_out)
{
    void *ptr = xc_dom_pfn_to_ptr(dom, seg->pfn, seg->pages);

    *pages_out = ptr ? seg->pages : 0;
    return ptr;
}

/** Map a segment. @param dom image @param seg segment @return its memory, or NULL */
static inline void *xc_dom_seg_to_ptr(struct xc_dom_image *dom, struct xc_dom_seg *seg)
{
    return xc_dom_pfn_to_ptr(dom, seg->pfn, seg->pages);
}

/** @return the frame of a page as hypercalls want it; ~0 if the guest has no such page. */
static inline xen_pfn_t xc_dom_p2m(struct xc_dom_image *dom, xen_pfn_t pfn)
{
    if (xc_dom_translated(dom))
        return pfn;
    return pfn < dom->total_pages ? dom->pv_p2m[pfn] : (xen_pfn_t)-1;
}

#if defined(__i386__) || defined(__x86_64__)
/** @name CPU policies: what CPUID and MSRs tell a guest
 * @{ */

/** A policy; leaves and registers as the hypervisor exchanges them. */
typedef struct xc_cpu_policy xc_cpu_policy_t;

/** @return an empty policy for xc_cpu_policy_destroy(), or NULL */
xc_cpu_policy_t *xc_cpu_policy_init(void);
/** Free a policy.  NULL is fine. @param policy policy */
void xc_cpu_policy_destroy(xc_cpu_policy_t *policy);
/** Read one of the host's. @param xch handle @param policy_idx XEN_SYSCTL_cpu_policy_*
 *  @param policy filled in */
int xc_cpu_policy_get_system(xc_interface *xch, unsigned int policy_idx, xc_cpu_policy_t *policy);
/** Read a domain's. @param xch handle @param domid domain @param policy filled in */
int xc_cpu_policy_get_domain(xc_interface *xch, uint32_t domid, xc_cpu_policy_t *policy);
/** Give a domain, before it first runs, its policy. */
int xc_cpu_policy_set_domain(xc_interface *xch, uint32_t domid, xc_cpu_policy_t *policy);
/** Copy a policy out; either array may be NULL.  errno ENOBUFS: too small, nothing copied.
 *  @param xch handle @param policy policy @param leaves,msrs arrays
 *  @param nr_leaves,nr_msrs in: their sizes, out: what is in the policy */
int xc_cpu_policy_serialise(xc_interface *xch, const xc_cpu_policy_t *policy,
                            xen_cpuid_leaf_t *leaves, uint32_t *nr_leaves, xen_msr_entry_t *msrs,
                            uint32_t *nr_msrs);
/** Replace or add leaves. @param xch handle @param policy policy @param leaves array
 *  @param nr its length */
int xc_cpu_policy_update_cpuid(xc_interface *xch, xc_cpu_policy_t *policy,
                               const xen_cpuid_leaf_t *leaves, uint32_t nr);
/** Replace or add registers. @param xch handle @param policy policy @param msrs array
 *  @param nr its length */
int xc_cpu_policy_update_msrs(xc_interface *xch, xc_cpu_policy_t *policy,
                              const xen_msr_entry_t *msrs, uint32_t nr);
/** How many leaves and registers a policy can have. */
int xc_cpu_policy_get_size(xc_interface *xch, uint32_t *nr_leaves, uint32_t *nr_msrs);
/** Set a domain's policy from arrays; the err_*_p (may be NULL) name what was refused, or ~0. */
int xc_set_domain_cpu_policy(xc_interface *xch, uint32_t domid, uint32_t nr_leaves,
                             xen_cpuid_leaf_t *leaves, uint32_t nr_msrs, xen_msr_entry_t *msrs,
                             uint32_t *err_leaf_p, uint32_t *err_subleaf_p, uint32_t *err_msr_p);
/** What levelling the CPUs can do. @param xch handle @param caps XEN_SYSCTL_CPU_LEVELCAP_* */
int xc_get_cpu_levelling_caps(xc_interface *xch, uint32_t *caps);
/** A feature set of the host. @param xch handle @param index XEN_SYSCTL_cpu_featureset_*
 *  @param nr_features in: words at featureset, out: words there are @param featureset array */
int xc_get_cpu_featureset(xc_interface *xch, uint32_t index, uint32_t *nr_features,
                          uint32_t *featureset);
/** @return words of a feature set that this library knows */
uint32_t xc_get_cpu_featureset_size(void);
/** @} */
#endif

#ifdef __cplusplus
}
#endif

#endif
