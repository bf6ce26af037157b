/* SPDX-License-Identifier: MIT */
/* Operations that take time. */
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "internal.h"

#define SHORT_MS 10 /* between looks, while there is nothing to wait with */

struct ao *libxl__ao_start(libxl_ctx *ctx, const libxl_asyncop_how *how)
{
    struct ao *ao = calloc(1, sizeof(*ao));

    if (!ao) {
        NO_MEMORY(ctx);
        return NULL;
    }
    ao->ctx = ctx;
    ao->starting = true;
    ao->async = how != NULL;
    if (how)
        ao->how = *how;
    ao->next = ctx->aos;
    ctx->aos = ao;
    return ao;
}

void libxl__ao_set_progress(struct ao *ao, const libxl_asyncprogress_how *how)
{
    ao->has_progress = how != NULL;
    if (how)
        ao->progress = *how;
}

static void ao_free(struct ao *ao)
{
    struct ao **link;

    for (link = &ao->ctx->aos; *link != ao; link = &(*link)->next)
        ;
    *link = ao->next;
    free(ao);
}

static void tell(libxl_ctx *ctx, const libxl_asyncop_how *how, int rc)
{
    struct notice *n;
    libxl_event *event;

    if (how->callback) {
        n = calloc(1, sizeof(*n));
        if (!n) {
            libxl__disaster(ctx, "cannot tell that an operation is done", ENOMEM);
            return;
        }
        n->how = *how;
        n->rc = rc;
        libxl__notice(ctx, n);
        return;
    }
    event = libxl__event_new(ctx, LIBXL_EVENT_TYPE_OPERATION_COMPLETE, 0, how->u.for_event);
    if (!event)
        return;
    event->u.operation_complete.rc = rc;
    libxl__event_occurred(ctx, event);
}

void libxl__ao_done(struct ao *ao, int rc)
{
    libxl_ctx *ctx = ao->ctx;

    ao->done = true;
    ao->rc = rc;
    ao->on_abort = NULL;
    if (ao->starting || !ao->async) { /* libxl__ao_result() will see it */
        libxl__loop_wake(ctx);
        return;
    }
    tell(ctx, &ao->how, rc);
    ao_free(ao);
}

void libxl__ao_progress(struct ao *ao, libxl_event *event)
{
    struct notice *n;

    if (!event)
        return;
    if (!ao->has_progress) {
        libxl_event_free(ao->ctx, event);
        return;
    }
    event->for_user = ao->progress.for_event;
    if (!ao->progress.callback) {
        libxl__event_occurred(ao->ctx, event);
        return;
    }
    n = calloc(1, sizeof(*n));
    if (!n) {
        libxl_event_free(ao->ctx, event);
        libxl__disaster(ao->ctx, "cannot report progress", ENOMEM);
        return;
    }
    n->event = event;
    n->progress = ao->progress;
    libxl__notice(ao->ctx, n);
}

/* ---- waiting ---- */

/*
 * It is not given up for want of memory or descriptors: an operation that has begun works with what
 * its caller lent.  A poller without descriptor is one that looks again soon.
 */
static void poller_open(libxl_ctx *ctx, struct poller *p)
{
    p->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    p->next = ctx->loop.pollers;
    ctx->loop.pollers = p;
}

/* In a child of fork(), it may be forgotten already. */
static void poller_close(libxl_ctx *ctx, struct poller *p)
{
    struct poller **link;

    for (link = &ctx->loop.pollers; *link && *link != p; link = &(*link)->next)
        ;
    if (*link)
        *link = p->next;
    if (p->fd >= 0)
        close(p->fd);
}

/* What the loop watches, and one more place in front for the poller. */
static struct pollfd *poll_set(libxl_ctx *ctx, int *nfds, int *timeout)
{
    struct pollfd *fds = NULL;
    int room = 0, n = 0;

    while (libxl__loop_prepare(ctx, fds ? fds + 1 : NULL, &n, timeout) == ERROR_BUFFERFULL ||
           !fds) {
        struct pollfd *bigger = realloc(fds, ((size_t)n + 1) * sizeof(*fds));

        if (!bigger) {
            free(fds);
            return NULL;
        }
        fds = bigger;
        room = n;
    }
    *nfds = n < room ? n : room;
    return fds;
}

/*
 * Callbacks wait until the context is let go.  While an operation is waited for, that is here.  The
 * lock is recursive, but a callback never runs with it held, so its depth is at most the depth of
 * the library's own calls: all of it is given up.
 */
