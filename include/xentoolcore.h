/* SPDX-License-Identifier: MIT */
/**
 * @file xentoolcore.h
 * @brief What all of this SDK's handles have in common.  Library libxentoolcore.
 */
#ifndef XENTOOLCORE_H
#define XENTOOLCORE_H

#include <stdint.h>
#include <xen/xen.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @brief Limit every open handle of this process to one domain, for good.
 *
 * For a device model or another daemon that serves one guest and may be taken over by it: open
 * the handles first, call this, then drop privileges.  It reaches every handle of libxencall,
 * libxenevtchn, libxengnttab, libxenforeignmemory, libxendevicemodel, libxenstore and
 * libxenctrl that is open at the time.  Handles that can be limited keep working on that domain;
 * those that cannot (libxencall's, libxengnttab's, libxenstore's) fail from then on.  Handles
 * opened later are not limited, so the process must also lose the right to open one.
 *
 * @param domid the domain that the handles may still touch
 * @return 0, or -1 with errno of the first handle that could not be limited.  After a failure
 *         some handles may be limited and others not: do not continue as if they were.
 * @since 1.0 (node VERS_1.0)
 */
int xentoolcore_restrict_all(domid_t domid);

#ifdef __cplusplus
}
#endif

#endif
