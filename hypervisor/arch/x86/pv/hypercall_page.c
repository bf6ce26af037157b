/* SPDX-License-Identifier: MIT */
/* The page through which kernels make hypercalls: one stub of 32 bytes each. */
#include <asm/pv_domain.h>
#include <hv/string.h>

#define STUB_SIZE 32

/* SYSCALL takes rcx and r11 for itself. */
static const uint8_t stub[] = {
    0x51,                /* push %rcx */
    0x41, 0x53,          /* push %r11 */
    0xb8, 0,    0, 0, 0, /* mov $nr, %eax */
    0x0f, 0x05,          /* syscall */
    0x41, 0x5b,          /* pop %r11 */
    0x59,                /* pop %rcx */
    0xc3,                /* ret */
};
/* This one is jumped to, with a struct iret_context on the stack whose rcx, r11 and rax come first. */
static const uint8_t iret_stub[] = {
    0x51,                /* push %rcx */
    0x41, 0x53,          /* push %r11 */
    0x50,                /* push %rax */
    0xb8, 0,    0, 0, 0, /* mov $__HYPERVISOR_iret, %eax */
    0x0f, 0x05,          /* syscall */
};

static void put_number(uint8_t *imm, unsigned int nr)
{
    imm[0] = (uint8_t)nr;
    imm[1] = imm[2] = imm[3] = 0;
}

void pv_fill_hypercall_page(void *page)
{
    uint8_t *p = page;

    memset(p, 0xcc, PAGE_SIZE); /* INT3 */
    for (unsigned int nr = 0; nr < PAGE_SIZE / STUB_SIZE; nr++, p += STUB_SIZE) {
        bool iret = nr == __HYPERVISOR_iret;

        memcpy(p, iret ? iret_stub : stub, iret ? sizeof(iret_stub) : sizeof(stub));
        put_number(p + (iret ? 5 : 4), nr);
    }
}
