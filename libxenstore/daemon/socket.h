/* SPDX-License-Identifier: MIT */
/* Clients on the Unix socket: programs of domain 0. */
#ifndef XSD_SOCKET_H
#define XSD_SOCKET_H

#include "loop.h"
#include "server.h"

struct listener {
    struct source source;
    struct server *server;
    struct loop *loop;
    char *path;
};

/* Listen at a path.  -errno. */
int listener_open(struct listener *listener, struct server *server, struct loop *loop,
                  const char *path);
/* Listen at a socket that listens already, which is the listener's then.  -errno. */
int listener_adopt(struct listener *listener, struct server *server, struct loop *loop, int fd);
void listener_close(struct listener *listener);
/* Serve a connected socket, which the connection then owns.  NULL leaves it the caller's. */
struct conn *socket_serve(struct server *server, struct loop *loop, int fd);

#endif
