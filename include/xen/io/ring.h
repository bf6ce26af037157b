/* SPDX-License-Identifier: MIT */
/*
 * Shared rings between a frontend and a backend.
 *
 * A ring is one or more granted pages. Indices run freely and are masked on use, so the number of
 * slots must be a power of two. Each side keeps private copies of its indices and publishes them
 * with a barrier. Everything in the shared part can change at any moment under the reader:
 * requests and responses must be copied (RING_COPY_*) before they are checked.
 *
 * A user provides xen_mb(), xen_rmb() and xen_wmb().
 */

#ifndef __XEN_PUBLIC_IO_RING_H__
#define __XEN_PUBLIC_IO_RING_H__

#include <stddef.h>
#include <stdint.h>

#include "../xen-compat.h"

/* Old users supplied barriers under these names. */
#if __XEN_INTERFACE_VERSION__ < 0x00030208
#define xen_mb()  mb()
#define xen_rmb() rmb()
#define xen_wmb() wmb()
#endif

typedef unsigned int RING_IDX;

/* Round a 2-, 4-, 8-, 16- or 32-bit number down to a power of two, at compile time. */
#define __RD2(_x)  (((_x)&0x00000002) ? 0x2 : ((_x)&0x1))
#define __RD4(_x)  (((_x)&0x0000000c) ? __RD2((_x) >> 2) << 2 : __RD2(_x))
#define __RD8(_x)  (((_x)&0x000000f0) ? __RD4((_x) >> 4) << 4 : __RD4(_x))
#define __RD16(_x) (((_x)&0x0000ff00) ? __RD8((_x) >> 8) << 8 : __RD8(_x))
#define __RD32(_x) (((_x)&0xffff0000) ? __RD16((_x) >> 16) << 16 : __RD16(_x))

/* Slots of ring type _s in _sz bytes; a constant expression. */
#define __CONST_RING_SIZE(_s, _sz)                                                                 \
    (__RD32(((_sz)-offsetof(struct _s##_sring, ring)) / sizeof(((struct _s##_sring *)0)->ring[0])))

/* The same for a pointer to the ring. */
#define __RING_SIZE(_s, _sz)                                                                       \
    (__RD32(((_sz) - (long)(_s)->ring + (long)(_s)) / sizeof((_s)->ring[0])))

/* Declares the shared ring and each side's private state for one protocol. */
#define DEFINE_RING_TYPES(__name, __req_t, __rsp_t)                                                \
                                                                                                   \
    union __name##_sring_entry {                                                                   \
        __req_t req;                                                                               \
        __rsp_t rsp;                                                                               \
    };                                                                                             \
                                                                                                   \
    /* The shared page: 64 bytes of indices, then the slots. */                                    \
    struct __name##_sring {                                                                        \
        RING_IDX req_prod, req_event;                                                              \
        RING_IDX rsp_prod, rsp_event;                                                              \
        union {                                                                                    \
            struct {                                                                               \
                uint8_t smartpoll_active;                                                          \
            } netif;                                                                               \
            struct {                                                                               \
                uint8_t msg;                                                                       \
            } tapif_user;                                                                          \
            uint8_t pvt_pad[4];                                                                    \
        } pvt;                                                                                     \
        uint8_t __pad[44];                                                                         \
        union __name##_sring_entry ring[1];                                                        \
    };                                                                                             \
                                                                                                   \
    struct __name##_front_ring {                                                                   \
        RING_IDX req_prod_pvt;                                                                     \
        RING_IDX rsp_cons;                                                                         \
        unsigned int nr_ents;                                                                      \
        struct __name##_sring *sring;                                                              \
    };                                                                                             \
                                                                                                   \
    struct __name##_back_ring {                                                                    \
        RING_IDX rsp_prod_pvt;                                                                     \
        RING_IDX req_cons;                                                                         \
        unsigned int nr_ents;                                                                      \
        struct __name##_sring *sring;                                                              \
    };                                                                                             \
                                                                                                   \
    typedef struct __name##_sring __name##_sring_t;                                                \
    typedef struct __name##_front_ring __name##_front_ring_t;                                      \
    typedef struct __name##_back_ring __name##_back_ring_t

