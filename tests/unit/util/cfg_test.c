/* SPDX-License-Identifier: MIT */
/* Configurations: what the syntax means, what is wrong with it and where, and running out of
 * memory. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <libxlutil.h>

#include "memory.h"

static char *messages;
static size_t messages_size;
static FILE *report;
static XLU_Config *cfg;

static int set_up(void **state)
{
    report = open_memstream(&messages, &messages_size);
    cfg = xlu_cfg_init(report, "test.cfg");
    return cfg ? 0 : -1;
}

static int tear_down(void **state)
{
    xlu_cfg_destroy(cfg);
    fclose(report);
    free(messages);
    messages = NULL;
    return 0;
}

static int read_text(const char *text)
{
    return xlu_cfg_readdata(cfg, text, (int)strlen(text));
}

static const char *said(void)
{
    fflush(report);
    return messages;
}

static const char *string_of(const char *key)
{
    const char *value = NULL;

    assert_int_equal(xlu_cfg_get_string(cfg, key, &value, 0), 0);
    return value;
}

static long long_of(const char *key)
{
    long value = LONG_MIN;

    assert_int_equal(xlu_cfg_get_long(cfg, key, &value, 0), 0);
    return value;
}

static void strings_and_numbers(void **state)
{
    assert_int_equal(read_text("a = \"x # 'y'\"  # c\nb='z';c=12;d=0x1f\n\n; e = 010\nf=-3"), 0);
    assert_string_equal(string_of("a"), "x # 'y'");
    assert_string_equal(string_of("b"), "z");
    assert_int_equal(long_of("c"), 12);
    assert_int_equal(long_of("d"), 31);
    assert_int_equal(long_of("e"), 8);
    assert_int_equal(long_of("f"), -3);
    assert_string_equal(said(), "");
}

static void escapes(void **state)
{
    assert_int_equal(read_text("a=\"\\n\\t\\\"\\\\\\x41\\102\""), 0);
    assert_string_equal(string_of("a"), "\n\t\"\\AB");
}

static void the_last_assignment_counts(void **state)
{
    assert_int_equal(read_text("a=1\na=[2]\na='3'"), 0);
    assert_string_equal(string_of("a"), "3");
}

static void additions(void **state)
{
    XLU_ConfigList *list;
    int count;

    assert_int_equal(read_text("a=\"x\"\na+=\"y\"\nb=[1]\nb+=[2,3]\nc+=[4]"), 0);
    assert_string_equal(string_of("a"), "xy");
    assert_int_equal(xlu_cfg_get_list(cfg, "b", &list, &count, 0), 0);
    assert_int_equal(count, 3);
    assert_string_equal(xlu_cfg_get_listitem(list, 2), "3");
    assert_int_equal(xlu_cfg_get_list(cfg, "c", NULL, &count, 0), 0);
    assert_int_equal(count, 1);
}

static void additions_of_another_type_are_errors(void **state)
{
    assert_int_equal(read_text("a=[1]\na+=\"x\""), EINVAL);
    assert_non_null(strstr(said(), "test.cfg:2:1: 'a' is a list"));
}

static void nested_lists(void **state)
{
    XLU_ConfigList *list, *inner;
    XLU_ConfigValue *value;
    char *text;
    int count;

    assert_int_equal(read_text("a = [\n 1, # one\n [\"x\", 'y'],\n]\n"), 0);
    assert_int_equal(xlu_cfg_get_list(cfg, "a", &list, &count, 0), 0);
    assert_int_equal(count, 2);
    assert_string_equal(xlu_cfg_get_listitem(list, 0), "1");
    assert_null(xlu_cfg_get_listitem(list, 1));
    assert_null(xlu_cfg_get_listitem2(list, 2));
    assert_null(xlu_cfg_get_listitem2(list, -1));
    value = xlu_cfg_get_listitem2(list, 1);
    assert_int_equal(xlu_cfg_value_type(value), XLU_LIST);
    assert_int_equal(xlu_cfg_value_get_string(cfg, value, &text, 1), EINVAL);
    assert_int_equal(xlu_cfg_value_get_list(cfg, value, &inner, 0), 0);
    assert_int_equal(xlu_cfg_value_get_string(cfg, xlu_cfg_get_listitem2(inner, 1), &text, 0), 0);
    assert_string_equal(text, "y");
    assert_int_equal(xlu_cfg_value_get_list(cfg, xlu_cfg_get_listitem2(inner, 0), &list, 0),
                     EINVAL);
    assert_non_null(strstr(said(), "test.cfg:3:3: a list is wanted"));
}

static void errors_point_at_the_character(void **state)
{
    static const struct {
        const char *text, *where;
    } cases[] = {
        {"a=1\nb=(2)", "test.cfg:2:3: a value is wanted"},
        {"a=\"x", "test.cfg:1:3: the string that begins here has no end"},
        {"a=\"x\n\"", "test.cfg:1:3: the string that begins here has no end"},
        {"a=[1 2]", "test.cfg:1:6: ',' or ']' is wanted"},
        {"a=[1,\n2", "test.cfg:2:2: ',' or ']' is wanted: the list from line 1 goes on"},
        {"a 1", "test.cfg:1:3: '=' is wanted after the key 'a'"},
        {"1=2", "test.cfg:1:1: a key is wanted"},
        {"a=1 b=2", "test.cfg:1:5: a newline or ';' is wanted"},
        {"a=abc", "test.cfg:1:3: a value is wanted"},
        {"a=\"\\q\"", "test.cfg:1:5: unknown escape '\\q'"},
        {"a=\"\\x\"", "test.cfg:1:6: \\x wants hexadecimal digits"},
        {"a=\"\\0\"", "a string cannot hold a zero byte"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        tear_down(NULL);
        set_up(NULL);
        assert_int_equal(read_text(cases[i].text), EINVAL);
        if (!strstr(said(), cases[i].where))
            fail_msg("\"%s\": wanted \"%s\", got \"%s\"", cases[i].text, cases[i].where, said());
    }
    assert_int_equal(xlu_cfg_readdata(cfg, "x", -1), EINVAL);
}

/* The data ends where it ends: no byte after it is looked at. */
static void cut_short(void **state)
{
    static const char text[] = "ab = [\"x\\n\\x41\", -1, 0x10] ; c += 'y' # d\n e=-5";

    for (size_t n = 0; n < sizeof(text); n++) {
        char *exact = malloc(n ? n : 1);
        int rc;

        memcpy(exact, text, n);
        tear_down(NULL);
        set_up(NULL);
        rc = xlu_cfg_readdata(cfg, exact, (int)n);
        assert_true(rc == 0 || rc == EINVAL);
        free(exact);
    }
    assert_int_equal(read_text("e=-"), EINVAL);
}

