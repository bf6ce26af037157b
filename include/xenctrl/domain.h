/* SPDX-License-Identifier: MIT */
/**
 * @file xenctrl/domain.h
 * @brief Domains: life, listing, settings.  Include xenctrl.h.
 */
#ifndef XENCTRL_DOMAIN_H
#define XENCTRL_DOMAIN_H

#include "base.h"
#include "buffer.h"
#include "host.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What xc_domain_getinfo() tells of a domain. */
typedef struct xc_dominfo {
    uint32_t domid;                           /**< its id */
    uint32_t ssidref;                         /**< its security label */
    unsigned int dying : 1;                   /**< it is being destroyed */
    unsigned int crashed : 1;                 /**< it has shut down because it crashed */
    unsigned int shutdown : 1;                /**< it has shut down for another reason */
    unsigned int paused : 1;                  /**< it is paused */
    unsigned int blocked : 1;                 /**< all its vCPUs wait for something */
    unsigned int running : 1;                 /**< a vCPU of it runs now */
    unsigned int hvm : 1;                     /**< it is HVM or PVH */
    unsigned int debugged : 1;                /**< another domain debugs it */
    unsigned int xenstore : 1;                /**< it is the store's domain */
    unsigned int hap : 1;                     /**< it has nested page tables */
    unsigned int shutdown_reason;             /**< SHUTDOWN_*, if shutdown or crashed */
    unsigned long nr_pages;                   /**< pages that it has */
    unsigned long nr_outstanding_pages;       /**< pages claimed for it */
    unsigned long nr_shared_pages;            /**< pages shared with others */
    unsigned long nr_paged_pages;             /**< pages paged out */
    unsigned long shared_info_frame;          /**< machine frame of its shared_info */
    uint64_t cpu_time;                        /**< CPU time in ns */
    unsigned long max_memkb;                  /**< KiB that it may have */
    unsigned int nr_online_vcpus;             /**< vCPUs online */
    unsigned int max_vcpu_id;                 /**< its highest vCPU */
    xen_domain_handle_t handle;               /**< its UUID */
    unsigned int cpupool;                     /**< its pool */
    uint8_t gpaddr_bits;                      /**< bits of its guest-physical addresses */
    struct xen_arch_domainconfig arch_config; /**< what it was created with */
} xc_dominfo_t;

/** What xc_domain_getinfolist() tells of a domain. */
typedef xen_domctl_getdomaininfo_t xc_domaininfo_t;

/** Counts of the log of written pages. */
typedef struct xen_domctl_shadow_op_stats xc_shadow_op_stats_t;

/** The shared information page of a domain of any width. */
typedef union {
#if defined(__i386__) || defined(__x86_64__)
    shared_info_x86_64_t x64; /**< 64 bits */
    shared_info_x86_32_t x32; /**< 32 bits */
#endif
    shared_info_t s; /**< this program's own width */
} shared_info_any_t;

#if defined(__i386__) || defined(__x86_64__)
/** The start information page of a PV domain of any width. */
typedef union {
    start_info_x86_64_t x64; /**< 64 bits */
    start_info_x86_32_t x32; /**< 32 bits */
    start_info_t s;          /**< this program's own width */
} start_info_any_t;
#endif

/** Head of an old core dump. */
typedef struct xc_core_header {
    unsigned int xch_magic;        /**< XC_CORE_MAGIC or XC_CORE_MAGIC_HVM */
    unsigned int xch_nr_vcpus;     /**< number of contexts */
    unsigned int xch_nr_pages;     /**< number of pages */
    unsigned int xch_ctxt_offset;  /**< where the contexts stand */
    unsigned int xch_index_offset; /**< where the frame numbers stand */
    unsigned int xch_pages_offset; /**< where the pages stand */
} xc_core_header_t;

#define XC_CORE_MAGIC     0xF00FEBED /**< of a PV domain */
#define XC_CORE_MAGIC_HVM 0xF00FEBEE /**< of an HVM domain */

