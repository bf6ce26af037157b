/* SPDX-License-Identifier: MIT */
/* mmu_update and update_va_mapping: changes of single entries. */
#include <asm/pv_mm.h>
#include <hv/access.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>

/* Requests done between two looks at whether somebody else wants the CPU. */
#define BATCH 16

/* The domains an mmu_update is about, each with a reference. */
struct update_domains {
    struct domain *pt; /* whose tables change */
    struct domain *pg; /* whose frames are entered */
};

static struct domain *get_page_owner_domain(domid_t domid)
{
    struct domain *d;

    if (domid == DOMID_IO)
        d = dom_io;
    else if (domid == DOMID_XEN)
        d = dom_xen;
    else
        return domain_get(domid);
    domain_ref(d);
    return d;
}

static void put_domains(struct update_domains *u)
{
    if (u->pg)
        domain_put(u->pg);
    if (u->pt)
        domain_put(u->pt);
}

static int get_domains(struct update_domains *u, uint32_t foreigndom)
{
    domid_t pt_dom = foreigndom >> 16;
    struct domain *self = current->domain;
    int rc = 0;

    /* The upper half names the tables' owner plus one; zero is the caller. */
    u->pt = pt_dom ? domain_get(pt_dom - 1) : domain_get(DOMID_SELF);
    u->pg = get_page_owner_domain(foreigndom & 0xffff);
    if (!u->pt || !u->pg || u->pt->is_system || u->pt->is_hvm)
        rc = -ESRCH;
    else if ((u->pt != self && may(self, ACCESS_MMU_FOREIGN, u->pt, 0)) ||
             (u->pg != self && u->pg != dom_io && may(self, ACCESS_MMU_FOREIGN, u->pg, 0)))
        rc = -EPERM;
    if (rc) {
        put_domains(u);
        u->pt = u->pg = NULL;
    }
    return rc;
}

/* A level 1 entry names a frame of a container by the container's own number: *pte gets the machine's.
 * The page comes with a reference, NULL: there is none to translate. */
static int translate(struct domain *pg_owner, pte_t *pte, struct page_info **pg)
{
    gfn_t gfn = _gfn((*pte & PTE_ADDR_MASK) >> PAGE_SHIFT);

    *pg = NULL;
    if (!pg_owner->is_hvm || !(*pte & PTE_PRESENT))
        return 0;
    *pg = get_page_from_gfn(pg_owner, gfn);
    if (!*pg)
        return -EINVAL;
    *pte = pte_from_mfn(page_to_mfn(*pg), PTE_FLAGS(*pte));
    return 0;
}

static int update_entry(const struct update_domains *u, maddr_t maddr, uint64_t val,
                        bool preserve_ad)
{
    mfn_t mfn = _mfn(maddr >> PAGE_SHIFT);
    struct page_info *pg;
    unsigned int level;
    pte_t *slot;
    int rc;

    if (!mfn_valid(mfn) || !get_page(pg = mfn_to_page(mfn), u->pt))
        return -EINVAL;
    slot = (pte_t *)((char *)mfn_to_virt(mfn) + (maddr & ~PAGE_MASK & ~7UL));
    pv_lock(u->pt);
    level = pv_table_level(read_atomic(&pg->type_info));
    if (level && (read_atomic(&pg->type_info) & PGT_validated)) {
        rc = pv_mod_entry(u->pt, u->pg, slot, level, val, preserve_ad);
    } else if (!level && get_page_type(pg, PGT_writable) == 0) {
        /* No page table (yet): plain memory, which the caller could have written itself. */
        write_atomic(slot, val);
        put_page_type(pg);
        rc = 0;
    } else {
        rc = -EINVAL;
    }
    pv_unlock(u->pt);
    put_page(pg);
    return rc;
}

static int update_m2p(const struct update_domains *u, maddr_t maddr, uint64_t gpfn)
{
    mfn_t mfn = _mfn(maddr >> PAGE_SHIFT);
    struct page_info *pg;

    if (u->pg->is_hvm || !mfn_valid(mfn) || !get_page(pg = mfn_to_page(mfn), u->pg))
        return -EINVAL;
    m2p_set(mfn, gpfn);
    put_page(pg);
    return 0;
}

