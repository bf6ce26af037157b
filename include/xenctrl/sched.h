/* SPDX-License-Identifier: MIT */
/**
 * @file xenctrl/sched.h
 * @brief Scheduling, and CPU pools.  Include xenctrl.h.
 */
#ifndef XENCTRL_SCHED_H
#define XENCTRL_SCHED_H

#include "base.h"
#include "host.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A pool. */
typedef struct xc_cpupoolinfo {
    uint32_t cpupool_id; /**< its id */
    uint32_t sched_id;   /**< XEN_SCHEDULER_* */
    uint32_t n_dom;      /**< domains in it */
    xc_cpumap_t cpumap;  /**< its CPUs */
} xc_cpupoolinfo_t;

#define XC_CPUPOOL_POOLID_ANY 0xFFFFFFFF /**< any id for a new pool */

/**
 * @name Scheduling
 * The structures are those of the hypercalls; a weight is relative to other domains' (256), a cap
 * is in percent of one CPU (0: none).  Errors of all: EINVAL (another scheduler is in force, or
 * a value is out of range), ESRCH, EPERM.
 * @{
 */

/**
 * @brief Get the scheduler of the default pool.
 * @param xch open handle
 * @param sched_id where XEN_SCHEDULER_* is stored
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_sched_id(xc_interface *xch, int *sched_id);

/**
 * @brief Set a domain's parameters under the credit scheduler.
 * @param xch open handle
 * @param domid the domain
 * @param sdom weight and cap
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_sched_credit_domain_set(xc_interface *xch, uint32_t domid,
                               struct xen_domctl_sched_credit *sdom);

/**
 * @brief Get a domain's parameters under the credit scheduler.
 * @param xch open handle
 * @param domid the domain
 * @param sdom where they are stored
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_sched_credit_domain_get(xc_interface *xch, uint32_t domid,
                               struct xen_domctl_sched_credit *sdom);

/**
 * @brief Set a pool's parameters of the credit scheduler.
 * @param xch open handle
 * @param cpupool_id the pool
 * @param schedule time slice in ms and limits in us; out: those in force
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_sched_credit_params_set(xc_interface *xch, uint32_t cpupool_id,
                               struct xen_sysctl_credit_schedule *schedule);

/**
 * @brief Get a pool's parameters of the credit scheduler.
 * @param xch open handle
 * @param cpupool_id the pool
 * @param schedule where they are stored
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_sched_credit_params_get(xc_interface *xch, uint32_t cpupool_id,
                               struct xen_sysctl_credit_schedule *schedule);

/**
 * @brief Set a pool's parameters of the credit2 scheduler.
 * @param xch open handle
 * @param cpupool_id the pool
 * @param schedule rate limit in us; out: the one in force
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_sched_credit2_params_set(xc_interface *xch, uint32_t cpupool_id,
                                struct xen_sysctl_credit2_schedule *schedule);

/**
 * @brief Get a pool's parameters of the credit2 scheduler.
 * @param xch open handle
 * @param cpupool_id the pool
 * @param schedule where they are stored
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_sched_credit2_params_get(xc_interface *xch, uint32_t cpupool_id,
                                struct xen_sysctl_credit2_schedule *schedule);

/**
 * @brief Set a domain's parameters under the credit2 scheduler.
 * @param xch open handle
 * @param domid the domain
 * @param sdom weight and cap
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_sched_credit2_domain_set(xc_interface *xch, uint32_t domid,
                                struct xen_domctl_sched_credit2 *sdom);

/**
 * @brief Get a domain's parameters under the credit2 scheduler.
 * @param xch open handle
 * @param domid the domain
 * @param sdom where they are stored
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_sched_credit2_domain_get(xc_interface *xch, uint32_t domid,
                                struct xen_domctl_sched_credit2 *sdom);

/**
 * @brief Set all vCPUs of a domain under the real-time scheduler.
 * @param xch open handle
 * @param domid the domain
 * @param sdom period and budget in us
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_sched_rtds_domain_set(xc_interface *xch, uint32_t domid, struct xen_domctl_sched_rtds *sdom);

/**
 * @brief Get the defaults of the real-time scheduler.
 * @param xch open handle
 * @param domid the domain
 * @param sdom where they are stored
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_sched_rtds_domain_get(xc_interface *xch, uint32_t domid, struct xen_domctl_sched_rtds *sdom);

/**
 * @brief Set vCPUs under the real-time scheduler.
 * @param xch open handle
 * @param domid the domain
 * @param vcpus which ones and what
 * @param num_vcpus how many
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_sched_rtds_vcpu_set(xc_interface *xch, uint32_t domid,
                           struct xen_domctl_schedparam_vcpu *vcpus, uint32_t num_vcpus);

/**
 * @brief Get vCPUs' parameters under the real-time scheduler.
 * @param xch open handle
 * @param domid the domain
 * @param vcpus in: which ones; out: their parameters
 * @param num_vcpus how many
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_sched_rtds_vcpu_get(xc_interface *xch, uint32_t domid,
                           struct xen_domctl_schedparam_vcpu *vcpus, uint32_t num_vcpus);

/**
 * @brief Set the ARINC 653 schedule.
 * @param xch open handle
 * @param cpupool_id the pool
 * @param schedule the schedule, in ns
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_sched_arinc653_schedule_set(xc_interface *xch, uint32_t cpupool_id,
                                   struct xen_sysctl_arinc653_schedule *schedule);

/**
 * @brief Get the ARINC 653 schedule.
 * @param xch open handle
 * @param cpupool_id the pool
 * @param schedule where it is stored
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_sched_arinc653_schedule_get(xc_interface *xch, uint32_t cpupool_id,
                                   struct xen_sysctl_arinc653_schedule *schedule);

/**
 * @brief Choose whether the scheduler uses few cores or many for few vCPUs.
 * @param xch open handle
 * @param value 1: few, to save power
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_set_sched_opt_smt(xc_interface *xch, uint32_t value);

/**
 * @}
 * @name CPU pools
 * @{
 */

