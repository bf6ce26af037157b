/* SPDX-License-Identifier: MIT */
/* Limits, each domain's own; domain 0 has none.  0 means unlimited. */
#ifndef XSD_QUOTA_H
#define XSD_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum quota_id {
    QUOTA_NODES,
    QUOTA_NODE_SIZE,
    QUOTA_PERMS,
    QUOTA_WATCHES,
    QUOTA_TRANSACTIONS,
    QUOTA_TRANSACTION_NODES,
    QUOTA_OUTSTANDING,
    QUOTA_MEMORY,
    QUOTA_PATH_MAX,
    QUOTA_DEPTH,
    QUOTA_COUNT
};

struct quota_info {
    const char *name;
    const char *text;
    uint32_t initial;
};

/* The specification's name for QUOTA_PERMS, understood too. */
#define QUOTA_PERMS_ALIAS "permissions"

extern const struct quota_info quota_info[QUOTA_COUNT];

#define QUOTA_UNSET UINT32_MAX

struct quotas {
    uint32_t global[QUOTA_COUNT];
    uint32_t soft_memory;
    /* Own limits of domains that have some, by domid, QUOTA_UNSET where not; NULL until the first. */
    uint32_t **own;
    /* Bytes of each domain's watches, transactions and unread messages */
    uint64_t *work;
    /* Told of every refusal, and when a domain passes its soft limit of memory; may be NULL. */
    void (*refused)(void *ctx, uint32_t domid, enum quota_id id, uint64_t wanted, uint32_t limit);
    void (*warned)(void *ctx, uint32_t domid, uint64_t used, uint32_t limit);
    void *ctx;
};

int quotas_init(struct quotas *quotas);
void quotas_free(struct quotas *quotas);

/* The id of a name, or QUOTA_COUNT. */
enum quota_id quota_named(const char *name);
uint32_t quota_limit(const struct quotas *quotas, uint32_t domid, enum quota_id id);
/* A domain's own limit, or QUOTA_UNSET. */
uint32_t quota_own(const struct quotas *quotas, uint32_t domid, enum quota_id id);
/* Set a domain's own limit.  -ENOMEM or 0. */
int quota_set_own(struct quotas *quotas, uint32_t domid, enum quota_id id, uint32_t limit);
/* A domain is gone: its own limits go too. */
void quota_forget(struct quotas *quotas, uint32_t domid);
/* May the domain use this much?  0, or -ENOSPC after telling refused(). */
int quota_check(const struct quotas *quotas, uint32_t domid, enum quota_id id, uint64_t wanted);

/* A domain's unfinished work takes more memory, or less. */
void quota_add_work(struct quotas *quotas, uint32_t domid, int64_t bytes);
uint64_t quota_work(const struct quotas *quotas, uint32_t domid);

/* A domain's use of memory grows: past the soft limit it is only reported. */
void quota_check_soft(const struct quotas *quotas, uint32_t domid, uint64_t before, uint64_t after);

#endif
