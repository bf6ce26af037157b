/* SPDX-License-Identifier: MIT */
/* The reading side of a connection: answers to the requests that wait, events to the queue. */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include "private.h"

static void tell_gone(struct xs_handle *h)
{
    h->gone = true;
    pthread_cond_broadcast(&h->event_came);
    if (h->watch_fd >= 0)
        (void)!write(h->watch_fd, &(uint64_t){1}, sizeof(uint64_t));
}

void xs__wake_reader(struct xs_handle *h)
{
    if (h->wake_fd >= 0)
        (void)!write(h->wake_fd, &(uint64_t){1}, sizeof(uint64_t));
}

/* Called locked. */
void xs__break(struct xs_handle *h, int err)
{
    if (!h->broken) {
        h->broken = err;
        xs__note_break(h);
    }
    for (struct pending *p = h->pending; p; p = p->next) {
        p->lost = !p->done;
        pthread_cond_signal(&p->answered);
    }
    /* Where there are watches there is a reader, which gets them back or tells that they are gone. */
    if (!h->has_reader || !xs__may_restore(h))
        tell_gone(h);
    else
        xs__wake_reader(h);
}

/* Called locked; body is copied.  Answers to requests that nobody waits for are dropped. */
static int deliver(struct xs_handle *h, const struct xsd_sockmsg *hdr, const char *body)
{
    struct pending *p = h->pending;

    if (hdr->type == XS_WATCH_EVENT) {
        struct event *event = xs__event_new(body, hdr->len);

        if (!event)
            return -1;
        xs__queue_event(h, event);
        return 0;
    }
    while (p && p->req_id != hdr->req_id)
        p = p->next;
    if (!p || p->done)
        return 0;
    p->body = malloc(hdr->len + 1);
    if (!p->body)
        return -1;
    memcpy(p->body, body, hdr->len);
    p->body[hdr->len] = '\0';
    p->hdr = *hdr;
    p->done = true;
    pthread_cond_signal(&p->answered);
    return 0;
}

/* Called locked: hand on every message that is complete, keep the rest. */
static int deliver_all(struct xs_handle *h)
{
    size_t at = 0;
    int err = 0;

    while (!err && h->rx_have - at >= sizeof(struct xsd_sockmsg)) {
        struct xsd_sockmsg hdr;

        memcpy(&hdr, h->rx + at, sizeof(hdr));
        if (hdr.len > XENSTORE_PAYLOAD_MAX) {
            err = EIO;
            break;
        }
        if (h->rx_have - at < sizeof(hdr) + hdr.len)
            break;
        if (deliver(h, &hdr, h->rx + at + sizeof(hdr)) != 0)
            err = errno;
        at += sizeof(hdr) + hdr.len;
    }
    h->rx_have -= at;
    memmove(h->rx, h->rx + at, h->rx_have);
    return err;
}

/*
 * Called locked, by the one who set h->reading; unlocks while it waits.  Reads once and hands on
 * what came.
 */
int xs__receive(struct xs_handle *h)
{
    ssize_t got = 0;
    int err = 0;

    pthread_mutex_unlock(&h->lock);
    do {
        got = read(h->fd, h->rx + h->rx_have, sizeof(h->rx) - h->rx_have);
    } while (got < 0 && errno == EINTR);
    err = got > 0 ? 0 : got == 0 ? EPIPE : errno;
    pthread_mutex_lock(&h->lock);

    if (got > 0) {
        h->rx_have += got;
        err = deliver_all(h);
    }
    if (err)
        xs__break(h, err);
    return err ? -1 : 0;
}

/*
 * Called locked: the reader shall not wake for what another reads.  When it is to wait again, what
 * has come meanwhile wakes it.
 */
static void let_reader_wait(struct xs_handle *h, bool wait)
{
    struct epoll_event event = {.events = wait ? EPOLLIN : 0, .data.fd = h->fd};

    if (h->has_reader)
        epoll_ctl(h->reader_epoll, EPOLL_CTL_MOD, h->fd, &event);
}

