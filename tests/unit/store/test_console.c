/* SPDX-License-Identifier: MIT */
/* The console daemon's ring and its backlog. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "backlog.h"
#include "ring.h"

static void guest_prints(struct xencons_interface *ring, const char *text)
{
    while (*text) {
        ring->out[MASK_XENCONS_IDX(ring->out_prod, ring->out)] = *text++;
        ring->out_prod++;
    }
}

static void output_goes_around_the_ring(void **state)
{
    struct xencons_interface ring = {.out_cons = UINT32_MAX - 5, .out_prod = UINT32_MAX - 5};
    char buf[4096] = "";

    guest_prints(&ring, "hello, world");
    assert_int_equal(console_ring_pending(&ring), 12);
    assert_int_equal(console_ring_read(&ring, buf, 5), 5);
    assert_int_equal(console_ring_read(&ring, buf + 5, sizeof(buf) - 5), 7);
    assert_string_equal(buf, "hello, world");
    assert_int_equal(console_ring_read(&ring, buf, sizeof(buf)), 0);
}

static void input_fills_the_ring_and_no_more(void **state)
{
    struct xencons_interface ring = {.in_cons = 1000, .in_prod = 1000};

    assert_int_equal(console_ring_room(&ring), sizeof(ring.in));
    console_ring_write(&ring, "abc", 3);
    assert_int_equal(console_ring_room(&ring), sizeof(ring.in) - 3);
    assert_int_equal(ring.in[1000], 'a');
    assert_int_equal(ring.in_prod, 1003);
}

static void wild_indices_are_an_error(void **state)
{
    struct xencons_interface ring = {.out_prod = sizeof(ring.out) + 1,
                                     .in_prod = sizeof(ring.in) + 1};
    char buf[16];

    assert_int_equal(console_ring_read(&ring, buf, sizeof(buf)), -EIO);
    assert_int_equal(console_ring_pending(&ring), -EIO);
    assert_int_equal(console_ring_room(&ring), -EIO);
}

static void take_all(struct backlog *backlog, char *text)
{
    const char *data = NULL;
    size_t len = 0;

    while ((len = backlog_peek(backlog, &data))) {
        memcpy(text, data, len);
        text += len;
        backlog_drop(backlog, len);
    }
    *text = '\0';
}

static void a_backlog_keeps_the_newest(void **state)
{
    struct backlog backlog = {.limit = 10};
    char text[64];

    backlog_add(&backlog, "01234567", 8);
    assert_false(backlog_full(&backlog));
    backlog_add(&backlog, "abcd", 4);
    assert_true(backlog_full(&backlog));
    take_all(&backlog, text);
    assert_string_equal(text, "234567abcd");
    backlog_add(&backlog, "a text longer than the limit", 28);
    take_all(&backlog, text);
    assert_string_equal(text, " the limit");
    backlog_free(&backlog);
}

static void a_backlog_grows_without_losing_anything(void **state)
{
    struct backlog backlog = {.limit = 100000};
    char *text = malloc(100001);
    size_t taken = 0, added = 0;
    const char *data = NULL;

    /* Keep the start moving, so that what grows wraps around. */
    while (added < 90000) {
        char byte = 'a' + added % 26;

        backlog_add(&backlog, &byte, 1);
        added++;
        if (added % 3 == 0) {
            backlog_peek(&backlog, &data);
            assert_int_equal(*data, (char)('a' + taken % 26));
            backlog_drop(&backlog, 1);
            taken++;
        }
    }
    assert_int_equal(backlog.len, added - taken);
    take_all(&backlog, text);
    for (size_t i = 0; i < added - taken; i++)
        assert_int_equal(text[i], (char)('a' + (taken + i) % 26));
    backlog_free(&backlog);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(output_goes_around_the_ring),
        cmocka_unit_test(input_fills_the_ring_and_no_more),
        cmocka_unit_test(wild_indices_are_an_error),
        cmocka_unit_test(a_backlog_keeps_the_newest),
        cmocka_unit_test(a_backlog_grows_without_losing_anything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
