/* SPDX-License-Identifier: MIT */
/* The client library against what should never come from a store, and against a slow one. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>
#include <cmocka.h>
#include "xenerror.h"
#include "xenstore.h"

struct peer {
    struct xs_handle *h;
    int fd; /* the store's end */
    /* What the store does with a request: */
    void (*answer)(struct peer *peer, struct xsd_sockmsg *hdr);
    pthread_t thread;
    bool spoilt; /* a request came before the answer to another */
};

static bool get(int fd, void *buf, size_t len)
{
    return recv(fd, buf, len, MSG_WAITALL) == (ssize_t)len;
}

static void put(struct peer *peer, const void *data, size_t len)
{
    if (send(peer->fd, data, len, MSG_NOSIGNAL) != (ssize_t)len)
        shutdown(peer->fd, SHUT_RDWR);
}

static void *serve(void *arg)
{
    struct peer *peer = arg;
    struct xsd_sockmsg hdr;
    char body[XENSTORE_PAYLOAD_MAX];

    while (get(peer->fd, &hdr, sizeof(hdr)) && hdr.len <= sizeof(body) &&
           (!hdr.len || get(peer->fd, body, hdr.len)))
        peer->answer(peer, &hdr);
    return NULL;
}

static void start(struct peer *peer, void (*answer)(struct peer *peer, struct xsd_sockmsg *hdr))
{
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    peer->fd = fds[1];
    peer->answer = answer;
    peer->h = xs_open_fd(fds[0], 0);
    assert_non_null(peer->h);
    assert_int_equal(pthread_create(&peer->thread, NULL, serve, peer), 0);
}

static void stop(struct peer *peer)
{
    xs_close(peer->h);
    pthread_join(peer->thread, NULL);
    close(peer->fd);
}

static void reply(struct peer *peer, const struct xsd_sockmsg *to, uint32_t type, const char *body,
                  size_t len)
{
    struct xsd_sockmsg hdr = *to;

    hdr.type = type;
    hdr.len = len;
    put(peer, &hdr, sizeof(hdr));
    put(peer, body, len);
}

/* A reading call fails with that error, and the handle can be closed. */
static void expect_failure(void (*answer)(struct peer *peer, struct xsd_sockmsg *hdr), int err)
{
    struct peer peer = {0};

    start(&peer, answer);
    assert_null(xs_read(peer.h, XBT_NULL, "/x", NULL));
    assert_int_equal(errno, err);
    stop(&peer);
}

static void with_other_type(struct peer *peer, struct xsd_sockmsg *hdr)
{
    reply(peer, hdr, XS_MKDIR, "OK", 3);
}

static void with_unknown_error(struct peer *peer, struct xsd_sockmsg *hdr)
{
    reply(peer, hdr, XS_ERROR, "EWHATEVER", 10);
}

static void with_unended_error(struct peer *peer, struct xsd_sockmsg *hdr)
{
    reply(peer, hdr, XS_ERROR, "ENOENT", 6); /* without its nul */
}

static void with_huge_length(struct peer *peer, struct xsd_sockmsg *hdr)
{
    hdr->len = XENSTORE_PAYLOAD_MAX + 1;
    put(peer, hdr, sizeof(*hdr));
}

static void by_hanging_up(struct peer *peer, struct xsd_sockmsg *hdr)
{
    put(peer, hdr, sizeof(*hdr) / 2);
    shutdown(peer->fd, SHUT_RDWR);
}

static void bad_answers_are_errors(void **state)
{
    expect_failure(with_other_type, EIO);
    expect_failure(with_unknown_error, EINVAL);
    expect_failure(with_unended_error, ENOENT);
    expect_failure(with_huge_length, EIO);
    expect_failure(by_hanging_up, EPIPE);
}

/* Somebody else's answer comes first, and the right one in small pieces. */
static void in_pieces(struct peer *peer, struct xsd_sockmsg *hdr)
{
    static const char body[] = "value";
    struct xsd_sockmsg stray = *hdr;

    stray.req_id += 1000;
    reply(peer, &stray, XS_READ, "not yours", 10);
    hdr->len = sizeof(body) - 1;
    for (size_t i = 0; i < sizeof(*hdr); i++)
        put(peer, (char *)hdr + i, 1);
    for (size_t i = 0; i < sizeof(body) - 1; i++)
        put(peer, body + i, 1);
}

static void answers_may_come_in_pieces(void **state)
{
    struct peer peer = {0};
    unsigned int len = 0;
    char *value = NULL;

    start(&peer, in_pieces);
    for (int i = 0; i < 10; i++) {
        value = xs_read(peer.h, XBT_NULL, "/x", &len);
        assert_non_null(value);
        assert_int_equal(len, 5);
        assert_string_equal(value, "value");
        free(value);
    }
    stop(&peer);
}

