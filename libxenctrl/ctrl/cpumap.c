/* SPDX-License-Identifier: MIT */
/* Maps of CPUs and of NUMA nodes. */
#include "private.h"

/* Neither limit changes while a host is up, and every affinity call needs one. */
static int cached_limit(xc_interface *xch, const char *operation, atomic_int *cache, bool nodes)
{
    int limit = atomic_load(cache);
    xc_physinfo_t info = {0};

    if (limit)
        return limit;
    if (xc_physinfo(xch, &info)) {
        xenerr_wrap("libxenctrl", operation, "cannot get the host's limits");
        return -1;
    }
    limit = (nodes ? info.max_node_id : info.max_cpu_id) + 1;
    atomic_store(cache, limit);
    return limit;
}

PUBLIC int xc_get_max_cpus(xc_interface *xch)
{
    return cached_limit(xch, __func__, &xch->max_cpus, false);
}

PUBLIC int xc_get_max_nodes(xc_interface *xch)
{
    return cached_limit(xch, __func__, &xch->max_nodes, true);
}

PUBLIC int xc_get_online_cpus(xc_interface *xch)
{
    xc_physinfo_t info = {0};

    return xc_physinfo(xch, &info) ? -1 : (int)info.nr_cpus;
}

PUBLIC int xc_get_cpumap_size(xc_interface *xch)
{
    int cpus = xc_get_max_cpus(xch);

    return cpus < 0 ? -1 : (cpus + 7) / 8;
}

PUBLIC int xc_get_nodemap_size(xc_interface *xch)
{
    int nodes = xc_get_max_nodes(xch);

    return nodes < 0 ? -1 : (nodes + 7) / 8;
}

static uint8_t *new_map(xc_interface *xch, const char *operation, int size)
{
    uint8_t *map = NULL;

    if (size <= 0)
        return NULL;
    map = calloc(1, size);
    if (!map)
        xc__fail(xch, ENOMEM, operation, NULL, "no memory for a map of %d bytes", size);
    return map;
}

PUBLIC xc_cpumap_t xc_cpumap_alloc(xc_interface *xch)
{
    return new_map(xch, __func__, xc_get_cpumap_size(xch));
}

PUBLIC xc_nodemap_t xc_nodemap_alloc(xc_interface *xch)
{
    return new_map(xch, __func__, xc_get_nodemap_size(xch));
}

PUBLIC void xc_cpumap_clearcpu(int cpu, xc_cpumap_t map)
{
    map[cpu / 8] &= ~(1 << (cpu % 8));
}

PUBLIC void xc_cpumap_setcpu(int cpu, xc_cpumap_t map)
{
    map[cpu / 8] |= 1 << (cpu % 8);
}

PUBLIC int xc_cpumap_testcpu(int cpu, xc_cpumap_t map)
{
    return (map[cpu / 8] >> (cpu % 8)) & 1;
}
