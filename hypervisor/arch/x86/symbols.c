/* SPDX-License-Identifier: MIT */
/* Names for addresses, from the table that the build appends (x86.cmake), and dumps that use them. */
#include <asm/mm.h>
#include <asm/processor.h>
#include <asm/setup.h>
#include <asm/symbols.h>
#include <hv/printk.h>
#include <hv/arch/cpu.h>
#include <xen/xen.h>

struct symbol {
    uint64_t addr;
    uint64_t name; /* offset from the end of the table */
};
extern const struct symbol __symbols_start[], __symbols_end[];

static bool in_text(unsigned long addr)
{
    return (addr >= (unsigned long)__text_start && addr < (unsigned long)__text_end) ||
           (addr >= (unsigned long)__init_start && addr < (unsigned long)__init_data_start);
}

const char *symbol_lookup(unsigned long addr, unsigned long *offset)
{
    size_t low = 0, high = (size_t)(__symbols_end - __symbols_start);

    if (!in_text(addr) || !high || addr < __symbols_start[0].addr)
        return NULL;
    while (high - low > 1) {
        size_t mid = (low + high) / 2;
        if (__symbols_start[mid].addr <= addr)
            low = mid;
        else
            high = mid;
    }
    *offset = addr - __symbols_start[low].addr;
    return (const char *)__symbols_end + __symbols_start[low].name;
}

size_t symbol_count(void)
{
    return (size_t)(__symbols_end - __symbols_start);
}

const char *symbol_by_number(size_t nr, unsigned long *addr)
{
    if (nr >= symbol_count())
        return NULL;
    *addr = __symbols_start[nr].addr;
    return (const char *)__symbols_end + __symbols_start[nr].name;
}

void print_symbol(const char *prefix, unsigned long addr)
{
    unsigned long offset = 0;
    const char *name = symbol_lookup(addr, &offset);

    if (name)
        printk(XENLOG_ERR "%s[<%016lx>] %s+0x%lx\n", prefix, addr, name, offset);
    else
        printk(XENLOG_ERR "%s[<%016lx>]\n", prefix, addr);
}

void show_stack(const unsigned long *sp)
{
    const unsigned long *top = (const unsigned long *)get_cpu_info();
    unsigned int found = 0;

    if (sp >= top || sp < (const unsigned long *)((vaddr_t)(top + 1) & ~(STACK_SIZE - 1)))
        return;
    printk(XENLOG_ERR "Call trace, from %p:\n", sp);
    for (; sp < top && found < 24; sp++)
        if (in_text(*sp)) {
            print_symbol("   ", *sp);
            found++;
        }
}

static void show_words(const struct cpu_user_regs *r)
{
    printk(XENLOG_ERR "rax: %016lx  rbx: %016lx  rcx: %016lx\n", r->rax, r->rbx, r->rcx);
    printk(XENLOG_ERR "rdx: %016lx  rsi: %016lx  rdi: %016lx\n", r->rdx, r->rsi, r->rdi);
    printk(XENLOG_ERR "rbp: %016lx  rsp: %016lx  r8:  %016lx\n", r->rbp, r->rsp, r->r8);
    printk(XENLOG_ERR "r9:  %016lx  r10: %016lx  r11: %016lx\n", r->r9, r->r10, r->r11);
    printk(XENLOG_ERR "r12: %016lx  r13: %016lx  r14: %016lx\n", r->r12, r->r13, r->r14);
    printk(XENLOG_ERR "r15: %016lx  cr0: %016lx  cr4: %016lx\n", r->r15, read_cr0(), read_cr4());
    printk(XENLOG_ERR "cr3: %016lx  cr2: %016lx\n", read_cr3(), read_cr2());
}

void show_regs(const struct cpu_user_regs *r)
{
    bool guest = r->cs & 3;

    printk(XENLOG_ERR "CPU %u, %s mode, vector %u, error code %#x\n", smp_processor_id(),
           guest ? "guest" : "hypervisor", r->entry_vector & 0xff, r->error_code);
    print_symbol("rip: ", r->rip);
    printk(XENLOG_ERR "cs: %04x  ss: %04x  rflags: %016lx\n", r->cs, r->ss, r->rflags);
    show_words(r);
    if (!guest)
        show_stack((const unsigned long *)r->rsp);
}

void arch_panic_dump(void)
{
    printk(XENLOG_ERR "CPU %u, cr3 %016lx, cr2 %016lx\n", smp_processor_id(), read_cr3(),
           read_cr2());
    show_stack(__builtin_frame_address(0));
}
