/* SPDX-License-Identifier: MIT */
/* State images: what one server knows, another knows after reading it; and what is broken is refused. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "ask.h"
#include "image.h"

#define CLIENTS 3

static struct server server, next;
static struct memory_conn *client[CLIENTS], *moved[CLIENTS];
static struct image image;
static const struct image_globals globals = {
    .socket_fd = 11, .evtchn_fd = 12, .pid_fd = 13, .virq_port = 14};
static struct image_globals globals_read;

static int setup(void **state)
{
    assert_int_equal(server_init(&server), 0);
    assert_int_equal(server_init(&next), 0);
    memset(moved, 0, sizeof(moved));
    for (int i = 0; i < CLIENTS; i++) {
        client[i] = memory_connect(&server, 0);
        client[i]->number = i;
    }
    return 0;
}

static int teardown(void **state)
{
    assert_int_equal(store_check(&server.store), 0);
    assert_int_equal(store_check(&next.store), 0);
    server_free(&server);
    server_free(&next);
    image_free(&image);
    return 0;
}

static struct conn *take_conn(void *ctx, const struct conn_desc *desc)
{
    struct memory_conn *conn = NULL;

    if (desc->fd < 0 || desc->fd >= CLIENTS)
        return NULL;
    conn = memory_connect(ctx, desc->domid);
    moved[desc->fd] = conn;
    conn->number = desc->fd;
    return &conn->conn;
}

static void take_globals(void *ctx, const struct image_globals *read)
{
    globals_read = *read;
}

static int load(struct server *to, const char **why)
{
    const struct image_loader loader = {.ctx = to, .connect = take_conn, .globals = take_globals};

    return image_read(image.data, image.len, to, &loader, why);
}

static void move(void)
{
    const char *why = NULL;

    assert_true(image_write(&image, &server, &globals, IMAGE_LIVE));
    assert_int_equal(load(&next, &why), 0);
    memory_settle(&next);
}

static void events_dropped(struct memory_conn *c)
{
    while (memory_receive(c, &reply))
        ;
}

static void the_tree_moves_with_permissions_order_and_generations(void **state)
{
    char before[XENSTORE_PAYLOAD_MAX];
    uint32_t len = 0;

    for (int i = 0; i < 40; i++) {
        char name[16];

        snprintf(name, sizeof(name), "/d/n%d", i * 7 % 40);
        two(client[0], XS_WRITE, 0, name, i % 2 ? "v" : "");
    }
    ask(client[0], XS_RM, 0, "/d/n21");
    two(client[0], XS_SET_PERMS, 0, "/d/n5", "r7");
    two(client[0], XS_WRITE, 0, "/", "root");
    two(client[0], XS_DIRECTORY_PART, 0, "/d", "0");
    len = reply.hdr.len;
    memcpy(before, reply.body, len);
    move();
    two(moved[0], XS_DIRECTORY_PART, 0, "/d", "0");
    assert_int_equal(reply.hdr.len, len);
    assert_memory_equal(reply.body, before, len);
    assert_string_equal(ask(moved[0], XS_GET_PERMS, 0, "/d/n5"), "r7");
    assert_string_equal(ask(moved[0], XS_READ, 0, "/"), "root");
    assert_int_equal(next.store.owned[7].nodes, 1);
    assert_int_equal(next.store.owned[7].bytes, server.store.owned[7].bytes);
    assert_true(next.store.gen >= server.store.gen);
    assert_memory_equal(&globals, &globals_read, sizeof(globals));
}

static void watches_move(void **state)
{
    two(client[0], XS_WATCH, 0, "/w", "one");
    ask_bytes(client[1], XS_WATCH, 0,
              "/w\0two\0"
              "1",
              9);
    two(client[1], XS_WATCH, 0, "rel", "three");
    two(client[2], XS_WATCH, 0, "@releaseDomain", "four");
    for (int i = 0; i < CLIENTS; i++)
        events_dropped(client[i]);
    move();
    two(moved[2], XS_WRITE, 0, "/w/a", "x");
    assert_string_equal(event(moved[0]), "/w/a one");
    assert_string_equal(event(moved[1]), "/w/a two");
    two(moved[2], XS_WRITE, 0, "/w/a/b", "x");
    assert_string_equal(event(moved[0]), "/w/a/b one");
    assert_string_equal(event(moved[1]), "");
    two(moved[0], XS_WRITE, 0, "/local/domain/0/rel/x", "x");
    assert_string_equal(event(moved[1]), "rel/x three");
    assert_string_equal(two(moved[0], XS_UNWATCH, 0, "/w", "one"), "OK");
    assert_int_equal(moved[2]->conn.nr_watches, 1);
    assert_int_equal(quota_work(&next.quotas, 0),
                     quota_work(&server.quotas, 0) - client[0]->conn.watches->bytes);
}

static void open_transactions_move_and_commit(void **state)
{
    uint32_t tx = 0;

    two(client[0], XS_WRITE, 0, "/t/a", "old");
    two(client[0], XS_WRITE, 0, "/t/gone/x", "old");
    tx = start(client[0]);
    two(client[0], XS_WRITE, tx, "/t/b/c", "new");
    two(client[0], XS_SET_PERMS, tx, "/t/b/c", "b9");
    assert_string_equal(ask(client[0], XS_RM, tx, "/t/gone"), "OK");
    two(client[1], XS_WRITE, 0, "/other", "by somebody else");
    move();
    assert_string_equal(ask(moved[0], XS_READ, tx, "/t/b/c"), "new");
    assert_string_equal(ask(moved[0], XS_READ, 0, "/t/b/c"), "ENOENT");
    assert_string_equal(ask(moved[1], XS_READ, 0, "/t/gone/x"), "old");
    assert_string_equal(ask(moved[0], XS_TRANSACTION_END, tx, "T"), "OK");
    assert_string_equal(ask(moved[1], XS_READ, 0, "/t/b/c"), "new");
    assert_string_equal(ask(moved[1], XS_READ, 0, "/other"), "by somebody else");
    assert_string_equal(ask(moved[1], XS_READ, 0, "/t/gone"), "ENOENT");
    assert_int_equal(next.store.owned[9].nodes, 1);
    /* Ids go on where they were. */
    assert_int_equal(start(moved[0]), tx + 1);
}

