/* SPDX-License-Identifier: MIT */
/*
 * The argo_op hypercall: messages between domains, copied by the hypervisor into rings that the
 * receiver registered.
 */

#ifndef __XEN_PUBLIC_ARGO_H__
#define __XEN_PUBLIC_ARGO_H__

#include "xen.h"

#define XEN_ARGO_DOMID_ANY DOMID_INVALID

/* Limits of a ring and of a message's pieces. */
#define XEN_ARGO_MAX_RING_SIZE 0x1000000ULL

/* Names a ring of its domain. */
typedef uint32_t xen_argo_port_t;
typedef uint64_t xen_argo_gfn_t;

#define XEN_ARGO_MAXIOV 8U

/* A piece of a message to send. */
typedef struct xen_argo_iov {
    XEN_GUEST_HANDLE(uint8) iov_hnd;
    uint32_t iov_len;
    uint32_t pad;
} xen_argo_iov_t;

/* One end: a port of a domain. */
typedef struct xen_argo_addr {
    xen_argo_port_t aport;
    domid_t domain_id;
    uint16_t pad;
} xen_argo_addr_t;

/* Both ends. */
typedef struct xen_argo_send_addr {
    xen_argo_addr_t src;
    xen_argo_addr_t dst;
} xen_argo_send_addr_t;

/* The shared ring: the hypervisor moves tx_ptr, the receiver rx_ptr. */
typedef struct xen_argo_ring {
    uint32_t rx_ptr;
    uint32_t tx_ptr;
    uint8_t reserved[56];
    uint8_t ring[XEN_FLEX_ARRAY_DIM];
} xen_argo_ring_t;

/* A new ring; partner_id may be XEN_ARGO_DOMID_ANY. */
typedef struct xen_argo_register_ring {
    xen_argo_port_t aport;
    domid_t partner_id;
    uint16_t pad;
    uint32_t len;
} xen_argo_register_ring_t;

/* Take it down. */
typedef struct xen_argo_unregister_ring {
    xen_argo_port_t aport;
    domid_t partner_id;
    uint16_t pad;
} xen_argo_unregister_ring_t;

/* Messages start at multiples of this. */
#define XEN_ARGO_MSG_SLOT_SIZE 0x10

/* xen_argo_ring_data_ent.flags. */
#define XEN_ARGO_RING_EXISTS     (1U << 0)
#define XEN_ARGO_RING_SHARED     (1U << 1)
#define XEN_ARGO_RING_EMPTY      (1U << 2)
#define XEN_ARGO_RING_SUFFICIENT (1U << 3)
#define XEN_ARGO_RING_EMSGSIZE   (1U << 4)
#define XEN_ARGO_RING_EBUSY      (1U << 5)

/* IN: a ring and the room wanted there. OUT: its state. */
typedef struct xen_argo_ring_data_ent {
    xen_argo_addr_t ring;
    uint16_t flags;
    uint16_t pad;
    uint32_t space_required;
    uint32_t max_message_size;
} xen_argo_ring_data_ent_t;

/* Argument of notify. */
typedef struct xen_argo_ring_data {
    uint32_t nent;
    uint32_t pad;
    xen_argo_ring_data_ent_t data[XEN_FLEX_ARRAY_DIM];
} xen_argo_ring_data_t;

/* In front of each message in a ring. */
struct xen_argo_ring_message_header {
    uint32_t len;
    xen_argo_addr_t source;
    uint32_t message_type;
    uint8_t data[XEN_FLEX_ARRAY_DIM];
};

/* argo_op commands. */
#define XEN_ARGO_OP_register_ring         1
#define XEN_ARGO_REGISTER_FLAG_FAIL_EXIST 0x1

#ifdef __XEN__
#define XEN_ARGO_REGISTER_FLAG_MASK XEN_ARGO_REGISTER_FLAG_FAIL_EXIST
#endif

#define XEN_ARGO_OP_unregister_ring 2
#define XEN_ARGO_OP_sendv           3
#define XEN_ARGO_OP_notify          4

#endif /* __XEN_PUBLIC_ARGO_H__ */
