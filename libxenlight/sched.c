/* SPDX-License-Identifier: MIT */
/* Scheduling parameters: of credit and credit2, for the pool and for each domain. */
#include <stdlib.h>
#include "internal.h"

#define WEIGHT_MAX 65535

int libxl_get_scheduler(libxl_ctx *ctx)
{
    int sched = 0, rc;

    libxl__enter(ctx);
    rc = xc_sched_id(ctx->xch, &sched)
             ? BECAUSE(ctx, ERROR_FAIL, "cannot ask the hypervisor for its scheduler")
             : sched;
    libxl__leave(ctx);
    return rc;
}

/* The scheduler of the pool that a domain is in, or ERROR_*. */
static int scheduler_of(libxl_ctx *ctx, uint32_t domid, xc_domaininfo_t *info)
{
    xc_cpupoolinfo_t *pool;
    int sched, rc = libxl__domain_get(ctx, domid, info);

    if (rc)
        return rc;
    pool = xc_cpupool_getinfo(ctx->xch, info->cpupool);
    if (!pool)
        return BECAUSE(ctx, ERROR_FAIL, "cannot ask about CPU pool %" PRIu32, info->cpupool);
    sched = pool->cpupool_id == info->cpupool ? (int)pool->sched_id : ERROR_FAIL;
    xc_cpupool_infofree(ctx->xch, pool);
    return sched;
}

/* ---- domains ---- */

static int credit_get(libxl_ctx *ctx, uint32_t domid, libxl_domain_sched_params *p)
{
    struct xen_domctl_sched_credit s;

    if (xc_sched_credit_domain_get(ctx->xch, domid, &s))
        return -1;
    p->weight = s.weight;
    p->cap = s.cap;
    return 0;
}

static int credit2_get(libxl_ctx *ctx, uint32_t domid, libxl_domain_sched_params *p)
{
    struct xen_domctl_sched_credit2 s;

    if (xc_sched_credit2_domain_get(ctx->xch, domid, &s))
        return -1;
    p->weight = s.weight;
    p->cap = s.cap;
    return 0;
}

static int credit_set(libxl_ctx *ctx, uint32_t domid, const libxl_domain_sched_params *p)
{
    struct xen_domctl_sched_credit s = {.weight = (uint16_t)p->weight, .cap = (uint16_t)p->cap};

    return xc_sched_credit_domain_set(ctx->xch, domid, &s);
}

static int credit2_set(libxl_ctx *ctx, uint32_t domid, const libxl_domain_sched_params *p)
{
    struct xen_domctl_sched_credit2 s = {.weight = (uint16_t)p->weight, .cap = (uint16_t)p->cap};

    return xc_sched_credit2_domain_set(ctx->xch, domid, &s);
}

static int no_parameters(libxl_ctx *ctx, const char *op, int sched)
{
    const char *name = libxl_scheduler_to_string((libxl_scheduler)sched);
    POOL(pool);

    return libxl__unsupported(
        ctx, op, STR(&pool, "handle parameters of the scheduler %s", name ? name : "in use"));
}

/* 0 with the values in force, or ERROR_*. */
static int get_params(libxl_ctx *ctx, uint32_t domid, libxl_domain_sched_params *p)
{
    xc_domaininfo_t info;
    int sched = scheduler_of(ctx, domid, &info);

    if (sched < 0)
        return sched;
    p->sched = (libxl_scheduler)sched;
    if (sched == LIBXL_SCHEDULER_NULL)
        return 0; /* has none */
    if (sched != LIBXL_SCHEDULER_CREDIT && sched != LIBXL_SCHEDULER_CREDIT2)
        return no_parameters(ctx, "libxl_domain_sched_params_get", sched);
    if (sched == LIBXL_SCHEDULER_CREDIT ? credit_get(ctx, domid, p) : credit2_get(ctx, domid, p))
        return BECAUSE(ctx, ERROR_FAIL, "cannot ask for the weight of domain %" PRIu32, domid);
    return 0;
}

