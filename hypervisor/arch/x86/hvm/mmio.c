/* SPDX-License-Identifier: MIT */
/* Accesses to physical addresses without memory: the local APIC's page, and nothing else. */
#include "exit.h"
#include <asm/insn.h>
#include <asm/lapic.h>
#include <asm/processor.h>
#include <hv/string.h>

static bool is_lapic_page(const struct vcpu *v, maddr_t gpa)
{
    uint64_t base = v->arch.hvm->lapic.base_msr;

    return (base & APIC_BASE_ENABLE) && !(base & APIC_BASE_X2APIC) &&
           gpa >> PAGE_SHIFT == (base & PTE_ADDR_MASK) >> PAGE_SHIFT;
}

bool hvm_is_device(const struct vcpu *v, maddr_t gpa)
{
    return is_lapic_page(v, gpa);
}

/* Registers are 32 bits wide, at multiples of 16 (AMD64 manual volume 2, 16.3.2). */
static uint64_t device_read(struct vcpu *v, maddr_t gpa, unsigned int size)
{
    unsigned int offset = gpa & (PAGE_SIZE - 1);
    uint64_t val;

    if (!is_lapic_page(v, gpa))
        return ~0UL;
    val = (offset & 15) + size <= 4 ? lapic_read(v, offset & ~15u) : 0;
    return val >> 8 * (offset & 3);
}

static void device_write(struct vcpu *v, maddr_t gpa, unsigned int size, uint64_t val)
{
    unsigned int offset = gpa & (PAGE_SIZE - 1);

    if (is_lapic_page(v, gpa) && !(offset & 15) && size == 4)
        lapic_write(v, offset, (uint32_t)val);
}

/* --- registers ------------------------------------------------------------------------------------------ */
unsigned long *hvm_gpr(struct cpu_user_regs *r, unsigned int nr)
{
    unsigned long *const at[16] = {&r->rax, &r->rcx, &r->rdx, &r->rbx, &r->rsp, &r->rbp,
                                   &r->rsi, &r->rdi, &r->r8,  &r->r9,  &r->r10, &r->r11,
                                   &r->r12, &r->r13, &r->r14, &r->r15};
    return at[nr & 15];
}

static uint64_t low_bytes(uint64_t val, unsigned int size)
{
    return size < 8 ? val & ((1UL << 8 * size) - 1) : val;
}

/* AH, CH, DH, BH */
static bool is_high_byte(const struct insn *i, unsigned int nr, unsigned int size)
{
    return size == 1 && !i->has_rex && nr >= 4 && nr < 8;
}

static uint64_t read_gpr(struct cpu_user_regs *r, const struct insn *i, unsigned int nr,
                         unsigned int size)
{
    if (is_high_byte(i, nr, size))
        return *hvm_gpr(r, nr - 4) >> 8 & 0xff;
    return low_bytes(*hvm_gpr(r, nr), size);
}

static void write_gpr(struct cpu_user_regs *r, const struct insn *i, unsigned int nr,
                      unsigned int size, uint64_t val)
{
    if (is_high_byte(i, nr, size))
        memcpy((char *)hvm_gpr(r, nr - 4) + 1, &val, 1);
    else if (size == 4)
        *hvm_gpr(r, nr) = (uint32_t)val;
    else
        memcpy(hvm_gpr(r, nr), &val, size);
}

/* --- arithmetic ------------------------------------------------------------------------------------------- */
#define FLAGS_ALU 0x8d5UL /* OF SF ZF AF PF CF */
enum { OP_ADD, OP_OR, OP_ADC, OP_SBB, OP_AND, OP_SUB, OP_XOR, OP_CMP };

