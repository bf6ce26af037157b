/* SPDX-License-Identifier: MIT */
/*
 * The protocol, request by request: what the specification says, and where it is silent, what
 * Debian's xenstored answers (seen by asking it the same).
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "ask.h"
#include "request.h"

static struct server server;
static struct memory_conn *dom0, *guest;

/* A hypervisor with domains 5, 6 and 7, whose rings are connections in memory. */
static int host_connect(struct host *host, struct domain *domain, uint64_t gfn, uint32_t port)
{
    struct memory_conn *ring = NULL;

    if (gfn == 0xbad)
        return -EINVAL;
    if (domain->conn)
        conn_kill(domain->conn);
    ring = memory_connect(&server, domain->domid);
    domain->conn = &ring->conn;
    return 0;
}

static bool host_exists(struct host *host, uint32_t domid)
{
    return domid >= 5 && domid <= 7;
}

static struct host host = {.connect = host_connect, .exists = host_exists};

static int setup(void **state)
{
    assert_int_equal(server_init(&server), 0);
    server.host = &host;
    dom0 = memory_connect(&server, 0);
    assert_string_equal(ask_barred(dom0, XS_INTRODUCE, 0, "5|1|1|"), "OK|");
    guest = (struct memory_conn *)((char *)domain_find(&server, 5)->conn -
                                   offsetof(struct memory_conn, conn));
    return 0;
}

static int teardown(void **state)
{
    memory_settle(&server);
    assert_int_equal(store_check(&server.store), 0);
    server_free(&server);
    return 0;
}

struct exchange {
    uint32_t type;
    const char *request, *answer;
};

static void go_through(struct memory_conn *c, const struct exchange *e, size_t nr)
{
    for (size_t i = 0; i < nr; i++) {
        const char *answer = ask_barred(c, e[i].type, 0, e[i].request);

        if (strcmp(answer, e[i].answer) != 0)
            fail_msg("request %u \"%s\": \"%s\" instead of \"%s\"", e[i].type, e[i].request, answer,
                     e[i].answer);
        assert_int_equal(reply.hdr.type, answer[0] == 'E' ? XS_ERROR : e[i].type);
    }
}

#define GO_THROUGH(c, table) go_through(c, table, sizeof(table) / sizeof((table)[0]))

static void nodes(void **state)
{
    static const struct exchange table[] = {
        {XS_READ, "", "EINVAL|"},
        {XS_READ, "/", "EINVAL|"},
        {XS_READ, "|", "EINVAL|"},
        {XS_READ, "/|", ""},
        {XS_READ, "/|/more|", "EINVAL|"},
        {XS_READ, "/none|", "ENOENT|"},
        {XS_READ, "/none/x|", "ENOENT|"},
        {XS_WRITE, "/x", "EINVAL|"},
        {XS_WRITE, "/x|a|b|", "OK|"},
        {XS_READ, "/x|", "a|b|"},
        {XS_WRITE, "/x|", "OK|"},
        {XS_READ, "/x|", ""},
        {XS_WRITE, "/|root", "OK|"},
        {XS_READ, "/|", "root"},
        {XS_WRITE, "rel|v", "OK|"},
        {XS_READ, "/local/domain/0/rel|", "v"},
        {XS_MKDIR, "/x|", "OK|"},
        {XS_MKDIR, "/|", "OK|"},
        {XS_MKDIR, "/x|junk|", "EINVAL|"},
        {XS_MKDIR, "/m/n/o|", "OK|"},
        {XS_DIRECTORY, "/m|", "n|"},
        {XS_DIRECTORY, "/m/n/o|", ""},
        {XS_DIRECTORY, "/none|", "ENOENT|"},
        {XS_RM, "/|", "EINVAL|"},
        {XS_RM, "/none|", "OK|"},
        {XS_RM, "/none/x|", "ENOENT|"},
        {XS_RM, "/m|", "OK|"},
        {XS_READ, "/m/n|", "ENOENT|"},
        {XS_READ, "@releaseDomain|", "EINVAL|"},
        {XS_WRITE, "@releaseDomain|x", "EINVAL|"},
        {XS_RM, "@releaseDomain|", "EINVAL|"},
        {XS_DIRECTORY, "@releaseDomain|", "EINVAL|"},
    };

    GO_THROUGH(dom0, table);
}

