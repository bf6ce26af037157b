/* SPDX-License-Identifier: MIT */
/**
 * @file xenctrl_compat.h
 * @brief Functions that have moved to libraries of their own, under their old names.
 *
 * xenctrl.h includes it; define XC_WANT_COMPAT_MAP_FOREIGN_API, XC_WANT_COMPAT_EVTCHN_API,
 * XC_WANT_COMPAT_GNTTAB_API or XC_WANT_COMPAT_DEVICEMODEL_API before for what is wanted.
 */
#ifndef XENCTRL_COMPAT_H
#define XENCTRL_COMPAT_H

#include "xenctrl/base.h"
#include "xenctrl/event.h"
#include <xen/hvm/hvm_op.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef XC_WANT_COMPAT_MAP_FOREIGN_API

/**
 * @brief Map consecutive frames of a domain.
 * @param xch open handle
 * @param dom the domain
 * @param size bytes
 * @param prot PROT_READ, PROT_WRITE, PROT_EXEC bits
 * @param mfn first frame: of the machine for a PV domain, guest-physical otherwise
 * @return the memory, to be unmapped with munmap(); NULL with errno as for
 *         xenforeignmemory_map()
 * @since 1.0
 */
void *xc_map_foreign_range(xc_interface *xch, uint32_t dom, int size, int prot, unsigned long mfn);

/**
 * @brief Map frames of a domain, all or none.
 * @param xch open handle
 * @param dom the domain
 * @param prot PROT_READ, PROT_WRITE, PROT_EXEC bits
 * @param arr the frames
 * @param num how many
 * @return the memory, to be unmapped with munmap(); NULL with errno as for
 *         xenforeignmemory_map()
 * @since 1.0
 */
void *xc_map_foreign_pages(xc_interface *xch, uint32_t dom, int prot, const xen_pfn_t *arr,
                           int num);

/**
 * @brief Map frames of a domain; those that cannot be leave holes.
 * @param xch open handle
 * @param dom the domain
 * @param prot PROT_READ, PROT_WRITE, PROT_EXEC bits
 * @param arr the frames
 * @param err where 0 or the errno value of each frame is stored, negated
 * @param num how many
 * @return the memory, to be unmapped with munmap(); NULL with errno as for
 *         xenforeignmemory_map()
 * @since 1.0
 */
void *xc_map_foreign_bulk(xc_interface *xch, uint32_t dom, int prot, const xen_pfn_t *arr, int *err,
                          unsigned int num);

#endif

#ifdef XC_WANT_COMPAT_EVTCHN_API

/** An open event channel device. */
typedef struct xenevtchn_handle xc_evtchn;
/** A port, or -1 with errno. */
typedef xc_evtchn_port_or_error_t evtchn_port_or_error_t;

/**
 * @name libxenevtchn's functions under their old names
 * @{
 */
/** See xenevtchn_open(). @since 1.0 */
xc_evtchn *xc_evtchn_open(xentoollog_logger *logger, unsigned open_flags);
/** See xenevtchn_close(). @since 1.0 */
int xc_evtchn_close(xc_evtchn *xce);
/** See xenevtchn_fd(). @since 1.0 */
int xc_evtchn_fd(xc_evtchn *xce);
/** See xenevtchn_notify(). @since 1.0 */
int xc_evtchn_notify(xc_evtchn *xce, evtchn_port_t port);
/** See xenevtchn_bind_unbound_port(). @since 1.0 */
xc_evtchn_port_or_error_t xc_evtchn_bind_unbound_port(xc_evtchn *xce, uint32_t domid);
/** See xenevtchn_bind_interdomain(). @since 1.0 */
xc_evtchn_port_or_error_t xc_evtchn_bind_interdomain(xc_evtchn *xce, uint32_t domid,
                                                     evtchn_port_t remote_port);
