/* SPDX-License-Identifier: MIT */
/*
 * The client library against a real daemon on this machine, over its socket (the daemon's path is the
 * argument), or against a store in this process (the argument is "embedded").
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "client.h"
#include "daemon.h"
#include "xenerror.h"
#include "xenstore_embedded.h"

static struct xs_embedded *store; /* NULL: the daemon */

static int start_embedded(void **state)
{
    store = xs_embedded_new();
    xs_embedded_use(store);
    return store ? 0 : -1;
}

static int stop_embedded(void **state)
{
    xs_embedded_free(store);
    return 0;
}

static void values_come_back_as_written(void **state)
{
    unsigned int len = 0;
    char *value = NULL;

    assert_true(xs_write(xs, XBT_NULL, "/t/bin", "a\0b", 3));
    value = xs_read(xs, XBT_NULL, "/t/bin", &len);
    assert_int_equal(len, 3);
    assert_memory_equal(value, "a\0b", 4);
    free(value);
    assert_null(xs_read(xs, XBT_NULL, "/t/none", &len));
    assert_int_equal(errno, ENOENT);
    assert_true(xs_mkdir(xs, XBT_NULL, "/t/dir"));
    assert_true(xs_rm(xs, XBT_NULL, "/t/bin"));
    assert_false(xs_rm(xs, XBT_NULL, "/t/no/parent"));
    assert_int_equal(errno, ENOENT);
}

static void too_much_is_refused_here(void **state)
{
    static char big[XENSTORE_PAYLOAD_MAX];

    assert_false(xs_write(xs, XBT_NULL, "/t/big", big, sizeof(big)));
    assert_int_equal(errno, E2BIG);
    assert_true(put("/t/small", "still connected"));
}

static void failures_leave_an_error_chain(void **state)
{
    char *text = NULL;

    xenerr_begin();
    assert_false(put("/t//bad", "x"));
    assert_int_equal(errno, EINVAL);
    assert_int_equal(xenerr_errno(), EINVAL);
    text = xenerr_json();
    assert_non_null(strstr(text, "\"store_path\""));
    assert_non_null(strstr(text, "bad"));
    free(text);
    /* That something is not there is no failure. */
    xenerr_begin();
    assert_null(xs_read(xs, XBT_NULL, "/t/none", NULL));
    assert_int_equal(xenerr_depth(), 0);
}

static void lists_of_any_length_are_whole(void **state)
{
    unsigned int num = 0;
    char path[64], **names = NULL;

    assert_true(xs_mkdir(xs, XBT_NULL, "/t/empty"));
    names = xs_directory(xs, XBT_NULL, "/t/empty", &num);
    assert_non_null(names);
    assert_int_equal(num, 0);
    free(names);
    for (int i = 0; i < 1000; i++) {
        snprintf(path, sizeof(path), "/t/many/name-%d", i);
        assert_true(put(path, ""));
    }
    names = xs_directory(xs, XBT_NULL, "/t/many", &num);
    assert_int_equal(num, 1000);
    assert_string_equal(names[0], "name-0");
    assert_string_equal(names[999], "name-999");
    free(names);
}

static void permissions_come_back_as_set(void **state)
{
    struct xs_permissions perms[] = {{5, XS_PERM_NONE}, {6, XS_PERM_READ | XS_PERM_WRITE}};
    struct xs_permissions *got = NULL;
    unsigned int num = 0;

    assert_true(put("/t/p", ""));
    assert_true(xs_set_permissions(xs, XBT_NULL, "/t/p", perms, 2));
    got = xs_get_permissions(xs, XBT_NULL, "/t/p", &num);
    assert_int_equal(num, 2);
    assert_memory_equal(got, perms, sizeof(perms));
    free(got);
    perms[1].perms = XS_PERM_OWNER; /* is none that a client could set */
    assert_false(xs_set_permissions(xs, XBT_NULL, "/t/p", perms, 2));
    assert_int_equal(errno, EINVAL);
}

