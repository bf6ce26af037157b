/* SPDX-License-Identifier: MIT */
/* The instruction decoder, against encodings as assemblers write them, and against noise. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <asm/insn.h>

#define MANY 2000000

struct sample {
    const char *bytes;
    uint8_t nr, bits, op_size, addr_size, src_size;
    uint16_t opcode;
};
#define S(bytes, ...)                                                                              \
    {                                                                                              \
        bytes, sizeof(bytes) - 1, __VA_ARGS__                                                      \
    }

static const struct sample known[] = {
    /* what is intercepted */
    S("\x0f\xa2", 64, 4, 8, 4, 0x0fa2),         /* cpuid */
    S("\xf4", 16, 2, 2, 2, 0xf4),               /* hlt */
    S("\xf3\x90", 32, 4, 4, 4, 0x90),           /* pause */
    S("\x0f\x30", 64, 4, 8, 4, 0x0f30),         /* wrmsr */
    S("\x0f\x32", 16, 2, 2, 2, 0x0f32),         /* rdmsr */
    S("\x0f\x31", 64, 4, 8, 4, 0x0f31),         /* rdtsc */
    S("\x0f\x33", 64, 4, 8, 4, 0x0f33),         /* rdpmc */
    S("\x0f\x01\xd9", 64, 4, 8, 4, 0x0f01),     /* vmmcall */
    S("\x0f\x01\xc1", 32, 4, 4, 4, 0x0f01),     /* vmcall */
    S("\x0f\x01\xd1", 64, 4, 8, 4, 0x0f01),     /* xsetbv */
    S("\x0f\x01\x38", 64, 4, 8, 4, 0x0f01),     /* invlpg (%rax) */
    S("\x0f\x08", 64, 4, 8, 4, 0x0f08),         /* invd */
    S("\x0f\x09", 64, 4, 8, 4, 0x0f09),         /* wbinvd */
    S("\x0f\x22\xe0", 64, 8, 8, 8, 0x0f22),     /* mov %rax, %cr4 */
    S("\x41\x0f\x22\xe4", 64, 8, 8, 8, 0x0f22), /* mov %r12, %cr4 */
    S("\x0f\x22\xe0", 32, 4, 4, 4, 0x0f22),     /* mov %eax, %cr4 */
    S("\x0f\x22\xe0", 16, 4, 2, 4, 0x0f22),     /* the same in 16-bit code */
    S("\x0f\x22\x20", 32, 4, 4, 4, 0x0f22),     /* mod does not matter */
    S("\xf3\xa6\x90", 0, 0, 0, 0, 0),           /* cmpsb: not one of ours */
    S("\xe4\x60", 16, 1, 2, 1, 0xe4),           /* in $0x60, %al */
    S("\xed", 32, 4, 4, 4, 0xed),               /* in %dx, %eax */
    S("\x66\xef", 64, 2, 8, 2, 0xef),           /* out %ax, %dx */
    S("\xf3\x6c", 32, 1, 4, 1, 0x6c),           /* rep insb */
    /* what PV kernels may not do, or write page tables with */
    S("\xfa", 64, 4, 8, 4, 0xfa),                           /* cli */
    S("\x0f\x06", 64, 4, 8, 4, 0x0f06),                     /* clts */
    S("\xf0\x48\x0f\xb1\x0a", 64, 8, 8, 8, 0x0fb1),         /* lock cmpxchg %rcx, (%rdx) */
    S("\xf0\x0f\xb0\x0a", 64, 1, 8, 1, 0x0fb0),             /* lock cmpxchg %cl, (%rdx) */
    S("\xf0\x48\x0f\xba\x72\x08\x06", 64, 8, 8, 8, 0x0fba), /* lock btr $6, 8(%rdx) */
    S("\x48\x0f\xab\x0a", 64, 8, 8, 8, 0x0fab),             /* bts %rcx, (%rdx) */
    /* moves */
    S("\x8b\x00", 64, 4, 8, 4, 0x8b),                     /* mov (%rax), %eax */
    S("\x48\x8b\x00", 64, 8, 8, 8, 0x8b),                 /* mov (%rax), %rax */
    S("\x66\x8b\x00", 64, 2, 8, 2, 0x8b),                 /* mov (%rax), %ax */
    S("\x8a\x00", 64, 1, 8, 1, 0x8a),                     /* mov (%rax), %al */
    S("\x44\x89\x7b\x10", 64, 4, 8, 4, 0x89),             /* mov %r15d, 0x10(%rbx) */
    S("\x89\x3d\x00\xe0\x5f\xff", 64, 4, 8, 4, 0x89),     /* mov %edi, disp(%rip) */
    S("\x89\x04\x25\xb0\xd0\x5f\xff", 64, 4, 8, 4, 0x89), /* mov %eax, 0xffffffffff5fd0b0 */
    S("\x89\x84\xc8\x00\x03\x00\x00", 64, 4, 8, 4, 0x89), /* mov %eax, 0x300(%rax,%rcx,8) */
    S("\x89\x44\x24\x08", 64, 4, 8, 4, 0x89),             /* mov %eax, 8(%rsp) */
    S("\x67\x89\x03", 64, 4, 4, 4, 0x89),                 /* mov %eax, (%ebx) */
    S("\x89\x07", 16, 2, 2, 2, 0x89),                     /* mov %ax, (%bx) */
    S("\x89\x06\x34\x12", 16, 2, 2, 2, 0x89),             /* mov %ax, 0x1234 */
    S("\x89\x86\x34\x12", 16, 2, 2, 2, 0x89),             /* mov %ax, 0x1234(%bp) */
    S("\x89\x47\x10", 16, 2, 2, 2, 0x89),                 /* mov %ax, 0x10(%bx) */
    S("\x66\x67\x89\x04\x24", 16, 4, 4, 4, 0x89),         /* mov %eax, (%esp) */
    S("\x89\x05\x78\x56\x34\x12", 32, 4, 4, 4, 0x89),     /* mov %eax, 0x12345678 */
    S("\xc7\x00\x01\x00\x00\x00", 64, 4, 8, 4, 0xc7),     /* movl $1, (%rax) */
    S("\x48\xc7\x00\x01\x00\x00\x00", 64, 8, 8, 8, 0xc7), /* movq $1, (%rax) */
    S("\x66\xc7\x00\x01\x00", 64, 2, 8, 2, 0xc7),         /* movw $1, (%rax) */
    S("\xc6\x00\x01", 64, 1, 8, 1, 0xc6),                 /* movb $1, (%rax) */
    S("\xc7\x05\x00\x10\x00\x00\x02\x00\x00\x00", 64, 4, 8, 4, 0xc7), /* movl $2, disp(%rip) */
    S("\xa1\x78\x56\x34\x12", 32, 4, 4, 4, 0xa1),                     /* mov 0x12345678, %eax */
    S("\xa1\x34\x12", 16, 2, 2, 2, 0xa1),                             /* mov 0x1234, %ax */
    S("\x48\xa3\x01\x02\x03\x04\x05\x06\x07\x08", 64, 8, 8, 8, 0xa3), /* movabs %rax */
    S("\x67\xa0\x01\x02\x03\x04", 64, 1, 4, 1, 0xa0),                 /* addr32 movabs, %al */
    S("\x0f\xb6\x00", 64, 4, 8, 1, 0x0fb6),                           /* movzbl (%rax), %eax */
    S("\x48\x0f\xbf\x00", 64, 8, 8, 2, 0x0fbf),                       /* movswq (%rax), %rax */
    S("\x66\x0f\xbe\x00", 64, 2, 8, 1, 0x0fbe),                       /* movsbw (%rax), %ax */
    S("\x48\x63\x00", 64, 8, 8, 4, 0x63),                             /* movslq (%rax), %rax */
    S("\xf3\xab", 64, 4, 8, 4, 0xab),                                 /* rep stosl */
    S("\xf3\x48\xab", 64, 8, 8, 8, 0xab),                             /* rep stosq */
    S("\xf3\xa5", 32, 4, 4, 4, 0xa5),                                 /* rep movsl */
    S("\xac", 16, 1, 2, 1, 0xac),                                     /* lodsb */
    /* arithmetic */
    S("\x83\x08\x01", 64, 4, 8, 4, 0x83),             /* orl $1, (%rax) */
    S("\x81\x20\xff\x00\xff\x00", 64, 4, 8, 4, 0x81), /* andl $0xff00ff, (%rax) */
    S("\x66\x81\x38\x34\x12", 64, 2, 8, 2, 0x81),     /* cmpw $0x1234, (%rax) */
    S("\x80\x38\x7f", 32, 1, 4, 1, 0x80),             /* cmpb $0x7f, (%eax) */
    S("\x01\x08", 64, 4, 8, 4, 0x01),                 /* add %ecx, (%rax) */
    S("\x33\x08", 64, 4, 8, 4, 0x33),                 /* xor (%rax), %ecx */
    S("\xf0\x09\x08", 64, 4, 8, 4, 0x09),             /* lock or %ecx, (%rax) */
    S("\xf6\x00\x01", 64, 1, 8, 1, 0xf6),             /* testb $1, (%rax) */
    S("\xf7\x00\x01\x00\x00\x00", 64, 4, 8, 4, 0xf7), /* testl $1, (%rax) */
    S("\xf7\x10", 64, 4, 8, 4, 0xf7),                 /* notl (%rax): no immediate */
    S("\x85\x08", 64, 4, 8, 4, 0x85),                 /* test %ecx, (%rax) */
    S("\x87\x08", 64, 4, 8, 4, 0x87),                 /* xchg %ecx, (%rax) */
    S("\x3d\x78\x56\x34\x12", 64, 4, 8, 4, 0x3d),     /* cmp $0x12345678, %eax */
    S("\xff\x00", 64, 4, 8, 4, 0xff),                 /* incl (%rax) */
    /* prefixes */
    S("\x2e\x3e\x26\x64\x65\x36\x0f\xa2", 64, 4, 8, 4, 0x0fa2),
    S("\x48\x66\x8b\x00", 64, 2, 8, 2, 0x8b), /* a REX that is not last does not count */
    S("\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x0f\xa2", 64, 2, 8, 2, 0x0fa2),
};

