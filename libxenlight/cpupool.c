/* SPDX-License-Identifier: MIT */
/* CPU pools. */
#include <stdlib.h>
#include "internal.h"

/* ---- what there is ---- */

static int fill_pool(libxl_ctx *ctx, libxl_cpupoolinfo *out, const xc_cpupoolinfo_t *in)
{
    int size = xc_get_cpumap_size(ctx->xch);

    libxl_cpupoolinfo_init(out);
    if (size <= 0)
        return BECAUSE(ctx, ERROR_FAIL, "cannot learn how many CPUs there are");
    out->poolid = in->cpupool_id;
    out->sched = (libxl_scheduler)in->sched_id;
    out->n_dom = in->n_dom;
    out->pool_name = libxl_cpupoolid_to_name(ctx, in->cpupool_id);
    if (libxl_bitmap_alloc(ctx, &out->cpumap, size * 8))
        return ERROR_NOMEM;
    memcpy(out->cpumap.map, in->cpumap, (size_t)size);
    return 0;
}

int libxl_cpupool_info(libxl_ctx *ctx, libxl_cpupoolinfo *info, uint32_t poolid)
{
    xc_cpupoolinfo_t *pool;
    int rc;

    libxl__enter(ctx);
    pool = xc_cpupool_getinfo(ctx->xch, poolid);
    if (!pool || pool->cpupool_id != poolid) {
        xenerr_set(ENOENT, "libxenlight", __func__, "there is no CPU pool %" PRIu32, poolid);
        rc = ERROR_FAIL;
    } else {
        rc = fill_pool(ctx, info, pool);
        if (rc)
            libxl_cpupoolinfo_dispose(info);
    }
    if (pool)
        xc_cpupool_infofree(ctx->xch, pool);
    libxl__leave(ctx);
    return rc;
}

libxl_cpupoolinfo *libxl_list_cpupool(libxl_ctx *ctx, int *nb_pool_out)
{
    libxl_cpupoolinfo *list = NULL;
    xc_cpupoolinfo_t *pool;
    uint32_t next = 0;
    int n = 0, rc = 0;

    libxl__enter(ctx);
    while (!rc && (pool = xc_cpupool_getinfo(ctx->xch, next))) {
        libxl_cpupoolinfo *bigger = realloc(list, ((size_t)n + 1) * sizeof(*list));

        if (bigger) {
            list = bigger;
            rc = fill_pool(ctx, &list[n++], pool);
            next = pool->cpupool_id + 1;
        } else {
            rc = NO_MEMORY(ctx);
        }
        xc_cpupool_infofree(ctx->xch, pool);
    }
    if (rc) {
        libxl_cpupoolinfo_list_free(list, n);
        list = NULL;
        n = 0;
    }
    *nb_pool_out = n;
    libxl__leave(ctx);
    return list;
}

void libxl_cpupoolinfo_list_free(libxl_cpupoolinfo *list, int nb_pool)
{
    for (int i = 0; list && i < nb_pool; i++)
        libxl_cpupoolinfo_dispose(&list[i]);
    free(list);
}

int libxl_get_freecpus(libxl_ctx *ctx, libxl_bitmap *cpumap)
{
    xc_cpumap_t map;
    int size, rc = 0;

    libxl__enter(ctx);
    map = xc_cpupool_freeinfo(ctx->xch);
    size = xc_get_cpumap_size(ctx->xch);
    if (!map || size <= 0)
        rc = BECAUSE(ctx, ERROR_FAIL, "cannot ask for the CPUs that are in no pool");
    else
        rc = libxl_bitmap_alloc(ctx, cpumap, size * 8);
    if (!rc)
        memcpy(cpumap->map, map, (size_t)size);
    free(map);
    libxl__leave(ctx);
    return rc;
}

/* ---- CPUs of a pool ---- */

