/* SPDX-License-Identifier: MIT */
/* From the loader's handover to the first domain's first instruction. */
#include <asm/apic.h>
#include <asm/console.h>
#include <asm/cpufeature.h>
#include <asm/desc.h>
#include <asm/e820.h>
#include <asm/hvm.h>
#include <asm/irq.h>
#include <asm/libc.h>
#include <asm/mm.h>
#include <asm/processor.h>
#include <asm/setup.h>
#include <asm/smp.h>
#include <asm/time.h>
#include <hv/arch/domain.h>
#include <hv/cmdline.h>
#include <hv/domain.h>
#include <hv/printk.h>
#include <string.h>

char arch_capabilities[] = "xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 ";

static __init void print_memory_map(void)
{
    static const char *const name[] = {"?", "RAM", "reserved", "ACPI data", "ACPI NVS", "unusable"};

    for (unsigned int i = 0; i < nr_e820; i++)
        printk(XENLOG_INFO " %016lx-%016lx %s\n", boot_e820[i].addr,
               boot_e820[i].addr + boot_e820[i].size - 1, name[boot_e820[i].type % 6]);
}

static __init void build_dom0(void)
{
    int rc;

    if (!nr_boot_modules)
        panic("No module: the loader has to give dom0's kernel");
    libc_init();
    rc = pv_dom0_build(&boot_modules[0], nr_boot_modules > 1 ? &boot_modules[1] : NULL);
    if (rc)
        panic("Cannot build dom0: error %d", rc);
}

/* On the idle vCPU's behalf, with everything up; not part of .init, which it gives away. */
static noreturn void finish(void)
{
    printk(XENLOG_INFO "%u CPUs, %lu MiB of %lu MiB free; %lu ms\n", nr_cpus_present,
           heap_free_pages(NODE_ANY) >> 8, heap_total_pages() >> 8,
           (unsigned long)(now() / 1000000));
    console_give_up_vga();
    free_boot_memory();
    domain_unpause(dom0);
    arch_idle_loop();
    __builtin_unreachable();
}

static __init void init_machine(void)
{
    i8259_mask_all(); /* first: what it has pending must not outlive its way to the APIC */
    apic_init_bsp();
    ioapic_init();
    irq_init();
    time_init();
}

noreturn void __start_hv(uint32_t magic, maddr_t info)
{
    const char *cmdline = multiboot_parse(magic, info);

    cmdline_parse(cmdline);
    console_init();
    cpu_identify();
    cpu_init_control();
    desc_init_cpu();
    printk("Command line: %s\n", cmdline);
    print_memory_map();
    mm_boot_init();
    vga_map();
    libc_run_constructors();
    cpumask_set(0, &cpu_online_map);
    domains_init();
    mm_share_m2p();
    get_cpu_info()->current_vcpu = idle_vcpu[0];
    init_machine();
    pv_cpu_init();
    hvm_init();
    if (hvm_cpu_init(0))
        panic("No memory for guest mode");
    if (!hvm)
        *strchr(arch_capabilities, 'h') = '\0'; /* no containers */
    arch_irq_enable();
    console_init_irq();
    smp_boot_all();
    build_dom0();
    finish();
}
