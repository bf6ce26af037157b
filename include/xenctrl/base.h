/* SPDX-License-Identifier: MIT */
/**
 * @file xenctrl/base.h
 * @brief The handle, errors, and hypercalls in general.  Include xenctrl.h.
 */
#ifndef XENCTRL_BASE_H
#define XENCTRL_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

/** The layouts that tools use. */
#ifndef __XEN_TOOLS__
#define __XEN_TOOLS__ 1
#endif

#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/physdev.h>
#include <xen/sysctl.h>
#include <xen/version.h>
#include <xen/event_channel.h>
#include <xen/sched.h>
#include <xen/memory.h>
#include <xen/grant_table.h>
#include <xen/hvm/dm_op.h>
#include <xen/hvm/params.h>
#include <xen/xsm/flask_op.h>
#include <xen/kexec.h>
#include <xen/platform.h>
#if defined(__i386__) || defined(__x86_64__)
#include <xen/foreign/x86_32.h>
#include <xen/foreign/x86_64.h>
#include <xen/arch-x86/xen-mca.h>
#endif
#include "xentoollog.h"

#ifdef __cplusplus
extern "C" {
#endif

#define XC_PAGE_SHIFT 12                     /**< log2 of a page's bytes */
#define XC_PAGE_SIZE  (1UL << XC_PAGE_SHIFT) /**< bytes of a page */
#define XC_PAGE_MASK  (~(XC_PAGE_SIZE - 1))  /**< what an address has above its page offset */

#define INVALID_MFN (~0UL) /**< no machine frame */

/** The compiler moves no memory access across this. */
#define xen_barrier() __asm__ volatile("" : : : "memory")
#if defined(__x86_64__)
/** No memory access moves across this. */
#define xen_mb()  __asm__ volatile("lock addl $0, -32(%%rsp)" ::: "memory")
#define xen_rmb() xen_barrier() /**< no read moves across this; x86 keeps reads in order */
#define xen_wmb() xen_barrier() /**< no write moves across this; x86 keeps writes in order */
#elif defined(__i386__)
#define xen_mb()  __asm__ volatile("lock addl $0, -4(%%esp)" ::: "memory")
#define xen_rmb() xen_barrier()
#define xen_wmb() xen_barrier()
#elif defined(__aarch64__)
#define xen_mb()  __asm__ volatile("dmb sy" : : : "memory")
#define xen_rmb() __asm__ volatile("dmb sy" : : : "memory")
#define xen_wmb() __asm__ volatile("dmb sy" : : : "memory")
#else
#define xen_mb()  __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define xen_rmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define xen_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)
#endif

/** Handles are pointers (before Xen 4.1 they were descriptors). */
#define XENCTRL_HAS_XC_INTERFACE 1

/** An open handle to the hypervisor. */
typedef struct xc_interface_core xc_interface;

struct xencall_handle;
struct xenforeignmemory_handle;
struct xendevicemodel_handle;

/** Flags of xc_interface_open(). */
enum xc_open_flags {
    XC_OPENFLAG_DUMMY = 1 << 0,         /**< open nothing: every hypercall fails with EBADF */
    XC_OPENFLAG_NON_REENTRANT = 1 << 1, /**< the caller keeps threads apart itself */
};

/** Kinds of errors. */
enum xc_error_code {
    XC_ERROR_NONE = 0,     /**< there was none */
    XC_INTERNAL_ERROR = 1, /**< most */
    XC_INVALID_KERNEL = 2, /**< a kernel image cannot be used */
    XC_INVALID_PARAM = 3,  /**< a parameter makes no sense */
    XC_OUT_OF_MEMORY = 4,  /**< memory ran out */
};
typedef enum xc_error_code xc_error_code; /**< a kind of error */

#define XC_MAX_ERROR_MSG_LEN 1024 /**< room for an error's text, its terminating zero included */

/** An error. */
typedef struct xc_error {
    enum xc_error_code code;            /**< its kind */
    char message[XC_MAX_ERROR_MSG_LEN]; /**< its text */
} xc_error;

/**
 * @name Opening and closing
 * @{
 */

/**
 * @brief Open a handle to the hypervisor of this host.
 *
 * A process may have several. A child of fork() must not use its parent's handle, but open its
 * own.
 * @param logger where messages go, which must outlive the handle; NULL: stderr
 * @param dombuild_logger where a domain builder's messages go, likewise; NULL: to @p logger
 * @param open_flags XC_OPENFLAG_* bits
 * @return the handle, to be closed with xc_interface_close(); NULL with errno: EINVAL (unknown
 *         flag), ENOMEM, or what opening /dev/xen/privcmd gave: ENOENT (no Xen), EACCES (not
 *         root)
 * @since 1.0
 */
xc_interface *xc_interface_open(xentoollog_logger *logger, xentoollog_logger *dombuild_logger,
                                unsigned open_flags);

/**
 * @brief Close a handle and everything that it opened.
 * @param xch the handle; NULL is fine
 * @return 0, or -1 with errno from closing a device; the handle is gone either way
 * @since 1.0
 */
int xc_interface_close(xc_interface *xch);

/**
 * @brief The handle for hypercalls inside.
 * @param xch open handle
 * @return the handle, owned by @p xch; NULL if that was opened with XC_OPENFLAG_DUMMY
 * @since 1.0
 */
struct xencall_handle *xc_interface_xcall_handle(xc_interface *xch);

/**
 * @brief The handle for mapping memory inside.
 * @param xch open handle
 * @return the handle, owned by @p xch; NULL if that was opened with XC_OPENFLAG_DUMMY
 * @since 1.0
 */
struct xenforeignmemory_handle *xc_interface_fmem_handle(xc_interface *xch);

/**
 * @brief The handle for device model operations inside.
 * @param xch open handle
 * @return the handle, owned by @p xch; NULL if that was opened with XC_OPENFLAG_DUMMY
 * @since 1.0
 */
struct xendevicemodel_handle *xc_interface_dmod_handle(xc_interface *xch);

/**
 * @}
 * @name Errors
 * Beside these, each failing call leaves a chain (xenerror.h), which says more.
 * @{
 */

/**
 * @brief The last failure of this thread.
 * @param xch open handle
 * @return the error, which stays valid and the library's until this thread's next call; its code
 *         is XC_ERROR_NONE if there was none
 * @since 1.0
 */
const xc_error *xc_get_last_error(xc_interface *xch);

/**
 * @brief Forget the last failure of this thread.
 * @param xch open handle
 * @since 1.0
 */
void xc_clear_last_error(xc_interface *xch);

/**
 * @brief Name a code of xc_error.
 * @param code any value
 * @return a constant string; never NULL
 * @since 1.0
 */
const char *xc_error_code_to_desc(int code);

/**
 * @brief Name an errno value.
 * @param xch open handle
 * @param errcode an errno value
 * @return a string that stays valid until this thread's next call of this; never NULL
 * @since 1.0
 */
const char *xc_strerror(xc_interface *xch, int errcode);

/**
 * @}
 * @name Hypercalls for which there is no function
 * @{
 */

/**
 * @brief Make a domctl hypercall. Guest handles in it must point to hypercall buffers.
 * @param xch open handle
 * @param domctl the operation, in and out; its interface_version is filled in
 * @return the hypercall's result when it is not negative, or -1 with errno
 * @since 1.0
 */
int xc_domctl(xc_interface *xch, struct xen_domctl *domctl);

/**
 * @brief Make a sysctl hypercall. Guest handles in it must point to hypercall buffers.
 * @param xch open handle
 * @param sysctl the operation, in and out; its interface_version is filled in
 * @return the hypercall's result when it is not negative, or -1 with errno
 * @since 1.0
 */
int xc_sysctl(xc_interface *xch, struct xen_sysctl *sysctl);

/**
 * @brief Make a memory_op hypercall. Guest handles in its argument must point to hypercall
 * buffers.
 * @param xch open handle
 * @param cmd XENMEM_*
 * @param arg its argument, in and out; NULL if it has none
 * @param len bytes of @p arg
 * @return the hypercall's result when it is not negative, or -1 with errno
 * @since 1.0
 */
long xc_memory_op(xc_interface *xch, unsigned int cmd, void *arg, size_t len);

/**
 * @brief Ask for version information.
 * @param xch open handle
 * @param cmd XENVER_*
 * @param arg where its structure is stored; for XENVER_version and XENVER_pagesize NULL. For
 *        XENVER_build_id a xen_build_id_t whose len says how many bytes follow, or NULL to ask
 *        for that number.
 * @return a result that depends on the command (XENVER_version: major << 16 | minor), or -1 with
 *         errno: ENOSYS (unknown command), ENODATA (no build id)
 * @since 1.0
 */
int xc_version(xc_interface *xch, int cmd, void *arg);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