static int change_cpu(libxl_ctx *ctx, uint32_t poolid, int cpu,
                      int (*change)(xc_interface *xch, uint32_t poolid, int cpu), const char *what)
{
    int rc = 0;

    libxl__enter(ctx);
    if (change(ctx->xch, poolid, cpu))
        rc = BECAUSE(ctx, ERROR_FAIL, "cannot %s CPU %d, CPU pool %" PRIu32, what, cpu, poolid);
    libxl__leave(ctx);
    return rc;
}

int libxl_cpupool_cpuadd(libxl_ctx *ctx, uint32_t poolid, int cpu)
{
    return change_cpu(ctx, poolid, cpu, xc_cpupool_addcpu, "add");
}

int libxl_cpupool_cpuremove(libxl_ctx *ctx, uint32_t poolid, int cpu)
{
    return change_cpu(ctx, poolid, cpu, xc_cpupool_removecpu, "remove");
}

/* Every CPU of the map is tried; the first failure is returned. */
static int change_map(libxl_ctx *ctx, uint32_t poolid, const libxl_bitmap *map,
                      int (*change)(libxl_ctx *ctx, uint32_t poolid, int cpu))
{
    uint32_t cpu;
    int rc = 0;

    libxl_for_each_set_bit (cpu, *map) {
        int one = change(ctx, poolid, (int)cpu);

        if (!rc)
            rc = one;
    }
    return rc;
}

int libxl_cpupool_cpuadd_cpumap(libxl_ctx *ctx, uint32_t poolid, const libxl_bitmap *cpumap)
{
    return change_map(ctx, poolid, cpumap, libxl_cpupool_cpuadd);
}

int libxl_cpupool_cpuremove_cpumap(libxl_ctx *ctx, uint32_t poolid, const libxl_bitmap *cpumap)
{
    return change_map(ctx, poolid, cpumap, libxl_cpupool_cpuremove);
}

/* The CPUs of a node that are in `among`. */
static int change_node(libxl_ctx *ctx, uint32_t poolid, int node, const libxl_bitmap *among,
                       int (*change)(libxl_ctx *ctx, uint32_t poolid, int cpu), int *cpus)
{
    libxl_bitmap of_node = {0, NULL};
    uint32_t cpu;
    int rc = libxl_cpu_bitmap_alloc(ctx, &of_node, 0);

    *cpus = 0;
    if (!rc)
        rc = libxl_node_to_cpumap(ctx, node, &of_node);
    libxl_for_each_set_bit (cpu, of_node) {
        if (!rc && libxl_bitmap_test(among, (int)cpu) && !change(ctx, poolid, (int)cpu))
            (*cpus)++;
    }
    libxl_bitmap_dispose(&of_node);
    return rc;
}

int libxl_cpupool_cpuadd_node(libxl_ctx *ctx, uint32_t poolid, int node, int *cpus)
{
    libxl_bitmap free_cpus = {0, NULL};
    int rc = libxl_get_freecpus(ctx, &free_cpus);

    if (!rc)
        rc = change_node(ctx, poolid, node, &free_cpus, libxl_cpupool_cpuadd, cpus);
    libxl_bitmap_dispose(&free_cpus);
    return rc;
}

int libxl_cpupool_cpuremove_node(libxl_ctx *ctx, uint32_t poolid, int node, int *cpus)
{
    libxl_cpupoolinfo info;
    int rc;

    libxl_cpupoolinfo_init(&info);
    rc = libxl_cpupool_info(ctx, &info, poolid);
    if (!rc)
        rc = change_node(ctx, poolid, node, &info.cpumap, libxl_cpupool_cpuremove, cpus);
    libxl_cpupoolinfo_dispose(&info);
    return rc;
}

/* ---- create, destroy, rename ---- */

