/* SPDX-License-Identifier: MIT */
/* Ways for a guest to end itself, which must end nothing else. */
#include "guest.h"

#include <xen/callback.h>
#include <xen/sched.h>

static void do_iret(uint64_t rip, uint64_t cs, uint64_t rflags, uint64_t rsp, uint64_t ss,
                    uint64_t flags)
{
    struct iret_context frame = {
        .flags = flags, .rip = rip, .cs = cs, .rflags = rflags, .rsp = rsp, .ss = ss};

    extern const char hypercall_page[];
    asm volatile("mov %0, %%rsp; jmp *%1"
                 :
                 : "r"(&frame), "r"(hypercall_page + __HYPERVISOR_iret * 32)
                 : "memory");
    __builtin_unreachable();
}

static void landed(void)
{
    print("DIE-LANDED\n");
    shutdown(SHUTDOWN_poweroff);
}

#define HERE ((uint64_t)landed)
#define TOP  ((uint64_t)stacks[1] + STACK - 8)

static void bad_traps(uint64_t address)
{
    struct trap_info table[] = {{6, 0, FLAT_KERNEL_CS, address},
                                {13, 0, FLAT_KERNEL_CS, address},
                                {14, 0, FLAT_KERNEL_CS, address},
                                {0}};

    CALL(set_trap_table, table);
    asm volatile("ud2");
}

static void no_callbacks(void)
{
    struct callback_register reg = {.type = CALLBACKTYPE_failsafe, .address = 0};

    CALL(callback_op, CALLBACKOP_register, &reg);
}

struct death {
    const char *name;
    int how;
};

static void by_iret(int how)
{
    switch (how) {
    case 0:
        do_iret(HERE, 0xe008, 0x202, TOP, FLAT_KERNEL_SS, 0);
        break;
    case 1:
        do_iret(HERE, FLAT_KERNEL_CS, 0x202, TOP, 0xe010, 0);
        break;
    case 2:
        do_iret(1UL << 47, FLAT_KERNEL_CS, 0x202, TOP, FLAT_KERNEL_SS, 0);
        break;
    case 3:
        do_iret(HERE, FLAT_KERNEL_CS, ~0UL, TOP, FLAT_KERNEL_SS, 0);
        break;
    case 4:
        do_iret(HERE, FLAT_KERNEL_CS, 0x202, 1UL << 60, FLAT_KERNEL_SS, 0);
        break;
    case 5:
        do_iret(HERE, 0, 0x202, TOP, 0, 0);
        break;
    case 6:
        do_iret(0xffff82d080200000, FLAT_KERNEL_CS, 0x202, TOP, FLAT_KERNEL_SS, 0);
        break;
    case 7:
        do_iret(1UL << 47, FLAT_KERNEL_CS, 0x202, TOP, FLAT_KERNEL_SS, ~0UL);
        break;
    case 8:
        no_callbacks();
        do_iret(1UL << 47, FLAT_KERNEL_CS, 0x202, TOP, FLAT_KERNEL_SS, 0);
        break;
    case 9:
        do_iret(HERE, 0x23, 0x202, TOP, 0x2b, 0);
        break; /* to user mode, of 32 bits */
    default:
        break;
    }
}

static void by_stack(int how)
{
    switch (how) {
    case 0:
        asm volatile("xor %%esp, %%esp; ud2" : : : "memory");
        break;
    case 1:
        asm volatile("mov %0, %%rsp; ud2" : : "r"(0xffff830000000000UL) : "memory");
        break;
    case 2:
        asm volatile("mov %0, %%rsp; ud2" : : "r"(1UL << 47) : "memory");
        break;
    case 3:
        asm volatile("mov %0, %%rsp; ud2" : : "r"(start_info->pt_base + 2048) : "memory");
        break;
    case 4:
        CALL(stack_switch, 0xe010, 0xffff830000000000UL);
        asm volatile("xor %%esp, %%esp; syscall" : : "a"(-1L) : "rcx", "r11", "memory");
        break;
    default:
        break;
    }
}

static void by_tables(int how)
{
    switch (how) {
    case 0:
        map(image_start, 0);
        map((void *)((unsigned long)run_death & ~0xfffUL), 0);
        break;
    case 1:
        mmuext(MMUEXT_UNPIN_TABLE, mfn_of((void *)start_info->pt_base), 0);
        landed();
        break;
    case 2:
        set_entry(entry_address(image_start, 4), 0);
        break;
    case 3:
        bad_traps(0);
        break;
    case 4:
        bad_traps(1UL << 47);
        break;
    case 5:
        bad_traps(0xffff82d080200000);
        break;
    case 6:
        shutdown(SHUTDOWN_crash);
        break;
    case 7:
        shutdown(12345);
        break;
    default:
        break;
    }
}

/* how=iret0, stack2, tables5: which of which kind. */
void run_death(const char *how)
{
    int nr = 0;
    const char *digit = how;

    while (*digit && (*digit < '0' || *digit > '9'))
        digit++;
    if (*digit)
        nr = *digit - '0';
    print("DIE %s\n", how);
    if (*how == 'i')
        by_iret(nr);
    else if (*how == 's')
        by_stack(nr);
    else
        by_tables(nr);
    print("DIE-SURVIVED\n");
}

/* how=poweroff, reboot, crash; watchdog: let one bite. */
void run_end(const char *how)
{
    const struct sched_watchdog watchdog = {.timeout = 1};

    print("END %s\n", how);
    if (*how == 'w' && CALL(sched_op, SCHEDOP_watchdog, &watchdog) > 0)
        for (;;)
            yield();
    shutdown(*how == 'r' ? SHUTDOWN_reboot : *how == 'c' ? SHUTDOWN_crash : SHUTDOWN_poweroff);
}
