/* SPDX-License-Identifier: MIT */
#include "conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "journal.h"
#include "request.h"
#include "server.h"
#include "trace.h"
#include "transaction.h"

#define MESSAGE_MAX (sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX)

/* Requests served before others have their turn. */
#define TURN 32

/* Bytes of short messages that are sent together. */
#define GATHER 8192

/* A client that leaves this many messages unread is not asked for more requests. */
#define PAUSE_AT 64

/* Domain 0's programs may fall far behind, as libraries collect events in the background. */
#define UNREAD_MAX_PRIVILEGED 65536

int conn_init(struct conn *conn, struct server *server, const struct conn_ops *ops, uint32_t domid)
{
    memset(conn, 0, sizeof(*conn));
    conn->in = malloc(MESSAGE_MAX);
    if (!conn->in)
        return -ENOMEM;
    conn->server = server;
    conn->ops = ops;
    conn->actor = (struct actor){.domid = domid, .target = DOMAIN_NONE};
    conn->id = ++server->last_conn;
    conn->out_tail = &conn->out;
    conn->next = server->conns;
    conn->link = &server->conns;
    if (conn->next)
        conn->next->link = &conn->next;
    server->conns = conn;
    server->nr_conns++;
    return 0;
}

static void count_work(struct conn *conn, int64_t bytes)
{
    quota_add_work(&conn->server->quotas, conn->actor.domid, bytes);
}

static int64_t message_bytes(const struct message *message)
{
    return sizeof(*message) + message->len;
}

static void drop_first(struct conn *conn)
{
    struct message *message = conn->out;

    if (message->watch)
        message->watch->told_of_self = false;
    count_work(conn, -message_bytes(message));
    conn->out = message->next;
    if (!conn->out)
        conn->out_tail = &conn->out;
    conn->nr_out--;
    free(message);
}

static size_t watch_bytes(size_t path_len, size_t token_len)
{
    return sizeof(struct watch) + path_len + token_len;
}

int conn_add_watch(struct conn *conn, const struct path *path, const char *token, int32_t depth,
                   struct watch **added)
{
    size_t bytes = watch_bytes(path->len, strlen(token));
    struct watch *watch = NULL;
    int rc = store_check_memory(&conn->server->store, conn->actor.domid, bytes);

    if (rc)
        return rc;
    watch = watch_add(&conn->server->watches, conn, path, token, depth);
    if (!watch)
        return -ENOMEM;
    watch->next_of_conn = conn->watches;
    watch->link_of_conn = &conn->watches;
    if (watch->next_of_conn)
        watch->next_of_conn->link_of_conn = &watch->next_of_conn;
    conn->watches = watch;
    conn->nr_watches++;
    watch->bytes = bytes;
    count_work(conn, bytes);
    *added = watch;
    return 0;
}

static void remove_watch(struct conn *conn, struct watch *watch)
{
    *watch->link_of_conn = watch->next_of_conn;
    if (watch->next_of_conn)
        watch->next_of_conn->link_of_conn = watch->link_of_conn;
    conn->nr_watches--;
    count_work(conn, -(int64_t)watch->bytes);
    watch_remove(&conn->server->watches, watch);
}

void conn_remove_watch(struct conn *conn, struct watch *watch)
{
    for (struct message *m = conn->out; m; m = m->next) {
        if (m->watch == watch)
            m->watch = NULL;
    }
    remove_watch(conn, watch);
}

void conn_drop_watches(struct conn *conn)
{
    for (struct message *m = conn->out; m; m = m->next)
        m->watch = NULL;
    while (conn->watches)
        remove_watch(conn, conn->watches);
}

void conn_drop_transactions(struct conn *conn)
{
    while (conn->transactions) {
        struct transaction *next = conn->transactions->next;

        transaction_free(conn->transactions);
        conn->transactions = next;
    }
    conn->nr_transactions = 0;
}

void conn_reset(struct conn *conn)
{
    while (conn->out)
        drop_first(conn);
    if (conn->watches)
        journal_reset(conn->server->journal, conn);
    conn_drop_watches(conn);
    conn_drop_transactions(conn);
    conn->in_len = 0;
}

void conn_kill(struct conn *conn)
{
    if (conn->dead)
        return;
    conn->dead = true;
    conn->server->nr_dead++;
}

