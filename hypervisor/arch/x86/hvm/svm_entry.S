/* SPDX-License-Identifier: MIT */
/* Into a container and out of it.  The frame is that of pv/entry.S, at the top of the stack; rip, rsp,
 * rflags and rax are in the VMCB meanwhile. */
#include <asm/entry.h>
#include <asm/layout.h>

    .text
    .globl  svm_enter
svm_enter:
    mov     %rsp, %rax
    or      $(STACK_SIZE - 1), %rax
    sub     $(CPU_INFO_SIZE - 1), %rax
    mov     %rax, %rsp
again:
    mov     %rsp, %rdi
    mov     %rsp, %rbx
    and     $-16, %rsp
    call    svm_prepare
    mov     %rbx, %rsp
    /* Interrupts are held back by GIF from here on, so that with IF they end guest mode. */
    clgi
    sti
    pop     %r15
    pop     %r14
    pop     %r13
    pop     %r12
    pop     %rbp
    pop     %rbx
    pop     %r11
    pop     %r10
    pop     %r9
    pop     %r8
    add     $8, %rsp
    pop     %rcx
    pop     %rdx
    pop     %rsi
    pop     %rdi
    vmrun   %rax
    push    %rdi
    push    %rsi
    push    %rdx
    push    %rcx
    push    %rax
    push    %r8
    push    %r9
    push    %r10
    push    %r11
    push    %rbx
    push    %rbp
    push    %r12
    push    %r13
    push    %r14
    push    %r15
    stgi
    cld
    mov     %rsp, %rdi
    mov     %rsp, %rbx
    and     $-16, %rsp
    call    svm_exit
    mov     %rbx, %rsp
    jmp     again
