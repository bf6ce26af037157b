/* SPDX-License-Identifier: MIT */
/**
 * @file xenctrl/perf.h
 * @brief Measuring.  Include xenctrl.h.
 */
#ifndef XENCTRL_PERF_H
#define XENCTRL_PERF_H

#include "base.h"
#include "buffer.h"
#include "host.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef xen_sysctl_perfc_desc_t xc_perfc_desc_t;       /**< description of counters */
typedef xen_sysctl_perfc_val_t xc_perfc_val_t;         /**< value of a counter */
typedef xen_sysctl_lockprof_data_t xc_lockprof_data_t; /**< statistics of a lock */
typedef xenpf_resource_entry_t xc_resource_entry_t;    /**< one access to a register */

/** Accesses to registers of one CPU. */
struct xc_resource_op {
    uint64_t result;              /**< how many entries were done */
    uint32_t cpu;                 /**< the CPU */
    uint32_t nr_entries;          /**< how many entries */
    xc_resource_entry_t *entries; /**< the entries */
};
typedef struct xc_resource_op xc_resource_op_t; /**< accesses to registers */

/** What can be monitored. */
enum xc_psr_cmt_type {
    XC_PSR_CMT_L3_OCCUPANCY,    /**< bytes of level 3 cache */
    XC_PSR_CMT_TOTAL_MEM_COUNT, /**< bytes of memory traffic */
    XC_PSR_CMT_LOCAL_MEM_COUNT, /**< bytes of memory traffic on the CPU's own node */
};
typedef enum xc_psr_cmt_type xc_psr_cmt_type; /**< what can be monitored */

/** What can be allocated. */
enum xc_psr_type {
    XC_PSR_CAT_L3_CBM = 1,      /**< level 3 cache */
    XC_PSR_CAT_L3_CBM_CODE = 2, /**< level 3 cache for code */
    XC_PSR_CAT_L3_CBM_DATA = 3, /**< level 3 cache for data */
    XC_PSR_CAT_L2_CBM = 4,      /**< level 2 cache */
    XC_PSR_MBA_THRTL = 5,       /**< memory bandwidth */
};
typedef enum xc_psr_type xc_psr_type; /**< what can be allocated */

/** Abilities of the hardware. */
enum xc_psr_feat_type {
    XC_PSR_CAT_L3, /**< allocation of level 3 cache */
    XC_PSR_CAT_L2, /**< allocation of level 2 cache */
    XC_PSR_MBA,    /**< allocation of memory bandwidth */
};
typedef enum xc_psr_feat_type xc_psr_feat_type; /**< an ability */

/** An ability's limits. */
union xc_psr_hw_info {
    struct {
        uint32_t cos_max; /**< highest class */
        uint32_t cbm_len; /**< bits of a mask */
        bool cdp_enabled; /**< whether code and data are apart */
    } cat;                /**< of caches */
    struct {
        uint32_t cos_max;   /**< highest class */
        uint32_t thrtl_max; /**< highest throttling */
        bool linear;        /**< whether it is in percent */
    } mba;                  /**< of bandwidth */
};
typedef union xc_psr_hw_info xc_psr_hw_info; /**< an ability's limits */

/**
 * @name Trace buffers
 * @{
 */

/**
 * @brief Allocate the buffers if there are none, and start tracing.
 * @param xch open handle
 * @param pages pages a CPU
 * @param mfn where the frame of the buffers' description is stored
 * @param size where its size is stored, in bytes
 * @return 0, or -1 with errno: ENOSYS (not built in), ENOMEM, EINVAL, EPERM
 * @since 1.0
 */
int xc_tbuf_enable(xc_interface *xch, unsigned long pages, unsigned long *mfn, unsigned long *size);

/**
 * @brief Stop tracing.
 * @param xch open handle
 * @return 0, or -1 with errno: ENOSYS, EPERM
 * @since 1.0
 */
int xc_tbuf_disable(xc_interface *xch);

