/* SPDX-License-Identifier: MIT */
/* Forget a domain: its memory, its devices, all that the store and files hold about it. */
#include <stdlib.h>
#include <xentoolcore_internal.h>
#include "internal.h"
#include "device/qemu.h"

struct destruction {
    libxl_ctx *ctx;
    void (*done)(libxl_ctx *ctx, int rc, void *data);
    void *data;
    uint32_t domid;
    struct ev_time *next_step;
    int rc; /* the first failure */
};

static void note(int *rc, int failure)
{
    if (!*rc)
        *rc = failure;
}

/* ---- store ---- */

/*
 * From now on nobody attaches a device, which would come too late to be removed with the others.
 * Who is starting QEMU for one has the lock until its process is noted, and so is ended.
 */
static void announce(libxl_ctx *ctx, uint32_t domid)
{
    POOL(pool);
    xc_domaininfo_t info;
    void *reason = xentoolcore__error_save(); /* of what failed before; a lock that fails is told */
    /* One that has vanished has no files to lock, and gets no more devices. */
    int lock = libxl__domain_probe(ctx, domid, &info) ? -1 : libxl__userdata_lock(ctx, domid);

    if (libxl__store_write(ctx, XBT_NULL,
                           STR(&pool, "%s/destroying", libxl__libxl_path(&pool, domid)), "1", NULL,
                           0))
        WARN(ctx, "a device attached right now may outlast domain %" PRIu32, domid);
    if (lock >= 0)
        libxl__userdata_unlock(ctx, domid, lock);
    xentoolcore__error_restore(reason);
}

/* Backends of the domain's devices, named by the nodes the toolstack keeps for itself. */
static int remove_backends(libxl_ctx *ctx, xs_transaction_t t, const char *own)
{
    POOL(pool);
    unsigned int nr_classes, nr_devices;
    char *devices = STR(&pool, "%s/device", own);
    char **classes = libxl__store_list(ctx, &pool, t, devices, &nr_classes);

    for (unsigned int i = 0; classes && i < nr_classes; i++) {
        char *class = STR(&pool, "%s/%s", devices, classes[i]);
        char **ids = libxl__store_list(ctx, &pool, t, class, &nr_devices);

        for (unsigned int j = 0; ids && j < nr_devices; j++) {
            char *backend =
                libxl__store_read(ctx, &pool, t, STR(&pool, "%s/%s/backend", class, ids[j]));

            /* Up to /local/domain/N. */
            if (backend && strncmp(backend, "/local/domain/", 14) == 0 &&
                libxl__store_rm_up(ctx, t, backend, 3))
                return FAIL(ctx, ERROR_FAIL, errno, "cannot remove %s from the store", backend);
        }
    }
    return pool.failed ? NO_MEMORY(ctx) : 0;
}

/* What dom0's drivers said of devices, perhaps after those had gone. */
static int remove_driver_errors(libxl_ctx *ctx, xs_transaction_t t, uint32_t domid)
{
    POOL(pool);
    unsigned int nr;
    const char *top = "/local/domain/0/error/backend";
    char **kinds = libxl__store_list(ctx, &pool, t, top, &nr);

    for (unsigned int i = 0; kinds && i < nr; i++) {
        char *errors = STR(&pool, "%s/%s/%" PRIu32, top, kinds[i], domid);

        if (libxl__store_rm_up(ctx, t, errors, 3))
            return FAIL(ctx, ERROR_FAIL, errno, "cannot remove %s from the store", errors);
    }
    return pool.failed ? NO_MEMORY(ctx) : 0;
}

static int remove_nodes(libxl_ctx *ctx, xs_transaction_t t, void *data)
{
    uint32_t domid = *(uint32_t *)data;
    POOL(pool);
    char *dom = libxl__dom_path(&pool, domid);
    char *own = libxl__libxl_path(&pool, domid);
    char *vm = libxl__store_read(ctx, &pool, t, STR(&pool, "%s/vm", dom));
    int rc = remove_backends(ctx, t, own);

    if (!rc)
        rc = remove_driver_errors(ctx, t, domid);
    if (rc)
        return rc;
    if ((vm && strncmp(vm, "/vm/", 4) == 0 && libxl__store_rm(ctx, t, vm)) ||
        libxl__store_rm(ctx, t, dom) || libxl__store_rm(ctx, t, own))
        return FAIL(ctx, ERROR_FAIL, errno, "cannot remove domain %" PRIu32 " from the store",
                    domid);
    return 0;
}

/* The store daemon itself learns from the hypervisor that the domain is gone. */
static void forget(libxl_ctx *ctx, uint32_t domid, int *rc)
{
    note(rc, libxl__store_transaction(ctx, remove_nodes, &domid));
    note(rc, libxl__userdata_destroyall(ctx, domid));
}

