/* SPDX-License-Identifier: MIT */
/* Events for the manager, and the death of domains. */
#include <stdlib.h>
#include "internal.h"

/* ---- events ---- */

libxl_event *libxl__event_new(libxl_ctx *ctx, libxl_event_type type, uint32_t domid,
                              libxl_ev_user user)
{
    libxl_event *event = malloc(sizeof(*event));

    if (!event) {
        libxl__disaster(ctx, "cannot make an event", ENOMEM);
        return NULL;
    }
    libxl_event_init(event);
    libxl_event_init_type(event, type);
    event->domid = domid;
    event->for_user = user;
    return event;
}

void libxl_event_free(libxl_ctx *ctx, libxl_event *event)
{
    if (!event)
        return;
    libxl_event_dispose(event);
    free(event);
}

static bool wanted_by_hook(libxl_ctx *ctx, libxl_event_type type)
{
    return ctx->event_hooks.event_occurs && type < 64 &&
           (ctx->event_hooks.event_occurs_mask & ((uint64_t)1 << type));
}

void libxl__event_occurred(libxl_ctx *ctx, libxl_event *event)
{
    libxl_event **link = &ctx->events;
    struct notice *n;

    if (wanted_by_hook(ctx, event->type)) {
        n = calloc(1, sizeof(*n));
        if (!n) {
            libxl_event_free(ctx, event);
            libxl__disaster(ctx, "cannot hand over an event", ENOMEM);
            return;
        }
        n->event = event;
        libxl__notice(ctx, n);
        return;
    }
    while (*link)
        link = &(*link)->link.tqe_next;
    event->link.tqe_next = NULL;
    *link = event;
    libxl__loop_wake(ctx);
}

void libxl__events_free(libxl_ctx *ctx)
{
    while (ctx->events) {
        libxl_event *event = ctx->events;

        ctx->events = event->link.tqe_next;
        libxl_event_free(ctx, event);
    }
}

void libxl__disaster(libxl_ctx *ctx, const char *msg, int errnum)
{
    libxl__log(ctx, XTL_CRITICAL, "%s: %s", msg, strerror(errnum));
    if (ctx->event_hooks.disaster) {
        ctx->event_hooks.disaster(ctx->event_user, 0, msg, errnum);
        return;
    }
    fprintf(stderr, "libxl: %s: %s\n", msg, strerror(errnum));
    exit(-1);
}

void libxl__notice(libxl_ctx *ctx, struct notice *n)
{
    struct notice **link = &ctx->notices;

    while (*link)
        link = &(*link)->next;
    n->next = NULL;
    *link = n;
    libxl__loop_wake(ctx);
}

/* The context is not locked: callbacks may call the library. */
void libxl__notices_deliver(libxl_ctx *ctx, struct notice *list)
{
    while (list) {
        struct notice *n = list;

        list = n->next;
        if (n->progress.callback)
            n->progress.callback(ctx, n->event, n->progress.for_callback);
        else if (n->event)
            ctx->event_hooks.event_occurs(ctx->event_user, n->event);
        else
            n->how.callback(ctx, n->rc, n->how.u.for_callback);
        free(n);
    }
}

void libxl_event_register_callbacks(libxl_ctx *ctx, const libxl_event_hooks *hooks, void *user)
{
    libxl__enter(ctx);
    ctx->event_hooks = hooks ? *hooks : (libxl_event_hooks){.event_occurs_mask = 0};
    ctx->event_user = user;
    libxl__leave(ctx);
}

static libxl_event *take(libxl_ctx *ctx, uint64_t typemask, libxl_event_predicate *predicate,
                         void *user)
{
    for (libxl_event **link = &ctx->events; *link; link = &(*link)->link.tqe_next) {
        libxl_event *event = *link;

        if (!(typemask & ((uint64_t)1 << event->type)) || (predicate && !predicate(event, user)))
            continue;
        *link = event->link.tqe_next;
        event->link.tqe_next = NULL;
        return event;
    }
    return NULL;
}

int libxl_event_check(libxl_ctx *ctx, libxl_event **event_r, uint64_t typemask,
                      libxl_event_predicate *predicate, void *predicate_user)
{
    libxl__enter(ctx);
    *event_r = take(ctx, typemask, predicate, predicate_user);
    libxl__leave(ctx);
    return *event_r ? 0 : ERROR_NOT_READY;
}

int libxl_event_wait(libxl_ctx *ctx, libxl_event **event_r, uint64_t typemask,
                     libxl_event_predicate *predicate, void *predicate_user)
{
    int rc = 0;

    libxl__enter(ctx);
    while (!(*event_r = take(ctx, typemask, predicate, predicate_user)) && !rc)
        rc = libxl__run_once(ctx);
    libxl__leave(ctx);
    return rc;
}

