/* SPDX-License-Identifier: MIT */
/* File descriptors, timeouts and store watches; polled here or by the manager's own loop. */
#include <stdlib.h>
#include <unistd.h>
#include "internal.h"

/*
 * What the manager's event loop holds of ours.  It may call with a registration that has just been
 * given up, so a nexus stays valid until the context is freed; without owner, it is idle.
 */
struct nexus {
    struct nexus *next;
    bool pending; /* the manager still owes the call of a timeout */
    struct ev_fd *fd;
    struct ev_time *time;
    void *registration;
};

void libxl__loop_init(struct loop *loop)
{
    memset(loop, 0, sizeof(*loop));
    libxl__childproc_init(loop);
}

static void end_all_but_watches(libxl_ctx *ctx)
{
    struct loop *loop = &ctx->loop;

    libxl__childproc_dispose(ctx);
    while (loop->times) {
        struct ev_time *t = loop->times;

        libxl__ev_time_del(ctx, &t);
    }
    while (loop->fds) {
        struct ev_fd *f = loop->fds;

        libxl__ev_fd_del(ctx, &f);
    }
}

static void watch_free(struct ev_watch *w)
{
    if (w)
        free(w->path);
    free(w);
}

/*
 * The pollers are threads of the parent's, which are none of the child's to wake.  And the manager's
 * loop may be one for both, as epoll's descriptors are: what it is told in the child it forgets in
 * the parent.
 */
void libxl__loop_leave_to_parent(libxl_ctx *ctx)
{
    struct loop *loop = &ctx->loop;

    loop->pollers = NULL;
    loop->hooks = NULL;
    for (struct ev_fd *f = loop->fds; f; f = f->next) {
        if (f->nexus)
            f->nexus->fd = NULL;
        f->nexus = NULL;
    }
    for (struct ev_time *t = loop->times; t; t = t->next) {
        if (t->nexus)
            t->nexus->time = NULL;
        t->nexus = NULL;
    }
}

void libxl__loop_after_fork(libxl_ctx *ctx)
{
    struct loop *loop = &ctx->loop;

    libxl__loop_leave_to_parent(ctx);
    while (loop->watches) {
        struct ev_watch *w = loop->watches;

        loop->watches = w->next;
        watch_free(w);
    }
    libxl__ev_fd_del(ctx, &loop->store_fd);
    end_all_but_watches(ctx);
}

void libxl__loop_dispose(libxl_ctx *ctx)
{
    struct loop *loop = &ctx->loop;

    while (loop->watches) {
        struct ev_watch *w = loop->watches;

        libxl__ev_watch_del(ctx, &w);
    }
    end_all_but_watches(ctx);
    while (loop->nexuses) {
        struct nexus *n = loop->nexuses;

        loop->nexuses = n->next;
        free(n);
    }
}

