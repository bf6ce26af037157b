/* SPDX-License-Identifier: MIT */
/*
 * Random operations by 50 clients, in and out of transactions, against a model so simple that it
 * is right: an array of nodes.  A transaction sees the model as it was at its start, with its own
 * changes; when it commits, what it read must still hold, and its changes happen in the model.
 * Clients that stay in their own subtree must never be told to start again.
 *
 *     test-store-model [--operations N]     (100,000)
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "ask.h"

#define CLIENTS 50
#define A       4
#define B       4
#define NODES   (CLIENTS + CLIENTS * A + CLIENTS * A * B)
#define OPS     40 /* of one transaction */

/* Nodes are numbered: /cC, then /cC/aA, then /cC/aA/bB. */
struct model {
    struct {
        bool exists;
        uint32_t order; /* of its creation, among all */
        char value[12];
    } node[NODES];
};

enum op_kind { READ, LIST, WRITE, MKDIR, RM, OP_KINDS };

struct op {
    enum op_kind kind;
    int node;
    bool foreign;  /* a read that rests on nothing the transaction has done itself */
    char text[64]; /* what was written, or read */
};

struct client {
    struct memory_conn *conn;
    uint32_t tx;
    struct model view; /* as the transaction sees it */
    struct op op[OPS];
    int nr;
};

static int operations = 100000;
static struct model model;
static uint32_t seed, created;

