/* SPDX-License-Identifier: MIT */
/* Segment descriptors: GDT and LDT frames of PV guests. */
#include <asm/gdt.h>
#include <asm/pv_mm.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>

#define DESC_PRESENT   (1UL << 47)
#define DESC_CODEDATA  (1UL << 44) /* S: not a system segment or gate */
#define DESC_DPL_MASK  (3UL << 45)
#define DESCS_PER_PAGE 512
#define LDT_PAGES      16

/* May a guest have this descriptor?  Its kernel runs in ring 3 like all of it: a present
 * segment's privilege level is made 3, gates and system segments are refused. */
bool pv_fix_descriptor(uint64_t *desc)
{
    if (!(*desc & DESC_PRESENT))
        return true;
    if (!(*desc & DESC_CODEDATA))
        return false;
    *desc |= DESC_DPL_MASK;
    return true;
}

int pv_validate_descriptors(struct page_info *pg)
{
    uint64_t *desc = page_to_virt(pg);

    for (unsigned int i = 0; i < DESCS_PER_PAGE; i++)
        if (!pv_fix_descriptor(&desc[i]))
            return -EINVAL;
    return 0;
}

static void put_frames(const mfn_t *frames, unsigned int nr)
{
    for (unsigned int i = 0; i < nr; i++)
        if (frames[i].v)
            put_page_and_type(mfn_to_page(frames[i]));
}

int pv_mm_set_gdt(struct vcpu *v, const uint64_t *frames, unsigned int entries)
{
    unsigned int nr = DIV_ROUND_UP(entries, DESCS_PER_PAGE), i;
    struct pv_mm_vcpu *mm = &v->arch.mm;
    mfn_t new_frames[GUEST_GDT_PAGES] = {{0}}, old_frames[GUEST_GDT_PAGES];

    if (entries > GUEST_GDT_PAGES * DESCS_PER_PAGE)
        return -EINVAL;
    for (i = 0; i < nr; i++) {
        mfn_t mfn = _mfn(frames[i]);

        if (!mfn.v || !mfn_valid(mfn) ||
            !get_page_and_type(mfn_to_page(mfn), v->domain, PGT_seg_desc)) {
            put_frames(new_frames, i);
            return -EINVAL;
        }
        new_frames[i] = mfn;
    }
    for (i = 0; i < GUEST_GDT_PAGES; i++) {
        old_frames[i] = mm->gdt_frames[i];
        mm->gdt_frames[i] = new_frames[i];
        mm->window[i] =
            i < nr ? pte_from_mfn(new_frames[i], PAGE_HYPERVISOR & ~PTE_GLOBAL)
                   : pte_from_mfn(virt_to_mfn(zero_page), PAGE_HYPERVISOR_RO & ~PTE_GLOBAL);
    }
    mm->gdt_entries = entries;
    if (v == current)
        flush_local(0, FLUSH_TLB);
    put_frames(old_frames, GUEST_GDT_PAGES);
    return 0;
}

static void clear_ldt(struct vcpu *v)
{
    struct pv_mm_vcpu *mm = &v->arch.mm;
    mfn_t old[LDT_PAGES] = {{0}};

    for (unsigned int i = 0; i < LDT_PAGES; i++) {
        pte_t pte = mm->window[16 + i];

        mm->window[16 + i] = 0;
        if (pte & PTE_PRESENT)
            old[i] = pte_mfn(pte);
    }
    mm->ldt_entries = 0;
    mm->ldt_base = 0;
    if (v == current) {
        load_ldt(v);
        flush_local(0, FLUSH_TLB);
    }
    put_frames(old, LDT_PAGES);
}

int pv_mm_set_ldt(struct vcpu *v, vaddr_t base, unsigned int entries)
{
    unsigned int nr = DIV_ROUND_UP(entries, DESCS_PER_PAGE);
    struct pv_mm_vcpu *mm = &v->arch.mm;

    if (entries > 8192 || (base & ~PAGE_MASK) || in_hypervisor(base) || !is_canonical(base))
        return -EINVAL;
    clear_ldt(v);
    for (unsigned int i = 0; i < nr; i++) {
        struct page_info *pg = NULL;
        pte_t *slot, pte;

        pv_lock(v->domain);
        slot = pv_walk(mm->kernel_l4, base + i * PAGE_SIZE);
        pte = slot ? read_atomic(slot) : 0;
        if ((pte & PTE_PRESENT) && mfn_valid(pte_mfn(pte)) &&
            get_page(mfn_to_page(pte_mfn(pte)), v->domain))
            pg = mfn_to_page(pte_mfn(pte));
        pv_unlock(v->domain);
        if (!pg || get_page_type(pg, PGT_seg_desc)) {
            if (pg)
                put_page(pg);
            clear_ldt(v);
            return -EINVAL;
        }
        mm->window[16 + i] = pte_from_mfn(page_to_mfn(pg), PAGE_HYPERVISOR & ~PTE_GLOBAL);
    }
    mm->ldt_base = base;
    mm->ldt_entries = entries;
    if (v == current)
        load_ldt(v);
    return 0;
}

long do_set_gdt(struct hypercall_args *a)
{
    unsigned int entries = (unsigned int)a->a[1];
    uint64_t frames[GUEST_GDT_PAGES];

    if (a->a[1] > GUEST_GDT_PAGES * DESCS_PER_PAGE)
        return -EINVAL;
    if (copy_from_guest_va(frames, a->a[0],
                           DIV_ROUND_UP(entries, DESCS_PER_PAGE) * sizeof(frames[0])))
        return -EFAULT;
    return pv_mm_set_gdt(current, frames, entries);
}

/* update_descriptor(machine address, descriptor) */
long do_update_descriptor(struct hypercall_args *a)
{
    struct domain *d = current->domain;
    mfn_t mfn = _mfn(a->a[0] >> PAGE_SHIFT);
    uint64_t desc = a->a[1];
    struct page_info *pg;
    unsigned long type;
    long rc = -EINVAL;

    if ((a->a[0] & 7) || !mfn_valid(mfn) || !pv_fix_descriptor(&desc) ||
        !get_page(pg = mfn_to_page(mfn), d))
        return -EINVAL;
    /* In use as a descriptor table: it stays one meanwhile.  Else plain memory. */
    type = read_atomic(&pg->type_info) & PGT_type_mask;
    type = type == PGT_seg_desc ? PGT_seg_desc : PGT_writable;
    if (get_page_type(pg, type) == 0) {
        write_atomic((uint64_t *)((char *)page_to_virt(pg) + (a->a[0] & ~PAGE_MASK)), desc);
        put_page_type(pg);
        rc = 0;
    }
    put_page(pg);
    return rc;
}