/* ---- memory: the hypervisor frees it in steps, so that nobody has to wait for a big domain ----
 */

/* 0 done, 1 to be called again, or ERROR_*. */
static int free_some(libxl_ctx *ctx, uint32_t domid)
{
    struct xen_domctl op = {.cmd = XEN_DOMCTL_destroydomain,
                            .interface_version = XEN_DOMCTL_INTERFACE_VERSION,
                            .domain = (domid_t)domid};

    if (!xc_domctl(ctx->xch, &op))
        return 0;
    if (errno == EAGAIN || errno == EINTR) {
        xenerr_begin(); /* that is no failure */
        return 1;
    }
    if (errno == ESRCH)
        return 0;
    return BECAUSE(ctx, ERROR_FAIL, "cannot free the memory of domain %" PRIu32, domid);
}

static void finish(struct destruction *d)
{
    void (*done)(libxl_ctx * ctx, int rc, void *data) = d->done;
    libxl_ctx *ctx = d->ctx;
    void *data = d->data;
    int rc = d->rc;

    if (rc)
        libxl__because(ctx, rc, "libxl_domain_destroy", "cannot destroy domain %" PRIu32, d->domid);
    free(d);
    done(ctx, rc, data);
}

static void step(libxl_ctx *ctx, void *data)
{
    struct destruction *d = data;
    void *reason = d->rc ? xentoolcore__error_save() : NULL;
    int rc = free_some(ctx, d->domid);

    if (reason)
        xentoolcore__error_restore(reason); /* the first failure is the one to be told */
    d->next_step = NULL;
    if (rc == 1) {
        d->next_step = libxl__ev_time_add(ctx, 0, step, d);
        if (d->next_step)
            return;
        rc = ERROR_FAIL;
    }
    note(&d->rc, rc);
    finish(d);
}

static void devices_gone(libxl_ctx *ctx, int rc, void *data)
{
    struct destruction *d = data;

    note(&d->rc, rc);
    forget(ctx, d->domid, &d->rc);
    step(ctx, d);
}

static void qemu_gone(libxl_ctx *ctx, void *data)
{
    struct destruction *d = data;

    libxl__devices_remove(ctx, d->domid, devices_gone, d);
}

void libxl__destroy(libxl_ctx *ctx, uint32_t domid,
                    void (*done)(libxl_ctx *ctx, int rc, void *data), void *data)
{
    struct destruction *d = calloc(1, sizeof(*d));

    if (!d) {
        done(ctx, NO_MEMORY(ctx), data);
        return;
    }
    *d = (struct destruction){.ctx = ctx, .done = done, .data = data, .domid = domid};
    if (xc_domain_pause(ctx->xch, domid) < 0 && errno != ESRCH)
        note(&d->rc, BECAUSE(ctx, ERROR_FAIL, "cannot stop domain %" PRIu32, domid));
    announce(ctx, domid);
    libxl__qemu_stop(ctx, domid, qemu_gone, d);
}

static void destroyed(libxl_ctx *ctx, int rc, void *data)
{
    libxl__ao_done(data, rc);
}

/* A domain that the hypervisor has no more may have left devices: those are cleaned up after, too. */
static int check(libxl_ctx *ctx, uint32_t domid)
{
    POOL(pool);
    xc_domaininfo_t info;
    unsigned int nr;
    int rc;

    if (!libxl_domid_valid_guest(domid))
        return FAIL(ctx, ERROR_INVAL, EINVAL, "%" PRIu32 " is no guest", domid);
    rc = libxl__domain_probe(ctx, domid, &info);
    if (rc == ERROR_DOMAIN_NOTFOUND &&
        libxl__store_list(ctx, &pool, XBT_NULL, libxl__libxl_path(&pool, domid), &nr)) {
        xenerr_begin();
        return 0;
    }
    return rc == ERROR_DOMAIN_NOTFOUND ? libxl__domain_get(ctx, domid, &info) : rc;
}

int libxl_domain_destroy(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *ao_how)
{
    struct ao *ao;
    int rc = ERROR_NOMEM;

    libxl__enter(ctx);
    ao = libxl__ao_start(ctx, ao_how);
    if (!ao)
        goto out;
    rc = check(ctx, domid);
    if (rc)
        libxl__ao_done(ao, BECAUSE(ctx, rc, "cannot destroy domain %" PRIu32, domid));
    else
        libxl__destroy(ctx, domid, destroyed, ao);
    rc = libxl__ao_result(ao);
out:
    libxl__leave(ctx);
    return rc;
}
