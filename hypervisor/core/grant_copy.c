/* SPDX-License-Identifier: MIT */
/* GNTTABOP_copy: between frames of two domains, each named by a grant or, one's own, by its
 * number. */
#include <hv/arch/mm.h>
#include <hv/string.h>
#include "grant.h"

struct end {
    struct domain *d;
    struct page_info *pg;
    grant_ref_t ref;
    unsigned int flags; /* of the grant use; 0: a frame of one's own */
    bool writable;
};

static int open_granted(struct end *e, const struct gnttab_copy_ptr *p)
{
    unsigned int flags = GNTMAP_host_map | (e->writable ? 0 : GNTMAP_readonly);
    mfn_t frame;
    int rc = grant_acquire(current->domain, e->d, p->u.ref, flags, &frame);

    if (rc == GNTST_okay) {
        e->ref = p->u.ref;
        e->flags = flags;
        e->pg = mfn_to_page(frame);
    }
    return rc;
}

static int open_own(struct end *e, const struct gnttab_copy_ptr *p)
{
    if (e->d != current->domain)
        return GNTST_permission_denied;
    e->pg = e->writable ? get_writable_page_from_gfn(e->d, _gfn(p->u.gmfn))
                        : get_page_from_gfn(e->d, _gfn(p->u.gmfn));
    return e->pg ? GNTST_okay : GNTST_bad_page;
}

static int open_end(struct end *e, const struct gnttab_copy_ptr *p, bool granted, bool writable)
{
    e->writable = writable;
    e->d = domain_get(p->domid);
    if (!e->d)
        return GNTST_bad_domain;
    return granted ? open_granted(e, p) : open_own(e, p);
}

static void close_end(struct end *e)
{
    if (e->pg && e->flags)
        grant_release(e->d, e->ref, page_to_mfn(e->pg), e->flags);
    else if (e->pg && e->writable) {
        arch_mark_dirty(e->d, page_to_mfn(e->pg));
        put_page_and_type(e->pg);
    } else if (e->pg)
        put_page(e->pg);
    if (e->d)
        domain_put(e->d);
}

void grant_copy_one(struct gnttab_copy *op)
{
    struct end from = {0}, to = {0};
    int rc;

    if (op->source.offset > PAGE_SIZE || op->dest.offset > PAGE_SIZE ||
        op->len > PAGE_SIZE - op->source.offset || op->len > PAGE_SIZE - op->dest.offset) {
        op->status = GNTST_bad_copy_arg;
        return;
    }
    rc = open_end(&from, &op->source, op->flags & GNTCOPY_source_gref, false);
    if (rc == GNTST_okay)
        rc = open_end(&to, &op->dest, op->flags & GNTCOPY_dest_gref, true);
    if (rc == GNTST_okay)
        memmove((char *)page_to_virt(to.pg) + op->dest.offset,
                (char *)page_to_virt(from.pg) + op->source.offset, op->len);
    close_end(&to);
    close_end(&from);
    op->status = (int16_t)rc;
}
