/* SPDX-License-Identifier: MIT */
/* GDT, TSS and IDT. */
#include <asm/desc.h>
#include <asm/gdt.h>
#include <asm/processor.h>
#include <hv/mm.h>
#include <string.h>

DEFINE_PER_CPU(uint64_t *, gdt_page);
DEFINE_PER_CPU(struct tss64, tss) __aligned(16);

static uint64_t boot_gdt_page[512] __aligned(PAGE_SIZE);

struct idt_gate {
    uint16_t offset_low, selector;
    uint8_t ist, type;
    uint16_t offset_mid;
    uint32_t offset_high, reserved;
};
/* Of all CPUs; ISTs come from their TSSs.  The second one has none: it is for when TR is a guest's. */
static struct idt_gate idt[256] __aligned(PAGE_SIZE), idt_without_ist[256] __aligned(PAGE_SIZE);

#define SLOT(sel) (((sel)&0xfff) / 8)

static void fill_gdt(uint64_t *g, unsigned int cpu)
{
    uint64_t tss = (uint64_t)&this_cpu(tss);

    g[SLOT(HV_CS64)] = 0x00af9b000000ffff;
    g[SLOT(HV_DS)] = 0x00cf93000000ffff;
    g[SLOT(SEL_RING3_CS32)] = 0x00cffb000000ffff;
    g[SLOT(SEL_RING3_DS)] = 0x00cff3000000ffff;
    g[SLOT(SEL_RING3_CS64)] = 0x00affb000000ffff;
    g[SLOT(SEL_TSS)] = (sizeof(struct tss64) - 1) | (tss & 0xffffff) << 16 | 0x89UL << 40 |
                       (tss >> 24 & 0xff) << 56;
    g[SLOT(SEL_TSS) + 1] = tss >> 32;
    g[SLOT(SEL_PERCPU)] = 0x0000f10000000000 | cpu;
}

/* The stack's lowest pages serve as interrupt stacks: get_cpu_info() works on them, too. */
static void fill_tss(struct tss64 *t)
{
    struct cpu_info *info = get_cpu_info();
    uint64_t bottom = (uint64_t)(info + 1) - STACK_SIZE;

    memset(t, 0, sizeof(*t));
    /* The processor pushes ss downwards from here; it wants the stack 16-byte aligned. */
    t->rsp[0] = (uint64_t)&info->guest_regs.es;
    t->ist[IST_DF - 1] = bottom + 1 * PAGE_SIZE;
    t->ist[IST_NMI - 1] = bottom + 2 * PAGE_SIZE;
    t->ist[IST_MCE - 1] = bottom + 3 * PAGE_SIZE;
    t->ist[IST_DB - 1] = bottom + 3 * PAGE_SIZE + PAGE_SIZE / 2;
    t->iomap = sizeof(*t);
}
_Static_assert((sizeof(struct cpu_info) - offsetof(struct cpu_info, guest_regs.es)) % 16 == 0,
               "rsp0 is 16-byte aligned");

static void fill_idt(void)
{
    for (unsigned int v = 0; v < 256; v++) {
        uint64_t fn = exception_stubs[v];

        idt[v] = (struct idt_gate){
            .offset_low = fn & 0xffff,
            .selector = HV_CS64,
            .type = v == TRAP_int3 || v == TRAP_overflow ? 0xee : 0x8e,
            .offset_mid = fn >> 16 & 0xffff,
            .offset_high = fn >> 32,
        };
    }
    memcpy(idt_without_ist, idt, sizeof(idt));
    idt[TRAP_double_fault].ist = IST_DF;
    idt[TRAP_nmi].ist = IST_NMI;
    idt[TRAP_machine_check].ist = IST_MCE;
    idt[TRAP_debug].ist = IST_DB;
}

void load_idt(bool with_ist)
{
    struct desc_ptr idtr = {sizeof(idt) - 1, (uint64_t)(with_ist ? idt : idt_without_ist)};

    __asm__ volatile("lidt %0" ::"m"(idtr));
}

int desc_prepare_cpu(unsigned int cpu)
{
    per_cpu(gdt_page, cpu) = alloc_xenheap_pages(0, MEMF_zero);
    return per_cpu(gdt_page, cpu) ? 0 : -ENOMEM;
}

void desc_init_cpu(void)
{
    unsigned int cpu = smp_processor_id();

    if (cpu == 0) {
        this_cpu(gdt_page) = boot_gdt_page;
        fill_idt();
    }
    fill_tss(&this_cpu(tss));
    fill_gdt(this_cpu(gdt_page), cpu);
    load_idle_gdt();
    __asm__ volatile(
        "pushq %0; lea 1f(%%rip), %%rax; pushq %%rax; lretq; 1:\n"
        "mov %1, %%ss; mov %2, %%ds; mov %2, %%es; mov %2, %%fs; mov %2, %%gs" ::"i"(HV_CS64),
        "r"(HV_DS), "r"(0)
        : "rax", "memory");
    load_idt(true);
    __asm__ volatile("ltr %w0" ::"r"(SEL_TSS));
}
