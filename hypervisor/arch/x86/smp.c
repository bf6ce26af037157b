/* SPDX-License-Identifier: MIT */
/* Starting the other CPUs, and having them do things. */
#include <asm/acpi.h>
#include <asm/apic.h>
#include <asm/cpufeature.h>
#include <asm/desc.h>
#include <asm/e820.h>
#include <asm/hvm.h>
#include <asm/mm.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/setup.h>
#include <asm/smp.h>
#include <asm/time.h>
#include <hv/arch/domain.h>
#include <hv/cmdline.h>
#include <hv/domain.h>
#include <hv/printk.h>
#include <string.h>

unsigned long per_cpu_offset[NR_CPUS];
cpumask_t cpu_online_map;
unsigned int nr_cpus_present = 1;

static unsigned int opt_maxcpus = NR_CPUS;
UINT_OPTION("maxcpus", opt_maxcpus);
static bool opt_smp = true;
BOOL_OPTION("smp", opt_smp);

/* For head.S. */
unsigned long ap_boot_stack;
unsigned int ap_boot_cpu;
extern char trampoline_start[], trampoline_end[], trampoline_efer[];

/* --- one CPU ---------------------------------------------------------------------------------------- */
static int prepare_percpu(unsigned int cpu)
{
    size_t size = (size_t)(__percpu_end - __percpu_start);
    /* CPU 0 works on the template itself: start from zeroes, as all variables do. */
    char *area = alloc_xenheap_pages(order_of_size(size), MEMF_zero);

    if (!area)
        return -ENOMEM;
    per_cpu_offset[cpu] = (unsigned long)area - (unsigned long)__percpu_start;
    return 0;
}

static int prepare_stack(unsigned int cpu)
{
    char *stack = alloc_xenheap_pages(STACK_ORDER, MEMF_zero);
    struct cpu_info *info;

    if (!stack)
        return -ENOMEM;
    info = (struct cpu_info *)(stack + STACK_SIZE) - 1;
    info->cpu_id = cpu;
    info->per_cpu_offset = per_cpu_offset[cpu];
    info->current_vcpu = idle_vcpu[cpu];
    /* As head.S does for the BSP: aligned, below struct cpu_info. */
    ap_boot_stack = (unsigned long)stack + STACK_SIZE - 0x100;
    ap_boot_cpu = cpu;
    return 0;
}

/* INIT, then the start-up IPI twice (Intel SDM 9.4.4; the second is for those who missed the first). */
static bool start_cpu(unsigned int cpu, maddr_t trampoline)
{
    uint32_t apicid = cpu_to_apicid[cpu];
    s_time_t end;

    apic_send_raw(apicid, APIC_DM_INIT | APIC_ASSERT | 0x8000);
    udelay(10);
    apic_send_raw(apicid, APIC_DM_INIT | 0x8000);
    for (unsigned int i = 0; i < 2; i++) {
        apic_send_raw(apicid, APIC_DM_STARTUP | (uint32_t)(trampoline >> PAGE_SHIFT));
        end = now() + (i ? MILLISECS(1000) : MILLISECS(20));
        while (now() < end)
            if (load_acquire(&ap_boot_stack) == 0)
                return true;
    }
    return false;
}

static bool boot_cpu_nr(unsigned int cpu, maddr_t trampoline)
{
    if (prepare_percpu(cpu) || desc_prepare_cpu(cpu))
        return false;
    sched_init_cpu(cpu);
    if (!idle_vcpu[cpu] || prepare_stack(cpu))
        return false;
    if (!start_cpu(cpu, trampoline)) {
        printk(XENLOG_ERR "CPU %u (APIC %u) does not start\n", cpu, cpu_to_apicid[cpu]);
        return false;
    }
    time_sync_serve();
    while (!cpumask_test(cpu, &cpu_online_map))
        arch_cpu_relax();
    return true;
}

noreturn void smp_start_ap(unsigned int cpu)
{
    cpu_init_control();
    desc_init_cpu();
    store_release(&ap_boot_stack, 0); /* the BSP goes on to serve the time */
    apic_init_cpu();
    time_init_cpu();
    pv_cpu_init();
    if (hvm_cpu_init(cpu))
        panic("No memory for CPU %u", cpu);
    cpumask_set(cpu, &cpu_online_map);
    arch_irq_enable();
    arch_idle_loop();
    __builtin_unreachable();
}

