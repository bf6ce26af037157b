/* SPDX-License-Identifier: MIT */
/*
 * A daemon that was killed and started again has its tree, but not its clients' connections.  A
 * handle that xs_open() connected to a socket connects again, and sets its watches again: each fires
 * once, as whatever it tells of may have changed meanwhile.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>
#include "private.h"

/* How long a handle waits for a daemon, and how often it looks. */
#define PATIENCE_MS 30000
#define LOOK_MS     50

/* A watch that the program has set. */
struct watched {
    struct watched *next;
    bool own;       /* xs_watch() is setting it */
    bool set;       /* at this daemon */
    bool being_set; /* again, by the reader */
    size_t path_len;
    char text[]; /* path and token, each with its nul */
};

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * UINT64_C(1000) + now.tv_nsec / 1000000;
}

static uint64_t patience_ms(void)
{
    const char *given = getenv("XENSTORE_PATIENCE");

    return given ? strtoul(given, NULL, 10) * 1000 : PATIENCE_MS;
}

void xs__restore_init(struct xs_handle *h, const char *address)
{
    h->address = strdup(address);
    h->patience_ms = h->address ? patience_ms() : 0;
}

uint32_t xs__generation(struct xs_handle *h)
{
    uint32_t generation = 0;

    pthread_mutex_lock(&h->lock);
    generation = h->generation;
    pthread_mutex_unlock(&h->lock);
    return generation;
}

bool xs__transaction_began(struct xs_handle *h, uint32_t generation, xs_transaction_t wire,
                           xs_transaction_t *t)
{
    bool same = false;

    pthread_mutex_lock(&h->lock);
    same = generation == h->generation;
    *t = wire + h->tx_base;
    if (same && *t > h->tx_top)
        h->tx_top = *t;
    pthread_mutex_unlock(&h->lock);
    return same;
}

bool xs__wire_transaction(struct xs_handle *h, xs_transaction_t t, xs_transaction_t *wire)
{
    bool known = false;

    pthread_mutex_lock(&h->lock);
    known = !t || t > h->tx_lost;
    *wire = t && known ? t - h->tx_base : XBT_NULL;
    pthread_mutex_unlock(&h->lock);
    return known;
}

bool xs__may_restore(const struct xs_handle *h)
{
    if (!h->broken || !h->patience_ms || h->restricted)
        return false;
    if (h->broken != EPIPE && h->broken != ECONNRESET)
        return false;
    return now_ms() - h->broken_at < h->patience_ms;
}

void xs__note_break(struct xs_handle *h)
{
    h->broken_at = now_ms();
}

/* Takes the fd.  Called with both locks, while nobody reads. */
static void adopt(struct xs_handle *h, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = h->fd};

    /* While the number still means the old connection, which a child may keep open. */
    if (h->reader_epoll >= 0)
        epoll_ctl(h->reader_epoll, EPOLL_CTL_DEL, h->fd, NULL);
    if (dup3(fd, h->fd, O_CLOEXEC) >= 0) {
        h->broken = 0;
        h->gone = false;
        h->rx_have = 0;
        h->generation++;
        /* Transactions of the former daemon are told apart by their numbers. */
        h->tx_base = h->tx_lost = h->tx_top;
        for (struct watched *w = h->watched; w; w = w->next)
            w->set = false;
        h->must_watch_again = h->watched;
        if (h->reader_epoll >= 0)
            epoll_ctl(h->reader_epoll, EPOLL_CTL_ADD, h->fd, &event);
        xs__wake_reader(h);
    }
    close(fd);
}

/* Called locked; unlocks while it connects.  Only one at a time tries. */
static void try_to_connect(struct xs_handle *h)
{
    int fd = -1;

    h->restoring = true;
    pthread_mutex_unlock(&h->lock);
    fd = xs__connect_socket(h->address);
    if (fd >= 0)
        pthread_mutex_lock(&h->send_lock);
    pthread_mutex_lock(&h->lock);
    if (fd >= 0) {
        if (!h->restricted && !h->reading)
            adopt(h, fd);
        else
            close(fd);
        pthread_mutex_unlock(&h->send_lock);
    }
    h->restoring = false;
}

/* Called locked. */
static void wait_a_little(struct xs_handle *h, bool is_reader)
{
    struct pollfd fd = {.fd = is_reader ? h->wake_fd : -1, .events = POLLIN};
    uint64_t count = 0;

    pthread_mutex_unlock(&h->lock);
    if (poll(&fd, 1, LOOK_MS) == 1)
        (void)!read(h->wake_fd, &count, sizeof(count));
    pthread_mutex_lock(&h->lock);
}

