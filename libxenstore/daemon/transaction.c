/* SPDX-License-Identifier: MIT */
#include "transaction.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What a transaction takes by itself; the snapshots that it holds are bounded by its age. */
#define TRANSACTION_BYTES 512

struct transaction *transaction_start(struct store *store, const struct actor *actor, uint32_t id)
{
    struct transaction *tx = calloc(1, sizeof(*tx));

    if (!tx)
        return NULL;
    tx->id = id;
    tx->store = store;
    tx->actor = *actor;
    tx->base = node_ref(store->root);
    tx->root = node_ref(store->root);
    tx->changes_tail = &tx->changes;
    tx->start_gen = store->gen;
    tx->bytes = TRANSACTION_BYTES;
    quota_add_work(store->quotas, actor->domid, tx->bytes);
    return tx;
}

void transaction_free(struct transaction *tx)
{
    if (!tx)
        return;
    node_put(&tx->store->bin, tx->root);
    node_put(&tx->store->bin, tx->base);
    tally_free(&tx->tally);
    quota_add_work(tx->store->quotas, tx->actor.domid, -(int64_t)tx->bytes);
    for (uint32_t i = 0; i < tx->nr_access; i++)
        free(tx->access[i].path);
    free(tx->access);
    free(tx->index);
    while (tx->changes) {
        struct change *next = tx->changes->next;

        free(tx->changes);
        tx->changes = next;
    }
    free(tx);
}

void transaction_spoil(struct transaction *tx)
{
    struct node *now = tx->store->root;

    node_put(&tx->store->bin, tx->root);
    node_put(&tx->store->bin, tx->base);
    tx->root = node_ref(now);
    tx->base = node_ref(now);
    tally_free(&tx->tally);
    tx->start_gen = tx->store->gen;
    tx->spoilt = true;
}

struct view transaction_view(struct transaction *tx)
{
    return (struct view){.store = tx->store, .root = &tx->root, .tally = &tx->tally};
}

static uint32_t hash_path(const char *text, uint32_t len)
{
    uint32_t hash = 2166136261u;

    for (uint32_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)text[i]) * 16777619u;
    return hash ^ (hash >> 15);
}

static void index_add(struct transaction *tx, uint32_t position)
{
    uint32_t at = tx->access[position].hash & (tx->index_size - 1);

    while (tx->index[at])
        at = (at + 1) & (tx->index_size - 1);
    tx->index[at] = position + 1;
}

static struct access *find_access(struct transaction *tx, const char *text, uint32_t len,
                                  uint32_t hash)
{
    if (!tx->index_size)
        return NULL;
    for (uint32_t at = hash & (tx->index_size - 1); tx->index[at];
         at = (at + 1) & (tx->index_size - 1)) {
        struct access *access = &tx->access[tx->index[at] - 1];

        if (access->hash == hash && access->len == len && memcmp(access->path, text, len) == 0)
            return access;
    }
    return NULL;
}

static int grow_access(struct transaction *tx)
{
    uint32_t cap = tx->cap_access ? tx->cap_access * 2 : 8;
    struct access *access = realloc(tx->access, cap * sizeof(*access));
    uint32_t *index = NULL;

    if (!access)
        return -ENOMEM;
    tx->access = access;
    index = calloc(cap * 2, sizeof(*index));
    if (!index)
        return -ENOMEM;
    free(tx->index);
    tx->index = index;
    tx->index_size = cap * 2;
    tx->cap_access = cap;
    for (uint32_t i = 0; i < tx->nr_access; i++)
        index_add(tx, i);
    return 0;
}

static int charge(struct transaction *tx, size_t bytes)
{
    int rc = store_check_memory(tx->store, tx->actor.domid, bytes);

    if (rc)
        return rc;
    quota_add_work(tx->store->quotas, tx->actor.domid, bytes);
    tx->bytes += bytes;
    return 0;
}

int transaction_note(struct transaction *tx, const struct path *path, unsigned int kinds)
{
    uint32_t hash = hash_path(path->text, path->len);
    struct access *access = find_access(tx, path->text, path->len, hash);
    char *copy = NULL;
    int rc = 0;

    if (access) {
        access->kinds |= kinds;
        return 0;
    }
    rc =
        quota_check(tx->store->quotas, tx->actor.domid, QUOTA_TRANSACTION_NODES, tx->nr_access + 1);
    if (!rc)
        rc = charge(tx, sizeof(*access) + path->len);
    if (!rc && tx->nr_access == tx->cap_access)
        rc = grow_access(tx);
    if (rc)
        return rc;
    copy = malloc(path->len + 1);
    if (!copy)
        return -ENOMEM;
    memcpy(copy, path->text, path->len + 1);
    tx->access[tx->nr_access] =
        (struct access){.path = copy, .len = path->len, .hash = hash, .kinds = kinds};
    index_add(tx, tx->nr_access++);
    return 0;
}