/* Start state: nothing produced, an event wanted for the first of either kind. */
#define SHARED_RING_INIT(_s)                                                                       \
    do {                                                                                           \
        (_s)->req_prod = (_s)->rsp_prod = 0;                                                       \
        (_s)->req_event = (_s)->rsp_event = 1;                                                     \
        (void)memset((_s)->pvt.pvt_pad, 0, sizeof((_s)->pvt.pvt_pad));                             \
        (void)memset((_s)->__pad, 0, sizeof((_s)->__pad));                                         \
    } while (0)

/* Take up a ring whose indices both stand at _i. */
#define FRONT_RING_ATTACH(_r, _s, _i, __size)                                                      \
    do {                                                                                           \
        (_r)->sring = (_s);                                                                        \
        (_r)->nr_ents = __RING_SIZE(_s, __size);                                                   \
        (_r)->rsp_cons = (_i);                                                                     \
        (_r)->req_prod_pvt = (_i);                                                                 \
    } while (0)

#define FRONT_RING_INIT(_r, _s, __size) FRONT_RING_ATTACH(_r, _s, 0, __size)

#define XEN_FRONT_RING_INIT(r, s, size)                                                            \
    do {                                                                                           \
        SHARED_RING_INIT(s);                                                                       \
        FRONT_RING_INIT(r, s, size);                                                               \
    } while (0)

#define BACK_RING_ATTACH(_r, _s, _i, __size)                                                       \
    do {                                                                                           \
        (_r)->sring = (_s);                                                                        \
        (_r)->nr_ents = __RING_SIZE(_s, __size);                                                   \
        (_r)->req_cons = (_i);                                                                     \
        (_r)->rsp_prod_pvt = (_i);                                                                 \
    } while (0)

#define BACK_RING_INIT(_r, _s, __size) BACK_RING_ATTACH(_r, _s, 0, __size)

#define RING_SIZE(_r)          ((_r)->nr_ents)
#define RING_FREE_REQUESTS(_r) (RING_SIZE(_r) - ((_r)->req_prod_pvt - (_r)->rsp_cons))
#define RING_FULL(_r)          (RING_FREE_REQUESTS(_r) == 0)

#define XEN_RING_NR_UNCONSUMED_RESPONSES(_r) ((_r)->sring->rsp_prod - (_r)->rsp_cons)

/* What is published, but never more than there are slots without an unanswered request. */
#ifdef __GNUC__
#define XEN_RING_NR_UNCONSUMED_REQUESTS(_r)                                                        \
    ({                                                                                             \
        unsigned int xr_open = RING_SIZE(_r) - ((_r)->req_cons - (_r)->rsp_prod_pvt);              \
        unsigned int xr_new = (_r)->sring->req_prod - (_r)->req_cons;                              \
        xr_new < xr_open ? xr_new : xr_open;                                                       \
    })
#else
/* Reads the shared index twice: only good where the peer is trusted. */
#define XEN_RING_NR_UNCONSUMED_REQUESTS(_r)                                                        \
    ((((_r)->sring->req_prod - (_r)->req_cons) <                                                   \
      (RING_SIZE(_r) - ((_r)->req_cons - (_r)->rsp_prod_pvt)))                                     \
         ? ((_r)->sring->req_prod - (_r)->req_cons)                                                \
         : (RING_SIZE(_r) - ((_r)->req_cons - (_r)->rsp_prod_pvt)))
#endif

/* Historically these yield the count; ask for a plain truth value with the macro below. */
#ifdef XEN_RING_HAS_UNCONSUMED_IS_BOOL
#define RING_HAS_UNCONSUMED_RESPONSES(_r) (!!XEN_RING_NR_UNCONSUMED_RESPONSES(_r))
#define RING_HAS_UNCONSUMED_REQUESTS(_r)  (!!XEN_RING_NR_UNCONSUMED_REQUESTS(_r))
#else
#define RING_HAS_UNCONSUMED_RESPONSES(_r) XEN_RING_NR_UNCONSUMED_RESPONSES(_r)
#define RING_HAS_UNCONSUMED_REQUESTS(_r)  XEN_RING_NR_UNCONSUMED_REQUESTS(_r)
#endif

