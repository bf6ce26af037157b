/* SPDX-License-Identifier: MIT */
/**
 * @file xenevtchn.h
 * @brief Event channels of this domain, through the kernel's driver.  Library libxenevtchn.
 *
 * A handle is a file descriptor: it becomes readable when a port that was bound through it has
 * an event.  One port is reported at a time by xenevtchn_pending(), which masks it; answer with
 * xenevtchn_unmask() before handling what it stands for, or after, but always.
 * One handle must not be used by two threads at once, except that each of notify, unmask and
 * pending may run beside others of its kind.  Closing a handle unbinds its ports.
 */
#ifndef XENEVTCHN_H
#define XENEVTCHN_H

#include <stdint.h>
#include <xen/event_channel.h>

#ifdef __cplusplus
extern "C" {
#endif

struct xentoollog_logger;

/** A port (at most 31 bits), or -1 with errno. */
typedef int xenevtchn_port_or_error_t;

/** An open event channel device. */
typedef struct xenevtchn_handle xenevtchn_handle;

/** Let the descriptor survive exec(); by default it is closed there. */
#define XENEVTCHN_NO_CLOEXEC (1 << 0)

/**
 * @brief Open a handle.
 * @param logger where messages go, which must outlive the handle; NULL: stderr
 * @param flags  XENEVTCHN_* bits
 * @return the handle, to be closed with xenevtchn_close(); NULL with errno: EINVAL, ENOMEM, or
 *         what opening /dev/xen/evtchn gave
 * @since 1.0 (node VERS_1.0)
 */
xenevtchn_handle *xenevtchn_open(struct xentoollog_logger *logger, unsigned int flags);

/**
 * @brief Make a handle from a descriptor of another handle, such as one kept across exec().
 * @param logger     where messages go, which must outlive the handle; NULL: stderr
 * @param fd         the descriptor; the handle owns it on success, the caller on failure
 * @param open_flags XENEVTCHN_* bits; without XENEVTCHN_NO_CLOEXEC the descriptor is made
 *                   close-on-exec
 * @return the handle, or NULL with errno (EINVAL, EBADF, ENOMEM)
 * @since 1.2 (node VERS_1.2)
 */
xenevtchn_handle *xenevtchn_fdopen(struct xentoollog_logger *logger, int fd, unsigned open_flags);

/**
 * @brief Close a handle and unbind its ports.
 * @param xce the handle; NULL is fine
 * @return 0, or -1 with errno from closing the device; the handle is gone either way
 * @since 1.0 (node VERS_1.0)
 */
int xenevtchn_close(xenevtchn_handle *xce);

/**
 * @brief The descriptor to poll for reading.
 * @param xce the handle
 * @return the descriptor, owned by the handle; do not read it
 * @since 1.0 (node VERS_1.0)
 */
int xenevtchn_fd(xenevtchn_handle *xce);

/**
 * @brief Send an event through a port.
 * @param xce  the handle
 * @param port a port bound through this handle
 * @return 0, or -1 with errno: ENOTCONN (not a port of this handle)
 * @since 1.0 (node VERS_1.0)
 */
int xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port);

/**
 * @brief Allocate a port that another domain may bind to.
 * @param xce   the handle
 * @param domid the domain that may bind
 * @return the new port of this domain, or -1 with errno: ENOSPC (no port is free), ESRCH, ENOMEM
 * @since 1.0 (node VERS_1.0)
 */
xenevtchn_port_or_error_t xenevtchn_bind_unbound_port(xenevtchn_handle *xce, uint32_t domid);

/**
 * @brief Bind to a port that another domain offers.
 * @param xce         the handle
 * @param domid       the other domain
 * @param remote_port its port
 * @return the new port of this domain, or -1 with errno: EINVAL (the remote port is not free for
 *         us), ESRCH (no such domain), ENOSPC, ENOMEM
 * @since 1.0 (node VERS_1.0)
 */
xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *xce, uint32_t domid,
                                                     evtchn_port_t remote_port);

/**
 * @brief Bind a port to a virtual interrupt.
 * @param xce  the handle
 * @param virq VIRQ_*
 * @return the new port of this domain, or -1 with errno: EEXIST (somebody has it), EPERM, EINVAL
 * @since 1.0 (node VERS_1.0)
 */
xenevtchn_port_or_error_t xenevtchn_bind_virq(xenevtchn_handle *xce, unsigned int virq);

/**
 * @brief Close a port.
 * @param xce  the handle
 * @param port a port bound through this handle
 * @return 0, or -1 with errno: ENOTCONN (not a port of this handle)
 * @since 1.0 (node VERS_1.0)
 */
int xenevtchn_unbind(xenevtchn_handle *xce, evtchn_port_t port);

/**
 * @brief Take the next port that has an event; the port is masked until xenevtchn_unmask().
 * Waits for one unless the descriptor was made non-blocking.
 * @param xce the handle
 * @return the port, or -1 with errno: EAGAIN (none now), EINTR, EFBIG (events were lost because
 *         nobody read for too long), EIO
 * @since 1.0 (node VERS_1.0)
 */
xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *xce);

/**
 * @brief Let a port report events again.
 * @param xce  the handle
 * @param port a port bound through this handle
 * @return 0, or -1 with errno from the device
 * @since 1.0 (node VERS_1.0)
 */
int xenevtchn_unmask(xenevtchn_handle *xce, evtchn_port_t port);

/**
 * @brief Limit the handle to ports shared with one domain, for good.
 * @param xce   the handle
 * @param domid the only domain that later binds may name
 * @return 0, or -1 with errno: EOPNOTSUPP (the kernel cannot)
 * @since 1.1 (node VERS_1.1)
 */
int xenevtchn_restrict(xenevtchn_handle *xce, domid_t domid);

#ifdef __cplusplus
}
#endif

#endif
