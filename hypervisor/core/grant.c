/* SPDX-License-Identifier: MIT */
/* Grant tables, version 1: the table, uses of its entries, and the hypercall.
 *
 * The granter can write its entries at any time.  What an entry said is settled by one compare and
 * exchange that marks it in use; the frame is then remembered on our side. */
#include <hv/access.h>
#include <hv/arch/mm.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/printk.h>
#include <hv/string.h>
#include <xen/memory.h>
#include "grant.h"

#define MAX_GRANT_FRAMES    1024
#define MAX_MAPTRACK_FRAMES 32768
#define ACTIVE_ORDER        1 /* pages of active entries for a shared frame */
_Static_assert(sizeof(struct active_grant) * GRANTS_PER_FRAME == PAGE_SIZE << ACTIVE_ORDER,
               "an array of active grants fills its pages");

/* --- the table -------------------------------------------------------------------------------- */
int grant_grow(struct domain *d, unsigned int nr_frames)
{
    struct grant_table *gt = &d->grant;

    if (nr_frames > gt->max_frames)
        return -EINVAL;
    while (gt->nr_frames < nr_frames) {
        unsigned int i = gt->nr_frames;
        void *shared = alloc_xenheap_pages(0, MEMF_zero);
        void *active = alloc_xenheap_pages(ACTIVE_ORDER, MEMF_zero);

        if (!shared || !active || d->is_dying) {
            free_xenheap_pages(shared, 0);
            free_xenheap_pages(active, ACTIVE_ORDER);
            return d->is_dying ? -EINVAL : -ENOMEM;
        }
        gt->shared[i] = shared;
        gt->active[i] = active;
        share_xen_page_with_guest(virt_to_page(shared), d, true);
        gt->nr_frames++;
    }
    return 0;
}

int grant_table_init(struct domain *d, uint32_t max_frames, uint32_t max_maptrack_frames)
{
    struct grant_table *gt = &d->grant;

    spin_lock_init(&gt->lock);
    if (max_frames > MAX_GRANT_FRAMES || max_maptrack_frames > MAX_MAPTRACK_FRAMES)
        return -EINVAL;
    gt->max_frames = max_frames;
    gt->max_maptrack_frames = max_maptrack_frames;
    gt->maptrack_free = ~0U;
    gt->shared = hv_new_array(struct grant_entry_v1 *, max_frames + 1);
    gt->active = hv_new_array(struct active_grant *, max_frames + 1);
    gt->maptrack = hv_new_array(struct grant_mapping *, max_maptrack_frames + 1);
    if (!gt->shared || !gt->active || !gt->maptrack)
        return -ENOMEM;
    return 0;
}

void grant_table_destroy(struct domain *d)
{
    struct grant_table *gt = &d->grant;

    for (unsigned int i = 0; i < gt->nr_frames; i++) {
        free_xenheap_pages(gt->shared[i], 0);
        free_xenheap_pages(gt->active[i], ACTIVE_ORDER);
    }
    gt->nr_frames = 0;
    if (gt->maptrack)
        for (unsigned int i = 0; i < gt->max_maptrack_frames; i++)
            hv_free(gt->maptrack[i]);
    hv_free(gt->shared);
    hv_free(gt->active);
    hv_free(gt->maptrack);
    gt->shared = NULL;
    gt->active = NULL;
    gt->maptrack = NULL;
}

mfn_t grant_table_frame(struct domain *d, unsigned long idx)
{
    struct grant_table *gt = &d->grant;
    mfn_t mfn = INVALID_MFN;

    spin_lock(&gt->lock);
    if (idx < gt->max_frames && grant_grow(d, (unsigned int)idx + 1) == 0)
        mfn = virt_to_mfn(gt->shared[idx]);
    spin_unlock(&gt->lock);
    return mfn;
}

