/* SPDX-License-Identifier: MIT */
/* Watches and their events. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "private.h"

/* @return NULL with errno EIO when the body is not two strings */
struct event *xs__event_new(const char *body, size_t len)
{
    const char *token = memchr(body, '\0', len);
    struct event *event = NULL;

    if (!token || !memchr(token + 1, '\0', len - (token + 1 - body))) {
        errno = EIO;
        return NULL;
    }
    event = malloc(sizeof(*event));
    if (!event)
        return NULL;
    event->next = NULL;
    event->strings = malloc(2 * sizeof(char *) + len);
    if (!event->strings) {
        free(event);
        return NULL;
    }
    event->strings[XS_WATCH_PATH] = (char *)(event->strings + 2);
    event->strings[XS_WATCH_TOKEN] = event->strings[XS_WATCH_PATH] + (token + 1 - body);
    memcpy(event->strings[XS_WATCH_PATH], body, len);
    return event;
}

static void free_event(struct event *event)
{
    if (event)
        free(event->strings);
    free(event);
}

void xs__free_events(struct xs_handle *h)
{
    while (h->events) {
        struct event *next = h->events->next;

        free_event(h->events);
        h->events = next;
    }
    h->events_tail = &h->events;
}

/* Called locked: watch_fd polls as readable exactly while events wait. */
static void update_watch_fd(struct xs_handle *h)
{
    uint64_t count = 1;

    if (h->watch_fd < 0 || h->gone)
        return;
    if (h->events)
        (void)!write(h->watch_fd, &count, sizeof(count));
    else
        (void)!read(h->watch_fd, &count, sizeof(count));
}

/* Called locked; takes the event. */
void xs__queue_event(struct xs_handle *h, struct event *event)
{
    bool first = !h->events;

    *h->events_tail = event;
    h->events_tail = &event->next;
    if (first)
        update_watch_fd(h);
    pthread_cond_signal(&h->event_came);
}

static struct event *take_event(struct xs_handle *h)
{
    struct event *event = h->events;

    if (!event)
        return NULL;
    h->events = event->next;
    if (!h->events) {
        h->events_tail = &h->events;
        update_watch_fd(h);
    }
    return event;
}

PUBLIC int xs_fileno(struct xs_handle *h)
{
    int fd = -1;

    pthread_mutex_lock(&h->lock);
    if (h->watch_fd < 0) {
        h->watch_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (h->watch_fd >= 0 && (h->events || h->gone))
            (void)!write(h->watch_fd, &(uint64_t){1}, sizeof(uint64_t));
    }
    fd = h->watch_fd;
    pthread_mutex_unlock(&h->lock);
    return fd;
}

static char **hand_out(struct xs_handle *h, bool wait)
{
    struct event *event = NULL;
    char **strings = NULL;
    int err = EAGAIN;

    pthread_mutex_lock(&h->lock);
    while (wait && !h->events && !h->gone)
        pthread_cond_wait(&h->event_came, &h->lock);
    event = take_event(h);
    if (!event && h->gone)
        err = h->broken;
    pthread_mutex_unlock(&h->lock);

    if (!event) {
        errno = err;
        return NULL;
    }
    strings = event->strings;
    free(event);
    return strings;
}

PUBLIC char **xs_check_watch(struct xs_handle *h)
{
    return hand_out(h, false);
}

PUBLIC char **xs_read_watch(struct xs_handle *h, unsigned int *num)
{
    char **strings = hand_out(h, true);

    if (strings && num)
        *num = 2;
    return strings;
}

PUBLIC bool xs_watch(struct xs_handle *h, const char *path, const char *token)
{
    int rc = 0;

    /* From now on events may come at any time, and xs_fileno() must tell. */
    pthread_mutex_lock(&h->lock);
    rc = xs__start_reader(h);
    pthread_mutex_unlock(&h->lock);
    if (rc == 0 && xs__set_watch(h, path, token))
        return true;
    xs__failed("xs_watch", path);
    return false;
}

static void forget_events(struct xs_handle *h, const char *path, const char *token)
{
    struct event **link = &h->events;

    pthread_mutex_lock(&h->lock);
    while (*link) {
        struct event *event = *link;

        if (strcmp(event->strings[XS_WATCH_TOKEN], token) == 0 &&
            xs_path_is_subpath(path, event->strings[XS_WATCH_PATH])) {
            *link = event->next;
            free_event(event);
        } else {
            link = &event->next;
        }
    }
    h->events_tail = link;
    if (!h->events)
        update_watch_fd(h);
    pthread_mutex_unlock(&h->lock);
}

/* The daemon sends no event of a watch after it has answered its removal. */
PUBLIC bool xs_unwatch(struct xs_handle *h, const char *path, const char *token)
{
    if (!xs__end_watch(h, path, token)) {
        xs__failed("xs_unwatch", path);
        return false;
    }
    if (h->flags & XS_UNWATCH_FILTER)
        forget_events(h, path, token);
    return true;
}