/* ---- death of domains: the store says @releaseDomain, the hypervisor says whose ---- */

struct libxl__evgen_domain_death {
    struct libxl__evgen_domain_death *next;
    uint32_t domid;
    libxl_ev_user user;
    libxl_uuid uuid; /* a domain ID may be in use again by another domain */
    bool shutdown_told;
    bool death_told;
};

static void tell_death(libxl_ctx *ctx, struct libxl__evgen_domain_death *g)
{
    libxl_event *event = libxl__event_new(ctx, LIBXL_EVENT_TYPE_DOMAIN_DEATH, g->domid, g->user);

    g->death_told = true;
    if (!event)
        return;
    event->domuuid = g->uuid;
    libxl__event_occurred(ctx, event);
}

static void tell_shutdown(libxl_ctx *ctx, struct libxl__evgen_domain_death *g, uint32_t flags)
{
    libxl_event *event = libxl__event_new(ctx, LIBXL_EVENT_TYPE_DOMAIN_SHUTDOWN, g->domid, g->user);

    g->shutdown_told = true;
    if (!event)
        return;
    event->domuuid = g->uuid;
    event->u.domain_shutdown.shutdown_reason =
        (flags >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask;
    libxl__event_occurred(ctx, event);
}

static void check_death(libxl_ctx *ctx, struct libxl__evgen_domain_death *g)
{
    xc_domaininfo_t info;
    int rc = libxl__domain_probe(ctx, g->domid, &info);

    if (rc && rc != ERROR_DOMAIN_NOTFOUND) {
        libxl__disaster(ctx, "cannot ask for the state of a domain", errno);
        return;
    }
    if (rc || memcmp(info.handle, g->uuid.uuid, sizeof(info.handle)) ||
        (info.flags & XEN_DOMINF_dying))
        tell_death(ctx, g);
    else if ((info.flags & XEN_DOMINF_shutdown) && !g->shutdown_told)
        tell_shutdown(ctx, g, info.flags);
}

static void domains_changed(libxl_ctx *ctx, void *data)
{
    for (struct libxl__evgen_domain_death *g = ctx->deaths; g; g = g->next)
        if (!g->death_told)
            check_death(ctx, g);
}

int libxl_evenable_domain_death(libxl_ctx *ctx, uint32_t domid, libxl_ev_user user,
                                libxl_evgen_domain_death **evgen_out)
{
    struct libxl__evgen_domain_death *g = NULL;
    xc_domaininfo_t info;
    int rc;

    libxl__enter(ctx);
    rc = libxl__domain_get(ctx, domid, &info);
    if (rc)
        goto out;
    g = calloc(1, sizeof(*g));
    if (!g) {
        rc = NO_MEMORY(ctx);
        goto out;
    }
    g->domid = domid;
    g->user = user;
    memcpy(g->uuid.uuid, info.handle, sizeof(info.handle));
    if (!ctx->death_watch)
        ctx->death_watch = libxl__ev_watch_add(ctx, "@releaseDomain", domains_changed, NULL);
    if (!ctx->death_watch) {
        rc = ERROR_FAIL;
        goto out;
    }
    g->next = ctx->deaths;
    ctx->deaths = g;
    check_death(ctx, g);
    *evgen_out = g;
    g = NULL;
out:
    free(g);
    libxl__leave(ctx);
    return rc;
}

void libxl_evdisable_domain_death(libxl_ctx *ctx, libxl_evgen_domain_death *evgen)
{
    struct libxl__evgen_domain_death **link;

    if (!evgen)
        return;
    libxl__enter(ctx);
    for (link = &ctx->deaths; *link && *link != evgen; link = &(*link)->next)
        ;
    if (*link) {
        *link = evgen->next;
        free(evgen);
    }
    if (!ctx->deaths)
        libxl__ev_watch_del(ctx, &ctx->death_watch);
    libxl__leave(ctx);
}

void libxl__events_after_fork(libxl_ctx *ctx)
{
    libxl__events_free(ctx);
    while (ctx->deaths) {
        struct libxl__evgen_domain_death *g = ctx->deaths;

        ctx->deaths = g->next;
        free(g);
    }
    ctx->death_watch = NULL;
}

/* Only HVM guests have drives that eject; there are none yet. */
int libxl_evenable_disk_eject(libxl_ctx *ctx, uint32_t domid, const char *vdev, libxl_ev_user user,
                              libxl_evgen_disk_eject **evgen_out)
{
    int rc;

    libxl__enter(ctx);
    *evgen_out = NULL;
    rc = libxl__unsupported(ctx, __func__, "watch drives of emulated disks");
    libxl__leave(ctx);
    return rc;
}

void libxl_evdisable_disk_eject(libxl_ctx *ctx, libxl_evgen_disk_eject *evgen)
{
}
