/* SPDX-License-Identifier: MIT */
/* Detaching: ask the guest, or force; wait for the back end to close; undo what attaching did. */
#include <stdlib.h>
#include <unistd.h>
#include <xentoolcore_internal.h>
#include "dev.h"

#define GUEST_PATIENCE_MS   10000
#define UNDO_PATIENCE_MS    3000
#define BACKEND_PATIENCE_MS 5000
#define KERNEL_PATIENCE_MS  5000

/* ---- the end ---- */

static void finish(struct dev *d, int rc)
{
    void (*done)(libxl_ctx * ctx, int rc, void *data) = d->done;
    void *data = d->done_data;
    libxl_ctx *ctx = d->p.ctx;

    libxl__dev_wait_end(d);
    if (rc) {
        libxl__because(ctx, rc, libxl__op(ctx, "libxl_device_remove"),
                       "cannot detach %s from domain %" PRIu32, libxl__dev_name(d), d->p.domid);
        xenerr_field(XENERR_DEVICE, "%s", libxl__dev_name(d));
    }
    libxl__dev_free(d);
    done(ctx, rc, data);
}

static int remove_nodes(libxl_ctx *ctx, xs_transaction_t t, void *data)
{
    struct place *p = &((struct dev *)data)->p;

    /* Directories of a class go with its last device; what is above them stays. */
    if (libxl__store_rm_up(ctx, t, libxl__driver_error_path(p, p->back), 3) ||
        libxl__store_rm_up(ctx, t, libxl__driver_error_path(p, p->front), 4) ||
        libxl__store_rm_up(ctx, t, p->back, 3) || libxl__store_rm_up(ctx, t, p->front, 4) ||
        libxl__store_rm_up(ctx, t, p->own, 2))
        return FAIL(ctx, ERROR_FAIL, errno, "cannot remove %s from the store", p->back);
    return 0;
}

void libxl__dev_unplugged(struct dev *d, int rc)
{
    int removed = libxl__store_transaction(d->p.ctx, remove_nodes, d);

    if (!removed && d->running && libxl__config_keep_device(d, false))
        WARN(d->p.ctx, "%s of domain %" PRIu32 " is still in its kept configuration",
             libxl__dev_name(d), d->p.domid);
    finish(d, rc ? rc : removed);
}

/* ---- the kernel's own device ---- */

static void unplug(struct dev *d)
{
    libxl__dev_wait_end(d);
    if (d->class->unplug)
        d->class->unplug(d);
    else
        libxl__dev_unplugged(d, 0);
}

/*
 * The back end says "closed" before its driver has let go of files and interfaces, and a new
 * device of the same number would not be noticed until then.
 */
static void kernel_step(struct dev *d)
{
    struct place *p = &d->p;
    const char *device = STR(&p->pool, "/sys/bus/xen-backend/devices/%s-%" PRIu32 "-%d", p->kind,
                             p->domid, p->devid);

    if (device && !access(device, F_OK)) {
        if (!d->late)
            return;
        WARN(p->ctx, "the kernel still has %s", device);
    }
    unplug(d);
}

static void closed(struct dev *d)
{
    /* What no driver has stays until its nodes go. */
    if (d->p.backend_domid == 0 && (!strcmp(d->p.kind, "vbd") || !strcmp(d->p.kind, "vif")))
        libxl__dev_wait_kernel(d, KERNEL_PATIENCE_MS, "wait for kernel", kernel_step);
    else
        unplug(d);
}

/* ---- by force ---- */

static bool back_end_closed(struct place *p)
{
    enum bus_state state = libxl__back_state(p);

    return state == BUS_CLOSED || state == BUS_MISSING;
}

static int write_state(libxl_ctx *ctx, xs_transaction_t t, struct place *p, bool gone)
{
    POOL(pool);
    const char *closing = STR(&pool, "%d", BUS_CLOSING);

    /* Nothing to be said to a back end whose nodes are gone: they must not come back. */
    if (libxl__store_read(ctx, &pool, t, STR(&pool, "%s/state", p->back)) &&
        (libxl__store_write(ctx, t, STR(&pool, "%s/online", p->back), "0", NULL, 0) ||
         libxl__store_write(ctx, t, STR(&pool, "%s/state", p->back), closing, NULL, 0)))
        return FAIL(ctx, ERROR_FAIL, errno, "cannot write %s/state in the store", p->back);
    if (gone && libxl__store_rm(ctx, t, p->front))
        return FAIL(ctx, ERROR_FAIL, errno, "cannot remove %s from the store", p->front);
    return 0;
}

