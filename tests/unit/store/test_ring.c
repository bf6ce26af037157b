/* SPDX-License-Identifier: MIT */
/* Rings: what a guest may do to its page, and what the daemon does then. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "image.h"
#include "ring.h"

static struct server server;
static struct ring_conn *ring;
static struct xenstore_domain_interface *page;
static int notified;

static void count_notify(struct ring_conn *r)
{
    notified++;
}

static void release(struct ring_conn *r)
{
    free(r->page);
    free(r);
}

static int setup(void **state)
{
    assert_int_equal(server_init(&server), 0);
    page = calloc(1, 4096);
    ring = calloc(1, sizeof(*ring));
    ring->page = page;
    ring->notify = count_notify;
    ring->release = release;
    notified = 0;
    assert_int_equal(ring_serve(ring, &server, 0, SERVER_FEATURES), 0);
    return 0;
}

static int teardown(void **state)
{
    server_free(&server);
    return 0;
}

static void put(const void *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        page->req[MASK_XENSTORE_IDX(page->req_prod++)] = ((const char *)data)[i];
}

static void put_read(const char *path)
{
    struct xsd_sockmsg hdr = {.type = XS_READ, .req_id = 9, .len = strlen(path) + 1};

    put(&hdr, sizeof(hdr));
    put(path, hdr.len);
}

static size_t take(void *data, size_t len)
{
    size_t i = 0;

    for (; i < len && page->rsp_cons != page->rsp_prod; i++)
        ((char *)data)[i] = page->rsp[MASK_XENSTORE_IDX(page->rsp_cons++)];
    return i;
}

static void expect_answer(uint32_t type)
{
    struct xsd_sockmsg hdr;
    char body[XENSTORE_PAYLOAD_MAX];

    assert_int_equal(take(&hdr, sizeof(hdr)), sizeof(hdr));
    assert_int_equal(hdr.type, type);
    assert_int_equal(hdr.req_id, 9);
    assert_int_equal(take(body, hdr.len), hdr.len);
}

static void requests_and_answers_go_around_the_ring(void **state)
{
    page->req_prod = page->req_cons = UINT32_MAX - 700;
    page->rsp_prod = page->rsp_cons = UINT32_MAX - 500;
    for (int i = 0; i < 300; i++) {
        put_read("/none");
        ring_ready(ring);
        expect_answer(XS_ERROR);
    }
    assert_int_equal(notified, 300);
    assert_int_equal(page->server_features & XENSTORE_SERVER_FEATURE_RECONNECTION, 1);
}

static void a_request_may_come_byte_by_byte(void **state)
{
    struct xsd_sockmsg hdr = {.type = XS_READ, .req_id = 9, .len = 2};
    char message[sizeof(hdr) + 2];

    memcpy(message, &hdr, sizeof(hdr));
    memcpy(message + sizeof(hdr), "/", 2);
    for (size_t i = 0; i < sizeof(message); i++) {
        put(message + i, 1);
        ring_ready(ring);
    }
    expect_answer(XS_READ);
}

static void an_answer_longer_than_the_ring_comes_in_pieces(void **state)
{
    struct xsd_sockmsg hdr = {.type = XS_WRITE, .req_id = 9, .len = 3 + 3000};
    char value[3000], body[4096];
    size_t got = 0;

    memset(value, 'v', sizeof(value));
    put(&hdr, sizeof(hdr));
    put("/x", 3);
    for (size_t i = 0; i < sizeof(value); i += 500) {
        put(value + i, 500);
        ring_ready(ring);
    }
    expect_answer(XS_WRITE);
    put_read("/x");
    for (int i = 0; i < 10; i++) {
        ring_ready(ring);
        got += take(body + got, sizeof(body) - got);
    }
    assert_int_equal(got, sizeof(hdr) + sizeof(value));
    assert_memory_equal(body + sizeof(hdr), value, sizeof(value));
}

static void wild_indices_cost_the_guest_its_connection(void **state)
{
    page->req_prod = page->req_cons + XENSTORE_RING_SIZE + 1;
    ring_ready(ring);
    assert_int_equal(page->error, XENSTORE_ERROR_RINGIDX);
    assert_true(ring->broken);
    /* Nothing is listened to any more. */
    page->req_prod = page->req_cons;
    put_read("/");
    ring_ready(ring);
    assert_int_equal(page->rsp_prod, page->rsp_cons);
}

static void wild_answer_indices_too(void **state)
{
    page->rsp_cons = page->rsp_prod + 1;
    put_read("/");
    ring_ready(ring);
    assert_int_equal(page->error, XENSTORE_ERROR_RINGIDX);
}

