/* SPDX-License-Identifier: MIT */
/* All devices of a domain at once: when it is created, and when it is destroyed. */
#include <stdlib.h>
#include <xentoolcore_internal.h>
#include "dev.h"

struct batch {
    int pending; /* one of them stands for the loop that starts the others */
    int rc;      /* the first failure */
    void *reason;
    void (*done)(libxl_ctx *ctx, int rc, void *data);
    void *data;
};

static struct batch *batch_new(libxl_ctx *ctx, void (*done)(libxl_ctx *ctx, int rc, void *data),
                               void *data)
{
    struct batch *b = calloc(1, sizeof(*b));

    if (!b) {
        done(ctx, NO_MEMORY(ctx), data);
        return NULL;
    }
    *b = (struct batch){.pending = 1, .done = done, .data = data};
    return b;
}

static void one_done(libxl_ctx *ctx, int rc, void *data)
{
    struct batch *b = data;
    void (*done)(libxl_ctx * ctx, int rc, void *data) = b->done;

    if (rc && !b->rc) {
        b->rc = rc;
        b->reason = xentoolcore__error_save();
    }
    if (--b->pending)
        return;
    rc = b->rc;
    data = b->data;
    xentoolcore__error_restore(b->reason);
    free(b);
    done(ctx, rc, data);
}

/* ---- creation ---- */

static void *element(const struct device_class *class, libxl_domain_config *config, int i)
{
    return *(char **)((char *)config + class->list) + (size_t)i * class->type->size;
}

static int count(const struct device_class *class, const libxl_domain_config *config)
{
    return class->count ? *(const int *)((const char *)config + class->count) : 0;
}

/*
 * Numbers that nobody gave are the places in the list; so a domain that is created anew has the
 * same devices, and those which are under way at the same time do not get the same number.
 */
static void number_by_place(const struct device_class *class, void *config, int i)
{
    libxl_devid *devid = (libxl_devid *)((char *)config + class->devid);

    /* To the guest channels are consoles, of which the first is not in the list. */
    if (class == &libxl__channels)
        *devid = i + 1;
    else if (class->devid && *devid < 0)
        *devid = i;
}

static void add_one(libxl_ctx *ctx, uint32_t domid, const struct device_class *class, void *config,
                    const libxl_domain_config *whole, struct batch *b)
{
    struct dev *d = libxl__dev_new(ctx, domid, class);
    int rc = d ? libxl__dev_choose(d, config) : ERROR_NOMEM;

    b->pending++;
    if (!rc) {
        d->whole = whole;
        libxl__attach(d, one_done, b);
        return;
    }
    libxl__dev_free(d);
    one_done(ctx, rc, b);
}

void libxl__devices_add(libxl_ctx *ctx, uint32_t domid, libxl_domain_config *config,
                        void (*done)(libxl_ctx *ctx, int rc, void *data), void *data)
{
    struct batch *b = batch_new(ctx, done, data);

    if (!b)
        return;
    /* All of them first: QEMU, that the first one may start, is told of others, too. */
    for (const struct device_class *const *c = libxl__device_classes; *c; c++)
        for (int i = 0; i < count(*c, config); i++)
            number_by_place(*c, element(*c, config, i), i);
    for (const struct device_class *const *c = libxl__device_classes; *c; c++)
        for (int i = 0; i < count(*c, config) && !b->rc; i++)
            add_one(ctx, domid, *c, element(*c, config, i), config, b);
    one_done(ctx, 0, b);
}

/* ---- destruction ---- */

static void remove_one(libxl_ctx *ctx, uint32_t domid, const struct device_class *class, int devid,
                       struct batch *b)
{
    struct dev *d = libxl__dev_new(ctx, domid, class);

    b->pending++;
    if (!d) {
        one_done(ctx, ERROR_NOMEM, b);
        return;
    }
    d->p.devid = devid;
    d->force = d->undoing = true;
    libxl__detach(d, one_done, b);
}