/**
 * @name Life of a domain
 * @{
 */

/**
 * @brief Create an empty, paused domain: no memory, no vCPU.
 * @param xch open handle
 * @param pdomid in: the wanted id, or 0 for any; out: the new domain's id
 * @param config what it is like; out: with the hypervisor's adjustments
 * @return 0, or -1 with errno: EINVAL (the configuration makes no sense here), EEXIST (the id is
 *         in use), ENOMEM, ENOSPC (ids are used up), EPERM
 * @since 1.0
 */
int xc_domain_create(xc_interface *xch, uint32_t *pdomid, struct xen_domctl_createdomain *config);

/**
 * @brief Give a domain its vCPUs. Only once, to the number that it was created for.
 * @param xch open handle
 * @param domid the domain
 * @param max number of vCPUs
 * @return 0, or -1 with errno: EINVAL, ENOMEM, ESRCH, EPERM
 * @since 1.0
 */
int xc_domain_max_vcpus(xc_interface *xch, uint32_t domid, unsigned int max);

/**
 * @brief Stop a domain's vCPUs and wait until none of them runs. Pauses are counted.
 * @param xch open handle
 * @param domid the domain
 * @return 0, or -1 with errno: ESRCH, EPERM, EINVAL (the caller's own domain), EBUSY (too many
 *         pauses)
 * @since 1.0
 */
int xc_domain_pause(xc_interface *xch, uint32_t domid);

/**
 * @brief Take back one pause; after the last one the domain's vCPUs run again.
 * @param xch open handle
 * @param domid the domain
 * @return 0, or -1 with errno: ESRCH, EPERM, EINVAL (it is not paused, or has no vCPUs or no
 *         memory)
 * @since 1.0
 */
int xc_domain_unpause(xc_interface *xch, uint32_t domid);

/**
 * @brief Destroy a domain. Returns once its resources are given back, but those that other
 * domains still hold, such as mapped pages.
 * @param xch open handle
 * @param domid the domain
 * @return 0, or -1 with errno: ESRCH, EPERM, EINVAL (the caller's own domain)
 * @since 1.0
 */
int xc_domain_destroy(xc_interface *xch, uint32_t domid);

/**
 * @brief Declare a domain shut down, as if it had asked for it: its vCPUs stop.
 * @param xch open handle
 * @param domid the domain
 * @param reason SHUTDOWN_*
 * @return 0, or -1 with errno: ESRCH, EPERM
 * @since 1.0
 */
int xc_domain_shutdown(xc_interface *xch, uint32_t domid, int reason);

/**
 * @brief Take away what a shut-down domain's kernel set up (event channels, grants, callbacks)
 * and keep its memory, for a kexec in it.
 * @param xch open handle
 * @param domid the domain
 * @return 0, or -1 with errno: ESRCH, EPERM, EINVAL (it is not shut down for this reason)
 * @since 1.0
 */
int xc_domain_soft_reset(xc_interface *xch, uint32_t domid);

/**
 * @brief Set up, restart or stop a watchdog that shuts the calling domain down.
 * @param xch open handle
 * @param id the watchdog; 0 makes a new one
 * @param timeout seconds; 0 stops it
 * @return the new watchdog's id, or 0; -1 with errno: EINVAL, EEXIST, ENOSPC (too many)
 * @since 1.0
 */
int xc_watchdog(xc_interface *xch, uint32_t id, uint32_t timeout);

/**
 * @brief Be told by an event when a domain has suspended.
 * @param xch open handle
 * @param domid the domain
 * @param port port of the calling domain to notify; 0: stop that
 * @return 0, or -1 with errno: ESRCH, EPERM, EINVAL
 * @since 1.0
 */
int xc_domain_subscribe_for_suspend(xc_interface *xch, uint32_t domid, evtchn_port_t port);