int grant_table_resource(struct domain *d, unsigned int id, unsigned long frame, unsigned int nr,
                         uint64_t *mfns)
{
    struct grant_table *gt = &d->grant;
    int rc;

    if (id != XENMEM_resource_grant_table_id_shared)
        return -EINVAL;
    if (!nr || frame >= gt->max_frames || nr > gt->max_frames - frame)
        return -EINVAL;
    spin_lock(&gt->lock);
    rc = grant_grow(d, (unsigned int)frame + nr);
    for (unsigned int i = 0; i < nr && !rc; i++)
        mfns[i] = virt_to_mfn(gt->shared[frame + i]).v;
    spin_unlock(&gt->lock);
    return rc;
}

/* --- uses of an entry; the granter's gt->lock is held ----------------------------------------- */
/* Flags and domain id of an entry are one 32-bit word. */
static uint32_t *entry_word(const struct grant_table *gt, grant_ref_t ref)
{
    return (uint32_t *)grant_shared(gt, ref);
}

static int mark_in_use(uint32_t *word, domid_t user, bool readonly)
{
    uint32_t w = read_atomic(word), seen;

    for (unsigned int tries = 0; tries < 5; tries++, w = seen) {
        uint16_t flags = (uint16_t)w;
        uint32_t fresh = w | GTF_reading | (readonly ? 0 : GTF_writing);

        if ((flags & GTF_type_mask) != GTF_permit_access || w >> 16 != user ||
            (flags & GTF_sub_page) || (!readonly && (flags & GTF_readonly)))
            return GNTST_general_error;
        seen = cmpxchg(word, w, fresh);
        if (seen == w)
            return GNTST_okay;
    }
    return GNTST_general_error; /* the granter keeps changing it */
}

static bool has_writers(const struct active_grant *act)
{
    return act->writers || act->dev_writers;
}

static bool has_users(const struct active_grant *act)
{
    return act->readers || act->dev_readers || has_writers(act);
}

/* When a kind of use has ended, the entry says so. */
static void unmark(uint32_t *word, const struct active_grant *act)
{
    uint16_t clear = 0;

    if (!has_writers(act))
        clear |= GTF_writing;
    if (!has_users(act))
        clear |= GTF_reading;
    if (clear)
        __atomic_and_fetch((uint16_t *)word, (uint16_t)~clear, __ATOMIC_SEQ_CST);
}

static void put_frame(struct page_info *pg, bool writable)
{
    if (writable)
        put_page_and_type(pg);
    else
        put_page(pg);
}

/* The frame that an entry names, a guest frame number where the granter has such: what is there
 * now. */
static mfn_t frame_of_entry(struct domain *granter, uint32_t frame)
{
    struct page_info *pg;

    if (!granter->is_hvm)
        return _mfn(frame);
    pg = get_page_from_gfn(granter, _gfn(frame));
    if (!pg)
        return INVALID_MFN;
    put_page(pg); /* get_frames() finds out whether it still is the granter's */
    return page_to_mfn(pg);
}

/* A reference for each kind of mapping. */
static bool get_frames(struct domain *granter, mfn_t mfn, unsigned int flags)
{
    const bool writable = !(flags & GNTMAP_readonly);
    unsigned int wanted = !!(flags & GNTMAP_host_map) + !!(flags & GNTMAP_device_map), n;
    struct page_info *pg;

    if (!mfn_valid(mfn))
        return false;
    pg = mfn_to_page(mfn);
    for (n = 0; n < wanted; n++)
        if (writable ? !get_page_and_type(pg, granter, PGT_writable) : !get_page(pg, granter))
            break;
    if (n == wanted)
        return true;
    while (n--)
        put_frame(pg, writable);
    return false;
}

static bool count_is_full(const struct active_grant *act)
{
    return act->readers == UINT16_MAX || act->writers == UINT16_MAX ||
           act->dev_readers == UINT16_MAX || act->dev_writers == UINT16_MAX;
}

static void count_use(struct active_grant *act, unsigned int flags, int by)
{
    const bool readonly = flags & GNTMAP_readonly;
    uint16_t *host = readonly ? &act->readers : &act->writers;
    uint16_t *dev = readonly ? &act->dev_readers : &act->dev_writers;

    if (flags & GNTMAP_host_map)
        *host = (uint16_t)(*host + by);
    if (flags & GNTMAP_device_map)
        *dev = (uint16_t)(*dev + by);
}

