/* SPDX-License-Identifier: MIT */
/* The local APIC (Intel SDM volume 3, chapter 11; AMD APM volume 2, chapter 16). */
#include <asm/acpi.h>
#include <asm/apic.h>
#include <asm/cpufeature.h>
#include <asm/mm.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/time.h>
#include <hv/arch/cpu.h>
#include <hv/cmdline.h>
#include <hv/printk.h>
#include <hv/softirq.h>

uint32_t cpu_to_apicid[NR_CPUS];
maddr_t apic_base;
static void *regs; /* NULL: x2APIC mode */
static bool x2apic;
static bool opt_x2apic = true;
BOOL_OPTION("x2apic", opt_x2apic);

/* Timer: ticks of the (undivided) bus clock a second, or by the TSC's deadline. */
static uint64_t timer_hz;
static bool use_deadline;

uint32_t apic_read(unsigned int reg)
{
    if (x2apic)
        return (uint32_t)rdmsr(MSR_X2APIC_BASE + reg / 16);
    return mmio_read32((char *)regs + reg);
}

void apic_write(unsigned int reg, uint32_t v)
{
    if (x2apic)
        wrmsr(MSR_X2APIC_BASE + reg / 16, v);
    else
        mmio_write32((char *)regs + reg, v);
}

void apic_eoi(void)
{
    apic_write(APIC_EOI, 0);
}

void apic_send_raw(uint32_t apicid, uint32_t icr_low)
{
    unsigned long flags;

    if (x2apic) {
        /* The MSR's write does not wait for earlier stores to be seen. */
        __asm__ volatile("mfence; lfence" ::: "memory");
        wrmsr(MSR_X2APIC_BASE + APIC_ICR / 16, (uint64_t)apicid << 32 | icr_low);
        return;
    }
    flags = arch_irq_save();
    while (apic_read(APIC_ICR) & APIC_ICR_BUSY)
        arch_cpu_relax();
    apic_write(APIC_ICR_HIGH, apicid << 24);
    apic_write(APIC_ICR, icr_low);
    arch_irq_restore(flags);
}

void apic_send_ipi(unsigned int cpu, unsigned int vector)
{
    apic_send_raw(cpu_to_apicid[cpu], APIC_DM_FIXED | APIC_ASSERT | vector);
}

void apic_send_ipi_mask(const cpumask_t *mask, unsigned int vector)
{
    unsigned int cpu, me = smp_processor_id();

    for_each_cpu (cpu, mask)
        if (cpu != me)
            apic_send_ipi(cpu, vector);
}

void arch_send_event_check(unsigned int cpu)
{
    if (cpu != smp_processor_id())
        apic_send_ipi(cpu, VECTOR_EVENT_CHECK);
}

static void enable_apic(void)
{
    uint64_t base = rdmsr(MSR_IA32_APIC_BASE);

    base |= APIC_BASE_ENABLE;
    wrmsr(MSR_IA32_APIC_BASE, base);
    if (x2apic)
        wrmsr(MSR_IA32_APIC_BASE, base | APIC_BASE_X2APIC);
}

void apic_init_cpu(void)
{
    unsigned int max_lvt;

    enable_apic();
    max_lvt = apic_read(APIC_VERSION) >> 16 & 0xff;
    apic_write(APIC_TPR, 0);
    if (!x2apic) {
        apic_write(APIC_DFR, 0xffffffff);
        apic_write(APIC_LDR, 0);
    }
    apic_write(APIC_SPIV, 0x100 | VECTOR_SPURIOUS);
    apic_write(APIC_LVT_TIMER, APIC_MASKED);
    apic_write(APIC_LVT_LINT0, APIC_MASKED);
    apic_write(APIC_LVT_LINT1, smp_processor_id() ? APIC_MASKED : APIC_DM_NMI);
    if (max_lvt >= 3)
        apic_write(APIC_LVT_ERROR, VECTOR_ERROR);
    if (max_lvt >= 4)
        apic_write(APIC_LVT_PERF, APIC_MASKED);
    if (max_lvt >= 5)
        apic_write(APIC_LVT_THERM, APIC_MASKED);
    apic_write(APIC_ESR, 0);
    apic_write(APIC_TDCR, 0xb); /* by 1 */
    if (timer_hz || use_deadline)
        apic_write(APIC_LVT_TIMER, VECTOR_TIMER | (use_deadline ? 2U << 17 : 0));
}

void apic_init_bsp(void)
{
    uint64_t base;

    if (!(boot_cpu.word[CPUID_1d] & BIT(9)))
        panic("The processor has no local APIC");
    base = rdmsr(MSR_IA32_APIC_BASE);
    apic_base = acpi.lapic;
    x2apic = cpu_has_x2apic && (opt_x2apic || (base & APIC_BASE_X2APIC));
    if (!x2apic) {
        regs = map_device(apic_base, PAGE_SIZE, PAGE_HYPERVISOR_UC);
        if (!regs)
            panic("No memory to map the local APIC");
    }
    apic_init_cpu();
    cpu_to_apicid[0] = x2apic ? apic_read(APIC_ID) : apic_read(APIC_ID) >> 24;
}

/* --- timer --------------------------------------------------------------------------------------------- */
/* The counter and the time at one moment: of some tries the one that took least time. */
static uint32_t sample_timer(s_time_t *at)
{
    s_time_t best = SECONDS(1);
    uint32_t count = 0;

    for (unsigned int i = 0; i < 5; i++) {
        s_time_t t0 = now();
        uint32_t c = apic_read(APIC_TMCCT);
        s_time_t t1 = now();

        if (t1 - t0 < best) {
            best = t1 - t0;
            *at = t0 + (t1 - t0) / 2;
            count = c;
        }
    }
    return count;
}

/* now() works: compare for 2 ms. */
void apic_timer_calibrate(void)
{
    s_time_t t0 = 0, t1 = 0;
    uint32_t c0, c1;

    use_deadline = cpu_has_tsc_deadline;
    if (!use_deadline) {
        apic_write(APIC_TMICT, ~0U);
        c0 = sample_timer(&t0);
        while (now() - t0 < MILLISECS(2))
            ;
        c1 = sample_timer(&t1);
        apic_write(APIC_TMICT, 0);
        timer_hz = mul_div(c0 - c1, 1000000000UL, (uint64_t)(t1 - t0));
        if (!timer_hz)
            panic("The local APIC's timer does not count");
        printk(XENLOG_DEBUG "Local APIC timer %lu kHz\n", timer_hz / 1000);
    }
    apic_write(APIC_LVT_TIMER, VECTOR_TIMER | (use_deadline ? 2U << 17 : 0));
}

void apic_timer_arm(uint64_t ns)
{
    uint64_t ticks;

    ns = min(ns, (uint64_t)SECONDS(60)); /* too early does no harm */
    if (use_deadline) {
        /* Order against the LVT's write (SDM 11.5.4.1). */
        __asm__ volatile("mfence" ::: "memory");
        wrmsr(MSR_TSC_DEADLINE, ns ? rdtsc() + mul_div(ns, tsc_hz, 1000000000UL) : 0);
        return;
    }
    ticks = mul_div(ns, timer_hz, 1000000000UL);
    if (ns)
        ticks = max(ticks, 1UL);
    apic_write(APIC_TMICT, (uint32_t)min(ticks, 0xffffffffUL));
}