static int do_one_update(const struct update_domains *u, const struct mmu_update *req)
{
    maddr_t maddr = req->ptr & ~3UL;
    struct page_info *pg;
    pte_t val = req->val;
    int rc;

    switch (req->ptr & 3) {
    case MMU_NORMAL_PT_UPDATE:
    case MMU_PT_UPDATE_PRESERVE_AD:
        rc = translate(u->pg, &val, &pg);
        if (!rc)
            rc = update_entry(u, maddr, val, (req->ptr & 3) == MMU_PT_UPDATE_PRESERVE_AD);
        if (pg)
            put_page(pg);
        return rc;
    case MMU_PT_UPDATE_NO_TRANSLATE:
        return update_entry(u, maddr, val, false);
    case MMU_MACHPHYS_UPDATE:
        return update_m2p(u, maddr, val);
    default:
        return -ENOSYS;
    }
}

/* How many requests of a list were done before it was preempted: the guest's counter says so
 * itself, in between.  (Registers that are no arguments must come back to it unchanged.) */
uint32_t pv_done_before(const struct hypercall_args *a)
{
    uint32_t done = 0;

    if (!(a->a[1] & COUNT_RESUMED) || !a->a[2] || copy_arg(&done, a->a[2]))
        return 0;
    return done;
}

int pv_tell_done(const struct hypercall_args *a, uint32_t done)
{
    return a->a[2] ? copy_back(a->a[2], &done) : 0;
}

/* mmu_update(reqs, count, pdone, foreigndom) */
long do_mmu_update(struct hypercall_args *a)
{
    vaddr_t reqs = a->a[0];
    unsigned int count = (unsigned int)a->a[1] & ~COUNT_RESUMED, done = 0;
    uint32_t before = pv_done_before(a);
    struct update_domains u = {0};
    struct mmu_update req[BATCH];
    long rc = get_domains(&u, (uint32_t)a->a[3]);

    while (!rc && done < count) {
        unsigned int nr = min(count - done, (unsigned int)BATCH);

        if (copy_from_guest_va(req, reqs + done * sizeof(req[0]), nr * sizeof(req[0]))) {
            rc = -EFAULT;
            break;
        }
        for (unsigned int i = 0; i < nr && !rc; i++) {
            rc = do_one_update(&u, &req[i]);
            done += !rc;
        }
        if (!rc && done < count && hypercall_preempt_check()) {
            a->a[0] = reqs + done * sizeof(req[0]);
            a->a[1] = (count - done) | COUNT_RESUMED;
            rc = -EPREEMPTED;
        }
    }
    put_domains(&u);
    return pv_tell_done(a, before + done) ?: rc;
}

static long flush_after(struct domain *d, vaddr_t va, unsigned long flags)
{
    unsigned int what = (flags & UVMF_FLUSHTYPE_MASK) == UVMF_TLB_FLUSH ? FLUSH_TLB : FLUSH_TLB_ONE;
    unsigned long where = flags & ~UVMF_FLUSHTYPE_MASK, vmask;
    cpumask_t cpus;

    if ((flags & UVMF_FLUSHTYPE_MASK) == UVMF_NONE)
        return 0;
    if (where == UVMF_LOCAL) {
        flush_local(va, what);
    } else if (where == UVMF_ALL) {
        pv_flush_domain(d, va, what, NULL);
    } else {
        /* A pointer to a bitmap of the guest's vCPUs. */
        if (copy_from_guest_va(&vmask, where, sizeof(vmask)))
            return -EFAULT;
        cpus = pv_cpus_of_vcpus(d, &vmask, 64);
        pv_flush_domain(d, va, what, &cpus);
    }
    return 0;
}

static long update_va(vaddr_t va, pte_t val, unsigned long flags, struct domain *pg_owner)
{
    struct vcpu *v = current;
    struct domain *d = v->domain;
    struct page_info *pg;
    pte_t *slot;
    long rc = translate(pg_owner, &val, &pg);

    if (rc)
        return rc;
    rc = -EINVAL;
    pv_lock(d);
    slot = pv_walk(pv_current_l4(v), va);
    if (slot)
        rc = pv_mod_entry(d, pg_owner, slot, 1, val, false);
    pv_unlock(d);
    if (pg)
        put_page(pg);
    return rc ? rc : flush_after(d, va, flags);
}

long do_update_va_mapping(struct hypercall_args *a)
{
    return update_va(a->a[0], a->a[1], a->a[2], current->domain);
}

long do_update_va_mapping_otherdomain(struct hypercall_args *a)
{
    struct domain *pg_owner = get_page_owner_domain((domid_t)a->a[3]);
    long rc;

    if (!pg_owner)
        return -ESRCH;
    rc = pg_owner == current->domain || pg_owner == dom_io
             ? 0
             : may(current->domain, ACCESS_MMU_FOREIGN, pg_owner, 0);
    if (!rc)
        rc = update_va(a->a[0], a->a[1], a->a[2], pg_owner);
    domain_put(pg_owner);
    return rc;
}
