/* SPDX-License-Identifier: MIT */
/* A logger that writes to a stdio stream. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "xentoollog.h"

#define PUBLIC __attribute__((visibility("default")))

struct xentoollog_logger_stdiostream {
    xentoollog_logger vtable;
    FILE *stream;
    xentoollog_level min_level;
    unsigned flags;
    bool use_cr;      /* progress overwrites its line */
    size_t line_open; /* characters of the progress line that stand without a newline */
    int last_percent;
    const char *last_what;
};

/* Ends a progress line that still waits to be overwritten. */
static void finish_line(xentoollog_logger_stdiostream *lg)
{
    if (lg->line_open)
        putc('\n', lg->stream);
    lg->line_open = 0;
}

static void print_prefix(xentoollog_logger_stdiostream *lg, xentoollog_level level,
                         const char *context)
{
    struct tm tm;
    char date[40];
    time_t now = time(NULL);

    if ((lg->flags & XTL_STDIOSTREAM_SHOW_DATE) && localtime_r(&now, &tm) &&
        strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S %Z ", &tm))
        fputs(date, lg->stream);
    if (lg->flags & XTL_STDIOSTREAM_SHOW_PID)
        fprintf(lg->stream, "[%lu] ", (unsigned long)getpid());
    if (context)
        fprintf(lg->stream, "%s: ", context);
    fprintf(lg->stream, "%s: ", xtl_level_to_string(level));
}

static void stdiostream_vmessage(struct xentoollog_logger *logger, xentoollog_level level,
                                 int errnoval, const char *context, const char *format, va_list al)
{
    xentoollog_logger_stdiostream *lg = (void *)logger;

    if (level < lg->min_level)
        return;
    flockfile(lg->stream);
    finish_line(lg);
    print_prefix(lg, level, context);
    vfprintf(lg->stream, format, al);
    if (errnoval >= 0)
        fprintf(lg->stream, ": %s", strerror(errnoval));
    putc('\n', lg->stream);
    fflush(lg->stream);
    funlockfile(lg->stream);
}

/* Without overwriting, one line every ten percent is enough. */
static bool progress_worth_a_line(const xentoollog_logger_stdiostream *lg, const char *what,
                                  int percent, unsigned long done, unsigned long total)
{
    if (lg->use_cr || done == 0 || done == total || lg->last_what != what)
        return true;
    return percent >= lg->last_percent + 10 || percent < lg->last_percent;
}

static void stdiostream_progress(struct xentoollog_logger *logger, const char *context,
                                 const char *doing_what, int percent, unsigned long done,
                                 unsigned long total)
{
    xentoollog_logger_stdiostream *lg = (void *)logger;
    int length;

    if ((lg->flags & XTL_STDIOSTREAM_HIDE_PROGRESS) || XTL_PROGRESS < lg->min_level)
        return;
    flockfile(lg->stream);
    if (progress_worth_a_line(lg, doing_what, percent, done, total)) {
        lg->last_percent = percent;
        lg->last_what = doing_what;
        if (lg->use_cr && lg->line_open)
            putc('\r', lg->stream);
        length = fprintf(lg->stream, "%s%s%s: %lu/%lu %3d%%", context ? context : "",
                         context ? ": " : "", doing_what, done, total, percent);
        if (lg->use_cr && done != total) {
            for (; length >= 0 && (size_t)length < lg->line_open; length++)
                putc(' ', lg->stream);
            lg->line_open = length > 0 ? length : 0;
        } else {
            putc('\n', lg->stream);
            lg->line_open = 0;
        }
        fflush(lg->stream);
    }
    funlockfile(lg->stream);
}

static void stdiostream_destroy(struct xentoollog_logger *logger)
{
    xentoollog_logger_stdiostream *lg = (void *)logger;

    finish_line(lg);
    free(lg);
}

static void choose_cr(xentoollog_logger_stdiostream *lg)
{
    if (lg->flags & XTL_STDIOSTREAM_PROGRESS_USE_CR)
        lg->use_cr = true;
    else if (lg->flags & XTL_STDIOSTREAM_PROGRESS_NO_CR)
        lg->use_cr = false;
    else
        lg->use_cr = isatty(fileno(lg->stream)) > 0;
}

PUBLIC xentoollog_logger_stdiostream *
xtl_createlogger_stdiostream(FILE *f, xentoollog_level min_level, unsigned flags)
{
    xentoollog_logger_stdiostream new = {.stream = f, .min_level = min_level, .flags = flags};
    int saved = errno;

    choose_cr(&new);
    errno = saved; /* isatty() leaves ENOTTY behind, and this did not fail */
    return XTL_NEW_LOGGER(stdiostream, new);
}

PUBLIC void xtl_stdiostream_set_minlevel(xentoollog_logger_stdiostream *lg,
                                         xentoollog_level min_level)
{
    lg->min_level = min_level;
}

PUBLIC void xtl_stdiostream_adjust_flags(xentoollog_logger_stdiostream *lg, unsigned set_flags,
                                         unsigned clear_flags)
{
    int saved = errno;

    lg->flags = (lg->flags & ~clear_flags) | set_flags;
    choose_cr(lg);
    errno = saved;
}
