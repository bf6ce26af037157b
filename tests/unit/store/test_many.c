/* SPDX-License-Identifier: MIT */
/*
 * As many connections, watches and nodes as a thousand guests have, on one real daemon: it serves them
 * all, and sleeps when none of them wants anything.  The daemon's path is the argument.
 */

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "daemon.h"
#include "xenstore_lib.h"

#define GUESTS  1000
#define WATCHES 8   /* of each guest's connection */
#define NODES   100 /* of each guest */
#define IDLE_MS 2000

#define STATUS_LINE 128

static int manager = -1, guests[GUESTS];

struct reply {
    struct xsd_sockmsg hdr;
    char body[XENSTORE_PAYLOAD_MAX + 1];
};

static int connect_daemon(void)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/socket", rundir);
    assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
    return fd;
}

static void request(int fd, uint32_t type, const char *body, size_t len)
{
    struct xsd_sockmsg hdr = {.type = type, .len = len};

    assert_int_equal(send(fd, &hdr, sizeof(hdr), MSG_MORE), sizeof(hdr));
    assert_int_equal(send(fd, body, len, 0), len);
}

static void receive(int fd, struct reply *reply)
{
    assert_int_equal(recv(fd, &reply->hdr, sizeof(reply->hdr), MSG_WAITALL), sizeof(reply->hdr));
    assert_true(reply->hdr.len <= XENSTORE_PAYLOAD_MAX);
    if (reply->hdr.len)
        assert_int_equal(recv(fd, reply->body, reply->hdr.len, MSG_WAITALL), reply->hdr.len);
    reply->body[reply->hdr.len] = '\0';
}

static void write_node(const char *path)
{
    struct reply reply;
    char body[128];
    int len = snprintf(body, sizeof(body), "%s%cvalue", path, 0);

    request(manager, XS_WRITE, body, len);
    receive(manager, &reply);
    assert_int_equal(reply.hdr.type, XS_WRITE);
}

static bool readable(int fd, int timeout)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};

    return poll(&wait, 1, timeout) == 1;
}

/* What /proc/PID/status says of the daemon. */
static void read_status(const char *key, char value[STATUS_LINE])
{
    char path[64], line[STATUS_LINE];
    FILE *file = NULL;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)daemon_pid());
    file = fopen(path, "r");
    assert_non_null(file);
    *value = '\0';
    while (!*value && fgets(line, sizeof(line), file)) {
        if (strncmp(line, key, strlen(key)) == 0)
            strcpy(value, line + strlen(key));
    }
    fclose(file);
    assert_true(*value);
}

static long status_of(const char *key)
{
    char value[STATUS_LINE];

    read_status(key, value);
    return atol(value);
}

/* It has answered all; now it has only to come to its wait, which may take a while on a busy machine. */
static void wait_for_sleep(void)
{
    char state[STATUS_LINE] = "";

    for (int i = 0; i < 200 && !strchr(state, 'S'); i++) {
        assert_false(readable(manager, 50));
        read_status("State:", state);
    }
    assert_non_null(strchr(state, 'S'));
}

static int start(void **state)
{
    struct rlimit limit = {0};
    int rc = -1;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < GUESTS + 50)
        return -1;
    rc = begin_daemon(state);
    if (rc == 0)
        manager = connect_daemon();
    return rc;
}

/* What a guest's drivers, and the managers', look at. */
static void add_watches(int fd, int guest)
{
    struct reply reply;
    char body[128];

    for (int i = 0; i < WATCHES; i++) {
        int len = snprintf(body, sizeof(body), "/guest/%d/%d%ctoken-%d", guest, i, 0, i) + 1;

        request(fd, XS_WATCH, body, len);
        for (int messages = 0; messages < 2; messages++)
            receive(fd, &reply); /* the answer and the first event */
    }
}

static void all_can_connect_and_watch(void **state)
{
    char path[64];

    for (int guest = 0; guest < GUESTS; guest++) {
        for (int i = 0; i < NODES; i++) {
            snprintf(path, sizeof(path), "/guest/%d/%d/%d", guest, i % WATCHES, i);
            write_node(path);
        }
        guests[guest] = connect_daemon();
        add_watches(guests[guest], guest);
    }
}

static void an_idle_daemon_sleeps(void **state)
{
    struct reply reply;
    long voluntary = 0, forced = 0;

    request(manager, XS_READ, "/", 2); /* nothing is left to do when this is answered */
    receive(manager, &reply);
    wait_for_sleep();
    voluntary = status_of("voluntary_ctxt_switches:");
    forced = status_of("nonvoluntary_ctxt_switches:");
    assert_false(readable(manager, IDLE_MS));
    /* It was not on a CPU at all. */
    assert_int_equal(status_of("voluntary_ctxt_switches:"), voluntary);
    assert_int_equal(status_of("nonvoluntary_ctxt_switches:"), forced);
    print_message("memory: %ld KiB\n", status_of("VmRSS:"));
}

static void a_change_is_told_to_its_watchers_alone(void **state)
{
    struct reply reply;
    char path[64];

    for (int guest = 0; guest < GUESTS; guest += 7) {
        snprintf(path, sizeof(path), "/guest/%d/3/3", guest);
        write_node(path);
        receive(guests[guest], &reply);
        assert_int_equal(reply.hdr.type, XS_WATCH_EVENT);
        assert_string_equal(reply.body, path);
        assert_string_equal(reply.body + strlen(path) + 1, "token-3");
    }
    for (int guest = 0; guest < GUESTS; guest++)
        assert_false(readable(guests[guest], 0));
}

/* All of them go at once; the daemon has their memory back and sleeps again. */
static void all_can_go(void **state)
{
    struct reply reply;

    for (int guest = 0; guest < GUESTS; guest++)
        close(guests[guest]);
    request(manager, XS_RM, "/guest", 7);
    receive(manager, &reply);
    assert_int_equal(reply.hdr.type, XS_RM);
    an_idle_daemon_sleeps(state);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_can_connect_and_watch),
        cmocka_unit_test(an_idle_daemon_sleeps),
        cmocka_unit_test(a_change_is_told_to_its_watchers_alone),
        cmocka_unit_test(all_can_go),
    };

    if (argc != 2)
        return 2;
    daemon_program = argv[1];
    return cmocka_run_group_tests(tests, start, end_daemon);
}
