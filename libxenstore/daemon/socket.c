/* SPDX-License-Identifier: MIT */
#include "socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct socket_conn {
    struct conn conn;
    struct source source;
    struct loop *loop;
    bool drained; /* the last read found less than it asked for */
};

static struct socket_conn *of_conn(struct conn *conn)
{
    return (struct socket_conn *)((char *)conn - offsetof(struct socket_conn, conn));
}

static struct socket_conn *of_source(struct source *source)
{
    return (struct socket_conn *)((char *)source - offsetof(struct socket_conn, source));
}

static ssize_t socket_read(struct conn *conn, void *buf, size_t len)
{
    struct socket_conn *sock = of_conn(conn);
    ssize_t got = 0;

    /* Saves the call that would only say "nothing more"; the loop tells when there is. */
    if (sock->drained)
        return 0;
    do {
        got = recv(sock->source.fd, buf, len, MSG_DONTWAIT);
    } while (got < 0 && errno == EINTR);
    if (got == 0)
        return -EPIPE;
    if (got < 0)
        return errno == EAGAIN ? 0 : -errno;
    sock->drained = (size_t)got < len;
    return got;
}

static ssize_t socket_write(struct conn *conn, const void *buf, size_t len)
{
    ssize_t done = 0;

    do {
        done = send(of_conn(conn)->source.fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (done < 0 && errno == EINTR);
    if (done < 0)
        return errno == EAGAIN ? 0 : -errno;
    return done;
}

static void socket_update(struct conn *conn)
{
    struct socket_conn *sock = of_conn(conn);

    loop_change(sock->loop, &sock->source,
                (conn_wants_read(conn) ? EPOLLIN : 0) | (conn_wants_write(conn) ? EPOLLOUT : 0));
}

static void socket_release(struct conn *conn)
{
    struct socket_conn *sock = of_conn(conn);

    loop_remove(sock->loop, &sock->source);
    close(sock->source.fd);
    free(sock);
}

static void socket_describe(struct conn *conn, struct conn_desc *desc)
{
    desc->type = CONN_SOCKET;
    desc->fd = of_conn(conn)->source.fd;
}

static const struct conn_ops socket_ops = {
    .name = "socket",
    .describe = socket_describe,
    .read = socket_read,
    .write = socket_write,
    .update = socket_update,
    .release = socket_release,
};

/* Errors and hang-ups are found by reading and writing. */
static void socket_ready(struct source *source, uint32_t events)
{
    struct socket_conn *sock = of_source(source);

    sock->drained = false;
    if ((events & (EPOLLERR | EPOLLHUP)) && !(events & EPOLLIN))
        conn_kill(&sock->conn);
    if (!sock->conn.dead)
        conn_service(&sock->conn);
}

struct conn *socket_serve(struct server *server, struct loop *loop, int fd)
{
    struct socket_conn *sock = calloc(1, sizeof(*sock));
    int rc = sock ? conn_init(&sock->conn, server, &socket_ops, 0) : -ENOMEM;

    if (rc) {
        free(sock);
        return NULL;
    }
    sock->loop = loop;
    sock->source = (struct source){.fd = fd, .ready = socket_ready};
    rc = loop_add(loop, &sock->source, EPOLLIN);
    if (rc)
        conn_kill(&sock->conn);
    return &sock->conn;
}

static void listener_ready(struct source *source, uint32_t events)
{
    struct listener *listener =
        (struct listener *)((char *)source - offsetof(struct listener, source));
    int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd >= 0 && !socket_serve(listener->server, listener->loop, fd))
        close(fd);
}

static int bind_path(int fd, const char *path)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof(addr.sun_path))
        return -ENAMETOOLONG;
    strcpy(addr.sun_path, path);
    if (unlink(path) != 0 && errno != ENOENT)
        return -errno;
    if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0)
        return -errno;
    if (chmod(path, 0600) != 0 || listen(fd, SOMAXCONN) != 0)
        return -errno;
    return 0;
}

int listener_adopt(struct listener *listener, struct server *server, struct loop *loop, int fd)
{
    listener->server = server;
    listener->loop = loop;
    listener->path = NULL;
    listener->source.ready = listener_ready;
    listener->source.fd = fd;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    return loop_add(loop, &listener->source, EPOLLIN);
}

int listener_open(struct listener *listener, struct server *server, struct loop *loop,
                  const char *path)
{
    int rc = 0;

    listener->server = server;
    listener->loop = loop;
    listener->path = strdup(path);
    listener->source.ready = listener_ready;
    listener->source.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener->source.fd < 0)
        rc = -errno;
    if (!rc && !listener->path)
        rc = -ENOMEM;
    if (!rc)
        rc = bind_path(listener->source.fd, path);
    if (!rc)
        rc = loop_add(loop, &listener->source, EPOLLIN);
    if (rc)
        listener_close(listener);
    return rc;
}

void listener_close(struct listener *listener)
{
    if (listener->source.fd >= 0)
        close(listener->source.fd);
    listener->source.fd = -1;
    free(listener->path);
    listener->path = NULL;
}
