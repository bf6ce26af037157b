/* SPDX-License-Identifier: MIT */
/* A domain's life after it was created. */
#include <stdlib.h>
#include <xen/hvm/params.h>
#include "internal.h"

/* ---- pause, unpause ---- */

static int change_state(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *ao_how,
                        int (*change)(xc_interface *xch, uint32_t domid), const char *what)
{
    xc_domaininfo_t info;
    int rc;

    libxl__enter(ctx);
    rc = libxl__domain_get(ctx, domid, &info);
    if (!rc && change(ctx->xch, domid))
        rc = BECAUSE(ctx, ERROR_FAIL, "cannot %s domain %" PRIu32, what, domid);
    rc = libxl__ao_at_once(ctx, ao_how, rc);
    libxl__leave(ctx);
    return rc;
}

int libxl_domain_pause(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *ao_how)
{
    return change_state(ctx, domid, ao_how, xc_domain_pause, "pause");
}

int libxl_domain_unpause(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *ao_how)
{
    return change_state(ctx, domid, ao_how, xc_domain_unpause, "unpause");
}

/* ---- shutdown, reboot: asked in the store; the guest acknowledges by clearing the node ---- */

#define ACKNOWLEDGE_MS 60000

struct request {
    struct ao *ao;
    uint32_t domid;
    char *path;
    const char *what;
    struct ev_watch *watch;
    struct ev_time *patience;
};

static void request_finish(struct request *r, int rc)
{
    struct ao *ao = r->ao;

    libxl__ev_watch_del(ao->ctx, &r->watch);
    libxl__ev_time_del(ao->ctx, &r->patience);
    free(r->path);
    free(r);
    libxl__ao_done(ao, rc);
}

static int write_request(libxl_ctx *ctx, xs_transaction_t t, void *data)
{
    struct request *r = data;

    return libxl__store_write(ctx, t, r->path, r->what, NULL, 0)
               ? FAIL(ctx, ERROR_FAIL, errno, "cannot write %s in the store", r->path)
               : 0;
}

/* Take the request back, unless the guest acknowledged it at the last moment. */
static int withdraw_request(libxl_ctx *ctx, xs_transaction_t t, void *data)
{
    struct request *r = data;
    POOL(pool);
    char *now = libxl__store_read(ctx, &pool, t, r->path);

    if (!now || strcmp(now, r->what))
        return 0;
    libxl__store_write(ctx, t, r->path, "", NULL, 0);
    return FAIL(ctx, ERROR_GUEST_TIMEDOUT, ETIMEDOUT,
                "domain %" PRIu32 " did not acknowledge a %s within %d s", r->domid, r->what,
                ACKNOWLEDGE_MS / 1000);
}

static void request_changed(libxl_ctx *ctx, void *data)
{
    struct request *r = data;
    POOL(pool);
    char *now = libxl__store_read(ctx, &pool, XBT_NULL, r->path);

    if (now && !strcmp(now, r->what))
        return;
    request_finish(r, 0); /* acknowledged, or the domain is gone */
}

static void request_late(libxl_ctx *ctx, void *data)
{
    struct request *r = data;

    r->patience = NULL;
    request_finish(r, libxl__store_transaction(ctx, withdraw_request, r));
}

static void request_aborted(struct ao *ao, void *data)
{
    FAIL(ao->ctx, ERROR_ABORTED, ECANCELED, "the manager asked to stop");
    request_finish(data, ERROR_ABORTED);
}

/* A kernel in a container may have no driver that looks into the store; a PVH one always has. */
static int check_listens(libxl_ctx *ctx, uint32_t domid)
{
    uint64_t callback = 0;

    if (libxl__domain_type(ctx, domid) != LIBXL_DOMAIN_TYPE_HVM)
        return 0;
    if (xc_hvm_param_get(ctx->xch, domid, HVM_PARAM_CALLBACK_IRQ, &callback))
        return BECAUSE(ctx, ERROR_FAIL, "cannot ask for the drivers of domain %" PRIu32, domid);
    if (!callback)
        return FAIL(ctx, ERROR_NOPARAVIRT, EOPNOTSUPP,
                    "domain %" PRIu32 " has no driver that would obey", domid);
    return 0;
}

static int request_start(libxl_ctx *ctx, struct request *r)
{
    POOL(pool);
    char *path = STR(&pool, "/local/domain/%" PRIu32 "/control/shutdown", r->domid);
    xc_domaininfo_t info;
    int rc = libxl__domain_get(ctx, r->domid, &info);

    if (rc)
        return rc;
    rc = check_listens(ctx, r->domid);
    if (rc)
        return rc;
    if (info.flags & XEN_DOMINF_shutdown)
        return FAIL(ctx, ERROR_FAIL, EINVAL, "domain %" PRIu32 " has shut down already", r->domid);
    r->path = path ? strdup(path) : NULL;
    if (!r->path)
        return NO_MEMORY(ctx);
    rc = libxl__store_transaction(ctx, write_request, r);
    if (rc)
        return rc;
    r->patience = libxl__ev_time_add(ctx, ACKNOWLEDGE_MS, request_late, r);
    r->watch = r->patience ? libxl__ev_watch_add(ctx, r->path, request_changed, r) : NULL;
    r->ao->on_abort = request_aborted;
    r->ao->on_abort_data = r;
    return r->watch ? 0 : ERROR_FAIL;
}

