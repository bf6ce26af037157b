/* SPDX-License-Identifier: MIT */
/* xenstore, as libxenlight uses it. */
#include <stdlib.h>
#include "internal.h"

/* A child may have lost its connection: libxl_postfork_child_noexec(). */
static bool connected(const libxl_ctx *ctx)
{
    if (!ctx->xsh)
        errno = ENOTCONN;
    return ctx->xsh;
}

char *libxl__store_read(libxl_ctx *ctx, struct pool *pool, xs_transaction_t t, const char *path)
{
    unsigned int length;

    if (!path) {
        errno = ENOMEM;
        return NULL;
    }
    return connected(ctx) ? libxl__pool_own(pool, xs_read(ctx->xsh, t, path, &length)) : NULL;
}

static int set_permissions(libxl_ctx *ctx, xs_transaction_t t, const char *path,
                           const struct xs_permissions *perms, unsigned int nr)
{
    struct xs_permissions copy[4];

    if (!perms)
        return 0;
    memcpy(copy, perms, nr * sizeof(*perms)); /* the function's argument is not const */
    return xs_set_permissions(ctx->xsh, t, path, copy, nr) ? 0 : -1;
}

int libxl__store_write(libxl_ctx *ctx, xs_transaction_t t, const char *path, const char *value,
                       const struct xs_permissions *perms, unsigned int nr)
{
    if (!path || !value) {
        errno = ENOMEM;
        return -1;
    }
    if (!connected(ctx) || !xs_write(ctx->xsh, t, path, value, strlen(value)))
        return -1;
    return set_permissions(ctx, t, path, perms, nr);
}

int libxl__store_mkdir(libxl_ctx *ctx, xs_transaction_t t, const char *path,
                       const struct xs_permissions *perms, unsigned int nr)
{
    if (!path) {
        errno = ENOMEM;
        return -1;
    }
    if (!connected(ctx) || !xs_mkdir(ctx->xsh, t, path))
        return -1;
    return set_permissions(ctx, t, path, perms, nr);
}

int libxl__store_rm(libxl_ctx *ctx, xs_transaction_t t, const char *path)
{
    if (!path) {
        errno = ENOMEM;
        return -1;
    }
    return connected(ctx) && (xs_rm(ctx->xsh, t, path) || errno == ENOENT) ? 0 : -1;
}

int libxl__store_rm_up(libxl_ctx *ctx, xs_transaction_t t, const char *path, int keep)
{
    POOL(pool);
    char *p = STR(&pool, "%s", path ? path : "");
    unsigned int nr;

    if (!path || !p || libxl__store_rm(ctx, t, p))
        return -1;
    for (char *slash = strrchr(p, '/'); slash && slash != p; slash = strrchr(p, '/')) {
        int level = 0;

        *slash = '\0';
        for (const char *c = p; *c; c++)
            level += *c == '/';
        if (level <= keep)
            break;
        if (!libxl__store_list(ctx, &pool, t, p, &nr) && errno != ENOENT)
            return -1;
        if (nr > 0)
            break;
        if (libxl__store_rm(ctx, t, p))
            return -1;
    }
    return 0;
}

char **libxl__store_list(libxl_ctx *ctx, struct pool *pool, xs_transaction_t t, const char *path,
                         unsigned int *nr)
{
    *nr = 0;
    if (!path) {
        errno = ENOMEM;
        return NULL;
    }
    return connected(ctx) ? libxl__pool_own(pool, xs_directory(ctx->xsh, t, path, nr)) : NULL;
}

char *libxl__dom_path(struct pool *pool, uint32_t domid)
{
    return STR(pool, "/local/domain/%" PRIu32, domid);
}

char *libxl__libxl_path(struct pool *pool, uint32_t domid)
{
    return STR(pool, "/libxl/%" PRIu32, domid);
}

int libxl__store_transaction(libxl_ctx *ctx,
                             int (*body)(libxl_ctx *ctx, xs_transaction_t t, void *data),
                             void *data)
{
    for (;;) {
        xs_transaction_t t = connected(ctx) ? xs_transaction_start(ctx->xsh) : XBT_NULL;
        int rc;

        if (!t)
            return FAIL(ctx, ERROR_FAIL, errno, "cannot start a transaction of the store");
        rc = body(ctx, t, data);
        if (rc) {
            int saved = errno;

            xs_transaction_end(ctx->xsh, t, true);
            errno = saved;
            return rc;
        }
        if (xs_transaction_end(ctx->xsh, t, false))
            return 0;
        if (errno != EAGAIN)
            return FAIL(ctx, ERROR_FAIL, errno, "cannot commit a transaction of the store");
    }
}
