/* SPDX-License-Identifier: MIT */
/*
 * What the files of libxenlight share.
 *
 * Every public function that needs the context opens with libxl__enter() and ends with
 * libxl__leave(): in between the thread has the context for itself, and callbacks to the manager
 * wait until the outermost libxl__leave() let the context go.
 */
#ifndef LIGHT_INTERNAL_H
#define LIGHT_INTERNAL_H

#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <xenctrl.h>
#include <xenstore.h>
#include <xenerror.h>
#include "public.h"
#include "loop.h"

/* ---- context (ctx.c) ---- */

struct libxl__ctx {
    xentoollog_logger *lg;
    xc_interface *xch;
    struct xs_handle
        *xsh; /* NULL in a child that could not connect: libxl_postfork_child_noexec() */
    pthread_mutex_t lock; /* recursive */
    int depth;            /* how often the thread that holds the lock entered */
    const char *op;       /* what the manager called, for messages */
    struct loop loop;
    libxl_event_hooks event_hooks;
    void *event_user;
    struct libxl_event *events; /* that nobody fetched, oldest first, linked by link.tqe_next */
    struct notice *notices;     /* callbacks to be made, oldest first */
    struct ao *aos;             /* operations under way */
    struct libxl__evgen_domain_death *deaths;
    struct ev_watch *death_watch;
    struct custom_class *custom_classes; /* of devices */
    bool version_known;
    libxl_version_info version;
};

/* op, a string constant, is the manager's operation if this is the outermost entry. */
void libxl__enter_op(libxl_ctx *ctx, const char *op);
#define libxl__enter(ctx) libxl__enter_op(ctx, __func__)
void libxl__leave(libxl_ctx *ctx);
/*
 * In a child, which enters it: what is under way is the parent's, and the connections become the
 * child's own.
 */
void libxl__ctx_after_fork(libxl_ctx *ctx);

/* ---- errors (ctx.c) ---- */

