/* SPDX-License-Identifier: MIT */
/*
 * The tree's nodes.  A node is counted by those who point at it: its parent, or a transaction for
 * its root.  Who holds a root holds a snapshot of the whole tree: a shared node is never changed,
 * only replaced by a copy (node_own), and so are its ancestors.  Hence two snapshots whose
 * pointers at some path are equal have equal subtrees there.
 *
 * Children stand in the order of their creation, as lists show them.  Large lists carry a hash
 * index of positions; a removed child leaves a hole, and holes are closed when they outnumber
 * the children.
 *
 * A node that nobody points at any more is freed at once when it has no children; others wait in a
 * bin, to be freed in slices, so that dropping a large subtree takes no longer than dropping a leaf.
 */
#ifndef XSD_NODE_H
#define XSD_NODE_H

#include "perms.h"

struct dir {
    uint32_t live;   /* children */
    uint32_t used;   /* slots in use, holes included */
    uint32_t cap;    /* slots */
    uint32_t mask;   /* index size - 1; 0: no index */
    uint32_t *index; /* position + 1; 0: free */
    struct node *slot[];
};

struct node {
    uint32_t refs;
    uint32_t hash; /* of the name */
    uint16_t name_len, value_len;
    union {
        uint64_t gen;           /* changes with value and permissions; unique in the store's life */
        struct node *next_dead; /* in the bin */
    };
    uint64_t dir_gen; /* changes with the list of children */
    struct perms *perms;
    struct dir *dir; /* NULL: no children */
    char data[];     /* name, then value; neither ends with a nul */
};

/* All zeros but perms: empty. */
struct node_bin {
    struct perms_table *perms;
    struct node *dead;
    uint64_t slots; /* in the lists of those who wait */
};

static inline const char *node_value(const struct node *node)
{
    return node->data + node->name_len;
}

static inline uint32_t node_children(const struct node *node)
{
    return node->dir ? node->dir->live : 0;
}

/* The memory that a node takes, its place in its parent's list included. */
static inline size_t node_bytes(const struct node *node)
{
    return sizeof(*node) + node->name_len + node->value_len + 2 * sizeof(struct node *);
}

/* Visits the children that are there: for (i = 0; (child = node_child_at(n, &i)); i++). */
static inline struct node *node_child_at(const struct node *node, uint32_t *i)
{
    if (!node->dir)
        return NULL;
    while (*i < node->dir->used && !node->dir->slot[*i])
        (*i)++;
    return *i < node->dir->used ? node->dir->slot[*i] : NULL;
}

/* A childless node with a reference for the caller; takes a reference on perms. */
struct node *node_new(const char *name, size_t name_len, const void *value, size_t value_len,
                      struct perms *perms);
struct node *node_ref(struct node *node);
void node_put(struct node_bin *bin, struct node *node);
/* Let go of so many children of those in the bin, or of all; true when some are left. */
bool node_collect(struct node_bin *bin, uint64_t slots);

/*
 * Make the node at *slot the caller's alone to change; its ancestors must be so already.  NULL:
 * no memory, and *slot is as it was.
 */
struct node *node_own(struct node **slot);

/* The slot of a child, or NULL. */
struct node **node_find(const struct node *node, const char *name, size_t len);
/* Room for one more child, so that node_add cannot fail. */
int node_reserve(struct node *node);
void node_add(struct node *node, struct node *child);
/* Takes the child out and hands its reference over. */
struct node *node_remove(struct node *node, struct node **slot);

/* Replace the value of an owned node, which moves it.  -ENOMEM changes nothing. */
int node_set_value(struct node **slot, const void *value, size_t len);

/* Nodes of the subtree. */
uint32_t node_count(const struct node *node);

#endif
