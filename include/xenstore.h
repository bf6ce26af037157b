/* SPDX-License-Identifier: MIT */
/**
 * @file xenstore.h
 * @brief Client library of the store that domains and managers share.
 *
 * A handle is a connection to the store daemon.  Every call may be made from any thread; calls of
 * several threads on one handle are in flight at the same time (through the kernel's device, which
 * cannot do that, one after the other).  Calls that fail set errno, and
 * leave an error chain (xenerror.h) with the store path; an absent node (ENOENT from a reading
 * call) and a transaction to be repeated (EAGAIN) are answers rather than failures and leave the
 * chain as it is.
 *
 * A handle has no thread of its own before its first xs_watch().  From then on a thread collects
 * events while none of the program's calls does so; it blocks all signals.  Events wait in the handle,
 * without limit, until they are taken.
 *
 * When the daemon is killed and started again, a handle that xs_open() has connected to its socket
 * connects again: calls wait for that, up to 30 s ($XENSTORE_PATIENCE is another number of seconds; 0:
 * they fail at once), watches are set again and fire once, and open transactions end with EAGAIN.  A
 * call that the daemon may have obeyed before it died, and that may not be repeated, fails with EPIPE:
 * xs_transaction_end(), those that introduce, release and resume domains, xs_control_command(); and
 * xs_walk(), as its fn has been called.
 *
 * Paths are absolute, or relative to the connection's own domain (/local/domain/ID).  Errors that
 * every request may have: EINVAL (malformed path or argument), ENOENT (no such node, or no such
 * transaction), EACCES (the permissions forbid it), ENOSPC (quota), E2BIG (does not fit a message),
 * ENOMEM, EIO and the errors of the connection itself (EPIPE and so on).
 *
 * Part of libxenstore, since SDK 1.0.
 */
#ifndef XENSTORE_H
#define XENSTORE_H

#include <xenstore_lib.h>

#ifdef __cplusplus
extern "C" {
#endif

/** "Not in a transaction". */
#define XBT_NULL 0

#define XS_OPEN_READONLY   (1UL << 0) /**< accepted and ignored */
#define XS_OPEN_SOCKETONLY (1UL << 1) /**< accepted and ignored */

/**
 * After xs_unwatch() has returned no event of that watch is delivered any more.  Events are told
 * apart by token and path, so do not use one token both for a path and for a path below it.
 */
#define XS_UNWATCH_FILTER (1UL << 2)

/** A connection to the store. */
struct xs_handle;

/** Names a transaction; XBT_NULL is none. */
typedef uint32_t xs_transaction_t;

/**
 * Connect to the store: by the daemon's socket, or through the kernel's xenbus device when there
 * is no socket.  Only the process that opened a handle may use it.
 * @param flags XS_UNWATCH_FILTER or 0
 * @return a handle for xs_close(), or NULL
 */
struct xs_handle *xs_open(unsigned long flags);

/**
 * Make a handle of a connection that exists: a stream socket, or a device, whose other end speaks
 * the store's protocol (xen/io/xs_wire.h).
 * @param fd    the handle's from now on, xs_close() closes it; still the caller's on failure
 * @param flags as for xs_open()
 * @return a handle for xs_close(), or NULL: EBADF, ENOMEM
 *
 * Since SDK 1.0; not in other releases of libxenstore.
 */
struct xs_handle *xs_open_fd(int fd, unsigned long flags);

/**
 * Connects to a store: the way that xs_set_connect() sets.  It must not call libxenstore.
 * @return a connected fd, which the handle will own, or -1 with errno
 */
typedef int (*xs_connect_fn)(void *ctx);

/**
 * Let each later xs_open() of this process connect in another way than to the daemon, such as to a
 * store of a test's own (see xenstore_embedded.h).  Handles that are open stay as they are.  When
 * this call has returned, the former function is not running and will not be called.
 * @param connect called by xs_open() in the thread that opens; NULL: the daemon again
 * @param ctx     handed to connect; remains the caller's
 *
 * Since SDK 1.0; not in other releases of libxenstore.
 */
void xs_set_connect(xs_connect_fn connect, void *ctx);

/** Disconnect and free the handle; watches and open transactions end with it.  NULL is fine. */
void xs_close(struct xs_handle *h);

struct xs_handle *xs_daemon_open(void);          /**< Deprecated: xs_open(0). */
struct xs_handle *xs_domain_open(void);          /**< Deprecated: xs_open(0). */
struct xs_handle *xs_daemon_open_readonly(void); /**< Deprecated: xs_open(0). */
void xs_daemon_close(struct xs_handle *h);       /**< Deprecated: xs_close(). */

/**
 * Free the child's copy of a handle after fork(), without disturbing the parent's connection.
 * NULL is fine.
 */
void xs_daemon_destroy_postfork(struct xs_handle *h);

/**
 * List a node's children.
 * @param num set to the number of names
 * @return the names, in the order in which they were created, in one allocation for free(); NULL
 * on failure
 */
char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *num);

/**
 * Read a node's value.
 * @param len when not NULL, set to the length without the nul that this call adds
 * @return the value, for free(), or NULL
 */
void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *len);

/** Flag of xs_walk(): tell of permissions as well. */
#define XS_WALK_PERMISSIONS (1UL << 0)

/**
 * What xs_walk() tells of a node; all of it belongs to the library and is valid during the call.
 * Later versions may have more members at the end.
 */
