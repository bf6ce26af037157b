/* SPDX-License-Identifier: MIT */
/**
 * @file xenctrl/update.h
 * @brief Starting another kernel; live patches.  Include xenctrl.h.
 */
#ifndef XENCTRL_UPDATE_H
#define XENCTRL_UPDATE_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @name Starting another kernel
 * @{
 */

/**
 * @brief Start a loaded image. Does not return if that works.
 * @param xch open handle
 * @param type KEXEC_TYPE_*
 * @return -1 with errno: ENOENT (none is loaded), EPERM
 * @since 1.0
 */
int xc_kexec_exec(xc_interface *xch, int type);

/**
 * @brief Get where something lies in machine memory.
 * @param xch open handle
 * @param range KEXEC_RANGE_MA_*
 * @param nr number of the CPU, for KEXEC_RANGE_MA_CPU
 * @param size where its size is stored, in bytes
 * @param start where its machine address is stored
 * @return 0, or -1 with errno: EINVAL, EPERM
 * @since 1.0
 */
int xc_kexec_get_range(xc_interface *xch, int range, int nr, uint64_t *size, uint64_t *start);

/**
 * @brief Load an image.
 * @param xch open handle
 * @param type KEXEC_TYPE_*
 * @param arch EM_* of the image
 * @param entry_maddr machine address where it starts
 * @param nr_segments how many segments
 * @param segments the segments; their handles must point to hypercall buffers
 * @return 0, or -1 with errno: ENOMEM, EINVAL, EBUSY, EPERM
 * @since 1.0
 */
int xc_kexec_load(xc_interface *xch, uint8_t type, uint16_t arch, uint64_t entry_maddr,
                  uint32_t nr_segments, xen_kexec_segment_t *segments);

/**
 * @brief Forget a loaded image.
 * @param xch open handle
 * @param type KEXEC_TYPE_*
 * @return 0, or -1 with errno: EINVAL, EBUSY, EPERM
 * @since 1.0
 */
int xc_kexec_unload(xc_interface *xch, int type);

/**
 * @brief Is an image loaded?
 * @param xch open handle
 * @param type KEXEC_TYPE_*
 * @return 0 or 1, or -1 with errno
 * @since 1.0
 */
int xc_kexec_status(xc_interface *xch, int type);

/**
 * @}
 * @name Live patches
 * @{
 */

/**
 * @brief Load a patch.
 * @param xch open handle
 * @param name its name, less than XEN_LIVEPATCH_NAME_SIZE characters
 * @param payload the patch
 * @param size bytes
 * @return 0, or -1 with errno: EINVAL, EEXIST, ENOMEM, ENOSYS (not built in), EPERM
 * @since 1.0
 */
int xc_livepatch_upload(xc_interface *xch, char *name, unsigned char *payload, uint32_t size);

/**
 * @brief Get the state of a patch.
 * @param xch open handle
 * @param name its name
 * @param status where that is stored
 * @return 0, or -1 with errno: ENOENT, EINVAL, ENOSYS, EPERM
 * @since 1.0
 */
int xc_livepatch_get(xc_interface *xch, char *name, xen_livepatch_status_t *status);

/**
 * @brief How much room does a list of patches need?
 * @param xch open handle
 * @param nr where the number of patches is stored
 * @param name_total_size where the size of all names is stored, in bytes
 * @param metadata_total_size where the size of all metadata is stored, in bytes
 * @return 0, or -1 with errno: ENOSYS, EPERM
 * @since 1.0
 */
int xc_livepatch_list_get_sizes(xc_interface *xch, unsigned int *nr, uint32_t *name_total_size,
                                uint32_t *metadata_total_size);

/**
 * @brief List patches. Arrays without a size are of @p max elements.
 * @param xch open handle
 * @param max how many at most
 * @param start number of the first one
 * @param info where the states are stored
 * @param name where the names are stored, one after the other
 * @param len where each name's size is stored, in bytes
 * @param name_total_size room for names, in bytes
 * @param metadata where the metadata are stored, one after the other
 * @param metadata_len where each one's size is stored, in bytes
 * @param metadata_total_size room for metadata, in bytes
 * @param done where it is stored how many patches were stored
 * @param left where it is stored how many there are after them
 * @return 0, or -1 with errno; @p done and @p left hold for what was stored by then: EINVAL,
 *         EAGAIN (the list changes all the time), ENOBUFS, ENOSYS, EPERM
 * @since 1.0
 */
int xc_livepatch_list(xc_interface *xch, const unsigned int max, const unsigned int start,
                      struct xen_livepatch_status *info, char *name, uint32_t *len,
                      const uint32_t name_total_size, char *metadata, uint32_t *metadata_len,
                      const uint32_t metadata_total_size, unsigned int *done, unsigned int *left);

/**
 * @brief Start applying a patch; xc_livepatch_get() says what became of it.
 * @param xch open handle
 * @param name its name
 * @param timeout longest time in ns; 0: the hypervisor's choice
 * @param flags LIVEPATCH_ACTION_APPLY_NODEPS or 0
 * @return 0, or -1 with errno: ENOENT, EINVAL, EBUSY, ENOSYS, EPERM
 * @since 1.0
 */
int xc_livepatch_apply(xc_interface *xch, char *name, uint32_t timeout, uint32_t flags);

/**
 * @brief Start reverting a patch.
 * @param xch open handle
 * @param name its name
 * @param timeout longest time in ns; 0: the hypervisor's choice
 * @param flags 0
 * @return 0, or -1 with errno: ENOENT, EINVAL, EBUSY, ENOSYS, EPERM
 * @since 1.0
 */
int xc_livepatch_revert(xc_interface *xch, char *name, uint32_t timeout, uint32_t flags);

/**
 * @brief Forget a patch that is not applied.
 * @param xch open handle
 * @param name its name
 * @param timeout longest time in ns; 0: the hypervisor's choice
 * @param flags 0
 * @return 0, or -1 with errno: ENOENT, EINVAL, EBUSY, ENOSYS, EPERM
 * @since 1.0
 */
int xc_livepatch_unload(xc_interface *xch, char *name, uint32_t timeout, uint32_t flags);

/**
 * @brief Start applying a patch in place of all that are applied.
 * @param xch open handle
 * @param name its name
 * @param timeout longest time in ns; 0: the hypervisor's choice
 * @param flags LIVEPATCH_ACTION_APPLY_NODEPS or 0
 * @return 0, or -1 with errno: ENOENT, EINVAL, EBUSY, ENOSYS, EPERM
 * @since 1.0
 */
int xc_livepatch_replace(xc_interface *xch, char *name, uint32_t timeout, uint32_t flags);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
