/* SPDX-License-Identifier: MIT */
/* What xl does with its context in a child; the library is replaced. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <xenerror.h>
#include "xl.h"

int __wrap_libxl_ctx_alloc(libxl_ctx **ctx, int version, unsigned flags, xentoollog_logger *lg);
int __wrap_libxl_ctx_free(libxl_ctx *ctx);
void __wrap_libxl_postfork_child_noexec(libxl_ctx *ctx);
int __wrap_libxl_create_logfile(libxl_ctx *ctx, const char *name, char **full_name);
int __wrap_libxl_evenable_domain_death(libxl_ctx *ctx, uint32_t domid, libxl_ev_user user,
                                       libxl_evgen_domain_death **evgen_out);

static int opened, closed, reconnected;
static bool reachable;

int __wrap_libxl_ctx_alloc(libxl_ctx **ctx, int version, unsigned flags, xentoollog_logger *lg)
{
    opened++;
    return 0;
}

int __wrap_libxl_ctx_free(libxl_ctx *ctx)
{
    closed++;
    return 0;
}

void __wrap_libxl_postfork_child_noexec(libxl_ctx *ctx)
{
    reconnected++;
    xenerr_begin();
    if (!reachable)
        xenerr_set(ECONNREFUSED, "test", "test", "cannot reach the store in a child");
}

/* Nothing of the library is called before. */
int __wrap_libxl_create_logfile(libxl_ctx *ctx, const char *name, char **full_name)
{
    if (reconnected != 1)
        _exit(100);
    *full_name = strdup("/dev/null");
    return 0;
}

int __wrap_libxl_evenable_domain_death(libxl_ctx *ctx, uint32_t domid, libxl_ev_user user,
                                       libxl_evgen_domain_death **evgen_out)
{
    _exit(reconnected == 1 && !opened && !closed ? 0 : 101);
}

/* As an exit status. */
static int in_a_child(void)
{
    libxl_ctx *context = (libxl_ctx *)&opened;
    int status;
    pid_t pid;

    xl.ctx = context;
    pid = fork();
    if (pid == 0) {
        xl_context_after_fork();
        _exit(xl.ctx == context && reconnected == 1 && !opened && !closed ? 0 : 100);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void a_child_connects_once(void **state)
{
    reachable = true;
    assert_int_equal(in_a_child(), 0);
}

static void a_child_that_cannot_connect_ends(void **state)
{
    reachable = false;
    assert_int_equal(in_a_child(), EXIT_FAILURE);
}

static void a_monitor_connects_before_it_does_anything(void **state)
{
    char name[] = "g1";
    struct creation how = {.quiet = true};
    libxl_domain_config config = {.c_info.name = name};
    int status;

    reachable = true;
    assert_int_equal(monitor_in_background(&how, &config, 1), EXIT_SUCCESS);
    assert_true(wait(&status) > 0);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_connects_once),
        cmocka_unit_test(a_child_that_cannot_connect_ends),
        cmocka_unit_test(a_monitor_connects_before_it_does_anything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