static void with_bad_event(struct peer *peer, struct xsd_sockmsg *hdr)
{
    struct xsd_sockmsg event = {.type = XS_WATCH_EVENT};

    reply(peer, &event, XS_WATCH_EVENT, "/path-alone", 12);
    reply(peer, hdr, hdr->type, "OK", 3);
}

static void a_malformed_event_ends_the_connection(void **state)
{
    struct peer peer = {0};

    start(&peer, with_bad_event);
    xs_watch(peer.h, "/x", "t");
    assert_null(xs_read_watch(peer.h, &(unsigned int){0}));
    assert_int_equal(errno, EIO);
    stop(&peer);
}

/* Events come before the answer, more than a buffer holds. */
static void after_many_events(struct peer *peer, struct xsd_sockmsg *hdr)
{
    struct xsd_sockmsg event = {.type = XS_WATCH_EVENT};

    for (int i = 0; i < 2000; i++)
        reply(peer, &event, XS_WATCH_EVENT, "/some/path\0token", 17);
    reply(peer, hdr, hdr->type, "OK", 3);
}

static void events_wait_while_answers_are_read(void **state)
{
    struct peer peer = {0};
    char **event = NULL;
    int count = 0;

    start(&peer, after_many_events);
    free(xs_read(peer.h, XBT_NULL, "/x", NULL)); /* there is no reader thread yet */
    free(xs_read(peer.h, XBT_NULL, "/x", NULL));
    while ((event = xs_check_watch(peer.h))) {
        assert_string_equal(event[XS_WATCH_PATH], "/some/path");
        assert_string_equal(event[XS_WATCH_TOKEN], "token");
        free(event);
        count++;
    }
    assert_int_equal(count, 4000);
    stop(&peer);
}

/* Once four wait, they are answered in the opposite order; the answer is the number asked for. */
static void in_opposite_order(struct peer *peer, struct xsd_sockmsg *hdr)
{
    static struct xsd_sockmsg waiting[4];
    static int count;

    waiting[count++] = *hdr;
    if (count < 4)
        return;
    while (count--)
        reply(peer, &waiting[count], XS_READ, (char *)&waiting[count].req_id, 4);
    count = 0;
}

static void *reader(void *arg)
{
    struct peer *peer = arg;

    for (int i = 0; i < 100; i++) {
        unsigned int len = 0;
        char *value = xs_read(peer->h, XBT_NULL, "/x", &len);

        if (!value || len != 4)
            return NULL;
        free(value);
    }
    return peer;
}

static void answers_may_overtake(void **state)
{
    struct peer peer = {0};
    pthread_t threads[4];
    void *ok = NULL;

    start(&peer, in_opposite_order);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, reader, &peer), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], &ok);
        assert_ptr_equal(ok, &peer);
    }
    stop(&peer);
}

/* The store does not take a request before we have taken its events, nor the other way round. */
#define SENDERS 64
#define FLOOD   500

static void after_a_flood(struct peer *peer, struct xsd_sockmsg *hdr)
{
    struct xsd_sockmsg event = {.type = XS_WATCH_EVENT};

    for (int i = 0; i < FLOOD; i++)
        reply(peer, &event, XS_WATCH_EVENT, "/some/path\0token", 17);
    reply(peer, hdr, hdr->type, "OK", 3);
}

static void *sender(void *arg)
{
    static const char big[4000];
    struct peer *peer = arg;
    bool ok = true;

    for (int i = 0; i < 3 && ok; i++)
        ok = xs_write(peer->h, XBT_NULL, "/x", big, sizeof(big));
    return ok ? peer : NULL;
}

static void senders_never_wait_for_each_other_forever(void **state)
{
    struct peer peer = {0};
    pthread_t threads[SENDERS];
    char **event = NULL;
    void *ok = NULL;
    int count = 0;

    start(&peer, after_a_flood);
    assert_true(xs_watch(peer.h, "/x", "t"));
    for (int i = 0; i < SENDERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, sender, &peer), 0);
    for (int i = 0; i < SENDERS; i++) {
        pthread_join(threads[i], &ok);
        assert_ptr_equal(ok, &peer);
    }
    while ((event = xs_check_watch(peer.h))) {
        free(event);
        count++;
    }
    assert_int_equal(count, (SENDERS * 3 + 1) * FLOOD);
    stop(&peer);
}

