/* SPDX-License-Identifier: MIT */
/* ACPI tables (ACPI specification, chapter 5): read once, at boot. */
#include <asm/acpi.h>
#include <asm/mm.h>
#include <asm/msi.h>
#include <asm/processor.h>
#include <hv/cmdline.h>
#include <hv/mm.h>
#include <string.h>

struct acpi_info acpi;

static bool opt_acpi = true, opt_numa = true;
BOOL_OPTION("acpi", opt_acpi);
BOOL_OPTION("numa", opt_numa);

struct rsdp {
    char signature[8];
    uint8_t checksum;
    char oem[6];
    uint8_t revision;
    uint32_t rsdt, length;
    uint64_t xsdt;
} __attribute__((packed));

struct acpi_header {
    char signature[4];
    uint32_t length;
    uint8_t revision, checksum;
    char oem[6], oem_table[8];
    uint32_t oem_revision, creator, creator_revision;
} __attribute__((packed));

static __init bool sum_is_zero(const void *p, size_t len)
{
    const uint8_t *b = p;
    uint8_t sum = 0;

    while (len--)
        sum += *b++;
    return sum == 0;
}

/* A table, mapped (for good: there are a few); NULL: broken. */
static __init const struct acpi_header *map_table(maddr_t at)
{
    const struct acpi_header *h = map_device(at, sizeof(*h), PAGE_HYPERVISOR_RO);
    uint32_t length;

    if (!h)
        return NULL;
    length = h->length;
    if (length < sizeof(*h) || length > 1 << 20)
        return NULL;
    if ((at & (PAGE_SIZE - 1)) + length > PAGE_SIZE)
        h = map_device(at, length, PAGE_HYPERVISOR_RO);
    return h && sum_is_zero(h, length) ? h : NULL;
}

static __init const struct rsdp *search_rsdp(const char *p, size_t size)
{
    for (const char *end = p + size - 20; p <= end; p += 16)
        if (!memcmp(p, "RSD PTR ", 8) && sum_is_zero(p, 20))
            return (const struct rsdp *)p;
    return NULL;
}

static __init bool find_rsdp(maddr_t hint, struct rsdp *out)
{
    const struct rsdp *r = NULL;
    const char *low = map_device(0, 1 << 20, PAGE_HYPERVISOR_RO);
    maddr_t ebda;

    if (!low)
        return false;
    if (hint) { /* the loader's copy, which is in RAM that we map */
        memcpy(out, maddr_to_virt(hint), sizeof(*out));
        if (!memcmp(out->signature, "RSD PTR ", 8))
            return true;
    }
    ebda = (maddr_t) * (const uint16_t *)(low + 0x40e) << 4;
    if (ebda >= 0x80000 && ebda < 0xa0000)
        r = search_rsdp(low + ebda, 1024);
    if (!r)
        r = search_rsdp(low + 0xe0000, 0x20000);
    if (r)
        memcpy(out, r, r->revision >= 2 ? sizeof(*out) : 20);
    return r != NULL;
}

/* --- MADT ----------------------------------------------------------------------------------------- */
struct madt {
    struct acpi_header h;
    uint32_t lapic, flags;
    uint8_t entries[];
} __attribute__((packed));

struct madt_entry {
    uint8_t type, length;
    union {
        struct {
            uint8_t acpiid, apicid;
            uint32_t flags;
        } __attribute__((packed)) lapic;
        struct {
            uint8_t id, reserved;
            uint32_t addr, gsi_base;
        } __attribute__((packed)) ioapic;
        struct {
            uint8_t bus, source;
            uint32_t gsi;
            uint16_t flags;
        } __attribute__((packed)) override;
        struct {
            uint16_t reserved;
            uint64_t addr;
        } __attribute__((packed)) lapic_override;
        struct {
            uint16_t reserved;
            uint32_t apicid, flags, acpiid;
        } __attribute__((packed)) x2apic;
    };
} __attribute__((packed));

