/* SPDX-License-Identifier: MIT */
/*
 * The store's wire protocol as untrusted input.  The bytes are a script: which of three clients
 * (domain 0, two guests) sends how many of the bytes that follow, as they are or as a request
 * with a sensible header; how much each reads of what it is sent; and now and then a domain that
 * goes.  Afterwards the store must still count right, and domain 0 must still be answered.
 *
 * With libFuzzer one input a call; else fuzz_main.c makes the inputs.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "memory_conn.h"

#define CLIENTS 3

struct script {
    const uint8_t *data;
    size_t size;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t next(struct script *script)
{
    if (!script->size)
        return 0;
    script->size--;
    return *script->data++;
}

static size_t take(struct script *script, size_t want, const uint8_t **bytes)
{
    if (want > script->size)
        want = script->size;
    *bytes = script->data;
    script->data += want;
    script->size -= want;
    return want;
}

struct world {
    struct server server;
    struct memory_conn *client[CLIENTS];
    bool gone[CLIENTS];
};

static void connect_client(struct world *world, int i)
{
    static const uint32_t domids[CLIENTS] = {0, 1, 2};

    world->gone[i] = false;
    world->client[i] = memory_connect(&world->server, domids[i]);
    world->client[i]->released = &world->gone[i];
    if (domids[i])
        domain_make(&world->server, domids[i])->introduced = true;
}

/* Short names from a small set, so that requests meet. */
static void make_body(struct script *script, char *body, size_t *len)
{
    static const char *const parts[] = {"/a",
                                        "/b",
                                        "/a/b",
                                        "x",
                                        "/",
                                        "r1",
                                        "n2",
                                        "b0",
                                        "0",
                                        "1",
                                        "T",
                                        "F",
                                        "tok",
                                        "@releaseDomain",
                                        "set",
                                        "quota",
                                        "nodes",
                                        "help",
                                        "/local/domain/1/d",
                                        ""};
    int nr = next(script) % 5;

    *len = 0;
    for (int i = 0; i < nr; i++) {
        const char *part = parts[next(script) % (sizeof(parts) / sizeof(parts[0]))];

        memcpy(body + *len, part, strlen(part) + 1);
        *len += strlen(part) + 1;
    }
}

static void send_request(struct script *script, struct memory_conn *client)
{
    struct xsd_sockmsg hdr = {.type = next(script) % 26, .tx_id = next(script) % 5};
    char body[256];
    size_t len = 0;

    make_body(script, body, &len);
    hdr.len = len;
    memory_send(client, &hdr, sizeof(hdr));
    memory_send(client, body, len);
}

static void send_raw(struct script *script, struct memory_conn *client)
{
    const uint8_t *bytes = NULL;
    size_t len = take(script, next(script), &bytes);

    memory_send(client, bytes, len);
}

static void step(struct world *world, struct script *script)
{
    uint8_t op = next(script);
    int i = op % CLIENTS;
    struct memory_conn *client = NULL;

    if (world->gone[i])
        connect_client(world, i);
    client = world->client[i];
    switch (op / CLIENTS % 8) {
    case 0:
        send_raw(script, client);
        break;
    case 1:
        client->out_room = next(script) * 16u;
        break;
    case 2:
        client->out_room = SIZE_MAX;
        client->out_len = client->out_at = 0;
        break;
    case 3:
        if (op >= 240)
            conn_reset(&client->conn);
        break;
    default:
        send_request(script, client);
    }
    conn_service(&client->conn);
    memory_settle(&world->server);
}

static void must(bool true_thing)
{
    if (!true_thing)
        abort();
}

static void check_world(struct world *world)
{
    struct memory_conn *probe = memory_connect(&world->server, 0);
    struct reply reply;

    must(store_check(&world->server.store) == 0);
    memory_request(probe, XS_READ, 0, "/", 2);
    must(memory_receive(probe, &reply) && reply.hdr.type == XS_READ);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct script script = {.data = data, .size = size};
    struct world world = {0};

    must(server_init(&world.server) == 0);
    for (int i = 0; i < CLIENTS; i++)
        connect_client(&world, i);
    while (script.size)
        step(&world, &script);
    check_world(&world);
    for (int i = 0; i < CLIENTS; i++) {
        if (!world.gone[i])
            world.client[i]->released = NULL;
    }
    server_free(&world.server);
    return 0;
}
