/* SPDX-License-Identifier: MIT */
/* What the daemon promises its clients, asked of its core without sockets or a hypervisor. */

#include <errno.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "memory_conn.h"

static struct server server;
static struct memory_conn *dom0, *other, *guest;
static struct reply reply;

static int setup(void **state)
{
    assert_int_equal(server_init(&server), 0);
    dom0 = memory_connect(&server, 0);
    other = memory_connect(&server, 0);
    guest = memory_connect(&server, 5);
    return 0;
}

static int teardown(void **state)
{
    memory_settle(&server);
    assert_int_equal(store_check(&server.store), 0);
    server_free(&server);
    return 0;
}

/* Sends a request and takes its answer; events in between are dropped. */
static const char *ask_bytes(struct memory_conn *c, uint32_t type, uint32_t tx, const void *body,
                             size_t len)
{
    memory_request(c, type, tx, body, len);
    do {
        if (!memory_receive(c, &reply))
            return "(no answer)";
    } while (reply.hdr.type == XS_WATCH_EVENT);
    assert_int_equal(reply.hdr.req_id, 7);
    assert_int_equal(reply.hdr.tx_id, tx);
    return reply.body;
}

static const char *ask(struct memory_conn *c, uint32_t type, uint32_t tx, const char *text)
{
    return ask_bytes(c, type, tx, text, strlen(text) + 1);
}

static const char *write_node(struct memory_conn *c, uint32_t tx, const char *path,
                              const char *value)
{
    char body[XENSTORE_PAYLOAD_MAX];
    int len = snprintf(body, sizeof(body), "%s%c%s", path, 0, value);

    return ask_bytes(c, XS_WRITE, tx, body, len);
}

static const char *two(struct memory_conn *c, uint32_t type, const char *first, const char *second)
{
    char body[XENSTORE_PAYLOAD_MAX];
    int len = snprintf(body, sizeof(body), "%s%c%s", first, 0, second) + 1;

    return ask_bytes(c, type, 0, body, len);
}

static uint32_t start(struct memory_conn *c)
{
    uint32_t tx = atoi(ask(c, XS_TRANSACTION_START, 0, ""));

    assert_int_not_equal(tx, 0);
    return tx;
}

static const char *commit(struct memory_conn *c, uint32_t tx)
{
    return ask(c, XS_TRANSACTION_END, tx, "T");
}

/* Takes the next event, "PATH TOKEN"; empty when there is none. */
static const char *event(struct memory_conn *c)
{
    static char text[2 * XENSTORE_PAYLOAD_MAX];

    memory_settle(&server);
    if (!memory_receive(c, &reply) || reply.hdr.type != XS_WATCH_EVENT)
        return "";
    snprintf(text, sizeof(text), "%s %s", reply.body, reply.body + strlen(reply.body) + 1);
    return text;
}

static void a_write_makes_its_parents(void **state)
{
    assert_string_equal(write_node(dom0, 0, "/a/b/c", "v"), "OK");
    assert_string_equal(ask(dom0, XS_READ, 0, "/a/b/c"), "v");
    assert_string_equal(ask(dom0, XS_READ, 0, "/a/b"), "");
    assert_int_equal(reply.hdr.type, XS_READ);
    assert_string_equal(ask(dom0, XS_DIRECTORY, 0, "/a"), "b");
}

static void children_keep_the_order_of_their_creation(void **state)
{
    char name[32], expected[1024] = "";
    size_t len = 0;

    for (int i = 0; i < 60; i++) {
        snprintf(name, sizeof(name), "/d/n%d", (i * 37) % 60);
        write_node(dom0, 0, name, "");
    }
    for (int i = 0; i < 60; i += 2) {
        snprintf(name, sizeof(name), "/d/n%d", (i * 37) % 60);
        assert_string_equal(ask(dom0, XS_RM, 0, name), "OK");
    }
    for (int i = 1; i < 60; i += 2)
        len += snprintf(expected + len, sizeof(expected) - len, "n%d%c", (i * 37) % 60, 0);
    ask(dom0, XS_DIRECTORY, 0, "/d");
    assert_int_equal(reply.hdr.len, len);
    assert_memory_equal(reply.body, expected, len);
}

