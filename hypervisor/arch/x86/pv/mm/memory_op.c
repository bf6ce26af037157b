/* SPDX-License-Identifier: MIT */
/* The machine-to-physical table, and the memory_op commands that are about the machine. */
#include <asm/e820.h>
#include <asm/pv_mm.h>
#include <hv/access.h>
#include <hv/guest_access.h>
#include <hv/string.h>
#include <xen/memory.h>

#define MAX_GUEST_E820 128

struct xen_memory_map_storage {
    unsigned int nr;
    struct e820entry map[];
};

void m2p_set(mfn_t mfn, uint64_t gpfn)
{
    if (mfn.v < max_mfn)
        write_atomic(&((uint64_t *)M2P_RW_START)[mfn.v], gpfn);
}

uint64_t m2p_get(mfn_t mfn)
{
    return mfn.v < max_mfn ? read_atomic(&((uint64_t *)M2P_RW_START)[mfn.v]) : M2P_INVALID;
}

struct page_info *get_page_from_gfn(struct domain *d, gfn_t gfn)
{
    struct page_info *pg;

    if (d->is_hvm)
        return hvm_get_page_from_gfn(d, gfn);
    /* A PV guest's frame numbers are the machine's. */
    if (!mfn_valid(_mfn(gfn.v)))
        return NULL;
    pg = mfn_to_page(_mfn(gfn.v));
    return get_page(pg, d) ? pg : NULL;
}

int arch_physmap_add(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order)
{
    if (d->is_hvm)
        return hvm_physmap_add(d, gfn, mfn, order);
    for (unsigned long i = 0; i < 1UL << order; i++)
        m2p_set(_mfn(mfn.v + i), gfn.v + i);
    return 0;
}

int arch_physmap_remove(struct domain *d, gfn_t gfn, mfn_t mfn)
{
    if (d->is_hvm)
        return hvm_physmap_remove(d, gfn, mfn);
    m2p_set(mfn, M2P_INVALID);
    return 0;
}

/* Frames of the table itself, one for each 2 MiB of it, for tools that map it. */
static long machphys_mfn_list(vaddr_t arg)
{
    const vaddr_t step = 2UL << 20, end = M2P_RW_START + max_mfn * sizeof(uint64_t);
    struct xen_machphys_mfn_list list;
    unsigned int i = 0;

    if (copy_arg(&list, arg))
        return -EFAULT;
    for (vaddr_t va = M2P_RW_START; i < list.max_extents && va < end; va += step, i++) {
        xen_pfn_t mfn = hv_va_to_mfn(va).v;

        if (copy_to_guest_offset(list.extent_start, i, &mfn, 1))
            return -EFAULT;
    }
    list.nr_extents = i;
    return copy_back(arg, &list);
}

static long machphys_mapping(vaddr_t arg)
{
    struct xen_machphys_mapping m = {
        .v_start = M2P_RO_START, .v_end = M2P_RO_START + (256UL << 30), .max_mfn = max_mfn - 1};
    return copy_back(arg, &m);
}

static long copy_map_out(vaddr_t arg, const struct e820entry *map, unsigned int nr)
{
    struct xen_memory_map m;

    if (copy_arg(&m, arg))
        return -EFAULT;
    m.nr_entries = min(m.nr_entries, nr);
    for (unsigned int i = 0; i < m.nr_entries; i++)
        if (copy_to_guest_va((vaddr_t)m.buffer.p + i * sizeof(*map), &map[i], sizeof(*map)))
            return -EFAULT;
    return copy_back(arg, &m);
}

static long memory_map(vaddr_t arg)
{
    struct domain *d = current->domain;
    struct xen_memory_map_storage *copy = NULL;
    long rc = -ENOSYS;

    copy = hv_alloc(sizeof(*copy) + MAX_GUEST_E820 * sizeof(struct e820entry));
    if (!copy)
        return -ENOMEM;
    spin_lock(&d->lock);
    if (d->arch.e820)
        memcpy(copy, d->arch.e820, sizeof(*copy) + d->arch.e820->nr * sizeof(struct e820entry));
    spin_unlock(&d->lock);
    if (copy->nr)
        rc = copy_map_out(arg, copy->map, copy->nr);
    hv_free(copy);
    return rc;
}

static long set_memory_map(vaddr_t arg)
{
    struct xen_foreign_memory_map f;
    struct xen_memory_map_storage *map, *old;
    struct domain *d;
    long rc;

    if (copy_arg(&f, arg))
        return -EFAULT;
    if (f.map.nr_entries > MAX_GUEST_E820)
        return -E2BIG;
    rc = find_target(f.domid, ACCESS_MEMORY, XENMEM_set_memory_map, &d);
    if (rc)
        return rc;
    map = hv_alloc(sizeof(*map) + f.map.nr_entries * sizeof(struct e820entry));
    if (!map) {
        rc = -ENOMEM;
    } else if (copy_from_guest_va(map->map, (vaddr_t)f.map.buffer.p,
                                  f.map.nr_entries * sizeof(struct e820entry))) {
        rc = -EFAULT;
    } else {
        map->nr = f.map.nr_entries;
        spin_lock(&d->lock);
        old = d->arch.e820;
        d->arch.e820 = map;
        spin_unlock(&d->lock);
        map = old;
    }
    hv_free(map);
    domain_put(d);
    return rc;
}

long arch_memory_op(unsigned int cmd, vaddr_t arg)
{
    switch (cmd) {
    case XENMEM_machphys_mapping:
        return machphys_mapping(arg);
    case XENMEM_machphys_mfn_list:
        return machphys_mfn_list(arg);
    case XENMEM_memory_map:
        return memory_map(arg);
    case XENMEM_machine_memory_map:
        return may(current->domain, ACCESS_SYSCTL, NULL, cmd)
                   ?: copy_map_out(arg, boot_e820, nr_e820);
    case XENMEM_set_memory_map:
        return set_memory_map(arg);
    default:
        return -ENOSYS;
    }
}
