/* SPDX-License-Identifier: MIT */
/* Devices as the store has them: lists, look-ups, state. */
#include <stdlib.h>
#include "list.h"
#include "vdev.h"

int libxl__read_device(libxl_ctx *ctx, uint32_t domid, const struct device_class *class, int devid,
                       void *config)
{
    struct place p = {.ctx = ctx, .domid = domid, .devid = devid};
    int rc = libxl__find_place(&p, class);

    libxl__type_init(class->type, config);
    if (!rc && class->read(&p, config)) {
        libxl__type_dispose(class->type, config);
        rc = NO_MEMORY(ctx);
    }
    libxl__pool_free(&p.pool);
    return rc;
}

void libxl__free_devices(const struct device_class *class, void *list, int num)
{
    for (int i = 0; list && i < num; i++)
        libxl__type_dispose(class->type, (char *)list + (size_t)i * class->type->size);
    free(list);
}

static int by_number(const void *a, const void *b)
{
    int x = libxl__number(*(char *const *)a, -1), y = libxl__number(*(char *const *)b, -1);

    return (x > y) - (x < y);
}

/* A device that goes away meanwhile is left out. */
void *libxl__list_devices(libxl_ctx *ctx, uint32_t domid, const struct device_class *class,
                          int *num)
{
    POOL(pool);
    unsigned int nr = 0;
    char **ids, *list = NULL;

    libxl__enter(ctx);
    *num = 0;
    ids = libxl__store_list(ctx, &pool, XBT_NULL,
                            STR(&pool, "/libxl/%" PRIu32 "/device/%s", domid, class->front), &nr);
    if (ids)
        qsort(ids, nr, sizeof(*ids), by_number);
    if (ids && nr && !(list = calloc(nr, class->type->size)))
        NO_MEMORY(ctx);
    for (unsigned int i = 0; list && i < nr; i++) {
        int devid = libxl__number(ids[i], -1), rc;

        if (class == &libxl__channels && devid == 0)
            continue; /* the domain's own console */
        rc = libxl__read_device(ctx, domid, class, devid, list + (size_t)*num * class->type->size);
        if (!rc) {
            (*num)++;
        } else if (rc != ERROR_NOTFOUND) {
            libxl__free_devices(class, list, *num);
            list = NULL;
            *num = 0;
        }
    }
    libxl__leave(ctx);
    return list;
}

/* ---- state ---- */

struct state {
    struct place p;
    char *backend, *frontend;
    int state, evtch, rref;
};

static int front_number(struct state *s, const char *name)
{
    return libxl__number(libxl__front_node(&s->p, name), -1);
}

/* Leaves s->p open for more; the caller frees its pool. */
static int read_state(libxl_ctx *ctx, uint32_t domid, const struct device_class *class, int devid,
                      struct state *s)
{
    int rc;

    *s = (struct state){.p = {.ctx = ctx, .domid = domid, .devid = devid}};
    rc = libxl__find_place(&s->p, class);
    if (rc)
        return rc;
    s->state = front_number(s, "state");
    s->evtch = front_number(s, "event-channel");
    s->rref = front_number(s, "ring-ref");
    s->backend = strdup(s->p.back);
    s->frontend = strdup(s->p.front);
    if (s->backend && s->frontend)
        return 0;
    free(s->backend);
    free(s->frontend);
    return NO_MEMORY(ctx);
}

#define COMMON_INFO(info, s)                                                                       \
    do {                                                                                           \
        (info)->backend = (s)->backend;                                                            \
        (info)->frontend = (s)->frontend;                                                          \
        (info)->backend_id = (s)->p.backend_domid;                                                 \
        (info)->frontend_id = (s)->p.domid;                                                        \
        (info)->devid = (s)->p.devid;                                                              \
        (info)->state = (s)->state;                                                                \
    } while (0)

int libxl_device_disk_getinfo(libxl_ctx *ctx, uint32_t domid, const libxl_device_disk *disk,
                              libxl_diskinfo *info)
{
    struct state s;
    int rc;

    libxl__enter(ctx);
    libxl_diskinfo_init(info);
    rc = read_state(ctx, domid, &libxl__disks, libxl__vdev_number(disk->vdev), &s);
    if (!rc) {
        COMMON_INFO(info, &s);
        info->evtch = s.evtch;
        info->rref = s.rref;
    }
    libxl__pool_free(&s.p.pool);
    libxl__leave(ctx);
    return rc;
}

int libxl_device_nic_getinfo(libxl_ctx *ctx, uint32_t domid, const libxl_device_nic *nic,
                             libxl_nicinfo *info)
{
    struct state s;
    int rc;

    libxl__enter(ctx);
    libxl_nicinfo_init(info);
    rc = read_state(ctx, domid, &libxl__nics, nic->devid, &s);
    if (!rc) {
        COMMON_INFO(info, &s);
        info->evtch = s.evtch;
        info->rref_tx = front_number(&s, "tx-ring-ref");
        info->rref_rx = front_number(&s, "rx-ring-ref");
    }
    libxl__pool_free(&s.p.pool);
    libxl__leave(ctx);
    return rc;
}

int libxl_device_vkb_getinfo(libxl_ctx *ctx, uint32_t domid, const libxl_device_vkb *vkb,
                             libxl_vkbinfo *info)
{
    struct state s;
    int rc;

    libxl__enter(ctx);
    libxl_vkbinfo_init(info);
    rc = read_state(ctx, domid, &libxl__vkbs, vkb->devid, &s);
    if (!rc) {
        COMMON_INFO(info, &s);
        info->evtch = s.evtch;
        info->rref = front_number(&s, "page-gref");
    }
    libxl__pool_free(&s.p.pool);
    libxl__leave(ctx);
    return rc;
}

int libxl_device_channel_getinfo(libxl_ctx *ctx, uint32_t domid,
                                 const libxl_device_channel *channel, libxl_channelinfo *info)
{
    struct state s;
    const char *tty;
    int rc;

    libxl__enter(ctx);
    libxl_channelinfo_init_connection(info, channel->connection);
    rc = read_state(ctx, domid, &libxl__channels, channel->devid, &s);
    if (!rc) {
        COMMON_INFO(info, &s);
        info->evtch = front_number(&s, "port");
        info->rref = s.rref;
        tty = libxl__front_node(&s.p, "tty");
        if (info->connection == LIBXL_CHANNEL_CONNECTION_PTY && tty &&
            !(info->u.pty.path = strdup(tty)))
            rc = NO_MEMORY(ctx);
    }
    libxl__pool_free(&s.p.pool);
    libxl__leave(ctx);
    return rc;
}

/* ---- look-ups ---- */

static int look_up(libxl_ctx *ctx, uint32_t domid, const struct device_class *class, int devid,
                   void *config)
{
    int rc;

    libxl__enter(ctx);
    rc = libxl__read_device(ctx, domid, class, devid, config);
    libxl__leave(ctx);
    return rc;
}

int libxl_vdev_to_device_disk(libxl_ctx *ctx, uint32_t domid, const char *vdev,
                              libxl_device_disk *disk)
{
    return look_up(ctx, domid, &libxl__disks, libxl__vdev_number(vdev), disk);
}

int libxl_devid_to_device_nic(libxl_ctx *ctx, uint32_t domid, int devid, libxl_device_nic *nic)
{
    return look_up(ctx, domid, &libxl__nics, devid, nic);
}

int libxl_devid_to_device_vkb(libxl_ctx *ctx, uint32_t domid, int devid, libxl_device_vkb *vkb)
{
    return look_up(ctx, domid, &libxl__vkbs, devid, vkb);
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