static void malformed_paths_are_refused(void **state)
{
    static const char *const bad[] = {"", "//", "/a/", "/a//b", "/a b", "/a.b", "@x", "/\xc3"};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_string_equal(ask(dom0, XS_READ, 0, bad[i]), "EINVAL");
        assert_int_equal(reply.hdr.type, XS_ERROR);
        assert_string_equal(ask(dom0, XS_MKDIR, 0, bad[i]), "EINVAL");
        assert_string_equal(ask(dom0, XS_RM, 0, bad[i]), "EINVAL");
        assert_string_equal(write_node(dom0, 0, bad[i], "x"), "EINVAL");
    }
    assert_string_equal(ask(dom0, XS_RM, 0, "/"), "EINVAL");
    assert_string_equal(ask_bytes(dom0, XS_READ, 0, "/a", 2), "EINVAL");
    assert_string_equal(ask_bytes(dom0, XS_READ, 0, "", 0), "EINVAL");
    assert_string_equal(ask(dom0, 4711, 0, ""), "ENOSYS");
}

static void path_lengths_end_where_the_protocol_says(void **state)
{
    char path[4000];

    memset(path, 'x', sizeof(path));
    path[0] = '/';
    path[XENSTORE_ABS_PATH_MAX] = '\0';
    assert_string_equal(ask(dom0, XS_READ, 0, path), "ENOENT");
    path[XENSTORE_ABS_PATH_MAX] = 'x';
    path[XENSTORE_ABS_PATH_MAX + 1] = '\0';
    assert_string_equal(ask(dom0, XS_READ, 0, path), "EINVAL");
    path[0] = 'x';
    path[XENSTORE_REL_PATH_MAX + 1] = '\0';
    assert_string_equal(ask(dom0, XS_READ, 0, path), "EINVAL");
    path[XENSTORE_REL_PATH_MAX] = '\0';
    assert_string_equal(ask(dom0, XS_READ, 0, path), "ENOENT");
}

static void rm_wants_a_parent_and_nothing_more(void **state)
{
    write_node(dom0, 0, "/a/b/c", "v");
    assert_string_equal(ask(dom0, XS_RM, 0, "/a/x"), "OK");
    assert_string_equal(ask(dom0, XS_RM, 0, "/x/y"), "ENOENT");
    assert_string_equal(ask(dom0, XS_RM, 0, "/a"), "OK");
    assert_string_equal(ask(dom0, XS_READ, 0, "/a/b/c"), "ENOENT");
}

static void a_long_list_comes_in_parts(void **state)
{
    char path[64], list[20000];
    size_t len = 0;

    for (int i = 0; i < 500; i++) {
        snprintf(path, sizeof(path), "/big/a-rather-long-name-%04d", i);
        write_node(dom0, 0, path, "");
    }
    assert_string_equal(ask(dom0, XS_DIRECTORY, 0, "/big"), "E2BIG");
    for (;;) {
        char offset[16];
        size_t gen = 0;

        snprintf(offset, sizeof(offset), "%zu", len);
        two(dom0, XS_DIRECTORY_PART, "/big", offset);
        assert_int_equal(reply.hdr.type, XS_DIRECTORY_PART);
        gen = strlen(reply.body) + 1;
        memcpy(list + len, reply.body + gen, reply.hdr.len - gen);
        len += reply.hdr.len - gen;
        if (len < 2 || !list[len - 2])
            break;
    }
    assert_int_equal(len, 500 * 24 + 1);
    assert_string_equal(list + 499 * 24, "a-rather-long-name-0499");
}

