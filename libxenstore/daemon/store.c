/* SPDX-License-Identifier: MIT */
#include "store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "sparse.h"

/* Children of removed nodes that are let go of in one go, when little else happens. */
#define COLLECT 2048

#define OWNED_BYTES (DOMAIN_IDS * sizeof(struct owner))

int store_init(struct store *store, struct quotas *quotas)
{
    struct perms *perms = NULL;

    memset(store, 0, sizeof(*store));
    store->quotas = quotas;
    store->bin.perms = &store->perms;
    store->owned = sparse_alloc(OWNED_BYTES);
    perms = perms_get(&store->perms, &(struct perm){0}, 1);
    if (perms)
        store->root = node_new("", 0, "", 0, perms);
    perms_put(&store->perms, perms);
    if (!store->owned || !store->root) {
        store_free(store);
        return -ENOMEM;
    }
    store->owned[0] = (struct owner){.nodes = 1, .bytes = node_bytes(store->root)};
    return 0;
}

void store_free(struct store *store)
{
    node_put(&store->bin, store->root);
    node_collect(&store->bin, UINT64_MAX);
    sparse_free(store->owned, OWNED_BYTES);
    memset(store, 0, sizeof(*store));
}

bool store_collect(struct store *store)
{
    uint64_t made = store->gen - store->collected_at;

    store->collected_at = store->gen;
    return node_collect(&store->bin, COLLECT + 2 * made + store->bin.slots / 8);
}

struct view store_view(struct store *store)
{
    return (struct view){.store = store, .root = &store->root};
}

void tally_free(struct tally *tally)
{
    free(tally->entry);
    memset(tally, 0, sizeof(*tally));
}

void store_adopt(struct store *store, struct node **root, struct tally *tally)
{
    node_put(&store->bin, store->root);
    store->root = *root;
    *root = NULL;
    for (uint32_t i = 0; i < tally->nr; i++) {
        store->owned[tally->entry[i].domid].nodes += tally->entry[i].nodes;
        store->owned[tally->entry[i].domid].bytes += tally->entry[i].bytes;
    }
    tally_free(tally);
}

static struct tally_entry *tally_find(const struct tally *tally, uint32_t domid)
{
    for (uint32_t i = 0; i < tally->nr; i++) {
        if (tally->entry[i].domid == domid)
            return &tally->entry[i];
    }
    return NULL;
}

/* Room for an owner, so that own_count cannot fail. */
static int tally_reserve(struct tally *tally, uint32_t domid)
{
    if (tally_find(tally, domid))
        return 0;
    if (tally->nr == tally->cap) {
        uint32_t cap = tally->cap ? tally->cap * 2 : 4;
        struct tally_entry *entry = realloc(tally->entry, cap * sizeof(*entry));

        if (!entry)
            return -ENOMEM;
        tally->entry = entry;
        tally->cap = cap;
    }
    tally->entry[tally->nr++] = (struct tally_entry){.domid = domid};
    return 0;
}

static int own_reserve(const struct view *view, uint32_t domid)
{
    return view->tally ? tally_reserve(view->tally, domid) : 0;
}

static void own_count(const struct view *view, uint32_t domid, int32_t nodes, int64_t bytes)
{
    struct tally_entry *entry = NULL;

    if (view->tally) {
        entry = tally_find(view->tally, domid);
        entry->nodes += nodes;
        entry->bytes += bytes;
    } else {
        view->store->owned[domid].nodes += nodes;
        view->store->owned[domid].bytes += bytes;
    }
}

/* Subtrees that both have cancel out, and are not looked into. */
int tally_difference(struct tally *tally, const struct node *from, const struct node *to)
{
    struct node *child = NULL, **other = NULL;
    int rc = 0;

    if (from == to)
        return 0;
    for (int sign = -1; sign <= 1 && !rc; sign += 2) {
        const struct node *node = sign < 0 ? from : to;
        uint32_t owner = node ? node->perms->entry[0].domid : 0;

        rc = node ? tally_reserve(tally, owner) : 0;
        if (node && !rc) {
            tally_find(tally, owner)->nodes += sign;
            tally_find(tally, owner)->bytes += sign * (int64_t)node_bytes(node);
        }
    }
    for (uint32_t i = 0; !rc && from && (child = node_child_at(from, &i)); i++) {
        other = to ? node_find(to, child->data, child->name_len) : NULL;
        rc = tally_difference(tally, child, other ? *other : NULL);
    }
    for (uint32_t i = 0; !rc && to && (child = node_child_at(to, &i)); i++) {
        if (!from || !node_find(from, child->data, child->name_len))
            rc = tally_difference(tally, NULL, child);
    }
    return rc;
}

