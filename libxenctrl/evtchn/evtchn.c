/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include "shared/handle.h"
#include "shared/linux_devices.h"
#include "xenevtchn.h"

#define LIB "libxenevtchn"

struct xenevtchn_handle {
    xentoollog_logger *logger, *logger_owned;
    const struct xentoolcore__transport *transport;
    Xentoolcore__Active_Handle active;
    int fd;
};

/* One ioctl; a failure leaves an error chain. */
static long device_call(xenevtchn_handle *xce, const char *operation, unsigned long request,
                        void *arg, const char *what, unsigned int number)
{
    long rc = xce->transport->ioctl(xce->fd, request, arg);

    if (rc < 0)
        xenerr_set(errno, LIB, operation, "cannot %s %u", what, number);
    return rc;
}

static int restrict_handle(Xentoolcore__Active_Handle *ah, domid_t domid)
{
    return xenevtchn_restrict(container_of(ah, xenevtchn_handle, active), domid);
}

static xenevtchn_handle *handle_new(xentoollog_logger *logger, const char *operation)
{
    xenevtchn_handle *xce = calloc(1, sizeof(*xce));

    if (!xce) {
        xenerr_set(ENOMEM, LIB, operation, "no memory for a handle");
        return NULL;
    }
    xce->fd = -1;
    xce->transport = xentoolcore__transport();
    xce->active.restrict_callback = restrict_handle;
    xentoolcore__register_active_handle(&xce->active);
    if (handle_logger_init(&xce->logger, &xce->logger_owned, logger)) {
        xenerr_set(ENOMEM, LIB, operation, "no memory for a logger");
        xenevtchn_close(xce);
        return NULL;
    }
    return xce;
}

static int flags_invalid(const char *operation, unsigned int flags)
{
    if (!(flags & ~(unsigned int)XENEVTCHN_NO_CLOEXEC))
        return 0;
    xenerr_set(EINVAL, LIB, operation, "unknown flags %#x", flags);
    return 1;
}

PUBLIC xenevtchn_handle *xenevtchn_open(struct xentoollog_logger *logger, unsigned int flags)
{
    int open_flags = O_RDWR | (flags & XENEVTCHN_NO_CLOEXEC ? 0 : O_CLOEXEC);
    xenevtchn_handle *xce = NULL;

    if (flags_invalid("xenevtchn_open", flags))
        return NULL;
    xce = handle_new(logger, "xenevtchn_open");
    if (!xce)
        return NULL;
    xce->fd = handle_open_device(xce->transport, LIB, "xenevtchn_open", "/dev/xen/evtchn", NULL,
                                 open_flags);
    if (xce->fd < 0) {
        xenevtchn_close(xce);
        xce = NULL;
    }
    return xce;
}

/* The descriptor stays as it was unless there will be a handle. */
PUBLIC xenevtchn_handle *xenevtchn_fdopen(struct xentoollog_logger *logger, int fd, unsigned flags)
{
    xenevtchn_handle *xce = NULL;
    int fd_flags;

    if (flags_invalid("xenevtchn_fdopen", flags))
        return NULL;
    xce = handle_new(logger, "xenevtchn_fdopen");
    if (!xce)
        return NULL;
    fd_flags = fcntl(fd, F_GETFD);
    if (fd_flags < 0 ||
        (!(flags & XENEVTCHN_NO_CLOEXEC) && fcntl(fd, F_SETFD, fd_flags | FD_CLOEXEC) < 0)) {
        xenerr_set(errno, LIB, "xenevtchn_fdopen", "descriptor %d cannot be used", fd);
        xenevtchn_close(xce);
        return NULL;
    }
    xce->fd = fd;
    return xce;
}

PUBLIC int xenevtchn_close(xenevtchn_handle *xce)
{
    int rc = 0, saved = errno;

    if (!xce)
        return 0;
    xentoolcore__deregister_active_handle(&xce->active);
    if (xce->fd >= 0)
        rc = xce->transport->close(xce->fd);
    if (rc)
        saved = errno;
    xtl_logger_destroy(xce->logger_owned);
    free(xce);
    errno = saved;
    return rc ? -1 : 0;
}

PUBLIC int xenevtchn_fd(xenevtchn_handle *xce)
{
    return xce->fd;
}

PUBLIC int xenevtchn_restrict(xenevtchn_handle *xce, domid_t domid)
{
    struct ioctl_evtchn_restrict_domid arg = {.domid = domid};

    if (xce->transport->ioctl(xce->fd, IOCTL_EVTCHN_RESTRICT_DOMID, &arg) < 0)
        return xenerr_set(errno == ENOTTY ? EOPNOTSUPP : errno, LIB, __func__,
                          "cannot limit the handle to domain %u", domid);
    return 0;
}

PUBLIC int xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port)
{
    struct ioctl_evtchn_port arg = {.port = port};

    return device_call(xce, __func__, IOCTL_EVTCHN_NOTIFY, &arg, "notify port", port) < 0 ? -1 : 0;
}

PUBLIC xenevtchn_port_or_error_t xenevtchn_bind_unbound_port(xenevtchn_handle *xce, uint32_t domid)
{
    struct ioctl_evtchn_bind_unbound_port arg = {.remote_domain = domid};

    return device_call(xce, __func__, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &arg,
                       "allocate a port for domain", domid);
}

PUBLIC xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *xce, uint32_t domid,
                                                            evtchn_port_t remote_port)
{
    struct ioctl_evtchn_bind_interdomain arg = {.remote_domain = domid, .remote_port = remote_port};
    long rc = xce->transport->ioctl(xce->fd, IOCTL_EVTCHN_BIND_INTERDOMAIN, &arg);

    if (rc < 0)
        xenerr_set(errno, LIB, __func__, "cannot bind to port %u of domain %u", remote_port, domid);
    return rc;
}

PUBLIC xenevtchn_port_or_error_t xenevtchn_bind_virq(xenevtchn_handle *xce, unsigned int virq)
{
    struct ioctl_evtchn_bind_virq arg = {.virq = virq};

    return device_call(xce, __func__, IOCTL_EVTCHN_BIND_VIRQ, &arg, "bind virtual interrupt", virq);
}

PUBLIC int xenevtchn_unbind(xenevtchn_handle *xce, evtchn_port_t port)
{
    struct ioctl_evtchn_port arg = {.port = port};

    return device_call(xce, __func__, IOCTL_EVTCHN_UNBIND, &arg, "unbind port", port) < 0 ? -1 : 0;
}

/* The device deals in whole port numbers: no count in between is possible. */
PUBLIC xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *xce)
{
    evtchn_port_t port;
    ssize_t got = xce->transport->read(xce->fd, &port, sizeof(port));

    if (got == sizeof(port))
        return port;
    if (got >= 0)
        errno = EIO;
    return -1;
}

PUBLIC int xenevtchn_unmask(xenevtchn_handle *xce, evtchn_port_t port)
{
    ssize_t put = xce->transport->write(xce->fd, &port, sizeof(port));

    if (put == sizeof(port))
        return 0;
    return xenerr_set(put >= 0 ? EIO : errno, LIB, __func__, "cannot unmask port %u", port);
}
