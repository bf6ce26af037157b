/* SPDX-License-Identifier: MIT */
/* A decoder of those instructions that we do for a guest (insn.c): what is intercepted or
 * privileged, what may touch memory that is not there, and what kernels write page tables with.  It
 * needs nothing of the hypervisor. */
#ifndef ASM_INSN_H
#define ASM_INSN_H

#include <stdbool.h>
#include <stdint.h>

#define INSN_MAX 15

struct insn {
    uint8_t length;
    uint8_t op_size;   /* bytes: 1, 2, 4 or 8; of a string or port instruction's element, too */
    uint8_t addr_size; /* bytes: 2, 4 or 8 */
    uint8_t src_size;  /* MOVZX, MOVSX and MOVSXD: of the source */
    uint16_t opcode;   /* 0x0fxx: two-byte */
    bool rep, repne, lock;
    bool has_modrm, has_rex;
    uint8_t mod, reg, rm; /* reg and rm with REX's bits */
    uint64_t imm;         /* sign-extended; or the offset of a MOV to or from the accumulator */
};

/* Decode what stands at bytes, nr of them, as code of bits (16, 32, 64).  0; -1: not an instruction
 * that we know, or nr bytes are not all of it. */
int insn_decode(struct insn *i, const uint8_t *bytes, unsigned int nr, unsigned int bits);

/* --- insn_ops.c ----------------------------------------------------------------------------------- */
struct cpu_user_regs;
static inline uint64_t insn_low_bytes(uint64_t val, unsigned int size)
{
    return size < 8 ? val & ((1UL << 8 * size) - 1) : val;
}
unsigned long *insn_gpr(struct cpu_user_regs *r, unsigned int nr);
/* Register nr as an operand of i's that is size bytes wide. */
uint64_t insn_read_gpr(struct cpu_user_regs *r, const struct insn *i, unsigned int nr,
                       unsigned int size);
void insn_write_gpr(struct cpu_user_regs *r, const struct insn *i, unsigned int nr,
                    unsigned int size, uint64_t val);
/* As the opcodes 00 to 3f and 80 to 83 number them. */
enum insn_alu_op { INSN_ADD, INSN_OR, INSN_ADC, INSN_SBB, INSN_AND, INSN_SUB, INSN_XOR, INSN_CMP };
uint64_t insn_alu(enum insn_alu_op op, uint64_t a, uint64_t b, unsigned int size, uint64_t *rflags);

#endif