static void guests_see_what_permissions_allow(void **state)
{
    write_node(dom0, 0, "/secret/x", "1");
    write_node(dom0, 0, "/shared", "1");
    two(dom0, XS_SET_PERMS, "/shared", "n0");
    assert_string_equal(ask(guest, XS_READ, 0, "/shared"), "EACCES");
    ask_bytes(dom0, XS_SET_PERMS, 0, "/shared\0n0\0r5", 14);
    assert_string_equal(ask(guest, XS_READ, 0, "/shared"), "1");
    assert_string_equal(write_node(guest, 0, "/shared", "2"), "EACCES");
    ask_bytes(dom0, XS_SET_PERMS, 0, "/shared\0n0\0w5", 14);
    assert_string_equal(write_node(guest, 0, "/shared", "2"), "OK");
    assert_string_equal(ask(guest, XS_READ, 0, "/shared"), "EACCES");
    ask_bytes(dom0, XS_SET_PERMS, 0, "/shared\0r0", 11);
    assert_string_equal(ask(guest, XS_READ, 0, "/shared"), "2");
    /* Whether it exists is not told either. */
    assert_string_equal(ask(guest, XS_READ, 0, "/secret/x"), "EACCES");
    assert_string_equal(ask(guest, XS_READ, 0, "/secret/none"), "EACCES");
    assert_string_equal(ask(guest, XS_RM, 0, "/secret/x"), "EACCES");
    assert_string_equal(ask(guest, XS_MKDIR, 0, "/secret/y"), "EACCES");
}

static void what_a_guest_creates_is_its_own(void **state)
{
    write_node(dom0, 0, "/local/domain/5/data", "");
    ask_bytes(dom0, XS_SET_PERMS, 0, "/local/domain/5/data\0n5\0r7", 27);
    assert_string_equal(write_node(guest, 0, "data/x/y", "v"), "OK");
    ask(dom0, XS_GET_PERMS, 0, "/local/domain/5/data/x");
    assert_memory_equal(reply.body, "n5\0r7", 6);
    assert_string_equal(two(guest, XS_SET_PERMS, "data/x", "r5"), "OK");
    assert_string_equal(two(guest, XS_SET_PERMS, "data/x", "r6"), "EPERM");
    assert_string_equal(two(guest, XS_SET_PERMS, "/local", "r5"), "EACCES");
    assert_int_equal(server.store.owned[5].nodes, 3);
}

static void malformed_permissions_are_refused(void **state)
{
    static const char *const bad[] = {"", "x5", "r", "rx", "r5 ", "r-1", "r0x5", "5"};

    write_node(dom0, 0, "/p", "");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_string_equal(two(dom0, XS_SET_PERMS, "/p", bad[i]), "EINVAL");
    assert_string_equal(ask_bytes(dom0, XS_SET_PERMS, 0, "/p\0r5", 5), "EINVAL");
    assert_string_equal(two(dom0, XS_SET_PERMS, "/p", "b70000"), "ENOENT");
    assert_string_equal(ask(dom0, XS_GET_PERMS, 0, "/p"), "n0");
}

static void only_domain_0_controls(void **state)
{
    assert_string_equal(ask(guest, XS_CONTROL, 0, "help"), "EACCES");
    assert_string_equal(ask(guest, XS_RELEASE, 0, "7"), "EACCES");
    assert_string_equal(ask_bytes(guest, XS_INTRODUCE, 0, "7\0001\0001", 6), "EACCES");
    assert_string_equal(two(guest, XS_SET_TARGET, "5", "0"), "EACCES");
    assert_string_equal(two(guest, XS_SET_PERMS, "@releaseDomain", "r5"), "EACCES");
}

static void a_transaction_is_a_snapshot(void **state)
{
    uint32_t tx = 0;

    write_node(dom0, 0, "/a", "1");
    tx = start(dom0);
    write_node(other, 0, "/a", "2");
    assert_string_equal(ask(dom0, XS_READ, tx, "/a"), "1");
    write_node(dom0, tx, "/b", "x");
    assert_string_equal(ask(other, XS_READ, 0, "/b"), "ENOENT");
    assert_string_equal(commit(dom0, tx), "EAGAIN");
    assert_string_equal(ask(other, XS_READ, 0, "/b"), "ENOENT");
    assert_string_equal(commit(dom0, tx), "ENOENT");
}

