/* SPDX-License-Identifier: MIT */
/**
 * @file xendevicemodel.h
 * @brief What a device model does to its guest.  Library libxendevicemodel.
 *
 * The guest is HVM.  Errors of all calls, besides their own: ESRCH (no such domain), EPERM (not
 * this program's guest), EOPNOTSUPP (the hypervisor has no such call).  Handles may be used from
 * several threads.
 */
#ifndef XENDEVICEMODEL_H
#define XENDEVICEMODEL_H

/** The layouts that tools use. */
#ifndef __XEN_TOOLS__
#define __XEN_TOOLS__ 1
#endif

#include <stdint.h>
#include <xen/xen.h>
#include <xen/hvm/dm_op.h>
#include <xen/hvm/hvm_op.h>

#ifdef __cplusplus
extern "C" {
#endif

struct xentoollog_logger;

/** An open way to control guests. */
typedef struct xendevicemodel_handle xendevicemodel_handle;

/**
 * @brief Open a handle.
 * @param logger where messages go, which must outlive the handle; NULL: stderr
 * @param open_flags none are defined; 0
 * @return the handle, to be closed with xendevicemodel_close(); NULL with errno: EINVAL, ENOMEM,
 *         or what opening /dev/xen/privcmd gave
 * @since 1.0 (node VERS_1.0)
 */
xendevicemodel_handle *xendevicemodel_open(struct xentoollog_logger *logger,
                                           unsigned int open_flags);

/**
 * @brief Close a handle. Ioreq servers stay until they are destroyed or their domain is.
 * @param dmod the handle; NULL is fine
 * @return 0, or -1 with errno from closing the device; the handle is gone either way
 * @since 1.0 (node VERS_1.0)
 */
int xendevicemodel_close(xendevicemodel_handle *dmod);

/**
 * @brief Limit the handle to one guest, for good.
 * @param dmod open handle
 * @param domid the only domain that later calls may name
 * @return 0, or -1 with errno: EOPNOTSUPP (the kernel cannot)
 * @since 1.0 (node VERS_1.0)
 */
int xendevicemodel_restrict(xendevicemodel_handle *dmod, domid_t domid);

/**
 * @brief Create an ioreq server: a set of accesses of the guest that this program handles.
 * @param dmod open handle
 * @param domid the guest
 * @param handle_bufioreq HVM_IOREQSRV_BUFIOREQ_*: whether and how it has a ring for writes that
 *        nobody waits for
 * @param id where its number is stored
 * @return 0, or -1 with errno: EEXIST (it has one with this ring), ENOSPC, ENOMEM, EINVAL
 * @since 1.0 (node VERS_1.0)
 */
int xendevicemodel_create_ioreq_server(xendevicemodel_handle *dmod, domid_t domid,
                                       int handle_bufioreq, ioservid_t *id);

/**
 * @brief Where are an ioreq server's pages? Use xenforeignmemory_map_resource() where it is
 * there.
 * @param dmod open handle
 * @param domid the guest
 * @param id the ioreq server
 * @param ioreq_gfn where the guest frame of the synchronous requests is stored; may be NULL
 * @param bufioreq_gfn where the guest frame of the ring is stored; may be NULL
 * @param bufioreq_port where the ring's remote port is stored; may be NULL
 * @return 0, or -1 with errno: ENOENT, EOPNOTSUPP (its pages are no guest frames), ENOMEM
 * @since 1.0 (node VERS_1.0)
 */
int xendevicemodel_get_ioreq_server_info(xendevicemodel_handle *dmod, domid_t domid, ioservid_t id,
                                         xen_pfn_t *ioreq_gfn, xen_pfn_t *bufioreq_gfn,
                                         evtchn_port_t *bufioreq_port);

/**
 * @brief Have an ioreq server handle a range of addresses.
 * @param dmod open handle
 * @param domid the guest
 * @param id the ioreq server
 * @param is_mmio 1: guest-physical memory, 0: I/O ports
 * @param start the first one
 * @param end the last one
 * @return 0, or -1 with errno: EEXIST (it does so already), ENOENT, EINVAL, ENOMEM
 * @since 1.0 (node VERS_1.0)
 */
int xendevicemodel_map_io_range_to_ioreq_server(xendevicemodel_handle *dmod, domid_t domid,
                                                ioservid_t id, int is_mmio, uint64_t start,
                                                uint64_t end);

/**
 * @brief Have it handle a range no more.
 * @param dmod open handle
 * @param domid the guest
 * @param id the ioreq server
 * @param is_mmio 1: guest-physical memory, 0: I/O ports
 * @param start the first one
 * @param end the last one
 * @return 0, or -1 with errno: ENOENT, EINVAL
 * @since 1.0 (node VERS_1.0)
 */
int xendevicemodel_unmap_io_range_from_ioreq_server(xendevicemodel_handle *dmod, domid_t domid,
                                                    ioservid_t id, int is_mmio, uint64_t start,
                                                    uint64_t end);

/**
 * @brief Have an ioreq server handle accesses to pages of a type.
 * @param dmod open handle
 * @param domid the guest
 * @param id the ioreq server
 * @param type HVMMEM_ioreq_server
 * @param flags XEN_DMOP_IOREQ_MEM_ACCESS_* bits; 0: no more
 * @return 0, or -1 with errno: ENOENT, EINVAL, EOPNOTSUPP
 * @since 1.0 (node VERS_1.0)
 */
int xendevicemodel_map_mem_type_to_ioreq_server(xendevicemodel_handle *dmod, domid_t domid,
                                                ioservid_t id, uint16_t type, uint32_t flags);

/**
 * @brief Have an ioreq server handle a PCI device's configuration space.
 * @param dmod open handle
 * @param domid the guest
 * @param id the ioreq server
 * @param segment PCI segment
 * @param bus PCI bus
 * @param device PCI device
 * @param function PCI function
 * @return 0, or -1 with errno: EEXIST, ENOENT, EINVAL (no such number), ENOMEM
 * @since 1.0 (node VERS_1.0)
 */
int xendevicemodel_map_pcidev_to_ioreq_server(xendevicemodel_handle *dmod, domid_t domid,
                                              ioservid_t id, uint16_t segment, uint8_t bus,
                                              uint8_t device, uint8_t function);

/**
 * @brief Have it handle a PCI device's configuration space no more.
 * @param dmod open handle
 * @param domid the guest
 * @param id the ioreq server
 * @param segment PCI segment
 * @param bus PCI bus
 * @param device PCI device
 * @param function PCI function
 * @return 0, or -1 with errno: ENOENT, EINVAL
 * @since 1.0 (node VERS_1.0)
 */
int xendevicemodel_unmap_pcidev_from_ioreq_server(xendevicemodel_handle *dmod, domid_t domid,
                                                  ioservid_t id, uint16_t segment, uint8_t bus,
                                                  uint8_t device, uint8_t function);

/**
 * @brief Destroy an ioreq server.
 * @param dmod open handle
 * @param domid the guest
 * @param id the ioreq server
 * @return 0, or -1 with errno: ENOENT
 * @since 1.0 (node VERS_1.0)
 */
int xendevicemodel_destroy_ioreq_server(xendevicemodel_handle *dmod, domid_t domid, ioservid_t id);

/**
 * @brief Start or stop sending accesses to an ioreq server.
 * @param dmod open handle
 * @param domid the guest
 * @param id the ioreq server
 * @param enabled 0 or 1
 * @return 0, or -1 with errno: ENOENT
 * @since 1.0 (node VERS_1.0)
 */
int xendevicemodel_set_ioreq_server_state(xendevicemodel_handle *dmod, domid_t domid, ioservid_t id,
                                          int enabled);

/**
 * @brief Set the level of a PCI device's interrupt pin.
 * @param dmod open handle
 * @param domid the guest
 * @param segment PCI segment
 * @param bus PCI bus
 * @param device PCI device
 * @param intx the pin, 0 to 3
 * @param level 1: asserted, 0: not
 * @return 0, or -1 with errno: EINVAL
 * @since 1.0 (node VERS_1.0)
 */
int xendevicemodel_set_pci_intx_level(xendevicemodel_handle *dmod, domid_t domid, uint16_t segment,
                                      uint8_t bus, uint8_t device, uint8_t intx,
                                      unsigned int level);

/**
 * @brief Set the level of an ISA interrupt.
 * @param dmod open handle
 * @param domid the guest
 * @param irq the interrupt, 0 to 15
 * @param level 1: asserted, 0: not
 * @return 0, or -1 with errno: EINVAL
 * @since 1.0 (node VERS_1.0)
 */
int xendevicemodel_set_isa_irq_level(xendevicemodel_handle *dmod, domid_t domid, uint8_t irq,
                                     unsigned int level);

/**
 * @brief Arm: set the level of an interrupt.
 * @param dmod open handle
 * @param domid the guest
 * @param irq the interrupt
 * @param level 1: asserted, 0: not
 * @return 0, or -1 with errno: EINVAL, EOPNOTSUPP (not Arm)
 * @since 1.4 (node VERS_1.4)
 */
int xendevicemodel_set_irq_level(xendevicemodel_handle *dmod, domid_t domid, unsigned int irq,
                                 unsigned int level);

/**
 * @brief Route a PCI interrupt link.
 * @param dmod open handle
 * @param domid the guest
 * @param link the link, 0 to 3
 * @param irq the ISA interrupt; 0: none
 * @return 0, or -1 with errno: EINVAL
 * @since 1.0 (node VERS_1.0)
 */
int xendevicemodel_set_pci_link_route(xendevicemodel_handle *dmod, domid_t domid, uint8_t link,
                                      uint8_t irq);

/**
 * @brief Send a message-signalled interrupt.
 * @param dmod open handle
 * @param domid the guest
 * @param msi_addr address that the device would write to
 * @param msi_data what it would write
 * @return 0, or -1 with errno: EINVAL
 * @since 1.0 (node VERS_1.0)
 */
int xendevicemodel_inject_msi(xendevicemodel_handle *dmod, domid_t domid, uint64_t msi_addr,
                              uint32_t msi_data);

/**
 * @brief Which pages of a frame buffer were written since the last call?
 * @param dmod open handle
 * @param domid the guest
 * @param first_pfn its first guest frame
 * @param nr pages in it; 0: stop looking
 * @param dirty_bitmap where a bit a page is stored, (nr + 7) / 8 bytes
 * @return 0, or -1 with errno: EINVAL, ENODATA, ENOMEM
 * @since 1.0 (node VERS_1.0)
 */
int xendevicemodel_track_dirty_vram(xendevicemodel_handle *dmod, domid_t domid, uint64_t first_pfn,
                                    uint32_t nr, unsigned long *dirty_bitmap);

/**
 * @brief Tell the log of written pages what this program has written.
 * @param dmod open handle
 * @param domid the guest
 * @param first_pfn first guest frame
 * @param nr how many
 * @return 0, or -1 with errno: EINVAL
 * @since 1.0 (node VERS_1.0)
 */
int xendevicemodel_modified_memory(xendevicemodel_handle *dmod, domid_t domid, uint64_t first_pfn,
                                   uint32_t nr);

/**
 * @brief Tell the log of written pages what this program has written.
 * @param dmod open handle
 * @param domid the guest
 * @param extents the ranges
 * @param nr how many of them
 * @return 0, or -1 with errno: EINVAL
 * @since 1.3 (node VERS_1.3)
 */
int xendevicemodel_modified_memory_bulk(xendevicemodel_handle *dmod, domid_t domid,
                                        struct xen_dm_op_modified_memory_extent extents[],
                                        uint32_t nr);

/**
 * @brief Set what pages are.
 * @param dmod open handle
 * @param domid the guest
 * @param mem_type HVMMEM_*
 * @param first_pfn first guest frame
 * @param nr how many
 * @return 0, or -1 with errno: EINVAL
 * @since 1.0 (node VERS_1.0)
 */
int xendevicemodel_set_mem_type(xendevicemodel_handle *dmod, domid_t domid, hvmmem_type_t mem_type,
                                uint64_t first_pfn, uint32_t nr);

/**
 * @brief Inject an exception or interrupt when a vCPU next runs.
 * @param dmod open handle
 * @param domid the guest
 * @param vcpu the vCPU
 * @param vector its vector
 * @param type XEN_DMOP_EVENT_*
 * @param error_code its error code, or ~0 for none
 * @param insn_len length of the instruction, for software interrupts
 * @param extra address of a page fault
 * @return 0, or -1 with errno: EINVAL, EBUSY (one is waiting)
 * @since 1.0 (node VERS_1.0)
 */
int xendevicemodel_inject_event(xendevicemodel_handle *dmod, domid_t domid, int vcpu,
                                uint8_t vector, uint8_t type, uint32_t error_code, uint8_t insn_len,
                                uint64_t extra);

/**
 * @brief Declare the guest shut down.
 * @param dmod open handle
 * @param domid the guest
 * @param reason SHUTDOWN_*
 * @return 0, or -1 with errno: EINVAL
 * @since 1.1 (node VERS_1.1)
 */
int xendevicemodel_shutdown(xendevicemodel_handle *dmod, domid_t domid, unsigned int reason);

/**
 * @brief Move pages of the guest to other addresses.
 * @param dmod open handle
 * @param domid the guest
 * @param size how many pages
 * @param src_gfn first guest frame before
 * @param dst_gfn first guest frame afterwards
 * @return 0, or -1 with errno: EINVAL, ENOMEM
 * @since 1.2 (node VERS_1.2)
 */
int xendevicemodel_relocate_memory(xendevicemodel_handle *dmod, domid_t domid, uint32_t size,
                                   uint64_t src_gfn, uint64_t dst_gfn);

/**
 * @brief Set how pages are cached, whatever the guest says.
 * @param dmod open handle
 * @param domid the guest
 * @param start first guest frame
 * @param end last guest frame
 * @param type XEN_DMOP_MEM_CACHEATTR_*, or XEN_DMOP_DELETE_MEM_CACHEATTR
 * @return 0, or -1 with errno: EINVAL, ENOENT, ENOSPC
 * @since 1.2 (node VERS_1.2)
 */
int xendevicemodel_pin_memory_cacheattr(xendevicemodel_handle *dmod, domid_t domid, uint64_t start,
                                        uint64_t end, uint32_t type);

/**
 * @brief How many vCPUs has the guest?
 * @param dmod open handle
 * @param domid the guest
 * @param vcpus where that is stored
 * @return 0, or -1 with errno: EINVAL
 * @since 1.4 (node VERS_1.4)
 */
int xendevicemodel_nr_vcpus(xendevicemodel_handle *dmod, domid_t domid, unsigned int *vcpus);

#ifdef __cplusplus
}
#endif

#endif
