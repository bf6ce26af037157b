/* SPDX-License-Identifier: MIT */
/* Grant tables: their frames, their sizes, and the hypercall. */
#include "grant_private.h"

#include <hv/access.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/printk.h>
#include <hv/string.h>
#include <xen/memory.h>

#define MOST_FRAMES 4096 /* that any domain may ask for */

int grant_table_init(struct domain *d, uint32_t max_frames, uint32_t max_maptrack_frames)
{
    struct grant_table *gt = &d->grant;

    if (!max_frames || max_frames > MOST_FRAMES || max_maptrack_frames > 64 * MOST_FRAMES)
        return -EINVAL;
    spin_lock_init(&gt->lock);
    gt->max_frames = max_frames;
    gt->max_maptrack_frames = max_maptrack_frames;
    gt->maptrack_free = MAPTRACK_END;
    gt->shared = hv_new_array(struct grant_entry_v1 *, max_frames);
    gt->active = hv_new_array(struct active_grant *, max_frames);
    gt->maptrack = hv_new_array(struct grant_mapping *, max(max_maptrack_frames, 1u));
    if (gt->shared && gt->active && gt->maptrack && !grant_grow(d, 1))
        return 0;
    grant_table_destroy(d);
    return -ENOMEM;
}

void grant_table_destroy(struct domain *d)
{
    struct grant_table *gt = &d->grant;

    for (unsigned int i = 0; i < gt->nr_frames; i++) {
        unshare_xen_page(virt_to_page(gt->shared[i]));
        free_xenheap_pages(gt->shared[i], 0);
        hv_free(gt->active[i]);
    }
    for (unsigned int i = 0; i < gt->maptrack_limit / MAPTRACK_PER_FRAME; i++)
        hv_free(gt->maptrack[i]);
    hv_free(gt->shared);
    hv_free(gt->active);
    hv_free(gt->maptrack);
    *gt = (struct grant_table){0};
}

int grant_grow(struct domain *d, unsigned int nr_frames)
{
    struct grant_table *gt = &d->grant;

    if (nr_frames > gt->max_frames)
        return -EINVAL;
    while (gt->nr_frames < nr_frames) {
        unsigned int i = gt->nr_frames;
        struct grant_entry_v1 *shared = alloc_xenheap_pages(0, 0);
        struct active_grant *active = hv_new_array(struct active_grant, ENTRIES_PER_FRAME);

        if (!shared || !active) {
            if (shared)
                free_xenheap_pages(shared, 0);
            hv_free(active);
            return -ENOMEM;
        }
        memset(shared, 0, PAGE_SIZE);
        share_xen_page_with_guest(virt_to_page(shared), d, true);
        gt->shared[i] = shared;
        gt->active[i] = active;
        gt->nr_frames = i + 1;
    }
    return 0;
}

mfn_t grant_table_frame(struct domain *d, unsigned long idx)
{
    mfn_t mfn = INVALID_MFN;

    spin_lock(&d->grant.lock);
    if (idx < d->grant.max_frames && grant_grow(d, (unsigned int)idx + 1) == 0)
        mfn = virt_to_mfn(d->grant.shared[idx]);
    spin_unlock(&d->grant.lock);
    return mfn;
}

mfn_t grant_status_frame(struct domain *d, unsigned long idx)
{
    return INVALID_MFN; /* version 1 has none */
}

int grant_table_resource(struct domain *d, unsigned int id, unsigned long frame, unsigned int nr,
                         uint64_t *mfns)
{
    if (id != XENMEM_resource_grant_table_id_shared)
        return -EINVAL;
    if (frame + nr < frame || frame + nr > d->grant.max_frames)
        return -EINVAL;
    for (unsigned int i = 0; i < nr; i++) {
        mfns[i] = grant_table_frame(d, frame + i).v;
        if (mfns[i] == INVALID_MFN.v)
            return -ENOMEM;
    }
    return 0;
}

/* --- the hypercall ---------------------------------------------------------------------------------- */

/* The domain an operation names, if the caller may; the status says why not. */
static struct domain *setup_target(domid_t domid, int16_t *status)
{
    struct domain *d = domain_get(domid);

    if (!d || d->is_system) {
        *status = GNTST_bad_domain;
    } else if (may(current->domain, ACCESS_GRANT_SETUP, d, 0)) {
        *status = GNTST_permission_denied;
    } else {
        *status = GNTST_okay;
        return d;
    }
    if (d)
        domain_put(d);
    return NULL;
}

static long setup_table(vaddr_t arg)
{
    struct gnttab_setup_table op;
    struct domain *d;
    long rc = 0;

    if (copy_arg(&op, arg))
        return -EFAULT;
    d = setup_target(op.dom, &op.status);
    if (d) {
        int grown;

        spin_lock(&d->grant.lock);
        grown = op.nr_frames > d->grant.max_frames ? -EINVAL : grant_grow(d, op.nr_frames);
        spin_unlock(&d->grant.lock);
        if (grown)
            op.status = GNTST_general_error;
        for (unsigned int i = 0; !grown && !rc && i < op.nr_frames; i++) {
            xen_pfn_t frame = virt_to_mfn(d->grant.shared[i]).v;

            rc = copy_to_guest_offset(op.frame_list, i, &frame, 1);
        }
        domain_put(d);
    }
    return copy_back(arg, &op) ? -EFAULT : rc;
}

