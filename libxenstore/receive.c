/* SPDX-License-Identifier: MIT */
/* The reading side of a connection: answers to the requests that wait, events to the queue. */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include "private.h"

/* Called locked. */
void xs__break(struct xs_handle *h, int err)
{
    if (!h->broken)
        h->broken = err;
    for (struct pending *p = h->pending; p; p = p->next)
        pthread_cond_signal(&p->answered);
    pthread_cond_broadcast(&h->event_came);
    if (h->watch_fd >= 0)
        (void)!write(h->watch_fd, &(uint64_t){1}, sizeof(uint64_t));
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

/* @return true when there is something to read, false when the reader shall end */
static bool wait_readable(struct xs_handle *h)
{
    struct pollfd fds[] = {{.fd = h->fd, .events = POLLIN}, {.fd = h->stop_fd, .events = POLLIN}};

    while (poll(fds, 2, -1) < 0 && errno == EINTR)
        ;
    return !fds[1].revents;
}

static void *reader_main(void *arg)
{
    struct xs_handle *h = arg;
    bool going = true;

    pthread_mutex_lock(&h->lock);
    while (h->reading && !h->broken)
        pthread_cond_wait(&h->may_read, &h->lock);
    h->reading = true;
    while (going && !h->broken) {
        pthread_mutex_unlock(&h->lock);
        going = wait_readable(h);
        pthread_mutex_lock(&h->lock);
        if (going && xs__receive(h) != 0)
            going = false;
    }
    h->reading = false;
    pthread_mutex_unlock(&h->lock);
    return NULL;
}

/* Called locked. */
int xs__start_reader(struct xs_handle *h)
{
    sigset_t all, before;
    pthread_attr_t attr;
    int rc = 0;

    if (h->has_reader)
        return 0;
    if (h->stop_fd < 0)
        h->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (h->stop_fd < 0)
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
    errno = rc;
    h->has_reader = rc == 0;
    return rc ? -1 : 0;
}

void xs__stop_reader(struct xs_handle *h)
{
    if (!h->has_reader)
        return;
    (void)!write(h->stop_fd, &(uint64_t){1}, sizeof(uint64_t));
    pthread_join(h->reader, NULL);
    h->has_reader = false;
}
