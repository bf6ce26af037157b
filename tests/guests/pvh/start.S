/* SPDX-License-Identifier: MIT */
/* From protected mode without paging through each paging mode into 64-bit code; in each a hypercall
 * whose argument lies at an address that only this mode's tables explain.  Then stubs and tables. */
#include <xen/elfnote.h>

#define STACK   16384
#define ALIAS   0xd0000000 /* the page of messages, by 4 KiB entries */
#define CONSOLE 18         /* __HYPERVISOR_console_io */

        .pushsection .note.Xen, "a", @note
        .balign 4
        .long 4, 4, XEN_ELFNOTE_PHYS32_ENTRY
        .asciz "Xen"
        .long start32
        .popsection

/* Write a message that is at address; changes eax to edx. */
.macro say address, length
        mov $CONSOLE, %eax
        xor %ebx, %ebx
        mov $\length, %ecx
        mov $\address, %edx
        vmmcall
.endm

        .code32
        .section .head.text, "ax"
        .globl start32
start32:
        cld
        mov $stacks + STACK, %esp
        mov %ebx, start_info
        lgdt gdt_pointer
        ljmp $0x08, $1f
1:      mov $0x10, %eax
        mov %eax, %ds
        mov %eax, %es
        mov %eax, %ss
#ifndef STRAIGHT_TO_64_BIT
        say none_text, none_length

        /* 32-bit paging: 4 MiB entries on the spot, one 4 KiB table */
        mov $table, %edi
        mov $0x83, %eax
1:      stosl
        add $0x400000, %eax
        cmp $table + 4096, %edi
        jb 1b
        movl $leaf_table + 7, table + (ALIAS >> 22) * 4
        movl $messages + 3, leaf_table
        mov $0x10, %eax         /* PSE */
        mov %eax, %cr4
        mov $table, %eax
        mov %eax, %cr3
        mov %cr0, %eax
        or $0x80010000, %eax    /* PG, WP */
        mov %eax, %cr0
        say ALIAS + (plain_text - messages), plain_length
        mov %cr0, %eax
        and $0x7fffffff, %eax
        mov %eax, %cr0

        /* PAE: 2 MiB entries */
        mov $table, %edi
        mov $0x83, %eax
1:      mov %eax, (%edi)
        movl $0, 4(%edi)
        add $8, %edi
        add $0x200000, %eax
        cmp $table + 4096, %edi
        jb 1b
        movl $table + 1, top_table
        movl $0, top_table + 4
        movl $second_table + 1, top_table + (ALIAS >> 30) * 8
        movl $0, top_table + (ALIAS >> 30) * 8 + 4
        movl $leaf_table + 7, second_table + ((ALIAS >> 21) & 511) * 8
        movl $messages + 3, leaf_table
        movl $0, leaf_table + 4
        mov $0x20, %eax         /* PAE */
        mov %eax, %cr4
        mov $top_table, %eax
        mov %eax, %cr3
        mov %cr0, %eax
        or $0x80000000, %eax
        mov %eax, %cr0
        say ALIAS + (pae_text - messages), pae_length
        mov %cr0, %eax
        and $0x7fffffff, %eax
        mov %eax, %cr0
#endif

        /* 64-bit: 512 GiB by 1 GiB entries, on the spot */
        mov $long_pdpt, %edi
        xor %edx, %edx
        mov $0x83, %eax
1:      mov %eax, (%edi)
        mov %edx, 4(%edi)
        add $8, %edi
        add $0x40000000, %eax
        adc $0, %edx
        cmp $long_pdpt + 4096, %edi
        jb 1b
        movl $long_pdpt + 7, long_pml4
        call enter_long_mode
        ljmp $0x18, $long_start

        .globl enter_long_mode
enter_long_mode:
        mov $0x220, %eax        /* PAE, OSFXSR */
        mov %eax, %cr4
        mov $long_pml4, %eax
        mov %eax, %cr3
        mov $0xc0000080, %ecx
        rdmsr
        or $0x100, %eax
        wrmsr
        mov %cr0, %eax
        or $0x80010000, %eax
        mov %eax, %cr0
        ret

        .code64
long_start:
        mov $stacks + STACK, %rsp
        call main
1:      hlt
        jmp 1b

/* Another vCPU: copied to where the start-up IPI says, 0x8000. */
        .balign 16
        .code16
        .globl trampoline, trampoline_end
trampoline:
        cli
        xor %ax, %ax
        mov %ax, %ds
        mov $CONSOLE, %eax
        xor %ebx, %ebx
        mov $real_length, %ecx
        mov $0x8000 + (real_text - trampoline), %edx
        vmmcall
        lgdtl 0x8000 + (trampoline_gdt - trampoline)
        mov %cr0, %eax
        or $1, %eax
        mov %eax, %cr0
        ljmpl $0x08, $second_start
        .balign 8
