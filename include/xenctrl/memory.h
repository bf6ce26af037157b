/* SPDX-License-Identifier: MIT */
/**
 * @file xenctrl/memory.h
 * @brief Memory of domains and of the machine.  Include xenctrl.h.
 */
#ifndef XENCTRL_MEMORY_H
#define XENCTRL_MEMORY_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define E820_RAM      1 /**< usable memory */
#define E820_RESERVED 2 /**< not to be touched */
#define E820_ACPI     3 /**< tables of the firmware, usable once read */
#define E820_NVS      4 /**< memory of the firmware */
#define E820_UNUSABLE 5 /**< broken memory */

#define E820MAX (128) /**< most entries of a domain's map */

/** A range of a memory map, as the PC's firmware lays it out. */
struct e820entry {
    uint64_t addr; /**< first byte */
    uint64_t size; /**< bytes */
    uint32_t type; /**< E820_* */
} __attribute__((packed));

/**
 * @name Giving and taking memory
 * The functions without _exact return how many extents were done; those with it do not succeed
 * unless all were, and what was done by then stays done.
 * @{
 */

/**
 * @brief Give frames to a PV domain without putting them anywhere in its address space.
 * @param xch open handle
 * @param domid the domain
 * @param nr_extents how many extents
 * @param extent_order each extent has 2^extent_order pages
 * @param mem_flags XENMEMF_* bits, such as XENMEMF_exact_node(n); 0: anywhere
 * @param extent_start where each extent's first machine frame is stored; may be NULL
 * @return extents done, or -1 with errno: ESRCH, EPERM, EINVAL
 * @since 1.0
 */
int xc_domain_increase_reservation(xc_interface *xch, uint32_t domid, unsigned long nr_extents,
                                   unsigned int extent_order, unsigned int mem_flags,
                                   xen_pfn_t *extent_start);

/**
 * @brief xc_domain_increase_reservation(), all or an error.
 * @param xch open handle
 * @param domid the domain
 * @param nr_extents how many extents
 * @param extent_order each extent has 2^extent_order pages
 * @param mem_flags XENMEMF_* bits, such as XENMEMF_exact_node(n); 0: anywhere
 * @param extent_start where each extent's first machine frame is stored; may be NULL
 * @return 0, or -1 with errno: ENOMEM (not all; the chain has the figures), ESRCH, EPERM, EINVAL
 * @since 1.0
 */
int xc_domain_increase_reservation_exact(xc_interface *xch, uint32_t domid,
                                         unsigned long nr_extents, unsigned int extent_order,
                                         unsigned int mem_flags, xen_pfn_t *extent_start);

/**
 * @brief Take frames from a domain.
 * @param xch open handle
 * @param domid the domain
 * @param nr_extents how many extents
 * @param extent_order each extent has 2^extent_order pages
 * @param extent_start each extent's first frame: guest-physical, and for a PV domain of the
 *        machine
 * @return extents done, or -1 with errno: ESRCH, EPERM, EINVAL
 * @since 1.0
 */
int xc_domain_decrease_reservation(xc_interface *xch, uint32_t domid, unsigned long nr_extents,
                                   unsigned int extent_order, xen_pfn_t *extent_start);

/**
 * @brief xc_domain_decrease_reservation(), all or an error.
 * @param xch open handle
 * @param domid the domain
 * @param nr_extents how many extents
 * @param extent_order each extent has 2^extent_order pages
 * @param extent_start each extent's first frame
 * @return 0, or -1 with errno: EINVAL (not all), ESRCH, EPERM
 * @since 1.0
 */
int xc_domain_decrease_reservation_exact(xc_interface *xch, uint32_t domid,
                                         unsigned long nr_extents, unsigned int extent_order,
                                         xen_pfn_t *extent_start);

/**
 * @brief Give a domain frames at given places of its guest-physical address space.
 * @param xch open handle
 * @param domid the domain
 * @param nr_extents how many extents
 * @param extent_order each extent has 2^extent_order pages
 * @param mem_flags XENMEMF_* bits, such as XENMEMF_exact_node(n); 0: anywhere
 * @param extent_start in: guest frame of each extent; out, for a PV domain: machine frame of
 *        each extent
 * @return extents done, or -1 with errno: ESRCH, EPERM, EINVAL
 * @since 1.0
 */
int xc_domain_populate_physmap(xc_interface *xch, uint32_t domid, unsigned long nr_extents,
                               unsigned int extent_order, unsigned int mem_flags,
                               xen_pfn_t *extent_start);