static void lists_in_parts(void **state)
{
    static const struct exchange table[] = {
        {XS_DIRECTORY_PART, "/p|", "EINVAL|"},     {XS_DIRECTORY_PART, "/p|0", "EINVAL|"},
        {XS_DIRECTORY_PART, "/p|0|x|", "EINVAL|"}, {XS_DIRECTORY_PART, "/none|0|", "ENOENT|"},
        {XS_DIRECTORY_PART, "/p|x|", "EINVAL|"},
    };
    static const char *const parts[][2] = {
        {"0", "one|two|three||"},
        {"4", "two|three||"},
        {"5", "wo|three||"},
        {"14", "|"},
        {"15", "|"},
        {"1000", "|"},
    };

    two(dom0, XS_WRITE, 0, "/p/one", "");
    two(dom0, XS_WRITE, 0, "/p/two", "");
    two(dom0, XS_WRITE, 0, "/p/three", "");
    GO_THROUGH(dom0, table);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        char request[32];
        const char *answer = NULL;

        snprintf(request, sizeof(request), "/p|%s|", parts[i][0]);
        answer = ask_barred(dom0, XS_DIRECTORY_PART, 0, request);
        assert_string_equal(strchr(answer, '|') + 1, parts[i][1]);
    }
}

static void permissions(void **state)
{
    static const struct exchange table[] = {
        {XS_GET_PERMS, "/x|", "n0|"},
        {XS_SET_PERMS, "/x|", "EINVAL|"},
        {XS_SET_PERMS, "/x||", "EINVAL|"},
        {XS_SET_PERMS, "/x|x0|", "EINVAL|"},
        {XS_SET_PERMS, "/x|r|", "EINVAL|"},
        {XS_SET_PERMS, "/x|r0x|", "EINVAL|"},
        {XS_SET_PERMS, "/x|r0", "EINVAL|"},
        {XS_SET_PERMS, "/x|n70000|", "ENOENT|"},
        {XS_SET_PERMS, "/x|n32752|", "ENOENT|"},
        {XS_SET_PERMS, "/x|n8|", "ENOENT|"},
        {XS_SET_PERMS, "/none|r0|", "ENOENT|"},
        {XS_SET_PERMS, "/x|n0|r5|w6|b7|", "OK|"},
        {XS_GET_PERMS, "/x|", "n0|r5|w6|b7|"},
        {XS_SET_PERMS, "@releaseDomain|n0|r5|", "OK|"},
        {XS_SET_PERMS, "@introduceDomain|n0|", "OK|"},
        {XS_SET_PERMS, "@other|n0|", "EINVAL|"},
        {XS_GET_PERMS, "@releaseDomain|", "EINVAL|"},
    };

    two(dom0, XS_WRITE, 0, "/x", "");
    GO_THROUGH(dom0, table);
}

static void every_letter_means_what_it_says(void **state)
{
    static const struct {
        const char *perms, *read, *write;
    } table[] = {
        {"/p|n0|", "EACCES|", "EACCES|"},    {"/p|r0|", "v", "EACCES|"},
        {"/p|w0|", "EACCES|", "OK|"},        {"/p|b0|", "v", "OK|"},
        {"/p|b0|n5|", "EACCES|", "EACCES|"}, {"/p|n0|r5|", "v", "EACCES|"},
        {"/p|n0|w5|", "EACCES|", "OK|"},     {"/p|n0|b5|", "v", "OK|"},
        {"/p|n0|b6|", "EACCES|", "EACCES|"}, {"/p|n5|", "v", "OK|"},
        {"/p|n5|n5|", "v", "OK|"},           {"/p|n0|r5|w5|", "v", "EACCES|"},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        two(dom0, XS_WRITE, 0, "/p", "v");
        assert_string_equal(ask_barred(dom0, XS_SET_PERMS, 0, table[i].perms), "OK|");
        assert_string_equal(ask_barred(guest, XS_READ, 0, "/p|"), table[i].read);
        assert_string_equal(ask_barred(guest, XS_WRITE, 0, "/p|v"), table[i].write);
    }
}

