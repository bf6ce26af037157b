/* SPDX-License-Identifier: MIT */
/**
 * @file xenctrl/introspect.h
 * @brief Paging, access control, events, sharing and tracing of domains.  Include xenctrl.h.
 */
#ifndef XENCTRL_INTROSPECT_H
#define XENCTRL_INTROSPECT_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @name Memory paging
 * Errors of all: EOPNOTSUPP or ENODEV (not with this domain), EINVAL, ESRCH, EPERM.
 * @{
 */

/**
 * @brief Switch paging on for a domain.
 * @param xch open handle
 * @param domain_id the domain
 * @param port where the port for its events is stored
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_mem_paging_enable(xc_interface *xch, uint32_t domain_id, uint32_t *port);

/**
 * @brief Switch paging off for a domain.
 * @param xch open handle
 * @param domain_id the domain
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_mem_paging_disable(xc_interface *xch, uint32_t domain_id);

/**
 * @brief Have the answers in the ring looked at.
 * @param xch open handle
 * @param domain_id the domain
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_mem_paging_resume(xc_interface *xch, uint32_t domain_id);

/**
 * @brief Choose a page to be evicted.
 * @param xch open handle
 * @param domain_id the domain
 * @param gfn guest frame
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_mem_paging_nominate(xc_interface *xch, uint32_t domain_id, uint64_t gfn);

/**
 * @brief Evict a page; its content must have been saved.
 * @param xch open handle
 * @param domain_id the domain
 * @param gfn guest frame
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_mem_paging_evict(xc_interface *xch, uint32_t domain_id, uint64_t gfn);

/**
 * @brief Get memory for a page that comes back.
 * @param xch open handle
 * @param domain_id the domain
 * @param gfn guest frame
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_mem_paging_prep(xc_interface *xch, uint32_t domain_id, uint64_t gfn);

/**
 * @brief Bring a page back.
 * @param xch open handle
 * @param domain_id the domain
 * @param gfn guest frame
 * @param buffer its 4096 bytes
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_mem_paging_load(xc_interface *xch, uint32_t domain_id, uint64_t gfn, void *buffer);

/**
 * @}
 * @name Memory access
 * @{
 */

/**
 * @brief Set the access to a range of pages.
 * @param xch open handle
 * @param domain_id the domain
 * @param access XENMEM_access_*
 * @param first_pfn first guest frame; ~0: the default of all pages
 * @param nr how many
 * @return 0, or -1 with errno: ENODEV, EINVAL, ESRCH, EPERM
 * @since 1.0
 */
int xc_set_mem_access(xc_interface *xch, uint32_t domain_id, xenmem_access_t access,
                      uint64_t first_pfn, uint32_t nr);

/**
 * @brief Set the access to pages.
 * @param xch open handle
 * @param domain_id the domain
 * @param access XENMEM_access_* of each
 * @param pages guest frame of each
 * @param nr how many
 * @return 0, or -1 with errno: ENODEV, EINVAL, ESRCH, EPERM
 * @since 1.0
 */
int xc_set_mem_access_multi(xc_interface *xch, uint32_t domain_id, uint8_t *access, uint64_t *pages,
                            uint32_t nr);

/**
 * @brief Get the access to a page.
 * @param xch open handle
 * @param domain_id the domain
 * @param pfn guest frame; ~0: the default of all pages
 * @param access where it is stored
 * @return 0, or -1 with errno: ENODEV, EINVAL, ESRCH, EPERM
 * @since 1.0
 */
int xc_get_mem_access(xc_interface *xch, uint32_t domain_id, uint64_t pfn, xenmem_access_t *access);

/**
 * @}
 * @name Events of a domain
 * Errors of all: EOPNOTSUPP (not with this CPU or domain), EINVAL, EEXIST (it is in that state
 * already), ESRCH, EPERM.
 * @{
 */

/**
 * @brief Get the version of the events' layout.
 * @param xch open handle
 * @return VM_EVENT_INTERFACE_VERSION of the hypervisor, or -1 with errno
 * @since 1.0
 */
int xc_vm_event_get_version(xc_interface *xch);

/**
 * @brief Switch events on and map their ring.
 * @param xch open handle
 * @param domain_id the domain
 * @param port where the port for the ring is stored
 * @return the ring's page, to be unmapped with munmap() after xc_monitor_disable(); NULL with
 *         errno
 * @since 1.0
 */
void *xc_monitor_enable(xc_interface *xch, uint32_t domain_id, uint32_t *port);

/**
 * @brief Switch events off.
 * @param xch open handle
 * @param domain_id the domain
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_monitor_disable(xc_interface *xch, uint32_t domain_id);

/**
 * @brief Have the answers in the ring looked at.
 * @param xch open handle
 * @param domain_id the domain
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_monitor_resume(xc_interface *xch, uint32_t domain_id);

/**
 * @brief Which events can there be?
 * @param xch open handle
 * @param domain_id the domain
 * @param capabilities where 1 << XEN_DOMCTL_MONITOR_EVENT_* of each is stored
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_monitor_get_capabilities(xc_interface *xch, uint32_t domain_id, uint32_t *capabilities);

/**
 * @brief Events for writes to a control register.
 * @param xch open handle
 * @param domain_id the domain
 * @param index VM_EVENT_X86_*
 * @param enable whether events of this kind are wanted
 * @param sync whether the vCPU waits for the answer
 * @param bitmask bits whose change does not matter
 * @param onchangeonly only if the value changes
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_monitor_write_ctrlreg(xc_interface *xch, uint32_t domain_id, uint16_t index, bool enable,
                             bool sync, uint64_t bitmask, bool onchangeonly);

/**
 * @brief Events for writes to a model-specific register.
 * @param xch open handle
 * @param domain_id the domain
 * @param msr its number
 * @param enable whether events of this kind are wanted
 * @param onchangeonly only if the value changes
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_monitor_mov_to_msr(xc_interface *xch, uint32_t domain_id, uint32_t msr, bool enable,
                          bool onchangeonly);

/**
 * @brief Events for single steps.
 * @param xch open handle
 * @param domain_id the domain
 * @param enable whether events of this kind are wanted
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_monitor_singlestep(xc_interface *xch, uint32_t domain_id, bool enable);

/**
 * @brief Events for breakpoint instructions.
 * @param xch open handle
 * @param domain_id the domain
 * @param enable whether events of this kind are wanted
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_monitor_software_breakpoint(xc_interface *xch, uint32_t domain_id, bool enable);

/**
 * @brief Events for accesses to descriptor table registers.
 * @param xch open handle
 * @param domain_id the domain
 * @param enable whether events of this kind are wanted
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_monitor_descriptor_access(xc_interface *xch, uint32_t domain_id, bool enable);

/**
 * @brief Events that the guest asks for.
 * @param xch open handle
 * @param domain_id the domain
 * @param enable whether events of this kind are wanted
 * @param sync whether the vCPU waits for the answer
 * @param allow_userspace whether its user programs may, too
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_monitor_guest_request(xc_interface *xch, uint32_t domain_id, bool enable, bool sync,
                             bool allow_userspace);

/**
 * @brief Access events of page table walks.
 * @param xch open handle
 * @param domain_id the domain
 * @param disable whether they are not wanted
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_monitor_inguest_pagefault(xc_interface *xch, uint32_t domain_id, bool disable);

/**
 * @brief Events for debug exceptions.
 * @param xch open handle
 * @param domain_id the domain
 * @param enable whether events of this kind are wanted
 * @param sync whether the vCPU waits for the answer
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_monitor_debug_exceptions(xc_interface *xch, uint32_t domain_id, bool enable, bool sync);

/**
 * @brief Events for CPUID.
 * @param xch open handle
 * @param domain_id the domain
 * @param enable whether events of this kind are wanted
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_monitor_cpuid(xc_interface *xch, uint32_t domain_id, bool enable);

/**
 * @brief Arm: events for privileged calls.
 * @param xch open handle
 * @param domain_id the domain
 * @param enable whether events of this kind are wanted
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_monitor_privileged_call(xc_interface *xch, uint32_t domain_id, bool enable);

/**
 * @brief Events for instructions that cannot be emulated.
 * @param xch open handle
 * @param domain_id the domain
 * @param enable whether events of this kind are wanted
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_monitor_emul_unimplemented(xc_interface *xch, uint32_t domain_id, bool enable);

/**
 * @brief Events for every exit to the hypervisor.
 * @param xch open handle
 * @param domain_id the domain
 * @param enable whether events of this kind are wanted
 * @param sync whether the vCPU waits for the answer
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_monitor_vmexit(xc_interface *xch, uint32_t domain_id, bool enable, bool sync);

/**
 * @brief Emulate repeated instructions one by one.
 * @param xch open handle
 * @param domain_id the domain
 * @param enable whether to
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_monitor_emulate_each_rep(xc_interface *xch, uint32_t domain_id, bool enable);

/**
 * @}
 * @name Sharing of equal pages
 * Errors of all: ENOSYS (not built in), ENODEV (not with this domain), EINVAL, ESRCH, EPERM;
 * -XENMEM_SHARING_OP_S_HANDLE_INVALID and -XENMEM_SHARING_OP_C_HANDLE_INVALID for stale handles.
 * @{
 */

/**
 * @brief Allow or forbid sharing for a domain.
 * @param xch open handle
 * @param domid the domain
 * @param enable 0 or 1
 * @return 0, or -1 with errno: EXDEV (it has a PCI device)
 * @since 1.0
 */
int xc_memshr_control(xc_interface *xch, uint32_t domid, int enable);

/**
 * @brief Be told when there is no memory to separate a shared page.
 * @param xch open handle
 * @param domid the domain
 * @param port where the port for these events is stored
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_memshr_ring_enable(xc_interface *xch, uint32_t domid, uint32_t *port);

/**
 * @brief Be told so no more.
 * @param xch open handle
 * @param domid the domain
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_memshr_ring_disable(xc_interface *xch, uint32_t domid);

/**
 * @brief Have the answers in the ring looked at.
 * @param xch open handle
 * @param domid the domain
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_memshr_domain_resume(xc_interface *xch, uint32_t domid);

/**
 * @brief Choose a page to be shared.
 * @param xch open handle
 * @param domid the domain
 * @param gfn guest frame
 * @param handle where its handle is stored; writing to the page makes the handle stale
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_memshr_nominate_gfn(xc_interface *xch, uint32_t domid, unsigned long gfn, uint64_t *handle);

/**
 * @brief Choose a granted page to be shared.
 * @param xch open handle
 * @param domid the domain
 * @param gref the grant reference
 * @param handle where its handle is stored; writing to the page makes the handle stale
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_memshr_nominate_gref(xc_interface *xch, uint32_t domid, grant_ref_t gref, uint64_t *handle);

/**
 * @brief Share two chosen pages, which the caller knows to be equal. The client's is freed.
 * @param xch open handle
 * @param source_domain domain of the page that stays
 * @param source_gfn its guest frame
 * @param source_handle its handle
 * @param client_domain domain of the page that goes
 * @param client_gfn its guest frame
 * @param client_handle its handle
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_memshr_share_gfns(xc_interface *xch, uint32_t source_domain, unsigned long source_gfn,
                         uint64_t source_handle, uint32_t client_domain, unsigned long client_gfn,
                         uint64_t client_handle);

/**
 * @brief Share two chosen granted pages, which the caller knows to be equal. The client's is
 * freed.
 * @param xch open handle
 * @param source_domain domain of the page that stays
 * @param source_gref its grant reference
 * @param source_handle its handle
 * @param client_domain domain of the page that goes
 * @param client_gref its grant reference
 * @param client_handle its handle
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_memshr_share_grefs(xc_interface *xch, uint32_t source_domain, grant_ref_t source_gref,
                          uint64_t source_handle, uint32_t client_domain, grant_ref_t client_gref,
                          uint64_t client_handle);

/**
 * @brief Put a chosen page into another domain, where there is none.
 * @param xch open handle
 * @param source_domain domain of the page
 * @param source_gfn its guest frame
 * @param source_handle its handle
 * @param client_domain domain that gets it
 * @param client_gfn guest frame where
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_memshr_add_to_physmap(xc_interface *xch, uint32_t source_domain, unsigned long source_gfn,
                             uint64_t source_handle, uint32_t client_domain,
                             unsigned long client_gfn);

/**
 * @brief Share a range of pages that two domains have in common.
 * @param xch open handle
 * @param source_domain domain of the pages that stay
 * @param client_domain domain of the pages that go
 * @param first_gfn first guest frame
 * @param last_gfn last guest frame
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_memshr_range_share(xc_interface *xch, uint32_t source_domain, uint32_t client_domain,
                          uint64_t first_gfn, uint64_t last_gfn);

/**
 * @brief Let an empty domain become a copy of another one, page by page as it touches them.
 * @param xch open handle
 * @param source_domain the original
 * @param client_domain the copy
 * @param allow_with_iommu even if the original has an IOMMU
 * @param block_interrupts the copy gets no interrupts
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_memshr_fork(xc_interface *xch, uint32_t source_domain, uint32_t client_domain,
                   bool allow_with_iommu, bool block_interrupts);

/**
 * @brief Bring a copy back to what it was at first.
 * @param xch open handle
 * @param forked_domain the copy
 * @param reset_state its registers and virtual hardware
 * @param reset_memory its memory
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_memshr_fork_reset(xc_interface *xch, uint32_t forked_domain, bool reset_state,
                         bool reset_memory);

/**
 * @brief How many places hold the page that stands at a frame?
 * @param xch open handle
 * @param domid the domain
 * @param gfn guest frame
 * @return their number, or -1 with errno
 * @since 1.0
 */
int xc_memshr_debug_gfn(xc_interface *xch, uint32_t domid, unsigned long gfn);

/**
 * @brief How many places hold a granted page?
 * @param xch open handle
 * @param domid the domain
 * @param gref the grant reference
 * @return their number, or -1 with errno
 * @since 1.0
 */
int xc_memshr_debug_gref(xc_interface *xch, uint32_t domid, grant_ref_t gref);

/**
 * @brief Check the tables of shared pages.
 * @param xch open handle
 * @return the number of errors found, or -1 with errno
 * @since 1.0
 */
int xc_memshr_audit(xc_interface *xch);

/**
 * @brief How many pages sharing saves.
 * @param xch open handle
 * @return pages, or -1 with errno
 * @since 1.0
 */
long xc_sharing_freed_pages(xc_interface *xch);

/**
 * @brief How many frames are shared.
 * @param xch open handle
 * @return frames, or -1 with errno
 * @since 1.0
 */
long xc_sharing_used_frames(xc_interface *xch);

/**
 * @}
 * @name Processor trace
 * Errors of all: EOPNOTSUPP (not with this CPU), ENODEV (the domain has no buffers), EINVAL, ESRCH,
 * EPERM.
 * @{
 */

/**
 * @brief Start tracing a vCPU.
 * @param xch open handle
 * @param domid the domain
 * @param vcpu number of the vCPU
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_vmtrace_enable(xc_interface *xch, uint32_t domid, uint32_t vcpu);

/**
 * @brief Stop tracing a vCPU.
 * @param xch open handle
 * @param domid the domain
 * @param vcpu number of the vCPU
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_vmtrace_disable(xc_interface *xch, uint32_t domid, uint32_t vcpu);

/**
 * @brief Start tracing a vCPU from an empty buffer.
 * @param xch open handle
 * @param domid the domain
 * @param vcpu number of the vCPU
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_vmtrace_reset_and_enable(xc_interface *xch, uint32_t domid, uint32_t vcpu);

/**
 * @brief Where will the next packet be written?
 * @param xch open handle
 * @param domid the domain
 * @param vcpu number of the vCPU
 * @param pos where the offset into the buffer is stored, in bytes
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_vmtrace_output_position(xc_interface *xch, uint32_t domid, uint32_t vcpu, uint64_t *pos);

/**
 * @brief Get an option of the tracer.
 * @param xch open handle
 * @param domid the domain
 * @param vcpu number of the vCPU
 * @param key the option; the CPU's vendor defines it
 * @param value where it is stored
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_vmtrace_get_option(xc_interface *xch, uint32_t domid, uint32_t vcpu, uint64_t key,
                          uint64_t *value);

/**
 * @brief Set an option of the tracer.
 * @param xch open handle
 * @param domid the domain
 * @param vcpu number of the vCPU
 * @param key the option; the CPU's vendor defines it
 * @param value its value
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_vmtrace_set_option(xc_interface *xch, uint32_t domid, uint32_t vcpu, uint64_t key,
                          uint64_t value);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