void libxl__loop_wake(libxl_ctx *ctx)
{
    uint64_t one = 1;

    for (struct poller *p = ctx->loop.pollers; p; p = p->next)
        if (p->fd >= 0 && write(p->fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
            libxl__disaster(ctx, "cannot wake a thread", errno);
}

static struct nexus *nexus_get(libxl_ctx *ctx)
{
    struct nexus *n;

    for (n = ctx->loop.nexuses; n; n = n->next)
        if (!n->fd && !n->time && !n->pending)
            break;
    if (!n) {
        n = calloc(1, sizeof(*n));
        if (!n)
            return NULL;
        n->next = ctx->loop.nexuses;
        ctx->loop.nexuses = n;
    }
    n->registration = NULL;
    return n;
}

/* ---- file descriptors ---- */

static int fd_register(libxl_ctx *ctx, struct ev_fd *ev)
{
    struct loop *loop = &ctx->loop;

    if (!loop->hooks)
        return 0;
    ev->nexus = nexus_get(ctx);
    if (!ev->nexus)
        return NO_MEMORY(ctx);
    ev->nexus->fd = ev;
    if (loop->hooks->fd_register(loop->hooks_user, ev->fd, &ev->nexus->registration, ev->events,
                                 ev->nexus)) {
        ev->nexus->fd = NULL;
        return FAIL(ctx, ERROR_OSEVENT_REG_FAIL, 0, "the event loop did not take a descriptor");
    }
    return 0;
}

struct ev_fd *libxl__ev_fd_add(libxl_ctx *ctx, int fd, short events, ev_handler *handler,
                               void *data)
{
    struct ev_fd *ev = calloc(1, sizeof(*ev));

    if (!ev) {
        NO_MEMORY(ctx);
        return NULL;
    }
    *ev = (struct ev_fd){.fd = fd, .events = events, .handler = handler, .data = data};
    if (fd_register(ctx, ev)) {
        free(ev);
        return NULL;
    }
    ev->next = ctx->loop.fds;
    ctx->loop.fds = ev;
    libxl__loop_wake(ctx);
    return ev;
}

void libxl__ev_fd_del(libxl_ctx *ctx, struct ev_fd **evp)
{
    struct ev_fd *ev = *evp, **link;
    struct loop *loop = &ctx->loop;

    *evp = NULL;
    if (!ev)
        return;
    if (ev->nexus) {
        ev->nexus->fd = NULL;
        loop->hooks->fd_deregister(loop->hooks_user, ev->fd, ev->nexus->registration);
    }
    for (link = &loop->fds; *link != ev; link = &(*link)->next)
        ;
    *link = ev->next;
    free(ev);
    libxl__loop_wake(ctx);
}

/* ---- timeouts ---- */

static int time_register(libxl_ctx *ctx, struct ev_time *ev)
{
    struct loop *loop = &ctx->loop;

    if (!loop->hooks)
        return 0;
    ev->nexus = nexus_get(ctx);
    if (!ev->nexus)
        return NO_MEMORY(ctx);
    ev->nexus->time = ev;
    if (loop->hooks->timeout_register(loop->hooks_user, &ev->nexus->registration, ev->abs,
                                      ev->nexus)) {
        ev->nexus->time = NULL;
        return FAIL(ctx, ERROR_OSEVENT_REG_FAIL, 0, "the event loop did not take a timeout");
    }
    ev->nexus->pending = true;
    return 0;
}

struct ev_time *libxl__ev_time_add(libxl_ctx *ctx, int milliseconds, ev_handler *handler,
                                   void *data)
{
    struct timeval after = {milliseconds / 1000, milliseconds % 1000 * 1000};
    struct ev_time *ev = calloc(1, sizeof(*ev));

    if (!ev) {
        NO_MEMORY(ctx);
        return NULL;
    }
    *ev = (struct ev_time){.handler = handler, .data = data};
    gettimeofday(&ev->abs, NULL);
    timeradd(&ev->abs, &after, &ev->abs);
    if (time_register(ctx, ev)) {
        free(ev);
        return NULL;
    }
    ev->next = ctx->loop.times;
    ctx->loop.times = ev;
    libxl__loop_wake(ctx);
    return ev;
}

/* The manager's loop cannot forget a timeout; it is made to fire soon and be ignored. */
static void time_forget(libxl_ctx *ctx, struct ev_time *ev)
{
    struct nexus *n = ev->nexus;

    if (!n)
        return;
    n->time = NULL;
    if (n->pending)
        ctx->loop.hooks->timeout_modify(ctx->loop.hooks_user, &n->registration,
                                        (struct timeval){0, 0});
}

void libxl__ev_time_del(libxl_ctx *ctx, struct ev_time **evp)
{
    struct ev_time *ev = *evp, **link;

    *evp = NULL;
    if (!ev)
        return;
    time_forget(ctx, ev);
    for (link = &ctx->loop.times; *link != ev; link = &(*link)->next)
        ;
    *link = ev->next;
    free(ev);
}

/* The handler finds its ev_time gone, so that it may add another one. */
static void time_fire(libxl_ctx *ctx, struct ev_time *ev)
{
    ev_handler *handler = ev->handler;
    void *data = ev->data;

    libxl__ev_time_del(ctx, &ev);
    handler(ctx, data);
}

/* ---- store watches ---- */

static void store_readable(libxl_ctx *ctx, void *data)
{
    char **event;

    while (ctx->loop.watches && (event = xs_check_watch(ctx->xsh))) {
        struct ev_watch *w;

        for (w = ctx->loop.watches; w; w = w->next)
            if (!strcmp(w->token, event[XS_WATCH_TOKEN]))
                break;
        free(event);
        if (w)
            w->handler(ctx, w->data);
    }
    if (ctx->loop.watches && errno != EAGAIN && errno != EWOULDBLOCK)
        libxl__disaster(ctx, "cannot read events from the store", errno);
}

struct ev_watch *libxl__ev_watch_add(libxl_ctx *ctx, const char *path, ev_handler *handler,
                                     void *data)
{
    struct loop *loop = &ctx->loop;
    struct ev_watch *w = calloc(1, sizeof(*w));

    if (!w || !path || !(w->path = strdup(path))) {
        NO_MEMORY(ctx);
        goto fail;
    }
    w->handler = handler;
    w->data = data;
    snprintf(w->token, sizeof(w->token), "libxl/%" PRIx64, loop->next_token++);
    if (!ctx->xsh) {
        FAIL(ctx, ERROR_FAIL, ENOTCONN, "cannot watch %s: there is no connection to the store",
             path);
        goto fail;
    }
    if (!loop->store_fd)
        loop->store_fd = libxl__ev_fd_add(ctx, xs_fileno(ctx->xsh), POLLIN, store_readable, NULL);
    if (!loop->store_fd)
        goto fail;
    if (!xs_watch(ctx->xsh, path, w->token)) {
        FAIL(ctx, ERROR_FAIL, errno, "cannot watch %s in the store", path);
        goto fail;
    }
    w->next = loop->watches;
    loop->watches = w;
    return w;
fail:
    watch_free(w);
    return NULL;
}

void libxl__ev_watch_del(libxl_ctx *ctx, struct ev_watch **wp)
{
    struct ev_watch *w = *wp, **link;

    *wp = NULL;
    if (!w)
        return;
    for (link = &ctx->loop.watches; *link != w; link = &(*link)->next)
        ;
    *link = w->next;
    if (!xs_unwatch(ctx->xsh, w->path, w->token))
        WARN(ctx, "cannot end the watch of %s in the store", w->path);
    if (!ctx->loop.watches)
        libxl__ev_fd_del(ctx, &ctx->loop.store_fd);
    watch_free(w);
}

/* ---- polling ---- */

static int milliseconds_until(const struct timeval *abs)
{
    struct timeval now, left;

    gettimeofday(&now, NULL);
    if (!timercmp(abs, &now, >))
        return 0;
    timersub(abs, &now, &left);
    if (left.tv_sec > 3600)
        return 3600 * 1000;
    return (int)(left.tv_sec * 1000 + (left.tv_usec + 999) / 1000);
}

int libxl__loop_prepare(libxl_ctx *ctx, struct pollfd *fds, int *nfds, int *timeout)
{
    int room = *nfds, n = 0;

    for (struct ev_fd *f = ctx->loop.fds; f; f = f->next) {
        if (!f->events)
            continue;
        if (n < room)
            fds[n] = (struct pollfd){.fd = f->fd, .events = f->events};
        n++;
    }
    for (struct ev_time *t = ctx->loop.times; t; t = t->next) {
        int ms = milliseconds_until(&t->abs);

        if (*timeout < 0 || ms < *timeout)
            *timeout = ms;
    }
    *nfds = n;
    return n > room ? ERROR_BUFFERFULL : 0;
}

bool libxl__readable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, 0) > 0 && (p.revents & POLLIN);
}

