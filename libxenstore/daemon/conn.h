/* SPDX-License-Identifier: MIT */
/*
 * Connections: whole messages in, whole messages out, fair and bounded whatever the client does.
 * The transport (a socket, a ring, a test's buffer) embeds the connection.
 */
#ifndef XSD_CONN_H
#define XSD_CONN_H

#include <sys/types.h>
#include "path.h"
#include "perms.h"
#include "xenstore_lib.h"

struct conn;
struct server;
struct transaction;
struct watch;

struct conn_ops {
    const char *name;
    /* As many bytes as there are: 0 for none now, -errno when the connection is over. */
    ssize_t (*read)(struct conn *conn, void *buf, size_t len);
    /* As many bytes as fit: 0 for none now, -errno when the connection is over. */
    ssize_t (*write)(struct conn *conn, const void *buf, size_t len);
    /* What the connection waits for has changed (see conn_wants_*); may be NULL. */
    void (*update)(struct conn *conn);
    /*
     * The client broke the protocol (XENSTORE_ERROR_*).  True: the transport has reset the
     * connection and keeps it; false, or NULL: it is over.
     */
    bool (*fault)(struct conn *conn, int error);
    /* The connection is over and forgotten: free it. */
    void (*release)(struct conn *conn);
};

/* A message on its way out. */
struct message {
    struct message *next;
    struct watch *watch; /* whose event it is, while the watch exists */
    uint32_t len, sent;
    char data[];
};

struct conn {
    struct server *server;
    const struct conn_ops *ops;
    struct actor actor;
    uint32_t id;
    struct conn *next, **link;
    struct conn *next_runnable;
    bool runnable;   /* in the server's list */
    bool in_service; /* its output is sent when its turn ends */
    bool dead;

    char *in; /* room for one message */
    uint32_t in_len;
    struct message *out, **out_tail;
    uint32_t nr_out;

    struct watch *watches;
    uint32_t nr_watches;
    struct transaction *transactions;
    uint32_t nr_transactions, last_transaction;
};

/* Set up a transport's connection.  -ENOMEM. */
int conn_init(struct conn *conn, struct server *server, const struct conn_ops *ops, uint32_t domid);
/* Do what can be done now; never waits.  The connection may be dead afterwards. */
void conn_service(struct conn *conn);
/* The connection is over; server_run() frees it. */
void conn_kill(struct conn *conn);
void conn_free(struct conn *conn);
/* Forget all that the client has set up: input, output, watches, transactions. */
void conn_reset(struct conn *conn);
void conn_drop_watches(struct conn *conn);
void conn_drop_transactions(struct conn *conn);
/* -ENOSPC: memory quota; -ENOMEM. */
int conn_add_watch(struct conn *conn, const struct path *path, const char *token, int32_t depth,
                   struct watch **added);
void conn_remove_watch(struct conn *conn, struct watch *watch);

bool conn_wants_read(const struct conn *conn);
bool conn_wants_write(const struct conn *conn);

/* Queue a message.  Without memory the connection dies: a lost answer would confuse the client. */
void conn_send(struct conn *conn, const struct xsd_sockmsg *hdr, const void *body);
/* Queue an event; when the client leaves too many unread, one for each watch says it all. */
void conn_send_event(struct conn *conn, struct watch *watch, const char *path);

#endif
