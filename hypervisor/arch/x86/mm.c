/* SPDX-License-Identifier: MIT */
/* The hypervisor's own address space (asm/layout.h), built once at boot and shared by all top-level
 * tables: all level 3 tables of the shared slots exist from the start and stay, so that a later
 * mapping below them is seen everywhere at once. */
#include <asm/acpi.h>
#include <asm/cpufeature.h>
#include <asm/e820.h>
#include <asm/mm.h>
#include <asm/processor.h>
#include <asm/setup.h>
#include <hv/domain.h>
#include <hv/mm.h>
#include <hv/printk.h>
#include <string.h>

#define L2_SIZE   (1UL << 21)
#define LOW_LIMIT 0x100000UL  /* left to the trampoline and to the firmware */
#define EARLY_MAP (1UL << 32) /* what head.S has mapped */

pte_t idle_l4[PTRS_PER_TABLE] __aligned(PAGE_SIZE);
struct page_info *frame_table = (struct page_info *)FRAME_TABLE_START;
uint64_t max_mfn;

static bool heap_ready;
static spinlock_t map_lock = SPINLOCK_INIT;

/* --- memory before the heap --------------------------------------------------------------------- */
struct range {
    maddr_t start, end;
};
static struct range reserved[32]; /* image, modules */
static unsigned int nr_reserved;
static __initdata struct range boot_free[E820_MAX + 32]; /* sorted */
static __initdata unsigned int nr_boot_free;
static __initdata maddr_t boot_limit = EARLY_MAP;

void boot_reserve(maddr_t start, maddr_t end)
{
    BUG_ON(nr_reserved == ARRAY_SIZE(reserved));
    reserved[nr_reserved++] =
        (struct range){ROUND_DOWN(start, PAGE_SIZE), ROUND_UP(end, PAGE_SIZE)};
}

/* Add [start, end) less what is reserved. */
static __init void add_boot_free(maddr_t start, maddr_t end)
{
    for (unsigned int i = 0; i < nr_reserved; i++)
        if (reserved[i].start < end && reserved[i].end > start) {
            if (reserved[i].start > start)
                add_boot_free(start, reserved[i].start);
            start = min(end, reserved[i].end);
        }
    if (start < end && nr_boot_free < ARRAY_SIZE(boot_free))
        boot_free[nr_boot_free++] = (struct range){start, end};
}

/* What entry i of the memory map has for us; false: nothing. */
static __init bool ram_range(unsigned int i, maddr_t *start, maddr_t *end)
{
    const struct e820entry *e = &boot_e820[i];

    *start = ROUND_UP(e->addr, PAGE_SIZE);
    *end = min(ROUND_DOWN(e->addr + e->size, PAGE_SIZE), DIRECTMAP_END - DIRECTMAP_START);
    return e->type == E820_RAM && *start < *end;
}

static __init void find_boot_memory(void)
{
    maddr_t start, end;

    boot_reserve(0, LOW_LIMIT);
    boot_reserve(virt_to_maddr(__image_start), virt_to_maddr(__image_end));
    for (unsigned int i = 0; i < nr_e820; i++) {
        if (!ram_range(i, &start, &end))
            continue;
        max_mfn = max(max_mfn, end >> PAGE_SHIFT);
        heap_note_ram(start, end);
        add_boot_free(start, end);
    }
}

/* From the top of the highest range that has room, below what is mapped yet. */
__init void *boot_alloc(size_t size, size_t align)
{
    struct range *best = NULL;
    maddr_t at = 0;

    size = ROUND_UP(size, PAGE_SIZE);
    align = max(align, PAGE_SIZE);
    for (unsigned int i = 0; i < nr_boot_free; i++) {
        maddr_t end = min(boot_free[i].end, boot_limit), start;

        if (end < boot_free[i].start + size)
            continue;
        start = ROUND_DOWN(end - size, align);
        if (start >= boot_free[i].start && start >= at) {
            best = &boot_free[i];
            at = start;
        }
    }
    if (!best)
        panic("Out of memory at boot: %zu bytes", size);
    if (at + size < best->end && nr_boot_free < ARRAY_SIZE(boot_free))
        boot_free[nr_boot_free++] = (struct range){at + size, best->end};
    best->end = at;
    return maddr_to_virt(at);
}

/* --- tables --------------------------------------------------------------------------------------- */
static __init void *boot_table(void)
{
    void *p = boot_alloc(PAGE_SIZE, PAGE_SIZE);
    memset(p, 0, PAGE_SIZE);
    return p;
}

static pte_t *new_table(void)
{
    return heap_ready ? alloc_xenheap_pages(0, MEMF_zero) : boot_table();
}

#define TABLE_FLAGS (PTE_PRESENT | PTE_RW | PTE_ACCESSED | PTE_DIRTY)

