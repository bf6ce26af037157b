/* SPDX-License-Identifier: MIT */
/* Page faults that are ours to mend: a guest that writes an entry of a page table by a plain
 * instruction rather than by a hypercall, as kernels do for single entries, and TLB entries that
 * were right once.
 *
 * The faulting address says where the operand is, so of the instruction only its length, its
 * operation and its other operand are to be decoded (AMD64 manual volume 3, chapter 1). */
#include <asm/insn.h>
#include <asm/processor.h>
#include <asm/pv_mm.h>
#include <hv/guest_access.h>

/* What an instruction does to a table's entry.  Read-modify-write instructions that set bits keep what
 * the CPU has set in the meantime; plain stores mean what they say. */
enum effect { NOT_KNOWN, NOTHING, STORE, SET_BITS };

bool pv_decode(const struct cpu_user_regs *regs, struct insn *i)
{
    unsigned int avail = INSN_MAX;
    uint8_t code[INSN_MAX];

    if (copy_from_guest_va(code, regs->rip, avail)) {
        avail = min((unsigned int)(PAGE_SIZE - (regs->rip & ~PAGE_MASK)), avail);
        if (copy_from_guest_va(code, regs->rip, avail))
            return false;
    }
    return insn_decode(i, code, avail, 64) == 0;
}

static enum effect bit_operation(const struct insn *i, struct cpu_user_regs *regs, unsigned int op,
                                 uint64_t src, uint64_t old, uint64_t *result)
{
    uint64_t bit = BIT(src & (i->op_size * 8u - 1));

    regs->rflags = (regs->rflags & ~X86_EFLAGS_CF) | (old & bit ? X86_EFLAGS_CF : 0);
    switch (op) {
    case 5:
        *result = old | bit;
        return SET_BITS;
    case 6:
        *result = old & ~bit;
        return STORE;
    case 7:
        *result = old ^ bit;
        return SET_BITS;
    default: /* BT */
        return NOTHING;
    }
}

static enum effect compare_exchange(const struct insn *i, struct cpu_user_regs *regs, uint64_t src,
                                    uint64_t old, uint64_t *result)
{
    uint64_t accumulator = insn_read_gpr(regs, i, 0, i->op_size);

    insn_alu(INSN_CMP, accumulator, old, i->op_size, &regs->rflags);
    if (accumulator == old) {
        *result = src;
        return STORE;
    }
    insn_write_gpr(regs, i, 0, i->op_size, old);
    return NOTHING;
}

static enum effect arithmetic(const struct insn *i, struct cpu_user_regs *regs, unsigned int op,
                              uint64_t src, uint64_t old, uint64_t *result)
{
    *result = insn_alu(op, old, src, i->op_size, &regs->rflags);
    if (op == INSN_CMP)
        return NOTHING;
    return op == INSN_AND ? STORE : SET_BITS;
}

/* What the operand becomes.  regs is a copy that the caller keeps only if the write succeeds. */
static enum effect compute(const struct insn *i, struct cpu_user_regs *regs, uint64_t old,
                           uint64_t *result)
{
    uint64_t src = insn_read_gpr(regs, i, i->reg, i->op_size);
    uint64_t imm = insn_low_bytes(i->imm, i->op_size);

    if (i->opcode < 0x40 && (i->opcode & 7) < 2)
        return arithmetic(i, regs, i->opcode >> 3, src, old, result);
    switch (i->opcode) {
    case 0x80:
    case 0x81:
    case 0x83:
        return arithmetic(i, regs, i->reg & 7, imm, old, result);
    case 0x86:
    case 0x87:
        insn_write_gpr(regs, i, i->reg, i->op_size, old);
        *result = src;
        return STORE;
    case 0x88:
    case 0x89:
        *result = src;
        return STORE;
    case 0xc6:
    case 0xc7:
        *result = imm;
        return i->reg & 7 ? NOT_KNOWN : STORE;
    case 0x0fb0:
    case 0x0fb1:
        return compare_exchange(i, regs, src, old, result);
    case 0x0fab:
    case 0x0fb3:
    case 0x0fbb:
        return bit_operation(i, regs, i->opcode >> 3 & 7, src, old, result);
    case 0x0fba:
        return i->reg & 4 ? bit_operation(i, regs, i->reg & 7, imm, old, result) : NOT_KNOWN;
    default:
        return NOT_KNOWN;
    }
}

