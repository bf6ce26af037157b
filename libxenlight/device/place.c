/* SPDX-License-Identifier: MIT */
/* Where devices are in the store, and reading their nodes. */
#include <stdarg.h>
#include <stdlib.h>
#include "dev.h"

const struct device_class *const libxl__device_classes[] = {
    &libxl__disks, &libxl__nics, &libxl__channels,   &libxl__vkbs,
    &libxl__vfbs,  &libxl__p9s,  &libxl__pvcallsifs, NULL,
};

void libxl__node(struct store_nodes *nodes, const char *name, const char *value)
{
    if (!value)
        return;
    if (nodes->n == MAX_DEVICE_NODES) {
        nodes->pool->failed = true;
        return;
    }
    nodes->at[nodes->n].name = name;
    nodes->at[nodes->n++].value = value;
}

void libxl__node_f(struct store_nodes *nodes, const char *name, const char *fmt, ...)
{
    va_list ap;
    char *text;

    va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) < 0)
        text = NULL;
    va_end(ap);
    if (text)
        libxl__node(nodes, name, libxl__pool_own(nodes->pool, text));
    else
        nodes->pool->failed = true;
}

const char *libxl__back_node(struct place *p, const char *name)
{
    return libxl__store_read(p->ctx, &p->pool, XBT_NULL, STR(&p->pool, "%s/%s", p->back, name));
}

const char *libxl__front_node(struct place *p, const char *name)
{
    return libxl__store_read(p->ctx, &p->pool, XBT_NULL, STR(&p->pool, "%s/%s", p->front, name));
}

const char *libxl__own_node(struct place *p, const char *name)
{
    return libxl__store_read(p->ctx, &p->pool, XBT_NULL, STR(&p->pool, "%s/%s", p->own, name));
}

int libxl__number(const char *text, int missing)
{
    return text ? (int)strtol(text, NULL, 0) : missing;
}

int libxl__take(struct place *p, const char *name, char **out)
{
    const char *text = libxl__back_node(p, name);

    if (!text)
        return 0;
    *out = strdup(text);
    return *out ? 0 : -1;
}

char *libxl__driver_error_path(struct place *p, const char *end)
{
    int domain = 0;

    sscanf(end, "/local/domain/%*u%n", &domain);
    return STR(&p->pool, "%.*s/error%s", domain, end, end + domain);
}

uint32_t libxl__backend_domid(const char *back)
{
    unsigned int domid = 0;

    return sscanf(back, "/local/domain/%u/", &domid) == 1 ? domid : 0;
}

enum bus_state libxl__back_state(struct place *p)
{
    return (enum bus_state)libxl__number(libxl__back_node(p, "state"), BUS_MISSING);
}

/* "vbd" of "/local/domain/0/backend/vbd/1/51712", which is not terminated. */
static const char *kind_of(struct pool *pool, const char *back)
{
    const char *at = strstr(back, "/backend/"), *end;

    if (!at)
        return NULL;
    at += strlen("/backend/");
    end = strchr(at, '/');
    return end ? STR(pool, "%.*s", (int)(end - at), at) : NULL;
}

const struct device_class *libxl__class_of(libxl_ctx *ctx, const char *kind)
{
    for (const struct device_class *const *c = libxl__device_classes; *c; c++)
        if (!strcmp((*c)->front, kind))
            return *c;
    for (const struct custom_class *c = ctx->custom_classes; c; c = libxl__custom_next(c))
        if (!strcmp(libxl__custom_class(c)->front, kind))
            return libxl__custom_class(c);
    return NULL;
}

int libxl__find_place(struct place *p, const struct device_class *class)
{
    p->own = STR(&p->pool, "/libxl/%" PRIu32 "/device/%s/%d", p->domid, class->front, p->devid);
    p->back = libxl__store_read(p->ctx, &p->pool, XBT_NULL, STR(&p->pool, "%s/backend", p->own));
    p->front = libxl__store_read(p->ctx, &p->pool, XBT_NULL, STR(&p->pool, "%s/frontend", p->own));
    if (p->pool.failed)
        return NO_MEMORY(p->ctx);
    if (p->back && p->front) {
        p->backend_domid = libxl__backend_domid(p->back);
        p->kind = kind_of(&p->pool, p->back);
        return p->kind ? 0 : FAIL(p->ctx, ERROR_FAIL, EINVAL, "\"%s\" is no back end", p->back);
    }
    xenerr_set(ENODEV, "libxenlight", libxl__op(p->ctx, "libxl_device"),
               "domain %" PRIu32 " has no %s %d", p->domid, class->name, p->devid);
    return ERROR_NOTFOUND;
}

int libxl__make_place(struct dev *d)
{
    struct place *p = &d->p;

    p->front = STR(&p->pool, "/local/domain/%" PRIu32 "/device/%s/%d", p->domid, d->class->front,
                   p->devid);
    p->back = STR(&p->pool, "/local/domain/%" PRIu32 "/backend/%s/%" PRIu32 "/%d", p->backend_domid,
                  p->kind, p->domid, p->devid);
    p->own = STR(&p->pool, "/libxl/%" PRIu32 "/device/%s/%d", p->domid, d->class->front, p->devid);
    return p->pool.failed ? NO_MEMORY(p->ctx) : 0;
}

void libxl__choose_devid(struct dev *d, libxl_devid *devid, int first)
{
    struct pool *pool = &d->p.pool;
    unsigned int nr = 0;
    char **ids = NULL;

    if (*devid < first) {
        d->chosen = devid;
        *devid = first;
        ids = libxl__store_list(
            d->p.ctx, pool, XBT_NULL,
            STR(pool, "/libxl/%" PRIu32 "/device/%s", d->p.domid, d->class->front), &nr);
    }
    for (unsigned int i = 0; ids && i < nr; i++)
        if (libxl__number(ids[i], -1) >= *devid)
            *devid = libxl__number(ids[i], -1) + 1;
    d->p.devid = *devid;
}
