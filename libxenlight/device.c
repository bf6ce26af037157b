/* SPDX-License-Identifier: MIT */
/*
 * Devices of domains, as the store has them: one table says for each class of devices how its nodes
 * are read.  The toolstack's own nodes, which guests cannot write, say where a backend is.
 */
#include <stdlib.h>
#include "types.h"
#include "internal.h"

/* A device in the store. */
struct place {
    libxl_ctx *ctx;
    struct pool pool;
    uint32_t domid;
    int devid;
    const char *front, *back;
};

struct class
{
    const char *name; /* in the store */
    const struct type *type;
    int (*read)(struct place *p, void *device);
};

/* ---- reading nodes ---- */

static const char *back_node(struct place *p, const char *name)
{
    return libxl__store_read(p->ctx, &p->pool, XBT_NULL, STR(&p->pool, "%s/%s", p->back, name));
}

static int number(const char *text, int missing)
{
    return text ? (int)strtol(text, NULL, 0) : missing;
}

/* 0, or -1 without memory; a node that is missing leaves *out NULL. */
static int take(struct place *p, const char *name, char **out)
{
    const char *text = back_node(p, name);

    if (!text)
        return 0;
    *out = strdup(text);
    return *out ? 0 : -1;
}

static uint32_t backend_domid(const char *back)
{
    unsigned int domid = 0;

    return sscanf(back, "/local/domain/%u/", &domid) == 1 ? domid : 0;
}

/* ---- disks ---- */

static libxl_disk_backend disk_backend(const char *type)
{
    if (type && !strcmp(type, "phy"))
        return LIBXL_DISK_BACKEND_PHY;
    if (type && !strcmp(type, "qdisk"))
        return LIBXL_DISK_BACKEND_QDISK;
    return type && !strcmp(type, "tap") ? LIBXL_DISK_BACKEND_TAP : LIBXL_DISK_BACKEND_UNKNOWN;
}

/* "FORMAT:PATH" for what a program serves, the bare path for a block device. */
static int disk_path(struct place *p, libxl_device_disk *disk)
{
    const char *params = back_node(p, "params");
    const char *colon = params ? strchr(params, ':') : NULL;

    disk->format = LIBXL_DISK_FORMAT_RAW;
    if (disk->backend != LIBXL_DISK_BACKEND_PHY && colon) {
        const char *format = STR(&p->pool, "%.*s", (int)(colon - params), params);

        if (format && !strcmp(format, "aio"))
            format = "raw";
        if (!format || libxl_disk_format_from_string(format, &disk->format))
            disk->format = LIBXL_DISK_FORMAT_UNKNOWN;
        params = colon + 1;
    }
    if (!params || !*params) {
        disk->format = LIBXL_DISK_FORMAT_EMPTY;
        return 0;
    }
    disk->pdev_path = strdup(params);
    return disk->pdev_path ? 0 : -1;
}

static int read_disk(struct place *p, void *device)
{
    libxl_device_disk *disk = device;
    const char *mode = back_node(p, "mode"), *type = back_node(p, "device-type");
    const char *discard = back_node(p, "discard-enable"), *spec = back_node(p, "specification");

    disk->backend_domid = backend_domid(p->back);
    disk->backend = disk_backend(back_node(p, "type"));
    disk->readwrite = mode && !strcmp(mode, "w");
    disk->is_cdrom = type && !strcmp(type, "cdrom");
    disk->removable = number(back_node(p, "removable"), 0);
    disk->direct_io_safe = number(back_node(p, "direct-io-safe"), 0);
    if (discard)
        libxl_defbool_set(&disk->discard_enable, number(discard, 0));
    if (spec)
        libxl_disk_specification_from_string(spec, &disk->specification);
    return take(p, "dev", &disk->vdev) || take(p, "script", &disk->script) || disk_path(p, disk)
               ? -1
               : 0;
}

/* ---- network interfaces ---- */

static int read_nic(struct place *p, void *device)
{
    libxl_device_nic *nic = device;
    const char *mac = back_node(p, "mac"), *type = back_node(p, "type");
    const char *rate = back_node(p, "rate");

    nic->backend_domid = backend_domid(p->back);
    nic->devid = p->devid;
    nic->mtu = number(
        libxl__store_read(p->ctx, &p->pool, XBT_NULL, STR(&p->pool, "%s/mtu", p->front)), 1500);
    nic->nictype =
        type && !strcmp(type, "vif_ioemu") ? LIBXL_NIC_TYPE_VIF_IOEMU : LIBXL_NIC_TYPE_VIF;
    if (mac)
        libxl__mac_parse(mac, &nic->mac);
    if (rate)
        sscanf(rate, "%" SCNu64 ",%" SCNu32, &nic->rate_bytes_per_interval,
               &nic->rate_interval_usecs);
    return take(p, "ip", &nic->ip) || take(p, "bridge", &nic->bridge) ||
                   take(p, "vifname", &nic->ifname) || take(p, "script", &nic->script) ||
                   take(p, "gatewaydev", &nic->gatewaydev)
               ? -1
               : 0;
}

