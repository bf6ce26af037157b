/* SPDX-License-Identifier: MIT */
/* Entry from a multiboot loader: 32-bit protected mode, paging off, interrupts off. */
#include <asm/layout.h>

#define MB1_MAGIC 0x1badb002
#define MB1_FLAGS 0x00010003 /* modules page-aligned, memory map wanted, addresses below */
#define MB2_MAGIC 0xe85250d6

#define PHYS(sym) (sym - HV_IMAGE_START)
#define BOOT_CS32 0x08
#define BOOT_DS   0x10
#define BOOT_CS64 0x18

/* More than struct cpu_info takes, and leaves the stack aligned for a call. */
#define BOOT_STACK_ROOM 0x100

    .section .head, "ax", @progbits
    .code32
    .balign 8
multiboot1_header:
    .long MB1_MAGIC, MB1_FLAGS, -(MB1_MAGIC + MB1_FLAGS)
    .long PHYS(multiboot1_header)
    .long __image_start_phys, __load_end_phys, __image_end_phys, start_phys

    .balign 8
multiboot2_header:
    .long MB2_MAGIC, 0, multiboot2_end - multiboot2_header
    .long -(MB2_MAGIC + (multiboot2_end - multiboot2_header))
    .short 2, 0 /* addresses */
    .long 24, PHYS(multiboot2_header), __image_start_phys, __load_end_phys, __image_end_phys
    .short 3, 0 /* entry */
    .long 12, start_phys
    .balign 8
    .short 6, 0 /* modules page-aligned */
    .long 8
    .short 0, 0
    .long 8
multiboot2_end:

    .globl start
start:
    cli
    cld
    mov %eax, %ebp /* magic; ebx: info */
    lgdt PHYS(boot_gdt_desc)
    mov $BOOT_DS, %ecx
    mov %ecx, %ds
    mov %ecx, %es
    mov %ecx, %ss
    mov $PHYS(boot_stack + STACK_SIZE), %esp

    /* Long mode at all? */
    mov %ebx, %esi
    mov $0x80000000, %eax
    cpuid
    cmp $0x80000001, %eax
    jb no_long_mode
    mov $0x80000001, %eax
    cpuid
    bt $29, %edx
    jnc no_long_mode
    mov %esi, %ebx

    /* boot_l2: the low 4 GiB in 2 MiB pages; boot_l3 has its four tables, boot_l4 has boot_l3 three
     * times: at 0, at the image's slot and at the direct map's. */
    mov $PHYS(boot_l2), %edi
    mov $0x83, %eax
    mov $2048, %ecx
1:  mov %eax, (%edi)
    movl $0, 4(%edi)
    add $0x200000, %eax
    add $8, %edi
    loop 1b
    mov $PHYS(boot_l2) + 3, %eax
    mov $PHYS(boot_l3), %edi
    mov $4, %ecx
2:  mov %eax, (%edi)
    add $0x1000, %eax
    add $8, %edi
    loop 2b
    mov $PHYS(boot_l3) + 3, %eax
    mov %eax, PHYS(boot_l4)
    mov %eax, PHYS(boot_l4 + 261 * 8)
    mov %eax, PHYS(boot_l4 + 262 * 8)

    call enter_long_mode
    ljmp $BOOT_CS64, $PHYS(start64)

no_long_mode:
    mov $PHYS(no_long_mode_msg), %esi
    mov $0xb8000, %edi
3:  lodsb
    test %al, %al
    jz 4f
    mov $0x0f, %ah
    stosw
    push %eax
    mov $0x3f8, %dx
    out %al, %dx
    pop %eax
    jmp 3b
4:  hlt
    jmp 4b

/* Paging on, with boot_l4. Changes eax, ecx, edx. */
enter_long_mode:
    mov %cr4, %eax
    or $0x20, %eax /* PAE */
    mov %eax, %cr4
    mov $PHYS(boot_l4), %eax
    mov %eax, %cr3
    mov $0xc0000080, %ecx /* EFER: LME */
    rdmsr
    or $0x100, %eax
    wrmsr
    mov %cr0, %eax
    or $0x80010001, %eax /* PG, WP, PE */
    and $0x9fffffff, %eax /* caches on */
    mov %eax, %cr0
    ret

    .code64
start64:
    movabs $start_high, %rax
    jmp *%rax
