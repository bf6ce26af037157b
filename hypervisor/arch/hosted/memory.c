/* SPDX-License-Identifier: MIT */
/* The arena that stands for machine memory, and a guest's view of its frames. */
#include <asm/cpufeature.h>
#include <asm/e820.h>
#include <asm/mm.h>
#include <hosted.h>
#include <hv/arch/mm.h>
#include <hv/guest_access.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

unsigned long hosted_arena, hosted_m2p;
struct page_info *frame_table;
uint64_t max_mfn;

struct e820entry boot_e820[E820_MAX];
unsigned int nr_e820;
struct cpu_data boot_cpu = {.word[CPUID_e1d] = 1U << (FEATURE_PAGE1GB % 32)};
pte_t idle_l4[PTRS_PER_TABLE] __aligned(PAGE_SIZE);
DEFINE_PER_CPU(uint64_t *, gdt_page);

static void *map(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);

    if (p == MAP_FAILED) {
        perror("mmap");
        exit(125);
    }
    return p;
}

void hosted_memory_init(size_t size);
void hosted_memory_init(size_t size)
{
    max_mfn = size >> PAGE_SHIFT;
    hosted_arena = (unsigned long)map(size);
    hosted_m2p = (unsigned long)map(max_mfn * sizeof(uint64_t));
    memset((void *)hosted_m2p, 0xff, max_mfn * sizeof(uint64_t));
    frame_table = map(max_mfn * sizeof(struct page_info));
    boot_e820[0] = (struct e820entry){0, size, E820_RAM};
    nr_e820 = 1;
    heap_init_range(PAGE_SIZE, size);
}

/* --- guests' addresses ------------------------------------------------------------------------ */
/* Page and descriptor tables in use are mapped read-only, in every domain. */
bool hosted_is_writable(const struct page_info *pg)
{
    uint64_t x = read_atomic(&pg->type_info);

    return !(x & PGT_count_mask) || (x & PGT_type_mask) == PGT_writable;
}

/* All of it in frames of the domain that runs, and not read-only if it is to be written? */
static bool is_mine(vaddr_t va, size_t len, bool write)
{
    if (len == 0)
        return true;
    if (va < hosted_arena || va + len < va || va + len > hosted_arena + (max_mfn << PAGE_SHIFT))
        return false;
    for (vaddr_t p = va & PAGE_MASK; p < va + len; p += PAGE_SIZE) {
        struct page_info *pg = virt_to_page((void *)p);

        if (page_get_owner(pg) != current->domain || (write && !hosted_is_writable(pg)))
            return false;
    }
    return true;
}

int copy_from_guest_va(void *dst, vaddr_t guest, size_t len)
{
    if (!is_mine(guest, len, false))
        return -EFAULT;
    if (len)
        memcpy(dst, (const void *)guest, len);
    return 0;
}

int copy_to_guest_va(vaddr_t guest, const void *src, size_t len)
{
    if (!is_mine(guest, len, true))
        return -EFAULT;
    if (len)
        memcpy((void *)guest, src, len);
    return 0;
}

int clear_guest_va(vaddr_t guest, size_t len)
{
    if (!is_mine(guest, len, true))
        return -EFAULT;
    memset((void *)guest, 0, len);
    return 0;
}

/* --- what x86's memory management asks for ---------------------------------------------------- */
void arch_clear_page(void *p)
{
    memset(p, 0, PAGE_SIZE);
}

mfn_t hv_va_to_mfn(vaddr_t va)
{
    if (va >= hosted_m2p && va < hosted_m2p + max_mfn * sizeof(uint64_t))
        return _mfn(1 + (va - hosted_m2p) / PAGE_SIZE);
    return INVALID_MFN;
}

/* No TLB. */
void flush_local(vaddr_t va, unsigned int flags)
{
}

void flush_mask(const cpumask_t *mask, vaddr_t va, unsigned int flags)
{
}
