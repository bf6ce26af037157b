/* SPDX-License-Identifier: MIT */
/* A sorted list of disjoint ranges that do not touch each other. */
#include <hv/errno.h>
#include <hv/list.h>
#include <hv/mm.h>
#include <hv/rangeset.h>

struct range {
    struct list_head link;
    uint64_t first, last;
};

struct rangeset {
    spinlock_t lock;
    struct list_head ranges;
};

struct rangeset *rangeset_new(void)
{
    struct rangeset *r = hv_new(struct rangeset);

    if (r) {
        spin_lock_init(&r->lock);
        list_init(&r->ranges);
    }
    return r;
}

void rangeset_free(struct rangeset *r)
{
    struct range *x, *next;

    if (!r)
        return;
    list_for_each_entry_safe (x, next, &r->ranges, link)
        hv_free(x);
    hv_free(r);
}

/* Does x end before first, with a gap in between? */
static bool before(const struct range *x, uint64_t first)
{
    return x->last < first && x->last + 1 < first;
}

int rangeset_add(struct rangeset *r, uint64_t first, uint64_t last)
{
    struct range *fresh, *x, *next;
    struct list_head *at;

    if (first > last)
        return -EINVAL;
    fresh = hv_new(struct range);
    if (!fresh)
        return -ENOMEM;
    fresh->first = first;
    fresh->last = last;
    spin_lock(&r->lock);
    at = &r->ranges;
    list_for_each_entry_safe (x, next, &r->ranges, link) {
        if (before(x, fresh->first)) {
            at = &x->link;
            continue;
        }
        if (before(fresh, x->first))
            break;
        fresh->first = min(fresh->first, x->first);
        fresh->last = max(fresh->last, x->last);
        list_del(&x->link);
        hv_free(x);
    }
    list_add(&fresh->link, at);
    spin_unlock(&r->lock);
    return 0;
}

int rangeset_remove(struct rangeset *r, uint64_t first, uint64_t last)
{
    struct range *fresh, *x, *next;

    if (first > last)
        return -EINVAL;
    fresh = hv_new(struct range); /* for the upper part of a range that is split */
    if (!fresh)
        return -ENOMEM;
    spin_lock(&r->lock);
    list_for_each_entry_safe (x, next, &r->ranges, link) {
        if (x->last < first)
            continue;
        if (x->first > last)
            break;
        if (x->first < first && x->last > last) {
            fresh->first = last + 1;
            fresh->last = x->last;
            x->last = first - 1;
            list_add(&fresh->link, &x->link);
            fresh = NULL;
            break;
        }
        if (x->first < first) {
            x->last = first - 1;
        } else if (x->last > last) {
            x->first = last + 1;
        } else {
            list_del(&x->link);
            hv_free(x);
        }
    }
    spin_unlock(&r->lock);
    hv_free(fresh);
    return 0;
}

bool rangeset_contains(struct rangeset *r, uint64_t first, uint64_t last)
{
    struct range *x;
    bool found = false;

    if (!r || first > last)
        return false;
    spin_lock(&r->lock);
    list_for_each_entry (x, &r->ranges, link)
        if (x->first <= first && last <= x->last)
            found = true;
    spin_unlock(&r->lock);
    return found;
}
