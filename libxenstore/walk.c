/* SPDX-License-Identifier: MIT */
/*
 * Walking a tree.  Nodes stand in a list in the order in which they are told of.  Requests go out
 * for many of them at a time; a node's children come into the list as soon as its answer is there,
 * so that the answers of all levels are on their way at once.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "private.h"

/* Nodes whose answers may be on their way, and that wait for their turn to be told of. */
#define IN_FLIGHT 64
#define HELD      512

/* Bytes of requests that go out together, and that may be unanswered: less than a socket holds. */
#define TOGETHER 8192

enum { LIST, VALUE, PERMS, ASKED };

static const enum xsd_sockmsg_type types[ASKED] = {XS_DIRECTORY, XS_READ, XS_GET_PERMS};

struct item {
    struct item *next;
    struct item *next_in_flight;
    struct pending *ask; /* ASKED of them; NULL: not yet */
    bool listed;         /* its children are in the list */
    unsigned int depth;
    size_t parent_len;
    char path[];
};

struct walk {
    struct xs_handle *h;
    xs_transaction_t t, wire; /* the program's number of it, and the daemon's */
    unsigned int asked;       /* of types */
    struct item *first;
    struct item *in_flight, **in_flight_tail;
    unsigned int nr_in_flight, nr_held;
    size_t unanswered; /* bytes */
    size_t len;        /* of buf */
    char buf[TOGETHER];
};

static struct item *new_item(const char *parent, const char *name, unsigned int depth)
{
    size_t parent_len = strcmp(parent, "/") == 0 ? 0 : strlen(parent), len = strlen(name);
    struct item *item = calloc(1, sizeof(*item) + parent_len + 1 + len + 1);

    if (!item)
        return NULL;
    item->depth = depth;
    item->parent_len = parent_len;
    memcpy(item->path, parent, parent_len);
    item->path[parent_len] = '/';
    memcpy(item->path + parent_len + 1, name, len);
    return item;
}

static void free_item(struct walk *w, struct item *item)
{
    for (unsigned int i = 0; item->ask && i < w->asked; i++) {
        xs__dequeue(w->h, &item->ask[i]);
        free(item->ask[i].body);
    }
    free(item->ask);
    free(item);
}

static int flush(struct walk *w)
{
    struct iovec iov = {.iov_base = w->buf, .iov_len = w->len};
    int rc = w->len ? xs__send(w->h, &iov, 1) : 0;

    w->len = 0;
    return rc;
}

static int add_request(struct walk *w, struct pending *p, enum xsd_sockmsg_type type,
                       const char *path, size_t path_len)
{
    struct xsd_sockmsg hdr = {.type = type, .tx_id = w->wire, .len = path_len + 1};
    struct iovec body = {.iov_base = (char *)path, .iov_len = path_len + 1};

    if (!w->h->is_socket)
        return xs__exchange(w->h, p, &hdr, &body, 1);
    if (w->len + sizeof(hdr) + path_len + 1 > sizeof(w->buf) && flush(w) != 0)
        return -1;
    xs__enqueue(w->h, p);
    hdr.req_id = p->req_id;
    memcpy(w->buf + w->len, &hdr, sizeof(hdr));
    memcpy(w->buf + w->len + sizeof(hdr), path, path_len + 1);
    w->len += sizeof(hdr) + path_len + 1;
    return 0;
}

static int ask(struct walk *w, struct item *item)
{
    size_t len = strlen(item->path);
    int rc = 0;

    if (len >= XENSTORE_PAYLOAD_MAX) {
        errno = E2BIG;
        return -1;
    }
    item->ask = calloc(w->asked, sizeof(*item->ask));
    if (!item->ask)
        return -1;
    *w->in_flight_tail = item;
    w->in_flight_tail = &item->next_in_flight;
    w->nr_in_flight++;
    w->nr_held++;
    w->unanswered += len * w->asked;
    for (unsigned int i = 0; !rc && i < w->asked; i++)
        rc = add_request(w, &item->ask[i], types[i], item->path, len);
    return rc;
}

static bool has_room(const struct walk *w, const struct item *item)
{
    return w->nr_in_flight < IN_FLIGHT &&
           w->unanswered + strlen(item->path) * w->asked < 2 * TOGETHER;
}

/* Ask for those that come next.  The first must be asked for; others wait while much is held. */
static int ask_ahead(struct walk *w)
{
    bool must = !w->first->ask;

    if (!must && w->nr_in_flight > IN_FLIGHT / 2)
        return 0;
    for (struct item *item = w->first; item; item = item->next) {
        if (item->ask) {
            must = false;
            continue;
        }
        if (item != w->first && (!has_room(w, item) || (!must && w->nr_held >= HELD)))
            break;
        if (ask(w, item) != 0)
            return -1;
    }
    return flush(w);
}

