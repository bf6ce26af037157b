/* SPDX-License-Identifier: MIT */
/* The tables of a container's physical map: looking up and changing entries.  What hardware reads
 * of an entry follows from its type, so that nothing here depends on the tables' format but
 * npt_flags. */
#include <asm/cpufeature.h>
#include <asm/p2m.h>
#include <hv/arch/domain.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/printk.h>
#include <hv/string.h>

#define TOP_LEVEL  4
#define GFN_BITS   36 /* four levels */
#define TYPE_SHIFT 52 /* four bits that software may use, in nested and in extended page tables */
#define TYPE(t)    ((pte_t)(t) << TYPE_SHIFT)

/* Accessed and dirty bits are set beforehand: nobody reads them, and hardware need not. */
#define NPT_RO (PTE_PRESENT | PTE_USER | PTE_ACCESSED)
#define NPT_RW (NPT_RO | PTE_RW | PTE_DIRTY)
static const pte_t npt_flags[16] = {
    [p2m_ram_rw] = NPT_RW,       [p2m_ram_ro] = NPT_RO,
    [p2m_ram_logdirty] = NPT_RO, [p2m_mmio_direct] = NPT_RW | PTE_PCD | PTE_PWT,
    [p2m_grant_rw] = NPT_RW,     [p2m_grant_ro] = NPT_RO,
    [p2m_foreign] = NPT_RW,      [p2m_table] = PTE_PRESENT | PTE_USER | PTE_RW | PTE_ACCESSED,
};

static enum p2m_type type_of(pte_t e)
{
    return (enum p2m_type)(e >> TYPE_SHIFT & 15);
}

static bool is_table(pte_t e)
{
    return type_of(e) == p2m_table;
}

static pte_t *table_of(pte_t e)
{
    return mfn_to_virt(pte_mfn(e));
}

/* Of the entries of a table of the level. */
static unsigned int order_of(unsigned int level)
{
    return 9 * (level - 1);
}

static unsigned int index_of(uint64_t gfn, unsigned int level)
{
    return (gfn >> order_of(level)) & (PTRS_PER_TABLE - 1);
}

static pte_t entry(const struct p2m *p, uint64_t mfn, enum p2m_type t, unsigned int level)
{
    pte_t large = level > 1 && t != p2m_table ? PTE_PSE : 0;

    return t == p2m_invalid ? 0 : pte_from_mfn(_mfn(mfn), p->flags[t] | TYPE(t) | large);
}

/* --- tables -------------------------------------------------------------------------------------- */
static pte_t *take_table(struct p2m *p)
{
    struct page_info *pg = page_list_first(&p->free);

    ASSERT(pg); /* the caller has counted */
    page_list_del(&p->free, pg);
    return page_to_virt(pg);
}

/* A table that no entry points to any more.  A look-up that is on its way through it finds out by
 * p->frees. */
static void retire_table(struct p2m *p, pte_t *table)
{
    atomic_inc(&p->frees);
    page_list_add_tail(&p->freed, virt_to_page(table));
    p->changes++;
}

static void retire_subtree(struct p2m *p, pte_t *table, unsigned int level)
{
    for (unsigned int i = 0; level > 1 && i < PTRS_PER_TABLE; i++)
        if (is_table(table[i]))
            retire_subtree(p, table_of(table[i]), level - 1);
    retire_table(p, table);
}

/* --- looking up ---------------------------------------------------------------------------------- */
/* Without the lock a table may go out of use while we are in it; *ok says whether the result holds.
 * An entry is followed only while it is known to be a table's. */
static pte_t walk(const struct p2m *p, uint64_t gfn, unsigned int *level, bool *ok)
{
    uint64_t frees = load_acquire(&p->frees);
    const pte_t *table = mfn_to_virt(p->root);
    pte_t e = 0;

    *level = TOP_LEVEL;
    *ok = true;
    if (gfn >> GFN_BITS || !p->root.v)
        return 0;
    for (;; (*level)--) {
        e = load_acquire(&table[index_of(gfn, *level)]);
        *ok = read_atomic(&p->frees) == frees;
        if (!*ok || !is_table(e))
            return e;
        table = table_of(e);
    }
}

