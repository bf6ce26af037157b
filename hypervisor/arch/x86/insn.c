/* SPDX-License-Identifier: MIT */
/* Instruction decoding: AMD64 manual volume 3, chapter 1 and appendix A. */
#include <asm/insn.h>

/* What follows an opcode, and how wide it works. */
#define OP    0x01 /* known */
#define MODRM 0x02
#define BYTE  0x04 /* operand of one byte */
#define IMM8  0x08
#define IMMZ  0x10 /* two or four bytes, by operand size */
#define MOFFS 0x20 /* an address */
#define GRP3  0x40 /* an immediate with reg 0 and 1 */
#define WIDE  0x80 /* 64 bits in 64-bit code without a prefix */

#define M  (OP | MODRM)
#define MB (OP | MODRM | BYTE)

/* 00 to 3f: eight operations, alike; the forms with a ModRM byte and those on the accumulator. */
static uint8_t alu_flags(uint8_t op)
{
    switch (op & 7) {
    case 0:
    case 2:
        return MB;
    case 1:
    case 3:
        return M;
    case 4:
        return OP | BYTE | IMM8;
    case 5:
        return OP | IMMZ;
    default:
        return 0;
    }
}

static const uint8_t one_byte[256] = {
    [0x63] = M,
    [0x6c] = OP | BYTE,
    [0x6d] = OP,
    [0x6e] = OP | BYTE,
    [0x6f] = OP,
    [0x80] = MB | IMM8,
    [0x81] = M | IMMZ,
    [0x83] = M | IMM8,
    [0x84] = MB,
    [0x85] = M,
    [0x86] = MB,
    [0x87] = M,
    [0x88] = MB,
    [0x89] = M,
    [0x8a] = MB,
    [0x8b] = M,
    [0x90] = OP, /* PAUSE */
    [0xa0] = OP | BYTE | MOFFS,
    [0xa1] = OP | MOFFS,
    [0xa2] = OP | BYTE | MOFFS,
    [0xa3] = OP | MOFFS,
    [0xa4] = OP | BYTE,
    [0xa5] = OP,
    [0xaa] = OP | BYTE,
    [0xab] = OP,
    [0xac] = OP | BYTE,
    [0xad] = OP,
    [0xc6] = MB | IMM8,
    [0xc7] = M | IMMZ,
    [0xe4] = OP | BYTE | IMM8,
    [0xe5] = OP | IMM8,
    [0xe6] = OP | BYTE | IMM8,
    [0xe7] = OP | IMM8,
    [0xec] = OP | BYTE,
    [0xed] = OP,
    [0xee] = OP | BYTE,
    [0xef] = OP,
    [0xf4] = OP,
    [0xfa] = OP,
    [0xfb] = OP,
    [0xf6] = MB | GRP3 | IMM8,
    [0xf7] = M | GRP3 | IMMZ,
    [0xfe] = MB,
    [0xff] = M,
};

static const uint8_t two_byte[256] = {
    [0x01] = M,        [0x06] = OP,       [0x08] = OP,       [0x09] = OP, [0x20] = M | WIDE,
    [0x21] = M | WIDE, [0x22] = M | WIDE, [0x23] = M | WIDE, [0x30] = OP, [0x31] = OP,
    [0x32] = OP,       [0x33] = OP,       [0xa2] = OP,       [0xab] = M,  [0xb0] = MB,
    [0xb1] = M,        [0xb3] = M,        [0xb6] = M,        [0xb7] = M,  [0xba] = M | IMM8,
    [0xbb] = M,        [0xbe] = M,        [0xbf] = M,
};

struct reader {
    const uint8_t *at, *end;
    unsigned int bits;
    uint8_t rex;
    bool op_prefix, addr_prefix;
};

static bool take(struct reader *r, uint8_t *b)
{
    if (r->at == r->end)
        return false;
    *b = *r->at++;
    return true;
}

/* n bytes, little-endian, sign-extended. */
static bool take_value(struct reader *r, unsigned int n, uint64_t *val)
{
    uint64_t v = 0;

    if ((unsigned int)(r->end - r->at) < n)
        return false;
    for (unsigned int i = 0; i < n; i++)
        v |= (uint64_t)r->at[i] << 8 * i;
    r->at += n;
    *val = (uint64_t)((int64_t)(v << (64 - 8 * n)) >> (64 - 8 * n));
    return true;
}

