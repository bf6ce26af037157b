/* SPDX-License-Identifier: MIT */
/* Watches as clients set and remove them. */

#include <errno.h>
#include <string.h>
#include "journal.h"
#include "request.h"

/* The arguments of WATCH and UNWATCH: path, token, and a depth that may be left out. */
static int watch_args(struct request *rq, struct path *path, const char **token, int64_t *depth)
{
    const char *text = request_arg(rq);
    uint64_t number = 0;

    *token = text ? request_arg(rq) : NULL;
    *depth = -1;
    if (!*token)
        return -EINVAL;
    if (!request_args_end(rq)) {
        if (request_number(request_arg(rq), 0xffff, &number) != 0 || !request_args_end(rq))
            return -EINVAL;
        *depth = number;
    }
    return path_make_watch(path, rq->conn->actor.domid, text);
}

int request_watch(struct request *rq)
{
    struct conn *conn = rq->conn;
    struct watch *watch = NULL;
    const char *token = NULL;
    struct path path;
    int64_t depth = -1;
    int rc = watch_args(rq, &path, &token, &depth);

    if (rc)
        return rc;
    if (path_is_special(&path) && depth > 1)
        return -EINVAL;
    if (watch_find(&rq->server->watches, conn, &path, token))
        return -EEXIST;
    rc = quota_check(&rq->server->quotas, conn->actor.domid, QUOTA_WATCHES, conn->nr_watches + 1);
    if (rc)
        return rc;
    rc = conn_add_watch(conn, &path, token, depth, &watch);
    if (rc)
        return rc;
    journal_watch(rq->server->journal, conn, watch, true);
    request_reply_text(rq, "OK");
    conn_send_event(conn, watch, watch->path);
    return 0;
}

int request_unwatch(struct request *rq)
{
    struct conn *conn = rq->conn;
    struct watch *watch = NULL;
    const char *token = NULL;
    struct path path;
    int64_t depth = 0;
    int rc = watch_args(rq, &path, &token, &depth);

    if (rc)
        return rc;
    watch = watch_find(&rq->server->watches, conn, &path, token);
    if (!watch)
        return -ENOENT;
    journal_watch(rq->server->journal, conn, watch, false);
    conn_remove_watch(conn, watch);
    request_reply_text(rq, "OK");
    return 0;
}

int request_reset_watches(struct request *rq)
{
    journal_reset(rq->server->journal, rq->conn);
    conn_drop_watches(rq->conn);
    conn_drop_transactions(rq->conn);
    request_reply_text(rq, "OK");
    return 0;
}
