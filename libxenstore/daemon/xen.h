/* SPDX-License-Identifier: MIT */
/* The hypervisor's side of the daemon: rings of domains, and their fate. */
#ifndef XSD_XEN_H
#define XSD_XEN_H

#include "loop.h"
#include "server.h"

struct xen;

/* True when this machine has a hypervisor under it. */
bool xen_present(void);
/* Open its interfaces and set server->host.  NULL with errno. */
struct xen *xen_open(struct server *server, struct loop *loop);
/* Serve domain 0's own kernel.  -errno. */
int xen_connect_dom0(struct xen *xen);
/* After the connections have been freed. */
void xen_close(struct xen *xen);

#endif
