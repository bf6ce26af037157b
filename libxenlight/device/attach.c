/* SPDX-License-Identifier: MIT */
/* Attaching: choose, open, describe in the store, wait for the back end, connect it. */
#include <stdlib.h>
#include <unistd.h>
#include <xentoolcore_internal.h>
#include "dev.h"

#define KERNEL_PATIENCE_MS 10000
#define QEMU_PATIENCE_MS   60000 /* it may have been started just now */
#define NUMBER_ATTEMPTS    64    /* each means that another process was faster */

struct dev *libxl__dev_new(libxl_ctx *ctx, uint32_t domid, const struct device_class *class)
{
    struct dev *d = calloc(1, sizeof(*d));

    if (!d) {
        NO_MEMORY(ctx);
        return NULL;
    }
    d->p = (struct place){.ctx = ctx, .domid = domid, .devid = -1, .kind = class->kinds[0]};
    d->class = class;
    d->front_nodes.pool = d->back_nodes.pool = d->script_env.pool = d->fixed_nodes.pool =
        d->own_nodes.pool = &d->p.pool;
    d->uevents_fd = d->loop_fd = -1;
    return d;
}

void libxl__dev_free(struct dev *d)
{
    if (!d)
        return;
    libxl__dev_wait_end(d);
    if (d->loop_fd >= 0)
        close(d->loop_fd);
    if (d->config && d->class->type)
        libxl__type_dispose(d->class->type, d->config);
    free(d->config);
    free(d->class_data);
    free(d->reason);
    libxl__pool_free(&d->p.pool);
    free(d);
}

const char *libxl__dev_name(struct dev *d)
{
    const char *name = d->label ? STR(&d->p.pool, "%s %s", d->class->name, d->label)
                                : STR(&d->p.pool, "%s %d", d->class->name, d->p.devid);

    return name ? name : d->class->name;
}

static int backend_domain(struct dev *d, const char *name)
{
    uint32_t domid;

    if (!name || !*name)
        return 0;
    if (libxl_domain_qualifier_to_domid(d->p.ctx, name, &domid))
        return BECAUSE(d->p.ctx, ERROR_INVAL, "there is no domain \"%s\" to serve the %s", name,
                       d->class->name);
    d->p.backend_domid = domid;
    return 0;
}

int libxl__dev_choose(struct dev *d, void *config)
{
    libxl_ctx *ctx = d->p.ctx;
    const struct type *type = d->class->type;
    int rc;

    /* Every class begins with these two. */
    d->p.backend_domid = ((const libxl_device_vkb *)config)->backend_domid;
    rc = backend_domain(d, ((const libxl_device_vkb *)config)->backend_domname);
    if (!rc)
        rc = d->class->choose(d, config);
    if (rc)
        return rc;
    ((libxl_device_vkb *)config)->backend_domid = d->p.backend_domid;
    d->config = calloc(1, type->size);
    if (!d->config)
        return NO_MEMORY(ctx);
    libxl__type_init(type, d->config);
    return libxl__type_copy(ctx, type, d->config, config) ? NO_MEMORY(ctx) : 0;
}

/* ---- the store ---- */

/* Nodes that every device has. */
static void describe_links(struct dev *d)
{
    struct place *p = &d->p;

    libxl__node(&d->front_nodes, "backend", p->back);
    libxl__node_f(&d->front_nodes, "backend-id", "%" PRIu32, p->backend_domid);
    libxl__node_f(&d->front_nodes, "state", "%d", BUS_INITIALISING);
    libxl__node(&d->back_nodes, "frontend", p->front);
    libxl__node_f(&d->back_nodes, "frontend-id", "%" PRIu32, p->domid);
    libxl__node(&d->back_nodes, "online", "1");
    libxl__node_f(&d->back_nodes, "state", "%d", BUS_INITIALISING);
}

