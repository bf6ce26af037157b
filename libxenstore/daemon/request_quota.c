/* SPDX-License-Identifier: MIT */
/* Quotas and ring features, as the protocol's own requests. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "journal.h"
#include "request.h"

/* Settings wait for a domain that is still to be introduced, but not for one that is not there. */
static bool may_be_set(struct server *server, uint32_t domid)
{
    return !server->host || domid == 0 || domain_find(server, domid) ||
           server->host->exists(server->host, domid);
}

/* The next argument, a domain that is there. */
static int domid_arg(struct request *rq, const char *text, uint32_t *domid)
{
    uint64_t number = 0;
    int rc = request_number(text, DOMAIN_IDS, &number);

    *domid = number;
    return rc ? rc : may_be_set(rq->server, number) ? 0 : -ENOENT;
}

static int reply_number(struct request *rq, uint32_t number)
{
    char text[16];

    snprintf(text, sizeof(text), "%u", number);
    request_reply_text(rq, text);
    return 0;
}

int request_get_feature(struct request *rq)
{
    const char *text = request_arg(rq);
    struct domain *domain = NULL;
    uint32_t domid = 0;
    int rc = 0;

    /* Without a domain: no argument, or an empty one. */
    if (!text || (!*text && request_args_end(rq)))
        return rq->hdr.len > 1 ? -EINVAL : reply_number(rq, SERVER_FEATURES);
    rc = domid_arg(rq, text, &domid);
    if (!rc && !request_args_end(rq))
        rc = -EINVAL;
    if (rc)
        return rc;
    domain = domain_find(rq->server, domid);
    return reply_number(rq, domain ? domain->features : SERVER_FEATURES);
}

int request_set_feature(struct request *rq)
{
    struct domain *domain = NULL;
    uint64_t features = 0;
    uint32_t domid = 0;
    int rc = domid_arg(rq, request_arg(rq), &domid);

    if (!rc)
        rc = request_number(request_arg(rq), UINT32_MAX, &features);
    if (!rc && (!request_args_end(rq) || (features & ~(uint64_t)SERVER_FEATURES)))
        rc = -EINVAL;
    if (rc)
        return rc;
    domain = domain_make(rq->server, domid);
    if (!domain)
        return -ENOMEM;
    if (domain->introduced)
        return -EBUSY;
    domain->features = features;
    journal_renew(rq->server->journal);
    request_reply_text(rq, "OK");
    return 0;
}

static int reply_names(struct request *rq)
{
    char names[512] = "";
    size_t len = 0;

    for (int i = 0; i < QUOTA_COUNT; i++)
        len += snprintf(names + len, sizeof(names) - len, "%s%s", i ? " " : "",
                        i == QUOTA_PERMS ? QUOTA_PERMS_ALIAS : quota_info[i].name);
    request_reply_text(rq, names);
    return 0;
}

int request_get_quota(struct request *rq)
{
    const char *first = request_arg(rq), *second = NULL;
    uint32_t domid = DOMAIN_NONE;
    enum quota_id id = QUOTA_COUNT;
    int rc = 0;

    if (!first || (!*first && request_args_end(rq)))
        return rq->hdr.len > 1 ? -EINVAL : reply_names(rq);
    if (!request_args_end(rq)) {
        second = request_arg(rq);
        rc = domid_arg(rq, first, &domid);
    }
    id = quota_named(second ? second : first);
    if (!rc && (id == QUOTA_COUNT || !request_args_end(rq)))
        rc = -EINVAL;
    if (rc)
        return rc;
    return reply_number(rq, domid == DOMAIN_NONE ? rq->server->quotas.global[id]
                                                 : quota_limit(&rq->server->quotas, domid, id));
}

int request_set_quota(struct request *rq)
{
    const char *first = request_arg(rq), *second = request_arg(rq), *third = NULL;
    uint32_t domid = DOMAIN_NONE;
    enum quota_id id = QUOTA_COUNT;
    uint64_t value = 0;
    int rc = first && second ? 0 : -EINVAL;

    if (!rc && !request_args_end(rq)) {
        third = request_arg(rq);
        rc = third ? domid_arg(rq, first, &domid) : -EINVAL;
    }
    if (rc)
        return rc;
    id = quota_named(third ? second : first);
    rc = request_number(third ? third : second, UINT32_MAX, &value);
    if (!rc && (id == QUOTA_COUNT || !request_args_end(rq)))
        rc = -EINVAL;
    if (!rc && domid == DOMAIN_NONE)
        rq->server->quotas.global[id] = value;
    else if (!rc)
        rc = quota_set_own(&rq->server->quotas, domid, id, value);
    if (rc)
        return rc;
    journal_renew(rq->server->journal);
    request_reply_text(rq, "OK");
    return 0;
}
