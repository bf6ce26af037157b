/* SPDX-License-Identifier: MIT */
#include "recover.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "journal.h"
#include "xenstore_lib.h"

char *recover_journal_path(void)
{
    char *path = NULL;

    return asprintf(&path, "%s/journal", xs_daemon_rundir()) < 0 ? NULL : path;
}

int recover_load(struct server *server, const char *journal)
{
    void (*log)(const char *text) = server->log;
    const char *why = NULL;
    int rc = journal_load(journal, server, &why);

    if (!rc) {
        server_log(server,
                   "took up the tree of a daemon that was killed: %u nodes; its programs' "
                   "connections, watches and transactions are gone",
                   node_count(server->store.root));
        return 0;
    }
    if (rc != -ENOENT)
        server_log(server, "cannot take up the tree of the last daemon (%s): starting empty", why);
    server_free(server);
    rc = server_init(server);
    server->log = log;
    return rc;
}

/*
 * In the order in which they were set.  Each fires, as the event of a change that the old daemon
 * made may not have arrived.
 */
static void move_watches(struct conn *to, const struct watch *watch)
{
    struct watch *moved = NULL;
    struct path path;

    if (!watch)
        return;
    move_watches(to, watch->next_of_conn);
    if (path_make_watch(&path, to->actor.domid, watch->path) == 0 &&
        conn_add_watch(to, &path, watch->token, watch->depth, &moved) == 0)
        conn_send_event(to, moved, moved->path);
}

void recover_domains(struct server *server, struct xen *xen)
{
    for (struct domain *d = server->domains; d; d = d->next) {
        struct conn_desc desc = {.type = CONN_RING, .domid = d->domid, .fd = -1};
        struct conn *parked = d->conn, *conn = NULL;

        d->conn = NULL;
        if (d->introduced && xen)
            conn = xen_restore(xen, &desc);
        if (conn) {
            conn->actor.target = d->target;
            move_watches(conn, parked ? parked->watches : NULL);
        }
        if (parked)
            conn_kill(parked);
    }
}
