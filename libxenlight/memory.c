/* SPDX-License-Identifier: MIT */
/* How much memory domains have, should have and may have. */
#include <stdlib.h>
#include <time.h>
#include "internal.h"

#define PAGE_KB (XC_PAGE_SIZE / 1024)
/* Room for page tables and the like when a PV domain is built. */
#define PV_OVERHEAD_KB 1024

/* ---- what the store says ---- */

struct memory_nodes {
    bool has_target, has_max;
    uint64_t target, max, video;
};

static uint64_t read_kb(libxl_ctx *ctx, xs_transaction_t t, uint32_t domid, const char *name,
                        bool *there)
{
    POOL(pool);
    char *text = libxl__store_read(ctx, &pool, t,
                                   STR(&pool, "/local/domain/%" PRIu32 "/memory/%s", domid, name));

    if (there)
        *there = text != NULL;
    return text ? strtoull(text, NULL, 10) : 0;
}

static int write_kb(libxl_ctx *ctx, xs_transaction_t t, uint32_t domid, const char *name,
                    uint64_t kb)
{
    POOL(pool);
    char *path = STR(&pool, "/local/domain/%" PRIu32 "/memory/%s", domid, name);

    if (!libxl__store_write(ctx, t, path, STR(&pool, "%" PRIu64, kb), NULL, 0))
        return 0;
    return FAIL(ctx, ERROR_FAIL, errno, "cannot write memory/%s of domain %" PRIu32, name, domid);
}

/* Dom0 was not built by us: what it has is what it shall have, until somebody says otherwise. */
static int describe_dom0(libxl_ctx *ctx, xs_transaction_t t, struct memory_nodes *m)
{
    xc_physinfo_t host = {.nr_cpus = 0};
    xc_domaininfo_t info;
    int rc = libxl__domain_get(ctx, 0, &info);

    if (rc)
        return rc;
    if (xc_physinfo(ctx->xch, &host))
        return BECAUSE(ctx, ERROR_FAIL, "cannot ask the hypervisor about the host");
    m->target = info.tot_pages * PAGE_KB;
    m->max =
        info.max_pages < host.total_pages ? info.max_pages * PAGE_KB : host.total_pages * PAGE_KB;
    m->has_target = m->has_max = true;
    rc = write_kb(ctx, t, 0, "target", m->target);
    return rc ? rc : write_kb(ctx, t, 0, "static-max", m->max);
}

static int read_nodes(libxl_ctx *ctx, xs_transaction_t t, uint32_t domid, struct memory_nodes *m)
{
    m->target = read_kb(ctx, t, domid, "target", &m->has_target);
    m->max = read_kb(ctx, t, domid, "static-max", &m->has_max);
    m->video = read_kb(ctx, t, domid, "videoram", NULL);
    if (domid == 0 && (!m->has_target || !m->has_max))
        return describe_dom0(ctx, t, m);
    if (!m->has_target)
        return FAIL(ctx, ERROR_FAIL, ENOENT, "the memory target of domain %" PRIu32 " is unknown",
                    domid);
    return 0;
}

/* ---- target ---- */

struct target {
    uint32_t domid;
    int64_t kb;
    bool relative, enforce;
};

static int new_target(libxl_ctx *ctx, const struct target *r, const struct memory_nodes *m,
                      uint64_t *result)
{
    int64_t wanted = r->kb;

    if (r->relative && __builtin_add_overflow((int64_t)(m->target + m->video), r->kb, &wanted))
        wanted = -1;
    if (wanted <= 0 || (uint64_t)wanted <= m->video)
        return FAIL(ctx, ERROR_INVAL, EINVAL, "a target of %" PRId64 " KiB for domain %" PRIu32,
                    wanted, r->domid);
    if (m->has_max && (uint64_t)wanted > m->max) {
        FAIL(ctx, ERROR_INVAL, EINVAL,
             "the target of %" PRId64 " KiB is above the maximum of %" PRIu64
             " KiB of domain %" PRIu32,
             wanted, m->max, r->domid);
        xenerr_field(XENERR_LIMIT, "maximum memory: wanted %" PRId64 " KiB, allowed %" PRIu64,
                     wanted, m->max);
        return ERROR_INVAL;
    }
    *result = (uint64_t)wanted;
    return 0;
}

