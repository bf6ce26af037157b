/* SPDX-License-Identifier: MIT */
/* Privileged instructions: a fault, or the emulation's harmless answer. */
#include "guest.h"

static uint64_t memory[4];

#define MUST_FAULT(name, ...)                                                                      \
    do {                                                                                           \
        long fault_now = FAULT(asm volatile(__VA_ARGS__));                                         \
        expect(fault_now != 0, name, "vector + 1:", fault_now);                                    \
    } while (0)
#define MAY_FAULT(...) ((void)FAULT(asm volatile(__VA_ARGS__)))

static void tables_and_ports(void)
{
    MUST_FAULT("lgdt", "lgdt %0" : : "m"(memory));
    MUST_FAULT("lidt", "lidt %0" : : "m"(memory));
    MUST_FAULT("lldt", "lldt %w0" : : "r"(0xe008));
    MUST_FAULT("ltr", "ltr %w0" : : "r"(0xe040));
    MUST_FAULT("hlt", "hlt");
    MUST_FAULT("out", "outb %b0, $0x80" : : "a"(0));
    MUST_FAULT("out-dx", "outl %0, %w1" : : "a"(0x80000000), "d"(0xcf8));
    MUST_FAULT("in", "inb $0x60, %b0" : : "a"(0) : "memory");
    MUST_FAULT("outs", "mov %0, %%rsi; mov $0x80, %%edx; outsb" : : "r"(memory) : "rsi", "rdx");
    MUST_FAULT("sysret", "mov $0x1000, %%rcx; mov $2, %%r11; sysretq" : : : "rcx", "r11");
    MUST_FAULT("swapgs", "swapgs");
    MUST_FAULT("mov-cr8", "mov %0, %%cr8" : : "r"(0xfUL));
    MUST_FAULT("iret-dpl0", "push $0xe010; push %%rsp; pushf; push $0xe008; push $0; iretq"
               :
               :
               : "memory");
}

static void control_registers(void)
{
    uint64_t cr0 = 0, cr3 = 0, cr4 = 0, after = 0;

    asm volatile("mov %%cr0, %0" : "=r"(cr0));
    asm volatile("mov %%cr3, %0" : "=r"(cr3));
    asm volatile("mov %%cr4, %0" : "=r"(cr4));
    MAY_FAULT("mov %0, %%cr0" : : "r"(0UL));              /* paging off */
    MAY_FAULT("mov %0, %%cr0" : : "r"(cr0 & ~0x10000UL)); /* write protection off */
    MAY_FAULT("mov %0, %%cr4" : : "r"(0UL));
    MAY_FAULT("mov %0, %%cr4" : : "r"(cr4 ^ (1UL << 20 | 1UL << 21 | 1UL << 17)));
    MAY_FAULT("mov %0, %%cr4" : : "r"(~0UL));
    MAY_FAULT("mov %0, %%cr3" : : "r"(0x1000UL));
    MAY_FAULT("mov %0, %%cr3" : : "r"(~0UL));
    asm volatile("mov %%cr3, %0" : "=r"(after));
    expect(after == cr3, "cr3-kept", "is", (long)after);
    MAY_FAULT("mov %0, %%cr2" : : "r"(~0UL));
    MAY_FAULT("mov %0, %%dr7" : : "r"(0xffffffffUL));
    MAY_FAULT("mov %0, %%dr0" : : "r"(0xffff82d080200000UL));
    MAY_FAULT("mov %0, %%dr7" : : "r"(0x3UL));
    MAY_FAULT("mov %0, %%dr7" : : "r"(0UL));
    MAY_FAULT("clts");
    MAY_FAULT("invd");
    MAY_FAULT("wbinvd");
    MAY_FAULT("cli");
    MAY_FAULT("sti");
    MAY_FAULT("invlpg %0" : : "m"(memory));
    MAY_FAULT("int3");
    MAY_FAULT("int $0x80");
    MAY_FAULT("int $0x82");
    MAY_FAULT("int $0x2");
    MAY_FAULT("int $0xff");
    MAY_FAULT("ud2");
    MAY_FAULT("sysenter");
    MAY_FAULT("pushf; orq $0x3000, (%%rsp); popf" : : : "memory", "cc"); /* IOPL 3 */
    MUST_FAULT("out-after-iopl", "outb %b0, $0x80" : : "a"(0));
    pass("control-registers");
}

