/* SPDX-License-Identifier: MIT */
/**
 * @file xenstore_embedded.h
 * @brief A whole store inside the calling process: for tests of managers, without daemon or root.
 *
 * It is the same code as xenstored's, served by a thread of its own, with all of the protocol:
 * watches, transactions, permissions, quotas, domains.  There is no hypervisor behind it: a domain is
 * there once xs_introduce_domain() has named it, and goes when xs_embedded_domain_gone() or
 * xs_release_domain() says so.
 *
 * A test of a program that opens the store by itself:
 * @code
 *     struct xs_embedded *store = xs_embedded_new();
 *     xs_embedded_use(store);
 *     ... the code under test calls xs_open(), or libxl_ctx_alloc() ...
 *     xs_embedded_free(store);
 * @endcode
 *
 * In libxenstore-embedded (pkg-config xenstore-embedded), so that libxenstore does not grow for those
 * who do not want it.  All functions may be called from any thread.  After fork() only the parent has
 * the store.
 *
 * Since SDK 1.0.
 */
#ifndef XENSTORE_EMBEDDED_H
#define XENSTORE_EMBEDDED_H

#include <xenstore.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A store in this process. */
struct xs_embedded;

/**
 * Make an empty store and start its thread.  There may be several.
 * @return the store, for xs_embedded_free(); or NULL: ENOMEM, EMFILE, EAGAIN (no thread to be had)
 */
struct xs_embedded *xs_embedded_new(void);

/**
 * End a store.  Handles that are still open fail from now on (EPIPE) and are still to be closed.  If
 * xs_open() led to this store, it leads to the daemon again.  NULL is fine.
 */
void xs_embedded_free(struct xs_embedded *store);

/**
 * Connect to the store as a domain.  Any number of connections may be open.
 * @param domid 0, or a domain that has been introduced; its connections end with it
 * @param flags as for xs_open()
 * @return a handle for xs_close(), or NULL: ENOENT (no such domain), ENOMEM, EMFILE
 */
struct xs_handle *xs_embedded_open(struct xs_embedded *store, unsigned int domid,
                                   unsigned long flags);

/**
 * The same, but for the bytes of the protocol themselves.
 * @return a connected stream socket, the caller's to close, or -1 with errno as xs_embedded_open()
 */
int xs_embedded_connect(struct xs_embedded *store, unsigned int domid);

/**
 * Let xs_open() of this process lead to this store, as domain 0, until xs_embedded_free() or until
 * another one is set.  NULL: to the daemon again.
 */
void xs_embedded_use(struct xs_embedded *store);

/**
 * A domain has shut down: watchers of \@releaseDomain are told, once; xs_resume_domain() takes it back.
 * @return 0, or -1: ENOENT (no such domain)
 */
int xs_embedded_domain_shutdown(struct xs_embedded *store, unsigned int domid);

/**
 * A domain does not exist any more: its connections end, what it owned goes, and watchers of
 * \@releaseDomain are told.
 * @return 0, or -1: ENOENT (no such domain)
 */
int xs_embedded_domain_gone(struct xs_embedded *store, unsigned int domid);

#ifdef __cplusplus
}
#endif

#endif
