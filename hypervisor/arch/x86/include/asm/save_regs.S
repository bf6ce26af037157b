/* SPDX-License-Identifier: MIT */
/* A guest's registers between the processor and struct cpu_user_regs, for the ways in and out.
 * keep_rax: rax stays what it is. */
.macro SAVE_REGS
    cld
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
.endm

.macro RESTORE_REGS keep_rax=0
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
    .if \keep_rax
    add     $8, %rsp
    .else
    pop     %rax
    .endif
    pop     %rcx
    pop     %rdx
    pop     %rsi
    pop     %rdi
.endm

/* Call a C function with the registers at rsp; the stack is aligned in between. */
.macro CALL_WITH_REGS fn
    mov     %rsp, %rdi
    mov     %rsp, %rbx
    and     $-16, %rsp
    call    \fn
    mov     %rbx, %rsp
.endm