/* A slot, in shared memory. */
#define RING_GET_REQUEST(_r, _idx)  (&((_r)->sring->ring[((_idx) & (RING_SIZE(_r) - 1))].req))
#define RING_GET_RESPONSE(_r, _idx) (&((_r)->sring->ring[((_idx) & (RING_SIZE(_r) - 1))].rsp))

/* Copy a slot; volatile, so that the compiler cannot go back to the shared one later. */
#define RING_COPY_(type, r, idx, dest)                                                             \
    do {                                                                                           \
        *(dest) = *(volatile __typeof__(dest))RING_GET_##type(r, idx);                             \
    } while (0)

#define RING_COPY_REQUEST(r, idx, req)  RING_COPY_(REQUEST, r, idx, req)
#define RING_COPY_RESPONSE(r, idx, rsp) RING_COPY_(RESPONSE, r, idx, rsp)

/* Would consuming at _cons run over responses not yet produced? */
#define RING_REQUEST_CONS_OVERFLOW(_r, _cons) (((_cons) - (_r)->rsp_prod_pvt) >= RING_SIZE(_r))

/* Does the peer claim to have produced more than fits? */
#define RING_REQUEST_PROD_OVERFLOW(_r, _prod)  (((_prod) - (_r)->rsp_prod_pvt) > RING_SIZE(_r))
#define RING_RESPONSE_PROD_OVERFLOW(_r, _prod) (((_prod) - (_r)->rsp_cons) > RING_SIZE(_r))

/* Publish: the slots' contents must be visible before the index is. */
#define RING_PUSH_REQUESTS(_r)                                                                     \
    do {                                                                                           \
        xen_wmb();                                                                                 \
        (_r)->sring->req_prod = (_r)->req_prod_pvt;                                                \
    } while (0)

#define RING_PUSH_RESPONSES(_r)                                                                    \
    do {                                                                                           \
        xen_wmb();                                                                                 \
        (_r)->sring->rsp_prod = (_r)->rsp_prod_pvt;                                                \
    } while (0)

/*
 * Publish, and say in _notify whether the peer asked for an event somewhere in what was just
 * published. The full barrier pairs with the one in RING_FINAL_CHECK_*: either we see the peer's
 * new event index, or it sees our new producer index.
 */
#define RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(_r, _notify)                                           \
    do {                                                                                           \
        RING_IDX __new = (_r)->req_prod_pvt;                                                       \
        RING_IDX __old = (_r)->sring->req_prod;                                                    \
        xen_wmb();                                                                                 \
        (_r)->sring->req_prod = __new;                                                             \
        xen_mb();                                                                                  \
        (_notify) = ((RING_IDX)(__new - (_r)->sring->req_event) < (RING_IDX)(__new - __old));      \
    } while (0)

#define RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(_r, _notify)                                          \
    do {                                                                                           \
        RING_IDX __new = (_r)->rsp_prod_pvt;                                                       \
        RING_IDX __old = (_r)->sring->rsp_prod;                                                    \
        xen_wmb();                                                                                 \
        (_r)->sring->rsp_prod = __new;                                                             \
        xen_mb();                                                                                  \
        (_notify) = ((RING_IDX)(__new - (_r)->sring->rsp_event) < (RING_IDX)(__new - __old));      \
    } while (0)

/* Before sleeping: ask for an event on the next one, then look once more. */
#define RING_FINAL_CHECK_FOR_REQUESTS(_r, _work_to_do)                                             \
    do {                                                                                           \
        (_work_to_do) = RING_HAS_UNCONSUMED_REQUESTS(_r);                                          \
        if (_work_to_do)                                                                           \
            break;                                                                                 \
        (_r)->sring->req_event = (_r)->req_cons + 1;                                               \
        xen_mb();                                                                                  \
        (_work_to_do) = RING_HAS_UNCONSUMED_REQUESTS(_r);                                          \
    } while (0)

#define RING_FINAL_CHECK_FOR_RESPONSES(_r, _work_to_do)                                            \
    do {                                                                                           \
        (_work_to_do) = RING_HAS_UNCONSUMED_RESPONSES(_r);                                         \
        if (_work_to_do)                                                                           \
            break;                                                                                 \
        (_r)->sring->rsp_event = (_r)->rsp_cons + 1;                                               \
        xen_mb();                                                                                  \
        (_work_to_do) = RING_HAS_UNCONSUMED_RESPONSES(_r);                                         \
    } while (0)

