/* SPDX-License-Identifier: MIT */
/*
 * Random operations by many clients, in and out of transactions, against a model so simple that
 * it is right: a list of paths and values.  A transaction's writes happen in the model when it
 * commits; clients that stay in their own subtree must never be told to start again.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "memory_conn.h"

#define CLIENTS 10
#define NAMES   6
#define PATHS   (CLIENTS * NAMES * NAMES)
#define PENDING 64

/* Path number n is /cC/A/B; its value, or NULL when the model has none. */
static char *model[PATHS];

struct client {
    struct memory_conn *conn;
    uint32_t tx;
    struct {
        int path;
        char value[16]; /* empty: removed */
    } pending[PENDING];
    int nr;
};

static uint32_t seed;

static uint32_t rnd(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

static void path_text(int path, char *text, size_t size)
{
    snprintf(text, size, "/c%d/a%d/b%d", path / (NAMES * NAMES), path / NAMES % NAMES,
             path % NAMES);
}

static const char *answer(struct client *c, uint32_t type, uint32_t tx, const void *body,
                          size_t len)
{
    static struct reply reply;

    memory_request(c->conn, type, tx, body, len);
    assert_true(memory_receive(c->conn, &reply));
    return reply.body;
}

static void set_model(int path, const char *value)
{
    free(model[path]);
    model[path] = *value ? strdup(value) : NULL;
}

static void change(struct client *c, int path, const char *value)
{
    char body[96], text[64];
    int len = 0;

    path_text(path, text, sizeof(text));
    if (*value) {
        len = snprintf(body, sizeof(body), "%s%c%s", text, 0, value);
        assert_string_equal(answer(c, XS_WRITE, c->tx, body, len), "OK");
    } else if (strcmp(answer(c, XS_RM, c->tx, text, strlen(text) + 1), "OK") != 0) {
        return; /* no parent yet */
    }
    if (!c->tx) {
        set_model(path, value);
        return;
    }
    c->pending[c->nr].path = path;
    strcpy(c->pending[c->nr++].value, value);
}

/* @return false when the daemon wanted it again */
static bool end(struct client *c)
{
    bool ok = strcmp(answer(c, XS_TRANSACTION_END, c->tx, "T", 2), "OK") == 0;

    for (int i = 0; ok && i < c->nr; i++)
        set_model(c->pending[i].path, c->pending[i].value);
    c->tx = 0;
    c->nr = 0;
    return ok;
}

static void check_tree(struct client *c)
{
    static struct reply reply;
    char text[64];

    for (int i = 0; i < PATHS; i++) {
        path_text(i, text, sizeof(text));
        memory_request(c->conn, XS_READ, 0, text, strlen(text) + 1);
        assert_true(memory_receive(c->conn, &reply));
        assert_int_equal(reply.hdr.type, model[i] ? XS_READ : XS_ERROR);
        if (model[i])
            assert_string_equal(reply.body, model[i]);
    }
}

/* @return how often a transaction had to start again */
static int run(uint32_t with_seed, int steps, bool own_subtree_only)
{
    struct client clients[CLIENTS] = {0};
    struct server server;
    int again = 0;

    seed = with_seed;
    assert_int_equal(server_init(&server), 0);
    for (int i = 0; i < CLIENTS; i++)
        clients[i].conn = memory_connect(&server, 0);
    for (int step = 0; step < steps; step++) {
        int who = rnd(CLIENTS);
        struct client *c = &clients[who];
        int path =
            own_subtree_only ? (int)(who * NAMES * NAMES + rnd(NAMES * NAMES)) : (int)rnd(PATHS);
        char value[16] = "";

        if (rnd(4))
            snprintf(value, sizeof(value), "%u", rnd(100000) + 1);
        if (c->tx && (c->nr == PENDING || rnd(8) == 0))
            again += !end(c);
        else if (!c->tx && rnd(6) == 0)
            c->tx = atoi(answer(c, XS_TRANSACTION_START, 0, "", 1));
        else
            change(c, path, value);
    }
    for (int i = 0; i < CLIENTS; i++)
        again += clients[i].tx ? !end(&clients[i]) : 0;
    check_tree(&clients[0]);
    assert_int_equal(store_check(&server.store), 0);
    server_free(&server);
    for (int i = 0; i < PATHS; i++)
        set_model(i, "");
    return again;
}

static void disjoint_clients_never_start_again(void **state)
{
    for (uint32_t s = 1; s <= 5; s++)
        assert_int_equal(run(s, 20000, true), 0);
}

static void the_tree_equals_the_model(void **state)
{
    int again = 0;

    for (uint32_t s = 1; s <= 5; s++)
        again += run(s, 20000, false);
    /* Clients that meet do conflict now and then, or this would test little. */
    assert_in_range(again, 1, 100000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(disjoint_clients_never_start_again),
        cmocka_unit_test(the_tree_equals_the_model),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