static void transactions_conflict_only_on_the_same_nodes(void **state)
{
    struct xs_handle *other = xs_open(0);
    xs_transaction_t a = xs_transaction_start(xs), b = xs_transaction_start(other);

    assert_true(xs_write(xs, a, "/t/a", "1", 1));
    assert_true(xs_write(other, b, "/t/b", "1", 1));
    assert_true(xs_transaction_end(xs, a, false));
    assert_true(xs_transaction_end(other, b, false));
    a = xs_transaction_start(xs);
    assert_true(xs_write(xs, a, "/t/a", "2", 1));
    assert_true(xs_write(other, XBT_NULL, "/t/a", "3", 1));
    assert_false(xs_transaction_end(xs, a, false));
    assert_int_equal(errno, EAGAIN);
    xs_close(other);
}

static bool readable(int fd, int timeout)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};

    return poll(&wait, 1, timeout) == 1;
}

static void the_fd_tells_of_events(void **state)
{
    struct xs_handle *other = xs_open(0);
    int fd = xs_fileno(xs);
    char **event = NULL;

    assert_null(xs_check_watch(xs));
    assert_int_equal(errno, EAGAIN);
    assert_false(readable(fd, 0));
    assert_true(xs_watch(xs, "/t/w", "token"));
    assert_false(xs_watch(xs, "/t/w", "token"));
    assert_int_equal(errno, EEXIST);
    assert_true(readable(fd, 60000));
    event = xs_read_watch(xs, NULL);
    assert_string_equal(event[XS_WATCH_PATH], "/t/w");
    assert_string_equal(event[XS_WATCH_TOKEN], "token");
    free(event);
    assert_false(readable(fd, 0));
    assert_true(xs_write(other, XBT_NULL, "/t/w/x", "1", 1));
    assert_true(readable(fd, 60000));
    event = xs_check_watch(xs);
    assert_string_equal(event[XS_WATCH_PATH], "/t/w/x");
    free(event);
    assert_null(xs_check_watch(xs));
    assert_true(xs_unwatch(xs, "/t/w", "token"));
    assert_false(xs_unwatch(xs, "/t/w", "token"));
    assert_int_equal(errno, ENOENT);
    xs_close(other);
}

static void a_filtered_unwatch_leaves_no_event(void **state)
{
    struct xs_handle *h = xs_open(XS_UNWATCH_FILTER);
    int fd = xs_fileno(h);

    assert_true(xs_watch(h, "/t/f", "t"));
    for (int i = 0; i < 20; i++)
        assert_true(xs_write(h, XBT_NULL, "/t/f/x", "1", 1));
    assert_true(xs_unwatch(h, "/t/f", "t"));
    assert_null(xs_check_watch(h));
    assert_int_equal(errno, EAGAIN);
    assert_false(readable(fd, 0));
    xs_close(h);
}

#define THREADS  8
#define REQUESTS 300

static void *worker(void *arg)
{
    char path[64], value[32], *got = NULL;
    bool ok = true;

    for (int i = 0; i < REQUESTS && ok; i++) {
        snprintf(path, sizeof(path), "/t/thread/%d", (int)(intptr_t)arg);
        snprintf(value, sizeof(value), "%d", i);
        ok = put(path, value);
        got = xs_read(xs, XBT_NULL, path, NULL);
        ok = ok && got && strcmp(got, value) == 0;
        free(got);
    }
    return (void *)(intptr_t)ok;
}

static void run_threads(void)
{
    pthread_t threads[THREADS];
    void *ok = NULL;

    for (intptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, worker, (void *)i), 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], &ok);
        assert_non_null(ok);
    }
}

static void threads_share_a_handle(void **state)
{
    run_threads();
}

static void threads_share_a_handle_with_watches(void **state)
{
    char **event = NULL;
    int events = 0;

    assert_true(xs_watch(xs, "/t/thread", "t"));
    run_threads();
    while ((event = xs_check_watch(xs))) {
        events++;
        free(event);
    }
    assert_in_range(events, 2, THREADS * REQUESTS + 1);
}