static long debug_register(int reg, uint64_t value)
{
    return CALL(set_debugreg, reg, value);
}

static void debug_registers(void)
{
    long rc = debug_register(0, 0xffff82d080200000UL);

    expect(rc != 0, "breakpoint-in-hypervisor", "status", rc);
    rc = debug_register(4, 0);
    rc = debug_register(8, 0);
    expect(rc != 0, "debug-register-8", "status", rc);
    rc = debug_register(7, 1UL << 13); /* general detect */
    debug_register(7, 0);
    expect(CALL(get_debugreg, 99) < 0, "get-debug-register-99", "register", 99);
}

static bool read_msr(uint32_t msr, uint64_t *value)
{
    uint32_t low = 0, high = 0;
    bool ok = !FAULT(asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr)));

    *value = (uint64_t)high << 32 | low;
    return ok;
}

static void model_specific(void)
{
    static const uint32_t registers[] = {
        0x10,       0x1b,       0x174,      0x175,      0x176,      0x17a,      0x1d9,
        0x200,      0x201,      0x277,      0x2ff,      0x400,      0x401,      0x800,
        0x808,      0x830,      0x8b,       0x79,       0x3a,       0x480,      0xc0000080,
        0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084, 0xc0000103, 0xc0010010, 0xc0010015,
        0xc0010020, 0xc0010117, 0xc0010114, 0xc0011020, 0x40000000, 0x40000001, 0xffffffff};
    uint64_t before = 0, after = 0, seed = 9;
    bool ok = true;

    for (size_t i = 0; i < ARRAY(registers); i++) {
        bool readable = read_msr(registers[i], &before);

        MAY_FAULT("wrmsr" : : "c"(registers[i]), "a"(0xdead0000), "d"(0x7fff));
        MAY_FAULT("wrmsr" : : "c"(registers[i]), "a"(0), "d"(0));
        MAY_FAULT("wrmsr"
                  :
                  : "c"(registers[i]), "a"((uint32_t)random64(&seed)),
                    "d"((uint32_t)random64(&seed)));
        if (registers[i] < 0x100 || registers[i] == 0x40000000)
            continue; /* time goes on; the hypercall page's address reads as nothing */
        if (readable && read_msr(registers[i], &after) && after != before &&
            registers[i] >= 0xc0000080 && registers[i] <= 0xc0000084) {
            fail("msr-kept", "%x: %lx became %lx", registers[i], before, after);
            ok = false;
        }
    }
    for (unsigned int i = 0; i < 500; i++) {
        uint32_t msr = (uint32_t)random64(&seed) & 0xc001ffff;

        read_msr(msr, &before);
        MAY_FAULT("wrmsr" : : "c"(msr), "a"((uint32_t)random64(&seed)), "d"(0));
    }
    if (ok)
        pass("msr-kept");
    expect(CALL(xen_version, 0) > 0, "syscall-still-enters", "status", CALL(xen_version, 0));
}

/* Instructions that the emulator would read again, across a page's end and at a table's edge. */
static void odd_fetches(void)
{
    void (*code)(void) = (void (*)(void))(spare[11] - 1);

    spare[10][PAGE - 1] = (char)0x0f; /* the first byte of two, the next in a page without rights */
    map(spare[11], 0);
    expect(FAULT(code()) != 0, "fetch-across-pages", "fault", 0);
    make_writable(spare[11]);
    expect(FAULT(((void (*)(void))0xffff82d080200000UL)()) != 0, "fetch-hypervisor", "fault", 0);
    expect(FAULT(((void (*)(void))0x800000000000UL)()) != 0, "fetch-not-canonical", "fault", 0);
}

void test_instructions(void)
{
    tables_and_ports();
    control_registers();
    debug_registers();
    model_specific();
    odd_fetches();
}
