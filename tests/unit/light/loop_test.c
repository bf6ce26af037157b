/* SPDX-License-Identifier: MIT */
/* The event loop by itself: descriptors, timeouts, children in each mode, forks, several threads. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
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
    late = libxl__ev_time_add(ctx, 2000, second, NULL); /* long after, wherever this is held up */
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

/* A child that ends when it is told to, and how it ended. */
struct told_child {
    struct ev_child *child;
    pid_t pid;
    int pipes[2];
    int ended, status;
};

static void note_end(libxl_ctx *c, void *data)
{
    struct told_child *t = data;

    t->ended++;
    t->status = t->child->status;
}

static void start_told(libxl_ctx *c, struct told_child *t)
{
    char byte;

    *t = (struct told_child){.ended = 0};
    assert_int_equal(pipe(t->pipes), 0);
    libxl__enter(c);
    t->pid = libxl__ev_child_fork(c, &t->child, note_end, t);
    libxl__leave(c);
    if (t->pid == 0) {
        alarm(120);
        _exit(read(t->pipes[0], &byte, 1) == 1 ? byte : 99);
    }
    assert_true(t->pid > 0);
    close(t->pipes[0]);
}

static void tell_to_end(struct told_child *t, char status)
{
    siginfo_t info;

    assert_int_equal(write(t->pipes[1], &status, 1), 1);
    close(t->pipes[1]);
    assert_int_equal(waitid(P_PID, (id_t)t->pid, &info, WEXITED | WNOWAIT), 0);
}

static void a_child_that_others_reaped_has_failed(void **state)
{
    struct told_child t;
    int status;

    start_told(ctx, &t);
    tell_to_end(&t, 0);
    assert_int_equal(waitpid(t.pid, &status, 0), t.pid);
    run_until(&t.ended, 1);
    assert_true(WIFEXITED(t.status));
    assert_int_not_equal(WEXITSTATUS(t.status), 0);
    assert_null(ctx->loop.children);
}

static void a_context_may_reap_anothers_child(void **state)
{
    struct told_child mine, others;
    libxl_ctx *other;

    assert_int_equal(libxl_ctx_alloc(&other, LIBXL_VERSION, 0, NULL), 0);
    start_told(other, &others);
    start_told(ctx, &mine);
    tell_to_end(&others, 4);
    tell_to_end(&mine, 3);
    run_until(&mine.ended, 1);
    assert_int_equal(WEXITSTATUS(mine.status), 3);
    assert_int_equal(waitpid(others.pid, NULL, WNOHANG), -1);
    assert_int_equal(others.ended, 0);
    libxl__enter(other);
    while (!others.ended)
        assert_int_equal(libxl__run_once(other), 0);
    libxl__leave(other);
    assert_int_equal(WEXITSTATUS(others.status), 4);
    libxl_ctx_free(other);
}

/* ---- after fork() ---- */

/* What a manager has while it forks. */
struct parent {
    libxl_ctx *other;
    struct told_child child, others;
    libxl_evgen_domain_death *death;
    struct ev_time *time;
    struct sigaction before;
    struct stat pipe;
    int late;
};

static void note_late(libxl_ctx *c, void *data)
{
    struct parent *p = data;

    p->late++;
    p->time = NULL;
}

static void open_parent(struct parent *p)
{
    *p = (struct parent){.late = 0};
    sigaction(SIGCHLD, NULL, &p->before);
    assert_int_equal(libxl_ctx_alloc(&p->other, LIBXL_VERSION, 0, NULL), 0);
    start_told(p->other, &p->others);
    start_told(ctx, &p->child);
    assert_int_equal(fstat(ctx->loop.sigchld_pipe[0], &p->pipe), 0);
    libxl__enter(ctx);
    p->time = libxl__ev_time_add(ctx, 1, note_late, p);
    libxl__leave(ctx);
    assert_int_equal(libxl_evenable_domain_death(ctx, 0, 0, &p->death), 0);
}

/* It goes on as if there had been no child. */
static void close_parent(struct parent *p)
{
    assert_int_equal(host_watches(), 1);
    tell_to_end(&p->child, 3);
    run_until(&p->child.ended, 1);
    assert_int_equal(WEXITSTATUS(p->child.status), 3);
    libxl__enter(ctx);
    libxl__ev_time_del(ctx, &p->time);
    libxl__leave(ctx);
    tell_to_end(&p->others, 4);
    libxl_ctx_free(p->other);
    libxl_evdisable_domain_death(ctx, p->death);
    assert_int_equal(host_watches(), 0);
}

