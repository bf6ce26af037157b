/* SPDX-License-Identifier: MIT */
/*
 * Guests that mean ill: flood, stall, write garbage, never read.  Each costs bounded memory, and
 * delays nobody else by more than a bounded number of requests.
 */

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "ask.h"
#include "transaction.h"

static struct server server;
static struct memory_conn *dom0, *good, *bad;

static int setup(void **state)
{
    assert_int_equal(server_init(&server), 0);
    dom0 = memory_connect(&server, 0);
    good = memory_connect(&server, 5);
    bad = memory_connect(&server, 6);
    domain_make(&server, 5)->introduced = true;
    domain_make(&server, 6)->introduced = true;
    for (int domid = 5; domid <= 6; domid++) {
        char path[32], perm[8];

        snprintf(path, sizeof(path), "/local/domain/%d", domid);
        snprintf(perm, sizeof(perm), "b%d", domid);
        ask(dom0, XS_MKDIR, 0, path);
        assert_string_equal(two(dom0, XS_SET_PERMS, 0, path, perm), "OK");
    }
    return 0;
}

static int teardown(void **state)
{
    memory_settle(&server);
    assert_int_equal(store_check(&server.store), 0);
    server_free(&server);
    return 0;
}

static size_t heap(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

static void queue(struct memory_conn *c, uint32_t type, const void *body, size_t len)
{
    struct xsd_sockmsg hdr = {.type = type, .req_id = 7, .len = len};

    memory_send(c, &hdr, sizeof(hdr));
    memory_send(c, body, len);
}

static uint64_t served(void)
{
    return server.requests;
}

static void a_flood_delays_others_by_one_turn(void **state)
{
    uint64_t before = 0;

    for (int i = 0; i < 10000; i++)
        queue(bad, XS_WRITE, "x\0value", 7);
    conn_service(&bad->conn);
    queue(good, XS_READ, "/", 2);
    conn_wake(&good->conn);
    before = served();
    while (!good->out_len && server_run(&server))
        ;
    assert_true(good->out_len);
    assert_in_range(served() - before, 1, 64);
}

static void many_floods_delay_others_by_one_turn_each(void **state)
{
    struct memory_conn *more[20];
    uint64_t before = 0;

    for (int i = 0; i < 20; i++) {
        more[i] = memory_connect(&server, 100 + i);
        for (int j = 0; j < 2000; j++)
            queue(more[i], XS_READ, "/", 2);
        conn_service(&more[i]->conn);
    }
    queue(good, XS_READ, "/", 2);
    conn_wake(&good->conn);
    before = served();
    while (!good->out_len && server_run(&server))
        ;
    assert_in_range(served() - before, 1, 21 * 32 + 1);
}

static void a_flood_of_one_connection_cannot_be_renewed_by_output(void **state)
{
    /* Who has much to read is not asked for more. */
    bad->out_room = 0;
    for (int i = 0; i < 5000; i++)
        queue(bad, XS_READ, "/", 2);
    conn_service(&bad->conn);
    memory_settle(&server);
    assert_in_range(bad->conn.nr_out, 1, 64);
    assert_true(bad->in_len - bad->in_at > 4000 * 18);
    /* As soon as it reads it is served again. */
    bad->out_room = SIZE_MAX;
    conn_service(&bad->conn);
    memory_settle(&server);
    assert_int_equal(bad->in_len, bad->in_at);
}

static void events_that_nobody_reads_are_bounded(void **state)
{
    size_t before = 0;

    for (int i = 0; i < 128; i++) {
        char token[16];

        snprintf(token, sizeof(token), "t%d", i);
        assert_string_equal(two(bad, XS_WATCH, 0, "/local/domain/6", token), "OK");
    }
    while (memory_receive(bad, &reply))
        ;
    bad->out_room = 0;
    before = heap();
    for (int i = 0; i < 3000; i++) {
        char path[48];

        snprintf(path, sizeof(path), "/local/domain/6/%d", i % 50);
        assert_string_equal(two(dom0, XS_WRITE, 0, path, "x"), "OK");
    }
    memory_settle(&server);
    assert_in_range(heap() - before, 0, 1024 * 1024);
    assert_in_range(bad->conn.nr_out, 1, 1024 + 128);
    /* It may have lost details, but each watch fires. */
    bad->out_room = SIZE_MAX;
    conn_service(&bad->conn);
    memory_settle(&server);
    two(dom0, XS_WRITE, 0, "/local/domain/6/last", "x");
    for (int i = 0; i < 128; i++) {
        bool fired = false;

        while (!fired && memory_receive(bad, &reply))
            fired = reply.hdr.type == XS_WATCH_EVENT;
        assert_true(fired);
    }
}

static void long_tokens_are_paid_from_the_domain_s_memory(void **state)
{
    char token[2000];
    size_t before = heap();
    int set = 0;

    server.quotas.global[QUOTA_MEMORY] = 100 * 1024;
    server.quotas.global[QUOTA_WATCHES] = 1000;
    memset(token, 't', sizeof(token));
    for (; set < 1000; set++) {
        snprintf(token + 1900, 20, "%d", set);
        if (strcmp(two(bad, XS_WATCH, 0, "/x", token), "OK") != 0)
            break;
    }
    assert_string_equal(reply.body, "ENOSPC");
    assert_in_range(set, 20, 60);
    assert_in_range(heap() - before, 0, 400 * 1024);
    assert_string_equal(two(good, XS_WATCH, 0, "/x", token), "OK");
    /* What it gives back it can use again. */
    assert_string_equal(ask(bad, XS_RESET_WATCHES, 0, ""), "OK");
    memory_settle(&server);
    assert_string_equal(two(bad, XS_WATCH, 0, "/x", token), "OK");
}

static void large_values_too(void **state)
{
    char value[2001], path[16];
    int made = 0;

    memset(value, 'v', 2000);
    value[2000] = '\0';
    server.quotas.global[QUOTA_MEMORY] = 100 * 1024;
    for (; made < 1000; made++) {
        snprintf(path, sizeof(path), "n%d", made);
        if (strcmp(two(bad, XS_WRITE, 0, path, value), "OK") != 0)
            break;
    }
    assert_string_equal(reply.body, "ENOSPC");
    assert_in_range(made, 40, 50);
    assert_string_equal(ask(bad, XS_RM, 0, "n0"), "OK");
    assert_string_equal(two(bad, XS_WRITE, 0, "n0", value), "OK");
    assert_string_equal(two(good, XS_WRITE, 0, "n0", value), "OK");
    /* Domain 0 may always give it more. */
    assert_string_equal(two(dom0, XS_WRITE, 0, "/local/domain/6/more", value), "OK");
}

static void changes_in_a_transaction_too(void **state)
{
    char value[2001];
    uint32_t tx = start(bad);
    int made = 0;

    memset(value, 'v', 2000);
    value[2000] = '\0';
    server.quotas.global[QUOTA_MEMORY] = 100 * 1024;
    for (; made < 1000; made++) {
        if (strcmp(two(bad, XS_WRITE, tx, "same", value), "OK") != 0)
            break;
    }
    assert_string_equal(reply.body, "ENOSPC");
    assert_in_range(made, 20, 60);
    assert_string_equal(ask(bad, XS_TRANSACTION_END, tx, "F"), "OK");
    assert_int_equal(quota_work(&server.quotas, 6), 0);
}

static void old_snapshots_are_let_go(void **state)
{
    uint32_t mine = start(good), his = start(bad), dom0s = start(dom0);
    char path[64], value[500];
    size_t before = heap();

    memset(value, 'v', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    for (int i = 0; i < 100000; i++) {
        snprintf(path, sizeof(path), "/changing/%d/%d", i % 300, i % 1000);
        two(dom0, XS_WRITE, 0, path, value);
    }
    memory_settle(&server);
    assert_in_range(heap() - before, 0, 4 * 1024 * 1024);
    assert_string_equal(two(bad, XS_WRITE, his, "x", "x"), "OK");
    assert_string_equal(ask(bad, XS_TRANSACTION_END, his, "T"), "EAGAIN");
    assert_string_equal(ask(good, XS_TRANSACTION_END, mine, "F"), "OK");
    /* Domain 0's own reader has all the time it wants. */
    assert_string_equal(ask(dom0, XS_READ, dom0s, "/changing"), "ENOENT");
    assert_string_equal(ask(dom0, XS_TRANSACTION_END, dom0s, "T"), "OK");
}

/* One turn of the loop, in which the guest writes what the transaction has read. */
static void bad_writes(void)
{
    queue(bad, XS_WRITE, "state\0x", 7);
    conn_service(&bad->conn);
    server_run(&server);
    bad->out_len = bad->out_at = 0;
}

static void a_guest_cannot_keep_domain_0_from_committing(void **state)
{
    int tries = 0;
    bool done = false;

    two(bad, XS_WRITE, 0, "state", "x");
    while (!done && tries++ < 10) {
        uint32_t tx = start(dom0);

        ask(dom0, XS_READ, tx, "/local/domain/6/state");
        bad_writes();
        two(dom0, XS_WRITE, tx, "/seen", "x");
        bad_writes();
        done = strcmp(commit(dom0, tx), "OK") == 0;
    }
    assert_true(done);
    assert_in_range(tries, 4, 10);
    /* The guest had only to wait. */
    memory_settle(&server);
    assert_int_equal(bad->in_len, bad->in_at);
    bad->out_len = bad->out_at = 0;
    /* Not for ever: the transaction's client may never end it. */
    for (int i = 0; i < 3; i++)
        dom0->conn.conflicts++;
    start(dom0);
    server.alone_until = UINT64_MAX;
    queue(bad, XS_READ, "state", 6);
    conn_service(&bad->conn);
    assert_int_equal(bad->out_len, 0);
    server.alone_until = 0;
    memory_settle(&server);
    assert_true(bad->out_len);
}

static void garbage_ends_in_errors(void **state)
{
    char junk[300];

    srandom(3);
    for (int i = 0; i < 20000; i++) {
        struct xsd_sockmsg hdr = {.type = random() % 40, .tx_id = random() % 3};

        hdr.len = random() % sizeof(junk);
        for (size_t at = 0; at < hdr.len; at++)
            junk[at] = random() % 4 ? "/ab@"[random() % 4] : random() % 3;
        memory_send(bad, &hdr, sizeof(hdr));
        memory_send(bad, junk, hdr.len);
        conn_service(&bad->conn);
        bad->out_len = bad->out_at = 0;
    }
    memory_settle(&server);
    assert_string_equal(ask(good, XS_READ, 0, "/local/domain/5"), "");
    assert_string_equal(ask(dom0, XS_CONTROL, 0, "check"), "OK");
}

static void half_a_message_waits_without_harm(void **state)
{
    struct xsd_sockmsg hdr = {.type = XS_WRITE, .len = XENSTORE_PAYLOAD_MAX};

    memory_send(bad, &hdr, sizeof(hdr));
    memory_send(bad, "/x", 3);
    conn_service(&bad->conn);
    assert_false(server_run(&server));
    assert_string_equal(ask(good, XS_READ, 0, "/local/domain/5"), "");
}

static void a_domain_s_quota_is_its_own(void **state)
{
    char path[16];

    server.quotas.global[QUOTA_NODES] = 50;
    for (int i = 0; i < 100; i++) {
        snprintf(path, sizeof(path), "n%d", i);
        two(bad, XS_WRITE, 0, path, "");
    }
    assert_string_equal(reply.body, "ENOSPC");
    /* Nor can it fill another's where it may write: what it makes is its own. */
    two(dom0, XS_SET_PERMS, 0, "/local/domain/5", "b5");
    assert_string_equal(two(bad, XS_WRITE, 0, "/local/domain/5/mine", ""), "ENOSPC");
    for (int i = 0; i < 49; i++) {
        snprintf(path, sizeof(path), "n%d", i);
        assert_string_equal(two(good, XS_WRITE, 0, path, ""), "OK");
    }
    /* Another's nodes may not be given away. */
    assert_string_equal(two(bad, XS_SET_PERMS, 0, "n0", "n5"), "EPERM");
}

/* Counts all of a subtree as soon as it is removed, and frees it while others are served. */
static void a_large_removal_keeps_nobody_waiting(void **state)
{
    enum { DIRS = 100, IN_EACH = 200 };
    char path[32];
    uint32_t turns = 0;

    for (int i = 0; i < DIRS * IN_EACH; i++) {
        snprintf(path, sizeof(path), "/big/%d/%d", i / IN_EACH, i % IN_EACH);
        two(dom0, XS_WRITE, 0, path, "");
    }
    memory_settle(&server);
    memory_request(dom0, XS_RM, 0, "/big", 5);
    conn_service(&dom0->conn);
    assert_int_equal(store_check(&server.store), 0);
    assert_non_null(server.store.bin.dead);
    assert_true(memory_receive(dom0, &reply));
    assert_string_equal(reply.body, "OK");
    while (server_run(&server)) {
        turns++;
        assert_string_equal(ask(good, XS_READ, 0, "/local/domain/5"), "");
    }
    assert_in_range(turns, 4, DIRS * IN_EACH / 1000);
    assert_null(server.store.bin.dead);
    assert_int_equal(server.store.bin.slots, 0);
}

/* Who makes and removes without end is not faster than the freeing. */
static void what_was_removed_does_not_pile_up(void **state)
{
    char path[XENSTORE_ABS_PATH_MAX];
    size_t len = 0;

    for (int i = 0; i < 200; i++)
        len += snprintf(path + len, sizeof(path) - len, "%sd", i ? "/" : "");
    server.quotas.global[QUOTA_NODES] = 0;
    for (int round = 0; round < 2000; round++) {
        memory_request(bad, XS_MKDIR, 0, path, len + 1);
        memory_request(bad, XS_RM, 0, "d", 2);
        if (round % 16 != 15)
            continue;
        conn_service(&bad->conn);
        assert_int_not_equal(server.store.bin.slots, 0);
        server_run(&server);
        assert_int_equal(server.store.bin.slots, 0);
        assert_true(memory_receive(bad, &reply));
        assert_string_equal(reply.body, "OK");
        bad->out_len = bad->out_at = 0;
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_flood_delays_others_by_one_turn),
        T(many_floods_delay_others_by_one_turn_each),
        T(a_flood_of_one_connection_cannot_be_renewed_by_output),
        T(events_that_nobody_reads_are_bounded),
        T(long_tokens_are_paid_from_the_domain_s_memory),
        T(large_values_too),
        T(changes_in_a_transaction_too),
        T(old_snapshots_are_let_go),
        T(a_guest_cannot_keep_domain_0_from_committing),
        T(garbage_ends_in_errors),
        T(half_a_message_waits_without_harm),
        T(a_domain_s_quota_is_its_own),
        T(a_large_removal_keeps_nobody_waiting),
        T(what_was_removed_does_not_pile_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
