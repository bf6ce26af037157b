/* SPDX-License-Identifier: MIT */
/* State images: reading them.  Nothing in them is trusted. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "image.h"
#include "trace.h"
#include "transaction.h"

#define PERMS_MAX 512

/* The node records come in the order of a walk, and so do their generations. */
struct load {
    struct server *server;
    const struct image_loader *loader;
    struct image_globals globals;
    uint64_t gen;
    uint32_t last_conn;
    struct quotas limits; /* set when all is loaded */
    struct conn *conn;    /* the last one that was read */
    uint32_t conn_id;
    struct transaction *tx; /* whose state may follow */
    bool ended, told;
    const char *why;
};

static int broken(struct load *load, const char *why)
{
    load->why = why;
    return -EINVAL;
}

static int read_globals(struct load *load, struct image_reader *body)
{
    load->globals.socket_fd = image_take_u32(body);
    load->globals.evtchn_fd = image_take_u32(body);
    return 0;
}

static int read_special(struct load *load, struct image_reader *body, int which)
{
    struct server *server = load->server;
    uint16_t nr = image_take_u16(body);
    struct perm *entries = nr <= PERMS_MAX ? image_take_perms(body, nr) : NULL;
    struct perms *perms = entries ? perms_get(&server->store.perms, entries, nr) : NULL;

    free(entries);
    if (!perms)
        return broken(load, "bad permissions of a special watch");
    perms_put(&server->store.perms, server->special[which]);
    server->special[which] = perms;
    return 0;
}

/* Text up to its nul, which must be in the body; NULL: it is not. */
static const char *take_text(struct image_reader *body, size_t len)
{
    const char *text = image_take(body, len);

    if (text && len && !text[len - 1] && strlen(text) == len - 1)
        return text;
    body->failed = true;
    return NULL;
}

/* Before the first connection, which may need them. */
static void tell_globals(struct load *load)
{
    if (!load->told && load->loader && load->loader->globals)
        load->loader->globals(load->loader->ctx, &load->globals);
    load->told = true;
}

static int read_daemon(struct load *load, struct image_reader *body)
{
    struct server *server = load->server;
    uint16_t flags = 0;
    const char *file = NULL;
    int rc = 0;

    load->gen = image_take_u64(body);
    server->requests = image_take_u64(body);
    load->globals.pid_fd = image_take_u32(body);
    load->globals.virq_port = image_take_u32(body);
    load->last_conn = image_take_u32(body);
    load->limits.soft_memory = image_take_u32(body);
    flags = image_take_u16(body);
    for (int i = 0; i < SPECIAL_COUNT && !rc; i++)
        rc = read_special(load, body, i);
    if (rc)
        return rc;
    file = take_text(body, body->left);
    if (!file)
        return broken(load, "bad name of the trace file");
    server->keep_orphans = flags & 1;
    free(server->trace_file);
    server->trace_file = strdup(file);
    tell_globals(load);
    if ((flags & 2) && !server->trace)
        server->trace = trace_open(file);
    return server->trace_file ? 0 : -ENOMEM;
}

/* Limits by name; unknown names are left out. */
static int read_limits(struct load *load, struct image_reader *body, uint32_t nr,
                       uint32_t limit[QUOTA_COUNT])
{
    struct image_reader values = *body;

    image_take(body, nr * sizeof(uint32_t));
    for (uint32_t i = 0; i < nr && !body->failed; i++) {
        size_t len = strnlen(body->data, body->left) + 1;
        const char *name = take_text(body, len);
        enum quota_id id = name ? quota_named(name) : QUOTA_COUNT;
        uint32_t value = image_take_u32(&values);

        if (id < QUOTA_COUNT)
            limit[id] = value;
    }
    return body->failed ? broken(load, "bad list of quotas") : 0;
}

static int read_global_quotas(struct load *load, struct image_reader *body)
{
    uint32_t nr = image_take_u16(body);

    nr += image_take_u16(body);
    return read_limits(load, body, nr, load->limits.global);
}

static int put_node(struct load *load, const struct path *path, const char *value,
                    uint16_t value_len, struct perm *entries, uint16_t nr)
{
    int rc = store_load_node(&load->server->store, path, value, value_len, entries, nr);

    return rc == -EINVAL ? broken(load, "a node without parent, or there twice") : rc;
}