static void disjoint_transactions_never_conflict(void **state)
{
    uint32_t one = start(dom0), two_ = start(other);

    write_node(dom0, one, "/d/one/x", "1");
    write_node(other, two_, "/d/two/x", "2");
    assert_string_equal(commit(dom0, one), "OK");
    assert_string_equal(commit(other, two_), "OK");
    assert_string_equal(ask(dom0, XS_READ, 0, "/d/one/x"), "1");
    assert_string_equal(ask(dom0, XS_READ, 0, "/d/two/x"), "2");
}

static void a_transaction_that_only_reads_always_succeeds(void **state)
{
    uint32_t tx = 0;

    write_node(dom0, 0, "/a", "1");
    tx = start(dom0);
    ask(dom0, XS_READ, tx, "/a");
    write_node(other, 0, "/a", "2");
    assert_string_equal(commit(dom0, tx), "OK");
}

/* Each row: what the transaction does, what another does meanwhile, and the answer. */
static void conflicts_are_those_of_the_same_nodes(void **state)
{
    static const struct {
        uint32_t type;
        const char *path, *other_path;
        bool other_removes;
        const char *answer;
    } rows[] = {
        {XS_READ, "/c/a", "/c/a", false, "EAGAIN"},       /* it read what changed */
        {XS_READ, "/c/none", "/c/none", false, "EAGAIN"}, /* it saw that there was nothing */
        {XS_READ, "/c/a", "/c/b", false, "OK"},
        {XS_READ, "/c", "/c/new", false, "OK"}, /* a value is not the list */
        {XS_DIRECTORY, "/c", "/c/new", false, "EAGAIN"},
        {XS_DIRECTORY, "/c", "/c/a", false, "OK"}, /* a child's value is not the list either */
        {XS_DIRECTORY, "/c", "/c/a", true, "EAGAIN"},
        {XS_GET_PERMS, "/c/a", "/c/a", true, "EAGAIN"},
        {XS_RM, "/c/a", "/c/a/below", false, "EAGAIN"},
        {XS_RM, "/c/a", "/c/b", false, "OK"},
        {XS_MKDIR, "/c/a", "/c/a", false, "OK"}, /* it is there, whatever its value */
        {XS_MKDIR, "/c/a", "/c/a", true, "EAGAIN"},
        {XS_MKDIR, "/c/q", "/c", true, "EAGAIN"}, /* its parent went */
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint32_t tx = 0;

        ask(dom0, XS_RM, 0, "/c");
        write_node(dom0, 0, "/c/a", "1");
        write_node(dom0, 0, "/c/b", "1");
        tx = start(dom0);
        ask(dom0, rows[i].type, tx, rows[i].path);
        write_node(dom0, tx, "/elsewhere", "1");
        if (rows[i].other_removes)
            ask(other, XS_RM, 0, rows[i].other_path);
        else
            write_node(other, 0, rows[i].other_path, "2");
        if (strcmp(commit(dom0, tx), rows[i].answer) != 0)
            fail_msg("row %zu: %s, not %s", i, reply.body, rows[i].answer);
    }
}

static void both_writing_one_node_is_a_conflict(void **state)
{
    uint32_t tx = start(dom0);

    write_node(dom0, tx, "/w", "1");
    write_node(other, 0, "/w", "2");
    assert_string_equal(commit(dom0, tx), "EAGAIN");
    assert_string_equal(ask(dom0, XS_READ, 0, "/w"), "2");
}

static void a_discarded_transaction_leaves_nothing(void **state)
{
    uint32_t tx = start(dom0);
    uint32_t before = node_count(server.store.root);

    write_node(dom0, tx, "/q/w/e", "1");
    assert_string_equal(ask(dom0, XS_TRANSACTION_END, tx, "X"), "EINVAL");
    assert_string_equal(ask(dom0, XS_TRANSACTION_END, tx, "F"), "OK");
    assert_int_equal(node_count(server.store.root), before);
    assert_string_equal(ask(dom0, XS_READ, 77, "/"), "ENOENT");
    assert_string_equal(ask(dom0, XS_TRANSACTION_END, 0, "T"), "ENOENT");
}

