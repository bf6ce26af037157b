/* SPDX-License-Identifier: MIT */
#include "loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

int loop_init(struct loop *loop)
{
    loop->stop = false;
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    return loop->epoll < 0 ? -errno : 0;
}

void loop_free(struct loop *loop)
{
    if (loop->epoll >= 0)
        close(loop->epoll);
    loop->epoll = -1;
}

int loop_add(struct loop *loop, struct source *source, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = source};

    source->events = events;
    return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, source->fd, &event) ? -errno : 0;
}

void loop_change(struct loop *loop, struct source *source, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = source};

    if (source->events == events)
        return;
    source->events = events;
    epoll_ctl(loop->epoll, EPOLL_CTL_MOD, source->fd, &event);
}

void loop_remove(struct loop *loop, struct source *source)
{
    epoll_ctl(loop->epoll, EPOLL_CTL_DEL, source->fd, NULL);
}

int loop_run(struct loop *loop, bool (*between)(void *ctx), void *ctx)
{
    struct epoll_event events[64];
    bool more = between(ctx);

    while (!loop->stop) {
        int nr = epoll_wait(loop->epoll, events, sizeof(events) / sizeof(events[0]), more ? 0 : -1);

        if (nr < 0 && errno != EINTR)
            return -errno;
        for (int i = 0; i < nr; i++) {
            struct source *source = events[i].data.ptr;

            source->ready(source, events[i].events);
        }
        more = between(ctx);
    }
    return 0;
}
