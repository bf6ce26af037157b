/* SPDX-License-Identifier: MIT */
#ifndef XENCALL_PRIVATE_H
#define XENCALL_PRIVATE_H

#include <pthread.h>
#include "shared/handle.h"
#include "xencall.h"

/* Nearly every hypercall needs one small buffer or two, and mapping one costs far more than the
 * hypercall: single pages are kept for the next one. */
#define PAGE_CACHE_SIZE 8

struct xencall_handle {
    xentoollog_logger *logger, *logger_owned;
    const struct xentoolcore__transport *transport;
    Xentoolcore__Active_Handle active;
    unsigned flags;
    int fd;        /* /dev/xen/privcmd */
    int buffer_fd; /* /dev/xen/hypercall, or -1 */
    pthread_mutex_t cache_lock;
    int cache_nr;
    void *cache[PAGE_CACHE_SIZE];
};

/* Gives the cached pages back to the system. */
void xencall__cache_drop(xencall_handle *xcall);

#endif
