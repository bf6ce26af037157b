/* SPDX-License-Identifier: MIT */
/* TLB flushes here and on other CPUs. */
#include <asm/apic.h>
#include <asm/mm.h>
#include <asm/processor.h>
#include <asm/pv_mm.h>
#include <asm/smp.h>
#include <hv/cpumask.h>
#include <hv/printk.h>
#include <hv/spinlock.h>

void flush_local(vaddr_t va, unsigned int flags)
{
    unsigned long irq = arch_irq_save();
    unsigned long cr4 = read_cr4();

    /* The note says "flushed since": it must not be later than the flush. */
    if (flags & (FLUSH_TLB | FLUSH_TLB_GLOBAL))
        pv_tlb_flushed();
    if ((flags & FLUSH_TLB_GLOBAL) && (cr4 & X86_CR4_PGE)) {
        write_cr4(cr4 & ~X86_CR4_PGE);
        write_cr4(cr4);
    } else if (flags & (FLUSH_TLB | FLUSH_TLB_GLOBAL)) {
        write_cr3(read_cr3());
    } else if (flags & FLUSH_TLB_ONE) {
        invlpg(va);
    }
    arch_irq_restore(irq);
}

/* One request at a time. */
static spinlock_t flush_lock = SPINLOCK_INIT;
static cpumask_t flush_pending;
static vaddr_t flush_va;
static unsigned int flush_flags;

void flush_ipi(void)
{
    unsigned int cpu = smp_processor_id();

    if (!cpumask_test(cpu, &flush_pending))
        return;
    flush_local(flush_va, flush_flags);
    cpumask_unset(cpu, &flush_pending);
}

void flush_mask(const cpumask_t *mask, vaddr_t va, unsigned int flags)
{
    unsigned int me = smp_processor_id();
    cpumask_t others;

    if (cpumask_test(me, mask))
        flush_local(va, flags);
    cpumask_and(&others, mask, &cpu_online_map);
    cpumask_unset(me, &others);
    if (cpumask_empty(&others))
        return;
    ASSERT(arch_irq_enabled());
    spin_lock(&flush_lock);
    flush_va = va;
    flush_flags = flags;
    smp_wmb();
    flush_pending = others;
    apic_send_ipi_mask(&others, VECTOR_FLUSH);
    while (!cpumask_empty((const cpumask_t *)&flush_pending)) {
        arch_cpu_relax();
        barrier();
    }
    spin_unlock(&flush_lock);
}