static int read_node(struct load *load, struct image_reader *body)
{
    uint32_t conn = image_take_u32(body), tx = image_take_u32(body);
    uint16_t path_len = image_take_u16(body), value_len = image_take_u16(body);
    uint16_t access = image_take_u16(body), nr = image_take_u16(body);
    struct perm *entries = NULL;
    const char *text = NULL, *value = NULL;
    struct path path;
    int rc = 0;

    (void)access;
    (void)tx;
    /* Another daemon's idea of a transaction; ours is told in TRANSACTION_STATE. */
    if (conn)
        return 0;
    entries = nr <= PERMS_MAX ? image_take_perms(body, nr) : NULL;
    text = take_text(body, path_len);
    value = image_take(body, value_len);
    if (!entries || !text || !value || value_len > XENSTORE_PAYLOAD_MAX ||
        path_from_bytes(&path, text, path_len - 1) != 0)
        rc = broken(load, "bad node");
    else
        rc = put_node(load, &path, value, value_len, entries, nr);
    free(entries);
    return rc;
}

static bool set_generations(struct node *node, struct image_reader *body)
{
    struct node *child = NULL;

    node->gen = image_take_u64(body);
    node->dir_gen = image_take_u64(body);
    for (uint32_t i = 0; !body->failed && (child = node_child_at(node, &i)); i++)
        set_generations(child, body);
    return !body->failed;
}

static int read_generations(struct load *load, struct image_reader *body)
{
    /* Transactions share the tree, which may not change under them. */
    if (load->tx || load->conn)
        return broken(load, "generations after connections");
    return set_generations(load->server->store.root, body) ? 0
                                                           : broken(load, "too few generations");
}

static int read_domain_data(struct load *load, struct image_reader *body)
{
    uint32_t limit[QUOTA_COUNT];
    uint16_t domid = image_take_u16(body), nr = image_take_u16(body);
    uint32_t features = image_take_u32(body);
    struct domain *domain = NULL;
    int rc = 0;

    memset(limit, 0xff, sizeof(limit));
    if (domid >= DOMAIN_IDS)
        return broken(load, "bad domain id");
    rc = read_limits(load, body, nr, limit);
    for (int i = 0; i < QUOTA_COUNT && !rc; i++) {
        if (limit[i] != QUOTA_UNSET)
            rc = quota_set_own(&load->limits, domid, i, limit[i]);
    }
    domain = rc ? NULL : domain_make(load->server, domid);
    if (!domain)
        return rc ? rc : -ENOMEM;
    domain->features = features;
    return 0;
}

static int read_domain_state(struct load *load, struct image_reader *body)
{
    uint16_t domid = image_take_u16(body), target = image_take_u16(body), flags = 0;
    struct domain *domain = domid < DOMAIN_IDS ? domain_make(load->server, domid) : NULL;

    if (!domain)
        return domid < DOMAIN_IDS ? -ENOMEM : broken(load, "bad domain id");
    domain->target = target < DOMAIN_IDS ? target : DOMAIN_NONE;
    domain->port = image_take_u32(body);
    domain->gfn = image_take_u64(body);
    flags = image_take_u16(body);
    domain->introduced = flags & 1;
    domain->shutdown = flags & 2;
    return 0;
}

static struct conn *find_conn(struct load *load, uint32_t id)
{
    return load->conn && load->conn_id == id ? load->conn : NULL;
}

static int fill_conn(struct load *load, struct image_reader *body)
{
    struct conn *conn = load->conn;
    uint16_t in_len = image_take_u16(body), rest_len = image_take_u16(body);
    uint32_t out_len = image_take_u32(body);
    const char *in = image_take(body, in_len);
    const char *out = image_take(body, out_len);
    int rc = 0;

    if (!in || !out || in_len > sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX)
        return broken(load, "bad data of a connection");
    memcpy(conn->in, in, in_len);
    conn->in_len = in_len;
    rc = conn_requeue(conn, out, out_len, rest_len);
    return rc == -EINVAL ? broken(load, "bad output of a connection") : rc;
}