static pte_t find(struct p2m *p, uint64_t gfn, unsigned int *level)
{
    bool ok;
    pte_t e = walk(p, gfn, level, &ok);

    if (ok)
        return e;
    spin_lock(&p->lock);
    e = walk(p, gfn, level, &ok);
    spin_unlock(&p->lock);
    return e;
}

static mfn_t frame_in(pte_t e, uint64_t gfn, unsigned int level)
{
    return _mfn(pte_mfn(e).v + (gfn & (BIT(order_of(level)) - 1)));
}

mfn_t p2m_lookup(struct domain *d, gfn_t gfn, enum p2m_type *t, unsigned int *order)
{
    unsigned int level;
    pte_t e = find(&d->arch.p2m, gfn.v, &level);

    *t = type_of(e);
    if (order)
        *order = order_of(level);
    return e && *t != p2m_pod ? frame_in(e, gfn.v, level) : INVALID_MFN;
}

struct page_info *p2m_get_page(struct domain *d, gfn_t gfn, enum p2m_type *t)
{
    enum p2m_type again;
    struct page_info *pg;
    mfn_t mfn;

    for (;;) {
        mfn = p2m_lookup(d, gfn, t, NULL);
        if (*t == p2m_pod) {
            int rc = pod_populate(d, gfn);

            if (rc == 0 || rc == -EAGAIN)
                continue;
        }
        if (*t == p2m_invalid || *t == p2m_mmio_direct || *t == p2m_pod)
            return NULL;
        pg = mfn_to_page(mfn);
        if (!page_get_owner_and_reference(pg))
            pg = NULL;
        /* With the reference the frame stays what it is; it must still be the one at gfn. */
        if (mfn_eq(p2m_lookup(d, gfn, &again, NULL), mfn) && again == *t)
            return pg;
        if (pg)
            put_page(pg);
    }
}

/* --- changing; p->lock is held ------------------------------------------------------------------- */
/* A TLB that knows old must forget it. */
static bool wants_flush(pte_t old, pte_t e)
{
    return (old & PTE_PRESENT) &&
           (((old ^ e) & PTE_ADDR_MASK) || (old & ~e & (PTE_PRESENT | PTE_RW)) ||
            ((old ^ e) & (PTE_PCD | PTE_PWT)));
}

static void replace_entry(struct p2m *p, pte_t *slot, unsigned int level, pte_t e)
{
    pte_t old = *slot;

    store_release(slot, e);
    if (is_table(old))
        retire_subtree(p, table_of(old), level - 1);
    else if (wants_flush(old, e))
        p->changes++;
}

/* The table below slot; an entry that is none is split, which changes nothing for the guest. */
static pte_t *open_table(struct p2m *p, pte_t *slot, unsigned int level)
{
    pte_t old = *slot, *table;

    if (is_table(old))
        return table_of(old);
    table = take_table(p);
    for (unsigned int i = 0; i < PTRS_PER_TABLE; i++)
        table[i] =
            entry(p, pte_mfn(old).v + (i * BIT(order_of(level - 1))), type_of(old), level - 1);
    store_release(slot, entry(p, virt_to_mfn(table).v, p2m_table, level));
    return table;
}

/* Are all entries of the table (of the level) as the first one says? */
static bool is_uniform(const pte_t *table, unsigned int level)
{
    const pte_t step = table[0] ? BIT(PAGE_SHIFT + order_of(level)) : 0;

    for (unsigned int i = PTRS_PER_TABLE - 1; i > 0; i--)
        if (table[i] != table[0] + i * step)
            return false;
    return true;
}