/**
 * @brief Allocate the buffers; possible once only.
 * @param xch open handle
 * @param size pages a CPU
 * @return 0, or -1 with errno: ENOSYS, ENOMEM, EINVAL, EPERM
 * @since 1.0
 */
int xc_tbuf_set_size(xc_interface *xch, unsigned long size);

/**
 * @brief Get the size of the buffers' description.
 * @param xch open handle
 * @param size where it is stored, in bytes
 * @return 0, or -1 with errno: ENOSYS, EPERM
 * @since 1.0
 */
int xc_tbuf_get_size(xc_interface *xch, unsigned long *size);

/**
 * @brief Choose the CPUs to be traced.
 * @param xch open handle
 * @param mask the CPUs, xc_get_cpumap_size() bytes
 * @return 0, or -1 with errno: ENOSYS, EPERM
 * @since 1.0
 */
int xc_tbuf_set_cpu_mask(xc_interface *xch, xc_cpumap_t mask);

/**
 * @brief Choose the events to be traced.
 * @param xch open handle
 * @param mask TRC_* bits
 * @return 0, or -1 with errno: ENOSYS, EPERM
 * @since 1.0
 */
int xc_tbuf_set_evt_mask(xc_interface *xch, uint32_t mask);

/**
 * @}
 * @name Performance counters
 * @{
 */

/**
 * @brief Set the counters to zero.
 * @param xch open handle
 * @return 0, or -1 with errno: ENOSYS (not built in), EPERM
 * @since 1.0
 */
int xc_perfc_reset(xc_interface *xch);

/**
 * @brief How many counters are there?
 * @param xch open handle
 * @param nbr_desc where the number of descriptions is stored; may be NULL
 * @param nbr_val where the number of values is stored; may be NULL
 * @return 0, or -1 with errno: ENOSYS (not built in), EPERM
 * @since 1.0
 */
int xc_perfc_query_number(xc_interface *xch, int *nbr_desc, int *nbr_val);

/**
 * @brief Read the counters.
 * @param xch open handle
 * @param desc hypercall buffer for the descriptions
 * @param val hypercall buffer for the values
 * @return 0, or -1 with errno: ENOSYS (not built in), EPERM
 * @since 1.0
 */
int xc_perfc_query(xc_interface *xch, xc_hypercall_buffer_t *desc, xc_hypercall_buffer_t *val);

/**
 * @brief Set the locks' statistics to zero.
 * @param xch open handle
 * @return 0, or -1 with errno: ENOSYS (not built in), EPERM
 * @since 1.0
 */
int xc_lockprof_reset(xc_interface *xch);

/**
 * @brief How many locks are there?
 * @param xch open handle
 * @param n_elems where that is stored
 * @return 0, or -1 with errno: ENOSYS (not built in), EPERM
 * @since 1.0
 */
int xc_lockprof_query_number(xc_interface *xch, uint32_t *n_elems);

/**
 * @brief Read the locks' statistics.
 * @param xch open handle
 * @param n_elems in: room in the buffer; out: how many were stored
 * @param time where the time that they cover is stored, in ns
 * @param data hypercall buffer of xc_lockprof_data_t
 * @return 0, or -1 with errno: ENOSYS (not built in), EPERM
 * @since 1.0
 */
int xc_lockprof_query(xc_interface *xch, uint32_t *n_elems, uint64_t *time,
                      xc_hypercall_buffer_t *data);

/**
 * @}
 * @name Model-specific registers
 * @{
 */

/**
 * @brief Read and write registers of CPUs that the hypervisor lets through. What one element
 * asks for happens without a break.
 * @param xch open handle
 * @param nr_ops how many elements
 * @param ops the elements; look at each one's result
 * @return how many elements were done, or -1 with errno: EINVAL, EPERM, ENOMEM
 * @since 1.0
 */
int xc_resource_op(xc_interface *xch, uint32_t nr_ops, xc_resource_op_t *ops);

/**
 * @}
 * @name Cache and memory bandwidth: monitoring
 * Errors of all: ENODEV (not with this CPU), EPERM.
 * @{
 */