int libxl_domain_sched_params_get(libxl_ctx *ctx, uint32_t domid, libxl_domain_sched_params *params)
{
    int rc;

    libxl__enter(ctx);
    libxl_domain_sched_params_init(params);
    rc = get_params(ctx, domid, params);
    libxl__leave(ctx);
    return rc;
}

static int check_params(libxl_ctx *ctx, const libxl_domain_sched_params *p, int max_cap)
{
    if (p->weight < 1 || p->weight > WEIGHT_MAX)
        return FAIL(ctx, ERROR_INVAL, EINVAL, "a weight of %d, not from 1 to %d", p->weight,
                    WEIGHT_MAX);
    if (p->cap < 0 || p->cap > max_cap)
        return FAIL(ctx, ERROR_INVAL, EINVAL, "a cap of %d, not from 0 to %d", p->cap, max_cap);
    return 0;
}

static int set_params(libxl_ctx *ctx, uint32_t domid, const libxl_domain_sched_params *wanted)
{
    libxl_domain_sched_params p;
    xc_domaininfo_t info;
    int rc;

    libxl_domain_sched_params_init(&p);
    rc = get_params(ctx, domid, &p);
    if (!rc)
        rc = libxl__domain_get(ctx, domid, &info);
    if (rc)
        return rc;
    if (wanted->sched != LIBXL_SCHEDULER_UNKNOWN && wanted->sched != p.sched)
        return FAIL(ctx, ERROR_INVAL, EINVAL, "domain %" PRIu32 " is scheduled by %s", domid,
                    libxl_scheduler_to_string(p.sched));
    if (p.sched == LIBXL_SCHEDULER_NULL)
        return no_parameters(ctx, "libxl_domain_sched_params_set", (int)p.sched);
    if (wanted->weight != LIBXL_DOMAIN_SCHED_PARAM_WEIGHT_DEFAULT)
        p.weight = wanted->weight;
    if (wanted->cap != LIBXL_DOMAIN_SCHED_PARAM_CAP_DEFAULT)
        p.cap = wanted->cap;
    rc = check_params(ctx, &p, ((int)info.max_vcpu_id + 1) * 100);
    if (rc)
        return rc;
    if (p.sched == LIBXL_SCHEDULER_CREDIT ? credit_set(ctx, domid, &p)
                                          : credit2_set(ctx, domid, &p))
        return BECAUSE(ctx, ERROR_FAIL, "cannot set the weight of domain %" PRIu32, domid);
    return 0;
}

int libxl_domain_sched_params_set(libxl_ctx *ctx, uint32_t domid,
                                  const libxl_domain_sched_params *params)
{
    int rc;

    libxl__enter(ctx);
    rc = set_params(ctx, domid, params);
    libxl__leave(ctx);
    return rc;
}

/* ---- vCPUs: only RTDS has parameters for each ---- */

static int vcpu_params(libxl_ctx *ctx, const char *op, uint32_t domid)
{
    xc_domaininfo_t info;
    int sched;

    libxl__enter(ctx);
    sched = scheduler_of(ctx, domid, &info);
    if (sched >= 0)
        sched = no_parameters(ctx, op, sched);
    libxl__leave(ctx);
    return sched;
}

int libxl_vcpu_sched_params_get(libxl_ctx *ctx, uint32_t domid, libxl_vcpu_sched_params *params)
{
    return vcpu_params(ctx, __func__, domid);
}

int libxl_vcpu_sched_params_get_all(libxl_ctx *ctx, uint32_t domid, libxl_vcpu_sched_params *params)
{
    return vcpu_params(ctx, __func__, domid);
}

int libxl_vcpu_sched_params_set(libxl_ctx *ctx, uint32_t domid,
                                const libxl_vcpu_sched_params *params)
{
    return vcpu_params(ctx, __func__, domid);
}

