/* SPDX-License-Identifier: MIT */
/**
 * @file xenctrl/hvm.h
 * @brief HVM and PVH domains.  Include xenctrl.h.
 */
#ifndef XENCTRL_HVM_H
#define XENCTRL_HVM_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @name Parameters and state of HVM and PVH domains
 * @{
 */

/**
 * @brief Set a parameter.
 * @param xch open handle
 * @param dom the domain
 * @param param HVM_PARAM_*
 * @param value its value
 * @return 0, or -1 with errno: ESRCH, EPERM, EINVAL, EEXIST (it can be set once only)
 * @since 1.0
 */
int xc_hvm_param_set(xc_interface *xch, uint32_t dom, uint32_t param, uint64_t value);

/**
 * @brief Get a parameter.
 * @param xch open handle
 * @param dom the domain
 * @param param HVM_PARAM_*
 * @param value where it is stored
 * @return 0, or -1 with errno: ESRCH, EPERM, EINVAL
 * @since 1.0
 */
int xc_hvm_param_get(xc_interface *xch, uint32_t dom, uint32_t param, uint64_t *value);

/**
 * @brief xc_hvm_param_set() with other types, for old callers.
 * @param xch open handle
 * @param dom the domain
 * @param param HVM_PARAM_*
 * @param value its value
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_set_hvm_param(xc_interface *xch, uint32_t dom, int param, unsigned long value);

/**
 * @brief xc_hvm_param_get() with other types, for old callers.
 * @param xch open handle
 * @param dom the domain
 * @param param HVM_PARAM_*
 * @param value where it is stored
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_get_hvm_param(xc_interface *xch, uint32_t dom, int param, unsigned long *value);

/**
 * @brief Get the state of a domain's virtual hardware. The domain should be paused.
 * @param xch open handle
 * @param domid the domain
 * @param ctxt_buf where it is stored; NULL: only its size is wanted
 * @param size bytes of @p ctxt_buf
 * @return the state's size in bytes, or -1 with errno: ENOSPC (not enough room), ESRCH, EPERM,
 *         EINVAL
 * @since 1.0
 */
int xc_domain_hvm_getcontext(xc_interface *xch, uint32_t domid, uint8_t *ctxt_buf, uint32_t size);

/**
 * @brief Get one record of the state of a domain's virtual hardware.
 * @param xch open handle
 * @param domid the domain
 * @param typecode HVM_SAVE_CODE(...)
 * @param instance which one of that kind, such as the number of a vCPU
 * @param ctxt_buf where it is stored
 * @param size bytes of @p ctxt_buf
 * @return 0, or -1 with errno: ENOENT, ENOSPC, ESRCH, EPERM, EINVAL
 * @since 1.0
 */
int xc_domain_hvm_getcontext_partial(xc_interface *xch, uint32_t domid, uint16_t typecode,
                                     uint16_t instance, void *ctxt_buf, uint32_t size);

/**
 * @brief Set the state of a domain's virtual hardware.
 * @param xch open handle
 * @param domid the domain
 * @param hvm_ctxt the state
 * @param size its size in bytes
 * @return 0, or -1 with errno: EINVAL (it cannot be understood), ESRCH, EPERM
 * @since 1.0
 */
int xc_domain_hvm_setcontext(xc_interface *xch, uint32_t domid, uint8_t *hvm_ctxt, uint32_t size);

/**
 * @}
 * @name Alternate views of guest-physical memory
 * Errors of all: EOPNOTSUPP (not with this CPU or domain), EINVAL, ESRCH, EPERM.
 * @{
 */

/**
 * @brief Are views switched on for a domain?
 * @param xch open handle
 * @param dom the domain
 * @param state where that is stored
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_altp2m_get_domain_state(xc_interface *xch, uint32_t dom, bool *state);

/**
 * @brief Switch views on or off for a domain.
 * @param xch open handle
 * @param dom the domain
 * @param state whether they are on
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_altp2m_set_domain_state(xc_interface *xch, uint32_t dom, bool state);

/**
 * @brief Have violations reported to the guest itself.
 * @param xch open handle
 * @param domid the domain
 * @param vcpuid the vCPU
 * @param gfn guest frame where they are described
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_altp2m_set_vcpu_enable_notify(xc_interface *xch, uint32_t domid, uint32_t vcpuid,
                                     xen_pfn_t gfn);

/**
 * @brief Have violations reported to the guest no more.
 * @param xch open handle
 * @param domid the domain
 * @param vcpuid the vCPU
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_altp2m_set_vcpu_disable_notify(xc_interface *xch, uint32_t domid, uint32_t vcpuid);

/**
 * @brief Create a view.
 * @param xch open handle
 * @param domid the domain
 * @param default_access access to pages that it says nothing about
 * @param view_id where its number is stored
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_altp2m_create_view(xc_interface *xch, uint32_t domid, xenmem_access_t default_access,
                          uint16_t *view_id);

/**
 * @brief Destroy a view.
 * @param xch open handle
 * @param domid the domain
 * @param view_id the view
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_altp2m_destroy_view(xc_interface *xch, uint32_t domid, uint16_t view_id);

/**
 * @brief Let all vCPUs of a domain use a view.
 * @param xch open handle
 * @param domid the domain
 * @param view_id the view
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_altp2m_switch_to_view(xc_interface *xch, uint32_t domid, uint16_t view_id);

/**
 * @brief Choose whether violations of a page stay hidden from the guest.
 * @param xch open handle
 * @param domid the domain
 * @param view_id the view
 * @param gfn guest frame
 * @param sve whether they do
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_altp2m_set_suppress_ve(xc_interface *xch, uint32_t domid, uint16_t view_id, xen_pfn_t gfn,
                              bool sve);

/**
 * @brief Choose for a range whether violations stay hidden from the guest. (The name is spelt
 * like this.)
 * @param xch open handle
 * @param domid the domain
 * @param view_id the view
 * @param first_gfn first guest frame
 * @param last_gfn last guest frame
 * @param sve whether they do
 * @param error_gfn where the first frame that failed is stored
 * @param error_code where its error is stored; 0: none failed
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_altp2m_set_supress_ve_multi(xc_interface *xch, uint32_t domid, uint16_t view_id,
                                   xen_pfn_t first_gfn, xen_pfn_t last_gfn, bool sve,
                                   xen_pfn_t *error_gfn, int32_t *error_code);

/**
 * @brief Do violations of a page stay hidden from the guest?
 * @param xch open handle
 * @param domid the domain
 * @param view_id the view
 * @param gfn guest frame
 * @param sve where that is stored
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_altp2m_get_suppress_ve(xc_interface *xch, uint32_t domid, uint16_t view_id, xen_pfn_t gfn,
                              bool *sve);

/**
 * @brief Set the access to a page in a view.
 * @param xch open handle
 * @param domid the domain
 * @param view_id the view
 * @param gfn guest frame
 * @param access the access
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_altp2m_set_mem_access(xc_interface *xch, uint32_t domid, uint16_t view_id, xen_pfn_t gfn,
                             xenmem_access_t access);

/**
 * @brief Set the access to pages in a view.
 * @param xch open handle
 * @param domid the domain
 * @param view_id the view
 * @param access XENMEM_access_* of each
 * @param gfns guest frame of each
 * @param nr how many
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_altp2m_set_mem_access_multi(xc_interface *xch, uint32_t domid, uint16_t view_id,
                                   uint8_t *access, uint64_t *gfns, uint32_t nr);

/**
 * @brief Get the access to a page in a view.
 * @param xch open handle
 * @param domid the domain
 * @param view_id the view
 * @param gfn guest frame
 * @param access where it is stored
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_altp2m_get_mem_access(xc_interface *xch, uint32_t domid, uint16_t view_id, xen_pfn_t gfn,
                             xenmem_access_t *access);

/**
 * @brief Put another page into a view.
 * @param xch open handle
 * @param domid the domain
 * @param view_id the view
 * @param old_gfn the place
 * @param new_gfn the page, by its frame outside the view; ~0: the old one again
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_altp2m_change_gfn(xc_interface *xch, uint32_t domid, uint16_t view_id, xen_pfn_t old_gfn,
                         xen_pfn_t new_gfn);

/**
 * @brief Which view does a vCPU use?
 * @param xch open handle
 * @param domid the domain
 * @param vcpuid the vCPU
 * @param p2midx where it is stored
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_altp2m_get_vcpu_p2m_idx(xc_interface *xch, uint32_t domid, uint32_t vcpuid,
                               uint16_t *p2midx);

/**
 * @brief Choose whether a view can be switched to.
 * @param xch open handle
 * @param domid the domain
 * @param view_id the view
 * @param visible whether it can
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_altp2m_set_visibility(xc_interface *xch, uint32_t domid, uint16_t view_id, bool visible);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