static int acquire_locked(struct domain *user, struct domain *granter, grant_ref_t ref,
                          unsigned int flags, mfn_t *frame)
{
    struct grant_table *gt = &granter->grant;
    const bool readonly = flags & GNTMAP_readonly;
    struct active_grant *act;
    uint32_t *word;
    bool first;
    int rc;

    if (ref >= grant_nr_entries(gt))
        return GNTST_bad_gntref;
    act = grant_active(gt, ref);
    word = entry_word(gt, ref);
    first = !has_users(act);
    if (!first && act->domid != user->domid)
        return GNTST_general_error;
    if (count_is_full(act))
        return GNTST_no_space;
    if (first || (!readonly && !has_writers(act))) {
        rc = mark_in_use(word, user->domid, readonly);
        if (rc != GNTST_okay)
            return rc;
    }
    if (first) {
        act->domid = user->domid;
        act->frame =
            (uint32_t)frame_of_entry(granter, read_atomic(&grant_shared(gt, ref)->frame)).v;
    }
    *frame = _mfn(act->frame);
    if (!get_frames(granter, *frame, flags)) {
        unmark(word, act);
        return GNTST_general_error;
    }
    count_use(act, flags, 1);
    return GNTST_okay;
}

int grant_acquire(struct domain *user, struct domain *granter, grant_ref_t ref, unsigned int flags,
                  mfn_t *frame)
{
    int rc;

    spin_lock(&granter->grant.lock);
    rc = acquire_locked(user, granter, ref, flags, frame);
    spin_unlock(&granter->grant.lock);
    return rc;
}

void grant_release(struct domain *granter, grant_ref_t ref, mfn_t frame, unsigned int flags)
{
    struct grant_table *gt = &granter->grant;
    struct page_info *pg = mfn_to_page(frame);

    if (!(flags & GNTMAP_readonly))
        arch_mark_dirty(granter, frame);
    spin_lock(&gt->lock);
    count_use(grant_active(gt, ref), flags, -1);
    unmark(entry_word(gt, ref), grant_active(gt, ref));
    spin_unlock(&gt->lock);
    if (flags & GNTMAP_host_map)
        put_frame(pg, !(flags & GNTMAP_readonly));
    if (flags & GNTMAP_device_map)
        put_frame(pg, !(flags & GNTMAP_readonly));
}

/* --- commands on one domain's table ----------------------------------------------------------- */
static struct domain *find_domain(domid_t domid, unsigned int cmd, int16_t *status)
{
    struct domain *d;
    int rc = find_target(domid, ACCESS_GRANT_SETUP, cmd, &d);

    if (rc)
        *status = rc == -ESRCH ? GNTST_bad_domain : GNTST_permission_denied;
    return d;
}

static long op_setup_table(vaddr_t arg)
{
    struct gnttab_setup_table op;
    struct domain *d;

    if (copy_arg(&op, arg))
        return -EFAULT;
    op.status = GNTST_okay;
    d = find_domain(op.dom, GNTTABOP_setup_table, &op.status);
    if (d) {
        spin_lock(&d->grant.lock);
        if (grant_grow(d, op.nr_frames))
            op.status = GNTST_general_error;
        spin_unlock(&d->grant.lock);
        /* Frames never leave the table, so that it can be read without the lock. */
        for (unsigned int i = 0; i < op.nr_frames && op.status == GNTST_okay; i++) {
            xen_pfn_t mfn = virt_to_mfn(d->grant.shared[i]).v;

            if (current->domain->is_hvm)
                mfn = m2p_get(_mfn(mfn));
            if (copy_to_guest_offset(op.frame_list, i, &mfn, 1))
                op.status = GNTST_bad_virt_addr;
        }
        domain_put(d);
    }
    return copy_back(arg, &op);
}

static long op_query_size(vaddr_t arg)
{
    struct gnttab_query_size op;
    struct domain *d;

    if (copy_arg(&op, arg))
        return -EFAULT;
    op.status = GNTST_okay;
    d = find_domain(op.dom, GNTTABOP_query_size, &op.status);
    if (d) {
        op.nr_frames = read_atomic(&d->grant.nr_frames);
        op.max_nr_frames = d->grant.max_frames;
        domain_put(d);
    }
    return copy_back(arg, &op);
}

