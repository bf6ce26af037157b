/* SPDX-License-Identifier: MIT */
/* Serving requests, and those on single nodes and transactions. */

#include "request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "journal.h"
#include "transaction.h"

#define MAX_PERMS 512

const char *request_arg(struct request *rq)
{
    const char *arg = rq->body + rq->at;
    const char *end = memchr(arg, '\0', rq->hdr.len - rq->at);

    if (!end)
        return NULL;
    rq->at += end + 1 - arg;
    return arg;
}

bool request_args_end(const struct request *rq)
{
    return rq->at == rq->hdr.len;
}

int request_number(const char *text, uint64_t limit, uint64_t *number)
{
    char *end = NULL;

    if (!text || *text < '0' || *text > '9')
        return -EINVAL;
    errno = 0;
    *number = strtoull(text, &end, 10);
    return *end || errno || *number >= limit ? -EINVAL : 0;
}

void request_reply(struct request *rq, const void *body, uint32_t len)
{
    struct xsd_sockmsg hdr = rq->hdr;

    hdr.len = len;
    rq->replied = true;
    conn_send(rq->conn, &hdr, body);
}

void request_reply_text(struct request *rq, const char *text)
{
    request_reply(rq, text, strlen(text) + 1);
}

static void reply_error(struct request *rq, int err)
{
    struct xsd_sockmsg hdr = rq->hdr;
    const char *name = "EINVAL";

    for (size_t i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++) {
        if (xsd_errors[i].errnum == err)
            name = xsd_errors[i].errstring;
    }
    hdr.type = XS_ERROR;
    hdr.len = strlen(name) + 1;
    conn_send(rq->conn, &hdr, name);
}

struct view request_view(struct request *rq)
{
    return rq->tx ? transaction_view(rq->tx) : store_view(&rq->server->store);
}

int request_note(struct request *rq, const struct path *path, unsigned int kinds)
{
    return rq->tx ? transaction_note(rq->tx, path, kinds) : 0;
}

int request_only_path(struct request *rq, struct path *path)
{
    const char *text = request_arg(rq);

    if (!text || !request_args_end(rq))
        return -EINVAL;
    return path_make(path, rq->conn->actor.domid, text);
}

static int request_read(struct request *rq)
{
    struct view view = request_view(rq);
    struct node *node = NULL;
    struct path path;
    int rc = request_only_path(rq, &path);

    if (!rc)
        rc = request_note(rq, &path, ACCESS_VALUE);
    if (!rc)
        rc = view_get(&view, &rq->conn->actor, &path, &node);
    if (!rc)
        request_reply(rq, node_value(node), node->value_len);
    return rc;
}

static int request_get_perms(struct request *rq)
{
    struct view view = request_view(rq);
    struct node *node = NULL;
    char text[XENSTORE_PAYLOAD_MAX];
    struct path path;
    size_t len = 0;
    int rc = request_only_path(rq, &path);

    if (!rc)
        rc = request_note(rq, &path, ACCESS_VALUE);
    if (!rc)
        rc = view_get(&view, &rq->conn->actor, &path, &node);
    if (rc)
        return rc;
    len = perms_format(node->perms, text, sizeof(text));
    if (len > sizeof(text))
        return -E2BIG;
    request_reply(rq, text, len);
    return 0;
}

/*
 * A change.  In a transaction it is noted, made there, and remembered for the commit.
 */
static int change(struct request *rq, const struct path *path, enum change_type type,
                  const void *data, uint32_t len)
{
    struct view view = request_view(rq);
    const struct actor *actor = &rq->conn->actor;
    struct node *before = NULL, *removed = NULL;
    unsigned int kinds = type == CHANGE_RM      ? ACCESS_REMOVE
                         : type == CHANGE_MKDIR ? ACCESS_EXISTS
                                                : ACCESS_WRITE;
    int rc = 0;

    before = node_at(*view.root, path->text, path->len);
    if (type == CHANGE_MKDIR && !before)
        kinds = ACCESS_WRITE;
    rc = request_note(rq, path, kinds);
    if (rc)
        return rc;
    /* Watches will want to know what was removed. */
    removed = type == CHANGE_RM && before && !rq->tx ? node_ref(before) : NULL;
    rc = change_again(&view, actor, path, type, data, len);
    if (rq->tx) {
        if (!rc)
            rc = transaction_log(rq->tx, path, type, data, len);
        if (rc == -ENOMEM)
            rq->tx->spoilt = true;
        return rc;
    }
    if (!rc && (removed || (type != CHANGE_RM && !(type == CHANGE_MKDIR && before)))) {
        journal_change(rq->server->journal, actor, path, type, data, len);
        notify_changed(rq->server, path, removed, node_at(*view.root, path->text, path->len));
    }
    node_put(&rq->server->store.bin, removed);
    return rc;
}

