/* SPDX-License-Identifier: MIT */
/*
 * State images and journals as untrusted input.  The first byte says which, and how: the bytes that
 * follow are the image itself, or a list of changes to one that a server has written.  What is
 * accepted must leave a server whose counts are right and that still answers.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "image.h"
#include "journal.h"
#include "journal_format.h"
#include "memory_conn.h"
#include "request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bytes {
    char *data;
    size_t len;
};

static struct bytes good_image, good_journal;

static void must(bool true_thing)
{
    if (!true_thing)
        abort();
}

static void request(struct memory_conn *c, uint32_t type, uint32_t tx, const char *barred)
{
    char body[128];
    size_t len = strlen(barred);

    for (size_t i = 0; i < len; i++)
        body[i] = barred[i] == '|' ? '\0' : barred[i];
    memory_request(c, type, tx, body, len);
}

/* A server that knows something of everything. */
static struct memory_conn *busy_server(struct server *server)
{
    struct memory_conn *c = NULL;
    struct domain *domain = NULL;

    must(server_init(server) == 0);
    c = memory_connect(server, 0);
    domain = domain_make(server, 5);
    domain->introduced = true;
    domain->conn = &memory_connect(server, 5)->conn;
    request(c, XS_WRITE, 0, "/a/b|value");
    request(c, XS_SET_PERMS, 0, "/a/b|n5|r6|");
    request(c, XS_WATCH, 0, "/a|token|3|");
    request(c, XS_SET_QUOTA, 0, "5|nodes|77|");
    request(c, XS_TRANSACTION_START, 0, "|");
    request(c, XS_WRITE, 1, "/a/c|value");
    request(c, XS_RM, 1, "/a/b|");
    request(c, XS_SET_PERMS, 1, "/a/c|n0|b5|");
    request(c, XS_DIRECTORY, 1, "/a|");
    return c;
}

static void read_whole(const char *path, struct bytes *bytes)
{
    FILE *file = fopen(path, "rb");

    must(file);
    bytes->data = malloc(1 << 16);
    bytes->len = fread(bytes->data, 1, 1 << 16, file);
    fclose(file);
}

static void make_good_ones(void)
{
    static const struct image_globals globals = {3, 4, 5, 6};
    char path[] = "/tmp/image-fuzz-XXXXXX";
    struct image image = {0};
    struct server server;
    struct memory_conn *c = busy_server(&server), *ring = NULL;
    int fd = mkstemp(path);

    must(fd >= 0 && image_write(&image, &server, &globals, IMAGE_LIVE));
    good_image = (struct bytes){image.data, image.len};
    server.journal = journal_open(path, &server);
    must(server.journal);
    ring = (struct memory_conn *)((char *)domain_find(&server, 5)->conn -
                                  offsetof(struct memory_conn, conn));
    request(c, XS_WRITE, 0, "/a/d|value");
    request(c, XS_SET_PERMS, 0, "/a/d|n5|r6|");
    request(c, XS_TRANSACTION_END, 1, "T|");
    request(ring, XS_WATCH, 0, "/a|token|");
    request(ring, XS_WATCH, 0, "b|token|2|");
    request(ring, XS_UNWATCH, 0, "/a|token|");
    domain_make(&server, 6)->introduced = true;
    journal_domain(server.journal, domain_find(&server, 6));
    journal_forget(server.journal, 6);
    read_whole(path, &good_journal);
    server_free(&server);
    unlink(path);
    close(fd);
}

/* Each change: how (1 byte), where (3 bytes), what (1 byte). */
static struct bytes changed(const struct bytes *good, const uint8_t *data, size_t size)
{
    struct bytes bytes = {malloc(good->len), good->len};

    must(bytes.data);
    memcpy(bytes.data, good->data, good->len);
    for (; size >= 5; data += 5, size -= 5) {
        size_t at = (data[1] | data[2] << 8 | (size_t)data[3] << 16) % good->len;

        switch (data[0] % 5) {
        case 0:
            bytes.data[at] = data[4];
            break;
        case 1:
            bytes.data[at] ^= 1 << (data[4] % 8);
            break;
        case 2:
            bytes.data[at] += data[4];
            break;
        case 3:
            if (data[4] == 0)
                bytes.len = at;
            break;
        default:
            memmove(bytes.data + at, bytes.data + data[4],
                    good->len - at < 16 ? good->len - at : 16);
        }
    }
    return bytes;
}

static struct conn *take_conn(void *server, const struct conn_desc *desc)
{
    return &memory_connect(server, desc->domid)->conn;
}

static void check(struct server *server)
{
    struct memory_conn *probe = memory_connect(server, 0);
    struct reply reply;

    memory_settle(server);
    must(store_check(&server->store) == 0);
    memory_request(probe, XS_WRITE, 0, "/probe\0x", 8);
    must(memory_receive(probe, &reply) && reply.hdr.type == XS_WRITE);
}

/* Transactions that were read can be ended as well as any. */
static void commit_all(struct server *server)
{
    struct xsd_sockmsg hdr = {.type = XS_TRANSACTION_END, .len = 2};

    for (struct conn *conn = server->conns; conn; conn = conn->next) {
        for (int i = 0; i < 3 && conn->transactions && !conn->dead; i++) {
            hdr.tx_id = conn->transactions->id;
            request_serve(conn, &hdr, "T");
        }
    }
}

static void try_image(const struct bytes *bytes)
{
    struct server server;
    const struct image_loader loader = {.ctx = &server, .connect = take_conn};
    const char *why = NULL;
    struct image again = {0};

    must(server_init(&server) == 0);
    if (image_read(bytes->data, bytes->len, &server, &loader, &why) == 0) {
        static const struct image_globals none = {-1, -1, -1, -1};

        check(&server);
        must(image_write(&again, &server, &none, IMAGE_LIVE));
        commit_all(&server);
        check(&server);
    } else {
        must(why);
    }
    image_free(&again);
    server_free(&server);
}

static void try_journal(const struct bytes *bytes)
{
    struct server server;
    const char *why = NULL;

    must(server_init(&server) == 0);
    if (journal_read(bytes->data, bytes->len, &server, &why) == 0)
        check(&server);
    server_free(&server);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes bytes = {0};
    bool journal = false;

    if (!good_image.data)
        make_good_ones();
    if (size < 1)
        return 0;
    journal = data[0] & 1;
    if (data[0] % 8 < 2) {
        bytes = (struct bytes){malloc(size), size - 1};
        must(bytes.data);
        memcpy(bytes.data, data + 1, size - 1);
    } else {
        /* A few changes find more than many. */
        size_t limit = 1 + 5 * (size_t)(data[0] >> 4);

        bytes = changed(journal ? &good_journal : &good_image, data + 1,
                        size - 1 < limit ? size - 1 : limit);
    }
    if (journal)
        try_journal(&bytes);
    else
        try_image(&bytes);
    free(bytes.data);
    return 0;
}
