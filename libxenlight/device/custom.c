/* SPDX-License-Identifier: MIT */
/* Classes of devices that managers register. */
#include <stdlib.h>
#include <xentoolcore_internal.h>
#include "list.h"

struct custom_class {
    struct custom_class *next;
    struct device_class class;
    const char *kinds[2];
    libxl_device_class info;
    void *user;
    char name[];
};

struct libxl_device_nodes {
    struct dev *dev;
};

const struct custom_class *libxl__custom_next(const struct custom_class *c)
{
    return c->next;
}

const struct device_class *libxl__custom_class(const struct custom_class *c)
{
    return &c->class;
}

void libxl__custom_free(libxl_ctx *ctx)
{
    while (ctx->custom_classes) {
        struct custom_class *c = ctx->custom_classes;

        ctx->custom_classes = c->next;
        free(c);
    }
}

int libxl_device_nodes_set(libxl_device_nodes *nodes, libxl_device_end end, const char *name,
                           const char *value)
{
    struct dev *d = nodes->dev;
    struct store_nodes *to = end == LIBXL_DEVICE_END_FRONT ? &d->front_nodes : &d->back_nodes;

    libxl__node(to, STR(&d->p.pool, "%s", name), STR(&d->p.pool, "%s", value));
    return d->p.pool.failed ? ERROR_NOMEM : 0;
}

static int describe(struct dev *d)
{
    const struct custom_class *c = d->class->extra;
    libxl_device_nodes nodes = {.dev = d};
    int rc = c->info.describe
                 ? c->info.describe(d->p.ctx, &nodes, d->p.domid, d->p.devid, d->device, c->user)
                 : 0;

    return rc ? BECAUSE(d->p.ctx, rc, "the manager does not describe the %s", c->name) : 0;
}

static void plug(struct dev *d)
{
    const struct custom_class *c = d->class->extra;
    int rc = 0;

    if (c->info.connect)
        rc = c->info.connect(d->p.ctx, d->p.domid, d->p.devid, d->p.back, d->device, c->user);
    if (rc)
        rc = BECAUSE(d->p.ctx, rc, "the manager does not connect the %s", c->name);
    libxl__dev_plugged(d, rc);
}

static void unplug(struct dev *d)
{
    const struct custom_class *c = d->class->extra;

    if (c->info.disconnect)
        c->info.disconnect(d->p.ctx, d->p.domid, d->p.devid, d->p.back, c->user);
    libxl__dev_unplugged(d, 0);
}

static bool is_name(const char *name)
{
    return name && *name && strlen(name) < 32 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ==
               strlen(name);
}

static int add_class(libxl_ctx *ctx, const libxl_device_class *info, void *user)
{
    struct custom_class *c = calloc(1, sizeof(*c) + strlen(info->name) + 1);

    if (!c)
        return NO_MEMORY(ctx);
    /* What a caller that was compiled earlier does not know stays zero. */
    memcpy(&c->info, info, info->size < sizeof(c->info) ? info->size : sizeof(c->info));
    c->info.name = strcpy(c->name, info->name);
    c->user = user;
    c->kinds[0] = c->name;
    c->class = (struct device_class){
        .name = c->name,
        .front = c->name,
        .kinds = c->kinds,
        .waits = (info->flags & LIBXL_DEVICE_CLASS_WAIT) != 0,
        .describe = describe,
        .plug = plug,
        .unplug = unplug,
        .extra = c,
    };
    c->next = ctx->custom_classes;
    ctx->custom_classes = c;
    return 0;
}

int libxl_device_class_register(libxl_ctx *ctx, const libxl_device_class *info, void *user)
{
    int rc;

    libxl__enter(ctx);
    if (info->size < offsetof(libxl_device_class, describe))
        rc = FAIL(ctx, ERROR_INVAL, EINVAL, "the class has no size");
    else if (!is_name(info->name))
        rc = FAIL(ctx, ERROR_INVAL, EINVAL, "the class has no name that fits the store");
    else if (libxl__class_of(ctx, info->name))
        rc = FAIL(ctx, ERROR_INVAL, EEXIST, "there is a class \"%s\" already", info->name);
    else if (info->flags & ~(unsigned int)LIBXL_DEVICE_CLASS_WAIT)
        rc = FAIL(ctx, ERROR_INVAL, EINVAL, "unknown flags 0x%x", info->flags);
    else
        rc = add_class(ctx, info, user);
    libxl__leave(ctx);
    return rc;
}

static const struct device_class *find_class(libxl_ctx *ctx, const char *name, int *rc)
{
    const struct device_class *class = libxl__class_of(ctx, name);

    if (!class || class->type) {
        *rc = FAIL(ctx, ERROR_INVAL, ENOENT, "no class \"%s\" is registered", name);
        return NULL;
    }
    return class;
}

int libxl_device_class_add(libxl_ctx *ctx, uint32_t domid, const char *name,
                           libxl_domid backend_domid, int *devid, const void *device,
                           const libxl_asyncop_how *ao_how)
{
    const struct device_class *class;
    int rc = 0;

    libxl__enter(ctx);
    class = find_class(ctx, name, &rc);
    if (class)
        rc = libxl__device_add_custom(ctx, __func__, domid, class, backend_domid, devid, device,
                                      ao_how);
    libxl__leave(ctx);
    return rc;
}

int libxl_device_class_remove(libxl_ctx *ctx, uint32_t domid, const char *name, int devid,
                              int force, const libxl_asyncop_how *ao_how)
{
    const struct device_class *class;
    int rc = 0;

    libxl__enter(ctx);
    class = find_class(ctx, name, &rc);
    if (class)
        rc = libxl__device_remove(ctx, __func__, domid, class, devid,
                                  force ? REMOVE_AT_ONCE : REMOVE_SAFELY, ao_how);
    libxl__leave(ctx);
    return rc;
}

int libxl_device_class_list(libxl_ctx *ctx, uint32_t domid, const char *name, int **devids,
                            int *num)
{
    POOL(pool);
    unsigned int nr = 0;
    char **ids;
    int rc = 0;

    libxl__enter(ctx);
    *devids = NULL;
    *num = 0;
    if (!find_class(ctx, name, &rc))
        goto out;
    ids = libxl__store_list(ctx, &pool, XBT_NULL,
                            STR(&pool, "/libxl/%" PRIu32 "/device/%s", domid, name), &nr);
    if (!ids || !nr)
        goto out;
    *devids = calloc(nr, sizeof(**devids));
    if (!*devids) {
        rc = NO_MEMORY(ctx);
        goto out;
    }
    for (unsigned int i = 0; i < nr; i++)
        (*devids)[(*num)++] = libxl__number(ids[i], -1);
out:
    libxl__leave(ctx);
    return rc;
}
