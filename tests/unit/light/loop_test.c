/* SPDX-License-Identifier: MIT */
/* The event loop by itself: descriptors, timeouts, children in each mode, several threads. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include "internal.h"
#include "fake_host.h"

static libxl_ctx *ctx;

static int open_host(void **state)
{
    host_reset();
    return libxl_ctx_alloc(&ctx, LIBXL_VERSION, 0, NULL);
}

static int close_host(void **state)
{
    libxl_ctx_free(ctx);
    return host_handles();
}

static void count(libxl_ctx *c, void *data)
{
    (*(int *)data)++;
}

static void run_until(const int *counter, int wanted)
{
    libxl__enter(ctx);
    while (*counter < wanted)
        assert_int_equal(libxl__run_once(ctx), 0);
    libxl__leave(ctx);
}

/* ---- descriptors and timeouts ---- */

static int order[3], nr_order;

static void first(libxl_ctx *c, void *data)
{
    order[nr_order++] = 1;
}

static void second(libxl_ctx *c, void *data)
{
    order[nr_order++] = 2;
}

static void timeouts_come_in_their_order_and_once(void **state)
{
    struct ev_time *late, *early, *never;

    nr_order = 0;
    libxl__enter(ctx);
    late = libxl__ev_time_add(ctx, 30, second, NULL);
    early = libxl__ev_time_add(ctx, 10, first, NULL);
    never = libxl__ev_time_add(ctx, 20, first, NULL);
    assert_non_null(late);
    assert_non_null(early);
    libxl__ev_time_del(ctx, &never);
    assert_null(never);
    libxl__ev_time_del(ctx, &never);
    libxl__leave(ctx);
    run_until(&nr_order, 2);
    assert_int_equal(order[0], 1);
    assert_int_equal(order[1], 2);
    assert_null(ctx->loop.times);
}

struct reader {
    int fd, bytes;
    struct ev_fd *ev;
};

static void read_one(libxl_ctx *c, void *data)
{
    struct reader *r = data;
    char byte;

    if (read(r->fd, &byte, 1) == 1)
        r->bytes++;
    if (r->bytes == 2)
        libxl__ev_fd_del(c, &r->ev); /* from inside its own handler */
}

static void descriptors_are_read_until_they_are_removed(void **state)
{
    struct reader r = {.bytes = 0};
    int pipes[2];

    assert_int_equal(libxl_pipe(ctx, pipes), 0);
    r.fd = pipes[0];
    assert_int_equal(write(pipes[1], "abc", 3), 3);
    libxl__enter(ctx);
    r.ev = libxl__ev_fd_add(ctx, r.fd, POLLIN, read_one, &r);
    assert_non_null(r.ev);
    libxl__leave(ctx);
    run_until(&r.bytes, 2);
    assert_null(ctx->loop.fds);
    close(pipes[0]);
    close(pipes[1]);
}

/* ---- children ---- */

static pid_t start(struct ev_child **child, int *counter)
{
    pid_t pid;

    libxl__enter(ctx);
    pid = libxl__ev_child_fork(ctx, child, count, counter);
    libxl__leave(ctx);
    if (pid == 0)
        _exit(3);
    assert_true(pid > 0);
    return pid;
}

static int strangers, stranger_status;

static int on_stranger(pid_t pid, int status, void *user)
{
    strangers++;
    stranger_status = WEXITSTATUS(status);
    return 0;
}

static void a_child_is_reaped_by_default(void **state)
{
    struct sigaction before, after;
    struct ev_child *child;
    int ended = 0;

    sigaction(SIGCHLD, NULL, &before);
    start(&child, &ended);
    run_until(&ended, 1);
    sigaction(SIGCHLD, NULL, &after);
    assert_ptr_equal(before.sa_handler, after.sa_handler); /* as it was */
}

