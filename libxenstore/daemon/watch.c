/* SPDX-License-Identifier: MIT */
#include "watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A path at which, or below which, something is watched. */
struct watch_point {
    struct watch_point *next; /* in its bucket */
    struct watch_point *parent;
    struct watch_point *child, *sibling, **sibling_link;
    struct watch *watches, **watches_tail;
    uint32_t hash;
    uint32_t name_len;
    char name[];
};

int watch_table_init(struct watch_table *table)
{
    memset(table, 0, sizeof(*table));
    table->size = 64;
    table->bucket = calloc(table->size, sizeof(*table->bucket));
    table->root = calloc(1, sizeof(*table->root));
    table->special = calloc(1, sizeof(*table->special));
    if (!table->bucket || !table->root || !table->special) {
        watch_table_free(table);
        return -ENOMEM;
    }
    table->root->watches_tail = &table->root->watches;
    table->special->watches_tail = &table->special->watches;
    return 0;
}

/* All watches must have been removed. */
void watch_table_free(struct watch_table *table)
{
    free(table->bucket);
    free(table->root);
    free(table->special);
    memset(table, 0, sizeof(*table));
}

static struct watch_point *top_point(const struct watch_table *table, const struct path *path)
{
    return path_is_special(path) ? table->special : table->root;
}

static uint32_t hash_point(const struct watch_point *parent, const char *name, size_t len)
{
    uint32_t hash = (uint32_t)((uintptr_t)parent >> 4) * 0x9e3779b1u;

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)name[i]) * 16777619u;
    return hash ^ (hash >> 15);
}

static struct watch_point *find_point(const struct watch_table *table,
                                      const struct watch_point *parent, const char *name,
                                      size_t len)
{
    uint32_t hash = hash_point(parent, name, len);
    struct watch_point *point = table->bucket[hash & (table->size - 1)];

    while (point && (point->hash != hash || point->parent != parent || point->name_len != len ||
                     memcmp(point->name, name, len) != 0))
        point = point->next;
    return point;
}

/* Longer chains are slower, no worse: failing to grow is no failure. */
static void grow_table(struct watch_table *table)
{
    uint32_t size = table->size * 2;
    struct watch_point **bucket = calloc(size, sizeof(*bucket));

    if (!bucket)
        return;
    for (uint32_t i = 0; i < table->size; i++) {
        while (table->bucket[i]) {
            struct watch_point *point = table->bucket[i];

            table->bucket[i] = point->next;
            point->next = bucket[point->hash & (size - 1)];
            bucket[point->hash & (size - 1)] = point;
        }
    }
    free(table->bucket);
    table->bucket = bucket;
    table->size = size;
}

static struct watch_point *add_point(struct watch_table *table, struct watch_point *parent,
                                     const char *name, size_t len)
{
    struct watch_point *point = malloc(sizeof(*point) + len), **bucket = NULL;

    if (!point)
        return NULL;
    *point = (struct watch_point){
        .parent = parent,
        .hash = hash_point(parent, name, len),
        .name_len = len,
        .watches_tail = &point->watches,
    };
    memcpy(point->name, name, len);
    if (table->count++ >= table->size)
        grow_table(table);
    bucket = &table->bucket[point->hash & (table->size - 1)];
    point->next = *bucket;
    *bucket = point;
    point->sibling = parent->child;
    point->sibling_link = &parent->child;
    if (parent->child)
        parent->child->sibling_link = &point->sibling;
    parent->child = point;
    return point;
}

/* Free a point, and those above it, that nobody needs any more. */
static void prune(struct watch_table *table, struct watch_point *point)
{
    while (point->parent && !point->watches && !point->child) {
        struct watch_point *parent = point->parent;
        struct watch_point **link = &table->bucket[point->hash & (table->size - 1)];

        while (*link != point)
            link = &(*link)->next;
        *link = point->next;
        *point->sibling_link = point->sibling;
        if (point->sibling)
            point->sibling->sibling_link = point->sibling_link;
        table->count--;
        free(point);
        point = parent;
    }
}

static struct watch_point *make_point(struct watch_table *table, const struct path *path)
{
    struct watch_point *point = top_point(table, path), *next = NULL;
    size_t at = 0, len = 0;
    const char *name = NULL;

