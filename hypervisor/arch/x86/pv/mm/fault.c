/* SPDX-License-Identifier: MIT */
/* Page faults that are ours to mend: a guest that writes an entry of a page table by a plain
 * instruction rather than by a hypercall, as kernels do for single entries, and TLB entries that
 * were right once.
 *
 * The faulting address says where the operand is, so of the instruction only its length, its
 * operation and its other operand are to be decoded (AMD64 manual volume 3, chapter 1). */
#include <asm/pv_mm.h>
#include <hv/guest_access.h>
#include <hv/printk.h>
#include <hv/string.h>

#define PF_PRESENT (1u << 0)
#define PF_WRITE   (1u << 1)
#define PF_RSVD    (1u << 3)
#define PF_FETCH   (1u << 4)

#define FLAG_CF 0x0001UL
#define FLAG_PF 0x0004UL
#define FLAG_AF 0x0010UL
#define FLAG_ZF 0x0040UL
#define FLAG_SF 0x0080UL
#define FLAG_OF 0x0800UL

struct insn {
    enum {
        OP_MOV,
        OP_XCHG,
        OP_CMPXCHG,
        OP_OR,
        OP_AND,
        OP_XOR,
        OP_ADD,
        OP_SUB,
        OP_BTS,
        OP_BTR,
        OP_BTC
    } op;
    unsigned int len;   /* bytes */
    unsigned int size;  /* of the operand: 1, 2, 4, 8 */
    unsigned long *reg; /* the register operand, NULL: imm */
    unsigned int shift; /* 8 for ah, ch, dh, bh */
    unsigned long imm;
};

static unsigned long *reg_ptr(struct cpu_user_regs *r, unsigned int n)
{
    unsigned long *const map[16] = {
        (unsigned long *)&r->rax, (unsigned long *)&r->rcx, (unsigned long *)&r->rdx,
        (unsigned long *)&r->rbx, (unsigned long *)&r->rsp, (unsigned long *)&r->rbp,
        (unsigned long *)&r->rsi, (unsigned long *)&r->rdi, (unsigned long *)&r->r8,
        (unsigned long *)&r->r9,  (unsigned long *)&r->r10, (unsigned long *)&r->r11,
        (unsigned long *)&r->r12, (unsigned long *)&r->r13, (unsigned long *)&r->r14,
        (unsigned long *)&r->r15};
    return map[n];
}

/* Bytes that ModRM at p takes with SIB and displacement; 0: a register operand. */
static unsigned int modrm_length(const uint8_t *p)
{
    unsigned int mod = p[0] >> 6, rm = p[0] & 7, len = 1;

    if (mod == 3)
        return 0;
    if (rm == 4) {
        len++;
        if (mod == 0 && (p[1] & 7) == 5)
            return len + 4;
    }
    if (mod == 1)
        return len + 1;
    if (mod == 2 || (mod == 0 && rm == 5))
        return len + 4;
    return len;
}

static unsigned long read_imm(const uint8_t *p, unsigned int bytes)
{
    int32_t word;

    if (bytes == 1)
        return (unsigned long)(long)(int8_t)p[0];
    if (bytes == 2)
        return (unsigned long)(long)(int16_t)(p[0] | p[1] << 8);
    memcpy(&word, p, sizeof(word));
    return (unsigned long)(long)word;
}

static bool decode_group1(struct insn *in, unsigned int sub)
{
    static const int8_t ops[8] = {OP_ADD, OP_OR, -1, -1, OP_AND, OP_SUB, OP_XOR, -1};

    if (ops[sub] < 0)
        return false;
    in->op = (unsigned int)ops[sub];
    return true;
}

/* The opcodes after 0f. */
static bool decode_two_byte(struct insn *in, uint8_t opcode, const uint8_t *modrm,
                            unsigned int mlen, unsigned int *imm_bytes)
{
    switch (opcode) {
    case 0xb0:
        in->size = 1;
        /* fall through */
    case 0xb1:
        in->op = OP_CMPXCHG;
        return true;
    case 0xab:
        in->op = OP_BTS;
        return true;
    case 0xb3:
        in->op = OP_BTR;
        return true;
    case 0xbb:
        in->op = OP_BTC;
        return true;
    case 0xba:
        if (((modrm[0] >> 3) & 7) < 5)
            return false;
        in->op = OP_BTS + ((modrm[0] >> 3) & 7) - 5;
        in->reg = NULL;
        *imm_bytes = 1;
        return true;
    default:
        return false;
    }
}

