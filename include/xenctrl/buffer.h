/* SPDX-License-Identifier: MIT */
/**
 * @file xenctrl/buffer.h
 * @brief Memory for hypercalls of the caller's own.  Include xenctrl.h.
 */
#ifndef XENCTRL_BUFFER_H
#define XENCTRL_BUFFER_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A piece of memory that may be passed to hypercalls.  Its layout is ABI, its members private. */
struct xc_hypercall_buffer {
    void *hbuf;                               /**< the memory */
    struct xc_hypercall_buffer *param_shadow; /**< the buffer that this one stands for */
    int dir;                                  /**< not used any more */
    void *ubuf;                               /**< not used any more */
    size_t sz;                                /**< not used any more */
};
typedef struct xc_hypercall_buffer xc_hypercall_buffer_t; /**< a buffer */

/**
 * @name Buffers by name
 * A buffer is a pair of variables: a pointer NAME for the caller's own accesses, and beside it,
 * hidden, a structure that handles and hypercalls need.  Declare it, allocate it, use it through
 * these macros, free it.  GNU C only.
 *
 *     DECLARE_HYPERCALL_BUFFER(uint32_t, list);
 *     list = xc_hypercall_buffer_alloc(xch, list, 16 * sizeof(*list));
 *     set_xen_guest_handle(domctl.u.something.array, list);
 *     ...
 *     xc_hypercall_buffer_free(xch, list);
 * @{
 */

/** The hidden structure's name; private. */
#define XC__HYPERCALL_BUFFER_NAME(_name) xc__hypercall_buffer_##_name

/** Address of the structure behind NAME. */
#define HYPERCALL_BUFFER(_name)                                                                    \
    ({                                                                                             \
        xc_hypercall_buffer_t *xc__buf = &XC__HYPERCALL_BUFFER_NAME(_name);                        \
        xc__buf->param_shadow ? xc__buf->param_shadow : xc__buf;                                   \
    })

/** The rest of the structure's initializer; private. */
#define HYPERCALL_BUFFER_INIT_NO_BOUNCE .dir = 0, .sz = 0, .ubuf = (void *)-1

/** Declare a buffer of elements of a type, not allocated yet. */
#define DECLARE_HYPERCALL_BUFFER(_type, _name)                                                     \
    _type *(_name) = NULL;                                                                         \
    xc_hypercall_buffer_t XC__HYPERCALL_BUFFER_NAME(_name) = {                                     \
        .hbuf = NULL, .param_shadow = NULL, HYPERCALL_BUFFER_INIT_NO_BOUNCE}

/** Declare a name, with its pointer, for a buffer that the address _hbuf of its structure names. */
#define DECLARE_HYPERCALL_BUFFER_SHADOW(_type, _name, _hbuf)                                       \
    _type *(_name) = (_type *)(_hbuf)->hbuf;                                                       \
    __attribute__((unused)) xc_hypercall_buffer_t XC__HYPERCALL_BUFFER_NAME(_name) = {             \
        .hbuf = (void *)-1, .param_shadow = (_hbuf), HYPERCALL_BUFFER_INIT_NO_BOUNCE}

/** Let a parameter _name, which is the address of a buffer's structure, be used by these macros. */
#define DECLARE_HYPERCALL_BUFFER_ARGUMENT(_name)                                                   \
    xc_hypercall_buffer_t XC__HYPERCALL_BUFFER_NAME(_name) = {                                     \
        .hbuf = (void *)-1, .param_shadow = (_name), HYPERCALL_BUFFER_INIT_NO_BOUNCE}

/** The buffer's address as an argument of a hypercall. */
#define HYPERCALL_BUFFER_AS_ARG(_name) ((unsigned long)HYPERCALL_BUFFER(_name)->hbuf)

/** Let a guest handle point into a buffer, at a number of bytes; private. */
#define set_xen_guest_handle_impl(_hnd, _val, _byte_off)                                           \
    do {                                                                                           \
        xc_hypercall_buffer_t *xc__handle = HYPERCALL_BUFFER(_val);                                \
        set_xen_guest_handle_raw(_hnd, (void *)((char *)xc__handle->hbuf + (_byte_off)));          \
    } while (0)

/** Let a guest handle point to a buffer; HYPERCALL_BUFFER_NULL is one that is not there. */
#undef set_xen_guest_handle
#define set_xen_guest_handle(_hnd, _val) set_xen_guest_handle_impl(_hnd, _val, 0)

/** Let a guest handle point to an element of a buffer. */
#define set_xen_guest_handle_offset(_hnd, _val, _off)                                              \
    set_xen_guest_handle_impl(_hnd, _val, sizeof(*(_val)) * (_off))

/** Use the name HYPERCALL_BUFFER_NULL in place of NULL. */
extern xc_hypercall_buffer_t XC__HYPERCALL_BUFFER_NAME(HYPERCALL_BUFFER_NULL);