static void watches(void **state)
{
    static const struct exchange table[] = {
        {XS_WATCH, "/x|t|", "OK|"},
        {XS_WATCH, "/x|t|", "EEXIST|"},
        {XS_WATCH, "/x|t2|", "OK|"},
        {XS_WATCH, "/x|t3|0|", "OK|"},
        {XS_WATCH, "/x|t4|70000|", "EINVAL|"},
        {XS_WATCH, "/x|t4|a|", "EINVAL|"},
        {XS_WATCH, "/x|t4|-1|", "EINVAL|"},
        {XS_WATCH, "/x|t4||", "EINVAL|"},
        {XS_WATCH, "/x|t4|1|2|", "EINVAL|"},
        {XS_WATCH, "/x|t4", "EINVAL|"},
        {XS_WATCH, "/x", "EINVAL|"},
        {XS_WATCH, "/x/|t|", "EINVAL|"},
        {XS_WATCH, "/x||", "OK|"},
        {XS_WATCH, "@anything at all|t|", "OK|"},
        {XS_WATCH, "@releaseDomain|t|1|", "OK|"},
        {XS_WATCH, "@releaseDomain|t2|2|", "EINVAL|"},
        {XS_WATCH, "@releaseDomain/5|t|", "OK|"},
        {XS_UNWATCH, "/x|none|", "ENOENT|"},
        {XS_UNWATCH, "/none|t|", "ENOENT|"},
        {XS_UNWATCH, "/x", "EINVAL|"},
        {XS_UNWATCH, "/x|t|", "OK|"},
        {XS_UNWATCH, "/x|t|", "ENOENT|"},
        {XS_RESET_WATCHES, "|", "OK|"},
        {XS_RESET_WATCHES, "", "OK|"},
        {XS_UNWATCH, "/x|t2|", "ENOENT|"},
    };

    GO_THROUGH(dom0, table);
}

static void a_special_watch_can_name_the_domain(void **state)
{
    struct memory_conn *watcher = memory_connect(&server, 0);

    ask_barred(dom0, XS_INTRODUCE, 0, "6|1|1|");
    ask_barred(watcher, XS_WATCH, 0, "@releaseDomain|plain|");
    ask_barred(watcher, XS_WATCH, 0, "@releaseDomain|which|1|");
    ask_barred(watcher, XS_WATCH, 0, "@releaseDomain/6|six|");
    while (*event(watcher))
        ;
    ask_barred(dom0, XS_RELEASE, 0, "6|");
    assert_string_equal(event(watcher), "@releaseDomain plain");
    assert_string_equal(event(watcher), "@releaseDomain/6 which");
    assert_string_equal(event(watcher), "@releaseDomain/6 six");
    ask_barred(dom0, XS_INTRODUCE, 0, "7|1|1|");
    ask_barred(dom0, XS_RELEASE, 0, "7|");
    assert_string_equal(event(watcher), "@releaseDomain plain");
    assert_string_equal(event(watcher), "@releaseDomain/7 which");
    assert_string_equal(event(watcher), "");
}

static void special_events_go_to_those_who_may_have_them(void **state)
{
    ask_barred(guest, XS_WATCH, 0, "@introduceDomain|t|");
    while (*event(guest))
        ;
    ask_barred(dom0, XS_INTRODUCE, 0, "6|1|1|");
    assert_string_equal(event(guest), "");
    ask_barred(dom0, XS_SET_PERMS, 0, "@introduceDomain|n0|r5|");
    ask_barred(dom0, XS_INTRODUCE, 0, "7|1|1|");
    assert_string_equal(event(guest), "@introduceDomain t");
}

