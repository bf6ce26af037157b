/* SPDX-License-Identifier: MIT */
/* mmuext_op: pinning, base pointers, flushes, descriptor tables. */
#include <asm/pv_mm.h>
#include <hv/access.h>
#include <hv/guest_access.h>
#include <hv/arch/smp.h>
#include <hv/hypercall.h>
#include <hv/string.h>

static long unpin(struct domain *d, mfn_t mfn)
{
    struct page_info *pg;
    bool pinned;

    if (!mfn_valid(mfn) || !get_page(pg = mfn_to_page(mfn), d))
        return -EINVAL;
    pinned = pv_mm_unpin(d, pg);
    put_page(pg);
    return pinned ? 0 : -EINVAL;
}

/* Take a reference and the type of a top-level table; release what *slot held before. */
static long new_base(struct vcpu *v, mfn_t *slot, mfn_t mfn)
{
    struct domain *d = v->domain;
    struct page_info *pg = NULL, *old = NULL;

    if (mfn.v) {
        if (!mfn_valid(mfn) || !get_page(pg = mfn_to_page(mfn), d))
            return -EINVAL;
    }
    pv_lock(d);
    if (pg && pv_get_page_type_locked(pg, PGT_l4_table)) {
        pv_unlock(d);
        put_page(pg);
        return -EINVAL;
    }
    if (slot->v)
        old = mfn_to_page(*slot);
    *slot = mfn;
    if (slot == &v->arch.mm.kernel_l4 && v == current) {
        unsigned long flags = arch_irq_save();
        pv_mm_load_cr3(v); /* before the old table can go */
        arch_irq_restore(flags);
    }
    if (old)
        pv_put_page_type_locked(old);
    pv_unlock(d);
    if (old)
        put_page(old);
    return 0;
}

cpumask_t pv_cpus_of_vcpus(struct domain *d, const unsigned long *bitmap, unsigned int nr)
{
    cpumask_t cpus = {{0}};

    for (unsigned int id = find_next_bit(bitmap, nr, 0); id < nr;
         id = find_next_bit(bitmap, nr, id + 1)) {
        struct vcpu *v = domain_vcpu(d, id);

        if (v)
            cpumask_set(read_atomic(&v->processor), &cpus);
    }
    return cpus;
}

static long flush_vcpus(const struct mmuext_op *op, vaddr_t va, unsigned int flags)
{
    struct domain *d = current->domain;
    unsigned long words[MAX_VCPUS / 64] = {0};
    size_t len = DIV_ROUND_UP(d->max_vcpus, 8);
    cpumask_t cpus;

    if (copy_from_guest_va(words, (vaddr_t)op->arg2.vcpumask.p, len))
        return -EFAULT;
    cpus = pv_cpus_of_vcpus(d, words, d->max_vcpus);
    pv_flush_domain(d, va, flags, &cpus);
    return 0;
}

/* Frames are of d's own numbering. */
static long clear_or_copy(struct domain *d, gfn_t dst, const gfn_t *src)
{
    struct page_info *to = get_page_from_gfn(d, dst), *from = src ? get_page_from_gfn(d, *src) : to;
    long rc = -EINVAL;

    if (to && from && get_page_type(to, PGT_writable) == 0) {
        if (src)
            memcpy(page_to_virt(to), page_to_virt(from), PAGE_SIZE);
        else
            arch_clear_page(page_to_virt(to));
        arch_mark_dirty(d, page_to_mfn(to));
        put_page_type(to);
        rc = 0;
    }
    if (src && from)
        put_page(from);
    if (to)
        put_page(to);
    return rc;
}

static void flush_cache(void *unused)
{
    write_back_caches();
}

static long flush_caches(struct domain *d, bool everywhere)
{
    /* Only who owns device memory has a reason to. */
    if (!d->is_privileged)
        return -EACCES;
    if (everywhere)
        arch_call_function(&cpu_online_map, flush_cache, NULL, true);
    else
        flush_cache(NULL);
    return 0;
}