int libxl_vcpu_sched_params_set_all(libxl_ctx *ctx, uint32_t domid,
                                    const libxl_vcpu_sched_params *params)
{
    return vcpu_params(ctx, __func__, domid);
}

/* ---- pools ---- */

int libxl_sched_credit_params_get(libxl_ctx *ctx, uint32_t poolid,
                                  libxl_sched_credit_params *scinfo)
{
    struct xen_sysctl_credit_schedule s = {.tslice_ms = 0};
    int rc = 0;

    libxl__enter(ctx);
    libxl_sched_credit_params_init(scinfo);
    if (xc_sched_credit_params_get(ctx->xch, poolid, &s)) {
        rc = BECAUSE(ctx, ERROR_FAIL, "cannot ask for credit's parameters of CPU pool %" PRIu32,
                     poolid);
    } else {
        scinfo->tslice_ms = (int)s.tslice_ms;
        scinfo->ratelimit_us = (int)s.ratelimit_us;
        scinfo->vcpu_migr_delay_us = (int)s.vcpu_migr_delay_us;
    }
    libxl__leave(ctx);
    return rc;
}

int libxl_sched_credit_params_set(libxl_ctx *ctx, uint32_t poolid,
                                  libxl_sched_credit_params *scinfo)
{
    struct xen_sysctl_credit_schedule s = {.tslice_ms = (unsigned int)scinfo->tslice_ms,
                                           .ratelimit_us = (unsigned int)scinfo->ratelimit_us,
                                           .vcpu_migr_delay_us =
                                               (unsigned int)scinfo->vcpu_migr_delay_us};
    int rc = 0;

    libxl__enter(ctx);
    if (scinfo->tslice_ms < XEN_SYSCTL_CSCHED_TSLICE_MIN ||
        scinfo->tslice_ms > XEN_SYSCTL_CSCHED_TSLICE_MAX)
        rc = FAIL(ctx, ERROR_INVAL, EINVAL, "a time slice of %d ms, not from %d to %d",
                  scinfo->tslice_ms, XEN_SYSCTL_CSCHED_TSLICE_MIN, XEN_SYSCTL_CSCHED_TSLICE_MAX);
    else if (xc_sched_credit_params_set(ctx->xch, poolid, &s))
        rc =
            BECAUSE(ctx, ERROR_FAIL, "cannot set credit's parameters of CPU pool %" PRIu32, poolid);
    libxl__leave(ctx);
    return rc;
}

int libxl_sched_credit2_params_get(libxl_ctx *ctx, uint32_t poolid,
                                   libxl_sched_credit2_params *scinfo)
{
    struct xen_sysctl_credit2_schedule s = {.ratelimit_us = 0};
    int rc = 0;

    libxl__enter(ctx);
    libxl_sched_credit2_params_init(scinfo);
    if (xc_sched_credit2_params_get(ctx->xch, poolid, &s))
        rc = BECAUSE(ctx, ERROR_FAIL, "cannot ask for credit2's parameters of CPU pool %" PRIu32,
                     poolid);
    else
        scinfo->ratelimit_us = (int)s.ratelimit_us;
    libxl__leave(ctx);
    return rc;
}

int libxl_sched_credit2_params_set(libxl_ctx *ctx, uint32_t poolid,
                                   libxl_sched_credit2_params *scinfo)
{
    struct xen_sysctl_credit2_schedule s = {.ratelimit_us = (unsigned int)scinfo->ratelimit_us};
    int rc = 0;

    libxl__enter(ctx);
    if (scinfo->ratelimit_us < 0)
        rc = FAIL(ctx, ERROR_INVAL, EINVAL, "a rate limit of %d us", scinfo->ratelimit_us);
    else if (xc_sched_credit2_params_set(ctx->xch, poolid, &s))
        rc = BECAUSE(ctx, ERROR_FAIL, "cannot set credit2's parameters of CPU pool %" PRIu32,
                     poolid);
    libxl__leave(ctx);
    return rc;
}