/* Called locked, while nobody reads. */
void xs__begin_reading(struct xs_handle *h)
{
    h->reading = true;
    let_reader_wait(h, false);
}

/*
 * Called locked, by the one who reads: another waiting request goes on with it, or the reader.  One
 * whose request has not gone out is no use: perhaps it will not go before somebody reads.
 */
void xs__end_reading(struct xs_handle *h)
{
    h->reading = false;
    for (struct pending *p = h->pending; p; p = p->next) {
        if (p->waiting && !p->done) {
            pthread_cond_signal(&p->answered);
            return;
        }
    }
    let_reader_wait(h, true);
}

/* Called locked.  Another may have read what woke the reader, which must never wait in read(). */
static bool still_readable(struct xs_handle *h)
{
    struct pollfd fd = {.fd = h->fd, .events = POLLIN};

    return !h->reading && poll(&fd, 1, 0) == 1;
}

static void *reader_main(void *arg)
{
    struct xs_handle *h = arg;

    pthread_mutex_lock(&h->lock);
    while (!h->stopping) {
        struct epoll_event event = {0};
        uint64_t count = 0;
        int got = 0;

        if (h->broken && xs__restore(h, true) != 0)
            break;
        xs__set_watches_again(h);
        /* What woke it may have been read while it restored the connection. */
        if (h->broken || h->stopping)
            continue;
        pthread_mutex_unlock(&h->lock);
        got = epoll_wait(h->reader_epoll, &event, 1, -1);
        pthread_mutex_lock(&h->lock);
        if (got == 1 && event.data.fd == h->wake_fd)
            (void)!read(h->wake_fd, &count, sizeof(count));
        else if (got != 1 || h->broken || !still_readable(h))
            continue;
        if (h->stopping || event.data.fd == h->wake_fd)
            continue;
        h->reading = true;
        xs__receive(h);
        xs__end_reading(h);
    }
    if (h->broken)
        tell_gone(h);
    pthread_mutex_unlock(&h->lock);
    return NULL;
}

static int watch_fd(int epoll, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};

    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

/* Called locked. */
static int prepare_reader(struct xs_handle *h)
{
    if (h->reader_epoll >= 0)
        return 0; /* only the thread could not be made */
    h->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    h->reader_epoll = epoll_create1(EPOLL_CLOEXEC);
    if (h->wake_fd >= 0 && h->reader_epoll >= 0 &&
        watch_fd(h->reader_epoll, h->wake_fd, EPOLLIN) == 0 &&
        watch_fd(h->reader_epoll, h->fd, h->reading ? 0 : EPOLLIN) == 0)
        return 0;
    xs__close_fd(&h->wake_fd);
    xs__close_fd(&h->reader_epoll);
    return -1;
}

/* Called locked. */
int xs__start_reader(struct xs_handle *h)
{
    sigset_t all, before;
    pthread_attr_t attr;
    int rc = 0;

    if (h->has_reader)
        return 0;
    if (prepare_reader(h) != 0)
        return -1;
    rc = pthread_attr_init(&attr);
    if (rc) {
        errno = rc;
        return -1;
    }
    /* The thread needs little, but a program's thread-local data may want much more. */
    pthread_attr_setstacksize(&attr, 128 * 1024);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&h->reader, &attr, reader_main, h);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    h->has_reader = rc == 0;
    let_reader_wait(h, !h->reading);
    errno = rc;
    return rc ? -1 : 0;
}

void xs__stop_reader(struct xs_handle *h)
{
    if (!h->has_reader)
        return;
    pthread_mutex_lock(&h->lock);
    h->stopping = true;
    xs__wake_reader(h);
    pthread_mutex_unlock(&h->lock);
    pthread_join(h->reader, NULL);
    h->has_reader = false;
}
