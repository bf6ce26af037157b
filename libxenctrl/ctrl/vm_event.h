/* SPDX-License-Identifier: MIT */
#ifndef XENCTRL_VM_EVENT_H
#define XENCTRL_VM_EVENT_H

#include "private.h"

/* One step with one of a domain's event rings; port is where ENABLE stores the ring's port. */
int xc__vm_event(xc_interface *xch, const char *operation, uint32_t domid, uint32_t op,
                 uint32_t ring, uint32_t *port);

#endif
