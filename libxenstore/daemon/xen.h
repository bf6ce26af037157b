/* SPDX-License-Identifier: MIT */
/* The hypervisor's side of the daemon: rings of domains, and their fate. */
#ifndef XSD_XEN_H
#define XSD_XEN_H

#include "image.h"
#include "loop.h"
#include "server.h"

struct xen;

/* True when this machine has a hypervisor under it. */
bool xen_present(void);
/*
 * Open its interfaces and set server->host.  After a live update the event channel device is open
 * and the VIRQ bound; else both are -1.  NULL with errno.
 */
struct xen *xen_open(struct server *server, struct loop *loop, int evtchn_fd, int virq_port);
/* What a state image has to say of them. */
void xen_describe(const struct xen *xen, struct image_globals *globals);
/*
 * Serve a domain's ring that another process has served: on the event channel that this one
 * inherited, or, when desc->port is 0, on a new one.  NULL: it cannot be had.
 */
struct conn *xen_restore(struct xen *xen, const struct conn_desc *desc);
/* After everything is restored: see to what has come in since, and who has gone. */
void xen_resume(struct xen *xen);
/* Serve domain 0's own kernel.  -errno. */
int xen_connect_dom0(struct xen *xen);
/* After the connections have been freed. */
void xen_close(struct xen *xen);

#endif