static int write_nodes(struct dev *d, xs_transaction_t t, const char *dir,
                       const struct store_nodes *nodes, const struct xs_permissions *perms)
{
    libxl_ctx *ctx = d->p.ctx;
    POOL(pool);

    if (libxl__store_mkdir(ctx, t, dir, perms, perms ? 2 : 0))
        return FAIL(ctx, ERROR_FAIL, errno, "cannot make %s in the store", dir);
    for (size_t i = 0; i < nodes->n; i++)
        if (libxl__store_write(ctx, t, STR(&pool, "%s/%s", dir, nodes->at[i].name),
                               nodes->at[i].value, NULL, 0)) {
            FAIL(ctx, ERROR_FAIL, errno, "cannot write %s/%s in the store", dir, nodes->at[i].name);
            xenerr_field(XENERR_STORE_PATH, "%s/%s", dir, nodes->at[i].name);
            return ERROR_FAIL;
        }
    return 0;
}

static int write_fixed_nodes(struct dev *d, xs_transaction_t t)
{
    const struct xs_permissions see[] = {{.id = 0, .perms = XS_PERM_NONE},
                                         {.id = d->p.domid, .perms = XS_PERM_READ}};
    const struct store_nodes *nodes = &d->fixed_nodes;
    POOL(pool);

    for (size_t i = 0; i < nodes->n; i++)
        if (libxl__store_write(d->p.ctx, t, STR(&pool, "%s/%s", d->p.front, nodes->at[i].name),
                               nodes->at[i].value, see, 2))
            return FAIL(d->p.ctx, ERROR_FAIL, errno, "cannot write %s/%s in the store", d->p.front,
                        nodes->at[i].name);
    return 0;
}

int libxl__dev_welcome(struct dev *d, xs_transaction_t t)
{
    libxl_ctx *ctx = d->p.ctx;
    struct pool *pool = &d->p.pool;
    uint32_t domid = d->p.domid;
    unsigned int nr;

    /* Another process may just have destroyed it; its nodes must not come back. */
    if (!libxl__store_list(ctx, pool, t, libxl__dom_path(pool, domid), &nr)) {
        FAIL(ctx, ERROR_DOMAIN_NOTFOUND, errno, "there is no domain %" PRIu32 " in the store",
             domid);
        return ERROR_DOMAIN_NOTFOUND;
    }
    if (libxl__store_read(ctx, pool, t,
                          STR(pool, "%s/destroying", libxl__libxl_path(pool, domid)))) {
        FAIL(ctx, ERROR_DOMAIN_DESTROYED, ENOENT, "domain %" PRIu32 " is being destroyed", domid);
        return ERROR_DOMAIN_DESTROYED;
    }
    return 0;
}

static int write_device(libxl_ctx *ctx, xs_transaction_t t, void *data)
{
    struct dev *d = data;
    struct place *p = &d->p;
    const struct xs_permissions guest[] = {{.id = p->domid, .perms = XS_PERM_NONE},
                                           {.id = p->backend_domid, .perms = XS_PERM_READ}};
    const struct xs_permissions backend[] = {{.id = p->backend_domid, .perms = XS_PERM_NONE},
                                             {.id = p->domid, .perms = XS_PERM_READ}};
    struct store_nodes links = {.pool = &p->pool};
    int rc = libxl__dev_welcome(d, t);

    if (rc)
        return rc;
    d->taken = libxl__store_read(ctx, &p->pool, t, STR(&p->pool, "%s/backend", p->own)) != NULL;
    if (d->taken)
        return ERROR_DEVICE_EXISTS;
    rc = d->class->conflict ? d->class->conflict(d, t) : 0;
    if (rc)
        return rc;
    libxl__node(&links, "frontend", p->front);
    libxl__node(&links, "backend", p->back);
    /* What a device that ended badly may have left. */
    if (libxl__store_rm(ctx, t, p->front) || libxl__store_rm(ctx, t, p->back))
        return FAIL(ctx, ERROR_FAIL, errno, "cannot remove %s from the store", p->front);
    if (write_nodes(d, t, p->front, &d->front_nodes, guest) ||
        write_nodes(d, t, p->back, &d->back_nodes, backend) ||
        write_nodes(d, t, p->own, &links, NULL) ||
        write_nodes(d, t, p->own, &d->back_nodes, NULL) ||
        write_nodes(d, t, p->own, &d->own_nodes, NULL))
        return ERROR_FAIL;
    return write_fixed_nodes(d, t);
}

