/* SPDX-License-Identifier: MIT */
/**
 * @file xenforeignmemory.h
 * @brief Mapping another domain's memory.  Library libxenforeignmemory.
 *
 * For privileged domains and device models.  Handles may be used from several threads.
 */
#ifndef XENFOREIGNMEMORY_H
#define XENFOREIGNMEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>

#ifdef __cplusplus
extern "C" {
#endif

struct xentoollog_logger;

/** An open way to map memory. */
typedef struct xenforeignmemory_handle xenforeignmemory_handle;

/**
 * @brief Open a handle.
 * @param logger where messages go, which must outlive the handle; NULL: stderr
 * @param open_flags none are defined; 0
 * @return the handle, to be closed with xenforeignmemory_close(); NULL with errno: EINVAL,
 *         ENOMEM, or what opening /dev/xen/privcmd gave
 * @since 1.0 (node VERS_1.0)
 */
xenforeignmemory_handle *xenforeignmemory_open(struct xentoollog_logger *logger,
                                               unsigned open_flags);

/**
 * @brief Close a handle. Mappings made with it stay until they are unmapped.
 * @param fmem the handle; NULL is fine
 * @return 0, or -1 with errno from closing the device; the handle is gone either way
 * @since 1.0 (node VERS_1.0)
 */
int xenforeignmemory_close(xenforeignmemory_handle *fmem);

/**
 * @brief Map pages of another domain, one after the other in this process' memory.
 *
 * With @p err, pages that cannot be mapped leave a hole, and accessing it gives SIGBUS; the call
 * still succeeds. Without it, one such page makes the call fail.
 * @param fmem open handle
 * @param dom the domain whose memory it is
 * @param prot PROT_READ, PROT_WRITE, PROT_EXEC bits
 * @param pages how many pages, at least 1
 * @param arr a frame number a page: of the machine for a PV domain, guest-physical for an HVM
 *        one
 * @param err NULL, or where 0 or the errno value of each page is stored, negated
 * @return the memory, to be unmapped with xenforeignmemory_unmap(); NULL with errno: EINVAL (no
 *         pages, or a frame is not the domain's), ESRCH (no such domain), EPERM, ENOMEM
 * @since 1.0 (node VERS_1.0)
 */
void *xenforeignmemory_map(xenforeignmemory_handle *fmem, uint32_t dom, int prot, size_t pages,
                           const xen_pfn_t arr[], int err[]);

/**
 * @brief Like xenforeignmemory_map(), with a say in where the mapping goes.
 * @param fmem open handle
 * @param dom the domain whose memory it is
 * @param addr as for mmap(): a hint, or with MAP_FIXED the place
 * @param prot PROT_READ, PROT_WRITE, PROT_EXEC bits
 * @param flags more flags for mmap(), such as MAP_FIXED; MAP_SHARED is implied
 * @param pages how many pages, at least 1
 * @param arr a frame number a page
 * @param err NULL, or where 0 or the errno value of each page is stored, negated
 * @return the memory, to be unmapped with xenforeignmemory_unmap(); NULL with errno as for
 *         xenforeignmemory_map()
 * @since 1.2 (node VERS_1.2)
 */
void *xenforeignmemory_map2(xenforeignmemory_handle *fmem, uint32_t dom, void *addr, int prot,
                            int flags, size_t pages, const xen_pfn_t arr[], int err[]);

/**
 * @brief Unmap pages.
 * @param fmem open handle
 * @param addr what a map function returned
 * @param pages as many as were mapped
 * @return 0, or -1 with errno
 * @since 1.0 (node VERS_1.0)
 */
int xenforeignmemory_unmap(xenforeignmemory_handle *fmem, void *addr, size_t pages);

/**
 * @brief Limit the handle to one domain's memory, for good.
 * @param fmem open handle
 * @param domid the only domain that can be mapped from now on
 * @return 0, or -1 with errno: EOPNOTSUPP (the kernel cannot)
 * @since 1.1 (node VERS_1.1)
 */
int xenforeignmemory_restrict(xenforeignmemory_handle *fmem, domid_t domid);

/** A mapped resource. */
typedef struct xenforeignmemory_resource_handle xenforeignmemory_resource_handle;

/**
 * @brief Map frames that belong to a domain without being its memory: its grant table, the pages
 * of an ioreq server, a trace buffer.
 * @param fmem open handle
 * @param domid the domain
 * @param type XENMEM_resource_*
 * @param id which one of that type
 * @param frame first frame of it
 * @param nr_frames how many frames, at least 1
 * @param paddr in: as for mmap(); out: where the frames are mapped
 * @param prot PROT_READ, PROT_WRITE, PROT_EXEC bits
 * @param flags more flags for mmap(); MAP_SHARED is implied
 * @return the mapping, to be given to xenforeignmemory_unmap_resource(); NULL with errno:
 *         EOPNOTSUPP (kernel or hypervisor cannot), EINVAL, ESRCH, EPERM, ENOMEM
 * @since 1.3 (node VERS_1.3)
 */
xenforeignmemory_resource_handle *
xenforeignmemory_map_resource(xenforeignmemory_handle *fmem, domid_t domid, unsigned int type,
                              unsigned int id, unsigned long frame, unsigned long nr_frames,
                              void **paddr, int prot, int flags);

/**
 * @brief Unmap a resource and free its handle.
 * @param fmem open handle
 * @param fres the mapping; NULL is fine
 * @return 0, or -1 with errno; the handle is gone either way
 * @since 1.3 (node VERS_1.3)
 */
int xenforeignmemory_unmap_resource(xenforeignmemory_handle *fmem,
                                    xenforeignmemory_resource_handle *fres);

/**
 * @brief Ask how large a resource is.
 * @param fmem open handle
 * @param domid the domain
 * @param type XENMEM_resource_*
 * @param id which one of that type
 * @param size its size in bytes is stored here
 * @return 0, or -1 with errno: EOPNOTSUPP (kernel or hypervisor cannot), EINVAL, ESRCH, EPERM
 * @since 1.4 (node VERS_1.4)
 */
int xenforeignmemory_resource_size(xenforeignmemory_handle *fmem, domid_t domid, unsigned int type,
                                   unsigned int id, size_t *size);

#ifdef __cplusplus
}
#endif

#endif
