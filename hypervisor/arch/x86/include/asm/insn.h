/* SPDX-License-Identifier: MIT */
/* A decoder of those instructions at which a container's guest can exit (hvm/decode.c): what is
 * intercepted, and what may touch memory that is not there.  It needs nothing of the hypervisor. */
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

#endif
