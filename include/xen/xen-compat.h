/* SPDX-License-Identifier: MIT */
/*
 * Which revision of the ABI a user is written for. Tools and the hypervisor always see the newest
 * one; anybody else asks by defining __XEN_INTERFACE_VERSION__, and gets the oldest names by
 * default so that code from the first releases still builds.
 */

#ifndef __XEN_PUBLIC_XEN_COMPAT_H__
#define __XEN_PUBLIC_XEN_COMPAT_H__

#define __XEN_LATEST_INTERFACE_VERSION__ 0x00040e00

#if defined(__XEN__) || defined(__XEN_TOOLS__)
#define __XEN_INTERFACE_VERSION__ __XEN_LATEST_INTERFACE_VERSION__
#elif !defined(__XEN_INTERFACE_VERSION__)
#define __XEN_INTERFACE_VERSION__ 0x00000000
#endif

#if __XEN_INTERFACE_VERSION__ > __XEN_LATEST_INTERFACE_VERSION__
#error "These headers are older than the interface version asked for."
#endif

/* Older name of the dimension that xen.h chooses for trailing arrays. */
#define COMPAT_FLEX_ARRAY_DIM XEN_FLEX_ARRAY_DIM

#endif /* __XEN_PUBLIC_XEN_COMPAT_H__ */