int xs__restore(struct xs_handle *h, bool is_reader)
{
    while (xs__may_restore(h) && !(is_reader && h->stopping)) {
        if (!h->restoring && !h->reading)
            try_to_connect(h);
        if (h->broken)
            wait_a_little(h, is_reader);
    }
    return h->broken ? -1 : 0;
}

static struct watched **find_watched(struct xs_handle *h, const char *path, const char *token)
{
    struct watched **link = &h->watched;

    while (*link && (strcmp((*link)->text, path) != 0 ||
                     strcmp((*link)->text + (*link)->path_len + 1, token) != 0))
        link = &(*link)->next;
    return link;
}

/* @return EEXIST when it is there, ENOMEM, or 0 */
static int add_watched(struct xs_handle *h, const char *path, const char *token,
                       struct watched **added)
{
    size_t path_len = strlen(path), token_len = strlen(token);
    struct watched *w = NULL;

    if (*find_watched(h, path, token))
        return EEXIST;
    w = calloc(1, sizeof(*w) + path_len + token_len + 2);
    if (!w)
        return ENOMEM;
    w->own = true;
    w->path_len = path_len;
    memcpy(w->text, path, path_len);
    memcpy(w->text + path_len + 1, token, token_len);
    w->next = h->watched;
    h->watched = w;
    *added = w;
    return 0;
}

static void drop_watched(struct xs_handle *h, struct watched *w)
{
    struct watched **link = &h->watched;

    while (*link != w)
        link = &(*link)->next;
    *link = w->next;
    free(w);
}

void xs__forget_watches(struct xs_handle *h)
{
    while (h->watched)
        drop_watched(h, h->watched);
    free(h->address);
    h->address = NULL;
}

/* patient: when the daemon goes now, wait for the next. */
static bool ask_watch(struct xs_handle *h, bool patient, enum xsd_sockmsg_type type,
                      const char *path, const char *token)
{
    struct iovec iov[] = {{.iov_base = (char *)path, .iov_len = strlen(path) + 1},
                          {.iov_base = (char *)token, .iov_len = strlen(token) + 1}};

    return xs__answered_ok((patient ? xs__talk : xs__talk_once)(h, XBT_NULL, type, iov, 2, NULL));
}

bool xs__set_watch(struct xs_handle *h, const char *path, const char *token)
{
    struct watched *w = NULL;
    uint32_t generation = 0;
    bool again = false, ok = false;
    int err = 0;

    pthread_mutex_lock(&h->lock);
    if (h->patience_ms)
        err = add_watched(h, path, token, &w);
    while (err != ENOMEM) {
        generation = h->generation;
        pthread_mutex_unlock(&h->lock);
        ok = ask_watch(h, true, XS_WATCH, path, token);
        err = ok || (again && errno == EEXIST) ? 0 : errno;
        pthread_mutex_lock(&h->lock);
        if (err || generation == h->generation)
            break;
        /* The daemon that has it, or one that has not, may have answered. */
        again = true;
    }
    if (w && err)
        drop_watched(h, w);
    else if (w)
        w->set = !(w->own = false);
    pthread_mutex_unlock(&h->lock);
    errno = err;
    return !err;
}

bool xs__end_watch(struct xs_handle *h, const char *path, const char *token)
{
    struct watched *w = NULL;
    uint32_t generation = 0;
    bool set = true, ok = false;

    pthread_mutex_lock(&h->lock);
    while ((w = *find_watched(h, path, token)) && w->being_set)
        pthread_cond_wait(&h->watched_again, &h->lock);
    if (w && !w->own) {
        set = w->set;
        drop_watched(h, w);
    }
    generation = h->generation;
    pthread_mutex_unlock(&h->lock);
    if (!set || ask_watch(h, true, XS_UNWATCH, path, token))
        return true;
    /* The daemon may have gone with it meanwhile. */
    pthread_mutex_lock(&h->lock);
    ok = w && errno == ENOENT && generation != h->generation;
    pthread_mutex_unlock(&h->lock);
    return ok;
}

/* Called locked, by the reader. */
void xs__set_watches_again(struct xs_handle *h)
{
    struct watched *w = h->must_watch_again ? h->watched : NULL;

    h->must_watch_again = false;
    while (w && !h->broken) {
        if (w->own || w->set) {
            w = w->next;
            continue;
        }
        w->set = w->being_set = true;
        pthread_mutex_unlock(&h->lock);
        ask_watch(h, false, XS_WATCH, w->text, w->text + w->path_len + 1);
        pthread_mutex_lock(&h->lock);
        w->being_set = false;
        pthread_cond_broadcast(&h->watched_again);
        w = h->watched; /* the list may be another */
    }
}
