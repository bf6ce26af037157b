/* SPDX-License-Identifier: MIT */
/* Copying and filling memory: by hand and by string instructions, at all alignments; linked into this
 * program these functions take the place of the C library's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <asm/cpufeature.h>

#define GUARD 64
#define MAX   4200

struct cpu_data boot_cpu;

static unsigned char from[MAX + 2 * GUARD], to[MAX + 2 * GUARD], wanted[MAX + 2 * GUARD];

static void set_erms(bool erms)
{
    boot_cpu.word[FEATURE_ERMS / 32] = erms ? 1u << FEATURE_ERMS % 32 : 0;
}

static void reset(void)
{
    for (unsigned int i = 0; i < sizeof(from); i++) {
        from[i] = (unsigned char)(i * 7 + i / 251);
        to[i] = wanted[i] = (unsigned char)(0xc3 ^ i);
    }
}

static bool as_wanted(void)
{
    for (unsigned int i = 0; i < sizeof(to); i++)
        if (to[i] != wanted[i])
            return false;
    return true;
}

static void check_copy(size_t n, size_t at, size_t source)
{
    reset();
    for (size_t i = 0; i < n; i++)
        wanted[GUARD + at + i] = from[GUARD + source + i];
    assert_ptr_equal(memcpy(to + GUARD + at, from + GUARD + source, n), to + GUARD + at);
    assert_true(as_wanted());
}

static void check_fill(size_t n, size_t at)
{
    reset();
    for (size_t i = 0; i < n; i++)
        wanted[GUARD + at + i] = 0x9b;
    assert_ptr_equal(memset(to + GUARD + at, 0x1239b, n), to + GUARD + at);
    assert_true(as_wanted());
}

static void check_move(size_t n, size_t at, size_t source)
{
    reset();
    for (size_t i = 0; i < n; i++)
        wanted[GUARD + at + i] = to[GUARD + source + i];
    assert_ptr_equal(memmove(to + GUARD + at, to + GUARD + source, n), to + GUARD + at);
    assert_true(as_wanted());
}

static void every_length_is_right(void **state)
{
    static const size_t from_to[][2] = {{0, 80}, {500, 530}, {4090, 4104}};

    for (unsigned int erms = 0; erms < 2; erms++) {
        set_erms(erms);
        for (unsigned int r = 0; r < 3; r++)
            for (size_t n = from_to[r][0]; n <= from_to[r][1]; n++)
                for (size_t at = 0; at < 9; at += 1 + r) {
                    check_copy(n, at, 8 - at);
                    check_fill(n, at);
                    check_move(n, at, 8);
                    check_move(n, 8, at);
                }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_length_is_right)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
