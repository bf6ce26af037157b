/* SPDX-License-Identifier: MIT */
/**
 * @file xenctrl_internal.h
 * @brief What libxenctrl offers to libxenguest beyond xenctrl.h.  Not installed.
 *
 * Debian's libxenguest imports the same names.
 */
#ifndef XENCTRL_INTERNAL_H
#define XENCTRL_INTERNAL_H

#include <sys/types.h>
#include <xenctrl.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A queue of page-table updates for one domain; free() it when it is flushed. */
struct xc_mmu;

/**
 * @brief Get the types of a domain's frames.
 * @param xch open handle
 * @param dom the domain
 * @param num how many frames, any number
 * @param arr in: frame numbers; out: XEN_DOMCTL_PFINFO_* of each
 * @return 0, or -1 with errno
 */
int xc_get_pfn_type_batch(xc_interface *xch, uint32_t dom, unsigned int num, xen_pfn_t *arr);

/**
 * @brief Make a queue of page-table updates.
 * @param xch     open handle
 * @param subject the domain whose frames are updated
 * @return the queue, or NULL with errno ENOMEM
 */
struct xc_mmu *xc_alloc_mmu_updates(xc_interface *xch, unsigned int subject);

/**
 * @brief Queue an update; a full queue is flushed.
 * @param xch open handle
 * @param mmu the queue
 * @param ptr machine address of the entry, or'd with a MMU_* command
 * @param val its new value
 * @return 0, or -1 with errno of the flush
 */
int xc_add_mmu_update(xc_interface *xch, struct xc_mmu *mmu, unsigned long long ptr,
                      unsigned long long val);

/**
 * @brief Carry out what is queued.  The queue is empty afterwards even if that failed.
 * @param xch open handle
 * @param mmu the queue
 * @return 0, or -1 with errno
 */
int xc_flush_mmu_updates(xc_interface *xch, struct xc_mmu *mmu);

/** @return the logger for messages of a domain builder @param xch open handle */
struct xentoollog_logger *xc__dombuild_logger(xc_interface *xch);

/** @return the handle's logger @param xch open handle */
struct xentoollog_logger *xc__logger(xc_interface *xch);

#ifdef __cplusplus
}
#endif

#endif