/* The limit is written first when it grows and is put back by the caller's failure otherwise. */
static int set_target(libxl_ctx *ctx, xs_transaction_t t, void *data)
{
    const struct target *r = data;
    struct memory_nodes m;
    xc_domaininfo_t info;
    uint64_t wanted = 0;
    POOL(pool);
    char *uuid;
    int rc = libxl__domain_get(ctx, r->domid, &info);

    if (!rc)
        rc = read_nodes(ctx, t, r->domid, &m);
    if (!rc)
        rc = new_target(ctx, r, &m, &wanted);
    if (rc)
        return rc;
    if (r->enforce) {
        libxl_domain_build_info none = {.type = LIBXL_DOMAIN_TYPE_INVALID};

        if (xc_domain_setmaxmem(ctx->xch, r->domid, wanted + libxl__maxmem_slack(&none)))
            return BECAUSE(ctx, ERROR_FAIL, "cannot limit the memory of domain %" PRIu32, r->domid);
    }
    /* A guest that started with less than its maximum has pages that are given when touched. */
    if (info.flags & XEN_DOMINF_hvm_guest &&
        xc_domain_set_pod_target(ctx->xch, r->domid, (wanted - m.video) / PAGE_KB, NULL, NULL,
                                 NULL) &&
        errno != ENOSYS && errno != EOPNOTSUPP)
        return BECAUSE(ctx, ERROR_FAIL, "cannot set the memory given on demand of domain %" PRIu32,
                       r->domid);
    uuid = STR(&pool, LIBXL_UUID_FMT, LIBXL__UUID_BYTES(info.handle));
    rc = write_kb(ctx, t, r->domid, "target", wanted - m.video);
    if (!rc && libxl__store_write(ctx, t, STR(&pool, "/vm/%s/memory", uuid),
                                  STR(&pool, "%" PRIu64, wanted / 1024), NULL, 0))
        rc = FAIL(ctx, ERROR_FAIL, errno, "cannot write /vm/%s/memory", uuid);
    return rc;
}

int libxl_set_memory_target(libxl_ctx *ctx, uint32_t domid, int64_t target_memkb, int relative,
                            int enforce)
{
    struct target r = {domid, target_memkb, relative, enforce};
    int rc;

    libxl__enter(ctx);
    rc = libxl__store_transaction(ctx, set_target, &r);
    if (rc)
        BECAUSE(ctx, rc, "cannot set the memory target of domain %" PRIu32, domid);
    libxl__leave(ctx);
    return rc;
}

struct target_question {
    uint32_t domid;
    struct memory_nodes nodes;
};

static int ask_target(libxl_ctx *ctx, xs_transaction_t t, void *data)
{
    struct target_question *q = data;

    return read_nodes(ctx, t, q->domid, &q->nodes);
}

int libxl_get_memory_target(libxl_ctx *ctx, uint32_t domid, uint64_t *out_target)
{
    struct target_question q = {.domid = domid};
    int rc;

    libxl__enter(ctx);
    rc = libxl__store_transaction(ctx, ask_target, &q);
    if (!rc)
        *out_target = q.nodes.target;
    libxl__leave(ctx);
    return rc;
}

/* ---- maximum ---- */

struct maximum {
    uint32_t domid;
    uint64_t kb;
};

static int set_maximum(libxl_ctx *ctx, xs_transaction_t t, void *data)
{
    const struct maximum *r = data;
    libxl_domain_build_info none = {.type = LIBXL_DOMAIN_TYPE_INVALID};
    struct memory_nodes m;
    xc_domaininfo_t info;
    int rc = libxl__domain_get(ctx, r->domid, &info);

    if (!rc)
        rc = read_nodes(ctx, t, r->domid, &m);
    if (rc)
        return rc;
    if (r->kb < m.target)
        return FAIL(ctx, ERROR_INVAL, EINVAL,
                    "the maximum of %" PRIu64 " KiB is below the target of %" PRIu64
                    " KiB of domain %" PRIu32,
                    r->kb, m.target, r->domid);
    if (xc_domain_setmaxmem(ctx->xch, r->domid, r->kb + libxl__maxmem_slack(&none)))
        return BECAUSE(ctx, ERROR_FAIL, "cannot limit the memory of domain %" PRIu32, r->domid);
    return write_kb(ctx, t, r->domid, "static-max", r->kb);
}

int libxl_domain_setmaxmem(libxl_ctx *ctx, uint32_t domid, uint64_t target_memkb)
{
    struct maximum r = {domid, target_memkb};
    int rc;

    libxl__enter(ctx);
    rc = libxl__store_transaction(ctx, set_maximum, &r);
    if (rc)
        BECAUSE(ctx, rc, "cannot set the maximum memory of domain %" PRIu32, domid);
    libxl__leave(ctx);
    return rc;
}

/* ---- free memory ---- */

int libxl_get_free_memory(libxl_ctx *ctx, uint64_t *memkb)
{
    xc_physinfo_t host = {.nr_cpus = 0};
    uint64_t pages;
    int rc = 0;

    libxl__enter(ctx);
    if (xc_physinfo(ctx->xch, &host)) {
        rc = BECAUSE(ctx, ERROR_FAIL, "cannot ask the hypervisor for its free memory");
    } else {
        pages = host.free_pages + host.scrub_pages;
        *memkb = (pages > host.outstanding_pages ? pages - host.outstanding_pages : 0) * PAGE_KB;
    }
    libxl__leave(ctx);
    return rc;
}

static uint64_t build_needs_kb(const libxl_domain_build_info *b)
{
    uint64_t need = b->target_memkb + PV_OVERHEAD_KB;

    if (b->shadow_memkb != LIBXL_MEMKB_DEFAULT)
        need += b->shadow_memkb;
    if (b->iommu_memkb != LIBXL_MEMKB_DEFAULT)
        need += b->iommu_memkb;
    return (need + 1023) / 1024 * 1024;
}