static void a_bad_fd_is_refused(void **state)
{
    assert_null(xs_open_fd(-1, 0));
    assert_int_equal(errno, EBADF);
    assert_int_equal(xenerr_errno(), EBADF);
}

static void a_request_after_the_end_fails_at_once(void **state)
{
    struct peer peer = {0};

    signal(SIGPIPE, SIG_DFL); /* it must not come */
    start(&peer, by_hanging_up);
    for (int i = 0; i < 3; i++)
        assert_false(xs_write(peer.h, XBT_NULL, "/x", "1", 1));
    assert_null(xs_check_watch(peer.h));
    assert_int_equal(errno, EPIPE);
    stop(&peer);
}

/* A terminal, as a file that is no socket. */
static void open_terminal(int *ours, int *theirs)
{
    struct termios raw;

    *theirs = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(*theirs >= 0);
    assert_int_equal(grantpt(*theirs), 0);
    assert_int_equal(unlockpt(*theirs), 0);
    *ours = open(ptsname(*theirs), O_RDWR | O_NOCTTY);
    assert_true(*ours >= 0);
    assert_int_equal(tcgetattr(*ours, &raw), 0);
    cfmakeraw(&raw);
    assert_int_equal(tcsetattr(*ours, TCSANOW, &raw), 0);
}

static bool read_exactly(int fd, void *buf, size_t len)
{
    for (size_t at = 0; at < len;) {
        ssize_t got = read(fd, (char *)buf + at, len - at);

        if (got <= 0)
            return false;
        at += got;
    }
    return true;
}

/* Like Linux's device: what comes before the answer would spoil the request. */
static void *serve_device(void *arg)
{
    struct peer *peer = arg;
    struct pollfd fd = {.fd = peer->fd, .events = POLLIN};
    struct xsd_sockmsg hdr;
    char message[sizeof(hdr) + XENSTORE_PAYLOAD_MAX], *body = message + sizeof(hdr);

    while (read_exactly(peer->fd, &hdr, sizeof(hdr)) && hdr.len <= XENSTORE_PAYLOAD_MAX &&
           read_exactly(peer->fd, body, hdr.len)) {
        bool top = strcmp(body, "/t") == 0;

        peer->spoilt |= poll(&fd, 1, 2) == 1 && (fd.revents & POLLIN);
        hdr.len = hdr.type == XS_READ ? 1 : hdr.type == XS_GET_PERMS ? 3 : top ? 6 : 0;
        memcpy(body,
               hdr.type == XS_READ        ? "v"
               : hdr.type == XS_GET_PERMS ? "n0"
                                          : "a\0b\0c",
               hdr.len);
        memcpy(message, &hdr, sizeof(hdr));
        if (write(peer->fd, message, sizeof(hdr) + hdr.len) < 0)
            break;
    }
    return NULL;
}

static bool count_node(void *ctx, const struct xs_walk_node *node)
{
    assert_string_equal(node->value, "v");
    ++*(unsigned int *)ctx;
    return true;
}

static void *use_device(void *arg)
{
    struct peer *peer = arg;

    for (int i = 0; i < 10; i++) {
        char *value = xs_read(peer->h, XBT_NULL, "/x", NULL);
        unsigned int count = 0;

        assert_non_null(value);
        assert_string_equal(value, "v");
        free(value);
        assert_true(xs_walk(peer->h, XBT_NULL, "/t", XS_WALK_PERMISSIONS, count_node, &count));
        assert_int_equal(count, 3);
    }
    return NULL;
}

static void a_device_has_one_request_at_a_time(void **state)
{
    struct peer peer = {0};
    pthread_t users[3];
    int fd = -1;

    open_terminal(&fd, &peer.fd);
    peer.h = xs_open_fd(fd, 0);
    assert_non_null(peer.h);
    assert_int_equal(pthread_create(&peer.thread, NULL, serve_device, &peer), 0);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&users[i], NULL, use_device, &peer), 0);
    for (size_t i = 0; i < 3; i++)
        pthread_join(users[i], NULL);
    stop(&peer);
    assert_false(peer.spoilt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_answers_are_errors),
        cmocka_unit_test(answers_may_come_in_pieces),
        cmocka_unit_test(a_malformed_event_ends_the_connection),
        cmocka_unit_test(events_wait_while_answers_are_read),
        cmocka_unit_test(answers_may_overtake),
        cmocka_unit_test(senders_never_wait_for_each_other_forever),
        cmocka_unit_test(a_bad_fd_is_refused),
        cmocka_unit_test(a_request_after_the_end_fails_at_once),
        cmocka_unit_test(a_device_has_one_request_at_a_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