static void watches_fire_for_what_changed(void **state)
{
    assert_string_equal(two(dom0, XS_WATCH, "/w", "tok"), "OK");
    assert_string_equal(event(dom0), "/w tok");
    assert_string_equal(two(dom0, XS_WATCH, "/w", "tok"), "EEXIST");
    write_node(other, 0, "/w/a/b", "1");
    assert_string_equal(event(dom0), "/w/a/b tok");
    ask(other, XS_MKDIR, 0, "/w/a");
    assert_string_equal(event(dom0), "");
    two(other, XS_SET_PERMS, "/w/a", "r0");
    assert_string_equal(event(dom0), "/w/a tok");
    ask(other, XS_RM, 0, "/w/none");
    assert_string_equal(event(dom0), "");
    write_node(other, 0, "/wx", "1");
    assert_string_equal(event(dom0), "");
    ask(other, XS_RM, 0, "/w");
    assert_string_equal(event(dom0), "/w tok");
    assert_string_equal(two(dom0, XS_UNWATCH, "/w", "tok"), "OK");
    assert_string_equal(two(dom0, XS_UNWATCH, "/w", "tok"), "ENOENT");
    write_node(other, 0, "/w", "1");
    assert_string_equal(event(dom0), "");
}

static void a_removed_parent_tells_those_who_watch_below(void **state)
{
    write_node(dom0, 0, "/p/q/r", "1");
    two(dom0, XS_WATCH, "/p/q/r", "r");
    assert_string_equal(event(dom0), "/p/q/r r");
    two(dom0, XS_WATCH, "/p/q/none", "none");
    assert_string_equal(event(dom0), "/p/q/none none");
    ask(other, XS_RM, 0, "/p");
    assert_string_equal(event(dom0), "/p/q/r r");
    assert_string_equal(event(dom0), "");
}

static void a_watch_may_be_limited_in_depth(void **state)
{
    ask_bytes(dom0, XS_WATCH, 0, "/d\0zero\0000", 10);
    assert_string_equal(event(dom0), "/d zero");
    ask_bytes(dom0, XS_WATCH, 0, "/d\0one\0001", 9);
    assert_string_equal(event(dom0), "/d one");
    write_node(other, 0, "/d", "1");
    assert_string_equal(event(dom0), "/d zero");
    assert_string_equal(event(dom0), "/d one");
    write_node(other, 0, "/d/x", "1");
    assert_string_equal(event(dom0), "/d/x one");
    write_node(other, 0, "/d/x/y", "1");
    assert_string_equal(event(dom0), "");
    assert_string_equal(ask_bytes(dom0, XS_WATCH, 0, "/d\0t\0x", 7), "EINVAL");
}

static void a_relative_watch_has_relative_events(void **state)
{
    write_node(dom0, 0, "/local/domain/5/x", "1");
    ask_bytes(dom0, XS_SET_PERMS, 0, "/local/domain/5/x\0n5", 21);
    two(guest, XS_WATCH, "x", "t");
    assert_string_equal(event(guest), "x t");
    write_node(dom0, 0, "/local/domain/5/x", "2");
    assert_string_equal(event(guest), "x t");
}

static void guests_hear_only_of_what_they_may_read(void **state)
{
    two(guest, XS_WATCH, "/", "t");
    assert_string_equal(event(guest), "/ t");
    write_node(dom0, 0, "/secret", "1");
    assert_string_equal(event(guest), "");
    write_node(dom0, 0, "/open", "1");
    two(dom0, XS_SET_PERMS, "/open", "r0");
    assert_string_equal(event(guest), "/open t");
    ask(dom0, XS_RM, 0, "/open");
    assert_string_equal(event(guest), "/open t");
}

static void a_commit_tells_of_each_changed_node_once(void **state)
{
    uint32_t tx = 0;

    two(other, XS_WATCH, "/t", "t");
    assert_string_equal(event(other), "/t t");
    tx = start(dom0);
    write_node(dom0, tx, "/t/1", "a");
    write_node(dom0, tx, "/t/2", "a");
    write_node(dom0, tx, "/t/1", "b");
    ask(dom0, XS_RM, tx, "/t/2");
    assert_string_equal(event(other), "");
    assert_string_equal(commit(dom0, tx), "OK");
    assert_string_equal(event(other), "/t/1 t");
    assert_string_equal(event(other), "");
}

