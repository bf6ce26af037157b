/* SPDX-License-Identifier: MIT */
/* What the library's own files share. */
#ifndef XENSTORE_PRIVATE_H
#define XENSTORE_PRIVATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>
#include "xenerror.h"
#include "xenstore.h"
#include "xentoolcore_internal.h"

#define PUBLIC __attribute__((visibility("default")))

/* Names the library in error chains. */
#define LIBRARY "libxenstore"

/* A request on its way: on the stack of the thread that waits for it. */
struct pending {
    struct pending *next;
    pthread_cond_t answered;
    uint32_t req_id;
    bool waiting; /* for answered, rather than that its request has gone out */
    bool done;
    bool queued; /* in the handle's list */
    struct xsd_sockmsg hdr;
    char *body; /* ends with a nul that is not counted in hdr.len */
};

/* A watch event in the shape in which it is handed out. */
struct event {
    struct event *next;
    char **strings;
};

#define RECEIVE_BUFFER (16 * 1024)

/*
 * One thread at a time reads the connection, for all: whichever request waits for its answer, and it
 * hands the job to another waiting request when its own answer has come.  Only when there are watches
 * is there a thread, which reads while no request waits.  So a program without watches has none,
 * requests of several threads overlap, and an answer always comes to a thread that is awake for it.
 */
struct xs_handle {
    Xentoolcore__Active_Handle active; /* for xentoolcore_restrict_all() */
    int fd;
    bool is_socket;
    unsigned long flags;

    pthread_mutex_t send_lock; /* keeps a message's bytes together; taken before lock */
    pthread_mutex_t lock;      /* guards all that follows */
    struct pending *pending, **pending_tail; /* in the order of asking, as answers come */
    uint32_t next_req_id;
    int broken;   /* errno once the connection is unusable */
    bool reading; /* somebody is reading the connection */

    bool has_reader; /* the watch reader runs */
    pthread_t reader;
    int reader_epoll; /* what the reader waits for: fd, while nobody else reads it, and stop_fd */
    int stop_fd;      /* eventfd that ends the reader */
    int watch_fd;     /* eventfd, readable while events wait; -1 until asked for */

    struct event *events, **events_tail;
    pthread_cond_t event_came;

    /* Belongs to the one who reads. */
    size_t rx_have;
    char rx[RECEIVE_BUFFER];
};

/* request.c: send a request and wait for its answer. */
char *xs__talk(struct xs_handle *h, xs_transaction_t t, enum xsd_sockmsg_type type,
               const struct iovec *iov, unsigned int num, unsigned int *len);
char *xs__talk_str(struct xs_handle *h, xs_transaction_t t, enum xsd_sockmsg_type type,
                   const char *arg, unsigned int *len);
bool xs__answered_ok(char *reply);
/*
 * The steps of xs__talk(), for who asks much at once: a request is in the handle's list before it is
 * sent, and leaves it when its answer has been awaited or is not wanted any more (twice is fine).
 * xs__send() and xs__await() return 0, or -1 with errno when the connection broke.
 */
void xs__enqueue(struct xs_handle *h, struct pending *p);
int xs__send(struct xs_handle *h, struct iovec *iov, unsigned int num);
int xs__await(struct xs_handle *h, struct pending *p);
bool xs__is_answered(struct xs_handle *h, struct pending *p);
void xs__dequeue(struct xs_handle *h, struct pending *p);
/* The body of an answer that came; NULL with errno: the store refused. */
const char *xs__answer(const struct pending *p, enum xsd_sockmsg_type type);

/* operations.c: the entries of an answer, for free(); NULL for no answer, with errno. */
struct xs_permissions *xs__permissions(const char *reply, unsigned int len, unsigned int *num);
/* Leave an error chain for a call that failed with errno; path may be NULL.  Keeps errno. */
void xs__failed(const char *operation, const char *path);

/* connection.c: close it if it is open, and mark it so; keeps errno. */
void xs__close_fd(int *fd);

/* receive.c: the reading side. */
int xs__receive(struct xs_handle *h);
void xs__begin_reading(struct xs_handle *h);
void xs__end_reading(struct xs_handle *h);
void xs__break(struct xs_handle *h, int err);
int xs__start_reader(struct xs_handle *h);
void xs__stop_reader(struct xs_handle *h);

/* watch.c */
void xs__queue_event(struct xs_handle *h, struct event *event);
struct event *xs__event_new(const char *body, size_t len);
void xs__free_events(struct xs_handle *h);

#endif