static uint64_t alu(unsigned int op, uint64_t a, uint64_t b, unsigned int size, uint64_t *rflags)
{
    uint64_t carry = (op == OP_ADC || op == OP_SBB) && (*rflags & X86_EFLAGS_CF), r, flags = 0;
    uint64_t sign = 1UL << (8 * size - 1);

    b = low_bytes(b, size);
    switch (op) {
    case OP_ADD:
    case OP_ADC:
        r = low_bytes(a + b + carry, size);
        flags |= r < a || (carry && r == a) ? X86_EFLAGS_CF : 0;
        flags |= ~(a ^ b) & (a ^ r) & sign ? BIT(11) : 0;
        break;
    case OP_OR:
        r = a | b;
        break;
    case OP_AND:
        r = a & b;
        break;
    case OP_XOR:
        r = a ^ b;
        break;
    default: /* SBB, SUB, CMP */
        r = low_bytes(a - b - carry, size);
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

/* --- instructions ------------------------------------------------------------------------------------------ */
struct mmio {
    struct vcpu *v;
    struct cpu_user_regs *regs;
    const struct insn *i;
    maddr_t gpa;
};

static uint64_t load(const struct mmio *m, unsigned int size)
{
    return device_read(m->v, m->gpa, size);
}

static void store(const struct mmio *m, uint64_t val)
{
    device_write(m->v, m->gpa, m->i->op_size, low_bytes(val, m->i->op_size));
}

static uint64_t operand(const struct mmio *m)
{
    return read_gpr(m->regs, m->i, m->i->reg, m->i->op_size);
}

static void to_register(const struct mmio *m, unsigned int nr, uint64_t val)
{
    write_gpr(m->regs, m->i, nr, m->i->op_size, val);
}

static int64_t sign_extend(uint64_t val, unsigned int size)
{
    return (int64_t)(val << (64 - 8 * size)) >> (64 - 8 * size);
}

static void do_alu(const struct mmio *m, unsigned int op, uint64_t b, bool to_memory)
{
    uint64_t mem = load(m, m->i->op_size), flags = m->regs->rflags, result;

    if (to_memory)
        result = alu(op, mem, b, m->i->op_size, &flags);
    else
        result = alu(op, b, mem, m->i->op_size, &flags);
    m->regs->rflags = flags;
    if (op == OP_CMP)
        return;
    if (to_memory)
        store(m, result);
    else
        to_register(m, m->i->reg, result);
}

static bool simple(const struct mmio *m)
{
    const struct insn *i = m->i;
    uint64_t val;

    switch (i->opcode) {
    case 0x88:
    case 0x89:
        store(m, operand(m));
        return true;
    case 0xc6:
    case 0xc7:
        store(m, i->imm);
        return true;
    case 0x8a:
    case 0x8b:
        to_register(m, i->reg, load(m, i->op_size));
        return true;
    case 0xa0:
    case 0xa1:
        to_register(m, 0, load(m, i->op_size));
        return true;
    case 0xa2:
    case 0xa3:
        store(m, read_gpr(m->regs, i, 0, i->op_size));
        return true;
    case 0x86:
    case 0x87:
        val = load(m, i->op_size);
        store(m, operand(m));
        to_register(m, i->reg, val);
        return true;
    case 0x0fb6:
    case 0x0fb7:
        to_register(m, i->reg, low_bytes(load(m, i->src_size), i->src_size));
        return true;
    case 0x63:
    case 0x0fbe:
    case 0x0fbf:
        to_register(m, i->reg, (uint64_t)sign_extend(load(m, i->src_size), i->src_size));
        return true;
    default:
        return false;
    }
}

static bool arithmetic(const struct mmio *m)
{
    const struct insn *i = m->i;
    uint64_t flags = m->regs->rflags;

    if (i->opcode < 0x40 && (i->opcode & 7) < 4) {
        do_alu(m, i->opcode >> 3, operand(m), !(i->opcode & 2));
        return true;
    }
    switch (i->opcode) {
    case 0x80:
    case 0x81:
    case 0x83:
        do_alu(m, i->reg & 7, i->imm, true);
        return true;
    case 0x84:
    case 0x85:
    case 0xf6:
    case 0xf7:
        if (i->opcode >= 0xf6 && (i->reg & 7) > 1)
            return false;
        alu(OP_AND, load(m, i->op_size), i->opcode >= 0xf6 ? i->imm : operand(m), i->op_size,
            &flags);
        m->regs->rflags = flags;
        return true;
    default:
        return false;
    }
}

/* Strings without memory at one end; of the other end only registers move.  One element an exit. */
static bool string(const struct mmio *m, bool *again)
{
    struct cpu_user_regs *r = m->regs;
    const struct insn *i = m->i;
    uint64_t step = r->rflags & X86_EFLAGS_DF ? -(uint64_t)i->op_size : i->op_size;
    bool rep = i->rep || i->repne;

    switch (i->opcode) {
    case 0xaa:
    case 0xab:
        store(m, read_gpr(r, i, 0, i->op_size));
        write_gpr(r, i, 7, i->addr_size, r->rdi + step);
        break;
    case 0xac:
    case 0xad:
        to_register(m, 0, load(m, i->op_size));
        write_gpr(r, i, 6, i->addr_size, r->rsi + step);
        break;
    default:
        return false;
    }
    if (rep) {
        write_gpr(r, i, 1, i->addr_size, r->rcx - 1);
        *again = low_bytes(r->rcx, i->addr_size) != 0;
    }
    return true;
}

bool hvm_mmio(struct vcpu *v, struct cpu_user_regs *regs, maddr_t gpa, const struct insn *i,
              bool *again)
{
    struct mmio m = {v, regs, i, gpa};

    *again = false;
    return simple(&m) || arithmetic(&m) || string(&m, again);
}