static void transaction_ids(void **state)
{
    static const struct {
        uint32_t type, tx;
        const char *request, *answer;
    } table[] = {
        {XS_READ, 99, "/|", "ENOENT|"},
        {XS_WATCH, 99, "/x|t|", "OK|"},
        {XS_UNWATCH, 99, "/x|t|", "OK|"},
        {XS_TRANSACTION_START, 99, "|", "ENOENT|"},
        {XS_TRANSACTION_END, 0, "T|", "ENOENT|"},
        {XS_TRANSACTION_END, 99, "T|", "ENOENT|"},
        {XS_GET_DOMAIN_PATH, 99, "5|", "ENOENT|"},
        {XS_RESET_WATCHES, 99, "|", "ENOENT|"},
        {XS_CONTROL, 99, "help|", "ENOENT|"},
        {XS_TRANSACTION_START, 0, "|", "1|"},
        {XS_TRANSACTION_START, 1, "|", "EBUSY|"},
        {XS_TRANSACTION_END, 1, "X|", "EINVAL|"},
        {XS_TRANSACTION_END, 1, "F", "EINVAL|"},
        {XS_TRANSACTION_END, 1, "T|extra|", "EINVAL|"},
        {XS_TRANSACTION_END, 1, "T|", "OK|"},
        {XS_TRANSACTION_END, 1, "T|", "ENOENT|"},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        assert_string_equal(ask_barred(dom0, table[i].type, table[i].tx, table[i].request),
                            table[i].answer);
        assert_int_equal(reply.hdr.tx_id, table[i].tx);
    }
}

static void domains(void **state)
{
    static const struct exchange table[] = {
        {XS_GET_DOMAIN_PATH, "5|", "/local/domain/5|"},
        {XS_GET_DOMAIN_PATH, "05|", "/local/domain/5|"},
        {XS_GET_DOMAIN_PATH, "70000|", "/local/domain/70000|"},
        {XS_GET_DOMAIN_PATH, "5|6|", "EINVAL|"},
        {XS_GET_DOMAIN_PATH, "", "EINVAL|"},
        {XS_GET_DOMAIN_PATH, "x|", "EINVAL|"},
        {XS_IS_DOMAIN_INTRODUCED, "0|", "T|"},
        {XS_IS_DOMAIN_INTRODUCED, "5|", "T|"},
        {XS_IS_DOMAIN_INTRODUCED, "6|", "F|"},
        {XS_IS_DOMAIN_INTRODUCED, "70000|", "F|"},
        {XS_INTRODUCE, "6|1|", "EINVAL|"},
        {XS_INTRODUCE, "0|1|1|", "EINVAL|"},
        {XS_INTRODUCE, "55|1|1|", "EINVAL|"},
        {XS_INTRODUCE, "32752|1|1|", "EINVAL|"},
        {XS_INTRODUCE, "6|2989|1|", "EINVAL|"}, /* 0xbad: a frame that cannot be mapped */
        {XS_IS_DOMAIN_INTRODUCED, "6|", "F|"},
        {XS_INTRODUCE, "6|-1|1|", "OK|"},
        {XS_IS_DOMAIN_INTRODUCED, "6|", "T|"},
        {XS_INTRODUCE, "6|1|1|", "OK|"}, /* again: a new connection */
        {XS_RELEASE, "0|", "EINVAL|"},
        {XS_RELEASE, "55|", "ENOENT|"},
        {XS_RELEASE, "5|6|", "EINVAL|"},
        {XS_RESUME, "0|", "EINVAL|"},
        {XS_RESUME, "55|", "ENOENT|"},
        {XS_RESUME, "6|", "OK|"},
        {XS_SET_TARGET, "6|", "EINVAL|"},
        {XS_SET_TARGET, "6|55|", "ENOENT|"},
        {XS_SET_TARGET, "55|6|", "ENOENT|"},
        {XS_SET_TARGET, "6|5|", "OK|"},
        {XS_RELEASE, "6|", "OK|"},
        {XS_RELEASE, "6|", "ENOENT|"},
        {XS_IS_DOMAIN_INTRODUCED, "6|", "F|"},
    };

    GO_THROUGH(dom0, table);
}