static int64_t owned_by(const struct view *view, uint32_t domid)
{
    struct tally_entry *entry = view->tally ? tally_find(view->tally, domid) : NULL;

    return (int64_t)view->store->owned[domid].nodes + (entry ? entry->nodes : 0);
}

uint64_t store_memory(const struct store *store, uint32_t domid)
{
    return store->owned[domid].bytes + quota_work(store->quotas, domid);
}

int store_check_memory(const struct store *store, uint32_t domid, uint64_t more)
{
    uint64_t used = store_memory(store, domid);
    int rc = quota_check(store->quotas, domid, QUOTA_MEMORY, used + more);

    if (!rc)
        quota_check_soft(store->quotas, domid, used, used + more);
    return rc;
}

/* The same for what a view adds to its owner's nodes. */
static int check_bytes(const struct view *view, uint32_t domid, int64_t more)
{
    struct tally_entry *entry = view->tally ? tally_find(view->tally, domid) : NULL;

    more += entry ? entry->bytes : 0;
    return more > 0 ? store_check_memory(view->store, domid, more) : 0;
}

struct node *node_nearest(struct node *root, const char *path, size_t len, size_t *nearest_len)
{
    struct node *node = root, **slot = NULL;
    size_t at = 0, name_len = 0, reached = 1;
    const char *name = NULL;

    while (path_next(path, len, &at, &name, &name_len)) {
        slot = node_find(node, name, name_len);
        if (!slot)
            break;
        node = *slot;
        reached = at;
    }
    *nearest_len = reached;
    return node;
}

struct node *node_at(struct node *root, const char *path, size_t len)
{
    size_t reached = 0;
    struct node *node = node_nearest(root, path, len, &reached);

    return reached == len ? node : NULL;
}

/* Why a node is not there for the actor: absent, or not to be known. */
static int absent(const struct view *view, const struct actor *actor, const struct path *path)
{
    size_t reached = 0;
    struct node *nearest = node_nearest(*view->root, path->text, path->len, &reached);

    return perms_of(nearest->perms, actor) & PERM_READ ? -ENOENT : -EACCES;
}

int view_get(const struct view *view, const struct actor *actor, const struct path *path,
             struct node **node)
{
    *node = node_at(*view->root, path->text, path->len);
    if (!*node)
        return absent(view, actor, path);
    return perms_of((*node)->perms, actor) & PERM_READ ? 0 : -EACCES;
}

/* The slot of an existing node, it and all above it the view's alone; NULL: no memory. */
static struct node **own_slot(const struct view *view, const char *path, size_t len)
{
    struct node **slot = view->root;
    size_t at = 0, name_len = 0;
    const char *name = NULL;

    if (!node_own(slot))
        return NULL;
    while (path_next(path, len, &at, &name, &name_len)) {
        slot = node_find(*slot, name, name_len);
        if (!node_own(slot))
            return NULL;
    }
    return slot;
}

static uint64_t next_gen(const struct view *view)
{
    return ++view->store->gen;
}

/* A new node has its parent's permissions, but belongs to its creator. */
static struct perms *inherited(const struct view *view, const struct actor *actor,
                               const struct perms *from)
{
    struct perm *entries = NULL;
    struct perms *perms = NULL;

    if (actor_privileged(actor))
        return perms_ref((struct perms *)from);
    entries = malloc(from->nr * sizeof(*entries));
    if (!entries)
        return NULL;
    memcpy(entries, from->entry, from->nr * sizeof(*entries));
    entries[0].domid = actor->domid;
    perms = perms_get(&view->store->perms, entries, from->nr);
    free(entries);
    return perms;
}

/* The new nodes from top_len on to the end of the path, not yet in the tree. */
static struct node *new_branch(const struct view *view, const struct path *path, size_t top_len,
                               const void *value, size_t value_len, struct perms *perms)
{
    size_t len = path->len;
    struct node *below = NULL;

    while (len > top_len) {
        size_t parent_len = path_parent_len(path->text, len);
        const char *name = path->text + parent_len + (parent_len > 1);
        struct node *node = NULL;

        node = node_new(name, path->text + len - name, value, below ? 0 : value_len, perms);
        if (!node || (below && node_reserve(node) != 0)) {
            node_put(&view->store->bin, node);
            node_put(&view->store->bin, below);
            return NULL;
        }
        node->gen = node->dir_gen = next_gen(view);
        if (below)
            node_add(node, below);
        below = node;
        len = parent_len;
    }
    return below;
}