static void conflicts_are_found_across_a_move(void **state)
{
    uint32_t tx = 0, other = 0, third = 0;

    two(client[0], XS_WRITE, 0, "/t/a", "old");
    tx = start(client[0]);
    ask(client[0], XS_READ, tx, "/t/a");
    two(client[0], XS_WRITE, tx, "/t/sum", "1");
    other = start(client[1]);
    ask(client[1], XS_READ, other, "/t/a");
    two(client[1], XS_WRITE, other, "/t/sum2", "1");
    third = start(client[2]);
    ask(client[2], XS_DIRECTORY, third, "/t");
    two(client[2], XS_WRITE, third, "/elsewhere", "1");
    two(client[1], XS_WRITE, 0, "/t/a", "before the move");
    move();
    assert_string_equal(ask(moved[0], XS_TRANSACTION_END, tx, "T"), "EAGAIN");
    assert_string_equal(ask(moved[1], XS_TRANSACTION_END, other, "T"), "EAGAIN");
    assert_string_equal(ask(moved[2], XS_TRANSACTION_END, third, "T"), "OK");
}

static void half_a_request_and_unread_answers_move(void **state)
{
    struct xsd_sockmsg hdr = {.type = XS_WRITE, .req_id = 99, .len = 6};

    two(client[0], XS_WRITE, 0, "/a", "value of a");
    client[0]->out_room = 20;
    memory_request(client[0], XS_READ, 0, "/a", 3);
    memory_request(client[0], XS_READ, 0, "/b", 3);
    memory_send(client[0], &hdr, sizeof(hdr));
    memory_send(client[0], "/x", 3);
    conn_service(&client[0]->conn);
    assert_int_equal(client[0]->out_len, 20);
    move();
    /* What the first server sent is in the client's hands. */
    moved[0]->out = realloc(moved[0]->out, moved[0]->out_len + 20);
    assert_non_null(moved[0]->out);
    memmove(moved[0]->out + 20, moved[0]->out, moved[0]->out_len);
    memcpy(moved[0]->out, client[0]->out, 20);
    moved[0]->out_len += 20;
    assert_true(memory_receive(moved[0], &reply));
    assert_string_equal(reply.body, "value of a");
    assert_true(memory_receive(moved[0], &reply));
    assert_string_equal(reply.body, "ENOENT");
    memory_send(moved[0], "abc", 3);
    conn_service(&moved[0]->conn);
    assert_true(memory_receive(moved[0], &reply));
    assert_int_equal(reply.hdr.req_id, 99);
    assert_string_equal(ask(moved[1], XS_READ, 0, "/x"), "abc");
}