static void the_mark_stands_below_the_character(void **state)
{
    assert_int_equal(read_text("a=1\nbb = ?"), EINVAL);
    assert_non_null(strstr(said(), "\n    bb = ?\n         ^\n"));
}

static void deep_lists_are_refused_not_followed(void **state)
{
    char text[2048] = "a=";

    memset(text + 2, '[', 1000);
    assert_int_equal(read_text(text), EINVAL);
    assert_non_null(strstr(said(), "nested"));
}

static void getters_say_what_does_not_fit(void **state)
{
    libxl_defbool b = {0};
    long value = 7;
    const char *text = "kept";
    XLU_ConfigList *list;

    assert_int_equal(read_text("s=\"x\"\nn=5\nl=[1]\nhuge=99999999999999999999\nz=0"), 0);
    assert_int_equal(xlu_cfg_get_string(cfg, "none", &text, 0), ESRCH);
    assert_int_equal(xlu_cfg_get_long(cfg, "none", &value, 0), ESRCH);
    assert_int_equal(xlu_cfg_get_string(cfg, "l", &text, 1), EINVAL);
    assert_string_equal(said(), "");
    assert_int_equal(xlu_cfg_get_string(cfg, "l", &text, 0), EINVAL);
    assert_non_null(strstr(said(), "test.cfg:3:3: 'l'"));
    assert_string_equal(text, "kept");
    assert_int_equal(xlu_cfg_get_list(cfg, "s", &list, NULL, 0), EINVAL);
    assert_int_equal(xlu_cfg_get_long(cfg, "s", &value, 0), EINVAL);
    assert_non_null(strstr(said(), "'x' is not a number"));
    assert_int_equal(xlu_cfg_get_long(cfg, "huge", &value, 0), ERANGE);
    assert_int_equal(xlu_cfg_get_bounded_long(cfg, "n", 6, 9, &value, 0), ERANGE);
    assert_int_equal(xlu_cfg_get_bounded_long(cfg, "n", 0, 4, &value, 1), ERANGE);
    assert_int_equal(value, 7);
    assert_int_equal(xlu_cfg_get_bounded_long(cfg, "n", 5, 5, &value, 0), 0);
    assert_int_equal(value, 5);
    assert_int_equal(xlu_cfg_get_defbool(cfg, "n", &b, 0), 0);
    assert_true(libxl_defbool_val(b));
    assert_int_equal(xlu_cfg_get_defbool(cfg, "z", &b, 0), 0);
    assert_false(libxl_defbool_val(b));
    assert_int_equal(xlu_cfg_get_defbool(cfg, "s", &b, 1), EINVAL);
}

