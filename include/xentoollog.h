/* SPDX-License-Identifier: MIT */
/**
 * @file xentoollog.h
 * @brief Loggers: where the libraries send messages and progress.  Library libxentoollog.
 *
 * A logger is a small object with three functions.  Applications may bring their own: a struct
 * whose first member is a struct xentoollog_logger.  A logger may be used by several handles and
 * must outlive them; the libraries never destroy a logger that was passed to them.
 */
#ifndef XENTOOLLOG_H
#define XENTOOLLOG_H

#include <stdarg.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How much a message matters, the least first. */
typedef enum xentoollog_level {
    XTL_NONE,     /**< a marker; no message has this level */
    XTL_DEBUG,    /**< for those who debug the library */
    XTL_VERBOSE,  /**< what is being done, in detail */
    XTL_DETAIL,   /**< detail that users may want */
    XTL_PROGRESS, /**< progress of long operations */
    XTL_INFO,     /**< information */
    XTL_NOTICE,   /**< unusual, but fine */
    XTL_WARN,     /**< something may be wrong */
    XTL_ERROR,    /**< the operation failed */
    XTL_CRITICAL, /**< the program cannot go on */
    XTL_NUM_LEVELS
} xentoollog_level;

/** A logger. */
typedef struct xentoollog_logger xentoollog_logger;

/**
 * The functions of a logger.  vmessage and destroy must be there; progress may be NULL.  Its
 * layout is ABI: applications define it.
 */
struct xentoollog_logger {
    /**
     * Take one message.
     * @param logger   this logger
     * @param level    XTL_DEBUG to XTL_CRITICAL
     * @param errnoval errno value that belongs to the message, or -1
     * @param context  who speaks, such as "xc"; may be NULL
     * @param format   printf format, without level, context and newline
     * @param al       its arguments
     */
    void (*vmessage)(struct xentoollog_logger *logger, xentoollog_level level, int errnoval,
                     const char *context, const char *format, va_list al)
        __attribute__((format(printf, 5, 0)));
    /**
     * Take one report of progress; the first one of an operation has done == 0.
     * @param logger     this logger
     * @param context    who speaks; may be NULL
     * @param doing_what the operation, without newline
     * @param percent    done of total, in percent
     * @param done       units done
     * @param total      units in all
     */
    void (*progress)(struct xentoollog_logger *logger, const char *context, const char *doing_what,
                     int percent, unsigned long done, unsigned long total);
    /** Free the logger; @param logger this logger. */
    void (*destroy)(struct xentoollog_logger *logger);
};

#define XTL_STDIOSTREAM_SHOW_PID        001u /**< print the process id */
#define XTL_STDIOSTREAM_SHOW_DATE       002u /**< print date and time */
#define XTL_STDIOSTREAM_HIDE_PROGRESS   004u /**< print no progress */
#define XTL_STDIOSTREAM_PROGRESS_USE_CR 010u /**< progress overwrites its line, tty or not */
#define XTL_STDIOSTREAM_PROGRESS_NO_CR  020u /**< progress never overwrites its line */

/** A logger that writes to a stdio stream; it begins with a struct xentoollog_logger. */
typedef struct xentoollog_logger_stdiostream xentoollog_logger_stdiostream;

/**
 * @brief Make a logger that writes lines to a stdio stream.
 * @param f         the stream; it stays the caller's and must outlive the logger
 * @param min_level messages below this level are dropped
 * @param flags     XTL_STDIOSTREAM_* bits
 * @return the logger, to be freed with xtl_logger_destroy(); NULL without memory (which has been
 *         logged to @p f)
 * @since 1.0 (node VERS_1.0)
 */
xentoollog_logger_stdiostream *xtl_createlogger_stdiostream(FILE *f, xentoollog_level min_level,
                                                            unsigned flags);

/**
 * @brief Change the level below which messages are dropped.
 * @param logger    the logger
 * @param min_level the new level
 * @since 1.0 (node VERS_1.0)
 */
