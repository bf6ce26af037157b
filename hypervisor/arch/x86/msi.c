/* SPDX-License-Identifier: MIT */
/* Message-signalled interrupts (PCI specification 3.0, section 6.8). */
#include <asm/irq.h>
#include <asm/mm.h>
#include <asm/msi.h>
#include <asm/processor.h>
#include <hv/errno.h>
#include <hv/mm.h>

#define MSI_CTRL         2 /* offsets in the capability */
#define MSI_ENABLE       BIT(0)
#define MSI_MULTI_ENABLE (7 << 4)
#define MSI_64BIT        BIT(7)
#define MSI_MASKABLE     BIT(8)
#define MSIX_ENABLE      BIT(15)
#define MSIX_MASKALL     BIT(14)
#define MSIX_SIZE        0x7ff
#define MSIX_TABLE       4

#define MSIX_ENTRY_SIZE  16
#define MSIX_VECTOR_CTRL 12
#define MSG_ADDRESS      0xfee00000U

struct msi {
    struct msi *next;
    uint16_t seg, bdf;
    unsigned int pos; /* of the capability */
    bool is_msix, masked;
    unsigned int entry;
    char *table; /* MSI-X: the entry */
    unsigned int irq;
    uint32_t address, data; /* as programmed last; address 0: not yet */
};
static struct msi *all_msis;
static spinlock_t msi_lock = SPINLOCK_INIT;

static uint16_t read_ctrl(const struct msi *m)
{
    return (uint16_t)pci_conf_read(m->seg, m->bdf, m->pos + MSI_CTRL, 2);
}

static void write_ctrl(const struct msi *m, uint16_t v)
{
    pci_conf_write(m->seg, m->bdf, m->pos + MSI_CTRL, 2, v);
}

static void set_masked(struct msi *m, bool masked)
{
    uint16_t ctrl = read_ctrl(m);

    m->masked = masked;
    if (m->is_msix) {
        mmio_write32(m->table + MSIX_VECTOR_CTRL,
                     (mmio_read32(m->table + MSIX_VECTOR_CTRL) & ~1U) | masked);
        if (!masked && (ctrl & (MSIX_ENABLE | MSIX_MASKALL)) != MSIX_ENABLE)
            write_ctrl(m, (uint16_t)((ctrl | MSIX_ENABLE) & ~MSIX_MASKALL));
        return;
    }
    if (ctrl & MSI_MASKABLE) {
        unsigned int reg = m->pos + (ctrl & MSI_64BIT ? 16 : 12);
        pci_conf_write(m->seg, m->bdf, reg, 4,
                       (pci_conf_read(m->seg, m->bdf, reg, 4) & ~1U) | masked);
    }
    if (!masked && !(ctrl & MSI_ENABLE))
        write_ctrl(m, (uint16_t)((ctrl | MSI_ENABLE) & ~MSI_MULTI_ENABLE));
}

static void write_message(const struct msi *m)
{
    uint16_t ctrl = read_ctrl(m);

    if (m->is_msix) {
        mmio_write32(m->table, m->address);
        mmio_write32(m->table + 4, 0);
        mmio_write32(m->table + 8, m->data);
        return;
    }
    pci_conf_write(m->seg, m->bdf, m->pos + 4, 4, m->address);
    if (ctrl & MSI_64BIT)
        pci_conf_write(m->seg, m->bdf, m->pos + 8, 4, 0);
    pci_conf_write(m->seg, m->bdf, m->pos + (ctrl & MSI_64BIT ? 12 : 8), 2, m->data);
}

static void mask(unsigned int irq)
{
    set_masked(irq_chip_data(irq), true);
}

static void unmask(unsigned int irq)
{
    set_masked(irq_chip_data(irq), false);
}

static void set_target(unsigned int irq, unsigned int vector, uint32_t apicid)
{
    struct msi *m = irq_chip_data(irq);
    bool was_masked = m->masked;

    m->address = MSG_ADDRESS | (apicid & 0xff) << 12;
    m->data = vector; /* fixed delivery, edge */
    /* An entry must be masked while its parts change. */
    if (!was_masked)
        set_masked(m, true);
    write_message(m);
    if (!was_masked)
        set_masked(m, false);
}

