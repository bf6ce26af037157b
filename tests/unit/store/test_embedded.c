/* SPDX-License-Identifier: MIT */
/* A store in this process: its domains, and its ends. */

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "xenerror.h"
#include "xenstore_embedded.h"

struct fixture {
    struct xs_embedded *store;
    struct xs_handle *manager;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    f->store = xs_embedded_new();
    f->manager = f->store ? xs_embedded_open(f->store, 0, 0) : NULL;
    *state = f;
    return f->manager ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    xs_close(f->manager);
    xs_embedded_free(f->store);
    free(f);
    return 0;
}

static void make_domain(struct fixture *f, unsigned int domid, const char *home)
{
    struct xs_permissions perms = {domid, XS_PERM_NONE};

    assert_true(xs_introduce_domain(f->manager, domid, 1, 2));
    assert_true(xs_mkdir(f->manager, XBT_NULL, home));
    assert_true(xs_set_permissions(f->manager, XBT_NULL, home, &perms, 1));
}

static char *next_path(struct xs_handle *h)
{
    unsigned int num = 0;
    char **event = xs_read_watch(h, &num);
    char *path = NULL;

    assert_non_null(event);
    path = strdup(event[XS_WATCH_PATH]);
    free(event);
    return path;
}

static void expect_event(struct xs_handle *h, const char *wanted)
{
    char *path = next_path(h);

    assert_string_equal(path, wanted);
    free(path);
}

static void domains_have_their_own_rights(void **state)
{
    struct fixture *f = *state;
    struct xs_handle *guest = NULL;
    char *value = NULL;

    make_domain(f, 7, "/local/domain/7");
    guest = xs_embedded_open(f->store, 7, 0);
    assert_non_null(guest);
    assert_true(xs_write(guest, XBT_NULL, "own", "1", 1)); /* relative to its home */
    value = xs_read(f->manager, XBT_NULL, "/local/domain/7/own", NULL);
    assert_string_equal(value, "1");
    free(value);
    assert_true(xs_write(f->manager, XBT_NULL, "/secret", "x", 1));
    assert_null(xs_read(guest, XBT_NULL, "/secret", NULL));
    assert_int_equal(errno, EACCES);
    assert_false(xs_write(guest, XBT_NULL, "/elsewhere", "x", 1));
    assert_int_equal(errno, EACCES);
    assert_false(xs_introduce_domain(guest, 8, 1, 2));
    assert_int_equal(errno, EACCES);
    xs_close(guest);
}