static __init void add_cpu(uint32_t apicid, uint32_t acpiid, uint32_t flags)
{
    if (!(flags & 1) || acpi.nr_cpus == NR_CPUS)
        return;
    for (unsigned int i = 0; i < acpi.nr_cpus; i++)
        if (acpi.cpu[i].apicid == apicid)
            return;
    acpi.cpu[acpi.nr_cpus].apicid = apicid;
    acpi.cpu[acpi.nr_cpus++].acpiid = acpiid;
}

static __init void parse_madt_entry(const struct madt_entry *e)
{
    switch (e->type) {
    case 0:
        if (e->length >= 8)
            add_cpu(e->lapic.apicid, e->lapic.acpiid, e->lapic.flags);
        break;
    case 1:
        if (e->length >= 12 && acpi.nr_ioapics < MAX_IOAPICS) {
            acpi.ioapic[acpi.nr_ioapics].id = e->ioapic.id;
            acpi.ioapic[acpi.nr_ioapics].addr = e->ioapic.addr;
            acpi.ioapic[acpi.nr_ioapics++].gsi_base = e->ioapic.gsi_base;
        }
        break;
    case 2:
        if (e->length >= 10 && e->override.source < 16 && acpi.nr_overrides < MAX_ISA_OVERRIDES) {
            acpi.override[acpi.nr_overrides].isa = e->override.source;
            acpi.override[acpi.nr_overrides].gsi = e->override.gsi;
            acpi.override[acpi.nr_overrides++].flags = e->override.flags;
        }
        break;
    case 5:
        if (e->length >= 12)
            acpi.lapic = e->lapic_override.addr;
        break;
    case 9:
        if (e->length >= 16)
            add_cpu(e->x2apic.apicid, e->x2apic.acpiid, e->x2apic.flags);
        break;
    }
}

static __init void parse_madt(const struct acpi_header *h)
{
    const struct madt *m = (const void *)h;
    const uint8_t *p = m->entries, *end = (const uint8_t *)h + h->length;

    acpi.lapic = m->lapic;
    while (p + 2 <= end && p[1] >= 2 && p + p[1] <= end) {
        parse_madt_entry((const void *)p);
        p += p[1];
    }
}

/* --- FADT, HPET, MCFG -------------------------------------------------------------------------------- */
struct fadt {
    struct acpi_header h;
    uint32_t facs, dsdt;
    uint8_t model, profile;
    uint16_t sci_int;
    uint32_t smi_cmd;
    uint8_t acpi_enable, acpi_disable, s4bios_req, pstate_cnt;
    uint32_t pm1a_evt, pm1b_evt, pm1a_cnt, pm1b_cnt, pm2_cnt, pm_tmr, gpe0, gpe1;
    uint8_t pm1_evt_len, pm1_cnt_len, pm2_cnt_len, pm_tmr_len, gpe0_len, gpe1_len, gpe1_base, cst;
    uint16_t c2_lat, c3_lat, flush_size, flush_stride;
    uint8_t duty_offset, duty_width, day_alarm, month_alarm, century;
    uint16_t boot_flags;
    uint8_t reserved;
    uint32_t flags;
    struct acpi_gas reset_reg;
    uint8_t reset_value;
    uint16_t arm_flags;
    uint8_t minor;
    uint64_t x_facs, x_dsdt;
    struct acpi_gas x_pm1a_evt, x_pm1b_evt, x_pm1a_cnt, x_pm1b_cnt, x_pm2_cnt, x_pm_tmr;
} __attribute__((packed));

#define FADT_RESET_REG BIT(10)

/* Fields past the end of an old, short table count as zero. */
#define HAS(f, field) ((f)->h.length >= offsetof(struct fadt, field) + sizeof((f)->field))

static __init uint32_t io_port(uint32_t plain, const struct acpi_gas *x)
{
    return x && x->address && x->space == ACPI_SPACE_IO ? (uint32_t)x->address : plain;
}