static int poll_unlocked(libxl_ctx *ctx, struct pollfd *fds, int nfds, int timeout)
{
    int depth = ctx->depth, rc, saved;
    bool told = ctx->notices != NULL;
    const char *op = ctx->op;
    struct notice *notices = ctx->notices;

    ctx->notices = NULL;
    ctx->depth = 0;
    for (int i = 0; i < depth; i++)
        pthread_mutex_unlock(&ctx->lock);
    libxl__notices_deliver(ctx, notices);
    rc = poll(fds, nfds, told ? 0 : timeout); /* a callback may have ended the wait */
    saved = errno;
    for (int i = 0; i < depth; i++)
        pthread_mutex_lock(&ctx->lock);
    ctx->depth = depth;
    ctx->op = op;
    errno = saved;
    return rc;
}

struct wait {
    libxl_ctx *ctx;
    struct poller poller;
    struct pollfd alone, *fds; /* fds, or the poller alone for want of memory */
};

/* A manager may cancel a thread that waits, and with the thread goes its stack. */
static void cancelled(void *data)
{
    struct wait *w = data;

    pthread_mutex_lock(&w->ctx->lock);
    poller_close(w->ctx, &w->poller);
    pthread_mutex_unlock(&w->ctx->lock);
    free(w->fds);
}

static int poll_cancellable(struct wait *w, int nfds, int timeout)
{
    int rc;

    pthread_cleanup_push(cancelled, w);
    rc = poll_unlocked(w->ctx, w->fds ? w->fds : &w->alone, nfds, timeout);
    pthread_cleanup_pop(0);
    return rc;
}

/* 0, or -1 with errno; timeouts are looked after even then. */
static int run(libxl_ctx *ctx)
{
    struct wait w = {.ctx = ctx};
    int nfds = 0, timeout = -1, n, saved;

    poller_open(ctx, &w.poller);
    w.fds = poll_set(ctx, &nfds, &timeout);
    if (!w.fds)
        nfds = 0;
    if ((!w.fds || w.poller.fd < 0) && (timeout < 0 || timeout > SHORT_MS))
        timeout = SHORT_MS;
    *(w.fds ? w.fds : &w.alone) = (struct pollfd){.fd = w.poller.fd, .events = POLLIN};
    n = poll_cancellable(&w, nfds + 1, timeout);
    saved = errno;
    libxl__loop_dispatch(ctx, w.fds ? w.fds + 1 : NULL, n < 0 ? 0 : nfds);
    free(w.fds);
    poller_close(ctx, &w.poller);
    errno = saved;
    return n < 0 && errno != EINTR ? -1 : 0;
}

int libxl__run_once(libxl_ctx *ctx)
{
    return run(ctx) ? FAIL(ctx, ERROR_FAIL, errno, "poll failed") : 0;
}

int libxl__ao_result(struct ao *ao)
{
    libxl_ctx *ctx = ao->ctx;
    bool failed = false;
    int rc;

    while (!ao->async && !ao->done) {
        if (!run(ctx))
            continue;
        if (!failed)
            WARN(ctx, "poll failed, but an operation is under way: %s", strerror(errno));
        failed = true;
        poll_unlocked(ctx, NULL, 0, SHORT_MS);
    }
    ao->starting = false;
    if (!ao->done)
        return 0;
    rc = ao->rc;
    if (ao->async && !rc)
        tell(ctx, &ao->how, rc);
    ao_free(ao);
    return rc;
}

int libxl__ao_at_once(libxl_ctx *ctx, const libxl_asyncop_how *how, int rc)
{
    if (!how || rc)
        return rc;
    tell(ctx, how, 0);
    return 0;
}

static bool same_how(const struct ao *ao, const libxl_asyncop_how *how)
{
    if (!how || !ao->async)
        return !how && !ao->async;
    return ao->how.callback == how->callback &&
           (how->callback ? ao->how.u.for_callback == how->u.for_callback
                          : ao->how.u.for_event == how->u.for_event);
}

int libxl_ao_abort(libxl_ctx *ctx, const libxl_asyncop_how *how)
{
    struct ao *ao;
    int rc = 0;

    libxl__enter(ctx);
    for (ao = ctx->aos; ao; ao = ao->next)
        if (!ao->done && same_how(ao, how))
            break;
    if (!ao) {
        rc = ERROR_NOTFOUND;
    } else if (ao->aborted) {
        rc = ERROR_ABORTED;
    } else {
        ao->aborted = true;
        if (ao->on_abort)
            ao->on_abort(ao, ao->on_abort_data);
    }
    libxl__leave(ctx);
    return rc;
}
