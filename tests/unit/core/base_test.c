/* SPDX-License-Identifier: MIT */
/* What the rest stands on: formatting, options, range sets, the console, timers, grace periods. */
#include "test.h"
#include <hv/cmdline.h>
#include <hv/string.h>

static int up(void **state)
{
    boot_once();
    return 0;
}

/* --- formatting ------------------------------------------------------------------------------- */
static void assert_format(const char *wanted, const char *fmt, ...)
{
    char ours[256], libc[256];
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = hv_vsnprintf(ours, sizeof(ours), fmt, ap);
    va_end(ap);
    va_start(ap, fmt);
    vsnprintf(libc, sizeof(libc), fmt, ap);
    va_end(ap);
    assert_string_equal(ours, wanted ? wanted : libc);
    assert_int_equal(n, (int)strlen(ours));
}

static void formats_are_printfs(void **state)
{
    assert_format(NULL, "%d|%5d|%-5d|%05d|%u", -12, 34, 56, -78, 90);
    assert_format(NULL, "%x|%08x|%#x|%lx|%llx", 255, 0xbeef, 0x10, ~0UL, 0xabcdefULL);
    assert_format(NULL, "%s|%10s|%-10s|%.2s|%c|%%", "a", "right", "left", "cut", 'z');
    assert_format(NULL, "%zu %ld %lld", (size_t)1 << 40, -1L, INT64_MIN == 0 ? 0LL : -7LL);
    assert_format(NULL, "%*d|%-*d|%.3d", 6, 42, 6, 42, 7);
    assert_format("(null)", "%s", (char *)NULL);
    assert_format("00000000deadbeef", "%p", (void *)0xdeadbeef);
    assert_format(NULL, "%ld", (long)INT64_MIN);
}

static void formatting_stops_at_the_end(void **state)
{
    char buf[8] = "XXXXXXX";

    assert_int_equal(hv_snprintf(buf, 5, "%s", "0123456789"), 10);
    assert_string_equal(buf, "0123");
    assert_int_equal(buf[5], 'X');
    assert_int_equal(hv_snprintf(buf, 0, "%d", 1), 1);
    assert_int_equal(hv_strlcpy(buf, "abcdefghijk", sizeof(buf)), 11);
    assert_string_equal(buf, "abcdefg");
}

/* --- options ---------------------------------------------------------------------------------- */
static bool opt_flag;
BOOL_OPTION("test-flag", opt_flag);
static unsigned int opt_number;
UINT_OPTION("test-number", opt_number);

static void options_are_set(void **state)
{
    cmdline_parse("test-flag  test-number=17 ");
    assert_true(opt_flag);
    assert_int_equal(opt_number, 17);
    cmdline_parse("no-test-flag test-number=0x20");
    assert_false(opt_flag);
    assert_int_equal(opt_number, 32);
    cmdline_parse("test-flag=yes");
    assert_true(opt_flag);
    assert_string_equal(saved_cmdline, "test-flag=yes");
}

static void sizes_have_units(void **state)
{
    const char *end;

    assert_int_equal(parse_size("3M,", &end), 3 << 20);
    assert_string_equal(end, ",");
    assert_int_equal(parse_size("2G", &end), 2UL << 30);
    assert_int_equal(parse_size("0x10b", &end), 0x10b << 10); /* a digit, no unit */
    assert_int_equal(parse_size("5", &end), 5 << 10);
    assert_string_equal(end, "");
}

static void unknown_and_bad_options_are_named(void **state)
{
    hosted_console_clear();
    opt_number = 1;
    cmdline_parse("nonsense=3 test-number=12x test-flag=perhaps no-test-number");
    assert_non_null(strstr(hosted_console(), "Unknown option 'nonsense=3'"));
    assert_non_null(strstr(hosted_console(), "Option 'test-number': bad value '12x'"));
    assert_non_null(strstr(hosted_console(), "Option 'test-flag'"));
    assert_non_null(strstr(hosted_console(), "Unknown option 'no-test-number'"));
    assert_int_equal(opt_number, 1);
}