trampoline_gdt:
        .word gdt_end - gdt - 1
        .long gdt
real_text:
        .ascii "PASS mode-real\n"
        .set real_length, . - real_text
trampoline_end:
        .code32
second_start:
        mov $0x10, %eax
        mov %eax, %ds
        mov %eax, %es
        mov %eax, %ss
        mov $stacks + 2 * STACK, %esp
        call enter_long_mode
        ljmp $0x18, $1f
        .code64
1:      mov $stacks + 2 * STACK, %rsp
        call second_main
1:      cli
        hlt
        jmp 1b

/* long try(struct escape *): 0 at first; the vector plus 1 once a fault was caught */
        .globl try
try:
        mov (%rsp), %rax
        mov %rax, 0(%rdi)
        lea 8(%rsp), %rax
        mov %rax, 8(%rdi)
        mov %rbx, 16(%rdi)
        mov %rbp, 24(%rdi)
        mov %r12, 32(%rdi)
        mov %r13, 40(%rdi)
        mov %r14, 48(%rdi)
        mov %r15, 56(%rdi)
        xor %eax, %eax
        ret

/* uint64_t in_ring3(fn): runs fn there, what it returns comes back by INT 0x80. */
        .globl in_ring3, from_ring3
in_ring3:
        push %rbx
        push %rbp
        push %r12
        push %r13
        push %r14
        push %r15
        mov %rsp, ring0_rsp
        pushq $0x33
        pushq $stacks + 3 * STACK - 16
        pushq $2
        pushq $0x2b
        pushq %rdi
        iretq
from_ring3:
        mov ring0_rsp, %rsp
        pop %r15
        pop %r14
        pop %r13
        pop %r12
        pop %rbp
        pop %rbx
        ret

.macro stub vector, has_error
        .balign 16
stub_\vector:
.if !\has_error
        pushq $0
.endif
        pushq $\vector
        jmp trap_common
.endm
.macro stub_for n
  .if \n == 8 || (\n >= 10 && \n <= 14) || \n == 17 || \n == 21
        stub \n, 1
  .else
        stub \n, 0
  .endif
.endm
        .altmacro
        .set i, 0
        .rept 256
        stub_for %i
        .set i, i + 1
        .endr

trap_common:
        push %rax
        push %rcx
        push %rdx
        push %rbx
        push %rbp
        push %rsi
        push %rdi
        push %r8
        push %r9
        push %r10
        push %r11
        push %r12
        push %r13
        push %r14
        push %r15
        mov %rsp, %rdi
        mov %rsp, %rbp
        and $-16, %rsp
        cld
        call trap
        mov %rbp, %rsp
        pop %r15
        pop %r14
        pop %r13
        pop %r12
        pop %r11
        pop %r10
        pop %r9
        pop %r8
        pop %rdi
        pop %rsi
        pop %rbp
        pop %rbx
        pop %rdx
        pop %rcx
        pop %rax
        add $16, %rsp
        iretq

        .section .rodata
        .balign 8
        .globl trap_stubs
trap_stubs:
.macro address n
        .quad stub_\n
.endm
        .set i, 0
        .rept 256
        address %i
        .set i, i + 1
        .endr

        .data
        .balign 4096
messages:
none_text:
        .ascii "PASS mode-none\n"
        .set none_length, . - none_text
plain_text:
        .ascii "PASS mode-32bit\n"
        .set plain_length, . - plain_text
pae_text:
        .ascii "PASS mode-pae\n"
        .set pae_length, . - pae_text
        .balign 4096
        .globl gdt
gdt:    .quad 0
        .quad 0x00cf9b000000ffff /* 08: 32-bit code */
        .quad 0x00cf93000000ffff /* 10: data */
        .quad 0x00af9b000000ffff /* 18: 64-bit code */
        .quad 0
        .quad 0x00affb000000ffff /* 28: the same for ring 3 */
        .quad 0x00cff3000000ffff /* 30 */
        .globl gdt_tss
gdt_tss:
        .quad 0, 0               /* 38: TSS */
gdt_end:
        .globl gdt_pointer
gdt_pointer:
        .word gdt_end - gdt - 1
        .quad gdt
        .globl start_info, ring0_rsp
        .balign 8
start_info:
        .quad 0
ring0_rsp:
        .quad 0

        .bss
        .balign 4096
        .globl long_pml4, long_pdpt, stacks
table:          .skip 4096
second_table:   .skip 4096
leaf_table:     .skip 4096
top_table:      .skip 4096
long_pml4:      .skip 4096
long_pdpt:      .skip 4096
stacks:         .skip 4 * STACK
        .section .note.GNU-stack, "", @progbits