static void an_overlong_message_too(void **state)
{
    struct xsd_sockmsg hdr = {.type = XS_READ, .len = XENSTORE_PAYLOAD_MAX + 1};

    put(&hdr, sizeof(hdr));
    ring_ready(ring);
    assert_int_equal(page->error, XENSTORE_ERROR_PROTO);
    assert_false(ring->conn.dead);
}

static void a_reconnection_starts_afresh(void **state)
{
    wild_indices_cost_the_guest_its_connection(state);
    page->connection = XENSTORE_RECONNECT;
    notified = 0;
    ring_ready(ring);
    assert_int_equal(page->connection, XENSTORE_CONNECTED);
    assert_int_equal(page->error, XENSTORE_ERROR_NONE);
    assert_int_equal(page->req_prod | page->req_cons | page->rsp_prod | page->rsp_cons, 0);
    assert_int_equal(notified, 1);
    put_read("/");
    ring_ready(ring);
    expect_answer(XS_READ);
}

static void a_reconnection_drops_half_a_request_and_the_watches(void **state)
{
    struct xsd_sockmsg hdr = {.type = XS_WATCH, .req_id = 9, .len = 5};

    put(&hdr, sizeof(hdr));
    put("/\0tt", 5);
    ring_ready(ring);
    assert_int_equal(ring->conn.nr_watches, 1);
    put(&hdr, 7);
    ring_ready(ring);
    page->connection = XENSTORE_RECONNECT;
    ring_ready(ring);
    assert_int_equal(ring->conn.nr_watches, 0);
    put_read("/");
    ring_ready(ring);
    expect_answer(XS_READ);
}

/* The page stays, as the guest has it; the rest is another process's. */
static struct conn *adopt(void *next, const struct conn_desc *desc)
{
    struct ring_conn *moved = calloc(1, sizeof(*moved));

    assert_int_equal(desc->type, CONN_RING);
    assert_int_equal(desc->port, 77);
    moved->page = page;
    moved->notify = count_notify;
    moved->release = release;
    moved->port = desc->port;
    assert_int_equal(ring_adopt(moved, next, desc->domid), 0);
    ring->page = calloc(1, 4096);
    ring = moved;
    return &moved->conn;
}

/* A live update: another server has what this one had. */
static void move_to_next_server(struct server *next)
{
    static const struct image_globals globals = {-1, -1, -1, -1};
    const struct image_loader loader = {.ctx = next, .connect = adopt};
    struct image image = {0};
    const char *why = NULL;

    ring->port = 77;
    assert_int_equal(server_init(next), 0);
    assert_true(image_write(&image, &server, &globals, IMAGE_LIVE));
    assert_int_equal(image_read(image.data, image.len, next, &loader, &why), 0);
    image_free(&image);
}

static void a_ring_goes_on_with_the_next_server(void **state)
{
    struct xsd_sockmsg hdr = {.type = XS_READ, .req_id = 9, .len = 2};
    struct server next;

    /* Half a request has been taken from the ring, an answer is in it, another request waits. */
    put_read("/none");
    put(&hdr, 10);
    ring_ready(ring);
    put((char *)&hdr + 10, sizeof(hdr) - 10);
    put("/", 2);
    put_read("/");
    page->server_features = 5;
    move_to_next_server(&next);
    assert_int_equal(page->server_features, 5);
    ring_wake(ring);
    notified = 0;
    while (server_run(&next))
        ;
    assert_true(notified > 0);
    expect_answer(XS_ERROR);
    expect_answer(XS_READ);
    expect_answer(XS_READ);
    assert_int_equal(page->req_cons, page->req_prod);
    server_free(&next);
}

static void a_broken_ring_stays_broken_until_it_reconnects(void **state)
{
    struct server next;

    wild_indices_cost_the_guest_its_connection(state);
    move_to_next_server(&next);
    assert_int_equal(page->error, XENSTORE_ERROR_RINGIDX);
    put_read("/");
    ring_ready(ring);
    assert_int_equal(page->rsp_prod, page->rsp_cons);
    /* It asked while nobody listened. */
    page->connection = XENSTORE_RECONNECT;
    ring_wake(ring);
    assert_int_equal(page->connection, XENSTORE_CONNECTED);
    put_read("/");
    ring_ready(ring);
    expect_answer(XS_READ);
    server_free(&next);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(requests_and_answers_go_around_the_ring),
        T(a_request_may_come_byte_by_byte),
        T(an_answer_longer_than_the_ring_comes_in_pieces),
        T(wild_indices_cost_the_guest_its_connection),
        T(wild_answer_indices_too),
        T(an_overlong_message_too),
        T(a_reconnection_starts_afresh),
        T(a_reconnection_drops_half_a_request_and_the_watches),
        T(a_ring_goes_on_with_the_next_server),
        T(a_broken_ring_stays_broken_until_it_reconnects),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
