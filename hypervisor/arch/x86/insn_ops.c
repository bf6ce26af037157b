/* SPDX-License-Identifier: MIT */
/* What decoded instructions work on: registers, and arithmetic with its flags. */
#include <asm/insn.h>
#include <asm/processor.h>
#include <hv/string.h>
#include <xen/xen.h>

#define FLAGS_ALU 0x8d5UL /* OF SF ZF AF PF CF */

unsigned long *insn_gpr(struct cpu_user_regs *r, unsigned int nr)
{
    unsigned long *const at[16] = {&r->rax, &r->rcx, &r->rdx, &r->rbx, &r->rsp, &r->rbp,
                                   &r->rsi, &r->rdi, &r->r8,  &r->r9,  &r->r10, &r->r11,
                                   &r->r12, &r->r13, &r->r14, &r->r15};
    return at[nr & 15];
}

/* AH, CH, DH, BH */
static bool is_high_byte(const struct insn *i, unsigned int nr, unsigned int size)
{
    return size == 1 && !i->has_rex && nr >= 4 && nr < 8;
}

uint64_t insn_read_gpr(struct cpu_user_regs *r, const struct insn *i, unsigned int nr,
                       unsigned int size)
{
    if (is_high_byte(i, nr, size))
        return *insn_gpr(r, nr - 4) >> 8 & 0xff;
    return insn_low_bytes(*insn_gpr(r, nr), size);
}

void insn_write_gpr(struct cpu_user_regs *r, const struct insn *i, unsigned int nr,
                    unsigned int size, uint64_t val)
{
    if (is_high_byte(i, nr, size))
        memcpy((char *)insn_gpr(r, nr - 4) + 1, &val, 1);
    else if (size == 4)
        *insn_gpr(r, nr) = (uint32_t)val;
    else
        memcpy(insn_gpr(r, nr), &val, size);
}

uint64_t insn_alu(enum insn_alu_op op, uint64_t a, uint64_t b, unsigned int size, uint64_t *rflags)
{
    uint64_t carry = (op == INSN_ADC || op == INSN_SBB) && (*rflags & X86_EFLAGS_CF), r, flags = 0;
    uint64_t sign = 1UL << (8 * size - 1);

    b = insn_low_bytes(b, size);
    switch (op) {
    case INSN_ADD:
    case INSN_ADC:
        r = insn_low_bytes(a + b + carry, size);
        flags |= r < a || (carry && r == a) ? X86_EFLAGS_CF : 0;
        flags |= ~(a ^ b) & (a ^ r) & sign ? BIT(11) : 0;
        break;
    case INSN_OR:
        r = a | b;
        break;
    case INSN_AND:
        r = a & b;
        break;
    case INSN_XOR:
        r = a ^ b;
        break;
    default: /* SBB, SUB, CMP */
        r = insn_low_bytes(a - b - carry, size);
        flags |= a < b || (carry && a == b) ? X86_EFLAGS_CF : 0;
        flags |= (a ^ b) & (a ^ r) & sign ? BIT(11) : 0;
        break;
    }
    flags |= (a ^ b ^ r) & BIT(4);
    flags |= r & sign ? BIT(7) : 0;
    flags |= r == 0 ? BIT(6) : 0;
    flags |= __builtin_parity((uint8_t)r) ? 0 : BIT(2);
    *rflags = (*rflags & ~FLAGS_ALU) | flags;
    return r;
}