static __init void parse_fadt(const struct acpi_header *h)
{
    const struct fadt *f = (const void *)h;

    if (!HAS(f, flags))
        return;
    acpi.sci_int = f->sci_int;
    acpi.pm1a_cnt = (uint16_t)io_port(f->pm1a_cnt, HAS(f, x_pm1a_cnt) ? &f->x_pm1a_cnt : NULL);
    acpi.pm1b_cnt = (uint16_t)io_port(f->pm1b_cnt, HAS(f, x_pm1b_cnt) ? &f->x_pm1b_cnt : NULL);
    if (f->pm_tmr_len == 4)
        acpi.pm_timer_port = io_port(f->pm_tmr, HAS(f, x_pm_tmr) ? &f->x_pm_tmr : NULL);
    if ((f->flags & FADT_RESET_REG) && HAS(f, reset_value)) {
        acpi.has_reset = true;
        acpi.reset_reg = f->reset_reg;
        acpi.reset_value = f->reset_value;
    }
}

static __init void parse_hpet(const struct acpi_header *h)
{
    const struct {
        struct acpi_header h;
        uint32_t id;
        struct acpi_gas base;
    } __attribute__((packed)) *t = (const void *)h;

    if (h->length >= sizeof(*t) && t->base.space == ACPI_SPACE_MEMORY)
        acpi.hpet = t->base.address;
}

static __init void parse_mcfg(const struct acpi_header *h)
{
    const struct {
        uint64_t base;
        uint16_t segment;
        uint8_t first_bus, last_bus;
        uint32_t reserved;
    } __attribute__((packed)) *e = (const void *)((const char *)(h + 1) + 8);

    for (; (const char *)(e + 1) <= (const char *)h + h->length; e++)
        (void)mmcfg_add(e->base, e->segment, e->first_bus, e->last_bus);
}

/* --- SRAT: read when the MADT is known ------------------------------------------------------------ */
static __initdata struct {
    uint64_t start, end;
    unsigned int node;
} numa_range[64];
static __initdata unsigned int nr_numa_ranges;
static __initdata uint32_t domain_of_node[MAX_NUMNODES];

/* Proximity domains become nodes 0, 1, ... in order of appearance. */
static __init unsigned int node_of(uint32_t domain)
{
    for (unsigned int i = 0; i < acpi.nr_nodes; i++)
        if (domain_of_node[i] == domain)
            return i;
    if (acpi.nr_nodes == MAX_NUMNODES)
        return 0;
    domain_of_node[acpi.nr_nodes] = domain;
    return acpi.nr_nodes++;
}

struct srat_entry {
    uint8_t type, length;
    union {
        struct {
            uint8_t domain_low, apicid;
            uint32_t flags;
            uint8_t sapic, domain_high[3];
        } __attribute__((packed)) cpu;
        struct {
            uint32_t domain;
            uint16_t reserved;
            uint64_t base, length;
            uint32_t reserved2, flags;
        } __attribute__((packed)) mem;
        struct {
            uint16_t reserved;
            uint32_t domain, apicid, flags;
        } __attribute__((packed)) x2apic;
    };
} __attribute__((packed));

static __init void set_cpu_node(uint32_t apicid, uint32_t domain)
{
    for (unsigned int i = 0; i < acpi.nr_cpus; i++)
        if (acpi.cpu[i].apicid == apicid)
            acpi.cpu[i].node = (uint8_t)node_of(domain);
}

static __init void parse_srat(const struct acpi_header *h)
{
    const uint8_t *p = (const uint8_t *)(h + 1) + 12, *end = (const uint8_t *)h + h->length;

    for (; p + 2 <= end && p[1] >= 2 && p + p[1] <= end; p += p[1]) {
        const struct srat_entry *e = (const void *)p;

        if (e->type == 0 && e->length >= 16 && (e->cpu.flags & 1))
            set_cpu_node(e->cpu.apicid, e->cpu.domain_low | (uint32_t)e->cpu.domain_high[0] << 8 |
                                            (uint32_t)e->cpu.domain_high[1] << 16 |
                                            (uint32_t)e->cpu.domain_high[2] << 24);
        else if (e->type == 2 && e->length >= 16 && (e->x2apic.flags & 1))
            set_cpu_node(e->x2apic.apicid, e->x2apic.domain);
        else if (e->type == 1 && e->length >= 40 && (e->mem.flags & 1) && e->mem.length &&
                 nr_numa_ranges < ARRAY_SIZE(numa_range)) {
            numa_range[nr_numa_ranges].start = e->mem.base;
            numa_range[nr_numa_ranges].end = e->mem.base + e->mem.length;
            numa_range[nr_numa_ranges++].node = node_of(e->mem.domain);
        }
    }
}

