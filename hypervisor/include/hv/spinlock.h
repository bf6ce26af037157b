/* SPDX-License-Identifier: MIT */
/* Ticket spinlocks.
 *
 * Lock order, outermost first.  A lock is taken only while those above it, or none, are held:
 *   domctl_lock          serialises domctl and sysctl (core/domctl.c)
 *   domlist_lock         the list of domains (core/domain.c)
 *   d->lock              a domain's structure: creation of vCPUs, pausing, settings
 *   d->grant.lock        two domains' at once: the one with the lower domain id first
 *   d->event_lock        two domains' at once: lower address first
 *   d->arch.pt_lock      a PV domain's page tables (arch/x86/pv/mm): two at once never
 *   d->arch.p2m.pod_lock one entry of a container's map gets its memory (arch/x86/hvm/mm/pod.c)
 *   d->arch.p2m.lock     a container's physical map (arch/x86/hvm/mm): two at once never
 *   d->page_lock         page lists and counts of a domain
 *   heap_lock            the page allocator
 *   scheduler locks      (core/sched*.c)
 *   timer locks          (core/timer.c)
 *   console_lock
 * None may be held when control returns to a guest.  Locks that an interrupt handler takes
 * (an event channel's, scheduler, timer, console, heap never) are taken with
 * spin_lock_irqsave() everywhere. */
#ifndef HV_SPINLOCK_H
#define HV_SPINLOCK_H

#include <hv/atomic.h>
#include <hv/arch/cpu.h>

typedef struct {
    uint32_t next;  /* the next ticket to hand out */
    uint32_t owner; /* the ticket that holds the lock */
} spinlock_t;

#define SPINLOCK_INIT                                                                              \
    {                                                                                              \
        0, 0                                                                                       \
    }

static inline void spin_lock_init(spinlock_t *l)
{
    l->next = l->owner = 0;
}
static inline void spin_lock(spinlock_t *l)
{
    uint32_t ticket = __atomic_fetch_add(&l->next, 1, __ATOMIC_RELAXED);
    while (__atomic_load_n(&l->owner, __ATOMIC_ACQUIRE) != ticket)
        arch_cpu_relax();
}
static inline bool spin_trylock(spinlock_t *l)
{
    uint32_t ticket = __atomic_load_n(&l->owner, __ATOMIC_RELAXED);
    return __atomic_compare_exchange_n(&l->next, &ticket, ticket + 1, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}
static inline void spin_unlock(spinlock_t *l)
{
    __atomic_store_n(&l->owner, l->owner + 1, __ATOMIC_RELEASE);
}
/* Two of a kind, which may be the same: lower address first. */
static inline void spin_lock_two(spinlock_t *a, spinlock_t *b)
{
    spin_lock(a < b ? a : b);
    if (a != b)
        spin_lock(a < b ? b : a);
}
static inline void spin_unlock_two(spinlock_t *a, spinlock_t *b)
{
    spin_unlock(a);
    if (a != b)
        spin_unlock(b);
}
#define spin_lock_irqsave(l, flags)      ((flags) = arch_irq_save(), spin_lock(l))
#define spin_unlock_irqrestore(l, flags) (spin_unlock(l), arch_irq_restore(flags))

#endif
