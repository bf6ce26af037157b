/* SPDX-License-Identifier: MIT */
/*
 * The connections of an embedded store.  All of this runs in the store's thread.
 */
#ifndef XSE_CLIENTS_H
#define XSE_CLIENTS_H

#include <sys/epoll.h>
#include "server.h"

struct clients {
    struct server *server;
    int epoll;
    struct client *first;
    struct host host; /* domains without a hypervisor */
};

void clients_init(struct clients *clients, struct server *server, int epoll);
/* Serve one end of a socket pair as that domain; the client's then, unless -errno comes back. */
int clients_add(struct clients *clients, int fd, uint32_t domid);
/* A domain, not 0, that has been introduced; or NULL. */
struct domain *known_domain(const struct server *server, uint32_t domid);
/* Something may be read from, or written to, a client: what epoll reported. */
void client_ready(struct client *client, uint32_t events);
/* Domains may have gone, or got another target: their connections follow. */
void clients_follow(struct clients *clients);

#endif