static void long_command_lines_are_cut(void **state)
{
    char *line = malloc(5000);

    memset(line, 'a', 4999);
    line[4999] = '\0';
    cmdline_parse(line);
    assert_int_equal(strlen(saved_cmdline), sizeof(saved_cmdline) - 1);
    free(line);
}

/* --- range sets ------------------------------------------------------------------------------- */
static void range_sets_agree_with_a_bitmap(void **state)
{
    struct rangeset *r = rangeset_new();
    bool model[64] = {false};

    srand(2);
    for (unsigned int step = 0; step < 5000; step++) {
        unsigned int a = (unsigned int)rand() % 64, b = a + (unsigned int)rand() % (64 - a);
        bool all = true, add = rand() % 2;

        assert_int_equal(add ? rangeset_add(r, a, b) : rangeset_remove(r, a, b), 0);
        for (unsigned int i = a; i <= b; i++)
            model[i] = add;
        a = (unsigned int)rand() % 64;
        b = a + (unsigned int)rand() % (64 - a);
        for (unsigned int i = a; i <= b; i++)
            all &= model[i];
        assert_int_equal(rangeset_contains(r, a, b), all);
    }
    assert_int_equal(rangeset_add(r, 5, 4), -EINVAL);
    assert_int_equal(rangeset_add(r, 0, ~0UL), 0);
    assert_true(rangeset_contains(r, 0, ~0UL));
    assert_int_equal(rangeset_remove(r, 0, ~0UL), 0);
    for (unsigned int i = 0; i < 64; i++)
        assert_false(rangeset_contains(r, i, i));
    rangeset_free(r);
}

/* --- console ---------------------------------------------------------------------------------- */
static void levels_select_messages(void **state)
{
    hosted_console_clear();
    cmdline_parse("loglvl=error");
    printk("a warning\n");
    printk(XENLOG_ERR "an error\n");
    printk(XENLOG_INFO "begun, "); /* not shown, nor is the rest of its line */
    printk("ended\n");
    cmdline_parse("loglvl=info/debug");
    printk(XENLOG_INFO "information\n");
    for (unsigned int i = 0; i < 30; i++)
        printk(XENLOG_DEBUG "debug %u\n", i);
    cmdline_parse("loglvl=warning");
    assert_null(strstr(hosted_console(), "a warning"));
    assert_null(strstr(hosted_console(), "ended"));
    assert_non_null(strstr(hosted_console(), "(XEN) an error\n(XEN) information\n(XEN) debug 0\n"));
    assert_null(strstr(hosted_console(), "debug 29")); /* too many at once */
}

static void the_ring_is_read_in_pieces(void **state)
{
    char buf[64];
    uint32_t index = 0;
    size_t n;

    console_ring_read(buf, 0, &index, false, true);
    console_ring_write("hello ", 6);
    console_ring_write("world", 5);
    index = 0;
    n = console_ring_read(buf, 8, &index, false, false);
    assert_int_equal(n, 8);
    assert_memory_equal(buf, "hello wo", 8);
    n = console_ring_read(buf, sizeof(buf), &index, true, false);
    assert_int_equal(n, 3);
    assert_memory_equal(buf, "rld", 3);
    assert_int_equal(console_ring_read(buf, sizeof(buf), &index, true, false), 0);
    assert_int_equal(console_ring_read(buf, sizeof(buf), &index, false, true), 11);
    assert_int_equal(console_ring_read(buf, sizeof(buf), &index, false, false), 0);
}

static void the_ring_keeps_the_newest(void **state)
{
    char *buf = malloc(40000);
    uint32_t index = 0;
    size_t n;

    for (unsigned int i = 0; i < 5000; i++) {
        char line[16];

        hv_snprintf(line, sizeof(line), "line %05u\n", i);
        console_ring_write(line, 11);
    }
    n = console_ring_read(buf, 40000, &index, false, false);
    assert_int_equal(n, 32768);
    assert_memory_equal(buf + n - 11, "line 04999\n", 11);
    index = 12345; /* long overwritten */
    assert_int_equal(console_ring_read(buf, 40000, &index, true, true), 32768);
    free(buf);
}

