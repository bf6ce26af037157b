/* SPDX-License-Identifier: MIT */
/* Messages and errors of the builder. */
#include <stdarg.h>
#include <stdio.h>
#include "dom/private.h"

static xentoollog_logger *logger(xc_interface *xch)
{
    return xch ? xc__dombuild_logger(xch) : NULL;
}

int xg__fail(xc_interface *xch, int errnum, const char *operation, const char *fmt, ...)
{
    char text[512];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (logger(xch))
        xtl_log(logger(xch), XTL_ERROR, -1, "domainbuilder", "%s: %s", operation, text);
    return xenerr_set(errnum, "libxenguest", operation, "%s", text);
}

int xg__wrap(xc_interface *xch, const char *operation, const char *fmt, ...)
{
    int saved = errno;
    char text[512];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (logger(xch))
        xtl_log(logger(xch), XTL_ERROR, saved, "domainbuilder", "%s: %s", operation, text);
    errno = saved;
    return xenerr_wrap("libxenguest", operation, "%s", text);
}

PUBLIC int xc_dom_loginit(xc_interface *xch)
{
    return 0;
}

PUBLIC void xc_dom_printf(xc_interface *xch, const char *fmt, ...)
{
    int saved = errno;
    va_list args;

    if (!logger(xch))
        return;
    va_start(args, fmt);
    xtl_logv(logger(xch), XTL_DETAIL, -1, "domainbuilder", fmt, args);
    va_end(args);
    errno = saved;
}

PUBLIC void xc_dom_panic_func(xc_interface *xch, const char *file, int line, xc_error_code err,
                              const char *fmt, ...)
{
    int saved = errno;
    char text[512];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (logger(xch))
        xtl_log(logger(xch), XTL_ERROR, -1, "domainbuilder", "%s:%d: panic: %s (%s)", file, line,
                text, xc_error_code_to_desc(err));
    errno = saved;
}

void xg_log_lap(struct xc_dom_image *dom, const char *stage)
{
    struct timespec *last = &xg_dom(dom)->lap;
    struct timespec now = {0};

    clock_gettime(CLOCK_MONOTONIC, &now);
    xc_dom_printf(dom->xch, "time: %-12s %8.3f ms", stage,
                  (double)(now.tv_sec - last->tv_sec) * 1e3 +
                      (double)(now.tv_nsec - last->tv_nsec) / 1e6);
    *last = now;
}

static size_t kib(size_t bytes)
{
    return (bytes + 1023) / 1024;
}

PUBLIC void xc_dom_log_memory_footprint(struct xc_dom_image *dom)
{
    xc_dom_printf(dom->xch,
                  "memory of the builder: %zu KiB allocated, %zu KiB of anonymous pages, %zu KiB "
                  "of files, %zu KiB of the guest mapped",
                  kib(dom->alloc_malloc), kib(dom->alloc_mem_map), kib(dom->alloc_file_map),
                  kib(dom->alloc_domU_map));
}
