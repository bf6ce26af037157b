/* SPDX-License-Identifier: MIT */
/* Into a container and out of it.  The frame is that of pv/entry.S, at the top of the stack; rip, rsp,
 * rflags and rax are in the VMCB meanwhile. */
#include <asm/entry.h>
#include <asm/layout.h>
#include <asm/save_regs.S>

    .text
    .globl  svm_enter
svm_enter:
    mov     %rsp, %rax
    or      $(STACK_SIZE - 1), %rax
    sub     $(CPU_INFO_SIZE - 1), %rax
    mov     %rax, %rsp
again:
    CALL_WITH_REGS svm_prepare
    /* Interrupts are held back by GIF from here on, so that with IF they end guest mode. */
    clgi
    sti
    RESTORE_REGS keep_rax=1
    vmrun   %rax
    SAVE_REGS
    stgi
    CALL_WITH_REGS svm_exit
    jmp     again