/* Children follow their parent at once. */
static int add_children(struct walk *w, struct item *item, const char *names, size_t len)
{
    struct item **link = &item->next;

    for (const char *name = names; name < names + len; name += strlen(name) + 1) {
        struct item *child = new_item(item->path, name, item->depth + 1);

        if (!child)
            return -1;
        child->next = *link;
        *link = child;
        link = &child->next;
    }
    item->listed = true;
    return 0;
}

static int add_long_list(struct walk *w, struct item *item)
{
    unsigned int num = 0;
    char **names = xs_directory(w->h, w->t, item->path, &num);
    size_t len = 0;
    int rc = -1;

    if (!names)
        return -1;
    if (num)
        len = names[num - 1] + strlen(names[num - 1]) + 1 - names[0];
    rc = add_children(w, item, names[0], len);
    free(names);
    return rc;
}

/* What goes while it is being walked, or may not be read, has no children. */
static int list_children(struct walk *w, struct item *item)
{
    struct pending *p = &item->ask[LIST];
    const char *names = xs__answer(p, XS_DIRECTORY);

    if (names)
        return add_children(w, item, names, p->hdr.len);
    if (errno == E2BIG)
        return add_long_list(w, item);
    item->listed = true;
    return errno == ENOENT || errno == EACCES ? 0 : -1;
}

static int await(struct walk *w, struct item *item)
{
    for (unsigned int i = 0; i < w->asked; i++) {
        if (xs__await(w->h, &item->ask[i]) != 0)
            return -1;
    }
    return 0;
}

/* Look at the answers up to the first node's, and at those that came with them. */
static int take_answers(struct walk *w)
{
    struct item *item = NULL;

    while ((item = w->in_flight) &&
           (!w->first->listed || xs__is_answered(w->h, &item->ask[w->asked - 1]))) {
        if (await(w, item) != 0)
            return -1;
        w->in_flight = item->next_in_flight;
        if (!w->in_flight)
            w->in_flight_tail = &w->in_flight;
        w->nr_in_flight--;
        w->unanswered -= strlen(item->path) * w->asked;
        if (list_children(w, item) != 0)
            return -1;
    }
    return 0;
}

/* @return false when the caller wants no more, or on failure (errno) */
static bool tell(struct walk *w, struct item *item, xs_walk_fn fn, void *ctx)
{
    struct xs_walk_node node = {
        .path = item->path,
        .name = item->path + item->parent_len + 1,
        .depth = item->depth,
    };
    struct xs_permissions *perms = NULL;
    bool more = false;

    node.value = xs__answer(&item->ask[VALUE], XS_READ);
    if (node.value)
        node.len = item->ask[VALUE].hdr.len;
    else
        node.error = errno;
    if (w->asked > PERMS) {
        perms = xs__permissions(xs__answer(&item->ask[PERMS], XS_GET_PERMS),
                                item->ask[PERMS].hdr.len, &node.num_perms);
        if (!perms)
            node.error = errno;
    }
    node.perms = perms;
    more = fn(ctx, &node);
    free(perms);
    return more;
}

static int walk_on(struct walk *w, xs_walk_fn fn, void *ctx)
{
    while (w->first) {
        struct item *item = w->first;

        if (ask_ahead(w) != 0 || take_answers(w) != 0)
            return -1;
        if (!tell(w, item, fn, ctx)) {
            errno = ECANCELED;
            return -1;
        }
        w->first = item->next;
        w->nr_held--;
        free_item(w, item);
    }
    return 0;
}

/* The first list is asked for by itself: its failure is the walk's. */
static int begin(struct walk *w, const char *path)
{
    unsigned int num = 0;
    char **names = xs_directory(w->h, w->t, path, &num);
    struct item **link = &w->first;
    int rc = names ? 0 : -1;

    for (unsigned int i = 0; !rc && i < num; i++) {
        *link = new_item(path, names[i], 0);
        rc = *link ? 0 : -1;
        link = *link ? &(*link)->next : link;
    }
    free(names);
    return rc;
}

PUBLIC bool xs_walk(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned long flags,
                    xs_walk_fn fn, void *ctx)
{
    struct walk *w = NULL;
    int rc = -1, err = 0;

    if (flags & ~XS_WALK_PERMISSIONS) {
        errno = EINVAL;
        return false;
    }
    w = malloc(sizeof(*w));
    if (!w)
        return false;
    memset(w, 0, offsetof(struct walk, buf));
    w->h = h;
    w->t = t;
    xs__wire_transaction(h, t, &w->wire);
    w->asked = flags & XS_WALK_PERMISSIONS ? ASKED : PERMS;
    w->in_flight_tail = &w->in_flight;
    rc = begin(w, path);
    if (!rc)
        rc = walk_on(w, fn, ctx);
    err = errno;
    while (w->first) {
        struct item *next = w->first->next;

        free_item(w, w->first);
        w->first = next;
    }
    free(w);
    errno = err;
    if (rc && err != ENOENT && err != ECANCELED)
        xs__failed("xs_walk", path);
    return rc == 0;
}