static long do_one_op(struct domain *pg_owner, const struct mmuext_op *op)
{
    struct vcpu *v = current;
    struct domain *self = v->domain;
    mfn_t mfn = _mfn(op->arg1.mfn);

    switch (op->cmd) {
    case MMUEXT_PIN_L1_TABLE:
    case MMUEXT_PIN_L2_TABLE:
    case MMUEXT_PIN_L3_TABLE:
    case MMUEXT_PIN_L4_TABLE:
        return pv_mm_pin(pg_owner, mfn, op->cmd - MMUEXT_PIN_L1_TABLE + 1);
    case MMUEXT_UNPIN_TABLE:
        return unpin(pg_owner, mfn);
    default:
        break;
    }
    if (op->cmd == MMUEXT_CLEAR_PAGE)
        return clear_or_copy(pg_owner, _gfn(mfn.v), NULL);
    if (op->cmd == MMUEXT_COPY_PAGE)
        return clear_or_copy(pg_owner, _gfn(mfn.v), &(gfn_t){op->arg2.src_mfn});
    /* The rest is about the caller itself. */
    if (pg_owner != self)
        return -EPERM;
    switch (op->cmd) {
    case MMUEXT_NEW_BASEPTR:
        return mfn.v ? new_base(v, &v->arch.mm.kernel_l4, mfn) : -EINVAL;
    case MMUEXT_NEW_USER_BASEPTR:
        return new_base(v, &v->arch.mm.user_l4, mfn);
    case MMUEXT_TLB_FLUSH_LOCAL:
        flush_local(0, FLUSH_TLB);
        return 0;
    case MMUEXT_INVLPG_LOCAL:
        flush_local(op->arg1.linear_addr, FLUSH_TLB_ONE);
        return 0;
    case MMUEXT_TLB_FLUSH_MULTI:
        return flush_vcpus(op, 0, FLUSH_TLB);
    case MMUEXT_INVLPG_MULTI:
        return flush_vcpus(op, op->arg1.linear_addr, FLUSH_TLB_ONE);
    case MMUEXT_TLB_FLUSH_ALL:
        pv_flush_domain(self, 0, FLUSH_TLB, NULL);
        return 0;
    case MMUEXT_INVLPG_ALL:
        pv_flush_domain(self, op->arg1.linear_addr, FLUSH_TLB_ONE, NULL);
        return 0;
    case MMUEXT_FLUSH_CACHE:
        return flush_caches(self, false);
    case MMUEXT_FLUSH_CACHE_GLOBAL:
        return flush_caches(self, true);
    case MMUEXT_SET_LDT:
        return pv_mm_set_ldt(v, op->arg1.linear_addr, op->arg2.nr_ents);
    case MMUEXT_MARK_SUPER:
    case MMUEXT_UNMARK_SUPER:
        return -EOPNOTSUPP;
    default:
        return -ENOSYS;
    }
}

/* mmuext_op(ops, count, pdone, foreigndom) */
long do_mmuext_op(struct hypercall_args *a)
{
    vaddr_t ops = a->a[0];
    unsigned int count = (unsigned int)a->a[1] & ~COUNT_RESUMED, done = 0;
    uint32_t before = pv_done_before(a);
    struct domain *pg_owner = domain_get((domid_t)a->a[3]);
    struct mmuext_op op;
    long rc = 0;

    if (!pg_owner)
        return -ESRCH;
    if (pg_owner != current->domain)
        rc = may(current->domain, ACCESS_MMU_FOREIGN, pg_owner, 0);
    while (!rc && done < count) {
        if (copy_from_guest_va(&op, ops + done * sizeof(op), sizeof(op))) {
            rc = -EFAULT;
            break;
        }
        rc = do_one_op(pg_owner, &op);
        if (rc)
            break;
        done++;
        if (done < count && hypercall_preempt_check()) {
            a->a[0] = ops + done * sizeof(op);
            a->a[1] = (count - done) | COUNT_RESUMED;
            rc = -EPREEMPTED;
        }
    }
    domain_put(pg_owner);
    return pv_tell_done(a, before + done) ?: rc;
}