static int create_quotas(const struct view *view, const struct actor *actor,
                         const struct path *path, uint32_t owner, uint32_t missing,
                         size_t value_len)
{
    struct quotas *quotas = view->store->quotas;
    int rc = 0;

    if (actor_privileged(actor))
        return 0;
    rc = quota_check(quotas, owner, QUOTA_NODES, owned_by(view, owner) + missing);
    if (!rc)
        rc = quota_check(quotas, actor->domid, QUOTA_NODE_SIZE, value_len);
    if (!rc)
        rc = quota_check(quotas, actor->domid, QUOTA_PATH_MAX, path->len);
    if (!rc)
        rc = quota_check(quotas, actor->domid, QUOTA_DEPTH, path_depth(path->text, path->len));
    if (!rc)
        rc = check_bytes(view, owner, missing * sizeof(struct node) + path->len + value_len);
    return rc;
}

static int create(const struct view *view, const struct actor *actor, const struct path *path,
                  const void *value, size_t value_len)
{
    size_t top_len = 0;
    struct node *nearest = node_nearest(*view->root, path->text, path->len, &top_len);
    uint32_t missing = path_depth(path->text, path->len) - path_depth(path->text, top_len);
    struct perms *perms = NULL;
    struct node *branch = NULL, **slot = NULL;
    int rc = -ENOMEM;

    if (!(perms_of(nearest->perms, actor) & PERM_WRITE))
        return -EACCES;
    perms = inherited(view, actor, nearest->perms);
    if (!perms)
        return -ENOMEM;
    rc = create_quotas(view, actor, path, perms->entry[0].domid, missing, value_len);
    if (!rc)
        rc = own_reserve(view, perms->entry[0].domid);
    if (rc)
        goto out;
    rc = -ENOMEM;
    branch = new_branch(view, path, top_len, value, value_len, perms);
    if (!branch)
        goto out;
    slot = own_slot(view, path->text, top_len);
    if (!slot || node_reserve(*slot) != 0) {
        node_put(&view->store->bin, branch);
        goto out;
    }
    node_add(*slot, branch);
    (*slot)->dir_gen = next_gen(view);
    for (const struct node *n = branch; n; n = node_children(n) ? n->dir->slot[0] : NULL)
        own_count(view, perms->entry[0].domid, 1, node_bytes(n));
    rc = 0;
out:
    perms_put(&view->store->perms, perms);
    return rc;
}

int view_write(const struct view *view, const struct actor *actor, const struct path *path,
               const void *value, size_t len)
{
    struct node *node = node_at(*view->root, path->text, path->len), **slot = NULL;
    uint32_t owner = 0;
    int64_t grown = 0;
    int rc = 0;

    if (!node)
        return create(view, actor, path, value, len);
    if (!(perms_of(node->perms, actor) & PERM_WRITE))
        return -EACCES;
    owner = node->perms->entry[0].domid;
    grown = (int64_t)len - node->value_len;
    rc = quota_check(view->store->quotas, actor->domid, QUOTA_NODE_SIZE, len);
    if (!rc && grown > 0 && !actor_privileged(actor))
        rc = check_bytes(view, owner, grown);
    if (!rc)
        rc = own_reserve(view, owner);
    if (rc)
        return rc;
    slot = own_slot(view, path->text, path->len);
    if (!slot || node_set_value(slot, value, len) != 0)
        return -ENOMEM;
    own_count(view, owner, 0, grown);
    (*slot)->gen = next_gen(view);
    return 0;
}

int view_mkdir(const struct view *view, const struct actor *actor, const struct path *path)
{
    struct node *node = node_at(*view->root, path->text, path->len);

    if (!node)
        return create(view, actor, path, "", 0);
    return perms_of(node->perms, actor) & PERM_WRITE ? 0 : -EACCES;
}

/* The store's own counts have room for everyone. */
static int reserve_owners(const struct view *view, const struct node *node)
{
    struct node *child = NULL;
    int rc = 0;

    if (!view->tally)
        return 0;
    rc = own_reserve(view, node->perms->entry[0].domid);
    for (uint32_t i = 0; !rc && (child = node_child_at(node, &i)); i++)
        rc = reserve_owners(view, child);
    return rc;
}

/* Nodes met one after the other that belong to one owner. */
struct run {
    uint32_t domid;
    int32_t nodes;
    int64_t bytes;
};

