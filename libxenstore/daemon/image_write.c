/* SPDX-License-Identifier: MIT */
/* State images: writing them. */

#include <stdlib.h>
#include <string.h>
#include "image.h"
#include "trace.h"
#include "transaction.h"

static const char answer_ok[] = "OK";

static void write_header(struct image *image)
{
    static const unsigned char header[16] = {'x', 'e', 'n', 's',           't', 'o', 'r', 'e',
                                             0,   0,   0,   IMAGE_VERSION, 0,   0,   0,   0};

    image_add(image, header, sizeof(header));
}

static void write_globals(struct image *image, const struct image_globals *globals)
{
    size_t start = image_begin_record(image, IMAGE_GLOBAL_DATA);

    image_add_u32(image, globals->socket_fd);
    image_add_u32(image, globals->evtchn_fd);
    image_end_record(image, start);
}

static void write_daemon(struct image *image, const struct server *server,
                         const struct image_globals *globals)
{
    size_t start = image_begin_record(image, IMAGE_DAEMON_STATE);
    const char *file = server->trace_file ? server->trace_file : "";

    image_add_u64(image, server->store.gen);
    image_add_u64(image, server->requests);
    image_add_u32(image, globals->pid_fd);
    image_add_u32(image, globals->virq_port);
    image_add_u32(image, server->last_conn);
    image_add_u32(image, server->quotas.soft_memory);
    image_add_u16(image, (server->keep_orphans ? 1 : 0) | (server->trace ? 2 : 0));
    for (int i = 0; i < SPECIAL_COUNT; i++) {
        image_add_u16(image, server->special[i]->nr);
        image_add_perms(image, server->special[i]->entry, server->special[i]->nr);
    }
    image_add(image, file, strlen(file) + 1);
    image_end_record(image, start);
}

/* Those of limit[] that are set; as many as the number that was written before. */
static void write_limits(struct image *image, const uint32_t *limit)
{
    for (int i = 0; i < QUOTA_COUNT; i++) {
        if (limit[i] != QUOTA_UNSET)
            image_add_u32(image, limit[i]);
    }
    for (int i = 0; i < QUOTA_COUNT; i++) {
        if (limit[i] != QUOTA_UNSET)
            image_add(image, quota_info[i].name, strlen(quota_info[i].name) + 1);
    }
}

static uint16_t nr_limits(const uint32_t *limit)
{
    uint16_t nr = 0;

    for (int i = 0; i < QUOTA_COUNT; i++)
        nr += limit[i] != QUOTA_UNSET;
    return nr;
}

static void write_global_quotas(struct image *image, const struct server *server)
{
    size_t start = image_begin_record(image, IMAGE_GLOBAL_QUOTA_DATA);

    image_add_u16(image, nr_limits(server->quotas.global));
    image_add_u16(image, 0);
    write_limits(image, server->quotas.global);
    image_end_record(image, start);
}

static void write_node(struct image *image, const struct path *path, const struct node *node)
{
    size_t start = image_begin_record(image, IMAGE_NODE_DATA);

    image_add_u32(image, 0);
    image_add_u32(image, 0);
    image_add_u16(image, path->len + 1);
    image_add_u16(image, node->value_len);
    image_add_u16(image, 0);
    image_add_u16(image, node->perms->nr);
    image_add_perms(image, node->perms->entry, node->perms->nr);
    image_add(image, path->text, path->len);
    image_add(image, "", 1);
    image_add(image, node_value(node), node->value_len);
    image_end_record(image, start);
}

static void write_nodes(struct image *image, struct path *path, const struct node *node)
{
    struct node *child = NULL;
    uint32_t len = path->len;

    write_node(image, path, node);
    for (uint32_t i = 0; (child = node_child_at(node, &i)); i++) {
        path->len = len > 1 ? len : 0;
        path->text[path->len++] = '/';
        memcpy(path->text + path->len, child->data, child->name_len);
        path->len += child->name_len;
        write_nodes(image, path, child);
    }
    path->len = len;
}

static void write_generations(struct image *image, const struct node *node)
{
    struct node *child = NULL;

    image_add_u64(image, node->gen);
    image_add_u64(image, node->dir_gen);
    for (uint32_t i = 0; (child = node_child_at(node, &i)); i++)
        write_generations(image, child);
}

static void write_tree(struct image *image, const struct server *server)
{
    struct path path = {.len = 1, .text = "/"};
    size_t start = 0;

    write_nodes(image, &path, server->store.root);
    start = image_begin_record(image, IMAGE_GENERATIONS);
    write_generations(image, server->store.root);
    image_end_record(image, start);
}

static void write_domain_data(struct image *image, const struct server *server, uint32_t domid,
                              const struct domain *domain)
{
    size_t start = image_begin_record(image, IMAGE_DOMAIN_DATA);
    uint32_t limit[QUOTA_COUNT];

    for (int i = 0; i < QUOTA_COUNT; i++)
        limit[i] = quota_own(&server->quotas, domid, i);
    image_add_u16(image, domid);
    image_add_u16(image, nr_limits(limit));
    image_add_u32(image, domain ? domain->features : SERVER_FEATURES);
    write_limits(image, limit);
    image_end_record(image, start);
}

static void write_domain_state(struct image *image, const struct domain *domain)
{
    size_t start = image_begin_record(image, IMAGE_DOMAIN_STATE);

    image_add_u16(image, domain->domid);
    image_add_u16(image, domain->target == DOMAIN_NONE ? 0x7fff : domain->target);
    image_add_u32(image, domain->port);
    image_add_u64(image, domain->gfn);
    image_add_u16(image, (domain->introduced ? 1 : 0) | (domain->shutdown ? 2 : 0));
    image_end_record(image, start);
}