/**
 * @brief xc_domain_populate_physmap(), all or an error.
 * @param xch open handle
 * @param domid the domain
 * @param nr_extents how many extents
 * @param extent_order each extent has 2^extent_order pages
 * @param mem_flags XENMEMF_* bits, such as XENMEMF_exact_node(n); 0: anywhere
 * @param extent_start in: guest frame of each extent; out, for a PV domain: machine frame of
 *        each extent
 * @return 0, or -1 with errno: ENOMEM (not all; the chain has the figures), ESRCH, EPERM, EINVAL
 * @since 1.0
 */
int xc_domain_populate_physmap_exact(xc_interface *xch, uint32_t domid, unsigned long nr_extents,
                                     unsigned int extent_order, unsigned int mem_flags,
                                     xen_pfn_t *extent_start);

/**
 * @brief Set free memory aside for a domain that is being built, so that nobody else takes it
 * meanwhile.
 * @param xch open handle
 * @param domid the domain
 * @param nr_pages how many pages the domain shall have in all; 0 drops the claim
 * @return 0, or -1 with errno: ENOMEM (there are not so many), EINVAL, ESRCH, EPERM, ENOSYS
 * @since 1.0
 */
int xc_domain_claim_pages(xc_interface *xch, uint32_t domid, unsigned long nr_pages);

/**
 * @brief Exchange frames of a PV domain for as many others, such as contiguous ones.
 * @param xch open handle
 * @param domid the domain
 * @param nr_in_extents extents given away
 * @param in_order each of them has 2^in_order pages
 * @param in_extents first machine frame of each
 * @param nr_out_extents extents wanted
 * @param out_order each of them has 2^out_order pages
 * @param out_extents in: guest frame of each; out: first machine frame of each
 * @return 0, or -1 with errno: ENOMEM, EINVAL, ESRCH, EPERM
 * @since 1.0
 */
int xc_domain_memory_exchange_pages(xc_interface *xch, uint32_t domid, unsigned long nr_in_extents,
                                    unsigned int in_order, xen_pfn_t *in_extents,
                                    unsigned long nr_out_extents, unsigned int out_order,
                                    xen_pfn_t *out_extents);

/**
 * @brief Exchange a frame of a PV domain for one with an address of at most 32 bits.
 * @param xch open handle
 * @param domid the domain
 * @param mfn machine frame
 * @return the new machine frame, or 0 with errno
 * @since 1.0
 */
unsigned long xc_make_page_below_4G(xc_interface *xch, uint32_t domid, unsigned long mfn);

/**
 * @brief Set how much memory stands behind a populate-on-demand domain.
 * @param xch open handle
 * @param domid the domain
 * @param target_pages pages
 * @param tot_pages where the domain's pages are stored; may be NULL
 * @param pod_cache_pages where the pages kept for it are stored; may be NULL
 * @param pod_entries where the places still empty are stored; may be NULL
 * @return 0, or -1 with errno: ESRCH, EPERM, EINVAL, ENOMEM
 * @since 1.0
 */
int xc_domain_set_pod_target(xc_interface *xch, uint32_t domid, uint64_t target_pages,
                             uint64_t *tot_pages, uint64_t *pod_cache_pages, uint64_t *pod_entries);

/**
 * @brief Get how much memory stands behind a populate-on-demand domain.
 * @param xch open handle
 * @param domid the domain
 * @param tot_pages where the domain's pages are stored; may be NULL
 * @param pod_cache_pages where the pages kept for it are stored; may be NULL
 * @param pod_entries where the places still empty are stored; may be NULL
 * @return 0, or -1 with errno: ESRCH, EPERM, EINVAL
 * @since 1.0
 */
int xc_domain_get_pod_target(xc_interface *xch, uint32_t domid, uint64_t *tot_pages,
                             uint64_t *pod_cache_pages, uint64_t *pod_entries);

/**
 * @}
 * @name The guest-physical address space
 * @{
 */

/**
 * @brief Put a special frame into a domain's address space.
 * @param xch open handle
 * @param domid the domain
 * @param space XENMAPSPACE_*
 * @param idx which frame of that space
 * @param gpfn where: guest frame
 * @return 0, or -1 with errno: ESRCH, EPERM, EINVAL
 * @since 1.0
 */