static int write_pool(libxl_ctx *ctx, uint32_t poolid, const char *node, const char *value)
{
    POOL(pool);
    char *path = STR(&pool, "/local/pool/%" PRIu32 "/%s", poolid, node);

    return libxl__store_write(ctx, XBT_NULL, path, value, NULL, 0)
               ? FAIL(ctx, ERROR_FAIL, errno, "cannot write %s in the store", path)
               : 0;
}

static int describe_pool(libxl_ctx *ctx, uint32_t poolid, const char *name, libxl_uuid *uuid)
{
    POOL(pool);
    int rc = write_pool(ctx, poolid, "uuid", STR(&pool, LIBXL_UUID_FMT, LIBXL_UUID_BYTES(*uuid)));

    return rc ? rc : write_pool(ctx, poolid, "name", name);
}

int libxl_cpupool_create(libxl_ctx *ctx, const char *name, libxl_scheduler sched,
                         libxl_bitmap cpumap, libxl_uuid *uuid, uint32_t *poolid)
{
    uint32_t cpu;
    int rc = 0;

    libxl__enter(ctx);
    if (xc_cpupool_create(ctx->xch, poolid, sched)) {
        rc = BECAUSE(ctx, ERROR_FAIL, "cannot create a CPU pool");
        goto out;
    }
    libxl_for_each_set_bit (cpu, cpumap) {
        if (!rc)
            rc = libxl_cpupool_cpuadd(ctx, *poolid, (int)cpu);
    }
    if (!rc)
        rc = describe_pool(ctx, *poolid, name, uuid);
    if (rc) {
        libxl_cpupool_destroy(ctx, *poolid);
        BECAUSE(ctx, rc, "cannot create the CPU pool \"%s\"", name);
    }
out:
    libxl__leave(ctx);
    return rc;
}

int libxl_cpupool_destroy(libxl_ctx *ctx, uint32_t poolid)
{
    libxl_cpupoolinfo info;
    POOL(pool);
    int rc;

    libxl_cpupoolinfo_init(&info);
    libxl__enter(ctx);
    rc = libxl_cpupool_info(ctx, &info, poolid);
    if (rc)
        goto out;
    if (info.n_dom) {
        rc = FAIL(ctx, ERROR_INVAL, EBUSY, "CPU pool %" PRIu32 " has %" PRIu32 " domains", poolid,
                  info.n_dom);
        goto out;
    }
    rc = libxl_cpupool_cpuremove_cpumap(ctx, poolid, &info.cpumap);
    if (!rc && xc_cpupool_destroy(ctx->xch, poolid))
        rc = BECAUSE(ctx, ERROR_FAIL, "cannot destroy CPU pool %" PRIu32, poolid);
    if (!rc && libxl__store_rm(ctx, XBT_NULL, STR(&pool, "/local/pool/%" PRIu32, poolid)))
        rc = FAIL(ctx, ERROR_FAIL, errno, "cannot remove CPU pool %" PRIu32 " from the store",
                  poolid);
out:
    libxl_cpupoolinfo_dispose(&info);
    libxl__leave(ctx);
    return rc;
}

int libxl_cpupool_rename(libxl_ctx *ctx, const char *name, uint32_t poolid)
{
    libxl_cpupoolinfo info;
    int rc;

    libxl_cpupoolinfo_init(&info);
    libxl__enter(ctx);
    rc = libxl_cpupool_info(ctx, &info, poolid);
    if (!rc)
        rc = write_pool(ctx, poolid, "name", name);
    libxl_cpupoolinfo_dispose(&info);
    libxl__leave(ctx);
    return rc;
}

int libxl_cpupool_movedomain(libxl_ctx *ctx, uint32_t poolid, uint32_t domid)
{
    int rc = 0;

    libxl__enter(ctx);
    if (xc_cpupool_movedomain(ctx->xch, poolid, domid))
        rc = BECAUSE(ctx, ERROR_FAIL, "cannot move domain %" PRIu32 " to CPU pool %" PRIu32, domid,
                     poolid);
    libxl__leave(ctx);
    return rc;
}
