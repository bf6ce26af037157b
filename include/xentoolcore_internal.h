/* SPDX-License-Identifier: MIT */
/**
 * @file xentoolcore_internal.h
 * @brief What libxentoolcore offers to the other libraries of this SDK.  Not installed.
 *
 * Two things live here.  The list of active handles, which xentoolcore_restrict_all() walks: its
 * functions and struct are binary compatible with those that Debian's libraries import.  And the
 * transport: everything that a library asks of the kernel's Xen devices goes through one table,
 * so that a test, or a simulator, can stand in for a host.
 */
#ifndef XENTOOLCORE_INTERNAL_H
#define XENTOOLCORE_INTERNAL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>
#include <xen/xen.h>
#include "xentoolcore.h"

#ifdef __cplusplus
extern "C" {
#endif

/** An entry of the list of open handles. */
typedef struct Xentoolcore__Active_Handle Xentoolcore__Active_Handle;

/**
 * Limits one handle to one domain.
 * @param ah    the registered entry, embedded in the handle
 * @param domid the only domain that the handle may still touch
 * @return 0, or -1 with errno
 */
typedef int Xentoolcore__Restrict_Callback(Xentoolcore__Active_Handle *ah, domid_t domid);

/** An entry of the list of open handles; its owner embeds it in the handle. */
struct Xentoolcore__Active_Handle {
    Xentoolcore__Restrict_Callback *restrict_callback;
    LIST_ENTRY(Xentoolcore__Active_Handle) entry;
};

/**
 * Put a handle on the list.  A library does so before its handle can do anything, so that no
 * concurrent xentoolcore_restrict_all() misses it.
 * @param ah entry with its callback set; the caller keeps owning it
 */
void xentoolcore__register_active_handle(Xentoolcore__Active_Handle *ah);

/**
 * Take a handle off the list, once it can do nothing any more.
 * @param ah a registered entry
 */
void xentoolcore__deregister_active_handle(Xentoolcore__Active_Handle *ah);

/**
 * Make a file descriptor useless for good by putting /dev/null in its place.
 * @param fd the descriptor; negative ones are fine and do nothing
 * @return 0, or -1 with errno
 */
int xentoolcore__restrict_by_dup2_null(int fd);

/**
 * The kernel as the libraries see it.  Each member does what the system call of that name does,
 * errno included; fds are real file descriptors, so that poll() and dup2() work on them.  A
 * handle keeps the table it was opened with.
 */
struct xentoolcore__transport {
    const char *name; /**< for messages */
    int (*open)(const char *device, int flags);
    int (*close)(int fd);
    long (*ioctl)(int fd, unsigned long request, void *arg);
    void *(*mmap)(void *addr, size_t length, int prot, int flags, int fd, off_t offset);
    int (*munmap)(void *addr, size_t length);
    ssize_t (*read)(int fd, void *buf, size_t count);
    ssize_t (*write)(int fd, const void *buf, size_t count);
};

/** @return the table that new handles use; the kernel's unless a test replaced it. */
const struct xentoolcore__transport *xentoolcore__transport(void);

/**
 * Replace the table for handles opened from now on.
 * @param transport the table, which must outlive every handle opened on it; NULL: the kernel's
 */
void xentoolcore__set_transport(const struct xentoolcore__transport *transport);

/**
 * Put the calling thread's error chain aside, while the operation that failed is undone or until
 * its failure is told in another thread.
 * @return the chain and errno, for xentoolcore__error_restore(); NULL without memory
 */
void *xentoolcore__error_save(void);

/** Give the calling thread a saved chain and errno, and free it; with NULL nothing happens. */
void xentoolcore__error_restore(void *saved);

#ifdef __cplusplus
}
#endif

#endif