/* The level 1 table entry that va, an address of the guest's, lies in; its page is validated as
 * such a table.  With the lock held. */
static pte_t *written_entry(struct vcpu *v, vaddr_t va)
{
    pte_t *map = pv_walk(pv_current_l4(v), va);
    struct page_info *pg;
    pte_t pte;

    if (!map)
        return NULL;
    pte = read_atomic(map);
    if ((pte & (PTE_PRESENT | PTE_RW)) != PTE_PRESENT || !mfn_valid(pte_mfn(pte)))
        return NULL;
    pg = mfn_to_page(pte_mfn(pte));
    if (page_get_owner(pg) != v->domain || pv_table_level(read_atomic(&pg->type_info)) != 1)
        return NULL;
    return (pte_t *)((char *)page_to_virt(pg) + (va & ~PAGE_MASK & ~7UL));
}

static bool emulate_write(struct cpu_user_regs *regs, vaddr_t va)
{
    struct vcpu *v = current;
    struct domain *d = v->domain;
    struct cpu_user_regs copy = *regs;
    unsigned int shift = (va & 7) * 8;
    enum effect effect = NOT_KNOWN;
    struct insn in;
    pte_t *slot;

    pv_lock(d);
    slot = written_entry(v, va);
    pv_unlock(d);
    if (!slot || !pv_decode(regs, &in) || in.mod == 3 || (va & 7) + in.op_size > 8)
        return false;
    pv_lock(d);
    slot = written_entry(v, va); /* as it is now */
    if (slot) {
        pte_t old = read_atomic(slot), mask = insn_low_bytes(~0UL, in.op_size) << shift;
        uint64_t result = 0;

        effect = compute(&in, &copy, (old & mask) >> shift, &result);
        if ((effect == STORE || effect == SET_BITS) &&
            pv_mod_entry(d, d, slot, 1, (old & ~mask) | result << shift,
                         effect == SET_BITS && (old & PTE_PRESENT)))
            effect = NOT_KNOWN;
    }
    pv_unlock(d);
    if (effect == NOT_KNOWN)
        return false;
    copy.rip += in.length;
    copy.rflags &= ~X86_EFLAGS_RF;
    *regs = copy;
    return true;
}

/* Do the tables allow now what faulted?  Then the TLB was behind, and trying again will do. */
static bool is_spurious(struct vcpu *v, vaddr_t va, uint32_t error_code)
{
    pte_t *table = mfn_to_virt(pv_current_l4(v));
    pte_t pte, need = PTE_PRESENT | (error_code & PFEC_write ? PTE_RW : 0);

    if (error_code & PFEC_reserved)
        return false;
    for (unsigned int level = 4; level > 0; level--) {
        pte = read_atomic(&table[pt_index(va, level)]);
        if ((pte & need) != need || ((error_code & PFEC_insn) && (pte & PTE_NX)) ||
            !(pte & PTE_USER))
            return false;
        table = mfn_to_virt(pte_mfn(pte));
    }
    return true;
}

bool pv_mm_fault(struct cpu_user_regs *regs, vaddr_t va, uint32_t error_code)
{
    struct vcpu *v = current;
    bool spurious;

    if (!is_canonical(va) || in_hypervisor(va) || v->domain->is_idle || !pv_current_l4(v).v)
        return false;
    if ((error_code & (PFEC_present | PFEC_write)) == (PFEC_present | PFEC_write) &&
        (regs->cs & 3) == 3 && v->arch.kernel_mode && emulate_write(regs, va))
        return true;
    pv_lock(v->domain);
    spurious = is_spurious(v, va, error_code);
    pv_unlock(v->domain);
    if (spurious)
        flush_local(va, FLUSH_TLB_ONE);
    return spurious;
}
