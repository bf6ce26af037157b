/* SPDX-License-Identifier: MIT */
#include "memory_conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct memory_conn *of_conn(struct conn *conn)
{
    return (struct memory_conn *)((char *)conn - offsetof(struct memory_conn, conn));
}

static ssize_t memory_read(struct conn *conn, void *buf, size_t len)
{
    struct memory_conn *client = of_conn(conn);
    size_t have = client->in_len - client->in_at;

    if (have > len)
        have = len;
    if (have)
        memcpy(buf, client->in + client->in_at, have);
    client->in_at += have;
    return have;
}

static ssize_t memory_write(struct conn *conn, const void *buf, size_t len)
{
    struct memory_conn *client = of_conn(conn);
    char *grown = NULL;

    if (len > client->out_room)
        len = client->out_room;
    if (!len)
        return 0;
    grown = realloc(client->out, client->out_len + len);
    if (!grown)
        return -ENOMEM;
    client->out = grown;
    memcpy(client->out + client->out_len, buf, len);
    client->out_len += len;
    client->out_room -= len;
    return len;
}

/* A guest's is taken for a ring.  Its number stands for a socket's descriptor or a ring's port. */
static void memory_describe(struct conn *conn, struct conn_desc *desc)
{
    desc->type = conn->actor.domid ? CONN_RING : CONN_SOCKET;
    desc->fd = desc->port = of_conn(conn)->number;
}

static void memory_release(struct conn *conn)
{
    struct memory_conn *client = of_conn(conn);

    if (client->released)
        *client->released = true;
    free(client->in);
    free(client->out);
    free(client);
}

static const struct conn_ops memory_ops = {
    .name = "memory",
    .describe = memory_describe,
    .read = memory_read,
    .write = memory_write,
    .release = memory_release,
};

struct memory_conn *memory_connect(struct server *server, uint32_t domid)
{
    struct memory_conn *client = calloc(1, sizeof(*client));

    if (!client || conn_init(&client->conn, server, &memory_ops, domid) != 0)
        abort();
    client->out_room = SIZE_MAX;
    return client;
}

void memory_send(struct memory_conn *client, const void *data, size_t len)
{
    if (client->in_at == client->in_len)
        client->in_at = client->in_len = 0;
    client->in = realloc(client->in, client->in_len + len + 1);
    if (!client->in)
        abort();
    if (len)
        memcpy(client->in + client->in_len, data, len);
    client->in_len += len;
}

void memory_request(struct memory_conn *client, uint32_t type, uint32_t tx, const void *body,
                    size_t len)
{
    struct xsd_sockmsg hdr = {.type = type, .req_id = 7, .tx_id = tx, .len = len};

    memory_send(client, &hdr, sizeof(hdr));
    memory_send(client, body, len);
    conn_service(&client->conn);
}

bool memory_receive(struct memory_conn *client, struct reply *reply)
{
    size_t have = client->out_len - client->out_at;

    if (have < sizeof(reply->hdr))
        return false;
    memcpy(&reply->hdr, client->out + client->out_at, sizeof(reply->hdr));
    if (reply->hdr.len > XENSTORE_PAYLOAD_MAX || have < sizeof(reply->hdr) + reply->hdr.len)
        return false;
    memcpy(reply->body, client->out + client->out_at + sizeof(reply->hdr), reply->hdr.len);
    reply->body[reply->hdr.len] = '\0';
    client->out_at += sizeof(reply->hdr) + reply->hdr.len;
    if (client->out_at == client->out_len)
        client->out_at = client->out_len = 0;
    return true;
}

void memory_settle(struct server *server)
{
    while (server_run(server))
        ;
}
