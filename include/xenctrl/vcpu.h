/* SPDX-License-Identifier: MIT */
/**
 * @file xenctrl/vcpu.h
 * @brief Virtual CPUs.  Include xenctrl.h.
 */
#ifndef XENCTRL_VCPU_H
#define XENCTRL_VCPU_H

#include "base.h"
#include "host.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Registers of a vCPU of a domain of any width. */
typedef union {
#if defined(__i386__) || defined(__x86_64__)
    vcpu_guest_context_x86_64_t x64; /**< 64 bits */
    vcpu_guest_context_x86_32_t x32; /**< 32 bits */
#endif
    vcpu_guest_context_t c; /**< this program's own width */
} vcpu_guest_context_any_t;

/** The XSAVE area of a vCPU. */
typedef struct xc_vcpu_extstate {
    uint64_t xfeature_mask; /**< its components */
    uint64_t size;          /**< its size in bytes */
    void *buffer;           /**< the area */
} xc_vcpu_extstate_t;

/** What a vCPU is doing. */
typedef struct xen_domctl_getvcpuinfo xc_vcpuinfo_t;

/**
 * @brief Set a vCPU's registers and set it up. The domain should be paused.
 * @param xch open handle
 * @param domid the domain
 * @param vcpu number of the vCPU
 * @param ctxt the registers, in the domain's own width; NULL resets the vCPU
 * @return 0, or -1 with errno: ESRCH, ENOENT (no such vCPU), EINVAL (registers that a PV domain
 *         must not have), EPERM
 * @since 1.0
 */
int xc_vcpu_setcontext(xc_interface *xch, uint32_t domid, uint32_t vcpu,
                       vcpu_guest_context_any_t *ctxt);

/**
 * @brief Get a vCPU's registers.
 * @param xch open handle
 * @param domid the domain
 * @param vcpu number of the vCPU
 * @param ctxt where they are stored, in the domain's own width
 * @return 0, or -1 with errno: ESRCH, ENODATA (it was never set up), EPERM
 * @since 1.0
 */
int xc_vcpu_getcontext(xc_interface *xch, uint32_t domid, uint32_t vcpu,
                       vcpu_guest_context_any_t *ctxt);

/**
 * @brief Get a vCPU's XSAVE area, or its size.
 * @param xch open handle
 * @param domid the domain
 * @param vcpu number of the vCPU
 * @param extstate with size and mask 0 these two are stored; otherwise buffer is filled
 * @return 0, or -1 with errno: ESRCH, EINVAL (the size is wrong), EPERM
 * @since 1.0
 */
int xc_vcpu_get_extstate(xc_interface *xch, uint32_t domid, uint32_t vcpu,
                         xc_vcpu_extstate_t *extstate);

/**
 * @brief Get what a vCPU is doing, and its CPU time.
 * @param xch open handle
 * @param domid the domain
 * @param vcpu number of the vCPU
 * @param info where that is stored
 * @return 0, or -1 with errno: ESRCH (no such domain, or no such vCPU), EPERM
 * @since 1.0
 */
int xc_vcpu_getinfo(xc_interface *xch, uint32_t domid, uint32_t vcpu, xc_vcpuinfo_t *info);

/**
 * @brief Get a vCPU's CPU time.
 * @param xch open handle
 * @param domid the domain
 * @param vcpu number of the vCPU
 * @return nanoseconds, or -1 with errno as for xc_vcpu_getinfo()
 * @since 1.0
 */
long long xc_domain_get_cpu_usage(xc_interface *xch, uint32_t domid, int vcpu);

/**
 * @brief Set on which CPUs a vCPU may run (hard) and prefers to run (soft).
 * @param xch open handle
 * @param domid the domain
 * @param vcpu number of the vCPU
 * @param cpumap_hard_inout xc_get_cpumap_size() bytes; out: those of them that are online and in
 *        the domain's pool. Not used without XEN_VCPUAFFINITY_HARD
 * @param cpumap_soft_inout the same for preferences and XEN_VCPUAFFINITY_SOFT
 * @param flags XEN_VCPUAFFINITY_* bits
 * @return 0, or -1 with errno: ESRCH, EINVAL (no CPU is left), EPERM
 * @since 1.0
 */
int xc_vcpu_setaffinity(xc_interface *xch, uint32_t domid, int vcpu, xc_cpumap_t cpumap_hard_inout,
                        xc_cpumap_t cpumap_soft_inout, uint32_t flags);

/**
 * @brief Get on which CPUs a vCPU may run (hard) and prefers to run (soft).
 * @param xch open handle
 * @param domid the domain
 * @param vcpu number of the vCPU
 * @param cpumap_hard where they are stored, xc_get_cpumap_size() bytes; not used without
 *        XEN_VCPUAFFINITY_HARD
 * @param cpumap_soft the same for XEN_VCPUAFFINITY_SOFT
 * @param flags XEN_VCPUAFFINITY_* bits
 * @return 0, or -1 with errno: ESRCH, EPERM
 * @since 1.0
 */
int xc_vcpu_getaffinity(xc_interface *xch, uint32_t domid, int vcpu, xc_cpumap_t cpumap_hard,
                        xc_cpumap_t cpumap_soft, uint32_t flags);

#ifdef __cplusplus
}
#endif

#endif