static void reset_forgets_watches_and_transactions(void **state)
{
    uint32_t tx = start(dom0);

    two(dom0, XS_WATCH, "/r", "t");
    assert_string_equal(event(dom0), "/r t");
    assert_string_equal(ask(dom0, XS_RESET_WATCHES, 0, ""), "OK");
    write_node(other, 0, "/r", "1");
    assert_string_equal(event(dom0), "");
    assert_string_equal(ask(dom0, XS_READ, tx, "/"), "ENOENT");
}

static void quotas_bound_a_guest_and_nobody_else(void **state)
{
    char path[64];
    int made = 0;

    server.quotas.global[QUOTA_NODES] = 20;
    server.quotas.global[QUOTA_WATCHES] = 3;
    server.quotas.global[QUOTA_TRANSACTIONS] = 2;
    server.quotas.global[QUOTA_NODE_SIZE] = 10;
    server.quotas.global[QUOTA_PERMS] = 2;
    write_node(dom0, 0, "/g", "");
    two(dom0, XS_SET_PERMS, "/g", "n5");
    for (; made < 100; made++) {
        snprintf(path, sizeof(path), "/g/%d", made);
        if (strcmp(write_node(guest, 0, path, ""), "OK") != 0)
            break;
    }
    assert_string_equal(reply.body, "ENOSPC");
    assert_int_equal(made, 19);
    assert_string_equal(write_node(guest, 0, "/g/1", "longer than ten"), "ENOSPC");
    assert_string_equal(ask_bytes(guest, XS_SET_PERMS, 0, "/g/1\0n5\0r1\0r2", 14), "ENOSPC");
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "w%d", i);
        assert_string_equal(two(guest, XS_WATCH, "/g", path), "OK");
    }
    assert_string_equal(two(guest, XS_WATCH, "/g", "more"), "ENOSPC");
    start(guest);
    start(guest);
    assert_string_equal(ask(guest, XS_TRANSACTION_START, 0, ""), "ENOSPC");
    assert_string_equal(write_node(dom0, 0, "/g/dom0", "longer than ten"), "OK");
    /* One domain's own limit. */
    assert_string_equal(ask_bytes(dom0, XS_CONTROL, 0, "quota\0set\0nodes\00030\0005", 21), "OK");
    assert_string_equal(write_node(guest, 0, "/g/again", ""), "OK");
}

static char logged[4096];

static void keep_log(const char *text)
{
    strncat(logged, text, sizeof(logged) - strlen(logged) - 2);
    strcat(logged, "\n");
}

static void a_refusal_is_logged_once_with_quota_and_domain(void **state)
{
    server.log = keep_log;
    logged[0] = '\0';
    server.quotas.global[QUOTA_WATCHES] = 1;
    two(guest, XS_WATCH, "/", "0");
    two(guest, XS_WATCH, "/", "1");
    two(guest, XS_WATCH, "/", "2");
    assert_string_equal(logged, "quota watches of domain 5: wanted 2, limit 1\n");
}

static void a_transaction_s_work_is_bounded(void **state)
{
    char path[32];
    uint32_t tx = 0;
    int i = 0;

    server.quotas.global[QUOTA_TRANSACTION_NODES] = 10;
    tx = start(guest);
    for (; i < 100; i++) {
        snprintf(path, sizeof(path), "/n%d", i);
        if (strcmp(ask(guest, XS_READ, tx, path), "ENOSPC") == 0)
            break;
    }
    assert_int_equal(i, 10);
}