/** Allocate a buffer of so many bytes; its value is for the pointer. */
#define xc_hypercall_buffer_alloc(_xch, _name, _size)                                              \
    xc__hypercall_buffer_alloc(_xch, HYPERCALL_BUFFER(_name), _size)

/** Free it. */
#define xc_hypercall_buffer_free(_xch, _name)                                                      \
    xc__hypercall_buffer_free(_xch, HYPERCALL_BUFFER(_name))

/** Allocate a buffer of so many whole pages; its value is for the pointer. */
#define xc_hypercall_buffer_alloc_pages(_xch, _name, _nr)                                          \
    xc__hypercall_buffer_alloc_pages(_xch, HYPERCALL_BUFFER(_name), _nr)

/** Free it. */
#define xc_hypercall_buffer_free_pages(_xch, _name, _nr)                                           \
    do {                                                                                           \
        if (_name)                                                                                 \
            xc__hypercall_buffer_free_pages(_xch, HYPERCALL_BUFFER(_name), _nr);                   \
    } while (0)

/** An array of buffers. */
typedef struct xc_hypercall_buffer_array xc_hypercall_buffer_array_t;

/** Allocate an element of an array; its value is for the pointer. */
#define xc_hypercall_buffer_array_alloc(_xch, _array, _index, _name, _size)                        \
    xc__hypercall_buffer_array_alloc(_xch, _array, _index, HYPERCALL_BUFFER(_name), _size)

/** Let a declared name stand for an allocated element; its value is for the pointer. */
#define xc_hypercall_buffer_array_get(_xch, _array, _index, _name, _size)                          \
    xc__hypercall_buffer_array_get(_xch, _array, _index, HYPERCALL_BUFFER(_name))

/** @} */

/**
 * @brief What xc_hypercall_buffer_alloc() calls.
 * @param xch open handle
 * @param b the buffer
 * @param size bytes
 * @return the memory, zeroed; NULL with errno ENOMEM or EAGAIN (the process may lock no more
 *         memory)
 * @since 1.0
 */
void *xc__hypercall_buffer_alloc(xc_interface *xch, xc_hypercall_buffer_t *b, size_t size);

/**
 * @brief What xc_hypercall_buffer_free() calls. A buffer that was not allocated is fine.
 * @param xch open handle
 * @param b the buffer
 * @since 1.0
 */
void xc__hypercall_buffer_free(xc_interface *xch, xc_hypercall_buffer_t *b);

/**
 * @brief What xc_hypercall_buffer_alloc_pages() calls.
 * @param xch open handle
 * @param b the buffer
 * @param nr_pages pages of 4096 bytes, at least 1
 * @return the memory, zeroed and aligned to pages; NULL with errno EINVAL, ENOMEM or EAGAIN
 * @since 1.0
 */
void *xc__hypercall_buffer_alloc_pages(xc_interface *xch, xc_hypercall_buffer_t *b, int nr_pages);

/**
 * @brief What xc_hypercall_buffer_free_pages() calls.
 * @param xch open handle
 * @param b the buffer
 * @param nr_pages as many as were allocated
 * @since 1.0
 */
void xc__hypercall_buffer_free_pages(xc_interface *xch, xc_hypercall_buffer_t *b, int nr_pages);

/**
 * @brief Make an array of buffers, none of them allocated yet.
 * @param xch open handle
 * @param n number of elements
 * @return the array, to be freed with xc_hypercall_buffer_array_destroy(); NULL with errno
 *         ENOMEM
 * @since 1.0
 */
xc_hypercall_buffer_array_t *xc_hypercall_buffer_array_create(xc_interface *xch, unsigned n);

/**
 * @brief What xc_hypercall_buffer_array_alloc() calls.
 * @param xch open handle
 * @param array the array, which owns the memory
 * @param index element
 * @param hbuf is set to the element
 * @param size bytes
 * @return the memory, zeroed; NULL with errno EINVAL (no such element, or allocated already) or
 *         ENOMEM
 * @since 1.0
 */
void *xc__hypercall_buffer_array_alloc(xc_interface *xch, xc_hypercall_buffer_array_t *array,
                                       unsigned index, xc_hypercall_buffer_t *hbuf, size_t size);

/**
 * @brief What xc_hypercall_buffer_array_get() calls.
 * @param xch open handle
 * @param array the array
 * @param index element
 * @param hbuf is set to the element
 * @return the memory; NULL with errno EINVAL (no such element, or not allocated)
 * @since 1.0
 */
void *xc__hypercall_buffer_array_get(xc_interface *xch, xc_hypercall_buffer_array_t *array,
                                     unsigned index, xc_hypercall_buffer_t *hbuf);

/**
 * @brief Free an array and its buffers.
 * @param xch open handle
 * @param array the array; NULL is fine
 * @since 1.0
 */
void xc_hypercall_buffer_array_destroy(xc_interface *xch, xc_hypercall_buffer_array_t *array);

#ifdef __cplusplus
}
#endif

#endif