start_high:
    lgdt boot_gdt_desc_high(%rip)
    xor %eax, %eax
    mov %eax, %fs
    mov %eax, %gs
    mov %eax, %ds
    mov %eax, %es
    lldt %ax
    /* struct cpu_info is at the top of the stack: BSS, so zero: CPU 0. */
    lea boot_stack + STACK_SIZE(%rip), %rsp
    sub $BOOT_STACK_ROOM, %rsp
    mov %ebp, %edi
    mov %ebx, %esi
    xor %ebp, %ebp
    call __start_hv
    ud2

    .section .rodata, "a", @progbits
    .balign 8
boot_gdt:
    .quad 0
    .quad 0x00cf9b000000ffff /* BOOT_CS32 */
    .quad 0x00cf93000000ffff /* BOOT_DS */
    .quad 0x00af9b000000ffff /* BOOT_CS64 */
boot_gdt_end:
    .short 0
boot_gdt_desc:
    .short boot_gdt_end - boot_gdt - 1
    .long PHYS(boot_gdt)
    .balign 8
    .short 0, 0, 0
boot_gdt_desc_high:
    .short boot_gdt_end - boot_gdt - 1
    .quad boot_gdt
no_long_mode_msg:
    .asciz "This processor cannot run 64-bit code."

    .section .bss.stack, "aw", @nobits
    .balign 4096 /* STACK_SIZE: by xen.lds */
    .globl boot_stack
boot_stack:
    .skip STACK_SIZE

    .bss
    .balign 4096
    .globl boot_l4
boot_l4:
    .skip 4096
boot_l3:
    .skip 4096
boot_l2:
    .skip 4 * 4096

/* --- other CPUs: copied to a page below 1 MiB, entered in real mode at its start ------------------ */
    .section .rodata, "a", @progbits
    .balign 16
    .globl trampoline_start, trampoline_end, trampoline_efer
    .code16
trampoline_start:
    cli
    cld
    mov %cs, %ax
    mov %ax, %ds
    movzwl %ax, %ebx
    shl $4, %ebx /* our linear address */
    lea trampoline_gdt - trampoline_start(%ebx), %eax
    mov %eax, trampoline_gdt_desc - trampoline_start + 2
    lea trampoline32 - trampoline_start(%ebx), %eax
    mov %eax, trampoline_jump - trampoline_start
    lea trampoline64 - trampoline_start(%ebx), %eax
    mov %eax, trampoline_jump64 - trampoline_start
    lgdtl trampoline_gdt_desc - trampoline_start
    mov %cr0, %eax
    or $1, %eax
    mov %eax, %cr0
    ljmpl *(trampoline_jump - trampoline_start)

    .code32
trampoline32:
    mov $BOOT_DS, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    mov %cr4, %eax
    or $0x20, %eax
    mov %eax, %cr4
    mov $PHYS(boot_l4), %eax
    mov %eax, %cr3
    mov $0xc0000080, %ecx /* EFER: LME, and NX where there is one: idle_l4 has such entries */
    rdmsr
    or trampoline_efer - trampoline_start(%ebx), %eax
    wrmsr
    mov $0x80010011, %eax /* PG, WP, ET, PE */
    mov %eax, %cr0
    ljmp *trampoline_jump64 - trampoline_start(%ebx)

    .code64
trampoline64:
    movabs $ap_high, %rax
    jmp *%rax

    .balign 8
trampoline_gdt:
    .quad 0
    .quad 0x00cf9b000000ffff
    .quad 0x00cf93000000ffff
    .quad 0x00af9b000000ffff
trampoline_gdt_desc:
    .short . - trampoline_gdt - 1
    .long 0
    .short 0
trampoline_jump:
    .long 0
    .short BOOT_CS32
    .balign 4
trampoline_jump64:
    .long 0
    .short BOOT_CS64
    .balign 4
trampoline_efer:
    .long 0x100
    .balign 8
trampoline_end:

    .text
    .code64
ap_high:
    lgdt boot_gdt_desc_high(%rip)
    lea idle_l4(%rip), %rax
    movabs $HV_IMAGE_START, %rcx
    sub %rcx, %rax
    mov %rax, %cr3
    xor %eax, %eax
    mov %eax, %fs
    mov %eax, %gs
    mov %eax, %ds
    mov %eax, %es
    lldt %ax
    mov ap_boot_stack(%rip), %rsp
    mov ap_boot_cpu(%rip), %edi
    xor %ebp, %ebp
    call smp_start_ap
    ud2

    .section .note.GNU-stack, "", @progbits