static uint32_t rnd(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

/* -1: the root. */
static int parent_of(int node)
{
    if (node < CLIENTS)
        return -1;
    if (node < CLIENTS + CLIENTS * A)
        return (node - CLIENTS) / A;
    return CLIENTS + (node - CLIENTS - CLIENTS * A) / B;
}

static int first_child(int node, int *nr)
{
    *nr = node < CLIENTS ? A : node < CLIENTS + CLIENTS * A ? B : 0;
    if (node < CLIENTS)
        return CLIENTS + node * A;
    return CLIENTS + CLIENTS * A + (node - CLIENTS) * B;
}

static int owner_of(int node)
{
    while (parent_of(node) >= 0)
        node = parent_of(node);
    return node;
}

static int node_of_client(int client)
{
    int a = rnd(A), level = rnd(8);

    if (level == 0)
        return client;
    if (level < 3)
        return CLIENTS + client * A + a;
    return CLIENTS + CLIENTS * A + (client * A + a) * B + rnd(B);
}

static size_t name_of(int node, char *text, size_t size)
{
    if (node < CLIENTS)
        return snprintf(text, size, "c%d", node);
    if (node < CLIENTS + CLIENTS * A)
        return snprintf(text, size, "a%d", (node - CLIENTS) % A);
    return snprintf(text, size, "b%d", (node - CLIENTS - CLIENTS * A) % B);
}

static size_t path_of(int node, char *text, size_t size)
{
    size_t len = parent_of(node) >= 0 ? path_of(parent_of(node), text, size) : 0;

    text[len++] = '/';
    return len + name_of(node, text + len, size - len);
}

static void model_make(struct model *m, int node)
{
    if (node < 0 || m->node[node].exists)
        return;
    model_make(m, parent_of(node));
    m->node[node].exists = true;
    m->node[node].order = ++created;
    m->node[node].value[0] = '\0';
}

static void model_rm(struct model *m, int node)
{
    int nr = 0, child = first_child(node, &nr);

    m->node[node].exists = false;
    for (int i = 0; i < nr; i++)
        model_rm(m, child + i);
}

static const char *model_list(const struct model *m, int node)
{
    static char text[64];
    int nr = 0, child = first_child(node, &nr);
    uint32_t last = 0;
    size_t len = 0;

    text[0] = '\0';
    for (int found = 0; found >= 0;) {
        found = -1;
        for (int i = child; i < child + nr; i++) {
            if (m->node[i].exists && m->node[i].order > last &&
                (found < 0 || m->node[i].order < m->node[found].order))
                found = i;
        }
        if (found >= 0) {
            last = m->node[found].order;
            len += name_of(found, text + len, sizeof(text) - len);
            text[len++] = '|';
            text[len] = '\0';
        }
    }
    return text;
}

/* What the daemon must answer; the model changes as it does. */
static const char *model_do(struct model *m, const struct op *op)
{
    int parent = parent_of(op->node);

    switch (op->kind) {
    case READ:
        return m->node[op->node].exists ? m->node[op->node].value : "ENOENT|";
    case LIST:
        return m->node[op->node].exists ? model_list(m, op->node) : "ENOENT|";
    case WRITE:
        model_make(m, op->node);
        strcpy(m->node[op->node].value, op->text);
        return "OK|";
    case MKDIR:
        model_make(m, op->node);
        return "OK|";
    default:
        if (parent >= 0 && !m->node[parent].exists)
            return "ENOENT|";
        model_rm(m, op->node);
        return "OK|";
    }
}

static const char *daemon_do(struct client *c, const struct op *op)
{
    static const uint32_t types[OP_KINDS] = {XS_READ, XS_DIRECTORY, XS_WRITE, XS_MKDIR, XS_RM};
    char request[96];
    size_t len = path_of(op->node, request, sizeof(request));

    request[len++] = '|';
    strcpy(request + len, op->kind == WRITE ? op->text : "");
    return ask_barred(c->conn, types[op->kind], c->tx, request);
}

/* True when nothing that the transaction has changed can matter to what it reads at a node. */
static bool is_foreign(const struct client *c, int node)
{
    for (int i = 0; i < c->nr; i++) {
        if (c->op[i].kind >= WRITE && owner_of(c->op[i].node) == owner_of(node))
            return false;
    }
    return true;
}

static void one_operation(struct client *c, int node)
{
    struct op op = {.kind = rnd(OP_KINDS), .node = node, .foreign = is_foreign(c, node)};
    const char *expected = NULL;

    if (op.kind == WRITE)
        snprintf(op.text, sizeof(op.text), "%u", rnd(100000));
    expected = model_do(c->tx ? &c->view : &model, &op);
    assert_string_equal(daemon_do(c, &op), expected);
    if (op.kind < WRITE)
        snprintf(op.text, sizeof(op.text), "%s", expected);
    /* What failed has changed nothing. */
    if (c->tx && !(op.kind >= WRITE && expected[0] == 'E'))
        c->op[c->nr++] = op;
}

static void begin(struct client *c)
{
    c->tx = start(c->conn);
    assert_int_not_equal(c->tx, 0);
    c->view = model;
    c->nr = 0;
}

/* @return false when the daemon wanted it again */
static bool end(struct client *c)
{
    bool wrote = false, discard = rnd(10) == 0, ok = false;

    ok = strcmp(ask(c->conn, XS_TRANSACTION_END, c->tx, discard ? "F" : "T"), "OK") == 0;
    for (int i = 0; i < c->nr; i++)
        wrote = wrote || c->op[i].kind >= WRITE;
    /* As if it all happened now: its reads first, then its changes. */
    for (int i = 0; ok && wrote && !discard && i < c->nr; i++) {
        if (c->op[i].kind < WRITE && c->op[i].foreign)
            assert_string_equal(model_do(&model, &c->op[i]), c->op[i].text);
    }
    for (int i = 0; ok && !discard && i < c->nr; i++) {
        if (c->op[i].kind >= WRITE)
            assert_string_equal(model_do(&model, &c->op[i]), "OK|");
    }
    c->tx = 0;
    c->nr = 0;
    return ok || discard;
}

static void check_tree(struct client *c)
{
    for (int node = 0; node < NODES; node++) {
        for (enum op_kind kind = READ; kind <= LIST; kind++) {
            struct op op = {.kind = kind, .node = node};

            assert_string_equal(daemon_do(c, &op), model_do(&model, &op));
        }
    }
}

/* @return how often a transaction had to start again */
static int run(uint32_t with_seed, int steps, bool own_subtree_only)
{
    static struct client clients[CLIENTS];
    struct server server;
    int again = 0;

    seed = with_seed;
    memset(&model, 0, sizeof(model));
    memset(clients, 0, sizeof(clients));
    assert_int_equal(server_init(&server), 0);
    for (int i = 0; i < CLIENTS; i++)
        clients[i].conn = memory_connect(&server, 0);
    for (int step = 0; step < steps; step++) {
        int who = rnd(CLIENTS);
        struct client *c = &clients[who];

        if (c->tx && (c->nr == OPS || rnd(8) == 0))
            again += !end(c);
        else if (!c->tx && rnd(6) == 0)
            begin(c);
        else
            one_operation(c, node_of_client(own_subtree_only ? who : (int)rnd(CLIENTS)));
    }
    for (int i = 0; i < CLIENTS; i++)
        again += clients[i].tx ? !end(&clients[i]) : 0;
    check_tree(&clients[0]);
    assert_int_equal(store_check(&server.store), 0);
    server_free(&server);
    return again;
}

static void disjoint_clients_never_start_again(void **state)
{
    assert_int_equal(run(1, operations, true), 0);
}

static void the_tree_equals_the_model(void **state)
{
    int again = run(2, operations, false);

    /* Clients that meet do conflict now and then, or this would test little. */
    assert_in_range(again, 1, operations / 10);
    print_message("%d operations, %d transactions had to start again\n", operations, again);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(disjoint_clients_never_start_again),
        cmocka_unit_test(the_tree_equals_the_model),
    };

    if (argc == 3 && strcmp(argv[1], "--operations") == 0)
        operations = atoi(argv[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
