/* SPDX-License-Identifier: MIT */
/* Message-signalled interrupts and PCI configuration space (msi.c, pci.c). */
#ifndef ASM_MSI_H
#define ASM_MSI_H

#include <hv/types.h>

/* bdf: bus << 8 | device << 3 | function */
uint32_t pci_conf_read(uint16_t seg, uint16_t bdf, unsigned int reg, unsigned int size);
void pci_conf_write(uint16_t seg, uint16_t bdf, unsigned int reg, unsigned int size, uint32_t v);
#define PCI_CAP_MSI  0x05
#define PCI_CAP_MSIX 0x11
unsigned int pci_find_capability(uint16_t seg, uint16_t bdf, uint8_t id); /* offset, 0: none */
bool pci_device_present(uint16_t seg, uint16_t bdf);

/* MSI (entry 0) or MSI-X (table_base, the machine address of the table's BAR, != 0: entry of the table) of
 * a device becomes an irq.  Its number, or -ENODEV, -EINVAL, -ENOSPC, -EBUSY (entry in use), -ENOMEM. */
int msi_map(uint16_t seg, uint16_t bdf, unsigned int entry, uint64_t table_base);
int msi_unmap(unsigned int irq);
/* PHYSDEVOP_restore_msi(_ext): program all of the device's again, after its reset or a resume. */
int msi_restore(uint16_t seg, uint16_t bdf);
/* MCFG, from ACPI or PHYSDEVOP_pci_mmcfg_reserved. */
int mmcfg_add(maddr_t base, uint16_t seg, uint8_t first_bus, uint8_t last_bus);

#endif
