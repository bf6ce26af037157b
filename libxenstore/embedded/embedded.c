/* SPDX-License-Identifier: MIT */
/* A store in this process: its thread, and what others ask of that thread. */

#include "xenstore_embedded.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include "clients.h"
#include "xenerror.h"

#define PUBLIC __attribute__((visibility("default")))
#define EVENTS 64

enum errand_kind { ERRAND_CONNECT, ERRAND_SHUTDOWN, ERRAND_GONE, ERRAND_STOP };

/* What another thread asks of the store's; it waits, with this on its stack. */
struct errand {
    struct errand *next;
    enum errand_kind kind;
    uint32_t domid;
    int fd;
    int rc;
    bool done;
};

struct xs_embedded {
    pthread_t thread;
    int epoll;
    int errand_fd; /* eventfd, readable while there are errands */

    pthread_mutex_t lock; /* guards the errands */
    pthread_cond_t errand_done;
    struct errand *errands, **errands_tail;

    /* The thread's own. */
    bool stop;
    struct server server;
    struct clients clients;
};

/* The store to which xs_open() leads. */
static pthread_mutex_t used_lock = PTHREAD_MUTEX_INITIALIZER;
static struct xs_embedded *used;

static int do_errand(struct xs_embedded *store, const struct errand *errand)
{
    struct domain *domain = NULL;

    switch (errand->kind) {
    case ERRAND_CONNECT:
        return clients_add(&store->clients, errand->fd, errand->domid);
    case ERRAND_STOP:
        store->stop = true;
        return 0;
    default:
        domain = known_domain(&store->server, errand->domid);
        if (!domain)
            return -ENOENT;
        if (errand->kind == ERRAND_SHUTDOWN)
            domain_has_shut_down(&store->server, domain);
        else
            domain_is_gone(&store->server, domain);
        return 0;
    }
}

static void do_errands(struct xs_embedded *store)
{
    uint64_t count = 0;

    pthread_mutex_lock(&store->lock);
    (void)!read(store->errand_fd, &count, sizeof(count));
    while (store->errands) {
        struct errand *errand = store->errands;

        store->errands = errand->next;
        errand->rc = do_errand(store, errand);
        errand->done = true;
    }
    store->errands_tail = &store->errands;
    pthread_cond_broadcast(&store->errand_done);
    pthread_mutex_unlock(&store->lock);
}

static void *store_main(void *arg)
{
    struct xs_embedded *store = arg;
    struct epoll_event events[EVENTS];
    bool more = false;

    while (!store->stop) {
        int nr = epoll_wait(store->epoll, events, EVENTS, more ? 0 : -1);

        for (int i = 0; i < nr; i++) {
            if (events[i].data.ptr)
                client_ready(events[i].data.ptr, events[i].events);
            else
                do_errands(store);
        }
        clients_follow(&store->clients);
        more = server_run(&store->server);
    }
    return NULL;
}

/* Until it is done. */
static void run_errand(struct xs_embedded *store, struct errand *errand)
{
    pthread_mutex_lock(&store->lock);
    *store->errands_tail = errand;
    store->errands_tail = &errand->next;
    (void)!write(store->errand_fd, &(uint64_t){1}, sizeof(uint64_t));
    while (!errand->done)
        pthread_cond_wait(&store->errand_done, &store->lock);
    pthread_mutex_unlock(&store->lock);
}

/* @return 0 or -errno */
static int ask(struct xs_embedded *store, enum errand_kind kind, uint32_t domid, int fd)
{
    struct errand errand = {.kind = kind, .domid = domid, .fd = fd};

    run_errand(store, &errand);
    return errand.rc;
}

/* -1 with errno and an error chain, or 0, from 0 or -errno */
static int result(int rc, const char *operation)
{
    if (!rc)
        return 0;
    xenerr_set(-rc, "libxenstore-embedded", operation, "the embedded store refused");
    errno = -rc;
    return -1;
}

