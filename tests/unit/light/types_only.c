/* SPDX-License-Identifier: MIT */
/* In place of ctx.c, for a test of the types without a context. */
#include <stdarg.h>
#include "types.h"
#include "internal.h"

int libxl__fail(libxl_ctx *ctx, int rc, int errnum, const char *op, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    return rc;
}

int libxl__because(libxl_ctx *ctx, int rc, const char *op, const char *fmt, ...)
{
    return rc;
}

int libxl__no_memory(libxl_ctx *ctx, const char *op)
{
    return ERROR_NOMEM;
}

const char *libxl__op(const libxl_ctx *ctx, const char *op)
{
    return op;
}
