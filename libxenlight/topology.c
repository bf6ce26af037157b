/* SPDX-License-Identifier: MIT */
/* Where CPUs, memory and PCI devices are in the host. */
#include <dirent.h>
#include <stdlib.h>
#include "internal.h"

/* ---- CPUs ---- */

static uint32_t known(uint32_t value, uint32_t invalid)
{
    return value == invalid ? LIBXL_CPUTOPOLOGY_INVALID_ENTRY : value;
}

libxl_cputopology *libxl_get_cpu_topology(libxl_ctx *ctx, int *nb_cpu_out)
{
    libxl_cputopology *result = NULL;
    xc_cputopo_t *topo = NULL;
    unsigned int n = 0;

    *nb_cpu_out = 0;
    libxl__enter(ctx);
    if (xc_cputopoinfo(ctx->xch, &n, NULL)) {
        BECAUSE(ctx, ERROR_FAIL, "cannot learn how many CPUs there are");
        goto out;
    }
    topo = calloc(n ? n : 1, sizeof(*topo));
    if (!topo) {
        NO_MEMORY(ctx);
        goto out;
    }
    if (xc_cputopoinfo(ctx->xch, &n, topo)) {
        BECAUSE(ctx, ERROR_FAIL, "cannot learn where the CPUs are");
        goto out;
    }
    result = calloc(n ? n : 1, sizeof(*result));
    if (!result) {
        NO_MEMORY(ctx);
        goto out;
    }
    for (unsigned int i = 0; i < n; i++) {
        libxl_cputopology_init(&result[i]);
        result[i].core = known(topo[i].core, XEN_INVALID_CORE_ID);
        result[i].socket = known(topo[i].socket, XEN_INVALID_SOCKET_ID);
        result[i].node = known(topo[i].node, XEN_INVALID_NODE_ID);
    }
    *nb_cpu_out = (int)n;
out:
    free(topo);
    libxl__leave(ctx);
    return result;
}

void libxl_cputopology_list_free(libxl_cputopology *list, int nb_cpu)
{
    for (int i = 0; list && i < nb_cpu; i++)
        libxl_cputopology_dispose(&list[i]);
    free(list);
}

/* ---- NUMA nodes ---- */

static int fill_node(libxl_ctx *ctx, libxl_numainfo *out, const xc_meminfo_t *in,
                     const uint32_t *distances, unsigned int n)
{
    libxl_numainfo_init(out);
    out->size = in->memsize == XEN_INVALID_MEM_SZ ? LIBXL_NUMAINFO_INVALID_ENTRY : in->memsize;
    out->free = in->memfree == XEN_INVALID_MEM_SZ ? LIBXL_NUMAINFO_INVALID_ENTRY : in->memfree;
    out->dists = calloc(n, sizeof(*out->dists));
    if (!out->dists)
        return NO_MEMORY(ctx);
    out->num_dists = (int)n;
    for (unsigned int j = 0; j < n; j++)
        out->dists[j] =
            distances[j] == XEN_INVALID_NODE_DIST ? LIBXL_NUMAINFO_INVALID_ENTRY : distances[j];
    return 0;
}

libxl_numainfo *libxl_get_numainfo(libxl_ctx *ctx, int *nr)
{
    libxl_numainfo *result = NULL;
    xc_meminfo_t *nodes = NULL;
    uint32_t *distances = NULL;
    unsigned int n = 0;

    *nr = 0;
    libxl__enter(ctx);
    if (xc_numainfo(ctx->xch, &n, NULL, NULL)) {
        BECAUSE(ctx, ERROR_FAIL, "cannot learn how many NUMA nodes there are");
        goto out;
    }
    nodes = calloc((size_t)n + 1, sizeof(*nodes));
    distances = calloc((size_t)n * n + 1, sizeof(*distances));
    result = calloc((size_t)n + 1, sizeof(*result));
    if (!nodes || !distances || !result) {
        NO_MEMORY(ctx);
        goto fail;
    }
    if (xc_numainfo(ctx->xch, &n, nodes, distances)) {
        BECAUSE(ctx, ERROR_FAIL, "cannot learn about the NUMA nodes");
        goto fail;
    }
    for (unsigned int i = 0; i < n; i++) {
        if (fill_node(ctx, &result[i], &nodes[i], distances + (size_t)i * n, n))
            goto fail;
        *nr = (int)i + 1;
    }
    goto out;
fail:
    libxl_numainfo_list_free(result, *nr);
    result = NULL;
    *nr = 0;
out:
    free(nodes);
    free(distances);
    libxl__leave(ctx);
    return result;
}