static int read_conn(struct load *load, struct image_reader *body)
{
    struct conn_desc desc = {.fd = -1, .target = DOMAIN_NONE};
    uint16_t type = 0;

    load->conn_id = image_take_u32(body);
    load->conn = NULL;
    load->tx = NULL;
    type = image_take_u16(body);
    image_take_u16(body);
    desc.type = type;
    if (type == CONN_RING) {
        desc.domid = image_take_u16(body);
        desc.target = image_take_u16(body);
        desc.port = image_take_u32(body);
        if (desc.target >= DOMAIN_IDS)
            desc.target = DOMAIN_NONE;
    } else {
        desc.fd = image_take_u32(body);
        image_take_u32(body);
    }
    if (body->failed || type > CONN_SOCKET || desc.domid >= DOMAIN_IDS)
        return broken(load, "bad connection");
    if (load->loader && load->loader->connect)
        load->conn = load->loader->connect(load->loader->ctx, &desc);
    if (!load->conn)
        return 0;
    load->conn->id = load->conn_id;
    load->conn->actor.target = desc.target;
    return fill_conn(load, body);
}

static int read_conn_state(struct load *load, struct image_reader *body)
{
    struct conn *conn = find_conn(load, image_take_u32(body));
    struct conn_desc desc = {.fd = -1};

    if (!conn)
        return 0;
    conn->last_transaction = image_take_u32(body);
    desc.broken = image_take_u16(body) & 1;
    if (conn->ops->restore)
        conn->ops->restore(conn, &desc);
    return 0;
}

static int read_watch(struct load *load, struct image_reader *body, bool extended)
{
    struct conn *conn = find_conn(load, image_take_u32(body));
    uint16_t path_len = image_take_u16(body), token_len = image_take_u16(body);
    uint16_t depth = extended ? image_take_u16(body) : 0xffff;
    const char *text = NULL, *token = NULL;
    struct watch *watch = NULL;
    struct path path;

    if (extended)
        image_take_u16(body);
    text = take_text(body, path_len);
    token = take_text(body, token_len);
    if (!conn)
        return 0;
    if (!text || !token || path_len + token_len > XENSTORE_PAYLOAD_MAX ||
        path_make_watch(&path, conn->actor.domid, text) != 0 ||
        watch_find(&load->server->watches, conn, &path, token))
        return broken(load, "bad watch");
    return conn_add_watch(conn, &path, token, depth == 0xffff ? -1 : depth, &watch);
}

static int read_watch_data(struct load *load, struct image_reader *body)
{
    return read_watch(load, body, false);
}

static int read_watch_data_extended(struct load *load, struct image_reader *body)
{
    return read_watch(load, body, true);
}

static int add_transaction(struct load *load, struct transaction *tx)
{
    if (!tx)
        return -ENOMEM;
    tx->next = load->conn->transactions;
    load->conn->transactions = tx;
    load->conn->nr_transactions++;
    load->tx = tx;
    return 0;
}

/* If its state does not follow, the client will have to start it again. */
static int read_transaction(struct load *load, struct image_reader *body)
{
    struct conn *conn = find_conn(load, image_take_u32(body));
    uint32_t id = image_take_u32(body);
    int rc = 0;

    load->tx = NULL;
    if (!conn)
        return 0;
    for (struct transaction *tx = conn->transactions; tx; tx = tx->next) {
        if (tx->id == id)
            return broken(load, "a transaction that is there twice");
    }
    if (!id)
        return broken(load, "bad transaction");
    rc = add_transaction(load, transaction_start(&load->server->store, &conn->actor, id));
    if (!rc)
        load->tx->spoilt = true;
    return rc;
}

static int read_transaction_state(struct load *load, struct image_reader *body)
{
    struct transaction *first = load->tx, *tx = NULL;

    if (!first)
        return 0;
    load->tx = NULL;
    tx = image_read_transaction(body, &load->server->store, &load->conn->actor, first->id);
    if (!tx)
        return broken(load, "bad state of a transaction");
    load->conn->transactions = first->next;
    load->conn->nr_transactions--;
    transaction_free(first);
    return add_transaction(load, tx);
}

