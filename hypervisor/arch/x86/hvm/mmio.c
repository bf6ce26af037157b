/* SPDX-License-Identifier: MIT */
/* Accesses to physical addresses without memory: the local APIC's page, and nothing else. */
#include "exit.h"
#include <asm/insn.h>
#include <asm/lapic.h>
#include <asm/processor.h>

bool hvm_is_device(const struct vcpu *v, maddr_t gpa)
{
    uint64_t base = v->arch.hvm->lapic.base_msr;

    return (base & APIC_BASE_ENABLE) && !(base & APIC_BASE_X2APIC) &&
           gpa >> PAGE_SHIFT == (base & PTE_ADDR_MASK) >> PAGE_SHIFT;
}

/* Registers are 32 bits wide, at multiples of 16 (AMD64 manual volume 2, 16.3.2). */
static uint64_t device_read(struct vcpu *v, maddr_t gpa, unsigned int size)
{
    unsigned int offset = gpa & (PAGE_SIZE - 1);
    uint64_t val;

    if (!hvm_is_device(v, gpa))
        return ~0UL;
    val = (offset & 15) + size <= 4 ? lapic_read(v, offset & ~15u) : 0;
    return val >> 8 * (offset & 3);
}

static void device_write(struct vcpu *v, maddr_t gpa, unsigned int size, uint64_t val)
{
    unsigned int offset = gpa & (PAGE_SIZE - 1);

    if (hvm_is_device(v, gpa) && !(offset & 15) && size == 4)
        lapic_write(v, offset, (uint32_t)val);
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
    device_write(m->v, m->gpa, m->i->op_size, insn_low_bytes(val, m->i->op_size));
}

static uint64_t operand(const struct mmio *m)
{
    return insn_read_gpr(m->regs, m->i, m->i->reg, m->i->op_size);
}

static void to_register(const struct mmio *m, unsigned int nr, uint64_t val)
{
    insn_write_gpr(m->regs, m->i, nr, m->i->op_size, val);
}

static int64_t sign_extend(uint64_t val, unsigned int size)
{
    return (int64_t)(val << (64 - 8 * size)) >> (64 - 8 * size);
}

static void do_alu(const struct mmio *m, unsigned int op, uint64_t b, bool to_memory)
{
    uint64_t mem = load(m, m->i->op_size), flags = m->regs->rflags, result;

    if (to_memory)
        result = insn_alu(op, mem, b, m->i->op_size, &flags);
    else
        result = insn_alu(op, b, mem, m->i->op_size, &flags);
    m->regs->rflags = flags;
    if (op == INSN_CMP)
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
        store(m, insn_read_gpr(m->regs, i, 0, i->op_size));
        return true;
    case 0x86:
    case 0x87:
        val = load(m, i->op_size);
        store(m, operand(m));
        to_register(m, i->reg, val);
        return true;
    case 0x0fb6:
    case 0x0fb7:
        to_register(m, i->reg, insn_low_bytes(load(m, i->src_size), i->src_size));
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
        insn_alu(INSN_AND, load(m, i->op_size), i->opcode >= 0xf6 ? i->imm : operand(m), i->op_size,
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
        store(m, insn_read_gpr(r, i, 0, i->op_size));
        insn_write_gpr(r, i, 7, i->addr_size, r->rdi + step);
        break;
    case 0xac:
    case 0xad:
        to_register(m, 0, load(m, i->op_size));
        insn_write_gpr(r, i, 6, i->addr_size, r->rsi + step);
        break;
    default:
        return false;
    }
    if (rep) {
        insn_write_gpr(r, i, 1, i->addr_size, r->rcx - 1);
        *again = insn_low_bytes(r->rcx, i->addr_size) != 0;
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