void libxl_numainfo_list_free(libxl_numainfo *list, int nr)
{
    for (int i = 0; list && i < nr; i++)
        libxl_numainfo_dispose(&list[i]);
    free(list);
}

/* ---- PCI devices, as Linux lists them ---- */

#define SYSFS_PCI_DEVICES "/sys/bus/pci/devices"

static unsigned int list_pci(physdev_pci_device_t *devices, unsigned int room)
{
    DIR *dir = opendir(SYSFS_PCI_DEVICES);
    struct dirent *entry;
    unsigned int n = 0;

    while (dir && (entry = readdir(dir))) {
        unsigned int seg, bus, dev, func;

        if (sscanf(entry->d_name, "%x:%x:%x.%x", &seg, &bus, &dev, &func) != 4)
            continue;
        if (n < room)
            devices[n] = (physdev_pci_device_t){
                .seg = seg, .bus = bus, .devfn = (dev & 0x1f) << 3 | (func & 7)};
        n++;
    }
    if (dir)
        closedir(dir);
    return n;
}

libxl_pcitopology *libxl_get_pci_topology(libxl_ctx *ctx, int *num_devs)
{
    unsigned int n = list_pci(NULL, 0), now;
    physdev_pci_device_t *devices = calloc(n + 1, sizeof(*devices));
    uint32_t *nodes = calloc(n + 1, sizeof(*nodes));
    libxl_pcitopology *result = NULL;

    *num_devs = 0;
    libxl__enter(ctx);
    if (!devices || !nodes) {
        NO_MEMORY(ctx);
        goto out;
    }
    now = list_pci(devices, n);
    if (now < n)
        n = now;
    if (n && xc_pcitopoinfo(ctx->xch, n, devices, nodes)) {
        BECAUSE(ctx, ERROR_FAIL, "cannot learn where the PCI devices are");
        goto out;
    }
    result = calloc(n + 1, sizeof(*result));
    if (!result) {
        NO_MEMORY(ctx);
        goto out;
    }
    for (unsigned int i = 0; i < n; i++) {
        libxl_pcitopology_init(&result[i]);
        result[i].seg = devices[i].seg;
        result[i].bus = devices[i].bus;
        result[i].devfn = devices[i].devfn;
        result[i].node = nodes[i] == XEN_INVALID_NODE_ID || nodes[i] == XEN_INVALID_DEV
                             ? LIBXL_PCITOPOLOGY_INVALID_ENTRY
                             : nodes[i];
    }
    *num_devs = (int)n;
out:
    free(devices);
    free(nodes);
    libxl__leave(ctx);
    return result;
}

void libxl_pcitopology_list_free(libxl_pcitopology *list, int num_devs)
{
    for (int i = 0; list && i < num_devs; i++)
        libxl_pcitopology_dispose(&list[i]);
    free(list);
}

/* ---- maps of the host's size ---- */

static int alloc_map(libxl_ctx *ctx, libxl_bitmap *map, int wanted, int (*ask)(libxl_ctx *ctx))
{
    int rc;

    libxl__enter(ctx);
    if (wanted < 0)
        rc = FAIL(ctx, ERROR_INVAL, EINVAL, "a map of %d entries", wanted);
    else if (!wanted && (wanted = ask(ctx)) < 0)
        rc = wanted;
    else
        rc = libxl_bitmap_alloc(ctx, map, wanted);
    libxl__leave(ctx);
    return rc;
}