static int read_end(struct load *load, struct image_reader *body)
{
    load->ended = true;
    return 0;
}

static const struct {
    uint32_t type;
    int (*read)(struct load *load, struct image_reader *body);
} records[] = {
    {IMAGE_NODE_DATA, read_node},
    {IMAGE_CONNECTION_DATA, read_conn},
    {IMAGE_CONNECTION_STATE, read_conn_state},
    {IMAGE_WATCH_DATA, read_watch_data},
    {IMAGE_WATCH_DATA_EXTENDED, read_watch_data_extended},
    {IMAGE_TRANSACTION_DATA, read_transaction},
    {IMAGE_TRANSACTION_STATE, read_transaction_state},
    {IMAGE_DOMAIN_DATA, read_domain_data},
    {IMAGE_DOMAIN_STATE, read_domain_state},
    {IMAGE_GENERATIONS, read_generations},
    {IMAGE_GLOBAL_DATA, read_globals},
    {IMAGE_DAEMON_STATE, read_daemon},
    {IMAGE_GLOBAL_QUOTA_DATA, read_global_quotas},
    {IMAGE_END, read_end},
};

static int read_record(struct load *load, struct image_reader *reader)
{
    uint32_t type = image_take_u32(reader), len = image_take_u32(reader);
    struct image_reader body = {.data = reader->data, .left = len};

    if (!image_take(reader, ((size_t)len + 7) & ~(size_t)7))
        return broken(load, "cut off");
    for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
        int rc = 0;

        if (records[i].type != type)
            continue;
        rc = records[i].read(load, &body);
        return !rc && body.failed ? broken(load, "a record that is too short") : rc;
    }
    return type & 0x80000000u ? 0 : broken(load, "a record of an unknown type");
}

static int read_header(struct load *load, struct image_reader *reader)
{
    const unsigned char *header = image_take(reader, 16);

    if (!header || memcmp(header, "xenstore", 8) != 0)
        return broken(load, "no state image");
    if (memcmp(header + 8, "\0\0\0", 3) != 0 || !header[11] || header[11] > IMAGE_VERSION)
        return broken(load, "a version that is not known");
    return memcmp(header + 12, "\0\0\0\0", 4) == 0 ? 0 : broken(load, "flags that are not known");
}

/* Those who have a target act for it in their transactions too; that was told with each. */
static void finish(struct load *load)
{
    struct server *server = load->server;
    struct quotas *quotas = &server->quotas;

    for (struct domain *d = server->domains; d; d = d->next) {
        if (d->conn)
            d->conn->actor.target = d->target;
    }
    for (struct conn *conn = server->conns; conn; conn = conn->next) {
        if (conn->id > server->last_conn)
            server->last_conn = conn->id;
        conn_wake(conn);
    }
    if (load->last_conn > server->last_conn)
        server->last_conn = load->last_conn;
    if (load->gen > server->store.gen)
        server->store.gen = load->gen;
    memcpy(quotas->global, load->limits.global, sizeof(quotas->global));
    quotas->soft_memory = load->limits.soft_memory;
    quotas->own = load->limits.own;
    load->limits.own = NULL;
    tell_globals(load);
}

/* Limits apply to what comes, not to what is there. */
static int start(struct load *load)
{
    struct quotas *quotas = &load->server->quotas;
    int rc = quotas_init(&load->limits);

    memcpy(load->limits.global, quotas->global, sizeof(quotas->global));
    memset(quotas->global, 0, sizeof(quotas->global));
    quotas->soft_memory = 0;
    return rc;
}

int image_read(const void *data, size_t len, struct server *server,
               const struct image_loader *loader, const char **why)
{
    struct image_reader reader = {.data = data, .left = len};
    struct load load = {
        .server = server,
        .loader = loader,
        .globals = {.socket_fd = -1, .evtchn_fd = -1, .pid_fd = -1, .virq_port = -1},
        .why = "out of memory",
    };
    int rc = start(&load);

    if (!rc)
        rc = read_header(&load, &reader);
    while (!rc && !load.ended)
        rc = read_record(&load, &reader);
    if (!rc)
        finish(&load);
    quotas_free(&load.limits);
    *why = load.why;
    return rc;
}