static void who_does_not_read_events_costs_little(void **state)
{
    char path[32];

    write_node(dom0, 0, "/local/domain/5/e", "");
    two(dom0, XS_SET_PERMS, "/local/domain/5/e", "n5");
    two(guest, XS_WATCH, "e", "t");
    guest->out_room = 0;
    for (int i = 0; i < 5000; i++) {
        snprintf(path, sizeof(path), "/local/domain/5/e/%d", i);
        write_node(dom0, 0, path, "");
    }
    memory_settle(&server);
    assert_in_range(guest->conn.nr_out, 2, 1100);
    guest->out_room = SIZE_MAX;
    conn_service(&guest->conn);
    assert_int_equal(guest->conn.nr_out, 0);
    write_node(dom0, 0, "/local/domain/5/e/last", "");
    memory_settle(&server);
    while (memory_receive(guest, &reply) && guest->out_at)
        ;
    assert_string_equal(reply.body, "e/last");
}

static void who_floods_waits_for_its_turn(void **state)
{
    struct xsd_sockmsg hdr = {.type = XS_READ, .len = 2};

    for (int i = 0; i < 1000; i++) {
        memory_send(guest, &hdr, sizeof(hdr));
        memory_send(guest, "/", 2);
    }
    conn_service(&guest->conn);
    assert_true(guest->conn.runnable);
    assert_in_range(server.requests, 1, 100);
    memory_settle(&server);
    assert_int_equal(server.requests, 1000);
}

static void an_overlong_message_ends_the_connection(void **state)
{
    struct xsd_sockmsg hdr = {.type = XS_READ, .len = XENSTORE_PAYLOAD_MAX + 1};
    bool released = false;

    guest->released = &released;
    memory_send(guest, &hdr, sizeof(hdr));
    conn_service(&guest->conn);
    memory_settle(&server);
    assert_true(released);
    assert_string_equal(ask(dom0, XS_READ, 0, "/"), "");
}

static void a_gone_domain_leaves_nothing(void **state)
{
    struct domain *domain = domain_make(&server, 5);

    domain->introduced = true;
    write_node(dom0, 0, "/local/domain/5/data/x", "1");
    two(dom0, XS_SET_PERMS, "/local/domain/5/data", "n5");
    write_node(dom0, 0, "/backend/5", "1");
    ask_bytes(dom0, XS_SET_PERMS, 0, "/backend/5\0n0\0r5", 17);
    write_node(dom0, 0, "/owned/keep", "1");
    two(dom0, XS_WATCH, "/local/domain/5/data/x", "x");
    assert_string_equal(event(dom0), "/local/domain/5/data/x x");
    two(dom0, XS_WATCH, "@releaseDomain", "gone");
    assert_string_equal(event(dom0), "@releaseDomain gone");
    ask_bytes(other, XS_WATCH, 0, "@releaseDomain\0which\0001", 23);
    assert_string_equal(event(other), "@releaseDomain which");
    assert_string_equal(ask(other, XS_IS_DOMAIN_INTRODUCED, 0, "5"), "T");
    assert_string_equal(ask(other, XS_RELEASE, 0, "5"), "OK");
    assert_string_equal(event(other), "");
    assert_string_equal(event(dom0), "/local/domain/5/data/x x");
    assert_string_equal(event(dom0), "@releaseDomain gone");
    assert_string_equal(ask(other, XS_IS_DOMAIN_INTRODUCED, 0, "5"), "F");
    assert_string_equal(ask(dom0, XS_READ, 0, "/local/domain/5/data"), "ENOENT");
    ask(dom0, XS_GET_PERMS, 0, "/backend/5");
    assert_int_equal(reply.hdr.len, 3);
    assert_int_equal(server.store.owned[5].nodes, 0);
    assert_string_equal(ask(dom0, XS_RELEASE, 0, "5"), "ENOENT");
}

static void a_device_model_acts_for_its_target(void **state)
{
    domain_make(&server, 5)->introduced = true;
    domain_make(&server, 6)->introduced = true;
    domain_find(&server, 5)->conn = &guest->conn;
    write_node(dom0, 0, "/of6", "1");
    two(dom0, XS_SET_PERMS, "/of6", "n6");
    assert_string_equal(ask(guest, XS_READ, 0, "/of6"), "EACCES");
    assert_string_equal(two(dom0, XS_SET_TARGET, "5", "6"), "OK");
    assert_string_equal(write_node(guest, 0, "/of6", "2"), "OK");
    assert_string_equal(ask(dom0, XS_RELEASE, 0, "6"), "OK");
    assert_string_equal(ask(guest, XS_READ, 0, "/of6"), "EACCES");
    domain_find(&server, 5)->conn = NULL;
}