static void uncount_below(const struct view *view, const struct node *node, struct run *run)
{
    struct node *child = NULL;
    uint32_t owner = node->perms->entry[0].domid;

    if (owner != run->domid) {
        own_count(view, run->domid, -run->nodes, -run->bytes);
        *run = (struct run){.domid = owner};
    }
    run->nodes++;
    run->bytes += node_bytes(node);
    for (uint32_t i = 0; (child = node_child_at(node, &i)); i++)
        uncount_below(view, child, run);
}

static void uncount_owners(const struct view *view, const struct node *node)
{
    struct run run = {.domid = node->perms->entry[0].domid};

    uncount_below(view, node, &run);
    own_count(view, run.domid, -run.nodes, -run.bytes);
}

int view_rm(const struct view *view, const struct actor *actor, const struct path *path)
{
    size_t parent_len = path_parent_len(path->text, path->len);
    struct node *node = node_at(*view->root, path->text, path->len);
    struct node **parent = NULL, **slot = NULL;

    if (path->len == 1)
        return -EINVAL;
    if (!node) {
        /* The aim is reached, if only the parent is there. */
        int why = absent(view, actor, path);

        return why == -ENOENT && node_at(*view->root, path->text, parent_len) ? 0 : why;
    }
    if (!(perms_of(node->perms, actor) & PERM_WRITE))
        return -EACCES;
    if (reserve_owners(view, node) != 0)
        return -ENOMEM;
    parent = own_slot(view, path->text, parent_len);
    if (!parent)
        return -ENOMEM;
    uncount_owners(view, node);
    slot = node_find(*parent, node->data, node->name_len);
    node_put(&view->store->bin, node_remove(*parent, slot));
    (*parent)->dir_gen = next_gen(view);
    return 0;
}

static int replace_perms(const struct view *view, const struct path *path,
                         const struct perm *entries, uint32_t nr)
{
    struct perms *perms = perms_get(&view->store->perms, entries, nr);
    struct node **slot = NULL;
    uint32_t before = 0;
    int rc = perms ? own_reserve(view, entries[0].domid) : -ENOMEM;

    if (!rc) {
        slot = own_slot(view, path->text, path->len);
        rc = slot ? own_reserve(view, (*slot)->perms->entry[0].domid) : -ENOMEM;
    }
    if (rc) {
        perms_put(&view->store->perms, perms);
        return rc;
    }
    before = (*slot)->perms->entry[0].domid;
    own_count(view, before, -1, -(int64_t)node_bytes(*slot));
    own_count(view, entries[0].domid, 1, node_bytes(*slot));
    perms_put(&view->store->perms, (*slot)->perms);
    (*slot)->perms = perms;
    return 0;
}

int view_set_perms(const struct view *view, const struct actor *actor, const struct path *path,
                   const struct perm *entries, uint32_t nr)
{
    struct node *node = node_at(*view->root, path->text, path->len);
    int rc = 0;

    if (!node)
        return absent(view, actor, path);
    if (!perms_owned_by(node->perms, actor))
        return -EACCES;
    if (!actor_privileged(actor) && entries[0].domid != node->perms->entry[0].domid)
        return -EPERM;
    rc = quota_check(view->store->quotas, actor->domid, QUOTA_PERMS, nr);
    if (rc)
        return rc;
    rc = replace_perms(view, path, entries, nr);
    if (!rc)
        node_at(*view->root, path->text, path->len)->gen = next_gen(view);
    return rc;
}

static int load_root(struct store *store, struct node *root)
{
    int rc = store->root->dir ? -EINVAL : 0;

    if (rc) {
        node_put(&store->bin, root);
        return rc;
    }
    store->owned[store->root->perms->entry[0].domid] = (struct owner){0};
    node_put(&store->bin, store->root);
    store->root = root;
    return 0;
}

static int load_child(struct store *store, const struct path *path, struct node *node)
{
    struct view view = store_view(store);
    size_t parent_len = path_parent_len(path->text, path->len);
    struct node *parent = node_at(store->root, path->text, parent_len), **slot = NULL;
    int rc = !parent || node_find(parent, node->data, node->name_len) ? -EINVAL : 0;

    if (!rc) {
        slot = own_slot(&view, path->text, parent_len);
        rc = slot ? node_reserve(*slot) : -ENOMEM;
    }
    if (rc)
        node_put(&store->bin, node);
    else
        node_add(*slot, node);
    return rc;
}

