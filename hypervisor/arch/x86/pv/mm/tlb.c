/* SPDX-License-Identifier: MIT */
/* When must a TLB be flushed for safety's sake?
 *
 * Guests flush for their own purposes themselves.  For ours, no CPU may remember a writable
 * mapping of a frame that becomes a page table, nor a way through a page table that becomes anything
 * else, nor any mapping of a frame that is given to somebody else.  Most of the time the CPU has
 * flushed between the end of the use and that change.  An epoch counter tells: a frame is stamped
 * with the epoch when a use ends, a CPU notes the epoch when it flushes.  A CPU whose note is not
 * newer than the stamp may hold a stale entry.  The epoch moves on with each flush that had to be
 * forced.
 *
 * Why that is enough: an entry is cleared, then its frame stamped, then its reference dropped, and a
 * stamp only ever grows.  So when no use is left the stamp is not older than the epoch at which any
 * entry was cleared, while the note of a CPU that has not flushed since that moment is not newer.
 * What such a CPU finds through a former table that it remembers are frames that were stamped
 * after the table had lost its place, too. */
#include <asm/pv_mm.h>

static uint32_t epoch = 1;
static DEFINE_PER_CPU(uint32_t, flushed_at);

void pv_tlb_stamp(struct page_info *pg)
{
    uint32_t now = read_atomic(&epoch), x = read_atomic(&pg->u.link), seen;

    /* Another CPU may have read a later epoch, and been faster.  Mostly there is nothing to write. */
    for (; (int32_t)(now - x) > 0; x = seen) {
        seen = cmpxchg(&pg->u.link, x, now);
        if (seen == x)
            return;
    }
}

void pv_tlb_flushed(void)
{
    this_cpu(flushed_at) = read_atomic(&epoch);
}

static bool is_stale(unsigned int cpu, uint32_t stamp)
{
    return (int32_t)(per_cpu(flushed_at, cpu) - stamp) <= 0;
}

void pv_tlb_filter_flush(const struct page_info *pg, const cpumask_t *mask)
{
    uint32_t stamp = read_atomic(&pg->u.link);
    cpumask_t stale;
    unsigned int cpu;

    cpumask_clear(&stale);
    smp_mb();
    for_each_cpu (cpu, mask)
        if (cpumask_test(cpu, &cpu_online_map) && is_stale(cpu, stamp))
            cpumask_set(cpu, &stale);
    if (cpumask_empty(&stale))
        return;
    atomic_inc(&epoch);
    flush_mask(&stale, 0, FLUSH_TLB);
}

void pv_flush_domain(struct domain *d, vaddr_t va, unsigned int flags, const cpumask_t *limit)
{
    cpumask_t mask = d->arch.mm.dirty_cpus;

    if (limit)
        cpumask_and(&mask, &mask, limit);
    cpumask_and(&mask, &mask, &cpu_online_map);
    if (!cpumask_empty(&mask))
        flush_mask(&mask, va, flags);
}

/* A frame of a domain goes back to the allocator. */
void arch_flush_before_reuse(struct page_info *pg)
{
    pv_tlb_filter_flush(pg, &cpu_online_map);
}

void pv_tlb_flush_all(void)
{
    atomic_inc(&epoch);
    flush_mask(&cpu_online_map, 0, FLUSH_TLB);
}
