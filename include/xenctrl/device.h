/* SPDX-License-Identifier: MIT */
/**
 * @file xenctrl/device.h
 * @brief Hardware in domains' hands.  Include xenctrl.h.
 */
#ifndef XENCTRL_DEVICE_H
#define XENCTRL_DEVICE_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @name Permission to use hardware
 * @{
 */

/**
 * @brief Allow or forbid a domain a range of I/O ports.
 * @param xch open handle
 * @param domid the domain
 * @param first_port the first one
 * @param nr_ports how many
 * @param allow_access 0 or 1
 * @return 0, or -1 with errno: ESRCH, EPERM, EINVAL
 * @since 1.0
 */
int xc_domain_ioport_permission(xc_interface *xch, uint32_t domid, uint32_t first_port,
                                uint32_t nr_ports, uint32_t allow_access);

/**
 * @brief Allow or forbid a domain a physical interrupt.
 * @param xch open handle
 * @param domid the domain
 * @param pirq the interrupt
 * @param allow_access whether it may use it
 * @return 0, or -1 with errno: ESRCH, EPERM, EINVAL
 * @since 1.0
 */
int xc_domain_irq_permission(xc_interface *xch, uint32_t domid, uint32_t pirq, bool allow_access);

/**
 * @brief Allow or forbid a domain a range of device memory.
 * @param xch open handle
 * @param domid the domain
 * @param first_mfn the first machine frame
 * @param nr_mfns how many
 * @param allow_access 0 or 1
 * @return 0, or -1 with errno: ESRCH, EPERM, EINVAL
 * @since 1.0
 */
int xc_domain_iomem_permission(xc_interface *xch, uint32_t domid, unsigned long first_mfn,
                               unsigned long nr_mfns, uint8_t allow_access);

/**
 * @brief Map device memory into an HVM domain, or unmap it. A mapping that fails halfway is
 * undone.
 * @param xch open handle
 * @param domid the domain
 * @param first_gfn guest frame of the first one
 * @param first_mfn machine frame of the first one
 * @param nr_mfns how many
 * @param add_mapping DPCI_ADD_MAPPING or DPCI_REMOVE_MAPPING
 * @return 0, or -1 with errno: ESRCH, EPERM, EINVAL, ENOMEM
 * @since 1.0
 */
int xc_domain_memory_mapping(xc_interface *xch, uint32_t domid, unsigned long first_gfn,
                             unsigned long first_mfn, unsigned long nr_mfns, uint32_t add_mapping);

/**
 * @brief Map I/O ports into an HVM domain, or unmap them.
 * @param xch open handle
 * @param domid the domain
 * @param first_gport the first one for the guest
 * @param first_mport the first one of the machine
 * @param nr_ports how many
 * @param add_mapping DPCI_ADD_MAPPING or DPCI_REMOVE_MAPPING
 * @return 0, or -1 with errno: ESRCH, EPERM, EINVAL, ENOMEM
 * @since 1.0
 */
int xc_domain_ioport_mapping(xc_interface *xch, uint32_t domid, uint32_t first_gport,
                             uint32_t first_mport, uint32_t nr_ports, uint32_t add_mapping);

/**
 * @}
 * @name Devices
 * @{
 */

/**
 * @brief Give a PCI device to a domain.
 * @param xch open handle
 * @param domid the domain
 * @param machine_sbdf the device: segment << 16 | bus << 8 | device << 3 | function
 * @param flag XEN_DOMCTL_DEV_RDM_RELAXED or 0
 * @return 0, or -1 with errno: ENOSYS (no IOMMU), ENODEV, EBUSY, EINVAL, ESRCH, EPERM
 * @since 1.0
 */
int xc_assign_device(xc_interface *xch, uint32_t domid, uint32_t machine_sbdf, uint32_t flag);

/**
 * @brief Can a PCI device be given to a domain?
 * @param xch open handle
 * @param domid the domain
 * @param machine_sbdf the device: segment << 16 | bus << 8 | device << 3 | function
 * @return 0, or -1 with errno: ENOSYS (no IOMMU), ENODEV, EINVAL (it is another domain's), EPERM
 * @since 1.0
 */
int xc_test_assign_device(xc_interface *xch, uint32_t domid, uint32_t machine_sbdf);

/**
 * @brief Take a PCI device from a domain.
 * @param xch open handle
 * @param domid the domain
 * @param machine_sbdf the device: segment << 16 | bus << 8 | device << 3 | function
 * @return 0, or -1 with errno: ENOSYS (no IOMMU), ENODEV, EINVAL, ESRCH, EPERM
 * @since 1.0
 */
int xc_deassign_device(xc_interface *xch, uint32_t domid, uint32_t machine_sbdf);

/**
 * @brief Get the PCI devices that must be given together with one.
 * @param xch open handle
 * @param domid the domain
 * @param machine_sbdf the device: segment << 16 | bus << 8 | device << 3 | function
 * @param max_sdevs room in the array
 * @param num_sdevs where it is stored how many they are
 * @param sdev_array where they are stored
 * @return 0, or -1 with errno: ENOSYS (no IOMMU), ENODEV, EPERM
 * @since 1.0
 */
int xc_get_device_group(xc_interface *xch, uint32_t domid, uint32_t machine_sbdf,
                        uint32_t max_sdevs, uint32_t *num_sdevs, uint32_t *sdev_array);

/**
 * @brief Give a device of the device tree to a domain.
 * @param xch open handle
 * @param domid the domain
 * @param path where it stands in the tree
 * @return 0, or -1 with errno: ENOSYS, ENODEV, ESRCH, EPERM
 * @since 1.0
 */
int xc_assign_dt_device(xc_interface *xch, uint32_t domid, char *path);

/**
 * @brief Can a device of the device tree be given to a domain?
 * @param xch open handle
 * @param domid the domain
 * @param path where it stands in the tree
 * @return 0, or -1 with errno: ENOSYS, ENODEV, EPERM
 * @since 1.0
 */
int xc_test_assign_dt_device(xc_interface *xch, uint32_t domid, char *path);

/**
 * @brief Take a device of the device tree from a domain.
 * @param xch open handle
 * @param domid the domain
 * @param path where it stands in the tree
 * @return 0, or -1 with errno: ENOSYS, ENODEV, ESRCH, EPERM
 * @since 1.0
 */
int xc_deassign_dt_device(xc_interface *xch, uint32_t domid, char *path);

/**
 * @brief Not there any more; see xc_assign_device().
 * @param xch open handle
 * @param domid the domain
 * @param bus ignored
 * @param dev ignored
 * @param func ignored
 * @param enable ignored
 * @return always -1 with errno ENOSYS
 * @since 1.0
 */
int xc_physdev_pci_access_modify(xc_interface *xch, uint32_t domid, int bus, int dev, int func,
                                 int enable);

/**
 * @}
 * @name Interrupts
 * @{
 */

/**
 * @brief Make an interrupt line of the machine known to a domain.
 * @param xch open handle
 * @param domid the domain
 * @param index the machine's GSI
 * @param pirq in: the number wanted, or -1; out: the domain's number for it
 * @return 0, or -1 with errno: ESRCH, EPERM, EINVAL, EEXIST, ENOSPC
 * @since 1.0
 */
int xc_physdev_map_pirq(xc_interface *xch, uint32_t domid, int index, int *pirq);

/**
 * @brief Make a message-signalled interrupt of a PCI device known to a domain.
 * @param xch open handle
 * @param domid the domain
 * @param index -1
 * @param pirq in: the number wanted, or -1; out: the domain's number for it
 * @param devfn device << 3 | function
 * @param bus segment << 16 | bus
 * @param entry_nr entry of the MSI-X table
 * @param table_base machine address of that table; 0: MSI
 * @return 0, or -1 with errno: ESRCH, EPERM, EINVAL, ENODEV, ENOSPC
 * @since 1.0
 */
int xc_physdev_map_pirq_msi(xc_interface *xch, uint32_t domid, int index, int *pirq, int devfn,
                            int bus, int entry_nr, uint64_t table_base);

/**
 * @brief Take an interrupt from a domain.
 * @param xch open handle
 * @param domid the domain
 * @param pirq the domain's number for it
 * @return 0, or -1 with errno: ESRCH, EPERM, EINVAL
 * @since 1.0
 */
int xc_physdev_unmap_pirq(xc_interface *xch, uint32_t domid, int pirq);

/**
 * @brief Deliver a message-signalled interrupt to an HVM domain, or change how.
 * @param xch open handle
 * @param domid the domain
 * @param gvec the guest's vector
 * @param pirq the domain's number for it
 * @param gflags XEN_DOMCTL_VMSI_X86_* bits
 * @param gtable guest-physical address of the MSI-X table; 0: MSI
 * @return 0, or -1 with errno: ESRCH, EPERM, EINVAL, ENOSYS
 * @since 1.0
 */
int xc_domain_update_msi_irq(xc_interface *xch, uint32_t domid, uint32_t gvec, uint32_t pirq,
                             uint32_t gflags, uint64_t gtable);

/**
 * @brief Deliver a message-signalled interrupt no more.
 * @param xch open handle
 * @param domid the domain
 * @param gvec the guest's vector
 * @param pirq the domain's number for it
 * @param gflags XEN_DOMCTL_VMSI_X86_* bits
 * @return 0, or -1 with errno: ESRCH, EPERM, EINVAL, ENOSYS
 * @since 1.0
 */
int xc_domain_unbind_msi_irq(xc_interface *xch, uint32_t domid, uint32_t gvec, uint32_t pirq,
                             uint32_t gflags);

/**
 * @brief Deliver an interrupt of the machine to an HVM domain.
 * @param xch open handle
 * @param domid the domain
 * @param machine_irq the domain's number for it
 * @param irq_type PT_IRQ_TYPE_PCI, PT_IRQ_TYPE_MSI_TRANSLATE or PT_IRQ_TYPE_ISA
 * @param bus bus of the guest's PCI device
 * @param device number of the guest's PCI device
 * @param intx its interrupt pin, 0 to 3
 * @param isa_irq the guest's ISA interrupt
 * @return 0, or -1 with errno: ESRCH, EPERM, EINVAL, ENOSYS
 * @since 1.0
 */
int xc_domain_bind_pt_irq(xc_interface *xch, uint32_t domid, uint8_t machine_irq, uint8_t irq_type,
                          uint8_t bus, uint8_t device, uint8_t intx, uint8_t isa_irq);

/**
 * @brief Deliver an interrupt of the machine no more.
 * @param xch open handle
 * @param domid the domain
 * @param machine_irq the domain's number for it
 * @param irq_type PT_IRQ_TYPE_PCI, PT_IRQ_TYPE_MSI_TRANSLATE or PT_IRQ_TYPE_ISA
 * @param bus bus of the guest's PCI device
 * @param device number of the guest's PCI device
 * @param intx its interrupt pin, 0 to 3
 * @param isa_irq the guest's ISA interrupt
 * @return 0, or -1 with errno: ESRCH, EPERM, EINVAL, ENOSYS
 * @since 1.0
 */
int xc_domain_unbind_pt_irq(xc_interface *xch, uint32_t domid, uint8_t machine_irq,
                            uint8_t irq_type, uint8_t bus, uint8_t device, uint8_t intx,
                            uint8_t isa_irq);

/**
 * @brief Deliver an interrupt of the machine as that of a guest's PCI device.
 * @param xch open handle
 * @param domid the domain
 * @param machine_irq the domain's number for it
 * @param bus bus of the guest's PCI device
 * @param device number of the guest's PCI device
 * @param intx its interrupt pin, 0 to 3
 * @return 0, or -1 with errno: ESRCH, EPERM, EINVAL, ENOSYS
 * @since 1.0
 */
int xc_domain_bind_pt_pci_irq(xc_interface *xch, uint32_t domid, uint8_t machine_irq, uint8_t bus,
                              uint8_t device, uint8_t intx);

/**
 * @brief Deliver an ISA interrupt of the machine as the guest's of the same number.
 * @param xch open handle
 * @param domid the domain
 * @param machine_irq its number
 * @return 0, or -1 with errno: ESRCH, EPERM, EINVAL, ENOSYS
 * @since 1.0
 */
int xc_domain_bind_pt_isa_irq(xc_interface *xch, uint32_t domid, uint8_t machine_irq);

/**
 * @brief Arm: deliver a shared peripheral interrupt.
 * @param xch open handle
 * @param domid the domain
 * @param vspi the guest's number
 * @param spi the machine's number
 * @return 0, or -1 with errno: ENOSYS (not Arm), ESRCH, EPERM, EINVAL
 * @since 1.0
 */
int xc_domain_bind_pt_spi_irq(xc_interface *xch, uint32_t domid, uint16_t vspi, uint16_t spi);

/**
 * @brief Arm: deliver a shared peripheral interrupt no more.
 * @param xch open handle
 * @param domid the domain
 * @param vspi the guest's number
 * @param spi the machine's number
 * @return 0, or -1 with errno: ENOSYS (not Arm), ESRCH, EPERM, EINVAL
 * @since 1.0
 */
int xc_domain_unbind_pt_spi_irq(xc_interface *xch, uint32_t domid, uint16_t vspi, uint16_t spi);

/**
 * @brief Arm: give a domain an emulated serial port.
 * @param xch open handle
 * @param type XEN_DOMCTL_VUART_TYPE_*
 * @param domid the domain
 * @param console_domid the domain behind it
 * @param gfn guest frame of the ring
 * @param evtchn where the port is stored that the domain behind it binds to
 * @return 0, or -1 with errno: ENOSYS (not Arm), ESRCH, EPERM, EINVAL
 * @since 1.0
 */
int xc_dom_vuart_init(xc_interface *xch, uint32_t type, uint32_t domid, uint32_t console_domid,
                      xen_pfn_t gfn, evtchn_port_t *evtchn);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