static long op_get_version(vaddr_t arg)
{
    struct gnttab_get_version op;
    struct domain *d;
    long rc;

    if (copy_arg(&op, arg))
        return -EFAULT;
    rc = find_target(op.dom, ACCESS_GRANT_SETUP, GNTTABOP_get_version, &d);
    if (rc)
        return rc;
    domain_put(d);
    op.version = 1;
    return copy_back(arg, &op);
}

static long op_set_version(vaddr_t arg)
{
    struct gnttab_set_version op;

    if (copy_arg(&op, arg))
        return -EFAULT;
    if (op.version != 1 && op.version != 2)
        return -EINVAL;
    if (op.version == 2)
        return -ENOSYS;
    return copy_back(arg, &op);
}

static long op_get_status_frames(vaddr_t arg)
{
    struct gnttab_get_status_frames op;

    if (copy_arg(&op, arg))
        return -EFAULT;
    op.status = GNTST_general_error;
    return copy_back(arg, &op);
}

static void dump_entries(struct domain *d)
{
    struct grant_table *gt = &d->grant;

    spin_lock(&gt->lock);
    printk("d%u: %u of %u grant frames, %u mappings\n", d->domid, gt->nr_frames, gt->max_frames,
           gt->maptrack_inuse);
    for (grant_ref_t ref = 0; ref < grant_nr_entries(gt); ref++) {
        const struct active_grant *act = grant_active(gt, ref);

        if (has_users(act))
            printk("  %u: frame %#x to d%u, %u readers, %u writers\n", ref, act->frame, act->domid,
                   act->readers + act->dev_readers, act->writers + act->dev_writers);
    }
    spin_unlock(&gt->lock);
}

static long op_dump_table(vaddr_t arg)
{
    struct gnttab_dump_table op;
    struct domain *d;

    if (copy_arg(&op, arg))
        return -EFAULT;
    op.status = GNTST_okay;
    d = current->domain->is_privileged ? find_domain(op.dom, GNTTABOP_dump_table, &op.status)
                                       : NULL;
    if (d) {
        dump_entries(d);
        domain_put(d);
    } else if (op.status == GNTST_okay) {
        op.status = GNTST_permission_denied;
    }
    return copy_back(arg, &op);
}

/* --- lists ------------------------------------------------------------------------------------ */
static void swap_one(struct gnttab_swap_grant_ref *op)
{
    struct grant_table *gt = &current->domain->grant;
    struct grant_entry_v1 tmp, *a, *b;

    spin_lock(&gt->lock);
    if (op->ref_a >= grant_nr_entries(gt) || op->ref_b >= grant_nr_entries(gt)) {
        op->status = GNTST_bad_gntref;
    } else if (has_users(grant_active(gt, op->ref_a)) || has_users(grant_active(gt, op->ref_b))) {
        op->status = GNTST_eagain;
    } else {
        a = grant_shared(gt, op->ref_a);
        b = grant_shared(gt, op->ref_b);
        tmp = *a;
        *a = *b;
        *b = tmp;
        op->status = GNTST_okay;
    }
    spin_unlock(&gt->lock);
}

/* Of those that come as lists: the size of an element. */
static const uint8_t list_op_size[] = {
    [GNTTABOP_map_grant_ref] = sizeof(struct gnttab_map_grant_ref),
    [GNTTABOP_unmap_grant_ref] = sizeof(struct gnttab_unmap_grant_ref),
    [GNTTABOP_transfer] = sizeof(struct gnttab_transfer),
    [GNTTABOP_copy] = sizeof(struct gnttab_copy),
    [GNTTABOP_unmap_and_replace] = sizeof(struct gnttab_unmap_and_replace),
    [GNTTABOP_swap_grant_ref] = sizeof(struct gnttab_swap_grant_ref),
};