/**
 * @brief Press a button of a domain's virtual machine.
 * @param xch open handle
 * @param domid the domain
 * @param trigger XEN_DOMCTL_SENDTRIGGER_*
 * @param vcpu number of the vCPU
 * @return 0, or -1 with errno: ESRCH, EPERM, ENOSYS (this domain has no such button)
 * @since 1.0
 */
int xc_domain_send_trigger(xc_interface *xch, uint32_t domid, uint32_t trigger, uint32_t vcpu);

/**
 * @}
 * @name Listing domains
 * @{
 */

/**
 * @brief Describe domains in ascending order of ids. Ask for one domain by max_doms 1, and
 * compare the id: without such a domain the next one is described.
 * @param xch open handle
 * @param first_domid lowest id of interest
 * @param max_doms elements of @p info
 * @param info where they are described
 * @return the number of domains described, or -1 with errno: ESRCH (there is none from
 *         first_domid on), EPERM
 * @since 1.0
 */
int xc_domain_getinfo(xc_interface *xch, uint32_t first_domid, unsigned int max_doms,
                      xc_dominfo_t *info);

/**
 * @brief Describe domains in ascending order of ids, in one hypercall.
 * @param xch open handle
 * @param first_domain lowest id of interest
 * @param max_domains elements of @p info
 * @param info where they are described
 * @return the number of domains described, 0 for none, or -1 with errno: EPERM
 * @since 1.0
 */
int xc_domain_getinfolist(xc_interface *xch, uint32_t first_domain, unsigned int max_domains,
                          xc_domaininfo_t *info);

/**
 * @brief How much memory a domain has.
 * @param xch open handle
 * @param domid the domain
 * @return pages of 4096 bytes, or -1 with errno: ESRCH, EPERM
 * @since 1.0
 */
long xc_get_tot_pages(xc_interface *xch, uint32_t domid);

/**
 * @}
 * @name Settings of a domain
 * @{
 */

/**
 * @brief Give a domain its UUID.
 * @param xch open handle
 * @param domid the domain
 * @param handle 16 bytes
 * @return 0, or -1 with errno: ESRCH, EPERM
 * @since 1.0
 */
int xc_domain_sethandle(xc_interface *xch, uint32_t domid, xen_domain_handle_t handle);

/**
 * @brief Limit how much memory a domain may have. Having more already is no error.
 * @param xch open handle
 * @param domid the domain
 * @param max_memkb KiB
 * @return 0, or -1 with errno: ESRCH, EPERM, EINVAL
 * @since 1.0
 */
int xc_domain_setmaxmem(xc_interface *xch, uint32_t domid, uint64_t max_memkb);

/**
 * @brief How wide the words of a domain's hypercall interface are.
 * @param xch open handle
 * @param domid the domain
 * @param guest_width bytes are stored here: 8 or 4
 * @return 0, or -1 with errno: ESRCH, EPERM
 * @since 1.0
 */
int xc_domain_get_guest_width(xc_interface *xch, uint32_t domid, unsigned int *guest_width);

/**
 * @brief Set how far a domain's wall clock is from the host's.
 * @param xch open handle
 * @param domid the domain
 * @param time_offset_seconds seconds
 * @return 0, or -1 with errno: ESRCH, EPERM
 * @since 1.0
 */
int xc_domain_set_time_offset(xc_interface *xch, uint32_t domid, int32_t time_offset_seconds);

/**
 * @brief Set how a domain's time stamp counter behaves.
 * @param xch open handle
 * @param domid the domain
 * @param tsc_mode 0: native where that is safe, 1: always emulated, 2: always native
 * @param elapsed_nsec nanoseconds that have passed for the domain
 * @param gtsc_khz the frequency it was started with, in kHz; 0: the host's
 * @param incarnation how often it has been migrated
 * @return 0, or -1 with errno: ESRCH, EPERM, EINVAL
 * @since 1.0
 */
int xc_domain_set_tsc_info(xc_interface *xch, uint32_t domid, uint32_t tsc_mode,
                           uint64_t elapsed_nsec, uint32_t gtsc_khz, uint32_t incarnation);

