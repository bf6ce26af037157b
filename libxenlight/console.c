/* SPDX-License-Identifier: MIT */
/* Consoles of domains, and the hypervisor's own. */
#include <stdlib.h>
#include <unistd.h>
#include "internal.h"

#ifndef LIGHT_LIBEXEC_DIR
#define LIGHT_LIBEXEC_DIR "/usr/local/lib/xen/bin"
#endif

/* What the daemon buffers for a console that nobody reads. */
#define CONSOLE_LIMIT "1048576"

/* ---- a new domain's console ---- */

struct node {
    const char *name, *value;
};

static int write_nodes(libxl_ctx *ctx, xs_transaction_t t, const char *dir,
                       const struct node *nodes, size_t n, const struct xs_permissions *perms,
                       unsigned int nr)
{
    POOL(pool);

    if (nr && libxl__store_mkdir(ctx, t, dir, perms, nr))
        return FAIL(ctx, ERROR_FAIL, errno, "cannot make %s in the store", dir);
    for (size_t i = 0; i < n; i++)
        if (libxl__store_write(ctx, t, STR(&pool, "%s/%s", dir, nodes[i].name), nodes[i].value,
                               perms, nr)) {
            FAIL(ctx, ERROR_FAIL, errno, "cannot write %s/%s in the store", dir, nodes[i].name);
            xenerr_field(XENERR_STORE_PATH, "%s/%s", dir, nodes[i].name);
            xenerr_field(XENERR_DEVICE, "console 0");
            return ERROR_FAIL;
        }
    return 0;
}

int libxl__console_add(libxl_ctx *ctx, xs_transaction_t t, uint32_t domid,
                       const struct build_result *built)
{
    const struct xs_permissions see[] = {{.id = 0, .perms = XS_PERM_NONE},
                                         {.id = domid, .perms = XS_PERM_READ}};
    const struct xs_permissions guest[] = {{.id = domid, .perms = XS_PERM_NONE},
                                           {.id = 0, .perms = XS_PERM_READ}};
    POOL(pool);
    char *front = STR(&pool, "/local/domain/%" PRIu32 "/console", domid);
    char *back = STR(&pool, "/local/domain/0/backend/console/%" PRIu32 "/0", domid);
    char *own = STR(&pool, "/libxl/%" PRIu32 "/device/console/0", domid);
    const struct node backend_nodes[] = {{"frontend", front},
                                         {"frontend-id", STR(&pool, "%" PRIu32, domid)},
                                         {"online", "1"},
                                         {"state", "1"},
                                         {"protocol", "vt100"}};
    const struct node backend_link[] = {{"backend", back}};
    const struct node guest_nodes[] = {{"backend-id", "0"}};
    const struct node front_nodes[] = {
        {"backend", back},
        {"limit", CONSOLE_LIMIT},
        {"type", "xenconsoled"},
        {"output", "pty"},
        {"tty", ""},
        {"port", STR(&pool, "%" PRIu32, built->console_port)},
        {"ring-ref", STR(&pool, "%" PRIu64, (uint64_t)built->console_mfn)}};

    if (pool.failed)
        return NO_MEMORY(ctx);
    if (write_nodes(ctx, t, front, front_nodes, 7, see, 2) ||
        write_nodes(ctx, t, back, backend_nodes, 5, see, 2) ||
        write_nodes(ctx, t, own, backend_nodes, 5, NULL, 0) ||
        write_nodes(ctx, t, own, backend_link, 1, NULL, 0))
        return ERROR_FAIL;
    if (libxl__store_write(ctx, t, STR(&pool, "%s/%s", front, guest_nodes[0].name),
                           guest_nodes[0].value, guest, 2))
        return FAIL(ctx, ERROR_FAIL, errno, "cannot write %s/backend-id in the store", front);
    return 0;
}

/* ---- terminals ---- */

static char *tty_path(struct pool *pool, uint32_t domid, int cons_num, libxl_console_type type)
{
    if (type == LIBXL_CONSOLE_TYPE_SERIAL)
        return STR(pool, "/local/domain/%" PRIu32 "/serial/%d/tty", domid, cons_num);
    if (cons_num == 0)
        return STR(pool, "/local/domain/%" PRIu32 "/console/tty", domid);
    return STR(pool, "/local/domain/%" PRIu32 "/device/console/%d/tty", domid, cons_num);
}

