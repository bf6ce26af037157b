/* SPDX-License-Identifier: MIT */
/*
 * ioctls of /dev/xen/evtchn: ports of event channels for user programs. read() yields pending
 * ports, write() unmasks them.
 */

#ifndef __LINUX_PUBLIC_EVTCHN_H__
#define __LINUX_PUBLIC_EVTCHN_H__

#include <stddef.h>
#include <sys/ioctl.h>

#include "../xen.h"

/* Bind a virtual interrupt; returns the port. */
#define IOCTL_EVTCHN_BIND_VIRQ _IOC(_IOC_NONE, 'E', 0, sizeof(struct ioctl_evtchn_bind_virq))

struct ioctl_evtchn_bind_virq {
    unsigned int virq;
};

/* Connect to a remote domain's port; returns the local one. */
#define IOCTL_EVTCHN_BIND_INTERDOMAIN                                                              \
    _IOC(_IOC_NONE, 'E', 1, sizeof(struct ioctl_evtchn_bind_interdomain))

struct ioctl_evtchn_bind_interdomain {
    unsigned int remote_domain, remote_port;
};

/* A port for a remote domain to connect to. */
#define IOCTL_EVTCHN_BIND_UNBOUND_PORT                                                             \
    _IOC(_IOC_NONE, 'E', 2, sizeof(struct ioctl_evtchn_bind_unbound_port))

struct ioctl_evtchn_bind_unbound_port {
    unsigned int remote_domain;
};

/* Close a port. */
#define IOCTL_EVTCHN_UNBIND _IOC(_IOC_NONE, 'E', 3, sizeof(struct ioctl_evtchn_unbind))

struct ioctl_evtchn_unbind {
    unsigned int port;
};

/* Raise an event. */
#define IOCTL_EVTCHN_NOTIFY _IOC(_IOC_NONE, 'E', 4, sizeof(struct ioctl_evtchn_notify))

struct ioctl_evtchn_notify {
    unsigned int port;
};

/* Forget what is pending and reset overflow. */
#define IOCTL_EVTCHN_RESET _IOC(_IOC_NONE, 'E', 5, 0)

/* From now on only for one remote domain. */
#define IOCTL_EVTCHN_RESTRICT_DOMID                                                                \
    _IOC(_IOC_NONE, 'E', 6, sizeof(struct ioctl_evtchn_restrict_domid))

struct ioctl_evtchn_restrict_domid {
    domid_t domid;
};

#endif /* __LINUX_PUBLIC_EVTCHN_H__ */