    while (path_next(path->text, path->len, &at, &name, &len)) {
        next = find_point(table, point, name, len);
        if (!next)
            next = add_point(table, point, name, len);
        if (!next) {
            prune(table, point);
            return NULL;
        }
        point = next;
    }
    return point;
}

struct watch *watch_add(struct watch_table *table, struct conn *conn, const struct path *path,
                        const char *token, int32_t depth)
{
    uint32_t path_len = path->len - path->prefix;
    size_t token_len = strlen(token);
    struct watch *watch = malloc(sizeof(*watch) + path_len + 1 + token_len + 1);

    if (!watch)
        return NULL;
    *watch = (struct watch){
        .conn = conn,
        .depth = depth,
        .prefix = path->prefix,
        .path_len = path_len,
        .token = watch->path + path_len + 1,
        .point = make_point(table, path),
    };
    if (!watch->point) {
        free(watch);
        return NULL;
    }
    memcpy(watch->path, path->text + path->prefix, path_len + 1);
    memcpy(watch->token, token, token_len + 1);
    *watch->point->watches_tail = watch;
    watch->point->watches_tail = &watch->next_here;
    return watch;
}

struct watch *watch_find(const struct watch_table *table, const struct conn *conn,
                         const struct path *path, const char *token)
{
    struct watch_point *point = top_point(table, path);
    size_t at = 0, len = 0;
    const char *name = NULL;
    struct watch *watch = NULL;

    while (point && path_next(path->text, path->len, &at, &name, &len))
        point = find_point(table, point, name, len);
    watch = point ? point->watches : NULL;
    while (watch && (watch->conn != conn || watch->prefix != path->prefix ||
                     strcmp(watch->token, token) != 0))
        watch = watch->next_here;
    return watch;
}

void watch_remove(struct watch_table *table, struct watch *watch)
{
    struct watch_point *point = watch->point;
    struct watch **link = &point->watches;

    while (*link != watch)
        link = &(*link)->next_here;
    *link = watch->next_here;
    if (!watch->next_here)
        point->watches_tail = link;
    free(watch);
    prune(table, point);
}

/* Event paths of special watches: depth 1 wants to know which domain it was. */
static void fire_special(struct watch *watch, const struct path *path, watch_event_fn *event,
                         void *ctx)
{
    event(ctx, watch, watch->depth == 1 ? path->text : watch->path);
}

void watch_fire(struct watch_table *table, const struct path *path, watch_event_fn *event,
                void *ctx)
{
    struct watch_point *point = top_point(table, path);
    bool special = path_is_special(path);
    int32_t below = path_depth(path->text, path->len);
    size_t at = 0, len = 0;
    const char *name = NULL;

    while (point) {
        for (struct watch *w = point->watches; w; w = w->next_here) {
            if (special)
                fire_special(w, path, event, ctx);
            else if (w->depth < 0 || below <= w->depth)
                event(ctx, w, path->text + w->prefix);
        }
        if (!path_next(path->text, path->len, &at, &name, &len))
            break;
        point = find_point(table, point, name, len);
        below--;
    }
}

static void fire_gone(const struct watch_point *point, const struct node *before,
                      const struct node *after, watch_event_fn *event, void *ctx)
{
    for (struct watch_point *below = point->child; below; below = below->sibling) {
        struct node **was = node_find(before, below->name, below->name_len);
        struct node **is = after ? node_find(after, below->name, below->name_len) : NULL;

        if (!was || (is && *is == *was))
            continue;
        for (struct watch *w = is ? NULL : below->watches; w; w = w->next_here)
            event(ctx, w, w->path);
        fire_gone(below, *was, is ? *is : NULL, event, ctx);
    }
}

void watch_fire_below(struct watch_table *table, const struct path *path, const struct node *node,
                      const struct node *after, watch_event_fn *event, void *ctx)
{
    struct watch_point *point = top_point(table, path);
    size_t at = 0, len = 0;
    const char *name = NULL;

    while (point && path_next(path->text, path->len, &at, &name, &len))
        point = find_point(table, point, name, len);
    if (point)
        fire_gone(point, node, after, event, ctx);
}