/** See xenevtchn_bind_virq(). @since 1.0 */
xc_evtchn_port_or_error_t xc_evtchn_bind_virq(xc_evtchn *xce, unsigned int virq);
/** See xenevtchn_unbind(). @since 1.0 */
int xc_evtchn_unbind(xc_evtchn *xce, evtchn_port_t port);
/** See xenevtchn_pending(). @since 1.0 */
xc_evtchn_port_or_error_t xc_evtchn_pending(xc_evtchn *xce);
/** See xenevtchn_unmask(). @since 1.0 */
int xc_evtchn_unmask(xc_evtchn *xce, evtchn_port_t port);
/** @} */

#endif

#ifdef XC_WANT_COMPAT_GNTTAB_API

/** An open device for mapping grants. */
typedef struct xengntdev_handle xc_gnttab;
/** An open device for granting pages. */
typedef struct xengntdev_handle xc_gntshr;

/**
 * @name libxengnttab's functions under their old names
 * @{
 */
/** See xengnttab_open(). @since 1.0 */
xc_gnttab *xc_gnttab_open(xentoollog_logger *logger, unsigned open_flags);
/** See xengnttab_close(). @since 1.0 */
int xc_gnttab_close(xc_gnttab *xcg);
/** See xengnttab_map_grant_ref(). @since 1.0 */
void *xc_gnttab_map_grant_ref(xc_gnttab *xcg, uint32_t domid, uint32_t ref, int prot);
/** See xengnttab_map_grant_refs(). @since 1.0 */
void *xc_gnttab_map_grant_refs(xc_gnttab *xcg, uint32_t count, uint32_t *domids, uint32_t *refs,
                               int prot);
/** See xengnttab_map_domain_grant_refs(). @since 1.0 */
void *xc_gnttab_map_domain_grant_refs(xc_gnttab *xcg, uint32_t count, uint32_t domid,
                                      uint32_t *refs, int prot);
/** See xengnttab_map_grant_ref_notify(). @since 1.0 */
void *xc_gnttab_map_grant_ref_notify(xc_gnttab *xcg, uint32_t domid, uint32_t ref, int prot,
                                     uint32_t notify_offset, evtchn_port_t notify_port);
/** See xengnttab_unmap(). @since 1.0 */
int xc_gnttab_munmap(xc_gnttab *xcg, void *start_address, uint32_t count);
/** See xengnttab_set_max_grants(). @since 1.0 */
int xc_gnttab_set_max_grants(xc_gnttab *xcg, uint32_t count);
/** See xengntshr_open(). @since 1.0 */
xc_gntshr *xc_gntshr_open(xentoollog_logger *logger, unsigned open_flags);
/** See xengntshr_close(). @since 1.0 */
int xc_gntshr_close(xc_gntshr *xcg);
/** See xengntshr_share_pages(). @since 1.0 */
void *xc_gntshr_share_pages(xc_gntshr *xcg, uint32_t domid, int count, uint32_t *refs,
                            int writable);
/** See xengntshr_share_page_notify(). @since 1.0 */
void *xc_gntshr_share_page_notify(xc_gntshr *xcg, uint32_t domid, uint32_t *ref, int writable,
                                  uint32_t notify_offset, evtchn_port_t notify_port);
/** See xengntshr_unshare(). @since 1.0 */
int xc_gntshr_munmap(xc_gntshr *xcg, void *start_address, uint32_t count);
/** @} */

#endif

#ifdef XC_WANT_COMPAT_DEVICEMODEL_API

/**
 * @name libxendevicemodel's functions under their old names
 * @{
 */
/** See xendevicemodel_create_ioreq_server(). @since 1.0 */
int xc_hvm_create_ioreq_server(xc_interface *xch, uint32_t domid, int handle_bufioreq,
                               ioservid_t *id);
/** See xendevicemodel_get_ioreq_server_info(). @since 1.0 */
int xc_hvm_get_ioreq_server_info(xc_interface *xch, uint32_t domid, ioservid_t id,
                                 xen_pfn_t *ioreq_pfn, xen_pfn_t *bufioreq_pfn,
                                 evtchn_port_t *bufioreq_port);