static void without_a_hypervisor_nobody_is_introduced(void **state)
{
    assert_string_equal(ask_bytes(dom0, XS_INTRODUCE, 0, "7\0001\0001", 6), "ENOSYS");
    assert_string_equal(ask(dom0, XS_GET_DOMAIN_PATH, 0, "7"), "/local/domain/7");
    assert_string_equal(ask(dom0, XS_GET_DOMAIN_PATH, 0, "x"), "EINVAL");
    assert_string_equal(ask(dom0, XS_RESUME, 0, "7"), "ENOENT");
}

static void control_commands_answer(void **state)
{
    assert_string_equal(ask(dom0, XS_CONTROL, 0, "check"), "OK");
    assert_non_null(strstr(ask(dom0, XS_CONTROL, 0, "help"), "memreport"));
    assert_non_null(strstr(ask(dom0, XS_CONTROL, 0, "quota"), "transaction-nodes"));
    assert_non_null(strstr(two(dom0, XS_CONTROL, "quota", "0"), "Domain 0"));
    assert_string_equal(two(dom0, XS_CONTROL, "quota", "99"), "ENOENT");
    assert_string_equal(ask(dom0, XS_CONTROL, 0, "live-update"), "EINVAL");
    assert_string_equal(ask(dom0, XS_CONTROL, 0, ""), "EINVAL");
}

/* At most 200 bytes a node beyond its name and value. */
static void nodes_are_lean(void **state)
{
    const struct actor self = {.domid = 0, .target = DOMAIN_NONE};
    struct view view = store_view(&server.store);
    size_t before = mallinfo2().uordblks;
    struct path path;
    char text[64];

    for (int i = 0; i < 120000; i++) {
        snprintf(text, sizeof(text), "/m/%d/%d", i / 100, i % 100);
        path_make(&path, 0, text);
        assert_int_equal(view_write(&view, &self, &path, "v", 1), 0);
    }
    assert_int_equal(node_count(server.store.root), 120000 + 1200 + 2);
    assert_in_range((mallinfo2().uordblks - before) / 120000, 0, 200);
    path_make(&path, 0, "/m");
    assert_int_equal(view_rm(&view, &self, &path), 0);
    assert_int_equal(node_count(server.store.root), 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_write_makes_its_parents),
        T(children_keep_the_order_of_their_creation),
        T(malformed_paths_are_refused),
        T(path_lengths_end_where_the_protocol_says),
        T(rm_wants_a_parent_and_nothing_more),
        T(a_long_list_comes_in_parts),
        T(guests_see_what_permissions_allow),
        T(what_a_guest_creates_is_its_own),
        T(malformed_permissions_are_refused),
        T(only_domain_0_controls),
        T(a_transaction_is_a_snapshot),
        T(disjoint_transactions_never_conflict),
        T(a_transaction_that_only_reads_always_succeeds),
        T(conflicts_are_those_of_the_same_nodes),
        T(both_writing_one_node_is_a_conflict),
        T(a_discarded_transaction_leaves_nothing),
        T(watches_fire_for_what_changed),
        T(a_removed_parent_tells_those_who_watch_below),
        T(a_watch_may_be_limited_in_depth),
        T(a_relative_watch_has_relative_events),
        T(guests_hear_only_of_what_they_may_read),
        T(a_commit_tells_of_each_changed_node_once),
        T(reset_forgets_watches_and_transactions),
        T(quotas_bound_a_guest_and_nobody_else),
        T(a_refusal_is_logged_once_with_quota_and_domain),
        T(a_transaction_s_work_is_bounded),
        T(who_does_not_read_events_costs_little),
        T(who_floods_waits_for_its_turn),
        T(an_overlong_message_ends_the_connection),
        T(a_gone_domain_leaves_nothing),
        T(a_device_model_acts_for_its_target),
        T(without_a_hypervisor_nobody_is_introduced),
        T(control_commands_answer),
        T(nodes_are_lean),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