int store_load_node(struct store *store, const struct path *path, const void *value, size_t len,
                    const struct perm *entries, uint32_t nr)
{
    struct view view = store_view(store);
    struct perms *perms = perms_get(&store->perms, entries, nr);
    size_t name_at = path->len == 1 ? 1 : path_parent_len(path->text, path->len);
    struct node *node = NULL;
    size_t bytes = 0;
    int rc = 0;

    name_at += path->text[name_at] == '/';
    if (perms)
        node = node_new(path->text + name_at, path->len - name_at, value, len, perms);
    perms_put(&store->perms, perms);
    if (!node)
        return -ENOMEM;
    bytes = node_bytes(node);
    node->gen = node->dir_gen = next_gen(&view);
    rc = path->len == 1 ? load_root(store, node) : load_child(store, path, node);
    if (!rc)
        own_count(&view, entries[0].domid, 1, bytes);
    return rc;
}

static void count_owners(const struct node *node, struct owner *owned)
{
    struct node *child = NULL;

    owned[node->perms->entry[0].domid].nodes++;
    owned[node->perms->entry[0].domid].bytes += node_bytes(node);
    for (uint32_t i = 0; (child = node_child_at(node, &i)); i++)
        count_owners(child, owned);
}

uint32_t store_check(struct store *store)
{
    struct owner *owned = sparse_alloc(OWNED_BYTES);
    uint32_t wrong = 0;

    if (!owned)
        return 1;
    count_owners(store->root, owned);
    for (uint32_t i = 0; i < DOMAIN_IDS; i++)
        wrong += owned[i].nodes != store->owned[i].nodes || owned[i].bytes != store->owned[i].bytes;
    sparse_free(owned, OWNED_BYTES);
    return wrong;
}

/* Walks the tree for what names a gone domain; each find is handled, then the walk goes on. */
struct forgetting {
    struct store *store;
    uint32_t domid;
    bool keep_nodes;
    struct path path;
    void (*removed)(void *ctx, const struct path *path, struct node *node);
    void *ctx;
    int rc;
};

static void forget_entries(struct forgetting *f, const struct perms *perms)
{
    struct view view = store_view(f->store);
    struct perm *entries = malloc(perms->nr * sizeof(*entries));
    uint32_t nr = 0;

    if (!entries) {
        f->rc = -ENOMEM;
        return;
    }
    for (uint32_t i = 0; i < perms->nr; i++) {
        if (perms->entry[i].domid != f->domid)
            entries[nr++] = perms->entry[i];
        else if (i == 0)
            entries[nr++] = (struct perm){.domid = 0, .bits = perms->entry[0].bits};
    }
    if (replace_perms(&view, &f->path, entries, nr) != 0)
        f->rc = -ENOMEM;
    free(entries);
}

static void forget_node(struct forgetting *f)
{
    static const struct actor daemon = {.domid = 0, .target = DOMAIN_NONE};
    struct view view = store_view(f->store);
    struct node *node = node_ref(node_at(f->store->root, f->path.text, f->path.len));

    if (view_rm(&view, &daemon, &f->path) != 0)
        f->rc = -ENOMEM;
    else if (f->removed)
        f->removed(f->ctx, &f->path, node);
    node_put(&f->store->bin, node);
}

/* The snapshot walked is the one from before, so that changes cannot disturb the walk. */
static void forget_below(struct forgetting *f, const struct node *node)
{
    struct node *child = NULL;
    uint32_t len = f->path.len;

    for (uint32_t i = 0; (child = node_child_at(node, &i)); i++) {
        if (len > 1)
            f->path.text[f->path.len++] = '/';
        memcpy(f->path.text + f->path.len, child->data, child->name_len);
        f->path.len += child->name_len;
        f->path.text[f->path.len] = '\0';
        if (!f->keep_nodes && child->perms->entry[0].domid == f->domid) {
            forget_node(f);
        } else {
            if (perms_mention(child->perms, f->domid))
                forget_entries(f, child->perms);
            forget_below(f, child);
        }
        f->path.len = len;
        f->path.text[len] = '\0';
    }
}

int store_forget_domain(struct store *store, uint32_t domid, bool keep_nodes,
                        void (*removed)(void *ctx, const struct path *path, struct node *node),
                        void *ctx)
{
    struct forgetting f = {
        .store = store,
        .domid = domid,
        .keep_nodes = keep_nodes,
        .path = {.len = 1, .text = "/"},
        .removed = removed,
        .ctx = ctx,
    };
    struct node *before = NULL;

    if (!perms_table_mentions(&store->perms, domid))
        return 0;
    before = node_ref(store->root);
    if (perms_mention(before->perms, domid))
        forget_entries(&f, before->perms);
    forget_below(&f, before);
    node_put(&store->bin, before);
    return f.rc;
}
