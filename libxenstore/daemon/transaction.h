/* SPDX-License-Identifier: MIT */
/*
 * Transactions.  One works on a snapshot of the tree and remembers which paths it used and how.
 * Its commit succeeds unless somebody else changed, in the same way, what it used:
 *
 *   - it read a value (or found none) and the value is another now
 *   - it listed a node's children and the list is another now
 *   - it wrote a node that somebody else wrote, created or removed since
 *   - it removed a subtree in which anything changed
 *   - it created a node whose nearest existing ancestor is gone
 *
 * A transaction that changed nothing always succeeds: it saw one consistent moment.
 */
#ifndef XSD_TRANSACTION_H
#define XSD_TRANSACTION_H

#include "store.h"

enum access_kind {
    ACCESS_VALUE = 1,   /* value or permissions were read */
    ACCESS_LIST = 2,    /* the children were listed */
    ACCESS_EXISTS = 4,  /* only whether it is there */
    ACCESS_WRITE = 8,   /* value or permissions were written, or it was created */
    ACCESS_REMOVE = 16, /* it was removed, with all below */
    ACCESS_ALL = 31,
};

struct transaction {
    struct transaction *next; /* its connection's */
    uint32_t id;
    struct node *base, *root; /* as it started, as it is */
    struct store *store;
    struct actor actor;
    struct tally tally;
    uint64_t start_gen; /* the store's when it began */
    size_t bytes;       /* that the lists below take */
    bool spoilt;        /* a change could not be remembered: it cannot be committed */

    struct access {
        char *path;
        uint32_t len;
        uint32_t hash;
        unsigned int kinds;
    } * access;
    uint32_t nr_access, cap_access;
    uint32_t *index; /* position + 1 by hash; 0: free */
    uint32_t index_size;

    struct change {
        struct change *next;
        uint32_t access; /* whose path */
        enum change_type { CHANGE_WRITE, CHANGE_MKDIR, CHANGE_RM, CHANGE_PERMS } type;
        uint32_t len; /* of data; for permissions their number */
        char data[];
    } * changes, **changes_tail;
};

struct transaction *transaction_start(struct store *store, const struct actor *actor, uint32_t id);
void transaction_free(struct transaction *tx);
/* Let go of what it holds: it works on the tree as it is now, and cannot be committed. */
void transaction_spoil(struct transaction *tx);
struct view transaction_view(struct transaction *tx);

/* To be called before the access itself.  -ENOSPC: quota; -ENOMEM. */
int transaction_note(struct transaction *tx, const struct path *path, unsigned int kinds);
/* Remember a change that has been made in the view.  On failure the transaction is spoilt. */
int transaction_log(struct transaction *tx, const struct path *path, enum change_type type,
                    const void *data, uint32_t len);

/* Make a change that was made before, elsewhere.  -errno. */
int change_again(const struct view *view, const struct actor *actor, const struct path *path,
                 enum change_type type, const void *data, uint32_t len);

/*
 * Make the changes the store's.  changed() is called for each path that differs then, in the order
 * of first use; before is given for what was removed, after is NULL when the node is not there.
 * -EAGAIN: start again.
 */
int transaction_commit(struct transaction *tx,
                       void (*changed)(void *ctx, const struct path *path, struct node *before,
                                       struct node *after),
                       void *ctx);

#endif
