/* SPDX-License-Identifier: MIT */
/**
 * @file xencall.h
 * @brief Making hypercalls, and memory that may be passed to them.  Library libxencall.
 *
 * A handle may be used from several threads unless it was opened with
 * XENCALL_OPENFLAG_NON_REENTRANT.  After fork() the child must not use the parent's handle or
 * buffers; it opens its own.
 */
#ifndef XENCALL_H
#define XENCALL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct xentoollog_logger;

/** An open way to make hypercalls. */
typedef struct xencall_handle xencall_handle;

/** The caller keeps threads apart itself; the handle uses no lock. */
#define XENCALL_OPENFLAG_NON_REENTRANT (1U << 0)

/**
 * @brief Open a handle.
 * @param logger     where messages go, which must outlive the handle; NULL: stderr
 * @param open_flags XENCALL_OPENFLAG_* bits
 * @return the handle, to be closed with xencall_close(); NULL with errno: EINVAL (unknown flag),
 *         ENOMEM, or what opening /dev/xen/privcmd gave, such as ENOENT (not a Xen domain) and
 *         EACCES
 * @since 1.0 (node VERS_1.0)
 */
xencall_handle *xencall_open(struct xentoollog_logger *logger, unsigned open_flags);

/**
 * @brief Close a handle.  Buffers from it that were not freed must not be used any more.
 * @param xcall the handle; NULL is fine
 * @return 0, or -1 with errno from closing the device; the handle is gone either way
 * @since 1.0 (node VERS_1.0)
 */
int xencall_close(xencall_handle *xcall);

/**
 * @brief The handle's file descriptor, for those who must pass or close it.
 * @param xcall the handle
 * @return the descriptor, still owned by the handle
 * @since 1.2 (node VERS_1.2)
 */
int xencall_fd(xencall_handle *xcall);

/**
 * @name Hypercalls
 * Make hypercall @p op with as many arguments as the name says.  An argument is a number, or the
 * address of memory from xencall_alloc_buffer() or xencall_alloc_buffer_pages().
 * Each returns the hypercall's result when it is not negative (cut to 32 bits but for
 * xencall2L()), and -1 with the hypercall's error in errno when it is.  No error chain is left:
 * only the caller knows what the call was for.
 * @{
 */
/** @brief Without arguments. @param xcall the handle @param op __HYPERVISOR_*
 *  @return result, or -1 with errno @since 1.0 (node VERS_1.0) */
int xencall0(xencall_handle *xcall, unsigned int op);
/** @brief One argument. @param xcall the handle @param op __HYPERVISOR_* @param arg1 first
 *  @return result, or -1 with errno @since 1.0 (node VERS_1.0) */
int xencall1(xencall_handle *xcall, unsigned int op, uint64_t arg1);
/** @brief Two arguments. @param xcall the handle @param op __HYPERVISOR_* @param arg1 first
 *  @param arg2 second @return result, or -1 with errno @since 1.0 (node VERS_1.0) */
int xencall2(xencall_handle *xcall, unsigned int op, uint64_t arg1, uint64_t arg2);
/** @brief Three arguments. @param xcall the handle @param op __HYPERVISOR_* @param arg1 first
 *  @param arg2 second @param arg3 third
 *  @return result, or -1 with errno @since 1.0 (node VERS_1.0) */
int xencall3(xencall_handle *xcall, unsigned int op, uint64_t arg1, uint64_t arg2, uint64_t arg3);
/** @brief Four arguments. @param xcall the handle @param op __HYPERVISOR_* @param arg1 first
 *  @param arg2 second @param arg3 third @param arg4 fourth
 *  @return result, or -1 with errno @since 1.0 (node VERS_1.0) */
int xencall4(xencall_handle *xcall, unsigned int op, uint64_t arg1, uint64_t arg2, uint64_t arg3,
             uint64_t arg4);
/** @brief Five arguments. @param xcall the handle @param op __HYPERVISOR_* @param arg1 first
 *  @param arg2 second @param arg3 third @param arg4 fourth @param arg5 fifth
 *  @return result, or -1 with errno @since 1.0 (node VERS_1.0) */
int xencall5(xencall_handle *xcall, unsigned int op, uint64_t arg1, uint64_t arg2, uint64_t arg3,
             uint64_t arg4, uint64_t arg5);
/** @brief Two arguments, and a result of the full width, such as a frame number.
 *  @param xcall the handle @param op __HYPERVISOR_* @param arg1 first @param arg2 second
 *  @return result, or -1 with errno @since 1.3 (node VERS_1.3) */
long xencall2L(xencall_handle *xcall, unsigned int op, uint64_t arg1, uint64_t arg2);
/** @} */

/**
 * @brief Allocate whole pages that the hypervisor can read and write at any time.
 * @param xcall    the handle
 * @param nr_pages how many pages of 4096 bytes, at least 1
 * @return the page-aligned memory, zeroed or not, to be freed with xencall_free_buffer_pages();
 *         NULL with errno (EINVAL, ENOMEM, EAGAIN: the process may lock no more memory)
 * @since 1.0 (node VERS_1.0)
 */
void *xencall_alloc_buffer_pages(xencall_handle *xcall, size_t nr_pages);

/**
 * @brief Free pages.
 * @param xcall    the handle that they came from
 * @param p        the pages; NULL is fine
 * @param nr_pages as many as were asked for
 * @since 1.0 (node VERS_1.0)
 */
void xencall_free_buffer_pages(xencall_handle *xcall, void *p, size_t nr_pages);

/**
 * @brief Allocate memory that the hypervisor can read and write at any time.
 * @param xcall the handle
 * @param size  bytes
 * @return the memory, aligned to at least 64 bytes and not to pages, to be freed with
 *         xencall_free_buffer(); NULL with errno (ENOMEM, EAGAIN: the process may lock no more
 *         memory)
 * @since 1.0 (node VERS_1.0)
 */
void *xencall_alloc_buffer(xencall_handle *xcall, size_t size);

/**
 * @brief Free memory of xencall_alloc_buffer().
 * @param xcall the handle that it came from
 * @param p     the memory; NULL is fine
 * @since 1.0 (node VERS_1.0)
 */
void xencall_free_buffer(xencall_handle *xcall, void *p);

/**
 * @brief Can a buffer of this handle ever be away when the hypervisor looks at it?
 *
 * Without the kernel's /dev/xen/hypercall, buffers are locked user memory, which the kernel may
 * still make inaccessible for moments (migration of pages); a hypercall then fails with EFAULT
 * and may be tried again.
 * @param xcall the handle
 * @return 1 if buffers never fault, 0 if they may
 * @since 1.1 (node VERS_1.1)
 */
int xencall_buffers_never_fault(xencall_handle *xcall);

#ifdef __cplusplus
}
#endif

#endif
