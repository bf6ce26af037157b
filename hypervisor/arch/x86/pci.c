/* SPDX-License-Identifier: MIT */
/* PCI configuration space: mechanism 1 (ports), and memory-mapped where registers from 256 on are
 * asked for. */
#include <asm/mm.h>
#include <asm/msi.h>
#include <asm/processor.h>
#include <hv/errno.h>
#include <hv/spinlock.h>

#define CONFIG_ADDRESS 0xcf8
#define CONFIG_DATA    0xcfc

static spinlock_t pci_lock = SPINLOCK_INIT;

#define MAX_MMCFG 16
static struct mmcfg {
    maddr_t base;
    uint16_t seg;
    uint8_t first, last;
    char *va; /* mapped when first used */
} mmcfg[MAX_MMCFG];
static unsigned int nr_mmcfg;

int mmcfg_add(maddr_t base, uint16_t seg, uint8_t first_bus, uint8_t last_bus)
{
    unsigned long flags;
    int rc = 0;

    if (first_bus > last_bus || (base & ((1 << 20) - 1)))
        return -EINVAL;
    spin_lock_irqsave(&pci_lock, flags);
    for (unsigned int i = 0; i < nr_mmcfg; i++)
        if (mmcfg[i].seg == seg && mmcfg[i].first <= last_bus && mmcfg[i].last >= first_bus)
            goto out; /* known */
    if (nr_mmcfg == MAX_MMCFG)
        rc = -ENOSPC;
    else
        mmcfg[nr_mmcfg++] = (struct mmcfg){base, seg, first_bus, last_bus, NULL};
out:
    spin_unlock_irqrestore(&pci_lock, flags);
    return rc;
}

/* The register's address, or NULL. */
static void *mmcfg_address(uint16_t seg, uint16_t bdf, unsigned int reg)
{
    for (unsigned int i = 0; i < nr_mmcfg; i++) {
        struct mmcfg *m = &mmcfg[i];
        unsigned int bus = bdf >> 8;

        if (m->seg != seg || bus < m->first || bus > m->last)
            continue;
        if (!m->va)
            m->va = map_device(m->base + ((maddr_t)m->first << 20),
                               (size_t)(m->last - m->first + 1) << 20, PAGE_HYPERVISOR_UC);
        return m->va ? m->va + (((size_t)bdf - (m->first << 8)) << 12) + reg : NULL;
    }
    return NULL;
}

static uint32_t mmio_access(void *p, unsigned int size, bool write, uint32_t v)
{
    if (size == 1) {
        if (write)
            *(volatile uint8_t *)p = (uint8_t)v;
        else
            v = *(volatile uint8_t *)p;
    } else if (size == 2) {
        if (write)
            *(volatile uint16_t *)p = (uint16_t)v;
        else
            v = *(volatile uint16_t *)p;
    } else {
        if (write)
            *(volatile uint32_t *)p = v;
        else
            v = *(volatile uint32_t *)p;
    }
    return v;
}

static uint32_t port_access(uint16_t bdf, unsigned int reg, unsigned int size, bool write,
                            uint32_t v)
{
    uint16_t port = (uint16_t)(CONFIG_DATA + (reg & 3));

    outl(0x80000000 | (uint32_t)bdf << 8 | (reg & 0xfc), CONFIG_ADDRESS);
    if (!write)
        return port_in(port, size);
    port_out(port, size, v);
    return v;
}

static uint32_t access(uint16_t seg, uint16_t bdf, unsigned int reg, unsigned int size, bool write,
                       uint32_t v)
{
    void *p = NULL;
    unsigned long flags;

    if (reg + size > 4096 || (reg & (size - 1)))
        return ~0U;
    spin_lock_irqsave(&pci_lock, flags);
    if (seg || reg >= 256)
        p = mmcfg_address(seg, bdf, reg);
    if (p)
        v = mmio_access(p, size, write, v);
    else if (!seg && reg < 256)
        v = port_access(bdf, reg, size, write, v);
    else
        v = ~0U;
    spin_unlock_irqrestore(&pci_lock, flags);
    return v;
}

uint32_t pci_conf_read(uint16_t seg, uint16_t bdf, unsigned int reg, unsigned int size)
{
    return access(seg, bdf, reg, size, false, 0);
}

void pci_conf_write(uint16_t seg, uint16_t bdf, unsigned int reg, unsigned int size, uint32_t v)
{
    (void)access(seg, bdf, reg, size, true, v);
}

bool pci_device_present(uint16_t seg, uint16_t bdf)
{
    uint32_t id = pci_conf_read(seg, bdf, 0, 4) & 0xffff;

    return id != 0xffff && id != 0;
}

unsigned int pci_find_capability(uint16_t seg, uint16_t bdf, uint8_t id)
{
    unsigned int pos;

    if (!pci_device_present(seg, bdf) || !(pci_conf_read(seg, bdf, 6, 2) & 0x10))
        return 0;
    pos = pci_conf_read(seg, bdf, 0x34, 1) & 0xfc;
    for (unsigned int n = 0; pos >= 0x40 && n < 48; n++) {
        uint32_t head = pci_conf_read(seg, bdf, pos, 2);
        if ((head & 0xff) == id)
            return pos;
        pos = head >> 8 & 0xfc;
    }
    return 0;
}