/* ---- the end ---- */

static void finish(struct dev *d)
{
    void (*done)(libxl_ctx * ctx, int rc, void *data) = d->done;
    void *data = d->done_data;
    libxl_ctx *ctx = d->p.ctx;
    int rc = d->rc;

    if (rc) {
        if (d->reason)
            xentoolcore__error_restore(d->reason);
        d->reason = NULL;
        libxl__because(ctx, rc, libxl__op(ctx, "libxl_device_add"),
                       "cannot attach %s to domain %" PRIu32, libxl__dev_name(d), d->p.domid);
        xenerr_field(XENERR_DEVICE, "%s", libxl__dev_name(d));
    }
    libxl__dev_free(d);
    done(ctx, rc, data);
}

static void undone(libxl_ctx *ctx, int rc, void *data)
{
    finish(data);
}

/* Take away what is there already; the failure that counts is the first one. */
static void undo(struct dev *d)
{
    struct dev *out;

    d->reason = xentoolcore__error_save();
    libxl__dev_wait_end(d);
    /* Should the nodes be gone already, with the domain, nothing else says what is to be freed. */
    if (d->loop_fd >= 0)
        libxl__loopdev_keep(d->loop_fd, false);
    out = libxl__dev_new(d->p.ctx, d->p.domid, d->class);
    if (!out) {
        finish(d);
        return;
    }
    out->p.devid = d->p.devid;
    /* A guest that has begun is asked: blkback (Linux 6.1) warns of nodes that go while it reads them. */
    out->may_force = out->undoing = true;
    libxl__detach(out, undone, d);
}

static void keep_config(struct dev *d)
{
    if (d->running && libxl__config_keep_device(d, true))
        WARN(d->p.ctx, "%s of domain %" PRIu32 " is not in its kept configuration",
             libxl__dev_name(d), d->p.domid);
}

void libxl__dev_plugged(struct dev *d, int rc)
{
    libxl__dev_wait_end(d);
    d->rc = rc;
    if (rc) {
        undo(d);
        return;
    }
    keep_config(d);
    finish(d);
}

/* ---- the back end comes ---- */

static const char *driver_error(struct place *p)
{
    return libxl__store_read(p->ctx, &p->pool, XBT_NULL,
                             STR(&p->pool, "%s/error", libxl__driver_error_path(p, p->back)));
}

static int backend_failed(struct dev *d, enum bus_state state)
{
    struct place *p = &d->p;
    const char *why = driver_error(p);

    FAIL(p->ctx, ERROR_FAIL, EIO, "the back end went to state %d%s%s", state, why ? ": " : "",
         why ? why : "");
    xenerr_field(XENERR_STAGE, "wait for back end");
    xenerr_field(XENERR_STORE_PATH, "%s/state", p->back);
    return ERROR_FAIL;
}

static int patience(const struct dev *d)
{
    return strcmp(d->p.kind, "qdisk") ? KERNEL_PATIENCE_MS : QEMU_PATIENCE_MS;
}

