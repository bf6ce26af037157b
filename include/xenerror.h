/* SPDX-License-Identifier: MIT */
/**
 * @file xenerror.h
 * @brief The error chain that every library of this SDK fills.
 *
 * The libraries keep the return conventions that callers know (-1 and errno, NULL and errno,
 * negative ERROR_*).  Beside them each failing call leaves a chain of frames in the calling
 * thread: the first frame is the root cause, each further one the operation that failed because
 * of the one before.  A manager reads the chain as text or as JSON right after a call failed.
 *
 * The chain belongs to the calling thread, lives until that thread's next xenerr_begin() or
 * xenerr_set(), never allocates on the failing path and holds at most XENERR_MAX_FRAMES frames
 * (the innermost and the newest ones are kept).
 *
 * Part of libxentoolcore, since SDK 1.0.
 */
#ifndef XENERROR_H
#define XENERROR_H

#ifdef __cplusplus
extern "C" {
#endif

/** Most frames that one chain keeps. */
#define XENERR_MAX_FRAMES 16

/** Fields a frame may carry besides its text. */
enum xenerr_field {
    XENERR_STAGE = 1,  /**< the stage of the operation, such as "load kernel" */
    XENERR_DEVICE,     /**< the device, such as "disk xvda" */
    XENERR_HYPERCALL,  /**< the hypercall and sub-operation, such as "domctl createdomain" */
    XENERR_STORE_PATH, /**< the xenstore path */
    XENERR_FILE,       /**< the file */
    XENERR_LIMIT, /**< the limit that was hit, such as "memory: wanted 512 MiB, free 100 MiB" */
    XENERR_HINT   /**< what the user may do about it */
};

/** Forget the calling thread's chain.  Entry points of long operations call it first. */
void xenerr_begin(void);

/**
 * Start a new chain with its root cause.
 * @param errnum    errno value of the failure; becomes errno
 * @param library   name of the reporting library, a string constant, such as "libxenctrl"
 * @param operation the operation, a string constant, such as "xc_domain_create"
 * @param fmt       printf-style text that says what failed, for a person
 * @return always -1
 */
int xenerr_set(int errnum, const char *library, const char *operation, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/**
 * Add an outer frame to the chain: the named operation failed because of what is there already.
 * errno stays as it is.  With an empty chain this starts one from errno.
 * @return always -1
 */
int xenerr_wrap(const char *library, const char *operation, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/** Set a field of the newest frame.  errno stays as it is; without a frame nothing happens. */
void xenerr_field(enum xenerr_field field, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/** @return the number of frames in the calling thread's chain; 0 means no error is held. */
int xenerr_depth(void);

/** @return the errno value of the root cause, 0 with an empty chain. */
int xenerr_errno(void);

/**
 * @return the chain as text of several lines, outermost operation first; the caller frees it
 * with free().  NULL with an empty chain or without memory.
 */
char *xenerr_text(void);

/**
 * @return the chain as a JSON array of objects, root cause last, keys "library", "operation",
 * "message", "errno", "error" (the errno's name), and the fields that are set ("stage", "device",
 * "hypercall", "store_path", "file", "limit", "hint"); the caller frees it with free().  NULL
 * with an empty chain or without memory.
 */
char *xenerr_json(void);

#ifdef __cplusplus
}
#endif

#endif
