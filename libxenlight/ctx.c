/* SPDX-License-Identifier: MIT */
/* The context, its lock, and how errors are told. */
#include <stdlib.h>
#include "internal.h"

/* ---- lock ---- */

void libxl__enter_op(libxl_ctx *ctx, const char *op)
{
    pthread_mutex_lock(&ctx->lock);
    if (ctx->depth++ == 0) {
        ctx->op = op;
        xenerr_begin();
    }
}

const char *libxl__op(const libxl_ctx *ctx, const char *op)
{
    return ctx && ctx->op ? ctx->op : op;
}

void libxl__leave(libxl_ctx *ctx)
{
    struct notice *notices = NULL;

    if (--ctx->depth == 0) {
        notices = ctx->notices;
        ctx->notices = NULL;
    }
    pthread_mutex_unlock(&ctx->lock);
    libxl__notices_deliver(ctx, notices);
}

/* ---- errors ---- */

static void report(libxl_ctx *ctx, xentoollog_level level, int errnum, const char *fmt, va_list ap)
{
    if (ctx && ctx->lg)
        xtl_logv(ctx->lg, level, errnum ? errnum : -1, "libxl", fmt, ap);
}

static const char *format(char *buffer, size_t size, const char *fmt, va_list ap)
{
    vsnprintf(buffer, size, fmt, ap);
    return buffer;
}

int libxl__fail(libxl_ctx *ctx, int rc, int errnum, const char *op, const char *fmt, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    xenerr_set(errnum, "libxenlight", op, "%s", format(text, sizeof(text), fmt, ap));
    va_end(ap);
    va_start(ap, fmt);
    report(ctx, XTL_ERROR, errnum, fmt, ap);
    va_end(ap);
    errno = errnum;
    return rc;
}

int libxl__because(libxl_ctx *ctx, int rc, const char *op, const char *fmt, ...)
{
    int saved = errno;
    bool root = xenerr_depth() == 0;
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    xenerr_wrap("libxenlight", op, "%s", format(text, sizeof(text), fmt, ap));
    va_end(ap);
    va_start(ap, fmt);
    report(ctx, XTL_ERROR, root ? saved : 0, fmt, ap);
    va_end(ap);
    errno = saved;
    return rc;
}

void libxl__log(libxl_ctx *ctx, xentoollog_level level, const char *fmt, ...)
{
    int saved = errno;
    va_list ap;

    va_start(ap, fmt);
    report(ctx, level, 0, fmt, ap);
    va_end(ap);
    errno = saved;
}

int libxl__no_memory(libxl_ctx *ctx, const char *op)
{
    return libxl__fail(ctx, ERROR_NOMEM, ENOMEM, op, "out of memory");
}

int libxl__unsupported(libxl_ctx *ctx, const char *op, const char *what)
{
    return libxl__fail(ctx, ERROR_NI, ENOSYS, op, "this version of libxenlight cannot %s", what);
}

/* ---- open and close ---- */

static int init_lock(libxl_ctx *ctx)
{
    pthread_mutexattr_t attr;
    int e = pthread_mutexattr_init(&attr);

    if (e)
        return e;
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
    e = pthread_mutex_init(&ctx->lock, &attr);
    pthread_mutexattr_destroy(&attr);
    return e;
}

int libxl_ctx_alloc(libxl_ctx **pctx, int version, unsigned flags, xentoollog_logger *lg)
{
    libxl_ctx *ctx = NULL;
    int rc = 0, e;

    *pctx = NULL;
    xenerr_begin();
    if (version != LIBXL_VERSION)
        return FAIL(NULL, ERROR_VERSION, EINVAL, "version %d of the interface is unknown", version);
    ctx = calloc(1, sizeof(*ctx));
    if (!ctx)
        return NO_MEMORY(NULL);
    ctx->lg = lg;
    libxl__loop_init(&ctx->loop);
    e = init_lock(ctx);
    if (e) {
        rc = FAIL(ctx, ERROR_FAIL, e, "cannot make a lock");
        free(ctx);
        return rc;
    }
    ctx->xch = xc_interface_open(lg, lg, 0);
    if (!ctx->xch) {
        rc = BECAUSE(ctx, ERROR_FAIL, "cannot reach the hypervisor");
        xenerr_field(XENERR_HINT, "this must run as root, in dom0");
        goto out;
    }
    ctx->xsh = xs_open(0);
    if (!ctx->xsh) {
        xenerr_begin();
        rc = BECAUSE(ctx, ERROR_FAIL, "cannot reach the store");
        xenerr_field(XENERR_HINT, "is xenstored running?");
    }
out:
    if (rc)
        libxl_ctx_free(ctx);
    else
        *pctx = ctx;
    return rc;
}

/* The parent's connection must not be used, nor ended by telling the store. */
static void reopen(libxl_ctx *ctx)
{
    xc_interface *xch;

    xs_daemon_destroy_postfork(ctx->xsh);
    ctx->xsh = xs_open(0);
    if (!ctx->xsh)
        BECAUSE(ctx, ERROR_FAIL, "cannot reach the store in a child");
    /* The old one's buffers are the parent's, or not mapped here.  Still it stays when there is no
     * new one, as all calls need one. */
    xch = xc_interface_open(ctx->lg, ctx->lg, 0);
    if (!xch) {
        BECAUSE(ctx, ERROR_FAIL, "cannot reach the hypervisor in a child");
        return;
    }
    xc_interface_close(ctx->xch);
    ctx->xch = xch;
}

/* What threads of the parent's were about is left to the parent, memory of theirs included. */
void libxl__ctx_after_fork(libxl_ctx *ctx)
{
    init_lock(ctx);
    ctx->depth = 0;
    ctx->op = NULL;
    ctx->notices = NULL;
    ctx->aos = NULL;
    libxl__enter_op(ctx, "libxl_postfork_child_noexec");
    libxl__events_after_fork(ctx);
    libxl__loop_after_fork(ctx);
    reopen(ctx);
}

int libxl_ctx_free(libxl_ctx *ctx)
{
    if (!ctx)
        return 0;
    while (ctx->deaths)
        libxl_evdisable_domain_death(ctx, ctx->deaths);
    libxl__events_free(ctx);
    libxl__loop_dispose(ctx);
    libxl__custom_free(ctx);
    libxl_version_info_dispose(&ctx->version);
    if (ctx->xsh)
        xs_close(ctx->xsh);
    if (ctx->xch)
        xc_interface_close(ctx->xch);
    pthread_mutex_destroy(&ctx->lock);
    free(ctx);
    return 0;
}
