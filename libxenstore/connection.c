/* SPDX-License-Identifier: MIT */
/* Opening and closing handles. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "private.h"

int xs__connect_socket(const char *path)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int fd = -1;

    if (strlen(path) >= sizeof(addr.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(addr.sun_path, path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0) {
        int err = errno;

        close(fd);
        errno = err;
        return -1;
    }
    return fd;
}

/* $XENSTORED_PATH may name the kernel's device as well as a socket. */
static int connect_path(const char *path, bool *is_socket)
{
    struct stat st;

    if (!path || stat(path, &st) != 0)
        return -1;
    *is_socket = S_ISSOCK(st.st_mode);
    return *is_socket ? xs__connect_socket(path) : open(path, O_RDWR | O_CLOEXEC);
}

static int connect_daemon(bool *is_socket)
{
    static const char *const devices[] = {"/dev/xen/xenbus", "/proc/xen/xenbus"};
    const char *socket_path = xs_daemon_socket();
    int fd = connect_path(socket_path, is_socket);
    int err = errno;

    if (fd < 0 && err != ENOENT && err != ECONNREFUSED && err != ENAMETOOLONG)
        goto out;
    for (size_t i = 0; fd < 0 && i < sizeof(devices) / sizeof(devices[0]); i++) {
        *is_socket = false;
        fd = open(devices[i], O_RDWR | O_CLOEXEC);
    }
out:
    if (fd < 0) {
        xenerr_set(err, LIBRARY, "xs_open", "no store daemon answers");
        xenerr_field(XENERR_FILE, "%s", socket_path ? socket_path : "$XENSTORED_PATH");
        xenerr_field(XENERR_HINT, err == EACCES ? "run as root" : "is xenstored running?");
        errno = err;
    }
    return fd;
}

/* The domain could not be kept to its own nodes over this connection, so close it down. */
static int restrict_handle(Xentoolcore__Active_Handle *ah, domid_t domid)
{
    struct xs_handle *h = (struct xs_handle *)((char *)ah - offsetof(struct xs_handle, active));
    int rc = 0;

    pthread_mutex_lock(&h->lock);
    h->restricted = true;
    rc = xentoolcore__restrict_by_dup2_null(h->fd);
    pthread_mutex_unlock(&h->lock);
    return rc;
}

/* What xs_open() does instead of looking for the daemon. */
static struct {
    pthread_mutex_t lock;
    xs_connect_fn connect;
    void *ctx;
} elsewhere = {.lock = PTHREAD_MUTEX_INITIALIZER};

PUBLIC void xs_set_connect(xs_connect_fn connect, void *ctx)
{
    pthread_mutex_lock(&elsewhere.lock);
    elsewhere.connect = connect;
    elsewhere.ctx = ctx;
    pthread_mutex_unlock(&elsewhere.lock);
}

/* @return false when nobody has said where else to connect */
static bool connect_elsewhere(int *fd)
{
    bool given = false;

    /* Held over the call, so that the one who takes it away may free ctx. */
    pthread_mutex_lock(&elsewhere.lock);
    given = elsewhere.connect != NULL;
    if (given)
        *fd = elsewhere.connect(elsewhere.ctx);
    pthread_mutex_unlock(&elsewhere.lock);
    if (given && *fd < 0)
        xs__failed("xs_open", NULL);
    return given;
}

static struct xs_handle *new_handle(unsigned long flags)
{
    struct xs_handle *h = malloc(sizeof(*h));

    if (!h)
        return NULL;
    memset(h, 0, offsetof(struct xs_handle, rx));
    h->fd = h->wake_fd = h->watch_fd = h->reader_epoll = -1;
    h->flags = flags;
    h->events_tail = &h->events;
    h->pending_tail = &h->pending;
    h->active.restrict_callback = restrict_handle;
    pthread_mutex_init(&h->device_lock, NULL);
    pthread_mutex_init(&h->send_lock, NULL);
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->event_came, NULL);
    pthread_cond_init(&h->watched_again, NULL);
    /* Before there is a connection, so that none escapes a restriction. */
    xentoolcore__register_active_handle(&h->active);
    return h;
}

PUBLIC struct xs_handle *xs_open(unsigned long flags)
{
    struct xs_handle *h = new_handle(flags);
    bool restorable = false;

    if (!h)
        return NULL;
    h->is_socket = true;
    if (!connect_elsewhere(&h->fd)) {
        h->fd = connect_daemon(&h->is_socket);
        restorable = h->fd >= 0 && h->is_socket;
    }
    if (h->fd < 0) {
        xs_close(h);
        return NULL;
    }
    if (restorable)
        xs__restore_init(h, xs_daemon_socket());
    return h;
}

PUBLIC struct xs_handle *xs_open_fd(int fd, unsigned long flags)
{
    struct xs_handle *h = NULL;
    struct stat st;

    if (fstat(fd, &st) != 0) {
        xs__failed("xs_open_fd", NULL);
        return NULL;
    }
    h = new_handle(flags);
    if (!h)
        return NULL;
    h->fd = fd;
    h->is_socket = S_ISSOCK(st.st_mode);
    return h;
}

void xs__close_fd(int *fd)
{
    int err = errno;

    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    errno = err;
}

static void free_handle(struct xs_handle *h)
{
    xs__free_events(h);
    xs__forget_watches(h);
    xs__close_fd(&h->fd);
    xs__close_fd(&h->wake_fd);
    xs__close_fd(&h->reader_epoll);
    xs__close_fd(&h->watch_fd);
    free(h);
}

PUBLIC void xs_close(struct xs_handle *h)
{
    int err = errno;

    if (!h)
        return;
    xs__stop_reader(h);
    /* From here on nobody may restrict it. */
    xentoolcore__deregister_active_handle(&h->active);
    pthread_mutex_destroy(&h->device_lock);
    pthread_mutex_destroy(&h->send_lock);
    pthread_mutex_destroy(&h->lock);
    pthread_cond_destroy(&h->event_came);
    pthread_cond_destroy(&h->watched_again);
    free_handle(h);
    errno = err;
}

/* The reader thread and its locks live in the parent only: nothing of them may be touched. */
PUBLIC void xs_daemon_destroy_postfork(struct xs_handle *h)
{
    if (!h)
        return;
    xentoolcore__deregister_active_handle(&h->active);
    free_handle(h);
}

PUBLIC struct xs_handle *xs_daemon_open(void)
{
    return xs_open(0);
}

PUBLIC struct xs_handle *xs_daemon_open_readonly(void)
{
    return xs_open(0);
}

PUBLIC struct xs_handle *xs_domain_open(void)
{
    return xs_open(0);
}

PUBLIC void xs_daemon_close(struct xs_handle *h)
{
    xs_close(h);
}