static void leave_runnable(struct conn *conn)
{
    struct conn **link = &conn->server->runnable;

    if (!conn->runnable)
        return;
    while (*link != conn)
        link = &(*link)->next_runnable;
    *link = conn->next_runnable;
    if (!*link)
        conn->server->runnable_tail = link;
    conn->runnable = false;
}

void conn_wake(struct conn *conn)
{
    struct server *server = conn->server;

    if (conn->runnable)
        return;
    conn->next_runnable = NULL;
    *server->runnable_tail = conn;
    server->runnable_tail = &conn->next_runnable;
    conn->runnable = true;
}

void conn_free(struct conn *conn)
{
    struct server *server = conn->server;

    conn_reset(conn);
    leave_runnable(conn);
    if (server->alone_conn == conn->id)
        server->alone_conn = 0;
    *conn->link = conn->next;
    if (conn->next)
        conn->next->link = conn->link;
    server->nr_conns--;
    if (conn->dead)
        server->nr_dead--;
    free(conn->in);
    conn->ops->release(conn);
}

bool conn_wants_read(const struct conn *conn)
{
    return !conn->dead && conn->nr_out < PAUSE_AT;
}

bool conn_wants_write(const struct conn *conn)
{
    return !conn->dead && conn->out;
}

static void push(struct conn *conn, struct message *message)
{
    *conn->out_tail = message;
    conn->out_tail = &message->next;
    conn->nr_out++;
    count_work(conn, message_bytes(message));
    if (!conn->in_service)
        conn_wake(conn);
}

static struct message *new_message(struct conn *conn, const struct xsd_sockmsg *hdr)
{
    struct message *message = malloc(sizeof(*message) + sizeof(*hdr) + hdr->len);

    if (!message) {
        conn_kill(conn);
        return NULL;
    }
    message->next = NULL;
    message->watch = NULL;
    message->len = sizeof(*hdr) + hdr->len;
    message->sent = 0;
    message->partial = false;
    memcpy(message->data, hdr, sizeof(*hdr));
    return message;
}

void conn_send(struct conn *conn, const struct xsd_sockmsg *hdr, const void *body)
{
    struct message *message = NULL;

    if (conn->dead)
        return;
    trace_message(conn->server->trace, conn, "OUT", hdr, body);
    message = new_message(conn, hdr);
    if (!message)
        return;
    memcpy(message->data + sizeof(*hdr), body, hdr->len);
    push(conn, message);
}

static int requeue_one(struct conn *conn, const char *data, size_t len, bool partial)
{
    struct message *message = malloc(sizeof(*message) + len);

    if (!message)
        return -ENOMEM;
    *message = (struct message){.len = len, .partial = partial};
    memcpy(message->data, data, len);
    push(conn, message);
    return 0;
}

int conn_requeue(struct conn *conn, const char *data, size_t len, size_t rest_len)
{
    int rc = rest_len > len ? -EINVAL : 0;
    struct xsd_sockmsg hdr;

    if (!rc && rest_len)
        rc = requeue_one(conn, data, rest_len, true);
    for (size_t at = rest_len; !rc && at < len; at += sizeof(hdr) + hdr.len) {
        if (len - at < sizeof(hdr))
            return -EINVAL;
        memcpy(&hdr, data + at, sizeof(hdr));
        if (hdr.len > len - at - sizeof(hdr))
            return -EINVAL;
        rc = requeue_one(conn, data + at, sizeof(hdr) + hdr.len, false);
    }
    return rc;
}

static bool too_many_unread(const struct conn *conn, size_t bytes)
{
    struct server *server = conn->server;

    if (actor_privileged(&conn->actor))
        return conn->nr_out >= UNREAD_MAX_PRIVILEGED;
    return quota_check(&server->quotas, conn->actor.domid, QUOTA_OUTSTANDING, conn->nr_out + 1) ||
           store_check_memory(&server->store, conn->actor.domid, bytes);
}

