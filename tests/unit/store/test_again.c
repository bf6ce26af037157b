/* SPDX-License-Identifier: MIT */
/* Clients of a daemon that is killed and started again: test-store-again XENSTORED. */

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "client.h"
#include "daemon.h"
#include "xentoolcore.h"

/* The one before may still hold its lock. */
static int start_daemon(void)
{
    for (int tries = 0; tries < 3000; tries++) {
        if (run_daemon("2>/dev/null") == 0)
            return 0;
        usleep(20000);
    }
    return -1;
}

static void kill_daemon(void)
{
    assert_int_equal(kill(daemon_pid(), SIGKILL), 0);
}

static void kill_and_restart(void)
{
    kill_daemon();
    assert_int_equal(start_daemon(), 0);
}

static void assert_node(xs_transaction_t t, const char *path, const char *expected)
{
    char *value = xs_read(xs, t, path, NULL);

    assert_non_null(value);
    assert_string_equal(value, expected);
    free(value);
}

/* Takes events until one of this path and token comes, or none for so long; true when there was one. */
static bool event_within(int ms, const char *path, const char *token)
{
    struct pollfd fd = {.fd = xs_fileno(xs), .events = POLLIN};
    bool found = false;

    while (!found && poll(&fd, 1, ms) == 1) {
        char **event = xs_check_watch(xs);

        assert_true(event || errno == EAGAIN);
        found =
            event && !strcmp(event[XS_WATCH_PATH], path) && !strcmp(event[XS_WATCH_TOKEN], token);
        free(event);
    }
    return found;
}

static bool event_of(const char *path, const char *token)
{
    return event_within(60000, path, token);
}

static void requests_go_on(void **state)
{
    assert_true(put("/t/a", "1"));
    kill_and_restart();
    assert_node(XBT_NULL, "/t/a", "1");
    assert_true(put("/t/a", "2"));
    kill_and_restart();
    assert_true(put("/t/b", "3"));
    assert_node(XBT_NULL, "/t/a", "2");
}

static void *restart_later(void *arg)
{
    usleep(300000);
    assert_int_equal(start_daemon(), 0);
    return NULL;
}

static void a_request_waits_for_the_next_daemon(void **state)
{
    pthread_t thread;

    assert_true(put("/t/a", "1"));
    kill_daemon();
    assert_int_equal(pthread_create(&thread, NULL, restart_later, NULL), 0);
    assert_node(XBT_NULL, "/t/a", "1");
    pthread_join(thread, NULL);
}

static void watches_are_set_again(void **state)
{
    char path[32], token[32];
    int seen[100] = {0};

    for (int i = 0; i < 100; i++) {
        snprintf(path, sizeof(path), "/t/%d", i);
        snprintf(token, sizeof(token), "token %d", i);
        assert_true(xs_watch(xs, path, token));
        assert_true(event_of(path, token));
    }
    kill_and_restart();
    for (int i = 0; i < 100; i++) {
        char **event = xs_read_watch(xs, NULL);

        assert_non_null(event);
        seen[atoi(event[XS_WATCH_TOKEN] + strlen("token "))]++;
        free(event);
    }
    for (int i = 0; i < 100; i++)
        assert_int_equal(seen[i], 1);
    assert_true(put("/t/99/below", ""));
    assert_true(event_of("/t/99/below", "token 99"));
}

static void *read_one_event(void *arg)
{
    return xs_read_watch(xs, NULL);
}

static void who_waits_for_an_event_goes_on_waiting(void **state)
{
    pthread_t thread;
    void *event = NULL;

    assert_true(xs_watch(xs, "/t/w", "t"));
    free(xs_read_watch(xs, NULL));
    assert_int_equal(pthread_create(&thread, NULL, read_one_event, NULL), 0);
    kill_and_restart();
    pthread_join(thread, &event);
    assert_non_null(event);
    assert_string_equal(((char **)event)[XS_WATCH_PATH], "/t/w");
    free(event);
}

static void a_removed_watch_stays_removed(void **state)
{
    assert_true(xs_watch(xs, "/t/gone", "gone"));
    assert_true(xs_watch(xs, "/t/kept", "kept"));
    assert_true(xs_unwatch(xs, "/t/gone", "gone"));
    kill_and_restart();
    assert_true(event_of("/t/kept", "kept"));
    assert_true(put("/t/gone", ""));
    assert_true(put("/t/kept", ""));
    for (char **event = xs_read_watch(xs, NULL); event; event = xs_check_watch(xs)) {
        assert_string_equal(event[XS_WATCH_TOKEN], "kept");
        free(event);
    }
    assert_false(xs_unwatch(xs, "/t/gone", "gone"));
    assert_int_equal(errno, ENOENT);
    assert_true(xs_unwatch(xs, "/t/kept", "kept"));
    assert_false(xs_unwatch(xs, "/t/kept", "kept"));
}