/* The highest page of low memory: below what the firmware keeps at its end. */
static __init maddr_t find_trampoline(void)
{
    maddr_t at = 0;

    for (unsigned int i = 0; i < nr_e820; i++) {
        maddr_t end = ROUND_DOWN(min(boot_e820[i].addr + boot_e820[i].size, 0xa0000UL), PAGE_SIZE);
        if (boot_e820[i].type == E820_RAM && end >= boot_e820[i].addr + PAGE_SIZE &&
            end > PAGE_SIZE)
            at = max(at, end - PAGE_SIZE);
    }
    return at;
}

__init void smp_boot_all(void)
{
    maddr_t trampoline = find_trampoline();
    unsigned int limit = min(opt_smp ? max(opt_maxcpus, 1U) : 1U, (unsigned int)NR_CPUS);
    unsigned int i, cpu = 1;

    if (!trampoline || acpi.nr_cpus < 2)
        return;
    memcpy(maddr_to_virt(trampoline), trampoline_start,
           (size_t)(trampoline_end - trampoline_start));
    if (cpu_has_nx)
        *(uint32_t *)maddr_to_virt(trampoline + (maddr_t)(trampoline_efer - trampoline_start)) |=
            EFER_NX;
    for (i = 0; i < acpi.nr_cpus && cpu < limit; i++) {
        if (acpi.cpu[i].apicid == cpu_to_apicid[0])
            continue;
        cpu_to_apicid[cpu] = acpi.cpu[i].apicid;
        if (boot_cpu_nr(cpu, trampoline))
            nr_cpus_present = ++cpu;
    }
}

/* --- calls -------------------------------------------------------------------------------------------- */
static spinlock_t call_lock = SPINLOCK_INIT;
static struct {
    void (*fn)(void *);
    void *arg;
    bool wait;
    cpumask_t pending;
} call;
static bool stopping;

void smp_handle_call_ipi(void)
{
    unsigned int cpu = smp_processor_id();
    void (*fn)(void *) = call.fn;
    void *arg = call.arg;
    bool wait = call.wait;

    if (read_atomic(&stopping)) {
        arch_irq_disable();
        for (;;)
            cpu_halt();
    }
    if (!cpumask_test(cpu, &call.pending))
        return;
    if (!wait)
        cpumask_unset(cpu, &call.pending);
    fn(arg);
    if (wait)
        cpumask_unset(cpu, &call.pending);
}

void arch_call_function(const cpumask_t *mask, void (*fn)(void *), void *arg, bool wait)
{
    unsigned int me = smp_processor_id();
    unsigned long flags;
    cpumask_t others;

    ASSERT(arch_irq_enabled());
    cpumask_and(&others, mask, &cpu_online_map);
    cpumask_unset(me, &others);
    if (!cpumask_empty(&others)) {
        spin_lock(&call_lock);
        call.fn = fn;
        call.arg = arg;
        call.wait = wait;
        smp_wmb();
        call.pending = others;
        apic_send_ipi_mask(&others, VECTOR_CALL);
    }
    if (cpumask_test(me, mask)) {
        flags = arch_irq_save();
        fn(arg);
        arch_irq_restore(flags);
    }
    if (!cpumask_empty(&others)) {
        while (!cpumask_empty((const cpumask_t *)&call.pending)) {
            arch_cpu_relax();
            barrier();
        }
        spin_unlock(&call_lock);
    }
}

void smp_stop_others(void)
{
    cpumask_t others = cpu_online_map;

    write_atomic(&stopping, true);
    cpumask_unset(smp_processor_id(), &others);
    if (!cpumask_empty(&others))
        apic_send_ipi_mask(&others, VECTOR_CALL);
}

void arch_idle_loop(void)
{
    for (;;) {
        bool more;

        arch_irq_enable(); /* off in the last round, or for whoever switched to us */
        more = heap_scrub_some();
        arch_irq_disable();
        if (softirq_pending_here()) {
            arch_irq_enable();
            softirq_run();
        } else if (!more) {
            /* An interrupt is not taken between the two: no wake-up is lost. */
            __asm__ volatile("sti; hlt" ::: "memory");
        }
    }
}