static int changed_ok(struct request *rq, int rc)
{
    if (!rc)
        request_reply_text(rq, "OK");
    return rc;
}

static int request_write(struct request *rq)
{
    const char *text = request_arg(rq);
    struct path path;
    int rc = text ? path_make(&path, rq->conn->actor.domid, text) : -EINVAL;

    if (!rc)
        rc = change(rq, &path, CHANGE_WRITE, rq->body + rq->at, rq->hdr.len - rq->at);
    return changed_ok(rq, rc);
}

static int request_mkdir(struct request *rq)
{
    struct path path;
    int rc = request_only_path(rq, &path);

    return changed_ok(rq, rc ? rc : change(rq, &path, CHANGE_MKDIR, NULL, 0));
}

static int request_rm(struct request *rq)
{
    struct path path;
    int rc = request_only_path(rq, &path);

    return changed_ok(rq, rc ? rc : change(rq, &path, CHANGE_RM, NULL, 0));
}

/* A list that names a domain which is not there would one day serve another of that id. */
static int domains_exist(struct request *rq, const struct perm *entries, uint32_t nr)
{
    struct host *host = rq->server->host;

    for (uint32_t i = 0; host && i < nr; i++) {
        uint32_t domid = entries[i].domid;

        if (domid && !domain_find(rq->server, domid) && !host->exists(host, domid))
            return -ENOENT;
    }
    return 0;
}

static int set_special_perms(struct request *rq, const char *name, const struct perm *entries,
                             uint32_t nr)
{
    enum special_watch which = special_named(name);
    struct perms *perms = NULL;

    if (which == SPECIAL_COUNT)
        return -EINVAL;
    if (!actor_privileged(&rq->conn->actor))
        return -EACCES;
    perms = perms_get(&rq->server->store.perms, entries, nr);
    if (!perms)
        return -ENOMEM;
    perms_put(&rq->server->store.perms, rq->server->special[which]);
    rq->server->special[which] = perms;
    journal_renew(rq->server->journal);
    return 0;
}

static int request_set_perms(struct request *rq)
{
    const char *text = request_arg(rq);
    struct perm entries[MAX_PERMS];
    struct path path;
    int nr = 0, rc = text ? 0 : -EINVAL;

    if (!rc) {
        nr = perms_parse(rq->body + rq->at, rq->hdr.len - rq->at, entries, MAX_PERMS);
        rc = nr < 0 ? nr : domains_exist(rq, entries, nr);
    }
    if (!rc && text[0] == '@')
        return changed_ok(rq, set_special_perms(rq, text, entries, nr));
    if (!rc)
        rc = path_make(&path, rq->conn->actor.domid, text);
    if (!rc)
        rc = change(rq, &path, CHANGE_PERMS, entries, nr);
    return changed_ok(rq, rc);
}

static struct transaction **find_transaction(struct conn *conn, uint32_t id)
{
    struct transaction **link = &conn->transactions;

    while (*link && (*link)->id != id)
        link = &(*link)->next;
    return link;
}

static int request_transaction_start(struct request *rq)
{
    struct conn *conn = rq->conn;
    struct transaction *tx = NULL;
    char text[16];
    int rc = 0;

    if (rq->tx)
        return -EBUSY;
    rc = quota_check(&rq->server->quotas, conn->actor.domid, QUOTA_TRANSACTIONS,
                     conn->nr_transactions + 1);
    if (rc)
        return rc;
    do {
        conn->last_transaction++;
    } while (!conn->last_transaction || *find_transaction(conn, conn->last_transaction));
    tx = transaction_start(&rq->server->store, &conn->actor, conn->last_transaction);
    if (!tx)
        return -ENOMEM;
    tx->next = conn->transactions;
    conn->transactions = tx;
    conn->nr_transactions++;
    server_tx_started(rq->server, conn);
    snprintf(text, sizeof(text), "%u", tx->id);
    request_reply_text(rq, text);
    return 0;
}

