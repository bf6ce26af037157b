/* SPDX-License-Identifier: MIT */
/* The machine as a whole: its end, and its topology. */
#include <asm/acpi.h>
#include <asm/apic.h>
#include <asm/cpufeature.h>
#include <asm/hvm.h>
#include <asm/processor.h>
#include <asm/smp.h>
#include <asm/time.h>
#include <hv/arch/domain.h>
#include <hv/cpumask.h>
#include <hv/printk.h>
#include <string.h>
#include <xen/sysctl.h>

static void quiesce(void)
{
    smp_stop_others();
    arch_irq_disable();
}

void arch_machine_halt(void)
{
    quiesce();
    printk("System halted\n");
    for (;;)
        cpu_halt();
}

void arch_machine_restart(unsigned int delay_ms)
{
    const struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) no_idt = {0, 0};

    quiesce();
    while (delay_ms--)
        udelay(1000);
    acpi_reset();
    udelay(10000);
    outb(0x06, 0xcf9); /* chipset: full reset */
    udelay(10000);
    for (unsigned int i = 0; i < 10; i++) {
        outb(0xfe, 0x64); /* keyboard controller: pulse the reset line */
        udelay(10000);
    }
    /* An exception that cannot be delivered resets the processor. */
    __asm__ volatile("lidt %0; int3" ::"m"(no_idt));
    for (;;)
        cpu_halt();
}

/* --- topology: how many bits of an APIC id number threads and cores ------------------------------------- */
struct topology {
    unsigned int thread_bits, package_bits;
};

static unsigned int bits_for(unsigned int n)
{
    return n > 1 ? 32 - (unsigned int)__builtin_clz(n - 1) : 0;
}

static bool topology_leaf_b(struct topology *t)
{
    struct cpuid_regs r;

    if (boot_cpu.max_leaf < 0xb || !(cpuid_count(0xb, 0).b & 0xffff))
        return false;
    for (uint32_t i = 0; i < 4; i++) {
        r = cpuid_count(0xb, i);
        if ((r.c >> 8 & 0xff) == 1)
            t->thread_bits = r.a & 0x1f;
        if (r.c >> 8 & 0xff)
            t->package_bits = r.a & 0x1f;
    }
    return true;
}

static struct topology read_topology(void)
{
    struct topology t = {0, 0};
    struct cpuid_regs r = cpuid(1);
    unsigned int logical = r.d & BIT(28) ? r.b >> 16 & 0xff : 1, threads = 1;

    if (topology_leaf_b(&t))
        return t;
    t.package_bits = bits_for(logical);
    if (boot_cpu.vendor == VENDOR_INTEL && boot_cpu.max_leaf >= 4) {
        threads = logical / ((cpuid_count(4, 0).a >> 26) + 1);
    } else if (boot_cpu.max_ext_leaf >= 0x80000008) {
        r = cpuid(0x80000008);
        t.package_bits = r.c >> 12 & 0xf ? r.c >> 12 & 0xf : bits_for((r.c & 0xff) + 1);
        if (boot_cpu.max_ext_leaf >= 0x8000001e && (boot_cpu.word[CPUID_e1c] & BIT(22)))
            threads = (cpuid(0x8000001e).b >> 8 & 0xff) + 1;
    }
    t.thread_bits = min(bits_for(threads), t.package_bits);
    return t;
}

static unsigned int madt_index(uint32_t apicid)
{
    unsigned int i = 0;

    while (i < acpi.nr_cpus && acpi.cpu[i].apicid != apicid)
        i++;
    return i;
}

void arch_cpu_topology(unsigned int cpu, uint32_t *core, uint32_t *socket, uint32_t *node)
{
    struct topology t = read_topology();
    uint32_t id = cpu_to_apicid[cpu];
    unsigned int i = madt_index(id);

    *core = (id & ((1U << t.package_bits) - 1)) >> t.thread_bits;
    *socket = id >> t.package_bits;
    *node = i < acpi.nr_cpus ? acpi.cpu[i].node : 0;
}

void arch_physinfo(struct xen_sysctl_physinfo *pi)
{
    unsigned int threads = 0, cores = 0, cpu;
    uint32_t core0, socket0, node, core, socket;
    uint64_t cores_seen = 0;

    arch_cpu_topology(0, &core0, &socket0, &node);
    for_each_online_cpu (cpu) {
        arch_cpu_topology(cpu, &core, &socket, &node);
        if (socket != socket0)
            continue;
        threads += core == core0;
        if (!(cores_seen & BIT(core & 63)))
            cores++;
        cores_seen |= BIT(core & 63);
    }
    pi->threads_per_core = threads;
    pi->cores_per_socket = cores;
    pi->cpu_khz = cpu_khz;
    pi->capabilities |= XEN_SYSCTL_PHYSCAP_pv;
    if (hvm)
        pi->capabilities |= XEN_SYSCTL_PHYSCAP_hvm | XEN_SYSCTL_PHYSCAP_hap;
    memset(pi->hw_cap, 0, sizeof(pi->hw_cap));
    pi->hw_cap[0] = boot_cpu.word[CPUID_1d];
    pi->hw_cap[1] = boot_cpu.word[CPUID_1c];
    pi->hw_cap[2] = boot_cpu.word[CPUID_e1d];
    pi->hw_cap[3] = boot_cpu.word[CPUID_e1c];
    pi->hw_cap[4] = boot_cpu.word[CPUID_Da1];
    pi->hw_cap[5] = boot_cpu.word[CPUID_7b];
    pi->hw_cap[6] = boot_cpu.word[CPUID_7c];
    pi->hw_cap[7] = boot_cpu.word[CPUID_e7d];
}