static void types_that_are_none(void **state)
{
    static const uint32_t types[] = {20, XS_WATCH_EVENT, XS_ERROR, REQUEST_TYPES, 4711, XS_INVALID};

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        assert_string_equal(ask_barred(dom0, types[i], 0, "|"), "ENOSYS|");
}

static void features(void **state)
{
    static const struct exchange table[] = {
        {XS_GET_FEATURE, "", "7|"},
        {XS_GET_FEATURE, "|", "7|"},
        {XS_GET_FEATURE, "5|", "7|"},
        {XS_GET_FEATURE, "55|", "ENOENT|"},
        {XS_GET_FEATURE, "x|", "EINVAL|"},
        {XS_SET_FEATURE, "5|1|", "EBUSY|"}, /* introduced already */
        {XS_SET_FEATURE, "55|1|", "ENOENT|"},
        {XS_SET_FEATURE, "6|8|", "EINVAL|"}, /* no such feature */
        {XS_SET_FEATURE, "6|", "EINVAL|"},
        {XS_SET_FEATURE, "6|1|", "OK|"},
        {XS_GET_FEATURE, "6|", "1|"},
        {XS_INTRODUCE, "6|1|1|", "OK|"},
        {XS_GET_FEATURE, "6|", "1|"},
    };

    GO_THROUGH(dom0, table);
    assert_string_equal(ask_barred(guest, XS_GET_FEATURE, 0, "|"), "EACCES|");
    assert_string_equal(ask_barred(guest, XS_SET_FEATURE, 0, "6|1|"), "EACCES|");
}

static void quotas_by_request(void **state)
{
    static const struct exchange table[] = {
        {XS_GET_QUOTA, "",
         "nodes node-size permissions watches transactions transaction-nodes outstanding memory "
         "path-max path-depth|"},
        {XS_GET_QUOTA, "nodes|", "1000|"},
        {XS_GET_QUOTA, "none|", "EINVAL|"},
        {XS_GET_QUOTA, "5|nodes|", "1000|"},
        {XS_GET_QUOTA, "55|nodes|", "ENOENT|"},
        {XS_GET_QUOTA, "5|nodes|x|", "EINVAL|"},
        {XS_SET_QUOTA, "nodes|", "EINVAL|"},
        {XS_SET_QUOTA, "nodes|x|", "EINVAL|"},
        {XS_SET_QUOTA, "none|1|", "EINVAL|"},
        {XS_SET_QUOTA, "55|nodes|1|", "ENOENT|"},
        {XS_SET_QUOTA, "5|nodes|10|", "OK|"},
        {XS_SET_QUOTA, "nodes|20|", "OK|"},
        {XS_GET_QUOTA, "5|nodes|", "10|"},
        {XS_GET_QUOTA, "6|nodes|", "20|"},
        {XS_GET_QUOTA, "5|watches|", "128|"}, /* what is not its own follows the rest */
        {XS_SET_QUOTA, "watches|7|", "OK|"},
        {XS_GET_QUOTA, "5|watches|", "7|"},
        {XS_SET_QUOTA, "permissions|9|", "OK|"},
        {XS_GET_QUOTA, "permissions|", "9|"},
        {XS_RELEASE, "5|", "OK|"},
        {XS_GET_QUOTA, "5|nodes|", "20|"},
    };

    assert_string_equal(ask_barred(guest, XS_GET_QUOTA, 0, "|"), "EACCES|");
    assert_string_equal(ask_barred(guest, XS_SET_QUOTA, 0, "nodes|0|"), "EACCES|");
    GO_THROUGH(dom0, table);
}

static bool has_line(const char *text, const char *line)
{
    if (!strstr(text, line))
        print_message("no \"%s\" in:\n%s", line, text);
    return strstr(text, line);
}

