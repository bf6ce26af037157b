/* SPDX-License-Identifier: MIT */
#include "clients.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xen/xen.h>

struct client {
    struct conn conn;
    struct clients *all;
    struct client *next, **link;
    uint32_t events; /* those waited for */
    int fd;
};

static struct client *of_conn(struct conn *conn)
{
    return (struct client *)((char *)conn - offsetof(struct client, conn));
}

static ssize_t client_read(struct conn *conn, void *buf, size_t len)
{
    ssize_t got = 0;

    do {
        got = recv(of_conn(conn)->fd, buf, len, MSG_DONTWAIT);
    } while (got < 0 && errno == EINTR);
    if (got == 0)
        return -EPIPE;
    if (got < 0)
        return errno == EAGAIN ? 0 : -errno;
    return got;
}

static ssize_t client_write(struct conn *conn, const void *buf, size_t len)
{
    ssize_t done = 0;

    do {
        done = send(of_conn(conn)->fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (done < 0 && errno == EINTR);
    if (done < 0)
        return errno == EAGAIN ? 0 : -errno;
    return done;
}

static void client_update(struct conn *conn)
{
    struct client *client = of_conn(conn);
    struct epoll_event event = {.events = (conn_wants_read(conn) ? EPOLLIN : 0) |
                                          (conn_wants_write(conn) ? EPOLLOUT : 0),
                                .data.ptr = client};

    if (event.events == client->events)
        return;
    client->events = event.events;
    epoll_ctl(client->all->epoll, EPOLL_CTL_MOD, client->fd, &event);
}

static void client_release(struct conn *conn)
{
    struct client *client = of_conn(conn);

    *client->link = client->next;
    if (client->next)
        client->next->link = client->link;
    close(client->fd);
    free(client);
}

static const struct conn_ops client_ops = {
    .name = "embedded",
    .read = client_read,
    .write = client_write,
    .update = client_update,
    .release = client_release,
};

struct domain *known_domain(const struct server *server, uint32_t domid)
{
    struct domain *domain = NULL;

    if (domid && domid < DOMID_FIRST_RESERVED)
        domain = domain_find(server, domid);
    return domain && domain->introduced ? domain : NULL;
}

int clients_add(struct clients *clients, int fd, uint32_t domid)
{
    const struct domain *domain = known_domain(clients->server, domid);
    struct client *client = NULL;
    struct epoll_event event = {.events = EPOLLIN};
    int rc = 0;

    if (domid && !domain)
        return -ENOENT;
    client = calloc(1, sizeof(*client));
    if (!client)
        return -ENOMEM;
    event.data.ptr = client;
    if (epoll_ctl(clients->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        rc = -errno;
        goto fail;
    }
    rc = conn_init(&client->conn, clients->server, &client_ops, domid);
    if (rc)
        goto fail_watched;
    if (domain)
        client->conn.actor.target = domain->target;
    client->fd = fd;
    client->events = event.events;
    client->all = clients;
    client->next = clients->first;
    client->link = &clients->first;
    if (client->next)
        client->next->link = &client->next;
    clients->first = client;
    return 0;
fail_watched:
    epoll_ctl(clients->epoll, EPOLL_CTL_DEL, fd, NULL);
fail:
    free(client);
    return rc;
}

/* Errors and hang-ups are found by reading and writing. */
void client_ready(struct client *client, uint32_t events)
{
    if (client->conn.dead)
        return;
    if ((events & (EPOLLERR | EPOLLHUP)) && !(events & EPOLLIN))
        conn_kill(&client->conn);
    else
        conn_service(&client->conn);
}

void clients_follow(struct clients *clients)
{
    for (struct client *client = clients->first; client; client = client->next) {
        uint32_t domid = client->conn.actor.domid;
        const struct domain *domain = known_domain(clients->server, domid);

        if (domain)
            client->conn.actor.target = domain->target;
        else if (domid && !client->conn.dead)
            conn_kill(&client->conn);
    }
}

/* A domain's own connection, its ring's: nobody sits at the other end. */
static ssize_t ring_read(struct conn *conn, void *buf, size_t len)
{
    return 0;
}

static ssize_t ring_write(struct conn *conn, const void *buf, size_t len)
{
    return len;
}

static void ring_release(struct conn *conn)
{
    free(conn);
}

static const struct conn_ops ring_ops = {
    .name = "domain",
    .read = ring_read,
    .write = ring_write,
    .release = ring_release,
};

static bool any_domain(struct host *host, uint32_t domid)
{
    return domid && domid < DOMID_FIRST_RESERVED;
}

static int introduce(struct host *host, struct domain *domain, uint64_t gfn, uint32_t port)
{
    struct clients *clients = (struct clients *)((char *)host - offsetof(struct clients, host));
    struct conn *conn = NULL;
    int rc = 0;

    if (domain->conn)
        return 0; /* with another port, which makes no difference here */
    conn = calloc(1, sizeof(*conn));
    if (!conn)
        return -ENOMEM;
    rc = conn_init(conn, clients->server, &ring_ops, domain->domid);
    if (rc)
        free(conn);
    else
        domain->conn = conn;
    return rc;
}

void clients_init(struct clients *clients, struct server *server, int epoll)
{
    *clients = (struct clients){.server = server, .epoll = epoll};
    clients->host = (struct host){.connect = introduce, .exists = any_domain};
    server->host = &clients->host;
}
