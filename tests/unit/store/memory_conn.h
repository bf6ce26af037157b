/* SPDX-License-Identifier: MIT */
/* Connections to the daemon's core whose bytes go through memory. */
#ifndef MEMORY_CONN_H
#define MEMORY_CONN_H

#include "server.h"

struct memory_conn {
    struct conn conn;
    char *in; /* what the client has sent */
    size_t in_len, in_at;
    char *out; /* what the daemon has sent */
    size_t out_len, out_at;
    size_t out_room; /* bytes the daemon may send before the client reads */
    int number;      /* in a state image */
    bool *released;  /* set when the daemon lets go; may be NULL */
};

struct reply {
    struct xsd_sockmsg hdr;
    char body[XENSTORE_PAYLOAD_MAX + 1];
};

struct memory_conn *memory_connect(struct server *server, uint32_t domid);
void memory_send(struct memory_conn *client, const void *data, size_t len);
void memory_request(struct memory_conn *client, uint32_t type, uint32_t tx, const void *body,
                    size_t len);
/* The next message from the daemon; false when there is none. */
bool memory_receive(struct memory_conn *client, struct reply *reply);
/* Let the daemon work until nothing is left to do. */
void memory_settle(struct server *server);

#endif
