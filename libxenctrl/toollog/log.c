/* SPDX-License-Identifier: MIT */
/* The front end: what every logger has in common. */
#include <errno.h>
#include "xentoollog.h"

#define PUBLIC __attribute__((visibility("default")))

static const char *const level_names[XTL_NUM_LEVELS] = {
    [XTL_NONE] = "none",         [XTL_DEBUG] = "debug",
    [XTL_VERBOSE] = "verbose",   [XTL_DETAIL] = "detail",
    [XTL_PROGRESS] = "progress", [XTL_INFO] = "info",
    [XTL_NOTICE] = "notice",     [XTL_WARN] = "warning",
    [XTL_ERROR] = "error",       [XTL_CRITICAL] = "critical error",
};

PUBLIC void xtl_logv(struct xentoollog_logger *logger, xentoollog_level level, int errnoval,
                     const char *context, const char *format, va_list al)
{
    int saved = errno;

    logger->vmessage(logger, level, errnoval, context, format, al);
    errno = saved;
}

PUBLIC void xtl_log(struct xentoollog_logger *logger, xentoollog_level level, int errnoval,
                    const char *context, const char *format, ...)
{
    va_list al;

    va_start(al, format);
    xtl_logv(logger, level, errnoval, context, format, al);
    va_end(al);
}

PUBLIC void xtl_progress(struct xentoollog_logger *logger, const char *context,
                         const char *doing_what, unsigned long done, unsigned long total)
{
    int saved = errno, percent = 0;

    if (!logger->progress)
        return;
    if (total)
        percent = (unsigned __int128)done * 100 / total;
    logger->progress(logger, context, doing_what, percent, done, total);
    errno = saved;
}

PUBLIC void xtl_logger_destroy(struct xentoollog_logger *logger)
{
    if (logger)
        logger->destroy(logger);
}

PUBLIC const char *xtl_level_to_string(xentoollog_level level)
{
    return (unsigned)level < XTL_NUM_LEVELS ? level_names[level] : "unknown level";
}