int xc_domain_add_to_physmap(xc_interface *xch, uint32_t domid, unsigned int space,
                             unsigned long idx, xen_pfn_t gpfn);

/**
 * @brief Put special frames into a domain's address space.
 * @param xch open handle
 * @param domid the domain
 * @param foreign_domid whose frames, with XENMAPSPACE_gmfn_foreign
 * @param space XENMAPSPACE_*
 * @param size how many, at most 65535
 * @param idxs which frames of that space
 * @param gpfns where each goes: guest frame
 * @param errs where 0 or each one's error is stored, negated
 * @return 0, or -1 with errno: ESRCH, EPERM, EINVAL
 * @since 1.0
 */
int xc_domain_add_to_physmap_batch(xc_interface *xch, uint32_t domid, uint32_t foreign_domid,
                                   unsigned int space, unsigned int size, xen_ulong_t *idxs,
                                   xen_pfn_t *gpfns, int *errs);

/**
 * @brief Make a place of a domain's address space empty.
 * @param xch open handle
 * @param domid the domain
 * @param gpfn guest frame
 * @return 0, or -1 with errno: ESRCH, EPERM, EINVAL
 * @since 1.0
 */
int xc_domain_remove_from_physmap(xc_interface *xch, uint32_t domid, xen_pfn_t gpfn);

/**
 * @brief Get the highest guest frame of a domain that was ever used.
 * @param xch open handle
 * @param domid the domain
 * @param gpfns where it is stored
 * @return 0, or -1 with errno: ESRCH, EPERM
 * @since 1.0
 */
int xc_domain_maximum_gpfn(xc_interface *xch, uint32_t domid, xen_pfn_t *gpfns);

/**
 * @brief Get how large a table of a domain's guest frames must be.
 * @param xch open handle
 * @param domid the domain
 * @param gpfns where the highest guest frame + 1 is stored
 * @return 0, or -1 with errno: ESRCH, EPERM
 * @since 1.0
 */
int xc_domain_nr_gpfns(xc_interface *xch, uint32_t domid, xen_pfn_t *gpfns);

/**
 * @brief Give a PV domain a memory map of one range of RAM from address 0.
 * @param xch open handle
 * @param domid the domain
 * @param map_limitkb KiB
 * @return 0, or -1 with errno: ESRCH, EPERM, EINVAL
 * @since 1.0
 */
int xc_domain_set_memmap_limit(xc_interface *xch, uint32_t domid, unsigned long map_limitkb);

/**
 * @brief Give a domain a memory map, which it can ask for.
 * @param xch open handle
 * @param domid the domain
 * @param entries the map
 * @param nr_entries its length, at most E820MAX
 * @return 0, or -1 with errno: ESRCH, EPERM, EINVAL
 * @since 1.0
 */
int xc_domain_set_memory_map(xc_interface *xch, uint32_t domid, struct e820entry entries[],
                             uint32_t nr_entries);

/**
 * @brief Get the host's memory map.
 * @param xch open handle
 * @param entries where it is stored
 * @param max_entries room in it, at least 2
 * @return the number of entries, or -1 with errno: EPERM, EINVAL
 * @since 1.0
 */
int xc_get_machine_memory_map(xc_interface *xch, struct e820entry entries[], uint32_t max_entries);

/**
 * @brief Get memory ranges that devices use by themselves.
 * @param xch open handle
 * @param flags XENMEM_RDM_ALL: those of all devices, or 0: of one
 * @param seg the device's segment
 * @param bus the device's bus
 * @param devfn the device's number << 3 | function
 * @param entries where the ranges are stored
 * @param max_entries in: room in it; out: how many there are
 * @return 0, or -1 with errno: ENOBUFS (not enough room: max_entries says how much), ENOENT,
 *         EPERM
 * @since 1.0
 */
int xc_reserved_device_memory_map(xc_interface *xch, uint32_t flags, uint16_t seg, uint8_t bus,
                                  uint8_t devfn, struct xen_reserved_device_memory entries[],
                                  uint32_t *max_entries);

/**
 * @brief Make a domain's memory coherent after writing to it; on x86 there is nothing to do.
 * @param xch open handle
 * @param domid the domain
 * @param start_pfn first guest frame
 * @param nr_pfns how many
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_domain_cacheflush(xc_interface *xch, uint32_t domid, xen_pfn_t start_pfn, xen_pfn_t nr_pfns);

/**
 * @brief Mark a guest frame as broken by hardware.
 * @param xch open handle
 * @param domid the domain
 * @param pfn guest frame
 * @return 0, or -1 with errno: ESRCH, EPERM, EINVAL
 * @since 1.0
 */