/**
 * @brief Create a pool without CPUs.
 * @param xch open handle
 * @param ppoolid in: the wanted id or XC_CPUPOOL_POOLID_ANY; out: the id
 * @param sched_id XEN_SCHEDULER_*
 * @return 0, or -1 with errno: EEXIST, EINVAL (no such scheduler), ENOMEM, EPERM
 * @since 1.0
 */
int xc_cpupool_create(xc_interface *xch, uint32_t *ppoolid, uint32_t sched_id);

/**
 * @brief Destroy a pool that has neither domains nor CPUs.
 * @param xch open handle
 * @param poolid the pool
 * @return 0, or -1 with errno: ENOENT, EBUSY, EPERM
 * @since 1.0
 */
int xc_cpupool_destroy(xc_interface *xch, uint32_t poolid);

/**
 * @brief Describe the pool with the lowest id that is not below the given one.
 * @param xch open handle
 * @param poolid lowest id of interest
 * @return the description, to be freed with xc_cpupool_infofree(); NULL with errno: ENOENT
 *         (there is none), ENOMEM, EPERM
 * @since 1.0
 */
xc_cpupoolinfo_t *xc_cpupool_getinfo(xc_interface *xch, uint32_t poolid);

/**
 * @brief Free a description.
 * @param xch open handle
 * @param info the description; NULL is fine
 * @since 1.0
 */
void xc_cpupool_infofree(xc_interface *xch, xc_cpupoolinfo_t *info);

/**
 * @brief Put a CPU into a pool.
 * @param xch open handle
 * @param poolid the pool
 * @param cpu its number; -1: any that is in no pool
 * @return 0, or -1 with errno: ENOENT, EBUSY (it is in a pool), ENODEV (there is none), EPERM
 * @since 1.0
 */
int xc_cpupool_addcpu(xc_interface *xch, uint32_t poolid, int cpu);

/**
 * @brief Take a CPU out of a pool.
 * @param xch open handle
 * @param poolid the pool
 * @param cpu its number; -1: any of the pool
 * @return 0, or -1 with errno: ENOENT, EBUSY (it is the last one and domains are there, or it is
 *         busy), ENODEV, EPERM
 * @since 1.0
 */
int xc_cpupool_removecpu(xc_interface *xch, uint32_t poolid, int cpu);

/**
 * @brief Move a domain to a pool.
 * @param xch open handle
 * @param poolid the pool
 * @param domid the domain
 * @return 0, or -1 with errno: ENOENT, ESRCH, ENODEV (the pool has no CPUs), EPERM
 * @since 1.0
 */
int xc_cpupool_movedomain(xc_interface *xch, uint32_t poolid, uint32_t domid);

/**
 * @brief Get the CPUs that are in no pool.
 * @param xch open handle
 * @return the map, xc_get_cpumap_size() bytes, to be freed with free(); NULL with errno
 * @since 1.0
 */
xc_cpumap_t xc_cpupool_freeinfo(xc_interface *xch);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
