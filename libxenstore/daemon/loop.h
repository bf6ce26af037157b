/* SPDX-License-Identifier: MIT */
/* The daemon's event loop. */
#ifndef XSD_LOOP_H
#define XSD_LOOP_H

#include <stdbool.h>
#include <stdint.h>

/* Something that the loop waits for; its owner embeds it. */
struct source {
    int fd;
    uint32_t events; /* those waited for */
    void (*ready)(struct source *source, uint32_t events);
};

struct loop {
    int epoll;
    bool stop;
};

int loop_init(struct loop *loop);
void loop_free(struct loop *loop);
int loop_add(struct loop *loop, struct source *source, uint32_t events);
void loop_change(struct loop *loop, struct source *source, uint32_t events);
void loop_remove(struct loop *loop, struct source *source);

/*
 * Wait for events and handle them, until loop->stop.  between() runs after each round; it returns
 * true when it has more to do at once.
 */
int loop_run(struct loop *loop, bool (*between)(void *ctx), void *ctx);

#endif