static int backend_late(struct dev *d)
{
    struct place *p = &d->p;
    int seconds = patience(d) / 1000;

    FAIL(p->ctx, ERROR_TIMEDOUT, ETIMEDOUT,
         "domain %" PRIu32 " has not begun to serve it within %d s", p->backend_domid, seconds);
    xenerr_field(XENERR_STAGE, "wait for back end");
    xenerr_field(XENERR_STORE_PATH, "%s/state", p->back);
    xenerr_field(XENERR_LIMIT, "time: %d s", seconds);
    if (!strcmp(p->kind, "qdisk"))
        xenerr_field(XENERR_HINT, "QEMU's log file may say why");
    else
        xenerr_field(XENERR_HINT, "is a driver for %s there, such as the module xen-%s?", p->kind,
                     !strcmp(p->kind, "vif") ? "netback" : "blkback");
    return ERROR_TIMEDOUT;
}

static int backend_deserted(struct dev *d)
{
    FAIL(d->p.ctx, ERROR_FAIL, ESRCH, "QEMU, which is to serve it, has ended");
    xenerr_field(XENERR_STAGE, "wait for back end");
    xenerr_field(XENERR_HINT, "its log file may say why");
    return ERROR_FAIL;
}

static void backend_step(struct dev *d)
{
    enum bus_state state = libxl__back_state(&d->p);

    if (state == BUS_CLOSING || state == BUS_CLOSED)
        libxl__dev_plugged(d, backend_failed(d, state));
    else if (state == BUS_MISSING)
        libxl__dev_plugged(d, FAIL(d->p.ctx, ERROR_FAIL, ENOENT,
                                   "somebody removed %s from the store meanwhile", d->p.back));
    else if (state >= BUS_INIT_WAIT) {
        libxl__dev_wait_end(d);
        if (d->class->plug)
            d->class->plug(d);
        else
            libxl__dev_plugged(d, 0);
    } else if (d->deserted)
        libxl__dev_plugged(d, backend_deserted(d));
    else if (d->late)
        libxl__dev_plugged(d, backend_late(d));
}

/* ---- the beginning ---- */

static int try_number(struct dev *d)
{
    libxl_ctx *ctx = d->p.ctx;
    int rc = libxl__make_place(d);

    if (!rc && d->class->open)
        rc = d->class->open(d);
    if (rc)
        return rc;
    describe_links(d);
    rc = d->class->describe(d);
    if (!rc && d->p.pool.failed)
        rc = NO_MEMORY(ctx);
    if (!rc)
        rc = libxl__store_transaction(ctx, write_device, d);
    return rc;
}

/*
 * Another process has just given the number that was chosen to a device of its own: choose anew, and
 * begin as if there had been no other.
 */
static void renumber(struct dev *d)
{
    *d->chosen = -1;
    libxl__choose_devid(d, d->chosen, d->p.devid);
    if (d->config)
        *(libxl_devid *)((char *)d->config + d->class->devid) = d->p.devid;
    free(d->class_data);
    d->class_data = NULL;
    d->front_nodes.n = d->back_nodes.n = d->fixed_nodes.n = d->own_nodes.n = 0;
    d->taken = false;
}

static int begin(struct dev *d)
{
    int rc = try_number(d);

    for (int i = 0; d->taken && d->chosen && i < NUMBER_ATTEMPTS; i++) {
        renumber(d);
        rc = try_number(d);
    }
    if (d->taken)
        FAIL(d->p.ctx, rc, EEXIST, "domain %" PRIu32 " has a %s already", d->p.domid,
             libxl__dev_name(d));
    d->chosen = NULL;
    return rc;
}

void libxl__attach(struct dev *d, void (*done)(libxl_ctx *ctx, int rc, void *data), void *data)
{
    d->done = done;
    d->done_data = data;
    d->rc = begin(d);
    if (d->rc) {
        finish(d); /* nothing is written, and what is open goes with d */
        return;
    }
    if (d->class->written)
        d->class->written(d);
    if (d->class->waits)
        libxl__dev_wait_backend(d, patience(d), "wait for back end", backend_step);
    else if (d->class->plug)
        d->class->plug(d);
    else
        libxl__dev_plugged(d, 0);
}
