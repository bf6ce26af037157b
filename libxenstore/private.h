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
    bool lost;   /* the connection broke before its answer */
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

    pthread_mutex_t device_lock; /* a device has one request at a time; taken first */
    pthread_mutex_t send_lock;   /* keeps a message's bytes together; taken before lock */
    pthread_mutex_t lock;        /* guards all that follows */
    struct pending *pending, **pending_tail; /* in the order of asking, as answers come */
    uint32_t next_req_id;
    int broken;   /* errno while the connection is unusable */
    bool gone;    /* for good: who waits for events knows */
    bool reading; /* somebody is reading the connection */

    bool has_reader; /* the watch reader runs */
    pthread_t reader;
    int reader_epoll; /* what the reader waits for: fd, while nobody else reads it, and wake_fd */
    int wake_fd;      /* eventfd: the reader shall look what is new */
    bool stopping;    /* it shall end */
    int watch_fd;     /* eventfd, readable while events wait; -1 until asked for */

    struct event *events, **events_tail;
    pthread_cond_t event_came;

    /* For a daemon that comes again (restore.c). */
    char *address;
    uint64_t patience_ms, broken_at; /* 0: it will not be waited for */
    uint32_t generation;             /* counts connections */
    bool restoring, restricted;
    xs_transaction_t tx_base;         /* what a transaction's number is more than the daemon says */
    xs_transaction_t tx_top, tx_lost; /* the highest given out; those up to it are lost */
    struct watched *watched;
    bool must_watch_again;
    pthread_cond_t watched_again;

    /* Belongs to the one who reads. */
    size_t rx_have;
    char rx[RECEIVE_BUFFER];
};

/* request.c: send a request and wait for its answer. */
char *xs__talk(struct xs_handle *h, xs_transaction_t t, enum xsd_sockmsg_type type,
               const struct iovec *iov, unsigned int num, unsigned int *len);
/* The same, but not for a daemon that comes again. */
char *xs__talk_once(struct xs_handle *h, xs_transaction_t t, enum xsd_sockmsg_type type,
                    const struct iovec *iov, unsigned int num, unsigned int *len);
char *xs__talk_str(struct xs_handle *h, xs_transaction_t t, enum xsd_sockmsg_type type,
                   const char *arg, unsigned int *len);
bool xs__answered_ok(char *reply);
/*
 * The steps of xs__talk(), for who asks much at once: a request is in the handle's list before it is
 * sent, and leaves it when its answer has been awaited or is not wanted any more (twice is fine).
 * xs__send() and xs__await() return 0, or -1 with errno when the connection broke; xs__send() -2 when
 * nothing has gone out.  xs__exchange() is all three, and the only way with a device.
 */
int xs__exchange(struct xs_handle *h, struct pending *p, struct xsd_sockmsg *hdr,
                 const struct iovec *parts, unsigned int num);
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

/*
 * restore.c: a connection to a daemon that comes again.  These are called locked:
 */
void xs__note_break(struct xs_handle *h);
/* Whether the connection, which is broken, may come again. */
bool xs__may_restore(const struct xs_handle *h);
/* Wait for it; unlocks meanwhile.  0, or -1: it is over. */
int xs__restore(struct xs_handle *h, bool is_reader);
void xs__set_watches_again(struct xs_handle *h);
/* And these are not. */
void xs__restore_init(struct xs_handle *h, const char *address);
bool xs__set_watch(struct xs_handle *h, const char *path, const char *token);
bool xs__end_watch(struct xs_handle *h, const char *path, const char *token);
void xs__forget_watches(struct xs_handle *h);
uint32_t xs__generation(struct xs_handle *h);
/* A transaction's number for the program; false: its daemon, of that generation, has gone. */
bool xs__transaction_began(struct xs_handle *h, uint32_t generation, xs_transaction_t wire,
                           xs_transaction_t *t);
/* The daemon's number of a transaction; false: it was lost with its daemon. */
bool xs__wire_transaction(struct xs_handle *h, xs_transaction_t t, xs_transaction_t *wire);

/* connection.c: connect to a daemon; -1 with errno. */
int xs__connect_socket(const char *path);
/* connection.c: close it if it is open, and mark it so; keeps errno. */
void xs__close_fd(int *fd);

/* receive.c: the reading side. */
int xs__receive(struct xs_handle *h);
void xs__wake_reader(struct xs_handle *h);
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