/* The table below *slot, made when there is none. */
static pte_t *next_table(pte_t *slot, uint64_t user)
{
    if (!(*slot & PTE_PRESENT)) {
        pte_t *t = new_table();
        if (!t)
            return NULL;
        *slot = pte_from_mfn(virt_to_mfn(t), TABLE_FLAGS | user);
    }
    ASSERT(!(*slot & PTE_PSE));
    *slot |= user;
    return mfn_to_virt(pte_mfn(*slot));
}

/* Map with the largest pages that fit; level: 3 or 2 at most, 1: 4 KiB pages only. */
static int map_range(pte_t *l4, vaddr_t va, maddr_t ma, uint64_t size, uint64_t flags,
                     unsigned int max_level)
{
    uint64_t user = flags & PTE_USER;

    while (size) {
        pte_t *slot = &l4[pt_index(va, 4)];
        unsigned int level = 4;
        uint64_t step;

        do {
            pte_t *table = next_table(slot, user);
            if (!table)
                return -ENOMEM;
            slot = &table[pt_index(va, --level)];
            step = 1UL << (PAGE_SHIFT + 9 * (level - 1));
        } while (level > 1 && (level > max_level || ((va | ma) & (step - 1)) || size < step ||
                               ((*slot & PTE_PRESENT) && !(*slot & PTE_PSE))));
        *slot = ma | flags | (level > 1 ? PTE_PSE : 0);
        va += step;
        ma += step;
        size -= step;
    }
    return 0;
}

int map_pages(pte_t *l4, vaddr_t va, mfn_t mfn, unsigned long nr, uint64_t flags)
{
    unsigned long irq;
    int rc;

    if (!cpu_has_nx)
        flags &= ~PTE_NX;
    spin_lock_irqsave(&map_lock, irq);
    rc = map_range(l4, va, mfn.v << PAGE_SHIFT, nr << PAGE_SHIFT, flags, 1);
    spin_unlock_irqrestore(&map_lock, irq);
    return rc;
}

static vaddr_t device_va = DEVICE_MAP_START;

void *map_device(maddr_t maddr, size_t size, uint64_t flags)
{
    maddr_t start = ROUND_DOWN(maddr, PAGE_SIZE), end = ROUND_UP(maddr + size, PAGE_SIZE);
    unsigned long irq;
    vaddr_t va = 0;

    spin_lock_irqsave(&map_lock, irq);
    if (end > start && end - start < DEVICE_MAP_END - device_va) {
        va = device_va;
        device_va += end - start + PAGE_SIZE; /* and a gap */
    }
    spin_unlock_irqrestore(&map_lock, irq);
    if (!va ||
        map_pages(idle_l4, va, _mfn(start >> PAGE_SHIFT), (end - start) >> PAGE_SHIFT, flags))
        return NULL;
    return (void *)(va + (maddr - start));
}

/* The addresses are not used again, so that what other CPUs' TLBs remember does no harm: an entry
 * for a table of the firmware's, read only. */
void unmap_device(void *p, size_t size)
{
    vaddr_t va = ROUND_DOWN((vaddr_t)p, PAGE_SIZE), end = ROUND_UP((vaddr_t)p + size, PAGE_SIZE);

    for (; va < end; va += PAGE_SIZE) {
        pte_t *t = idle_l4;
        for (unsigned int level = 4; level > 1; level--)
            t = mfn_to_virt(pte_mfn(t[pt_index(va, level)]));
        t[pt_index(va, 1)] = 0;
        invlpg(va);
    }
}

mfn_t hv_va_to_mfn(vaddr_t va)
{
    const pte_t *t = idle_l4;
    pte_t e;

    for (unsigned int level = 4;; level--) {
        e = read_atomic(&t[pt_index(va, level)]);
        if (!(e & PTE_PRESENT))
            return INVALID_MFN;
        if (level == 1 || (level < 4 && (e & PTE_PSE)))
            return _mfn(pte_mfn(e).v + (va >> PAGE_SHIFT) % (1UL << 9 * (level - 1)));
        t = mfn_to_virt(pte_mfn(e));
    }
}

static __init void map_or_die(vaddr_t va, maddr_t ma, uint64_t size, uint64_t flags)
{
    if (!cpu_has_nx)
        flags &= ~PTE_NX;
    if (map_range(idle_l4, va, ma, size, flags, cpu_has_page1gb ? 3 : 2))
        panic("No memory to map %#lx", ma);
}

static __init void map_image(void)
{
    const struct {
        char *start, *end;
        uint64_t flags;
    } part[] = {
        {__image_start, __text_end, PAGE_HYPERVISOR_RX},
        {__rodata_start, __rodata_end, PAGE_HYPERVISOR_RO},
        {__init_start, __init_data_start, PAGE_HYPERVISOR_RX},
        {__init_data_start, __init_end, PAGE_HYPERVISOR},
        {__data_start, __image_end, PAGE_HYPERVISOR},
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(part); i++)
        map_or_die((vaddr_t)part[i].start, virt_to_maddr(part[i].start),
                   (uint64_t)(part[i].end - part[i].start), part[i].flags);
}

