/* SPDX-License-Identifier: MIT */
/* Entry, hypercall page, trap stubs and notes of a tiny PV guest. */
#include <xen/elfnote.h>

#define STACK 16384

.macro note type, value:vararg
        .pushsection .note.Xen, "a", @note
        .balign 4
        .long 4, 2f - 1f, \type
        .asciz "Xen"
1:      \value
2:      .balign 4
        .popsection
.endm

        note XEN_ELFNOTE_GUEST_OS,       .asciz "tiny"
        note XEN_ELFNOTE_GUEST_VERSION,  .asciz "1"
        note XEN_ELFNOTE_XEN_VERSION,    .asciz "xen-3.0"
        note XEN_ELFNOTE_LOADER,         .asciz "generic"
        note XEN_ELFNOTE_PAE_MODE,       .asciz "yes"
        note XEN_ELFNOTE_VIRT_BASE,      .quad 0xffffffff80000000
        note XEN_ELFNOTE_PADDR_OFFSET,   .quad 0
        note XEN_ELFNOTE_ENTRY,          .quad start
        note XEN_ELFNOTE_HYPERCALL_PAGE, .quad hypercall_page
        note XEN_ELFNOTE_FEATURES,       .asciz "!writable_page_tables|pae_pgdir_above_4gb"

        .section .head.text, "ax"
        .globl start, vcpu_start, hypercall_page
start:
        cld
        leaq stacks + STACK(%rip), %rsp
        xorl %ebp, %ebp
        movq %rsi, %rdi
        call main
1:      jmp 1b

vcpu_start:                     /* rdi: the vCPU's number, rsp: its stack */
        cld
        xorl %ebp, %ebp
        call vcpu_main
1:      jmp 1b

        .balign 4096
hypercall_page:
        .fill 4096, 1, 0xcc

        .text
/* long try(struct escape *): 0 at first; the vector plus 1 once a fault was caught */
        .globl try
try:
        movq (%rsp), %rax
        movq %rax, 0(%rdi)
        leaq 8(%rsp), %rax
        movq %rax, 8(%rdi)
        movq %rbx, 16(%rdi)
        movq %rbp, 24(%rdi)
        movq %r12, 32(%rdi)
        movq %r13, 40(%rdi)
        movq %r14, 48(%rdi)
        movq %r15, 56(%rdi)
        xorl %eax, %eax
        ret

/* Xen's frame: rcx, r11, error code for those vectors that have one, rip, cs, rflags, rsp, ss */
.macro stub vector, has_error
stub_\vector:
        movq (%rsp), %rcx
        movq 8(%rsp), %r11
        addq $16, %rsp
.if !\has_error
        pushq $0
.endif
        pushq $\vector
        jmp trap_common
.endm

        .altmacro
        .set i, 0
.macro stub_for n
  .if \n == 8 || (\n >= 10 && \n <= 14) || \n == 17 || \n == 21
        stub \n, 1
  .else
        stub \n, 0
  .endif
.endm
        .rept 32
        stub_for %i
        .set i, i + 1
        .endr

trap_common:
        pushq %rax
        pushq %rcx
        pushq %rdx
        pushq %rbx
        pushq %rbp
        pushq %rsi
        pushq %rdi
        pushq %r8
        pushq %r9
        pushq %r10
        pushq %r11
        pushq %r12
        pushq %r13
        pushq %r14
        pushq %r15
        movq %rsp, %rdi
        cld
        movq %rsp, %rbp
        andq $-16, %rsp
        call trap
        movq %rbp, %rsp
        popq %r15
        popq %r14
        popq %r13
        popq %r12
        popq %r11
        popq %r10
        popq %r9
        popq %r8
        popq %rdi
        popq %rsi
        popq %rbp
        popq %rbx
        popq %rdx
        popq %rcx
        popq %rax
        addq $16, %rsp
        orq $3, 8(%rsp)         /* Xen clears it to say "kernel" */
        iretq

        .globl event_entry, failsafe_entry
event_entry:                    /* events stay masked; should one come, go on */
        movq (%rsp), %rcx
        movq 8(%rsp), %r11
        addq $16, %rsp
        orq $3, 8(%rsp)
        iretq

failsafe_entry:                 /* rcx, r11, ds, es, fs, gs, then rip, cs, rflags, rsp, ss */
        addq $48, %rsp
        pushq $0
        pushq $32
        jmp trap_common

        .section .rodata
        .balign 8
        .globl trap_stubs
trap_stubs:
.macro address n
        .quad stub_\n
.endm
        .set i, 0
        .rept 32
        address %i
        .set i, i + 1
        .endr

        .bss
        .balign 4096
        .globl stacks
stacks:
        .skip 4 * STACK
        .section .note.GNU-stack, "", @progbits
