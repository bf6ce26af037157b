/* SPDX-License-Identifier: MIT */
/* In a hypervisor's place: says the time stamp on the serial port, which is when firmware and loader
 * were done, and ends the machine by a reset. */
        .code32
        .section .text, "ax"
        .balign 4
header: .long 0x1badb002, 0, -0x1badb002
        .globl start
start:
        rdtsc
        movl %eax, %esi
        movl $16, %ecx
1:      movl %edx, %eax         /* the highest digit of edx:esi */
        shrl $28, %eax
        cmpl $10, %eax
        jb 2f
        addl $('a' - '0' - 10), %eax
2:      addl $'0', %eax
        movl %edx, %ebx
        movl $0x3f8, %edx
        outb %al, %dx
        movl %ebx, %edx
        shldl $4, %esi, %edx
        shll $4, %esi
        loop 1b
        movl $0x3f8, %edx
        movb $10, %al
        outb %al, %dx
        movb $6, %al
        movl $0xcf9, %edx
        outb %al, %dx
        movb $0xfe, %al         /* and where there is no such port, by the keyboard's controller */
        outb %al, $0x64
3:      hlt
        jmp 3b
        .section .note.GNU-stack, "", @progbits