static void quotas_domains_and_special_permissions_move(void **state)
{
    struct domain *domain = domain_make(&server, 5);

    domain->introduced = true;
    domain->port = 77;
    domain->gfn = 0x123456789;
    domain->target = 6;
    domain->features = 1;
    two(client[0], XS_SET_PERMS, 0, "@releaseDomain", "r5");
    assert_string_equal(ask_bytes(client[0], XS_CONTROL, 0,
                                  "quota\0set\0nodes\0"
                                  "77",
                                  19),
                        "OK");
    assert_string_equal(ask_bytes(client[0], XS_CONTROL, 0,
                                  "quota\0set\0watches\0"
                                  "3\0"
                                  "5",
                                  22),
                        "OK");
    move();
    assert_int_equal(next.quotas.global[QUOTA_NODES], 77);
    assert_int_equal(quota_limit(&next.quotas, 5, QUOTA_WATCHES), 3);
    assert_int_equal(quota_limit(&next.quotas, 4, QUOTA_WATCHES), 128);
    assert_int_equal(next.special[SPECIAL_RELEASE]->entry[0].domid, 5);
    domain = domain_find(&next, 5);
    assert_non_null(domain);
    assert_true(domain->introduced && !domain->shutdown);
    assert_int_equal(domain->port, 77);
    assert_int_equal(domain->gfn, 0x123456789);
    assert_int_equal(domain->target, 6);
    assert_int_equal(domain->features, 1);
}

static void who_asked_for_the_update_is_answered(void **state)
{
    server.update.requested = true;
    server.update.conn = client[1]->conn.id;
    server.update.hdr = (struct xsd_sockmsg){.type = XS_CONTROL, .req_id = 4711, .len = 10};
    move();
    assert_true(memory_receive(moved[1], &reply));
    assert_int_equal(reply.hdr.req_id, 4711);
    assert_string_equal(reply.body, "OK");
    assert_false(memory_receive(moved[0], &reply));
}

static void a_tree_image_has_no_clients(void **state)
{
    const char *why = NULL;

    two(client[0], XS_WRITE, 0, "/a/b", "c");
    two(client[0], XS_WATCH, 0, "/a", "t");
    start(client[1]);
    assert_true(image_write(&image, &server, &globals, IMAGE_TREE));
    assert_int_equal(load(&next, &why), 0);
    assert_int_equal(next.nr_conns, 0);
    assert_int_equal(node_count(next.store.root), node_count(server.store.root));
}

/* Something of everything. */
static void fill(void)
{
    uint32_t tx = 0;

    two(client[0], XS_WRITE, 0, "/some/node", "value");
    two(client[0], XS_SET_PERMS, 0, "/some/node", "b3");
    tx = start(client[0]);
    two(client[0], XS_WRITE, tx, "/some/other", "value");
    ask(client[0], XS_RM, tx, "/some/node");
    two(client[1], XS_WATCH, 0, "/some", "token");
    domain_make(&server, 5)->introduced = true;
    ask_bytes(client[0], XS_CONTROL, 0,
              "quota\0set\0watches\0"
              "3\0"
              "5",
              22);
    assert_true(image_write(&image, &server, &globals, IMAGE_LIVE));
}

static void load_in_new_server(int expected)
{
    struct server fresh;
    const char *why = NULL;
    int rc = 0;

    assert_int_equal(server_init(&fresh), 0);
    rc = load(&fresh, &why);
    if (expected)
        assert_int_equal(rc, expected);
    if (!rc) {
        memory_settle(&fresh);
        assert_int_equal(store_check(&fresh.store), 0);
    } else {
        assert_non_null(why);
    }
    server_free(&fresh);
}

static void a_cut_off_image_is_refused(void **state)
{
    size_t len = 0;

    fill();
    for (len = image.len - 8; len > 0; len -= len > 300 ? 8 : 1) {
        image.len = len;
        load_in_new_server(-EINVAL);
    }
}

static void a_changed_image_does_no_harm(void **state)
{
    char *copy = NULL;

    fill();
    copy = malloc(image.len);
    memcpy(copy, image.data, image.len);
    srandom(1);
    for (size_t at = 0; at < image.len; at++) {
        static const char wild[] = {0, '/', (char)0xff};

        for (size_t i = 0; i < sizeof(wild); i++) {
            memcpy(image.data, copy, image.len);
            image.data[at] = wild[i];
            load_in_new_server(0);
        }
    }
    free(copy);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(the_tree_moves_with_permissions_order_and_generations),
        T(watches_move),
        T(open_transactions_move_and_commit),
        T(conflicts_are_found_across_a_move),
        T(half_a_request_and_unread_answers_move),
        T(quotas_domains_and_special_permissions_move),
        T(who_asked_for_the_update_is_answered),
        T(a_tree_image_has_no_clients),
        T(a_cut_off_image_is_refused),
        T(a_changed_image_does_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
