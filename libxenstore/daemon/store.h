/* SPDX-License-Identifier: MIT */
/*
 * The store: the tree, and what may be done to it by whom.  A view is a root that can be read and
 * changed; the store's own root is one, each transaction has another.  An operation either
 * happens as a whole or returns -errno and changes nothing that anybody can see.
 */
#ifndef XSD_STORE_H
#define XSD_STORE_H

#include "node.h"
#include "path.h"
#include "quota.h"

/* What a domain owns in the tree. */
struct owner {
    uint64_t bytes; /* of memory that its nodes take */
    uint32_t nodes;
};

struct store {
    struct node *root;
    uint64_t gen; /* the last one given out */
    struct perms_table perms;
    struct node_bin bin;
    uint64_t collected_at; /* the generation when the bin was looked at */
    struct quotas *quotas;
    struct owner *owned; /* by domid */
};

/* What each owner has more, or less, than the store says. */
struct tally {
    uint32_t nr, cap;
    struct tally_entry {
        uint32_t domid;
        int32_t nodes;
        int64_t bytes;
    } * entry;
};

struct view {
    struct store *store;
    struct node **root;
    struct tally *tally; /* NULL: the view is the store's own */
};

int store_init(struct store *store, struct quotas *quotas);
void store_free(struct store *store);
struct view store_view(struct store *store);
/* Make a view's root and counts the store's own; empties the view. */
void store_adopt(struct store *store, struct node **root, struct tally *tally);
void tally_free(struct tally *tally);

/* Free a slice of what was removed, more than has been made meanwhile; true when some is left. */
bool store_collect(struct store *store);

/* The node at a path, or NULL; permissions are not asked. */
struct node *node_at(struct node *root, const char *path, size_t len);
/* The deepest node on the way to a path that exists. */
struct node *node_nearest(struct node *root, const char *path, size_t len, size_t *nearest_len);

/* The node, which the actor may read; its life is the view's. */
int view_get(const struct view *view, const struct actor *actor, const struct path *path,
             struct node **node);
int view_write(const struct view *view, const struct actor *actor, const struct path *path,
               const void *value, size_t len);
int view_mkdir(const struct view *view, const struct actor *actor, const struct path *path);
int view_rm(const struct view *view, const struct actor *actor, const struct path *path);
int view_set_perms(const struct view *view, const struct actor *actor, const struct path *path,
                   const struct perm *entries, uint32_t nr);

/*
 * Put a node of a state image at the end of its parent's list; the root is replaced.  -EINVAL: it
 * has no parent, or is there.
 */
int store_load_node(struct store *store, const struct path *path, const void *value, size_t len,
                    const struct perm *entries, uint32_t nr);

/* Checks that the counts equal the tree: 0, or how many owners' do not. */
uint32_t store_check(struct store *store);

/* The memory that a domain's nodes and its unfinished work take together. */
uint64_t store_memory(const struct store *store, uint32_t domid);
/* May the domain have more of it?  0, or -ENOSPC. */
int store_check_memory(const struct store *store, uint32_t domid, uint64_t more);

/* For who makes a root by hand: what it has more than another, in owners' terms.  -ENOMEM. */
int tally_difference(struct tally *tally, const struct node *from, const struct node *to);

/*
 * A domain is gone: its nodes go (changed() sees each removed subtree while it still exists), and
 * no permission names it any more, so that a later domain of that id inherits nothing.
 */
int store_forget_domain(struct store *store, uint32_t domid, bool keep_nodes,
                        void (*removed)(void *ctx, const struct path *path, struct node *node),
                        void *ctx);

#endif
