/* SPDX-License-Identifier: MIT */
/* The domains that are served: how they come, shut down and go. */

#include <errno.h>
#include <stdlib.h>
#include "journal.h"

struct domain *domain_find(const struct server *server, uint32_t domid)
{
    return server->by_domid[domid];
}

struct domain *domain_make(struct server *server, uint32_t domid)
{
    struct domain *domain = server->by_domid[domid];

    if (domain)
        return domain;
    domain = calloc(1, sizeof(*domain));
    if (!domain)
        return NULL;
    domain->domid = domid;
    domain->target = DOMAIN_NONE;
    domain->features = SERVER_FEATURES;
    domain->next = server->domains;
    server->domains = domain;
    server->by_domid[domid] = domain;
    return domain;
}

static void domain_free(struct server *server, struct domain *domain)
{
    struct domain **link = &server->domains;

    if (domain->conn)
        conn_kill(domain->conn);
    while (*link != domain)
        link = &(*link)->next;
    *link = domain->next;
    server->by_domid[domain->domid] = NULL;
    free(domain);
}

static void forgotten_node(void *server, const struct path *path, struct node *node)
{
    notify_changed(server, path, node, NULL);
}

int domain_introduce(struct server *server, uint32_t domid, uint64_t gfn, uint32_t port)
{
    struct domain *domain = NULL;
    bool is_new = !domain_find(server, domid);
    int rc = 0;

    if (!server->host)
        return -ENOSYS;
    if (!server->host->exists(server->host, domid))
        return -EINVAL;
    domain = domain_make(server, domid);
    if (!domain)
        return -ENOMEM;
    if (domain->conn)
        journal_reset(server->journal, domain->conn);
    rc = server->host->connect(server->host, domain, gfn, port);
    if (rc) {
        if (is_new)
            domain_free(server, domain);
        return rc;
    }
    domain->introduced = true;
    domain->shutdown = false;
    domain->port = port;
    domain->gfn = gfn;
    domain->conn->actor.target = domain->target;
    journal_domain(server->journal, domain);
    notify_special(server, SPECIAL_INTRODUCE, domid);
    return 0;
}

static void forget(struct server *server, struct domain *domain)
{
    uint32_t domid = domain->domid;

    journal_forget(server->journal, domid);
    domain_free(server, domain);
    quota_forget(&server->quotas, domid);
    server_forget_refusals(server, domid);
    for (struct domain *d = server->domains; d; d = d->next) {
        if (d->target != domid)
            continue;
        d->target = DOMAIN_NONE;
        if (d->conn)
            d->conn->actor.target = DOMAIN_NONE;
    }
    if (store_forget_domain(&server->store, domid, server->keep_orphans, forgotten_node, server))
        server_log(server, "out of memory while removing what domain %u left", domid);
    notify_special(server, SPECIAL_RELEASE, domid);
}

int domain_release(struct server *server, uint32_t domid)
{
    struct domain *domain = domain_find(server, domid);

    if (!domain || !domain->introduced)
        return -ENOENT;
    forget(server, domain);
    return 0;
}

void domain_is_gone(struct server *server, struct domain *domain)
{
    forget(server, domain);
}

void domain_has_shut_down(struct server *server, struct domain *domain)
{
    if (domain->shutdown)
        return;
    domain->shutdown = true;
    notify_special(server, SPECIAL_RELEASE, domain->domid);
}

int domain_resume(struct server *server, uint32_t domid)
{
    struct domain *domain = domain_find(server, domid);

    if (!domain || !domain->introduced)
        return -ENOENT;
    domain->shutdown = false;
    return 0;
}

int domain_set_target(struct server *server, uint32_t domid, uint32_t target)
{
    struct domain *domain = domain_find(server, domid);
    struct domain *of = domain_find(server, target);

    if (!domain || !domain->introduced || !of || !of->introduced)
        return -ENOENT;
    domain->target = target;
    if (domain->conn)
        domain->conn->actor.target = target;
    journal_domain(server->journal, domain);
    return 0;
}