void conn_send_event(struct conn *conn, struct watch *watch, const char *path)
{
    size_t path_len = 0, token_len = strlen(watch->token) + 1;
    bool collapse = too_many_unread(conn, strlen(path) + token_len);
    struct xsd_sockmsg hdr = {.type = XS_WATCH_EVENT};
    struct message *message = NULL;

    if (conn->dead || (collapse && watch->told_of_self))
        return;
    if (collapse)
        path = watch->path;
    path_len = strlen(path) + 1;
    /* The watch's own length was checked; below it the event can only say so much. */
    if (path_len + token_len > XENSTORE_PAYLOAD_MAX) {
        path = watch->path;
        path_len = watch->path_len + 1;
    }
    hdr.len = path_len + token_len;
    message = new_message(conn, &hdr);
    if (!message)
        return;
    memcpy(message->data + sizeof(hdr), path, path_len);
    memcpy(message->data + sizeof(hdr) + path_len, watch->token, token_len);
    trace_message(conn->server->trace, conn, "EVENT", &hdr, message->data + sizeof(hdr));
    if (collapse) {
        message->watch = watch;
        watch->told_of_self = true;
    }
    push(conn, message);
}

/* The first messages' bytes, as far as they fit. */
static size_t gather(const struct conn *conn, char *bytes, size_t room)
{
    size_t have = 0;

    for (const struct message *m = conn->out; m && have < room; m = m->next) {
        size_t part = m->len - m->sent;

        part = part < room - have ? part : room - have;
        memcpy(bytes + have, m->data + m->sent, part);
        have += part;
    }
    return have;
}

static void have_sent(struct conn *conn, size_t len)
{
    while (len) {
        struct message *message = conn->out;
        size_t part = message->len - message->sent;

        part = part < len ? part : len;
        message->sent += part;
        len -= part;
        if (message->sent == message->len)
            drop_first(conn);
    }
}

/* Several messages go out with one system call. */
static void flush(struct conn *conn)
{
    char together[GATHER];

    while (conn->out && !conn->dead) {
        const struct message *first = conn->out;
        const char *bytes = first->data + first->sent;
        size_t len = first->len - first->sent;
        ssize_t done = 0;

        if (first->next && len < sizeof(together)) {
            len = gather(conn, together, sizeof(together));
            bytes = together;
        }
        done = conn->ops->write(conn, bytes, len);
        if (done < 0)
            conn_kill(conn);
        if (done <= 0)
            return;
        have_sent(conn, done);
    }
}

static uint32_t wanted(const struct conn *conn)
{
    struct xsd_sockmsg hdr;

    if (conn->in_len < sizeof(hdr))
        return sizeof(hdr);
    memcpy(&hdr, conn->in, sizeof(hdr));
    return hdr.len > XENSTORE_PAYLOAD_MAX ? UINT32_MAX : sizeof(hdr) + hdr.len;
}

/* Reads until the buffer holds a message; false when there is none yet. */
static bool read_message(struct conn *conn)
{
    while (conn->in_len < wanted(conn)) {
        ssize_t got = 0;

        if (wanted(conn) == UINT32_MAX) {
            if (!conn->ops->fault || !conn->ops->fault(conn, XENSTORE_ERROR_PROTO))
                conn_kill(conn);
            return false;
        }
        got = conn->ops->read(conn, conn->in + conn->in_len, MESSAGE_MAX - conn->in_len);
        if (got < 0)
            conn_kill(conn);
        if (got <= 0 || conn->dead)
            return false;
        conn->in_len += got;
    }
    return true;
}

static void serve_message(struct conn *conn)
{
    uint32_t len = wanted(conn);
    struct xsd_sockmsg hdr;

    memcpy(&hdr, conn->in, sizeof(hdr));
    trace_message(conn->server->trace, conn, "IN", &hdr, conn->in + sizeof(hdr));
    conn->server->requests++;
    request_serve(conn, &hdr, conn->in + sizeof(hdr));
    conn->in_len -= len;
    memmove(conn->in, conn->in + len, conn->in_len);
}

void conn_service(struct conn *conn)
{
    uint32_t left = TURN;

    if (server_must_wait(conn->server, conn)) {
        conn_wake(conn);
        return;
    }
    conn->in_service = true;
    flush(conn);
    while (left && conn_wants_read(conn) && read_message(conn)) {
        serve_message(conn);
        left--;
    }
    flush(conn);
    conn->in_service = false;
    if (!conn->dead && !left)
        conn_wake(conn);
    if (conn->ops->update)
        conn->ops->update(conn);
}
