/* SPDX-License-Identifier: MIT */
/* The address spaces of PV domains and vCPUs: setting up, switching, giving up. */
#include <asm/gdt.h>
#include <asm/pv_mm.h>
#include <hv/string.h>

#define TABLE_FLAGS  (PTE_PRESENT | PTE_RW | PTE_ACCESSED | PTE_DIRTY)
#define VCPUS_PER_L1 16 /* windows of 32 pages */

uint8_t zero_page[PAGE_SIZE] __aligned(PAGE_SIZE);

int pv_mm_domain_create(struct domain *d)
{
    struct pv_mm_domain *mm = &d->arch.mm;
    pte_t *l2;

    spin_lock_init(&mm->pt_lock);
    cpumask_clear(&mm->dirty_cpus);
    mm->perdomain_l3 = alloc_xenheap_pages(0, MEMF_zero);
    l2 = alloc_xenheap_pages(0, MEMF_zero);
    if (!mm->perdomain_l3 || !l2) {
        if (l2)
            free_xenheap_pages(l2, 0);
        pv_mm_domain_destroy(d);
        return -ENOMEM;
    }
    mm->perdomain_l3[0] = pte_from_mfn(virt_to_mfn(l2), TABLE_FLAGS);
    return 0;
}

void pv_mm_domain_destroy(struct domain *d)
{
    struct pv_mm_domain *mm = &d->arch.mm;
    pte_t *l2;

    if (!mm->perdomain_l3)
        return;
    if (mm->perdomain_l3[0] & PTE_PRESENT) {
        l2 = mfn_to_virt(pte_mfn(mm->perdomain_l3[0]));
        for (unsigned int i = 0; i < PTRS_PER_TABLE; i++)
            if (l2[i] & PTE_PRESENT)
                free_xenheap_pages(mfn_to_virt(pte_mfn(l2[i])), 0);
        free_xenheap_pages(l2, 0);
    }
    free_xenheap_pages(mm->perdomain_l3, 0);
    mm->perdomain_l3 = NULL;
}

int pv_mm_vcpu_create(struct vcpu *v)
{
    pte_t *l2 = mfn_to_virt(pte_mfn(v->domain->arch.mm.perdomain_l3[0]));
    pte_t *l2e = &l2[v->id / VCPUS_PER_L1], *l1;
    struct pv_mm_vcpu *mm = &v->arch.mm;

    if (!(*l2e & PTE_PRESENT)) {
        l1 = alloc_xenheap_pages(0, MEMF_zero);
        if (!l1)
            return -ENOMEM;
        *l2e = pte_from_mfn(virt_to_mfn(l1), TABLE_FLAGS);
    }
    l1 = mfn_to_virt(pte_mfn(*l2e));
    mm->window = &l1[v->id % VCPUS_PER_L1 * 32];
    spin_lock_init(&mm->ldt_lock);
    for (unsigned int i = 0; i < 16; i++)
        mm->window[i] = pte_from_mfn(virt_to_mfn(zero_page), PAGE_HYPERVISOR_RO & ~PTE_GLOBAL);
    return 0;
}

static void put_l4(mfn_t l4)
{
    if (l4.v)
        put_page_and_type(mfn_to_page(l4));
}

void pv_mm_vcpu_release(struct vcpu *v)
{
    struct pv_mm_vcpu *mm = &v->arch.mm;
    mfn_t kernel_l4 = mm->kernel_l4, user_l4 = mm->user_l4;

    if (!mm->window)
        return;
    mm->kernel_l4 = mm->user_l4 = _mfn(0);
    put_l4(kernel_l4);
    put_l4(user_l4);
    pv_mm_set_gdt(v, NULL, 0);
    if (mm->ldt_entries)
        pv_mm_set_ldt(v, 0, 0);
}

void pv_mm_vcpu_destroy(struct vcpu *v)
{
    pv_mm_vcpu_release(v);
    v->arch.mm.window = NULL;
}