static long query_size(vaddr_t arg)
{
    struct gnttab_query_size op;
    struct domain *d;

    if (copy_arg(&op, arg))
        return -EFAULT;
    d = setup_target(op.dom, &op.status);
    if (d) {
        op.nr_frames = d->grant.nr_frames;
        op.max_nr_frames = d->grant.max_frames;
        domain_put(d);
    }
    return copy_back(arg, &op);
}

static long dump_table(vaddr_t arg)
{
    struct gnttab_dump_table op;
    struct domain *d;

    if (copy_arg(&op, arg))
        return -EFAULT;
    d = setup_target(op.dom, &op.status);
    if (d) {
        printk(XENLOG_INFO "d%d: %u of %u grant frames, %u mappings\n", d->domid, d->grant.nr_frames,
               d->grant.max_frames, d->grant.maptrack_inuse);
        domain_put(d);
    }
    return copy_back(arg, &op);
}

static long set_version(vaddr_t arg)
{
    struct gnttab_set_version op;
    uint32_t wanted;

    if (copy_arg(&op, arg))
        return -EFAULT;
    wanted = op.version;
    op.version = 1;
    if (copy_back(arg, &op))
        return -EFAULT;
    return wanted == 1 ? 0 : wanted == 2 ? -ENOSYS : -EINVAL;
}

static long get_version(vaddr_t arg)
{
    struct gnttab_get_version op;
    int16_t status;
    struct domain *d;

    if (copy_arg(&op, arg))
        return -EFAULT;
    d = setup_target(op.dom, &status);
    if (!d)
        return status == GNTST_bad_domain ? -ESRCH : -EPERM;
    domain_put(d);
    op.version = 1;
    return copy_back(arg, &op);
}

static void swap_refs(struct gnttab_swap_grant_ref *op)
{
    struct grant_table *gt = &current->domain->grant;
    struct active_grant *a, *b;

    spin_lock(&gt->lock);
    if (!grant_ref_valid(gt, op->ref_a) || !grant_ref_valid(gt, op->ref_b)) {
        op->status = GNTST_bad_gntref;
    } else {
        a = grant_active(gt, op->ref_a);
        b = grant_active(gt, op->ref_b);
        if (a->pins_ro || a->pins_rw || b->pins_ro || b->pins_rw) {
            op->status = GNTST_eagain;
        } else {
            struct grant_entry_v1 tmp = *grant_shared(gt, op->ref_a);

            *grant_shared(gt, op->ref_a) = *grant_shared(gt, op->ref_b);
            *grant_shared(gt, op->ref_b) = tmp;
            op->status = GNTST_okay;
        }
    }
    spin_unlock(&gt->lock);
}

/* Operations that come in arrays, each with a status of its own. */
union any_op {
    struct gnttab_map_grant_ref map;
    struct gnttab_unmap_grant_ref unmap;
    struct gnttab_unmap_and_replace replace;
    struct gnttab_copy copy;
    struct gnttab_swap_grant_ref swap;
};

static size_t op_size(unsigned int cmd)
{
    switch (cmd) {
    case GNTTABOP_map_grant_ref:
        return sizeof(struct gnttab_map_grant_ref);
    case GNTTABOP_unmap_grant_ref:
        return sizeof(struct gnttab_unmap_grant_ref);
    case GNTTABOP_unmap_and_replace:
        return sizeof(struct gnttab_unmap_and_replace);
    case GNTTABOP_copy:
        return sizeof(struct gnttab_copy);
    case GNTTABOP_swap_grant_ref:
        return sizeof(struct gnttab_swap_grant_ref);
    default:
        return 0;
    }
}

static void do_one(unsigned int cmd, union any_op *op)
{
    switch (cmd) {
    case GNTTABOP_map_grant_ref:
        grant_map(&op->map);
        break;
    case GNTTABOP_unmap_grant_ref:
        grant_unmap(&op->unmap);
        break;
    case GNTTABOP_unmap_and_replace:
        grant_unmap_and_replace(&op->replace);
        break;
    case GNTTABOP_copy:
        grant_copy(&op->copy);
        break;
    default:
        swap_refs(&op->swap);
        break;
    }
}

static long do_array(struct hypercall_args *a, unsigned int cmd, size_t size)
{
    unsigned int count = (unsigned int)a->a[2];
    union any_op op;

    while (count) {
        if (copy_from_guest_va(&op, a->a[1], size))
            return -EFAULT;
        do_one(cmd, &op);
        if (copy_to_guest_va(a->a[1], &op, size))
            return -EFAULT;
        a->a[1] += size;
        a->a[2] = --count;
        if (count && hypercall_preempt_check())
            return -EPREEMPTED;
    }
    return 0;
}

/* grant_table_op(command, operations, count) */
long do_grant_table_op(struct hypercall_args *a)
{
    unsigned int cmd = (unsigned int)a->a[0];
    size_t size = op_size(cmd);

    if ((int)a->a[2] < 0)
        return -EINVAL;
    if (size)
        return do_array(a, cmd, size);
    if (cmd == GNTTABOP_transfer || cmd == GNTTABOP_get_status_frames || cmd == GNTTABOP_cache_flush)
        return -EOPNOTSUPP;
    if (a->a[2] != 1)
        return -EINVAL;
    switch (cmd) {
    case GNTTABOP_setup_table:
        return setup_table(a->a[1]);
    case GNTTABOP_query_size:
        return query_size(a->a[1]);
    case GNTTABOP_dump_table:
        return dump_table(a->a[1]);
    case GNTTABOP_set_version:
        return set_version(a->a[1]);
    case GNTTABOP_get_version:
        return get_version(a->a[1]);
    default:
        return -ENOSYS;
    }
}