static void input_waits_for_dom0(void **state)
{
    char buf[4];

    for (const char *p = "abcdef"; *p; p++)
        console_input(*p);
    assert_int_equal(console_input_read(buf, 4), 4);
    assert_memory_equal(buf, "abcd", 4);
    assert_int_equal(console_input_read(buf, 4), 2);
    assert_int_equal(console_input_read(buf, 4), 0);
    for (unsigned int i = 0; i < 3000; i++) /* more than there is room for */
        console_input('x');
    while (console_input_read(buf, 4))
        ;
}

/* --- timers, softirqs ------------------------------------------------------------------------- */
static unsigned int fired[3], order[8], nr_order;

static void fire(void *data)
{
    unsigned int i = (unsigned int)(unsigned long)data;

    fired[i]++;
    order[nr_order++ % 8] = i;
}

static void timers_fire_in_order_and_on_their_cpu(void **state)
{
    struct timer t[3];
    s_time_t start = now();

    memset(fired, 0, sizeof(fired));
    nr_order = 0;
    for (unsigned long i = 0; i < 3; i++)
        timer_init(&t[i], fire, (void *)i, i % 2);
    timer_set(&t[0], start + 300);
    timer_set(&t[1], start + 100);
    timer_set(&t[2], start + 200);
    hosted_advance(150);
    assert_int_equal(fired[0] + fired[1] + fired[2], 1);
    timer_set(&t[0], start + 160); /* earlier than before */
    hosted_advance(100);
    assert_int_equal(nr_order, 3);
    assert_int_equal(order[0], 1);
    assert_int_equal(order[1], 0);
    assert_int_equal(order[2], 2);
    timer_set(&t[0], now() + 50);
    timer_migrate(&t[0], 1);
    timer_set(&t[1], now() + 50);
    timer_stop(&t[1]);
    hosted_advance(100);
    assert_int_equal(fired[0], 2);
    assert_int_equal(fired[1], 1);
    timer_set(&t[2], now() - 5); /* has been */
    hosted_run();
    hosted_advance(1);
    assert_int_equal(fired[2], 2);
    timer_kill(&t[2]);
}

static struct rcu_head heads[3];
static void freed(struct rcu_head *head)
{
    fired[head - heads]++;
    if (head == &heads[0] && fired[0] == 1)
        call_rcu(&heads[2], freed);
}

static void grace_periods_end_when_all_cpus_have_passed(void **state)
{
    memset(fired, 0, sizeof(fired));
    call_rcu(&heads[0], freed);
    call_rcu(&heads[1], freed);
    assert_int_equal(fired[0] + fired[1], 0);
    hosted_run();
    assert_int_equal(fired[0], 1);
    assert_int_equal(fired[1], 1);
    assert_int_equal(fired[2], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_are_printfs),
        cmocka_unit_test(formatting_stops_at_the_end),
        cmocka_unit_test(options_are_set),
        cmocka_unit_test(sizes_have_units),
        cmocka_unit_test(unknown_and_bad_options_are_named),
        cmocka_unit_test(long_command_lines_are_cut),
        cmocka_unit_test(range_sets_agree_with_a_bitmap),
        cmocka_unit_test(levels_select_messages),
        cmocka_unit_test(the_ring_is_read_in_pieces),
        cmocka_unit_test(the_ring_keeps_the_newest),
        cmocka_unit_test(input_waits_for_dom0),
        cmocka_unit_test(timers_fire_in_order_and_on_their_cpu),
        cmocka_unit_test(grace_periods_end_when_all_cpus_have_passed),
    };

    return cmocka_run_group_tests(tests, up, NULL);
}