/* ---- classes ---- */

static const struct class disks = {"vbd", &libxl__type_device_disk, read_disk};
static const struct class nics = {"vif", &libxl__type_device_nic, read_nic};

/* 0, ERROR_NOTFOUND when there is no such device, or ERROR_*. */
static int find_place(struct place *p, const struct class *class)
{
    char *own = STR(&p->pool, "/libxl/%" PRIu32 "/device/%s/%d", p->domid, class->name, p->devid);

    p->back = libxl__store_read(p->ctx, &p->pool, XBT_NULL, STR(&p->pool, "%s/backend", own));
    p->front = libxl__store_read(p->ctx, &p->pool, XBT_NULL, STR(&p->pool, "%s/frontend", own));
    if (p->pool.failed)
        return NO_MEMORY(p->ctx);
    if (p->back && p->front)
        return 0;
    xenerr_set(ENODEV, "libxenlight", libxl__op(p->ctx, "libxl_device"),
               "domain %" PRIu32 " has no %s %d", p->domid, class->name, p->devid);
    return ERROR_NOTFOUND;
}

static int read_device(libxl_ctx *ctx, uint32_t domid, const struct class *class, int devid,
                       void *device)
{
    struct place p = {.ctx = ctx, .domid = domid, .devid = devid};
    int rc = find_place(&p, class);

    libxl__type_init(class->type, device);
    if (!rc && class->read(&p, device)) {
        libxl__type_dispose(class->type, device);
        rc = NO_MEMORY(ctx);
    }
    libxl__pool_free(&p.pool);
    return rc;
}

static void free_list(const struct class *class, void *list, int num)
{
    for (int i = 0; list && i < num; i++)
        libxl__type_dispose(class->type, (char *)list + i * class->type->size);
    free(list);
}

/* A device that goes away meanwhile is left out. */
static void *list_devices(libxl_ctx *ctx, uint32_t domid, const struct class *class, int *num)
{
    POOL(pool);
    unsigned int nr = 0;
    char **ids, *list = NULL;

    libxl__enter(ctx);
    *num = 0;
    ids = libxl__store_list(ctx, &pool, XBT_NULL,
                            STR(&pool, "/libxl/%" PRIu32 "/device/%s", domid, class->name), &nr);
    if (ids && nr && !(list = calloc(nr, class->type->size)))
        NO_MEMORY(ctx);
    for (unsigned int i = 0; list && i < nr; i++) {
        int rc =
            read_device(ctx, domid, class, number(ids[i], -1), list + *num * class->type->size);

        if (!rc) {
            (*num)++;
        } else if (rc != ERROR_NOTFOUND) {
            free_list(class, list, *num);
            list = NULL;
            *num = 0;
        }
    }
    libxl__leave(ctx);
    return list;
}

/* ---- state ---- */

struct state {
    char *backend, *frontend;
    uint32_t backend_id, frontend_id;
    int state;
};

static int front_number(struct place *p, const char *name)
{
    return number(
        libxl__store_read(p->ctx, &p->pool, XBT_NULL, STR(&p->pool, "%s/%s", p->front, name)), -1);
}

/* Leaves p open for more; the caller frees its pool. */
static int read_state(struct place *p, const struct class *class, struct state *s)
{
    int rc = find_place(p, class);

    if (rc)
        return rc;
    s->backend = strdup(p->back);
    s->frontend = strdup(p->front);
    s->backend_id = backend_domid(p->back);
    s->frontend_id = p->domid;
    s->state = front_number(p, "state");
    if (s->backend && s->frontend)
        return 0;
    free(s->backend);
    free(s->frontend);
    return NO_MEMORY(p->ctx);
}