static void control_shows_use_limits_and_refusals(void **state)
{
    const char *text = NULL;

    ask_barred(dom0, XS_SET_QUOTA, 0, "5|nodes|3|");
    ask_barred(dom0, XS_SET_QUOTA, 0, "watches|2|");
    ask_barred(dom0, XS_MKDIR, 0, "/local/domain/5|");
    ask_barred(dom0, XS_SET_PERMS, 0, "/local/domain/5|n5|");
    two(guest, XS_WRITE, 0, "a", "x");
    two(guest, XS_WRITE, 0, "b", "x");
    assert_string_equal(two(guest, XS_WRITE, 0, "c", "x"), "ENOSPC");
    assert_string_equal(two(guest, XS_WRITE, 0, "d/e", "x"), "ENOSPC");
    two(guest, XS_WATCH, 0, "a", "t");
    start(guest);
    text = ask_barred(dom0, XS_CONTROL, 0, "quota|5|");
    assert_true(has_line(text, "Domain 5:\n"));
    assert_true(has_line(
        text, "nodes            :        3 of 3, its own, refused 2 times, last wanted 5\n"));
    assert_true(has_line(text, "watches          :        1 of 2\n"));
    assert_true(has_line(text, "transactions     :        1 of 10\n"));
    assert_true(has_line(text, "node-size        :     each 2048\n"));
    assert_string_equal(ask_barred(dom0, XS_CONTROL, 0, "quota|77|"), "ENOENT|");
    assert_string_equal(ask_barred(dom0, XS_CONTROL, 0, "quota|x|"), "EINVAL|");
    assert_string_equal(ask_barred(dom0, XS_CONTROL, 0, "quota|set|nodes|"), "EINVAL|");
    assert_string_equal(ask_barred(dom0, XS_CONTROL, 0, "quota|set|none|1|"), "EINVAL|");
}

static void control_refuses_what_it_does_not_know(void **state)
{
    static const struct exchange table[] = {
        {XS_CONTROL, "", "EINVAL|"},
        {XS_CONTROL, "|", "EINVAL|"},
        {XS_CONTROL, "nosuch|", "EINVAL|"},
        {XS_CONTROL, "check|", "OK|"},
        {XS_CONTROL, "check|x|", "EINVAL|"},
        {XS_CONTROL, "log|", "EINVAL|"},
        {XS_CONTROL, "log|+io|", "EINVAL|"},
        {XS_CONTROL, "logfile|", "EINVAL|"},
        {XS_CONTROL, "print|", "EINVAL|"},
        {XS_CONTROL, "print|hello|", "OK|"},
        {XS_CONTROL, "live-update|", "EINVAL|"},
        {XS_CONTROL, "live-update|-x|", "EINVAL|"},
        {XS_CONTROL, "live-update|-b|100|", "EINVAL|"},
        {XS_CONTROL, "live-update|-s|", "Not in live-update session.|"},
        {XS_CONTROL, "live-update|-c|-N|", "Not in live-update session.|"},
        {XS_CONTROL, "live-update|-f|/no/such|", "File not accessible.|"},
        {XS_CONTROL, "live-update|-a|", "OK|"},
        /* Nobody who could run it serves these connections. */
        {XS_CONTROL, "live-update|-f|/bin/true|", "OK|"},
        {XS_CONTROL, "live-update|-s|-t|x|", "EINVAL|"},
        {XS_CONTROL, "live-update|-s|-t|60|-F|", "ENOSYS|"},
    };

    GO_THROUGH(dom0, table);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(nodes),
        T(lists_in_parts),
        T(permissions),
        T(every_letter_means_what_it_says),
        T(watches),
        T(a_special_watch_can_name_the_domain),
        T(special_events_go_to_those_who_may_have_them),
        T(transaction_ids),
        T(domains),
        T(types_that_are_none),
        T(features),
        T(quotas_by_request),
        T(control_shows_use_limits_and_refusals),
        T(control_refuses_what_it_does_not_know),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
