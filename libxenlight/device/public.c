/* SPDX-License-Identifier: MIT */
/* libxl_device_CLASS_*(): the same for each class. */
#include <stdlib.h>
#include "list.h"
#include "vdev.h"

/* ---- an operation on one device ---- */

static void done(libxl_ctx *ctx, int rc, void *data)
{
    libxl__ao_done(data, rc);
}

static int unstarted(struct ao *ao, int rc)
{
    if (ao) {
        libxl__ao_done(ao, rc);
        rc = libxl__ao_result(ao);
    }
    return rc;
}

/* Begin to attach what choose() prepares; rc: what went wrong before. */
static int add(libxl_ctx *ctx, uint32_t domid, const struct device_class *class,
               int (*choose)(struct dev *d, void *data), void *data, const libxl_asyncop_how *how)
{
    struct ao *ao = libxl__ao_start(ctx, how);
    xc_domaininfo_t info;
    struct dev *d = NULL;
    int rc = ao ? libxl__domain_get(ctx, domid, &info) : ERROR_NOMEM;

    if (!rc && !(d = libxl__dev_new(ctx, domid, class)))
        rc = ERROR_NOMEM;
    if (!rc)
        rc = choose(d, data);
    if (rc) {
        libxl__dev_free(d);
        return unstarted(ao, rc);
    }
    d->running = true;
    libxl__attach(d, done, ao);
    return libxl__ao_result(ao);
}

int libxl__device_add(libxl_ctx *ctx, const char *op, uint32_t domid,
                      const struct device_class *class, void *config, const libxl_asyncop_how *how)
{
    int rc;

    libxl__enter_op(ctx, op);
    rc = add(ctx, domid, class, libxl__dev_choose, config, how);
    libxl__leave(ctx);
    return rc;
}

struct custom {
    uint32_t backend_domid;
    int *devid;
    const void *device;
};

static int choose_custom(struct dev *d, void *data)
{
    const struct custom *c = data;

    libxl__choose_devid(d, c->devid, 0);
    d->p.backend_domid = c->backend_domid;
    d->device = c->device;
    return 0;
}

int libxl__device_add_custom(libxl_ctx *ctx, const char *op, uint32_t domid,
                             const struct device_class *class, uint32_t backend_domid, int *devid,
                             const void *device, const libxl_asyncop_how *how)
{
    struct custom c = {backend_domid, devid, device};
    int rc;

    libxl__enter_op(ctx, op);
    rc = add(ctx, domid, class, choose_custom, &c, how);
    libxl__leave(ctx);
    return rc;
}

int libxl__device_remove(libxl_ctx *ctx, const char *op, uint32_t domid,
                         const struct device_class *class, int devid, enum removal how_far,
                         const libxl_asyncop_how *how)
{
    struct dev *d = NULL;
    struct ao *ao;
    int rc;

    libxl__enter_op(ctx, op);
    ao = libxl__ao_start(ctx, how);
    if (ao)
        d = libxl__dev_new(ctx, domid, class);
    if (!d) {
        rc = unstarted(ao, ERROR_NOMEM);
        goto out;
    }
    d->p.devid = devid;
    d->running = true;
    d->force = how_far == REMOVE_AT_ONCE;
    d->may_force = how_far != REMOVE_SAFELY;
    libxl__detach(d, done, ao);
    rc = libxl__ao_result(ao);
out:
    libxl__leave(ctx);
    return rc;
}

/* ---- the interface ---- */

#define ADD(name, class)                                                                           \
    int libxl_device_##name##_add(libxl_ctx *ctx, uint32_t domid, libxl_device_##name *name,       \
                                  const libxl_asyncop_how *ao_how)                                 \
    {                                                                                              \
        return libxl__device_add(ctx, __func__, domid, &class, name, ao_how);                      \
    }
#define REMOVE(function, name, class, number, how_far)                                             \
    int libxl_device_##name##_##function(libxl_ctx *ctx, uint32_t domid,                           \
                                         libxl_device_##name *name,                                \
                                         const libxl_asyncop_how *ao_how)                          \
    {                                                                                              \
        return libxl__device_remove(ctx, __func__, domid, &class, number, how_far, ao_how);        \
    }
#define LIST(name, class)                                                                          \
    libxl_device_##name *libxl_device_##name##_list(libxl_ctx *ctx, uint32_t domid, int *num)      \
    {                                                                                              \
        return libxl__list_devices(ctx, domid, &class, num);                                       \
    }
#define LIST_FREE(name, class)                                                                     \
    void libxl_device_##name##_list_free(libxl_device_##name *list, int num)                       \
    {                                                                                              \
        libxl__free_devices(&class, list, num);                                                    \
    }
#define REMOVES(name, class, number)                                                               \
    REMOVE(remove, name, class, number, REMOVE_POLITELY)                                           \
    REMOVE(destroy, name, class, number, REMOVE_AT_ONCE)

ADD(disk, libxl__disks)
REMOVES(disk, libxl__disks, libxl__vdev_number(disk->vdev))
REMOVE(safe_remove, disk, libxl__disks, libxl__vdev_number(disk->vdev), REMOVE_SAFELY)
LIST(disk, libxl__disks)
LIST_FREE(disk, libxl__disks)

ADD(nic, libxl__nics)
REMOVES(nic, libxl__nics, nic->devid)
LIST(nic, libxl__nics)
LIST_FREE(nic, libxl__nics)

ADD(vkb, libxl__vkbs)
REMOVES(vkb, libxl__vkbs, vkb->devid)
LIST(vkb, libxl__vkbs)
LIST_FREE(vkb, libxl__vkbs)

ADD(vfb, libxl__vfbs)
REMOVES(vfb, libxl__vfbs, vfb->devid)

REMOVES(p9, libxl__p9s, p9->devid)
REMOVES(pvcallsif, libxl__pvcallsifs, pvcallsif->devid)

LIST(channel, libxl__channels)