static __init void build_tables(void)
{
    maddr_t start, end;

    for (unsigned int slot = HV_SLOT_FIRST; slot <= HV_SLOT_LAST; slot++)
        if (slot != PERDOMAIN_SLOT)
            idle_l4[slot] = pte_from_mfn(virt_to_mfn(boot_table()), TABLE_FLAGS);
    for (unsigned int i = 0; i < nr_e820; i++)
        if (ram_range(i, &start, &end))
            map_or_die(DIRECTMAP_START + start, start, end - start, PAGE_HYPERVISOR);
    map_image();
}

/* A table indexed by frame number, in pieces of 2 MiB.  Pieces for frames that are not RAM are all one
 * read-only piece: what reads them finds the filling, and nobody has a reason to write. */
struct frame_array {
    vaddr_t base, ro_alias; /* alias: 0: none; guests may read it */
    size_t entry_size;
    int fill;
};
static const struct frame_array frame_table_array = {FRAME_TABLE_START, 0, sizeof(struct page_info),
                                                     0};
static const struct frame_array m2p_array = {M2P_RW_START, M2P_RO_START, sizeof(uint64_t), 0xff};

static __init bool has_ram(maddr_t start, maddr_t end)
{
    for (unsigned int i = 0; i < nr_e820; i++)
        if (boot_e820[i].type == E820_RAM && boot_e820[i].addr < end &&
            boot_e820[i].addr + boot_e820[i].size > start)
            return true;
    return false;
}

static __init void map_frame_array(const struct frame_array *a)
{
    uint64_t frames = L2_SIZE / a->entry_size, pieces = DIV_ROUND_UP(max_mfn, frames);
    void *hole = NULL;

    for (uint64_t i = 0; i < pieces; i++) {
        bool ram = has_ram((i * frames) << PAGE_SHIFT, ((i + 1) * frames) << PAGE_SHIFT);
        void *p = ram ? NULL : hole;

        if (!p) {
            p = boot_alloc(L2_SIZE, L2_SIZE);
            memset(p, a->fill, L2_SIZE);
        }
        if (!ram)
            hole = p;
        map_or_die(a->base + i * L2_SIZE, virt_to_maddr(p), L2_SIZE,
                   ram ? PAGE_HYPERVISOR : PAGE_HYPERVISOR_RO);
        if (a->ro_alias)
            map_or_die(a->ro_alias + i * L2_SIZE, virt_to_maddr(p), L2_SIZE,
                       PAGE_HYPERVISOR_RO | PTE_USER);
    }
}

/* Tools map the machine-to-physical table as frames of DOMID_XEN. */
__init void mm_share_m2p(void)
{
    for (uint64_t mfn = 0; mfn < max_mfn; mfn += L2_SIZE / sizeof(uint64_t)) {
        mfn_t piece = hv_va_to_mfn(M2P_RW_START + mfn * sizeof(uint64_t));
        struct page_info *pg = mfn_to_page(piece);

        if (page_get_owner(pg))
            continue; /* the piece for holes, again */
        for (unsigned int i = 0; i < L2_SIZE / PAGE_SIZE; i++)
            share_xen_page_with_guest(&pg[i], dom_xen, false);
    }
}

__init void mm_boot_init(void)
{
    find_boot_memory();
    build_tables();
    write_cr3(virt_to_maddr(idle_l4));
    boot_limit = max_mfn << PAGE_SHIFT;
    map_frame_array(&frame_table_array);
    map_frame_array(&m2p_array);
    acpi_early_init(boot_rsdp_hint);
    acpi_numa_init();
    heap_ready = true;
    for (unsigned int i = 0; i < nr_boot_free; i++)
        if (boot_free[i].start < boot_free[i].end)
            heap_init_range(boot_free[i].start, boot_free[i].end);
}

void free_boot_memory(void)
{
    vaddr_t init = (vaddr_t)__init_start, init_end = (vaddr_t)__init_end;

    for (unsigned int i = 0; i < nr_boot_modules; i++)
        if (boot_modules[i].size)
            heap_init_range(ROUND_DOWN(boot_modules[i].start, PAGE_SIZE),
                            ROUND_UP(boot_modules[i].start + boot_modules[i].size, PAGE_SIZE));
    nr_boot_modules = 0;
    /* Nothing of it is in use any more, least of all as code. */
    heap_init_range(virt_to_maddr(__init_start), virt_to_maddr(__init_end));
    unmap_device((void *)init, init_end - init);
    flush_mask(&cpu_online_map, 0, FLUSH_TLB_GLOBAL);
}

void arch_clear_page(void *p)
{
    uint64_t words = PAGE_SIZE / 8;

    __asm__ volatile("rep stosq" : "+D"(p), "+c"(words) : "a"(0) : "memory");
}
