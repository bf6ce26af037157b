/* SPDX-License-Identifier: MIT */
/* State images: open transactions. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "image.h"
#include "transaction.h"

enum { TREE_SAME, TREE_NODE };

static void add_u8(struct image *image, uint8_t value)
{
    image_add(image, &value, sizeof(value));
}

static uint8_t take_u8(struct image_reader *reader)
{
    const uint8_t *data = image_take(reader, 1);

    return data ? *data : 0;
}

static void write_tree(struct image *image, const struct node *node, const struct node *base)
{
    struct node *child = NULL;

    if (node == base) {
        add_u8(image, TREE_SAME);
        image_add_u16(image, node->name_len);
        image_add(image, node->data, node->name_len);
        return;
    }
    add_u8(image, TREE_NODE);
    image_add_u64(image, node->gen);
    image_add_u64(image, node->dir_gen);
    image_add_u16(image, node->name_len);
    image_add_u16(image, node->value_len);
    image_add_u16(image, node->perms->nr);
    image_add(image, node->data, node->name_len + node->value_len);
    image_add_perms(image, node->perms->entry, node->perms->nr);
    image_add_u32(image, node_children(node));
    for (uint32_t i = 0; (child = node_child_at(node, &i)); i++) {
        struct node **was = base ? node_find(base, child->data, child->name_len) : NULL;

        write_tree(image, child, was ? *was : NULL);
    }
}

static struct node *read_tree(struct image_reader *reader, struct node_bin *bin, struct node *base,
                              size_t path_len);

/* The child, which must be new to its parent. */
static bool read_child(struct image_reader *reader, struct node_bin *bin, struct node *parent,
                       struct node *base, size_t path_len)
{
    struct image_reader ahead = *reader;
    uint8_t kind = take_u8(&ahead);
    struct node **was = NULL, *child = NULL;
    const char *name = NULL;
    uint16_t len = 0;

    if (kind != TREE_SAME) {
        image_take_u64(&ahead);
        image_take_u64(&ahead);
    }
    len = image_take_u16(&ahead);
    if (kind != TREE_SAME)
        image_take_u32(&ahead);
    name = image_take(&ahead, len);
    if (!name || !path_is_name(name, len) || node_find(parent, name, len))
        return false;
    was = base ? node_find(base, name, len) : NULL;
    child = read_tree(reader, bin, was ? *was : NULL, path_len + 1 + len);
    if (!child)
        return false;
    if (node_reserve(parent) != 0) {
        node_put(bin, child);
        return false;
    }
    node_add(parent, child);
    return true;
}

/* The node with a reference, or NULL. */
static struct node *read_tree(struct image_reader *reader, struct node_bin *bin, struct node *base,
                              size_t path_len)
{
    uint16_t name_len = 0, value_len = 0, nr = 0;
    uint64_t gen = 0, dir_gen = 0;
    uint32_t children = 0;
    struct perm *entries = NULL;
    struct perms *perms = NULL;
    struct node *node = NULL;
    const char *data = NULL;
    bool ok = true;

    if (take_u8(reader) == TREE_SAME) {
        name_len = image_take_u16(reader);
        image_take(reader, name_len);
        return base && !reader->failed ? node_ref(base) : NULL;
    }
    gen = image_take_u64(reader);
    dir_gen = image_take_u64(reader);
    name_len = image_take_u16(reader);
    value_len = image_take_u16(reader);
    nr = image_take_u16(reader);
    data = image_take(reader, (size_t)name_len + value_len);
    entries = image_take_perms(reader, nr);
    children = image_take_u32(reader);
    if (data && entries && !reader->failed && path_len <= XENSTORE_ABS_PATH_MAX &&
        value_len <= XENSTORE_PAYLOAD_MAX && (path_len || !name_len))
        perms = perms_get(bin->perms, entries, nr);
    if (perms)
        node = node_new(data, name_len, data + name_len, value_len, perms);
    free(entries);
    perms_put(bin->perms, perms);
    if (!node)
        return NULL;
    node->gen = gen;
    node->dir_gen = dir_gen;
    for (uint32_t i = 0; ok && i < children; i++)
        ok = read_child(reader, bin, node, base, path_len);
    if (!ok) {
        node_put(bin, node);
        node = NULL;
    }
    return node;
}