/**
 * @brief Get how a domain's time stamp counter behaves.
 * @param xch open handle
 * @param domid the domain
 * @param tsc_mode as for xc_domain_set_tsc_info()
 * @param elapsed_nsec nanoseconds
 * @param gtsc_khz kHz
 * @param incarnation how often it has been migrated
 * @return 0, or -1 with errno: ESRCH, EPERM
 * @since 1.0
 */
int xc_domain_get_tsc_info(xc_interface *xch, uint32_t domid, uint32_t *tsc_mode,
                           uint64_t *elapsed_nsec, uint32_t *gtsc_khz, uint32_t *incarnation);

/**
 * @brief Set from which NUMA nodes a domain's memory comes if possible.
 * @param xch open handle
 * @param domid the domain
 * @param nodemap the nodes, xc_get_nodemap_size() bytes
 * @return 0, or -1 with errno: ESRCH, EPERM, EINVAL (no such node is online)
 * @since 1.0
 */
int xc_domain_node_setaffinity(xc_interface *xch, uint32_t domid, xc_nodemap_t nodemap);

/**
 * @brief Get from which NUMA nodes a domain's memory comes if possible.
 * @param xch open handle
 * @param domid the domain
 * @param nodemap where the nodes are stored, xc_get_nodemap_size() bytes
 * @return 0, or -1 with errno: ESRCH, EPERM
 * @since 1.0
 */
int xc_domain_node_getaffinity(xc_interface *xch, uint32_t domid, xc_nodemap_t nodemap);

/**
 * @brief Give a domain a virtual NUMA topology, before it first runs.
 * @param xch open handle
 * @param domid the domain
 * @param nr_vnodes virtual nodes
 * @param nr_vmemranges elements of @p vmemrange
 * @param nr_vcpus vCPUs
 * @param vmemrange guest-physical ranges and their nodes
 * @param vdistance nr_vnodes rows of nr_vnodes distances
 * @param vcpu_to_vnode node of each vCPU
 * @param vnode_to_pnode host's node behind each virtual one, or XEN_NUMA_NO_NODE
 * @return 0, or -1 with errno: ESRCH, EPERM, EINVAL, ENOMEM
 * @since 1.0
 */
int xc_domain_setvnuma(xc_interface *xch, uint32_t domid, uint32_t nr_vnodes,
                       uint32_t nr_vmemranges, uint32_t nr_vcpus, xen_vmemrange_t *vmemrange,
                       unsigned int *vdistance, unsigned int *vcpu_to_vnode,
                       unsigned int *vnode_to_pnode);

/**
 * @brief Get a domain's virtual NUMA topology.
 * @param xch open handle
 * @param domid the domain
 * @param nr_vnodes in: room for this many; out: how many there are
 * @param nr_vmemranges in: room for this many; out: how many there are
 * @param nr_vcpus in: room for this many; out: how many there are
 * @param vmemrange where the ranges are stored
 * @param vdistance where the distances are stored
 * @param vcpu_to_vnode where each vCPU's node is stored
 * @return 0, or -1 with errno: EOPNOTSUPP (it has none), ENOBUFS (not enough room: the three
 *         numbers say how much), ESRCH, EPERM
 * @since 1.0
 */
int xc_domain_getvnuma(xc_interface *xch, uint32_t domid, uint32_t *nr_vnodes,
                       uint32_t *nr_vmemranges, uint32_t *nr_vcpus, xen_vmemrange_t *vmemrange,
                       unsigned int *vdistance, unsigned int *vcpu_to_vnode);

/**
 * @brief Choose the domain that gets a global virtual interrupt.
 * @param xch open handle
 * @param domid the domain
 * @param virq VIRQ_*
 * @return 0, or -1 with errno: ESRCH, EPERM, EINVAL
 * @since 1.0
 */
int xc_domain_set_virq_handler(xc_interface *xch, uint32_t domid, int virq);