static void copies_belong_to_the_caller(void **state)
{
    libxl_string_list strings = NULL;
    char *text = strdup("old");

    assert_int_equal(read_text("s=\"new\"\nl=[\"x\",\"y\"]\nm=[\"x\",[]]"), 0);
    assert_int_equal(xlu_cfg_replace_string(cfg, "none", &text, 0), ESRCH);
    assert_string_equal(text, "old");
    assert_int_equal(xlu_cfg_replace_string(cfg, "s", &text, 0), 0);
    assert_int_equal(xlu_cfg_get_list_as_string_list(cfg, "m", &strings, 0), EINVAL);
    assert_null(strings);
    assert_int_equal(xlu_cfg_get_list_as_string_list(cfg, "l", &strings, 0), 0);
    xlu_cfg_destroy(cfg);
    cfg = NULL;
    assert_string_equal(text, "new");
    assert_string_equal(strings[1], "y");
    assert_null(strings[2]);
    libxl_string_list_dispose(&strings);
    free(text);
}

static void files(void **state)
{
    char name[] = "/tmp/cfg-test-XXXXXX";
    int fd = mkstemp(name);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, "a=42\n", 5), 5);
    close(fd);
    assert_int_equal(xlu_cfg_readfile(cfg, name), 0);
    assert_int_equal(long_of("a"), 42);
    unlink(name);
    assert_int_equal(xlu_cfg_readfile(cfg, name), ENOENT);
    assert_non_null(strstr(said(), "cannot read: No such file or directory"));
    assert_int_equal(xlu_cfg_readfile(cfg, "/"), EISDIR);
    assert_int_equal(xlu_cfg_readfile(cfg, "/dev/zero"), EFBIG);
}

/* Each allocation fails in turn: ENOMEM, and nothing is lost (the sanitizer looks). */
static void memory_runs_out(void **state)
{
    const char *text = "a=\"x\"\na+=\"yy\"\nb=[1,[2,3],4,5,6,7]\nb+=[8,9]\nc=5";
    libxl_string_list strings;
    int n, rc;

    for (n = 0; n < 1000; n++) {
        FILE *nowhere = fopen("/dev/null", "w");
        XLU_Config *c;

        strings = NULL;
        fail_allocation_after(n);
        c = xlu_cfg_init(nowhere, "x");
        rc = c ? xlu_cfg_readdata(c, text, (int)strlen(text)) : ENOMEM;
        if (!rc)
            rc = xlu_cfg_readdata(c, "l=['p','q']", 11);
        if (!rc)
            rc = xlu_cfg_get_list_as_string_list(c, "l", &strings, 1);
        fail_allocation_after(-1);
        libxl_string_list_dispose(&strings);
        xlu_cfg_destroy(c);
        fclose(nowhere);
        if (!rc)
            break;
        assert_int_equal(rc, ENOMEM);
    }
    assert_in_range(n, 10, 999);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(strings_and_numbers),
        TEST(escapes),
        TEST(the_last_assignment_counts),
        TEST(additions),
        TEST(additions_of_another_type_are_errors),
        TEST(nested_lists),
        TEST(errors_point_at_the_character),
        TEST(cut_short),
        TEST(the_mark_stands_below_the_character),
        TEST(deep_lists_are_refused_not_followed),
        TEST(getters_say_what_does_not_fit),
        TEST(copies_belong_to_the_caller),
        TEST(files),
        TEST(memory_runs_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