static void a_watch_can_be_removed_whatever_the_daemon(void **state)
{
    for (int i = 0; i < 5; i++) {
        assert_true(xs_watch(xs, "/t/w", "t"));
        assert_false(xs_watch(xs, "/t/w", "t"));
        assert_int_equal(errno, EEXIST);
        kill_and_restart();
        if (i % 2)
            assert_true(event_of("/t/w", "t"));
        assert_true(xs_unwatch(xs, "/t/w", "t"));
    }
}

static void a_transaction_starts_again(void **state)
{
    xs_transaction_t t = xs_transaction_start(xs), again = XBT_NULL;

    assert_true(put("/t/a", "1"));
    assert_true(xs_write(xs, t, "/t/b", "lost", 4));
    kill_and_restart();
    assert_node(t, "/t/a", "1");
    assert_true(xs_write(xs, t, "/t/b", "lost", 4));
    again = xs_transaction_start(xs);
    assert_int_not_equal(again, t);
    assert_true(xs_write(xs, again, "/t/c", "kept", 4));
    assert_true(xs_rm(xs, t, "/t"));
    assert_false(xs_transaction_end(xs, t, false));
    assert_int_equal(errno, EAGAIN);
    assert_true(xs_transaction_end(xs, again, false));
    assert_node(XBT_NULL, "/t/c", "kept");
    assert_null(xs_read(xs, XBT_NULL, "/t/b", NULL));
    t = xs_transaction_start(xs);
    kill_and_restart();
    assert_true(xs_transaction_end(xs, t, true));
}

static bool stop;

static void *work(void *arg)
{
    const char *path = arg;

    for (unsigned int i = 0; !__atomic_load_n(&stop, __ATOMIC_RELAXED); i++) {
        char value[16];

        snprintf(value, sizeof(value), "%u", i);
        assert_true(put(path, value));
        assert_node(XBT_NULL, path, value);
    }
    return NULL;
}

static void no_request_of_many_threads_fails(void **state)
{
    static char *const paths[] = {"/t/1", "/t/2", "/t/3", "/t/4"};
    pthread_t threads[4];
    bool told = false;

    stop = false;
    assert_true(xs_watch(xs, "/t", "t"));
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, paths[i]), 0);
    for (int i = 0; i < 8; i++) {
        usleep(30000);
        kill_and_restart();
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    for (char **event = xs_check_watch(xs); event; event = xs_check_watch(xs))
        free(event);
    /* The watch is set again some time after the connection is there. */
    for (int tries = 0; tries < 60 && !told; tries++) {
        assert_true(put("/t/after", ""));
        told = event_within(1000, "/t/after", "t");
    }
    assert_true(told);
}

static void patience_ends(void **state)
{
    time_t start = time(NULL);
    struct xs_handle *h = NULL, *waiting = NULL;

    setenv("XENSTORE_PATIENCE", "1", 1);
    h = xs_open(0);
    waiting = xs_open(0);
    unsetenv("XENSTORE_PATIENCE");
    assert_true(xs_watch(waiting, "/t", "t"));
    free(xs_read_watch(waiting, NULL));
    kill_daemon();
    assert_null(xs_read_watch(waiting, NULL));
    assert_null(xs_read(h, XBT_NULL, "/", NULL));
    assert_int_equal(errno, EPIPE);
    assert_in_range(time(NULL) - start, 1, 60);
    xs_close(h);
    xs_close(waiting);
    assert_int_equal(start_daemon(), 0);
}

static void closing_does_not_wait(void **state)
{
    struct xs_handle *h = xs_open(0);
    time_t start = time(NULL);

    assert_true(xs_watch(h, "/t", "t"));
    kill_daemon();
    usleep(200000);
    xs_close(h);
    assert_in_range(time(NULL) - start, 0, 25); /* far from its patience */
    assert_int_equal(start_daemon(), 0);
}

/* Whose fd was given from outside, or who may do little, cannot come back. */
static void other_handles_stay_closed(void **state)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct xs_handle *given = NULL;

    snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/socket", rundir);
    assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
    given = xs_open_fd(fd, 0);
    free(xs_read(given, XBT_NULL, "/", NULL));
    kill_and_restart();
    assert_null(xs_read(given, XBT_NULL, "/", NULL));
    xs_close(given);

    assert_true(put("/t/a", "1"));
    assert_int_equal(xentoolcore_restrict_all(5), 0);
    assert_null(xs_read(xs, XBT_NULL, "/t/a", NULL));
    kill_and_restart();
    assert_null(xs_read(xs, XBT_NULL, "/t/a", NULL));
}

int main(int argc, char **argv)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(requests_go_on),
        T(a_request_waits_for_the_next_daemon),
        T(watches_are_set_again),
        T(who_waits_for_an_event_goes_on_waiting),
        T(a_removed_watch_stays_removed),
        T(a_watch_can_be_removed_whatever_the_daemon),
        T(a_transaction_starts_again),
        T(no_request_of_many_threads_fails),
        T(patience_ends),
        T(closing_does_not_wait),
        T(other_handles_stay_closed),
    };

    if (argc != 2)
        return 2;
    daemon_program = argv[1];
    return cmocka_run_group_tests(tests, begin_daemon, end_daemon);
}