/* A creation leans on the nearest node that is there. */
static int note_ancestor(struct transaction *tx, const struct path *path)
{
    size_t len = 0;
    struct path nearest;

    node_nearest(tx->base, path->text, path->len, &len);
    if (len == path->len)
        return 0;
    memcpy(nearest.text, path->text, len);
    nearest.text[len] = '\0';
    nearest.len = len;
    nearest.prefix = 0;
    return transaction_note(tx, &nearest, ACCESS_EXISTS);
}

int transaction_log(struct transaction *tx, const struct path *path, enum change_type type,
                    const void *data, uint32_t len)
{
    uint32_t hash = hash_path(path->text, path->len);
    size_t bytes = type == CHANGE_PERMS ? len * sizeof(struct perm) : len;
    struct change *change = NULL;
    int rc = charge(tx, sizeof(*change) + bytes);

    if (!rc && type != CHANGE_RM)
        rc = note_ancestor(tx, path);
    if (rc)
        return rc;
    change = malloc(sizeof(*change) + bytes);
    if (!change)
        return -ENOMEM;
    change->next = NULL;
    change->access = find_access(tx, path->text, path->len, hash) - tx->access;
    change->type = type;
    change->len = len;
    if (bytes)
        memcpy(change->data, data, bytes);
    *tx->changes_tail = change;
    tx->changes_tail = &change->next;
    return 0;
}

static bool in_conflict(const struct transaction *tx, const struct access *access)
{
    const struct node *then = node_at(tx->base, access->path, access->len);
    const struct node *now = node_at(tx->store->root, access->path, access->len);

    if (then == now)
        return false;
    if (!then || !now || (access->kinds & ACCESS_REMOVE))
        return true;
    if ((access->kinds & (ACCESS_VALUE | ACCESS_WRITE)) && then->gen != now->gen)
        return true;
    return (access->kinds & ACCESS_LIST) && then->dir_gen != now->dir_gen;
}

static void access_path(const struct access *access, struct path *path)
{
    path->len = access->len;
    path->prefix = 0;
    memcpy(path->text, access->path, access->len + 1);
}

int change_again(const struct view *view, const struct actor *actor, const struct path *path,
                 enum change_type type, const void *data, uint32_t len)
{
    switch (type) {
    case CHANGE_WRITE:
        return view_write(view, actor, path, data, len);
    case CHANGE_MKDIR:
        return view_mkdir(view, actor, path);
    case CHANGE_RM:
        return view_rm(view, actor, path);
    case CHANGE_PERMS:
        return view_set_perms(view, actor, path, data, len);
    }
    return -EINVAL;
}

/*
 * Others changed the tree, but nothing that this transaction used: make its changes again on the
 * tree as it is.  What fails now has changed in a way that was not foreseen; the client then
 * learns the reason when it starts again.
 */
static int rebase(struct transaction *tx)
{
    struct node *root = NULL;
    struct tally tally = {0};
    struct view view = {.store = tx->store, .root = &root, .tally = &tally};
    struct path path;
    int rc = 0;

    for (uint32_t i = 0; i < tx->nr_access; i++) {
        if (in_conflict(tx, &tx->access[i]))
            return -EAGAIN;
    }
    root = node_ref(tx->store->root);
    for (const struct change *c = tx->changes; c && !rc; c = c->next) {
        access_path(&tx->access[c->access], &path);
        rc = change_again(&view, &tx->actor, &path, c->type, c->data, c->len);
    }
    if (rc) {
        node_put(&tx->store->bin, root);
        tally_free(&tally);
        return rc == -ENOMEM ? rc : -EAGAIN;
    }
    node_put(&tx->store->bin, tx->root);
    tally_free(&tx->tally);
    tx->root = root;
    tx->tally = tally;
    return 0;
}

static bool differs(const struct access *access, const struct node *before,
                    const struct node *after)
{
    if (before == after || !(access->kinds & (ACCESS_WRITE | ACCESS_REMOVE)))
        return false;
    return !before || !after || before->gen != after->gen ||
           (access->kinds & ACCESS_REMOVE && before->dir_gen != after->dir_gen);
}

int transaction_commit(struct transaction *tx,
                       void (*changed)(void *ctx, const struct path *path, struct node *before,
                                       struct node *after),
                       void *ctx)
{
    struct node *before = NULL;
    struct path path;
    int rc = 0;

    if (!tx->changes)
        return 0;
    if (tx->store->root != tx->base)
        rc = rebase(tx);
    if (rc)
        return rc;
    before = node_ref(tx->store->root);
    store_adopt(tx->store, &tx->root, &tx->tally);
    for (uint32_t i = 0; i < tx->nr_access; i++) {
        struct access *access = &tx->access[i];
        struct node *was = node_at(before, access->path, access->len);
        struct node *is = node_at(tx->store->root, access->path, access->len);

        if (!differs(access, was, is))
            continue;
        access_path(access, &path);
        changed(ctx, &path, !is || access->kinds & ACCESS_REMOVE ? was : NULL, is);
    }
    node_put(&tx->store->bin, before);
    return 0;
}
