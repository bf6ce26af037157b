/* SPDX-License-Identifier: MIT */
#include "server.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "journal.h"
#include "sparse.h"
#include "trace.h"

#define BY_DOMID_BYTES (DOMAIN_IDS * sizeof(struct domain *))
#define REFUSALS_BYTES (DOMAIN_IDS * sizeof(struct refusal *))

/*
 * A transaction keeps a snapshot, which costs what has changed since.  A guest's may not live
 * through more changes than this.
 */
#define TRANSACTION_AGE 65536

/* After so many conflicts in a row a transaction of domain 0 runs alone, for so long at most. */
#define ALONE_AFTER 3
#define ALONE_NS    UINT64_C(20000000)

void server_log(struct server *server, const char *fmt, ...)
{
    char text[512];
    va_list args;

    if (!server->log)
        return;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    server->log(text);
}

/* Logged once a domain and quota, or a guest could fill the log; counted always. */
static void quota_refused(void *ctx, uint32_t domid, enum quota_id id, uint64_t wanted,
                          uint32_t limit)
{
    struct server *server = ctx;
    struct refusal *refusal = server->refusals[domid];

    if (!refusal)
        refusal = server->refusals[domid] = calloc(QUOTA_COUNT, sizeof(*refusal));
    if (!refusal)
        return;
    refusal[id].wanted = wanted;
    refusal[id].times += refusal[id].times < UINT32_MAX;
    if (refusal[id].times == 1)
        server_log(server, "quota %s of domain %u: wanted %llu, limit %u", quota_info[id].name,
                   domid, (unsigned long long)wanted, limit);
}

void server_forget_refusals(struct server *server, uint32_t domid)
{
    free(server->refusals[domid]);
    server->refusals[domid] = NULL;
}

static void quota_warned(void *ctx, uint32_t domid, uint64_t used, uint32_t limit)
{
    server_log(ctx, "domain %u uses %llu bytes of memory, soft limit %u", domid,
               (unsigned long long)used, limit);
}

static int init_special(struct server *server)
{
    for (int i = 0; i < SPECIAL_COUNT; i++) {
        server->special[i] = perms_get(&server->store.perms, &(struct perm){0}, 1);
        if (!server->special[i])
            return -ENOMEM;
    }
    return 0;
}

int server_init(struct server *server)
{
    int rc = 0;

    memset(server, 0, sizeof(*server));
    rc = quotas_init(&server->quotas);
    server->runnable_tail = &server->runnable;
    server->quotas.refused = quota_refused;
    server->quotas.warned = quota_warned;
    server->quotas.ctx = server;
    server->refusals = sparse_alloc(REFUSALS_BYTES);
    server->by_domid = sparse_alloc(BY_DOMID_BYTES);
    if (!server->by_domid || !server->refusals)
        rc = -ENOMEM;
    if (!rc)
        rc = store_init(&server->store, &server->quotas);
    if (!rc)
        rc = watch_table_init(&server->watches);
    if (!rc)
        rc = init_special(server);
    if (rc)
        server_free(server);
    return rc;
}

static void forget_update(struct update *update)
{
    free(update->program);
    free(update->args);
    memset(update, 0, sizeof(*update));
}

void server_free(struct server *server)
{
    /* What ends with the server is no change. */
    journal_close(server->journal);
    server->journal = NULL;
    while (server->conns)
        conn_free(server->conns);
    while (server->domains) {
        struct domain *next = server->domains->next;

        free(server->domains);
        server->domains = next;
    }
    sparse_free(server->by_domid, BY_DOMID_BYTES);
    server->by_domid = NULL;
    for (uint32_t i = 0; server->refusals && i < DOMAIN_IDS; i++)
        free(server->refusals[i]);
    sparse_free(server->refusals, REFUSALS_BYTES);
    server->refusals = NULL;
    for (int i = 0; i < SPECIAL_COUNT; i++) {
        perms_put(&server->store.perms, server->special[i]);
        server->special[i] = NULL;
    }
    store_free(&server->store);
    watch_table_free(&server->watches);
    quotas_free(&server->quotas);
    trace_close(server->trace);
    free(server->trace_file);
    forget_update(&server->update);
    server->trace = NULL;
    server->trace_file = NULL;
}

void server_end_update(struct server *server, const char *text)
{
    struct conn *conn = server->conns;
    struct xsd_sockmsg hdr = server->update.hdr;

    while (conn && conn->id != server->update.conn)
        conn = conn->next;
    forget_update(&server->update);
    text = text ? text : "OK";
    hdr.len = strlen(text) + 1;
    if (conn)
        conn_send(conn, &hdr, text);
}

static void reap(struct server *server)
{
    struct conn *conn = server->conns;

    while (conn && server->nr_dead) {
        struct conn *next = conn->next;

        if (conn->dead)
            conn_free(conn);
        conn = next;
    }
}

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

void server_tx_started(struct server *server, struct conn *conn)
{
    if (!actor_privileged(&conn->actor) || conn->conflicts < ALONE_AFTER || server->alone_conn)
        return;
    server->alone_conn = conn->id;
    server->alone_until = now_ns() + ALONE_NS;
}

void server_tx_ended(struct server *server, struct conn *conn, int rc)
{
    conn->conflicts = rc == -EAGAIN ? conn->conflicts + 1 : 0;
    if (server->alone_conn == conn->id)
        server->alone_conn = 0;
}

bool server_must_wait(struct server *server, const struct conn *conn)
{
    if (!server->alone_conn || actor_privileged(&conn->actor))
        return false;
    if (now_ns() >= server->alone_until)
        server->alone_conn = 0;
    return server->alone_conn;
}

/* Those that are too old give up their snapshots, and will have to start again. */
static void age_transactions(struct server *server)
{
    uint64_t now = server->store.gen;

    if (now - server->aged_at < TRANSACTION_AGE / 4)
        return;
    server->aged_at = now;
    for (struct conn *conn = server->conns; conn; conn = conn->next) {
        for (struct transaction *tx = conn->transactions; tx; tx = tx->next) {
            if (!actor_privileged(&tx->actor) && now - tx->start_gen > TRANSACTION_AGE)
                transaction_spoil(tx);
        }
    }
}

bool server_run(struct server *server)
{
    struct conn *turn = server->runnable;
    bool more = false;

    server->runnable = NULL;
    server->runnable_tail = &server->runnable;
    while (turn) {
        struct conn *conn = turn;

        turn = conn->next_runnable;
        conn->runnable = false;
        if (!conn->dead)
            conn_service(conn);
    }
    if (server->nr_dead)
        reap(server);
    age_transactions(server);
    journal_settle(server->journal);
    more = store_collect(&server->store);
    return more || server->runnable;
}