__init void acpi_numa_init(void)
{
    if (opt_numa && acpi.nr_nodes > 1)
        for (unsigned int i = 0; i < nr_numa_ranges; i++)
            heap_set_node_range(numa_range[i].node, numa_range[i].start, numa_range[i].end);
    if (!acpi.nr_nodes)
        acpi.nr_nodes = 1;
}

/* --- all of them ------------------------------------------------------------------------------------------- */
static __init void parse_tables(const struct acpi_header *root, size_t entry_size,
                                const char *signature, void (*parse)(const struct acpi_header *))
{
    const char *p = (const char *)(root + 1), *end = (const char *)root + root->length;

    for (; p + entry_size <= end; p += entry_size) {
        uint64_t at = entry_size == 8 ? *(const uint64_t *)p : *(const uint32_t *)p;
        const struct acpi_header *h = at ? map_table(at) : NULL;

        if (h && !memcmp(h->signature, signature, 4)) {
            parse(h);
            return;
        }
    }
}

__init void acpi_early_init(maddr_t rsdp_hint)
{
    static const struct {
        const char *signature;
        void (*parse)(const struct acpi_header *);
    } wanted[] = {
        {"APIC", parse_madt}, {"FACP", parse_fadt}, {"HPET", parse_hpet},
        {"MCFG", parse_mcfg}, {"SRAT", parse_srat},
    };
    const struct acpi_header *root;
    struct rsdp rsdp = {0};
    bool use_xsdt;

    acpi.lapic = 0xfee00000;
    if (opt_acpi && find_rsdp(rsdp_hint, &rsdp)) {
        use_xsdt = rsdp.revision >= 2 && rsdp.xsdt;
        root = map_table(use_xsdt ? rsdp.xsdt : rsdp.rsdt);
        for (unsigned int i = 0; root && i < ARRAY_SIZE(wanted); i++)
            parse_tables(root, use_xsdt ? 8 : 4, wanted[i].signature, wanted[i].parse);
    }
}

/* --- powering off and resetting ------------------------------------------------------------------------------ */
#define PM1_SLP_EN BIT(13)

int acpi_enter_sleep(unsigned int state, uint32_t pm1a_val, uint32_t pm1b_val)
{
    if (state < 1 || state > 5)
        return -EINVAL;
    if (state != 5)
        return -EOPNOTSUPP; /* suspend of the host */
    if (!acpi.pm1a_cnt)
        return -ENODEV;
    outw((uint16_t)(pm1a_val & ~PM1_SLP_EN), acpi.pm1a_cnt);
    if (acpi.pm1b_cnt)
        outw((uint16_t)(pm1b_val & ~PM1_SLP_EN), acpi.pm1b_cnt);
    wbinvd();
    outw((uint16_t)(pm1a_val | PM1_SLP_EN), acpi.pm1a_cnt);
    if (acpi.pm1b_cnt)
        outw((uint16_t)(pm1b_val | PM1_SLP_EN), acpi.pm1b_cnt);
    return 0;
}

void acpi_reset(void)
{
    if (!acpi.has_reset)
        return;
    if (acpi.reset_reg.space == ACPI_SPACE_IO) {
        outb(acpi.reset_value, (uint16_t)acpi.reset_reg.address);
    } else if (acpi.reset_reg.space == ACPI_SPACE_MEMORY) {
        volatile uint8_t *p = map_device(acpi.reset_reg.address, 1, PAGE_HYPERVISOR_UC);
        if (p)
            *p = acpi.reset_value;
    }
}
