/* SPDX-License-Identifier: MIT */
/* Requests and their answers. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "private.h"

#define MAX_PARTS 8

static int errno_of_name(const char *name)
{
    for (size_t i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++) {
        if (strcmp(xsd_errors[i].errstring, name) == 0)
            return xsd_errors[i].errnum;
    }
    return EINVAL;
}

void xs__failed(const char *operation, const char *path)
{
    int err = errno;

    xenerr_set(err, LIBRARY, operation, "the store refused: %s", strerror(err));
    if (path)
        xenerr_field(XENERR_STORE_PATH, "%s", path);
    errno = err;
}

/* Skip done bytes of the array. */
static void advance(struct iovec **iov, unsigned int *num, size_t done)
{
    while (*num && done >= (*iov)->iov_len) {
        done -= (*iov)->iov_len;
        (*iov)++;
        (*num)--;
    }
    if (*num) {
        (*iov)->iov_base = (char *)(*iov)->iov_base + done;
        (*iov)->iov_len -= done;
    }
}

/* A socket whose daemon is gone must not kill the program by SIGPIPE. */
int xs__send(struct xs_handle *h, struct iovec *iov, unsigned int num)
{
    bool begun = false;
    int err = 0;

    pthread_mutex_lock(&h->send_lock);
    advance(&iov, &num, 0);
    while (num) {
        struct msghdr msg = {.msg_iov = iov, .msg_iovlen = num};
        ssize_t done = h->is_socket ? sendmsg(h->fd, &msg, MSG_NOSIGNAL) : writev(h->fd, iov, num);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0) {
            err = errno;
            break;
        }
        begun = true;
        advance(&iov, &num, done);
    }
    if (err) {
        /* Part of a message may be out: nothing can follow it. */
        pthread_mutex_lock(&h->lock);
        xs__break(h, err);
        pthread_mutex_unlock(&h->lock);
    }
    pthread_mutex_unlock(&h->send_lock);
    errno = err;
    return !err ? 0 : begun ? -1 : -2;
}

/* Called locked. */
static void await_answer(struct xs_handle *h, struct pending *p)
{
    while (!p->done && !p->lost && !h->broken) {
        if (h->reading) {
            p->waiting = true;
            pthread_cond_wait(&p->answered, &h->lock);
            p->waiting = false;
            continue;
        }
        xs__begin_reading(h);
        while (!p->done && !p->lost && !h->broken)
            xs__receive(h);
        xs__end_reading(h);
    }
}

void xs__enqueue(struct xs_handle *h, struct pending *p)
{
    pthread_cond_init(&p->answered, NULL);
    pthread_mutex_lock(&h->lock);
    if (++h->next_req_id == 0) /* 0 marks events */
        h->next_req_id = 1;
    p->req_id = h->next_req_id;
    p->next = NULL;
    p->queued = true;
    *h->pending_tail = p;
    h->pending_tail = &p->next;
    pthread_mutex_unlock(&h->lock);
}

static void dequeue_locked(struct xs_handle *h, struct pending *p)
{
    struct pending **link = &h->pending;

    if (!p->queued)
        return;
    while (*link != p)
        link = &(*link)->next;
    *link = p->next;
    if (!p->next)
        h->pending_tail = link;
    p->queued = false;
    pthread_cond_destroy(&p->answered);
}

void xs__dequeue(struct xs_handle *h, struct pending *p)
{
    pthread_mutex_lock(&h->lock);
    dequeue_locked(h, p);
    pthread_mutex_unlock(&h->lock);
}

bool xs__is_answered(struct xs_handle *h, struct pending *p)
{
    bool done = false;

    pthread_mutex_lock(&h->lock);
    done = p->done;
    pthread_mutex_unlock(&h->lock);
    return done;
}

int xs__await(struct xs_handle *h, struct pending *p)
{
    int err = 0;

    pthread_mutex_lock(&h->lock);
    await_answer(h, p);
    if (!p->done)
        err = h->broken ? h->broken : EPIPE; /* it may stand again */
    dequeue_locked(h, p);
    pthread_mutex_unlock(&h->lock);
    errno = err;
    return err ? -1 : 0;
}

const char *xs__answer(const struct pending *p, enum xsd_sockmsg_type type)
{
    if (p->hdr.type == (uint32_t)type)
        return p->body;
    errno = p->hdr.type == XS_ERROR ? errno_of_name(p->body) : EIO;
    return NULL;
}

static int exchange_now(struct xs_handle *h, struct pending *p, struct xsd_sockmsg *hdr,
                        const struct iovec *parts, unsigned int num)
{
    struct iovec iov[MAX_PARTS + 1];
    int rc = 0, err = 0;

    xs__enqueue(h, p);
    hdr->req_id = p->req_id;
    iov[0] = (struct iovec){.iov_base = hdr, .iov_len = sizeof(*hdr)};
    memcpy(iov + 1, parts, num * sizeof(*parts));
    rc = xs__send(h, iov, num + 1);
    if (!rc)
        return xs__await(h, p);
    err = errno;
    xs__dequeue(h, p);
    errno = err;
    return rc;
}