int libxl_domain_need_memory(libxl_ctx *ctx, libxl_domain_config *config,
                             uint32_t domid_for_logging, uint64_t *need_memkb)
{
    int rc;

    libxl__enter(ctx);
    rc = libxl__config_defaults(ctx, config);
    if (!rc && config->b_info.type == LIBXL_DOMAIN_TYPE_HVM)
        rc = libxl__unsupported(ctx, __func__, "create HVM domains");
    if (!rc)
        *need_memkb = build_needs_kb(&config->b_info);
    libxl__leave(ctx);
    return rc;
}

int libxl_domain_need_memory_0x041200(libxl_ctx *ctx, const libxl_domain_build_info *b_info_in,
                                      uint64_t *need_memkb)
{
    libxl_domain_config config;
    int rc;

    libxl_domain_config_init(&config);
    libxl_domain_build_info_dispose(&config.b_info);
    libxl_domain_build_info_copy(ctx, &config.b_info, b_info_in);
    config.c_info.type = b_info_in->type;
    config.c_info.name = strdup("unnamed");
    rc = config.c_info.name ? libxl_domain_need_memory(ctx, &config, INVALID_DOMID, need_memkb)
                            : NO_MEMORY(ctx);
    libxl_domain_config_dispose(&config);
    return rc;
}

static int narrow(libxl_ctx *ctx, const char *op, int rc, uint64_t kb, uint32_t *out)
{
    if (rc)
        return rc;
    if (kb > UINT32_MAX)
        return libxl__fail(ctx, ERROR_FAIL, EOVERFLOW, op,
                           "%" PRIu64 " KiB do not fit into 32 bits", kb);
    *out = (uint32_t)kb;
    return 0;
}

int libxl_domain_need_memory_0x040700(libxl_ctx *ctx, const libxl_domain_build_info *b_info_in,
                                      uint32_t *need_memkb)
{
    uint64_t kb = 0;
    int rc = libxl_domain_need_memory_0x041200(ctx, b_info_in, &kb);

    return narrow(ctx, __func__, rc, kb, need_memkb);
}

int libxl_get_memory_target_0x040700(libxl_ctx *ctx, uint32_t domid, uint32_t *out_target)
{
    uint64_t kb = 0;
    int rc = libxl_get_memory_target(ctx, domid, &kb);

    return narrow(ctx, __func__, rc, kb, out_target);
}

int libxl_get_free_memory_0x040700(libxl_ctx *ctx, uint32_t *memkb)
{
    uint64_t kb = 0;
    int rc = libxl_get_free_memory(ctx, &kb);

    return narrow(ctx, __func__, rc, kb, memkb);
}

/* ---- waiting: nobody tells when memory changes hands, so this has to look ---- */

#define LOOK_AGAIN_MS 100

static void pause_between_looks(void)
{
    const struct timespec t = {0, LOOK_AGAIN_MS * 1000000L};

    nanosleep(&t, NULL);
}

int libxl_wait_for_free_memory(libxl_ctx *ctx, uint32_t domid, uint64_t memory_kb, int wait_secs)
{
    uint64_t free_kb = 0;

    for (int ms = 0;; ms += LOOK_AGAIN_MS) {
        int rc = libxl_get_free_memory(ctx, &free_kb);

        if (rc || free_kb >= memory_kb)
            return rc;
        if (ms >= wait_secs * 1000)
            break;
        pause_between_looks();
    }
    FAIL(ctx, ERROR_NOMEM, ENOMEM, "%" PRIu64 " KiB are free, not %" PRIu64, free_kb, memory_kb);
    xenerr_field(XENERR_LIMIT, "memory: wanted %" PRIu64 " KiB, free %" PRIu64 " KiB", memory_kb,
                 free_kb);
    return ERROR_NOMEM;
}

static uint64_t distance(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

int libxl_wait_for_memory_target(libxl_ctx *ctx, uint32_t domid, int wait_secs)
{
    uint64_t nearest = UINT64_MAX;
    int left_ms = wait_secs * 1000;

    for (;;) {
        libxl_dominfo info;
        uint64_t target = 0, away;
        int rc = libxl_get_memory_target(ctx, domid, &target);

        if (!rc)
            rc = libxl_domain_info(ctx, &info, domid);
        if (rc)
            return rc;
        away = distance(info.current_memkb, target);
        libxl_dominfo_dispose(&info);
        if (away <= PAGE_KB || info.current_memkb == target)
            return 0;
        if (away < nearest)
            nearest = away;
        else
            left_ms -= LOOK_AGAIN_MS;
        if (left_ms <= 0)
            return FAIL(ctx, ERROR_FAIL, ETIMEDOUT,
                        "domain %" PRIu32 " is still %" PRIu64 " KiB from its target", domid, away);
        pause_between_looks();
    }
}

/* Shadow page tables: a page for each vCPU's set, and a bit for each page of memory. */
unsigned long libxl_get_required_shadow_memory(unsigned long maxmem_kb, unsigned int smp_cpus)
{
    return 4UL * (256UL * smp_cpus + 2UL * (maxmem_kb / 1024));
}
