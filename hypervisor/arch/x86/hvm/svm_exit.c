/* SPDX-License-Identifier: MIT */
/* SVM's exit codes in neutral terms. */
#include "svm.h"
#include <asm/processor.h>
#include <hv/string.h>

static enum hvm_exit_reason plain_reason(uint64_t code)
{
    switch (code) {
    case EXIT_INTR:
    case EXIT_NMI: /* held back until GIF was set: it has been dealt with */
    case EXIT_INIT:
        return HVM_EXIT_NOTHING;
    case EXIT_RDPMC:
        return HVM_EXIT_FORBIDDEN;
    case EXIT_CPUID:
        return HVM_EXIT_CPUID;
    case EXIT_IRET:
        return HVM_EXIT_IRET;
    case EXIT_INVD:
    case EXIT_WBINVD:
        return HVM_EXIT_CACHE;
    case EXIT_PAUSE:
        return HVM_EXIT_PAUSE;
    case EXIT_HLT:
        return HVM_EXIT_HLT;
    case EXIT_SHUTDOWN:
        return HVM_EXIT_TRIPLE_FAULT;
    case EXIT_VMMCALL:
        return HVM_EXIT_HYPERCALL;
    case EXIT_XSETBV:
        return HVM_EXIT_XSETBV;
    default:
        /* SVM's own instructions, MONITOR and the like; INVALID is all ones */
        return code >> 32 || code == 0xffffffff ? HVM_EXIT_BROKEN : HVM_EXIT_NOT_THERE;
    }
}

static void decode_exception(const struct vmcb *b, struct hvm_exit *e)
{
    unsigned int vector = (unsigned int)b->exit_code - EXIT_EXCEPTION;

    e->reason = HVM_EXIT_EXCEPTION;
    e->u.exception.vector = (uint8_t)vector;
    e->u.exception.has_error = vector == TRAP_alignment || vector == TRAP_page_fault;
    e->u.exception.error = (uint32_t)b->exit_info1;
    e->u.exception.address = b->exit_info2;
    if (vector == TRAP_machine_check) {
        e->reason = HVM_EXIT_NOTHING;
        __asm__ volatile("int $18"); /* it is the machine's */
    }
}

static void decode_io(const struct vmcb *b, struct hvm_exit *e)
{
    uint64_t i = b->exit_info1;

    e->reason = HVM_EXIT_IO;
    e->u.io.port = (uint16_t)(i >> 16);
    e->u.io.size = i >> 4 & 7;
    e->u.io.in = i & 1;
    e->u.io.string = i & BIT(2);
    e->u.io.rep = i & BIT(3);
    e->next_rip = b->exit_info2;
}

void svm_decode_exit(struct vcpu *v, const struct vmcb *b, struct hvm_exit *e)
{
    uint64_t code = b->exit_code;

    e->next_rip = svm_has_nrip() ? b->next_rip : 0;
    e->nr_bytes = 0;
    if (code >= EXIT_CR_WRITE && code < EXIT_DR_READ) {
        e->reason = HVM_EXIT_WRITE_CR;
        e->u.cr.cr = (uint8_t)(code - EXIT_CR_WRITE);
        e->u.cr.gpr = b->exit_info1 >> 63 ? b->exit_info1 & 0xf : 0xff;
    } else if (code >= EXIT_EXCEPTION && code < EXIT_INTR) {
        decode_exception(b, e);
    } else if (code == EXIT_IO) {
        decode_io(b, e);
    } else if (code == EXIT_MSR) {
        e->reason = b->exit_info1 ? HVM_EXIT_WRMSR : HVM_EXIT_RDMSR;
    } else if (code == EXIT_NPF) {
        e->reason = HVM_EXIT_NESTED_FAULT;
        e->u.fault.gpa = b->exit_info2;
        e->u.fault.error = (uint32_t)b->exit_info1;
        e->u.fault.in_walk = b->exit_info1 >> 33 & 1;
        e->nr_bytes = b->nr_bytes & 0xf;
        memcpy(e->bytes, b->bytes, sizeof(e->bytes));
    } else {
        e->reason = plain_reason(code);
        e->u.code = code;
    }
}