static const uint8_t *bytes_of(const struct sample *s)
{
    return (const uint8_t *)s->bytes;
}

static void known_encodings(void **state)
{
    for (unsigned int n = 0; n < sizeof(known) / sizeof(known[0]); n++) {
        const struct sample *s = &known[n];
        struct insn i;

        if (!s->bits) {
            assert_int_equal(insn_decode(&i, bytes_of(s), s->nr, 64), -1);
            continue;
        }
        assert_int_equal(insn_decode(&i, bytes_of(s), s->nr, s->bits), 0);
        assert_int_equal(i.length, s->nr);
        assert_int_equal(i.opcode, s->opcode);
        assert_int_equal(i.op_size, s->op_size);
        assert_int_equal(i.addr_size, s->addr_size);
        assert_int_equal(i.src_size, s->src_size);
    }
}

static void bytes_that_are_missing_are_missed(void **state)
{
    for (unsigned int n = 0; n < sizeof(known) / sizeof(known[0]); n++)
        for (unsigned int nr = 0; nr < known[n].nr && known[n].bits; nr++) {
            /* A copy of just that size: reading on is found out by the sanitizer. */
            uint8_t *copy = malloc(nr + 1);
            struct insn i;

            memcpy(copy, known[n].bytes, nr);
            assert_int_equal(insn_decode(&i, copy, nr, known[n].bits), -1);
            free(copy);
        }
}