static bool decode_one_byte(struct insn *in, uint8_t opcode, const uint8_t *modrm,
                            unsigned int *imm_bytes)
{
    unsigned int sub = (modrm[0] >> 3) & 7;

    if (!(opcode & 1) && opcode != 0x83)
        in->size = 1;
    switch (opcode) {
    case 0x88:
    case 0x89:
        in->op = OP_MOV;
        return true;
    case 0x86:
    case 0x87:
        in->op = OP_XCHG;
        return true;
    case 0x08:
    case 0x09:
        in->op = OP_OR;
        return true;
    case 0x20:
    case 0x21:
        in->op = OP_AND;
        return true;
    case 0x30:
    case 0x31:
        in->op = OP_XOR;
        return true;
    case 0xc6:
    case 0xc7:
        in->op = OP_MOV;
        in->reg = NULL;
        *imm_bytes = min(in->size, 4u);
        return sub == 0;
    case 0x80:
    case 0x81:
    case 0x83:
        in->reg = NULL;
        *imm_bytes = opcode == 0x81 ? min(in->size, 4u) : 1;
        return decode_group1(in, sub);
    default:
        return false;
    }
}

static bool decode(struct insn *in, struct cpu_user_regs *regs, const uint8_t *code,
                   unsigned int avail)
{
    unsigned int pos = 0, rex = 0, mlen, imm_bytes = 0, n;
    bool opsize = false, two_byte, ok;
    uint8_t opcode;

    for (;; pos++) {
        if (pos >= 8 || pos + 3 >= avail)
            return false;
        if (code[pos] == 0x66)
            opsize = true;
        else if (code[pos] != 0xf0 && code[pos] != 0xf2 && code[pos] != 0xf3 && code[pos] != 0x2e &&
                 code[pos] != 0x3e && code[pos] != 0x26 && code[pos] != 0x36)
            break;
    }
    if ((code[pos] & 0xf0) == 0x40)
        rex = code[pos++];
    two_byte = code[pos] == 0x0f;
    if (two_byte)
        pos++;
    opcode = code[pos++];
    if (pos + 1 >= avail)
        return false;
    mlen = modrm_length(&code[pos]);
    if (!mlen)
        return false;
    in->size = rex & 8 ? 8 : opsize ? 2 : 4;
    in->shift = 0;
    n = ((code[pos] >> 3) & 7) | (rex & 4 ? 8 : 0);
    in->reg = reg_ptr(regs, n);
    ok = two_byte ? decode_two_byte(in, opcode, &code[pos], mlen, &imm_bytes)
                  : decode_one_byte(in, opcode, &code[pos], &imm_bytes);
    if (!ok || pos + mlen + imm_bytes > avail)
        return false;
    if (in->size == 1 && !rex && n >= 4 && in->reg) {
        in->reg = reg_ptr(regs, n - 4);
        in->shift = 8;
    }
    in->imm = imm_bytes ? read_imm(&code[pos + mlen], imm_bytes) : 0;
    in->len = pos + mlen + imm_bytes;
    return true;
}

static unsigned long size_mask(unsigned int size)
{
    return size == 8 ? ~0UL : BIT(size * 8) - 1;
}

static void set_flags(struct cpu_user_regs *regs, unsigned long result, unsigned int size)
{
    regs->rflags &= ~(FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF);
    if (!result)
        regs->rflags |= FLAG_ZF;
    if (result & BIT(size * 8 - 1))
        regs->rflags |= FLAG_SF;
    if (!(__builtin_popcountl(result & 0xff) & 1))
        regs->rflags |= FLAG_PF;
}

static void write_reg(const struct insn *in, unsigned long *reg, unsigned long val)
{
    unsigned long mask = size_mask(in->size) << in->shift;

    *reg = in->size == 4 ? val & 0xffffffffUL : (*reg & ~mask) | ((val << in->shift) & mask);
}

/* What the operand becomes.  regs (and in->reg in it) is a copy that the caller keeps only if the
 * write succeeds. */
