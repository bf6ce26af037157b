/* SPDX-License-Identifier: MIT */
/*
 * Every allocation of the daemon's core fails once.  Whatever fails, the client gets an error or
 * loses its connection; counts stay right, nothing is half done, and what comes after works.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "image.h"
#include "memory_conn.h"

/* The linker sends the allocations of the core here (--wrap). */
void *__real_malloc(size_t size);
void *__real_calloc(size_t nr, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t nr, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);

static bool counting;
static int fail_at, counted;

static bool fails(void)
{
    return counting && counted++ == fail_at;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t nr, size_t size)
{
    return fails() ? NULL : __real_calloc(nr, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

static const struct {
    uint32_t type, tx;
    const char *request;
} scenario[] = {
    {XS_WRITE, 0, "/a/b/c|value"},
    {XS_WRITE, 0, "/a/b/c|a longer value than before"},
    {XS_MKDIR, 0, "/a/d/e/f|"},
    {XS_SET_PERMS, 0, "/a/b|n5|r6|w7|"},
    {XS_WATCH, 0, "/a|token|"},
    {XS_WATCH, 0, "/a/not/there/yet|token|1|"},
    {XS_WRITE, 0, "/a/d|fires"},
    {XS_TRANSACTION_START, 0, "|"},
    {XS_TRANSACTION_START, 0, "|"},
    {XS_WRITE, 1, "/a/b/c|in a transaction"},
    {XS_WRITE, 1, "/t/1/2|in a transaction"},
    {XS_RM, 1, "/a/d|"},
    {XS_SET_PERMS, 1, "/t|b8|"},
    {XS_DIRECTORY, 2, "/a|"},
    {XS_WRITE, 2, "/u|x"},
    {XS_TRANSACTION_END, 1, "T|"},
    {XS_TRANSACTION_END, 2, "T|"},
    {XS_RM, 0, "/a/b|"},
    {XS_UNWATCH, 0, "/a|token|"},
    {XS_CONTROL, 0, "quota|set|nodes|7|5|"},
    {XS_CONTROL, 0, "logfile|/tmp/none|"},
    {XS_RESET_WATCHES, 0, "|"},
};

static void send_one(struct memory_conn *c, size_t i)
{
    struct xsd_sockmsg hdr = {.type = scenario[i].type, .tx_id = scenario[i].tx};
    char body[128];

    hdr.len = strlen(scenario[i].request);
    for (uint32_t at = 0; at < hdr.len; at++)
        body[at] = scenario[i].request[at] == '|' ? '\0' : scenario[i].request[at];
    memory_send(c, &hdr, sizeof(hdr));
    memory_send(c, body, hdr.len);
}

/* A guest may lose its nodes with it. */
static void forget_guest(struct server *server)
{
    struct domain *domain = domain_make(server, 5);

    if (domain)
        domain_is_gone(server, domain);
}

static void must_still_work(struct server *server)
{
    struct memory_conn *probe = memory_connect(server, 0);
    struct reply reply;

    assert_int_equal(store_check(&server->store), 0);
    memory_request(probe, XS_WRITE, 0, "/probe\0x", 8);
    assert_true(memory_receive(probe, &reply));
    assert_string_equal(reply.body, "OK");
}

static void go_through(struct server *server)
{
    bool released = false;
    struct memory_conn *c = memory_connect(server, 0);

    c->released = &released;
    for (size_t i = 0; i < sizeof(scenario) / sizeof(scenario[0]) && !released; i++) {
        send_one(c, i);
        counting = true;
        conn_service(&c->conn);
        server_run(server);
        counting = false;
    }
    counting = true;
    forget_guest(server);
    counting = false;
    if (!released)
        c->released = NULL;
}

static void a_failed_allocation_is_an_error_and_no_more(void **state)
{
    for (fail_at = 0, counted = 1; counted >= fail_at; fail_at++) {
        struct server server;

        counted = 0;
        assert_int_equal(server_init(&server), 0);
        go_through(&server);
        must_still_work(&server);
        server_free(&server);
    }
    assert_in_range(fail_at, 50, 10000);
}

static struct conn *take_conn(void *server, const struct conn_desc *desc)
{
    bool was = counting;
    struct conn *conn = NULL;

    counting = false;
    conn = &memory_connect(server, desc->domid)->conn;
    counting = was;
    return conn;
}

/* Written or read, an image that fails changes nothing for the server that stays. */
static void an_image_that_fails_is_told(void **state)
{
    static const struct image_globals globals = {-1, -1, -1, -1};
    struct server server;

    fail_at = -1;
    assert_int_equal(server_init(&server), 0);
    go_through(&server);
    send_one(memory_connect(&server, 0), 7);
    for (fail_at = 0, counted = 1; counted >= fail_at; fail_at++) {
        struct server next;
        const struct image_loader loader = {.ctx = &next, .connect = take_conn};
        struct image image = {0};
        const char *why = NULL;
        bool written = false;
        int rc = -1;

        assert_int_equal(server_init(&next), 0);
        counted = 0;
        counting = true;
        written = image_write(&image, &server, &globals, IMAGE_LIVE);
        if (written)
            rc = image_read(image.data, image.len, &next, &loader, &why);
        counting = false;
        /* Some allocations only make things faster. */
        if (rc)
            assert_true(counted > fail_at);
        else
            assert_int_equal(node_count(next.store.root), node_count(server.store.root));
        if (!rc)
            assert_int_equal(store_check(&next.store), 0);
        server_free(&next);
        image_free(&image);
    }
    assert_in_range(fail_at, 10, 10000);
    must_still_work(&server);
    server_free(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failed_allocation_is_an_error_and_no_more),
        cmocka_unit_test(an_image_that_fails_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