static void registers_and_immediates(void **state)
{
    struct insn i;

    assert_int_equal(insn_decode(&i, (const uint8_t *)"\x41\x0f\x22\xe4", 4, 64), 0);
    assert_int_equal(i.reg, 4);
    assert_int_equal(i.rm, 12);
    assert_int_equal(insn_decode(&i, (const uint8_t *)"\x44\x89\x7b\x10", 4, 64), 0);
    assert_int_equal(i.reg, 15);
    assert_int_equal(insn_decode(&i, (const uint8_t *)"\x83\x08\xff", 3, 64), 0);
    assert_int_equal(i.imm, ~0UL);
    assert_int_equal(i.reg, 1);
    assert_int_equal(insn_decode(&i, (const uint8_t *)"\x48\xc7\x00\x00\x00\x00\x80", 7, 64), 0);
    assert_int_equal(i.imm, 0xffffffff80000000UL);
    assert_int_equal(insn_decode(&i, (const uint8_t *)"\xf3\xab", 2, 64), 0);
    assert_true(i.rep);
    assert_int_equal(insn_decode(&i, (const uint8_t *)"\x40\x88\x30", 3, 64), 0);
    assert_true(i.has_rex); /* %sil, not %dh */
}

static void too_long_is_none(void **state)
{
    uint8_t bytes[32];
    struct insn i;

    memset(bytes, 0x66, sizeof(bytes));
    memcpy(bytes + 14, "\x0f\xa2", 2);
    assert_int_equal(insn_decode(&i, bytes, sizeof(bytes), 64), -1);
}

/* Whatever stands there: what is said to be the length is enough, and no less is. */
static void noise(void **state)
{
    static const unsigned int modes[] = {16, 32, 64};
    uint64_t x = 88172645463325252ULL;
    unsigned int decoded = 0;

    for (unsigned int n = 0; n < MANY; n++) {
        uint8_t bytes[16];
        struct insn i, again;
        unsigned int bits = modes[n % 3];

        for (unsigned int b = 0; b < 2; b++) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            memcpy(bytes + b * 8, &x, 8);
        }
        if (insn_decode(&i, bytes, 15, bits))
            continue;
        decoded++;
        assert_in_range(i.length, 1, 15);
        assert_true(i.op_size == 1 || i.op_size == 2 || i.op_size == 4 || i.op_size == 8);
        assert_int_equal(insn_decode(&again, bytes, i.length, bits), 0);
        assert_memory_equal(&i, &again, sizeof(i));
        assert_int_equal(insn_decode(&again, bytes, i.length - 1u, bits), -1);
    }
    assert_true(decoded > MANY / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_encodings),
        cmocka_unit_test(bytes_that_are_missing_are_missed),
        cmocka_unit_test(registers_and_immediates),
        cmocka_unit_test(too_long_is_none),
        cmocka_unit_test(noise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
