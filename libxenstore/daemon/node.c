/* SPDX-License-Identifier: MIT */
#include "node.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Lists up to this length are searched one by one. */
#define INDEX_FROM 12

static uint32_t hash_name(const char *name, size_t len)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)name[i]) * 16777619u;
    return hash ^ (hash >> 15);
}

struct node *node_new(const char *name, size_t name_len, const void *value, size_t value_len,
                      struct perms *perms)
{
    struct node *node = malloc(sizeof(*node) + name_len + value_len);

    if (!node)
        return NULL;
    *node = (struct node){
        .refs = 1,
        .hash = hash_name(name, name_len),
        .name_len = name_len,
        .value_len = value_len,
        .perms = perms_ref(perms),
    };
    memcpy(node->data, name, name_len);
    if (value_len)
        memcpy(node->data + name_len, value, value_len);
    return node;
}

struct node *node_ref(struct node *node)
{
    node->refs++;
    return node;
}

static void dir_free(struct dir *dir)
{
    if (dir)
        free(dir->index);
    free(dir);
}

static void free_node(struct node_bin *bin, struct node *node)
{
    dir_free(node->dir);
    perms_put(bin->perms, node->perms);
    free(node);
}

static void bury(struct node_bin *bin, struct node *node)
{
    node->next_dead = bin->dead;
    bin->dead = node;
    bin->slots += node->dir->used;
}

void node_put(struct node_bin *bin, struct node *node)
{
    if (!node || --node->refs)
        return;
    if (node->dir)
        bury(bin, node);
    else
        free_node(bin, node);
}

bool node_collect(struct node_bin *bin, uint64_t slots)
{
    while (bin->dead && slots) {
        struct node *node = bin->dead;
        struct dir *dir = node->dir;

        bin->dead = node->next_dead;
        bin->slots -= dir->used;
        for (; dir->used && slots; slots--)
            node_put(bin, dir->slot[--dir->used]);
        if (dir->used)
            bury(bin, node);
        else
            free_node(bin, node);
    }
    return bin->dead;
}

static void index_insert(struct dir *dir, uint32_t position)
{
    uint32_t at = dir->slot[position]->hash & dir->mask;

    while (dir->index[at])
        at = (at + 1) & dir->mask;
    dir->index[at] = position + 1;
}

/* A list of cap slots with the children of from, holes closed; they keep their references. */
static struct dir *dir_copy(const struct dir *from, uint32_t cap)
{
    struct dir *dir = malloc(sizeof(*dir) + cap * sizeof(struct node *));
    uint32_t size = 1;

    if (!dir)
        return NULL;
    *dir = (struct dir){.cap = cap};
    if (cap > INDEX_FROM) {
        while (size < cap * 2)
            size *= 2;
        dir->index = calloc(size, sizeof(*dir->index));
        dir->mask = size - 1;
        if (!dir->index) {
            free(dir);
            return NULL;
        }
    }
    for (uint32_t i = 0; from && i < from->used; i++) {
        if (!from->slot[i])
            continue;
        dir->slot[dir->used] = from->slot[i];
        if (dir->index)
            index_insert(dir, dir->used);
        dir->used++;
    }
    dir->live = dir->used;
    return dir;
}

struct node *node_own(struct node **slot)
{
    struct node *node = *slot, *copy = NULL;
    size_t size = sizeof(*node) + node->name_len + node->value_len;

    if (node->refs == 1)
        return node;
    copy = malloc(size);
    if (!copy)
        return NULL;
    memcpy(copy, node, size);
    copy->refs = 1;
    if (node->dir) {
        copy->dir = dir_copy(node->dir, node->dir->live + 1);
        if (!copy->dir) {
            free(copy);
            return NULL;
        }
        for (uint32_t i = 0; i < copy->dir->used; i++)
            node_ref(copy->dir->slot[i]);
    }
    perms_ref(copy->perms);
    node->refs--;
    *slot = copy;
    return copy;
}

static bool is_named(const struct node *node, const char *name, size_t len)
{
    return node && node->name_len == len && memcmp(node->data, name, len) == 0;
}

struct node **node_find(const struct node *node, const char *name, size_t len)
{
    struct dir *dir = node->dir;

    if (!dir)
        return NULL;
    if (!dir->index) {
        for (uint32_t i = 0; i < dir->used; i++) {
            if (is_named(dir->slot[i], name, len))
                return &dir->slot[i];
        }
        return NULL;
    }
    for (uint32_t at = hash_name(name, len) & dir->mask; dir->index[at];
         at = (at + 1) & dir->mask) {
        struct node **slot = &dir->slot[dir->index[at] - 1];

        if (is_named(*slot, name, len))
            return slot;
    }
    return NULL;
}

int node_reserve(struct node *node)
{
    struct dir *dir = node->dir, *grown = NULL;
    uint32_t live = node_children(node);

    if (dir && dir->used < dir->cap)
        return 0;
    grown = dir_copy(dir, live < 4 ? live + 1 : live + live / 2);
    if (!grown)
        return -ENOMEM;
    dir_free(dir);
    node->dir = grown;
    return 0;
}

void node_add(struct node *node, struct node *child)
{
    struct dir *dir = node->dir;

    dir->slot[dir->used] = child;
    if (dir->index)
        index_insert(dir, dir->used);
    dir->used++;
    dir->live++;
}

/*
 * The index keeps pointing at the hole, as its entries must stay in sequence; a hole never matches
 * a name, and is never used again before the list is copied.
 */
struct node *node_remove(struct node *node, struct node **slot)
{
    struct dir *dir = node->dir, *packed = NULL;
    struct node *child = *slot;

    *slot = NULL;
    if (--dir->live == 0) {
        dir_free(dir);
        node->dir = NULL;
    } else if (dir->used - dir->live > dir->live + 8) {
        packed = dir_copy(dir, dir->live + dir->live / 4 + 1);
        if (packed) {
            dir_free(dir);
            node->dir = packed;
        }
    }
    return child;
}

int node_set_value(struct node **slot, const void *value, size_t len)
{
    struct node *node = *slot;

    if (node->value_len != len) {
        node = realloc(node, sizeof(*node) + node->name_len + len);
        if (!node)
            return -ENOMEM;
        *slot = node;
    }
    node->value_len = len;
    if (len)
        memcpy(node->data + node->name_len, value, len);
    return 0;
}

uint32_t node_count(const struct node *node)
{
    struct node *child = NULL;
    uint32_t count = 1;

    for (uint32_t i = 0; (child = node_child_at(node, &i)); i++)
        count += node_count(child);
    return count;
}