/* xvda is 202 << 8, xvdb 16 more, and so on; a partition is added.  -1 for what has no number. */
static int vdev_number(const char *vdev)
{
    int partition = 0, end = 0, disk;

    if (strncmp(vdev, "xvd", 3) || vdev[3] < 'a' || vdev[3] > 'p')
        return vdev[0] >= '0' && vdev[0] <= '9' ? number(vdev, -1) : -1;
    disk = vdev[3] - 'a';
    if (vdev[4] && (sscanf(vdev + 4, "%2d%n", &partition, &end) != 1 || vdev[4 + end] ||
                    partition < 0 || partition > 15))
        return -1;
    return 202 << 8 | disk << 4 | partition;
}

int libxl_device_disk_getinfo(libxl_ctx *ctx, uint32_t domid, const libxl_device_disk *disk,
                              libxl_diskinfo *info)
{
    struct place p = {
        .ctx = ctx, .domid = domid, .devid = disk->vdev ? vdev_number(disk->vdev) : -1};
    struct state s;
    int rc;

    libxl__enter(ctx);
    libxl_diskinfo_init(info);
    rc = read_state(&p, &disks, &s);
    if (!rc) {
        info->backend = s.backend;
        info->frontend = s.frontend;
        info->backend_id = s.backend_id;
        info->frontend_id = s.frontend_id;
        info->devid = p.devid;
        info->state = s.state;
        info->evtch = front_number(&p, "event-channel");
        info->rref = front_number(&p, "ring-ref");
    }
    libxl__pool_free(&p.pool);
    libxl__leave(ctx);
    return rc;
}

int libxl_device_nic_getinfo(libxl_ctx *ctx, uint32_t domid, const libxl_device_nic *nic,
                             libxl_nicinfo *info)
{
    struct place p = {.ctx = ctx, .domid = domid, .devid = nic->devid};
    struct state s;
    int rc;

    libxl__enter(ctx);
    libxl_nicinfo_init(info);
    rc = read_state(&p, &nics, &s);
    if (!rc) {
        info->backend = s.backend;
        info->frontend = s.frontend;
        info->backend_id = s.backend_id;
        info->frontend_id = s.frontend_id;
        info->devid = p.devid;
        info->state = s.state;
        info->evtch = front_number(&p, "event-channel");
        info->rref_tx = front_number(&p, "tx-ring-ref");
        info->rref_rx = front_number(&p, "rx-ring-ref");
    }
    libxl__pool_free(&p.pool);
    libxl__leave(ctx);
    return rc;
}

/* ---- public lists and look-ups ---- */

libxl_device_disk *libxl_device_disk_list(libxl_ctx *ctx, uint32_t domid, int *num)
{
    return list_devices(ctx, domid, &disks, num);
}

void libxl_device_disk_list_free(libxl_device_disk *list, int num)
{
    free_list(&disks, list, num);
}

libxl_device_nic *libxl_device_nic_list(libxl_ctx *ctx, uint32_t domid, int *num)
{
    return list_devices(ctx, domid, &nics, num);
}

void libxl_device_nic_list_free(libxl_device_nic *list, int num)
{
    free_list(&nics, list, num);
}

static int look_up(libxl_ctx *ctx, uint32_t domid, const struct class *class, int devid,
                   void *device)
{
    int rc;

    libxl__enter(ctx);
    rc = read_device(ctx, domid, class, devid, device);
    libxl__leave(ctx);
    return rc;
}

int libxl_vdev_to_device_disk(libxl_ctx *ctx, uint32_t domid, const char *vdev,
                              libxl_device_disk *disk)
{
    return look_up(ctx, domid, &disks, vdev_number(vdev), disk);
}

int libxl_devid_to_device_nic(libxl_ctx *ctx, uint32_t domid, int devid, libxl_device_nic *nic)
{
    return look_up(ctx, domid, &nics, devid, nic);
}

int libxl_mac_to_device_nic(libxl_ctx *ctx, uint32_t domid, const char *mac, libxl_device_nic *nic)
{
    libxl_mac wanted;
    libxl_device_nic *list;
    int num = 0, rc = ERROR_NOTFOUND;

    libxl_device_nic_init(nic);
    if (libxl__mac_parse(mac, &wanted))
        return FAIL(ctx, ERROR_INVAL, EINVAL, "\"%s\" is no MAC address", mac);
    list = libxl_device_nic_list(ctx, domid, &num);
    for (int i = 0; i < num && rc; i++)
        if (!memcmp(list[i].mac, wanted, sizeof(wanted))) {
            libxl_device_nic_copy(ctx, nic, &list[i]);
            rc = 0;
        }
    libxl_device_nic_list_free(list, num);
    if (rc)
        xenerr_set(ENODEV, "libxenlight", __func__, "domain %" PRIu32 " has no interface %s", domid,
                   mac);
    return rc;
}