static void write_accesses(struct image *image, const struct transaction *tx)
{
    image_add_u32(image, tx->nr_access);
    for (uint32_t i = 0; i < tx->nr_access; i++) {
        image_add_u16(image, tx->access[i].len);
        image_add_u16(image, tx->access[i].kinds);
        image_add(image, tx->access[i].path, tx->access[i].len);
    }
}

static void write_changes(struct image *image, const struct transaction *tx)
{
    uint32_t nr = 0;

    for (const struct change *c = tx->changes; c; c = c->next)
        nr++;
    image_add_u32(image, nr);
    for (const struct change *c = tx->changes; c; c = c->next) {
        const struct access *access = &tx->access[c->access];

        image_add_u16(image, access->len);
        image_add_u16(image, c->type);
        image_add_u32(image, c->len);
        image_add(image, access->path, access->len);
        if (c->type == CHANGE_PERMS)
            image_add_perms(image, (const struct perm *)c->data, c->len);
        else
            image_add(image, c->data, c->len);
    }
}

void image_write_transaction(struct image *image, const struct transaction *tx)
{
    image_add_u64(image, tx->start_gen);
    add_u8(image, tx->spoilt);
    write_tree(image, tx->base, tx->store->root);
    write_tree(image, tx->root, tx->base);
    write_accesses(image, tx);
    write_changes(image, tx);
}

static bool take_path(struct image_reader *reader, uint16_t len, struct path *path)
{
    const char *text = image_take(reader, len);

    return text && path_from_bytes(path, text, len) == 0;
}

static bool read_accesses(struct image_reader *reader, struct transaction *tx)
{
    uint32_t nr = image_take_u32(reader);
    struct path path;

    for (uint32_t i = 0; i < nr && !reader->failed; i++) {
        uint16_t len = image_take_u16(reader);
        uint16_t kinds = image_take_u16(reader);

        if (kinds > ACCESS_ALL || !take_path(reader, len, &path) ||
            transaction_note(tx, &path, kinds) != 0)
            return false;
    }
    return !reader->failed;
}

static bool read_change(struct image_reader *reader, struct transaction *tx)
{
    uint16_t path_len = image_take_u16(reader);
    uint16_t type = image_take_u16(reader);
    uint32_t len = image_take_u32(reader);
    struct perm *entries = NULL;
    const void *data = NULL;
    struct path path;
    bool ok = false;

    if (type > CHANGE_PERMS || len > UINT16_MAX || !take_path(reader, path_len, &path))
        return false;
    if (type == CHANGE_PERMS)
        data = entries = image_take_perms(reader, len);
    else
        data = image_take(reader, len);
    ok = data && transaction_note(tx, &path, 0) == 0 &&
         transaction_log(tx, &path, type, data, len) == 0;
    free(entries);
    return ok;
}

static bool read_changes(struct image_reader *reader, struct transaction *tx)
{
    uint32_t nr = image_take_u32(reader);

    for (uint32_t i = 0; i < nr; i++) {
        if (!read_change(reader, tx))
            return false;
    }
    return !reader->failed;
}

static bool read_trees(struct image_reader *reader, struct transaction *tx)
{
    struct node_bin *bin = &tx->store->bin;
    struct node *base = read_tree(reader, bin, tx->store->root, 0);
    struct node *root = base ? read_tree(reader, bin, base, 0) : NULL;

    if (!root) {
        node_put(bin, base);
        return false;
    }
    node_put(bin, tx->base);
    node_put(bin, tx->root);
    tx->base = base;
    tx->root = root;
    return tally_difference(&tx->tally, base, root) == 0;
}

struct transaction *image_read_transaction(struct image_reader *reader, struct store *store,
                                           const struct actor *actor, uint32_t id)
{
    struct transaction *tx = transaction_start(store, actor, id);

    if (!tx)
        return NULL;
    tx->start_gen = image_take_u64(reader);
    tx->spoilt = take_u8(reader);
    if (!read_trees(reader, tx) || !read_accesses(reader, tx) || !read_changes(reader, tx)) {
        transaction_free(tx);
        tx = NULL;
    }
    return tx;
}