/* Log, start a new error chain, and return rc.  ctx may be NULL; errnum 0 stands for no errno. */
int libxl__fail(libxl_ctx *ctx, int rc, int errnum, const char *op, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* Log and add to the error chain what failed because of what is in it; errno starts an empty one.
 */
int libxl__because(libxl_ctx *ctx, int rc, const char *op, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void libxl__log(libxl_ctx *ctx, xentoollog_level level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int libxl__no_memory(libxl_ctx *ctx, const char *op);
/* For what this version cannot do. */
int libxl__unsupported(libxl_ctx *ctx, const char *op, const char *what);

/* What the manager called; op when it called nothing. */
const char *libxl__op(const libxl_ctx *ctx, const char *op);

#define FAIL(ctx, rc, errnum, ...)                                                                 \
    libxl__fail(ctx, rc, errnum, libxl__op(ctx, __func__), __VA_ARGS__)
#define BECAUSE(ctx, rc, ...) libxl__because(ctx, rc, libxl__op(ctx, __func__), __VA_ARGS__)
#define NO_MEMORY(ctx)        libxl__no_memory(ctx, libxl__op(ctx, __func__))
#define WARN(ctx, ...)        libxl__log(ctx, XTL_WARN, __VA_ARGS__)

/* ---- memory that lives as long as an operation (pool.c) ---- */

struct pool {
    struct pool_block *blocks;
    bool failed; /* memory ran out at least once */
};

void *libxl__pool_alloc(struct pool *pool, size_t size);
char *libxl__pool_printf(struct pool *pool, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Take over memory from malloc(); NULL gives NULL. */
void *libxl__pool_own(struct pool *pool, void *p);
void libxl__pool_free(struct pool *pool);
#define POOL(name)     __attribute__((cleanup(libxl__pool_free))) struct pool name = {NULL, false}
#define STR(pool, ...) libxl__pool_printf(pool, __VA_ARGS__)

/* ---- operations (ao.c) ---- */

struct ao {
    libxl_ctx *ctx;
    struct ao *next;
    bool starting; /* the function that started it has not returned */
    bool async;    /* the manager gave a how */
    libxl_asyncop_how how;
    bool has_progress;
    libxl_asyncprogress_how progress;
    bool done;
    bool aborted;
    int rc;
    void (*on_abort)(struct ao *ao, void *data); /* asks the operation to end with ERROR_ABORTED */
    void *on_abort_data;
};

/* NULL without memory (the failure is logged). */
struct ao *libxl__ao_start(libxl_ctx *ctx, const libxl_asyncop_how *how);
void libxl__ao_set_progress(struct ao *ao, const libxl_asyncprogress_how *how);
void libxl__ao_done(struct ao *ao, int rc);
void libxl__ao_progress(struct ao *ao, libxl_event *event);
/*
 * To be returned by the function that started the operation, which must not touch *ao after it.
 * Without a how this waits until the operation is done; with one, an operation that failed already
 * is told by the value returned alone.
 */
int libxl__ao_result(struct ao *ao);
/* For operations that end where they start. */
int libxl__ao_at_once(libxl_ctx *ctx, const libxl_asyncop_how *how, int rc);
/* Run the event loop once, with the context let go while it waits; 0 or ERROR_*. */
int libxl__run_once(libxl_ctx *ctx);

/* ---- events (event.c) ---- */

/* NULL without memory, which was told as a disaster. */
libxl_event *libxl__event_new(libxl_ctx *ctx, libxl_event_type type, uint32_t domid,
                              libxl_ev_user user);
/* Hands it to the manager. */
void libxl__event_occurred(libxl_ctx *ctx, libxl_event *event);
void libxl__disaster(libxl_ctx *ctx, const char *msg, int errnum);
/* A callback to be made once the context was let go. */
struct notice {
    struct notice *next;
    libxl_event *event; /* for event_occurs, or for progress.callback when that is set */
    libxl_asyncop_how how;
    libxl_asyncprogress_how progress;
    int rc;
};
void libxl__notice(libxl_ctx *ctx, struct notice *n);
void libxl__notices_deliver(libxl_ctx *ctx, struct notice *list);
void libxl__events_free(libxl_ctx *ctx);
/* Forget events and requests for them, without telling the store. */
void libxl__events_after_fork(libxl_ctx *ctx);

/* ---- store (store.c) ---- */

/* NULL with errno; freed with the pool. */
char *libxl__store_read(libxl_ctx *ctx, struct pool *pool, xs_transaction_t t, const char *path);
/* Writes value with these permissions (none: as inherited).  0, or -1 with errno. */
int libxl__store_write(libxl_ctx *ctx, xs_transaction_t t, const char *path, const char *value,
                       const struct xs_permissions *perms, unsigned int nr);
int libxl__store_mkdir(libxl_ctx *ctx, xs_transaction_t t, const char *path,
                       const struct xs_permissions *perms, unsigned int nr);
/* A path that is not there is fine.  0, or -1 with errno. */
int libxl__store_rm(libxl_ctx *ctx, xs_transaction_t t, const char *path);
/* Removes path and each parent that has become empty, but no level above the first `keep`. */
int libxl__store_rm_up(libxl_ctx *ctx, xs_transaction_t t, const char *path, int keep);
/* Names below path, ended by NULL; freed with the pool.  NULL with errno. */
char **libxl__store_list(libxl_ctx *ctx, struct pool *pool, xs_transaction_t t, const char *path,
                         unsigned int *nr);
char *libxl__dom_path(struct pool *pool, uint32_t domid);
char *libxl__libxl_path(struct pool *pool, uint32_t domid);
/* Run body in transactions until one commits; body returns 0 or ERROR_*. */
int libxl__store_transaction(libxl_ctx *ctx,
                             int (*body)(libxl_ctx *ctx, xs_transaction_t t, void *data),
                             void *data);

/* ---- domains (info.c, names.c) ---- */

/* 0, ERROR_DOMAIN_NOTFOUND, or ERROR_FAIL; for functions that need the domain to be there. */
int libxl__domain_get(libxl_ctx *ctx, uint32_t domid, xc_domaininfo_t *info);
/* The same, without logging that there is no domain. */
int libxl__domain_probe(libxl_ctx *ctx, uint32_t domid, xc_domaininfo_t *info);
libxl_domain_type libxl__domain_type(libxl_ctx *ctx, uint32_t domid);
/* Whether a domain other than `except` has the name. */
bool libxl__name_in_use(libxl_ctx *ctx, xs_transaction_t t, const char *name, uint32_t except,
                        uint32_t *domid);

/* ---- user data and configuration (userdata.c, config.c) ---- */

int libxl__userdata_destroyall(libxl_ctx *ctx, uint32_t domid);
/* Lock a domain's user data against other processes.  A file descriptor to close, or ERROR_*. */
int libxl__userdata_lock(libxl_ctx *ctx, uint32_t domid);
/* The domain has another UUID: its files follow. */
int libxl__userdata_renamed(libxl_ctx *ctx, uint32_t domid, const libxl_uuid *from,
                            const libxl_uuid *to);
void libxl__userdata_unlock(libxl_ctx *ctx, uint32_t domid, int fd);
/* 0, or -1 and *dst as libxl_domain_config_init() leaves it. */
int libxl__config_copy(libxl_ctx *ctx, libxl_domain_config *dst, const libxl_domain_config *src);
int libxl__config_defaults(libxl_ctx *ctx, libxl_domain_config *config);
int libxl__config_store(libxl_ctx *ctx, uint32_t domid, const libxl_domain_config *config);
int libxl__config_load(libxl_ctx *ctx, uint32_t domid, libxl_domain_config *config);
/* KiB that a domain may have beyond its target. */
uint64_t libxl__maxmem_slack(const libxl_domain_build_info *info);

/* ---- building (create.c, build.c, console.c, device.c, destroy.c) ---- */

/* What the builder learned and the store needs. */
struct build_result {
    xen_pfn_t store_mfn;
    xen_pfn_t console_mfn;
    uint32_t store_port;
    uint32_t console_port;
};

int libxl__build(libxl_ctx *ctx, uint32_t domid, const libxl_domain_config *config,
                 struct build_result *result);
int libxl__console_add(libxl_ctx *ctx, xs_transaction_t t, uint32_t domid,
                       const struct build_result *built);
/*
 * Devices (device/).  done() gets what failed first; it may be called before these return.
 */
void libxl__devices_add(libxl_ctx *ctx, uint32_t domid, libxl_domain_config *config,
                        void (*done)(libxl_ctx *ctx, int rc, void *data), void *data);
void libxl__devices_remove(libxl_ctx *ctx, uint32_t domid,
                           void (*done)(libxl_ctx *ctx, int rc, void *data), void *data);
/* Note in the kept configuration what would otherwise be chosen anew at the next start. */
void libxl__config_keep_choices(libxl_domain_config *kept, const libxl_domain_config *chosen);
void libxl__custom_free(libxl_ctx *ctx);
/* Forget a domain that cannot be used: everything, as far as possible; done() gets the first
 * failure. */
void libxl__destroy(libxl_ctx *ctx, uint32_t domid,
                    void (*done)(libxl_ctx *ctx, int rc, void *data), void *data);

/* ---- CPUID (cpuid.c) ---- */

struct xc_xend_cpuid;
int libxl__cpuid_apply(libxl_ctx *ctx, uint32_t domid, const libxl_domain_build_info *info);

int libxl__mac_parse(const char *s, libxl_mac *mac);

#endif