void xtl_stdiostream_set_minlevel(xentoollog_logger_stdiostream *logger,
                                  xentoollog_level min_level);

/**
 * @brief Change flags; a flag that is in both sets ends up set.
 * @param logger      the logger
 * @param set_flags   XTL_STDIOSTREAM_* bits to set
 * @param clear_flags XTL_STDIOSTREAM_* bits to clear
 * @since 1.0 (node VERS_1.0)
 */
void xtl_stdiostream_adjust_flags(xentoollog_logger_stdiostream *logger, unsigned set_flags,
                                  unsigned clear_flags);

/**
 * @brief Free a logger, through its own destroy function.
 * @param logger the logger; NULL is fine
 * @since 1.0 (node VERS_1.0)
 */
void xtl_logger_destroy(struct xentoollog_logger *logger);

/**
 * @brief Send a message to a logger, va_list form.  errno is kept.
 * @param logger   the logger
 * @param level    XTL_DEBUG to XTL_CRITICAL
 * @param errnoval errno value that belongs to the message, or -1
 * @param context  who speaks; may be NULL
 * @param format   printf format without newline
 * @param al       its arguments
 * @since 1.0 (node VERS_1.0)
 */
void xtl_logv(struct xentoollog_logger *logger, xentoollog_level level, int errnoval,
              const char *context, const char *format, va_list al)
    __attribute__((format(printf, 5, 0)));

/**
 * @brief Send a message to a logger.  errno is kept.
 * @param logger   the logger
 * @param level    XTL_DEBUG to XTL_CRITICAL
 * @param errnoval errno value that belongs to the message, or -1
 * @param context  who speaks; may be NULL
 * @param format   printf format without newline, followed by its arguments
 * @since 1.0 (node VERS_1.0)
 */
void xtl_log(struct xentoollog_logger *logger, xentoollog_level level, int errnoval,
             const char *context, const char *format, ...) __attribute__((format(printf, 5, 6)));

/**
 * @brief Report progress; nothing happens if the logger takes none.  errno is kept.
 * @param logger     the logger
 * @param context    who speaks; may be NULL
 * @param doing_what the operation
 * @param done       units done; the first report of an operation has 0
 * @param total      units in all
 * @since 1.0 (node VERS_1.0)
 */
void xtl_progress(struct xentoollog_logger *logger, const char *context, const char *doing_what,
                  unsigned long done, unsigned long total);

/**
 * @brief Name a level.
 * @param level any value
 * @return a constant string such as "error"; never NULL
 * @since 1.0 (node VERS_1.0)
 */
const char *xtl_level_to_string(xentoollog_level level);

/**
 * Copy a logger under construction to the heap, for those who write their own logger type FOO:
 * `buffer` is a struct xentoollog_logger_FOO whose first member is named vtable, and FOO_vmessage,
 * FOO_progress and FOO_destroy exist.  Its value is the new logger, or NULL without memory (which
 * has been logged).  GNU C only; needs <stdlib.h> and <errno.h>.
 */
#define XTL_NEW_LOGGER(LOGGER, buffer)                                                             \
    ({                                                                                             \
        xentoollog_logger_##LOGGER *xtl__new = NULL;                                               \
        (buffer).vtable.vmessage = LOGGER##_vmessage;                                              \
        (buffer).vtable.progress = LOGGER##_progress;                                              \
        (buffer).vtable.destroy = LOGGER##_destroy;                                                \
        xtl__new = (xentoollog_logger_##LOGGER *)malloc(sizeof(*xtl__new));                        \
        if (xtl__new)                                                                              \
            *xtl__new = (buffer);                                                                  \
        else                                                                                       \
            xtl_log((xentoollog_logger *)&(buffer), XTL_CRITICAL, errno, "xtl",                    \
                    "no memory for a logger");                                                     \
        xtl__new;                                                                                  \
    })

#ifdef __cplusplus
}
#endif

#endif