/* One entry does for the table below slot, if that has become empty or one large page. */
static void join(struct p2m *p, pte_t *slot, unsigned int level)
{
    pte_t *table = table_of(*slot), first = table[0];
    enum p2m_type t = type_of(first);
    uint64_t mfn = pte_mfn(first).v;

    if (t != p2m_invalid && ((t != p2m_ram_rw && t != p2m_mmio_direct) || p->logging ||
                             order_of(level) > p->max_order || mfn & (BIT(order_of(level)) - 1)))
        return;
    if (!is_uniform(table, level - 1))
        return;
    store_release(slot, entry(p, mfn, t, level));
    retire_table(p, table);
}

static bool fits(const struct p2m *p, uint64_t mfn, enum p2m_type t, unsigned int level)
{
    return t == p2m_invalid ||
           (order_of(level) <= p->max_order && !(mfn & (BIT(order_of(level)) - 1)));
}

static void set_range(struct p2m *p, pte_t *table, unsigned int level, uint64_t gfn, uint64_t end,
                      uint64_t mfn, enum p2m_type t)
{
    const uint64_t span = BIT(order_of(level));
    uint64_t next;

    for (; gfn < end; mfn += next - gfn, gfn = next) {
        pte_t *slot = &table[index_of(gfn, level)];

        next = min(end, ROUND_DOWN(gfn, span) + span);
        if (next - gfn == span && fits(p, mfn, t, level)) {
            replace_entry(p, slot, level, entry(p, mfn, t, level));
        } else if (*slot || t != p2m_invalid) {
            set_range(p, open_table(p, slot, level), level - 1, gfn, next, mfn, t);
            join(p, slot, level);
        }
    }
}

static bool is_empty(const struct p2m *p, uint64_t gfn, uint64_t end)
{
    unsigned int level;
    bool ok;

    for (; gfn < end; gfn = (gfn | (BIT(order_of(level)) - 1)) + 1)
        if (walk(p, gfn, &level, &ok))
            return false;
    return true;
}

/* No fewer than set_range() will take. */
static uint64_t tables_needed(const struct p2m *p, uint64_t gfn, uint64_t mfn, unsigned int order,
                              enum p2m_type t)
{
    const unsigned int ends = gfn & (BIT(order) - 1) ? 2 : 1;
    unsigned int level = 3;

    if (t == p2m_invalid) /* large pages split where the hole begins and ends */
        return order ? 4 : 2;
    while (level > 1 &&
           (order_of(level) > min(order, p->max_order) || (gfn | mfn) & (BIT(order_of(level)) - 1)))
        level--;
    return ends * (TOP_LEVEL - level) + (level < 3 ? BIT(order) >> 18 : 0) +
           (level < 2 ? BIT(order) >> 9 : 0);
}

static int set_locked(struct domain *d, uint64_t gfn, uint64_t mfn, unsigned int order,
                      enum p2m_type t)
{
    struct p2m *p = &d->arch.p2m;
    uint64_t end = gfn + BIT(order);

    if (order >= GFN_BITS || gfn >> GFN_BITS || (end - 1) >> GFN_BITS || !p->root.v || d->is_dying)
        return -EINVAL;
    if (p->free.count < tables_needed(p, gfn, mfn, order, t))
        return -ENOMEM;
    set_range(p, mfn_to_virt(p->root), TOP_LEVEL, gfn, end, mfn, t);
    if (t != p2m_invalid && end - 1 > p->max_gfn)
        p->max_gfn = end - 1;
    return 0;
}

static pte_t *slot_of(const struct p2m *p, uint64_t gfn, unsigned int *level)
{
    pte_t *table = mfn_to_virt(p->root), *slot;

    for (*level = TOP_LEVEL;; (*level)--) {
        slot = &table[index_of(gfn, *level)];
        if (!is_table(*slot))
            return slot;
        table = table_of(*slot);
    }
}

static void retype_slot(struct p2m *p, pte_t *slot, unsigned int level, enum p2m_type to)
{
    if (type_of(*slot) != to)
        replace_entry(p, slot, level, entry(p, pte_mfn(*slot).v, to, level));
}