static const struct irq_chip msi_chip = {mask, unmask, set_target};

static int map_msix_entry(struct msi *m, uint64_t table_base)
{
    uint16_t ctrl = read_ctrl(m);
    uint32_t offset = pci_conf_read(m->seg, m->bdf, m->pos + MSIX_TABLE, 4) & ~7U;

    if (m->entry > (ctrl & MSIX_SIZE))
        return -EINVAL;
    m->table = map_device(table_base + offset + m->entry * MSIX_ENTRY_SIZE, MSIX_ENTRY_SIZE,
                          PAGE_HYPERVISOR_UC);
    if (!m->table)
        return -ENOMEM;
    /* The table can only be reached with the capability enabled on some devices. */
    if (!(ctrl & MSIX_ENABLE))
        write_ctrl(m, ctrl | MSIX_ENABLE | MSIX_MASKALL);
    mmio_write32(m->table + MSIX_VECTOR_CTRL, mmio_read32(m->table + MSIX_VECTOR_CTRL) | 1);
    return 0;
}

static bool in_use(const struct msi *m)
{
    for (const struct msi *o = all_msis; o; o = o->next)
        if (o->seg == m->seg && o->bdf == m->bdf && o->is_msix == m->is_msix &&
            o->entry == m->entry)
            return true;
    return false;
}

static void drop(struct msi *m)
{
    if (m->table)
        unmap_device(m->table, MSIX_ENTRY_SIZE);
    hv_free(m);
}

int msi_map(uint16_t seg, uint16_t bdf, unsigned int entry, uint64_t table_base)
{
    struct msi *m = hv_new(struct msi);
    int rc = -ENODEV;

    if (!m)
        return -ENOMEM;
    *m =
        (struct msi){.seg = seg, .bdf = bdf, .entry = entry, .is_msix = table_base, .masked = true};
    m->pos = pci_find_capability(seg, bdf, table_base ? PCI_CAP_MSIX : PCI_CAP_MSI);
    if (!m->pos)
        goto out;
    rc = -EINVAL;
    if (!table_base && entry)
        goto out;
    spin_lock(&msi_lock);
    rc = in_use(m) ? -EBUSY : 0;
    if (!rc && table_base)
        rc = map_msix_entry(m, table_base);
    if (!rc)
        rc = irq_alloc_msi(&msi_chip, m);
    if (rc >= 0) {
        m->irq = (unsigned int)rc;
        m->next = all_msis;
        all_msis = m;
    }
    spin_unlock(&msi_lock);
out:
    if (rc < 0)
        drop(m);
    return rc;
}

int msi_unmap(unsigned int irq)
{
    struct msi **at, *m = NULL;
    bool last = true;

    spin_lock(&msi_lock);
    for (at = &all_msis; *at && (*at)->irq != irq; at = &(*at)->next)
        ;
    if (*at) {
        m = *at;
        *at = m->next;
        irq_free_msi(irq);
        for (const struct msi *o = all_msis; o; o = o->next)
            last &= o->seg != m->seg || o->bdf != m->bdf || o->is_msix != m->is_msix;
        if (last && pci_device_present(m->seg, m->bdf))
            write_ctrl(m, (uint16_t)(read_ctrl(m) & ~(m->is_msix ? MSIX_ENABLE : MSI_ENABLE)));
    }
    spin_unlock(&msi_lock);
    if (!m)
        return -EINVAL;
    drop(m);
    return 0;
}

int msi_restore(uint16_t seg, uint16_t bdf)
{
    int rc = pci_device_present(seg, bdf) ? 0 : -ENODEV;

    spin_lock(&msi_lock);
    for (struct msi *m = rc ? NULL : all_msis; m; m = m->next) {
        bool masked = m->masked;

        if (m->seg != seg || m->bdf != bdf || !m->address)
            continue;
        if (m->is_msix)
            write_ctrl(m, (uint16_t)(read_ctrl(m) | MSIX_ENABLE));
        set_masked(m, true);
        write_message(m);
        set_masked(m, masked);
    }
    spin_unlock(&msi_lock);
    return rc;
}