/**
 * @brief Start monitoring a domain.
 * @param xch open handle
 * @param domid the domain
 * @return 0, or -1 with errno: EEXIST, ESRCH, EUSERS (too many)
 * @since 1.0
 */
int xc_psr_cmt_attach(xc_interface *xch, uint32_t domid);

/**
 * @brief Stop monitoring a domain.
 * @param xch open handle
 * @param domid the domain
 * @return 0, or -1 with errno: ENOENT, ESRCH
 * @since 1.0
 */
int xc_psr_cmt_detach(xc_interface *xch, uint32_t domid);

/**
 * @brief Get the monitoring id of a domain.
 * @param xch open handle
 * @param domid the domain
 * @param rmid where it is stored; 0: none
 * @return 0, or -1 with errno: ENOENT, ESRCH
 * @since 1.0
 */
int xc_psr_cmt_get_domain_rmid(xc_interface *xch, uint32_t domid, uint32_t *rmid);

/**
 * @brief How many monitoring ids are there?
 * @param xch open handle
 * @param total_rmid where that is stored
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_psr_cmt_get_total_rmid(xc_interface *xch, uint32_t *total_rmid);

/**
 * @brief By how many bytes does the occupancy counter count?
 * @param xch open handle
 * @param upscaling_factor where that is stored
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_psr_cmt_get_l3_upscaling_factor(xc_interface *xch, uint32_t *upscaling_factor);

/**
 * @brief What can be monitored?
 * @param xch open handle
 * @param event_mask where a bit for each xc_psr_cmt_type is stored
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_psr_cmt_get_l3_event_mask(xc_interface *xch, uint32_t *event_mask);

/**
 * @brief Get the size of a CPU's level 3 cache.
 * @param xch open handle
 * @param cpu number of the host's CPU
 * @param l3_cache_size where it is stored, in KiB
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_psr_cmt_get_l3_cache_size(xc_interface *xch, uint32_t cpu, uint32_t *l3_cache_size);

/**
 * @brief Read a counter.
 * @param xch open handle
 * @param rmid monitoring id
 * @param cpu number of the host's CPU
 * @param type what to read
 * @param monitor_data where its value is stored
 * @param tsc where the time stamp counter is stored that belongs to it; may be NULL
 * @return 0, or -1 with errno: EINVAL, ENODATA (no value now)
 * @since 1.0
 */
int xc_psr_cmt_get_data(xc_interface *xch, uint32_t rmid, uint32_t cpu, xc_psr_cmt_type type,
                        uint64_t *monitor_data, uint64_t *tsc);

/**
 * @brief Can the hypervisor monitor?
 * @param xch open handle
 * @return 0 or 1, or -1 with errno
 * @since 1.0
 */
int xc_psr_cmt_enabled(xc_interface *xch);

/**
 * @}
 * @name Cache and memory bandwidth: allocation
 * Errors of all: ENODEV (not with this CPU), EINVAL, ESRCH, EPERM.
 * @{
 */

/**
 * @brief Set what a domain gets.
 * @param xch open handle
 * @param domid the domain
 * @param type of what
 * @param target socket
 * @param data bit mask of cache ways, or throttling in percent
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_psr_set_domain_data(xc_interface *xch, uint32_t domid, xc_psr_type type, uint32_t target,
                           uint64_t data);

/**
 * @brief Get what a domain gets.
 * @param xch open handle
 * @param domid the domain
 * @param type of what
 * @param target socket
 * @param data where the bit mask or the throttling is stored
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_psr_get_domain_data(xc_interface *xch, uint32_t domid, xc_psr_type type, uint32_t target,
                           uint64_t *data);

/**
 * @brief Get what a socket can do.
 * @param xch open handle
 * @param socket the socket
 * @param type of what
 * @param hw_info where that is stored
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_psr_get_hw_info(xc_interface *xch, uint32_t socket, xc_psr_feat_type type,
                       xc_psr_hw_info *hw_info);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
