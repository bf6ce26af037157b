/* SPDX-License-Identifier: MIT */
/**
 * @file xenctrl/event.h
 * @brief Event channels and grant tables of other domains.  Include xenctrl.h.
 */
#ifndef XENCTRL_EVENT_H
#define XENCTRL_EVENT_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A port (at most 31 bits), or -1 with errno. */
typedef int xc_evtchn_port_or_error_t;

/** A port's state. */
typedef struct evtchn_status xc_evtchn_status_t;

/**
 * @name Other domains' event channels
 * This domain's own are libxenevtchn's.
 * @{
 */

/**
 * @brief Allocate a port of a domain that is being built, for another one to bind to.
 * @param xch open handle
 * @param dom the domain that gets the port
 * @param remote_dom the domain that may bind to it
 * @return the port, or -1 with errno: ESRCH, ENOSPC (no port is free), ENOMEM, EPERM
 * @since 1.0
 */
xc_evtchn_port_or_error_t xc_evtchn_alloc_unbound(xc_interface *xch, uint32_t dom,
                                                  uint32_t remote_dom);

/**
 * @brief Close all ports of a domain.
 * @param xch open handle
 * @param dom the domain
 * @return 0, or -1 with errno: ESRCH, EPERM
 * @since 1.0
 */
int xc_evtchn_reset(xc_interface *xch, uint32_t dom);

/**
 * @brief Describe a port.
 * @param xch open handle
 * @param status in: dom and port; out: the rest
 * @return 0, or -1 with errno: ESRCH, EINVAL (no such port), EPERM
 * @since 1.0
 */
int xc_evtchn_status(xc_interface *xch, xc_evtchn_status_t *status);

/**
 * @}
 * @name Other domains' grant tables
 * @{
 */

/**
 * @brief Make a grant table hypercall.
 * @param xch open handle
 * @param cmd GNTTABOP_*
 * @param op array of its structures, in and out; handles in it must point to hypercall buffers
 * @param op_size bytes of a structure
 * @param count how many
 * @return 0 or more, or -1 with errno; each structure has a status besides: EINVAL, EPERM,
 *         ENOSYS
 * @since 1.0
 */
int xc_gnttab_op(xc_interface *xch, int cmd, void *op, int op_size, int count);

/**
 * @brief Get the size of a domain's grant table.
 * @param xch open handle
 * @param query in: dom; out: the rest
 * @return 0, or -1 with errno: EINVAL (its status is not GNTST_okay), EPERM
 * @since 1.0
 */
int xc_gnttab_query_size(xc_interface *xch, struct gnttab_query_size *query);

/**
 * @brief Get the version of a domain's grant table.
 * @param xch open handle
 * @param domid the domain
 * @return 1 or 2, or -1 with errno: ESRCH, EPERM
 * @since 1.0
 */
int xc_gnttab_get_version(xc_interface *xch, uint32_t domid);

/**
 * @brief Map a domain's grant table of version 1, read-only.
 * @param xch open handle
 * @param domid the domain
 * @param gnt_num where the number of entries is stored
 * @return the table, to be unmapped with munmap(); NULL with errno: EINVAL (it has version 2),
 *         ESRCH, EPERM, ENOMEM
 * @since 1.0
 */
grant_entry_v1_t *xc_gnttab_map_table_v1(xc_interface *xch, uint32_t domid, int *gnt_num);

/**
 * @brief Map a domain's grant table of version 2, read-only.
 * @param xch open handle
 * @param domid the domain
 * @param gnt_num where the number of entries is stored
 * @return the table, to be unmapped with munmap(); NULL with errno: EINVAL (it has version 1),
 *         ESRCH, EPERM, ENOMEM
 * @since 1.0
 */
grant_entry_v2_t *xc_gnttab_map_table_v2(xc_interface *xch, uint32_t domid, int *gnt_num);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
