/* SPDX-License-Identifier: MIT */
/* Into the hypervisor and out of it.
 *
 * From ring 3 the processor, or the code at syscall_entry, builds struct cpu_user_regs at the top
 * of the CPU's stack (cpu_info.guest_regs); from ring 0 it comes to stand wherever the stack is. */
#include <asm/entry.h>
#include <asm/layout.h>
#include <asm/save_regs.S>

    .text

/* --- exceptions and interrupts ---------------------------------------------------------------------- */

common_exception:
    SAVE_REGS
    CALL_WITH_REGS pv_exception
    jmp     common_return

common_irq:
    SAVE_REGS
    CALL_WITH_REGS do_IRQ
common_return:
    testb   $3, REGS_CS(%rsp)
    jnz     ret_to_guest
    /* back to where the hypervisor was interrupted */
restore_and_iret:
    RESTORE_REGS
    add     $8, %rsp
    iretq

/* Stacks of their own: straight back, whoever was interrupted. */
nmi_entry:
    SAVE_REGS
    CALL_WITH_REGS pv_nmi
    jmp     restore_and_iret
/* A breakpoint that is set off by MOV SS strikes one instruction later, and that may be the first one
 * of syscall_entry, with the guest's rsp.  So #DB has a stack of its own, too; what comes from ring 3
 * goes on where all other exceptions are. */
db_entry:
    testb   $3, 16(%rsp)
    jnz     1f
    SAVE_REGS
    CALL_WITH_REGS pv_own_debug
    jmp     restore_and_iret
1:  swapgs
    mov     %rax, %gs:INFO_SCRATCH
    mov     %rsp, %rax
    mov     %gs:INFO_SYSCALL_RSP, %rsp
    pushq   40(%rax)
    pushq   32(%rax)
    pushq   24(%rax)
    pushq   16(%rax)
    pushq   8(%rax)
    pushq   (%rax)
    mov     %gs:INFO_SCRATCH, %rax
    swapgs
    jmp     common_exception
mce_entry:
    SAVE_REGS
    CALL_WITH_REGS pv_fatal
    jmp     restore_and_iret
df_entry:
    SAVE_REGS
    CALL_WITH_REGS pv_fatal
    ud2

/* --- the way back to a guest -------------------------------------------------------------------------- */

    .globl  return_to_guest
return_to_guest:
    mov     %rsp, %rax
    or      $(STACK_SIZE - 1), %rax
    sub     $(CPU_INFO_SIZE - 1), %rax
    mov     %rax, %rsp
ret_to_guest:
    CALL_WITH_REGS pv_exit_to_guest
    test    %al, %al
    jz      1f
    /* SYSRET takes rip from rcx and flags from r11, which the guest does not expect to keep. */
    mov     REGS_RIP(%rsp), %rax
    mov     %rax, REGS_RCX(%rsp)
    mov     REGS_RIP+16(%rsp), %rax
    mov     %rax, REGS_R11(%rsp)
    RESTORE_REGS
    mov     32(%rsp), %rsp
    sysretq
1:  RESTORE_REGS
    add     $8, %rsp
iret_instruction:
    iretq

/* The guest's cs, ss or rip cannot be returned to: the fault's handler comes here, with rsp as it
 * was at the IRET, on the frame that did not do. */
iret_fixup:
    push    $0
    SAVE_REGS
    sti
    CALL_WITH_REGS pv_iret_fault
    jmp     ret_to_guest

    .pushsection .ex_table, "a"
    .balign 8
    .quad   iret_instruction, iret_fixup
    .popsection

    .globl  start_idle
start_idle:
    mov     %rsp, %rax
    or      $(STACK_SIZE - 1), %rax
    sub     $(CPU_INFO_SIZE - 1), %rax
    and     $-16, %rax
    mov     %rax, %rsp
    call    arch_idle_loop
    ud2

/* --- SYSCALL and SYSENTER ------------------------------------------------------------------------------- */

/* Guests cannot run SWAPGS, so that the shadow GS base is free to point to struct cpu_info. */
.macro SYSCALL_ENTRY cs, handler
    swapgs
    mov     %rsp, %gs:INFO_SCRATCH
    mov     %gs:INFO_SYSCALL_RSP, %rsp
    pushq   $SEL_RING3_DS
    pushq   %gs:INFO_SCRATCH
    swapgs
    push    %r11
    pushq   $\cs
    push    %rcx
    pushq   $0
    movl    $TRAP_syscall, 4(%rsp)
    SAVE_REGS
    sti
    CALL_WITH_REGS \handler
    jmp     ret_to_guest
.endm

    .globl  syscall_entry, syscall32_entry, sysenter_entry
    .balign 16
syscall_entry:
    SYSCALL_ENTRY SEL_RING3_CS64, pv_syscall
    .balign 16
syscall32_entry:
    SYSCALL_ENTRY SEL_RING3_CS32, pv_syscall32

/* SYSENTER saves nothing; the processor has loaded rsp with where frames begin.  A 32-bit program's
 * handler finds what it needs in its registers. */
    .balign 16
sysenter_entry:
    pushq   $SEL_RING3_DS
    pushq   $0
    pushfq
    /* The guest's NT, TF and AC are still in force. */
    pushq   $2
    popfq
    pushq   $SEL_RING3_CS32
    pushq   $0
    pushq   $0
    movl    $TRAP_syscall, 4(%rsp)
    SAVE_REGS
    sti
    CALL_WITH_REGS pv_sysenter
    jmp     ret_to_guest

/* --- the stubs ------------------------------------------------------------------------------------------ */

.macro STUB vector
    .balign 16
stub_\vector:
    /* these push an error code themselves */
    .if \vector == 8 || (\vector >= 10 && \vector <= 14) || \vector == 17 || \vector == 21 || \vector == 29 || \vector == 30
    .else
    pushq   $0
    .endif
    movl    $\vector, 4(%rsp)
    .if \vector == 1
    jmp     db_entry
    .elseif \vector == 2
    jmp     nmi_entry
    .elseif \vector == 8
    jmp     df_entry
    .elseif \vector == 18
    jmp     mce_entry
    .elseif \vector < 32
    jmp     common_exception
    .else
    jmp     common_irq
    .endif
    .pushsection .rodata.stubs, "a"
    .quad   stub_\vector
    .popsection
.endm

    .pushsection .rodata.stubs, "a"
    .balign 8
    .globl  exception_stubs
exception_stubs:
    .popsection

    .altmacro
    .set    i, 0
    .rept   256
    STUB    %i
    .set    i, i + 1
    .endr