/* Threads that wait for events share them: each event goes to one. */
static int events_taken, events_wanted;

static void *event_taker(void *arg)
{
    unsigned int num = 0;
    char **event = NULL;

    while ((event = xs_read_watch(arg, &num)) && strcmp(event[XS_WATCH_TOKEN], "end") != 0) {
        if (num == 2 && strcmp(event[XS_WATCH_TOKEN], "t") == 0)
            __atomic_add_fetch(&events_taken, 1, __ATOMIC_SEQ_CST);
        free(event);
    }
    free(event);
    return NULL;
}

static void each_event_goes_to_one_thread(void **state)
{
    struct xs_handle *h = xs_open(0);
    pthread_t takers[4];
    char token[] = "end";

    events_taken = 0;
    events_wanted = 1; /* the one that comes at once */
    assert_true(xs_watch(h, "/t/shared", "t"));
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&takers[i], NULL, event_taker, h), 0);
    for (int i = 0; i < 200; i++, events_wanted++)
        assert_true(xs_write(xs, XBT_NULL, "/t/shared/x", "1", 1));
    /* A watch's first event comes after all that happened before. */
    for (int i = 0; i < 4; i++) {
        char path[] = "/t/end-0";

        path[7] += i;
        assert_true(xs_watch(h, path, token));
    }
    for (int i = 0; i < 4; i++)
        pthread_join(takers[i], NULL);
    assert_int_equal(events_taken, events_wanted);
    xs_close(h);
}

/* What one thread does with the handle must never disturb what another does. */
static void *mixed_worker(void *arg)
{
    int me = (int)(intptr_t)arg;
    char path[64], token[16];
    bool ok = true;

    snprintf(path, sizeof(path), "/t/mixed/%d", me);
    snprintf(token, sizeof(token), "token-%d", me);
    for (int i = 0; i < REQUESTS / 3 && ok; i++) {
        xs_transaction_t t = XBT_NULL;
        unsigned int num = 0;
        char **names = NULL;

        ok = xs_watch(xs, path, token);
        t = xs_transaction_start(xs);
        ok = ok && t != XBT_NULL && xs_write(xs, t, path, token, strlen(token)) &&
             xs_transaction_end(xs, t, i % 2);
        free(xs_check_watch(xs));
        names = xs_directory(xs, XBT_NULL, "/t", &num);
        ok = ok && names && xs_unwatch(xs, path, token);
        free(names);
    }
    return (void *)(intptr_t)ok;
}

static void threads_do_all_things_at_once(void **state)
{
    pthread_t threads[THREADS];
    void *ok = NULL;

    assert_true(put("/t/mixed", ""));
    for (intptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, mixed_worker, (void *)i), 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], &ok);
        assert_non_null(ok);
    }
}

static void handles_come_and_go_with_their_watches(void **state)
{
    for (int i = 0; i < 100; i++) {
        struct xs_handle *h = xs_open(i % 2 ? XS_UNWATCH_FILTER : 0);

        assert_true(xs_watch(h, "/t/come", "t"));
        assert_true(xs_write(h, XBT_NULL, "/t/come/x", "1", 1));
        xs_close(h); /* with events unread, and perhaps on their way */
    }
}

