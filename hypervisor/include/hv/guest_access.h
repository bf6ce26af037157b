/* SPDX-License-Identifier: MIT */
/* Copies from and to the calling guest's memory; the arch checks that the address is the
 * guest's, and survives faults.  All return 0 or -EFAULT. */
#ifndef HV_GUEST_ACCESS_H
#define HV_GUEST_ACCESS_H

#include <hv/errno.h>
#include <hv/types.h>

/* Arch. */
int copy_from_guest_va(void *dst, vaddr_t guest, size_t len);
int copy_to_guest_va(vaddr_t guest, const void *src, size_t len);
int clear_guest_va(vaddr_t guest, size_t len);

/* On handles (XEN_GUEST_HANDLE and _64) and plain pointers-as-handles. */
#define guest_handle_null(h) ((h).p == NULL)
#define copy_from_guest(dst, h, nr)                                                                \
    copy_from_guest_va(dst, (vaddr_t)(h).p, sizeof(*(h).p) * (size_t)(nr))
#define copy_from_guest_offset(dst, h, off, nr)                                                    \
    copy_from_guest_va(dst, (vaddr_t)((h).p + (off)), sizeof(*(h).p) * (size_t)(nr))
#define copy_to_guest(h, src, nr)                                                                  \
    copy_to_guest_va((vaddr_t)(h).p, src, sizeof(*(h).p) * (size_t)(nr))
#define copy_to_guest_offset(h, off, src, nr)                                                      \
    copy_to_guest_va((vaddr_t)((h).p + (off)), src, sizeof(*(h).p) * (size_t)(nr))
/* Arguments of hypercalls that are pointers. */
#define copy_arg(dst_ptr, arg)  copy_from_guest_va(dst_ptr, (vaddr_t)(arg), sizeof(*(dst_ptr)))
#define copy_back(arg, src_ptr) copy_to_guest_va((vaddr_t)(arg), src_ptr, sizeof(*(src_ptr)))

#endif
