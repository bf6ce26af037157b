/* SPDX-License-Identifier: MIT */
/* Requests about domains. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "request.h"

static int domid_arg(struct request *rq, uint32_t *domid)
{
    uint64_t number = 0;
    int rc = request_number(request_arg(rq), DOMAIN_IDS, &number);

    *domid = number;
    return rc;
}

static int only_domid(struct request *rq, uint32_t *domid)
{
    int rc = domid_arg(rq, domid);

    return rc ? rc : request_args_end(rq) ? 0 : -EINVAL;
}

static int ok(struct request *rq, int rc)
{
    if (!rc)
        request_reply_text(rq, "OK");
    return rc;
}

/* The frame number is a signed number, says the protocol. */
static int gfn_arg(struct request *rq, uint64_t *gfn)
{
    const char *text = request_arg(rq);
    char *end = NULL;

    if (!text || !*text)
        return -EINVAL;
    *gfn = strtoll(text, &end, 10);
    return *end ? -EINVAL : 0;
}

int request_introduce(struct request *rq)
{
    uint64_t gfn = 0, port = 0;
    uint32_t domid = 0;
    int rc = domid_arg(rq, &domid);

    if (!rc)
        rc = gfn_arg(rq, &gfn);
    if (!rc)
        rc = request_number(request_arg(rq), INT32_MAX, &port);
    if (!rc && domid == 0)
        rc = -EINVAL;
    return ok(rq, rc ? rc : domain_introduce(rq->server, domid, gfn, port));
}

int request_release(struct request *rq)
{
    uint32_t domid = 0;
    int rc = only_domid(rq, &domid);

    if (!rc && domid == 0)
        rc = -EINVAL;
    return ok(rq, rc ? rc : domain_release(rq->server, domid));
}

int request_resume(struct request *rq)
{
    uint32_t domid = 0;
    int rc = only_domid(rq, &domid);

    if (!rc && domid == 0)
        rc = -EINVAL;
    return ok(rq, rc ? rc : domain_resume(rq->server, domid));
}

int request_set_target(struct request *rq)
{
    uint32_t domid = 0, target = 0;
    int rc = domid_arg(rq, &domid);

    if (!rc)
        rc = only_domid(rq, &target);
    if (!rc && domid == 0)
        rc = -EINVAL;
    return ok(rq, rc ? rc : domain_set_target(rq->server, domid, target));
}

int request_get_domain_path(struct request *rq)
{
    char text[48];
    uint64_t domid = 0;
    int rc = request_number(request_arg(rq), UINT32_MAX, &domid);

    if (!rc && !request_args_end(rq))
        rc = -EINVAL;
    if (rc)
        return rc;
    snprintf(text, sizeof(text), "/local/domain/%u", (unsigned int)domid);
    request_reply_text(rq, text);
    return 0;
}

int request_is_domain_introduced(struct request *rq)
{
    struct domain *domain = NULL;
    uint64_t domid = 0;
    int rc = request_number(request_arg(rq), UINT32_MAX, &domid);

    if (!rc && !request_args_end(rq))
        rc = -EINVAL;
    if (rc)
        return rc;
    domain = domid < DOMAIN_IDS ? domain_find(rq->server, domid) : NULL;
    request_reply_text(rq, domid == 0 || (domain && domain->introduced) ? "T" : "F");
    return 0;
}