#define MAX_LIST_OP_SIZE sizeof(struct gnttab_copy)
_Static_assert(MAX_LIST_OP_SIZE >= sizeof(struct gnttab_map_grant_ref) &&
                   MAX_LIST_OP_SIZE >= sizeof(struct gnttab_unmap_and_replace),
               "the largest of them");

static void unmap_one(struct grant_unmaps *unmaps, struct gnttab_unmap_grant_ref *op)
{
    op->status = (int16_t)grant_begin_unmap(unmaps, op, 0);
}

static void replace_one(struct grant_unmaps *unmaps, struct gnttab_unmap_and_replace *op)
{
    struct gnttab_unmap_grant_ref unmap = {.host_addr = op->host_addr, .handle = op->handle};

    op->status = (int16_t)(op->new_addr ? grant_begin_unmap(unmaps, &unmap, op->new_addr)
                                        : GNTST_bad_virt_addr);
}

/* Giving frames away is not supported. */
static void transfer_one(struct gnttab_transfer *op)
{
    op->status = GNTST_general_error;
}

static void run_one(unsigned int cmd, void *op, struct grant_unmaps *unmaps)
{
    switch (cmd) {
    case GNTTABOP_map_grant_ref:
        grant_map_one(op);
        break;
    case GNTTABOP_unmap_grant_ref:
        unmap_one(unmaps, op);
        break;
    case GNTTABOP_unmap_and_replace:
        replace_one(unmaps, op);
        break;
    case GNTTABOP_copy:
        grant_copy_one(op);
        break;
    case GNTTABOP_swap_grant_ref:
        swap_one(op);
        break;
    default: /* GNTTABOP_transfer */
        transfer_one(op);
        break;
    }
}

static long run_list(unsigned int cmd, size_t size, struct hypercall_args *a)
{
    uint64_t ops[GRANT_BATCH * MAX_LIST_OP_SIZE / sizeof(uint64_t)];
    unsigned int left = (unsigned int)a->a[2], n, done;
    struct grant_unmaps unmaps;
    vaddr_t at = a->a[1];
    long rc = 0;

    unmaps.n = 0; /* not all of it: this is a hot path */
    unmaps.flush = false;
    while (left && !rc) {
        n = min(left, (unsigned int)GRANT_BATCH);
        /* Where the list ends in nothing, what is before that is done all the same. */
        if (n > 1 && copy_from_guest_va(ops, at, n * size))
            n = 1;
        if (n == 1 && copy_from_guest_va(ops, at, size))
            return -EFAULT;
        /* Each may wait for a lock that all vCPUs of a domain are after. */
        for (done = 0; done < n && !(done && hypercall_preempt_check()); done++)
            run_one(cmd, (char *)ops + done * size, &unmaps);
        grant_finish_unmaps(&unmaps);
        if (copy_to_guest_va(at, ops, done * size))
            return -EFAULT;
        at += done * size;
        left -= done;
        if (left && hypercall_preempt_check())
            rc = -EPREEMPTED;
    }
    a->a[1] = at;
    a->a[2] = left;
    return rc;
}

long do_grant_table_op(struct hypercall_args *a)
{
    unsigned int cmd = (unsigned int)a->a[0], count = (unsigned int)a->a[2];
    size_t size = cmd < ARRAY_SIZE(list_op_size) ? list_op_size[cmd] : 0;
    vaddr_t arg = a->a[1];

    if ((int)count < 0)
        return -EINVAL;
    if (size)
        return run_list(cmd, size, a);
    if (cmd == GNTTABOP_cache_flush)
        return -EOPNOTSUPP;
    if (cmd > GNTTABOP_cache_flush)
        return -ENOSYS;
    if (count != 1)
        return -EINVAL;
    switch (cmd) {
    case GNTTABOP_setup_table:
        return op_setup_table(arg);
    case GNTTABOP_query_size:
        return op_query_size(arg);
    case GNTTABOP_dump_table:
        return op_dump_table(arg);
    case GNTTABOP_set_version:
        return op_set_version(arg);
    case GNTTABOP_get_version:
        return op_get_version(arg);
    case GNTTABOP_get_status_frames:
        return op_get_status_frames(arg);
    default:
        return -ENOSYS;
    }
}