static void unknown_domains_cannot_connect(void **state)
{
    struct fixture *f = *state;

    assert_null(xs_embedded_open(f->store, 9, 0));
    assert_int_equal(errno, ENOENT);
    assert_int_equal(xenerr_errno(), ENOENT);
    assert_null(xs_embedded_open(f->store, 0x7ff1, 0));
    assert_null(xs_embedded_open(f->store, 4000000000u, 0));
    assert_int_equal(errno, ENOENT);
    assert_int_equal(xs_embedded_domain_gone(f->store, 9), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(xs_embedded_domain_shutdown(f->store, 0), -1);
    assert_int_equal(errno, ENOENT);
}

static void the_life_of_a_domain_is_told(void **state)
{
    struct fixture *f = *state;

    assert_true(xs_watch(f->manager, "@introduceDomain", "i"));
    expect_event(f->manager, "@introduceDomain");
    assert_true(xs_watch(f->manager, "@releaseDomain", "r"));
    expect_event(f->manager, "@releaseDomain");
    make_domain(f, 7, "/local/domain/7");
    expect_event(f->manager, "@introduceDomain");
    assert_true(xs_is_domain_introduced(f->manager, 7));
    assert_int_equal(xs_embedded_domain_shutdown(f->store, 7), 0);
    expect_event(f->manager, "@releaseDomain");
    assert_int_equal(xs_embedded_domain_shutdown(f->store, 7), 0); /* told once */
    assert_null(xs_check_watch(f->manager));
    assert_true(xs_resume_domain(f->manager, 7));
    assert_int_equal(xs_embedded_domain_shutdown(f->store, 7), 0);
    expect_event(f->manager, "@releaseDomain");
    assert_true(xs_release_domain(f->manager, 7));
    expect_event(f->manager, "@releaseDomain");
    assert_false(xs_is_domain_introduced(f->manager, 7));
}

static void what_a_domain_had_goes_with_it(void **state)
{
    struct fixture *f = *state;
    struct xs_handle *guest = NULL;

    make_domain(f, 7, "/local/domain/7");
    guest = xs_embedded_open(f->store, 7, 0);
    assert_true(xs_watch(guest, "own", "t"));
    expect_event(guest, "own");
    assert_int_equal(xs_embedded_domain_gone(f->store, 7), 0);
    assert_null(xs_read_watch(guest, &(unsigned int){0})); /* its connection has ended */
    assert_false(xs_write(guest, XBT_NULL, "own", "1", 1));
    xs_close(guest);
    assert_null(xs_read(f->manager, XBT_NULL, "/local/domain/7", NULL));
    assert_int_equal(errno, ENOENT);
    make_domain(f, 7, "/local/domain/7"); /* and may come again */
    guest = xs_embedded_open(f->store, 7, 0);
    assert_true(xs_write(guest, XBT_NULL, "own", "1", 1));
    xs_close(guest);
}

static void a_device_model_acts_for_its_target(void **state)
{
    struct fixture *f = *state;
    struct xs_handle *model = NULL;

    make_domain(f, 7, "/local/domain/7");
    make_domain(f, 8, "/local/domain/8");
    model = xs_embedded_open(f->store, 8, 0);
    assert_false(xs_write(model, XBT_NULL, "/local/domain/7/x", "1", 1));
    assert_true(xs_set_target(f->manager, 8, 7));
    assert_true(xs_write(model, XBT_NULL, "/local/domain/7/x", "1", 1));
    xs_close(model);
    model = xs_embedded_open(f->store, 8, 0); /* for later connections too */
    assert_true(xs_write(model, XBT_NULL, "/local/domain/7/x", "2", 1));
    xs_close(model);
}

static void stores_are_apart(void **state)
{
    struct fixture *f = *state;
    struct xs_embedded *other = xs_embedded_new();
    struct xs_handle *h = xs_embedded_open(other, 0, 0);

    assert_true(xs_write(f->manager, XBT_NULL, "/x", "1", 1));
    assert_null(xs_read(h, XBT_NULL, "/x", NULL));
    assert_int_equal(errno, ENOENT);
    xs_embedded_free(other);
    assert_null(xs_read(h, XBT_NULL, "/x", NULL)); /* whoever is left finds out */
    assert_int_not_equal(errno, ENOENT);
    xs_close(h);
}

static void xs_open_leads_where_it_was_told(void **state)
{
    struct fixture *f = *state;
    struct xs_handle *h = NULL;

    setenv("XENSTORED_PATH", "/nonexistent/socket", 1);
    assert_null(xs_open(0));
    xs_embedded_use(f->store);
    h = xs_open(0);
    assert_non_null(h);
    assert_true(xs_write(h, XBT_NULL, "/x", "1", 1));
    xs_close(h);
    xs_embedded_use(NULL);
    assert_null(xs_open(0));
    xs_embedded_use(f->store);
    xs_embedded_free(f->store);
    assert_null(xs_open(0));
    unsetenv("XENSTORED_PATH");
    f->store = xs_embedded_new();
}

static void *wait_for_the_end(void *h)
{
    unsigned int num = 0;
    char **event = NULL;

    while ((event = xs_read_watch(h, &num)))
        free(event);
    return h;
}

static void its_end_wakes_those_who_wait(void **state)
{
    struct fixture *f = *state;
    pthread_t waiter;
    void *h = NULL;

    assert_true(xs_watch(f->manager, "/x", "t"));
    assert_int_equal(pthread_create(&waiter, NULL, wait_for_the_end, f->manager), 0);
    xs_embedded_free(f->store);
    f->store = NULL;
    pthread_join(waiter, &h);
    assert_ptr_equal(h, f->manager);
}

static void the_socket_itself_can_be_had(void **state)
{
    struct fixture *f = *state;
    struct {
        struct xsd_sockmsg hdr;
        char body[16];
    } message = {.hdr = {.type = XS_READ, .req_id = 5, .len = 3}, .body = "/x"};
    int fd = xs_embedded_connect(f->store, 0);

    assert_true(fd >= 0);
    assert_true(xs_write(f->manager, XBT_NULL, "/x", "abc", 3));
    assert_int_equal(write(fd, &message, sizeof(message.hdr) + 3), sizeof(message.hdr) + 3);
    memset(&message, 0, sizeof(message));
    assert_int_equal(read(fd, &message, sizeof(message.hdr)), sizeof(message.hdr));
    assert_int_equal(message.hdr.req_id, 5);
    assert_int_equal(message.hdr.len, 3);
    assert_int_equal(read(fd, message.body, 3), 3);
    assert_memory_equal(message.body, "abc", 3);
    close(fd);
}

static void *connecter(void *arg)
{
    struct fixture *f = arg;
    bool ok = true;

    for (int i = 0; i < 100 && ok; i++) {
        struct xs_handle *h = xs_embedded_open(f->store, 0, 0);

        ok = h && xs_write(h, XBT_NULL, "/x", "1", 1) && xs_watch(h, "/x", "t");
        xs_close(h);
    }
    return (void *)ok;
}

static void threads_connect_at_the_same_time(void **state)
{
    pthread_t threads[8];
    void *ok = NULL;

    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, connecter, *state), 0);
    for (int i = 0; i < 8; i++) {
        pthread_join(threads[i], &ok);
        assert_non_null(ok);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(domains_have_their_own_rights),
        T(unknown_domains_cannot_connect),
        T(the_life_of_a_domain_is_told),
        T(what_a_domain_had_goes_with_it),
        T(stores_are_apart),
        T(a_device_model_acts_for_its_target),
        T(xs_open_leads_where_it_was_told),
        T(its_end_wakes_those_who_wait),
        T(the_socket_itself_can_be_had),
        T(threads_connect_at_the_same_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