int p2m_retype(struct domain *d, gfn_t gfn, unsigned int nr, enum p2m_type from, enum p2m_type to,
               uint64_t bits[8])
{
    struct p2m *p = &d->arch.p2m;
    unsigned int level;
    pte_t *slot;
    int rc = 0;

    memset(bits, 0, 8 * sizeof(*bits));
    spin_lock(&p->lock);
    slot = slot_of(p, gfn.v, &level);
    if (level == 3 && type_of(*slot) == from && from != to) {
        /* The other blocks of this page want to be found, too. */
        if (p->free.count)
            slot = &open_table(p, slot, level--)[index_of(gfn.v, 2)];
        else
            rc = -ENOMEM;
    }
    if (!rc && level > 1 && type_of(*slot) == from) {
        memset(bits, 0xff, 8 * sizeof(*bits));
        if (nr == PTRS_PER_TABLE)
            retype_slot(p, slot, level, to);
    }
    for (unsigned int i = 0; !rc && level == 1 && i < nr; i++)
        if (type_of(slot[i]) == from) {
            bits[i / 64] |= BIT(i % 64);
            retype_slot(p, &slot[i], level, to);
        }
    spin_unlock(&p->lock);
    return rc;
}

/* --- changing ------------------------------------------------------------------------------------- */
int p2m_set(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order, enum p2m_type t)
{
    int rc;

    spin_lock(&d->arch.p2m.lock);
    rc = set_locked(d, gfn.v, mfn.v, order, t);
    spin_unlock(&d->arch.p2m.lock);
    return rc;
}

int p2m_add(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order, enum p2m_type t)
{
    int rc = -EBUSY;

    spin_lock(&d->arch.p2m.lock);
    if (order >= GFN_BITS || is_empty(&d->arch.p2m, gfn.v, gfn.v + BIT(order)))
        rc = set_locked(d, gfn.v, mfn.v, order, t);
    spin_unlock(&d->arch.p2m.lock);
    return rc;
}

int p2m_replace(struct domain *d, gfn_t gfn, unsigned int order, mfn_t old_mfn, enum p2m_type old_t,
                mfn_t mfn, enum p2m_type t)
{
    struct p2m *p = &d->arch.p2m;
    unsigned int level;
    int rc = -EAGAIN;
    bool ok;
    pte_t e;

    spin_lock(&p->lock);
    e = walk(p, gfn.v, &level, &ok);
    if (e && type_of(e) == old_t && mfn_eq(frame_in(e, gfn.v, level), old_mfn) &&
        order_of(level) >= order)
        rc = set_locked(d, gfn.v, mfn.v, order, t);
    spin_unlock(&p->lock);
    return rc;
}

static void give_back(struct p2m *p, struct page_list *l)
{
    struct page_info *pg;

    while ((pg = page_list_first(l)) != NULL) {
        page_list_del(l, pg);
        page_list_add_tail(&p->free, pg);
    }
}

/* Whoever changed something before may rely on it: nobody returns before a flush that began after
 * his change has ended. */
void p2m_flush(struct domain *d)
{
    struct p2m *p = &d->arch.p2m;
    struct page_list freed;
    uint64_t changes;

    spin_lock(&p->lock);
    changes = p->changes;
    if (p->flushed >= changes) {
        spin_unlock(&p->lock);
        return;
    }
    freed = p->freed;
    p->freed = (struct page_list)PAGE_LIST_INIT;
    spin_unlock(&p->lock);
    arch_hvm_flush_tlbs(d);
    spin_lock(&p->lock);
    p->flushed = max(p->flushed, changes);
    give_back(p, &freed);
    spin_unlock(&p->lock);
}

/* --- life cycle ----------------------------------------------------------------------------------- */
maddr_t p2m_root(const struct domain *d)
{
    return d->arch.p2m.root.v << PAGE_SHIFT;
}