int xc_set_broken_page_p2m(xc_interface *xch, uint32_t domid, unsigned long pfn);

/**
 * @brief Compare both directions of a domain's frame tables.
 * @param xch open handle
 * @param domid the domain
 * @param orphans where the number of frames without a place is stored
 * @param m2p_bad where the number of wrong machine-to-physical entries is stored
 * @param p2m_bad where the number of wrong physical-to-machine entries is stored
 * @return 0, or -1 with errno: ENOSYS, ESRCH, EPERM
 * @since 1.0
 */
int xc_domain_p2m_audit(xc_interface *xch, uint32_t domid, uint64_t *orphans, uint64_t *m2p_bad,
                        uint64_t *p2m_bad);

/**
 * @}
 * @name Touching a domain's memory
 * See also xenforeignmemory.h.
 * @{
 */

/**
 * @brief Write a page of a domain.
 * @param xch open handle
 * @param domid the domain
 * @param dst_pfn its frame: of the machine for a PV domain, guest-physical otherwise
 * @param src_page 4096 bytes
 * @return 0, or -1 with errno: EINVAL, ESRCH, EPERM, ENOMEM
 * @since 1.0
 */
int xc_copy_to_domain_page(xc_interface *xch, uint32_t domid, unsigned long dst_pfn,
                           const char *src_page);

/**
 * @brief Zero pages of a domain.
 * @param xch open handle
 * @param domid the domain
 * @param dst_pfn the first one's frame: of the machine for a PV domain, guest-physical otherwise
 * @param num how many
 * @return 0, or -1 with errno: EINVAL, ESRCH, EPERM, ENOMEM
 * @since 1.0
 */
int xc_clear_domain_pages(xc_interface *xch, uint32_t domid, unsigned long dst_pfn, int num);

/** Zero one page of a domain; see xc_clear_domain_pages(). */
static inline int xc_clear_domain_page(xc_interface *xch, uint32_t domid, unsigned long dst_pfn)
{
    return xc_clear_domain_pages(xch, domid, dst_pfn, 1);
}

/**
 * @brief Find the frame behind a virtual address, with the page tables that a vCPU uses now.
 * @param xch open handle
 * @param dom the domain
 * @param vcpu number of the vCPU
 * @param virt virtual address
 * @return a frame, of the machine for a PV domain and guest-physical otherwise; 0 with errno:
 *         EADDRNOTAVAIL (not mapped), ESRCH, EPERM
 * @since 1.0
 */
unsigned long xc_translate_foreign_address(xc_interface *xch, uint32_t dom, int vcpu,
                                           unsigned long long virt);

/**
 * @brief Extended operations on a PV domain's page tables, such as pinning.
 * @param xch open handle
 * @param op the operations; they must not contain guest handles to ordinary memory
 * @param nr_ops how many
 * @param dom the domain whose frames they are about
 * @return 0 or more, or -1 with errno: EINVAL, ESRCH, EPERM
 * @since 1.0
 */
int xc_mmuext_op(xc_interface *xch, struct mmuext_op *op, unsigned int nr_ops, uint32_t dom);

/**
 * @brief Allocate aligned memory.
 * @param xch open handle
 * @param alignment a power of two, and a multiple of the size of a pointer
 * @param size bytes
 * @return the memory, to be freed with free(); NULL with errno EINVAL or ENOMEM
 * @since 1.0
 */
void *xc_memalign(xc_interface *xch, size_t alignment, size_t size);

/**
 * @}
 * @name The machine's memory
 * @{
 */

/**
 * @brief Get the highest machine frame.
 * @param xch open handle
 * @param max_mfn where it is stored
 * @return 0, or -1 with errno: EBADF (a dummy handle)
 * @since 1.0
 */
int xc_maximum_ram_page(xc_interface *xch, unsigned long *max_mfn);

/**
 * @brief Get the frames of the machine-to-physical table, a frame for each 2 MiB of it.
 * @param xch open handle
 * @param max_extents how many there must be
 * @param extent_start where the frames are stored
 * @return 0, or -1 with errno: EINVAL (there are fewer), EPERM
 * @since 1.0
 */
int xc_machphys_mfn_list(xc_interface *xch, unsigned long max_extents, xen_pfn_t *extent_start);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
