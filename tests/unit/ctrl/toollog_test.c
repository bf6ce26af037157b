/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xentoollog.h>
#include "fake_kernel.h"

static char *text;
static size_t size;
static FILE *out;

static int open_stream(void **state)
{
    fake_fail_allocation(0);
    out = open_memstream(&text, &size);
    return !out;
}

static int close_stream(void **state)
{
    fclose(out);
    free(text);
    return 0;
}

static const char *written(void)
{
    fflush(out);
    return text;
}

static void lines_have_context_level_and_error(void **state)
{
    xentoollog_logger *lg = (void *)xtl_createlogger_stdiostream(out, XTL_INFO, 0);

    errno = 99;
    xtl_log(lg, XTL_ERROR, ENOENT, "xc", "opening %d", 3);
    assert_int_equal(errno, 99);
    xtl_log(lg, XTL_WARN, -1, NULL, "plain");
    assert_string_equal(written(),
                        "xc: error: opening 3: No such file or directory\nwarning: plain\n");
    xtl_logger_destroy(lg);
}

static void lower_levels_are_dropped(void **state)
{
    xentoollog_logger_stdiostream *lg = xtl_createlogger_stdiostream(out, XTL_WARN, 0);

    xtl_log((void *)lg, XTL_NOTICE, -1, "x", "no");
    xtl_stdiostream_set_minlevel(lg, XTL_DEBUG);
    xtl_log((void *)lg, XTL_DEBUG, -1, "x", "yes");
    assert_string_equal(written(), "x: debug: yes\n");
    xtl_logger_destroy((void *)lg);
}

static void flags_add_pid_and_date(void **state)
{
    xentoollog_logger_stdiostream *lg =
        xtl_createlogger_stdiostream(out, XTL_INFO, XTL_STDIOSTREAM_SHOW_DATE);
    char pid[32];

    xtl_stdiostream_adjust_flags(lg, XTL_STDIOSTREAM_SHOW_PID,
                                 XTL_STDIOSTREAM_SHOW_DATE | XTL_STDIOSTREAM_SHOW_PID);
    xtl_log((void *)lg, XTL_INFO, -1, "x", "m");
    snprintf(pid, sizeof(pid), "[%d] x: info: m\n", (int)getpid());
    assert_string_equal(written(), pid);
    xtl_logger_destroy((void *)lg);
}

static void progress_on_a_file_is_a_line_every_ten_percent(void **state)
{
    static const char what[] = "copy";
    xentoollog_logger *lg = (void *)xtl_createlogger_stdiostream(out, XTL_DEBUG, 0);
    unsigned long done, lines = 0;
    const char *p;

    for (done = 0; done <= 1000; done++)
        xtl_progress(lg, "x", what, done, 1000);
    for (p = written(); (p = strchr(p, '\n')); p++)
        lines++;
    assert_int_equal(lines, 11);
    assert_int_equal(strncmp(text, "x: copy: 0/1000   0%\n", 21), 0);
    xtl_logger_destroy(lg);
}

static void a_message_ends_an_overwritten_line(void **state)
{
    static const char what[] = "copy";
    xentoollog_logger *lg =
        (void *)xtl_createlogger_stdiostream(out, XTL_DEBUG, XTL_STDIOSTREAM_PROGRESS_USE_CR);

    xtl_progress(lg, NULL, what, 0, 10);
    xtl_progress(lg, NULL, what, 5, 10);
    xtl_log(lg, XTL_INFO, -1, "x", "m");
    assert_string_equal(written(), "copy: 0/10   0%\rcopy: 5/10  50%\nx: info: m\n");
    xtl_logger_destroy(lg);
}

static void hidden_progress_is_hidden(void **state)
{
    xentoollog_logger *lg =
        (void *)xtl_createlogger_stdiostream(out, XTL_DEBUG, XTL_STDIOSTREAM_HIDE_PROGRESS);

    xtl_progress(lg, NULL, "copy", 0, 10);
    assert_int_equal(strlen(written()), 0);
    xtl_logger_destroy(lg);
}

static void creating_without_memory_is_logged(void **state)
{
    fake_fail_allocation(1);
    assert_null(xtl_createlogger_stdiostream(out, XTL_INFO, 0));
    fake_fail_allocation(0);
    assert_non_null(strstr(written(), "no memory for a logger"));
}

static void every_level_has_a_name(void **state)
{
    assert_string_equal(xtl_level_to_string(XTL_CRITICAL), "critical error");
    assert_string_equal(xtl_level_to_string((xentoollog_level)77), "unknown level");
    assert_string_equal(xtl_level_to_string((xentoollog_level)-1), "unknown level");
    xtl_logger_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines_have_context_level_and_error, open_stream,
                                        close_stream),
        cmocka_unit_test_setup_teardown(lower_levels_are_dropped, open_stream, close_stream),
        cmocka_unit_test_setup_teardown(flags_add_pid_and_date, open_stream, close_stream),
        cmocka_unit_test_setup_teardown(progress_on_a_file_is_a_line_every_ten_percent, open_stream,
                                        close_stream),
        cmocka_unit_test_setup_teardown(a_message_ends_an_overwritten_line, open_stream,
                                        close_stream),
        cmocka_unit_test_setup_teardown(hidden_progress_is_hidden, open_stream, close_stream),
        cmocka_unit_test_setup_teardown(creating_without_memory_is_logged, open_stream,
                                        close_stream),
        cmocka_unit_test_setup_teardown(every_level_has_a_name, open_stream, close_stream),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
