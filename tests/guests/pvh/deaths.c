/* SPDX-License-Identifier: MIT */
/* Ways to end that concern nobody else. */
#include "pvh.h"

#include <xen/sched.h>

static bool is(const char *how, const char *name)
{
    while (*name && *how == *name) {
        how++;
        name++;
    }
    return !*name;
}

static void triple_fault(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) none = {0, 0};

    __asm__ volatile("lidt %0; ud2" ::"m"(none));
}

void die(const char *how)
{
    if (is(how, "triple"))
        triple_fault();
    else if (is(how, "code"))
        ((void (*)(void))0x7000000000)();
    else if (is(how, "tables"))
        __asm__ volatile("mov %0, %%cr3" ::"r"(0x7000000000) : "memory");
    else if (is(how, "stack"))
        __asm__ volatile("mov %0, %%rsp; push %%rax; ud2" ::"r"(0x7000000000) : "memory");
    else if (is(how, "halt"))
        __asm__ volatile("cli; hlt");
    else if (is(how, "spin"))
        for (;;)
            __asm__ volatile("");
    else if (is(how, "faults")) /* #AC and #DB that raise themselves */
        for (;;)
            FAULT(__asm__ volatile("int $1; ud2"));
    else if (is(how, "crash"))
        shutdown(SHUTDOWN_crash);
    expect(false, "still alive", 0);
    shutdown(SHUTDOWN_poweroff);
}
