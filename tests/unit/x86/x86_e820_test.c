/* SPDX-License-Identifier: MIT */
/* The memory map that a firmware hands over may be out of order and overlap. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <asm/e820.h>

static void set_map(const struct e820entry *map, unsigned int nr)
{
    nr_e820 = 0;
    for (unsigned int i = 0; i < nr; i++)
        e820_add(map[i].addr, map[i].size, map[i].type);
    e820_sanitise();
}

static void check_map(const struct e820entry *want, unsigned int nr)
{
    assert_int_equal(nr_e820, nr);
    for (unsigned int i = 0; i < nr; i++) {
        assert_int_equal(boot_e820[i].addr, want[i].addr);
        assert_int_equal(boot_e820[i].size, want[i].size);
        assert_int_equal(boot_e820[i].type, want[i].type);
    }
}

static void sorts_and_joins(void **state)
{
    const struct e820entry in[] = {
        {0x200000, 0x100000, 1}, {0, 0x1000, 1}, {0x100000, 0x100000, 1}};
    const struct e820entry out[] = {{0, 0x1000, 1}, {0x100000, 0x200000, 1}};

    set_map(in, 3);
    check_map(out, 2);
}

static void restrictive_type_wins(void **state)
{
    const struct e820entry in[] = {{0, 0x10000, 1}, {0x4000, 0x2000, 2}, {0x5000, 0x4000, 4}};
    const struct e820entry out[] = {
        {0, 0x4000, 1}, {0x4000, 0x2000, 2}, {0x6000, 0x3000, 4}, {0x9000, 0x7000, 1}};

    set_map(in, 3);
    check_map(out, 4);
}

static void equal_entries_become_one(void **state)
{
    const struct e820entry in[] = {{0x1000, 0x1000, 3}, {0x1000, 0x1000, 3}, {0x1000, 0, 2}};

    set_map(in, 3);
    check_map(in, 1);
}

static void unknown_type_is_reserved(void **state)
{
    const struct e820entry in[] = {{0, 0x3000, 1}, {0x1000, 0x1000, 77}};
    const struct e820entry out[] = {{0, 0x1000, 1}, {0x1000, 0x1000, 2}, {0x2000, 0x1000, 1}};

    set_map(in, 2);
    check_map(out, 3);
}

static void end_of_address_space_does_not_wrap(void **state)
{
    const struct e820entry in[] = {{0xfffffffffffff000, 0x100000, 2}, {0, 0x1000, 1}};

    set_map(in, 2);
    assert_int_equal(nr_e820, 2);
    assert_int_equal(boot_e820[0].addr, 0);
    assert_int_equal(boot_e820[0].size, 0x1000);
    assert_int_equal(boot_e820[1].addr, 0xfffffffffffff000);
    assert_int_equal(boot_e820[1].type, 2);
}

static void too_many_entries_are_dropped(void **state)
{
    nr_e820 = 0;
    for (unsigned int i = 0; i < 2 * E820_MAX; i++)
        e820_add(i * 0x2000UL, 0x1000, 1);
    assert_int_equal(nr_e820, E820_MAX);
    e820_sanitise();
    assert_int_equal(nr_e820, E820_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorts_and_joins),
        cmocka_unit_test(restrictive_type_wins),
        cmocka_unit_test(equal_entries_become_one),
        cmocka_unit_test(unknown_type_is_reserved),
        cmocka_unit_test(end_of_address_space_does_not_wrap),
        cmocka_unit_test(too_many_entries_are_dropped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
