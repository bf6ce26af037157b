/* SPDX-License-Identifier: MIT */
#include "quota.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "perms.h"
#include "sparse.h"

const struct quota_info quota_info[QUOTA_COUNT] = {
    [QUOTA_NODES] = {"nodes", "nodes a domain may own", 1000},
    [QUOTA_NODE_SIZE] = {"node-size", "bytes of a node's value", 2048},
    [QUOTA_PERMS] = {"node-permissions", "permission entries of a node", 5},
    [QUOTA_WATCHES] = {"watches", "watches of a domain", 128},
    [QUOTA_TRANSACTIONS] = {"transactions", "open transactions of a domain", 10},
    [QUOTA_TRANSACTION_NODES] = {"transaction-nodes", "nodes used in a transaction", 1024},
    [QUOTA_OUTSTANDING] = {"outstanding", "answers and events a domain may leave unread", 1024},
    [QUOTA_MEMORY] = {"memory", "bytes of a domain's nodes, watches, transactions, messages",
                      4 * 1024 * 1024},
    [QUOTA_PATH_MAX] = {"path-max", "bytes of a path", 3072},
    [QUOTA_DEPTH] = {"path-depth", "names in a path", 256},
};

#define WORK_BYTES (DOMAIN_IDS * sizeof(uint64_t))

int quotas_init(struct quotas *quotas)
{
    memset(quotas, 0, sizeof(*quotas));
    for (int i = 0; i < QUOTA_COUNT; i++)
        quotas->global[i] = quota_info[i].initial;
    quotas->soft_memory = 2 * 1024 * 1024;
    quotas->work = sparse_alloc(WORK_BYTES);
    return quotas->work ? 0 : -ENOMEM;
}

void quotas_free(struct quotas *quotas)
{
    for (uint32_t i = 0; quotas->own && i < DOMAIN_IDS; i++)
        free(quotas->own[i]);
    sparse_free(quotas->own, DOMAIN_IDS * sizeof(*quotas->own));
    quotas->own = NULL;
    sparse_free(quotas->work, WORK_BYTES);
    quotas->work = NULL;
}

void quota_add_work(struct quotas *quotas, uint32_t domid, int64_t bytes)
{
    quotas->work[domid] += bytes;
}

uint64_t quota_work(const struct quotas *quotas, uint32_t domid)
{
    return quotas->work[domid];
}

enum quota_id quota_named(const char *name)
{
    int i = 0;

    if (strcmp(name, QUOTA_PERMS_ALIAS) == 0)
        return QUOTA_PERMS;
    while (i < QUOTA_COUNT && strcmp(quota_info[i].name, name) != 0)
        i++;
    return i;
}

uint32_t quota_own(const struct quotas *quotas, uint32_t domid, enum quota_id id)
{
    if (!quotas->own || domid >= DOMAIN_IDS || !quotas->own[domid])
        return QUOTA_UNSET;
    return quotas->own[domid][id];
}

uint32_t quota_limit(const struct quotas *quotas, uint32_t domid, enum quota_id id)
{
    uint32_t own = quota_own(quotas, domid, id);

    if (domid == 0)
        return 0;
    return own == QUOTA_UNSET ? quotas->global[id] : own;
}

int quota_set_own(struct quotas *quotas, uint32_t domid, enum quota_id id, uint32_t limit)
{
    if (!quotas->own)
        quotas->own = sparse_alloc(DOMAIN_IDS * sizeof(*quotas->own));
    if (!quotas->own)
        return -ENOMEM;
    if (!quotas->own[domid]) {
        quotas->own[domid] = malloc(sizeof(quotas->global));
        if (!quotas->own[domid])
            return -ENOMEM;
        memset(quotas->own[domid], 0xff, sizeof(quotas->global));
    }
    quotas->own[domid][id] = limit;
    return 0;
}

void quota_forget(struct quotas *quotas, uint32_t domid)
{
    if (!quotas->own)
        return;
    free(quotas->own[domid]);
    quotas->own[domid] = NULL;
}

int quota_check(const struct quotas *quotas, uint32_t domid, enum quota_id id, uint64_t wanted)
{
    uint32_t limit = quota_limit(quotas, domid, id);

    if (!limit || wanted <= limit)
        return 0;
    if (quotas->refused)
        quotas->refused(quotas->ctx, domid, id, wanted, limit);
    return -ENOSPC;
}

void quota_check_soft(const struct quotas *quotas, uint32_t domid, uint64_t before, uint64_t after)
{
    uint32_t limit = domid ? quotas->soft_memory : 0;

    if (limit && before <= limit && after > limit && quotas->warned)
        quotas->warned(quotas->ctx, domid, after, limit);
}
