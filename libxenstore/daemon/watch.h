/* SPDX-License-Identifier: MIT */
/*
 * Watches, filed by the path that they watch, so that a change finds those concerned without
 * looking at the others.
 */
#ifndef XSD_WATCH_H
#define XSD_WATCH_H

#include "node.h"
#include "path.h"

struct conn;

struct watch {
    struct watch *next_here; /* at the same path */
    struct watch *next_of_conn, **link_of_conn;
    struct watch_point *point;
    struct conn *conn;
    int32_t depth;     /* levels below the path that count; -1: all */
    uint32_t prefix;   /* bytes to leave out of event paths: the watch was relative */
    bool told_of_self; /* an event with the watch's own path waits to be sent */
    uint32_t path_len;
    uint32_t bytes; /* counted as its domain's */
    char *token;
    char path[]; /* as the client wrote it, then the token */
};

struct watch_table {
    struct watch_point **bucket;
    uint32_t size, count;
    struct watch_point *root;    /* "/" */
    struct watch_point *special; /* above the names that begin with @ */
};

/* An event for a watch; path is relative where the watch is. */
typedef void watch_event_fn(void *ctx, struct watch *watch, const char *path);

int watch_table_init(struct watch_table *table);
void watch_table_free(struct watch_table *table);

/* depth -1: no limit.  NULL: no memory. */
struct watch *watch_add(struct watch_table *table, struct conn *conn, const struct path *path,
                        const char *token, int32_t depth);
struct watch *watch_find(const struct watch_table *table, const struct conn *conn,
                         const struct path *path, const char *token);
void watch_remove(struct watch_table *table, struct watch *watch);

/* Tell those who watch the path or what is above it. */
void watch_fire(struct watch_table *table, const struct path *path, watch_event_fn *event,
                void *ctx);
/* Tell those who watch what was below a path and went with it; node is the subtree as it was. */
void watch_fire_below(struct watch_table *table, const struct path *path, const struct node *node,
                      const struct node *after, watch_event_fn *event, void *ctx);

#endif