static void every_child_is_reaped_when_the_library_owns_all(void **state)
{
    static const libxl_childproc_hooks hooks = {.chldowner = libxl_sigchld_owner_libxl_always,
                                                .reaped_callback = on_stranger};
    pid_t pid;

    strangers = 0;
    libxl_childproc_setmode(ctx, &hooks, NULL);
    pid = fork();
    if (pid == 0)
        _exit(7);
    run_until(&strangers, 1);
    assert_int_equal(stranger_status, 7);
}

static void other_children_are_left_alone_by_the_selective_mode(void **state)
{
    static const libxl_childproc_hooks hooks = {
        .chldowner = libxl_sigchld_owner_libxl_always_selective_reap};
    struct ev_child *child;
    int ended = 0, status;
    pid_t pid;

    libxl_childproc_setmode(ctx, &hooks, NULL);
    pid = fork();
    if (pid == 0)
        _exit(7);
    start(&child, &ended);
    run_until(&ended, 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WEXITSTATUS(status), 7);
}

static void a_manager_may_reap_itself(void **state)
{
    static const libxl_childproc_hooks hooks = {.chldowner = libxl_sigchld_owner_mainloop};
    struct ev_child *child;
    int ended = 0, status;
    pid_t pid;

    libxl_childproc_setmode(ctx, &hooks, NULL);
    pid = start(&child, &ended);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(libxl_childproc_reaped(ctx, pid, status), 0);
    assert_int_equal(ended, 1);
    assert_int_equal(libxl_childproc_reaped(ctx, pid, status), ERROR_UNKNOWN_CHILD);
    start(&child, &ended);
    while (ended < 2)
        libxl_childproc_sigchld_occurred(ctx);
}

/* ---- threads ---- */

static void *destroy_later(void *data)
{
    libxl_domain_destroy(ctx, *(uint32_t *)data, NULL);
    return NULL;
}

static void one_thread_wakes_another_that_waits_for_events(void **state)
{
    libxl_evgen_domain_death *g;
    libxl_domain_config c;
    libxl_event *e = NULL;
    uint32_t domid = 0;
    pthread_t thread;

    libxl_domain_config_init(&c);
    c.c_info.type = LIBXL_DOMAIN_TYPE_PV;
    c.c_info.name = strdup("g1");
    c.b_info.kernel = strdup("/proc/self/exe");
    assert_int_equal(libxl_domain_create_new(ctx, &c, &domid, NULL, NULL), 0);
    libxl_domain_config_dispose(&c);
    assert_int_equal(libxl_evenable_domain_death(ctx, domid, 0, &g), 0);
    assert_int_equal(pthread_create(&thread, NULL, destroy_later, &domid), 0);
    assert_int_equal(libxl_event_wait(ctx, &e, LIBXL_EVENTMASK_ALL, NULL, NULL), 0);
    assert_int_equal(e->type, LIBXL_EVENT_TYPE_DOMAIN_DEATH);
    libxl_event_free(ctx, e);
    pthread_join(thread, NULL);
    assert_int_equal(host_domains(), 0);
}

#define ON_HOST(test) cmocka_unit_test_setup_teardown(test, open_host, close_host)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_HOST(timeouts_come_in_their_order_and_once),
        ON_HOST(descriptors_are_read_until_they_are_removed),
        ON_HOST(a_child_is_reaped_by_default),
        ON_HOST(every_child_is_reaped_when_the_library_owns_all),
        ON_HOST(other_children_are_left_alone_by_the_selective_mode),
        ON_HOST(a_manager_may_reap_itself),
        ON_HOST(one_thread_wakes_another_that_waits_for_events),
    };
    char files[] = "/tmp/light-loop-XXXXXX";
    int rc;

    if (!mkdtemp(files))
        return 99;
    setenv("XEN_LIB_DIR", files, 1);
    rc = cmocka_run_group_tests(tests, NULL, NULL);
    host_reset();
    rmdir(files);
    return rc;
}
