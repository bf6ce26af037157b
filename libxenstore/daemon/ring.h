/* SPDX-License-Identifier: MIT */
/*
 * Clients on a ring page that they share with the daemon.  All of the page is the client's to
 * write, at any time: each index is read once and checked before it is used.
 */
#ifndef XSD_RING_H
#define XSD_RING_H

#include "server.h"

struct ring_conn {
    struct conn conn;
    struct xenstore_domain_interface *page;
    bool touched; /* the client must be told */
    bool broken;  /* it broke the protocol: nothing but a reconnection is listened to */
    void (*notify)(struct ring_conn *ring);
    void (*release)(struct ring_conn *ring); /* unmap and free */
    void *owner;
    uint32_t port;
    uint16_t mapping; /* the owner's word for how it has the page */
};

static inline struct ring_conn *ring_of_conn(struct conn *conn)
{
    return (struct ring_conn *)((char *)conn - offsetof(struct ring_conn, conn));
}

/* page, notify and release must be set; features are offered.  -ENOMEM. */
int ring_serve(struct ring_conn *ring, struct server *server, uint32_t domid, uint32_t features);
/* Serve on a page that another process has served; nothing on it changes. */
int ring_adopt(struct ring_conn *ring, struct server *server, uint32_t domid);
/* The client has signalled. */
void ring_ready(struct ring_conn *ring);
/* It may have, while nobody listened: it has its turn soon, and is told so. */
void ring_wake(struct ring_conn *ring);

#endif