struct xs_walk_node {
    const char *path;                   /**< the node's: the walk's, then names */
    const char *name;                   /**< the last of them */
    unsigned int depth;                 /**< 0 for the children of the walk's path */
    int error;                          /**< errno why value or perms are NULL; 0 */
    const void *value;                  /**< with a nul after its end; NULL: it cannot be read */
    unsigned int len;                   /**< of value, without that nul */
    unsigned int num_perms;             /**< entries of perms */
    const struct xs_permissions *perms; /**< NULL when not asked for, or unreadable */
};

/** Told of a node.  @return false to end the walk */
typedef bool (*xs_walk_fn)(void *ctx, const struct xs_walk_node *node);

/**
 * Tell of every node below a path: parents before their children, children in the order in which
 * they were created.  Requests are sent many at a time, so that a large tree takes a fraction of the
 * time that xs_directory() and xs_read() for each node would.  What is removed meanwhile, or may not
 * be listed, is passed over; use a transaction where the whole must be of one moment.
 * @param flags XS_WALK_PERMISSIONS or 0
 * @param fn    may use the handle
 * @param ctx   handed to fn
 * @return false on failure; ECANCELED: fn wanted no more
 *
 * Since SDK 1.0; not in other releases of libxenstore.
 */
bool xs_walk(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned long flags,
             xs_walk_fn fn, void *ctx);

/** Write a node's value, creating it and its parents where they are missing. */
bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path, const void *data,
              unsigned int len);

/** Make sure that a node exists; an existing one stays as it is. */
bool xs_mkdir(struct xs_handle *h, xs_transaction_t t, const char *path);

/** Remove a node and all below it.  ENOENT only when its parent does not exist either. */
bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path);

/** The protocol's way to give up privileges is gone: this always fails, errno EOPNOTSUPP. */
bool xs_restrict(struct xs_handle *h, unsigned domid);

/**
 * Read a node's permissions.
 * @param num set to the number of entries, at least 1
 * @return the entries, for free(), or NULL
 */
struct xs_permissions *xs_get_permissions(struct xs_handle *h, xs_transaction_t t, const char *path,
                                          unsigned int *num);

/**
 * Replace a node's permissions.  Only the owner and domain 0 may; only domain 0 may change the
 * owner (EPERM).  EINVAL: an entry's perms have other bits than XS_PERM_READ and XS_PERM_WRITE.
 */
bool xs_set_permissions(struct xs_handle *h, xs_transaction_t t, const char *path,
                        struct xs_permissions *perms, unsigned int num_perms);

/**
 * Watch a node and everything below it, or one of the events \@introduceDomain and
 * \@releaseDomain.  The first event comes at once.
 * @param token comes back with each event
 * @return false on failure; EEXIST when this path is watched with this token already
 */
bool xs_watch(struct xs_handle *h, const char *path, const char *token);

/** @return an fd that polls as readable while events wait; it belongs to the handle; -1 on error */
int xs_fileno(struct xs_handle *h);

/**
 * Take an event without waiting.
 * @return { path, token } (index with XS_WATCH_PATH, XS_WATCH_TOKEN) in one allocation for free();
 * NULL with errno EAGAIN when there is none
 */
char **xs_check_watch(struct xs_handle *h);

/**
 * Take an event, waiting for it.  Events come in the order in which the store sent them; of several
 * threads that wait, one gets it.
 * @param num when not NULL, set to the number of strings (2)
 * @return as xs_check_watch(); NULL when the connection broke
 */
char **xs_read_watch(struct xs_handle *h, unsigned int *num);

/** Remove a watch.  ENOENT when there is no such watch. */
bool xs_unwatch(struct xs_handle *h, const char *path, const char *token);

/**
 * Start a transaction: a view of the store in which nobody else's changes are seen, and whose
 * changes nobody sees before it ends.
 * @return the transaction, or XBT_NULL on failure
 */
xs_transaction_t xs_transaction_start(struct xs_handle *h);

/**
 * End a transaction.
 * @param abort true: forget its changes; false: make them visible, all at once
 * @return false on failure; EAGAIN: others changed what this one used, start again
 */
bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abort);

/** Tell the daemon to serve a domain by the ring page at frame mfn and the event channel. */
bool xs_introduce_domain(struct xs_handle *h, unsigned int domid, unsigned long mfn,
                         unsigned int eventchn);

/** Let domain domid act on what belongs to, or is open to, domain target. */
bool xs_set_target(struct xs_handle *h, unsigned int domid, unsigned int target);

/** A domain that had shut down runs again: report its next shutdown too. */
bool xs_resume_domain(struct xs_handle *h, unsigned int domid);

/** Tell the daemon to stop serving a domain. */
bool xs_release_domain(struct xs_handle *h, unsigned int domid);

/** @return a domain's home in the store, for free(), or NULL */
char *xs_get_domain_path(struct xs_handle *h, unsigned int domid);

/** @return true when child is parent or lies below it; by the text alone.  All lies below "/". */
bool xs_path_is_subpath(const char *parent, const char *child);

/** @return true when the daemon serves the domain; false with errno set also on failure */
bool xs_is_domain_introduced(struct xs_handle *h, unsigned int domid);

/**
 * Send a command to the daemon ("help" lists them).
 * @param data further arguments, each with its nul, or NULL
 * @param len  length of data
 * @return the daemon's answer, for free(), or NULL
 */
char *xs_control_command(struct xs_handle *h, const char *cmd, void *data, unsigned int len);

/** Deprecated: xs_control_command(). */
char *xs_debug_command(struct xs_handle *h, const char *cmd, void *data, unsigned int len);

/** @return the event channel on which a domain wants to be told to suspend; -1 when it has none */
int xs_suspend_evtchn_port(int domid);

#ifdef __cplusplus
}
#endif

#endif