static int take_away(libxl_ctx *ctx, xs_transaction_t t, void *data)
{
    return write_state(ctx, t, &((struct dev *)data)->p, true);
}

static void force_step(struct dev *d)
{
    if (!back_end_closed(&d->p) && !d->deserted) {
        if (!d->late)
            return;
        WARN(d->p.ctx, "the back end of %s of domain %" PRIu32 " has not closed within %d s",
             libxl__dev_name(d), d->p.domid, BACKEND_PATIENCE_MS / 1000);
    }
    closed(d);
}

/* Nobody is there to close the device: nothing ever waited for its nodes. */
static bool served(struct dev *d)
{
    /* A domain's QEMU ends before its devices are removed. */
    if (d->undoing && !strcmp(d->p.kind, "qdisk"))
        return false;
    return d->class->waits && libxl__back_state(&d->p) != BUS_INITIALISING;
}

static void force(struct dev *d)
{
    bool wait = served(d);
    int rc = libxl__store_transaction(d->p.ctx, take_away, d);

    if (rc)
        finish(d, rc);
    else if (wait)
        libxl__dev_wait_backend(d, BACKEND_PATIENCE_MS, "wait for back end", force_step);
    else
        closed(d);
}

/* ---- with the guest's help ---- */

static int ask(libxl_ctx *ctx, xs_transaction_t t, void *data)
{
    return write_state(ctx, t, &((struct dev *)data)->p, false);
}

static int guest_late(struct dev *d)
{
    struct place *p = &d->p;

    FAIL(p->ctx, ERROR_TIMEDOUT, ETIMEDOUT, "the guest has not let go of it within %d s",
         GUEST_PATIENCE_MS / 1000);
    xenerr_field(XENERR_STAGE, "wait for guest");
    xenerr_field(XENERR_STORE_PATH, "%s/state", p->front);
    xenerr_field(XENERR_LIMIT, "time: %d s", GUEST_PATIENCE_MS / 1000);
    xenerr_field(XENERR_HINT, "is it in use, such as mounted? By force it goes all the same");
    return ERROR_TIMEDOUT;
}

static int deserted(struct dev *d)
{
    FAIL(d->p.ctx, ERROR_FAIL, ESRCH, "QEMU, which served it, has ended");
    xenerr_field(XENERR_STAGE, "wait for guest");
    xenerr_field(XENERR_HINT, "its log file may say why; by force the device goes all the same");
    return ERROR_FAIL;
}

static void guest_step(struct dev *d)
{
    if (back_end_closed(&d->p))
        closed(d);
    else if ((d->late || d->deserted) && d->may_force)
        force(d);
    else if (d->deserted)
        finish(d, deserted(d));
    else if (d->late)
        finish(d, guest_late(d));
}

/* Whether a driver of the guest has the device, so that it can be asked. */
static bool guest_has_it(struct dev *d)
{
    int state = libxl__number(libxl__front_node(&d->p, "state"), BUS_MISSING);
    libxl_dominfo info;
    bool alive;

    libxl_dominfo_init(&info);
    /* Who may not force has to wait even for a paused guest: it may still hold data. */
    alive = !libxl_domain_info(d->p.ctx, &info, d->p.domid) && !info.shutdown && !info.dying &&
            !(info.paused && d->may_force);
    libxl_dominfo_dispose(&info);
    return alive && state > BUS_INITIALISING && state < BUS_CLOSED;
}

void libxl__detach(struct dev *d, void (*done)(libxl_ctx *ctx, int rc, void *data), void *data)
{
    int rc = libxl__find_place(&d->p, d->class);

    d->done = done;
    d->done_data = data;
    if (!rc && !d->force && guest_has_it(d))
        rc = libxl__store_transaction(d->p.ctx, ask, d);
    else if (!rc) {
        force(d);
        return;
    }
    if (rc) {
        if (d->undoing)
            rc = 0; /* nothing was there to be undone */
        finish(d, rc);
        return;
    }
    libxl__dev_wait_backend(d, d->undoing ? UNDO_PATIENCE_MS : GUEST_PATIENCE_MS, "wait for guest",
                            guest_step);
}