static int start_thread(struct xs_embedded *store)
{
    struct epoll_event event = {.events = EPOLLIN};
    sigset_t all, before;
    int rc = 0;

    store->epoll = epoll_create1(EPOLL_CLOEXEC);
    store->errand_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (store->epoll < 0 || store->errand_fd < 0 ||
        epoll_ctl(store->epoll, EPOLL_CTL_ADD, store->errand_fd, &event) != 0)
        return -errno;
    clients_init(&store->clients, &store->server, store->epoll);
    /* Signals are for the program's own threads. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&store->thread, NULL, store_main, store);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -rc;
}

/* When no thread runs, or none any more. */
static void dispose(struct xs_embedded *store)
{
    server_free(&store->server);
    if (store->epoll >= 0)
        close(store->epoll);
    if (store->errand_fd >= 0)
        close(store->errand_fd);
    pthread_mutex_destroy(&store->lock);
    pthread_cond_destroy(&store->errand_done);
    free(store);
}

PUBLIC struct xs_embedded *xs_embedded_new(void)
{
    struct xs_embedded *store = calloc(1, sizeof(*store));
    int rc = store ? server_init(&store->server) : -ENOMEM;

    if (rc) {
        free(store);
        result(rc, "xs_embedded_new");
        return NULL;
    }
    store->epoll = store->errand_fd = -1;
    store->errands_tail = &store->errands;
    pthread_mutex_init(&store->lock, NULL);
    pthread_cond_init(&store->errand_done, NULL);
    rc = start_thread(store);
    if (rc) {
        dispose(store);
        result(rc, "xs_embedded_new");
        return NULL;
    }
    return store;
}

PUBLIC void xs_embedded_free(struct xs_embedded *store)
{
    int err = errno;

    if (!store)
        return;
    pthread_mutex_lock(&used_lock);
    if (used == store) {
        xs_set_connect(NULL, NULL);
        used = NULL;
    }
    pthread_mutex_unlock(&used_lock);
    ask(store, ERRAND_STOP, 0, -1);
    pthread_join(store->thread, NULL);
    dispose(store);
    errno = err;
}

/* @return a socket or -errno */
static int connect_to(struct xs_embedded *store, unsigned int domid)
{
    int fds[2], rc = 0;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
        return -errno;
    rc = ask(store, ERRAND_CONNECT, domid, fds[1]);
    if (!rc)
        return fds[0];
    close(fds[0]);
    close(fds[1]);
    return rc;
}

PUBLIC int xs_embedded_connect(struct xs_embedded *store, unsigned int domid)
{
    int fd = connect_to(store, domid);

    return fd < 0 ? result(fd, "xs_embedded_connect") : fd;
}

PUBLIC struct xs_handle *xs_embedded_open(struct xs_embedded *store, unsigned int domid,
                                          unsigned long flags)
{
    int fd = connect_to(store, domid);
    struct xs_handle *h = NULL;

    if (fd < 0) {
        result(fd, "xs_embedded_open");
        return NULL;
    }
    h = xs_open_fd(fd, flags);
    if (!h)
        close(fd);
    return h;
}

static int connect_used(void *ctx)
{
    int fd = connect_to(ctx, 0);

    if (fd >= 0)
        return fd;
    errno = -fd;
    return -1;
}

PUBLIC void xs_embedded_use(struct xs_embedded *store)
{
    pthread_mutex_lock(&used_lock);
    used = store;
    xs_set_connect(store ? connect_used : NULL, store);
    pthread_mutex_unlock(&used_lock);
}

PUBLIC int xs_embedded_domain_shutdown(struct xs_embedded *store, unsigned int domid)
{
    return result(ask(store, ERRAND_SHUTDOWN, domid, -1), "xs_embedded_domain_shutdown");
}

PUBLIC int xs_embedded_domain_gone(struct xs_embedded *store, unsigned int domid)
{
    return result(ask(store, ERRAND_GONE, domid, -1), "xs_embedded_domain_gone");
}