static void a_child_can_drop_its_copy(void **state)
{
    pid_t pid = -1;
    int status = 0;

    assert_true(xs_watch(xs, "/t/fork", "t"));
    pid = fork();
    if (pid == 0) {
        xs_daemon_destroy_postfork(xs);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_true(put("/t/fork", "1"));
}

static void the_daemon_answers_for_domains(void **state)
{
    char *path = xs_get_domain_path(xs, 7);

    assert_string_equal(path, "/local/domain/7");
    free(path);
    assert_true(xs_is_domain_introduced(xs, 0));
    assert_false(xs_is_domain_introduced(xs, 7));
    assert_false(xs_introduce_domain(xs, 7, 1, 1));
    assert_int_equal(errno, ENOSYS);
    assert_false(xs_release_domain(xs, 7));
    assert_int_equal(errno, ENOENT);
    path = xs_control_command(xs, "check", NULL, 0);
    assert_string_equal(path, "OK");
    free(path);
}

static void subpaths_are_told_by_text(void **state)
{
    assert_true(xs_path_is_subpath("/a", "/a"));
    assert_true(xs_path_is_subpath("/a", "/a/b"));
    assert_true(xs_path_is_subpath("/", "/a"));
    assert_false(xs_path_is_subpath("/a", "/ab"));
    assert_false(xs_path_is_subpath("/a/b", "/a"));
}

static void permission_strings_are_read(void **state)
{
    struct xs_permissions perms[2];

    assert_true(xs_strings_to_perms(perms, 2, "n5\0b6"));
    assert_int_equal(perms[0].id, 5);
    assert_int_equal(perms[0].perms, XS_PERM_NONE);
    assert_int_equal(perms[1].perms, XS_PERM_READ | XS_PERM_WRITE);
    assert_false(xs_strings_to_perms(perms, 1, "x5"));
    assert_false(xs_strings_to_perms(perms, 1, "r"));
    assert_int_equal(errno, EINVAL);
}

static void without_a_daemon_opening_fails(void **state)
{
    setenv("XENSTORED_PATH", "/nonexistent/socket", 1);
    assert_null(xs_open(0));
    assert_int_equal(errno, ENOENT);
    assert_int_equal(xenerr_errno(), ENOENT);
    unsetenv("XENSTORED_PATH");
}

static void a_second_daemon_is_refused(void **state)
{
    assert_int_not_equal(run_daemon("2>/dev/null"), 0);
    assert_true(put("/t/still", "here"));
}

/* The last one: it ends the daemon and starts another. */
static void a_lost_daemon_is_noticed(void **state)
{
    struct xs_handle *h = NULL, *waiting = NULL;

    setenv("XENSTORE_PATIENCE", "0", 1);
    h = xs_open(0);
    waiting = xs_open(0);
    unsetenv("XENSTORE_PATIENCE");
    assert_true(xs_watch(waiting, "/t/lost", "t"));
    free(xs_read_watch(waiting, NULL));
    kill(daemon_pid(), SIGTERM);
    assert_null(xs_read_watch(waiting, NULL));
    assert_true(readable(xs_fileno(waiting), 0));
    assert_null(xs_read(h, XBT_NULL, "/", NULL));
    assert_null(xs_read(waiting, XBT_NULL, "/", NULL));
    xs_close(h);
    xs_close(waiting);
    while (run_daemon("") != 0)
        ; /* the old one lets go of its lock as its last act */
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
    /* clang-format off */
#define COMMON                                                                                     \
    T(values_come_back_as_written), T(too_much_is_refused_here),                                   \
    T(failures_leave_an_error_chain), T(lists_of_any_length_are_whole),                            \
    T(permissions_come_back_as_set), T(transactions_conflict_only_on_the_same_nodes),              \
    T(the_fd_tells_of_events), T(a_filtered_unwatch_leaves_no_event),                              \
    T(threads_share_a_handle), T(threads_share_a_handle_with_watches),                             \
    T(each_event_goes_to_one_thread), T(threads_do_all_things_at_once),                            \
    T(handles_come_and_go_with_their_watches), T(a_child_can_drop_its_copy),                       \
    T(subpaths_are_told_by_text), T(permission_strings_are_read)
    /* clang-format on */
    const struct CMUnitTest of_embedded[] = {COMMON};
    const struct CMUnitTest of_daemon[] = {
        COMMON,
        T(the_daemon_answers_for_domains),
        T(without_a_daemon_opening_fails),
        T(a_second_daemon_is_refused),
        T(a_lost_daemon_is_noticed),
    };

    if (argc != 2)
        return 2;
    if (strcmp(argv[1], "embedded") == 0)
        return cmocka_run_group_tests(of_embedded, start_embedded, stop_embedded);
    daemon_program = argv[1];
    return cmocka_run_group_tests(of_daemon, begin_daemon, end_daemon);
}