static void in_a_child(const char *(*body)(struct parent *p))
{
    struct parent p;
    const char *wrong;
    int status;
    pid_t pid;

    open_parent(&p);
    pid = fork();
    if (pid == 0) {
        alarm(120);
        wrong = body(&p);
        if (wrong)
            print_error("in the child: %s\n", wrong);
        _exit(wrong ? 1 : 0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    close_parent(&p);
}

static const char *always_own(struct parent *p)
{
    static const libxl_childproc_hooks always = {.chldowner = libxl_sigchld_owner_libxl_always};

    libxl_childproc_setmode(ctx, &always, NULL);
    host_fail_at(2);
    libxl_postfork_child_noexec(ctx);
    if (!host_failed() || xenerr_depth() != 1)
        return "it is not told of the hypervisor";
    if (!ctx->loop.sigchld_wanted)
        return "it does not own SIGCHLD";
    host_fail_at(0);
    libxl_ctx_free(p->other);
    libxl_ctx_free(ctx);
    return host_handles() ? "handles are left" : NULL;
}

static void a_forked_child_is_told_what_it_cannot_reach(void **state)
{
    in_a_child(always_own);
}

static const char *use_and_free(struct parent *p)
{
    struct sigaction now;
    uint32_t domid;
    struct ev_child *child;
    struct stat own;
    int ended = 0;

    libxl_name_to_domid(ctx, "nobody", &domid); /* what failed before is no matter now */
    libxl_postfork_child_noexec(ctx);
    if (xenerr_depth())
        return "it is told of a failure";
    sigaction(SIGCHLD, NULL, &now);
    if (now.sa_handler != p->before.sa_handler)
        return "SIGCHLD is still handled";
    if (ctx->loop.children || ctx->loop.fds || ctx->loop.times || ctx->deaths || ctx->aos)
        return "it goes on with what is the parent's";
    if (host_watches() != 1)
        return "it ended the parent's watch";
    start(&child, &ended);
    if (fstat(ctx->loop.sigchld_pipe[0], &own) || own.st_ino == p->pipe.st_ino)
        return "it shares the parent's pipe";
    run_until(&ended, 1);
    if (p->child.ended || p->late)
        return "it handled what is the parent's";
    libxl_evdisable_domain_death(ctx, p->death);
    if (libxl_evenable_domain_death(ctx, 0, 0, &p->death) || host_watches() != 2)
        return "it cannot watch";
    libxl_ctx_free(p->other);
    libxl_ctx_free(ctx);
    if (host_watches() != 1)
        return "not just its own watch has ended";
    return host_handles() ? "handles are left" : NULL;
}

static void a_forked_child_goes_on_with_a_context_of_its_own(void **state)
{
    in_a_child(use_and_free);
}

static const char *free_at_once(struct parent *p)
{
    libxl_postfork_child_noexec(p->other);
    libxl_ctx_free(p->other);
    return NULL;
}

static void a_forked_child_may_free_its_context(void **state)
{
    in_a_child(free_at_once);
}

static int loop_calls;

static int told_fd(void *user, int fd, void **for_app, short events, void *for_libxl)
{
    loop_calls++;
    return 0;
}

static int told_fd_modify(void *user, int fd, void **for_app, short events)
{
    loop_calls++;
    return 0;
}

static void told_no_fd(void *user, int fd, void *for_app)
{
    loop_calls++;
}

static int told_timeout(void *user, void **for_app, struct timeval abs, void *for_libxl)
{
    loop_calls++;
    return 0;
}

static int told_timeout_modify(void *user, void **for_app, struct timeval abs)
{
    loop_calls++;
    return 0;
}

static const char *leave_loop_alone(struct parent *p)
{
    static const libxl_osevent_hooks hooks = {.fd_register = told_fd,
                                              .fd_modify = told_fd_modify,
                                              .fd_deregister = told_no_fd,
                                              .timeout_register = told_timeout,
                                              .timeout_modify = told_timeout_modify};
    struct ev_fd *fd;
    struct ev_time *time;

    /* As if the parent had done so. */
    libxl__enter(ctx);
    libxl_osevent_register_hooks(ctx, &hooks, NULL);
    fd = libxl__ev_fd_add(ctx, 0, POLLIN, note_late, p);
    time = libxl__ev_time_add(ctx, 100000, note_late, p);
    libxl__leave(ctx);
    if (!fd || !time || loop_calls != 2)
        return "its loop was not told";
    libxl_postfork_child_noexec(ctx);
    libxl_ctx_free(p->other);
    libxl_ctx_free(ctx);
    return loop_calls == 2 ? NULL : "the parent's loop was told of the child";
}

static void a_forked_child_leaves_the_managers_loop_alone(void **state)
{
    in_a_child(leave_loop_alone);
}

static const char *stay_without_store(struct parent *p)
{
    uint32_t domid;
    int rc;

    host_fail_at(1);
    libxl_postfork_child_noexec(ctx);
    if (!host_failed() || ctx->xsh)
        return "it has a connection";
    if (xenerr_depth() != 1)
        return "it is not told";
    rc = libxl_name_to_domid(ctx, "Domain-0", &domid);
    if (!rc)
        return "the store answers";
    if (!libxl_evenable_domain_death(ctx, 0, 0, &p->death))
        return "the store watches";
    if (!libxl_domain_rename(ctx, 0, "Domain-0", "x"))
        return "the store was changed";
    libxl_ctx_free(p->other);
    libxl_ctx_free(ctx);
    return host_handles() ? "handles are left" : NULL;
}

static void a_forked_child_that_cannot_connect_gets_errors(void **state)
{
    in_a_child(stay_without_store);
}

/* ---- want of descriptors ---- */

static void end_operation(libxl_ctx *c, void *data)
{
    libxl__ao_done(data, 0);
}

/* How many descriptors there may be while an operation is waited for. */
static void wait_with_limit(rlim_t descriptors)
{
    struct rlimit before, now;
    struct ev_time *time;
    struct ao *ao;
    int rc;

    getrlimit(RLIMIT_NOFILE, &before);
    now = before;
    now.rlim_cur = descriptors;
    libxl__enter(ctx);
    ao = libxl__ao_start(ctx, NULL);
    time = libxl__ev_time_add(ctx, 30, end_operation, ao);
    assert_non_null(time);
    setrlimit(RLIMIT_NOFILE, &now);
    rc = libxl__ao_result(ao);
    setrlimit(RLIMIT_NOFILE, &before);
    libxl__leave(ctx);
    assert_int_equal(rc, 0);
    assert_null(ctx->aos);
}

static void an_operation_is_never_left_to_itself(void **state)
{
    int next = dup(0);

    close(next);
    wait_with_limit((rlim_t)next); /* none is left for waking the wait */
    wait_with_limit(0);            /* nor does poll() take one */
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

static void *wait_for_ever(void *data)
{
    libxl_event *e;

    libxl_event_wait(ctx, &e, 0, NULL, NULL);
    return NULL;
}

static bool somebody_waits(void)
{
    bool yes;

    libxl__enter(ctx);
    yes = ctx->loop.pollers != NULL;
    libxl__leave(ctx);
    return yes;
}

static void a_thread_that_waits_may_be_cancelled(void **state)
{
    int next = dup(0), now;
    pthread_t thread;
    void *result;

    close(next);
    assert_int_equal(pthread_create(&thread, NULL, wait_for_ever, NULL), 0);
    while (!somebody_waits())
        usleep(1000);
    assert_int_equal(pthread_cancel(thread), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_ptr_equal(result, PTHREAD_CANCELED);
    assert_false(somebody_waits());
    now = dup(0);
    close(now);
    assert_int_equal(now, next);
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
        ON_HOST(a_child_that_others_reaped_has_failed),
        ON_HOST(a_context_may_reap_anothers_child),
        ON_HOST(a_forked_child_goes_on_with_a_context_of_its_own),
        ON_HOST(a_forked_child_is_told_what_it_cannot_reach),
        ON_HOST(a_forked_child_may_free_its_context),
        ON_HOST(a_forked_child_leaves_the_managers_loop_alone),
        ON_HOST(a_forked_child_that_cannot_connect_gets_errors),
        ON_HOST(an_operation_is_never_left_to_itself),
        ON_HOST(one_thread_wakes_another_that_waits_for_events),
        ON_HOST(a_thread_that_waits_may_be_cancelled),
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
