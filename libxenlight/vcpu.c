/* SPDX-License-Identifier: MIT */
/* vCPUs: which there are, where they run, which are online. */
#include <stdlib.h>
#include "internal.h"

/* ---- list ---- */

static int fill_vcpu(libxl_ctx *ctx, uint32_t domid, uint32_t vcpu, int nr_cpus,
                     libxl_vcpuinfo *out)
{
    xc_vcpuinfo_t info;

    libxl_vcpuinfo_init(out);
    if (libxl_bitmap_alloc(ctx, &out->cpumap, nr_cpus) ||
        libxl_bitmap_alloc(ctx, &out->cpumap_soft, nr_cpus))
        return ERROR_NOMEM;
    if (xc_vcpu_getinfo(ctx->xch, domid, vcpu, &info) ||
        xc_vcpu_getaffinity(ctx->xch, domid, (int)vcpu, out->cpumap.map, out->cpumap_soft.map,
                            XEN_VCPUAFFINITY_SOFT | XEN_VCPUAFFINITY_HARD))
        return BECAUSE(ctx, ERROR_FAIL, "cannot ask about vCPU %" PRIu32 " of domain %" PRIu32,
                       vcpu, domid);
    out->vcpuid = vcpu;
    out->cpu = info.cpu;
    out->online = info.online;
    out->blocked = info.blocked;
    out->running = info.running;
    out->vcpu_time = info.cpu_time;
    return 0;
}

libxl_vcpuinfo *libxl_list_vcpu(libxl_ctx *ctx, uint32_t domid, int *nb_vcpu, int *nr_cpus_out)
{
    libxl_vcpuinfo *list = NULL;
    xc_domaininfo_t info;
    int nr_cpus, n = 0;

    *nb_vcpu = *nr_cpus_out = 0;
    libxl__enter(ctx);
    if (libxl__domain_get(ctx, domid, &info))
        goto out;
    nr_cpus = libxl_get_max_cpus(ctx);
    if (nr_cpus < 0)
        goto out;
    list = calloc((size_t)info.max_vcpu_id + 1, sizeof(*list));
    if (!list) {
        NO_MEMORY(ctx);
        goto out;
    }
    for (n = 0; n <= (int)info.max_vcpu_id; n++)
        if (fill_vcpu(ctx, domid, (uint32_t)n, nr_cpus, &list[n])) {
            libxl_vcpuinfo_list_free(list, n + 1);
            list = NULL;
            goto out;
        }
    *nb_vcpu = n;
    *nr_cpus_out = nr_cpus;
out:
    libxl__leave(ctx);
    return list;
}

void libxl_vcpuinfo_list_free(libxl_vcpuinfo *list, int nr_vcpus)
{
    for (int i = 0; list && i < nr_vcpus; i++)
        libxl_vcpuinfo_dispose(&list[i]);
    free(list);
}

/* ---- affinity ---- */

/* A copy of the host's size, since the hypervisor answers into it; NULL stays empty. */
static int host_sized(libxl_ctx *ctx, const libxl_bitmap *map, libxl_bitmap *copy)
{
    int rc;

    if (!map)
        return 0;
    rc = libxl_cpu_bitmap_alloc(ctx, copy, 0);
    if (!rc)
        libxl_bitmap_copy(ctx, copy, map);
    return rc;
}

static int set_affinity(libxl_ctx *ctx, uint32_t domid, uint32_t vcpuid, const libxl_bitmap *hard,
                        const libxl_bitmap *soft, uint32_t flags)
{
    libxl_bitmap h = {0, NULL}, s = {0, NULL};
    int rc;

    libxl__enter(ctx);
    flags |= (hard ? XEN_VCPUAFFINITY_HARD : 0) | (soft ? XEN_VCPUAFFINITY_SOFT : 0);
    if (!hard && !soft) {
        rc = FAIL(ctx, ERROR_INVAL, EINVAL, "neither a hard nor a soft affinity");
        goto out;
    }
    rc = host_sized(ctx, hard, &h);
    if (!rc)
        rc = host_sized(ctx, soft, &s);
    if (rc)
        goto out;
    if (xc_vcpu_setaffinity(ctx->xch, domid, (int)vcpuid, h.map, s.map, flags)) {
        rc = BECAUSE(ctx, ERROR_FAIL,
                     "cannot set the affinity of vCPU %" PRIu32 " of domain %" PRIu32, vcpuid,
                     domid);
        goto out;
    }
    if (soft && libxl_bitmap_is_empty(&s))
        WARN(ctx, "vCPU %" PRIu32 " of domain %" PRIu32 " cannot run where it should", vcpuid,
             domid);
out:
    libxl_bitmap_dispose(&h);
    libxl_bitmap_dispose(&s);
    libxl__leave(ctx);
    return rc;
}

int libxl_set_vcpuaffinity(libxl_ctx *ctx, uint32_t domid, uint32_t vcpuid,
                           const libxl_bitmap *cpumap_hard, const libxl_bitmap *cpumap_soft)
{
    return set_affinity(ctx, domid, vcpuid, cpumap_hard, cpumap_soft, 0);
}