int p2m_init(struct domain *d)
{
    struct p2m *p = &d->arch.p2m;
    pte_t *root;
    int rc;

    spin_lock_init(&p->lock);
    spin_lock_init(&p->pod_lock);
    p->free = p->freed = p->pod_large = p->pod_small = (struct page_list)PAGE_LIST_INIT;
    p->flags = npt_flags;
    p->max_order = cpu_has_page1gb ? P2M_ORDER_1G : P2M_ORDER_2M;
    do {
        rc = p2m_set_pool(d, P2M_POOL_DEFAULT);
    } while (rc == -EPREEMPTED);
    if (rc) {
        p2m_destroy(d);
        return rc;
    }
    root = take_table(p);
    memset(root, 0, PAGE_SIZE);
    p->root = virt_to_mfn(root);
    return 0;
}

/* Go down along the first entries to a table without a table in it; drop its entries, or itself if
 * it has none.  false: the map is empty. */
static bool take_down_one(struct p2m *p)
{
    pte_t *table = mfn_to_virt(p->root), *slot = NULL, *at;

    for (;; table = table_of(*slot)) {
        for (at = table; at < table + PTRS_PER_TABLE && !is_table(*at); at++) {
            if (type_of(*at) == p2m_foreign)
                put_page_and_type(mfn_to_page(pte_mfn(*at)));
            *at = 0;
        }
        if (at == table + PTRS_PER_TABLE)
            break;
        slot = at;
    }
    if (!slot)
        return false;
    *slot = 0;
    retire_table(p, table);
    return true;
}

int p2m_teardown(struct domain *d)
{
    struct p2m *p = &d->arch.p2m;
    bool more = true;

    while (p->root.v && more) {
        spin_lock(&p->lock);
        more = take_down_one(p);
        spin_unlock(&p->lock);
        if (more && hypercall_preempt_check())
            return -EPREEMPTED;
    }
    if (pod_release(d))
        return -EPREEMPTED;
    p2m_flush(d);
    /* The root stays for those who look up still; a flush of somebody else's may hold tables. */
    return p2m_set_pool(d, p->root.v ? 1 : 0) == -EPREEMPTED ? -EPREEMPTED : 0;
}

void p2m_destroy(struct domain *d)
{
    struct p2m *p = &d->arch.p2m;

    give_back(p, &p->freed);
    if (p->root.v)
        page_list_add_tail(&p->free, mfn_to_page(p->root));
    p->root = _mfn(0);
    /* Who was about to give a frame its place when the domain died has put it back since. */
    while (pod_release(d) == -EPREEMPTED)
        ;
    while (p2m_set_pool(d, 0) == -EPREEMPTED)
        ;
}

/* --- the pool -------------------------------------------------------------------------------------- */
static int grow_pool(struct p2m *p)
{
    struct page_info *pg = alloc_domheap_pages(NULL, 0, MEMF_no_scrub);

    if (!pg)
        return -ENOMEM;
    spin_lock(&p->lock);
    page_list_add_tail(&p->free, pg);
    p->pool_pages++;
    spin_unlock(&p->lock);
    return 0;
}

static int shrink_pool(struct p2m *p)
{
    struct page_info *pg;

    spin_lock(&p->lock);
    pg = page_list_first(&p->free);
    if (pg) {
        page_list_del(&p->free, pg);
        p->pool_pages--;
    }
    spin_unlock(&p->lock);
    if (!pg)
        return -ENOMEM;
    free_domheap_pages(pg, 0);
    return 0;
}

int p2m_set_pool(struct domain *d, uint64_t pages)
{
    struct p2m *p = &d->arch.p2m;
    int rc = 0;

    if (pages > p->pool_pages && pages - p->pool_pages > heap_free_pages(NODE_ANY))
        return -ENOMEM;
    for (unsigned int n = 1; !rc && p->pool_pages != pages; n++) {
        rc = p->pool_pages < pages ? grow_pool(p) : shrink_pool(p);
        if (!rc && n % 64 == 0 && hypercall_preempt_check())
            rc = -EPREEMPTED;
    }
    return rc;
}