/* Up to the first byte of the opcode, which *b is then. */
static bool take_prefixes(struct reader *r, struct insn *i, uint8_t *b)
{
    while (take(r, b)) {
        switch (*b) {
        case 0x66:
            r->op_prefix = true;
            break;
        case 0x67:
            r->addr_prefix = true;
            break;
        case 0xf0:
            i->lock = true;
            break;
        case 0xf2:
            i->repne = true;
            break;
        case 0xf3:
            i->rep = true;
            break;
        case 0x26:
        case 0x2e:
        case 0x36:
        case 0x3e:
        case 0x64:
        case 0x65:
            break;
        default:
            if (r->bits != 64 || (*b & 0xf0) != 0x40)
                return true;
            r->rex = *b; /* counts only right before the opcode */
            continue;
        }
        r->rex = 0;
    }
    return false;
}

static void set_sizes(const struct reader *r, struct insn *i)
{
    if (r->bits == 64) {
        i->op_size = r->rex & 8 ? 8 : r->op_prefix ? 2 : 4;
        i->addr_size = r->addr_prefix ? 4 : 8;
    } else {
        i->op_size = (r->bits == 32) != r->op_prefix ? 4 : 2;
        i->addr_size = (r->bits == 32) != r->addr_prefix ? 4 : 2;
    }
}

/* ModRM, and the SIB byte and displacement behind it, which are only passed over: where memory was
 * touched the processor tells. */
static bool take_modrm(struct reader *r, struct insn *i, bool always_register)
{
    uint8_t b, sib;
    uint64_t ignored;
    unsigned int disp = 0;

    if (!take(r, &b))
        return false;
    i->has_modrm = true;
    i->mod = b >> 6;
    i->reg = (uint8_t)((b >> 3 & 7) | (r->rex & 4) << 1);
    i->rm = (uint8_t)((b & 7) | (r->rex & 1) << 3);
    if (always_register)
        i->mod = 3;
    if (i->mod == 3)
        return true;
    if (i->addr_size == 2) {
        disp = i->mod == 1 ? 1 : i->mod == 2 || (b & 7) == 6 ? 2 : 0;
    } else {
        disp = i->mod == 1 ? 1 : i->mod == 2 || (b & 7) == 5 ? 4 : 0;
        if ((b & 7) == 4) {
            if (!take(r, &sib))
                return false;
            if (i->mod == 0 && (sib & 7) == 5)
                disp = 4;
        }
    }
    return !disp || take_value(r, disp, &ignored);
}

static void widths_of_extensions(struct insn *i)
{
    switch (i->opcode) {
    case 0x63:
        i->src_size = 4;
        break;
    case 0x0fb6:
    case 0x0fbe:
        i->src_size = 1;
        break;
    case 0x0fb7:
    case 0x0fbf:
        i->src_size = 2;
        break;
    default:
        i->src_size = i->op_size;
        break;
    }
}

static unsigned int immediate_size(const struct insn *i, uint8_t flags, uint8_t full_size)
{
    if ((flags & GRP3) && (i->reg & 7) > 1)
        return 0;
    if (flags & MOFFS)
        return i->addr_size;
    if (flags & IMM8)
        return 1;
    if (flags & IMMZ)
        return full_size == 2 ? 2 : 4;
    return 0;
}

int insn_decode(struct insn *i, const uint8_t *bytes, unsigned int nr, unsigned int bits)
{
    struct reader r = {.at = bytes, .end = bytes + (nr < INSN_MAX ? nr : INSN_MAX), .bits = bits};
    unsigned int imm;
    uint8_t b, flags;

    *i = (struct insn){0};
    if (!take_prefixes(&r, i, &b))
        return -1;
    set_sizes(&r, i);
    i->has_rex = r.rex;
    i->opcode = b;
    if (b == 0x0f) {
        if (!take(&r, &b))
            return -1;
        i->opcode = 0x0f00 | b;
        flags = two_byte[b];
    } else {
        flags = b < 0x40 ? alu_flags(b) : one_byte[b];
    }
    if (!(flags & OP) || (b == 0x63 && i->opcode == 0x63 && bits != 64))
        return -1;
    if ((flags & MODRM) && !take_modrm(&r, i, flags & WIDE))
        return -1;
    imm = immediate_size(i, flags, i->op_size);
    if (imm && !take_value(&r, imm, &i->imm))
        return -1;
    if (flags & BYTE)
        i->op_size = 1;
    if (flags & WIDE)
        i->op_size = bits == 64 ? 8 : 4;
    widths_of_extensions(i);
    i->length = (uint8_t)(r.at - bytes);
    return 0;
}