/**
 * @brief Make a domain another one's device model: it gets the right to control that one.
 * @param xch open handle
 * @param domid the domain
 * @param target the controlled domain
 * @return 0, or -1 with errno: ESRCH, EPERM, EINVAL
 * @since 1.0
 */
int xc_domain_set_target(xc_interface *xch, uint32_t domid, uint32_t target);

/**
 * @brief Switch a domain's debugging by another domain on or off.
 * @param xch open handle
 * @param domid the domain
 * @param enable 0 or 1
 * @return 0, or -1 with errno: ESRCH, EPERM
 * @since 1.0
 */
int xc_domain_setdebugging(xc_interface *xch, uint32_t domid, unsigned int enable);

/**
 * @brief Switch single steps of a vCPU.
 * @param xch open handle
 * @param domid the domain
 * @param sop XEN_DOMCTL_DEBUG_OP_*
 * @param vcpu number of the vCPU
 * @return 0, or -1 with errno: ESRCH, EPERM, EOPNOTSUPP
 * @since 1.0
 */
int xc_domain_debug_control(xc_interface *xch, uint32_t domid, uint32_t sop, uint32_t vcpu);

/**
 * @brief Say whether a domain must stop when nobody listens to its memory access events.
 * @param xch open handle
 * @param domid the domain
 * @param required 0 or 1
 * @return 0, or -1 with errno: ESRCH, EPERM
 * @since 1.0
 */
int xc_domain_set_access_required(xc_interface *xch, uint32_t domid, unsigned int required);

/**
 * @}
 * @name Written-page log, and memory for page tables
 * @{
 */

/**
 * @brief Control the log of written pages, and the memory for shadow or nested page tables.
 * @param xch open handle
 * @param domid the domain
 * @param sop XEN_DOMCTL_SHADOW_OP_*, but for CLEAN and PEEK
 * @param mb MiB of memory, in or out by the operation; NULL if it takes none
 * @param mode XEN_DOMCTL_SHADOW_ENABLE_* with XEN_DOMCTL_SHADOW_OP_ENABLE
 * @return 0, or -1 with errno: EINVAL, ESRCH, EPERM, ENOMEM
 * @since 1.0
 */
int xc_shadow_control(xc_interface *xch, uint32_t domid, unsigned int sop, unsigned int *mb,
                      unsigned int mode);

/**
 * @brief Read the log of written pages.
 * @param xch open handle
 * @param domid the domain
 * @param sop XEN_DOMCTL_SHADOW_OP_CLEAN (and empty it) or XEN_DOMCTL_SHADOW_OP_PEEK
 * @param dirty_bitmap hypercall buffer with a bit a page; NULL: only @p stats are wanted
 * @param pages bits in it
 * @param mode XEN_DOMCTL_SHADOW_LOGDIRTY_FINAL or 0
 * @param stats where counts are stored; may be NULL
 * @return pages in the log, or -1 with errno: EINVAL, ESRCH, EPERM
 * @since 1.0
 */
long long xc_logdirty_control(xc_interface *xch, uint32_t domid, unsigned int sop,
                              xc_hypercall_buffer_t *dirty_bitmap, unsigned long pages,
                              unsigned int mode, xc_shadow_op_stats_t *stats);

/**
 * @brief How much memory a domain has for its nested page tables.
 * @param xch open handle
 * @param domid the domain
 * @param size bytes are stored here
 * @return 0, or -1 with errno: ESRCH, EPERM, EOPNOTSUPP
 * @since 1.0
 */
int xc_get_paging_mempool_size(xc_interface *xch, uint32_t domid, uint64_t *size);

/**
 * @brief Set how much memory a domain has for its nested page tables.
 * @param xch open handle
 * @param domid the domain
 * @param size bytes, a multiple of 4096
 * @return 0, or -1 with errno: ESRCH, EPERM, EINVAL, ENOMEM, EOPNOTSUPP
 * @since 1.0
 */
int xc_set_paging_mempool_size(xc_interface *xch, uint32_t domid, uint64_t size);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