static int request(libxl_ctx *ctx, uint32_t domid, const char *what,
                   const libxl_asyncop_how *ao_how)
{
    struct request *r = NULL;
    struct ao *ao;
    int rc;

    libxl__enter(ctx);
    ao = libxl__ao_start(ctx, ao_how);
    r = ao ? calloc(1, sizeof(*r)) : NULL;
    if (!r) {
        rc = NO_MEMORY(ctx);
        if (ao)
            libxl__ao_done(ao, rc);
        goto out;
    }
    *r = (struct request){.ao = ao, .domid = domid, .what = what};
    rc = request_start(ctx, r);
    if (rc) {
        BECAUSE(ctx, rc, "cannot ask domain %" PRIu32 " for a %s", domid, what);
        request_finish(r, rc);
    }
    rc = libxl__ao_result(ao);
out:
    libxl__leave(ctx);
    return rc;
}

int libxl_domain_shutdown(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *ao_how)
{
    return request(ctx, domid, "poweroff", ao_how);
}

int libxl_domain_reboot(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *ao_how)
{
    return request(ctx, domid, "reboot", ao_how);
}

/* ---- keep a dead domain under another name ---- */

struct preserve {
    uint32_t domid;
    const char *suffix;
    libxl_uuid uuid;
};

static int preserve_body(libxl_ctx *ctx, xs_transaction_t t, void *data)
{
    const struct preserve *p = data;
    const struct xs_permissions see[] = {{.id = 0, .perms = XS_PERM_NONE},
                                         {.id = p->domid, .perms = XS_PERM_READ}};
    POOL(pool);
    char *dom = libxl__dom_path(&pool, p->domid);
    char *name = libxl__store_read(ctx, &pool, t, STR(&pool, "%s/name", dom));
    char *old = libxl__store_read(ctx, &pool, t, STR(&pool, "%s/vm", dom));
    char *vm = STR(&pool, "/vm/" LIBXL_UUID_FMT, LIBXL_UUID_BYTES(p->uuid));
    char *uuid = STR(&pool, LIBXL_UUID_FMT, LIBXL_UUID_BYTES(p->uuid));
    char *new_name = STR(&pool, "%s%s", name ? name : "", p->suffix);

    /* Whoever takes over the old UUID writes nodes of its own. */
    if (!name || (old && !strncmp(old, "/vm/", 4) && libxl__store_rm(ctx, t, old)) ||
        libxl__store_mkdir(ctx, t, vm, see, 2) ||
        libxl__store_write(ctx, t, STR(&pool, "%s/vm", dom), vm, NULL, 0) ||
        libxl__store_write(ctx, t, STR(&pool, "%s/name", dom), new_name, NULL, 0) ||
        libxl__store_write(ctx, t, STR(&pool, "%s/name", vm), new_name, NULL, 0) ||
        libxl__store_write(ctx, t, STR(&pool, "%s/uuid", vm), uuid, NULL, 0))
        return FAIL(ctx, ERROR_FAIL, errno, "cannot write about domain %" PRIu32 " in the store",
                    p->domid);
    return 0;
}

int libxl_domain_preserve(libxl_ctx *ctx, uint32_t domid, libxl_domain_create_info *info,
                          const char *name_suffix, libxl_uuid new_uuid)
{
    struct preserve p = {domid, name_suffix, new_uuid};
    xc_domaininfo_t state = {0};
    xen_domain_handle_t handle;
    libxl_uuid old_uuid;
    int rc, lock = -1;

    libxl__enter(ctx);
    rc = libxl__domain_get(ctx, domid, &state);
    if (!rc)
        rc = lock = libxl__userdata_lock(ctx, domid);
    if (lock >= 0)
        rc = libxl__store_transaction(ctx, preserve_body, &p);
    memcpy(handle, new_uuid.uuid, sizeof(handle));
    memcpy(old_uuid.uuid, state.handle, sizeof(old_uuid.uuid));
    if (!rc && xc_domain_sethandle(ctx->xch, domid, handle))
        rc = BECAUSE(ctx, ERROR_FAIL, "cannot change the UUID of domain %" PRIu32, domid);
    if (!rc)
        rc = libxl__userdata_renamed(ctx, domid, &old_uuid, &new_uuid);
    if (lock >= 0)
        libxl__userdata_unlock(ctx, domid, lock);
    libxl__leave(ctx);
    return rc;
}

int libxl_clear_domid_history(libxl_ctx *ctx)
{
    return 0; /* none is kept: an ID is free when its domain is gone */
}