int libxl_console_get_tty(libxl_ctx *ctx, uint32_t domid, int cons_num, libxl_console_type type,
                          char **path)
{
    POOL(pool);
    char *tty;
    int rc = 0;

    libxl__enter(ctx);
    *path = NULL;
    if (type != LIBXL_CONSOLE_TYPE_SERIAL && type != LIBXL_CONSOLE_TYPE_PV) {
        rc = FAIL(ctx, ERROR_INVAL, EINVAL, "console type %d has no terminal", type);
        goto out;
    }
    tty = libxl__store_read(ctx, &pool, XBT_NULL, tty_path(&pool, domid, cons_num, type));
    if (!tty || !*tty) {
        /* The daemon may need a moment more: worth asking again, so nothing is logged. */
        xenerr_set(tty ? EAGAIN : errno, "libxenlight", __func__,
                   "domain %" PRIu32 " has no terminal for console %d", domid, cons_num);
        rc = ERROR_FAIL;
        goto out;
    }
    *path = strdup(tty);
    if (!*path)
        rc = NO_MEMORY(ctx);
out:
    libxl__leave(ctx);
    return rc;
}

int libxl_primary_console_get_tty(libxl_ctx *ctx, uint32_t domid_vm, char **path)
{
    return libxl_console_get_tty(ctx, domid_vm, 0, LIBXL_CONSOLE_TYPE_PV, path);
}

/* ---- the client program ---- */

int libxl_console_exec(libxl_ctx *ctx, uint32_t domid, int cons_num, libxl_console_type type,
                       int notify_fd)
{
    const char *dir = secure_getenv("XEN_LIBEXEC_DIR"); /* an installation that was moved */
    POOL(pool);
    char *program = STR(&pool, "%s/xenconsole", dir ? dir : LIGHT_LIBEXEC_DIR);
    char *args[] = {program,
                    STR(&pool, "%" PRIu32, domid),
                    (char *)"--num",
                    STR(&pool, "%d", cons_num),
                    (char *)"--type",
                    (char *)(type == LIBXL_CONSOLE_TYPE_SERIAL ? "serial" : "pv"),
                    notify_fd >= 0 ? (char *)"--start-notify-fd" : NULL,
                    STR(&pool, "%d", notify_fd),
                    NULL};

    if (pool.failed)
        return NO_MEMORY(ctx);
    execv(program, args);
    FAIL(ctx, ERROR_FAIL, errno, "cannot run %s", program);
    xenerr_field(XENERR_FILE, "%s", program);
    return ERROR_FAIL;
}

int libxl_primary_console_exec(libxl_ctx *ctx, uint32_t domid_vm, int notify_fd)
{
    xc_domaininfo_t info;
    int rc;

    libxl__enter(ctx);
    rc = libxl__domain_get(ctx, domid_vm, &info);
    libxl__leave(ctx);
    return rc ? rc : libxl_console_exec(ctx, domid_vm, 0, LIBXL_CONSOLE_TYPE_PV, notify_fd);
}

int libxl_vncviewer_exec(libxl_ctx *ctx, uint32_t domid, int autopass)
{
    return libxl__unsupported(ctx, __func__, "show a domain's screen");
}

/* ---- the hypervisor's console ---- */

#define CHUNK 16384

struct libxl__xen_console_reader {
    bool clear;
    bool incremental;
    uint32_t index;
    char buffer[CHUNK + 1];
};

libxl_xen_console_reader *libxl_xen_console_read_start(libxl_ctx *ctx, int clear)
{
    libxl_xen_console_reader *cr = calloc(1, sizeof(*cr));

    if (!cr)
        NO_MEMORY(ctx);
    else
        cr->clear = clear;
    return cr;
}

int libxl_xen_console_read_line(libxl_ctx *ctx, libxl_xen_console_reader *cr, char **line_r)
{
    unsigned int n = CHUNK;
    int rc;

    libxl__enter(ctx);
    *line_r = NULL;
    if (xc_readconsolering(ctx->xch, cr->buffer, &n, cr->clear, cr->incremental, &cr->index)) {
        rc = BECAUSE(ctx, ERROR_FAIL, "cannot read the hypervisor's console");
    } else {
        cr->incremental = true;
        cr->buffer[n < CHUNK ? n : CHUNK] = '\0';
        *line_r = cr->buffer;
        rc = n > 0;
    }
    libxl__leave(ctx);
    return rc;
}

void libxl_xen_console_read_finish(libxl_ctx *ctx, libxl_xen_console_reader *cr)
{
    free(cr);
}