static void write_domains(struct image *image, const struct server *server)
{
    for (uint32_t domid = 0; domid < DOMAIN_IDS; domid++) {
        struct domain *domain = domain_find(server, domid);

        if (domain || (server->quotas.own && server->quotas.own[domid]))
            write_domain_data(image, server, domid, domain);
        if (domain)
            write_domain_state(image, domain);
    }
}

/* Who asked for the update learns from the next program that it went well. */
static const struct update *awaits_update(const struct conn *conn)
{
    const struct update *update = &conn->server->update;

    return update->requested && update->conn == conn->id ? update : NULL;
}

static void write_output(struct image *image, const struct conn *conn)
{
    const struct update *update = awaits_update(conn);
    struct xsd_sockmsg hdr = {.len = sizeof(answer_ok)};

    for (const struct message *m = conn->out; m; m = m->next)
        image_add(image, m->data + m->sent, m->len - m->sent);
    if (update) {
        hdr.type = update->hdr.type;
        hdr.req_id = update->hdr.req_id;
        hdr.tx_id = update->hdr.tx_id;
        image_add(image, &hdr, sizeof(hdr));
        image_add(image, answer_ok, sizeof(answer_ok));
    }
}

static void write_conn_data(struct image *image, const struct conn *conn,
                            const struct conn_desc *desc, bool with_data)
{
    size_t start = image_begin_record(image, IMAGE_CONNECTION_DATA);
    const struct message *first = with_data ? conn->out : NULL;
    bool rest = first && (first->sent || first->partial);
    uint32_t out_len = 0;

    for (const struct message *m = first; m; m = m->next)
        out_len += m->len - m->sent;
    if (with_data && awaits_update(conn))
        out_len += sizeof(struct xsd_sockmsg) + sizeof(answer_ok);
    image_add_u32(image, conn->id);
    image_add_u16(image, desc->type);
    image_add_u16(image, 0);
    if (desc->type == CONN_RING) {
        image_add_u16(image, conn->actor.domid);
        image_add_u16(image, conn->actor.target == DOMAIN_NONE ? 0x7fff : conn->actor.target);
        image_add_u32(image, with_data ? desc->port : 0);
    } else {
        image_add_u32(image, desc->fd);
        image_add_u32(image, 0);
    }
    image_add_u16(image, with_data ? conn->in_len : 0);
    image_add_u16(image, rest ? first->len - first->sent : 0);
    image_add_u32(image, out_len);
    if (with_data) {
        image_add(image, conn->in, conn->in_len);
        write_output(image, conn);
    }
    image_end_record(image, start);
}

static void write_conn_state(struct image *image, const struct conn *conn,
                             const struct conn_desc *desc)
{
    size_t start = image_begin_record(image, IMAGE_CONNECTION_STATE);

    image_add_u32(image, conn->id);
    image_add_u32(image, conn->last_transaction);
    image_add_u16(image, desc->broken ? 1 : 0);
    image_add_u16(image, 0);
    image_end_record(image, start);
}

static void write_watch(struct image *image, const struct conn *conn, const struct watch *watch)
{
    size_t start = image_begin_record(image, IMAGE_WATCH_DATA_EXTENDED);
    size_t token_len = strlen(watch->token) + 1;

    image_add_u32(image, conn->id);
    image_add_u16(image, watch->path_len + 1);
    image_add_u16(image, token_len);
    image_add_u16(image, watch->depth < 0 ? 0xffff : watch->depth);
    image_add_u16(image, 0);
    image_add(image, watch->path, watch->path_len + 1);
    image_add(image, watch->token, token_len);
    image_end_record(image, start);
}

/* The newest stands first in the list, and shall do so again. */
static void write_watches(struct image *image, const struct conn *conn, const struct watch *watch)
{
    const struct watch **in_order = NULL;
    uint32_t nr = 0;

    if (!conn->nr_watches)
        return;
    in_order = malloc(conn->nr_watches * sizeof(struct watch *));
    if (!in_order) {
        image->failed = true;
        return;
    }
    for (; watch; watch = watch->next_of_conn)
        in_order[nr++] = watch;
    while (nr--)
        write_watch(image, conn, in_order[nr]);
    free(in_order);
}

static void write_transactions(struct image *image, const struct conn *conn)
{
    for (const struct transaction *tx = conn->transactions; tx; tx = tx->next) {
        size_t start = image_begin_record(image, IMAGE_TRANSACTION_DATA);

        image_add_u32(image, conn->id);
        image_add_u32(image, tx->id);
        image_end_record(image, start);
        start = image_begin_record(image, IMAGE_TRANSACTION_STATE);
        image_write_transaction(image, tx);
        image_end_record(image, start);
    }
}

static void write_conn(struct image *image, struct conn *conn, enum image_what what)
{
    struct conn_desc desc = {.fd = -1};

    if (conn->dead || !conn->ops->describe)
        return;
    conn->ops->describe(conn, &desc);
    if (what == IMAGE_TREE && desc.type != CONN_RING)
        return;
    write_conn_data(image, conn, &desc, what == IMAGE_LIVE);
    write_conn_state(image, conn, &desc);
    write_watches(image, conn, conn->watches);
    if (what == IMAGE_LIVE)
        write_transactions(image, conn);
}

bool image_write(struct image *image, struct server *server, const struct image_globals *globals,
                 enum image_what what)
{
    write_header(image);
    write_globals(image, globals);
    write_daemon(image, server, globals);
    write_global_quotas(image, server);
    write_tree(image, server);
    write_domains(image, server);
    for (struct conn *conn = server->conns; conn; conn = conn->next)
        write_conn(image, conn, what);
    image_end_record(image, image_begin_record(image, IMAGE_END));
    return !image->failed;
}
