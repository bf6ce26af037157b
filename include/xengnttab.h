/* SPDX-License-Identifier: MIT */
/**
 * @file xengnttab.h
 * @brief Sharing pages between domains: mapping grants, and granting.  Library libxengnttab.
 *
 * Handles may be used from several threads.
 */
#ifndef XENGNTTAB_H
#define XENGNTTAB_H

#include <stdint.h>
#include <xen/grant_table.h>
#include <xen/event_channel.h>

#ifdef __cplusplus
extern "C" {
#endif

struct xentoollog_logger;

/** An open device for mapping grants. */
typedef struct xengntdev_handle xengnttab_handle;

/**
 * @brief Open a handle for mapping other domains' grants.
 * @param logger where messages go, which must outlive the handle; NULL: stderr
 * @param open_flags none are defined; 0
 * @return the handle, to be closed with xengnttab_close(); NULL with errno: EINVAL, ENOMEM, or
 *         what opening /dev/xen/gntdev gave
 * @since 1.0 (node VERS_1.0)
 */
xengnttab_handle *xengnttab_open(struct xentoollog_logger *logger, unsigned open_flags);

/**
 * @brief Close a handle. Grants that are still mapped through it stay mapped until their memory
 * is unmapped.
 * @param xgt the handle; NULL is fine
 * @return 0, or -1 with errno from closing the device; the handle is gone either way
 * @since 1.0 (node VERS_1.0)
 */
int xengnttab_close(xengnttab_handle *xgt);

/**
 * @brief The handle's file descriptor.
 * @param xgt open handle
 * @return the descriptor, owned by the handle
 * @since 1.2 (node VERS_1.2)
 */
int xengnttab_fd(xengnttab_handle *xgt);

/**
 * @brief Map one page that a domain has granted to this one.
 * @param xgt open handle
 * @param domid the granting domain
 * @param ref the grant reference
 * @param prot PROT_READ, PROT_WRITE, or both
 * @return the page, to be unmapped with xengnttab_unmap(); NULL with errno: EINVAL (no such
 *         grant for us, or not with this access), ENOMEM
 * @since 1.0 (node VERS_1.0)
 */
void *xengnttab_map_grant_ref(xengnttab_handle *xgt, uint32_t domid, uint32_t ref, int prot);

/**
 * @brief Map granted pages of several domains, one after the other in memory. All are mapped, or
 * none.
 * @param xgt open handle
 * @param count how many pages, at least 1
 * @param domids the granting domain of each page
 * @param refs the grant reference of each page
 * @param prot PROT_READ, PROT_WRITE, or both
 * @return the first page, to be unmapped with xengnttab_unmap(); NULL with errno: EINVAL (count
 *         is 0, or a grant cannot be mapped), ENOMEM
 * @since 1.0 (node VERS_1.0)
 */
void *xengnttab_map_grant_refs(xengnttab_handle *xgt, uint32_t count, uint32_t *domids,
                               uint32_t *refs, int prot);

/**
 * @brief Map granted pages of one domain, one after the other in memory. All are mapped, or
 * none.
 * @param xgt open handle
 * @param count how many pages, at least 1
 * @param domid the granting domain
 * @param refs the grant reference of each page
 * @param prot PROT_READ, PROT_WRITE, or both
 * @return the first page, to be unmapped with xengnttab_unmap(); NULL with errno: EINVAL (count
 *         is 0, or a grant cannot be mapped), ENOMEM
 * @since 1.0 (node VERS_1.0)
 */
void *xengnttab_map_domain_grant_refs(xengnttab_handle *xgt, uint32_t count, uint32_t domid,
                                      uint32_t *refs, int prot);

/**
 * @brief Map one granted page, and have the kernel tell the other side when it is unmapped,
 * which includes this process' death.
 * @param xgt open handle
 * @param domid the granting domain
 * @param ref the grant reference
 * @param prot PROT_READ, PROT_WRITE, or both
 * @param notify_offset byte of the page that is set to 0 then; 0xffffffff: none
 * @param notify_port local port that is notified then; 0xffffffff: none
 * @return the page, to be unmapped with xengnttab_unmap(); NULL with errno: EINVAL (no such
 *         grant, notify_offset beyond the page), ENOMEM
 * @since 1.0 (node VERS_1.0)
 */
void *xengnttab_map_grant_ref_notify(xengnttab_handle *xgt, uint32_t domid, uint32_t ref, int prot,
                                     uint32_t notify_offset, evtchn_port_t notify_port);

/**
 * @brief Unmap pages of one of the map functions.
 * @param xgt open handle
 * @param start_address what that function returned
 * @param count the count that it was given
 * @return 0, or -1 with errno: EINVAL (no such mapping, or not of that count)
 * @since 1.0 (node VERS_1.0)
 */
int xengnttab_unmap(xengnttab_handle *xgt, void *start_address, uint32_t count);

/**
 * @brief Tell the kernel how many grants the handle will map at most. Kernels without such a
 * limit accept any number.
 * @param xgt open handle
 * @param nr_grants pages
 * @return 0, or -1 with errno
 * @since 1.0 (node VERS_1.0)
 */
int xengnttab_set_max_grants(xengnttab_handle *xgt, uint32_t nr_grants);

/** One piece of a grant copy. */
struct xengnttab_grant_copy_segment {
    /** Where data come from and go to: own memory, or a grant if the flag says so. */
    union xengnttab_copy_ptr {
        void *virt; /**< own memory */
        struct {
            uint32_t ref;    /**< grant reference */
            uint16_t offset; /**< first byte in its page */
            uint16_t domid;  /**< granting domain */
        } foreign;           /**< a grant */
    } source,                /**< where data come from */
        dest;                /**< where they go to */
    uint16_t len;            /**< bytes; a grant's part must lie in its page */
    uint16_t flags;          /**< GNTCOPY_source_gref, GNTCOPY_dest_gref */
    int16_t status;          /**< result: GNTST_* */
};

/** One piece of a grant copy. */
typedef struct xengnttab_grant_copy_segment xengnttab_grant_copy_segment_t;

/**
 * @brief Have the hypervisor copy to or from granted pages without mapping them.
 * @param xgt open handle
 * @param count number of segments
 * @param segs the segments; each one's status is its own result
 * @return 0 if the request was carried out (look at each status), or -1 with errno: EFAULT,
 *         EINVAL, ENOMEM
 * @since 1.1 (node VERS_1.1)
 */
int xengnttab_grant_copy(xengnttab_handle *xgt, uint32_t count,
                         xengnttab_grant_copy_segment_t *segs);

/** The buffer may be written with write-combining. */
#define GNTDEV_DMA_FLAG_WC (1 << 0)

/** The buffer must be DMA coherent. */
#define GNTDEV_DMA_FLAG_COHERENT (1 << 1)

/**
 * @brief Make a dma-buf of pages that a domain granted.
 * @param xgt open handle
 * @param domid the granting domain
 * @param flags GNTDEV_DMA_FLAG_* bits
 * @param count how many pages
 * @param refs their grant references
 * @param fd the dma-buf's descriptor is stored here; the caller closes it
 * @return 0, or -1 with errno: ENOTTY (the kernel was built without this), EINVAL, ENOMEM
 * @since 1.2 (node VERS_1.2)
 */
int xengnttab_dmabuf_exp_from_refs(xengnttab_handle *xgt, uint32_t domid, uint32_t flags,
                                   uint32_t count, const uint32_t *refs, uint32_t *fd);

/**
 * @brief Wait until nobody uses an exported dma-buf any more.
 * @param xgt open handle
 * @param fd its descriptor's number, which may be closed by now
 * @param wait_to_ms longest wait in milliseconds
 * @return 0, or -1 with errno: ENOENT (gone already), ETIMEDOUT
 * @since 1.2 (node VERS_1.2)
 */
int xengnttab_dmabuf_exp_wait_released(xengnttab_handle *xgt, uint32_t fd, uint32_t wait_to_ms);

/**
 * @brief Grant the pages of a dma-buf to a domain.
 * @param xgt open handle
 * @param domid the domain that may map them
 * @param fd the dma-buf
 * @param count how many pages it has
 * @param refs the grant references are stored here
 * @return 0, or -1 with errno: ENOTTY (the kernel was built without this), EINVAL, ENOMEM
 * @since 1.2 (node VERS_1.2)
 */
int xengnttab_dmabuf_imp_to_refs(xengnttab_handle *xgt, uint32_t domid, uint32_t fd, uint32_t count,
                                 uint32_t *refs);

/**
 * @brief Take back the grants of xengnttab_dmabuf_imp_to_refs().
 * @param xgt open handle
 * @param fd the dma-buf
 * @return 0, or -1 with errno: ENOENT
 * @since 1.2 (node VERS_1.2)
 */
int xengnttab_dmabuf_imp_release(xengnttab_handle *xgt, uint32_t fd);

/**
 * @name Granting own pages
 * @{
 */

/** An open device for granting pages. */
typedef struct xengntdev_handle xengntshr_handle;

/**
 * @brief Open a handle for granting own pages.
 * @param logger where messages go, which must outlive the handle; NULL: stderr
 * @param open_flags none are defined; 0
 * @return the handle, to be closed with xengntshr_close(); NULL with errno: EINVAL, ENOMEM, or
 *         what opening /dev/xen/gntalloc gave
 * @since 1.0 (node VERS_1.0)
 */
xengntshr_handle *xengntshr_open(struct xentoollog_logger *logger, unsigned open_flags);

/**
 * @brief Close a handle. Shared pages stay shared until their memory is unmapped.
 * @param xgs the handle; NULL is fine
 * @return 0, or -1 with errno from closing the device; the handle is gone either way
 * @since 1.0 (node VERS_1.0)
 */
int xengntshr_close(xengntshr_handle *xgs);

/**
 * @brief The handle's file descriptor.
 * @param xgs open handle
 * @return the descriptor, owned by the handle
 * @since 1.2 (node VERS_1.2)
 */
int xengntshr_fd(xengntshr_handle *xgs);

/**
 * @brief Allocate pages and grant them to a domain.
 * @param xgs open handle
 * @param domid the domain that may map them
 * @param count how many pages, at least 1
 * @param refs the grant references are stored here, count of them
 * @param writable whether the other domain may write to them
 * @return the first page, zeroed, to be given back with xengntshr_unshare(); NULL with errno:
 *         EINVAL, ENOSPC (the kernel's limit of shared pages), ENOMEM
 * @since 1.0 (node VERS_1.0)
 */
void *xengntshr_share_pages(xengntshr_handle *xgs, uint32_t domid, int count, uint32_t *refs,
                            int writable);

/**
 * @brief Allocate a page and grant it to a domain, and have the kernel tell the other side when
 * it is unmapped, which includes this process' death.
 * @param xgs open handle
 * @param domid the domain that may map it
 * @param ref the grant reference is stored here
 * @param writable whether the other domain may write to it
 * @param notify_offset byte of the page that is set to 0 then; 0xffffffff: none
 * @param notify_port local port that is notified then; 0xffffffff: none
 * @return the page, to be given back with xengntshr_unshare(); NULL with errno: EINVAL, ENOSPC,
 *         ENOMEM
 * @since 1.0 (node VERS_1.0)
 */
void *xengntshr_share_page_notify(xengntshr_handle *xgs, uint32_t domid, uint32_t *ref,
                                  int writable, uint32_t notify_offset, evtchn_port_t notify_port);

/**
 * @brief Stop sharing. The pages are freed once the other domain has unmapped them too.
 * @param xgs open handle
 * @param start_address what the share function returned
 * @param count how many pages it returned
 * @return 0, or -1 with errno
 * @since 1.0 (node VERS_1.0)
 */
int xengntshr_unshare(xengntshr_handle *xgs, void *start_address, uint32_t count);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