static int request_transaction_end(struct request *rq)
{
    const char *text = request_arg(rq);
    struct transaction **link = NULL, *tx = rq->tx;
    int rc = 0;

    if (!text || !request_args_end(rq) || (strcmp(text, "T") != 0 && strcmp(text, "F") != 0))
        return -EINVAL;
    if (!tx)
        return -ENOENT;
    link = find_transaction(rq->conn, tx->id);
    *link = tx->next;
    rq->conn->nr_transactions--;
    rq->tx = NULL;
    if (*text == 'T')
        rc = tx->spoilt ? -EAGAIN : transaction_commit(tx, notify_changed, rq->server);
    if (*text == 'T' && !rc)
        journal_commit(rq->server->journal, tx);
    server_tx_ended(rq->server, rq->conn, rc);
    transaction_free(tx);
    return changed_ok(rq, rc);
}

#define PRIVILEGED    1 /* domain 0 only */
#define OUTSIDE_OF_TX 2 /* the header's transaction is ignored */

static const struct {
    int (*serve)(struct request *rq);
    unsigned int flags;
} requests[REQUEST_TYPES] = {
    [XS_CONTROL] = {request_control, PRIVILEGED},
    [XS_DIRECTORY] = {request_directory, 0},
    [XS_READ] = {request_read, 0},
    [XS_GET_PERMS] = {request_get_perms, 0},
    [XS_WATCH] = {request_watch, OUTSIDE_OF_TX},
    [XS_UNWATCH] = {request_unwatch, OUTSIDE_OF_TX},
    [XS_TRANSACTION_START] = {request_transaction_start, 0},
    [XS_TRANSACTION_END] = {request_transaction_end, 0},
    [XS_INTRODUCE] = {request_introduce, PRIVILEGED},
    [XS_RELEASE] = {request_release, PRIVILEGED},
    [XS_GET_DOMAIN_PATH] = {request_get_domain_path, 0},
    [XS_WRITE] = {request_write, 0},
    [XS_MKDIR] = {request_mkdir, 0},
    [XS_RM] = {request_rm, 0},
    [XS_SET_PERMS] = {request_set_perms, 0},
    [XS_IS_DOMAIN_INTRODUCED] = {request_is_domain_introduced, 0},
    [XS_RESUME] = {request_resume, PRIVILEGED},
    [XS_SET_TARGET] = {request_set_target, PRIVILEGED},
    [XS_RESET_WATCHES] = {request_reset_watches, 0},
    [XS_DIRECTORY_PART] = {request_directory_part, 0},
    [XS_GET_FEATURE] = {request_get_feature, PRIVILEGED},
    [XS_SET_FEATURE] = {request_set_feature, PRIVILEGED},
    [XS_GET_QUOTA] = {request_get_quota, PRIVILEGED},
    [XS_SET_QUOTA] = {request_set_quota, PRIVILEGED},
};

void request_serve(struct conn *conn, const struct xsd_sockmsg *hdr, const char *body)
{
    struct request rq = {
        .conn = conn,
        .server = conn->server,
        .hdr = *hdr,
        .body = body,
    };
    bool known = hdr->type < REQUEST_TYPES && requests[hdr->type].serve;
    unsigned int flags = known ? requests[hdr->type].flags : 0;
    int rc = 0;

    if (!known) {
        rc = -ENOSYS;
    } else if ((flags & PRIVILEGED) && !actor_privileged(&conn->actor)) {
        rc = -EACCES;
    } else if (hdr->tx_id && !(flags & OUTSIDE_OF_TX)) {
        rq.tx = *find_transaction(conn, hdr->tx_id);
        rc = rq.tx ? 0 : -ENOENT;
    }
    if (!rc)
        rc = requests[hdr->type].serve(&rq);
    if (rc && !rq.replied)
        reply_error(&rq, -rc);
}