/** See xendevicemodel_map_io_range_to_ioreq_server(). @since 1.0 */
int xc_hvm_map_io_range_to_ioreq_server(xc_interface *xch, uint32_t domid, ioservid_t id,
                                        int is_mmio, uint64_t start, uint64_t end);
/** See xendevicemodel_unmap_io_range_from_ioreq_server(). @since 1.0 */
int xc_hvm_unmap_io_range_from_ioreq_server(xc_interface *xch, uint32_t domid, ioservid_t id,
                                            int is_mmio, uint64_t start, uint64_t end);
/** See xendevicemodel_map_pcidev_to_ioreq_server(). @since 1.0 */
int xc_hvm_map_pcidev_to_ioreq_server(xc_interface *xch, uint32_t domid, ioservid_t id,
                                      uint16_t segment, uint8_t bus, uint8_t device,
                                      uint8_t function);
/** See xendevicemodel_unmap_pcidev_from_ioreq_server(). @since 1.0 */
int xc_hvm_unmap_pcidev_from_ioreq_server(xc_interface *xch, uint32_t domid, ioservid_t id,
                                          uint16_t segment, uint8_t bus, uint8_t device,
                                          uint8_t function);
/** See xendevicemodel_destroy_ioreq_server(). @since 1.0 */
int xc_hvm_destroy_ioreq_server(xc_interface *xch, uint32_t domid, ioservid_t id);
/** See xendevicemodel_set_ioreq_server_state(). @since 1.0 */
int xc_hvm_set_ioreq_server_state(xc_interface *xch, uint32_t domid, ioservid_t id, int enabled);
/** See xendevicemodel_set_pci_intx_level(). @since 1.0 */
int xc_hvm_set_pci_intx_level(xc_interface *xch, uint32_t domid, uint16_t segment, uint8_t bus,
                              uint8_t device, uint8_t intx, unsigned int level);
/** See xendevicemodel_set_isa_irq_level(). @since 1.0 */
int xc_hvm_set_isa_irq_level(xc_interface *xch, uint32_t domid, uint8_t irq, unsigned int level);
/** See xendevicemodel_set_pci_link_route(). @since 1.0 */
int xc_hvm_set_pci_link_route(xc_interface *xch, uint32_t domid, uint8_t link, uint8_t irq);
/** See xendevicemodel_inject_msi(). @since 1.0 */
int xc_hvm_inject_msi(xc_interface *xch, uint32_t domid, uint64_t msi_addr, uint32_t msi_data);
/** See xendevicemodel_track_dirty_vram(). @since 1.0 */
int xc_hvm_track_dirty_vram(xc_interface *xch, uint32_t domid, uint64_t first_pfn, uint32_t nr,
                            unsigned long *bitmap);
/** See xendevicemodel_modified_memory(). @since 1.0 */
int xc_hvm_modified_memory(xc_interface *xch, uint32_t domid, uint64_t first_pfn, uint32_t nr);
/** See xendevicemodel_set_mem_type(). @since 1.0 */
int xc_hvm_set_mem_type(xc_interface *xch, uint32_t domid, hvmmem_type_t type, uint64_t first_pfn,
                        uint32_t nr);
/** See xendevicemodel_inject_event(). @since 1.0 */
int xc_hvm_inject_trap(xc_interface *xch, uint32_t domid, int vcpu, uint8_t vector, uint8_t type,
                       uint32_t error_code, uint8_t insn_len, uint64_t extra);
/** See xendevicemodel_pin_memory_cacheattr(). @since 1.0 */
int xc_domain_pin_memory_cacheattr(xc_interface *xch, uint32_t domid, uint64_t start, uint64_t end,
                                   uint32_t type);
/** @} */

#endif

#ifdef __cplusplus
}
#endif

#endif