/* A handler may remove any other; so the list is searched anew for each descriptor. */
static void dispatch_fd(libxl_ctx *ctx, const struct pollfd *p)
{
    struct ev_fd *f;

    for (f = ctx->loop.fds; f; f = f->next)
        if (f->fd == p->fd && (p->revents & (f->events | POLLERR | POLLHUP | POLLNVAL)))
            break;
    if (f)
        f->handler(ctx, f->data);
}

static struct ev_time *first_due(libxl_ctx *ctx)
{
    struct ev_time *first = NULL;

    for (struct ev_time *t = ctx->loop.times; t; t = t->next)
        if (milliseconds_until(&t->abs) == 0 && (!first || timercmp(&t->abs, &first->abs, <)))
            first = t;
    return first;
}

void libxl__loop_dispatch(libxl_ctx *ctx, const struct pollfd *fds, int nfds)
{
    int due = 0;

    for (int i = 0; i < nfds; i++)
        if (fds[i].revents)
            dispatch_fd(ctx, &fds[i]);
    /* No more than are due now: a handler may add one that is due at once. */
    for (struct ev_time *t = ctx->loop.times; t; t = t->next)
        due += milliseconds_until(&t->abs) == 0;
    for (; due > 0; due--) {
        struct ev_time *first = first_due(ctx);

        if (first)
            time_fire(ctx, first);
    }
}

int libxl_osevent_beforepoll(libxl_ctx *ctx, int *nfds_io, struct pollfd *fds, int *timeout_upd,
                             struct timeval now)
{
    int rc;

    libxl__enter(ctx);
    rc = libxl__loop_prepare(ctx, fds, nfds_io, timeout_upd);
    libxl__leave(ctx);
    return rc;
}

void libxl_osevent_afterpoll(libxl_ctx *ctx, int nfds, const struct pollfd *fds, struct timeval now)
{
    libxl__enter(ctx);
    libxl__loop_dispatch(ctx, fds, nfds);
    libxl__leave(ctx);
}

void libxl_osevent_register_hooks(libxl_ctx *ctx, const libxl_osevent_hooks *hooks, void *user)
{
    libxl__enter(ctx);
    ctx->loop.hooks = hooks;
    ctx->loop.hooks_user = user;
    libxl__leave(ctx);
}

void libxl_osevent_occurred_fd(libxl_ctx *ctx, void *for_libxl, int fd, short events, short revents)
{
    struct nexus *n = for_libxl;

    libxl__enter(ctx);
    if (n->fd && n->fd->fd == fd && (revents & (n->fd->events | POLLERR | POLLHUP | POLLNVAL)))
        n->fd->handler(ctx, n->fd->data);
    libxl__leave(ctx);
}

void libxl_osevent_occurred_timeout(libxl_ctx *ctx, void *for_libxl)
{
    struct nexus *n = for_libxl;

    libxl__enter(ctx);
    n->pending = false;
    if (n->time)
        time_fire(ctx, n->time);
    libxl__leave(ctx);
}