/*
 * Linux's device points at a request's body where the next write() puts another's, until it has
 * passed it on.
 */
int xs__exchange(struct xs_handle *h, struct pending *p, struct xsd_sockmsg *hdr,
                 const struct iovec *parts, unsigned int num)
{
    int rc = 0, err = 0;

    if (h->is_socket)
        return exchange_now(h, p, hdr, parts, num);
    pthread_mutex_lock(&h->device_lock);
    rc = exchange_now(h, p, hdr, parts, num);
    err = errno;
    pthread_mutex_unlock(&h->device_lock);
    errno = err;
    return rc;
}

static int check_parts(struct xsd_sockmsg *hdr, const struct iovec *iov, unsigned int num)
{
    for (unsigned int i = 0; i < num; i++) {
        if (iov[i].iov_len > XENSTORE_PAYLOAD_MAX - hdr->len) {
            errno = E2BIG;
            return -1;
        }
        hdr->len += iov[i].iov_len;
    }
    if (num <= MAX_PARTS)
        return 0;
    errno = EINVAL;
    return -1;
}

/* rc: 0 when the daemon has answered, otherwise xs__send()'s. */
static char *talk(struct xs_handle *h, xs_transaction_t t, enum xsd_sockmsg_type type,
                  const struct iovec *iov, unsigned int num, unsigned int *len, int *rc)
{
    struct xsd_sockmsg hdr = {.type = type, .tx_id = t};
    struct pending p = {0};

    *rc = 0;
    if (check_parts(&hdr, iov, num) != 0)
        return NULL;
    *rc = xs__exchange(h, &p, &hdr, iov, num);
    if (*rc)
        return NULL;
    if (!xs__answer(&p, type)) {
        int err = errno;

        free(p.body);
        errno = err;
        return NULL;
    }
    if (len)
        *len = p.hdr.len;
    return p.body;
}

char *xs__talk_once(struct xs_handle *h, xs_transaction_t t, enum xsd_sockmsg_type type,
                    const struct iovec *iov, unsigned int num, unsigned int *len)
{
    int rc = 0;

    return talk(h, t, type, iov, num, len, &rc);
}

/* Whether it does no harm to ask for it twice. */
static bool may_repeat(enum xsd_sockmsg_type type)
{
    switch (type) {
    case XS_TRANSACTION_END:
    case XS_INTRODUCE:
    case XS_RELEASE:
    case XS_RESUME:
    case XS_CONTROL:
        return false;
    default:
        return true;
    }
}

/*
 * In a transaction that was lost with its daemon reading goes on with the tree as it is, changes go
 * nowhere, and the end says that it must start again.
 * @return true when that is all; false: it is to be asked for, outside of a transaction
 */
static bool is_answered_here(enum xsd_sockmsg_type type, const struct iovec *iov, char **answer)
{
    switch (type) {
    case XS_WRITE:
    case XS_MKDIR:
    case XS_RM:
    case XS_SET_PERMS:
        *answer = strdup("OK");
        return true;
    case XS_TRANSACTION_END:
        *answer = *(const char *)iov[0].iov_base == 'F' ? strdup("OK") : NULL;
        if (!*answer)
            errno = EAGAIN;
        return true;
    default:
        return false;
    }
}

static bool restore(struct xs_handle *h)
{
    int err = errno, rc = 0;

    pthread_mutex_lock(&h->lock);
    rc = xs__restore(h, false);
    pthread_mutex_unlock(&h->lock);
    errno = err;
    return rc == 0;
}

char *xs__talk(struct xs_handle *h, xs_transaction_t t, enum xsd_sockmsg_type type,
               const struct iovec *iov, unsigned int num, unsigned int *len)
{
    xs_transaction_t wire = t;
    char *answer = NULL;
    int rc = 0;

    do {
        if (!xs__wire_transaction(h, t, &wire) && is_answered_here(type, iov, &answer))
            return answer;
        answer = talk(h, wire, type, iov, num, len, &rc);
    } while (rc && (rc == -2 || may_repeat(type)) && restore(h));
    return answer;
}

char *xs__talk_str(struct xs_handle *h, xs_transaction_t t, enum xsd_sockmsg_type type,
                   const char *arg, unsigned int *len)
{
    struct iovec iov = {.iov_base = (char *)arg, .iov_len = strlen(arg) + 1};

    return xs__talk(h, t, type, &iov, 1, len);
}

bool xs__answered_ok(char *reply)
{
    free(reply);
    return reply != NULL;
}
