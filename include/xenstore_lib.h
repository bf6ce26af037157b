/* SPDX-License-Identifier: MIT */
/**
 * @file xenstore_lib.h
 * @brief Types and small helpers that xenstore clients and daemons share.
 *
 * Part of libxenstore, since SDK 1.0.
 */
#ifndef XENSTORE_LIB_H
#define XENSTORE_LIB_H

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/io/xs_wire.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * One entry of a node's permission list.  Entry 0 names the owner and carries what every domain
 * without an entry of its own may do; the further entries each name one domain.
 */
struct xs_permissions {
    unsigned int id;    /**< domain id */
    unsigned int perms; /**< XS_PERM_READ and XS_PERM_WRITE, or XS_PERM_NONE */
};

#define XS_PERM_NONE      0x00 /**< no access */
#define XS_PERM_READ      0x01 /**< may read the node */
#define XS_PERM_WRITE     0x02 /**< may write the node */
#define XS_PERM_ENOENT_OK 0x04 /**< kept for source compatibility; daemons only */
#define XS_PERM_OWNER     0x08 /**< kept for source compatibility; daemons only */
#define XS_PERM_IGNORE    0x10 /**< kept for source compatibility; daemons only */

/** Room that an integer of x's type takes as decimal text, its sign and the final nul included. */
#define MAX_STRLEN(x) ((sizeof(x) * CHAR_BIT + CHAR_BIT - 1) / 10 * 3 + 2)

/** @return the daemon's run directory: $XENSTORED_RUNDIR or /var/run/xenstored; never freed. */
const char *xs_daemon_rundir(void);

/**
 * @return the socket that xs_open() tries first: $XENSTORED_PATH, or "socket" in the run
 * directory; never freed.  NULL (errno ENAMETOOLONG) when that would not fit a socket address.
 */
const char *xs_daemon_socket(void);

/** The same as xs_daemon_socket(): there is no read-only socket any more. */
const char *xs_daemon_socket_ro(void);

/**
 * Write all of a buffer, however many calls that takes.
 * @return false with errno set when a write failed; some of the data may have been written
 */
bool xs_write_all(int fd, const void *data, unsigned int len);

/**
 * Read permissions as the protocol writes them: strings such as "r5", one after the other, each
 * with its nul.
 * @param perms   array of num entries to fill
 * @param num     number of strings
 * @param strings the strings
 * @return false with errno EINVAL when a string is no permission
 */
bool xs_strings_to_perms(struct xs_permissions *perms, unsigned int num, const char *strings);

#ifdef __cplusplus
}
#endif

#endif