/*
 * Byte rings of a size chosen at run time: an interface page with the indices and the grants of
 * the data pages; the data's first half is "in" (backend to frontend), the second "out".
 */
#ifndef XEN_PAGE_SHIFT
/* Grants are always of 4 KiB, whatever page size the guest uses. */
#define XEN_PAGE_SHIFT 12
#endif

#define XEN_FLEX_RING_SIZE(order) (1UL << ((order) + XEN_PAGE_SHIFT - 1))

#define DEFINE_XEN_FLEX_RING(name)                                                                 \
    static inline RING_IDX name##_mask(RING_IDX idx, RING_IDX ring_size)                           \
    {                                                                                              \
        return idx & (ring_size - 1);                                                              \
    }                                                                                              \
                                                                                                   \
    static inline unsigned char *name##_get_ring_ptr(unsigned char *buf, RING_IDX idx,             \
                                                     RING_IDX ring_size)                           \
    {                                                                                              \
        return &buf[name##_mask(idx, ring_size)];                                                  \
    }                                                                                              \
                                                                                                   \
    /* Copy size bytes out at *masked_cons, which moves on; wraps at the end. */                   \
    static inline void name##_read_packet(void *opaque, const unsigned char *buf, size_t size,     \
                                          RING_IDX masked_prod, RING_IDX *masked_cons,             \
                                          RING_IDX ring_size)                                      \
    {                                                                                              \
        size_t till_end = ring_size - *masked_cons;                                                \
                                                                                                   \
        if (*masked_cons < masked_prod || size <= till_end)                                        \
            till_end = size;                                                                       \
        __builtin_memcpy(opaque, buf + *masked_cons, till_end);                                    \
        __builtin_memcpy((unsigned char *)opaque + till_end, buf, size - till_end);                \
        *masked_cons = name##_mask((RING_IDX)(*masked_cons + size), ring_size);                    \
    }                                                                                              \
                                                                                                   \
    /* Copy size bytes in at *masked_prod, which moves on; wraps at the end. */                    \
    static inline void name##_write_packet(unsigned char *buf, const void *opaque, size_t size,    \
                                           RING_IDX *masked_prod, RING_IDX masked_cons,            \
                                           RING_IDX ring_size)                                     \
    {                                                                                              \
        size_t till_end = ring_size - *masked_prod;                                                \
                                                                                                   \
        if (*masked_prod < masked_cons || size <= till_end)                                        \
            till_end = size;                                                                       \
        __builtin_memcpy(buf + *masked_prod, opaque, till_end);                                    \
        __builtin_memcpy(buf, (const unsigned char *)opaque + till_end, size - till_end);          \
        *masked_prod = name##_mask((RING_IDX)(*masked_prod + size), ring_size);                    \
    }                                                                                              \
                                                                                                   \
    /* Bytes waiting; indices that differ but mask to the same mean a full ring. */                \
    static inline RING_IDX name##_queued(RING_IDX prod, RING_IDX cons, RING_IDX ring_size)         \
    {                                                                                              \
        RING_IDX used = 0;                                                                         \
                                                                                                   \
        if (prod != cons) {                                                                        \
            used = name##_mask(prod - cons, ring_size);                                            \
            if (used == 0)                                                                         \
                used = ring_size;                                                                  \
        }                                                                                          \
        return used;                                                                               \
    }                                                                                              \
                                                                                                   \
    struct name##_data {                                                                           \
        unsigned char *in;                                                                         \
        unsigned char *out;                                                                        \
    }

/* The same with the interface page; needs grant_ref_t. */
#define DEFINE_XEN_FLEX_RING_AND_INTF(name)                                                        \
    struct name##_data_intf {                                                                      \
        RING_IDX in_cons, in_prod;                                                                 \
        uint8_t pad1[56];                                                                          \
        RING_IDX out_cons, out_prod;                                                               \
        uint8_t pad2[56];                                                                          \
        RING_IDX ring_order;                                                                       \
        grant_ref_t ref[];                                                                         \
    };                                                                                             \
    DEFINE_XEN_FLEX_RING(name)

#endif /* __XEN_PUBLIC_IO_RING_H__ */