static bool compute(const struct insn *in, struct cpu_user_regs *regs, unsigned long old,
                    unsigned long *result)
{
    unsigned long mask = size_mask(in->size);
    unsigned long src = in->reg ? (*in->reg >> in->shift) & mask : in->imm & mask;
    unsigned long bit;

    switch (in->op) {
    case OP_MOV:
        *result = src;
        return true;
    case OP_XCHG:
        write_reg(in, in->reg, old);
        *result = src;
        return true;
    case OP_CMPXCHG:
        if ((regs->rax & mask) == old) {
            *result = src;
            set_flags(regs, 0, in->size);
        } else {
            struct insn acc = {.size = in->size};

            *result = old;
            set_flags(regs, 1, in->size);
            write_reg(&acc, (unsigned long *)&regs->rax, old);
        }
        return true;
    case OP_OR:
        *result = old | src;
        break;
    case OP_AND:
        *result = old & src;
        break;
    case OP_XOR:
        *result = old ^ src;
        break;
    case OP_ADD:
        *result = (old + src) & mask;
        break;
    case OP_SUB:
        *result = (old - src) & mask;
        break;
    default:
        bit = BIT(src & (in->size * 8 - 1));
        regs->rflags = (regs->rflags & ~FLAG_CF) | (old & bit ? FLAG_CF : 0);
        *result = in->op == OP_BTS ? old | bit : in->op == OP_BTR ? old & ~bit : old ^ bit;
        return true;
    }
    set_flags(regs, *result, in->size);
    if ((in->op == OP_ADD && *result < old) || (in->op == OP_SUB && src > old))
        regs->rflags |= FLAG_CF;
    return true;
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
    unsigned int shift = (va & 7) * 8, avail = 15;
    unsigned long val, result;
    uint8_t code[15] = {0};
    struct insn in;
    pte_t *slot;
    pte_t old;
    bool done = false;

    pv_lock(d);
    slot = written_entry(v, va);
    pv_unlock(d);
    if (!slot)
        return false;
    if (copy_from_guest_va(code, regs->rip, sizeof(code))) {
        avail = min((unsigned int)(PAGE_SIZE - (regs->rip & ~PAGE_MASK)), 15u);
        if (copy_from_guest_va(code, regs->rip, avail))
            return false;
    }
    if (!decode(&in, &copy, code, avail) || (va & 7) + in.size > 8)
        return false;
    pv_lock(d);
    slot = written_entry(v, va); /* as it is now */
    if (slot) {
        pte_t new_pte;

        old = read_atomic(slot);
        val = (old >> shift) & size_mask(in.size);
        done = compute(&in, &copy, val, &result);
        new_pte = (old & ~(size_mask(in.size) << shift)) | (result << shift);
        /* Read-modify-write instructions keep what the CPU set in the meantime; plain stores mean
         * what they say. */
        if (done && (in.op != OP_CMPXCHG || copy.rflags & FLAG_ZF))
            done = pv_mod_entry(d, d, slot, 1, new_pte,
                                in.op > OP_CMPXCHG && (old & PTE_PRESENT) && in.op != OP_AND &&
                                    in.op != OP_BTR) == 0;
    }
    pv_unlock(d);
    if (!done)
        return false;
    copy.rip += in.len;
    copy.rflags &= ~0x10000UL; /* RF */
    *regs = copy;
    return true;
}

/* Do the tables allow now what faulted?  Then the TLB was behind, and trying again will do. */
static bool is_spurious(struct vcpu *v, vaddr_t va, uint32_t error_code)
{
    pte_t *table = mfn_to_virt(pv_current_l4(v));
    pte_t pte, need = PTE_PRESENT | (error_code & PF_WRITE ? PTE_RW : 0);

    if (error_code & PF_RSVD)
        return false;
    for (unsigned int level = 4; level > 0; level--) {
        pte = read_atomic(&table[pt_index(va, level)]);
        if ((pte & need) != need || ((error_code & PF_FETCH) && (pte & PTE_NX)) ||
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
    if ((error_code & (PF_PRESENT | PF_WRITE)) == (PF_PRESENT | PF_WRITE) && (regs->cs & 3) == 3 &&
        v->arch.kernel_mode && emulate_write(regs, va))
        return true;
    pv_lock(v->domain);
    spurious = is_spurious(v, va, error_code);
    pv_unlock(v->domain);
    if (spurious)
        flush_local(va, FLUSH_TLB_ONE);
    return spurious;
}
