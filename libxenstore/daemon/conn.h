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

/* A connection as a state image tells of it. */
struct conn_desc {
    enum { CONN_RING, CONN_SOCKET } type;
    uint32_t domid, target;
    int fd;        /* a socket's */
    uint32_t port; /* a ring's event channel, the daemon's end */
    bool broken;   /* a ring that is listened to no more */
};

struct conn_ops {
    const char *name;
    /* For a state image; NULL: such connections do not outlive the process. */
    void (*describe)(struct conn *conn, struct conn_desc *desc);
    /* The rest of its description, when a state image has been read; may be NULL. */
    void (*restore)(struct conn *conn, const struct conn_desc *desc);
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
    bool partial; /* begins in the middle: its first bytes were sent by another process */
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
    uint32_t conflicts; /* transactions in a row that had to start again */
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

/* It may have something to do: it has its turn in the next server_run(). */
void conn_wake(struct conn *conn);
/* Queue bytes of messages that were made before; the first may be but the rest of one. */
int conn_requeue(struct conn *conn, const char *data, size_t len, size_t rest_len);

bool conn_wants_read(const struct conn *conn);
bool conn_wants_write(const struct conn *conn);

/* Queue a message.  Without memory the connection dies: a lost answer would confuse the client. */
void conn_send(struct conn *conn, const struct xsd_sockmsg *hdr, const void *body);
/* Queue an event; when the client leaves too many unread, one for each watch says it all. */
void conn_send_event(struct conn *conn, struct watch *watch, const char *path);

#endif