int libxl_set_vcpuaffinity_force(libxl_ctx *ctx, uint32_t domid, uint32_t vcpuid,
                                 const libxl_bitmap *cpumap_hard, const libxl_bitmap *cpumap_soft)
{
    return set_affinity(ctx, domid, vcpuid, cpumap_hard, cpumap_soft, XEN_VCPUAFFINITY_FORCE);
}

int libxl_set_vcpuaffinity_all(libxl_ctx *ctx, uint32_t domid, unsigned int max_vcpus,
                               const libxl_bitmap *cpumap_hard, const libxl_bitmap *cpumap_soft)
{
    int rc = 0;

    /* The others are still tried: as much as possible is what the caller wants. */
    for (unsigned int i = 0; i < max_vcpus; i++) {
        int one = libxl_set_vcpuaffinity(ctx, domid, i, cpumap_hard, cpumap_soft);

        if (one)
            rc = one;
    }
    return rc;
}

/* ---- NUMA nodes ---- */

int libxl_domain_set_nodeaffinity(libxl_ctx *ctx, uint32_t domid, libxl_bitmap *nodemap)
{
    libxl_bitmap map = {0, NULL};
    int rc;

    libxl__enter(ctx);
    rc = libxl_node_bitmap_alloc(ctx, &map, 0);
    if (!rc) {
        libxl_bitmap_copy(ctx, &map, nodemap);
        if (xc_domain_node_setaffinity(ctx->xch, domid, map.map))
            rc = BECAUSE(ctx, ERROR_FAIL, "cannot set the NUMA nodes of domain %" PRIu32, domid);
    }
    libxl_bitmap_dispose(&map);
    libxl__leave(ctx);
    return rc;
}

int libxl_domain_get_nodeaffinity(libxl_ctx *ctx, uint32_t domid, libxl_bitmap *nodemap)
{
    libxl_bitmap map = {0, NULL};
    int rc;

    libxl__enter(ctx);
    rc = libxl_node_bitmap_alloc(ctx, &map, 0);
    if (!rc && xc_domain_node_getaffinity(ctx->xch, domid, map.map))
        rc = BECAUSE(ctx, ERROR_FAIL, "cannot ask for the NUMA nodes of domain %" PRIu32, domid);
    if (!rc)
        libxl_bitmap_copy(ctx, nodemap, &map);
    libxl_bitmap_dispose(&map);
    libxl__leave(ctx);
    return rc;
}

/* ---- online: asked in the store ---- */

struct online {
    uint32_t domid;
    uint32_t max_vcpu_id;
    const libxl_bitmap *map;
};

static int write_online(libxl_ctx *ctx, xs_transaction_t t, void *data)
{
    const struct online *o = data;
    POOL(pool);

    for (uint32_t i = 0; i <= o->max_vcpu_id; i++) {
        const char *state = libxl_bitmap_test(o->map, (int)i) ? "online" : "offline";
        char *path =
            STR(&pool, "/local/domain/%" PRIu32 "/cpu/%" PRIu32 "/availability", o->domid, i);

        if (libxl__store_write(ctx, t, path, state, NULL, 0))
            return FAIL(ctx, ERROR_FAIL, errno, "cannot write %s in the store", path);
    }
    return 0;
}

static int check_online(libxl_ctx *ctx, uint32_t domid, const xc_domaininfo_t *info,
                        const libxl_bitmap *map)
{
    for (int i = (int)info->max_vcpu_id + 1; i < (int)map->size * 8; i++)
        if (libxl_bitmap_test(map, i))
            return FAIL(ctx, ERROR_INVAL, EINVAL,
                        "domain %" PRIu32 " has %" PRIu32 " vCPUs, so there is no vCPU %d", domid,
                        info->max_vcpu_id + 1, i);
    if (libxl_bitmap_is_empty(map))
        return FAIL(ctx, ERROR_INVAL, EINVAL, "a domain needs a vCPU");
    return 0;
}

int libxl_set_vcpuonline(libxl_ctx *ctx, uint32_t domid, libxl_bitmap *cpumap,
                         const libxl_asyncop_how *ao_how)
{
    xc_domaininfo_t info;
    int rc;

    libxl__enter(ctx);
    rc = libxl__domain_get(ctx, domid, &info);
    if (!rc && libxl__domain_type(ctx, domid) == LIBXL_DOMAIN_TYPE_HVM)
        rc = libxl__unsupported(ctx, __func__, "plug vCPUs of HVM domains");
    if (!rc)
        rc = check_online(ctx, domid, &info, cpumap);
    if (!rc) {
        struct online o = {domid, info.max_vcpu_id, cpumap};

        rc = libxl__store_transaction(ctx, write_online, &o);
    }
    rc = libxl__ao_at_once(ctx, ao_how, rc);
    libxl__leave(ctx);
    return rc;
}
