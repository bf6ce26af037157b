/* SPDX-License-Identifier: MIT */
/*
 * The one event loop: file descriptors, timeouts, store watches and child processes.
 *
 * Handlers run with the context locked.  A handler may be called although nothing happened, since
 * several threads may poll for the same thing; so every handler looks for itself.
 */
#ifndef LIGHT_LOOP_H
#define LIGHT_LOOP_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/time.h>
#include <sys/types.h>
#include "public.h"

typedef void ev_handler(libxl_ctx *ctx, void *data);

struct ev_fd {
    struct ev_fd *next;
    int fd;
    short events;
    ev_handler *handler;
    void *data;
    struct nexus *nexus;
};

struct ev_time {
    struct ev_time *next;
    struct timeval abs;
    ev_handler *handler;
    void *data;
    struct nexus *nexus;
};

struct ev_watch {
    struct ev_watch *next;
    char *path;
    char token[32];
    ev_handler *handler; /* called once at the start, as the store does */
    void *data;
};

struct ev_child {
    struct ev_child *next;
    struct ev_child *all_next; /* in all contexts */
    libxl_ctx *ctx;
    pid_t pid;
    bool ended; /* the status is known */
    int status;
    ev_handler *handler; /* called once, with status set; then the ev_child is freed */
    void *data;
};

struct loop {
    struct ev_fd *fds;
    struct ev_time *times;
    struct ev_watch *watches;
    struct ev_child *children;
    struct ev_fd *store_fd; /* while there are watches */
    uint64_t next_token;
    struct poller *pollers; /* threads that wait, to be woken when anything changes */
    const libxl_osevent_hooks *hooks;
    void *hooks_user;
    struct nexus *nexuses; /* all of them, for reuse and until the context is freed */
    const libxl_childproc_hooks *child_hooks;
    void *child_user;
    int sigchld_pipe[2];
    struct ev_fd *sigchld_fd;
    libxl_ctx *sigchld_next; /* contexts that want SIGCHLD */
    bool sigchld_wanted;
};

void libxl__loop_init(struct loop *loop);
void libxl__loop_dispose(libxl_ctx *ctx);
/* In a child after fork(): tell neither the manager's loop nor other threads of anything. */
void libxl__loop_leave_to_parent(libxl_ctx *ctx);
/* And end all that the parent began, without telling the store. */
void libxl__loop_after_fork(libxl_ctx *ctx);
void libxl__loop_wake(libxl_ctx *ctx);

/* NULL on failure, which is logged. */
struct ev_fd *libxl__ev_fd_add(libxl_ctx *ctx, int fd, short events, ev_handler *handler,
                               void *data);
struct ev_time *libxl__ev_time_add(libxl_ctx *ctx, int milliseconds, ev_handler *handler,
                                   void *data);
struct ev_watch *libxl__ev_watch_add(libxl_ctx *ctx, const char *path, ev_handler *handler,
                                     void *data);
/* A child by fork(): 0 in the child, -1 on failure.  The handler gets data. */
pid_t libxl__ev_child_fork(libxl_ctx *ctx, struct ev_child **child, ev_handler *handler,
                           void *data);

/* NULL is fine; *ev becomes NULL. */
void libxl__ev_fd_del(libxl_ctx *ctx, struct ev_fd **ev);
void libxl__ev_time_del(libxl_ctx *ctx, struct ev_time **ev);
void libxl__ev_watch_del(libxl_ctx *ctx, struct ev_watch **ev);

int libxl__loop_prepare(libxl_ctx *ctx, struct pollfd *fds, int *nfds, int *timeout);
void libxl__loop_dispatch(libxl_ctx *ctx, const struct pollfd *fds, int nfds);

void libxl__childproc_init(struct loop *loop);
void libxl__childproc_dispose(libxl_ctx *ctx);

struct poller {
    struct poller *next;
    int fd; /* -1: it looks often */
};

/* Whether fd is readable now: for handlers of descriptors that cannot be read. */
bool libxl__readable(int fd);

#endif