void libxl__devices_remove(libxl_ctx *ctx, uint32_t domid,
                           void (*done)(libxl_ctx *ctx, int rc, void *data), void *data)
{
    POOL(pool);
    struct batch *b = batch_new(ctx, done, data);
    char *top = STR(&pool, "/libxl/%" PRIu32 "/device", domid);
    unsigned int nr_kinds, nr_devices;
    char **kinds;

    if (!b)
        return;
    kinds = libxl__store_list(ctx, &pool, XBT_NULL, top, &nr_kinds);
    for (unsigned int i = 0; kinds && i < nr_kinds; i++) {
        const struct device_class *class = libxl__class_of(ctx, kinds[i]);
        char **ids = libxl__store_list(ctx, &pool, XBT_NULL, STR(&pool, "%s/%s", top, kinds[i]),
                                       &nr_devices);

        /* What no class knows goes with the domain's nodes. */
        for (unsigned int j = 0; class && ids && j < nr_devices; j++)
            remove_one(ctx, domid, class, libxl__number(ids[j], -1), b);
    }
    one_done(ctx, pool.failed ? NO_MEMORY(ctx) : 0, b);
}

/* ---- the configuration that is kept ---- */

int libxl__device_number(const struct device_class *class, const void *config)
{
    return class->number ? class->number(config)
                         : *(const libxl_devid *)((const char *)config + class->devid);
}

static int find(const struct device_class *class, libxl_domain_config *config, int devid)
{
    int n = count(class, config), i;

    for (i = 0; i < n; i++) {
        int number = libxl__device_number(class, element(class, config, i));

        if (number == devid || (number < 0 && class->count && i == devid))
            break;
    }
    return i;
}

static int set(libxl_ctx *ctx, const struct device_class *class, libxl_domain_config *config,
               int devid, const void *device)
{
    int *n = (int *)((char *)config + class->count), i = find(class, config, devid);
    char **list = (char **)((char *)config + class->list);
    size_t size = class->type->size;
    char *bigger;

    if (i == *n) {
        bigger = realloc(*list, ((size_t)*n + 1) * size);
        if (!bigger)
            return NO_MEMORY(ctx);
        *list = bigger;
        (*n)++;
    } else {
        libxl__type_dispose(class->type, *list + (size_t)i * size);
    }
    libxl__type_init(class->type, *list + (size_t)i * size);
    return libxl__type_copy(ctx, class->type, *list + (size_t)i * size, device) ? NO_MEMORY(ctx)
                                                                                : 0;
}

static void unset(const struct device_class *class, libxl_domain_config *config, int devid)
{
    int *n = (int *)((char *)config + class->count), i = find(class, config, devid);
    char *list = *(char **)((char *)config + class->list);
    size_t size = class->type->size;

    if (i == *n)
        return;
    libxl__type_dispose(class->type, list + (size_t)i * size);
    (*n)--;
    memmove(list + (size_t)i * size, list + ((size_t)i + 1) * size,
            ((size_t)*n - (size_t)i) * size);
}

int libxl__config_keep_device(struct dev *d, bool there)
{
    libxl_ctx *ctx = d->p.ctx;
    libxl_domain_config config;
    void *reason = xentoolcore__error_save();
    int lock, rc;

    if (!d->class->count) {
        xentoolcore__error_restore(reason);
        return 0;
    }
    libxl_domain_config_init(&config);
    lock = rc = libxl__userdata_lock(ctx, d->p.domid);
    if (lock >= 0) {
        rc = libxl__config_load(ctx, d->p.domid, &config);
        if (!rc && there)
            rc = set(ctx, d->class, &config, d->p.devid, d->config);
        else if (!rc)
            unset(d->class, &config, d->p.devid);
        if (!rc)
            rc = libxl__config_store(ctx, d->p.domid, &config);
        libxl__userdata_unlock(ctx, d->p.domid, lock);
    }
    libxl_domain_config_dispose(&config);
    xentoolcore__error_restore(reason);
    return rc;
}

void libxl__config_keep_choices(libxl_domain_config *kept, const libxl_domain_config *chosen)
{
    /* What would otherwise be chosen anew: addresses. */
    for (int i = 0; i < kept->num_nics && i < chosen->num_nics; i++) {
        memcpy(kept->nics[i].mac, chosen->nics[i].mac, sizeof(libxl_mac));
        kept->nics[i].devid = chosen->nics[i].devid;
    }
}
