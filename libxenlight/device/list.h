/* SPDX-License-Identifier: MIT */
#ifndef LIGHT_DEVICE_LIST_H
#define LIGHT_DEVICE_LIST_H

#include "dev.h"

/* 0, ERROR_NOTFOUND when there is no such device, or ERROR_*; *config is at least initialised. */
int libxl__read_device(libxl_ctx *ctx, uint32_t domid, const struct device_class *class, int devid,
                       void *config);
/* The manager's structs; NULL on failure or when there are none. */
void *libxl__list_devices(libxl_ctx *ctx, uint32_t domid, const struct device_class *class,
                          int *num);
void libxl__free_devices(const struct device_class *class, void *list, int num);

/* How far removing a device may go. */
enum removal {
    REMOVE_SAFELY,   /* with the guest's help, or not at all */
    REMOVE_POLITELY, /* by force when the guest does not answer in time */
    REMOVE_AT_ONCE,
};

/* Operations of the interface, op is its function; config is the class's struct. */
int libxl__device_add(libxl_ctx *ctx, const char *op, uint32_t domid,
                      const struct device_class *class, void *config, const libxl_asyncop_how *how);
int libxl__device_add_custom(libxl_ctx *ctx, const char *op, uint32_t domid,
                             const struct device_class *class, uint32_t backend_domid, int *devid,
                             const void *device, const libxl_asyncop_how *how);
int libxl__device_remove(libxl_ctx *ctx, const char *op, uint32_t domid,
                         const struct device_class *class, int devid, enum removal how_far,
                         const libxl_asyncop_how *how);

#endif