int pv_mm_set_cr3(struct vcpu *v, mfn_t kernel_l4, mfn_t user_l4)
{
    mfn_t tables[2] = {kernel_l4, user_l4};

    if (!kernel_l4.v)
        return -EINVAL;
    for (unsigned int i = 0; i < 2; i++) {
        if (!tables[i].v)
            continue;
        if (!mfn_valid(tables[i]) ||
            !get_page_and_type(mfn_to_page(tables[i]), v->domain, PGT_l4_table)) {
            if (i == 1)
                put_l4(kernel_l4);
            return -EINVAL;
        }
    }
    put_l4(v->arch.mm.kernel_l4);
    put_l4(v->arch.mm.user_l4);
    v->arch.mm.kernel_l4 = kernel_l4;
    v->arch.mm.user_l4 = user_l4;
    return 0;
}

/* --- switching ------------------------------------------------------------------------------------ */

/* The note says "flushed since": it must not be later than the flush. */
static void load_table(mfn_t l4)
{
    pv_tlb_flushed();
    write_cr3(l4.v << PAGE_SHIFT);
}

void pv_mm_load_cr3(struct vcpu *v)
{
    mfn_t l4 = pv_current_l4(v);

    /* A guest without user tables that claims to be in user mode stays on its kernel's: it sees
     * nothing that is not its own. */
    load_table(l4.v ? l4 : v->arch.mm.kernel_l4);
}

void pv_mm_load_kernel(struct vcpu *v)
{
    load_table(v->arch.mm.kernel_l4);
}

/* Idle vCPUs and containers: the hypervisor runs on its own tables. */
static bool has_no_tables(const struct vcpu *v)
{
    return v->domain->is_idle || v->domain->is_hvm;
}

void pv_mm_switch_from(struct vcpu *v)
{
    if (has_no_tables(v))
        return;
    load_idle_gdt();
    load_ldt(NULL);
    load_table(virt_to_mfn(idle_l4));
    cpumask_unset(smp_processor_id(), &v->domain->arch.mm.dirty_cpus);
}

void pv_mm_switch_to(struct vcpu *v)
{
    pte_t reserved;

    if (has_no_tables(v))
        return;
    reserved = pte_from_mfn(virt_to_mfn(this_cpu(gdt_page)), PAGE_HYPERVISOR & ~PTE_GLOBAL);
    if (v->arch.mm.window[GUEST_GDT_PAGES] != reserved)
        v->arch.mm.window[GUEST_GDT_PAGES] = reserved;
    cpumask_set(smp_processor_id(), &v->domain->arch.mm.dirty_cpus);
    pv_mm_load_cr3(v);
    load_gdt(GDT_VIRT(v->id));
    load_ldt(v);
}

/* --- giving up ------------------------------------------------------------------------------------ */

/* The frame after the cursor on d's list, with a reference; the cursor's is given up.  NULL: the
 * end.  The reference keeps the cursor on the list meanwhile. */
static struct page_info *advance_cursor(struct domain *d)
{
    struct page_info *old = d->arch.mm.cursor, *pg;

    spin_lock(&d->page_lock);
    pg = old ? page_list_next(&d->page_list, old) : page_list_first(&d->page_list);
    while (pg && !get_page(pg, d)) /* on its way out */
        pg = page_list_next(&d->page_list, pg);
    d->arch.mm.cursor = pg;
    spin_unlock(&d->page_lock);
    if (old)
        put_page(old);
    return pg;
}

static void stop_using(struct domain *d)
{
    struct vcpu *v;

    for_each_vcpu (d, v)
        pv_mm_vcpu_release(v);
    pv_lock(d); /* no frame is pinned any more */
    d->arch.mm.relinquishing = true;
    pv_unlock(d);
    /* Whatever any CPU knows of its frames, through mappings of others too, is forgotten once here;
     * later stamps are those of others' mappings alone. */
    pv_tlb_flush_all();
}

int pv_mm_domain_relinquish(struct domain *d)
{
    struct page_info *pg;
    unsigned int n = 0;

    if (!d->arch.mm.relinquishing)
        stop_using(d);
    /* First the page tables are taken down, so that then each frame goes with the domain's own
     * reference, unless somebody else holds one. */
    for (; d->arch.mm.pass < 2; d->arch.mm.pass++) {
        while ((pg = advance_cursor(d)) != NULL) {
            if (d->arch.mm.pass == 1)
                put_page_alloc_ref(pg);
            else if (read_atomic(&pg->type_info) & PGT_pinned)
                pv_mm_unpin(d, pg);
            if (++n % 64 == 0 && hypercall_preempt_check())
                return -EPREEMPTED;
        }
    }
    return 0;
}