int libxl_cpu_bitmap_alloc(libxl_ctx *ctx, libxl_bitmap *cpumap, int max_cpus)
{
    return alloc_map(ctx, cpumap, max_cpus, libxl_get_max_cpus);
}

int libxl_node_bitmap_alloc(libxl_ctx *ctx, libxl_bitmap *nodemap, int max_nodes)
{
    return alloc_map(ctx, nodemap, max_nodes, libxl_get_max_nodes);
}

static int count_sockets(libxl_ctx *ctx)
{
    int n, highest = -1;
    libxl_cputopology *topo = libxl_get_cpu_topology(ctx, &n);

    if (!topo)
        return ERROR_FAIL;
    for (int i = 0; i < n; i++)
        if (topo[i].socket != LIBXL_CPUTOPOLOGY_INVALID_ENTRY && (int)topo[i].socket > highest)
            highest = (int)topo[i].socket;
    libxl_cputopology_list_free(topo, n);
    return highest + 1;
}

int libxl_socket_bitmap_alloc(libxl_ctx *ctx, libxl_bitmap *socketmap, int max_sockets)
{
    return alloc_map(ctx, socketmap, max_sockets, count_sockets);
}

/* Calls set for each CPU there is. */
static int each_cpu(libxl_ctx *ctx, const libxl_bitmap *from, libxl_bitmap *to,
                    void (*set)(const libxl_cputopology *topo, int cpu, const libxl_bitmap *from,
                                libxl_bitmap *to))
{
    libxl_cputopology *topo;
    int n, rc = 0;

    libxl__enter(ctx);
    topo = libxl_get_cpu_topology(ctx, &n);
    if (!topo) {
        rc = ERROR_FAIL;
    } else {
        libxl_bitmap_set_none(to);
        for (int i = 0; i < n; i++)
            if (topo[i].node != LIBXL_CPUTOPOLOGY_INVALID_ENTRY)
                set(&topo[i], i, from, to);
        libxl_cputopology_list_free(topo, n);
    }
    libxl__leave(ctx);
    return rc;
}

static void set_socket(const libxl_cputopology *topo, int cpu, const libxl_bitmap *from,
                       libxl_bitmap *to)
{
    libxl_bitmap_set(to, (int)topo->socket);
}

static void set_cpu_of_nodes(const libxl_cputopology *topo, int cpu, const libxl_bitmap *from,
                             libxl_bitmap *to)
{
    if (libxl_bitmap_test(from, (int)topo->node))
        libxl_bitmap_set(to, cpu);
}

static void set_node_of_cpus(const libxl_cputopology *topo, int cpu, const libxl_bitmap *from,
                             libxl_bitmap *to)
{
    if (libxl_bitmap_test(from, cpu))
        libxl_bitmap_set(to, (int)topo->node);
}

int libxl_get_online_socketmap(libxl_ctx *ctx, libxl_bitmap *socketmap)
{
    return each_cpu(ctx, NULL, socketmap, set_socket);
}

int libxl_nodemap_to_cpumap(libxl_ctx *ctx, const libxl_bitmap *nodemap, libxl_bitmap *cpumap)
{
    return each_cpu(ctx, nodemap, cpumap, set_cpu_of_nodes);
}

int libxl_cpumap_to_nodemap(libxl_ctx *ctx, const libxl_bitmap *cpumap, libxl_bitmap *nodemap)
{
    return each_cpu(ctx, cpumap, nodemap, set_node_of_cpus);
}

int libxl_node_to_cpumap(libxl_ctx *ctx, int node, libxl_bitmap *cpumap)
{
    libxl_bitmap nodemap;
    int rc = libxl_bitmap_alloc(ctx, &nodemap, node < 0 ? 0 : node + 1);

    if (rc)
        return rc;
    libxl_bitmap_set(&nodemap, node);
    rc = libxl_nodemap_to_cpumap(ctx, &nodemap, cpumap);
    libxl_bitmap_dispose(&nodemap);
    return rc;
}
